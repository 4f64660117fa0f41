//! One account, judged: could a single true book, changed at one instant within each operation, have given every
//! answer? That is linearizability (Herlihy & Wing 1990) with the model of one bank account.
//!
//! The search is Wing & Gong's (1993) with a memory of configurations (Lowe 2017): an operation may be next in the
//! order if no other that is not yet in it ended before it began. The balance is the sum of the set already placed, so
//! the set alone is the configuration. A refused operation did not happen and rests on nothing; an unknown one may be
//! placed or left out.

use super::Consistency;
use crate::history::{Outcome, Record};
use crate::operation::{Answer, Operation};
use crate::units::{EventId, Micros, OpId};
use crate::view::{Names, Tone, number};
use alloc::collections::BTreeSet;
use alloc::format;
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
        let change = match record.operation {
            Operation::Balance => 0,
            Operation::Deposit { amount } => i64::from(amount),
            Operation::Withdraw { amount } => -i64::from(amount),
        };
        let call = |read, sure| {
            Some(Self {
                record: *record,
                change,
                read,
                sure,
            })
        };
        match record.outcome {
            Outcome::Told(Answer::Refused(_)) => None,
            Outcome::Told(Answer::Value(value)) => call(Some(value), true),
            Outcome::Told(Answer::Done) => call(None, true),
            // A read that nobody heard says nothing.
            Outcome::Open | Outcome::Unknown if record.operation.is_read() => None,
            Outcome::Open | Outcome::Unknown => call(None, false),
        }
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

fn bit(set: &[u64], place: usize) -> bool {
    set[place / 64] & (1 << (place % 64)) != 0
}

/// Whether any order explains all of `calls`.
fn explain(calls: &[Call], opening: i64) -> Found {
    let words = calls.len().div_ceil(64).max(1);
    let mut met: BTreeSet<Vec<u64>> = BTreeSet::new();
    let mut open = alloc::vec![(alloc::vec![0u64; words], opening)];
    let mut steps = 0;
    while let Some((placed, balance)) = open.pop() {
        let left = || {
            calls
                .iter()
                .enumerate()
                .filter(|(place, _)| !bit(&placed, *place))
        };
        if left().all(|(_, call)| !call.sure) {
            return Found::Order;
        }
        let first_over = left()
            .map(|(_, call)| call.over())
            .min()
            .unwrap_or(Micros::NEVER);
        for (place, call) in left() {
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
                if met.insert(more.clone()) {
                    open.push((more, next));
                }
            }
        }
    }
    Found::None
}

/// The verdict on a history of one account that opened with `opening`.
pub fn judge(history: &[Record], opening: i64, names: &Names<'_>) -> Consistency {
    let told = history.iter().filter(|record| record.is_done()).count();
    if told == 0 {
        return Consistency {
            tone: Tone::Plain,
            head: String::from("Nothing to judge yet."),
            words: String::from("No answer has been given."),
            ops: Vec::new(),
        };
    }
    match found(history, opening) {
        Found::Order => Consistency {
            tone: Tone::Ok,
            head: String::from("Yes."),
            words: String::from("One true book could have given every answer so far."),
            ops: Vec::new(),
        },
        Found::TooLong => Consistency {
            tone: Tone::Plain,
            head: String::from("Not decided"),
            words: format!("within {STEPS_MAX} steps."),
            ops: Vec::new(),
        },
        Found::None => blame(history, opening, names),
    }
}

fn found(history: &[Record], opening: i64) -> Found {
    let calls: Vec<Call> = history.iter().filter_map(Call::of).collect();
    explain(&calls, opening)
}

/// The first answer after which no order is left: everything before it could still be explained.
fn blame(history: &[Record], opening: i64, names: &Names<'_>) -> Consistency {
    // A refusal can be what leaves no order: somebody had already seen what then was said not to have happened.
    let told = |record: &&Record| record.is_done() || record.is_refused();
    let mut endings: Vec<&Record> = history.iter().filter(told).collect();
    endings.sort_by_key(|record| record.ended_by);
    let until = |event: EventId| -> Vec<Record> {
        history
            .iter()
            .filter_map(|record| record.as_of(event.0 + 1))
            .collect()
    };
    let guilty = endings
        .iter()
        .find(|r| found(&until(r.ended_by), opening) == Found::None);
    let Some(guilty) = guilty else {
        return no(
            String::from("No single book could have given these answers."),
            Vec::new(),
        );
    };
    let before = until(guilty.ended_by);
    match guilty.outcome {
        Outcome::Told(Answer::Value(value)) => read_words(guilty, value, &before, opening, names),
        Outcome::Told(Answer::Refused(_)) => refusal_words(guilty, &before, names),
        _ => spend_words(guilty, &before, opening, names),
    }
}

fn no(words: String, ops: Vec<OpId>) -> Consistency {
    Consistency {
        tone: Tone::No,
        head: String::from("No."),
        words,
        ops,
    }
}

fn what(record: &Record) -> String {
    match record.operation {
        Operation::Balance => String::from("read"),
        Operation::Deposit { amount } => format!("deposit of {amount}"),
        Operation::Withdraw { amount } => format!("withdrawal of {amount}"),
    }
}

/// Changes that were confirmed before `read` began, and those that may or may not count for it.
fn before(read: &Record, history: &[Record]) -> (Vec<Record>, Vec<Record>) {
    let changes = history
        .iter()
        .filter(|r| !r.operation.is_read() && !r.is_refused());
    let (mut sure, mut maybe) = (Vec::new(), Vec::new());
    for record in changes {
        if record.is_done() && record.ended < read.invoked {
            sure.push(*record);
        } else if record.invoked <= read.ended {
            maybe.push(*record);
        }
    }
    (sure, maybe)
}

fn sum(records: &[Record], opening: i64) -> i64 {
    records
        .iter()
        .filter_map(Call::of)
        .fold(opening, |sum, call| sum + call.change)
}

fn read_words(
    read: &Record,
    value: i64,
    history: &[Record],
    opening: i64,
    names: &Names<'_>,
) -> Consistency {
    let (sure, maybe) = before(read, history);
    let reader = names.of(read.client);
    let expected = number(sum(&sure, opening));
    let told = number(value);
    // The latest confirmed change whose absence explains the number is the one to name.
    let missed = sure.iter().rev().find(|one| {
        let without: Vec<Record> = sure.iter().filter(|r| r.op != one.op).copied().collect();
        sum(&without, opening) == value
    });
    if let Some(missed) = missed.filter(|_| maybe.is_empty()) {
        let words = format!(
            "{reader} read {told} at {}, after {}’s {} was confirmed at {}. One true book would have answered {expected}.",
            read.ended,
            names.of(missed.client),
            what(missed),
            missed.ended,
        );
        return no(words, alloc::vec![missed.op, read.op]);
    }
    let earlier_read = history.iter().rev().find(|one| {
        let other = matches!(one.outcome, Outcome::Told(Answer::Value(seen)) if seen != value);
        one.operation.is_read() && other && one.ended < read.invoked
    });
    if let (Some(one), Outcome::Told(Answer::Value(seen)), false) = (
        earlier_read,
        earlier_read.map_or(Outcome::Open, |one| one.outcome),
        maybe.is_empty(),
    ) {
        let words = format!(
            "{reader} read {told} at {}, after {} had read {} at {}. No single book goes from the one to the other with what was asked for in between.",
            read.ended,
            names.of(one.client),
            number(seen),
            one.ended,
        );
        return no(words, alloc::vec![one.op, read.op]);
    }
    let answer = if maybe.is_empty() {
        format!("would have answered {expected}")
    } else {
        format!("held {expected} before, and nothing asked for at the time makes {told} of it")
    };
    let mut ops: Vec<OpId> = sure.last().iter().map(|record| record.op).collect();
    ops.push(read.op);
    no(
        format!(
            "{reader} read {told} at {}. One true book {answer}.",
            read.ended
        ),
        ops,
    )
}

fn refusal_words(guilty: &Record, history: &[Record], names: &Names<'_>) -> Consistency {
    let seen = history
        .iter()
        .rev()
        .find(|one| one.operation.is_read() && one.is_done());
    let mut ops: Vec<OpId> = seen.iter().map(|record| record.op).collect();
    ops.push(guilty.op);
    let witness = seen.map_or_else(
        || String::from("the answers before it"),
        |one| format!("what {} had read at {}", names.of(one.client), one.ended),
    );
    let words = format!(
        "{}’s {} was refused at {}, and {witness} rests on its having happened.",
        names.of(guilty.client),
        what(guilty),
        guilty.ended,
    );
    no(words, ops)
}

fn spend_words(
    guilty: &Record,
    history: &[Record],
    opening: i64,
    names: &Names<'_>,
) -> Consistency {
    let who = names.of(guilty.client);
    let done = history
        .iter()
        .filter(|r| r.is_done() && !r.operation.is_read());
    let spent: Vec<Record> = done.copied().collect();
    let left = sum(&spent, opening);
    let other = spent
        .iter()
        .rev()
        .find(|r| r.op != guilty.op && matches!(r.operation, Operation::Withdraw { .. }));
    if let (Some(other), true) = (other, left < 0) {
        let words = format!(
            "{who}’s {} was paid at {} although {}’s {} had been paid from the same money: together they leave {}. One true book would have refused one of them.",
            what(guilty),
            guilty.ended,
            names.of(other.client),
            what(other),
            number(left),
        );
        return no(words, alloc::vec![other.op, guilty.op]);
    }
    let words = format!(
        "{who}’s {} was confirmed at {}; no single book explains that together with the answers before it.",
        what(guilty),
        guilty.ended
    );
    no(words, alloc::vec![guilty.op])
}
