//! Judging a run: was it available, was it consistent, did it keep its promises.

pub mod bank;
pub mod domain;
pub mod explain;
pub mod history;
pub mod ladder;
pub mod linearizable;
pub mod live;
pub mod model;
pub mod own;
mod plain;
pub mod search;
pub mod sequential;
pub mod session;
pub mod sights;
pub mod telling;

use crate::history::{Outcome, Record};
use crate::operation::Answer;
#[cfg(feature = "carts")]
use crate::operation::Store;
use crate::run::Timeline;
use crate::scenario::Scenario;
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::{Standing, Tone};
use alloc::format;
use alloc::rc::Rc;
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
        let scenario = Rc::clone(&timeline.run().scenario);
        let consistency = match timeline.spec().store {
            #[cfg(feature = "carts")]
            Store::Cart => Consistency {
                tone: Tone::Plain,
                head: String::from("Not judged."),
                words: String::from("There is no judge of carts yet."),
                ops: Vec::new(),
            },
            _ => {
                let opening = i64::from(scenario.choices(timeline.spec()).get("opening"));
                bank::judge(&history, opening, &timeline.names())
            }
        };
        Self {
            sides: sides(&history, &scenario),
            consistency,
            standing: timeline.standing_at(at),
        }
    }

    /// How many operations ended, and how many of them were answered.
    pub fn answered(&self) -> (u32, u32) {
        let (mut answered, mut ended) = (0, 0);
        for side in &self.sides {
            answered += side.answered;
            ended += side.answered + side.refused + side.unknown;
        }
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

fn sides(history: &[Record], scenario: &Scenario) -> Vec<Side> {
    let mut sides = Vec::new();
    for node in Mask::first(scenario.node_count()).iter() {
        sides.push(Side {
            node,
            answered: 0,
            refused: 0,
            unknown: 0,
            open: 0,
        });
    }
    for record in history {
        let client = record.client.index() - sides.len();
        let Some(home) = scenario.clients.get(client).map(|client| client.home) else {
            continue;
        };
        let Some(side) = sides.get_mut(home.index()) else {
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
