//! What a node holds: its disk, which survives a crash, and its memory, which does not.

use super::message::{Entry, Epoch, Position};
use super::{Config, NODES_MAX};
use crate::operation::{Cart, Operation};
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros, OpId};
use alloc::vec::Vec;

/// What a node's disk keeps through a crash.
#[derive(Clone, Default, Debug)]
pub struct Disk {
    /// The epoch that it acts in: as its primary, or as a replica of its primary.
    pub epoch: Epoch,
    /// The highest epoch that it has heard of. The same, unless a rule is off.
    pub heard: Epoch,
    /// The log, from the first entry on.
    pub log: Vec<Entry>,
    /// How many entries a restart finds. The rest of the log was never flushed.
    pub flushed: u32,
    /// Entries that it had to discard, oldest first: out of the log, kept for people.
    pub discarded: Vec<Entry>,
}

impl Disk {
    /// How many entries the log has.
    pub fn end(&self) -> u32 {
        self.log.len() as u32
    }

    /// Whether the node takes writes.
    pub fn is_primary(&self, me: Endpoint) -> bool {
        self.epoch.primary() == me
    }

    /// The entry that makes so many.
    pub(super) fn entry(&self, place: u32) -> Option<&Entry> {
        self.log.get((place as usize).checked_sub(1)?)
    }

    /// The position of the first so many entries.
    pub(super) fn position(&self, place: u32) -> Position {
        match self.entry(place) {
            Some(entry) => Position {
                epoch: entry.epoch,
                place,
            },
            None => Position::default(),
        }
    }
}

/// Does to a cart what an entry says.
pub(super) const fn apply(cart: &mut Cart, change: Operation) -> bool {
    match change {
        Operation::Add { item } => cart.add(item),
        Operation::Remove { item } => cart.remove(item),
        _ => false,
    }
}

/// The cart after so many entries.
pub(super) fn cart_of(log: &[Entry]) -> Cart {
    let mut cart = Cart::default();
    for entry in log {
        apply(&mut cart, entry.change);
    }
    cart
}

/// A read that a node has not answered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub client: Endpoint,
    pub op: OpId,
    /// What must show first.
    pub session: Position,
    pub since: Micros,
}

/// What a node's memory holds; gone with a crash.
#[derive(Clone, Debug)]
pub struct Memory {
    /// How many entries are on the disk.
    pub(super) durable: u32,
    /// How many entries show, and the cart that they make.
    pub(super) applied: u32,
    pub(super) cart: Cart,
    /// The cart that the whole log makes, whether it shows or not.
    pub(super) written: Cart,
    pub(super) marks: u32,
    /// What the disk is busy with: the mark, and how many entries it will hold then.
    pub(super) flushing: Vec<(u32, u32)>,
    /// The mark under which the epoch is on the disk.
    pub(super) epoch_mark: u32,
    /// How many entries show from when on.
    pub(super) due: Vec<(u32, Micros)>,
    /// A primary, by node: how many entries are acknowledged, and how many are sent.
    pub(super) known: [u32; NODES_MAX],
    pub(super) sent: [u32; NODES_MAX],
    /// A primary: who has acknowledged anything in this epoch.
    pub(super) met: Mask,
    /// A primary: whether the timer to send again runs.
    pub(super) resending: bool,
    pub(super) waiting: Vec<Wait>,
    /// By client, one past the last operation taken: a request that arrives twice is taken once.
    pub(super) taken: [u32; ENDPOINTS_MAX as usize],
    /// A replica that was away and has not heard from its primary yet.
    pub(super) was_away: bool,
    /// Reads that the last input answered, and whose they are, for those who watch.
    pub(super) answered: Vec<(Endpoint, OpId)>,
    /// Witnesses that this node has produced.
    pub(super) deeds: u32,
}

impl Memory {
    /// Right after a start: whatever is on the disk shows.
    pub(super) fn new(config: &Config, me: Endpoint, disk: &Disk) -> Self {
        let end = disk.end();
        let cart = cart_of(&disk.log);
        let mut memory = Self {
            durable: end,
            applied: end,
            cart,
            written: cart,
            marks: 0,
            flushing: Vec::new(),
            epoch_mark: 0,
            due: Vec::new(),
            known: [0; NODES_MAX],
            sent: [0; NODES_MAX],
            met: Mask::EMPTY,
            resending: false,
            waiting: Vec::new(),
            taken: [0; ENDPOINTS_MAX as usize],
            was_away: false,
            answered: Vec::new(),
            deeds: 0,
        };
        // Nodes that were set up together need no introduction.
        if end == 0 && disk.epoch == Epoch::default() {
            memory.met = config.others(me);
        }
        for entry in &disk.log {
            memory.take(config, entry.client, entry.op);
        }
        memory
    }

    /// Whether the epoch may yet be gone with a crash.
    pub(super) fn epoch_is_new(&self) -> bool {
        let first = self.flushing.first();
        first.is_some_and(|(mark, _)| *mark <= self.epoch_mark)
    }

    pub(super) const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }

    /// Takes an operation once, however often its request arrives. Says whether this is the first time.
    pub(super) fn take(&mut self, config: &Config, client: Endpoint, op: OpId) -> bool {
        // Below the first client this wraps around to a place that nobody has.
        let place = usize::from(client.0.wrapping_sub(config.nodes));
        match self.taken.get_mut(place) {
            Some(taken) if op.0 >= *taken => {
                *taken = op.0 + 1;
                true
            }
            _ => false,
        }
    }
}
