//! What is drawn on the sheet, as plain data: which messages, operations, rests and acts are in view, and what each is
//! called.

use sim_core::action::MessageName;
use sim_core::history::{Outcome, Record};
use sim_core::operation::{Answer, Operation};
use sim_core::protocol::ProtocolSpec;
use sim_core::run::Timeline;
use sim_core::trace::{Event, Kind, Trace};
use sim_core::units::{Endpoint, EventId, Micros, OpId};
use sim_core::view::{Names, Tone};
use sim_core::words::{self, Words};

use super::clock;
use super::index::{Flight, Index};
use crate::session::Selection;

/// How a message's arrow ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Its receiver has it.
    Arrived,
    /// It is on its way.
    Flying,
    /// It was lost.
    Lost,
}

/// A message's arrow, between two moments and two lines.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrow {
    /// The event of its sending.
    pub sent: EventId,
    /// The event of its end, for a second copy of the same sending.
    pub end_event: EventId,
    /// Its name.
    pub name: MessageName,
    /// From when.
    pub from_at: Micros,
    /// Until when: its end, or the last moment that was looked at.
    pub until: Micros,
    /// How much of the way it has come by then: 0 to 1.
    pub share: f64,
    /// How it ends.
    pub end: End,
    /// What it means.
    pub tone: Tone,
    /// The operation that it serves.
    pub op: Option<OpId>,
    /// What it is called: "North to South, +100: lost".
    pub words: String,
}

/// The messages that crossed the span from one moment until another, as they stood at a third: `seen`. Their words are
/// left out unless they are `told`.
pub fn arrows(
    timeline: &Timeline,
    index: &Index,
    (from, until, seen): (Micros, Micros, Micros),
    told: bool,
) -> Vec<Arrow> {
    let names = timeline.names();
    let Some(words) = Words::new(timeline.trace(), names, &timeline.run().scenario) else {
        return Vec::new();
    };
    let near = index.flights_in(from, until.min(seen));
    let arrows = near.filter_map(|flight| {
        let (mut arrow, label) = arrow(timeline.trace(), index, &words, flight, seen)?;
        if told {
            arrow.words = spoken(&arrow, &label, &names);
        }
        Some(arrow)
    });
    arrows.collect()
}

fn arrow(
    trace: &Trace,
    index: &Index,
    words: &Words<'_>,
    flight: &Flight,
    seen: Micros,
) -> Option<(Arrow, String)> {
    let sent = trace.get(flight.sent)?;
    let ended = trace.get(flight.end);
    let name = ended.and_then(Event::message).or_else(|| sent.message())?;
    let is_over = flight.ended_at <= seen;
    let lost = ended.is_some_and(|event| event.kind == Kind::Dropped);
    let whole = way(ended);
    let (end, share) = match ended {
        Some(_) if is_over && lost => (End::Lost, whole),
        Some(_) if is_over => (End::Arrived, 1.0),
        Some(_) => {
            let (gone, all) = (
                seen.since(flight.sent_at),
                flight.ended_at.since(flight.sent_at),
            );
            (End::Flying, whole * gone.0 as f64 / all.0.max(1) as f64)
        }
        None => (End::Flying, 0.25),
    };
    let view = words.message(sent);
    let arrow = Arrow {
        sent: flight.sent,
        end_event: flight.end,
        name,
        from_at: flight.sent_at,
        until: flight.ended_at.min(seen),
        share,
        end,
        tone: view.tone,
        op: index.operation(flight.sent),
        words: String::new(),
    };
    Some((arrow, view.label))
}

/// "North to South: “+100”, 703 ms, lost"
fn spoken(arrow: &Arrow, label: &str, names: &Names<'_>) -> String {
    let how = match arrow.end {
        End::Arrived => "",
        End::Flying => ", on its way",
        End::Lost => ", lost",
    };
    let (a, b) = (names.of(arrow.name.from), names.of(arrow.name.to));
    format!("{a} to {b}: “{label}”, {}{how}", clock(arrow.from_at))
}

/// How much of the way a message comes before it ends there.
fn way(ended: Option<&Event>) -> f64 {
    const NOBODY_THERE: u8 = 3;
    match ended {
        Some(event) if event.kind == Kind::Dropped && event.detail != NOBODY_THERE => 0.5,
        _ => 1.0,
    }
}

/// An operation's bar on the line of the person who asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Which operation.
    pub op: OpId,
    /// The event of the asking.
    pub asked: EventId,
    /// Who asked.
    pub who: Endpoint,
    /// From when.
    pub from: Micros,
    /// Until when: its end, or the last moment that was looked at.
    pub until: Micros,
    /// What asking it means.
    pub tone: Tone,
    /// How it ended.
    pub ended: Ended,
    /// "deposit 100", or "balance? 80" once a read is answered.
    pub label: String,
    /// "deposit 100: refused".
    pub words: String,
}

/// How an operation ended, as a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Not yet.
    Open,
    /// Answered.
    Answered,
    /// Refused.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// The operations that were open at some time in a span, as they stood after `events` events.
pub fn bars(timeline: &Timeline, from: Micros, until: Micros, seen: Micros) -> Vec<Bar> {
    let events = timeline.events_by(seen);
    let records = timeline
        .history()
        .records
        .iter()
        .filter_map(|record| record.as_of(events));
    let near = records.filter(|record| record.invoked <= until && record.ended >= from);
    near.map(|record| bar(&record, timeline, seen)).collect()
}

fn bar(record: &Record, timeline: &Timeline, seen: Micros) -> Bar {
    let label = asked(record.operation);
    let (ended, told) = told(timeline.spec(), record.outcome);
    let who = timeline.names().of(record.client);
    Bar {
        op: record.op,
        asked: record.invoked_by,
        who: record.client,
        from: record.invoked,
        until: record.ended.min(seen),
        tone: if record.operation.is_read() {
            Tone::Read
        } else {
            Tone::Write
        },
        ended,
        words: format!("{who}: {label}, {}: {told}", clock(record.invoked)),
        label: match ended {
            Ended::Answered if record.operation.is_read() => format!("{label} {told}"),
            _ => label,
        },
    }
}

/// What was asked, in as few words as there are.
pub fn asked(operation: Operation) -> String {
    match operation {
        Operation::Balance => "balance?".to_owned(),
        Operation::Deposit { amount } => format!("deposit {amount}"),
        Operation::Withdraw { amount } => format!("withdraw {amount}"),
        Operation::Read => "cart?".to_owned(),
        // No page has a figure of these yet.
        Operation::Get { .. }
        | Operation::GetAs { .. }
        | Operation::Put { .. }
        | Operation::CompareAndSet { .. }
        | Operation::Acquire
        | Operation::Release
        | Operation::GuardedWrite { .. } => String::new(),
        Operation::Add { .. } | Operation::Remove { .. } => {
            format!("{} {}", operation.name(), operation.item().unwrap_or(""))
        }
    }
}

/// How it ended, as a shape and in words.
pub fn told(spec: &ProtocolSpec, outcome: Outcome) -> (Ended, String) {
    match outcome {
        Outcome::Open => (Ended::Open, "still waiting".to_owned()),
        Outcome::Unknown => (Ended::Unknown, "no answer".to_owned()),
        Outcome::Told(answer @ Answer::Refused(_)) => (Ended::Refused, words::answer(spec, answer)),
        Outcome::Told(answer) => (Ended::Answered, words::answer(spec, answer)),
    }
}

/// Whether an event has a mark that one can stand on: a message, an operation, an act.
fn is_mark(event: &Event) -> bool {
    matches!(event.kind, Kind::Sent | Kind::Invoked | Kind::Acted)
}

/// The mark after an event, or before it; from nowhere, the nearest to the moment.
pub fn neighbour(trace: &Trace, from: Option<EventId>, at: Micros, forth: bool) -> Option<EventId> {
    let events = trace.events();
    let here = from.map_or_else(|| trace.count_until(at), |id| id.0) as usize;
    let place = if forth {
        let first = if from.is_some() { here + 1 } else { here };
        let later = events.get(first..)?;
        first + later.iter().position(is_mark)?
    } else {
        events
            .get(..here.min(events.len()))?
            .iter()
            .rposition(is_mark)?
    };
    Some(EventId(place as u32))
}

/// What standing on an event's mark selects, and the moment that shows it.
pub fn chosen(trace: &Trace, id: EventId) -> Option<(Selection, Micros)> {
    let event = trace.get(id)?;
    let selection = match event.kind {
        Kind::Sent => Selection::Message(event.message()?),
        Kind::Invoked => Selection::Operation(OpId(event.number)),
        _ => Selection::Event(id),
    };
    Some((selection, event.at))
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
    fn what_has_not_been_seen_is_not_drawn() {
        let timeline = timeline("bank-two-cut");
        let index = Index::of(&timeline);
        let at = Micros::from_ms;
        assert!(arrows(&timeline, &index, (at(0), at(3_000), at(50)), true).is_empty());
        assert!(bars(&timeline, at(0), at(3_000), at(50)).is_empty());
        let some = arrows(&timeline, &index, (at(0), at(3_000), at(103)), true);
        assert_eq!(some.len(), 1);
        assert_eq!(some[0].end, End::Flying);
        assert!(some[0].share > 0.0 && some[0].share < 1.0);
        let all = arrows(&timeline, &index, (at(0), at(3_000), at(3_000)), true);
        assert!(
            all.iter()
                .any(|arrow| arrow.end == End::Lost && arrow.share == 0.5)
        );
    }

    #[test]
    fn keys_walk_over_every_mark_and_back() {
        let timeline = timeline("bank-two");
        let trace = timeline.trace();
        let marks = trace.events().iter().filter(|event| is_mark(event)).count();
        let mut walked = Vec::new();
        let mut here = neighbour(trace, None, Micros::ZERO, true);
        while let Some(id) = here {
            walked.push(id);
            assert!(chosen(trace, id).is_some());
            here = neighbour(trace, Some(id), Micros::ZERO, true);
        }
        assert_eq!(walked.len(), marks);
        let last = *walked.last().unwrap();
        assert_eq!(
            neighbour(trace, Some(last), Micros::ZERO, false),
            walked.iter().rev().nth(1).copied()
        );
    }

    #[test]
    fn an_operation_says_how_it_ended() {
        let timeline = timeline("bank-two-cut");
        let end = Micros::from_ms(3_000);
        let bars = bars(&timeline, Micros::ZERO, end, end);
        assert_eq!(bars.len(), 5);
        assert_eq!(
            (bars[0].label.as_str(), bars[0].ended),
            ("deposit 20", Ended::Answered)
        );
        assert!(
            bars.iter()
                .any(|bar| bar.ended == Ended::Refused && bar.words.contains("refused"))
        );
    }
}
