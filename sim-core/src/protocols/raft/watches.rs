//! Clients that wait for a key to be written, as etcd's watches do: the server that was asked tells them, from what it has
//! applied, however late that is. Some want a server that knows a leader; these it ends when it has known none for long
//! (etcd 3.4, api/v3rpc/interceptor.go: `WithRequireLeader`, `monitorLeader`).

use super::message::{Message, Why};
use super::node::Node;
use super::reads::said;
use super::spec::{LOOK, LOOKS_MAX};
use crate::operation::{Answer, KEYS, Operation, WATCH};
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Machine, Talk};
use crate::units::{Endpoint, Micros};

/// Whether it is for a server that knows a leader.
const fn wants_leader(watch: &Command) -> bool {
    matches!(watch.operation, Operation::GetAs { way, .. } if way > WATCH)
}

impl Node<'_> {
    pub(super) fn watch(&mut self, watch: Command) {
        if self.memory.watches.iter().any(|one| one.op == watch.op) {
            return;
        }
        let wants_leader = wants_leader(&watch);
        if wants_leader && !self.knows_leader() {
            self.note(Why::KnowsNoLeader, 0, 0, 0);
            self.end(&watch);
            return;
        }
        self.note(Why::Watches, 0, 0, 0);
        let is_looking = self.memory.watches.iter().any(self::wants_leader);
        self.memory.watches.push(watch);
        if wants_leader && !is_looking {
            self.memory.leaderless = 0;
            self.look_later();
        }
    }

    /// Those who wait for this key to be written are told what it holds now.
    pub(super) fn wake(&mut self, key: Option<u8>) {
        let is_it = |one: &Command| one.operation.key() == key;
        while let Some(place) = self.memory.watches.iter().position(is_it) {
            let watch = self.memory.watches.remove(place);
            let answer = self.memory.machine.look(watch.operation);
            let index = self.memory.applied;
            self.note(Why::Wakes, index.0, 0, said(answer));
            self.serve(watch.client, watch.op, answer);
        }
    }

    /// A snapshot came in place of entries: those are told whose key holds something else than before.
    pub(super) fn wake_after(&mut self, before: &Machine) {
        for key in 0..KEYS.len() as u8 {
            let get = Operation::Get { key };
            if before.look(get) != self.memory.machine.look(get) {
                self.wake(Some(key));
            }
        }
    }

    fn knows_leader(&self) -> bool {
        self.is_leader() || self.memory.leader != Endpoint::NONE
    }

    /// A server looks once an election time-out, counted from its start.
    fn look_later(&mut self) {
        let every = self.config.election_after.0;
        let left = Micros(every - self.context.steady.0 % every);
        self.out.set_timer(LOOK, left, left);
    }

    pub(super) fn look_due(&mut self) {
        if !self.memory.watches.iter().any(wants_leader) {
            return;
        }
        self.memory.leaderless = match self.knows_leader() {
            true => 0,
            false => self.memory.leaderless + 1,
        };
        if self.memory.leaderless < LOOKS_MAX {
            self.look_later();
            return;
        }
        self.note(Why::EndsWatches, 0, 0, 0);
        while let Some(place) = self.memory.watches.iter().position(wants_leader) {
            let watch = self.memory.watches.remove(place);
            self.end(&watch);
        }
    }

    fn end(&mut self, watch: &Command) {
        let (op, answer) = (watch.op, Answer::Refused(refusal::NO_LEADER));
        self.out
            .send(watch.client, Message::Talk(Talk::Answer { op, answer }));
    }
}
