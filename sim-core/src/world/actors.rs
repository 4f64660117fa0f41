//! The seam between the engine, which is compiled once, and the protocols, which are typed.
//!
//! The engine holds handles; [`Typed`] holds node states and a slab of messages for one protocol and stands behind
//! the object-safe [`Actors`].

use crate::history::Fate;
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Input, Outputs, Protocol, Replica, Sightings, Told};
use crate::scenario::Scenario;
use crate::units::OpSet;
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::{Lease, MessageView, Names, NodeView, Standing};
use crate::wire::{Decoder, Encoder, Wire};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;

/// A message in the slab.
pub(crate) type Handle = u32;

/// An input whose message is a handle.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawInput {
    Start,
    Message { from: Endpoint, handle: Handle },
    Timer(u8),
    Persisted(u32),
    PeerUp(Endpoint),
    PeerDown(Endpoint),
    Promote,
    Member { node: Endpoint, joins: bool },
    Operation { op: OpId, operation: Operation },
    GaveUp { op: OpId },
}

/// An output whose message is a handle and whose note is a range of the scratch bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    Send { to: Endpoint, handle: Handle },
    SetTimer { kind: u8, min: Micros, max: Micros },
    CancelTimer(u8),
    Persist { mark: u32, tell: bool },
    Reply { op: OpId, answer: Answer },
    Note { start: u32, len: u32 },
}

/// Where a handler's outputs go.
#[derive(Default)]
pub(crate) struct Effects {
    pub list: Vec<Effect>,
    /// The notes' bytes; left empty where nobody records.
    pub notes: Encoder,
    pub recording: bool,
}

/// All nodes and client handlers of a run, whatever their protocol.
pub(crate) trait Actors {
    fn clone_box(&self) -> Box<dyn Actors>;
    fn input(
        &mut self,
        to: Endpoint,
        input: RawInput,
        context: Context,
        effects: &mut Box<Effects>,
    );
    fn told(&mut self, context: Context, told: Told);
    fn copy_message(&mut self, handle: Handle) -> Handle;
    fn free_message(&mut self, handle: Handle);
    fn encode_message(&self, handle: Handle, to: &mut Encoder);
    /// Memory is lost; the disk keeps what had become durable.
    fn crash(&mut self, node: Endpoint);
    /// The disk's present content begins to be written.
    fn begin_flush(&mut self, node: Endpoint);
    /// The oldest content being written has become durable.
    fn end_flush(&mut self, node: Endpoint);
    fn sightings(&self) -> &Sightings;
    fn set_monitored(&mut self, on: bool);
    fn fate(&self, op: OpId) -> Fate;
    fn visible(&self, node: Endpoint, op: OpId) -> Option<OpSet>;
    fn node_view(&self, node: Endpoint) -> NodeView;
    /// What a node, or a person's client, relies on.
    fn lease(&self, end: Endpoint) -> Option<Lease>;
    /// How it ranks among those that lead, if it says that it does.
    fn leads(&self, node: Endpoint) -> Option<u32> {
        self.node_view(node).leads
    }
    fn live_message_view(&self, handle: Handle) -> MessageView;
    fn standing(&self, names: &Names<'_>) -> Standing;
    fn node_bytes(&self, node: Endpoint) -> usize;
    /// About how much memory a copy of all this takes.
    fn bytes(&self) -> usize;
}

/// What one protocol's bytes in a trace say, without a world.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// A message from its bytes.
    pub message: fn(&[u8]) -> Option<MessageView>,
}

impl Reader {
    pub(crate) const fn of<P: Protocol>() -> Self {
        Self {
            message: |bytes| {
                P::Message::decode(&mut Decoder::new(bytes)).map(|m| P::message_view(&m))
            },
        }
    }
}

/// Messages on their way, each in a place that it keeps.
#[derive(Clone)]
pub(crate) struct Slab<M> {
    slots: Vec<Option<M>>,
    free: Vec<Handle>,
}

impl<M> Default for Slab<M> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<M> Slab<M> {
    pub(crate) fn insert(&mut self, message: M) -> Handle {
        if let Some(handle) = self.free.pop() {
            self.slots[handle as usize] = Some(message);
            return handle;
        }
        self.slots.push(Some(message));
        (self.slots.len() - 1) as Handle
    }

    pub(crate) fn take(&mut self, handle: Handle) -> Option<M> {
        let taken = self.slots.get_mut(handle as usize)?.take();
        if taken.is_some() {
            self.free.push(handle);
        }
        taken
    }
}

pub(crate) fn outputs<M, N>(messages: Slab<M>) -> Outputs<M, N> {
    Outputs {
        messages,
        effects: Box::default(),
        kind_of_note: PhantomData,
    }
}

pub(crate) struct Typed<P: Protocol> {
    config: P::Config,
    replicas: Vec<Replica<P>>,
    clients: Vec<P::Client>,
    out: Outputs<P::Message, P::Note>,
    /// Where the scenario's disk is slow, by node: what is durable, then what is being written, oldest first. With an
    /// immediate disk nothing is ever half written, and nothing is kept.
    slow_disks: Vec<Vec<P::Disk>>,
    monitor: P::Monitor,
    sightings: Sightings,
    monitored: bool,
}

impl<P: Protocol> Typed<P> {
    /// The actors of a scenario that was validated.
    pub(crate) fn boxed(scenario: &Scenario) -> Box<dyn Actors> {
        let config = P::configure(&scenario.choices(&P::SPEC));
        let mut replicas = Vec::new();
        for node in Mask::first(scenario.node_count()).iter() {
            let mut disk = P::format(&config, node);
            let memory = P::boot(&config, node, &mut disk);
            replicas.push(Replica::<P> { disk, memory });
        }
        let mut clients = Vec::new();
        for (me, client) in (scenario.node_count()..).zip(&scenario.clients) {
            clients.push(P::client(&config, Endpoint(me), client.home));
        }
        let mut slow_disks = Vec::new();
        if scenario.disk.1 > Micros::ZERO {
            for replica in &replicas {
                slow_disks.push(alloc::vec![replica.disk.clone()]);
            }
        }
        Box::new(Self {
            config,
            replicas,
            clients,
            out: outputs(Slab::default()),
            slow_disks,
            monitor: P::Monitor::default(),
            sightings: Sightings::default(),
            monitored: true,
        })
    }

    fn typed_input(&mut self, input: RawInput) -> Option<Input<P::Message>> {
        Some(match input {
            RawInput::Start => Input::Start,
            RawInput::Message { from, handle } => Input::Message {
                from,
                message: self.out.messages.take(handle)?,
            },
            RawInput::Timer(kind) => Input::Timer(kind),
            RawInput::Persisted(mark) => Input::Persisted(mark),
            RawInput::PeerUp(peer) => Input::PeerUp(peer),
            RawInput::PeerDown(peer) => Input::PeerDown(peer),
            RawInput::Promote => Input::Promote,
            RawInput::Member { node, joins } => Input::Member { node, joins },
            RawInput::Operation { op, operation } => Input::Operation { op, operation },
            RawInput::GaveUp { op } => Input::GaveUp { op },
        })
    }
}

impl<P: Protocol> Actors for Typed<P> {
    fn clone_box(&self) -> Box<dyn Actors> {
        Box::new(Self {
            config: self.config.clone(),
            replicas: self.replicas.clone(),
            clients: self.clients.clone(),
            out: outputs(self.out.messages.clone()),
            slow_disks: self.slow_disks.clone(),
            monitor: self.monitor.clone(),
            sightings: self.sightings.clone(),
            monitored: self.monitored,
        })
    }

    fn input(
        &mut self,
        to: Endpoint,
        input: RawInput,
        context: Context,
        effects: &mut Box<Effects>,
    ) {
        if matches!(input, RawInput::Start)
            && let Some(replica) = self.replicas.get_mut(to.index())
        {
            replica.memory = P::boot(&self.config, to, &mut replica.disk);
        }
        let Some(input) = self.typed_input(input) else {
            return;
        };
        core::mem::swap(&mut self.out.effects, effects);
        if let Some(replica) = self.replicas.get_mut(to.index()) {
            P::node(&self.config, context, replica, input, &mut self.out);
            if self.monitored {
                let (monitor, seen) = (&mut self.monitor, &mut self.sightings);
                P::observe(&self.config, context, monitor, replica, seen);
            }
        } else if let Some(client) = self.clients.get_mut(to.index() - self.replicas.len()) {
            P::person(&self.config, context, client, input, &mut self.out);
        }
        core::mem::swap(&mut self.out.effects, effects);
    }

    fn told(&mut self, context: Context, told: Told) {
        if self.monitored {
            let (monitor, seen) = (&mut self.monitor, &mut self.sightings);
            P::observe_reply(&self.config, context, monitor, told, seen);
        }
    }

    fn copy_message(&mut self, handle: Handle) -> Handle {
        let message = self.out.messages.slots[handle as usize].clone();
        message.map_or(handle, |message| self.out.messages.insert(message))
    }

    fn free_message(&mut self, handle: Handle) {
        let _ = self.out.messages.take(handle);
    }

    fn encode_message(&self, handle: Handle, to: &mut Encoder) {
        if let Some(Some(message)) = self.out.messages.slots.get(handle as usize) {
            message.encode(to);
        }
    }

    fn crash(&mut self, node: Endpoint) {
        let replica = &mut self.replicas[node.index()];
        if let Some(disk) = self.slow_disks.get_mut(node.index()) {
            disk.truncate(1);
            replica.disk.clone_from(&disk[0]);
        }
        // A dead node's memory is nothing; what it looks like until it starts is a fresh boot from its disk.
        replica.memory = P::boot(&self.config, node, &mut replica.disk);
    }

    fn begin_flush(&mut self, node: Endpoint) {
        if let Some(disk) = self.slow_disks.get_mut(node.index()) {
            disk.push(self.replicas[node.index()].disk.clone());
        }
    }

    fn end_flush(&mut self, node: Endpoint) {
        if let Some(disk) = self.slow_disks.get_mut(node.index())
            && disk.len() > 1
        {
            disk.remove(0);
        }
    }

    fn sightings(&self) -> &Sightings {
        &self.sightings
    }

    fn set_monitored(&mut self, on: bool) {
        self.monitored = on;
    }

    fn fate(&self, op: OpId) -> Fate {
        P::fate(&self.config, &self.replicas, op)
    }

    fn visible(&self, node: Endpoint, op: OpId) -> Option<OpSet> {
        let replica = self.replicas.get(node.index())?;
        P::visible(&self.config, replica, op)
    }

    fn node_view(&self, node: Endpoint) -> NodeView {
        P::node_view(&self.config, node, &self.replicas[node.index()])
    }

    fn lease(&self, end: Endpoint) -> Option<Lease> {
        match self.replicas.get(end.index()) {
            Some(replica) => P::lease(&self.config, replica),
            None => {
                let client = self.clients.get(end.index() - self.replicas.len())?;
                P::client_lease(&self.config, client)
            }
        }
    }

    fn live_message_view(&self, handle: Handle) -> MessageView {
        match self.out.messages.slots.get(handle as usize) {
            Some(Some(message)) => P::message_view(message),
            _ => MessageView::default(),
        }
    }

    fn standing(&self, names: &Names<'_>) -> Standing {
        P::standing(&self.config, &self.replicas, &self.sightings, names)
    }

    fn node_bytes(&self, node: Endpoint) -> usize {
        self.replicas.get(node.index()).map_or(0, P::weight)
    }

    fn bytes(&self) -> usize {
        let nodes: usize = self.replicas.iter().map(P::weight).sum();
        let slow = self.slow_disks.iter().map(Vec::len).sum::<usize>() * nodes;
        nodes + slow + self.out.messages.slots.len() * (size_of::<Option<P::Message>>() + 4)
    }
}
