//! Clients that wait for a key to be written, as etcd's watches do: the server that was asked tells them, from what it has
//! applied, however late that is. Some want a server that knows a leader; these it ends when it has known none for long
//! (etcd 3.4, api/v3rpc/interceptor.go: `WithRequireLeader`, `monitorLeader`).

use super::message::Why;
use super::node::Node;
use super::spec::{LOOK, LOOKS_MAX};
use super::state::Read;
use crate::operation::{Answer, Operation, WATCH};
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Note};
use crate::units::{Endpoint, Micros};

impl Read {
    /// Whether it is for a server that knows a leader.
    fn wants_leader(&self) -> bool {
        matches!(self.operation, Operation::GetAs { way, .. } if way > WATCH)
    }
}

impl Node<'_> {
    pub(super) fn watch(&mut self, command: &Command) {
        let is_it = |read: &Read| read.op == command.op;
        if self.memory.reads.iter().any(is_it) {
            return;
        }
        let watch = Read {
            at: self.context.me,
            client: command.client,
            op: command.op,
            operation: command.operation,
            index: Read::WATCHES,
            round: 0,
        };
        if watch.wants_leader() && !self.knows_leader() {
            self.end(&watch);
            return;
        }
        self.memory.reads.push(watch);
        self.note(Why::Watches, 0, 0, 0);
        self.look_later();
    }

    /// Those who wait for this key to be written are told what it holds now.
    pub(super) fn tell(&mut self, key: u8) {
        while let Some(watch) = self.take_watch(&|watch| watch.operation.key() == Some(key)) {
            let answer = self.memory.machine.look(watch.operation);
            self.note(
                Why::Wakes,
                self.memory.applied.0,
                0,
                Note::of_answer(answer),
            );
            self.serve(watch.client, watch.op, answer);
        }
    }

    fn take_watch(&mut self, is_it: &dyn Fn(&Read) -> bool) -> Option<Read> {
        let is_it = |read: &Read| read.watches() && is_it(read);
        let place = self.memory.reads.iter().position(is_it)?;
        Some(self.memory.reads.remove(place))
    }

    fn end(&mut self, watch: &Read) {
        self.note(Why::KnowsNoLeader, 0, 0, 0);
        let refusal = Answer::Refused(refusal::NO_LEADER);
        self.answer(watch.client, watch.op, refusal);
    }

    /// A snapshot came in place of entries: those are told whose key holds something else than before.
    pub(super) fn tell_what_differs(&mut self, before: &[u8]) {
        for (key, value) in (0..).zip(before) {
            if self.memory.machine.values[usize::from(key)] != *value {
                self.tell(key);
            }
        }
    }

    fn knows_leader(&self) -> bool {
        self.is_leader() || self.memory.leader != Endpoint::NONE
    }

    /// A server looks once an election time-out, by its own clock, as long as somebody watches.
    fn look_later(&mut self) {
        let every = self.config.election_after.0;
        let left = Micros(every - self.context.steady.0 % every);
        self.out.set_timer(LOOK, left, left);
    }

    pub(super) fn look_due(&mut self) {
        self.memory.leaderless = match self.knows_leader() {
            true => 0,
            false => self.memory.leaderless + 1,
        };
        if self.memory.leaderless >= LOOKS_MAX {
            self.memory.leaderless = 0;
            while let Some(watch) = self.take_watch(&Read::wants_leader) {
                self.end(&watch);
            }
        }
        if self.memory.reads.iter().any(Read::watches) {
            self.look_later();
        }
    }
}
