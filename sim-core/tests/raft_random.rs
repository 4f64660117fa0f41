//! Random runs of Raft under every kind of fault: promises hold, clients' histories are linearizable, and everything worth
//! seeing is seen.

use sim_core::action::{Action, Timed};
use sim_core::check::linearizable::{self, Answer};
use sim_core::check::own;
use sim_core::check::search::Limits;
use sim_core::explore::sample;
use sim_core::history::{Outcome, Record};
use sim_core::operation::{Operation, Store};
use sim_core::protocol::{Finding, ProtocolSpec};
use sim_core::protocols;
use sim_core::run::Run;
use sim_core::scenario::{ClockSpec, LinkSpec, Scenario};
use sim_core::trace::{Recorder, Recording};
use sim_core::units::{Endpoint, Mask, Micros, Ratio};
use sim_core::world::World;
use std::thread;

/// What many runs came to.
#[derive(Default)]
struct Tally {
    runs: u32,
    answered: u64,
    asked: u64,
    witnesses: u32,
    /// The most events of a run.
    events_most: u32,
    violations: Vec<(u64, &'static str)>,
    /// Runs of which no order explains every answer, and those that took too long to judge.
    contradicted: Vec<u64>,
    undecided: Vec<u64>,
}

fn spec() -> &'static ProtocolSpec {
    protocols::spec("raft").expect("it is registered")
}

fn name(finding: &Finding) -> &'static str {
    spec().invariants[usize::from(finding.invariant)]
}

fn is_told(record: &Record) -> bool {
    matches!(record.outcome, Outcome::Told(_))
}

fn reads_may_be_stale(run: &Run) -> bool {
    run.scenario.choices(spec()).get("reads") == 3
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
        for finding in seen.findings.iter().filter(|found| found.promised) {
            self.violations.push((seed, name(finding)));
        }
        let records = &recorder.history.records;
        self.asked += records.len() as u64;
        self.answered += records.iter().filter(|record| is_told(record)).count() as u64;
        if reads_may_be_stale(run) {
            return;
        }
        let names = run.scenario.names();
        let names = sim_core::scenario::names(&names, &run.scenario);
        let own = own::of(records, Store::Values, 0, &names);
        let limits = Limits {
            steps: 2_000_000,
            bytes: 64 << 20,
        };
        match linearizable::check(&own.question(), &limits) {
            Answer::Yes(_) => {}
            Answer::No(_) => self.contradicted.push(seed),
            Answer::Undecided(_) => self.undecided.push(seed),
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.answered += other.answered;
        self.asked += other.asked;
        self.witnesses |= other.witnesses;
        self.events_most = self.events_most.max(other.events_most);
        self.violations.extend(other.violations);
        self.contradicted.extend(other.contradicted);
        self.undecided.extend(other.undecided);
        self
    }

    /// How many runs broke an invariant.
    fn broke(&self, invariant: &str) -> usize {
        let is_it = |(_, what): &&(u64, &str)| *what == invariant;
        self.violations.iter().filter(is_it).count()
    }
}

/// Runs of these seeds, changed by `change`, on two threads.
fn sweep(seeds: std::ops::Range<u64>, change: impl Fn(&mut Run) + Copy + Send + 'static) -> Tally {
    let half = move |first: u64| {
        let mut tally = Tally::default();
        for seed in (seeds.start + first..seeds.end).step_by(2) {
            let mut run = sample::run("raft", seed).expect("it is registered");
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

/// A stream of numbers for a run, drawn from its seed.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, span: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(0x1234_5678_9abc_def1);
        let mixed = self.0 ^ (self.0 >> 29);
        (mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) % span
    }
}

fn drawn(run: &Run) -> Drawn {
    let mut drawn = Drawn(run.seed.wrapping_add(77));
    drawn.below(2);
    drawn
}

/// Quick lines and many questions about one key, so that what goes wrong is noticed.
fn busy(run: &mut Run) {
    let mut drawn = drawn(run);
    let nodes = u64::from(run.scenario.node_count());
    let people = run.scenario.clients.len() as u64;
    edit(run, |scenario| {
        scenario.links.latency_min = Micros::from_ms(1);
        scenario.links.latency_max = Micros::from_ms(12);
        scenario.set("election-after", 100_000);
        scenario.set("heartbeat-after", 30_000);
    });
    let length = run.scenario.length.0;
    for number in 0..60 {
        let client = Endpoint((nodes + drawn.below(people)) as u8);
        let operation = match drawn.below(2) {
            0 => Operation::Get { key: 0 },
            _ => Operation::Put {
                key: 0,
                value: number + 10,
            },
        };
        let at = Micros(drawn.below(length));
        run.actions.push(Timed {
            at,
            action: Action::Operate { client, operation },
        });
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// Crashes with a quick restart, many of them: what makes a node forget, if it can.
fn stumble(run: &mut Run) {
    let mut drawn = drawn(run);
    let nodes = u64::from(run.scenario.node_count());
    let length = run.scenario.length.0;
    for _ in 0..40 {
        let node = Endpoint(drawn.below(nodes) as u8);
        let at = Micros(drawn.below(length));
        for (at, action) in [
            (at, Action::Kill(node)),
            (at + Micros(2_000), Action::Restart(node)),
        ] {
            run.actions.push(Timed { at, action });
        }
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// Cuts that come and go, some of them with a node on its own and its people: leaders that do not know that they lead no
/// more.
fn apart(run: &mut Run) {
    let mut drawn = drawn(run);
    let nodes = run.scenario.node_count();
    let length = run.scenario.length.0;
    let mut at = drawn.below(200_000);
    while at < length {
        let node = Endpoint(drawn.below(u64::from(nodes)) as u8);
        let mut side = Mask::of(node);
        for (place, client) in (nodes..).zip(&run.scenario.clients) {
            if client.home == node || drawn.below(3) == 0 {
                side = side.with(Endpoint(place));
            }
        }
        for (at, action) in [
            (at, Action::Partition { side }),
            (at + 150_000 + drawn.below(500_000), Action::Heal),
        ] {
            run.actions.push(Timed {
                at: Micros(at),
                action,
            });
        }
        at += 300_000 + drawn.below(500_000);
    }
    run.actions.sort_by_key(|timed| timed.at);
}

#[test]
fn many_runs_keep_every_promise() {
    let tally = sweep(0..20_000, |_| {});
    assert_clean(&tally);
    let all = (0..).zip(spec().witnesses);
    let unseen: Vec<_> = all
        .filter(|(bit, _)| tally.witnesses & (1 << bit) == 0)
        .map(|(_, witness)| witness.name)
        .collect();
    assert!(unseen.is_empty(), "never seen: {unseen:?}");
    assert!(
        tally.answered * 3 > tally.asked,
        "{} of {} were answered",
        tally.answered,
        tally.asked
    );
}

fn assert_clean(tally: &Tally) {
    let first: Vec<_> = tally.violations.iter().take(5).collect();
    assert!(
        first.is_empty(),
        "{} violations, such as {first:?}",
        tally.violations.len()
    );
    let contradicted = &tally.contradicted;
    assert!(
        contradicted.is_empty(),
        "{} histories without an order, such as {:?}",
        contradicted.len(),
        &contradicted[..contradicted.len().min(5)]
    );
    assert!(tally.undecided.is_empty(), "{:?}", tally.undecided);
}

#[test]
fn busy_runs_keep_every_promise() {
    assert_clean(&sweep(100_000..104_000, busy));
    assert_clean(&sweep(110_000..113_000, |run| {
        busy(run);
        stumble(run);
    }));
    assert_clean(&sweep(120_000..123_000, |run| {
        busy(run);
        apart(run);
    }));
}

/// Three servers of which one has a slow clock and the others fast ones, as far apart as the bound allows, and leases.
/// That one is cut off again and again with its person, who reads while the others write.
fn adrift(run: &mut Run) {
    let mut drawn = drawn(run);
    let mut scenario = Scenario::new("raft", &["S1", "S2", "S3"]);
    scenario.choose("reads", "lease");
    scenario.set("drift-bound", 300);
    scenario.set("retry-after", 20_000);
    scenario.set("election-after", 400_000);
    scenario.links = LinkSpec::datagrams(Micros::from_ms(1), Micros::from_ms(4));
    let slow = drawn.below(3) as u8;
    for node in 0..3 {
        scenario.clocks.push(ClockSpec {
            node: Endpoint(node),
            offset_us: 0,
            drift_ppm: if node == slow { -300_000 } else { 300_000 },
        });
        scenario.add_client(&format!("P{node}"), Endpoint(node));
    }
    scenario.length = Micros::from_ms(12_000);
    run.scenario = scenario.into();
    run.actions.clear();
    let mut at = 1_500_000;
    while at < 12_000_000 {
        let side = Mask::of(Endpoint(slow)).with(Endpoint(3 + slow));
        for (after, action) in [(0, Action::Partition { side }), (900_000, Action::Heal)] {
            let at = Micros(at + after);
            run.actions.push(Timed { at, action });
        }
        at += 2_500_000;
    }
    for number in 0..600 {
        let client = Endpoint(3 + drawn.below(3) as u8);
        let operation = match client.0 - 3 == slow {
            true => Operation::Get { key: 0 },
            false => Operation::Put {
                key: 0,
                value: (number % 250) as u8,
            },
        };
        run.actions.push(Timed {
            at: Micros(drawn.below(12_000_000)),
            action: Action::Operate { client, operation },
        });
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// Many changes of the members.
fn reshuffle(run: &mut Run) {
    let mut drawn = drawn(run);
    let nodes = u64::from(run.scenario.node_count());
    let length = run.scenario.length.0;
    for _ in 0..40 {
        let action = Action::Member {
            node: Endpoint(drawn.below(nodes) as u8),
            joins: drawn.below(2) == 0,
        };
        let at = Micros(drawn.below(length));
        run.actions.push(Timed { at, action });
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// Three servers of which a cut takes one away after the other, while people write wherever they are let; one entry an
/// append, and many are lost, so that an old entry may be on a majority without the new term's first (figure 8).
fn moving_cut(run: &mut Run) {
    let mut drawn = drawn(run);
    let mut scenario = Scenario::new("raft", &["S1", "S2", "S3"]);
    scenario.links = LinkSpec::datagrams(Micros::from_ms(5), Micros::from_ms(25));
    scenario.links.loss = Ratio { hits: 1, of: 4 };
    scenario.set("batch", 1);
    scenario.set("election-after", 100_000);
    scenario.set("heartbeat-after", 80_000);
    scenario.set("retry-after", 50_000);
    for home in 0..3 {
        scenario.add_client(&format!("P{home}"), Endpoint(home));
    }
    scenario.length = Micros::from_ms(6_000);
    run.scenario = scenario.into();
    run.actions.clear();
    let nodes = Mask::first(3);
    let mut at = 200_000;
    while at < 6_000_000 {
        let side = Mask::of(Endpoint(drawn.below(3) as u8));
        let (a, b) = (side, nodes.without(side));
        let client = Endpoint(3 + drawn.below(3) as u8);
        let (key, value) = (0, drawn.below(200) as u8);
        let operation = Operation::Put { key, value };
        for action in [
            Action::Heal,
            Action::Cut { a, b },
            Action::Operate { client, operation },
        ] {
            let at = Micros(at);
            run.actions.push(Timed { at, action });
        }
        at += 30_000 + drawn.below(250_000);
    }
}

/// Five servers, four of them members at first, that a cut parts in ever other ways; and soon after each cut somebody is
/// to join or to leave.
fn moving_members(run: &mut Run) {
    let mut drawn = drawn(run);
    let mut scenario = Scenario::new("raft", &["S1", "S2", "S3", "S4", "S5"]);
    scenario.links = LinkSpec::datagrams(Micros::from_ms(2), Micros::from_ms(20));
    scenario.links.loss = Ratio { hits: 1, of: 4 };
    scenario.set("members", 4);
    scenario.set("election-after", 60_000);
    scenario.set("heartbeat-after", 50_000);
    scenario.add_client("P", Endpoint(0));
    scenario.length = Micros::from_ms(8_000);
    run.scenario = scenario.into();
    run.actions.clear();
    let nodes = Mask::first(5);
    let mut at = 200_000;
    while at < 8_000_000 {
        // Two or three on a side.
        let first = Endpoint(drawn.below(5) as u8);
        let second = Endpoint((first.0 + 1 + drawn.below(4) as u8) % 5);
        let a = Mask::of(first).with(second);
        let b = nodes.without(a);
        let node = Endpoint(drawn.below(5) as u8);
        let joins = drawn.below(2) == 0;
        let member = Action::Member { node, joins };
        for (after, action) in [
            (0, Action::Heal),
            (0, Action::Cut { a, b }),
            (drawn.below(150_000), member),
        ] {
            let at = Micros(at + after);
            run.actions.push(Timed { at, action });
        }
        at += 60_000 + drawn.below(250_000);
    }
    run.actions.sort_by_key(|timed| timed.at);
}

/// What makes the want of a rule show soonest.
fn provoke(rule: &str, run: &mut Run) {
    match rule {
        "persist-vote" | "persist-log" => {
            busy(run);
            stumble(run);
        }
        "current-term-commit" => moving_cut(run),
        "read-index-confirmation" => {
            edit(run, |scenario| {
                scenario.choose("reads", "read-index");
            });
            busy(run);
            apart(run);
        }
        "lease-drift-bound" => adrift(run),
        "membership-no-op-barrier" => moving_members(run),
        "one-membership-change-at-a-time" => {
            busy(run);
            apart(run);
            reshuffle(run);
        }
        "fencing-token-check" => edit(run, |scenario| {
            scenario.choose("store", "lock");
        }),
        _ => {
            busy(run);
            apart(run);
        }
    }
}

/// With a rule off, random runs find a violation by themselves: the invariants are not vacuous. With it on, the same
/// runs find none.
#[test]
fn every_rule_is_needed() {
    for (place, rule) in (0..).zip(spec().rules) {
        let mut runs = 0;
        let mut found = 0;
        while found == 0 && runs < 20_000 {
            let seeds = 200_000 + runs..200_000 + runs + 1_000;
            runs += 1_000;
            let tally = sweep(seeds.clone(), move |run| {
                provoke(rule.name, run);
                edit(run, |scenario| scenario.broken = 1 << place);
            });
            found = tally.broke(rule.guards);
            assert_clean(&sweep(seeds, move |run| provoke(rule.name, run)));
        }
        assert!(
            found > 0,
            "without {} nothing went wrong in {runs} runs",
            rule.name
        );
    }
}

/// Everybody is a member, and there is time after the last fault for an election and for everything to be sent again. A
/// message of a stream that is held for ever, or taken out of it, holds up what comes after it.
fn settled(run: &mut Run) {
    let stays = |timed: &Timed| {
        let holds_up = matches!(timed.action, Action::Hold(_) | Action::Drop(_));
        !holds_up && !matches!(timed.action, Action::Member { .. })
    };
    run.actions.retain(stays);
    edit(run, |scenario| {
        scenario.set("members", 0);
        scenario.set("election-after", 400_000);
        scenario.set("heartbeat-after", 60_000);
        scenario.tail = Micros::from_ms(12_000);
    });
}

/// Once everything is whole again, some server leads, and all come to have applied the same.
#[test]
fn servers_come_together_again() {
    let mut apart = Vec::new();
    for seed in 400_000..403_000 {
        let mut run = sample::run("raft", seed).expect("it is registered");
        settled(&mut run);
        let mut world = World::new(&run.scenario, run.seed).expect("a sampled scenario is valid");
        let mut recorder = Recorder::new(Recording::Digest);
        let script = run.script(run.end());
        while world.step(&script, &mut recorder) {}
        let names = run.scenario.names();
        let names = sim_core::scenario::names(&names, &run.scenario);
        let nodes = Mask::first(run.scenario.node_count());
        let leads = |node| world.node_view(node).badge.starts_with("leader");
        if !world.standing(&names).stale.is_empty() || !nodes.iter().any(leads) {
            apart.push(seed);
        }
    }
    assert!(
        apart.is_empty(),
        "{} runs in which servers did not come together, such as {:?}",
        apart.len(),
        &apart[..apart.len().min(5)]
    );
}

/// Whichever rules are off together, nothing panics, and nobody talks without end.
#[test]
fn no_mixture_of_rules_runs_away() {
    let all = 1 << spec().rules.len();
    let tally = sweep(300_000..306_000, move |run| {
        let broken = (drawn(run).below(all)) as u32;
        edit(run, |scenario| scenario.broken = broken);
        busy(run);
        stumble(run);
    });
    assert_eq!(tally.runs, 6_000);
    assert!(tally.events_most < 100_000, "{}", tally.events_most);
}

/// By hand: `cargo test -p sim-core --test raft_random -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn two_hundred_thousand_runs_keep_every_promise() {
    let tally = sweep(1_000_000..1_200_000, |_| {});
    println!(
        "{} runs, {} of {} operations answered, at most {} events",
        tally.runs, tally.answered, tally.asked, tally.events_most
    );
    assert_clean(&tally);
    for change in [busy, moving_cut, moving_members, adrift] {
        assert_clean(&sweep(1_200_000..1_210_000, change));
    }
    assert_clean(&sweep(1_210_000..1_220_000, |run| {
        busy(run);
        stumble(run);
        apart(run);
        reshuffle(run);
    }));
}
