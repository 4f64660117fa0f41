//! What a server holds: on its disk what it must never forget, in memory what it is at.

use super::{Config, NODES_MAX};
use crate::operation::Operation;
use crate::protocols::consensus::heard::Done;
use crate::protocols::consensus::machine::Outcome;
use crate::protocols::consensus::rounds::Rounds;
use crate::protocols::consensus::watch::Doings;
use crate::protocols::consensus::{Ballot, Command, Entry, Index, Log, Machine, Stamp};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use alloc::vec::Vec;

/// What survives a crash (Paxos Made Simple, §2.5): an acceptor's promise, which is one for all slots, and what it has
/// accepted.
#[derive(Clone, Default, Debug)]
pub struct Disk {
    /// It takes part in no lower ballot.
    pub promised: Ballot,
    /// By slot: what it has accepted, under which ballot; or what it knows to be chosen.
    pub log: Log,
    /// Up to which slot it knows what is chosen. That is in its log.
    pub commit: Index,
    /// The highest round that it has begun itself: it never uses a ballot twice (§2.5).
    pub tried: u32,
}

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Role {
    /// An acceptor and learner, no more.
    #[default]
    Follower,
    /// In phase 1: collects promises.
    Preparing,
    /// In phase 2, for one slot after the other.
    Leading,
}

/// A read that the leader has not answered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub client: Endpoint,
    pub op: OpId,
    pub operation: Operation,
    /// What has to be applied first, and what has to be confirmed.
    pub index: Index,
    pub round: u32,
    /// As of which timestamp it is answered, by whoever has all that was written before; in place of the two.
    pub at: Option<Stamp>,
}

/// What the promises say of a slot: what was accepted under the highest ballot, or what is chosen.
#[derive(Clone, Copy, Debug)]
pub(in crate::protocols) struct Report {
    pub entry: Entry,
    pub is_chosen: bool,
    /// Whether its timestamp showed that this is not chosen, and it is left out.
    pub is_outrun: bool,
}

/// What the disk is busy with: under this mark, up to which ballot, and which slots are accepted under it then.
#[derive(Clone, Copy, Debug)]
pub struct Flushing {
    /// The mark.
    pub mark: u32,
    /// The ballot.
    pub ballot: Ballot,
    /// The first slot.
    pub first: Index,
    /// The last one; before the first: none.
    pub last: Index,
}

/// Whoever follows what is applied, and may have a part in what comes of it.
pub(in crate::protocols) trait Follows {
    /// This is applied; if it was a client's, this came of it.
    fn applied(&mut self, entry: &Entry, outcome: Option<Outcome>, machine: &mut Machine);
}

/// What a server's memory holds; gone with a crash.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What it is.
    pub role: Role,
    /// Whom it follows; [`Endpoint::NONE`]: nobody.
    pub leader: Endpoint,
    /// When it last heard from a leader.
    pub(super) heard_at: Micros,
    /// The last round that it had of its leader.
    pub(super) heard_round: u32,
    /// Up to where its leader knows what is chosen.
    pub(super) known: Index,
    /// The highest round of a ballot that it has heard of.
    pub(super) round: u32,
    /// Its own ballot, in both phases.
    pub ballot: Ballot,
    /// In phase 1: who has promised, and what they say of the slots from `from` on.
    pub(super) heard: Mask,
    pub(super) from: Index,
    pub(super) reports: Vec<Report>,
    /// In phase 2: who has accepted the slots behind what is known to be chosen.
    pub(super) acks: Vec<Mask>,
    /// The last slot that it proposed anew what was accepted before.
    pub(in crate::protocols) opening: Index,
    /// Its last slot when it last sent heartbeats: what is older and not accepted was lost.
    pub(super) beaten: Index,
    /// By server: the latest round that it answered.
    pub(super) answered: [u32; NODES_MAX],
    pub(super) rounds: Rounds,
    pub(super) reads: Vec<Read>,
    /// With timestamps: no later one than this was given, promised or seen in the log.
    pub(super) stamp: Stamp,
    /// The last one that is applied, and in which slot.
    pub(super) last: (Stamp, Index),
    /// All that will ever be written up to this is applied.
    pub(super) safe: Stamp,
    /// The same, once these slots are applied.
    pub(super) vouched: (Index, Stamp),
    /// As leader: whether it has begun, what waits for its lease, and the last slot whose timestamp it waited out.
    pub(super) begun: bool,
    pub(super) held: Vec<Command>,
    pub(super) waits_for: Index,
    /// Up to which slot the log is applied, and what it has come to.
    pub applied: Index,
    /// See there.
    pub machine: Machine,
    /// The operations that were applied.
    pub(super) shown: OpSet,
    /// What the disk is busy with, and the last mark before the input that is handled.
    pub(super) marks: u32,
    pub(super) marks_before: u32,
    pub(super) flushing: Vec<Flushing>,
    /// For those who watch: what the last input did, what a client asked for, and what is durable now.
    pub(in crate::protocols) doings: Doings,
    pub(super) asked: Option<Command>,
    pub(super) settled: Vec<Flushing>,
    /// Witnesses that this server has produced.
    pub(in crate::protocols) deeds: u32,
}

impl Memory {
    /// Right after a start: what it knows to be chosen is applied, before those who follow that.
    pub(in crate::protocols) fn new(
        config: &Config,
        disk: &Disk,
        follows: &mut dyn Follows,
    ) -> Self {
        let mut memory = Self {
            role: Role::Follower,
            leader: Endpoint::NONE,
            heard_at: Micros::ZERO,
            heard_round: 0,
            known: disk.commit,
            round: disk.promised.round.max(disk.tried),
            ballot: Ballot::default(),
            heard: Mask::EMPTY,
            from: Index::default(),
            reports: Vec::new(),
            acks: Vec::new(),
            opening: Index::default(),
            beaten: Index::default(),
            answered: [0; NODES_MAX],
            rounds: Rounds::default(),
            reads: Vec::new(),
            stamp: Stamp::default(),
            last: <(Stamp, Index)>::default(),
            safe: Stamp::default(),
            vouched: <(Index, Stamp)>::default(),
            begun: false,
            held: Vec::new(),
            waits_for: Index::default(),
            applied: Index::default(),
            machine: Machine::default(),
            shown: OpSet::default(),
            marks: 0,
            marks_before: 0,
            flushing: Vec::new(),
            doings: Doings::default(),
            asked: None,
            settled: Vec::new(),
            deeds: 0,
        };
        for index in (1..=disk.log.last_index().0).map(Index) {
            let Some(entry) = disk.log.get(index) else {
                continue;
            };
            memory.sees(entry);
            if index <= disk.commit {
                memory.applied = index;
                memory.passes(index, entry);
                let outcome = entry
                    .command()
                    .map(|command| memory.apply(config, index, command));
                follows.applied(entry, outcome, &mut memory.machine);
            }
        }
        memory
    }

    /// Does what a slot says, and keeps that for those who watch. What came of it.
    pub(super) fn apply(&mut self, config: &Config, index: Index, command: &Command) -> Outcome {
        let outcome = self.machine.apply(command, config.checks);
        let op = command.op;
        self.shown.insert(op);
        if outcome.is_done {
            self.doings.done.push(Done { index, op });
        }
        outcome
    }

    /// An entry is in its log.
    pub(super) fn sees(&mut self, entry: &Entry) {
        self.stamp = self.stamp.max(entry.stamp().unwrap_or_default());
    }

    /// A slot is applied. Timestamps rise with the slots, so up to this one nothing more is to come (§4.1.3).
    pub(super) fn passes(&mut self, index: Index, entry: &Entry) {
        if let Some(stamp) = entry.stamp() {
            self.last = (stamp, index);
            self.safe = self.safe.max(stamp);
        }
    }

    /// The last slot that a leader has proposed anything in.
    pub(in crate::protocols) fn end(&self, disk: &Disk) -> Index {
        Index(disk.commit.0 + self.acks.len() as u32)
    }

    pub(super) const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }

    /// Forgets what only those who watch look at.
    pub(in crate::protocols) fn begin(&mut self, is_of_disk: bool) {
        self.doings.forget(is_of_disk);
        self.settled.clear();
        self.asked = None;
        self.marks_before = self.marks;
    }
}
