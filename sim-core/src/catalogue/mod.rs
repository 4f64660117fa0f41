//! The scenarios that have a name, a file for what they keep. Ids are for ever; a change that alters a run raises the
//! version.

mod banks;
mod carts;
mod commits;
mod locks;
mod multis;
mod paxoses;
mod rafts;
mod spanners;
mod zabs;

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

/// All of them, protocol by protocol: also those whose protocol is not here.
fn entries() -> impl Iterator<Item = &'static Entry> {
    let all = [
        banks::SCENARIOS,
        carts::SCENARIOS,
        rafts::SCENARIOS,
        paxoses::SCENARIOS,
        multis::SCENARIOS,
        spanners::SCENARIOS,
        commits::SCENARIOS,
        zabs::SCENARIOS,
        locks::SCENARIOS,
    ];
    all.into_iter().flatten()
}

/// Every id and what it is called, whether its protocol is here or not.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str)> {
    entries().map(|entry| (entry.id, entry.title))
}

/// Those that can be played now.
fn scenarios() -> impl Iterator<Item = &'static Entry> {
    entries().filter(|entry| protocols::absent(entry.id).is_none())
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
