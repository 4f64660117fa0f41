//! The trace in words: a list of which only the rows in view are there, and for each event its cause and its effects.

use std::rc::Rc;

use sim_core::trace::{Kind, Trace};
use sim_core::units::{Endpoint, EventId};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlSelectElement};
use yew::prelude::*;

use super::rows::Rows;
use super::{PaneProps, clock, tone_class};
use crate::session::{Msg, Selection, Session};

/// The height of a row in pixels, as `views.css` has it: on a wide page, and on a phone.
const ROW: [u32; 2] = [44, 64];
/// The height of the list's window until it has been measured.
const WINDOW: u32 = 352;
/// The most causes and effects that are spelled out for one event.
const SPELLED_MAX: usize = 6;

/// The events that a list shows.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Shown {
    /// The first so many.
    All(u32),
    /// These.
    Some(Vec<u32>),
}

impl Shown {
    /// Those up to `count` that happened at, or came from, `who`.
    fn of(trace: &Trace, who: Option<Endpoint>, count: u32) -> Self {
        let Some(who) = who else {
            return Self::All(count);
        };
        let events = trace.events().iter().take(count as usize);
        let at = |event: &sim_core::trace::Event| event.who == who || event.peer == who;
        Self::Some(
            (0..)
                .zip(events)
                .filter(|(_, event)| at(event))
                .map(|(id, _)| id)
                .collect(),
        )
    }

    fn len(&self) -> u32 {
        match self {
            Self::All(count) => *count,
            Self::Some(ids) => ids.len() as u32,
        }
    }

    fn get(&self, row: u32) -> Option<EventId> {
        match self {
            Self::All(count) => (row < *count).then_some(EventId(row)),
            Self::Some(ids) => ids.get(row as usize).map(|id| EventId(*id)),
        }
    }

    /// The row of an event, or of the last one before it that is shown.
    fn row(&self, id: EventId) -> Option<u32> {
        let before = match self {
            Self::All(count) => (id.0 + 1).min(*count),
            Self::Some(ids) => ids.partition_point(|shown| *shown <= id.0) as u32,
        };
        before.checked_sub(1)
    }
}

/// Selects an event and goes to its moment.
fn go(session: &Session, dispatch: &Callback<Msg>, id: EventId) {
    let at = session
        .timeline
        .borrow()
        .trace()
        .get(id)
        .map(|event| event.at);
    if let Some(at) = at {
        dispatch.emit(Msg::Seek(at));
        dispatch.emit(Msg::Select(Selection::Event(id)));
    }
}

/// The list and, beside it, the event that one looks at.
#[component]
pub(crate) fn Events(props: &PaneProps) -> Html {
    let session = &props.session;
    let who = use_state(|| None::<Endpoint>);
    let scroll = use_state(|| 0u32);
    let list = use_node_ref();
    let walking = use_mut_ref(|| false);

    let seen = session
        .timeline
        .borrow()
        .events_by(session.seen.max(session.at));
    let run = Rc::as_ptr(&session.timeline) as usize;
    let shown = {
        let (timeline, who) = (Rc::clone(&session.timeline), *who);
        use_memo((run, seen, who), move |(_, seen, who)| {
            Shown::of(timeline.borrow().trace(), *who, *seen)
        })
    };
    let now = session.picture.telling.as_ref().map(|telling| telling.0);
    let looked_at = session.selected_event().or(now);
    let row = looked_at.and_then(|id| shown.row(id));
    let rows = Rows {
        count: shown.len(),
        height: ROW[usize::from(props.narrow)],
        window: WINDOW,
        scroll: *scroll,
    };
    use_reveal(&list, rows, row, &walking);
    let onscroll = {
        let (list, scroll) = (list.clone(), scroll.clone());
        Callback::from(move |_: Event| {
            let top = list.cast::<Element>().map_or(0, |list| list.scroll_top());
            // A redraw for every new row, not for every pixel.
            let top = top.max(0) as u32 / rows.height * rows.height;
            if top != *scroll {
                scroll.set(top);
            }
        })
    };
    let onkeydown = on_key(props, &shown, row, &walking);
    let (before, after) = rows.beside();
    html! {
        <div class={classes!("ev", props.narrow.then_some("is-narrow"))}>
            { filter(session, &who) }
            <div class="ev-scroll" ref={list} {onscroll} {onkeydown}>
                { spacer(before) }
                <ol role="list">
                    { for rows.there().filter_map(|row| Some((row, shown.get(row)?))).map(|(row, id)| {
                        one_row(props, row, rows.count, id, now == Some(id), looked_at == Some(id))
                    }) }
                </ol>
                { spacer(after) }
                if rows.count == 0 { <p class="ev-none">{ "Nothing has happened yet. Take a step." }</p> }
            </div>
            { for looked_at.map(|id| spelled(props, id)) }
        </div>
    }
}

/// Room for rows that are not there. A picture's height needs no style.
fn spacer(height: u32) -> Html {
    html! { <svg class="ev-room" width="1" height={height.to_string()} aria-hidden="true" /> }
}

/// Brings the row of the current event into view when it becomes another one, and the focus with it if one walks by
/// keys.
#[hook]
fn use_reveal(
    list: &NodeRef,
    rows: Rows,
    row: Option<u32>,
    walking: &Rc<std::cell::RefCell<bool>>,
) {
    let (focused, walking) = (list.clone(), Rc::clone(walking));
    let list = list.clone();
    use_effect_with((row, rows.height), move |(row, _)| {
        let Some((list, row)) = list.cast::<Element>().zip(*row) else {
            return;
        };
        let window = list.client_height().max(0) as u32;
        let scroll = list.scroll_top().max(0) as u32;
        if let Some(top) = (Rows {
            window,
            scroll,
            ..rows
        })
        .reveal(row)
        {
            list.set_scroll_top(top as i32);
        }
    });
    // The row may be there only after the list has scrolled and drawn itself anew.
    let list = focused;
    use_effect(move || {
        let waits = *walking.borrow();
        if let Some(list) = list.cast::<Element>().filter(|_| waits) {
            walking.replace(!focus_current(&list));
        }
    });
}

/// Gives the focus to the row that was walked to, if it is there.
fn focus_current(list: &Element) -> bool {
    let current = list.query_selector(".is-chosen .ev-say").ok().flatten();
    let current = current.and_then(|current| current.dyn_into::<HtmlElement>().ok());
    current.is_some_and(|current| current.focus().is_ok())
}

fn on_key(
    props: &PaneProps,
    shown: &Rc<Shown>,
    row: Option<u32>,
    walking: &Rc<std::cell::RefCell<bool>>,
) -> Callback<KeyboardEvent> {
    let (session, dispatch) = (props.session.clone(), props.dispatch.clone());
    let (shown, walking) = (Rc::clone(shown), Rc::clone(walking));
    Callback::from(move |event: KeyboardEvent| {
        let here = row.unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowDown" => here + 1,
            "ArrowUp" => here.saturating_sub(1),
            "PageDown" => here + 8,
            "PageUp" => here.saturating_sub(8),
            _ => return,
        };
        event.stop_propagation();
        event.prevent_default();
        if let Some(id) = shown.get(next.min(shown.len().saturating_sub(1))) {
            walking.replace(true);
            go(&session, &dispatch, id);
        }
    })
}

fn filter(session: &Session, who: &UseStateHandle<Option<Endpoint>>) -> Html {
    let timeline = session.timeline.borrow();
    let names = timeline.names();
    let onchange = {
        let who = who.clone();
        Callback::from(move |event: Event| {
            let chosen = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            who.set(
                chosen
                    .and_then(|chosen| chosen.value().parse().ok())
                    .map(Endpoint),
            );
        })
    };
    html! {
        <label class="ev-filter">
            { "Events of " }
            <select {onchange}>
                <option value="" selected={who.is_none()}>{ "everybody" }</option>
                { for names.list.iter().zip(0u8..).map(|(name, end)| html! {
                    <option value={end.to_string()} selected={**who == Some(Endpoint(end))}>{ name.clone() }</option>
                }) }
            </select>
        </label>
    }
}

fn one_row(props: &PaneProps, row: u32, count: u32, id: EventId, now: bool, chosen: bool) -> Html {
    let session = &props.session;
    let timeline = session.timeline.borrow();
    let Some(event) = timeline.trace().get(id) else {
        return Html::default();
    };
    let tone = session
        .with_words(|words| words.tone(event))
        .unwrap_or_default();
    let class = classes!(
        "ev-row",
        tone_class(tone),
        now.then_some("is-now"),
        chosen.then_some("is-chosen"),
        (event.at > session.at).then_some("is-ahead")
    );
    let links = |ids: Vec<EventId>| {
        ids.into_iter()
            .map(|id| number(props, id))
            .collect::<Html>()
    };
    let seen = timeline.events_by(session.seen.max(session.at));
    let effects = props.lookup.index.effects(id);
    let effects: Vec<EventId> = effects.filter(|effect| effect.0 < seen).take(3).collect();
    html! {
        <li key={id.0} {class} aria-setsize={count.to_string()} aria-posinset={(row + 1).to_string()}>
            <span class="ev-number">{ id.0 + 1 }</span>
            <span class="ev-time">{ clock(event.at) }</span>
            <button type="button" class="ev-say" aria-current={now.then_some("step")} onclick={goes(props, id)}>
                <span>{ session.sentence(id) }</span>
            </button>
            <span class="ev-links">
                if let Some(cause) = event.cause.some() {
                    <span>{ "because of " }{ number(props, cause) }</span>
                }
                if !effects.is_empty() {
                    <span>{ "led to " }{ links(effects) }</span>
                }
            </span>
        </li>
    }
}

fn goes(props: &PaneProps, id: EventId) -> Callback<MouseEvent> {
    let (session, dispatch) = (props.session.clone(), props.dispatch.clone());
    Callback::from(move |_| go(&session, &dispatch, id))
}

/// An event's number as a way there.
fn number(props: &PaneProps, id: EventId) -> Html {
    html! {
        <button type="button" class="ev-link" aria-label={format!("event {}", id.0 + 1)} onclick={goes(props, id)}>
            { id.0 + 1 }
        </button>
    }
}

/// One event at length: what it was, what made it happen, what it made happen.
fn spelled(props: &PaneProps, id: EventId) -> Html {
    let session = &props.session;
    let timeline = session.timeline.borrow();
    let Some(event) = timeline.trace().get(id) else {
        return Html::default();
    };
    let causes: Vec<EventId> = timeline.trace().causes(id).take(SPELLED_MAX).collect();
    let seen = timeline.events_by(session.seen.max(session.at));
    let effects = || {
        props
            .lookup
            .index
            .effects(id)
            .filter(|effect| effect.0 < seen)
    };
    let more = effects().count().saturating_sub(SPELLED_MAX);
    html! {
        <section class="ev-one" aria-label={format!("Event {}", id.0 + 1)}>
            <p class="ev-head">{ format!("Event {} · {}", id.0 + 1, clock(event.at)) }</p>
            <p class="ev-what">{ session.sentence(id) }</p>
            if causes.is_empty() {
                <p class="ev-why">{ uncaused(event.kind) }</p>
            } else {
                <p class="ev-why">{ "Because of" }</p>
                { chain(props, causes.into_iter()) }
            }
            if effects().next().is_some() {
                <p class="ev-why">{ "It led to" }</p>
                { chain(props, effects().take(SPELLED_MAX)) }
            }
            if more > 0 { <p class="ev-why">{ format!("and {more} more") }</p> }
        </section>
    }
}

/// Why an event has no cause among the events.
const fn uncaused(kind: Kind) -> &'static str {
    match kind {
        Kind::Started => "That is how it began.",
        Kind::TimerFired => "A timer that was set earlier ran out.",
        Kind::GaveUp => "Nobody did anything: the wait was too long.",
        _ => "It came from outside.",
    }
}

fn chain(props: &PaneProps, ids: impl Iterator<Item = EventId>) -> Html {
    html! {
        <ol class="ev-chain">
            { for ids.map(|id| html! {
                <li>
                    <button type="button" onclick={goes(props, id)}>
                        <b>{ id.0 + 1 }</b><span>{ props.session.sentence(id) }</span>
                    </button>
                </li>
            }) }
        </ol>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::{Run, Timeline};

    #[test]
    fn a_filter_keeps_what_happened_at_somebody_and_finds_rows_again() {
        let run = Run::new(catalogue::find("bank-two-cut").unwrap(), 7);
        let timeline = Timeline::of(run).unwrap();
        let count = timeline.trace().len() - 5;
        let all = Shown::of(timeline.trace(), None, count);
        assert_eq!((all.len(), all.row(EventId(3))), (count, Some(3)));
        assert_eq!(all.row(EventId(count + 3)), Some(count - 1));
        let ben = Shown::of(timeline.trace(), Some(Endpoint(3)), count);
        assert!(ben.len() > 0 && ben.len() < count);
        for row in 0..ben.len() {
            let id = ben.get(row).unwrap();
            let event = timeline.trace().get(id).unwrap();
            assert!(event.who == Endpoint(3) || event.peer == Endpoint(3));
            assert_eq!(ben.row(id), Some(row));
        }
        assert_eq!(ben.get(ben.len()), None);
        assert_eq!(ben.row(EventId(0)), None);
    }
}
