//! Things numbered as they are met.

use alloc::collections::BTreeMap;

/// A number for each thing, from 0.
#[derive(Debug)]
pub struct Numbering<T> {
    numbers: BTreeMap<T, u32>,
}

impl<T> Default for Numbering<T> {
    fn default() -> Self {
        Self {
            numbers: BTreeMap::new(),
        }
    }
}

impl<T: Ord> Numbering<T> {
    /// The thing's number, and whether it is new.
    pub fn of(&mut self, thing: T) -> (u32, bool) {
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(thing).or_insert(next);
        (number, number == next)
    }
}
