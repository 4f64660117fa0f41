//! `two-phase-commit`: all of them or none, and no consensus.
//!
//! After J. Gray, "Notes on Data Base Operating Systems", 1978, and P. Bernstein, V. Hadzilacos & N. Goodman, "Concurrency
//! Control and Recovery in Database Systems", 1987, chapter 7 (sections as "§7.4"). Presumed abort is that of C. Mohan,
//! B. Lindsay & R. Obermarck, "Transaction Management in the R* Distributed Database Management System", 1986.
//!
//! The first server is the **coordinator** and keeps no data. The others are **resource managers**, each with a copy of
//! every key, as of tables that are kept whole everywhere. What a client wants written is a **transaction** of all
//! managers. In *phase 1* the coordinator asks each for its **vote**. A manager that can do it locks the key, writes that
//! down, and votes *yes*; else it votes *no*, and has aborted by itself. In *phase 2* the coordinator decides: **commit**,
//! if all have voted yes, else **abort**. It writes a commit down before it tells anybody.
//!
//! Best understood in reverse: nobody commits what somebody has aborted, because who commits was told so by the
//! coordinator, whose record everything hangs on; it has that record only if everybody had voted yes; and who has voted
//! yes aborts only if told to, also after a restart, as it wrote its vote down before it voted.
//!
//! So from its vote until it hears the decision a manager is **in doubt**, and can do nothing but ask. If the coordinator is
//! gone, and nobody else knows, it is **blocked**, with its lock, for as long as that lasts. That is the price of asking all
//! of them and of one who decides: a majority that chooses (Paxos, Raft) goes on without those who are gone; here anyone's
//! absence stops writing, and the coordinator's leaves locks behind. (J. Gray & L. Lamport, "Consensus on Transaction
//! Commit", 2006, §3: two-phase commit is their Paxos Commit with one acceptor.)
//!
//! A **read** is answered by one manager. If nothing in doubt has locked its key then what the manager holds is the newest
//! that was committed, because before the coordinator commits another write that manager has voted yes to it.
//!
//! Clients ask again when nobody answers. What came of a request is on the coordinator's disk before its client is told, so
//! whoever asks again is told the same. What the coordinator forgot when it fell was told to nobody: it is aborted, and
//! tried anew, as another transaction, if its client asks again.
//!
//! # Configuration
//! See [`SETTINGS`].
//!
//! # Rules
//! See [`RULES`]: it may be switched off.
//!
//! # What we left out
//! - A transaction writes one key. What commits it does not depend on how much it writes.
//! - A manager does not wait for a lock: it votes no, so there are no deadlocks, and two clients at one key can both fail.
//! - Nothing is ever forgotten. The coordinator could forget a commit once all have acknowledged it.
//! - Who coordinates is fixed. Three-phase commit, and heuristic decisions of people who are tired of waiting.

mod coordinator;
#[cfg(test)]
mod explored;
mod manager;
mod message;
mod node;
mod spec;
mod state;
mod view;
mod watch;

pub use message::{Message, Note, Tx, Why};
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Decided, Disk, Memory, Open};

use crate::history::Fate;
use crate::operation::{Answer, Operation, Store};
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::protocols::consensus::client::{Because, Hands, Person, Ways, talked};
use crate::protocols::consensus::watch::NODES_MAX;
use crate::protocols::consensus::{Command, Reads, Talk};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use crate::view::{MessageView, Names, NodeView, Standing};
use alloc::string::String;
use node::Node;
use watch::Monitor;

/// Who coordinates.
pub(super) const COORDINATOR: Endpoint = Endpoint(0);

// --- Configuration

/// Whom a manager in doubt asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Termination {
    /// The coordinator.
    Coordinator,
    /// The other managers, too.
    Cooperative,
}

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    client: Ways,
    managers: Mask,
    /// Whether reads wait for locks.
    reads_wait: bool,
    termination: Termination,
    vote_after: Micros,
    ask_after: Micros,
    /// Rules that are switched off, one bit each.
    broken: u32,
}

impl Config {
    /// Whether a rule holds, by its number in [`spec::rule`].
    const fn keeps(&self, rule: u32) -> bool {
        self.broken & (1 << rule) == 0
    }

    /// Whether this read waits for a lock.
    fn waits(&self, operation: Operation) -> bool {
        let asked = match self.reads_wait {
            true => Reads::Index,
            false => Reads::Stale,
        };
        asked.or_as_it_says(operation) != Reads::Stale
    }
}

/// The protocol.
pub struct TwoPhaseCommit;

type Out = Outputs<Message, Note>;

impl Hands for Out {
    fn send(&mut self, to: Endpoint, talk: Talk) {
        Self::send(self, to, Message::Talk(talk));
    }

    fn note(&mut self, because: Because) {
        let (why, node) = match because {
            Because::AsksThere(node) => (Why::AsksThere, node),
            Because::AsksAgain(node) => (Why::AsksElsewhere, node),
            Because::TooLate(_) | Because::Cancels(_) => (Why::TooLate, COORDINATOR),
        };
        let note = Note::new(why, Tx::default(), u32::from(node.0), None);
        Self::note(self, note);
    }

    fn wait(&mut self, min: Micros, max: Micros) {
        self.set_timer(spec::CLIENT_RETRY, min, max);
    }

    fn wait_no_more(&mut self) {
        self.cancel_timer(spec::CLIENT_RETRY);
    }

    fn reply(&mut self, op: OpId, answer: Answer) {
        Self::reply(self, op, answer);
    }
}

impl Protocol for TwoPhaseCommit {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "two-phase-commit",
        store: Store::Values,
        promotes: false,
        election_timer: None,
        reconfigures: false,
        decides_once: false,
        watches: false,
        lapses: false,
        one_session: None,
        orders: |choices| Order::all_if(choices.get("reads") == 0),
        node_word: ("server", "servers"),
        settings: SETTINGS,
        rules: RULES,
        timers: spec::TIMERS,
        refusals: &spec::REFUSALS,
        invariants: spec::INVARIANTS,
        witnesses: untold_in_pages(spec::WITNESSES),
        nodes_min: 2,
        nodes_max: NODES_MAX as u8,
    };

    type Config = Config;
    type Disk = Disk;
    type Memory = Memory;
    type Client = Person;
    type Message = Message;
    type Note = Note;
    type Monitor = Monitor;

    fn configure(choices: &Choices<'_>) -> Config {
        let span = |name| Micros(u64::from(choices.get(name)));
        let all = choices.nodes;
        Config {
            client: Ways {
                nodes: all,
                retry_after: span("retry-after"),
                keeps_lock: false,
                stays_home: false,
                // Any manager answers.
                reads: Reads::Stale,
            },
            managers: Mask::first(all).without(Mask::of(COORDINATOR)),
            reads_wait: choices.get("reads") == 0,
            termination: match choices.get("termination") {
                0 => Termination::Coordinator,
                _ => Termination::Cooperative,
            },
            vote_after: span("vote-after"),
            ask_after: span("ask-after"),
            broken: choices.broken,
        }
    }

    fn format(_: &Config, _: Endpoint) -> Disk {
        Disk::default()
    }

    fn boot(config: &Config, _: Endpoint, disk: &mut Disk) -> Memory {
        if !config.keeps(spec::rule::LOG_BEFORE_VOTE) {
            disk.prepared.clear();
        }
        Memory::default()
    }

    fn client(_: &Config, me: Endpoint, home: Endpoint) -> Person {
        Person::new(me, home)
    }

    fn node(
        config: &Config,
        context: Context,
        replica: &mut Replica<Self>,
        input: Input<Message>,
        out: &mut Out,
    ) {
        let mut node = Node {
            config,
            me: context.me,
            disk: &mut replica.disk,
            memory: &mut replica.memory,
            out,
        };
        node.act(input);
    }

    fn person(
        config: &Config,
        _: Context,
        person: &mut Person,
        input: Input<Message>,
        out: &mut Out,
    ) {
        let talk = |message| match message {
            Message::Talk(talk) => Some(talk),
            _ => None,
        };
        if let Some(input) = talked(input, talk) {
            person.act(&config.client, input, out);
        }
    }

    fn observe(
        config: &Config,
        context: Context,
        monitor: &mut Monitor,
        replica: &Replica<Self>,
        seen: &mut Sightings,
    ) {
        monitor.observe(config, context, replica, seen);
    }

    fn observe_reply(_: &Config, _: Context, _: &mut Monitor, _: Told, _: &mut Sightings) {}

    fn fate(_: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        watch::fate(replicas, op)
    }

    fn visible(_: &Config, replica: &Replica<Self>, _: OpId) -> Option<OpSet> {
        Some(watch::visible(replica))
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
        _: &Config,
        replicas: &[Replica<Self>],
        _: &Sightings,
        names: &Names<'_>,
    ) -> Standing {
        view::standing(replicas, names)
    }

    fn weight(replica: &Replica<Self>) -> usize {
        let Replica { disk, memory } = replica;
        let decided = disk.decided.len() + memory.aborted.len();
        size_of::<Replica<Self>>()
            + decided * size_of::<Decided>()
            + (disk.prepared.len() + memory.readers.len()) * size_of::<(Tx, Command)>()
            + memory.open.len() * size_of::<Open>()
    }
}
