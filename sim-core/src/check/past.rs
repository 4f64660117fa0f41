//! What comes before what, closed under what follows from it.

use super::sights::Sight;
use alloc::vec::Vec;

/// What comes before what: by operation, all that it comes after, and all that these come after.
#[derive(Clone)]
pub(super) struct Past {
    /// How many operations there are.
    pub(super) count: u32,
    words: usize,
    bits: Vec<u64>,
}

impl Past {
    /// Nothing comes before anything.
    pub(super) fn new(count: usize) -> Self {
        let words = count.div_ceil(64);
        Self {
            count: count as u32,
            words,
            bits: alloc::vec![0; words * count],
        }
    }

    /// Whether `later` comes after `earlier`.
    pub(super) fn has(&self, later: u32, earlier: u32) -> bool {
        self.bits[later as usize * self.words + earlier as usize / 64] & (1 << (earlier % 64)) != 0
    }

    /// Adds one thing to a row.
    pub(super) fn add(&mut self, earlier: u32, later: u32) {
        self.bits[later as usize * self.words + earlier as usize / 64] |= 1 << (earlier % 64);
    }

    /// Adds all of one row to another.
    pub(super) fn join(&mut self, earlier: u32, later: u32) {
        for word in 0..self.words {
            let more = self.bits[earlier as usize * self.words + word];
            self.bits[later as usize * self.words + word] |= more;
        }
    }

    /// Puts operations before another, and before all that comes after it. Says whether that is new.
    pub(super) fn put(&mut self, earlier: &[u32], later: u32) -> bool {
        if earlier.iter().all(|one| self.has(later, *one)) {
            return false;
        }
        let mut more = alloc::vec![0; self.words];
        for one in earlier.iter().filter(|one| !self.has(later, **one)) {
            let row = *one as usize * self.words;
            for (more, bits) in more.iter_mut().zip(&self.bits[row..]) {
                *more |= bits;
            }
            more[*one as usize / 64] |= 1 << (one % 64);
        }
        for number in 0..self.count {
            if number == later || self.has(number, later) {
                let row = number as usize * self.words;
                for (bits, more) in self.bits[row..].iter_mut().zip(&more) {
                    *bits |= more;
                }
            }
        }
        true
    }

    /// Puts what an answer shows before its reader, in the order in which it shows it, and what it shows not to have been
    /// there after. Says whether that is new.
    pub(super) fn show(&mut self, reader: u32, sight: &Sight) -> bool {
        let mut is_new = self.put(&sight.seen, reader);
        if sight.is_ordered {
            for pair in sight.seen.windows(2) {
                is_new |= self.put(&pair[..1], pair[1]);
            }
        }
        for unseen in &sight.unseen {
            is_new |= self.put(&[reader], *unseen);
        }
        is_new
    }

    /// Whether it is no order: something comes after itself.
    pub(super) fn is_cyclic(&self) -> bool {
        (0..self.count).any(|number| self.has(number, number))
    }
}
