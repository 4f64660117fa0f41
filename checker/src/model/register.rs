//! One value: read, write, compare-and-set.

use super::{Ask, Model, Op, Value};
use crate::search::Ahead;
use alloc::vec::Vec;

/// An operation with its values as numbers.
#[derive(Clone, Copy, Debug)]
enum Act {
    Read(u32),
    Write(u32),
    Cas(u32, u32),
}

/// The register; a state is the value's number.
#[derive(Debug)]
pub struct Register {
    acts: Vec<Act>,
    initial: u32,
}

impl Register {
    pub fn new(ops: impl Iterator<Item = Op>, initial: Value) -> Self {
        let mut values = Vec::new();
        let mut number = |value: Value| {
            let known = values.iter().rposition(|known| *known == value);
            known.unwrap_or_else(|| {
                values.push(value);
                values.len() - 1
            }) as u32
        };
        let initial = number(initial);
        let acts = ops.map(|op| match op.ask {
            Ask::Read => Act::Read(number(op.result)),
            Ask::Cas => Act::Cas(number(op.a), number(op.b)),
            _ => Act::Write(number(op.a)),
        });
        let acts = acts.collect();
        Self { acts, initial }
    }
}

impl Model for Register {
    fn initial(&mut self) -> u32 {
        self.initial
    }

    fn step(&mut self, state: u32, op: u32, _: &Ahead<'_>) -> Option<u32> {
        match self.acts[op as usize] {
            Act::Read(value) => (value == state).then_some(state),
            Act::Write(value) => Some(value),
            Act::Cas(from, to) => (from == state).then_some(to),
        }
    }

    fn only_looks(&self, op: u32) -> bool {
        matches!(self.acts[op as usize], Act::Read(_))
    }

    fn bytes(&self) -> usize {
        0
    }
}
