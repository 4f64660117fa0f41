//! A server at work: what the coordinator and the managers have in common, and their clients.
//!
//! What is to be durable is persisted in the handler that changes it, and every message that rests on it follows the
//! persist, so it leaves only when it is durable. [`Memory::writing`] says until when it is not.

use super::message::{Message, Note, Tx, Why};
use super::spec::{DOUBT, TELL, VOTES, deed};
use super::state::{Disk, Memory};
use super::{COORDINATOR, Config, Out};
use crate::operation::{Answer, Operation};
use crate::protocol::Input;
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Talk};
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
        self.memory.touched.clear();
        if matches!(input, Input::Start) {
            let decided = self.disk.decided.iter();
            self.memory.touched.extend(decided.map(|one| one.tx));
        }
        match input {
            Input::Start if self.coordinates() => self.coordinator_starts(),
            Input::Start => self.manager_starts(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(VOTES) => self.votes_due(),
            Input::Timer(TELL) => self.tell_again(),
            Input::Timer(DOUBT) => self.ask(),
            Input::Persisted(mark) => self.persisted(mark),
            _ => {}
        }
    }

    pub(super) fn coordinates(&self) -> bool {
        self.me == COORDINATOR
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Talk(Talk::Request { command }) => self.asked(command),
            Message::Talk(_) => {}
            Message::Prepare { tx, command } => self.vote(tx, command),
            Message::Vote { tx, no } => self.voted(from, tx, no),
            Message::Decision { tx, commits } => self.decide(from, tx, commits),
            Message::Acknowledge { tx } => self.acknowledged(from, tx),
            Message::Ask { tx } if self.coordinates() => self.asked_for_decision(from, tx),
            Message::Ask { tx } => self.asked_by_manager(from, tx),
        }
    }

    // --- clients

    fn asked(&mut self, command: Command) {
        let operation = command.operation;
        if operation.is_of_lock() || operation.is_watch() {
            return self.answer(&command, Answer::Refused(refusal::NOT_KEPT));
        }
        match (operation.is_read(), self.coordinates()) {
            (true, false) => self.read(command),
            (false, true) => self.request(command),
            (true, true) => {
                // Readers spread over the managers.
                let place = command.client.0 % self.config.managers.count().max(1) as u8;
                let to = Endpoint(COORDINATOR.0 + 1 + place);
                self.memory.did(deed::READER);
                self.point(&command, Why::PointsToManager, to);
            }
            (false, false) => {
                self.memory.did(deed::REDIRECTED);
                self.point(&command, Why::PointsToCoordinator, COORDINATOR);
            }
        }
    }

    fn point(&mut self, command: &Command, why: Why, leader: Endpoint) {
        self.note(why, Tx::default(), u32::from(leader.0), None);
        let op = command.op;
        let redirect = Message::Talk(Talk::Redirect { op, leader });
        self.out.send(command.client, redirect);
    }

    pub(super) fn answer(&mut self, command: &Command, answer: Answer) {
        let op = command.op;
        let answer = Message::Talk(Talk::Answer { op, answer });
        self.out.send(command.client, answer);
    }

    // --- the disk

    /// Has the disk written, for what was done about a transaction. What follows leaves when it is.
    pub(super) fn write(&mut self, tx: Tx) {
        self.memory.marks += 1;
        self.memory.writing.push((self.memory.marks, tx));
        self.out.persist(self.memory.marks);
    }

    /// What follows leaves when all that was done before is durable.
    pub(super) fn surely(&mut self) {
        if !self.memory.writing.is_empty() {
            self.memory.marks += 1;
            self.out.persist_quietly(self.memory.marks);
        }
    }

    fn persisted(&mut self, mark: u32) {
        let Memory {
            writing, touched, ..
        } = &mut *self.memory;
        let done = writing.iter().position(|(under, _)| *under == mark);
        if let Some(place) = done {
            touched.push(writing.remove(place).1);
        }
    }

    // --- all of them

    /// Tells somebody who asks, or has to know, what is decided.
    pub(super) fn tell(&mut self, to: Endpoint, tx: Tx, commits: bool) {
        self.surely();
        self.out.send(to, Message::Decision { tx, commits });
    }

    pub(super) fn send_all(&mut self, to: Mask, message: Message) {
        for server in to.iter() {
            self.out.send(server, message);
        }
    }

    pub(super) fn note(&mut self, why: Why, tx: Tx, b: u32, operation: Option<Operation>) {
        self.out.note(Note::new(why, tx, b, operation));
    }

    /// Of a transaction, with a node or with nodes.
    pub(super) fn note_of(&mut self, why: Why, tx: Tx, b: u32, command: &Command) {
        self.note(why, tx, b, Some(command.operation));
    }
}
