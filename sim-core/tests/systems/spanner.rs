//! Spanner: what TrueTime costs a write and gives a read, and what comes of clocks that are further off than they may be.
//!
//! T is how long a leader's lease lasts at most: 1 s here, 10 s in the paper.

use crate::stage::{DONE, GET, Played, SEEDS, Stage, T, Times, put, value};
use sim_core::action::Action;
use sim_core::check::Verdict;
use sim_core::history::{Fate, Outcome};
use sim_core::protocols;
use sim_core::scenario::{ClockSpec, LinkSpec, Scenario};
use sim_core::units::{Endpoint, Micros};
use sim_core::view::Tone;

const PATIENT: u64 = 30_000;

/// What the preset's clocks may be wrong by.
const UNCERTAINTY: Micros = Micros::from_ms(7);

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// Whether one true store could have given every answer.
fn is_consistent(played: &mut Played) -> bool {
    let end = played.timeline.reached();
    Verdict::of(&mut played.timeline, end).consistency.tone == Tone::Ok
}

/// Whether something that this configuration does not promise went wrong.
fn is_watched(played: &Played) -> bool {
    let findings = &played.timeline.last().sightings().findings;
    findings.iter().any(|found| !found.promised)
}

fn without_rule(scenario: &mut Scenario, name: &str) {
    let spec = protocols::spec("multi-paxos").expect("registered");
    let rule = spec.rules.iter().position(|rule| rule.name == name);
    scenario.broken = 1 << rule.expect("a rule");
}

/// Clocks that are ahead by so many milliseconds, server by server.
fn set_clocks(scenario: &mut Scenario, ahead_ms: [i64; 3]) {
    for (node, ahead) in (0..).zip(ahead_ms) {
        scenario.clocks.push(ClockSpec {
            node: Endpoint(node),
            offset_us: ahead * 1_000,
            drift_ppm: 0,
        });
    }
}

/// Whoever was told, was told after twice the uncertainty or later; without commit wait, sooner where lines are quick.
#[test]
fn a_write_takes_twice_the_uncertainty() {
    let wait = UNCERTAINTY + UNCERTAINTY;
    let (mut times, mut sooner) = (Times::default(), 0);
    for seed in SEEDS {
        let lines = [(50, 200), (1_000, 5_000), (10_000, 40_000)][seed as usize % 3];
        for waits in [true, false] {
            let mut stage = Stage::with("spanner", 3, seed, |scenario| {
                set_clocks(scenario, [6, -6, (seed % 13) as i64 - 6]);
                scenario.links.latency_min = Micros(lines.0);
                scenario.links.latency_max = Micros(lines.1);
                if !waits {
                    without_rule(scenario, "commit-wait");
                }
            });
            let (cut, leader) = (stage.cut, stage.leader);
            let [near, far] = [leader, stage.follower(0)].map(|home| stage.client(home, PATIENT));
            stage.ask(cut, near, put(1));
            stage.ask(cut + ms(500), far, put(2));
            let played = stage.play(cut + ms(2_000));
            for client in [near, far] {
                let (outcome, after) = played.one(client);
                assert_eq!(outcome, DONE, "seed {seed}");
                if waits {
                    assert!(after > wait, "seed {seed}: {after}");
                    times.add(after);
                }
                sooner += u32::from(!waits && after < wait);
            }
        }
    }
    println!("a write: {times}");
    // Two rounds of the slowest lines, and as long as it takes to find the leader.
    times.all_between(14, 200);
    assert!(sooner > 100, "without commit wait: {sooner} sooner");
}

/// A write by the leader's client, and reads at both followers every few milliseconds before and after.
fn reads_around_a_write(seed: u64, change: impl Fn(&mut Scenario)) -> Played {
    let mut stage = Stage::with("spanner", 3, seed, |scenario| {
        scenario.links = LinkSpec::datagrams(Micros(200), Micros(2_000));
        scenario.set("heartbeat-after", 5_000);
        change(scenario);
    });
    let cut = stage.cut;
    let writer = stage.client(stage.leader, PATIENT);
    stage.ask(cut, writer, put(1));
    for number in 0..8 {
        for follower in [0, 1] {
            let reader = stage.client(stage.follower(follower), PATIENT);
            for turn in 0..4 {
                let at = cut + Micros(number * 1_500 + turn * 12_000);
                stage.ask(at, reader, GET);
            }
        }
    }
    stage.play(cut + ms(1_000))
}

/// Clocks as far apart as they may be, each server in turn ahead, right and behind.
fn within_bound(seed: u64) -> [i64; 3] {
    let mut ahead = [7, 0, -7];
    ahead.rotate_left(seed as usize % 3);
    ahead
}

#[test]
fn whoever_reads_next_sees_it() {
    let (mut old, mut new) = (0, 0);
    for seed in SEEDS {
        let mut played = reads_around_a_write(seed, |scenario| {
            set_clocks(scenario, within_bound(seed));
        });
        assert!(is_consistent(&mut played), "seed {seed}");
        assert!(played.timeline.last().sightings().findings.is_empty());
        let records = &played.timeline.history().records;
        let told = records.iter().find(|one| one.outcome == DONE);
        let told = told.expect("it is done").ended;
        for record in records.iter().filter(|one| one.operation == GET) {
            match record.outcome {
                outcome if record.invoked > told => {
                    assert_eq!(outcome, value(1), "seed {seed}");
                    new += 1;
                }
                outcome => old += u32::from(outcome == value(0)),
            }
        }
    }
    assert!(old > 1_000 && new > 1_000, "{old} and {new}");
}

/// The same with a clock that is slow by three times what its server believes: now and then somebody misses the write. What
/// is promised of the log is kept, and no promise was broken: it is watched.
#[test]
fn a_clock_further_off_than_it_may_be() {
    let mut wrong = 0;
    for seed in SEEDS {
        let mut played = reads_around_a_write(seed, |scenario| {
            let mut ahead = [0, 0, -21];
            ahead.rotate_left(seed as usize % 3);
            set_clocks(scenario, ahead);
        });
        assert!(played.keeps_its_promises(), "seed {seed}");
        let is_wrong = !is_consistent(&mut played);
        assert_eq!(is_wrong, is_watched(&played), "seed {seed}");
        wrong += u32::from(is_wrong);
    }
    println!("not consistent: {wrong} of {} runs", SEEDS.end);
    // Not where the slow clock is the leader's.
    assert!((20..200).contains(&wrong), "{wrong}");
}

/// The same with clocks that are right to what they claim, and a leader that tells at once: that breaks a promise.
#[test]
fn without_commit_wait() {
    let mut wrong = 0;
    for seed in SEEDS {
        let mut played = reads_around_a_write(seed, |scenario| {
            set_clocks(scenario, within_bound(seed));
            without_rule(scenario, "commit-wait");
        });
        let is_wrong = !is_consistent(&mut played);
        assert_eq!(is_wrong, !played.keeps_its_promises(), "seed {seed}");
        wrong += u32::from(is_wrong);
    }
    println!("not consistent: {wrong} of {} runs", SEEDS.end);
    assert!((20..200).contains(&wrong), "{wrong}");
}

/// What is written on the smaller side is never confirmed, and nobody's read is old; the others go on.
#[test]
fn an_isolated_leader() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = Stage::new("spanner", 3, seed, &[]);
        let (cut, leader) = (stage.cut, stage.leader);
        let before = stage.client(leader, PATIENT);
        let [writes, early] = [(); 2].map(|()| stage.client(leader, 5_000));
        let late = stage.client(leader, 3_000);
        let healed = stage.client(leader, PATIENT);
        let other = stage.client(stage.follower(0), PATIENT);
        stage.ask(ms(3_500), before, put(1));
        stage.isolate(cut, &[leader]);
        stage.ask(cut + ms(1), writes, put(2));
        stage.ask(cut + ms(50), early, GET);
        stage.ask(cut + ms(1), other, put(3));
        stage.ask(cut + ms(4_000), late, GET);
        stage.at(cut + ms(9_000), Action::Heal);
        stage.ask(cut + ms(11_000), healed, GET);
        let mut played = stage.play(cut + ms(15_000));
        assert_eq!(played.one(before).0, DONE, "seed {seed}");
        assert_eq!(played.one(writes).0, Outcome::Unknown, "seed {seed}");
        // Only what its client has sent to the others meanwhile may yet be done, when the line is whole.
        let op = played.of(writes)[0].op;
        let last = played.timeline.world_at(cut + ms(8_999));
        assert_eq!(last.fate(op), Fate::Undecided, "seed {seed}");
        // It may not tell what it knows while its own write may still come to be before that.
        assert_eq!(played.one(early).0, Outcome::Unknown, "seed {seed}");
        assert_eq!(played.one(late).0, Outcome::Unknown, "seed {seed}");
        let (outcome, after) = played.one(other);
        assert_eq!(outcome, DONE, "seed {seed}");
        times.add(after);
        let (outcome, _) = played.one(healed);
        assert!(outcome == value(3) || outcome == value(2), "seed {seed}");
        let elected = played.elected_from(cut);
        assert!(
            elected
                .iter()
                .all(|reign| reign.who != leader || reign.from > cut + ms(9_000))
        );
        assert!(
            elected[0].from.since(cut) > T - ms(60),
            "seed {seed}: its lease"
        );
        assert!(is_consistent(&mut played), "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("the others write: {times}");
    // An election after 1 to 2 T, and as long as its client waits until it tries again: up to 4.2 s after three tries.
    times.all_between(940, 4_300);
}

/// A read at a follower that hears nobody waits for as long as that lasts, and then sees what was written before it.
#[test]
fn a_replica_that_is_cut_off() {
    for seed in SEEDS {
        let mut stage = Stage::new("spanner", 3, seed, &[]);
        let (cut, alone) = (stage.cut, stage.follower(1));
        let before = stage.client(stage.leader, PATIENT);
        let impatient = stage.client(alone, 2_000);
        let patient = stage.client(alone, PATIENT);
        let other = stage.client(stage.leader, PATIENT);
        stage.ask(ms(3_500), before, put(1));
        stage.isolate(cut, &[alone]);
        stage.ask(cut + ms(100), other, put(2));
        stage.ask(cut + ms(300), impatient, GET);
        stage.ask(cut + ms(300), patient, GET);
        stage.at(cut + ms(4_000), Action::Heal);
        let mut played = stage.play(cut + ms(9_000));
        let (outcome, after) = played.one(other);
        assert!(outcome == DONE && after < ms(100), "seed {seed}: {after}");
        assert_eq!(played.one(impatient).0, Outcome::Unknown, "seed {seed}");
        let (outcome, after) = played.one(patient);
        assert_eq!(outcome, value(2), "seed {seed}: never old");
        assert!(after > ms(3_700), "seed {seed}: {after}");
        assert!(is_consistent(&mut played), "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
}

/// Where a leader seldom says how far nothing more will be written, a read waits for that; also where the server has not
/// heard yet that the write is chosen.
#[test]
fn a_read_waits_for_safe_time() {
    let mut times = Times::default();
    let lines = ms(10);
    for seed in SEEDS {
        let mut stage = Stage::with("spanner", 3, seed, |scenario| {
            scenario.set("heartbeat-after", 300_000);
        });
        let cut = stage.cut;
        let writer = stage.client(stage.leader, PATIENT);
        let reader = stage.client(stage.follower(0), PATIENT);
        stage.ask(cut, writer, put(1));
        stage.ask(cut + ms(60), reader, GET);
        let played = stage.play(cut + ms(2_000));
        let (outcome, after) = played.one(writer);
        assert!(outcome == DONE && after < ms(60), "seed {seed}: {after}");
        let (outcome, after) = played.one(reader);
        assert_eq!(outcome, value(1), "seed {seed}");
        assert!(after < ms(300) + lines, "seed {seed}: {after}");
        times.add(after);
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("a read: {times}");
    // Now and then it comes just before the heartbeat, and now and then just after it.
    assert!(times.within((240, 260)) > 20, "{times}");
    assert!(times.within((0, 60)) > 20, "{times}");
}

/// With both followers dead nothing is confirmed, and when the lease is over nothing is read; both go on with one back.
#[test]
fn without_a_majority() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = Stage::new("spanner", 3, seed, &[]);
        let (cut, leader) = (stage.cut, stage.leader);
        let back = cut + ms(5_000);
        let before = stage.client(leader, PATIENT);
        let soon = stage.client(leader, PATIENT);
        let [writes, reads] = [(); 2].map(|()| stage.client(leader, 3_000));
        let after = stage.client(leader, PATIENT);
        stage.ask(ms(3_500), before, put(1));
        for follower in [0, 1] {
            stage.at(cut, Action::Kill(stage.follower(follower)));
        }
        stage.ask(cut + ms(100), soon, GET);
        stage.ask(cut + ms(1_500), writes, put(2));
        stage.ask(cut + ms(1_500), reads, GET);
        stage.ask(cut + ms(4_700), after, put(3));
        stage.at(back, Action::Restart(stage.follower(0)));
        let mut played = stage.play(cut + ms(12_000));
        let (outcome, read_after) = played.one(soon);
        assert_eq!(outcome, value(1), "seed {seed}: by its lease");
        assert!(read_after < ms(20), "seed {seed}: {read_after}");
        assert_eq!(played.one(writes).0, Outcome::Unknown, "seed {seed}");
        assert_eq!(played.one(reads).0, Outcome::Unknown, "seed {seed}");
        let (outcome, _) = played.one(after);
        assert_eq!(outcome, DONE, "seed {seed}");
        let done = played.first_done(after).expect("it is done");
        assert!(done > back, "seed {seed}");
        times.add(done.since(back));
        assert!(is_consistent(&mut played), "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("writes go on: {times}");
    // The leader leads on, as soon as somebody hears it; or that one stands first.
    times.all_between(10, 3_500);
}

/// What was confirmed is there after the leader was killed, and writes go on when its lease is over.
#[test]
fn a_killed_leader() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = Stage::new("spanner", 3, seed, &[]);
        let cut = stage.cut;
        let [writer, reader] = [0, 1].map(|number| stage.client(stage.follower(number), PATIENT));
        let before = stage.client(stage.leader, PATIENT);
        stage.ask(cut - ms(100), before, put(1));
        stage.at(cut, Action::Kill(stage.leader));
        stage.ask(cut + ms(1), reader, GET);
        stage.ask(cut + ms(1_500), writer, put(2));
        let again = stage.client(stage.follower(0), PATIENT);
        stage.ask(cut + ms(6_000), again, GET);
        let mut played = stage.play(cut + ms(9_000));
        assert_eq!(played.one(before).0, DONE, "seed {seed}");
        assert_eq!(played.one(reader).0, value(1), "seed {seed}");
        assert_eq!(played.one(writer).0, DONE, "seed {seed}");
        assert_eq!(played.one(again).0, value(2), "seed {seed}");
        let reign = played.elected_from(cut)[0];
        times.add(reign.from.since(cut));
        assert!(is_consistent(&mut played), "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("a new leader: {times}");
    times.all_between(940, 2_100);
}
