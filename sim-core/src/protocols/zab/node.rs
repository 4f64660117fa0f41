//! A server at work: its disk, what is committed and applied, and what it does with each input.
//!
//! Everything durable is persisted in the same handler, and every answer that rests on it follows the persist, so it
//! leaves only when it is durable. While anything is still being written, whatever acknowledges waits for the disk too.

use super::message::{Message, Why};
use super::spec::{ELECTION, FINALIZE, HEARTBEAT, deed};
use super::state::{Disk, Flushing, Image, Memory, Phase, Role};
use super::{Config, Out};
use crate::operation::Answer;
use crate::protocol::{Context, Input};
use crate::protocols::consensus::heard::Done;
use crate::protocols::consensus::machine::refusal;
use crate::protocols::consensus::{Command, Content, Entry, Grant, Index, Note, Talk};
use crate::units::{Endpoint, Mask};
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
            return self.persisted(mark);
        }
        // Not at once when entries are applied: those who watch want to see them in the log.
        self.snapshot_when_due();
        match input {
            Input::Start => self.start(),
            Input::Message { from, message } => self.hear(from, message),
            Input::Timer(ELECTION) => self.election_due(),
            Input::Timer(FINALIZE) => self.finalize(),
            Input::Timer(HEARTBEAT) => self.heartbeat_due(),
            Input::PeerUp(peer) if peer.0 < self.config.nodes => self.connected(peer),
            Input::PeerDown(peer) => self.disconnected(peer),
            _ => {}
        }
    }

    fn hear(&mut self, from: Endpoint, message: Message) {
        match message {
            Message::Talk(Talk::Request { command }) => self.request(command),
            Message::Connect { grant, seen } => self.connect(grant, seen),
            Message::Alive => self.client_is_alive(from),
            Message::Notification { vote, round, role } => self.notified(from, vote, round, role),
            Message::FollowerInfo { accepted } => self.follower_came(from, accepted),
            Message::AckEpoch {
                epoch,
                current,
                last,
            } => self.epoch_accepted(from, epoch, current, last),
            Message::LeaderInfo { epoch } => self.epoch_proposed(from, epoch),
            Message::NewLeader {
                epoch,
                keep,
                image,
                entries,
            } => self.history_came(from, epoch, keep, image.as_ref(), entries.entries()),
            Message::UpToDate { epoch, commit } => self.up_to_date(from, epoch, commit),
            Message::Proposal {
                epoch,
                first,
                entries,
            } => self.proposed(from, epoch, first, entries.entries()),
            Message::Commit { epoch, index } => self.committed(from, epoch, index),
            Message::Ping { epoch, commit } => self.pinged(from, epoch, commit),
            Message::Ack { epoch, last } => drop(self.acked(from, epoch, last, false)),
            Message::Pong {
                epoch,
                last,
                touched,
            } => self.ponged(from, epoch, last, touched),
            Message::Forward { command, session } => self.forwarded(from, &command, session),
            Message::Attach { grant } => self.attach(from, grant),
            Message::Attached { grant } => self.attached(grant),
            Message::Expired { grant } => self.expired(grant),
            Message::Sync { op } => self.sync_asked(from, op),
            Message::Synced { op, index } => self.synced(from, op, index),
            Message::Closed { .. } => self.disconnected(from),
            _ => {}
        }
    }

    fn start(&mut self) {
        self.memory.doings.started = true;
        let (epoch, end) = (self.disk.accepted, self.disk.log.last_index());
        if epoch.0 > 0 {
            self.note(Why::IsBack, epoch.0, 0, i64::from(end.0));
        }
        self.look();
    }

    // --- small things

    pub(super) fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note::new(why as u8, a, b, n));
    }

    pub(super) fn note_node(&mut self, why: Why, a: u32, node: Endpoint) {
        self.note(why, a, u32::from(node.0), 0);
    }

    pub(super) fn others(&self) -> Mask {
        self.config.servers.0.without(Mask::of(self.context.me))
    }

    pub(super) fn send_to(&mut self, these: Mask, message: &Message) {
        for server in these.iter() {
            self.out.send(server, message.clone());
        }
    }

    /// Whether it leads, and has an epoch that a quorum has begun.
    pub(super) fn leads(&self) -> bool {
        self.memory.leads()
    }

    /// Whether it is up to date, and may answer clients.
    pub(super) fn serves(&self) -> bool {
        self.memory.role != Role::Looking && self.memory.phase == Phase::Broadcast
    }

    // --- the disk

    /// Makes everything durable; what is sent after it waits for that.
    pub(super) fn persist(&mut self) {
        let memory = &mut *self.memory;
        memory.marks = memory.marks.wrapping_add(1);
        memory.flushing.push(Flushing {
            mark: memory.marks,
            accepted: self.disk.accepted,
            current: self.disk.current,
            last: self.disk.log.last_index(),
        });
        self.out.persist(memory.marks);
    }

    /// Before a message that says what may not be durable yet. What was persisted for this input holds it back already.
    pub(super) fn wait_for_disk(&mut self) {
        let is_held = self.memory.marks != self.memory.marks_before;
        if !is_held && !self.memory.flushing.is_empty() {
            self.persist();
        }
    }

    fn persisted(&mut self, mark: u32) {
        let mut done = None;
        self.memory.flushing.retain(|one| {
            if one.mark <= mark {
                done = Some(*one);
            }
            one.mark > mark
        });
        let Some(done) = done.filter(|_| self.memory.role == Role::Leading) else {
            return;
        };
        let (me, epoch) = (self.context.me, self.memory.epoch);
        if self.memory.phase == Phase::Discovery {
            if done.accepted == epoch && epoch.0 > 0 {
                self.counts_acceptance(me);
            }
        } else if done.current == epoch {
            let own = self.memory.peer(me);
            own.is_synced = true;
            own.acked = own.acked.max(done.last);
            self.commit_what_a_quorum_has();
        }
    }

    // --- what is committed

    /// Applies what is committed, and answers whoever asked for it here.
    pub(super) fn commit(&mut self, end: Index) {
        let end = end.min(self.disk.log.last_index());
        self.memory.commit = end.max(self.memory.commit);
        while self.memory.applied < self.memory.commit {
            let index = self.memory.applied.next();
            let Some(entry) = self.disk.log.get(index).copied() else {
                break;
            };
            self.memory.applied = index;
            match entry.content {
                Content::Command(command) => self.apply(index, &command),
                Content::Session(grant) => self.grant(grant),
                _ => {}
            }
        }
        self.answer_reads();
    }

    fn apply(&mut self, index: Index, command: &Command) {
        let outcome = self.memory.state.apply(command, self.config.checks);
        let Command { client, op, .. } = *command;
        self.memory.shown.insert(op);
        if outcome.is_done {
            self.memory.doings.done.push(Done { index, op });
        }
        if outcome.answer == Some(Answer::Refused(refusal::OLD_TOKEN)) {
            self.memory.did(deed::FENCED);
        }
        let asked = self.memory.connection(client);
        let waits = asked.is_some_and(|one| one.waits && one.asked == Some(op));
        if waits && let Some(answer) = outcome.answer {
            self.reply(client, op, answer);
        }
    }

    /// A session opens, or is over: its client, if it is here, is told.
    fn grant(&mut self, grant: Grant) {
        if self.memory.state.grant(grant) {
            self.note_node(Why::LockFreed, 0, grant.client);
            self.memory.did(deed::LOCK_FREED);
        }
        match grant.opens {
            true => self.attached(grant),
            false => self.expired(grant),
        }
    }

    // --- snapshots

    fn snapshot_when_due(&mut self) {
        let at = self.memory.applied;
        let every = self.config.snapshot_after;
        if every == 0 || at.0 - self.disk.log.base().index.0 < every {
            return;
        }
        // What a follower may have to be sent again is still needed.
        let lacks =
            |server: Endpoint| self.memory.peers[server.index() % super::NODES_MAX].acked < at;
        if self.leads() && self.in_step().iter().any(lacks) {
            return;
        }
        let Some(place) = self.disk.log.place_at(at) else {
            return;
        };
        self.disk.image = Some(Rc::new(Image {
            at: place,
            state: self.memory.state.clone(),
            shown: self.memory.shown.clone(),
        }));
        self.disk.log.compact(at);
        self.note(Why::TakesSnapshot, at.0, 0, 0);
        self.persist();
    }
}

/// What an entry does, for a note.
pub(super) fn does(entry: &Entry) -> i64 {
    match entry.content {
        Content::Command(command) => Note::of_operation(command.operation),
        Content::Session(grant) => -1 - i64::from(grant.opens),
        _ => 0,
    }
}

/// The session that an entry is about.
pub(super) const fn grant_of(entry: &Entry) -> Option<Grant> {
    match entry.content {
        Content::Session(grant) => Some(grant),
        _ => None,
    }
}
