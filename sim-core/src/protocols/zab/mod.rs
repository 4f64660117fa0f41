//! `zab`: ZooKeeper's atomic broadcast, with its election, its sessions and its local reads.
//!
//! After F. Junqueira, B. Reed and M. Serafini, "Zab: High-performance broadcast for primary-backup systems", DSN 2011
//! (sections as "§V"); what ZooKeeper makes of it after A. Medeiros, "ZooKeeper's atomic broadcast protocol: Theory and
//! practice", 2012, and ZooKeeper 3.8 itself; what it offers its clients after P. Hunt, M. Konar, F. Junqueira and B. Reed,
//! "ZooKeeper: Wait-free coordination for Internet-scale systems", 2010.
//!
//! One server is the **primary**: it puts what clients want done into an order and *broadcasts* it. Each proposal has a
//! **zxid**, the leader's **epoch** and a counter, and servers deliver proposals in the order of zxids. Between crashes that
//! is a two-phase commit without aborts: proposal, acknowledgements of a quorum, commit ([`broadcast`]).
//!
//! What it takes to change the primary is the rest. Servers that know of no leader **elect** whoever has the best history
//! ([`election`]). The one who was elected goes through **discovery**: a quorum accepts an epoch that is later than any it
//! has been in, and takes part in no earlier one any more. Then through **synchronization**: followers take over its
//! history, no more and no less (DIFF, TRUNC, SNAP), and when a quorum has it, it is committed, proposals of earlier epochs
//! included; only then does the leader serve ([`recovery`]).
//!
//! Best understood in reverse: a leader serves with everything that any earlier one committed, because the quorum that
//! accepted its epoch shares a server with every quorum that committed, and none has a better history than the leader. An
//! earlier leader cannot go on, because that quorum refuses it. And one leader's proposals depend on one another, so they are
//! kept or dropped from the end: no hole, ever. That is how it differs from Multi-Paxos, where each slot is decided alone.
//!
//! **Reads** are answered by the server that is asked, from what it has applied: they may be old, yet never older than what
//! this client has seen. `sync` lets the server catch up with its leader first. So clients are promised one order of
//! everything, in which writes keep real time and reads may lag behind; see [`Order::Changes`](crate::protocol::Order).
//!
//! **Sessions** are opened and closed by proposals. The leader decides when one is over; the lock that its client held is an
//! ephemeral node, and goes with it ([`clients`], [`client`]).
//!
//! # Configuration
//! See [`SETTINGS`].
//!
//! # Rules
//! See [`RULES`]: each of them may be switched off.
//!
//! # What we left out
//! - A zxid's counter begins anew with each epoch; here it goes on counting, so it is a place in the history.
//! - Zab wants lines that keep their order and lose nothing. Where they do not, followers repeat themselves, and a leader
//!   sends again with its next ping what was not acknowledged.
//! - NEWLEADER comes in one message with what precedes it.
//! - Changing the servers, observers, watches, weights, nodes that are created in sequence, several requests at once.
//! - A client has one session at a time. A new one knows what the last one had seen; ZooKeeper's does not.

mod broadcast;
mod client;
mod clients;
mod election;
mod message;
mod node;
mod recovery;
mod spec;
mod state;
mod view;
mod watch;

pub use message::{Message, Why};
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Disk, Memory, Phase, Role};

use crate::history::Fate;
use crate::operation::Store;
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::protocols::consensus::machine::Checks;
use crate::protocols::consensus::watch::NODES_MAX;
use crate::protocols::consensus::{Entry, Members, Note};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use crate::view::{Lease, MessageView, Names, NodeView, Standing};
use alloc::string::String;
use client::{Library, Person};
use node::Node;
use spec::rule;
use watch::Monitor;

// --- Configuration

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    nodes: u8,
    retry_after: Micros,
    keeps_lock: bool,
    servers: Members,
    /// Whether a read that does not say otherwise waits for its server to catch up.
    syncs: bool,
    election_after: Micros,
    heartbeat_after: Micros,
    finalize_wait: Micros,
    session_after: Micros,
    snapshot_after: u32,
    checks: Checks,
    /// Rules that are switched off, one bit each.
    broken: u32,
}

impl Config {
    /// Whether a rule holds, by its number in [`spec::rule`].
    const fn keeps(&self, rule: u32) -> bool {
        self.broken & (1 << rule) == 0
    }

    /// Whether these are enough to decide.
    const fn is_quorum(&self, these: Mask) -> bool {
        these.count() >= self.servers.majority()
    }
}

// --- State: see `state`

/// The protocol.
pub struct Zab;

type Out = Outputs<Message, Note>;

impl Protocol for Zab {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "zab",
        store: Store::Values,
        promotes: false,
        election_timer: Some(spec::ELECTION),
        reconfigures: false,
        decides_once: false,
        watches: false,
        lapses: true,
        one_session: None,
        orders: |_| Order::Changes,
        node_word: ("server", "servers"),
        settings: SETTINGS,
        rules: RULES,
        timers: spec::TIMERS,
        refusals: &spec::REFUSALS,
        invariants: spec::INVARIANTS,
        witnesses: untold_in_pages(spec::WITNESSES),
        nodes_min: 1,
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
        Config {
            nodes: choices.nodes,
            retry_after: span("retry-after"),
            keeps_lock: choices.get("store") == 1,
            servers: Members(Mask::first(choices.nodes)),
            syncs: choices.get("reads") == 1,
            election_after: span("election-after"),
            heartbeat_after: span("heartbeat-after"),
            finalize_wait: span("finalize-wait"),
            session_after: span("session-timeout"),
            snapshot_after: choices.get("snapshot-after"),
            checks: Checks {
                sessions: true,
                tokens: choices.broken & (1 << rule::TOKENS) == 0,
            },
            broken: choices.broken,
        }
    }

    fn format(_: &Config, _: Endpoint) -> Disk {
        Disk::default()
    }

    fn boot(_: &Config, me: Endpoint, disk: &mut Disk) -> Memory {
        Memory::new(disk, me)
    }

    fn client(_: &Config, _: Endpoint, home: Endpoint) -> Person {
        Person::new(home)
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
            context,
            disk: &mut replica.disk,
            memory: &mut replica.memory,
            out,
        };
        node.act(input);
    }

    fn person(
        config: &Config,
        context: Context,
        person: &mut Person,
        input: Input<Message>,
        out: &mut Out,
    ) {
        let mut library = Library {
            config,
            context,
            person,
            out,
        };
        library.act(input);
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

    fn observe_reply(
        _: &Config,
        context: Context,
        monitor: &mut Monitor,
        told: Told,
        seen: &mut Sightings,
    ) {
        monitor.told(context, told, seen);
    }

    fn fate(_: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        watch::fate(replicas, op)
    }

    fn visible(_: &Config, replica: &Replica<Self>, op: OpId) -> Option<OpSet> {
        watch::visible(replica, op)
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

    fn client_lease(config: &Config, person: &Person) -> Option<Lease> {
        person.session(config)
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
        let entries = replica.disk.log.held() as usize;
        size_of::<Replica<Self>>() + entries * size_of::<Entry>()
    }
}
