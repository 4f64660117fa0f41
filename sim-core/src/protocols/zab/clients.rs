//! What a server does for its clients: it answers reads from what it has, passes writes on to its leader, and keeps their
//! sessions alive there. A session is opened and closed in the history, so that all servers agree on whose it is; that it
//! is over the leader decides, when it has not heard of the client for long (Hunt et al. 2010, §4.4).

use super::message::{Message, Why};
use super::node::Node;
use super::spec::deed;
use super::state::{Connection, Read};
use crate::operation::{Answer, Operation, SYNCED};
use crate::protocols::consensus::heard::Served;
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Content, Grant, Index, Note};
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros, OpId};

impl Node<'_> {
    // --- connections

    /// A client connects. It is not taken back to before what it has seen.
    pub(super) fn connect(&mut self, grant: Grant, seen: Index) {
        let client = grant.client;
        let why = match self.serves() {
            false => Some(Why::NotServing),
            true => (seen > self.memory.applied).then_some(Why::Behind),
        };
        if let Some(why) = why {
            self.note_node(why, seen.0, client);
            if why == Why::Behind {
                self.memory.did(deed::BEHIND);
            }
            return self.close(client, 0);
        }
        let new = Connection {
            client,
            session: grant.number,
            heard_at: self.context.steady,
            is_up: false,
            asked: None,
            waits: false,
        };
        match self.memory.connection(client) {
            Some(known) => *known = new,
            None => self.memory.connections.push(new),
        }
        match self.leads() {
            true => self.attach(self.context.me, grant),
            false => self.out.send(self.memory.leader, Message::Attach { grant }),
        }
    }

    fn close(&mut self, client: Endpoint, over: u32) {
        self.out.send(client, Message::Closed { over });
    }

    /// It serves nobody any more.
    pub(super) fn close_all(&mut self) {
        let connections = core::mem::take(&mut self.memory.connections);
        self.memory.reads.clear();
        self.memory.touched = Mask::EMPTY;
        if !connections.is_empty() {
            self.note(Why::ClosesAll, 0, 0, 0);
        }
        for one in connections {
            self.close(one.client, 0);
        }
    }

    /// A client is heard: its session lives, as the leader is told.
    fn hears_client(&mut self, client: Endpoint) -> Option<Connection> {
        let now = self.context.steady;
        let known = self.memory.connection(client).filter(|one| one.is_up);
        let known = known.map(|one| {
            one.heard_at = now;
            *one
        });
        match known {
            None => self.close(client, 0),
            Some(_) if self.leads() => self.touch(Mask::of(client)),
            Some(_) => self.memory.touched = self.memory.touched.with(client),
        }
        known
    }

    pub(super) fn client_is_alive(&mut self, client: Endpoint) {
        if self.hears_client(client).is_some() {
            self.out.send(client, Message::Alive);
        }
    }

    /// The session is open.
    pub(super) fn attached(&mut self, grant: Grant) {
        let Some(one) = self.memory.connection(grant.client) else {
            return;
        };
        if one.session == grant.number && !one.is_up {
            one.is_up = true;
            self.note_node(Why::Accepts, 0, grant.client);
            let number = grant.number;
            self.out.send(grant.client, Message::Connected { number });
        }
    }

    /// The session is over.
    pub(super) fn expired(&mut self, grant: Grant) {
        let Grant { client, number, .. } = grant;
        let is_it = |one: &Connection| one.client == client && one.session == number;
        if self.memory.connections.iter().any(is_it) {
            self.memory.connections.retain(|one| !is_it(one));
            self.memory.reads.retain(|read| read.client != client);
            self.memory.did(deed::EXPIRED);
            self.close(client, number);
        }
    }

    // --- what clients ask

    pub(super) fn request(&mut self, command: Command) {
        let Command {
            client,
            op,
            operation,
            ..
        } = command;
        let Some(known) = self.hears_client(client) else {
            return;
        };
        // It has come twice.
        if known.asked >= Some(op) {
            return;
        }
        if let Some(one) = self.memory.connection(client) {
            one.asked = Some(op);
            one.waits = !operation.is_read();
        }
        if operation.is_read() {
            return self.read(&command);
        }
        if self.leads() {
            return self.have_done(self.context.me, &command, known.session);
        }
        let (leader, session) = (self.memory.leader, known.session);
        let does = Note::of_operation(operation);
        self.note(Why::PassesOn, 0, u32::from(leader.0), does);
        self.out.send(leader, Message::Forward { command, session });
    }

    fn read(&mut self, command: &Command) {
        let Command {
            client,
            op,
            operation,
            ..
        } = *command;
        let is_synced = match operation {
            Operation::GetAs { way: SYNCED, .. } => true,
            Operation::GetAs { way: 3, .. } => false,
            Operation::GetAs { .. } => {
                return self.reply(client, op, Answer::Refused(refusal::NOT_KEPT));
            }
            _ => self.config.syncs,
        };
        if !is_synced {
            let answer = self.memory.state.machine.look(operation);
            let applied = self.memory.applied.0;
            self.note(Why::AnswersLocally, applied, 0, Note::of_answer(answer));
            return self.serve(client, op, answer);
        }
        self.memory.reads.push(Read {
            client,
            op,
            operation,
            index: None,
        });
        self.note_node(Why::AsksSync, 0, self.memory.leader);
        match self.leads() {
            true => self.synced(self.context.me, op, self.disk.log.last_index()),
            false => self.out.send(self.memory.leader, Message::Sync { op }),
        }
    }

    pub(super) fn reply(&mut self, client: Endpoint, op: OpId, answer: Answer) {
        if let Some(one) = self.memory.connection(client) {
            one.waits = false;
        }
        let seen = self.memory.applied;
        self.out.send(client, Message::Reply { op, answer, seen });
    }

    fn serve(&mut self, client: Endpoint, op: OpId, answer: Answer) {
        let index = self.memory.applied;
        self.memory.doings.served.push(Served { client, op, index });
        self.reply(client, op, answer);
    }

    /// The leader says what a read has to see: all that was proposed when it was asked. If it was deposed without knowing,
    /// that may be old.
    pub(super) fn synced(&mut self, from: Endpoint, op: OpId, index: Index) {
        if from != self.memory.leader {
            return;
        }
        for read in &mut self.memory.reads {
            if read.op == op {
                read.index = Some(index);
            }
        }
        self.answer_reads();
    }

    pub(super) fn answer_reads(&mut self) {
        let applied = self.memory.applied;
        let is_ready = |read: &Read| read.index.is_some_and(|index| index <= applied);
        while let Some(place) = self.memory.reads.iter().position(is_ready) {
            let read = self.memory.reads.remove(place);
            let answer = self.memory.state.machine.look(read.operation);
            self.note(Why::AnswersSynced, applied.0, 0, Note::of_answer(answer));
            self.memory.did(deed::SYNCED);
            self.serve(read.client, read.op, answer);
        }
    }

    // --- a leader

    pub(super) fn sync_asked(&mut self, from: Endpoint, op: OpId) {
        if self.leads() && self.memory.learners.contains(from) {
            let index = self.disk.log.last_index();
            self.out.send(from, Message::Synced { op, index });
        }
    }

    pub(super) fn forwarded(&mut self, from: Endpoint, command: &Command, session: u32) {
        if self.leads() && self.memory.learners.contains(from) {
            self.have_done(from, command, session);
        }
    }

    /// Proposes what a client wants, if its session is open at that place of the history.
    fn have_done(&mut self, at: Endpoint, command: &Command, session: u32) {
        let client = command.client;
        let known = self.memory.session(self.disk, client);
        if known.is_none_or(|known| !known.opens || known.number != session) {
            let grant = Grant {
                client,
                number: session,
                opens: false,
            };
            return self.tell_expired(at, grant);
        }
        self.touch(Mask::of(client));
        let index = self.disk.log.last_index().next();
        let does = Note::of_operation(command.operation);
        self.note(Why::Proposes, index.0, 0, does);
        self.propose(Content::Command(*command));
    }

    fn tell_expired(&mut self, at: Endpoint, grant: Grant) {
        match at == self.context.me {
            true => self.expired(grant),
            false => self.out.send(at, Message::Expired { grant }),
        }
    }

    /// A session is to be opened, or to go on with another server.
    pub(super) fn attach(&mut self, at: Endpoint, grant: Grant) {
        let me = self.context.me;
        if !self.leads() || !(at == me || self.memory.learners.contains(at)) {
            return;
        }
        let client = grant.client;
        let known = self.memory.session(self.disk, client);
        let last = known.map_or(0, |known| known.number);
        if grant.opens && grant.number > last {
            self.touch(Mask::of(client));
            self.note_node(Why::OpensSession, 0, client);
            return self.propose(Content::Session(grant));
        }
        let is_open = known.is_some_and(|known| known.opens && known.number == grant.number);
        if !is_open {
            return self.tell_expired(at, grant);
        }
        self.touch(Mask::of(client));
        // Whoever asks for it twice, while it is proposed, is told when that is done.
        if self.memory.state.of(client) == known {
            match at == me {
                true => self.attached(grant),
                false => self.out.send(at, Message::Attached { grant }),
            }
        }
    }

    pub(super) fn touch(&mut self, clients: Mask) {
        for client in clients.iter() {
            let place = client.index() % ENDPOINTS_MAX as usize;
            self.memory.touched_at[place] = self.context.steady;
        }
    }

    /// A session ends with the first tick after its time-out (ZooKeeper: `ExpiryQueue`).
    pub(super) fn close_silent_sessions(&mut self) {
        let now = self.context.steady;
        let tick = self.config.heartbeat_after.0 * 2;
        for place in 0..self.memory.state.tenancy.sessions.len() {
            let grant = self.memory.state.tenancy.sessions[place];
            let touched = self.memory.touched_at[grant.client.index() % ENDPOINTS_MAX as usize];
            let over = (touched.0 + self.config.session_after.0) / tick + 1;
            let is_open = self.memory.session(self.disk, grant.client) == Some(grant);
            if grant.opens && is_open && now >= Micros(over * tick) {
                self.note_node(Why::ClosesSession, 0, grant.client);
                self.memory.did(deed::CLOSED);
                self.propose(Content::Session(Grant {
                    opens: false,
                    ..grant
                }));
            }
        }
    }
}
