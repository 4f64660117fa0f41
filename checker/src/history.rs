//! A history as the checkers take it: operations of clients with what was asked, what was told, and when. It comes from
//! a run of ours ([`crate::history`]) or from a file of a real system ([`crate::foreign`]).
//!
//! Time is two things here. The **place** of an invocation or of a response is its rank among all of them, and is what
//! decides ("*b* began after *a* had ended" is `a.ended < b.invoked`); the **moment** in microseconds is what people are
//! told, where the source knew it.

use crate::Micros;
use crate::model::ModelKind;
pub use crate::values::{Value, Values};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// A place that never comes.
pub const NEVER: u32 = u32::MAX;
/// No key.
pub const NO_KEY: u32 = u32::MAX;

/// What was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ask {
    /// The value of a register, a counter or a whole set or log.
    Read,
    /// Set a register to `a`.
    Write,
    /// Set a register to `b` if it holds `a`.
    Cas,
    /// The value under the key.
    Get,
    /// Set the value under the key to `a`.
    Put,
    /// Write `a` behind what is there.
    Append,
    /// What is in the account `key`; without a key, in all of them.
    Balance,
    /// Put `a` into the account.
    Deposit,
    /// Take `a` out of the account.
    Withdraw,
    /// Take `b` out of the account `key` and put it into the account `a`.
    Transfer,
    /// Add `a` to a counter.
    Increment,
    /// Take `a` from a counter.
    Decrement,
    /// Put the element `a` into a set.
    Add,
    /// Take the element `a` out of a set.
    Remove,
    /// Whether `a` is in the set.
    Contains,
    /// Get the lock; the result may be a fencing token.
    Acquire,
    /// Give the lock back.
    Release,
    /// Write `b` to what the lock guards, showing the token `a`.
    Guarded,
    /// Put `a` at the end of a queue.
    Enqueue,
    /// Take what is first in the queue; nil when it is empty.
    Dequeue,
}

impl Ask {
    /// Every kind with the name that files use.
    pub const NAMES: [(&'static str, Self); 20] = [
        ("read", Self::Read),
        ("write", Self::Write),
        ("cas", Self::Cas),
        ("get", Self::Get),
        ("put", Self::Put),
        ("append", Self::Append),
        ("balance", Self::Balance),
        ("deposit", Self::Deposit),
        ("withdraw", Self::Withdraw),
        ("transfer", Self::Transfer),
        ("increment", Self::Increment),
        ("decrement", Self::Decrement),
        ("add", Self::Add),
        ("remove", Self::Remove),
        ("contains", Self::Contains),
        ("acquire", Self::Acquire),
        ("release", Self::Release),
        ("guarded-write", Self::Guarded),
        ("enqueue", Self::Enqueue),
        ("dequeue", Self::Dequeue),
    ];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The kind of this name.
    pub fn of(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, ask)| *ask)
    }

    /// Whether it changes nothing: nobody can tell whether one that was not answered happened.
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::Read | Self::Get | Self::Balance | Self::Contains
        )
    }
}

/// A number as books print it: a real minus sign before what is below zero.
pub fn number(value: i64) -> String {
    if value < 0 {
        alloc::format!("−{}", value.unsigned_abs())
    } else {
        alloc::format!("{value}")
    }
}

/// Words as a list, of a long one its beginning; of none that there is nothing.
pub fn listed(all: impl Iterator<Item = String>) -> String {
    let mut words = String::from("[");
    for (place, one) in all.enumerate() {
        if place > 0 {
            words.push_str(", ");
        }
        if place == LIST_SHOWN {
            words.push('…');
            break;
        }
        words.push_str(&one);
    }
    if words.len() == 1 {
        return String::from("nothing");
    }
    words.push(']');
    words
}

/// How many elements of a list a sentence names.
const LIST_SHOWN: usize = 8;
/// How many letters of a text a sentence quotes.
const TEXT_SHOWN: usize = 24;

/// A name on one line: what cannot be seen stands as its picture, a line feed as `␊`.
pub fn printable(name: &str) -> String {
    name.chars().map(pictured).collect()
}

fn pictured(letter: char) -> char {
    match u32::from(letter) {
        code @ 0..32 => char::from_u32(0x2400 + code).unwrap_or(letter),
        127 => '␡',
        128..160 => '\u{fffd}',
        _ => letter,
    }
}

/// A text in quotation marks; of a long one its end, where what was appended last stands.
pub fn short(text: &str) -> String {
    let count = text.chars().count();
    let mut words = String::from("“");
    if count > TEXT_SHOWN {
        words.push('…');
    }
    let shown = text.chars().skip(count.saturating_sub(TEXT_SHOWN));
    words.extend(shown.map(pictured));
    words.push('”');
    words
}

/// How an operation ended for its client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It was answered: it happened between invocation and response.
    Ok,
    /// It certainly did not happen.
    Refused,
    /// Nobody knows: it may have happened at any moment after its invocation, or never.
    Unknown,
}

/// One operation of one client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Op {
    /// Whose, as a number in [`History::clients`].
    pub client: u32,
    /// What was asked.
    pub ask: Ask,
    /// Of which key, as a number in [`History::keys`], or [`NO_KEY`].
    pub key: u32,
    /// The first argument.
    pub a: Value,
    /// The second argument.
    pub b: Value,
    /// What was told. Means something only where the operation ended [`Ended::Ok`].
    pub result: Value,
    /// How it ended.
    pub outcome: Ended,
    /// The place of its invocation.
    pub invoked: u32,
    /// The place of its response; [`NEVER`] where there was none.
    pub ended: u32,
    /// The moment of its invocation.
    pub invoked_at: Micros,
    /// The moment of its response.
    pub ended_at: Micros,
    /// Where it stands in its source: the line of its invocation in a file, the number of the operation in a run.
    pub source: u32,
}

/// Something that happened to the system meanwhile, such as a cut or a kill.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What, in the words of the source.
    pub words: String,
    /// Its place among invocations and responses: it came before the one with this place.
    pub place: u32,
    /// When.
    pub at: Micros,
    /// Whether it makes something whole again, as far as the source says so.
    pub mends: bool,
}

/// Operations of clients, in the order of their invocations.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// The operations.
    pub ops: Vec<Op>,
    /// The clients' names.
    pub clients: Vec<String>,
    /// By client: whose session it belongs to, as the number of one of its clients. Empty where every client is a
    /// session of its own.
    pub sessions: Vec<u32>,
    /// Whether operations of one session overlap: then an order that keeps each client's own need not keep theirs.
    pub sessions_overlap: bool,
    /// The keys.
    pub keys: Vec<Value>,
    /// Texts and lists.
    pub values: Values,
    /// What the store is, where the source says so.
    pub model: Option<ModelKind>,
    /// What the store held before the first operation, where the source says so.
    pub initial: Value,
    /// What was done to the system meanwhile. Drawn, not judged.
    pub faults: Vec<Fault>,
    /// Whether the source knew moments; otherwise only the order is known.
    pub has_moments: bool,
    /// What answers rest on, where the source says so: by number, the operations that looked and were answered, each with
    /// the changes that it saw. Empty where the source does not say it of all.
    pub saw: Vec<(u32, Vec<u32>)>,
}

/// Of an instant with more invocations and responses than this nobody asks who was first.
const CROWD: usize = 64;

impl History {
    /// How many places there are: invocations and responses.
    pub fn places(&self) -> u32 {
        let last = self.ops.iter().map(|op| match op.ended {
            NEVER => op.invoked,
            ended => ended,
        });
        last.max().map_or(0, |last| last + 1)
    }

    /// Gives invocations and responses their places by their moments. What falls on the same instant counts as
    /// concurrent; but a client that asks at the very instant at which it was answered was answered first, unless several
    /// clients do so at that instant, or it is a crowded one.
    pub fn rank(&mut self) {
        // When, invocations before responses, and of which operation what: twice its number, one more for its response.
        let mut marks = Vec::with_capacity(2 * self.ops.len());
        for (number, op) in self.ops.iter().enumerate() {
            marks.push((op.invoked_at, 0, 2 * number));
            if op.ended_at != Micros::NEVER {
                marks.push((op.ended_at, 2, 2 * number + 1));
            }
        }
        marks.sort_unstable();
        for instant in marks.chunk_by_mut(|one, next| one.0 == next.0) {
            if let Some(own) = self.asks_again(instant) {
                for mark in instant.iter_mut() {
                    if self.ops[mark.2 / 2].client == own {
                        mark.1 = 1;
                    }
                }
                instant.sort_unstable();
            }
        }
        for (place, (.., which)) in (0..).zip(&marks) {
            let op = &mut self.ops[which / 2];
            match which % 2 {
                0 => op.invoked = place,
                _ => op.ended = place,
            }
        }
        for fault in &mut self.faults {
            let before = marks.partition_point(|mark| mark.0 < fault.at);
            fault.place = before as u32;
        }
    }

    /// The one client that was answered and asked again at one instant.
    fn asks_again(&self, instant: &[(Micros, u8, usize)]) -> Option<u32> {
        let client = |mark: &(Micros, u8, usize)| self.ops[mark.2 / 2].client;
        let mut own = None;
        if instant.len() > CROWD {
            return None;
        }
        for end in instant.iter().filter(|mark| mark.1 > 0) {
            let again = |next: &(Micros, u8, usize)| {
                next.1 == 0 && next.2 > end.2 && client(next) == client(end)
            };
            if instant.iter().any(again) {
                if own.is_some_and(|own| own != client(end)) {
                    return None;
                }
                own = Some(client(end));
            }
        }
        own
    }

    /// Takes several clients as one session.
    pub fn join(&mut self, sessions: Vec<u32>) {
        self.sessions = sessions;
        let mut busy: BTreeMap<u32, u32> = BTreeMap::new();
        for op in self.ops.iter().filter(|op| op.outcome != Ended::Unknown) {
            let session = self.sessions.get(op.client as usize);
            let until = busy.entry(session.copied().unwrap_or(op.client));
            let until = until.or_default();
            self.sessions_overlap |= op.invoked < *until;
            *until = op.ended.max(*until);
        }
    }

    /// Whose operations come one after the other: a session's, or where these overlap a client's.
    pub fn process_of(&self, client: u32) -> u32 {
        match self.sessions_overlap {
            true => client,
            false => self.session_of(client),
        }
    }

    /// The session of a client: several tabs may belong to one user.
    pub fn session_of(&self, client: u32) -> u32 {
        let session = self.sessions.get(client as usize);
        session.copied().unwrap_or(client)
    }

    /// The name of an operation's client.
    pub fn client_of(&self, op: &Op) -> &str {
        self.clients
            .get(op.client as usize)
            .map_or("", String::as_str)
    }
}
