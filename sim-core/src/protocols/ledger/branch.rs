//! A branch at work: what the two ways of keeping the book have in common.

use super::message::{Message, Note, Why};
use super::spec::PHONE;
use super::state::{Desk, Job, Safe};
use super::{Config, Out};
use crate::operation::{Answer, Operation};
use crate::protocol::Context;
use crate::units::{Endpoint, OpId};

/// One branch while it handles one input.
pub(super) struct Branch<'a> {
    pub config: &'a Config,
    pub context: Context,
    pub safe: &'a mut Safe,
    pub desk: &'a mut Desk,
    pub out: &'a mut Out,
}

impl Branch<'_> {
    pub(super) fn send_others(&mut self, message: Message) {
        for other in self.config.others(self.context.me).iter() {
            self.out.send(other, message);
        }
    }

    pub(super) fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note { why, a, b, n });
    }

    /// Writes the safe down and wants to hear of it.
    pub(super) fn persist(&mut self) -> u32 {
        self.desk.marks += 1;
        self.out.persist(self.desk.marks);
        self.desk.marks
    }

    /// Writes the safe down; only what is sent after it waits for that.
    pub(super) fn persist_quietly(&mut self) {
        self.desk.marks += 1;
        self.out.persist_quietly(self.desk.marks);
    }

    pub(super) fn arm_phone(&mut self) {
        let phone = self.config.phone;
        self.out.set_timer(PHONE, phone, phone);
    }

    /// Takes a request, unless it was taken before.
    pub(super) fn take_request(
        &mut self,
        client: Endpoint,
        op: OpId,
        operation: Operation,
    ) -> Option<Job> {
        let is_new = self.desk.take(self.config, client, op);
        is_new.then_some(Job {
            client,
            op,
            operation,
            since: self.context.steady,
            sent: false,
            confirmed: None,
        })
    }

    /// Answers a customer.
    pub(super) fn answer(&mut self, job: &Job, answer: Answer) {
        let op = job.op;
        self.out.send(job.client, Message::Answer { op, answer });
    }
}
