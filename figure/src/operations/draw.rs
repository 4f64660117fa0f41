//! The drawing of the operations in view: bars, on what stands behind them ([`super::ground`]).

use sim_core::check::history::{Ended, History};

use super::axis::Window;
use super::ground::faults;
use super::rows::Bar;
use super::{EDGE, HEAD, Laid, Look, Measures, words};
use crate::element::{Element, element, path, when};
use crate::text;
use crate::tone_class;

/// With more bars than this in view, each is only a block without words, which nobody reads out.
const CROWD: usize = 120;
/// Bars narrower than this are drawn as one block where they stand side by side.
const GRAIN: f64 = 14.0;
/// The narrowest bar.
const BAR_MIN: f64 = 3.0;
/// How high a bar is; how far above its top its words stand, and how far below it the numbers.
const BAR_HIGH: f64 = 12.0;
const WORDS: f64 = 5.0;
const NUMBERS: f64 = 25.0;
/// The size of the words at bars, of numbers and names.
pub(super) const SIZE: f64 = 12.0;
/// How wide what one points at is at least, where there is room.
const TOUCH: f64 = 24.0;
/// So many operations contradict one another at most where it is drawn which was over before which.
const BEFORE_MAX: usize = 8;

/// From the axis to the drawing.
pub(super) struct Scale<'a> {
    pub look: &'a Look<'a>,
    measures: Measures,
}

impl Scale<'_> {
    pub fn x(&self, at: f64) -> f64 {
        let room = self.measures.room(self.look.width);
        self.measures.gutter + (at - self.look.window.from) / self.look.window.span * room
    }

    pub fn left(&self) -> f64 {
        self.measures.gutter
    }

    pub fn right(&self) -> f64 {
        self.look.width - EDGE
    }

    /// The moment that is looked at, if it is in view: where it stands, its words, where their middle is, and half of
    /// how wide they are.
    pub fn now(&self) -> Option<(f64, &str, f64, f64)> {
        let (now, words) = self.look.now?;
        let x = self.look.window.has(now).then(|| self.x(now))?;
        // They are bold.
        let half = text::width(words, SIZE + 3.0) / 2.0;
        let middle = x.min(self.look.width - half - 4.0).max(half);
        Some((x, words, middle, half))
    }

    fn clamped(&self, at: f64) -> f64 {
        self.x(at).clamp(self.left(), self.right())
    }
}

impl Laid {
    /// The drawing of what is in view.
    pub fn draw(&self, history: &History, look: &Look<'_>) -> Element {
        let measures = Measures::of(look.width);
        let scale = Scale { look, measures };
        let bottom = HEAD + measures.row * self.rows_seen() as f64;
        let mut back = element("g").class("op-ground").is("aria-hidden", "true");
        for (place, row) in self.rows_in_view(&look.window).enumerate() {
            let y = HEAD + measures.row * place as f64;
            // Beside its bars, or above their words.
            let (name_y, room) = match measures.bars < measures.gutter {
                true => (y + measures.bars + 10.0, measures.gutter - 16.0),
                false => (y + 15.0, look.width - 20.0),
            };
            let client = history.clients.get(row.client as usize);
            let name = client.map_or("", String::as_str);
            let marked = look.client == Some(row.client);
            if marked {
                back = back.child(
                    element("rect")
                        .class("op-row")
                        .at("x", 0.0)
                        .at("y", y)
                        .at("width", look.width)
                        .at("height", measures.row),
                );
            }
            back = back
                .child(
                    element("path")
                        .class("op-rule")
                        .has("d", path(&[("M", &[0.0, y]), ("H", &[look.width])])),
                )
                .child(
                    element("text")
                        .classes(&["op-name", when(marked, "is-chosen")])
                        .has("data-client", format!("{}", row.client))
                        .at("x", 10.0)
                        .at("y", name_y)
                        .text(&text::fit(name, SIZE + 0.5, room)),
                );
        }
        back = self.foot(back, &scale, bottom);
        let faults = faults(history, self, &scale, bottom);
        let bars = self.bars(history, &scale);
        element("svg")
            .has(
                "viewBox",
                format!(
                    "0 0 {} {}",
                    look.width as u32,
                    self.height(look.width) as u32
                ),
            )
            .is("role", "presentation")
            .child(back)
            .child(faults)
            .child(self.before(history, &scale))
            .child(element("g").is("role", "presentation").children(bars))
            .children(Vec::from_iter(self.cursor(&scale, bottom)))
    }

    /// Which of the operations that contradict one another was over before which began: an arrow from the one's end to
    /// the other's beginning, on another row.
    fn before(&self, history: &History, scale: &Scale<'_>) -> Element {
        let mut drawn = element("g").class("op-before").is("aria-hidden", "true");
        if self.blamed.len() > BEFORE_MAX {
            return drawn;
        }
        for later in &self.blamed {
            let begins = history.ops[*later as usize].invoked;
            let ended = |op: &&u32| {
                let op = &history.ops[**op as usize];
                op.outcome != Ended::Unknown && op.ended < begins
            };
            let last = self.blamed.iter().filter(ended);
            let last = last.max_by_key(|op| history.ops[**op as usize].ended);
            let ends = last.and_then(|op| self.spot_of(scale, *op));
            let (Some((from_row, _, from)), Some((to_row, to, _))) =
                (ends, self.spot_of(scale, *later))
            else {
                continue;
            };
            let middle = |row: usize| {
                let y = HEAD + scale.measures.row * row as f64 + scale.measures.bars;
                y + BAR_HIGH / 2.0
            };
            if from_row != to_row && to - from > 6.0 {
                let (a, b) = ((from + 1.5, middle(from_row)), (to - 2.0, middle(to_row)));
                drawn = drawn.children(arrow(a, b));
            }
        }
        drawn
    }

    /// Where an operation stands that is wholly in view: its row in the drawing, its beginning and its end.
    fn spot_of(&self, scale: &Scale<'_>, op: u32) -> Option<(usize, f64, f64)> {
        let window = &scale.look.window;
        let (row, place) = self.place_of(op)?;
        let bar = self.rows.get(row)?.bars.get(place)?;
        let seen = row.checked_sub(window.top)?;
        let is_seen = seen < self.rows_seen() && window.has(bar.from);
        let next = self.rows[row].bars.get(place + 1).map(|next| next.from);
        let (from, until) = ends(scale, bar, next);
        (is_seen && (bar.is_open || window.has(bar.until))).then_some((seen, from, until))
    }

    /// Whether there is so much in view that operations lose their words.
    pub fn is_crowd(&self, window: &Window) -> bool {
        let rows = self.rows_in_view(window);
        let seen = rows.map(|row| row.seen(window.from, window.until()).len());
        seen.sum::<usize>() > CROWD
    }

    fn rows_in_view(&self, window: &Window) -> impl Iterator<Item = &super::Row> {
        let rows = self.rows.iter().skip(window.top);
        rows.take(self.rows_seen())
    }

    fn bars(&self, history: &History, scale: &Scale<'_>) -> Vec<Element> {
        let window = scale.look.window;
        let seen = |row: &super::Row| row.seen(window.from, window.until());
        let is_crowd = self.is_crowd(&window);
        let mut all = Vec::new();
        for (place, row) in self.rows_in_view(&window).enumerate() {
            let y = HEAD + scale.measures.row * place as f64 + scale.measures.bars;
            let range = seen(row);
            let mut block: Option<(f64, f64)> = None;
            for here in range.clone() {
                let bar = &row.bars[here];
                let next = row.bars.get(here + 1).map(|next| next.from);
                let (from, until) = ends(scale, bar, next);
                let marked = self.is_marked(scale.look, bar.op);
                if is_crowd && !marked && until - from < GRAIN {
                    block = match block {
                        Some((first, last)) if from - last < GRAIN => Some((first, until)),
                        other => {
                            all.extend(other.map(|ends| crowd(ends, y)));
                            Some((from, until))
                        }
                    };
                    continue;
                }
                all.extend(block.take().map(|ends| crowd(ends, y)));
                let room = next.map_or(scale.right(), |next| scale.clamped(next));
                let spot = Spot {
                    bar,
                    from,
                    until,
                    room: room - from,
                    free: next
                        .is_none()
                        .then(|| self.free(history, scale, (row, here))),
                    y,
                    is_bare: is_crowd && !marked,
                };
                all.push(self.bar(history, scale, &spot));
            }
            all.extend(block.map(|ends| crowd(ends, y)));
        }
        all
    }

    /// Where the words of the bar before one of a row end.
    fn free(&self, history: &History, scale: &Scale<'_>, (row, here): (&super::Row, usize)) -> f64 {
        let Some(before) = here.checked_sub(1).map(|place| &row.bars[place]) else {
            return scale.left();
        };
        let label = words::label(history, &history.ops[before.op as usize]);
        // With the sign of a contradiction.
        scale.clamped(before.from) + text::width(&label, SIZE) + 2.0 * SIZE
    }

    /// Whether an operation keeps its words in a crowd. Where a contradiction is a crowd itself, none of it does.
    fn is_marked(&self, look: &Look<'_>, op: u32) -> bool {
        let few = |ops: &[u32]| ops.len() <= CROWD / 4;
        (few(look.chosen) && look.chosen.contains(&op))
            || (few(&self.blamed) && self.blamed.binary_search(&op).is_ok())
    }

    fn bar(&self, history: &History, scale: &Scale<'_>, spot: &Spot<'_>) -> Element {
        let number = spot.bar.op;
        let op = &history.ops[number as usize];
        let blamed = self.blamed.binary_search(&number).is_ok();
        let chosen = scale.look.chosen.contains(&number);
        let classes = [
            "op",
            tone_class(words::tone(op)),
            when(blamed, "is-blamed"),
            when(!blamed && !self.blamed.is_empty(), "is-calm"),
            when(chosen, "is-chosen"),
            when(self.waits(op), "is-waiting"),
            when(
                op.outcome == Ended::Unknown && !self.waits(op),
                "is-unknown",
            ),
            when(op.outcome == Ended::Refused, "is-refused"),
        ];
        if spot.is_bare {
            return spot.body().has("data-op", format!("{number}"));
        }
        let drawn = element("g")
            .classes(&classes)
            .key(format!("{number}"))
            .is("role", "option")
            .has("id", format!("{}-{number}", scale.look.id))
            .is("aria-selected", if chosen { "true" } else { "false" })
            .has("aria-label", self.name(history, number))
            .has("data-op", format!("{number}"));
        let hit = element("rect")
            .class("op-hit")
            .is("rx", "4")
            .at("x", spot.from)
            .at("y", spot.y - 18.0)
            .at(
                "width",
                (spot.until - spot.from)
                    .max(TOUCH)
                    .min(spot.room.max(BAR_MIN)),
            )
            .at("height", BAR_HIGH + 32.0);
        let mut drawn = drawn.child(hit).child(spot.body());
        if !self.waits(op) {
            drawn = drawn.children(spot.ending(op.outcome));
        }
        drawn = drawn.children(self.taking_effect(scale, spot));
        drawn.children(spot.words(&words::label(history, op), blamed))
    }

    /// What an operation is called, with what is said of it here.
    pub fn name(&self, history: &History, number: u32) -> String {
        let op = &history.ops[number as usize];
        let mut name = words::name(history, op, self.waits(op));
        if self.blamed.binary_search(&number).is_ok() {
            name.push_str("; part of the contradiction");
        }
        if let Some(effect) = self.effect(number) {
            name.push_str(&format!("; takes effect as number {}", effect.number));
        }
        name
    }

    /// The stroke at which it takes effect, and its number in the order.
    fn taking_effect(&self, scale: &Scale<'_>, spot: &Spot<'_>) -> Vec<Element> {
        let Some(effect) = self.effect(spot.bar.op) else {
            return Vec::new();
        };
        // What never ended may take effect when its client has long gone on.
        let is_late = effect.at > spot.bar.until;
        let x = match is_late {
            true => spot.until,
            false => scale.x(effect.at),
        };
        if x < scale.left() || x > scale.right() {
            return Vec::new();
        }
        let stroke = path(&[("M", &[x, spot.y - 3.0]), ("v", &[BAR_HIGH + 6.0])]);
        let mut drawn = Vec::new();
        if !is_late {
            drawn.push(element("path").class("op-effect").has("d", stroke));
        }
        let words = match is_late {
            true => format!("→{}", effect.number),
            false => format!("{}", effect.number),
        };
        // A bar too narrow for its number keeps its stroke.
        let wide = text::width(&words, SIZE - 1.0);
        if wide <= spot.room.max(spot.until - spot.from) {
            let middle = x.clamp(
                spot.from + wide / 2.0,
                (spot.from + spot.room - wide / 2.0).max(spot.from + wide / 2.0),
            );
            drawn.push(
                element("text")
                    .class("op-number")
                    .is("text-anchor", "middle")
                    .at("x", middle)
                    .at("y", spot.y + NUMBERS)
                    .text(&words),
            );
        }
        drawn
    }
}

/// The operations of a drawing that can be walked to in it: a block of many has none.
pub fn options(drawing: &Element) -> Vec<u32> {
    let mut found = Vec::new();
    let is_option = drawing
        .attributes
        .iter()
        .any(|(_, value)| value == "option");
    let number = drawing
        .attributes
        .iter()
        .find(|(name, _)| *name == "data-op");
    if let Some((_, number)) = number.filter(|_| is_option) {
        found.extend(number.parse::<u32>());
    }
    for child in &drawing.children {
        found.extend(options(child));
    }
    found
}

/// A bar as it stands in the drawing.
struct Spot<'a> {
    bar: &'a Bar,
    from: f64,
    until: f64,
    /// From its beginning to the next one's.
    room: f64,
    /// Of the last of its row: from where on there is room before it.
    free: Option<f64>,
    /// The top of the bar.
    y: f64,
    is_bare: bool,
}

impl Spot<'_> {
    /// The bar: closed on both sides, or open to the right.
    fn body(&self) -> Element {
        let (top, wide) = (self.y, (self.until - self.from).max(1.0));
        if !self.bar.is_open || self.is_bare {
            return element("rect")
                .class(if self.is_bare { "op-block" } else { "op-bar" })
                .at("x", self.from)
                .at("y", top)
                .at("width", wide)
                .at("height", BAR_HIGH)
                .is("rx", "2.5");
        }
        let data = path(&[
            ("M", &[self.until, top]),
            ("H", &[self.from]),
            ("v", &[BAR_HIGH]),
            ("H", &[self.until]),
        ]);
        element("path").class("op-bar").has("d", data)
    }

    /// How it ended, as a shape: nothing for what was confirmed.
    fn ending(&self, outcome: Ended) -> Vec<Element> {
        let (x, y) = (self.until, self.y + BAR_HIGH / 2.0);
        let wide = self.until - self.from;
        match outcome {
            Ended::Ok => Vec::new(),
            Ended::Refused if wide >= 8.0 => {
                let middle = self.from + wide / 2.0;
                let data = path(&[
                    ("M", &[middle - 3.5, y - 3.5]),
                    ("l", &[7.0, 7.0]),
                    ("m", &[0.0, -7.0]),
                    ("l", &[-7.0, 7.0]),
                ]);
                vec![element("path").class("op-end").has("d", data)]
            }
            Ended::Unknown if wide >= 14.0 => vec![
                element("text")
                    .class("op-end")
                    .is("text-anchor", "end")
                    .at("x", x - 3.0)
                    .at("y", y + 4.0)
                    .text("?"),
            ],
            _ => Vec::new(),
        }
    }

    /// What was asked and told, as far as there is room before the next one.
    fn words(&self, label: &str, blamed: bool) -> Vec<Element> {
        const LETTERS_MIN: usize = 3;
        let sign = if blamed { "✕ " } else { "" };
        let label = format!("{sign}{label}");
        // What is to blame is set in bold.
        let size = if blamed { SIZE * 1.1 } else { SIZE };
        let fitted = text::fit(&label, size, self.room - 4.0);
        let words = |from: f64, text: &str| {
            let words = element("text").class("op-words");
            vec![words.at("x", from).at("y", self.y - WORDS).text(text)]
        };
        if fitted == label {
            return words(self.from, &label);
        }
        // The last one may begin its words earlier.
        let earlier = self.from + self.room - text::width(&label, size);
        if self.free.is_some_and(|free| earlier > free + SIZE) {
            return words(earlier, &label);
        }
        match fitted.chars().count() <= LETTERS_MIN + sign.chars().count() {
            true => Vec::new(),
            false => words(self.from, &fitted),
        }
    }
}

/// Where a bar begins and ends in the drawing: never narrower than can be seen, nor over the next one.
fn ends(scale: &Scale<'_>, bar: &Bar, next: Option<f64>) -> (f64, f64) {
    let from = scale.clamped(bar.from);
    let until = match scale.look.now.filter(|_| bar.is_open) {
        Some((now, _)) => bar.until.min(now),
        None => bar.until,
    };
    let until = scale.clamped(until).max(from + BAR_MIN);
    let room = next.map_or(scale.right() + BAR_MIN, |next| scale.clamped(next));
    (from, until.min(room.max(from)))
}

/// An arrow that leaves and arrives along the rows.
fn arrow((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> Vec<Element> {
    let bend = ((to_x - x) / 2.0).min(60.0);
    let line = path(&[
        ("M", &[x, y]),
        ("C", &[x + bend, y, to_x - bend, to_y, to_x - 3.0, to_y]),
    ]);
    let head = path(&[
        ("M", &[to_x - 6.0, to_y - 3.5]),
        ("l", &[6.0, 3.5]),
        ("l", &[-6.0, 3.5]),
    ]);
    let stroke = |data: String| element("path").has("d", data);
    vec![stroke(line), stroke(head)]
}

/// Many bars as one block.
fn crowd((from, until): (f64, f64), y: f64) -> Element {
    element("rect")
        .class("op-crowd")
        .at("x", from)
        .at("y", y)
        .at("width", (until - from).max(1.0))
        .at("height", BAR_HIGH)
}
