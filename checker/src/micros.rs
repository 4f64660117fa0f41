//! Time.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// Virtual time or a span of it, in microseconds. Nothing in the core reads a real clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Micros(pub u64);

impl Micros {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// Later than any moment of any run.
    pub const NEVER: Self = Self(u64::MAX);

    /// A span given in milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// The distance from `earlier`, or zero where that lies ahead.
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.since(other)
    }
}

impl fmt::Display for Micros {
    /// As a reader wants it: `340 µs`, `4 ms`, `1.25 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        if us < 1_000 {
            return write!(f, "{us} µs");
        }
        // Below ten milliseconds a tenth is still worth saying, of seconds hundredths are.
        let (hundredths, unit) = match us {
            ..10_000 => (us / 100 * 10, "ms"),
            10_000..1_000_000 => (us / 1_000 * 100, "ms"),
            _ => (us / 10_000, "s"),
        };
        let (whole, tenth, hundredth) = (hundredths / 100, hundredths / 10 % 10, hundredths % 10);
        write!(f, "{whole}")?;
        if tenth + hundredth > 0 {
            write!(f, ".{tenth}")?;
        }
        if hundredth > 0 {
            write!(f, "{hundredth}")?;
        }
        write!(f, " {unit}")
    }
}
