//! `raft`: one leader, a replicated log, and what a majority has on its disks stays.
//!
//! After D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", 2014
//! (sections as "§5.2"), and D. Ongaro's dissertation "Consensus: Bridging Theory and Practice", 2014 ("thesis §6.4").
//!
//! Time is divided into **terms**, each with at most one **leader**: a server that hears from none for an election
//! time-out *stands* for the next term and leads it if a **majority** votes for it (§5.2). A server votes once a term,
//! and only for a candidate whose log is at least as up to date as its own (§5.4.1). Term and vote are on its disk
//! before it answers.
//!
//! The leader puts clients' commands into its **log** and sends them on with what stands before them. A follower takes
//! them only if its own log has the same entry there, and drops whatever of its own is in conflict (§5.3). What a
//! majority has on its disks is **committed**, if it is of the leader's own term (§5.4.2); then it is applied, and the
//! client is answered.
//!
//! Best understood in reverse: an answer stays true because its entry is committed; a committed entry is in the log of
//! every later leader, because that leader's majority and the entry's majority share a server, and that server votes
//! for nobody with an older log; and two servers with the same entry have the same log before it, because each takes an
//! entry only on top of the one before it.
//!
//! **Reads** are a choice: through the log; by *read index*, where the leader asks a majority whether it still leads
//! (thesis §6.4); by *lease*, where it trusts that nobody else can lead yet, as far as clocks keep within a bound; or
//! *stale*, from whichever server is asked. A read may say itself which of these it wants.
//!
//! Where requests are **passed on**, a client stays with its server, which has them done by the leader and answers when it
//! has applied them itself. This and the settings after it are what products do; [`crate::systems`] chooses among them.
//!
//! # Configuration
//! See [`SETTINGS`].
//!
//! # Rules
//! See [`RULES`]: each of them may be switched off.
//!
//! # What we left out
//! - A snapshot travels in one piece.
//! - A server that joins is counted at once; it is not brought up to date first (thesis §4.2.1).
//! - Joint consensus (§6): members change one at a time.
//! - Sessions never expire; the run's numbers for clients and operations stand for RegisterClient.
//! - The lock has no lease of its own: whoever believes its holder dead releases it.

#[cfg(test)]
mod cluster;
mod election;
#[cfg(test)]
mod explored;
#[cfg(test)]
mod figures;
mod forward;
mod message;
mod node;
mod reads;
mod replication;
mod spec;
mod state;
mod view;
mod watch;
mod watches;

pub use message::{Message, Why};
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Disk, Memory, Role};

use crate::history::Fate;
use crate::operation::{Answer, Operation, Store};
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::protocols::consensus::client::{Because, Hands, Person, Ways, talked};
use crate::protocols::consensus::machine::{Checks, REFUSALS, refusal};
use crate::protocols::consensus::rounds::lease_of;
use crate::protocols::consensus::watch::{Monitor, NODES_MAX};
use crate::protocols::consensus::{Entry, Members, Note, Reads, Talk};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use crate::view::{Lease, MessageView, Names, NodeView, Standing};
use alloc::string::String;
use node::Node;
use spec::rule;

/// What a paused holder of a lock is told.
const OLD_TOKEN: Answer = Answer::Refused(refusal::OLD_TOKEN);

// --- Configuration

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    client: Ways,
    members: Members,
    leases: bool,
    lease: Micros,
    pre_vote: bool,
    check_quorum: bool,
    election_after: Micros,
    heartbeat_after: Micros,
    batch: u32,
    snapshot_after: u32,
    /// Rules that are switched off, one bit each.
    broken: u32,
    checks: Checks,
    /// How long a server tries to have a request done; zero: for ever.
    gives_up_after: Micros,
    first_wait: Micros,
    ignores_lapsed_terms: bool,
    waits_anew: bool,
    connection_after: Micros,
    /// How long a leader leads after it last heard a majority; zero: it counts once an election time-out.
    lease_after: Micros,
    refuses_rest: bool,
}

impl Config {
    /// Whether a rule holds, by its number in [`spec::rule`].
    const fn keeps(&self, rule: u32) -> bool {
        rule::holds(rule, self.broken)
    }

    /// How many of these members decide: more than half, unless a rule is off.
    fn quorum(&self, members: Members) -> u32 {
        members.quorum(self.keeps(rule::MAJORITY))
    }

    /// Whether servers pass requests on to their leader, so that clients stay with theirs.
    const fn forwards(&self) -> bool {
        self.client.stays_home
    }

    /// Whether servers that have heard from a leader just now protect it from candidates (thesis §4.2.3).
    const fn protects_leader(&self) -> bool {
        self.check_quorum || self.leases
    }

    /// How this operation is answered, if it is a read: as it says itself, else as all are.
    const fn reads_of(&self, operation: Operation) -> Reads {
        self.client.reads.or_as_it_says(operation)
    }

    /// Whether a read may miss what was answered before it was asked.
    const fn may_be_stale(&self, operation: Operation) -> bool {
        match self.reads_of(operation) {
            Reads::Stale | Reads::Watch | Reads::Timestamp => true,
            // A lease of its own length does not go by how long followers wait for their leader.
            Reads::Lease => self.lease_after.0 > 0,
            Reads::Index | Reads::Log => false,
        }
    }
}

// --- State: see `state`

/// The protocol.
pub struct Raft;

type Out = Outputs<Message, Note>;

impl Hands for Out {
    fn send(&mut self, to: Endpoint, talk: Talk) {
        Self::send(self, to, Message::Talk(talk));
    }

    fn note(&mut self, because: Because) {
        let note = match because {
            Because::AsksThere(node) => Note::new(Why::AsksThere as u8, 0, u32::from(node.0), 0),
            Because::AsksAgain(node) => Note::new(Why::AsksAgain as u8, 0, u32::from(node.0), 0),
            Because::TooLate(op) => Note::new(Why::TooLate as u8, op.0, 0, 0),
            Because::Cancels(op) => Note::new(Why::Cancels as u8, op.0, 0, 0),
        };
        Self::note(self, note);
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

impl Protocol for Raft {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "raft",
        store: Store::Values,
        promotes: true,
        election_timer: Some(spec::ELECTION),
        reconfigures: true,
        decides_once: false,
        watches: true,
        lapses: false,
        one_session: None,
        orders: |choices| {
            Order::all_if(match choices.get("reads") {
                1 => choices.get("lease-after") == 0,
                reads => reads != 3,
            })
        },
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
        let keeps = |rule| rule::holds(rule, choices.broken);
        let span = |name| Micros(u64::from(choices.get(name)));
        let first = choices.get("members").min(u32::from(choices.nodes)) as u8;
        let first = if first == 0 { choices.nodes } else { first };
        let election_after = span("election-after");
        let reads = Reads::of(choices.get("reads"));
        let bound = choices.get("drift-bound");
        Config {
            client: Ways {
                nodes: choices.nodes,
                retry_after: span("retry-after"),
                keeps_lock: choices.get("store") == 1,
                stays_home: choices.get("requests") == 1,
                reads,
            },
            members: Members(Mask::first(first)),
            leases: reads == Reads::Lease,
            lease: match keeps(rule::LEASE_DRIFT) {
                true => lease_of(election_after, bound),
                false => election_after,
            },
            pre_vote: choices.get("pre-vote") == 1,
            check_quorum: choices.get("check-quorum") == 1,
            election_after,
            heartbeat_after: span("heartbeat-after"),
            batch: choices.get("batch"),
            snapshot_after: choices.get("snapshot-after"),
            broken: choices.broken,
            checks: Checks {
                sessions: keeps(rule::SESSIONS),
                tokens: keeps(rule::TOKENS),
            },
            gives_up_after: match span("request-after") {
                Micros::ZERO => Micros::ZERO,
                after => {
                    let elections = u64::from(choices.get("request-elections"));
                    after + Micros(election_after.0 * elections)
                }
            },
            first_wait: Micros(election_after.0 * u64::from(choices.get("first-wait")) / 1_000),
            ignores_lapsed_terms: choices.get("lapsed-terms") == 1,
            waits_anew: choices.get("new-term") == 1,
            connection_after: span("connection-after"),
            lease_after: span("lease-after"),
            refuses_rest: choices.get("lost-leader") == 1,
        }
    }

    fn format(_: &Config, _: Endpoint) -> Disk {
        Disk::new()
    }

    fn boot(config: &Config, _: Endpoint, disk: &mut Disk) -> Memory {
        if !config.keeps(rule::PERSIST_LOG) {
            disk.log.truncate(disk.flushed);
        }
        if !config.keeps(rule::PERSIST_VOTE) {
            disk.voted_for = Endpoint::NONE;
        }
        Memory::new(config, disk)
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
        watch::observe(config, context, monitor, replica, seen);
    }

    fn observe_reply(
        config: &Config,
        context: Context,
        monitor: &mut Monitor,
        told: Told,
        seen: &mut Sightings,
    ) {
        watch::observe_reply(config, context, monitor, told, seen);
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

    fn node_view(_: &Config, me: Endpoint, replica: &Replica<Self>) -> NodeView {
        view::node(me, replica)
    }

    fn lease(config: &Config, replica: &Replica<Self>) -> Option<Lease> {
        let relies = config.leases && replica.memory.role == Role::Leader;
        relies.then(|| replica.memory.rounds.lease(config.lease))
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
