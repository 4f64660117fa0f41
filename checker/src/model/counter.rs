//! A number: increment, decrement, read.

use super::{Ask, Model, Op, States, Value, number};
use crate::search::Ahead;
use alloc::vec::Vec;

/// The counter.
#[derive(Debug)]
pub struct Counter {
    /// What each operation adds, or what it read.
    acts: Vec<(i64, Option<i64>)>,
    states: States<i64>,
}

impl Counter {
    pub fn new(ops: impl Iterator<Item = Op>, initial: Value) -> Self {
        let acts = ops.map(|op| match op.ask {
            Ask::Increment => (number(op.a), None),
            Ask::Decrement => (number(op.a).saturating_neg(), None),
            _ => (0, Some(number(op.result))),
        });
        Self {
            acts: acts.collect(),
            states: States::new(number(initial)),
        }
    }
}

impl Model for Counter {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, _: &Ahead<'_>) -> Option<u32> {
        let value = *self.states.get(state);
        match self.acts[op as usize] {
            (_, Some(read)) => (read == value).then_some(state),
            (change, None) => {
                let next = value.checked_add(change)?;
                Some(self.states.number(next, 0))
            }
        }
    }

    fn only_looks(&self, op: u32) -> bool {
        self.acts[op as usize].1.is_some()
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
