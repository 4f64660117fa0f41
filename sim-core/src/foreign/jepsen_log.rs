//! Lines of a Jepsen log: `INFO  jepsen.util - PROC<tab>:invoke|:ok|:fail|:info<tab>:read|:write|:cas<tab>VALUE`.

use super::pairing::{Event, Kind, Pairing};
use super::source::Bad;
use super::{ReadError, edn, quoted};
use crate::check::history::{History, Value};
use alloc::format;
use alloc::vec::Vec;

/// What an event of a history looks like, for error messages.
const EXPECTED: &str =
    "expected a line such as `INFO  jepsen.util - 0<tab>:invoke<tab>:write<tab>3`";

/// Reads a log. Lines that are no events are passed over: those of other loggers, and what follows them.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut pairing = Pairing::new();
    let mut is_log = false;
    for (line, whole) in (1..).zip(text.lines()) {
        let wrong = || ReadError::new(line, format!("{EXPECTED}, found {}", quoted(whole)));
        let said = whole.split_once("jepsen.util").map(|(_, said)| said);
        let said = said.map(behind_logger);
        if let Some(said) = said.filter(|said| is_event(said)) {
            event(line, said, &mut pairing)?.ok_or_else(wrong)?;
            is_log = true;
        } else if is_of_another(whole) {
            is_log = true;
        } else if !whole.trim().is_empty() && (!is_log || is_cut_off(whole)) {
            return Err(wrong());
        }
    }
    Ok(pairing.finish())
}

/// What is said behind the end of a logger's name.
fn behind_logger(rest: &str) -> &str {
    let rest = rest.trim_start_matches([']', ':']).trim_start();
    // A dash, unless it is a number's sign.
    match rest.strip_prefix('-') {
        Some(said) if !said.starts_with(|next: char| next.is_ascii_digit()) => said.trim_start(),
        _ => rest,
    }
}

/// Whether a line is one of a log: a level, a logger's name, and what it says.
fn is_of_another(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| !is_level(word));
    let logger = words.find(|word| word.contains('.'));
    logger.is_some_and(|logger| logger.ends_with(':') || words.next().is_some())
}

fn is_level(word: &str) -> bool {
    matches!(word, "INFO" | "WARN" | "ERROR" | "DEBUG" | "TRACE")
}

/// Whether a line begins as those of a log do, or as an event does: it has lost something.
fn is_cut_off(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.clone().take(3).any(is_level) || words.nth(1).is_some_and(|word| kind_of(word).is_some())
}

/// Whether what the logger of events said is one, whole or not: a process and what happened to it.
fn is_event(said: &str) -> bool {
    let (process, rest) = word(said).unwrap_or((said, ""));
    let next = rest.trim_start();
    let happened = next.split(char::is_whitespace).next().and_then(kind_of);
    let begins = next.is_empty() || next.starts_with(':') || rest.starts_with('\t');
    let is_number = process.is_empty() || process.parse::<i64>().is_ok();
    happened.is_some() || is_number && begins
}

fn kind_of(word: &str) -> Option<Kind> {
    word.strip_prefix(':').and_then(Kind::of)
}

/// Takes in an event; nothing where it is not whole.
fn event(line: u32, said: &str, pairing: &mut Pairing) -> Result<Option<()>, ReadError> {
    let Some((process, rest)) = word(said) else {
        return Ok(None);
    };
    let process = match process.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => pairing.values().word(process),
    };
    if pairing.is_nemesis(process) {
        let words: Vec<_> = rest.split_whitespace().collect();
        pairing.fault(words.join(" "), None);
        return Ok(Some(()));
    }
    let Some((kind, f, rest)) = happened(rest) else {
        return Ok(None);
    };
    let value = match kind {
        // What is said of a call that nobody knows the end of is why, not what.
        Kind::Fail | Kind::Info => Value::Nil,
        Kind::Invoke | Kind::Ok => match edn::one(rest, pairing.values()) {
            Ok(value) => value,
            Err(Bad::Spelling(_)) => return Ok(None),
            Err(Bad::Meaning(words)) => return Err(ReadError::new(line, words)),
        },
    };
    pairing.add(Event {
        line,
        process,
        kind,
        f,
        key: None,
        value,
        at: None,
    })?;
    Ok(Some(()))
}

/// What happened, to which operation, and its value.
fn happened(text: &str) -> Option<(Kind, &str, &str)> {
    let (kind, rest) = word(text)?;
    let (f, rest) = word(rest)?;
    // A line that was cut off has lost its value.
    let value = Some(rest).filter(|rest| !rest.trim().is_empty())?;
    Some((kind_of(kind)?, f.strip_prefix(':')?, value))
}

/// The first word and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace)?;
    Some(text.split_at(end))
}
