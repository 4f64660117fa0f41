//! Members and their quorums.

use crate::units::{ENDPOINTS_MAX, Endpoint, Mask};

/// The nodes whose votes count.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Members(pub Mask);

impl Members {
    /// How many make a majority.
    pub const fn majority(self) -> u32 {
        self.0.count() / 2 + 1
    }

    /// How many decide: more than half; where that rule is off, just half, and two quorums need not share a node.
    pub fn quorum(self, is_more_than_half: bool) -> u32 {
        match is_more_than_half {
            true => self.majority(),
            false => (self.0.count() / 2).max(1),
        }
    }

    /// Whether a node is one of them.
    pub const fn has(self, node: Endpoint) -> bool {
        self.0.contains(node)
    }

    /// How many of `these` are members.
    pub const fn count(self, these: Mask) -> u32 {
        Mask(self.0.0 & these.0).count()
    }

    /// The most that `quorum` of them have, or more.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn most_of(self, quorum: u32, of: &dyn Fn(Endpoint) -> u64) -> Option<u64> {
        let mut all = [0; ENDPOINTS_MAX as usize];
        let mut count = 0;
        for member in self.0.iter() {
            all[count] = of(member);
            count += 1;
        }
        let all = &mut all[..count];
        all.sort_unstable();
        let place = all.len().checked_sub(quorum as usize)?;
        all.get(place).copied()
    }

    /// Those of one and not of the other: one node joins, or leaves.
    #[must_use]
    pub const fn changed(self, node: Endpoint, joins: bool) -> Self {
        if joins {
            Self(self.0.with(node))
        } else {
            Self(self.0.without(Mask::of(node)))
        }
    }

    /// Whether every majority of these meets every majority of the others. It does unless there are enough nodes
    /// together for two majorities side by side.
    pub const fn meet(self, other: Self) -> bool {
        let together = Mask(self.0.0 | other.0.0).count();
        self.majority() + other.majority() > together
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bits: u32) -> Members {
        Members(Mask(bits))
    }

    #[test]
    fn one_node_more_or_less_and_majorities_meet() {
        for bits in 1..512_u32 {
            for node in 0..9 {
                let (old, new) = (of(bits), of(bits ^ 1 << node));
                assert!(new.0.is_empty() || old.meet(new), "{bits:b} {node}");
            }
        }
    }

    #[test]
    fn two_nodes_more_and_majorities_may_miss_each_other() {
        assert!(!of(0b00111).meet(of(0b11111)));
        assert!(of(0b01111).meet(of(0b10111)));
        assert!(!of(0b0011).meet(of(0b1100)));
    }
}
