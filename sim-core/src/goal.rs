//! Conditions on a run at a moment, in words that lessons use: goals to reach and claims to prove.
//!
//! `refused Ben and books-differ`: conditions joined by ` and `, each possibly after `not `. A condition looks at what has
//! happened so far, except those marked *now*.
//!
//! | condition | holds when |
//! |---|---|
//! | `consistent`, `inconsistent` | one true book could (could not) have given every answer |
//! | `books-agree`, `books-differ` | *now* no node (some node) lacks what another has |
//! | `overdrawn`, `money-lost` | the account went below zero; a confirmed line no longer counts |
//! | `promise-kept` | no invariant that the configuration promises was broken |
//! | `finding NAME` | the invariant of that name was seen broken, promised or not |
//! | `cut`, `whole` | *now* some line (no line) between nodes is cut |
//! | `down NODE` | *now* its process is not there |
//! | `answered NAME`, `refused NAME`, `unknown NAME` | the latest operation of that client that has ended did so |
//! | `waits NAME` | *now* the client waits |
//! | `told NAME VALUE` | the client was once told this value |
//! | `all-answered` | something was asked, everything that has ended was answered, and nothing waits |
//! | `any-refused`, `any-unknown` | some operation was refused; some client left without an answer |
//! | `asked-while-cut` | some operation was asked while a line between nodes was cut |
//! | `acted KILL…` | somebody did this: `acted kill`, `acted cut`, `acted heal`, `acted restart` … |
//! | `setting NAME=CHOICE` | the scenario chooses this |

use crate::action::Action;
use crate::check::Verdict;
use crate::history::{Outcome, Record};
use crate::operation::Answer;
use crate::picture::cut_spans;
use crate::protocol::SettingKind;
use crate::run::Timeline;
use crate::trace::{Kind, action_of};
use crate::units::{Endpoint, Micros};
use crate::view::Tone;
use crate::world::Life;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// What must hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Goal {
    conditions: Vec<(bool, Condition)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Condition {
    Consistent,
    Inconsistent,
    BooksAgree,
    Finding(String),
    PromiseKept,
    Cut,
    Down(String),
    Ended(Ending, String),
    Waits(String),
    Told(String, i64),
    AllAnswered,
    Any(Ending),
    AskedWhileCut,
    Acted(String),
    Setting(String, String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    Answered,
    Refused,
    Unknown,
}

/// Why a text is no goal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoalError {
    /// The condition that was not understood.
    pub condition: String,
}

impl fmt::Display for GoalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no condition: expected one of consistent, inconsistent, books-agree, books-differ, overdrawn, money-lost, promise-kept, finding NAME, cut, whole, down NODE, answered NAME, refused NAME, unknown NAME, waits NAME, told NAME VALUE, all-answered, any-refused, any-unknown, asked-while-cut, acted ACTION, setting NAME=CHOICE, each after an optional not, joined by and",
            self.condition
        )
    }
}

impl core::error::Error for GoalError {}

impl Goal {
    /// Reads a goal.
    pub fn parse(text: &str) -> Result<Self, GoalError> {
        let conditions = text.split(" and ").map(|part| {
            let part = part.trim();
            let (wanted, rest) = match part.strip_prefix("not ") {
                Some(rest) => (false, rest.trim()),
                None => (true, part),
            };
            condition(rest)
                .map(|(wants, condition)| (wants == wanted, condition))
                .ok_or_else(|| GoalError {
                    condition: part.to_string(),
                })
        });
        Ok(Self {
            conditions: conditions.collect::<Result<_, _>>()?,
        })
    }

    /// Names in the goal that `timeline`'s scenario does not have: endpoints, invariants, settings or choices.
    pub fn unknown_names(&self, timeline: &Timeline) -> Vec<String> {
        let scenario = &timeline.run().scenario;
        let spec = timeline.spec();
        let mut unknown = Vec::new();
        for (_, condition) in &self.conditions {
            let (name, known) = match condition {
                Condition::Down(name)
                | Condition::Ended(_, name)
                | Condition::Waits(name)
                | Condition::Told(name, _) => (name, scenario.endpoint(name).is_some()),
                Condition::Finding(name) => {
                    (name, spec.invariants.iter().any(|one| one.name == name))
                }
                Condition::Acted(name) => (name, ACTIONS.contains(&name.as_str())),
                Condition::Setting(name, choice) => {
                    (name, setting_is(timeline, name, choice).is_some())
                }
                _ => continue,
            };
            if !known {
                unknown.push(name.clone());
            }
        }
        unknown
    }

    /// Whether it holds at `at`.
    pub fn holds(&self, timeline: &mut Timeline, at: Micros) -> bool {
        let events = timeline.events_by(at);
        let history = timeline.history().as_of(events);
        let verdict = Verdict::of(timeline, at);
        self.conditions.iter().all(|(wanted, condition)| {
            let look = Look {
                history: &history,
                verdict: &verdict,
                at,
                events,
            };
            look.holds(condition, timeline) == *wanted
        })
    }
}

const ACTIONS: [&str; 18] = [
    "operate",
    "kill",
    "power-off",
    "restart",
    "pause",
    "resume",
    "partition",
    "cut",
    "one-way",
    "mend",
    "heal",
    "drop",
    "duplicate",
    "delay",
    "hold",
    "release",
    "skew",
    "member",
];

/// A condition and whether it is wanted or unwanted: `books-differ` is `books-agree` unwanted.
fn condition(text: &str) -> Option<(bool, Condition)> {
    let ending = |word: &str| match word {
        "answered" => Some(Ending::Answered),
        "refused" => Some(Ending::Refused),
        "unknown" => Some(Ending::Unknown),
        _ => None,
    };
    if let Some((word, rest)) = text.split_once(' ') {
        let rest = rest.trim();
        let name = || rest.to_string();
        let condition = match word {
            "finding" => Condition::Finding(name()),
            "down" => Condition::Down(name()),
            "waits" => Condition::Waits(name()),
            "acted" => Condition::Acted(name()),
            "told" => {
                let (name, value) = rest.rsplit_once(' ')?;
                Condition::Told(name.trim().to_string(), value.parse().ok()?)
            }
            "setting" => {
                let (name, choice) = rest.split_once('=')?;
                Condition::Setting(name.trim().to_string(), choice.trim().to_string())
            }
            other => Condition::Ended(ending(other)?, name()),
        };
        return (!rest.is_empty()).then_some((true, condition));
    }
    Some(match text {
        "consistent" => (true, Condition::Consistent),
        "inconsistent" => (true, Condition::Inconsistent),
        "books-agree" => (true, Condition::BooksAgree),
        "books-differ" => (false, Condition::BooksAgree),
        "overdrawn" => (true, Condition::Finding("no-overdraft".to_string())),
        "money-lost" => (true, Condition::Finding("no-lost-deposit".to_string())),
        "promise-kept" => (true, Condition::PromiseKept),
        "cut" => (true, Condition::Cut),
        "whole" => (false, Condition::Cut),
        "all-answered" => (true, Condition::AllAnswered),
        "any-refused" => (true, Condition::Any(Ending::Refused)),
        "any-unknown" => (true, Condition::Any(Ending::Unknown)),
        "asked-while-cut" => (true, Condition::AskedWhileCut),
        _ => return None,
    })
}

fn setting_is(timeline: &Timeline, name: &str, choice: &str) -> Option<bool> {
    let scenario = &timeline.run().scenario;
    let spec = timeline.spec();
    let setting = spec.settings.iter().find(|setting| setting.name == name)?;
    let wanted = match setting.kind {
        SettingKind::Choice(list) => list.iter().position(|one| one.name == choice)? as u32,
        _ => choice.parse().ok()?,
    };
    Some(scenario.choices(spec).get(name) == wanted)
}

struct Look<'a> {
    history: &'a [Record],
    verdict: &'a Verdict,
    at: Micros,
    events: u32,
}

fn ended_as(record: &Record) -> Option<Ending> {
    match record.outcome {
        Outcome::Open => None,
        Outcome::Unknown => Some(Ending::Unknown),
        Outcome::Told(Answer::Refused(_)) => Some(Ending::Refused),
        Outcome::Told(_) => Some(Ending::Answered),
    }
}

impl Look<'_> {
    fn holds(&self, condition: &Condition, timeline: &mut Timeline) -> bool {
        match condition {
            Condition::Consistent => self.verdict.consistency.tone == Tone::Ok,
            Condition::Inconsistent => self.verdict.consistency.tone == Tone::No,
            Condition::BooksAgree => self.verdict.standing.stale.is_empty(),
            Condition::Finding(name) => {
                let invariants = timeline.spec().invariants;
                let findings = &timeline.world_at(self.at).sightings().findings;
                findings
                    .iter()
                    .any(|one| invariants[usize::from(one.invariant)].name == name)
            }
            Condition::PromiseKept => {
                let findings = &timeline.world_at(self.at).sightings().findings;
                findings.iter().all(|one| !one.promised)
            }
            Condition::Cut => {
                let nodes = timeline.run().scenario.node_count();
                let world = timeline.world_at(self.at);
                let pairs = (0..nodes).flat_map(|a| (0..nodes).map(move |b| (a, b)));
                pairs
                    .filter(|(a, b)| a != b)
                    .any(|(a, b)| world.is_cut(Endpoint(a), Endpoint(b)))
            }
            Condition::Down(name) => timeline.run().scenario.endpoint(name).is_some_and(|end| {
                matches!(
                    timeline.world_at(self.at).life(end),
                    Life::Killed | Life::Off
                )
            }),
            Condition::Ended(ending, name) => self.last_ended(timeline, name) == Some(*ending),
            Condition::Waits(name) => self
                .of(timeline, name)
                .any(|record| record.outcome == Outcome::Open),
            Condition::Told(name, value) => self
                .of(timeline, name)
                .any(|record| record.outcome == Outcome::Told(Answer::Value(*value))),
            Condition::AllAnswered => {
                !self.history.is_empty()
                    && self
                        .history
                        .iter()
                        .all(|one| ended_as(one) == Some(Ending::Answered))
            }
            Condition::Any(ending) => self
                .history
                .iter()
                .any(|record| ended_as(record) == Some(*ending)),
            Condition::AskedWhileCut => {
                let spans = cut_spans(timeline);
                self.history.iter().any(|one| {
                    spans
                        .iter()
                        .any(|span| (span.from..span.until).contains(&one.invoked))
                })
            }
            Condition::Acted(name) => self.acted(timeline, name),
            Condition::Setting(name, choice) => setting_is(timeline, name, choice).unwrap_or(false),
        }
    }

    fn of<'b>(&'b self, timeline: &Timeline, name: &str) -> impl Iterator<Item = &'b Record> {
        let client = timeline.run().scenario.endpoint(name);
        self.history
            .iter()
            .filter(move |record| Some(record.client) == client)
    }

    fn last_ended(&self, timeline: &Timeline, name: &str) -> Option<Ending> {
        self.of(timeline, name).filter_map(ended_as).last()
    }

    fn acted(&self, timeline: &Timeline, name: &str) -> bool {
        let past = timeline.trace().events().iter().take(self.events as usize);
        let asked = name == "operate";
        past.filter(|event| asked && event.kind == Kind::Invoked || event.kind == Kind::Acted)
            .any(|event| {
                let action: Option<Action> =
                    action_of(timeline.trace(), event).map(|timed| timed.action);
                action.map_or(asked, |action| ACTIONS[usize::from(action.kind())] == name)
            })
    }
}
