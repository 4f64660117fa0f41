//! Random runs of two-phase commit in bad weather: with all rules on nothing that is promised is broken, clients' histories
//! are linearizable where reads wait for locks, and everything worth seeing is seen; without its rule it is found what
//! that is for.

use sim_core::explore::sweep::{Found, Outcomes, follow};
use sim_core::explore::weather::{self, Wish};
use sim_core::protocol::ProtocolSpec;
use sim_core::protocols;

const NAME: &str = "two-phase-commit";

fn spec() -> &'static ProtocolSpec {
    protocols::spec(NAME).expect("it is registered")
}

fn outcomes(seed: u64, broken: u32) -> Outcomes {
    let nodes = None;
    let run = weather::run(NAME, seed, Wish { nodes, broken }).expect("it is registered");
    follow(&run).expect("bad weather is valid")
}

#[test]
fn with_all_rules_on_nothing_is_broken_and_everything_is_seen() {
    let (mut witnesses, mut asked, mut answered) = (0, 0, 0);
    for seed in 0..1_500 {
        let came_to = outcomes(seed, 0);
        assert_eq!(came_to.found, Found::Clean, "seed {seed}");
        witnesses |= came_to.witnesses;
        asked += came_to.asked;
        answered += came_to.answered;
    }
    let all = spec().witnesses.iter().enumerate();
    let unseen: Vec<_> = all
        .filter(|(bit, _)| witnesses & (1 << bit) == 0)
        .map(|(_, witness)| witness.name)
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    assert!(answered * 2 > asked, "{answered} of {asked} answered");
}

/// The first violation without each rule, by the seed, is of what the rule guards.
#[test]
fn without_a_rule_it_is_found_what_that_is_for() {
    for (bit, rule) in spec().rules.iter().enumerate() {
        let broken = 1 << bit;
        let guarded = |seed: &u64| match outcomes(*seed, broken).found {
            Found::Broken { what, .. } => what == rule.guards,
            _ => false,
        };
        let found = (0..20_000).find(guarded);
        assert!(
            found.is_some_and(|seed| seed < 500),
            "{}: {found:?}",
            rule.name
        );
    }
}
