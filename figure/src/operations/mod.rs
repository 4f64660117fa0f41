//! What clients asked and what they were told, as plain data: a row a client, a bar an operation, on one axis with what
//! was done to the system meanwhile.
//!
//! Only the rows and the part of the axis in view are drawn, and where bars crowd they lose their words first and then
//! become blocks, so that a drawing stays small however long the history is.

pub mod axis;
mod draw;
mod ground;
pub mod rows;
pub mod walk;
pub mod words;

use std::ops::Range;
use std::rc::Rc;

use sim_core::check::history::{Ended, History, NEVER, Op};
use sim_core::check::linearizable::Point;

use crate::time;
use axis::{Axis, Window};
use rows::Row;

pub use draw::options;

/// How high the band with the faults' names above the rows is.
pub const HEAD: f64 = 26.0;
/// How high the axis below the rows is.
pub const FOOT: f64 = 28.0;
/// So many rows are seen at a time.
pub const ROWS_SEEN: usize = 9;
/// What is left free at the right.
const EDGE: f64 = 14.0;
/// Below this many pixels across, names stand above their rows.
const NARROW: f64 = 560.0;
/// So many operations are in view at first, at most, where nothing asks for more.
const FIRST_SEEN: usize = 40;
/// A run is seen whole at first, if that leaves so many pixels to a unit of its time.
const READABLE: f64 = 0.25;

/// An operation's place in the order that explains every answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effect {
    /// Counted from 1.
    pub number: u32,
    /// Where along the axis it takes effect.
    pub at: f64,
}

/// A history laid out: made once, drawn through many windows.
#[derive(Clone, PartialEq, Debug)]
pub struct Laid {
    /// The axis.
    pub axis: Axis,
    /// The rows, those of the contradiction first.
    pub rows: Vec<Row>,
    /// The operations that contradict one another, in order.
    pub blamed: Vec<u32>,
    /// By operation: when it takes effect, where an order is known.
    effects: Vec<Option<Effect>>,
    /// By operation: its row, and its place there.
    places: Vec<(u32, u32)>,
    /// Whether it is a run that goes on: what is not answered may yet be.
    goes_on: bool,
}

/// The measures of a drawing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measures {
    /// Where the axis begins: right of the clients' names, or below them where there is little room across.
    pub gutter: f64,
    /// How high a row is: its words, its bar, and the numbers of the order below.
    pub row: f64,
    /// Where a row's bars stand in it, with the words above them.
    pub bars: f64,
}

impl Measures {
    /// The measures of a drawing that is so wide.
    pub fn of(width: f64) -> Self {
        match width < NARROW {
            true => Self {
                gutter: 10.0,
                row: 66.0,
                bars: 36.0,
            },
            false => Self {
                gutter: 120.0,
                row: 48.0,
                bars: 20.0,
            },
        }
    }
}

/// How it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The piece in view.
    pub window: Window,
    /// How many pixels wide the drawing is.
    pub width: f64,
    /// The moment that is looked at, along the axis and in words: what is open reaches no further.
    pub now: Option<(f64, &'a str)>,
    /// The client that is selected.
    pub client: Option<u32>,
    /// The operations that are selected.
    pub chosen: &'a [u32],
    /// What the ids of its options begin with.
    pub id: &'a str,
}

impl Measures {
    /// How many pixels the axis has of a drawing that is so wide.
    pub fn room(&self, width: f64) -> f64 {
        width - self.gutter - EDGE
    }
}

impl Window {
    /// What stands so many pixels from the left of a drawing that is so wide.
    pub fn under(&self, width: f64, x: f64) -> f64 {
        let measures = Measures::of(width);
        self.from + (x - measures.gutter) / measures.room(width) * self.span
    }
}

impl Laid {
    /// Lays a history out. `order` explains every answer, or `blamed` contradict one another; both may be empty.
    pub fn of(history: &History, order: &[Point], blamed: &[u32]) -> Self {
        let axis = Axis::of(history);
        let rows = rows::rows(history, &axis, blamed);
        Self::with(history, (axis, rows), order, blamed)
    }

    /// Lays out what has happened of a run so far, on the axis of the whole run and with a row for each of `clients`, so
    /// that nothing moves as it goes on.
    pub fn of_run(
        history: &History,
        time: &Rc<time::Axis>,
        clients: Range<u32>,
        order: &[Point],
        blamed: &[u32],
    ) -> Self {
        let axis = Axis::of_run(history, time);
        let rows = rows::rows_of(history, &axis, clients);
        Self {
            goes_on: true,
            ..Self::with(history, (axis, rows), order, blamed)
        }
    }

    fn with(
        history: &History,
        (axis, rows): (Axis, Vec<Row>),
        order: &[Point],
        blamed: &[u32],
    ) -> Self {
        let places = places(history, &rows);
        let mut blamed = blamed.to_vec();
        blamed.retain(|op| (*op as usize) < history.ops.len());
        blamed.sort_unstable();
        let effects = effects(history, &axis, order);
        Self {
            axis,
            rows,
            blamed,
            effects,
            places,
            goes_on: false,
        }
    }

    /// The same with the rows of some operations first, if these are not all in view together as it is.
    pub fn gathering(&self, history: &History, ops: &[u32]) -> Option<Self> {
        let rows = || {
            ops.iter()
                .filter_map(|op| self.place_of(*op))
                .map(|(row, _)| row)
        };
        let (first, last) = (rows().min()?, rows().max()?);
        if last - first < self.rows_seen() {
            return None;
        }
        let mut laid = self.clone();
        rows::gather(history, &mut laid.rows, ops);
        laid.places = places(history, &laid.rows);
        Some(laid)
    }

    /// Whether an operation may still be answered.
    pub fn waits(&self, op: &Op) -> bool {
        self.goes_on && op.outcome == Ended::Unknown && op.ended == NEVER
    }

    /// How many rows are in view.
    pub fn rows_seen(&self) -> usize {
        self.rows.len().clamp(1, ROWS_SEEN)
    }

    /// How high the drawing is, where it is so wide.
    pub fn height(&self, width: f64) -> f64 {
        HEAD + Measures::of(width).row * self.rows_seen() as f64 + FOOT
    }

    /// The row of an operation and its place there.
    pub fn place_of(&self, op: u32) -> Option<(usize, usize)> {
        let (row, place) = *self.places.get(op as usize)?;
        Some((row as usize, place as usize))
    }

    /// When an operation takes effect, where an order is known.
    pub fn effect(&self, op: u32) -> Option<Effect> {
        *self.effects.get(op as usize)?
    }

    /// The window within what there is.
    pub fn within(&self, window: Window) -> Window {
        window.within(&self.axis, self.rows.len(), self.rows_seen())
    }

    /// Where one begins to look: at the contradiction with some of what is around it, else at the beginning.
    pub fn first_window(&self, history: &History) -> Window {
        let start = self.axis.start();
        if self.blamed.is_empty() {
            let last = history.ops.get(FIRST_SEEN);
            let until = last.map_or_else(|| self.axis.end(), |op| self.axis.place(op.invoked));
            return self.within(Window {
                from: start,
                span: until - start,
                top: 0,
            });
        }
        self.around(history, &self.blamed, 0)
    }

    /// Where one begins to look at a run in so many pixels: at all of a short one, at a readable piece of a long one.
    pub fn window_of_run(&self, pixels: f64, now: f64) -> Window {
        let window = Window {
            from: 0.0,
            span: (pixels / READABLE).min(self.axis.end()),
            top: 0,
        };
        self.within(window.following(now))
    }

    /// The window moved no further than it takes to have some operations in view, and widened where they need it.
    pub fn keeping(&self, history: &History, window: Window, ops: &[u32]) -> Window {
        let mut places = ops.iter().filter_map(|op| self.place_of(*op));
        let Some((first, _)) = places.next() else {
            return window;
        };
        let (top, bottom) = places.fold((first, first), |(top, bottom), (row, _)| {
            (top.min(row), bottom.max(row))
        });
        let around = self.around(history, ops, window.top);
        let mut kept = match around.span > window.span {
            true => around,
            false => window.showing(around.from, around.until()),
        };
        kept.top = kept
            .top
            .clamp((bottom + 1).saturating_sub(self.rows_seen()), bottom)
            .min(top);
        self.within(kept)
    }

    /// The window around some operations.
    pub fn around(&self, history: &History, ops: &[u32], top: usize) -> Window {
        let ops = || ops.iter().filter_map(|op| history.ops.get(*op as usize));
        let from = ops().map(|op| self.axis.place(op.invoked));
        let from = from.fold(self.axis.end(), f64::min);
        let until = ops().map(|op| match op.outcome {
            Ended::Unknown => self.axis.place(op.invoked),
            _ => self.axis.place(op.ended),
        });
        let until = until.fold(from, f64::max);
        let margin = ((until - from) * 0.25).max(1.0);
        self.within(Window {
            from: from - margin,
            span: until - from + 2.0 * margin,
            top,
        })
    }

    /// The window moved no further than it takes to have an operation in view.
    pub fn showing(&self, window: Window, op: u32) -> Window {
        let Some((row, place)) = self.place_of(op) else {
            return window;
        };
        let bar = &self.rows[row].bars[place];
        let until = if bar.is_open { bar.from } else { bar.until };
        let mut window = window.showing(bar.from, until);
        let seen = self.rows_seen();
        window.top = window.top.clamp((row + 1).saturating_sub(seen), row);
        self.within(window)
    }
}

/// By operation: its row, and its place there.
fn places(history: &History, rows: &[Row]) -> Vec<(u32, u32)> {
    let mut places = vec![(0, 0); history.ops.len()];
    for (row, this) in (0..).zip(rows) {
        for (place, bar) in (0..).zip(&this.bars) {
            places[bar.op as usize] = (row, place);
        }
    }
    places
}

/// When each operation of an order takes effect. Those between the same two places share the room between them.
fn effects(history: &History, axis: &Axis, order: &[Point]) -> Vec<Option<Effect>> {
    let mut effects = vec![None; history.ops.len()];
    let mut number = 0;
    for together in order.chunk_by(|one, other| one.place == other.place) {
        let place = together[0].place;
        let (from, until) = (axis.place(place), axis.next(place));
        for (rank, point) in together.iter().enumerate() {
            number += 1;
            let share = (rank + 1) as f64 / (together.len() + 1) as f64;
            if let Some(effect) = effects.get_mut(point.op as usize) {
                *effect = Some(Effect {
                    number,
                    at: from + (until - from) * share,
                });
            }
        }
    }
    effects
}

#[cfg(test)]
mod tests;
