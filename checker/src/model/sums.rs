//! Whether some of many numbers add up to another.

use alloc::vec::Vec;
use core::cell::Cell;

/// So many sums of one half of the numbers are looked at; with more it is not asked whether they add up.
const MOST: usize = 4_096;

/// Whether some of `parts` may add up to `wanted`, all of them modulo 2⁶⁴. `false`: they do not. `true`: they do, or
/// that was too much to ask. Adds to `work` how many sums were looked at.
///
/// Each half of the parts has its sums (Horowitz & Sahni 1974, "Computing partitions with applications to the knapsack
/// problem"); equal ones count once.
pub fn may_add_up(parts: &[u64], wanted: u64, work: &Cell<u64>) -> bool {
    if wanted == 0 || parts.contains(&wanted) {
        return true;
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    let (Some(left), Some(right)) = (sums(left, work), sums(right, work)) else {
        return true;
    };
    left.iter()
        .any(|one| right.binary_search(&wanted.wrapping_sub(*one)).is_ok())
}

/// The sums of some of the parts, in order.
fn sums(parts: &[u64], work: &Cell<u64>) -> Option<Vec<u64>> {
    let mut sums: Vec<u64> = alloc::vec![0];
    for part in parts {
        let known = sums.len();
        sums.extend_from_within(..);
        for sum in &mut sums[known..] {
            *sum = sum.wrapping_add(*part);
        }
        sums.sort_unstable();
        sums.dedup();
        work.set(work.get() + sums.len() as u64);
        if sums.len() > MOST {
            return None;
        }
    }
    Some(sums)
}
