//! A lock service, and Chubby: what becomes of a lock when its holder, or the master, is gone.

use super::{Entry, at_ms, ms, operate, staged};
use crate::action::{Action, Timed};
use crate::operation::Operation;
use crate::scenario::{LinkSpec, Scenario};
use crate::systems;
use crate::units::{Endpoint, Mask};

pub(super) static SCENARIOS: &[Entry] = &[
    // Sessions are opened, the lock is held, given back, and free at once.
    Entry {
        id: "lock-three",
        title: "A lock, and the sessions that it belongs to",
        cast: three,
        choices: &[("store", "lock")],
        length: ms(2_600),
        script: &[
            FIRST_LEADS,
            at_ms(700, acquire(three::ANN)),
            at_ms(1_100, acquire(three::BEN)),
            at_ms(1_300, guarded(three::ANN, 1)),
            at_ms(1_600, operate(three::ANN, Operation::Release)),
            at_ms(1_700, acquire(three::BEN)),
            at_ms(1_900, guarded(three::BEN, 2)),
        ],
    },
    // The next master is there later than the lease lasts: the session is in jeopardy, and then safe.
    Entry {
        id: "lock-fail-over",
        title: "The master dies, and a session outlives it",
        cast: slow_to_elect,
        choices: &[("store", "lock")],
        length: ms(4_500),
        script: &[
            at_ms(501, Action::Promote(Endpoint(0))),
            at_ms(1_000, acquire(three::ANN)),
            at_ms(1_500, Action::PowerOff(Endpoint(0))),
            at_ms(1_600, guarded(three::ANN, 1)),
            at_ms(3_000, Action::Restart(Endpoint(0))),
            at_ms(3_300, acquire(three::BEN)),
            at_ms(3_700, guarded(three::ANN, 2)),
        ],
    },
    // The holder is cut off: its session ends, the lock is held back, and then somebody else has it.
    Entry {
        id: "lock-delay",
        title: "The holder of a lock is cut off",
        cast: three,
        choices: &[("store", "lock")],
        length: ms(4_200),
        script: &[
            FIRST_LEADS,
            at_ms(700, acquire(three::ANN)),
            at_ms(1_000, acquire(three::BEN)),
            at_ms(
                1_400,
                Action::Partition {
                    side: three::ANN_ALONE,
                },
            ),
            at_ms(1_700, acquire(three::BEN)),
            at_ms(2_100, acquire(three::BEN)),
            at_ms(2_700, acquire(three::BEN)),
            at_ms(2_900, guarded(three::BEN, 2)),
            at_ms(3_100, Action::Heal),
            at_ms(3_200, guarded(three::ANN, 1)),
            at_ms(3_700, guarded(three::ANN, 1)),
        ],
    },
    // No majority for longer than the grace period: the client gives its session up.
    Entry {
        id: "lock-grace-period",
        title: "The grace period is over before there is a master",
        cast: three,
        choices: &[("store", "lock")],
        length: ms(6_500),
        script: &[
            FIRST_LEADS,
            at_ms(700, acquire(three::ANN)),
            at_ms(1_200, Action::PowerOff(Endpoint(1))),
            at_ms(1_210, Action::PowerOff(Endpoint(2))),
            at_ms(1_700, guarded(three::ANN, 1)),
            at_ms(4_000, Action::Restart(Endpoint(1))),
            at_ms(4_010, Action::Restart(Endpoint(2))),
            at_ms(4_900, acquire(three::ANN)),
            at_ms(5_800, acquire(three::ANN)),
        ],
    },
    // The old master cannot answer Ann any more, and does not know whether there is another.
    Entry {
        id: "lock-master-cut",
        title: "The master is cut off with the holder of the lock",
        cast: three,
        choices: &[("store", "lock")],
        length: ms(4_500),
        script: &[
            FIRST_LEADS,
            at_ms(700, acquire(three::ANN)),
            at_ms(900, acquire(three::BEN)),
            at_ms(1_400, Action::Partition { side: three::MINOR }),
            at_ms(1_600, guarded(three::ANN, 1)),
            at_ms(2_000, acquire(three::BEN)),
            at_ms(2_300, Action::Heal),
            at_ms(3_200, acquire(three::BEN)),
            at_ms(3_400, guarded(three::BEN, 2)),
            at_ms(3_700, guarded(three::ANN, 3)),
        ],
    },
    // With Chubby's times: leases of 12 s, a lock-delay of a minute.
    Entry {
        id: "lock-chubby",
        title: "Chubby: the holder of a lock dies",
        cast: chubby,
        choices: &[("store", "lock")],
        length: ms(110_000),
        script: &[
            at_ms(5_001, Action::Promote(Endpoint(0))),
            at_ms(8_000, acquire(five::ANN)),
            at_ms(15_000, acquire(five::BEN)),
            at_ms(
                20_000,
                Action::Partition {
                    side: five::ANN_ALONE,
                },
            ),
            at_ms(30_000, acquire(five::BEN)),
            at_ms(45_000, acquire(five::BEN)),
            at_ms(100_000, acquire(five::BEN)),
        ],
    },
    // The master dies: with a majority of five there is soon another, and no session ends.
    Entry {
        id: "lock-chubby-fail-over",
        title: "Chubby: the master dies",
        cast: chubby,
        choices: &[("store", "lock")],
        length: ms(70_000),
        script: &[
            at_ms(5_001, Action::Promote(Endpoint(0))),
            at_ms(8_000, acquire(five::ANN)),
            at_ms(20_000, Action::PowerOff(Endpoint(0))),
            at_ms(21_000, guarded(five::ANN, 1)),
            at_ms(40_000, acquire(five::BEN)),
            at_ms(60_000, guarded(five::ANN, 2)),
        ],
    },
];

/// Whoever starts lets a master rely on it for one lease. Then the first stands, before anybody else does.
const FIRST_LEADS: Timed = at_ms(151, Action::Promote(Endpoint(0)));

const LOCK_SERVICE: &str = "lock-service";

mod five {
    use super::{Endpoint, Mask};
    pub const ANN: Endpoint = Endpoint(5);
    pub const BEN: Endpoint = Endpoint(6);
    /// Ann, with no server.
    pub const ANN_ALONE: Mask = Mask(0b0010_0000);
}

mod three {
    use super::{Endpoint, Mask};
    pub const ANN: Endpoint = Endpoint(3);
    pub const BEN: Endpoint = Endpoint(4);
    /// The first server, and Ann with it.
    pub const MINOR: Mask = Mask(0b0_1001);
    /// Ann, with no server.
    pub const ANN_ALONE: Mask = Mask(0b0_1000);
}

const fn acquire(client: Endpoint) -> Action {
    operate(client, Operation::Acquire)
}

const fn guarded(client: Endpoint, value: u8) -> Action {
    operate(client, Operation::GuardedWrite { value })
}

/// Three servers; people who wait for long.
fn three() -> Scenario {
    let mut scenario = staged(
        LOCK_SERVICE,
        &["S1", "S2", "S3"],
        &["Ann", "Ben"],
        (10, 20),
        (4, 6),
    );
    for client in &mut scenario.clients {
        client.patience = ms(2_500);
    }
    scenario
}

/// The same, and servers that wait for a silent master for longer than a lease lasts.
fn slow_to_elect() -> Scenario {
    let mut scenario = three();
    scenario.set("election-after", 500_000);
    scenario
}

/// A cell of five servers, as Chubby has them.
fn chubby() -> Scenario {
    let nodes = ["S1", "S2", "S3", "S4", "S5"];
    let mut scenario = match systems::find("chubby") {
        Some(system) => system.scenario(&nodes),
        None => Scenario::new(LOCK_SERVICE, &nodes),
    };
    scenario.client_links = LinkSpec::datagrams(ms(1), ms(2));
    scenario.tail = ms(800);
    for (home, name) in [(0, "Ann"), (1, "Ben")] {
        scenario.add_client(name, Endpoint(home));
    }
    for client in &mut scenario.clients {
        client.patience = ms(60_000);
    }
    scenario
}
