//! What clients ask of a server: writes go through the log; reads go there too, or wait for a round of heartbeats (read
//! index, thesis §6.4), or trust a lease, or are answered by whoever is asked, from what it has.

use super::Reads;
use super::message::{Message, Why};
use super::node::Node;
use super::spec::{deed, rule};
use super::state::Read;
use crate::operation::Answer;
use crate::protocols::consensus::heard::Served;
use crate::protocols::consensus::{Command, Note, Talk};
use crate::units::{Endpoint, Mask, Micros, OpId};

impl Node<'_> {
    pub(super) fn request(&mut self, command: Command) {
        let is_read = command.operation.is_read();
        let reads = self.config.reads_of(command.operation);
        match reads {
            Reads::Stale if is_read => return self.read_stale(&command),
            Reads::Watch if is_read => return self.watch(&command),
            _ => {}
        }
        if self.config.forwards() {
            self.take_on(command);
            return;
        }
        if !self.is_leader() || self.memory.heir != Endpoint::NONE {
            self.redirect(&command);
            return;
        }
        self.have_done(self.context.me, &command);
    }

    fn redirect(&mut self, command: &Command) {
        let leader = match self.is_leader() {
            true => Endpoint::NONE,
            false => self.memory.leader,
        };
        if leader == Endpoint::NONE {
            self.note(Why::KnowsNoLeader, 0, 0, 0);
        } else {
            self.note_node(Why::Redirects, 0, leader);
            self.memory.did(deed::REDIRECTED);
        }
        let op = command.op;
        let redirect = Talk::Redirect { op, leader };
        self.out.send(command.client, Message::Talk(redirect));
    }

    fn read_stale(&mut self, command: &Command) {
        let (client, op) = (command.client, command.op);
        let answer = self.memory.machine.look(command.operation);
        let index = self.memory.applied;
        self.note(Why::AnswersStale, index.0, 0, Note::of_answer(answer));
        self.serve(client, op, answer);
    }

    /// What a read may not miss is what is committed now, and before the first commit of its term a leader does not know
    /// what that is; so also its no-op.
    pub(super) fn read(&mut self, at: Endpoint, command: &Command) {
        let index = self.memory.commit.max(self.memory.no_op);
        let mut read = Read {
            at,
            client: command.client,
            op: command.op,
            operation: command.operation,
            index,
            round: 0,
        };
        let reads = self.config.reads_of(command.operation);
        if reads == Reads::Lease && self.config.leases && self.has_lease() {
            self.note(Why::LeaseHolds, index.0, 0, 0);
            self.memory.did(deed::LEASE_READ);
        } else if self.config.keeps(rule::CONFIRM_READS) {
            read.round = self.memory.rounds.last + 1;
            self.note(Why::Confirms, index.0, 0, 0);
            self.memory.did(deed::READ_INDEX);
        }
        self.memory.reads.push(read);
        if read.round > 0 && self.memory.rounds.confirmed == self.memory.rounds.last {
            self.begin_round();
        }
        self.answer_reads();
    }

    fn has_lease(&self) -> bool {
        match self.config.lease_after {
            Micros::ZERO => {
                !self.memory.no_lease && self.context.steady < self.memory.rounds.lease_until
            }
            // Whoever leads has it.
            _ => true,
        }
    }

    /// Looks which round a majority has answered by now.
    pub(super) fn confirm(&mut self) {
        if !self.is_leader() {
            return;
        }
        // Those who are asked know of these rounds.
        let mut rounds = core::mem::take(&mut self.memory.rounds);
        let is_new = rounds.confirm(self.config.lease, &|round| self.is_answered(round));
        self.memory.rounds = rounds;
        if !is_new {
            return;
        }
        self.answer_reads();
        let waits = |read: &Read| read.round > self.memory.rounds.last;
        if self.memory.reads.iter().any(waits) {
            self.begin_round();
        }
    }

    fn is_answered(&self, round: u32) -> bool {
        let mut these = Mask::of(self.context.me);
        for other in self.others().iter() {
            let peer = &self.memory.peers[other.index() % super::NODES_MAX];
            if peer.round >= round {
                these = these.with(other);
            }
        }
        self.is_quorum(these)
    }

    pub(super) fn answer_reads(&mut self) {
        let (applied, confirmed) = (self.memory.applied, self.memory.rounds.confirmed);
        let mut place = 0;
        while let Some(read) = self.memory.reads.get(place).copied() {
            if read.index > applied || read.round > confirmed {
                place += 1;
                continue;
            }
            self.memory.reads.remove(place);
            if read.at != self.context.me {
                let (op, index) = (read.op, read.index);
                self.out.send(read.at, Message::ReadAt { op, index });
                continue;
            }
            if self.config.forwards() && !self.stop_waiting(read.op) {
                continue;
            }
            let answer = self.memory.machine.look(read.operation);
            self.note(Why::Answers, applied.0, 0, Note::of_answer(answer));
            self.serve(read.client, read.op, answer);
        }
    }

    pub(super) fn serve(&mut self, client: Endpoint, op: OpId, answer: Answer) {
        let index = self.memory.applied;
        self.memory.doings.served.push(Served { client, op, index });
        self.answer(client, op, answer);
    }
}
