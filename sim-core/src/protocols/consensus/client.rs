//! A client of a replicated log: its driver knows the nodes, asks the leader that it was last told of, asks again when
//! nobody answers, and shows the fencing token that it was given.
//!
//! Asking again is safe because the operation's number is its session's sequence number (Ongaro & Ousterhout 2014, §8).

use super::machine::{Command, refusal};
use crate::operation::{Answer, Operation};
use crate::protocol::Input;
use crate::units::{Endpoint, Micros, OpId};
use crate::wire::{Decoder, Encoder};

/// How reads are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// By the leader, once a majority confirms that it leads.
    Index,
    /// By the leader, as long as its lease holds; else by read index.
    Lease,
    /// Through the log.
    Log,
    /// By whoever is asked.
    Stale,
    /// By whoever is asked, once the key is written.
    Watch,
    /// By whoever is asked, as of the moment of the asking.
    Timestamp,
}

impl Reads {
    /// By its place among the choices, which is its place among [`WAYS`](crate::operation::WAYS).
    pub const fn of(place: u32) -> Self {
        match place {
            0 => Self::Index,
            1 => Self::Lease,
            2 => Self::Log,
            3 => Self::Stale,
            4 | 5 => Self::Watch,
            // Whoever wants the server to catch up first is answered when a majority confirms.
            _ => Self::Index,
        }
    }

    /// Whether the server that is asked answers by itself.
    pub const fn are_local(self) -> bool {
        matches!(self, Self::Stale | Self::Watch | Self::Timestamp)
    }

    /// How an operation is answered, if it is a read: as it says itself, else like this.
    #[must_use]
    pub const fn or_as_it_says(self, operation: Operation) -> Self {
        match operation {
            Operation::GetAs { way, .. } => Self::of(way as u32),
            _ => self,
        }
    }
}

/// What travels between clients and servers.
#[derive(Clone, Copy, Debug)]
pub enum Talk {
    /// A client asks. The operation's number is its session's sequence number.
    Request {
        /// What, and whose.
        command: Command,
    },
    /// The server answers.
    Answer {
        /// The operation's number.
        op: OpId,
        /// What it says.
        answer: Answer,
    },
    /// The server is no leader.
    Redirect {
        /// The operation's number.
        op: OpId,
        /// Whom it follows; [`Endpoint::NONE`]: nobody.
        leader: Endpoint,
    },
    /// A client no longer waits.
    Cancel {
        /// The operation's number.
        op: OpId,
    },
}

impl Talk {
    /// Appends its kind and its bytes. A protocol's own messages have other kinds than 0 to 2 and 12.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Request { command } => command.encode(to.u8(0)),
            Self::Answer { op, answer } => {
                let (kind, argument) = answer.code();
                to.u8(1).u32(op.0).u8(kind).i64(argument);
            }
            Self::Redirect { op, leader } => {
                to.u8(2).u32(op.0).u8(leader.0);
            }
            Self::Cancel { op } => {
                to.u8(12).u32(op.0);
            }
        }
    }

    /// Reads back what follows the kind.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn decode(kind: u8, from: &mut Decoder<'_>) -> Option<Self> {
        Some(match kind {
            0 => Self::Request {
                command: Command::decode(from)?,
            },
            1 => Self::Answer {
                op: OpId(from.u32()),
                answer: Answer::from_code(from.u8(), from.i64())?,
            },
            2 => Self::Redirect {
                op: OpId(from.u32()),
                leader: Endpoint(from.u8()),
            },
            12 => Self::Cancel {
                op: OpId(from.u32()),
            },
            _ => return None,
        })
    }
}

/// What a driver is told, where its protocol has more to say than [`Talk`].
pub fn talked<M>(input: Input<M>, talk: impl Fn(M) -> Option<Talk>) -> Option<Input<Talk>> {
    Some(match input {
        Input::Message { from, message } => {
            let message = talk(message)?;
            Input::Message { from, message }
        }
        Input::Timer(kind) => Input::Timer(kind),
        Input::PeerDown(peer) => Input::PeerDown(peer),
        Input::Operation { op, operation } => Input::Operation { op, operation },
        Input::GaveUp { op } => Input::GaveUp { op },
        _ => return None,
    })
}

/// What a driver goes by.
#[derive(Clone, Copy, Debug)]
pub struct Ways {
    /// How many nodes there are.
    pub nodes: u8,
    /// After how long without an answer it asks elsewhere.
    pub retry_after: Micros,
    /// Whether the system keeps a lock, and not keys.
    pub keeps_lock: bool,
    /// Whether servers pass requests on, so that it stays with its own.
    pub stays_home: bool,
    /// How reads are answered that do not say.
    pub reads: Reads,
}

/// Why a driver did what it did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because {
    /// It was pointed to this node, and asks there.
    AsksThere(Endpoint),
    /// It had no answer, and asks this node.
    AsksAgain(Endpoint),
    /// The answer to this came too late.
    TooLate(OpId),
    /// It has given this up, and says so.
    Cancels(OpId),
}

/// What a driver does, in the messages and notes of its protocol.
pub trait Hands {
    /// Sends something to a server.
    fn send(&mut self, to: Endpoint, talk: Talk);
    /// Says why.
    fn note(&mut self, because: Because);
    /// Sets its one timer anew, to a length between these.
    fn wait(&mut self, min: Micros, max: Micros);
    /// Stops it.
    fn wait_no_more(&mut self);
    /// Tells its person.
    fn reply(&mut self, op: OpId, answer: Answer);
}

/// How often it asks a server again that knows no leader.
const STAYS_MAX: u8 = 3;

/// A person's driver.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    me: Endpoint,
    home: Endpoint,
    /// Whom it asks next.
    whom: Endpoint,
    /// The operation that the person waits for.
    waiting: Option<(OpId, Operation)>,
    /// How often it has asked, and how often it was pointed elsewhere since.
    tries: u32,
    redirects: u8,
    /// Whether it asks the same server again: it answered, but knew no leader.
    stays: bool,
    stayed: u8,
    /// The last fencing token; by which operation it came, and which it was before that.
    token: u32,
    gained_by: OpId,
    token_before: u32,
}

impl Person {
    /// The driver of the person `me`, who is at home with a node.
    pub const fn new(me: Endpoint, home: Endpoint) -> Self {
        Self {
            me,
            home,
            whom: home,
            waiting: None,
            tries: 0,
            redirects: 0,
            stays: false,
            stayed: 0,
            token: 0,
            gained_by: OpId(u32::MAX),
            token_before: 0,
        }
    }

    /// Handles one input; its timer is the only one that it knows.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn act(&mut self, ways: &Ways, input: Input<Talk>, out: &mut dyn Hands) {
        match input {
            Input::Operation { op, operation } if operation.is_of_lock() != ways.keeps_lock => {
                out.reply(op, Answer::Refused(refusal::NOT_KEPT));
            }
            Input::Operation { op, operation } => {
                self.waiting = Some((op, operation));
                self.tries = 0;
                self.redirects = 0;
                self.stays = false;
                self.stayed = 0;
                let reads = ways.reads.or_as_it_says(operation);
                if operation.is_read() && reads.are_local() {
                    self.whom = self.home;
                }
                self.ask(ways, out);
            }
            Input::Message { message, .. } => self.hear(ways, message, out),
            Input::PeerDown(_) if ways.stays_home => {}
            Input::GaveUp { op } => {
                self.forgets(op);
                let stays = self.stays_with(ways);
                self.stop(out);
                if stays {
                    out.note(Because::Cancels(op));
                    out.send(self.whom, Talk::Cancel { op });
                }
            }
            Input::Timer(_) => self.ask_again(ways, out),
            // Its connection is closed: there is nothing to wait for.
            Input::PeerDown(peer) if peer == self.whom => self.ask_again(ways, out),
            _ => {}
        }
    }

    fn hear(&mut self, ways: &Ways, talk: Talk, out: &mut dyn Hands) {
        match talk {
            Talk::Answer { op, answer } if self.waits_for(op) => {
                if let (Some((_, Operation::Acquire)), Answer::Value(token)) =
                    (self.waiting, answer)
                {
                    self.token_before = self.token;
                    self.gained_by = op;
                    self.token = token as u32;
                }
                self.stop(out);
                out.reply(op, answer);
            }
            Talk::Answer { op, .. } => out.note(Because::TooLate(op)),
            Talk::Redirect { op, leader } if self.waits_for(op) => {
                if leader == Endpoint::NONE {
                    // This one is there, and will soon know who was elected; unless it is no member any more.
                    self.stays = self.stayed < STAYS_MAX;
                    self.stayed = self.stayed.saturating_add(1);
                    let soon = Micros(ways.retry_after.0 / 2);
                    out.wait(soon, soon + soon);
                    return;
                }
                // Where two point to each other, the timer asks again.
                let is_new = leader != self.whom;
                if is_new && self.redirects < ways.nodes {
                    self.redirects += 1;
                    self.whom = leader;
                    out.note(Because::AsksThere(leader));
                    self.ask(ways, out);
                }
            }
            _ => {}
        }
    }

    fn waits_for(&self, op: OpId) -> bool {
        self.waiting.is_some_and(|(waiting, _)| waiting == op)
    }

    /// Whether the server that it asked owes it an answer, however long that takes.
    fn stays_with(&self, ways: &Ways) -> bool {
        let watches = |(_, operation): &(OpId, Operation)| operation.is_watch();
        ways.stays_home || self.waiting.as_ref().is_some_and(watches)
    }

    fn ask(&self, ways: &Ways, out: &mut dyn Hands) {
        let Some((op, operation)) = self.waiting else {
            return;
        };
        let command = Command {
            client: self.me,
            op,
            operation,
            token: self.token,
        };
        out.send(self.whom, Talk::Request { command });
        if self.stays_with(ways) {
            // Its server sees to the rest.
            return;
        }
        // Longer each time, up to four times as long.
        let wait = Micros(ways.retry_after.0 << self.tries.min(2));
        out.wait(wait, wait + Micros(wait.0 / 2));
    }

    fn ask_again(&mut self, ways: &Ways, out: &mut dyn Hands) {
        if self.waiting.is_none() {
            return;
        }
        self.redirects = 0;
        if !core::mem::take(&mut self.stays) {
            self.tries += 1;
            self.stayed = 0;
            self.whom = Endpoint((self.whom.0 + 1) % ways.nodes);
        }
        out.note(Because::AsksAgain(self.whom));
        self.ask(ways, out);
    }

    /// Its person no longer waits for this. If the answer was there, and the person stood still until it was too late to
    /// hear it, they hold no lock by it.
    const fn forgets(&mut self, op: OpId) {
        if self.gained_by.0 == op.0 {
            self.token = self.token_before;
        }
    }

    fn stop(&mut self, out: &mut dyn Hands) {
        self.waiting = None;
        out.wait_no_more();
    }
}
