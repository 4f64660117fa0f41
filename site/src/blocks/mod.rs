//! Fenced blocks: their info string names a kind, their body is TOML, they become islands.
//!
//! A `sim` is read first, wherever it stands, because predictions and goals speak of it by its id. What blocks claim
//! is collected as [`Claim`]s and replayed by [`crate::claims::check`].
//!
//! Adding a kind is one file here, with a `render`, and one line in [`KINDS`].

use std::ops::Range;

use maud::Markup;
use serde::de::DeserializeOwned;
use sim_core::run::Run;
use toml::Spanned;

use crate::claims::Claim;
use crate::{Place, Problem};
use sim::Sim;

mod cards;
mod compare;
mod frame;
mod goals;
mod predict;
mod quiz;
mod script;
mod settings;
mod sim;
mod still;
mod versus;

/// A fenced block of a lesson.
pub struct Block<'a> {
    /// Its info string.
    pub kind: &'a str,
    /// Its TOML.
    pub body: &'a str,
    /// The line of its opening fence.
    pub place: Place,
}

impl Block<'_> {
    /// Its body as a value. A mistake is reported on its own line.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        toml::from_str(self.body).map_err(|why| {
            let span = why.span().unwrap_or(0..0);
            self.place_of(&span)
                .problem(format!("{}: {}", self.kind, why.message()))
        })
    }

    /// The line of a part of its body.
    pub fn place_of(&self, span: &Range<usize>) -> Place {
        Place::of_byte(&self.place.file, self.place.line + 1, self.body, span.start)
    }

    /// A problem with a part of its body.
    pub fn problem_at<T>(&self, part: &Spanned<T>, what: impl Into<String>) -> Problem {
        self.place_of(&part.span()).problem(what)
    }

    /// The value made of a part of its body, or what is wrong with that part.
    pub fn at<T, U>(&self, part: &Spanned<T>, made: Result<U, String>) -> Result<U, Problem> {
        made.map_err(|why| self.problem_at(part, why))
    }
}

/// What the blocks of one page know of one another, and what they claim.
#[derive(Default)]
pub struct Context {
    /// The figures, in order.
    pub sims: Vec<Sim>,
    /// What is claimed.
    pub claims: Vec<Claim>,
    /// Figures of which something has been predicted so far.
    predicted: Vec<String>,
}

impl Context {
    /// Reads every figure of a page.
    pub fn read(blocks: &[Block<'_>]) -> Result<Self, Vec<Problem>> {
        let mut context = Self::default();
        let mut problems = Vec::new();
        for block in blocks.iter().filter(|block| block.kind == "sim") {
            match Sim::read(block, &mut context.claims) {
                Ok(sim) if context.sims.iter().any(|known| known.id == sim.id) => {
                    let what = format!("a second figure is called `{}`", sim.id);
                    problems.push(block.place.problem(what));
                }
                Ok(sim) => context.sims.push(sim),
                Err(problem) => problems.push(problem),
            }
        }
        match problems.is_empty() {
            true => Ok(context),
            false => Err(problems),
        }
    }

    /// The protocol that the page's first figure plays: it is loaded with the page.
    pub fn plays(&self) -> Option<&str> {
        let first = self.sims.first()?;
        Some(&first.run.scenario.protocol)
    }

    /// The protocol of a run, if it is another one: whoever plays it has it loaded first.
    fn plays_else(&self, run: &Run) -> Option<String> {
        let protocol = &run.scenario.protocol;
        (self.plays() != Some(protocol)).then(|| protocol.clone())
    }

    /// The figure that a block speaks of.
    fn sim(&self, block: &Block<'_>, id: &Spanned<String>) -> Result<&Sim, Problem> {
        let found = self.sims.iter().find(|sim| sim.id == *id.get_ref());
        found.ok_or_else(|| {
            let ids: Vec<&str> = self.sims.iter().map(|sim| sim.id.as_str()).collect();
            let ids = ids.join(", ");
            block.problem_at(
                id,
                format!(
                    "no `sim` of this page has the id `{}`; it has {ids}",
                    id.get_ref()
                ),
            )
        })
    }
}

/// A kind of block: its name, and how it becomes HTML.
pub struct Kind {
    /// What the info string says.
    pub name: &'static str,
    render: fn(&Block<'_>, &mut Context) -> Result<Markup, Problem>,
}

/// Every kind there is.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "sim",
        render: sim::render,
    },
    Kind {
        name: "compare",
        render: compare::render,
    },
    Kind {
        name: "predict",
        render: predict::render,
    },
    Kind {
        name: "goals",
        render: goals::render,
    },
    Kind {
        name: "quiz",
        render: quiz::render,
    },
    Kind {
        name: "cards",
        render: cards::render,
    },
    Kind {
        name: "versus",
        render: versus::render,
    },
];

/// Turns a block into HTML.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    match KINDS.iter().find(|kind| kind.name == block.kind) {
        Some(kind) => (kind.render)(block, context),
        None => {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let expected = names.join(", ");
            let what = format!(
                "unknown block kind `{}`; expected one of: {expected}",
                block.kind
            );
            Err(block.place.problem(what))
        }
    }
}
