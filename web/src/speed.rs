//! How quickly virtual time passes: an exact ratio.

/// So many virtual microseconds in so many real ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speed {
    /// Virtual microseconds …
    pub virtual_us: u32,
    /// … in this many real ones.
    pub real_us: u32,
}

/// The speeds on offer, slowest first.
pub const SPEEDS: [Speed; 5] = [
    Speed::slower(100),
    Speed::slower(20),
    Speed::slower(10),
    Speed::slower(2),
    Speed::slower(1),
];

impl Speed {
    /// This many times slower than real time.
    pub const fn slower(times: u32) -> Self {
        Self {
            virtual_us: 1,
            real_us: times,
        }
    }

    /// Reads "1/10", "1/10×", "2".
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['×', 'x']);
        let (above, below) = text.split_once('/').unwrap_or((text, "1"));
        // As wide as the other numbers of a page: they are read by the same function.
        let read = |text: &str| u32::try_from(text.trim().parse::<u64>().ok()?).ok();
        let (virtual_us, real_us) = (read(above)?, read(below)?);
        let fits = (1..=1_000).contains(&virtual_us) && (1..=10_000).contains(&real_us);
        fits.then_some(Self {
            virtual_us,
            real_us,
        })
    }

    /// As a button says it.
    pub fn label(self) -> String {
        match (self.virtual_us, self.real_us) {
            (1, 2) => "½×".to_owned(),
            (times, 1) => format!("{times}×"),
            (above, below) => format!("{above}/{below}×"),
        }
    }

    /// How many times quicker a stretch passes in which nothing is on its way: only where one plays slowly, and never
    /// quicker than half of real time.
    pub const fn haste(self) -> u64 {
        let most = (self.real_us / (2 * self.virtual_us)) as u64;
        match most {
            0 => 1,
            8.. => 8,
            _ => most,
        }
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::slower(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_as_they_are_written() {
        for speed in SPEEDS {
            assert_eq!(
                Speed::parse(&speed.label()).or(Speed::parse("1/2")),
                Some(speed)
            );
        }
        for bad in ["", "0", "1/0", "fast", "-1", "1/2/3"] {
            assert_eq!(Speed::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn quiet_stretches_hurry_only_where_one_plays_slowly() {
        let haste: Vec<u64> = SPEEDS.iter().map(|speed| speed.haste()).collect();
        assert_eq!(haste, [8, 8, 5, 1, 1]);
    }
}
