//! The event queue: a total order over everything that is due.

use crate::units::{Endpoint, Micros};
use crate::world::actors::Handle;
use alloc::collections::BinaryHeap;
use core::cmp::Ordering;

/// Something that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// A node starts.
    Start(Endpoint),
    /// A message reaches the end (or, if doomed, the middle) of its line. The stamp tells an entry that a delay or
    /// a hold has made void.
    Arrive { place: Place, stamp: u32 },
    /// A timer may have run out.
    Timer { at: Endpoint, kind: u8 },
    /// A disk has finished its oldest write. The life tells a write that a crash has undone.
    Flushed { at: Endpoint, life: u32 },
    /// A person's patience may have ended.
    Patience(Endpoint),
    /// A client's next operation from a load.
    Load {
        client: Endpoint,
        load: u8,
        counter: u32,
    },
    /// An input that had waited for its endpoint to be resumed.
    Waited { at: Endpoint, life: u32 },
    /// A peer learns that a stream opened.
    PeerUp { at: Endpoint, peer: Endpoint },
    /// A peer learns that a stream closed.
    PeerDown { at: Endpoint, peer: Endpoint },
}

/// A message's handle in three bytes, so that whatever is due takes eight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place([u8; 3]);

/// So many messages can be on their way at once: no memory holds more.
pub(crate) const HANDLES_MAX: Handle = 1 << 24;

impl Place {
    /// The place of a handle, which is below [`HANDLES_MAX`].
    pub(crate) const fn of(handle: Handle) -> Self {
        let [low, middle, high, _] = handle.to_le_bytes();
        Self([low, middle, high])
    }

    pub(crate) const fn handle(self) -> Handle {
        let Self([low, middle, high]) = self;
        Handle::from_le_bytes([low, middle, high, 0])
    }
}

/// Time and order of entry in one number, so that one comparison orders everything.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    due: Due,
}

/// Entries are moved more often than anything else.
const _: () = assert!(size_of::<Entry>() == 16);

/// Bits for the order of entry: two thousand million entries, hours of work for one run.
const ORDER_BITS: u32 = 31;
/// Times beyond this (2.4 hours, more than any run may last) are all the same: never.
const TIME_MAX: u64 = (1 << (64 - ORDER_BITS)) - 1;

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    /// The heap gives out its greatest; the earliest is to be that.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

/// Entries come out by time; at one instant, in the order in which they went in.
#[derive(Clone, Default, Debug)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    pushed: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Micros, due: Due) {
        debug_assert!(self.pushed < 1 << ORDER_BITS, "a run of hours of work");
        let key = at.0.min(TIME_MAX) << ORDER_BITS | self.pushed;
        self.heap.push(Entry { key, due });
        self.pushed += 1;
    }

    /// When the next entry is due.
    pub(crate) fn next_at(&self) -> Micros {
        self.heap.peek().map_or(Micros::NEVER, time_of)
    }

    pub(crate) fn pop(&mut self) -> Option<(Micros, Due)> {
        self.heap.pop().map(|entry| (time_of(&entry), entry.due))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.heap.len() * size_of::<Entry>()
    }
}

const fn time_of(entry: &Entry) -> Micros {
    match entry.key >> ORDER_BITS {
        TIME_MAX => Micros::NEVER,
        at => Micros(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_first_then_order_of_entry() {
        let mut queue = Queue::default();
        for (at, node) in [(5, 0), (3, 1), (5, 2), (3, 3)] {
            queue.push(Micros(at), Due::Start(Endpoint(node)));
        }
        let mut order = alloc::vec::Vec::new();
        while let Some((at, Due::Start(node))) = queue.pop() {
            order.push((at.0, node.0));
        }
        assert_eq!(order, [(3, 1), (3, 3), (5, 0), (5, 2)]);
    }

    #[test]
    fn a_place_is_a_handle() {
        for handle in [0, 1, 0x01_02_03, HANDLES_MAX - 1] {
            assert_eq!(Place::of(handle).handle(), handle);
        }
    }
}
