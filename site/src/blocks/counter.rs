//! `counter`: two books and the line between them, until the simulator's own blocks are here.

use maud::{Markup, html};
use serde::Deserialize;

use super::{Block, figure};
use crate::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counter {
    /// The figure's name for those who do not see it.
    label: String,
    /// The line under the figure.
    caption: String,
}

/// The still picture has the size and the words of the living one's start.
pub fn render(block: &Block<'_>) -> Result<Markup, Problem> {
    let counter: Counter = block.read()?;
    let book = |name: &str| {
        html! {
            p.book {
                span.name { (name) }
                span.value { "0" }
                span.unit { "deposits" }
            }
        }
    };
    let still = html! {
        div.books { (book("North")) p.line { "line up" } (book("South")) }
        div.controls {
            @for name in ["Deposit at North", "Cut the line", "Reset"] {
                button type="button" disabled { (name) }
            }
        }
        p.now { "The line is up: South hears of every deposit." }
    };
    Ok(figure("counter", &counter.label, still, &counter.caption))
}
