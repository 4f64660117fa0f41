//! One value: read, write, compare-and-set.

use super::overwritten::{Access, is_impossible};
use super::{Ask, Model, Op, Value};
use crate::history::{Ended, NEVER};
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
    /// Where each was invoked and where it ended.
    places: Vec<(u32, u32)>,
    initial: u32,
    /// By value, if there are unknown operations: the last response of whoever found it there, or may have.
    found: Vec<u32>,
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
        let (mut acts, mut places) = (Vec::new(), Vec::new());
        for op in ops {
            acts.push(match op.ask {
                Ask::Read => Act::Read(number(op.result)),
                Ask::Cas => Act::Cas(number(op.a), number(op.b)),
                _ => Act::Write(number(op.a)),
            });
            let is_done = op.outcome == Ended::Ok;
            places.push((op.invoked, if is_done { op.ended } else { NEVER }));
        }
        let is_known = places.iter().all(|(_, ended)| *ended != NEVER);
        let found = match is_known {
            true => Vec::new(),
            false => last_found(&acts, &places, values.len()),
        };
        Self {
            acts,
            places,
            initial,
            found,
        }
    }
}

/// By value: the last response of whoever found it there, or of whoever found what an unknown operation that found it
/// may have left.
fn last_found(acts: &[Act], places: &[(u32, u32)], values: usize) -> Vec<u32> {
    let mut found = alloc::vec![0; values];
    let mut open = Vec::new();
    for (act, (_, ended)) in acts.iter().zip(places) {
        match *act {
            Act::Read(value) | Act::Cas(value, _) if *ended != NEVER => {
                found[value as usize] = found[value as usize].max(*ended);
            }
            Act::Cas(from, to) => open.push((from as usize, to as usize)),
            _ => {}
        }
    }
    let mut is_done = false;
    while !is_done {
        is_done = true;
        for (from, to) in &open {
            if found[*from] < found[*to] {
                found[*from] = found[*to];
                is_done = false;
            }
        }
    }
    found
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

    fn of_use_until(&self, op: u32) -> u32 {
        let (Act::Read(to) | Act::Write(to) | Act::Cas(_, to)) = self.acts[op as usize];
        self.found.get(to as usize).copied().unwrap_or(NEVER)
    }

    fn is_hopeless(&self) -> bool {
        let (mut writes, mut reads) = (Vec::new(), Vec::new());
        for (act, (invoked, ended)) in self.acts.iter().zip(&self.places) {
            let access = |value| Access {
                value,
                invoked: *invoked,
                ended: *ended,
            };
            match *act {
                Act::Read(value) => reads.push(access(value)),
                Act::Write(value) => writes.push(access(value)),
                Act::Cas(from, to) => {
                    writes.push(access(to));
                    // One that need not have happened was not told anything.
                    reads.extend((*ended != NEVER).then(|| access(from)));
                }
            }
        }
        is_impossible(&writes, &reads, self.initial)
    }

    fn bytes(&self) -> usize {
        0
    }
}
