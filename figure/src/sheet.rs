//! The measures of the space-time diagram's sheet, in its own pixels: the page keeps its place before it is drawn.

/// How many pixels of time a portrait sheet has.
const TALL_TIME: f64 = 430.0;
/// How many a wide one has.
const WIDE_TIME: f64 = 672.0;

/// Where the lines run and how large the whole is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sheet {
    /// How many pixels of time there are.
    pub time: f64,
    /// Where time begins: right of the names, or below them.
    pub head: f64,
    /// How far across the first line runs.
    pub first: f64,
    /// The distance from each line to the next.
    pub step: f64,
    /// The drawing's width and height.
    pub size: (i32, i32),
}

/// The measures of a sheet with so many lines; on a tall one time runs down.
pub fn sheet(lines: usize, tall: bool) -> Sheet {
    let count = lines as f64;
    let gaps = (count - 1.0).max(0.0);
    if tall {
        // The names stand above their lines, in two rows where they are many; the times stand left of them.
        let head = if lines > 5 { 44.0 } else { 28.0 };
        let step = (240.0 / gaps.max(1.0)).min(76.0);
        let height = head + TALL_TIME + 14.0;
        Sheet {
            time: TALL_TIME,
            head,
            first: 84.0,
            step,
            size: (340, height as i32),
        }
    } else {
        let (first, step) = (34.0, (190.0 / count.max(1.0)).clamp(26.0, 40.0));
        let height = first + gaps * step + 52.0;
        Sheet {
            time: WIDE_TIME,
            head: 80.0,
            first,
            step,
            size: (760, height as i32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_room_on_the_sheet() {
        for lines in 1..=24 {
            for tall in [false, true] {
                let sheet = sheet(lines, tall);
                let last = sheet.first + sheet.step * (lines as f64 - 1.0);
                let across = if tall { sheet.size.0 } else { sheet.size.1 };
                assert!(last < f64::from(across) - 10.0, "{lines} {tall} {last}");
            }
        }
    }
}
