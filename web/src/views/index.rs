//! What a trace does not say directly, looked up once a run: where each message ended, what each event led to, which
//! operation it belongs to, and when nodes were down.

use sim_core::action::Action;
use sim_core::run::Timeline;
use sim_core::trace::{Event, Kind, Trace, action_of};
use sim_core::units::{Endpoint, EventId, Micros, OpId};
use sim_core::world::Life;

/// A message from its sending to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flight {
    /// The event of its sending.
    pub sent: EventId,
    /// The event of its delivery or loss, or [`EventId::NONE`] while it is on its way.
    pub end: EventId,
    /// When it left.
    pub sent_at: Micros,
    /// When it ended; [`Micros::NEVER`] while it is on its way.
    pub ended_at: Micros,
}

/// A span of time in which an endpoint was not simply up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rest {
    /// Who.
    pub who: Endpoint,
    /// Since when.
    pub from: Micros,
    /// Until when; [`Micros::NEVER`] if it never came back.
    pub until: Micros,
    /// How.
    pub life: Life,
    /// The action that began it.
    pub began: EventId,
}

/// The lookups of one run. Built in one pass, a few bytes an event.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Index {
    /// Every message, in the order of sending.
    pub flights: Vec<Flight>,
    /// The latest end of any message up to each place of `flights`: what a window may leave out.
    latest_end: Vec<Micros>,
    /// Spans in which somebody was down or stood still.
    pub rests: Vec<Rest>,
    /// Where the effects of each event begin in `effects`.
    starts: Vec<u32>,
    effects: Vec<u32>,
    op_of: Vec<u32>,
}

impl Index {
    /// Reads a whole timeline.
    pub fn of(timeline: &Timeline) -> Self {
        let trace = timeline.trace();
        let mut index = Self::default();
        index.follow_messages(trace);
        index.follow_lives(trace);
        index.follow_effects(trace.events());
        index.follow_operations(trace.events());
        index
    }

    fn follow_messages(&mut self, trace: &Trace) {
        // The place of each sending in `flights`, by event.
        let mut places = vec![u32::MAX; trace.events().len()];
        let mut copies = Vec::new();
        for (id, event) in (0..).zip(trace.events()) {
            match event.kind {
                Kind::Sent => {
                    places[id as usize] = self.flights.len() as u32;
                    self.flights.push(Flight {
                        sent: EventId(id),
                        end: EventId::NONE,
                        sent_at: event.at,
                        ended_at: Micros::NEVER,
                    });
                }
                Kind::Delivered | Kind::Dropped | Kind::Waits => {
                    if let Some(sent) = sending(trace, event) {
                        let place = places[sent.0 as usize] as usize;
                        copies.extend(self.land(place, EventId(id), event.at));
                    }
                }
                _ => {}
            }
        }
        // Copies are few: to insert them costs less than the code that sorts.
        for copy in copies {
            let place = self
                .flights
                .partition_point(|flight| flight.sent <= copy.sent);
            self.flights.insert(place, copy);
        }
        let mut latest = Micros::ZERO;
        for flight in &self.flights {
            latest = latest.max(flight.ended_at);
            self.latest_end.push(latest);
        }
    }

    /// A message that arrived twice is two flights from one sending: the second is handed back.
    fn land(&mut self, place: usize, end: EventId, at: Micros) -> Option<Flight> {
        let flight = self.flights.get_mut(place)?;
        let landed = Flight {
            end,
            ended_at: at,
            ..*flight
        };
        if flight.end != EventId::NONE {
            return Some(landed);
        }
        *flight = landed;
        None
    }

    fn follow_lives(&mut self, trace: &Trace) {
        let acted = (0..)
            .zip(trace.events())
            .filter(|(_, event)| event.kind == Kind::Acted);
        for (id, event) in acted {
            let Some(timed) = action_of(trace, event) else {
                continue;
            };
            let (who, life) = match timed.action {
                Action::Kill(who) => (who, Life::Killed),
                Action::PowerOff(who) => (who, Life::Off),
                Action::Pause(who) => (who, Life::Paused),
                Action::Restart(who) | Action::Resume(who) => (who, Life::Up),
                _ => continue,
            };
            let open = self.rests.iter_mut().rev().find(|rest| rest.who == who);
            if let Some(open) = open.filter(|rest| rest.until == Micros::NEVER) {
                open.until = event.at;
            }
            if life != Life::Up {
                let (from, until) = (event.at, Micros::NEVER);
                self.rests.push(Rest {
                    who,
                    from,
                    until,
                    life,
                    began: EventId(id),
                });
            }
        }
    }

    fn follow_effects(&mut self, events: &[Event]) {
        let mut starts = vec![0u32; events.len() + 1];
        let causes = || events.iter().filter_map(|event| event.cause.some());
        for cause in causes() {
            starts[cause.0 as usize + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut next = starts.clone();
        self.effects = vec![0; starts.last().map_or(0, |all| *all as usize)];
        for (id, event) in (0..).zip(events) {
            if let Some(cause) = event.cause.some() {
                let place = &mut next[cause.0 as usize];
                self.effects[*place as usize] = id;
                *place += 1;
            }
        }
        self.starts = starts;
    }

    fn follow_operations(&mut self, events: &[Event]) {
        for event in events {
            let op = match (event.kind, event.cause.some()) {
                (Kind::Invoked, _) => event.number,
                (_, Some(cause)) => self
                    .op_of
                    .get(cause.0 as usize)
                    .copied()
                    .unwrap_or(u32::MAX),
                _ => u32::MAX,
            };
            self.op_of.push(op);
        }
    }

    /// What an event brought about directly, in order.
    pub fn effects(&self, id: EventId) -> impl Iterator<Item = EventId> + '_ {
        let bounds = self
            .starts
            .get(id.0 as usize..(id.0 as usize).saturating_add(2));
        let range = bounds.map_or(0..0, |bounds| bounds[0] as usize..bounds[1] as usize);
        self.effects[range].iter().map(|id| EventId(*id))
    }

    /// The operation that an event goes back to, if it goes back to one.
    pub fn operation(&self, id: EventId) -> Option<OpId> {
        let op = *self.op_of.get(id.0 as usize)?;
        (op != u32::MAX).then_some(OpId(op))
    }

    /// The messages that were on their way at some time between `from` and `until`.
    pub fn flights_in(&self, from: Micros, until: Micros) -> impl Iterator<Item = &Flight> {
        let first = self.latest_end.partition_point(|latest| *latest < from);
        let last = self
            .flights
            .partition_point(|flight| flight.sent_at <= until);
        let near = self.flights.get(first..last.max(first)).unwrap_or(&[]);
        near.iter().filter(move |flight| flight.ended_at >= from)
    }
}

/// The sending of a message that ended here; none where it had only waited at a receiver that stood still.
fn sending(trace: &Trace, event: &Event) -> Option<EventId> {
    let cause = event.cause.some().and_then(|cause| trace.get(cause))?;
    if cause.kind == Kind::Waits {
        return None;
    }
    trace.sending(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::Run;

    fn timeline(id: &str) -> Timeline {
        Timeline::of(Run::new(catalogue::find(id).unwrap(), 7)).unwrap()
    }

    #[test]
    fn every_sending_is_a_flight_and_ends_once_where_the_trace_says() {
        let timeline = timeline("bank-three-cut");
        let index = Index::of(&timeline);
        let events = timeline.trace().events();
        let sent = events
            .iter()
            .filter(|event| event.kind == Kind::Sent)
            .count();
        assert_eq!(index.flights.len(), sent);
        for flight in index
            .flights
            .iter()
            .filter(|flight| flight.end != EventId::NONE)
        {
            let end = timeline.trace().get(flight.end).unwrap();
            assert!(
                matches!(end.kind, Kind::Delivered | Kind::Dropped),
                "{end:?}"
            );
            assert!(flight.sent_at <= flight.ended_at);
        }
        assert!(index.flights.iter().any(|flight| {
            timeline
                .trace()
                .get(flight.end)
                .is_some_and(|event| event.kind == Kind::Dropped)
        }));
    }

    #[test]
    fn effects_are_the_causes_read_the_other_way() {
        let timeline = timeline("bank-two-cut");
        let index = Index::of(&timeline);
        for id in (0..timeline.trace().len()).map(EventId) {
            let slow: Vec<EventId> = timeline.trace().effects(id).collect();
            assert_eq!(index.effects(id).collect::<Vec<_>>(), slow);
        }
        assert_eq!(index.effects(EventId::NONE).count(), 0);
    }

    #[test]
    fn a_window_finds_every_message_that_crosses_it_and_no_other() {
        let timeline = timeline("bank-five");
        let index = Index::of(&timeline);
        for from in (0..3_000).step_by(70).map(Micros::from_ms) {
            let until = from + Micros::from_ms(50);
            let slow = index
                .flights
                .iter()
                .filter(|f| f.sent_at <= until && f.ended_at >= from);
            let slow: Vec<&Flight> = slow.collect();
            assert_eq!(index.flights_in(from, until).collect::<Vec<_>>(), slow);
        }
    }

    #[test]
    fn a_crash_lasts_until_the_restart() {
        let at = Micros::from_ms;
        let run = Run::new(catalogue::find("bank-two").unwrap(), 7);
        let run = run.fork(at(200), Action::Kill(Endpoint(1)));
        let run = run.fork(at(400), Action::Restart(Endpoint(1)));
        let run = run.fork(at(600), Action::Pause(Endpoint(0)));
        let index = Index::of(&Timeline::of(run).unwrap());
        let spans: Vec<_> = index
            .rests
            .iter()
            .map(|r| (r.who, r.from, r.until, r.life))
            .collect();
        assert_eq!(
            spans,
            [
                (Endpoint(1), at(200), at(400), Life::Killed),
                (Endpoint(0), at(600), Micros::NEVER, Life::Paused),
            ]
        );
    }

    #[test]
    fn what_an_operation_set_off_is_known_by_it() {
        let timeline = timeline("bank-two");
        let index = Index::of(&timeline);
        let replied = timeline.trace().events().iter().zip(0..);
        for (event, id) in replied.filter(|(event, _)| event.kind == Kind::Replied) {
            assert_eq!(index.operation(EventId(id)), Some(OpId(event.number)));
        }
    }

    #[test]
    fn a_doubled_message_is_two_flights_and_all_stay_in_order() {
        let name = sim_core::action::MessageName {
            from: Endpoint(2),
            to: Endpoint(0),
            number: 0,
        };
        let run = Run::new(catalogue::find("bank-two").unwrap(), 7);
        let run = run.fork(Micros::from_ms(102), Action::Duplicate(name));
        let timeline = Timeline::of(run).unwrap();
        let index = Index::of(&timeline);
        let sent = timeline
            .trace()
            .events()
            .iter()
            .filter(|event| event.kind == Kind::Sent);
        assert_eq!(index.flights.len(), sent.count() + 1);
        assert!(
            index
                .flights
                .windows(2)
                .all(|pair| pair[0].sent <= pair[1].sent)
        );
    }
}
