//! A server at work: terms and roles (§5.1), its disk, what is committed and applied.
//!
//! Whatever a message says that a crash could undo follows a persist, so it leaves only when it is durable; and while
//! anything is still being written, everything that answers a message waits for the disk as well.

use super::forward::Connection;
use super::message::{Message, Why};
use super::spec::{ELECTION, FLUSH, FLUSH_AFTER, GIVE_UP, HEARTBEAT, LOOK, deed, rule};
use super::state::{Disk, Memory, Read, Role};
use super::{Config, Out};
use crate::operation::Answer;
use crate::protocol::{Context, Input};
use crate::protocols::consensus::heard::Done;
use crate::protocols::consensus::{
    Command, Content, Entry, Index, Members, Note, Snapshot, Talk, Term,
};
use crate::units::{Endpoint, Mask, OpId};
use alloc::rc::Rc;

/// One server while it handles one input.
pub(super) struct Node<'a> {
    pub config: &'a Config,
    pub context: Context,
    pub disk: &'a mut Disk,
    pub memory: &'a mut Memory,
    pub out: &'a mut Out,
}

impl Node<'_> {
    pub(super) fn act(&mut self, input: Input<Message>) {
        self.memory.begin(matches!(input, Input::Persisted(_)));
        if let Input::Persisted(mark) = input {
            self.persisted(mark);
            return;
        }
        // Not at once when entries are applied: those who watch want to see them in the log.
        self.snapshot_when_due();
        match input {
            Input::Start => self.start(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(ELECTION) => self.election_due(),
            Input::Timer(HEARTBEAT) => self.heartbeat_due(),
            Input::Timer(FLUSH) => {
                self.memory.is_flush_due = false;
                self.disk.flushed = self.disk.log.last_index();
                self.persist();
            }
            Input::Timer(GIVE_UP) => self.give_up_due(),
            Input::Timer(LOOK) => self.look_due(),
            Input::PeerUp(peer) => self.connected(peer),
            Input::Promote => self.promote(),
            Input::Member { node, joins } => self.change_members(node, joins),
            _ => {}
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Talk(Talk::Request { command }) => self.request(command),
            Message::Talk(Talk::Cancel { op }) => self.cancelled(op),
            Message::RequestVote {
                term,
                last,
                pre,
                forced,
            } => self.vote_asked(from, term, last, (pre, forced)),
            Message::Vote { term, pre, granted } => self.voted(from, term, pre, granted),
            Message::Append {
                term,
                prev,
                entries,
                commit,
                round,
            } => {
                let is_from_leader = self.hears_leader(from, term, round);
                self.append(is_from_leader, prev, entries, commit, round);
            }
            Message::Appended { .. } if !self.has_connection(from) => {}
            Message::Appended {
                term,
                matched,
                at,
                conflict,
                round,
            } => {
                let is_for_me = self.hears_follower(from, term, round);
                match matched {
                    true if is_for_me => self.matched(from, at),
                    false if is_for_me => self.mismatched(from, at, conflict),
                    _ => {}
                }
                self.confirm();
            }
            Message::Install {
                term,
                snapshot,
                round,
            } => {
                let is_from_leader = self.hears_leader(from, term, round);
                self.install(is_from_leader, &snapshot, round);
            }
            Message::HandOver { term } if term == self.disk.term => self.hand_over(from),
            Message::TimeoutNow { term } => self.timeout_now(term),
            Message::Forward {
                command,
                term,
                round,
            } => self.forwarded(from, &command, term, round),
            Message::ReadAt { op, index } => self.may_read(from, op, index),
            _ => {}
        }
    }

    // --- small things

    pub(super) fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note::new(why as u8, a, b, n));
    }

    pub(super) fn note_node(&mut self, why: Why, a: u32, node: Endpoint) {
        self.note(why, a, u32::from(node.0), 0);
    }

    /// Answers a client.
    pub(super) fn answer(&mut self, client: Endpoint, op: OpId, answer: Answer) {
        let answer = Message::Talk(Talk::Answer { op, answer });
        self.out.send(client, answer);
    }

    pub(super) fn is_leader(&self) -> bool {
        self.memory.role == Role::Leader
    }

    pub(super) fn members(&self) -> Members {
        self.memory.latest().1
    }

    /// The other members.
    pub(super) fn others(&self) -> Mask {
        self.members().0.without(Mask::of(self.context.me))
    }

    /// Whether these are enough to decide.
    pub(super) fn is_quorum(&self, these: Mask) -> bool {
        let members = self.members();
        members.count(these) >= self.config.quorum(members)
    }

    // --- the disk

    /// Makes everything durable; what is sent after it waits for that.
    pub(super) fn persist(&mut self) {
        let memory = &mut *self.memory;
        memory.marks = memory.marks.wrapping_add(1);
        let end = self.disk.log.last_index();
        memory.flushing.push((memory.marks, self.disk.term, end));
        self.out.persist(memory.marks);
    }

    /// After a change of the log, before anything that rests on it.
    pub(super) fn persist_log(&mut self) {
        if self.config.keeps(rule::PERSIST_LOG) {
            self.disk.flushed = self.disk.log.last_index();
            self.persist();
        } else if !self.memory.is_flush_due {
            self.memory.is_flush_due = true;
            self.out.set_timer(FLUSH, FLUSH_AFTER, FLUSH_AFTER);
        }
    }

    /// Before a message that says what may not be durable yet. What was persisted for this input holds it back already.
    pub(super) fn wait_for_disk(&mut self) {
        let is_held = self.memory.marks != self.memory.marks_before;
        if !is_held && !self.memory.flushing.is_empty() {
            self.persist();
        }
    }

    fn persisted(&mut self, mark: u32) {
        let mut durable = None;
        self.memory.flushing.retain(|(flushing, term, end)| {
            let is_done = *flushing <= mark;
            if is_done && *term == self.disk.term {
                durable = Some(*end);
            }
            !is_done
        });
        match (durable, self.memory.role) {
            (Some(end), Role::Leader) => self.own_log_is_durable(end),
            (Some(_), Role::Candidate) => self.has_vote_of(self.context.me),
            _ => {}
        }
    }

    fn own_log_is_durable(&mut self, end: Index) {
        if end > self.memory.durable {
            self.memory.durable = end;
            self.commit_what_a_majority_has();
        }
    }

    // --- terms and roles

    fn start(&mut self) {
        self.memory.doings.started = true;
        self.memory.heard_at = self.context.steady;
        let (term, end) = (self.disk.term, self.disk.log.last_index());
        if term > Term::default() {
            self.note(Why::IsBack, term.0, end.0, 0);
        }
        let (least, more) = (self.config.first_wait, self.config.election_after);
        self.out.set_timer(ELECTION, least, least + more);
    }

    /// A higher term: whatever it was, it is a follower in it (§5.1).
    pub(super) fn see_term(&mut self, term: Term) {
        if term <= self.disk.term {
            return;
        }
        let was_leader = self.is_leader();
        self.disk.term = term;
        self.disk.voted_for = Endpoint::NONE;
        self.persist();
        if was_leader && !self.config.keeps(rule::STEP_DOWN) {
            self.note(Why::GoesOn, term.0, 0, 0);
            return;
        }
        if was_leader {
            self.note(Why::StepsDown, term.0, 0, 0);
            self.memory.did(deed::STEPPED_DOWN);
            if self.disk.log.last_index() > self.memory.commit {
                self.memory.did(deed::DEPOSED);
            }
        }
        self.follow_nobody();
        if self.config.waits_anew {
            self.arm_election();
        }
    }

    pub(super) fn follow_nobody(&mut self) {
        let memory = &mut *self.memory;
        let was_leader = memory.role == Role::Leader;
        memory.role = Role::Follower;
        memory.leader = Endpoint::NONE;
        memory.in_step = false;
        memory.kept.clear();
        if was_leader {
            memory.reads.retain(Read::watches);
            memory.rounds.end();
            memory.batch = Default::default();
            memory.heir = Endpoint::NONE;
            memory.is_handing = false;
            memory.beats.clear();
            self.out.cancel_timer(HEARTBEAT);
            self.arm_election();
            self.office_is_lost();
        }
    }

    /// Whether an append or a snapshot is from the leader of this term or a later one. If so, follows it.
    fn hears_leader(&mut self, from: Endpoint, term: Term, round: u32) -> bool {
        if term < self.disk.term {
            self.wait_for_disk();
            self.answer_leader(from, false, Index::default(), round);
            return false;
        }
        if self.was_led_over_a_broken_line(from, term) {
            self.note_node(Why::OldConnection, 0, from);
            return false;
        }
        self.see_term(term);
        if self.is_leader() {
            return false;
        }
        if self.memory.leader != from || self.memory.role != Role::Follower {
            self.follow_nobody();
            self.memory.leader = from;
            self.note_node(Why::Follows, term.0, from);
            self.memory.heard_round = round;
            self.leader_is_known();
        }
        self.memory.heard_round = self.memory.heard_round.max(round);
        self.memory.heard_at = self.context.steady;
        self.arm_election();
        true
    }

    /// Whether an answer is to this leader in its term.
    fn hears_follower(&mut self, from: Endpoint, term: Term, round: u32) -> bool {
        self.see_term(term);
        if !self.is_leader() || term != self.disk.term {
            return false;
        }
        self.memory.answered = self.memory.answered.with(from);
        let now = self.context.steady;
        let peer = self.memory.peer(from);
        peer.round = peer.round.max(round);
        peer.connection = Connection::new(now);
        true
    }

    // --- what is committed

    /// What is on the disks of a majority is committed, if it is of this term; what lies before it is then committed too
    /// (§5.4.2).
    pub(super) fn commit_what_a_majority_has(&mut self) {
        let members = self.members();
        let has = |member| u64::from(self.has(member).0);
        let Some(end) = self.of_a_majority(&has) else {
            return;
        };
        let end = Index(end as u32);
        let is_of_term = self.disk.log.term_at(end) == Some(self.disk.term);
        if end > self.memory.commit && (is_of_term || !self.config.keeps(rule::OWN_TERM_COMMIT)) {
            for member in members.0.iter() {
                if self.has(member) >= end {
                    let by = &mut self.memory.doings.committed_by;
                    *by = by.with(member);
                }
            }
            self.memory.did(deed::COMMITTED);
            self.note(Why::Commits, end.0, 0, 0);
            self.commit(end);
            self.tell_commit();
        }
    }

    /// The most that enough members to decide have, or more.
    pub(super) fn of_a_majority(&self, of: &dyn Fn(Endpoint) -> u64) -> Option<u64> {
        let members = self.members();
        members.most_of(self.config.quorum(members), of)
    }

    fn has(&self, member: Endpoint) -> Index {
        if member == self.context.me {
            return self.memory.durable;
        }
        self.memory.peers[member.index() % super::NODES_MAX].matched
    }

    /// Applies what is committed, and answers whoever asked for it here.
    pub(super) fn commit(&mut self, end: Index) {
        self.memory.commit = end.min(self.disk.log.last_index()).max(self.memory.commit);
        while self.memory.applied < self.memory.commit {
            let index = self.memory.applied.next();
            let Some(entry) = self.disk.log.get(index).copied() else {
                break;
            };
            self.memory.applied = index;
            self.apply(index, &entry);
        }
        self.answer_reads();
    }

    fn apply(&mut self, index: Index, entry: &Entry) {
        if let Some(asked) = entry.command() {
            let outcome = self.memory.machine.apply(asked, self.config.checks);
            let Command { client, op, .. } = *asked;
            self.memory.shown.insert(op);
            if outcome.is_done {
                self.memory.doings.done.push(Done { index, op });
            } else {
                self.memory.did(deed::DEDUPLICATED);
            }
            if outcome.answer == Some(super::OLD_TOKEN) {
                self.memory.did(deed::FENCED);
            }
            let answers = match self.config.forwards() {
                true => self.stop_waiting(op),
                false => self.is_leader(),
            };
            if answers && let Some(answer) = outcome.answer {
                self.answer(client, op, answer);
            }
            let is_written = outcome.is_done && outcome.answer == Some(Answer::Done);
            if let Some(key) = asked.operation.key().filter(|_| is_written) {
                self.tell(key);
            }
        }
        if let Content::Members(members) = entry.content {
            self.memory.did(deed::RECONFIGURED);
            if self.is_leader() && !members.has(self.context.me) {
                self.note(Why::LeavesOffice, 0, 0, 0);
                self.follow_nobody();
            }
        }
    }

    // --- snapshots (§7)

    fn snapshot_when_due(&mut self) {
        let log = &self.disk.log;
        let at = self.memory.applied;
        let every = self.config.snapshot_after;
        if every == 0 || at.0 - log.base().index.0 < every {
            return;
        }
        let Some(place) = log.place_at(at) else {
            return;
        };
        self.disk.snapshot = Some(Rc::new(Snapshot {
            at: place,
            members: self.memory.members_at(at),
            machine: self.memory.machine.clone(),
            shown: self.memory.shown.clone(),
        }));
        self.forget_until(at);
        self.note(Why::TakesSnapshot, at.0, 0, 0);
        self.persist();
    }

    /// The snapshot stands for the log up to here.
    pub(super) fn forget_until(&mut self, at: Index) {
        self.disk.log.compact(at);
        let list = &mut self.memory.members;
        while list.len() > 1 && list[1].0 <= at {
            list.remove(0);
        }
    }
}
