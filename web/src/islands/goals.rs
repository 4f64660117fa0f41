//! Things for the reader to bring about, ticked by the run itself. A tick stays.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sim_core::check::judge::Judge;
use sim_core::goal::Goal;
use sim_core::run::Timeline;
use sim_core::trace::Kind;
use sim_core::units::Micros;
use web_sys::Element;

use crate::options::Options;
use crate::registry::{Watch, room};
use crate::session::Session;
use crate::ui::{self, Again, Html, Once, Piece, list, span, tag, when};

/// What the block asks for.
pub struct GoalsGiven {
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

impl GoalsGiven {
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
    fn with(
        self,
        goals: &[Wanted],
        judge: &mut Option<Judge>,
        timeline: &mut Timeline,
        at: Micros,
    ) -> Self {
        let mut next = self;
        for (place, wanted) in goals.iter().enumerate().take(32) {
            let holds = |goal: &Goal| goal.holds(judge, timeline, at);
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
    moments.drain(..moments.len().saturating_sub(PASSED_MAX));
    moments.push(until);
    moments
}

/// Mounts the island.
pub fn mount(place: Element) {
    let given = GoalsGiven::of(&place);
    ui::mount::<Goals>(place, Once(given));
}

/// What was reached so far, in which run, and how far that was looked at.
#[derive(Default)]
struct Progress {
    ticks: Cell<Ticks>,
    run: Cell<u64>,
    at: Cell<Micros>,
    /// What judges that run, once a goal has asked.
    judge: RefCell<Option<Judge>>,
}

impl Progress {
    /// Looks at whatever was passed since. `true`: there is a new tick.
    fn follow(&self, goals: &[Wanted], session: &Session) -> bool {
        let here = session.followed;
        let before = self.at.replace(session.at);
        // Another run is shown with its past; the first one has only just been opened.
        let known = self.run.replace(here);
        let is_new = known != here;
        let from = match known {
            0 => session.at,
            run if run == here => before,
            _ => Micros::ZERO,
        };
        let mut judge = self.judge.borrow_mut();
        judge.take_if(|_| is_new);
        let mut timeline = session.timeline.borrow_mut();
        let mut ticks = self.ticks.get();
        for at in passed(&timeline, from, session.at) {
            ticks = ticks.with(goals, &mut judge, &mut timeline, at);
        }
        self.ticks.replace(ticks) != ticks
    }
}

/// The island: the entries of a list whose root is the block's own.
pub struct Goals {
    progress: Rc<Progress>,
    _watch: Watch,
}

impl Piece for Goals {
    type Given = Once<GoalsGiven>;

    fn begin(Once(given): &Once<GoalsGiven>, again: Again) -> Self {
        let progress = Rc::<Progress>::default();
        let (followed, goals) = (Rc::clone(&progress), Rc::clone(&given.goals));
        let watch = room(&given.figure).watch(move |session| {
            if followed.follow(&goals, session) {
                again.now();
            }
        });
        Self {
            progress,
            _watch: watch,
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<GoalsGiven>) -> Html {
        let ticks = self.progress.ticks.get();
        let goals = given.goals.iter().enumerate();
        let items = goals.map(|(place, wanted)| {
            let done = ticks.has(place);
            let said = span("unseen").is("role", "status");
            tag("li")
                .is("class", when(done, "done"))
                .says(wanted.text.clone())
                .child(said.text(when(done, " Reached.")))
        });
        list(items.collect())
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
        let mut at =
            |ticks: Ticks, ms| ticks.with(&goals, &mut None, &mut timeline, Micros::from_ms(ms));
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
            ticks.with(&goals, &mut None, &mut timeline, at)
        });
        assert!(ticks.has(0));
        assert_eq!(passed(&timeline, end, start), [start]);
        let late = Ticks::default().with(&goals, &mut None, &mut timeline, end);
        assert!(!late.has(0));
    }
}
