//! The widgets, by name. Adding one is a file here and a line in [`ALL`].

use web_sys::Element;

use crate::later::Later;
use crate::solo::{Solo, Way};

pub mod bench;
pub mod cards;
pub mod compare;
pub mod goals;
pub mod predict;
pub mod quiz;

/// A widget that a page can ask for.
pub struct Island {
    /// What `data-widget` says.
    pub name: &'static str,
    /// Renders the widget in the place of the element's static figure.
    pub mount: Mount,
}

/// How a widget comes to life.
pub enum Mount {
    /// With the page.
    AtOnce(fn(Element)),
    /// When the reader comes near it.
    Near(fn(&Later) -> fn(Element)),
    /// When the reader does anything. Until then it looks as if it lived, and what is pressed in it is kept in mind.
    Moved(fn(&Later) -> fn(Element)),
    /// With a page of its own.
    Solo(fn(&Solo) -> Way),
}

/// Every widget there is.
pub const ALL: &[Island] = &[
    Island {
        name: "sim",
        mount: Mount::AtOnce(crate::widget::mount),
    },
    Island {
        name: "compare",
        mount: Mount::Near(|later| later.compare),
    },
    Island {
        name: "predict",
        mount: Mount::Moved(|later| later.predict),
    },
    Island {
        name: "goals",
        mount: Mount::Near(|later| later.goals),
    },
    Island {
        name: "quiz",
        mount: Mount::Near(|later| later.quiz),
    },
    Island {
        name: "cards",
        mount: Mount::Near(|later| later.cards),
    },
    Island {
        name: "bench",
        mount: Mount::Solo(|solo| solo.bench),
    },
    Island {
        name: "versus",
        mount: Mount::Near(|later| later.versus),
    },
    Island {
        name: "check",
        mount: Mount::Solo(|solo| solo.check),
    },
];

/// The widget called `name`.
pub fn by_name(name: &str) -> Option<&'static Island> {
    ALL.iter().find(|island| island.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_widgets_share_a_name() {
        let names: Vec<&str> = ALL.iter().map(|island| island.name).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name), "{name}");
            assert!(by_name(name).is_some(), "{name}");
        }
        assert!(by_name("no such widget").is_none());
    }
}
