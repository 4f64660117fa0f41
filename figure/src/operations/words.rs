//! What stands at a bar, and what it is called.

use sim_core::check::history::{Ask, Ended, History, NO_KEY, Op, Value};
use sim_core::check::telling::Telling;
use sim_core::view::Tone;

/// What was asked and what was told, as short as it goes.
pub fn label(history: &History, op: &Op) -> String {
    let value = |value: Value| history.values.words(value);
    let told = match op.outcome {
        Ended::Ok => value(op.result),
        Ended::Refused | Ended::Unknown => String::new(),
    };
    let name = op.ask.name();
    let asked = match op.ask {
        Ask::Read | Ask::Get | Ask::Balance | Ask::Dequeue => spaced(name, &told),
        Ask::Cas => format!("{name} {} → {}", value(op.a), value(op.b)),
        Ask::Contains if told.is_empty() => spaced(name, &value(op.a)),
        Ask::Contains => format!("{name} {}: {told}", value(op.a)),
        Ask::Acquire if op.result != Value::Nil => spaced(name, &told),
        Ask::Acquire | Ask::Release => name.to_owned(),
        Ask::Transfer => format!("{name} {} to {}", value(op.b), value(op.a)),
        Ask::Guarded => format!("{name} {}, token {}", value(op.b), value(op.a)),
        _ => spaced(name, &value(op.a)),
    };
    if op.key == NO_KEY || history.keys.len() < 2 {
        return asked;
    }
    match Telling::new(history).key(op) {
        Some(key) => format!("{key}: {asked}"),
        None => asked,
    }
}

fn spaced(one: &str, other: &str) -> String {
    match other.is_empty() {
        true => one.to_owned(),
        false => format!("{one} {other}"),
    }
}

/// The whole of it in words: whose it was, what, when, and how it ended. Whoever `waits` may still be answered.
pub fn name(history: &History, op: &Op, waits: bool) -> String {
    let telling = Telling::new(history);
    let ended = match op.outcome {
        _ if waits => "still waiting",
        Ended::Ok => "confirmed",
        Ended::Refused => "refused, so it did not happen",
        Ended::Unknown => "unknown: it may have happened at any time after, or never",
    };
    format!(
        "{}: {}{} {}, {ended}",
        telling.who(op),
        telling.what_was_told(op),
        telling.under_key(op),
        telling.moment(op)
    )
}

/// What kind of thing it is.
pub const fn tone(op: &Op) -> Tone {
    match op.ask {
        _ if op.ask.is_read() => Tone::Read,
        Ask::Acquire | Ask::Release => Tone::Vote,
        _ => Tone::Write,
    }
}
