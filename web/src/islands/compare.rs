//! Two runs side by side under the same script, with one player; what differs is said in words and marked.

use std::rc::Rc;

use sim_core::check::Verdict;
use sim_core::share;
use sim_core::view::Tone;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;
use crate::registry::{Room, room};
use crate::session::{Msg, Session};
use crate::views::VerdictBeside;
use crate::widget::page::{self, Listening};
use crate::widget::{Clock, Player, StageView, Watchman, Wishes};

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
    html! {
        <>
            <p class="sim-title" id={props.id.clone()}>{ props.title.clone() }</p>
            <div class="pair">
                { one(&props.left, &left, &right, "left") }
                { one(&props.right, &right, &left, "right") }
            </div>
            <Player id={props.id.clone()} session={left} room={Rc::clone(&props.left.room)} speed={None} help={Callback::noop()} />
            <div class="differ" role="status" aria-live={live}>{ for said.into_iter().map(|line| html! { <p>{ line }</p> }) }</div>
        </>
    }
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

/// What each of the two did, in a line; one line if they did the same.
fn difference(labels: [&str; 2], verdicts: [&Verdict; 2]) -> Vec<String> {
    let did = verdicts.map(deeds);
    if verdicts.iter().all(|verdict| verdict.answered().1 == 0) {
        return vec!["Nobody has been answered yet. Press play, or step.".to_owned()];
    }
    if did[0] == did[1] {
        return vec![format!("So far both did the same: {}.", did[0])];
    }
    (0..2)
        .map(|side| format!("{} {}.", labels[side], did[side]))
        .collect()
}

/// "refused 2 of 3, and every answer it gave fits one true book"
fn deeds(verdict: &Verdict) -> String {
    let (answered, ended) = verdict.answered();
    let refused: u32 = verdict.sides.iter().map(|side| side.refused).sum();
    let mut deeds = Vec::new();
    match (ended, ended - answered) {
        (0, _) => deeds.push("has answered nobody yet".to_owned()),
        (_, 0) => deeds.push(format!("answered all {ended}")),
        (_, turned) if turned == refused => deeds.push(format!("refused {refused} of {ended}")),
        _ => deeds.push(format!("answered {answered} of {ended}")),
    }
    match verdict.consistency.tone {
        Tone::Ok if answered > 0 => {
            deeds.push("every answer it gave fits one true book".to_owned())
        }
        Tone::No => deeds.push("gave an answer that fits no true book".to_owned()),
        _ => {}
    }
    let standing = &verdict.standing;
    if standing.tone == Tone::No {
        let head = standing.head.trim_end_matches('.');
        deeds.push(format!(
            "{}: {}",
            standing.title.to_lowercase(),
            head.to_lowercase()
        ));
    }
    deeds.join(", and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::{Run, Timeline};
    use sim_core::units::Micros;

    fn verdict(policy: &str, ms: u64) -> Verdict {
        let mut scenario = catalogue::find("bank-two-cut").unwrap();
        scenario.choose("policy", policy);
        let mut timeline = Timeline::of(Run::new(scenario, 7)).unwrap();
        Verdict::of(&mut timeline, Micros::from_ms(ms))
    }

    #[test]
    fn one_refuses_and_stays_true_the_other_answers_and_does_not() {
        let said = difference(
            ["Left", "Right"],
            [&verdict("all", 1_300), &verdict("local", 1_300)],
        );
        assert_eq!(
            said,
            [
                "Left refused 2 of 3, and every answer it gave fits one true book.",
                "Right answered all 3, and gave an answer that fits no true book.",
            ]
        );
    }

    #[test]
    fn what_is_the_same_is_said_once() {
        let same = difference(["L", "R"], [&verdict("all", 500), &verdict("local", 500)]);
        assert_eq!(
            same,
            [
                "So far both did the same: answered all 1, and every answer it gave fits one true book."
            ]
        );
        assert_eq!(
            difference(["L", "R"], [&verdict("all", 0), &verdict("local", 0)]).len(),
            1
        );
    }
}
