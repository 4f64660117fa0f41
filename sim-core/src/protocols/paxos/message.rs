//! What servers and clients send one another, and why a server does what it does.

use crate::protocols::consensus::{Ballot, Command, Talk};
use crate::wire::{Decoder, Encoder, Wire};

/// What was accepted, and under which ballot.
pub type Accepted = Option<(Ballot, Command)>;

/// The messages of "Paxos Made Simple", §2.2 to 2.3, and what clients and servers say.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// Between clients and servers.
    Talk(Talk),
    /// Phase 1a: will you take part in no lower ballot any more?
    Prepare {
        /// Than this.
        ballot: Ballot,
    },
    /// Phase 1b: I promise, and this is what I have accepted.
    Promise {
        /// The ballot that has the promise.
        ballot: Ballot,
        /// With the highest ballot so far.
        accepted: Accepted,
    },
    /// Phase 2a: accept this value.
    Accept {
        /// Under this ballot.
        ballot: Ballot,
        /// What.
        value: Command,
    },
    /// Phase 2b: it is accepted.
    Accepted {
        /// Under this ballot.
        ballot: Ballot,
        /// What.
        value: Command,
    },
    /// No: I have promised a higher ballot.
    Refuse {
        /// The ballot that asked.
        ballot: Ballot,
        /// The ballot that has the promise.
        promised: Ballot,
    },
    /// This is chosen.
    Chosen {
        /// What.
        value: Command,
    },
}

impl Ballot {
    #[inline(never)]
    fn encode(self, to: &mut Encoder) -> &mut Encoder {
        to.u32(self.round).u8(self.server)
    }

    #[inline(never)]
    fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            round: from.u32(),
            server: from.u8(),
        }
    }
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Talk(talk) => talk.encode(to),
            Self::Prepare { ballot } => {
                ballot.encode(to.u8(3));
            }
            Self::Promise { ballot, accepted } => {
                let to = ballot.encode(to.u8(4));
                to.u8(u8::from(accepted.is_some()));
                if let Some((ballot, value)) = accepted {
                    value.encode(ballot.encode(to));
                }
            }
            Self::Accept { ballot, value } => value.encode(ballot.encode(to.u8(5))),
            Self::Accepted { ballot, value } => value.encode(ballot.encode(to.u8(6))),
            Self::Refuse { ballot, promised } => {
                promised.encode(ballot.encode(to.u8(7)));
            }
            Self::Chosen { value } => value.encode(to.u8(8)),
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let kind = from.u8();
        let message = match kind {
            3..=7 => {
                let ballot = Ballot::decode(from);
                match kind {
                    3 => Self::Prepare { ballot },
                    4 => Self::Promise {
                        ballot,
                        accepted: match from.u8() {
                            0 => None,
                            _ => Some((Ballot::decode(from), Command::decode(from)?)),
                        },
                    },
                    5 => Self::Accept {
                        ballot,
                        value: Command::decode(from)?,
                    },
                    6 => Self::Accepted {
                        ballot,
                        value: Command::decode(from)?,
                    },
                    _ => Self::Refuse {
                        ballot,
                        promised: Ballot::decode(from),
                    },
                }
            }
            8 => Self::Chosen {
                value: Command::decode(from)?,
            },
            kind => Self::Talk(Talk::decode(kind, from)?),
        };
        from.whole(message)
    }
}

/// Why a server (or a client) did what it did. Numbers are part of every digest: append only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Why {
    /// Begins phase 1 of its ballot.
    Prepares,
    /// Promises the ballot, having accepted nothing.
    Promises,
    /// Promises the ballot, having accepted `n`.
    PromisesHaving,
    /// Has promised the ballot, which is higher than the one that asks.
    Refuses,
    /// Proposes `n`, which was accepted under the ballot, in place of its own.
    Adopts,
    /// Proposes its own, `n`, promised by the servers `b`.
    Proposes,
    /// Accepts `n` under the ballot.
    Accepts,
    /// The servers `b` have accepted `n`.
    Chooses,
    /// Is told that `n` is chosen.
    Learns,
    /// Tells node `b` what is chosen.
    Tells,
    /// Was overtaken by the ballot, and waits.
    Overtaken,
    /// Was overtaken by the ballot, and goes on at once.
    OvertakenAtOnce,
    /// The servers `b` have not answered.
    AsksAgain,
    /// The servers `b` have accepted nothing, and that is what a read is told.
    FindsNothing,
    /// Answers a read from what it knows.
    AnswersKnown,
    /// Refuses `n`: another value is chosen.
    OtherChosen,
    /// Points to the proposer, `b`.
    Redirects,
    /// Is back, and had accepted `n` under the ballot.
    IsBack,
    /// A client: asks node `b` next.
    AsksThere,
    /// A client: no answer, asks node `b`.
    AsksElsewhere,
    /// A client: the answer to operation `a` came too late.
    TooLate,
    /// Only wanted to read, and carries on with `n`, which was accepted under the ballot.
    Completes,
}

#[cfg(test)]
mod tests {
    use super::super::spec::REASONS;
    use super::*;
    use crate::operation::{Answer, Operation};
    use crate::units::{Endpoint, OpId};
    use alloc::format;

    #[test]
    fn messages_come_back_from_their_bytes() {
        let ballot = |round, server| Ballot { round, server };
        let value = Command {
            client: Endpoint(4),
            op: OpId(7),
            operation: Operation::Put { key: 0, value: 9 },
            token: 0,
        };
        for message in [
            Message::Prepare {
                ballot: ballot(1, 2),
            },
            Message::Promise {
                ballot: ballot(3, 0),
                accepted: None,
            },
            Message::Promise {
                ballot: ballot(3, 0),
                accepted: Some((ballot(2, 1), value)),
            },
            Message::Accept {
                ballot: ballot(3, 0),
                value,
            },
            Message::Accepted {
                ballot: ballot(3, 0),
                value,
            },
            Message::Refuse {
                ballot: ballot(3, 0),
                promised: ballot(4, 1),
            },
            Message::Chosen { value },
            Message::Talk(Talk::Answer {
                op: OpId(1),
                answer: Answer::Done,
            }),
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
        assert_eq!(REASONS.len(), Why::Completes as usize + 1);
    }
}
