//! The stage: drawn anew when something happens; in between, one leaf writes where the letters are.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use figure::lane::Lane;
use figure::{Scene, Shape, Target, card, letter, tear};
use sim_core::units::Micros;
use sim_core::world::RunningTimer;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent, MouseEvent};
use yew::NodeRef;

use super::keys::is_chord;
use super::menu::{self, Open};
use super::{Figure, page};
use crate::later;
use crate::registry::{Room, Watch};
use crate::session::{Msg, Selection, Session};
use crate::ui::{Again, Html, On, Piece, Tag, div};

/// What [`Stage`] is given.
#[derive(PartialEq)]
pub struct StageGiven {
    /// Whose stage it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// Portrait.
    pub tall: bool,
    /// Letters stand in the middle of their way instead of flying.
    pub calm: bool,
}

/// A letter in flight.
struct Flight {
    mark: Element,
    lane: Lane,
    sent_at: Micros,
    arrives_at: Micros,
}

/// What moves between two drawings.
#[derive(Default)]
struct Leaf {
    flights: Vec<Flight>,
    /// Rings of timers.
    rings: Vec<(Element, RunningTimer)>,
    /// Tags of cuts: their text, and since when.
    ages: Vec<(Element, Micros, &'static str)>,
    said: String,
}

impl Leaf {
    /// Looks up the marks after a drawing.
    fn of(stage: &Element, session: &Session, tall: bool, calm: bool) -> Self {
        let marks = |selector: &str| -> Vec<Element> {
            page::elements(stage.query_selector_all(selector).ok())
        };
        let layout = figure::layout(&session.picture, shape(tall));
        let flying = session
            .picture
            .arrows
            .iter()
            .zip(marks(".letters > .letter"));
        let flights = flying
            .filter(|(arrow, _)| !calm && letter::is_moving(arrow))
            .map(|(arrow, mark)| Flight {
                mark,
                lane: Lane::new(&layout, arrow.name.from, arrow.name.to),
                sent_at: arrow.sent_at,
                arrives_at: arrow.arrives_at,
            })
            .collect();
        let ages = marks(".age").into_iter().filter_map(|mark| {
            let since = mark.get_attribute("data-since")?.parse().ok()?;
            let both = mark.text_content()?.starts_with(tear::CUT);
            Some((
                mark,
                Micros(since),
                if both { tear::CUT } else { tear::ONE_WAY },
            ))
        });
        let alarms = session
            .picture
            .nodes
            .iter()
            .filter_map(|node| node.alarm().copied());
        Self {
            flights,
            rings: marks(".alarm").into_iter().zip(alarms).collect(),
            ages: ages.collect(),
            said: String::new(),
        }
    }

    /// Writes where everything is at a moment.
    fn write(&mut self, at: Micros) {
        for flight in &self.flights {
            let whole = flight.arrives_at.since(flight.sent_at).0.max(1) as f64;
            let share = (at.since(flight.sent_at).0 as f64 / whole).min(1.0);
            let _ = flight
                .mark
                .set_attribute("transform", &letter::transform(flight.lane.point(share)));
        }
        for (mark, timer) in &self.rings {
            let _ = mark.set_attribute("stroke-dasharray", &card::left(timer, at));
        }
        for (mark, since, before) in &self.ages {
            let words = format!("{before}{}", tear::age(at, *since));
            if words != self.said {
                mark.set_text_content(Some(&words));
                self.said = words;
            }
        }
    }
}

fn shape(tall: bool) -> Shape {
    if tall { Shape::Tall } else { Shape::Wide }
}

/// What the reader selects by pointing at a thing.
fn selection(target: Target) -> Selection {
    match target {
        Target::Node(end) | Target::Person(end) => Selection::Endpoint(end),
        Target::Message(name) => Selection::Message(name),
        Target::Line(a, b) => Selection::Line(a, b),
    }
}

/// The mark that an event happened in.
fn mark_of(event: &Event) -> Option<Element> {
    let target: Element = page::target(event)?;
    target.closest("[data-target]").ok()?
}

/// What a mark stands for, as [`Target::parse`] reads it.
fn code_of(mark: &Element) -> String {
    mark.get_attribute("data-target").unwrap_or_default()
}

/// The stage and the menu on it.
pub struct Stage {
    again: Again,
    stage: NodeRef,
    menu: RefCell<Option<Open>>,
    leaf: Rc<RefCell<Leaf>>,
    /// What the leaf was looked up for.
    leaf_of: RefCell<Option<(Rc<Session>, bool)>>,
    _watch: Watch,
}

impl Piece for Stage {
    type Given = StageGiven;

    fn begin(given: &StageGiven, again: Again) -> Self {
        let leaf: Rc<RefCell<Leaf>> = Rc::default();
        let moved = Rc::clone(&leaf);
        let watch = given.figure.room.watch_frames(move |session| {
            if session.playing {
                moved.borrow_mut().write(session.at);
            }
        });
        Self {
            again,
            stage: NodeRef::default(),
            menu: RefCell::default(),
            leaf,
            leaf_of: RefCell::default(),
            _watch: watch,
        }
    }

    fn draw(self: &Rc<Self>, given: &StageGiven) -> Html {
        let (clicked, pressed) = (Rc::clone(self), Rc::clone(self));
        let (room, figure) = (Rc::clone(&given.figure.room), Rc::clone(&given.figure));
        let menu = self.menu.borrow();
        let menu = menu.as_ref().zip(later::here());
        let menu = menu.map(|(open, later)| (later.menu)(self, given, open));
        div("stage-room")
            .found_by(&self.stage)
            .on(On::Click, move |event| clicked.click(event, &room))
            .on(On::KeyDown, move |event| pressed.key(event, &figure))
            .child(drawing(given))
            .maybe(menu)
            .done()
    }

    fn drawn(self: &Rc<Self>, given: &StageGiven, _: bool) {
        let Some(stage) = self.stage.cast::<Element>() else {
            return;
        };
        if let (Some(open), Some(later)) = (self.menu.borrow_mut().as_mut(), later::here()) {
            (later.show)(open, &stage);
        }
        let now = Some((Rc::clone(&given.session), given.tall));
        if *self.leaf_of.borrow() == now {
            return;
        }
        let mut fresh = Leaf::of(&stage, &given.session, given.tall, given.calm);
        if let Some(session) = given.figure.room.session() {
            fresh.write(session.at);
        }
        *self.leaf.borrow_mut() = fresh;
        self.leaf_of.replace(now);
    }
}

thread_local! {
    /// The stage whose menu was opened last.
    static LAST: RefCell<Weak<Stage>> = const { RefCell::new(Weak::new()) };
}

impl Stage {
    /// Closes the menu of any other stage.
    fn alone(self: &Rc<Self>) {
        let last = LAST.replace(Rc::downgrade(self)).upgrade();
        if let Some(last) = last.filter(|last| !Rc::ptr_eq(last, self)) {
            last.again.keep(&last.menu, None);
        }
    }

    fn click(self: &Rc<Self>, event: Event, room: &Room) {
        match mark_of(&event) {
            Some(mark) => {
                let event: MouseEvent = event.unchecked_into();
                let at = (f64::from(event.client_x()), f64::from(event.client_y()));
                self.open(&mark, Some(at), room);
            }
            None if is_beside(&event) => {}
            None => self.again.keep(&self.menu, None),
        }
    }

    fn key(self: &Rc<Self>, event: Event, figure: &Figure) {
        let Some(mark) = mark_of(&event) else {
            return;
        };
        let event: KeyboardEvent = event.unchecked_into();
        let key = event.key();
        if matches!(key.as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            self.open(&mark, None, &figure.room);
        } else if let Some(later) = later::here().filter(|_| !is_chord(&event)) {
            let asked = (later.key)(figure, &code_of(&mark), &key);
            if let Some(msg) = asked {
                figure.room.send(msg);
            }
        }
    }

    /// Opens the menu of a mark, where it was pointed at or in its middle.
    fn open(self: &Rc<Self>, mark: &Element, at: Option<(f64, f64)>, room: &Room) {
        let code = code_of(mark);
        let (Some(target), Some(stage)) = (Target::parse(&code), self.stage.cast::<Element>())
        else {
            return;
        };
        let around = stage.get_bounding_client_rect();
        let here = mark.get_bounding_client_rect();
        let (x, y) = at.unwrap_or((
            here.left() + here.width() / 2.0,
            here.top() + here.height() / 2.0,
        ));
        self.alone();
        room.send(Msg::Play(false));
        room.send(Msg::Select(selection(target)));
        let at = (x - around.left(), y - around.top());
        self.menu.replace(Some(Open::new(code, at)));
        let again = self.again.clone();
        later::now(&stage, move |_| again.now());
    }

    /// The menu that is open.
    pub(crate) fn menu(self: &Rc<Self>, given: &StageGiven, open: &Open) -> Tag {
        let (stage, room) = (Rc::clone(self), Rc::clone(&given.figure.room));
        let chosen = move |choice: menu::Choice| match choice {
            menu::Choice::Nothing => stage.close(),
            menu::Choice::What(what) => {
                if let Some(open) = stage.menu.borrow_mut().as_mut() {
                    open.what = Some(what);
                }
                stage.again.now();
            }
            menu::Choice::Does(msg, inspects) => {
                stage.close();
                room.send(msg);
                if inspects {
                    show_inspector(&stage.stage);
                }
            }
        };
        menu::panel(&given.session, &given.figure.wishes, open, Rc::new(chosen))
    }

    /// Closes the menu. The focus goes back to what it was about, or to the stage if that is gone.
    fn close(&self) {
        let open = self.menu.take();
        self.again.now();
        let (Some(stage), Some(open)) = (self.stage.cast::<Element>(), open) else {
            return;
        };
        let find = |selector: &str| stage.query_selector(selector).ok().flatten();
        let mark = find(&format!("[data-target=\"{}\"]", open.code));
        if let Some(mark) = mark.or_else(|| find("[data-target]")) {
            page::focus(&mark);
        }
    }
}

fn drawing(given: &StageGiven) -> Tag {
    let session = &given.session;
    let lost = letter::lost(&session.timeline.borrow(), session.at);
    let selected = |target: Target| match (target, session.selection) {
        (Target::Message(name), _) => session.is_selected_message(name),
        (_, Selection::Nothing) => false,
        (target, chosen) => selection(target) == chosen,
    };
    let scene = Scene {
        picture: &session.picture,
        lost: &lost,
        id: &given.figure.id,
        selected: &selected,
        living: true,
        calm: given.calm,
    };
    let layout = scene.layout(shape(given.tall));
    let mut stage = figure::stage(&scene, &layout);
    if let Some(later) = later::here() {
        (later.lasting)(&mut stage, session, &layout);
    }
    Tag::from(&stage)
}

/// Whether it happened in the menu, or where one asks for it once more.
fn is_beside(event: &Event) -> bool {
    let target: Option<Element> = page::target(event);
    target.is_some_and(|target| !matches!(target.closest(".menu, .failed"), Ok(None)))
}

fn show_inspector(stage: &NodeRef) {
    let figure = stage
        .cast::<Element>()
        .and_then(|stage| stage.closest("[data-widget]").ok()?);
    let tabs = figure.and_then(|figure| figure.query_selector_all("[role=tab]").ok());
    for tab in page::elements(tabs) {
        let words = tab.text_content();
        if words.is_some_and(|words| words.starts_with("Inspector")) {
            tab.unchecked_ref::<web_sys::HtmlElement>().click();
            page::focus(&tab);
        }
    }
}
