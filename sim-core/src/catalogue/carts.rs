//! Shopping carts: a primary and its replicas.

use super::{Entry, at_ms, ms, operate, staged};
use crate::action::Action;
use crate::operation::Operation;
use crate::scenario::{LinkSpec, Load, Scenario};
use crate::units::{Endpoint, Mask, Micros};

pub(super) static SCENARIOS: &[Entry] = &[
    // One user, two tabs: what was added in one does not show in the other, so it is added again.
    Entry {
        id: "cart-two-tabs",
        title: "Two tabs, one cart",
        cast: tabs,
        choices: &[("reads", "any"), ("session", "user")],
        length: ms(1_400),
        script: &[
            at_ms(100, add(tabs::A, LAMP)),
            at_ms(180, read(tabs::B)),
            at_ms(300, add(tabs::B, LAMP)),
            at_ms(900, read(tabs::B)),
            at_ms(1_000, read(tabs::A)),
        ],
    },
    // The timer ends before the replica has caught up: what was there is gone again.
    Entry {
        id: "cart-timer-lag",
        title: "To the primary for a while, and a lag that is longer",
        cast: lagging,
        choices: &[("reads", "timer")],
        length: ms(1_600),
        script: &[
            at_ms(100, add(lagging::ANN, LAMP)),
            at_ms(250, read(lagging::ANN)),
            at_ms(500, read(lagging::ANN)),
            at_ms(1_200, read(lagging::ANN)),
        ],
    },
    // Asynchronous replication and a promotion by hand: what the replica had not got is lost, though it was confirmed.
    Entry {
        id: "cart-promotion-lost",
        title: "The primary dies, and a replica takes over",
        cast: shops,
        choices: &[("reads", "any")],
        length: ms(3_000),
        script: &[
            at_ms(100, add(shops::ANN, BOOK)),
            at_ms(
                400,
                Action::Cut {
                    a: shops::DUBLIN,
                    b: shops::BOSTON.with(shops::TOKYO),
                },
            ),
            at_ms(500, add(shops::ANN, LAMP)),
            at_ms(700, Action::PowerOff(Endpoint(0))),
            at_ms(900, Action::Promote(Endpoint(1))),
            at_ms(1_000, add(shops::BEN, MUG)),
            at_ms(1_500, add(shops::BEN, MUG)),
            at_ms(1_800, Action::Heal),
            at_ms(1_900, Action::Restart(Endpoint(0))),
            at_ms(2_500, read(shops::ANN)),
        ],
    },
    // One person near a replica and far from the primary: what it costs to read there, and what when it is gone.
    Entry {
        id: "cart-one-user",
        title: "Near a replica, far from the primary",
        cast: far,
        choices: &[("reads", "any")],
        length: ms(1_600),
        script: &[
            at_ms(100, add(far::ANN, LAMP)),
            at_ms(300, read(far::ANN)),
            at_ms(900, Action::Kill(Endpoint(0))),
            at_ms(1_000, read(far::ANN)),
        ],
    },
    // What one device adds shows on the other two seconds late.
    Entry {
        id: "cart-two-devices",
        title: "Two devices, two seconds",
        cast: devices,
        choices: &[("reads", "any")],
        length: ms(3_200),
        script: &[
            at_ms(100, add(devices::PHONE, HAT)),
            at_ms(400, read(devices::PHONE)),
            at_ms(1_200, read(devices::LAPTOP)),
            at_ms(2_600, read(devices::LAPTOP)),
        ],
    },
    // What the benchmarks play.
    Entry {
        id: "cart-load",
        title: "A primary and two replicas under steady load",
        cast: shops_busy,
        choices: &[("reads", "position")],
        length: ms(60_000),
        script: &[],
    },
];

/// The protocol of the carts.
const CART: &str = "primary-replica";

/// Items, by their place among [`crate::operation::ITEMS`].
const LAMP: u8 = 0;
const MUG: u8 = 1;
const BOOK: u8 = 2;
const HAT: u8 = 4;

const fn add(client: Endpoint, item: u8) -> Action {
    operate(client, Operation::Add { item })
}

const fn read(client: Endpoint) -> Action {
    operate(client, Operation::Read)
}

/// A primary and a replica that shows things late; a tab at each.
fn tabs() -> Scenario {
    let nodes = ["Dublin", "Boston"];
    let mut scenario = staged(CART, &nodes, &["Tab A", "Tab B"], (40, 50), (4, 6));
    scenario.set("apply-after", 200_000);
    scenario.set("resend-after", 400_000);
    scenario
}

mod tabs {
    use super::Endpoint;
    pub const A: Endpoint = Endpoint(2);
    pub const B: Endpoint = Endpoint(3);
}

/// As the tabs, but one person at the replica, which shows things later still.
fn lagging() -> Scenario {
    let mut scenario = staged(CART, &["Dublin", "Boston"], &[], (40, 50), (4, 6));
    scenario.tail = ms(800);
    scenario.add_client("Ann", Endpoint(1));
    scenario.set("primary-for", 300_000);
    scenario.set("apply-after", 600_000);
    scenario.set("resend-after", 400_000);
    scenario
}

mod lagging {
    use super::Endpoint;
    pub const ANN: Endpoint = Endpoint(2);
}

/// One person at a replica that shows things late, with a long way to the primary.
fn far() -> Scenario {
    let mut scenario = staged(CART, &["Dublin", "Boston"], &[], (40, 50), (4, 6));
    let ann = scenario.add_client("Ann", Endpoint(1));
    let long = LinkSpec::datagrams(ms(40), ms(50));
    scenario.special_links = alloc::vec![(ann, Endpoint(0), long), (Endpoint(0), ann, long)];
    scenario.clients[0].patience = ms(400);
    scenario.set("apply-after", 400_000);
    scenario.set("resend-after", 400_000);
    scenario
}

mod far {
    use super::Endpoint;
    pub const ANN: Endpoint = Endpoint(2);
}

/// A phone at the primary, a laptop at a replica that is two seconds behind.
fn devices() -> Scenario {
    let nodes = ["Dublin", "Boston"];
    let mut scenario = staged(CART, &nodes, &["Phone", "Laptop"], (40, 50), (4, 6));
    scenario.set("apply-after", 2_000_000);
    scenario.set("resend-after", 400_000);
    scenario
}

mod devices {
    use super::Endpoint;
    pub const PHONE: Endpoint = Endpoint(2);
    pub const LAPTOP: Endpoint = Endpoint(3);
}

/// A primary and two replicas; Ann at the primary, Ben and Eve at a replica each, and nobody waits long.
fn shops() -> Scenario {
    let nodes = ["Dublin", "Boston", "Tokyo"];
    let mut scenario = staged(CART, &nodes, &["Ann", "Ben", "Eve"], (30, 50), (4, 6));
    for client in &mut scenario.clients {
        client.patience = ms(300);
    }
    scenario.set("resend-after", 200_000);
    scenario
}

mod shops {
    use super::{Endpoint, Mask};
    pub const DUBLIN: Mask = Mask::of(Endpoint(0));
    pub const BOSTON: Mask = Mask::of(Endpoint(1));
    pub const TOKYO: Endpoint = Endpoint(2);
    pub const ANN: Endpoint = Endpoint(3);
    pub const BEN: Endpoint = Endpoint(4);
}

fn shops_busy() -> Scenario {
    let mut scenario = shops();
    scenario.loads.push(Load {
        clients: Mask(0b11_1000),
        from: Micros::ZERO,
        until: ms(60_000),
        gap_min: ms(600),
        gap_max: ms(1_400),
        mix: alloc::vec![
            (2, Operation::Add { item: LAMP }),
            (1, Operation::Add { item: MUG }),
            (3, Operation::Remove { item: LAMP }),
            (1, Operation::Remove { item: MUG }),
            (3, Operation::Read),
        ],
    });
    scenario
}
