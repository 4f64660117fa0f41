//! The policies *all* and *majority*, at the counter: what customers want, and what they are told.
//!
//! A branch works on one wish at a time, the first in its queue: it proposes a line for the next slot (see
//! [`super::ballots`]), or asks a quorum how far the book goes.

use super::Reads;
use super::branch::Branch;
use super::message::{Entry, Message, Why};
use super::spec::{GIVE_UP, RETRY, deed, refusal};
use super::state::{Job, Phase};
use crate::operation::{Answer, Operation};
use crate::units::{Endpoint, Mask, Micros, OpId};

/// How many decided lines are sent at once to a branch that has fallen behind.
const CATCH_UP_MAX: u32 = 32;

impl Branch<'_> {
    pub(super) fn request(&mut self, from: Endpoint, op: OpId, operation: Operation) {
        let Some(job) = self.take_request(from, op, operation) else {
            return;
        };
        if operation.is_read() && self.config.reads == Reads::AsIs {
            self.note(Why::ReadsAsIs, 0, 0, self.desk.balance);
            self.answer(&job, Answer::Value(self.desk.balance));
            return;
        }
        self.desk.queue.push(job);
        self.arm_give_up();
        if self.desk.attempt.phase == Phase::Idle {
            self.work();
        }
    }

    /// Whether, and when on its own clock, a branch stops trying for this wish.
    fn deadline(&self, job: &Job) -> Option<Micros> {
        let waits = job.sent || (job.operation.is_read() && self.config.reads == Reads::Confirm);
        (!waits).then(|| job.since + self.config.give_up)
    }

    pub(super) fn arm_give_up(&mut self) {
        let mut next = Micros::NEVER;
        for job in &self.desk.queue {
            next = next.min(self.deadline(job).unwrap_or(Micros::NEVER));
        }
        if next == Micros::NEVER {
            self.out.cancel_timer(GIVE_UP);
        } else {
            let wait = next.since(self.context.steady);
            self.out.set_timer(GIVE_UP, wait, wait);
        }
    }

    pub(super) fn give_up(&mut self) {
        let now = self.context.steady;
        let heard = self.heard();
        let mut place = 0;
        let mut first_gone = false;
        while let Some(job) = self.desk.queue.get(place).copied() {
            if self.deadline(&job).is_none_or(|at| at > now) {
                place += 1;
                continue;
            }
            self.leave(place);
            first_gone |= place == 0;
            let waited = now.since(job.since).0.cast_signed();
            self.note(Why::Unsure, heard.0, self.config.quorum, waited);
            let reason = if job.operation.is_read() {
                refusal::UNSURE
            } else {
                refusal::UNREACHED
            };
            self.answer(&job, Answer::Refused(reason));
            self.desk.unsure = true;
            self.desk.did(deed::REFUSED);
        }
        self.arm_give_up();
        // What was tried for the first wish is dropped; whatever it had sent out belongs to others by now.
        if first_gone {
            self.out.cancel_timer(RETRY);
            self.go_on();
        }
    }

    #[inline(never)]
    fn leave(&mut self, place: usize) -> Job {
        self.desk.queue.remove(place)
    }

    /// Begins a phase: nobody was heard in it yet.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.desk.attempt.phase = phase;
        self.desk.attempt.heard = Mask::EMPTY;
    }

    /// Who has answered what this branch is trying, itself included.
    pub(super) fn heard(&self) -> Mask {
        self.desk.attempt.heard.with(self.context.me)
    }

    /// Whether a quorum has answered in this phase.
    pub(super) fn has_quorum(&self, phase: Phase) -> bool {
        let attempt = &self.desk.attempt;
        attempt.phase == phase && attempt.heard.count() >= self.config.quorum
    }

    pub(super) fn arm_retry(&mut self) {
        let retry = self.config.retry;
        self.out.set_timer(RETRY, retry, retry + retry);
    }

    /// What was tried is over; on to what comes next.
    pub(super) fn go_on(&mut self) {
        self.enter(Phase::Idle);
        self.work();
    }

    /// Does what the first wish needs next; goes on to the one after it when it is answered.
    pub(super) fn work(&mut self) {
        while let Some(job) = self.desk.queue.first().copied() {
            let enough = match job.operation {
                Operation::Deposit { .. } => true,
                Operation::Withdraw { amount } => self.desk.balance >= i64::from(amount),
                _ => false,
            };
            if enough {
                return self.propose(Entry {
                    op: job.op,
                    client: job.client,
                    change: job.operation.change(),
                });
            }
            // A balance, and the refusal of a withdrawal, say how things are now: a quorum must confirm that the book
            // goes no further than is known here.
            match job.confirmed {
                None => return self.confirm(),
                Some(top) if self.desk.decided < top => return self.propose(Entry::VOID),
                Some(_) => self.answer_first(&job),
            }
        }
        self.enter(Phase::Idle);
        self.out.cancel_timer(RETRY);
    }

    fn answer_first(&mut self, job: &Job) {
        self.leave(0);
        self.desk.unsure = false;
        let balance = self.desk.balance;
        if let Operation::Withdraw { amount } = job.operation {
            self.note(Why::NotEnough, amount, 0, balance);
            self.answer(job, Answer::Refused(refusal::NOT_ENOUGH));
        } else {
            let heard = self.heard();
            self.note(Why::ReadsConfirmed, 0, heard.0, balance);
            self.answer(job, Answer::Value(balance));
            self.desk.did(deed::CONFIRMED);
        }
        self.arm_give_up();
    }

    /// The line stands: whoever waits for it here hears so.
    pub(super) fn confirm_to_customer(&mut self, entry: Entry) {
        let mine = self.desk.queue.iter().position(|job| job.op == entry.op);
        if let Some(place) = mine {
            let job = self.leave(place);
            self.desk.unsure = false;
            self.answer(&job, Answer::Done);
            self.arm_give_up();
        }
    }

    // --- asking how far the book goes

    fn confirm(&mut self) {
        self.desk.tickets += 1;
        self.enter(Phase::Confirming);
        let attempt = &mut self.desk.attempt;
        attempt.heard = Mask::of(self.context.me);
        attempt.ticket = self.desk.tickets;
        attempt.top = self.desk.top;
        self.note(Why::Confirms, 0, 0, 0);
        let ask = self.question(self.desk.tickets);
        self.send_others(ask);
        self.arm_retry();
        self.try_confirmed();
    }

    /// How far does your book go? Mine goes this far. Ticket 0: only the answer's lines are wanted.
    pub(super) fn question(&self, ticket: u32) -> Message {
        Message::Ask {
            ticket,
            decided: self.desk.decided,
        }
    }

    pub(super) fn ask(&mut self, from: Endpoint, ticket: u32, decided: u32) {
        self.send_missing(from, decided);
        let tell = Message::Tell {
            ticket,
            top: self.desk.top,
            decided: self.desk.decided,
        };
        self.out.send(from, tell);
    }

    pub(super) fn tell(&mut self, from: Endpoint, ticket: u32, top: u32, decided: u32) {
        if decided < self.desk.decided {
            self.send_missing(from, decided);
        } else {
            self.desk.owed = self.desk.owed.without(Mask::of(from));
        }
        let attempt = &mut self.desk.attempt;
        if attempt.phase == Phase::Confirming && attempt.ticket == ticket {
            attempt.heard = attempt.heard.with(from);
            attempt.top = attempt.top.max(top);
            self.try_confirmed();
        }
    }

    fn try_confirmed(&mut self) {
        if self.has_quorum(Phase::Confirming) {
            if let Some(job) = self.desk.queue.first_mut() {
                job.confirmed = Some(self.desk.attempt.top);
            }
            self.work();
        }
    }

    /// Sends a branch what is decided and it does not know.
    pub(super) fn send_missing(&mut self, to: Endpoint, from_slot: u32) {
        let most = from_slot.saturating_add(CATCH_UP_MAX);
        let until = self.desk.decided.min(most);
        if from_slot < until {
            self.note(Why::CatchesUp, until, u32::from(to.0), 0);
            self.desk.did(deed::CAUGHT_UP);
        }
        for slot in from_slot..until {
            if let Some(entry) = self.decided_at(slot) {
                self.out.send(to, Message::Decided { slot, entry });
            }
        }
    }

    /// Calls those who may not have heard of everything that is decided.
    pub(super) fn phone(&mut self) {
        let ask = self.question(0);
        for other in self.desk.owed.iter() {
            self.out.send(other, ask);
        }
        self.phone_if_owed();
    }

    pub(super) fn phone_if_owed(&mut self) {
        if !self.desk.owed.is_empty() {
            self.arm_phone();
        }
    }
}
