//! Random runs of Zab in bad weather: with all rules on nothing that is promised is broken, clients' histories have an order
//! in which changes keep real time, and everything worth seeing is seen; without a rule it is found what that is for. And
//! once everything is whole again, the servers come together.

mod weathered;
mod whole;

const PROTOCOL: &str = "zab";

#[test]
fn with_all_rules_on_nothing_is_broken_and_everything_is_seen() {
    weathered::all_is_kept_and_seen(PROTOCOL, 600);
}

#[test]
fn without_a_rule_it_is_found_what_that_is_for() {
    weathered::each_rule_is_needed(PROTOCOL, 200);
}

/// Shorter runs under every setting, with messages that are dropped, held and doubled one by one.
#[test]
fn sampled_runs_keep_every_promise() {
    whole::sampled_runs_keep_every_promise(PROTOCOL, 8_000);
}

/// Once everything is whole again, some server leads, and all come to have applied the same.
#[test]
fn servers_come_together_again() {
    whole::servers_come_together(
        PROTOCOL,
        &[
            ("election-after", 900_000),
            ("heartbeat-after", 40_000),
            ("session-timeout", 2_000_000),
        ],
    );
}

/// Whichever rules are off together, nothing panics, and nobody talks without end.
#[test]
fn no_mixture_of_rules_runs_away() {
    whole::no_mixture_runs_away(PROTOCOL);
}
