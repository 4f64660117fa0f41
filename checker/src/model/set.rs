//! A set of elements: add, remove, contains, read all. Adding what is there or removing what is not changes nothing.
//! Or a bag, in which an element may lie more than once, and from which only what is there is taken: a shopping cart.

use super::shelf::Shelf;
use super::{Ask, Model, Op, Value};
use crate::history::{Ended, Values};
use crate::search::{Ahead, Next};
use alloc::vec::Vec;

/// An operation with its elements as they are numbered, or with everything that was read.
#[derive(Clone, Copy, Debug)]
enum Act {
    Add(u32),
    Remove(u32),
    Contains(u32, bool),
    Read(u32),
}

/// The set; a state is how often each element is there.
#[derive(Debug)]
pub struct Set {
    acts: Vec<Act>,
    shelf: Shelf,
    initial: u32,
    is_bag: bool,
    /// By element: whether somebody removes it; any other stays once it is there.
    removed: Vec<bool>,
    /// By element: the last response of whoever found it there.
    found: Vec<u32>,
    /// The last response of all.
    last: u32,
}

impl Set {
    pub fn new(
        values: &Values,
        ops: impl Iterator<Item = Op>,
        initial: Value,
        is_bag: bool,
    ) -> Self {
        let ops: Vec<Op> = ops.collect();
        let mut elements = values.list_in(initial).to_vec();
        for op in &ops {
            match op.ask {
                Ask::Read => elements.extend_from_slice(values.list_in(op.result)),
                _ => elements.push(op.a),
            }
        }
        elements.sort_unstable();
        elements.dedup();
        let number = |element: &Value| elements.partition_point(|one| one < element) as u32;
        let mut removed = alloc::vec![false; elements.len()];
        let mut shelf = Shelf::of(elements.len());
        let mut whole = |list| {
            let all = values.list_in(list).iter().map(number);
            shelf.of_all(&counted(all.collect()))
        };
        let initial = whole(initial);
        let (mut acts, mut found, mut last) = (Vec::new(), alloc::vec![0; elements.len()], 0);
        for op in ops.iter().filter(|op| op.outcome == Ended::Ok) {
            last = op.ended.max(last);
            let one = [op.a];
            let there = match op.ask {
                Ask::Read => values.list_in(op.result),
                Ask::Contains if op.result == Value::Bool(true) => &one,
                // From a bag only what is there is taken.
                Ask::Remove if is_bag => &one,
                _ => &[],
            };
            for element in there {
                let found = &mut found[number(element) as usize];
                *found = op.ended.max(*found);
            }
        }
        for op in &ops {
            acts.push(match op.ask {
                Ask::Add => Act::Add(number(&op.a)),
                Ask::Remove => {
                    removed[number(&op.a) as usize] = true;
                    Act::Remove(number(&op.a))
                }
                Ask::Contains => Act::Contains(number(&op.a), op.result == Value::Bool(true)),
                _ => Act::Read(whole(op.result)),
            });
        }
        Self {
            acts,
            shelf,
            initial,
            is_bag,
            removed,
            found,
            last,
        }
    }

    /// Whether the next who looks can still be told what they were told, with so many of an element there.
    fn leads_to(&self, element: u32, count: u32, look: u32) -> bool {
        if self.removed[element as usize] {
            return true;
        }
        match self.acts[look as usize] {
            Act::Read(read) => self.shelf.get(read, element) >= count,
            Act::Contains(about, told) => told || about != element,
            _ => true,
        }
    }
}

/// How often each of these is there. One that stands twice counts twice: no set reads like that.
fn counted(mut elements: Vec<u32>) -> Vec<(u32, u32)> {
    elements.sort_unstable();
    let runs = elements.chunk_by(|one, other| one == other);
    runs.map(|run| (run[0], run.len() as u32)).collect()
}

impl Model for Set {
    fn initial(&mut self) -> u32 {
        self.initial
    }

    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let is_over = ahead.next == Next::Nobody && self.foresees();
        let count = |element| self.shelf.get(state, element);
        let (element, after) = match self.acts[op as usize] {
            Act::Read(read) => return (read == state).then_some(state),
            Act::Contains(element, told) => return (told == (count(element) > 0)).then_some(state),
            Act::Add(_) | Act::Remove(_) if is_over => return Some(state),
            Act::Add(element) => {
                let after = if self.is_bag { count(element) + 1 } else { 1 };
                if let Next::Op { op: look, .. } = ahead.next
                    && !self.leads_to(element, after, look)
                {
                    return None;
                }
                (element, after)
            }
            Act::Remove(element) => match count(element) {
                0 if self.is_bag => return None,
                count => (element, count.saturating_sub(1)),
            },
        };
        Some(self.shelf.with(state, element, after))
    }

    fn only_looks(&self, op: u32) -> bool {
        matches!(self.acts[op as usize], Act::Contains(..) | Act::Read(_))
    }

    fn foresees(&self) -> bool {
        // From a bag only what is there is taken.
        !self.is_bag || !self.removed.contains(&true)
    }

    fn of_use_until(&self, op: u32) -> u32 {
        match self.acts[op as usize] {
            Act::Add(element) => self.found[element as usize],
            _ => self.last,
        }
    }

    fn bytes(&self) -> usize {
        self.shelf.bytes()
    }
}
