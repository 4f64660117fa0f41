//! The picture of a run at a moment: everything that a stage draws, as plain data. view(run, moment) → picture.

use crate::action::Action;
use crate::check::Verdict;
use crate::history::Outcome;
use crate::run::Timeline;
use crate::trace::{Event, Kind, action_of};
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::view::{NodeView, Tone};
use crate::words::{self, Words};
use crate::world::{Arrow, Heard, Life, RunningTimer};
use alloc::string::String;
use alloc::vec::Vec;

/// A node at a moment.
#[derive(Clone, Debug)]
pub struct NodePicture {
    /// Which.
    pub node: Endpoint,
    /// Its name.
    pub name: String,
    /// Whether its process is there.
    pub life: Life,
    /// Its card. Of a node that is down: what its disk would bring back.
    pub view: NodeView,
    /// Whether it lacks something that another node has.
    pub stale: bool,
    /// Timers that run, with the kind's name.
    pub timers: Vec<(&'static str, RunningTimer)>,
    /// Its wall clock and its jumps so far, in microseconds, and its drift in millionths.
    pub clock: (i64, i64, i32),
    /// How many writes its disk has not finished.
    pub writing: usize,
}

/// A person at a moment.
#[derive(Clone, Debug)]
pub struct PersonPicture {
    /// The client.
    pub client: Endpoint,
    /// Their name.
    pub name: String,
    /// The node that they go to.
    pub home: Endpoint,
    /// Whether the client's process runs.
    pub life: Life,
    /// What they asked for last and how it ended.
    pub heard: Option<Heard>,
    /// What they asked, in words for a bubble: "deposit 100".
    pub asked: String,
    /// What they heard, in words for a bubble: "180 in 4 ms"; empty while they wait.
    pub told: String,
    /// What they asked means.
    pub asked_tone: Tone,
    /// What they heard means.
    pub told_tone: Tone,
    /// Whether they could ask for something now.
    pub can_ask: bool,
}

/// A line between two endpoints on which not everything passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CutLine {
    /// One end.
    pub a: Endpoint,
    /// The other; `a.0 < b.0`.
    pub b: Endpoint,
    /// Nothing from `a` reaches `b`.
    pub forth: bool,
    /// Nothing from `b` reaches `a`.
    pub back: bool,
    /// Since when.
    pub since: Micros,
}

/// Everything at a moment.
#[derive(Clone, Debug)]
pub struct Picture {
    /// When.
    pub at: Micros,
    /// How many events have happened by then.
    pub events: u32,
    /// The nodes.
    pub nodes: Vec<NodePicture>,
    /// The clients.
    pub people: Vec<PersonPicture>,
    /// What is on its way.
    pub arrows: Vec<Arrow>,
    /// Lines between nodes on which not everything passes.
    pub cuts: Vec<CutLine>,
    /// Lines between a client and its home on which not everything passes.
    pub client_cuts: Vec<CutLine>,
    /// The event that tells most about this moment, and its sentence.
    pub telling: Option<(EventId, String)>,
    /// What is judged.
    pub verdict: Verdict,
}

/// A cut as a span of time, for time axes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CutSpan {
    /// From when.
    pub from: Micros,
    /// Until when; the end of the run if it was never mended.
    pub until: Micros,
}

impl Picture {
    /// The picture of `timeline` at `at`.
    pub fn of(timeline: &mut Timeline, at: Micros) -> Self {
        let events = timeline.events_by(at);
        let verdict = Verdict::of(timeline, at);
        let telling = Words::new(timeline.trace(), timeline.names(), &timeline.run().scenario)
            .and_then(|words| words.telling(events).map(|id| (id, words.sentence(id))));
        let mut picture = Self {
            at,
            events,
            nodes: Vec::new(),
            people: Vec::new(),
            arrows: timeline.world_at(at).arrows(),
            cuts: Vec::new(),
            client_cuts: Vec::new(),
            telling,
            verdict,
        };
        picture.draw_nodes(timeline);
        picture.draw_people(timeline);
        picture.draw_cuts(timeline);
        picture
    }

    fn draw_nodes(&mut self, timeline: &mut Timeline) {
        let spec = timeline.spec();
        let names: Vec<String> = timeline.run().scenario.nodes.clone();
        let stale = self.verdict.standing.stale;
        let world = timeline.world_at(self.at);
        for (place, name) in (0..).zip(names) {
            let node = Endpoint(place);
            let (_, wall, offset, drift) = world.clocks(node);
            let timers = world.timers(node).into_iter();
            self.nodes.push(NodePicture {
                node,
                name,
                life: world.life(node),
                view: world.node_view(node),
                stale: stale.contains(node),
                timers: timers
                    .map(|timer| (spec.timers[usize::from(timer.kind)], timer))
                    .collect(),
                clock: (wall, offset, drift),
                writing: world.writing(node),
            });
        }
    }

    fn draw_people(&mut self, timeline: &mut Timeline) {
        let spec = timeline.spec();
        let scenario = alloc::rc::Rc::clone(&timeline.run().scenario);
        let contradicted = self.verdict.consistency.ops.clone();
        let world = timeline.world_at(self.at);
        for (place, client) in (scenario.node_count()..).zip(&scenario.clients) {
            let end = Endpoint(place);
            let heard = world.heard(end);
            let (asked, told, asked_tone, mut told_tone) = bubble(spec, heard);
            if let Some(heard) = heard
                && matches!(
                    heard.outcome,
                    Outcome::Told(crate::operation::Answer::Value(_))
                )
                && contradicted.contains(&heard.op)
            {
                told_tone = Tone::Stale;
            }
            self.people.push(PersonPicture {
                client: end,
                name: client.name.clone(),
                home: client.home,
                life: world.life(end),
                heard,
                asked,
                told,
                asked_tone,
                told_tone,
                can_ask: world.can_ask(end),
            });
        }
    }

    fn draw_cuts(&mut self, timeline: &mut Timeline) {
        let scenario = alloc::rc::Rc::clone(&timeline.run().scenario);
        let since = last_cut(timeline, self.events);
        let world = timeline.world_at(self.at);
        let nodes = scenario.node_count();
        let line = |a: u8, b: u8| {
            let (a, b) = (Endpoint(a), Endpoint(b));
            let (forth, back) = (world.is_cut(a, b), world.is_cut(b, a));
            (forth || back).then_some(CutLine {
                a,
                b,
                forth,
                back,
                since,
            })
        };
        for a in 0..nodes {
            self.cuts.extend((a + 1..nodes).filter_map(|b| line(a, b)));
        }
        for (client, spec) in (nodes..).zip(&scenario.clients) {
            self.client_cuts.extend(line(spec.home.0, client));
        }
    }

    /// Nodes that every node on the other side of a clean cut is cut off from: the two sides, if the cut lines make
    /// exactly two.
    pub fn sides(&self) -> Option<(Mask, Mask)> {
        let count = self.nodes.len() as u8;
        let whole = self.cuts.iter().filter(|cut| cut.forth && cut.back);
        let pairs: Vec<(u8, u8)> = whole.map(|cut| (cut.a.0, cut.b.0)).collect();
        if pairs.is_empty() || pairs.len() != self.cuts.len() {
            return None;
        }
        let reach = |from: u8| {
            let mut side = Mask::of(Endpoint(from));
            for _ in 0..count {
                for a in 0..count {
                    for b in 0..count {
                        let cut = pairs.contains(&(a.min(b), a.max(b)));
                        if side.contains(Endpoint(a)) && !cut {
                            side = side.with(Endpoint(b));
                        }
                    }
                }
            }
            side
        };
        let one = reach(0);
        let other = (0..count)
            .find(|node| !one.contains(Endpoint(*node)))
            .map(reach)?;
        (one.count() + other.count() == u32::from(count)).then_some((one, other))
    }
}

fn bubble(
    spec: &crate::protocol::ProtocolSpec,
    heard: Option<Heard>,
) -> (String, String, Tone, Tone) {
    use crate::operation::{Answer, Operation};
    use alloc::format;
    let Some(heard) = heard else {
        return (String::new(), String::new(), Tone::Plain, Tone::Plain);
    };
    let asked = match heard.operation {
        Operation::Balance => String::from("balance?"),
        Operation::Deposit { amount } => format!("deposit {amount}"),
        Operation::Withdraw { amount } => format!("withdraw {amount}"),
    };
    let asked_tone = if heard.operation.is_read() {
        Tone::Read
    } else {
        Tone::Write
    };
    let took = heard.until.since(heard.since);
    let (told, told_tone) = match heard.outcome {
        Outcome::Open => (String::new(), Tone::Plain),
        Outcome::Told(Answer::Done) => (format!("done in {took}"), Tone::Ok),
        Outcome::Told(Answer::Value(value)) => (
            format!("{} in {took}", crate::view::number(value)),
            Tone::Ok,
        ),
        Outcome::Told(refused) => {
            let words = words::answer(spec, refused);
            (
                words.split(':').next().map_or(String::new(), String::from),
                Tone::No,
            )
        }
        Outcome::Unknown => (String::from("no answer"), Tone::Stale),
    };
    (asked, told, asked_tone, told_tone)
}

/// When the newest cut that is still in force began; good enough for a label.
fn last_cut(timeline: &Timeline, events: u32) -> Micros {
    let past = timeline.trace().events().iter().take(events as usize).rev();
    past.filter(|event| event.kind == Kind::Acted)
        .find(|event| is_cut(timeline, event))
        .map_or(Micros::ZERO, |event| event.at)
}

fn is_cut(timeline: &Timeline, event: &Event) -> bool {
    action_of(timeline.trace(), event).is_some_and(|timed| {
        matches!(
            timed.action,
            Action::Partition { .. } | Action::Cut { .. } | Action::OneWay { .. }
        )
    })
}

/// The spans of time in which any line between nodes was cut.
pub fn cut_spans(timeline: &mut Timeline) -> Vec<CutSpan> {
    let changes: Vec<Micros> = timeline
        .trace()
        .events()
        .iter()
        .filter(|event| event.kind == Kind::Acted)
        .map(|event| event.at)
        .collect();
    let nodes = timeline.run().scenario.node_count();
    let end = timeline.reached();
    let mut spans: Vec<CutSpan> = Vec::new();
    let mut open: Option<Micros> = None;
    for at in changes {
        let world = timeline.world_at(at);
        let cut = (0..nodes)
            .any(|a| (0..nodes).any(|b| a != b && world.is_cut(Endpoint(a), Endpoint(b))));
        match (open, cut) {
            (None, true) => open = Some(at),
            (Some(from), false) => {
                spans.push(CutSpan { from, until: at });
                open = None;
            }
            _ => {}
        }
    }
    if let Some(from) = open {
        spans.push(CutSpan { from, until: end });
    }
    spans
}
