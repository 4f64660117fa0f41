//! The verdict in three plain answers: was it available, was it consistent, how does the domain stand.

use sim_core::check::{Side, Verdict};
use sim_core::view::{Names, Tone};
use yew::prelude::*;

use super::{ViewProps, tone_class};
use crate::session::{Clause, Msg, Selection, Session};

/// What was available, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Available {
    tone: Tone,
    head: String,
    words: String,
}

/// Counts as a reader would: "5 of 6", "answered · North 4 · South 1, refused 1".
fn available(verdict: &Verdict, names: &Names<'_>) -> Available {
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
        n => format!("{name} {n}"),
    };
    for (count, what) in also.into_iter().filter(|(count, _)| *count > 0) {
        let lead = if words.is_empty() { name } else { "," };
        words = format!("{words}{lead} {what} {count}");
    }
    (!words.is_empty()).then_some(words)
}

/// Three answers under the player. They follow the moment; to choose one is to choose the operations that it names.
#[component]
pub fn VerdictStrip(props: &ViewProps) -> Html {
    strip(props, None)
}

/// What [`VerdictBeside`] is given.
#[derive(Properties, PartialEq)]
pub struct BesideProps {
    /// What is looked at.
    pub session: Session,
    /// Where the reader's wishes go.
    pub dispatch: Callback<Msg>,
    /// What stands beside it.
    pub other: Session,
}

/// The three answers of one run beside another, with a mark at each that differs.
#[component]
pub fn VerdictBeside(props: &BesideProps) -> Html {
    let view = yew::props!(ViewProps {
        session: props.session.clone(),
        dispatch: props.dispatch.clone(),
    });
    strip(&view, Some(&props.other.picture.verdict))
}

fn strip(props: &ViewProps, other: Option<&Verdict>) -> Html {
    let verdict = &props.session.picture.verdict;
    let available = {
        let timeline = props.session.timeline.borrow();
        available(verdict, &timeline.names())
    };
    let (consistency, standing) = (&verdict.consistency, &verdict.standing);
    let unlike = |differs: &dyn Fn(&Verdict) -> bool| other.is_some_and(differs);
    let answer = |tone, head: &str, words: &str, clause: Option<Clause>| {
        sentence(props, tone, head, words, clause)
    };
    html! {
        <dl class="verdict">
            <div>
                { term("Available", unlike(&|other| other.answered() != verdict.answered())) }
                <dd>{ answer(available.tone, &available.head, &available.words, None) }</dd>
            </div>
            <div>
                { term("Consistent", unlike(&|other| other.consistency.tone != consistency.tone)) }
                <dd>{ answer(consistency.tone, &consistency.head, &consistency.words, Some(Clause::Consistency)) }</dd>
            </div>
            if !standing.title.is_empty() {
                <div>
                    { term(standing.title, unlike(&|other| other.standing.words != standing.words)) }
                    <dd>{ answer(standing.tone, &standing.head, &standing.words, Some(Clause::Standing)) }</dd>
                </div>
            }
        </dl>
    }
}

fn term(name: &'static str, differs: bool) -> Html {
    html! {
        <dt>
            { name }
            if differs { <span class="unlike">{ "≠ differs" }</span> }
        </dt>
    }
}

/// The tone's shape is drawn by the style sheet, before the first words, so that no answer rests on its colour.
fn sentence(
    props: &ViewProps,
    tone: Tone,
    head: &str,
    words: &str,
    clause: Option<Clause>,
) -> Html {
    let said = html! {
        <>
            if !head.is_empty() { <b>{ head.trim_end().to_owned() }</b>{ " " } }
            { words.trim_start().to_owned() }
        </>
    };
    let class = classes!("said", tone_class(tone));
    let Some(clause) = clause.filter(|clause| !props.session.named_by(*clause).is_empty()) else {
        return html! { <p {class}>{ said }</p> };
    };
    let chosen = props.session.selection == Selection::Clause(clause);
    let next = if chosen {
        Selection::Nothing
    } else {
        Selection::Clause(clause)
    };
    let onclick = props
        .dispatch
        .reform(move |_: MouseEvent| Msg::Select(next));
    html! {
        <button type="button" {class} aria-pressed={chosen.to_string()} {onclick}>{ said }</button>
    }
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
            " answered · North 1, refused 1 · South 1, refused 2"
        );
    }
}
