//! The event queue: a total order over everything that is due.

use crate::units::{Endpoint, Micros, OpId};
use crate::world::actors::Handle;
use alloc::collections::BinaryHeap;
use core::cmp::{Ordering, Reverse};

/// Something that is due.
#[derive(Clone, Copy, Debug)]
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
    /// A person's patience ends.
    Patience { client: Endpoint, op: OpId },
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

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: u64,
    order: u64,
    due: Due,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Entries come out by time; at one instant, in the order in which they went in.
#[derive(Clone, Default, Debug)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Micros, due: Due) {
        self.heap.push(Reverse(Entry {
            at: at.0,
            order: self.pushed,
            due,
        }));
        self.pushed += 1;
    }

    /// When the next entry is due.
    pub(crate) fn next_at(&self) -> Micros {
        self.heap
            .peek()
            .map_or(Micros::NEVER, |entry| Micros(entry.0.at))
    }

    pub(crate) fn pop(&mut self) -> Option<(Micros, Due)> {
        self.heap
            .pop()
            .map(|Reverse(entry)| (Micros(entry.at), entry.due))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.heap.len() * size_of::<Entry>()
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
}
