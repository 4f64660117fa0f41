//! What each operation of a file saw, from the values alone: a value that one operation wrote and nobody else says who
//! was seen.

use super::history::{Ask, Ended, NEVER, Op, Value};
use super::linearizable::Question;
use super::model::ModelKind;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What one operation saw of the changes of others.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Sight {
    /// Changes that its answer rests on, by number in the history.
    pub seen: Vec<u32>,
    /// Changes that its answer shows not to have been there.
    pub unseen: Vec<u32>,
    /// Where only the newest change of the key shows: which that was, or [`NEVER`] if there was none.
    pub newest: Option<u32>,
    /// Whether `seen` is in the order in which the answer shows it.
    pub is_ordered: bool,
    /// Whether the answer shows something that nobody wrote.
    pub is_made_up: bool,
}

/// By number in the history, what each operation saw that looked at anything.
pub type Sights = BTreeMap<u32, Sight>;

/// Why sessions and causes cannot be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blind {
    /// Two operations wrote the same value, so a read of it does not say which it saw.
    WrittenTwice(u32, u32),
    /// Answers of this model do not say what they rest on.
    Model(ModelKind),
    /// More operations than are judged.
    TooMany(usize),
}

/// More operations are not judged: what follows from what takes memory with their square.
pub const OPS_MAX: usize = 2_000;

/// What each operation of a file saw, from the values alone.
pub fn sights(question: &Question<'_>) -> Result<Sights, Blind> {
    let count = question.history.ops.len();
    if count > OPS_MAX {
        return Err(Blind::TooMany(count));
    }
    match question.kind {
        ModelKind::Register | ModelKind::CasRegister => of_registers(question),
        ModelKind::Set | ModelKind::Cart => of_sets(question),
        ModelKind::Log => of_logs(question),
        other => Err(Blind::Model(other)),
    }
}

/// Which operation wrote each value of each key.
type Writers = BTreeMap<(u32, Value), u32>;

pub(super) fn ops<'a>(question: &'a Question<'_>) -> impl Iterator<Item = (u32, Op)> + 'a {
    let count = question.history.ops.len() as u32;
    (0..count).filter_map(|number| Some((number, question.as_of(number)?)))
}

fn writers(
    question: &Question<'_>,
    written: impl Fn(&Op) -> Option<Value>,
) -> Result<Writers, Blind> {
    let mut writers = Writers::new();
    for (number, op) in ops(question) {
        if op.outcome == Ended::Refused {
            continue;
        }
        if let Some(value) = written(&op)
            && let Some(other) = writers.insert((op.key, value), number)
        {
            return Err(Blind::WrittenTwice(other, number));
        }
    }
    Ok(writers)
}

fn of_registers(question: &Question<'_>) -> Result<Sights, Blind> {
    let written = |op: &Op| match op.ask {
        Ask::Write => Some(op.a),
        Ask::Cas => Some(op.b),
        _ => None,
    };
    let writers = writers(question, written)?;
    // A value that was there before does not say whether it was written again.
    for ((_, value), number) in &writers {
        if *value == question.initial {
            return Err(Blind::WrittenTwice(*number, *number));
        }
    }
    let mut sights = Sights::new();
    let mut open: Vec<u32> = ops(question)
        .filter(|(_, op)| op.outcome == Ended::Ok)
        .map(|(number, _)| number)
        .collect();
    while let Some(number) = open.pop() {
        let op = question.history.ops[number as usize];
        let read = match op.ask {
            Ask::Read => op.result,
            Ask::Cas => op.a,
            _ => continue,
        };
        let writer = writers.get(&(op.key, read)).copied();
        let newest = writer.filter(|writer| *writer != number);
        let sight = Sight {
            seen: newest.into_iter().collect(),
            newest: Some(newest.unwrap_or(NEVER)),
            is_made_up: newest.is_none() && read != question.initial,
            ..Sight::default()
        };
        // A compare-and-set of which nobody knows happened if somebody saw it, and then it read what it compared with.
        if sights.insert(number, sight).is_none() {
            open.extend(newest);
        }
    }
    Ok(sights)
}

fn of_logs(question: &Question<'_>) -> Result<Sights, Blind> {
    let writers = writers(question, |op| (op.ask == Ask::Append).then_some(op.a))?;
    let mut sights = Sights::new();
    for (number, op) in answered(question, Ask::Read) {
        let told = list(question, op.result);
        let mut sight = Sight {
            is_ordered: true,
            ..Sight::default()
        };
        for value in told {
            let writer = writers.get(&(op.key, *value)).copied();
            sight.is_made_up |= writer.is_none_or(|writer| sight.seen.contains(&writer));
            sight.seen.extend(writer);
        }
        for ((key, value), writer) in &writers {
            if *key == op.key && !told.contains(value) {
                sight.unseen.push(*writer);
            }
        }
        sights.insert(number, sight);
    }
    Ok(sights)
}

fn of_sets(question: &Question<'_>) -> Result<Sights, Blind> {
    let writers = writers(question, |op| (op.ask == Ask::Add).then_some(op.a))?;
    // What was taken out again does not show that it was never there.
    let removed: Vec<_> = ops(question)
        .filter(|(_, op)| op.ask == Ask::Remove && op.outcome != Ended::Refused)
        .map(|(_, op)| (op.key, op.a))
        .collect();
    let mut sights = Sights::new();
    for (number, op) in answered(question, Ask::Read).chain(answered(question, Ask::Contains)) {
        let told = list(question, op.result);
        let is_there = |value: &Value| match op.ask {
            Ask::Contains => *value == op.a && op.result == Value::Bool(true),
            _ => told.contains(value),
        };
        let mut sight = Sight::default();
        for (place, value) in told.iter().enumerate() {
            let is_known = writers.contains_key(&(op.key, *value));
            sight.is_made_up |= !is_known || told[..place].contains(value);
        }
        if op.ask == Ask::Contains {
            sight.is_made_up = is_there(&op.a) && !writers.contains_key(&(op.key, op.a));
        }
        for ((key, value), writer) in &writers {
            let looks = match op.ask {
                Ask::Contains => *value == op.a,
                _ => true,
            };
            if *key != op.key || !looks {
                continue;
            }
            if is_there(value) {
                sight.seen.push(*writer);
            } else if !removed.contains(&(*key, *value)) {
                sight.unseen.push(*writer);
            }
        }
        sights.insert(number, sight);
    }
    Ok(sights)
}

fn answered<'a>(question: &'a Question<'_>, ask: Ask) -> impl Iterator<Item = (u32, Op)> + 'a {
    ops(question).filter(move |(_, op)| op.ask == ask && op.outcome == Ended::Ok)
}

fn list<'a>(question: &'a Question<'_>, value: Value) -> &'a [Value] {
    match value {
        Value::List(list) => question.history.values.list_of(list),
        _ => &[],
    }
}
