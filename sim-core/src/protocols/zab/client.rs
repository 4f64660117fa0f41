//! A client's library: it keeps a session with the ensemble through one server at a time. When nothing is heard of that
//! for two thirds of the session time-out, or its connection is closed, it tries the next one; what was asked over the old
//! connection is then unknown (ZooKeeper: `ConnectionLoss`), and is not asked again. A server that has seen less than the
//! client does not take it. That its session is over, it hears only when it is connected again.

use super::message::{Message, Why};
use super::spec::{EXPIRED, LOSS, PING};
use super::{Config, Out};
use crate::operation::{Answer, Operation, UNSURE};
use crate::protocol::{Context, Input};
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Grant, Index, Note, Talk};
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::Lease;

/// How far a connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// No session, and nothing to have one for.
    Idle,
    /// Between two attempts.
    Rests,
    /// Waits for a server to accept it.
    Connects,
    /// Has one.
    Connected,
}

/// A person's library.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    state: State,
    /// The server that it is connected to, or tries.
    whom: Endpoint,
    /// Its session, and whether that is not known to be open yet.
    number: u32,
    is_new: bool,
    /// The last zxid that it was told.
    seen: Index,
    heard_at: Micros,
    /// Servers whose process is known to be gone: they refuse a connection at once.
    gone: Mask,
    /// What its person waits for, and whether it was sent.
    waiting: Option<(OpId, Operation)>,
    is_sent: bool,
    /// The last fencing token; by which operation it came, and which it was before that.
    token: u32,
    gained_by: OpId,
    token_before: u32,
}

impl Person {
    pub(super) const fn new(home: Endpoint) -> Self {
        Self {
            state: State::Idle,
            whom: home,
            number: 1,
            is_new: true,
            seen: Index(0),
            heard_at: Micros::ZERO,
            gone: Mask::EMPTY,
            waiting: None,
            is_sent: false,
            token: 0,
            gained_by: OpId(u32::MAX),
            token_before: 0,
        }
    }

    /// From when it has been heard of for sure, and until when its session lasts by that.
    pub(super) fn session(&self, config: &Config) -> Option<Lease> {
        let lease = Lease {
            from: self.heard_at,
            until: self.heard_at + config.session_after,
        };
        (self.state == State::Connected).then_some(lease)
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
        match input {
            Input::Operation { op, operation } => self.asked(op, operation),
            Input::GaveUp { op } => self.gave_up(op),
            Input::Timer(PING) => self.timer_due(),
            Input::PeerUp(peer) => self.person.gone = self.person.gone.without(Mask::of(peer)),
            Input::PeerDown(peer) => {
                self.person.gone = self.person.gone.with(peer);
                if peer == self.person.whom {
                    self.lost();
                }
            }
            Input::Message { from, message } => self.hear(from, message),
            _ => {}
        }
    }

    fn asked(&mut self, op: OpId, operation: Operation) {
        if operation.is_of_lock() != self.config.keeps_lock {
            return self.out.reply(op, Answer::Refused(refusal::NOT_KEPT));
        }
        self.person.waiting = Some((op, operation));
        self.person.is_sent = false;
        match self.person.state {
            State::Idle => self.connect(),
            State::Connected => self.send(),
            _ => {}
        }
    }

    /// Its person no longer waits. If the answer was there, and the person stood still until it was too late to hear it,
    /// they hold no lock by it.
    fn gave_up(&mut self, op: OpId) {
        if self.person.gained_by == op {
            self.person.token = self.person.token_before;
        }
        if self
            .person
            .waiting
            .is_some_and(|(waiting, _)| waiting == op)
        {
            self.person.waiting = None;
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        if let Message::Reply { op, answer, seen } = message {
            self.person.seen = self.person.seen.max(seen);
            return self.told(from, op, answer);
        }
        if from != self.person.whom {
            return;
        }
        match message {
            Message::Connected { number } if number == self.person.number => self.connected(),
            Message::Alive => self.person.heard_at = self.context.steady,
            Message::Closed { over } if over == self.person.number => self.session_over(),
            Message::Closed { over: 0 } => self.lost(),
            _ => {}
        }
    }

    // --- connections

    fn connect(&mut self) {
        let person = &mut *self.person;
        person.state = State::Connects;
        person.heard_at = self.context.steady;
        if person.gone.contains(person.whom) {
            return self.lost();
        }
        let grant = Grant {
            client: self.context.me,
            number: person.number,
            opens: person.is_new,
        };
        let (whom, seen) = (person.whom, person.seen);
        self.note(Why::Connects, whom);
        self.out.send(whom, Message::Connect { grant, seen });
        // Each server has its share of the session time-out to answer in.
        let share = self.config.session_after.0 / u64::from(self.config.nodes);
        self.wait(Micros(share));
    }

    fn connected(&mut self) {
        if self.person.state != State::Connects {
            return;
        }
        self.person.state = State::Connected;
        self.person.is_new = false;
        self.person.heard_at = self.context.steady;
        self.wait_for_ping();
        self.send();
    }

    /// The connection is lost, or none came about: what was sent over it is unknown, what was not sent did not happen.
    fn lost(&mut self) {
        let person = &mut *self.person;
        if matches!(person.state, State::Idle | State::Rests) {
            return;
        }
        let whom = person.whom;
        let why = match (person.state, person.waiting) {
            (State::Connects, _) => Why::GetsNone,
            (_, None) => Why::LostConnection,
            _ => Why::LostAnswer,
        };
        person.state = State::Rests;
        person.whom = Endpoint((whom.0 + 1) % self.config.nodes);
        self.note(why, whom);
        self.refuse(LOSS);
        let most = self.config.retry_after;
        self.out.set_timer(PING, Micros(1), most);
    }

    /// Its session is over, and the lock with it; what its person wants next is asked in a new one.
    fn session_over(&mut self) {
        let whom = self.person.whom;
        self.person.state = State::Idle;
        self.person.number += 1;
        self.person.is_new = true;
        self.note(Why::SessionOver, whom);
        self.out.cancel_timer(PING);
        self.refuse(EXPIRED);
    }

    fn timer_due(&mut self) {
        let silent = self.context.steady.since(self.person.heard_at);
        match self.person.state {
            State::Idle => {}
            State::Rests => self.connect(),
            State::Connects => self.lost(),
            State::Connected if silent.0 * 3 >= self.config.session_after.0 * 2 => self.lost(),
            State::Connected => {
                self.out.send(self.person.whom, Message::Alive);
                self.wait_for_ping();
            }
        }
    }

    fn wait_for_ping(&mut self) {
        self.wait(Micros(self.config.session_after.0 / 3));
    }

    fn wait(&mut self, span: Micros) {
        self.out.set_timer(PING, span, span);
    }

    // --- operations

    fn send(&mut self) {
        let Some((op, operation)) = self.person.waiting else {
            return;
        };
        self.person.is_sent = true;
        let command = Command {
            client: self.context.me,
            op,
            operation,
            token: self.person.token,
        };
        let request = Message::Talk(Talk::Request { command });
        self.out.send(self.person.whom, request);
    }

    fn told(&mut self, from: Endpoint, op: OpId, answer: Answer) {
        let waiting = self.person.waiting.filter(|(waiting, _)| *waiting == op);
        if from == self.person.whom {
            self.person.heard_at = self.context.steady;
        }
        let Some((_, operation)) = waiting.filter(|_| self.person.is_sent) else {
            let late = Note::new(Why::TooLate as u8, op.0, 0, 0);
            return self.out.note(late);
        };
        if let (Operation::Acquire, Answer::Value(token)) = (operation, answer) {
            self.person.token_before = self.person.token;
            self.person.gained_by = op;
            self.person.token = token as u32;
        }
        self.person.waiting = None;
        self.out.reply(op, answer);
    }

    fn refuse(&mut self, why: u8) {
        if let Some((op, _)) = self.person.waiting.take() {
            let unsure = if self.person.is_sent { UNSURE } else { 0 };
            self.out.reply(op, Answer::Refused(why | unsure));
        }
    }

    fn note(&mut self, why: Why, node: Endpoint) {
        self.out.note(Note::new(why as u8, 0, u32::from(node.0), 0));
    }
}
