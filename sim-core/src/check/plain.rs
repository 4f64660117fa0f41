//! What a store holds after some operations, for sentences: plainly, one after the other.

use super::history::{Ask, Op, Value};
use super::linearizable::Question;
use super::model::ModelKind;
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
        return Some(super::history::short(&text));
    }
    let is_list = matches!(
        question.kind,
        ModelKind::Set | ModelKind::Log | ModelKind::Queue
    );
    if !is_list || question.initial != Value::Nil {
        return None;
    }
    let mut list: Vec<Value> = Vec::new();
    for op in changes {
        match op.ask {
            Ask::Add if list.contains(&op.a) => {}
            Ask::Add | Ask::Append | Ask::Enqueue => list.push(op.a),
            Ask::Remove => list.retain(|one| *one != op.a),
            Ask::Dequeue if !list.is_empty() => {
                list.remove(0);
            }
            _ => {}
        }
    }
    match read.ask {
        Ask::Dequeue => Some(values.words(list.first().copied().unwrap_or_default())),
        Ask::Read => Some(values.words_of(&list)),
        _ => None,
    }
}
