//! Servers that run two-phase commit.

use super::{Entry, at_ms, ms, operate, staged};
use crate::action::Action;
use crate::operation::Operation;
use crate::scenario::Scenario;
use crate::units::{Endpoint, Mask};

pub(super) static SCENARIOS: &[Entry] = &[
    // Both phases, and somebody who reads what it came to.
    Entry {
        id: "commit-both-phases",
        title: "All vote yes, and it is committed",
        cast: four,
        choices: &[],
        length: ms(900),
        script: &[at_ms(50, put(ANN, 7)), at_ms(600, get(EVE))],
    },
    // Two transactions meet at a key: whoever comes second to a manager has its no.
    Entry {
        id: "commit-no-vote",
        title: "Two transactions meet at one key",
        cast: four,
        choices: &[],
        length: ms(1_200),
        script: &[
            at_ms(50, put(ANN, 7)),
            at_ms(80, put(BEN, 8)),
            at_ms(800, get(EVE)),
        ],
    },
    // One of all is dead, and all are needed.
    Entry {
        id: "commit-dead-manager",
        title: "A manager is dead, and nothing can be written",
        cast: four,
        choices: &[],
        length: ms(1_800),
        script: &[
            at_ms(10, Action::PowerOff(S4)),
            at_ms(50, put(ANN, 7)),
            at_ms(700, get(BEN)),
            at_ms(900, Action::Restart(S4)),
            at_ms(1_000, put(ANN, 8)),
        ],
    },
    // The coordinator dies when all have voted: nobody else may decide.
    Entry {
        id: "commit-blocked",
        title: "The coordinator dies, and all are in doubt",
        cast: patient,
        choices: &[],
        length: ms(3_200),
        script: BLOCKED,
    },
    // The same, and all ask one another: nobody knows more.
    Entry {
        id: "commit-blocked-together",
        title: "All ask one another, and all are in doubt",
        cast: patient,
        choices: &[("termination", "cooperative")],
        length: ms(3_200),
        script: BLOCKED,
    },
    // One has not been asked for its vote: it can abort, and tells the others.
    Entry {
        id: "commit-freed",
        title: "One has not voted, and frees the others",
        cast: patient,
        choices: &[("termination", "cooperative")],
        length: ms(3_200),
        script: FREED,
    },
    // The same, but each asks only the coordinator.
    Entry {
        id: "commit-not-freed",
        title: "One has not voted, but nobody asks it",
        cast: patient,
        choices: &[],
        length: ms(3_200),
        script: FREED,
    },
    // The coordinator dies when it has committed and told its client, and nobody else has heard of it.
    Entry {
        id: "commit-only-it-knows",
        title: "It is committed, and only the dead coordinator knows",
        cast: patient,
        choices: &[("termination", "cooperative")],
        length: ms(3_200),
        script: &[
            at_ms(50, put(ANN, 7)),
            // Votes arrive, but what it says to the others is lost.
            at_ms(
                105,
                Action::OneWay {
                    from: Mask::of(S1),
                    to: Mask(0b1110),
                },
            ),
            at_ms(190, Action::PowerOff(S1)),
            at_ms(900, get(EVE)),
            at_ms(2_000, Action::Restart(S1)),
            at_ms(2_000, Action::Heal),
        ],
    },
    // The same, but one has heard of it.
    Entry {
        id: "commit-one-knows",
        title: "One has heard that it is committed",
        cast: patient,
        choices: &[("termination", "cooperative")],
        length: ms(3_200),
        script: &[
            at_ms(50, put(ANN, 7)),
            // Votes arrive, but what it says to S3 and S4 is lost.
            at_ms(
                105,
                Action::OneWay {
                    from: Mask::of(S1),
                    to: Mask(0b1100),
                },
            ),
            at_ms(190, Action::PowerOff(S1)),
            at_ms(900, get(EVE)),
            at_ms(2_000, Action::Restart(S1)),
            at_ms(2_000, Action::Heal),
        ],
    },
];

const BLOCKED: &[crate::action::Timed] = &[
    at_ms(50, put(ANN, 7)),
    // All have voted, and no vote has arrived.
    at_ms(100, Action::PowerOff(S1)),
    at_ms(900, get(BEN)),
    at_ms(2_000, Action::Restart(S1)),
];

const FREED: &[crate::action::Timed] = &[
    // S4 hears nothing of the coordinator.
    at_ms(
        10,
        Action::Cut {
            a: Mask::of(S1),
            b: Mask::of(S4),
        },
    ),
    at_ms(50, put(ANN, 7)),
    at_ms(100, Action::PowerOff(S1)),
    at_ms(900, get(BEN)),
    at_ms(2_000, Action::Restart(S1)),
    at_ms(2_000, Action::Heal),
];

const S1: Endpoint = Endpoint(0);
const S4: Endpoint = Endpoint(3);
const ANN: Endpoint = Endpoint(4);
const BEN: Endpoint = Endpoint(5);
const EVE: Endpoint = Endpoint(6);

const fn put(client: Endpoint, value: u8) -> Action {
    operate(client, Operation::Put { key: 0, value })
}

const fn get(client: Endpoint) -> Action {
    operate(client, Operation::Get { key: 0 })
}

/// A coordinator and three managers, and somebody at each of the first three servers.
fn four() -> Scenario {
    staged(
        "two-phase-commit",
        &["S1", "S2", "S3", "S4"],
        &["Ann", "Ben", "Eve"],
        (30, 40),
        (5, 10),
    )
}

/// The same with people who wait for long, and managers that do not ask all the time.
fn patient() -> Scenario {
    let mut scenario = four();
    for client in &mut scenario.clients {
        client.patience = ms(3_000);
    }
    scenario.set("ask-after", 600_000);
    scenario.set("retry-after", 5_000_000);
    scenario
}
