//! Every protocol that there is. Adding one is a folder and a line in [`REGISTRY`].

pub mod ledger;
#[cfg(feature = "carts")]
pub mod primary_replica;

use crate::protocol::{Protocol, ProtocolSpec};
use crate::scenario::Scenario;
use crate::world::Reader;
use crate::world::actors::{Actors, Typed};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A protocol as the engine sees it.
struct Entry {
    spec: &'static ProtocolSpec,
    reader: Reader,
    build: fn(&Scenario) -> Box<dyn Actors>,
}

const fn entry<P: Protocol>(spec: &'static ProtocolSpec) -> Entry {
    Entry {
        spec,
        reader: Reader::of::<P>(),
        build: Typed::<P>::boxed,
    }
}

static REGISTRY: &[Entry] = &[
    entry::<ledger::Ledger>(&ledger::Ledger::SPEC),
    #[cfg(feature = "carts")]
    entry::<primary_replica::PrimaryReplica>(&primary_replica::PrimaryReplica::SPEC),
];

fn find(name: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.spec.name == name)
}

/// What the protocol of that name says of itself.
pub fn spec(name: &str) -> Option<&'static ProtocolSpec> {
    find(name).map(|entry| entry.spec)
}

/// How the bytes of that protocol's messages and notes are read.
pub fn reader(name: &str) -> Option<Reader> {
    find(name).map(|entry| entry.reader)
}

/// Every protocol's name, in the order of the registry (which links rely on: append only).
pub fn names() -> Vec<&'static str> {
    REGISTRY.iter().map(|entry| entry.spec.name).collect()
}

/// The protocols that pages hold too.
pub fn in_pages() -> Vec<&'static str> {
    let mut names = names();
    names.retain(|name| *name != "primary-replica");
    names
}

/// The nodes and client handlers of a scenario that was validated.
pub(crate) fn build(scenario: &Scenario) -> Box<dyn Actors> {
    let entry = find(&scenario.protocol).unwrap_or(&REGISTRY[0]);
    (entry.build)(scenario)
}
