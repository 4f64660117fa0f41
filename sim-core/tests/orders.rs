//! Sequential consistency, causal consistency and the session guarantees against their definitions, on all small
//! histories.

mod plain;

use plain::{Act, NIL, Numbers, Store, act, acts, int, place};
use sim_core::check::history::{Ask, Ended, History, NEVER, Value};
use sim_core::check::linearizable::{Answer, Question};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sequential;
use sim_core::check::session::{Guarantee, Held, Sessions};
use sim_core::check::sights::sights;
use std::collections::BTreeSet;

// --- sequential consistency

/// Some order that keeps each client's own explains the history. What nobody knows of comes after what its client did
/// before it, or never.
fn by_definition(kind: ModelKind, history: &History, left: &[usize], store: &Store) -> bool {
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
        if own_first || (whole.ask.is_read() && whole.outcome != Ended::Ok) {
            continue;
        }
        let act = Act::of(whole);
        let mut next = store.clone();
        if next.takes(kind, &act, history) {
            let mut rest = left.to_vec();
            rest.remove(place);
            if by_definition(kind, history, &rest, &next) {
                return true;
            }
        }
    }
    false
}

/// All ways to give operations to clients, up to renaming.
fn owners(count: usize) -> Vec<Vec<u32>> {
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
fn lay(history: &mut History, chosen: &[Act], owners: &[u32]) {
    let spans: Vec<_> = (0..chosen.len() as u32)
        .map(|one| (2 * one, 2 * one + 1))
        .collect();
    place(history, chosen, &spans);
    for (op, owner) in history.ops.iter_mut().zip(owners) {
        op.client = *owner;
    }
}

/// Calls `judge` with every choice of up to `count` of `acts` by any clients.
fn exhaust(history: &mut History, acts: &[Act], count: usize, mut judge: impl FnMut(&History)) {
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

fn compare(kind: ModelKind, history: &History, counts: &mut (u32, u32)) {
    let question = Question::whole(history, kind, Value::Nil);
    let left: Vec<usize> = (0..history.ops.len())
        .filter(|number| history.ops[*number].outcome != Ended::Refused)
        .collect();
    let expected = by_definition(kind, history, &left, &Store::default());
    match sequential::check(&question, &Limits::default()) {
        Answer::Yes(_) => counts.0 += 1,
        Answer::No(all) => {
            counts.1 += 1;
            if counts.1 % 64 == 1 {
                let needed = sequential::explain(&question, &all, &Limits::default());
                assert!(!needed.is_empty(), "{:?}", history.ops);
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

// --- what reads see

/// What a read of the history shows, plainly: whether it may have seen exactly the changes `seen`, were they ordered so.
fn explains(kind: ModelKind, history: &History, reader: usize, order: &[usize]) -> bool {
    let mut store = Store::default();
    for number in order.iter().copied().chain([reader]) {
        let whole = &history.ops[number];
        let act = Act::of(whole);
        // Whether a compare-and-set succeeded elsewhere is not for this reader to say.
        if number != reader && whole.ask == Ask::Cas {
            let write = Act {
                ask: Ask::Write,
                a: act.b,
                ..act
            };
            store.takes(kind, &write, history);
        } else if !store.takes(kind, &act, history) && number == reader {
            return false;
        }
    }
    true
}

/// Whether the answer of a reader follows from the changes `seen` in some order that keeps `before`.
fn is_explained(
    kind: ModelKind,
    history: &History,
    reader: usize,
    seen: &BTreeSet<usize>,
    before: &dyn Fn(usize, usize) -> bool,
) -> bool {
    fn go(
        left: &[usize],
        order: &mut Vec<usize>,
        is_good: &dyn Fn(&[usize]) -> bool,
        before: &dyn Fn(usize, usize) -> bool,
    ) -> bool {
        if left.is_empty() {
            return is_good(order);
        }
        for (place, &one) in left.iter().enumerate() {
            if left.iter().any(|&other| other != one && before(other, one)) {
                continue;
            }
            let mut rest = left.to_vec();
            rest.remove(place);
            order.push(one);
            if go(&rest, order, is_good, before) {
                return true;
            }
            order.pop();
        }
        false
    }
    let left: Vec<_> = seen.iter().copied().collect();
    let is_good = |order: &[usize]| explains(kind, history, reader, order);
    go(&left, &mut Vec::new(), &is_good, before)
}

/// Whether readers can have seen changes such that the guarantee holds: every choice is tried.
fn some_sight(kind: ModelKind, history: &History, guarantee: Guarantee) -> bool {
    let ops = &history.ops;
    let changes: Vec<usize> = (0..ops.len())
        .filter(|one| !ops[*one].ask.is_read() && ops[*one].outcome != Ended::Refused)
        .collect();
    let readers: Vec<usize> = (0..ops.len())
        .filter(|one| {
            ops[*one].outcome == Ended::Ok
                && matches!(ops[*one].ask, Ask::Read | Ask::Contains | Ask::Cas)
        })
        .collect();
    let mut choice = vec![0u32; readers.len()];
    loop {
        let seen = |place: usize| -> BTreeSet<usize> {
            let bits = choice[place];
            let all = changes.iter().enumerate();
            all.filter(|(bit, _)| bits & (1 << bit) != 0)
                .map(|(_, one)| *one)
                .collect()
        };
        let sight: Vec<_> = (0..readers.len()).map(seen).collect();
        if is_kept(kind, history, guarantee, &readers, &sight) {
            return true;
        }
        let Some(place) = choice
            .iter()
            .rposition(|bits| bits + 1 < 1 << changes.len())
        else {
            return false;
        };
        choice[place] += 1;
        choice[place + 1..].fill(0);
    }
}

fn is_kept(
    kind: ModelKind,
    history: &History,
    guarantee: Guarantee,
    readers: &[usize],
    sight: &[BTreeSet<usize>],
) -> bool {
    let ops = &history.ops;
    let session = |one: usize, other: usize| {
        one < other && ops[one].client == ops[other].client && ops[one].outcome == Ended::Ok
    };
    let is_change = |one: usize| !ops[one].ask.is_read();
    if guarantee == Guarantee::Pram {
        return [
            Guarantee::ReadYourWrites,
            Guarantee::MonotonicReads,
            Guarantee::MonotonicWrites,
        ]
        .iter()
        .all(|one| is_kept(kind, history, *one, readers, sight));
    }
    let of = |reader: usize| {
        readers
            .iter()
            .position(|one| *one == reader)
            .map(|place| &sight[place])
    };
    let count = ops.len();
    // What comes before what: own session and what was seen, closed.
    let mut past = vec![vec![false; count]; count];
    for (one, other) in (0..count).flat_map(|one| (0..count).map(move |other| (one, other))) {
        past[one][other] = session(one, other) || of(other).is_some_and(|seen| seen.contains(&one));
    }
    for middle in 0..count {
        for one in 0..count {
            for other in 0..count {
                past[one][other] |= past[one][middle] && past[middle][other];
            }
        }
    }
    for (place, &reader) in readers.iter().enumerate() {
        let seen = &sight[place];
        if seen.contains(&reader) {
            return false;
        }
        let fits = match guarantee {
            Guarantee::ReadYourWrites => (0..count)
                .all(|own| !(is_change(own) && session(own, reader)) || seen.contains(&own)),
            Guarantee::MonotonicReads => readers.iter().zip(sight).all(|(earlier, known)| {
                !session(*earlier, reader)
                    || known.iter().all(|one| *one == reader || seen.contains(one))
            }),
            Guarantee::MonotonicWrites => seen.iter().all(|&later| {
                (0..count).all(|own| {
                    !(is_change(own) && session(own, later)) || own == reader || seen.contains(&own)
                })
            }),
            Guarantee::WritesFollowReads => seen.iter().all(|&later| {
                readers.iter().zip(sight).all(|(earlier, known)| {
                    let had_seen = *earlier == later || session(*earlier, later);
                    !had_seen || known.iter().all(|one| *one == reader || seen.contains(one))
                })
            }),
            Guarantee::Causal | Guarantee::Pram => {
                !(0..count).any(|one| past[one][one])
                    && (0..count)
                        .all(|one| !(is_change(one) && past[one][reader]) || seen.contains(&one))
            }
        };
        let before = |one: usize, other: usize| match guarantee {
            Guarantee::Causal => past[one][other],
            _ => {
                one < other
                    && ops[one].client == ops[other].client
                    && is_change(one)
                    && is_change(other)
            }
        };
        if !fits || !is_explained(kind, history, reader, seen, &before) {
            return false;
        }
    }
    true
}

const ALL: [Guarantee; 6] = [
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
    Guarantee::Causal,
    Guarantee::Pram,
];

fn compare_sights(kind: ModelKind, history: &History, counts: &mut [(u32, u32); 6]) {
    let question = Question::whole(history, kind, Value::Nil);
    // A value that was written twice does not say who wrote it.
    let Ok(sights) = sights(&question) else {
        return;
    };
    let sessions = Sessions::new(question, &sights);
    for (guarantee, count) in ALL.iter().zip(counts) {
        let held = sessions.judge(*guarantee);
        let expected = some_sight(kind, history, *guarantee);
        assert_eq!(
            held == Held::Yes,
            expected,
            "{guarantee:?} {held:?} {kind:?} {:?}",
            history.ops
        );
        match held {
            Held::Yes => count.0 += 1,
            _ => count.1 += 1,
        }
    }
}

fn register_acts() -> Vec<Act> {
    let write = |value| act(Ask::Write, int(value), NIL, NIL);
    let read = |value| act(Ask::Read, NIL, NIL, value);
    vec![
        write(1),
        write(2),
        write(3).at(1),
        write(2).unknown(),
        read(NIL),
        read(int(1)),
        read(int(2)),
        read(NIL).at(1),
        read(int(3)).at(1),
    ]
}

#[test]
fn sessions_and_causes_of_registers() {
    let mut history = History::default();
    let mut counts = [(0, 0); 6];
    let acts = register_acts();
    exhaust(&mut history, &acts, 4, |history| {
        compare_sights(ModelKind::Register, history, &mut counts);
    });
    println!("{counts:?}");
    assert!(counts.iter().all(|count| count.0 > 1_000), "{counts:?}");
    // A register shows one change at a time: writes out of order show only together with more.
    assert!(
        counts[0].1 > 100 && counts[1].1 > 100 && counts[4].1 > 100,
        "{counts:?}"
    );
}

#[test]
fn sessions_and_causes_of_sets_and_logs() {
    for kind in [ModelKind::Set, ModelKind::Log] {
        let mut history = History::default();
        let lists = [&[][..], &[1], &[2], &[1, 2], &[2, 1]];
        let mut all = Vec::new();
        for told in lists {
            let told = history
                .values
                .list(told.iter().map(|one| int(*one)).collect());
            all.push(act(Ask::Read, NIL, NIL, told));
        }
        let write = if kind == ModelKind::Set {
            Ask::Add
        } else {
            Ask::Append
        };
        for value in [1, 2] {
            all.push(act(write, int(value), NIL, NIL));
        }
        let mut counts = [(0, 0); 6];
        exhaust(&mut history, &all, 4, |history| {
            compare_sights(kind, history, &mut counts);
        });
        println!("{kind:?} {counts:?}");
        assert!(
            counts.iter().all(|count| count.0 > 300 && count.1 > 100),
            "{counts:?}"
        );
    }
}

#[test]
fn several_clients_of_one_session_are_one() {
    let mut numbers = Numbers(5);
    let acts = register_acts();
    let (mut one, mut other) = (History::default(), History::default());
    let mut broken = 0;
    for _ in 0..20_000 {
        let count = 3 + numbers.below(4);
        let chosen: Vec<_> = (0..count)
            .map(|_| acts[numbers.below(acts.len())])
            .collect();
        let owners: Vec<_> = (0..count).map(|_| numbers.below(4) as u32).collect();
        lay(&mut one, &chosen, &owners);
        // The first two belong together, and so do the others.
        one.join(vec![0, 0, 2, 2]);
        assert!(!one.sessions_overlap);
        let merged: Vec<_> = owners.iter().map(|owner| owner & 2).collect();
        lay(&mut other, &chosen, &merged);
        let judged = [&one, &other].map(|history| {
            let question = Question::whole(history, ModelKind::Register, Value::Nil);
            let in_order = sequential::check(&question, &Limits::default());
            let in_order = matches!(in_order, Answer::Yes(_));
            let held = sights(&question).map(|sights| {
                let sessions = Sessions::new(question, &sights);
                ALL.map(|guarantee| sessions.judge(guarantee))
            });
            (in_order, held)
        });
        assert_eq!(judged[0], judged[1], "{:?}", one.ops);
        let is_broken = |held: &[Held; 6]| held.iter().any(|one| *one != Held::Yes);
        broken += u32::from(judged[0].1.as_ref().is_ok_and(is_broken));
    }
    assert!(broken > 1_000, "{broken}");
}

#[test]
fn sessions_on_random_histories() {
    let mut numbers = Numbers(3);
    let acts = register_acts();
    let mut history = History::default();
    let mut counts = [(0, 0); 6];
    for _ in 0..100_000 {
        let count = 5 + numbers.below(2);
        let chosen: Vec<_> = (0..count)
            .map(|_| acts[numbers.below(acts.len())])
            .collect();
        let owners: Vec<_> = (0..count).map(|_| numbers.below(3) as u32).collect();
        lay(&mut history, &chosen, &owners);
        compare_sights(ModelKind::Register, &history, &mut counts);
    }
    println!("{counts:?}");
    assert!(counts[0].0 + counts[0].1 > 10_000, "{counts:?}");
}

#[test]
fn what_cannot_be_known_is_not_judged() {
    let mut history = History::default();
    let write = act(Ask::Write, int(1), NIL, NIL);
    lay(&mut history, &[write, write], &[0, 1]);
    let question = Question::whole(&history, ModelKind::Register, Value::Nil);
    assert!(sights(&question).is_err());
    let question = Question::whole(&history, ModelKind::Counter, Value::Nil);
    assert!(sights(&question).is_err());
    assert_eq!(NEVER, u32::MAX);
}
