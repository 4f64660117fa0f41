//! `cargo xtask test`: everything that CI checks, in one local command.
//!
//! The last line counts real tests, as each runner reports them, plus one for each check that
//! is not a test runner (format, clippy, builds).

mod count;
mod parts;

use std::process::ExitCode;
use std::time::Instant;

use crate::progress::{self, Step};
use crate::setup::{self, Purpose};
use crate::sh;
use count::Count;
use parts::Check;

/// A part that can be run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Format, clippy, native tests, sim-core without std.
    Core,
    /// The page's WebAssembly in a browser.
    Web,
    /// Lessons: lint and runs.
    Lessons,
    /// The built site in a browser, its weight included.
    E2e,
}

impl Part {
    const ALL: [Part; 4] = [Part::Core, Part::Web, Part::Lessons, Part::E2e];

    /// The part that the command line calls `name`.
    pub fn by_name(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Part::Core => "core",
            Part::Web => "web",
            Part::Lessons => "lessons",
            Part::E2e => "e2e",
        }
    }
}

/// Runs one part, or all; closes with the line `N passed, N failed`.
pub fn run(part: Option<Part>) -> ExitCode {
    let started = Instant::now();
    let mut total = Count::default();
    match setup::ensure(Purpose::Test) {
        Ok(tools) => {
            let wanted = Part::ALL
                .into_iter()
                .filter(|each| part.is_none_or(|one| one == *each));
            for part in wanted {
                eprintln!("{}", part.name());
                total += run_checks(parts::checks(part, &tools));
            }
        }
        Err(why) => {
            eprintln!("{why}");
            total.failed += 1;
        }
    }
    eprintln!("{}", progress::words(started.elapsed()));
    println!("{} passed, {} failed", total.passed, total.failed);
    match total.failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn run_checks(checks: Vec<Check>) -> Count {
    let mut total = Count::default();
    for check in checks {
        let stands_on_failed = check.needs_all_before && total.failed > 0;
        total += if stands_on_failed {
            eprintln!(
                "  FAIL {}: not run, because of the failure above",
                check.name
            );
            Count {
                passed: 0,
                failed: 1,
            }
        } else {
            run_check(check)
        };
    }
    total
}

fn run_check(mut check: Check) -> Count {
    let log = sh::log_path(check.name);
    let step = Step::start(check.name, log.clone());
    let outcome = match &mut check.command {
        Ok(command) => sh::run_logged(command, &log),
        Err(why) => sh::Outcome {
            good: false,
            text: format!("{why}\n"),
        },
    };
    let mut count = (check.count)(&outcome.text);
    if outcome.good && count.failed == 0 {
        count.passed += u32::from(count.passed == 0);
    } else {
        count.failed = count.failed.max(1);
    }
    let good = count.failed == 0;
    step.end(good, &count.to_string());
    if !good {
        eprintln!("{}", outcome.text);
    }
    for file in check.shown {
        if let Ok(table) = std::fs::read_to_string(file) {
            eprintln!("{table}");
        }
    }
    count
}
