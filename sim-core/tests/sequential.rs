//! Sequential consistency against its definition, on all small histories, and its contradictions.

mod plain;

use plain::{Act, NIL, Numbers, Store, act, acts, exhaust, int, lay};
use sim_core::check::explain;
use sim_core::check::history::{Ask, Ended, History, Value};
use sim_core::check::ladder::{Ladder, Level};
use sim_core::check::linearizable::{self, Answer, Question, Why};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sequential;
use sim_core::check::sights::sights;

/// Some order that keeps each client's own explains the history. What nobody knows of comes after what its client did
/// before it, or never. With `keeps_time`, whatever ended before a change was asked for comes before that.
fn by_definition(
    kind: ModelKind,
    history: &History,
    left: &[usize],
    store: &Store,
    keeps_time: bool,
) -> bool {
    let op = |number: usize| &history.ops[number];
    let must = |number: usize| op(number).outcome == Ended::Ok;
    if !left.iter().any(|number| must(*number)) {
        return true;
    }
    for (place, &number) in left.iter().enumerate() {
        let own_first = left
            .iter()
            .any(|&other| must(other) && other < number && op(other).client == op(number).client);
        let whole = op(number);
        let in_time = |other: &usize| must(*other) && op(*other).ended < whole.invoked;
        let in_time_first = keeps_time && !whole.ask.is_read() && left.iter().any(in_time);
        if own_first || in_time_first || (whole.ask.is_read() && whole.outcome != Ended::Ok) {
            continue;
        }
        let act = Act::of(whole);
        let mut next = store.clone();
        if next.takes(kind, &act, history) {
            let mut rest = left.to_vec();
            rest.remove(place);
            if by_definition(kind, history, &rest, &next, keeps_time) {
                return true;
            }
        }
    }
    false
}

fn holds(kind: ModelKind, history: &History, keeps_time: bool) -> bool {
    let left: Vec<usize> = (0..history.ops.len())
        .filter(|number| history.ops[*number].outcome != Ended::Refused)
        .collect();
    by_definition(kind, history, &left, &Store::default(), keeps_time)
}

fn compare(kind: ModelKind, history: &History, counts: &mut (u32, u32)) {
    let question = Question::whole(history, kind, Value::Nil);
    let expected = holds(kind, history, true);
    let found = sequential::check_changes(&question, &Limits::default());
    assert_eq!(
        matches!(found, Answer::Yes(_)),
        expected,
        "changes keep real time: {kind:?} {:?}",
        history.ops
    );
    let expected = holds(kind, history, false);
    match sequential::check(&question, &Limits::default()) {
        Answer::Yes(_) => counts.0 += 1,
        Answer::No(all) => {
            counts.1 += 1;
            if counts.1 % 64 == 1 {
                let needed = sequential::explain(&question, &all, &Limits::default());
                assert!(!needed.ops.is_empty(), "{:?}", history.ops);
            }
        }
        Answer::Undecided(why) => panic!("{why:?}"),
    }
    let found = matches!(
        sequential::check(&question, &Limits::default()),
        Answer::Yes(_)
    );
    assert_eq!(found, expected, "{kind:?} {:?}", history.ops);
}

#[test]
fn sequential_is_what_its_definition_says() {
    for (_, kind) in ModelKind::NAMES {
        let mut history = History::default();
        let acts = acts(kind, &mut history);
        let mut counts = (0, 0);
        exhaust(&mut history, &acts, 4, |history| {
            compare(kind, history, &mut counts)
        });
        println!("{kind:?}: {counts:?}");
        assert!(counts.0 > 1_000 && counts.1 > 1_000, "{kind:?} {counts:?}");
    }
}

/// Two values, and nothing that nobody knows of.
#[test]
fn sequential_is_that_for_five_operations_of_a_register() {
    let mut history = History::default();
    let mut counts = (0, 0);
    exhaust(&mut history, &plain::two_values(), 5, |history| {
        compare(ModelKind::Register, history, &mut counts)
    });
    println!("{counts:?}");
    assert!(counts.0 > 1_000 && counts.1 > 1_000, "{counts:?}");
}

#[test]
fn sequential_on_random_histories_with_keys() {
    let mut numbers = Numbers(7);
    for (_, kind) in ModelKind::NAMES {
        let mut history = History::default();
        let acts = acts(kind, &mut history);
        let mut counts = (0, 0);
        for _ in 0..12_000 {
            let count = 5 + numbers.below(2);
            let mut chosen = Vec::new();
            let mut owners = Vec::new();
            for _ in 0..count {
                let mut one = acts[numbers.below(acts.len())];
                if kind.is_by_key() && numbers.below(3) == 0 {
                    one = one.at(1);
                }
                chosen.push(one);
                owners.push(numbers.below(3) as u32);
            }
            lay(&mut history, &chosen, &owners);
            compare(kind, &history, &mut counts);
        }
        assert!(counts.0 > 50 && counts.1 > 1_000, "{kind:?} {counts:?}");
    }
}

// --- what values say

/// Histories whose values are mostly written once, so that they say who saw what.
fn spoken(kind: ModelKind, history: &mut History, numbers: &mut Numbers) -> (Vec<Act>, Vec<u32>) {
    let count = 6 + numbers.below(2);
    let owners = (0..count).map(|_| numbers.below(3) as u32).collect();
    let acts = (0..count).map(|_| {
        let value = int(1 + numbers.below(5) as i64);
        let several = |numbers: &mut Numbers| {
            let mut all: Vec<Value> = (1..=5).map(int).collect();
            for place in 0..5 {
                all.swap(place, numbers.below(5));
            }
            all.truncate(numbers.below(4));
            all
        };
        let texts = ["ab", "c", "d", "ef", "ab"].map(|text| history.values.text(text));
        let text = texts[numbers.below(5)];
        let read = ["ab", "c", "abc", "abcd", "def", "efc", "", "cab", "dab"];
        let read = history.values.text(read[numbers.below(9)]);
        let one = match (kind, numbers.below(5)) {
            (ModelKind::Counter, 0..2) => {
                act(Ask::Increment, int(2 * numbers.below(4) as i64), NIL, NIL)
            }
            (ModelKind::Counter, 2) => act(Ask::Decrement, int(4), NIL, NIL),
            (ModelKind::Counter, _) => act(Ask::Read, NIL, NIL, int(numbers.below(10) as i64 - 3)),
            (ModelKind::Bank, 0..2) => act(Ask::Deposit, int(2), NIL, NIL).at(0),
            (ModelKind::Bank, 2) => match numbers.below(2) {
                0 => act(Ask::Transfer, int(1), int(2), NIL).at(0),
                _ => act(Ask::Withdraw, int(4), NIL, NIL).at(0),
            },
            (ModelKind::Bank, _) => {
                let held = [0, 1].map(|_| numbers.below(7) as i64 - 1);
                let pairs = [[0, held[0]], [1, held[1]]].map(|pair| {
                    let pair = pair.map(int).to_vec();
                    history.values.list(pair)
                });
                let told = match numbers.below(2) {
                    0 => int(held[0]),
                    _ => history.values.list(pairs.to_vec()),
                };
                act(Ask::Balance, NIL, NIL, told).at(0)
            }
            (ModelKind::KeyValue, 0..2) => act(Ask::Append, text, NIL, NIL),
            (ModelKind::KeyValue, 2) => act(Ask::Put, text, NIL, NIL),
            (ModelKind::KeyValue, _) => act(Ask::Get, NIL, NIL, read),
            (ModelKind::Log, 0..3) => act(Ask::Append, value, NIL, NIL),
            (ModelKind::Set, 0..2) => act(Ask::Add, value, NIL, NIL),
            (ModelKind::Set, 2) => act(Ask::Remove, value, NIL, NIL),
            (ModelKind::Log | ModelKind::Set, _) => {
                let all = several(numbers);
                act(Ask::Read, NIL, NIL, history.values.list(all))
            }
            (_, 0..2) => act(Ask::Write, value, NIL, NIL),
            (ModelKind::CasRegister, 2..4) => {
                act(Ask::Cas, int(numbers.below(6) as i64), value, NIL)
            }
            (_, _) => act(Ask::Read, NIL, NIL, value),
        };
        let one = if one.ask == Ask::Cas && one.a == int(0) {
            Act { a: NIL, ..one }
        } else {
            one
        };
        match numbers.below(6) {
            0 => one.unknown(),
            _ if kind != ModelKind::CasRegister && numbers.below(4) == 0 => one.at(1),
            _ => one,
        }
    });
    (acts.collect(), owners)
}

/// The history, of which only `kept` are as it says: reads that are not are left out, anything else may happen at any
/// time or never.
fn relaxed(history: &History, kept: &[u32]) -> History {
    let mut free = history.clone();
    for (number, op) in (0..).zip(&mut free.ops) {
        if kept.contains(&number) {
            continue;
        }
        (op.client, op.result) = (100 + number, NIL);
        op.outcome = match op.ask.is_read() || op.outcome == Ended::Refused {
            true => Ended::Refused,
            false => Ended::Unknown,
        };
    }
    free
}

#[test]
fn a_contradiction_is_one_and_needs_all_of_its_operations() {
    let mut numbers = Numbers(11);
    for kind in [
        ModelKind::Register,
        ModelKind::CasRegister,
        ModelKind::Log,
        ModelKind::Set,
        ModelKind::KeyValue,
        ModelKind::Counter,
        ModelKind::Bank,
    ] {
        let mut sizes = [0; 9];
        let mut agreed = 0;
        for _ in 0..6_000 {
            let mut history = History::default();
            if kind == ModelKind::Bank {
                history.keys = vec![int(0), int(1)];
            }
            let (acts, owners) = spoken(kind, &mut history, &mut numbers);
            lay(&mut history, &acts, &owners);
            let question = Question::whole(&history, kind, NIL);
            let expected = holds(kind, &history, false);
            let all = match sequential::check(&question, &Limits::default()) {
                Answer::Yes(order) => {
                    assert!(expected, "{kind:?} {:?}", history.ops);
                    agreed += u32::from(order.len() > 3);
                    continue;
                }
                Answer::No(all) => all,
                Answer::Undecided(why) => panic!("{why:?}"),
            };
            assert!(!expected, "{kind:?} {:?}", history.ops);
            let found = sequential::explain(&question, &all, &Limits::default());
            assert_eq!(found.open, None, "{kind:?} {:?}", history.ops);
            let few = found.ops;
            assert!(
                !holds(kind, &relaxed(&history, &few), false),
                "{kind:?} {few:?} {:?}",
                history.ops
            );
            for place in 0..few.len() {
                let mut fewer = few.clone();
                fewer.remove(place);
                assert!(
                    holds(kind, &relaxed(&history, &fewer), false),
                    "{kind:?} {few:?} without {place} {:?}",
                    history.ops
                );
            }
            sizes[few.len()] += 1;
        }
        assert!(agreed > 50, "{kind:?} {agreed}");
        assert!(
            sizes[1] > 100 && sizes[2..].iter().sum::<u32>() > 100,
            "{kind:?} {sizes:?}"
        );
        println!("{kind:?}: {agreed} in order, contradictions by size {sizes:?}");
    }
}

/// A register of many clients, each operation at one instant, and at one point two clients who read two writes in
/// different orders.
#[test]
fn a_contradiction_in_a_long_history_is_found_and_small() {
    let mut numbers = Numbers(5);
    for round in 0..3 {
        let mut history = History::default();
        let (mut acts, mut owners, mut last) = (Vec::new(), Vec::new(), NIL);
        let count = 500;
        for number in 0..count {
            let client = numbers.below(8) as u32;
            if number == count / 2 {
                let (one, other) = (int(100_000), int(100_001));
                for (client, ask, value) in [
                    (8, Ask::Write, one),
                    (9, Ask::Write, other),
                    (10, Ask::Read, one),
                    (11, Ask::Read, other),
                    (10, Ask::Read, other),
                    (11, Ask::Read, one),
                ] {
                    acts.push(match ask {
                        Ask::Read => act(ask, NIL, NIL, value),
                        _ => act(ask, value, NIL, NIL),
                    });
                    owners.push(client);
                }
                last = one;
            }
            acts.push(match numbers.below(3) {
                0 => act(Ask::Read, NIL, NIL, last),
                which => {
                    let next = int(number);
                    let one = match which {
                        1 => act(Ask::Write, next, NIL, NIL),
                        _ => act(Ask::Cas, last, next, NIL),
                    };
                    // An open call that happened now and then.
                    let is_open = numbers.below(20) == 0;
                    if !is_open || numbers.below(2) == 0 {
                        last = next;
                    }
                    if is_open { one.unknown() } else { one }
                }
            });
            owners.push(client);
        }
        lay(&mut history, &acts, &owners);
        let question = Question::whole(&history, ModelKind::CasRegister, NIL);
        let limits = Limits::default();
        let Answer::No(all) = sequential::check(&question, &limits) else {
            panic!("round {round}: no contradiction");
        };
        let found = sequential::explain(&question, &all, &limits);
        assert_eq!(found.open, None, "round {round}");
        let few = found.ops;
        assert_eq!(few.len(), 4, "round {round}: {few:?}");
        let told: Vec<u32> = few
            .iter()
            .map(|op| history.ops[*op as usize].client)
            .collect();
        assert_eq!(told, [10, 11, 10, 11], "round {round}");
    }
}

/// A counter of four clients that answers right, but once: then by `off` too much.
fn miscounted(count: usize, amounts: &[i64], off: i64) -> History {
    let mut numbers = Numbers(3);
    let mut history = History::default();
    let (mut acts, mut owners, mut held) = (Vec::new(), Vec::new(), 0);
    for number in 0..count {
        let amount = amounts[numbers.below(amounts.len())];
        acts.push(match numbers.below(3) {
            _ if number == count * 3 / 4 => act(Ask::Read, NIL, NIL, int(held + off)),
            0 => act(Ask::Read, NIL, NIL, int(held)),
            1 => {
                held += amount;
                act(Ask::Increment, int(amount), NIL, NIL)
            }
            _ => {
                held -= amount;
                act(Ask::Decrement, int(amount), NIL, NIL)
            }
        });
        owners.push(numbers.below(4) as u32);
    }
    lay(&mut history, &acts, &owners);
    history.clients = (0..4).map(|client| format!("c{client}")).collect();
    history
}

#[test]
fn a_number_that_no_sum_comes_to_is_enough() {
    for count in [60, 600] {
        for (amounts, off) in [(&[10, 20, 50][..], 1), (&[1, 7, 23][..], 1_000_000)] {
            let history = miscounted(count, amounts, off);
            let question = Question::whole(&history, ModelKind::Counter, NIL);
            let Answer::No(all) = sequential::check(&question, &Limits::default()) else {
                panic!("{count} {off}");
            };
            let found = sequential::explain(&question, &all, &Limits::default());
            assert_eq!(found.ops, [count as u32 * 3 / 4], "{count} {off}");
            assert_eq!(found.open, None);
        }
    }
}

const OPEN: &str = " Whether all of these are needed was not decided within ";

#[test]
fn a_contradiction_says_whether_all_of_it_is_known_to_be_needed() {
    let history = miscounted(40, &[3, 5, 16, 44, 71], 1);
    let question = Question::whole(&history, ModelKind::Counter, NIL);
    let limits = Limits::default();
    let few = Limits {
        steps: 20_000,
        ..limits
    };
    let Answer::No(all) = sequential::check(&question, &few) else {
        panic!("no contradiction");
    };
    let found = sequential::explain(&question, &all, &few);
    assert_eq!(found.open, Some(Why::Steps(20_000)));
    let Answer::No(all) = linearizable::check(&question, &few) else {
        panic!("no contradiction");
    };
    let told = explain::explain(&question, &all, &few);
    assert_eq!(told.open, Some(Why::Steps(20_000)), "{}", told.words);
    let ladder = Ladder::of(&question, &sights(&question), &few);
    for level in [Level::Linearizable, Level::Sequential] {
        let words = &ladder.rungs[level as usize].words;
        let end = format!("{OPEN}20000 steps.");
        assert!(words.ends_with(&end), "{words}");
    }

    let history = miscounted(12, &[3, 5, 16, 44, 71], 1);
    let question = Question::whole(&history, ModelKind::Counter, NIL);
    let ladder = Ladder::of(&question, &sights(&question), &limits);
    for level in [Level::Linearizable, Level::Sequential] {
        let words = &ladder.rungs[level as usize].words;
        assert!(!words.is_empty());
        assert!(!words.contains(OPEN), "{words}");
    }
}
