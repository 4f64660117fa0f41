//! Conditions on a run at a moment, in words that lessons use: goals to reach and claims to prove.
//!
//! `refused Ben and books-differ`: conditions joined by ` and `, each possibly after `not `. A condition looks at what has
//! happened so far, except those marked *now*.
//!
//! | condition | holds when |
//! |---|---|
//! | `consistent`, `inconsistent` | one true book, or cart, could (could not) have given every answer |
//! | `holds MODEL`, `breaks MODEL` | the history satisfies (contradicts) the consistency model: `linearizable`, `sequential`, `causal`, `pram`, `writes-follow-reads`, `monotonic-reads`, `monotonic-writes`, `read-your-writes` |
//! | `books-agree`, `books-differ` | *now* no node (some node) lacks what another has |
//! | `overdrawn`, `money-lost` | the account went below zero; a confirmed line no longer counts |
//! | `promise-kept` | no invariant that the configuration promises was broken |
//! | `finding NAME` | the invariant of that name was seen broken, promised or not |
//! | `cut`, `whole` | *now* some line (no line) between nodes is cut |
//! | `down NODE` | *now* its process is not there |
//! | `leads NODE` | *now* it runs and takes itself for the leader, or for what comes nearest to one: the master, the primary, the coordinator |
//! | `answered NAME`, `refused NAME`, `unknown NAME` | the latest operation of that client that has ended did so |
//! | `waits NAME` | *now* the client waits |
//! | `told NAME VALUE` | the client was once told this value: a balance, or a cart such as `lamp,lamp,mug` or `empty` |
//! | `all-answered` | something was asked, everything that has ended was answered, and nothing waits |
//! | `any-refused`, `any-unknown` | some operation was refused; some client left without an answer |
//! | `asked-while-cut` | some operation was asked while a line between nodes was cut |
//! | `acted KILL…` | somebody did this: `acted kill`, `acted cut`, `acted heal`, `acted restart` … |
//! | `setting NAME=CHOICE` | the scenario chooses this |

use crate::check::judge::Judge;
use crate::check::ladder::{Level, Stands};
use crate::history::{Outcome, Record};
use crate::operation::{Answer, Cart};
use crate::picture::{Picture, cut_spans};
use crate::protocol::{Finding, SettingKind};
use crate::run::Timeline;
use crate::trace::{Kind, action_of};
use crate::units::Micros;
use crate::view::{Tone, quoted};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// What must hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Goal {
    conditions: Vec<Condition>,
}

/// One condition. What stands beside `what` is empty where the condition has no use for it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Condition {
    wanted: bool,
    what: What,
    /// A client, a node, an invariant, an action or a setting.
    name: String,
    /// The setting's choice.
    choice: String,
    /// The answer told.
    answer: Option<Answer>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Consistent,
    Inconsistent,
    Holds,
    Breaks,
    BooksAgree,
    Finding,
    PromiseKept,
    Cut,
    Down,
    Leads,
    Ended(Ending),
    Waits,
    Told,
    AllAnswered,
    Any(Ending),
    AskedWhileCut,
    Acted,
    Setting,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    Answered,
    Refused,
    Unknown,
}

/// Stands for what the goal itself names after the word.
const NAMED: &str = "NAME";

/// The words: what they mean, whether that is wanted or unwanted (`books-differ` is `books-agree` unwanted), of whom.
const WORDS: &[(&str, bool, What, &str)] = &[
    ("consistent", true, What::Consistent, ""),
    ("inconsistent", true, What::Inconsistent, ""),
    ("holds", true, What::Holds, NAMED),
    ("breaks", true, What::Breaks, NAMED),
    ("books-agree", true, What::BooksAgree, ""),
    ("books-differ", false, What::BooksAgree, ""),
    ("overdrawn", true, What::Finding, "no-overdraft"),
    ("money-lost", true, What::Finding, "no-lost-deposit"),
    ("promise-kept", true, What::PromiseKept, ""),
    ("finding", true, What::Finding, NAMED),
    ("cut", true, What::Cut, ""),
    ("whole", false, What::Cut, ""),
    ("down", true, What::Down, NAMED),
    ("leads", true, What::Leads, NAMED),
    ("answered", true, What::Ended(Ending::Answered), NAMED),
    ("refused", true, What::Ended(Ending::Refused), NAMED),
    ("unknown", true, What::Ended(Ending::Unknown), NAMED),
    ("waits", true, What::Waits, NAMED),
    ("told", true, What::Told, NAMED),
    ("all-answered", true, What::AllAnswered, ""),
    ("any-refused", true, What::Any(Ending::Refused), ""),
    ("any-unknown", true, What::Any(Ending::Unknown), ""),
    ("asked-while-cut", true, What::AskedWhileCut, ""),
    ("acted", true, What::Acted, NAMED),
    ("setting", true, What::Setting, NAMED),
];

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
            "{} is no condition: expected one of consistent, inconsistent, holds MODEL, breaks MODEL, books-agree, books-differ, overdrawn, money-lost, promise-kept, finding NAME, cut, whole, down NODE, leads NODE, answered NAME, refused NAME, unknown NAME, waits NAME, told NAME VALUE, all-answered, any-refused, any-unknown, asked-while-cut, acted ACTION, setting NAME=CHOICE, each after an optional not, joined by and",
            quoted(&self.condition)
        )
    }
}

impl core::error::Error for GoalError {}

impl Goal {
    /// Reads a goal.
    pub fn parse(text: &str) -> Result<Self, GoalError> {
        let mut conditions = Vec::new();
        let mut part = String::new();
        // The last condition ends as the others do.
        for word in text.split_whitespace().chain(["and"]) {
            if word == "and" {
                let words = core::mem::take(&mut part);
                match condition(&words) {
                    Some(condition) => conditions.push(condition),
                    None => return Err(GoalError { condition: words }),
                }
                continue;
            }
            if !part.is_empty() {
                part.push(' ');
            }
            part.push_str(word);
        }
        Ok(Self { conditions })
    }

    /// Names in the goal that `timeline`'s scenario does not have: endpoints, invariants, settings or choices.
    pub fn unknown_names(&self, timeline: &Timeline) -> Vec<String> {
        let scenario = &timeline.run().scenario;
        let spec = timeline.spec();
        let mut unknown = Vec::new();
        for condition in &self.conditions {
            let name = &condition.name;
            let known = match condition.what {
                What::Down | What::Leads | What::Ended(_) | What::Waits | What::Told => {
                    scenario.endpoint(name).is_some()
                }
                What::Finding => spec.invariants.contains(&name.as_str()),
                What::Acted => ACTIONS.contains(&name.as_str()),
                What::Setting => setting_is(timeline, name, &condition.choice).is_some(),
                What::Holds | What::Breaks => level(name).is_some(),
                _ => true,
            };
            if !known {
                unknown.push(name.clone());
            }
        }
        unknown
    }

    /// Whether it holds at `at`. `judge` is what judges this run, for whoever asks again: it is made when it is needed.
    pub fn holds(&self, judge: &mut Option<Judge>, timeline: &mut Timeline, at: Micros) -> bool {
        let events = timeline.events_by(at);
        let history = timeline.history().as_of(events);
        let mut look = Look {
            history: &history,
            judge,
            at,
            events,
        };
        let mut conditions = self.conditions.iter();
        conditions.all(|one| look.holds(one, timeline) == one.wanted)
    }
}

/// The model of that name in goals: as in the field, with hyphens.
fn level(name: &str) -> Option<Level> {
    let is_it = |level: &Level| {
        let known = level.name().bytes().map(|byte| match byte {
            b' ' => b'-',
            other => other.to_ascii_lowercase(),
        });
        known.eq(name.bytes())
    };
    Level::NAMES.iter().map(|(_, level)| *level).find(is_it)
}

const ACTIONS: [&str; 22] = [
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
    "promote",
    "time-out",
    "time-out-together",
    "time-out-first",
];

fn condition(text: &str) -> Option<Condition> {
    let plain = text.strip_prefix("not ");
    let text = plain.map_or(text, str::trim);
    let (word, named) = text.split_once(' ').unwrap_or((text, ""));
    let (_, wanted, what, name) = WORDS.iter().find(|(known, _, _, name)| {
        let is_named = *name == NAMED;
        *known == word && is_named != named.is_empty()
    })?;
    let (mut name, mut choice, mut answer) = (*name, "", None);
    if name == NAMED {
        name = named;
        if *what == What::Told {
            let (client, told) = named.rsplit_once(' ')?;
            let cart = || Cart::parse(told).map(Answer::Items);
            answer = told.parse().ok().map(Answer::Value).or_else(cart);
            answer?;
            name = client;
        } else if *what == What::Setting {
            (name, choice) = named.split_once('=')?;
        }
    }
    Some(Condition {
        wanted: *wanted == plain.is_none(),
        what: *what,
        name: name.trim().to_string(),
        choice: choice.trim().to_string(),
        answer,
    })
}

fn setting_is(timeline: &Timeline, name: &str, choice: &str) -> Option<bool> {
    let scenario = &timeline.run().scenario;
    let spec = timeline.spec();
    let setting = spec.settings.iter().find(|setting| setting.name == name)?;
    let wanted = match setting.kind {
        SettingKind::Choice(list) => list.iter().position(|one| *one == choice)? as u32,
        _ => choice.parse().ok()?,
    };
    Some(scenario.choices(spec).get(name) == wanted)
}

struct Look<'a> {
    history: &'a [Record],
    judge: &'a mut Option<Judge>,
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
    fn holds(&mut self, condition: &Condition, timeline: &mut Timeline) -> bool {
        let name = &condition.name;
        let spec = timeline.spec();
        match condition.what {
            What::Consistent => self.tone(timeline) == Tone::Ok,
            What::Inconsistent => self.tone(timeline) == Tone::No,
            What::Holds => self.stands(timeline, name) == Some(Stands::Yes),
            What::Breaks => self.stands(timeline, name) == Some(Stands::No),
            What::BooksAgree => timeline.standing_at(self.at).stale.is_empty(),
            What::Finding => {
                let is_it = |found: &Finding| spec.invariants[usize::from(found.invariant)] == name;
                let world = timeline.world_at(self.at);
                world.sightings().findings.iter().any(is_it)
            }
            What::PromiseKept => {
                let world = timeline.world_at(self.at);
                world.sightings().findings.iter().all(|one| !one.promised)
            }
            What::Cut => timeline.world_at(self.at).any_cut(),
            What::Down => match timeline.run().scenario.endpoint(name) {
                Some(end) => timeline.world_at(self.at).life(end).is_down(),
                None => false,
            },
            What::Leads => {
                let picture = Picture::of(timeline, self.at);
                let mut nodes = picture.nodes.iter().filter(|node| node.name == *name);
                nodes.any(|node| !node.life.is_down() && node.view.leads.is_some())
            }
            What::Ended(ending) => {
                let endings = self.of(timeline, name).filter_map(ended_as);
                endings.last() == Some(ending)
            }
            What::Waits => self.ever(timeline, name, Outcome::Open),
            What::Told => {
                let mut told = condition.answer.into_iter().map(Outcome::Told);
                told.any(|told| self.ever(timeline, name, told))
            }
            What::AllAnswered => {
                let mut all = self.history.iter().map(ended_as);
                !self.history.is_empty() && all.all(|one| one == Some(Ending::Answered))
            }
            What::Any(ending) => {
                let mut all = self.history.iter().map(ended_as);
                all.any(|one| one == Some(ending))
            }
            What::AskedWhileCut => {
                let spans = cut_spans(timeline);
                self.history.iter().any(|one| {
                    let mut spans = spans.iter();
                    spans.any(|span| span.from <= one.invoked && one.invoked < span.until)
                })
            }
            What::Acted => self.acted(timeline, name),
            What::Setting => setting_is(timeline, name, &condition.choice).unwrap_or(false),
        }
    }

    fn judge(&mut self, timeline: &Timeline) -> &mut Judge {
        self.judge.get_or_insert_with(|| {
            let mut judge = Judge::of(timeline);
            judge.follow();
            judge
        })
    }

    /// What is said of linearizability.
    fn tone(&mut self, timeline: &Timeline) -> Tone {
        let at = self.at;
        self.judge(timeline).consistency(at).tone
    }

    /// What is said of a model, where there is anything to judge.
    fn stands(&mut self, timeline: &mut Timeline, name: &str) -> Option<Stands> {
        let (at, level) = (self.at, level(name)?);
        let ladder = self.judge(timeline).ladder(timeline, at)?;
        Some(ladder.rungs[level as usize].stands)
    }

    /// Whether an operation of that client has this outcome.
    fn ever(&self, timeline: &Timeline, name: &str, outcome: Outcome) -> bool {
        let mut records = self.of(timeline, name);
        records.any(|record| record.outcome == outcome)
    }

    fn of<'b>(&'b self, timeline: &Timeline, name: &str) -> impl Iterator<Item = &'b Record> {
        let client = timeline.run().scenario.endpoint(name);
        self.history
            .iter()
            .filter(move |record| Some(record.client) == client)
    }

    fn acted(&self, timeline: &Timeline, name: &str) -> bool {
        let asked = name == "operate";
        let past = &timeline.trace().events()[..self.events as usize];
        past.iter().any(|event| match event.kind {
            Kind::Invoked => asked,
            Kind::Acted => action_of(timeline.trace(), event)
                .is_some_and(|timed| ACTIONS[usize::from(timed.action.kind())] == name),
            _ => false,
        })
    }
}
