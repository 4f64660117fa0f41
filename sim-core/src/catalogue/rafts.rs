//! Servers that run Raft.

use super::{Entry, at_ms, ms, operate, staged};
use crate::action::{Action, Timed};
use crate::operation::Operation;
use crate::scenario::{ClockSpec, Load, Scenario};
use crate::systems;
use crate::units::{Endpoint, Mask};

/// What they are played with. Their second version: a server writes to its disk once for what it is told once.
fn servers(
    nodes: &[&str],
    people: &[&str],
    links: (u64, u64),
    client_links: (u64, u64),
) -> Scenario {
    let mut scenario = staged(RAFT, nodes, people, links, client_links);
    scenario.version = 2;
    scenario
}

pub(super) static SCENARIOS: &[Entry] = &[
    // An election, a write, a read.
    Entry {
        id: "raft-three",
        title: "Three servers elect a leader",
        cast: three,
        choices: &[],
        length: ms(2_000),
        script: THREE,
    },
    // Whoever was written to before the leader died is still there after the next election.
    Entry {
        id: "raft-five",
        title: "Five servers, and the leader dies",
        cast: five,
        choices: &[],
        length: ms(5_000),
        script: &[
            at_ms(600, LET_FIRST_LEAD),
            at_ms(900, put(five::ANN, X, 1)),
            at_ms(1_500, put(five::BEN, Y, 2)),
            at_ms(2_000, Action::Kill(Endpoint(0))),
            at_ms(2_100, put(five::EVE, X, 3)),
            at_ms(3_500, get(five::EVE, X)),
            at_ms(4_000, Action::Restart(Endpoint(0))),
            at_ms(4_600, get(five::ANN, Y)),
        ],
    },
    // What the benchmarks play.
    Entry {
        id: "raft-five-load",
        title: "Five servers under steady load, and the leader dies",
        cast: five_busy,
        choices: &[("pre-vote", "on"), ("check-quorum", "on")],
        length: ms(60_000),
        script: FALLING,
    },
    // Two servers with their people on one side, three on the other: only the larger side goes on.
    Entry {
        id: "raft-five-cut",
        title: "Five servers, and the leader is cut off with one other",
        cast: five,
        choices: &[],
        length: ms(6_000),
        script: CUT,
    },
    // The holder of a lock stands still, somebody else takes the lock over, and the holder goes on writing.
    Entry {
        id: "raft-lock-paused",
        title: "The holder of a lock stands still",
        cast: three,
        choices: &[("store", "lock")],
        length: ms(3_200),
        script: PAUSED,
    },
    // Clocks drift further than a lease allows for: the old leader answers while there is a new one.
    Entry {
        id: "raft-lease-drift",
        title: "A lease, and clocks that drift too far",
        cast: drifting,
        choices: &[("reads", "lease")],
        length: ms(6_000),
        script: &[
            at_ms(2_000, LET_FIRST_LEAD),
            at_ms(3_000, put(three::BEN, X, 1)),
            at_ms(3_500, get(three::ANN, X)),
            at_ms(4_000, Action::Partition { side: three::MINOR }),
            at_ms(4_700, put(three::BEN, X, 2)),
            at_ms(4_850, get(three::ANN, X)),
        ],
    },
    // As etcd: the leader is cut off with its client, the others go on, and the heal costs them another election.
    Entry {
        id: "raft-etcd-cut",
        title: "etcd: the leader is cut off",
        cast: etcd,
        choices: &[],
        length: ms(20_000),
        script: &[
            at_ms(2_000, LET_FIRST_LEAD),
            at_ms(3_000, put(three::ANN, X, 1)),
            at_ms(4_300, Action::Partition { side: three::MINOR }),
            at_ms(4_301, put(three::ANN, X, 2)),
            at_ms(7_000, put(three::BEN, X, 3)),
            at_ms(
                9_500,
                operate(three::ANN, Operation::GetAs { key: X, way: 3 }),
            ),
            at_ms(10_000, get(three::ANN, X)),
            at_ms(16_000, Action::Heal),
            at_ms(16_100, get(three::BEN, X)),
            at_ms(19_500, get(three::ANN, X)),
        ],
    },
    // One server joins, another leaves, and the leader hands over.
    Entry {
        id: "raft-members",
        title: "A server joins, another leaves",
        cast: joining,
        choices: &[],
        length: ms(4_500),
        script: &[
            at_ms(600, LET_FIRST_LEAD),
            at_ms(900, put(joining::ANN, X, 1)),
            at_ms(
                1_400,
                Action::Member {
                    node: Endpoint(3),
                    joins: true,
                },
            ),
            at_ms(1_800, put(joining::ANN, X, 2)),
            at_ms(
                2_200,
                Action::Member {
                    node: Endpoint(0),
                    joins: false,
                },
            ),
            at_ms(3_600, get(joining::ANN, X)),
        ],
    },
    // All election timers run out at one moment: nobody is elected in that term.
    Entry {
        id: "raft-split-vote",
        title: "Five servers, and the vote is split",
        cast: five,
        choices: &[],
        length: ms(5_000),
        script: &[
            at_ms(600, LET_FIRST_LEAD),
            at_ms(900, put(five::ANN, X, 1)),
            at_ms(2_000, Action::Kill(Endpoint(0))),
            at_ms(2_100, Action::TimeOutTogether),
            at_ms(2_200, put(five::EVE, X, 3)),
            at_ms(4_600, get(five::BEN, X)),
        ],
    },
];

/// A write and a read.
pub(super) const THREE: &[Timed] = &[
    at_ms(700, put(three::ANN, X, 1)),
    at_ms(1_200, get(three::BEN, X)),
];

/// One server after the other dies and is back.
pub(super) const FALLING: &[Timed] = &[
    at_ms(10_000, Action::Kill(Endpoint(0))),
    at_ms(13_000, Action::Restart(Endpoint(0))),
    at_ms(20_000, Action::Kill(Endpoint(1))),
    at_ms(23_000, Action::Restart(Endpoint(1))),
    at_ms(30_000, Action::Kill(Endpoint(2))),
    at_ms(33_000, Action::Restart(Endpoint(2))),
    at_ms(40_000, Action::Kill(Endpoint(3))),
    at_ms(43_000, Action::Restart(Endpoint(3))),
    at_ms(50_000, Action::Kill(Endpoint(4))),
    at_ms(53_000, Action::Restart(Endpoint(4))),
];

/// The leader is cut off with one other and two people, and later the line is whole again.
pub(super) const CUT: &[Timed] = &[
    at_ms(600, LET_FIRST_LEAD),
    at_ms(900, put(five::ANN, X, 1)),
    at_ms(1_500, Action::Partition { side: five::MINOR }),
    at_ms(1_600, put(five::ANN, X, 2)),
    at_ms(1_600, put(five::EVE, X, 3)),
    at_ms(3_500, get(five::EVE, X)),
    at_ms(3_600, get(five::ANN, X)),
    at_ms(4_600, Action::Heal),
    at_ms(5_500, get(five::ANN, X)),
];

/// The holder of a lock stands still, and somebody else takes it over.
pub(super) const PAUSED: &[Timed] = &[
    at_ms(700, operate(three::ANN, Operation::Acquire)),
    at_ms(1_000, Action::Pause(three::ANN)),
    at_ms(1_200, operate(three::BEN, Operation::Release)),
    at_ms(1_500, operate(three::BEN, Operation::Acquire)),
    at_ms(
        1_800,
        operate(three::BEN, Operation::GuardedWrite { value: 2 }),
    ),
    at_ms(2_200, Action::Resume(three::ANN)),
    at_ms(
        2_300,
        operate(three::ANN, Operation::GuardedWrite { value: 1 }),
    ),
];

const RAFT: &str = "raft";

/// Whoever was elected hands over to the first, so that it is the one that a script is about.
pub(super) const LET_FIRST_LEAD: Action = Action::Promote(Endpoint(0));

/// Keys, by their place among [`crate::operation::KEYS`].
const X: u8 = 0;
const Y: u8 = 1;

const fn put(client: Endpoint, key: u8, value: u8) -> Action {
    operate(client, Operation::Put { key, value })
}

const fn get(client: Endpoint, key: u8) -> Action {
    operate(client, Operation::Get { key })
}

pub(super) fn three() -> Scenario {
    let nodes = ["S1", "S2", "S3"];
    servers(&nodes, &["Ann", "Ben"], (10, 20), (4, 6))
}

pub(super) mod three {
    use super::{Endpoint, Mask};
    pub const ANN: Endpoint = Endpoint(3);
    pub const BEN: Endpoint = Endpoint(4);
    /// One server, and Ann with it.
    pub const MINOR: Mask = Mask(0b0_1001);
}

/// Three servers, the first with a clock at half speed, the others with clocks that run half as fast again.
fn drifting() -> Scenario {
    let mut scenario = servers(&["S1", "S2", "S3"], &["Ann", "Ben"], (2, 6), (4, 6));
    scenario.set("election-after", 600_000);
    scenario.set("heartbeat-after", 20_000);
    scenario.set("retry-after", 20_000);
    for (node, drift_ppm) in [(0, -500_000), (1, 500_000), (2, 500_000)] {
        scenario.clocks.push(ClockSpec {
            node: Endpoint(node),
            offset_us: 0,
            drift_ppm,
        });
    }
    scenario
}

/// Three members of etcd, and somebody with each of the first two.
fn etcd() -> Scenario {
    let nodes = ["S1", "S2", "S3"];
    let Some(system) = systems::find("etcd") else {
        return three();
    };
    let mut scenario = system.scenario(&nodes);
    for (home, name) in [(0, "Ann"), (1, "Ben")] {
        scenario.add_client(name, Endpoint(home));
    }
    for client in &mut scenario.clients {
        client.patience = system.patience;
    }
    scenario
}

/// Three members, and a fourth server that is none yet.
fn joining() -> Scenario {
    let mut scenario = servers(&["S1", "S2", "S3", "S4"], &["Ann"], (10, 20), (4, 6));
    scenario.set("members", 3);
    scenario
}

mod joining {
    use super::Endpoint;
    pub const ANN: Endpoint = Endpoint(4);
}

pub(super) fn five() -> Scenario {
    let nodes = ["S1", "S2", "S3", "S4", "S5"];
    let people = ["Ann", "Ben", "Eve"];
    let mut scenario = servers(&nodes, &people, (10, 20), (4, 6));
    // Time for an election, and for another one where votes are split.
    for client in &mut scenario.clients {
        client.patience = ms(1_800);
    }
    scenario
}

mod five {
    use super::{Endpoint, Mask};
    pub const ANN: Endpoint = Endpoint(5);
    pub const BEN: Endpoint = Endpoint(6);
    pub const EVE: Endpoint = Endpoint(7);
    /// Two servers, and Ann and Ben with them.
    pub const MINOR: Mask = Mask(0b0110_0011);
}

pub(super) fn five_busy() -> Scenario {
    let mut scenario = five();
    scenario.loads.push(Load {
        clients: Mask(0b1110_0000),
        from: ms(600),
        until: ms(60_000),
        gap_min: ms(100),
        gap_max: ms(300),
        mix: alloc::vec![
            (3, Operation::Put { key: X, value: 1 }),
            (3, Operation::Put { key: X, value: 2 }),
            (2, Operation::Put { key: Y, value: 3 }),
            (
                2,
                Operation::CompareAndSet {
                    key: X,
                    from: 1,
                    to: 4,
                }
            ),
            (5, Operation::Get { key: X }),
            (2, Operation::Get { key: Y }),
        ],
    });
    scenario
}
