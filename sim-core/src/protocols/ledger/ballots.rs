//! The policies *all* and *majority*: slots decided by ballots.
//!
//! A branch works on one wish at a time, the first in its queue: it proposes a line for the next slot, or asks a quorum
//! how far the book goes. Everything durable is persisted in the same handler and every answer that rests on it
//! follows the persist, so it leaves only when it is durable. The branch counts its own promise or acceptance when its
//! disk has confirmed it, no sooner.

use super::message::{Ballot, Entry, Message, Note, Why};
use super::{
    Config, Desk, GIVE_UP, Job, Ledger, Out, PHONE, Phase, RETRY, Reads, Safe, Slot, answer,
    change_of, deed, refusal, take_request,
};
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Input, Replica};
use crate::units::{Endpoint, Mask, Micros};

/// How many decided lines are sent at once to a branch that has fallen behind.
const CATCH_UP_MAX: u32 = 32;

/// What the safe says about the book, after a start.
pub(super) fn recall(config: &Config, safe: &Safe, desk: &mut Desk) {
    for slot in &safe.slots {
        let known = slot
            .decided
            .into_iter()
            .chain(slot.accepted.map(|(_, entry)| entry));
        for entry in known.filter(|entry| !entry.is_void()) {
            if let Some(place) = entry.client.0.checked_sub(config.branches)
                && let Some(taken) = desk.taken.get_mut(usize::from(place))
            {
                *taken = (*taken).max(entry.op.0 + 1);
            }
        }
    }
    let top = safe
        .slots
        .iter()
        .rposition(|s| s.accepted.is_some() || s.decided.is_some());
    desk.top = top.map_or(0, |last| last as u32 + 1);
    let decided = safe.slots.iter().map_while(|slot| slot.decided);
    for entry in decided {
        desk.decided += 1;
        desk.balance += entry.change;
    }
}

pub(super) fn handle(
    config: &Config,
    context: Context,
    replica: &mut Replica<Ledger>,
    input: Input<Message>,
    out: &mut Out,
) {
    let Replica {
        disk: safe,
        memory: desk,
    } = replica;
    let mut branch = Branch {
        config,
        context,
        safe,
        desk,
        out,
    };
    match input {
        Input::Start => branch.start(),
        Input::Message { from, message } => branch.message(from, message),
        Input::Timer(RETRY) => branch.retry(),
        Input::Timer(GIVE_UP) => branch.give_up(),
        Input::Timer(PHONE) => branch.phone(),
        Input::Persisted(mark) => branch.persisted(mark),
        _ => {}
    }
}

struct Branch<'a> {
    config: &'a Config,
    context: Context,
    safe: &'a mut Safe,
    desk: &'a mut Desk,
    out: &'a mut Out,
}

impl Branch<'_> {
    fn start(&mut self) {
        // A branch that comes back asks what it has missed; a new one has missed nothing.
        if !self.safe.slots.is_empty() {
            let ask = Message::Ask {
                ticket: 0,
                decided: self.desk.decided,
            };
            self.send_others(ask);
        }
    }

    fn message(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Request { op, operation } => self.request(from, (op, operation)),
            Message::Prepare { slot, ballot } => self.prepare(from, slot, ballot),
            Message::Promise {
                slot,
                ballot,
                accepted,
            } => {
                self.promise(from, slot, ballot, accepted);
            }
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
            } => {
                self.overtaken(slot, ballot, promised);
            }
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

    fn send_others(&mut self, message: Message) {
        for other in self.config.others(self.context.me) {
            self.out.send(other, message);
        }
    }

    fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note { why, a, b, n });
    }

    /// Writes the safe down and wants to hear of it.
    fn persist(&mut self) -> u32 {
        self.desk.marks += 1;
        self.out.persist(self.desk.marks);
        self.desk.marks
    }

    /// Writes the safe down; only what is sent after it waits for that.
    fn persist_quietly(&mut self) {
        self.desk.marks += 1;
        self.out.persist_quietly(self.desk.marks);
    }

    fn slot(&mut self, slot: u32) -> &mut Slot {
        let place = slot as usize;
        if self.safe.slots.len() <= place {
            self.safe.slots.resize(place + 1, Slot::default());
        }
        &mut self.safe.slots[place]
    }

    fn decided_at(&self, slot: u32) -> Option<Entry> {
        self.safe
            .slots
            .get(slot as usize)
            .and_then(|slot| slot.decided)
    }

    fn arm_retry(&mut self) {
        let retry = self.config.retry;
        self.out.set_timer(RETRY, retry, retry + retry);
    }

    // --- customers

    fn request(&mut self, from: Endpoint, asked: (crate::units::OpId, Operation)) {
        let Some(job) = take_request(self.config, self.context, self.desk, from, asked) else {
            return;
        };
        if job.operation.is_read() && self.config.reads == Reads::AsIs {
            self.note(Why::ReadsAsIs, 0, 0, self.desk.balance);
            answer(&job, Answer::Value(self.desk.balance), self.out);
            return;
        }
        self.desk.queue.push_back(job);
        self.arm_give_up();
        if matches!(self.desk.phase, Phase::Idle) {
            self.work();
        }
    }

    /// Whether, and when on its own clock, a branch stops trying for this wish.
    fn deadline(&self, job: &Job) -> Option<Micros> {
        let waits = job.sent || (job.operation.is_read() && self.config.reads == Reads::Confirm);
        (!waits).then(|| job.since + self.config.give_up)
    }

    fn arm_give_up(&mut self) {
        let next = self
            .desk
            .queue
            .iter()
            .filter_map(|job| self.deadline(job))
            .min();
        match next {
            Some(at) => {
                let wait = at.since(self.context.steady);
                self.out.set_timer(GIVE_UP, wait, wait);
            }
            None => self.out.cancel_timer(GIVE_UP),
        }
    }

    fn give_up(&mut self) {
        let now = self.context.steady;
        let heard = self.heard();
        let mut place = 0;
        let mut first_gone = false;
        while let Some(job) = self.desk.queue.get(place).copied() {
            if self.deadline(&job).is_none_or(|at| at > now) {
                place += 1;
                continue;
            }
            let _ = self.desk.queue.remove(place);
            first_gone |= place == 0;
            let waited = now.since(job.since).0.cast_signed();
            self.note(Why::Unsure, heard.0, self.config.quorum, waited);
            let reason = if job.operation.is_read() {
                refusal::UNSURE
            } else {
                refusal::UNREACHED
            };
            answer(&job, Answer::Refused(reason), self.out);
            self.desk.unsure = true;
            self.desk.did(deed::REFUSED);
        }
        self.arm_give_up();
        // What was tried for the first wish is dropped; whatever it had sent out belongs to others by now.
        if first_gone {
            self.desk.phase = Phase::Idle;
            self.out.cancel_timer(RETRY);
            self.work();
        }
    }

    /// Who has answered what this branch is trying, itself included.
    fn heard(&self) -> Mask {
        let me = Mask::of(self.context.me);
        match self.desk.phase {
            Phase::Preparing {
                promised: heard, ..
            }
            | Phase::Accepting {
                accepted: heard, ..
            }
            | Phase::Confirming { told: heard, .. } => Mask(heard.0 | me.0),
            Phase::Idle | Phase::Backing => me,
        }
    }

    /// Does what the first wish needs next; goes on to the one after it when it is answered.
    fn work(&mut self) {
        while let Some(job) = self.desk.queue.front().copied() {
            let enough = match job.operation {
                Operation::Balance => false,
                Operation::Deposit { .. } => true,
                Operation::Withdraw { amount } => self.desk.balance >= i64::from(amount),
            };
            if enough {
                let change = change_of(job.operation);
                self.propose(Entry {
                    op: job.op,
                    client: job.client,
                    change,
                });
                return;
            }
            // A balance, and the refusal of a withdrawal, say how things are now: a quorum must confirm that the book
            // goes no further than is known here.
            match job.confirmed {
                None => return self.confirm(),
                Some(top) if self.desk.decided < top => return self.propose(Entry::VOID),
                Some(_) => self.answer_first(&job),
            }
        }
        self.desk.phase = Phase::Idle;
        self.out.cancel_timer(RETRY);
    }

    fn answer_first(&mut self, job: &Job) {
        let _ = self.desk.queue.pop_front();
        self.desk.unsure = false;
        if let Operation::Withdraw { amount } = job.operation {
            self.note(Why::NotEnough, amount, 0, self.desk.balance);
            answer(job, Answer::Refused(refusal::NOT_ENOUGH), self.out);
        } else {
            let heard = self.heard();
            self.note(Why::ReadsConfirmed, 0, heard.0, self.desk.balance);
            answer(job, Answer::Value(self.desk.balance), self.out);
            self.desk.did(deed::CONFIRMED);
        }
        self.arm_give_up();
    }

    // --- asking how far the book goes

    fn confirm(&mut self) {
        self.desk.tickets += 1;
        let ticket = self.desk.tickets;
        let told = Mask::of(self.context.me);
        self.desk.phase = Phase::Confirming {
            ticket,
            told,
            top: self.desk.top,
        };
        self.note(Why::Confirms, 0, 0, 0);
        self.send_others(Message::Ask {
            ticket,
            decided: self.desk.decided,
        });
        self.arm_retry();
        self.try_confirmed();
    }

    fn ask(&mut self, from: Endpoint, ticket: u32, decided: u32) {
        self.send_missing(from, decided);
        let (top, decided) = (self.desk.top, self.desk.decided);
        self.out.send(
            from,
            Message::Tell {
                ticket,
                top,
                decided,
            },
        );
    }

    fn tell(&mut self, from: Endpoint, ticket: u32, top: u32, decided: u32) {
        if decided < self.desk.decided {
            self.send_missing(from, decided);
        } else {
            self.desk.owed.0 &= !Mask::of(from).0;
        }
        if let Phase::Confirming {
            ticket: mine,
            told,
            top: known,
        } = &mut self.desk.phase
            && *mine == ticket
        {
            *told = told.with(from);
            *known = top.max(*known);
            self.try_confirmed();
        }
    }

    fn try_confirmed(&mut self) {
        if let Phase::Confirming { told, top, .. } = self.desk.phase
            && told.count() >= self.config.quorum
        {
            if let Some(job) = self.desk.queue.front_mut() {
                job.confirmed = Some(top);
            }
            self.work();
        }
    }

    /// Sends a branch what is decided and it does not know.
    fn send_missing(&mut self, to: Endpoint, from_slot: u32) {
        let until = self
            .desk
            .decided
            .min(from_slot.saturating_add(CATCH_UP_MAX));
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

    // --- phase 1

    fn propose(&mut self, own: Entry) {
        let slot = self.desk.decided;
        let me = self.context.me;
        let known = self.slot(slot).promised.round.max(self.desk.round);
        let ballot = Ballot {
            round: known + 1,
            branch: me.0,
        };
        self.desk.round = ballot.round;
        self.slot(slot).promised = ballot;
        let mark = self.persist();
        let promised = Mask::EMPTY;
        self.desk.phase = Phase::Preparing {
            slot,
            ballot,
            own,
            mark,
            promised,
            best: None,
        };
        self.note(Why::Proposes, slot, ballot.round, own.change);
        self.send_others(Message::Prepare { slot, ballot });
        self.arm_retry();
    }

    fn prepare(&mut self, from: Endpoint, slot: u32, ballot: Ballot) {
        if self.tell_if_decided(from, slot) {
            return;
        }
        let state = self.slot(slot);
        if ballot < state.promised {
            let promised = state.promised;
            self.refuse_ballot(from, slot, ballot, promised);
            return;
        }
        state.promised = ballot;
        let accepted = state.accepted;
        self.persist_quietly();
        self.note(Why::Promises, slot, u32::from(from.0), 0);
        self.out.send(
            from,
            Message::Promise {
                slot,
                ballot,
                accepted,
            },
        );
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

    fn refuse_ballot(&mut self, to: Endpoint, slot: u32, ballot: Ballot, promised: Ballot) {
        self.note(Why::RefusesBallot, slot, u32::from(promised.branch), 0);
        self.out.send(
            to,
            Message::Overtaken {
                slot,
                ballot,
                promised,
            },
        );
        self.desk.did(deed::DUELLED);
    }

    fn promise(
        &mut self,
        from: Endpoint,
        slot: u32,
        ballot: Ballot,
        accepted: Option<(Ballot, Entry)>,
    ) {
        if let Phase::Preparing {
            slot: s,
            ballot: b,
            promised,
            best,
            ..
        } = &mut self.desk.phase
            && (*s, *b) == (slot, ballot)
        {
            *promised = promised.with(from);
            if accepted.map(|(b, _)| b) > best.map(|(b, _)| b) {
                *best = accepted;
            }
            self.try_promised();
        }
    }

    fn try_promised(&mut self) {
        let Phase::Preparing {
            slot,
            ballot,
            own,
            promised,
            best,
            ..
        } = self.desk.phase
        else {
            return;
        };
        if promised.count() < self.config.quorum {
            return;
        }
        let adopted = if self.config.adopt_accepted {
            best
        } else {
            None
        };
        let entry = adopted.map_or(own, |(_, entry)| entry);
        if self.slot(slot).promised != ballot {
            // Meanwhile this branch has promised the slot to someone else.
            self.back_off();
            return;
        }
        if entry != own {
            self.note(Why::Adopts, slot, 0, entry.change);
            self.desk.did(deed::ADOPTED);
        } else {
            self.note(Why::Writes, slot, promised.0, entry.change);
        }
        if let Some(job) = self.desk.queue.front_mut()
            && job.op == entry.op
        {
            job.sent = true;
            self.arm_give_up();
        }
        self.slot(slot).accepted = Some((ballot, entry));
        self.desk.top = self.desk.top.max(slot + 1);
        let mark = self.persist();
        let accepted = Mask::EMPTY;
        self.desk.phase = Phase::Accepting {
            slot,
            ballot,
            entry,
            mark,
            accepted,
        };
        self.send_others(Message::Accept {
            slot,
            ballot,
            entry,
        });
        self.arm_retry();
    }

    // --- phase 2

    fn accept(&mut self, from: Endpoint, slot: u32, ballot: Ballot, entry: Entry) {
        if self.tell_if_decided(from, slot) {
            return;
        }
        let state = self.slot(slot);
        if ballot < state.promised {
            let promised = state.promised;
            self.refuse_ballot(from, slot, ballot, promised);
            return;
        }
        state.promised = ballot;
        state.accepted = Some((ballot, entry));
        self.desk.top = self.desk.top.max(slot + 1);
        self.persist_quietly();
        self.out.send(from, Message::Accepted { slot, ballot });
    }

    fn accepted(&mut self, from: Endpoint, slot: u32, ballot: Ballot) {
        if let Phase::Accepting {
            slot: s,
            ballot: b,
            accepted,
            ..
        } = &mut self.desk.phase
            && (*s, *b) == (slot, ballot)
        {
            *accepted = accepted.with(from);
            self.try_decided();
        }
    }

    fn try_decided(&mut self) {
        let Phase::Accepting {
            slot,
            entry,
            accepted,
            ..
        } = self.desk.phase
        else {
            return;
        };
        if accepted.count() < self.config.quorum {
            return;
        }
        self.note(Why::Decides, slot, accepted.0, entry.change);
        self.desk.did(deed::DECIDED);
        let everybody = Mask((1 << self.config.branches) - 1);
        self.desk.owed.0 |= everybody.0 & !accepted.0;
        if !self.desk.owed.is_empty() {
            self.out
                .set_timer(PHONE, self.config.phone, self.config.phone);
        }
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
            if let Some(job) = self.desk.queue.front_mut()
                && job.sent
            {
                job.sent = false;
                self.arm_give_up();
            }
        }
    }

    /// The line stands: whoever waits for it here hears so.
    fn confirm_to_customer(&mut self, entry: Entry) {
        let mine = self.desk.queue.iter().position(|job| job.op == entry.op);
        if let Some(job) = mine.and_then(|place| self.desk.queue.remove(place)) {
            self.desk.unsure = false;
            answer(&job, Answer::Done, self.out);
            self.arm_give_up();
        }
    }

    fn learn(&mut self, from: Endpoint, slot: u32, entry: Entry) {
        if self.decided_at(slot).is_some() {
            return;
        }
        self.write_decided(slot, entry);
        if slot >= self.desk.decided {
            // There is a gap before it.
            self.out.send(
                from,
                Message::Ask {
                    ticket: 0,
                    decided: self.desk.decided,
                },
            );
            return;
        }
        let behind = match self.desk.phase {
            Phase::Preparing { slot, .. } | Phase::Accepting { slot, .. } => {
                slot < self.desk.decided
            }
            Phase::Backing => true,
            Phase::Idle | Phase::Confirming { .. } => false,
        };
        if behind {
            self.go_on();
        }
    }

    /// The slot that was worked on is decided; on to what comes next.
    fn go_on(&mut self) {
        self.desk.phase = Phase::Idle;
        self.work();
    }

    // --- what goes wrong

    fn overtaken(&mut self, slot: u32, ballot: Ballot, promised: Ballot) {
        match self.desk.phase {
            Phase::Preparing {
                slot: s, ballot: b, ..
            }
            | Phase::Accepting {
                slot: s, ballot: b, ..
            } if (s, b) == (slot, ballot) => {}
            _ => return,
        }
        self.desk.round = self.desk.round.max(promised.round);
        self.note(Why::Overtaken, slot, u32::from(promised.branch), 0);
        self.back_off();
    }

    fn back_off(&mut self) {
        self.desk.phase = Phase::Backing;
        self.arm_retry();
    }

    fn retry(&mut self) {
        let me = self.context.me;
        let (heard, message) = match self.desk.phase {
            Phase::Idle => return,
            Phase::Backing => {
                self.desk.phase = Phase::Idle;
                return self.work();
            }
            Phase::Preparing {
                slot,
                ballot,
                promised,
                ..
            } => (promised, Message::Prepare { slot, ballot }),
            Phase::Accepting {
                slot,
                ballot,
                entry,
                accepted,
                ..
            } => (
                accepted,
                Message::Accept {
                    slot,
                    ballot,
                    entry,
                },
            ),
            Phase::Confirming { ticket, told, .. } => (
                told,
                Message::Ask {
                    ticket,
                    decided: self.desk.decided,
                },
            ),
        };
        let silent = ((1u32 << self.config.branches) - 1) & !heard.with(me).0;
        let (steady, give_up) = (self.context.steady, self.config.give_up);
        let sent = self.desk.queue.front().filter(|job| job.sent);
        if let Some(job) = sent
            .filter(|job| steady.since(job.since) >= give_up)
            .copied()
        {
            self.note(
                Why::CannotSay,
                self.desk.decided,
                heard.0,
                change_of(job.operation),
            );
            self.desk.did(deed::UNCERTAIN);
        } else {
            self.note(Why::AsksAgain, 0, silent, 0);
        }
        for other in Mask(silent).iter() {
            self.out.send(other, message);
        }
        self.arm_retry();
    }

    /// Calls those who may not have heard of everything that is decided.
    fn phone(&mut self) {
        let ask = Message::Ask {
            ticket: 0,
            decided: self.desk.decided,
        };
        for other in self.desk.owed.iter() {
            self.out.send(other, ask);
        }
        if !self.desk.owed.is_empty() {
            self.out
                .set_timer(PHONE, self.config.phone, self.config.phone);
        }
    }

    /// The branch's own promise or acceptance is durable and counts from now on.
    fn persisted(&mut self, mark: u32) {
        let me = self.context.me;
        match &mut self.desk.phase {
            Phase::Preparing {
                slot,
                mark: wanted,
                promised,
                best,
                ..
            } if *wanted == mark => {
                *promised = promised.with(me);
                let own = self
                    .safe
                    .slots
                    .get(*slot as usize)
                    .and_then(|slot| slot.accepted);
                if own.map(|(b, _)| b) > best.map(|(b, _)| b) {
                    *best = own;
                }
                self.try_promised();
            }
            Phase::Accepting {
                mark: wanted,
                accepted,
                ..
            } if *wanted == mark => {
                *accepted = accepted.with(me);
                self.try_decided();
            }
            _ => {}
        }
    }
}
