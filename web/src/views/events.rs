//! The trace in words: a list of which only the rows in view are there, and for each event its cause and its effects.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::tone_class;
use sim_core::trace::{Kind, Trace};
use sim_core::units::{Endpoint, EventId, OpId};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlSelectElement, KeyboardEvent};
use yew::NodeRef;

use super::rows::Rows;
use super::{Pane, clock};
use crate::session::{Msg, Selection};
use crate::ui::{Again, Html, Memo, On, Piece, Tag, button, div, p, span, tag, when};
use crate::widget::page;

/// The height of a row in pixels, as `later.css` has it: on a wide page, and on a phone.
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

/// The list and, beside it, the event that one looks at.
pub(crate) struct Events {
    again: Again,
    who: RefCell<Option<Endpoint>>,
    scroll: RefCell<u32>,
    list: NodeRef,
    /// The focus goes to the row that one walks to by keys, once that row is there.
    walking: Cell<bool>,
    /// The row that was brought into view last, and the height that rows had.
    revealed: Cell<(Option<u32>, u32)>,
    /// What is shown, and of which run, up to which event, of whom.
    shown: Memo<Wanted, Shown>,
}

/// A run, how many of its events, and of whom.
type Wanted = (u64, u32, Option<Endpoint>);

impl Piece for Events {
    type Given = Pane;

    fn begin(_: &Pane, again: Again) -> Self {
        Self {
            again,
            who: RefCell::default(),
            scroll: RefCell::default(),
            list: NodeRef::default(),
            walking: Cell::new(false),
            revealed: Cell::default(),
            shown: Memo::default(),
        }
    }

    fn draw(self: &Rc<Self>, pane: &Pane) -> Html {
        let shown = self.shown(pane);
        let rows = self.rows(pane, &shown);
        let now = pane.session.picture.telling;
        let looked_at = looked_at(pane);
        let ops = pane.session.selected_ops();
        let (before, after) = rows.beside();
        let there = rows.there().filter_map(|row| Some((row, shown.get(row)?)));
        let there = there.map(|(row, id)| {
            let marks = (now == Some(id), looked_at == Some(id));
            one_row(pane, (row, rows.count), id, marks, &ops)
        });
        let none = p("ev-none").text("Nothing has happened yet. Take a step.");
        let there = there.collect();
        let (scrolling, walking) = (Rc::clone(self), Rc::clone(self));
        let row = looked_at.and_then(|id| shown.row(id));
        let room = Rc::clone(&pane.figure.room);
        let key = move |event: Event| {
            if let Some(id) = walked_to(event.unchecked_ref(), row.unwrap_or(0), &shown) {
                event.stop_propagation();
                event.prevent_default();
                walking.walking.set(true);
                room.send(Msg::Visit(id));
            }
        };
        let list = div("ev-scroll")
            .found_by(&self.list)
            .on(On::Scroll, move |_| scrolling.scrolled(rows.height))
            .on(On::KeyDown, key)
            .child(spacer(before))
            .child(tag("ol").is("role", "list").each(there))
            .child(spacer(after))
            .maybe((rows.count == 0).then_some(none));
        tag("div")
            .classes(&["ev", when(pane.narrow, "is-narrow")])
            .child(self.filter(pane))
            .child(list)
            .maybe(looked_at.and_then(|id| spelled(pane, id)))
            .done()
    }

    fn drawn(self: &Rc<Self>, pane: &Pane, _: bool) {
        let Some(list) = self.list.cast::<Element>() else {
            return;
        };
        let shown = self.shown(pane);
        let row = looked_at(pane).and_then(|id| shown.row(id));
        let rows = self.rows(pane, &shown);
        if self.revealed.replace((row, rows.height)) != (row, rows.height) {
            reveal(&list, rows, row);
        }
        // The row may be there only after the list has scrolled and drawn itself anew.
        if self.walking.get() {
            self.walking.set(!focus_current(&list));
        }
    }
}

/// The event that one looks at: the selected one, or what just happened. Of the operations that a sentence names, it is
/// the last answer.
fn looked_at(pane: &Pane) -> Option<EventId> {
    let session = &pane.session;
    let chosen = match session.selection {
        Selection::Clause(_) => {
            let named = session.selected_ops().into_iter();
            let timeline = session.timeline.borrow();
            let answers = named.filter_map(|op| timeline.history().get(op)?.ended_by.some());
            answers.max()
        }
        _ => session.selected_event(),
    };
    chosen.or(session.picture.telling)
}

impl Events {
    fn shown(&self, pane: &Pane) -> Rc<Shown> {
        let session = &pane.session;
        let timeline = session.timeline.borrow();
        let seen = timeline.events_by(session.seen.max(session.at));
        let who = *self.who.borrow();
        let wanted = (session.followed, seen, who);
        self.shown
            .of(wanted, || Shown::of(timeline.trace(), who, seen))
    }

    fn rows(&self, pane: &Pane, shown: &Shown) -> Rows {
        Rows {
            count: shown.len(),
            height: ROW[usize::from(pane.narrow)],
            window: WINDOW,
            scroll: *self.scroll.borrow(),
        }
    }

    /// A redraw for every new row, not for every pixel.
    fn scrolled(&self, height: u32) {
        let top = self
            .list
            .cast()
            .map_or(0, |list: Element| list.scroll_top());
        let top = top.max(0) as u32 / height * height;
        self.again.keep(&self.scroll, top);
    }

    fn filter(self: &Rc<Self>, pane: &Pane) -> Tag {
        let timeline = pane.session.timeline.borrow();
        let who = *self.who.borrow();
        let mut options = vec![
            tag("option")
                .is("value", "")
                .flag("selected", who.is_none())
                .text("everybody"),
        ];
        for (name, end) in timeline.names().list.iter().zip(0u8..) {
            let option = tag("option").has("value", end.to_string());
            let chosen = who == Some(Endpoint(end));
            options.push(option.flag("selected", chosen).says(name.clone()));
        }
        let events = Rc::clone(self);
        let change = move |event: Event| {
            let list = page::target::<HtmlSelectElement>(&event);
            let value = list.map(|list| list.value());
            let who = value.and_then(|value| value.parse().ok()).map(Endpoint);
            events.again.keep(&events.who, who);
        };
        tag("label")
            .class("ev-filter")
            .text("Events of ")
            .child(tag("select").on(On::Change, change).each(options))
    }
}

/// Room for rows that are not there. A picture's height needs no style.
fn spacer(height: u32) -> Tag {
    tag("svg")
        .is("class", "ev-room")
        .is("width", "1")
        .has("height", height.to_string())
        .is("aria-hidden", "true")
}

/// Brings a row into view.
fn reveal(list: &Element, rows: Rows, row: Option<u32>) {
    let rows = Rows {
        window: list.client_height().max(0) as u32,
        scroll: list.scroll_top().max(0) as u32,
        ..rows
    };
    if let Some(top) = row.and_then(|row| rows.reveal(row)) {
        list.set_scroll_top(top as i32);
    }
}

/// Gives the focus to the row that was walked to, if it is there.
fn focus_current(list: &Element) -> bool {
    let current = list.query_selector(".is-chosen .ev-say").ok().flatten();
    current.is_some_and(|current| {
        page::focus(&current);
        true
    })
}

/// The event that a key leads to from a row.
fn walked_to(event: &KeyboardEvent, here: u32, shown: &Shown) -> Option<EventId> {
    let next = match event.key().as_str() {
        "ArrowDown" => here + 1,
        "ArrowUp" => here.saturating_sub(1),
        "PageDown" => here + 8,
        "PageUp" => here.saturating_sub(8),
        _ => return None,
    };
    shown.get(next.min(shown.len().saturating_sub(1)))
}

/// An event, with those of the selected operations marked.
fn one_row(
    pane: &Pane,
    (row, count): (u32, u32),
    id: EventId,
    (now, chosen): (bool, bool),
    ops: &[OpId],
) -> Tag {
    let session = &pane.session;
    let timeline = session.timeline.borrow();
    let Some(event) = timeline.trace().get(id) else {
        return tag("li");
    };
    let tone = session.with_words(|words| words.tone(event));
    let seen = timeline.events_by(session.seen.max(session.at));
    let effects = pane.lookup.index.effects(id);
    let effects = effects.filter(|effect| effect.0 < seen).take(3);
    let effects: Vec<Tag> = effects.map(|id| number(pane, id)).collect();
    let cause = event.cause.some();
    let cause = cause.map(|id| tag("span").text("because of ").child(number(pane, id)));
    let led = (!effects.is_empty()).then(|| tag("span").text("led to ").each(effects));
    let mut say = button("ev-say").sends(&pane.figure.room, Msg::Visit(id));
    if now {
        say = say.is("aria-current", "step");
    }
    let is_kin = !ops.is_empty() && session.op_of(id).is_some_and(|op| ops.contains(&op));
    if is_kin {
        say = say.is("aria-description", "of what is selected");
    }
    tag("li")
        .key(&id.0.to_string())
        .classes(&[
            "ev-row",
            tone_class(tone.unwrap_or_default()),
            when(now, "is-now"),
            when(chosen, "is-chosen"),
            when(is_kin, "is-kin"),
            when(event.at > session.at, "is-ahead"),
        ])
        .has("aria-setsize", count.to_string())
        .has("aria-posinset", (row + 1).to_string())
        .child(span("ev-number").says((id.0 + 1).to_string()))
        .child(span("ev-time").says(clock(event.at)))
        .child(say.child(tag("span").says(session.sentence(id))))
        .child(span("ev-links").maybe(cause).maybe(led))
}

/// An event's number as a way there.
fn number(pane: &Pane, id: EventId) -> Tag {
    button("ev-link")
        .has("aria-label", format!("event {}", id.0 + 1))
        .sends(&pane.figure.room, Msg::Visit(id))
        .says((id.0 + 1).to_string())
}

/// One event at length: what it was, what made it happen, what it made happen.
fn spelled(pane: &Pane, id: EventId) -> Option<Tag> {
    let session = &pane.session;
    let timeline = session.timeline.borrow();
    let event = timeline.trace().get(id)?;
    let seen = timeline.events_by(session.seen.max(session.at));
    let causes: Vec<EventId> = timeline.trace().causes(id).take(SPELLED_MAX).collect();
    let effects = pane.lookup.index.effects(id);
    let mut effects: Vec<EventId> = effects.filter(|effect| effect.0 < seen).collect();
    let more = effects.len().saturating_sub(SPELLED_MAX);
    effects.truncate(SPELLED_MAX);
    let mut one = tag("section")
        .class("ev-one")
        .has("aria-label", format!("Event {}", id.0 + 1))
        .child(p("ev-head").says(format!("Event {} · {}", id.0 + 1, clock(event.at))))
        .child(p("ev-what").says(session.sentence(id)));
    one = match causes.is_empty() {
        true => one.child(p("ev-why").text(uncaused(event.kind))),
        false => one
            .child(p("ev-why").text("Because of"))
            .child(chain(pane, &causes)),
    };
    if !effects.is_empty() {
        one = one.child(p("ev-why").text("It led to"));
        one = one.child(chain(pane, &effects));
    }
    let more = (more > 0).then(|| p("ev-why").says(format!("and {more} more")));
    Some(one.maybe(more))
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

fn chain(pane: &Pane, ids: &[EventId]) -> Tag {
    let items = ids.iter().map(|id| {
        let way = button("").sends(&pane.figure.room, Msg::Visit(*id));
        let number = tag("b").says((id.0 + 1).to_string());
        let words = tag("span").says(pane.session.sentence(*id));
        tag("li").child(way.child(number).child(words))
    });
    tag("ol").class("ev-chain").each(items.collect())
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
