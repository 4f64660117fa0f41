//! Random runs of single-decree Paxos in bad weather: with all rules on nothing that is promised is broken, clients'
//! histories are linearizable, and everything worth seeing is seen; without a rule it is found what that is for.

mod weathered;

const PROTOCOL: &str = "paxos";

#[test]
fn with_all_rules_on_nothing_is_broken_and_everything_is_seen() {
    weathered::all_is_kept_and_seen(PROTOCOL, 1_500);
}

#[test]
fn without_a_rule_it_is_found_what_that_is_for() {
    weathered::each_rule_is_needed(PROTOCOL, 500);
}
