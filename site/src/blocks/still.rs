//! The still picture of a run at a moment: what stands in a figure until its island lives, and on paper.

use maud::{Markup, html};
use sim_core::picture::Picture;
use sim_core::run::{Run, Timeline};
use sim_core::units::Micros;

use super::Block;
use crate::Problem;

/// The stage, and the sentence that tells what has just happened.
pub fn stage(block: &Block<'_>, run: &Run, at: Micros) -> Result<Markup, Problem> {
    let mut timeline =
        Timeline::of(run.clone()).map_err(|why| block.place.problem(why.to_string()))?;
    let picture = Picture::of(&mut timeline, at);
    let telling = picture
        .telling
        .as_ref()
        .map_or("", |(_, words)| words.as_str());
    Ok(html! {
        p.now { (telling) }
    })
}
