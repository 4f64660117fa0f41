//! What the marks stand on: the cut, the lines, the axis, the cursor; and faults.

use sim_core::trace::{Kind, action_of};
use sim_core::units::{EventId, Micros};
use sim_core::world::Life;
use yew::prelude::*;

use super::super::sheet::{Line, clip, path, round};
use super::super::tick;
use super::{Scene, clock, cross, tone_class};

/// Labels on the axis stand at least this many pixels apart.
const LABELS_APART: f64 = 64.0;

/// Everything behind the marks.
pub(super) fn behind(scene: &Scene<'_>) -> Html {
    html! {
        <g aria-hidden="true">
            { hatch(scene) }
            { for cuts(scene) }
            { for scene.sheet.lines.iter().map(|line| life_line(scene, line)) }
            { for timers(scene) }
        </g>
    }
}

/// Everything before the marks: what lies ahead is veiled, and the cursor stands at its edge.
pub(super) fn before(scene: &Scene<'_>) -> Html {
    html! {
        <g aria-hidden="true">
            { veil(scene) }
            { axis(scene) }
            { chosen_spot(scene) }
            { cursor(scene) }
            { for scene.sheet.lines.iter().enumerate().map(|(place, line)| name(scene, place, line)) }
        </g>
    }
}

fn hatch(scene: &Scene<'_>) -> Html {
    html! {
        <defs>
            <pattern id={format!("{}-hatch", scene.id)} width="7" height="7" patternUnits="userSpaceOnUse"
                patternTransform="rotate(45)">
                <path class="st-hatch" d="M0 0v7" />
            </pattern>
        </defs>
    }
}

fn cuts<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = Html> + 'a {
    let spans = scene.session.spans.iter();
    let near =
        spans.filter(|span| span.from <= scene.until.min(scene.seen) && span.until >= scene.from);
    near.map(|span| {
        // Nobody has seen yet when it ends.
        let until = if span.until > scene.seen { scene.seen } else { span.until };
        let [x, y, width, height] = scene.sheet.band(scene.place(span.from), scene.place(until));
        html! {
            <g class="st-cut">
                <rect x={x.to_string()} y={y.to_string()} width={width.to_string()} height={height.to_string()}
                    fill={format!("url(#{}-hatch)", scene.id)} />
                if width > 30 && height > 24 { { cut_name(scene, x, y) } }
            </g>
        }
    })
}

/// The word stands above the band, or between two lines where time runs down.
fn cut_name(scene: &Scene<'_>, x: i32, y: i32) -> Html {
    let lines = &scene.sheet.lines;
    let (x, y) = match (scene.sheet.portrait, lines.first().zip(lines.get(1))) {
        (true, Some((a, b))) => (round((a.across + b.across) / 2.0) - 10, y + 13),
        _ => (x + 9, y - 1),
    };
    html! { <text class="st-cut-name" x={x.to_string()} y={y.to_string()}>{ "cut" }</text> }
}

/// An endpoint's line, with gaps where it was down and dots where it stood still.
fn life_line(scene: &Scene<'_>, line: &Line) -> Html {
    let sheet = scene.sheet;
    let end = scene.lookup.axis.length().min(sheet.window.end());
    let mut here = sheet.window.start;
    let mut parts: Vec<Html> = Vec::new();
    let mut part = |class: &'static str, from: f64, until: f64| {
        let piece = clip(&sheet.window, (from, line.across), (until, line.across));
        if let Some((a, b)) = piece.filter(|_| until > from) {
            let d = path(sheet.point(a.0, a.1), sheet.point(b.0, b.1));
            parts.push(html! { <path {class} {d} /> });
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
    html! { <>{ for parts }</> }
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
fn timers<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = Html> + 'a {
    let fired = events(scene).filter(|(_, event)| event.kind == Kind::TimerFired);
    fired.filter_map(|(_, event)| {
        let across = scene.sheet.across(event.who)?;
        let place = scene.place(event.at);
        let (a, b) = (
            scene.sheet.point(place, across - 5.0),
            scene.sheet.point(place, across + 5.0),
        );
        Some(html! { <path class="st-timer" d={path(a, b)} /> })
    })
}

/// What people and the script did to the world: a mark on the node that it hit, or at the edge where it hit lines.
pub(super) fn acts(scene: &Scene<'_>) -> Vec<(EventId, Html, String, bool)> {
    let trace = scene.timeline.trace();
    let words = |id| scene.session.sentence(id);
    let acted = events(scene).filter(|(_, event)| event.kind == Kind::Acted);
    let drawn = acted.filter_map(|(id, event)| {
        let action = action_of(trace, event)?.action;
        if matches!(action, sim_core::action::Action::Operate { .. }) {
            return None;
        }
        let rest = scene.lookup.index.rests.iter().find(|rest| rest.began == id);
        let hit = rest.map(|rest| rest.life);
        let on = action.endpoint().and_then(|end| scene.sheet.across(end));
        let at = scene.sheet.point(scene.place(event.at), on.unwrap_or(scene.sheet.span.0 - 5.0));
        let chosen = scene.session.is_selected_event(id);
        let name = format!("{}-a{}", scene.id, id.0);
        let tone = scene.session.with_words(|words| words.tone(event)).unwrap_or_default();
        let class = classes!("st-act", tone_class(tone), chosen.then_some("is-chosen"));
        let html = html! {
            <g key={name.clone()} role="option" id={name.clone()} {class} aria-selected={chosen.to_string()}
                aria-label={format!("{} {}", clock(event.at), words(id))} data-mark={id.0.to_string()}>
                <circle class="st-hit" cx={round(at.0).to_string()} cy={round(at.1).to_string()} r="12" />
                <path class="st-sign" d={sign(hit, at)} />
            </g>
        };
        Some((id, html, name, chosen))
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

fn veil(scene: &Scene<'_>) -> Html {
    let [x, y, width, height] = scene
        .sheet
        .band(scene.place(scene.session.at), scene.place(scene.seen));
    if scene.seen <= scene.session.at || width == 0 || height == 0 {
        return Html::default();
    }
    html! {
        <rect class="st-veil" x={x.to_string()} y={y.to_string()} width={width.to_string()} height={height.to_string()} />
    }
}

/// Times along the edge: first those at which somebody did something, then any that still fit.
fn axis(scene: &Scene<'_>) -> Html {
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
    let mut taken = vec![scene.place(scene.session.at)];
    let mut labels: Vec<Html> = Vec::new();
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
        html! { <path class="st-fold" {d} /> }
    });
    let rim = if sheet.portrait {
        sheet.span.0
    } else {
        sheet.span.1 - 2.0
    };
    let d = path(sheet.point(start, rim), sheet.point(end, rim));
    html! {
        <>
            <path class="st-rim" {d} />
            { for folds }
            { for labels }
            if sheet.portrait {
                <text class="st-time" x={round(edge).to_string()} y="18" text-anchor="end">{ "ms" }</text>
            }
        </>
    }
}

fn time(scene: &Scene<'_>, at: Micros, edge: f64, class: &'static str) -> Html {
    let (x, y) = scene.sheet.point(scene.place(at), edge);
    let (x, y) = if scene.sheet.portrait {
        (round(x), round(y) + 4)
    } else {
        (round(x), round(y) + 8)
    };
    let at_the_rim = x > scene.sheet.size.0 - 30;
    // The names stand above the times of a portrait and say the unit there.
    let text = match scene.sheet.portrait {
        true => tick(at).to_string(),
        false => format!("{} ms", tick(at)),
    };
    let anchor = if scene.sheet.portrait || at_the_rim {
        "end"
    } else {
        "middle"
    };
    html! { <text {class} x={x.to_string()} y={y.to_string()} text-anchor={anchor}>{ text }</text> }
}

fn cursor(scene: &Scene<'_>) -> Html {
    let sheet = scene.sheet;
    let place = scene.place(scene.session.at);
    if !sheet.inside(place) {
        return Html::default();
    }
    let edge = if sheet.portrait {
        sheet.span.0 - 15.0
    } else {
        sheet.span.1 + 8.0
    };
    let d = path(
        sheet.point(place, sheet.span.0),
        sheet.point(place, sheet.span.1),
    );
    html! {
        <>
            <path class="st-cursor" {d} />
            { time(scene, scene.session.at, edge, "st-time st-now") }
        </>
    }
}

/// A ring around the selected event, where it happened.
fn chosen_spot(scene: &Scene<'_>) -> Html {
    let event = scene
        .session
        .selected_event()
        .and_then(|id| scene.timeline.trace().get(id));
    let Some(event) = event.filter(|event| event.at <= scene.seen) else {
        return Html::default();
    };
    let place = scene.place(event.at);
    let across = scene
        .sheet
        .across(event.who)
        .unwrap_or(scene.sheet.span.0 - 5.0);
    if !scene.sheet.inside(place) {
        return Html::default();
    }
    let (x, y) = scene.sheet.point(place, across);
    html! { <circle class="st-ring" cx={round(x).to_string()} cy={round(y).to_string()} r="8" /> }
}

fn name(scene: &Scene<'_>, place: usize, line: &Line) -> Html {
    let sheet = scene.sheet;
    let who = scene.timeline.names().of(line.who).to_owned();
    let chosen = scene.session.is_selected_endpoint(line.who);
    let class = classes!(
        "st-name",
        if line.node { "is-node" } else { "is-person" },
        chosen.then_some("is-chosen")
    );
    let (x, y, anchor) = if sheet.portrait {
        let low = sheet.lines.len() > 5 && place % 2 == 1;
        (round(line.across), if low { 34 } else { 18 }, "middle")
    } else {
        (8, round(line.across) + 4, "start")
    };
    html! {
        <text {class} x={x.to_string()} y={y.to_string()} text-anchor={anchor} data-end={line.who.0.to_string()}>
            { who }
        </text>
    }
}
