//! What a leader's lease rests on: a server that has let its leader rely on it stands against nobody, whatever timers ran out
//! while it stood still.

use sim_core::action::{Action, Timed};
use sim_core::run::{Run, Timeline};
use sim_core::scenario::{LinkSpec, Scenario};
use sim_core::trace::Kind;
use sim_core::units::{Endpoint, Micros};
use sim_core::words::Words;

/// Three servers with leases. The first is told to lead; the second stands still from 1 s to 1.5 s, so that the time that it
/// waits for its leader runs out meanwhile, with heartbeats before and behind that in what waits for it.
fn run(protocol: &str) -> Run {
    let mut scenario = Scenario::new(protocol, &["S1", "S2", "S3"]);
    scenario.choose("reads", "lease");
    scenario.links = LinkSpec::datagrams(Micros::from_ms(5), Micros::from_ms(5));
    scenario.length = Micros::from_ms(3_000);
    let mut run = Run::new(scenario, 3);
    let at = |ms, action| Timed {
        at: Micros::from_ms(ms),
        action,
    };
    run.actions = vec![
        at(1, Action::Promote(Endpoint(0))),
        at(1_000, Action::Pause(Endpoint(1))),
        at(1_500, Action::Resume(Endpoint(1))),
    ];
    run
}

#[test]
fn who_stood_still_and_hears_its_leader_does_not_stand_against_it() {
    for (protocol, stands) in [
        ("raft", "stands for election"),
        ("multi-paxos", "prepares ballot"),
    ] {
        let timeline = Timeline::of(run(protocol)).expect("it runs");
        let trace = timeline.trace();
        let words = Words::new(trace, timeline.names(), &timeline.run().scenario);
        let words = words.expect("there are words");
        let later = |at: Micros| at > Micros::from_ms(900);
        let mut fired = 0;
        for (number, event) in (0..).zip(trace.events()) {
            let is_of_second = event.who == Endpoint(1) && later(event.at);
            fired += u32::from(is_of_second && event.kind == Kind::TimerFired);
            if event.kind == Kind::Noted && later(event.at) {
                let said = words.sentence(sim_core::units::EventId(number));
                assert!(!said.contains(stands), "{protocol}, {}: {said}", event.at);
            }
        }
        assert!(fired > 0, "{protocol}: its timer ran out");
    }
}
