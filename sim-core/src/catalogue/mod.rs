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

/// Every id that pages offer and what it is called, protocol by protocol: also of those whose protocol is not here. One
/// text, so that a page which does not offer them does not load them with the scenarios that it plays.
const LIST: &str = "\
bank-two: Two branches, one book\n\
bank-two-cut: Two branches, and the line between them goes dead\n\
bank-three: Three branches, and most must agree\n\
bank-three-cut: Three branches, and South is cut off\n\
bank-write-read: Write at A, read at B\n\
bank-race: Both withdraw the same money\n\
bank-five: Five branches, and most must agree\n\
bank-five-load: Five branches under steady load\n\
bank-card-app: A card and an app of one person\n\
cart-two-tabs: Two tabs, one cart\n\
cart-timer-lag: To the primary for a while, and a lag that is longer\n\
cart-promotion-lost: The primary dies, and a replica takes over\n\
cart-one-user: Near a replica, far from the primary\n\
cart-two-devices: Two devices, two seconds\n\
cart-load: A primary and two replicas under steady load\n\
raft-three: Three servers elect a leader\n\
raft-five: Five servers, and the leader dies\n\
raft-five-load: Five servers under steady load, and the leader dies\n\
raft-five-cut: Five servers, and the leader is cut off with one other\n\
raft-lock-paused: The holder of a lock stands still\n\
raft-lease-drift: A lease, and clocks that drift too far\n\
raft-etcd-cut: etcd: the leader is cut off\n\
raft-members: A server joins, another leaves\n";

/// Every id that pages offer, and what it is called.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIST.lines().filter_map(|line| line.split_once(": "))
}

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
        let named = scenarios().map(|entry| (entry.id, entry.title));
        assert!(named.eq(list()));
    }
}
