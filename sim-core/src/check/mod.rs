//! Judging a run: was it available, was it consistent, did it keep its promises.

pub mod bank;

use crate::history::{Outcome, Record};
use crate::operation::Answer;
use crate::run::Timeline;
use crate::units::{Endpoint, Micros, OpId};
use crate::view::{Standing, Tone};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What the clients of one node got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side {
    /// The node.
    pub node: Endpoint,
    /// Operations that were answered with what was asked for.
    pub answered: u32,
    /// Operations that were refused.
    pub refused: u32,
    /// Operations whose client stopped waiting.
    pub unknown: u32,
    /// Operations that are still open.
    pub open: u32,
}

/// Whether one true book could have given the answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consistency {
    /// [`Tone::Ok`], [`Tone::No`], or [`Tone::Plain`] while nothing can be said.
    pub tone: Tone,
    /// "Yes.", "No.", "Not decided."
    pub head: String,
    /// The sentence that says why.
    pub words: String,
    /// The operations that it names.
    pub ops: Vec<OpId>,
}

/// All that is judged about a run at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// By node: what its clients got.
    pub sides: Vec<Side>,
    /// Whether one true book could have given the answers.
    pub consistency: Consistency,
    /// How the nodes stand, in the words of the domain.
    pub standing: Standing,
}

impl Verdict {
    /// The verdict on `timeline` as of `at`.
    pub fn of(timeline: &mut Timeline, at: Micros) -> Self {
        let events = timeline.events_by(at);
        let history = timeline.history().as_of(events);
        let scenario = &timeline.run().scenario;
        let homes: Vec<Endpoint> = scenario.clients.iter().map(|client| client.home).collect();
        let nodes = scenario.node_count();
        let opening = i64::from(scenario.choices(timeline.spec()).get("opening"));
        let consistency = bank::judge(&history, opening, &timeline.names());
        let names: Vec<String> = timeline.run().scenario.names();
        let names = crate::view::Names {
            list: &names,
            nodes,
        };
        let standing = timeline.world_at(at).standing(&names);
        let sides = sides(&history, nodes, &homes);
        Self {
            sides,
            consistency,
            standing,
        }
    }

    /// How many operations ended, and how many of them were answered.
    pub fn answered(&self) -> (u32, u32) {
        let answered = self.sides.iter().map(|side| side.answered).sum();
        let ended: u32 = self
            .sides
            .iter()
            .map(|side| side.answered + side.refused + side.unknown)
            .sum();
        (answered, ended)
    }

    /// The whole verdict in one line.
    pub fn line(&self) -> String {
        let (answered, ended) = self.answered();
        format!(
            "{answered} of {ended} answered; consistent: {} {} {} {}",
            self.consistency.head, self.consistency.words, self.standing.head, self.standing.words
        )
    }
}

fn sides(history: &[Record], nodes: u8, homes: &[Endpoint]) -> Vec<Side> {
    let blank = |node| Side {
        node: Endpoint(node),
        answered: 0,
        refused: 0,
        unknown: 0,
        open: 0,
    };
    let mut sides: Vec<Side> = (0..nodes).map(blank).collect();
    for record in history {
        let home = homes.get(record.client.index() - usize::from(nodes));
        let Some(side) = home.and_then(|home| sides.get_mut(home.index())) else {
            continue;
        };
        match record.outcome {
            Outcome::Open => side.open += 1,
            Outcome::Unknown => side.unknown += 1,
            Outcome::Told(Answer::Refused(_)) => side.refused += 1,
            Outcome::Told(_) => side.answered += 1,
        }
    }
    sides
}
