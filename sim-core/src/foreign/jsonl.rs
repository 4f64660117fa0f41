//! Our own JSON lines: an operation a line, as `netsplit replay --history` writes them. Moments are microseconds.

use super::numbering::Numbering;
use super::pairing::settle;
use super::{ReadError, quoted};
use crate::check::history::{
    Ask, Ended, Fault, History, NEVER, NO_KEY, Op, Value, Values, printable,
};
use crate::check::model::ModelKind;
use crate::check::sights::OPS_MAX;
use crate::units::Micros;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value as Json;

/// Reads operations and faults.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut reader = Reader::default();
    for (line, whole) in (1..).zip(text.lines()) {
        if whole.trim().is_empty() {
            continue;
        }
        let json: Json = serde_json::from_str(whole).map_err(|error| {
            let words = error.to_string();
            let what = words.split(" at line").next().unwrap_or_default();
            let (column, whole) = (error.column(), quoted(whole));
            let words =
                format!("expected one JSON object a line: {what} at column {column} of {whole}");
            ReadError::new(line, words)
        })?;
        reader.line(line, &json)?;
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    history: History,
    clients: Numbering<String>,
    keys: Numbering<Value>,
    sessions: Numbering<String>,
    /// By client: its session, or [`NEVER`].
    session_of: Vec<u32>,
    /// What operations call themselves, and what they saw; each with its line.
    called: Vec<(u64, u32)>,
    saw: Vec<(u32, Vec<u64>)>,
}

impl Reader {
    fn line(&mut self, line: u32, json: &Json) -> Result<(), ReadError> {
        let wrong = |words: String| Err(ReadError::new(line, words));
        if !json.is_object() {
            return wrong(String::from("expected a JSON object"));
        }
        let text = |name: &str| json.get(name).and_then(Json::as_str);
        let number = |name: &str| json.get(name).and_then(Json::as_u64);
        if let Some(initial) = json.get("initial") {
            self.history.initial = value_of(initial, &mut self.history.values);
        }
        if let Some(name) = text("model") {
            let Some(model) = ModelKind::of(name) else {
                let names = ModelKind::NAMES.map(|(name, _)| name).join(", ");
                return wrong(format!(
                    "expected \"model\" as one of {names}, found {}",
                    quoted(name)
                ));
            };
            self.history.model = Some(model);
        }
        if let Some(words) = text("fault") {
            let Some(at) = number("at_us") else {
                return wrong(String::from(
                    "expected \"at_us\", a whole number of microseconds",
                ));
            };
            self.history.faults.push(Fault {
                words: printable(words),
                place: 0,
                at: Micros(at),
                mends: false,
            });
            return Ok(());
        }
        let client = match json.get("client") {
            Some(Json::String(name)) => name.clone(),
            Some(Json::Number(number)) => format!("client {number}"),
            _ => return wrong(String::from("expected \"client\", a name")),
        };
        let name = text("operation").unwrap_or("");
        let Some(ask) = Ask::of(name) else {
            let names: Vec<_> = Ask::NAMES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            return wrong(format!(
                "expected \"operation\", one of {names}, found {}",
                quoted(name)
            ));
        };
        let outcome = match text("outcome") {
            Some("ok") => Ended::Ok,
            // A refusal may say itself that it is not sure.
            Some("refused") if json.get("certain") == Some(&Json::Bool(false)) => Ended::Unknown,
            Some("refused") => Ended::Refused,
            Some("unknown" | "open") => Ended::Unknown,
            other => {
                let found = quoted(other.unwrap_or("nothing"));
                return wrong(format!(
                    "expected \"outcome\" as ok, refused, unknown or open, found {found}"
                ));
            }
        };
        let Some(invoked_at) = number("invoked_us").filter(|at| *at < u64::MAX) else {
            return wrong(String::from(
                "expected \"invoked_us\", a whole number of microseconds",
            ));
        };
        let ended_at = match json.get("ended_us") {
            None | Some(Json::Null) => u64::MAX,
            Some(at) => match at.as_u64() {
                Some(at) if at >= invoked_at => at,
                Some(_) => {
                    return wrong(String::from(
                        "expected \"ended_us\" no earlier than \"invoked_us\"",
                    ));
                }
                None => {
                    return wrong(String::from(
                        "expected \"ended_us\", a whole number of microseconds or null",
                    ));
                }
            },
        };
        if outcome == Ended::Ok && ended_at == u64::MAX {
            return wrong(String::from(
                "expected \"ended_us\" of an operation that was answered",
            ));
        }
        let (a, b) = self.arguments(line, ask, json)?;
        let told = json.get("value").unwrap_or(&Json::Null);
        let told = value_of(told, &mut self.history.values);
        if outcome == Ended::Ok && ask == Ask::Contains && !matches!(told, Value::Bool(_)) {
            return wrong(String::from("expected \"value\" as true or false"));
        }
        let key = match json.get("key") {
            None | Some(Json::Null) => NO_KEY,
            Some(key) => {
                let key = value_of(key, &mut self.history.values);
                self.key(key)
            }
        };
        if key == NO_KEY && ask == Ask::Transfer {
            return wrong(String::from(
                "expected \"key\", the account that a transfer takes from",
            ));
        }
        let client = self.client(client);
        match json.get("session") {
            None | Some(Json::Null) => {}
            Some(Json::String(session)) => self.session(line, client, session)?,
            Some(_) => return wrong(String::from("expected \"session\", a name")),
        }
        self.sight(line, json)?;
        self.history.ops.push(Op {
            client,
            ask,
            key,
            a,
            b,
            result: told,
            outcome,
            invoked: 0,
            ended: NEVER,
            invoked_at: Micros(invoked_at),
            ended_at: Micros(ended_at),
            source: line,
        });
        Ok(())
    }

    /// `"args": […]`, or `"amount": n` for one number.
    fn arguments(&mut self, line: u32, ask: Ask, json: &Json) -> Result<(Value, Value), ReadError> {
        let values = &mut self.history.values;
        let given: Vec<Value> = match (json.get("args"), json.get("amount")) {
            (Some(Json::Array(list)), _) => list.iter().map(|one| value_of(one, values)).collect(),
            (None, Some(amount)) => [value_of(amount, values)].to_vec(),
            (None, None) => Vec::new(),
            (Some(_), _) => return Err(ReadError::new(line, "expected \"args\" as a list")),
        };
        let is_number = |value: &Value| matches!(value, Value::Int(_));
        let (fits, expected) = match ask {
            Ask::Cas => (given.len() == 2, "[from, to]"),
            Ask::Transfer => (
                given.len() == 2 && is_number(&given[1]),
                "[to, amount], a whole number",
            ),
            Ask::Guarded => (
                given.len() == 2 && is_number(&given[0]),
                "[token, value], the token a whole number",
            ),
            Ask::Deposit | Ask::Withdraw | Ask::Increment | Ask::Decrement => (
                given.len() == 1 && is_number(&given[0]),
                "[amount], a whole number",
            ),
            Ask::Write
            | Ask::Put
            | Ask::Append
            | Ask::Add
            | Ask::Remove
            | Ask::Contains
            | Ask::Enqueue => (given.len() == 1, "[value]"),
            _ => (given.is_empty(), "nothing"),
        };
        if !fits {
            let name = ask.name();
            let article = match name.starts_with(['a', 'e', 'i']) {
                true => "an",
                false => "a",
            };
            let words = format!("expected \"args\" of {article} {name} as {expected}");
            return Err(ReadError::new(line, words));
        }
        let at = |place: usize| given.get(place).copied().unwrap_or_default();
        Ok((at(0), at(1)))
    }

    fn client(&mut self, name: String) -> u32 {
        let (number, is_new) = self.clients.of(name.clone());
        if is_new {
            self.history.clients.push(printable(&name));
        }
        number
    }

    /// What an operation calls itself, and of which changes it says that it saw them.
    fn sight(&mut self, line: u32, json: &Json) -> Result<(), ReadError> {
        if let Some(op) = json.get("op").and_then(Json::as_u64) {
            self.called.push((op, line));
        }
        let Some(saw) = json.get("saw") else {
            return Ok(());
        };
        let all = saw
            .as_array()
            .and_then(|saw| saw.iter().map(Json::as_u64).collect());
        let Some(all) = all else {
            let words = "expected \"saw\" as a list of numbers, the \"op\" of each change";
            return Err(ReadError::new(line, words));
        };
        self.saw.push((line, all));
        Ok(())
    }

    /// What was seen, as numbers in the history: nothing unless every answer of whoever looked says it.
    fn seen(&mut self) -> Result<Vec<(u32, Vec<u32>)>, ReadError> {
        self.called.sort_unstable();
        for pair in self.called.windows(2) {
            let ((op, other), (next, line)) = (pair[0], pair[1]);
            if op == next {
                let words = format!("expected an \"op\" of its own, found {op} as on line {other}");
                return Err(ReadError::new(line, words));
            }
        }
        let mut numbers = Vec::new();
        for (number, op) in (0..).zip(&self.history.ops) {
            let line = op.source as usize;
            numbers.resize(numbers.len().max(line + 1), NEVER);
            numbers[line] = number;
        }
        let mut all = Vec::new();
        for (line, saw) in &self.saw {
            let mut seen = Vec::new();
            for op in saw {
                let place = self.called.partition_point(|(other, _)| other < op);
                let called = self.called.get(place).filter(|(other, _)| other == op);
                let change = called.map(|(_, line)| numbers[*line as usize]);
                match change.filter(|one| !self.history.ops[*one as usize].ask.is_read()) {
                    Some(change) => seen.push(change),
                    None => {
                        let words =
                            format!("expected in \"saw\" the \"op\" of a change, found {op}");
                        return Err(ReadError::new(*line, words));
                    }
                }
            }
            all.push((numbers[*line as usize], seen));
        }
        let looked = |op: &&Op| op.outcome == Ended::Ok && op.ask.is_read();
        let says = |op: &Op| {
            all.iter()
                .any(|(number, _)| *number == numbers[op.source as usize])
        };
        let is_told = self.saw.len() <= OPS_MAX && self.history.ops.iter().filter(looked).all(says);
        all.retain(|_| is_told);
        Ok(all)
    }

    /// Whose session a client belongs to; it stays that.
    fn session(&mut self, line: u32, client: u32, name: &str) -> Result<(), ReadError> {
        let (session, _) = self.sessions.of(String::from(name));
        self.session_of.resize(self.history.clients.len(), NEVER);
        let known = &mut self.session_of[client as usize];
        if *known != NEVER && *known != session {
            let (client, name) = (&self.history.clients[client as usize], quoted(name));
            let words = format!("expected {client} to stay in one session, found {name} as well");
            return Err(ReadError::new(line, words));
        }
        *known = session;
        Ok(())
    }

    /// By client: the first one of its session.
    fn joined(&self) -> Vec<u32> {
        let (mut joined, mut first) = (Vec::new(), Vec::<u32>::new());
        for (client, session) in (0..).zip(&self.session_of) {
            let place = *session as usize;
            if *session == NEVER {
                joined.push(client);
                continue;
            }
            if first.len() <= place {
                first.resize(place + 1, NEVER);
            }
            first[place] = client.min(first[place]);
            joined.push(first[place]);
        }
        joined
    }

    fn key(&mut self, key: Value) -> u32 {
        let (number, is_new) = self.keys.of(key);
        if is_new {
            self.history.keys.push(key);
        }
        number
    }

    /// Puts everything in the order of time and sees that no client did two things at once.
    fn finish(mut self) -> Result<History, ReadError> {
        let history = &mut self.history;
        history.ops.sort_by_key(|op| (op.invoked_at, op.source));
        history.rank();
        // Within one instant that is another order than of the moments.
        history.ops.sort_by_key(|op| op.invoked);
        let mut latest: BTreeMap<u32, (Micros, u32)> = BTreeMap::new();
        for op in &history.ops {
            if let Some((until, line)) = latest.get(&op.client)
                && op.invoked_at < *until
            {
                let name = history.client_of(op);
                return Err(ReadError::new(
                    op.source,
                    format!(
                        "{name} asks while the operation of line {line} is under way: expected one at a time"
                    ),
                ));
            }
            // Whoever gave up may ask again.
            let until = match op.outcome {
                Ended::Unknown if op.ended_at == Micros::NEVER => op.invoked_at,
                _ => op.ended_at,
            };
            latest.insert(op.client, (until, op.source));
        }
        history.has_moments = true;
        settle(history, history.model);
        let joined = self.joined();
        if (0..).zip(&joined).any(|(client, first)| client != *first) {
            self.history.join(joined);
        }
        self.history.saw = self.seen()?;
        Ok(self.history)
    }
}

fn value_of(json: &Json, values: &mut Values) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => values.text(&number.to_string()),
        },
        Json::String(text) => values.text(text),
        Json::Array(list) => {
            let list: Vec<_> = list.iter().map(|one| value_of(one, values)).collect();
            values.list(list)
        }
        Json::Object(map) => {
            let mut pairs = Vec::new();
            for (key, value) in map {
                let pair = [values.text(key), value_of(value, values)];
                pairs.push(values.list(pair.to_vec()));
            }
            values.list(pairs)
        }
    }
}
