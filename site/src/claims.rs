//! What a lesson claims, as runs: each claim is replayed, and one that does not hold fails the build.

use sim_core::check::Verdict;
use sim_core::check::judge::Judge;
use sim_core::goal::Goal;
use sim_core::history::{Outcome, Record};
use sim_core::run::{Run, Timeline};
use sim_core::units::{EventId, Micros};
use sim_core::words::{self, Words};

use crate::{Place, Problem};

/// A condition in the words of [`sim_core::goal`], with its text.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    goal: Goal,
}

impl Condition {
    /// Reads a condition about `run`; every name in it must be known there.
    pub fn parse(text: &str, run: &Run) -> Result<Self, String> {
        let goal = Goal::parse(text).map_err(|why| why.to_string())?;
        let timeline = Timeline::start(run.clone()).map_err(|why| why.to_string())?;
        match goal.unknown_names(&timeline).first() {
            None => Ok(Self {
                text: text.to_owned(),
                goal,
            }),
            Some(name) => {
                let names = run.scenario.names().join(", ");
                Err(format!(
                    "`{text}` names `{name}`, which this run does not have; it has {names}"
                ))
            }
        }
    }
}

/// A claim's run, followed to its end, and what judges it.
struct Followed {
    timeline: Timeline,
    judge: Option<Judge>,
}

impl Followed {
    fn holds(&mut self, goal: &Goal, at: Micros) -> bool {
        goal.holds(&mut self.judge, &mut self.timeline, at)
    }

    /// The parts of a condition that do not hold, each in its own words.
    fn missing(&mut self, condition: &Condition, at: Micros) -> String {
        let parts = condition.text.split(" and ").map(str::trim);
        let missing =
            parts.filter(|part| Goal::parse(part).is_ok_and(|goal| !self.holds(&goal, at)));
        missing.collect::<Vec<_>>().join("`, `")
    }

    /// The first moment from `from` on at which a condition holds.
    fn first(&mut self, condition: &Condition, from: Micros) -> Option<Micros> {
        let mut at = from;
        loop {
            if self.holds(&condition.goal, at) {
                return Some(at);
            }
            let next = self.timeline.next_moment(at);
            if next <= at {
                return None;
            }
            at = next;
        }
    }
}

/// What is claimed of a run.
#[derive(Clone, Debug)]
pub enum Demand {
    /// The condition holds at this moment.
    Holds(Micros),
    /// It does not hold at this moment.
    HoldsNot(Micros),
    /// It comes to hold, at this moment or later.
    Reached(Micros),
    /// It holds at no moment.
    Never,
    /// By this moment the figure has said this, word for word: in an event or in the verdict.
    Says(Micros, String),
}

/// One claim of a lesson.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Where the lesson makes it.
    pub place: Place,
    /// In words, for a problem: "the goal", "the claim".
    pub what: &'static str,
    /// The run.
    pub run: Run,
    /// The condition.
    pub condition: Condition,
    /// When it must hold.
    pub demand: Demand,
}

impl Claim {
    /// Replays the run and says what did happen where the claim does not hold.
    pub fn check(&self) -> Result<(), Problem> {
        let timeline = Timeline::of(self.run.clone())
            .map_err(|why| self.place.problem(format!("{}: {why}", self.what)))?;
        let mut run = Followed {
            timeline,
            judge: None,
        };
        let condition = &self.condition;
        let (what, text) = (self.what, &condition.text);
        let found = match self.demand {
            Demand::Says(at, ref words) => match says(&mut run.timeline, at, words) {
                true => return Ok(()),
                false => {
                    let said = verdict_words(&mut run.timeline, at).join(" ");
                    format!("the figure does not say `{words}` at {at}. It says: {said}")
                }
            },
            Demand::Holds(at) if run.holds(&condition.goal, at) => return Ok(()),
            Demand::Holds(at) => {
                let missing = run.missing(condition, at);
                let happened = happened(&mut run.timeline, at);
                format!("{what} `{text}` does not hold at {at} (`{missing}` does not). {happened}")
            }
            Demand::HoldsNot(at) if !run.holds(&condition.goal, at) => return Ok(()),
            Demand::HoldsNot(at) => {
                format!(
                    "{what} `{text}` holds at {at} already, before the reader has done anything"
                )
            }
            Demand::Reached(from) => {
                if run.first(condition, from).is_some() {
                    return Ok(());
                }
                let end = run.timeline.reached();
                let missing = run.missing(condition, end);
                let happened = happened(&mut run.timeline, end);
                format!(
                    "{what} `{text}` is not reached by its solution (at the end `{missing}` does not hold). {happened}"
                )
            }
            Demand::Never => match run.first(condition, Micros::ZERO) {
                None => return Ok(()),
                Some(at) => format!(
                    "{what} `{text}` can be had after all: it holds at {at}. {}",
                    happened(&mut run.timeline, at)
                ),
            },
        };
        Err(self.place.problem(found))
    }
}

/// Whether an event by `at`, or the verdict then, is told in these words.
fn says(timeline: &mut Timeline, at: Micros, words: &str) -> bool {
    let events = timeline.events_by(at);
    let scenario = &timeline.run().scenario;
    let told = Words::new(timeline.trace(), timeline.names(), scenario);
    let mut ids = (0..events).map(EventId);
    told.is_some_and(|told| ids.any(|id| told.sentence(id) == words))
        || verdict_words(timeline, at)
            .iter()
            .any(|said| said.contains(words))
}

/// The verdict as it stands under the figure, a row each.
fn verdict_words(timeline: &mut Timeline, at: Micros) -> Vec<String> {
    let verdict = Verdict::with_ladder(timeline, at);
    let mut rows = vec![
        format!("{} {}", verdict.consistency.head, verdict.consistency.words),
        format!("{} {}", verdict.standing.head, verdict.standing.words),
    ];
    if let Some(ladder) = &verdict.ladder {
        let models = figure::verdict::models(ladder);
        rows.push(format!("{} {}", models.head, models.words));
        let others = models.others.iter();
        rows.extend(others.map(|unmet| format!("{} {}", unmet.head, unmet.words)));
    }
    rows
}

/// The run up to `at` in one line: who was told what, and the verdict.
pub fn happened(timeline: &mut Timeline, at: Micros) -> String {
    let history = timeline.history().as_of(timeline.events_by(at));
    let names = timeline.names();
    let told: Vec<String> = history
        .iter()
        .map(|record| {
            format!(
                "{} {} at {}: {}",
                names.of(record.client),
                words::operation(record.operation),
                record.invoked,
                ending(timeline, record)
            )
        })
        .collect();
    let verdict = Verdict::of(timeline, at).line();
    format!("What happened by {at}: {}. {verdict}", told.join("; "))
}

fn ending(timeline: &Timeline, record: &Record) -> String {
    match record.outcome {
        Outcome::Open => "waits".to_owned(),
        Outcome::Unknown => format!("left without an answer at {}", record.ended),
        Outcome::Told(answer) => {
            let told = words::answer(timeline.spec(), answer);
            format!("{told} ({})", record.ended)
        }
    }
}

/// Replays all of `claims`; the problems of those that do not hold.
pub fn check<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Vec<Problem> {
    claims
        .into_iter()
        .filter_map(|claim| claim.check().err())
        .collect()
}
