//! What random runs in bad weather have to show of any protocol.

use sim_core::explore::sweep::{Found, Outcomes, follow};
use sim_core::explore::weather::{self, Wish};
use sim_core::protocol::ProtocolSpec;
use sim_core::protocols;

fn spec(protocol: &str) -> &'static ProtocolSpec {
    protocols::spec(protocol).expect("it is registered")
}

fn outcomes(protocol: &str, seed: u64, broken: u32) -> Outcomes {
    let nodes = None;
    let run = weather::run(protocol, seed, Wish { nodes, broken }).expect("it is registered");
    follow(&run).expect("bad weather is valid")
}

/// With all rules on nothing is broken in so many runs, everything worth seeing is seen, and more than half of what was
/// asked for is answered.
pub fn all_is_kept_and_seen(protocol: &str, runs: u64) {
    let (mut witnesses, mut asked, mut answered) = (0, 0, 0);
    for seed in 0..runs {
        let came_to = outcomes(protocol, seed, 0);
        assert_eq!(came_to.found, Found::Clean, "seed {seed}");
        witnesses |= came_to.witnesses;
        asked += came_to.asked;
        answered += came_to.answered;
    }
    let all = spec(protocol).witnesses.iter().enumerate();
    let unseen: Vec<_> = all
        .filter(|(bit, _)| witnesses & (1 << bit) == 0)
        .map(|(_, witness)| witness.name)
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    assert!(answered * 2 > asked, "{answered} of {asked} answered");
}

/// Without each rule a run, among the first so many, breaks what it guards before anything else.
pub fn each_rule_is_needed(protocol: &str, within: u64) {
    for (bit, rule) in spec(protocol).rules.iter().enumerate() {
        let guarded = |seed: &u64| match outcomes(protocol, *seed, 1 << bit).found {
            Found::Broken { what, .. } => what == rule.guards,
            _ => false,
        };
        let found = (0..within).find(guarded);
        assert!(found.is_some(), "{} in {within} runs", rule.name);
    }
}
