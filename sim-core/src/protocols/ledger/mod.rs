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
mod branch;
mod customers;
mod local;
mod message;
mod spec;
mod state;
mod view;
mod watch;

pub use message::{Ballot, Entry, Message, Note, Why};
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Desk, Line, Safe, Slot};

use crate::history::Fate;
use crate::operation::{Answer, Store};
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::units::OpSet;
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::{MessageView, Names, NodeView, Standing};
use alloc::string::String;
use alloc::vec::Vec;
use branch::Branch;
use state::Job;

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
    quorum: u32,
    persist_promise: bool,
    adopt_accepted: bool,
}

impl Config {
    fn everybody(&self) -> Mask {
        Mask::first(self.branches)
    }

    fn others(&self, me: Endpoint) -> Mask {
        self.everybody().without(Mask::of(me))
    }
}

// --- State: see `state`

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
        store: Store::Bank,
        promotes: false,
        election_timer: None,
        reconfigures: false,
        decides_once: false,
        watches: false,
        lapses: false,
        one_session: Some(("session", 1)),
        orders: |choices| Order::all_if(choices.get("policy") != 2 && choices.get("reads") != 1),
        node_word: ("branch", "branches"),
        settings: SETTINGS,
        rules: RULES,
        timers: &["ask again", "give up", "phone"],
        refusals: &[
            "the account does not hold that much",
            "too few branches can be reached to write it down",
            "too few branches can be reached to be sure",
        ],
        invariants: spec::INVARIANTS,
        witnesses: untold_in_pages(spec::WITNESSES),
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
        let mut desk = Desk::new(config);
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
        let mut branch = Branch {
            config,
            context,
            safe: &mut replica.disk,
            desk: &mut replica.memory,
            out,
        };
        match config.policy {
            Policy::Local => branch.serve_alone(input),
            Policy::All | Policy::Majority => branch.agree(input),
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
        told: Told,
        seen: &mut Sightings,
    ) {
        watch::observe_reply(config, context, monitor, told, seen);
    }

    fn fate(config: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        watch::fate(config, replicas, op)
    }

    fn visible(config: &Config, replica: &Replica<Self>, _: OpId) -> Option<OpSet> {
        Some(watch::visible(config, replica))
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
    }
}
