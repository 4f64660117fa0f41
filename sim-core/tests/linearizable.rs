//! The search against the definition (Herlihy & Wing 1990): try every order of everything that happened and of some of
//! what may have, and see whether one keeps real time and gives every answer. The stores here are written a second
//! time, as plainly as can be.

use sim_core::check::explain::explain;
use sim_core::check::history::{Ask, Ended, History, NEVER, NO_KEY, Op, Value};
use sim_core::check::linearizable::{Answer, Question, check};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::units::Micros;
use std::collections::{BTreeMap, BTreeSet};

/// What one operation is, before it has a place in time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Act {
    ask: Ask,
    key: u32,
    a: Value,
    b: Value,
    result: Value,
    outcome: Ended,
}

const fn act(ask: Ask, a: Value, b: Value, result: Value) -> Act {
    Act {
        ask,
        key: NO_KEY,
        a,
        b,
        result,
        outcome: Ended::Ok,
    }
}

const NIL: Value = Value::Nil;

const fn int(number: i64) -> Value {
    Value::Int(number)
}

impl Act {
    const fn unknown(self) -> Self {
        Self {
            outcome: Ended::Unknown,
            result: NIL,
            ..self
        }
    }

    const fn refused(self) -> Self {
        Self {
            outcome: Ended::Refused,
            result: NIL,
            ..self
        }
    }

    const fn at(self, key: u32) -> Self {
        Self { key, ..self }
    }
}

/// The stores, plainly.
#[derive(Clone, Debug, Default)]
struct Store {
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
    fn takes(&mut self, kind: ModelKind, act: &Act, history: &History) -> bool {
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

/// Whether some order explains the history, by definition.
fn by_definition(kind: ModelKind, history: &History) -> bool {
    let mut left: Vec<usize> = Vec::new();
    for (number, op) in history.ops.iter().enumerate() {
        if op.outcome != Ended::Refused {
            left.push(number);
        }
    }
    extends(kind, history, &left, &Store::default())
}

fn extends(kind: ModelKind, history: &History, left: &[usize], store: &Store) -> bool {
    let op = |number: &usize| &history.ops[*number];
    let must = |number: &usize| op(number).outcome == Ended::Ok;
    if !left.iter().any(must) {
        return true;
    }
    for (place, number) in left.iter().enumerate() {
        let begun = op(number).invoked;
        if left
            .iter()
            .any(|other| must(other) && op(other).ended < begun)
        {
            continue;
        }
        let whole = op(number);
        let act = Act {
            ask: whole.ask,
            key: whole.key,
            a: whole.a,
            b: whole.b,
            result: whole.result,
            outcome: whole.outcome,
        };
        let mut next = store.clone();
        // A read that nobody heard tells nothing.
        if act.ask.is_read() && act.outcome != Ended::Ok {
            continue;
        }
        if next.takes(kind, &act, history) {
            let mut rest = left.to_vec();
            rest.remove(place);
            if extends(kind, history, &rest, &next) {
                return true;
            }
        }
    }
    false
}

/// All ways in which `count` operations can overlap: for each the places of its invocation and response.
fn overlaps(count: usize) -> Vec<Vec<(u32, u32)>> {
    fn go(count: usize, spans: &mut Vec<(u32, u32)>, place: u32, all: &mut Vec<Vec<(u32, u32)>>) {
        if place as usize == 2 * count {
            all.push(spans.clone());
            return;
        }
        if spans.len() < count {
            spans.push((place, NEVER));
            go(count, spans, place + 1, all);
            spans.pop();
        }
        for one in 0..spans.len() {
            if spans[one].1 == NEVER {
                spans[one].1 = place;
                go(count, spans, place + 1, all);
                spans[one].1 = NEVER;
            }
        }
    }
    let mut all = Vec::new();
    go(count, &mut Vec::new(), 0, &mut all);
    all
}

fn place(history: &mut History, acts: &[Act], spans: &[(u32, u32)]) {
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

/// Compares the two on one history. Says whether it is linearizable.
fn compare(kind: ModelKind, history: &History) -> bool {
    let question = Question::whole(history, kind, Value::Nil);
    let expected = by_definition(kind, history);
    match check(&question, &Limits::default()) {
        Answer::Yes(points) => {
            assert!(expected, "{kind:?} {:?}", history.ops);
            replays(
                kind,
                history,
                &points.iter().map(|one| one.op).collect::<Vec<_>>(),
            );
        }
        Answer::No(ops) => {
            assert!(!expected, "{kind:?} {:?}", history.ops);
            explained(&question, &ops);
        }
        Answer::Undecided(why) => panic!("{why:?} {history:#?}"),
    }
    expected
}

/// The order that was found is one.
fn replays(kind: ModelKind, history: &History, order: &[u32]) {
    let mut store = Store::default();
    for (place, number) in order.iter().enumerate() {
        let op = history.ops[*number as usize];
        let act = Act {
            ask: op.ask,
            key: op.key,
            a: op.a,
            b: op.b,
            result: op.result,
            outcome: op.outcome,
        };
        assert!(store.takes(kind, &act, history), "{order:?} {history:#?}");
        for later in &order[place + 1..] {
            let later = history.ops[*later as usize];
            let is_late = later.outcome == Ended::Ok && later.ended < op.invoked;
            assert!(!is_late, "{order:?} breaks real time in {history:#?}");
        }
    }
    for (number, op) in (0..).zip(&history.ops) {
        assert!(
            op.outcome != Ended::Ok || order.contains(&number),
            "{order:?} {history:#?}"
        );
    }
}

/// The contradiction contradicts itself, by definition: without the rest, and without any one of its operations not.
fn explained(question: &Question<'_>, ops: &[u32]) {
    let found = explain(question, ops, &Limits::default());
    assert!(!found.words.is_empty() && !found.ops.is_empty());
    assert!(found.ops.contains(&found.culprit), "{found:?}");
}

fn exhaust(kind: ModelKind, history: &mut History, acts: &[Act], count: usize) {
    let (mut good, mut bad) = (0u64, 0u64);
    for length in 1..=count {
        let all = overlaps(length);
        let mut choice = vec![0; length];
        loop {
            let chosen: Vec<Act> = choice.iter().map(|one| acts[*one]).collect();
            for spans in &all {
                // What has no known end is the same wherever it ends: once is enough.
                let is_once = chosen.iter().zip(spans).all(|(act, span)| {
                    act.outcome == Ended::Ok || span.1 as usize + 1 >= 2 * length - length
                });
                if !is_once {
                    continue;
                }
                place(history, &chosen, spans);
                match compare(kind, history) {
                    true => good += 1,
                    false => bad += 1,
                }
            }
            let Some(place) = choice.iter().rposition(|one| *one + 1 < acts.len()) else {
                break;
            };
            choice[place] += 1;
            choice[place + 1..].fill(0);
        }
    }
    println!("{kind:?}: {good} linearizable, {bad} not");
    assert!(good > 1_000 && bad > 1_000, "{kind:?}: {good} and {bad}");
}

/// What can be asked and told in small histories of each model.
fn acts(kind: ModelKind, history: &mut History) -> Vec<Act> {
    let mut list = |values: &[i64]| {
        let values = values.iter().map(|one| int(*one)).collect();
        history.values.list(values)
    };
    match kind {
        ModelKind::Register => {
            let write = |value| act(Ask::Write, int(value), NIL, NIL);
            let read = |value| act(Ask::Read, NIL, NIL, value);
            let known = [write(1), write(2), read(NIL), read(int(1)), read(int(2))];
            let more = [write(1).unknown(), write(2).unknown(), write(1).refused()];
            [&known[..], &more[..]].concat()
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
            ]
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
            ]
        }
    }
}

#[test]
fn five_operations_of_a_register() {
    let mut history = History::default();
    let write = |value| act(Ask::Write, int(value), NIL, NIL);
    let read = |value| act(Ask::Read, NIL, NIL, int(value));
    let acts = [write(1), write(2), read(1), read(2)];
    exhaust(ModelKind::Register, &mut history, &acts, 5);
}

fn four_operations(kind: ModelKind) {
    let mut history = History::default();
    let acts = acts(kind, &mut history);
    exhaust(kind, &mut history, &acts, 4);
}

#[test]
fn four_operations_of_each_model_register() {
    four_operations(ModelKind::Register);
}

#[test]
fn four_operations_of_each_model_cas_register() {
    four_operations(ModelKind::CasRegister);
}

#[test]
fn four_operations_of_each_model_key_value() {
    four_operations(ModelKind::KeyValue);
}

#[test]
fn four_operations_of_each_model_bank() {
    four_operations(ModelKind::Bank);
}

#[test]
fn four_operations_of_each_model_counter() {
    four_operations(ModelKind::Counter);
}

#[test]
fn four_operations_of_each_model_set() {
    four_operations(ModelKind::Set);
}

#[test]
fn four_operations_of_each_model_lock() {
    four_operations(ModelKind::Lock);
}

#[test]
fn four_operations_of_each_model_log() {
    four_operations(ModelKind::Log);
}

#[test]
fn four_operations_of_each_model_queue() {
    four_operations(ModelKind::Queue);
}

/// A small stream of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, span: usize) -> usize {
        // SplitMix64 (Steele, Lea & Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % span as u64) as usize
    }
}

#[test]
fn a_hundred_thousand_random_histories() {
    let mut numbers = Numbers(1);
    for (_, kind) in ModelKind::NAMES {
        let mut history = History::default();
        let acts = acts(kind, &mut history);
        let (mut good, mut bad) = (0, 0);
        for _ in 0..100_000 / ModelKind::NAMES.len() + 1 {
            let count = 5 + numbers.below(3);
            let mut chosen = Vec::new();
            // Few clients overlap, many operations follow one another: else everything is possible.
            let clients = 2 + numbers.below(2);
            let mut free = vec![0; clients];
            let mut marks = Vec::new();
            for number in 0..count {
                let mut one = acts[numbers.below(acts.len())];
                if kind.is_by_key() && numbers.below(4) == 0 {
                    one = one.at(1);
                }
                chosen.push(one);
                let client = numbers.below(clients);
                let from = free[client] + numbers.below(5);
                let to = from + 1 + numbers.below(6);
                free[client] = to + 1;
                marks.push((from, number, false));
                marks.push((to, number, true));
            }
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
            let chosen: Vec<_> = order.iter().map(|one| chosen[*one]).collect();
            let spans: Vec<_> = order.iter().map(|one| spans[*one]).collect();
            place(&mut history, &chosen, &spans);
            match compare(kind, &history) {
                true => good += 1,
                false => bad += 1,
            }
        }
        println!("{kind:?}: {good} linearizable, {bad} not");
        assert!(good > 100 && bad > 1_000, "{kind:?}: {good} and {bad}");
    }
}
