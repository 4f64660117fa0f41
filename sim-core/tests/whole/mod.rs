//! What random runs have to show of a protocol whose servers keep a log and have a leader.

use sim_core::action::{Action, Timed};
use sim_core::explore::sample;
use sim_core::explore::sweep::{Found, follow};
use sim_core::explore::weather::{self, Wish};
use sim_core::protocols;
use sim_core::run::Run;
use sim_core::trace::{Recorder, Recording};
use sim_core::units::{Mask, Micros};
use sim_core::world::World;

/// So many runs under every setting, with messages that are dropped, held and doubled one by one.
pub fn sampled_runs_keep_every_promise(protocol: &str, runs: u64) {
    for seed in 0..runs {
        let run = sample::run(protocol, seed).expect("it is registered");
        let came_to = follow(&run).expect("a sampled run is valid");
        assert_eq!(came_to.found, Found::Clean, "seed {seed}");
    }
}

/// There is time after the last fault for an election and for everything to be sent again. A message of a stream that is
/// held for ever, or taken out of it, holds up what comes after it.
fn settled(run: &mut Run, times: &[(&str, u32)]) {
    let holds_up = |timed: &Timed| matches!(timed.action, Action::Hold(_) | Action::Drop(_));
    run.actions.retain(|timed| !holds_up(timed));
    let mut scenario = (*run.scenario).clone();
    for &(name, micros) in times {
        scenario.set(name, micros);
    }
    scenario.tail = Micros::from_ms(12_000);
    run.scenario = scenario.into();
}

/// Once everything is whole again, some server leads, and all come to have applied the same, with these times.
pub fn servers_come_together(protocol: &str, times: &[(&str, u32)]) {
    let mut apart = Vec::new();
    for seed in 400_000..402_000 {
        let mut run = sample::run(protocol, seed).expect("it is registered");
        settled(&mut run, times);
        let mut world = World::new(&run.scenario, run.seed).expect("a sampled scenario is valid");
        let mut recorder = Recorder::new(Recording::Digest);
        let script = run.script(run.end());
        while world.step(&script, &mut recorder) {}
        let names = run.scenario.names();
        let names = sim_core::scenario::names(&names, &run.scenario);
        let nodes = Mask::first(run.scenario.node_count());
        let leads = |node| world.node_view(node).leads.is_some();
        if !world.standing(&names).stale.is_empty() || !nodes.iter().any(leads) {
            apart.push(seed);
        }
    }
    assert!(
        apart.is_empty(),
        "{} runs in which servers did not come together, such as {:?}",
        apart.len(),
        &apart[..apart.len().min(5)]
    );
}

/// Whichever rules are off together, nothing panics, and nobody talks without end.
pub fn no_mixture_runs_away(protocol: &str) {
    let spec = protocols::spec(protocol).expect("it is registered");
    let all = 1 << spec.rules.len();
    for seed in 0..300 {
        let broken = seed as u32 % all;
        let nodes = None;
        let run = weather::run(protocol, seed, Wish { nodes, broken }).expect("it is registered");
        let mut world = World::new(&run.scenario, run.seed).expect("bad weather is valid");
        let mut recorder = Recorder::new(Recording::Digest);
        let script = run.script(run.end());
        while world.step(&script, &mut recorder) {}
        assert!(world.events() < 100_000, "seed {seed}: {}", world.events());
    }
}
