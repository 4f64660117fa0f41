//! Two to four runs side by side under the same script, with one player; what differs is said in words, counted, and the
//! moments at which it does are ways there.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::counts::{Counts, differences};
use figure::element::tenths;
use figure::verdict::difference;
use sim_core::protocol::ProtocolSpec;
use sim_core::run::Timeline;
use sim_core::share;
use sim_core::units::Micros;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::options::Options;
use crate::registry::{Room, Watch, room};
use crate::session::{Msg, Session};
use crate::shelf;
use crate::ui::{self, Again, Does, Html, On, Once, Piece, Tag, button, div, p, part, tag};
use crate::views::{Beside, Strip, StripGiven};
use crate::widget::page::{self, Width};
use crate::widget::{
    Caption, Clock, Dialog, Dialogs, DialogsGiven, Figure, Player, PlayerGiven, Stage, StageGiven,
    Watchman, Wishes, clock, keys,
};

/// Below this many pixels across, a stage takes its portrait form.
const WIDE_FROM: i32 = figure::geometry::WIDE_FROM_PX as i32;
/// Below this many, they stand one above the other.
const BESIDE_FROM: i32 = 640;
/// So many moments at which they go apart are shown at most.
const APART_MAX: usize = 12;

/// One of them.
struct Side {
    label: String,
    figure: Rc<Figure>,
    caption: Caption,
}

/// What the island is given.
pub struct CompareGiven {
    title: String,
    place: Element,
    /// All of them, under the first run's clock.
    whole: Rc<Figure>,
    sides: Vec<Side>,
    /// Where the runs go apart for their people.
    apart: Vec<Micros>,
}

impl CompareGiven {
    fn lead(&self) -> &Rc<Room> {
        &self.whole.room
    }
}

/// Mounts the island, when all protocols are here that it plays. Where one cannot be had, or a run cannot be followed, the
/// still pictures stay.
pub fn mount(place: Element) {
    let options = Options::of(&place);
    let plays = options.list("plays");
    let wanted = plays.iter().map(Options::as_text).collect();
    bring(wanted, move || begin(place, &options));
}

/// Has these loaded, one after the other, and then goes on.
fn bring(mut wanted: Vec<String>, then: impl FnOnce() + 'static) {
    match wanted.pop() {
        None => then(),
        Some(protocol) => shelf::bring(protocol, move |is_here| {
            if is_here {
                bring(wanted, then);
            }
        }),
    }
}

fn begin(place: Element, options: &Options) {
    let id = place
        .get_attribute("aria-labelledby")
        .unwrap_or_else(|| "compare".to_owned());
    let all = options.list("sides");
    let sides = all.iter().enumerate();
    let sides: Option<Vec<Side>> = sides
        .map(|(number, options)| side(options, &format!("{id}-{number}")))
        .collect();
    let Some(sides) = sides.filter(|sides| !sides.is_empty()) else {
        return;
    };
    let first = &sides[0].figure;
    let given = CompareGiven {
        title: options.text("title"),
        place: place.clone(),
        whole: figure(id, Rc::clone(&first.room), first.wishes.spec),
        apart: apart(&sides),
        sides,
    };
    ui::mount::<Compare>(place, Once(given));
}

/// The moments at which any of them parts from the first.
fn apart(sides: &[Side]) -> Vec<Micros> {
    let session = |side: &Side| side.figure.room.session();
    let Some(first) = sides.first().and_then(session) else {
        return Vec::new();
    };
    let others: Vec<_> = sides.iter().skip(1).filter_map(session).collect();
    let others: Vec<_> = others.iter().map(|one| one.timeline.borrow()).collect();
    let others: Vec<&Timeline> = others.iter().map(|one| &**one).collect();
    let mut moments = differences(&first.timeline.borrow(), &others);
    moments.truncate(APART_MAX);
    moments
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

/// The island. The first run leads; the others go where it stands.
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
    _watches: Vec<Watch>,
    _watchman: Option<Watchman>,
}

impl Piece for Compare {
    type Given = Once<CompareGiven>;

    fn begin(Once(given): &Once<CompareGiven>, again: Again) -> Self {
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
        let rooms = given.sides.iter().map(|side| &side.figure.room);
        let mut watches = Vec::new();
        for room in rooms.clone() {
            let again = again.clone();
            watches.push(room.watch(move |_| again.now()));
        }
        for follower in rooms.skip(1) {
            let follower = Rc::clone(follower);
            let lead = given.lead();
            watches.push(lead.watch_frames(move |lead| follower.follow(lead)));
        }
        Self {
            help: turns(true),
            close: turns(false),
            helps,
            lattices,
            turn,
            width: Width::of(&given.place, again),
            calm: page::prefers_less_motion(),
            clock: RefCell::default(),
            _watches: watches,
            _watchman: Watchman::over(&given.place, Rc::clone(given.lead())),
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<CompareGiven>) -> Html {
        let sessions = given.sides.iter().map(|side| side.figure.room.session());
        let Some(sessions) = sessions.collect::<Option<Vec<_>>>() else {
            return Html::default();
        };
        let lead = &sessions[0];
        let live = if lead.playing { "off" } else { "polite" };
        let labels: Vec<&str> = given.sides.iter().map(|side| side.label.as_str()).collect();
        let verdicts = sessions.iter().map(|session| session.verdict.as_deref());
        let said = match verdicts.collect::<Option<Vec<_>>>() {
            Some(verdicts) => difference(&labels, &verdicts),
            None => Vec::new(),
        };
        let said = said.into_iter().map(|line| tag("p").says(line));
        let player = PlayerGiven {
            figure: Rc::clone(&given.whole),
            session: Rc::clone(lead),
            help: self.help.clone(),
        };
        let dialogs = match self.helps.get() {
            false => Html::default(),
            true => part::<Dialogs>(
                "",
                DialogsGiven {
                    figure: Rc::clone(&given.whole),
                    open: Dialog::Help,
                    session: Rc::clone(lead),
                    close: self.close.clone(),
                },
            ),
        };
        let (room, help) = (Rc::clone(given.lead()), self.help.clone());
        div("sim-body")
            .is("tabindex", "-1")
            // The keys of a figure move all runs.
            .on(On::KeyDown, move |event| keys::pressed(event, &room, &help))
            .child(
                p("sim-title")
                    .has("id", given.whole.id.clone())
                    .says(given.title.clone()),
            )
            .child(div("pair").each(self.sides(given, &sessions)))
            .node(part::<Player>("", player))
            .maybe(ways(given))
            .child(
                div("differ")
                    .is("role", "status")
                    .is("aria-live", live)
                    .each(said.collect()),
            )
            .node(dialogs)
            .done()
    }

    fn drawn(self: &Rc<Self>, Once(given): &Once<CompareGiven>, first: bool) {
        let lead = given.lead();
        if first {
            mark(given);
        }
        for side in &given.sides {
            side.figure.room.judge_on();
        }
        let playing = lead.session().is_some_and(|session| session.playing);
        let mut clock = self.clock.borrow_mut();
        if playing != clock.is_some() {
            *clock = playing.then(|| Clock::start(Rc::clone(lead)));
        }
    }
}

impl Compare {
    fn sides(&self, given: &CompareGiven, sessions: &[Rc<Session>]) -> Vec<Tag> {
        let all = given.sides.iter().zip(sessions).enumerate();
        all.map(|(place, (side, here))| {
            self.side(side, [here, &sessions[(place + 1) % sessions.len()]])
        })
        .collect()
    }

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
            .child(counts(here))
            .node(part::<Strip>("", strip))
    }
}

/// What a run has cost so far.
fn counts(session: &Session) -> Tag {
    let counts = Counts::of(&session.timeline.borrow(), session.at);
    let lines = counts.lines().into_iter().map(|(term, number)| {
        let number = tag("dd").says(number);
        div("").child(tag("dt").text(term)).child(number)
    });
    tag("dl").is("class", "counts").each(lines.collect())
}

/// Marks on the track where the runs go apart. A style sheet draws them: what is written here is where.
fn mark(given: &CompareGiven) {
    let Some(session) = given.lead().session() else {
        return;
    };
    let end = session.end().0.max(1) as f64;
    let mark = |at: &Micros| {
        let share = tenths(at.0 as f64 * 100.0 / end);
        format!("var(--differs) {share}% 100%/3px 34% no-repeat")
    };
    let marks: Vec<String> = given.apart.iter().map(mark).collect();
    if let Some(place) = given.place.dyn_ref::<HtmlElement>() {
        let _ = place.style().set_property("--apart", &marks.join(","));
    }
}

/// Ways to the moments at which it shows that the runs went apart.
fn ways(given: &CompareGiven) -> Option<Tag> {
    if given.apart.is_empty() {
        return None;
    }
    let way = |at: &Micros| {
        button("ghost")
            .sends(given.lead(), Msg::Seek(*at))
            .says(clock(*at))
    };
    let row = div("apart").child(p("").text("They differ at"));
    Some(row.each(given.apart.iter().map(way).collect()))
}
