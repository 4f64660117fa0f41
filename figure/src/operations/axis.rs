//! The axis that operations stand on, and the piece of it that is looked at.

use std::rc::Rc;

use sim_core::check::history::{Fault, History, NEVER};
use sim_core::units::Micros;

use crate::time;

/// What an axis counts.
#[derive(Clone, PartialEq, Debug)]
enum Unit {
    /// Microseconds.
    Micros,
    /// Invocations and responses: the history knows no moments.
    Places,
    /// Time, stretched where much happens, from the start of a run to its end, however much of it has happened.
    Run(Rc<time::Axis>),
}

/// Where each invocation and each response stands: at its moment, where the history knows moments, else at its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// By place.
    at: Vec<f64>,
    unit: Unit,
}

impl Axis {
    /// The axis of a history.
    pub fn of(history: &History) -> Self {
        match history.has_moments {
            true => Self::with(history, Unit::Micros),
            false => Self::with(history, Unit::Places),
        }
    }

    /// The axis of a whole run, of which this is the history so far.
    pub fn of_run(history: &History, time: &Rc<time::Axis>) -> Self {
        Self::with(history, Unit::Run(Rc::clone(time)))
    }

    fn with(history: &History, unit: Unit) -> Self {
        let mut axis = Self {
            at: Vec::new(),
            unit,
        };
        let mut at = vec![0.0; history.places() as usize];
        let mut put = |place: u32, moment: Micros| {
            if let Some(here) = at.get_mut(place as usize) {
                *here = axis.moment(moment).unwrap_or_else(|| f64::from(place));
            }
        };
        for op in &history.ops {
            put(op.invoked, op.invoked_at);
            if op.ended != NEVER {
                put(op.ended, op.ended_at);
            }
        }
        // Whatever a source says of its moments, what comes later never stands earlier.
        let mut last = at.first().copied().unwrap_or(0.0);
        for here in &mut at {
            last = last.max(*here);
            *here = last;
        }
        axis.at = at;
        axis
    }

    /// Whether it is one of moments.
    pub fn is_time(&self) -> bool {
        self.unit != Unit::Places
    }

    /// Where a moment stands, if it is one of moments.
    pub fn moment(&self, at: Micros) -> Option<f64> {
        match &self.unit {
            Unit::Micros => Some(at.0 as f64),
            Unit::Places => None,
            Unit::Run(time) => Some(time.place(at)),
        }
    }

    /// Where a fault stands.
    pub fn fault(&self, fault: &Fault) -> f64 {
        let at = self.moment(fault.at);
        at.unwrap_or_else(|| self.place(fault.place) - 0.5)
    }

    /// Where a place stands; what never comes stands at the end.
    pub fn place(&self, place: u32) -> f64 {
        let here = self.at.get(place as usize);
        here.copied().unwrap_or_else(|| self.end())
    }

    /// Where the next place after one stands. Of a run nobody knows what comes next: there it is the last that came.
    pub fn next(&self, place: u32) -> f64 {
        let last = self.at.len().saturating_sub(1) as u32;
        match &self.unit {
            Unit::Run(_) => self.place(place.saturating_add(1).min(last)),
            _ => self.place(place.saturating_add(1)),
        }
    }

    /// Where it begins.
    pub fn start(&self) -> f64 {
        match &self.unit {
            Unit::Run(_) => 0.0,
            _ => self.at.first().copied().unwrap_or(0.0),
        }
    }

    /// Where it ends: a little after the last response, so that what never ended is seen to go on.
    pub fn end(&self) -> f64 {
        if let Unit::Run(time) = &self.unit {
            return time.length().max(1.0);
        }
        let (first, last) = (self.start(), self.at.last().copied().unwrap_or(0.0));
        last + ((last - first) * 0.04).max(1.0)
    }

    /// The quiet stretches in view that are shown shorter than they are.
    pub fn folds(&self, window: &Window) -> Vec<f64> {
        match &self.unit {
            Unit::Run(time) => time.folds(window.from, window.until()).collect(),
            _ => Vec::new(),
        }
    }

    /// About where so many instants stand apart in `pixels`: the distance of two strokes, in the axis's units.
    fn stride(&self, window: &Window, strokes: f64) -> f64 {
        let wished = (window.span / strokes.max(1.0)).max(1.0);
        let mut stride = 1.0;
        for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
            if stride >= wished {
                break;
            }
            stride *= factor;
        }
        stride
    }

    /// Strokes for people to read the axis by, about `strokes` of them, with what stands at each.
    pub fn strokes(&self, window: &Window, strokes: f64) -> Vec<(f64, String)> {
        if let Unit::Run(time) = &self.unit {
            return self.moments(time, window, strokes);
        }
        let stride = self.stride(window, strokes);
        let mut here = (window.from / stride).ceil() * stride;
        let mut all = Vec::new();
        while here <= window.until() {
            let words = match self.unit {
                Unit::Places => format!("{}", here as u64 + 1),
                _ => moment(here, stride),
            };
            all.push((here, words));
            here += stride;
        }
        all
    }

    /// On a stretched axis strokes stand where something was asked or answered.
    fn moments(&self, time: &time::Axis, window: &Window, strokes: f64) -> Vec<(f64, String)> {
        let apart = window.span / (strokes * 3.0).max(1.0);
        let mut free = f64::NEG_INFINITY;
        let mut all = Vec::new();
        for (at, place) in time.moments(window.from, window.until()) {
            let here = *place as f64;
            let is_mark = self.at.binary_search_by(|other| other.total_cmp(&here));
            if is_mark.is_ok() && here >= free {
                free = here + apart;
                all.push((here, format!("{} ms", at.0 / 1_000)));
            }
        }
        all
    }
}

/// A moment on the axis, no finer than its strokes stand apart.
fn moment(us: f64, stride: f64) -> String {
    let us = us as u64;
    let (unit, name) = match stride as u64 {
        1_000_000.. => (1_000_000, "s"),
        1_000.. => (1_000, "ms"),
        _ => (1, "µs"),
    };
    match (us, us % unit) {
        (0, _) => "0".to_owned(),
        (_, 0) => format!("{} {name}", us / unit),
        (_, rest) => format!("{}.{} {name}", us / unit, rest * 10 / unit),
    }
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// Where along the axis it begins.
    pub from: f64,
    /// How much of the axis it shows.
    pub span: f64,
    /// The first row.
    pub top: usize,
}

impl Window {
    /// Where along the axis it ends.
    pub fn until(&self) -> f64 {
        self.from + self.span
    }

    /// Whether something stands in it.
    pub fn has(&self, at: f64) -> bool {
        at >= self.from && at <= self.until()
    }

    /// The same within what there is.
    #[must_use]
    pub fn within(mut self, axis: &Axis, rows: usize, rows_seen: usize) -> Self {
        let whole = (axis.end() - axis.start()).max(1.0);
        self.span = self.span.clamp(whole.min(4.0), whole);
        let last = axis.end() - self.span;
        self.from = self.from.min(last).max(axis.start());
        self.top = self.top.min(rows.saturating_sub(rows_seen));
        self
    }

    /// Moved along by this share of itself.
    #[must_use]
    pub fn moved(mut self, share: f64) -> Self {
        self.from += self.span * share;
        self
    }

    /// Showing so many times less of the axis, around its middle.
    #[must_use]
    pub fn zoomed(mut self, times: f64) -> Self {
        let middle = self.from + self.span / 2.0;
        self.span /= times;
        self.from = middle - self.span / 2.0;
        self
    }

    /// The same as long as it has a cursor in view; else it turns a page, so that the picture stands still while one
    /// reads it.
    #[must_use]
    pub fn following(mut self, cursor: f64) -> Self {
        let at = cursor - self.from;
        if at > self.span * 0.97 {
            self.from = cursor - self.span * 0.6;
        } else if at < self.span * 0.02 {
            self.from = cursor - self.span * 0.7;
        }
        self
    }

    /// Moved no further than it takes to have this piece of the axis in view; its beginning, if it is too long.
    #[must_use]
    pub fn showing(mut self, from: f64, until: f64) -> Self {
        let margin = self.span * 0.06;
        if until + margin > self.until() {
            self.from = until + margin - self.span;
        }
        if from - margin < self.from {
            self.from = from - margin;
        }
        self
    }
}
