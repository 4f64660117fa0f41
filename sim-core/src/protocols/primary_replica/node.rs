//! A node at work: what clients want, the log and its disk, what shows, and promotion.
//!
//! Everything durable is persisted in the same handler, and every answer that rests on it follows the persist, so it
//! leaves only when it is durable. What is flushed shows, and is sent on, when the disk has said so.

use super::message::{Entry, Epoch, Message, Note, Position, Why};
use super::spec::{APPLY, FLUSH, FLUSH_AFTER, RESEND, WAIT, deed, refusal};
use super::state::{Disk, Memory, Wait, apply};
use super::{Config, Out, Reads};
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Input};
use crate::units::{Endpoint, Micros};

/// One node while it handles one input.
pub(super) struct Node<'a> {
    pub config: &'a Config,
    pub context: Context,
    pub disk: &'a mut Disk,
    pub memory: &'a mut Memory,
    pub out: &'a mut Out,
}

/// Whether a node shows what a session has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reached {
    Yes,
    NotYet,
    /// Its history has something else there, and will never have it.
    Never,
}

impl Node<'_> {
    pub(super) fn act(&mut self, input: Input<Message>) {
        self.memory.answered.clear();
        if self.is_primary() && self.memory.epoch_is_new() {
            // Nobody hears of an epoch that its primary could forget and begin once more: everything waits for the disk.
            if let Input::Message { .. } = input {
                self.persist();
            }
        }
        match input {
            Input::Start => self.start(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(RESEND) => self.send_again(),
            Input::Timer(APPLY) => self.apply_due(),
            Input::Timer(WAIT) => self.refuse_late(),
            Input::Timer(FLUSH) => self.flush(),
            Input::Persisted(mark) => self.persisted(mark),
            Input::Promote => self.promote(),
            _ => {}
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Request {
                op,
                operation,
                session,
                primary_only,
            } => {
                let wait = Wait {
                    client: from,
                    op,
                    session,
                    since: self.context.steady,
                };
                self.request(wait, operation, primary_only);
            }
            Message::Append {
                epoch,
                after,
                entry,
            } => self.append(from, epoch, after, entry),
            Message::Have { epoch, at, asks } => self.have(from, epoch, at, asks),
            Message::Newer { epoch } => self.newer(epoch),
            _ => {}
        }
    }

    pub(super) fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note { why, a, b, n });
    }

    pub(super) fn is_primary(&self) -> bool {
        self.disk.is_primary(self.context.me)
    }

    // --- the disk

    /// Flushes the whole log; what is sent after it waits for that.
    pub(super) fn persist(&mut self) {
        let end = self.disk.end();
        self.disk.flushed = end;
        self.memory.marks += 1;
        self.memory.flushing.push((self.memory.marks, end));
        self.out.persist(self.memory.marks);
    }

    fn persisted(&mut self, mark: u32) {
        while let Some((_, end)) = self
            .memory
            .flushing
            .first()
            .copied()
            .filter(|(flushing, _)| *flushing <= mark)
        {
            self.memory.flushing.remove(0);
            self.memory.durable = self.memory.durable.max(end);
        }
        let durable = self.memory.durable;
        if self.is_primary() {
            self.show(durable);
            self.ship_to_all();
            return;
        }
        let last = self.memory.due.last();
        if last.map_or(self.memory.applied, |(place, _)| *place) < durable {
            let at = self.context.steady + self.config.apply_after;
            self.memory.due.push((durable, at));
            self.apply_due();
        }
    }

    /// Time to flush what was confirmed already.
    fn flush(&mut self) {
        self.persist();
        self.note(Why::Flushes, self.disk.end(), 0, 0);
    }

    // --- what shows

    fn apply_due(&mut self) {
        let now = self.context.steady;
        let mut until = 0;
        self.memory.due.retain(|(place, at)| {
            let is_due = *at <= now;
            if is_due {
                until = *place;
            }
            !is_due
        });
        self.show(until);
        if let Some((_, at)) = self.memory.due.first() {
            let wait = at.since(now);
            self.out.set_timer(APPLY, wait, wait);
        }
    }

    /// Shows the log up to `place`, and answers whoever waits for that.
    fn show(&mut self, place: u32) {
        let place = place.min(self.disk.end());
        let before = self.memory.applied;
        for entry in self
            .disk
            .log
            .iter()
            .take(place as usize)
            .skip(before as usize)
        {
            apply(&mut self.memory.cart, entry.change);
        }
        if place > before {
            self.memory.applied = place;
            if !self.is_primary() && self.config.apply_after > Micros::ZERO {
                let (_, cart) = Answer::Items(self.memory.cart).code();
                self.note(Why::Applies, place, 0, cart);
            }
            self.answer_waiting();
        }
    }

    // --- clients

    fn request(&mut self, wait: Wait, operation: Operation, primary_only: bool) {
        let is_read = operation.is_read();
        if !self.is_primary() && (primary_only || !is_read) {
            let epoch = self.disk.epoch;
            self.note(Why::Redirects, 0, u32::from(epoch.node), 0);
            self.memory.did(deed::REDIRECTED);
            let op = wait.op;
            self.out.send(wait.client, Message::Redirect { op, epoch });
            return;
        }
        let is_new = self.memory.take(self.config, wait.client, wait.op);
        if !is_new && (is_read || self.config.idempotent) {
            return;
        }
        if !is_read {
            self.write(&wait, operation);
        } else if self.config.reads == Reads::Position && self.config.wait_for_position {
            self.read_at(wait);
        } else {
            self.read(&wait);
        }
    }

    fn answer(&mut self, wait: &Wait, answer: Answer, at: Position) {
        let op = wait.op;
        self.out
            .send(wait.client, Message::Answer { op, answer, at });
    }

    fn refuse(&mut self, wait: &Wait, reason: u8) {
        // Where this history and the session's last agreed: all that is left of what the session wrote.
        let at = self.disk.position(self.agreed(wait.session));
        self.answer(wait, Answer::Refused(reason), at);
    }

    fn write(&mut self, wait: &Wait, change: Operation) {
        let said = Note::of_change(change);
        if !apply(&mut self.memory.written, change) {
            let (why, reason) = match change {
                Operation::Add { .. } => (Why::Full, refusal::FULL),
                _ => (Why::NotThere, refusal::NOT_THERE),
            };
            self.note(why, 0, 0, said);
            self.refuse(wait, reason);
            return;
        }
        let all_flushed = self.disk.flushed == self.disk.end();
        self.disk.log.push(Entry {
            epoch: self.disk.epoch,
            op: wait.op,
            client: wait.client,
            change,
        });
        let place = self.disk.end();
        let at = self.disk.position(place);
        // Commit modes that wait for replicas would answer when enough of `known` have come this far.
        if self.config.flush_first {
            self.persist();
            self.note(Why::Confirms, place, 0, said);
            self.answer(wait, Answer::Done, at);
            return;
        }
        self.note(Why::ConfirmsEarly, place, 0, said);
        self.answer(wait, Answer::Done, at);
        self.show(place);
        if all_flushed {
            self.out.set_timer(FLUSH, FLUSH_AFTER, FLUSH_AFTER);
        }
    }

    fn read(&mut self, wait: &Wait) {
        let place = self.memory.applied;
        let behind = self.disk.end() - place;
        let answer = Answer::Items(self.memory.cart);
        self.note(Why::Shows, place, behind, answer.code().1);
        if behind > 0 && !self.is_primary() {
            self.memory.did(deed::LAGGED);
        }
        self.memory.answered.push((wait.client, wait.op));
        let at = self.disk.position(place);
        self.answer(wait, answer, at);
    }

    // --- reads that bring a position

    /// Whether what a session has written shows here. Epochs only rise along a log, so an entry of a later epoch at or
    /// before the position tells that this history went another way.
    fn reached(&self, session: Position) -> Reached {
        let place = session.place.min(self.disk.end());
        match self.disk.entry(place) {
            _ if session.place == 0 => Reached::Yes,
            Some(entry) if entry.epoch > session.epoch => Reached::Never,
            Some(entry) if entry.epoch == session.epoch && session.place <= self.memory.applied => {
                Reached::Yes
            }
            _ => Reached::NotYet,
        }
    }

    fn read_at(&mut self, wait: Wait) {
        match self.reached(wait.session) {
            Reached::Yes => self.read(&wait),
            Reached::Never => self.refuse_gone(&wait),
            Reached::NotYet => {
                let applied = self.memory.applied;
                self.note(Why::Waits, wait.session.place, applied, 0);
                self.memory.waiting.push(wait);
                self.arm_wait();
            }
        }
    }

    fn refuse_gone(&mut self, wait: &Wait) {
        self.note(Why::Gone, wait.session.place, 0, 0);
        self.memory.did(deed::GONE);
        self.refuse(wait, refusal::GONE);
    }

    pub(super) fn answer_waiting(&mut self) {
        for wait in core::mem::take(&mut self.memory.waiting) {
            match self.reached(wait.session) {
                Reached::Yes => {
                    self.memory.did(deed::WAITED);
                    self.read(&wait);
                }
                Reached::Never => self.refuse_gone(&wait),
                Reached::NotYet => self.memory.waiting.push(wait),
            }
        }
    }

    fn arm_wait(&mut self) {
        // The first in the row has waited longest.
        if let Some(wait) = self.memory.waiting.first() {
            let until = wait.since + self.config.wait_at_most;
            let left = until.since(self.context.steady);
            self.out.set_timer(WAIT, left, left);
        }
    }

    fn refuse_late(&mut self) {
        let now = self.context.steady;
        while let Some(wait) = self.memory.waiting.first().copied() {
            let waited = now.since(wait.since);
            if waited < self.config.wait_at_most {
                break;
            }
            self.memory.waiting.remove(0);
            let (place, applied) = (wait.session.place, self.memory.applied);
            self.note(Why::TooFar, place, applied, waited.0.cast_signed());
            self.memory.did(deed::TOO_FAR);
            self.refuse(&wait, refusal::TOO_FAR);
        }
        self.arm_wait();
    }

    // --- promotion

    fn promote(&mut self) {
        let (epoch, heard) = (self.disk.epoch, self.disk.heard);
        if self.is_primary() && heard == epoch {
            self.note(Why::IsPrimary, epoch.number, 0, 0);
            return;
        }
        // Whatever is on the disk shows when that is flushed; whoever was to be shown it later sees it now.
        self.memory.due.clear();
        self.out.cancel_timer(APPLY);
        let number = heard.max(epoch).number + 1;
        let node = self.context.me.0;
        self.begin_epoch(Epoch { number, node });
        let end = self.disk.end();
        self.note(Why::Promoted, number, end, 0);
        self.memory.did(deed::PROMOTED);
        self.introduce();
    }

    /// Acts in an epoch from now on, and has it on the disk before anything else leaves.
    pub(super) fn begin_epoch(&mut self, epoch: Epoch) {
        self.disk.epoch = epoch;
        self.disk.heard = self.disk.heard.max(epoch);
        let memory = &mut *self.memory;
        memory.met.0 = 0;
        (memory.known, memory.sent) = Default::default();
        memory.resending = false;
        self.out.cancel_timer(RESEND);
        self.persist();
        self.memory.epoch_mark = self.memory.marks;
    }

    /// A higher epoch was heard of. Says whether the node follows its primary now.
    pub(super) fn hear_of(&mut self, epoch: Epoch) -> bool {
        let was_primary = self.is_primary();
        let (number, node) = (epoch.number, u32::from(epoch.node));
        if was_primary && !self.config.fence {
            if self.disk.heard < epoch {
                self.disk.heard = epoch;
                self.note(Why::GoesOn, number, node, 0);
            }
            return false;
        }
        self.begin_epoch(epoch);
        if was_primary {
            self.note(Why::StepsDown, number, node, 0);
            self.memory.did(deed::STEPPED_DOWN);
        } else {
            self.note(Why::Follows, number, node, 0);
        }
        true
    }
}
