//! What each read of a run saw: exactly the operations that its answer adds up from.

use sim_core::check::own;
use sim_core::check::session::{Guarantee, Held, Sessions};
use sim_core::explore::sample;
use sim_core::history::Outcome;
use sim_core::operation::{Answer, Operation};
use sim_core::run::Timeline;

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
