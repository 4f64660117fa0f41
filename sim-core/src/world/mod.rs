//! The world of one run: virtual time, the event queue, the network, clocks, disks, people.
//!
//! [`World::step`] takes the next thing that is due, lets whom it concerns act, and carries out what they ask for.
//! At one instant actions come before events: first the scenario's script, then people's actions, each in its own
//! order; events follow in the order in which they were put into the queue.

pub(crate) mod actors;
pub(crate) mod clock;
mod effects;
mod faults;
pub(crate) mod network;
mod people;
pub(crate) mod queue;

use crate::action::Timed;
use crate::draw;
use crate::history::{Fate, Outcome};
use crate::operation::Operation;
use crate::protocol::{Context, ProtocolSpec, Sightings};
use crate::protocols;
use crate::scenario::{Scenario, ScenarioError};
use crate::trace::{Happening, Kind, Recorder, Recording};
use crate::units::OpSet;
use crate::units::{Endpoint, EventId, Mask, Micros, OpId};
use crate::view::{Lease, MessageView, Names, NodeView, Part, Standing, Tone, fill};
use actors::{Actors, Effect, Effects, Handle, RawInput};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use clock::Clocks;
use network::{Flight, Network};
use queue::{Due, Queue};

pub use actors::Reader;
pub use network::{Motion, STREAM_WINDOW};

/// Whether an endpoint's process is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// Running.
    Up,
    /// Standing still: its clocks run on, its inputs wait.
    Paused,
    /// Its process was killed: its connections closed, peers noticed.
    Killed,
    /// Its machine lost power: silence.
    Off,
}

impl Life {
    /// Whether nothing runs there.
    pub const fn is_down(self) -> bool {
        matches!(self, Self::Killed | Self::Off)
    }
}

/// What happens by itself and what people do, both in order of time.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// The scenario's own.
    pub scenario: &'a [Timed],
    /// People's actions.
    pub actions: &'a [Timed],
    /// Nothing later than this happens.
    pub end: Micros,
}

/// What the world does not change while it runs.
struct Fixed {
    seed: u64,
    spec: &'static ProtocolSpec,
    nodes: u8,
    scenario: Scenario,
}

/// A timer of one kind at one endpoint.
#[derive(Clone, Copy, Debug)]
struct Timer {
    armed: bool,
    set_at: Micros,
    deadline: Micros,
    /// When the queue will next ask about it. A timer that is set again and again to later moments costs one entry.
    queued_at: Micros,
    /// Between which readings of its own clock it may run out.
    range: (Micros, Micros),
    drawn: u32,
}

const IDLE: Timer = Timer {
    armed: false,
    set_at: Micros::ZERO,
    deadline: Micros::NEVER,
    queued_at: Micros::NEVER,
    range: (Micros::ZERO, Micros::ZERO),
    drawn: 0,
};

/// What a disk is busy writing, and what leaves when it is done.
#[derive(Clone)]
struct Write {
    mark: u32,
    /// Whether the node wants to hear when it is done.
    tell: bool,
    done_at: Micros,
    cause: EventId,
    then: Vec<Held>,
}

/// An effect that waits for a disk; its note's bytes travel with it.
#[derive(Clone)]
struct Held {
    effect: Effect,
    note: Vec<u8>,
}

/// An operation that a person waits for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    op: OpId,
    operation: Operation,
    since: Micros,
    event: EventId,
}

/// An input that waits, the event of its arrival, and the message's number where it is one.
#[derive(Clone, Copy)]
struct Kept {
    input: RawInput,
    event: EventId,
    number: u32,
}

/// Everything about one endpoint but its protocol state.
#[derive(Clone)]
struct End {
    life: Life,
    /// Raised by every crash: what was due before it is void.
    lives: u32,
    clocks: Clocks,
    timers: Vec<Timer>,
    /// What arrived while it stood still, and how much of it has been taken since.
    inbox: Vec<Kept>,
    inbox_taken: usize,
    /// Oldest first.
    writes: Vec<Write>,
    flushes: u64,
    asked: Option<Asked>,
    /// When the queue will next ask whether this person still waits; one entry a person.
    patience_at: Micros,
    heard: Option<Heard>,
}

/// The last thing that a person asked for and how it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// The operation's number.
    pub op: OpId,
    /// What was asked.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome,
    /// When it was asked.
    pub since: Micros,
    /// When it ended; now, while open.
    pub until: Micros,
}

/// A message on its way, to be drawn.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// Its name.
    pub name: crate::action::MessageName,
    /// When it left.
    pub sent_at: Micros,
    /// When it arrives, or, if doomed, when it is lost.
    pub ends_at: Micros,
    /// When it would arrive were nothing in its way.
    pub arrives_at: Micros,
    /// The event of its sending.
    pub sent: EventId,
    /// Where it is.
    pub motion: Motion,
    /// What it says.
    pub view: MessageView,
}

/// A timer that runs, to be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunningTimer {
    /// Its kind, by [`ProtocolSpec::timers`].
    pub kind: u8,
    /// When it was set.
    pub set_at: Micros,
    /// When it will run out.
    pub deadline: Micros,
}

/// A run in the middle of being run. A clone is a checkpoint.
pub struct World {
    fixed: Rc<Fixed>,
    actors: Box<dyn Actors>,
    queue: Queue,
    network: Network,
    ends: Vec<End>,
    now: Micros,
    events: u32,
    ops: u32,
    delivered: u64,
    script_next: usize,
    action_next: usize,
    /// Who led when an action last named the leader.
    leader: Endpoint,
    /// Room that is used again for every input.
    effects: Option<Box<Effects>>,
    marks: Vec<u32>,
}

impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            fixed: Rc::clone(&self.fixed),
            actors: self.actors.clone_box(),
            queue: self.queue.clone(),
            network: self.network.clone(),
            ends: self.ends.clone(),
            now: self.now,
            events: self.events,
            ops: self.ops,
            delivered: self.delivered,
            script_next: self.script_next,
            action_next: self.action_next,
            leader: self.leader,
            effects: None,
            marks: Vec::new(),
        }
    }
}

/// When the next of a list is due.
fn at(list: &[Timed], next: usize) -> Micros {
    list.get(next).map_or(Micros::NEVER, |timed| timed.at)
}

impl World {
    /// What its protocol says of itself.
    pub(crate) fn spec(&self) -> &'static ProtocolSpec {
        self.fixed.spec
    }

    /// The world of `scenario` under `seed` before anything happened.
    pub fn new(scenario: &Scenario, seed: u64) -> Result<Self, ScenarioError> {
        scenario.validate()?;
        Self::of_valid(scenario, seed).ok_or_else(|| scenario.unknown_protocol())
    }

    /// The world of a scenario that was validated; nothing if its protocol is not here.
    pub(crate) fn of_valid(scenario: &Scenario, seed: u64) -> Option<Self> {
        let spec = protocols::spec(&scenario.protocol)?;
        let actors = protocols::build(scenario)?;
        let fixed = Fixed {
            seed,
            spec,
            nodes: scenario.node_count(),
            scenario: scenario.clone(),
        };
        let end = End {
            life: Life::Up,
            lives: 0,
            clocks: Clocks::default(),
            timers: alloc::vec![IDLE; spec.timers.len()],
            inbox: Vec::new(),
            inbox_taken: 0,
            writes: Vec::new(),
            flushes: 0,
            asked: None,
            patience_at: Micros::NEVER,
            heard: None,
        };
        let mut world = Self {
            fixed: Rc::new(fixed),
            actors,
            queue: Queue::default(),
            network: Network::new(scenario),
            ends: alloc::vec![end; usize::from(scenario.endpoint_count())],
            now: Micros::ZERO,
            events: 0,
            ops: 0,
            delivered: 0,
            script_next: 0,
            action_next: 0,
            leader: Endpoint::NONE,
            effects: None,
            marks: Vec::new(),
        };
        for clock in &scenario.clocks {
            let clocks = &mut world.ends[clock.node.index()].clocks;
            clocks.skew(Micros::ZERO, clock.offset_us, clock.drift_ppm);
        }
        world.begin();
        Some(world)
    }

    fn begin(&mut self) {
        for node in 0..self.fixed.nodes {
            self.queue.push(Micros::ZERO, Due::Start(Endpoint(node)));
        }
        for from in Mask::first(self.network.endpoints).iter() {
            for to in self.peers(from).iter() {
                self.open_stream(from, to);
            }
        }
        let fixed = Rc::clone(&self.fixed);
        for (number, load) in (0..).zip(&fixed.scenario.loads) {
            for client in load.clients.iter() {
                if self.is_client(client) {
                    let due = Due::Load {
                        client,
                        load: number,
                        counter: 0,
                    };
                    let first = self.load_gap(client, number, 0);
                    self.queue.push(load.from + first, due);
                }
            }
        }
    }

    /// Does the next thing that is due by `script.end`. `false`: nothing is.
    pub fn step(&mut self, script: &Script<'_>, recorder: &mut Recorder) -> bool {
        loop {
            let next_script = at(script.scenario, self.script_next);
            let next_action = at(script.actions, self.action_next);
            let next = next_script.min(next_action).min(self.queue.next_at());
            if next > script.end {
                self.now = self.now.max(script.end);
                return false;
            }
            let before = self.events;
            if next_script == next {
                self.now = self.now.max(next);
                self.script_next += 1;
                self.act(script.scenario[self.script_next - 1].action, recorder);
            } else if next_action == next {
                self.now = self.now.max(next);
                self.action_next += 1;
                self.act(script.actions[self.action_next - 1].action, recorder);
            } else if let Some((at, due)) = self.queue.pop() {
                self.happen(at, due, recorder);
            }
            if self.events > before {
                return true;
            }
        }
    }

    /// When the next thing is due, if anything ever is. It may turn out to be void.
    pub fn next_at(&self, script: &Script<'_>) -> Micros {
        let scripted = at(script.scenario, self.script_next);
        let acted = at(script.actions, self.action_next);
        scripted.min(acted).min(self.queue.next_at())
    }

    fn happen(&mut self, at: Micros, due: Due, recorder: &mut Recorder) {
        match due {
            Due::Arrive { place, stamp } => {
                let handle = place.handle();
                if let Some(flight) = self.network.due(handle, stamp) {
                    self.now = at;
                    self.arrive(handle, flight, recorder);
                }
            }
            Due::Timer { at: end, kind } => self.timer_due(at, end, kind, recorder),
            Due::Start(node) => {
                self.now = at;
                self.start(node, EventId::NONE, recorder);
            }
            Due::Flushed { at: end, life } => {
                if self.ends[end.index()].lives == life {
                    self.now = at;
                    self.flushed(end, recorder);
                }
            }
            Due::Patience(client) => self.patience_due(at, client, recorder),
            Due::Load {
                client,
                load,
                counter,
            } => {
                self.now = at;
                self.load_due(client, load, counter, recorder);
            }
            Due::Waited { at: end, life } => {
                let ready = &self.ends[end.index()];
                if ready.lives == life && ready.life == Life::Up {
                    self.now = at;
                    self.take_waiting(end, recorder);
                }
            }
            Due::PeerUp { at: end, peer } => self.peer_due(at, end, peer, true, recorder),
            Due::PeerDown { at: end, peer } => self.peer_due(at, end, peer, false, recorder),
        }
    }

    /// Hands an input to an endpoint that is up and carries out what it asks for.
    fn input(&mut self, to: Endpoint, input: RawInput, cause: EventId, recorder: &mut Recorder) {
        let context = self.context(to, cause);
        let mut effects = self.effects.take().unwrap_or_default();
        effects.list.clear();
        effects.notes.clear();
        effects.recording = recorder.recording != Recording::Nothing;
        self.actors.input(to, input, context, &mut effects);
        self.carry_out(to, cause, &mut effects, recorder);
        self.effects = Some(effects);
    }

    fn context(&self, me: Endpoint, event: EventId) -> Context {
        let clocks = &self.ends[me.index()].clocks;
        let steady = clocks.steady(self.now);
        Context {
            me,
            steady,
            wall: steady.0 as i64 + clocks.offset_us(),
            event,
        }
    }

    fn event(
        &mut self,
        recorder: &mut Recorder,
        what: (Kind, Endpoint, Endpoint),
        numbers: (u8, u32),
        cause: EventId,
        payload: &[u8],
    ) -> EventId {
        let id = EventId(self.events);
        self.events += 1;
        if recorder.recording != Recording::Nothing {
            self.record(recorder, what, numbers, cause, payload);
        }
        id
    }

    #[inline(never)]
    fn record(
        &self,
        recorder: &mut Recorder,
        what: (Kind, Endpoint, Endpoint),
        (detail, number): (u8, u32),
        cause: EventId,
        payload: &[u8],
    ) {
        let (kind, who, peer) = what;
        let happening = Happening {
            at: self.now,
            cause,
            number,
            kind,
            who,
            peer,
            detail,
        };
        recorder.event(happening, payload);
    }

    fn is_client(&self, end: Endpoint) -> bool {
        end.0 >= self.fixed.nodes && end.index() < self.ends.len()
    }

    fn draw_within(&self, key: draw::Key, range: (Micros, Micros)) -> Micros {
        draw::within(self.fixed.seed, key, range.0, range.1)
    }

    /// Now, in true time.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// How many events have happened.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// How many messages were handed to their receivers.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Switches the protocol's monitor off or on (on at first).
    pub fn set_monitored(&mut self, on: bool) {
        self.actors.set_monitored(on);
    }

    /// What the monitor saw so far.
    pub fn sightings(&self) -> &Sightings {
        self.actors.sightings()
    }

    /// Whether an endpoint's process is there.
    pub fn life(&self, end: Endpoint) -> Life {
        self.ends.get(end.index()).map_or(Life::Off, |end| end.life)
    }

    /// Whether nothing passes from one to the other.
    pub fn is_cut(&self, from: Endpoint, to: Endpoint) -> bool {
        self.network.is_cut(from, to)
    }

    /// Whether a line between two nodes is cut.
    pub fn any_cut(&self) -> bool {
        let nodes = Mask::first(self.fixed.nodes);
        self.network.any_line(nodes, nodes, true)
    }

    /// A node as a card.
    pub fn node_view(&self, node: Endpoint) -> NodeView {
        let mut view = self.actors.node_view(node);
        if let Some((earliest, latest)) = &mut view.interval {
            let wall = self.ends[node.index()].clocks.wall(self.now);
            (*earliest, *latest) = (*earliest + wall, *latest + wall);
            let moment = |at: i64| Part::Number(at.div_euclid(1_000));
            let parts = [("from", moment(*earliest)), ("to", moment(*latest))];
            let words = fill("{from} to {to} ms", &parts);
            view.fact("the time is", words, false);
        }
        view
    }

    /// What a leader, or a person's client, relies on for a while, as if it were a timer: when that began, and when it
    /// ends unless it goes on before.
    pub fn lease(&self, end: Endpoint) -> Option<RunningTimer> {
        let Lease { from, until } = self.actors.lease(end)?;
        let clocks = &self.ends[end.index()].clocks;
        let steady = clocks.steady(self.now);
        let since = clocks.true_span(steady.since(from));
        let left = clocks.true_span(until.since(steady));
        let timer = RunningTimer {
            kind: u8::MAX,
            set_at: Micros(self.now.0.saturating_sub(since.0)),
            deadline: self.now + left,
        };
        let lasts = left > Micros::ZERO && !self.life(end).is_down();
        lasts.then_some(timer)
    }

    /// The nodes together, in the words of the domain.
    pub fn standing(&self, names: &Names<'_>) -> Standing {
        let mut standing = self.actors.standing(names);
        let mut found = self.actors.sightings().findings.iter();
        standing.broken = found.find(|found| found.promised).copied();
        if let Some(broken) = standing.broken {
            standing.tone = Tone::No;
            standing.ops = broken.op.into_iter().collect();
        }
        standing
    }

    /// The operations whose changes the answer rests on that a node has just given to an operation; `None`, where it has
    /// not.
    pub fn visible(&self, node: Endpoint, op: OpId) -> Option<OpSet> {
        self.actors.visible(node, op)
    }

    /// What became of an operation.
    pub fn fate(&self, op: OpId) -> Fate {
        self.actors.fate(op)
    }

    /// A node's clocks: its steady clock, its wall clock in microseconds, the jumps so far, the drift in millionths.
    pub fn clocks(&self, node: Endpoint) -> (Micros, i64, i64, i32) {
        let clocks = &self.ends[node.index()].clocks;
        (
            clocks.steady(self.now),
            clocks.wall(self.now),
            clocks.offset_us(),
            clocks.drift_ppm,
        )
    }

    /// The timers that run at an endpoint.
    pub fn timers(&self, end: Endpoint) -> Vec<RunningTimer> {
        let mut running = Vec::new();
        for (kind, timer) in (0..).zip(&self.ends[end.index()].timers) {
            if timer.armed {
                running.push(RunningTimer {
                    kind,
                    set_at: timer.set_at,
                    deadline: timer.deadline,
                });
            }
        }
        running
    }

    /// What is on its way, in the order of sending.
    pub fn arrows(&self) -> Vec<Arrow> {
        let handles = self.network.between(Mask::ALL, Mask::ALL);
        handles
            .into_iter()
            .map(|handle| self.arrow(handle))
            .collect()
    }

    fn arrow(&self, handle: Handle) -> Arrow {
        let flight: &Flight = &self.network.flights[handle as usize];
        Arrow {
            name: flight.name(),
            sent_at: flight.sent_at,
            ends_at: match flight.motion {
                Motion::Doomed => flight.middle().max(self.now),
                _ => flight.arrives_at,
            },
            arrives_at: flight.arrives_at,
            sent: flight.sent,
            motion: flight.motion,
            view: self.actors.live_message_view(handle),
        }
    }

    /// What a person asked for last and how that ended.
    pub fn heard(&self, client: Endpoint) -> Option<Heard> {
        let end = self.ends.get(client.index())?;
        match end.asked {
            Some(asked) => Some(Heard {
                op: asked.op,
                operation: asked.operation,
                outcome: Outcome::Open,
                since: asked.since,
                until: self.now,
            }),
            None => end.heard,
        }
    }

    /// How many writes a node's disk has not finished.
    pub fn writing(&self, node: Endpoint) -> usize {
        self.ends
            .get(node.index())
            .map_or(0, |end| end.writes.len())
    }

    /// About how much memory one node's state takes, in bytes.
    pub fn node_bytes(&self, node: Endpoint) -> usize {
        self.actors.node_bytes(node)
    }

    /// About how much memory a checkpoint of this world takes, in bytes.
    pub fn bytes(&self) -> usize {
        let timers = self.fixed.spec.timers.len() * size_of::<Timer>();
        let ends: usize = self
            .ends
            .iter()
            .map(|end| size_of::<End>() + timers + end.inbox.len() * 24 + end.writes.len() * 128)
            .sum();
        size_of::<Self>() + ends + self.queue.bytes() + self.network.bytes() + self.actors.bytes()
    }
}
