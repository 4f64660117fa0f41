//! A client: its driver, which knows whom to ask and what the session has written, for a person who only asks.

use super::message::{Epoch, Message, Note, Position, Why};
use super::spec::refusal;
use super::{Config, Out, Reads};
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Input};
use crate::units::{Endpoint, Mask, Micros, OpId};

/// A person at a node: asks once, listens until the patience ends.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    me: Endpoint,
    home: Endpoint,
    /// Whom the driver takes for the primary, and the highest epoch that it was told of.
    primary: Endpoint,
    epoch: Epoch,
    /// The operation that the person waits for.
    waiting: Option<(OpId, Operation)>,
    /// Whether it was asked of a primary, and how often the driver was pointed elsewhere.
    primary_only: bool,
    redirects: u8,
    /// The session's last write, and when it was heard of.
    session: Position,
    wrote_at: Option<Micros>,
}

impl Person {
    pub(super) fn new(me: Endpoint, home: Endpoint) -> Self {
        let epoch = Epoch::default();
        Self {
            me,
            home,
            primary: epoch.primary(),
            epoch,
            waiting: None,
            primary_only: false,
            redirects: 0,
            session: Position::default(),
            wrote_at: None,
        }
    }

    pub(super) fn act(
        &mut self,
        config: &Config,
        context: Context,
        input: Input<Message>,
        out: &mut Out,
    ) {
        match input {
            Input::Operation { op, operation } => {
                self.waiting = Some((op, operation));
                self.primary_only = self.needs_primary(config, context, operation);
                self.redirects = 0;
                self.ask(out);
            }
            Input::Message { from, message } => match message {
                Message::Answer { op, answer, at } if self.waits_for(op) => {
                    self.waiting = None;
                    out.reply(op, answer);
                    self.learn(config, context, (from, answer, at), out);
                }
                Message::Answer { op, answer, .. } => {
                    let told = !matches!(answer, Answer::Refused(_));
                    note(out, Why::TooLate, op.0, u32::from(told));
                }
                Message::Redirect { op, epoch } if self.waits_for(op) => {
                    self.redirected(config, epoch, out);
                }
                Message::Session { at } => self.wrote(context, at),
                _ => {}
            },
            Input::GaveUp { .. } => self.look_elsewhere(config, out),
            _ => {}
        }
    }

    fn waits_for(&self, op: OpId) -> bool {
        self.waiting.is_some_and(|(waiting, _)| waiting == op)
    }

    /// Whether only a primary may answer.
    fn needs_primary(&self, config: &Config, context: Context, operation: Operation) -> bool {
        let recently = |at: Micros| context.steady.since(at) < config.primary_for;
        !operation.is_read()
            || match config.reads {
                Reads::Primary => true,
                Reads::Timer => self.wrote_at.is_some_and(recently),
                Reads::Any | Reads::Position => false,
            }
    }

    fn ask(&self, out: &mut Out) {
        let Some((op, operation)) = self.waiting else {
            return;
        };
        let whom = if self.primary_only {
            self.primary
        } else {
            self.home
        };
        let request = Message::Request {
            op,
            operation,
            session: self.session,
            primary_only: self.primary_only,
        };
        out.send(whom, request);
    }

    /// What an answer tells beside what it says.
    fn learn(
        &mut self,
        config: &Config,
        context: Context,
        (from, answer, at): (Endpoint, Answer, Position),
        out: &mut Out,
    ) {
        match answer {
            Answer::Done => {
                self.primary = from;
                self.epoch = self.epoch.max(at.epoch);
                self.wrote(context, at);
                if config.shared {
                    for tab in config.tabs().without(Mask::of(self.me)).iter() {
                        out.send(tab, Message::Session { at });
                    }
                }
            }
            // The person has been told; what is left of the session's writes is in the history up to here.
            Answer::Refused(refusal::GONE) => self.session = at,
            _ => {}
        }
    }

    fn wrote(&mut self, context: Context, at: Position) {
        self.session = self.session.max(at);
        self.wrote_at = Some(context.steady);
    }

    fn redirected(&mut self, config: &Config, epoch: Epoch, out: &mut Out) {
        // Each pointer is to a later epoch's primary, so this ends; who points back in time is not believed.
        if epoch < self.epoch || self.redirects >= config.nodes {
            return;
        }
        self.redirects += 1;
        self.epoch = epoch;
        self.primary = epoch.primary();
        note(out, Why::AsksThere, 0, u32::from(epoch.node));
        self.ask(out);
    }

    /// Nobody answered: the driver tries the next of its list of nodes when a primary is needed again.
    fn look_elsewhere(&mut self, config: &Config, out: &mut Out) {
        self.waiting = None;
        if self.primary_only {
            self.primary = Endpoint((self.primary.0 + 1) % config.nodes);
            note(out, Why::LooksElsewhere, 0, u32::from(self.primary.0));
        }
    }
}

fn note(out: &mut Out, why: Why, a: u32, b: u32) {
    out.note(Note { why, a, b, n: 0 });
}
