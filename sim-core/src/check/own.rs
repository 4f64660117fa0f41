//! Histories of our own runs, as the checkers take them.

use super::history::{Ask, Ended, Fault, History, NEVER, NO_KEY, Op, Value, Values};
use super::linearizable::Question;
use super::model::{LOCK_LAPSES, ModelKind};
use super::sights::{Sight, Sights};
use crate::action::Action;
use crate::history::{Outcome, Record};
use crate::operation::{Answer, KEYS, Operation, Store};
use crate::run::Timeline;
use crate::trace::{Kind, action_of};
use crate::units::{OpId, OpSet};
use crate::view::Names;
use crate::words;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The history of a run at a moment. Its operations have the numbers that they have in the run.
#[derive(Clone, Debug)]
pub struct Own {
    /// The history.
    pub history: History,
    /// Of what it is.
    pub kind: ModelKind,
}

impl Own {
    /// What one true of which could have given the answers, if anything: a book, a cart.
    pub const fn ideal(&self) -> &'static str {
        match self.kind {
            ModelKind::Bank => "book",
            ModelKind::Cart => "cart",
            ModelKind::Lock => "lock",
            _ => "store",
        }
    }

    /// The same; if it is a lock, it may lapse.
    #[must_use]
    pub fn lapsing(mut self, lapses: bool) -> Self {
        if lapses && self.kind == ModelKind::Lock {
            self.history.initial = LOCK_LAPSES;
        }
        self
    }

    /// What is asked about it: everything.
    pub fn question(&self) -> Question<'_> {
        Question {
            ideal: match self.kind {
                ModelKind::Bank => "one true book",
                ModelKind::Cart => "one true cart",
                ModelKind::Lock => "one true lock",
                _ => "one true store",
            },
            ..Question::whole(&self.history, self.kind, self.history.initial)
        }
    }
}

/// The history of a run as it stood after `events` events.
pub fn history(timeline: &Timeline, events: u32) -> Own {
    let records = timeline.history().as_of(events);
    let spec = timeline.spec();
    let choices = timeline.run().scenario.choices(spec);
    let opening = match spec.store {
        Store::Bank => choices.get("opening"),
        Store::Cart | Store::Values => 0,
    };
    let names = timeline.names();
    let own = of(&records, spec.store, i64::from(opening), &names);
    let mut own = own.lapsing(spec.lapses);
    if let Some((setting, value)) = spec.one_session
        && choices.get(setting) == value
    {
        // Nodes ask for nothing, so their number does not matter.
        own.history.join(alloc::vec![0; names.list.len()]);
    }
    own
}

/// The same with what was done to the system, for whoever draws it.
pub fn history_with_faults(timeline: &Timeline, events: u32) -> Own {
    let mut own = history(timeline, events);
    own.history.faults = faults(timeline, events);
    own.history.rank();
    own
}

/// The history of a store that held `opening`, where it holds money.
pub fn of(records: &[Record], store: Store, opening: i64, names: &Names<'_>) -> Own {
    let mut history = History {
        has_moments: true,
        ..History::default()
    };
    let kind = match store {
        Store::Bank => {
            history.initial = Value::Int(opening);
            ModelKind::Bank
        }
        Store::Cart => ModelKind::Cart,
        Store::Values => {
            // What is not kept there is refused, so there is never something of both.
            let of_lock = |record: &Record| record.operation.is_of_lock() && !record.is_refused();
            history.initial = Value::Int(0);
            for key in KEYS {
                let key = history.values.text(key);
                history.keys.push(key);
            }
            match records.iter().any(of_lock) {
                true => ModelKind::Lock,
                false => ModelKind::CasRegister,
            }
        }
    };
    history.clients.extend(names.list.iter().cloned());
    let mut tokens = BTreeMap::new();
    for record in records {
        let mut op = op(record, &mut history.values);
        // The token that a client shows is the last one that it was given.
        match (op.ask, op.result) {
            (Ask::Acquire, Value::Int(token)) => {
                tokens.insert(op.client, token);
            }
            (Ask::Guarded, _) => {
                let token = tokens.get(&op.client).copied();
                op.a = Value::Int(token.unwrap_or(0));
            }
            _ => {}
        }
        history.ops.push(op);
    }
    history.rank();
    Own { history, kind }
}

/// What people and the script had done to a run after `events` events, without what clients asked for and what had no
/// effect.
pub fn faults(timeline: &Timeline, events: u32) -> Vec<Fault> {
    let (trace, names) = (timeline.trace(), timeline.names());
    let mut faults = Vec::new();
    for event in trace.events().iter().take(events as usize) {
        let act = match event.kind {
            Kind::Acted => action_of(trace, event).map(|timed| timed.action),
            _ => None,
        };
        if let Some(act) = act.filter(|act| !matches!(act, Action::Operate { .. })) {
            faults.push(Fault {
                words: words::brief(&act, &names),
                place: 0,
                at: event.at,
                mends: matches!(
                    act,
                    Action::Heal | Action::Mend { .. } | Action::Restart(_) | Action::Resume(_)
                ),
            });
        }
    }
    faults
}

fn op(record: &Record, values: &mut Values) -> Op {
    let amount = |amount: u32| Value::Int(i64::from(amount));
    let (ask, argument) = match record.operation {
        Operation::Balance => (Ask::Balance, Value::Nil),
        Operation::Deposit { amount: sum } => (Ask::Deposit, amount(sum)),
        Operation::Withdraw { amount: sum } => (Ask::Withdraw, amount(sum)),
        Operation::Add { .. } => (Ask::Add, item(record, values)),
        Operation::Remove { .. } => (Ask::Remove, item(record, values)),
        Operation::Read | Operation::Get { .. } | Operation::GetAs { .. } => {
            (Ask::Read, Value::Nil)
        }
        Operation::Put { value, .. } => (Ask::Write, amount(u32::from(value))),
        Operation::CompareAndSet { from, .. } => (Ask::Cas, amount(u32::from(from))),
        Operation::Acquire => (Ask::Acquire, Value::Nil),
        Operation::Release => (Ask::Release, Value::Nil),
        Operation::GuardedWrite { .. } => (Ask::Guarded, Value::Nil),
    };
    let second = match (record.operation, record.operation.values()) {
        (Operation::CompareAndSet { .. } | Operation::GuardedWrite { .. }, (_, Some(to))) => {
            amount(u32::from(to))
        }
        _ => Value::Nil,
    };
    let (outcome, result) = match record.outcome {
        Outcome::Open | Outcome::Unknown => (Ended::Unknown, Value::Nil),
        Outcome::Told(answer) if answer.is_unsure() => (Ended::Unknown, Value::Nil),
        Outcome::Told(Answer::Refused(_)) => (Ended::Refused, Value::Nil),
        Outcome::Told(Answer::Done) => (Ended::Ok, Value::Nil),
        Outcome::Told(Answer::Value(value)) => (Ended::Ok, Value::Int(value)),
        Outcome::Told(Answer::Items(cart)) => {
            let items = cart.items().map(|item| values.text(item)).collect();
            (Ended::Ok, values.list(items))
        }
    };
    Op {
        client: u32::from(record.client.0),
        ask,
        key: record.operation.key().map_or(NO_KEY, u32::from),
        a: argument,
        b: second,
        result,
        outcome,
        invoked: 0,
        ended: NEVER,
        invoked_at: record.invoked,
        ended_at: record.ended,
        source: record.op.0,
    }
}

/// The item that an operation is about.
fn item(record: &Record, values: &mut Values) -> Value {
    values.text(record.operation.item().unwrap_or_default())
}

/// What each answered operation of a run saw that looked at anything, by number.
pub fn sights(timeline: &mut Timeline, events: u32) -> Sights {
    let own = history(timeline, events);
    let mut sights = Sights::new();
    for reader in readers(&own.history) {
        if let Some(saw) = timeline.saw(OpId(reader)) {
            sights.insert(reader, sight(&own.history, &saw));
        }
    }
    sights
}

/// The operations of a run that looked at something and were answered.
pub(super) fn readers(history: &History) -> impl Iterator<Item = u32> + '_ {
    let reads = |op: &&Op| op.outcome == Ended::Ok && op.ask.is_read();
    history.ops.iter().filter(reads).map(|op| op.source)
}

/// The changes that an answer rests on, and the others: operations have the numbers that they have in the run.
pub(super) fn sight(history: &History, saw: &OpSet) -> Sight {
    Sight::of(history, |one| saw.contains(OpId(one)))
}
