//! What a server holds: on its disk what it must never forget, in memory what it is trying.

use super::message::Accepted;
use crate::protocols::consensus::{Ballot, Command};
use crate::units::{Mask, OpId};
use alloc::vec::Vec;

/// What survives a crash (§2.5: an acceptor remembers its promise and what it accepted).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Disk {
    /// It takes part in no lower ballot.
    pub promised: Ballot,
    /// What it has accepted under the highest ballot.
    pub accepted: Accepted,
    /// The highest round that it has begun itself: it never uses a ballot twice (§2.5).
    pub tried: u32,
    /// What it knows to be chosen.
    pub chosen: Option<Command>,
}

/// What a proposer is doing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// Phase 1: collects promises.
    Preparing,
    /// Phase 2: collects acceptances.
    Accepting,
    /// Was overtaken, and waits before it tries a higher ballot.
    Waiting,
}

/// Who is known to have accepted a value under a ballot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Under which.
    pub ballot: Ballot,
    /// What.
    pub value: Command,
    /// Who.
    pub by: Mask,
}

/// What does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memory {
    /// What clients have asked for and wait for, the first one first.
    pub jobs: Vec<Command>,
    /// What it is doing about the first of them, and under which ballot.
    pub phase: Phase,
    /// Its ballot.
    pub ballot: Ballot,
    /// For which operation it began.
    pub of: OpId,
    /// What it proposes: in phase 1 its own value, in phase 2 the one that it sends.
    pub value: Option<Command>,
    /// Who has answered in this phase.
    pub heard: Mask,
    /// What those who promised have accepted under the highest ballot.
    pub best: Accepted,
    /// Its own answer in this phase counts once this is durable.
    pub mark: u32,
    /// The highest round that it has heard of.
    pub round: u32,
    /// How often the disk was written.
    pub marks: u32,
    /// Under which ballots it accepts something once the disk says so, and under which it surely has.
    pub unsettled: Vec<(u32, Ballot)>,
    /// The last of those that are durable.
    pub voted: Ballot,
    /// A learner's: who was heard to have accepted what.
    pub tallies: Vec<Tally>,
    /// Witnesses, one bit each.
    pub deeds: u32,
}

impl Memory {
    /// Right after a start.
    pub(super) fn new(disk: &Disk) -> Self {
        Self {
            jobs: Vec::new(),
            phase: Phase::Idle,
            ballot: Ballot::default(),
            of: OpId(u32::MAX),
            value: None,
            heard: Mask::EMPTY,
            best: None,
            mark: 0,
            round: disk.promised.round.max(disk.tried),
            marks: 0,
            unsettled: Vec::new(),
            voted: disk
                .accepted
                .map_or(Ballot::default(), |(ballot, _)| ballot),
            tallies: Vec::new(),
            deeds: 0,
        }
    }

    /// Notes that a witness appeared.
    pub(super) const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }
}
