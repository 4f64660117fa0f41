//! Cuts as torn, hatched bands: one band between two clean sides, else a small one across each line that is cut.

use sim_core::picture::{CutLine, Picture};
use sim_core::units::{Endpoint, Micros};

use crate::element::{Element, element, path};
use crate::geometry::{Layout, Point, Rect};
use crate::lane;
use crate::target::Target;

/// Two sides between which every line is cut in the same way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sides {
    /// The nodes of the one side.
    pub one: Vec<Endpoint>,
    /// The nodes of the other.
    pub other: Vec<Endpoint>,
    /// Nothing from the one reaches the other.
    pub forth: bool,
    /// Nothing from the other reaches the one.
    pub back: bool,
    /// Since when.
    pub since: Micros,
}

/// The two sides, if the cut lines are exactly those between them, all cut alike.
pub fn sides(picture: &Picture) -> Option<Sides> {
    let count = picture.nodes.len();
    let cut = |a: usize, b: usize| {
        let (low, high) = (a.min(b), a.max(b));
        picture
            .cuts
            .iter()
            .find(|cut| (cut.a.index(), cut.b.index()) == (low, high))
    };
    let mut inside = vec![false; count];
    inside[0] = true;
    for _ in 0..count {
        for a in 0..count {
            for b in 0..count {
                inside[b] |= a != b && inside[a] && cut(a, b).is_none();
            }
        }
    }
    let nodes = |side: bool| {
        let picked = inside
            .iter()
            .enumerate()
            .filter(move |(_, inside)| **inside == side);
        picked
            .map(|(node, _)| Endpoint(node as u8))
            .collect::<Vec<_>>()
    };
    let (one, other) = (nodes(true), nodes(false));
    if other.is_empty() || one.len() * other.len() != picture.cuts.len() {
        return None;
    }
    let mut found: Option<(bool, bool, Micros)> = None;
    for a in &one {
        for b in &other {
            let cut = cut(a.index(), b.index())?;
            let (forth, back) = if a < b {
                (cut.forth, cut.back)
            } else {
                (cut.back, cut.forth)
            };
            if found.is_some_and(|(f, k, _)| (f, k) != (forth, back)) {
                return None;
            }
            found = Some((forth, back, cut.since));
        }
    }
    let (forth, back, since) = found?;
    Some(Sides {
        one,
        other,
        forth,
        back,
        since,
    })
}

/// A stretch of torn paper: the line down its middle, straight or bent, and half its width.
struct Strip {
    line: Vec<Point>,
    half: f64,
}

/// How far the edge of a tear strays, step by step.
const STRAY: [f64; 8] = [0.9, -0.7, 1.0, -1.0, 0.6, -0.9, 1.0, -0.6];

impl Strip {
    /// The two torn edges.
    fn edges(&self, step: f64) -> [Vec<Point>; 2] {
        let steps = (self.length() / step).round().max(2.0) as usize;
        let edge = |side: f64, shift: usize| {
            (0..=steps)
                .map(|i| {
                    let wave = STRAY[i % STRAY.len()] * self.half * 0.62;
                    let fray = STRAY[(i + shift) % STRAY.len()] * self.half * 0.16;
                    let share = i as f64 / steps as f64;
                    self.point(share)
                        .moved(self.across(share), side * self.half + wave + fray)
                })
                .collect()
        };
        [edge(-1.0, 3), edge(1.0, 5)]
    }

    fn length(&self) -> f64 {
        self.line
            .windows(2)
            .map(|pair| pair[0].distance(pair[1]))
            .sum()
    }

    /// The piece of the line that this share of its length falls in, and how far along that piece.
    fn piece(&self, share: f64) -> (Point, Point, f64) {
        let mut left = self.length() * share;
        let last = self.line.len() - 2;
        for (i, pair) in self.line.windows(2).enumerate() {
            let length = pair[0].distance(pair[1]).max(1e-6);
            if left <= length || i == last {
                return (pair[0], pair[1], (left / length).min(1.0));
            }
            left -= length;
        }
        (self.line[0], self.line[0], 0.0)
    }

    fn point(&self, share: f64) -> Point {
        let (from, to, along) = self.piece(share);
        from.toward(to, along)
    }

    fn across(&self, share: f64) -> Point {
        let (from, to, _) = self.piece(share);
        from.direction(to).right()
    }

    fn element(&self, hatch: &str, step: f64) -> Element {
        let [left, right] = self.edges(step);
        let around: Vec<Point> = left.iter().chain(right.iter().rev()).copied().collect();
        let area = format!("{}z", outline(&around));
        element("g")
            .child(element("path").class("ground").has("d", area.clone()))
            .child(
                element("path")
                    .has("d", area)
                    .has("fill", format!("url(#{hatch})")),
            )
            .child(element("path").class("edge").has("d", outline(&left)))
            .child(element("path").class("edge").has("d", outline(&right)))
    }
}

fn outline(points: &[Point]) -> String {
    let mut data = String::new();
    for (i, point) in points.iter().enumerate() {
        let command = if i == 0 { "M" } else { "L" };
        // What is torn needs no tenths.
        data.push_str(&path(&[(command, &[point.x.round(), point.y.round()])]));
    }
    data
}

/// What a cut says of itself, and where.
pub type Tag = (Element, Rect);

/// All tears of a picture.
///
/// The tag of the first comes apart from them, to lie above everything that stands in the way, with the place it takes.
pub fn tears(
    picture: &Picture,
    layout: &Layout,
    hatch: &str,
    living: bool,
) -> (Vec<Element>, Option<Tag>) {
    let homes: Vec<Endpoint> = picture.people.iter().map(|person| person.home).collect();
    let mut tears = Vec::new();
    let band = sides(picture).and_then(|sides| {
        let strip = between(layout, &sides, &homes)?;
        Some((sides, strip))
    });
    let tag = match band {
        Some((sides, strip)) => {
            let (tear, tag) = full(picture, layout, &sides, &strip, hatch, living);
            tears.push(tear);
            Some(tag)
        }
        None => {
            for cut in &picture.cuts {
                tears.push(patch(layout, cut, hatch));
            }
            let first = picture.cuts.first();
            first.map(|cut| patch_tag(picture, layout, cut))
        }
    };
    for cut in &picture.client_cuts {
        tears.push(patch(layout, cut, hatch));
    }
    (tears, tag)
}

/// The widest straight strip between everything on the one side and everything on the other.
fn between(layout: &Layout, sides: &Sides, homes: &[Endpoint]) -> Option<Strip> {
    let estates = |nodes: &[Endpoint]| -> Vec<Rect> {
        let mut all = Vec::new();
        for node in nodes {
            all.append(&mut layout.estate(node.index(), homes));
        }
        all
    };
    // Where people stand in the way, the tear runs behind them.
    let cards = |nodes: &[Endpoint]| -> Vec<Rect> {
        nodes
            .iter()
            .map(|node| layout.cards[node.index()])
            .collect()
    };
    widest(layout, &estates(&sides.one), &estates(&sides.other))
        .or_else(|| widest(layout, &cards(&sides.one), &cards(&sides.other)))
        .or_else(|| bent(layout, sides))
}

/// A bent strip between two arcs of the ring in which the nodes stand: in by one gap, out by the other.
fn bent(layout: &Layout, sides: &Sides) -> Option<Strip> {
    let count = layout.nodes();
    let inside = |node: usize| sides.one.iter().any(|one| one.index() == node);
    let gaps: Vec<usize> = (0..count)
        .filter(|node| inside(*node) != inside((node + 1) % count))
        .collect();
    let [first, second] = gaps[..] else {
        return None;
    };
    let centre = Point {
        x: layout.width / 2.0,
        y: layout.height / 2.0,
    };
    let gap = |node: usize| {
        let (a, b) = (layout.cards[node], layout.cards[(node + 1) % count]);
        let along = a.middle().direction(b.middle());
        a.edge(along).toward(
            b.edge(Point {
                x: -along.x,
                y: -along.y,
            }),
            0.5,
        )
    };
    let (a, b) = (gap(first), gap(second));
    let out = |from: Point| {
        let out = from.moved(centre.direction(from), 110.0);
        Point {
            x: out.x.clamp(8.0, layout.width - 8.0),
            y: out.y.clamp(8.0, layout.height - 8.0),
        }
    };
    let near = |gap: Point| gap.toward(centre, 0.45);
    let line = vec![out(a), a, near(a), near(b), b, out(b)];
    Some(Strip { line, half: 9.0 })
}

fn widest(layout: &Layout, one: &[Rect], other: &[Rect]) -> Option<Strip> {
    let mut best: Option<(f64, f64, Point)> = None;
    // Every three degrees, turned step by step: sine and cosine of three degrees are all it takes.
    const TURN: Point = Point {
        x: 0.998_629_534_754_573_9,
        y: 0.052_335_956_242_943_83,
    };
    let mut normal = Point { x: 1.0, y: 0.0 };
    for _ in 0..60 {
        let here = normal;
        normal = Point {
            x: here.x * TURN.x - here.y * TURN.y,
            y: here.x * TURN.y + here.y * TURN.x,
        };
        let normal = here;
        let (a, b) = (shadow(one, normal), shadow(other, normal));
        let (low, high) = if a.1 <= b.0 { (a.1, b.0) } else { (b.1, a.0) };
        if best.is_none_or(|(gap, _, _)| high - low > gap + 0.5) {
            best = Some((high - low, (low + high) / 2.0, normal));
        }
    }
    let (gap, middle, normal) = best.filter(|(gap, _, _)| *gap >= 12.0)?;
    let (start, end) = clip(layout, normal, middle)?;
    Some(Strip {
        line: vec![start, end],
        half: (gap * 0.3).min(16.0),
    })
}

/// From where to where rectangles reach along a direction.
fn shadow(rects: &[Rect], along: Point) -> (f64, f64) {
    rects
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), rect| {
            let middle = rect.middle();
            let at = middle.x * along.x + middle.y * along.y;
            let reach = rect.w / 2.0 * along.x.abs() + rect.h / 2.0 * along.y.abs();
            (low.min(at - reach), high.max(at + reach))
        })
}

/// The part of the line `point · normal = middle` that lies on the stage, from top to bottom or from left to right.
fn clip(layout: &Layout, normal: Point, middle: f64) -> Option<(Point, Point)> {
    let on = Point {
        x: normal.x * middle,
        y: normal.y * middle,
    };
    let along = normal.right();
    let along = if along.x + along.y < 0.0 {
        Point {
            x: -along.x,
            y: -along.y,
        }
    } else {
        along
    };
    let (mut from, mut until) = (f64::MIN, f64::MAX);
    for (at, step, size) in [
        (on.x, along.x, layout.width),
        (on.y, along.y, layout.height),
    ] {
        if step.abs() < 1e-9 {
            if at < 0.0 || at > size {
                return None;
            }
            continue;
        }
        let (a, b) = ((0.0 - at) / step, (size - at) / step);
        from = from.max(a.min(b));
        until = until.min(a.max(b));
    }
    (until - from > 20.0).then(|| (on.moved(along, from), on.moved(along, until)))
}

fn full(
    picture: &Picture,
    layout: &Layout,
    sides: &Sides,
    strip: &Strip,
    hatch: &str,
    living: bool,
) -> (Element, Tag) {
    let mut group = element("g")
        .class("tear")
        .key("tear".to_owned())
        .child(strip.element(hatch, 36.0));
    let (a, b) = (sides.one[0], sides.other[0]);
    if sides.forth != sides.back {
        let (from, to) = if sides.forth { (b, a) } else { (a, b) };
        let along = layout.cards[from.index()]
            .middle()
            .direction(layout.cards[to.index()].middle());
        group = group.child(open_way(strip.point(0.5), along, strip.half + 14.0));
    }
    let both = sides.forth && sides.back;
    let words = words(picture, sides.since, both);
    let room = tag_room(both);
    let place = tag_place(layout, strip, room);
    let tag = tag(&words, place, room, sides.since);
    if living {
        let names = |nodes: &[Endpoint]| -> String {
            // Nothing else that is drawn with the page is joined, and this weighs less.
            let mut names = String::new();
            for node in nodes {
                if !names.is_empty() {
                    names.push_str(" and ");
                }
                names.push_str(&picture.nodes[node.index()].name);
            }
            names
        };
        let label = format!(
            "Cut between {} and {}, {words}",
            names(&sides.one),
            names(&sides.other)
        );
        let code = Target::Line(a.min(b), a.max(b)).code();
        group = group.pointed_at(code, "0", label);
    }
    (group, tag)
}

fn words(picture: &Picture, since: Micros, both: bool) -> String {
    let before = if both { CUT } else { ONE_WAY };
    format!("{before}{}", age(picture.at, since))
}

/// How old a cut is, to a hundredth of a second.
pub fn age(at: Micros, since: Micros) -> String {
    match (at.since(since).0 + 5_000) / 10_000 {
        0 => "now".to_owned(),
        hundredths => Micros(hundredths * 10_000).to_string(),
    }
}

/// What stands before the age on a cut's tag.
pub const CUT: &str = "cut, ";
/// What stands before the age on the tag of a cut in one direction.
pub const ONE_WAY: &str = "one way, ";

/// How wide the tag of a cut is, in both directions or in one. Its words grow while time passes, and it does not grow with
/// them.
fn tag_room(both: bool) -> f64 {
    if both { 100.0 } else { 132.0 }
}

fn tag(words: &str, at: Point, room: f64, since: Micros) -> Tag {
    let word = element("text")
        .class("age")
        .has("data-since", since.0.to_string())
        .at("x", at.x)
        .at("y", at.y + 4.4)
        .text(words);
    let place = Rect::around(at, room, 24.0);
    let rect = element("rect")
        .at("x", place.x)
        .at("y", place.y)
        .at("width", room)
        .is("height", "24")
        .is("rx", "12");
    (element("g").class("tag").child(rect).child(word), place)
}

/// A place for the tag along the strip, as near to its end as cards and people leave room for it.
fn tag_place(layout: &Layout, strip: &Strip, room: f64) -> Point {
    let shares = [
        0.97, 0.94, 0.9, 0.86, 0.03, 0.06, 0.1, 0.8, 0.7, 0.2, 0.3, 0.6, 0.5,
    ];
    let place = |share: f64| {
        let at = strip.point(share);
        Point {
            x: at
                .x
                .clamp(room / 2.0 + 2.0, layout.width - room / 2.0 - 2.0),
            y: at.y.clamp(18.0, layout.height - 18.0),
        }
        .whole()
    };
    let free = |at: &Point| {
        let tag = Rect::around(*at, room + 8.0, 28.0);
        let mut all = layout.cards.iter().chain(&layout.zones);
        !all.any(|one| one.meets(tag))
    };
    shares
        .into_iter()
        .map(place)
        .find(free)
        .unwrap_or_else(|| place(0.97))
}

/// A small tear across one line.
fn patch(layout: &Layout, cut: &CutLine, hatch: &str) -> Element {
    let (a, b) = lane::ends(layout, cut.a, cut.b);
    let (middle, along) = (a.toward(b, 0.5), a.direction(b));
    let length = a.distance(b);
    let across = along.right();
    let reach = if length < 60.0 { 12.0 } else { 24.0 };
    let strip = Strip {
        line: vec![middle.moved(across, -reach), middle.moved(across, reach)],
        half: if length < 60.0 { 4.0 } else { 8.0 },
    };
    let mut group = element("g")
        .class("tear")
        .key(format!("tear{}-{}", cut.a.0, cut.b.0))
        .child(strip.element(hatch, 12.0));
    if cut.forth != cut.back {
        let open = if cut.forth {
            Point {
                x: -along.x,
                y: -along.y,
            }
        } else {
            along
        };
        group = group.child(open_way(middle, open, 20.0));
    }
    group
}

/// The tag of such a tear, beside it.
fn patch_tag(picture: &Picture, layout: &Layout, cut: &CutLine) -> Tag {
    let (a, b) = lane::ends(layout, cut.a, cut.b);
    let (middle, across) = (a.toward(b, 0.5), a.direction(b).right());
    let both = cut.forth && cut.back;
    let words = words(picture, cut.since, both);
    let room = tag_room(both);
    let place = Point {
        x: (middle.x + across.x.abs() * 20.0).clamp(room / 2.0, layout.width - room / 2.0),
        y: (middle.y + 38.0).min(layout.height - 16.0),
    };
    tag(&words, place, room, cut.since)
}

/// An arrow through the tear: the way that is still open.
fn open_way(middle: Point, along: Point, reach: f64) -> Element {
    let (from, to) = (middle.moved(along, -reach), middle.moved(along, reach));
    let (left, right) = (
        to.moved(along, -9.0).moved(along.right(), -6.0),
        to.moved(along, -9.0).moved(along.right(), 6.0),
    );
    let data = path(&[
        ("M", &[from.x, from.y]),
        ("L", &[to.x, to.y]),
        ("M", &[left.x, left.y]),
        ("L", &[to.x, to.y]),
        ("L", &[right.x, right.y]),
    ]);
    element("path").class("open-way").has("d", data)
}
