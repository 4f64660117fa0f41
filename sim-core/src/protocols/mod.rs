//! Every protocol that there is. Adding one is a folder, a static and a line in each of [`NAMES`] and [`all`].
//!
//! With the feature `shelved` none is there until somebody has [`add`]ed it: a page loads each as a part of its own.

pub mod consensus;
#[cfg(test)]
mod handled;
pub mod ledger;
pub mod lock_service;
pub mod multi_paxos;
pub mod paxos;
pub mod primary_replica;
pub mod raft;
#[cfg(feature = "shelved")]
mod shelf;
pub mod two_phase_commit;
pub mod zab;

use crate::operation::Asks;
use crate::protocol::{Protocol, ProtocolSpec, ReadNote, Wording, note};
use crate::scenario::Scenario;
use crate::world::Reader;
use crate::world::actors::{Actors, Typed};
use alloc::boxed::Box;
use alloc::vec::Vec;

#[cfg(feature = "shelved")]
pub use shelf::add;
#[cfg(feature = "shelved")]
pub(crate) use shelf::all;

/// A protocol as the engine sees it.
pub struct Entry {
    spec: &'static ProtocolSpec,
    reader: Reader,
    build: fn(&Scenario) -> Box<dyn Actors>,
    /// How its operations are spoken of, from the one with this code on.
    asks: (u8, &'static [Asks]),
}

const fn entry<P: Protocol>(spec: &'static ProtocolSpec) -> Entry {
    Entry {
        spec,
        reader: Reader::of::<P>(),
        build: Typed::<P>::boxed,
        asks: spec.store.asks(),
    }
}

/// The ledger.
pub static LEDGER: Entry = entry::<ledger::Ledger>(&ledger::Ledger::SPEC);

/// Primary and replicas.
pub static PRIMARY_REPLICA: Entry =
    entry::<primary_replica::PrimaryReplica>(&primary_replica::PrimaryReplica::SPEC);

/// Raft.
pub static RAFT: Entry = entry::<raft::Raft>(&raft::Raft::SPEC);

/// Paxos, the single decree.
pub static PAXOS: Entry = entry::<paxos::Paxos>(&paxos::Paxos::SPEC);

/// Multi-Paxos.
pub static MULTI_PAXOS: Entry = entry::<multi_paxos::MultiPaxos>(&multi_paxos::MultiPaxos::SPEC);

/// Two-phase commit.
pub static TWO_PHASE_COMMIT: Entry =
    entry::<two_phase_commit::TwoPhaseCommit>(&two_phase_commit::TwoPhaseCommit::SPEC);

/// Zab.
pub static ZAB: Entry = entry::<zab::Zab>(&zab::Zab::SPEC);

/// A lock service: sessions over Multi-Paxos.
pub static LOCK_SERVICE: Entry =
    entry::<lock_service::LockService>(&lock_service::LockService::SPEC);

/// Each protocol's name and how the ids of its scenarios begin, in the order of the registry (which links rely on:
/// append only).
const NAMES: &[(&str, &str)] = &[
    ("ledger", "bank-"),
    ("primary-replica", "cart-"),
    ("raft", "raft-"),
    ("paxos", "paxos-"),
    ("multi-paxos", "multi-"),
    ("two-phase-commit", "commit-"),
    ("zab", "zab-"),
    ("lock-service", "lock-"),
];

/// Those that are here, in that order.
#[cfg(not(feature = "shelved"))]
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    [
        &LEDGER,
        &PRIMARY_REPLICA,
        &RAFT,
        &PAXOS,
        &MULTI_PAXOS,
        &TWO_PHASE_COMMIT,
        &ZAB,
        &LOCK_SERVICE,
    ]
    .into_iter()
}

fn find(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.spec.name == name)
}

/// What the protocol of that name says of itself.
pub fn spec(name: &str) -> Option<&'static ProtocolSpec> {
    find(name).map(|entry| entry.spec)
}

/// What is said of a protocol's settings, rules and invariants; of a name that is none of ours, nothing. Only what calls
/// this holds these words.
pub fn wording(name: &str) -> &'static Wording {
    match name {
        "ledger" => &ledger::WORDING,
        "primary-replica" => &primary_replica::WORDING,
        "raft" => &raft::WORDING,
        "paxos" => &paxos::WORDING,
        "multi-paxos" => &multi_paxos::WORDING,
        "two-phase-commit" => &two_phase_commit::WORDING,
        "zab" => &zab::WORDING,
        "lock-service" => &lock_service::WORDING,
        _ => &Wording::NOTHING,
    }
}

/// How the notes of the protocol of that name are read. Only what calls this holds what they say.
pub(crate) fn read_note(name: &str) -> Option<ReadNote> {
    match name {
        "ledger" => Some(note::<ledger::Ledger>),
        "primary-replica" => Some(note::<primary_replica::PrimaryReplica>),
        "raft" => Some(note::<raft::Raft>),
        "paxos" => Some(note::<paxos::Paxos>),
        "multi-paxos" => Some(note::<multi_paxos::MultiPaxos>),
        "two-phase-commit" => Some(note::<two_phase_commit::TwoPhaseCommit>),
        "zab" => Some(note::<zab::Zab>),
        "lock-service" => Some(note::<lock_service::LockService>),
        _ => None,
    }
}

/// How operations of a kind are spoken of, where a protocol is here that takes them.
pub(crate) fn asks(kind: u8) -> Option<Asks> {
    all().find_map(|entry| {
        let (first, all) = entry.asks;
        all.get(usize::from(kind.wrapping_sub(first))).copied()
    })
}

/// How the bytes of that protocol's messages and notes are read.
pub fn reader(name: &str) -> Option<Reader> {
    find(name).map(|entry| entry.reader)
}

/// Every protocol's name, in the order of the registry.
pub fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).collect()
}

/// The protocol that is called `name`, or whose scenarios' ids begin as the id `name` does: if it is one of ours and has
/// not been added yet.
pub fn absent(name: &str) -> Option<&'static str> {
    let is_it = |(called, ids): &&(&str, &str)| *called == name || name.starts_with(*ids);
    let (called, _) = NAMES.iter().find(is_it)?;
    find(called).is_none().then_some(called)
}

/// The nodes and client handlers of a scenario, if its protocol is here.
pub(crate) fn build(scenario: &Scenario) -> Option<Box<dyn Actors>> {
    Some((find(&scenario.protocol)?.build)(scenario))
}

#[cfg(all(test, not(feature = "shelved")))]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::protocol::SettingKind;

    #[test]
    fn everything_that_is_chosen_has_words() {
        for spec in all().map(|entry| entry.spec) {
            let wording = wording(spec.name);
            assert_eq!(wording.rules.len(), spec.rules.len(), "{}", spec.name);
            assert_eq!(wording.promises.len(), spec.invariants.len());
            assert_eq!(wording.settings.len(), spec.settings.len(), "{}", spec.name);
            for (setting, said) in spec.settings.iter().zip(wording.settings) {
                let count = match setting.kind {
                    SettingKind::Choice(names) => names.len(),
                    _ => 0,
                };
                assert_eq!(said.choices.len(), count, "{}", setting.name);
                assert!(!said.words.is_empty());
            }
        }
    }

    #[test]
    fn names_and_ids_are_those_of_the_protocols() {
        let named = |(entry, (name, ids)): (&Entry, (&str, &str))| {
            assert_eq!(entry.spec.name, name);
            let played = |id: &&str| {
                let scenario = catalogue::find(id).expect("in the catalogue");
                scenario.protocol == name
            };
            for id in catalogue::ids().filter(played) {
                assert!(id.starts_with(ids), "{id}");
            }
        };
        all().zip(NAMES.iter().copied()).for_each(named);
        assert_eq!(all().count(), NAMES.len());
        assert_eq!(absent("ledger"), None);
    }
}
