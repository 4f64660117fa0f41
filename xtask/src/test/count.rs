//! How many tests ran, read from what the runners write.

use std::fmt;
use std::ops::AddAssign;

/// Tests that passed and tests that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failed {
            0 => write!(f, "{} passed", self.passed),
            _ => write!(f, "{} passed, {} failed", self.passed, self.failed),
        }
    }
}

/// A check that is no test runner: its exit code is all there is.
pub fn none(_: &str) -> Count {
    Count::default()
}

/// Every `test result: ok. 3 passed; 0 failed; …` of cargo and wasm-bindgen.
pub fn cargo(text: &str) -> Count {
    let mut count = Count::default();
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        let (_, numbers) = line.split_once(". ").unwrap_or_default();
        add_words(&mut count, numbers.split(';'));
    }
    count
}

/// The closing lines `  3 passed (2.1s)`, `  1 failed` and `  1 flaky` of Playwright, and the
/// closing line `3 passed, 1 failed` of our own lesson checks.
pub fn closing_lines(text: &str) -> Count {
    let mut count = Count::default();
    for line in text.lines() {
        add_words(&mut count, line.split(','));
    }
    count
}

fn add_words<'a>(count: &mut Count, parts: impl Iterator<Item = &'a str>) {
    for part in parts {
        let mut words = part.split_whitespace();
        let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse::<u32>), words.next())
        else {
            continue;
        };
        match word {
            "passed" => count.passed += number,
            // A test that passes only when tried again has not passed.
            "failed" | "flaky" => count.failed += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_results_add_up_over_crates() {
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored\n5 passed\n\
                    test result: FAILED. 2 passed; 1 failed; 0 ignored\n";
        assert_eq!(
            cargo(text),
            Count {
                passed: 5,
                failed: 1
            }
        );
    }

    #[test]
    fn playwright_and_lesson_results_are_read() {
        assert_eq!(
            closing_lines("  1 failed\n    a.spec.ts\n  12 passed (3.0s)\n"),
            Count {
                passed: 12,
                failed: 1
            }
        );
        assert_eq!(
            closing_lines("4 passed, 0 failed\n"),
            Count {
                passed: 4,
                failed: 0
            }
        );
    }
}
