//! Why a server (or a client) did what it did: a reason's number and its numbers. Each protocol has its own reasons, and a
//! sentence for each.

use crate::operation::{Answer, Operation};
use crate::wire::{Decoder, Encoder, Wire};

/// A reason with its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Which, by its place in the protocol's list of reasons.
    pub why: u8,
    /// An entry, a term, a ballot's round.
    pub a: u32,
    /// A node, a set of nodes, a ballot's server.
    pub b: u32,
    /// What is done or answered.
    pub n: i64,
}

impl Note {
    /// A reason.
    pub const fn new(why: u8, a: u32, b: u32, n: i64) -> Self {
        Self { why, a, b, n }
    }

    /// An operation as a number.
    pub const fn of_operation(operation: Operation) -> i64 {
        let (kind, argument) = operation.code();
        (kind as i64) << 32 | argument as i64
    }

    /// An answer as a number: the value that it tells.
    pub const fn of_answer(answer: Answer) -> i64 {
        match answer {
            Answer::Value(value) => value,
            _ => 0,
        }
    }

    /// The inverse of [`Note::of_operation`].
    pub const fn to_operation(number: i64) -> Option<Operation> {
        Operation::from_code((number >> 32) as u8, number as u32)
    }
}

impl Wire for Note {
    #[cfg_attr(feature = "shelved", inline(never))]
    fn encode(&self, to: &mut Encoder) {
        to.u8(self.why).u32(self.a).u32(self.b).i64(self.n);
    }

    #[cfg_attr(feature = "shelved", inline(never))]
    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let note = Self {
            why: from.u8(),
            a: from.u32(),
            b: from.u32(),
            n: from.i64(),
        };
        from.whole(note)
    }
}
