//! What a reader does to a run itself: other settings, other chance, deeds; and the runs that are kept.
//!
//! A figure plays without any of this: only what changes runs names it, and so it is loaded with that.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use sim_core::action::Action;
use sim_core::picture::cut_spans;
use sim_core::run::{Run, Timeline};
use sim_core::units::Micros;
use sim_core::words;

use super::{Branch, Link, Msg, Problem, Selection, Session, fresh_number, moments};

/// The most other runs that are kept; the oldest but the first goes.
const BRANCHES_MAX: usize = 6;

/// What a reader does to a run.
#[derive(Clone, Debug)]
pub enum Change {
    /// Do something to the world at this moment. What was done later is not done any more.
    Act(Action),
    /// Another value for a setting: the same seed and actions.
    Choose {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: u32,
    },
    /// Several settings at once, and which rules are off, where that is said.
    ChooseAll(Rc<[(&'static str, u32)]>, Option<u32>),
    /// Switch a safety rule off, or on again.
    Break {
        /// Its place in the protocol's list.
        rule: usize,
        /// Off.
        off: bool,
    },
    /// Other chance.
    Seed(u64),
    /// Go over to a run that was kept; this one is kept in its place.
    Switch {
        /// Its place in the list.
        branch: usize,
    },
    /// Begin with another run altogether: from now on this is the one to come back to.
    Begin(Link),
    /// What was asked for cannot be done, and why.
    Fail(Problem),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(why) => why.fmt(f),
            Self::Link(why) => why.fmt(f),
        }
    }
}

/// A change, and with it how it is made.
#[derive(Clone)]
pub struct Doing(Rc<dyn Fn(&mut Session)>);

impl Doing {
    fn of(doing: impl Fn(&mut Session) + 'static) -> Self {
        Self(Rc::new(doing))
    }

    /// Makes it.
    pub fn done_to(&self, session: &mut Session) {
        (self.0)(session);
    }
}

impl fmt::Debug for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doing")
    }
}

impl From<Change> for Msg {
    fn from(change: Change) -> Self {
        Self::Change(Doing::of(move |session| session.change(change.clone())))
    }
}

impl Session {
    fn change(&mut self, change: Change) {
        match change {
            Change::Act(action) => self.act(action),
            Change::Choose { setting, value } => self.choose(&[(setting, value)], None),
            Change::ChooseAll(choices, off) => self.choose(&choices, off),
            Change::Break { rule, off } => self.break_rule(rule, off),
            Change::Seed(seed) => {
                let run = Run {
                    seed,
                    ..self.run().clone()
                };
                self.try_look_at(run, self.at);
            }
            Change::Switch { branch } => self.switch(branch),
            Change::Fail(why) => self.problem = Some(Rc::new(why)),
            Change::Begin(link) => {
                (self.original, self.original_at) = (link.run, link.at);
                self.back = Some(Doing::of(Self::look_back));
                self.reset();
            }
        }
    }

    /// Follows the run again that it was opened with, and forgets all others.
    fn look_back(&mut self) {
        let (run, at) = (self.original.clone(), self.original_at);
        if self.look_at(run, at) {
            self.back = None;
            self.branches = Rc::default();
            self.forked = None;
        }
    }

    /// Follows `run`, which [was checked](Run::check), instead and goes to `at`. `false`: it cannot be followed, and
    /// [`Session::problem`] says why.
    fn look_at(&mut self, run: Run, at: Micros) -> bool {
        let mut timeline = match Timeline::of_checked(run) {
            Ok(timeline) => timeline,
            Err(why) => {
                self.problem = Some(Rc::new(Problem::Run(why)));
                return false;
            }
        };
        self.spans = Rc::new(cut_spans(&mut timeline));
        self.moments = Rc::new(moments(timeline.trace()));
        self.timeline = Rc::new(RefCell::new(timeline));
        (self.judge, self.verdict) = Default::default();
        self.followed = fresh_number();
        self.back = Some(Doing::of(Self::look_back));
        self.at = at.min(self.end());
        self.seen = self.seen.max(self.at);
        self.drifted = false;
        self.redraw();
        self.forget_what_is_gone();
        true
    }

    fn forget_what_is_gone(&mut self) {
        let timeline = self.timeline.borrow();
        let there = match self.selection {
            // Later events have other numbers now.
            Selection::Event(id) => id.0 < self.picture.events,
            Selection::Operation(op) => timeline.history().get(op).is_some(),
            Selection::Endpoint(end) => end.0 < timeline.run().scenario.endpoint_count(),
            _ => true,
        };
        drop(timeline);
        if !there {
            self.selection = Selection::Nothing;
        }
    }

    /// As [`Session::look_at`], with any run.
    fn try_look_at(&mut self, run: Run, at: Micros) -> bool {
        match run.check() {
            Ok(()) => self.look_at(run, at),
            Err(why) => {
                self.problem = Some(Rc::new(Problem::Run(why)));
                false
            }
        }
    }

    fn act(&mut self, action: Action) {
        let (when, run, words) = {
            let timeline = self.timeline.borrow();
            let when = timeline.action_time(self.at);
            let words = words::action(&action, &timeline.names());
            (when, timeline.run().fork(when, action), words)
        };
        let now = self.run().clone();
        let undone = run.actions.len() <= now.actions.len();
        let past = self.at < self.seen || undone || now == self.original;
        let here = self.branch();
        if self.try_look_at(run, when) {
            self.seen = when;
            if past {
                self.keep(here);
                self.forked = Some((when, words));
            }
        }
    }

    /// This run, as it will be called when it is kept.
    fn branch(&self) -> Branch {
        let run = self.run().clone();
        let label = match run.actions.last() {
            _ if run == self.original => "the first run".to_owned(),
            Some(last) => {
                let words = words::action(&last.action, &self.timeline.borrow().names());
                format!("the run where {words} at {}", last.at)
            }
            None => "the run without your changes".to_owned(),
        };
        Branch {
            label,
            run,
            at: self.at,
        }
    }

    fn keep(&mut self, branch: Branch) {
        let branches = Rc::make_mut(&mut self.branches);
        branches.retain(|kept| kept.run != branch.run);
        branches.push(branch);
        if branches.len() > BRANCHES_MAX {
            let first = usize::from(branches[0].run == self.original);
            branches.remove(first);
        }
    }

    fn choose(&mut self, choices: &[(&'static str, u32)], off: Option<u32>) {
        let mut run = self.run().clone();
        let scenario = Rc::make_mut(&mut run.scenario);
        scenario.broken = off.unwrap_or(scenario.broken);
        for (setting, value) in choices {
            scenario.set(setting, *value);
        }
        self.try_look_at(run, self.at);
    }

    fn break_rule(&mut self, rule: usize, off: bool) {
        let mut run = self.run().clone();
        let bit = 1u32.checked_shl(rule as u32).unwrap_or(0);
        let scenario = Rc::make_mut(&mut run.scenario);
        scenario.broken = if off {
            scenario.broken | bit
        } else {
            scenario.broken & !bit
        };
        self.try_look_at(run, self.at);
    }

    fn switch(&mut self, branch: usize) {
        let Some(there) = self.branches.get(branch).cloned() else {
            return;
        };
        let here = self.branch();
        if self.try_look_at(there.run, there.at) {
            Rc::make_mut(&mut self.branches)[branch] = here;
            self.forked = None;
        }
    }

    /// Takes over a run that [`Opening`] has followed elsewhere.
    #[must_use]
    pub fn adopt(&self, other: Self) -> Self {
        let mut next = other;
        (next.original, next.original_at) = (self.original.clone(), self.original_at);
        next.speed = self.speed;
        if *next.run() != next.original {
            next.back = Some(Doing::of(Self::look_back));
            next.branches = Rc::new(vec![Branch {
                label: "the first run".to_owned(),
                run: next.original.clone(),
                at: next.original_at,
            }]);
        }
        next.revision = fresh_number();
        next
    }
}
