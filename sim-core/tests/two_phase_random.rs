//! Random runs of two-phase commit in bad weather: with all rules on nothing that is promised is broken, clients' histories
//! are linearizable where reads wait for locks, and everything worth seeing is seen; without its rule it is found what
//! that is for.

mod weathered;

const PROTOCOL: &str = "two-phase-commit";

#[test]
fn with_all_rules_on_nothing_is_broken_and_everything_is_seen() {
    weathered::all_is_kept_and_seen(PROTOCOL, 1_500);
}

#[test]
fn without_a_rule_it_is_found_what_that_is_for() {
    weathered::each_rule_is_needed(PROTOCOL, 500);
}
