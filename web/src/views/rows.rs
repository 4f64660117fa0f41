//! A long list of which only the rows in view are there.

use std::ops::Range;

/// Rows beyond each edge that are kept ready, so that a quick scroll shows no gap.
const SPARE: u32 = 6;

/// A list of rows of one height, seen through a window; lengths in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows {
    /// How many rows there are.
    pub count: u32,
    /// How high one is.
    pub height: u32,
    /// How high the window is.
    pub window: u32,
    /// How far it is scrolled.
    pub scroll: u32,
}

impl Rows {
    /// The rows that have to be there.
    pub fn there(&self) -> Range<u32> {
        let height = self.height.max(1);
        let first = (self.scroll / height).min(self.count);
        let last = (self.scroll.saturating_add(self.window)).div_ceil(height);
        first.saturating_sub(SPARE)..last.saturating_add(SPARE).min(self.count).max(first)
    }

    /// The room that the rows before and after those take.
    pub fn beside(&self) -> (u32, u32) {
        let there = self.there();
        (
            there.start * self.height,
            (self.count - there.end.min(self.count)) * self.height,
        )
    }

    /// How far to scroll so that a row is in view; nothing if it is.
    pub fn reveal(&self, row: u32) -> Option<u32> {
        let (top, bottom) = (row * self.height, (row + 1) * self.height);
        if top >= self.scroll && bottom <= self.scroll.saturating_add(self.window) {
            return None;
        }
        // A third from the top: what came before is in view too.
        Some(top.saturating_sub(self.window / 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Rows = Rows {
        count: 200_000,
        height: 44,
        window: 352,
        scroll: 44_000,
    };

    #[test]
    fn only_rows_near_the_window_are_there_and_the_length_stays() {
        let there = LONG.there();
        assert!(there.contains(&1_000) && there.contains(&1_007));
        assert!(there.len() <= 8 + 2 * SPARE as usize);
        let (before, after) = LONG.beside();
        assert_eq!(
            before + after + there.len() as u32 * LONG.height,
            LONG.count * LONG.height
        );
    }

    #[test]
    fn ends_and_empty_lists_have_no_rows_beyond_them() {
        let end = Rows {
            scroll: 199_999 * 44,
            ..LONG
        };
        assert_eq!(end.there().end, 200_000);
        assert_eq!(end.beside().1, 0);
        let none = Rows { count: 0, ..LONG };
        assert!(none.there().is_empty());
        assert_eq!(none.beside(), (0, 0));
        // A list that was filtered while it was scrolled far down.
        let fewer = Rows { count: 3, ..LONG };
        assert!(fewer.there().end <= 3);
    }

    #[test]
    fn a_row_out_of_view_is_brought_into_view() {
        assert_eq!(LONG.reveal(1_003), None);
        for row in [0, 10, 999, 1_008, 150_000] {
            let scroll = LONG.reveal(row).unwrap();
            assert_eq!(Rows { scroll, ..LONG }.reveal(row), None);
        }
    }
}
