//! The views for those who dig, one under each tab.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};
use yew::NodeRef;

use super::events::Events;
use super::inspector;
use super::operations::Operations;
use super::space::SpaceTime;
use super::{Lookup, Pane};
use crate::session::Session;
use crate::ui::{Again, Html, Memo, On, Piece, Tag, button, div, part, tag};
use crate::widget::Figure;
use crate::widget::page::{self, Width};

/// Below this many pixels across, a view takes its portrait form.
const NARROW: i32 = 560;

/// A view that a block may list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The space-time diagram.
    Space,
    /// What clients asked and were told.
    Operations,
    /// The state inside.
    Inspector,
    /// The events.
    Events,
}

impl View {
    /// Every view, in the order of the tabs.
    pub const ALL: [Self; 4] = [Self::Space, Self::Operations, Self::Inspector, Self::Events];

    /// What blocks call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::Operations => "operations",
            Self::Inspector => "inspector",
            Self::Events => "events",
        }
    }

    /// The view of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Space => "Space and time",
            Self::Operations => "Operations",
            Self::Inspector => "Inspector",
            Self::Events => "Events",
        }
    }
}

/// What [`Tabs`] is given.
#[derive(PartialEq)]
pub struct TabsGiven {
    /// Whose views they are: its block lists at least one.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
}

/// The tab that a key leads to.
fn turned(key: &str, open: usize, count: usize) -> Option<usize> {
    match key {
        "ArrowRight" => Some((open + 1) % count),
        "ArrowLeft" => Some((open + count - 1) % count),
        "Home" => Some(0),
        "End" => Some(count - 1),
        _ => None,
    }
}

/// Tabs and the view under the one that is open.
pub struct Tabs {
    again: Again,
    open: Cell<usize>,
    list: NodeRef,
    width: RefCell<Option<Width>>,
    /// What was looked up for which run.
    lookup: Memo<u64, Lookup>,
}

impl Piece for Tabs {
    type Given = TabsGiven;

    fn begin(_: &TabsGiven, again: Again) -> Self {
        Self {
            again,
            open: Cell::new(0),
            list: NodeRef::default(),
            width: RefCell::default(),
            lookup: Memo::default(),
        }
    }

    fn draw(self: &Rc<Self>, given: &TabsGiven) -> Html {
        let open = self.open.get().min(given.figure.wishes.views.len() - 1);
        let view = given.figure.wishes.views[open];
        let id = &given.figure.id;
        let tabs = given.figure.wishes.views.iter().enumerate();
        let tabs = tabs.map(|(place, view)| self.tab(given, place, *view, place == open));
        let (turning, count) = (Rc::clone(self), given.figure.wishes.views.len());
        let bar = div("tabs")
            .found_by(&self.list)
            .is("role", "tablist")
            .is("aria-label", "Views")
            .on(On::KeyDown, move |event| turning.key(event, open, count))
            .each(tabs.collect());
        let pane = div("pane")
            .is("role", "tabpanel")
            .has("id", format!("{id}-pane"))
            .has("aria-labelledby", format!("{id}-tab-{}", view.name()))
            .node(self.pane(view, given));
        div("views").child(bar).child(pane).done()
    }

    fn drawn(self: &Rc<Self>, _: &TabsGiven, first: bool) {
        if let Some(list) = self.list.cast().filter(|_| first) {
            let width = Width::of(&list, self.again.clone());
            let guessed = self.is_narrow();
            self.width.replace(Some(width));
            if self.is_narrow() != guessed {
                self.again.now();
            }
        }
    }
}

impl Tabs {
    /// Before it stands in the page, as narrow as the page is.
    fn is_narrow(&self) -> bool {
        let page = || {
            let width = page::window().and_then(|window| window.inner_width().ok());
            width.and_then(|width| width.as_f64()).unwrap_or(0.0) as i32
        };
        let width = self.width.borrow();
        width.as_ref().map_or_else(page, Width::px) < NARROW
    }

    fn tab(self: &Rc<Self>, given: &TabsGiven, place: usize, view: View, is_open: bool) -> Tag {
        let id = &given.figure.id;
        let tabs = Rc::clone(self);
        let count = (view == View::Events)
            // The space is for those who hear it.
            .then(|| tag("small").says(format!(" {}", given.session.picture.events)));
        let mut tab = button("")
            .is("role", "tab")
            .has("id", format!("{id}-tab-{}", view.name()))
            .state("aria-selected", is_open)
            .is("tabindex", if is_open { "0" } else { "-1" });
        if is_open {
            tab = tab.has("aria-controls", format!("{id}-pane"));
        }
        tab.clicked(move || tabs.turn(place))
            .text(view.title())
            .maybe(count)
    }

    fn turn(&self, place: usize) {
        self.open.set(place);
        self.again.now();
    }

    fn key(&self, event: Event, open: usize, count: usize) {
        let event: KeyboardEvent = event.unchecked_into();
        let Some(next) = turned(&event.key(), open, count) else {
            return;
        };
        // These keys turn tabs here; the figure's own meaning for them waits.
        event.stop_propagation();
        event.prevent_default();
        self.turn(next);
        let tabs = self.list.cast::<HtmlElement>().map(|list| list.children());
        if let Some(tab) = tabs.and_then(|tabs| tabs.item(next as u32)) {
            page::focus(&tab);
        }
    }

    fn lookup(&self, session: &Session) -> Rc<Lookup> {
        self.lookup.of(session.followed, || Lookup::of(session))
    }

    fn pane(&self, view: View, given: &TabsGiven) -> Html {
        let pane = Pane {
            figure: Rc::clone(&given.figure),
            session: Rc::clone(&given.session),
            lookup: self.lookup(&given.session),
            narrow: self.is_narrow(),
        };
        match view {
            View::Space => part::<SpaceTime>("space", pane),
            View::Operations => part::<Operations>("operations", pane),
            View::Inspector => inspector::view(&pane).key("inspector").done(),
            View::Events => part::<Events>("events", pane),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_and_home_and_end_jump() {
        assert_eq!(turned("ArrowRight", 2, 3), Some(0));
        assert_eq!(turned("ArrowLeft", 0, 3), Some(2));
        assert_eq!(turned("Home", 2, 3), Some(0));
        assert_eq!(turned("End", 0, 3), Some(2));
        assert_eq!(turned(" ", 0, 3), None);
    }

    #[test]
    fn every_view_is_found_by_its_name() {
        for view in View::ALL {
            assert_eq!(View::by_name(view.name()), Some(view));
        }
        assert_eq!(View::by_name("letters"), None);
    }
}
