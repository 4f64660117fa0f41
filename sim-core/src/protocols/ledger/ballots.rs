//! The policies *all* and *majority*, in the back room: slots decided by ballots.
//!
//! Everything durable is persisted in the same handler and every answer that rests on it follows the persist, so it
//! leaves only when it is durable. The branch counts its own promise or acceptance when its disk has confirmed it, no
//! sooner.

use super::Config;
use super::branch::Branch;
use super::message::{Ballot, Entry, Message, Why};
use super::spec::{GIVE_UP, PHONE, RETRY, deed};
use super::state::{Desk, Phase, Safe, Slot};
use crate::protocol::Input;
use crate::units::Endpoint;

/// What the safe says about the book, after a start.
pub(super) fn recall(config: &Config, safe: &Safe, desk: &mut Desk) {
    for (top, slot) in (1..).zip(&safe.slots) {
        let accepted = slot.accepted.map(|(_, entry)| entry);
        for entry in [slot.decided, accepted].into_iter().flatten() {
            desk.top = top;
            if !entry.is_void() {
                desk.take(config, entry.client, entry.op);
            }
        }
    }
    while let Some(entry) = safe.decided_at(desk.decided) {
        desk.decided += 1;
        desk.balance += entry.change;
    }
}

impl Branch<'_> {
    pub(super) fn agree(&mut self, input: Input<Message>) {
        match input {
            Input::Start => self.start(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(RETRY) => self.retry(),
            Input::Timer(GIVE_UP) => self.give_up(),
            Input::Timer(PHONE) => self.phone(),
            Input::Persisted(mark) => self.persisted(mark),
            _ => {}
        }
    }

    fn start(&mut self) {
        // A branch that comes back asks what it has missed; a new one has missed nothing.
        if !self.safe.slots.is_empty() {
            self.send_others(self.question(0));
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Request { op, operation } => self.request(from, op, operation),
            Message::Prepare { slot, ballot } => self.prepare(from, slot, ballot),
            Message::Promise {
                slot,
                ballot,
                accepted,
            } => self.promise(from, slot, ballot, accepted),
            Message::Accept {
                slot,
                ballot,
                entry,
            } => self.accept(from, slot, ballot, entry),
            Message::Accepted { slot, ballot } => self.accepted(from, slot, ballot),
            Message::Overtaken {
                slot,
                ballot,
                promised,
            } => self.overtaken(slot, ballot, promised),
            Message::Decided { slot, entry } => self.learn(from, slot, entry),
            Message::Ask { ticket, decided } => self.ask(from, ticket, decided),
            Message::Tell {
                ticket,
                top,
                decided,
            } => self.tell(from, ticket, top, decided),
            _ => {}
        }
    }

    fn slot(&mut self, slot: u32) -> &mut Slot {
        let place = slot as usize;
        if self.safe.slots.len() <= place {
            self.safe.slots.resize(place + 1, Slot::default());
        }
        &mut self.safe.slots[place]
    }

    pub(super) fn decided_at(&self, slot: u32) -> Option<Entry> {
        self.safe.decided_at(slot)
    }

    /// Whether an answer is one to what this branch is trying now; then its sender counts.
    fn counts(&mut self, phase: Phase, from: Endpoint, slot: u32, ballot: Ballot) -> bool {
        let attempt = &mut self.desk.attempt;
        let fits = attempt.phase == phase && (attempt.slot, attempt.ballot) == (slot, ballot);
        if fits {
            attempt.heard = attempt.heard.with(from);
        }
        fits
    }

    // --- phase 1

    pub(super) fn propose(&mut self, line: Entry) {
        let slot = self.desk.decided;
        let known = self.slot(slot).promised.round.max(self.desk.round);
        let ballot = Ballot {
            round: known + 1,
            branch: self.context.me.0,
        };
        self.desk.round = ballot.round;
        self.slot(slot).promised = ballot;
        let mark = self.persist();
        self.enter(Phase::Preparing);
        let attempt = &mut self.desk.attempt;
        (attempt.slot, attempt.ballot, attempt.mark) = (slot, ballot, mark);
        (attempt.line, attempt.best) = (line, None);
        self.note(Why::Proposes, slot, ballot.round, line.change);
        self.send_others(Message::Prepare { slot, ballot });
        self.arm_retry();
    }

    fn prepare(&mut self, from: Endpoint, slot: u32, ballot: Ballot) {
        if !self.may_promise(from, slot, ballot) {
            return;
        }
        let accepted = self.slot(slot).accepted;
        self.persist_quietly();
        self.note(Why::Promises, slot, u32::from(from.0), 0);
        let promise = Message::Promise {
            slot,
            ballot,
            accepted,
        };
        self.out.send(from, promise);
    }

    /// Promises the slot to the ballot, unless it is decided or promised to a higher one: then whoever asks is told.
    fn may_promise(&mut self, from: Endpoint, slot: u32, ballot: Ballot) -> bool {
        if self.tell_if_decided(from, slot) {
            return false;
        }
        let promised = self.slot(slot).promised;
        if ballot >= promised {
            self.slot(slot).promised = ballot;
            return true;
        }
        self.note(Why::RefusesBallot, slot, u32::from(promised.branch), 0);
        let overtaken = Message::Overtaken {
            slot,
            ballot,
            promised,
        };
        self.out.send(from, overtaken);
        self.desk.did(deed::DUELLED);
        false
    }

    /// A slot that is decided needs no ballot: whoever asks is told, and what else they miss.
    fn tell_if_decided(&mut self, to: Endpoint, slot: u32) -> bool {
        if slot < self.desk.decided {
            self.send_missing(to, slot);
            return true;
        }
        let Some(entry) = self.decided_at(slot) else {
            return false;
        };
        self.out.send(to, Message::Decided { slot, entry });
        true
    }

    fn promise(
        &mut self,
        from: Endpoint,
        slot: u32,
        ballot: Ballot,
        accepted: Option<(Ballot, Entry)>,
    ) {
        if self.counts(Phase::Preparing, from, slot, ballot) {
            self.adopt_if_higher(accepted);
            self.try_promised();
        }
    }

    /// Of all lines that come along with promises the one under the highest ballot is kept.
    fn adopt_if_higher(&mut self, accepted: Option<(Ballot, Entry)>) {
        let best = &mut self.desk.attempt.best;
        if accepted.map(|(ballot, _)| ballot) > best.map(|(ballot, _)| ballot) {
            *best = accepted;
        }
    }

    fn try_promised(&mut self) {
        if !self.has_quorum(Phase::Preparing) {
            return;
        }
        let attempt = self.desk.attempt;
        let (slot, ballot) = (attempt.slot, attempt.ballot);
        if self.slot(slot).promised != ballot {
            // Meanwhile this branch has promised the slot to someone else.
            self.back_off();
            return;
        }
        let mut entry = attempt.line;
        if let Some((_, best)) = attempt.best
            && self.config.adopt_accepted
        {
            entry = best;
        }
        if entry != attempt.line {
            self.note(Why::Adopts, slot, 0, entry.change);
            self.desk.did(deed::ADOPTED);
        } else {
            self.note(Why::Writes, slot, attempt.heard.0, entry.change);
        }
        if let Some(job) = self.desk.queue.first_mut()
            && job.op == entry.op
        {
            job.sent = true;
            self.arm_give_up();
        }
        self.write_accepted(slot, ballot, entry);
        let mark = self.persist();
        self.enter(Phase::Accepting);
        (self.desk.attempt.line, self.desk.attempt.mark) = (entry, mark);
        self.send_others(Message::Accept {
            slot,
            ballot,
            entry,
        });
        self.arm_retry();
    }

    // --- phase 2

    fn accept(&mut self, from: Endpoint, slot: u32, ballot: Ballot, entry: Entry) {
        if self.may_promise(from, slot, ballot) {
            self.write_accepted(slot, ballot, entry);
            self.persist_quietly();
            self.out.send(from, Message::Accepted { slot, ballot });
        }
    }

    fn accepted(&mut self, from: Endpoint, slot: u32, ballot: Ballot) {
        if self.counts(Phase::Accepting, from, slot, ballot) {
            self.try_decided();
        }
    }

    fn write_accepted(&mut self, slot: u32, ballot: Ballot, entry: Entry) {
        self.slot(slot).accepted = Some((ballot, entry));
        self.desk.top = self.desk.top.max(slot + 1);
    }

    fn try_decided(&mut self) {
        if !self.has_quorum(Phase::Accepting) {
            return;
        }
        let attempt = self.desk.attempt;
        let (slot, entry) = (attempt.slot, attempt.line);
        self.note(Why::Decides, slot, attempt.heard.0, entry.change);
        self.desk.did(deed::DECIDED);
        self.desk.owed.0 |= self.config.everybody().without(attempt.heard).0;
        self.phone_if_owed();
        self.write_decided(slot, entry);
        self.send_others(Message::Decided { slot, entry });
        self.go_on();
    }

    fn write_decided(&mut self, slot: u32, entry: Entry) {
        self.slot(slot).decided = Some(entry);
        self.desk.top = self.desk.top.max(slot + 1);
        self.persist_quietly();
        while let Some(entry) = self.decided_at(self.desk.decided) {
            self.desk.decided += 1;
            self.desk.balance += entry.change;
            self.desk.round = 0;
            self.confirm_to_customer(entry);
            // A line that was sent out for this slot and is not the one decided can stand nowhere any more.
            if let Some(job) = self.desk.queue.first_mut()
                && job.sent
            {
                job.sent = false;
                self.arm_give_up();
            }
        }
    }

    fn learn(&mut self, from: Endpoint, slot: u32, entry: Entry) {
        if self.decided_at(slot).is_some() {
            return;
        }
        self.write_decided(slot, entry);
        if slot >= self.desk.decided {
            // There is a gap before it.
            self.out.send(from, self.question(0));
            return;
        }
        let behind = match self.desk.attempt.phase {
            Phase::Preparing | Phase::Accepting => self.desk.attempt.slot < self.desk.decided,
            Phase::Backing => true,
            Phase::Idle | Phase::Confirming => false,
        };
        if behind {
            self.go_on();
        }
    }

    // --- what goes wrong

    fn overtaken(&mut self, slot: u32, ballot: Ballot, promised: Ballot) {
        let attempt = &self.desk.attempt;
        let tries = matches!(attempt.phase, Phase::Preparing | Phase::Accepting);
        if !tries || (attempt.slot, attempt.ballot) != (slot, ballot) {
            return;
        }
        self.desk.round = self.desk.round.max(promised.round);
        self.note(Why::Overtaken, slot, u32::from(promised.branch), 0);
        self.back_off();
    }

    fn back_off(&mut self) {
        self.enter(Phase::Backing);
        self.arm_retry();
    }

    fn retry(&mut self) {
        let attempt = self.desk.attempt;
        let (slot, ballot, entry) = (attempt.slot, attempt.ballot, attempt.line);
        let message = match attempt.phase {
            Phase::Idle => return,
            Phase::Backing => return self.go_on(),
            Phase::Preparing => Message::Prepare { slot, ballot },
            Phase::Accepting => Message::Accept {
                slot,
                ballot,
                entry,
            },
            Phase::Confirming => self.question(attempt.ticket),
        };
        let silent = self.config.everybody().without(self.heard());
        let (steady, give_up) = (self.context.steady, self.config.give_up);
        match self.desk.queue.first().copied() {
            Some(job) if job.sent && steady.since(job.since) >= give_up => {
                let (line, change) = (self.desk.decided, job.operation.change());
                self.note(Why::CannotSay, line, attempt.heard.0, change);
                self.desk.did(deed::UNCERTAIN);
            }
            _ => self.note(Why::AsksAgain, 0, silent.0, 0),
        }
        for other in silent.iter() {
            self.out.send(other, message);
        }
        self.arm_retry();
    }

    /// The branch's own promise or acceptance is durable and counts from now on.
    fn persisted(&mut self, mark: u32) {
        let me = self.context.me;
        let attempt = &mut self.desk.attempt;
        if attempt.mark != mark {
            return;
        }
        match attempt.phase {
            Phase::Preparing => {
                attempt.heard = attempt.heard.with(me);
                let slot = attempt.slot;
                let accepted = self.slot(slot).accepted;
                self.adopt_if_higher(accepted);
                self.try_promised();
            }
            Phase::Accepting => {
                attempt.heard = attempt.heard.with(me);
                self.try_decided();
            }
            Phase::Idle | Phase::Confirming | Phase::Backing => {}
        }
    }
}
