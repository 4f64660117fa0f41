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

use super::sums::may_add_up;
use super::{Model, States};
use crate::history::{Ended, NEVER, Op};
use crate::search::{Ahead, Next};
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
struct Timed {
    act: Act,
    invoked: u32,
    /// [`NEVER`] if it need not be placed.
    ended: u32,
    /// The last end of this and of all before it that must be placed.
    latest: u32,
}

impl Timed {
    fn changes(&self) -> Option<(&Self, &[(u32, i128); 2])> {
        match &self.act {
            Act::Change(changes) => Some((self, changes)),
            _ => None,
        }
    }
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

    /// The changes that need not be over at `since` and may be under way before `until`.
    fn between(&self, since: u32, until: u32) -> impl Iterator<Item = u32> + Clone {
        let begun = self.ops.partition_point(|op| op.invoked < until) as u32;
        let musts = (0..begun).rev();
        let musts = musts.take_while(move |op| self.ops[*op as usize].latest >= since);
        let is_due = move |op: &u32| {
            let ended = self.ops[*op as usize].ended;
            ended >= since && ended != NEVER
        };
        let open = self.open.iter().copied();
        let open = open.take_while(move |op| *op < begun);
        let all = musts.filter(is_due).chain(open);
        all.filter(|op| matches!(self.ops[*op as usize].act, Act::Change(_)))
    }

    /// Whether some of `changes` may make up for what is `missing` in accounts.
    fn may_make_up(
        &self,
        missing: &[(u32, i128)],
        changes: impl Iterator<Item = u32> + Clone,
        work: &Cell<u64>,
    ) -> bool {
        if missing.iter().all(|(_, amount)| *amount == 0) {
            return true;
        }
        let acts = changes.map(|op| &self.ops[op as usize].act);
        let mut parts = Vec::new();
        for (account, amount) in missing {
            parts.clear();
            let (mut most, mut least) = (0, 0);
            for part in acts.clone().map(|act| act.to(*account)) {
                work.set(work.get() + 1);
                if part != 0 {
                    parts.push(part as u64);
                    most += part.max(0);
                    least += part.min(0);
                }
            }
            if *amount > most || *amount < least || !may_add_up(&parts, *amount as u64, work) {
                return false;
            }
        }
        if missing.len() < 2 {
            return true;
        }
        // All accounts at once: each is worth something else, and what adds up in all of them adds up in what they
        // are worth.
        let worth = |amounts: &mut dyn Iterator<Item = (u32, i128)>| {
            amounts.fold(0_u64, |sum, (account, amount)| {
                sum.wrapping_add((amount as u64).wrapping_mul(price(account)))
            })
        };
        let wanted = worth(&mut missing.iter().copied());
        parts.clear();
        for act in acts {
            let here = missing
                .iter()
                .map(|(account, _)| (*account, act.to(*account)));
            let part = worth(&mut here.filter(|(_, amount)| *amount != 0));
            if part != 0 {
                parts.push(part);
            }
        }
        may_add_up(&parts, wanted, work)
    }

    /// Whether all who look next and must take something next may find what they did, after `op` made these books.
    fn leads_on(&self, books: &[i128], op: u32, ahead: &Ahead<'_>) -> bool {
        let Some(due) = self.ops.get(ahead.due as usize) else {
            return true;
        };
        let is_left = |other: &u32| *other != op && !(ahead.is_placed)(*other);
        if let Next::Op { op: look, .. } = ahead.next {
            let look = &self.ops[look as usize];
            let missing = look.act.told().iter();
            let missing =
                missing.map(|(account, told)| (*account, told - books[*account as usize]));
            let missing: Vec<_> = missing.collect();
            let left = self.between(due.ended, look.ended).filter(is_left);
            if !self.may_make_up(&missing, left, ahead.work) {
                return false;
            }
        }
        let Act::Change(changes) = &due.act else {
            return true;
        };
        let mut taken = changes.iter().filter(|(_, amount)| *amount < 0);
        !self.has_floor
            || ahead.due == op
            || taken.all(|(account, amount)| {
                let left = self.between(due.ended, due.ended).filter(is_left);
                let left = left.filter(|other| *other != ahead.due);
                let more: i128 = left
                    .map(|other| self.ops[other as usize].act.to(*account).max(0))
                    .sum();
                books[*account as usize] + more + amount >= 0
            })
    }

    /// Whether what somebody was told differs from what there was at first, or from what another had been told before,
    /// by what cannot have happened since.
    fn is_torn(&self, opening: &[i128]) -> bool {
        let looks = self.ops.iter().filter(|op| !op.act.told().is_empty());
        let mut by_end: Vec<&Timed> = looks.clone().collect();
        by_end.sort_unstable_by_key(|op| op.ended);
        let mut done = self.done().into_iter().peekable();
        let (mut sure, work) = (opening.to_vec(), Cell::new(0));
        for look in looks {
            while let Some((_, changes)) = done.next_if(|(op, _)| op.ended < look.invoked) {
                for (account, amount) in changes {
                    sure[*account as usize] += amount;
                }
            }
            let told = look.act.told().iter();
            let missing = told.map(|(account, told)| (*account, told - sure[*account as usize]));
            let missing: Vec<_> = missing.collect();
            if self.has_floor && look.act.told().iter().any(|(_, told)| *told < 0) {
                return true;
            }
            let since_then = self.between(look.invoked, look.ended);
            let before = by_end.partition_point(|other| other.ended < look.invoked);
            let latest = by_end[..before].iter().rev().take(LOOKS_BACK);
            let mut like = latest.filter(|other| other.act.is_about_the_same(&look.act));
            if !self.may_make_up(&missing, since_then, &work)
                || like
                    .next()
                    .is_some_and(|first| !self.agree(first, look, &work))
            {
                return true;
            }
            if work.get() > FIRST_LOOK {
                break;
            }
        }
        false
    }

    /// Whether what two were told one after the other may differ so.
    fn agree(&self, first: &Timed, look: &Timed, work: &Cell<u64>) -> bool {
        let pairs = look.act.told().iter().zip(first.act.told());
        let missing = pairs.map(|((account, told), (_, before))| (*account, told - before));
        let mut missing: Vec<_> = missing.collect();
        let is_sure = |op: &u32| {
            let op = &self.ops[*op as usize];
            op.invoked > first.ended && op.ended < look.invoked
        };
        let changes = self.between(first.invoked, look.ended);
        for op in changes.clone().filter(is_sure) {
            work.set(work.get() + missing.len() as u64);
            for (account, amount) in &mut missing {
                *amount -= self.ops[op as usize].act.to(*account);
            }
        }
        self.may_make_up(&missing, changes.filter(|op| !is_sure(op)), work)
    }

    /// The changes that must be placed, in the order of their ends.
    fn done(&self) -> Vec<(&Timed, &[(u32, i128); 2])> {
        let changes = self.ops.iter().filter_map(Timed::changes);
        let mut done: Vec<_> = changes.filter(|(op, _)| op.ended != NEVER).collect();
        done.sort_unstable_by_key(|(op, _)| op.ended);
        done
    }

    /// Whether more was taken from an account than there can have been.
    fn is_overdrawn(&self, opening: &[i128]) -> bool {
        if !self.has_floor {
            return false;
        }
        let mut begun = self.ops.iter().filter_map(Timed::changes).peekable();
        let mut most = opening.to_vec();
        for (op, changes) in self.done() {
            while let Some((_, more)) = begun.next_if(|(other, _)| other.invoked < op.ended) {
                for (account, amount) in more {
                    most[*account as usize] += amount.max(&0);
                }
            }
            for (account, amount) in changes {
                most[*account as usize] += amount.min(&0);
                if most[*account as usize] < 0 {
                    return true;
                }
            }
        }
        false
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

    fn is_hopeless(&self) -> bool {
        let opening = self.states.get(0);
        self.is_overdrawn(opening) || self.is_torn(opening)
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
