//! What stores do, one operation after the other: the models that histories are judged by.
//!
//! A model here is a sequential specification (Herlihy & Wing 1990): for each state, what an operation may answer and
//! what state it leaves. Its states are numbers, given out as they are met, so that one search serves all models.

mod bank;
mod counter;
mod deliveries;
mod lock;
mod overwritten;
mod queue;
mod register;
mod sequence;
mod set;
mod shelf;
mod subsets;
mod sums;
mod tally;

use super::history::{Ask, History, NO_KEY, Op, Value};
use super::search::Model;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What kind of store a history is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ModelKind {
    /// One value, or one a key: read, write.
    Register,
    /// A register with compare-and-set.
    CasRegister,
    /// Texts by key: get, put, append; each key on its own.
    KeyValue,
    /// Accounts: balance, deposit, withdraw, transfer; none goes below zero.
    Bank,
    /// A number: increment, decrement, read.
    Counter,
    /// A set of elements: add, remove, contains, read.
    Set,
    /// A lock: acquire, release; with fencing tokens, guarded writes.
    Lock,
    /// A log: append, read.
    Log,
    /// A queue, first in first out: enqueue, dequeue.
    Queue,
    /// A shopping cart, in which a thing may lie more than once: add, remove (of what is there), contains, read.
    Cart,
}

impl ModelKind {
    /// Every model with its name on the command line.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("register", Self::Register),
        ("cas-register", Self::CasRegister),
        ("key-value", Self::KeyValue),
        ("bank", Self::Bank),
        ("counter", Self::Counter),
        ("set", Self::Set),
        ("lock", Self::Lock),
        ("log", Self::Log),
        ("queue", Self::Queue),
        ("cart", Self::Cart),
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The model of this name.
    pub fn of(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }

    /// What can be asked of it.
    pub const fn asks(self) -> &'static [Ask] {
        match self {
            Self::Register => &[Ask::Read, Ask::Write],
            Self::CasRegister => &[Ask::Read, Ask::Write, Ask::Cas],
            Self::KeyValue => &[Ask::Get, Ask::Put, Ask::Append],
            Self::Bank => &[Ask::Balance, Ask::Deposit, Ask::Withdraw, Ask::Transfer],
            Self::Counter => &[Ask::Read, Ask::Increment, Ask::Decrement],
            Self::Set | Self::Cart => &[Ask::Read, Ask::Add, Ask::Remove, Ask::Contains],
            Self::Lock => &[Ask::Acquire, Ask::Release, Ask::Guarded],
            Self::Log => &[Ask::Read, Ask::Append],
            Self::Queue => &[Ask::Enqueue, Ask::Dequeue],
        }
    }

    /// The model that a history says it is of, or else the first of which every operation is one.
    pub fn deduce(history: &History) -> Option<Self> {
        if history.model.is_some() {
            return history.model;
        }
        let fits = |kind: Self| {
            let all = history.ops.iter().all(|op| kind.asks().contains(&op.ask));
            all && history.ops.iter().all(|op| kind.takes(op))
        };
        Self::NAMES
            .iter()
            .map(|(_, kind)| *kind)
            .find(|kind| fits(*kind))
    }

    /// Whether the values of an operation are such as this model has.
    pub fn takes(self, op: &Op) -> bool {
        let is_answer = op.outcome == super::history::Ended::Ok;
        let is_number = |value| matches!(value, Value::Int(_) | Value::Nil);
        match (self, op.ask) {
            (Self::Register | Self::CasRegister, Ask::Read) => {
                !is_answer || !matches!(op.result, Value::List(_))
            }
            (Self::Counter, Ask::Read) => !is_answer || is_number(op.result),
            (Self::Set | Self::Cart | Self::Log, Ask::Read) => {
                !is_answer || matches!(op.result, Value::List(_) | Value::Nil)
            }
            (Self::Bank, Ask::Deposit | Ask::Withdraw) => matches!(op.a, Value::Int(0..)),
            (Self::Bank, Ask::Transfer) => matches!(op.b, Value::Int(0..)),
            (Self::Bank, Ask::Balance) => {
                !is_answer || matches!(op.result, Value::Int(_) | Value::List(_))
            }
            (Self::Counter, _) => matches!(op.a, Value::Int(_)),
            _ => true,
        }
    }

    /// Whether what is under one key has nothing to do with what is under another.
    pub const fn is_by_key(self) -> bool {
        !matches!(self, Self::Bank)
    }
}

/// In place of an initial value: the lock may lapse.
pub const LOCK_LAPSES: Value = Value::Bool(true);

/// The model of operations that are judged together. Of those that nobody was told of, the result is not looked at.
pub fn model_of(
    kind: ModelKind,
    history: &History,
    ops: &mut dyn Iterator<Item = Op>,
    initial: Value,
) -> Box<dyn Model> {
    match kind {
        ModelKind::CasRegister => Box::new(register::Register::new(ops, initial)),
        ModelKind::Queue => Box::new(queue::Queue::new(&history.values, ops, initial)),
        ModelKind::Register | ModelKind::KeyValue | ModelKind::Log => {
            Box::new(sequence::Sequence::new(kind, &history.values, ops, initial))
        }
        ModelKind::Bank => Box::new(bank::bank(&history.values, &history.keys, ops, initial)),
        ModelKind::Counter => Box::new(counter::counter(ops, initial)),
        ModelKind::Set | ModelKind::Cart => {
            let is_bag = kind == ModelKind::Cart;
            Box::new(set::Set::new(&history.values, ops, initial, is_bag))
        }
        ModelKind::Lock => Box::new(lock::Lock::new(ops, initial)),
    }
}

/// States by number, each once.
#[derive(Debug)]
struct States<T> {
    list: Vec<T>,
    numbers: BTreeMap<T, u32>,
    bytes: usize,
}

impl<T: Ord + Clone> States<T> {
    /// States of which `first` has the number 0.
    fn new(first: T) -> Self {
        let mut states = Self {
            list: Vec::new(),
            numbers: BTreeMap::new(),
            bytes: 0,
        };
        states.number(first, 0);
        states
    }

    fn get(&self, number: u32) -> &T {
        &self.list[number as usize]
    }

    /// The number of a state that holds `bytes` bytes on the heap.
    fn number(&mut self, state: T, bytes: usize) -> u32 {
        if let Some(known) = self.numbers.get(&state) {
            return *known;
        }
        let number = self.list.len() as u32;
        self.bytes += 2 * (size_of::<T>() + bytes) + 8;
        self.list.push(state.clone());
        self.numbers.insert(state, number);
        number
    }
}

/// A number of which many make a sum that is not too large.
fn wide(value: Value) -> i128 {
    i128::from(number(value))
}

/// A number, or zero for what is none.
const fn number(value: Value) -> i64 {
    match value {
        Value::Int(number) => number,
        _ => 0,
    }
}
