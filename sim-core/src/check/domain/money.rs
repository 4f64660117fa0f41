//! What goes wrong where something is counted: money, and whatever a counter counts.

use super::Finder;
use crate::check::history::{Ask, Ended, Op, Value};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What is known of an account.
struct Account {
    /// What there can have been in it at most.
    most: i64,
    /// What was surely paid.
    paid: i64,
    /// Who was paid first and last.
    payments: Option<(u32, u32)>,
}

impl Finder<'_> {
    /// Money that was made or lost, and accounts that were overdrawn.
    pub(super) fn bank(&mut self) {
        // Deposits and withdrawals change what there is; transfers do not.
        let moves_only = !self.ops().any(|(_, op)| {
            matches!(op.ask, Ask::Deposit | Ask::Withdraw) && op.outcome != Ended::Refused
        });
        let keys = &self.question.history.keys;
        let mut moved = Vec::new();
        for (_, op) in self.ops() {
            if op.ask == Ask::Transfer && op.outcome != Ended::Refused {
                moved.extend([keys.get(op.key as usize).copied().unwrap_or_default(), op.a]);
            }
        }
        self.paid_twice();
        let total = |told: &[i64]| told.iter().fold(0i64, |sum, one| sum.saturating_add(*one));
        // What there was to count: as it is known of the beginning, and then as the first counted who did.
        let opening = self.balances(self.question.initial);
        let is_known = matches!(self.question.initial, Value::List(_));
        let mut first =
            is_known.then(|| (None, self.accounts(self.question.initial), total(&opening)));
        for (number, op) in self.done(Ask::Balance) {
            let told = self.balances(op.result);
            if told.iter().any(|balance| *balance < 0) {
                let sentence = "{other} was told {told} {then}: the account was overdrawn.";
                self.add("overdraft", sentence, number, number, 0);
            }
            // Whoever did not count all accounts that money went through did not count all of it.
            let counted = self.accounts(op.result);
            let is_all = moved
                .iter()
                .all(|account| counted.binary_search(account).is_ok());
            if !moves_only || !is_all || !matches!(op.result, Value::List(_)) {
                continue;
            }
            let sum = total(&told);
            if let Some((earlier, before, known)) = &first
                && *before == counted
                && *known != sum
            {
                let name = match sum > *known {
                    true => "money-made",
                    false => "money-lost",
                };
                let sentence = match (sum > *known, earlier) {
                    (true, Some(_)) => {
                        "{other} counted {number} more {then} than {who} had {at}, and nobody had brought any."
                    }
                    (false, Some(_)) => {
                        "{other} counted {number} less {then} than {who} had {at}, and nobody had taken any."
                    }
                    (true, None) => {
                        "{other} counted {number} more {then} than there was at first, and nobody had brought any."
                    }
                    (false, None) => {
                        "{other} counted {number} less {then} than there was at first, and nobody had taken any."
                    }
                };
                let apart = sum.saturating_sub(*known).saturating_abs();
                self.add(name, sentence, earlier.unwrap_or(number), number, apart);
            }
            if !matches!(first, Some((Some(_), ..))) {
                first = Some((Some(number), counted, sum));
            }
        }
    }

    /// The accounts in an answer, in order.
    fn accounts(&self, told: Value) -> Vec<Value> {
        let pairs = self.list(told).iter();
        let mut accounts: Vec<_> = pairs
            .filter_map(|pair| self.list(*pair).first().copied())
            .collect();
        accounts.sort_unstable();
        accounts
    }

    /// More was paid out of an account, or sold from a stock, than ever was in it.
    fn paid_twice(&mut self) {
        if self.ops().any(|(_, op)| op.ask == Ask::Transfer) {
            return;
        }
        let mut accounts: BTreeMap<u32, Account> = BTreeMap::new();
        for (number, op) in self.ops().filter(|(_, op)| op.outcome != Ended::Refused) {
            let opening = self.question.opening(op.key);
            let account = accounts.entry(op.key).or_insert(Account {
                most: opening,
                paid: 0,
                payments: None,
            });
            match (op.ask, op.a) {
                (Ask::Deposit, Value::Int(amount)) => {
                    account.most = account.most.saturating_add(amount);
                }
                (Ask::Withdraw, Value::Int(amount)) if op.outcome == Ended::Ok => {
                    account.paid = account.paid.saturating_add(amount);
                    let first = account.payments.map_or(number, |(first, _)| first);
                    account.payments = Some((first, number));
                }
                _ => {}
            }
        }
        for account in accounts.values() {
            let above = account.paid.saturating_sub(account.most);
            let Some((first, last)) = account.payments.filter(|_| above > 0) else {
                continue;
            };
            let sentence = match first == last {
                true => {
                    "With {who}’s {what} {at}, {number} more was taken out than there ever was."
                }
                false => {
                    "With {who}’s {what} {at} and {other}’s {did} {then}, {number} more was taken out than there ever was."
                }
            };
            self.add("overdraft", sentence, first, last, above);
        }
    }

    /// The balances in an answer.
    fn balances(&self, told: Value) -> Vec<i64> {
        let mut balances = Vec::new();
        match told {
            Value::Int(balance) => balances.push(balance),
            Value::List(_) => {
                for pair in self.list(told) {
                    if let [_, Value::Int(balance)] = self.list(*pair) {
                        balances.push(*balance);
                    }
                }
            }
            _ => {}
        }
        balances
    }

    /// The last who read a counter must have been told of whatever was confirmed by then, and of nothing that nobody
    /// asked for.
    pub(super) fn counter(&mut self) {
        // By key: the last who read it, and the least and the most that they can have been told.
        let mut last: BTreeMap<u32, (u32, Op, i128, i128)> = BTreeMap::new();
        for (number, op) in self.done(Ask::Read) {
            let opening = i128::from(self.question.opening(op.key));
            last.insert(op.key, (number, op, opening, opening));
        }
        for (_, op) in self.ops().filter(|(_, op)| op.outcome != Ended::Refused) {
            let Some((_, read, least, most)) = last.get_mut(&op.key) else {
                continue;
            };
            let amount = match (op.ask, op.a) {
                (Ask::Increment, Value::Int(amount)) => i128::from(amount),
                (Ask::Decrement, Value::Int(amount)) => -i128::from(amount),
                _ => continue,
            };
            let is_sure = op.outcome == Ended::Ok && op.ended < read.invoked;
            if is_sure || op.invoked < read.ended {
                *least += if is_sure { amount } else { amount.min(0) };
                *most += if is_sure { amount } else { amount.max(0) };
            }
        }
        for (reader, read, least, most) in last.into_values() {
            let told = match read.result {
                Value::Int(told) => i128::from(told),
                _ => 0,
            };
            let (name, sentence, apart) = if told < least {
                let sentence = "{other} read {told} {then}: {number} less than what was confirmed by then comes to.";
                ("count-lost", sentence, least - told)
            } else if told > most {
                let sentence = "{other} read {told} {then}: {number} more than all that was asked for comes to.";
                ("count-made", sentence, told - most)
            } else {
                continue;
            };
            self.add(
                name,
                sentence,
                reader,
                reader,
                i64::try_from(apart).unwrap_or(i64::MAX),
            );
        }
    }
}
