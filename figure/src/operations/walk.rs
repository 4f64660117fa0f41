//! From one operation to the next, for whoever goes by keyboard.

use super::Laid;
use super::axis::Window;

/// Where to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The client's operation before.
    Earlier,
    /// The client's operation after.
    Later,
    /// What the client of the row above was doing.
    Up,
    /// What the client of the row below was doing.
    Down,
    /// The client's first operation.
    First,
    /// The client's last operation.
    Last,
}

impl Way {
    /// The way that a key leads.
    pub fn of_key(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowLeft" => Self::Earlier,
            "ArrowRight" => Self::Later,
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "Home" => Self::First,
            "End" => Self::Last,
            _ => return None,
        })
    }
}

impl Laid {
    /// The operation that stands that way from another; the same, where nothing does.
    pub fn beside(&self, op: u32, way: Way) -> u32 {
        let Some((row, place)) = self.place_of(op) else {
            return op;
        };
        let bars = &self.rows[row].bars;
        let from = bars[place].from;
        let found = match way {
            Way::Earlier => place.checked_sub(1).map(|place| bars[place].op),
            Way::Later => bars.get(place + 1).map(|bar| bar.op),
            Way::First => bars.first().map(|bar| bar.op),
            Way::Last => bars.last().map(|bar| bar.op),
            Way::Up => row.checked_sub(1).and_then(|row| self.nearest(row, from)),
            Way::Down => self.nearest(row + 1, from),
        };
        found.unwrap_or(op)
    }

    /// Where one begins to walk: at the contradiction, else at the first operation in view.
    pub fn first_in(&self, window: &Window) -> Option<u32> {
        let seen = |op: &u32| {
            self.place_of(*op).is_some_and(|(row, place)| {
                let bar = &self.rows[row].bars[place];
                bar.until >= window.from && bar.from <= window.until()
            })
        };
        let blamed = self.blamed.iter().copied().find(seen);
        blamed.or_else(|| {
            let rows = self.rows.iter().skip(window.top).take(self.rows_seen());
            let firsts = rows.filter_map(|row| {
                let seen = row.seen(window.from, window.until());
                row.bars.get(seen.start).filter(|_| !seen.is_empty())
            });
            let mut firsts = firsts.map(|bar| bar.op);
            firsts.next()
        })
    }

    /// The operation of a row that began last before a place of the axis, or first after it.
    fn nearest(&self, row: usize, at: f64) -> Option<u32> {
        let bars = &self.rows.get(row)?.bars;
        let after = bars.partition_point(|bar| bar.from <= at);
        bars.get(after.saturating_sub(1)).map(|bar| bar.op)
    }
}
