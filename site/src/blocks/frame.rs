//! What stands around a still stage: the places of the controls, so that nothing moves when they come to life.
//!
//! Without scripts a style sheet hides whatever could only be pressed. The classes are those of the living figure.

use maud::{Markup, html};
use sim_core::units::Micros;

use super::still::Still;

/// Labels as wide as those of the speeds on offer.
const SPEEDS: [&str; 5] = ["1/100×", "1/20×", "1/10×", "½×", "1×"];

/// The tab of the space-time diagram.
const SPACE: &str = "Space and time";
/// As wide as the sign for a fold in the axis.
const STROKE: &str = "//";

/// What a figure has besides its stage.
pub struct Parts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// The buttons that set several settings at once: label, small words, whether the run is set so.
    pub variants: Vec<(&'a str, Option<&'a str>, bool)>,
    /// What the button that cuts says, where there is one.
    pub cut: Option<&'static str>,
    /// Whether there are settings to unfold.
    pub has_settings: bool,
    /// The views under the verdict: their tabs.
    pub views: Vec<&'static str>,
    /// How many nodes and people there are.
    pub lines: usize,
    /// The moment, and the end.
    pub time: (Micros, Micros),
    /// The line under everything.
    pub caption: String,
}

/// The figure, standing still.
pub fn figure(parts: &Parts<'_>, still: &Still) -> Markup {
    html! {
        div.sim-body {
            p.sim-title id={ (parts.id) "-title" } { (parts.title) }
            (bar(parts))
            div.stage-room { (still.stage) }
            (player(parts.time))
            div.now { p { (still.telling) } button.why type="button" disabled { "Why?" } }
            (still.verdict)
            (views(parts))
            p.caption { (parts.caption) }
        }
    }
}

/// The ways to change what runs. What is pressed here is done once that is loaded; the keyboard stops only at what is.
fn bar(parts: &Parts<'_>) -> Markup {
    html! {
        div.bar {
            @if !parts.variants.is_empty() {
                div."seg variants" {
                    @for (label, small, pressed) in &parts.variants {
                        button type="button" tabindex="-1" aria-pressed=(pressed.to_string()) {
                            (label)
                            @if let Some(small) = small { small { (small) } }
                        }
                    }
                }
            }
            div.quick {
                @if let Some(cut) = parts.cut { button.ghost type="button" tabindex="-1" { (cut) } }
                button.ghost type="button" tabindex="-1" { "Share" }
            }
            @if parts.has_settings { details.settings { summary tabindex="-1" { "Settings" } } }
        }
    }
}

/// The player; its buttons cannot be pressed yet.
pub fn player((at, end): (Micros, Micros)) -> Markup {
    let icon =
        |data: &str| html! { svg viewBox="0 0 16 16" aria-hidden="true" { path d=(data) {} } };
    let step = |name: &str, data: &str| {
        html! { button.step type="button" disabled aria-label=(name) { (icon(data)) } }
    };
    html! {
        div.player {
            (step("Step back", "M3 2v12M14 2L6 8l8 6z"))
            button.play type="button" disabled aria-label="Play" { (icon("M4 2l10 6-10 6z")) }
            (step("Step", "M13 2v12M2 2l8 6-8 6z"))
            div.track {}
            p.time { (at) " of " (end) }
            div."seg small" {
                @for speed in SPEEDS { button type="button" disabled { (speed) } }
            }
            button.ghost type="button" disabled { "Reset" }
            button."ghost help" type="button" disabled aria-label="Keys" { "?" }
        }
    }
}

fn views(parts: &Parts<'_>) -> Markup {
    html! {
        @if !parts.views.is_empty() {
            div.views {
                div.tabs role="tablist" aria-label="Views" {
                    @for view in &parts.views { button type="button" role="tab" disabled { (view) } }
                }
                div.pane { @if parts.views.first() == Some(&SPACE) { (space(parts.lines)) } }
            }
        }
    }
}

/// The place of the space-time diagram, wide and tall.
fn space(lines: usize) -> Markup {
    let sheet = |tall: bool| {
        let (width, height) = figure::sheet::sheet(lines, tall).size;
        html! {
            svg class=(if tall { "st-tall" } else { "st-wide" }) viewBox={ "0 0 " (width) " " (height) } {}
        }
    };
    html! {
        div.st {
            div.st-bar {}
            div.st-sheet { (sheet(false)) (sheet(true)) }
            p.st-note { "Time is stretched where much happens. " (STROKE) " marks a quiet stretch that is cut short." }
        }
    }
}
