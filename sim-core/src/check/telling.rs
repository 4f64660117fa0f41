//! Operations in words.

use super::history::{Ask, Ended, History, Op, Value, printable};
use crate::units::Micros;
use crate::view::Part::{Span, Text};
use crate::view::fill;
use alloc::format;
use alloc::string::String;

/// Says what the operations of a history are.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The history.
    pub history: &'a History,
    /// Whether moments are told to the microsecond.
    is_exact: bool,
}

impl<'a> Telling<'a> {
    /// Of this history, with moments as exact as people want them.
    pub const fn new(history: &'a History) -> Self {
        Self {
            history,
            is_exact: false,
        }
    }

    /// The same for a sentence that names these operations: moments that differ are told apart.
    #[must_use]
    pub fn about(self, ops: &[Op]) -> Self {
        let reads_alike = |one: &Op, other: &Op| {
            when(one) != when(other) && self.moment(one) == self.moment(other)
        };
        let mut pairs = ops.iter().enumerate();
        let is_exact = self.history.has_moments
            && pairs.any(|(place, one)| ops[..place].iter().any(|other| reads_alike(one, other)));
        Self { is_exact, ..self }
    }

    /// Whose it was.
    pub fn who(&self, op: &Op) -> &'a str {
        self.history.client_of(op)
    }

    /// A value.
    pub fn value(&self, value: Value) -> String {
        self.history.values.words(value)
    }

    /// What looks at something with what it was told, anything else as [`Telling::what`].
    pub fn what_was_told(&self, op: &Op) -> String {
        let what = self.what(op);
        let told = self.value(op.result);
        match op.ask {
            _ if op.outcome != Ended::Ok => what,
            Ask::Contains => {
                let sentence = match op.result {
                    Value::Bool(true) => "sight of {a}",
                    _ => "look for {a} in vain",
                };
                fill(sentence, &[("a", Text(&self.value(op.a)))])
            }
            ask if ask.is_read() || ask == Ask::Dequeue => format!("{what} of {told}"),
            _ => what,
        }
    }

    /// What somebody was told who looked, as a verb; in the past of the past where `had`.
    pub fn saw(&self, op: &Op, had: bool) -> String {
        let sentence = match (op.ask, op.result, had) {
            (Ask::Contains, Value::Bool(true), false) => "was told that {a} is in it",
            (Ask::Contains, Value::Bool(true), true) => "had been told that {a} is in it",
            (Ask::Contains, _, false) => "was told that {a} is not in it",
            (Ask::Contains, _, true) => "had been told that {a} is not in it",
            (Ask::Dequeue, _, false) => "dequeued {told}",
            (Ask::Dequeue, _, true) => "had dequeued {told}",
            (_, _, false) => "read {told}",
            (_, _, true) => "had read {told}",
        };
        let (a, told) = (self.value(op.a), self.value(op.result));
        fill(sentence, &[("a", Text(&a)), ("told", Text(&told))])
    }

    /// When an operation ended, or was asked if it never did; where the source knew no moments, its line.
    pub fn moment(&self, op: &Op) -> String {
        if !self.history.has_moments {
            return format!("(line {})", op.source);
        }
        let sentence = match op.outcome {
            Ended::Unknown => "asked at {at}",
            _ => "at {at}",
        };
        match self.is_exact {
            true => fill(sentence, &[("at", Text(&exact(when(op))))]),
            false => fill(sentence, &[("at", Span(when(op)))]),
        }
    }

    /// Under which key, or of which account, where there are several. A transfer says it itself.
    pub fn under_key(&self, op: &Op) -> String {
        let before = match op.ask {
            Ask::Transfer => return String::new(),
            Ask::Deposit => "into",
            Ask::Withdraw => "from",
            Ask::Balance => "in",
            _ => "under",
        };
        let Some(key) = self.key(op) else {
            return String::new();
        };
        let is_number = matches!(self.history.keys[op.key as usize], Value::Int(_));
        match before {
            "into" | "from" | "in" if is_number => format!(" {before} account {key}"),
            _ => format!(" {before} {key}"),
        }
    }

    /// The name of its key, if it has one.
    pub fn key(&self, op: &Op) -> Option<String> {
        let key = self.history.keys.get(op.key as usize)?;
        Some(match key {
            Value::Text(text) => printable(self.history.values.text_of(*text)),
            key => self.value(*key),
        })
    }

    /// An operation as a noun.
    pub fn what(&self, op: &Op) -> String {
        let sentence = match op.ask {
            Ask::Read | Ask::Get | Ask::Balance => "read",
            Ask::Write | Ask::Put => "write of {a}",
            Ask::Cas => "cas from {a} to {b}",
            Ask::Append => "append of {a}",
            Ask::Deposit => "deposit of {a}",
            Ask::Withdraw => "withdrawal of {a}",
            Ask::Transfer => "transfer of {b} from {key} to {a}",
            Ask::Increment => "increment by {a}",
            Ask::Decrement => "decrement by {a}",
            Ask::Add => "adding of {a}",
            Ask::Remove => "removal of {a}",
            Ask::Contains => "look for {a}",
            Ask::Acquire => "acquire",
            Ask::Release => "release",
            Ask::Guarded => "write with token {a}",
            Ask::Enqueue => "enqueue of {a}",
            Ask::Dequeue => "dequeue",
        };
        let (a, b) = (self.value(op.a), self.value(op.b));
        let key = self.key(op).unwrap_or_default();
        fill(
            sentence,
            &[("a", Text(&a)), ("b", Text(&b)), ("key", Text(&key))],
        )
    }
}

/// When an operation ended, or was asked if it never did.
const fn when(op: &Op) -> Micros {
    match op.outcome {
        Ended::Unknown => op.invoked_at,
        _ => op.ended_at,
    }
}

/// A moment to the microsecond: `14.203 ms`, `3600.000001 s`.
fn exact(Micros(us): Micros) -> String {
    let (unit, digits, name) = match us {
        ..1_000_000 => (1_000, 3, "ms"),
        _ => (1_000_000, 6, "s"),
    };
    let (whole, rest) = (us / unit, us % unit);
    let rest = format!("{rest:0digits$}");
    match rest.trim_end_matches('0') {
        "" => format!("{whole} {name}"),
        rest => format!("{whole}.{rest} {name}"),
    }
}
