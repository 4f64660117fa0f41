//! A set of elements: add, remove, contains, read all. Adding what is there or removing what is not changes nothing.
//! Or a bag, in which an element may lie more than once, and from which only what is there is taken: a shopping cart.

use super::{Ask, Model, Op, States, Value};
use crate::history::Values;
use crate::search::{Ahead, Next};
use alloc::vec::Vec;

/// An operation with its elements as they are.
#[derive(Debug)]
enum Act {
    Add(Value),
    Remove(Value),
    Contains(Value, bool),
    Read(Vec<Value>),
}

/// The set; a state is its elements in order.
#[derive(Debug)]
pub struct Set {
    acts: Vec<Act>,
    states: States<Vec<Value>>,
    is_bag: bool,
    /// What somebody removes; anything else stays once it is there.
    removed: Vec<Value>,
}

impl Set {
    pub fn new(
        values: &Values,
        ops: impl Iterator<Item = Op>,
        initial: Value,
        is_bag: bool,
    ) -> Self {
        let mut removed = Vec::new();
        let acts = ops.map(|op| match op.ask {
            Ask::Add => Act::Add(op.a),
            Ask::Remove => {
                removed.push(op.a);
                Act::Remove(op.a)
            }
            Ask::Contains => Act::Contains(op.a, op.result == Value::Bool(true)),
            _ => Act::Read(elements(values, op.result)),
        });
        let acts = acts.collect();
        removed.sort_unstable();
        Self {
            acts,
            states: States::new(elements(values, initial)),
            is_bag,
            removed,
        }
    }

    /// How many of an element there are after one more was added.
    fn count_after(&self, set: &[Value], element: &Value) -> usize {
        match self.is_bag {
            true => count_of(set, element) + 1,
            false => 1,
        }
    }

    /// Whether the next who looks can still be told what they were told, with so many of an element there.
    fn leads_to(&self, element: &Value, count: usize, look: u32) -> bool {
        if self.removed.binary_search(element).is_ok() {
            return true;
        }
        match &self.acts[look as usize] {
            Act::Read(read) => count_of(read, element) >= count,
            Act::Contains(about, told) => *told || about != element,
            _ => true,
        }
    }
}

/// The elements of a list in order. One that stands twice is kept twice: no set reads like that.
fn elements(values: &Values, list: Value) -> Vec<Value> {
    let mut elements = match list {
        Value::List(number) => values.list_of(number).to_vec(),
        _ => Vec::new(),
    };
    elements.sort_unstable();
    elements
}

/// How often an element stands in a list in order.
fn count_of(list: &[Value], element: &Value) -> usize {
    let first = list.partition_point(|one| one < element);
    list[first..]
        .iter()
        .take_while(|one| *one == element)
        .count()
}

impl Model for Set {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let is_over = ahead.next == Next::Nobody && self.foresees();
        let set = self.states.get(state);
        let next = match &self.acts[op as usize] {
            Act::Read(read) => return (read == set).then_some(state),
            Act::Contains(element, told) => {
                let is_there = set.binary_search(element).is_ok();
                return (*told == is_there).then_some(state);
            }
            Act::Add(_) | Act::Remove(_) if is_over => return Some(state),
            Act::Add(element)
                if matches!(ahead.next, Next::Op { op: look, .. }
                    if !self.leads_to(element, self.count_after(set, element), look)) =>
            {
                return None;
            }
            Act::Add(element) => match (set.binary_search(element), self.is_bag) {
                (Ok(_), false) => return Some(state),
                (Ok(place) | Err(place), _) => {
                    let mut next = set.clone();
                    next.insert(place, *element);
                    next
                }
            },
            Act::Remove(element) => match (set.binary_search(element), self.is_bag) {
                (Err(_), false) => return Some(state),
                (Err(_), true) => return None,
                (Ok(place), _) => {
                    let mut next = set.clone();
                    next.remove(place);
                    next
                }
            },
        };
        let bytes = next.len() * size_of::<Value>();
        Some(self.states.number(next, bytes))
    }

    fn only_looks(&self, op: u32) -> bool {
        matches!(self.acts[op as usize], Act::Contains(..) | Act::Read(_))
    }

    fn foresees(&self) -> bool {
        // From a bag only what is there is taken.
        !self.is_bag || self.removed.is_empty()
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
