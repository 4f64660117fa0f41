//! Log replication (§5.3): the leader's appends, a follower's consistency check, how a leader goes back to where the two
//! logs agree, and snapshots for whoever is too far behind (§7).
//!
//! Appends are pipelined: once a follower's log is known to match, the next entries leave before the last are answered.
//! Lines may change their order, so a follower keeps what came too early until it has what lies before.

use super::forward::Connection;
use super::message::{Message, Why};
use super::node::Node;
use super::spec::{HEARTBEAT, deed, rule};
use super::state::{Kept, Role};
use crate::protocols::consensus::{
    Batch, Command, Content, Entry, Index, Members, Note, Place, Snapshot,
};
use crate::units::{Endpoint, Mask};
use alloc::rc::Rc;

/// How many entries may be on their way to one follower.
const WINDOW: u32 = 256;
/// How many appends that came too early a follower keeps.
const KEPT_MAX: usize = 16;

impl Node<'_> {
    // --- a leader

    /// Puts an entry at the end of its log and sends it: the disk and the followers write at the same time (thesis
    /// §10.2.1), and it counts itself only when its own disk is done.
    pub(super) fn propose(&mut self, content: Content) {
        let term = self.disk.term;
        self.disk.log.push(Entry { term, content });
        let end = self.disk.log.last_index();
        self.memory.doings.changed(end);
        if let Content::Members(members) = content {
            self.memory.members.push((end, members));
        }
        for other in self.others().iter() {
            self.send_more(other);
        }
        self.persist_log();
        if !self.config.keeps(rule::PERSIST_LOG) {
            self.memory.durable = end;
            self.commit_what_a_majority_has();
        }
    }

    pub(super) fn heartbeat_due(&mut self) {
        if !self.is_leader() {
            return;
        }
        self.begin_round();
        self.remember_beat();
        let beat = self.config.heartbeat_after;
        self.out.set_timer(HEARTBEAT, beat, beat);
    }

    /// Something to every follower, which they all answer: a round.
    pub(super) fn begin_round(&mut self) {
        self.memory.rounds.begin(self.context.steady);
        for other in self.others().iter() {
            let peer = self.memory.peer(other);
            let is_stuck = !peer.moved && peer.next.back() > peer.matched;
            if is_stuck && !peer.probing {
                // What was sent last was lost on the way.
                peer.next = peer.matched.next();
            }
            peer.moved = false;
            peer.waits = false;
            self.send_append(other);
        }
        self.confirm();
    }

    /// A new connection: what was on its way over the last one is gone.
    pub(super) fn connected(&mut self, to: Endpoint) {
        let now = self.context.steady;
        if to.0 < self.config.client.nodes {
            self.memory.peer(to).connection = Connection::new(now);
        }
        if self.is_leader() && self.others().contains(to) {
            let peer = self.memory.peer(to);
            if !peer.probing {
                peer.next = peer.matched.next();
            }
            peer.waits = false;
            self.send_append(to);
        }
    }

    /// What a follower has not been sent yet, as far as the window allows.
    pub(super) fn send_more(&mut self, to: Endpoint) {
        let end = self.disk.log.last_index();
        loop {
            let peer = *self.memory.peer(to);
            let on_the_way = peer.next.0.saturating_sub(peer.matched.0 + 1);
            let is_full = on_the_way >= WINDOW || peer.waits;
            if peer.next > end || is_full {
                return;
            }
            self.send_append(to);
        }
    }

    pub(super) fn send_append(&mut self, to: Endpoint) {
        let next = self.memory.peer(to).next;
        let Some(prev) = self.disk.log.place_at(next.back()) else {
            self.send_snapshot(to);
            return;
        };
        let entries = self.batch_from(next);
        let count = entries.entries().len() as u32;
        let peer = self.memory.peer(to);
        if peer.probing {
            peer.waits = true;
        } else {
            peer.next.0 += count;
        }
        let append = Message::Append {
            term: self.disk.term,
            prev,
            entries,
            commit: self.memory.commit,
            round: self.memory.rounds.last,
        };
        self.out.send(to, append);
    }

    /// The next entries, bounded; followers that are equally far are sent the same ones.
    fn batch_from(&mut self, next: Index) -> Batch {
        let end = self.disk.log.last_index();
        let last = Index(end.0.min(next.0 + self.config.batch - 1));
        if next > last {
            return Batch::default();
        }
        let (from, batch) = &self.memory.batch;
        let wanted = last.0 - next.0 + 1;
        if *from == next && batch.entries().len() as u32 == wanted {
            return batch.clone();
        }
        let batch = self.disk.log.batch(next, last);
        self.memory.batch = (next, batch.clone());
        batch
    }

    fn send_snapshot(&mut self, to: Endpoint) {
        let Some(snapshot) = self.disk.snapshot.clone() else {
            return;
        };
        self.note_node(Why::SendsSnapshot, 0, to);
        let peer = self.memory.peer(to);
        peer.probing = true;
        peer.waits = true;
        let install = Message::Install {
            term: self.disk.term,
            snapshot,
            round: self.memory.rounds.last,
        };
        self.wait_for_disk();
        self.out.send(to, install);
    }

    pub(super) fn matched(&mut self, from: Endpoint, at: Index) {
        let at = at.min(self.disk.log.last_index());
        let peer = self.memory.peer(from);
        let is_further = at > peer.matched;
        if is_further || peer.probing {
            peer.probing = false;
            peer.waits = false;
            peer.moved = true;
        }
        peer.matched = peer.matched.max(at);
        peer.next = peer.next.max(peer.matched.next());
        if is_further && at > self.memory.commit {
            self.commit_what_a_majority_has();
        }
        if self.is_leader() {
            self.send_more(from);
            self.hand_over_when_ready();
        }
    }

    /// Goes back to the last entry on which both may agree: past the whole of a term that is in conflict (§5.3).
    pub(super) fn mismatched(&mut self, from: Endpoint, at: Index, conflict: Place) {
        let end = self.disk.log.last_index();
        let peer = *self.memory.peer(from);
        let is_stale = conflict.index <= peer.matched || conflict.index >= peer.next;
        if is_stale || (peer.probing && conflict.index != peer.next.back()) {
            return;
        }
        let mut next = at;
        if conflict.term.0 > 0 {
            let last = self.disk.log.last_not_after(conflict.index, conflict.term);
            if self.disk.log.term_at(last) == Some(conflict.term) {
                next = last.next();
            }
        }
        let peer = self.memory.peer(from);
        peer.next = next.min(conflict.index).min(end).max(peer.matched.next());
        peer.probing = true;
        peer.waits = false;
        self.send_append(from);
    }

    // --- a follower

    pub(super) fn answer_leader(&mut self, to: Endpoint, matched: bool, at: Index, round: u32) {
        let answer = Message::Appended {
            term: self.disk.term,
            matched,
            at,
            conflict: Place::default(),
            round,
        };
        self.out.send(to, answer);
    }

    pub(super) fn append(
        &mut self,
        is_from_leader: bool,
        prev: Place,
        entries: Batch,
        commit: Index,
        round: u32,
    ) {
        if !is_from_leader {
            return;
        }
        let known = self.disk.log.term_at(prev.index);
        let is_below = prev.index < self.disk.log.base().index;
        let matches =
            is_below || known == Some(prev.term) || !self.config.keeps(rule::LOG_MATCHING);
        if matches {
            self.memory.in_step = true;
            self.take(prev, entries, commit, round);
            self.take_kept();
            return;
        }
        if known.is_none() && entries.0.is_some() && self.may_keep() {
            self.note(Why::Keeps, prev.index.0, 0, 0);
            self.memory.kept.push(Kept {
                prev,
                entries,
                commit,
                round,
            });
            return;
        }
        self.refuse_append(prev, round);
    }

    /// Once its log has matched the leader's in this term, what does not fit yet only came too early.
    fn may_keep(&self) -> bool {
        self.memory.in_step && self.memory.kept.len() < KEPT_MAX
    }

    fn take_kept(&mut self) {
        loop {
            let end = self.disk.log.last_index();
            let fits = |kept: &Kept| kept.prev.index <= end;
            let Some(place) = self.memory.kept.iter().position(fits) else {
                return;
            };
            let kept = self.memory.kept.swap_remove(place);
            if self.disk.log.term_at(kept.prev.index) == Some(kept.prev.term) {
                self.take(kept.prev, kept.entries, kept.commit, kept.round);
            }
        }
    }

    fn refuse_append(&mut self, prev: Place, round: u32) {
        let log = &self.disk.log;
        let (term, at) = match log.term_at(prev.index) {
            Some(term) => (term, log.first_of_term(prev.index, term)),
            None => (Default::default(), log.last_index().next()),
        };
        self.note(Why::DoesNotMatch, prev.index.0, 0, 0);
        let answer = Message::Appended {
            term: self.disk.term,
            matched: false,
            at,
            conflict: Place {
                term,
                index: prev.index,
            },
            round,
        };
        self.wait_for_disk();
        self.out.send(self.memory.leader, answer);
    }

    /// Takes what is new, after what is in conflict with it is gone (figure 2, AppendEntries 3 and 4).
    fn take(&mut self, prev: Place, entries: Batch, commit: Index, round: u32) {
        let mut index = prev.index;
        let before = self.disk.log.last_index();
        let mut is_new = false;
        for entry in entries.entries() {
            index = index.next();
            if index <= self.disk.log.base().index {
                continue;
            }
            match self.disk.log.term_at(index) {
                Some(term) if term == entry.term => continue,
                Some(_) => self.overwrite(index.back()),
                None => {}
            }
            is_new = true;
            self.disk.log.push(*entry);
            let end = self.disk.log.last_index();
            self.memory.doings.changed(end);
            if let Content::Members(members) = entry.content {
                self.memory.members.push((end, members));
            }
        }
        let end = self.disk.log.last_index();
        if is_new {
            self.note(Why::Takes, end.0, 0, 0);
            if before < prev.index {
                index = end;
            }
            self.persist_log();
        }
        self.wait_for_disk();
        let leader = self.memory.leader;
        self.answer_leader(leader, true, index.min(end), round);
        self.commit(commit.min(index));
    }

    fn overwrite(&mut self, last: Index) {
        self.note(Why::Overwrites, last.0, 0, 0);
        self.memory.did(deed::OVERWRITTEN);
        self.disk.log.truncate(last);
        self.disk.flushed = self.disk.flushed.min(last);
        self.memory.doings.changed(last.next());
        let list = &mut self.memory.members;
        while list.len() > 1 && list[list.len() - 1].0 > last {
            list.pop();
        }
    }

    pub(super) fn install(&mut self, is_from_leader: bool, snapshot: &Rc<Snapshot>, round: u32) {
        if !is_from_leader {
            return;
        }
        let at = snapshot.at;
        let leader = self.memory.leader;
        self.memory.in_step = true;
        if at.index > self.memory.commit {
            self.note(Why::Installs, at.index.0, 0, 0);
            self.memory.did(deed::INSTALLED);
            self.disk.snapshot = Some(Rc::clone(snapshot));
            if self.disk.log.term_at(at.index) == Some(at.term) {
                self.forget_until(at.index);
            } else {
                self.disk.log.restart(at);
                self.memory.members.clear();
                self.memory.members.push((at.index, snapshot.members));
                self.memory.doings.changed_from = at.index.next();
            }
            self.memory.commit = at.index;
            self.memory.applied = at.index;
            let before = self.memory.machine.values;
            self.memory.machine = snapshot.machine.clone();
            self.memory.shown = snapshot.shown.clone();
            self.tell_what_differs(&before);
            self.disk.flushed = self.disk.flushed.max(at.index);
            self.persist();
        }
        self.wait_for_disk();
        self.answer_leader(leader, true, at.index, round);
    }

    // --- members (thesis §4.1)

    /// Whoever runs the system wants a node to join or to leave. A leader changes one at a time, and not before an entry
    /// of its own term is committed (Ongaro 2015, "bug in single-server membership changes").
    pub(super) fn change_members(&mut self, node: Endpoint, joins: bool) {
        let (since, members) = self.memory.latest();
        let new = members.changed(node, joins);
        if !self.is_leader() || new == members || new.0.is_empty() {
            return;
        }
        if self.config.keeps(rule::ONE_CHANGE) && since > self.memory.commit {
            self.note(Why::StillChanging, 0, 0, 0);
            return;
        }
        if self.config.keeps(rule::NO_OP_BARRIER) && self.memory.commit < self.memory.no_op {
            self.note(Why::TooNew, 0, 0, 0);
            return;
        }
        self.begin_with(node);
        let index = self.disk.log.last_index().next();
        let Members(Mask(bits)) = new;
        self.note(Why::Changes, index.0, bits, 0);
        self.propose(Content::Members(new));
    }

    fn begin_with(&mut self, node: Endpoint) {
        let next = self.disk.log.last_index().next();
        let peer = self.memory.peer(node);
        if peer.matched == Index::default() {
            peer.next = next;
            peer.probing = true;
            peer.waits = false;
        }
    }

    // --- what clients want written

    pub(super) fn write(&mut self, command: &Command) {
        let end = self.disk.log.last_index().next();
        let said = Note::of_operation(command.operation);
        self.note(Why::Proposes, end.0, 0, said);
        debug_assert!(self.memory.role == Role::Leader);
        self.propose(Content::Command(*command));
    }
}
