//! Operations in words.

use super::history::{Ask, Ended, History, Op, Value, printable};
use crate::view::Part::{Span, Text};
use crate::view::fill;
use alloc::format;
use alloc::string::String;

/// Says what the operations of a history are.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The history.
    pub history: &'a History,
}

impl<'a> Telling<'a> {
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
        let (sentence, at) = match op.outcome {
            Ended::Unknown => ("asked at {at}", op.invoked_at),
            _ => ("at {at}", op.ended_at),
        };
        fill(sentence, &[("at", Span(at))])
    }

    /// Under which key, where there are several.
    pub fn under_key(&self, op: &Op) -> String {
        match self.history.keys.get(op.key as usize) {
            Some(Value::Text(text)) => {
                format!(" under {}", printable(self.history.values.text_of(*text)))
            }
            Some(key) => format!(" under {}", self.value(*key)),
            None => String::new(),
        }
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
            Ask::Transfer => "transfer of {b} to {a}",
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
        fill(sentence, &[("a", Text(&a)), ("b", Text(&b))])
    }
}
