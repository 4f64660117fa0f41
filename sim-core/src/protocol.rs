//! What a protocol is: a pure handler over plain data, (configuration, node, input) → outputs.
//!
//! No clock but the two readings in [`Context`], no generator (a timer names its range and the world draws), no
//! input or output, no drawing. The world owns time, chance, the network and the disks.

use crate::history::Fate;
use crate::operation::{Answer, Operation, Store};
use crate::units::OpSet;
use crate::units::{Endpoint, EventId, Micros, OpId};
use crate::view::{Lease, MessageView, Names, NodeView, Standing};
use crate::wire::{Decoder, Wire};
use crate::world::actors::{Effect, Effects, Slab};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

/// Everything about a protocol that is not its handlers: names and sentences, stable and kebab-case.
#[derive(Debug)]
pub struct ProtocolSpec {
    /// Its name, as scenarios and the command line write it.
    pub name: &'static str,
    /// What it keeps for its clients.
    pub store: Store,
    /// Whether whoever runs it can promote a node ([`Input::Promote`]).
    pub promotes: bool,
    /// The timer after which a node stands for election, by [`ProtocolSpec::timers`].
    pub election_timer: Option<u8>,
    /// Whether whoever runs it can change which nodes are members ([`Input::Member`]).
    pub reconfigures: bool,
    /// Whether its nodes choose one value once, so that nothing that is asked later changes anything.
    pub decides_once: bool,
    /// Whether a client may wait until a key is written.
    pub watches: bool,
    /// Whether its lock is free when its holder has not been heard for long, also if nobody gives it back.
    pub lapses: bool,
    /// The setting, and its value, with which all clients belong to one session; where a protocol has that.
    pub one_session: Option<(&'static str, u32)>,
    /// Which order of all operations its clients are promised, with these choices, that explains every answer.
    pub orders: fn(&Choices<'_>) -> Order,
    /// What its nodes are called in the metaphor or the paper: ("branch", "branches").
    pub node_word: (&'static str, &'static str),
    /// What a scenario may choose.
    pub settings: &'static [SettingSpec],
    /// Safety rules that a learner may switch off. At most 32: one bit each.
    pub rules: &'static [RuleSpec],
    /// Timers that its nodes and client handlers set, by number.
    pub timers: &'static [&'static str],
    /// Why an operation was refused, by the number in [`Answer::Refused`].
    pub refusals: &'static [&'static str],
    /// The names of what must never happen.
    pub invariants: &'static [&'static str],
    /// What must happen in some run, or a test was vacuous.
    pub witnesses: &'static [WitnessSpec],
    /// The fewest nodes.
    pub nodes_min: u8,
    /// The most nodes.
    pub nodes_max: u8,
}

/// An order of all operations that explains every answer, as clients are promised it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// None.
    No,
    /// Each client's operations keep their order in it, and whatever had ended before a change was asked for comes before
    /// that: changes are linearizable, and reads may be old (K. Lev-Ari, E. Bortnikov, I. Keidar and A. Shraer, "Composing
    /// ordered sequential consistency", 2017, who call it OSC(U) and show it of ZooKeeper).
    Changes,
    /// It keeps real time: everything is linearizable.
    All,
}

impl Order {
    /// Everything, or nothing.
    pub const fn all_if(keeps: bool) -> Self {
        match keeps {
            true => Self::All,
            false => Self::No,
        }
    }
}

/// One thing that a scenario may choose about a protocol.
#[derive(Debug)]
pub struct SettingSpec {
    /// Its name.
    pub name: &'static str,
    /// What may be chosen.
    pub kind: SettingKind,
    /// What is taken where nothing is chosen.
    pub default: u32,
}

/// The values of a setting; every one is a number underneath.
#[derive(Clone, Copy, Debug)]
pub enum SettingKind {
    /// One of these names; the value is its place.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A span of time in microseconds.
    Span {
        /// The shortest.
        min: u32,
        /// The longest.
        max: u32,
    },
}

/// A named safety rule.
#[derive(Debug)]
pub struct RuleSpec {
    /// Its name in the field.
    pub name: &'static str,
    /// The invariant that it guards.
    pub guards: &'static str,
}

/// A setting with its name, what may be chosen, and what is taken else.
pub(crate) const fn setting(name: &'static str, kind: SettingKind, default: u32) -> SettingSpec {
    SettingSpec {
        name,
        kind,
        default,
    }
}

/// A rule with its name, and the invariant that it guards.
pub(crate) const fn rule(name: &'static str, guards: &'static str) -> RuleSpec {
    RuleSpec { name, guards }
}

/// What is said of a protocol's settings, rules and invariants, in their order. A page needs it only when its reader opens
/// them, or when a promise was broken, so it is no part of [`ProtocolSpec`]: see [`crate::protocols::wording`].
#[derive(Debug)]
pub struct Wording {
    /// Of each setting.
    pub settings: &'static [SettingWords],
    /// What each rule says.
    pub rules: &'static [&'static str],
    /// What each invariant promises.
    pub promises: &'static [&'static str],
}

/// Makes a sentence of a note's bytes, which a node put down, with the names of all.
pub(crate) type ReadNote = fn(&[u8], Endpoint, &Names<'_>) -> Option<String>;

/// Reads a note of a protocol and says it.
pub(crate) fn note<P: Protocol>(bytes: &[u8], me: Endpoint, names: &Names<'_>) -> Option<String> {
    P::Note::decode(&mut Decoder::new(bytes)).map(|note| P::note_words(&note, me, names))
}

impl Wording {
    /// Nothing is said.
    pub(crate) const NOTHING: Self = Self {
        settings: &[],
        rules: &[],
        promises: &[],
    };

    /// What the invariant of this number promises.
    pub fn promise(&self, invariant: u8) -> &'static str {
        let promise = self.promises.get(usize::from(invariant));
        promise.copied().unwrap_or_default()
    }
}

/// What is said of a setting.
#[derive(Debug)]
pub struct SettingWords {
    /// One sentence for whoever chooses.
    pub words: &'static str,
    /// What a button says for each of the names, where it is a choice.
    pub choices: &'static [&'static str],
}

/// What is said of a setting, and of its choices.
pub(crate) const fn said(words: &'static str, choices: &'static [&'static str]) -> SettingWords {
    SettingWords { words, choices }
}

/// Something that must sometimes happen.
#[derive(Debug)]
pub struct WitnessSpec {
    /// Its name.
    pub name: &'static str,
    /// What was seen.
    pub words: &'static str,
}

/// Witnesses are for tests and for the command line: a page tells nobody of them, and does without their words.
pub(crate) const fn untold_in_pages(witnesses: &'static [WitnessSpec]) -> &'static [WitnessSpec] {
    if cfg!(feature = "shelved") {
        &[]
    } else {
        witnesses
    }
}

/// What a handler is told beside its input.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Who is asked to act.
    pub me: Endpoint,
    /// The node's own monotonic clock: true time but for drift. For timers and leases.
    pub steady: Micros,
    /// The node's own wall clock in microseconds since the run began: drift, offset and jumps. For timestamps.
    pub wall: i64,
    /// The event that this input is, for findings.
    pub event: EventId,
}

/// What happens to a node or to a client handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input<M> {
    /// It starts, for the first time or again; its disk holds what was durable.
    Start,
    /// A message arrived.
    Message {
        /// From whom.
        from: Endpoint,
        /// What.
        message: M,
    },
    /// A timer that it had set ran out.
    Timer(u8),
    /// What it had asked to persist under this mark is durable.
    Persisted(u32),
    /// A stream to this peer is open (streams only).
    PeerUp(Endpoint),
    /// The stream to this peer is closed (streams only).
    PeerDown(Endpoint),
    /// Nodes only: whoever runs the system tells it to take over as primary.
    Promote,
    /// Nodes only: whoever runs the system wants a node to join the members, or to leave them. Every node that is there is
    /// told; which of them acts is the protocol's matter.
    Member {
        /// Which node.
        node: Endpoint,
        /// Joins, or leaves.
        joins: bool,
    },
    /// Client handlers only: the person asks for something.
    Operation {
        /// The operation's number.
        op: OpId,
        /// What is asked.
        operation: Operation,
    },
    /// Client handlers only: the person has waited long enough and no longer listens.
    GaveUp {
        /// The operation's number.
        op: OpId,
    },
}

/// What a handler wants done, in order. Whatever follows a persist leaves only when that is durable.
///
/// It writes straight into the engine's own buffers: a message into the slab of messages, the rest into the list of
/// effects.
pub struct Outputs<M, N> {
    pub(crate) messages: Slab<M>,
    pub(crate) effects: Box<Effects>,
    pub(crate) kind_of_note: PhantomData<N>,
}

impl<M, N: Wire> Outputs<M, N> {
    /// Sends `message` to `to`.
    pub fn send(&mut self, to: Endpoint, message: M) {
        let handle = self.messages.insert(message);
        self.effects.list.push(Effect::Send { to, handle });
    }

    /// Sets (or sets anew) the timer `kind` to a length that the world draws between `min` and `max`.
    pub fn set_timer(&mut self, kind: u8, min: Micros, max: Micros) {
        self.effects.list.push(Effect::SetTimer { kind, min, max });
    }

    /// Stops the timer `kind`.
    pub fn cancel_timer(&mut self, kind: u8) {
        self.effects.list.push(Effect::CancelTimer(kind));
    }

    /// Makes the disk's present content durable; [`Input::Persisted`] tells when it is.
    pub fn persist(&mut self, mark: u32) {
        self.effects.list.push(Effect::Persist { mark, tell: true });
    }

    /// Makes the disk's present content durable; only the outputs that follow wait for it, the node is not told.
    pub fn persist_quietly(&mut self, mark: u32) {
        self.effects
            .list
            .push(Effect::Persist { mark, tell: false });
    }

    /// Client handlers only: tells the person.
    pub fn reply(&mut self, op: OpId, answer: Answer) {
        self.effects.list.push(Effect::Reply { op, answer });
    }

    /// Says why this was done, as a value that has words.
    pub fn note(&mut self, note: N) {
        let start = self.effects.notes.bytes().len() as u32;
        if self.effects.recording {
            note.encode(&mut self.effects.notes);
        }
        let len = self.effects.notes.bytes().len() as u32 - start;
        self.effects.list.push(Effect::Note { start, len });
    }
}

/// One node: what its disk holds and what only its memory holds.
pub struct Replica<P: Protocol> {
    /// Survives a crash, as far as it was persisted.
    pub disk: P::Disk,
    /// Does not.
    pub memory: P::Memory,
}

impl<P: Protocol> Clone for Replica<P> {
    fn clone(&self) -> Self {
        Self {
            disk: self.disk.clone(),
            memory: self.memory.clone(),
        }
    }
}

/// A broken promise, or a watched misfortune, that a monitor saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Which of the protocol's invariants.
    pub invariant: u8,
    /// Whether this configuration had promised it; else it is something to show, not a violation.
    pub promised: bool,
    /// When it was seen.
    pub event: EventId,
    /// Where.
    pub node: Endpoint,
    /// The operation to blame, where there is one.
    pub op: Option<OpId>,
    /// A number for the sentence: a balance, a slot.
    pub number: i64,
}

/// An answer as a person hears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The operation's number.
    pub op: OpId,
    /// What was asked.
    pub operation: Operation,
    /// The event of the asking.
    pub asked: EventId,
    /// The answer; [`Context::event`] is the event of the hearing.
    pub answer: Answer,
}

/// What a monitor has seen so far.
#[derive(Clone, Default, Debug)]
pub struct Sightings {
    /// What should not have happened, in the order seen; at most [`Sightings::MAX`] are kept.
    pub findings: Vec<Finding>,
    /// Which witnesses appeared, one bit each.
    pub witnesses: u32,
}

impl Sightings {
    /// More findings than this are not kept: the first ones tell the story.
    pub const MAX: usize = 64;

    /// Notes a finding.
    pub fn find(&mut self, finding: Finding) {
        if self.findings.len() < Self::MAX {
            self.findings.push(finding);
        }
    }

    /// Notes that a witness appeared; a page tells nobody.
    pub const fn witness(&mut self, which: u8) {
        if !cfg!(feature = "shelved") {
            self.witnesses |= 1 << which;
        }
    }
}

/// An algorithm that nodes run, with the handler that its clients run.
pub trait Protocol: Sized + 'static {
    /// Names and sentences.
    const SPEC: ProtocolSpec;
    /// The scenario's settings as the handlers want them.
    type Config: Clone;
    /// What a disk holds.
    type Disk: Clone;
    /// What only memory holds.
    type Memory: Clone;
    /// A client handler's state.
    type Client: Clone;
    /// What travels. Plain data, cheap to copy.
    type Message: Clone + Wire;
    /// Why a node did what it did.
    type Note: Wire;
    /// What watches over a run: sees every node after each of its inputs.
    type Monitor: Clone + Default;

    /// Reads the settings (validated against [`ProtocolSpec::settings`]).
    fn configure(choices: &Choices<'_>) -> Self::Config;
    /// A disk that was never written.
    fn format(config: &Self::Config, me: Endpoint) -> Self::Disk;
    /// Memory right after a start, from the disk alone. May correct the disk where a rule that protects it is off.
    fn boot(config: &Self::Config, me: Endpoint, disk: &mut Self::Disk) -> Self::Memory;
    /// A client handler before its first operation.
    fn client(config: &Self::Config, me: Endpoint, home: Endpoint) -> Self::Client;
    /// A node acts.
    fn node(
        config: &Self::Config,
        context: Context,
        replica: &mut Replica<Self>,
        input: Input<Self::Message>,
        out: &mut Outputs<Self::Message, Self::Note>,
    );
    /// A client handler acts.
    fn person(
        config: &Self::Config,
        context: Context,
        client: &mut Self::Client,
        input: Input<Self::Message>,
        out: &mut Outputs<Self::Message, Self::Note>,
    );
    /// Looks at a node after it acted.
    fn observe(
        config: &Self::Config,
        context: Context,
        monitor: &mut Self::Monitor,
        replica: &Replica<Self>,
        seen: &mut Sightings,
    );
    /// Looks at an answer as the person hears it.
    fn observe_reply(
        config: &Self::Config,
        context: Context,
        monitor: &mut Self::Monitor,
        told: Told,
        seen: &mut Sightings,
    );
    /// What became of an operation, as the nodes' disks tell.
    fn fate(config: &Self::Config, replicas: &[Replica<Self>], op: OpId) -> Fate;
    /// The operations whose changes the answer rests on that this node has just given to `op`; `None`, where the node can
    /// tell that it has not.
    fn visible(config: &Self::Config, replica: &Replica<Self>, op: OpId) -> Option<OpSet>;
    /// What a message says, in a few words.
    fn message_view(message: &Self::Message) -> MessageView;
    /// A note as a sentence.
    fn note_words(note: &Self::Note, me: Endpoint, names: &Names<'_>) -> String;
    /// A node as a card.
    fn node_view(config: &Self::Config, me: Endpoint, replica: &Replica<Self>) -> NodeView;
    /// What a node relies on now, if it does.
    fn lease(_: &Self::Config, _: &Replica<Self>) -> Option<Lease> {
        None
    }
    /// The same of a person's client.
    fn client_lease(_: &Self::Config, _: &Self::Client) -> Option<Lease> {
        None
    }
    /// The nodes together, in the words of the domain: do the books agree, was anything lost.
    fn standing(
        config: &Self::Config,
        replicas: &[Replica<Self>],
        seen: &Sightings,
        names: &Names<'_>,
    ) -> Standing;
    /// About how many bytes of memory a node takes, for the limits and the benchmark.
    fn weight(replica: &Replica<Self>) -> usize;
}

/// A scenario's choices as a protocol reads them.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    pub(crate) settings: &'a [u32],
    pub(crate) spec: &'a ProtocolSpec,
    /// Rules switched off, one bit each.
    pub broken: u32,
    /// How many nodes.
    pub nodes: u8,
    /// How many clients.
    pub clients: u8,
}

impl Choices<'_> {
    /// The value of the setting `name`; its default where the scenario is silent.
    pub fn get(&self, name: &str) -> u32 {
        self.spec
            .settings
            .iter()
            .position(|setting| setting.name == name)
            .map_or(0, |i| {
                self.settings
                    .get(i)
                    .copied()
                    .unwrap_or(self.spec.settings[i].default)
            })
    }

    /// Whether the rule `name` holds.
    pub fn keeps(&self, name: &str) -> bool {
        self.spec
            .rules
            .iter()
            .position(|rule| rule.name == name)
            .is_none_or(|i| self.broken & (1 << i) == 0)
    }
}
