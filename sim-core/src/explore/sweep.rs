//! What a run in bad weather came to: what it promised and did not keep, and how much happened in it.

use crate::action::Action;
use crate::check::linearizable::{self, Answer};
use crate::check::own::{self, Own};
use crate::check::search::Limits;
use crate::check::{explain, sequential};
use crate::history::Outcome;
use crate::protocol::Order;
use crate::run::{Run, RunError};
use crate::trace::{Kind, Recorder, Recording, action_of};
use crate::units::Micros;
use crate::world::World;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The name under which a history without an order is told, beside the names of invariants.
pub const NOT_LINEARIZABLE: &str = "linearizable";

/// The same of a history in which reads may be old.
pub const NOT_ORDERED: &str = "ordered";

/// How much work the judging of one history may be.
const JUDGING: Limits = Limits {
    steps: 5_000_000,
    bytes: 64 << 20,
};

/// What a run came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcomes {
    /// How many events it had.
    pub events: u32,
    /// How many messages were handed to their receivers.
    pub messages: u64,
    /// How many operations clients asked for.
    pub asked: u32,
    /// How many of them were answered.
    pub answered: u32,
    /// How many faults had an effect; what puts one right is none.
    pub faults: u32,
    /// Of how many kinds they were.
    pub kinds: u32,
    /// Which witnesses appeared, one bit each.
    pub witnesses: u32,
    /// What was found.
    pub found: Found,
}

/// What was found in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Everything that was promised was kept.
    Clean,
    /// This was promised and not kept.
    Broken {
        /// The invariant, or [`NOT_LINEARIZABLE`].
        what: &'static str,
        /// When it was seen.
        at: Micros,
        /// It, in a sentence.
        words: String,
    },
    /// The clients' history took too long to judge.
    Undecided,
}

/// Plays a run to its end and judges it.
pub fn follow(run: &Run) -> Result<Outcomes, RunError> {
    run.check()?;
    let mut world = World::new(&run.scenario, run.seed)?;
    let mut recorder = Recorder::new(Recording::Everything);
    let script = run.script(run.end());
    while world.step(&script, &mut recorder) {}
    let trace = &recorder.trace;
    let (mut faults, mut kinds) = (0, 0_u32);
    for event in trace.events().iter().filter(|one| one.kind == Kind::Acted) {
        let Some(timed) = action_of(trace, event) else {
            continue;
        };
        if is_fault(timed.action) {
            faults += 1;
            kinds |= 1 << timed.action.kind();
        }
    }
    // What the lines do by themselves counts once each.
    let links = &run.scenario.links;
    let by_lines = u32::from(links.loss.hits > 0) + u32::from(links.duplication.hits > 0);
    let records = &recorder.history.records;
    let is_told = |outcome: Outcome| matches!(outcome, Outcome::Told(_));
    Ok(Outcomes {
        events: world.events(),
        messages: world.delivered(),
        asked: records.len() as u32,
        answered: records.iter().filter(|one| is_told(one.outcome)).count() as u32,
        faults,
        kinds: kinds.count_ones() + by_lines,
        witnesses: world.sightings().witnesses,
        found: found(run, &world, &recorder),
    })
}

/// Whether an action makes something go wrong; an operation does not, nor does what puts something right.
const fn is_fault(action: Action) -> bool {
    !matches!(
        action,
        Action::Operate { .. }
            | Action::Restart(_)
            | Action::Resume(_)
            | Action::Mend { .. }
            | Action::Heal
            | Action::Release(_)
    )
}

fn found(run: &Run, world: &World, recorder: &Recorder) -> Found {
    let Some(spec) = crate::protocols::spec(&run.scenario.protocol) else {
        return Found::Clean;
    };
    let mut findings = world.sightings().findings.iter();
    if let Some(broken) = findings.find(|found| found.promised) {
        let wording = crate::protocols::wording(spec.name);
        let at = recorder.trace.get(broken.event).map(|event| event.at);
        return Found::Broken {
            what: spec.invariants[usize::from(broken.invariant)],
            at: at.unwrap_or_default(),
            words: String::from(wording.promise(broken.invariant)),
        };
    }
    let choices = run.scenario.choices(spec);
    let order = (spec.orders)(&choices);
    if order == Order::No {
        return Found::Clean;
    }
    let names = run.scenario.names();
    let names = crate::scenario::names(&names, &run.scenario);
    let opening = i64::from(choices.get("opening"));
    let own = own::of(&recorder.history.records, spec.store, opening, &names);
    let own = own.lapsing(spec.lapses);
    let question = own.question();
    match linearizable::check(&question, &JUDGING) {
        Answer::Yes(_) => Found::Clean,
        _ if order == Order::Changes => ordered(&own),
        Answer::Undecided(_) => Found::Undecided,
        Answer::No(ops) => {
            let why = explain::explain(&question, &ops, &JUDGING);
            let culprit = own.history.ops.get(why.culprit as usize);
            Found::Broken {
                what: NOT_LINEARIZABLE,
                at: culprit.map_or(Micros::ZERO, |op| op.ended_at),
                words: why.words,
            }
        }
    }
}

/// Reads may have been old: whether there is an order all the same, in which changes keep real time.
fn ordered(own: &Own) -> Found {
    let question = own.question();
    match sequential::check_changes(&question, &JUDGING) {
        Answer::Yes(_) => Found::Clean,
        Answer::Undecided(_) => Found::Undecided,
        Answer::No(_) => {
            let shrunk = sequential::explain_changes(&question, &JUDGING);
            let ops = shrunk.ops.iter().map(|op| own.history.ops[*op as usize]);
            let at = ops.map(|op| op.ended_at).filter(|at| *at < Micros::NEVER);
            let numbers: Vec<String> = shrunk.ops.iter().map(u32::to_string).collect();
            Found::Broken {
                what: NOT_ORDERED,
                at: at.max().unwrap_or_default(),
                words: format!(
                    "No order that keeps each client’s own, and real time where something is changed, explains operations {}.",
                    numbers.join(", ")
                ),
            }
        }
    }
}
