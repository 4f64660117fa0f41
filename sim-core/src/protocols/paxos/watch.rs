//! What those who watch see of the servers: what is promised, and what became of an operation.

use super::spec::invariant;
use super::{Config, Paxos};
use crate::history::Fate;
use crate::operation::Answer;
use crate::protocol::{Context, Finding, Replica, Sightings, Told};
use crate::protocols::consensus::{Ballot, Command, Note};
use crate::units::{Mask, OpId, OpSet};
use alloc::vec::Vec;

/// A ballot as it was seen.
#[derive(Clone, Copy)]
struct Seen {
    ballot: Ballot,
    value: Command,
    /// Who has accepted it, durably.
    by: Mask,
}

/// Watches all servers of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    /// What clients have asked servers for.
    asked: Vec<Command>,
    ballots: Vec<Seen>,
    /// What a majority was first seen to have accepted under one ballot, and what a server first said to be chosen.
    chosen: Option<Command>,
    learned: Option<Command>,
    /// What was found already, one bit an invariant: the first time tells the story.
    found: u8,
}

impl Monitor {
    pub(super) fn observe(
        &mut self,
        config: &Config,
        context: Context,
        replica: &Replica<Paxos>,
        seen: &mut Sightings,
    ) {
        let (disk, memory) = (&replica.disk, &replica.memory);
        seen.witnesses |= memory.deeds;
        for job in &memory.jobs {
            if !self.asked.contains(job) {
                self.asked.push(*job);
            }
        }
        if let Some((ballot, value)) = disk.accepted {
            let is_durable = memory.voted == ballot;
            self.accepts(config, context, (ballot, value), is_durable, seen);
        }
        if let Some(value) = disk.chosen {
            let first = *self.learned.get_or_insert(value);
            if first != value {
                self.find(invariant::AGREEMENT, context, &value, seen);
            }
            if !self.asked.contains(&value) {
                self.find(invariant::VALIDITY, context, &value, seen);
            }
        }
    }

    fn accepts(
        &mut self,
        config: &Config,
        context: Context,
        (ballot, value): (Ballot, Command),
        is_durable: bool,
        seen: &mut Sightings,
    ) {
        let known = self.ballots.iter().position(|one| one.ballot == ballot);
        let place = known.unwrap_or(self.ballots.len());
        if known.is_none() {
            let by = Mask::EMPTY;
            self.ballots.push(Seen { ballot, value, by });
        }
        let one = &mut self.ballots[place];
        if one.value != value {
            return self.find(invariant::ONE_VALUE, context, &value, seen);
        }
        if is_durable {
            one.by = one.by.with(context.me);
        }
        if one.by.count() < config.servers.majority() {
            return;
        }
        let first = *self.chosen.get_or_insert(value);
        if first != value {
            self.find(invariant::STAYS, context, &value, seen);
        }
    }

    /// An answer: what a client was told to be done is what is chosen.
    pub(super) fn told(&mut self, context: Context, told: Told, seen: &mut Sightings) {
        let learned = self.learned.filter(|_| told.answer == Answer::Done);
        if let Some(value) = learned.filter(|value| value.op != told.op) {
            self.find(invariant::AGREEMENT, context, &value, seen);
        }
    }

    fn find(&mut self, invariant: u8, context: Context, value: &Command, seen: &mut Sightings) {
        if self.found & (1 << invariant) != 0 {
            return;
        }
        self.found |= 1 << invariant;
        seen.find(Finding {
            invariant,
            promised: true,
            event: context.event,
            node: context.me,
            op: Some(value.op),
            number: Note::of_operation(value.operation),
        });
    }
}

/// What became of an operation: what is known to be chosen, or what a majority has accepted under one ballot, has
/// happened; what a server still waits for or has accepted may.
pub(super) fn fate(config: &Config, replicas: &[Replica<Paxos>], op: OpId) -> Fate {
    if let Some(value) = replicas.iter().find_map(|one| one.disk.chosen) {
        return match value.op == op {
            true => Fate::Happened,
            false => Fate::Absent,
        };
    }
    let mut fate = Fate::Absent;
    for replica in replicas {
        let accepted = replica.disk.accepted.filter(|(_, value)| value.op == op);
        let tried = replica.memory.value.filter(|value| value.op == op);
        let is_tried = replica.memory.jobs.iter().any(|job| job.op == op);
        if accepted.is_some() || tried.is_some() || is_tried {
            fate = Fate::Undecided;
        }
        let same = |other: &&Replica<Paxos>| accepted.is_some() && other.disk.accepted == accepted;
        if replicas.iter().filter(same).count() >= config.servers.majority() as usize {
            return Fate::Happened;
        }
    }
    fate
}

/// What the answers of a server rest on.
pub(super) fn visible(replica: &Replica<Paxos>) -> OpSet {
    let mut held = OpSet::default();
    if let Some(value) = replica.disk.chosen {
        held.insert(value.op);
    }
    held
}
