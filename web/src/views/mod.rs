//! Linked views of one session: what was available and consistent, space and time, the state inside, the events.
//!
//! Each is a function of the session; what a reader does goes out as a [`Msg`]. Whatever is selected in one is
//! selected in all.

mod axis;
mod events;
mod index;
mod inspector;
mod marks;
mod models;
mod operations;
mod rows;
mod sheet;
mod space;
mod standing;
mod tabs;
mod verdict;

use std::rc::Rc;

use sim_core::units::Micros;

use crate::session::Session;
use crate::widget::Figure;
use axis::Axis;
use index::Index;

pub use tabs::{Tabs, TabsGiven, View};
pub use verdict::{Beside, Strip, StripGiven};

/// What a view under a tab is given.
#[derive(Clone, PartialEq)]
pub(crate) struct Pane {
    /// Whose view it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// What was looked up once for this run.
    pub lookup: Rc<Lookup>,
    /// Whether there is little room across: a phone.
    pub narrow: bool,
}

/// What the views look up once a run.
pub(crate) struct Lookup {
    /// Messages, effects, operations.
    pub index: Index,
    /// Where each moment stands on a time axis.
    pub axis: Rc<Axis>,
}

/// One run has one lookup.
impl PartialEq for Lookup {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Lookup {
    fn of(session: &Session) -> Self {
        let timeline = session.timeline.borrow();
        Self {
            index: Index::of(&timeline),
            axis: Rc::new(Axis::through(
                session.moments.iter().copied(),
                timeline.reached(),
            )),
        }
    }
}

/// A moment on an axis: whole milliseconds, without the word. Cut short, as sentences and the player cut them.
pub(crate) fn tick(at: Micros) -> u64 {
    at.0 / 1_000
}

/// A moment as views write it: always in milliseconds, so that two can be compared at a glance.
pub(crate) fn clock(at: Micros) -> String {
    let tenths = at.0 / 100;
    if tenths.is_multiple_of(10) || tenths >= 10_000 {
        format!("{} ms", tenths / 10)
    } else {
        format!("{}.{} ms", tenths / 10, tenths % 10)
    }
}
