//! What a counter or an account can come to, whatever the order: so much at least and at most, and in steps of what
//! divides all changes. Whoever was told another number was told what no order gives, and nothing else is needed to say
//! so; a search would go through all sums to find it out.

use super::history::{Ask, Op, Value};
use super::linearizable::{Duty, Question};
use super::model::ModelKind;
use alloc::vec::Vec;

/// Numbers that a sum can be.
#[derive(Clone, Copy)]
struct Range {
    opening: i64,
    least: i64,
    most: i64,
    /// What divides all changes; zero where there are none.
    step: u64,
}

impl Range {
    const fn at(opening: i64) -> Self {
        Self {
            opening,
            least: opening,
            most: opening,
            step: 0,
        }
    }

    /// There is one more change, which may count or not.
    const fn widen(&mut self, change: i64) {
        if change < 0 {
            self.least = self.least.saturating_add(change);
        } else {
            self.most = self.most.saturating_add(change);
        }
        let mut rest = change.unsigned_abs();
        while rest > 0 {
            (self.step, rest) = (rest, self.step % rest);
        }
    }

    /// The same from another opening on, unless that is too much.
    fn moved(self, by: i64) -> Option<Self> {
        // Whatever was too much already has no end.
        let moved = |end: i64| match end {
            i64::MIN | i64::MAX => Some(end),
            _ => end.checked_add(by),
        };
        Some(Self {
            opening: self.opening.checked_add(by)?,
            least: moved(self.least)?,
            most: moved(self.most)?,
            ..self
        })
    }

    /// Whether it can come to this much.
    fn has(&self, told: i64) -> bool {
        let apart = told.abs_diff(self.opening);
        let rest = apart.checked_rem(self.step).unwrap_or(apart);
        (self.least..=self.most).contains(&told) && rest == 0
    }
}

/// What each account can come to, and all of them together.
struct Sums<'a> {
    question: &'a Question<'a>,
    /// In order.
    accounts: Vec<(Value, Range)>,
    total: Range,
}

/// Those who were told what no order gives, in order.
pub(super) fn made_up(question: &Question<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    if !matches!(question.kind, ModelKind::Counter | ModelKind::Bank) {
        return found;
    }
    let mut sums = Sums {
        question,
        accounts: Vec::new(),
        total: Range::at(0),
    };
    let count = question.history.ops.len() as u32;
    let ops = || (0..count).filter_map(|number| Some((number, question.as_of(number)?)));
    for (_, op) in ops() {
        if question.duty(&op) != Duty::None {
            sums.add(&op);
        }
    }
    for (number, op) in ops() {
        if question.duty(&op) == Duty::Must && op.ask.is_read() && !sums.explain(&op) {
            found.push(number);
        }
    }
    found
}

impl Sums<'_> {
    fn add(&mut self, op: &Op) {
        let account = self.account(op);
        match (op.ask, op.a, op.b) {
            (Ask::Deposit | Ask::Increment, Value::Int(more), _) => {
                self.widen(account, more);
                self.total.widen(more);
            }
            (Ask::Withdraw | Ask::Decrement, Value::Int(less), _) => {
                self.widen(account, less.saturating_neg());
                self.total.widen(less.saturating_neg());
            }
            (Ask::Transfer, to, Value::Int(moved)) => {
                self.widen(account, moved.saturating_neg());
                self.widen(to, moved);
            }
            _ => {}
        }
    }

    /// Which account an operation is of; nothing, where there is one.
    fn account(&self, op: &Op) -> Value {
        let keys = &self.question.history.keys;
        keys.get(op.key as usize).copied().unwrap_or_default()
    }

    fn widen(&mut self, account: Value, change: i64) {
        let known = self.accounts.binary_search_by_key(&account, |one| one.0);
        let place = known.unwrap_or_else(|place| {
            let opening = Range::at(self.question.opening_of(account));
            self.accounts.insert(place, (account, opening));
            place
        });
        self.accounts[place].1.widen(change);
    }

    fn range(&self, account: Value) -> Range {
        match self.accounts.binary_search_by_key(&account, |one| one.0) {
            Ok(place) => self.accounts[place].1,
            Err(_) => Range::at(self.question.opening_of(account)),
        }
    }

    /// Whether what was told may be a sum of changes.
    fn explain(&self, read: &Op) -> bool {
        match read.result {
            Value::Int(told) => self.can_hold(self.account(read), told),
            Value::List(list) => self.explain_all(self.question.history.values.list_of(list)),
            _ => true,
        }
    }

    fn can_hold(&self, account: Value, told: i64) -> bool {
        let range = self.range(account);
        // What an account held was there from the start, or is not below zero.
        let is_there = self.question.kind == ModelKind::Counter || told >= 0;
        range.has(told) && (is_there || told == range.opening)
    }

    /// The same of a list of accounts and what is in them. What is moved from one to another changes no total.
    fn explain_all(&self, told: &[Value]) -> bool {
        let values = &self.question.history.values;
        let (mut named, mut total) = (Vec::new(), Some(self.total));
        let mut sum = Some(0_i64);
        for pair in told {
            let Value::List(pair) = pair else {
                return true;
            };
            let [account, Value::Int(held)] = *values.list_of(*pair) else {
                return true;
            };
            if !self.can_hold(account, held) {
                return false;
            }
            named.push(account);
            sum = sum.and_then(|sum| sum.checked_add(held));
            total = total.and_then(|total| total.moved(self.range(account).opening));
        }
        named.sort_unstable();
        let is_all = named.windows(2).all(|pair| pair[0] != pair[1])
            && (self.accounts.iter()).all(|(one, _)| named.binary_search(one).is_ok());
        match (sum, total) {
            (Some(sum), Some(total)) if is_all => total.has(sum),
            _ => true,
        }
    }
}
