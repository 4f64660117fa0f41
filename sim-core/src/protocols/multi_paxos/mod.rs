//! `multi-paxos`: a log, each slot of it decided by Paxos, and a leader that prepares once for all of them.
//!
//! After L. Lamport, "Paxos Made Simple", 2001, section 3 (sections as "§3"), with what it leaves open from R. van Renesse
//! and D. Altinbuken, "Paxos Made Moderately Complex", 2015 ("PMMC"), and, for the leader's lease, from T. Chandra,
//! R. Griesemer and J. Redstone, "Paxos Made Live", 2007 ("PML").
//!
//! Each **slot** of the log is an instance of Paxos of its own, see [`paxos`](super::paxos): what a majority has accepted
//! there under one **ballot** is **chosen**, for ever. Phase 1 does not depend on what is proposed, so one ballot serves
//! all slots: a server that hears from no leader *prepares* a higher ballot for every slot from its first unknown one on;
//! an acceptor that promises takes part in no lower ballot in any slot, and says what it has accepted in each. With the
//! promises of a majority the server **leads**: it needs phase 2 alone for every command, one round trip, until somebody
//! overtakes its ballot.
//!
//! Leading begins with what others may have left: where an acceptor tells of an accepted value, the one with the highest
//! ballot is proposed again (§2.2, P2c); a slot before it of which nobody tells anything is a **hole**, and is filled
//! with a **no-op**, because a log is applied in order and what lies behind a hole would wait for ever (§3).
//!
//! Slots are decided independently, in any order: that is the difference from Raft, whose followers take entries only on
//! top of one another. A follower may lack a slot in the middle; it learns from its leader's messages up to where all is
//! chosen, believes its own log where that was accepted under this very ballot, and asks for the rest.
//!
//! Best understood in reverse: servers apply the same commands, because a slot has one chosen value; it has one by the
//! argument of the single decree, slot by slot; and the leader may skip phase 1 for a slot that nobody has used, because
//! the promises that it holds were given for that slot as well.
//!
//! **Reads** are as Raft's: confirmed by a round of heartbeats, by a **lease** (PML §5.2: acceptors promise nobody else
//! anything for a while after they heard from their leader), through the log, or stale from whoever is asked. A new leader
//! answers none before all that it proposed anew is chosen.
//!
//! With **timestamps** any server answers, and yet misses nothing: Spanner's way, see [`stamps`].
//!
//! # Configuration
//! See [`SETTINGS`].
//!
//! # Rules
//! See [`RULES`]: each of them may be switched off.
//!
//! # What we left out
//! - Nothing is forgotten: no snapshots, and a promise tells of all that its proposer may not know in one piece.
//! - Changing the servers (§3 does it through the log).
//! - A bound on how many slots a leader may have open at once: its clients wait for one operation each.
//! - Watches; servers that pass requests on.
//! - The lock has no lease of its own: whoever believes its holder dead releases it.

mod leader;
mod message;
pub(super) mod node;
mod reads;
mod spec;
mod stamps;
pub(super) mod state;
pub(super) mod view;
pub(super) mod watch;

pub use message::{Message, Why};
pub(super) use spec::deed;
#[cfg(test)]
pub(super) use spec::{INVARIANTS, REASONS};
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Disk, Memory, Role};

use crate::history::Fate;
use crate::operation::{Answer, Operation, Store};
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::protocols::consensus::client::{Because, Hands, Person, Ways, talked};
use crate::protocols::consensus::machine::{Checks, Outcome, REFUSALS};
use crate::protocols::consensus::rounds::lease_of;
use crate::protocols::consensus::watch::NODES_MAX;
use crate::protocols::consensus::{
    Ballot, Content, Entry, Index, Machine, Members, Note, Reads, Talk, words,
};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use crate::view::{Lease, MessageView, Names, NodeView, Standing};
use alloc::string::String;
use alloc::vec::Vec;
use node::{Acts, Node};
use spec::rule;
use state::{Follows, Report};
use watch::Monitor;

// --- Configuration

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    client: Ways,
    servers: Members,
    /// Whether acceptors protect the leader that they hear from, and for how long that leader trusts in it.
    leases: bool,
    lease: Micros,
    election_after: Micros,
    heartbeat_after: Micros,
    batch: u32,
    /// By how many microseconds a wall clock may be wrong, where timestamps rest on that: the ε of TrueTime.
    epsilon: Option<i64>,
    checks: Checks,
    /// Rules that are switched off, one bit each.
    broken: u32,
}

impl Config {
    /// Whether a rule holds, by its number in [`spec::rule`].
    const fn keeps(&self, rule: u32) -> bool {
        self.broken & (1 << rule) == 0
    }

    /// Whether these are enough to decide: more than half, unless a rule is off.
    fn is_quorum(&self, these: Mask) -> bool {
        these.count() >= self.servers.quorum(self.keeps(rule::MAJORITY))
    }

    /// Where clients keep sessions: a leader relies on its lease, and all rules hold but perhaps the one about tokens.
    pub(super) fn of_sessions(choices: &Choices<'_>, tokens: bool) -> Self {
        let all_hold = Choices {
            broken: 0,
            ..*choices
        };
        let mut config = MultiPaxos::configure(&all_hold);
        config.client.reads = Reads::Lease;
        config.leases = true;
        config.checks.tokens = tokens;
        config
    }

    /// What a leader relies on, where it does.
    pub(super) fn lease_of(&self, memory: &Memory) -> Option<Lease> {
        let relies = self.leases && memory.role == Role::Leading;
        relies.then(|| memory.rounds.lease(self.lease))
    }

    /// How this operation is answered, if it is a read: as it says itself, else as all are.
    const fn reads_of(&self, operation: Operation) -> Reads {
        self.client.reads.or_as_it_says(operation)
    }
}

// --- State: see `state`

/// The protocol.
pub struct MultiPaxos;

type Out = Outputs<Message, Note>;

impl Hands for Out {
    fn send(&mut self, to: Endpoint, talk: Talk) {
        Self::send(self, to, Message::Talk(talk));
    }

    fn note(&mut self, because: Because) {
        let (why, a, node) = match because {
            Because::AsksThere(node) => (Why::AsksThere, 0, node.0),
            Because::AsksAgain(node) => (Why::AsksAgain, 0, node.0),
            Because::TooLate(op) | Because::Cancels(op) => (Why::TooLate, op.0, 0),
        };
        Self::note(self, Note::new(why as u8, a, u32::from(node), 0));
    }

    fn wait(&mut self, min: Micros, max: Micros) {
        self.set_timer(spec::RETRY, min, max);
    }

    fn wait_no_more(&mut self) {
        self.cancel_timer(spec::RETRY);
    }

    fn reply(&mut self, op: OpId, answer: Answer) {
        Self::reply(self, op, answer);
    }
}

/// Nobody follows.
impl Follows for () {
    fn applied(&mut self, _: &Entry, _: Option<Outcome>, _: &mut Machine) {}
}

impl Follows for Out {
    fn applied(&mut self, _: &Entry, _: Option<Outcome>, _: &mut Machine) {}
}

impl Acts for Out {
    fn begins(&mut self, _: Ballot, _: &mut [Report]) -> Option<Content> {
        None
    }

    fn send(&mut self, to: Endpoint, message: Message) {
        Self::send(self, to, message);
    }

    fn note(&mut self, note: Note) {
        Self::note(self, note);
    }

    fn set_timer(&mut self, kind: u8, min: Micros, max: Micros) {
        Self::set_timer(self, kind, min, max);
    }

    fn cancel_timer(&mut self, kind: u8) {
        Self::cancel_timer(self, kind);
    }

    fn persist(&mut self, mark: u32) {
        Self::persist(self, mark);
    }
}

impl Protocol for MultiPaxos {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "multi-paxos",
        store: Store::Values,
        promotes: true,
        election_timer: Some(spec::ELECTION),
        reconfigures: false,
        decides_once: false,
        watches: false,
        lapses: false,
        one_session: None,
        orders: |choices| Order::all_if(choices.get("reads") != 3),
        node_word: ("server", "servers"),
        settings: SETTINGS,
        rules: RULES,
        timers: spec::TIMERS,
        refusals: &REFUSALS,
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
        let election_after = span("election-after");
        let reads = match choices.get("reads") {
            4 => Reads::Timestamp,
            place => Reads::of(place),
        };
        let has_stamps = reads == Reads::Timestamp;
        Config {
            client: Ways {
                nodes: choices.nodes,
                retry_after: span("retry-after"),
                keeps_lock: choices.get("store") == 1,
                stays_home: false,
                reads,
            },
            servers: Members(Mask::first(choices.nodes)),
            leases: has_stamps || reads == Reads::Lease,
            lease: lease_of(election_after, choices.get("drift-bound")),
            election_after,
            heartbeat_after: span("heartbeat-after"),
            batch: choices.get("batch"),
            epsilon: has_stamps.then(|| i64::from(choices.get("uncertainty"))),
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

    fn boot(config: &Config, _: Endpoint, disk: &mut Disk) -> Memory {
        if !config.keeps(rule::PERSIST_PROMISE) {
            disk.promised = Ballot::default();
            disk.log.truncate(disk.commit);
        }
        Memory::new(config, disk, &mut ())
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
        let (disk, memory) = (&replica.disk, &replica.memory);
        seen.witnesses |= memory.deeds;
        monitor.observe(config, context, (disk, memory), seen);
    }

    fn observe_reply(
        config: &Config,
        context: Context,
        monitor: &mut Monitor,
        told: Told,
        seen: &mut Sightings,
    ) {
        if monitor.told(config, context, told, seen) {
            seen.witness(deed::STALE);
        }
    }

    fn fate(_: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        let servers = replicas.iter().map(|one| (&one.disk, &one.memory));
        watch::fate(servers, op)
    }

    fn visible(_: &Config, replica: &Replica<Self>, op: OpId) -> Option<OpSet> {
        watch::visible(&replica.disk, &replica.memory, op)
    }

    fn message_view(message: &Message) -> MessageView {
        view::message(message)
    }

    fn note_words(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
        view::note(note, me, names)
    }

    fn node_view(config: &Config, me: Endpoint, replica: &Replica<Self>) -> NodeView {
        view::node(config, me, &replica.disk, &replica.memory)
    }

    fn lease(config: &Config, replica: &Replica<Self>) -> Option<Lease> {
        config.lease_of(&replica.memory)
    }

    fn standing(
        _: &Config,
        replicas: &[Replica<Self>],
        _: &Sightings,
        names: &Names<'_>,
    ) -> Standing {
        let applied: Vec<Index> = replicas.iter().map(|one| one.memory.applied).collect();
        words::standing(&applied, names)
    }

    fn weight(replica: &Replica<Self>) -> usize {
        let entries = replica.disk.log.held() as usize;
        size_of::<Replica<Self>>() + entries * size_of::<Entry>()
    }
}
