//! What every single order of all operations must keep, as far as values that were written once say it.
//!
//! Whoever read a value comes after its one writer, and every other change of the same key comes before that writer or
//! after the reader. What follows from that and from each client's own order is put down until nothing more follows. If
//! something then comes after itself there is no order (of the rules for *conflict-free* histories in Gibbons & Korach
//! 1997, section 4, and of Bouajjani et al. 2017, *happened-before*, those that hold for all sessions at once). If
//! nothing does there may still be none, so that whoever searches goes on, among far fewer orders.

use super::history::{Ask, NEVER};
use super::linearizable::{Duty, Question};
use super::model::ModelKind;
use super::pace::Pace;
use super::past::Past;
use super::sights::{Sight, Told, told};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::pin::Pin;

/// What the values of a history say.
pub struct Forced<'a> {
    question: &'a Question<'a>,
    told: Told,
    /// What changes a key, by key.
    changes: Vec<(u32, u32)>,
}

impl<'a> Forced<'a> {
    /// What the values say, unless they say nothing.
    pub fn of(question: &'a Question<'a>) -> Option<Self> {
        let told = told(question).ok()?;
        let all = (0..).zip(&question.history.ops);
        let changes = all.filter(|(_, op)| !op.ask.is_read());
        let mut changes: Vec<_> = changes.map(|(number, op)| (op.key, number)).collect();
        changes.sort_unstable();
        Some(Self {
            question,
            told,
            changes,
        })
    }

    /// An operation that was told what nobody wrote.
    pub(super) fn made_up(&self) -> Option<u32> {
        let told = |number: u32| {
            let op = self.question.as_of(number);
            op.is_some_and(|op| self.question.duty(&op) == Duty::Must)
        };
        let mut all = self.told.sights.iter();
        let found = all.find(|(number, sight)| sight.is_made_up && told(**number));
        found.map(|(number, _)| *number)
    }

    /// Whether an operation may as well never happen, unless somebody is known to have seen it.
    pub(super) fn is_seen_or_nothing(&self, number: u32) -> bool {
        let is_shown = matches!(
            self.question.kind,
            ModelKind::Register | ModelKind::CasRegister | ModelKind::Log | ModelKind::KeyValue
        );
        is_shown && self.told.once.binary_search(&number).is_ok()
    }

    /// What comes before what if only the operations `kept` are as the history says, and, by operation, whether it has
    /// happened for certain.
    pub(super) fn past<'b>(
        &'b self,
        kept: &'b [u32],
        pace: Pace,
    ) -> Pin<Box<dyn Future<Output = (Past, Vec<bool>)> + 'b>> {
        // One piece of code, however many callers there are.
        Box::pin(self.follow(kept, pace))
    }

    async fn follow(&self, kept: &[u32], pace: Pace) -> (Past, Vec<bool>) {
        let question = self.question;
        let count = question.history.ops.len();
        let mut past = Past::new(count);
        let mut happened = alloc::vec![false; count];
        let mut last = alloc::vec![NEVER; question.history.clients.len()];
        let mut open = Vec::new();
        for number in kept {
            let Some(op) = question.as_of(*number) else {
                continue;
            };
            let duty = question.duty(&op);
            let process = question.history.process_of(op.client) as usize;
            if last.len() <= process {
                last.resize(process + 1, NEVER);
            }
            if duty != Duty::None && last[process] != NEVER {
                // Nothing comes after it yet.
                past.join(last[process], *number);
                past.add(last[process], *number);
            }
            if duty == Duty::Must {
                last[process] = *number;
                open.push(*number);
            }
        }
        // Whoever was seen has happened, and has seen what it compared with.
        let mut looked = Vec::new();
        while let Some(number) = open.pop() {
            let was_known = core::mem::replace(&mut happened[number as usize], true);
            if let Some(sight) = self.told.sights.get(&number).filter(|_| !was_known) {
                looked.push((number, sight));
                open.extend(&sight.seen);
            }
        }
        looked.sort_unstable_by_key(|(number, _)| *number);
        let mut is_new = true;
        while is_new {
            is_new = false;
            for (reader, sight) in &looked {
                is_new |= self.lay(&mut past, *reader, sight);
                // That is enough.
                if past.has(*reader, *reader) {
                    return (past, happened);
                }
                pace.rest().await;
            }
        }
        (past, happened)
    }

    /// Puts into an order what an answer asks for. Says whether that is new.
    fn lay(&self, past: &mut Past, reader: u32, sight: &Sight) -> bool {
        let mut is_new = past.show(reader, sight);
        let key = self.question.history.ops[reader as usize].key;
        if let Some(newest) = sight.newest {
            is_new |= self.keep_apart(past, key, newest, reader);
        }
        if sight.is_whole {
            let is_put = |one: &u32| self.question.history.ops[*one as usize].ask == Ask::Put;
            let mut before = match sight.seen.first().is_some_and(is_put) {
                true => sight.seen[0],
                false => NEVER,
            };
            for next in sight.seen.iter().chain([&reader]) {
                if *next != before {
                    is_new |= past.put(&[before][..usize::from(before != NEVER)], *next);
                    is_new |= self.keep_apart(past, key, before, *next);
                }
                before = *next;
            }
        }
        is_new
    }

    /// Puts every other change of a key before one, or the beginning, or after another, wherever it is on one side of
    /// both. Says whether that is new.
    fn keep_apart(&self, past: &mut Past, key: u32, before: u32, after: u32) -> bool {
        let from = self.changes.partition_point(|(other, _)| *other < key);
        let all = self.changes[from..].iter();
        let all = all.take_while(|(other, _)| *other == key);
        let others = all
            .map(|(_, one)| *one)
            .filter(|one| *one != before && *one != after);
        let mut is_new = false;
        if before != NEVER {
            let earlier = others.clone().filter(|one| past.has(after, *one));
            is_new = past.put(&earlier.collect::<Vec<_>>(), before);
        }
        for one in others {
            let is_later = before == NEVER || past.has(one, before);
            is_new |= is_later && past.put(&[after], one);
        }
        is_new
    }
}
