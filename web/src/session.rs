//! One run being looked at: the moment, what is selected, whether it plays, and the other runs that were kept.
//!
//! Everything a reader can do to a figure is a [`Msg`]; [`Session::reduce`] says what comes of it, without a page. The
//! session holds no simulation state of its own: the picture is a function of the run and the moment.

use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim_core::action::MessageName;
use sim_core::check::Verdict;
use sim_core::check::ladder::Level;
use sim_core::picture::{CutSpan, Picture, cut_spans};
use sim_core::run::{Run, RunError, Timeline};
pub use sim_core::share::{Link, ShareError};
use sim_core::trace::Trace;
use sim_core::units::{Endpoint, EventId, Micros, OpId};

use crate::later;
use crate::speed::Speed;

/// A frame that took longer (a tab in the background) moves time no further than this, in real microseconds.
const FRAME_MAX_US: u64 = 100_000;

/// Another run that was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// What to call it: "the first run".
    pub label: String,
    /// The run.
    pub run: Run,
    /// Where one stood in it.
    pub at: Micros,
}

/// What is selected, in every view at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Selection {
    /// Nothing.
    #[default]
    Nothing,
    /// A node or a person.
    Endpoint(Endpoint),
    /// A message.
    Message(MessageName),
    /// An event.
    Event(EventId),
    /// A client's operation.
    Operation(OpId),
    /// The line between two endpoints.
    Line(Endpoint, Endpoint),
    /// The operations that a sentence of the verdict names.
    Clause(Clause),
}

/// A sentence of the verdict that names operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clause {
    /// Whether it was consistent, and why not.
    Consistency,
    /// How the nodes stand in the words of the domain.
    Standing,
    /// What breaks a consistency model.
    Model(Level),
    /// Who read what after the last change.
    Convergence,
}

/// Judges the run that is followed. What does so is loaded [later].
pub trait Judging {
    /// The verdict on the moment of a picture, and, if `is_calm` or there is little to judge, where the answers stand
    /// among the consistency models.
    fn look(&mut self, timeline: &mut Timeline, picture: &Picture, is_calm: bool) -> Verdict;
    /// Whether all of the run is followed; if not, one has to look again.
    fn is_done(&self) -> bool;
}

/// What a reader does.
#[derive(Clone, Debug)]
pub enum Msg {
    /// Go to a moment.
    Seek(Micros),
    /// Go to the next moment at which something happens, and stand there.
    Step,
    /// Go to the one before.
    StepBack,
    /// So many steps, back if negative.
    StepMany(i32),
    /// Go to the beginning.
    ToStart,
    /// Go to the end.
    ToEnd,
    /// Play, or pause. Playing at the end begins anew.
    Play(bool),
    /// Play faster or slower.
    Speed(Speed),
    /// Time passes while it plays.
    Frame {
        /// So many real microseconds.
        elapsed_us: u64,
    },
    /// Select something.
    Select(Selection),
    /// Select an event and go to its moment.
    Visit(EventId),
    /// Change the run itself.
    Change(Doing),
    /// Back to how it was opened.
    Reset,
    /// Judge it, now that what judges is there, or has come further.
    Judge,
}

/// Why something cannot be done. The words for it are loaded with whatever tells them.
#[derive(Clone, Debug)]
pub enum Problem {
    /// The run cannot be followed.
    Run(RunError),
    /// The link does not lead to a run.
    Link(ShareError),
}

/// See the module. Cheap to clone; two are equal if they are the same revision.
#[derive(Clone)]
pub struct Session {
    /// The run, followed to its end.
    pub timeline: Rc<RefCell<Timeline>>,
    /// That timeline's number: from 1 on, and no two have the same one.
    pub followed: u64,
    /// The moment.
    pub at: Micros,
    /// Everything at that moment; while playing, at the last event before it.
    pub picture: Rc<Picture>,
    /// What is judged about that; nothing until what judges is loaded.
    pub verdict: Option<Rc<Verdict>>,
    /// Who judges.
    pub judge: Rc<RefCell<Option<Box<dyn Judging>>>>,
    /// What is selected.
    pub selection: Selection,
    /// Whether time passes.
    pub playing: bool,
    /// How quickly.
    pub speed: Speed,
    /// Other runs that were kept, the oldest first.
    pub branches: Rc<Vec<Branch>>,
    /// The run as it was opened.
    pub original: Run,
    /// The moment at which it was opened.
    pub original_at: Micros,
    /// When lines between nodes were cut.
    pub spans: Rc<Vec<CutSpan>>,
    /// The instants at which anything happens.
    pub moments: Rc<Vec<Micros>>,
    /// The furthest moment of this run that was looked at.
    pub seen: Micros,
    /// How to come back to the run as it was opened, once another has been followed; loaded with what follows others.
    back: Option<Doing>,
    /// Where this run parted from the one before it, and by what.
    pub forked: Option<(Micros, String)>,
    /// Why the last wish could not be fulfilled.
    pub problem: Option<Rc<Problem>>,
    /// The link said another digest: the scenario has changed since.
    pub drifted: bool,
    /// Virtual microseconds times the speed's divisor that no frame has spent yet.
    unspent: u64,
    revision: u64,
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision
    }
}

fn fresh_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A run being followed in slices, so that a long one does not hold up the page.
pub struct Opening {
    timeline: Timeline,
    link: Link,
}

impl Opening {
    /// Begins to follow the link's run.
    pub fn start(link: &Link) -> Result<Self, RunError> {
        Ok(Self {
            timeline: Timeline::start(link.run.clone())?,
            link: link.clone(),
        })
    }

    /// Follows it for up to `steps` steps. `true`: the end is reached.
    pub fn advance(&mut self, steps: u32) -> Result<bool, RunError> {
        self.timeline.advance(steps)
    }

    /// How far it is, in percent of virtual time.
    pub fn percent(&self) -> u32 {
        let end = self.link.run.end().0.max(1);
        (self.timeline.reached().0 * 100 / end) as u32
    }

    /// Whether the run, followed to its end, is what it was when the link was made.
    pub fn verify(&self) -> Result<(), ShareError> {
        self.link.verify(&self.timeline)
    }

    /// The session, once the end is reached.
    pub fn finish(self) -> Session {
        Session::of(self.timeline, &self.link)
    }
}

impl Session {
    /// Follows the run of a page's own link, which [was checked](Run::check), to its end and stands at its moment.
    pub fn open(link: &Link) -> Result<Self, RunError> {
        Ok(Self::of(Timeline::of_checked(link.run.clone())?, link))
    }

    fn of(mut timeline: Timeline, link: &Link) -> Self {
        let at = link.at.min(timeline.reached());
        let drifted = link.digest != 0 && (timeline.digest() >> 32) as u32 != link.digest;
        let picture = Picture::of(&mut timeline, at);
        let mut session = Self {
            at,
            picture: Rc::new(picture),
            verdict: None,
            judge: Rc::default(),
            selection: Selection::Nothing,
            playing: false,
            speed: Speed::default(),
            branches: Rc::default(),
            original: link.run.clone(),
            original_at: at,
            spans: Rc::new(cut_spans(&mut timeline)),
            moments: Rc::new(moments(timeline.trace())),
            seen: at,
            forked: None,
            problem: None,
            drifted,
            unspent: 0,
            revision: fresh_number(),
            followed: fresh_number(),
            back: None,
            timeline: Rc::new(RefCell::new(timeline)),
        };
        session.look();
        session
    }

    /// What comes of `msg`.
    #[must_use]
    pub fn reduce(&self, msg: Msg) -> Self {
        let mut next = self.clone();
        next.apply(msg);
        next
    }

    fn apply(&mut self, msg: Msg) {
        if let Msg::Frame { elapsed_us } = msg {
            self.frame(elapsed_us);
            return;
        }
        self.revision = fresh_number();
        self.problem = None;
        match msg {
            Msg::Frame { .. } => {}
            Msg::Seek(at) => self.go(at),
            Msg::Step => self.step(1),
            Msg::StepBack => self.step(-1),
            Msg::StepMany(steps) => self.step(steps),
            Msg::ToStart => self.stand(Micros::ZERO),
            Msg::ToEnd => self.stand(self.end()),
            Msg::Play(on) => {
                if on && self.at >= self.end() {
                    self.go(Micros::ZERO);
                }
                self.playing = on;
                if !on {
                    // What was too much to judge while time passed.
                    self.redraw();
                }
            }
            Msg::Speed(speed) => (self.speed, self.unspent) = (speed, 0),
            Msg::Select(selection) => self.selection = selection,
            Msg::Visit(id) => {
                self.go(self.moment_of(id));
                self.selection = Selection::Event(id);
            }
            Msg::Change(doing) => doing.done_to(self),
            Msg::Reset => self.reset(),
            Msg::Judge => self.redraw(),
        }
    }

    /// Time passes. `true` if anything but the time has changed.
    pub fn frame(&mut self, elapsed_us: u64) -> bool {
        if !self.playing {
            return false;
        }
        self.unspent +=
            elapsed_us.min(FRAME_MAX_US) * u64::from(self.speed.virtual_us) * self.haste();
        let per = u64::from(self.speed.real_us.max(1));
        let (passed, end) = (Micros(self.unspent / per), self.end());
        self.unspent %= per;
        let mut at = self.at + passed;
        if self.is_quiet() {
            // Hurrying ends where the next thing happens.
            at = at.min(
                self.timeline
                    .borrow()
                    .next_moment(self.at)
                    .max(self.at + Micros(1)),
            );
        }
        self.at = at.min(end);
        self.seen = self.seen.max(self.at);
        self.playing = self.at < end;
        let happened = self.timeline.borrow().events_by(self.at) != self.picture.events;
        if happened || !self.playing {
            self.revision = fresh_number();
            self.redraw();
        }
        happened || !self.playing
    }

    /// Goes where another session stands that leads: two runs side by side have one player. `true` if anything but
    /// the time has changed.
    pub fn follow(&mut self, lead: &Self) -> bool {
        self.at = lead.at.min(self.end());
        self.seen = self.seen.max(self.at);
        let happened = self.timeline.borrow().events_by(self.at) != self.picture.events;
        let changed = happened || !lead.playing || self.playing != lead.playing;
        self.playing = lead.playing;
        if changed {
            self.revision = fresh_number();
            self.redraw();
        }
        changed
    }

    /// Whether nothing is on its way, so that nobody misses anything if time passes quicker.
    pub fn is_quiet(&self) -> bool {
        self.picture.arrows.is_empty()
    }

    fn haste(&self) -> u64 {
        if self.is_quiet() {
            self.speed.haste()
        } else {
            1
        }
    }

    fn step(&mut self, steps: i32) {
        let mut at = self.at;
        for _ in 0..steps.unsigned_abs() {
            let timeline = self.timeline.borrow();
            at = if steps > 0 {
                timeline.next_moment(at)
            } else {
                timeline.previous_moment(at)
            };
        }
        self.stand(at);
    }

    fn stand(&mut self, at: Micros) {
        self.playing = false;
        self.go(at);
    }

    fn go(&mut self, at: Micros) {
        self.at = at.min(self.end());
        self.seen = self.seen.max(self.at);
        self.redraw();
    }

    fn redraw(&mut self) {
        let picture = Picture::of(&mut self.timeline.borrow_mut(), self.at);
        self.picture = Rc::new(picture);
        self.look();
    }

    /// Judges what is seen, if what judges is there.
    fn look(&mut self) {
        let Some(later) = later::here() else {
            return;
        };
        let mut timeline = self.timeline.borrow_mut();
        let mut judge = self.judge.borrow_mut();
        let judge = judge.get_or_insert_with(|| (later.judge)(&timeline));
        let is_calm = !self.playing || matches!(self.selection, Selection::Clause(_));
        let verdict = judge.look(&mut timeline, &self.picture, is_calm);
        if !verdict.consistency.ops.is_empty() {
            Rc::make_mut(&mut self.picture).blame(&verdict.consistency.ops);
        }
        self.verdict = Some(Rc::new(verdict));
    }

    /// Whether there is more to judge than there was time for.
    pub fn is_judging(&self) -> bool {
        let judge = self.judge.borrow();
        judge.as_ref().is_some_and(|judge| !judge.is_done())
    }

    fn reset(&mut self) {
        self.selection = Selection::Nothing;
        self.playing = false;
        match self.back.take() {
            Some(back) => back.done_to(self),
            None => self.go(self.original_at),
        }
        self.seen = self.at;
    }

    /// The run that is looked at.
    pub fn run(&self) -> Ref<'_, Run> {
        Ref::map(self.timeline.borrow(), Timeline::run)
    }

    /// When it ends.
    pub fn end(&self) -> Micros {
        self.timeline.borrow().reached()
    }

    /// The run and the moment as a link.
    pub fn link(&self) -> Link {
        Link::to(&self.timeline.borrow(), self.at)
    }

    /// Which moment this is, and of how many; 0 before anything has happened.
    pub fn moment(&self) -> (usize, usize) {
        (
            self.moments.partition_point(|at| *at <= self.at),
            self.moments.len(),
        )
    }

    /// Whether nothing was done with it since it was opened: cheaply, and a run that was undone counts as done.
    pub fn is_as_opened(&self) -> bool {
        self.at == self.original_at && self.back.is_none()
    }

    /// Whether the run is as it was opened.
    pub fn is_original(&self) -> bool {
        *self.run() == self.original
    }
}

/// The instants at which anything happens.
fn moments(trace: &Trace) -> Vec<Micros> {
    let mut moments: Vec<Micros> = trace.events().iter().map(|event| event.at).collect();
    moments.dedup();
    moments
}

#[path = "session_changes.rs"]
mod changes;
#[path = "session_lookups.rs"]
mod lookups;

pub use changes::{Change, Doing};

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
