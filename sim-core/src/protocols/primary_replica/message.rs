//! What nodes and people send one another, and why a node does what it does.

use crate::operation::{Answer, Operation};
use crate::units::{Endpoint, OpId};
use crate::wire::{Decoder, Encoder, Wire};

/// An epoch: a number that every promotion raises, and the node that was promoted, which makes it unique.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Epoch {
    /// Counted up by every promotion.
    pub number: u32,
    /// Its primary.
    pub node: u8,
}

impl Default for Epoch {
    /// The one that the system is set up with: the first node is its primary.
    fn default() -> Self {
        Self { number: 1, node: 0 }
    }
}

impl Epoch {
    /// The one primary of this epoch.
    pub const fn primary(self) -> Endpoint {
        Endpoint(self.node)
    }
}

/// A place in a log: so many entries, of which the last is of this epoch. The default is before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Position {
    /// The epoch of the last entry.
    pub epoch: Epoch,
    /// How many entries.
    pub place: u32,
}

/// An entry of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// In which epoch it was written.
    pub epoch: Epoch,
    /// The operation that it carries out.
    pub op: OpId,
    /// Whose.
    pub client: Endpoint,
    /// What it does to the cart.
    pub change: Operation,
}

/// Requests and responses, in pairs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// A person asks a node.
    Request {
        /// The operation's number.
        op: OpId,
        /// What is asked.
        operation: Operation,
        /// The session's last write.
        session: Position,
        /// Whether only a primary may answer.
        primary_only: bool,
    },
    /// The node answers.
    Answer {
        /// The operation's number.
        op: OpId,
        /// What it says.
        answer: Answer,
        /// The position of what was written, or from which it was read.
        at: Position,
    },
    /// The node is no primary: the primary of this epoch is to be asked.
    Redirect {
        /// The operation's number.
        op: OpId,
        /// The epoch that the node follows.
        epoch: Epoch,
    },
    /// A primary tells a replica what comes next in its log.
    Append {
        /// The primary's epoch.
        epoch: Epoch,
        /// After what.
        after: Position,
        /// What comes next; `None`: so far nothing.
        entry: Option<Entry>,
    },
    /// A replica tells its primary how far its log goes on the disk; the primary sends what follows.
    Have {
        /// The epoch that the replica follows.
        epoch: Epoch,
        /// How far.
        at: Position,
        /// Whether it asks for all that follows, also for what was sent before.
        asks: bool,
    },
    /// To whoever acts in an epoch that is over: there is a higher one.
    Newer {
        /// The higher one.
        epoch: Epoch,
    },
    /// A tab tells another tab of the same user what the session's last write is.
    Session {
        /// Its position.
        at: Position,
    },
}

impl Epoch {
    #[inline(never)]
    fn encode(self, to: &mut Encoder) -> &mut Encoder {
        to.u32(self.number).u8(self.node)
    }

    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            number: from.u32(),
            node: from.u8(),
        }
    }
}

impl Position {
    #[inline(never)]
    fn encode(self, to: &mut Encoder) -> &mut Encoder {
        self.epoch.encode(to).u32(self.place)
    }

    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            epoch: Epoch::decode(from),
            place: from.u32(),
        }
    }
}

fn operation(from: &mut Decoder<'_>) -> Option<Operation> {
    let kind = from.u8();
    Operation::from_code(kind, from.u32())
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match *self {
            Self::Request {
                op,
                operation,
                session,
                primary_only,
            } => {
                let (kind, argument) = operation.code();
                to.u8(0).u32(op.0).u8(kind).u32(argument);
                session.encode(to).u8(u8::from(primary_only));
            }
            Self::Answer { op, answer, at } => {
                let (kind, argument) = answer.code();
                at.encode(to.u8(1).u32(op.0).u8(kind).i64(argument));
            }
            Self::Redirect { op, epoch } => {
                epoch.encode(to.u8(2).u32(op.0));
            }
            Self::Append {
                epoch,
                after,
                entry,
            } => {
                epoch.encode(to.u8(3));
                after.encode(to).u8(u8::from(entry.is_some()));
                if let Some(entry) = entry {
                    let (kind, argument) = entry.change.code();
                    entry.epoch.encode(to);
                    to.u32(entry.op.0).u8(entry.client.0);
                    to.u8(kind).u32(argument);
                }
            }
            Self::Have { epoch, at, asks } => {
                epoch.encode(to.u8(4));
                at.encode(to).u8(u8::from(asks));
            }
            Self::Newer { epoch } => {
                epoch.encode(to.u8(5));
            }
            Self::Session { at } => {
                at.encode(to.u8(6));
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let message = match from.u8() {
            0 => Self::Request {
                op: OpId(from.u32()),
                operation: operation(from)?,
                session: Position::decode(from),
                primary_only: from.u8() != 0,
            },
            1 => Self::Answer {
                op: OpId(from.u32()),
                answer: Answer::from_code(from.u8(), from.i64())?,
                at: Position::decode(from),
            },
            2 => Self::Redirect {
                op: OpId(from.u32()),
                epoch: Epoch::decode(from),
            },
            3 => Self::Append {
                epoch: Epoch::decode(from),
                after: Position::decode(from),
                entry: match from.u8() {
                    0 => None,
                    _ => Some(Entry {
                        epoch: Epoch::decode(from),
                        op: OpId(from.u32()),
                        client: Endpoint(from.u8()),
                        change: operation(from)?,
                    }),
                },
            },
            4 => Self::Have {
                epoch: Epoch::decode(from),
                at: Position::decode(from),
                asks: from.u8() != 0,
            },
            5 => Self::Newer {
                epoch: Epoch::decode(from),
            },
            6 => Self::Session {
                at: Position::decode(from),
            },
            _ => return None,
        };
        from.whole(message)
    }
}

/// Why a node (or a person) did what it did; `a`, `b` and `n` are its numbers. Numbers are part of every digest: append
/// only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Why {
    /// Has entry `a` on its disk and confirms it; `n` is what it does ([`Note::of_change`]).
    Confirms = 0,
    /// Confirms entry `a` before it is on the disk; `n` is what it does.
    ConfirmsEarly = 1,
    /// The log is flushed up to entry `a`.
    Flushes = 2,
    /// Refuses `n`: the item is not there.
    NotThere = 3,
    /// Refuses `n`: there are as many as there can be.
    Full = 4,
    /// Shows its cart `n`, as of entry `a`; it holds `b` entries more.
    Shows = 5,
    /// A read waits for entry `a`; `b` entries show so far.
    Waits = 6,
    /// A read has waited `n` µs for entry `a`, and `b` entries show so far.
    TooFar = 7,
    /// A session's last write, entry `a`, is not in the history any more.
    Gone = 8,
    /// Points to the primary `b`.
    Redirects = 9,
    /// Takes entry `a` into its log; `n` is what it does.
    Takes = 10,
    /// Shows the entries up to `a` from now on: cart `n`.
    Applies = 11,
    /// Sends again: the nodes `b` have not acknowledged.
    SendsAgain = 12,
    /// Is promoted in epoch `a`; its log ends at entry `b`.
    Promoted = 13,
    /// Is told to take over and is the primary already.
    IsPrimary = 14,
    /// Follows node `b` in epoch `a`.
    Follows = 15,
    /// Was a primary and steps down: node `b` is one in epoch `a`.
    StepsDown = 16,
    /// Hears of node `b` in epoch `a` and goes on.
    GoesOn = 17,
    /// Discards `n` entries after entry `a`, which node `b` never had.
    Discards = 18,
    /// Is back with `a` entries and asks node `b` for more.
    IsBack = 19,
    /// A person: is pointed to node `b` and asks there.
    AsksThere = 20,
    /// A person: the answer to operation `a` came too late (`b`: it says that it was done).
    TooLate = 21,
    /// A person: had no answer and asks node `b` next time.
    LooksElsewhere = 22,
}

impl Why {
    const ALL: [Self; 23] = [
        Self::Confirms,
        Self::ConfirmsEarly,
        Self::Flushes,
        Self::NotThere,
        Self::Full,
        Self::Shows,
        Self::Waits,
        Self::TooFar,
        Self::Gone,
        Self::Redirects,
        Self::Takes,
        Self::Applies,
        Self::SendsAgain,
        Self::Promoted,
        Self::IsPrimary,
        Self::Follows,
        Self::StepsDown,
        Self::GoesOn,
        Self::Discards,
        Self::IsBack,
        Self::AsksThere,
        Self::TooLate,
        Self::LooksElsewhere,
    ];
}

/// A reason with its numbers; [`super::view`] has the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Which.
    pub why: Why,
    /// An entry, an epoch.
    pub a: u32,
    /// A node, a set of nodes, a number of entries.
    pub b: u32,
    /// A change, a cart, a span.
    pub n: i64,
}

impl Note {
    /// What an operation does to the cart, as a number.
    pub const fn of_change(change: Operation) -> i64 {
        let (kind, argument) = change.code();
        (kind as i64) << 32 | argument as i64
    }

    /// The inverse of [`Note::of_change`].
    pub const fn to_change(number: i64) -> Option<Operation> {
        Operation::from_code((number >> 32) as u8, number as u32)
    }
}

impl Wire for Note {
    fn encode(&self, to: &mut Encoder) {
        to.u8(self.why as u8).u32(self.a).u32(self.b).i64(self.n);
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let note = Self {
            why: *Why::ALL.get(usize::from(from.u8()))?,
            a: from.u32(),
            b: from.u32(),
            n: from.i64(),
        };
        from.whole(note)
    }
}
