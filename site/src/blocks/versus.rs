//! `versus`: a comparison of the reader's own choice. The form stands in the page with all that there is to choose; what it
//! opens with is a comparison like any other.

use figure::versus::{self, FAULTS_MAX, Fault, Form, LENGTH_MS, NODES, WHAT, WHOM};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use sim_core::protocol::ProtocolSpec;
use sim_core::units::Micros;
use sim_core::{protocols, systems};
use toml::Spanned;

use super::{Block, Context, compare, script, sim, still};
use crate::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    title: String,
    /// As links name them: `raft`, `raft/reads=lease`, `@etcd`.
    sides: Spanned<Vec<String>>,
    nodes: u8,
    seed: u64,
    /// Such as `cut leader 2000-4500`.
    faults: Vec<Spanned<String>>,
    /// The moment that it opens with.
    at: Spanned<String>,
}

/// The block as a form, and the comparison that it opens with.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    let at = block.at(&source.at, script::span(source.at.get_ref()))?;
    let wrong = |text: &str| format!("expected such as `cut leader 2000-4500`, found `{text}`");
    let read = |text: &Spanned<String>| {
        let fault = Fault::read(text.get_ref());
        block.at(text, fault.ok_or_else(|| wrong(text.get_ref())))
    };
    let form = Form {
        sides: source.sides.get_ref().clone(),
        nodes: source.nodes,
        seed: source.seed,
        faults: source.faults.iter().map(read).collect::<Result<_, _>>()?,
    };
    let runs = block.at(&source.sides, form.runs())?;
    let label = format!("versus-{}", block.place.line);
    let (mut stills, mut options, mut plays) = (Vec::new(), Vec::new(), Vec::new());
    let labels: Vec<String> = form.sides.iter().map(|side| versus::label(side)).collect();
    let mut end = Micros::ZERO;
    for (number, run) in runs.iter().enumerate() {
        let name = format!("{label}-{number}");
        stills.push(still::draw(block, run, at, &name)?);
        options.push(json!({ "label": labels[number], "run": sim::fragment(block, run, at)? }));
        plays.extend(context.plays_else(run));
        end = end.max(run.end());
    }
    let options = json!({ "title": source.title, "sides": options, "plays": plays });
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    Ok(html! {
        section.versus data-widget="versus" aria-label="A comparison of your own" {
            form {
                (sides(&form))
                (faults(&form))
                fieldset.chance {
                    legend { "With" }
                    label {
                        select name="nodes" {
                            @for count in NODES { option value=(count) selected[count == form.nodes] { (count) } }
                        }
                        " servers"
                    }
                    label { "and chance number " input type="number" name="seed" min="0" max="999999" value=(form.seed); }
                }
                p.row {
                    button.go type="submit" disabled { "Play them" }
                    " "
                    button type="button" name="link" disabled { "Copy a link to this moment" }
                }
                p.notice role="status" hidden {}
            }
            section.compare aria-labelledby=(label) data-options=(options) {
                (compare::standing(&label, &source.title, &labels, &stills, (at, end)))
            }
        }
    })
}

/// What there is to choose for one protocol: it, its products, and each other value of a setting.
fn choices(spec: &ProtocolSpec) -> Vec<String> {
    let of_it = |system: &&systems::System| system.protocol == spec.name;
    let products = systems::SYSTEMS.iter().filter(of_it);
    let mut list: Vec<String> = products.map(|one| format!("@{}", one.name)).collect();
    list.extend(versus::sides(spec));
    list
}

fn sides(form: &Form) -> Markup {
    let words = ["This", "beside this", "and this", "and this"];
    html! {
        fieldset.sides {
            legend { "Play" }
            @for (place, words) in words.iter().enumerate() {
                @let chosen = form.sides.get(place);
                label {
                    span { (words) }
                    select name="side" {
                        @if place >= *versus::SIDES.start() { option value="" selected[chosen.is_none()] { "nothing" } }
                        @for (name, title) in versus::TITLES {
                            @if let Some(spec) = protocols::spec(name) {
                                optgroup label=(title) {
                                    @for side in choices(spec) {
                                        option value=(side) selected[chosen == Some(&side)] { (versus::label(&side)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn faults(form: &Form) -> Markup {
    let whom = WHOM
        .iter()
        .map(|(word, title)| ((*word).to_owned(), (*title).to_owned()));
    let servers = 1..=NODES[NODES.len() - 1];
    let servers = servers.map(|number| (format!("s{number}"), format!("S{number}")));
    let whom: Vec<(String, String)> = whom.chain(servers).collect();
    html! {
        fieldset.faults {
            legend { "On each, this happens" }
            @for place in 0..FAULTS_MAX {
                @let fault = form.faults.get(place);
                @let (from, until) = fault.map_or((2_000, 4_000), |fault| fault.span);
                div.fault role="group" aria-label={ "Fault " (place + 1) } {
                    select name="whom" aria-label="Who" {
                        option value="" selected[fault.is_none()] { "nobody" }
                        @for (number, (word, title)) in whom.iter().enumerate() {
                            option value=(word) selected[fault.is_some_and(|fault| fault.whom == number)] { (title) }
                        }
                    }
                    select name="what" aria-label="What happens" {
                        @for (number, (word, title)) in WHAT.iter().enumerate() {
                            option value=(word) selected[fault.is_some_and(|fault| fault.what == number)] { (title) }
                        }
                    }
                    label { "from " input type="number" name="from" min="0" max=(LENGTH_MS) step="100" value=(from); }
                    label { "to " input type="number" name="until" min="0" max=(LENGTH_MS) step="100" value=(until); " ms" }
                }
            }
        }
    }
}
