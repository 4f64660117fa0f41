//! The figure: stage, player, what just happened, the verdict, and the views for those who dig.

mod bar;
mod caption;
mod clock;
pub(crate) mod controls;
mod dialogs;
pub(crate) mod keys;
mod menu;
pub(crate) mod notice;
pub(crate) mod now;
mod open;
pub(crate) mod page;
mod player;
mod runfile;
pub(crate) mod set_pieces;
mod stage;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sim_core::share;
use web_sys::{Element, Event};

use crate::later;
use crate::options::Options;
use crate::registry::{Room, Watch, room};
use crate::session::{Msg, Session};
use crate::ui::{self, Again, Does, Html, On, Once, Piece, div, p, part, tag};
use crate::views::{StripGiven, TabsGiven};
use page::Width;

pub(crate) use bar::{Bar, BarGiven};
pub(crate) use caption::Caption;
pub(crate) use clock::{Clock, Watchman};
pub use controls::Wishes;
pub(crate) use dialogs::{Dialog, Dialogs, DialogsGiven};
pub(crate) use menu::Open;
pub(crate) use notice::{Notice, Tell};
pub(crate) use now::{Now, NowGiven};
pub use player::{Player, PlayerGiven, clock};
pub use stage::{Stage, StageGiven};

/// How often what stands around the stage follows it while it plays, in microseconds.
const FOLLOWS_US: u64 = 200_000;
/// How often the views under the tabs do: they draw the most.
const TABS_FOLLOW_US: u64 = 600_000;

/// A figure of a page, as every part of it knows it.
pub struct Figure {
    /// Begins every id in it, so that no two on a page are equal.
    pub id: String,
    /// Where its session is kept.
    pub room: Rc<Room>,
    /// What its block lists.
    pub wishes: Wishes,
}

/// A figure is equal to itself alone.
impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// What [`Sim`] is given.
pub struct SimGiven {
    figure: Rc<Figure>,
    place: Element,
    /// The bar as the page was written with it: it keeps the place of what is loaded later.
    still_bar: Option<Element>,
    /// What just happened likewise.
    still_now: Option<Element>,
    /// The verdict likewise.
    still_verdict: Option<Element>,
    /// The views likewise.
    still_views: Option<Element>,
}

/// Brings a figure to life. The runs that a lesson shows are short: one that a link brings is followed in slices.
pub fn mount(place: Element) {
    match opened(&place) {
        Some(session) => begin(&place, session),
        // Whoever builds the site is told why.
        None => say(
            &place,
            "This figure stands still: its run cannot be followed here.",
        ),
    }
}

fn opened(place: &Element) -> Option<Session> {
    let fragment = place.get_attribute("data-run").unwrap_or_default();
    let link = share::decode_in_page(&fragment)?;
    let session = Session::open(&link).ok()?;
    let same = link.verify(&session.timeline.borrow());
    same.ok().map(|()| session)
}

fn begin(place: &Element, mut session: Session) {
    let id = match place.id() {
        id if id.is_empty() => "figure".to_owned(),
        id => id,
    };
    let spec = session.timeline.borrow().spec();
    let wishes = Wishes::of(Options::of(place), spec);
    if let Some(speed) = wishes.speed {
        session = session.reduce(Msg::Speed(speed));
    }
    let room = room(&id);
    room.put(session);
    let still = |part: &str| place.query_selector(part).ok().flatten();
    let given = SimGiven {
        figure: Rc::new(Figure { id, room, wishes }),
        place: place.clone(),
        still_bar: still(".bar"),
        still_now: still(".now"),
        still_verdict: still(".verdict"),
        still_views: still(".views"),
    };
    ui::mount::<Sim>(place.clone(), Once(given));
}

/// Adds a line under a still figure.
fn say(place: &Element, words: &str) {
    let line = page::document().and_then(|document| document.create_element("p").ok());
    if let Some(line) = line {
        line.set_class_name("failed");
        line.set_text_content(Some(words));
        // Where even this fails, the figure stands all the same.
        let _ = place.append_child(&line);
    }
}

/// The figure.
pub struct Sim {
    again: Again,
    /// Something to say about a link.
    notice: Rc<RefCell<Option<Notice>>>,
    dialog: Rc<Cell<Option<Dialog>>>,
    close: Does,
    share: Does,
    help: Does,
    width: Width,
    calm: bool,
    below: Rc<Follower>,
    tabs: Rc<Follower>,
    clock: RefCell<Option<Clock>>,
    _watches: [Watch; 2],
    _watchman: Option<Watchman>,
    address: RefCell<Option<page::Listening>>,
}

impl Piece for Sim {
    type Given = Once<SimGiven>;

    fn begin(Once(given): &Once<SimGiven>, again: Again) -> Self {
        let dialog = Rc::new(Cell::new(None));
        let shows = |which: Option<Dialog>| {
            let (dialog, again) = (Rc::clone(&dialog), again.clone());
            let place = given.place.clone();
            Does::this(move || {
                dialog.set(which);
                let again = again.clone();
                later::now(&place, move |_| again.now());
            })
        };
        let (told, due) = (again.clone(), again.clone());
        let (below, tabs) = (Follower::every(FOLLOWS_US), Follower::every(TABS_FOLLOW_US));
        let follow = {
            let (below, tabs) = (Rc::clone(&below), Rc::clone(&tabs));
            move |_: &Rc<Session>| {
                if below.is_due() || tabs.is_due() {
                    due.now();
                }
            }
        };
        let room = &given.figure.room;
        let judged = Rc::clone(room);
        let come = move |_: &later::Later| judged.send(Msg::Judge);
        match &given.still_views {
            Some(views) => later::at(views, come),
            None => later::when(&given.place, come),
        }
        Self {
            notice: Rc::default(),
            close: shows(None),
            share: shows(Some(Dialog::Share)),
            help: shows(Some(Dialog::Help)),
            dialog,
            width: Width::of(&given.place, again.clone()),
            calm: page::prefers_less_motion(),
            below,
            tabs,
            clock: RefCell::default(),
            _watches: [room.watch(move |_| told.now()), room.watch_frames(follow)],
            _watchman: Watchman::over(&given.place, Rc::clone(room)),
            address: RefCell::default(),
            again,
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<SimGiven>) -> Html {
        let figure = &given.figure;
        let Some(session) = figure.room.session() else {
            return Html::default();
        };
        let below = self.below.of(&session);
        let tabs = self.tabs.of(&session);
        let title = &figure.wishes.title;
        let title = (!title.is_empty()).then(|| {
            let line = p("sim-title").has("id", format!("{}-title", figure.id));
            line.says(title.clone())
        });
        let bar = BarGiven {
            figure: Rc::clone(figure),
            session: Rc::clone(&below),
            share: self.share.clone(),
        };
        let stage = StageGiven {
            figure: Rc::clone(figure),
            session: Rc::clone(&session),
            tall: self.width.px() < figure::geometry::WIDE_FROM_PX as i32,
            calm: self.calm,
        };
        let player = PlayerGiven {
            figure: Rc::clone(figure),
            session: Rc::clone(&below),
            help: self.help.clone(),
        };
        let now = NowGiven {
            figure: Rc::clone(figure),
            session: Rc::clone(&below),
            said: figure.room.said(),
        };
        let strip = StripGiven {
            figure: Rc::clone(figure),
            session: Rc::clone(&below),
            other: None,
        };
        let (room, help) = (Rc::clone(&figure.room), self.help.clone());
        div("sim-body")
            .is("tabindex", "-1")
            .on(On::KeyDown, move |event| keys::pressed(event, &room, &help))
            .maybe(title)
            .node(self.notice_line(&session))
            .node(self::bar(given, bar))
            .node(part::<Stage>("", stage))
            .node(part::<Player>("", player))
            .node(self::now(given, now))
            .node(self::strip(given, strip))
            .node(views(given, tabs))
            .child(caption(&below))
            .node(self.dialog(figure, session))
            .done()
    }

    fn drawn(self: &Rc<Self>, Once(given): &Once<SimGiven>, first: bool) {
        if first {
            self.follow_address(given);
        }
        let room = &given.figure.room;
        room.judge_on();
        let playing = room.session().is_some_and(|session| session.playing);
        let mut clock = self.clock.borrow_mut();
        if playing != clock.is_some() {
            *clock = playing.then(|| Clock::start(Rc::clone(room)));
        }
    }
}

/// The views for those who dig, if the block lists any. Until they are loaded, their place is kept.
fn views(given: &SimGiven, session: Rc<Session>) -> Html {
    let figure = Rc::clone(&given.figure);
    match later::here() {
        _ if figure.wishes.views.is_empty() => Html::default(),
        Some(later) => (later.tabs)(TabsGiven { figure, session }),
        None => ui::standing(given.still_views.as_ref()),
    }
}

/// What just happened; until there are words for it, what the page says of the moment with which the figure was opened.
fn now(given: &SimGiven, now: NowGiven) -> Html {
    match later::here() {
        Some(later) => (later.now)(now),
        None if now.session.is_as_opened() => ui::standing(given.still_now.as_ref()),
        None => div("now").child(tag("p").text("…")).done(),
    }
}

/// The verdict; until what judges is loaded, it is the one on how the figure was opened.
fn strip(given: &SimGiven, strip: StripGiven) -> Html {
    match later::here() {
        Some(later) if strip.session.verdict.is_some() => (later.strip)(strip),
        _ => ui::standing(given.still_verdict.as_ref()),
    }
}

/// What stands above the stage; until it is loaded, its place is kept.
fn bar(given: &SimGiven, bar: BarGiven) -> Html {
    match later::here() {
        Some(later) => (later.bar)(bar),
        None => ui::standing(given.still_bar.as_ref()),
    }
}

impl Sim {
    fn dialog(&self, figure: &Rc<Figure>, session: Rc<Session>) -> Html {
        let Some(open) = self.dialog.get() else {
            return Html::default();
        };
        let given = DialogsGiven {
            figure: Rc::clone(figure),
            open,
            session,
            close: self.close.clone(),
        };
        match later::here() {
            Some(later) => (later.dialogs)(given),
            None => Html::default(),
        }
    }

    fn notice_line(self: &Rc<Self>, session: &Session) -> Html {
        let (notice, again) = (Rc::clone(&self.notice), self.again.clone());
        let dismiss = move || again.keep(&notice, None);
        let notice = self.notice.borrow();
        match later::here() {
            Some(later) if notice.is_some() || session.problem.is_some() => {
                (later.notice)(notice.as_ref(), session, Does::this(dismiss))
            }
            _ => Html::default(),
        }
    }

    /// Opens what stands after the `#` of the page's address, now and whenever that changes, if it is for this figure.
    fn follow_address(&self, given: &SimGiven) {
        let (room, place) = (Rc::clone(&given.figure.room), given.place.clone());
        let (notice, again) = (Rc::clone(&self.notice), self.again.clone());
        let waits = Rc::new(Cell::new(false));
        let look = move || {
            if page::fragment().is_none() || waits.replace(true) {
                return;
            }
            let waits = Rc::clone(&waits);
            let (notice, again) = (Rc::clone(&notice), again.clone());
            let tell = move |said: Option<Notice>| again.keep(&notice, said);
            let (room, figure, tell) = (Rc::clone(&room), place.clone(), Rc::new(tell));
            later::now(&place, move |later| {
                waits.set(false);
                (later.look)(&room, &figure, tell);
            });
        };
        if let Some(window) = page::window() {
            look();
            let listening =
                page::Listening::to(window.into(), "hashchange", move |_: Event| look());
            self.address.replace(Some(listening));
        }
    }
}

fn caption(session: &Session) -> ui::Tag {
    let (moment, of) = session.moment();
    let run = session.run();
    let yours = match run.actions.len() {
        0 => String::new(),
        1 => " · 1 change of yours".to_owned(),
        count => format!(" · {count} changes of yours"),
    };
    p("caption").says(format!(
        "Seed {} · moment {moment} of {of}{yours}",
        run.seed
    ))
}

/// The session as what stands around the stage shows it: while it plays, a few times a second is enough.
struct Follower {
    every_us: u64,
    held: RefCell<Option<(Rc<Session>, u64)>>,
    /// What is shown is not the last word.
    behind: Cell<bool>,
}

impl Follower {
    fn every(every_us: u64) -> Rc<Self> {
        Rc::new(Self {
            every_us,
            held: RefCell::default(),
            behind: Cell::new(false),
        })
    }

    fn of(&self, session: &Rc<Session>) -> Rc<Session> {
        let now = page::now_us();
        let mut held = self.held.borrow_mut();
        let (shown, since) = held.get_or_insert_with(|| (Rc::clone(session), now));
        let alike = session.playing
            && shown.playing
            && Rc::ptr_eq(&shown.timeline, &session.timeline)
            && (shown.speed, shown.selection) == (session.speed, session.selection);
        if !alike || now >= *since + self.every_us {
            (*shown, *since) = (Rc::clone(session), now);
        }
        self.behind.set(shown != session);
        Rc::clone(shown)
    }

    /// Whether it is time to show more, though nothing new may happen for a while.
    fn is_due(&self) -> bool {
        let since = self.held.borrow().as_ref().map_or(0, |held| held.1);
        self.behind.get() && page::now_us() >= since + self.every_us
    }
}
