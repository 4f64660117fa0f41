//! Stores written a second time, as plainly as can be, and small histories of them.
#![allow(dead_code)]

use sim_core::check::history::{Ask, Ended, History, NO_KEY, Op, Value};
use sim_core::check::model::ModelKind;
use sim_core::units::Micros;
use std::collections::{BTreeMap, BTreeSet};

/// What one operation is, before it has a place in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Act {
    pub ask: Ask,
    pub key: u32,
    pub a: Value,
    pub b: Value,
    pub result: Value,
    pub outcome: Ended,
}

pub const fn act(ask: Ask, a: Value, b: Value, result: Value) -> Act {
    Act {
        ask,
        key: NO_KEY,
        a,
        b,
        result,
        outcome: Ended::Ok,
    }
}

pub const NIL: Value = Value::Nil;

pub const fn int(number: i64) -> Value {
    Value::Int(number)
}

impl Act {
    pub const fn of(op: &Op) -> Self {
        Self {
            ask: op.ask,
            key: op.key,
            a: op.a,
            b: op.b,
            result: op.result,
            outcome: op.outcome,
        }
    }

    pub const fn unknown(self) -> Self {
        Self {
            outcome: Ended::Unknown,
            result: NIL,
            ..self
        }
    }

    pub const fn refused(self) -> Self {
        Self {
            outcome: Ended::Refused,
            result: NIL,
            ..self
        }
    }

    pub const fn at(self, key: u32) -> Self {
        Self { key, ..self }
    }
}

/// The stores, plainly.
#[derive(Clone, Debug, Default)]
pub struct Store {
    values: BTreeMap<u32, Value>,
    texts: BTreeMap<u32, String>,
    lists: BTreeMap<u32, Vec<Value>>,
    sets: BTreeMap<u32, BTreeSet<Value>>,
    sums: BTreeMap<u32, i64>,
    held: BTreeMap<u32, bool>,
    given: BTreeMap<u32, i64>,
    accepted: BTreeMap<u32, i64>,
}

impl Store {
    /// Does it. Says whether the answer is one that the store gives.
    pub fn takes(&mut self, kind: ModelKind, act: &Act, history: &History) -> bool {
        let key = act.key;
        let number = |value| match value {
            Value::Int(number) => number,
            _ => 0,
        };
        let list = |value| match value {
            Value::List(list) => history.values.list_of(list).to_vec(),
            _ => Vec::new(),
        };
        let text = |value| match value {
            Value::Text(text) => history.values.text_of(text).to_string(),
            Value::Int(number) => number.to_string(),
            _ => String::new(),
        };
        let is_known = act.outcome == Ended::Ok;
        match (kind, act.ask) {
            (ModelKind::Register | ModelKind::CasRegister, Ask::Read) => {
                *self.values.entry(key).or_default() == act.result
            }
            (_, Ask::Write) => {
                self.values.insert(key, act.a);
                true
            }
            (_, Ask::Cas) => {
                let held = self.values.entry(key).or_default();
                let fits = *held == act.a;
                if fits {
                    *held = act.b;
                }
                fits
            }
            (_, Ask::Get) => *self.texts.entry(key).or_default() == text(act.result),
            (_, Ask::Put) => {
                self.texts.insert(key, text(act.a));
                true
            }
            (ModelKind::KeyValue, Ask::Append) => {
                self.texts.entry(key).or_default().push_str(&text(act.a));
                true
            }
            (_, Ask::Append) => {
                self.lists.entry(key).or_default().push(act.a);
                true
            }
            (ModelKind::Log, Ask::Read) => *self.lists.entry(key).or_default() == list(act.result),
            (_, Ask::Enqueue) => {
                self.lists.entry(key).or_default().push(act.a);
                true
            }
            (_, Ask::Dequeue) => {
                let queue = self.lists.entry(key).or_default();
                let first = if queue.is_empty() {
                    NIL
                } else {
                    queue.remove(0)
                };
                !is_known || first == act.result
            }
            (ModelKind::Bank, Ask::Balance) => match act.result {
                Value::List(pairs) => history.values.list_of(pairs).iter().all(|pair| {
                    let pair = list(*pair);
                    let account = history.keys.iter().position(|key| *key == pair[0]);
                    let account = account.expect("a known account") as u32;
                    *self.sums.entry(account).or_default() == number(pair[1])
                }),
                told => *self.sums.entry(key).or_default() == number(told),
            },
            (_, Ask::Deposit | Ask::Increment) => {
                *self.sums.entry(key).or_default() += number(act.a);
                true
            }
            (_, Ask::Decrement) => {
                *self.sums.entry(key).or_default() -= number(act.a);
                true
            }
            (_, Ask::Withdraw) => {
                let sum = self.sums.entry(key).or_default();
                *sum -= number(act.a);
                *sum >= 0
            }
            (_, Ask::Transfer) => {
                let to = history.keys.iter().position(|key| *key == act.a);
                let from = self.sums.entry(key).or_default();
                *from -= number(act.b);
                let covered = *from >= 0;
                let to = to.expect("a known account") as u32;
                *self.sums.entry(to).or_default() += number(act.b);
                covered
            }
            (ModelKind::Counter, Ask::Read) => {
                *self.sums.entry(key).or_default() == number(act.result)
            }
            (ModelKind::Cart, Ask::Add) => {
                self.lists.entry(key).or_default().push(act.a);
                true
            }
            (ModelKind::Cart, Ask::Remove) => {
                let cart = self.lists.entry(key).or_default();
                let place = cart.iter().position(|one| *one == act.a);
                place.map(|place| cart.remove(place)).is_some()
            }
            (ModelKind::Cart, Ask::Contains) => {
                let is_there = self.lists.entry(key).or_default().contains(&act.a);
                act.result == Value::Bool(is_there)
            }
            (ModelKind::Cart, Ask::Read) => {
                let (mut held, mut told) =
                    (self.lists.entry(key).or_default().clone(), list(act.result));
                held.sort();
                told.sort();
                held == told
            }
            (_, Ask::Add) => {
                self.sets.entry(key).or_default().insert(act.a);
                true
            }
            (_, Ask::Remove) => {
                self.sets.entry(key).or_default().remove(&act.a);
                true
            }
            (_, Ask::Contains) => {
                let is_there = self.sets.entry(key).or_default().contains(&act.a);
                act.result == Value::Bool(is_there)
            }
            (_, Ask::Acquire) => {
                let is_free = !self.held.insert(key, true).unwrap_or(false);
                match act.result {
                    Value::Int(token) if is_known => {
                        let last = self.given.insert(key, token);
                        is_free && last.is_none_or(|last| last < token)
                    }
                    _ => is_free,
                }
            }
            (_, Ask::Release) => self.held.insert(key, false).unwrap_or(false),
            (_, Ask::Guarded) => {
                let token = number(act.a);
                let last = self.accepted.insert(key, token);
                last.is_none_or(|last| last <= token)
            }
            (ModelKind::Set, Ask::Read) => {
                let held: Vec<_> = self.sets.entry(key).or_default().iter().copied().collect();
                let mut told = list(act.result);
                told.sort();
                held == told
            }
            other => panic!("{other:?}"),
        }
    }
}

pub fn place(history: &mut History, acts: &[Act], spans: &[(u32, u32)]) {
    history.ops.clear();
    for (number, (act, span)) in (0..).zip(acts.iter().zip(spans)) {
        history.ops.push(Op {
            client: number,
            ask: act.ask,
            key: act.key,
            a: act.a,
            b: act.b,
            result: act.result,
            outcome: act.outcome,
            invoked: span.0,
            ended: span.1,
            invoked_at: Micros(u64::from(span.0)),
            ended_at: Micros(u64::from(span.1)),
            source: number + 1,
        });
    }
}

/// What a register of two values is asked and tells, nothing of it unknown.
pub fn two_values() -> Vec<Act> {
    let write = |value| act(Ask::Write, int(value), NIL, NIL);
    let read = |value| act(Ask::Read, NIL, NIL, value);
    vec![write(1), write(2), read(NIL), read(int(1)), read(int(2))]
}

/// What can be asked and told in small histories of each model.
pub fn acts(kind: ModelKind, history: &mut History) -> Vec<Act> {
    let mut list = |values: &[i64]| {
        let values = values.iter().map(|one| int(*one)).collect();
        history.values.list(values)
    };
    match kind {
        ModelKind::Register => {
            let write = |value| act(Ask::Write, int(value), NIL, NIL);
            let more = [write(1).unknown(), write(2).unknown(), write(1).refused()];
            [two_values().as_slice(), &more].concat()
        }
        ModelKind::CasRegister => {
            let write = |value| act(Ask::Write, int(value), NIL, NIL);
            let read = |value| act(Ask::Read, NIL, NIL, value);
            let cas = |from, to| act(Ask::Cas, int(from), int(to), NIL);
            vec![
                write(1),
                read(int(1)),
                read(int(2)),
                cas(1, 2),
                cas(2, 1),
                write(1).unknown(),
                cas(1, 2).unknown(),
                cas(2, 1).unknown(),
                cas(1, 2).refused(),
            ]
        }
        ModelKind::KeyValue => {
            let mut text = |text: &str| history.values.text(text);
            let (a, b, ab, aa) = (text("a"), text("b"), text("ab"), text("aa"));
            let get = |value| act(Ask::Get, NIL, NIL, value);
            let append = |value| act(Ask::Append, value, NIL, NIL);
            vec![
                get(NIL),
                get(a),
                get(ab),
                get(aa),
                append(a),
                append(b),
                act(Ask::Put, a, NIL, NIL),
                append(a).unknown(),
                act(Ask::Put, a, NIL, NIL).unknown(),
                append(a).refused(),
            ]
        }
        ModelKind::Bank => {
            history.keys = vec![int(0), int(1)];
            let both = [(0, 0), (1, 0), (0, 1)].map(|(one, other)| {
                let pairs = [[0, one], [1, other]].map(|pair| {
                    let pair = pair.map(int).to_vec();
                    history.values.list(pair)
                });
                history.values.list(pairs.to_vec())
            });
            let transfer = act(Ask::Transfer, int(1), int(1), NIL).at(0);
            vec![
                act(Ask::Deposit, int(1), NIL, NIL).at(0),
                act(Ask::Withdraw, int(1), NIL, NIL).at(0),
                act(Ask::Balance, NIL, NIL, int(0)).at(0),
                act(Ask::Balance, NIL, NIL, int(1)).at(0),
                act(Ask::Balance, NIL, NIL, both[0]),
                act(Ask::Balance, NIL, NIL, both[2]),
                transfer,
                transfer.unknown(),
                act(Ask::Deposit, int(1), NIL, NIL).at(0).unknown(),
                act(Ask::Withdraw, int(1), NIL, NIL).at(0).unknown(),
                act(Ask::Deposit, int(1), NIL, NIL).at(0).refused(),
            ]
        }
        ModelKind::Counter => {
            let read = |value| act(Ask::Read, NIL, NIL, int(value));
            let add = |value| act(Ask::Increment, int(value), NIL, NIL);
            vec![
                read(0),
                read(1),
                read(2),
                read(-1),
                add(1),
                add(2),
                act(Ask::Decrement, int(1), NIL, NIL),
                add(1).unknown(),
                act(Ask::Decrement, int(1), NIL, NIL).unknown(),
                add(1).refused(),
            ]
        }
        ModelKind::Set => {
            let (none, one, both) = (list(&[]), list(&[1]), list(&[1, 2]));
            let read = |value| act(Ask::Read, NIL, NIL, value);
            let change = |ask, value| act(ask, int(value), NIL, NIL);
            vec![
                read(none),
                read(one),
                read(both),
                change(Ask::Add, 1),
                change(Ask::Add, 2),
                change(Ask::Remove, 1),
                act(Ask::Contains, int(1), NIL, Value::Bool(true)),
                change(Ask::Add, 1).unknown(),
                change(Ask::Remove, 1).unknown(),
                change(Ask::Add, 1).refused(),
            ]
        }
        ModelKind::Cart => {
            let told = [list(&[]), list(&[1]), list(&[1, 1]), list(&[1, 2])];
            let change = |ask, value| act(ask, int(value), NIL, NIL);
            let mut all = told.map(|told| act(Ask::Read, NIL, NIL, told)).to_vec();
            all.extend([
                change(Ask::Add, 1),
                change(Ask::Add, 2),
                change(Ask::Remove, 1),
                change(Ask::Add, 1).unknown(),
                change(Ask::Remove, 1).unknown(),
                change(Ask::Add, 1).refused(),
            ]);
            all
        }
        ModelKind::Lock => {
            let acquire = |token| act(Ask::Acquire, NIL, NIL, token);
            let guarded = |token| act(Ask::Guarded, int(token), int(7), NIL);
            let release = act(Ask::Release, NIL, NIL, NIL);
            vec![
                acquire(NIL),
                acquire(int(1)),
                acquire(int(2)),
                release,
                guarded(1),
                guarded(2),
                acquire(NIL).unknown(),
                release.unknown(),
                guarded(2).unknown(),
                acquire(NIL).refused(),
            ]
        }
        ModelKind::Log => {
            let lists = [
                list(&[]),
                list(&[1]),
                list(&[1, 2]),
                list(&[2, 1]),
                list(&[1, 1]),
            ];
            let append = |value| act(Ask::Append, int(value), NIL, NIL);
            let mut all = lists.map(|told| act(Ask::Read, NIL, NIL, told)).to_vec();
            all.extend([
                append(1),
                append(2),
                append(1).unknown(),
                append(2).unknown(),
                append(1).refused(),
            ]);
            all
        }
        ModelKind::Queue => {
            let put = |value| act(Ask::Enqueue, int(value), NIL, NIL);
            let take = |value| act(Ask::Dequeue, NIL, NIL, value);
            vec![
                put(1),
                put(2),
                take(int(1)),
                take(int(2)),
                take(NIL),
                put(1).unknown(),
                take(NIL).unknown(),
                put(1).refused(),
            ]
        }
    }
}

/// A small stream of numbers.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, span: usize) -> usize {
        // SplitMix64 (Steele, Lea & Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % span as u64) as usize
    }
}

/// All ways to give operations to clients, up to renaming.
pub fn owners(count: usize) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        let mut more = Vec::new();
        for one in all {
            let clients = one.iter().max().map_or(0, |last| last + 1);
            for client in 0..=clients {
                let mut next = one.clone();
                next.push(client);
                more.push(next);
            }
        }
        all = more;
    }
    all
}

/// One after the other, as the clients in `owners` do them.
pub fn lay(history: &mut History, chosen: &[Act], owners: &[u32]) {
    let spans: Vec<_> = (0..chosen.len() as u32)
        .map(|one| (2 * one, 2 * one + 1))
        .collect();
    place(history, chosen, &spans);
    for (op, owner) in history.ops.iter_mut().zip(owners) {
        op.client = *owner;
    }
}

/// The operations that begin and end at these moments (the moment, which operation, whether it ends), in the order of
/// their invocations, and their places.
pub fn laid_out(
    mut marks: Vec<(usize, usize, bool)>,
    count: usize,
) -> (Vec<usize>, Vec<(u32, u32)>) {
    marks.sort_unstable();
    let mut spans = vec![(0, 0); count];
    for (place, (_, number, is_end)) in (0..).zip(&marks) {
        match is_end {
            true => spans[*number].1 = place,
            false => spans[*number].0 = place,
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|one| spans[*one].0);
    let places = order.iter().map(|one| spans[*one]).collect();
    (order, places)
}

/// Calls `judge` with every choice of up to `count` of `acts` by any clients.
pub fn exhaust(history: &mut History, acts: &[Act], count: usize, mut judge: impl FnMut(&History)) {
    for length in 1..=count {
        let all = owners(length);
        let mut choice = vec![0; length];
        loop {
            let chosen: Vec<Act> = choice.iter().map(|one| acts[*one]).collect();
            for owners in &all {
                lay(history, &chosen, owners);
                judge(history);
            }
            let Some(place) = choice.iter().rposition(|one| *one + 1 < acts.len()) else {
                break;
            };
            choice[place] += 1;
            choice[place + 1..].fill(0);
        }
    }
}
