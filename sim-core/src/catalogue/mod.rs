//! The scenarios that have a name, a file for what they keep. Ids are for ever; a change that alters a run raises the
//! version.

pub(crate) mod banks;
pub(crate) mod carts;
pub(crate) mod rafts;

use crate::action::{Action, Timed};
use crate::operation::Operation;
use crate::protocols;
use crate::scenario::{LinkSpec, Scenario};
use crate::units::{Endpoint, Micros};
use alloc::string::ToString;
use alloc::vec::Vec;

/// The newest version of a scenario.
pub struct Entry {
    pub(crate) id: &'static str,
    title: &'static str,
    /// Whom it is played with.
    cast: fn() -> Scenario,
    /// Choices that differ from the protocol's own.
    choices: &'static [(&'static str, &'static str)],
    length: Micros,
    script: &'static [Timed],
}

/// Every id that pages offer and what it is called, protocol by protocol: also of those whose protocol is not here.
pub const LIST: [(&str, &str); 15] = [
    ("bank-two", "Two branches, one book"),
    (
        "bank-two-cut",
        "Two branches, and the line between them goes dead",
    ),
    ("bank-three", "Three branches, and most must agree"),
    ("bank-three-cut", "Three branches, and South is cut off"),
    ("bank-write-read", "Write at A, read at B"),
    ("bank-race", "Both withdraw the same money"),
    ("bank-five", "Five branches, and most must agree"),
    ("bank-five-load", "Five branches under steady load"),
    ("bank-card-app", "A card and an app of one person"),
    ("cart-two-tabs", "Two tabs, one cart"),
    (
        "cart-timer-lag",
        "To the primary for a while, and a lag that is longer",
    ),
    (
        "cart-promotion-lost",
        "The primary dies, and a replica takes over",
    ),
    ("cart-one-user", "Near a replica, far from the primary"),
    ("cart-two-devices", "Two devices, two seconds"),
    ("cart-load", "A primary and two replicas under steady load"),
];

fn scenarios() -> impl Iterator<Item = &'static Entry> {
    protocols::all().flat_map(|protocol| protocol.scenarios)
}

/// Every id, protocol by protocol.
pub fn ids() -> impl Iterator<Item = &'static str> {
    scenarios().map(|entry| entry.id)
}

/// The newest version of the scenario of that id.
pub fn find(id: &str) -> Option<Scenario> {
    let entry = scenarios().find(|entry| entry.id == id)?;
    let mut scenario = (entry.cast)();
    scenario.id = entry.id.to_string();
    scenario.title = entry.title.to_string();
    for (setting, choice) in entry.choices {
        scenario.choose(setting, choice);
    }
    scenario.length = entry.length;
    scenario.script.extend_from_slice(entry.script);
    Some(scenario)
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    ids().filter_map(find).collect()
}

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

const fn at_ms(at: u64, action: Action) -> Timed {
    Timed { at: ms(at), action }
}

const fn operate(client: Endpoint, operation: Operation) -> Action {
    Action::Operate { client, operation }
}

fn staged(
    protocol: &str,
    nodes: &[&str],
    people: &[&str],
    links: (u64, u64),
    client_links: (u64, u64),
) -> Scenario {
    let mut scenario = Scenario::new(protocol, nodes);
    scenario.links = LinkSpec::datagrams(ms(links.0), ms(links.1));
    scenario.client_links = LinkSpec::datagrams(ms(client_links.0), ms(client_links.1));
    scenario.tail = ms(800);
    for (home, name) in (0..).zip(people) {
        scenario.add_client(name, Endpoint(home));
    }
    scenario
}

#[cfg(all(test, not(feature = "shelved")))]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_scenario_of_pages() {
        let held = protocols::in_pages();
        let all = protocols::all().filter(|protocol| held.contains(&protocol.name()));
        let named = all.flat_map(|protocol| protocol.scenarios);
        let named = named.map(|entry| (entry.id, entry.title));
        assert!(named.eq(LIST));
    }
}
