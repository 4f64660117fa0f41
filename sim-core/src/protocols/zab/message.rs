//! What servers and clients send one another, and why a server does what it does.

use super::state::{Image, Role, Vote};
use crate::operation::Answer;
use crate::protocols::consensus::{Batch, Command, Grant, Index, Place, Talk, Term};
use crate::units::{Endpoint, Mask, OpId};
use crate::wire::{Decoder, Encoder, Wire};
use alloc::rc::Rc;

/// The messages of Zab (Junqueira et al. 2011, §V; Medeiros 2012, §4), and what clients and servers say.
#[derive(Clone, Debug)]
pub enum Message {
    /// A client asks, over a connection that it has.
    Talk(Talk),
    /// An election: this is my vote, and what I am.
    Notification {
        /// For whom, and what is said of its history.
        vote: Vote,
        /// The sender's round of elections (ZooKeeper: logicalclock).
        round: u32,
        /// What the sender is.
        role: Role,
    },
    /// Discovery: a follower tells its prospective leader the last epoch that it has accepted (CEPOCH).
    FollowerInfo {
        /// That.
        accepted: Term,
    },
    /// Discovery: the leader proposes an epoch that is later than those of a quorum (NEWEPOCH).
    LeaderInfo {
        /// That.
        epoch: Term,
    },
    /// Discovery: the follower has accepted it (ACK-E).
    AckEpoch {
        /// That.
        epoch: Term,
        /// The last epoch whose history it has taken, unless it had accepted `epoch` from somebody else before.
        current: Option<Term>,
        /// Its last zxid.
        last: Place,
    },
    /// Synchronization: this is the history of the new epoch (DIFF, TRUNC or SNAP, and NEWLEADER).
    NewLeader {
        /// That epoch.
        epoch: Term,
        /// What the follower keeps of its own: everything up to here.
        keep: Place,
        /// What stands for the beginning, where the leader no longer has it.
        image: Option<Rc<Image>>,
        /// What comes then.
        entries: Batch,
    },
    /// The follower has everything up to here on its disk: the history of the epoch, and proposals.
    Ack {
        /// In this epoch.
        epoch: Term,
        /// Up to here.
        last: Index,
    },
    /// Synchronization: a quorum has the history, so it is committed, and the follower may serve.
    UpToDate {
        /// The epoch.
        epoch: Term,
        /// What is committed.
        commit: Index,
    },
    /// Broadcast: proposals.
    Proposal {
        /// The epoch of the leader.
        epoch: Term,
        /// Where the first of them stands.
        first: Index,
        /// What.
        entries: Batch,
    },
    /// Broadcast: a quorum has acknowledged everything up to here.
    Commit {
        /// The epoch.
        epoch: Term,
        /// Up to here.
        index: Index,
    },
    /// The leader is there.
    Ping {
        /// The epoch.
        epoch: Term,
        /// What is committed, for those who missed it.
        commit: Index,
    },
    /// So is the follower.
    Pong {
        /// The epoch.
        epoch: Term,
        /// What is on its disk.
        last: Index,
        /// The clients that it has heard since the last one.
        touched: Mask,
    },
    /// A server passes on what a client wants to be done (REQUEST).
    Forward {
        /// That.
        command: Command,
        /// The client's session.
        session: u32,
    },
    /// It is not done: the session is over.
    Expired {
        /// The session.
        grant: Grant,
    },
    /// A server wants a client's session to be opened, or to know that it still is (REVALIDATE).
    Attach {
        /// The session; whether it is to be opened.
        grant: Grant,
    },
    /// It is.
    Attached {
        /// The session.
        grant: Grant,
    },
    /// A server wants to know what it has to have applied before a read (SYNC).
    Sync {
        /// The read.
        op: OpId,
    },
    /// The answer.
    Synced {
        /// The read.
        op: OpId,
        /// That.
        index: Index,
    },
    /// A client connects.
    Connect {
        /// Its session; whether it is a new one.
        grant: Grant,
        /// The last zxid that it has seen.
        seen: Index,
    },
    /// A server accepts the connection.
    Connected {
        /// The session.
        number: u32,
    },
    /// A server closes a connection, or does not open it.
    Closed {
        /// The session that is over, if that is why; else 0.
        over: u32,
    },
    /// A client is there, and nothing else; or so is its server.
    Alive,
    /// A server answers a client.
    Reply {
        /// The operation's number.
        op: OpId,
        /// What it says.
        answer: Answer,
        /// The last zxid that the server has applied.
        seen: Index,
    },
}

impl Role {
    const fn of(number: u8) -> Self {
        match number {
            0 => Self::Looking,
            1 => Self::Following,
            _ => Self::Leading,
        }
    }
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Talk(talk) => talk.encode(to),
            Self::Notification { vote, round, role } => {
                to.u8(3).u32(vote.epoch.0);
                vote.last.encode(to);
                to.u8(vote.leader.0).u32(*round).u8(*role as u8);
            }
            Self::FollowerInfo { accepted } => {
                to.u8(4).u32(accepted.0);
            }
            Self::LeaderInfo { epoch } => {
                to.u8(5).u32(epoch.0);
            }
            Self::AckEpoch {
                epoch,
                current,
                last,
            } => {
                to.u8(6).u32(epoch.0);
                to.u32(current.map_or(u32::MAX, |term| term.0));
                last.encode(to);
            }
            Self::NewLeader {
                epoch,
                keep,
                image,
                entries,
            } => {
                keep.encode(to.u8(7).u32(epoch.0));
                to.u8(u8::from(image.is_some()));
                if let Some(image) = image {
                    image.encode(to);
                }
                entries.encode(to);
            }
            Self::Ack { epoch, last } => {
                to.u8(8).u32(epoch.0).u32(last.0);
            }
            Self::UpToDate { epoch, commit } => {
                to.u8(9).u32(epoch.0).u32(commit.0);
            }
            Self::Proposal {
                epoch,
                first,
                entries,
            } => entries.encode(to.u8(10).u32(epoch.0).u32(first.0)),
            Self::Commit { epoch, index } => {
                to.u8(11).u32(epoch.0).u32(index.0);
            }
            Self::Ping { epoch, commit } => {
                to.u8(13).u32(epoch.0).u32(commit.0);
            }
            Self::Pong {
                epoch,
                last,
                touched,
            } => {
                to.u8(14).u32(epoch.0).u32(last.0).u32(touched.0);
            }
            Self::Forward { command, session } => command.encode(to.u8(15).u32(*session)),
            Self::Expired { grant } => grant.encode(to.u8(16)),
            Self::Attach { grant } => grant.encode(to.u8(17)),
            Self::Attached { grant } => grant.encode(to.u8(18)),
            Self::Sync { op } => {
                to.u8(19).u32(op.0);
            }
            Self::Synced { op, index } => {
                to.u8(20).u32(op.0).u32(index.0);
            }
            Self::Connect { grant, seen } => grant.encode(to.u8(21).u32(seen.0)),
            Self::Connected { number } => {
                to.u8(22).u32(*number);
            }
            Self::Closed { over } => {
                to.u8(23).u32(*over);
            }
            Self::Alive => {
                to.u8(24);
            }
            Self::Reply { op, answer, seen } => {
                let (kind, argument) = answer.code();
                to.u8(25).u32(op.0).u8(kind).i64(argument).u32(seen.0);
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let message = match from.u8() {
            3 => Self::Notification {
                vote: Vote {
                    epoch: Term(from.u32()),
                    last: Place::decode(from),
                    leader: Endpoint(from.u8()),
                },
                round: from.u32(),
                role: Role::of(from.u8()),
            },
            4 => Self::FollowerInfo {
                accepted: Term(from.u32()),
            },
            5 => Self::LeaderInfo {
                epoch: Term(from.u32()),
            },
            6 => Self::AckEpoch {
                epoch: Term(from.u32()),
                current: Some(from.u32()).filter(|term| *term < u32::MAX).map(Term),
                last: Place::decode(from),
            },
            7 => Self::NewLeader {
                epoch: Term(from.u32()),
                keep: Place::decode(from),
                image: match from.u8() {
                    0 => None,
                    _ => Some(Rc::new(Image::decode(from)?)),
                },
                entries: Batch::decode(from)?,
            },
            8 => Self::Ack {
                epoch: Term(from.u32()),
                last: Index(from.u32()),
            },
            9 => Self::UpToDate {
                epoch: Term(from.u32()),
                commit: Index(from.u32()),
            },
            10 => Self::Proposal {
                epoch: Term(from.u32()),
                first: Index(from.u32()),
                entries: Batch::decode(from)?,
            },
            11 => Self::Commit {
                epoch: Term(from.u32()),
                index: Index(from.u32()),
            },
            13 => Self::Ping {
                epoch: Term(from.u32()),
                commit: Index(from.u32()),
            },
            14 => Self::Pong {
                epoch: Term(from.u32()),
                last: Index(from.u32()),
                touched: Mask(from.u32()),
            },
            15 => Self::Forward {
                session: from.u32(),
                command: Command::decode(from)?,
            },
            16 => Self::Expired {
                grant: Grant::decode(from),
            },
            17 => Self::Attach {
                grant: Grant::decode(from),
            },
            18 => Self::Attached {
                grant: Grant::decode(from),
            },
            19 => Self::Sync {
                op: OpId(from.u32()),
            },
            20 => Self::Synced {
                op: OpId(from.u32()),
                index: Index(from.u32()),
            },
            21 => Self::Connect {
                seen: Index(from.u32()),
                grant: Grant::decode(from),
            },
            22 => Self::Connected { number: from.u32() },
            23 => Self::Closed { over: from.u32() },
            24 => Self::Alive,
            25 => Self::Reply {
                op: OpId(from.u32()),
                answer: Answer::from_code(from.u8(), from.i64())?,
                seen: Index(from.u32()),
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
    /// Begins round `a` of an election.
    Looks,
    /// Knows of a better history and votes for `b`, in round `a`.
    Votes,
    /// A quorum votes for it: it leads, if that still stands after a while. Round `a`.
    Leads,
    /// A quorum votes for `b` in round `a`.
    Follows,
    /// Comes back to a leader `b` that a quorum follows.
    Joins,
    /// Has lost its leader `b`: nothing was heard of it for long.
    LostLeader,
    /// The connection to its leader `b` was closed.
    LeaderGone,
    /// Leads no more: a quorum was silent.
    LostQuorum,
    /// Nothing came of it in time.
    TakesTooLong,
    /// Another, `b`, has a better history than the one who was elected.
    NotTheBest,
    /// Proposes the epoch `a`.
    NewEpoch,
    /// Accepts epoch `a` of `b`.
    AcceptsEpoch,
    /// Refuses what comes of epoch `a` from `b`: it has accepted a later one.
    Refuses,
    /// Takes what comes of the older epoch `a` from `b` all the same.
    TakesOld,
    /// Sends `b` what it lacks after `a`.
    SendsDiff,
    /// Lets `b` drop what it has after `a`.
    SendsTrunc,
    /// Sends `b` a snapshot of everything up to `a`.
    SendsSnap,
    /// Begins epoch `a` without `n` proposals that were not committed.
    Drops,
    /// Drops the proposals after `a`.
    Truncates,
    /// Has taken over the history of epoch `a`, `n` entries.
    HasHistory,
    /// A quorum has the history of epoch `a`: it is committed up to `b`, with `n` proposals of earlier epochs.
    Established,
    /// The same, where nothing was left to commit.
    EstablishedEmpty,
    /// Serves: it is up to date in epoch `a`.
    Serves,
    /// Proposes `n` as entry `a`.
    Proposes,
    /// Proposes that the session of `b` opens.
    OpensSession,
    /// Has heard nothing of the client `b` for a session time-out and proposes to close its session.
    ClosesSession,
    /// The session of `b` is over and its lock free.
    LockFreed,
    /// Acknowledges entry `a`: `n` is what it does.
    Acknowledges,
    /// Acknowledges entries up to `a`.
    AcknowledgesMore,
    /// Commits entries up to `a`.
    Commits,
    /// Answers a read from what it has, entries up to `a`: `n`.
    AnswersLocally,
    /// Asks its leader what a read has to see.
    AsksSync,
    /// Has applied what `sync` wanted, and answers `n` as of `a`.
    AnswersSynced,
    /// Passes `n` on to its leader `b`.
    PassesOn,
    /// Takes a client's connection: `b`.
    Accepts,
    /// Does not take it: it serves nobody now.
    NotServing,
    /// Does not take it: the client has seen entry `a`.
    Behind,
    /// Closes its clients' connections.
    ClosesAll,
    /// Keeps a snapshot in place of entries up to `a`.
    TakesSnapshot,
    /// Is back with `n` entries, and has accepted epoch `a`.
    IsBack,
    /// A client: connects to `b`.
    Connects,
    /// A client: gets no connection to `b`.
    GetsNone,
    /// A client: its connection to `b` is lost.
    LostConnection,
    /// A client: the same, and it had asked for something.
    LostAnswer,
    /// A client: its session is over.
    SessionOver,
    /// A client: the answer to operation `a` came too late.
    TooLate,
}

#[cfg(test)]
mod tests {
    use super::super::spec::REASONS;
    use super::*;
    use crate::operation::Operation;
    use crate::protocols::consensus::{Content, Entry, Ephemeral};
    use crate::units::OpSet;
    use alloc::format;
    use alloc::vec::Vec;

    #[test]
    fn messages_come_back_from_their_bytes() {
        let (epoch, index, op) = (Term(7), Index(9), OpId(5));
        let last = Place { term: epoch, index };
        let command = Command {
            client: Endpoint(4),
            op,
            operation: Operation::Put { key: 0, value: 9 },
            token: 3,
        };
        let grant = Grant {
            client: Endpoint(6),
            number: 2,
            opens: true,
        };
        let entry = |content| Entry {
            term: epoch,
            content,
        };
        let list = [Content::Command(command), Content::Session(grant)].map(entry);
        let entries = Batch(Some(list.into()));
        let image = Image {
            at: last,
            state: Ephemeral::default(),
            shown: OpSet::default(),
        };
        let mut all: Vec<Message> = [None, Some(Rc::new(image))]
            .into_iter()
            .map(|image| Message::NewLeader {
                epoch,
                keep: last,
                image,
                entries: entries.clone(),
            })
            .collect();
        for current in [None, Some(Term(6))] {
            all.push(Message::AckEpoch {
                epoch,
                current,
                last,
            });
        }
        for role in [Role::Looking, Role::Following, Role::Leading] {
            let vote = Vote {
                epoch,
                last,
                leader: Endpoint(2),
            };
            let round = 8;
            all.push(Message::Notification { vote, round, role });
        }
        let touched = Mask(0b1010);
        all.extend([
            Message::FollowerInfo { accepted: epoch },
            Message::LeaderInfo { epoch },
            Message::Ack { epoch, last: index },
            Message::UpToDate {
                epoch,
                commit: index,
            },
            Message::Proposal {
                epoch,
                first: index,
                entries,
            },
            Message::Commit { epoch, index },
            Message::Ping {
                epoch,
                commit: index,
            },
            Message::Pong {
                epoch,
                last: index,
                touched,
            },
            Message::Forward {
                command,
                session: 3,
            },
            Message::Expired { grant },
            Message::Attach { grant },
            Message::Attached { grant },
            Message::Sync { op },
            Message::Synced { op, index },
            Message::Connect { grant, seen: index },
            Message::Connected { number: 4 },
            Message::Closed { over: 4 },
            Message::Alive,
            Message::Reply {
                op,
                answer: Answer::Value(3),
                seen: index,
            },
            Message::Talk(Talk::Request { command }),
        ]);
        for message in all {
            let mut bytes = Encoder::default();
            message.encode(&mut bytes);
            let back = Message::decode(&mut Decoder::new(bytes.bytes()));
            assert_eq!(format!("{back:?}"), format!("{:?}", Some(message)));
        }
        assert!(Message::decode(&mut Decoder::new(&[26])).is_none());
        // More entries than there are bytes for.
        let bytes = [10, 1, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 255];
        assert!(Message::decode(&mut Decoder::new(&bytes)).is_none());
    }

    #[test]
    fn every_reason_has_a_sentence() {
        assert_eq!(REASONS.len(), Why::TooLate as usize + 1);
    }
}
