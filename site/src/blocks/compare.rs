//! `compare`: one script under several settings or protocols, side by side.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use sim_core::run::Run;
use sim_core::units::Micros;
use toml::Spanned;

use super::settings::Settings;
use super::sim::{self, Change};
use super::still::{self, Still};
use super::{Block, Context, frame, script};
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
    sides: Spanned<Vec<Side>>,
}

/// How many sides there may be.
const SIDES: std::ops::RangeInclusive<usize> = 2..=4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    label: String,
    /// Another protocol than the figure's.
    protocol: Option<Spanned<String>>,
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

/// The block as a section with still stages.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    let at = block.at(&source.at, script::span(source.at.get_ref()))?;
    let sides = source.sides.get_ref();
    if !SIDES.contains(&sides.len()) {
        let (least, most) = (SIDES.start(), SIDES.end());
        let why = format!("expected {least} to {most} sides, found {}", sides.len());
        return Err(block.problem_at(&source.sides, why));
    }
    let label = format!("compare-{}", block.place.line);
    let (mut stills, mut options, mut plays) = (Vec::new(), Vec::new(), Vec::new());
    let mut end = Micros::ZERO;
    for (number, side) in sides.iter().enumerate() {
        let run = run_of(block, context, &source, side)?;
        let name = format!("{label}-{number}");
        stills.push(still::draw(block, &run, at, &name)?);
        options.push(json!({ "label": side.label, "run": sim::fragment(block, &run, at)? }));
        plays.extend(context.plays_else(&run));
        end = end.max(run.end());
    }
    let labels: Vec<&str> = sides.iter().map(|side| side.label.as_str()).collect();
    let options = json!({ "title": source.title, "sides": options, "plays": plays });
    Ok(html! {
        section.compare data-widget="compare" aria-labelledby=(label) data-options=(options) {
            (standing(&label, &source.title, &labels, &stills, (at, end)))
        }
    })
}

/// What stands there until it lives: the sides by their labels, at a moment of a time.
pub fn standing(
    id: &str,
    title: &str,
    labels: &[&str],
    stills: &[Still],
    time: (Micros, Micros),
) -> Markup {
    let judged: Vec<_> = stills.iter().map(|still| &still.judged).collect();
    html! {
        p.sim-title id=(id) { (title) }
        div.pair {
            @for (label, still) in labels.iter().zip(stills) {
                div.side {
                    p.side-label { (label) }
                    div.stage-room { (still.stage) }
                    p.now { (still.telling) }
                    dl.counts {
                        @for (term, number) in still.counts.lines() {
                            div { dt { (term) } dd { (number) } }
                        }
                    }
                    (still.verdict)
                }
            }
        }
        (frame::player(time))
        div.differ {
            @for line in figure::verdict::difference(labels, &judged) { p { (line) } }
        }
    }
}

fn run_of(
    block: &Block<'_>,
    context: &mut Context,
    source: &Source,
    side: &Side,
) -> Result<Run, Problem> {
    let change = Change {
        protocol: side.protocol.as_ref(),
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
