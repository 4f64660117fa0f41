//! Chubby, as of 2006: what becomes of sessions and locks when clients, masters and majorities are gone.
//!
//! T is the session lease, 12 s. The paper gives mechanisms and three numbers (§2.4, §2.8); the ranges here follow from
//! these and from our choice of a master lease of 5 s.

use crate::stage::{self, DONE, Played, SEEDS, Stage, Times, value};
use sim_core::action::Action;
use sim_core::history::Outcome;
use sim_core::operation::{Answer, Operation};
use sim_core::protocols::lock_service::Why;
use sim_core::units::{Endpoint, Mask, Micros};

/// The session lease, the grace period and the lock-delay of the preset.
const LEASE: Micros = Micros::from_ms(12_000);
const GRACE: Micros = Micros::from_ms(45_000);
const LOCK_DELAY: Micros = Micros::from_ms(60_000);

/// Of [`Answer::Refused`].
const HELD: Outcome = Outcome::Told(Answer::Refused(1));
const OLD_TOKEN: Outcome = Outcome::Told(Answer::Refused(3));
const OVER: Outcome = Outcome::Told(Answer::Refused(8));

const PATIENT: u64 = 60_000;

/// So long before things go wrong everybody has a session: with each seed another part of a lease is over then.
const fn before(seed: u64) -> Micros {
    Micros::from_ms(6_500 + seed * 311 % 6_000)
}

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

const fn guarded(value: u8) -> Operation {
    Operation::GuardedWrite { value }
}

fn stage(seed: u64) -> Stage {
    Stage::new("chubby", 5, seed, &[("store", "lock")])
}

/// A span, in thousandths of the session lease.
fn add_of_lease(times: &mut Times, span: Micros) {
    times.add(Micros(span.0 * stage::T.0 / LEASE.0));
}

/// Somebody who has the lock, with the first server that is not the master; and somebody with the second who has a session.
fn holder_and_other(stage: &mut Stage, seed: u64) -> (Endpoint, Endpoint) {
    let (near, far) = (stage.follower(0), stage.follower(1));
    let (holder, other) = (stage.client(near, PATIENT), stage.client(far, PATIENT));
    let from = Micros(stage.cut.0 - before(seed).0);
    stage.ask(from, holder, Operation::Acquire);
    stage.ask(from + ms(1_000), other, Operation::Acquire);
    (holder, other)
}

/// Wants the lock again and again, twice a second.
fn tries(stage: &mut Stage, from: Micros, until: Micros) -> Endpoint {
    let client = stage.client(stage.follower(1), 400);
    let mut at = from;
    while at < until {
        stage.ask(at, client, Operation::Acquire);
        at += ms(500);
    }
    client
}

/// When somebody got the lock for the first time.
fn first_held(played: &Played, client: Endpoint) -> Micros {
    let all = played.of(client);
    let first = all
        .iter()
        .find(|one| matches!(one.outcome, Outcome::Told(Answer::Value(_))));
    first.expect("it is free in the end").ended
}

/// What somebody was told last.
fn last(played: &Played, client: Endpoint) -> (Outcome, Micros) {
    let all = played.of(client);
    let last = all.last().expect("something was asked");
    (last.outcome, last.ended)
}

/// When any server first noted this.
fn noted(played: &Played, why: Why) -> Micros {
    let servers = (0..5).map(Endpoint);
    let all = servers.filter_map(|server| played.noted(server, why as u8));
    all.min().expect("it is noted")
}

/// The holder of the lock is cut off. The KeepAlive that waits with the master is answered once more, to nobody; a lease
/// after that the session ends. For the lock-delay after that nobody has the lock, and then somebody has.
#[test]
fn a_holder_that_is_cut_off() {
    let (mut ends, mut free) = (Times::default(), Times::default());
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (holder, _) = holder_and_other(&mut stage, seed);
        let cut = stage.cut;
        stage.at(
            cut,
            Action::Partition {
                side: Mask::of(holder),
            },
        );
        let trying = tries(&mut stage, cut, cut + ms(80_000));
        let played = stage.play(cut + ms(81_000));
        let ended = noted(&played, Why::Ends);
        add_of_lease(&mut ends, ended.since(cut));
        let held = first_held(&played, trying);
        free.add(held.since(ended));
        assert!(held > ended + LOCK_DELAY, "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("ends after {ends}; free {free}");
    ends.all_between(1_000, 1_500);
    free.all_between(60_000, 60_600);
}

/// A lock that is given back is free at once.
#[test]
fn a_lock_that_is_given_back() {
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (holder, other) = holder_and_other(&mut stage, seed);
        let cut = stage.cut;
        stage.ask(cut, holder, Operation::Release);
        stage.ask(cut + ms(20), other, Operation::Acquire);
        let played = stage.play(cut + ms(1_000));
        assert_eq!(played.of(other)[0].outcome, HELD, "seed {seed}");
        let (outcome, at) = last(&played, other);
        assert_eq!(outcome, value(2), "seed {seed}");
        assert!(at < cut + ms(40), "seed {seed}");
    }
}

/// The master loses its power. The next one is there after one to two of its leases, soon enough for every session: the
/// holder still has the lock, and what was asked meanwhile is done.
#[test]
fn a_master_that_dies() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (holder, other) = holder_and_other(&mut stage, seed);
        let (cut, master) = (stage.cut, stage.leader);
        stage.at(cut, Action::PowerOff(master));
        stage.ask(cut + ms(100), holder, guarded(1));
        stage.ask(cut + ms(30_000), other, Operation::Acquire);
        let played = stage.play(cut + ms(31_000));
        let (outcome, at) = last(&played, holder);
        assert_eq!(outcome, DONE, "seed {seed}");
        times.add(at.since(cut));
        assert_eq!(last(&played, other).0, HELD, "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("done after {times}");
    // Up to 5 s are left of the master’s lease; then up to 5 s more until somebody stands, and a second or two until
    // clients have found it.
    times.all_between(4_000, 14_000);
}

/// No majority for 30 s, which is longer than a lease: the session is in jeopardy, what is asked waits, and with a master
/// within the grace period it is safe, and has the lock.
#[test]
fn a_fail_over_that_outlasts_a_lease() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (holder, other) = holder_and_other(&mut stage, seed);
        let (cut, back) = (stage.cut, stage.cut + ms(30_000));
        let fallen = [stage.leader, stage.follower(0), stage.follower(1)];
        for server in fallen {
            stage.at(cut, Action::PowerOff(server));
            stage.at(back, Action::Restart(server));
        }
        stage.ask(cut + ms(100), holder, guarded(1));
        stage.ask(back + ms(30_000), other, Operation::Acquire);
        let played = stage.play(back + ms(31_000));
        let jeopardy = played
            .noted(holder, Why::Jeopardy as u8)
            .expect("in jeopardy");
        add_of_lease(&mut times, jeopardy.since(cut));
        assert!(
            played.noted(holder, Why::Safe as u8).is_some(),
            "seed {seed}"
        );
        let (outcome, at) = last(&played, holder);
        assert_eq!(outcome, DONE, "seed {seed}");
        assert!(at > back, "seed {seed}");
        assert_eq!(last(&played, other).0, HELD, "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("jeopardy after {times}");
    // Its own lease is two hundredths shorter, for clocks.
    times.all_between(470, 1_000);
}

/// No majority for 80 s: the library gives the session up when the grace period is over, and says so to its person. The
/// next master ends the session, and the lock is free after a lock-delay more.
#[test]
fn an_outage_that_outlasts_the_grace_period() {
    let (mut times, mut free) = (Times::default(), Times::default());
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (holder, _) = holder_and_other(&mut stage, seed);
        let (cut, back) = (stage.cut, stage.cut + ms(80_000));
        let fallen = [stage.leader, stage.follower(0), stage.follower(1)];
        for server in fallen {
            stage.at(cut, Action::PowerOff(server));
            stage.at(back, Action::Restart(server));
        }
        stage.ask(cut + ms(20_000), holder, guarded(1));
        let trying = tries(&mut stage, back + ms(60_000), back + ms(95_000));
        let played = stage.play(back + ms(96_000));
        let (outcome, at) = last(&played, holder);
        assert_eq!(outcome, OVER, "seed {seed}");
        times.add(at.since(cut));
        let ended = noted(&played, Why::Ends);
        assert!(ended > back + LEASE, "seed {seed}: a whole lease again");
        let held = first_held(&played, trying);
        assert!(held > ended + LOCK_DELAY, "seed {seed}");
        free.add(held.since(back));
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("given up after {times}; free after {free}");
    let least = GRACE.0 / 1_000 + 5_600;
    times.all_between(least, least + 6_500);
    free.all_between(72_000, 90_000);
}

/// The master is cut off with the holder of the lock. It answers neither of them anything any more. The next master does
/// nothing for anybody before the holder's session has ended as well; then it does, and the lock is held back.
#[test]
fn a_master_that_is_cut_off() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (cut, master) = (stage.cut, stage.leader);
        let holder = stage.client(master, PATIENT);
        let other = stage.client(stage.follower(1), PATIENT);
        stage.ask(Micros(cut.0 - before(seed).0), holder, Operation::Acquire);
        stage.ask(
            Micros(cut.0 - before(seed).0) + ms(1_000),
            other,
            Operation::Acquire,
        );
        stage.isolate(cut, &[master]);
        stage.ask(cut + ms(100), holder, guarded(1));
        stage.ask(cut + ms(1_000), other, guarded(2));
        let played = stage.play(cut + ms(50_000));
        let takes_over = noted_after(&played, master, Why::TakesOver, cut);
        let (outcome, at) = last(&played, other);
        assert!(
            matches!(outcome, Outcome::Told(_)),
            "seed {seed}: {outcome:?}"
        );
        add_of_lease(&mut times, at.since(takes_over));
        let asked = played.of(holder);
        let cut_off = asked.last().expect("it asked");
        assert!(
            !matches!(cut_off.outcome, Outcome::Told(_)),
            "seed {seed}: {cut_off:?}"
        );
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("served after {times}");
    // A whole lease, and until the client asks again.
    times.all_between(1_000, 1_100);
}

/// When any server but this one first noted something. They did so only after a moment.
fn noted_after(played: &Played, but: Endpoint, why: Why, from: Micros) -> Micros {
    let servers = (0..5).map(Endpoint).filter(|server| *server != but);
    let all = servers.filter_map(|server| played.noted(server, why as u8));
    let first = all.min().expect("it is noted");
    assert!(first > from);
    first
}

/// The holder of the lock stands still until somebody else has it and has written. What it writes then, with its old
/// sequencer, is refused.
#[test]
fn an_old_sequencer() {
    for seed in SEEDS {
        let mut stage = stage(seed);
        let (holder, other) = holder_and_other(&mut stage, seed);
        let cut = stage.cut;
        stage.at(cut, Action::Pause(holder));
        stage.ask(cut + ms(80_000), other, Operation::Acquire);
        stage.ask(cut + ms(81_000), other, guarded(2));
        stage.at(cut + ms(82_000), Action::Resume(holder));
        stage.ask(cut + ms(84_000), holder, guarded(1));
        let played = stage.play(cut + ms(90_000));
        assert_eq!(played.of(other)[1].outcome, value(2), "seed {seed}");
        assert_eq!(last(&played, other).0, DONE, "seed {seed}");
        assert_eq!(last(&played, holder).0, OLD_TOKEN, "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
}
