//! What clients ask of a server: writes take a slot; reads do so too, or wait for a round of heartbeats, or trust a lease,
//! or are answered by whoever is asked, from what it has.

use super::message::{Message, Why};
use super::node::Node;
use super::spec::deed;
use super::state::Read;
use crate::operation::Answer;
use crate::protocols::consensus::heard::Served;
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::session::Asked;
use crate::protocols::consensus::{Command, Entry, Index, Note, Reads, Talk};
use crate::units::{Endpoint, Mask, OpId};

impl Read {
    const fn of(command: &Command) -> Self {
        Self {
            client: command.client,
            op: command.op,
            operation: command.operation,
            index: Index(0),
            round: 0,
            at: None,
        }
    }
}

impl Node<'_> {
    pub(in crate::protocols) fn request(&mut self, command: Command) {
        let Command {
            client,
            op,
            operation,
            ..
        } = command;
        let reads = self.config.reads_of(operation);
        if operation.is_watch() || reads == Reads::Watch {
            return self.answer(client, op, Answer::Refused(refusal::NOT_KEPT));
        }
        if operation.is_read() && reads == Reads::Stale {
            let answer = self.memory.machine.look(operation);
            self.note(
                Why::AnswersStale,
                self.memory.applied.0,
                0,
                Note::of_answer(answer),
            );
            return self.serve(client, op, answer, self.memory.applied);
        }
        if operation.is_read() && reads == Reads::Timestamp {
            return self.read_at(Read::of(&command));
        }
        if !self.leads() {
            return self.redirect(&command);
        }
        self.memory.asked = Some(command);
        if operation.is_read() && reads != Reads::Log {
            return self.read(&command, reads);
        }
        match self.memory.machine.sessions.asked(client, op) {
            Asked::First if self.is_open(op) => {}
            Asked::First => {
                let Some(content) = self.stamped(command) else {
                    return;
                };
                let index = self.memory.end(self.disk).next();
                let does = Note::of_operation(operation);
                self.note(Why::Proposes, index.0, 0, does);
                self.propose(content);
            }
            Asked::Again(answer) => {
                self.note(Why::AnswersAgain, 0, 0, 0);
                self.memory.did(deed::DEDUPLICATED);
                self.answer(client, op, answer);
            }
            Asked::Past => {}
        }
    }

    /// Whether it is proposed already: it will be answered when it is applied.
    pub(in crate::protocols) fn is_open(&self, op: OpId) -> bool {
        let (first, last) = (self.disk.commit.next(), self.memory.end(self.disk));
        (first.0..=last.0).any(|index| {
            let command = self.disk.log.get(Index(index)).and_then(Entry::command);
            command.is_some_and(|one| one.op == op)
        })
    }

    fn redirect(&mut self, command: &Command) {
        let leader = self.memory.leader;
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

    /// What a read may not miss is what is chosen now; and before all that this leader proposed anew is chosen, it does
    /// not know what that is.
    fn read(&mut self, command: &Command, reads: Reads) {
        let index = self.disk.commit.max(self.memory.opening);
        let mut read = Read {
            index,
            ..Read::of(command)
        };
        if reads == Reads::Lease && self.config.leases && self.has_lease() {
            self.note(Why::LeaseHolds, index.0, 0, 0);
            self.memory.did(deed::LEASE_READ);
        } else {
            read.round = self.memory.rounds.last + 1;
            self.note(Why::Confirms, index.0, 0, 0);
            self.memory.did(deed::CONFIRMED);
        }
        self.memory.reads.push(read);
        let rounds = &self.memory.rounds;
        if read.round > 0 && rounds.confirmed == rounds.last {
            self.begin_round();
        }
        self.answer_reads();
    }

    pub(in crate::protocols) fn has_lease(&self) -> bool {
        self.context.steady < self.memory.rounds.lease_until
    }

    /// Looks which round a majority has answered by now.
    pub(super) fn confirm(&mut self) {
        let mut rounds = core::mem::take(&mut self.memory.rounds);
        let is_new = rounds.confirm(self.config.lease, &|round| self.is_answered(round));
        self.memory.rounds = rounds;
        if !is_new {
            return;
        }
        self.lease_goes_on();
        self.answer_reads();
        let last = self.memory.rounds.last;
        if self.memory.reads.iter().any(|read| read.round > last) {
            self.begin_round();
        }
    }

    fn is_answered(&self, round: u32) -> bool {
        let mut these = Mask::of(self.context.me);
        for (server, answered) in (0..).zip(&self.memory.answered) {
            if *answered >= round {
                these = these.with(Endpoint(server));
            }
        }
        self.config.is_quorum(these)
    }

    pub(super) fn answer_reads(&mut self) {
        self.safe_now();
        let (applied, confirmed) = (self.memory.applied, self.memory.rounds.confirmed);
        let safe = self.memory.safe;
        let mut place = 0;
        while let Some(read) = self.memory.reads.get(place).copied() {
            let waits = match read.at {
                Some(at) => at > safe,
                None => read.index > applied || read.round > confirmed,
            };
            if waits {
                place += 1;
                continue;
            }
            self.memory.reads.remove(place);
            let (index, then) = match read.at {
                Some(at) => self.as_of(at),
                None => (applied, None),
            };
            let machine = then.as_ref().unwrap_or(&self.memory.machine);
            let answer = machine.look(read.operation);
            self.note(Why::Answers, index.0, 0, Note::of_answer(answer));
            self.serve(read.client, read.op, answer, index);
        }
    }

    fn serve(&mut self, client: Endpoint, op: OpId, answer: Answer, index: Index) {
        // With timestamps, slots that do nothing are seen by nobody.
        let index = match self.config.epsilon {
            Some(_) => index.min(self.memory.last.1),
            None => index,
        };
        self.memory.doings.served.push(Served { client, op, index });
        self.answer(client, op, answer);
    }
}
