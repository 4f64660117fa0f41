//! Leader election (§5.2, §5.4.1), pre-vote and the protection of a leader that is well (thesis §9.6, §4.2.3), and
//! handing over (thesis §3.10).

use super::forward::Connection;
use super::message::{Message, Why};
use super::node::Node;
use super::spec::{ELECTION, HEARTBEAT, deed, rule};
use super::state::{Peer, Role};
use crate::protocols::consensus::{Content, Place, Term};
use crate::units::{Endpoint, Mask, Micros};

/// How soon a leader looks at its lease again at the soonest.
const LOOK_AFTER: Micros = Micros::from_ms(10);

impl Node<'_> {
    /// Waits anew for a leader: a time between the election time-out and twice that, so that votes seldom split (§5.2).
    pub(super) fn arm_election(&mut self) {
        let least = self.config.election_after;
        self.out.set_timer(ELECTION, least, least + least);
    }

    pub(super) fn election_due(&mut self) {
        if self.is_leader() {
            self.count_followers();
            return;
        }
        // A timer from before, which ran out while it stood still or its disk was busy: its leader has been heard since, and
        // may rely on that (thesis §6.4.1).
        let is_relied_on = self.config.leases && self.has_heard_leader();
        if is_relied_on || !self.members().has(self.context.me) {
            self.arm_election();
            return;
        }
        if self.memory.role == Role::Candidate {
            self.memory.did(deed::SPLIT);
        }
        if self.config.pre_vote {
            self.ask_first();
        } else {
            self.stand(Why::Stands, false);
        }
    }

    /// A leader that has not heard from a majority for an election time-out gives up (thesis §6.2), and so does a
    /// hand-over that came to nothing.
    fn count_followers(&mut self) {
        if self.config.lease_after > Micros::ZERO {
            self.look_at_lease();
            return;
        }
        let me = Mask::of(self.context.me);
        let answered = core::mem::take(&mut self.memory.answered);
        self.hand_over_is_off();
        if self.config.check_quorum && !self.is_quorum(Mask(answered.0 | me.0)) {
            self.note(Why::LostMajority, 0, 0, 0);
            self.memory.did(deed::LOST_QUORUM);
            self.follow_nobody();
            return;
        }
        self.arm_leader_check();
    }

    fn arm_leader_check(&mut self) {
        let after = match self.config.lease_after {
            Micros::ZERO => self.config.election_after,
            lease => lease,
        };
        self.out.set_timer(ELECTION, after, after);
    }

    /// A lease of a length of its own: a leader leads for that long after it last heard a majority. It looks again when
    /// the lease would end as things stand now.
    fn look_at_lease(&mut self) {
        self.hand_over_is_off();
        let since = self.context.steady.since(self.majority_heard_at());
        let lease = self.config.lease_after;
        if self.config.check_quorum && since >= lease {
            self.note(Why::LostMajority, 0, 0, 0);
            self.memory.did(deed::LOST_QUORUM);
            self.follow_nobody();
            return;
        }
        let after = lease.since(since).max(LOOK_AFTER);
        self.out.set_timer(ELECTION, after, after);
    }

    /// When it last had heard a majority, itself among them.
    fn majority_heard_at(&self) -> Micros {
        let heard_at = |member: Endpoint| match member == self.context.me {
            true => self.context.steady.0,
            false => {
                let peer = &self.memory.peers[member.index() % super::NODES_MAX];
                peer.connection.heard.0
            }
        };
        Micros(self.of_a_majority(&heard_at).unwrap_or_default())
    }

    /// A hand-over that came to nothing is off, and requests go their way again.
    fn hand_over_is_off(&mut self) {
        let was_on = self.memory.is_handing || self.memory.heir != Endpoint::NONE;
        self.memory.heir = Endpoint::NONE;
        self.memory.is_handing = false;
        if was_on {
            self.leader_is_known();
        }
    }

    // --- a candidate

    fn ask_first(&mut self) {
        self.memory.role = Role::PreCandidate;
        self.memory.leader = Endpoint::NONE;
        self.memory.votes = Mask::of(self.context.me);
        let term = Term(self.disk.term.0 + 1);
        self.note(Why::AsksFirst, term.0, 0, 0);
        self.arm_election();
        self.wait_for_disk();
        self.ask_for_votes(term, true, false);
        if self.is_quorum(self.memory.votes) {
            self.stand(Why::Stands, false);
        }
    }

    fn stand(&mut self, why: Why, forced: bool) {
        self.memory.role = Role::Candidate;
        self.memory.leader = Endpoint::NONE;
        // Its own vote counts when it is durable.
        self.memory.votes = Mask::EMPTY;
        self.memory.in_step = false;
        self.memory.kept.clear();
        let term = Term(self.disk.term.0 + 1);
        self.disk.term = term;
        self.disk.voted_for = self.context.me;
        self.note(why, term.0, 0, 0);
        self.arm_election();
        self.persist_vote();
        self.ask_for_votes(term, false, forced);
        if !self.config.keeps(rule::PERSIST_VOTE) {
            self.has_vote_of(self.context.me);
        }
    }

    /// Has one vote more, and leads if that makes a majority.
    pub(super) fn has_vote_of(&mut self, voter: Endpoint) {
        self.memory.votes = self.memory.votes.with(voter);
        if self.is_quorum(self.memory.votes) {
            self.lead();
        }
    }

    fn persist_vote(&mut self) {
        if self.config.keeps(rule::PERSIST_VOTE) {
            self.persist();
        }
    }

    fn ask_for_votes(&mut self, term: Term, pre: bool, forced: bool) {
        let last = self.disk.log.last();
        for other in self.others().iter() {
            let ask = Message::RequestVote {
                term,
                last,
                pre,
                forced,
            };
            self.out.send(other, ask);
        }
    }

    // --- a voter

    pub(super) fn vote_asked(
        &mut self,
        from: Endpoint,
        term: Term,
        last: Place,
        (pre, forced): (bool, bool),
    ) {
        if term < self.disk.term && !pre && self.config.ignores_lapsed_terms {
            self.note_node(Why::TermIsOver, self.disk.term.0, from);
            return;
        }
        let protects = pre || self.config.protects_leader();
        if protects && !forced && self.has_heard_leader() {
            self.note_node(Why::HasLeader, 0, from);
            if pre {
                self.memory.did(deed::PRE_VOTE_REFUSED);
                self.answer_vote(from, self.disk.term, pre, false);
            }
            return;
        }
        if !pre {
            self.see_term(term);
        }
        let granted = self.would_vote(from, term, last, pre);
        if granted && pre {
            self.note_node(Why::WouldVote, term.0, from);
            self.answer_vote(from, term, pre, true);
        } else if granted {
            self.disk.voted_for = from;
            self.note_node(Why::Votes, term.0, from);
            self.arm_election();
            self.persist_vote();
            self.answer_vote(from, term, pre, true);
        } else {
            self.answer_vote(from, self.disk.term, pre, false);
        }
    }

    /// Whether it leads or has heard from a leader within the shortest election time-out.
    fn has_heard_leader(&self) -> bool {
        let heard = self.context.steady.since(self.memory.heard_at);
        let recently = heard < self.config.election_after;
        match self.memory.role {
            Role::Leader => true,
            _ if self.config.leases => recently,
            _ => recently && self.memory.leader != Endpoint::NONE,
        }
    }

    fn would_vote(&mut self, from: Endpoint, term: Term, last: Place, pre: bool) -> bool {
        let mine = self.disk.term;
        let voted_for = self.disk.voted_for;
        if term < mine || (pre && term == mine && self.memory.role == Role::Leader) {
            self.note_node(Why::TermIsOver, mine.0, from);
            return false;
        }
        if self.is_leader() {
            // Only where a leader went on in a term that is not its own.
            return false;
        }
        let is_free = term > mine || voted_for == Endpoint::NONE || voted_for == from;
        if !is_free && self.config.keeps(rule::ONE_VOTE) {
            self.note_node(Why::VotedElsewhere, mine.0, from);
            return false;
        }
        if self.config.keeps(rule::ELECTION_RESTRICTION) && !self.disk.is_up_to_date(last) {
            let end = self.disk.log.last_index();
            self.note_node(Why::LogIsNewer, end.0, from);
            return false;
        }
        true
    }

    fn answer_vote(&mut self, to: Endpoint, term: Term, pre: bool, granted: bool) {
        self.wait_for_disk();
        self.out.send(to, Message::Vote { term, pre, granted });
    }

    // --- votes

    pub(super) fn voted(&mut self, from: Endpoint, term: Term, pre: bool, granted: bool) {
        let next = Term(self.disk.term.0 + 1);
        if pre && granted {
            if self.memory.role == Role::PreCandidate && term == next {
                self.memory.votes = self.memory.votes.with(from);
                if self.is_quorum(self.memory.votes) {
                    self.stand(Why::Stands, false);
                }
            }
            return;
        }
        self.see_term(term);
        let counts = granted && term == self.disk.term && self.memory.role == Role::Candidate;
        if counts {
            self.has_vote_of(from);
        }
    }

    /// A majority voted: leads, and says so at once. Entries of earlier terms are committed by its own no-op (§8).
    fn lead(&mut self) {
        let term = self.disk.term;
        let next = self.disk.log.last_index().next();
        let now = self.context.steady;
        let memory = &mut *self.memory;
        memory.role = Role::Leader;
        memory.leader = self.context.me;
        for peer in &mut memory.peers {
            *peer = Peer {
                next,
                probing: true,
                connection: Connection::new(now),
                ..Peer::default()
            };
        }
        memory.durable.0 = 0;
        memory.rounds.restart();
        memory.no_lease = false;
        memory.answered = Mask::EMPTY;
        memory.heir = Endpoint::NONE;
        memory.did(deed::ELECTED);
        if term.0 > 1 {
            memory.did(deed::LEADER_CHANGED);
        }
        self.note(Why::Leads, term.0, 0, 0);
        self.memory.no_op = next;
        self.propose(Content::NoOp);
        self.arm_leader_check();
        let beat = self.config.heartbeat_after;
        self.out.set_timer(HEARTBEAT, beat, beat);
        self.leader_is_known();
    }

    // --- handing over

    /// Whoever runs the system wants it to lead.
    pub(super) fn promote(&mut self) {
        let leader = self.memory.leader;
        if leader != self.context.me && leader != Endpoint::NONE {
            let term = self.disk.term;
            self.out.send(leader, Message::HandOver { term });
        }
    }

    pub(super) fn hand_over(&mut self, to: Endpoint) {
        if self.is_leader() && self.members().has(to) && to != self.context.me {
            self.memory.heir = to;
            self.note_node(Why::HandsOver, 0, to);
            self.hand_over_when_ready();
        }
    }

    /// Once the heir has the whole log it stands for election at once. It will not be refused for this leader's sake, so
    /// this leader trusts its lease no more.
    pub(super) fn hand_over_when_ready(&mut self) {
        let heir = self.memory.heir;
        let end = self.disk.log.last_index();
        if heir != Endpoint::NONE && self.memory.peer(heir).matched == end {
            self.memory.heir = Endpoint::NONE;
            self.memory.no_lease = true;
            self.memory.is_handing = true;
            let term = self.disk.term;
            self.out.send(heir, Message::TimeoutNow { term });
        }
    }

    pub(super) fn timeout_now(&mut self, term: Term) {
        let follows = self.memory.role == Role::Follower && term == self.disk.term;
        if follows && self.members().has(self.context.me) {
            self.memory.did(deed::HANDED_OVER);
            self.stand(Why::StandsAtOnce, true);
        }
    }
}
