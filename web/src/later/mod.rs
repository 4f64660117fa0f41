//! What a page loads only when its reader comes to it: the views under a figure, the dialogs, what stands further down a
//! lesson. It is a good fifth of the program, and nobody needs it to press play.
//!
//! With the feature `apart` the release's build splits it off (`site/src/apart.rs`), and it is loaded once. Without, as
//! for whoever develops, it is there from the start.

#[cfg(feature = "apart")]
mod lookout;

use web_sys::Element;

use crate::islands::{bench, cards, compare, goals, quiz};
use crate::ui::{self, Html, part};
use crate::views::{Tabs, TabsGiven};
use crate::widget::{Dialogs, DialogsGiven};

#[cfg(feature = "apart")]
pub use lookout::{at, here, now};

/// The ways into it.
pub struct Later {
    /// The views under a figure.
    pub tabs: fn(TabsGiven) -> Html,
    /// What opens over a figure.
    pub dialogs: fn(DialogsGiven) -> Html,
    /// Mounts two runs side by side.
    pub compare: fn(Element),
    /// Mounts things to bring about.
    pub goals: fn(Element),
    /// Mounts a quick check.
    pub quiz: fn(Element),
    /// Mounts flashcards.
    pub cards: fn(Element),
    /// Mounts the measuring of this browser.
    pub bench: fn(Element),
}

static LATER: Later = Later {
    tabs: |given| part::<Tabs>("", given),
    dialogs: |given| part::<Dialogs>("", given),
    compare: compare::mount,
    goals: goals::mount,
    quiz: quiz::mount,
    cards: cards::mount,
    bench: |place| ui::mount::<bench::View>(place, ()),
};

/// It, once it is here.
#[cfg(not(feature = "apart"))]
pub fn here() -> Option<&'static Later> {
    Some(&LATER)
}

/// Does something with it as soon as it is here.
#[cfg(not(feature = "apart"))]
pub fn at(_: &Element, then: impl FnOnce(&'static Later) + 'static) {
    then(&LATER);
}

/// Does something with it, and has it loaded now.
#[cfg(not(feature = "apart"))]
pub fn now(_: &Element, then: impl FnOnce(&'static Later) + 'static) {
    then(&LATER);
}
