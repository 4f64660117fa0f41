//! Chance chosen for election timers: it stays within the range that they are drawn from, and does what it is there for.

use sim_core::action::{Action, Timed};
use sim_core::catalogue;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::scenario::Scenario;
use sim_core::trace::{Kind, action_of};
use sim_core::units::{Endpoint, Micros};
use sim_core::world::RunningTimer;

const SEEDS: std::ops::Range<u64> = 0..200;
/// S1 leads from soon after 600 ms until it dies at 2 s.
const CHOSEN_AT: Micros = Micros::from_ms(2_100);
const S1: Endpoint = Endpoint(0);
const S3: Endpoint = Endpoint(2);
const SURVIVORS: [Endpoint; 4] = [Endpoint(1), Endpoint(2), Endpoint(3), Endpoint(4)];

/// Five servers whose leader dies, with these actions beside it.
fn play(seed: u64, actions: &[(Micros, Action)]) -> Timeline {
    let mut scenario = catalogue::find("raft-split-vote").expect("in the catalogue");
    let is_chance = |timed: &Timed| matches!(timed.action, Action::TimeOutTogether);
    scenario.script.retain(|timed| !is_chance(timed));
    let mut run = Run::new(scenario, seed);
    let timed = |(at, action): &(Micros, Action)| Timed {
        at: *at,
        action: *action,
    };
    run.actions.extend(actions.iter().map(timed));
    Timeline::of(run).expect("it runs")
}

fn election_timer(timeline: &mut Timeline, at: Micros, node: Endpoint) -> RunningTimer {
    let kind = timeline.spec().election_timer.expect("they elect");
    let timers = timeline.world_at(at).timers(node);
    let found = timers.into_iter().find(|timer| timer.kind == kind);
    found.unwrap_or_else(|| panic!("no election timer runs on {node:?}"))
}

/// What a server's card says of its role: `candidate · 3`.
fn badges(timeline: &mut Timeline, at: Micros) -> Vec<String> {
    let world = timeline.world_at(at);
    let badge = |node| world.node_view(node).badge;
    SURVIVORS.into_iter().map(badge).collect()
}

fn leaders(timeline: &mut Timeline, at: Micros) -> Vec<String> {
    let badges = badges(timeline, at);
    let leads = |badge: &String| badge.starts_with("leader");
    badges.into_iter().filter(leads).collect()
}

/// When the first survivor's election timer ran out.
fn first_runs_out(timeline: &Timeline) -> (Micros, Endpoint) {
    let kind = timeline.spec().election_timer.expect("they elect");
    let events = timeline.trace().events();
    let found = events.iter().find(|event| {
        event.at > CHOSEN_AT && event.kind == Kind::TimerFired && event.detail == kind
    });
    found.map_or((Micros::NEVER, S1), |event| (event.at, event.who))
}

/// The shortest and the longest that the election timer of these settings can be.
fn range(scenario: &Scenario) -> (Micros, Micros) {
    let spec = protocols::spec(&scenario.protocol).expect("registered");
    let least = Micros(u64::from(scenario.choices(spec).get("election-after")));
    (least, least + least)
}

#[test]
fn chance_stays_within_the_range_that_lengths_are_drawn_from() {
    for seed in SEEDS {
        let chance = [
            Action::TimeOut(S3),
            Action::TimeOutTogether,
            Action::TimeOutFirst(S3),
        ];
        for action in chance {
            let mut timeline = play(seed, &[(CHOSEN_AT, action)]);
            let (least, most) = range(&timeline.run().scenario);
            for node in SURVIVORS {
                let timer = election_timer(&mut timeline, CHOSEN_AT, node);
                let length = timer.deadline.since(timer.set_at);
                assert!(
                    least <= length && length <= most,
                    "seed {seed}, {action:?}, {node:?}: {length:?}"
                );
            }
        }
    }
}

#[test]
fn one_alone_is_timed_out_as_soon_as_it_may_and_the_others_stay_as_they_were() {
    for seed in SEEDS {
        let mut drawn = play(seed, &[]);
        let mut chosen = play(seed, &[(CHOSEN_AT, Action::TimeOut(S3))]);
        let (least, _) = range(&chosen.run().scenario);
        for node in SURVIVORS {
            let before = election_timer(&mut drawn, CHOSEN_AT, node);
            let after = election_timer(&mut chosen, CHOSEN_AT, node);
            let deadline = match node {
                S3 => (before.set_at + least).max(CHOSEN_AT),
                _ => before.deadline,
            };
            assert_eq!(after.deadline, deadline, "seed {seed}, {node:?}");
        }
    }
}

#[test]
fn all_together_split_the_vote() {
    for seed in SEEDS {
        let mut timeline = play(seed, &[(CHOSEN_AT, Action::TimeOutTogether)]);
        let (at, _) = first_runs_out(&timeline);
        let badges = badges(&mut timeline, at);
        assert!(
            badges.iter().all(|badge| badge.starts_with("candidate")),
            "seed {seed}: {badges:?}"
        );
        // Nobody has led in that term, and later somebody leads in another.
        let term = badges[0].rsplit_once(' ').map(|(_, term)| term.to_owned());
        let end = timeline.reached();
        let leaders = leaders(&mut timeline, end);
        let led = leaders[0].rsplit_once(' ').map(|(_, term)| term.to_owned());
        assert_ne!(led, term, "seed {seed}");
        assert_eq!(leaders.len(), 1, "seed {seed}: {leaders:?}");
    }
}

#[test]
fn the_first_is_elected_at_once() {
    for seed in SEEDS {
        let mut timeline = play(seed, &[(CHOSEN_AT, Action::TimeOutFirst(S3))]);
        let (at, who) = first_runs_out(&timeline);
        assert_eq!(who, S3, "seed {seed}");
        // Two ways over the slowest line, and three writes.
        let elected = at + Micros::from_ms(100);
        let led = timeline.world_at(elected).node_view(S3).badge;
        assert!(led.starts_with("leader"), "seed {seed}: {led}");
    }
}

#[test]
fn chance_can_be_chosen_anew_and_keeps_to_the_pace_of_the_clock() {
    for seed in 0..50 {
        let skew = Action::Skew {
            node: S3,
            offset_us: 0,
            drift_ppm: 100_000,
        };
        let early = Micros::from_ms(100);
        // Before any of them may run out.
        let at = Micros::from_ms(2_040);
        let actions = [
            (early, skew),
            (at, Action::TimeOutFirst(Endpoint(3))),
            (at, Action::TimeOutTogether),
            (at, Action::TimeOutFirst(S3)),
        ];
        let mut timeline = play(seed, &actions);
        let timer = election_timer(&mut timeline, at, S3);
        let (least, _) = range(&timeline.run().scenario);
        // A clock that runs a tenth fast counts the span in ten elevenths of the time.
        let least = Micros((least.0 * 10).div_ceil(11));
        let soonest = timer.set_at + least;
        let off = timer.deadline.0.abs_diff(soonest.0);
        assert!(off <= 1, "seed {seed}: {timer:?}, expected {soonest:?}");
    }
}

#[test]
fn where_no_such_timer_runs_nothing_comes_of_it() {
    let idle = |timeline: &Timeline| {
        let events = timeline.trace().events().iter();
        let idle = events.filter(|event| event.kind == Kind::HadNoEffect);
        idle.filter_map(|event| action_of(timeline.trace(), event))
            .count()
    };
    // A dead server, one that there is not, a leader.
    let leads = Micros::from_ms(1_500);
    let nobody = Endpoint(200);
    let timeline = play(
        7,
        &[
            (leads, Action::TimeOut(S1)),
            (leads, Action::TimeOutFirst(S1)),
            (CHOSEN_AT, Action::TimeOut(S1)),
            (CHOSEN_AT, Action::TimeOutFirst(nobody)),
        ],
    );
    assert_eq!(idle(&timeline), 4);
    // Banks elect nobody.
    let mut run = Run::new(catalogue::find("bank-two-cut").expect("it"), 7);
    for action in [Action::TimeOut(S1), Action::TimeOutTogether] {
        run.actions.push(Timed {
            at: Micros::from_ms(10),
            action,
        });
    }
    assert_eq!(idle(&Timeline::of(run).expect("it runs")), 2);
}
