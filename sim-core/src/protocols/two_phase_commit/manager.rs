//! A resource manager: votes, does what is decided, and asks when it is in doubt.
//!
//! Before it votes it may abort by itself. Once it has voted yes it may not, and if nobody knows what was decided it has to
//! wait: it is blocked (Bernstein et al. 1987, §7.3).

use super::message::{Message, Reason, Tx, Why};
use super::node::Node;
use super::spec::{ABORTED, DOUBT, KEY_HELD, deed, rule};
use super::state::Decided;
use super::{COORDINATOR, Termination};
use crate::operation::{Answer, Operation};
use crate::protocols::consensus::Command;
use crate::protocols::consensus::machine::{Checks, refusal};
use crate::units::{Endpoint, Mask, Micros};

/// What the coordinator gives to managers is asked for once: it keeps the sessions.
const UNCHECKED: Checks = Checks {
    sessions: false,
    tokens: false,
};

impl Node<'_> {
    /// What it has voted yes to is on its disk, and it is in doubt about that again. Of all else nothing is left, and it
    /// may abort it.
    pub(super) fn manager_starts(&mut self) {
        for place in 0..self.disk.prepared.len() {
            let (tx, command) = self.disk.prepared[place];
            self.memory.did(deed::KEPT);
            self.memory.touched.push(tx);
            self.note_of(Why::IsBackInDoubt, tx, 0, &command);
        }
        if !self.disk.prepared.is_empty() {
            self.ask_all();
        }
    }

    // --- phase 1

    pub(super) fn vote(&mut self, tx: Tx, command: Command) {
        let operation = command.operation;
        if let Some(decided) = self.disk.decided(tx) {
            if !decided.commits {
                self.memory.did(deed::LATE_PREPARE);
                self.note_of(Why::HasAborted, tx, 0, &command);
                self.surely();
                self.send_vote(tx, Some(ABORTED));
            }
            return;
        }
        if self.disk.prepared(tx).is_some() {
            if !self.memory.writes(tx) {
                self.note_of(Why::VotesAgain, tx, 0, &command);
                self.send_vote(tx, None);
            }
            return;
        }
        if self.disk.has_locked(operation.key()) {
            self.memory.did(deed::KEY_HELD);
            self.note_of(Why::KeyHeld, tx, 0, &command);
            return self.refuse(tx, command, KEY_HELD);
        }
        if !self.fits(operation) {
            self.memory.did(deed::OTHER_VALUE);
            self.note_of(Why::OtherValue, tx, 0, &command);
            return self.refuse(tx, command, refusal::OTHER_VALUE);
        }
        if self.disk.prepared.is_empty() {
            self.arm_doubt();
        }
        self.disk.prepared.push((tx, command));
        self.memory.touched.push(tx);
        let (why, is_written) = match self.config.keeps(rule::LOG_BEFORE_VOTE) {
            true => (Why::VotesYes, true),
            false => (Why::VotesUnwritten, false),
        };
        self.note_of(why, tx, 0, &command);
        if is_written {
            self.write(tx);
        }
        self.send_vote(tx, None);
    }

    /// Whether the key holds what it has to.
    fn fits(&self, operation: Operation) -> bool {
        match operation {
            Operation::CompareAndSet { key, from, .. } => {
                let holds = self.disk.machine.look(Operation::Get { key });
                holds == Answer::Value(i64::from(from))
            }
            _ => true,
        }
    }

    fn refuse(&mut self, tx: Tx, command: Command, reason: Reason) {
        self.end(tx, Some(command), false);
        self.write(tx);
        self.send_vote(tx, Some(reason));
    }

    fn send_vote(&mut self, tx: Tx, no: Option<Reason>) {
        self.out.send(COORDINATOR, Message::Vote { tx, no });
    }

    // --- phase 2

    /// It is decided here.
    fn end(&mut self, tx: Tx, command: Option<Command>, commits: bool) {
        self.disk.decided.push(Decided {
            tx,
            command,
            commits,
            owed: Mask::EMPTY,
        });
        self.memory.touched.push(tx);
    }

    pub(super) fn decide(&mut self, from: Endpoint, tx: Tx, commits: bool) {
        if self.disk.decided(tx).is_some() {
            if commits {
                self.surely();
                self.acknowledge(tx);
            }
            return;
        }
        let by = u32::from(from.0);
        let Some(command) = self.disk.prepared(tx) else {
            self.end(tx, None, false);
            // Who voted yes is prepared: with all rules on this is an abort.
            if commits {
                self.note(Why::KnowsNothing, tx, by, None);
                self.write(tx);
                self.acknowledge(tx);
            }
            return;
        };
        if from != COORDINATOR {
            self.memory.did(deed::FREED);
        }
        let why = if commits { Why::Does } else { Why::Drops };
        self.note_of(why, tx, by, &command);
        self.disk.prepared.retain(|(one, _)| *one != tx);
        self.memory.asked.retain(|one| *one != tx);
        self.end(tx, Some(command), commits);
        if self.disk.prepared.is_empty() {
            self.out.cancel_timer(DOUBT);
        }
        if commits {
            let _ = self.disk.machine.apply(&command, UNCHECKED);
        }
        self.unlocked();
        if commits {
            self.write(tx);
            self.acknowledge(tx);
        }
    }

    fn acknowledge(&mut self, tx: Tx) {
        self.out.send(COORDINATOR, Message::Acknowledge { tx });
    }

    // --- in doubt

    fn arm_doubt(&mut self) {
        let after = self.config.ask_after;
        self.out
            .set_timer(DOUBT, after, after + Micros(after.0 / 2));
    }

    pub(super) fn ask(&mut self) {
        for place in 0..self.disk.prepared.len() {
            let (tx, command) = self.disk.prepared[place];
            let is_blocked = self.memory.asked.contains(&tx);
            if is_blocked {
                self.memory.did(deed::BLOCKED);
                self.note_of(Why::Blocked, tx, 0, &command);
            } else {
                let whom = self.whom();
                self.note_of(Why::AsksDecision, tx, whom.0, &command);
            }
        }
        if !self.disk.prepared.is_empty() {
            self.ask_all();
        }
    }

    fn ask_all(&mut self) {
        let whom = self.whom();
        for place in 0..self.disk.prepared.len() {
            let (tx, _) = self.disk.prepared[place];
            if !self.memory.asked.contains(&tx) {
                self.memory.asked.push(tx);
            }
            self.send_all(whom, Message::Ask { tx });
        }
        self.arm_doubt();
    }

    fn whom(&self) -> Mask {
        match self.config.termination {
            Termination::Coordinator => Mask::of(COORDINATOR),
            Termination::Cooperative => {
                let others = self.config.managers.without(Mask::of(self.me));
                others.with(COORDINATOR)
            }
        }
    }

    /// Another manager is in doubt (Bernstein et al. 1987, §7.4, "The Cooperative Termination Protocol").
    pub(super) fn asked_by_manager(&mut self, from: Endpoint, tx: Tx) {
        let by = u32::from(from.0);
        if let Some(command) = self.disk.prepared(tx) {
            return self.note_of(Why::InDoubtToo, tx, by, &command);
        }
        let decided = self.disk.decided(tx).copied();
        let Some(decided) = decided else {
            self.memory.did(deed::ABORTED_FOR);
            self.note(Why::AbortsForAnother, tx, by, None);
            self.end(tx, None, false);
            // It may not vote yes any more, also after a restart.
            self.write(tx);
            let commits = false;
            return self.out.send(from, Message::Decision { tx, commits });
        };
        let why = match decided.commits {
            true => Why::TellsCommit,
            false => Why::TellsAbort,
        };
        let does = decided.command.map(|command| command.operation);
        self.note(why, tx, by, does);
        self.tell(from, tx, decided.commits);
    }

    // --- reads

    /// Where nothing has locked the key, its value is the newest that was committed: before the coordinator commits
    /// another one, this manager has voted yes to it.
    pub(super) fn read(&mut self, command: Command) {
        let operation = command.operation;
        if self.config.waits(operation) && self.disk.has_locked(operation.key()) {
            self.memory.did(deed::READ_WAITED);
            self.note_of(Why::ReadWaits, Tx::default(), 0, &command);
            let readers = &mut self.memory.readers;
            readers.retain(|one| one.client != command.client);
            return readers.push(command);
        }
        let answer = self.disk.machine.look(operation);
        self.answer(&command, answer);
    }

    /// Whoever waited for a key that is free now is answered.
    fn unlocked(&mut self) {
        for command in core::mem::take(&mut self.memory.readers) {
            let operation = command.operation;
            if self.disk.has_locked(operation.key()) {
                self.memory.readers.push(command);
                continue;
            }
            self.note_of(Why::ReadGoesOn, Tx::default(), 0, &command);
            let answer = self.disk.machine.look(operation);
            self.answer(&command, answer);
        }
    }
}
