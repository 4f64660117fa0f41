//! What is added to and taken from accounts, decided set by set: which of the unknown operations have happened says
//! together with which answers have passed what each account holds, whatever the order. So a way is a set of unknown
//! operations, and all ways at one moment are the bits of one table: with twenty of them, 2²⁰ bits.
//!
//! The search of [`crate::search`] is quicker where orders are found or excluded soon. This takes about as long whatever
//! the numbers are, and only so much memory.

use super::tally::{Act, Timed};
use crate::history::NEVER;
use crate::search::{Found, Otherwise};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// With more unknown operations than this there are too many sets of them.
const OPEN_MAX: usize = 20;
/// With more operations than this under way at once that must be placed, there are too many ways for them alone.
const PENDING_MAX: usize = 10;
/// So many sets are looked at in about the time of a step of the search.
const SETS_A_STEP: usize = 64;

/// The bits of sets: set `s` is bit `s % 64` of word `s / 64`.
type Sets = Vec<u64>;

/// Everything that is under way before a response.
struct Layer {
    due: u32,
    now: u32,
    /// What must be placed and has been invoked, by its bit; [`NEVER`] where there is nothing.
    pending: Rc<[u32]>,
    /// How many unknown operations have been invoked.
    open: usize,
    /// What is in the accounts with what has passed and no unknown operation.
    passed: Vec<i128>,
    /// By which of the pending operations are placed: all sets of unknown ones with which that can be; nothing, if none.
    ways: Vec<Sets>,
}

impl Layer {
    /// Whether one stands so in the next layer when one has passed the response that is due here.
    fn is_left_by(&self, next: &Self, placed: u32, set: usize) -> bool {
        let pairs = self.pending.iter().zip(next.pending.iter());
        let mut with = placed;
        for (bit, (op, after)) in pairs.enumerate() {
            if *op == self.due {
                with |= 1 << bit;
            }
            if op != after && placed & (1 << bit) != 0 {
                return false;
            }
        }
        placed >> self.pending.len() == 0 && has(&self.ways, with, set)
    }
}

/// A decision on the way.
pub struct Subsets<'a> {
    ops: &'a [Timed],
    has_floor: bool,
    /// The unknown operations, in the order of their invocations.
    open: Vec<u32>,
    /// By account: what each set of unknown operations adds to it.
    sums: Vec<Vec<i64>>,
    /// The responses in order.
    returns: Vec<u32>,
    layers: Vec<Layer>,
    /// What of the last layer has been gone on from.
    next: u32,
    bytes: usize,
    bytes_max: usize,
    steps: u64,
}

impl<'a> Subsets<'a> {
    /// Of these operations; `None` where sets are not the way: there are too many, or too much is moved.
    pub fn new(
        ops: &'a [Timed],
        opening: &[i128],
        has_floor: bool,
        bytes_max: usize,
    ) -> Option<Self> {
        let (mut open, mut returns) = (Vec::new(), Vec::new());
        for (number, op) in (0..).zip(ops) {
            match &op.act {
                Act::Nonsense => return None,
                // What is put back at once was there before, which a set does not tell.
                Act::Change([one, other]) if one.0 == other.0 && one.1 * other.1 < 0 => {
                    return None;
                }
                _ => {}
            }
            match op.ended {
                NEVER => open.push(number),
                _ => returns.push(number),
            }
        }
        let accounts = opening.len();
        let bytes = accounts.checked_mul(size_of::<i64>() << open.len().min(OPEN_MAX))?;
        if open.len() > OPEN_MAX || bytes > bytes_max / 2 {
            return None;
        }
        returns.sort_unstable_by_key(|op| ops[*op as usize].ended);
        let mut sums = alloc::vec![alloc::vec![0_i64; 1 << open.len()]; accounts];
        for (bit, op) in open.iter().enumerate() {
            let (first, last) = (1 << bit, 2 << bit);
            for sums in &mut sums {
                sums.copy_within(..first, first);
            }
            if let Act::Change(changes) = &ops[*op as usize].act {
                for (account, amount) in changes {
                    let amount = i64::try_from(*amount).ok()?;
                    for sum in &mut sums[*account as usize][first..last] {
                        *sum = sum.checked_add(amount)?;
                    }
                }
            }
        }
        let mut subsets = Self {
            ops,
            has_floor,
            open,
            sums,
            returns,
            layers: Vec::new(),
            next: 0,
            bytes,
            bytes_max,
            steps: 0,
        };
        subsets
            .lay(opening.to_vec(), alloc::vec![(0, alloc::vec![1])], &[])
            .then_some(subsets)
    }

    /// The layer before the next response, with the ways that lead there. Says whether there is room for it.
    fn lay(&mut self, passed: Vec<i128>, from: Vec<(u32, Sets)>, before: &[u32]) -> bool {
        let Some(&due) = self.returns.get(self.layers.len()) else {
            return true;
        };
        let now = self.ops[due as usize].ended;
        let begun = self.ops.partition_point(|op| op.invoked < now) as u32;
        let mut pending = before.to_vec();
        let since = self.layers.last().map_or(0, |layer| layer.now);
        let fresh = self.ops.partition_point(|op| op.invoked < since) as u32;
        for op in fresh..begun {
            if self.ops[op as usize].ended == NEVER {
                continue;
            }
            match pending.iter().position(|free| *free == NEVER) {
                Some(free) => pending[free] = op,
                None => pending.push(op),
            }
        }
        if pending.len() > PENDING_MAX {
            return false;
        }
        let mut ways = alloc::vec![Sets::new(); 1 << pending.len()];
        for (placed, sets) in from {
            ways[placed as usize] = sets;
        }
        self.next = 0;
        self.layers.push(Layer {
            due,
            now,
            pending: pending.into(),
            open: self.open.partition_point(|op| *op < begun),
            passed,
            ways,
        });
        true
    }

    /// What is in the accounts of a layer with some of its pending operations.
    fn held(&self, layer: &Layer, placed: u32) -> Vec<i128> {
        let mut held = layer.passed.clone();
        for (bit, op) in layer.pending.iter().enumerate() {
            if placed & (1 << bit) != 0 {
                self.add(&mut held, *op);
            }
        }
        held
    }

    fn add(&self, held: &mut [i128], op: u32) {
        if let Act::Change(changes) = &self.ops[op as usize].act {
            for (account, amount) in changes {
                held[*account as usize] += amount;
            }
        }
    }

    /// The sets of the first `open` operations for which what they add to an account is `right`.
    fn keep(&mut self, sets: &mut Sets, open: usize, account: usize, right: impl Fn(i64) -> bool) {
        let sums = &self.sums[account][..1 << open];
        for (word, sums) in sets.iter_mut().zip(sums.chunks(64)) {
            if *word != 0 {
                for (bit, sum) in sums.iter().enumerate() {
                    *word &= !(u64::from(!right(*sum)) << bit);
                }
            }
        }
        self.steps += (sums.len() / SETS_A_STEP) as u64;
    }

    /// The sets with which no account is overdrawn.
    fn allowed(&mut self, held: &[i128], open: usize) -> Sets {
        let mut sets = full(open);
        if self.has_floor {
            for (account, held) in held.iter().enumerate() {
                self.keep(&mut sets, open, account, |sum| held + i128::from(sum) >= 0);
            }
        }
        sets
    }

    /// Goes on from one choice of pending operations: by unknown ones, and by one more of the pending ones.
    fn spread(&mut self, placed: u32) {
        let layer = &self.layers[self.layers.len() - 1];
        let (open, pending) = (layer.open, Rc::clone(&layer.pending));
        let held = self.held(layer, placed);
        let place = self.layers.len() - 1;
        let mut sets = core::mem::take(&mut self.layers[place].ways[placed as usize]);
        let allowed = self.allowed(&held, open);
        sets.resize(allowed.len(), 0);
        close(&mut sets, &allowed, open);
        for (bit, op) in pending.iter().enumerate() {
            if *op == NEVER || placed & (1 << bit) != 0 {
                continue;
            }
            let mut next = sets.clone();
            match &self.ops[*op as usize].act {
                Act::Told(told) => {
                    for (account, told) in told.clone() {
                        let missing = told - held[account as usize];
                        self.keep(&mut next, open, account as usize, |sum| {
                            i128::from(sum) == missing
                        });
                    }
                }
                _ => {
                    let mut held = held.clone();
                    self.add(&mut held, *op);
                    let allowed = self.allowed(&held, open);
                    each(&mut next, &allowed, |next, allowed| next & allowed);
                }
            }
            if next.iter().any(|word| *word != 0) {
                self.join(place, placed | (1 << bit), next);
            }
        }
        self.bytes += sets.len() * size_of::<u64>();
        self.layers[place].ways[placed as usize] = sets;
    }

    fn join(&mut self, place: usize, placed: u32, sets: Sets) {
        let known = &mut self.layers[place].ways[placed as usize];
        known.resize(known.len().max(sets.len()), 0);
        each(known, &sets, |known, more| known | more);
    }

    /// Passes the response that is due. What was found, if that was the last one, or nothing is left.
    fn pass(&mut self) -> Option<Found> {
        let layer = &self.layers[self.layers.len() - 1];
        let due = layer.pending.iter().position(|op| *op == layer.due)?;
        let mut ways = Vec::new();
        for (placed, sets) in (0..).zip(&layer.ways) {
            if placed & (1 << due) != 0 && !sets.is_empty() {
                ways.push((placed & !(1 << due), sets.clone()));
            }
        }
        if ways.is_empty() {
            return Some(Found::None);
        }
        if self.layers.len() == self.returns.len() {
            return Some(Found::Order(self.order(&ways)));
        }
        let mut passed = layer.passed.clone();
        let mut pending = layer.pending.to_vec();
        self.add(&mut passed, layer.due);
        pending[due] = NEVER;
        match self.lay(passed, ways, &pending) {
            true => None,
            false => Some(Found::TooLarge),
        }
    }

    /// An order that leads to one of these ways behind the last response, found from its end.
    fn order(&self, ways: &[(u32, Sets)]) -> Vec<u32> {
        let mut order = Vec::new();
        let Some((placed, sets)) = ways.first() else {
            return order;
        };
        let first = sets.iter().position(|word| *word != 0).unwrap_or(0);
        let (mut placed, mut set) = (*placed, first * 64 + sets[first].trailing_zeros() as usize);
        let mut place = self.layers.len();
        while place > 0 {
            let layer = &self.layers[place - 1];
            let due = layer.pending.iter().position(|op| *op == layer.due);
            placed |= due.map_or(0, |due| 1 << due);
            self.back(place - 1, &mut placed, &mut set, &mut order);
            place -= 1;
        }
        order.reverse();
        order
    }

    /// Takes back what was placed in a layer, until one stands where it began.
    fn back(&self, place: usize, placed: &mut u32, set: &mut usize, order: &mut Vec<u32>) {
        let layer = &self.layers[place];
        let before = place.checked_sub(1).map(|before| &self.layers[before]);
        loop {
            let is_where_it_began = match before {
                None => *placed == 0 && *set == 0,
                Some(before) => before.is_left_by(layer, *placed, *set),
            };
            if is_where_it_began {
                return;
            }
            let held = self.held(layer, *placed);
            let last = layer.pending.iter().enumerate().find(|(bit, op)| {
                let without = *placed & !(1 << bit);
                *placed != without
                    && has(&layer.ways, without, *set)
                    && self.agrees(**op, &held, *set)
            });
            if let Some((bit, op)) = last {
                *placed &= !(1 << bit);
                order.push(*op);
                continue;
            }
            let open = (0..layer.open).find(|bit| {
                let without = *set & !(1 << bit);
                *set != without && has(&layer.ways, *placed, without)
            });
            // Each way was come by from another.
            let Some(open) = open else { return };
            *set &= !(1 << open);
            order.push(self.open[open]);
        }
    }

    /// Whether an operation that looks was told what is held with a set of unknown operations.
    fn agrees(&self, op: u32, held: &[i128], set: usize) -> bool {
        match &self.ops[op as usize].act {
            Act::Told(told) => told.iter().all(|(account, told)| {
                let account = *account as usize;
                held[account] + i128::from(self.sums[account][set]) == *told
            }),
            _ => true,
        }
    }
}

impl Otherwise for Subsets<'_> {
    fn go_on(&mut self) -> Option<Found> {
        let Some(layer) = self.layers.last() else {
            return Some(Found::Order(Vec::new()));
        };
        if self.bytes > self.bytes_max {
            return Some(Found::TooLarge);
        }
        // With fewer pending operations first: from each of them one goes on to greater numbers only.
        let mut left = layer.ways.iter().skip(self.next as usize);
        let Some(next) = left.position(|sets| !sets.is_empty()) else {
            return self.pass();
        };
        let placed = self.next + next as u32;
        self.next = placed + 1;
        self.spread(placed);
        None
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn deepest(&self) -> u32 {
        self.layers.len().saturating_sub(1) as u32
    }
}

fn has(ways: &[Sets], placed: u32, set: usize) -> bool {
    let word = ways
        .get(placed as usize)
        .and_then(|sets| sets.get(set / 64));
    word.is_some_and(|word| word & (1 << (set % 64)) != 0)
}

fn each(sets: &mut [u64], others: &[u64], join: impl Fn(u64, u64) -> u64) {
    for (word, other) in sets.iter_mut().zip(others) {
        *word = join(*word, *other);
    }
}

/// All sets of so many operations.
fn full(open: usize) -> Sets {
    match open {
        0..6 => alloc::vec![(1 << (1 << open)) - 1],
        _ => alloc::vec![u64::MAX; 1 << (open - 6)],
    }
}

/// The bits of a word whose number has a one at this place.
const WITH: [u64; 6] = [
    0xaaaa_aaaa_aaaa_aaaa,
    0xcccc_cccc_cccc_cccc,
    0xf0f0_f0f0_f0f0_f0f0,
    0xff00_ff00_ff00_ff00,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
];

/// Adds all sets that one comes to from these by one more operation after the other, each time to an allowed set.
fn close(sets: &mut [u64], allowed: &[u64], open: usize) {
    for place in 0..sets.len() {
        let mut word = sets[place];
        for bit in 6..open.max(6) {
            let one = 1 << (bit - 6);
            if place & one != 0 {
                word |= sets[place ^ one] & allowed[place];
            }
        }
        for _ in 0..open.min(6) {
            for (bit, with) in WITH.iter().enumerate().take(open) {
                word |= (word << (1 << bit)) & with & allowed[place];
            }
        }
        sets[place] = word;
    }
}
