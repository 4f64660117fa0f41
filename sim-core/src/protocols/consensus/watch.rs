//! What every replicated log with terms and leaders promises, watched from outside (Ongaro & Ousterhout 2014, figure 3,
//! and what rests on it), and what became of an operation.
//!
//! Each look costs what has changed: entries that were written, entries that were applied, reads that were answered.

use super::heard::{Done, Heard, Served};
use super::list::List;
use super::log::{Content, Entry, Index, Log, Term};
use super::machine::Lock;
use super::members::Members;
use crate::history::Fate;
use crate::protocol::{Context, Finding, Sightings, Told};
use crate::units::{Endpoint, Mask, OpId, OpSet};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// The most servers that are watched.
pub const NODES_MAX: usize = 9;

/// The numbers of the promises, in the order in which a protocol lists its invariants.
pub mod promise {
    /// A term has one leader at most.
    pub const ONE_LEADER: u8 = 0;
    /// A leader only adds to its log.
    pub const APPEND_ONLY: u8 = 1;
    /// Logs with the same entry are the same before it.
    pub const MATCHING: u8 = 2;
    /// A leader has what was committed before.
    pub const COMPLETE: u8 = 3;
    /// Servers apply the same entries.
    pub const SAME_STATE: u8 = 4;
    /// What was committed is on the disks that it rests on.
    pub const DURABLE: u8 = 5;
    /// Majorities of neighbouring members meet.
    pub const INTERSECT: u8 = 6;
    /// A read sees what was answered before.
    pub const FRESH: u8 = 7;
    /// No operation is done twice.
    pub const ONCE: u8 = 8;
    /// Tokens of accepted writes only rise.
    pub const TOKENS: u8 = 9;
}

/// What a server tells those who watch about the last input.
#[derive(Clone, Debug)]
pub struct Doings {
    /// The first index that it changed; [`Doings::NOWHERE`]: none.
    pub changed_from: Index,
    /// Whether it was a start.
    pub started: bool,
    /// Reads that were answered, since the last input that was not the disk's.
    pub served: Vec<Served>,
    /// Commands that were done.
    pub done: Vec<Done>,
    /// Whose disks the last commit rests on.
    pub committed_by: Mask,
}

impl Default for Doings {
    fn default() -> Self {
        Self {
            changed_from: Self::NOWHERE,
            started: false,
            served: Vec::new(),
            done: Vec::new(),
            committed_by: Mask::EMPTY,
        }
    }
}

impl Doings {
    /// Nothing changed.
    pub const NOWHERE: Index = Index(u32::MAX);

    /// Before an input. What the disk says belongs to the input that it was busy with.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn forget(&mut self, is_of_disk: bool) {
        self.changed_from = Self::NOWHERE;
        self.started = false;
        if !is_of_disk {
            self.served.clear();
        }
        self.done.clear();
        self.committed_by = Mask::EMPTY;
    }

    /// The log was changed from here on.
    pub fn changed(&mut self, from: Index) {
        self.changed_from = self.changed_from.min(from);
    }
}

/// A server after an input.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Its term.
    pub term: Term,
    /// Whether it leads it.
    pub leads: bool,
    /// Its log.
    pub log: &'a Log,
    /// Up to where it knows the log to be committed, and has applied it.
    pub commit: Index,
    /// See there.
    pub applied: Index,
    /// The members that it goes by, and since which entry.
    pub members: (Index, Members),
    /// The lock, as it has applied it.
    pub lock: &'a Lock,
    /// What it did.
    pub doings: &'a Doings,
    /// The members of the beginning.
    pub first_members: Members,
}

/// An entry as it was first written at an index in a term, and the term of what stood before it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Written {
    entry: Entry,
    before: Term,
}

/// What was written at an index, in the order of writing.
#[derive(Clone, Debug)]
struct Slot {
    first: Written,
    more: Vec<Written>,
}

/// An entry that a server applied first, and that server's term: it was committed in that term or before.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    entry: Entry,
    by: Term,
}

/// Watches all servers of one run from outside. A copy shares what it keeps until one of them sees more.
#[derive(Clone, Default)]
pub struct Monitor(Rc<Kept>);

#[derive(Clone, Default)]
struct Kept {
    /// Terms and who led them, in the order seen.
    leaders: List<(Term, Endpoint)>,
    written: List<Slot>,
    chosen: List<Chosen>,
    heard: Heard,
    /// The members that were committed last, and in which term at most.
    members: Option<(Members, Term)>,
    /// By node: up to where it has applied, the term that it leads (0: none) and its last index then, and up to where
    /// commits rest on its disk.
    applied: [Index; NODES_MAX],
    leads: [(Term, Index); NODES_MAX],
    owes: [Index; NODES_MAX],
    /// By node: invariants that it was already found to break.
    found: [u32; NODES_MAX],
}

impl Monitor {
    /// Looks at the server [`Context::me`].
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn observe(&mut self, context: Context, server: Sight<'_>, seen: &mut Sightings) {
        let mut look = Look {
            context,
            kept: Rc::make_mut(&mut self.0),
            server,
            seen,
        };
        look.at_log();
        look.at_applied();
        look.at_leader();
        look.at_disk();
        look.at_clients();
    }

    /// A client was told something. Whether it was a read that missed what had been answered before it was asked; that is
    /// a finding, `promised` not to be or not.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn told(
        &mut self,
        context: Context,
        told: Told,
        promised: bool,
        seen: &mut Sightings,
    ) -> bool {
        let missed = Rc::make_mut(&mut self.0).heard.told(context, told);
        if let Some(index) = missed {
            seen.find(Finding {
                invariant: promise::FRESH,
                promised,
                event: context.event,
                node: context.me,
                op: Some(told.op),
                number: i64::from(index.0),
            });
        }
        missed.is_some()
    }
}

/// What became of an operation, as far as a server knows that has applied the operations `shown`.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn fate(op: OpId, shown: &OpSet, log: &Log) -> Fate {
    if shown.contains(op) {
        return Fate::Happened;
    }
    for place in log.base().index.0 + 1..=log.last_index().0 {
        let entry = log.get(Index(place));
        if entry
            .and_then(Entry::command)
            .is_some_and(|one| one.op == op)
        {
            return Fate::Undecided;
        }
    }
    Fate::Absent
}

/// What the answer to an operation rests on: what was applied up to the entry that it was given at, though more may have
/// been applied with that. A read through the log is given its answer at its own entry, also when it is told again.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn visible(
    op: OpId,
    before: Option<&OpSet>,
    log: &Log,
    applied: Index,
    doings: &Doings,
) -> Option<OpSet> {
    let served = doings.served.iter().find(|one| one.op == op);
    let mut told_at = served.map(|served| served.index);
    let mut seen = before.cloned().unwrap_or_default();
    let mut index = log.base().index;
    while index < told_at.unwrap_or(applied) {
        index = index.next();
        if let Some(command) = log.get(index).and_then(Entry::command) {
            seen.insert(command.op);
            if command.op == op {
                told_at = Some(index);
            }
        }
    }
    told_at.map(|_| seen)
}

/// One look at one server.
struct Look<'a> {
    context: Context,
    kept: &'a mut Kept,
    server: Sight<'a>,
    seen: &'a mut Sightings,
}

impl Look<'_> {
    fn me(&self) -> usize {
        self.context.me.index() % NODES_MAX
    }

    fn find(&mut self, invariant: u8, op: Option<OpId>, number: u32) {
        let me = self.me();
        let found = &mut self.kept.found[me];
        if *found & (1 << invariant) == 0 {
            *found |= 1 << invariant;
            self.seen.find(Finding {
                invariant,
                promised: true,
                event: self.context.event,
                node: self.context.me,
                op,
                number: i64::from(number),
            });
        }
    }

    /// Log matching: an index and a term have one entry and one entry before it. So, step by step, one log before it.
    fn at_log(&mut self) {
        let log = self.server.log;
        let from = self.server.doings.changed_from;
        for place in from.0..=log.last_index().0.min(from.0.saturating_add(1 << 16)) {
            let index = Index(place);
            let (Some(entry), Some(before)) = (log.get(index), log.term_at(index.back())) else {
                continue;
            };
            let new = Written {
                entry: *entry,
                before,
            };
            if !self.kept.write(index, new) {
                self.find(promise::MATCHING, entry.command().map(|one| one.op), place);
            }
        }
    }

    /// State-machine safety, and what is committed.
    fn at_applied(&mut self) {
        let server = self.server;
        let me = self.me();
        let before = self.kept.applied[me];
        self.kept.applied[me] = server.applied;
        for place in before.0..server.applied.0 {
            let Some(entry) = server.log.get(Index(place + 1)) else {
                continue;
            };
            let known = self.kept.chosen.get(place as usize).copied();
            match known {
                Some(chosen) if chosen.entry != *entry => {
                    let op = entry.command().map(|one| one.op);
                    self.find(promise::SAME_STATE, op, place + 1);
                }
                Some(_) => {}
                None if self.kept.chosen.len() == place as usize => {
                    if let Content::Members(members) = entry.content {
                        self.kept.members = Some((members, server.term));
                    }
                    self.kept.chosen.push(Chosen {
                        entry: *entry,
                        by: server.term,
                    });
                }
                None => {}
            }
        }
        for done in &server.doings.done {
            if !self.kept.heard.do_at(*done) {
                self.find(promise::ONCE, Some(done.op), done.index.0);
            }
        }
    }

    /// Election safety, leader append-only, leader completeness, and quorums.
    fn at_leader(&mut self) {
        let server = self.server;
        let me = self.me();
        let (led, end) = self.kept.leads[me];
        if !server.leads {
            self.kept.leads[me].0 = Term::default();
            return;
        }
        let term = server.term;
        self.kept.leads[me] = (term, server.log.last_index());
        if led == term {
            if server.doings.changed_from <= end || server.log.last_index() < end {
                self.find(promise::APPEND_ONLY, None, server.doings.changed_from.0);
            }
        } else {
            if !self.kept.leads_alone(term, self.context.me) {
                self.find(promise::ONE_LEADER, None, term.0);
            }
            if let Some(lacks) = self.kept.lacks(term, server.log) {
                self.find(promise::COMPLETE, None, lacks.0);
            }
        }
        let first = (server.first_members, Term::default());
        let (members, by) = self.kept.members.unwrap_or(first);
        if term >= by && !server.members.1.meet(members) {
            self.find(promise::INTERSECT, None, server.members.0.0);
        }
    }

    /// Committed is durable: whose acknowledgement a commit rests on has it after a restart.
    fn at_disk(&mut self) {
        let server = self.server;
        for member in server.doings.committed_by.iter() {
            let owes = &mut self.kept.owes[member.index() % NODES_MAX];
            *owes = server.commit.max(*owes);
        }
        let owes = self.kept.owes[self.me()];
        if server.doings.started && owes > server.log.base().index {
            let chosen = self.kept.chosen.get(owes.0 as usize - 1);
            let has = server.log.term_at(owes);
            if chosen.is_some_and(|chosen| has != Some(chosen.entry.term)) {
                self.find(promise::DURABLE, None, owes.0);
            }
        }
    }

    fn at_clients(&mut self) {
        self.kept.heard.serve(&self.server.doings.served);
        let lock = self.server.lock;
        if lock.last < lock.highest {
            self.find(promise::TOKENS, None, lock.last);
        }
    }
}

impl Kept {
    /// Keeps what was written. `false`: something else was, in the same term.
    fn write(&mut self, index: Index, new: Written) -> bool {
        let place = index.0 as usize - 1;
        if place == self.written.len() {
            self.written.push(Slot {
                first: new,
                more: Vec::new(),
            });
            return true;
        }
        let Some(slot) = self.written.get(place) else {
            return true;
        };
        let mut known = core::iter::once(&slot.first).chain(&slot.more);
        if let Some(known) = known.find(|known| known.entry.term == new.entry.term) {
            return *known == new;
        }
        if let Some(slot) = self.written.get_mut(place) {
            slot.more.push(new);
        }
        true
    }

    /// Keeps who leads a term. `false`: somebody else does.
    fn leads_alone(&mut self, term: Term, who: Endpoint) -> bool {
        for place in (0..self.leaders.len()).rev() {
            if let Some((known, leader)) = self.leaders.get(place)
                && *known == term
            {
                return *leader == who;
            }
        }
        self.leaders.push((term, who));
        true
    }

    /// What was committed in an earlier term and is not in a new leader's log. If it has the last such entry, it has all
    /// before it, by log matching.
    fn lacks(&self, term: Term, log: &Log) -> Option<Index> {
        for place in (0..self.chosen.len()).rev() {
            let chosen = self.chosen.get(place)?;
            let index = Index(place as u32 + 1);
            if chosen.by < term {
                let is_in_snapshot = index <= log.base().index;
                let has = is_in_snapshot || log.term_at(index) == Some(chosen.entry.term);
                return (!has).then_some(index);
            }
        }
        None
    }
}
