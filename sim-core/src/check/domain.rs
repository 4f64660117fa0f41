//! What goes wrong in the terms of what a store is for: money made, a delivery twice, a lock with two holders.
//!
//! These are read off the answers, whatever order there is. Each is a fact that the clients hold in hand.

use super::history::{Ask, Ended, Op, Value};
use super::linearizable::Question;
use super::model::ModelKind;
use super::plain::text_of;
use super::telling::Telling;
use crate::view::Part::{Number, Text};
use crate::view::fill;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Something that went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DomainFinding {
    /// Its name, in words with hyphens.
    pub name: &'static str,
    /// The sentence.
    pub words: String,
    /// The operations that it names, as numbers in the history.
    pub ops: Vec<u32>,
}

/// Everything that went wrong, in the order of the operations.
pub fn findings(question: &Question<'_>) -> Vec<DomainFinding> {
    let mut found = Finder {
        question: *question,
        telling: Telling {
            history: question.history,
        },
        found: Vec::new(),
    };
    match question.kind {
        ModelKind::Bank => found.bank(),
        ModelKind::Set | ModelKind::Cart => found.set(),
        ModelKind::Lock => found.lock(),
        ModelKind::Queue => found.queue(),
        ModelKind::Log => found.log(),
        ModelKind::KeyValue => found.texts(),
        // What a register or a counter has lost, a later write or change may have hidden.
        ModelKind::Register | ModelKind::CasRegister | ModelKind::Counter => {}
    }
    found.found
}

/// What is known of an account.
struct Account {
    /// What there can have been in it at most.
    most: i64,
    /// What was surely paid.
    paid: i64,
    /// Who was paid first and last.
    payments: Option<(u32, u32)>,
}

/// Through more letters than this nobody looks for what was appended.
const LETTERS_MAX: usize = 100_000_000;

struct Finder<'a> {
    question: Question<'a>,
    telling: Telling<'a>,
    found: Vec<DomainFinding>,
}

impl<'a> Finder<'a> {
    fn ops(&self) -> impl Iterator<Item = (u32, Op)> + use<'a> {
        let question = self.question;
        let count = question.history.ops.len() as u32;
        (0..count).filter_map(move |number| Some((number, question.as_of(number)?)))
    }

    fn done(&self, ask: Ask) -> impl Iterator<Item = (u32, Op)> + use<'a> {
        self.ops()
            .filter(move |(_, op)| op.ask == ask && op.outcome == Ended::Ok)
    }

    /// A finding about two operations.
    fn add(&mut self, name: &'static str, sentence: &str, one: u32, other: u32, number: i64) {
        let history = self.question.history;
        let (first, second) = (history.ops[one as usize], history.ops[other as usize]);
        let telling = self.telling;
        let (what, at) = (telling.what_was_told(&first), telling.moment(&first));
        let (did, then) = (telling.what_was_told(&second), telling.moment(&second));
        let told = telling.value(second.result);
        let item = telling.value(first.a);
        let words = fill(
            sentence,
            &[
                ("who", Text(telling.who(&first))),
                ("what", Text(&what)),
                ("at", Text(&at)),
                ("other", Text(telling.who(&second))),
                ("did", Text(&did)),
                ("then", Text(&then)),
                ("told", Text(&told)),
                ("item", Text(&item)),
                ("number", Number(number)),
            ],
        );
        let mut ops = [one, other].to_vec();
        ops.dedup();
        self.found.push(DomainFinding { name, words, ops });
    }

    fn list(&self, value: Value) -> &'a [Value] {
        match value {
            Value::List(list) => self.question.history.values.list_of(list),
            _ => &[],
        }
    }

    fn bank(&mut self) {
        // Deposits and withdrawals change what there is; transfers do not.
        let moves_only = !self.ops().any(|(_, op)| {
            matches!(op.ask, Ask::Deposit | Ask::Withdraw) && op.outcome != Ended::Refused
        });
        self.paid_twice();
        let total = |told: &[i64]| told.iter().fold(0i64, |sum, one| sum.saturating_add(*one));
        // What there was to count: as it is known of the beginning, and then as the first counted who did.
        let opening = self.balances(self.question.initial);
        let is_known = matches!(self.question.initial, Value::List(_));
        let mut first = is_known.then(|| (None, opening.len(), total(&opening)));
        for (number, op) in self.done(Ask::Balance) {
            let told = self.balances(op.result);
            if told.iter().any(|balance| *balance < 0) {
                let sentence = "{other} was told {told} {then}: the account was overdrawn.";
                self.add("overdraft", sentence, number, number, 0);
            }
            if !moves_only || !matches!(op.result, Value::List(_)) {
                continue;
            }
            let sum = total(&told);
            if let Some((earlier, count, known)) = first
                && count == told.len()
                && known != sum
            {
                let name = match sum > known {
                    true => "money-made",
                    false => "money-lost",
                };
                let sentence = match (sum > known, earlier) {
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
                let apart = sum.saturating_sub(known).saturating_abs();
                self.add(name, sentence, earlier.unwrap_or(number), number, apart);
            }
            if !matches!(first, Some((Some(_), ..))) {
                first = Some((Some(number), told.len(), sum));
            }
        }
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

    /// What was added and never removed must be in what is read later; what is read twice was doubled.
    fn set(&mut self) {
        let removals: Vec<_> = self.ops().filter(|(_, op)| op.ask == Ask::Remove).collect();
        let adds: Vec<_> = self.ops().filter(|(_, op)| op.ask == Ask::Add).collect();
        for (reader, read) in self.done(Ask::Read) {
            let told = self.list(read.result);
            for (place, item) in told.iter().enumerate() {
                if told[..place].contains(item)
                    && let Some((add, _)) = adds.iter().rfind(|(_, add)| add.a == *item)
                {
                    let sentence = "{other} read {told} {then}: {item} is in it twice.";
                    self.add("item-doubled", sentence, *add, reader, 0);
                }
            }
            for (add, added) in &adds {
                let is_sure = added.outcome == Ended::Ok && added.ended < read.invoked;
                let concerns =
                    |(_, removal): &&(u32, Op)| removal.key == added.key && removal.a == added.a;
                if added.key == read.key
                    && is_sure
                    && !told.contains(&added.a)
                    && !removals.iter().any(|one| concerns(&one))
                {
                    let is_last = !self.done(Ask::Read).any(|(later, other)| {
                        later > reader
                            && other.key == read.key
                            && self.list(other.result).contains(&added.a)
                    });
                    if is_last {
                        let sentence = "{who}’s {what} was confirmed {at}, nobody removed it, and {other} read {told} {then}.";
                        self.add("write-missing", sentence, *add, reader, 0);
                    }
                }
            }
            for (removal, removed) in &removals {
                let is_sure = removed.outcome == Ended::Ok && removed.ended < read.invoked;
                let again = adds.iter().any(|(_, add)| {
                    add.key == removed.key && add.a == removed.a && add.ended > removed.invoked
                });
                if removed.key == read.key && is_sure && !again && told.contains(&removed.a) {
                    let sentence = "{who}’s {what} was confirmed {at}, nobody added it again, and {other} read {told} {then}: it came back.";
                    self.add("item-resurrected", sentence, *removal, reader, 0);
                }
            }
        }
    }

    /// Two who surely held a lock at the same time; a token that was accepted after a larger one.
    fn lock(&mut self) {
        let mut held: Vec<(u32, Op, u32)> = Vec::new();
        for (number, op) in self.done(Ask::Acquire) {
            // It is surely held until its holder begins to give it back, if ever.
            let releases = self.ops().filter(|(_, one)| {
                one.ask == Ask::Release
                    && one.client == op.client
                    && one.invoked > op.ended
                    && one.key == op.key
            });
            let until = releases
                .map(|(_, one)| one.invoked)
                .min()
                .unwrap_or(u32::MAX);
            for (other, earlier, end) in held.clone() {
                if earlier.key == op.key
                    && earlier.client != op.client
                    && op.ended < end
                    && earlier.ended < until
                {
                    let sentence = "{other} was given the lock {then} while {who}, who was given it {at}, had not given it back.";
                    self.add("two-holders", sentence, other, number, 0);
                }
            }
            held.push((number, op, until));
        }
        let mut largest: BTreeMap<u32, (u32, i64, u32)> = BTreeMap::new();
        let mut writes: Vec<_> = self.done(Ask::Guarded).collect();
        writes.sort_by_key(|(_, op)| op.ended);
        for (number, op) in writes {
            let Value::Int(token) = op.a else {
                continue;
            };
            match largest.get(&op.key) {
                Some((other, known, ended)) if *known > token => {
                    if *ended < op.invoked {
                        let sentence = "{other}’s {did} was accepted {then}, after {who}’s {what} {at}: its token was stale.";
                        self.add("stale-token", sentence, *other, number, 0);
                    }
                }
                _ => {
                    largest.insert(op.key, (number, token, op.ended));
                }
            }
        }
    }

    /// What was delivered twice, and what was enqueued and never delivered although the queue was found empty.
    fn queue(&mut self) {
        let mut given: BTreeMap<(u32, Value), (u32, usize)> = BTreeMap::new();
        let puts: Vec<_> = self
            .ops()
            .filter(|(_, op)| op.ask == Ask::Enqueue)
            .collect();
        for (number, op) in self.done(Ask::Dequeue) {
            if op.result == Value::Nil {
                continue;
            }
            let copies = puts
                .iter()
                .filter(|(_, put)| put.key == op.key && put.a == op.result)
                .count();
            let (earlier, times) = given.get(&(op.key, op.result)).copied().unwrap_or_default();
            given.insert((op.key, op.result), (number, times + 1));
            if times > 0 && times >= copies {
                let sentence = "{other} was given {told} {then}, which {who} had been given {at}: at most once was not kept.";
                self.add("delivered-twice", sentence, earlier, number, 0);
            }
        }
        let unheard = self
            .ops()
            .any(|(_, op)| op.ask == Ask::Dequeue && op.outcome == Ended::Unknown);
        let empty = self
            .done(Ask::Dequeue)
            .filter(|(_, op)| op.result == Value::Nil)
            .last();
        let Some((last, end)) = empty.filter(|_| !unheard) else {
            return;
        };
        for (number, put) in &puts {
            let is_sure = put.outcome == Ended::Ok && put.ended < end.invoked && put.key == end.key;
            if is_sure && !given.contains_key(&(put.key, put.a)) {
                let sentence = "{who}’s {what} was confirmed {at}, nobody was given it, and {other} found the queue empty {then}: at least once was not kept.";
                self.add("never-delivered", sentence, *number, last, 0);
            }
        }
    }

    /// What was appended to a text and confirmed must be in what is read later, where nobody writes the text anew.
    fn texts(&mut self) {
        let values = &self.question.history.values;
        // By key: the last who read it, where nobody did.
        let mut last: BTreeMap<u32, u32> = BTreeMap::new();
        for (number, op) in self.done(Ask::Get) {
            last.insert(op.key, number);
        }
        for (_, op) in self.ops() {
            if op.ask == Ask::Put && op.outcome != Ended::Refused {
                last.remove(&op.key);
            }
        }
        let mut letters = 0;
        for (number, op) in self.done(Ask::Append) {
            let Some(reader) = last.get(&op.key) else {
                continue;
            };
            let read = self.question.history.ops[*reader as usize];
            let (told, part) = (text_of(values, read.result), text_of(values, op.a));
            letters += told.len();
            if letters > LETTERS_MAX {
                return;
            }
            if op.ended < read.invoked && !told.contains(&*part) {
                let sentence = "{who}’s {what} was confirmed {at}, and {other} read {told} {then}.";
                self.add("write-missing", sentence, number, *reader, 0);
            }
        }
    }

    /// What was appended and confirmed must be in the last read.
    fn log(&mut self) {
        let last = self.done(Ask::Read).last();
        let Some((reader, read)) = last else {
            return;
        };
        let told = self.list(read.result);
        for (number, op) in self.done(Ask::Append) {
            if op.key == read.key && op.ended < read.invoked && !told.contains(&op.a) {
                let sentence = "{who}’s {what} was confirmed {at}, and {other} read {told} {then}.";
                self.add("write-missing", sentence, number, reader, 0);
            }
        }
        for (place, item) in told.iter().enumerate() {
            let appends = self
                .ops()
                .filter(|(_, op)| op.ask == Ask::Append && op.a == *item)
                .count();
            if told[..place].contains(item) && appends < 2 {
                let sentence = "{other} read {told} {then}: an entry is in it twice.";
                self.add("delivered-twice", sentence, reader, reader, 0);
            }
        }
    }
}
