//! A run is a value: (scenario, seed, actions). A [`Timeline`] is what comes of it.

use crate::action::{Action, Timed};
use crate::protocol::ProtocolSpec;
use crate::scenario::{Scenario, ScenarioError, limits};
use crate::trace::Kind;
use crate::trace::{Recorder, Recording, Trace};
use crate::units::{Endpoint, EventId, Micros, OpId, OpSet};
use crate::view::{Names, Standing};
use crate::world::{Script, World};
use crate::{history::History, scenario};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The most events that one timeline may have.
pub const EVENTS_MAX: u32 = 200_000;
/// The most memory that one timeline may take, in bytes.
pub const BYTES_MAX: usize = 64 << 20;
/// The most checkpoints that are kept; beyond it every other one goes.
const CHECKPOINTS_MAX: usize = 64;
/// Checkpoints stand at first this many events apart.
const SPACING_FIRST: u32 = 256;

/// Everything that a run is; the rest is recomputed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// What is simulated.
    pub scenario: Rc<Scenario>,
    /// All chance.
    pub seed: u64,
    /// What people did, in order of time.
    pub actions: Vec<Timed>,
}

impl Run {
    /// A run that nobody has touched.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        Self {
            scenario: Rc::new(scenario),
            seed,
            actions: Vec::new(),
        }
    }

    /// When it ends: at the scenario's length, or one tail after the last action, whichever is later.
    pub fn end(&self) -> Micros {
        let last = self
            .actions
            .last()
            .map_or(Micros::ZERO, |timed| timed.at + self.scenario.tail);
        self.scenario.length.max(last).min(limits::LENGTH_MAX)
    }

    /// What happens by itself and what people do, up to `end`.
    pub fn script(&self, end: Micros) -> Script<'_> {
        Script {
            scenario: &self.scenario.script,
            actions: &self.actions,
            end,
        }
    }

    /// Whether it can be followed: its scenario holds together, and its actions are few enough, in order and in time.
    pub fn check(&self) -> Result<(), RunError> {
        let in_order = self.actions.windows(2).all(|pair| pair[0].at <= pair[1].at);
        let last = self.actions.last();
        let in_time = last.is_none_or(|timed| timed.at <= limits::LENGTH_MAX);
        if !in_order || !in_time || self.actions.len() > limits::ACTIONS_MAX {
            return Err(RunError::Actions);
        }
        self.scenario.validate()?;
        Ok(())
    }

    /// The run in which `action` happens at `at` and whatever people did later did not happen.
    #[must_use]
    pub fn fork(&self, at: Micros, action: Action) -> Self {
        let kept = self.actions.partition_point(|timed| timed.at <= at);
        let mut actions = self.actions[..kept].to_vec();
        actions.push(Timed { at, action });
        Self {
            scenario: Rc::clone(&self.scenario),
            seed: self.seed,
            actions,
        }
    }
}

/// Why a run cannot be followed to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunError {
    /// Its protocol has to be loaded first.
    Absent,
    /// The scenario does not hold together.
    Scenario(ScenarioError),
    /// More than [`EVENTS_MAX`] events.
    TooManyEvents,
    /// More than [`BYTES_MAX`] bytes.
    TooMuchMemory,
    /// More than [`limits::ACTIONS_MAX`] actions, or one beyond the longest length, or out of order.
    Actions,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("what plays this run is not loaded"),
            Self::Scenario(error) => error.fmt(f),
            Self::TooManyEvents => {
                write!(
                    f,
                    "this run has more than {EVENTS_MAX} events, the most that one may have"
                )
            }
            Self::TooMuchMemory => {
                let most = BYTES_MAX >> 20;
                write!(
                    f,
                    "this run takes more than {most} MB, the most that one may take"
                )
            }
            Self::Actions => write!(
                f,
                "actions: expected at most {}, in order of time, within an hour",
                limits::ACTIONS_MAX
            ),
        }
    }
}

impl core::error::Error for RunError {}

impl From<ScenarioError> for RunError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(error)
    }
}

struct Checkpoint {
    events: u32,
    at: Micros,
    world: World,
}

/// A run being followed, or followed to its end, with everything that happened and a way back to any moment.
///
/// A moment is an instant: whatever happened up to and including it has happened. So an action at a later instant
/// never slips between things that were already seen.
pub struct Timeline {
    run: Rc<Run>,
    names: Vec<String>,
    spec: &'static ProtocolSpec,
    recorder: Recorder,
    head: World,
    done: bool,
    checkpoints: Vec<Checkpoint>,
    spacing: u32,
    /// The world last asked for, ready to go on from.
    seeker: World,
}

impl Timeline {
    /// Starts to follow `run`; [`Timeline::advance`] does the work.
    pub fn start(run: Run) -> Result<Self, RunError> {
        run.check()?;
        Self::start_checked(run)
    }

    /// The same with a run that [was checked](Run::check), here or by whoever wrote it down: what else it might be is not
    /// looked at again.
    pub fn start_checked(run: Run) -> Result<Self, RunError> {
        let world = World::of_valid(&run.scenario, run.seed).ok_or(RunError::Absent)?;
        let mut timeline = Self {
            names: run.scenario.names(),
            spec: world.spec(),
            recorder: Recorder::new(Recording::Everything),
            seeker: world.clone(),
            head: world,
            done: false,
            checkpoints: Vec::new(),
            spacing: SPACING_FIRST,
            run: Rc::new(run),
        };
        timeline.keep_checkpoint()?;
        Ok(timeline)
    }

    /// Follows `run` to its end at once.
    pub fn of(run: Run) -> Result<Self, RunError> {
        run.check()?;
        Self::of_checked(run)
    }

    /// The same with a run that [was checked](Run::check).
    pub fn of_checked(run: Run) -> Result<Self, RunError> {
        let mut timeline = Self::start_checked(run)?;
        while !timeline.advance(4_096)? {}
        Ok(timeline)
    }

    /// Does up to `steps` more steps. `true`: the end is reached.
    pub fn advance(&mut self, steps: u32) -> Result<bool, RunError> {
        let run = Rc::clone(&self.run);
        let script = run.script(run.end());
        for _ in 0..steps {
            if self.done {
                break;
            }
            self.done = !self.head.step(&script, &mut self.recorder);
            if self.head.events() > EVENTS_MAX {
                return Err(RunError::TooManyEvents);
            }
            let last = self
                .checkpoints
                .last()
                .map_or(0, |checkpoint| checkpoint.events);
            // Only between instants: a checkpoint stands for all of a moment or none of it.
            let between = self.head.next_at(&script) > self.head.now();
            if self.head.events() >= last + self.spacing && between {
                self.keep_checkpoint()?;
            }
        }
        Ok(self.done)
    }

    fn keep_checkpoint(&mut self) -> Result<(), RunError> {
        self.checkpoints.push(Checkpoint {
            events: self.head.events(),
            at: self.head.now(),
            world: self.head.clone(),
        });
        while self.checkpoints.len() > CHECKPOINTS_MAX
            || (self.checkpoints.len() > 8 && self.bytes() > BYTES_MAX)
        {
            let mut place = 0;
            self.checkpoints.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
        if self.bytes() > BYTES_MAX {
            return Err(RunError::TooMuchMemory);
        }
        Ok(())
    }

    /// The run itself.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Whether the end is reached.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// How far it was followed, in virtual time.
    pub fn reached(&self) -> Micros {
        if self.done {
            self.run.end()
        } else {
            self.head.now()
        }
    }

    /// What the protocol says of itself.
    pub fn spec(&self) -> &'static ProtocolSpec {
        self.spec
    }

    /// The endpoints' names.
    pub fn names(&self) -> Names<'_> {
        scenario::names(&self.names, &self.run.scenario)
    }

    /// Everything that happened.
    pub fn trace(&self) -> &Trace {
        &self.recorder.trace
    }

    /// What the clients did and were told.
    pub fn history(&self) -> &History {
        &self.recorder.history
    }

    /// XXH64 over everything that happened.
    pub fn digest(&self) -> u64 {
        self.recorder.digest()
    }

    /// The world at the end (or as far as it was followed).
    pub fn last(&self) -> &World {
        &self.head
    }

    /// How many checkpoints are kept, and about how much memory the timeline takes, in bytes.
    pub fn checkpoints(&self) -> (usize, usize) {
        (
            self.checkpoints.len(),
            self.checkpoints.iter().map(|c| c.world.bytes()).sum(),
        )
    }

    fn bytes(&self) -> usize {
        self.checkpoints().1 + self.recorder.trace.bytes()
    }

    /// The world as it stood at `at`.
    pub fn world_at(&mut self, at: Micros) -> &World {
        let at = at.min(self.reached());
        let place = self
            .checkpoints
            .partition_point(|checkpoint| checkpoint.at <= at)
            .max(1)
            - 1;
        let checkpoint = &self.checkpoints[place];
        if self.seeker.now() > at || self.seeker.events() < checkpoint.events {
            self.seeker = checkpoint.world.clone();
        }
        let script = self.run.script(at);
        let mut nothing = Recorder::new(Recording::Nothing);
        while self.seeker.step(&script, &mut nothing) {}
        &self.seeker
    }

    /// What the answer to an operation rests on: the operations whose changes the node knew that gave it, right after it
    /// had. `None` where no node was asked or no answer was heard.
    pub fn saw(&mut self, op: OpId) -> Option<OpSet> {
        let trace = &self.recorder.trace;
        let record = self.recorder.history.get(op)?;
        let (asked_at, mut event) = (record.invoked, record.ended_by);
        // Back to the message in which the answer left its node ...
        let node = loop {
            let known = trace.get(event)?;
            if known.kind == Kind::Sent && known.who.0 < self.run.scenario.node_count() {
                break known.who;
            }
            event = known.cause;
        };
        // ... and to what made the node answer: where the answer waited for the disk, that was before.
        let mut causes = alloc::vec![trace.get(event)?.cause];
        while let Some(known) = causes.last().and_then(|last| trace.get(*last))
            && known.kind == Kind::Persisted
        {
            causes.push(known.cause);
        }
        let at = trace.get(*causes.last()?)?.at;
        self.world_at(Micros(at.0.saturating_sub(1)));
        let script = self.run.script(self.run.end());
        let mut nothing = Recorder::new(Recording::Nothing);
        let mut seen = causes.iter().rev().find_map(|cause| {
            while self.seeker.events() <= cause.0 && self.seeker.step(&script, &mut nothing) {}
            self.seeker.visible(node, op)
        });
        if seen.is_none() {
            seen = self.first_told(op, asked_at);
        }
        // The seeker stands between instants only: let it begin anew.
        self.seeker = self.checkpoints.first()?.world.clone();
        seen
    }

    /// An answer that was told again, long after, rests on what it rested on when it was given first.
    fn first_told(&mut self, op: OpId, asked_at: Micros) -> Option<OpSet> {
        self.world_at(asked_at);
        let script = self.run.script(self.run.end());
        let mut nothing = Recorder::new(Recording::Nothing);
        while self.seeker.step(&script, &mut nothing) {
            let mut nodes = (0..self.run.scenario.node_count()).map(Endpoint);
            let seen = nodes.find_map(|node| self.seeker.visible(node, op));
            if seen.is_some() {
                return seen;
            }
        }
        None
    }

    /// The nodes together as they stood at `at`, in the words of the domain.
    pub fn standing_at(&mut self, at: Micros) -> Standing {
        self.world_at(at);
        self.seeker.standing(&self.names())
    }

    /// How many events have happened by `at`.
    pub fn events_by(&self, at: Micros) -> u32 {
        self.recorder.trace.count_until(at)
    }

    /// The next moment after `at` at which something happens, or the end.
    pub fn next_moment(&self, at: Micros) -> Micros {
        let next = self.trace().get(EventId(self.events_by(at)));
        next.map_or(self.reached(), |event| event.at)
    }

    /// The last moment before `at` at which something happened, or the start.
    pub fn previous_moment(&self, at: Micros) -> Micros {
        let before = self.trace().events().partition_point(|event| event.at < at);
        match before.checked_sub(1) {
            Some(last) => self.trace().events()[last].at,
            None => Micros::ZERO,
        }
    }

    /// When an action taken at the moment `at` happens: right after whatever has happened by then.
    pub fn action_time(&self, at: Micros) -> Micros {
        let seen = self.events_by(at).checked_sub(1);
        let last = seen
            .and_then(|id| self.trace().get(EventId(id)))
            .map(|event| event.at);
        if last == Some(at) { at + Micros(1) } else { at }
    }
}
