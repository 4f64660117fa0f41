//! Two runs side by side under the same script, with one player; what differs is said in words and marked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::verdict::difference;
use sim_core::share;
use web_sys::Element;
use yew::AttrValue;

use crate::options::Options;
use crate::registry::{Room, Watch, room};
use crate::session::Session;
use crate::ui::{self, Again, Does, Html, On, Once, Piece, Tag, div, p, part, tag};
use crate::views::{Strip, StripGiven};
use crate::widget::page::{self, Width};
use crate::widget::{
    Clock, Dialog, Dialogs, DialogsGiven, Player, PlayerGiven, Stage, StageGiven, Watchman, Wishes,
    keys,
};

/// Below this many pixels across, a stage takes its portrait form.
const WIDE_FROM: i32 = figure::geometry::WIDE_FROM_PX as i32;
/// Below this many, the two stand one above the other.
const BESIDE_FROM: i32 = 640;

/// One of the two.
struct Side {
    label: String,
    room: Rc<Room>,
}

/// What the island is given.
pub struct CompareGiven {
    id: AttrValue,
    title: String,
    place: Element,
    left: Side,
    right: Side,
    wishes: Rc<Wishes>,
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
        id: id.into(),
        title: options.text("title"),
        place: place.clone(),
        left,
        right,
        wishes: Rc::new(Wishes::of(&Options::parse("{}"), None)),
    };
    ui::mount::<Compare>(place, Once(given));
}

fn side(options: &Options, id: &str) -> Option<Side> {
    let link = share::decode(&options.text("run")).ok()?;
    let room = room(id);
    room.put(Session::open(&link).ok()?);
    Some(Side {
        label: options.text("label"),
        room,
    })
}

/// The island. The left run leads; the right one goes where it stands.
pub struct Compare {
    helps: Rc<Cell<bool>>,
    help: Does,
    close: Does,
    width: Width,
    calm: bool,
    clock: RefCell<Option<Clock>>,
    _watches: [Watch; 3],
    _watchman: Option<Watchman>,
}

impl Piece for Compare {
    type Given = Once<CompareGiven>;

    fn begin(Once(given): &Once<CompareGiven>, again: Again) -> Self {
        let (left, right) = (&given.left.room, &given.right.room);
        let helps = Rc::new(Cell::new(false));
        let turns = |on: bool| {
            let (helps, again) = (Rc::clone(&helps), again.clone());
            Does::this(move || {
                helps.set(on);
                again.now();
            })
        };
        let (one, other) = (again.clone(), again.clone());
        let follower = Rc::clone(right);
        Self {
            help: turns(true),
            close: turns(false),
            helps,
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
        let (Some(left), Some(right)) = (given.left.room.session(), given.right.room.session())
        else {
            return Html::default();
        };
        let live = if left.playing { "off" } else { "polite" };
        let labels = [given.left.label.as_str(), given.right.label.as_str()];
        let said = difference(labels, [&left.picture.verdict, &right.picture.verdict]);
        let said = said.into_iter().map(|line| tag("p").says(line));
        let player = PlayerGiven {
            id: given.id.clone(),
            session: Rc::clone(&left),
            room: Rc::clone(&given.left.room),
            speed: None,
            help: self.help.clone(),
        };
        let dialogs = match self.helps.get() {
            false => Html::default(),
            true => part::<Dialogs>(
                "",
                DialogsGiven {
                    id: given.id.clone(),
                    open: Dialog::Help,
                    session: Rc::clone(&left),
                    close: self.close.clone(),
                },
            ),
        };
        let (lead, help) = (Rc::clone(&given.left.room), self.help.clone());
        div("sim-body")
            .is("tabindex", "-1")
            // The keys of a figure move both runs.
            .on(On::KeyDown, move |event| keys::pressed(event, &lead, &help))
            .child(
                p("sim-title")
                    .shares("id", &given.id)
                    .says(given.title.clone()),
            )
            .child(
                div("pair")
                    .child(self.side(given, &given.left, [&left, &right], "left"))
                    .child(self.side(given, &given.right, [&right, &left], "right")),
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
        let lead = &given.left.room;
        let playing = lead.session().is_some_and(|session| session.playing);
        let mut clock = self.clock.borrow_mut();
        if playing != clock.is_some() {
            *clock = playing.then(|| Clock::start(Rc::clone(lead)));
        }
    }
}

impl Compare {
    fn side(
        &self,
        given: &CompareGiven,
        side: &Side,
        [here, other]: [&Rc<Session>; 2],
        which: &str,
    ) -> Tag {
        let width = self.width.px();
        let across = if width < BESIDE_FROM {
            width
        } else {
            width / 2
        };
        let stage = StageGiven {
            id: format!("{}-{which}", given.id).into(),
            session: Rc::clone(here),
            room: Rc::clone(&side.room),
            wishes: Rc::clone(&given.wishes),
            tall: across < WIDE_FROM,
            calm: self.calm,
        };
        let strip = StripGiven {
            session: Rc::clone(here),
            room: Rc::clone(&side.room),
            other: Some(Rc::clone(other)),
        };
        let telling = here.picture.telling.as_ref();
        let words = telling.map_or("Nothing has happened yet.", |(_, words)| words);
        div("side")
            .is("role", "group")
            .has("aria-label", side.label.clone())
            .child(p("side-label").says(side.label.clone()))
            .node(part::<Stage>("", stage))
            .child(p("now").says(words.to_owned()))
            .node(part::<Strip>("", strip))
    }
}
