//! Every number of nodes that a protocol allows has a stage of its own, wide and tall, at every moment of a run with
//! faults.

use figure::{Scene, Shape, letter, stage};
use sim_core::action::{Action, Timed};
use sim_core::picture::Picture;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::scenario::Scenario;
use sim_core::units::{Endpoint, Mask, Micros};

/// So many nodes and a person at each; the first two are cut off, and one dies.
fn run(protocol: &str, nodes: u8) -> Run {
    let names: Vec<String> = (1..=nodes).map(|n| format!("S{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scenario = Scenario::new(protocol, &names);
    for node in 0..nodes {
        scenario.add_client(&format!("P{node}"), Endpoint(node));
    }
    scenario.length = Micros::from_ms(1_500);
    let side = Mask(0b11 | (0b11 << nodes));
    for (ms, action) in [
        (600, Action::Partition { side }),
        (1_000, Action::Kill(Endpoint(nodes - 1))),
    ] {
        let at = Micros::from_ms(ms);
        scenario.script.push(Timed { at, action });
    }
    Run::new(scenario, 5)
}

#[test]
fn every_number_of_nodes_has_a_stage() {
    let mut drawn = 0;
    for name in protocols::names() {
        let spec = protocols::spec(name).expect("registered");
        for nodes in spec.nodes_min..=spec.nodes_max {
            let mut timeline = Timeline::of(run(name, nodes)).expect("it runs");
            for at in (0..=30).map(|step| Micros::from_ms(step * 50)) {
                let picture = Picture::of(&mut timeline, at);
                let lost = letter::lost(&timeline, at);
                for shape in [Shape::Wide, Shape::Tall] {
                    let scene = Scene {
                        picture: &picture,
                        lost: &lost,
                        id: "x",
                        selected: &|_| false,
                        living: true,
                        calm: false,
                    };
                    let layout = scene.layout(shape);
                    assert_eq!(layout.nodes(), usize::from(nodes), "{}", name);
                    let code = format!("data-target=\"n{}\"", nodes - 1);
                    assert!(stage(&scene, &layout).markup().contains(&code));
                    drawn += 1;
                }
            }
        }
    }
    assert!(drawn > 1_000, "{drawn}");
}
