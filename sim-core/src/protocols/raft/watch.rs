//! Invariants (figure 3 and what rests on it) and witnesses, and what became of an operation.
//!
//! Each look costs what has changed: entries that were written, entries that were applied, reads that were answered.

use super::message::{Content, LogEntry};
use super::spec::{deed, promise};
use super::state::{Served, command};
use super::{Config, NODES_MAX, Raft, Role};
use crate::history::Fate;
use crate::protocol::{Context, Finding, Replica, Sightings, Told};
use crate::protocols::consensus::list::List;
use crate::protocols::consensus::{Index, Members, Term};
use crate::units::{ENDPOINTS_MAX, Endpoint, EventId, OpId};
use alloc::vec::Vec;

/// An entry as it was first written at an index in a term, and the term of what stood before it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Written {
    entry: LogEntry,
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
    entry: LogEntry,
    by: Term,
}

/// Watches all servers of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    /// Terms and who led them, in the order seen.
    leaders: List<(Term, Endpoint)>,
    written: List<Slot>,
    chosen: List<Chosen>,
    /// By operation, the index at which it was done; 0: not yet.
    done_at: List<u32>,
    /// Up to which index clients had heard of anything, after each event of hearing.
    heard: List<(EventId, Index)>,
    /// The members that were committed last, and in which term at most.
    members: Option<(Members, Term)>,
    /// By node: up to where it has applied, the term that it leads (0: none) and its last index then, and up to where
    /// commits rest on its disk.
    applied: [Index; NODES_MAX],
    leads: [(Term, Index); NODES_MAX],
    owes: [Index; NODES_MAX],
    /// By client: the read that was answered last, and as of which index.
    served: [Option<Served>; ENDPOINTS_MAX as usize],
    /// By node: invariants that it was already found to break.
    found: [u32; NODES_MAX],
}

type Server = Replica<Raft>;

pub(super) fn observe(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    replica: &Server,
    seen: &mut Sightings,
) {
    seen.witnesses |= replica.memory.deeds;
    let mut look = Look {
        config,
        context,
        monitor,
        replica,
        seen,
    };
    look.at_log();
    look.at_applied();
    look.at_leader();
    look.at_disk();
    look.at_clients();
}

/// One look at one server.
struct Look<'a> {
    config: &'a Config,
    context: Context,
    monitor: &'a mut Monitor,
    replica: &'a Server,
    seen: &'a mut Sightings,
}

impl Look<'_> {
    fn me(&self) -> usize {
        self.context.me.index() % NODES_MAX
    }

    fn find(&mut self, invariant: u8, op: Option<OpId>, number: u32) {
        let me = self.me();
        let found = &mut self.monitor.found[me];
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
        let log = &self.replica.disk.log;
        let from = self.replica.memory.changed_from;
        for place in from.0..=log.last_index().0.min(from.0.saturating_add(1 << 16)) {
            let index = Index(place);
            let (Some(entry), Some(before)) = (log.get(index), log.term_at(index.back())) else {
                continue;
            };
            let new = Written {
                entry: *entry,
                before,
            };
            if !self.monitor.write(index, new) {
                self.find(promise::MATCHING, command(entry).map(|one| one.op), place);
            }
        }
    }

    /// State-machine safety, and what is committed.
    fn at_applied(&mut self) {
        let (disk, memory) = (&self.replica.disk, &self.replica.memory);
        let me = self.me();
        let before = self.monitor.applied[me];
        self.monitor.applied[me] = memory.applied;
        for place in before.0..memory.applied.0 {
            let Some(entry) = disk.log.get(Index(place + 1)) else {
                continue;
            };
            let known = self.monitor.chosen.get(place as usize).copied();
            match known {
                Some(chosen) if chosen.entry != *entry => {
                    let op = command(entry).map(|one| one.op);
                    self.find(promise::SAME_STATE, op, place + 1);
                }
                Some(_) => {}
                None if self.monitor.chosen.len() == place as usize => {
                    if let Content::Members(members) = entry.content {
                        self.monitor.members = Some((members, disk.term));
                    }
                    self.monitor.chosen.push(Chosen {
                        entry: *entry,
                        by: disk.term,
                    });
                }
                None => {}
            }
        }
        for done in &memory.done {
            if !self.monitor.do_at(done.op, done.index) {
                self.find(promise::ONCE, Some(done.op), done.index.0);
            }
        }
    }

    /// Election safety, leader append-only, leader completeness, and quorums.
    fn at_leader(&mut self) {
        let (disk, memory) = (&self.replica.disk, &self.replica.memory);
        let me = self.me();
        let (led, end) = self.monitor.leads[me];
        if memory.role != Role::Leader {
            self.monitor.leads[me].0 = Term::default();
            return;
        }
        let term = disk.term;
        self.monitor.leads[me] = (term, disk.log.last_index());
        if led == term {
            if memory.changed_from <= end || disk.log.last_index() < end {
                self.find(promise::APPEND_ONLY, None, memory.changed_from.0);
            }
        } else {
            if !self.monitor.leads_alone(term, self.context.me) {
                self.find(promise::ONE_LEADER, None, term.0);
            }
            if let Some(lacks) = self.monitor.lacks(self.replica) {
                self.find(promise::COMPLETE, None, lacks.0);
            }
        }
        let first = (self.config.members, Term::default());
        let (members, by) = self.monitor.members.unwrap_or(first);
        if term >= by && !memory.latest().1.meet(members) {
            self.find(promise::INTERSECT, None, memory.latest().0.0);
        }
    }

    /// Committed is durable: whose acknowledgement a commit rests on has it after a restart.
    fn at_disk(&mut self) {
        let (disk, memory) = (&self.replica.disk, &self.replica.memory);
        for member in memory.committed_by.iter() {
            let owes = &mut self.monitor.owes[member.index() % NODES_MAX];
            *owes = memory.commit.max(*owes);
        }
        let owes = self.monitor.owes[self.me()];
        if memory.started && owes > disk.log.base().index {
            let chosen = self.monitor.chosen.get(owes.0 as usize - 1);
            let has = disk.log.term_at(owes);
            if chosen.is_some_and(|chosen| has != Some(chosen.entry.term)) {
                self.find(promise::DURABLE, None, owes.0);
            }
        }
    }

    fn at_clients(&mut self) {
        let memory = &self.replica.memory;
        for served in &memory.served {
            let client = served.client.index() % ENDPOINTS_MAX as usize;
            self.monitor.served[client] = Some(*served);
        }
        let lock = &memory.machine.lock;
        if lock.last < lock.highest {
            self.find(promise::TOKENS, None, lock.last);
        }
    }
}

impl Monitor {
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

    /// Keeps where an operation was done. `false`: it was done elsewhere before.
    fn do_at(&mut self, op: OpId, index: Index) -> bool {
        let place = op.0 as usize;
        while self.done_at.len() <= place {
            self.done_at.push(0);
        }
        match self.done_at.get(place) {
            Some(0) => {
                if let Some(at) = self.done_at.get_mut(place) {
                    *at = index.0;
                }
                true
            }
            at => at == Some(&index.0),
        }
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
    fn lacks(&self, leader: &Server) -> Option<Index> {
        let (term, log) = (leader.disk.term, &leader.disk.log);
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

    /// Up to which index anybody had heard of anything before an event.
    fn heard_before(&self, event: EventId) -> Index {
        let (mut low, mut high) = (0, self.heard.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.heard.get(middle) {
                Some((at, _)) if *at < event => low = middle + 1,
                _ => high = middle,
            }
        }
        let last = low.checked_sub(1).and_then(|last| self.heard.get(last));
        last.map_or_else(Index::default, |(_, index)| *index)
    }

    fn hear(&mut self, event: EventId, index: Index) {
        let before = self.heard_before(EventId::NONE);
        if index > before {
            self.heard.push((event, index));
        }
    }
}

pub(super) fn observe_reply(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    told: Told,
    seen: &mut Sightings,
) {
    let client = context.me.index() % ENDPOINTS_MAX as usize;
    let served = monitor.served[client].filter(|served| served.op == told.op);
    let index = match served {
        Some(served) => served.index,
        None => Index(
            monitor
                .done_at
                .get(told.op.0 as usize)
                .copied()
                .unwrap_or(0),
        ),
    };
    if served.is_some() && index < monitor.heard_before(told.asked) {
        seen.witness(deed::STALE);
        seen.find(Finding {
            invariant: promise::FRESH,
            promised: !config.may_be_stale(told.operation),
            event: context.event,
            node: context.me,
            op: Some(told.op),
            number: i64::from(index.0),
        });
    }
    monitor.hear(context.event, index);
}

pub(super) fn fate(replicas: &[Server], op: OpId) -> Fate {
    let mut fate = Fate::Absent;
    for replica in replicas {
        if replica.memory.shown.contains(op) {
            return Fate::Happened;
        }
        let log = &replica.disk.log;
        for place in log.base().index.0 + 1..=log.last_index().0 {
            let entry = log.get(Index(place));
            if entry.and_then(command).is_some_and(|one| one.op == op) {
                fate = Fate::Undecided;
            }
        }
    }
    fate
}
