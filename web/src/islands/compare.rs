//! Two runs side by side under the same script, with one player; what differs is said in words and marked.

use std::rc::Rc;

use figure::verdict::difference;
use sim_core::share;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;
use crate::registry::{Room, room};
use crate::session::{Msg, Session};
use crate::views::VerdictBeside;
use crate::widget::page::{self, Listening};
use crate::widget::{Clock, Dialog, Dialogs, Player, StageView, Watchman, Wishes, keys};

/// Below this many pixels across, a stage takes its portrait form.
const WIDE_FROM: i32 = figure::geometry::WIDE_FROM_PX as i32;

/// One of the two.
#[derive(Clone, PartialEq)]
struct Side {
    label: String,
    room: Rc<Room>,
}

/// What the island is given.
#[derive(Properties, PartialEq)]
pub struct CompareProps {
    id: AttrValue,
    title: String,
    place: Element,
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
    let props = CompareProps {
        id: id.into(),
        title: options.text("title"),
        place: place.clone(),
        left,
        right,
    };
    yew::Renderer::<Compare>::with_root_and_props(place, props).render();
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

/// The island.
#[component]
pub fn Compare(props: &CompareProps) -> Html {
    let left = use_room(&props.left.room);
    let right = use_room(&props.right.room);
    let tall = use_tall(&props.place);
    let calm = use_state_eq(page::prefers_less_motion);
    let help = use_state_eq(|| false);
    use_one_time(props);
    let playing = left.as_ref().is_some_and(|left| left.playing);
    {
        let room = Rc::clone(&props.left.room);
        use_effect_with(playing, move |playing| {
            let clock = playing.then(|| Clock::start(room));
            move || drop(clock)
        });
    }
    let (Some(left), Some(right)) = (left, right) else {
        return Html::default();
    };
    let one = |side: &Side, here: &Session, other: &Session, which: &str| {
        let wishes = Rc::new(Wishes::of(&Options::parse("{}"), None));
        let room = Rc::clone(&side.room);
        let dispatch = Callback::from(move |msg: Msg| room.send(msg));
        let telling = here
            .picture
            .telling
            .as_ref()
            .map(|(_, words)| words.clone());
        html! {
            <div class="side" role="group" aria-label={side.label.clone()}>
                <p class="side-label">{ side.label.clone() }</p>
                <StageView id={format!("{}-{which}", props.id)} session={here.clone()} room={Rc::clone(&side.room)}
                    {wishes} {tall} calm={*calm} />
                <p class="now">{ telling.unwrap_or_else(|| "Nothing has happened yet.".to_owned()) }</p>
                <VerdictBeside session={here.clone()} {dispatch} other={other.clone()} />
            </div>
        }
    };
    let live = if left.playing { "off" } else { "polite" };
    let labels = [props.left.label.as_str(), props.right.label.as_str()];
    let said = difference(labels, [&left.picture.verdict, &right.picture.verdict]);
    let ask = {
        let help = help.clone();
        Callback::from(move |()| help.set(true))
    };
    let close = {
        let help = help.clone();
        Callback::from(move |()| help.set(false))
    };
    html! {
        <div class="sim-body" tabindex="-1" onkeydown={on_key(&props.left.room, ask.clone())}>
            <p class="sim-title" id={props.id.clone()}>{ props.title.clone() }</p>
            <div class="pair">
                { one(&props.left, &left, &right, "left") }
                { one(&props.right, &right, &left, "right") }
            </div>
            <Player id={props.id.clone()} session={left.clone()} room={Rc::clone(&props.left.room)} speed={None} help={ask} />
            <div class="differ" role="status" aria-live={live}>{ for said.into_iter().map(|line| html! { <p>{ line }</p> }) }</div>
            if *help {
                <Dialogs id={props.id.clone()} open={Dialog::Help} session={left} {close} />
            }
        </div>
    }
}

/// The keys of a figure move both runs.
fn on_key(lead: &Rc<Room>, help: Callback<()>) -> Callback<KeyboardEvent> {
    let lead = Rc::clone(lead);
    Callback::from(move |event: KeyboardEvent| {
        let wish = lead
            .session()
            .and_then(|session| keys::wish(&event, &session));
        match wish {
            Some(keys::Wish::Do(msg)) => {
                event.prevent_default();
                lead.send(msg);
            }
            Some(keys::Wish::Help) => {
                event.prevent_default();
                help.emit(());
            }
            None => {}
        }
    })
}

#[hook]
fn use_room(room: &Rc<Room>) -> Option<Session> {
    let session = use_state_eq(|| room.session());
    let (room, setter) = (Rc::clone(room), session.setter());
    use_effect_with((), move |()| {
        let watch = room.watch(Callback::from(move |session| setter.set(Some(session))));
        move || drop(watch)
    });
    (*session).clone()
}

/// The left run leads; the right one goes where it stands.
#[hook]
fn use_one_time(props: &CompareProps) {
    let (left, right) = (Rc::clone(&props.left.room), Rc::clone(&props.right.room));
    let place = props.place.clone();
    use_effect_with((), move |()| {
        let follower = Rc::clone(&right);
        let watch = left.watch_frames(Callback::from(move |lead: Session| follower.follow(&lead)));
        let watchman = Watchman::over(&place, left);
        move || drop((watch, watchman))
    });
}

/// Whether half of the place is too narrow for a wide stage.
#[hook]
fn use_tall(place: &Element) -> bool {
    let measure = |place: &Element| {
        let width = place.client_width();
        // Below this the two stand one above the other.
        let across = if width < 640 { width } else { width / 2 };
        across < WIDE_FROM
    };
    let tall = use_state_eq(|| measure(place));
    let (place, setter) = (place.clone(), tall.setter());
    use_effect_with((), move |()| {
        setter.set(measure(&place));
        let listening = page::window().map(|window| {
            Listening::to(window.unchecked_into(), "resize", move |_| {
                setter.set(measure(&place))
            })
        });
        move || drop(listening)
    });
    *tall
}
