//! Watches: a read that is answered when its key is next written, by the server that was asked.

use sim_core::action::{Action, Timed};
use sim_core::catalogue;
use sim_core::check::Verdict;
use sim_core::history::Outcome;
use sim_core::operation::{Answer, Operation};
use sim_core::run::{Run, Timeline};
use sim_core::scenario::Scenario;
use sim_core::units::{Endpoint, Mask, Micros, Ratio};
use sim_core::view::Tone;

const SEEDS: std::ops::Range<u64> = 0..100;
const ANN: Endpoint = Endpoint(3);
const BEN: Endpoint = Endpoint(4);
const WATCH: Operation = Operation::GetAs { key: 0, way: 4 };
const DONE: Outcome = Outcome::Told(Answer::Done);

const fn put(key: u8, value: u8) -> Operation {
    Operation::Put { key, value }
}

fn ask(at_ms: u64, client: Endpoint, operation: Operation) -> Timed {
    at(at_ms, Action::Operate { client, operation })
}

fn at(at_ms: u64, action: Action) -> Timed {
    let at = Micros::from_ms(at_ms);
    Timed { at, action }
}

/// Three servers, Ann with one and Ben with another; `change` says what is otherwise.
fn play(seed: u64, change: impl Fn(&mut Scenario), actions: &[Timed]) -> Timeline {
    let mut scenario = catalogue::find("raft-three").expect("in the catalogue");
    scenario.script.clear();
    scenario.length = Micros::from_ms(10_000);
    for client in &mut scenario.clients {
        client.patience = Micros::from_ms(9_000);
    }
    change(&mut scenario);
    let mut run = Run::new(scenario, seed);
    run.actions = actions.to_vec();
    Timeline::of(run).expect("it runs")
}

fn told(timeline: &Timeline) -> Vec<Outcome> {
    let records = &timeline.history().records;
    records.iter().map(|record| record.outcome).collect()
}

fn is_consistent(timeline: &mut Timeline) -> bool {
    let end = timeline.reached();
    Verdict::of(timeline, end).consistency.tone == Tone::Ok
}

/// Another key, a write that was refused: neither is a change of this one. One that was sent twice is told once.
#[test]
fn a_watch_is_told_of_the_next_write_of_its_key() {
    let swap = |from, to| Operation::CompareAndSet { key: 0, from, to };
    for seed in SEEDS {
        let mut timeline = play(
            seed,
            |scenario| scenario.client_links.duplication = Ratio { hits: 1, of: 2 },
            &[
                ask(900, BEN, put(0, 5)),
                ask(1_500, ANN, WATCH),
                ask(2_000, BEN, put(1, 6)),
                ask(3_000, BEN, swap(7, 8)),
                ask(4_000, BEN, swap(5, 9)),
                ask(5_000, BEN, put(0, 10)),
            ],
        );
        let told_of = timeline.history().records[1];
        assert_eq!(told_of.outcome, Outcome::Told(Answer::Value(9)), "{seed}");
        assert!(told_of.ended > Micros::from_ms(4_000), "seed {seed}");
        assert!(told_of.ended < Micros::from_ms(5_000), "seed {seed}");
        assert!(is_consistent(&mut timeline), "seed {seed}");
        let saw = timeline.saw(told_of.op).expect("a server told");
        let saw: Vec<u32> = saw.to_list().iter().map(|op| op.0).collect();
        assert_eq!(saw, [0, 2, 3, 4], "seed {seed}");
    }
}

/// What came while its server was cut off is told later, the first change first, though more came with it.
#[test]
fn a_watch_tells_the_first_change_however_late() {
    for seed in SEEDS {
        let lead = at(600, Action::Promote(Endpoint(1)));
        let side = Mask::from_list(&[Endpoint(0), ANN]);
        let mut timeline = play(
            seed,
            |_| {},
            &[
                lead,
                ask(1_500, ANN, WATCH),
                at(2_000, Action::Partition { side }),
                ask(3_000, BEN, put(0, 1)),
                ask(4_000, BEN, put(0, 2)),
                at(6_000, Action::Heal),
            ],
        );
        let one = Outcome::Told(Answer::Value(1));
        assert_eq!(told(&timeline), [one, DONE, DONE], "seed {seed}");
        let record = timeline.history().records[0];
        assert!(record.ended > Micros::from_ms(6_000), "seed {seed}");
        // It began before the first write, so a moment lies in it at which this was the value.
        assert!(is_consistent(&mut timeline), "seed {seed}");
        let saw = timeline.saw(record.op).expect("a server told");
        assert_eq!(saw.to_list().len(), 1, "seed {seed}: not the second");
    }
}

/// A server that is brought up to date by a snapshot has no entries to go by.
#[test]
fn a_snapshot_wakes_who_waits_for_what_it_changed() {
    let (mut installed, mut last) = (0, 0);
    for seed in SEEDS {
        let side = Mask::from_list(&[Endpoint(0), ANN]);
        let mut actions = vec![
            at(600, Action::Promote(Endpoint(1))),
            ask(1_500, ANN, WATCH),
            at(2_000, Action::Partition { side }),
        ];
        for value in 1..6 {
            actions.push(ask(2_500 + 500 * u64::from(value), BEN, put(0, value)));
        }
        actions.push(at(7_000, Action::Heal));
        let timeline = play(
            seed,
            |scenario| {
                scenario.set("snapshot-after", 2);
            },
            &actions,
        );
        let spec = timeline.spec();
        let witness = spec.witnesses.iter();
        let mut witness = witness.map(|one| one.name == "snapshot-installed");
        let bit = witness.position(|is_it| is_it).expect("a witness");
        let outcome = told(&timeline)[0];
        if timeline.last().sightings().witnesses & 1 << bit != 0 {
            installed += 1;
            let is_told = matches!(outcome, Outcome::Told(Answer::Value(1..=5)));
            assert!(is_told, "seed {seed}: {outcome:?}");
            last += usize::from(outcome == Outcome::Told(Answer::Value(5)));
        }
    }
    assert!(
        installed > 80 && last > 40,
        "{installed} snapshots, {last} with the last value"
    );
}

/// Who no longer waits says so, and the server forgets them: nothing is sent to them later.
#[test]
fn who_gives_up_is_forgotten() {
    for seed in SEEDS {
        let timeline = play(
            seed,
            |scenario| scenario.clients[0].patience = Micros::from_ms(1_000),
            &[ask(1_500, ANN, WATCH), ask(4_000, BEN, put(0, 1))],
        );
        assert_eq!(told(&timeline), [Outcome::Unknown, DONE], "seed {seed}");
        let events = timeline.trace().events().iter();
        let later = events.filter(|event| event.who == ANN && event.at > Micros::from_ms(4_000));
        assert_eq!(later.count(), 0, "seed {seed}");
    }
}
