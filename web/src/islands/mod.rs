//! The widgets, by name. Adding one is a file here and a line in [`ALL`].

use web_sys::Element;

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
    pub mount: fn(Element),
}

/// Every widget there is.
pub const ALL: &[Island] = &[
    Island {
        name: "sim",
        mount: crate::widget::mount,
    },
    Island {
        name: "compare",
        mount: compare::mount,
    },
    Island {
        name: "predict",
        mount: predict::mount,
    },
    Island {
        name: "goals",
        mount: goals::mount,
    },
    Island {
        name: "quiz",
        mount: quiz::mount,
    },
    Island {
        name: "cards",
        mount: cards::mount,
    },
    Island {
        name: "bench",
        mount: |place| {
            crate::ui::mount::<bench::View>(place, ());
        },
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
