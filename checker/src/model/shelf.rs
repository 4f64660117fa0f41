//! Numbers by place, many of them alike but for a few: what a set holds, or a queue.
//!
//! Each is a tree of a fixed shape over the places, and equal parts are kept once (hash consing). So two that hold the
//! same are the same number, and one that differs in one place takes as many new parts as the tree is high.

use crate::HashOf;
use crate::search::mixed;
use alloc::vec::Vec;
use hashbrown::HashTable;

/// What is kept of all of them.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// How high trees are: there are 2ⁿ places.
    height: u32,
    /// Parts by number, from 1; a part is two of the next lower level, or two numbers at the foot. 0 is all zeros.
    parts: Vec<(u32, u32)>,
    numbers: HashTable<u32>,
}

/// Where everything is zero.
pub(super) const EMPTY: u32 = 0;

impl Shelf {
    /// With room for so many places.
    pub(super) fn of(places: usize) -> Self {
        Self {
            height: places.next_power_of_two().trailing_zeros(),
            ..Self::default()
        }
    }

    fn hash((left, right): (u32, u32)) -> u64 {
        mixed(0, u64::from(left) << 32 | u64::from(right))
    }

    /// Two numbers that have one number together.
    pub(super) fn part(&self, number: u32) -> (u32, u32) {
        match number.checked_sub(1) {
            Some(place) => self.parts[place as usize],
            None => (0, 0),
        }
    }

    /// The number of two together.
    pub(super) fn number(&mut self, part: (u32, u32)) -> u32 {
        if part == (0, 0) {
            return EMPTY;
        }
        let parts = &self.parts;
        let like = |known: &u32| parts[*known as usize - 1] == part;
        if let Some(known) = self.numbers.find(Self::hash(part), like) {
            return *known;
        }
        self.parts.push(part);
        let (parts, number) = (&self.parts, self.parts.len() as u32);
        let hash_of: HashOf<'_> = &|known: &u32| Self::hash(parts[*known as usize - 1]);
        self.numbers
            .insert_unique(Self::hash(part), number, hash_of);
        number
    }

    /// Where these numbers stand at these places, which are in order, and zero anywhere else.
    pub(super) fn of_all(&mut self, all: &[(u32, u32)]) -> u32 {
        self.below(self.height, 0, all)
    }

    /// The part of this level that begins at a place.
    fn below(&mut self, level: u32, first: u32, all: &[(u32, u32)]) -> u32 {
        match (all, level.checked_sub(1)) {
            ([], _) => EMPTY,
            ([(_, value), ..], None) => *value,
            (_, Some(below)) => {
                let middle = first + (1 << below);
                let (left, right) = all.split_at(all.partition_point(|(place, _)| *place < middle));
                let part = (
                    self.below(below, first, left),
                    self.below(below, middle, right),
                );
                self.number(part)
            }
        }
    }

    /// What stands at a place.
    pub(super) fn get(&self, of: u32, place: u32) -> u32 {
        let mut at = of;
        for level in (0..self.height).rev() {
            let (left, right) = self.part(at);
            at = if place >> level & 1 == 0 { left } else { right };
        }
        at
    }

    /// The same with another number at a place.
    pub(super) fn with(&mut self, of: u32, place: u32, value: u32) -> u32 {
        let mut way = Vec::new();
        let mut at = of;
        for level in (0..self.height).rev() {
            let (left, right) = self.part(at);
            let is_left = place >> level & 1 == 0;
            way.push((is_left, if is_left { right } else { left }));
            at = if is_left { left } else { right };
        }
        let mut at = value;
        for (is_left, other) in way.into_iter().rev() {
            at = self.number(if is_left { (at, other) } else { (other, at) });
        }
        at
    }

    pub(super) fn bytes(&self) -> usize {
        self.parts.capacity() * size_of::<(u32, u32)>() + self.numbers.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_the_same_is_the_same() {
        for places in [1, 2, 3, 64, 1_000] {
            let mut shelf = Shelf::of(places);
            let mut plain = alloc::vec![0; places];
            let (mut at, mut seen) = (EMPTY, alloc::collections::BTreeMap::new());
            let mut random = 1_u32;
            for _ in 0..2_000 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (place, value) = ((random >> 8) as usize % places, random >> 30);
                plain[place] = value;
                at = shelf.with(at, place as u32, value);
                assert_eq!(shelf.get(at, place as u32), value);
                assert_eq!(*seen.entry(plain.clone()).or_insert(at), at);
                assert_eq!(at == EMPTY, plain.iter().all(|value| *value == 0));
            }
            let all: Vec<(u32, u32)> = (0..).zip(plain.iter().copied()).collect();
            assert_eq!(shelf.of_all(&all), at);
            let each = (0..places).map(|place| shelf.get(at, place as u32));
            assert!(each.eq(plain));
            let many: alloc::collections::BTreeSet<u32> = seen.values().copied().collect();
            assert_eq!(many.len(), seen.len());
        }
    }
}
