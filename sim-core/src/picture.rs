//! The picture of a run at a moment: everything that a stage draws, as plain data. view(run, moment) → picture.

use crate::action::{Action, MessageName};
use crate::history::Outcome;
use crate::operation::Answer;
use crate::protocol::ProtocolSpec;
use crate::run::Timeline;
use crate::trace::{Event, Kind, action_of};
use crate::units::{Endpoint, EventId, Mask, Micros, OpId};
use crate::view::{NodeView, Standing, Tone, fill};
use crate::words::{self, Words};
use crate::world::{Arrow, Heard, Life, RunningTimer};
use alloc::rc::Rc;
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

impl NodePicture {
    /// The timer to watch, if it runs.
    #[inline(never)]
    pub fn alarm(&self) -> Option<&RunningTimer> {
        let is_it = |(_, timer): &&(_, RunningTimer)| Some(timer.kind) == self.view.alarm;
        self.timers.iter().find(is_it).map(|(_, timer)| timer)
    }

    /// Whether it runs and stands with that node.
    pub fn stands_with(&self, node: Endpoint) -> bool {
        self.view.stands_with == Some(node) && !self.life.is_down()
    }
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
    /// What they heard, in words for a bubble: "180"; empty while they wait.
    pub told: String,
    /// How long an answer took that says what they asked for.
    pub took: Option<Micros>,
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
    pub telling: Option<EventId>,
    /// How the nodes stand, in the words of the domain.
    pub standing: Standing,
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
    /// The arrow of a message that is on its way.
    pub fn arrow(&self, name: MessageName) -> Option<&Arrow> {
        self.arrows.iter().find(|arrow| arrow.name == name)
    }

    /// The picture of `timeline` at `at`.
    pub fn of(timeline: &mut Timeline, at: Micros) -> Self {
        let events = timeline.events_by(at);
        let standing = timeline.standing_at(at);
        let telling = Words::new(timeline.trace(), timeline.names(), &timeline.run().scenario)
            .and_then(|words| words.telling(events));
        let mut picture = Self {
            at,
            events,
            nodes: Vec::new(),
            people: Vec::new(),
            arrows: timeline.world_at(at).arrows(),
            cuts: Vec::new(),
            client_cuts: Vec::new(),
            telling,
            standing,
        };
        picture.draw_nodes(timeline);
        picture.draw_people(timeline);
        picture.draw_cuts(timeline);
        picture
    }

    /// Marks the answers of the operations that contradict one another.
    pub fn blame(&mut self, ops: &[OpId]) {
        for person in &mut self.people {
            if let Some(heard) = person.heard
                && matches!(heard.outcome, Outcome::Told(answer) if answer.is_read())
                && ops.contains(&heard.op)
            {
                person.told_tone = Tone::Stale;
            }
        }
    }

    fn draw_nodes(&mut self, timeline: &mut Timeline) {
        let spec = timeline.spec();
        let scenario = Rc::clone(&timeline.run().scenario);
        let world = timeline.world_at(self.at);
        for (place, name) in (0..).zip(&scenario.nodes) {
            let node = Endpoint(place);
            let (_, wall, offset, drift) = world.clocks(node);
            let mut timers = Vec::new();
            for timer in world.timers(node) {
                timers.push((spec.timers[usize::from(timer.kind)], timer));
            }
            self.nodes.push(NodePicture {
                node,
                name: name.clone(),
                life: world.life(node),
                view: world.node_view(node),
                stale: self.standing.stale.contains(node),
                timers,
                clock: (wall, offset, drift),
                writing: world.writing(node),
            });
        }
    }

    fn draw_people(&mut self, timeline: &mut Timeline) {
        let spec = timeline.spec();
        let scenario = Rc::clone(&timeline.run().scenario);
        let world = timeline.world_at(self.at);
        for (place, client) in (scenario.node_count()..).zip(&scenario.clients) {
            let end = Endpoint(place);
            let mut person = PersonPicture {
                client: end,
                name: client.name.clone(),
                home: client.home,
                life: world.life(end),
                heard: world.heard(end),
                asked: String::new(),
                told: String::new(),
                took: None,
                asked_tone: Tone::Plain,
                told_tone: Tone::Plain,
                can_ask: world.can_ask(end),
            };
            if let Some(heard) = person.heard {
                person.bubble(spec, heard);
            }
            self.people.push(person);
        }
    }

    fn draw_cuts(&mut self, timeline: &mut Timeline) {
        let scenario = Rc::clone(&timeline.run().scenario);
        let since = last_cut(timeline, self.events);
        let world = timeline.world_at(self.at);
        let nodes = scenario.node_count();
        let draw = |cuts: &mut Vec<CutLine>, a: Endpoint, b: Endpoint| {
            let (forth, back) = (world.is_cut(a, b), world.is_cut(b, a));
            if forth || back {
                cuts.push(CutLine {
                    a,
                    b,
                    forth,
                    back,
                    since,
                });
            }
        };
        for a in Mask::first(nodes).iter() {
            for b in Mask::first(nodes).without(Mask::first(a.0 + 1)).iter() {
                draw(&mut self.cuts, a, b);
            }
        }
        for (client, spec) in (nodes..).zip(&scenario.clients) {
            draw(&mut self.client_cuts, spec.home, Endpoint(client));
        }
    }

    /// Nodes that every node on the other side of a clean cut is cut off from: the two sides, if the cut lines make
    /// exactly two.
    pub fn sides(&self) -> Option<(Mask, Mask)> {
        let everybody = Mask::first(self.nodes.len() as u8);
        let clean = self.cuts.iter().all(|cut| cut.forth && cut.back);
        if self.cuts.is_empty() || !clean {
            return None;
        }
        let one = self.reach(Endpoint(0));
        let rest = everybody.without(one);
        let other = self.reach(rest.iter().next()?);
        (other == rest).then_some((one, other))
    }

    /// Who can be reached from a node over lines that are not cut.
    fn reach(&self, from: Endpoint) -> Mask {
        let everybody = Mask::first(self.nodes.len() as u8);
        let mut side = Mask::of(from);
        // Once a node, so that the farthest is found over all others.
        for _ in everybody.iter() {
            for a in side.iter() {
                let mut cut_off = Mask::EMPTY;
                for cut in &self.cuts {
                    if cut.a == a || cut.b == a {
                        cut_off = cut_off.with(cut.a).with(cut.b);
                    }
                }
                side.0 |= everybody.without(cut_off).0;
            }
        }
        side
    }
}

impl PersonPicture {
    /// What they asked and what they heard, in words for two bubbles.
    fn bubble(&mut self, spec: &ProtocolSpec, heard: Heard) {
        let asked = heard.operation.asks().bubble;
        let (told, tone) = match heard.outcome {
            Outcome::Open => (String::new(), Tone::Plain),
            Outcome::Told(answer) => {
                let words = words::answer(spec, answer);
                // A refusal without its reason.
                let words = words.split(':').next().unwrap_or("");
                let tone = match answer {
                    Answer::Refused(_) => Tone::No,
                    _ => Tone::Ok,
                };
                (String::from(words), tone)
            }
            Outcome::Unknown => (String::from("no answer"), Tone::Stale),
        };
        let is_answered = tone == Tone::Ok;
        self.asked = fill(asked, &words::gaps(heard.operation));
        self.asked_tone = if heard.operation.is_read() {
            Tone::Read
        } else {
            Tone::Write
        };
        self.told = told;
        self.told_tone = tone;
        self.took = is_answered.then(|| heard.until.since(heard.since));
    }
}

/// When the newest cut that is still in force began; good enough for a label.
fn last_cut(timeline: &Timeline, events: u32) -> Micros {
    let past = &timeline.trace().events()[..events as usize];
    let newest = past.iter().rev().find(|event| is_cut(timeline, event));
    newest.map_or(Micros::ZERO, |event| event.at)
}

fn is_cut(timeline: &Timeline, event: &Event) -> bool {
    event.kind == Kind::Acted
        && action_of(timeline.trace(), event).is_some_and(|timed| {
            matches!(
                timed.action,
                Action::Partition { .. } | Action::Cut { .. } | Action::OneWay { .. }
            )
        })
}

/// The spans of time in which any line between nodes was cut.
pub fn cut_spans(timeline: &mut Timeline) -> Vec<CutSpan> {
    let mut changes = Vec::new();
    for event in timeline.trace().events() {
        if event.kind == Kind::Acted {
            changes.push(event.at);
        }
    }
    let mut spans = Vec::new();
    let mut open: Option<Micros> = None;
    for at in changes {
        match (open, timeline.world_at(at).any_cut()) {
            (None, true) => open = Some(at),
            (Some(from), false) => {
                spans.push(CutSpan { from, until: at });
                open = None;
            }
            _ => {}
        }
    }
    if let Some(from) = open {
        let until = timeline.reached();
        spans.push(CutSpan { from, until });
    }
    spans
}
