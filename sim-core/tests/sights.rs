//! What each read of a run saw: exactly the operations that its answer adds up from.

use sim_core::action::Action;
use sim_core::check::own;
use sim_core::check::session::{Guarantee, Held, Sessions};
use sim_core::explore::sample;
use sim_core::history::{Outcome, Record};
use sim_core::operation::{Answer, ITEMS, KEYS, Operation};
use sim_core::run::Timeline;
use sim_core::trace::action_of;
use std::rc::Rc;

const RAFT_RUNS: u64 = 3_000;

#[test]
fn what_a_read_saw_adds_up_to_its_answer() {
    let (mut reads, mut stale) = (0, 0);
    for seed in 0..1_500 {
        let run = sample::run("ledger", seed).expect("a run");
        if run.scenario.broken != 0 {
            continue;
        }
        let mut timeline = Timeline::of(run).expect("a timeline");
        let spec = timeline.spec();
        let opening = i64::from(timeline.run().scenario.choices(spec).get("opening"));
        let records = timeline.history().records.clone();
        for record in &records {
            let Outcome::Told(Answer::Value(told)) = record.outcome else {
                continue;
            };
            assert_eq!(record.operation, Operation::Balance);
            let seen = timeline.saw(record.op).expect("a node answered");
            let mut sum = opening;
            for other in &records {
                match seen.contains(other.op) {
                    true => sum += other.operation.change(),
                    false => stale += i32::from(other.is_done() && other.ended < record.invoked),
                }
            }
            assert_eq!(sum, told, "seed {seed} {record:?}");
            reads += 1;
        }
    }
    assert!(
        reads > 3_000 && stale > 300,
        "{reads} reads, {stale} misses"
    );
}

#[test]
fn what_a_read_of_a_cart_saw_is_what_lies_in_it() {
    let (mut reads, mut stale) = (0, 0);
    for seed in 0..1_500 {
        let run = sample::run("primary-replica", seed).expect("a run");
        if run.scenario.broken != 0 {
            continue;
        }
        let mut timeline = Timeline::of(run).expect("a timeline");
        let records = timeline.history().records.clone();
        for record in &records {
            let Outcome::Told(Answer::Items(told)) = record.outcome else {
                continue;
            };
            let seen = timeline.saw(record.op).expect("a node answered");
            for item in 0..ITEMS.len() as u8 {
                let mut count = 0;
                for other in records.iter().filter(|other| seen.contains(other.op)) {
                    match other.operation {
                        Operation::Add { item: added } => count += i32::from(added == item),
                        Operation::Remove { item: removed } => count -= i32::from(removed == item),
                        _ => panic!("{other:?} changes nothing"),
                    }
                }
                assert_eq!(count, i32::from(told.count(item)), "seed {seed} {record:?}");
            }
            let missed = |other: &&Record| {
                other.is_done() && !other.operation.is_read() && other.ended < record.invoked
            };
            stale += records
                .iter()
                .filter(missed)
                .filter(|other| !seen.contains(other.op))
                .count();
            reads += 1;
        }
    }
    assert!(
        reads > 3_000 && stale > 300,
        "{reads} reads, {stale} misses"
    );
}

/// A log is one order, so what two reads saw is nested; and where one saw a single write more of its key, that is what it
/// was told. Also of reads that were applied together with what came after them.
#[test]
fn what_a_read_of_a_log_saw_is_what_stood_before_it() {
    let (mut reads, mut steps) = (0, 0);
    for seed in 0..RAFT_RUNS {
        let mut run = sample::run("raft", seed).expect("a run");
        if run.scenario.broken != 0 {
            continue;
        }
        let scenario = Rc::make_mut(&mut run.scenario);
        scenario.choose("reads", "log");
        let mut timeline = Timeline::of(run).expect("a timeline");
        let records = timeline.history().records.clone();
        for key in 0..KEYS.len() as u8 {
            let mut seen = Vec::new();
            for record in &records {
                let Outcome::Told(Answer::Value(told)) = record.outcome else {
                    continue;
                };
                if record.operation == (Operation::Get { key }) {
                    let saw = timeline.saw(record.op).expect("a node answered");
                    let is_write = |op: &&Record| {
                        let values = op.operation.values();
                        op.operation.key() == Some(key) && values.1.is_some()
                    };
                    let writes = records.iter().filter(is_write);
                    let writes = writes.filter(|op| saw.contains(op.op));
                    seen.push((writes.map(|op| op.op).collect::<Vec<_>>(), told));
                }
            }
            seen.sort();
            seen.sort_by_key(|(writes, _)| writes.len());
            for pair in seen.windows(2) {
                let ((fewer, before), (more, after)) = (&pair[0], &pair[1]);
                assert!(fewer.iter().all(|op| more.contains(op)), "seed {seed}");
                let new: Vec<_> = more.iter().filter(|op| !fewer.contains(op)).collect();
                match *new {
                    [] => assert_eq!(before, after, "seed {seed}"),
                    [one] => {
                        let record = records.iter().find(|record| record.op == *one);
                        let written = record.and_then(|record| record.operation.values().1);
                        let is_put = matches!(
                            record.map(|record| record.operation),
                            Some(Operation::Put { .. })
                        );
                        let told = u8::try_from(*after).ok();
                        assert!(
                            told == written || !is_put && after == before,
                            "seed {seed} key {key} {pair:?} {record:?} {:#?}",
                            records
                                .iter()
                                .filter(|r| r.operation.key() == Some(key))
                                .map(|r| (
                                    r.op,
                                    r.operation,
                                    r.client,
                                    r.invoked,
                                    r.ended,
                                    r.outcome
                                ))
                                .collect::<Vec<_>>()
                        );
                        steps += 1;
                    }
                    _ => {}
                }
            }
            reads += seen.len();
        }
    }
    assert!(
        reads > 5_000 && steps > 1_000,
        "{reads} reads, {steps} steps"
    );
}

/// Reads of the primary and reads with a position keep the first two guarantees, unless somebody was promoted.
#[test]
fn the_cures_cure() {
    let mut kept = [0; 2];
    let mut broken = 0;
    for seed in 0..2_000 {
        let run = sample::run("primary-replica", seed).expect("a run");
        if run.scenario.broken != 0 {
            continue;
        }
        let mut timeline = Timeline::of(run).expect("a timeline");
        let trace = timeline.trace();
        let acted = trace
            .events()
            .iter()
            .filter_map(|event| action_of(trace, event));
        let promoted = acted
            .into_iter()
            .any(|timed| matches!(timed.action, Action::Promote(_)));
        let scenario = Rc::clone(&timeline.run().scenario);
        let reads = scenario.choices(timeline.spec()).get("reads");
        let events = timeline.trace().len();
        let mut own = own::history(&timeline, events);
        if reads == 3 {
            // A tab is told of another's position by a message: whoever is quicker than that does not know it yet.
            own.history.sessions.clear();
        }
        let known = own::sights(&mut timeline, events);
        let sessions = Sessions::new(own.question(), &known);
        let held = sessions.judge(Guarantee::ReadYourWrites) == Held::Yes;
        match reads {
            0 | 3 if !promoted => {
                assert!(held, "seed {seed}");
                kept[usize::from(reads == 3)] += 1;
            }
            _ => broken += u32::from(!held),
        }
    }
    assert!(
        kept[0] > 30 && kept[1] > 30 && broken > 30,
        "{kept:?} {broken}"
    );
}

#[test]
fn sessions_of_runs_are_judged() {
    let mut counts = [(0, 0); 2];
    for seed in 0..400 {
        let run = sample::run("ledger", seed).expect("a run");
        let mut timeline = Timeline::of(run).expect("a timeline");
        let events = timeline.trace().len();
        let own = own::history(&timeline, events);
        let sights = own::sights(&mut timeline, events);
        let sessions = Sessions::new(own.question(), &sights);
        for (guarantee, count) in [Guarantee::ReadYourWrites, Guarantee::Causal]
            .iter()
            .zip(&mut counts)
        {
            match sessions.judge(*guarantee) {
                Held::Yes => count.0 += 1,
                Held::No(breach) => {
                    count.1 += 1;
                    assert!((breach.reader as usize) < own.history.ops.len());
                }
                Held::Undecided(blind) => panic!("{blind:?}"),
            }
        }
    }
    assert!(counts.iter().all(|count| count.0 > 50), "{counts:?}");
    assert!(counts[1].1 > 5, "{counts:?}");
}
