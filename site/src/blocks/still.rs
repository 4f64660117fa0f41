//! The still picture of a run at a moment: what stands in a figure until its island lives, and on paper.

use figure::counts::Counts;
use figure::verdict::{available, models};
use maud::{Markup, PreEscaped, html};
use sim_core::check::Verdict;
use sim_core::picture::Picture;
use sim_core::run::{Run, Timeline};
use sim_core::units::Micros;
use sim_core::view::{Names, Tone};
use sim_core::words::Words;

use super::Block;
use crate::Problem;

/// A run at a moment, as text and pictures.
pub struct Still {
    /// The stage, wide and tall; a style sheet shows the one that fits.
    pub stage: Markup,
    /// What has just happened, in a sentence.
    pub telling: String,
    /// What it has cost so far.
    pub counts: Counts,
    /// The verdict itself.
    pub judged: Verdict,
    /// The verdict in plain answers.
    pub verdict: Markup,
}

/// Draws `run` at `at`. `id` tells its marks from those of other figures of the page.
pub fn draw(block: &Block<'_>, run: &Run, at: Micros, id: &str) -> Result<Still, Problem> {
    let mut timeline =
        Timeline::of(run.clone()).map_err(|why| block.place.problem(why.to_string()))?;
    let picture = Picture::of(&mut timeline, at);
    let judged = Verdict::with_ladder(&mut timeline, at);
    let words = Words::new(timeline.trace(), timeline.names(), &timeline.run().scenario);
    let telling = words
        .zip(picture.telling)
        .map(|(words, event)| words.sentence(event));
    Ok(Still {
        counts: Counts::of(&timeline, at),
        stage: PreEscaped(figure::still(
            &mut timeline,
            at,
            id,
            &judged.consistency.ops,
        )),
        verdict: verdict(&judged, &timeline.names()),
        judged,
        telling: telling.unwrap_or_default(),
    })
}

fn verdict(verdict: &Verdict, names: &Names<'_>) -> Markup {
    let available = available(verdict, names);
    let (consistency, standing) = (&verdict.consistency, &verdict.standing);
    let answer = |term: &str, tone: Tone, head: &str, words: &str| {
        html! {
            div {
                dt { (term) }
                dd { (said(tone, head, words)) }
            }
        }
    };
    html! {
        dl.verdict {
            (answer("Available", available.tone, &available.head, &available.words))
            (answer("Consistent", consistency.tone, &consistency.head, &consistency.words))
            @if !standing.title.is_empty() {
                (answer(standing.title, standing.tone, &standing.head, &standing.words))
            }
            (models_row(verdict))
        }
    }
}

/// One sentence of it.
fn said(tone: Tone, head: &str, words: &str) -> Markup {
    html! {
        p class={ "said " (figure::tone_class(tone)) } {
            @if !head.is_empty() { b { (head.trim_end()) } " " }
            (words.trim_start())
        }
    }
}

/// Which consistency models hold, and what breaks the next ones up.
fn models_row(verdict: &Verdict) -> Markup {
    html! {
        div.models {
            dt { "Models that hold" button.la-show type="button" disabled { "All as a lattice" } }
            dd {
                @match &verdict.ladder {
                    None => p.said { "Nothing to judge yet." },
                    Some(ladder) => {
                        @let models = models(ladder);
                        (said(models.tone, &models.head, models.words))
                        @for unmet in &models.others { (said(unmet.tone, &unmet.head, &unmet.words)) }
                    }
                }
            }
        }
    }
}
