//! Accounts: balance, deposit, withdraw, transfer. A withdrawal or a transfer of what is not there is refused, so one
//! that was done had the money.

use super::{Ask, Model, NO_KEY, Op, States, Value, wide};
use crate::history::Values;
use crate::search::Ahead;
use alloc::vec::Vec;

#[derive(Debug)]
enum Act {
    /// Add this to that account.
    Change(usize, i128),
    Transfer(usize, usize, i128),
    Balance(usize, i128),
    /// What was in each account that was named.
    Balances(Vec<(usize, i128)>),
    /// A balance that no bank gives.
    Nonsense,
}

/// The bank; a state is what is in each account. Sums are wider than what is moved, so that none is too large.
#[derive(Debug)]
pub struct Bank {
    acts: Vec<Act>,
    states: States<Vec<i128>>,
}

/// A key that stands for the one account of a bank that names none.
const THE_ACCOUNT: Value = Value::Nil;

impl Bank {
    pub fn new(
        values: &Values,
        keys: &[Value],
        ops: impl Iterator<Item = Op>,
        initial: Value,
    ) -> Self {
        let mut accounts = Vec::new();
        let mut number_of = |account: Value| {
            let known = accounts.iter().position(|known| *known == account);
            known.unwrap_or_else(|| {
                accounts.push(account);
                accounts.len() - 1
            })
        };
        let key = |op: &Op| match op.key {
            NO_KEY => THE_ACCOUNT,
            key => keys[key as usize],
        };
        let mut acts = Vec::new();
        for op in ops {
            acts.push(match (op.ask, op.result) {
                (Ask::Deposit, _) => Act::Change(number_of(key(&op)), wide(op.a)),
                (Ask::Withdraw, _) => Act::Change(number_of(key(&op)), -wide(op.a)),
                (Ask::Transfer, _) => {
                    Act::Transfer(number_of(key(&op)), number_of(op.a), wide(op.b))
                }
                (_, Value::List(list)) => pairs(values, list, &mut number_of),
                (_, told) => Act::Balance(number_of(key(&op)), wide(told)),
            });
        }
        // One number for every account, or a list of accounts and what is in them.
        let listed = match initial {
            Value::List(list) => pairs(values, list, &mut number_of),
            _ => Act::Nonsense,
        };
        let mut opening = alloc::vec![wide(initial); accounts.len()];
        if let Act::Balances(listed) = listed {
            for (account, held) in listed {
                opening[account] = held;
            }
        }
        Self {
            acts,
            states: States::new(opening),
        }
    }
}

/// A list of pairs, account and balance.
fn pairs(values: &Values, list: u32, number_of: &mut impl FnMut(Value) -> usize) -> Act {
    let mut told = Vec::new();
    for pair in values.list_of(list) {
        let Value::List(pair) = pair else {
            return Act::Nonsense;
        };
        let [account, Value::Int(balance)] = values.list_of(*pair) else {
            return Act::Nonsense;
        };
        told.push((number_of(*account), i128::from(*balance)));
    }
    Act::Balances(told)
}

impl Model for Bank {
    fn initial(&mut self) -> u32 {
        0
    }

    fn step(&mut self, state: u32, op: u32, _: &Ahead<'_>) -> Option<u32> {
        let books = self.states.get(state);
        let changes: &[(usize, i128)] = match &self.acts[op as usize] {
            Act::Balance(account, told) => return (books[*account] == *told).then_some(state),
            Act::Balances(told) => {
                let agrees = told.iter().all(|(account, told)| books[*account] == *told);
                return agrees.then_some(state);
            }
            Act::Nonsense => return None,
            Act::Change(account, change) => &[(*account, *change)],
            Act::Transfer(from, to, amount) => &[(*from, -amount), (*to, *amount)],
        };
        let mut next = books.clone();
        for (account, change) in changes {
            let balance = next[*account] + change;
            if balance < 0 {
                return None;
            }
            next[*account] = balance;
        }
        let bytes = next.len() * size_of::<i128>();
        Some(self.states.number(next, bytes))
    }

    fn only_looks(&self, op: u32) -> bool {
        matches!(self.acts[op as usize], Act::Balance(..) | Act::Balances(_))
    }

    fn bytes(&self) -> usize {
        self.states.bytes
    }
}
