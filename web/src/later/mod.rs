//! What a page loads only when its reader comes to it: the views under a figure, the dialogs, what stands further down a
//! lesson. It is nearly a third of the program, and nobody needs it to press play.
//!
//! With the feature `apart` the release's build splits it off (`site/src/apart.rs`), and it is loaded once. Without, as
//! for whoever develops, it is there from the start.

#[cfg(feature = "apart")]
mod lookout;

use std::rc::Rc;

use figure::{Layout, lease};
use sim_core::run::Timeline;
use web_sys::Element;

use crate::islands::{cards, compare, goals, predict, quiz};
use crate::judging;
use crate::registry::Room;
use crate::session::{Judging, Msg, Session};
use crate::ui::{Does, Html, Tag, part};
use crate::versus;
use crate::views::{Strip, StripGiven, Tabs, TabsGiven};
use crate::widget::{
    Bar, BarGiven, Dialogs, DialogsGiven, Figure, Notice, Now, NowGiven, Open, Stage, StageGiven,
    Tell, notice, set_pieces,
};

#[cfg(feature = "apart")]
pub use lookout::{at, here, now, when};

/// The ways into it.
pub struct Later {
    /// The views under a figure.
    pub tabs: fn(TabsGiven) -> Html,
    /// Begins to judge a run.
    pub judge: fn(&Timeline) -> Box<dyn Judging>,
    /// The verdict in words.
    pub strip: fn(StripGiven) -> Html,
    /// What stands above a stage.
    pub bar: fn(BarGiven) -> Html,
    /// What opens on a stage.
    pub menu: fn(&Rc<Stage>, &StageGiven, &Open) -> Tag,
    /// What lasts for a while there: leases, and how sure clocks are.
    pub lasting: fn(&mut figure::Element, &Session, &Layout),
    /// Puts that beside what it is about, once it is drawn.
    pub show: fn(&mut Open, &Element),
    /// What a key asks for while a thing of a figure has the focus: the thing's code, the key.
    pub key: fn(&Figure, &str, &str) -> Option<Msg>,
    /// What just happened, in words.
    pub now: fn(NowGiven) -> Html,
    /// Opens the link in the page's address.
    pub look: fn(&Rc<Room>, &Element, Tell),
    /// The line that says how that goes, or what could not be done.
    pub notice: fn(Option<&Notice>, &Session, Does) -> Html,
    /// What opens over a figure.
    pub dialogs: fn(DialogsGiven) -> Html,
    /// Mounts a question to answer before the run does.
    pub predict: fn(Element),
    /// Mounts two runs side by side.
    pub compare: fn(Element),
    /// Mounts the form of a comparison that readers put together.
    pub versus: fn(Element),
    /// Mounts things to bring about.
    pub goals: fn(Element),
    /// Mounts a quick check.
    pub quiz: fn(Element),
    /// Mounts flashcards.
    pub cards: fn(Element),
}

static LATER: Later = Later {
    judge: judging::of,
    strip: |given| part::<Strip>("", given),
    tabs: |given| part::<Tabs>("", given),
    bar: |given| part::<Bar>("", given),
    menu: Stage::menu,
    lasting: |stage, session, layout| {
        let mut timeline = session.timeline.borrow_mut();
        let world = timeline.world_at(session.picture.at);
        let leases = lease::leases(&session.picture, |end| world.lease(end));
        stage.add(lease::lasting(&session.picture, &leases, layout));
    },
    show: Open::show,
    key: set_pieces::pressed,
    now: |given| part::<Now>("", given),
    look: notice::look,
    notice: notice::line,
    dialogs: |given| part::<Dialogs>("", given),
    predict: predict::mount,
    compare: compare::mount,
    versus: versus::mount,
    goals: goals::mount,
    quiz: quiz::mount,
    cards: cards::mount,
};

/// It, once it is here.
#[cfg(not(feature = "apart"))]
pub fn here() -> Option<&'static Later> {
    Some(&LATER)
}

/// Does something with it.
#[cfg(not(feature = "apart"))]
pub fn when(_: &Element, then: impl FnOnce(&'static Later) + 'static) {
    then(&LATER);
}

/// Nobody has to wait for it, however they ask.
#[cfg(not(feature = "apart"))]
pub use self::{when as at, when as now};
