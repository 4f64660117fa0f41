//! What servers and clients send one another, and why a server does what it does.

use super::spec::REASONS;
use crate::operation::Operation;
use crate::protocols::consensus::{self, Command, Talk};
use crate::wire::{Decoder, Encoder, Wire};

/// A transaction's number, which the coordinator never gives twice: it forgets how far it had counted when it falls, but
/// not how often it has started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Tx {
    /// Since which start of the coordinator, counted from 1.
    pub epoch: u32,
    /// Which transaction since then, counted from 1.
    pub number: u32,
}

/// Why a manager votes no.
pub type Reason = u8;

/// The messages of two-phase commit (Bernstein et al. 1987, §7.4), and what clients and servers say.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// Between clients and servers.
    Talk(Talk),
    /// Phase 1, VOTE-REQ: will you do this, whatever happens, if you are told to?
    Prepare {
        /// The transaction.
        tx: Tx,
        /// What it does.
        command: Command,
    },
    /// Phase 1, YES or NO.
    Vote {
        /// The transaction.
        tx: Tx,
        /// Why not: a refusal's number; `None`: yes.
        no: Option<Reason>,
    },
    /// Phase 2, COMMIT or ABORT; and the answer to whoever asks.
    Decision {
        /// The transaction.
        tx: Tx,
        /// Commit, or abort.
        commits: bool,
    },
    /// It is committed here: you need not tell me again.
    Acknowledge {
        /// The transaction.
        tx: Tx,
    },
    /// Somebody in doubt: what was decided (DECISION-REQ)?
    Ask {
        /// The transaction.
        tx: Tx,
    },
}

impl Tx {
    #[inline(never)]
    fn encode(self, to: &mut Encoder) -> &mut Encoder {
        to.u32(self.epoch).u32(self.number)
    }

    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            epoch: from.u32(),
            number: from.u32(),
        }
    }
}

/// How "yes" travels.
const YES: u8 = u8::MAX;

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Talk(talk) => talk.encode(to),
            Self::Prepare { tx, command } => command.encode(tx.encode(to.u8(3))),
            Self::Vote { tx, no } => {
                tx.encode(to.u8(4)).u8(no.unwrap_or(YES));
            }
            Self::Decision { tx, commits } => {
                tx.encode(to.u8(5)).u8(u8::from(*commits));
            }
            Self::Acknowledge { tx } => {
                tx.encode(to.u8(6));
            }
            Self::Ask { tx } => {
                tx.encode(to.u8(7));
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let kind = from.u8();
        if !(3..=7).contains(&kind) {
            let talk = Talk::decode(kind, from)?;
            return from.whole(Self::Talk(talk));
        }
        let tx = Tx::decode(from);
        let message = match kind {
            3 => Self::Prepare {
                tx,
                command: Command::decode(from)?,
            },
            4 => {
                let no = from.u8();
                Self::Vote {
                    tx,
                    no: (no != YES).then_some(no),
                }
            }
            5 => Self::Decision {
                tx,
                commits: from.u8() != 0,
            },
            6 => Self::Acknowledge { tx },
            _ => Self::Ask { tx },
        };
        from.whole(message)
    }
}

/// Why a server (or a client) did what it did. Numbers are part of every digest: append only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Why {
    /// The coordinator: begins the transaction, which does `n`.
    Prepares,
    /// A manager: votes yes.
    VotesYes,
    /// The same, but nothing is written down.
    VotesUnwritten,
    /// Votes yes again.
    VotesAgain,
    /// Votes no: the key is locked.
    KeyHeld,
    /// Votes no: the key holds another value.
    OtherValue,
    /// Votes no: it has aborted this.
    HasAborted,
    /// The coordinator: the servers `b` have voted yes.
    Commits,
    /// Node `b` has voted no.
    AbortsByVote,
    /// The servers `b` have not voted in time.
    AbortsLate,
    /// The servers `b` have not voted yet.
    AsksForVotes,
    /// The servers `b` have not acknowledged.
    TellsAgain,
    /// All have acknowledged.
    AllKnow,
    /// A manager: does it, as node `b` says.
    Does,
    /// A manager: drops it, as node `b` says.
    Drops,
    /// In doubt, asks the servers `b`.
    AsksDecision,
    /// In doubt, and has asked in vain.
    Blocked,
    /// Tells node `b` that it is committed.
    TellsCommit,
    /// Tells node `b` that it is aborted.
    TellsAbort,
    /// Knows nothing of it, so it is aborted.
    PresumesAbort,
    /// Still counts votes.
    NotDecided,
    /// In doubt, like node `b` that asks.
    InDoubtToo,
    /// Has not voted, and aborts for node `b`.
    AbortsForAnother,
    /// Is to commit what it knows nothing of.
    KnowsNothing,
    /// The coordinator is back.
    IsBack,
    /// A manager is back, in doubt.
    IsBackInDoubt,
    /// A read waits for a lock.
    ReadWaits,
    /// It waits no more.
    ReadGoesOn,
    /// The operation was answered before.
    AnswersAgain,
    /// Points to the coordinator, `b`.
    PointsToCoordinator,
    /// Points to a manager, `b`.
    PointsToManager,
    /// A client: asks node `b` next.
    AsksThere,
    /// A client: no answer, asks node `b`.
    AsksElsewhere,
    /// A client: the answer came too late.
    TooLate,
}

/// A reason with its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Which, by its place in the list of reasons.
    pub why: u8,
    /// The transaction.
    pub tx: Tx,
    /// A node, a set of nodes.
    pub b: u32,
    /// What is done; negative: that is not known.
    pub n: i64,
}

impl Note {
    /// A reason.
    pub fn new(why: Why, tx: Tx, b: u32, operation: Option<Operation>) -> Self {
        Self {
            why: why as u8,
            tx,
            b,
            n: operation.map_or(-1, consensus::Note::of_operation),
        }
    }

    /// What is done, if that is known.
    pub const fn operation(&self) -> Option<Operation> {
        consensus::Note::to_operation(self.n)
    }
}

impl Wire for Note {
    fn encode(&self, to: &mut Encoder) {
        self.tx.encode(to.u8(self.why)).u32(self.b).i64(self.n);
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let note = Self {
            why: from.u8(),
            tx: Tx::decode(from),
            b: from.u32(),
            n: from.i64(),
        };
        let is_known = usize::from(note.why) < REASONS.len();
        from.whole(note).filter(|_| is_known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Answer;
    use crate::units::{Endpoint, OpId};
    use alloc::format;

    #[test]
    fn messages_come_back_from_their_bytes() {
        let (epoch, number) = (2, 7);
        let tx = Tx { epoch, number };
        let command = Command {
            client: Endpoint(4),
            op: OpId(7),
            operation: Operation::Put { key: 0, value: 9 },
            token: 0,
        };
        let (op, answer) = (OpId(1), Answer::Done);
        for message in [
            Message::Prepare { tx, command },
            Message::Vote { tx, no: None },
            Message::Vote { tx, no: Some(5) },
            Message::Decision { tx, commits: true },
            Message::Decision { tx, commits: false },
            Message::Acknowledge { tx },
            Message::Ask { tx },
            Message::Talk(Talk::Answer { op, answer }),
        ] {
            let mut bytes = Encoder::default();
            message.encode(&mut bytes);
            let back = Message::decode(&mut Decoder::new(bytes.bytes()));
            assert_eq!(format!("{back:?}"), format!("{:?}", Some(message)));
        }
        assert!(Message::decode(&mut Decoder::new(&[9])).is_none());
    }

    #[test]
    fn every_reason_has_a_sentence() {
        assert_eq!(REASONS.len(), Why::TooLate as usize + 1);
    }

    #[test]
    fn a_note_knows_what_is_done_or_that_it_does_not() {
        let put = Operation::Put { key: 1, value: 9 };
        let note = |operation| Note::new(Why::Does, Tx::default(), 0, operation);
        assert_eq!(note(Some(put)).operation(), Some(put));
        assert_eq!(note(None).operation(), None);
    }
}
