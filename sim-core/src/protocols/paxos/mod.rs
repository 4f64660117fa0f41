//! `paxos`: one value, chosen once, for ever.
//!
//! After L. Lamport, "Paxos Made Simple", 2001 (sections as "§2.2"); the algorithm is that of "The Part-Time Parliament",
//! 1998. This is the single decree: servers agree on *one* command. Whoever was first writes it; everybody else is told
//! that something else is chosen already. For a log of commands see Raft and Multi-Paxos.
//!
//! Every server is an **acceptor** and a **learner**, and a **proposer** as soon as somebody asks it for something. A
//! proposer numbers its attempts with **ballots** that nobody else uses: a round, and its own number, written `2.1`. In
//! *phase 1* it asks for promises: an acceptor promises to take part in no lower ballot any more, and says what it has
//! accepted so far (§2.2, P1b). With promises from a **majority** the proposer may go on, but not with what it likes: if
//! any of them has accepted a value it has to propose the one with the highest ballot (§2.2, P2c). In *phase 2* it asks
//! them to accept that. What a majority has accepted under one ballot is **chosen**.
//!
//! Best understood in reverse: a chosen value is never replaced, because every higher ballot proposes it again; it does,
//! because its majority of promises shares a server with the majority that accepted; and that server tells, because it
//! wrote down what it accepted before it said so, and has accepted under no higher ballot anything else, as nothing else
//! was proposed there.
//!
//! It is safe whatever happens, and it may never finish: two proposers can overtake one another again and again (§2.4).
//! Waiting a random time before the next ballot makes that unlikely, having one proposer makes it stop.
//!
//! A **read** is a ballot without a value of its own. If a majority has accepted nothing then nothing was chosen before
//! the read began; else it completes what it has found, and answers with that.
//!
//! # Configuration
//! See [`SETTINGS`].
//!
//! # Rules
//! See [`RULES`]: each of them may be switched off.
//!
//! # What we left out
//! - The roles are not machines of their own: each server plays all three, as in most systems.
//! - A proposer never gives up by itself; whoever asked does.
//! - Nothing is ever forgotten: there is one value, so there is nothing to compact.
//! - Changing the servers, and servers that lie.

#[cfg(test)]
mod explored;
mod message;
mod node;
mod spec;
mod state;
mod view;
mod watch;

pub use message::{Message, Why};
pub use spec::{RULES, SETTINGS, WORDING};
pub use state::{Disk, Memory, Phase};

use crate::history::Fate;
use crate::operation::{Answer, Operation, Store};
use crate::protocol::{
    Choices, Context, Input, Order, Outputs, Protocol, ProtocolSpec, Replica, Sightings, Told,
    untold_in_pages,
};
use crate::protocols::consensus::client::{Because, Hands, Person, Ways, talked};
use crate::protocols::consensus::watch::NODES_MAX;
use crate::protocols::consensus::{Ballot, Members, Note, Reads, Talk};
use crate::units::{Endpoint, Mask, Micros, OpId, OpSet};
use crate::view::{MessageView, Names, NodeView, Standing};
use alloc::string::String;
use node::Node;
use spec::rule;
use watch::Monitor;

// --- Configuration

/// The scenario's settings as the handlers want them.
#[derive(Clone, Debug)]
pub struct Config {
    client: Ways,
    servers: Members,
    /// Those that propose; others point to the first of them.
    proposers: Mask,
    /// How long a proposer waits for answers, and at most half of what it waits when it was overtaken.
    round_after: Micros,
    backs_off: bool,
    /// Whether acceptors tell everybody what they accept.
    all_hear: bool,
    /// Rules that are switched off, one bit each.
    broken: u32,
}

impl Config {
    /// Whether a rule holds, by its number in [`spec::rule`].
    const fn keeps(&self, rule: u32) -> bool {
        self.broken & (1 << rule) == 0
    }

    /// How many servers decide: more than half, unless a rule is off.
    fn quorum(&self) -> u32 {
        self.servers.quorum(self.keeps(rule::MAJORITY))
    }

    /// How this operation is answered, if it is a read.
    const fn reads_of(&self, operation: Operation) -> Reads {
        self.client.reads.or_as_it_says(operation)
    }
}

/// The protocol.
pub struct Paxos;

type Out = Outputs<Message, Note>;

impl Hands for Out {
    fn send(&mut self, to: Endpoint, talk: Talk) {
        Self::send(self, to, Message::Talk(talk));
    }

    fn note(&mut self, because: Because) {
        let note = match because {
            Because::AsksThere(node) => Note::new(Why::AsksThere as u8, 0, u32::from(node.0), 0),
            Because::AsksAgain(node) => {
                Note::new(Why::AsksElsewhere as u8, 0, u32::from(node.0), 0)
            }
            Because::TooLate(op) | Because::Cancels(op) => {
                Note::new(Why::TooLate as u8, op.0, 0, 0)
            }
        };
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

impl Protocol for Paxos {
    const SPEC: ProtocolSpec = ProtocolSpec {
        name: "paxos",
        store: Store::Values,
        promotes: false,
        election_timer: None,
        reconfigures: false,
        decides_once: true,
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
        let all = choices.nodes;
        let proposers = choices.get("proposers").min(u32::from(all)) as u8;
        Config {
            client: Ways {
                nodes: all,
                retry_after: span("retry-after"),
                keeps_lock: false,
                stays_home: false,
                reads: match choices.get("reads") {
                    0 => Reads::Index,
                    _ => Reads::Stale,
                },
            },
            servers: Members(Mask::first(all)),
            proposers: Mask::first(if proposers == 0 { all } else { proposers }),
            round_after: span("round-after"),
            backs_off: choices.get("back-off") == 0,
            all_hear: choices.get("learners") == 1,
            broken: choices.broken,
        }
    }

    fn format(_: &Config, _: Endpoint) -> Disk {
        Disk::default()
    }

    fn boot(config: &Config, _: Endpoint, disk: &mut Disk) -> Memory {
        if !config.keeps(rule::PERSIST_PROMISE) {
            (disk.promised, disk.accepted) = (Ballot::default(), None);
        }
        Memory::new(disk)
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

    fn observe_reply(
        _: &Config,
        context: Context,
        monitor: &mut Monitor,
        told: Told,
        seen: &mut Sightings,
    ) {
        monitor.told(context, told, seen);
    }

    fn fate(config: &Config, replicas: &[Replica<Self>], op: OpId) -> Fate {
        watch::fate(config, replicas, op)
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
        let memory = &replica.memory;
        size_of::<Replica<Self>>()
            + memory.jobs.len() * size_of::<crate::protocols::consensus::Command>()
            + memory.tallies.len() * size_of::<state::Tally>()
    }
}
