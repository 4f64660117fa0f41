//! What a run has cost by a moment, counted from its trace and its history: what a comparison puts side by side.

use crate::time::clock;
use sim_core::history::{History, Outcome, Record};
use sim_core::run::Timeline;
use sim_core::trace::{Kind, Trace};
use sim_core::units::{Endpoint, Micros};

/// The numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Messages that a node has sent to a node.
    pub messages: u32,
    /// Operations that were asked for, and what became of those that ended: answered, refused for certain, or given up
    /// without knowing.
    pub asked: u32,
    /// See there.
    pub answered: u32,
    /// See there.
    pub refused: u32,
    /// See there.
    pub lost: u32,
    /// How many messages one after the other led from the asking to the answer, on average, in tenths; over those answers
    /// to which such a chain leads: one that a timer brought about has lost its beginning.
    pub hops_tenths: Option<u32>,
    /// The longest time in which somebody waited and nothing was done for anybody. To be refused is no service.
    pub without_service: Micros,
}

impl Counts {
    /// By a moment.
    pub fn of(timeline: &Timeline, at: Micros) -> Self {
        let events = timeline.events_by(at);
        let nodes = timeline.run().scenario.node_count();
        let trace = timeline.trace();
        let is_node = |end: Endpoint| end.0 < nodes;
        let sent = trace.events().iter().take(events as usize);
        let messages = sent
            .filter(|event| event.kind == Kind::Sent && is_node(event.who) && is_node(event.peer));
        let mut counts = Self {
            messages: messages.count() as u32,
            ..Self::default()
        };
        let (mut hops, mut chains) = (0, 0);
        for record in known(timeline.history(), events) {
            counts.asked += 1;
            match record.outcome {
                Outcome::Open => {}
                Outcome::Unknown => counts.lost += 1,
                Outcome::Told(_) if record.is_done() => {
                    counts.answered += 1;
                    if let Some(found) = hops_of(trace, &record) {
                        hops += found;
                        chains += 1;
                    }
                }
                Outcome::Told(_) if record.is_refused() => counts.refused += 1,
                // It does not know itself.
                Outcome::Told(_) => counts.lost += 1,
            }
        }
        counts.hops_tenths = (hops * 10_u32).checked_div(chains);
        counts.without_service = without_service(timeline.history(), events, at);
        counts
    }

    /// What each number is called, and the number.
    pub fn lines(&self) -> [(&'static str, String); 4] {
        let rounds = |tenths: u32| {
            // Two messages make a round trip.
            let rounds = tenths.div_ceil(2);
            format!("{}.{}", rounds / 10, rounds % 10)
        };
        let mut became = vec![format!("{} answered", self.answered)];
        let waiting = self.asked - self.answered - self.refused - self.lost;
        let more = [
            (self.refused, "refused"),
            (self.lost, "lost"),
            (waiting, "waiting"),
        ];
        for (count, word) in more {
            if count > 0 {
                became.push(format!("{count} {word}"));
            }
        }
        [
            ("Operations", became.join(", ")),
            ("Messages between servers", self.messages.to_string()),
            (
                "Round trips from asking to answer",
                self.hops_tenths.map_or_else(|| "–".to_owned(), rounds),
            ),
            ("Longest time without service", clock(self.without_service)),
        ]
    }
}

/// The records as they stood then.
fn known(history: &History, events: u32) -> impl Iterator<Item = Record> {
    let records = history.records.iter();
    records.filter_map(move |record| record.as_of(events))
}

/// How many messages one after the other led from the asking to the answer, if they did.
fn hops_of(trace: &Trace, record: &Record) -> Option<u32> {
    let mut hops = 0;
    for id in trace.causes(record.ended_by) {
        if id == record.invoked_by {
            return Some(hops);
        }
        let event = trace.get(id)?;
        hops += u32::from(event.kind == Kind::Delivered);
    }
    None
}

/// Whether it is an asking, and if not, whether it was answered.
const ASKS: u64 = 2;
const SERVED: u64 = 1;

/// The longest time in which somebody waited and nobody was answered. Whoever gave up waits no longer.
fn without_service(history: &History, events: u32, at: Micros) -> Micros {
    // What changes who waits, as numbers, for there is one sort of those: at one moment whoever is answered comes first.
    let mut changes: Vec<u64> = Vec::new();
    for record in known(history, events) {
        if record.ended == record.invoked {
            // Nobody waited, whatever was said.
            continue;
        }
        changes.push(record.invoked.0 << 2 | ASKS);
        if record.outcome != Outcome::Open {
            changes.push(record.ended.0 << 2 | u64::from(record.is_done()));
        }
    }
    changes.sort_unstable();
    let (mut waiting, mut since, mut longest) = (0_u32, Micros::ZERO, Micros::ZERO);
    for change in changes {
        let (when, asks) = (Micros(change >> 2), change & ASKS != 0);
        let is_served = change & SERVED != 0;
        if waiting > 0 {
            longest = longest.max(when.since(since));
        }
        if is_served || waiting == 0 {
            since = when;
        }
        match asks {
            true => waiting += 1,
            false => waiting = waiting.saturating_sub(1),
        }
    }
    if waiting > 0 {
        longest = longest.max(at.since(since));
    }
    longest
}

/// Moments at which it shows that runs of one script went apart: an operation ended in one of the others as it did not end
/// in the first: the earlier of both endings. In order of time.
pub fn differences(first: &Timeline, others: &[&Timeline]) -> Vec<Micros> {
    let mut moments: Vec<u64> = Vec::new();
    for other in others {
        let theirs = &other.history().records;
        let mut from = 0;
        for mine in &first.history().records {
            // Whoever is busy asks for nothing, so one run may lack what the other has.
            while theirs
                .get(from)
                .is_some_and(|one| one.invoked < mine.invoked)
            {
                from += 1;
            }
            let now = theirs.iter().skip(from);
            let mut now = now.take_while(|one| one.invoked == mine.invoked);
            let is_same =
                |one: &&Record| (one.client, one.operation) == (mine.client, mine.operation);
            if let Some(theirs) = now.find(is_same)
                && mine.outcome != theirs.outcome
            {
                moments.push(mine.ended.0.min(theirs.ended.0));
            }
        }
    }
    moments.sort_unstable();
    moments.dedup();
    // Where one never ended the other did.
    let moments = moments.into_iter().map(Micros);
    moments.filter(|at| *at < Micros::NEVER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::Run;
    use sim_core::scenario::Scenario;

    fn timeline(change: impl FnOnce(&mut Scenario)) -> Timeline {
        let mut scenario = catalogue::find("bank-two-cut").expect("in the catalogue");
        change(&mut scenario);
        Timeline::of(Run::new(scenario, 7)).expect("it runs")
    }

    #[test]
    fn what_was_refused_or_answered_is_counted_and_how_many_messages_it_took() {
        let all = timeline(|_| {});
        let end = all.run().end();
        assert_eq!(Counts::of(&all, Micros::ZERO), Counts::default());
        let (asks, serves) = (
            Counts::of(&all, end),
            Counts::of(
                &timeline(|scenario| {
                    scenario.choose("policy", "local");
                }),
                end,
            ),
        );
        assert_eq!(asks.asked, serves.asked);
        assert_eq!(serves.answered, serves.asked);
        assert!(asks.refused > 0, "{asks:?}");
        assert_eq!(asks.answered + asks.refused + asks.lost, asks.asked);
        // Whoever serves what it knows answers at once: there and back.
        assert_eq!(serves.hops_tenths, Some(20));
        assert!(asks.hops_tenths > Some(20), "{asks:?}");
        assert!(asks.without_service > serves.without_service);
    }

    #[test]
    fn runs_differ_where_their_people_were_told_otherwise() {
        let (one, other) = (
            timeline(|_| {}),
            timeline(|scenario| {
                scenario.choose("policy", "local");
            }),
        );
        let apart = differences(&one, &[&other]);
        assert!(!apart.is_empty() && apart.is_sorted());
        assert_eq!(differences(&one, &[&one]), []);
        assert_eq!(apart, differences(&other, &[&one]));
    }
}
