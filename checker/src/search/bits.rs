//! Sets of small numbers, as wide as a history needs.

/// A set of small numbers.
pub(super) trait Bits: Copy + Eq {
    const NONE: Self;
    fn has(&self, bit: u32) -> bool;
    fn put(&mut self, bit: u32);
    fn take(&mut self, bit: u32);
    fn is_within(&self, other: &Self) -> bool;
    fn mix(&self, hash: u64) -> u64;
}

pub(crate) const fn mixed(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 29)
}

impl Bits for u64 {
    const NONE: Self = 0;

    fn has(&self, bit: u32) -> bool {
        self & (1 << bit) != 0
    }

    fn put(&mut self, bit: u32) {
        *self |= 1 << bit;
    }

    fn take(&mut self, bit: u32) {
        *self &= !(1 << bit);
    }

    fn is_within(&self, other: &Self) -> bool {
        self & !other == 0
    }

    fn mix(&self, hash: u64) -> u64 {
        mixed(hash, *self)
    }
}

impl<const N: usize> Bits for [u64; N] {
    const NONE: Self = [0; N];

    fn has(&self, bit: u32) -> bool {
        self[bit as usize / 64].has(bit % 64)
    }

    fn put(&mut self, bit: u32) {
        self[bit as usize / 64].put(bit % 64);
    }

    fn take(&mut self, bit: u32) {
        self[bit as usize / 64].take(bit % 64);
    }

    fn is_within(&self, other: &Self) -> bool {
        self.iter()
            .zip(other)
            .all(|(one, other)| one.is_within(other))
    }

    fn mix(&self, hash: u64) -> u64 {
        self.iter().fold(hash, |hash, word| mixed(hash, *word))
    }
}
