//! The models as a lattice, the stronger above: each says whether it holds, and all strongest ones are marked.

use std::rc::Rc;

use sim_core::check::ladder::Level;

use super::packet::{More, Said, Verdict};
use super::{Check, Chosen};
use crate::ui::{Tag, button, div, span, tag, when};

/// What each model promises, in the order of [`Level::NAMES`].
pub const PROMISES: [&str; 8] = [
    "One order of all operations, in which each happens while it is under way.",
    "One order of all operations, which keeps each client’s own.",
    "Whoever sees something also sees what it rests on.",
    "The three below it at once: one sees each client’s writes in that client’s order.",
    "What a client had seen is seen with what it wrote then.",
    "A client never sees less than before.",
    "What a client wrote first is seen with what it wrote later.",
    "A client sees what it wrote.",
];

/// The models as headings.
const HEADINGS: [&str; 8] = [
    "Linearizable",
    "Sequential",
    "Causal",
    "PRAM",
    "Writes follow reads",
    "Monotonic reads",
    "Monotonic writes",
    "Read your writes",
];

/// Lines from a model to the one above it, in a drawing of six columns and five rows.
const LINES: &str =
    "M3 .5V2.5M3 2.5L1.5 3.5M3 2.5L4.5 3.5M1.5 3.5L1 4.5M1.5 3.5L3 4.5M2.7 3.8L4.4 4.2";

/// The name of a model as a heading.
pub fn name(rung: usize) -> &'static str {
    HEADINGS.get(rung).copied().unwrap_or_default()
}

/// What is looked at first: the strongest that does not hold, for there is most to say; else the strongest.
pub fn first(more: &More) -> usize {
    let no = more
        .rungs
        .iter()
        .position(|said| said.stands == Verdict::No);
    no.unwrap_or(0)
}

/// Nothing was found out, for this reason.
pub fn unknown(why: &str) -> More {
    let said = Said {
        words: why.to_owned(),
        ..Said::default()
    };
    More {
        rungs: vec![said.clone(); Level::NAMES.len()],
        strongest: vec![false; Level::NAMES.len()],
        convergence: said,
        findings: Vec::new(),
    }
}

/// The class of a verdict.
pub const fn class(stands: Verdict) -> &'static str {
    match stands {
        Verdict::Yes => "ok",
        Verdict::No => "no",
        Verdict::Open => "stale",
    }
}

/// The drawing.
pub fn lattice(check: &Rc<Check>, more: Option<&More>, chosen: Chosen) -> Tag {
    let lines = tag("svg")
        .is("viewBox", "0 0 6 5")
        .is("preserveAspectRatio", "none")
        .is("aria-hidden", "true")
        .child(tag("path").is("d", LINES));
    let rungs = (0..Level::NAMES.len()).map(|rung| self::rung(check, more, chosen, rung));
    div("ck-lattice")
        .is("role", "group")
        .is("aria-label", "Consistency models, the stronger above")
        .child(lines)
        .each(rungs.collect())
}

fn rung(check: &Rc<Check>, more: Option<&More>, chosen: Chosen, rung: usize) -> Tag {
    const PLACES: [&str; 8] = [
        "at-0", "at-1", "at-2", "at-3", "at-4", "at-5", "at-6", "at-7",
    ];
    let said = more.and_then(|more| more.rungs.get(rung));
    let strongest = more.is_some_and(|more| more.strongest.get(rung) == Some(&true));
    let (state, mark) = match said.map(|said| said.stands) {
        Some(Verdict::Yes) if strongest => ("holds · strongest", "✓"),
        Some(Verdict::Yes) => ("holds", "✓"),
        Some(Verdict::No) => ("broken", "✕"),
        Some(Verdict::Open) => ("not decided", "?"),
        None => ("…", ""),
    };
    let is_kin = matches!((chosen, said), (Chosen::Op(op), Some(said)) if said.ops.contains(&op));
    let classes = [
        "ck-rung",
        PLACES[rung],
        said.map_or("", |said| class(said.stands)),
        when(strongest, "is-strongest"),
        when(is_kin, "is-kin"),
    ];
    let told = said.map(|said| span("unseen").says(format!(". {} {}", PROMISES[rung], said.words)));
    let check = Rc::clone(check);
    button("")
        .classes(&classes)
        .state("aria-pressed", chosen == Chosen::Rung(rung))
        .flag("disabled", said.is_none())
        .clicked(move || check.choose(Chosen::Rung(rung)))
        .child(
            tag("b")
                .child(span("ck-mark").is("aria-hidden", "true").text(mark))
                .text(name(rung)),
        )
        .child(tag("small").text(state))
        .maybe(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_its_heading() {
        for (place, (name, level)) in Level::NAMES.iter().enumerate() {
            assert_eq!(*level as usize, place);
            assert_eq!(super::name(place).to_lowercase(), name.to_lowercase());
        }
    }

    #[test]
    fn one_looks_first_at_the_strongest_that_is_broken() {
        let mut more = unknown("");
        assert_eq!(first(&more), 0);
        more.rungs[2].stands = Verdict::No;
        more.rungs[4].stands = Verdict::No;
        assert_eq!(first(&more), 2);
    }
}
