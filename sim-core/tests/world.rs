//! What the world can express, seen through its traces.

use sim_core::action::{Action, MessageName, Timed};
use sim_core::catalogue;
use sim_core::explore::sample;
use sim_core::history::{Fate, Outcome};
use sim_core::operation::{Answer, Operation};
use sim_core::run::{Run, RunError, Timeline};
use sim_core::scenario::{LinkSpec, Scenario};
use sim_core::trace::{Event, Kind, Loss, Recorder, Recording, action_of};
use sim_core::units::{Endpoint, EventId, Mask, Micros, OpId, Ratio};
use sim_core::words::Words;
use sim_core::world::World;

const NORTH: Endpoint = Endpoint(0);
const SOUTH: Endpoint = Endpoint(1);

fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// Two branches that must agree, 10 ms apart to the microsecond; Ann at North, Ben at South.
fn two(policy: &str) -> (Scenario, Endpoint, Endpoint) {
    let mut scenario = Scenario::new("ledger", &["North", "South"]);
    scenario.links = LinkSpec::datagrams(ms(10), ms(10));
    scenario.client_links = LinkSpec::datagrams(ms(1), ms(1));
    scenario.choose("policy", policy);
    let ann = scenario.add_client("Ann", NORTH);
    let ben = scenario.add_client("Ben", SOUTH);
    (scenario, ann, ben)
}

fn deposit(client: Endpoint, amount: u32) -> Action {
    Action::Operate {
        client,
        operation: Operation::Deposit { amount },
    }
}

fn play(scenario: Scenario) -> Timeline {
    Timeline::of(Run::new(scenario, 7)).expect("it runs")
}

fn of_kind(timeline: &Timeline, kind: Kind) -> Vec<Event> {
    timeline
        .trace()
        .events()
        .iter()
        .filter(|event| event.kind == kind)
        .copied()
        .collect()
}

fn losses(timeline: &Timeline, loss: Loss) -> usize {
    of_kind(timeline, Kind::Dropped)
        .iter()
        .filter(|event| event.detail == loss as u8)
        .count()
}

fn outcome(timeline: &Timeline, op: u32) -> Outcome {
    timeline
        .history()
        .get(OpId(op))
        .expect("it was asked")
        .outcome
}

#[test]
fn the_world_is_the_same_whichever_way_one_comes_to_a_moment() {
    for seed in 0..60 {
        let run = sample::run("ledger", seed).expect("registered");
        let mut timeline = Timeline::of(run.clone()).expect("it runs");
        let end = timeline.reached();
        let moments = [
            end,
            ms(700),
            ms(100),
            ms(1_400),
            ms(701),
            Micros::ZERO,
            ms(1_399),
        ];
        for at in moments {
            let events = timeline.events_by(at);
            let sought = timeline.world_at(at);
            assert_eq!(sought.events(), events, "seed {seed} at {at}");
            let mut fresh = World::new(&run.scenario, run.seed).expect("valid");
            let mut nothing = Recorder::new(Recording::Nothing);
            while fresh.step(&run.script(at), &mut nothing) {}
            for node in 0..run.scenario.node_count() {
                let (a, b) = (
                    sought.node_view(Endpoint(node)),
                    fresh.node_view(Endpoint(node)),
                );
                assert_eq!(a, b, "seed {seed} at {at}");
            }
            assert_eq!(
                format!("{:?}", sought.arrows()),
                format!("{:?}", fresh.arrows())
            );
        }
    }
}

#[test]
fn recording_less_changes_no_digest() {
    for seed in 0..40 {
        let run = sample::run("ledger", seed).expect("registered");
        let timeline = Timeline::of(run.clone()).expect("it runs");
        let mut world = World::new(&run.scenario, run.seed).expect("valid");
        let mut recorder = Recorder::new(Recording::Digest);
        while world.step(&run.script(run.end()), &mut recorder) {}
        assert_eq!(recorder.digest(), timeline.digest(), "seed {seed}");
    }
}

#[test]
fn an_action_changes_only_what_it_causes() {
    let scenario = catalogue::find("bank-five-load").expect("in the catalogue");
    let run = Run::new(scenario, 3);
    let before = Timeline::of(run.clone()).expect("it runs");
    let forked = run.fork(
        ms(30_000),
        Action::Skew {
            node: NORTH,
            offset_us: 5,
            drift_ppm: 0,
        },
    );
    let after = Timeline::of(forked).expect("it runs");
    // The wall clock matters to nobody under this policy: all but the action itself is as it was.
    let times = |timeline: &Timeline| -> Vec<(Micros, Kind, Endpoint)> {
        let events = timeline.trace().events().iter();
        events
            .filter(|e| e.kind != Kind::Acted)
            .map(|e| (e.at, e.kind, e.who))
            .collect()
    };
    assert_eq!(times(&before)[..4_000], times(&after)[..4_000]);
}

#[test]
fn actions_come_before_events_of_the_same_instant() {
    let (mut scenario, ann, _) = two("local");
    scenario.at_ms(100, deposit(ann, 20));
    let run = Run::new(scenario, 7);
    let arrives = ms(101);
    let run = run.fork(arrives, Action::Kill(NORTH));
    let timeline = Timeline::of(run).expect("it runs");
    assert_eq!(losses(&timeline, Loss::NobodyThere), 1);
}

#[test]
fn a_cut_catches_what_has_not_passed_the_middle() {
    for (cut_at, lost) in [(104_000, 1), (107_000, 0)] {
        let (mut scenario, ann, _) = two("local");
        scenario.set("phone-every", 60_000_000);
        scenario.script.push(Timed {
            at: Micros(99_000),
            action: deposit(ann, 20),
        });
        let cut = Action::Cut {
            a: Mask::of(NORTH),
            b: Mask::of(SOUTH),
        };
        scenario.script.push(Timed {
            at: Micros(cut_at),
            action: cut,
        });
        let timeline = play(scenario);
        // The call to South leaves at 100 ms and passes the middle at 105.
        let of_the_call = of_kind(&timeline, Kind::Dropped)
            .iter()
            .filter(|event| event.who == SOUTH && event.at == ms(105))
            .count();
        assert_eq!(of_the_call, lost, "cut at {cut_at} µs");
    }
}

#[test]
fn a_mended_line_lets_pass_what_had_not_reached_the_cut() {
    let (mut scenario, ann, _) = two("local");
    scenario.script.push(Timed {
        at: Micros(99_000),
        action: deposit(ann, 20),
    });
    let cut = Action::Cut {
        a: Mask::of(NORTH),
        b: Mask::of(SOUTH),
    };
    scenario.script.push(Timed {
        at: Micros(101_000),
        action: cut,
    });
    scenario.script.push(Timed {
        at: Micros(103_000),
        action: Action::Heal,
    });
    assert_eq!(losses(&play(scenario), Loss::Cut), 0);
}

#[test]
fn a_one_way_cut_silences_one_direction() {
    let (mut scenario, ann, _) = two("local");
    scenario.at_ms(
        50,
        Action::OneWay {
            from: Mask::of(SOUTH),
            to: Mask::of(NORTH),
        },
    );
    scenario.at_ms(100, deposit(ann, 20));
    let timeline = play(scenario);
    let heard: Vec<Endpoint> = of_kind(&timeline, Kind::Delivered)
        .iter()
        .filter(|event| event.peer.0 < 2)
        .map(|event| event.who)
        .collect();
    assert!(heard.contains(&SOUTH) && !heard.contains(&NORTH));
}

#[test]
fn a_killed_process_is_noticed_and_a_dead_machine_is_not() {
    for (action, noticed) in [(Action::Kill(NORTH), 1), (Action::PowerOff(NORTH), 0)] {
        let (mut scenario, ..) = two("local");
        scenario.links.stream = true;
        scenario.at_ms(300, action);
        let timeline = play(scenario);
        let gone = of_kind(&timeline, Kind::Disconnected);
        assert_eq!(gone.len(), noticed);
        assert!(
            gone.iter()
                .all(|event| event.who == SOUTH && event.at == ms(310))
        );
    }
}

#[test]
fn a_stream_keeps_its_order_and_loses_nothing_to_chance() {
    let (mut scenario, ann, _) = two("local");
    scenario.links = LinkSpec::datagrams(ms(1), ms(80));
    scenario.links.stream = true;
    scenario.links.loss = Ratio { hits: 1, of: 3 };
    for number in 0..30 {
        scenario.at_ms(50 + number * 10, deposit(ann, 1));
    }
    scenario.length = ms(4_000);
    let timeline = play(scenario);
    assert_eq!(losses(&timeline, Loss::Chance), 0);
    let heard: Vec<u32> = of_kind(&timeline, Kind::Delivered)
        .iter()
        .filter(|event| (event.peer, event.who) == (NORTH, SOUTH))
        .map(|event| event.number)
        .collect();
    assert!(heard.len() >= 30);
    assert!(heard.windows(2).all(|pair| pair[0] < pair[1]), "{heard:?}");
}

#[test]
fn a_stream_stalls_in_a_cut_and_goes_on_after_it() {
    let (mut scenario, ann, _) = two("local");
    scenario.links.stream = true;
    scenario.set("phone-every", 60_000_000);
    scenario.at_ms(
        90,
        Action::Cut {
            a: Mask::of(NORTH),
            b: Mask::of(SOUTH),
        },
    );
    scenario.at_ms(100, deposit(ann, 20));
    scenario.at_ms(500, Action::Heal);
    let timeline = play(scenario);
    assert_eq!(losses(&timeline, Loss::Cut), 0);
    let heard = of_kind(&timeline, Kind::Delivered);
    let call = heard
        .iter()
        .find(|event| event.who == SOUTH)
        .expect("it gets there in the end");
    assert!(call.at > ms(500), "{}", call.at);
}

#[test]
fn a_stream_goes_on_behind_a_message_that_was_dropped() {
    let (mut scenario, ann, _) = two("local");
    scenario.links = LinkSpec::datagrams(ms(20), ms(20));
    scenario.links.stream = true;
    scenario.set("phone-every", 60_000_000);
    let first = MessageName {
        from: NORTH,
        to: SOUTH,
        number: 0,
    };
    scenario.at_ms(100, deposit(ann, 20));
    scenario.at_ms(105, Action::Hold(first));
    scenario.at_ms(110, deposit(ann, 5));
    let heard = |scenario: &Scenario| {
        let timeline = play(scenario.clone());
        let heard = of_kind(&timeline, Kind::Delivered);
        let of_line = |event: &&Event| (event.peer, event.who) == (NORTH, SOUTH);
        let numbers = heard.iter().filter(of_line).map(|event| event.number);
        numbers.collect::<Vec<_>>()
    };
    assert!(
        heard(&scenario).is_empty(),
        "the second waits for the first"
    );
    scenario.at_ms(400, Action::Drop(first));
    assert_eq!(heard(&scenario), [1]);
}

#[test]
fn a_one_way_cut_lets_a_window_through_a_stream_and_then_stalls_it() {
    let (mut scenario, ann, _) = two("local");
    scenario.links.stream = true;
    scenario.set("phone-every", 60_000_000);
    scenario.length = ms(3_000);
    scenario.at_ms(
        50,
        Action::OneWay {
            from: Mask::of(SOUTH),
            to: Mask::of(NORTH),
        },
    );
    for number in 0..40 {
        scenario.at_ms(100 + number * 20, deposit(ann, 1));
    }
    let timeline = play(scenario);
    let heard = of_kind(&timeline, Kind::Delivered);
    let calls = heard
        .iter()
        .filter(|event| (event.peer, event.who) == (NORTH, SOUTH))
        .count();
    assert_eq!(calls, sim_core::world::STREAM_WINDOW as usize);
}

#[test]
fn a_slow_disk_holds_back_what_rests_on_it_and_a_crash_in_between_loses_both() {
    let (mut scenario, ann, _) = two("local");
    scenario.disk = (ms(30), ms(30));
    scenario.at_ms(100, deposit(ann, 20));
    let calm = play(scenario.clone());
    let persisted = of_kind(&calm, Kind::Persisted)[0];
    assert_eq!((persisted.who, persisted.at), (NORTH, ms(131)));
    let told = of_kind(&calm, Kind::Replied)[0];
    assert_eq!(
        told.at,
        ms(132),
        "the answer leaves when the line is durable"
    );

    scenario
        .at_ms(120, Action::PowerOff(NORTH))
        .at_ms(200, Action::Restart(NORTH));
    let crashed = play(scenario);
    assert_eq!(
        outcome(&crashed, 0),
        Outcome::Open,
        "nobody confirmed what was never durable"
    );
    assert_eq!(crashed.last().node_view(NORTH).value, "80");
    assert_eq!(crashed.last().fate(OpId(0)), Fate::Absent);
}

#[test]
fn a_pause_keeps_inputs_and_a_crash_forgets_memory() {
    let (mut scenario, ann, _) = two("local");
    scenario.at_ms(50, Action::Pause(NORTH));
    scenario.at_ms(100, deposit(ann, 20));
    scenario.at_ms(400, Action::Resume(NORTH));
    let timeline = play(scenario);
    assert_eq!(of_kind(&timeline, Kind::Waits).len(), 1);
    assert_eq!(of_kind(&timeline, Kind::Replied)[0].at, ms(401));
    assert_eq!(outcome(&timeline, 0), Outcome::Told(Answer::Done));
}

#[test]
fn an_unknown_outcome_has_a_fate() {
    // The line is sent out to be accepted, then North is cut off for good: nobody can say; South has it.
    let (mut scenario, ann, _) = two("all");
    scenario.length = ms(4_000);
    scenario.at_ms(100, deposit(ann, 20));
    scenario.at_ms(
        135,
        Action::Cut {
            a: Mask::of(NORTH),
            b: Mask::of(SOUTH),
        },
    );
    let mut timeline = play(scenario.clone());
    assert_eq!(outcome(&timeline, 0), Outcome::Unknown);
    assert_eq!(timeline.world_at(ms(4_000)).fate(OpId(0)), Fate::Undecided);
    scenario.at_ms(2_000, Action::Heal);
    let healed = play(scenario);
    assert_eq!(outcome(&healed, 0), Outcome::Unknown, "Ann left at 1.1 s");
    assert_eq!(healed.last().fate(OpId(0)), Fate::Happened);
}

#[test]
fn one_message_can_be_dropped_doubled_delayed_held_and_released() {
    let (mut scenario, ann, _) = two("local");
    scenario.set("phone-every", 60_000_000);
    scenario.at_ms(100, deposit(ann, 20));
    let call = MessageName {
        from: NORTH,
        to: SOUTH,
        number: 0,
    };
    let arrivals = |action: Action| -> Vec<Micros> {
        let run = Run::new(scenario.clone(), 7).fork(ms(105), action);
        let timeline = Timeline::of(run).expect("it runs");
        let heard = of_kind(&timeline, Kind::Delivered);
        heard
            .iter()
            .filter(|e| (e.peer, e.who) == (NORTH, SOUTH))
            .map(|e| e.at)
            .collect()
    };
    assert_eq!(arrivals(Action::Drop(call)), []);
    assert_eq!(arrivals(Action::Duplicate(call)), [ms(111), ms(115)]);
    assert_eq!(arrivals(Action::Delay(call, ms(50))), [ms(161)]);
    assert_eq!(arrivals(Action::Hold(call)), []);
    let held = Run::new(scenario.clone(), 7)
        .fork(ms(105), Action::Hold(call))
        .fork(ms(300), Action::Release(call));
    let timeline = Timeline::of(held).expect("it runs");
    let heard = of_kind(&timeline, Kind::Delivered);
    assert!(
        heard
            .iter()
            .any(|event| event.who == SOUTH && event.at >= ms(300))
    );
}

#[test]
fn what_no_longer_applies_had_no_effect() {
    let (mut scenario, ann, _) = two("local");
    let gone = MessageName {
        from: NORTH,
        to: SOUTH,
        number: 99,
    };
    scenario
        .at_ms(10, Action::Restart(NORTH))
        .at_ms(11, Action::Heal)
        .at_ms(12, Action::Drop(gone))
        .at_ms(13, Action::Resume(SOUTH))
        .at_ms(14, Action::Kill(Endpoint(9)))
        .at_ms(15, Action::Kill(ann))
        .at_ms(
            16,
            Action::Member {
                node: NORTH,
                joins: true,
            },
        )
        .at_ms(17, deposit(NORTH, 5))
        .at_ms(18, deposit(ann, 1))
        .at_ms(19, deposit(ann, 2));
    let timeline = play(scenario);
    let idle = of_kind(&timeline, Kind::HadNoEffect);
    assert_eq!(idle.len(), 9, "all but the first deposit");
    assert!(
        idle.iter()
            .all(|event| action_of(timeline.trace(), event).is_some())
    );
}

#[test]
fn clocks_drift_and_jump() {
    let (mut scenario, ann, _) = two("all");
    scenario.links.loss = Ratio { hits: 1, of: 1 };
    scenario.at_ms(
        50,
        Action::Skew {
            node: NORTH,
            offset_us: 3_000,
            drift_ppm: 500_000,
        },
    );
    scenario.at_ms(100, deposit(ann, 20));
    let timeline = play(scenario);
    let gave_up = of_kind(&timeline, Kind::TimerFired)
        .into_iter()
        .find(|event| event.detail == 1)
        .expect("North gives up");
    // A clock that runs half again as fast counts 300 ms in 200.
    assert_eq!(gave_up.at, ms(301));
    let (_, wall, offset, drift) = timeline.last().clocks(NORTH);
    assert_eq!((offset, drift), (3_000, 500_000));
    assert!(wall > timeline.reached().0 as i64 + 3_000);
}

#[test]
fn loss_and_duplication_are_what_the_ratio_says() {
    let mut scenario = catalogue::find("bank-five-load").expect("in the catalogue");
    scenario.links.loss = Ratio { hits: 1, of: 10 };
    scenario.links.duplication = Ratio { hits: 1, of: 20 };
    let timeline = play(scenario);
    let between = |event: &&Event| event.peer.0 < 5 && event.who.0 < 5;
    let sent = of_kind(&timeline, Kind::Sent)
        .iter()
        .filter(between)
        .count();
    let lost = losses(&timeline, Loss::Chance);
    let copies = of_kind(&timeline, Kind::Delivered)
        .iter()
        .filter(between)
        .filter(|event| event.number >= MessageName::COPY)
        .count();
    assert!(sent > 2_000, "{sent}");
    assert!((sent / 13..sent / 8).contains(&lost), "{lost} of {sent}");
    assert!(
        (sent / 27..sent / 15).contains(&copies),
        "{copies} of {sent}"
    );
}

#[test]
fn causes_lead_back_to_the_person_and_forth_again() {
    let timeline = play(catalogue::find("bank-two").expect("in the catalogue"));
    let told = timeline
        .trace()
        .events()
        .iter()
        .position(|event| event.kind == Kind::Replied);
    let told = EventId(told.expect("Ann hears an answer") as u32);
    let chain: Vec<EventId> = timeline.trace().causes(told).collect();
    let first = timeline
        .trace()
        .get(*chain.last().expect("it has causes"))
        .expect("in range");
    assert_eq!(first.kind, Kind::Invoked);
    for pair in chain.windows(2) {
        assert!(
            timeline
                .trace()
                .effects(pair[1])
                .any(|effect| effect == pair[0])
        );
    }
}

#[test]
fn every_event_has_words() {
    for seed in 0..40 {
        let run = sample::run("ledger", seed).expect("registered");
        let timeline = Timeline::of(run).expect("it runs");
        let scenario = &timeline.run().scenario;
        let words = Words::new(timeline.trace(), timeline.names(), scenario).expect("registered");
        for id in 0..timeline.trace().len() {
            let sentence = words.sentence(EventId(id));
            assert!(
                sentence.ends_with('.') && sentence.len() > 8,
                "{sentence:?}"
            );
            assert!(!sentence.contains("“”"), "{sentence:?}");
        }
    }
}

#[test]
fn a_run_beyond_its_limits_is_refused_by_name() {
    let mut scenario = catalogue::find("bank-five-load").expect("in the catalogue");
    scenario.length = Micros::from_ms(600_000);
    scenario.loads[0].gap_min = ms(10);
    scenario.loads[0].gap_max = ms(10);
    scenario.loads[0].until = scenario.length;
    match Timeline::of(Run::new(scenario, 1)) {
        Err(error @ RunError::TooManyEvents) => assert!(error.to_string().contains("200000")),
        other => panic!(
            "expected a refusal, got {:?}",
            other.map(|t| t.trace().len())
        ),
    }
}

#[test]
fn a_run_ends_one_tail_after_its_last_action() {
    let (scenario, ..) = two("local");
    let run = Run::new(scenario, 1);
    assert_eq!(run.end(), ms(1_000));
    assert_eq!(run.fork(ms(300), Action::Heal).end(), ms(1_000));
    assert_eq!(run.fork(ms(900), Action::Heal).end(), ms(1_400));
}
