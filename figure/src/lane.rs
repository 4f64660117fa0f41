//! The way of a message from one endpoint to another: a slight curve, each direction on its own side of the line.

use sim_core::units::Endpoint;

use crate::element::path;
use crate::geometry::{Layout, Point, Shape};

/// How far apart the two directions of a line run.
const APART: f64 = 9.0;
/// How far the middle of the curve bulges, as a share of its length.
const BULGE: f64 = 0.06;

/// A quadratic curve.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lane {
    /// Where it leaves the sender.
    pub from: Point,
    /// What it bends toward.
    pub bend: Point,
    /// Where it reaches the receiver.
    pub to: Point,
}

impl Lane {
    /// The way from one endpoint to another.
    pub fn new(layout: &Layout, from: Endpoint, to: Endpoint) -> Self {
        let (a, b) = ends(layout, from, to);
        let along = a.direction(b);
        let length = a.distance(b);
        let apart = if length < 60.0 { APART * 0.6 } else { APART };
        let (from, to) = (a.moved(along.right(), apart), b.moved(along.right(), apart));
        let bend = from
            .toward(to, 0.5)
            .moved(along.right(), length * BULGE * 2.0);
        Self {
            from: from.whole(),
            bend: bend.whole(),
            to: to.whole(),
        }
    }

    /// The point this share of the way along.
    pub fn point(&self, share: f64) -> Point {
        let first = self.from.toward(self.bend, share);
        first.toward(self.bend.toward(self.to, share), share)
    }

    /// As the data of an SVG path.
    pub fn path(&self) -> String {
        let Self { from, bend, to } = self;
        path(&[
            ("M", &[from.x, from.y]),
            ("Q", &[bend.x, bend.y, to.x, to.y]),
        ])
    }
}

/// Where the straight line between two endpoints leaves the one and reaches the other, in whole units.
pub fn ends(layout: &Layout, from: Endpoint, to: Endpoint) -> (Point, Point) {
    let (mut a, mut b) = (layout.anchor(from), layout.anchor(to));
    // Where cards stand in columns, a line that passes a card by keeps to the inside.
    if layout.compact && layout.shape == Shape::Tall && (a.y - b.y).abs() > PAST {
        (a, b) = (a.inside(layout.width), b.inside(layout.width));
    }
    let along = a.middle().direction(b.middle());
    let back = Point {
        x: -along.x,
        y: -along.y,
    };
    (a.edge(along).whole(), b.edge(back).whole())
}

/// Farther apart than neighbours in a column.
const PAST: f64 = 200.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn the_two_directions_keep_to_their_own_side() {
        let layout = Layout::new(Shape::Wide, 2, &[]);
        let forth = Lane::new(&layout, Endpoint(0), Endpoint(1)).point(0.5);
        let back = Lane::new(&layout, Endpoint(1), Endpoint(0)).point(0.5);
        assert!((forth.y - back.y).abs() > APART);
        assert!((forth.x - back.x).abs() < 1e-6);
    }

    /// A line that passes a card by does not run under it.
    #[test]
    fn on_a_phone_no_line_runs_under_a_card_that_it_passes_by() {
        let layout = Layout::new(Shape::Tall, 5, &[]);
        for one in 0..5 {
            for other in 0..one {
                let (a, b) = ends(&layout, Endpoint(one), Endpoint(other));
                for (node, card) in layout.cards.iter().enumerate() {
                    let is_end = [one, other].map(usize::from).contains(&node);
                    let at = |share: f64| Rect::around(a.toward(b, share), 2.0, 2.0);
                    let meets = (0..=100).any(|share| card.meets(at(f64::from(share) / 100.0)));
                    assert!(
                        is_end || !meets,
                        "S{} to S{} under S{}",
                        one + 1,
                        other + 1,
                        node + 1
                    );
                }
            }
        }
    }
}
