//! Actions that name a role: it is found at that moment, in each run for itself.

use sim_core::action::{Action, Timed};
use sim_core::run::{Run, Timeline};
use sim_core::scenario::Scenario;
use sim_core::share::{self, Link};
use sim_core::trace::{Kind, action_of};
use sim_core::units::{Endpoint, EventId, Mask, Micros};
use sim_core::words::Words;

fn at(ms: u64, action: Action) -> Timed {
    Timed {
        at: Micros::from_ms(ms),
        action,
    }
}

/// Five servers of that protocol, each with a client.
fn five(protocol: &str, seed: u64, actions: Vec<Timed>) -> Timeline {
    let mut scenario = Scenario::new(protocol, &["S1", "S2", "S3", "S4", "S5"]);
    for node in 0..5 {
        scenario.add_client(&format!("P{}", node + 1), Endpoint(node));
    }
    scenario.length = Micros::from_ms(6_000);
    let mut run = Run::new(scenario, seed);
    run.actions = actions;
    Timeline::of(run).expect("it runs")
}

/// What was done, and whether it had an effect, in order.
fn done(timeline: &Timeline) -> Vec<(Kind, Action)> {
    let trace = timeline.trace();
    let events = trace.events().iter();
    events
        .filter(|event| matches!(event.kind, Kind::Acted | Kind::HadNoEffect))
        .filter_map(|event| Some((event.kind, action_of(trace, event)?.action)))
        .collect()
}

/// Who says of itself at that moment that it leads, with the highest rank.
fn leader(timeline: &mut Timeline, ms: u64) -> Option<Endpoint> {
    let nodes = 0..timeline.run().scenario.node_count();
    let world = timeline.world_at(Micros::from_ms(ms));
    nodes
        .map(Endpoint)
        .filter_map(|node| Some((world.node_view(node).leads?, node)))
        .max()
        .map(|(_, node)| node)
}

#[test]
fn the_leader_is_whoever_leads_at_that_moment() {
    let mut who = Mask::EMPTY;
    for protocol in [
        "raft",
        "multi-paxos",
        "two-phase-commit",
        "primary-replica",
        "zab",
        "lock-service",
    ] {
        for seed in 0..12 {
            let actions = vec![
                at(2_000, Action::Kill(Endpoint::LEADER)),
                at(4_000, Action::Restart(Endpoint::LEADER)),
            ];
            let mut timeline = five(protocol, seed, actions);
            let list = done(&timeline);
            let leader = leader(&mut timeline, 1_999).expect("somebody leads");
            let wanted = [
                (Kind::Acted, Action::Kill(leader)),
                // By then another leads, where another can: what was killed is what starts again.
                (Kind::Acted, Action::Restart(leader)),
            ];
            assert_eq!(list, wanted, "{protocol} {seed}");
            if protocol == "raft" {
                who = who.with(leader);
            }
        }
    }
    assert!(who.count() > 1, "chance says who leads");
}

#[test]
fn a_cut_takes_the_leader_and_its_clients() {
    let side = Mask::of(Endpoint::LEADER).with(Endpoint::CLIENTS_OF_LEADER);
    let both = Mask::of(Endpoint::LEADER).with(Endpoint(9));
    let actions = vec![
        at(2_000, Action::Partition { side }),
        at(
            2_500,
            Action::Mend {
                a: side,
                b: Mask::ALL,
            },
        ),
        at(
            3_500,
            Action::OneWay {
                from: both,
                to: Mask::ALL,
            },
        ),
        at(4_000, Action::Heal),
        at(5_000, Action::Pause(Endpoint::LEADER)),
        at(5_500, Action::Resume(Endpoint::LEADER)),
    ];
    let mut timeline = five("multi-paxos", 4, actions);
    let list = done(&timeline);
    let [first, then, last] =
        [1_999, 3_499, 4_999].map(|ms| leader(&mut timeline, ms).expect("one leads"));
    let alone = Mask::of(first).with(Endpoint(first.0 + 5));
    let wanted = [
        Action::Partition { side: alone },
        Action::Mend {
            a: alone,
            b: Mask::ALL,
        },
        Action::OneWay {
            from: Mask::of(then).with(Endpoint(9)),
            to: Mask::ALL,
        },
        Action::Heal,
        Action::Pause(last),
        Action::Resume(last),
    ];
    assert_eq!(list, wanted.map(|action| (Kind::Acted, action)));
}

#[test]
fn where_nobody_leads_nothing_happens() {
    let mixed = Mask::of(Endpoint::LEADER).with(Endpoint(1));
    for (protocol, ms) in [("raft", 1), ("ledger", 1_000)] {
        let actions = vec![
            at(ms, Action::Kill(Endpoint::LEADER)),
            at(ms, Action::Restart(Endpoint::LEADER)),
            at(ms, Action::Partition { side: mixed }),
            at(ms, Action::Pause(Endpoint::CLIENTS_OF_LEADER)),
        ];
        let timeline = five(protocol, 1, actions.clone());
        let wanted: Vec<_> = actions
            .iter()
            .map(|timed| (Kind::HadNoEffect, timed.action))
            .collect();
        assert_eq!(done(&timeline), wanted, "{protocol}");
        let words = Words::new(timeline.trace(), timeline.names(), &timeline.run().scenario);
        let words = words.expect("there are words");
        let mut events = (0..).zip(timeline.trace().events());
        let first = events.find(|(_, event)| event.kind == Kind::HadNoEffect);
        let said = words.sentence(EventId(first.expect("it is told").0));
        assert!(said.starts_with("The leader crashes"), "{said}");
    }
}

#[test]
fn a_run_with_roles_is_the_same_from_every_checkpoint_and_through_its_link() {
    let mut run = five("raft", 11, Vec::new()).run().clone();
    for second in 1..5 {
        let ms = second * 1_000;
        run.actions.push(at(ms, Action::PowerOff(Endpoint::LEADER)));
        run.actions
            .push(at(ms + 700, Action::Restart(Endpoint::LEADER)));
    }
    let mut timeline = Timeline::of(run.clone()).expect("it runs");
    let digest = timeline.digest();
    for ms in [4_500, 1_650, 3_750, 2_699, 2_701] {
        let world = timeline.world_at(Micros::from_ms(ms));
        let down = (0..5)
            .filter(|node| world.life(Endpoint(*node)).is_down())
            .count();
        assert_eq!(down, usize::from(ms % 1_000 < 700), "{ms}");
    }
    let text = share::encode(&Link {
        run,
        at: Micros::ZERO,
        digest: 0,
    });
    let text = text.expect("it fits");
    let link = share::decode(&text).expect("it is a link");
    let again = Timeline::of(link.run).expect("it runs");
    assert_eq!(again.digest(), digest);
    let kinds = done(&again).into_iter().filter(|one| one.0 == Kind::Acted);
    assert_eq!(kinds.count(), 8);
}
