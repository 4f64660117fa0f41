//! A number: increment, decrement, read.

use super::tally::{Act, Tally};
use super::{Ask, Op, Value, wide};

/// The counter: one account, which may be overdrawn.
pub fn counter(ops: impl Iterator<Item = Op>, initial: Value) -> Tally {
    let acts = ops.map(|op| {
        let act = match op.ask {
            Ask::Increment => Act::add(0, wide(op.a)),
            Ask::Decrement => Act::add(0, -wide(op.a)),
            _ => Act::Told(alloc::vec![(0, wide(op.result))]),
        };
        (op, act)
    });
    Tally::new(acts, alloc::vec![wide(initial)], false)
}
