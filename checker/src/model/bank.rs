//! Accounts: balance, deposit, withdraw, transfer. A withdrawal or a transfer of what is not there is refused, so one
//! that was done had the money.

use super::tally::{Act, Tally};
use super::{Ask, NO_KEY, Op, Value, wide};
use crate::history::Values;
use alloc::vec::Vec;

/// A key that stands for the one account of a bank that names none.
const THE_ACCOUNT: Value = Value::Nil;

/// The bank. Every account holds `initial` at first, or what a list of accounts says.
pub fn bank(
    values: &Values,
    keys: &[Value],
    ops: impl Iterator<Item = Op>,
    initial: Value,
) -> Tally {
    let mut accounts = Vec::new();
    let mut number_of = |account: Value| {
        let known = accounts.iter().position(|known| *known == account);
        let number = known.unwrap_or_else(|| {
            accounts.push(account);
            accounts.len() - 1
        });
        number as u32
    };
    let key = |op: &Op| match op.key {
        NO_KEY => THE_ACCOUNT,
        key => keys[key as usize],
    };
    let mut acts = Vec::new();
    for op in ops {
        let act = match (op.ask, op.result) {
            (Ask::Deposit, _) => Act::add(number_of(key(&op)), wide(op.a)),
            (Ask::Withdraw, _) => Act::add(number_of(key(&op)), -wide(op.a)),
            (Ask::Transfer, _) => {
                let (from, to) = (number_of(key(&op)), number_of(op.a));
                Act::Change([(from, -wide(op.b)), (to, wide(op.b))])
            }
            (_, Value::List(list)) => pairs(values, list, &mut number_of),
            (_, told) => Act::Told(alloc::vec![(number_of(key(&op)), wide(told))]),
        };
        acts.push((op, act));
    }
    // One number for every account, or a list of accounts and what is in them.
    let listed = match initial {
        Value::List(list) => pairs(values, list, &mut number_of),
        _ => Act::Nonsense,
    };
    let mut opening = alloc::vec![wide(initial); accounts.len()];
    if let Act::Told(listed) = listed {
        for (account, held) in listed {
            opening[account as usize] = held;
        }
    }
    Tally::new(acts.into_iter(), opening, true)
}

/// A list of pairs, account and balance.
fn pairs(values: &Values, list: u32, number_of: &mut impl FnMut(Value) -> u32) -> Act {
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
    Act::Told(told)
}
