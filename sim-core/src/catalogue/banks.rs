//! Bank accounts, kept by branches.

use super::{Entry, at_ms, ms, operate, staged};
use crate::action::{Action, MessageName};
use crate::operation::Operation;
use crate::scenario::{Load, Scenario};
use crate::units::{Endpoint, Mask, Micros};

const ALL: &[(&str, &str)] = &[("policy", "all"), ("reads", "refuse")];
const MAJORITY: &[(&str, &str)] = &[("policy", "majority"), ("reads", "refuse")];

/// In the order in which they were added.
pub(super) static SCENARIOS: &[Entry] = &[
    Entry {
        id: "bank-two",
        title: "Two branches, one book",
        cast: two,
        choices: ALL,
        length: ms(2_000),
        script: &[
            at_ms(100, deposit(two::ANN, 20)),
            at_ms(500, balance(two::BEN)),
        ],
    },
    Entry {
        id: "bank-two-cut",
        title: "Two branches, and the line between them goes dead",
        cast: two,
        choices: ALL,
        length: ms(3_000),
        script: &[
            at_ms(100, deposit(two::ANN, 20)),
            at_ms(
                600,
                Action::Cut {
                    a: two::NORTH.with(two::ANN),
                    b: two::SOUTH.with(two::BEN),
                },
            ),
            at_ms(700, deposit(two::ANN, 100)),
            at_ms(800, balance(two::BEN)),
            at_ms(1_400, withdraw(two::BEN, 50)),
            at_ms(2_000, Action::Heal),
            at_ms(2_400, balance(two::BEN)),
        ],
    },
    Entry {
        id: "bank-three",
        title: "Three branches, and most must agree",
        cast: three,
        choices: MAJORITY,
        length: ms(2_500),
        script: &[
            at_ms(100, deposit(three::ANN, 20)),
            at_ms(500, balance(three::BEN)),
            at_ms(900, withdraw(three::EVE, 50)),
        ],
    },
    Entry {
        id: "bank-three-cut",
        title: "Three branches, and South is cut off",
        cast: three,
        choices: MAJORITY,
        length: ms(3_200),
        script: &[
            at_ms(100, deposit(three::ANN, 20)),
            at_ms(
                600,
                Action::Partition {
                    side: three::SOUTH.with(three::BEN),
                },
            ),
            at_ms(700, deposit(three::ANN, 100)),
            at_ms(900, balance(three::BEN)),
            at_ms(1_400, withdraw(three::EVE, 50)),
            at_ms(1_700, withdraw(three::BEN, 60)),
            at_ms(2_200, Action::Heal),
            at_ms(2_600, balance(three::BEN)),
        ],
    },
    // The source lesson's question: a write at one server, a read at another right after it.
    Entry {
        id: "bank-write-read",
        title: "Write at A, read at B",
        cast: write_read,
        choices: &[("policy", "local")],
        length: ms(700),
        script: &[
            at_ms(50, deposit(two::ANN, 20)),
            at_ms(80, balance(two::BEN)),
        ],
    },
    // Both want the same money at the same moment.
    Entry {
        id: "bank-race",
        title: "Both withdraw the same money",
        cast: two,
        choices: &[("policy", "local")],
        length: ms(2_000),
        script: &[
            at_ms(100, withdraw(two::ANN, 80)),
            at_ms(102, withdraw(two::BEN, 80)),
        ],
    },
    Entry {
        id: "bank-five",
        title: "Five branches, and most must agree",
        cast: five,
        choices: MAJORITY,
        length: ms(3_000),
        script: &[
            at_ms(100, deposit(Endpoint(5), 40)),
            at_ms(500, balance(Endpoint(9))),
            at_ms(
                900,
                Action::Partition {
                    side: Mask(0b00_0110_0011),
                },
            ),
            at_ms(1_100, deposit(Endpoint(7), 10)),
            at_ms(1_200, withdraw(Endpoint(6), 30)),
        ],
    },
    // About a request a second from each of five people, for a minute: what the benchmarks play.
    Entry {
        id: "bank-five-load",
        title: "Five branches under steady load",
        cast: five_busy,
        choices: MAJORITY,
        length: ms(60_000),
        script: &[],
    },
    // One person: her card takes money out, and her app asks a second later, at a branch that the call did not reach.
    Entry {
        id: "bank-card-app",
        title: "A card and an app of one person",
        cast: card_app,
        choices: &[("policy", "local"), ("session", "user")],
        length: ms(3_000),
        script: &[
            at_ms(100, withdraw(two::ANN, 100)),
            at_ms(
                112,
                Action::Drop(MessageName {
                    from: Endpoint(0),
                    to: Endpoint(1),
                    number: 0,
                }),
            ),
            at_ms(1_100, balance(two::BEN)),
            at_ms(2_600, balance(two::BEN)),
        ],
    },
];

const fn deposit(client: Endpoint, amount: u32) -> Action {
    operate(client, Operation::Deposit { amount })
}

const fn withdraw(client: Endpoint, amount: u32) -> Action {
    operate(client, Operation::Withdraw { amount })
}

const fn balance(client: Endpoint) -> Action {
    operate(client, Operation::Balance)
}

/// Branches of these names, and a client at each.
fn cast(
    branches: &[&str],
    people: &[&str],
    links: (u64, u64),
    client_links: (u64, u64),
) -> Scenario {
    staged("ledger", branches, people, links, client_links)
}

/// Branches at the two ends of a phone line; Ann at North, Ben at South.
fn two() -> Scenario {
    cast(&["North", "South"], &["Ann", "Ben"], (20, 30), (4, 6))
}

mod two {
    use super::{Endpoint, Mask};
    pub const NORTH: Mask = Mask::of(Endpoint(0));
    pub const SOUTH: Mask = Mask::of(Endpoint(1));
    pub const ANN: Endpoint = Endpoint(2);
    pub const BEN: Endpoint = Endpoint(3);
}

/// A card at North and an app at South, and a branch that calls again only after a while.
fn card_app() -> Scenario {
    let people = ["Card", "App"];
    let mut scenario = cast(&["North", "South"], &people, (20, 30), (4, 6));
    scenario.set("opening", 100);
    scenario.set("phone-every", 1_500_000);
    scenario
}

fn three() -> Scenario {
    let people = ["Ann", "Eve", "Ben"];
    cast(&["North", "East", "South"], &people, (15, 30), (4, 6))
}

mod three {
    use super::{Endpoint, Mask};
    pub const SOUTH: Mask = Mask::of(Endpoint(2));
    pub const ANN: Endpoint = Endpoint(3);
    pub const EVE: Endpoint = Endpoint(4);
    pub const BEN: Endpoint = Endpoint(5);
}

fn write_read() -> Scenario {
    let mut scenario = cast(&["A", "B"], &["Ann", "Ben"], (60, 60), (5, 5));
    scenario.tail = ms(400);
    scenario.set("phone-every", 200_000);
    scenario
}

fn five() -> Scenario {
    let branches = ["North", "East", "South", "West", "Centre"];
    let people = ["Ann", "Eve", "Ben", "Dan", "Liv"];
    let mut scenario = cast(&branches, &people, (10, 40), (2, 6));
    scenario.tail = ms(1_000);
    scenario
}

fn five_busy() -> Scenario {
    let mut scenario = five();
    scenario.loads.push(Load {
        clients: Mask(0b11_1110_0000),
        from: Micros::ZERO,
        until: ms(60_000),
        gap_min: ms(600),
        gap_max: ms(1_400),
        mix: alloc::vec![
            (3, Operation::Deposit { amount: 10 }),
            (2, Operation::Withdraw { amount: 10 }),
            (3, Operation::Balance),
        ],
    });
    scenario
}
