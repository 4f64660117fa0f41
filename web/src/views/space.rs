//! The space-time diagram: who said what to whom, when, and what came of it. Only what is in view and has been seen is
//! drawn.

use std::rc::Rc;

use sim_core::run::Timeline;
use sim_core::units::{EventId, Micros, OpId};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::marks::{self, Arrow, Bar, End, Ended};
use super::sheet::{Kept, Point, Sheet, clip, path, round};
use super::{Lookup, PaneProps, clock, tone_class};
use crate::session::{Msg, Selection, Session};

mod ground;

/// The mark that carries an event's number, for one listener on the whole drawing.
const MARK: &str = "data-mark";
/// The name that carries an endpoint's number.
const NAME: &str = "data-end";

/// Everything that the layers of the drawing look at.
struct Scene<'a> {
    id: &'a str,
    session: &'a Session,
    timeline: &'a Timeline,
    lookup: &'a Lookup,
    sheet: &'a Sheet,
    /// The moments at the window's edges.
    from: Micros,
    until: Micros,
    /// The furthest moment that was looked at.
    seen: Micros,
    /// The operations that are selected.
    ops: Vec<OpId>,
}

impl Scene<'_> {
    fn place(&self, at: Micros) -> f64 {
        self.lookup.axis.place(at)
    }
}

/// What the reader does with the drawing itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Closer,
    Farther,
    Earlier,
    Later,
}

const LOOKS: [(Look, &str, &str); 4] = [
    (Look::Earlier, "Show earlier", "M10 3L5 8l5 5"),
    (Look::Later, "Show later", "M6 3l5 5-5 5"),
    (Look::Farther, "Zoom out", "M3 8h10"),
    (Look::Closer, "Zoom in", "M3 8h10M8 3v10"),
];

/// The diagram and its buttons.
#[component]
pub(crate) fn SpaceTime(props: &PaneProps) -> Html {
    let kept = use_mut_ref(|| None::<Kept>);
    let again = use_force_update();
    let drawing = use_node_ref();
    let session = &props.session;
    let axis = &props.lookup.axis;
    let run = Rc::as_ptr(&session.timeline) as usize;
    let cursor = axis.place(session.at);
    let pixels = figure::sheet::sheet(0, props.narrow).time;
    let chosen = chosen_at(session).map(|at| axis.place(at));
    let now = Kept::turned(*kept.borrow(), axis, (run, cursor, chosen), pixels);
    *kept.borrow_mut() = Some(now);
    let timeline = session.timeline.borrow();
    let sheet = Sheet::new(&timeline.run().scenario, now.window, props.narrow);

    let look = {
        let (kept, lookup) = (Rc::clone(&kept), Rc::clone(&props.lookup));
        Callback::from(move |look: Look| {
            let axis = &lookup.axis;
            let window = match look {
                Look::Closer => now.window.zoomed(axis, 1.5, cursor),
                Look::Farther => now.window.zoomed(axis, 1.0 / 1.5, cursor),
                Look::Earlier => now.window.moved(axis, -0.5),
                Look::Later => now.window.moved(axis, 0.5),
            };
            *kept.borrow_mut() = Some(Kept { window, ..now });
            again.force_update();
        })
    };
    let onclick = on_click(props, &sheet, &drawing);
    let onkeydown = on_key(props);
    let says = session.selected_event().map(|id| session.sentence(id));
    html! {
        <div class="st">
            <div class="st-bar">
                <p class="st-says">
                    { says.unwrap_or_else(|| hint(props.narrow).to_owned()) }
                </p>
                { for LOOKS.into_iter().zip(now.window.room(axis).into_iter().cycle().skip(2)).map(|((which, name, icon), can)| {
                    look_button(name, icon, can, look.reform(move |_| which))
                }) }
            </div>
            { drawn(props, &timeline, &sheet, drawing, onclick, onkeydown) }
            <p class="st-note">
                { "Time is stretched where much happens. " }
                <svg viewBox="0 0 12 10" width="12" height="10" aria-hidden="true">
                    <path class="st-fold" d="M2 9l3-8M7 9l3-8" />
                </svg>
                <span class="unseen">{ "A double stroke" }</span>
                { " marks a quiet stretch that is cut short." }
            </p>
        </div>
    }
}

/// When the selected thing happened; of several operations, the first.
fn chosen_at(session: &Session) -> Option<Micros> {
    let timeline = session.timeline.borrow();
    let event = match session.selection {
        Selection::Clause(clause) => {
            let first = session.named_by(clause).first()?;
            timeline.history().get(*first)?.invoked_by
        }
        _ => session.selected_event()?,
    };
    timeline.trace().get(event).map(|event| event.at)
}

const fn hint(narrow: bool) -> &'static str {
    if narrow {
        "Tap an arrow to see what it says."
    } else {
        "Choose an arrow, or walk along them with the arrow keys."
    }
}

fn look_button(
    name: &'static str,
    icon: &'static str,
    can: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    html! {
        <button type="button" class="st-look" aria-label={name} title={name} disabled={!can} {onclick}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={icon} /></svg>
        </button>
    }
}

fn drawn(
    props: &PaneProps,
    timeline: &Timeline,
    sheet: &Sheet,
    drawing: NodeRef,
    onclick: Callback<MouseEvent>,
    onkeydown: Callback<KeyboardEvent>,
) -> Html {
    let session = &props.session;
    let axis = &props.lookup.axis;
    let (from, until) = (
        axis.moment(sheet.window.start),
        axis.moment(sheet.window.end()),
    );
    let ops = match session.selection {
        Selection::Clause(clause) => session.named_by(clause).to_vec(),
        _ => session.selected_op().into_iter().collect(),
    };
    let scene = Scene {
        id: &props.id,
        session,
        timeline,
        lookup: &props.lookup,
        sheet,
        from,
        until: until + Micros(1),
        seen: session.seen.max(session.at),
        ops,
    };
    let (options, active) = options(&scene);
    let (width, height) = sheet.size;
    html! {
        <div
            class="st-sheet"
            tabindex="0"
            role={if options.is_empty() { "group" } else { "listbox" }}
            aria-label="Space-time diagram: messages, operations and faults, in order of time"
            aria-activedescendant={active}
            {onkeydown}
        >
            <svg ref={drawing} viewBox={format!("0 0 {width} {height}")} role="presentation" {onclick}>
                { ground::behind(&scene) }
                { for options }
                { ground::before(&scene) }
            </svg>
        </div>
    }
}

/// A click on a mark selects it and goes there; on a name, selects who it is; elsewhere, goes to that moment.
fn on_click(props: &PaneProps, sheet: &Sheet, drawing: &NodeRef) -> Callback<MouseEvent> {
    let (session, dispatch) = (props.session.clone(), props.dispatch.clone());
    let (sheet, drawing, lookup) = (sheet.clone(), drawing.clone(), Rc::clone(&props.lookup));
    Callback::from(move |event: MouseEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let number = |attribute: &str| {
            let marked = target.as_ref()?.closest(&format!("[{attribute}]")).ok()??;
            marked.get_attribute(attribute)?.parse::<u32>().ok()
        };
        if let Some(id) = number(MARK) {
            choose(&session, &dispatch, EventId(id));
        } else if let Some(end) = number(NAME) {
            let end = sim_core::units::Endpoint(end as u8);
            dispatch.emit(Msg::Select(Selection::Endpoint(end)));
        } else if let Some(point) = drawn_point(&drawing, &sheet, &event) {
            dispatch.emit(Msg::Seek(lookup.axis.moment(sheet.place(point))));
        }
    })
}

/// Where in the drawing a click fell.
fn drawn_point(drawing: &NodeRef, sheet: &Sheet, event: &MouseEvent) -> Option<Point> {
    let shown = drawing.cast::<Element>()?.get_bounding_client_rect();
    let scale = f64::from(sheet.size.0) / shown.width().max(1.0);
    let x = (f64::from(event.client_x()) - shown.left()) * scale;
    let y = (f64::from(event.client_y()) - shown.top()) * scale;
    Some((x, y))
}

fn choose(session: &Session, dispatch: &Callback<Msg>, id: EventId) {
    let chosen = marks::chosen(session.timeline.borrow().trace(), id);
    if let Some((selection, at)) = chosen {
        dispatch.emit(Msg::Seek(at));
        dispatch.emit(Msg::Select(selection));
    }
}

/// Arrow keys walk over the marks.
fn on_key(props: &PaneProps) -> Callback<KeyboardEvent> {
    let (session, dispatch) = (props.session.clone(), props.dispatch.clone());
    Callback::from(move |event: KeyboardEvent| {
        let forth = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => true,
            "ArrowLeft" | "ArrowUp" => false,
            _ => return,
        };
        // The figure's own meaning for arrows would take a second step.
        event.stop_propagation();
        event.prevent_default();
        let here = session.selected_event();
        let next = marks::neighbour(session.timeline.borrow().trace(), here, session.at, forth);
        if let Some(id) = next {
            choose(&session, &dispatch, id);
        }
    })
}

/// Marks that one can stand on, in order of time, and the id of the one that is selected.
fn options(scene: &Scene<'_>) -> (Vec<Html>, Option<String>) {
    let (from, until, seen) = (scene.from, scene.until, scene.seen);
    let arrows = marks::arrows(scene.timeline, &scene.lookup.index, from, until, seen);
    let bars = marks::bars(scene.timeline, from, until, seen);
    let mut active = None;
    let mut all: Vec<(EventId, Html)> = Vec::new();
    for arrow in &arrows {
        let id = format!("{}-m{}-{}", scene.id, arrow.sent.0, arrow.end_event.0);
        let chosen = scene.session.is_selected_message(arrow.name);
        if chosen {
            active = Some(id.clone());
        }
        all.extend(draw_arrow(scene, arrow, id, chosen).map(|html| (arrow.sent, html)));
    }
    for (place, bar) in bars.iter().enumerate() {
        let id = format!("{}-o{}", scene.id, bar.op.0);
        let chosen = scene.session.selection == Selection::Operation(bar.op);
        if chosen {
            active = Some(id.clone());
        }
        let next = bars[place + 1..]
            .iter()
            .find(|next| next.who == bar.who)
            .map(|next| next.from);
        if let Some(html) = draw_bar(scene, bar, next, id, chosen) {
            insert(&mut all, bar.asked, html);
        }
    }
    for (event, html, id, chosen) in ground::acts(scene) {
        if chosen {
            active = Some(id);
        }
        insert(&mut all, event, html);
    }
    (all.into_iter().map(|(_, html)| html).collect(), active)
}

/// Puts a mark among those that are in order; a few insertions cost less than the code that sorts.
fn insert(all: &mut Vec<(EventId, Html)>, event: EventId, html: Html) {
    let place = all.partition_point(|(other, _)| *other <= event);
    all.insert(place, (event, html));
}

fn draw_arrow(scene: &Scene<'_>, arrow: &Arrow, id: String, chosen: bool) -> Option<Html> {
    let sheet = scene.sheet;
    let (a, b) = (sheet.across(arrow.name.from)?, sheet.across(arrow.name.to)?);
    let from = (scene.place(arrow.from_at), a);
    let to = (scene.place(arrow.until), a + (b - a) * arrow.share);
    let (p, q) = clip(&sheet.window, from, to)?;
    let whole = q == to;
    let (p, q) = (sheet.point(p.0, p.1), sheet.point(q.0, q.1));
    let kin = arrow.op.is_some_and(|op| scene.ops.contains(&op));
    let class = classes!(
        "st-arrow",
        tone_class(arrow.tone),
        (arrow.end == End::Lost).then_some("is-lost"),
        kin.then_some("is-kin"),
        chosen.then_some("is-chosen")
    );
    let line = path(p, q);
    Some(html! {
        <g key={id.clone()} role="option" {id} {class} aria-selected={chosen.to_string()}
            aria-label={arrow.words.clone()} data-mark={arrow.sent.0.to_string()}>
            <path class="st-hit" d={line.clone()} />
            <path class="st-line" d={line} />
            if whole && arrow.end == End::Arrived {
                <path class="st-head" d={head(p, q)} />
            } else if whole && arrow.end == End::Lost {
                <path class="st-lost" d={cross(q, 4)} />
            } else if whole {
                <circle class="st-flying" cx={round(q.0).to_string()} cy={round(q.1).to_string()} r="3" />
            }
        </g>
    })
}

/// An arrow's head: a small triangle whose tip is at `to`.
fn head(from: Point, to: Point) -> String {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let wing = |side: f64| {
        (
            to.0 - ux * 8.0 - uy * side * 3.4,
            to.1 - uy * 8.0 + ux * side * 3.4,
        )
    };
    let (l, r) = (wing(1.0), wing(-1.0));
    let tenths = |value: f64| (value * 10.0).round() as i32;
    // Tenths of pixels, written without the weight of printing floats.
    let say = |value: f64| {
        let tenths = tenths(value).max(0);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    format!(
        "M{} {}L{} {}L{} {}Z",
        say(to.0),
        say(to.1),
        say(l.0),
        say(l.1),
        say(r.0),
        say(r.1)
    )
}

/// A cross: lost, refused, crashed.
fn cross(at: Point, arm: i32) -> String {
    let (x, y, two) = (round(at.0), round(at.1), arm * 2);
    format!("M{} {}l{two} {two}m0 -{two}l-{two} {two}", x - arm, y - arm)
}

fn draw_bar(
    scene: &Scene<'_>,
    bar: &Bar,
    next: Option<Micros>,
    id: String,
    chosen: bool,
) -> Option<Html> {
    let sheet = scene.sheet;
    let across = sheet.across(bar.who)?;
    let (from, to) = (
        (scene.place(bar.from), across),
        (scene.place(bar.until), across),
    );
    let (p, q) = clip(&sheet.window, from, to)?;
    let (starts, ends) = (p == from, q == to);
    let (p, q) = (sheet.point(p.0, p.1), sheet.point(q.0, q.1));
    let kin = scene.ops.contains(&bar.op);
    let class = classes!(
        "st-op",
        tone_class(bar.tone),
        kin.then_some("is-kin"),
        chosen.then_some("is-chosen")
    );
    let free = next.map_or(sheet.window.end(), |next| scene.place(next)) - from.0;
    let line = path(p, q);
    Some(html! {
        <g key={id.clone()} role="option" {id} {class} aria-selected={chosen.to_string()}
            aria-label={bar.words.clone()} data-mark={bar.asked.0.to_string()}>
            <path class="st-hit" d={line.clone()} />
            <path class="st-bar-line" d={line} />
            if ends { { ending(bar.ended, q) } }
            if starts && !sheet.portrait { { label(scene, bar, p, free * sheet.window.zoom) } }
        </g>
    })
}

/// The label of a bar, if it fits before the next one.
fn label(scene: &Scene<'_>, bar: &Bar, at: Point, room: f64) -> Html {
    const LETTER: f64 = 6.2;
    if bar.label.chars().count() as f64 * LETTER > room {
        return Html::default();
    }
    let lines = &scene.sheet.lines;
    let place = lines.iter().position(|line| line.who == bar.who);
    let above = place.unwrap_or(0) * 2 < lines.len();
    let y = round(at.1) + if above { -9 } else { 19 };
    html! {
        <text class="st-label" x={(round(at.0) - 3).to_string()} y={y.to_string()}>{ bar.label.clone() }</text>
    }
}

/// How an operation ended, as a shape at the end of its bar.
fn ending(ended: Ended, at: Point) -> Html {
    let (x, y) = (round(at.0), round(at.1));
    let (class, icon) = match ended {
        Ended::Open => return Html::default(),
        Ended::Answered => ("st-end ok", format!("M{} {}l2.6 2.8 5-6", x - 4, y)),
        Ended::Refused => ("st-end no", cross(at, 3)),
        Ended::Unknown => (
            "st-end stale",
            format!(
                "M{} {}q0-2.8 2.6-2.8 2.6 0 2.6 2.2 0 1.3-2.6 2.6v.6m0 2.3v.4",
                x - 3,
                y - 1
            ),
        ),
    };
    html! {
        <g {class}>
            <circle cx={x.to_string()} cy={y.to_string()} r="7" />
            <path d={icon} />
        </g>
    }
}
