//! The small words of the simulator: time, endpoints, sets of endpoints, ids.

use alloc::vec::Vec;

pub use checker::Micros;

/// Whoever can send or receive: first the nodes, then the clients, numbered together from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Endpoint(pub u8);

impl Endpoint {
    /// Stands where an event has no second party.
    pub const NONE: Self = Self(u8::MAX);
    /// A role instead of a name, in an action: whichever node leads at that moment, or does what is nearest to it (a primary,
    /// a coordinator, the proposer with the highest ballot). For what puts things right again (restart, resume, mend) it is
    /// the one that was last found so.
    pub const LEADER: Self = Self(31);
    /// The clients whose home the leader is; only where a set is named.
    pub const CLIENTS_OF_LEADER: Self = Self(30);

    /// As an index into a table of endpoints.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The most endpoints (nodes and clients together) that one scenario may have.
pub const ENDPOINTS_MAX: u8 = 24;

/// A set of endpoints, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Mask(pub u32);

impl Mask {
    /// Nobody.
    pub const EMPTY: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self(u32::MAX);

    /// The set of one.
    pub const fn of(endpoint: Endpoint) -> Self {
        Self(if endpoint.0 < 32 { 1 << endpoint.0 } else { 0 })
    }

    /// The set of the first `count`.
    pub const fn first(count: u8) -> Self {
        Self(if count < 32 {
            (1 << count) - 1
        } else {
            u32::MAX
        })
    }

    /// The set of those listed.
    pub fn from_list(endpoints: &[Endpoint]) -> Self {
        endpoints
            .iter()
            .fold(Self::EMPTY, |set, one| set.with(*one))
    }

    /// This set and one more.
    #[must_use]
    pub const fn with(self, endpoint: Endpoint) -> Self {
        Self(self.0 | Self::of(endpoint).0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set holds `endpoint`.
    pub const fn contains(self, endpoint: Endpoint) -> bool {
        self.0 & Self::of(endpoint).0 != 0
    }

    /// How many it holds.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether it holds nobody.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, lowest first.
    pub fn iter(self) -> Members {
        Members(self.0)
    }
}

/// The members of a [`Mask`], lowest first.
#[derive(Clone, Debug)]
pub struct Members(u32);

impl Iterator for Members {
    type Item = Endpoint;
    fn next(&mut self) -> Option<Endpoint> {
        if self.0 == 0 {
            return None;
        }
        let lowest = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(Endpoint(lowest as u8))
    }
}

/// An event's place in the trace, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId(pub u32);

impl EventId {
    /// Stands where an event has no cause: it came from the scenario's own script.
    pub const NONE: Self = Self(u32::MAX);

    /// The id, unless there is none.
    pub const fn some(self) -> Option<Self> {
        if self.0 == u32::MAX { None } else { Some(self) }
    }
}

/// A client operation's number in its run, counted from 0 in the order of invocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OpId(pub u32);

/// A set of operations. Their numbers are dense, so one bit each.
#[derive(Default, Debug)]
pub struct OpSet(Vec<u32>);

impl Clone for OpSet {
    // Out of line: monitors keep several of them.
    #[inline(never)]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl OpSet {
    /// Adds one. Says whether it is new.
    pub fn insert(&mut self, op: OpId) -> bool {
        let is_new = !self.contains(op);
        let place = op.0 as usize / 32;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] |= 1 << (op.0 % 32);
        is_new
    }

    /// Whether it is in the set.
    pub fn contains(&self, op: OpId) -> bool {
        let word = self.0.get(op.0 as usize / 32).copied().unwrap_or(0);
        word & 1 << (op.0 % 32) != 0
    }

    /// How many are in this set and not in `other`.
    pub fn without(&self, other: &Self) -> u32 {
        let others = other.0.iter().chain(core::iter::repeat(&0));
        let pairs = self.0.iter().zip(others);
        pairs
            .map(|(mine, other)| (mine & !other).count_ones())
            .sum()
    }

    /// All of them, in order.
    pub fn to_list(&self) -> Vec<OpId> {
        let all = 0..self.0.len() as u32 * 32;
        all.map(OpId).filter(|op| self.contains(*op)).collect()
    }
}

/// A share of all cases as an exact fraction: `Ratio { of: 1000, hits: 25 }` is 2.5 %.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    /// How many of `of` cases.
    pub hits: u32,
    /// Out of how many; 0 counts as never.
    pub of: u32,
}

impl Ratio {
    /// Not once.
    pub const NEVER: Self = Self { hits: 0, of: 1 };

    /// Whether no case can hit.
    pub const fn is_never(self) -> bool {
        self.hits == 0 || self.of == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn spans_read_as_people_write_them() {
        let words: alloc::vec::Vec<_> = [
            340, 4_000, 4_500, 12_340, 1_000_000, 1_250_000, 1_050_000, 2_500_000,
        ]
        .iter()
        .map(|us| Micros(*us).to_string())
        .collect();
        assert_eq!(
            words,
            [
                "340 µs", "4 ms", "4.5 ms", "12 ms", "1 s", "1.25 s", "1.05 s", "2.5 s"
            ]
        );
    }

    #[test]
    fn a_mask_outside_its_bits_is_empty_not_a_panic() {
        assert!(Mask::of(Endpoint::NONE).is_empty());
        assert_eq!(Mask::from_list(&[Endpoint(1), Endpoint(3)]).count(), 2);
    }
}
