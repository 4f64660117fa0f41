//! What a server holds: its disk, which survives a crash, and its memory, which does not (figure 2, "State").

use super::forward::Connection;
use super::{Config, NODES_MAX};
use crate::operation::Operation;
use crate::protocols::consensus::rounds::Rounds;
use crate::protocols::consensus::watch::Doings;
use crate::protocols::consensus::{
    Batch, Command, Content, Index, Log, Machine, Members, Place, Snapshot, Term,
};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// What a server's disk keeps through a crash.
#[derive(Clone, Debug)]
pub struct Disk {
    /// The latest term that it has seen.
    pub term: Term,
    /// For whom it voted in that term; [`Endpoint::NONE`]: for nobody.
    pub voted_for: Endpoint,
    /// The log.
    pub log: Log,
    /// What stands for the log's beginning.
    pub snapshot: Option<Rc<Snapshot>>,
    /// How much of the log a restart finds, where the log is not flushed before it is acknowledged.
    pub flushed: Index,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self {
            term: Term::default(),
            voted_for: Endpoint::NONE,
            log: Log::default(),
            snapshot: None,
            flushed: Index::default(),
        }
    }

    /// Whether another log is at least as up to date as this one (§5.4.1).
    pub(super) fn is_up_to_date(&self, last: Place) -> bool {
        last >= self.log.last()
    }
}

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks who would vote for it.
    PreCandidate,
    /// Stands for election.
    Candidate,
    /// Leads.
    Leader,
}

/// What a leader knows of another server.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Peer {
    /// Up to where its log is known to match, on its disk.
    pub matched: Index,
    /// What to send next.
    pub next: Index,
    /// Whether it is not known where its log matches; then one append at a time goes out.
    pub probing: bool,
    /// Whether something is on its way that is to be answered before more is sent.
    pub waits: bool,
    /// Whether it came on since the last heartbeat.
    pub moved: bool,
    /// The last round that it answered.
    pub round: u32,
    /// The connection to it; and in which term this server followed it last.
    pub connection: Connection,
    pub led_in: Term,
}

/// A read that waits for its index, or for a majority.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// The server that was asked.
    pub at: Endpoint,
    pub client: Endpoint,
    pub op: OpId,
    pub operation: Operation,
    /// What must be applied first (thesis §6.4); [`Read::WATCHES`]: the next write of its key.
    pub index: Index,
    /// What must be confirmed first.
    pub round: u32,
}

impl Read {
    /// No entry stands there.
    pub const WATCHES: Index = Index(u32::MAX);

    /// Whether it waits for its key to be written.
    pub fn watches(&self) -> bool {
        self.index == Self::WATCHES
    }
}

/// What a server was asked and has not answered yet, where requests are passed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub command: Command,
    pub since: Micros,
    /// Whom it has asked for it; [`Endpoint::NONE`]: nobody yet.
    pub asked: Endpoint,
}

/// An append that came before what it builds on.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub prev: Place,
    pub entries: Batch,
    pub commit: Index,
    pub round: u32,
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
    /// Who votes for it, or would.
    pub(super) votes: Mask,
    /// Up to where it knows entries to be committed.
    pub commit: Index,
    /// Up to where they are applied.
    pub applied: Index,
    /// What they have come to.
    pub machine: Machine,
    /// The members by the index of the entry that says so, oldest first. The last holds (thesis §4.1).
    pub(super) members: Vec<(Index, Members)>,
    pub(super) peers: [Peer; NODES_MAX],
    /// A leader: up to where its own disk has its log, and the no-op of its term.
    pub(super) durable: Index,
    pub(super) no_op: Index,
    /// A leader: the entries that were last put together for a follower, and where they begin.
    pub(super) batch: (Index, Batch),
    /// A leader: its rounds of heartbeats, and whether it gave its lease up.
    pub(super) rounds: Rounds,
    pub(super) no_lease: bool,
    pub(super) reads: Vec<Read>,
    /// At how many looks in a row there was no leader, while somebody watches a key.
    pub(super) leaderless: u8,
    /// What it was asked and still owes an answer, oldest first.
    pub(super) waiting: Vec<Waiting>,
    /// A follower: the last round that it had of its leader. A leader: when its last rounds began.
    pub(super) heard_round: u32,
    pub(super) beats: Vec<(u32, Micros)>,
    /// A leader: whether it has told its heir to stand.
    pub(super) is_handing: bool,
    /// A leader: who answered since it last counted.
    pub(super) answered: Mask,
    /// A leader: to whom it hands over.
    pub(super) heir: Endpoint,
    /// A follower: whether its log has matched the leader's in this term, and what came too early.
    pub(super) in_step: bool,
    pub(super) kept: Vec<Kept>,
    /// What the disk is busy with: the mark, the term, and how far the log goes then; and the last mark before the input
    /// that is handled.
    pub(super) marks: u32,
    pub(super) marks_before: u32,
    pub(super) flushing: Vec<(u32, Term, Index)>,
    pub(super) is_flush_due: bool,
    /// The operations that were applied.
    pub(super) shown: OpSet,
    /// For those who watch: what the last input did.
    pub(super) doings: Doings,
    /// Witnesses that this server has produced.
    pub(super) deeds: u32,
}

impl Memory {
    /// Right after a start: what a snapshot says is applied, the rest waits to be known as committed.
    pub(super) fn new(config: &Config, disk: &Disk) -> Self {
        let snapshot = disk.snapshot.as_deref();
        let base = snapshot.map_or(Index::default(), |snapshot| snapshot.at.index);
        let first = snapshot.map_or(config.members, |snapshot| snapshot.members);
        let mut members = alloc::vec![(base, first)];
        for place in base.0 + 1..=disk.log.last_index().0 {
            if let Some(Content::Members(new)) = disk.log.get(Index(place)).map(|one| one.content) {
                members.push((Index(place), new));
            }
        }
        Self {
            role: Role::Follower,
            leader: Endpoint::NONE,
            heard_at: Micros::ZERO,
            votes: Mask::EMPTY,
            commit: base,
            applied: base,
            machine: snapshot.map_or_else(Machine::default, |one| one.machine.clone()),
            members,
            peers: [Peer::default(); NODES_MAX],
            durable: Index::default(),
            no_op: Index::default(),
            batch: (Index::default(), Batch::default()),
            rounds: Rounds::default(),
            no_lease: false,
            reads: Vec::new(),
            leaderless: 0,
            waiting: Vec::new(),
            heard_round: 0,
            beats: Vec::new(),
            is_handing: false,
            answered: Mask::EMPTY,
            heir: Endpoint::NONE,
            in_step: false,
            kept: Vec::new(),
            marks: 0,
            marks_before: 0,
            flushing: Vec::new(),
            is_flush_due: false,
            shown: snapshot.map_or_else(OpSet::default, |one| one.shown.clone()),
            doings: Doings::default(),
            deeds: 0,
        }
    }

    /// The members that hold now, and since which entry.
    pub(super) fn latest(&self) -> (Index, Members) {
        self.members.last().copied().unwrap_or_default()
    }

    /// The members as of an index.
    pub(super) fn members_at(&self, index: Index) -> Members {
        let known = self.members.iter().rev().find(|(at, _)| *at <= index);
        known
            .or(self.members.first())
            .map_or_else(Members::default, |(_, members)| *members)
    }

    pub(super) fn peer(&mut self, node: Endpoint) -> &mut Peer {
        &mut self.peers[node.index() % NODES_MAX]
    }

    pub(super) const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }

    /// Forgets what only those who watch look at.
    pub(super) fn begin(&mut self, is_of_disk: bool) {
        self.doings.forget(is_of_disk);
        self.marks_before = self.marks;
    }
}
