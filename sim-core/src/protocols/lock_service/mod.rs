//! `lock-service`: a lock that belongs to a session, which its client keeps alive; and below it Multi-Paxos, on which all
//! servers agree about both.
//!
//! After M. Burrows, "The Chubby lock service for loosely-coupled distributed systems", 2006 (sections as "§"). A few
//! servers choose a **master** by Paxos, which holds a lease of its own and so is the only one (§2.2); see
//! [`multi_paxos`](super::multi_paxos). Clients find it by asking any server, and do everything through it.
//!
//! A client has a **session** (§2.8). It sends a **KeepAlive**, which the master lets wait; when half of the session's
//! *lease* is over, it answers, and so extends the lease, and the client sends the next one at once. The client reckons the
//! lease from when it *sent* the KeepAlive that was answered, by a clock that may run as slow as is allowed for, so its own
//! lease always ends before the master's. A session that the master hears nothing of ends with its lease, by an entry of the
//! log; so does the lock that it holds.
//!
//! A client whose lease runs out does not know whether its session is over: it is in **jeopardy**. Its library asks for
//! nothing, and looks for a master for a **grace period**. So a session outlives a **fail-over** that takes longer than its
//! lease: the new master gives every session a whole lease again, since the last one may have promised as much (§2.9); has
//! an epoch of its own, and refuses what is asked in another's; and does nothing for anybody before every session has heard
//! of it, or has ended.
//!
//! A lock that is given back is free at once. One whose holder's session was ended is given to nobody for a **lock-delay**
//! (§2.4): whatever its holder had asked for last may still be on its way. What the lock guards is protected for good by
//! **sequencers**, here the fencing tokens of all locks.
//!
//! # Configuration
//! See [`SETTINGS`].
//!
//! # Rules
//! See [`RULES`]: each of them may be switched off. Those of Paxos below are tried out in its own protocol.
//!
//! # What we left out
//! - Files, directories and ACLs; one lock, or a few keys, stand for them. Locks that are shared; events; caches that a
//!   master keeps fresh by invalidation, and that a client in jeopardy empties (§2.7).
//! - Proxies, and everything about scale (§3). Snapshots, as in Multi-Paxos.
//! - A KeepAlive that carries events back.
//! - A client that closes its session.

mod above;
mod client;
mod master;
mod message;
mod spec;
mod visit;
mod watch;

pub use client::Person;
pub use message::Message;
pub use spec::{RULES, SETTINGS, WORDING, Why};
pub use visit::Visit;

use crate::history::Fate;
use crate::operation::Store;
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::protocols::consensus::rounds::lease_of;
use crate::protocols::consensus::watch::NODES_MAX;
use crate::protocols::consensus::{Entry, Index, Note, words};
use crate::protocols::multi_paxos;
pub use crate::protocols::multi_paxos::Disk;
use crate::units::{Endpoint, Micros, OpId, OpSet};
use crate::view::Part::{Number, Text};
use crate::view::{Lease, MessageView, Names, NodeView, Standing, fill};
use above::{Above, Hand};
use alloc::string::String;
use alloc::vec::Vec;
use client::Library;
use master::{Keeper, Server};
use spec::rule;
use watch::Monitor;

// --- Configuration

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    paxos: multi_paxos::Config,
    nodes: u8,
    keeps_lock: bool,
    retry_after: Micros,
    lease: Micros,
    grace: Micros,
    lock_delay: Micros,
    drift_bound: u32,
    /// Rules that are switched off, one bit each.
    broken: u32,
}

impl Config {
    /// Whether a rule holds, by its number in [`spec::rule`].
    const fn keeps(&self, rule: u32) -> bool {
        self.broken & (1 << rule) == 0
    }

    /// How much of a span of somebody else's clock is surely not over yet by one's own.
    fn relied_on(&self, span: Micros) -> Micros {
        lease_of(span, self.drift_bound)
    }
}

// --- State

/// What a server's memory holds; gone with a crash.
#[derive(Clone, Debug)]
pub struct Memory {
    paxos: multi_paxos::Memory,
    above: Above,
    keeper: Keeper,
}

/// The protocol.
pub struct LockService;

type Out = Outputs<Message, Note>;

impl Protocol for LockService {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "lock-service",
        store: Store::Values,
        promotes: true,
        election_timer: Some(spec::ELECTION),
        reconfigures: false,
        decides_once: false,
        watches: false,
        lapses: true,
        one_session: None,
        orders: |_| Order::All,
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
        let tokens = choices.broken & (1 << rule::TOKENS) == 0;
        Config {
            paxos: multi_paxos::Config::of_sessions(choices, tokens),
            nodes: choices.nodes,
            keeps_lock: choices.get("store") == 1,
            retry_after: span("retry-after"),
            lease: span("session-lease"),
            grace: span("grace-period"),
            lock_delay: span("lock-delay"),
            drift_bound: choices.get("drift-bound"),
            broken: choices.broken,
        }
    }

    fn format(_: &Config, _: Endpoint) -> Disk {
        Disk::default()
    }

    fn boot(config: &Config, _: Endpoint, disk: &mut Disk) -> Memory {
        let mut above = Above::default();
        Memory {
            paxos: multi_paxos::Memory::new(&config.paxos, disk, &mut above),
            above,
            keeper: Keeper::default(),
        }
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
        let Memory {
            paxos,
            above,
            keeper,
        } = &mut replica.memory;
        let mut server = Server {
            config,
            context,
            disk: &mut replica.disk,
            memory: paxos,
            keeper,
            hand: Hand { above, out },
        };
        server.act(input);
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
        monitor.observe(config, context, (&replica.disk, &replica.memory), seen);
    }

    fn observe_reply(
        config: &Config,
        context: Context,
        monitor: &mut Monitor,
        told: Told,
        seen: &mut Sightings,
    ) {
        monitor.told(config, context, told, seen);
    }

    fn fate(_: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        let servers = replicas.iter().map(|one| (&one.disk, &one.memory.paxos));
        multi_paxos::watch::fate(servers, op)
    }

    fn visible(_: &Config, replica: &Replica<Self>, op: OpId) -> Option<OpSet> {
        multi_paxos::watch::visible(&replica.disk, &replica.memory.paxos, op)
    }

    fn message_view(message: &Message) -> MessageView {
        match message {
            Message::Paxos(message) => multi_paxos::view::message(message),
            Message::Session(visit) => visit.view(),
        }
    }

    fn note_words(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
        let own = match note.why {
            why if why == multi_paxos::Why::Outrun as u8 => {
                Some(Why::LeavesOut as u8 - spec::FIRST)
            }
            why => why.checked_sub(spec::FIRST),
        };
        let Some(sentence) = own.map(|own| spec::REASONS.get(usize::from(own))) else {
            return multi_paxos::view::note(note, me, names);
        };
        let parts = [
            ("who", Text(names.of(me))),
            ("a", Number(i64::from(note.a))),
            ("B", Text(names.of(Endpoint(note.b as u8)))),
            ("n", Number(note.n)),
            ("t", Number(note.n / 1_000)),
        ];
        fill(sentence.copied().unwrap_or_default(), &parts)
    }

    fn node_view(config: &Config, me: Endpoint, replica: &Replica<Self>) -> NodeView {
        let (disk, memory) = (&replica.disk, &replica.memory);
        let mut view = multi_paxos::view::node(&config.paxos, me, disk, &memory.paxos);
        let open = memory.above.tenancy.sessions.iter().filter(|one| one.opens);
        view.count("open sessions", open.count() as u32, false);
        if memory.keeper.is_master() {
            let ballot = words::ballot(memory.paxos.ballot);
            view.badge = fill("master · {ballot}", &[("ballot", Text(&ballot))]);
        }
        view
    }

    fn lease(config: &Config, replica: &Replica<Self>) -> Option<Lease> {
        config.paxos.lease_of(&replica.memory.paxos)
    }

    fn client_lease(config: &Config, person: &Person) -> Option<Lease> {
        person.lease(config)
    }

    fn standing(
        _: &Config,
        replicas: &[Replica<Self>],
        _: &Sightings,
        names: &Names<'_>,
    ) -> Standing {
        let applied = replicas.iter().map(|one| one.memory.paxos.applied);
        words::standing(&applied.collect::<Vec<Index>>(), names)
    }

    fn weight(replica: &Replica<Self>) -> usize {
        let entries = replica.disk.log.held() as usize;
        size_of::<Replica<Self>>() + entries * size_of::<Entry>()
    }
}
