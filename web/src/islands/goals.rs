//! Things for the reader to bring about, ticked by the run itself. A tick stays.

use std::rc::Rc;

use sim_core::goal::Goal;
use sim_core::run::Timeline;
use sim_core::trace::Kind;
use sim_core::units::Micros;
use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;
use crate::registry::room;
use crate::session::Session;

/// What the block asks for.
#[derive(Clone, PartialEq, Properties)]
pub struct GoalsProps {
    figure: String,
    goals: Rc<Vec<Wanted>>,
}

/// One of the things.
#[derive(Clone, PartialEq, Debug)]
struct Wanted {
    text: String,
    /// Nothing if it does not read: then it is never reached.
    goal: Option<Goal>,
}

impl GoalsProps {
    fn of(place: &Element) -> Self {
        let options = Options::of(place);
        let wanted = |one: &Options| Wanted {
            text: one.text("text"),
            goal: Goal::parse(&one.text("goal")).ok(),
        };
        Self {
            figure: options.text("for"),
            goals: Rc::new(options.list("goals").iter().map(wanted).collect()),
        }
    }
}

/// Which of the goals are reached, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Ticks(u32);

impl Ticks {
    const fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    /// With whatever holds now; what was ticked stays.
    fn with(self, goals: &[Wanted], timeline: &mut Timeline, at: Micros) -> Self {
        let mut next = self;
        for (place, wanted) in goals.iter().enumerate().take(32) {
            let holds = |goal: &Goal| goal.holds(timeline, at);
            if !next.has(place) && wanted.goal.as_ref().is_some_and(holds) {
                next.0 |= 1 << place;
            }
        }
        next
    }
}

/// The most moments of a leap that are looked at.
const PASSED_MAX: usize = 64;

/// The moments between two at which a goal may come to hold, and the last of the two: whoever leaps over a moment has
/// seen it all the same.
fn passed(timeline: &Timeline, from: Micros, until: Micros) -> Vec<Micros> {
    let events = timeline.trace().events();
    let first = timeline.events_by(from) as usize;
    let last = timeline.events_by(until) as usize;
    let between = events.get(first..last).unwrap_or(&[]).iter();
    let tells = |kind| {
        matches!(
            kind,
            Kind::Acted | Kind::Replied | Kind::GaveUp | Kind::Noted
        )
    };
    let mut moments: Vec<Micros> = between
        .filter(|event| tells(event.kind))
        .map(|event| event.at)
        .collect();
    moments.dedup();
    moments.truncate(PASSED_MAX);
    moments.push(until);
    moments
}

/// Mounts the island.
pub fn mount(place: Element) {
    let props = GoalsProps::of(&place);
    yew::Renderer::<Goals>::with_root_and_props(place, props).render();
}

/// The island: the entries of a list whose root is the block's own.
#[component]
pub fn Goals(props: &GoalsProps) -> Html {
    let ticks = use_state_eq(Ticks::default);
    let setter = ticks.setter();
    let goals = Rc::clone(&props.goals);
    use_effect_with(props.figure.clone(), move |figure| {
        let kept = std::cell::Cell::new((Ticks::default(), 0, Micros::ZERO));
        let watch = room(figure).watch(Callback::from(move |session: Session| {
            let (reached, run, before) = kept.get();
            let here = Rc::as_ptr(&session.timeline) as usize;
            // In another run nothing has been passed yet.
            let from = if here == run { before } else { session.at };
            let timeline = &mut session.timeline.borrow_mut();
            let mut next = reached;
            for at in passed(timeline, from, session.at) {
                next = next.with(&goals, timeline, at);
            }
            kept.set((next, here, session.at));
            setter.set(next);
        }));
        move || drop(watch)
    });
    html! {
        for (place, wanted) in props.goals.iter().enumerate() {
            <li key={place} class={ticks.has(place).then_some("done")}>
                { wanted.text.clone() }
                <span class="unseen" role="status">{ if ticks.has(place) { " Reached." } else { "" } }</span>
            </li>
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::Run;

    #[test]
    fn a_tick_stays_when_the_moment_has_passed() {
        let wanted = |goal: &str| Wanted {
            text: String::new(),
            goal: Goal::parse(goal).ok(),
        };
        let goals = [wanted("cut"), wanted("whole"), wanted("no such goal")];
        let run = Run::new(catalogue::find("bank-two-cut").unwrap(), 7);
        let mut timeline = Timeline::of(run).unwrap();
        let mut at = |ticks: Ticks, ms| ticks.with(&goals, &mut timeline, Micros::from_ms(ms));
        let start = at(Ticks::default(), 0);
        assert_eq!((start.has(0), start.has(1)), (false, true));
        let cut = at(start, 1_000);
        assert_eq!((cut.has(0), cut.has(1)), (true, true));
        let healed = at(cut, 2_500);
        assert_eq!(
            (healed.has(0), healed.has(1), healed.has(2)),
            (true, true, false)
        );
    }

    #[test]
    fn a_leap_passes_what_lies_between_and_a_step_back_nothing() {
        let goals = [Wanted {
            text: String::new(),
            goal: Goal::parse("cut and refused Ben").ok(),
        }];
        let run = Run::new(catalogue::find("bank-two-cut").unwrap(), 7);
        let mut timeline = Timeline::of(run).unwrap();
        let (start, end) = (Micros::ZERO, Micros::from_ms(3_000));
        let leap = passed(&timeline, start, end);
        let ticks = leap.into_iter().fold(Ticks::default(), |ticks, at| {
            ticks.with(&goals, &mut timeline, at)
        });
        assert!(ticks.has(0));
        assert_eq!(passed(&timeline, end, start), [start]);
        assert!(!Ticks::default().with(&goals, &mut timeline, end).has(0));
    }
}
