//! The products in the weather of a sweep: what their settings change breaks no promise.

use sim_core::explore::sweep::{Found, follow};
use sim_core::explore::weather::{self, Wish};
use sim_core::systems;

#[test]
fn no_product_breaks_a_promise() {
    for name in ["etcd", "consul"] {
        let system = systems::find(name).expect("there is such a system");
        let preset = system.scenario(&[]).settings;
        let first = "requests";
        let spec = sim_core::protocols::spec(system.protocol).expect("registered");
        let first = spec.settings.iter().position(|one| one.name == first);
        let first = first.expect("a setting of raft");
        let mut answered = 0;
        for seed in 0..200 {
            let mut run = weather::run("raft", seed, Wish::default()).expect("a run");
            let mut scenario = (*run.scenario).clone();
            for (place, value) in preset.iter().enumerate().skip(first) {
                scenario.set_at(place, *value);
            }
            scenario.choose("check-quorum", "on");
            scenario.choose(
                "reads",
                if name == "etcd" {
                    "read-index"
                } else {
                    "lease"
                },
            );
            // Elections are quick in this weather, and so is whoever gives up.
            scenario.set("request-after", 400_000);
            scenario.set("connection-after", 500_000);
            if name == "consul" {
                scenario.set("lease-after", 80_000);
            }
            run.scenario = std::rc::Rc::new(scenario);
            let outcomes = follow(&run).expect("it runs");
            assert_eq!(outcomes.found, Found::Clean, "{name}, seed {seed}");
            answered += outcomes.answered;
        }
        assert!(answered > 2_000, "{name}: {answered} answered");
    }
}

#[test]
fn zookeeper_breaks_no_promise() {
    let system = systems::find("zookeeper").expect("there is such a system");
    let preset = system.scenario(&[]).settings;
    let spec = sim_core::protocols::spec(system.protocol).expect("registered");
    let mut answered = 0;
    for seed in 0..200 {
        let mut run = weather::run(system.protocol, seed, Wish::default()).expect("a run");
        let mut scenario = (*run.scenario).clone();
        for (place, setting) in spec.settings.iter().enumerate() {
            if setting.name != "store" {
                scenario.set_at(place, preset[place]);
            }
        }
        run.scenario = std::rc::Rc::new(scenario);
        let outcomes = follow(&run).expect("it runs");
        assert_eq!(outcomes.found, Found::Clean, "seed {seed}");
        answered += outcomes.answered;
    }
    assert!(answered > 2_000, "{answered} answered");
}
