//! The part of the time axis ([`figure::time`]) that the space-time diagram shows.

pub use figure::time::Axis;

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
    use sim_core::units::Micros;

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
