//! The sheet on which space and time are drawn: one line an endpoint, time along it. On a wide page time runs to the
//! right; on a phone it runs down.

use figure::sheet::sheet;
use sim_core::scenario::Scenario;
use sim_core::units::Endpoint;

use super::axis::{Axis, Window};

/// A point in the drawing, in its own pixels.
pub type Point = (f64, f64);

/// So far from a line nothing seems to happen on it, in pixels.
const OFF_LINE: f64 = 10.0;

/// A node's or a person's line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Whose.
    pub who: Endpoint,
    /// Whether it is a node.
    pub node: bool,
    /// Where it runs, across the time.
    pub across: f64,
}

/// Where everything goes.
#[derive(Clone, PartialEq, Debug)]
pub struct Sheet {
    /// Time runs down.
    pub portrait: bool,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// The part of time in view.
    pub window: Window,
    /// The drawing's width and height.
    pub size: (i32, i32),
    /// Where time begins: right of the names, or below them.
    pub head: f64,
    /// The extent of the lines across the time.
    pub span: (f64, f64),
}

/// People stand beside their node: those of the upper half above it, the others below it, so that the calls between
/// nodes cross as few people as can be.
pub fn order(scenario: &Scenario) -> Vec<Endpoint> {
    let nodes = scenario.node_count();
    let mut order = Vec::new();
    for node in (0..nodes).map(Endpoint) {
        let clients = (nodes..).map(Endpoint).zip(&scenario.clients);
        let people = clients
            .filter(|(_, client)| client.home == node)
            .map(|(end, _)| end);
        if node.0 * 2 < nodes {
            order.extend(people);
            order.push(node);
        } else {
            order.push(node);
            order.extend(people);
        }
    }
    order
}

impl Sheet {
    /// A sheet for these endpoints.
    pub fn new(scenario: &Scenario, window: Window, portrait: bool) -> Self {
        let order = order(scenario);
        let measures = sheet(order.len(), portrait);
        let lines: Vec<Line> = (0..)
            .zip(order)
            .map(|(place, who)| Line {
                who,
                node: who.0 < scenario.node_count(),
                across: measures.first + f64::from(place) * measures.step,
            })
            .collect();
        let last = lines.last().map_or(measures.first, |line| line.across);
        let span = (
            measures.first - 20.0,
            last + if portrait { 12.0 } else { 28.0 },
        );
        Self {
            portrait,
            lines,
            window,
            size: measures.size,
            head: measures.head,
            span,
        }
    }

    /// The point at a place of the axis, so far across.
    pub fn point(&self, place: f64, across: f64) -> Point {
        let along = self.head + self.window.pixel(place);
        if self.portrait {
            (across, along)
        } else {
            (along, across)
        }
    }

    /// How far across the line of an endpoint is.
    pub fn across(&self, who: Endpoint) -> Option<f64> {
        self.lines
            .iter()
            .find(|line| line.who == who)
            .map(|line| line.across)
    }

    /// A place across the time on the way to a line, moved off whatever other line it lies on: who is passed by has lost
    /// nothing.
    pub fn beside(&self, place: f64, towards: f64) -> f64 {
        let is_on = |line: &Line| line.across != towards && (line.across - place).abs() < OFF_LINE;
        match self.lines.iter().any(is_on) {
            true => place + OFF_LINE.copysign(towards - place),
            false => place,
        }
    }

    /// The place on the axis under a point of the drawing.
    pub fn place(&self, (x, y): Point) -> f64 {
        self.window
            .place((if self.portrait { y } else { x }) - self.head)
    }

    /// The rectangle between two places, over all lines: x, y, width, height.
    pub fn band(&self, from: f64, until: f64) -> [i32; 4] {
        let clamp = |place: f64| place.clamp(self.window.start, self.window.end());
        let (a, b) = (
            self.point(clamp(from), self.span.0),
            self.point(clamp(until), self.span.1),
        );
        [
            round(a.0),
            round(a.1),
            round(b.0 - a.0).max(0),
            round(b.1 - a.1).max(0),
        ]
    }

    /// A place within the window.
    pub fn inside(&self, place: f64) -> bool {
        place >= self.window.start - 0.5 && place <= self.window.end() + 0.5
    }
}

/// A drawn pixel; whole ones keep the page small and are fine enough for a line.
pub fn round(pixel: f64) -> i32 {
    pixel.round() as i32
}

/// A straight path.
pub fn path(from: Point, to: Point) -> String {
    format!(
        "M{} {}L{} {}",
        round(from.0),
        round(from.1),
        round(to.0),
        round(to.1)
    )
}

/// The part of a segment that is in the window: nothing if none of it is. Places are along the axis.
pub fn clip(window: &Window, from: Point, to: Point) -> Option<(Point, Point)> {
    let (start, end) = (window.start, window.end());
    if to.0 < start || from.0 > end {
        return None;
    }
    let at = |place: f64| {
        let share = if to.0 > from.0 {
            (place - from.0) / (to.0 - from.0)
        } else {
            0.0
        };
        (place, from.1 + (to.1 - from.1) * share)
    };
    let a = if from.0 < start { at(start) } else { from };
    let b = if to.0 > end { at(end) } else { to };
    Some((a, b))
}

/// The window to draw: as the reader left it, and turned to the cursor whenever that has moved.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Kept {
    /// The window.
    pub window: Window,
    /// Which run it belongs to, where the cursor was, and where the selected thing was.
    pub seen: (u64, f64, Option<f64>),
}

impl Kept {
    /// The next window to draw. What is newly selected is brought into view, and else the cursor when it has moved.
    #[must_use]
    pub fn turned(
        kept: Option<Self>,
        axis: &Axis,
        seen: (u64, f64, Option<f64>),
        pixels: f64,
    ) -> Self {
        let (run, cursor, chosen) = seen;
        let Some(kept) = kept else {
            let mut window = Window::first(axis, pixels).ending_with(axis, cursor);
            // What is selected may have been selected in another view.
            if let Some(place) = chosen {
                window = window.following(axis, place);
            }
            return Self { window, seen };
        };
        let mut window = kept.window.resized(axis, pixels);
        if (kept.seen.0, kept.seen.1) != (run, cursor) {
            window = window.following(axis, cursor);
        }
        if let Some(place) = chosen.filter(|_| kept.seen.2 != chosen) {
            window = window.following(axis, place);
        }
        Self { window, seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::units::Micros;

    #[test]
    fn people_stand_beside_their_node() {
        let names = |id: &str| -> Vec<u8> {
            order(&catalogue::find(id).unwrap())
                .into_iter()
                .map(|end| end.0)
                .collect()
        };
        assert_eq!(names("bank-two"), [2, 0, 1, 3]);
        assert_eq!(names("bank-three"), [3, 0, 4, 1, 2, 5]);
    }

    #[test]
    fn a_point_leads_back_to_its_place_in_both_forms() {
        let scenario = catalogue::find("bank-five").unwrap();
        let axis = Axis::through((0..90).map(Micros::from_ms), Micros::from_ms(90));
        for portrait in [false, true] {
            let window = Window::first(&axis, sheet(10, portrait).time);
            let sheet = Sheet::new(&scenario, window, portrait);
            let point = sheet.point(100.0, sheet.lines[2].across);
            assert!((sheet.place(point) - 100.0).abs() < 0.001);
            let (width, height) = sheet.size;
            for line in &sheet.lines {
                for place in [window.start, window.end()] {
                    let (x, y) = sheet.point(place, line.across);
                    assert!(x > 0.0 && x < f64::from(width), "{portrait} {x}");
                    assert!(y > 0.0 && y < f64::from(height), "{portrait} {y}");
                }
            }
        }
    }

    #[test]
    fn what_is_lost_on_the_way_is_not_lost_on_the_line_of_another() {
        let scenario = catalogue::find("bank-five").unwrap();
        let axis = Axis::through((0..90).map(Micros::from_ms), Micros::from_ms(90));
        for portrait in [false, true] {
            let window = Window::first(&axis, sheet(10, portrait).time);
            let sheet = Sheet::new(&scenario, window, portrait);
            for (i, from) in sheet.lines.iter().enumerate() {
                for (j, to) in sheet.lines.iter().enumerate().filter(|(j, _)| *j != i) {
                    let half = from.across + (to.across - from.across) * 0.5;
                    let place = sheet.beside(half, to.across);
                    let others = sheet.lines.iter().enumerate();
                    let mut others = others.filter(|(other, _)| *other != i && *other != j);
                    assert!(others.all(|(_, line)| (line.across - place).abs() >= 9.9));
                    // It is still on its way.
                    let way = (place - from.across) / (to.across - from.across);
                    assert!(way > 0.0 && way < 1.0, "{portrait} {i} {j}: {way}");
                    // Who is reached is reached.
                    assert_eq!(sheet.beside(to.across, to.across), to.across);
                }
            }
        }
    }

    #[test]
    fn an_arrow_is_cut_off_at_the_edge_of_the_window() {
        let window = Window {
            start: 10.0,
            zoom: 1.0,
            pixels: 10.0,
        };
        assert_eq!(clip(&window, (0.0, 0.0), (5.0, 5.0)), None);
        assert_eq!(clip(&window, (21.0, 0.0), (25.0, 5.0)), None);
        assert_eq!(
            clip(&window, (0.0, 0.0), (40.0, 40.0)),
            Some(((10.0, 10.0), (20.0, 20.0)))
        );
        assert_eq!(
            clip(&window, (12.0, 0.0), (12.0, 9.0)),
            Some(((12.0, 0.0), (12.0, 9.0)))
        );
    }

    #[test]
    fn the_window_turns_only_when_the_cursor_moves_or_the_run_changes() {
        let axis = Axis::through((0..500).map(Micros::from_ms), Micros::from_ms(500));
        let first = Kept::turned(None, &axis, (1, 0.0, None), 672.0);
        let moved = Kept {
            window: first.window.moved(&axis, 2.0),
            ..first
        };
        let still = Kept::turned(Some(moved), &axis, (1, 0.0, None), 672.0);
        assert_eq!(still, moved);
        let stepped = Kept::turned(Some(moved), &axis, (1, 8.0, None), 672.0);
        assert!(stepped.window.start <= 8.0);
        let chosen = Kept::turned(Some(moved), &axis, (1, 0.0, Some(3_000.0)), 672.0);
        assert!(chosen.window.start <= 3_000.0 && 3_000.0 <= chosen.window.end());
    }
}
