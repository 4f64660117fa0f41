//! From an election to an epoch (Junqueira et al. 2011, §V, phases 1 and 2; Medeiros 2012, §4.2): **discovery**, in which a
//! quorum accepts an epoch that is later than any it has been in, and **synchronization**, in which a quorum takes over
//! the history of the leader, which is then committed.
//!
//! Why nothing is lost: whatever was committed in an earlier epoch is on the disks of a quorum, and that shares a server
//! with the quorum that accepts the new epoch. The leader has the best history of these, so it has it; and because a
//! quorum has accepted the later epoch, the leader of the earlier one can commit nothing more.
//!
//! A follower repeats the step that it is at until the next one comes: lines may lose things.

use super::message::{Message, Why};
use super::node::Node;
use super::spec::{ELECTION, HEARTBEAT, deed, rule};
use super::state::{Image, Phase, Role};
use crate::protocols::consensus::{Entry, Index, Place, Term};
use crate::units::{Endpoint, Mask, Micros};
use alloc::rc::Rc;

impl Node<'_> {
    // --- a follower

    /// Says, or says again, how far it has come.
    pub(super) fn next_step(&mut self) {
        let (epoch, leader) = (self.disk.accepted, self.memory.leader);
        let step = match self.memory.phase {
            Phase::Broadcast => return,
            Phase::Discovery => Message::FollowerInfo { accepted: epoch },
            Phase::Synchronization if self.memory.is_synced => {
                self.wait_for_disk();
                let last = self.disk.log.last_index();
                Message::Ack { epoch, last }
            }
            Phase::Synchronization => {
                self.wait_for_disk();
                self.ack_epoch(self.disk.log.last())
            }
        };
        self.out.send(leader, step);
        // Whoever was elected may not know it yet: it is tried again soon (leaderConnectDelayDuringRetryMs).
        let again = match self.memory.phase {
            Phase::Discovery => self.config.finalize_wait,
            _ => self.config.election_after,
        };
        let again = Micros(again.0 / 2);
        self.out.set_timer(HEARTBEAT, again, again);
    }

    fn ack_epoch(&self, last: Place) -> Message {
        let epoch = self.disk.accepted;
        // What it accepted from somebody else counts for nobody else.
        let current = (self.memory.epoch == epoch).then_some(self.disk.current);
        Message::AckEpoch {
            epoch,
            current,
            last,
        }
    }

    /// Whether something comes from the leader that it follows, now that both are in the same epoch. What an earlier
    /// leader sends is refused.
    pub(super) fn takes(&mut self, from: Endpoint, epoch: Term) -> bool {
        let follows = self.memory.role == Role::Following;
        if follows && from == self.memory.leader && epoch == self.disk.accepted {
            self.memory.heard_at = self.context.steady;
            self.wait_for_leader();
            return true;
        }
        follows && epoch < self.disk.accepted && !self.refuses(from, epoch)
    }

    fn refuses(&mut self, from: Endpoint, epoch: Term) -> bool {
        let refuses = self.config.keeps(rule::EPOCH);
        let why = match refuses {
            true => Why::Refuses,
            false => Why::TakesOld,
        };
        self.note_node(why, epoch.0, from);
        self.memory.did(deed::REFUSED);
        refuses
    }

    pub(super) fn epoch_proposed(&mut self, from: Endpoint, epoch: Term) {
        let follows = self.memory.role == Role::Following && from == self.memory.leader;
        if !follows || self.memory.phase != Phase::Discovery {
            return;
        }
        if epoch < self.disk.accepted && self.refuses(from, epoch) {
            return self.look();
        }
        self.memory.phase = Phase::Synchronization;
        self.memory.heard_at = self.context.steady;
        if epoch != self.disk.accepted {
            self.disk.accepted = epoch;
            self.memory.epoch = epoch;
            self.note_node(Why::AcceptsEpoch, epoch.0, from);
            self.persist();
        }
        self.wait_for_leader();
        self.next_step();
    }

    /// The leader's history: what this server has and the leader has not was never committed.
    pub(super) fn history_came(
        &mut self,
        from: Endpoint,
        epoch: Term,
        keep: Place,
        image: Option<&Rc<Image>>,
        entries: &[Entry],
    ) {
        if self.memory.phase == Phase::Discovery || !self.takes(from, epoch) {
            return;
        }
        if self.memory.is_synced {
            return self.next_step();
        }
        if let Some(image) = image {
            self.install(image);
        }
        let base = self.disk.log.base().index;
        if keep.index > base && self.disk.log.term_at(keep.index) != Some(keep.term) {
            // They part further back than the last zxid could tell.
            let last = self.disk.log.last_not_after(keep.index, keep.term);
            let last = self.disk.log.place_at(last).unwrap_or_default();
            let ack = self.ack_epoch(last);
            self.wait_for_disk();
            return self.out.send(from, ack);
        }
        let is_new = self.disk.current != epoch;
        self.take_over(keep.index, entries, is_new);
        self.disk.current = epoch;
        self.memory.is_synced = true;
        let count = self.disk.log.last_index().0;
        self.note(Why::HasHistory, epoch.0, 0, i64::from(count));
        self.persist();
        self.next_step();
    }

    /// A snapshot takes the place of the beginning, unless this server has come further.
    fn install(&mut self, image: &Rc<Image>) {
        if image.at.index <= self.memory.applied {
            return;
        }
        self.disk.log.restart(image.at);
        self.disk.image = Some(Rc::clone(image));
        let memory = &mut *self.memory;
        (memory.commit, memory.applied) = (image.at.index, image.at.index);
        memory.state = image.state.clone();
        memory.shown = image.shown.clone();
    }

    /// Takes entries after `keep`. Where it is in the leader's epoch already, its own history is the beginning of the
    /// leader's, so nothing that comes late can take anything away.
    fn take_over(&mut self, keep: Index, entries: &[Entry], is_new: bool) {
        let before = self.disk.log.last_index();
        let mut index = keep;
        let mut same = true;
        for entry in entries {
            index = index.next();
            if index <= self.disk.log.base().index {
                continue;
            }
            same &= self.disk.log.get(index) == Some(entry);
            if !same {
                self.disk.log.truncate(index.back());
                self.disk.log.push(*entry);
                self.memory.doings.changed(index);
            }
        }
        let end = if same && !is_new { before } else { index };
        let kept = end.max(self.memory.applied);
        if kept < self.disk.log.last_index() {
            self.disk.log.truncate(kept);
        }
        if is_new && before > keep && !same || kept < before {
            self.note(Why::Truncates, keep.0.min(kept.0), 0, 0);
            self.memory.did(deed::TRUNCATED);
        }
    }

    pub(super) fn up_to_date(&mut self, from: Endpoint, epoch: Term, commit: Index) {
        if !self.memory.is_synced || !self.takes(from, epoch) {
            return;
        }
        self.commit(commit);
        if self.memory.phase == Phase::Synchronization {
            self.memory.phase = Phase::Broadcast;
            self.note(Why::Serves, epoch.0, 0, 0);
            self.out.cancel_timer(HEARTBEAT);
            self.wait_for_leader();
        }
    }

    // --- a leader

    pub(super) fn follower_came(&mut self, from: Endpoint, accepted: Term) {
        if self.memory.role != Role::Leading {
            return;
        }
        self.memory.learners = self.memory.learners.with(from);
        self.memory.latest = self.memory.latest.max(accepted);
        self.memory.peer(from).heard_at = self.context.steady;
        let epoch = self.memory.epoch;
        match epoch.0 {
            0 => self.propose_epoch(),
            _ => self.out.send(from, Message::LeaderInfo { epoch }),
        }
    }

    /// With a quorum that follows it: an epoch that none of these has been in.
    pub(super) fn propose_epoch(&mut self) {
        if !self.config.is_quorum(self.memory.learners) {
            return;
        }
        let epoch = Term(self.memory.latest.0 + 1);
        self.memory.epoch = epoch;
        self.disk.accepted = epoch;
        self.note(Why::NewEpoch, epoch.0, 0, 0);
        self.persist();
        let followers = self.memory.learners.without(Mask::of(self.context.me));
        self.send_to(followers, &Message::LeaderInfo { epoch });
        self.wait_for_leader();
    }

    pub(super) fn epoch_accepted(
        &mut self,
        from: Endpoint,
        epoch: Term,
        current: Option<Term>,
        last: Place,
    ) {
        if !self.hears(from, epoch) {
            return;
        }
        let peer = self.memory.peer(from);
        (peer.last, peer.is_up) = (last, false);
        if self.memory.phase > Phase::Discovery {
            return self.send_history(from);
        }
        let Some(current) = current else {
            return;
        };
        if (current, last) > (self.disk.current, self.disk.log.last()) {
            self.note_node(Why::NotTheBest, 0, from);
            return self.look();
        }
        self.counts_acceptance(from);
    }

    /// Whether a follower of this epoch is heard.
    pub(super) fn hears(&mut self, from: Endpoint, epoch: Term) -> bool {
        let is_here = self.memory.role == Role::Leading && self.memory.learners.contains(from);
        if !is_here || epoch != self.memory.epoch {
            return false;
        }
        self.memory.peer(from).heard_at = self.context.steady;
        true
    }

    /// A quorum, and the leader itself, have accepted the epoch: no earlier leader can commit anything any more.
    pub(super) fn counts_acceptance(&mut self, who: Endpoint) {
        let by = self.memory.accepted_by.with(who);
        self.memory.accepted_by = by;
        let me = self.context.me;
        if self.config.is_quorum(by) && by.contains(me) {
            self.synchronize(by.without(Mask::of(me)));
        }
    }

    fn synchronize(&mut self, followers: Mask) {
        let epoch = self.memory.epoch;
        let is_kept = self.config.keeps(rule::SYNCHRONIZE);
        let (last, commit) = (self.disk.log.last_index(), self.memory.commit);
        if !is_kept && last > commit {
            self.note(Why::Drops, epoch.0, 0, i64::from(last.0 - commit.0));
            self.disk.log.truncate(commit);
        }
        self.disk.current = epoch;
        self.memory.opening = self.disk.log.last_index();
        self.memory.phase = Phase::Synchronization;
        self.persist();
        for follower in followers.iter() {
            self.send_history(follower);
        }
        self.wait_for_leader();
        if !is_kept {
            self.establish(commit);
        }
    }

    /// What a follower lacks, and up to where it is to keep what it has (DIFF, TRUNC, SNAP).
    fn send_history(&mut self, to: Endpoint) {
        let last = self.memory.peer(to).last;
        let log = &self.disk.log;
        let (base, end) = (log.base(), log.last_index());
        let mut keep = log.last_not_after(last.index, last.term);
        let is_gone = last.index < base.index || (keep == base.index && base.term > last.term);
        if is_gone {
            keep = base.index;
        }
        let image = self.disk.image.clone().filter(|_| is_gone);
        let why = match (is_gone, keep < last.index) {
            (true, _) => Why::SendsSnap,
            (_, true) => Why::SendsTrunc,
            _ => Why::SendsDiff,
        };
        let message = Message::NewLeader {
            epoch: self.memory.epoch,
            keep: log.place_at(keep).unwrap_or_default(),
            image,
            entries: match keep < end {
                true => log.batch(keep.next(), end),
                false => Default::default(),
            },
        };
        if is_gone {
            self.memory.did(deed::SNAPSHOT_SENT);
        }
        self.note_node(why, keep.0, to);
        self.wait_for_disk();
        self.out.send(to, message);
    }

    /// A quorum has the history: it is committed, and the leader serves (NEWLEADER is acknowledged, UPTODATE goes out).
    pub(super) fn establish(&mut self, commit: Index) {
        let (epoch, opening) = (self.memory.epoch, self.memory.opening);
        let earlier = opening.0.saturating_sub(self.memory.commit.0);
        self.memory.phase = Phase::Broadcast;
        self.memory.touched_at.fill(self.context.steady);
        if epoch.0 > 1 {
            self.memory.did(deed::LEADER_CHANGED);
        }
        let why = match earlier {
            0 => Why::EstablishedEmpty,
            _ => Why::Established,
        };
        self.note(why, epoch.0, opening.0, i64::from(earlier));
        if earlier > 0 {
            self.memory.did(deed::COMMITTED_EARLIER);
        }
        self.out.cancel_timer(ELECTION);
        self.commit(commit);
        for follower in self.others().iter() {
            self.bring_up(follower);
        }
    }

    /// A follower that has the history may serve.
    pub(super) fn bring_up(&mut self, follower: Endpoint) {
        let peer = self.memory.peer(follower);
        if peer.is_synced && !peer.is_up {
            peer.is_up = true;
            let up_to_date = Message::UpToDate {
                epoch: self.memory.epoch,
                commit: self.memory.commit,
            };
            self.out.send(follower, up_to_date);
        }
    }

    /// Whoever was silent for too long, or whose connection is closed, is a follower no more.
    pub(super) fn drop_learner(&mut self, who: Endpoint) {
        self.memory.learners = self.memory.learners.without(Mask::of(who));
    }

    /// Followers that were heard within the time-out, and itself.
    pub(super) fn is_heard_by_quorum(&mut self) -> bool {
        let (me, now) = (self.context.me, self.context.steady);
        let limit: Micros = self.config.election_after;
        let mut heard = Mask::of(me);
        for learner in self.memory.learners.without(heard).iter() {
            let peer = *self.memory.peer(learner);
            if now.since(peer.heard_at) > limit {
                self.drop_learner(learner);
            } else if peer.is_synced {
                heard = heard.with(learner);
            }
        }
        self.config.is_quorum(heard)
    }
}
