//! Lines, what is cut, and what is on its way.

use crate::action::MessageName;
use crate::scenario::{LinkSpec, Scenario};
use crate::trace::Loss;
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::world::actors::Handle;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// How many messages a one-way cut lets through a stream before its sender, who gets no acknowledgement any more,
/// stalls: about one window of a default socket buffer with small messages.
pub const STREAM_WINDOW: u32 = 16;

/// Where a message in flight is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// On its way.
    Moving,
    /// On its way to be lost.
    Doomed,
    /// Stopped by a person until released.
    Held,
    /// In a stream that does not move: the line is cut, or an earlier message is missing.
    Stalled,
}

/// A message between two endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub live: bool,
    pub motion: Motion,
    pub doom: Loss,
    pub from: Endpoint,
    pub to: Endpoint,
    pub number: u32,
    /// Raised by everything that makes an entry in the queue void.
    pub stamp: u32,
    pub sent: EventId,
    pub sent_at: Micros,
    pub arrives_at: Micros,
}

impl Flight {
    pub(crate) const fn name(&self) -> MessageName {
        MessageName {
            from: self.from,
            to: self.to,
            number: self.number,
        }
    }

    /// When it passes the middle of its line, where a cut catches it.
    pub(crate) fn middle(&self) -> Micros {
        self.sent_at + Micros(self.arrives_at.since(self.sent_at).0 / 2)
    }
}

/// What changes about a line.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Line {
    pub sent: u32,
    pub copies: u32,
    /// Streams: delivered since acknowledgements stopped coming back.
    pub unacknowledged: u32,
}

#[derive(Clone)]
pub(crate) struct Network {
    pub endpoints: u8,
    specs: Rc<[LinkSpec]>,
    lines: Vec<Line>,
    /// By sender: who does not hear them.
    cuts: Vec<Mask>,
    pub flights: Vec<Flight>,
    pub any_stream: bool,
}

impl Network {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let count = scenario.endpoint_count();
        let mut specs = Vec::new();
        for from in 0..count {
            for to in 0..count {
                specs.push(scenario.link(Endpoint(from), Endpoint(to)));
            }
        }
        let any_stream = specs.iter().any(|spec| spec.stream);
        Self {
            endpoints: count,
            lines: alloc::vec![Line::default(); specs.len()],
            specs: specs.into(),
            cuts: alloc::vec![Mask::EMPTY; usize::from(count)],
            flights: Vec::new(),
            any_stream,
        }
    }

    fn place(&self, from: Endpoint, to: Endpoint) -> usize {
        from.index() * usize::from(self.endpoints) + to.index()
    }

    pub(crate) fn spec(&self, from: Endpoint, to: Endpoint) -> &LinkSpec {
        &self.specs[self.place(from, to)]
    }

    pub(crate) fn line(&mut self, from: Endpoint, to: Endpoint) -> &mut Line {
        let place = self.place(from, to);
        &mut self.lines[place]
    }

    /// Whether nothing passes from one to the other.
    pub(crate) fn is_cut(&self, from: Endpoint, to: Endpoint) -> bool {
        self.cuts
            .get(from.index())
            .is_some_and(|cut| cut.contains(to))
    }

    /// Cuts the lines from every one of `from` to every one of `to`. Says whether any was whole.
    pub(crate) fn cut(&mut self, from: Mask, to: Mask) -> bool {
        self.each_cut(from, &|cut, all| Mask(cut.0 | (to.0 & all.0)))
    }

    /// Mends them. Says whether any was cut.
    pub(crate) fn mend(&mut self, from: Mask, to: Mask) -> bool {
        self.each_cut(from, &|cut, _| Mask(cut.0 & !to.0))
    }

    fn each_cut(&mut self, from: Mask, change: &dyn Fn(Mask, Mask) -> Mask) -> bool {
        let everybody = Mask::first(self.endpoints);
        let mut changed = false;
        for one in Mask(from.0 & everybody.0).iter() {
            let cut = &mut self.cuts[one.index()];
            let after = change(*cut, everybody.without(Mask::of(one)));
            changed |= after != *cut;
            *cut = after;
        }
        changed
    }

    /// Whether any line from one set to the other is cut (or, with `cut` false, whole).
    pub(crate) fn any_line(&self, from: Mask, to: Mask, cut: bool) -> bool {
        let everybody = Mask::first(self.endpoints);
        for one in Mask(from.0 & everybody.0).iter() {
            let heard_by = Mask(to.0 & everybody.0).without(Mask::of(one));
            let cuts = self.cuts[one.index()];
            let such = if cut {
                Mask(heard_by.0 & cuts.0)
            } else {
                heard_by.without(cuts)
            };
            if !such.is_empty() {
                return true;
            }
        }
        false
    }

    /// Streams: lines whose way back is open count their unacknowledged messages anew.
    pub(crate) fn acknowledge(&mut self) {
        let everybody = Mask::first(self.endpoints);
        for from in everybody.iter() {
            for to in everybody.iter() {
                if !self.is_cut(to, from) {
                    self.line(from, to).unacknowledged = 0;
                }
            }
        }
    }

    /// Puts a message on its way; `handle` is its place for as long as it lives.
    pub(crate) fn launch(&mut self, handle: Handle, mut flight: Flight) -> u32 {
        let place = handle as usize;
        if place >= self.flights.len() {
            let dead = Flight {
                live: false,
                stamp: 0,
                ..flight
            };
            self.flights.resize(place + 1, dead);
        }
        flight.stamp = self.flights[place].stamp.wrapping_add(1);
        self.flights[place] = flight;
        flight.stamp
    }

    /// The flight that a queue entry means, unless something made the entry void.
    pub(crate) fn due(&self, handle: Handle, stamp: u32) -> Option<Flight> {
        self.flights
            .get(handle as usize)
            .filter(|flight| flight.live && flight.stamp == stamp)
            .copied()
    }

    pub(crate) fn find(&self, name: MessageName) -> Option<Handle> {
        self.flights
            .iter()
            .position(|flight| flight.live && flight.name() == name)
            .map(|place| place as Handle)
    }

    /// What is on its way from one set to another, in the order of sending.
    pub(crate) fn between(&self, from: Mask, to: Mask) -> Vec<Handle> {
        let mut found = Vec::new();
        for (handle, flight) in (0..).zip(&self.flights) {
            if flight.live && from.contains(flight.from) && to.contains(flight.to) {
                found.push((flight.sent, flight.name(), handle));
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, _, handle)| handle).collect()
    }

    /// The earliest sent of what is on its way between two endpoints.
    pub(crate) fn first_on_line(&self, from: Endpoint, to: Endpoint) -> Option<Handle> {
        let mut first: Option<(u32, Handle)> = None;
        for (handle, flight) in (0..).zip(&self.flights) {
            let is_here = flight.live && (flight.from, flight.to) == (from, to);
            if is_here && first.is_none_or(|(number, _)| flight.number < number) {
                first = Some((flight.number, handle));
            }
        }
        first.map(|(_, handle)| handle)
    }

    /// Streams keep their order: whether something sent before `flight` is still on its line.
    pub(crate) fn waits_for_earlier(&self, flight: &Flight) -> bool {
        self.flights.iter().any(|other| {
            other.live
                && (other.from, other.to) == (flight.from, flight.to)
                && other.number < flight.number
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lines.len() * size_of::<Line>() + self.flights.len() * size_of::<Flight>()
    }
}
