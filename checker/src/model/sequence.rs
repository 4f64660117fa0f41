//! What is written whole or grows at its end: a register, the text under a key, a log.
//!
//! A state is a string of bytes; an element of a register or a log is a few of them. It matters to nobody but those who
//! read it. So only states are told apart that are a beginning of some result to come:
//!
//! - One that is not a beginning of the next result, with nothing left to be written that is, is no state.
//! - One that nobody can read before something is written over it is [`ERASED`], whatever it holds.
//! - Where nobody will read any more, all states are one.

use super::overwritten::{Access, is_impossible};
use super::{Ask, Model, ModelKind, Op, Value};
use crate::HashOf;
use crate::history::{NEVER, Values};
use crate::search::{Ahead, Next};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::Range;
use hashbrown::HashTable;
use xxhash_rust::xxh64::xxh64;

/// Bytes of [`Sequence::bytes`].
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    start: u32,
    length: u32,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Everything, as it was told.
    Get(Piece),
    Put(Piece),
    Append(Piece),
}

/// An operation in a list that is in the order of invocations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timed {
    pub(super) op: u32,
    pub(super) invoked: u32,
    pub(super) ended: u32,
    /// The last end of this and all before it.
    pub(super) latest: u32,
}

/// The sequence.
#[derive(Debug)]
pub struct Sequence {
    acts: Vec<Act>,
    bytes: Vec<u8>,
    states: Vec<Piece>,
    numbers: HashTable<u32>,
    /// Whoever reads.
    gets: Vec<Timed>,
    /// By operation: where it stands among those who read.
    ends: Vec<u32>,
    /// Whoever writes the whole, by what is written.
    puts: Vec<(Piece, Vec<Timed>)>,
    put_numbers: HashTable<u32>,
    /// The lengths of what is written.
    put_lengths: Vec<u32>,
    /// By what is written whole, if there are unknown operations: the last response of whoever read what begins so.
    found: Vec<u32>,
}

/// A state that nobody can read before something is written over it.
const ERASED: u32 = u32::MAX - 1;

impl Sequence {
    pub fn new(
        kind: ModelKind,
        values: &Values,
        ops: impl Iterator<Item = Op>,
        initial: Value,
    ) -> Self {
        let mut sequence = Self {
            acts: Vec::new(),
            bytes: Vec::new(),
            states: Vec::new(),
            numbers: HashTable::new(),
            gets: Vec::new(),
            ends: Vec::new(),
            puts: Vec::new(),
            put_numbers: HashTable::new(),
            put_lengths: Vec::new(),
            found: Vec::new(),
        };
        let first = sequence.whole(kind, values, initial);
        sequence.number(first);
        for (number, op) in (0..).zip(ops) {
            let act = match op.ask {
                Ask::Put | Ask::Write => Act::Put(sequence.whole(kind, values, op.a)),
                Ask::Append => Act::Append(match kind {
                    ModelKind::KeyValue => sequence.whole(kind, values, op.a),
                    _ => sequence.elements(&[op.a]),
                }),
                _ => Act::Get(sequence.whole(kind, values, op.result)),
            };
            sequence.ends.push(op.ended);
            match act {
                Act::Get(_) => add_timed(&mut sequence.gets, number, &op),
                Act::Put(piece) => sequence.add_put(piece, number, &op),
                Act::Append(_) => {}
            }
            sequence.acts.push(act);
        }
        if sequence.ends.contains(&NEVER) {
            sequence.find();
        }
        sequence
    }

    /// Looks who read what begins with what is written whole.
    fn find(&mut self) {
        self.found = alloc::vec![0; self.puts.len()];
        for get in &self.gets {
            let Act::Get(told) = self.acts[get.op as usize] else {
                continue;
            };
            for length in &self.put_lengths {
                let begins = Piece {
                    length: *length,
                    ..told
                };
                if *length <= told.length
                    && let Some(put) = self.number_of(begins)
                {
                    let found = &mut self.found[put as usize];
                    *found = get.ended.max(*found);
                }
            }
        }
    }

    /// A whole value: what a register holds, the text under a key, or all elements.
    fn whole(&mut self, kind: ModelKind, values: &Values, value: Value) -> Piece {
        match (kind, value) {
            (ModelKind::Register, value) => self.elements(&[value]),
            (_, Value::Nil) => Piece::default(),
            (ModelKind::KeyValue, Value::Text(text)) => self.add(values.text_of(text).as_bytes()),
            (ModelKind::KeyValue, Value::Int(number)) => self.add(number.to_string().as_bytes()),
            (_, Value::List(list)) => self.elements(values.list_of(list)),
            (_, other) => self.elements(&[other]),
        }
    }

    fn elements(&mut self, elements: &[Value]) -> Piece {
        let start = self.bytes.len() as u32;
        for element in elements {
            let (kind, value) = match *element {
                Value::Nil => (0, 0),
                Value::Bool(value) => (1, i64::from(value)),
                Value::Int(number) => (2, number),
                Value::Text(text) => (3, i64::from(text)),
                Value::List(list) => (4, i64::from(list)),
            };
            self.bytes.push(kind);
            // Seven bits a byte, the sign lowest: no element is the beginning of another.
            let mut left = (value << 1 ^ value >> 63).cast_unsigned();
            while left >= 0x80 {
                self.bytes.push(left as u8 | 0x80);
                left >>= 7;
            }
            self.bytes.push(left as u8);
        }
        let length = self.bytes.len() as u32 - start;
        Piece { start, length }
    }

    fn add(&mut self, text: &[u8]) -> Piece {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(text);
        Piece {
            start,
            length: text.len() as u32,
        }
    }

    fn add_put(&mut self, piece: Piece, number: u32, op: &Op) {
        let (bytes, puts) = (&self.bytes, &mut self.puts);
        let text = slice(bytes, piece);
        let like = |known: &u32| slice(bytes, puts[*known as usize].0) == text;
        let place = match self.put_numbers.find(hash(text), like) {
            Some(known) => *known,
            None => {
                let place = puts.len() as u32;
                puts.push((piece, Vec::new()));
                let hash_of: HashOf<'_> =
                    &|known: &u32| hash(slice(bytes, puts[*known as usize].0));
                self.put_numbers.insert_unique(hash(text), place, hash_of);
                if !self.put_lengths.contains(&piece.length) {
                    self.put_lengths.push(piece.length);
                }
                place
            }
        };
        add_timed(&mut self.puts[place as usize].1, number, op);
    }

    fn slice(&self, piece: Piece) -> &[u8] {
        slice(&self.bytes, piece)
    }

    /// The number of the state with these bytes.
    fn number(&mut self, piece: Piece) -> u32 {
        let (bytes, states) = (&self.bytes, &mut self.states);
        let wanted = slice(bytes, piece);
        let key = hash(wanted);
        let like = |known: &u32| slice(bytes, states[*known as usize]) == wanted;
        if let Some(known) = self.numbers.find(key, like) {
            return *known;
        }
        let number = states.len() as u32;
        states.push(piece);
        let hash_of: HashOf<'_> = &|known: &u32| hash(slice(bytes, states[*known as usize]));
        self.numbers.insert_unique(key, number, hash_of);
        number
    }

    /// The number of what is written whole.
    fn number_of(&self, piece: Piece) -> Option<u32> {
        let text = self.slice(piece);
        let like = |known: &u32| self.slice(self.puts[*known as usize].0) == text;
        self.put_numbers.find(hash(text), like).copied()
    }

    /// The state of `held` with `tail` behind it, which the operation `writer` makes.
    fn write(&mut self, held: Piece, tail: Piece, writer: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let Next::Op { op, now } = ahead.next else {
            return Some(self.joined(held, tail));
        };
        if let Some(state) = self.beginning(op, held, tail) {
            return Some(state);
        }
        if !self.can_be_put(op, now, writer, ahead) {
            return None;
        }
        // Whoever ends later and began before may still read it.
        let end = self.ends[op as usize];
        let begun = self.gets.partition_point(|get| get.invoked < end);
        for place in (0..begun).rev() {
            let get = self.gets[place];
            if get.latest <= end {
                break;
            }
            if get.ended > end
                && !(ahead.is_placed)(get.op)
                && let Some(state) = self.beginning(get.op, held, tail)
            {
                return Some(state);
            }
        }
        Some(ERASED)
    }

    /// The state of `held` with `tail` behind it, if that is a beginning of what `op` was told.
    fn beginning(&mut self, op: u32, held: Piece, tail: Piece) -> Option<u32> {
        let Act::Get(told) = self.acts[op as usize] else {
            return None;
        };
        let length = held.length + tail.length;
        let text = self.slice(told).get(..length as usize)?;
        let (first, last) = text.split_at(held.length as usize);
        let fits = last == self.slice(tail) && first == self.slice(held);
        fits.then(|| self.number(Piece { length, ..told }))
    }

    /// Whether something is left to be written that is a beginning of what `op` was told, other than by `writer`.
    fn can_be_put(&self, op: u32, now: u32, writer: u32, ahead: &Ahead<'_>) -> bool {
        let Act::Get(told) = self.acts[op as usize] else {
            return true;
        };
        let (told, end) = (self.slice(told), self.ends[op as usize]);
        self.put_lengths.iter().any(|length| {
            let Some(text) = told.get(..*length as usize) else {
                return false;
            };
            let like = |known: &u32| self.slice(self.puts[*known as usize].0) == text;
            let Some(known) = self.put_numbers.find(hash(text), like) else {
                return false;
            };
            let puts = &self.puts[*known as usize].1;
            let begun = puts.partition_point(|put| put.invoked < end);
            let left = puts[..begun]
                .iter()
                .rev()
                .take_while(|put| put.latest >= now);
            left.into_iter()
                .any(|put| put.op != writer && put.ended >= now && !(ahead.is_placed)(put.op))
        })
    }

    fn joined(&mut self, held: Piece, tail: Piece) -> u32 {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_within(range(held));
        self.bytes.extend_from_within(range(tail));
        let length = held.length + tail.length;
        let before = self.states.len();
        let number = self.number(Piece { start, length });
        if self.states.len() == before {
            self.bytes.truncate(start as usize);
        }
        number
    }
}

pub(super) fn add_timed(list: &mut Vec<Timed>, op: u32, whole: &Op) {
    let latest = list.last().map_or(0, |last| last.latest);
    list.push(Timed {
        op,
        invoked: whole.invoked,
        ended: whole.ended,
        latest: latest.max(whole.ended),
    });
}

fn hash(text: &[u8]) -> u64 {
    xxh64(text, 0)
}

const fn range(piece: Piece) -> Range<usize> {
    piece.start as usize..(piece.start + piece.length) as usize
}

fn slice(bytes: &[u8], piece: Piece) -> &[u8] {
    &bytes[range(piece)]
}

impl Model for Sequence {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let act = self.acts[op as usize];
        let is_over = ahead.next == Next::Nobody;
        let Some(held) = self.states.get(state as usize).copied() else {
            let Next::Op { op: get, now } = ahead.next else {
                return Some(state);
            };
            return match act {
                Act::Put(piece) => self.write(Piece::default(), piece, op, ahead),
                Act::Append(_) => self.can_be_put(get, now, op, ahead).then_some(ERASED),
                Act::Get(_) => None,
            };
        };
        match act {
            Act::Get(told) => (self.slice(told) == self.slice(held)).then_some(state),
            Act::Put(_) | Act::Append(_) if is_over => Some(state),
            Act::Put(piece) => self.write(Piece::default(), piece, op, ahead),
            Act::Append(tail) => self.write(held, tail, op, ahead),
        }
    }

    fn only_looks(&self, op: u32) -> bool {
        matches!(self.acts[op as usize], Act::Get(_))
    }

    fn foresees(&self) -> bool {
        true
    }

    fn of_use_until(&self, op: u32) -> u32 {
        match self.acts[op as usize] {
            Act::Put(piece) => {
                let put = self
                    .number_of(piece)
                    .map(|put| self.found.get(put as usize));
                put.flatten().copied().unwrap_or(NEVER)
            }
            _ => self.gets.last().map_or(0, |get| get.latest),
        }
    }

    fn is_hopeless(&self) -> bool {
        let whole = |act: &Act| matches!(act, Act::Get(_) | Act::Put(_));
        if !self.acts.iter().all(whole) {
            return false;
        }
        let access = |value, op: &Timed| Access {
            value,
            invoked: op.invoked,
            ended: op.ended,
        };
        let mut order = Vec::new();
        let mut writes = Vec::new();
        for (value, (_, puts)) in (0..).zip(&self.puts) {
            for put in puts {
                order.push((put.invoked, writes.len() as u32));
                writes.push(access(value, put));
            }
        }
        order.sort_unstable();
        let writes: Vec<_> = order
            .iter()
            .map(|(_, place)| writes[*place as usize])
            .collect();
        // What the register held at first has the number after all that was written, unless it was written too.
        let (first, unwritten) = (self.states[0], self.puts.len() as u32);
        let initial = self.number_of(first).unwrap_or(unwritten);
        let reads: Vec<_> = self
            .gets
            .iter()
            .map(|get| {
                let told = match self.acts[get.op as usize] {
                    Act::Get(told) => told,
                    _ => Piece::default(),
                };
                let is_first = self.slice(told) == self.slice(first);
                let value = self.number_of(told).or(is_first.then_some(initial));
                access(value.unwrap_or(NEVER), get)
            })
            .collect();
        is_impossible(&writes, &reads, initial)
    }

    fn bytes(&self) -> usize {
        self.bytes.capacity()
            + self.states.capacity() * size_of::<Piece>()
            + self.numbers.allocation_size()
    }
}
