//! A node as a card: name, role, the value that matters, the last lines of its book, what is pending.

use sim_core::picture::NodePicture;
use sim_core::units::Micros;
use sim_core::view::{Row, Tone};
use sim_core::world::{Life, RunningTimer};

use crate::element::{Element, element, joined, path, tenths, translate, when};
use crate::geometry::{Layout, Rect};
use crate::target::Target;
use crate::text;
use crate::tone;

const NAME: f64 = 15.5;
const SMALL: f64 = 12.4;
/// Sizes of a value, the longer it is the smaller: those of `widget.css`, and more, because its letters are bold.
const VALUE: [(&str, f64); 3] = [("", 28.0), ("long", 17.6), ("longer", 14.3)];
const ROW: f64 = 18.0;
/// What is said of a row that is not settled.
const NOT_YET: &str = "not yet";
/// Of more bytes of terms no card has room for.
const TERMS_MAX: usize = 64;
/// Once around a ring.
pub(crate) const AROUND: f64 = 44.0;

/// A text at a place.
#[inline(never)]
pub fn words(class: &str, x: f64, y: f64, text: &str) -> Element {
    let place = element("text").classes(&[class]).at("x", x).at("y", y);
    place.text(text)
}

/// A line straight to the right.
fn rule(class: &'static str, x: f64, y: f64, length: f64) -> Element {
    let data = path(&[("M", &[x, y]), ("h", &[length])]);
    element("path").class(class).has("d", data)
}

#[inline(never)]
fn rect(class: &'static str, at: Rect, round: f64) -> Element {
    element("rect")
        .class(class)
        .at("x", at.x)
        .at("y", at.y)
        .at("width", at.w)
        .at("height", at.h)
        .at("rx", round)
}

/// What the badge says and means: a node that is not well says that first.
pub fn badge(node: &NodePicture) -> (&str, Tone) {
    match node.life {
        Life::Up => (&node.view.badge, node.view.badge_tone),
        Life::Paused => ("paused", Tone::Stale),
        Life::Killed => ("crashed", Tone::No),
        Life::Off => ("no power", Tone::No),
    }
}

/// How much is left of the time to which a timer was set, as dashes of its ring.
pub fn left(timer: &RunningTimer, at: Micros) -> String {
    let whole = timer.deadline.since(timer.set_at).0 as f64;
    tenths(AROUND * timer.deadline.since(at).0 as f64 / whole) + " 99"
}

/// A timer as a ring at the card's corner: what is left of it.
fn ring(timer: &RunningTimer, now: Micros, at: Rect) -> Element {
    element("circle")
        .class("alarm")
        .at("cx", at.x)
        .at("cy", at.y)
        .is("r", "7")
        .has("stroke-dasharray", left(timer, now))
}

/// The node's card at a moment.
pub fn card(
    node: &NodePicture,
    now: Micros,
    layout: &Layout,
    selected: bool,
    living: bool,
) -> Element {
    let place = layout.cards[node.node.index()];
    // All cards say the same from their corner on, and so weigh little in a page that draws many.
    let at = place.from_its_corner();
    let mut group = element("g")
        .classes(&[
            "node",
            when(node.life.is_down(), "down"),
            when(node.life == Life::Paused, "paused"),
            when(selected, "selected"),
        ])
        .key(format!("n{}", node.node.0))
        .has("transform", translate(place.x, place.y))
        .child(rect("card", at, 12.0));
    if living {
        group = group.pointed_at(Target::Node(node.node).code(), "0", spoken(node));
    }
    let body = if layout.compact {
        compact(node, at)
    } else {
        roomy(node, at)
    };
    let ring = node.alarm().map(|timer| ring(timer, now, at));
    group.children(body).children(Vec::from_iter(ring))
}

fn roomy(node: &NodePicture, at: Rect) -> Vec<Element> {
    let (left, right) = (at.x + 13.0, at.x + at.w - 13.0);
    let (label, tone) = badge(node);
    let badge_room = text::width(label, SMALL) + 30.0;
    let name_room = at.w - 22.0 - badge_room;
    // A name matters more than the shape beside a word.
    let tight = text::width(&node.name, NAME) > name_room;
    let spared = if tight { 16.0 } else { 0.0 };
    let (badge_room, name_room) = (badge_room - spared, name_room + spared);
    let mut parts = vec![
        rule("roof", at.x, at.y + 33.0, at.w),
        words(
            "name",
            left,
            at.y + 22.5,
            &text::fit(&node.name, NAME, name_room),
        ),
        badge_mark(label, tone, right + 5.0, at.y + 7.0, badge_room, !tight),
    ];
    let down = node.life.is_down();
    let under = if node.stale {
        "stale"
    } else if down {
        "on disk"
    } else {
        ""
    };
    let label_y = if under.is_empty() {
        at.y + 57.0
    } else {
        at.y + 50.0
    };
    parts.push(words("k", left, label_y, node.view.label));
    if !under.is_empty() {
        let class = if node.stale { "k stale" } else { "k" };
        parts.push(words(class, left, at.y + 65.0, under));
    }
    let label_room = text::width(node.view.label, SMALL).max(text::width(under, SMALL));
    let value_room = right - left - label_room - 6.0;
    parts.push(value(node, right, at.y + 62.0, value_room));
    parts.push(rule("hair", left, at.y + 73.0, right - left));
    let room = ((at.h - 73.0 - 8.0) / ROW).floor() as usize;
    parts.extend(book(node, left, right, at.y + 73.0 + 15.0, room));
    parts
}

fn compact(node: &NodePicture, at: Rect) -> Vec<Element> {
    let (left, right) = (at.x + 10.0, at.x + at.w - 10.0);
    let (label, tone) = badge(node);
    // Two words on one line leave no room for the shape beside one of them.
    let shaped = !node.stale;
    let badge_room = text::width(label, SMALL) + if shaped { 30.0 } else { 12.0 };
    // A name keeps room for a few letters.
    let value_room = (text::width(&node.view.value, 22.0) + 8.0).min(right - left - 40.0);
    let mut parts = vec![
        words(
            "name",
            left,
            at.y + 21.0,
            &text::fit(&node.name, NAME, at.w - 20.0 - value_room),
        ),
        value(node, right, at.y + 23.0, value_room),
        badge_mark(
            label,
            tone,
            left - 4.0 + badge_room,
            at.y + 30.0,
            badge_room,
            shaped,
        ),
    ];
    // Where the two words do not fit on one line, the second takes that of a row.
    let below = node.stale && badge_room + text::width("stale", SMALL) > right - left;
    if below {
        parts.push(words("k stale", left, at.y + 66.0, "stale"));
    } else if node.stale {
        parts.push(words("k stale end", right, at.y + 44.0, "stale"));
    }
    let spared = usize::from(below);
    let top = at.y + 68.0 + ROW * spared as f64;
    parts.extend(book(node, left, right, top, 2 - spared));
    parts
}

fn value(node: &NodePicture, x: f64, y: f64, room: f64) -> Element {
    let tone = match node.stale {
        true => Tone::Stale,
        false => node.view.value_tone,
    };
    let fits = |(_, size): &&(&str, f64)| text::width(&node.view.value, *size) <= room;
    let (size_class, size) = *VALUE.iter().find(fits).unwrap_or(&VALUE[2]);
    let class = joined(&["v", size_class, tone::class(tone)]);
    let shown = text::fit(&node.view.value, size, room);
    // A new value is a new mark, so that its entrance can be seen.
    words(&class, x, y, &shown).key(format!("v{}", node.view.value))
}

fn badge_mark(label: &str, tone: Tone, right: f64, y: f64, room: f64, shaped: bool) -> Element {
    let at = Rect {
        x: right - room,
        y,
        w: room,
        h: 20.0,
    };
    let round = match tone {
        Tone::No | Tone::Cut => 3.0,
        Tone::Stale | Tone::Vote => 6.0,
        _ => 10.0,
    };
    let mut group = element("g")
        .classes(&["badge", tone::class(tone)])
        .child(rect("", at, round));
    if shaped {
        group = group.child(tone::glyph(tone, at.x + 12.0, y + 10.0));
    }
    let start = if shaped { 20.0 } else { 7.0 };
    group.child(words("", at.x + start, y + 14.4, label))
}

/// The last lines that fit, what is left out before them, and what is pending after them.
fn book(node: &NodePicture, left: f64, right: f64, top: f64, room: usize) -> Vec<Element> {
    let view = &node.view;
    let pending = usize::from(!view.pending.is_empty() && !node.life.is_down());
    let for_rows = room.saturating_sub(pending).max(1);
    let hidden = view.rows.len().saturating_sub(for_rows);
    // The line that says how many are left out takes the place of one more.
    let hidden = if hidden > 0 && for_rows > 1 {
        hidden + 1
    } else {
        hidden
    };
    let mut y = top;
    let mut parts = Vec::new();
    if hidden > 0 && for_rows > 1 {
        parts.push(words(
            "row earlier",
            left,
            y,
            &earlier(node, hidden, right - left),
        ));
        y += ROW;
    }
    for (place, row) in view.rows.iter().enumerate().skip(hidden) {
        parts.push(line(row, left, right, y).key(format!("r{place}")));
        y += ROW;
    }
    if pending > 0 {
        let room = right - left;
        parts.push(words(
            "pend",
            left,
            y,
            &text::fit(&view.pending, SMALL, room),
        ));
    }
    parts
}

/// What is said of rows that are left out: the terms of the whole log, the last of them if there is no more room, or else
/// how many rows there are.
fn earlier(node: &NodePicture, hidden: usize, room: f64) -> String {
    let terms = &node.view.terms;
    if terms.is_empty() {
        return format!("… {hidden} more above");
    }
    // A log may be long, and a card is not.
    let cut = terms.len().saturating_sub(TERMS_MAX);
    let mut rest = terms.get(cut..).unwrap_or_default();
    let before = match cut {
        0 => node.view.terms_label,
        _ => "…",
    };
    let mut told = format!("{before}{rest}");
    while !rest.is_empty() && text::width(&told, SMALL) > room {
        // Each term has a space before it.
        let next = rest.bytes().skip(1).position(|byte| byte == b' ');
        rest = next.and_then(|at| rest.get(at + 1..)).unwrap_or_default();
        told = format!("…{rest}");
    }
    told
}

/// How wide a row's words are: their letters are all alike.
fn typed(words: &str) -> f64 {
    words.chars().count() as f64 * 7.5
}

fn line(row: &Row, left: f64, right: f64, y: f64) -> Element {
    let place_room = if row.place.is_empty() {
        0.0
    } else {
        typed(&row.place) + 8.0
    };
    let room = right - left - place_room;
    // The frame says it too: the mark has what room the words leave.
    let beside = room - text::width(NOT_YET, SMALL) - 6.0;
    let is_marked = !row.settled && typed(&row.text) <= beside;
    let words_room = if is_marked { beside } else { room };
    let mut group = element("g").classes(&[
        "row",
        tone::class(row.tone),
        when(!row.settled, "unsettled"),
        when(row.struck, "struck"),
    ]);
    if !row.settled {
        let around = Rect {
            x: left - 5.0,
            y: y - 13.0,
            w: right - left + 10.0,
            h: 17.0,
        };
        group = group.child(rect("draft", around, 3.0));
    }
    if !row.place.is_empty() {
        group = group.child(words("place", left, y, &row.place));
    }
    let told = text::fit_by(&row.text, words_room, &typed);
    let width = typed(&told);
    group = group.child(words("what", left + place_room, y, &told));
    if row.struck {
        group = group.child(rule("strike", left + place_room - 1.0, y - 4.0, width));
    }
    if is_marked {
        group = group.child(words("mark end", right, y, NOT_YET));
    }
    group
}

/// The node in one sentence, for those who do not see it.
pub fn spoken(node: &NodePicture) -> String {
    let (badge, _) = badge(node);
    let mut said = format!(
        "{}, {badge}, {} {}",
        node.name, node.view.label, node.view.value
    );
    if node.stale {
        said.push_str(", stale");
    }
    if node.life.is_down() {
        said.push_str(" on its disk");
    }
    if !node.view.pending.is_empty() {
        said.push_str(", ");
        said.push_str(&node.view.pending);
    }
    let unsettled = node.view.rows.iter().filter(|row| !row.settled).count();
    let lines = node.view.rows.len();
    let word = if lines == 1 { "line" } else { "lines" };
    match unsettled {
        0 => format!("{said}, {lines} {word}"),
        some => format!("{said}, {lines} {word}, {some} not settled yet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, room: f64) -> String {
        let mut node = NodePicture {
            view: sim_core::view::NodeView {
                value: text.to_owned(),
                ..Default::default()
            },
            ..picture()
        };
        node.stale = true;
        value(&node, 100.0, 20.0, room).markup()
    }

    fn picture() -> NodePicture {
        let scenario = sim_core::catalogue::find("bank-two").expect("in the catalogue");
        let run = sim_core::run::Run::new(scenario, 7);
        let mut timeline = sim_core::run::Timeline::of(run).expect("it runs");
        let picture = sim_core::picture::Picture::of(&mut timeline, sim_core::units::Micros::ZERO);
        picture.nodes.into_iter().next().expect("there is a node")
    }

    #[test]
    fn a_long_value_is_set_smaller_and_a_longer_one_says_that_there_is_more() {
        assert!(!drawn("empty", 102.0).contains("long"));
        assert!(drawn("empty", 80.0).contains("v long stale"));
        let two = drawn("lamp, book", 102.0);
        assert!(
            two.contains("\"v long stale\"") && two.contains("lamp, book"),
            "{two}"
        );
        let keys = drawn("x=3 y=2", 66.0);
        assert!(
            keys.contains("longer") && keys.contains("x=3 y=2"),
            "{keys}"
        );
        let four = drawn("lamp ×2, mug, book, hat", 102.0);
        assert!(four.contains('…'), "{four}");
    }

    #[test]
    fn rows_that_are_left_out_say_the_terms_that_there_is_room_for() {
        let mut node = picture();
        assert_eq!(earlier(&node, 3, 130.0), "… 3 more above");
        node.view.terms = " 1 1 2".to_owned();
        node.view.terms_label = "terms";
        assert_eq!(earlier(&node, 3, 130.0), "terms 1 1 2");
        node.view.terms = " 1 1 1 4 4 5 5 6 6 6 12 12".to_owned();
        let told = earlier(&node, 12, 110.0);
        assert!(
            told.starts_with("… ") && told.ends_with(" 6 12 12"),
            "{told}"
        );
        assert!(text::width(&told, SMALL) <= 110.0, "{told}");
        node.view.terms = " 345".repeat(10_000);
        let told = earlier(&node, 10_000, 110.0);
        let whole = told.strip_prefix("… ").expect("something is left out");
        assert!(whole.split(' ').all(|term| term == "345"), "{told}");
        node.view.terms = " 7".to_owned();
        assert_eq!(earlier(&node, 1, 1.0), "…");
    }
}
