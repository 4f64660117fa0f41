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
    Arrive { handle: Handle, stamp: u32 },
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

/// Time and order of entry in one number, so that one comparison orders everything; and what is due in another, so that
/// little is moved.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    due: u64,
}

/// A [`Due`] in eight bytes: four bits say which, then come two small numbers or a handle (of 28 bits: more messages do
/// not fit into any memory), then a large number.
const fn packed(due: Due) -> u64 {
    let (kind, a, b, c) = match due {
        Due::Start(node) => (0, node.0, 0, 0),
        Due::Arrive { handle, stamp } => {
            return 1 | (handle as u64) << 4 | (stamp as u64) << 32;
        }
        Due::Timer { at, kind } => (2, at.0, kind, 0),
        Due::Flushed { at, life } => (3, at.0, 0, life),
        Due::Patience(client) => (4, client.0, 0, 0),
        Due::Load {
            client,
            load,
            counter,
        } => (5, client.0, load, counter),
        Due::Waited { at, life } => (6, at.0, 0, life),
        Due::PeerUp { at, peer } => (7, at.0, peer.0, 0),
        Due::PeerDown { at, peer } => (8, at.0, peer.0, 0),
    };
    kind | (a as u64) << 8 | (b as u64) << 16 | (c as u64) << 32
}

/// The inverse of [`packed`].
const fn unpacked(due: u64) -> Due {
    let [kind, a, b, ..] = due.to_le_bytes();
    let (at, c) = (Endpoint(a), (due >> 32) as u32);
    match kind & 15 {
        0 => Due::Start(at),
        1 => Due::Arrive {
            handle: due as u32 >> 4,
            stamp: c,
        },
        2 => Due::Timer { at, kind: b },
        3 => Due::Flushed { at, life: c },
        4 => Due::Patience(at),
        5 => Due::Load {
            client: at,
            load: b,
            counter: c,
        },
        6 => Due::Waited { at, life: c },
        7 => Due::PeerUp {
            at,
            peer: Endpoint(b),
        },
        _ => Due::PeerDown {
            at,
            peer: Endpoint(b),
        },
    }
}

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
        let due = packed(due);
        self.heap.push(Entry { key, due });
        self.pushed += 1;
    }

    /// When the next entry is due.
    pub(crate) fn next_at(&self) -> Micros {
        self.heap.peek().map_or(Micros::NEVER, time_of)
    }

    pub(crate) fn pop(&mut self) -> Option<(Micros, Due)> {
        self.heap
            .pop()
            .map(|entry| (time_of(&entry), unpacked(entry.due)))
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
    fn whatever_is_due_comes_out_as_it_went_in() {
        let (at, peer) = (Endpoint(15), Endpoint(255));
        for due in [
            Due::Start(at),
            Due::Arrive {
                handle: (1 << 28) - 1,
                stamp: u32::MAX,
            },
            Due::Arrive {
                handle: 0x0102_0304,
                stamp: 0x0506_0708,
            },
            Due::Timer { at, kind: 7 },
            Due::Flushed {
                at,
                life: u32::MAX - 1,
            },
            Due::Patience(at),
            Due::Load {
                client: at,
                load: 255,
                counter: 0x0102_0304,
            },
            Due::Waited { at, life: 9 },
            Due::PeerUp { at, peer },
            Due::PeerDown { at, peer },
        ] {
            assert_eq!(unpacked(packed(due)), due);
        }
    }
}
