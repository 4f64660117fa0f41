//! Broadcast (Junqueira et al. 2011, §V, phase 3): a two-phase commit without aborts. The leader proposes, whoever has the
//! proposal on its disk acknowledges it, and what a quorum has is committed; all in the order of zxids.

use super::message::{Message, Why};
use super::node::{Node, does};
use super::spec::deed;
use super::state::{Phase, Role};
use crate::protocols::consensus::{Content, Entry, Index, Term};
use crate::units::{Endpoint, Mask};

impl Node<'_> {
    // --- a leader

    /// In the next place: the disk and the followers write at the same time, and it counts itself only when its own disk is
    /// done.
    pub(super) fn propose(&mut self, content: Content) {
        let epoch = self.memory.epoch;
        self.disk.log.push(Entry {
            term: epoch,
            content,
        });
        let index = self.disk.log.last_index();
        self.memory.doings.changed(index);
        let proposal = self.proposal(index);
        let followers = self.in_step();
        self.send_to(followers, &proposal);
        self.persist();
    }

    fn proposal(&self, first: Index) -> Message {
        Message::Proposal {
            epoch: self.memory.epoch,
            first,
            entries: self.disk.log.batch(first, self.disk.log.last_index()),
        }
    }

    /// Its followers that have the history of its epoch.
    pub(super) fn in_step(&self) -> Mask {
        let mut synced = Mask::EMPTY;
        for server in self.others().iter() {
            let peer = self.memory.peers[server.index() % super::NODES_MAX];
            if peer.is_synced && self.memory.learners.contains(server) {
                synced = synced.with(server);
            }
        }
        synced
    }

    /// A follower has everything up to here. Whether it is one.
    pub(super) fn acked(
        &mut self,
        from: Endpoint,
        epoch: Term,
        last: Index,
        is_pong: bool,
    ) -> bool {
        if self.memory.phase == Phase::Discovery || !self.hears(from, epoch) {
            return false;
        }
        let end = self.disk.log.last_index();
        let peer = self.memory.peer(from);
        peer.is_synced = true;
        peer.acked = last.min(end).max(peer.acked);
        self.commit_what_a_quorum_has();
        if self.leads() && !is_pong {
            self.bring_up(from);
        }
        true
    }

    /// A follower is there, and these clients are.
    pub(super) fn ponged(&mut self, from: Endpoint, epoch: Term, last: Index, touched: Mask) {
        if self.acked(from, epoch, last, true) {
            self.touch(touched);
        }
    }

    /// What a quorum has acknowledged in this epoch is committed.
    pub(super) fn commit_what_a_quorum_has(&mut self) {
        let servers = self.config.servers;
        let has = |server: Endpoint| {
            let peer = self.memory.peers[server.index() % super::NODES_MAX];
            match peer.is_synced {
                true => u64::from(peer.acked.0) + 1,
                false => 0,
            }
        };
        let most = servers.most_of(servers.majority(), &has).unwrap_or(0);
        let Some(end) = (most as u32).checked_sub(1).map(Index) else {
            return;
        };
        for server in servers.0.iter() {
            if has(server) >= most {
                let by = &mut self.memory.doings.committed_by;
                *by = by.with(server);
            }
        }
        if self.memory.phase == Phase::Synchronization {
            return self.establish(end);
        }
        if end <= self.memory.commit {
            self.memory.doings.committed_by = Mask::EMPTY;
            return;
        }
        self.memory.did(deed::COMMITTED);
        self.note(Why::Commits, end.0, 0, 0);
        let commit = Message::Commit {
            epoch: self.memory.epoch,
            index: end,
        };
        let followers = self.in_step();
        self.send_to(followers, &commit);
        self.commit(end);
    }

    pub(super) fn heartbeat_due(&mut self) {
        match self.memory.role {
            Role::Looking => {}
            Role::Following => self.next_step(),
            Role::Leading => {
                self.beat_later();
                if self.leads() {
                    self.beat();
                }
            }
        }
    }

    /// Twice a tick; once a tick it looks whether a quorum is still there.
    fn beat(&mut self) {
        self.memory.beats = self.memory.beats.wrapping_add(1);
        if self.memory.beats.is_multiple_of(2) && !self.is_heard_by_quorum() {
            self.note(Why::LostQuorum, 0, 0, 0);
            self.memory.did(deed::LOST_QUORUM);
            return self.look();
        }
        let ping = Message::Ping {
            epoch: self.memory.epoch,
            commit: self.memory.commit,
        };
        for follower in self.in_step().iter() {
            let next = self.memory.peer(follower).acked.next();
            if next <= self.memory.beaten {
                // It was lost on the way.
                let proposal = self.proposal(next);
                self.memory.did(deed::SENT_AGAIN);
                self.out.send(follower, proposal);
            }
            self.out.send(follower, ping.clone());
        }
        self.memory.beaten = self.disk.log.last_index();
        self.close_silent_sessions();
    }

    // --- a follower

    pub(super) fn proposed(
        &mut self,
        from: Endpoint,
        epoch: Term,
        first: Index,
        entries: &[Entry],
    ) {
        if !self.memory.is_synced || !self.takes(from, epoch) {
            return;
        }
        let before = self.disk.log.last_index();
        // What lies before it was lost on the way, and comes again.
        if first > before.next() {
            return;
        }
        for (index, entry) in (first.0..).map(Index).zip(entries) {
            if index > self.disk.log.last_index() {
                self.disk.log.push(*entry);
                self.memory.doings.changed(index);
            }
        }
        let last = self.disk.log.last_index();
        if last > before {
            match entries {
                [one] => self.note(Why::Acknowledges, last.0, 0, does(one)),
                _ => self.note(Why::AcknowledgesMore, last.0, 0, 0),
            }
            self.persist();
        } else {
            self.wait_for_disk();
        }
        self.out.send(from, Message::Ack { epoch, last });
    }

    pub(super) fn committed(&mut self, from: Endpoint, epoch: Term, index: Index) {
        if self.memory.phase == Phase::Broadcast && self.takes(from, epoch) {
            self.commit(index);
        }
    }

    pub(super) fn pinged(&mut self, from: Endpoint, epoch: Term, commit: Index) {
        if from != self.memory.leader || !self.memory.is_synced {
            return;
        }
        // Who has missed that it may serve, hears it now.
        self.up_to_date(from, epoch, commit);
        self.wait_for_disk();
        let touched = core::mem::take(&mut self.memory.touched);
        let pong = Message::Pong {
            epoch,
            last: self.disk.log.last_index(),
            touched,
        };
        self.out.send(from, pong);
    }
}
