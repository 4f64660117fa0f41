//! Causal consistency and the session guarantees against their definitions, on all small
//! histories.

mod plain;

use plain::{Act, NIL, Numbers, Store, act, exhaust, int, lay};
use sim_core::check::history::{Ask, Ended, History, NEVER, Op, Value};
use sim_core::check::linearizable::{Answer, Question};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sequential;
use sim_core::check::session::{Guarantee, Held, Sessions};
use sim_core::check::sights::sights;
use std::collections::BTreeSet;

// --- what reads see

fn is_change(op: &Op) -> bool {
    !op.ask.is_read() && op.outcome != Ended::Refused
}

/// Whether the operation was answered and says what it saw.
fn is_told(op: &Op) -> bool {
    op.outcome == Ended::Ok && matches!(op.ask, Ask::Read | Ask::Contains | Ask::Cas)
}

/// Whether one operation came before another of its client. Nothing comes after what nobody knows of.
fn session(history: &History, one: usize, other: usize) -> bool {
    let ops = &history.ops;
    one < other && ops[one].client == ops[other].client && ops[one].outcome == Ended::Ok
}

/// Whose changes an answer shows, as it shows them, where every value is written once. `None`: nobody wrote that.
fn rests_on(history: &History, reader: usize) -> Option<Vec<usize>> {
    let op = &history.ops[reader];
    let told = match (op.ask, op.result) {
        (Ask::Cas, _) => vec![op.a],
        (_, Value::List(list)) => history.values.list_of(list).to_vec(),
        (_, one) => vec![one],
    };
    let mut shown = Vec::new();
    for value in told.into_iter().filter(|value| *value != NIL) {
        let is_writer = |other: &Op| {
            let written = if other.ask == Ask::Cas {
                other.b
            } else {
                other.a
            };
            is_change(other) && other.key == op.key && written == value
        };
        let writer = history.ops.iter().position(is_writer)?;
        if writer == reader || shown.contains(&writer) {
            return None;
        }
        shown.push(writer);
    }
    Some(shown)
}

fn close(past: &mut [Vec<bool>]) {
    let count = past.len();
    for middle in 0..count {
        for one in 0..count {
            for other in 0..count {
                past[one][other] |= past[one][middle] && past[middle][other];
            }
        }
    }
}

/// Each client's own order, and with `is_causal` what each answer rests on: of a compare-and-set of which nobody knows,
/// too, if its change was seen. `None`: something rests on what nobody wrote.
fn order(history: &History, is_causal: bool) -> Option<Vec<Vec<bool>>> {
    let count = history.ops.len();
    let mut past: Vec<Vec<bool>> = (0..count)
        .map(|one| {
            (0..count)
                .map(|other| session(history, one, other))
                .collect()
        })
        .collect();
    let mut open: Vec<usize> = (0..count)
        .filter(|one| is_told(&history.ops[*one]))
        .collect();
    let mut done = BTreeSet::new();
    while let Some(reader) = open.pop() {
        if !is_causal || !done.insert(reader) {
            continue;
        }
        for writer in rests_on(history, reader)? {
            past[writer][reader] = true;
            if history.ops[writer].ask == Ask::Cas {
                open.push(writer);
            }
        }
    }
    close(&mut past);
    Some(past)
}

/// Whether there is one order of all changes and of what one client did that keeps `past` and gives its answers. A
/// compare-and-set of others, or one of which nobody knows, is a write. What nobody knows of may be left out.
fn has_view(
    kind: ModelKind,
    history: &History,
    client: u32,
    past: &[Vec<bool>],
    placed: &mut Vec<usize>,
    store: &Store,
) -> bool {
    let ops = &history.ops;
    let is_own = |one: usize| ops[one].client == client && ops[one].outcome == Ended::Ok;
    let is_in = |one: usize| is_own(one) || is_change(&ops[one]);
    let left: Vec<usize> = (0..ops.len())
        .filter(|one| is_in(*one) && !placed.contains(one))
        .collect();
    if left.iter().all(|one| ops[*one].outcome != Ended::Ok) {
        return true;
    }
    left.iter().any(|&one| {
        if left.iter().any(|other| past[*other][one]) {
            return false;
        }
        let mut act = Act::of(&ops[one]);
        if act.ask == Ask::Cas && !is_own(one) {
            (act.ask, act.a) = (Ask::Write, act.b);
        }
        let mut next = store.clone();
        if !next.takes(kind, &act, history) {
            return false;
        }
        placed.push(one);
        let found = has_view(kind, history, client, past, placed, &next);
        placed.pop();
        found
    })
}

/// Every client has a view: PRAM as Lipton and Sandberg define it, and causal memory as Ahamad and others do.
fn has_views(kind: ModelKind, history: &History, is_causal: bool) -> bool {
    let clients: BTreeSet<u32> = history.ops.iter().map(|op| op.client).collect();
    order(history, is_causal).is_some_and(|past| {
        clients.iter().all(|client| {
            has_view(
                kind,
                history,
                *client,
                &past,
                &mut Vec::new(),
                &Store::default(),
            )
        })
    })
}

/// Read your writes and monotonic reads of registers. A client walks through what it did and was told, and learns: a
/// change is newer than another if their client did it after, or if the one who walks did or saw it after, unless it
/// knows otherwise by then. What it is told must not be older than what it must have seen.
fn never_goes_back(history: &History, guarantee: Guarantee) -> bool {
    let ops = &history.ops;
    let clients: BTreeSet<u32> = ops.iter().map(|op| op.client).collect();
    clients.into_iter().all(|client| {
        let mut newer = order(history, false).expect("an order");
        let (mut did, mut saw) = (Vec::new(), Vec::new());
        let own = (0..ops.len()).filter(|one| ops[*one].client == client);
        for one in own.filter(|one| ops[*one].outcome == Ended::Ok) {
            let mut shown = Vec::new();
            let before = (did.clone(), saw.clone());
            if is_told(&ops[one]) {
                let Some(newest) = rests_on(history, one) else {
                    return false;
                };
                let must = match guarantee {
                    Guarantee::ReadYourWrites => &did,
                    _ => &saw,
                };
                let is_missed = |missed: &usize| {
                    let is_older = newest.first().is_none_or(|newest| newer[*newest][*missed]);
                    *missed != one && ops[*missed].key == ops[one].key && is_older
                };
                if must.iter().any(is_missed) {
                    return false;
                }
                saw.extend(newest.iter());
                shown.extend(newest);
            }
            if is_change(&ops[one]) {
                did.push(one);
                shown.push(one);
            }
            let mut had = [before.0, before.1].concat();
            for later in shown {
                for earlier in &had {
                    let is_same = ops[*earlier].key == ops[later].key && *earlier != later;
                    if is_same && !newer[later][*earlier] {
                        newer[*earlier][later] = true;
                    }
                }
                close(&mut newer);
                had.push(later);
            }
        }
        true
    })
}

/// Whether a guarantee holds, by its definition.
fn by_guarantee(kind: ModelKind, history: &History, guarantee: Guarantee) -> bool {
    let told = |one: &usize| is_told(&history.ops[*one]);
    let is_written = (0..history.ops.len())
        .filter(told)
        .all(|one| rests_on(history, one).is_some());
    let shows_newest = matches!(kind, ModelKind::Register | ModelKind::CasRegister);
    is_written
        && match guarantee {
            Guarantee::Causal => has_views(kind, history, true),
            Guarantee::Pram => has_views(kind, history, false),
            Guarantee::ReadYourWrites | Guarantee::MonotonicReads if shows_newest => {
                never_goes_back(history, guarantee)
            }
            _ => some_sight(kind, history, guarantee),
        }
}

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
    let changes: Vec<usize> = (0..ops.len()).filter(|one| is_change(&ops[*one])).collect();
    let readers: Vec<usize> = (0..ops.len()).filter(|one| is_told(&ops[*one])).collect();
    // By reader, the choices that explain its answer in some order.
    let choices: Vec<Vec<BTreeSet<usize>>> = readers
        .iter()
        .map(|reader| {
            let all = 0..1u32 << changes.len();
            let chosen = |bits: u32| -> BTreeSet<usize> {
                let all = changes.iter().enumerate();
                all.filter(|(bit, _)| bits & (1 << bit) != 0)
                    .map(|(_, one)| *one)
                    .collect()
            };
            all.map(chosen)
                .filter(|seen| is_explained(kind, history, *reader, seen, &|_, _| false))
                .collect()
        })
        .collect();
    let mut choice = vec![0; readers.len()];
    if choices.iter().any(Vec::is_empty) {
        return false;
    }
    loop {
        let sight: Vec<_> = (0..readers.len())
            .map(|place| choices[place][choice[place]].clone())
            .collect();
        if is_kept(kind, history, guarantee, &readers, &sight) {
            return true;
        }
        let is_more = |place: &usize| choice[*place] + 1 < choices[*place].len();
        let Some(place) = (0..choice.len()).rev().find(is_more) else {
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
    let is_change = |one: usize| is_change(&ops[one]);
    let session = |one: usize, other: usize| session(history, one, other);
    let count = ops.len();
    // Whether the client of one change had seen another before it.
    let follows = |one: usize, later: usize| {
        readers.iter().zip(sight).any(|(earlier, known)| {
            (*earlier == later || session(*earlier, later)) && known.contains(&one)
        })
    };
    for (place, &reader) in readers.iter().enumerate() {
        let seen = &sight[place];
        if seen.contains(&reader) {
            return false;
        }
        let earlier = || {
            readers
                .iter()
                .zip(sight)
                .filter(|(one, _)| session(**one, reader))
        };
        let must: Vec<usize> = match guarantee {
            Guarantee::ReadYourWrites => (0..count)
                .filter(|own| is_change(*own) && session(*own, reader))
                .collect(),
            Guarantee::MonotonicReads => earlier().flat_map(|(_, known)| known.clone()).collect(),
            Guarantee::MonotonicWrites => (0..count)
                .filter(|own| is_change(*own) && seen.iter().any(|later| session(*own, *later)))
                .collect(),
            _ => (0..count)
                .filter(|one| seen.iter().any(|later| follows(*one, *later)))
                .collect(),
        };
        // What an earlier read of a log showed first.
        let was_shown = |one: usize, later: usize| {
            earlier().any(|(earlier, _)| {
                let shown = rests_on(history, *earlier).unwrap_or_default();
                let place = |change| shown.iter().position(|one| *one == change);
                matches!((place(one), place(later)), (Some(one), Some(later)) if one < later)
            })
        };
        // A register shows one change; those of one client are taken as it made them.
        let before = |one: usize, later: usize| match (kind, guarantee) {
            (ModelKind::Register | ModelKind::CasRegister, _) | (_, Guarantee::MonotonicWrites) => {
                session(one, later) && is_change(one) && is_change(later)
            }
            (_, Guarantee::MonotonicReads) => was_shown(one, later),
            // A set does not show an order.
            (ModelKind::Log, Guarantee::WritesFollowReads) => follows(one, later),
            _ => false,
        };
        let fits = must.iter().all(|one| *one == reader || seen.contains(one));
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
    let holds = |guarantee| sessions.judge(guarantee) == Held::Yes;
    // What a stronger model promises a weaker one does too.
    let [own, reads, writes, follow, causal, pram] = ALL.map(holds);
    assert!(!causal || pram && follow, "{:?}", history.ops);
    assert!(!pram || own && reads && writes, "{:?}", history.ops);
    for (guarantee, count) in ALL.iter().zip(counts) {
        let held = sessions.judge(*guarantee);
        let expected = by_guarantee(kind, history, *guarantee);
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
        write(1).refused(),
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

/// Two values, and nothing that nobody knows of.
#[test]
fn sessions_and_causes_of_five_operations_of_a_register() {
    let mut history = History::default();
    let mut counts = [(0, 0); 6];
    exhaust(&mut history, &plain::two_values(), 5, |history| {
        compare_sights(ModelKind::Register, history, &mut counts);
    });
    println!("{counts:?}");
    assert!(counts[0].1 > 1_000 && counts[4].1 > 1_000, "{counts:?}");
}

#[test]
fn sessions_and_causes_of_sets_carts_and_logs() {
    for kind in [ModelKind::Set, ModelKind::Cart, ModelKind::Log] {
        let mut history = History::default();
        let lists = [&[][..], &[1], &[2], &[1, 2], &[2, 1]];
        let mut all = Vec::new();
        for told in lists {
            let told = history
                .values
                .list(told.iter().map(|one| int(*one)).collect());
            all.push(act(Ask::Read, NIL, NIL, told));
        }
        let write = if kind == ModelKind::Log {
            Ask::Append
        } else {
            Ask::Add
        };
        for value in [1, 2] {
            all.push(act(write, int(value), NIL, NIL));
        }
        all.push(act(write, int(2), NIL, NIL).unknown());
        all.push(act(write, int(1), NIL, NIL).refused());
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

fn cas_acts() -> Vec<Act> {
    let write = |value| act(Ask::Write, int(value), NIL, NIL);
    let read = |value| act(Ask::Read, NIL, NIL, value);
    let cas = |from, to| act(Ask::Cas, from, int(to), NIL);
    vec![
        write(1),
        read(NIL),
        read(int(1)),
        read(int(2)),
        cas(int(1), 2),
        cas(int(1), 2).unknown(),
        cas(int(2), 3).unknown(),
        cas(NIL, 3),
        read(int(3)),
    ]
}

#[test]
fn sessions_and_causes_of_compare_and_set() {
    let mut history = History::default();
    let mut counts = [(0, 0); 6];
    exhaust(&mut history, &cas_acts(), 4, |history| {
        compare_sights(ModelKind::CasRegister, history, &mut counts);
    });
    println!("{counts:?}");
    assert!(
        counts
            .iter()
            .all(|count| count.0 > 1_000 && count.1 > 1_000),
        "{counts:?}"
    );
}

/// Longer histories in which every value is written once, mostly of what was written.
#[test]
fn sessions_on_long_random_histories() {
    let mut numbers = Numbers(11);
    for kind in [
        ModelKind::Register,
        ModelKind::CasRegister,
        ModelKind::Log,
        ModelKind::Set,
    ] {
        let mut history = History::default();
        let mut counts = [(0, 0); 6];
        for _ in 0..8_000 {
            let chosen = once_written(kind, &mut history, &mut numbers);
            let owners: Vec<_> = chosen.iter().map(|_| numbers.below(3) as u32).collect();
            lay(&mut history, &chosen, &owners);
            compare_sights(kind, &history, &mut counts);
        }
        println!("{kind:?} {counts:?}");
        assert!(counts.iter().all(|count| count.0 > 200), "{counts:?}");
        assert!(counts[4].1 > 1_000 && counts[5].1 > 1_000, "{counts:?}");
    }
}

/// Some changes, each of a value of its own, and reads of any of these.
fn once_written(kind: ModelKind, history: &mut History, numbers: &mut Numbers) -> Vec<Act> {
    let count = 6 + numbers.below(3);
    let written = 2 + numbers.below(2) as i64;
    let mut chosen = Vec::new();
    for value in 1..=written {
        let from = match numbers.below(written as usize + 1) as i64 {
            0 => NIL,
            from => int(from),
        };
        let (one, other) = match (kind, numbers.below(2)) {
            (ModelKind::Register, _) | (ModelKind::CasRegister, 0) => {
                (act(Ask::Write, int(value), NIL, NIL), true)
            }
            (ModelKind::CasRegister, _) => (act(Ask::Cas, from, int(value), NIL), true),
            (ModelKind::Log, _) => (act(Ask::Append, int(value), NIL, NIL), false),
            _ => (act(Ask::Add, int(value), NIL, NIL), false),
        };
        let one = match numbers.below(5) {
            0 => one.unknown(),
            1 if other => one.at(0),
            _ => one,
        };
        chosen.push(one);
    }
    while chosen.len() < count {
        let mut told: Vec<i64> = (1..=written).filter(|_| numbers.below(2) == 0).collect();
        if kind == ModelKind::Log && numbers.below(2) == 0 {
            told.reverse();
        }
        let read = match kind {
            ModelKind::Register | ModelKind::CasRegister => {
                let writer = chosen[numbers.below(written as usize)];
                let value = if writer.ask == Ask::Cas {
                    writer.b
                } else {
                    writer.a
                };
                let value = if numbers.below(5) == 0 { NIL } else { value };
                Act {
                    key: writer.key,
                    ..act(Ask::Read, NIL, NIL, value)
                }
            }
            _ => {
                let told = told.iter().map(|one| int(*one)).collect();
                act(Ask::Read, NIL, NIL, history.values.list(told))
            }
        };
        chosen.push(read);
    }
    // Changes and reads in any order.
    for place in (1..chosen.len()).rev() {
        chosen.swap(place, numbers.below(place + 1));
    }
    chosen
}

#[test]
fn a_client_that_asks_at_the_instant_of_its_answer_asks_after_it() {
    let mut history = History::default();
    let write = act(Ask::Write, int(1), NIL, NIL);
    let read = act(Ask::Read, NIL, NIL, NIL);
    for (client, is_broken) in [(0, true), (1, false)] {
        lay(&mut history, &[write, read], &[0, client]);
        history.ops[1].invoked_at = history.ops[0].ended_at;
        history.rank();
        let question = Question::whole(&history, ModelKind::Register, Value::Nil);
        let sights = sights(&question).expect("each value was written once");
        let sessions = Sessions::new(question, &sights);
        for guarantee in [
            Guarantee::ReadYourWrites,
            Guarantee::Pram,
            Guarantee::Causal,
        ] {
            assert_eq!(sessions.judge(guarantee) != Held::Yes, is_broken);
        }
    }
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
