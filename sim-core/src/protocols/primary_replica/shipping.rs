//! The log on its way from a primary to its replicas, and how two logs that differ become one again.
//!
//! A replica says how far its log goes and of which epoch its last entry is. If the primary's log has the same epoch
//! there, both are equal that far, and the primary sends what follows. If not, each steps back past the entries of an
//! epoch that the other has not, until they meet; what the replica has beyond that is surplus.

use super::message::{Entry, Epoch, Message, Note, Position, Why};
use super::node::Node;
use super::spec::{RESEND, deed};
use super::state::{apply, cart_of};
use crate::units::{Endpoint, Mask};

/// How many entries may be on their way to one replica.
const WINDOW: u32 = 8;

impl Node<'_> {
    // --- starting

    pub(super) fn start(&mut self) {
        let (epoch, end) = (self.disk.epoch, self.memory.durable);
        if end == 0 && epoch == Epoch::default() {
            // A system that was just set up has nothing to catch up with.
            return;
        }
        if self.is_primary() {
            self.introduce();
            return;
        }
        self.memory.was_away = true;
        self.note(Why::IsBack, end, u32::from(epoch.node), 0);
        self.say_how_far(end, true);
    }

    // --- a primary

    /// Tells the others where its log ends: whoever follows another primary learns of this one.
    pub(super) fn introduce(&mut self) {
        for other in self.config.others(self.context.me).iter() {
            self.send_end(other);
        }
        self.arm_resend();
    }

    fn send_end(&mut self, to: Endpoint) {
        self.send_after(to, self.disk.flushed, None);
    }

    fn send_after(&mut self, to: Endpoint, place: u32, entry: Option<Entry>) {
        let message = Message::Append {
            epoch: self.disk.epoch,
            after: self.disk.position(place),
            entry,
        };
        self.out.send(to, message);
    }

    pub(super) fn ship_to_all(&mut self) {
        for other in self.memory.met.iter() {
            self.ship(other);
        }
    }

    /// Sends a replica what it was not sent yet, as far as it is on the disk and the window allows.
    fn ship(&mut self, to: Endpoint) {
        let place = to.index();
        let until = self.memory.durable.min(self.memory.known[place] + WINDOW);
        for next in self.memory.sent[place]..until {
            let entry = self.disk.entry(next + 1).copied();
            self.send_after(to, next, entry);
            self.memory.sent[place] = next + 1;
        }
        if self.memory.known[place] < self.memory.durable {
            self.arm_resend();
        }
    }

    fn arm_resend(&mut self) {
        if !self.memory.resending {
            self.memory.resending = true;
            let resend = self.config.resend;
            self.out.set_timer(RESEND, resend, resend + resend);
        }
    }

    /// Whoever has not acknowledged everything.
    fn silent(&self) -> Mask {
        let others = self.config.others(self.context.me);
        let mut silent = others.without(self.memory.met);
        for other in others.iter() {
            if self.memory.known[other.index()] < self.memory.durable {
                silent = silent.with(other);
            }
        }
        silent
    }

    pub(super) fn send_again(&mut self) {
        self.memory.resending = false;
        let silent = self.silent();
        if !self.is_primary() || silent.is_empty() {
            return;
        }
        self.note(Why::SendsAgain, 0, silent.0, 0);
        self.memory.did(deed::RESENT);
        for other in silent.iter() {
            if self.memory.met.contains(other) {
                let place = other.index();
                self.memory.sent[place] = self.memory.known[place];
                self.ship(other);
            } else {
                self.send_end(other);
            }
        }
        self.arm_resend();
    }

    /// A replica says how far its log goes.
    pub(super) fn have(&mut self, from: Endpoint, epoch: Epoch, at: Position, asks: bool) {
        let mine = self.disk.epoch;
        if epoch > mine {
            self.newer(epoch);
            return;
        }
        if !self.is_primary() {
            if epoch < mine {
                self.out.send(from, Message::Newer { epoch: mine });
            }
            return;
        }
        if epoch == mine && self.is_mine(at) {
            self.acknowledged(from, at.place, asks);
            return;
        }
        // It follows an earlier epoch, or has what this log has not.
        let back = self.agreed(at);
        if back < self.memory.durable {
            let entry = self.disk.entry(back + 1).copied();
            self.send_after(from, back, entry);
        } else if back == self.disk.end() {
            self.send_after(from, back, None);
        }
    }

    /// Whether the log up to this position is the beginning of this one.
    fn is_mine(&self, at: Position) -> bool {
        // Without one of these rules nobody looks at more than how many entries there are.
        let looks = self.config.in_order && self.config.rewind;
        !looks || (at.place <= self.disk.end() && self.disk.position(at.place) == at)
    }

    fn acknowledged(&mut self, by: Endpoint, until: u32, asks: bool) {
        let place = by.index();
        self.memory.met = self.memory.met.with(by);
        let known = self.memory.known[place].max(until.min(self.disk.end()));
        self.memory.known[place] = known;
        let sent = &mut self.memory.sent[place];
        *sent = if asks { known } else { known.max(*sent) };
        self.ship(by);
        if self.silent().is_empty() {
            self.memory.resending = false;
            self.out.cancel_timer(RESEND);
        }
    }

    /// The last place up to which a log could be equal to one with this position: nothing of a later epoch is before it.
    pub(super) fn agreed(&self, at: Position) -> u32 {
        let mut place = at.place.min(self.disk.end());
        while let Some(entry) = self.disk.entry(place)
            && entry.epoch > at.epoch
        {
            place -= 1;
        }
        place
    }

    // --- a replica

    /// Of what is on the disk, or will be when this leaves.
    fn say_how_far(&mut self, place: u32, asks: bool) {
        let epoch = self.disk.epoch;
        let at = self.disk.position(place);
        let have = Message::Have { epoch, at, asks };
        self.out.send(epoch.primary(), have);
    }

    pub(super) fn newer(&mut self, epoch: Epoch) {
        if epoch > self.disk.epoch && self.hear_of(epoch) {
            self.say_how_far(self.disk.end(), true);
        }
    }

    pub(super) fn append(
        &mut self,
        from: Endpoint,
        epoch: Epoch,
        after: Position,
        entry: Option<Entry>,
    ) {
        let mine = self.disk.epoch;
        if epoch < mine {
            self.out.send(from, Message::Newer { epoch: mine });
            return;
        }
        if epoch > mine && !self.hear_of(epoch) {
            return;
        }
        if self.is_primary() {
            return;
        }
        if !self.follows_on(after) {
            let place = self.agreed(after).min(self.memory.durable);
            self.say_how_far(place, true);
            return;
        }
        let surplus = match (entry, self.disk.entry(after.place + 1)) {
            (Some(entry), Some(mine)) => mine.epoch != entry.epoch,
            // The primary's log ends here; only what it has written since stands after it.
            (None, Some(mine)) => mine.epoch < epoch,
            _ => false,
        };
        if surplus && self.config.rewind {
            self.discard_after(after.place);
        }
        match entry {
            Some(entry) if self.is_next(&entry, after) => self.take_entry(entry, after.place),
            _ => self.say_how_far(self.memory.durable, false),
        }
    }

    /// Whether the log has what comes before an entry.
    fn follows_on(&self, after: Position) -> bool {
        if !self.config.in_order {
            return true;
        }
        let has_place = after.place <= self.disk.end();
        has_place && (!self.config.rewind || self.disk.position(after.place).epoch == after.epoch)
    }

    /// Whether an entry goes at the end of the log.
    fn is_next(&self, entry: &Entry, after: Position) -> bool {
        if self.config.in_order {
            return after.place == self.disk.end();
        }
        self.disk.log.iter().all(|mine| mine.op != entry.op)
    }

    fn take_entry(&mut self, entry: Entry, place: u32) {
        self.disk.log.push(entry);
        apply(&mut self.memory.written, entry.change);
        self.memory.take(self.config, entry.client, entry.op);
        self.persist();
        let change = Note::of_change(entry.change);
        self.note(Why::Takes, place + 1, 0, change);
        if core::mem::take(&mut self.memory.was_away) {
            self.memory.did(deed::CAUGHT_UP);
        }
        self.say_how_far(self.disk.end(), false);
    }

    /// What the primary's log has not is out of this one. People find it where it is kept.
    fn discard_after(&mut self, place: u32) {
        let gone = self.disk.log.split_off(place as usize);
        let (number, node) = (gone.len() as i64, self.disk.epoch.node);
        self.disk.discarded.extend(gone);
        let memory = &mut *self.memory;
        memory.durable = memory.durable.min(place);
        for (_, end) in memory.flushing.iter_mut() {
            *end = (*end).min(place);
        }
        memory.due.retain(|(end, _)| *end <= place);
        memory.written = cart_of(&self.disk.log);
        if memory.applied > place {
            memory.applied = place;
            memory.cart = memory.written;
        }
        self.persist();
        self.note(Why::Discards, place, u32::from(node), number);
        self.memory.did(deed::DISCARDED);
    }
}
