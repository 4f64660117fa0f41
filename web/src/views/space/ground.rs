//! What the marks stand on: the cut, the lines, the axis, the cursor; and faults.

use figure::tone_class;
use sim_core::trace::{Kind, action_of};
use sim_core::units::{EventId, Micros};
use sim_core::world::Life;

use super::super::sheet::{Line, clip, path, round};
use super::super::tick;
use super::{Scene, circle, clock, cross, option, stroke};
use crate::ui::{Tag, tag, when};

/// Labels on the axis stand at least this many pixels apart.
const LABELS_APART: f64 = 64.0;

/// Everything behind the marks.
pub(super) fn behind(scene: &Scene<'_>) -> Tag {
    let lines = scene.sheet.lines.iter();
    let lines = lines.map(|line| life_line(scene, line)).collect();
    unseen()
        .child(Tag::from(&figure::hatch(
            &format!("{}-hatch", scene.id),
            "st-hatch",
        )))
        .each(cuts(scene))
        .each(lines)
        .each(timers(scene))
}

/// Everything before the marks: what lies ahead is veiled, and the cursor stands at its edge.
pub(super) fn before(scene: &Scene<'_>) -> Tag {
    let lines = scene.sheet.lines.iter().enumerate();
    let names = lines
        .map(|(place, line)| name(scene, place, line))
        .collect();
    unseen()
        .maybe(veil(scene))
        .child(axis(scene))
        .maybe(chosen_spot(scene))
        .each(clocks(scene))
        .maybe(cursor(scene))
        .each(names)
}

/// A group that is told of elsewhere.
fn unseen() -> Tag {
    tag("g").is("aria-hidden", "true")
}

/// A rectangle: x, y, width, height.
fn rect([x, y, width, height]: [i32; 4]) -> Tag {
    let corner = tag("rect").at("x", x).at("y", y);
    corner.at("width", width).at("height", height)
}

fn cuts(scene: &Scene<'_>) -> Vec<Tag> {
    let spans = scene.session.spans.iter();
    let near =
        spans.filter(|span| span.from <= scene.until.min(scene.seen) && span.until >= scene.from);
    near.map(|span| {
        // Nobody has seen yet when it ends.
        let until = span.until.min(scene.seen);
        let band = scene.sheet.band(scene.place(span.from), scene.place(until));
        let [x, y, width, height] = band;
        let named = (width > 30 && height > 24).then(|| cut_name(scene, x, y));
        let fill = format!("url(#{}-hatch)", scene.id);
        tag("g")
            .is("class", "st-cut")
            .child(rect(band).has("fill", fill))
            .maybe(named)
    })
    .collect()
}

/// The word stands above the band, or between two lines where time runs down.
fn cut_name(scene: &Scene<'_>, x: i32, y: i32) -> Tag {
    let lines = &scene.sheet.lines;
    let (x, y) = match (scene.sheet.portrait, lines.first().zip(lines.get(1))) {
        (true, Some((a, b))) => (round((a.across + b.across) / 2.0) - 10, y + 13),
        _ => (x + 9, y - 1),
    };
    let text = tag("text").is("class", "st-cut-name");
    text.at("x", x).at("y", y).text("cut")
}

/// As much of a line, from one place to another, as lies in the window.
fn stretch(
    scene: &Scene<'_>,
    class: &'static str,
    line: &Line,
    (from, until): (f64, f64),
) -> Option<Tag> {
    let sheet = scene.sheet;
    let (a, b) = clip(&sheet.window, (from, line.across), (until, line.across))?;
    let data = path(sheet.point(a.0, a.1), sheet.point(b.0, b.1));
    Some(stroke(class, data))
}

/// An endpoint's line, with gaps where it was down and dots where it stood still.
fn life_line(scene: &Scene<'_>, line: &Line) -> Tag {
    let sheet = scene.sheet;
    let end = scene.lookup.axis.length().min(sheet.window.end());
    let mut here = sheet.window.start;
    let mut parts: Vec<Tag> = Vec::new();
    let mut part = |class: &'static str, from: f64, until: f64| {
        if until > from {
            parts.extend(stretch(scene, class, line, (from, until)));
        }
    };
    let up = if line.node {
        "st-node-line"
    } else {
        "st-person-line"
    };
    for rest in &scene.lookup.index.rests {
        if rest.who != line.who || rest.from > scene.seen {
            continue;
        }
        let from = scene.place(rest.from);
        let until = if rest.until > scene.seen {
            end
        } else {
            scene.place(rest.until)
        };
        part(up, here, from.min(end));
        if rest.life == Life::Paused {
            part("st-still", from, until);
        }
        here = here.max(until);
    }
    part(up, here, end);
    tag("g").each(parts)
}

/// The events in view that were seen, with their numbers.
fn events<'a>(
    scene: &'a Scene<'_>,
) -> impl Iterator<Item = (EventId, &'a sim_core::trace::Event)> + 'a {
    let events = scene.timeline.trace().events();
    let first = events.partition_point(|event| event.at < scene.from);
    let last = events.partition_point(|event| event.at <= scene.until.min(scene.seen));
    (first..last.max(first)).map(|place| (EventId(place as u32), &events[place]))
}

/// A tick on the line where a timer ran out.
fn timers(scene: &Scene<'_>) -> Vec<Tag> {
    let fired = events(scene).filter(|(_, event)| event.kind == Kind::TimerFired);
    let ticks = fired.filter_map(|(_, event)| {
        let across = scene.sheet.across(event.who)?;
        let place = scene.place(event.at);
        let above = scene.sheet.point(place, across - 5.0);
        let below = scene.sheet.point(place, across + 5.0);
        Some(stroke("st-timer", path(above, below)))
    });
    ticks.collect()
}

/// Where clocks say how sure they are: on each node's line, the moments between which the true time lies for it.
fn clocks(scene: &Scene<'_>) -> Vec<Tag> {
    let nodes = &scene.session.picture.nodes;
    let lines = scene.sheet.lines.iter().filter(|line| line.node);
    let bands = lines.filter_map(|line| {
        let (earliest, latest) = nodes.get(line.who.index())?.view.interval?;
        let place = |at: i64| scene.place(Micros(at.max(0).cast_unsigned()));
        stretch(scene, "st-sure", line, (place(earliest), place(latest)))
    });
    bands.collect()
}

/// What people and the script did to the world: a mark on the node that it hit, or at the edge where it hit lines.
pub(super) fn acts(scene: &Scene<'_>) -> Vec<(EventId, Tag, String, bool)> {
    let trace = scene.timeline.trace();
    let acted = events(scene).filter(|(_, event)| event.kind == Kind::Acted);
    let drawn = acted.filter_map(|(id, event)| {
        let action = action_of(trace, event)?.action;
        if matches!(action, sim_core::action::Action::Operate { .. }) {
            return None;
        }
        let mut rests = scene.lookup.index.rests.iter();
        let hit = rests.find(|rest| rest.began == id).map(|rest| rest.life);
        let on = action.endpoint().and_then(|end| scene.sheet.across(end));
        let across = on.unwrap_or(scene.sheet.span.0 - 5.0);
        let at = scene.sheet.point(scene.place(event.at), across);
        let chosen = scene.session.is_selected_event(id);
        let name = format!("{}-a{}", scene.id, id.0);
        let tone = scene.session.with_words(|words| words.tone(event));
        let classes = [
            "st-act",
            tone_class(tone.unwrap_or_default()),
            when(chosen, "is-chosen"),
        ];
        let words = format!("{} {}", clock(event.at), scene.session.sentence(id));
        let mark = option(name.clone(), &classes, chosen, words, id)
            .child(circle("st-hit", at, "12"))
            .child(stroke("st-sign", sign(hit, at)));
        Some((id, mark, name, chosen))
    });
    drawn.collect()
}

/// A fault's shape: a cross for a crash, an open square for a machine without power, two bars for a pause, a diamond
/// for the rest.
fn sign(life: Option<Life>, at: (f64, f64)) -> String {
    let (x, y) = (round(at.0), round(at.1));
    match life {
        Some(Life::Killed) => cross(at, 5),
        Some(Life::Off) => format!("M{} {}h10v10h-10z", x - 5, y - 5),
        Some(Life::Paused) => format!("M{} {}v10m6 -10v10", x - 3, y - 5),
        Some(Life::Up) | None => format!("M{x} {}l5 5-5 5-5-5z", y - 5),
    }
}

fn veil(scene: &Scene<'_>) -> Option<Tag> {
    let (from, until) = (scene.place(scene.session.at), scene.place(scene.seen));
    let band = scene.sheet.band(from, until);
    let hides = scene.seen > scene.session.at && band[2] > 0 && band[3] > 0;
    hides.then(|| rect(band).is("class", "st-veil"))
}

/// Times along the edge: first those at which somebody did something, then any that still fit.
fn axis(scene: &Scene<'_>) -> Tag {
    let sheet = scene.sheet;
    let edge = if sheet.portrait {
        sheet.span.0 - 15.0
    } else {
        sheet.span.1 + 8.0
    };
    let acted =
        events(scene).filter(|(_, event)| matches!(event.kind, Kind::Invoked | Kind::Acted));
    let acted = acted.map(|(_, event)| event.at);
    let (start, end) = (sheet.window.start, sheet.window.end());
    let all = scene
        .lookup
        .axis
        .moments(start, end)
        .iter()
        .map(|(at, _)| *at);
    let all = all.filter(|at| *at <= scene.seen);
    let now = scene.place(scene.session.at);
    let mut taken = vec![now];
    if is_at_the_rim(scene, now) {
        // The moment that one looks at is told there, and to the left of it.
        taken.push(now - LABELS_APART / 2.0 / sheet.window.zoom);
    }
    let mut labels: Vec<Tag> = Vec::new();
    let apart = if sheet.portrait { 18.0 } else { LABELS_APART } / sheet.window.zoom;
    for at in acted.chain(all) {
        let place = scene.place(at);
        if sheet.inside(place) && taken.iter().all(|other| (other - place).abs() >= apart) {
            taken.push(place);
            labels.push(time(scene, at, edge, "st-time"));
        }
    }
    let folds = scene
        .lookup
        .axis
        .folds(start, end)
        .filter(|place| sheet.inside(*place));
    let folds = folds.map(|place| {
        let (x, y) = sheet.point(
            place,
            if sheet.portrait {
                sheet.span.0
            } else {
                sheet.span.1 - 2.0
            },
        );
        let (x, y) = (round(x), round(y));
        let d = if sheet.portrait {
            format!("M{} {}l8 -3m-8 7l8 -3", x - 4, y - 1)
        } else {
            format!("M{} {}l3 -8m1 8l3 -8", x - 4, y + 4)
        };
        stroke("st-fold", d)
    });
    let rim = if sheet.portrait {
        sheet.span.0
    } else {
        sheet.span.1 - 2.0
    };
    let d = path(sheet.point(start, rim), sheet.point(end, rim));
    let unit = sheet.portrait.then(|| {
        let text = tag("text").is("class", "st-time").at("x", round(edge));
        text.is("y", "18").is("text-anchor", "end").text("ms")
    });
    tag("g")
        .child(stroke("st-rim", d))
        .each(folds.collect())
        .each(labels)
        .maybe(unit)
}

/// Whether a label of this place would stand half outside of a wide picture.
fn is_at_the_rim(scene: &Scene<'_>, place: f64) -> bool {
    let (x, _) = scene.sheet.point(place, 0.0);
    !scene.sheet.portrait && round(x) > scene.sheet.size.0 - 30
}

fn time(scene: &Scene<'_>, at: Micros, edge: f64, class: &'static str) -> Tag {
    let (x, y) = scene.sheet.point(scene.place(at), edge);
    let (x, y) = if scene.sheet.portrait {
        (round(x), round(y) + 4)
    } else {
        (round(x), round(y) + 8)
    };
    // The names stand above the times of a portrait and say the unit there.
    let text = match scene.sheet.portrait {
        true => tick(at).to_string(),
        false => format!("{} ms", tick(at)),
    };
    let anchor = if scene.sheet.portrait || is_at_the_rim(scene, scene.place(at)) {
        "end"
    } else {
        "middle"
    };
    let label = tag("text").is("class", class).at("x", x).at("y", y);
    label.is("text-anchor", anchor).says(text)
}

fn cursor(scene: &Scene<'_>) -> Option<Tag> {
    let sheet = scene.sheet;
    let place = scene.place(scene.session.at);
    if !sheet.inside(place) {
        return None;
    }
    let edge = if sheet.portrait {
        sheet.span.0 - 15.0
    } else {
        sheet.span.1 + 8.0
    };
    let (top, bottom) = (
        sheet.point(place, sheet.span.0),
        sheet.point(place, sheet.span.1),
    );
    Some(
        tag("g")
            .child(stroke("st-cursor", path(top, bottom)))
            .child(time(scene, scene.session.at, edge, "st-time st-now")),
    )
}

/// A ring around the selected event, where it happened.
fn chosen_spot(scene: &Scene<'_>) -> Option<Tag> {
    let id = scene.session.selected_event()?;
    let event = scene.timeline.trace().get(id)?;
    let place = scene.place(event.at);
    if event.at > scene.seen || !scene.sheet.inside(place) {
        return None;
    }
    let across = scene.sheet.across(event.who);
    let across = across.unwrap_or(scene.sheet.span.0 - 5.0);
    Some(circle("st-ring", scene.sheet.point(place, across), "8"))
}

fn name(scene: &Scene<'_>, place: usize, line: &Line) -> Tag {
    let sheet = scene.sheet;
    let chosen = scene.session.is_selected_endpoint(line.who);
    let kind = if line.node { "is-node" } else { "is-person" };
    let (x, y, anchor) = if sheet.portrait {
        let low = sheet.lines.len() > 5 && place % 2 == 1;
        (round(line.across), if low { 34 } else { 18 }, "middle")
    } else {
        (8, round(line.across) + 4, "start")
    };
    tag("text")
        .classes(&["st-name", kind, when(chosen, "is-chosen")])
        .at("x", x)
        .at("y", y)
        .is("text-anchor", anchor)
        .has("data-end", line.who.0.to_string())
        .says(scene.timeline.names().of(line.who).to_owned())
}
