//! The verdict in words: what was available, which consistency models hold, and what two runs did otherwise.

use sim_core::check::ladder::{Ladder, Level, Stands};
use sim_core::check::{Side, Verdict};
use sim_core::units::Mask;
use sim_core::view::{Names, Tone};

/// What was available, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Available {
    /// Whether everybody was answered.
    pub tone: Tone,
    /// "5 of 6", or nothing.
    pub head: String,
    /// The rest of the sentence.
    pub words: String,
}

/// Counts as a reader would, by where people are, whoever answered them: "5 of 6", "answered · near North 4 · near South 1, refused 1".
pub fn available(verdict: &Verdict, names: &Names<'_>) -> Available {
    let (answered, ended) = verdict.answered();
    let waiting: u32 = verdict.sides.iter().map(|side| side.open).sum();
    if ended == 0 {
        let words = match waiting {
            0 => "Nobody has asked for anything yet.".to_owned(),
            1 => "One person is waiting for an answer.".to_owned(),
            n => format!("{n} people are waiting for an answer."),
        };
        return Available {
            tone: Tone::Plain,
            head: String::new(),
            words,
        };
    }
    let sides: Vec<String> = verdict
        .sides
        .iter()
        .filter_map(|side| one_side(side, names))
        .collect();
    Available {
        tone: if answered == ended {
            Tone::Ok
        } else {
            Tone::No
        },
        head: format!("{answered} of {ended}"),
        words: format!(" answered · {}", sides.join(" · ")),
    }
}

fn one_side(side: &Side, names: &Names<'_>) -> Option<String> {
    let name = names.of(side.node);
    let also = [
        (side.refused, "refused"),
        (side.unknown, "no answer to"),
        (side.open, "waiting"),
    ];
    let mut words = match side.answered {
        0 => String::new(),
        n => format!("near {name} {n}"),
    };
    for (count, what) in also.into_iter().filter(|(count, _)| *count > 0) {
        match words.is_empty() {
            true => words = format!("near {name} {what} {count}"),
            false => words.push_str(&format!(", {what} {count}")),
        }
    }
    (!words.is_empty()).then_some(words)
}

/// Where the answers stand among the consistency models, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Models {
    /// Whether any holds.
    pub tone: Tone,
    /// The strongest that hold: "Causal, monotonic reads", or that there is none.
    pub head: String,
    /// What that means.
    pub words: &'static str,
    /// The weakest that do not hold, each with what breaks it; linearizability has a sentence of its own.
    pub others: Vec<Unmet>,
}

/// A model that does not hold, or of which one does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmet {
    /// Which.
    pub level: Level,
    /// [`Tone::No`], or [`Tone::Stale`] where it is not decided.
    pub tone: Tone,
    /// "Read your writes is broken."
    pub head: String,
    /// Why.
    pub words: String,
}

/// Names the strongest models that hold, and what breaks the next ones up.
pub fn models(ladder: &Ladder) -> Models {
    let stands = |level: Level| ladder.rungs[level as usize].stands;
    let names: Vec<&str> = ladder.strongest().map(Level::name).collect();
    let (tone, head, words) = match &names[..] {
        [] => (
            Tone::No,
            "None".to_owned(),
            "of the models holds, not even the weakest.",
        ),
        names => {
            let words = match ladder.strongest().next() {
                Some(Level::Linearizable) => "It is the strongest: every weaker model holds too.",
                Some(Level::Sequential) => {
                    "One order of everything fits each client, though not the clock."
                }
                _ => "",
            };
            (Tone::Ok, capital(&names.join(", ")) + ".", words)
        }
    };
    let mut others = Vec::new();
    for (place, (_, level)) in Level::NAMES.iter().enumerate().skip(1) {
        let below = Level::NAMES.iter().map(|(_, below)| *below);
        let mut below = below.filter(|below| below.above() == Some(*level));
        // Where everything just below it holds, this is the next one up.
        if stands(*level) == Stands::Yes || !below.all(|below| stands(below) == Stands::Yes) {
            continue;
        }
        let finding = &ladder.rungs[place];
        let is_no = finding.stands == Stands::No;
        let name = capital(level.name());
        let (tone, state) = match is_no {
            true => (Tone::No, "is broken"),
            false => (Tone::Stale, "is open"),
        };
        let mut words = capital(&finding.words);
        if !words.ends_with('.') {
            words.push('.');
        }
        if is_no && *level == Level::Sequential {
            words.push_str(" What is still to come may put that right.");
        }
        others.push(Unmet {
            level: *level,
            tone,
            head: format!("{name} {state}."),
            words,
        });
    }
    Models {
        tone,
        head,
        words,
        others,
    }
}

/// Whether the nodes hold the same: `behind` are those that lack something that another has, and `nodes` what they are
/// called.
pub fn replicas(behind: Mask, names: &Names<'_>, nodes: &str) -> (Tone, String) {
    if behind.is_empty() {
        return (Tone::Ok, format!("The {nodes} hold the same."));
    }
    let lack = if behind.count() == 1 { "lacks" } else { "lack" };
    let who = names.list(behind);
    let words = format!("Not yet: {who} {lack} something that another has.");
    (Tone::Stale, words)
}

/// With a large letter first.
pub fn capital(words: &str) -> String {
    let mut words = words.to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// What each of them did, in a line; one line if they did the same.
pub fn difference(labels: &[&str], verdicts: &[&Verdict]) -> Vec<String> {
    let did: Vec<String> = verdicts.iter().map(|verdict| deeds(verdict)).collect();
    if verdicts.iter().all(|verdict| verdict.answered().1 == 0) {
        return vec!["Nobody has been answered yet. Press play, or step.".to_owned()];
    }
    if did.windows(2).all(|pair| pair[0] == pair[1]) {
        let all = if did.len() == 2 { "both" } else { "all" };
        return vec![format!("So far {all} did the same: {}.", did[0])];
    }
    let lines = labels.iter().zip(&did);
    lines
        .map(|(label, did)| format!("{label} {did}."))
        .collect()
}

/// "refused 2 of 3, and every answer it gave fits one true book"
fn deeds(verdict: &Verdict) -> String {
    let (answered, ended) = verdict.answered();
    let refused: u32 = verdict.sides.iter().map(|side| side.refused).sum();
    let mut deeds = Vec::new();
    match (ended, ended - answered) {
        (0, _) => deeds.push("has answered nobody yet".to_owned()),
        (_, 0) => deeds.push(format!("answered all {ended}")),
        (_, turned) if turned == refused => deeds.push(format!("refused {refused} of {ended}")),
        _ => deeds.push(format!("answered {answered} of {ended}")),
    }
    match verdict.consistency.tone {
        Tone::Ok if answered > 0 => deeds.push(format!(
            "every answer it gave fits one true {}",
            verdict.ideal
        )),
        Tone::No => deeds.push(format!(
            "gave an answer that fits no true {}",
            verdict.ideal
        )),
        _ => {}
    }
    let mut said = deeds.join(", and ");
    let standing = &verdict.standing;
    if standing.tone == Tone::No {
        let head = standing.head.trim_end_matches('.').to_ascii_lowercase();
        said.push_str(&format!(" ({head})"));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::{Run, Timeline};
    use sim_core::units::Micros;

    fn at(id: &str, ms: u64) -> Available {
        let mut timeline = Timeline::of(Run::new(catalogue::find(id).unwrap(), 7)).unwrap();
        let verdict = Verdict::of(&mut timeline, Micros::from_ms(ms));
        available(&verdict, &timeline.names())
    }

    #[test]
    fn it_counts_per_side_and_says_who_was_refused() {
        let start = at("bank-two-cut", 0);
        assert_eq!((start.tone, start.head.as_str()), (Tone::Plain, ""));
        assert_eq!(
            at("bank-two-cut", 101).words,
            "One person is waiting for an answer."
        );
        let end = at("bank-two-cut", 3_000);
        assert_eq!(
            (end.tone, end.head.as_str()),
            (Tone::No, "2 of 5"),
            "{}",
            end.words
        );
        assert_eq!(
            end.words,
            " answered · near North 1, refused 1 · near South 1, refused 2"
        );
    }

    #[test]
    fn replicas_agree_or_it_says_who_lacks_something() {
        let timeline = Timeline::of(Run::new(catalogue::find("bank-two-cut").unwrap(), 7)).unwrap();
        let of = |behind: u8| replicas(Mask::first(behind), &timeline.names(), "branches");
        assert_eq!(of(0), (Tone::Ok, "The branches hold the same.".to_owned()));
        let words = |behind: u8| of(behind).1;
        assert_eq!(words(1), "Not yet: North lacks something that another has.");
        let both = "Not yet: North and South lack something that another has.";
        assert_eq!(words(2), both);
    }

    fn verdict(policy: &str, ms: u64) -> Verdict {
        let mut scenario = catalogue::find("bank-two-cut").unwrap();
        scenario.choose("policy", policy);
        let mut timeline = Timeline::of(Run::new(scenario, 7)).unwrap();
        Verdict::of(&mut timeline, Micros::from_ms(ms))
    }

    #[test]
    fn one_refuses_and_stays_true_the_other_answers_and_does_not() {
        let said = difference(
            &["Left", "Right"],
            &[&verdict("all", 1_300), &verdict("local", 1_300)],
        );
        assert_eq!(
            said,
            [
                "Left refused 2 of 3, and every answer it gave fits one true book.",
                "Right answered all 3, and gave an answer that fits no true book.",
            ]
        );
    }

    #[test]
    fn what_is_the_same_is_said_once() {
        let same = difference(&["L", "R"], &[&verdict("all", 500), &verdict("local", 500)]);
        assert_eq!(
            same,
            [
                "So far both did the same: answered all 1, and every answer it gave fits one true book."
            ]
        );
        assert_eq!(
            difference(&["L", "R"], &[&verdict("all", 0), &verdict("local", 0)]).len(),
            1
        );
    }
}
