//! Where everything stands: one table of places for a landscape stage, one for a portrait stage.
//!
//! Units are those of the stage's view box. The landscape stage is shown from [`WIDE_FROM_PX`] up, the portrait stage
//! below, so that no text is ever smaller than 11 pixels.

use sim_core::units::Endpoint;

/// A figure at least this wide shows the landscape stage. `widget.css` says the same.
pub const WIDE_FROM_PX: u32 = 720;

/// How wide the strip of a card is at which lines end that pass other cards by.
const STRIP: f64 = 24.0;

/// How far below the top of a person's place the middle of the head is.
const HEAD: f64 = 79.0;

/// Which of the two stages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Landscape.
    Wide,
    /// Portrait, for phones.
    Tall,
}

/// A place on the stage.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

impl Point {
    /// The nearest point in whole units.
    pub fn whole(self) -> Self {
        Self {
            x: self.x.round_ties_even(),
            y: self.y.round_ties_even(),
        }
    }

    /// The point this share of the way to `other`.
    pub fn toward(self, other: Self, share: f64) -> Self {
        Self {
            x: self.x + (other.x - self.x) * share,
            y: self.y + (other.y - self.y) * share,
        }
    }

    /// Moved along a direction.
    pub fn moved(self, direction: Self, by: f64) -> Self {
        Self {
            x: self.x + direction.x * by,
            y: self.y + direction.y * by,
        }
    }

    /// How far it is to `other`.
    pub fn distance(self, other: Self) -> f64 {
        let (x, y) = (other.x - self.x, other.y - self.y);
        (x * x + y * y).sqrt()
    }

    /// The direction to `other`, of length one.
    pub fn direction(self, other: Self) -> Self {
        let (x, y) = (other.x - self.x, other.y - self.y);
        let length = (x * x + y * y).sqrt().max(1e-6);
        Self {
            x: x / length,
            y: y / length,
        }
    }

    /// A quarter turn to the right of this direction, as seen by whoever walks it.
    pub fn right(self) -> Self {
        Self {
            x: -self.y,
            y: self.x,
        }
    }
}

/// A rectangle on the stage.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub w: f64,
    /// Its height.
    pub h: f64,
}

impl Rect {
    /// It, as whatever is drawn from its upper left corner on sees it.
    pub fn from_its_corner(self) -> Self {
        Self {
            x: 0.0,
            y: 0.0,
            ..self
        }
    }

    /// Its middle.
    pub fn middle(self) -> Point {
        Point {
            x: self.x + self.w / 2.0,
            y: self.y + self.h / 2.0,
        }
    }

    /// Whether it has a place in common with another.
    pub fn meets(self, other: Self) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }

    /// A strip of it as near as can be to the middle of a stage so wide.
    pub fn inside(self, width: f64) -> Self {
        let right = self.x + self.w - STRIP;
        Self {
            x: (width / 2.0).max(self.x).min(right),
            w: STRIP,
            ..self
        }
    }

    /// A rectangle around its middle.
    pub fn around(middle: Point, w: f64, h: f64) -> Self {
        Self {
            x: middle.x - w / 2.0,
            y: middle.y - h / 2.0,
            w,
            h,
        }
    }

    /// Where the line from its middle in this direction leaves it.
    pub fn edge(self, direction: Point) -> Point {
        let across = |size: f64, along: f64| match along.abs() {
            small if small < 1e-6 => f64::MAX,
            along => size / 2.0 / along,
        };
        let reach = across(self.w, direction.x).min(across(self.h, direction.y));
        self.middle().moved(direction, reach)
    }
}

/// How people are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stature {
    /// Head and shoulders below a bubble.
    Whole,
    /// Only a small head beside the name, where many have to fit.
    Small,
}

/// Where everything stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout {
    /// Which stage.
    pub shape: Shape,
    /// The view box's width.
    pub width: f64,
    /// The view box's height.
    pub height: f64,
    /// By node.
    pub cards: Vec<Rect>,
    /// By person: bubble, figure and name.
    pub zones: Vec<Rect>,
    /// By person.
    pub statures: Vec<Stature>,
    /// Cards have no room for a line of their own for the value.
    pub compact: bool,
}

/// Where the people of a node stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Left,
    Right,
    Below,
}

/// The middle of a card, and on which side of it people stand.
type Place = (i16, i16, Beside);

/// Middles of the cards, and on which side their people stand.
struct Plan {
    places: Vec<Place>,
    card: (f64, f64),
    zone: f64,
    gap: f64,
    height: f64,
    compact: bool,
}

impl Layout {
    /// The layout for so many nodes and people with these homes.
    pub fn new(shape: Shape, nodes: usize, homes: &[Endpoint]) -> Self {
        let plan = match shape {
            Shape::Wide => wide(nodes),
            Shape::Tall => tall(nodes),
        };
        let (w, h) = plan.card;
        let cards: Vec<Rect> = plan
            .places
            .iter()
            .take(nodes)
            .map(|(x, y, _)| {
                Rect::around(
                    Point {
                        x: f64::from(*x),
                        y: f64::from(*y),
                    },
                    w,
                    h,
                )
            })
            .collect();
        let mut layout = Self {
            shape,
            width: if shape == Shape::Wide { 800.0 } else { 360.0 },
            height: plan.height,
            cards,
            zones: Vec::new(),
            statures: Vec::new(),
            compact: plan.compact,
        };
        for (place, home) in homes.iter().enumerate() {
            let count = homes.iter().filter(|other| *other == home).count();
            let before = homes[..place].iter().filter(|other| *other == home).count();
            layout.seat(&plan, home.index(), count, before);
        }
        layout
    }

    fn seat(&mut self, plan: &Plan, home: usize, count: usize, before: usize) {
        let home = home.min(self.cards.len() - 1);
        let (card, beside) = (self.cards[home], plan.places[home].2);
        let small = count > 1 || plan.compact;
        // Below a card there is less room than beside it.
        let h = match small {
            true if beside == Beside::Below => 64.0,
            true => 74.0,
            false => 134.0,
        };
        // Those who share a home stand in a column beside its middle.
        let column = h * count as f64;
        // One alone stands with the head level with the middle of the card.
        let top = if small { column / 2.0 } else { HEAD };
        let y = card.middle().y - top + h * before as f64;
        let y = y.clamp(4.0, (self.height - h - 4.0).max(4.0));
        let zone = match beside {
            Beside::Left => Rect {
                x: card.x - plan.gap - plan.zone,
                y,
                w: plan.zone,
                h,
            },
            Beside::Right => Rect {
                x: card.x + card.w + plan.gap,
                y,
                w: plan.zone,
                h,
            },
            Beside::Below => Rect {
                x: card.x,
                y: card.y + card.h + 10.0 + h * before as f64,
                w: card.w,
                h,
            },
        };
        self.zones.push(zone);
        self.statures.push(if small {
            Stature::Small
        } else {
            Stature::Whole
        });
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.cards.len()
    }

    /// What arrows to and from an endpoint start and end at: the card, or the person's head.
    pub fn anchor(&self, end: Endpoint) -> Rect {
        let index = end.index();
        match index.checked_sub(self.cards.len()) {
            None => self.cards[index],
            Some(person) => {
                let person = person.min(self.zones.len().saturating_sub(1));
                let head = self.head(person);
                match self.statures.get(person) {
                    Some(Stature::Small) => Rect::around(head, 16.0, 16.0),
                    // Letters start beside the head, not on it.
                    _ => Rect::around(head, 62.0, 44.0),
                }
            }
        }
    }

    /// The middle of a person's head.
    pub fn head(&self, person: usize) -> Point {
        let Some(zone) = self.zones.get(person) else {
            return Point { x: 0.0, y: 0.0 };
        };
        match self.statures[person] {
            Stature::Whole => Point {
                x: zone.x + zone.w / 2.0,
                y: zone.y + HEAD,
            },
            Stature::Small => Point {
                x: zone.x + 14.0,
                y: zone.y + 53.0,
            },
        }
    }

    /// Everything that a node's side of a cut holds: its card and its people.
    pub fn estate(&self, node: usize, homes: &[Endpoint]) -> Vec<Rect> {
        let mine = homes
            .iter()
            .zip(&self.zones)
            .filter(|(home, _)| home.index() == node);
        std::iter::once(self.cards[node])
            .chain(mine.map(|(_, zone)| *zone))
            .collect()
    }
}

fn wide(nodes: usize) -> Plan {
    use Beside::{Left, Right};
    let (places, card, zone, gap, height): (&[Place], _, _, _, _) = match nodes {
        0..=2 => (
            &[(224, 132, Left), (576, 132, Right)],
            (168.0, 164.0),
            120.0,
            17.0,
            282.0,
        ),
        3 => (
            &[(224, 90, Left), (576, 90, Right), (400, 318, Right)],
            (168.0, 146.0),
            120.0,
            17.0,
            404.0,
        ),
        4 => (
            &[
                (224, 90, Left),
                (576, 90, Right),
                (576, 308, Right),
                (224, 308, Left),
            ],
            (168.0, 146.0),
            120.0,
            17.0,
            398.0,
        ),
        5 => (
            &[
                (400, 76, Right),
                (600, 226, Right),
                (545, 396, Right),
                (255, 396, Left),
                (200, 226, Left),
            ],
            (156.0, 128.0),
            104.0,
            14.0,
            474.0,
        ),
        6 => (
            &[
                (285, 72, Left),
                (515, 72, Right),
                (606, 220, Right),
                (515, 368, Right),
                (285, 368, Left),
                (194, 220, Left),
            ],
            (156.0, 128.0),
            104.0,
            10.0,
            444.0,
        ),
        7 => (
            &[
                (400, 72, Right),
                (604, 212, Right),
                (604, 356, Right),
                (505, 500, Right),
                (295, 500, Left),
                (196, 356, Left),
                (196, 212, Left),
            ],
            (156.0, 128.0),
            104.0,
            12.0,
            576.0,
        ),
        8 => (
            &[
                (604, 56, Right),
                (604, 172, Right),
                (604, 288, Right),
                (505, 404, Right),
                (295, 404, Left),
                (196, 288, Left),
                (196, 172, Left),
                (196, 56, Left),
            ],
            (156.0, 100.0),
            104.0,
            12.0,
            460.0,
        ),
        _ => (
            &[
                (400, 56, Right),
                (604, 168, Right),
                (604, 284, Right),
                (604, 400, Right),
                (505, 516, Right),
                (295, 516, Left),
                (196, 400, Left),
                (196, 284, Left),
                (196, 168, Left),
            ],
            (156.0, 100.0),
            104.0,
            12.0,
            572.0,
        ),
    };
    Plan {
        places: places.to_vec(),
        card,
        zone,
        gap,
        height,
        compact: nodes > 7,
    }
}

fn tall(nodes: usize) -> Plan {
    use Beside::{Below, Left, Right};
    if nodes <= 2 {
        return Plan {
            // On the right the tear has room for what it says, beside the words of what is on its way.
            places: vec![(212, 88, Left), (92, 330, Right)],
            card: (168.0, 164.0),
            zone: 112.0,
            gap: 13.0,
            height: 422.0,
            compact: false,
        };
    }
    let nodes = nodes as i16;
    if nodes <= 4 {
        let place = |i: i16| {
            let y = 80 + 200 * i;
            if i % 2 == 0 {
                (280, y, Left)
            } else {
                (80, y, Right)
            }
        };
        return Plan {
            places: (0..nodes).map(place).collect(),
            card: (148.0, 146.0),
            zone: 112.0,
            gap: 12.0,
            height: f64::from(160 + 200 * (nodes - 1)),
            compact: false,
        };
    }
    let odd = nodes % 2;
    let rows = (nodes + odd) / 2;
    let row = |i: i16| 56 + 188 * i;
    // Clockwise from the top: down the right, up the left; an odd one out stands alone on top.
    let place = |node: i16| {
        if odd == 1 && node == 0 {
            return (180, row(0), Below);
        }
        let node = node - odd;
        let pairs = rows - odd;
        match node {
            0 if odd == 0 => (72, row(0), Below),
            _ if odd == 0 && node <= pairs => (288, row(node - 1), Below),
            _ if odd == 1 && node < pairs => (288, row(node + 1), Below),
            _ => (72, row(2 * pairs - node), Below),
        }
    };
    Plan {
        places: (0..nodes).map(place).collect(),
        card: (132.0, 96.0),
        zone: 132.0,
        gap: 8.0,
        height: f64::from(188 * rows),
        compact: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(a: Rect, b: Rect) -> bool {
        let apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        !apart
    }

    #[test]
    fn nothing_stands_on_anything_else_or_beyond_the_stage() {
        for shape in [Shape::Wide, Shape::Tall] {
            for nodes in 1..=9 {
                let homes: Vec<Endpoint> = (0..nodes as u8).map(Endpoint).collect();
                let layout = Layout::new(shape, nodes, &homes);
                let all: Vec<Rect> = layout.cards.iter().chain(&layout.zones).copied().collect();
                for (i, a) in all.iter().enumerate() {
                    let inside = a.x >= 0.0
                        && a.y >= 0.0
                        && a.x + a.w <= layout.width
                        && a.y + a.h <= layout.height;
                    assert!(
                        inside,
                        "{shape:?} {nodes} {a:?} of {} x {}",
                        layout.width, layout.height
                    );
                    for b in &all[..i] {
                        assert!(!overlap(*a, *b), "{shape:?} {nodes}: {a:?} {b:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn several_people_share_a_home() {
        let homes = [Endpoint(0), Endpoint(0), Endpoint(1)];
        let layout = Layout::new(Shape::Wide, 2, &homes);
        assert!(!overlap(layout.zones[0], layout.zones[1]));
        assert_eq!(
            layout.statures,
            [Stature::Small, Stature::Small, Stature::Whole]
        );
    }

    #[test]
    fn a_line_leaves_a_card_at_its_edge() {
        let card = Rect {
            x: 0.0,
            y: 0.0,
            w: 100.0,
            h: 40.0,
        };
        let right = card.edge(Point { x: 1.0, y: 0.0 });
        assert!((right.x - 100.0).abs() < 1e-9 && (right.y - 20.0).abs() < 1e-9);
    }
}
