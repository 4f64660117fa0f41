//! Random runs of the ledger under every kind of fault: promises hold, and everything worth seeing is seen.

use sim_core::action::{Action, Timed};
use sim_core::check::judge::Judge;
use sim_core::check::own;
use sim_core::explore::sample;
use sim_core::operation::Store;
use sim_core::protocol::{Finding, ProtocolSpec};
use sim_core::protocols;
use sim_core::run::Run;
use sim_core::trace::{Recorder, Recording};
use sim_core::units::{Endpoint, Micros};
use sim_core::view::{Names, Tone};
use sim_core::world::World;
use std::thread;

/// What many runs came to.
#[derive(Default)]
struct Tally {
    runs: u32,
    witnesses: u32,
    judged: u32,
    undecided: u32,
    reads_seen_stale: u32,
    violations: Vec<(u64, String)>,
}

fn spec() -> &'static ProtocolSpec {
    protocols::spec("ledger").expect("the ledger is registered")
}

fn setting(run: &Run, name: &str) -> u32 {
    run.scenario.choices(spec()).get(name)
}

fn follow(run: &Run) -> (World, Recorder) {
    let mut world = World::new(&run.scenario, run.seed).expect("a sampled scenario is valid");
    let mut recorder = Recorder::new(Recording::Digest);
    let script = run.script(run.end());
    while world.step(&script, &mut recorder) {}
    (world, recorder)
}

fn broken(findings: &[Finding]) -> Option<String> {
    let broken = findings.iter().find(|finding| finding.promised)?;
    Some(spec().invariants[usize::from(broken.invariant)].to_string())
}

impl Tally {
    fn take(&mut self, seed: u64, run: &Run) {
        let (world, recorder) = follow(run);
        self.runs += 1;
        self.witnesses |= world.sightings().witnesses;
        if let Some(name) = broken(&world.sightings().findings) {
            self.violations.push((seed, name));
        }
        let names = run.scenario.names();
        let names = Names {
            list: &names,
            nodes: run.scenario.node_count(),
        };
        let opening = i64::from(setting(run, "opening"));
        let records = &recorder.history.records;
        let mut judge = Judge::new(own::of(records, Store::Bank, opening, &names));
        judge.follow();
        let judged = judge.consistency(run.end());
        let quorum = setting(run, "policy") != 2;
        let as_is = setting(run, "reads") == 1;
        match judged.tone {
            Tone::No if quorum && !as_is => {
                self.violations
                    .push((seed, format!("not linearizable: {}", judged.words)));
            }
            Tone::No => self.reads_seen_stale += 1,
            Tone::Ok => self.judged += 1,
            _ if judged.head.starts_with("Not decided") => self.undecided += 1,
            _ => {}
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.witnesses |= other.witnesses;
        self.judged += other.judged;
        self.undecided += other.undecided;
        self.reads_seen_stale += other.reads_seen_stale;
        self.violations.extend(other.violations);
        self
    }
}

/// Runs of the seeds in `0..count`, changed by `change`, on two threads.
fn sweep(count: u64, change: fn(&mut Run)) -> Tally {
    let half = move |first: u64| {
        let mut tally = Tally::default();
        for seed in (first..count).step_by(2) {
            let mut run = sample::run("ledger", seed).expect("the ledger is registered");
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

const POLICY: usize = 0;
const LOCAL: u32 = 2;

/// Under one of the two policies that promise.
fn agreeing(run: &mut Run) {
    let policy = (run.seed / 2 % 2) as u32;
    edit(run, |scenario| scenario.settings[POLICY] = policy);
}

#[test]
fn a_hundred_thousand_runs_keep_every_promise() {
    let tally = sweep(100_000, agreeing);
    assert_eq!(tally.runs, 100_000);
    let first: Vec<_> = tally.violations.iter().take(5).collect();
    assert!(
        first.is_empty(),
        "{} violations, such as {first:?}",
        tally.violations.len()
    );
    assert_eq!(
        tally.undecided, 0,
        "every history is small enough to decide"
    );
    assert!(
        tally.judged > 70_000,
        "most runs have answers to judge: {}",
        tally.judged
    );
    let alone = ["books-reconciled", "overdrawn-alone", "last-writer-won"];
    assert_eq!(
        missing(&tally, |name| !alone.contains(&name)),
        Vec::<&str>::new()
    );
}

#[test]
fn serving_alone_shows_what_it_costs() {
    let alone = |run: &mut Run| edit(run, |scenario| scenario.settings[POLICY] = LOCAL);
    let tally = sweep(10_000, alone);
    assert_eq!(tally.violations, []);
    assert!(tally.reads_seen_stale > 1_500, "{}", tally.reads_seen_stale);
    let alone = ["books-reconciled", "overdrawn-alone", "last-writer-won"];
    assert_eq!(
        missing(&tally, |name| alone.contains(&name)),
        Vec::<&str>::new()
    );
}

/// Witnesses among those `wanted` that never appeared.
fn missing(tally: &Tally, wanted: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let all = (0..).zip(spec().witnesses);
    all.filter(|(bit, witness)| wanted(witness.name) && tally.witnesses & (1 << bit) == 0)
        .map(|(_, witness)| witness.name)
        .collect()
}

/// Crashes with a quick restart, many of them: what makes a branch forget, if it can.
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
        run.actions.push(Timed {
            at,
            action: Action::Kill(node),
        });
        let again = Timed {
            at: at + Micros(2_000),
            action: Action::Restart(node),
        };
        run.actions.push(again);
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// With a rule off, random runs find a violation by themselves: the invariants are not vacuous.
#[test]
fn every_rule_is_needed() {
    let without: [fn(&mut Run); 3] = [
        |run| {
            edit(run, |scenario| scenario.broken = 1 << 0);
            agreeing(run);
            stumble(run);
        },
        |run| {
            edit(run, |scenario| scenario.broken = 1 << 1);
            agreeing(run);
        },
        |run| {
            edit(run, |scenario| scenario.broken = 1 << 2);
            agreeing(run);
        },
    ];
    for (rule, change) in spec().rules.iter().zip(without) {
        let tally = sweep(10_000, change);
        let guarded = tally
            .violations
            .iter()
            .filter(|(_, what)| what == rule.guards)
            .count();
        assert!(
            guarded > 0,
            "without {} nothing went wrong in {} runs",
            rule.name,
            tally.runs
        );
    }
}

/// The same stumbling with every rule on breaks nothing: it is the forgetting that does.
#[test]
fn stumbling_alone_breaks_nothing() {
    let tally = sweep(10_000, stumble);
    let first: Vec<_> = tally.violations.iter().take(5).collect();
    assert!(first.is_empty(), "{first:?}");
}
