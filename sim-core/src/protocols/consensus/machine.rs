//! The state machine: what the log's commands do, one after the other. A few keys with small values, and a lock whose
//! tokens fence off what it guards (Burrows 2006, §2.4; Kleppmann 2016).
//!
//! The lock has no lease of its own: whoever believes that its holder is dead releases it. That is where a paused holder
//! goes wrong, and a token is what keeps it from harm.

use super::session::{Asked, Session, Sessions};
use crate::operation::{Answer, KEYS, Operation};
use crate::units::{Endpoint, OpId};
use crate::wire::{Decoder, Encoder};

/// Why a command was refused, by the number in [`Answer::Refused`]; protocols list the words in this order.
pub mod refusal {
    /// The key holds something else.
    pub const OTHER_VALUE: u8 = 0;
    /// Somebody holds the lock.
    pub const HELD: u8 = 1;
    /// Nobody holds the lock.
    pub const NOT_HELD: u8 = 2;
    /// A later token was seen.
    pub const OLD_TOKEN: u8 = 3;
    /// The system keeps something else.
    pub const NOT_KEPT: u8 = 4;
    /// The server has tried for long enough.
    pub const TIMED_OUT: u8 = 5;
    /// The server led and leads no more.
    pub const LEADS_NO_MORE: u8 = 6;
    /// The server knows no leader, and was to have one.
    pub const NO_LEADER: u8 = 7;
}

/// The words for [`refusal`].
pub const REFUSALS: [&str; 8] = [
    "the key holds another value",
    "somebody holds the lock",
    "nobody holds the lock",
    "a later token was seen",
    "this is not kept here",
    "the request timed out",
    "the server leads no more",
    "the server knows no leader",
];

/// These words, and more behind them.
pub const fn refusals_and<const ALL: usize>(more: &[&'static str]) -> [&'static str; ALL] {
    let mut all = [""; ALL];
    let mut place = 0;
    while place < ALL {
        all[place] = match place < REFUSALS.len() {
            true => REFUSALS[place],
            false => more[place - REFUSALS.len()],
        };
        place += 1;
    }
    all
}

/// What a client wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Command {
    /// Who asked.
    pub client: Endpoint,
    /// The operation's number.
    pub op: OpId,
    /// What.
    pub operation: Operation,
    /// The fencing token that the client shows.
    pub token: u32,
}

impl Command {
    /// Appends its bytes.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn encode(self, to: &mut Encoder) {
        let (kind, argument) = self.operation.code();
        to.u8(self.client.0).u32(self.op.0);
        to.u8(kind).u32(argument).u32(self.token);
    }

    /// Reads them back.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            client: Endpoint(from.u8()),
            op: OpId(from.u32()),
            operation: Operation::from_code(from.u8(), from.u32())?,
            token: from.u32(),
        })
    }
}

/// A lock, and what it guards.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Lock {
    /// Whether somebody holds it.
    pub is_held: bool,
    /// The last token given.
    pub given: u32,
    /// The highest token of an accepted write, and the last one.
    pub highest: u32,
    /// The token of the last accepted write.
    pub last: u32,
    /// What is guarded.
    pub value: u8,
}

/// What the log has come to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Machine {
    /// What each key holds.
    pub values: [u8; KEYS.len()],
    /// The lock.
    pub lock: Lock,
    /// The clients' sessions.
    pub sessions: Sessions,
}

/// What came of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What its client is told, if it still waits.
    pub answer: Option<Answer>,
    /// Whether it was done now, and not answered from its session.
    pub is_done: bool,
}

/// Safety rules about the state machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checks {
    /// An operation that comes twice is done once.
    pub sessions: bool,
    /// A write with an old token is refused.
    pub tokens: bool,
}

impl Machine {
    /// What a read would be told.
    pub fn look(&self, operation: Operation) -> Answer {
        match operation {
            Operation::Get { key } | Operation::GetAs { key, .. } => {
                let value = self.values.get(usize::from(key));
                Answer::Value(i64::from(value.copied().unwrap_or(0)))
            }
            _ => Answer::Refused(refusal::NOT_KEPT),
        }
    }

    /// Does what a command says, once.
    pub fn apply(&mut self, command: &Command, checks: Checks) -> Outcome {
        let Command { client, op, .. } = *command;
        if checks.sessions {
            match self.sessions.asked(client, op) {
                Asked::First => {}
                Asked::Again(answer) => {
                    return Outcome {
                        answer: Some(answer),
                        is_done: false,
                    };
                }
                Asked::Past => {
                    return Outcome {
                        answer: None,
                        is_done: false,
                    };
                }
            }
        }
        let answer = self.change(command, checks.tokens);
        self.sessions.keep(Session { client, op, answer });
        Outcome {
            answer: Some(answer),
            is_done: true,
        }
    }

    fn change(&mut self, command: &Command, fences: bool) -> Answer {
        match command.operation {
            Operation::Put { key, value } => {
                self.set(key, value);
                Answer::Done
            }
            Operation::CompareAndSet { key, from, to } => {
                if self.look(Operation::Get { key }) != Answer::Value(i64::from(from)) {
                    return Answer::Refused(refusal::OTHER_VALUE);
                }
                self.set(key, to);
                Answer::Done
            }
            Operation::Acquire if self.lock.is_held => Answer::Refused(refusal::HELD),
            Operation::Acquire => {
                self.lock.is_held = true;
                self.lock.given += 1;
                Answer::Value(i64::from(self.lock.given))
            }
            Operation::Release if !self.lock.is_held => Answer::Refused(refusal::NOT_HELD),
            Operation::Release => {
                self.lock.is_held = false;
                Answer::Done
            }
            Operation::GuardedWrite { value } => self.guarded(command.token, value, fences),
            looks => self.look(looks),
        }
    }

    const fn guarded(&mut self, token: u32, value: u8, fences: bool) -> Answer {
        if fences && token < self.lock.highest {
            return Answer::Refused(refusal::OLD_TOKEN);
        }
        self.lock.last = token;
        if token > self.lock.highest {
            self.lock.highest = token;
        }
        self.lock.value = value;
        Answer::Done
    }

    fn set(&mut self, key: u8, value: u8) {
        if let Some(place) = self.values.get_mut(usize::from(key)) {
            *place = value;
        }
    }

    /// Appends its bytes.
    pub fn encode(&self, to: &mut Encoder) {
        to.raw(&self.values);
        let lock = &self.lock;
        to.u8(u8::from(lock.is_held)).u32(lock.given);
        to.u32(lock.highest).u32(lock.last).u8(lock.value);
        to.u8(self.sessions.list().len() as u8);
        for session in self.sessions.list() {
            let (kind, argument) = session.answer.code();
            to.u8(session.client.0).u32(session.op.0);
            to.u8(kind).i64(argument);
        }
    }

    /// Reads them back.
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let mut machine = Self::default();
        for value in &mut machine.values {
            *value = from.u8();
        }
        machine.lock = Lock {
            is_held: from.u8() != 0,
            given: from.u32(),
            highest: from.u32(),
            last: from.u32(),
            value: from.u8(),
        };
        for _ in 0..from.u8() {
            machine.sessions.keep(Session {
                client: Endpoint(from.u8()),
                op: OpId(from.u32()),
                answer: Answer::from_code(from.u8(), from.i64())?,
            });
        }
        Some(machine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKED: Checks = Checks {
        sessions: true,
        tokens: true,
    };

    fn ask(
        machine: &mut Machine,
        client: u8,
        op: u32,
        operation: Operation,
        token: u32,
    ) -> Option<Answer> {
        let command = Command {
            client: Endpoint(client),
            op: OpId(op),
            operation,
            token,
        };
        machine.apply(&command, CHECKED).answer
    }

    #[test]
    fn a_paused_holder_is_fenced_off() {
        let mut machine = Machine::default();
        let write = Operation::GuardedWrite { value: 1 };
        assert_eq!(
            ask(&mut machine, 3, 0, Operation::Acquire, 0),
            Some(Answer::Value(1))
        );
        assert_eq!(
            ask(&mut machine, 4, 1, Operation::Acquire, 0),
            Some(Answer::Refused(refusal::HELD))
        );
        assert_eq!(
            ask(&mut machine, 4, 2, Operation::Release, 0),
            Some(Answer::Done)
        );
        assert_eq!(
            ask(&mut machine, 4, 3, Operation::Acquire, 0),
            Some(Answer::Value(2))
        );
        assert_eq!(ask(&mut machine, 4, 4, write, 2), Some(Answer::Done));
        assert_eq!(
            ask(&mut machine, 3, 5, write, 1),
            Some(Answer::Refused(refusal::OLD_TOKEN))
        );
    }

    #[test]
    fn a_machine_comes_back_from_its_bytes() {
        let mut machine = Machine::default();
        ask(&mut machine, 3, 0, Operation::Put { key: 1, value: 9 }, 0);
        ask(&mut machine, 4, 1, Operation::Acquire, 0);
        let mut bytes = Encoder::default();
        machine.encode(&mut bytes);
        let mut from = Decoder::new(bytes.bytes());
        assert_eq!(Machine::decode(&mut from), Some(machine));
        assert!(from.is_whole());
    }
}
