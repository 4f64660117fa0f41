//! Time along an axis. Where much happens it is stretched and where little happens it is folded, so that messages of
//! a few milliseconds and a quiet second fit in one picture; the diagram marks each fold.
//!
//! A place on the axis is counted in units, which a drawing turns into pixels.

use sim_core::units::Micros;

/// The least that two moments stand apart, in units.
const STEP_MIN: u64 = 8;
/// How much a gap grows when it is twice as long, in units.
const STEP_DOUBLE: u64 = 6;
/// A gap this long takes no more room than a gap of [`FOLDED_FROM`], in units.
const STEP_MAX: u64 = 58;
/// Quiet stretches longer than this are folded, and marked.
const FOLDED_FROM: Micros = Micros::from_ms(150);

/// A moment, or a span, in whole milliseconds, as people read it.
pub fn clock(at: Micros) -> String {
    match at.0 / 1_000 {
        0 => "0 ms".to_owned(),
        ms => Micros::from_ms(ms).to_string(),
    }
}

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
}
