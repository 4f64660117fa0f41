//! What each operation of a file saw, from the values alone: a value that one operation wrote and nobody else says who
//! was seen.

use super::history::{Ask, Ended, History, NEVER, Op, Value};
use super::linearizable::Question;
use super::model::ModelKind;
use super::texts;
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
    /// Whether the answer shows, in order, all that changed the key since the last put among `seen`, or else since the
    /// beginning.
    pub is_whole: bool,
    /// Whether the answer shows something that nobody wrote.
    pub is_made_up: bool,
}

impl Sight {
    /// Of whoever looked at all changes: those that were seen, and the others.
    pub(super) fn of(history: &History, is_seen: impl Fn(u32) -> bool) -> Self {
        let mut sight = Self::default();
        for (number, op) in (0..).zip(&history.ops) {
            match is_seen(number) {
                _ if op.ask.is_read() => {}
                true => sight.seen.push(number),
                false => sight.unseen.push(number),
            }
        }
        sight
    }
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
    let history = question.history;
    if !history.saw.is_empty() && history.ops.len() <= OPS_MAX {
        let all = history.saw.iter();
        return Ok(all
            .map(|(reader, saw)| (*reader, Sight::of(history, |one| saw.contains(&one))))
            .collect());
    }
    if question.kind == ModelKind::KeyValue {
        return Err(Blind::Model(question.kind));
    }
    let told = told(question)?;
    match told.twice {
        Some((one, other)) => Err(Blind::WrittenTwice(one, other)),
        None => Ok(told.sights),
    }
}

/// What values say of who saw what, as far as they say anything: a value that was written twice says nothing.
#[derive(Default)]
pub(super) struct Told {
    pub(super) sights: Sights,
    /// Two operations that wrote the same value, or one and itself, which wrote what was there before.
    pub(super) twice: Option<(u32, u32)>,
    /// Changes that happened only if somebody is shown to have seen them, or may as well not have happened.
    pub(super) once: Vec<u32>,
}

/// What values say, as far as they do.
pub(super) fn told(question: &Question<'_>) -> Result<Told, Blind> {
    let count = question.history.ops.len();
    if count > OPS_MAX {
        return Err(Blind::TooMany(count));
    }
    let written: fn(&Op) -> Option<Value> = match question.kind {
        ModelKind::Register | ModelKind::CasRegister => |op| match op.ask {
            Ask::Write => Some(op.a),
            Ask::Cas => Some(op.b),
            _ => None,
        },
        ModelKind::Set | ModelKind::Cart => |op| (op.ask == Ask::Add).then_some(op.a),
        ModelKind::Log => |op| (op.ask == Ask::Append).then_some(op.a),
        ModelKind::KeyValue => return Ok(texts::told(question)),
        other => return Err(Blind::Model(other)),
    };
    let (writers, twice) = writers(question, written);
    let sights = match question.kind {
        ModelKind::Set | ModelKind::Cart => of_sets(question, &writers),
        ModelKind::Log => of_logs(question, &writers),
        _ => of_registers(question, &writers),
    };
    let once = once(question, &writers);
    Ok(Told {
        sights,
        twice,
        once,
    })
}

/// The changes that wrote something once, but for those with which something may have compared of which values do not
/// show whether it happened.
fn once(question: &Question<'_>, writers: &Writers) -> Vec<u32> {
    let mut once: Vec<u32> = writers.iter().filter_map(|(_, writer)| *writer).collect();
    once.sort_unstable();
    let compares = |op: &Op| op.ask == Ask::Cas && op.outcome != Ended::Refused;
    let mut open: Vec<Op> = ops(question)
        .filter(|(number, op)| compares(op) && once.binary_search(number).is_err())
        .map(|(_, op)| op)
        .collect();
    while let Some(op) = open.pop() {
        if let Some(Some(writer)) = writer_of(writers, op.key, op.a)
            && let Ok(place) = once.binary_search(&writer)
        {
            once.remove(place);
            let before = question.history.ops[writer as usize];
            open.extend(Some(before).filter(compares));
        }
    }
    once
}

/// Which operation wrote each value of each key, in their order; none where it was more than one, or it was there
/// before.
type Writers = Vec<((u32, Value), Option<u32>)>;

/// Who wrote a value, if anybody did: none where it does not say who.
fn writer_of(writers: &Writers, key: u32, value: Value) -> Option<Option<u32>> {
    let found = writers.binary_search_by_key(&(key, value), |(what, _)| *what);
    found.ok().map(|place| writers[place].1)
}

pub(super) fn ops<'a>(question: &'a Question<'_>) -> impl Iterator<Item = (u32, Op)> + 'a {
    let count = question.history.ops.len() as u32;
    (0..count).filter_map(|number| Some((number, question.as_of(number)?)))
}

fn writers(
    question: &Question<'_>,
    written: impl Fn(&Op) -> Option<Value>,
) -> (Writers, Option<(u32, u32)>) {
    let mut all: Vec<((u32, Value), u32)> = ops(question)
        .filter(|(_, op)| op.outcome != Ended::Refused)
        .filter_map(|(number, op)| Some(((op.key, written(&op)?), number)))
        .collect();
    all.sort_unstable();
    // What was there before does not say whether it was written again.
    let there = |value: Value| value == question.initial || initial(question).contains(&value);
    let mut writers = Writers::new();
    let mut twice = None;
    for same in all.chunk_by(|one, other| one.0 == other.0) {
        let (what, first) = same[0];
        let other = match same.get(1) {
            Some((_, other)) => Some(*other),
            None => there(what.1).then_some(first),
        };
        twice = twice.or(other.map(|other| (first, other)));
        writers.push((what, other.is_none().then_some(first)));
    }
    (writers, twice)
}

/// What a set or a log held before the first operation.
fn initial<'a>(question: &'a Question<'_>) -> &'a [Value] {
    list(question, question.initial)
}

fn of_registers(question: &Question<'_>, writers: &Writers) -> Sights {
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
        let newest = match writer_of(writers, op.key, read) {
            Some(None) => continue,
            Some(newest) => newest.filter(|writer| *writer != number),
            None => None,
        };
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
    sights
}

fn of_logs(question: &Question<'_>, writers: &Writers) -> Sights {
    let mut sights = Sights::new();
    for (number, op) in answered(question, Ask::Read) {
        let told = list(question, op.result);
        let mut sight = Sight {
            is_ordered: true,
            ..Sight::default()
        };
        for value in told.strip_prefix(initial(question)).unwrap_or(told) {
            match writer_of(writers, op.key, *value) {
                Some(Some(writer)) => {
                    sight.is_made_up |= sight.seen.contains(&writer);
                    sight.seen.push(writer);
                }
                Some(None) => {}
                None => sight.is_made_up = true,
            }
        }
        for ((key, value), writer) in writers {
            if *key == op.key && !told.contains(value) {
                sight.unseen.extend(*writer);
            }
        }
        sights.insert(number, sight);
    }
    sights
}

fn of_sets(question: &Question<'_>, writers: &Writers) -> Sights {
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
        let was_there = |value: &Value| {
            writer_of(writers, op.key, *value).is_some() || initial(question).contains(value)
        };
        let mut sight = Sight::default();
        for (place, value) in told.iter().enumerate() {
            sight.is_made_up |= !was_there(value) || told[..place].contains(value);
        }
        if op.ask == Ask::Contains {
            sight.is_made_up = is_there(&op.a) && !was_there(&op.a);
        }
        for ((key, value), writer) in writers {
            let looks = match op.ask {
                Ask::Contains => *value == op.a,
                _ => true,
            };
            if *key != op.key || !looks {
                continue;
            }
            if is_there(value) {
                sight.seen.extend(*writer);
            } else if !removed.contains(&(*key, *value)) {
                sight.unseen.extend(*writer);
            }
        }
        sights.insert(number, sight);
    }
    sights
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
