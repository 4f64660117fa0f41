//! `predict`: the reader commits an answer before the run gives its own.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use toml::Spanned;

use super::settings::Settings;
use super::sim::{Change, Deed};
use super::{Block, Context, script};
use crate::Problem;
use crate::claims::{Claim, Condition, Demand};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// The figure that answers.
    r#for: Spanned<String>,
    question: String,
    choices: Spanned<Vec<Choice>>,
    /// Which choice is right, counted from 1.
    right: Spanned<usize>,
    /// Why, in a sentence or two.
    why: String,
    /// The moment at which the run has answered.
    at: Spanned<String>,
    /// What the reader has to do first, where the opening run does not answer by itself.
    variant: Option<Spanned<String>>,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    actions: Vec<Deed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    text: String,
    /// What to say to a reader who chose it.
    says: String,
    /// What would hold at `at` if this were the answer.
    goal: Option<Spanned<String>>,
}

/// The block as a question with its choices.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    let right = right(block, &source)?;
    let at = block.at(&source.at, script::span(source.at.get_ref()))?;
    prove(block, context, &source, right)?;
    context.predicted.push(source.r#for.get_ref().clone());
    let choices: Vec<_> = source.choices.get_ref().iter().collect();
    let mut options = json!({
        "for": source.r#for.get_ref(),
        "question": source.question,
        "choices": choices.iter().map(|one| json!({ "text": one.text, "says": one.says })).collect::<Vec<_>>(),
        "right": right,
        "why": source.why,
        "at_ms": at.0 / 1_000,
    });
    let set_up = context.sim(block, &source.r#for)?.set_up(
        block,
        source.variant.as_ref(),
        &source.settings,
    )?;
    if let Some(set_up) = set_up {
        options["supposed"] = set_up;
    }
    let label = format!("Guess: {}", source.question);
    // As the living block names them.
    let name = format!(
        "predict-{}-{}",
        source.r#for.get_ref(),
        at.0 / 1_000 * 1_000
    );
    Ok(html! {
        section.predict data-widget="predict" aria-label=(label) data-options=(options) {
            p.predict-title id=(name) { "Before you run it" }
            p { (source.question) }
            ul.choices role="radiogroup" aria-labelledby=(name) {
                @for choice in &choices {
                    li role="none" {
                        label { input type="radio" name=(name) tabindex="-1"; span { (choice.text) } }
                    }
                }
            }
            div.predict-do {
                button type="button" disabled { "That is my guess" }
                button.quiet type="button" tabindex="-1" { "Skip" }
            }
            noscript {
                details { summary { "What happens" } p { (choices[right].text) ". " (source.why) } }
            }
        }
    })
}

fn right(block: &Block<'_>, source: &Source) -> Result<usize, Problem> {
    let choices = source.choices.get_ref().len();
    if choices < 2 {
        return Err(block.problem_at(&source.choices, "expected two choices or more"));
    }
    let right = *source.right.get_ref();
    match right.checked_sub(1) {
        Some(place) if place < choices => Ok(place),
        _ => Err(block.problem_at(
            &source.right,
            format!("expected a choice from 1 to {choices}, found {right}"),
        )),
    }
}

/// The run must give the right answer, and none of the wrong ones.
fn prove(
    block: &Block<'_>,
    context: &mut Context,
    source: &Source,
    right: usize,
) -> Result<(), Problem> {
    let change = Change {
        protocol: None,
        variant: source.variant.as_ref(),
        settings: Some(&source.settings),
        actions: &source.actions,
    };
    let run = context.sim(block, &source.r#for)?.changed(block, &change)?;
    let at = block.at(&source.at, script::span(source.at.get_ref()))?;
    for (place, choice) in source.choices.get_ref().iter().enumerate() {
        let Some(goal) = &choice.goal else {
            if place == right {
                let what = format!(
                    "expected a `goal` for the right choice `{}`, which the run proves",
                    choice.text
                );
                return Err(block.problem_at(&source.right, what));
            }
            continue;
        };
        let is_right = place == right;
        context.claims.push(Claim {
            place: block.place_of(&goal.span()),
            what: if is_right {
                "the right answer"
            } else {
                "the wrong answer"
            },
            condition: block.at(goal, Condition::parse(goal.get_ref(), &run))?,
            demand: if is_right {
                Demand::Holds(at)
            } else {
                Demand::HoldsNot(at)
            },
            run: run.clone(),
        });
    }
    Ok(())
}
