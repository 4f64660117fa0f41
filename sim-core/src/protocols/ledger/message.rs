//! What branches and people send one another, and why a branch does what it does.

use super::{BRANCHES_MAX, Line};
use crate::operation::{Answer, Operation};
use crate::units::{Endpoint, OpId};
use crate::wire::{Decoder, Encoder, Wire};

/// A ballot: rounds first, the branch breaks ties. The default is below every real one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Ballot {
    /// Counted up by whoever tries again.
    pub round: u32,
    /// Who proposes.
    pub branch: u8,
}

/// A line of the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The operation that it carries out; [`Entry::VOID`]'s stands for none.
    pub op: OpId,
    /// Whose.
    pub client: Endpoint,
    /// What it adds to the balance.
    pub change: i64,
}

impl Entry {
    /// A line that says nothing: it fills a slot whose outcome had to be settled.
    pub const VOID: Self = Self {
        op: OpId(u32::MAX),
        client: Endpoint::NONE,
        change: 0,
    };

    /// Whether it says nothing.
    pub const fn is_void(&self) -> bool {
        self.op.0 == u32::MAX
    }
}

/// Requests and responses, in pairs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message {
    /// A person asks a branch.
    Request {
        /// The operation's number.
        op: OpId,
        /// What is asked.
        operation: Operation,
    },
    /// The branch answers.
    Answer {
        /// The operation's number.
        op: OpId,
        /// What it says.
        answer: Answer,
    },
    /// Phase 1a: will you promise this slot to my ballot?
    Prepare {
        /// Which slot.
        slot: u32,
        /// Under which ballot.
        ballot: Ballot,
    },
    /// Phase 1b: yes, and this is what I have accepted in it before.
    Promise {
        /// Which slot.
        slot: u32,
        /// The ballot it is promised to.
        ballot: Ballot,
        /// The highest-balloted line accepted so far.
        accepted: Option<(Ballot, Entry)>,
    },
    /// Phase 2a: accept this line.
    Accept {
        /// In which slot.
        slot: u32,
        /// Under which ballot.
        ballot: Ballot,
        /// Which line.
        entry: Entry,
    },
    /// Phase 2b: it is accepted.
    Accepted {
        /// In which slot.
        slot: u32,
        /// Under which ballot.
        ballot: Ballot,
    },
    /// No: the slot is promised to a higher ballot.
    Overtaken {
        /// Which slot.
        slot: u32,
        /// The ballot that asked.
        ballot: Ballot,
        /// The ballot that has the promise.
        promised: Ballot,
    },
    /// This line stands.
    Decided {
        /// In which slot.
        slot: u32,
        /// Which line.
        entry: Entry,
    },
    /// How far does your book go?
    Ask {
        /// To tell answers apart.
        ticket: u32,
        /// How many slots the asker knows to be decided.
        decided: u32,
    },
    /// So far.
    Tell {
        /// The question's ticket.
        ticket: u32,
        /// One past the last slot in which anything was accepted.
        top: u32,
        /// How many slots the teller knows to be decided.
        decided: u32,
    },
    /// Local policy: a line phoned across.
    Phone {
        /// The line.
        line: Line,
    },
    /// Local policy: how many lines of each branch I hold.
    Have {
        /// By branch.
        counts: [u32; BRANCHES_MAX],
    },
}

impl Entry {
    #[inline(never)]
    fn encode(self, to: &mut Encoder) {
        to.u32(self.op.0).u8(self.client.0).i64(self.change);
    }

    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            op: OpId(from.u32()),
            client: Endpoint(from.u8()),
            change: from.i64(),
        }
    }
}

impl Ballot {
    #[inline(never)]
    fn encode(self, to: &mut Encoder) {
        to.u32(self.round).u8(self.branch);
    }

    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            round: from.u32(),
            branch: from.u8(),
        }
    }
}

/// The head of a message about a slot and a ballot.
#[inline(never)]
fn head(to: &mut Encoder, kind: u8, slot: u32, ballot: Ballot) {
    ballot.encode(to.u8(kind).u32(slot));
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match *self {
            Self::Request { op, operation } => {
                let (kind, argument) = operation.code();
                to.u8(0).u32(op.0).u8(kind).u32(argument);
            }
            Self::Answer { op, answer } => {
                let (kind, argument) = answer.code();
                to.u8(1).u32(op.0).u8(kind).i64(argument);
            }
            Self::Prepare { slot, ballot } => head(to, 2, slot, ballot),
            Self::Promise {
                slot,
                ballot,
                accepted,
            } => {
                head(to, 3, slot, ballot);
                to.u8(u8::from(accepted.is_some()));
                if let Some((ballot, entry)) = accepted {
                    ballot.encode(to);
                    entry.encode(to);
                }
            }
            Self::Accept {
                slot,
                ballot,
                entry,
            } => {
                head(to, 4, slot, ballot);
                entry.encode(to);
            }
            Self::Accepted { slot, ballot } => head(to, 5, slot, ballot),
            Self::Overtaken {
                slot,
                ballot,
                promised,
            } => {
                head(to, 6, slot, ballot);
                promised.encode(to);
            }
            Self::Decided { slot, entry } => entry.encode(to.u8(7).u32(slot)),
            Self::Ask { ticket, decided } => {
                to.u8(8).u32(ticket).u32(decided);
            }
            Self::Tell {
                ticket,
                top,
                decided,
            } => {
                to.u8(9).u32(ticket).u32(top).u32(decided);
            }
            Self::Phone { line } => {
                to.u8(10).u8(line.origin).u32(line.number);
                line.entry.encode(to);
                to.i64(line.wall).i64(line.after);
                to.u8(line.base.0).u32(line.base.1);
            }
            Self::Have { counts } => {
                to.u8(11);
                for count in counts {
                    to.u32(count);
                }
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let kind = from.u8();
        let message = match kind {
            0 => Self::Request {
                op: OpId(from.u32()),
                operation: Operation::from_code(from.u8(), from.u32())?,
            },
            1 => Self::Answer {
                op: OpId(from.u32()),
                answer: Answer::from_code(from.u8(), from.i64())?,
            },
            2..=6 => {
                let (slot, ballot) = (from.u32(), Ballot::decode(from));
                match kind {
                    2 => Self::Prepare { slot, ballot },
                    3 => Self::Promise {
                        slot,
                        ballot,
                        accepted: match from.u8() {
                            0 => None,
                            _ => Some((Ballot::decode(from), Entry::decode(from))),
                        },
                    },
                    4 => Self::Accept {
                        slot,
                        ballot,
                        entry: Entry::decode(from),
                    },
                    5 => Self::Accepted { slot, ballot },
                    _ => Self::Overtaken {
                        slot,
                        ballot,
                        promised: Ballot::decode(from),
                    },
                }
            }
            7 => Self::Decided {
                slot: from.u32(),
                entry: Entry::decode(from),
            },
            8 => Self::Ask {
                ticket: from.u32(),
                decided: from.u32(),
            },
            9 => Self::Tell {
                ticket: from.u32(),
                top: from.u32(),
                decided: from.u32(),
            },
            10 => Self::Phone {
                line: Line {
                    origin: from.u8(),
                    number: from.u32(),
                    entry: Entry::decode(from),
                    wall: from.i64(),
                    after: from.i64(),
                    base: (from.u8(), from.u32()),
                },
            },
            11 => {
                let mut counts = [0; BRANCHES_MAX];
                for count in &mut counts {
                    *count = from.u32();
                }
                Self::Have { counts }
            }
            _ => return None,
        };
        from.whole(message)
    }
}

/// Why a branch (or a person) did what it did; `a`, `b` and `n` are its numbers. Numbers are part of every digest:
/// append only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Why {
    /// Asks for slot `a` under a ballot of round `b`.
    Proposes = 0,
    /// Promises slot `a` to branch `b`.
    Promises = 1,
    /// Slot `a` is promised to a higher ballot of branch `b`.
    RefusesBallot = 2,
    /// Wants a line of `n` in slot `a`, promised by the branches `b`.
    Writes = 3,
    /// Takes over a line of `n` in slot `a`.
    Adopts = 4,
    /// Slot `a` is decided with a line of `n`, accepted by the branches `b`.
    Decides = 5,
    /// Heard only from the branches `a` within `n` µs, and needs `b`.
    Unsure = 6,
    /// Cannot say: a line of `n` was sent out for slot `a` and may stand; heard from the branches `b`.
    CannotSay = 7,
    /// Answers `n` from its own book without asking.
    ReadsAsIs = 8,
    /// Answers `n`, confirmed by the branches `b`.
    ReadsConfirmed = 9,
    /// The balance is `n`, and `a` is asked for.
    NotEnough = 10,
    /// Serves a line alone; the balance is now `n`.
    Serves = 11,
    /// Takes over a line of branch `a`; the balance is now `n`.
    Reconciles = 12,
    /// Takes over a line of branch `a` with a later timestamp; `b` of the lines before no longer count; the balance is
    /// now `n`.
    Outdates = 13,
    /// Takes over a line of branch `a` with an earlier timestamp, which does not count; the balance stays `n`.
    Outdated = 14,
    /// Is sent what it has missed up to slot `a`.
    CatchesUp = 15,
    /// A person: the answer to operation `a` came too late (`b`: it says that it was done).
    TooLate = 16,
    /// Was overtaken in slot `a` by branch `b`, and waits a little.
    Overtaken = 17,
    /// Asks the others how far the book goes.
    Confirms = 18,
    /// Calls again: the branches `b` have not answered.
    AsksAgain = 19,
}

impl Why {
    const ALL: [Self; 20] = [
        Self::Proposes,
        Self::Promises,
        Self::RefusesBallot,
        Self::Writes,
        Self::Adopts,
        Self::Decides,
        Self::Unsure,
        Self::CannotSay,
        Self::ReadsAsIs,
        Self::ReadsConfirmed,
        Self::NotEnough,
        Self::Serves,
        Self::Reconciles,
        Self::Outdates,
        Self::Outdated,
        Self::CatchesUp,
        Self::TooLate,
        Self::Overtaken,
        Self::Confirms,
        Self::AsksAgain,
    ];
}

/// A reason with its numbers; [`super::view`] has the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Which.
    pub why: Why,
    /// A slot, a branch, an amount.
    pub a: u32,
    /// A round, a set of branches.
    pub b: u32,
    /// A balance, a change, a span.
    pub n: i64,
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
