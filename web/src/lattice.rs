//! The consistency models as a lattice, the stronger above: each says whether it holds, and all strongest ones are
//! marked. For the page for histories, and under a figure.

use std::rc::Rc;

use sim_core::check::ladder::{Finding, Ladder, Level, Stands};

use crate::ui::{Tag, button, div, p, span, tag, when};

/// What each model is called, and what it promises, in the order of [`Level::NAMES`].
const MODELS: [(&str, &str); 8] = [
    (
        "Linearizable",
        "One order of all operations, in which each happens while it is under way.",
    ),
    (
        "Sequential",
        "One order of all operations, which keeps everybody’s own.",
    ),
    (
        "Causal",
        "Whoever sees something also sees what it rests on.",
    ),
    (
        "PRAM",
        "For each of them an order of all writes that fits what they were told and keeps everybody’s own.",
    ),
    (
        "Writes follow reads",
        "What somebody had seen is seen with what they wrote then.",
    ),
    ("Monotonic reads", "Nobody ever sees less than before."),
    (
        "Monotonic writes",
        "What somebody wrote first is seen with what they wrote later.",
    ),
    ("Read your writes", "Everybody sees what they wrote."),
];

/// Lines from a model to the one above it, in a drawing of six columns and five rows.
const LINES: &str =
    "M3 .5V2.5M3 2.5L1.5 3.5M3 2.5L4.5 3.5M1.5 3.5L1 4.5M1.5 3.5L3 4.5M2.7 3.8L4.4 4.2";

/// What is drawn.
pub struct Look<'a> {
    /// What is known; nothing as long as nothing is judged.
    pub ladder: Option<&'a Ladder>,
    /// What a model says as long as that is so.
    pub unknown: &'static str,
    /// Whether a model can be chosen before it is judged.
    pub waits: bool,
    /// The model that is selected.
    pub pressed: Option<Level>,
    /// The operation that is selected: whatever names it is marked.
    pub op: Option<u32>,
}

/// What is looked at first: the strongest that does not hold, for there is most to say; else the strongest.
pub fn first(ladder: &Ladder) -> Level {
    let no = |finding: &Finding| finding.stands == Stands::No;
    let place = ladder.rungs.iter().position(no).unwrap_or(0);
    Level::NAMES[place].1
}

/// The class of a verdict.
pub const fn class(stands: Stands) -> &'static str {
    match stands {
        Stands::Yes => "ok",
        Stands::No => "no",
        Stands::Open | Stands::Beyond => "stale",
    }
}

/// What a model is called, as a heading, and what it promises.
pub fn promise(level: Level) -> (&'static str, Tag) {
    let (name, promise) = MODELS[level as usize];
    (name, p("la-promise").text(promise))
}

/// The drawing. Each model is a button.
pub fn lattice(look: &Look<'_>, chosen: &Rc<dyn Fn(Level)>) -> Tag {
    let lines = tag("svg")
        .is("viewBox", "0 0 6 5")
        .is("preserveAspectRatio", "none")
        .is("aria-hidden", "true")
        .child(tag("path").is("d", LINES));
    let strongest: Vec<Level> = look
        .ladder
        .map_or_else(Vec::new, |ladder| ladder.strongest().collect());
    let rungs = Level::NAMES.iter().map(|(_, level)| {
        let is_strongest = strongest.contains(level);
        rung(look, *level, is_strongest, Rc::clone(chosen))
    });
    div("la")
        .is("role", "group")
        .is("aria-label", "Consistency models, the stronger above")
        .child(lines)
        .each(rungs.collect())
}

/// How a model stands: the class, the word and the mark.
fn state(
    finding: Option<&Finding>,
    is_strongest: bool,
    unknown: &'static str,
) -> [&'static str; 3] {
    let Some(finding) = finding else {
        return ["", unknown, ""];
    };
    match finding.stands {
        Stands::Yes if is_strongest => ["is-yes", "holds · strongest", "✓"],
        Stands::Yes => ["is-yes", "holds", "✓"],
        Stands::No => ["is-no", "broken", "✕"],
        Stands::Beyond => ["is-beyond", "cannot be decided", "–"],
        Stands::Open => ["is-open", "not decided", "?"],
    }
}

fn rung(look: &Look<'_>, level: Level, is_strongest: bool, chosen: Rc<dyn Fn(Level)>) -> Tag {
    const PLACES: [&str; 8] = [
        "at-0", "at-1", "at-2", "at-3", "at-4", "at-5", "at-6", "at-7",
    ];
    let place = level as usize;
    let (name, promise) = MODELS[place];
    let finding = look.ladder.and_then(|ladder| ladder.rungs.get(place));
    let [class, word, mark] = state(finding, is_strongest, look.unknown);
    let is_kin = finding.is_some_and(|finding| look.op.is_some_and(|op| finding.ops.contains(&op)));
    let classes = [
        "la-rung",
        PLACES[place],
        class,
        when(is_strongest, "is-strongest"),
        when(is_kin, "is-kin"),
    ];
    let words = finding.map_or("", |finding| &finding.words);
    // The word below the name has said so already.
    let words = words.strip_prefix("cannot be decided: ").unwrap_or(words);
    button("")
        .classes(&classes)
        .state("aria-pressed", look.pressed == Some(level))
        .flag("disabled", finding.is_none() && !look.waits)
        .clicked(move || chosen(level))
        .child(
            tag("b")
                .child(span("la-mark").is("aria-hidden", "true").text(mark))
                .text(name),
        )
        .child(tag("small").text(word))
        .child(span("unseen").says(format!(". {promise} {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_its_heading() {
        for (place, (name, level)) in Level::NAMES.iter().enumerate() {
            assert_eq!(*level as usize, place);
            assert_eq!(promise(*level).0.to_lowercase(), name.to_lowercase());
        }
    }

    #[test]
    fn one_looks_first_at_the_strongest_that_is_broken() {
        let mut ladder = Ladder::open("");
        assert_eq!(first(&ladder), Level::Linearizable);
        ladder.rungs[2].stands = Stands::No;
        ladder.rungs[4].stands = Stands::No;
        assert_eq!(first(&ladder), Level::Causal);
    }

    #[test]
    fn what_cannot_be_decided_is_told_from_what_was_not() {
        let word = |stands| {
            let finding = Finding {
                stands,
                ..Finding::open("a reason".to_owned())
            };
            state(Some(&finding), false, "…")[1]
        };
        assert_eq!(word(Stands::Open), "not decided");
        assert_eq!(word(Stands::Beyond), "cannot be decided");
        assert_eq!(state(None, false, "…")[1], "…");
    }
}
