//! What servers and clients send one another, and why a server does what it does.

use crate::protocols::consensus::{Ballot, Batch, Index, Stamp, Talk, Term};
use crate::wire::{Decoder, Encoder, Wire};

/// The messages of "Paxos Made Simple", §3: those of the single decree, for many slots at once; and what clients and
/// servers say.
#[derive(Clone, Debug)]
pub enum Message {
    /// Between clients and servers.
    Talk(Talk),
    /// Phase 1a, for all slots from one on: will you take part in no lower ballot any more?
    Prepare {
        /// Than this.
        ballot: Ballot,
        /// Slots before it are known to be chosen, and what.
        first: Index,
    },
    /// Phase 1b: I promise, and this is what I have accepted from there on.
    Promise {
        /// The ballot that has the promise.
        ballot: Ballot,
        /// The slot of the first entry.
        first: Index,
        /// What it has accepted, each under its ballot; slots without anything are empty.
        entries: Batch,
        /// Up to which slot it knows what is chosen.
        commit: Index,
    },
    /// Phase 2a: accept this; or nothing, to say that the leader is there.
    Accept {
        /// Under this ballot.
        ballot: Ballot,
        /// The slot of the first entry.
        first: Index,
        /// What.
        entries: Batch,
        /// Up to which slot the leader knows what is chosen.
        commit: Index,
        /// The leader's latest round.
        round: u32,
        /// Nothing with this timestamp or an earlier one comes behind the slots that it speaks of; 0: it does not say.
        safe: Stamp,
    },
    /// Phase 2b: it is accepted.
    Accepted {
        /// Under this ballot.
        ballot: Ballot,
        /// The first slot.
        first: Index,
        /// The last one; before the first: none.
        last: Index,
        /// The round that is answered.
        round: u32,
    },
    /// No: I have promised a higher ballot.
    Refuse {
        /// The ballot that asked.
        ballot: Ballot,
        /// The ballot that has the promise.
        promised: Ballot,
    },
    /// A learner lacks what was chosen from this slot on.
    Fetch {
        /// The first slot.
        first: Index,
    },
    /// This is chosen.
    Chosen {
        /// The slot of the first entry.
        first: Index,
        /// What.
        entries: Batch,
    },
}

fn ballot(from: &mut Decoder<'_>) -> Ballot {
    Ballot::of(Term(from.u32()))
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Talk(talk) => talk.encode(to),
            Self::Prepare { ballot, first } => {
                to.u8(3).u32(ballot.term().0).u32(first.0);
            }
            Self::Promise {
                ballot,
                first,
                entries,
                commit,
            } => {
                to.u8(4).u32(ballot.term().0).u32(first.0).u32(commit.0);
                entries.encode(to);
            }
            Self::Accept {
                ballot,
                first,
                entries,
                commit,
                round,
                safe,
            } => {
                let vouches = *safe > Stamp::default();
                let kind = if vouches { 10 } else { 5 };
                to.u8(kind).u32(ballot.term().0).u32(first.0);
                to.u32(commit.0).u32(*round);
                if vouches {
                    to.u32(safe.0);
                }
                entries.encode(to);
            }
            Self::Accepted {
                ballot,
                first,
                last,
                round,
            } => {
                to.u8(6).u32(ballot.term().0).u32(first.0);
                to.u32(last.0).u32(*round);
            }
            Self::Refuse { ballot, promised } => {
                to.u8(7).u32(ballot.term().0).u32(promised.term().0);
            }
            Self::Fetch { first } => {
                to.u8(8).u32(first.0);
            }
            Self::Chosen { first, entries } => entries.encode(to.u8(9).u32(first.0)),
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let kind = from.u8();
        let message = match kind {
            3 => Self::Prepare {
                ballot: ballot(from),
                first: Index(from.u32()),
            },
            4 => Self::Promise {
                ballot: ballot(from),
                first: Index(from.u32()),
                commit: Index(from.u32()),
                entries: Batch::decode(from)?,
            },
            5 | 10 => Self::Accept {
                ballot: ballot(from),
                first: Index(from.u32()),
                commit: Index(from.u32()),
                round: from.u32(),
                safe: Stamp(if kind == 10 { from.u32() } else { 0 }),
                entries: Batch::decode(from)?,
            },
            6 => Self::Accepted {
                ballot: ballot(from),
                first: Index(from.u32()),
                last: Index(from.u32()),
                round: from.u32(),
            },
            7 => Self::Refuse {
                ballot: ballot(from),
                promised: ballot(from),
            },
            8 => Self::Fetch {
                first: Index(from.u32()),
            },
            9 => Self::Chosen {
                first: Index(from.u32()),
                entries: Batch::decode(from)?,
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
    /// Heard no leader for too long and prepares the ballot `a.b`.
    Prepares,
    /// Was told to lead and prepares the ballot.
    PreparesAtOnce,
    /// Promises the ballot, and has accepted nothing that its proposer may not know.
    Promises,
    /// Promises the ballot, and tells what it has accepted from slot `n` on.
    PromisesHaving,
    /// Does not promise `b` anything yet: a leader may rely on it.
    HasLeader,
    /// Has promised the ballot, and takes part in no lower one.
    Refuses,
    /// Has the promises of a majority and leads with the ballot.
    Leads,
    /// Proposes again what was accepted in slot `a`: `n` is what it does.
    Adopts,
    /// Proposes again the no-op that was accepted in slot `a`.
    AdoptsNoOp,
    /// Fills slot `a` with a no-op: nobody who promised had accepted anything there.
    Fills,
    /// Begins behind slot `a`, whatever was accepted there.
    Ignores,
    /// Was overtaken by the ballot and leads no more.
    Overtaken,
    /// Was overtaken by the ballot before it led.
    OvertakenEarly,
    /// Follows the server `b`, whose ballot is of round `a`.
    Follows,
    /// Accepts slot `a`: `n` is what it does.
    Accepts,
    /// Accepts slots up to `a`.
    AcceptsMore,
    /// Knows the slots up to `a` to be chosen.
    Chooses,
    /// Slot `a` is chosen, but one before it is not.
    ChosenAhead,
    /// Does not know what was chosen in slot `a` and asks `b`.
    Lacks,
    /// Is told what was chosen up to slot `a`.
    Learns,
    /// Proposes `n` in slot `a`.
    Proposes,
    /// Answers `n` as of slot `a`.
    Answers,
    /// Answers from the session: the operation was done before.
    AnswersAgain,
    /// Points to the leader, `b`.
    Redirects,
    /// Knows no leader to point to.
    KnowsNoLeader,
    /// A read waits until a majority confirms that it still leads.
    Confirms,
    /// Answers a read at once under its lease.
    LeaseHolds,
    /// Answers a read from what it has, up to slot `a`.
    AnswersStale,
    /// Is back with `n` slots, and has promised the ballot.
    IsBack,
    /// A client: asks node `b` next.
    AsksThere,
    /// A client: no answer, asks node `b` again.
    AsksAgain,
    /// A client: the answer to operation `a` came too late.
    TooLate,
    /// Gives a write, `n`, the timestamp `a`.
    Stamps,
    /// Begins to lead at the timestamp `a`, with a slot that does nothing.
    Begins,
    /// Keeps a write, `n`, back until its lease reaches its timestamp.
    HoldsBack,
    /// Slot `n` is chosen: tells nobody until its timestamp, `a`, is surely past.
    WaitsOut,
    /// Answers a read, `n`, as of `a`.
    ReadsAt,
    /// Fills slot `a` with a no-op: the timestamp of another slot shows that what was accepted there was not chosen.
    Outrun,
}

#[cfg(test)]
mod tests {
    use super::super::spec::REASONS;
    use super::*;
    use crate::operation::{Answer, Operation};
    use crate::protocols::consensus::{Command, Content, Entry};
    use crate::units::{Endpoint, OpId};
    use alloc::format;

    #[test]
    fn messages_come_back_from_their_bytes() {
        let ballot = |round, server| Ballot { round, server };
        let command = Command {
            client: Endpoint(4),
            op: OpId(7),
            operation: Operation::Put { key: 0, value: 9 },
            token: 3,
        };
        let entries = Batch(Some(
            [
                Entry {
                    term: ballot(1, 2).term(),
                    content: Content::Command(command),
                },
                Entry {
                    term: Term(0),
                    content: Content::NoOp,
                },
            ]
            .into(),
        ));
        let at = |stamp, command| Entry {
            term: ballot(1, 2).term(),
            content: Content::Stamped(Stamp(stamp), command),
        };
        let stamped = Batch(Some([at(70_000, Some(command)), at(9, None)].into()));
        let (first, last, commit, round) = (Index(5), Index(6), Index(4), 11);
        let high = ballot(3, 1);
        for message in [
            Message::Prepare {
                ballot: high,
                first,
            },
            Message::Promise {
                ballot: high,
                first,
                entries: entries.clone(),
                commit,
            },
            Message::Accept {
                ballot: high,
                first,
                entries: entries.clone(),
                commit,
                round,
                safe: Stamp(0),
            },
            Message::Accept {
                ballot: high,
                first,
                entries: stamped,
                commit,
                round,
                safe: Stamp(77_000),
            },
            Message::Accepted {
                ballot: high,
                first,
                last,
                round,
            },
            Message::Refuse {
                ballot: ballot(1, 1),
                promised: high,
            },
            Message::Fetch { first },
            Message::Chosen { first, entries },
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
        assert!(Message::decode(&mut Decoder::new(&[11])).is_none());
        // More entries than there are bytes for.
        let bytes = [9, 1, 0, 0, 0, 255, 255, 255, 255, 255];
        assert!(Message::decode(&mut Decoder::new(&bytes)).is_none());
    }

    #[test]
    fn every_reason_has_a_sentence() {
        assert_eq!(REASONS.len(), Why::Outrun as usize + 1);
    }
}
