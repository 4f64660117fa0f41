//! Below the stage: step, play, scrub, and how quickly.

use std::cell::Cell;
use std::rc::Rc;

use figure::element::tenths;
pub use figure::time::clock;
use sim_core::run::Timeline;
use sim_core::trace::Kind;
use sim_core::units::{EventId, Micros};
use sim_core::words::Words;
use web_sys::{Element, Event, HtmlInputElement};
use yew::NodeRef;

use super::{Figure, page};
use crate::registry::{Room, Watch};
use crate::session::{Msg, Session};
use crate::speed::{SPEEDS, Speed};
use crate::ui::{Again, Does, Html, On, Piece, Tag, button, div, icon, named, p, part, tag};

/// How often the track moves while it plays, in microseconds.
const TRACK_US: u64 = 100_000;

/// More ticks than this would be a smear.
const TICKS_MAX: usize = 240;

/// What [`Player`] is given.
#[derive(PartialEq)]
pub struct PlayerGiven {
    /// Whose player it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// Opens the list of keys.
    pub help: Does,
}

/// The moment in words, for those who do not see the track.
fn spoken(session: &Session) -> String {
    let (moment, of) = session.moment();
    let telling = session.picture.telling.map(|event| session.sentence(event));
    let words = telling.as_deref().unwrap_or("nothing has happened yet.");
    format!("Moment {moment} of {of}, {}: {words}", clock(session.at))
}

/// The player.
pub struct Player {
    track: NodeRef,
    time: NodeRef,
    _watch: Watch,
}

impl Piece for Player {
    type Given = PlayerGiven;

    fn begin(given: &PlayerGiven, _: Again) -> Self {
        let (track, time) = (NodeRef::default(), NodeRef::default());
        let (moving, saying) = (track.clone(), time.clone());
        let last = Cell::new(0);
        let watch = given.figure.room.watch_frames(move |session| {
            // Ten times a second is smooth enough here, and spares the browser a layout of the slider.
            let now = page::now_us();
            if !session.playing || now >= last.get() + TRACK_US {
                last.set(now);
                follow(session, &moving, &saying);
            }
        });
        Self {
            track,
            time,
            _watch: watch,
        }
    }

    fn draw(self: &Rc<Self>, given: &PlayerGiven) -> Html {
        let (session, room) = (&given.session, &given.figure.room);
        let (play, play_name) = match session.playing {
            true => ("M4 2h3v12H4zM9 2h3v12H9z", "Pause"),
            false => ("M4 2l10 6-10 6z", "Play"),
        };
        let end = session.end();
        let step = |class, name, data, msg| named(class, name).sends(room, msg).child(icon(data));
        let ticks = TicksGiven {
            figure: Rc::clone(&given.figure),
            session: Rc::clone(session),
        };
        let track = {
            let room = Rc::clone(room);
            tag("input")
                .found_by(&self.track)
                .is("type", "range")
                .is("min", "0")
                .has("max", end.0.to_string())
                .is("step", "1")
                .is("aria-label", "Moment")
                .has("aria-valuetext", spoken(session))
                .holds(session.at.0.to_string())
                .on(On::Input, move |event| seek(&event, &room))
        };
        let help = given.help.clone();
        let speeds = speeds(given.figure.wishes.speed).into_iter().map(|speed| {
            button("")
                .key(&speed.label())
                .state("aria-pressed", speed == session.speed)
                .has("title", pace(speed))
                .sends(room, Msg::Speed(speed))
                .says(speed.label())
        });
        div("player")
            .child(step(
                "step",
                "Step back",
                "M3 2v12M14 2L6 8l8 6z",
                Msg::StepBack,
            ))
            .child(step("play", play_name, play, Msg::Play(!session.playing)))
            .child(step("step", "Step", "M13 2v12M2 2l8 6-8 6z", Msg::Step))
            .child(div("track").node(part::<Ticks>("", ticks)).child(track))
            .child(
                p("time")
                    .child(tag("span").found_by(&self.time).says(clock(session.at)))
                    .says(format!(" of {}", clock(end))),
            )
            .child(
                div("seg small")
                    .is("role", "group")
                    .is("aria-label", "Speed")
                    .each(speeds.collect()),
            )
            .child(
                button("ghost")
                    .is("title", "Back to how it was opened")
                    .sends(room, Msg::Reset)
                    .text("Reset"),
            )
            .child(
                named("ghost help", "Keys")
                    .clicked(move || help.now())
                    .text("?"),
            )
            .done()
    }
}

/// The slider and the time beside it go along with what is looked at.
fn follow(session: &Session, track: &NodeRef, time: &NodeRef) {
    if let Some(track) = track.cast::<HtmlInputElement>() {
        track.set_value(&session.at.0.to_string());
    }
    if let Some(time) = time.cast::<Element>() {
        let words = clock(session.at);
        if time.text_content().as_deref() != Some(&words) {
            time.set_text_content(Some(&words));
        }
    }
}

/// The reader moves the slider.
fn seek(event: &Event, room: &Room) {
    if let Some(at) = page::typed(event) {
        room.send(Msg::Seek(Micros(at)));
    }
}

/// The speeds on offer, with the block's own.
fn speeds(own: Option<Speed>) -> Vec<Speed> {
    let mut speeds = SPEEDS.to_vec();
    if let Some(own) = own.filter(|own| !speeds.contains(own)) {
        let slowness =
            |speed: &Speed| u64::from(speed.real_us) * 1_000 / u64::from(speed.virtual_us.max(1));
        // The block's own takes the place of the next quicker one, or of the quickest.
        let quicker = speeds
            .iter()
            .position(|speed| slowness(speed) < slowness(&own));
        let place = quicker.unwrap_or(speeds.len() - 1);
        speeds[place] = own;
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
struct Ticks;

struct TicksGiven {
    figure: Rc<Figure>,
    session: Rc<Session>,
}

/// Drawn anew only for another run.
impl PartialEq for TicksGiven {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.session.timeline, &other.session.timeline)
    }
}

impl Piece for Ticks {
    type Given = TicksGiven;

    fn begin(_: &TicksGiven, _: Again) -> Self {
        Self
    }

    fn draw(self: &Rc<Self>, given: &TicksGiven) -> Html {
        let timeline = given.session.timeline.borrow();
        let end = timeline.reached().0.max(1) as f64;
        let share = |at: Micros| tenths(at.0 as f64 * 100.0 / end) + "%";
        let hatch = format!("hatch-{}-track", given.figure.id);
        let spans = given.session.spans.iter().map(|span| {
            tag("rect")
                .is("class", "span")
                .has("x", share(span.from))
                .has("width", share(span.until.since(span.from)))
                .is("y", "0")
                .is("height", "100%")
                .has("fill", format!("url(#{hatch})"))
        });
        let ticks = ticks(&timeline).into_iter().map(|(at, class)| {
            let (top, bottom) = match class {
                "cut" => ("0%", "100%"),
                _ => ("24%", "76%"),
            };
            let x = share(at);
            let line = tag("line").is("class", class).has("x1", x.clone());
            line.has("x2", x).is("y1", top).is("y2", bottom)
        });
        let rail = tag("line").is("class", "rail").is("x1", "0");
        tag("svg")
            .is("class", "ticks")
            .is("aria-hidden", "true")
            .child(Tag::from(&figure::hatch(&hatch, "hatch")))
            .each(spans.collect())
            .child(rail.is("x2", "100%").is("y1", "50%").is("y2", "50%"))
            .each(ticks.collect())
            .done()
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
