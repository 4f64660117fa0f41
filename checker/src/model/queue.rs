//! A queue, first in first out: enqueue, dequeue.
//!
//! A state is which elements stand at which places, and between which of these the queue lies: a long one stays where it
//! is when an element is taken. States that differ in an element or two share the rest.

use super::deliveries::Deliveries;
use super::sequence::{Timed, add_timed};
use super::shelf::{EMPTY, Shelf};
use super::{Ask, Model, Op, Value};
use crate::history::{Ended, NEVER, Values};
use crate::search::Ahead;
use alloc::vec::Vec;

/// An operation; elements are numbered from 1.
#[derive(Clone, Copy, Debug)]
enum Act {
    Enqueue(u32),
    /// The first element, as it was told; none where the queue was empty.
    Dequeue(Option<u32>),
    /// The first element, whatever it was: nobody was told.
    DequeueUntold,
}

/// A queue that is no longer than this lies at the first places, so that those that hold the same are the same.
const SHORT_MAX: u32 = 32;

/// What the queue holds: the elements at the places from `first` on and before `end`.
#[derive(Clone, Copy, Debug)]
struct Held {
    elements: u32,
    first: u32,
    end: u32,
}

/// An element that was put in once and given to somebody once.
#[derive(Clone, Copy, Debug)]
struct Once {
    /// The place of the response of whoever was given it.
    ended: u32,
    /// Whoever put it in.
    writer: u32,
}

/// So many elements are looked for that have to come before another: more would take long.
const EARLIER_MAX: usize = 64;

/// The queue.
#[derive(Debug)]
pub struct Queue {
    acts: Vec<Act>,
    /// By operation: the place of its response.
    ends: Vec<u32>,
    /// By element, from 1: whoever was given it.
    taken: Vec<Vec<Timed>>,
    /// The deliveries, if everybody knows them.
    deliveries: Option<Deliveries>,
    /// Elements that were put in once and given to somebody once, in the order of the responses of those.
    once: Vec<Once>,
    /// By element: the place of the invocation of whoever was given it, if it is one of these; else 0.
    given: Vec<u32>,
    shelf: Shelf,
    initial: Held,
}

impl Queue {
    pub fn new(values: &Values, ops: impl Iterator<Item = Op>, initial: Value) -> Self {
        let ops: Vec<Op> = ops.collect();
        let opening = match initial {
            Value::List(list) => values.list_of(list).to_vec(),
            Value::Nil => Vec::new(),
            one => [one].to_vec(),
        };
        let mut elements = opening.clone();
        elements.extend(ops.iter().map(|op| match op.ask {
            Ask::Enqueue => op.a,
            _ => op.result,
        }));
        elements.sort_unstable();
        elements.dedup();
        let number = |element: &Value| elements.partition_point(|one| one < element) as u32 + 1;
        let mut taken = alloc::vec![Vec::new(); elements.len() + 1];
        let mut all_taken = Vec::new();
        let mut acts = Vec::new();
        for (place, op) in (0..).zip(&ops) {
            acts.push(match op.ask {
                Ask::Enqueue => Act::Enqueue(number(&op.a)),
                _ if op.outcome != Ended::Ok => Act::DequeueUntold,
                _ if op.result == Value::Nil => Act::Dequeue(None),
                _ => {
                    let element = number(&op.result);
                    add_timed(&mut all_taken, place, op);
                    add_timed(&mut taken[element as usize], place, op);
                    Act::Dequeue(Some(element))
                }
            });
        }
        let is_told = !acts.iter().any(|act| matches!(act, Act::DequeueUntold));
        let mut writers = alloc::vec![Vec::new(); taken.len()];
        for element in &opening {
            writers[number(element) as usize].push(NEVER);
        }
        for (place, act) in (0..).zip(&acts) {
            if let Act::Enqueue(element) = act {
                writers[*element as usize].push(place);
            }
        }
        let mut once = Vec::new();
        let mut given = alloc::vec![0; taken.len()];
        for (element, (writers, taken)) in writers.iter().zip(&taken).enumerate() {
            if let ([writer], [taken]) = (&writers[..], &taken[..]) {
                given[element] = taken.invoked;
                once.push(Once {
                    ended: taken.ended,
                    writer: *writer,
                });
            }
        }
        once.sort_unstable_by_key(|one| one.ended);
        let mut shelf = Shelf::of(opening.len() + ops.len());
        let all: Vec<(u32, u32)> = (0..).zip(opening.iter().map(number)).collect();
        let held = Held {
            elements: shelf.of_all(&all),
            first: 0,
            end: opening.len() as u32,
        };
        Self {
            acts,
            ends: ops.iter().map(|op| op.ended).collect(),
            taken,
            deliveries: is_told.then(|| Deliveries::of(all_taken)),
            once,
            given,
            shelf,
            initial: held,
        }
    }

    fn number(&mut self, held: Held) -> u32 {
        let places = self.shelf.number((held.first, held.end));
        self.shelf.number((held.elements, places))
    }

    fn held(&self, state: u32) -> Held {
        let (elements, places) = self.shelf.part(state);
        let (first, end) = self.shelf.part(places);
        Held {
            elements,
            first,
            end,
        }
    }

    /// Whether an element may be put behind what is held: it is delivered in its turn, or nobody is given it.
    fn may_enqueue(&self, held: Held, element: u32, writer: u32, ahead: &Ahead<'_>) -> bool {
        let (Some(deliveries), Some(now)) = (&self.deliveries, self.ends.get(ahead.due as usize))
        else {
            return true;
        };
        let placed = deliveries.placed(*now, ahead.is_placed);
        let place = placed + (held.end - held.first) as usize;
        if place >= deliveries.count() {
            // What need not have happened would only be in the way.
            return self.ends[writer as usize] != NEVER;
        }
        let mut taken = self.taken[element as usize].iter();
        taken.any(|one| !(ahead.is_placed)(one.op) && deliveries.may_be(one, place))
    }

    /// Whether another element has to be in the queue before this one: it was surely given to somebody earlier.
    fn has_earlier(&self, element: u32, writer: u32, ahead: &Ahead<'_>) -> bool {
        let Some(now) = self.ends.get(ahead.due as usize) else {
            return false;
        };
        let given = self.given[element as usize];
        let since = self.once.partition_point(|one| one.ended < *now);
        let earlier = self.once[since..].iter().take(EARLIER_MAX);
        earlier.take_while(|one| one.ended < given).any(|one| {
            let is_there = [writer, NEVER].contains(&one.writer);
            !is_there && !(ahead.is_placed)(one.writer)
        })
    }

    fn enqueued(&mut self, held: Held, element: u32) -> u32 {
        let elements = self.shelf.with(held.elements, held.end, element);
        self.number(Held {
            elements,
            end: held.end + 1,
            ..held
        })
    }

    fn dequeued(&mut self, held: Held) -> u32 {
        let first = held.first + 1;
        if held.end - first > SHORT_MAX {
            let elements = self.shelf.with(held.elements, held.first, EMPTY);
            return self.number(Held {
                elements,
                first,
                ..held
            });
        }
        let left = (first..held.end).map(|place| self.shelf.get(held.elements, place));
        let all: Vec<(u32, u32)> = (0..).zip(left).collect();
        let elements = self.shelf.of_all(&all);
        self.number(Held {
            elements,
            first: 0,
            end: held.end - first,
        })
    }
}

impl Model for Queue {
    fn initial(&mut self) -> u32 {
        self.number(self.initial)
    }

    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let held = self.held(state);
        let is_empty = held.first == held.end;
        match self.acts[op as usize] {
            Act::Enqueue(element) => {
                let may = self.may_enqueue(held, element, op, ahead)
                    && !self.has_earlier(element, op, ahead);
                may.then(|| self.enqueued(held, element))
            }
            Act::Dequeue(None) => is_empty.then_some(state),
            Act::Dequeue(Some(element)) => {
                let fits = !is_empty && self.shelf.get(held.elements, held.first) == element;
                fits.then(|| self.dequeued(held))
            }
            Act::DequeueUntold if is_empty => Some(state),
            Act::DequeueUntold => Some(self.dequeued(held)),
        }
    }

    fn only_looks(&self, op: u32) -> bool {
        matches!(self.acts[op as usize], Act::Dequeue(None))
    }

    fn of_use_until(&self, op: u32) -> u32 {
        match self.acts[op as usize] {
            // What nobody was given would only be in the way.
            Act::Enqueue(element) if self.deliveries.is_some() => {
                let taken = self.taken[element as usize].iter();
                taken.map(|one| one.ended).max().unwrap_or(0)
            }
            _ => NEVER,
        }
    }

    /// Whether somebody was given an element once more than it was put in.
    fn is_hopeless(&self) -> bool {
        let mut left = alloc::vec![0_usize; self.taken.len()];
        let first = self.initial;
        for place in first.first..first.end {
            left[self.shelf.get(first.elements, place) as usize] += 1;
        }
        for act in &self.acts {
            if let Act::Enqueue(element) = act {
                left[*element as usize] += 1;
            }
        }
        let mut all = left.iter().zip(&self.taken);
        all.any(|(left, taken)| *left < taken.len())
    }

    fn bytes(&self) -> usize {
        self.shelf.bytes()
    }
}
