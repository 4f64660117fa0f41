//! `goals`: what the reader is to bring about, ticked by the run itself.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use toml::Spanned;

use super::settings::Settings;
use super::sim::{Change, Deed};
use super::{Block, Context};
use crate::Problem;
use crate::claims::{Claim, Condition, Demand};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// The figure.
    r#for: Spanned<String>,
    goals: Vec<Goal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    text: String,
    goal: Spanned<String>,
    solution: Solution,
}

/// What a reader can do to get there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Solution {
    variant: Option<Spanned<String>>,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    actions: Vec<Deed>,
}

/// The block as a list.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    for goal in &source.goals {
        prove(block, context, &source, goal)?;
    }
    let goals: Vec<_> = source
        .goals
        .iter()
        .map(|one| json!({ "text": one.text, "goal": one.goal.get_ref() }))
        .collect();
    let options = json!({ "for": source.r#for.get_ref(), "goals": goals });
    Ok(html! {
        ul.goals data-widget="goals" aria-label="Goals" data-options=(options) {
            @for goal in &source.goals { li { (goal.text) } }
        }
    })
}

/// The goal does not hold when the figure opens, and its solution brings it about.
fn prove(
    block: &Block<'_>,
    context: &mut Context,
    source: &Source,
    goal: &Goal,
) -> Result<(), Problem> {
    let sim = context.sim(block, &source.r#for)?;
    let change = Change {
        protocol: None,
        variant: goal.solution.variant.as_ref(),
        settings: Some(&goal.solution.settings),
        actions: &goal.solution.actions,
    };
    let (before, after) = (sim.run.clone(), sim.changed(block, &change)?);
    let condition = block.at(&goal.goal, Condition::parse(goal.goal.get_ref(), &after))?;
    let at = sim.at;
    let mut claim = |run, demand| {
        context.claims.push(Claim {
            place: block.place_of(&goal.goal.span()),
            what: "the goal",
            condition: condition.clone(),
            demand,
            run,
        });
    };
    claim(before, Demand::HoldsNot(at));
    claim(after, Demand::Reached(at));
    Ok(())
}
