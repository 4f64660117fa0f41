//! Two runs side by side under the same script, with one player; what differs is said in words and marked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::verdict::difference;
use sim_core::protocol::ProtocolSpec;
use sim_core::share;
use web_sys::Element;

use crate::options::Options;
use crate::registry::{Room, Watch, room};
use crate::session::Session;
use crate::ui::{self, Again, Does, Html, On, Once, Piece, Tag, div, p, part, tag};
use crate::views::{Beside, Strip, StripGiven};
use crate::widget::page::{self, Width};
use crate::widget::{
    Caption, Clock, Dialog, Dialogs, DialogsGiven, Figure, Player, PlayerGiven, Stage, StageGiven,
    Watchman, Wishes, keys,
};

/// Below this many pixels across, a stage takes its portrait form.
const WIDE_FROM: i32 = figure::geometry::WIDE_FROM_PX as i32;
/// Below this many, the two stand one above the other.
const BESIDE_FROM: i32 = 640;

/// One of the two.
struct Side {
    label: String,
    figure: Rc<Figure>,
    caption: Caption,
}

/// What the island is given.
pub struct CompareGiven {
    title: String,
    place: Element,
    /// Both, under the left run's clock.
    whole: Rc<Figure>,
    left: Side,
    right: Side,
}

/// Mounts the island. Where a run cannot be followed, the still pictures stay.
pub fn mount(place: Element) {
    let options = Options::of(&place);
    let id = place
        .get_attribute("aria-labelledby")
        .unwrap_or_else(|| "compare".to_owned());
    let sides = ["left", "right"].map(|which| side(&options.part(which), &format!("{id}-{which}")));
    let [Some(left), Some(right)] = sides else {
        return;
    };
    let given = CompareGiven {
        title: options.text("title"),
        place: place.clone(),
        whole: figure(id, Rc::clone(&left.figure.room), left.figure.wishes.spec),
        left,
        right,
    };
    ui::mount::<Compare>(place, Once(given));
}

fn side(options: &Options, id: &str) -> Option<Side> {
    let link = share::decode_in_page(&options.text("run"))?;
    let room = room(id);
    let session = Session::open(&link).ok()?;
    let spec = session.timeline.borrow().spec();
    room.put(session);
    Some(Side {
        label: options.text("label"),
        figure: figure(id.to_owned(), room, spec),
        caption: Caption::default(),
    })
}

/// A figure in which nothing can be changed.
fn figure(id: String, room: Rc<Room>, spec: &'static ProtocolSpec) -> Rc<Figure> {
    let wishes = Wishes::of(Options::parse("{}"), spec);
    Rc::new(Figure { id, room, wishes })
}

/// The island. The left run leads; the right one goes where it stands.
pub struct Compare {
    helps: Rc<Cell<bool>>,
    help: Does,
    close: Does,
    /// Whether the lattices of models are open: to compare them, one opens both.
    lattices: Rc<Cell<bool>>,
    turn: Does,
    width: Width,
    calm: bool,
    clock: RefCell<Option<Clock>>,
    _watches: [Watch; 3],
    _watchman: Option<Watchman>,
}

impl Piece for Compare {
    type Given = Once<CompareGiven>;

    fn begin(Once(given): &Once<CompareGiven>, again: Again) -> Self {
        let (left, right) = (&given.left.figure.room, &given.right.figure.room);
        let helps = Rc::new(Cell::new(false));
        let turns = |on: bool| {
            let (helps, again) = (Rc::clone(&helps), again.clone());
            Does::this(move || {
                helps.set(on);
                again.now();
            })
        };
        let lattices = Rc::new(Cell::new(false));
        let turn = {
            let (lattices, again) = (Rc::clone(&lattices), again.clone());
            Does::this(move || {
                lattices.set(!lattices.get());
                again.now();
            })
        };
        let (one, other) = (again.clone(), again.clone());
        let follower = Rc::clone(right);
        Self {
            help: turns(true),
            close: turns(false),
            helps,
            lattices,
            turn,
            width: Width::of(&given.place, again),
            calm: page::prefers_less_motion(),
            clock: RefCell::default(),
            _watches: [
                left.watch(move |_| one.now()),
                right.watch(move |_| other.now()),
                left.watch_frames(move |lead| follower.follow(lead)),
            ],
            _watchman: Watchman::over(&given.place, Rc::clone(left)),
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<CompareGiven>) -> Html {
        let (Some(left), Some(right)) = (
            given.left.figure.room.session(),
            given.right.figure.room.session(),
        ) else {
            return Html::default();
        };
        let live = if left.playing { "off" } else { "polite" };
        let labels = [given.left.label.as_str(), given.right.label.as_str()];
        let said = match (&left.verdict, &right.verdict) {
            (Some(one), Some(other)) => difference(labels, [one, other]),
            _ => Vec::new(),
        };
        let said = said.into_iter().map(|line| tag("p").says(line));
        let player = PlayerGiven {
            figure: Rc::clone(&given.whole),
            session: Rc::clone(&left),
            help: self.help.clone(),
        };
        let dialogs = match self.helps.get() {
            false => Html::default(),
            true => part::<Dialogs>(
                "",
                DialogsGiven {
                    figure: Rc::clone(&given.whole),
                    open: Dialog::Help,
                    session: Rc::clone(&left),
                    close: self.close.clone(),
                },
            ),
        };
        let (lead, help) = (Rc::clone(&given.left.figure.room), self.help.clone());
        div("sim-body")
            .is("tabindex", "-1")
            // The keys of a figure move both runs.
            .on(On::KeyDown, move |event| keys::pressed(event, &lead, &help))
            .child(
                p("sim-title")
                    .has("id", given.whole.id.clone())
                    .says(given.title.clone()),
            )
            .child(
                div("pair")
                    .child(self.side(&given.left, [&left, &right]))
                    .child(self.side(&given.right, [&right, &left])),
            )
            .node(part::<Player>("", player))
            .child(
                div("differ")
                    .is("role", "status")
                    .is("aria-live", live)
                    .each(said.collect()),
            )
            .node(dialogs)
            .done()
    }

    fn drawn(self: &Rc<Self>, Once(given): &Once<CompareGiven>, _: bool) {
        let lead = &given.left.figure.room;
        lead.judge_on();
        given.right.figure.room.judge_on();
        let playing = lead.session().is_some_and(|session| session.playing);
        let mut clock = self.clock.borrow_mut();
        if playing != clock.is_some() {
            *clock = playing.then(|| Clock::start(Rc::clone(lead)));
        }
    }
}

impl Compare {
    fn side(&self, side: &Side, [here, other]: [&Rc<Session>; 2]) -> Tag {
        let width = self.width.px();
        let across = if width < BESIDE_FROM {
            width
        } else {
            width / 2
        };
        let stage = StageGiven {
            figure: Rc::clone(&side.figure),
            session: Rc::clone(here),
            tall: across < WIDE_FROM,
            calm: self.calm,
        };
        let strip = StripGiven {
            figure: Rc::clone(&side.figure),
            session: Rc::clone(here),
            other: Some(Beside {
                session: Rc::clone(other),
                is_open: self.lattices.get(),
                turn: self.turn.clone(),
            }),
        };
        let told = side.caption.event(here).map(|id| here.sentence(id));
        let words = told.unwrap_or_else(|| "Nothing has happened yet.".to_owned());
        div("side")
            .is("role", "group")
            .has("aria-label", side.label.clone())
            .child(p("side-label").says(side.label.clone()))
            .node(part::<Stage>("", stage))
            .child(p("now").says(words))
            .node(part::<Strip>("", strip))
    }
}
