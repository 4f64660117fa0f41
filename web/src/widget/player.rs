//! Below the stage: step, play, scrub, and how quickly.

use std::rc::Rc;

use figure::element::tenths;
use sim_core::run::Timeline;
use sim_core::trace::Kind;
use sim_core::units::{EventId, Micros};
use sim_core::words::Words;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use super::page;
use crate::registry::Room;
use crate::session::{Msg, Session};
use crate::speed::{SPEEDS, Speed};

/// How often the track moves while it plays, in microseconds.
const TRACK_US: u64 = 100_000;

/// More ticks than this would be a smear.
const TICKS_MAX: usize = 240;

/// What [`Player`] is given.
#[derive(Properties, PartialEq)]
pub struct PlayerProps {
    /// Begins every id in it.
    pub id: AttrValue,
    /// What is looked at.
    pub session: Session,
    /// Where it is kept.
    pub room: Rc<Room>,
    /// The speed that the block asks for.
    pub speed: Option<Speed>,
    /// Opens the list of keys.
    pub help: Callback<()>,
}

/// A moment as the player says it.
pub fn clock(at: Micros) -> String {
    match at.0 / 1_000 {
        0 => "0 ms".to_owned(),
        ms => Micros::from_ms(ms).to_string(),
    }
}

/// The moment in words, for those who do not see the track.
fn spoken(session: &Session) -> String {
    let (moment, of) = session.moment();
    let telling = session.picture.telling.as_ref();
    let words = telling.map_or("nothing has happened yet.", |(_, words)| words);
    format!("Moment {moment} of {of}, {}: {words}", clock(session.at))
}

/// The player.
#[component]
pub fn Player(props: &PlayerProps) -> Html {
    let (track, time) = (use_node_ref(), use_node_ref());
    {
        let (room, track, time) = (props.room.clone(), track.clone(), time.clone());
        use_effect_with((), move |()| {
            let last = std::cell::Cell::new(0);
            let watch = room.watch_frames(Callback::from(move |session: Session| {
                // Ten times a second is smooth enough here, and spares the browser a layout of the slider.
                let now = page::now_us();
                if session.playing && now < last.get() + TRACK_US {
                    return;
                }
                last.set(now);
                if let Some(track) = track.cast::<HtmlInputElement>() {
                    track.set_value(&session.at.0.to_string());
                }
                if let Some(time) = time.cast::<Element>() {
                    let words = clock(session.at);
                    if time.text_content().as_deref() != Some(&words) {
                        time.set_text_content(Some(&words));
                    }
                }
            }));
            move || drop(watch)
        });
    }
    let session = &props.session;
    let send = |msg: Msg| {
        let room = props.room.clone();
        Callback::from(move |_: MouseEvent| room.send(msg.clone()))
    };
    let oninput = {
        let room = props.room.clone();
        Callback::from(move |event: InputEvent| {
            let value = event
                .target_dyn_into::<HtmlInputElement>()
                .map(|input| input.value());
            if let Some(at) = value.and_then(|value| value.parse().ok()) {
                room.send(Msg::Seek(Micros(at)));
            }
        })
    };
    let (play, play_name) = match session.playing {
        true => ("M4 2h3v12H4zM9 2h3v12H9z", "Pause"),
        false => ("M4 2l10 6-10 6z", "Play"),
    };
    let end = session.end();
    html! {
        <div class="player">
            <button type="button" class="step" aria-label="Step back" title="Step back" onclick={send(Msg::StepBack)}>
                { icon("M3 2v12M14 2L6 8l8 6z") }
            </button>
            <button type="button" class="play" aria-label={play_name} title={play_name} onclick={send(Msg::Play(!session.playing))}>
                { icon(play) }
            </button>
            <button type="button" class="step" aria-label="Step" title="Step" onclick={send(Msg::Step)}>
                { icon("M13 2v12M2 2l8 6-8 6z") }
            </button>
            <div class="track">
                <Ticks id={props.id.clone()} session={session.clone()} />
                <input ref={track} type="range" min="0" max={end.0.to_string()} step="1"
                    value={session.at.0.to_string()} aria-label="Moment" aria-valuetext={spoken(session)} {oninput} />
            </div>
            <p class="time"><span ref={time}>{ clock(session.at) }</span>{ format!(" of {}", clock(end)) }</p>
            <div class="seg small" role="group" aria-label="Speed">
                { for speeds(props.speed).into_iter().map(|speed| {
                    let pressed = (speed == session.speed).to_string();
                    html! {
                        <button type="button" key={speed.label()} aria-pressed={pressed} title={pace(speed)} onclick={send(Msg::Speed(speed))}>
                            { speed.label() }
                        </button>
                    }
                }) }
            </div>
            <button type="button" class="ghost" title="Back to how it was opened" onclick={send(Msg::Reset)}>{ "Reset" }</button>
            <button type="button" class="ghost help" aria-label="Keys" title="Keys" onclick={props.help.reform(|_: MouseEvent| ())}>{ "?" }</button>
        </div>
    }
}

fn icon(data: &'static str) -> Html {
    html! { <svg viewBox="0 0 16 16" aria-hidden="true"><path d={data} /></svg> }
}

/// The speeds on offer, with the block's own.
fn speeds(own: Option<Speed>) -> Vec<Speed> {
    let mut speeds = SPEEDS.to_vec();
    if let Some(own) = own.filter(|own| !speeds.contains(own)) {
        speeds.push(own);
        let slowness =
            |speed: &Speed| u64::from(speed.real_us) * 1_000 / u64::from(speed.virtual_us.max(1));
        speeds.sort_by_key(|speed| std::cmp::Reverse(slowness(speed)));
        // The block's own takes the place of its nearest neighbour.
        if let Some(place) = speeds.iter().position(|speed| *speed == own) {
            speeds.remove(if place + 1 < speeds.len() {
                place + 1
            } else {
                place - 1
            });
        }
    }
    speeds
}

fn pace(speed: Speed) -> String {
    match speed.haste() {
        1 => format!("{} of real time", speed.label()),
        haste => format!(
            "{} of real time; {haste} times quicker while nothing is on its way",
            speed.label()
        ),
    }
}

/// What lies under the scrubber.
#[derive(Properties)]
struct TicksProps {
    id: AttrValue,
    session: Session,
}

/// Drawn anew only for another run.
impl PartialEq for TicksProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.session.timeline, &other.session.timeline)
    }
}

#[component]
fn Ticks(props: &TicksProps) -> Html {
    let timeline = props.session.timeline.borrow();
    let end = timeline.reached().0.max(1) as f64;
    let share = |at: Micros| tenths(at.0 as f64 * 100.0 / end) + "%";
    let hatch = format!("hatch-{}-track", props.id);
    let fill = format!("url(#{hatch})");
    let spans = props.session.spans.iter().map(|span| {
        let width = share(span.until.since(span.from));
        html! {
            <rect class="span" x={share(span.from)} width={width} y="0" height="100%" fill={fill.clone()} />
        }
    });
    let ticks = ticks(&timeline).into_iter().map(|(at, class)| {
        let (top, bottom) = if class == "cut" {
            ("0%", "100%")
        } else {
            ("24%", "76%")
        };
        let x = share(at);
        html! { <line class={class} x1={x.clone()} x2={x} y1={top} y2={bottom} /> }
    });
    html! {
        <svg class="ticks" aria-hidden="true">
            <defs>
                <pattern id={hatch.clone()} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path class="hatch" d="M0 0v7" />
                </pattern>
            </defs>
            { for spans }
            <line class="rail" x1="0" x2="100%" y1="50%" y2="50%" />
            { for ticks }
        </svg>
    }
}

/// The events that people caused or heard, with what each means.
fn ticks(timeline: &Timeline) -> Vec<(Micros, &'static str)> {
    let scenario = &timeline.run().scenario;
    let Some(words) = Words::new(timeline.trace(), timeline.names(), scenario) else {
        return Vec::new();
    };
    let told = |kind: Kind| {
        matches!(
            kind,
            Kind::Acted | Kind::Invoked | Kind::Replied | Kind::GaveUp
        )
    };
    let all: Vec<EventId> = (0..timeline.trace().len())
        .map(EventId)
        .filter(|id| {
            timeline
                .trace()
                .get(*id)
                .is_some_and(|event| told(event.kind))
        })
        .collect();
    let every = all.len().div_ceil(TICKS_MAX).max(1);
    let picked = all.into_iter().step_by(every);
    picked
        .filter_map(|id| {
            let event = timeline.trace().get(id)?;
            Some((event.at, figure::tone_class(words.tone(event))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_of_a_block_is_among_those_on_offer() {
        let own = Speed::slower(5);
        let offered = speeds(Some(own));
        assert!(offered.contains(&own) && offered.len() == SPEEDS.len());
        assert_eq!(speeds(None), SPEEDS);
    }
}
