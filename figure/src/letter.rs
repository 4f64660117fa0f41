//! Messages on their way, as little letters, and the marks where some were lost.

use sim_core::picture::Picture;
use sim_core::run::Timeline;
use sim_core::trace::Kind;
use sim_core::units::{Endpoint, EventId, Micros};
use sim_core::view::Tone;
use sim_core::words::Words;
use sim_core::world::{Arrow, Motion};

use crate::card::words;
use crate::element::{Element, element, joined, path, translate, when};
use crate::geometry::{Layout, Point, Rect, Shape};
use crate::lane::Lane;
use crate::stage::Scene;
use crate::target::Target;
use crate::text;
use crate::tone;

/// How long the mark of a lost message stays, in virtual time.
const LOST_FOR: Micros = Micros::from_ms(160);

/// How far beside an upright line words stand.
const BESIDE: f64 = 13.0;
/// The size of those words.
const SIZE: f64 = 12.2;

/// How words are set, how much of them stands before their place, and where that is from the middle of their letter.
type Spot = (&'static str, f64, f64, f64);

const LEFT: Spot = ("label end", 1.0, -BESIDE, 4.5);
const RIGHT: Spot = ("label", 0.0, BESIDE, 4.5);
const BELOW: Spot = ("label middle", 0.5, 0.0, 22.0);
const ABOVE: Spot = ("label middle", 0.5, 0.0, -13.0);

/// With more messages than this on their way, letters carry no words: they would be a smear, for eyes and for ears.
const CROWD: usize = 48;

/// What words of messages keep off.
pub struct Taken {
    /// Whom and what they may cover where there is no other room.
    pub things: Vec<Rect>,
    /// What they never cover: the tag of a cut, and words that stand already.
    pub words: Vec<Rect>,
}

/// A message that was lost a moment ago.
#[derive(Clone, PartialEq, Debug)]
pub struct Lost {
    /// The event.
    pub event: EventId,
    /// Who sent it.
    pub from: Endpoint,
    /// Who will not hear it.
    pub to: Endpoint,
    /// What it said.
    pub label: String,
    /// What that meant.
    pub tone: Tone,
    /// Whether it reached the receiver's door.
    pub at_door: bool,
}

/// Messages that were lost shortly before `at`.
pub fn lost(timeline: &Timeline, at: Micros) -> Vec<Lost> {
    let scenario = &timeline.run().scenario;
    let Some(words) = Words::new(timeline.trace(), timeline.names(), scenario) else {
        return Vec::new();
    };
    let until = timeline.events_by(at);
    let from = timeline.events_by(at.since(LOST_FOR));
    let mut all: Vec<Lost> = (from..until)
        .filter_map(|id| {
            let event = timeline.trace().get(EventId(id))?;
            if event.kind != Kind::Dropped {
                return None;
            }
            let message = words.message(event);
            Some(Lost {
                event: EventId(id),
                from: event.peer,
                to: event.who,
                label: message.label,
                tone: message.tone,
                at_door: event.detail == 3,
            })
        })
        .collect();
    // One mark a way: the newest.
    let ways: Vec<_> = all.iter().map(|lost| (lost.from, lost.to)).collect();
    let mut place = 0;
    all.retain(|_| {
        place += 1;
        !ways[place..].contains(&ways[place - 1])
    });
    all
}

/// How far a message is on its way at `at`, from 0 to 1.
pub fn share(arrow: &Arrow, at: Micros, calm: bool) -> f64 {
    match arrow.motion {
        Motion::Held | Motion::Stalled => 0.5,
        _ if calm => 0.5,
        Motion::Moving | Motion::Doomed => {
            let whole = arrow.arrives_at.since(arrow.sent_at).0.max(1) as f64;
            (at.since(arrow.sent_at).0 as f64 / whole).min(1.0)
        }
    }
}

/// Whether a message moves.
pub fn is_moving(arrow: &Arrow) -> bool {
    matches!(arrow.motion, Motion::Moving | Motion::Doomed)
}

/// The `transform` of a letter at a point.
pub fn transform(point: Point) -> String {
    translate(point.x, point.y)
}

/// The way of each message on its way, drawn thin.
pub fn lanes(picture: &Picture, layout: &Layout) -> Vec<Element> {
    let mut seen: Vec<(Endpoint, Endpoint, &str)> = Vec::new();
    let mut lanes = Vec::new();
    for arrow in &picture.arrows {
        let class = tone::class(arrow.view.tone);
        let way = (arrow.name.from, arrow.name.to, class);
        if seen.contains(&way) {
            continue;
        }
        seen.push(way);
        let lane = Lane::new(layout, arrow.name.from, arrow.name.to);
        lanes.push(
            element("path")
                .classes(&["lane", class])
                .key(format!("w{}-{}{class}", arrow.name.from.0, arrow.name.to.0))
                .has("d", lane.path()),
        );
    }
    lanes
}

/// The letters. What somebody says to three or more at once is said once.
pub fn letters(scene: &Scene<'_>, layout: &Layout, taken: &mut Taken) -> Vec<Element> {
    let all = &scene.picture.arrows;
    let mut letters = Vec::new();
    for (place, arrow) in all.iter().enumerate() {
        let is_same =
            |one: &&Arrow| (one.name.from, &one.view.label) == (arrow.name.from, &arrow.view.label);
        // A crowd says nothing.
        let is_said = all.len() <= CROWD
            && all[..place].iter().any(|one| is_same(&one))
            && all.iter().filter(is_same).count() > 2;
        letters.push(letter(arrow, is_said, scene, layout, taken));
    }
    letters
}

/// A letter, whose words another one may have said.
fn letter(
    arrow: &Arrow,
    is_said: bool,
    scene: &Scene<'_>,
    layout: &Layout,
    taken: &mut Taken,
) -> Element {
    let selected = (scene.selected)(Target::Message(arrow.name));
    let lane = Lane::new(layout, arrow.name.from, arrow.name.to);
    // A living stage moves its letters itself: what is drawn stays the same from one moment to the next.
    let moves = scene.living && !scene.calm && is_moving(arrow);
    let share = match moves {
        true => 0.0,
        false => share(arrow, scene.picture.at, scene.calm),
    };
    let code = Target::Message(arrow.name).code();
    let mut group = element("g")
        .classes(&[
            "letter",
            tone::class(arrow.view.tone),
            when(selected, "selected"),
        ])
        .key(code.clone())
        .has("transform", transform(lane.point(share)));
    if scene.picture.arrows.len() > CROWD {
        return group.has("data-target", code).child(envelope_back());
    }
    if scene.living {
        let name = spoken(arrow, scene.picture);
        group = group.pointed_at(code, "0", name);
        group = group.child(element("circle").class("hit").is("r", "15"));
    }
    let stopped = match arrow.motion {
        Motion::Held => " · held",
        Motion::Stalled => " · stalled",
        _ => "",
    };
    let label = match is_said && stopped.is_empty() {
        true => String::new(),
        false => format!("{}{stopped}", short(&arrow.view.label, layout)),
    };
    let steps = if moves { 16 } else { 0 };
    let group = group.child(envelope(arrow.view.tone));
    said(group, "", &label, &lane, layout, (share, steps), taken)
}

/// Says the words of a letter that stands at a share of its way, or goes on from there in so many sixteenths. Where
/// something is taken on their side of the letter they stand on another. Where every side is taken they may cover people
/// and cards, and are left out if that does not help. What flies passes everything but the tag of a cut.
fn said(
    group: Element,
    class: &str,
    label: &str,
    lane: &Lane,
    layout: &Layout,
    (from, steps): (f64, u8),
    taken: &mut Taken,
) -> Element {
    if label.is_empty() {
        return group;
    }
    let own = words_beside(lane, layout, label);
    // Bold words are wider than most.
    let w = text::width(label, SIZE * 1.2);
    let words_minded = if steps == 0 { taken.words.len() } else { 1 };
    let things_minded = if steps == 0 { taken.things.len() } else { 0 };
    for things_minded in [things_minded, 0] {
        'spots: for (side, before, x, y) in [own, LEFT, RIGHT, BELOW, ABOVE] {
            let mut room = Rect::around(lane.from, w + 4.0, 17.0);
            for step in 0..=steps {
                let at = lane.point(from + f64::from(step) / 16.0);
                room.x = at.x + x - before * w - 2.0;
                room.y = at.y + y - 12.0;
                let is_out = room.x < 0.0 || room.x + room.w > layout.width;
                let mut minded = taken.words[..words_minded]
                    .iter()
                    .chain(&taken.things[..things_minded]);
                if is_out || minded.any(|one| one.meets(room)) {
                    continue 'spots;
                }
            }
            if steps == 0 {
                taken.words.push(room);
            }
            return group.child(words(&joined(&[side, class]), x, y, label));
        }
    }
    group
}

/// Where a letter's words stand, and how they are set: on the lane's own side of the line, so that those of two directions
/// do not meet. The way to the right runs below the line and the way up right of it; beside an upright line there is more
/// room than above, unless the stage ends there.
fn words_beside(lane: &Lane, layout: &Layout, words: &str) -> Spot {
    let along = lane.from.direction(lane.to);
    let reach = BESIDE + text::width(words, SIZE);
    let middle = lane.point(0.5).x;
    let upright = along.x.abs() < 0.45;
    if upright && along.y > 0.0 && middle > reach {
        return LEFT;
    }
    if upright && along.y < 0.0 && middle + reach < layout.width {
        return RIGHT;
    }
    if !upright && along.x > 0.0 {
        BELOW
    } else {
        ABOVE
    }
}

/// A label in few words, where there is little room: what it carries, without what it does about it.
fn short<'a>(label: &'a str, layout: &Layout) -> &'a str {
    match layout.shape {
        Shape::Wide => label,
        Shape::Tall => carried(label),
    }
}

/// What stands behind a label's colon; all of it, if it has none. Looking for a text in a text, as the standard library
/// does it, weighs a kilobyte, which nothing else on a first visit needs.
fn carried(label: &str) -> &str {
    let colon = label.as_bytes().windows(2).position(|pair| pair == b": ");
    let carried = colon.and_then(|colon| label.get(colon + 2..));
    carried.unwrap_or(label)
}

fn envelope_back() -> Element {
    element("rect")
        .class("back")
        .is("x", "-10")
        .is("y", "-7.5")
        .is("width", "20")
        .is("height", "15")
        .is("rx", "2.5")
}

fn envelope(tone: Tone) -> Element {
    let group = element("g").class("envelope").child(envelope_back());
    match tone {
        Tone::Write | Tone::Plain => group.child(element("path").is("d", "M-10 -5L0 2.5L10 -5")),
        _ => group.child(tone::glyph(tone, 0.0, 0.0)),
    }
}

/// How far a message came that was lost.
fn lost_share(lost: &Lost) -> f64 {
    if lost.at_door { 0.9 } else { 0.5 }
}

/// The marks of messages that were lost. What is lost from one sender, or to one receiver, in the same words is said once.
pub fn losses(all: &[Lost], layout: &Layout, taken: &mut Taken) -> Vec<Element> {
    let place = |lost: &Lost| {
        let at = Lane::new(layout, lost.from, lost.to).point(lost_share(lost));
        Rect::around(at, 14.0, 14.0)
    };
    taken.things.extend(all.iter().map(place));
    let (mut told, mut marks) = (Vec::<&Lost>::new(), Vec::new());
    for lost in all {
        let is_same =
            |one: &&Lost| one.label == lost.label && (one.from == lost.from || one.to == lost.to);
        let label = match told.iter().any(is_same) {
            true => String::new(),
            false => format!("{} lost", short(&lost.label, layout)),
        };
        let words = taken.words.len();
        marks.push(lost_mark(lost, &label, layout, taken));
        if taken.words.len() > words {
            told.push(lost);
        }
    }
    marks
}

/// Where a message was lost, and these words beside it.
fn lost_mark(lost: &Lost, label: &str, layout: &Layout, taken: &mut Taken) -> Element {
    let lane = Lane::new(layout, lost.from, lost.to);
    let share = lost_share(lost);
    let until = lane.point(share);
    let class = tone::class(lost.tone);
    let cross = element("path")
        .class("cross")
        .is("d", "M-7 -7L7 7M7 -7L-7 7");
    let mark = element("g").has("transform", transform(until)).child(cross);
    element("g")
        .class("lost")
        .key(format!("x{}", lost.event.0))
        .child(element("path").classes(&["lane", class]).has(
            "d",
            path(&[
                ("M", &[lane.from.x, lane.from.y]),
                ("L", &[until.x, until.y]),
            ]),
        ))
        .child(said(mark, class, label, &lane, layout, (share, 0), taken))
}

fn spoken(arrow: &Arrow, picture: &Picture) -> String {
    let name = |end: Endpoint| {
        let nodes = picture.nodes.iter().map(|node| (node.node, &node.name));
        let people = picture
            .people
            .iter()
            .map(|person| (person.client, &person.name));
        nodes
            .chain(people)
            .find(|(one, _)| *one == end)
            .map_or("nobody", |(_, name)| name.as_str())
    };
    let how = match arrow.motion {
        Motion::Held => ", held",
        Motion::Stalled => ", stalled",
        _ => ", on its way",
    };
    format!(
        "“{}” from {} to {}{how}",
        arrow.view.label,
        name(arrow.name.from),
        name(arrow.name.to)
    )
}
