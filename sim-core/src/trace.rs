//! The list of what happened, each with its cause, compact enough to keep whole.

use crate::action::{Action, MessageName, Timed};
use crate::history::History;
use crate::units::{Endpoint, EventId, Micros};
use crate::wire::{Decoder, Encoder};
use alloc::vec::Vec;
use xxhash_rust::xxh64::Xxh64;

/// What kind of thing happened. The numbers are part of every digest: append only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A node started.
    Started = 0,
    /// A person or the script did something to the world; the payload is the action.
    Acted = 1,
    /// They tried, and it did not apply any more.
    HadNoEffect = 2,
    /// A client asked for something; `number` is the operation.
    Invoked = 3,
    /// A message left; `number` names it on its line.
    Sent = 4,
    /// It was handed to its receiver.
    Delivered = 5,
    /// It was lost; `detail` is a [`Loss`].
    Dropped = 6,
    /// A timer ran out; `detail` is its kind.
    TimerFired = 7,
    /// Something became durable; `number` is the mark.
    Persisted = 8,
    /// The person heard an answer; `number` is the operation.
    Replied = 9,
    /// The person stopped waiting; `number` is the operation.
    GaveUp = 10,
    /// A node said why it did what it did.
    Noted = 11,
    /// A stream opened.
    Connected = 12,
    /// A stream closed.
    Disconnected = 13,
    /// A message arrived at an endpoint that stands still, and waits there.
    Waits = 14,
}

impl Kind {
    /// All of them, by number.
    pub const ALL: [Self; 15] = [
        Self::Started,
        Self::Acted,
        Self::HadNoEffect,
        Self::Invoked,
        Self::Sent,
        Self::Delivered,
        Self::Dropped,
        Self::TimerFired,
        Self::Persisted,
        Self::Replied,
        Self::GaveUp,
        Self::Noted,
        Self::Connected,
        Self::Disconnected,
        Self::Waits,
    ];
}

/// How a message was lost. Numbers are part of every digest: append only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Loss {
    /// The line was cut.
    Cut = 0,
    /// The line loses some.
    Chance = 1,
    /// A person dropped it.
    Dropped = 2,
    /// Its receiver was down.
    NobodyThere = 3,
}

/// One thing that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// What happened right before and made it happen, or [`EventId::NONE`].
    pub cause: EventId,
    /// The message's number on its line, the operation, the mark.
    pub number: u32,
    payload_start: u32,
    payload_len: u16,
    /// What.
    pub kind: Kind,
    /// At whom.
    pub who: Endpoint,
    /// With whom: the other end of a message or a stream.
    pub peer: Endpoint,
    /// A closer word: see [`Kind`].
    pub detail: u8,
}

impl Event {
    /// The message's name, where the event is about one.
    pub const fn message(&self) -> Option<MessageName> {
        match self.kind {
            Kind::Sent => Some(MessageName {
                from: self.who,
                to: self.peer,
                number: self.number,
            }),
            Kind::Delivered | Kind::Dropped | Kind::Waits => Some(MessageName {
                from: self.peer,
                to: self.who,
                number: self.number,
            }),
            _ => None,
        }
    }
}

/// The events of a run with their payloads.
#[derive(Clone, Default, Debug)]
pub struct Trace {
    events: Vec<Event>,
    payloads: Vec<u8>,
}

impl Trace {
    /// How many events.
    pub fn len(&self) -> u32 {
        self.events.len() as u32
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The event of that number.
    pub fn get(&self, id: EventId) -> Option<&Event> {
        self.events.get(id.0 as usize)
    }

    /// All of them, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The last of the first `count` events that is wanted.
    pub fn last(&self, count: u32, wanted: impl Fn(&Event) -> bool) -> Option<EventId> {
        let is_wanted = |id: &EventId| self.get(*id).is_some_and(&wanted);
        (0..count).rev().map(EventId).find(is_wanted)
    }

    /// The bytes that belong to an event: the message, the note, the action, the answer.
    pub fn payload(&self, event: &Event) -> &[u8] {
        let start = event.payload_start as usize;
        self.payloads
            .get(start..start + usize::from(event.payload_len))
            .unwrap_or(&[])
    }

    /// What this event brought about directly, in order.
    pub fn effects(&self, id: EventId) -> impl Iterator<Item = EventId> {
        let later = self.events.iter().enumerate().skip(id.0 as usize + 1);
        later
            .filter(move |(_, event)| event.cause == id)
            .map(|(i, _)| EventId(i as u32))
    }

    /// The chain of causes of an event, nearest first.
    pub fn causes(&self, id: EventId) -> impl Iterator<Item = EventId> {
        let first = self.get(id).and_then(|event| event.cause.some());
        core::iter::successors(first, |id| {
            self.get(*id).and_then(|event| event.cause.some())
        })
    }

    /// The sending of the message that was delivered, lost or put by: the nearest among the causes. Of a copy that a
    /// person made, the sending of what was copied; of one that a person dropped, its own.
    pub fn sending(&self, event: &Event) -> Option<EventId> {
        let mut cause = event.cause;
        for _ in 0..4 {
            let id = cause.some()?;
            let found = self.get(id)?;
            if found.kind == Kind::Sent {
                return Some(id);
            }
            let act = action_of(self, found).map(|timed| timed.action);
            if let Some(Action::Duplicate(name) | Action::Drop(name)) = act {
                let sent =
                    |event: &Event| event.kind == Kind::Sent && event.message() == Some(name);
                let before = self.events.get(..id.0 as usize)?;
                return before
                    .iter()
                    .rposition(sent)
                    .map(|place| EventId(place as u32));
            }
            cause = found.cause;
        }
        None
    }

    /// The first event that is later than `at`; equals the number of events up to and including that moment.
    pub fn count_until(&self, at: Micros) -> u32 {
        self.events.partition_point(|event| event.at <= at) as u32
    }

    /// Memory in use, in bytes.
    pub fn bytes(&self) -> usize {
        self.events.len() * size_of::<Event>() + self.payloads.len()
    }
}

/// How much of a run is written down while it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recording {
    /// Nothing: to get somewhere again, or to measure.
    Nothing,
    /// The digest and the history.
    Digest,
    /// The digest, the history and every event.
    Everything,
}

/// Takes down what happens.
#[derive(Clone)]
pub struct Recorder {
    pub(crate) recording: Recording,
    /// The events, if everything is recorded.
    pub trace: Trace,
    /// The clients' operations, unless nothing is recorded.
    pub history: History,
    /// Room for a payload that is being put together.
    pub(crate) payload: Encoder,
    digest: Xxh64,
    scratch: Encoder,
}

/// The digest's seed, and with it the version of the event encoding.
const DIGEST_SEED: u64 = 1;

impl Recorder {
    /// Starts with an empty page.
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            trace: Trace::default(),
            history: History::default(),
            payload: Encoder::default(),
            digest: Xxh64::new(DIGEST_SEED),
            scratch: Encoder::default(),
        }
    }

    /// XXH64 over the fixed-width encoding of all events so far.
    pub fn digest(&self) -> u64 {
        self.digest.digest()
    }

    pub(crate) fn event(&mut self, event: Happening, payload: &[u8]) {
        if self.recording == Recording::Nothing {
            return;
        }
        self.scratch.clear();
        self.scratch
            .u8(event.kind as u8)
            .u64(event.at.0)
            .u8(event.who.0)
            .u8(event.peer.0)
            .u8(event.detail)
            .u32(event.number)
            .u32(event.cause.0)
            .raw(payload);
        let length = payload.len() as u16;
        self.digest.update(&length.to_le_bytes());
        self.digest.update(self.scratch.bytes());
        if self.recording == Recording::Everything {
            self.trace.events.push(Event {
                at: event.at,
                cause: event.cause,
                number: event.number,
                payload_start: self.trace.payloads.len() as u32,
                payload_len: length,
                kind: event.kind,
                who: event.who,
                peer: event.peer,
                detail: event.detail,
            });
            self.trace.payloads.extend_from_slice(payload);
        }
    }
}

/// An event about to be recorded.
#[derive(Clone, Copy)]
pub(crate) struct Happening {
    pub at: Micros,
    pub cause: EventId,
    pub number: u32,
    pub kind: Kind,
    pub who: Endpoint,
    pub peer: Endpoint,
    pub detail: u8,
}

/// Writes an action's fixed-width bytes: kind, three words, one long.
pub(crate) fn encode_action(action: &Action, to: &mut Encoder) {
    let (a, b, c, d) = action.words();
    to.u8(action.kind()).u32(a).u32(b).u32(c).i64(d);
}

/// Reads back what [`encode_action`] wrote.
pub(crate) fn decode_action(bytes: &[u8]) -> Option<Action> {
    let mut from = Decoder::new(bytes);
    let kind = from.u8();
    let words = (from.u32(), from.u32(), from.u32(), from.i64());
    Action::from_words(kind, from.whole(words)?)
}

/// The action that an [`Kind::Acted`] or [`Kind::HadNoEffect`] event was.
pub fn action_of(trace: &Trace, event: &Event) -> Option<Timed> {
    matches!(event.kind, Kind::Acted | Kind::HadNoEffect)
        .then(|| decode_action(trace.payload(event)))?
        .map(|action| Timed {
            at: event.at,
            action,
        })
}
