//! The still picture of a run at a moment: what stands in a figure until its island lives, and on paper.

use maud::{Markup, PreEscaped, html};
use sim_core::check::Verdict;
use sim_core::picture::Picture;
use sim_core::run::{Run, Timeline};
use sim_core::units::Micros;
use sim_core::view::Tone;

use super::Block;
use crate::Problem;

/// A run at a moment, as text and pictures.
pub struct Still {
    /// The stage, wide and tall; a style sheet shows the one that fits.
    pub stage: Markup,
    /// What has just happened, in a sentence.
    pub telling: String,
    /// How many were answered, in words.
    pub answered: String,
    /// The verdict in plain answers.
    pub verdict: Markup,
}

/// Draws `run` at `at`. `id` tells its marks from those of other figures of the page.
pub fn draw(block: &Block<'_>, run: &Run, at: Micros, id: &str) -> Result<Still, Problem> {
    let mut timeline =
        Timeline::of(run.clone()).map_err(|why| block.place.problem(why.to_string()))?;
    let picture = Picture::of(&mut timeline, at);
    let telling = picture.telling.map_or(String::new(), |(_, words)| words);
    Ok(Still {
        stage: PreEscaped(figure::still(&mut timeline, at, id)),
        answered: available(&picture.verdict).1,
        verdict: verdict(&picture.verdict),
        telling,
    })
}

fn available(verdict: &Verdict) -> (Tone, String) {
    let (answered, ended) = verdict.answered();
    let waiting: u32 = verdict.sides.iter().map(|side| side.open).sum();
    let tone = match ended {
        0 => Tone::Plain,
        _ if answered == ended => Tone::Ok,
        _ => Tone::No,
    };
    let head = match ended {
        0 => "Nobody has been answered yet.".to_owned(),
        _ => format!("{answered} of {ended} answered."),
    };
    match waiting {
        0 => (tone, head),
        1 => (tone, format!("{head} 1 waits.")),
        _ => (tone, format!("{head} {waiting} wait.")),
    }
}

fn verdict(verdict: &Verdict) -> Markup {
    let (tone, head) = available(verdict);
    let (consistency, standing) = (&verdict.consistency, &verdict.standing);
    let answer = |term: &str, tone: Tone, head: &str, words: &str| {
        html! {
            div {
                dt { (term) }
                dd { p class={ "said " (figure::tone_class(tone)) } { b { (head) } " " (words) } }
            }
        }
    };
    html! {
        dl.verdict {
            (answer("Available", tone, &head, ""))
            (answer("Consistent", consistency.tone, &consistency.head, &consistency.words))
            @if !standing.title.is_empty() {
                (answer(standing.title, standing.tone, &standing.head, &standing.words))
            }
        }
    }
}
