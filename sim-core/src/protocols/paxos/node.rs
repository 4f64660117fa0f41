//! A server at work: proposer, acceptor and learner in one.
//!
//! Everything durable is persisted in the same handler, and every answer that rests on it follows the persist, so it
//! leaves only when it is durable. A proposer counts its own promise or acceptance when its disk has confirmed it, no
//! sooner.

use super::message::{Accepted, Message, Why};
use super::spec::{OTHER_CHOSEN, ROUND, deed, rule};
use super::state::{Disk, Memory, Phase, Tally};
use super::{Config, Out};
use crate::operation::Answer;
use crate::protocol::Input;
use crate::protocols::consensus::machine::{Checks, refusal};
use crate::protocols::consensus::{Ballot, Command, Machine, Note, Reads, Talk};
use crate::units::{Endpoint, Mask};

/// One server while it handles one input.
pub(super) struct Node<'a> {
    pub config: &'a Config,
    pub me: Endpoint,
    pub disk: &'a mut Disk,
    pub memory: &'a mut Memory,
    pub out: &'a mut Out,
}

impl Node<'_> {
    pub(super) fn act(&mut self, input: Input<Message>) {
        match input {
            Input::Start => self.start(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(ROUND) => self.round_due(),
            Input::Persisted(mark) => self.persisted(mark),
            _ => {}
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Talk(Talk::Request { command }) => self.asked(command),
            Message::Talk(_) => {}
            Message::Prepare { ballot } => self.prepare(from, ballot),
            Message::Promise { ballot, accepted } => self.promised(from, ballot, accepted),
            Message::Accept { ballot, value } => self.accept(from, ballot, value),
            Message::Accepted { ballot, value } => self.accepted(from, ballot, value),
            Message::Refuse { ballot, promised } => self.refused(ballot, promised),
            Message::Chosen { value } => self.learn(value),
        }
    }

    fn start(&mut self) {
        if let Some((ballot, value)) = self.disk.accepted {
            self.note_value(Why::IsBack, ballot, &value);
            self.memory.did(deed::KEPT);
        }
    }

    // --- clients

    fn asked(&mut self, command: Command) {
        let operation = command.operation;
        if operation.is_of_lock() || operation.is_watch() {
            return self.answer(&command, Answer::Refused(refusal::NOT_KEPT));
        }
        let reads = self.config.reads_of(operation);
        if self.disk.chosen.is_some() || (operation.is_read() && reads == Reads::Stale) {
            if self.disk.chosen.is_none() {
                self.note(Why::AnswersKnown, Ballot::default(), 0);
            }
            return self.answer_chosen(&command);
        }
        if !self.config.proposers.contains(self.me) {
            // The first one does.
            let leader = Endpoint(0);
            self.note_nodes(Why::Redirects, u32::from(leader.0), 0);
            self.memory.did(deed::REDIRECTED);
            let op = command.op;
            let redirect = Talk::Redirect { op, leader };
            return self.out.send(command.client, Message::Talk(redirect));
        }
        if self.memory.jobs.iter().all(|job| job.op != command.op) {
            self.memory.jobs.push(command);
        }
        if self.memory.phase == Phase::Idle {
            self.work();
        }
    }

    fn answer(&mut self, command: &Command, answer: Answer) {
        let op = command.op;
        let answer = Message::Talk(Talk::Answer { op, answer });
        self.out.send(command.client, answer);
    }

    /// Answers from what is chosen, or as if nothing were.
    fn answer_chosen(&mut self, command: &Command) {
        let mut machine = Machine::default();
        let checks = Checks {
            sessions: true,
            tokens: true,
        };
        let done = self
            .disk
            .chosen
            .map(|value| (value.op, machine.apply(&value, checks).answer));
        let answer = match done {
            _ if command.operation.is_read() => machine.look(command.operation),
            Some((op, Some(answer))) if op == command.op => answer,
            _ => {
                self.note_value(Why::OtherChosen, Ballot::default(), command);
                self.memory.did(deed::OTHER);
                Answer::Refused(OTHER_CHOSEN)
            }
        };
        self.answer(command, answer);
    }

    // --- a proposer

    /// Begins with the first that waits, if there is one.
    fn work(&mut self) {
        let Some(job) = self.memory.jobs.first().copied() else {
            return self.rest();
        };
        let memory = &mut *self.memory;
        let round = memory.round.max(self.disk.promised.round) + 1;
        let server = match self.config.keeps(rule::UNIQUE_BALLOTS) {
            true => self.me.0,
            false => 0,
        };
        let ballot = Ballot { round, server };
        memory.round = round;
        memory.ballot = ballot;
        memory.of = job.op;
        memory.value = (!job.operation.is_read()).then_some(job);
        memory.best = None;
        (self.disk.promised, self.disk.tried) = (ballot, round);
        self.note(Why::Prepares, ballot, 0);
        self.enter(Phase::Preparing);
        self.send_others(Message::Prepare { ballot });
    }

    /// Begins a phase: its own answer is being written, and nobody else was heard.
    fn enter(&mut self, phase: Phase) {
        self.memory.phase = phase;
        self.memory.heard = Mask::EMPTY;
        self.memory.mark = self.persist();
        self.arm();
    }

    fn rest(&mut self) {
        self.memory.phase = Phase::Idle;
        self.out.cancel_timer(ROUND);
    }

    fn arm(&mut self) {
        let after = self.config.round_after;
        self.out.set_timer(ROUND, after, after + after);
    }

    /// Counts an answer to what it is trying now.
    fn counts(&mut self, phase: Phase, from: Endpoint, ballot: Ballot) -> bool {
        let memory = &mut *self.memory;
        let fits = memory.phase == phase && memory.ballot == ballot;
        if fits {
            memory.heard = memory.heard.with(from);
        }
        fits
    }

    fn has_quorum(&self) -> bool {
        self.memory.heard.count() >= self.config.quorum()
    }

    fn promised(&mut self, from: Endpoint, ballot: Ballot, accepted: Accepted) {
        if self.counts(Phase::Preparing, from, ballot) {
            self.keep_if_higher(accepted);
            self.try_propose();
        }
    }

    fn keep_if_higher(&mut self, accepted: Accepted) {
        let best = &mut self.memory.best;
        if accepted.map(|(ballot, _)| ballot) > best.map(|(ballot, _)| ballot) {
            *best = accepted;
        }
    }

    /// With promises from a quorum: phase 2, or the answer to a read that found nothing.
    fn try_propose(&mut self) {
        if !self.has_quorum() {
            return;
        }
        let ballot = self.memory.ballot;
        if self.disk.promised != ballot {
            // Meanwhile it has promised a higher one itself.
            return self.overtaken(self.disk.promised);
        }
        let (own, best) = (self.memory.value, self.memory.best);
        let value = match (own, best) {
            (None, None) => return self.finds_nothing(),
            (None, Some((under, value))) => {
                self.note_value(Why::Completes, under, &value);
                value
            }
            (Some(own), Some((under, value))) if self.config.keeps(rule::ADOPT) => {
                if own.op != value.op {
                    self.note_value(Why::Adopts, under, &value);
                    self.memory.did(deed::ADOPTED);
                }
                value
            }
            (Some(own), _) => {
                let does = Note::of_operation(own.operation);
                self.note_nodes(Why::Proposes, self.memory.heard.0, does);
                own
            }
        };
        self.memory.value = Some(value);
        self.disk.accepted = Some((ballot, value));
        self.enter(Phase::Accepting);
        self.memory.unsettled.push((self.memory.mark, ballot));
        self.send_others(Message::Accept { ballot, value });
    }

    /// A majority has accepted nothing: nothing was chosen when this read was asked.
    fn finds_nothing(&mut self) {
        self.note_nodes(Why::FindsNothing, self.memory.heard.0, 0);
        self.memory.did(deed::NOTHING);
        let of = self.memory.of;
        if let Some(place) = self.memory.jobs.iter().position(|job| job.op == of) {
            let job = self.memory.jobs.remove(place);
            self.answer_chosen(&job);
        }
        self.work();
    }

    fn refused(&mut self, ballot: Ballot, promised: Ballot) {
        let memory = &mut *self.memory;
        memory.round = memory.round.max(promised.round);
        let tries = matches!(memory.phase, Phase::Preparing | Phase::Accepting);
        if tries && memory.ballot == ballot {
            self.overtaken(promised);
        }
    }

    fn overtaken(&mut self, by: Ballot) {
        if !self.config.backs_off {
            self.note(Why::OvertakenAtOnce, by, 0);
            return self.work();
        }
        self.note(Why::Overtaken, by, 0);
        self.memory.phase = Phase::Waiting;
        self.arm();
    }

    fn round_due(&mut self) {
        let memory = &*self.memory;
        let ballot = memory.ballot;
        let message = match (memory.phase, memory.value) {
            (Phase::Preparing, _) => Message::Prepare { ballot },
            (Phase::Accepting, Some(value)) => Message::Accept { ballot, value },
            (Phase::Waiting, _) => return self.work(),
            _ => return,
        };
        let heard = memory.heard.with(self.me);
        let silent = self.config.servers.0.without(heard);
        self.note_nodes(Why::AsksAgain, silent.0, 0);
        for server in silent.iter() {
            self.out.send(server, message);
        }
        self.arm();
    }

    // --- an acceptor

    fn prepare(&mut self, from: Endpoint, ballot: Ballot) {
        if !self.may_promise(from, ballot) {
            return;
        }
        self.persist_quietly();
        let accepted = self.disk.accepted;
        match accepted {
            None => self.note(Why::Promises, ballot, 0),
            Some((_, value)) => self.note_value(Why::PromisesHaving, ballot, &value),
        }
        self.out.send(from, Message::Promise { ballot, accepted });
    }

    /// Promises the ballot, unless a higher one has its promise, or everything is over: then whoever asks is told.
    fn may_promise(&mut self, from: Endpoint, ballot: Ballot) -> bool {
        if let Some(value) = self.disk.chosen {
            self.note_nodes(Why::Tells, u32::from(from.0), 0);
            self.memory.did(deed::TOLD);
            self.out.send(from, Message::Chosen { value });
            return false;
        }
        let promised = self.disk.promised;
        if ballot < promised {
            self.note(Why::Refuses, promised, 0);
            self.memory.did(deed::OVERTAKEN);
            self.out.send(from, Message::Refuse { ballot, promised });
            return false;
        }
        self.disk.promised = ballot;
        true
    }

    fn accept(&mut self, from: Endpoint, ballot: Ballot, value: Command) {
        if !self.may_promise(from, ballot) {
            return;
        }
        self.disk.accepted = Some((ballot, value));
        let mark = self.persist();
        self.memory.unsettled.push((mark, ballot));
        self.note_value(Why::Accepts, ballot, &value);
        let accepted = Message::Accepted { ballot, value };
        if self.config.all_hear {
            self.send_others(accepted);
        } else {
            self.out.send(from, accepted);
        }
    }

    /// What it wrote under this mark is durable: its own promise or acceptance counts from now on.
    fn persisted(&mut self, mark: u32) {
        let memory = &mut *self.memory;
        let settled = { memory.unsettled.iter() }.position(|(under, _)| *under == mark);
        if let Some(place) = settled {
            let (_, ballot) = memory.unsettled.remove(place);
            memory.voted = memory.voted.max(ballot);
            if let Some((last, value)) = self.disk.accepted
                && self.config.all_hear
                && last == ballot
            {
                self.count(self.me, ballot, value);
            }
        }
        if self.memory.mark != mark {
            return;
        }
        let me = self.me;
        match self.memory.phase {
            Phase::Preparing => {
                self.memory.heard = self.memory.heard.with(me);
                self.keep_if_higher(self.disk.accepted);
                self.try_propose();
            }
            Phase::Accepting => {
                let (ballot, value) = (self.memory.ballot, self.memory.value);
                self.memory.heard = self.memory.heard.with(me);
                if let Some(value) = value {
                    if self.config.all_hear {
                        self.send_others(Message::Accepted { ballot, value });
                    }
                    self.try_choose(value);
                }
            }
            Phase::Idle | Phase::Waiting => {}
        }
    }

    // --- a learner

    fn accepted(&mut self, from: Endpoint, ballot: Ballot, value: Command) {
        if self.config.all_hear {
            self.count(from, ballot, value);
        }
        if self.counts(Phase::Accepting, from, ballot) {
            self.try_choose(value);
        }
    }

    fn try_choose(&mut self, value: Command) {
        if self.has_quorum() {
            self.choose(self.memory.heard, value);
        }
    }

    /// Where every acceptor tells everybody, each server finds out by itself.
    fn count(&mut self, from: Endpoint, ballot: Ballot, value: Command) {
        if self.disk.chosen.is_some() {
            return;
        }
        let tallies = &mut self.memory.tallies;
        let known = { tallies.iter_mut() }
            .find(|tally| tally.ballot == ballot && tally.value.op == value.op);
        let by = match known {
            Some(tally) => {
                tally.by = tally.by.with(from);
                tally.by
            }
            None => {
                let by = Mask::of(from);
                tallies.push(Tally { ballot, value, by });
                by
            }
        };
        if by.count() >= self.config.quorum() {
            self.choose(by, value);
        }
    }

    fn choose(&mut self, by: Mask, value: Command) {
        if self.disk.chosen.is_some() {
            return;
        }
        let does = Note::of_operation(value.operation);
        self.note_nodes(Why::Chooses, by.0, does);
        self.memory.did(deed::CHOSEN);
        if !self.config.all_hear {
            self.send_others(Message::Chosen { value });
        }
        self.knows(value);
    }

    fn learn(&mut self, value: Command) {
        if self.disk.chosen.is_none() {
            self.note_value(Why::Learns, Ballot::default(), &value);
            self.knows(value);
        }
    }

    /// It is over: whoever waits here is answered.
    fn knows(&mut self, value: Command) {
        self.disk.chosen = Some(value);
        self.memory.tallies.clear();
        for job in core::mem::take(&mut self.memory.jobs) {
            self.answer_chosen(&job);
        }
        self.rest();
        self.persist_quietly();
    }

    // --- all of them

    fn send_others(&mut self, message: Message) {
        let others = self.config.servers.0.without(Mask::of(self.me));
        for server in others.iter() {
            self.out.send(server, message);
        }
    }

    fn persist(&mut self) -> u32 {
        self.memory.marks += 1;
        self.out.persist(self.memory.marks);
        self.memory.marks
    }

    fn persist_quietly(&mut self) {
        self.memory.marks += 1;
        self.out.persist_quietly(self.memory.marks);
    }

    fn note(&mut self, why: Why, ballot: Ballot, n: i64) {
        let server = u32::from(ballot.server);
        self.out.note(Note::new(why as u8, ballot.round, server, n));
    }

    fn note_value(&mut self, why: Why, ballot: Ballot, value: &Command) {
        self.note(why, ballot, Note::of_operation(value.operation));
    }

    fn note_nodes(&mut self, why: Why, nodes: u32, n: i64) {
        self.out.note(Note::new(why as u8, 0, nodes, n));
    }
}
