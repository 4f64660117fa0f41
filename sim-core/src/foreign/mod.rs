//! Histories of real systems, read from files. Any bytes give a history or an error that says the line and what was
//! expected there.
//!
//! | format | what stands in it |
//! |---|---|
//! | `jepsen-log` | lines that Jepsen logs: `INFO  jepsen.util - 0<tab>:invoke<tab>:write<tab>3` |
//! | `edn` | maps as Jepsen and Knossos write them: `{:process 0, :type :invoke, :f :write, :value 3}` |
//! | `key-value-edn` | the same with a `:key` and `:get`, `:put`, `:append` |
//! | `jsonl` | our own lines, an operation each; `docs/histories.md` says what stands where |

mod edn;
mod jepsen_log;
mod json;
mod jsonl;
mod numbering;
mod pairing;
mod source;

use crate::check::history::{History, Op, Value, Values};
use crate::check::ladder::{Ladder, Level};
use crate::check::linearizable::Question;
use crate::check::model::{LOCK_LAPSES, ModelKind};
use crate::check::search::Limits;
use crate::check::telling::Telling;
use crate::check::{domain, sights};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What a file is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Lines of a Jepsen log.
    JepsenLog,
    /// EDN maps.
    Edn,
    /// EDN maps with keys.
    KeyValueEdn,
    /// JSON lines.
    JsonLines,
}

impl Format {
    /// Every format with its name on the command line.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("jepsen-log", Self::JepsenLog),
        ("edn", Self::Edn),
        ("key-value-edn", Self::KeyValueEdn),
        ("jsonl", Self::JsonLines),
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The format of this name.
    pub fn of(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format)
    }

    /// What a text looks like, by the first thing in it; `None` where nothing is.
    fn seen_in(text: &str) -> Option<Self> {
        // A comma is white space in EDN.
        let blank = |letter: char| letter == ',' || letter.is_whitespace();
        let lines = text.lines().map(|line| line.trim_matches(blank));
        let first = lines
            .clone()
            .find(|line| !line.is_empty() && !line.starts_with(';'))?;
        let is_json = first
            .strip_prefix('{')
            .is_some_and(|rest| rest.trim_start().starts_with(['"', '}']));
        if first.contains("jepsen.") && !first.starts_with(['{', '[', '(', '#']) {
            return Some(Self::JepsenLog);
        }
        if is_json {
            return Some(Self::JsonLines);
        }
        match first.starts_with(['{', '[', '(', '#']) {
            true if first.contains(":key ") => Some(Self::KeyValueEdn),
            true => Some(Self::Edn),
            false => Some(Self::JepsenLog),
        }
    }
}

/// Why a file is no history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// The line, counted from 1.
    pub line: u32,
    /// What is wrong and what was expected.
    pub words: String,
}

impl ReadError {
    fn new(line: u32, words: impl Into<String>) -> Self {
        Self {
            line,
            words: words.into(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}", self.line, self.words)
    }
}

impl core::error::Error for ReadError {}

/// A history and the format that it was in.
#[derive(Clone, Debug)]
pub struct Read {
    /// The history.
    pub history: History,
    /// What it was read as; `None` for an empty file.
    pub format: Option<Format>,
}

/// Reads a file; what its format is can be left to be seen.
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<Read, ReadError> {
    let text = core::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let byte = bytes[error.valid_up_to()];
        ReadError::new(
            line as u32,
            format!("expected a text in UTF-8, found the byte 0x{byte:02x}"),
        )
    })?;
    // A mark that some editors put before a text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let format = format.or_else(|| Format::seen_in(text));
    let history = match format {
        None => History::default(),
        Some(Format::JepsenLog) => jepsen_log::read(text)?,
        Some(Format::Edn | Format::KeyValueEdn) => edn::read(text)?,
        Some(Format::JsonLines) => jsonl::read(text)?,
    };
    Ok(Read { history, format })
}

/// Reads and judges whatever the bytes are, within bounds. For fuzzing: nothing may go wrong.
pub fn try_bytes(bytes: &[u8]) {
    let limits = Limits {
        steps: 20_000,
        bytes: 4 << 20,
    };
    let Ok(Read { history, .. }) = read(bytes, None) else {
        return;
    };
    let Some(kind) = ModelKind::deduce(&history) else {
        return;
    };
    let question = Question::whole(&history, kind, history.initial);
    let known = sights::sights(&question);
    let ladder = Ladder::of(&question, &known, &limits);
    assert_eq!(ladder.rungs.len(), Level::NAMES.len());
    let ops = history.ops.len();
    for finding in domain::findings(&question) {
        assert!(finding.ops.iter().all(|op| (*op as usize) < ops));
    }
}

/// The model that was asked for, or that the history says it is of, if it has all operations; else the first that has;
/// or the line of an operation that does not fit.
///
/// What an operation is called may mean another in the model that was asked for: a bank's `read` is of its accounts.
pub fn model_of(history: &mut History, asked: Option<ModelKind>) -> Result<ModelKind, ReadError> {
    pairing::settle(history, asked.or(history.model));
    let history = &*history;
    let has = |kind: ModelKind, op: &Op| kind.asks().contains(&op.ask) && kind.takes(op);
    if let Some(kind) = asked.or(history.model) {
        let wrong = history.ops.iter().find(|op| !has(kind, op));
        return wrong.map_or(Ok(kind), |op| {
            if kind.asks().contains(&op.ask) && kind == ModelKind::Bank {
                return Err(no_amount(history, op));
            }
            let asks: Vec<_> = kind.asks().iter().map(|ask| ask.name()).collect();
            let (kind, asks, ask) = (kind.name(), asks.join(", "), op.ask.name());
            Err(ReadError::new(
                op.source,
                format!(
                    "expected an operation of the model {kind}: one of {asks} with values that it takes, found {ask}"
                ),
            ))
        });
    }
    let mut left = ModelKind::NAMES.map(|(_, kind)| kind).to_vec();
    for op in &history.ops {
        left.retain(|kind| has(*kind, op));
        if left.is_empty() {
            if !ModelKind::NAMES.iter().any(|(_, kind)| has(*kind, op)) {
                return Err(no_amount(history, op));
            }
            let ask = op.ask.name();
            let words = format!(
                "expected operations that one model has, found {ask} beside the earlier ones"
            );
            return Err(ReadError::new(op.source, words));
        }
    }
    Ok(left[0])
}

/// An operation of a bank with what is no amount.
fn no_amount(history: &History, op: &Op) -> ReadError {
    let expected = match op.ask.is_read() {
        true => "balances as whole numbers",
        false => "an amount that is a whole number from 0 on",
    };
    let what = Telling::new(history).what_was_told(op);
    ReadError::new(op.source, format!("expected {expected}, found a {what}"))
}

/// What a store held before the first operation: what was `asked`, or what its history says. The error says what was
/// expected.
pub fn opening(
    history: &mut History,
    kind: ModelKind,
    asked: Option<&str>,
) -> Result<Value, String> {
    let initial = match asked {
        Some(text) => value(text, &mut history.values),
        None => history.initial,
    };
    let values = &history.values;
    let is_account = |pair: &Value| match *pair {
        Value::List(pair) => matches!(values.list_of(pair), [_, Value::Int(0..)]),
        _ => false,
    };
    let (fits, expected) = match (kind, initial) {
        (_, Value::Nil) => return Ok(initial),
        (ModelKind::Register | ModelKind::CasRegister, held) => {
            (!matches!(held, Value::List(_)), "one value")
        }
        (ModelKind::KeyValue, held) => (matches!(held, Value::Text(_) | Value::Int(_)), "a text"),
        (ModelKind::Bank, Value::List(list)) if values.list_of(list).iter().all(is_account) => {
            return Ok(initial);
        }
        (ModelKind::Bank, held) => (
            matches!(held, Value::Int(0..)),
            "a whole number from 0 on, or one by account such as {0 10, 1 5}",
        ),
        (ModelKind::Counter, held) => (matches!(held, Value::Int(_)), "a whole number"),
        (ModelKind::Lock, held) => (
            held == LOCK_LAPSES,
            "nothing: nobody holds it then; or true: it may lapse",
        ),
        (_, held) => (matches!(held, Value::List(_)), "a list such as [1 2]"),
    };
    match fits {
        true => Ok(initial),
        false => Err(format!(
            "the initial value of the model {}, expected {expected}, found {}",
            kind.name(),
            values.words(initial)
        )),
    }
}

/// A value as people write it on a command line: `nil`, a number, a list in brackets, or a text.
fn value(text: &str, values: &mut Values) -> Value {
    let value = edn::one(text, values);
    value.unwrap_or_else(|_| values.text(text))
}

/// A piece of the source as an error quotes it: on one line, and short.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut words = String::from("`");
    for (place, letter) in text.trim().chars().enumerate() {
        if place == SHOWN {
            words.push('…');
            break;
        }
        match letter.is_control() {
            true => words.push(' '),
            false => words.push(letter),
        }
    }
    words.push('`');
    words
}
