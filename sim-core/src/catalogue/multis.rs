//! Servers that run Multi-Paxos: what Raft's go through, and what only they have.

use super::rafts::{self, LET_FIRST_LEAD, three};
use super::{Entry, at_ms, ms, operate, staged};
use crate::action::Action;
use crate::operation::Operation;
use crate::scenario::Scenario;
use crate::units::{Endpoint, Mask};

pub(super) static SCENARIOS: &[Entry] = &[
    // Phase 1 once, phase 2 for each command.
    Entry {
        id: "multi-three",
        title: "Three servers and a leader with promises",
        cast: || of(rafts::three()),
        choices: &[],
        length: ms(2_000),
        script: rafts::THREE,
    },
    // A slot is chosen behind one that never left its proposer. Whoever leads next has to fill the hole.
    Entry {
        id: "multi-hole",
        title: "A hole in the log, and a no-op to fill it",
        cast: exact,
        choices: &[],
        length: ms(2_800),
        script: &[
            at_ms(600, LET_FIRST_LEAD),
            at_ms(700, put(three::ANN, 0, 1)),
            at_ms(760, put(three::BEN, 1, 2)),
            at_ms(900, put(three::ANN, 0, 3)),
            at_ms(908, put(three::BEN, 1, 4)),
            // What the leader proposes for Ann reaches nobody; what it proposes for Ben does.
            at_ms(
                910,
                Action::OneWay {
                    from: Mask::of(Endpoint(0)),
                    to: Mask(0b110),
                },
            ),
            at_ms(918, Action::Heal),
            at_ms(945, Action::PowerOff(Endpoint(0))),
            at_ms(2_000, operate(three::BEN, Operation::Get { key: 1 })),
            at_ms(2_100, Action::Restart(Endpoint(0))),
            at_ms(2_500, operate(three::ANN, Operation::Get { key: 0 })),
        ],
    },
    // What the benchmarks play.
    Entry {
        id: "multi-five-load",
        title: "Five servers under steady load, and each falls once",
        cast: || of(rafts::five_busy()),
        choices: &[],
        length: ms(60_000),
        script: rafts::FALLING,
    },
    // Only the larger side goes on.
    Entry {
        id: "multi-five-cut",
        title: "Five servers, and the leader is in the smaller part",
        cast: || of(rafts::five()),
        choices: &[],
        length: ms(6_000),
        script: rafts::CUT,
    },
    Entry {
        id: "multi-lock-paused",
        title: "A paused holder of a lock",
        cast: || of(rafts::three()),
        choices: &[("store", "lock")],
        length: ms(3_200),
        script: rafts::PAUSED,
    },
];

/// The same servers and people, with Multi-Paxos.
fn of(mut scenario: Scenario) -> Scenario {
    scenario.protocol.clear();
    scenario.protocol.push_str(MULTI_PAXOS);
    scenario.version = 1;
    scenario
}

const MULTI_PAXOS: &str = "multi-paxos";

const fn put(client: Endpoint, key: u8, value: u8) -> Action {
    operate(client, Operation::Put { key, value })
}

/// Lines that take exactly as long each time, and people who wait for long.
fn exact() -> Scenario {
    let nodes = ["S1", "S2", "S3"];
    let mut scenario = staged(MULTI_PAXOS, &nodes, &["Ann", "Ben"], (10, 10), (5, 5));
    for client in &mut scenario.clients {
        client.patience = ms(1_800);
    }
    scenario
}
