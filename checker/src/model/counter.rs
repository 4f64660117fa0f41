//! A number: increment, decrement, read.

use super::{Ask, Model, Op, States, Value, wide};
use crate::search::{Ahead, Next};
use alloc::vec::Vec;

/// The counter. Sums are wider than what is added, so that none is too large.
#[derive(Debug)]
pub struct Counter {
    /// What each operation adds, or what it read.
    acts: Vec<(i128, Option<i128>)>,
    states: States<i128>,
    /// Whether something makes it more, and whether something makes it less.
    grows: bool,
    shrinks: bool,
}

impl Counter {
    pub fn new(ops: impl Iterator<Item = Op>, initial: Value) -> Self {
        let acts: Vec<_> = ops
            .map(|op| match op.ask {
                Ask::Increment => (wide(op.a), None),
                Ask::Decrement => (-wide(op.a), None),
                _ => (0, Some(wide(op.result))),
            })
            .collect();
        Self {
            grows: acts.iter().any(|(change, _)| *change > 0),
            shrinks: acts.iter().any(|(change, _)| *change < 0),
            acts,
            states: States::new(wide(initial)),
        }
    }

    /// Whether the next who looks can still be told what they were told.
    fn leads_to(&self, value: i128, look: u32) -> bool {
        let Some(told) = self.acts[look as usize].1 else {
            return true;
        };
        (self.shrinks || value <= told) && (self.grows || value >= told)
    }
}

impl Model for Counter {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let value = *self.states.get(state);
        let next = match self.acts[op as usize] {
            (_, Some(read)) => return (read == value).then_some(state),
            (change, None) => value + change,
        };
        match ahead.next {
            Next::Nobody => return Some(state),
            Next::Op { op: look, .. } if !self.leads_to(next, look) => return None,
            _ => {}
        }
        Some(self.states.number(next, 0))
    }

    fn only_looks(&self, op: u32) -> bool {
        self.acts[op as usize].1.is_some()
    }

    fn foresees(&self) -> bool {
        true
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
