//! Our own JSON lines: an operation a line, as `netsplit replay --history` writes them. Moments are microseconds.

use super::numbering::Numbering;
use super::pairing::settle;
use super::source::{Bad, DEPTH_MAX, Source};
use super::{ReadError, quoted};
use crate::check::history::{
    Ask, Ended, Fault, History, NEVER, NO_KEY, Op, Value, Values, printable,
};
use crate::check::model::ModelKind;
use crate::check::sights::OPS_MAX;
use crate::units::Micros;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Reads operations and faults.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut reader = Reader::default();
    for (line, whole) in (1..).zip(text.lines()) {
        if whole.trim().is_empty() {
            continue;
        }
        let mut source = Source::new(whole, line);
        let fields = Fields::of(&mut source, &mut reader.history.values).map_err(|bad| {
            let column = whole.len() - source.rest.len() + 1;
            bad.at(line, |why| {
                let whole = quoted(whole);
                format!("expected one JSON object a line: {why} at column {column} of {whole}")
            })
        })?;
        reader.line(line, &fields)?;
    }
    reader.finish()
}

/// What a line may say.
const NAMES: [&str; 17] = [
    "client",
    "operation",
    "key",
    "args",
    "amount",
    "value",
    "invoked_us",
    "ended_us",
    "outcome",
    "certain",
    "session",
    "op",
    "saw",
    "initial",
    "model",
    "fault",
    "at_us",
];

/// What a line says.
#[derive(Default)]
struct Fields([Option<Value>; NAMES.len()]);

impl Fields {
    /// The fields of the object that is all of what is left.
    fn of(source: &mut Source<'_>, values: &mut Values) -> Result<Self, Bad> {
        let (mut fields, mut others) = (Self::default(), Vec::new());
        source.rest = source.rest.trim();
        source.members(|source, name| {
            let value = source.json(values, DEPTH_MAX)?;
            let known = NAMES.iter().position(|known| *known == name);
            let is_first = match known {
                Some(known) => fields.0[known].replace(value).is_none(),
                None => true,
            };
            if known.is_none() {
                others.push(name);
            }
            match is_first {
                true => Ok(()),
                false => Err(TWICE),
            }
        })?;
        others.sort_unstable();
        if others.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(TWICE);
        }
        match source.rest.is_empty() {
            true => Ok(fields),
            false => Err(Bad::spelling("more than that")),
        }
    }

    fn get(&self, name: &str) -> Option<Value> {
        let known = NAMES.iter().position(|known| *known == name)?;
        self.0[known]
    }

    /// What is neither left out nor null.
    fn some(&self, name: &str) -> Option<Value> {
        self.get(name).filter(|value| *value != Value::Nil)
    }

    fn text<'v>(&self, name: &str, values: &'v Values) -> Option<&'v str> {
        match self.get(name)? {
            Value::Text(text) => Some(values.text_of(text)),
            _ => None,
        }
    }

    /// A whole number that is not below zero.
    fn number(&self, name: &str) -> Option<u64> {
        counted(self.get(name)?)
    }
}

const TWICE: Bad = Bad::spelling("a field stands twice");

fn counted(value: Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

#[derive(Default)]
struct Reader {
    history: History,
    clients: Numbering<Value>,
    keys: Numbering<Value>,
    sessions: Numbering<Value>,
    /// By client: its session, or [`NEVER`].
    session_of: Vec<u32>,
    /// What operations call themselves, and what they saw; each with its line.
    called: Vec<(u64, u32)>,
    saw: Vec<(u32, Value)>,
    /// The lines of what still waits.
    open: Vec<u32>,
}

impl Reader {
    fn line(&mut self, line: u32, fields: &Fields) -> Result<(), ReadError> {
        let wrong = |words: String| Err(ReadError::new(line, words));
        let values = &self.history.values;
        let text = |name: &str| fields.text(name, values);
        if let Some(initial) = fields.get("initial") {
            self.history.initial = initial;
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
            let Some(at) = fields.number("at_us") else {
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
        let Some(client @ (Value::Text(_) | Value::Int(_))) = fields.get("client") else {
            return wrong(String::from("expected \"client\", a name"));
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
        let said = text("outcome").unwrap_or("nothing");
        let outcome = match said {
            "ok" => Ended::Ok,
            // A refusal may say itself that it is not sure.
            "refused" if fields.get("certain") == Some(Value::Bool(false)) => Ended::Unknown,
            "refused" => Ended::Refused,
            "unknown" | "open" => Ended::Unknown,
            other => {
                let found = quoted(other);
                return wrong(format!(
                    "expected \"outcome\" as ok, refused, unknown or open, found {found}"
                ));
            }
        };
        let is_open = said == "open";
        let Some(invoked_at) = fields.number("invoked_us") else {
            return wrong(String::from(
                "expected \"invoked_us\", a whole number of microseconds",
            ));
        };
        let ended_at = match fields.some("ended_us") {
            None => u64::MAX,
            Some(at) => match counted(at) {
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
        let (a, b) = self.arguments(line, ask, fields)?;
        let told = fields.get("value").unwrap_or_default();
        if outcome == Ended::Ok && ask == Ask::Contains && !matches!(told, Value::Bool(_)) {
            return wrong(String::from("expected \"value\" as true or false"));
        }
        let key = fields.some("key").map_or(NO_KEY, |key| self.key(key));
        if key == NO_KEY && ask == Ask::Transfer {
            return wrong(String::from(
                "expected \"key\", the account that a transfer takes from",
            ));
        }
        let client = self.client(client);
        match fields.some("session") {
            None => {}
            Some(session @ Value::Text(_)) => self.session(line, client, session)?,
            Some(_) => return wrong(String::from("expected \"session\", a name")),
        }
        self.sight(line, fields)?;
        if is_open {
            self.open.push(line);
        }
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
    fn arguments(&self, line: u32, ask: Ask, fields: &Fields) -> Result<(Value, Value), ReadError> {
        let amount = fields.get("amount");
        let given: &[Value] = match fields.get("args") {
            Some(list @ Value::List(_)) => self.history.values.list_in(list),
            Some(_) => return Err(ReadError::new(line, "expected \"args\" as a list")),
            None => amount.as_slice(),
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

    fn client(&mut self, client: Value) -> u32 {
        let (number, is_new) = self.clients.of(client);
        if is_new {
            let name = match client {
                Value::Text(name) => printable(self.history.values.text_of(name)),
                client => format!("client {}", self.history.values.words(client)),
            };
            self.history.clients.push(name);
        }
        number
    }

    /// What an operation calls itself, and of which changes it says that it saw them.
    fn sight(&mut self, line: u32, fields: &Fields) -> Result<(), ReadError> {
        if let Some(op) = fields.number("op") {
            self.called.push((op, line));
        }
        let Some(saw) = fields.get("saw") else {
            return Ok(());
        };
        let list = self.history.values.list_in(saw);
        if !matches!(saw, Value::List(_)) || list.iter().any(|op| counted(*op).is_none()) {
            let words = "expected \"saw\" as a list of numbers, the \"op\" of each change";
            return Err(ReadError::new(line, words));
        }
        self.saw.push((line, saw));
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
            for op in self.history.values.list_in(*saw) {
                let op = counted(*op).unwrap_or_default();
                let place = self.called.partition_point(|(other, _)| *other < op);
                let called = self.called.get(place).filter(|(other, _)| *other == op);
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
    fn session(&mut self, line: u32, client: u32, name: Value) -> Result<(), ReadError> {
        let (session, _) = self.sessions.of(name);
        self.session_of.resize(self.history.clients.len(), NEVER);
        let known = &mut self.session_of[client as usize];
        if *known != NEVER && *known != session {
            let client = &self.history.clients[client as usize];
            let name = match name {
                Value::Text(name) => quoted(self.history.values.text_of(name)),
                _ => String::new(),
            };
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
        let mut latest: BTreeMap<u32, &Op> = BTreeMap::new();
        for op in &history.ops {
            if let Some(before) = latest.insert(op.client, op) {
                let name = history.client_of(op);
                let line = before.source;
                // Whoever gave up, or was refused at a time that nobody noted, may ask again.
                let until = match before.ended_at {
                    Micros::NEVER if self.open.binary_search(&line).is_err() => before.invoked_at,
                    at => at,
                };
                if op.invoked_at < until {
                    return Err(ReadError::new(
                        op.source,
                        format!(
                            "{name} asks while the operation of line {line} is under way: expected one at a time"
                        ),
                    ));
                }
                let is_named = |line| {
                    self.called
                        .binary_search_by_key(&line, |(_, line)| *line)
                        .is_ok()
                };
                if is_again(before, op) && !is_named(op.source) {
                    return Err(ReadError::new(
                        op.source,
                        format!("expected another operation, found that of line {line} again"),
                    ));
                }
            }
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

/// Whether an operation says nothing that the one before does not.
fn is_again(before: &Op, op: &Op) -> bool {
    let again = Op {
        invoked: before.invoked,
        ended: before.ended,
        source: before.source,
        ..*op
    };
    again == *before
}
