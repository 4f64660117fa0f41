//! Which sentence stands under the stage. Step by step every one does; while a run plays they go by quicker than they
//! can be read, so what people were told and what was done to the world stands long enough, and chatter waits.

use std::cell::Cell;

use sim_core::trace::{Kind, Trace};
use sim_core::units::EventId;

use super::page;
use crate::session::Session;

/// How long a sentence of each weight stands at least before another of its weight may take its place, in real
/// microseconds.
const STANDS_US: [u64; 4] = [250_000, 500_000, 1_000_000, 1_600_000];
/// How long before one of less weight may.
const STANDS_LONG_US: u64 = 3_000_000;

/// A sentence, by its event.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Sentence {
    event: EventId,
    weight: usize,
    since_us: u64,
}

/// How much an event tells: an answer or a deed, a decision, a loss, or chatter.
pub const fn weight(kind: Kind) -> usize {
    match kind {
        Kind::Replied | Kind::GaveUp | Kind::Acted | Kind::HadNoEffect => 3,
        Kind::Noted | Kind::Invoked => 2,
        Kind::Dropped => 1,
        _ => 0,
    }
}

/// Keeps a sentence standing while a run plays.
#[derive(Default)]
pub struct Caption {
    run: Cell<u64>,
    /// How many events were looked at.
    seen: Cell<u32>,
    shown: Cell<Option<Sentence>>,
    waits: Cell<Option<Sentence>>,
}

impl Caption {
    /// The event whose sentence stands now.
    pub fn event(&self, session: &Session) -> Option<EventId> {
        let timeline = session.timeline.borrow();
        let events = session.picture.events;
        if !session.playing {
            self.shown.set(None);
            self.waits.set(None);
            self.seen.set(events);
            let told = session.picture.telling;
            // Where a run is over, what came of it stands, not the last chatter.
            let over = session.at >= timeline.reached();
            let answer = || last_answer(timeline.trace(), events);
            return over.then(answer).flatten().or(told);
        }
        let run = session.followed;
        if self.run.replace(run) != run || events < self.seen.get() {
            self.shown.set(None);
            self.seen.set(events.saturating_sub(1));
        }
        self.follow(timeline.trace(), events, page::now_us())
    }

    fn follow(&self, trace: &Trace, events: u32, now_us: u64) -> Option<EventId> {
        let fresh = (self.seen.replace(events)..events).map(EventId);
        for event in fresh {
            let weight = trace.get(event).map_or(0, |event| weight(event.kind));
            if self.waits.get().is_none_or(|waits| weight >= waits.weight) {
                self.waits.set(Some(Sentence {
                    event,
                    weight,
                    since_us: now_us,
                }));
            }
        }
        if let Some(next) = self.waits.get()
            && self
                .shown
                .get()
                .is_none_or(|shown| gives_way(shown, next, now_us))
        {
            self.waits.set(None);
            self.shown.set(Some(Sentence {
                since_us: now_us,
                ..next
            }));
        }
        self.shown.get().map(|shown| shown.event)
    }
}

/// Whether a sentence has stood long enough for the next one.
fn gives_way(shown: Sentence, next: Sentence, now_us: u64) -> bool {
    let stood_us = now_us.saturating_sub(shown.since_us);
    match next.weight.cmp(&shown.weight) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => stood_us >= STANDS_US[shown.weight],
        std::cmp::Ordering::Less => stood_us >= STANDS_LONG_US,
    }
}

/// The last answer that anybody heard, or did not hear.
fn last_answer(trace: &Trace, events: u32) -> Option<EventId> {
    trace.last(events, |event| {
        matches!(event.kind, Kind::Replied | Kind::GaveUp)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::{Run, Timeline};

    #[test]
    fn every_answer_stands_long_enough_to_be_read_and_chatter_never_takes_its_place() {
        let run = Run::new(catalogue::find("bank-two-cut").unwrap(), 7);
        let timeline = Timeline::of(run).unwrap();
        let trace = timeline.trace();
        let caption = Caption::default();
        let mut stood: Vec<(Kind, u64)> = Vec::new();
        // Sixty frames a second, and three seconds of the run in fifteen of the reader's.
        for frame in 0..900u64 {
            let now_us = frame * 16_667;
            let events = timeline.events_by(sim_core::units::Micros(now_us / 5));
            let Some(event) = caption.follow(trace, events, now_us) else {
                continue;
            };
            let kind = trace.get(event).unwrap().kind;
            match stood.last_mut() {
                Some((last, us)) if *last == kind => *us += 16_667,
                _ => stood.push((kind, 16_667)),
            }
        }
        let answers: Vec<u64> = stood
            .iter()
            .filter(|(kind, _)| *kind == Kind::Replied)
            .map(|(_, us)| *us)
            .collect();
        assert!(answers.len() >= 2, "{stood:?}");
        let hurried = answers[..answers.len() - 1]
            .iter()
            .filter(|us| **us < 1_000_000);
        assert_eq!(hurried.count(), 0, "{stood:?}");
        assert!(last_answer(trace, trace.len()).is_some());
    }
}
