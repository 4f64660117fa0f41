//! `primary-replica`: a shopping cart on one primary, with replicas that follow it.
//!
//! Tab A puts a lamp into the cart; tab B, on a replica, looks into the cart and finds nothing. What went wrong, and
//! what does each cure cost?
//!
//! The **primary** keeps a write-ahead log. A write becomes the log's next *entry*, is flushed to the disk, and only
//! then confirmed and shown (as PostgreSQL does with `synchronous_commit = local`; PostgreSQL 15 documentation, §27.2
//! and §30.3). Replication is **asynchronous**: whatever is flushed is sent to each replica with its *position*, the
//! replica flushes it and says how far its log goes, and the primary sends again what was not acknowledged. A replica
//! takes entries only in order, and shows them some time after it has them: that is the lag.
//!
//! **Who is primary** is configuration. Nobody is elected: a person *promotes* a replica, which begins a new *epoch*
//! (PostgreSQL's timeline, MongoDB's term) on top of the log that it happens to hold, takes writes at once, and tells
//! the others. What had been confirmed and is not in that log is lost. An old primary that never hears of the new
//! epoch goes on taking writes. When it hears of it, it steps down, and what its log has beyond the new history is
//! *discarded* (`pg_rewind`; MongoDB's rollback, which keeps what it rolled back in files, as the card does here).
//!
//! Every entry carries its epoch, and every epoch has one primary (an epoch's name is a number and its node). So two logs
//! that hold an entry of the same epoch at the same position are equal up to it, and the point at which two histories
//! part is found by going back to a position of which both agree on the epoch.
//!
//! **Where reads go** is a choice: to the primary; to whatever replica is at hand; to the primary for some time after
//! one's own write; or to a replica with the *position* of one's last write, and it waits until it shows that much.
//! Writes always go to the primary. A replica does not pass them on: it answers with a redirect to the primary that it
//! follows (Redis Cluster's `MOVED`; MongoDB's members refuse and name the primary, PostgreSQL's standbys only refuse).
//! The driver at the client asks there, and remembers. Where nobody answers, it tries the next node of its list when a
//! primary is needed again (libpq's list of hosts).
//!
//! Best understood in reverse: a read shows a write because the replica has applied its position; it could because it
//! had every entry before; it had because it takes an entry only after the one before it, in the epoch that it follows.
//!
//! # Configuration
//! `reads`, `session`, `primary-for`, `wait-at-most`, `apply-after`, `resend-after`: see [`SETTINGS`].
//!
//! # Rules
//! `flush-before-acknowledge`, `take-in-order`, `fence-old-epoch`, `rewind-before-rejoin`, `wait-for-position`,
//! `idempotent-writes`: see [`RULES`].
//!
//! # What we left out
//! - Synchronous and semi-synchronous commit, quorums of replicas, and failover by an orchestrator. The primary knows
//!   how far each replica's disk goes, so a mode is a condition on when a write is answered.
//! - A real log ships in blocks, keeps checkpoints and recycles old segments; a replica that falls too far behind is
//!   built anew. Here the log only grows.
//! - A driver here does not ask twice for one operation: what got lost on the way stays unknown.
//! - One user's tabs tell one another the session's position over their own lines; a browser would use a cookie.

mod message;
mod node;
mod session;
mod shipping;
mod spec;
mod state;
mod view;
mod watch;

pub use message::{Entry, Epoch, Message, Note, Position, Why};
pub use session::Person;
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Disk, Memory};

use crate::history::Fate;
use crate::operation::Store;
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::units::OpSet;
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::{MessageView, Names, NodeView, Standing};
use alloc::string::String;
use node::Node;

/// The most nodes.
pub const NODES_MAX: usize = 7;

// --- Configuration

/// Where a client's reads go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// To the primary.
    Primary,
    /// To the node at hand.
    Any,
    /// To the primary for some time after a write of the session, else to the node at hand.
    Timer,
    /// To the node at hand, which waits until it shows the session's last write.
    Position,
}

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    reads: Reads,
    /// All clients are one user's tabs and share a session.
    shared: bool,
    primary_for: Micros,
    wait_at_most: Micros,
    apply_after: Micros,
    resend: Micros,
    nodes: u8,
    clients: u8,
    flush_first: bool,
    in_order: bool,
    fence: bool,
    rewind: bool,
    wait_for_position: bool,
    idempotent: bool,
}

impl Config {
    fn others(&self, me: Endpoint) -> Mask {
        Mask::first(self.nodes).without(Mask::of(me))
    }

    fn tabs(&self) -> Mask {
        Mask::first(self.nodes + self.clients).without(Mask::first(self.nodes))
    }
}

// --- State: see `state`, and `session` for the clients'

/// The protocol.
pub struct PrimaryReplica;

type Out = Outputs<Message, Note>;

impl Protocol for PrimaryReplica {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "primary-replica",
        store: Store::Cart,
        promotes: true,
        election_timer: None,
        reconfigures: false,
        decides_once: false,
        watches: false,
        lapses: false,
        one_session: Some(("session", 1)),
        orders: |_| Order::No,
        node_word: ("node", "nodes"),
        settings: SETTINGS,
        rules: RULES,
        timers: spec::TIMERS,
        refusals: spec::REFUSALS,
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
    type Monitor = watch::Monitor;

    fn configure(choices: &Choices<'_>) -> Config {
        let span = |name| Micros(u64::from(choices.get(name)));
        Config {
            reads: match choices.get("reads") {
                0 => Reads::Primary,
                1 => Reads::Any,
                2 => Reads::Timer,
                _ => Reads::Position,
            },
            shared: choices.get("session") == 1,
            primary_for: span("primary-for"),
            wait_at_most: span("wait-at-most"),
            apply_after: span("apply-after"),
            resend: span("resend-after"),
            nodes: choices.nodes,
            clients: choices.clients,
            flush_first: choices.keeps("flush-before-acknowledge"),
            in_order: choices.keeps("take-in-order"),
            fence: choices.keeps("fence-old-epoch"),
            rewind: choices.keeps("rewind-before-rejoin"),
            wait_for_position: choices.keeps("wait-for-position"),
            idempotent: choices.keeps("idempotent-writes"),
        }
    }

    fn format(_: &Config, _: Endpoint) -> Disk {
        Disk::default()
    }

    fn boot(config: &Config, me: Endpoint, disk: &mut Disk) -> Memory {
        // Where the log is flushed before anything is confirmed there is nothing to cut off.
        disk.log.truncate(disk.flushed as usize);
        Memory::new(config, me, disk)
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
        person.act(config, context, input, out);
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

    fn fate(_: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        watch::fate(replicas, op)
    }

    fn visible(_: &Config, replica: &Replica<Self>, _: OpId) -> Option<OpSet> {
        let mut shown = OpSet::default();
        let applied = replica.memory.applied as usize;
        for entry in replica.disk.log.iter().take(applied) {
            shown.insert(entry.op);
        }
        Some(shown)
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
        seen: &Sightings,
        names: &Names<'_>,
    ) -> Standing {
        view::standing(replicas, seen, names)
    }

    fn weight(replica: &Replica<Self>) -> usize {
        let entries = replica.disk.log.len() + replica.disk.discarded.len();
        size_of::<Replica<Self>>() + entries * size_of::<Entry>()
    }
}
