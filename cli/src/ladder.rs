//! The ladder of models in lines and in JSON.

use crate::out::{Failure, Out};
use serde::Serialize;
use sim_core::check::domain::{self, DomainFinding};
use sim_core::check::history::History;
use sim_core::check::ladder::{Finding, Ladder, Level, Stands};
use sim_core::check::linearizable::Question;
use sim_core::check::search::Limits;
use sim_core::check::sights::{Blind, Sights};

/// The other models, and what went wrong in the terms of what the store is for.
pub struct More {
    ladder: Ladder,
    findings: Vec<DomainFinding>,
}

impl More {
    /// All of a history; `known` is what each read saw.
    pub fn of(question: &Question<'_>, known: &Result<Sights, Blind>, limits: &Limits) -> Self {
        Self::with(Ladder::of(question, known, limits), question)
    }

    /// The same where the ladder is known.
    pub fn with(ladder: Ladder, question: &Question<'_>) -> Self {
        Self {
            ladder,
            findings: domain::findings(question),
        }
    }

    /// A line a model, the strongest that hold, whether readers agree, and what went wrong.
    pub fn print(&self, out: &mut Out) -> Result<(), Failure> {
        let Self { ladder, findings } = self;
        for ((level, _), finding) in Level::NAMES.iter().zip(&ladder.rungs) {
            match finding.stands {
                Stands::Yes => out.line(format_args!("  {level}: yes"))?,
                Stands::No => out.line(format_args!("  {level}: no: {}", finding.words))?,
                Stands::Open | Stands::Beyond => {
                    out.line(format_args!("  {level}: undecided: {}", finding.words))?;
                }
            }
        }
        let strongest: Vec<_> = ladder.strongest().map(Level::name).collect();
        let strongest = match strongest.is_empty() {
            true if ladder.rungs.iter().any(|rung| rung.stands.is_open()) => {
                String::from("undecided")
            }
            true => String::from("none"),
            false => strongest.join(", "),
        };
        out.line(format_args!("  strongest: {strongest}"))?;
        let converged = match ladder.convergence.stands {
            Stands::Yes => "yes",
            _ => &ladder.convergence.words,
        };
        out.line(format_args!("  converged: {converged}"))?;
        for finding in findings {
            out.line(format_args!("  {}: {}", finding.name, finding.words))?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
pub struct LadderJson {
    models: Vec<FindingJson>,
    strongest: Vec<&'static str>,
    converged: FindingJson,
    findings: Vec<FindingJson>,
}

/// Whether something holds, and the lines of the operations that say so.
#[derive(Serialize)]
struct FindingJson {
    name: &'static str,
    holds: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    sentence: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<u32>,
}

impl More {
    /// The same in JSON.
    pub fn json(&self, history: &History) -> LadderJson {
        let lines = |ops: &[u32]| {
            ops.iter()
                .map(|op| history.ops[*op as usize].source)
                .collect()
        };
        let json = |name, finding: &Finding| FindingJson {
            name,
            holds: match finding.stands {
                Stands::Yes => "yes",
                Stands::No => "no",
                Stands::Open | Stands::Beyond => "undecided",
            },
            sentence: finding.words.clone(),
            lines: lines(&finding.ops),
        };
        let rungs = Level::NAMES.iter().zip(&self.ladder.rungs);
        LadderJson {
            models: rungs
                .map(|((name, _), finding)| json(*name, finding))
                .collect(),
            strongest: self.ladder.strongest().map(Level::name).collect(),
            converged: json("converged", &self.ladder.convergence),
            findings: self
                .findings
                .iter()
                .map(|found| FindingJson {
                    name: found.name,
                    holds: "no",
                    sentence: found.words.clone(),
                    lines: lines(&found.ops),
                })
                .collect(),
        }
    }
}
