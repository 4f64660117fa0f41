//! What a server holds: on its disk what it must never forget, in memory what it is at.

use super::NODES_MAX;
use crate::operation::Operation;
use crate::protocols::consensus::watch::Doings;
use crate::protocols::consensus::{Ephemeral, Grant, Index, Log, Place, Term};
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros, OpId, OpSet};
use crate::wire::{Decoder, Encoder};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// What survives a crash (Medeiros 2012, §3.1).
#[derive(Clone, Default, Debug)]
pub struct Disk {
    /// The last epoch that it has accepted: it takes part in no earlier one (acceptedEpoch).
    pub accepted: Term,
    /// The last epoch whose history it has taken over (currentEpoch).
    pub current: Term,
    /// The history: proposals by zxid. An entry's term is the epoch, its index the counter, which goes on counting from one
    /// epoch to the next.
    pub log: Log,
    /// What stands for its beginning.
    pub image: Option<Rc<Image>>,
}

/// The state as of a zxid, instead of the history up to there.
#[derive(Clone, Debug)]
pub struct Image {
    /// The last entry that it replaces.
    pub at: Place,
    /// What the history had come to.
    pub state: Ephemeral,
    /// The operations in it; for those who watch, so it does not travel.
    pub shown: OpSet,
}

impl Image {
    /// Appends its bytes.
    pub fn encode(&self, to: &mut Encoder) {
        self.at.encode(to);
        self.state.encode(to);
    }

    /// Reads them back.
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            at: Place::decode(from),
            state: Ephemeral::decode(from)?,
            shown: OpSet::default(),
        })
    }
}

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Knows of no leader and elects one (LOOKING).
    Looking,
    /// FOLLOWING.
    Following,
    /// LEADING.
    Leading,
}

/// How far a server and its leader have come (Junqueira et al. 2011, §V).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// They look for an epoch that nobody has been in, and for the history to begin it with.
    Discovery,
    /// A quorum takes over that history.
    Synchronization,
    /// The leader serves, and so does whoever is up to date.
    Broadcast,
}

/// For whom a server votes, and why: the better history leads, and of two with the same the server with the higher number
/// (ZooKeeper: `FastLeaderElection.totalOrderPredicate`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vote {
    /// The last epoch whose history that server has taken over.
    pub epoch: Term,
    /// Its last zxid.
    pub last: Place,
    /// Which server.
    pub leader: Endpoint,
}

/// What another server has said of an election.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    pub vote: Vote,
    pub round: u32,
    pub role: Role,
}

/// A client's connection to this server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pub client: Endpoint,
    pub session: u32,
    pub heard_at: Micros,
    /// Whether its session is known to be open.
    pub is_up: bool,
    /// What it asked last, and whether it waits for that.
    pub asked: Option<OpId>,
    pub waits: bool,
}

/// A read that waits until enough is applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub client: Endpoint,
    pub op: OpId,
    pub operation: Operation,
    /// How much; nothing: the leader has not said yet.
    pub index: Option<Index>,
}

/// What the disk is busy with: under this mark, up to which epochs, and how far the history goes then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flushing {
    pub mark: u32,
    pub accepted: Term,
    pub current: Term,
    pub last: Index,
}

/// What a leader knows of a follower.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Learner {
    /// Its last zxid, as it said in discovery.
    pub last: Place,
    /// Whether it has the history of this epoch; and up to where it has acknowledged it.
    pub is_synced: bool,
    pub acked: Index,
    /// Whether it was told that it may serve.
    pub is_up: bool,
    /// When it was heard last.
    pub heard_at: Micros,
}

/// What a server's memory holds; gone with a crash.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What it is.
    pub role: Role,
    /// How far it has come with its leader.
    pub phase: Phase,
    /// Whom it follows, which may be itself; [`Endpoint::NONE`]: nobody.
    pub leader: Endpoint,
    /// The round of elections that it is in, or was in last.
    pub round: u32,
    /// Its vote.
    pub vote: Vote,
    /// By server: what it has said.
    pub(super) notices: [Option<Notice>; NODES_MAX],
    /// Whether a quorum has its vote, and it waits for a better one.
    pub(super) has_agreed: bool,
    /// A leader: the epoch that it has proposed; a follower: the one that it has accepted of its leader. 0: none yet.
    pub(super) epoch: Term,
    /// A leader: who has connected to it, and the latest epoch that these have accepted.
    pub(super) learners: Mask,
    pub(super) latest: Term,
    /// A leader: who has accepted its epoch.
    pub(super) accepted_by: Mask,
    /// A leader: by server; itself too.
    pub(super) peers: [Learner; NODES_MAX],
    /// A leader: the last entry of the history that it began its epoch with.
    pub(super) opening: Index,
    /// A leader: its last entry when it last sent pings: what is older and not acknowledged was lost.
    pub(super) beaten: Index,
    /// A leader: how often it has sent pings: twice a tick.
    pub(super) beats: u32,
    /// A follower: whether it has the history of this epoch.
    pub(super) is_synced: bool,
    /// A follower: when it last heard of its leader.
    pub(super) heard_at: Micros,
    /// Up to where it knows the history to be committed.
    pub commit: Index,
    /// Up to where it is applied, and what it has come to.
    pub applied: Index,
    /// See there.
    pub state: Ephemeral,
    /// The operations that were applied.
    pub(super) shown: OpSet,
    /// Its clients, what they wait for, and who was heard since the last pong.
    pub(super) connections: Vec<Connection>,
    pub(super) reads: Vec<Read>,
    pub(super) touched: Mask,
    /// A leader: by client, when it was last heard of.
    pub(super) touched_at: [Micros; ENDPOINTS_MAX as usize],
    /// What the disk is busy with, and the last mark before the input that is handled.
    pub(super) marks: u32,
    pub(super) marks_before: u32,
    pub(super) flushing: Vec<Flushing>,
    /// For those who watch: what the last input did.
    pub(super) doings: Doings,
    /// Witnesses that this server has produced.
    pub(super) deeds: u32,
}

impl Memory {
    /// Right after a start: what a snapshot says is applied, the rest waits to be known as committed.
    pub(super) fn new(disk: &Disk, me: Endpoint) -> Self {
        let image = disk.image.as_deref();
        let base = disk.log.base().index;
        Self {
            role: Role::Looking,
            phase: Phase::Discovery,
            leader: Endpoint::NONE,
            round: 0,
            vote: Vote {
                epoch: disk.current,
                last: disk.log.last(),
                leader: me,
            },
            notices: [None; NODES_MAX],
            has_agreed: false,
            epoch: Term::default(),
            learners: Mask::EMPTY,
            latest: Term::default(),
            accepted_by: Mask::EMPTY,
            peers: [Learner::default(); NODES_MAX],
            opening: Index::default(),
            beaten: Index::default(),
            beats: 0,
            is_synced: false,
            heard_at: Micros::ZERO,
            commit: base,
            applied: base,
            state: image.map_or_else(Ephemeral::default, |one| one.state.clone()),
            shown: image.map_or_else(OpSet::default, |one| one.shown.clone()),
            connections: Vec::new(),
            reads: Vec::new(),
            touched: Mask::EMPTY,
            touched_at: [Micros::ZERO; ENDPOINTS_MAX as usize],
            marks: 0,
            marks_before: 0,
            flushing: Vec::new(),
            doings: Doings::default(),
            deeds: 0,
        }
    }

    pub(super) fn peer(&mut self, server: Endpoint) -> &mut Learner {
        &mut self.peers[server.index() % NODES_MAX]
    }

    /// Whether it leads, and has an epoch that a quorum has begun.
    pub(super) fn leads(&self) -> bool {
        self.role == Role::Leading && self.phase == Phase::Broadcast
    }

    /// The connection of a client, if its session may ask for anything.
    pub(super) fn connection(&mut self, client: Endpoint) -> Option<&mut Connection> {
        let is_it = |one: &&mut Connection| one.client == client;
        self.connections.iter_mut().find(is_it)
    }

    /// The last session of a client that the history knows, committed or not.
    pub(super) fn session(&self, disk: &Disk, client: Endpoint) -> Option<Grant> {
        let mut index = disk.log.last_index();
        while index > self.applied {
            if let Some(grant) = disk.log.get(index).and_then(super::node::grant_of)
                && grant.client == client
            {
                return Some(grant);
            }
            index = index.back();
        }
        self.state.of(client)
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
