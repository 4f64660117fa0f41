//! What the scenarios of Raft show, as the catalogue and their titles say.

use sim_core::catalogue;
use sim_core::check::Verdict;
use sim_core::history::Outcome;
use sim_core::operation::{Answer, Operation};
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::view::Tone;

const SEEDS: std::ops::Range<u64> = 0..200;

fn play(id: &str, seed: u64, off: &str) -> Timeline {
    let mut scenario = catalogue::find(id).expect("in the catalogue");
    let spec = protocols::spec("raft").expect("registered");
    if let Some(place) = spec.rules.iter().position(|rule| rule.name == off) {
        scenario.broken = 1 << place;
    }
    Timeline::of(Run::new(scenario, seed)).expect("it runs")
}

/// Whether one true store could have given every answer.
fn is_consistent(timeline: &mut Timeline) -> bool {
    let end = timeline.reached();
    Verdict::of(timeline, end).consistency.tone == Tone::Ok
}

/// The answers in the order of asking.
fn told(timeline: &Timeline) -> Vec<Outcome> {
    let records = &timeline.history().records;
    records.iter().map(|record| record.outcome).collect()
}

fn promises_broken(timeline: &mut Timeline) -> usize {
    let end = timeline.reached();
    let seen = timeline.world_at(end).sightings();
    seen.findings.iter().filter(|found| found.promised).count()
}

#[test]
fn only_the_larger_side_commits() {
    for seed in SEEDS {
        let mut timeline = play("raft-five-cut", seed, "");
        let told = told(&timeline);
        let done = Outcome::Told(Answer::Done);
        assert_eq!(told[..3], [done, Outcome::Unknown, done], "seed {seed}");
        assert_eq!(told[5], Outcome::Told(Answer::Value(3)), "seed {seed}");
        assert!(is_consistent(&mut timeline), "seed {seed}");
        assert_eq!(promises_broken(&mut timeline), 0, "seed {seed}");
    }
}

#[test]
fn what_was_confirmed_survives_the_leader() {
    for seed in SEEDS {
        let mut timeline = play("raft-five", seed, "");
        let told = told(&timeline);
        assert!(
            told.iter().all(|one| *one != Outcome::Unknown),
            "seed {seed}"
        );
        assert_eq!(told[3], Outcome::Told(Answer::Value(3)), "seed {seed}");
        assert_eq!(told[4], Outcome::Told(Answer::Value(2)), "seed {seed}");
        assert!(is_consistent(&mut timeline), "seed {seed}");
    }
}

#[test]
fn a_paused_holder_is_fenced_off() {
    for seed in SEEDS {
        let mut timeline = play("raft-lock-paused", seed, "");
        let told = told(&timeline);
        assert!(
            matches!(told[4], Outcome::Told(Answer::Refused(_))),
            "seed {seed}: {told:?}"
        );
        assert!(is_consistent(&mut timeline), "seed {seed}");
        let mut timeline = play("raft-lock-paused", seed, "fencing-token-check");
        let last = timeline
            .history()
            .records
            .last()
            .copied()
            .expect("somebody asked");
        assert_eq!(last.operation, Operation::GuardedWrite { value: 1 });
        assert_eq!(last.outcome, Outcome::Told(Answer::Done), "seed {seed}");
        assert!(!is_consistent(&mut timeline), "seed {seed}");
        assert!(promises_broken(&mut timeline) > 0, "seed {seed}");
    }
}

#[test]
fn a_lease_beyond_its_bound_is_stale_and_a_read_index_never_is() {
    let mut stale = 0;
    for seed in SEEDS {
        stale += u32::from(!is_consistent(&mut play("raft-lease-drift", seed, "")));
        let mut scenario = catalogue::find("raft-lease-drift").expect("in the catalogue");
        scenario.choose("reads", "read-index");
        let mut timeline = Timeline::of(Run::new(scenario, seed)).expect("it runs");
        assert!(is_consistent(&mut timeline), "seed {seed}");
        assert_eq!(promises_broken(&mut timeline), 0, "seed {seed}");
    }
    assert!(stale >= 150, "stale in {stale} of 200 runs");
}

#[test]
fn the_leader_may_leave() {
    for seed in SEEDS {
        let mut timeline = play("raft-members", seed, "");
        let told = told(&timeline);
        assert_eq!(told[2], Outcome::Told(Answer::Value(2)), "seed {seed}");
        assert_eq!(promises_broken(&mut timeline), 0, "seed {seed}");
        let end = timeline.reached();
        let world = timeline.world_at(end);
        let badge = |node| world.node_view(sim_core::units::Endpoint(node)).badge;
        assert_eq!(badge(0), "no member", "seed {seed}");
        assert!(
            (1..4).any(|node| badge(node).starts_with("leader")),
            "seed {seed}"
        );
    }
}
