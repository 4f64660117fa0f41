//! Lines of a Jepsen log: `INFO  jepsen.util - PROC<tab>:invoke|:ok|:fail|:info<tab>:read|:write|:cas<tab>VALUE`.

use super::pairing::{Event, Kind, Pairing};
use super::{ReadError, edn, quoted};
use crate::check::history::{History, Value};
use alloc::format;
use alloc::vec::Vec;

/// What an event of a history looks like, for error messages.
const EXPECTED: &str =
    "expected a line such as `INFO  jepsen.util - 0<tab>:invoke<tab>:write<tab>3`";

/// Reads a log. Lines of other loggers are passed over.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut pairing = Pairing::new();
    for (line, whole) in (1..).zip(text.lines()) {
        if whole.trim().is_empty() {
            continue;
        }
        let Some((_, said)) = whole.split_once("jepsen.util") else {
            if is_of_another(whole) {
                continue;
            }
            return Err(ReadError::new(
                line,
                format!("{EXPECTED}, found {}", quoted(whole)),
            ));
        };
        let said = said.trim_start_matches([']', ':', '-', ' ']);
        event(line, said, whole, &mut pairing)?;
    }
    Ok(pairing.finish())
}

/// Whether a line is one of a log, only not of a history: a level, a logger's name, a dash.
fn is_of_another(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let level = words.any(|word| matches!(word, "INFO" | "WARN" | "ERROR" | "DEBUG" | "TRACE"));
    level && words.next().is_some_and(|logger| logger.contains('.')) && words.next().is_some()
}

fn event(line: u32, said: &str, whole: &str, pairing: &mut Pairing) -> Result<(), ReadError> {
    let wrong = || ReadError::new(line, format!("{EXPECTED}, found {}", quoted(whole)));
    let (process, rest) = word(said).ok_or_else(wrong)?;
    let Ok(process) = process.parse::<i64>() else {
        if process.starts_with(':') || process == "nemesis" {
            let words: Vec<_> = rest.split_whitespace().collect();
            pairing.fault(words.join(" "), None);
            return Ok(());
        }
        return Err(wrong());
    };
    let (kind, rest) = word(rest).ok_or_else(wrong)?;
    let (f, rest) = word(rest).ok_or_else(wrong)?;
    let kind = kind
        .strip_prefix(':')
        .and_then(Kind::of)
        .ok_or_else(wrong)?;
    let f = f.strip_prefix(':').ok_or_else(wrong)?;
    // A line that was cut off has lost its value.
    if rest.trim().is_empty() {
        return Err(wrong());
    }
    let value = match kind {
        // What is said of a call that nobody knows the end of is why, not what.
        Kind::Fail | Kind::Info => Value::Nil,
        Kind::Invoke | Kind::Ok => {
            edn::one(rest, pairing.values()).map_err(|is_number| match is_number {
                true => ReadError::new(line, edn::NUMBERS),
                false => wrong(),
            })?
        }
    };
    pairing.add(Event {
        line,
        process: Value::Int(process),
        kind,
        f,
        key: None,
        value,
        at: None,
    })
}

/// The first word and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace)?;
    Some(text.split_at(end))
}
