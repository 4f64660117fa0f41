//! Random runs of the cart under every kind of fault: promises hold, and everything worth seeing is seen.

use sim_core::action::{Action, Timed};
use sim_core::explore::sample;
use sim_core::protocol::{Finding, ProtocolSpec};
use sim_core::protocols;
use sim_core::run::Run;
use sim_core::trace::{Recorder, Recording};
use sim_core::units::{Endpoint, Micros};
use sim_core::world::World;
use std::thread;

/// What many runs came to.
#[derive(Default)]
struct Tally {
    runs: u32,
    witnesses: u32,
    /// Findings that nobody had promised against, one bit an invariant.
    watched: u32,
    /// Runs in which nodes still differed long after everything was whole again.
    apart: Vec<u64>,
    /// The most events of a run.
    events_most: u32,
    violations: Vec<(u64, &'static str)>,
}

fn spec() -> &'static ProtocolSpec {
    protocols::spec("primary-replica").expect("it is registered")
}

fn name(finding: &Finding) -> &'static str {
    spec().invariants[usize::from(finding.invariant)]
}

impl Tally {
    fn take(&mut self, seed: u64, run: &Run) {
        let mut world = World::new(&run.scenario, run.seed).expect("a sampled scenario is valid");
        let mut recorder = Recorder::new(Recording::Digest);
        let script = run.script(run.end());
        while world.step(&script, &mut recorder) {}
        self.runs += 1;
        self.events_most = self.events_most.max(world.events());
        let seen = world.sightings();
        self.witnesses |= seen.witnesses;
        for finding in &seen.findings {
            if finding.promised {
                self.violations.push((seed, name(finding)));
            } else {
                self.watched |= 1 << finding.invariant;
            }
        }
        let names = run.scenario.names();
        let names = sim_core::scenario::names(&names, &run.scenario);
        if !world.standing(&names).stale.is_empty() {
            self.apart.push(seed);
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.witnesses |= other.witnesses;
        self.watched |= other.watched;
        self.apart.extend(other.apart);
        self.events_most = self.events_most.max(other.events_most);
        self.violations.extend(other.violations);
        self
    }
}

/// Runs of the seeds in `0..count`, changed by `change`, on two threads.
fn sweep(count: u64, change: impl Fn(&mut Run) + Copy + Send + 'static) -> Tally {
    let half = move |first: u64| {
        let mut tally = Tally::default();
        for seed in (first..count).step_by(2) {
            let mut run = sample::run("primary-replica", seed).expect("it is registered");
            change(&mut run);
            tally.take(seed, &run);
        }
        tally
    };
    let other = thread::spawn(move || half(1));
    half(0).join(other.join().expect("no run panics"))
}

fn edit(run: &mut Run, change: impl FnOnce(&mut sim_core::scenario::Scenario)) {
    let mut scenario = (*run.scenario).clone();
    change(&mut scenario);
    run.scenario = scenario.into();
}

/// As sampled, and long enough after the last fault for everything to settle. A message of a stream that is held for
/// ever, or taken out of it, holds up what comes after it.
fn settled(run: &mut Run) {
    run.actions
        .retain(|timed| !matches!(timed.action, Action::Hold(_) | Action::Drop(_)));
    edit(run, |scenario| scenario.tail = Micros::from_ms(6_000));
}

#[test]
fn a_hundred_thousand_runs_keep_every_promise() {
    let tally = sweep(100_000, settled);
    assert_eq!(tally.runs, 100_000);
    let first: Vec<_> = tally.violations.iter().take(5).collect();
    assert!(
        first.is_empty(),
        "{} violations, such as {first:?}",
        tally.violations.len()
    );
    let all = (0..).zip(spec().witnesses);
    let unseen: Vec<_> = all
        .filter(|(bit, _)| tally.witnesses & (1 << bit) == 0)
        .map(|(_, witness)| witness.name)
        .collect();
    assert!(unseen.is_empty(), "never seen: {unseen:?}");
    let watched = (0..)
        .zip(spec().invariants)
        .filter(|(bit, _)| tally.watched & (1 << bit) != 0)
        .map(|(_, one)| *one);
    assert_eq!(
        watched.collect::<Vec<_>>(),
        [
            "acknowledged-writes-stay",
            "read-your-writes",
            "reads-are-fresh",
            "nothing-doubled"
        ],
        "what goes wrong where nobody promised otherwise"
    );
    let apart = &tally.apart[..tally.apart.len().min(5)];
    assert!(
        apart.is_empty(),
        "{} runs in which nodes did not come together, such as {apart:?}",
        tally.apart.len()
    );
}

/// Crashes with a quick restart, many of them: what makes a node forget, if it can.
fn stumble(run: &mut Run) {
    let nodes = u64::from(run.scenario.node_count());
    let length = run.scenario.length.0;
    for number in 0..40 {
        let drawn = run
            .seed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(number)
            ^ u64::from(number);
        let node = Endpoint((drawn % nodes) as u8);
        let at = Micros(drawn / 7 % length);
        for (at, action) in [
            (at, Action::Kill(node)),
            (at + Micros(2_000), Action::Restart(node)),
        ] {
            run.actions.push(Timed { at, action });
        }
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// Nobody is promoted: then also what was confirmed stays, and reads at the primary are fresh.
fn unpromoted(run: &mut Run) {
    run.actions
        .retain(|timed| !matches!(timed.action, Action::Promote(_)));
}

#[test]
fn stumbling_breaks_nothing() {
    let tally = sweep(5_000, stumble);
    assert_eq!(tally.violations, []);
    let tally = sweep(5_000, |run| {
        unpromoted(run);
        stumble(run);
    });
    assert_eq!(tally.violations, []);
    assert_eq!(tally.watched & 1, 0, "nothing confirmed is lost");
}

/// With a rule off, random runs find a violation by themselves: the invariants are not vacuous.
#[test]
fn every_rule_is_needed() {
    for (place, rule) in (0..).zip(spec().rules) {
        let tally = sweep(2_000, move |run| {
            edit(run, |scenario| scenario.broken = 1 << place);
            // What is lost because it was never flushed would hide behind what a promotion loses.
            if rule.name == "flush-before-acknowledge" {
                unpromoted(run);
                stumble(run);
            }
        });
        let guarded = tally
            .violations
            .iter()
            .filter(|(_, what)| *what == rule.guards)
            .count();
        assert!(
            guarded > 0,
            "without {} nothing went wrong in {} runs",
            rule.name,
            tally.runs
        );
    }
}

/// Whichever rules are off together, nothing panics, and nobody talks without end.
#[test]
fn no_mixture_of_rules_runs_away() {
    let all = 1 << spec().rules.len();
    let tally = sweep(6_400, move |run| {
        let broken = (run.seed % all) as u32;
        edit(run, |scenario| scenario.broken = broken);
        settled(run);
    });
    assert_eq!(tally.runs, 6_400);
    assert!(tally.events_most < 20_000, "{}", tally.events_most);
}
