//! A server at work: acceptor and learner; its disk, what is chosen, and what becomes of that.
//!
//! Everything durable is persisted in the same handler, and every answer that rests on it follows the persist, so it
//! leaves only when it is durable. While anything is still being written, every answer of an acceptor waits for the disk as
//! well.

use super::Config;
use super::message::{Message, Why};
use super::spec::{ELECTION, HEARTBEAT, WAIT, deed};
use super::state::{Disk, Flushing, Follows, Memory, Report, Role};
use crate::operation::Answer;
use crate::protocol::{Context, Input};
use crate::protocols::consensus::machine::{Outcome, refusal};
use crate::protocols::consensus::{
    Ballot, Batch, Command, Content, Entry, Index, Note, Stamp, Talk,
};
use crate::units::{Endpoint, Mask, Micros, OpId};

/// What a server does, whatever else its protocol lets servers say; and what is above it.
pub(in crate::protocols) trait Acts: Follows {
    /// It leads now. Of what it was told of open slots, what cannot have been chosen is left out; and this is what it
    /// begins with, if it does.
    fn begins(&mut self, ballot: Ballot, open: &mut [Report]) -> Option<Content>;
    /// Sends something to a server or a client.
    fn send(&mut self, to: Endpoint, message: Message);
    /// Says why.
    fn note(&mut self, note: Note);
    /// Sets a timer anew, to a length between these.
    fn set_timer(&mut self, kind: u8, min: Micros, max: Micros);
    /// Stops it.
    fn cancel_timer(&mut self, kind: u8);
    /// Makes what is on its disk durable.
    fn persist(&mut self, mark: u32);
}

/// One server while it handles one input.
pub(in crate::protocols) struct Node<'a> {
    pub config: &'a Config,
    pub context: Context,
    pub disk: &'a mut Disk,
    pub memory: &'a mut Memory,
    pub out: &'a mut dyn Acts,
}

impl Node<'_> {
    pub(in crate::protocols) fn act(&mut self, input: Input<Message>) {
        self.memory.begin(matches!(input, Input::Persisted(_)));
        match input {
            Input::Persisted(mark) => self.persisted(mark),
            Input::Start => self.start(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(ELECTION) => self.election_due(),
            Input::Timer(HEARTBEAT) => self.heartbeat_due(),
            Input::Timer(WAIT) if self.leads() => self.choose(),
            Input::PeerUp(peer) if self.leads() => self.send_lost(peer),
            Input::Promote => self.promote(),
            _ => {}
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Talk(Talk::Request { command }) => self.request(command),
            Message::Talk(_) => {}
            Message::Prepare { ballot, first } => self.prepare_asked(from, ballot, first),
            Message::Promise {
                ballot,
                first,
                entries,
                commit,
            } => {
                if self.memory.role == Role::Preparing && ballot == self.memory.ballot {
                    self.promised(from, first, entries.entries(), commit);
                }
            }
            Message::Accept {
                ballot,
                first,
                entries,
                commit,
                round,
                safe,
            } => {
                if self.hears_leader(from, ballot) {
                    let said = (commit, safe);
                    self.accept(from, (ballot, round), first, &entries, said);
                }
            }
            Message::Accepted {
                ballot,
                first,
                last,
                round,
            } => {
                if self.leads() && ballot == self.memory.ballot {
                    self.accepted(from, first, last, round);
                }
            }
            Message::Refuse { ballot, promised } => self.refused(ballot, promised),
            Message::Fetch { first } => self.fetch(from, first),
            Message::Chosen { first, entries } => self.learn(from, first, entries.entries()),
        }
    }

    fn start(&mut self) {
        self.memory.heard_at = self.context.steady;
        let Ballot { round, server } = self.disk.promised;
        let end = self.disk.log.last_index();
        if round > 0 {
            self.note(Why::IsBack, round, u32::from(server), i64::from(end.0));
        }
        self.arm_election();
    }

    // --- small things

    pub(in crate::protocols) fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note::new(why as u8, a, b, n));
    }

    pub(super) fn note_node(&mut self, why: Why, a: u32, node: Endpoint) {
        self.note(why, a, u32::from(node.0), 0);
    }

    pub(super) fn note_ballot(&mut self, why: Why, ballot: Ballot) {
        self.note(why, ballot.round, u32::from(ballot.server), 0);
    }

    /// Answers a client.
    pub(super) fn answer(&mut self, client: Endpoint, op: OpId, answer: Answer) {
        let answer = Message::Talk(Talk::Answer { op, answer });
        self.out.send(client, answer);
    }

    pub(in crate::protocols) fn leads(&self) -> bool {
        self.memory.role == Role::Leading
    }

    pub(super) fn others(&self) -> Mask {
        self.config.servers.0.without(Mask::of(self.context.me))
    }

    pub(super) fn send_others(&mut self, message: &Message) {
        for server in self.others().iter() {
            self.out.send(server, message.clone());
        }
    }

    /// Waits anew for a leader: a time between the election time-out and twice that, so that two seldom overtake one
    /// another (§2.4).
    pub(super) fn arm_election(&mut self) {
        let least = self.config.election_after;
        self.out.set_timer(ELECTION, least, least + least);
    }

    pub(super) fn follow_nobody(&mut self) {
        let memory = &mut *self.memory;
        if memory.role == Role::Leading {
            memory.acks.clear();
            memory.reads.retain(|read| read.at.is_some());
            memory.held.clear();
            memory.rounds.end();
            self.out.cancel_timer(HEARTBEAT);
        }
        memory.role = Role::Follower;
        memory.leader = Endpoint::NONE;
        memory.reports.clear();
    }

    // --- the disk

    /// Makes everything durable; what is sent after it waits for that. These slots are then accepted under the ballot.
    pub(super) fn persist(&mut self, ballot: Ballot, first: Index, last: Index) {
        let memory = &mut *self.memory;
        memory.marks = memory.marks.wrapping_add(1);
        let mark = memory.marks;
        memory.flushing.push(Flushing {
            mark,
            ballot,
            first,
            last,
        });
        self.out.persist(mark);
    }

    /// Makes everything durable, and accepts nothing by it.
    pub(super) fn persist_promise(&mut self) {
        self.persist(self.disk.promised, Index(1), Index(0));
    }

    /// Before a message that says what may not be durable yet. What was persisted for this input holds it back already.
    fn wait_for_disk(&mut self) {
        let is_held = self.memory.marks != self.memory.marks_before;
        if !is_held && !self.memory.flushing.is_empty() {
            self.persist_promise();
        }
    }

    fn persisted(&mut self, mark: u32) {
        let settled = &mut self.memory.settled;
        self.memory.flushing.retain(|one| {
            let is_done = one.mark <= mark;
            if is_done {
                settled.push(*one);
            }
            !is_done
        });
        let me = self.context.me;
        for place in 0..self.memory.settled.len() {
            let Flushing {
                ballot,
                first,
                last,
                ..
            } = self.memory.settled[place];
            if ballot != self.memory.ballot {
                continue;
            }
            match self.memory.role {
                Role::Preparing => {
                    let (first, commit) = (self.memory.from, self.disk.commit);
                    let own = self.disk.log.batch(first, self.disk.log.last_index());
                    self.promised(me, first, own.entries(), commit);
                }
                Role::Leading if first <= last => {
                    self.accepted(me, first, last, self.memory.rounds.last);
                }
                _ => {}
            }
        }
    }

    // --- an acceptor

    /// Whether it takes part in a ballot. If not, whoever asked is told which one has its promise.
    fn takes_part(&mut self, from: Endpoint, ballot: Ballot) -> bool {
        self.memory.round = self.memory.round.max(ballot.round);
        let promised = self.disk.promised;
        if ballot < promised {
            self.note_ballot(Why::Refuses, promised);
            self.memory.did(deed::REFUSED);
            self.wait_for_disk();
            self.out.send(from, Message::Refuse { ballot, promised });
        }
        ballot >= promised
    }

    /// Promises a ballot that is higher than its last one; whatever it was at under that is over.
    fn promise(&mut self, ballot: Ballot) {
        if ballot > self.disk.promised {
            self.overtaken(ballot);
            self.disk.promised = ballot;
            self.memory.leader = Endpoint::NONE;
        }
    }

    /// Whether it has heard from its leader just now, and has let that rely on it (PML §5.2). A server that starts does
    /// not know whom it let do so.
    pub(super) fn protects_leader(&self) -> bool {
        let since = self.context.steady.since(self.memory.heard_at);
        self.config.leases && since < self.config.election_after
    }

    fn prepare_asked(&mut self, from: Endpoint, ballot: Ballot, first: Index) {
        // Whoever leads relies on itself, until its lease is over.
        let is_sure = self.leads() && self.config.leases && self.has_lease();
        if is_sure || (!self.leads() && self.memory.leader != from && self.protects_leader()) {
            self.memory.round = self.memory.round.max(ballot.round);
            self.note_node(Why::HasLeader, 0, from);
            self.memory.did(deed::PROTECTED);
            return;
        }
        if !self.takes_part(from, ballot) {
            return;
        }
        if ballot > self.disk.promised {
            self.promise(ballot);
            self.persist_promise();
            self.arm_election();
        } else {
            self.wait_for_disk();
        }
        let entries = self.disk.log.batch(first, self.disk.log.last_index());
        let why = match entries.entries().len() {
            0 => Why::Promises,
            _ => Why::PromisesHaving,
        };
        let from_slot = i64::from(first.0);
        self.note(why, ballot.round, u32::from(ballot.server), from_slot);
        let promise = Message::Promise {
            ballot,
            first,
            entries,
            commit: self.disk.commit,
        };
        self.out.send(from, promise);
    }

    /// Whether this comes from a leader that it takes part with. If so, it follows that one.
    fn hears_leader(&mut self, from: Endpoint, ballot: Ballot) -> bool {
        if !self.takes_part(from, ballot) {
            return false;
        }
        if ballot > self.disk.promised {
            self.promise(ballot);
            self.persist_promise();
        }
        if self.memory.role == Role::Preparing && ballot == self.memory.ballot {
            // Somebody else's, where servers do not tell theirs apart.
            self.follow_nobody();
        }
        if self.memory.role == Role::Follower {
            if self.memory.leader != from {
                self.memory.leader = from;
                self.memory.heard_round = 0;
                self.note_node(Why::Follows, ballot.round, from);
            }
            self.memory.heard_at = self.context.steady;
            self.arm_election();
        }
        true
    }

    fn accept(
        &mut self,
        from: Endpoint,
        (ballot, round): (Ballot, u32),
        first: Index,
        batch: &Batch,
        (commit, safe): (Index, Stamp),
    ) {
        let entries = batch.entries();
        let known = self.disk.commit;
        let contradicts = |(index, entry): (u32, &Entry)| {
            let log = &self.disk.log;
            let other = log.get(Index(index)).filter(|_| index <= known.0);
            other.is_some_and(|other| other.content != entry.content)
        };
        // From a leader that does not know of a later one yet, whose value this server has learned.
        if (first.0..).zip(entries).any(contradicts) {
            return self.fetch(from, first);
        }
        let mut index = first;
        let mut changed = Index::default();
        for entry in entries {
            if self.disk.log.get(index) != Some(entry) {
                self.put(index, *entry);
                changed = index;
            }
            index = index.next();
        }
        let last = Index(first.0 + entries.len() as u32 - 1);
        if changed > Index::default() {
            let (why, does) = match entries {
                [one] => (Why::Accepts, does(one)),
                _ => (Why::AcceptsMore, 0),
            };
            self.note(why, last.0, 0, does);
            self.persist(ballot, first, last);
        } else {
            self.wait_for_disk();
        }
        let is_beat = round > self.memory.heard_round;
        self.memory.heard_round = round.max(self.memory.heard_round);
        self.memory.known = commit.max(self.memory.known);
        if safe > self.memory.vouched.1 {
            self.memory.vouched = (first.back(), safe);
        }
        if !self.leads() {
            self.is_chosen(ballot, commit);
        }
        if is_beat && self.disk.commit < commit {
            self.ask_for_more(from);
        }
        let accepted = Message::Accepted {
            ballot,
            first,
            last,
            round,
        };
        self.out.send(from, accepted);
    }

    pub(super) fn put(&mut self, index: Index, entry: Entry) {
        self.memory.sees(&entry);
        self.disk.log.put(index, entry);
        self.memory.doings.changed(index);
    }

    // --- a learner

    /// All slots up to `commit` are chosen, the leader of this ballot says. What was accepted under the ballot itself is
    /// what was chosen, because a ballot has one value a slot; of what stands there under another nobody knows.
    fn is_chosen(&mut self, ballot: Ballot, commit: Index) {
        let mut end = self.disk.commit;
        while end < commit && self.disk.log.term_at(end.next()) == Some(ballot.term()) {
            end = end.next();
        }
        self.commit(end);
    }

    fn ask_for_more(&mut self, whom: Endpoint) {
        let first = self.disk.commit.next();
        self.note_node(Why::Lacks, first.0, whom);
        self.memory.did(deed::LACKED);
        self.out.send(whom, Message::Fetch { first });
    }

    fn fetch(&mut self, from: Endpoint, first: Index) {
        let last = self.disk.commit.0.min(first.0 + self.config.batch - 1);
        let entries = self.disk.log.batch(first, Index(last));
        if !entries.entries().is_empty() {
            self.out.send(from, Message::Chosen { first, entries });
        }
    }

    fn learn(&mut self, from: Endpoint, first: Index, entries: &[Entry]) {
        let before = self.disk.commit;
        if self.leads() || first > before.next() {
            return;
        }
        let mut index = first;
        for entry in entries {
            if index > before {
                self.put(index, *entry);
            }
            index = index.next();
        }
        let end = index.back();
        if end <= before {
            return;
        }
        self.note_node(Why::Learns, end.0, from);
        self.commit(end);
        self.persist_promise();
        if self.memory.leader == from && end < self.memory.known {
            self.ask_for_more(from);
        }
    }

    /// Applies what is chosen, and answers whoever asked for it here.
    pub(super) fn commit(&mut self, end: Index) {
        self.disk.commit = end.max(self.disk.commit);
        while self.memory.applied < self.disk.commit {
            let index = self.memory.applied.next();
            let Some(entry) = self.disk.log.get(index).copied() else {
                break;
            };
            self.memory.applied = index;
            self.memory.passes(index, &entry);
            let outcome = entry.command().map(|command| self.apply(index, command));
            let machine = &mut self.memory.machine;
            self.out.applied(&entry, outcome, machine);
        }
        self.answer_reads();
    }

    fn apply(&mut self, index: Index, command: &Command) -> Outcome {
        let outcome = self.memory.apply(self.config, index, command);
        if !outcome.is_done {
            self.memory.did(deed::DEDUPLICATED);
        }
        if outcome.answer == Some(Answer::Refused(refusal::OLD_TOKEN)) {
            self.memory.did(deed::FENCED);
        }
        if self.leads()
            && let Some(answer) = outcome.answer
        {
            self.answer(command.client, command.op, answer);
        }
        outcome
    }
}

/// What an entry does, for a note.
pub(super) fn does(entry: &Entry) -> i64 {
    match entry.content {
        Content::Session(_) => OF_SESSION,
        content => match content.command() {
            Some(command) => Note::of_operation(command.operation),
            // No operation's number.
            None => -1,
        },
    }
}

/// What a session's opening or its end does, for a note: no operation's number either.
pub(super) const OF_SESSION: i64 = -2;
