//! What a store holds after some operations, for sentences: plainly, one after the other.

use super::history::{Ask, Op, Value, short};
use super::linearizable::Question;
use super::model::ModelKind;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a read of a set, a log, a queue or a text would be told after `changes`.
pub(super) fn answer(question: &Question<'_>, changes: &[Op], read: &Op) -> Option<String> {
    let values = &question.history.values;
    if question.kind == ModelKind::KeyValue {
        let text_of = |value: Value| match value {
            Value::Text(text) => String::from(values.text_of(text)),
            Value::Int(number) => number.to_string(),
            _ => String::new(),
        };
        let mut text = text_of(question.initial);
        for op in changes {
            match op.ask {
                Ask::Put => text = text_of(op.a),
                Ask::Append => text.push_str(&text_of(op.a)),
                _ => {}
            }
        }
        return Some(text);
    }
    let is_list = matches!(
        question.kind,
        ModelKind::Set | ModelKind::Cart | ModelKind::Log | ModelKind::Queue
    );
    if !is_list || question.initial != Value::Nil {
        return None;
    }
    let is_set = question.kind == ModelKind::Set;
    let mut list: Vec<Value> = Vec::new();
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
