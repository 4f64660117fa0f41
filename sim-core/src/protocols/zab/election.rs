//! Fast leader election (Medeiros 2012, §4.1; ZooKeeper's `FastLeaderElection`): servers that know of no leader tell one
//! another for whom they vote, and take over any vote that is better than their own, until a quorum has the same. The best
//! vote is for the latest epoch, then the highest zxid, so that whoever is elected has everything that was committed.
//!
//! Nothing that is safe rests on this: two may believe that they were elected. Discovery sorts them out.

use super::message::{Message, Why};
use super::node::Node;
use super::spec::{ELECTION, FINALIZE, HEARTBEAT, deed};
use super::state::{Learner, Notice, Phase, Role, Vote};
use crate::protocols::consensus::{Index, Term};
use crate::units::{Endpoint, Mask, Micros};

impl Node<'_> {
    // --- coming and going

    /// Knows of no leader: serves nobody, and begins a round.
    pub(super) fn look(&mut self) {
        self.close_all();
        self.hang_up();
        let memory = &mut *self.memory;
        memory.role = Role::Looking;
        memory.phase = Phase::Discovery;
        memory.leader = Endpoint::NONE;
        memory.is_synced = false;
        memory.epoch = Term::default();
        memory.learners = Mask::EMPTY;
        memory.accepted_by = Mask::EMPTY;
        memory.peers = Default::default();
        memory.notices = Default::default();
        memory.has_agreed = false;
        memory.round += 1;
        self.memory.vote = self.own_vote();
        self.note(Why::Looks, self.memory.round, 0, 0);
        self.out.cancel_timer(HEARTBEAT);
        self.tell_votes();
        self.count_votes();
    }

    /// Closes the connections to its leader, or to its followers: whoever can hear it, hears at once.
    fn hang_up(&mut self) {
        let others = match self.memory.role {
            Role::Looking => Mask::EMPTY,
            Role::Following => Mask::of(self.memory.leader),
            Role::Leading => self.memory.learners.without(Mask::of(self.context.me)),
        };
        self.send_to(others, &Message::Closed { over: 0 });
    }

    /// The leader was silent for too long; or whoever is elected had time enough to begin; or it is time to repeat a vote,
    /// as the other may not have heard it.
    pub(super) fn election_due(&mut self) {
        match self.memory.role {
            Role::Looking => self.tell_votes(),
            Role::Following if self.memory.phase == Phase::Broadcast => {
                // It may have been heard while this server stood still, and what ran out is the timer from before.
                let since = self.context.steady.since(self.memory.heard_at);
                if since < self.config.election_after {
                    let left = self.config.election_after.since(since);
                    return self.out.set_timer(ELECTION, left, left);
                }
                self.note_node(Why::LostLeader, 0, self.memory.leader);
                self.memory.did(deed::LOST_LEADER);
                self.look();
            }
            Role::Leading if self.memory.phase == Phase::Broadcast => {}
            _ => {
                self.note(Why::TakesTooLong, 0, 0, 0);
                self.look();
            }
        }
    }

    /// Waits for the next step of discovery and synchronization, or for the leader to be heard again.
    pub(super) fn wait_for_leader(&mut self) {
        let limit = match self.memory.phase {
            Phase::Broadcast => self.config.election_after,
            // ZooKeeper's initLimit: by default twice syncLimit.
            _ => self.config.election_after + self.config.election_after,
        };
        self.out.set_timer(ELECTION, limit, limit);
    }

    pub(super) fn connected(&mut self, peer: Endpoint) {
        if self.memory.role == Role::Looking {
            let notification = self.notification();
            self.out.send(peer, notification);
        }
    }

    pub(super) fn disconnected(&mut self, peer: Endpoint) {
        if self.memory.role == Role::Following && peer == self.memory.leader {
            self.note_node(Why::LeaderGone, 0, peer);
            self.look();
        } else if self.memory.role == Role::Leading && self.config.servers.has(peer) {
            self.drop_learner(peer);
        }
    }

    // --- votes

    fn notification(&self) -> Message {
        Message::Notification {
            vote: self.memory.vote,
            round: self.memory.round,
            role: self.memory.role,
        }
    }

    fn tell_votes(&mut self) {
        let notification = self.notification();
        self.send_to(self.others(), &notification);
        let again = self.config.finalize_wait;
        self.out.set_timer(ELECTION, again, again + again);
    }

    pub(super) fn notified(&mut self, from: Endpoint, vote: Vote, round: u32, role: Role) {
        if self.memory.role != Role::Looking {
            if role == Role::Looking {
                let notification = self.notification();
                self.out.send(from, notification);
            }
            return;
        }
        let notice = Notice { vote, round, role };
        let place = from.index() % super::NODES_MAX;
        if role != Role::Looking {
            self.memory.notices[place] = Some(notice);
            return self.count_votes();
        }
        if round < self.memory.round {
            // It is behind: it hears of this round.
            let notification = self.notification();
            return self.out.send(from, notification);
        }
        let mut best = self.memory.vote;
        let is_new_round = round > self.memory.round;
        if is_new_round {
            self.memory.round = round;
            self.memory.notices = Default::default();
            best = self.own_vote();
        }
        self.memory.notices[place] = Some(notice);
        best = best.max(vote);
        if best != self.memory.vote || is_new_round {
            if best.leader != self.memory.vote.leader {
                self.note_node(Why::Votes, round, best.leader);
            }
            self.memory.vote = best;
            self.memory.has_agreed = false;
            self.out.cancel_timer(FINALIZE);
            self.tell_votes();
        }
        self.count_votes();
    }

    fn own_vote(&self) -> Vote {
        Vote {
            epoch: self.disk.current,
            last: self.disk.log.last(),
            leader: self.context.me,
        }
    }

    /// Whether a quorum has this server's vote; then it waits a little, whether a better one comes. Or whether a quorum
    /// follows a leader already: then it joins them.
    fn count_votes(&mut self) {
        let mut same = Mask::of(self.context.me);
        let (vote, round) = (self.memory.vote, self.memory.round);
        let mut leads = None;
        for (server, notice) in (0..).map(Endpoint).zip(self.memory.notices) {
            let Some(notice) = notice else {
                continue;
            };
            if notice.round == round && notice.vote.leader == vote.leader {
                same = same.with(server);
            }
            if notice.role == Role::Leading && self.is_followed(server) {
                leads = Some((server, notice.round));
            }
        }
        if let Some((leader, round)) = leads {
            self.memory.round = round;
            self.memory.did(deed::JOINED);
            self.note_node(Why::Joins, round, leader);
            return self.follow(leader);
        }
        if self.config.is_quorum(same) && !self.memory.has_agreed {
            self.memory.has_agreed = true;
            let wait = self.config.finalize_wait;
            self.out.set_timer(FINALIZE, wait, wait);
        }
    }

    /// Whether a quorum says that it follows this one, which says that it leads.
    fn is_followed(&self, leader: Endpoint) -> bool {
        let mut by = Mask::EMPTY;
        for (server, notice) in (0..).map(Endpoint).zip(&self.memory.notices) {
            let follows = |one: &Notice| one.role != Role::Looking && one.vote.leader == leader;
            if notice.as_ref().is_some_and(follows) {
                by = by.with(server);
            }
        }
        self.config.is_quorum(by)
    }

    /// No better vote came.
    pub(super) fn finalize(&mut self) {
        if self.memory.role != Role::Looking {
            return;
        }
        self.memory.has_agreed = false;
        let (leader, round) = (self.memory.vote.leader, self.memory.round);
        if leader == self.context.me {
            return self.lead();
        }
        self.note_node(Why::Follows, round, leader);
        self.follow(leader);
    }

    // --- roles

    fn follow(&mut self, leader: Endpoint) {
        let memory = &mut *self.memory;
        memory.role = Role::Following;
        memory.leader = leader;
        memory.vote.leader = leader;
        memory.heard_at = self.context.steady;
        self.out.cancel_timer(FINALIZE);
        self.wait_for_leader();
        self.next_step();
    }

    fn lead(&mut self) {
        let me = self.context.me;
        let memory = &mut *self.memory;
        memory.role = Role::Leading;
        memory.leader = me;
        memory.learners = Mask::of(me);
        memory.latest = self.disk.accepted;
        memory.peers = [Learner::default(); super::NODES_MAX];
        memory.opening = Index::default();
        memory.beaten = Index::default();
        memory.did(deed::ELECTED);
        let round = self.memory.round;
        self.note(Why::Leads, round, 0, 0);
        self.wait_for_leader();
        self.beat_later();
        self.propose_epoch();
    }

    pub(super) fn beat_later(&mut self) {
        let beat: Micros = self.config.heartbeat_after;
        self.out.set_timer(HEARTBEAT, beat, beat);
    }
}
