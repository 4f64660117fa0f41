//! The scenarios that have a name. Ids are for ever; a change that alters a run raises the version.

use crate::action::Action;
use crate::operation::Operation;
use crate::scenario::{LinkSpec, Load, Scenario};
use crate::units::{Endpoint, Mask, Micros};
use alloc::string::ToString;
use alloc::vec::Vec;

/// Builds the newest version of a scenario.
type Build = fn() -> Scenario;

/// Ids in the order in which they were added.
const SCENARIOS: &[(&str, Build)] = &[
    ("bank-two", bank_two),
    ("bank-two-cut", bank_two_cut),
    ("bank-three", bank_three),
    ("bank-three-cut", bank_three_cut),
    ("bank-write-read", bank_write_read),
    ("bank-race", bank_race),
    ("bank-five", bank_five),
    ("bank-five-load", bank_five_load),
];

/// Every id.
pub fn ids() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(id, _)| *id)
}

/// The newest version of the scenario of that id.
pub fn find(id: &str) -> Option<Scenario> {
    let (id, build) = SCENARIOS.iter().find(|(known, _)| *known == id)?;
    let mut scenario = build();
    scenario.id = id.to_string();
    Some(scenario)
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    ids().filter_map(find).collect()
}

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

fn deposit(client: Endpoint, amount: u32) -> Action {
    Action::Operate {
        client,
        operation: Operation::Deposit { amount },
    }
}

fn withdraw(client: Endpoint, amount: u32) -> Action {
    Action::Operate {
        client,
        operation: Operation::Withdraw { amount },
    }
}

fn balance(client: Endpoint) -> Action {
    Action::Operate {
        client,
        operation: Operation::Balance,
    }
}

/// Branches at the two ends of a phone line; Ann at North, Ben at South.
fn two() -> (Scenario, Endpoint, Endpoint) {
    let mut scenario = Scenario::new("ledger", &["North", "South"]);
    scenario.links = LinkSpec::datagrams(ms(20), ms(30));
    scenario.client_links = LinkSpec::datagrams(ms(4), ms(6));
    scenario.length = ms(2_000);
    scenario.tail = ms(800);
    let ann = scenario.add_client("Ann", Endpoint(0));
    let ben = scenario.add_client("Ben", Endpoint(1));
    (scenario, ann, ben)
}

/// A side of a cut: a node and whoever goes there.
fn side(node: Endpoint, client: Endpoint) -> Mask {
    Mask::of(node).with(client)
}

fn bank_two() -> Scenario {
    let (mut scenario, ann, ben) = two();
    scenario.title = "Two branches, one book".to_string();
    scenario.choose("policy", "all").choose("reads", "refuse");
    scenario
        .at_ms(100, deposit(ann, 20))
        .at_ms(500, balance(ben));
    scenario
}

fn bank_two_cut() -> Scenario {
    let (mut scenario, ann, ben) = two();
    scenario.title = "Two branches, and the line between them goes dead".to_string();
    scenario.choose("policy", "all").choose("reads", "refuse");
    scenario.length = ms(3_000);
    scenario
        .at_ms(100, deposit(ann, 20))
        .at_ms(
            600,
            Action::Cut {
                a: side(Endpoint(0), ann),
                b: side(Endpoint(1), ben),
            },
        )
        .at_ms(700, deposit(ann, 100))
        .at_ms(800, balance(ben))
        .at_ms(1_400, withdraw(ben, 50))
        .at_ms(2_000, Action::Heal)
        .at_ms(2_400, balance(ben));
    scenario
}

fn three() -> (Scenario, [Endpoint; 3]) {
    let mut scenario = Scenario::new("ledger", &["North", "East", "South"]);
    scenario.links = LinkSpec::datagrams(ms(15), ms(30));
    scenario.client_links = LinkSpec::datagrams(ms(4), ms(6));
    scenario.length = ms(2_500);
    scenario.tail = ms(800);
    let ann = scenario.add_client("Ann", Endpoint(0));
    let eve = scenario.add_client("Eve", Endpoint(1));
    let ben = scenario.add_client("Ben", Endpoint(2));
    (scenario, [ann, eve, ben])
}

fn bank_three() -> Scenario {
    let (mut scenario, [ann, eve, ben]) = three();
    scenario.title = "Three branches, and most must agree".to_string();
    scenario
        .choose("policy", "majority")
        .choose("reads", "refuse");
    scenario
        .at_ms(100, deposit(ann, 20))
        .at_ms(500, balance(ben))
        .at_ms(900, withdraw(eve, 50));
    scenario
}

fn bank_three_cut() -> Scenario {
    let (mut scenario, [ann, eve, ben]) = three();
    scenario.title = "Three branches, and South is cut off".to_string();
    scenario
        .choose("policy", "majority")
        .choose("reads", "refuse");
    scenario.length = ms(3_200);
    scenario
        .at_ms(100, deposit(ann, 20))
        .at_ms(
            600,
            Action::Partition {
                side: side(Endpoint(2), ben),
            },
        )
        .at_ms(700, deposit(ann, 100))
        .at_ms(900, balance(ben))
        .at_ms(1_400, withdraw(eve, 50))
        .at_ms(1_700, withdraw(ben, 60))
        .at_ms(2_200, Action::Heal)
        .at_ms(2_600, balance(ben));
    scenario
}

/// The source lesson's question: a write at one server, a read at another right after it.
fn bank_write_read() -> Scenario {
    let mut scenario = Scenario::new("ledger", &["A", "B"]);
    scenario.title = "Write at A, read at B".to_string();
    scenario.links = LinkSpec::datagrams(ms(60), ms(60));
    scenario.client_links = LinkSpec::datagrams(ms(5), ms(5));
    scenario.length = ms(700);
    scenario.tail = ms(400);
    scenario
        .choose("policy", "local")
        .set("phone-every", 200_000);
    let ann = scenario.add_client("Ann", Endpoint(0));
    let ben = scenario.add_client("Ben", Endpoint(1));
    scenario.at_ms(50, deposit(ann, 20)).at_ms(80, balance(ben));
    scenario
}

/// Both want the same money at the same moment.
fn bank_race() -> Scenario {
    let (mut scenario, ann, ben) = two();
    scenario.title = "Both withdraw the same money".to_string();
    scenario.choose("policy", "local");
    scenario
        .at_ms(100, withdraw(ann, 80))
        .at_ms(102, withdraw(ben, 80));
    scenario
}

fn five() -> Scenario {
    let names = ["North", "East", "South", "West", "Centre"];
    let mut scenario = Scenario::new("ledger", &names);
    scenario.links = LinkSpec::datagrams(ms(10), ms(40));
    scenario.client_links = LinkSpec::datagrams(ms(2), ms(6));
    for (place, name) in ["Ann", "Eve", "Ben", "Dan", "Liv"].iter().enumerate() {
        scenario.add_client(name, Endpoint(place as u8));
    }
    scenario
}

fn bank_five() -> Scenario {
    let mut scenario = five();
    scenario.title = "Five branches, and most must agree".to_string();
    scenario
        .choose("policy", "majority")
        .choose("reads", "refuse");
    scenario.length = ms(3_000);
    scenario.tail = ms(1_000);
    scenario
        .at_ms(100, deposit(Endpoint(5), 40))
        .at_ms(500, balance(Endpoint(9)))
        .at_ms(
            900,
            Action::Partition {
                side: Mask(0b00_0110_0011),
            },
        )
        .at_ms(1_100, deposit(Endpoint(7), 10))
        .at_ms(1_200, withdraw(Endpoint(6), 30));
    scenario
}

/// About a request a second from each of five people, for a minute: what the benchmarks play.
fn bank_five_load() -> Scenario {
    let mut scenario = five();
    scenario.title = "Five branches under steady load".to_string();
    scenario
        .choose("policy", "majority")
        .choose("reads", "refuse");
    scenario.length = ms(60_000);
    scenario.tail = ms(1_000);
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
