//! `ledger`: bank branches that keep one account book between them.
//!
//! Ann walks into North with a deposit; Ben asks South for the balance. What may South say before North has phoned?
//! Three policies answer differently.
//!
//! Under **all** and **majority** the book is a list of numbered slots, and each slot is decided by ballots: this is
//! Paxos, a single decree a slot, with any branch proposing (Lamport, *Paxos Made Simple*, 2001, §2.2–2.5). A branch that
//! wants a line in the book asks the others to *promise* the next slot to its ballot; with promises from a quorum
//! it asks them to *accept* the line; accepted by a quorum, the line is *decided* and will never change. The hard step
//! is the one between: a promise brings along what that branch has already accepted, and the proposer must propose
//! the highest-balloted of those instead of its own line. It is safe because any two quorums share a branch: if a
//! line could have been decided under an earlier ballot, some branch of the promise quorum has accepted it, and tells.
//! A quorum is every branch under *all*, more than half under *majority*. A read that waits asks a quorum how far the
//! book goes and answers only when its own copy goes as far.
//!
//! Under **local** each branch serves from what it knows and phones its lines across afterwards. When books meet again
//! they are reconciled: by *replaying* every line (nothing is lost, the account may turn out overdrawn), or by *last
//! writer wins*, where the book is one number with a timestamp and the later number wins (and what the earlier one
//! held is gone, in view).
//!
//! Best understood in reverse: a line stands because a quorum accepted it; they accepted it because none of them had
//! promised the slot to a higher ballot; they had not because the proposer's ballot was the highest that a quorum had
//! promised.
//!
//! # Configuration
//! `policy`, `reconcile`, `reads`, `opening`, `give-up-after`, `retry-after`, `phone-every`: see [`SETTINGS`].
//!
//! # Rules
//! `persist-promise`, `adopt-accepted`, `majority-size`: see [`RULES`].
//!
//! # What we left out
//! - Branches here never hand a decided book to an archive: the list of slots only grows.
//! - One ballot decides one slot. Multi-Paxos keeps one leader's promise over all later slots and needs one round
//!   trip a line, not two.
//! - A real bank often accepts both withdrawals and asks for the money later (compensation); a real branch knows
//!   customers, limits and hours. The account is one number here.
//! - Branches do not lie: no Byzantine faults.

mod ballots;
mod local;
mod message;
mod view;
mod watch;

pub use message::{Ballot, Entry, Message, Note, Why};

use crate::history::Fate;
use crate::operation::{Answer, Operation};
use crate::protocol::{
    Choice, Choices, Context, Input, InvariantSpec, Outputs, Protocol, ProtocolSpec, Replica,
    RuleSpec, SettingKind, SettingSpec, Sightings, WitnessSpec,
};
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::{MessageView, Names, NodeView, Standing};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

/// The most branches.
pub const BRANCHES_MAX: usize = 7;

// --- Configuration

/// Who must agree before a branch confirms anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Every branch.
    All,
    /// More than half.
    Majority,
    /// Nobody: each branch serves what it knows.
    Local,
}

/// How books that differ become one again under [`Policy::Local`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reconcile {
    /// Every line counts.
    Replay,
    /// The balance with the latest timestamp counts.
    LastWriter,
}

/// How a branch answers a question for the balance (under a quorum policy).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// Wait until a quorum has confirmed that the book goes no further.
    Confirm,
    /// Answer what it has.
    AsIs,
    /// As `Confirm`, but refuse after `give-up-after`.
    Refuse,
}

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    policy: Policy,
    reconcile: Reconcile,
    reads: Reads,
    opening: i64,
    give_up: Micros,
    retry: Micros,
    phone: Micros,
    branches: u8,
    clients: u8,
    quorum: u32,
    persist_promise: bool,
    adopt_accepted: bool,
}

impl Config {
    fn others(&self, me: Endpoint) -> impl Iterator<Item = Endpoint> + use<> {
        (0..self.branches)
            .map(Endpoint)
            .filter(move |one| *one != me)
    }
}

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    SettingSpec {
        name: "policy",
        words: "who must agree before a branch confirms anything",
        kind: SettingKind::Choice(&[
            Choice {
                name: "all",
                words: "All must agree",
            },
            Choice {
                name: "majority",
                words: "Most must agree",
            },
            Choice {
                name: "local",
                words: "Serve what we know",
            },
        ]),
        default: 1,
    },
    SettingSpec {
        name: "reconcile",
        words: "how books that differ become one again, when branches serve alone",
        kind: SettingKind::Choice(&[
            Choice {
                name: "replay",
                words: "Replay every line",
            },
            Choice {
                name: "last-writer-wins",
                words: "Last writer wins",
            },
        ]),
        default: 0,
    },
    SettingSpec {
        name: "reads",
        words: "how a branch answers a question for the balance, when branches must agree",
        kind: SettingKind::Choice(&[
            Choice {
                name: "confirm",
                words: "Wait and ask",
            },
            Choice {
                name: "as-is",
                words: "Answer what it has",
            },
            Choice {
                name: "refuse",
                words: "Refuse when unsure",
            },
        ]),
        default: 2,
    },
    SettingSpec {
        name: "opening",
        words: "the balance at the start",
        kind: SettingKind::Number {
            min: 0,
            max: 1_000_000,
        },
        default: 80,
    },
    SettingSpec {
        name: "give-up-after",
        words: "how long a branch tries to reach the others before it refuses",
        kind: SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        default: 300_000,
    },
    SettingSpec {
        name: "retry-after",
        words: "how long a branch waits for answers before it asks again (up to twice that)",
        kind: SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        default: 60_000,
    },
    SettingSpec {
        name: "phone-every",
        words: "how often a branch calls a branch that has not heard everything",
        kind: SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        default: 150_000,
    },
];

// --- Rules

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    RuleSpec {
        name: "persist-promise",
        guards: "one-entry-a-slot",
        words: "a branch writes its promises and acceptances down before it answers, so that it keeps its word after a restart",
    },
    RuleSpec {
        name: "adopt-accepted",
        guards: "one-entry-a-slot",
        words: "a proposer takes over the highest-balloted line that its promise quorum has already accepted",
    },
    RuleSpec {
        name: "majority-size",
        guards: "one-entry-a-slot",
        words: "a quorum is more than half, so that any two quorums share a branch",
    },
];

const INVARIANTS: &[InvariantSpec] = &[
    InvariantSpec {
        name: "one-entry-a-slot",
        words: "no two branches ever hold different decided lines in the same slot",
    },
    InvariantSpec {
        name: "no-overdraft",
        words: "the account never goes below zero",
    },
    InvariantSpec {
        name: "no-lost-deposit",
        words: "what a branch has confirmed is in the book and stays there",
    },
    InvariantSpec {
        name: "refused-never-happens",
        words: "what a branch has refused is not in the book and never gets there",
    },
];

const WITNESSES: &[WitnessSpec] = &[
    WitnessSpec {
        name: "line-decided",
        words: "a line was decided by a quorum",
    },
    WitnessSpec {
        name: "ballots-duelled",
        words: "a ballot met a promise to a higher one",
    },
    WitnessSpec {
        name: "line-adopted",
        words: "a proposer took over another branch's line",
    },
    WitnessSpec {
        name: "refused-unsure",
        words: "a branch refused because it could not reach a quorum",
    },
    WitnessSpec {
        name: "read-confirmed",
        words: "a read was confirmed by a quorum",
    },
    WitnessSpec {
        name: "answer-uncertain",
        words: "a branch could neither confirm nor refuse a line",
    },
    WitnessSpec {
        name: "books-reconciled",
        words: "a branch took over a line that it had not seen",
    },
    WitnessSpec {
        name: "overdrawn-alone",
        words: "branches that served alone overdrew the account",
    },
    WitnessSpec {
        name: "last-writer-won",
        words: "a confirmed line lost to a later timestamp",
    },
    WitnessSpec {
        name: "caught-up",
        words: "a branch that had fallen behind was sent what it missed",
    },
];

/// Witness numbers, as bits of [`Desk::deeds`].
pub(crate) mod deed {
    pub const DECIDED: u8 = 0;
    pub const DUELLED: u8 = 1;
    pub const ADOPTED: u8 = 2;
    pub const REFUSED: u8 = 3;
    pub const CONFIRMED: u8 = 4;
    pub const UNCERTAIN: u8 = 5;
    pub const RECONCILED: u8 = 6;
    pub const OVERDRAWN: u8 = 7;
    pub const OUTDATED: u8 = 8;
    pub const CAUGHT_UP: u8 = 9;
}

/// Refusal numbers.
pub(crate) mod refusal {
    pub const NOT_ENOUGH: u8 = 0;
    pub const UNREACHED: u8 = 1;
    pub const UNSURE: u8 = 2;
}

// --- Timers

/// Time to ask again.
pub(crate) const RETRY: u8 = 0;
/// Time to refuse whoever has waited too long.
pub(crate) const GIVE_UP: u8 = 1;
/// Time to phone a branch that has not heard everything.
pub(crate) const PHONE: u8 = 2;

// --- State

/// What one branch knows about one slot; durable.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Slot {
    /// It will not accept under a lower ballot.
    pub promised: Ballot,
    /// What it has accepted last, and under which ballot.
    pub accepted: Option<(Ballot, Entry)>,
    /// What it knows to be decided.
    pub decided: Option<Entry>,
}

/// A line of a branch that serves alone; durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// The branch that wrote it.
    pub origin: u8,
    /// Its number among that branch's lines.
    pub number: u32,
    /// What it says.
    pub entry: Entry,
    /// The writer's wall clock, in microseconds.
    pub wall: i64,
    /// The balance that the writer made of it.
    pub after: i64,
    /// The line whose balance it was added to: origin and number; [`Line::NO_BASE`] for the opening.
    pub base: (u8, u32),
}

impl Line {
    /// Stands for the opening balance.
    pub const NO_BASE: (u8, u32) = (u8::MAX, 0);

    const fn id(&self) -> (u8, u32) {
        (self.origin, self.number)
    }

    /// What last writer wins compares: timestamp, then branch.
    const fn stamp(&self) -> (i64, u8, u32) {
        (self.wall, self.origin, self.number)
    }
}

/// What a branch's safe keeps through a crash.
#[derive(Clone, Default, Debug)]
pub struct Safe {
    /// Quorum policies: the book.
    pub slots: Vec<Slot>,
    /// Local policy: every line known, by the branch that wrote it.
    pub pages: Vec<Vec<Line>>,
}

/// A customer's wish that a branch has not answered yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    client: Endpoint,
    op: OpId,
    operation: Operation,
    since: Micros,
    /// Its line has been sent out to be accepted: from here on nobody can say that it did not happen.
    sent: bool,
    /// How far the book goes, as a quorum confirmed after the wish arrived.
    confirmed: Option<u32>,
}

/// What a branch is doing about the first wish in its queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Phase {
    Idle,
    Preparing {
        slot: u32,
        ballot: Ballot,
        own: Entry,
        mark: u32,
        promised: Mask,
        best: Option<(Ballot, Entry)>,
    },
    Accepting {
        slot: u32,
        ballot: Ballot,
        entry: Entry,
        mark: u32,
        accepted: Mask,
    },
    Confirming {
        ticket: u32,
        told: Mask,
        top: u32,
    },
    /// Overtaken by a higher ballot; the retry timer runs.
    Backing,
}

/// What a branch's desk holds; gone with a crash.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(crate) queue: VecDeque<Job>,
    pub(crate) phase: Phase,
    /// How many slots from the first on are known to be decided, and what they add up to.
    pub(crate) decided: u32,
    pub(crate) balance: i64,
    /// One past the last slot in which anything was accepted or decided here.
    pub(crate) top: u32,
    /// The highest ballot round met for the slot that is next.
    pub(crate) round: u32,
    pub(crate) marks: u32,
    pub(crate) tickets: u32,
    /// By client, one past the last operation taken: a request that arrives twice is taken once.
    pub(crate) taken: Vec<u32>,
    /// Branches that may not have heard of all that is decided.
    pub(crate) owed: Mask,
    /// Local policy: by branch, how many lines of each it is known to hold.
    pub(crate) known: Vec<[u32; BRANCHES_MAX]>,
    /// Local policy, last writer wins: the line whose balance counts.
    pub(crate) winner: Option<(u8, u32)>,
    /// Whether the last attempt to reach a quorum failed.
    pub(crate) unsure: bool,
    /// A call was made again because someone did not answer.
    pub(crate) unanswered: bool,
    /// Witnesses that this branch has produced.
    pub(crate) deeds: u32,
}

impl Desk {
    fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }
}

/// A person at a branch: asks once, listens until the patience ends.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    home: Endpoint,
    waiting: Option<OpId>,
}

/// The protocol.
pub struct Ledger;

type Out = Outputs<Message, Note>;

impl Protocol for Ledger {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "ledger",
        node_word: ("branch", "branches"),
        settings: SETTINGS,
        rules: RULES,
        timers: &["ask again", "give up", "phone"],
        refusals: &[
            "the account does not hold that much",
            "too few branches can be reached to write it down",
            "too few branches can be reached to be sure",
        ],
        invariants: INVARIANTS,
        witnesses: WITNESSES,
        nodes_min: 2,
        nodes_max: BRANCHES_MAX as u8,
    };

    type Config = Config;
    type Disk = Safe;
    type Memory = Desk;
    type Client = Person;
    type Message = Message;
    type Note = Note;
    type Monitor = watch::Monitor;

    fn configure(choices: &Choices<'_>) -> Config {
        let span = |name| Micros(u64::from(choices.get(name)));
        let nodes = u32::from(choices.nodes);
        let policy = match choices.get("policy") {
            0 => Policy::All,
            2 => Policy::Local,
            _ => Policy::Majority,
        };
        Config {
            policy,
            reconcile: match choices.get("reconcile") {
                0 => Reconcile::Replay,
                _ => Reconcile::LastWriter,
            },
            reads: match choices.get("reads") {
                0 => Reads::Confirm,
                1 => Reads::AsIs,
                _ => Reads::Refuse,
            },
            opening: i64::from(choices.get("opening")),
            give_up: span("give-up-after"),
            retry: span("retry-after"),
            phone: span("phone-every"),
            branches: choices.nodes,
            clients: choices.clients,
            quorum: match policy {
                Policy::All => nodes,
                _ if choices.keeps("majority-size") => nodes / 2 + 1,
                // Half is not more than half: two quorums need not share a branch.
                _ => (nodes / 2).max(1),
            },
            persist_promise: choices.keeps("persist-promise"),
            adopt_accepted: choices.keeps("adopt-accepted"),
        }
    }

    fn format(config: &Config, _: Endpoint) -> Safe {
        Safe {
            slots: Vec::new(),
            pages: alloc::vec![Vec::new(); usize::from(config.branches)],
        }
    }

    fn boot(config: &Config, _: Endpoint, safe: &mut Safe) -> Desk {
        if !config.persist_promise {
            for slot in safe.slots.iter_mut().filter(|slot| slot.decided.is_none()) {
                *slot = Slot::default();
            }
        }
        let mut desk = Desk {
            queue: VecDeque::new(),
            phase: Phase::Idle,
            decided: 0,
            balance: config.opening,
            top: 0,
            round: 0,
            marks: 0,
            tickets: 0,
            taken: alloc::vec![0; usize::from(config.clients)],
            owed: Mask::EMPTY,
            known: alloc::vec![[0; BRANCHES_MAX]; usize::from(config.branches)],
            winner: None,
            unsure: false,
            unanswered: false,
            deeds: 0,
        };
        ballots::recall(config, safe, &mut desk);
        local::recall(config, safe, &mut desk);
        desk
    }

    fn client(_: &Config, _: Endpoint, home: Endpoint) -> Person {
        Person {
            home,
            waiting: None,
        }
    }

    fn node(
        config: &Config,
        context: Context,
        replica: &mut Replica<Self>,
        input: Input<Message>,
        out: &mut Out,
    ) {
        match config.policy {
            Policy::Local => local::handle(config, context, replica, input, out),
            Policy::All | Policy::Majority => {
                ballots::handle(config, context, replica, input, out);
            }
        }
    }

    fn person(_: &Config, _: Context, person: &mut Person, input: Input<Message>, out: &mut Out) {
        match input {
            Input::Operation { op, operation } => {
                person.waiting = Some(op);
                out.send(person.home, Message::Request { op, operation });
            }
            Input::Message {
                message: Message::Answer { op, answer },
                ..
            } => {
                if person.waiting == Some(op) {
                    person.waiting = None;
                    out.reply(op, answer);
                } else {
                    let told = matches!(answer, Answer::Done | Answer::Value(_));
                    out.note(Note {
                        why: Why::TooLate,
                        a: op.0,
                        b: u32::from(told),
                        n: 0,
                    });
                }
            }
            Input::GaveUp { .. } => person.waiting = None,
            _ => {}
        }
    }

    fn observe(
        config: &Config,
        context: Context,
        monitor: &mut watch::Monitor,
        replica: &Replica<Self>,
        seen: &mut Sightings,
    ) {
        watch::observe(config, context, monitor, replica, seen);
    }

    fn observe_reply(
        config: &Config,
        context: Context,
        monitor: &mut watch::Monitor,
        told: (OpId, Operation, Answer),
        seen: &mut Sightings,
    ) {
        watch::observe_reply(config, context, monitor, told, seen);
    }

    fn fate(config: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        watch::fate(config, replicas, op)
    }

    fn message_view(message: &Message) -> MessageView {
        view::message(message)
    }

    fn note_words(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
        view::note(note, me, names)
    }

    fn node_view(config: &Config, me: Endpoint, replica: &Replica<Self>) -> NodeView {
        view::node(config, me, replica)
    }

    fn standing(
        config: &Config,
        replicas: &[Replica<Self>],
        seen: &Sightings,
        names: &Names<'_>,
    ) -> Standing {
        watch::standing(config, replicas, seen, names)
    }

    fn weight(replica: &Replica<Self>) -> usize {
        let pages: usize = replica.disk.pages.iter().map(|page| page.len() + 1).sum();
        size_of::<Replica<Self>>()
            + replica.disk.slots.len() * size_of::<Slot>()
            + pages * size_of::<Line>()
            + replica.memory.queue.len() * size_of::<Job>()
            + replica.memory.known.len() * size_of::<[u32; BRANCHES_MAX]>()
    }
}

/// Answers a customer.
pub(crate) fn answer(job: &Job, answer: Answer, out: &mut Out) {
    out.send(job.client, Message::Answer { op: job.op, answer });
}

/// Takes a request once, however often it arrives. `None`: it was taken before.
pub(crate) fn take_request(
    config: &Config,
    context: Context,
    desk: &mut Desk,
    client: Endpoint,
    (op, operation): (OpId, Operation),
) -> Option<Job> {
    let place = usize::from(client.0.checked_sub(config.branches)?);
    let taken = desk.taken.get_mut(place)?;
    if op.0 < *taken {
        return None;
    }
    *taken = op.0 + 1;
    Some(Job {
        client,
        op,
        operation,
        since: context.steady,
        sent: false,
        confirmed: None,
    })
}

/// What an operation does to the balance.
pub(crate) const fn change_of(operation: Operation) -> i64 {
    match operation {
        Operation::Balance => 0,
        Operation::Deposit { amount } => amount as i64,
        Operation::Withdraw { amount } => -(amount as i64),
    }
}
