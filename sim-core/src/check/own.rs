//! Histories of our own runs, as the checkers take them.

use super::history::{Ask, Ended, History, NEVER, NO_KEY, Op, Value};
use super::linearizable::Question;
use super::model::ModelKind;
use super::sights::{Sight, Sights};
use crate::history::{Outcome, Record};
use crate::operation::{Answer, Operation};
use crate::run::Timeline;

/// The history of a run at a moment. Its operations have the numbers that they have in the run.
#[derive(Clone, Debug)]
pub struct Own {
    /// The history.
    pub history: History,
    /// Of what it is.
    pub kind: ModelKind,
}

impl Own {
    /// What is asked about it: everything.
    pub fn question(&self) -> Question<'_> {
        Question {
            ideal: "one true book",
            ..Question::whole(&self.history, self.kind, self.history.initial)
        }
    }
}

/// The history of a run as it stood after `events` events.
pub fn history(timeline: &Timeline, events: u32) -> Own {
    let names = timeline.names();
    let opening = timeline
        .run()
        .scenario
        .choices(timeline.spec())
        .get("opening");
    let mut history = History {
        initial: Value::Int(i64::from(opening)),
        has_moments: true,
        ..History::default()
    };
    history.clients.extend(names.list.iter().cloned());
    for record in timeline.history().as_of(events) {
        history.ops.push(op(&record));
    }
    history.rank();
    Own {
        history,
        kind: ModelKind::Bank,
    }
}

fn op(record: &Record) -> Op {
    let (ask, amount) = match record.operation {
        Operation::Balance => (Ask::Balance, Value::Nil),
        Operation::Deposit { amount } => (Ask::Deposit, Value::Int(i64::from(amount))),
        Operation::Withdraw { amount } => (Ask::Withdraw, Value::Int(i64::from(amount))),
    };
    let (outcome, result) = match record.outcome {
        Outcome::Open | Outcome::Unknown => (Ended::Unknown, Value::Nil),
        Outcome::Told(Answer::Refused(_)) => (Ended::Refused, Value::Nil),
        Outcome::Told(Answer::Done) => (Ended::Ok, Value::Nil),
        Outcome::Told(Answer::Value(value)) => (Ended::Ok, Value::Int(value)),
    };
    Op {
        client: u32::from(record.client.0),
        ask,
        key: NO_KEY,
        a: amount,
        b: Value::Nil,
        result,
        outcome,
        invoked: 0,
        ended: NEVER,
        invoked_at: record.invoked,
        ended_at: record.ended,
        source: record.op.0,
    }
}

/// What each answered operation of a run saw that looked at anything, by number.
pub fn sights(timeline: &mut Timeline, events: u32) -> Sights {
    let records = timeline.history().as_of(events);
    let mut sights = Sights::new();
    for record in records
        .iter()
        .filter(|record| record.is_done() && record.operation.is_read())
    {
        let Some(saw) = timeline.saw(record.op) else {
            continue;
        };
        let mut sight = Sight::default();
        for other in records.iter().filter(|other| !other.operation.is_read()) {
            match saw.contains(other.op) {
                true => sight.seen.push(other.op.0),
                false => sight.unseen.push(other.op.0),
            }
        }
        sights.insert(record.op.0, sight);
    }
    sights
}
