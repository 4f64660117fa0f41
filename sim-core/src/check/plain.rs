//! What a store holds after some operations, for sentences: plainly, one after the other.

use super::history::{Ask, Op, Value, Values, listed, short};
use super::linearizable::Question;
use super::model::ModelKind;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a value of a key–value store is as a text.
pub(super) fn text_of(values: &Values, value: Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(values.text_of(text)),
        Value::Int(number) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// What whoever looks would be told after `changes`.
pub(super) fn answer(question: &Question<'_>, changes: &[Op], read: &Op) -> Option<String> {
    let values = &question.history.values;
    match question.kind {
        ModelKind::KeyValue => Some(text(question, changes)),
        ModelKind::Register | ModelKind::CasRegister => {
            let written = changes.iter().rev().find_map(|op| match op.ask {
                Ask::Write => Some(op.a),
                Ask::Cas => Some(op.b),
                _ => None,
            });
            Some(values.words(written.unwrap_or(question.initial)))
        }
        ModelKind::Counter | ModelKind::Bank => {
            let Value::List(told) = read.result else {
                let account = question.history.keys.get(read.key as usize);
                let held = held(question, changes, account.copied().unwrap_or_default());
                return Some(values.words(Value::Int(held)));
            };
            // Every account that was named.
            let mut accounts = Vec::new();
            for pair in values.list_of(told) {
                let Value::List(pair) = *pair else {
                    return None;
                };
                accounts.push(*values.list_of(pair).first()?);
            }
            Some(listed(accounts.iter().map(|account| {
                let held = Value::Int(held(question, changes, *account));
                values.words_of_each(&[*account, held])
            })))
        }
        ModelKind::Set | ModelKind::Cart | ModelKind::Log | ModelKind::Queue => {
            list(question, changes, read)
        }
        ModelKind::Lock => None,
    }
}

/// What is in an account after `changes`; nothing names it where there is one.
fn held(question: &Question<'_>, changes: &[Op], account: Value) -> i64 {
    let mut held = question.opening_of(account);
    for op in changes {
        let own = question.history.keys.get(op.key as usize);
        let is_own = own.copied().unwrap_or_default() == account;
        match (op.ask, op.a, op.b) {
            (Ask::Deposit | Ask::Increment, Value::Int(more), _) if is_own => {
                held = held.saturating_add(more);
            }
            (Ask::Withdraw | Ask::Decrement, Value::Int(less), _) if is_own => {
                held = held.saturating_sub(less);
            }
            (Ask::Transfer, to, Value::Int(moved)) => {
                if is_own {
                    held = held.saturating_sub(moved);
                }
                if to == account {
                    held = held.saturating_add(moved);
                }
            }
            _ => {}
        }
    }
    held
}

/// The text under a key after `changes`.
fn text(question: &Question<'_>, changes: &[Op]) -> String {
    let values = &question.history.values;
    let mut text = text_of(values, question.initial).into_owned();
    for op in changes {
        match op.ask {
            Ask::Put => text = text_of(values, op.a).into_owned(),
            Ask::Append => text.push_str(&text_of(values, op.a)),
            _ => {}
        }
    }
    text
}

/// What of a list whoever looks would be told after `changes`.
fn list(question: &Question<'_>, changes: &[Op], read: &Op) -> Option<String> {
    let values = &question.history.values;
    let mut list: Vec<Value> = match question.initial {
        Value::List(list) => values.list_of(list).to_vec(),
        _ => Vec::new(),
    };
    let is_set = question.kind == ModelKind::Set;
    for op in changes {
        match op.ask {
            Ask::Add if is_set && list.contains(&op.a) => {}
            Ask::Add | Ask::Append | Ask::Enqueue => list.push(op.a),
            Ask::Remove => {
                if let Some(place) = list.iter().position(|one| *one == op.a) {
                    list.remove(place);
                }
            }
            Ask::Dequeue if !list.is_empty() => {
                list.remove(0);
            }
            _ => {}
        }
    }
    if matches!(question.kind, ModelKind::Set | ModelKind::Cart) {
        list.sort_by_cached_key(|one| values.words(*one));
    }
    match read.ask {
        Ask::Dequeue => Some(values.words(list.first().copied().unwrap_or_default())),
        Ask::Read => Some(values.words_of(&list)),
        _ => None,
    }
}

/// An answer in words that set it apart from what was `told` in the words `shown`: of long texts only the end is shown,
/// and that may be the same.
pub(super) fn apart(question: &Question<'_>, answer: &str, told: Value, shown: &str) -> String {
    if question.kind != ModelKind::KeyValue {
        return String::from(answer);
    }
    let words = short(answer);
    let Value::Text(told) = told else {
        return words;
    };
    if words != shown {
        return words;
    }
    let told = question.history.values.text_of(told);
    let same = answer
        .chars()
        .zip(told.chars())
        .take_while(|(one, other)| one == other);
    let place = same.count();
    let letters: String = answer.chars().skip(place).take(LETTERS_SHOWN).collect();
    format!(
        "a text that goes on from its letter {} with {}",
        place + 1,
        short(&letters)
    )
}

/// How much is shown of what differs.
const LETTERS_SHOWN: usize = 12;
