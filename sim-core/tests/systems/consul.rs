//! Consul: its three ways to read, and a leader without its lease.

use crate::stage::{
    DONE, GET, GET_CONFIRMED, GET_STALE, SEEDS, Stage, Times, is_refused, put, value,
};
use sim_core::action::Action;
use sim_core::history::Fate;
use sim_core::history::Outcome;
use sim_core::operation::Answer;
use sim_core::units::Micros;

const PATIENT: u64 = 30_000;

/// The lease with raft_multiplier 1.
const LEASE: Micros = Micros::from_ms(500);

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// Within its lease a leader that is cut off answers by itself; after it, it leads no more and refuses what waits.
#[test]
fn an_isolated_leader_and_its_lease() {
    let mut times = Times::default();
    for seed in SEEDS {
        let mut stage = Stage::new("consul", 3, seed, &[]);
        let (cut, leader) = (stage.cut, stage.leader);
        let before = stage.client(leader, PATIENT);
        let [within, confirmed, writes, late, stale] =
            [(); 5].map(|()| stage.client(leader, PATIENT));
        let other = stage.client(stage.follower(0), PATIENT);
        stage.ask(ms(3_500), before, put(1));
        stage.isolate(cut, &[leader]);
        stage.ask(cut + ms(300), within, GET);
        stage.ask(cut + ms(1), confirmed, GET_CONFIRMED);
        stage.ask(cut + ms(1), writes, put(2));
        stage.ask(cut + ms(800), late, GET);
        stage.ask(cut + ms(4_000), other, put(3));
        stage.ask(cut + ms(5_000), stale, GET_STALE);
        stage.at(cut + ms(12_000), Action::Heal);
        let mut played = stage.play(cut + ms(25_000));
        assert_eq!(played.one(within).0, value(1), "seed {seed}");
        assert_eq!(played.one(other).0, DONE, "seed {seed}");
        assert_eq!(played.one(stale).0, value(1), "seed {seed}: stale");
        let reigns = played.reigns();
        let reign = reigns.iter().find(|one| one.who == leader && one.to > cut);
        let gave_up = reign.expect("it led").to;
        times.add(gave_up.since(cut));
        for client in [confirmed, writes] {
            let (outcome, after) = played.one(client);
            assert!(is_refused(outcome), "seed {seed}: {outcome:?}");
            let told = cut + ms(1) + after;
            assert!(told.since(gave_up) < ms(2), "seed {seed}: at once");
        }
        assert_eq!(played.fate(writes), Fate::Absent, "seed {seed}");
        let (outcome, after) = played.one(late);
        assert!(is_refused(outcome), "seed {seed}");
        assert!(
            after >= ms(7_000) && after < ms(7_010),
            "seed {seed}: {after}"
        );
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
    println!("gives up: {times}");
    // A beat may have been answered up to a tenth of a second before the cut.
    times.all_between(390, 520);
}

/// An old leader that was cut off while it handed over answers by its lease what a new one has overwritten: a default
/// read is stale, until the lease ends. A consistent one never is.
#[test]
fn a_default_read_may_be_stale_until_the_lease_ends() {
    for seed in SEEDS {
        let mut stage = Stage::new("consul", 3, seed, &[]);
        // Lines that take long enough to cut one between two messages.
        stage.scenario.links.latency_min = ms(5);
        stage.scenario.links.latency_max = ms(6);
        let (cut, leader, heir) = (stage.cut, stage.leader, stage.follower(0));
        let before = stage.client(leader, PATIENT);
        let [early, confirmed, late] = [(); 3].map(|()| stage.client(leader, PATIENT));
        let new = stage.client(heir, PATIENT);
        let fresh = stage.client(heir, PATIENT);
        stage.ask(ms(3_500), before, put(1));
        stage.at(cut, Action::Promote(heir));
        // The heir has been told to stand, and its asking for votes is on its way.
        stage.isolate(cut + ms(13), &[leader]);
        stage.ask(cut + ms(100), new, put(2));
        stage.ask(cut + ms(250), early, GET);
        stage.ask(cut + ms(250), confirmed, GET_CONFIRMED);
        stage.ask(cut + ms(250), fresh, GET);
        stage.ask(cut + LEASE + ms(200), late, GET);
        let played = stage.play(cut + ms(10_000));
        let (outcome, after) = played.one(new);
        assert!(
            outcome == DONE && after < ms(50),
            "seed {seed}: {outcome:?}"
        );
        assert_eq!(played.one(fresh).0, value(2), "seed {seed}");
        assert_eq!(played.one(early).0, value(1), "seed {seed}: stale");
        assert!(is_refused(played.one(confirmed).0), "seed {seed}");
        assert!(is_refused(played.one(late).0), "seed {seed}");
        assert!(played.keeps_its_promises(), "seed {seed}");
    }
}

/// `stale` is answered by any server, also without a leader; the other two are not.
#[test]
fn stale_reads_need_no_leader() {
    for seed in SEEDS {
        let mut stage = Stage::new("consul", 3, seed, &[]);
        let cut = stage.cut;
        let left = stage.follower(0);
        let before = stage.client(left, PATIENT);
        stage.ask(ms(3_500), before, put(1));
        stage.at(cut, Action::Kill(stage.leader));
        stage.at(cut, Action::Kill(stage.follower(1)));
        let ways = [GET, GET_CONFIRMED, GET_STALE].map(|way| {
            let client = stage.client(left, PATIENT);
            stage.ask(cut + ms(3_000), client, way);
            client
        });
        let writes = stage.client(left, PATIENT);
        stage.ask(cut + ms(3_000), writes, put(2));
        let mut played = stage.play(cut + ms(15_000));
        let [default, consistent, stale] = ways.map(|client| played.one(client).0);
        assert!(is_refused(default) && is_refused(consistent), "seed {seed}");
        assert_eq!(stale, value(1), "seed {seed}");
        let (wrote, _) = played.one(writes);
        let sure = matches!(wrote, Outcome::Told(answer) if answer.is_refusal());
        assert!(sure, "seed {seed}: nobody was asked, {wrote:?}");
        assert_eq!(played.fate(writes), Fate::Absent, "seed {seed}");
    }
}

/// A refusal of what was begun does not say that it did not happen.
#[test]
fn a_write_refused_with_the_lease_is_not_sure() {
    for seed in SEEDS {
        let mut stage = Stage::new("consul", 3, seed, &[]);
        let (cut, leader) = (stage.cut, stage.leader);
        let ann = stage.client(leader, PATIENT);
        stage.isolate(cut, &[leader]);
        stage.ask(cut + ms(1), ann, put(2));
        let played = stage.play(cut + ms(3_000));
        let (outcome, _) = played.one(ann);
        let unsure = matches!(outcome, Outcome::Told(answer) if answer.is_unsure());
        assert!(unsure, "seed {seed}: {outcome:?}");
        assert_ne!(outcome, Outcome::Told(Answer::Done));
    }
}
