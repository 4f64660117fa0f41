//! The space-time diagram: who said what to whom, when, and what came of it. Only what is in view and has been seen is
//! drawn.

use std::cell::Cell;
use std::rc::Rc;

use figure::element::tenths;
use figure::tone_class;
use sim_core::run::Timeline;
use sim_core::units::{EventId, Micros, OpId};
use sim_core::view::Tone;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, MouseEvent};
use yew::NodeRef;

use super::marks::{self, Arrow, Bar, End, Ended};
use super::sheet::{Kept, Point, Sheet, clip, path, round};
use super::{Lookup, Pane, clock};
use crate::registry::Room;
use crate::session::{Msg, Selection, Session};
use crate::ui::{Again, Html, On, Piece, Tag, div, looking, p, span, tag, when};
use crate::widget::page;

mod ground;

/// The mark that carries an event's number, for one listener on the whole drawing.
const MARK: &str = "data-mark";
/// The name that carries an endpoint's number.
const NAME: &str = "data-end";
/// With more arrows than this in view, each is only its line while it plays.
const CROWD: usize = 48;

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
pub(crate) struct SpaceTime {
    again: Again,
    kept: Cell<Option<Kept>>,
    drawing: NodeRef,
}

impl Piece for SpaceTime {
    type Given = Pane;

    fn begin(_: &Pane, again: Again) -> Self {
        Self {
            again,
            kept: Cell::new(None),
            drawing: NodeRef::default(),
        }
    }

    fn draw(self: &Rc<Self>, pane: &Pane) -> Html {
        let session = &pane.session;
        let axis = &pane.lookup.axis;
        let run = session.followed;
        let cursor = axis.place(session.at);
        let pixels = figure::sheet::sheet(0, pane.narrow).time;
        let chosen = chosen_at(session).map(|at| axis.place(at));
        let now = Kept::turned(self.kept.get(), axis, (run, cursor, chosen), pixels);
        self.kept.set(Some(now));
        let timeline = session.timeline.borrow();
        let sheet = Rc::new(Sheet::new(
            &timeline.run().scenario,
            now.window,
            pane.narrow,
        ));
        let says = session.selected_event().map(|id| session.sentence(id));
        let says = says.unwrap_or_else(|| hint(pane.narrow).to_owned());
        let [earlier, later, farther, closer] = self.looks(pane, now, cursor);
        let fold = tag("svg")
            .is("viewBox", "0 0 12 10")
            .is("width", "12")
            .is("height", "10")
            .is("aria-hidden", "true")
            .child(
                tag("path")
                    .is("class", "st-fold")
                    .is("d", "M2 9l3-8M7 9l3-8"),
            );
        let note = p("st-note")
            .text("Time is stretched where much happens. ")
            .child(fold)
            .child(span("unseen").text("A double stroke"))
            .text(" marks a quiet stretch that is cut short.");
        let nodes = &session.picture.nodes;
        let note = match nodes.iter().any(|node| node.view.interval.is_some()) {
            true => note.text(" A band on a server’s line: for its clock, now is in there."),
            false => note,
        };
        let bar = div("st-bar").child(p("st-says").says(says));
        div("st")
            .child(bar.child(earlier).child(later).child(farther).child(closer))
            .child(self.drawn_sheet(pane, &timeline, &sheet))
            .child(note)
            .done()
    }
}

impl SpaceTime {
    /// The buttons that move the window, or change its scale.
    fn looks(self: &Rc<Self>, pane: &Pane, now: Kept, cursor: f64) -> [Tag; 4] {
        let [can_closer, can_farther, can_earlier, can_later] = now.window.room(&pane.lookup.axis);
        let can = [can_earlier, can_later, can_farther, can_closer];
        std::array::from_fn(|place| {
            let (look, name, path) = LOOKS[place];
            let (space, lookup) = (Rc::clone(self), Rc::clone(&pane.lookup));
            let go = move || {
                let axis = &lookup.axis;
                let window = match look {
                    Look::Closer => now.window.zoomed(axis, 1.5, cursor),
                    Look::Farther => now.window.zoomed(axis, 1.0 / 1.5, cursor),
                    Look::Earlier => now.window.moved(axis, -0.5),
                    Look::Later => now.window.moved(axis, 0.5),
                };
                space.kept.set(Some(Kept { window, ..now }));
                space.again.now();
            };
            looking("st-look", name, path)
                .flag("disabled", !can[place])
                .clicked(go)
        })
    }

    fn drawn_sheet(self: &Rc<Self>, pane: &Pane, timeline: &Timeline, sheet: &Rc<Sheet>) -> Tag {
        let session = &pane.session;
        let axis = &pane.lookup.axis;
        let scene = Scene {
            id: &pane.figure.id,
            session,
            timeline,
            lookup: &pane.lookup,
            sheet,
            from: axis.moment(sheet.window.start),
            until: axis.moment(sheet.window.end()) + Micros(1),
            seen: session.seen.max(session.at),
            ops: session.selected_ops(),
        };
        let (options, active) = options(&scene);
        let (width, height) = sheet.size;
        let role = if options.is_empty() {
            "group"
        } else {
            "listbox"
        };
        let (session, room) = (Rc::clone(session), Rc::clone(&pane.figure.room));
        let key = move |event: Event| walk(event.unchecked_ref(), &session, &room);
        let (space, given, same) = (Rc::clone(self), pane.clone(), Rc::clone(sheet));
        let click = move |event: Event| space.click(event.unchecked_ref(), &given, &same);
        let drawing = tag("svg")
            .found_by(&self.drawing)
            .has("viewBox", format!("0 0 {width} {height}"))
            .is("role", "presentation")
            .on(On::Click, click)
            .child(ground::behind(&scene))
            .each(options)
            .child(ground::before(&scene));
        let mut around = div("st-sheet")
            .is("tabindex", "0")
            .is("role", role)
            .is(
                "aria-label",
                "Space-time diagram: messages, operations and faults, in order of time",
            )
            .on(On::KeyDown, key);
        if let Some(active) = active {
            around = around.has("aria-activedescendant", active);
        }
        around.child(drawing)
    }

    /// A click on a mark selects it and goes there; on a name, selects who it is; elsewhere, goes to that moment.
    fn click(&self, event: &MouseEvent, pane: &Pane, sheet: &Sheet) {
        let target: Option<Element> = page::target(event);
        let number = |attribute: &str| {
            let marked = target.as_ref()?.closest(&format!("[{attribute}]")).ok()??;
            marked.get_attribute(attribute)?.parse::<u32>().ok()
        };
        let room = &pane.figure.room;
        if let Some(id) = number(MARK) {
            choose(&pane.session, room, EventId(id));
        } else if let Some(end) = number(NAME) {
            let end = sim_core::units::Endpoint(end as u8);
            room.send(Msg::Select(Selection::Endpoint(end)));
        } else if let Some(point) = drawn_point(&self.drawing, sheet, event) {
            room.send(Msg::Seek(pane.lookup.axis.moment(sheet.place(point))));
        }
    }
}

/// When the selected thing happened; of several operations, the first.
fn chosen_at(session: &Session) -> Option<Micros> {
    let timeline = session.timeline.borrow();
    let event = match session.selection {
        Selection::Clause(clause) => {
            let first = session.named_by(clause).into_iter().next()?;
            timeline.history().get(first)?.invoked_by
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

/// Where in the drawing a click fell.
fn drawn_point(drawing: &NodeRef, sheet: &Sheet, event: &MouseEvent) -> Option<Point> {
    let shown = drawing.cast::<Element>()?.get_bounding_client_rect();
    let scale = f64::from(sheet.size.0) / shown.width().max(1.0);
    let x = (f64::from(event.client_x()) - shown.left()) * scale;
    let y = (f64::from(event.client_y()) - shown.top()) * scale;
    Some((x, y))
}

fn choose(session: &Session, room: &Room, id: EventId) {
    let chosen = marks::chosen(session.timeline.borrow().trace(), id);
    if let Some((selection, at)) = chosen {
        room.send(Msg::Seek(at));
        room.send(Msg::Select(selection));
    }
}

/// Arrow keys walk over the marks.
fn walk(event: &KeyboardEvent, session: &Session, room: &Room) {
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
        choose(session, room, id);
    }
}

/// Marks that one can stand on, in order of time, and the id of the one that is selected.
fn options(scene: &Scene<'_>) -> (Vec<Tag>, Option<String>) {
    let (from, until, seen) = (scene.from, scene.until, scene.seen);
    let index = &scene.lookup.index;
    let crowd = scene.session.playing && index.flights_in(from, until.min(seen)).count() > CROWD;
    let arrows = marks::arrows(scene.timeline, index, (from, until, seen), !crowd);
    let bars = marks::bars(scene.timeline, from, until, seen);
    let mut active = None;
    let mut all: Vec<(EventId, Tag)> = Vec::new();
    for arrow in &arrows {
        let id = format!("{}-m{}-{}", scene.id, arrow.sent.0, arrow.end_event.0);
        let chosen = scene.session.is_selected_message(arrow.name);
        if chosen {
            active = Some(id.clone());
        }
        if let Some(drawn) = draw_arrow(scene, arrow, id, chosen, crowd) {
            all.push((arrow.sent, drawn));
        }
    }
    for (place, bar) in bars.iter().enumerate() {
        let id = format!("{}-o{}", scene.id, bar.op.0);
        let chosen = scene.session.selection == Selection::Operation(bar.op);
        if chosen {
            active = Some(id.clone());
        }
        let mut later = bars[place + 1..].iter();
        let next = later.find(|next| next.who == bar.who);
        if let Some(drawn) = draw_bar(scene, bar, next.map(|next| next.from), id, chosen) {
            insert(&mut all, bar.asked, drawn);
        }
    }
    for (event, drawn, id, chosen) in ground::acts(scene) {
        if chosen {
            active = Some(id);
        }
        insert(&mut all, event, drawn);
    }
    (all.into_iter().map(|(_, drawn)| drawn).collect(), active)
}

/// Puts a mark among those that are in order; a few insertions cost less than the code that sorts.
fn insert(all: &mut Vec<(EventId, Tag)>, event: EventId, drawn: Tag) {
    let place = all.partition_point(|(other, _)| *other <= event);
    all.insert(place, (event, drawn));
}

/// What every mark is, whatever it looks like.
fn option(
    id: String,
    classes: &[&'static str],
    chosen: bool,
    words: String,
    event: EventId,
) -> Tag {
    tag("g")
        .key(&id)
        .is("role", "option")
        .has("id", id)
        .classes(classes)
        .state("aria-selected", chosen)
        .has("aria-label", words)
        .has(MARK, event.0.to_string())
}

/// A path of a class.
fn stroke(class: &'static str, data: String) -> Tag {
    tag("path").is("class", class).has("d", data)
}

/// A circle of a class.
fn circle(class: &'static str, at: Point, radius: &'static str) -> Tag {
    let centre = tag("circle").class(class).at("cx", round(at.0));
    centre.at("cy", round(at.1)).is("r", radius)
}

/// In a `crowd` an arrow is its line alone, and where it was lost: nobody points at one while they fly by.
fn draw_arrow(
    scene: &Scene<'_>,
    arrow: &Arrow,
    id: String,
    chosen: bool,
    crowd: bool,
) -> Option<Tag> {
    let sheet = scene.sheet;
    let (a, b) = (sheet.across(arrow.name.from)?, sheet.across(arrow.name.to)?);
    let from = (scene.place(arrow.from_at), a);
    let end = a + (b - a) * arrow.share;
    let end = match arrow.end {
        End::Lost => sheet.beside(end, b),
        _ => end,
    };
    let to = (scene.place(arrow.until), end);
    let (p, q) = clip(&sheet.window, from, to)?;
    let whole = q == to;
    let (p, q) = (sheet.point(p.0, p.1), sheet.point(q.0, q.1));
    let kin = arrow.op.is_some_and(|op| scene.ops.contains(&op));
    let classes = [
        "st-arrow",
        tone_class(arrow.tone),
        when(arrow.end == End::Lost, "is-lost"),
        when(kin, "is-kin"),
        when(chosen, "is-chosen"),
    ];
    let line = path(p, q);
    let marked = whole && (!crowd || arrow.end == End::Lost);
    let end = marked.then(|| match arrow.end {
        End::Arrived => stroke("st-head", head(p, q)),
        End::Lost => stroke("st-lost", cross(q, 4)),
        End::Flying => circle("st-flying", q, "3"),
    });
    let mark = match crowd {
        true => tag("g").key(&id).classes(&classes),
        false => option(id, &classes, chosen, arrow.words.clone(), arrow.sent)
            .child(stroke("st-hit", line.clone())),
    };
    Some(mark.child(stroke("st-line", line)).maybe(end))
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
    let point = |(x, y): Point| tenths(x) + " " + &tenths(y);
    format!("M{}L{}L{}Z", point(to), point(wing(1.0)), point(wing(-1.0)))
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
) -> Option<Tag> {
    let sheet = scene.sheet;
    let across = sheet.across(bar.who)?;
    let from = (scene.place(bar.from), across);
    let to = (scene.place(bar.until), across);
    let (p, q) = clip(&sheet.window, from, to)?;
    let (starts, ends) = (p == from, q == to);
    let (p, q) = (sheet.point(p.0, p.1), sheet.point(q.0, q.1));
    let classes = [
        "st-op",
        tone_class(bar.tone),
        when(scene.ops.contains(&bar.op), "is-kin"),
        when(chosen, "is-chosen"),
    ];
    let free = next.map_or(sheet.window.end(), |next| scene.place(next)) - from.0;
    let line = path(p, q);
    let end = ending(bar.ended, is_stale(scene, bar), q).filter(|_| ends);
    let label = (starts && !sheet.portrait).then(|| label(scene, bar, p, free * sheet.window.zoom));
    Some(
        option(id, &classes, chosen, bar.words.clone(), bar.asked)
            .child(stroke("st-hit", line.clone()))
            .child(stroke("st-bar-line", line))
            .maybe(end)
            .maybe(label.flatten()),
    )
}

/// The label of a bar, if it fits before the next one.
fn label(scene: &Scene<'_>, bar: &Bar, at: Point, room: f64) -> Option<Tag> {
    const LETTER: f64 = 6.2;
    if bar.label.chars().count() as f64 * LETTER > room {
        return None;
    }
    let lines = &scene.sheet.lines;
    let place = lines.iter().position(|line| line.who == bar.who);
    let above = place.unwrap_or(0) * 2 < lines.len();
    let y = round(at.1) + if above { -9 } else { 19 };
    let text = tag("text").is("class", "st-label").at("x", round(at.0) - 3);
    Some(text.at("y", y).says(bar.label.clone()))
}

/// Whether an answer is one that no true book could have given.
fn is_stale(scene: &Scene<'_>, bar: &Bar) -> bool {
    let Some(verdict) = &scene.session.verdict else {
        return false;
    };
    let consistency = &verdict.consistency;
    bar.tone == Tone::Read && consistency.tone == Tone::No && consistency.ops.contains(&bar.op)
}

/// How an operation ended, as a shape at the end of its bar.
fn ending(ended: Ended, stale: bool, at: Point) -> Option<Tag> {
    let (x, y) = (round(at.0), round(at.1));
    let (class, icon) = match ended {
        Ended::Open => return None,
        // A clock's hands, as on the stage.
        Ended::Answered if stale => ("st-end stale", format!("M{x} {}v4l3 2", y - 4)),
        Ended::Answered => ("st-end ok", format!("M{} {y}l2.6 2.8 5-6", x - 4)),
        Ended::Refused => ("st-end no", cross(at, 3)),
        Ended::Unknown => {
            let question = "q0-2.8 2.6-2.8 2.6 0 2.6 2.2 0 1.3-2.6 2.6v.6m0 2.3v.4";
            ("st-end stale", format!("M{} {}{question}", x - 3, y - 1))
        }
    };
    let mark = tag("g").is("class", class).child(circle("", at, "7"));
    Some(mark.child(tag("path").has("d", icon)))
}
