//! One account, judged: could a single true book, changed at one instant within each operation, have given every
//! answer? That is linearizability (Herlihy & Wing 1990) with the model of one bank account.
//!
//! The search is Wing & Gong's (1993) with a memory of configurations (Lowe 2017): an operation may be next in the
//! order if no other that is not yet in it ended before it began. The balance is the sum of the set already placed, so
//! the set alone is the configuration. A refused operation did not happen and rests on nothing; an unknown one may be
//! placed or left out.

use super::Consistency;
use crate::history::{Outcome, Record, as_of};
use crate::operation::{Answer, Operation};
use crate::units::Micros;
use crate::view::Part::{Number, Span, Text};
use crate::view::{Names, Part, Tone, fill};
use alloc::string::String;
use alloc::vec::Vec;

/// A search that takes more steps than this is given up, and says so.
pub const STEPS_MAX: u32 = 50_000;

/// An operation that counts for the search.
#[derive(Clone, Copy, Debug)]
struct Call {
    record: Record,
    change: i64,
    read: Option<i64>,
    /// Whether it must be placed: its client knows that it happened.
    sure: bool,
}

impl Call {
    fn of(record: &Record) -> Option<Self> {
        let (read, sure) = match record.outcome {
            Outcome::Told(Answer::Refused(_)) => return None,
            Outcome::Told(Answer::Value(value)) => (Some(value), true),
            Outcome::Told(Answer::Done | Answer::Items(_)) => (None, true),
            // A read that nobody heard says nothing.
            Outcome::Open | Outcome::Unknown if record.operation.is_read() => return None,
            Outcome::Open | Outcome::Unknown => (None, false),
        };
        Some(Self {
            record: *record,
            change: record.operation.change(),
            read,
            sure,
        })
    }

    /// When it was over; what may still happen is never over.
    const fn over(&self) -> Micros {
        if self.sure {
            self.record.ended
        } else {
            Micros::NEVER
        }
    }
}

/// What the search found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    Order,
    None,
    TooLong,
}

/// Which calls stand in the order so far, one bit each.
type Placed = Vec<u64>;

fn is_placed(set: &Placed, place: usize) -> bool {
    set[place / 64] & (1 << (place % 64)) != 0
}

/// The sets that the search has met, in buckets by a hash of theirs.
struct Met {
    buckets: Vec<Vec<Placed>>,
}

impl Met {
    /// Remembers a set. Says whether it is new.
    fn insert(&mut self, set: &Placed) -> bool {
        let mut hash = 0u64;
        for word in set {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b1_85eb_ca87);
            hash ^= hash >> 32;
        }
        let count = self.buckets.len() as u64;
        let bucket = &mut self.buckets[(hash % count) as usize];
        let is_new = !bucket.contains(set);
        if is_new {
            bucket.push(set.clone());
        }
        is_new
    }
}

/// Whether any order explains all of `calls`.
fn explain(calls: &[Call], opening: i64) -> Found {
    let words = calls.len().div_ceil(64).max(1);
    let mut met = Met {
        buckets: alloc::vec![Vec::new(); 16 * calls.len() + 1],
    };
    let mut open = alloc::vec![(alloc::vec![0u64; words], opening)];
    let mut steps = 0;
    while let Some((placed, balance)) = open.pop() {
        let mut is_whole = true;
        let mut first_over = Micros::NEVER;
        for (place, call) in calls.iter().enumerate() {
            if !is_placed(&placed, place) {
                is_whole &= !call.sure;
                first_over = first_over.min(call.over());
            }
        }
        if is_whole {
            return Found::Order;
        }
        for (place, call) in calls.iter().enumerate() {
            if is_placed(&placed, place) {
                continue;
            }
            steps += 1;
            if steps > STEPS_MAX {
                return Found::TooLong;
            }
            // An invocation at the very instant of a response is taken as concurrent with it.
            let next = balance + call.change;
            let fits = call.record.invoked <= first_over
                && call.read.is_none_or(|read| read == balance)
                && next >= 0;
            if fits {
                let mut more = placed.clone();
                more[place / 64] |= 1 << (place % 64);
                if met.insert(&more) {
                    open.push((more, next));
                }
            }
        }
    }
    Found::None
}

/// The verdict on a history of one account that opened with `opening`.
pub fn judge(history: &[Record], opening: i64, names: &Names<'_>) -> Consistency {
    if !history.iter().any(Record::is_done) {
        let refused = history.iter().any(Record::is_refused);
        let (head, words) = match refused {
            false => ("Nothing to judge yet.", "No answer has been given."),
            true => (
                "Nothing to judge.",
                "Whoever was refused was told nothing wrong.",
            ),
        };
        return verdict(Tone::Plain, head, String::from(words));
    }
    match found(history, opening) {
        Found::Order => {
            let words = String::from("One true book could have given every answer so far.");
            verdict(Tone::Ok, "Yes.", words)
        }
        Found::TooLong => {
            let steps = Number(i64::from(STEPS_MAX));
            let words = fill("within {steps} steps.", &[("steps", steps)]);
            verdict(Tone::Plain, "Not decided", words)
        }
        Found::None => blame(history, opening, names),
    }
}

fn verdict(tone: Tone, head: &str, words: String) -> Consistency {
    Consistency {
        tone,
        head: String::from(head),
        words,
        ops: Vec::new(),
    }
}

fn found(history: &[Record], opening: i64) -> Found {
    let mut calls = Vec::new();
    for record in history {
        calls.extend(Call::of(record));
    }
    explain(&calls, opening)
}

/// The first answer after which no order is left: everything before it could still be explained.
fn blame(history: &[Record], opening: i64, names: &Names<'_>) -> Consistency {
    let mut endings = Vec::new();
    for record in history {
        // A refusal can be what leaves no order: somebody had already seen what then was said not to have happened.
        if record.is_done() || record.is_refused() {
            endings.push(record.ended_by.0);
        }
    }
    endings.sort_unstable();
    for ending in endings {
        let before = as_of(history, ending + 1);
        if found(&before, opening) == Found::None {
            let case = before.iter().find(|record| record.ended_by.0 == ending);
            if let Some(guilty) = case {
                return accuse(guilty, &before, opening, names);
            }
        }
    }
    let words = String::from("No single book could have given these answers.");
    verdict(Tone::No, "No.", words)
}

fn accuse(guilty: &Record, before: &[Record], opening: i64, names: &Names<'_>) -> Consistency {
    let (sentence, other, book) = match guilty.outcome {
        Outcome::Told(Answer::Value(value)) => read_case(guilty, value, before, opening),
        Outcome::Told(Answer::Refused(_)) => refusal_case(before),
        _ => spend_case(guilty, before, opening),
    };
    let second = other.unwrap_or(guilty);
    let parts = [
        ("who", Text(names.of(guilty.client))),
        ("what", Text(&what(guilty))),
        ("at", Span(guilty.ended)),
        ("told", read(guilty)),
        ("other", Text(names.of(second.client))),
        ("did", Text(&what(second))),
        ("then", Span(second.ended)),
        ("seen", read(second)),
        ("book", Number(book)),
    ];
    let mut verdict = verdict(Tone::No, "No.", fill(sentence, &parts));
    verdict.ops.extend(other.map(|other| other.op));
    verdict.ops.push(guilty.op);
    verdict
}

fn what(record: &Record) -> String {
    let words = match record.operation {
        Operation::Balance => "read",
        Operation::Deposit { .. } => "deposit of {amount}",
        Operation::Withdraw { .. } => "withdrawal of {amount}",
        // Of a cart, and never in a bank's history.
        _ => "operation",
    };
    let (_, amount) = record.operation.code();
    fill(words, &[("amount", Number(i64::from(amount)))])
}

/// The number that was read.
const fn read(record: &Record) -> Part<'static> {
    match record.outcome {
        Outcome::Told(Answer::Value(value)) => Number(value),
        _ => Text(""),
    }
}

/// A sentence, the other record that it names, and what one true book would hold.
type Case<'a> = (&'static str, Option<&'a Record>, i64);

fn read_case<'a>(read: &Record, value: i64, history: &'a [Record], opening: i64) -> Case<'a> {
    // Changes that were confirmed before the read began, and whether any other may count for it.
    let mut sure = Vec::new();
    let mut any_maybe = false;
    let mut book = opening;
    for record in history {
        if record.operation.is_read() || record.is_refused() {
            continue;
        }
        if record.is_done() && record.ended < read.invoked {
            sure.push(record);
            book += record.operation.change();
        } else if record.invoked <= read.ended {
            any_maybe = true;
        }
    }
    let last = sure.last().copied();
    if !any_maybe {
        // The latest confirmed change whose absence explains the number is the one to name.
        for missed in sure.iter().rev() {
            if book - missed.operation.change() == value {
                let sentence = "{who} read {told} at {at}, after {other}’s {did} was confirmed at {then}. One true book would have answered {book}.";
                return (sentence, Some(missed), book);
            }
        }
        let sentence = "{who} read {told} at {at}. One true book would have answered {book}.";
        return (sentence, last, book);
    }
    for one in history.iter().rev() {
        let other = matches!(one.outcome, Outcome::Told(Answer::Value(seen)) if seen != value);
        if other && one.ended < read.invoked {
            let sentence = "{who} read {told} at {at}, after {other} had read {seen} at {then}. No single book goes from the one to the other with what was asked for in between.";
            return (sentence, Some(one), book);
        }
    }
    let sentence = "{who} read {told} at {at}. One true book held {book} before, and nothing asked for at the time makes {told} of it.";
    (sentence, last, book)
}

fn refusal_case(history: &[Record]) -> Case<'_> {
    let mut reads = history.iter().rev().filter(|one| one.operation.is_read());
    let seen = reads.find(|one| one.is_done());
    let sentence = match seen {
        Some(_) => {
            "{who}’s {what} was refused at {at}, and what {other} had read at {then} rests on its having happened."
        }
        None => {
            "{who}’s {what} was refused at {at}, and the answers before it rests on its having happened."
        }
    };
    (sentence, seen, 0)
}

fn spend_case<'a>(guilty: &Record, history: &'a [Record], opening: i64) -> Case<'a> {
    let mut left = opening;
    let mut other = None;
    for record in history {
        if record.is_done() {
            left += record.operation.change();
            if record.op != guilty.op && matches!(record.operation, Operation::Withdraw { .. }) {
                other = Some(record);
            }
        }
    }
    if other.is_some() && left < 0 {
        let sentence = "{who}’s {what} was paid at {at} although {other}’s {did} had been paid from the same money: together they leave {book}. One true book would have refused one of them.";
        return (sentence, other, left);
    }
    let sentence = "{who}’s {what} was confirmed at {at}; no single book explains that together with the answers before it.";
    (sentence, None, left)
}
