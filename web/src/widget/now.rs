//! The sentence that says what just happened, the way back to its causes, and the other runs that were kept.

use sim_core::units::EventId;
use yew::prelude::*;

use crate::session::{Msg, Selection, Session};
use crate::views::ViewProps;
use crate::widget::player::clock;

/// How far back one can ask why.
const CAUSES_MAX: usize = 24;

/// A sentence and the causes that were asked for, nearest first.
struct Chain {
    /// What is explained.
    event: EventId,
    /// Whether it is what just happened, or something that was selected.
    telling: bool,
    /// The causes shown.
    shown: Vec<EventId>,
    /// The next one.
    next: Option<EventId>,
}

fn chain(session: &Session) -> Option<Chain> {
    let telling = session.picture.telling.as_ref().map(|(id, _)| *id);
    let asked = match session.selection {
        Selection::Event(id) => Some(id),
        _ => None,
    };
    let deep = |from: EventId| session.causes(from, CAUSES_MAX);
    if let (Some(telling), Some(asked)) = (telling, asked)
        && telling != asked
    {
        let causes = deep(telling);
        if let Some(depth) = causes.iter().position(|cause| *cause == asked) {
            let next = causes.get(depth + 1).copied();
            let shown = causes[..=depth].to_vec();
            return Some(Chain {
                event: telling,
                telling: true,
                shown,
                next,
            });
        }
        let next = deep(asked).first().copied();
        return Some(Chain {
            event: asked,
            telling: false,
            shown: Vec::new(),
            next,
        });
    }
    let event = telling?;
    Some(Chain {
        event,
        telling: true,
        shown: Vec::new(),
        next: deep(event).first().copied(),
    })
}

/// The name that a sentence begins with, and the rest.
fn subject<'a>(session: &Session, words: &'a str) -> (&'a str, &'a str) {
    let timeline = session.timeline.borrow();
    let names = timeline.names();
    let first = names.list.iter().find(|name| {
        words
            .strip_prefix(name.as_str())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    });
    words.split_at(first.map_or(0, String::len))
}

fn sentence(session: &Session, words: &str) -> Html {
    let (who, rest) = subject(session, words);
    let (who, rest) = (who.to_owned(), rest.to_owned());
    html! { <><b>{ who }</b>{ rest }</> }
}

/// What just happened, and why.
pub fn now(props: &ViewProps) -> Html {
    let session = &props.session;
    let Some(chain) = chain(session) else {
        return html! { <div class="now"><p>{ "Nothing has happened yet. Press play, or step." }</p></div> };
    };
    let words = match (&session.picture.telling, chain.telling) {
        (Some((_, words)), true) => words.clone(),
        _ => session.sentence(chain.event),
    };
    // While it plays, sentences go by quicker than they can be spoken.
    let live = if session.playing { "off" } else { "polite" };
    let why = chain.next.map(|next| {
        let onclick = props
            .dispatch
            .reform(move |_: MouseEvent| Msg::Select(Selection::Event(next)));
        let words = if chain.shown.is_empty() {
            "Why?"
        } else {
            "And why that?"
        };
        html! { <button type="button" class="why" {onclick}>{ words }</button> }
    });
    let shown = chain.shown.iter().map(|id| {
        let at = session
            .timeline
            .borrow()
            .trace()
            .get(*id)
            .map(|event| event.at)
            .unwrap_or_default();
        let onclick = props.dispatch.reform(move |_: MouseEvent| Msg::Seek(at));
        html! {
            <li key={id.0}>
                { sentence(session, &session.sentence(*id)) }
                { " " }
                <button type="button" class="why" {onclick}>{ format!("at {at}") }</button>
            </li>
        }
    });
    let last = chain.shown.last().is_some() && chain.next.is_none();
    html! {
        <div class="now">
            <p role="status" aria-live={live}>
                if !chain.telling { <span class="aside">{ "Selected: " }</span> }
                { sentence(session, &words) }
            </p>
            if !chain.shown.is_empty() {
                <ol class="because" aria-label="Because">{ for shown }</ol>
            }
            if last { <p class="aside">{ "That is where it began." }</p> }
            { for why }
        </div>
    }
}

/// That the past was changed, and the ways back.
pub fn branches(props: &ViewProps) -> Html {
    let session = &props.session;
    if session.branches.is_empty() {
        return Html::default();
    }
    let head = match &session.forked {
        Some((at, words)) if at.0 < 1_000 => format!("You changed the run at its start: {words}."),
        Some((at, words)) => format!("You changed the past at {}: {words}.", clock(*at)),
        None => "Another run was kept.".to_owned(),
    };
    let ways = session.branches.iter().enumerate().map(|(branch, kept)| {
        let onclick = props.dispatch.reform(move |_: MouseEvent| Msg::Switch { branch });
        html! {
            <button type="button" class="ghost" key={branch} {onclick}>{ format!("Back to {}", kept.label) }</button>
        }
    });
    html! {
        <div class="branches">
            <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 14V2M3 9c0-4 4-3 9-5M9 1.5L12.5 4 10 7.5" /></svg>
            <p>{ head }</p>
            <div class="ways">{ for ways }</div>
        </div>
    }
}
