//! A node's own clocks: `steady` drifts, `wall` drifts and jumps. True time is the world's alone.

use crate::units::Micros;

const MILLION: i64 = 1_000_000;

/// Both clocks of one endpoint, as straight lines since the last change of their pace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Clocks {
    anchor: Micros,
    steady_at_anchor: Micros,
    wall_ahead_us: i64,
    pub drift_ppm: i32,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            anchor: Micros::ZERO,
            steady_at_anchor: Micros::ZERO,
            wall_ahead_us: 0,
            drift_ppm: 0,
        }
    }
}

impl Clocks {
    pub(crate) fn steady(&self, now: Micros) -> Micros {
        let passed = now.since(self.anchor).0 as i64;
        if self.drift_ppm == 0 {
            return self.steady_at_anchor + Micros(passed.unsigned_abs());
        }
        let run = passed + passed * i64::from(self.drift_ppm) / MILLION;
        self.steady_at_anchor + Micros(run.max(0) as u64)
    }

    pub(crate) fn wall(&self, now: Micros) -> i64 {
        self.steady(now).0 as i64 + self.wall_ahead_us
    }

    /// How far the wall clock was set ahead by jumps.
    pub(crate) const fn offset_us(&self) -> i64 {
        self.wall_ahead_us
    }

    /// How much true time passes while the node's own clock counts `span`.
    pub(crate) fn true_span(&self, span: Micros) -> Micros {
        if self.drift_ppm == 0 {
            return span;
        }
        let pace = (MILLION + i64::from(self.drift_ppm)).max(1) as u64;
        // Rounded up: a timer never fires before the node's own clock says so.
        Micros((span.0.min(1 << 40) * MILLION as u64).div_ceil(pace))
    }

    /// How much the node's own clock counts while `span` of true time passes.
    pub(crate) fn own_span(&self, span: Micros) -> Micros {
        let span = span.0.min(1 << 40) as i64;
        Micros((span + span * i64::from(self.drift_ppm) / MILLION).max(0) as u64)
    }

    /// The wall clock jumps, and both run at a new pace from now on.
    pub(crate) fn skew(&mut self, now: Micros, offset_us: i64, drift_ppm: i32) {
        self.steady_at_anchor = self.steady(now);
        self.anchor = now;
        self.wall_ahead_us = self.wall_ahead_us.saturating_add(offset_us);
        self.drift_ppm = drift_ppm;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_and_jumps() {
        let mut clocks = Clocks::default();
        clocks.skew(Micros(1_000_000), 500, 100_000);
        assert_eq!(clocks.steady(Micros(1_000_000)), Micros(1_000_000));
        assert_eq!(clocks.steady(Micros(2_000_000)), Micros(2_100_000));
        assert_eq!(clocks.wall(Micros(2_000_000)), 2_100_500);
        // A fast clock counts a tenth more, so its second is shorter.
        assert_eq!(clocks.true_span(Micros(1_100_000)), Micros(1_000_000));
        clocks.skew(Micros(2_000_000), 0, -500_000);
        assert_eq!(clocks.steady(Micros(4_000_000)), Micros(3_100_000));
    }
}
