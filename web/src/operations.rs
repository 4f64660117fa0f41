//! The operations of a history, through a window that one moves and zooms: for the page for histories, and under a figure.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::operations::axis::Window;
use figure::operations::walk::Way;
use figure::operations::{Laid, Look, Measures};
use sim_core::check::history::History;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, MouseEvent};
use yew::NodeRef;

use crate::ui::{Again, Html, On, Piece, Tag, div, looking, p};
use crate::widget::page::{self, Listening, Width};

/// How wide it is taken to be before it stands in the page.
const WIDTH: f64 = 320.0;
/// So far a pointer goes before it drags, in pixels.
const DRAGS: f64 = 4.0;

/// What is drawn.
pub struct Shown {
    /// The history.
    pub history: Rc<History>,
    /// It, laid out.
    pub laid: Laid,
    /// What is said as long as no operation is selected.
    pub hint: Rc<str>,
    /// What stands for what, where it is not said by a word.
    pub legend: &'static str,
    /// What else there is to know, below the drawing.
    pub note: &'static str,
}

impl Shown {
    /// The same with the rows of some operations first, if these are not all in view together as it is.
    pub fn gathering(&self, ops: &[u32]) -> Option<Self> {
        Some(Self {
            laid: self.laid.gathering(&self.history, ops)?,
            history: Rc::clone(&self.history),
            hint: Rc::clone(&self.hint),
            ..*self
        })
    }
}

/// One laying out has one of these.
impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// What is done to the drawing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Deed {
    /// An operation is selected.
    Choose(u32),
    /// One goes to the moment of an operation.
    Visit(u32),
    /// A client is selected.
    Client(u32),
    /// One goes to a place of the axis.
    Seek(f64),
}

/// Who hears of that. It is equal to itself alone.
#[derive(Clone)]
pub struct Hears(pub Rc<dyn Fn(Deed)>);

impl PartialEq for Hears {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Rc::as_ptr(&self.0), Rc::as_ptr(&other.0))
    }
}

/// What [`Sheet`] is given.
#[derive(PartialEq)]
pub struct SheetGiven {
    /// Who is told what is done to it.
    pub hears: Hears,
    /// What the ids of its operations begin with.
    pub id: String,
    /// What is drawn.
    pub shown: Rc<Shown>,
    /// Another number for another history: one looks at it anew.
    pub of: u32,
    /// The moment that is looked at, along the axis and in words, where it is a run that is looked at.
    pub now: Option<(f64, String)>,
    /// The client that is selected.
    pub client: Option<u32>,
    /// The operations that are selected.
    pub chosen: Vec<u32>,
    /// Another number whenever these are to come into view.
    pub asked: u32,
}

/// What moves the window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moves {
    Earlier,
    Later,
    Up,
    Down,
    Farther,
    Closer,
}

const MOVES: [(Moves, &str, &str); 6] = [
    (Moves::Earlier, "Show earlier", "M10 3L5 8l5 5"),
    (Moves::Later, "Show later", "M6 3l5 5-5 5"),
    (Moves::Up, "Show the clients above", "M3 10l5-5 5 5"),
    (Moves::Down, "Show the clients below", "M3 6l5 5 5-5"),
    (Moves::Farther, "Zoom out", "M3 8h10"),
    (Moves::Closer, "Zoom in", "M3 8h10M8 3v10"),
];

impl Moves {
    /// The window moved so. Whoever looks closer at an operation that is in view keeps it there.
    fn of(self, shown: &Shown, window: Window, chosen: &[u32]) -> Window {
        let next = self.moved(shown, window);
        match (self, chosen) {
            (Self::Closer | Self::Farther, [op]) if shown.laid.showing(window, *op) == window => {
                shown.laid.showing(next, *op)
            }
            _ => next,
        }
    }

    fn moved(self, shown: &Shown, window: Window) -> Window {
        let rows = shown.laid.rows_seen().saturating_sub(1).max(1);
        shown.laid.within(match self {
            Self::Earlier => window.moved(-0.5),
            Self::Later => window.moved(0.5),
            Self::Up => Window {
                top: window.top.saturating_sub(rows),
                ..window
            },
            Self::Down => Window {
                top: window.top + rows,
                ..window
            },
            Self::Farther => window.zoomed(1.0 / 1.6),
            Self::Closer => window.zoomed(1.6),
        })
    }

    const fn of_key(key: &str) -> Option<Self> {
        Some(match key.as_bytes() {
            b"+" | b"=" => Self::Closer,
            b"-" => Self::Farther,
            b"PageDown" => Self::Later,
            b"PageUp" => Self::Earlier,
            _ => return None,
        })
    }
}

/// Where a drag began.
#[derive(Clone, Copy)]
struct Drag {
    at: (f64, f64),
    window: Window,
    /// Whether it has moved anything yet.
    drags: bool,
}

/// What the window was turned to last.
#[derive(Clone, PartialEq)]
struct Seen {
    of: u32,
    now: Option<f64>,
    asked: u32,
    blamed: Vec<u32>,
}

/// The drawing and its buttons.
pub struct Sheet {
    again: Again,
    window: Cell<Option<Window>>,
    seen: RefCell<Option<Seen>>,
    /// What is drawn, for whoever drags it.
    shown: RefCell<Option<Rc<Shown>>>,
    drag: Cell<Option<Drag>>,
    place: NodeRef,
    width: RefCell<Option<Width>>,
    listening: RefCell<Vec<Listening>>,
}

impl Piece for Sheet {
    type Given = SheetGiven;

    fn begin(_: &SheetGiven, again: Again) -> Self {
        Self {
            again,
            window: Cell::new(None),
            seen: RefCell::default(),
            shown: RefCell::default(),
            drag: Cell::new(None),
            place: NodeRef::default(),
            width: RefCell::default(),
            listening: RefCell::default(),
        }
    }

    fn draw(self: &Rc<Self>, given: &SheetGiven) -> Html {
        let shown = &given.shown;
        let window = self.turned(given);
        let look = Look {
            window,
            width: self.px(),
            now: given.now.as_ref().map(|(at, words)| (*at, words.as_str())),
            client: given.client,
            chosen: &given.chosen,
            id: &given.id,
        };
        let drawing = shown.laid.draw(&shown.history, &look);
        let options = figure::operations::options(&drawing);
        let (sheet, hears, same) = (Rc::clone(self), given.hears.clone(), Rc::clone(shown));
        let from = given.chosen.clone();
        let key = move |event: Event| sheet.key(event.unchecked_ref(), &hears, &same, &from);
        let (sheet, hears, is_run) = (Rc::clone(self), given.hears.clone(), given.now.is_some());
        let click = move |event: Event| sheet.click(event.unchecked_ref(), &hears, is_run);
        let mut around = div("op-sheet")
            .found_by(&self.place)
            .is("tabindex", "0")
            .is("aria-label", "Operations: a row a client, in order of time")
            .on(On::KeyDown, key)
            .on(On::Click, click);
        around = match options.is_empty() {
            true => around.is("role", "group"),
            false => around
                .is("role", "listbox")
                .is("aria-multiselectable", "true"),
        };
        if let [active] = given.chosen[..]
            && options.contains(&active)
        {
            around = around.has("aria-activedescendant", format!("{}-{active}", given.id));
        }
        let says = match given.chosen[..] {
            [op] if (op as usize) < shown.history.ops.len() => shown.laid.name(&shown.history, op),
            _ if shown.laid.is_crowd(&window) => "Zoom in to tell operations apart.".to_owned(),
            _ => shown.hint.to_string(),
        };
        let bar = div("op-buttons").each(self.buttons(given, window));
        let head = div("op-head").child(p("op-says").says(says)).child(bar);
        let legend = p("op-note").text(shown.legend).text(shown.note);
        div("op-view")
            .child(head)
            .child(around.child(Tag::from(&drawing)))
            .child(legend)
            .done()
    }

    fn drawn(self: &Rc<Self>, given: &SheetGiven, first: bool) {
        let Some(place) = self.place.cast::<Element>().filter(|_| first) else {
            return;
        };
        self.width
            .replace(Some(Width::of(&place, self.again.clone())));
        self.listen(&place);
        if given.now.is_some() {
            // How much of a run is seen at first rests on how wide it is.
            self.window.set(None);
        }
        self.again.now();
    }
}

impl Sheet {
    fn px(&self) -> f64 {
        let width = self.width.borrow();
        width
            .as_ref()
            .map_or(WIDTH, |width| f64::from(width.px()).max(240.0))
    }

    /// The window to draw: as it was left, and turned to what is new.
    fn turned(&self, given: &SheetGiven) -> Window {
        let (laid, history) = (&given.shown.laid, &given.shown.history);
        let now = given.now.as_ref().map(|(at, _)| *at);
        let seen = Seen {
            of: given.of,
            now,
            asked: given.asked,
            blamed: laid.blamed.clone(),
        };
        self.shown.replace(Some(Rc::clone(&given.shown)));
        let before = self.seen.replace(Some(seen.clone()));
        let before = before.filter(|before| before.of == given.of);
        let window = match (self.window.get(), before, now) {
            (Some(window), Some(before), Some(now)) => {
                turned_to(given, laid.within(window), &before, &seen, now)
            }
            (Some(window), Some(before), None) if before.asked == seen.asked => window,
            (Some(window), Some(_), None) if given.chosen.is_empty() => window,
            (Some(window), Some(_), None) => {
                let top = laid.keeping(history, window, &given.chosen).top;
                laid.around(history, &given.chosen, top)
            }
            (_, _, Some(now)) => {
                let width = self.px();
                let window = laid.window_of_run(Measures::of(width).room(width), now);
                let window = laid.keeping(history, window, &laid.blamed);
                laid.keeping(history, window, &given.chosen)
            }
            (_, _, None) => laid.first_window(history),
        };
        self.window.set(Some(window));
        window
    }

    fn look_at(&self, window: Window) {
        self.window.set(Some(window));
        self.again.now();
    }

    fn buttons(self: &Rc<Self>, given: &SheetGiven, window: Window) -> Vec<Tag> {
        let shown = &given.shown;
        let many = shown.laid.rows.len() > shown.laid.rows_seen();
        let moves = MOVES
            .iter()
            .filter(|(moves, ..)| many || !matches!(moves, Moves::Up | Moves::Down));
        moves
            .map(|(moves, name, path)| {
                let next = moves.of(shown, window, &given.chosen);
                let sheet = Rc::clone(self);
                looking("op-move", name, path)
                    .flag("disabled", next == window)
                    .clicked(move || sheet.look_at(next))
            })
            .collect()
    }

    /// Arrows walk from operation to operation, plus and minus zoom, the page keys move the window, and Enter goes to
    /// the moment of an operation.
    fn key(&self, event: &KeyboardEvent, hears: &Hears, shown: &Shown, chosen: &[u32]) {
        let Some(window) = self.window.get() else {
            return;
        };
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let key = event.key();
        if let Some(moves) = Moves::of_key(&key) {
            event.prevent_default();
            return self.look_at(moves.of(shown, window, chosen));
        }
        if let (true, [op]) = (key == "Enter", chosen) {
            event.prevent_default();
            return (hears.0)(Deed::Visit(*op));
        }
        let Some(way) = Way::of_key(&key) else {
            return;
        };
        event.prevent_default();
        let next = match chosen.first() {
            Some(op) => Some(shown.laid.beside(*op, way)),
            None => shown.laid.first_in(&window),
        };
        if let Some(op) = next {
            self.window.set(Some(shown.laid.showing(window, op)));
            (hears.0)(Deed::Choose(op));
        }
    }

    /// A click on a bar selects it, on a name whose row it is; elsewhere in a run it goes to that moment.
    fn click(&self, event: &MouseEvent, hears: &Hears, is_run: bool) {
        // What ends a drag selects nothing.
        if self.drag.take().is_some_and(|drag| drag.drags) {
            return;
        }
        let target: Option<Element> = page::target(event);
        let number = |attribute: &str| {
            let marked = target.as_ref()?.closest(&format!("[{attribute}]")).ok()??;
            marked.get_attribute(attribute)?.parse().ok()
        };
        let place = || {
            let left = self
                .place
                .cast::<Element>()?
                .get_bounding_client_rect()
                .left();
            let window = self.window.get().filter(|_| is_run)?;
            let at = window.under(self.px(), f64::from(event.client_x()) - left);
            window.has(at).then_some(Deed::Seek(at))
        };
        let deed = number("data-op")
            .map(Deed::Choose)
            .or_else(|| number("data-client").map(Deed::Client))
            .or_else(place);
        if let Some(deed) = deed {
            (hears.0)(deed);
        }
    }

    /// A pointer that goes down on the drawing and moves takes the drawing along.
    fn listen(self: &Rc<Self>, place: &Element) {
        let Some(window) = page::window() else {
            return;
        };
        let at = |event: &Event| {
            let event: &MouseEvent = event.unchecked_ref();
            (f64::from(event.client_x()), f64::from(event.client_y()))
        };
        let sheet = Rc::clone(self);
        let down = Listening::to(place.clone().into(), "pointerdown", move |event| {
            let begun = sheet.window.get().map(|window| Drag {
                at: at(&event),
                window,
                drags: false,
            });
            sheet.drag.set(begun);
        });
        let sheet = Rc::clone(self);
        let moved = Listening::to(window.clone().into(), "pointermove", move |event| {
            sheet.dragged(at(&event));
        });
        let over = |kind: &'static str| {
            let sheet = Rc::clone(self);
            // The click that follows still finds what was dragged.
            Listening::to(window.clone().into(), kind, move |_| {
                let sheet = Rc::clone(&sheet);
                page::later(0, move || sheet.drag.set(None));
            })
        };
        let all = vec![down, moved, over("pointerup"), over("pointercancel")];
        self.listening.replace(all);
    }

    fn dragged(&self, at: (f64, f64)) {
        let Some(mut drag) = self.drag.get() else {
            return;
        };
        let (x, y) = (at.0 - drag.at.0, at.1 - drag.at.1);
        if !drag.drags && x.abs() < DRAGS && y.abs() < DRAGS {
            return;
        }
        drag.drags = true;
        self.drag.set(Some(drag));
        let shown = self.shown.borrow();
        let Some(shown) = shown.as_ref() else {
            return;
        };
        let measures = Measures::of(self.px());
        let room = measures.room(self.px());
        let top = drag.window.top as f64 - (y / measures.row).round();
        let window = shown.laid.within(Window {
            from: drag.window.from - x / room * drag.window.span,
            top: top.max(0.0) as usize,
            ..drag.window
        });
        if self.window.replace(Some(window)) != Some(window) {
            self.again.now();
        }
    }
}

/// The window of a run, turned to the moment when that has moved, to what was selected elsewhere, and to a contradiction
/// that has just arisen: whoever looks at the end is to see it.
fn turned_to(given: &SheetGiven, window: Window, before: &Seen, seen: &Seen, now: f64) -> Window {
    let (laid, history) = (&given.shown.laid, &given.shown.history);
    let mut window = window;
    if before.now != seen.now {
        window = laid.within(window.following(now));
    }
    if before.blamed != seen.blamed {
        window = laid.keeping(history, window, &seen.blamed);
    }
    if before.asked != seen.asked {
        window = laid.keeping(history, window, &given.chosen);
    }
    window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_the_window_only_where_they_say_so() {
        assert!(Moves::of_key("+") == Some(Moves::Closer));
        assert!(Moves::of_key("PageUp") == Some(Moves::Earlier));
        assert!(Moves::of_key("a").is_none());
    }
}
