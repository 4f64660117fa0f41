//! The verdict in three plain answers: was it available, was it consistent, how does the domain stand.

use figure::verdict::available;
use sim_core::check::Verdict;
use sim_core::view::Tone;
use yew::prelude::*;

use super::{ViewProps, tone_class};
use crate::session::{Clause, Msg, Selection, Session};

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
