//! What those who watch see of the servers: what is promised, slot by slot, and what became of an operation.
//!
//! Each look costs what has changed: slots that were written, that became durable, that were applied.

use super::spec::invariant;
use super::state::Flushing;
use super::{Config, Disk, Memory, NODES_MAX};
use crate::history::Fate;
use crate::protocol::{Context, Finding, Sightings, Told};
use crate::protocols::consensus::heard::Heard;
use crate::protocols::consensus::list::List;
use crate::protocols::consensus::{Content, Index, Reads, Stamp, Term, watch};
use crate::units::{Mask, OpId, OpSet};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// Who has accepted a value in a slot under a ballot, durably.
#[derive(Clone, Copy)]
struct Vote {
    ballot: Term,
    content: Content,
    by: Mask,
}

/// What is known of a slot: all votes, what a majority was first seen to have accepted under one ballot, and what a server
/// first applied.
#[derive(Clone, Default)]
struct Slot {
    votes: Vec<Vote>,
    chosen: Option<Content>,
    learned: Option<Content>,
}

/// Watches all servers of one run from outside. A copy shares what it keeps until one of them sees more.
#[derive(Clone, Default)]
pub struct Monitor(Rc<Kept>);

#[derive(Clone, Default)]
struct Kept {
    slots: List<Slot>,
    /// What clients have asked leaders for.
    asked: OpSet,
    heard: Heard,
    /// By server: up to where it was seen to have applied its log.
    applied: [Index; NODES_MAX],
    /// With timestamps: the last one that was applied anywhere, and where.
    last: (Index, Stamp),
    /// The latest moment that was surely past for anybody, and whether one that cannot be before it was later still
    /// possible for somebody: then clocks are further off than they may be, and no promise rests on them any more.
    past: i64,
    is_off: bool,
    /// What was found already, one bit an invariant: the first time tells the story.
    found: u32,
}

impl Monitor {
    pub(in crate::protocols) fn observe(
        &mut self,
        config: &Config,
        context: Context,
        (disk, memory): (&Disk, &Memory),
        seen: &mut Sightings,
    ) {
        let mut look = Look {
            kept: Rc::make_mut(&mut self.0),
            config,
            context,
            disk,
            memory,
            seen,
        };
        if let Some(command) = &memory.asked {
            look.kept.asked.insert(command.op);
        }
        for flushed in &memory.settled {
            look.at_settled(*flushed);
        }
        look.at_clock();
        look.at_applied();
        look.at_prefix();
        look.at_clients();
    }

    pub(in crate::protocols) fn told(
        &mut self,
        config: &Config,
        context: Context,
        told: Told,
        seen: &mut Sightings,
    ) -> bool {
        let kept = Rc::make_mut(&mut self.0);
        let Some(index) = kept.heard.told(context, told) else {
            return false;
        };
        let promised = config.reads_of(told.operation) != Reads::Stale && !kept.is_off;
        seen.find(Finding {
            invariant: invariant::FRESH,
            promised,
            event: context.event,
            node: context.me,
            op: Some(told.op),
            number: i64::from(index.0),
        });
        true
    }
}

/// One look at one server.
struct Look<'a> {
    kept: &'a mut Kept,
    config: &'a Config,
    context: Context,
    disk: &'a Disk,
    memory: &'a Memory,
    seen: &'a mut Sightings,
}

fn op_of(content: &Content) -> Option<OpId> {
    content.command().map(|command| command.op)
}

impl Look<'_> {
    fn find(&mut self, invariant: u8, op: Option<OpId>, slot: u32) {
        if self.kept.found & (1 << invariant) != 0 {
            return;
        }
        self.kept.found |= 1 << invariant;
        self.seen.find(Finding {
            invariant,
            promised: true,
            event: self.context.event,
            node: self.context.me,
            op,
            number: i64::from(slot),
        });
    }

    fn slot(&mut self, index: u32) -> &mut Slot {
        let place = index as usize - 1;
        while self.kept.slots.len() <= place {
            self.kept.slots.push(Slot::default());
        }
        self.kept.slots.get_mut(place).expect("it was just put")
    }

    /// These slots are accepted for sure; unless something was put there again since.
    fn at_settled(&mut self, flushed: Flushing) {
        let ballot = flushed.ballot.term();
        for index in flushed.first.0..=flushed.last.0 {
            let entry = self.disk.log.get(Index(index)).copied();
            if let Some(entry) = entry.filter(|entry| entry.term == ballot) {
                self.accepts(index, ballot, entry.content);
            }
        }
    }

    fn accepts(&mut self, index: u32, ballot: Term, content: Content) {
        let (me, majority) = (self.context.me, self.config.servers.majority());
        let slot = self.slot(index);
        let known = slot.votes.iter().position(|vote| vote.ballot == ballot);
        let place = known.unwrap_or(slot.votes.len());
        if known.is_none() {
            let by = Mask::EMPTY;
            let vote = Vote {
                ballot,
                content,
                by,
            };
            slot.votes.push(vote);
        }
        let vote = &mut slot.votes[place];
        if vote.content != content {
            return self.find(invariant::ONE_VALUE, op_of(&content), index);
        }
        vote.by = vote.by.with(me);
        if vote.by.count() < majority {
            return;
        }
        if *slot.chosen.get_or_insert(content) != content {
            self.find(invariant::STAYS, op_of(&content), index);
        }
    }

    /// Whether there is a true time that each clock may be at (§3): one that never goes back.
    fn at_clock(&mut self) {
        if let Some(epsilon) = self.config.epsilon {
            let wall = self.context.wall;
            self.kept.is_off |= wall + epsilon < self.kept.past;
            self.kept.past = self.kept.past.max(wall - epsilon);
        }
    }

    fn at_applied(&mut self) {
        let me = self.context.me.index() % NODES_MAX;
        let (before, now) = (self.kept.applied[me], self.memory.applied);
        self.kept.applied[me] = now;
        for index in before.next().0..=now.0 {
            let Some(content) = self.disk.log.get(Index(index)).map(|it| it.content) else {
                continue;
            };
            let op = op_of(&content);
            if *self.slot(index).learned.get_or_insert(content) != content {
                self.find(invariant::AGREEMENT, op, index);
            }
            self.rises(Index(index), &content);
            if op.is_some_and(|op| !self.kept.asked.contains(op)) {
                self.find(invariant::VALIDITY, op, index);
            }
        }
        for done in &self.memory.doings.done {
            if !self.kept.heard.do_at(*done) {
                self.find(invariant::ONCE, Some(done.op), done.index.0);
            }
        }
    }

    /// Timestamps rise with the slots, whatever the clocks do (§4.1.2).
    fn rises(&mut self, index: Index, content: &Content) {
        let (last, before) = self.kept.last;
        if let Some(stamp) = content.stamp().filter(|_| index > last) {
            self.kept.last = (index, stamp);
            if stamp <= before {
                self.find(invariant::RISE, op_of(content), index.0);
            }
        }
    }

    /// What is applied is not replaced.
    fn at_prefix(&mut self) {
        let from = self.memory.doings.changed_from;
        for index in from.0..=self.memory.applied.0 {
            let content = self.disk.log.get(Index(index)).map(|it| it.content);
            if self.slot(index).learned != content {
                self.find(invariant::PREFIX, content.as_ref().and_then(op_of), index);
            }
        }
    }

    fn at_clients(&mut self) {
        let memory = self.memory;
        self.kept.heard.serve(&memory.doings.served);
        let lock = &memory.machine.lock;
        if lock.last < lock.highest {
            self.find(invariant::TOKENS, None, lock.last);
        }
    }
}

/// What the server says that knows most of it.
pub(in crate::protocols) fn fate<'a>(
    servers: impl Iterator<Item = (&'a Disk, &'a Memory)>,
    op: OpId,
) -> Fate {
    let mut fate = Fate::Absent;
    for (disk, memory) in servers {
        match watch::fate(op, &memory.shown, &disk.log) {
            Fate::Absent => {}
            Fate::Happened => return Fate::Happened,
            other => fate = other,
        }
    }
    fate
}

/// What the answer to an operation rests on.
pub(in crate::protocols) fn visible(disk: &Disk, memory: &Memory, op: OpId) -> Option<OpSet> {
    watch::visible(op, None, &disk.log, memory.applied, &memory.doings)
}
