//! EDN as Jepsen and Knossos write histories: one map an event, a line each or in a vector or list.

use super::pairing::{Event, Kind, Pairing};
use super::spelling::plain;
use super::{ReadError, quoted};
use crate::check::history::{History, Value, Values};
use crate::units::Micros;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use clojure_reader::edn::{self, Edn};
use clojure_reader::error::Code;

/// What is nested deeper than this is no value of a history.
const DEPTH_MAX: u32 = 32;

/// What an event looks like, for error messages.
const EXPECTED: &str = "expected a map such as {:process 0, :type :invoke, :f :read, :value nil}";

/// What numbers look like, for error messages.
pub(super) const NUMBERS: &str = "expected whole numbers of at most 64 bits, found another number";

/// Reads events.
pub fn read(text: &str) -> Result<History, ReadError> {
    let text = &*plain(text);
    let mut source = Source {
        rest: text,
        line: 1,
    };
    let mut pairing = Pairing::new();
    let mut turns = Turns::default();
    source.skip();
    let closing = match source.rest.chars().next() {
        Some('[') => Some(']'),
        Some('(') => Some(')'),
        _ => None,
    };
    let opened = source.line;
    if closing.is_some() {
        source.rest = &source.rest[1..];
    }
    loop {
        source.skip();
        match (source.rest.chars().next(), closing) {
            (None, None) => break,
            (None, Some(closing)) => {
                return Err(ReadError::new(
                    source.line,
                    format!(
                        "the file ends here: expected `{closing}` to close what line {opened} opens"
                    ),
                ));
            }
            (Some(found), Some(closing)) if found == closing => {
                source.rest = &source.rest[1..];
                source.skip();
                if !source.rest.is_empty() {
                    return Err(ReadError::new(
                        source.line,
                        format!(
                            "expected the end of the file, found {}",
                            quoted(source.rest)
                        ),
                    ));
                }
                break;
            }
            _ => event(&mut source, &mut pairing, &mut turns)?,
        }
    }
    Ok(pairing.finish())
}

/// What is left of a text.
struct Source<'a> {
    rest: &'a str,
    line: u32,
}

impl<'a> Source<'a> {
    /// Passes over white space, commas and comments.
    fn skip(&mut self) {
        loop {
            let blank = |letter: char| letter.is_whitespace() || letter == ',';
            let rest = self.rest.trim_start_matches(blank);
            self.pass(rest);
            if !rest.starts_with(';') {
                return;
            }
            let end = rest.find('\n').unwrap_or(rest.len());
            self.pass(&rest[end..]);
        }
    }

    /// Goes on at `rest`, which is a tail of what is left.
    fn pass(&mut self, rest: &'a str) {
        let passed = &self.rest[..self.rest.len() - rest.len()];
        self.line += lines(passed);
        self.rest = rest;
    }

    /// The next value.
    fn next(&mut self) -> Result<Edn<'a>, ReadError> {
        match edn::read(self.rest) {
            Ok((value, rest)) => {
                self.pass(rest);
                Ok(value)
            }
            Err(error) => {
                let line = self.line + error.line.map_or(0, |line| line.saturating_sub(1)) as u32;
                if matches!(error.code, Code::InvalidNumber) {
                    return Err(ReadError::new(line, NUMBERS));
                }
                let (found, why) = (quoted(self.rest), words_of(&error.code));
                Err(ReadError::new(
                    line,
                    format!("{EXPECTED}, found {found}{why}"),
                ))
            }
        }
    }
}

/// What is wrong with a piece of EDN.
fn words_of(code: &Code) -> String {
    let why = match code {
        Code::HashMapDuplicateKey => "a key stands twice in a map",
        Code::SetDuplicateKey => "an element stands twice in a set",
        Code::InvalidChar => "a letter that EDN does not have",
        Code::InvalidEscape => "a backslash before a letter that it does not go with",
        Code::InvalidKeyword => "a keyword without a name",
        Code::InvalidRadix(_) => "a number with a base that it cannot have",
        Code::InvalidTag => "a tag without a name",
        Code::UnexpectedEOF => "the file ends in it",
        Code::UnmatchedDelimiter(bracket) => return format!(": an unexpected `{bracket}` in it"),
        _ => return String::new(),
    };
    format!(": {why}")
}

fn lines(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// In which order events say that they happened.
#[derive(Default)]
struct Turns {
    index: Option<i64>,
    /// By process: the time of its last event. Between processes it may go back: each notes its own and then waits for
    /// its turn to log.
    times: BTreeMap<i64, i64>,
}

impl Turns {
    /// The next event. The error says in which way it comes before an earlier one.
    fn take(
        &mut self,
        process: i64,
        index: Option<&Edn<'_>>,
        time: Option<&Edn<'_>>,
    ) -> Result<(), String> {
        if let Some(Edn::Int(index)) = index
            && let Some(last) = self.index.replace(*index)
            && last >= *index
        {
            return Err(format!("expected an :index above {last}, found {index}"));
        }
        if let Some(Edn::Int(time)) = time
            && let Some(last) = self.times.insert(process, *time)
            && last > *time
        {
            return Err(format!(
                "expected a :time of process {process} from {last} on, found {time}"
            ));
        }
        Ok(())
    }
}

fn event(
    source: &mut Source<'_>,
    pairing: &mut Pairing,
    turns: &mut Turns,
) -> Result<(), ReadError> {
    let (line, whole) = (source.line, source.rest);
    let value = source.next()?;
    let wrong = |words: String| Err(ReadError::new(line, words));
    // Records such as #jepsen.history.Op{…} are maps with a name.
    let inner = match &value {
        Edn::Tagged(_, inner) => inner,
        value => value,
    };
    let Edn::Map(map) = inner else {
        return wrong(format!("{EXPECTED}, found {}", quoted(whole)));
    };
    let get = |name: &'static str| map.get(&Edn::key(name));
    let process = match get("process") {
        Some(Edn::Int(number)) => Value::Int(*number),
        // What is no client, such as :nemesis.
        Some(Edn::Key(_) | Edn::Str(_) | Edn::Symbol(_)) => Value::Nil,
        _ => return wrong(String::from("expected :process, a number")),
    };
    let f = match get("f") {
        Some(Edn::Key(name) | Edn::Str(name) | Edn::Symbol(name)) => name.trim_start_matches(':'),
        _ => {
            return wrong(String::from(
                "expected :f as a keyword such as :read or :write",
            ));
        }
    };
    // Nanoseconds.
    let at = match get("time") {
        Some(Edn::Int(time)) => u64::try_from(*time).ok().map(|time| Micros(time / 1_000)),
        _ => None,
    };
    if process == Value::Nil {
        let words = get("value").filter(|value| !matches!(value, Edn::Nil));
        let mut told = String::from(f);
        if let Some(value) = words {
            let value = value_of(value, pairing.values());
            told.push(' ');
            told.push_str(&pairing.values().words(value));
        }
        pairing.fault(told, at);
        return Ok(());
    }
    if let Value::Int(process) = process {
        turns
            .take(process, get("index"), get("time"))
            .map_err(|words| ReadError::new(line, words))?;
    }
    let kind = match get("type") {
        Some(Edn::Key(name) | Edn::Str(name)) => Kind::of(name.trim_start_matches(':')),
        _ => None,
    };
    let Some(kind) = kind else {
        return wrong(String::from(
            "expected :type as :invoke, :ok, :fail or :info",
        ));
    };
    let mut key = get("key").map(|key| value_of(key, pairing.values()));
    let value = match get("value") {
        Some(Edn::Tagged(tag, inner)) if tag.ends_with("tuple") => match &**inner {
            Edn::Vector(pair) if pair.len() == 2 => {
                key = Some(value_of(&pair[0], pairing.values()));
                value_of(&pair[1], pairing.values())
            }
            other => value_of(other, pairing.values()),
        },
        Some(value) => value_of(value, pairing.values()),
        None => Value::Nil,
    };
    pairing.add(Event {
        line,
        process,
        kind,
        f,
        key,
        value,
        at,
    })
}

/// A value of EDN as histories hold it. What has no likeness here is kept as its text.
fn value_of(value: &Edn<'_>, values: &mut Values) -> Value {
    nested(value, values, DEPTH_MAX)
}

fn nested(value: &Edn<'_>, values: &mut Values, depth: u32) -> Value {
    let Some(depth) = depth.checked_sub(1) else {
        return values.text("…");
    };
    let mut list = Vec::new();
    match value {
        Edn::Nil => return Value::Nil,
        Edn::Bool(value) => return Value::Bool(*value),
        Edn::Int(number) => return Value::Int(*number),
        Edn::Str(text) => return values.text(text),
        Edn::Key(name) => return values.text(&format!(":{}", name.trim_start_matches(':'))),
        Edn::Tagged(_, inner) => return nested(inner, values, depth),
        Edn::Vector(all) | Edn::List(all) => {
            for one in all {
                list.push(nested(one, values, depth));
            }
        }
        Edn::Set(all) => {
            for one in all {
                list.push(nested(one, values, depth));
            }
        }
        Edn::Map(map) => {
            for (key, value) in map {
                let pair = [key, value].map(|one| nested(one, values, depth));
                list.push(values.list(pair.to_vec()));
            }
        }
        leaf => return values.text(&leaf.to_string()),
    }
    values.list(list)
}

/// A value on its own, as it stands in a line of a log. The error says whether it is a number, but not such as
/// histories hold.
pub(super) fn one(text: &str, values: &mut Values) -> Result<Value, bool> {
    match edn::read(&plain(text)) {
        Ok((value, rest)) if rest.trim().is_empty() => Ok(value_of(&value, values)),
        Ok(_) => Err(false),
        Err(error) => Err(matches!(error.code, Code::InvalidNumber)),
    }
}
