//! What goes wrong with what is put somewhere: it is lost, comes back, or is there twice.

use super::Finder;
use crate::check::history::{Ask, Ended, NEVER, Op, Value};
use crate::check::plain::text_of;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Through more letters than this nobody looks for what was appended.
const LETTERS_MAX: usize = 100_000_000;

impl Finder<'_> {
    /// What was written last and confirmed must be what the last who read were told, or what somebody wrote since.
    pub(super) fn register(&mut self) {
        let written = |op: &Op| match op.ask {
            Ask::Write => Some(op.a),
            Ask::Cas => Some(op.b),
            _ => None,
        };
        let mut last: BTreeMap<u32, (u32, Op)> = BTreeMap::new();
        for (number, op) in self.done(Ask::Read) {
            last.insert(op.key, (number, op));
        }
        // By key: the last that was confirmed before they asked.
        let mut latest: BTreeMap<u32, (u32, Op)> = BTreeMap::new();
        for (number, op) in self.ops().filter(|(_, op)| op.outcome == Ended::Ok) {
            let is_before = last
                .get(&op.key)
                .is_some_and(|(_, read)| op.ended < read.invoked);
            if is_before && written(&op).is_some() {
                latest.insert(op.key, (number, op));
            }
        }
        // What they were told may have been written since, or somebody was told of the last write.
        for (_, op) in self.ops().filter(|(_, op)| op.outcome != Ended::Refused) {
            let (Some((_, read)), Some((_, write))) = (last.get(&op.key), latest.get(&op.key))
            else {
                continue;
            };
            let until = match op.outcome {
                Ended::Ok => op.ended,
                _ => NEVER,
            };
            let is_since = until > write.invoked;
            let told = if op.ask == Ask::Read {
                Some(op.result)
            } else {
                None
            };
            if is_since
                && (written(&op) == Some(read.result)
                    || (op.outcome == Ended::Ok && told == written(write)))
            {
                latest.remove(&op.key);
            }
        }
        for (key, (number, _)) in latest {
            let reader = last[&key].0;
            let sentence = "{who}’s {what} was confirmed {at}, and {other} read {told} {then}.";
            self.add("write-missing", sentence, number, reader, 0);
        }
    }

    /// What was delivered twice, and what was enqueued and never delivered although the queue was found empty.
    pub(super) fn queue(&mut self) {
        let mut given: BTreeMap<(u32, Value), (u32, usize)> = BTreeMap::new();
        let puts: Vec<_> = self
            .ops()
            .filter(|(_, op)| op.ask == Ask::Enqueue && op.outcome != Ended::Refused)
            .collect();
        for (number, op) in self.done(Ask::Dequeue) {
            if op.result == Value::Nil {
                continue;
            }
            let copies = puts
                .iter()
                .filter(|(_, put)| put.key == op.key && put.a == op.result)
                .count()
                + self.at_first(op.result);
            let (earlier, times) = given.get(&(op.key, op.result)).copied().unwrap_or_default();
            given.insert((op.key, op.result), (number, times + 1));
            if times > 0 && times >= copies {
                let sentence = "{other} was given {told} {then}, which {who} had been given {at}: at most once was not kept.";
                self.add("delivered-twice", sentence, earlier, number, 0);
            }
        }
        let unheard = self
            .ops()
            .any(|(_, op)| op.ask == Ask::Dequeue && op.outcome == Ended::Unknown);
        let empty = self
            .done(Ask::Dequeue)
            .filter(|(_, op)| op.result == Value::Nil)
            .last();
        let Some((last, end)) = empty.filter(|_| !unheard) else {
            return;
        };
        for (number, put) in &puts {
            let is_sure = put.outcome == Ended::Ok && put.ended < end.invoked && put.key == end.key;
            if is_sure && !given.contains_key(&(put.key, put.a)) {
                let sentence = "{who}’s {what} was confirmed {at}, nobody was given it, and {other} found the queue empty {then}: at least once was not kept.";
                self.add("never-delivered", sentence, *number, last, 0);
            }
        }
    }

    /// What was appended to a text and confirmed must be in what is read later, where nobody writes the text anew.
    pub(super) fn texts(&mut self) {
        let values = &self.question.history.values;
        // By key: the last who read it, where nobody did.
        let mut last: BTreeMap<u32, u32> = BTreeMap::new();
        for (number, op) in self.done(Ask::Get) {
            last.insert(op.key, number);
        }
        for (_, op) in self.ops() {
            if op.ask == Ask::Put && op.outcome != Ended::Refused {
                last.remove(&op.key);
            }
        }
        let mut letters = 0;
        for (number, op) in self.done(Ask::Append) {
            let Some(reader) = last.get(&op.key) else {
                continue;
            };
            let read = self.question.history.ops[*reader as usize];
            let (told, part) = (text_of(values, read.result), text_of(values, op.a));
            letters += told.len();
            if letters > LETTERS_MAX {
                return;
            }
            if op.ended < read.invoked && !told.contains(&*part) {
                let sentence = "{who}’s {what} was confirmed {at}, and {other} read {told} {then}.";
                self.add("write-missing", sentence, number, *reader, 0);
            }
        }
    }

    /// What was appended and confirmed must be in the last read.
    pub(super) fn log(&mut self) {
        let last = self.done(Ask::Read).last();
        let Some((reader, read)) = last else {
            return;
        };
        let told = self.list(read.result);
        for (number, op) in self.done(Ask::Append) {
            if op.key == read.key && op.ended < read.invoked && !told.contains(&op.a) {
                let sentence = "{who}’s {what} was confirmed {at}, and {other} read {told} {then}.";
                self.add("write-missing", sentence, number, reader, 0);
            }
        }
        let mut sorted = told.to_vec();
        sorted.sort_unstable();
        for same in sorted.chunk_by(|one, other| one == other) {
            let appended = self.ops().filter(|(_, op)| {
                let may_happen = op.ask == Ask::Append && op.outcome != Ended::Refused;
                may_happen && op.key == read.key && op.a == same[0]
            });
            if same.len() > 1 && same.len() > appended.count() + self.at_first(same[0]) {
                let sentence = "{other} read {told} {then}: an entry is in it twice.";
                self.add("delivered-twice", sentence, reader, reader, 0);
            }
        }
    }
}
