//! What a branch holds: its safe, which survives a crash, and its desk, which does not.

use super::message::{Ballot, Entry};
use super::{BRANCHES_MAX, Config};
use crate::operation::Operation;
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros, OpId, OpSet};
use alloc::vec::Vec;

/// What one branch knows about one slot; durable.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Slot {
    /// It will not accept under a lower ballot.
    pub promised: Ballot,
    /// What it has accepted last, and under which ballot.
    pub accepted: Option<(Ballot, Entry)>,
    /// What it knows to be decided.
    pub decided: Option<Entry>,
}

impl Slot {
    /// The line that stands there, or that may.
    pub(super) fn line(&self) -> Option<Entry> {
        self.decided.or(self.accepted.map(|(_, entry)| entry))
    }
}

/// A line of a branch that serves alone; durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// The branch that wrote it.
    pub origin: u8,
    /// Its number among that branch's lines.
    pub number: u32,
    /// What it says.
    pub entry: Entry,
    /// The writer's wall clock, in microseconds.
    pub wall: i64,
    /// The balance that the writer made of it.
    pub after: i64,
    /// The line whose balance it was added to: origin and number; [`Line::NO_BASE`] for the opening.
    pub base: (u8, u32),
}

impl Line {
    /// Stands for the opening balance.
    pub const NO_BASE: (u8, u32) = (u8::MAX, 0);

    pub(super) const fn id(&self) -> (u8, u32) {
        (self.origin, self.number)
    }

    /// What last writer wins compares: timestamp, then branch.
    pub(super) const fn stamp(&self) -> (i64, u8, u32) {
        (self.wall, self.origin, self.number)
    }
}

/// What a branch's safe keeps through a crash.
#[derive(Clone, Default, Debug)]
pub struct Safe {
    /// Quorum policies: the book.
    pub slots: Vec<Slot>,
    /// Local policy: every line known, by the branch that wrote it.
    pub pages: Vec<Vec<Line>>,
}

impl Safe {
    /// The line that stands in a slot.
    pub(super) fn decided_at(&self, slot: u32) -> Option<Entry> {
        self.slots.get(slot as usize)?.decided
    }

    /// A line of a branch that serves alone.
    pub(super) fn find(&self, (origin, number): (u8, u32)) -> Option<&Line> {
        self.pages.get(usize::from(origin))?.get(number as usize)
    }

    /// Every line, branch by branch.
    #[inline(never)]
    pub(super) fn lines(&self) -> Vec<&Line> {
        let mut lines = Vec::new();
        for page in &self.pages {
            lines.extend(page);
        }
        lines
    }

    /// The operations whose changes are in the balance of `tip`, by last writer wins.
    pub(super) fn lineage(&self, tip: Option<(u8, u32)>) -> OpSet {
        let mut held = OpSet::default();
        let mut next = tip.and_then(|id| self.find(id));
        while let Some(line) = next {
            // Every base is older than its line, so this ends; a set that already holds it ends it sooner.
            if !held.insert(line.entry.op) {
                break;
            }
            // The opening balance is on no page.
            next = self.find(line.base);
        }
        held
    }
}

/// A customer's wish that a branch has not answered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub client: Endpoint,
    pub op: OpId,
    pub operation: Operation,
    pub since: Micros,
    /// Its line has been sent out to be accepted: from here on nobody can say that it did not happen.
    pub sent: bool,
    /// How far the book goes, as a quorum confirmed after the wish arrived.
    pub confirmed: Option<u32>,
}

/// How far a branch has come with the first wish in its queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Idle,
    /// Asks for promises.
    Preparing,
    /// Asks for acceptances.
    Accepting,
    /// Asks how far the book goes.
    Confirming,
    /// Overtaken by a higher ballot; the retry timer runs.
    Backing,
}

/// What a branch is trying. What each phase needs beside the phase is filled in as it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub phase: Phase,
    /// Who has promised, accepted or told.
    pub heard: Mask,
    /// The slot that is asked for, and the ballot.
    pub slot: u32,
    pub ballot: Ballot,
    /// Preparing: the line that it wants to write. Accepting: the line that is to be accepted.
    pub line: Entry,
    /// Preparing: the highest-balloted line that any of those who promised has accepted.
    pub best: Option<(Ballot, Entry)>,
    /// The disk's word under this mark is the branch's own promise or acceptance.
    pub mark: u32,
    /// Confirming: the question's number, and how far the book goes as far as was told.
    pub ticket: u32,
    pub top: u32,
}

/// What a branch's desk holds; gone with a crash.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(super) queue: Vec<Job>,
    pub(super) attempt: Attempt,
    /// How many slots from the first on are known to be decided, and what they add up to.
    pub(super) decided: u32,
    pub(super) balance: i64,
    /// One past the last slot in which anything was accepted or decided here.
    pub(super) top: u32,
    /// The highest ballot round met for the slot that is next.
    pub(super) round: u32,
    pub(super) marks: u32,
    pub(super) tickets: u32,
    /// By client, one past the last operation taken: a request that arrives twice is taken once.
    pub(super) taken: [u32; ENDPOINTS_MAX as usize],
    /// Branches that may not have heard of all that is decided.
    pub(super) owed: Mask,
    /// Local policy: by branch, how many lines of each it is known to hold.
    pub(super) known: [[u32; BRANCHES_MAX]; BRANCHES_MAX],
    /// Local policy, last writer wins: the line whose balance counts.
    pub(super) winner: Option<(u8, u32)>,
    /// Whether the last attempt to reach a quorum failed.
    pub(super) unsure: bool,
    /// A call was made again because someone did not answer.
    pub(super) unanswered: bool,
    /// Witnesses that this branch has produced.
    pub(super) deeds: u32,
}

impl Desk {
    /// Before the safe was looked into.
    pub(super) fn new(config: &Config) -> Self {
        let attempt = Attempt {
            phase: Phase::Idle,
            heard: Mask::EMPTY,
            slot: 0,
            ballot: Ballot::default(),
            line: Entry::VOID,
            best: None,
            mark: 0,
            ticket: 0,
            top: 0,
        };
        Self {
            queue: Vec::new(),
            attempt,
            decided: 0,
            balance: config.opening,
            top: 0,
            round: 0,
            marks: 0,
            tickets: 0,
            taken: [0; ENDPOINTS_MAX as usize],
            owed: Mask::EMPTY,
            known: [[0; BRANCHES_MAX]; BRANCHES_MAX],
            winner: None,
            unsure: false,
            unanswered: false,
            deeds: 0,
        }
    }

    pub(super) const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }

    /// Takes an operation once, however often its request arrives. Says whether this is the first time.
    pub(super) fn take(&mut self, config: &Config, client: Endpoint, op: OpId) -> bool {
        // Below the first client this wraps around to a place that nobody has.
        let place = usize::from(client.0.wrapping_sub(config.branches));
        match self.taken.get_mut(place) {
            Some(taken) if op.0 >= *taken => {
                *taken = op.0 + 1;
                true
            }
            _ => false,
        }
    }
}
