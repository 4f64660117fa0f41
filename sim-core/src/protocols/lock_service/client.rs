//! A client's library: it keeps a session with the master, whoever that is, by a KeepAlive that nearly always waits there
//! for its answer (Burrows 2006, §2.8). When its lease runs out by its own clock, the session is in jeopardy: nothing is
//! asked, and the library looks for a master until the grace period is over. With an answer before that, it is safe, and
//! nobody has noticed more than a delay; without one, the session is over for it.

use super::message::Message;
use super::spec::{KEEP, OVER, RETRY, Why};
use super::visit::Visit;
use super::{Config, Out};
use crate::operation::{Answer, Operation, UNSURE};
use crate::protocol::{Context, Input};
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Note, Talk};
use crate::protocols::multi_paxos;
use crate::units::{Endpoint, Micros, OpId};
use crate::view::Lease;

/// How it stands with the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// There is none, and nothing to have one for.
    Idle,
    /// It is being opened.
    Opening,
    /// Its lease lasts.
    Safe,
    /// Its lease has run out, and perhaps it is over.
    Jeopardy,
}

/// A person's library.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    state: State,
    /// The server that it takes for the master, and how often it was pointed elsewhere since it began to look.
    whom: Endpoint,
    redirects: u8,
    /// Its session, and the master that it has heard of last.
    number: u32,
    epoch: u32,
    /// The last KeepAlive, and when that was sent.
    ask: u32,
    asked_at: Micros,
    /// When it was told last until when the session cannot be over, and that.
    told_at: Micros,
    lease_until: Micros,
    /// What its person waits for, whether it was sent, and whether the master puts it off.
    waiting: Option<(OpId, Operation)>,
    is_sent: bool,
    is_put_off: bool,
    /// The last sequencer; by which operation it came, and which it was before that.
    token: u32,
    gained_by: OpId,
    token_before: u32,
}

impl Person {
    pub(super) const fn new(home: Endpoint) -> Self {
        Self {
            state: State::Idle,
            whom: home,
            redirects: 0,
            number: 1,
            epoch: 0,
            ask: 0,
            asked_at: Micros::ZERO,
            told_at: Micros::ZERO,
            lease_until: Micros::ZERO,
            waiting: None,
            is_sent: false,
            is_put_off: false,
            token: 0,
            gained_by: OpId(u32::MAX),
            token_before: 0,
        }
    }

    fn given_up_at(&self, config: &Config) -> Micros {
        self.lease_until + config.grace
    }

    /// From when until when it relies on its session; in jeopardy, looks for a master.
    pub(super) fn lease(&self, config: &Config) -> Option<Lease> {
        let (from, until) = match self.state {
            State::Safe => (self.told_at, self.lease_until),
            State::Jeopardy => (self.lease_until, self.given_up_at(config)),
            State::Idle | State::Opening => return None,
        };
        Some(Lease { from, until })
    }
}

/// A library while it handles one input.
pub(super) struct Library<'a> {
    pub config: &'a Config,
    pub context: Context,
    pub person: &'a mut Person,
    pub out: &'a mut Out,
}

impl Library<'_> {
    pub(super) fn act(&mut self, input: Input<Message>) {
        self.look_at_clock();
        match input {
            Input::Operation { op, operation } => self.asked(op, operation),
            Input::GaveUp { op } => self.gave_up(op),
            Input::Timer(KEEP) => self.look_for_master(),
            Input::Timer(RETRY) => self.ask_again(),
            Input::PeerDown(peer) if peer == self.person.whom => self.look_for_master(),
            Input::Message {
                from,
                message: Message::Session(visit),
            } => self.hear(from, visit),
            Input::Message {
                from,
                message: Message::Paxos(multi_paxos::Message::Talk(talk)),
            } => self.told(from, talk),
            _ => {}
        }
    }

    // --- the session

    /// What it knows by its clock alone, also where it stood still for a while.
    fn look_at_clock(&mut self) {
        let now = self.context.steady;
        if self.person.state == State::Safe && now >= self.person.lease_until {
            self.person.state = State::Jeopardy;
            self.note(Why::Jeopardy, Endpoint::NONE);
            self.out.cancel_timer(RETRY);
            self.wait(KEEP, Micros(1));
        }
        if self.person.state == State::Jeopardy && now >= self.person.given_up_at(self.config) {
            self.session_over(Why::GivesUp);
        }
    }

    /// Sends a KeepAlive; another one when three quarters of the lease are over, or sooner while it looks for the master.
    fn keep_alive(&mut self, looks: bool) {
        let now = self.context.steady;
        let person = &mut *self.person;
        person.ask += 1;
        person.asked_at = now;
        let keep = Visit::KeepAlive {
            number: person.number,
            opens: person.state == State::Opening,
            looks,
            epoch: person.epoch,
            ask: person.ask,
        };
        self.out.send(person.whom, Message::Session(keep));
        let until = match self.person.state {
            State::Safe => self.person.lease_until,
            State::Jeopardy => self.person.given_up_at(self.config),
            State::Idle | State::Opening => Micros(u64::MAX),
        };
        let left = until.since(now);
        let span = match looks {
            true => left.min(self.config.retry_after),
            false => Micros(left.0 * 3 / 4),
        };
        self.wait(KEEP, span.max(Micros(1)));
    }

    /// Asks the next server.
    fn look_for_master(&mut self) {
        if self.person.state == State::Idle {
            return;
        }
        self.person.whom = Endpoint((self.person.whom.0 + 1) % self.config.nodes);
        self.person.redirects = 0;
        self.note(Why::LooksFor, self.person.whom);
        self.turn_to();
    }

    fn turn_to(&mut self) {
        self.keep_alive(true);
        self.send();
    }

    fn hear(&mut self, from: Endpoint, visit: Visit) {
        match visit {
            Visit::Lease {
                number,
                epoch,
                ask,
                lasts,
            } if number == self.person.number && ask == self.person.ask => {
                self.has_lease(epoch, self.person.asked_at + self.config.relied_on(lasts));
            }
            Visit::Over { number } if number == self.person.number => {
                self.session_over(Why::HearsOver);
            }
            Visit::Elsewhere { master } if from == self.person.whom => self.pointed(master),
            _ => {}
        }
    }

    fn has_lease(&mut self, epoch: u32, until: Micros) {
        let before = self.person.state;
        if before == State::Idle || until <= self.context.steady {
            return;
        }
        let is_new = epoch != self.person.epoch;
        let person = &mut *self.person;
        person.state = State::Safe;
        person.epoch = epoch;
        person.redirects = 0;
        person.told_at = self.context.steady;
        person.lease_until = until.max(person.lease_until);
        match before {
            State::Opening => self.note(Why::HasSession, Endpoint::NONE),
            _ if is_new => self.note(Why::FailOver, Endpoint::NONE),
            _ => {}
        }
        if before == State::Jeopardy {
            self.note(Why::Safe, Endpoint::NONE);
        }
        self.keep_alive(false);
        // What was asked of an earlier master, or could not be asked, is asked now.
        if before != State::Safe || is_new {
            self.send();
        }
    }

    /// Somebody else is the master, or nobody is known to be.
    fn pointed(&mut self, master: Endpoint) {
        let is_known = master != Endpoint::NONE && master != self.person.whom;
        if self.person.state == State::Idle || self.person.redirects >= self.config.nodes {
            return;
        }
        if !is_known {
            return self.wait(KEEP, Micros(self.config.retry_after.0 / 2));
        }
        self.person.redirects += 1;
        self.person.whom = master;
        self.note(Why::IsPointed, master);
        self.turn_to();
    }

    /// The session is over, and the lock with it; what its person wants next is asked in a new one.
    fn session_over(&mut self, why: Why) {
        self.person.state = State::Idle;
        self.person.number += 1;
        self.note(why, Endpoint::NONE);
        self.out.cancel_timer(KEEP);
        self.out.cancel_timer(RETRY);
        if let Some((op, _)) = self.person.waiting.take() {
            let unsure = if self.person.is_sent { UNSURE } else { 0 };
            self.out.reply(op, Answer::Refused(OVER | unsure));
        }
    }

    // --- operations

    fn asked(&mut self, op: OpId, operation: Operation) {
        if operation.is_of_lock() != self.config.keeps_lock {
            return self.out.reply(op, Answer::Refused(refusal::NOT_KEPT));
        }
        self.person.waiting = Some((op, operation));
        self.person.is_sent = false;
        match self.person.state {
            State::Idle => {
                self.person.state = State::Opening;
                self.person.redirects = 0;
                self.keep_alive(true);
            }
            _ => self.send(),
        }
    }

    /// Its person no longer waits. If the answer was there, and the person stood still until it was too late to hear it,
    /// they hold no lock by it.
    fn gave_up(&mut self, op: OpId) {
        if self.person.gained_by == op {
            self.person.token = self.person.token_before;
        }
        let waits = |(waiting, _): (OpId, Operation)| waiting == op;
        if !self.person.waiting.is_some_and(waits) {
            return;
        }
        self.person.waiting = None;
        self.out.cancel_timer(RETRY);
        if self.person.state == State::Opening {
            // Perhaps it is open by now, and will end by itself.
            self.person.state = State::Idle;
            self.person.number += 1;
            self.out.cancel_timer(KEEP);
        }
    }

    /// While the session is in jeopardy, or not open yet, it waits.
    fn send(&mut self) {
        let Some((op, operation)) = self.person.waiting else {
            return;
        };
        if self.person.state != State::Safe {
            return;
        }
        self.person.is_sent = true;
        self.person.is_put_off = false;
        let command = Command {
            client: self.context.me,
            op,
            operation,
            token: self.person.token,
        };
        let asks = Visit::Ask {
            command,
            number: self.person.number,
            epoch: self.person.epoch,
        };
        self.out.send(self.person.whom, Message::Session(asks));
        self.wait(RETRY, self.config.retry_after);
    }

    /// It had no answer, or was put off.
    fn ask_again(&mut self) {
        match self.person.is_put_off {
            true => self.send(),
            false => self.look_for_master(),
        }
    }

    fn told(&mut self, from: Endpoint, talk: Talk) {
        let waits = |op| self.person.waiting.filter(|(waiting, _)| *waiting == op);
        match talk {
            Talk::Answer { op, answer } => {
                let Some((_, operation)) = waits(op).filter(|_| self.person.is_sent) else {
                    let late = multi_paxos::Why::TooLate as u8;
                    return self.out.note(Note::new(late, op.0, 0, 0));
                };
                if let (Operation::Acquire, Answer::Value(token)) = (operation, answer) {
                    self.person.token_before = self.person.token;
                    self.person.gained_by = op;
                    self.person.token = token as u32;
                }
                self.person.waiting = None;
                self.out.cancel_timer(RETRY);
                self.out.reply(op, answer);
            }
            Talk::Redirect { op, leader } if from == self.person.whom && waits(op).is_some() => {
                if leader != Endpoint::NONE {
                    return self.pointed(leader);
                }
                self.person.is_put_off = true;
                self.wait(RETRY, Micros(self.config.retry_after.0 / 2));
            }
            _ => {}
        }
    }

    fn wait(&mut self, timer: u8, span: Micros) {
        self.out.set_timer(timer, span, Micros(span.0 + span.0 / 8));
    }

    fn note(&mut self, why: Why, node: Endpoint) {
        self.out.note(Note::new(why as u8, 0, u32::from(node.0), 0));
    }
}
