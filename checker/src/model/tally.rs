//! What is added to and taken from accounts: a counter has one, a bank many, none of which goes below zero.
//!
//! A state is what is in each account. What is to come tells most states apart from those that lead on:
//!
//! - The next who looks is told what is there by then, so what is missing has to be the sum of some changes that are
//!   not placed yet.
//! - Whoever must take something next finds it only if it is there or may be put there first.
//!
//! Both are asked as if nothing else mattered, so no order is lost. And between two who look nothing can have happened
//! but what was under way: where that adds up to no such difference, or where more was taken than there ever was, there
//! is no order at all.

use super::subsets::Subsets;
use super::sums::may_add_up;
use super::{Model, States};
use crate::history::{Ended, NEVER, Op};
use crate::search::{Ahead, Next, Otherwise};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;

/// What an operation does to accounts, which are numbered.
#[derive(Debug)]
pub enum Act {
    /// Adds to accounts; in this order, where something is taken from one and put into another.
    Change([(u32, i128); 2]),
    /// What was in each of some accounts.
    Told(Vec<(u32, i128)>),
    /// An answer that nobody gives.
    Nonsense,
}

impl Act {
    /// Adds to one account.
    pub const fn add(account: u32, amount: i128) -> Self {
        Self::Change([(account, amount), (account, 0)])
    }

    /// What it adds to each account.
    fn each(&self, mut add: impl FnMut(usize, i128)) {
        if let Self::Change(changes) = self {
            for (account, amount) in changes {
                add(*account as usize, *amount);
            }
        }
    }

    /// What it adds to an account.
    fn to(&self, account: u32) -> i128 {
        let Self::Change(changes) = self else {
            return 0;
        };
        let here = changes.iter().filter(|(other, _)| *other == account);
        here.map(|(_, amount)| amount).sum()
    }

    /// Whether both tell of the same accounts.
    fn is_about_the_same(&self, other: &Self) -> bool {
        let (one, other) = (self.told(), other.told());
        let mut pairs = one.iter().zip(other);
        one.len() == other.len() && pairs.all(|(one, other)| one.0 == other.0)
    }

    fn told(&self) -> &[(u32, i128)] {
        match self {
            Self::Told(told) => told,
            _ => &[],
        }
    }
}

/// An operation and when it was under way.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) act: Act,
    pub(super) invoked: u32,
    /// [`NEVER`] if it need not be placed.
    pub(super) ended: u32,
    /// The last end of this and of all before it that must be placed.
    latest: u32,
}

/// The accounts.
#[derive(Debug)]
pub struct Tally {
    ops: Vec<Timed>,
    /// Those that need not be placed.
    open: Vec<u32>,
    states: States<Vec<i128>>,
    has_floor: bool,
}

/// So many sums are looked at to see whether there is an order at all.
const FIRST_LOOK: u64 = 1 << 18;

impl Tally {
    /// The accounts with what they hold at first. Sums are wider than what is moved, so that none is too large.
    pub fn new(ops: impl Iterator<Item = (Op, Act)>, opening: Vec<i128>, has_floor: bool) -> Self {
        let (mut latest, mut open) = (0, Vec::new());
        let ops = (0..).zip(ops).map(|(number, (op, act))| {
            let ended = match op.outcome {
                Ended::Ok => op.ended,
                _ => NEVER,
            };
            match op.outcome {
                Ended::Ok => latest = latest.max(ended),
                _ => open.push(number),
            }
            Timed {
                act,
                invoked: op.invoked,
                ended,
                latest,
            }
        });
        Self {
            ops: ops.collect(),
            open,
            states: States::new(opening),
            has_floor,
        }
    }

    fn at(&self, op: u32) -> &Timed {
        &self.ops[op as usize]
    }

    /// The changes that need not be over at `since` and may be under way before `until`, as far as they are `wanted`.
    fn between(&self, since: u32, until: u32, wanted: &dyn Fn(u32) -> bool) -> Vec<u32> {
        let begun = self.ops.partition_point(|op| op.invoked < until) as u32;
        let mut all = Vec::new();
        let mut add = |op: u32| {
            if matches!(self.at(op).act, Act::Change(_)) && wanted(op) {
                all.push(op);
            }
        };
        for op in (0..begun).rev() {
            let one = self.at(op);
            if one.latest < since {
                break;
            }
            if one.ended >= since && one.ended != NEVER {
                add(op);
            }
        }
        for op in &self.open {
            if *op < begun {
                add(*op);
            }
        }
        all
    }

    /// Whether some of `changes` may make up for what is `missing` in accounts.
    fn may_make_up(&self, missing: &[(u32, i128)], changes: &[u32], work: &Cell<u64>) -> bool {
        if missing.iter().all(|(_, amount)| *amount == 0) {
            return true;
        }
        // What each change comes to in all accounts at once: a unit in each of them is worth something else, and what
        // adds up in all of them adds up in what they are worth.
        let mut worth = alloc::vec![0_u64; changes.len()];
        let mut wanted = 0_u64;
        let mut parts = Vec::new();
        for (account, amount) in missing {
            let price = price(*account);
            wanted = wanted.wrapping_add((*amount as u64).wrapping_mul(price));
            parts.clear();
            let (mut most, mut least) = (0, 0);
            for (op, worth) in changes.iter().zip(&mut worth) {
                let part = self.at(*op).act.to(*account);
                if part != 0 {
                    parts.push(part as u64);
                    *worth = worth.wrapping_add((part as u64).wrapping_mul(price));
                    most += part.max(0);
                    least += part.min(0);
                }
            }
            work.set(work.get() + changes.len() as u64);
            if *amount > most || *amount < least || !may_add_up(&parts, *amount as u64, work) {
                return false;
            }
        }
        worth.retain(|worth| *worth != 0);
        missing.len() < 2 || may_add_up(&worth, wanted, work)
    }

    /// What is missing in each account that was told of, where `held` is what it holds.
    fn missing(&self, look: &Timed, held: &[i128]) -> Vec<(u32, i128)> {
        let told = look.act.told().iter();
        told.map(|(account, told)| (*account, told - held[*account as usize]))
            .collect()
    }

    /// Whether all who look next and must take something next may find what they did, after `op` made these books.
    fn leads_on(&self, books: &[i128], op: u32, ahead: &Ahead<'_>) -> bool {
        let Some(due) = self.ops.get(ahead.due as usize) else {
            return true;
        };
        let is_left = |other: u32| other != op && !(ahead.is_placed)(other);
        if let Next::Op { op: look, .. } = ahead.next {
            let look = self.at(look);
            let left = self.between(due.ended, look.ended, &is_left);
            if !self.may_make_up(&self.missing(look, books), &left, ahead.work) {
                return false;
            }
        }
        let Act::Change(changes) = &due.act else {
            return true;
        };
        if !self.has_floor || ahead.due == op {
            return true;
        }
        let is_other = |other: u32| other != ahead.due && is_left(other);
        changes.iter().all(|(account, amount)| {
            let held = books[*account as usize] + amount;
            *amount >= 0 || held >= 0 || {
                let left = self.between(due.ended, due.ended, &is_other);
                let more = left
                    .iter()
                    .map(|other| self.at(*other).act.to(*account).max(0));
                held + more.sum::<i128>() >= 0
            }
        })
    }

    /// Whether it is plain from the sums that there is no order: somebody was told what differs from what there was at
    /// first, or from what another had been told before, by what cannot have happened since; or more was taken from an
    /// account than there can have been.
    fn is_torn(&self) -> bool {
        let mut ends = Vec::new();
        for (op, one) in (0..).zip(&self.ops) {
            if one.ended != NEVER {
                ends.push((one.ended, op));
            }
        }
        ends.sort_unstable();
        // What there surely is, and what there can be at most.
        let mut sure = self.states.get(0).clone();
        let mut most = sure.clone();
        let (mut done, mut begun) = (0, 0);
        let work = Cell::new(0);
        for (place, (ended, op)) in ends.iter().enumerate() {
            while self.ops.get(begun).is_some_and(|one| one.invoked < *ended) {
                self.ops[begun]
                    .act
                    .each(|account, amount| most[account] += amount.max(0));
                begun += 1;
            }
            let one = self.at(*op);
            let mut is_overdrawn = false;
            one.act.each(|account, amount| {
                most[account] += amount.min(0);
                is_overdrawn |= most[account] < 0;
            });
            if self.has_floor && is_overdrawn {
                return true;
            }
            if self.has_floor && one.act.told().iter().any(|(_, told)| *told < 0) {
                return true;
            }
            if one.act.told().is_empty() || work.get() > FIRST_LOOK {
                continue;
            }
            // Those that had ended before it was asked: that place only grows, but for who was under way meanwhile.
            while ends[done].0 < one.invoked {
                self.at(ends[done].1)
                    .act
                    .each(|account, amount| sure[account] += amount);
                done += 1;
            }
            let before = ends[..place].partition_point(|(other, _)| *other < one.invoked);
            if before < done {
                continue;
            }
            let since = self.between(one.invoked, one.ended, &|_| true);
            let mut latest = ends[..before].iter().rev().take(LOOKS_BACK);
            let first = latest.find(|(_, other)| self.at(*other).act.is_about_the_same(&one.act));
            if !self.may_make_up(&self.missing(one, &sure), &since, &work)
                || first.is_some_and(|(_, first)| !self.agree(self.at(*first), one, &work))
            {
                return true;
            }
        }
        false
    }

    /// Whether what two were told one after the other may differ so.
    fn agree(&self, first: &Timed, look: &Timed, work: &Cell<u64>) -> bool {
        let pairs = look.act.told().iter().zip(first.act.told());
        let mut missing: Vec<_> = pairs
            .map(|((account, told), (_, before))| (*account, told - before))
            .collect();
        let mut changes = self.between(first.invoked, look.ended, &|_| true);
        changes.retain(|op| {
            let one = self.at(*op);
            let is_sure = one.invoked > first.ended && one.ended < look.invoked;
            if is_sure {
                for (account, amount) in &mut missing {
                    *amount -= one.act.to(*account);
                }
            }
            !is_sure
        });
        work.set(work.get() + changes.len() as u64);
        self.may_make_up(&missing, &changes, work)
    }
}

/// So many others who looked are asked whether they were told of the same accounts.
const LOOKS_BACK: usize = 16;

/// What a unit in an account is worth: any odd number that has nothing to do with the others.
const fn price(account: u32) -> u64 {
    let mixed = (account as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1
}

impl Model for Tally {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32> {
        let books = self.states.get(state);
        let changes = match &self.ops[op as usize].act {
            Act::Told(told) => {
                let mut told = told.iter();
                let agrees = told.all(|(account, told)| books[*account as usize] == *told);
                return agrees.then_some(state);
            }
            Act::Nonsense => return None,
            Act::Change(_) if ahead.next == Next::Nobody && !self.has_floor => return Some(state),
            Act::Change(changes) => changes,
        };
        let mut next = books.clone();
        for (account, change) in changes {
            let balance = next[*account as usize] + change;
            if self.has_floor && balance < 0 {
                return None;
            }
            next[*account as usize] = balance;
        }
        if !self.leads_on(&next, op, ahead) {
            return None;
        }
        let bytes = next.len() * size_of::<i128>();
        Some(self.states.number(next, bytes))
    }

    fn only_looks(&self, op: u32) -> bool {
        !matches!(self.ops[op as usize].act, Act::Change(_))
    }

    fn foresees(&self) -> bool {
        !self.has_floor
    }

    fn looks_ahead(&self) -> bool {
        true
    }

    fn rank(&self, op: u32) -> Option<u32> {
        let Act::Change(changes) = &self.at(op).act else {
            return None;
        };
        // Whatever only adds never comes too early, and what only takes never too late.
        let is_floor_in_the_way = |sign: i128| {
            let mut changes = changes.iter();
            self.has_floor && changes.any(|(_, amount)| amount * sign > 0)
        };
        let count = self.ops.len() as u32;
        Some(match (is_floor_in_the_way(-1), is_floor_in_the_way(1)) {
            (false, _) => op,
            (true, true) => count,
            (true, false) => count + 1 + op,
        })
    }

    fn is_hopeless(&self) -> bool {
        self.is_torn()
    }

    fn otherwise(&self, bytes: usize) -> Option<Box<dyn Otherwise + '_>> {
        let subsets = Subsets::new(&self.ops, self.states.get(0), self.has_floor, bytes)?;
        Some(Box::new(subsets))
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
