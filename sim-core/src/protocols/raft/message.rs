//! What travels between clients and servers, and why a server did what it did.

use crate::protocols::consensus::{Batch, Command, Index, Place, Snapshot, Talk, Term};
use crate::units::OpId;
use crate::wire::{Decoder, Encoder, Wire};
use alloc::rc::Rc;

/// What travels.
#[derive(Clone, Debug)]
pub enum Message {
    /// What clients and servers say.
    Talk(Talk),
    /// RequestVote (figure 2).
    RequestVote {
        /// The candidate's term; in a pre-vote the one that it would begin.
        term: Term,
        /// Where its log ends.
        last: Place,
        /// A pre-vote (thesis §9.6).
        pre: bool,
        /// Its leader told it to, so nobody protects that leader (thesis §4.2.3).
        forced: bool,
    },
    /// The response.
    Vote {
        /// The voter's term; where a pre-vote is granted the one that was asked for.
        term: Term,
        /// A pre-vote.
        pre: bool,
        /// Whether it is granted.
        granted: bool,
    },
    /// AppendEntries (figure 2); without entries a heartbeat.
    Append {
        /// The leader's term.
        term: Term,
        /// What stands before the entries.
        prev: Place,
        /// The entries.
        entries: Batch,
        /// How far the leader knows entries to be committed.
        commit: Index,
        /// The leader's latest round of heartbeats.
        round: u32,
    },
    /// The response.
    Appended {
        /// The follower's term.
        term: Term,
        /// Whether the log matched.
        matched: bool,
        /// Up to where it matches; else from where the leader may go on, and what had stood before the entries.
        at: Index,
        /// Where it did not match: the term of the follower's entry there, and where the leader had tried.
        conflict: Place,
        /// The round of the request.
        round: u32,
    },
    /// InstallSnapshot (figure 13), in one piece.
    Install {
        /// The leader's term.
        term: Term,
        /// What.
        snapshot: Rc<Snapshot>,
        /// The leader's latest round.
        round: u32,
    },
    /// A server that is to lead asks its leader to hand over.
    HandOver {
        /// Its term.
        term: Term,
    },
    /// The leader tells a server to begin an election at once (thesis §3.10).
    TimeoutNow {
        /// The leader's term.
        term: Term,
    },
    /// A server passes on to the leader what it was asked.
    Forward {
        /// What, and whose.
        command: Command,
        /// The term of the leader that it follows.
        term: Term,
        /// The last round that it had of that leader.
        round: u32,
    },
    /// The leader lets a server read for itself, once it has applied what the leader had committed (thesis §6.4).
    ReadAt {
        /// The operation's number.
        op: OpId,
        /// What is to be applied first.
        index: Index,
    },
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Talk(talk) => talk.encode(to),
            Self::RequestVote {
                term,
                last,
                pre,
                forced,
            } => {
                last.encode(to.u8(3).u32(term.0));
                to.u8(u8::from(*pre)).u8(u8::from(*forced));
            }
            Self::Vote { term, pre, granted } => {
                to.u8(4).u32(term.0);
                to.u8(u8::from(*pre)).u8(u8::from(*granted));
            }
            Self::Append {
                term,
                prev,
                entries,
                commit,
                round,
            } => {
                prev.encode(to.u8(5).u32(term.0));
                to.u32(commit.0).u32(*round);
                entries.encode(to);
            }
            Self::Appended {
                term,
                matched,
                at,
                conflict,
                round,
            } => {
                to.u8(6).u32(term.0).u8(u8::from(*matched)).u32(at.0);
                conflict.encode(to);
                to.u32(*round);
            }
            Self::Install {
                term,
                snapshot,
                round,
            } => snapshot.encode(to.u8(7).u32(term.0).u32(*round)),
            Self::HandOver { term } => {
                to.u8(8).u32(term.0);
            }
            Self::TimeoutNow { term } => {
                to.u8(9).u32(term.0);
            }
            Self::Forward {
                command,
                term,
                round,
            } => command.encode(to.u8(10).u32(term.0).u32(*round)),
            Self::ReadAt { op, index } => {
                to.u8(11).u32(op.0).u32(index.0);
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let message = match from.u8() {
            3 => Self::RequestVote {
                term: Term(from.u32()),
                last: Place::decode(from),
                pre: from.u8() != 0,
                forced: from.u8() != 0,
            },
            4 => Self::Vote {
                term: Term(from.u32()),
                pre: from.u8() != 0,
                granted: from.u8() != 0,
            },
            5 => Self::Append {
                term: Term(from.u32()),
                prev: Place::decode(from),
                commit: Index(from.u32()),
                round: from.u32(),
                entries: Batch::decode(from)?,
            },
            6 => Self::Appended {
                term: Term(from.u32()),
                matched: from.u8() != 0,
                at: Index(from.u32()),
                conflict: Place::decode(from),
                round: from.u32(),
            },
            7 => Self::Install {
                term: Term(from.u32()),
                round: from.u32(),
                snapshot: Rc::new(Snapshot::decode(from)?),
            },
            8 => Self::HandOver {
                term: Term(from.u32()),
            },
            9 => Self::TimeoutNow {
                term: Term(from.u32()),
            },
            10 => Self::Forward {
                term: Term(from.u32()),
                round: from.u32(),
                command: Command::decode(from)?,
            },
            11 => Self::ReadAt {
                op: OpId(from.u32()),
                index: Index(from.u32()),
            },
            kind => Self::Talk(Talk::decode(kind, from)?),
        };
        from.whole(message)
    }
}

/// Why a server (or a client) did what it did. Numbers are part of every digest: append
/// only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Why {
    /// Heard no leader for too long and stands for election in term `a`.
    Stands,
    /// Heard no leader for too long and asks first who would vote for it in term `a`.
    AsksFirst,
    /// Was told by its leader to stand in term `a`.
    StandsAtOnce,
    /// Votes for node `b` in term `a`.
    Votes,
    /// Would vote for node `b` in term `a`.
    WouldVote,
    /// Does not vote for `b`: it has voted for another in term `a`.
    VotedElsewhere,
    /// Does not vote for `b`: its own log, which ends at entry `a`, is more up to date.
    LogIsNewer,
    /// Does not vote for `b`: it has heard from a leader just now.
    HasLeader,
    /// Does not vote for `b`, whose term is over: term `a` has begun.
    TermIsOver,
    /// Has a majority and leads term `a`.
    Leads,
    /// Follows node `b` in term `a`.
    Follows,
    /// Hears of term `a` and is no longer leader.
    StepsDown,
    /// Hears of term `a` and goes on as leader.
    GoesOn,
    /// Has not heard from a majority and is no longer leader.
    LostMajority,
    /// Was removed and is no longer leader.
    LeavesOffice,
    /// Takes entries up to `a`.
    Takes,
    /// Takes away what stands behind entry `a`: the leader has something else there.
    Overwrites,
    /// Cannot take what comes behind entry `a`: its log has something else there, or nothing.
    DoesNotMatch,
    /// Keeps what comes behind entry `a` until it has what lies before.
    Keeps,
    /// Knows the entries up to `a` to be on a majority: they are committed.
    Commits,
    /// Puts entry `a` into its log: `n` is what it does.
    Proposes,
    /// Answers `n` as of entry `a`.
    Answers,
    /// Answers from the session: the operation was done before.
    AnswersAgain,
    /// Points to the leader, `b`.
    Redirects,
    /// Knows no leader to point to, or to go on watching with.
    KnowsNoLeader,
    /// A read waits until a majority confirms that it still leads.
    Confirms,
    /// Answers a read at once under its lease.
    LeaseHolds,
    /// Answers a read from what it has, up to entry `a`.
    AnswersStale,
    /// Has a snapshot of everything up to entry `a`.
    TakesSnapshot,
    /// Sends node `b` a snapshot: it lacks what the log no longer has.
    SendsSnapshot,
    /// Installs a snapshot of everything up to entry `a`.
    Installs,
    /// The members are `b` from entry `a` on.
    Changes,
    /// Does not change the members: the last change is not committed.
    StillChanging,
    /// Does not change the members: no entry of its term is committed.
    TooNew,
    /// Hands over to node `b`.
    HandsOver,
    /// Is back in term `a` with a log up to entry `b`.
    IsBack,
    /// A client: asks node `b` next.
    AsksThere,
    /// A client: no answer, asks node `b` again.
    AsksAgain,
    /// A client: the answer to operation `a` came too late.
    TooLate,
    /// Passes what was asked on to node `b`: `n` is what it does.
    PassesOn,
    /// Knows no leader to pass it on to.
    WaitsForLeader,
    /// Has tried for long enough.
    GivesUp,
    /// Was leader, and refuses what waited for that.
    RefusesRest,
    /// Drops what was passed on over a connection that is broken by now.
    OldConnection,
    /// Was told by node `b` that a read is to see entry `a`.
    MayRead,
    /// A client: says that it has given up.
    Cancels,
    /// Keeps a request until its key is written.
    Watches,
    /// Tells who waited for it that entry `a` set their key to `n`.
    Wakes,
}
