//! What a tone looks like: one class and one shape each, the same in every figure.

use sim_core::view::Tone;

use crate::element::{Element, element, translate};

/// Its class.
pub const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Write => "write",
        Tone::Read => "read",
        Tone::Vote => "vote",
        Tone::Ok => "ok",
        Tone::No => "no",
        Tone::Stale => "stale",
        Tone::Cut => "cut",
    }
}

/// Its shape, nine units wide: nobody has to tell colours apart.
pub fn glyph(tone: Tone, x: f64, y: f64) -> Element {
    let data = match tone {
        Tone::Plain => "M-2 0h4",
        // A pencil's point, an eye's ring, a ballot's diamond, a tick, a cross, a clock's hands.
        Tone::Write => "M-3 -4L4 0L-3 4z",
        Tone::Read => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        Tone::Vote => "M0 -4.5L4.5 0L0 4.5L-4.5 0z",
        Tone::Ok => "M-4 0.5L-1 3.5L4 -3",
        Tone::No | Tone::Cut => "M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5",
        Tone::Stale => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0zM0 -2.4V0.2L1.8 1.4",
    };
    element("path")
        .class("glyph")
        .has("transform", translate(x, y))
        .is("d", data)
}
