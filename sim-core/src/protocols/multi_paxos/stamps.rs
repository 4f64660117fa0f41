//! Timestamps that mean something, as in Spanner (J. Corbett et al., "Spanner: Google's Globally-Distributed Database",
//! 2012; sections as "§"): with `reads = "timestamp"`, a clock does not say what time it is, but between which two moments
//! that lies (TrueTime, §3).
//!
//! A leader gives each write a timestamp that nobody's time has surely reached, above all that it gave before (§4.1.2,
//! *start*), and lets nobody see what the write did until that is surely past (*commit wait*). So whoever asks after
//! somebody was told picks a later timestamp, whatever server is asked. That server answers from what it has as of then,
//! once it knows that nothing more can be written before (§4.1.3, *safe time*): it has applied a write with a later
//! timestamp, or as many slots as its leader says that all such writes are in (§4.2.4, `MinNextTS`).
//!
//! What a leader says so holds for the next one as well, because it lies within its lease, and leases do not overlap
//! (§4.1.1). A leader begins with a slot of its own (`Stamped` with no command): when that is chosen, nothing with an older
//! timestamp, that some acceptor may have kept of a former leader, comes behind it. The log itself never depends on clocks:
//! see [`outruns`].

use super::message::Why;
use super::node::Node;
use super::spec::{WAIT, deed, rule};
use super::state::{Read, Report};
use crate::protocols::consensus::{Command, Content, Entry, Index, Machine, Note, Stamp};
use crate::units::Micros;

/// A moment of TrueTime as a timestamp: what lies before the beginning, or hours behind it, is as near as there is.
fn stamp(moment: i64) -> Stamp {
    Stamp(moment.clamp(0, i64::from(u32::MAX)) as u32)
}

impl Node<'_> {
    fn note_stamp(&mut self, why: Why, stamp: Stamp, b: u32, n: i64) {
        self.note(why, stamp.0, b, n);
    }

    /// TT.now().latest (§3), where clocks say how sure they are.
    fn latest(&self) -> Option<Stamp> {
        let epsilon = self.config.epsilon?;
        Some(stamp(self.context.wall + epsilon))
    }

    /// The last timestamp that lies within its lease: whoever leads next has promised nothing before that is past, for its
    /// wall clock and its other one run alike.
    fn reach(&self) -> Option<Stamp> {
        let epsilon = self.config.epsilon.filter(|_| self.has_lease())?;
        let left = self.memory.rounds.lease_until.since(self.context.steady);
        Some(stamp(self.context.wall - epsilon + left.0 as i64))
    }

    /// What its next write gets, if its lease reaches as far: at least TT.now().latest, and more than any before (§4.1.2).
    fn next_stamp(&self) -> Option<Stamp> {
        let more = Stamp(self.memory.stamp.0.saturating_add(1));
        let next = self.latest()?.max(more);
        (next <= self.reach()?).then_some(next)
    }

    /// What is proposed for a client. `None`: not yet; it is done when the lease goes far enough.
    pub(super) fn stamped(&mut self, command: Command) -> Option<Content> {
        if self.config.epsilon.is_none() {
            return Some(Content::Command(command));
        }
        let next = self.next_stamp().filter(|_| self.memory.begun);
        let does = Note::of_operation(command.operation);
        let Some(next) = next else {
            let held = &mut self.memory.held;
            if !held.iter().any(|one| one.op == command.op) {
                held.push(command);
                self.note(Why::HoldsBack, 0, 0, does);
            }
            return None;
        };
        self.note_stamp(Why::Stamps, next, 0, does);
        Some(Content::Stamped(next, Some(command)))
    }

    /// The lease goes on: begins, does what had to wait for that, and moves the safe time.
    pub(super) fn lease_goes_on(&mut self) {
        let Some(next) = self.next_stamp() else {
            return;
        };
        if !self.memory.begun {
            self.memory.begun = true;
            self.note_stamp(Why::Begins, next, 0, 0);
            self.propose(Content::Stamped(next, None));
        }
        for command in core::mem::take(&mut self.memory.held) {
            self.request(command);
        }
        self.vouch();
    }

    /// Gives no timestamp any more up to now (§4.2.4). Up to which: nothing with it or before it comes in later slots.
    pub(super) fn vouch(&mut self) -> Stamp {
        let (Some(latest), Some(reach)) = (self.latest(), self.reach()) else {
            return Stamp::default();
        };
        if !self.memory.begun || self.memory.stamp > reach {
            return Stamp::default();
        }
        let memory = &mut *self.memory;
        memory.stamp = memory.stamp.max(latest.min(reach));
        memory.vouched = (memory.end(self.disk), memory.stamp);
        memory.stamp
    }

    /// How many of these slots, from the first open one on, may be told of: those whose timestamps are surely past. For
    /// the next one it waits (§4.2.1).
    pub(super) fn waited(&mut self, chosen: usize) -> usize {
        let waits = self.config.keeps(rule::COMMIT_WAIT);
        let Some(epsilon) = self.config.epsilon.filter(|_| waits) else {
            return chosen;
        };
        for place in 0..chosen {
            let index = Index(self.disk.commit.0 + 1 + place as u32);
            let Some(stamp) = self.disk.log.get(index).and_then(Entry::stamp) else {
                continue;
            };
            let left = i64::from(stamp.0) + epsilon + 1 - self.context.wall;
            if left <= 0 {
                continue;
            }
            let left = Micros(left.unsigned_abs());
            self.out.set_timer(WAIT, left, left);
            if self.memory.waits_for < index {
                self.memory.waits_for = index;
                self.memory.did(deed::COMMIT_WAITED);
                self.note_stamp(Why::WaitsOut, stamp, 0, i64::from(index.0));
            }
            return place;
        }
        chosen
    }

    /// A read at TT.now().latest, by whoever is asked (§4.2.2).
    pub(super) fn read_at(&mut self, mut read: Read) {
        let Some(latest) = self.latest() else {
            return;
        };
        read.at = Some(latest);
        self.note_stamp(Why::ReadsAt, latest, 0, Note::of_operation(read.operation));
        self.memory.reads.push(read);
        if self.leads() {
            self.vouch();
        }
        self.answer_reads();
        if !self.leads() && self.memory.safe < latest {
            self.memory.did(deed::READ_WAITED);
        }
    }

    /// What a slot with a timestamp is in, which was applied.
    pub(super) fn safe_now(&mut self) {
        let (through, until) = self.memory.vouched;
        if self.memory.applied >= through {
            self.memory.safe = self.memory.safe.max(until);
        }
    }

    /// The last slot that was written as of a timestamp, and what all had come to then.
    pub(super) fn as_of(&self, at: Stamp) -> (Index, Option<Machine>) {
        let (last, index) = self.memory.last;
        if last <= at {
            return (index, None);
        }
        let entries = |index: u32| self.disk.log.get(Index(index));
        let is_before = |index: &u32| {
            let stamp = entries(*index).and_then(Entry::stamp);
            stamp.is_some_and(|stamp| stamp <= at)
        };
        let end = (1..=index.0).rev().find(is_before).unwrap_or(0);
        let mut machine = Machine::default();
        for command in (1..=end).filter_map(|index| entries(index)?.command()) {
            machine.apply(command, self.config.checks);
        }
        (Index(end), Some(machine))
    }
}

/// What a new leader is told of open slots, without what cannot have been chosen: timestamps of what is chosen rise with
/// the slots, and the last one before these is `chosen`.
///
/// Of two slots whose timestamps do not, the one that was accepted under the lower ballot is not chosen. For the leader
/// of the higher ballot, if it was told of both, has left that one out by this very rule; if it had not heard of it, it
/// was not chosen before, and cannot be since, or somebody would tell of it under a later ballot; and a timestamp of its
/// own it made higher than all that it was told of, and put it behind them. A ballot's own timestamps rise. No clock
/// comes into this.
pub(super) fn outruns(chosen: Stamp, open: &mut [Report]) {
    for later in 0..open.len() {
        for earlier in 0..=later {
            let [one, two] = [earlier, later].map(|place| open[place].entry);
            let (Some(before), Some(after)) = (one.stamp(), two.stamp()) else {
                continue;
            };
            let lower = match earlier == later {
                true if after <= chosen => later,
                false if after <= before && one.term < two.term => earlier,
                false if after <= before => later,
                _ => continue,
            };
            open[lower].entry.content = Content::NoOp;
            open[lower].is_outrun = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::consensus::Term;

    /// Slots by the ballot under which each was accepted, and its timestamp; 0: it has none. What is left of them.
    fn left(chosen: u32, slots: &[(u32, u32)]) -> alloc::vec::Vec<u32> {
        let report = |(ballot, at): &(u32, u32)| Report {
            entry: Entry {
                term: Term(*ballot),
                content: match at {
                    0 => Content::NoOp,
                    at => Content::Stamped(Stamp(*at), None),
                },
            },
            is_chosen: false,
            is_outrun: false,
        };
        let mut open: alloc::vec::Vec<Report> = slots.iter().map(report).collect();
        outruns(Stamp(chosen), &mut open);
        for (one, (_, at)) in open.iter().zip(slots) {
            assert_eq!(one.is_outrun, *at > 0 && one.entry.stamp().is_none());
        }
        let stamps = open.iter().map(|one| one.entry.stamp());
        stamps.map(|at| at.unwrap_or_default().0).collect()
    }

    #[test]
    fn the_lower_ballot_is_left_out_where_timestamps_fall() {
        assert_eq!(left(4, &[(1, 5), (1, 6), (2, 0), (2, 9)]), [5, 6, 0, 9]);
        // A former leader left slot 2; a later one, which had not heard of that, wrote slot 1.
        assert_eq!(left(0, &[(2, 30), (1, 20)]), [30, 0]);
        // Or it proposed slot 2 anew, which says that it had not heard of slot 1.
        assert_eq!(left(0, &[(2, 30), (3, 20)]), [0, 20]);
        assert_eq!(
            left(0, &[(2, 30), (2, 0), (1, 30), (2, 31)]),
            [30, 0, 0, 31]
        );
        // Older than what is chosen before all of them.
        assert_eq!(left(20, &[(3, 20), (3, 21)]), [0, 21]);
    }
}
