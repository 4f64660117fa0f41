//! What the log says beside what is done to the machine: whose sessions are open, and where a master began.

use super::Out;
use super::message::Message;
use crate::operation::{Answer, Operation};
use crate::protocols::consensus::machine::Outcome;
use crate::protocols::consensus::{Ballot, Content, Entry, Grant, Machine, Note, Tenancy, Term};
use crate::protocols::multi_paxos;
use crate::protocols::multi_paxos::node::Acts;
use crate::protocols::multi_paxos::state::{Follows, Report};
use crate::units::{Endpoint, Micros};
use alloc::vec::Vec;

/// What it has come to, as far as it is applied.
#[derive(Clone, Default, Debug)]
pub(super) struct Above {
    pub tenancy: Tenancy,
    /// The lock is free because the session of its holder, this client, is over.
    pub left_by: Option<Endpoint>,
    /// The ballot of the last master that has begun.
    begun_by: Term,
    /// Which sessions the last input opened or ended, and whether the lock was free by it.
    pub granted: Vec<(Grant, bool)>,
}

impl Follows for Above {
    fn applied(&mut self, entry: &Entry, outcome: Option<Outcome>, machine: &mut Machine) {
        match (&entry.content, outcome) {
            (Content::Session(grant), _) => {
                let frees = self.tenancy.grant(*grant, machine);
                if frees {
                    self.left_by = Some(grant.client);
                }
                self.granted.push((*grant, frees));
            }
            (Content::Begins(ballot), _) => self.begun_by = *ballot,
            (Content::Command(command), Some(outcome)) => {
                self.tenancy.applied(command, &outcome);
                if let (Operation::Acquire, Some(Answer::Value(_))) =
                    (command.operation, outcome.answer)
                {
                    self.left_by = None;
                }
            }
            _ => {}
        }
    }
}

/// What a server does, and what it keeps of what is applied.
pub(super) struct Hand<'a> {
    pub above: &'a mut Above,
    pub out: &'a mut Out,
}

impl Follows for Hand<'_> {
    fn applied(&mut self, entry: &Entry, outcome: Option<Outcome>, machine: &mut Machine) {
        self.above.applied(entry, outcome, machine);
    }
}

impl Acts for Hand<'_> {
    fn begins(&mut self, ballot: Ballot, open: &mut [Report]) -> Option<Content> {
        is_from_before(self.above.begun_by, open);
        Some(Content::Begins(ballot.term()))
    }

    fn send(&mut self, to: Endpoint, message: multi_paxos::Message) {
        self.out.send(to, Message::Paxos(message));
    }

    fn note(&mut self, note: Note) {
        self.out.note(note);
    }

    fn set_timer(&mut self, kind: u8, min: Micros, max: Micros) {
        self.out.set_timer(kind, min, max);
    }

    fn cancel_timer(&mut self, kind: u8) {
        self.out.cancel_timer(kind);
    }

    fn persist(&mut self, mark: u32) {
        self.out.persist(mark);
    }
}

/// What a new leader is told of open slots, without what cannot have been chosen: what was accepted behind the place where
/// a leader began, under a lower ballot than that leader's; the last one that began before these is `begun_by`.
///
/// That leader had proposed anew all that it was told of, and then said that it begins. So nobody in the majority that had
/// promised it had accepted anything behind that, and under a lower ballot nothing can be chosen there since. Left alone,
/// it would be chosen in the end, long after it was asked for: a session would end that was given a lease meanwhile.
fn is_from_before(mut begun_by: Term, open: &mut [Report]) {
    for report in open {
        let entry = &mut report.entry;
        match entry.content {
            _ if report.is_chosen || entry.is_empty() => {}
            _ if entry.term < begun_by => {
                entry.content = Content::NoOp;
                report.is_outrun = true;
            }
            _ => {}
        }
        if let Content::Begins(ballot) = entry.content {
            begun_by = begun_by.max(ballot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slots by the ballot under which each was accepted, and the leader that begins there; 0: none. Which are left out.
    fn left_out(begun_by: u32, slots: &[(u32, u32)]) -> alloc::vec::Vec<bool> {
        let report = |(ballot, begins): &(u32, u32)| Report {
            entry: Entry {
                term: Term(*ballot),
                content: match begins {
                    0 => Content::NoOp,
                    begins => Content::Begins(Term(*begins)),
                },
            },
            is_chosen: false,
            is_outrun: false,
        };
        let mut open: alloc::vec::Vec<Report> = slots.iter().map(report).collect();
        is_from_before(Term(begun_by), &mut open);
        open.iter().map(|one| one.is_outrun).collect()
    }

    #[test]
    fn what_lies_behind_a_beginning_under_a_lower_ballot_is_left_out() {
        assert_eq!(
            left_out(0, &[(2, 0), (3, 3), (2, 0), (3, 0)]),
            [false, false, true, false]
        );
        // What the third leader was told of may be chosen, whatever it was accepted under.
        assert_eq!(left_out(0, &[(2, 0), (1, 0), (3, 3)]), [false; 3]);
        // Whoever adopts a beginning says nothing about where it begins itself.
        assert_eq!(left_out(0, &[(5, 3), (3, 0), (2, 0)]), [false, false, true]);
        // The beginning is applied already; a place without anything is a hole.
        assert_eq!(left_out(3, &[(2, 0), (0, 0), (2, 2)]), [true, false, true]);
    }
}
