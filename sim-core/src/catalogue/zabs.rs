//! Servers that run Zab. Between equals the one with the highest number leads, so scripts are about the last one.

use super::rafts::{self, three};
use super::{Entry, at_ms, ms, operate, staged};
use crate::action::Action;
use crate::operation::{Operation, SYNCED};
use crate::scenario::{LinkSpec, Scenario};
use crate::units::{Endpoint, Mask};

pub(super) static SCENARIOS: &[Entry] = &[
    // An election, an epoch, a session, a write, a read.
    Entry {
        id: "zab-three",
        title: "Three servers begin an epoch",
        cast: || of(rafts::three()),
        choices: &[],
        length: ms(2_000),
        script: rafts::THREE,
    },
    // What the benchmarks play.
    Entry {
        id: "zab-five-load",
        title: "Five servers under steady load, and each falls once",
        cast: || of(rafts::five_busy()),
        choices: &[],
        length: ms(60_000),
        script: rafts::FALLING,
    },
    // Whoever is cut off goes on answering reads, until it has missed its leader or its followers for too long.
    Entry {
        id: "zab-five-cut",
        title: "Five servers, and the leader is cut off with one other",
        cast: || of(rafts::five()),
        choices: &[],
        length: ms(6_000),
        script: &[
            at_ms(900, put(five::ANN, X, 1)),
            at_ms(1_500, Action::Partition { side: five::MINOR }),
            at_ms(1_530, get(five::ANN, X)),
            at_ms(1_600, put(five::ANN, X, 2)),
            at_ms(1_900, put(five::EVE, X, 3)),
            at_ms(3_500, get(five::EVE, X)),
            at_ms(3_600, get(five::ANN, X)),
            at_ms(4_600, Action::Heal),
            at_ms(5_500, get(five::ANN, X)),
        ],
    },
    // The line from the leader to the server that Ann reads from is slow.
    Entry {
        id: "zab-stale-read",
        title: "A local read is old, and a sync before it helps",
        cast: lagging,
        choices: &[],
        length: ms(2_500),
        script: &[
            at_ms(900, get(three::ANN, X)),
            at_ms(1_200, put(three::BEN, X, 1)),
            at_ms(1_290, get(three::ANN, X)),
            at_ms(
                1_310,
                operate(
                    three::ANN,
                    Operation::GetAs {
                        key: X,
                        way: SYNCED,
                    },
                ),
            ),
        ],
    },
    // The holder of a lock is cut off; the leader ends its session, and so the lock.
    Entry {
        id: "zab-lock-session",
        title: "The holder of a lock is cut off, and its session ends",
        cast: || of(rafts::three()),
        choices: &[("store", "lock")],
        length: ms(3_600),
        script: &[
            at_ms(700, operate(three::ANN, Operation::Acquire)),
            at_ms(1_000, Action::Partition { side: three::MINOR }),
            at_ms(1_100, operate(three::BEN, Operation::Acquire)),
            at_ms(1_900, operate(three::BEN, Operation::Acquire)),
            at_ms(
                2_100,
                operate(three::BEN, Operation::GuardedWrite { value: 2 }),
            ),
            at_ms(2_300, Action::Heal),
            at_ms(
                2_400,
                operate(three::ANN, Operation::GuardedWrite { value: 1 }),
            ),
            at_ms(
                2_900,
                operate(three::ANN, Operation::GuardedWrite { value: 1 }),
            ),
        ],
    },
    // The leader loses its power when both others have its proposal, and before any of them knows that it is committed.
    Entry {
        id: "zab-epoch",
        title: "A new leader commits what an earlier epoch proposed",
        cast: exact,
        choices: &[],
        length: ms(2_800),
        script: &[
            at_ms(700, put(three::ANN, X, 1)),
            at_ms(1_000, put(three::ANN, X, 2)),
            at_ms(1_030, Action::PowerOff(Endpoint(2))),
            at_ms(1_900, get(three::BEN, X)),
            at_ms(2_100, Action::Restart(Endpoint(2))),
        ],
    },
    // The leader stands still, and somebody else leads. When it goes on, it proposes what it was asked before it notices.
    Entry {
        id: "zab-deposed",
        title: "A leader that stood still is refused, and drops its proposal",
        cast: exact,
        choices: &[],
        length: ms(3_000),
        script: &[
            at_ms(700, put(three::ANN, X, 1)),
            at_ms(900, get(EVE, X)),
            at_ms(1_000, Action::Pause(Endpoint(2))),
            at_ms(1_002, put(EVE, X, 9)),
            at_ms(1_600, put(three::ANN, X, 2)),
            at_ms(1_800, Action::Resume(Endpoint(2))),
            at_ms(2_700, get(EVE, X)),
        ],
    },
];

/// Somebody with the third of three servers.
const EVE: Endpoint = Endpoint(5);

/// Keys, by their place among [`crate::operation::KEYS`].
const X: u8 = 0;

mod five {
    use super::{Endpoint, Mask};
    pub const ANN: Endpoint = Endpoint(5);
    pub const EVE: Endpoint = Endpoint(7);
    /// The first and the last server, and Ann with them.
    pub const MINOR: Mask = Mask(0b0011_0001);
}

const ZAB: &str = "zab";

const fn put(client: Endpoint, key: u8, value: u8) -> Action {
    operate(client, Operation::Put { key, value })
}

const fn get(client: Endpoint, key: u8) -> Action {
    operate(client, Operation::Get { key })
}

/// The same servers and people, with Zab, which wants lines that keep their order.
fn of(mut scenario: Scenario) -> Scenario {
    scenario.protocol.clear();
    scenario.protocol.push_str(ZAB);
    scenario.version = 1;
    scenario.links.stream = true;
    scenario.client_links.stream = true;
    scenario
}

/// Lines that take exactly as long each time, and people who wait for long.
fn exact() -> Scenario {
    let nodes = ["S1", "S2", "S3"];
    let people = ["Ann", "Ben", "Eve"];
    let mut scenario = of(staged(ZAB, &nodes, &people, (10, 10), (5, 5)));
    for client in &mut scenario.clients {
        client.patience = ms(1_800);
    }
    scenario
}

/// What the leader says reaches the first server late.
fn lagging() -> Scenario {
    let mut scenario = of(rafts::three());
    scenario.set("session-timeout", 1_500_000);
    let slow = LinkSpec {
        latency_min: ms(120),
        latency_max: ms(120),
        ..scenario.links
    };
    scenario
        .special_links
        .push((Endpoint(2), Endpoint(0), slow));
    scenario
}
