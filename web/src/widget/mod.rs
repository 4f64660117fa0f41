//! The figure: stage, player, what just happened, the verdict, and the views for those who dig.

mod bar;
mod clock;
mod controls;
mod dialogs;
pub(crate) mod keys;
mod menu;
mod now;
mod open;
pub(crate) mod page;
mod player;
mod runfile;
mod stage;
mod svg;

use std::rc::Rc;

use sim_core::protocols;
use sim_core::share::{self, Link};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;
use crate::registry::{Room, room};
use crate::session::{Msg, Session};
use crate::views::{Tabs, VerdictStrip, ViewProps};
use bar::BarProps;
use stage::Stage;

pub(crate) use clock::{Clock, Watchman};
pub use controls::Wishes;
pub(crate) use dialogs::{Dialog, Dialogs};
pub use player::Player;
pub use stage::Stage as StageView;

/// How often what stands around the stage follows it while it plays, in microseconds.
const FOLLOWS_US: u64 = 200_000;
/// How often the views under the tabs do: they draw the most.
const TABS_FOLLOW_US: u64 = 600_000;

/// What [`Sim`] is given.
#[derive(Properties, PartialEq)]
pub struct SimProps {
    id: AttrValue,
    room: Rc<Room>,
    wishes: Rc<Wishes>,
    place: Element,
}

/// Brings a figure to life. Until its run has been followed, the still one stands.
pub fn mount(place: Element) {
    let fragment = place.get_attribute("data-run").unwrap_or_default();
    let link = match share::decode(&fragment) {
        Ok(link) => link,
        Err(why) => return say(&place, &format!("This figure stands still: {why}.")),
    };
    let done = {
        let (place, link) = (place.clone(), link.clone());
        Callback::from(move |opened: Result<Session, String>| match opened {
            Ok(session) => begin(&place, &link, session),
            Err(why) => say(&place, &format!("This figure stands still: {why}.")),
        })
    };
    open::follow(&link, Callback::noop(), done);
}

fn begin(place: &Element, link: &Link, mut session: Session) {
    let id = match place.id() {
        id if id.is_empty() => "figure".to_owned(),
        id => id,
    };
    let spec = protocols::spec(&link.run.scenario.protocol);
    let wishes = Wishes::of(&Options::of(place), spec);
    if let Some(speed) = wishes.speed {
        session = session.reduce(Msg::Speed(speed));
    }
    let room = room(&id);
    room.put(session);
    let props = SimProps {
        id: id.into(),
        room,
        wishes: Rc::new(wishes),
        place: place.clone(),
    };
    yew::Renderer::<Sim>::with_root_and_props(place.clone(), props).render();
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

/// Something to say about a link.
#[derive(Clone, PartialEq)]
enum Notice {
    /// It is being opened; so many percent.
    Opening(u32),
    /// It cannot be shown, and why.
    Bad(String),
}

/// The figure.
#[component]
pub fn Sim(props: &SimProps) -> Html {
    let session = use_state_eq(|| props.room.session());
    let notice = use_state_eq(|| None::<Notice>);
    let dialog = use_state_eq(|| None::<Dialog>);
    let width = use_state_eq(|| props.place.client_width());
    let calm = use_state_eq(page::prefers_less_motion);
    use_watching(props, &session);
    use_width(props, &width);
    use_link(props, &notice);
    let Some(session) = session.as_ref().cloned() else {
        return Html::default();
    };
    use_time(props, session.playing);
    let below = use_follower(&session, FOLLOWS_US);
    let tabs = use_follower(&session, TABS_FOLLOW_US);
    let dispatch = {
        let room = props.room.clone();
        Callback::from(move |msg: Msg| room.send(msg))
    };
    let open = |which: Dialog| {
        let dialog = dialog.clone();
        Callback::from(move |()| dialog.set(Some(which)))
    };
    let onkeydown = onkey(props, open(Dialog::Help));
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |()| dialog.set(None))
    };
    let dismiss = {
        let notice = notice.clone();
        Callback::from(move |_: MouseEvent| notice.set(None))
    };
    let bar = BarProps {
        session: below.clone(),
        dispatch: dispatch.clone(),
        wishes: Rc::clone(&props.wishes),
        share: open(Dialog::Share),
    };
    let view = ViewProps {
        session: below.clone(),
        dispatch: dispatch.clone(),
    };
    let tall = (*width).max(0) < figure::geometry::WIDE_FROM_PX as i32;
    html! {
        <div class="sim-body" tabindex="-1" {onkeydown}>
            if !props.wishes.title.is_empty() {
                <p class="sim-title" id={format!("{}-title", props.id)}>{ props.wishes.title.clone() }</p>
            }
            { notice_line(notice.as_ref(), &session, dismiss) }
            { bar::bar(&bar) }
            <Stage id={props.id.clone()} session={session.clone()} room={props.room.clone()}
                wishes={props.wishes.clone()} {tall} calm={*calm} />
            <Player id={props.id.clone()} session={below.clone()} room={props.room.clone()}
                speed={props.wishes.speed} help={open(Dialog::Help)} />
            { now::now(&view) }
            { now::branches(&view) }
            <VerdictStrip session={below.clone()} dispatch={dispatch.clone()} />
            if !props.wishes.views.is_empty() {
                <Tabs id={props.id.clone()} session={tabs} {dispatch} views={props.wishes.views.clone()} />
            }
            { caption(&below) }
            if let Some(open) = *dialog {
                <Dialogs id={props.id.clone()} {open} {session} {close} />
            }
        </div>
    }
}

fn caption(session: &Session) -> Html {
    let (moment, of) = session.moment();
    let run = session.run();
    let yours = match run.actions.len() {
        0 => String::new(),
        1 => " · 1 change of yours".to_owned(),
        count => format!(" · {count} changes of yours"),
    };
    html! {
        <p class="caption">{ format!("Seed {} · moment {moment} of {of}{yours}", run.seed) }</p>
    }
}

fn notice_line(notice: Option<&Notice>, session: &Session, dismiss: Callback<MouseEvent>) -> Html {
    match (notice, &session.problem) {
        (Some(Notice::Opening(percent)), _) => html! {
            <p class="notice" role="status">
                { "Opening the link …" }
                <progress max="100" value={percent.to_string()}>{ format!("{percent} %") }</progress>
            </p>
        },
        (Some(Notice::Bad(why)), _) => html! {
            <div class="notice bad" role="alert">
                <p><b>{ "The link could not be opened: " }</b>{ why.clone() }{ ". Here is the figure as the lesson has it." }</p>
                <button type="button" class="ghost" onclick={dismiss}>{ "All right" }</button>
            </div>
        },
        (None, Some(why)) => html! {
            <p class="notice bad" role="alert"><b>{ "That cannot be run: " }</b>{ why.clone() }{ "." }</p>
        },
        (None, None) => Html::default(),
    }
}

fn onkey(props: &SimProps, help: Callback<()>) -> Callback<KeyboardEvent> {
    let room = props.room.clone();
    Callback::from(move |event: KeyboardEvent| {
        let wish = room
            .session()
            .and_then(|session| keys::wish(&event, &session));
        match wish {
            Some(keys::Wish::Do(msg)) => {
                event.prevent_default();
                room.send(msg);
            }
            Some(keys::Wish::Help) => {
                event.prevent_default();
                help.emit(());
            }
            None => {}
        }
    })
}

/// The session as what stands around the stage shows it: while it plays, a few times a second is enough.
#[hook]
fn use_follower(session: &Session, every_us: u64) -> Session {
    let held = use_mut_ref(|| (session.clone(), 0));
    let waits = use_mut_ref(|| false);
    let update = use_force_update();
    let now = page::now_us();
    let mut held = held.borrow_mut();
    let same = |other: &Session| {
        session.playing
            && other.playing
            && Rc::ptr_eq(&other.timeline, &session.timeline)
            && (other.speed, other.selection) == (session.speed, session.selection)
    };
    if !same(&held.0) || now >= held.1 + every_us {
        *held = (session.clone(), now);
    } else if held.0 != *session && !waits.replace(true) {
        // Nothing more may happen for a while: the last word is shown all the same.
        page::later(every_us, move || {
            *waits.borrow_mut() = false;
            update.force_update();
        });
    }
    held.0.clone()
}

#[hook]
fn use_watching(props: &SimProps, session: &UseStateHandle<Option<Session>>) {
    let (room, setter) = (props.room.clone(), session.setter());
    use_effect_with((), move |()| {
        let watch = room.watch(Callback::from(move |session| setter.set(Some(session))));
        move || drop(watch)
    });
    let (room, place) = (props.room.clone(), props.place.clone());
    use_effect_with((), move |()| {
        let watchman = clock::Watchman::over(&place, room);
        move || drop(watchman)
    });
}

#[hook]
fn use_time(props: &SimProps, playing: bool) {
    let room = props.room.clone();
    use_effect_with(playing, move |playing| {
        let clock = playing.then(|| clock::Clock::start(room));
        move || drop(clock)
    });
}

#[hook]
fn use_width(props: &SimProps, width: &UseStateHandle<i32>) {
    let (place, setter) = (props.place.clone(), width.setter());
    use_effect_with((), move |()| {
        setter.set(place.client_width());
        let listening = page::window().map(|window| {
            page::Listening::to(window.unchecked_into(), "resize", move |_| {
                setter.set(place.client_width())
            })
        });
        move || drop(listening)
    });
}

/// Opens what stands after the `#` of the page's address, if it is for this figure.
#[hook]
fn use_link(props: &SimProps, notice: &UseStateHandle<Option<Notice>>) {
    let (room, place, setter) = (props.room.clone(), props.place.clone(), notice.setter());
    use_effect_with((), move |()| {
        let look = move || {
            let Some(fragment) = page::fragment() else {
                return;
            };
            let link = share::decode(&fragment);
            if page::figure_for(link.as_ref().ok()).as_ref() == Some(&place) {
                restore(link.map_err(|why| why.to_string()), &room, &setter);
            }
        };
        look();
        let listening = page::window().map(|window| {
            page::Listening::to(window.unchecked_into(), "hashchange", move |_| look())
        });
        move || drop(listening)
    });
}

fn restore(link: Result<Link, String>, room: &Rc<Room>, notice: &UseStateSetter<Option<Notice>>) {
    let link = match link {
        Ok(link) => link,
        Err(why) => return notice.set(Some(Notice::Bad(why))),
    };
    notice.set(None);
    let progress = {
        let notice = notice.clone();
        Callback::from(move |percent| notice.set(Some(Notice::Opening(percent))))
    };
    let done = {
        let (notice, room) = (notice.clone(), Rc::clone(room));
        Callback::from(
            move |opened: Result<Session, String>| match (opened, room.session()) {
                (Ok(session), Some(here)) => {
                    notice.set(None);
                    room.put(here.adopt(session));
                }
                (Ok(session), None) => room.put(session),
                (Err(why), _) => notice.set(Some(Notice::Bad(why))),
            },
        )
    };
    open::follow(&link, progress, done);
}
