//! Invocations and responses, paired to operations.

use super::numbering::Numbering;
use super::{ReadError, quoted};
use crate::check::history::{
    Ask, Ended, Fault, History, NEVER, NO_KEY, Op, Value, Values, printable,
};
use crate::check::model::ModelKind;
use crate::units::Micros;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What happened to an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Kind {
    /// The kind of this name, as Jepsen writes it without the colon.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "invoke" => Self::Invoke,
            "ok" => Self::Ok,
            "fail" => Self::Fail,
            "info" => Self::Info,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Invoke => ":invoke",
            Self::Ok => ":ok",
            Self::Fail => ":fail",
            Self::Info => ":info",
        }
    }
}

/// One line of a history.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub line: u32,
    /// A client's number or name.
    pub process: Value,
    pub kind: Kind,
    /// What was asked, without the colon.
    pub f: &'a str,
    pub key: Option<Value>,
    pub value: Value,
    pub at: Option<Micros>,
}

/// Builds a history from events in the order in which they happened.
#[derive(Debug)]
pub struct Pairing {
    history: History,
    /// The operation that each process waits for.
    waiting: BTreeMap<Value, usize>,
    clients: Numbering<Value>,
    keys: Numbering<Value>,
    place: u32,
    /// Whether every event so far had a moment no earlier than the one before.
    is_timed: bool,
    latest: Micros,
}

/// What an invocation says: two arguments, and a key where the arguments hold it.
type Arguments = (Value, Value, Option<Value>);

impl Pairing {
    pub fn new() -> Self {
        Self {
            history: History::default(),
            waiting: BTreeMap::new(),
            clients: Numbering::default(),
            keys: Numbering::default(),
            place: 0,
            is_timed: true,
            latest: Micros::ZERO,
        }
    }

    pub const fn values(&mut self) -> &mut Values {
        &mut self.history.values
    }

    /// Something that was done to the system.
    pub fn fault(&mut self, words: String, at: Option<Micros>) {
        let fault = Fault {
            words: printable(&words),
            place: self.place,
            at: at.unwrap_or(Micros::ZERO),
            mends: false,
        };
        self.history.faults.push(fault);
    }

    /// The next event.
    pub fn add(&mut self, event: Event<'_>) -> Result<(), ReadError> {
        let at = event.at.unwrap_or(Micros::ZERO);
        self.is_timed &= event.at.is_some() && at >= self.latest;
        self.latest = at;
        if self.place == NEVER - 1 {
            return Err(ReadError::new(
                event.line,
                "expected fewer than 4 billion events",
            ));
        }
        match event.kind {
            Kind::Invoke => self.invoke(&event, at)?,
            _ => self.respond(&event, at)?,
        }
        self.place += 1;
        Ok(())
    }

    fn invoke(&mut self, event: &Event<'_>, at: Micros) -> Result<(), ReadError> {
        if let Some(open) = self.waiting.get(&event.process) {
            let earlier = self.history.ops[*open].source;
            let process = self.name(event.process);
            return Err(ReadError::new(
                event.line,
                format!(
                    "{process} invokes {} before its call of line {earlier} was answered: expected :ok, :fail or :info of that first",
                    quoted(event.f)
                ),
            ));
        }
        let ask = ask_of(event)?;
        let (a, b, inner) = self.arguments(ask, event)?;
        let key = event.key.or(inner);
        let key = key.map_or(NO_KEY, |key| self.key(key));
        let client = self.client(event.process);
        self.waiting.insert(event.process, self.history.ops.len());
        self.history.ops.push(Op {
            client,
            ask,
            key,
            a,
            b,
            result: Value::Nil,
            outcome: Ended::Unknown,
            invoked: self.place,
            ended: NEVER,
            invoked_at: at,
            ended_at: Micros::NEVER,
            source: event.line,
        });
        Ok(())
    }

    fn respond(&mut self, event: &Event<'_>, at: Micros) -> Result<(), ReadError> {
        let Some(number) = self.waiting.remove(&event.process) else {
            let process = self.name(event.process);
            return Err(ReadError::new(
                event.line,
                format!(
                    "{} of {process}, which waits for nothing: expected an :invoke of it before",
                    event.kind.name()
                ),
            ));
        };
        let op = self.history.ops[number];
        let ask = ask_of(event)?;
        if ask != op.ask {
            return Err(ReadError::new(
                event.line,
                format!(
                    "{} answers the {} of line {}: expected an answer to that",
                    quoted(event.f),
                    op.ask.name(),
                    op.source
                ),
            ));
        }
        let mut op = op;
        if let Some(key) = event.key
            && self.key(key) != op.key
        {
            let history = &self.history;
            let asked = history.keys.get(op.key as usize);
            let asked = asked.map(|key| history.values.words(*key));
            return Err(ReadError::new(
                event.line,
                format!(
                    "an answer about the key {}: expected one about the {} of line {}, {}",
                    history.values.words(key),
                    op.ask.name(),
                    op.source,
                    asked.map_or_else(
                        || String::from("which names none"),
                        |key| format!("of the key {key}")
                    )
                ),
            ));
        }
        match event.kind {
            Kind::Info | Kind::Invoke => {}
            Kind::Fail => op.outcome = Ended::Refused,
            Kind::Ok => {
                op.outcome = Ended::Ok;
                self.told(&mut op, event)?;
            }
        }
        op.ended = self.place;
        op.ended_at = at;
        self.history.ops[number] = op;
        Ok(())
    }

    /// Takes in what an answer says.
    fn told(&mut self, op: &mut Op, event: &Event<'_>) -> Result<(), ReadError> {
        match op.ask {
            Ask::Contains => {
                op.result = match event.value {
                    Value::List(list) => match self.history.values.list_of(list) {
                        [element, told] if *element == op.a => *told,
                        _ => event.value,
                    },
                    told => told,
                };
                if !matches!(op.result, Value::Bool(_)) {
                    return Err(ReadError::new(event.line, "expected true or false"));
                }
            }
            ask if ask.is_read() || matches!(ask, Ask::Dequeue | Ask::Acquire) => {
                op.result = event.value;
            }
            ask if event.value != Value::Nil => {
                let (a, b, _) = self.arguments(ask, event)?;
                let asked = (op.a, op.b);
                if asked.0 == Value::Nil {
                    (op.a, op.b) = (a, b);
                } else if asked != (a, b) && ask != Ask::Release {
                    let words = |a, b| self.asked_words(ask, a, b);
                    return Err(ReadError::new(
                        event.line,
                        format!(
                            "an answer about {}: expected one about the {} of line {}, {}",
                            words(a, b),
                            ask.name(),
                            op.source,
                            words(op.a, op.b)
                        ),
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Arguments in words.
    fn asked_words(&self, ask: Ask, a: Value, b: Value) -> String {
        let values = &self.history.values;
        match ask {
            Ask::Cas | Ask::Guarded | Ask::Transfer => values.words_of_each(&[a, b]),
            _ => values.words(a),
        }
    }

    /// The arguments in an event's value.
    fn arguments(&self, ask: Ask, event: &Event<'_>) -> Result<Arguments, ReadError> {
        let list: &[Value] = match event.value {
            Value::List(list) => self.history.values.list_of(list),
            _ => &[],
        };
        let wrong = |expected: &str| Err(ReadError::new(event.line, expected));
        match ask {
            Ask::Cas => match list {
                // A key before both is of a store with many registers, and would have to be told apart from a value.
                [from, Value::List(_)]
                    if event.key.is_none() && !matches!(from, Value::Nil | Value::List(_)) =>
                {
                    wrong(
                        "expected the value of a cas as [from to], or as #jepsen.independent/tuple [key [from to]]",
                    )
                }
                [from, to] => Ok((*from, *to, None)),
                _ => wrong("expected the value of a cas as [from to]"),
            },
            Ask::Guarded => match list {
                [Value::Int(token), value] => Ok((Value::Int(*token), *value, None)),
                _ => wrong("expected the value of a guarded write as [token value]"),
            },
            Ask::Transfer => match list {
                [to, Value::Int(amount)] if event.key.is_some() => {
                    Ok((*to, Value::Int(*amount), None))
                }
                _ => match self.transfer(list) {
                    Some((from, to, amount)) => Ok((to, amount, Some(from))),
                    None => wrong(
                        "expected the value of a transfer as {:from account, :to account, :amount number}",
                    ),
                },
            },
            Ask::Deposit | Ask::Withdraw | Ask::Increment | Ask::Decrement => match event.value {
                Value::Int(_) => Ok((event.value, Value::Nil, None)),
                _ => wrong("expected a whole number as the value"),
            },
            Ask::Write
            | Ask::Put
            | Ask::Append
            | Ask::Add
            | Ask::Remove
            | Ask::Contains
            | Ask::Enqueue => Ok((event.value, Value::Nil, None)),
            _ => Ok((Value::Nil, Value::Nil, None)),
        }
    }

    /// From, to and amount of a map of three pairs.
    fn transfer(&self, pairs: &[Value]) -> Option<(Value, Value, Value)> {
        let get = |wanted| named(&self.history.values, pairs, &[wanted]);
        let amount = get("amount").filter(|amount| matches!(amount, Value::Int(_)))?;
        Some((get("from")?, get("to")?, amount))
    }

    fn client(&mut self, process: Value) -> u32 {
        let (number, is_new) = self.clients.of(process);
        if is_new {
            let name = self.name(process);
            self.history.clients.push(name);
        }
        number
    }

    /// Whether this is who does faults.
    pub fn is_nemesis(&self, process: Value) -> bool {
        let values = &self.history.values;
        matches!(process, Value::Text(text) if values.text_of(text).trim_start_matches(':') == "nemesis")
    }

    /// The name of a client.
    pub fn name(&self, process: Value) -> String {
        match process {
            Value::Int(number) => format!("process {number}"),
            Value::Text(text) => printable(self.history.values.text_of(text)),
            _ => String::from("a process without a number"),
        }
    }

    fn key(&mut self, key: Value) -> u32 {
        let (number, is_new) = self.keys.of(key);
        if is_new {
            self.history.keys.push(key);
        }
        number
    }

    /// The history of all events.
    pub fn finish(mut self) -> History {
        self.history.has_moments = self.is_timed && !self.history.ops.is_empty();
        settle(&mut self.history, None);
        self.history
    }
}

/// What stands under one of these names, as keywords or texts, in a map.
pub fn named(values: &Values, pairs: &[Value], names: &[&str]) -> Option<Value> {
    pairs.iter().find_map(|pair| match values.list_in(*pair) {
        [Value::Text(name), value] => {
            let name = values.text_of(*name).trim_start_matches(':');
            names.contains(&name).then_some(*value)
        }
        _ => None,
    })
}

fn ask_of(event: &Event<'_>) -> Result<Ask, ReadError> {
    let name = match event.f {
        "compare-and-set" => "cas",
        "lock" => "acquire",
        "unlock" => "release",
        name => name,
    };
    Ask::of(name).ok_or_else(|| {
        let names: Vec<_> = Ask::NAMES.iter().map(|(name, _)| *name).collect();
        ReadError::new(
            event.line,
            format!(
                "{} is no operation that a model has: expected one of {}",
                quoted(event.f),
                names.join(", ")
            ),
        )
    })
}

/// Words that mean different things in different stores, decided by their company.
pub fn settle(history: &mut History, asked: Option<ModelKind>) {
    let has = |wanted: Ask| history.ops.iter().any(|op| op.ask == wanted);
    let moves = has(Ask::Transfer) || has(Ask::Deposit) || has(Ask::Withdraw);
    let is_bank = moves || asked == Some(ModelKind::Bank);
    let reads_number = history
        .ops
        .iter()
        .any(|op| op.ask == Ask::Read && matches!(op.result, Value::Int(_)));
    let is_counter = asked == Some(ModelKind::Counter)
        || reads_number && has(Ask::Add) && !has(Ask::Contains) && !has(Ask::Remove);
    for op in &mut history.ops {
        op.ask = match op.ask {
            // Jepsen reads all accounts at once.
            Ask::Read if is_bank => Ask::Balance,
            // Jepsen's counters add, as its sets do.
            Ask::Add if is_counter => Ask::Increment,
            ask => ask,
        };
    }
}
