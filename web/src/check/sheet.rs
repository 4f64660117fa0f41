//! The operations of a history, through a window that one moves and zooms.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::operations::axis::Window;
use figure::operations::walk::Way;
use figure::operations::{Look, Measures};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, MouseEvent};
use yew::NodeRef;

use super::packet::Verdict;
use super::{Check, Shown};
use crate::ui::{Again, Html, On, Piece, Tag, button, div, p, tag};
use crate::widget::page::{self, Listening, Width};

/// How wide it is taken to be before it stands in the page.
const WIDTH: f64 = 320.0;
/// What the ids of the operations begin with.
const ID: &str = "op";
/// So far a pointer goes before it drags, in pixels.
const DRAGS: f64 = 4.0;

/// What [`Sheet`] is given.
#[derive(PartialEq)]
pub struct SheetGiven {
    /// Who is told what is selected.
    pub check: Rc<Check>,
    /// What is drawn.
    pub shown: Rc<Shown>,
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
    fn of(self, shown: &Shown, window: Window) -> Window {
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

/// The drawing and its buttons.
pub struct Sheet {
    again: Again,
    window: Cell<Option<Window>>,
    /// For which history, and which wish to see its operations, that is the window.
    of: RefCell<Option<(Rc<Shown>, u32)>>,
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
            of: RefCell::default(),
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
            chosen: &given.chosen,
            id: ID,
        };
        let drawn = Tag::from(&shown.laid.draw(&shown.history, &look));
        let (sheet, check, same) = (Rc::clone(self), Rc::clone(&given.check), Rc::clone(shown));
        let from = given.chosen.clone();
        let key = move |event: Event| sheet.key(event.unchecked_ref(), &check, &same, &from);
        let (sheet, check) = (Rc::clone(self), Rc::clone(&given.check));
        let click = move |event: Event| sheet.click(&event, &check);
        let mut around = div("op-sheet")
            .found_by(&self.place)
            .is("tabindex", "0")
            .is("role", "listbox")
            .is("aria-multiselectable", "true")
            .is("aria-label", "Operations: a row a client, in order of time")
            .on(On::KeyDown, key)
            .on(On::Click, click);
        if let [active] = given.chosen[..] {
            around = around.has("aria-activedescendant", format!("{ID}-{active}"));
        }
        let says = match given.chosen[..] {
            [op] if (op as usize) < shown.history.ops.len() => shown.laid.name(&shown.history, op),
            _ => hint(shown, &window).to_owned(),
        };
        let bar = div("op-buttons").each(self.buttons(shown, window));
        let head = div("op-head").child(p("op-says").says(says)).child(bar);
        div("op-view")
            .child(head)
            .child(around.child(drawn))
            .child(legend(shown))
            .done()
    }

    fn drawn(self: &Rc<Self>, given: &SheetGiven, first: bool) {
        let Some(place) = self.place.cast::<Element>().filter(|_| first) else {
            return;
        };
        self.width
            .replace(Some(Width::of(&place, self.again.clone())));
        self.listen(&place);
        let _ = given;
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

    /// The window; anew for another history, and around the operations of a sentence that was selected.
    fn turned(&self, given: &SheetGiven) -> Window {
        let shown = &given.shown;
        let mut of = self.of.borrow_mut();
        let same = of
            .as_ref()
            .is_some_and(|(known, _)| Rc::ptr_eq(known, shown));
        let asked = of.as_ref().is_some_and(|(_, asked)| *asked == given.asked);
        let window = match self.window.get().filter(|_| same) {
            Some(window) if asked || given.chosen.is_empty() => window,
            Some(_) => {
                let rows = given
                    .chosen
                    .iter()
                    .filter_map(|op| shown.laid.place_of(*op));
                let top = rows.map(|(row, _)| row).min().unwrap_or(0);
                shown.laid.around(&shown.history, &given.chosen, top)
            }
            None => shown.laid.first_window(&shown.history),
        };
        *of = Some((Rc::clone(shown), given.asked));
        self.window.set(Some(window));
        window
    }

    fn look_at(&self, window: Window) {
        self.window.set(Some(window));
        self.again.now();
    }

    fn buttons(self: &Rc<Self>, shown: &Rc<Shown>, window: Window) -> Vec<Tag> {
        let many = shown.laid.rows.len() > shown.laid.rows_seen();
        let moves = MOVES
            .iter()
            .filter(|(moves, ..)| many || !matches!(moves, Moves::Up | Moves::Down));
        moves
            .map(|(moves, name, icon)| {
                let next = moves.of(shown, window);
                let sheet = Rc::clone(self);
                let drawn = tag("svg")
                    .is("viewBox", "0 0 16 16")
                    .is("width", "16")
                    .is("height", "16")
                    .is("aria-hidden", "true")
                    .child(tag("path").is("d", icon));
                button("op-move")
                    .is("aria-label", name)
                    .is("title", name)
                    .flag("disabled", next == window)
                    .clicked(move || sheet.look_at(next))
                    .child(drawn)
            })
            .collect()
    }

    /// Arrows walk from operation to operation, plus and minus zoom, the page keys move the window.
    fn key(&self, event: &KeyboardEvent, check: &Check, shown: &Shown, chosen: &[u32]) {
        let Some(window) = self.window.get() else {
            return;
        };
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let key = event.key();
        if let Some(moves) = Moves::of_key(&key) {
            event.prevent_default();
            return self.look_at(moves.of(shown, window));
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
            check.choose_op(op);
        }
    }

    fn click(&self, event: &Event, check: &Check) {
        // What ends a drag selects nothing.
        if self.drag.take().is_some_and(|drag| drag.drags) {
            return;
        }
        let op = || {
            let target: Element = page::target(event)?;
            let marked = target.closest("[data-op]").ok()??;
            marked.get_attribute("data-op")?.parse().ok()
        };
        if let Some(op) = op() {
            check.choose_op(op);
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
        let of = self.of.borrow();
        let Some((shown, _)) = of.as_ref() else {
            return;
        };
        let measures = Measures::of(self.px());
        let room = self.px() - measures.gutter;
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

fn hint(shown: &Shown, window: &Window) -> &'static str {
    match shown.stands {
        _ if shown.history.ops.is_empty() => "There is nothing to draw.",
        _ if shown.laid.is_crowd(window) => "Zoom in to tell operations apart.",
        Verdict::No => {
            "The operations with ✕ contradict one another. Select one to see what it was."
        }
        Verdict::Yes => {
            "The numbers are an order that explains every answer. Select an operation to see what it was."
        }
        Verdict::Open => "Select an operation to see what it was.",
    }
}

/// What stands for what, where it is not said by a word.
fn legend(shown: &Shown) -> Tag {
    let axis = match shown.laid.axis.is_time {
        true => "",
        false => " The source knew no moments: the axis counts its events.",
    };
    p("op-note")
        .text("Filled: writes. Outlined: reads. Open at the right, with “?”: nobody knows whether it happened. Crossed out: refused.")
        .text(axis)
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
