//! The small words of run files and of the command line: spans of time, shares, operations. Exact both ways.

use sim_core::operation::{ITEMS, KEYS, Operation, WAYS};
use sim_core::units::{Micros, Ratio};

/// What a span looks like, for error messages.
pub const SPAN: &str = "a span of time such as \"300 ms\", \"1.5 s\" or 300 (milliseconds)";
/// What a share looks like, for error messages.
pub const RATIO: &str = "a share such as \"1/40\" or 0";
/// What an operation looks like, for error messages.
pub const OPERATION: &str = "an operation: \"deposit 20\", \"withdraw 20\", \"balance\", \"add lamp\", \"remove lamp\", \"read\", \"get x\", \"get x stale\", \"get x watch\", \"put x 5\", \"cas x 5 6\", \"acquire\", \"release\" or \"guarded-write 5\"";

/// A decimal number times `unit`, exactly; `None` where it is no such number, too large, or finer than one.
fn decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole)
        || !digits(rest)
        || (text.contains('.') && rest.is_empty())
    {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in rest.bytes().map(|b| u64::from(b - b'0')) {
        if !place.is_multiple_of(10) {
            // Below one unit: only zeros may follow.
            if digit != 0 {
                return None;
            }
            continue;
        }
        place /= 10;
        value = value.checked_add(digit * place)?;
    }
    Some(value)
}

/// A span of time as people write it: "300 ms", "1.5 s", "40 µs", "2 min"; a bare number is milliseconds.
pub fn span(text: &str) -> Option<Micros> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim_start() {
        "µs" | "μs" | "us" => 1,
        "" | "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        _ => return None,
    };
    decimal(number, unit).map(Micros)
}

/// A span that may point back: "-20 ms". In microseconds.
pub fn signed_span(text: &str) -> Option<i64> {
    let text = text.trim();
    let (back, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let us = span(rest)?.0;
    if back {
        0i64.checked_sub_unsigned(us)
    } else {
        i64::try_from(us).ok()
    }
}

/// A span in the shortest words that lose nothing.
pub fn span_text(span: Micros) -> String {
    let us = span.0;
    if us > 0 && us.is_multiple_of(1_000_000) {
        return format!("{} s", us / 1_000_000);
    }
    format!("{} ms", milliseconds(us))
}

/// Microseconds as a decimal number of milliseconds.
fn milliseconds(us: u64) -> String {
    let (whole, rest) = (us / 1_000, us % 1_000);
    match rest {
        0 => whole.to_string(),
        _ => format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0')),
    }
}

/// A span that may point back.
pub fn signed_span_text(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    format!("{sign}{}", span_text(Micros(us.unsigned_abs())))
}

/// A moment of a run in a column: always milliseconds with three decimals.
pub fn column(at: Micros) -> String {
    format!("{}.{:03} ms", at.0 / 1_000, at.0 % 1_000)
}

/// A share: "1/40"; 0 is never.
pub fn ratio(text: &str) -> Option<Ratio> {
    let (hits, of) = match text.split_once('/') {
        Some((hits, of)) => (hits.trim().parse().ok()?, of.trim().parse().ok()?),
        None if text.trim() == "0" => (0, 1),
        None => return None,
    };
    Some(Ratio { hits, of })
}

/// A share as it is read.
pub fn ratio_text(ratio: Ratio) -> String {
    format!("{}/{}", ratio.hits, ratio.of)
}

/// What a client asks for: "deposit 20".
pub fn operation(text: &str) -> Option<Operation> {
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let argument = words.next();
    let amount = || argument.and_then(|word| word.parse().ok());
    let item = || {
        let place = ITEMS.iter().position(|item| Some(*item) == argument)?;
        u8::try_from(place).ok()
    };
    let key = || {
        let place = KEYS.iter().position(|key| Some(*key) == argument)?;
        u8::try_from(place).ok()
    };
    let operation = match name {
        "balance" | "read" if argument.is_some() => return None,
        "balance" => Operation::Balance,
        "deposit" => Operation::Deposit { amount: amount()? },
        "withdraw" => Operation::Withdraw { amount: amount()? },
        "add" => Operation::Add { item: item()? },
        "remove" => Operation::Remove { item: item()? },
        "read" => Operation::Read,
        "acquire" | "release" if argument.is_some() => return None,
        "acquire" => Operation::Acquire,
        "release" => Operation::Release,
        "guarded-write" => Operation::GuardedWrite {
            value: argument?.parse().ok()?,
        },
        "get" => match words.next() {
            None => Operation::Get { key: key()? },
            Some(word) => {
                let way = WAYS.iter().position(|way| *way == word)?;
                Operation::GetAs {
                    key: key()?,
                    way: u8::try_from(way).ok()?,
                }
            }
        },
        "put" => Operation::Put {
            key: key()?,
            value: words.next()?.parse().ok()?,
        },
        "cas" => Operation::CompareAndSet {
            key: key()?,
            from: words.next()?.parse().ok()?,
            to: words.next()?.parse().ok()?,
        },
        _ => return None,
    };
    words.next().is_none().then_some(operation)
}

/// What a client asks for, as it is read.
pub fn operation_text(operation: Operation) -> String {
    match operation {
        Operation::Balance | Operation::Read | Operation::Acquire | Operation::Release => {
            operation.name().to_string()
        }
        Operation::GuardedWrite { value } => format!("{} {value}", operation.name()),
        Operation::Get { key } => format!("get {}", KEYS[usize::from(key)]),
        Operation::GetAs { key, way } => {
            format!("get {} {}", KEYS[usize::from(key)], WAYS[usize::from(way)])
        }
        Operation::Put { key, value } => format!("put {} {value}", KEYS[usize::from(key)]),
        Operation::CompareAndSet { key, from, to } => {
            format!("cas {} {from} {to}", KEYS[usize::from(key)])
        }
        Operation::Add { .. } | Operation::Remove { .. } => {
            format!("{} {}", operation.name(), operation.item().unwrap_or(""))
        }
        Operation::Deposit { amount } | Operation::Withdraw { amount } => {
            format!("{} {amount}", operation.name())
        }
    }
}

/// For the command line: a moment in milliseconds, or with a unit.
pub fn moment(text: &str) -> Result<Micros, String> {
    span(text).ok_or_else(|| "expected milliseconds such as 812 or 812.5".to_string())
}

/// For the command line: a whole number.
pub fn whole(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("expected a whole number, 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_exactly() {
        let read = |text| span(text).map(|span| span.0);
        assert_eq!(read("300 ms"), Some(300_000));
        assert_eq!(read("812.345"), Some(812_345));
        assert_eq!(read("1.5 s"), Some(1_500_000));
        assert_eq!(read("0.000001s"), Some(1));
        assert_eq!(read("40 µs"), Some(40));
        assert_eq!(read("2 min"), Some(120_000_000));
        assert_eq!(read("1.0 us"), Some(1));
        for wrong in [
            "",
            "ms",
            "5 parsecs",
            "-1 ms",
            "1.2345 ms",
            "1. ms",
            ".5 s",
            "99999999999999999999 s",
            "1e3",
            "1.5 us",
            "NaN",
            "１ ms",
        ] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_come_back() {
        let mut us = 1u64;
        for step in 0..63u64 {
            for value in [
                us,
                us + 1,
                us + step,
                (us / 3).wrapping_mul(1_000),
                u64::MAX - us,
            ] {
                assert_eq!(
                    span(&span_text(Micros(value))),
                    Some(Micros(value)),
                    "{value}"
                );
            }
            us *= 2;
        }
        for value in [0, -1, 1, i64::MAX, i64::MIN, -20_000] {
            assert_eq!(
                signed_span(&signed_span_text(value)),
                Some(value),
                "{value}"
            );
        }
    }

    #[test]
    fn operations_come_back() {
        let all = [
            Operation::Balance,
            Operation::Deposit { amount: 7 },
            Operation::Withdraw { amount: u32::MAX },
            Operation::Add { item: 0 },
            Operation::Remove { item: 7 },
            Operation::Read,
        ];
        for one in all {
            assert_eq!(operation(&operation_text(one)), Some(one));
        }
        for wrong in [
            "",
            "deposit",
            "deposit x",
            "deposit 1 2",
            "balance 3",
            "deposit -1",
            "steal 5",
            "add",
            "add elephant",
            "remove lamp lamp",
            "read lamp",
        ] {
            assert_eq!(operation(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn shares_come_back() {
        assert_eq!(ratio("1/40"), Some(Ratio { hits: 1, of: 40 }));
        assert_eq!(ratio("0"), Some(Ratio::NEVER));
        assert_eq!(
            ratio(&ratio_text(Ratio { hits: 0, of: 9 })),
            Some(Ratio { hits: 0, of: 9 })
        );
        for wrong in ["", "1", "1/", "/2", "a/b", "1/2/3", "-1/2"] {
            assert_eq!(ratio(wrong), None, "{wrong}");
        }
    }
}
