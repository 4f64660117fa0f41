//! Judging a run: was it available, was it consistent, did it keep its promises.

pub mod domain;
pub mod explain;
pub mod forced;
pub mod judge;
pub mod ladder;
pub mod own;
mod past;
mod plain;
pub mod sequential;
pub mod session;
pub mod shrink;
pub mod sights;
mod sums;
pub mod telling;
mod texts;

pub use checker::{history, linearizable, live, model, pace, search};

use crate::history::{Outcome, Record};
use crate::operation::Answer;
use crate::run::Timeline;
use crate::scenario::Scenario;
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::{Standing, Tone};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use judge::Judge;
use ladder::{Ladder, Level};

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
    /// What one true of which could have given the answers, if anything: "book", "cart".
    pub ideal: &'static str,
    /// How the nodes stand, in the words of the domain.
    pub standing: Standing,
    /// Where the answers stand among the consistency models; nothing while there is nothing to judge, or where nobody
    /// asked.
    pub ladder: Option<Rc<Ladder>>,
}

impl Verdict {
    /// The verdict on `timeline` as of `at`.
    pub fn of(timeline: &mut Timeline, at: Micros) -> Self {
        let mut judge = Judge::of(timeline);
        judge.follow();
        let books = timeline.standing_at(at);
        judge.verdict(timeline, at, books)
    }

    /// The same, with where the answers stand among the consistency models.
    pub fn with_ladder(timeline: &mut Timeline, at: Micros) -> Self {
        let mut judge = Judge::of(timeline);
        judge.follow();
        let books = timeline.standing_at(at);
        let ladder = judge.ladder(timeline, at);
        Self {
            ladder,
            ..judge.verdict(timeline, at, books)
        }
    }

    /// The operations that the sentence about a consistency model names, or the one about convergence.
    pub fn named_by(&self, level: Option<Level>) -> Vec<OpId> {
        let ladder = self.ladder.as_deref();
        let finding = ladder.and_then(|ladder| match level {
            Some(level) => ladder.rungs.get(level as usize),
            None => Some(&ladder.convergence),
        });
        finding.map_or_else(Vec::new, |finding| {
            finding.ops.iter().map(|op| OpId(*op)).collect()
        })
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

    /// How many operations were asked for.
    pub fn asked(&self) -> u32 {
        let open: u32 = self.sides.iter().map(|side| side.open).sum();
        self.answered().1 + open
    }

    /// The whole verdict in one line.
    pub fn line(&self) -> String {
        let (answered, ended) = self.answered();
        let mut line = format!(
            "{answered} of {ended} answered; consistent: {} {}",
            self.consistency.head, self.consistency.words
        );
        for words in [&self.standing.head, &self.standing.words] {
            if !words.is_empty() {
                line.push(' ');
                line.push_str(words);
            }
        }
        line
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
