//! Time along an axis. Where much happens it is stretched and where little happens it is folded, so that messages of
//! a few milliseconds and a quiet second fit in one picture; the diagram marks each fold.
//!
//! A place on the axis is counted in units; a [`Window`] turns units into the pixels of a drawing.

use sim_core::units::Micros;

/// The least that two moments stand apart, in units.
const STEP_MIN: u64 = 8;
/// How much a gap grows when it is twice as long, in units.
const STEP_DOUBLE: u64 = 6;
/// A gap this long takes no more room than a gap of [`FOLDED_FROM`], in units.
const STEP_MAX: u64 = 58;
/// Quiet stretches longer than this are folded, and marked.
pub const FOLDED_FROM: Micros = Micros::from_ms(150);

/// The moments of a run, each with its place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Axis {
    stops: Vec<(Micros, u64)>,
}

/// How much room a gap between two neighbouring moments takes.
fn room(gap: Micros) -> u64 {
    let halves = gap.0 / 500 + 1;
    let doublings = u64::from(halves.ilog2());
    let rest = halves - (1 << doublings);
    (STEP_MIN + STEP_DOUBLE * doublings + (STEP_DOUBLE * rest) / (1 << doublings)).min(STEP_MAX)
}

impl Axis {
    /// An axis through these moments (in order), from the start of a run to its end.
    pub fn through(moments: impl IntoIterator<Item = Micros>, end: Micros) -> Self {
        let mut stops = vec![(Micros::ZERO, 0)];
        for at in moments.into_iter().chain([end]) {
            let (last, place) = stops[stops.len() - 1];
            if at > last {
                stops.push((at, place + room(at.since(last))));
            }
        }
        Self { stops }
    }

    /// How long the whole axis is, in units.
    pub fn length(&self) -> f64 {
        self.stops.last().map_or(0.0, |(_, place)| *place as f64)
    }

    /// Where a moment stands.
    pub fn place(&self, at: Micros) -> f64 {
        let after = self.stops.partition_point(|(stop, _)| *stop <= at);
        let Some((before, from)) = after.checked_sub(1).map(|place| self.stops[place]) else {
            return 0.0;
        };
        let Some((next, to)) = self.stops.get(after) else {
            return from as f64;
        };
        let share = at.since(before).0 as f64 / next.since(before).0 as f64;
        from as f64 + (to - from) as f64 * share
    }

    /// Which moment stands there.
    pub fn moment(&self, place: f64) -> Micros {
        let after = self
            .stops
            .partition_point(|(_, stop)| *stop as f64 <= place);
        let Some((before, from)) = after.checked_sub(1).map(|place| self.stops[place]) else {
            return Micros::ZERO;
        };
        let Some((next, to)) = self.stops.get(after) else {
            return before;
        };
        let share = (place - from as f64) / (to - from) as f64;
        before + Micros((next.since(before).0 as f64 * share) as u64)
    }

    /// The moments between two places.
    pub fn moments(&self, from: f64, until: f64) -> &[(Micros, u64)] {
        let first = self
            .stops
            .partition_point(|(_, place)| (*place as f64) < from);
        let last = self
            .stops
            .partition_point(|(_, place)| *place as f64 <= until);
        &self.stops[first..last.max(first)]
    }

    /// The middles of the quiet stretches between two places that are shown shorter than they are.
    pub fn folds(&self, from: f64, until: f64) -> impl Iterator<Item = f64> + '_ {
        let first = self
            .stops
            .partition_point(|(_, place)| (*place as f64) < from)
            .max(1)
            - 1;
        let near = self.stops[first..].windows(2);
        let near = near.take_while(move |pair| pair[0].1 as f64 <= until);
        near.filter(|pair| pair[1].0.since(pair[0].0) > FOLDED_FROM)
            .map(|pair| (pair[0].1 + pair[1].1) as f64 / 2.0)
    }
}

/// The part of an axis that is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// The place at its left (or upper) edge, in units.
    pub start: f64,
    /// Pixels a unit.
    pub zoom: f64,
    /// Its length in pixels.
    pub pixels: f64,
}

/// The closest that one can look, in pixels a unit.
const ZOOM_MAX: f64 = 4.0;
/// The farthest: some four hundred moments in one picture, so that a long run costs no more to draw than a short one.
const ZOOM_MIN: f64 = 0.2;
/// One shows a whole run at first if that leaves marks that one can tell apart.
const ZOOM_READABLE: f64 = 0.55;
/// A short run is not blown up beyond this at first.
const ZOOM_CALM: f64 = 1.8;

impl Window {
    /// The window that one sees first: all of a short run, a readable part of a long one.
    pub fn first(axis: &Axis, pixels: f64) -> Self {
        let whole = pixels / axis.length().max(1.0);
        Self {
            start: 0.0,
            zoom: whole.clamp(ZOOM_READABLE, ZOOM_CALM),
            pixels,
        }
    }

    /// How many units are in view.
    pub fn units(&self) -> f64 {
        self.pixels / self.zoom
    }

    /// The place at its right (or lower) edge.
    pub fn end(&self) -> f64 {
        self.start + self.units()
    }

    /// Where a place is drawn, in pixels from its edge.
    pub fn pixel(&self, place: f64) -> f64 {
        (place - self.start) * self.zoom
    }

    /// The place that is drawn there.
    pub fn place(&self, pixel: f64) -> f64 {
        self.start + pixel / self.zoom
    }

    /// The window that has the cursor near its end: one opens a run in the middle, and what led there is in view.
    #[must_use]
    pub fn ending_with(self, axis: &Axis, cursor: f64) -> Self {
        let start = cursor - self.units() * 0.9;
        Self { start, ..self }.within(axis)
    }

    /// Within the axis: nothing is gained by looking past its ends.
    fn within(self, axis: &Axis) -> Self {
        let last = (axis.length() - self.units()).max(0.0);
        Self {
            start: self.start.clamp(0.0, last),
            ..self
        }
    }

    /// The window that has the cursor in view. It stays where it is as long as it can, and then turns a page, so
    /// that the picture stands still while one reads it.
    #[must_use]
    pub fn following(self, axis: &Axis, cursor: f64) -> Self {
        let (units, at) = (self.units(), cursor - self.start);
        let start = if at > units * 0.97 {
            cursor - units * 0.6
        } else if at < units * 0.02 {
            cursor - units * 0.7
        } else {
            self.start
        };
        Self { start, ..self }.within(axis)
    }

    /// Closer (above 1) or farther (below 1), around a place.
    #[must_use]
    pub fn zoomed(self, axis: &Axis, by: f64, around: f64) -> Self {
        let zoom = (self.zoom * by).clamp(self.farthest(axis), ZOOM_MAX);
        let kept = self.pixel(around).clamp(0.0, self.pixels);
        Self {
            start: around - kept / zoom,
            zoom,
            ..self
        }
        .within(axis)
    }

    /// Earlier (below 0) or later (above 0), by a share of what is in view.
    #[must_use]
    pub fn moved(self, axis: &Axis, by: f64) -> Self {
        Self {
            start: self.start + self.units() * by,
            ..self
        }
        .within(axis)
    }

    /// The same part in another number of pixels.
    #[must_use]
    pub fn resized(self, axis: &Axis, pixels: f64) -> Self {
        if pixels == self.pixels {
            self
        } else {
            Self::first(axis, pixels)
        }
    }

    fn farthest(&self, axis: &Axis) -> f64 {
        (self.pixels / axis.length().max(1.0)).clamp(ZOOM_MIN, ZOOM_CALM)
    }

    /// Whether one can look closer, look farther, go earlier, go later.
    pub fn room(&self, axis: &Axis) -> [bool; 4] {
        [
            self.zoom < ZOOM_MAX,
            self.zoom > self.farthest(axis),
            self.start > 0.0,
            self.end() < axis.length(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis() -> Axis {
        let moments = [5, 10, 10, 35, 60, 900, 905, 4_000].map(Micros::from_ms);
        Axis::through(moments, Micros::from_ms(5_000))
    }

    #[test]
    fn places_keep_the_order_of_time_and_lead_back() {
        let axis = axis();
        let mut last = -1.0;
        for ms in (0..5_000).step_by(7) {
            let at = Micros::from_ms(ms);
            let place = axis.place(at);
            assert!(place > last, "{ms}");
            last = place;
            let back = axis.moment(place);
            assert!(
                back.since(at).max(at.since(back)) <= Micros(2),
                "{at} {back}"
            );
        }
        assert_eq!(axis.place(Micros::from_ms(9_000)), axis.length());
    }

    #[test]
    fn a_short_wait_is_wide_enough_and_a_long_one_is_folded() {
        let axis = axis();
        let width =
            |from, until| axis.place(Micros::from_ms(until)) - axis.place(Micros::from_ms(from));
        assert!(width(5, 10) >= STEP_MIN as f64);
        assert!(width(10, 35) > width(5, 10));
        assert_eq!(width(60, 900), width(905, 4_000));
        assert_eq!(axis.folds(0.0, axis.length()).count(), 3);
    }

    #[test]
    fn the_window_follows_the_cursor_and_else_stands_still() {
        let axis = Axis::through((0..500).map(Micros::from_ms), Micros::from_ms(500));
        let window = Window::first(&axis, 690.0);
        assert_eq!(window.zoom, ZOOM_READABLE);
        assert_eq!(window.following(&axis, window.units() * 0.5), window);
        for cursor in [0.0, 1_000.0, 5_000.0, axis.length()] {
            let there = window.following(&axis, cursor);
            assert!(
                there.start <= cursor && cursor <= there.end(),
                "{cursor} {there:?}"
            );
            assert!(there.start >= 0.0 && there.end() <= axis.length() + 1.0);
        }
    }

    #[test]
    fn zooming_keeps_the_place_under_the_eye_and_has_ends() {
        let axis = Axis::through((0..500).map(Micros::from_ms), Micros::from_ms(500));
        let window = Window::first(&axis, 690.0).following(&axis, 3_000.0);
        let closer = window.zoomed(&axis, 2.0, 3_000.0);
        assert!((closer.pixel(3_000.0) - window.pixel(3_000.0)).abs() < 1.0);
        let mut far = window;
        for _ in 0..20 {
            far = far.zoomed(&axis, 0.5, 3_000.0);
        }
        assert!(axis.moments(far.start, far.end()).len() <= 450);
        assert!(!far.room(&axis)[1]);
    }

    #[test]
    fn a_run_without_events_is_an_axis_too() {
        let axis = Axis::through([], Micros::from_ms(100));
        let window = Window::first(&axis, 690.0).following(&axis, axis.place(Micros::ZERO));
        assert_eq!(window.start, 0.0);
        assert_eq!(axis.moments(0.0, axis.length()).len(), 2);
    }
}
