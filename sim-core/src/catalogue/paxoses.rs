//! Servers that run Paxos and agree on one value.

use super::{Entry, at_ms, ms, operate, staged};
use crate::action::Action;
use crate::operation::Operation;
use crate::scenario::Scenario;
use crate::units::{Endpoint, Mask};

pub(super) static SCENARIOS: &[Entry] = &[
    // The basic round, and somebody who reads what it came to.
    Entry {
        id: "paxos-round",
        title: "One proposal, two phases",
        cast: three,
        choices: &[],
        length: ms(900),
        script: &[at_ms(50, put(three::ANN, 7)), at_ms(600, get(three::BEN))],
    },
    // Its proposer dies before it knows what it has brought about: whoever comes next has to finish it.
    Entry {
        id: "paxos-adopt",
        title: "A value that may be chosen has to be proposed again",
        cast: three,
        choices: &[],
        length: ms(1_400),
        script: &[
            at_ms(
                10,
                Action::Cut {
                    a: Mask::of(Endpoint(0)),
                    b: Mask::of(Endpoint(2)),
                },
            ),
            at_ms(50, put(three::ANN, 7)),
            // Its accept has arrived, the answer has not.
            at_ms(180, Action::PowerOff(Endpoint(0))),
            at_ms(400, put(three::EVE, 9)),
            at_ms(1_000, get(three::BEN)),
        ],
    },
    // Each overtakes the one before, in a ring, and nobody ever gets to phase 2 in time.
    Entry {
        id: "paxos-duel",
        title: "Proposers that overtake one another",
        cast: exact,
        choices: &[("back-off", "at-once")],
        length: ms(3_000),
        script: DUEL,
    },
    // The same, but whoever is overtaken waits for a random time.
    Entry {
        id: "paxos-back-off",
        title: "Proposers that wait a random time",
        cast: exact,
        choices: &[],
        length: ms(3_000),
        script: DUEL,
    },
    // The same, but only the first server proposes: the others point to it.
    Entry {
        id: "paxos-one-proposer",
        title: "One proposer, and nobody to overtake it",
        cast: exact_one,
        choices: &[],
        length: ms(3_000),
        script: DUEL,
    },
    // A proposer with one other server asks and asks; where there are three, a value is chosen.
    Entry {
        id: "paxos-minority",
        title: "Two servers cannot choose, three can",
        cast: five,
        choices: &[],
        length: ms(2_600),
        script: &[
            at_ms(10, Action::Partition { side: five::APART }),
            at_ms(50, put(five::ANN, 7)),
            at_ms(300, put(five::DAN, 9)),
            at_ms(1_400, Action::Heal),
            at_ms(2_200, get(five::ANN)),
        ],
    },
];

const DUEL: &[crate::action::Timed] = &[
    at_ms(50, put(three::ANN, 7)),
    at_ms(90, put(three::BEN, 8)),
    at_ms(130, put(three::EVE, 9)),
];

const fn put(client: Endpoint, value: u8) -> Action {
    operate(client, Operation::Put { key: 0, value })
}

const fn get(client: Endpoint) -> Action {
    operate(client, Operation::Get { key: 0 })
}

/// Somebody at each of three servers.
fn three() -> Scenario {
    staged(
        "paxos",
        &["S1", "S2", "S3"],
        &["Ann", "Ben", "Eve"],
        (30, 40),
        (5, 10),
    )
}

mod three {
    use crate::units::Endpoint;

    pub const ANN: Endpoint = Endpoint(3);
    pub const BEN: Endpoint = Endpoint(4);
    pub const EVE: Endpoint = Endpoint(5);
}

/// The same with lines that take exactly as long each time, and people who wait for long.
fn exact() -> Scenario {
    let mut scenario = staged(
        "paxos",
        &["S1", "S2", "S3"],
        &["Ann", "Ben", "Eve"],
        (30, 30),
        (5, 5),
    );
    for client in &mut scenario.clients {
        client.patience = ms(5_000);
    }
    scenario.set("retry-after", 5_000_000);
    scenario
}

fn exact_one() -> Scenario {
    let mut scenario = exact();
    scenario.set("proposers", 1);
    scenario
}

/// Five servers, and somebody at each.
fn five() -> Scenario {
    let mut scenario = staged(
        "paxos",
        &["S1", "S2", "S3", "S4", "S5"],
        &["Ann", "Ben", "Eve", "Dan", "Liv"],
        (30, 40),
        (5, 10),
    );
    for client in &mut scenario.clients {
        client.patience = ms(2_000);
    }
    scenario.set("retry-after", 5_000_000);
    scenario
}

mod five {
    use crate::units::{Endpoint, Mask};

    pub const ANN: Endpoint = Endpoint(5);
    pub const DAN: Endpoint = Endpoint(8);
    /// Ann and Ben with their servers.
    pub const APART: Mask = Mask(0b00011 | 0b00011 << 5);
}
