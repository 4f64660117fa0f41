//! `compare`: one script under two settings, side by side.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use sim_core::run::Run;
use toml::Spanned;

use super::settings::Settings;
use super::sim::{self, Change};
use super::{Block, Context, frame, script, still};
use crate::Problem;
use crate::claims::{Claim, Condition, Demand};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// The figure whose run both sides play.
    of: Spanned<String>,
    title: String,
    /// The moment that both open with.
    at: Spanned<String>,
    left: Side,
    right: Side,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    label: String,
    #[serde(default)]
    settings: Settings,
    /// What the prose says of this side.
    expect: Vec<Expect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    at: Spanned<String>,
    goal: Spanned<String>,
}

/// The block as a section with two still stages.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    let at = block.at(&source.at, script::span(source.at.get_ref()))?;
    let runs = [
        side(block, context, &source, &source.left)?,
        side(block, context, &source, &source.right)?,
    ];
    let options = json!({
        "title": source.title,
        "left": { "label": source.left.label, "run": sim::fragment(block, &runs[0], at)? },
        "right": { "label": source.right.label, "run": sim::fragment(block, &runs[1], at)? },
    });
    let label = format!("compare-{}", block.place.line);
    let stills = [
        still::draw(block, &runs[0], at, &format!("{label}-left"))?,
        still::draw(block, &runs[1], at, &format!("{label}-right"))?,
    ];
    let sides = [&source.left, &source.right];
    let labels = sides.map(|side| side.label.as_str());
    let judged = [&stills[0].judged, &stills[1].judged];
    Ok(html! {
        section.compare data-widget="compare" aria-labelledby=(label) data-options=(options) {
            p.sim-title id=(label) { (source.title) }
            div.pair {
                @for (side, still) in sides.iter().zip(&stills) {
                    div.side {
                        p.side-label { (side.label) }
                        div.stage-room { (still.stage) }
                        p.now { (still.telling) }
                        (still.verdict)
                    }
                }
            }
            (frame::player((at, runs[0].end())))
            div.differ {
                @for line in figure::verdict::difference(labels, judged) { p { (line) } }
            }
        }
    })
}

fn side(
    block: &Block<'_>,
    context: &mut Context,
    source: &Source,
    side: &Side,
) -> Result<Run, Problem> {
    let change = Change {
        settings: Some(&side.settings),
        ..Change::default()
    };
    let run = context.sim(block, &source.of)?.changed(block, &change)?;
    for expect in &side.expect {
        context.claims.push(Claim {
            place: block.place_of(&expect.goal.span()),
            what: "the claim",
            condition: block.at(&expect.goal, Condition::parse(expect.goal.get_ref(), &run))?,
            demand: Demand::Holds(block.at(&expect.at, script::span(expect.at.get_ref()))?),
            run: run.clone(),
        });
    }
    Ok(run)
}
