//! The protocols that have been added so far.

use super::{Entry, NAMES};
use once_cell::race::OnceRef;

/// In the order of the registry.
static SHELF: [OnceRef<'static, Entry>; NAMES.len()] = [const { OnceRef::new() }; NAMES.len()];

/// Those that are here, in the order of the registry.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    SHELF.iter().filter_map(OnceRef::get)
}

/// Puts a protocol where the engine finds it. A second time changes nothing.
pub fn add(entry: &'static Entry) {
    let places = NAMES.iter().zip(&SHELF);
    for (_, place) in places.filter(|((name, _), _)| *name == entry.spec.name) {
        let _ = place.set(entry);
    }
}
