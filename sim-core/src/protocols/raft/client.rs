//! A client: its driver knows the nodes, asks the leader that it was last told of, asks again when nobody answers, and
//! shows the fencing token that it was given.
//!
//! Asking again is safe because the operation's number is its session's sequence number (§8).

use super::message::{Message, Note, Why};
use super::spec::RETRY;
use super::{Config, Out};
use crate::operation::{Answer, Operation};
use crate::protocol::Input;
use crate::protocols::consensus::Command;
use crate::protocols::consensus::machine::refusal;
use crate::units::{Endpoint, Micros, OpId};

/// How often it asks a server again that knows no leader.
const STAYS_MAX: u8 = 3;

/// A person's driver.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    me: Endpoint,
    home: Endpoint,
    /// Whom it asks next.
    whom: Endpoint,
    /// The operation that the person waits for.
    waiting: Option<(OpId, Operation)>,
    /// How often it has asked, and how often it was pointed elsewhere since.
    tries: u32,
    redirects: u8,
    /// Whether it asks the same server again: it answered, but knew no leader.
    stays: bool,
    stayed: u8,
    /// The last fencing token; by which operation it came, and which it was before that.
    token: u32,
    gained_by: OpId,
    token_before: u32,
}

impl Person {
    pub(super) const fn new(me: Endpoint, home: Endpoint) -> Self {
        Self {
            me,
            home,
            whom: home,
            waiting: None,
            tries: 0,
            redirects: 0,
            stays: false,
            stayed: 0,
            token: 0,
            gained_by: OpId(u32::MAX),
            token_before: 0,
        }
    }

    pub(super) fn act(&mut self, config: &Config, input: Input<Message>, out: &mut Out) {
        match input {
            Input::Operation { op, operation } if operation.is_of_lock() != config.keeps_lock => {
                out.reply(op, Answer::Refused(refusal::NOT_KEPT));
            }
            Input::Operation { op, operation } => {
                self.waiting = Some((op, operation));
                self.tries = 0;
                self.redirects = 0;
                self.stays = false;
                self.stayed = 0;
                let is_stale = config.reads_of(operation) == super::Reads::Stale;
                if operation.is_read() && is_stale {
                    self.whom = self.home;
                }
                self.ask(config, out);
            }
            Input::Message { message, .. } => self.hear(config, message, out),
            Input::PeerDown(_) if config.forwards => {}
            Input::GaveUp { op } if config.forwards => {
                self.forgets(op);
                self.stop(out);
                out.note(Note::new(Why::Cancels, op.0, 0, 0));
                out.send(self.home, Message::Cancel { op });
            }
            Input::Timer(RETRY) => self.ask_again(config, out),
            // Its connection is closed: there is nothing to wait for.
            Input::PeerDown(peer) if peer == self.whom => self.ask_again(config, out),
            Input::GaveUp { op } => {
                self.forgets(op);
                self.stop(out);
            }
            _ => {}
        }
    }

    fn hear(&mut self, config: &Config, message: Message, out: &mut Out) {
        match message {
            Message::Answer { op, answer } if self.waits_for(op) => {
                if let (Some((_, Operation::Acquire)), Answer::Value(token)) =
                    (self.waiting, answer)
                {
                    self.token_before = self.token;
                    self.gained_by = op;
                    self.token = token as u32;
                }
                self.stop(out);
                out.reply(op, answer);
            }
            Message::Answer { op, .. } => out.note(Note::new(Why::TooLate, op.0, 0, 0)),
            Message::Redirect { op, leader } if self.waits_for(op) => {
                if leader == Endpoint::NONE {
                    // This one is there, and will soon know who was elected; unless it is no member any more.
                    self.stays = self.stayed < STAYS_MAX;
                    self.stayed = self.stayed.saturating_add(1);
                    let soon = Micros(config.retry_after.0 / 2);
                    out.set_timer(RETRY, soon, soon + soon);
                    return;
                }
                // Where two point to each other, the timer asks again.
                let is_new = leader != self.whom;
                if is_new && self.redirects < config.nodes {
                    self.redirects += 1;
                    self.whom = leader;
                    out.note(Note::new(Why::AsksThere, 0, u32::from(leader.0), 0));
                    self.ask(config, out);
                }
            }
            _ => {}
        }
    }

    fn waits_for(&self, op: OpId) -> bool {
        self.waiting.is_some_and(|(waiting, _)| waiting == op)
    }

    fn ask(&self, config: &Config, out: &mut Out) {
        let Some((op, operation)) = self.waiting else {
            return;
        };
        let command = Command {
            client: self.me,
            op,
            operation,
            token: self.token,
        };
        out.send(self.whom, Message::Request { command });
        if config.forwards {
            // Its server sees to the rest.
            return;
        }
        // Longer each time, up to four times as long.
        let wait = Micros(config.retry_after.0 << self.tries.min(2));
        out.set_timer(RETRY, wait, wait + Micros(wait.0 / 2));
    }

    fn ask_again(&mut self, config: &Config, out: &mut Out) {
        if self.waiting.is_none() {
            return;
        }
        self.redirects = 0;
        if !core::mem::take(&mut self.stays) {
            self.tries += 1;
            self.stayed = 0;
            self.whom = Endpoint((self.whom.0 + 1) % config.nodes);
        }
        let whom = u32::from(self.whom.0);
        out.note(Note::new(Why::AsksAgain, 0, whom, 0));
        self.ask(config, out);
    }

    /// Its person no longer waits for this. If the answer was there, and the person stood still until it was too late to
    /// hear it, they hold no lock by it.
    const fn forgets(&mut self, op: OpId) {
        if self.gained_by.0 == op.0 {
            self.token = self.token_before;
        }
    }

    fn stop(&mut self, out: &mut Out) {
        self.waiting = None;
        out.cancel_timer(RETRY);
    }
}
