//! The search against the definition (Herlihy & Wing 1990): try every order of everything that happened and of some of
//! what may have, and see whether one keeps real time and gives every answer.

mod plain;

use plain::{Act, NIL, Numbers, Store, act, acts, int, laid_out, place};
use sim_core::check::domain::findings;
use sim_core::check::explain::{Contradiction, explain};
use sim_core::check::history::{Ask, Ended, History, NEVER, NO_KEY, Op, Value};
use sim_core::check::linearizable::{Answer, Part, Question, check, parts};
use sim_core::check::live::{Live, Standing};
use sim_core::check::model::ModelKind;
use sim_core::check::pace::at_once;
use sim_core::check::search::{Found, Limits, Searcher};
use sim_core::units::Micros;

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
        let act = Act::of(whole);
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

/// Compares the two on one history. Says whether it is linearizable.
fn compare(kind: ModelKind, history: &History) -> bool {
    let question = Question::whole(history, kind, Value::Nil);
    let expected = by_definition(kind, history);
    follows(&question);
    set_by_set(&question, expected);
    // Nothing went wrong in a store that may have answered so.
    if expected {
        let wrong = findings(&question);
        assert!(wrong.is_empty(), "{wrong:?} {:?}", history.ops);
    }
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

/// Followed from response to response, the history is told to hold for as long as its beginnings do.
fn follows(question: &Question<'_>) {
    let mut live = Live::new(question);
    while !live.advance(3) {}
    for by in 0..=question.history.places() {
        let early = Question { by, ..*question };
        let holds = matches!(check(&early, &Limits::default()), Answer::Yes(_));
        let expected = if holds {
            Standing::Holds
        } else {
            Standing::Broken
        };
        assert_eq!(live.by(by), expected, "by {by}: {:?}", question.history.ops);
    }
}

/// The order that was found is one.
fn replays(kind: ModelKind, history: &History, order: &[u32]) {
    let mut store = Store::default();
    for (place, number) in order.iter().enumerate() {
        let op = history.ops[*number as usize];
        let act = Act::of(&op);
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

/// Where what is decided set by set is asked for at once, it comes to the same.
fn set_by_set(question: &Question<'_>, expected: bool) {
    if !matches!(question.kind, ModelKind::Bank | ModelKind::Counter) {
        return;
    }
    let (mut all, mut is_one) = (Vec::new(), 0);
    for ops in parts(question) {
        let part = Part::of(question, &ops);
        let mut searcher = Searcher::default();
        searcher.patience = 0;
        match at_once(part.search(question, &mut searcher, &Limits::default())) {
            Found::Order(order) => {
                let order: Vec<u32> = order.iter().map(|one| part.ops[*one as usize]).collect();
                let mut alone = question.history.clone();
                let is_here = |number: &u32| ops.contains(number);
                let mut number = 0..;
                alone
                    .ops
                    .retain(|_| number.next().is_some_and(|one| is_here(&one)));
                let place = |one: &u32| ops.iter().position(|op| op == one).unwrap_or(0) as u32;
                replays(
                    question.kind,
                    &alone,
                    &order.iter().map(place).collect::<Vec<_>>(),
                );
                is_one += 1;
            }
            Found::None => {}
            undecided => panic!("{undecided:?} {:?}", question.history.ops),
        }
        all.push(ops);
    }
    assert_eq!(is_one == all.len(), expected, "{:?}", question.history.ops);
}

/// A history by a place, of which only some operations are as it says.
fn relaxed(history: &History, by: u32, kept: &[u32]) -> History {
    let mut relaxed = history.clone();
    relaxed.ops.clear();
    for (number, op) in (0..).zip(&history.ops) {
        let is_kept = kept.contains(&number);
        if op.invoked >= by || (!is_kept && op.ask.is_read()) {
            continue;
        }
        let mut op = *op;
        if op.ended >= by {
            (op.outcome, op.ended, op.result) = (Ended::Unknown, NEVER, NIL);
        }
        if !is_kept && op.outcome != Ended::Refused {
            (op.outcome, op.invoked, op.result) = (Ended::Unknown, 0, NIL);
        }
        relaxed.ops.push(op);
    }
    relaxed.ops.sort_by_key(|op| op.invoked);
    relaxed
}

/// The contradiction contradicts itself, by definition, whatever became of the other operations; without any one of its
/// own it does not; and one place earlier there was an order.
fn explained(question: &Question<'_>, ops: &[u32]) {
    let (kind, history) = (question.kind, question.history);
    let found = explain(question, ops, &Limits::default());
    assert!(!found.words.is_empty() && !found.ops.is_empty());
    assert!(found.ops.contains(&found.culprit), "{found:?}");
    let told = |by: u32, kept: &[u32]| by_definition(kind, &relaxed(history, by, kept));
    let all: Vec<u32> = (0..history.ops.len() as u32).collect();
    assert!(told(found.by - 1, &all), "{found:?} {:?}", history.ops);
    assert!(!told(found.by, &found.ops), "{found:?} {:?}", history.ops);
    for one in &found.ops {
        let fewer: Vec<u32> = found.ops.iter().copied().filter(|op| op != one).collect();
        // A culprit that was refused contradicts by not having happened.
        let is_refusal = history.ops[*one as usize].outcome == Ended::Refused;
        assert!(
            is_refusal || told(found.by, &fewer),
            "{found:?} {:?}",
            history.ops
        );
    }
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
fn four_operations_of_each_model_cart() {
    four_operations(ModelKind::Cart);
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
            let (order, spans) = laid_out(marks, count);
            let chosen: Vec<_> = order.iter().map(|one| chosen[*one]).collect();
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

/// What a register answers that does it right: writes of ever new numbers, and reads, of several clients at once.
fn busy(count: usize, clients: usize) -> History {
    let mut numbers = Numbers(7);
    let mut free = vec![0; clients];
    let mut spans = Vec::new();
    for _ in 0..count {
        let client = (0..clients).min_by_key(|one| free[*one]).unwrap_or(0);
        let from = free[client] + 1 + numbers.below(300) as u64;
        let at = from + 1 + numbers.below(1_500) as u64;
        free[client] = at + 1 + numbers.below(1_500) as u64;
        spans.push((at, from, free[client], client as u32));
    }
    spans.sort_unstable();
    let mut history = History::default();
    let mut held = NIL;
    for (number, (_, from, until, client)) in (1..).zip(spans) {
        let one = match numbers.below(3) {
            0 => act(Ask::Read, NIL, NIL, held),
            _ => act(Ask::Write, int(number), NIL, NIL),
        };
        if one.ask == Ask::Write {
            held = one.a;
        }
        add(&mut history, one, client, (from, Some(until)));
    }
    history
}

fn add(history: &mut History, act: Act, client: u32, (from, until): (u64, Option<u64>)) {
    history.ops.push(Op {
        client,
        ask: act.ask,
        key: act.key,
        a: act.a,
        b: act.b,
        result: act.result,
        outcome: act.outcome,
        invoked: 0,
        ended: NEVER,
        invoked_at: Micros(from),
        ended_at: until.map_or(Micros::NEVER, Micros),
        source: 0,
    });
}

/// Why a history is none of a register, after a read of `told` at its very end.
fn stale(mut history: History, told: i64) -> (History, Contradiction) {
    let ended = history.ops.iter().map(|op| op.ended_at);
    let end = ended.filter(|at| *at != Micros::NEVER).max();
    let end = end.map_or(0, |end| end.0);
    let read = act(Ask::Read, NIL, NIL, int(told));
    add(&mut history, read, 99, (end + 1, Some(end + 2)));
    history.clients = (0..100).map(|client| format!("c{client}")).collect();
    history.has_moments = true;
    history.ops.sort_by_key(|op| op.invoked_at);
    history.rank();
    let question = Question::whole(&history, ModelKind::Register, NIL);
    let Answer::No(ops) = check(&question, &Limits::default()) else {
        panic!("{told} was written over");
    };
    let found = explain(&question, &ops, &Limits::default());
    (history, found)
}

#[test]
fn three_contradict_one_another_however_many_there_are() {
    for (count, clients, unknown) in [(100, 10, 0), (100, 10, 40), (2_000, 10, 0), (20_000, 4, 0)] {
        let mut history = busy(count, clients);
        for number in 0..unknown {
            let write = act(Ask::Write, int(-1 - number), NIL, NIL).unknown();
            add(&mut history, write, 50, (number as u64, None));
        }
        let mut writes = history.ops.iter().filter(|op| op.ask == Ask::Write);
        let Some(Value::Int(told)) = writes.nth(count / 3).map(|op| op.a) else {
            panic!("too few writes");
        };
        let (history, found) = stale(history, told);
        assert_eq!(found.ops.len(), 3, "{count}: {}", found.words);
        assert!(found.words.contains("could have answered") || found.words.contains("would have"));
        let ask = |op: &u32| history.ops[*op as usize].ask;
        assert_eq!(
            found.ops.iter().map(ask).collect::<Vec<_>>(),
            [Ask::Write, Ask::Write, Ask::Read]
        );
    }
}

#[test]
fn what_should_have_been_answered_is_known_after_many_writes() {
    for count in [30, 60, 600] {
        let mut history = History::default();
        for number in 1..=count {
            let write = act(Ask::Write, int(number), NIL, NIL);
            let from = 10 * number as u64;
            add(&mut history, write, 0, (from, Some(from + 5)));
        }
        let (_, found) = stale(history, 1);
        let answer = format!("a linearizable store would have answered {count}.");
        assert!(found.words.contains(&answer), "{}", found.words);
    }
}

/// What a store answers that does it right, but for one answer.
fn nearly_right(kind: ModelKind, numbers: &mut Numbers, count: usize) -> History {
    let mut history = History::default();
    let mut all = acts(kind, &mut history);
    all.retain(|one| one.outcome != Ended::Refused);
    let mut store = Store::default();
    let mut free = [0; 3];
    let mut spans = Vec::new();
    for _ in 0..count {
        let client = numbers.below(free.len());
        let from = free[client] + 1 + numbers.below(6) as u64;
        let at = from + 1 + numbers.below(6) as u64;
        free[client] = at + 1 + numbers.below(6) as u64;
        spans.push((at, from, free[client], client as u32));
    }
    spans.sort_unstable();
    for (_, from, until, client) in spans {
        for _ in 0..20 {
            let one = all[numbers.below(all.len())];
            let mut next = store.clone();
            if one.outcome == Ended::Ok && next.takes(kind, &one, &history) {
                store = next;
                add(&mut history, one, client, (from, Some(until)));
                break;
            }
        }
    }
    let wrong = numbers.below(history.ops.len());
    let ask = history.ops[wrong].ask;
    let others: Vec<_> = all.iter().filter(|one| one.ask == ask).collect();
    let other = others[numbers.below(others.len())];
    (history.ops[wrong].a, history.ops[wrong].b) = (other.a, other.b);
    history.ops[wrong].result = other.result;
    history.ops.sort_by_key(|op| op.invoked_at);
    history.rank();
    history
}

#[test]
fn what_contradicts_itself_in_a_longer_history_needs_each_of_its_operations() {
    let mut numbers = Numbers(11);
    for (_, kind) in ModelKind::NAMES {
        let (mut bad, mut blamed, mut kept) = (0, 0, 0);
        for _ in 0..300 {
            let history = nearly_right(kind, &mut numbers, 24);
            let question = Question::whole(&history, kind, NIL);
            let Answer::No(ops) = check(&question, &Limits::default()) else {
                continue;
            };
            let found = explain(&question, &ops, &Limits::default());
            let holds = |kept: &[u32]| {
                let early = relaxed(&history, found.by, kept);
                let question = Question::whole(&early, kind, NIL);
                let limits = Limits {
                    steps: 1_000_000,
                    ..Limits::default()
                };
                check(&question, &limits)
            };
            assert!(!matches!(holds(&found.ops), Answer::Yes(_)), "{found:?}");
            for one in &found.ops {
                let fewer: Vec<u32> = found.ops.iter().copied().filter(|op| op != one).collect();
                kept += usize::from(matches!(holds(&fewer), Answer::No(_)));
            }
            bad += 1;
            blamed += found.ops.len();
        }
        println!("{kind:?}: {bad} contradictions of {blamed} operations, {kept} more than needed");
        // Of a queue not everything can be shown in time.
        let most = usize::from(kind == ModelKind::Queue);
        assert!(bad > 10 && kept <= most, "{kind:?}: {kept} of {blamed}");
    }
}

#[test]
fn what_is_missing_from_a_long_list_is_blamed_alone() {
    for (kind, ask) in [
        (ModelKind::Set, Ask::Add),
        (ModelKind::Cart, Ask::Add),
        (ModelKind::Log, Ask::Append),
    ] {
        let mut history = History::default();
        for number in 0..200 {
            let add_one = act(ask, int(number), NIL, NIL);
            let from = 10 * number as u64;
            add(&mut history, add_one, 0, (from, Some(from + 9)));
        }
        let told = (0..200).filter(|number| *number != 77).map(int).collect();
        let told = history.values.list(told);
        let read = act(Ask::Read, NIL, NIL, told);
        add(&mut history, read, 1, (5_000, Some(5_001)));
        history.rank();
        let question = Question::whole(&history, kind, NIL);
        let Answer::No(ops) = check(&question, &Limits::default()) else {
            panic!("77 is missing");
        };
        let found = explain(&question, &ops, &Limits::default());
        assert_eq!(found.ops, [77, 200], "{kind:?}: {}", found.words);
    }
}

/// However many are under way, following does about as much at a time as it is asked to.
#[test]
fn a_crowd_is_followed_bit_by_bit() {
    const STEPS: u64 = 2_000;
    // What is done besides: reads that begin are looked at in every way, and one way is gone on from to its end.
    const MORE: u64 = 4_096 + 64 * 64;
    for (kind, ask) in [
        (ModelKind::Register, Ask::Write),
        (ModelKind::Counter, Ask::Increment),
        (ModelKind::Set, Ask::Add),
        (ModelKind::Queue, Ask::Enqueue),
    ] {
        for crowd in [6, 13, 20] {
            let ops = (0..crowd).map(|client| Op {
                client,
                invoked: client,
                ended: crowd + client,
                invoked_at: Micros(u64::from(client)),
                ended_at: Micros(u64::from(crowd + client)),
                source: client,
                ask,
                key: NO_KEY,
                a: int(1 << client),
                b: NIL,
                result: NIL,
                outcome: Ended::Ok,
            });
            let history = History {
                ops: ops.collect(),
                ..History::default()
            };
            let mut live = Live::new(&Question::whole(&history, kind, NIL));
            let (mut before, mut is_done) = (0, false);
            while !is_done {
                is_done = live.advance(STEPS);
                assert!(live.work - before <= STEPS + MORE, "{kind:?} {crowd}");
                before = live.work;
            }
            // Where there are more ways than it follows it says so.
            assert_ne!(live.by(NEVER), Standing::Broken, "{kind:?} {crowd}");
            assert!(crowd > 6 || live.by(NEVER) == Standing::Holds, "{kind:?}");
        }
    }
}
