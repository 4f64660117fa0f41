//! Spanner: writes that wait until their time is surely past, and reads at whatever server.

use super::rafts::three;
use super::{Entry, at_ms, ms, operate};
use crate::action::{Action, Timed};
use crate::operation::Operation;
use crate::scenario::{ClockSpec, LinkSpec, Scenario};
use crate::systems;
use crate::units::Endpoint;

pub(super) static SCENARIOS: &[Entry] = &[
    // S1's clock is fast and S2's is slow, as far as they may be. Ben reads while the write waits, and when Ann was told.
    Entry {
        id: "multi-truetime",
        title: "TrueTime: a write waits until its time is past",
        cast: || spanner([40_000, -40_000, 0]),
        choices: &[],
        length: ms(3_000),
        script: &[
            FIRST_LEADS,
            at_ms(1_500, put(three::ANN, 1)),
            at_ms(1_560, get(three::BEN)),
            at_ms(1_750, get(three::BEN)),
            at_ms(2_200, put(three::BEN, 2)),
            at_ms(2_400, get(three::ANN)),
        ],
    },
    // S2's clock is further off than S2 believes: Ann was told, and Ben reads as of a moment before that.
    Entry {
        id: "multi-truetime-wrong",
        title: "TrueTime: a clock is further off than it may be",
        cast: || spanner([0, -200_000, 0]),
        choices: &[],
        length: ms(3_000),
        script: &[
            FIRST_LEADS,
            at_ms(1_500, put(three::ANN, 1)),
            at_ms(1_660, get(three::BEN)),
            at_ms(2_300, get(three::BEN)),
        ],
    },
    // The leader is cut off with Ann. The others go on when its lease is over; what Ann asks for waits.
    Entry {
        id: "multi-truetime-cut",
        title: "Spanner: the leader is cut off",
        cast: || spanner([40_000, -40_000, 0]),
        choices: &[],
        length: ms(9_000),
        script: &[
            FIRST_LEADS,
            at_ms(1_500, put(three::BEN, 1)),
            at_ms(2_000, Action::Partition { side: three::MINOR }),
            at_ms(2_100, put(three::ANN, 2)),
            at_ms(2_100, put(three::BEN, 3)),
            at_ms(5_000, get(three::BEN)),
            at_ms(5_200, get(three::ANN)),
            at_ms(6_500, Action::Heal),
            at_ms(8_000, get(three::ANN)),
        ],
    },
];

/// Whoever starts lets a leader rely on it for one lease. Then the first stands, before anybody else does.
const FIRST_LEADS: Timed = at_ms(1_001, Action::Promote(Endpoint(0)));

const fn put(client: Endpoint, value: u8) -> Action {
    operate(client, Operation::Put { key: 0, value })
}

const fn get(client: Endpoint) -> Action {
    operate(client, Operation::Get { key: 0 })
}

/// Three servers of Spanner whose clocks are ahead by so many microseconds, and who believe that theirs is right to 60 ms.
/// Lines take as long each time.
fn spanner(ahead_us: [i64; 3]) -> Scenario {
    let nodes = ["S1", "S2", "S3"];
    let Some(system) = systems::find("spanner") else {
        return Scenario::new("multi-paxos", &nodes);
    };
    let mut scenario = system.scenario(&nodes);
    scenario.set("uncertainty", 60_000);
    scenario.links = LinkSpec::datagrams(ms(10), ms(10));
    scenario.client_links = LinkSpec::datagrams(ms(5), ms(5));
    for (home, name) in [(0, "Ann"), (1, "Ben")] {
        scenario.add_client(name, Endpoint(home));
    }
    for client in &mut scenario.clients {
        client.patience = system.patience;
    }
    for (node, offset_us) in (0..).zip(ahead_us) {
        scenario.clocks.push(ClockSpec {
            node: Endpoint(node),
            offset_us,
            drift_ppm: 0,
        });
    }
    scenario
}
