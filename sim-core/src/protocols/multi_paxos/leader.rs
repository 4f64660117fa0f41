//! A leader: phase 1 once for all slots, what it finds there, and phase 2 for one command after the other (§3).

use super::message::{Message, Why};
use super::node::{Node, does};
use super::spec::{ELECTION, HEARTBEAT, deed, rule};
use super::stamps;
use super::state::{Report, Role};
use crate::protocols::consensus::{Ballot, Batch, Content, Entry, Index, Stamp};
use crate::units::{Endpoint, Mask};

/// No entry: nobody has told of any.
const NOTHING: Report = Report {
    entry: Entry::EMPTY,
    is_chosen: false,
    is_outrun: false,
};

impl Node<'_> {
    // --- phase 1

    /// Whoever runs the servers wants this one to lead. It keeps what it has let its leader rely on.
    pub(super) fn promote(&mut self) {
        if self.leads() {
            return;
        }
        if self.protects_leader() {
            self.note_node(Why::HasLeader, 0, self.context.me);
            return;
        }
        self.prepare(Why::PreparesAtOnce);
    }

    /// Has heard from no leader for long enough: unless it has since, while it stood still or its disk was busy, and what ran
    /// out is the timer from before. Then a leader may rely on it.
    pub(super) fn election_due(&mut self) {
        if self.protects_leader() {
            return self.arm_election();
        }
        self.prepare(Why::Prepares);
    }

    /// Prepares a ballot that is higher than any it has heard of.
    pub(super) fn prepare(&mut self, why: Why) {
        let tried = self.disk.tried.max(self.disk.promised.round);
        let round = tried.max(self.memory.round) + 1;
        let server = match self.config.keeps(rule::UNIQUE_BALLOTS) {
            true => self.context.me.0,
            false => 0,
        };
        let ballot = Ballot { round, server };
        if self.memory.role == Role::Preparing {
            self.memory.did(deed::TRIED_AGAIN);
        }
        self.follow_nobody();
        (self.disk.promised, self.disk.tried) = (ballot, round);
        let memory = &mut *self.memory;
        memory.role = Role::Preparing;
        memory.round = round;
        memory.ballot = ballot;
        // Its own promise counts when it is durable.
        memory.heard = Mask::EMPTY;
        memory.from = self.disk.commit.next();
        let first = memory.from;
        self.note_ballot(why, ballot);
        self.arm_election();
        self.persist_promise();
        self.send_others(&Message::Prepare { ballot, first });
    }

    pub(super) fn promised(
        &mut self,
        from: Endpoint,
        first: Index,
        entries: &[Entry],
        commit: Index,
    ) {
        let reports = &mut self.memory.reports;
        // It asked all of them from the same slot on.
        if first != self.memory.from {
            return;
        }
        for (place, entry) in entries.iter().enumerate() {
            if place == reports.len() {
                reports.push(NOTHING);
            }
            let known = &mut reports[place];
            let is_chosen = first.0 + place as u32 <= commit.0;
            if is_chosen || (!known.is_chosen && entry.term > known.entry.term) {
                known.entry = *entry;
                known.is_chosen = is_chosen;
            }
        }
        self.memory.heard = self.memory.heard.with(from);
        if self.config.is_quorum(self.memory.heard) {
            self.lead();
        }
    }

    /// With the promises of a majority: takes over what they have told, and leads.
    fn lead(&mut self) {
        let mut reports = core::mem::take(&mut self.memory.reports);
        let from = self.memory.from;
        let memory = &mut *self.memory;
        memory.role = Role::Leading;
        memory.leader = self.context.me;
        memory.answered = Default::default();
        memory.rounds.restart();
        memory.beaten = Index::default();
        memory.begun = false;
        memory.waits_for = Index::default();
        memory.did(deed::ELECTED);
        if memory.ballot.round > 1 {
            memory.did(deed::LEADER_CHANGED);
        }
        let ballot = memory.ballot;
        self.note_ballot(Why::Leads, ballot);
        self.out.cancel_timer(ELECTION);
        let chosen = reports.iter().take_while(|report| report.is_chosen).count();
        for (index, report) in (from.0..).zip(&reports[..chosen]) {
            if Index(index) > self.disk.commit {
                self.put(Index(index), report.entry);
            }
        }
        self.commit(Index(from.0 + chosen as u32 - 1));
        // Something more may have been learned meanwhile.
        let known = (self.disk.commit.0 + 1 - from.0) as usize;
        let open = reports.get_mut(known..).unwrap_or_default();
        stamps::outruns(self.memory.last.0, open);
        let begins = self.out.begins(ballot, open);
        match self.config.keeps(rule::ADOPT) {
            true => self.propose_again(open),
            false if open.is_empty() => {}
            false => self.note(Why::Ignores, self.disk.commit.0, 0, 0),
        }
        if let Some(content) = begins {
            self.propose(content);
        }
        self.memory.opening = self.memory.end(self.disk);
        self.begin_round();
        let beat = self.config.heartbeat_after;
        self.out.set_timer(HEARTBEAT, beat, beat);
    }

    /// What was accepted where nobody knows of a choice may be chosen, so that is proposed again; where nothing was,
    /// nothing can be chosen under a lower ballot any more, and the hole is filled.
    fn propose_again(&mut self, open: &[Report]) {
        let first = self.disk.commit.next();
        let mut index = first;
        for report in open {
            let entry = &report.entry;
            let why = match entry.content {
                _ if report.is_outrun => Why::Outrun,
                _ if entry.is_empty() => {
                    self.memory.did(deed::FILLED);
                    Why::Fills
                }
                Content::Command(_) | Content::Session(_) | Content::Stamped(_, Some(_)) => {
                    self.memory.did(deed::ADOPTED);
                    Why::Adopts
                }
                _ => Why::AdoptsNoOp,
            };
            self.note(why, index.0, 0, does(entry));
            self.open(index, entry.content);
            index = index.next();
        }
        let last = index.back();
        if first > last {
            return;
        }
        let mut from = first;
        while from <= last {
            let to = Index(last.0.min(from.0 + self.config.batch - 1));
            let accept = self.accept_of(from, to);
            self.send_others(&accept);
            from = to.next();
        }
        self.persist(self.memory.ballot, first, last);
    }

    pub(super) fn refused(&mut self, ballot: Ballot, promised: Ballot) {
        self.memory.round = self.memory.round.max(promised.round);
        if ballot == self.memory.ballot && promised > ballot {
            self.overtaken(promised);
        }
    }

    /// Whatever it was at is over: there is a higher ballot.
    pub(super) fn overtaken(&mut self, by: Ballot) {
        match self.memory.role {
            Role::Follower => return,
            Role::Preparing => self.note_ballot(Why::OvertakenEarly, by),
            Role::Leading => {
                self.note_ballot(Why::Overtaken, by);
                self.memory.did(deed::STEPPED_DOWN);
                if !self.memory.acks.is_empty() {
                    self.memory.did(deed::DEPOSED);
                }
            }
        }
        self.follow_nobody();
        self.arm_election();
    }

    // --- phase 2

    /// Accepts its own proposal, and waits for others to.
    fn open(&mut self, index: Index, content: Content) {
        let term = self.memory.ballot.term();
        self.put(index, Entry { term, content });
        self.memory.acks.push(Mask::EMPTY);
    }

    fn accept_of(&self, first: Index, last: Index) -> Message {
        let entries = match first <= last {
            true => self.disk.log.batch(first, last),
            false => Batch::default(),
        };
        Message::Accept {
            ballot: self.memory.ballot,
            first,
            entries,
            commit: self.disk.commit,
            round: self.memory.rounds.last,
            safe: Stamp::default(),
        }
    }

    /// In the next slot: the disk and the others write at the same time, and it counts itself only when its own disk is
    /// done.
    pub(in crate::protocols) fn propose(&mut self, content: Content) {
        let index = self.memory.end(self.disk).next();
        self.open(index, content);
        let accept = self.accept_of(index, index);
        self.send_others(&accept);
        self.persist(self.memory.ballot, index, index);
    }

    pub(super) fn accepted(&mut self, from: Endpoint, first: Index, last: Index, round: u32) {
        let (before, end) = (self.disk.commit, self.memory.end(self.disk));
        let known = &mut self.memory.answered[from.index() % super::NODES_MAX];
        *known = round.max(*known);
        for index in first.max(before.next()).0..=last.min(end).0 {
            let place = (index - before.0 - 1) as usize;
            let by = self.memory.acks[place];
            self.memory.acks[place] = by.with(from);
            let is_new = self.config.is_quorum(by.with(from)) && !self.config.is_quorum(by);
            if is_new && place > 0 && !self.config.is_quorum(self.memory.acks[0]) {
                self.note(Why::ChosenAhead, index, 0, 0);
                self.memory.did(deed::AHEAD);
            }
        }
        self.choose();
    }

    /// What a majority has accepted, one slot after the other, is chosen.
    pub(super) fn choose(&mut self) {
        let (config, before) = (self.config, self.disk.commit);
        let is_chosen = |by: &&Mask| config.is_quorum(**by);
        let chosen = self.memory.acks.iter().take_while(is_chosen).count();
        let chosen = self.waited(chosen);
        self.memory.acks.drain(..chosen);
        let commit = Index(before.0 + chosen as u32);
        // At once: which slots are open is counted from there.
        self.disk.commit = commit;
        if commit > before {
            self.memory.did(deed::CHOSEN);
            self.note(Why::Chooses, commit.0, 0, 0);
            self.commit(commit);
        }
        self.confirm();
    }

    pub(super) fn heartbeat_due(&mut self) {
        if !self.leads() {
            return;
        }
        for other in self.others().iter() {
            self.send_lost(other);
        }
        self.memory.beaten = self.memory.end(self.disk);
        self.begin_round();
        let beat = self.config.heartbeat_after;
        self.out.set_timer(HEARTBEAT, beat, beat);
    }

    /// Something to everybody, which they all answer: a round.
    pub(super) fn begin_round(&mut self) {
        self.memory.rounds.begin(self.context.steady);
        let next = self.memory.end(self.disk).next();
        let mut beat = self.accept_of(next, next.back());
        if let Message::Accept { safe, .. } = &mut beat {
            *safe = self.vouch();
        }
        self.send_others(&beat);
        self.confirm();
    }

    /// What was open at the last heartbeats and was not accepted there since was lost on the way.
    pub(super) fn send_lost(&mut self, to: Endpoint) {
        let (mut index, last) = (self.disk.commit.next(), self.memory.beaten);
        while index <= last {
            let mut end = index;
            while end <= last && end.0 - index.0 < self.config.batch && self.lacks(to, end) {
                end = end.next();
            }
            if end > index {
                self.memory.did(deed::SENT_AGAIN);
                let accept = self.accept_of(index, end.back());
                self.out.send(to, accept);
            }
            index = end.max(index.next());
        }
    }

    fn lacks(&self, who: Endpoint, index: Index) -> bool {
        let place = (index.0 - self.disk.commit.0 - 1) as usize;
        let by = self.memory.acks.get(place);
        by.is_some_and(|by| !by.contains(who))
    }
}
