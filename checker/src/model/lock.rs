//! A lock, and with fencing tokens what it guards (Kleppmann 2016; Burrows 2006, section 2.4, calls them sequencers).
//!
//! Acquire succeeds only while nobody holds the lock, release only while somebody does. A token that an acquire was
//! given is larger than every one given before. A guarded write is accepted only if its token is at least as large as
//! every one that was accepted before.
//!
//! A lock may lapse: then it is free when its holder was not heard for long, and nobody has to give it back. Since nobody
//! says when, an acquire may succeed at any time; what is left are the tokens, and that nobody gives back what nobody has.

use super::{Ask, LOCK_LAPSES, Model, Op, States, Value, number};
use crate::search::Ahead;
use alloc::vec::Vec;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct State {
    is_held: bool,
    /// The largest token given.
    given: i64,
    /// The largest token accepted.
    accepted: i64,
}

#[derive(Debug)]
enum Act {
    Acquire(Option<i64>),
    Release,
    Guarded(i64),
}

/// The lock.
#[derive(Debug)]
pub struct Lock {
    acts: Vec<Act>,
    lapses: bool,
    states: States<State>,
}

impl Lock {
    pub fn new(ops: impl Iterator<Item = Op>, initial: Value) -> Self {
        let acts = ops.map(|op| match op.ask {
            Ask::Acquire => Act::Acquire(match op.result {
                Value::Int(token) => Some(token),
                _ => None,
            }),
            Ask::Guarded => Act::Guarded(number(op.a)),
            _ => Act::Release,
        });
        Self {
            acts: acts.collect(),
            lapses: initial == LOCK_LAPSES,
            states: States::new(State {
                is_held: false,
                given: i64::MIN,
                accepted: i64::MIN,
            }),
        }
    }
}

impl Model for Lock {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, _: &Ahead<'_>) -> Option<u32> {
        let mut next = *self.states.get(state);
        match self.acts[op as usize] {
            Act::Acquire(token) => {
                let is_held = next.is_held && !self.lapses;
                if is_held || token.is_some_and(|token| token <= next.given) {
                    return None;
                }
                next.is_held = true;
                next.given = token.unwrap_or(next.given);
            }
            Act::Release => {
                if !next.is_held {
                    return None;
                }
                next.is_held = false;
            }
            Act::Guarded(token) => {
                if token < next.accepted {
                    return None;
                }
                next.accepted = token;
            }
        }
        Some(self.states.number(next, 0))
    }

    fn only_looks(&self, _: u32) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
