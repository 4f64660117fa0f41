//! The coordinator: counts votes, decides, writes commits down, and tells.
//!
//! It presumes abort (Mohan, Lindsay & Obermarck 1986): only commits are written down, so whatever it finds no record of
//! after a restart is aborted, and it never has to remember that.

use super::message::{Message, Reason, Tx, Why};
use super::node::Node;
use super::spec::{LATE, TELL, VOTES, deed};
use super::state::{Decided, Open};
use crate::operation::Answer;
use crate::protocols::consensus::Command;
use crate::protocols::consensus::session::{Asked, Session};
use crate::units::{Endpoint, Mask, Micros};
use alloc::vec::Vec;

impl Node<'_> {
    pub(super) fn coordinator_starts(&mut self) {
        // No number of before is given again.
        self.disk.epoch += 1;
        let (epoch, number) = (self.disk.epoch, 0);
        if epoch > 1 {
            self.note(Why::IsBack, Tx::default(), 0, None);
        }
        self.tell_again();
        self.write(Tx { epoch, number });
    }

    /// A client wants something written.
    pub(super) fn request(&mut self, command: Command) {
        let Command { client, op, .. } = command;
        match self.disk.machine.sessions.asked(client, op) {
            Asked::Again(answer) => {
                self.memory.did(deed::AGAIN);
                self.note_of(Why::AnswersAgain, Tx::default(), 0, &command);
                self.surely();
                return self.answer(&command, answer);
            }
            Asked::Past => return,
            Asked::First => {}
        }
        // A client asks one thing at a time: this one is being done, or an old request that was late.
        let is_newer = |open: &Open| open.command.client == client && open.command.op >= op;
        if !self.memory.open.iter().any(is_newer) {
            self.begin(command);
        }
    }

    fn begin(&mut self, command: Command) {
        self.memory.number += 1;
        let (epoch, number) = (self.disk.epoch, self.memory.number);
        let tx = Tx { epoch, number };
        if self.memory.open.is_empty() {
            self.arm(VOTES);
        }
        self.memory.open.push(Open {
            tx,
            command,
            yes: Mask::EMPTY,
            is_late: false,
        });
        self.memory.touched.push(tx);
        self.note_of(Why::Prepares, tx, 0, &command);
        // What is numbered has to be numbered for ever: the epoch has to be durable.
        self.surely();
        self.send_all(self.config.managers, Message::Prepare { tx, command });
    }

    fn arm(&mut self, timer: u8) {
        let after = match timer {
            VOTES => Micros(self.config.vote_after.0 / 2),
            _ => self.config.ask_after,
        };
        self.out.set_timer(timer, after, after);
    }

    // --- phase 1

    pub(super) fn voted(&mut self, from: Endpoint, tx: Tx, no: Option<Reason>) {
        let place = self.memory.open.iter().position(|open| open.tx == tx);
        let Some(place) = place else {
            if no.is_none() {
                self.voted_late(from, tx);
            }
            return;
        };
        if let Some(reason) = no {
            let open = self.close(place);
            self.memory.did(deed::BY_VOTE);
            let by = u32::from(from.0);
            self.note_of(Why::AbortsByVote, tx, by, &open.command);
            return self.abort(open, reason, Mask::of(from));
        }
        let open = &mut self.memory.open[place];
        open.yes = open.yes.with(from);
        if open.yes == self.config.managers {
            let open = self.close(place);
            self.commit(open);
        }
    }

    /// Counts no more votes.
    fn close(&mut self, place: usize) -> Open {
        let open = self.memory.open.remove(place);
        if self.memory.open.is_empty() {
            self.out.cancel_timer(VOTES);
        }
        open
    }

    /// Somebody votes yes to what is decided, so they have not heard of it.
    fn voted_late(&mut self, from: Endpoint, tx: Tx) {
        match self.disk.decided(tx) {
            Some(one) if one.owed.contains(from) => self.tell(from, tx, true),
            Some(_) => {}
            None => self.tell(from, tx, false),
        }
    }

    pub(super) fn votes_due(&mut self) {
        let all = core::mem::take(&mut self.memory.open);
        let (late, waiting): (Vec<_>, Vec<_>) = all.into_iter().partition(|open| open.is_late);
        if !waiting.is_empty() {
            self.arm(VOTES);
        }
        for open in waiting {
            let Open { tx, command, .. } = open;
            let silent = self.config.managers.without(open.yes);
            let is_late = true;
            self.memory.open.push(Open { is_late, ..open });
            self.note_of(Why::AsksForVotes, tx, silent.0, &command);
            self.send_all(silent, Message::Prepare { tx, command });
        }
        for open in late {
            let silent = self.config.managers.without(open.yes);
            self.memory.did(deed::BY_TIME_OUT);
            self.note_of(Why::AbortsLate, open.tx, silent.0, &open.command);
            self.abort(open, LATE, Mask::EMPTY);
        }
    }

    // --- phase 2

    fn commit(&mut self, open: Open) {
        let Open {
            tx, command, yes, ..
        } = open;
        self.note_of(Why::Commits, tx, yes.0, &command);
        self.memory.did(deed::COMMITTED);
        if !self.disk.is_owed() {
            self.arm(TELL);
        }
        let managers = self.config.managers;
        self.disk.decided.push(Decided {
            tx,
            command: Some(command),
            commits: true,
            owed: managers,
        });
        self.ends(tx, &command, Answer::Done);
        let commits = true;
        self.send_all(managers, Message::Decision { tx, commits });
    }

    /// Those who have voted no know already. Nothing of it has to be durable but what the client is told.
    fn abort(&mut self, open: Open, reason: Reason, knows: Mask) {
        let Open { tx, command, .. } = open;
        self.memory.aborted.push(Decided {
            tx,
            command: Some(command),
            commits: false,
            owed: Mask::EMPTY,
        });
        let told = self.config.managers.without(knows);
        let commits = false;
        self.send_all(told, Message::Decision { tx, commits });
        self.ends(tx, &command, Answer::Refused(reason));
    }

    /// The client is told, and will be told the same whenever it asks again.
    fn ends(&mut self, tx: Tx, command: &Command, answer: Answer) {
        let Command { client, op, .. } = *command;
        let sessions = &mut self.disk.machine.sessions;
        // It may have given this up and asked for something else since.
        if sessions.asked(client, op) == Asked::First {
            sessions.keep(Session { client, op, answer });
        }
        self.memory.touched.push(tx);
        self.write(tx);
        self.answer(command, answer);
    }

    pub(super) fn acknowledged(&mut self, from: Endpoint, tx: Tx) {
        let mut decided = self.disk.decided.iter_mut().rev();
        let Some(one) = decided.find(|one| one.tx == tx && one.owed.contains(from)) else {
            return;
        };
        // If this is forgotten the manager is told once more.
        one.owed = one.owed.without(Mask::of(from));
        if !one.owed.is_empty() {
            return;
        }
        let does = one.command.map(|command| command.operation);
        self.note(Why::AllKnow, tx, 0, does);
        if !self.disk.is_owed() {
            self.out.cancel_timer(TELL);
        }
    }

    pub(super) fn tell_again(&mut self) {
        if self.disk.is_owed() {
            self.arm(TELL);
            self.surely();
        }
        for place in 0..self.disk.decided.len() {
            let Decided {
                tx, command, owed, ..
            } = self.disk.decided[place];
            if !owed.is_empty() {
                let does = command.map(|command| command.operation);
                self.note(Why::TellsAgain, tx, owed.0, does);
                let commits = true;
                self.send_all(owed, Message::Decision { tx, commits });
            }
        }
    }

    /// A manager in doubt asks.
    pub(super) fn asked_for_decision(&mut self, from: Endpoint, tx: Tx) {
        let by = u32::from(from.0);
        let open = self.memory.open.iter().find(|open| open.tx == tx);
        if let Some(open) = open.copied() {
            return self.note_of(Why::NotDecided, tx, by, &open.command);
        }
        let aborted = self.memory.aborted.iter().rev().find(|one| one.tx == tx);
        let decided = self.disk.decided(tx).or(aborted).copied();
        let does = decided
            .and_then(|one| one.command)
            .map(|command| command.operation);
        let commits = decided.is_some_and(|one| one.commits);
        let why = match decided {
            None => Why::PresumesAbort,
            Some(_) if commits => Why::TellsCommit,
            Some(_) => Why::TellsAbort,
        };
        if tx.epoch < self.disk.epoch {
            self.memory.did(match commits {
                true => deed::TOLD_AFTER,
                false => deed::PRESUMED,
            });
        }
        self.note(why, tx, by, does);
        self.tell(from, tx, commits);
    }
}
