//! The deliveries of a queue of which everybody knows what was delivered. First in, first out: an element that is put
//! behind so many others is delivered as many deliveries later, so which delivery that is can be told from how many
//! there have been.

use super::sequence::Timed;
use alloc::vec::Vec;

/// All deliveries.
#[derive(Debug)]
pub struct Deliveries {
    all: Vec<Timed>,
    /// When they ended, in order.
    ends: Vec<u32>,
}

impl Deliveries {
    /// Of these, in the order of their invocations.
    pub fn of(all: Vec<Timed>) -> Self {
        let mut ends: Vec<u32> = all.iter().map(|one| one.ended).collect();
        ends.sort_unstable();
        Self { all, ends }
    }

    /// How many have been placed where all that ended before `now` are.
    pub fn placed(&self, now: u32, is_placed: &dyn Fn(u32) -> bool) -> usize {
        let mut placed = self.ends.partition_point(|end| *end < now);
        let begun = self.all.partition_point(|one| one.invoked < now);
        for one in self.all[..begun].iter().rev() {
            if one.latest < now {
                break;
            }
            placed += usize::from(one.ended >= now && is_placed(one.op));
        }
        placed
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether one can be the delivery of this place, the first being 0.
    pub fn may_be(&self, one: &Timed, place: usize) -> bool {
        let before = self.ends.partition_point(|end| *end < one.invoked);
        let begun = self.all.partition_point(|other| other.invoked <= one.ended);
        before <= place && place < begun
    }
}
