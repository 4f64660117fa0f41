//! Requests that a server passes on to its leader instead of pointing the client there. The client stays with its server,
//! and the server owes it an answer: it has the request done by whoever leads, waits where nobody does, and refuses it
//! when it has tried for long enough. It answers what it has applied itself.
//!
//! A write is passed on once. If the leader that had it is gone, nobody knows what became of it, so it is never asked
//! again; a read is, because it changes nothing.

use super::Reads;
use super::message::{Message, Why};
use super::node::Node;
use super::spec::{GIVE_UP, deed};
use super::state::{Read, Role, Waiting};
use crate::operation::{Answer, UNSURE};
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::session::Asked;
use crate::protocols::consensus::{Command, Index, Note, Term};
use crate::units::{Endpoint, Micros, OpId};

/// How often a server tries to open a connection that was broken: a first packet that gets no answer is sent again after
/// a second (RFC 6298, section 2).
const TRIES_EVERY: Micros = Micros::from_ms(1_000);

/// A connection over which something comes all the time.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Connection {
    /// When something came last.
    pub heard: Micros,
    /// If it was silent until it broke: when there will be a new one.
    is_back_at: Option<Micros>,
}

impl Connection {
    pub(super) const fn new(now: Micros) -> Self {
        Self {
            heard: now,
            is_back_at: None,
        }
    }

    /// Something came. `false`: over a connection that is broken, so it is lost.
    fn hears(&mut self, now: Micros, limit: Micros) -> bool {
        let silence = now.since(self.heard);
        if silence >= limit {
            let tries = silence.since(limit).0.div_ceil(TRIES_EVERY.0);
            let next = self.heard + limit + Micros(tries * TRIES_EVERY.0);
            if now < *self.is_back_at.get_or_insert(next) {
                return false;
            }
        }
        *self = Self::new(now);
        true
    }
}

impl Node<'_> {
    // --- a server that was asked

    /// A client asks: from now on this server owes it an answer.
    pub(super) fn take_on(&mut self, command: Command) {
        let is_known = |one: &Waiting| one.command.op == command.op;
        if self.memory.waiting.iter().any(is_known) {
            return;
        }
        self.memory.waiting.push(Waiting {
            command,
            since: self.context.steady,
            asked: Endpoint::NONE,
        });
        if self.memory.waiting.len() == 1 {
            self.arm_give_up();
        }
        self.pass_on(&command);
    }

    /// Has it done by the leader, or lets it wait until there is one.
    fn pass_on(&mut self, command: &Command) {
        let me = self.context.me;
        let to = match (self.is_leader(), self.memory.role) {
            (true, _) if self.hands_over() => Endpoint::NONE,
            (true, _) => me,
            (false, Role::Follower) => self.memory.leader,
            (false, _) => Endpoint::NONE,
        };
        let is_it = |one: &&mut Waiting| one.command.op == command.op;
        if let Some(waiting) = self.memory.waiting.iter_mut().find(is_it) {
            waiting.asked = to;
        }
        if to == me {
            self.have_done(me, command);
        } else if to == Endpoint::NONE {
            self.note(Why::WaitsForLeader, 0, 0, 0);
        } else {
            let does = Note::of_operation(command.operation);
            self.note(Why::PassesOn, 0, u32::from(to.0), does);
            let forward = Message::Forward {
                command: *command,
                term: self.disk.term,
                round: self.memory.heard_round,
            };
            self.out.send(to, forward);
        }
    }

    /// While a leader hands over it begins nothing.
    fn hands_over(&self) -> bool {
        self.memory.heir != Endpoint::NONE || self.memory.is_handing
    }

    /// Whom to ask is known again: what waited for that goes out, and so do reads that somebody else was asked.
    pub(super) fn leader_is_known(&mut self) {
        let mut place = 0;
        while let Some(waiting) = self.memory.waiting.get(place).copied() {
            let command = waiting.command;
            if waiting.asked == Endpoint::NONE || self.is_confirmed_read(&command) {
                self.pass_on(&command);
            }
            // What was answered at once is gone from the list.
            let is_here = |one: &Waiting| one.command.op == command.op;
            place += usize::from(self.memory.waiting.get(place).is_some_and(is_here));
        }
    }

    /// A read that needs no entry in the log.
    fn is_confirmed_read(&self, command: &Command) -> bool {
        let reads = self.config.reads_of(command.operation);
        command.operation.is_read() && reads != Reads::Log
    }

    /// Whether it owed an answer to this; it does no more.
    pub(super) fn stop_waiting(&mut self, op: OpId) -> bool {
        let place = |one: &Waiting| one.command.op == op;
        let Some(place) = self.memory.waiting.iter().position(place) else {
            return false;
        };
        self.memory.waiting.remove(place);
        if self.memory.waiting.is_empty() {
            self.out.cancel_timer(GIVE_UP);
        }
        true
    }

    /// The client no longer waits. What the leader has of it goes its way.
    pub(super) fn cancelled(&mut self, op: OpId) {
        self.stop_waiting(op);
        self.memory.reads.retain(|read| read.op != op);
    }

    /// The leader says what a read is to see.
    pub(super) fn may_read(&mut self, from: Endpoint, op: OpId, index: Index) {
        let is_it = |one: &&Waiting| one.command.op == op;
        let Some(waiting) = self.memory.waiting.iter().find(is_it).copied() else {
            return;
        };
        self.note_node(Why::MayRead, index.0, from);
        let Command {
            client, operation, ..
        } = waiting.command;
        self.memory.reads.push(Read {
            at: self.context.me,
            client,
            op,
            operation,
            index,
            round: 0,
        });
        self.answer_reads();
    }

    // --- giving up

    fn arm_give_up(&mut self) {
        let limit = self.config.gives_up_after;
        if limit == Micros::ZERO {
            return;
        }
        if let Some(first) = self.memory.waiting.first() {
            let left = (first.since + limit).since(self.context.steady);
            let left = left.max(Micros(1));
            self.out.set_timer(GIVE_UP, left, left);
        }
    }

    /// The request that has waited longest has waited long enough.
    pub(super) fn give_up_due(&mut self) {
        let limit = self.config.gives_up_after;
        while let Some(first) = self.memory.waiting.first().copied() {
            if first.since + limit > self.context.steady {
                break;
            }
            self.note(Why::GivesUp, first.command.op.0, 0, 0);
            self.refuse(&first, refusal::TIMED_OUT);
        }
        self.arm_give_up();
    }

    /// A write that was passed on may have been done, or may yet be. What nobody was asked for was not.
    fn refuse(&mut self, waiting: &Waiting, reason: u8) {
        let Command {
            client,
            op,
            operation,
            ..
        } = waiting.command;
        let is_sure = operation.is_read() || waiting.asked == Endpoint::NONE;
        let reason = if is_sure { reason } else { reason | UNSURE };
        self.cancelled(op);
        self.answer(client, op, Answer::Refused(reason));
    }

    /// It leads no more. What it had begun as leader waits on, or is refused.
    pub(super) fn office_is_lost(&mut self) {
        let me = self.context.me;
        if !self.config.refuses_rest {
            return;
        }
        let begun = |one: &&Waiting| one.asked == me;
        if self.memory.waiting.iter().any(|one| begun(&one)) {
            self.note(Why::RefusesRest, 0, 0, 0);
        }
        while let Some(waiting) = self.memory.waiting.iter().find(begun).copied() {
            self.refuse(&waiting, refusal::LEADS_NO_MORE);
        }
    }

    // --- the leader

    /// A server passes on what it was asked.
    pub(super) fn forwarded(&mut self, from: Endpoint, command: &Command, term: Term, round: u32) {
        if self.came_over_a_broken_line(term, round) {
            self.note_node(Why::OldConnection, 0, from);
        } else if self.is_leader() && !self.hands_over() {
            self.have_done(from, command);
        } else if self.memory.role == Role::Follower
            && self.memory.leader != Endpoint::NONE
            && self.memory.leader != from
        {
            // It has just learned of another leader.
            let forward = Message::Forward {
                command: *command,
                term: self.disk.term,
                round: self.memory.heard_round,
            };
            self.out.send(self.memory.leader, forward);
        }
    }

    /// A server answers what it has applied, so it is told at once what is committed.
    pub(super) fn tell_commit(&mut self) {
        if !self.config.forwards() || !self.is_leader() {
            return;
        }
        for other in self.others().iter() {
            if !self.memory.peer(other).probing {
                self.send_append(other);
            }
        }
    }

    /// Has a request done as leader, for a server that was asked, and that may be itself.
    pub(super) fn have_done(&mut self, at: Endpoint, command: &Command) {
        if self.is_confirmed_read(command) {
            self.read(at, command);
            return;
        }
        let Command { client, op, .. } = *command;
        let asked = match self.config.checks.sessions {
            true => self.memory.machine.sessions.asked(client, op),
            false => Asked::First,
        };
        match asked {
            Asked::First => self.write(command),
            Asked::Again(answer) => {
                self.memory.did(deed::DEDUPLICATED);
                if !self.config.forwards() || self.stop_waiting(op) {
                    self.note(Why::AnswersAgain, 0, 0, 0);
                    self.answer(client, op, answer);
                }
            }
            Asked::Past => {}
        }
    }

    /// A connection that was silent for long is closed, and what was still on its way over it is lost. Whoever passes
    /// something on says what it had last heard of its leader; that was too long ago, or of another term.
    fn came_over_a_broken_line(&self, term: Term, round: u32) -> bool {
        let oldest = self.memory.beats.first();
        let is_old = oldest.is_some_and(|(beat, _)| round < *beat);
        self.config.connection_after > Micros::ZERO && (term != self.disk.term || is_old)
    }

    /// A leader hears from all its followers all the time. Where one was silent for so long that the connection is
    /// broken, it tries to open a new one again and again, and hears nothing before one of these tries.
    pub(super) fn has_connection(&mut self, from: Endpoint) -> bool {
        let limit = self.config.connection_after;
        if limit == Micros::ZERO || !self.is_leader() {
            return true;
        }
        let now = self.context.steady;
        let is_there = self.memory.peer(from).connection.hears(now, limit);
        if !is_there {
            self.note_node(Why::OldConnection, 0, from);
        }
        is_there
    }

    /// A follower hears from its leader all the time, as long as that leads. The same the other way round.
    pub(super) fn was_led_over_a_broken_line(&mut self, from: Endpoint, term: Term) -> bool {
        let (limit, now) = (self.config.connection_after, self.context.steady);
        if limit == Micros::ZERO {
            return false;
        }
        let peer = self.memory.peer(from);
        if peer.led_in != term {
            peer.led_in = term;
            peer.connection = Connection::new(now);
        }
        !peer.connection.hears(now, limit)
    }

    /// Keeps when the rounds of the last while began.
    pub(super) fn remember_beat(&mut self) {
        let limit = self.config.connection_after;
        if limit == Micros::ZERO {
            return;
        }
        let (round, now) = (self.memory.rounds.last, self.context.steady);
        let beats = &mut self.memory.beats;
        beats.push((round, now));
        // The first is the last that is old enough.
        let old = beats.iter().filter(|(_, at)| now.since(*at) >= limit);
        let old = old.count();
        beats.drain(..old.saturating_sub(1));
    }
}
