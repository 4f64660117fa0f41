//! The views for those who dig, one under each tab.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::events::Events;
use super::inspector::Inspector;
use super::space::SpaceTime;
use super::{Lookup, PaneProps};
use crate::session::{Msg, Session};

/// A view that a block may list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The space-time diagram.
    Space,
    /// The state inside.
    Inspector,
    /// The events.
    Events,
}

impl View {
    /// Every view, in the order of the tabs.
    pub const ALL: [Self; 3] = [Self::Space, Self::Inspector, Self::Events];

    /// What blocks call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::Inspector => "inspector",
            Self::Events => "events",
        }
    }

    /// The view of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Space => "Space and time",
            Self::Inspector => "Inspector",
            Self::Events => "Events",
        }
    }
}

/// What [`Tabs`] is given.
#[derive(Properties, PartialEq)]
pub struct TabsProps {
    /// Begins every id in the views, so that no two on a page are equal.
    pub id: AttrValue,
    /// What is looked at.
    pub session: Session,
    /// Where the reader's wishes go.
    pub dispatch: Callback<Msg>,
    /// Which views there are, in order. None: nothing is shown.
    pub views: Rc<Vec<View>>,
}

/// The tab that a key leads to.
fn turned(key: &str, open: usize, count: usize) -> Option<usize> {
    match key {
        "ArrowRight" => Some((open + 1) % count),
        "ArrowLeft" => Some((open + count - 1) % count),
        "Home" => Some(0),
        "End" => Some(count - 1),
        _ => None,
    }
}

/// Tabs and the view under the one that is open.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let open = use_state(|| 0usize);
    let list = use_node_ref();
    let narrow = super::sheet::use_narrow(&list);
    let run = Rc::as_ptr(&props.session.timeline) as usize;
    let events = props.session.timeline.borrow().trace().len();
    let session = props.session.clone();
    let lookup = use_memo((run, events), move |_| Lookup::of(&session));
    let count = props.views.len();
    if count == 0 {
        return Html::default();
    }
    let current = (*open).min(count - 1);
    let onkeydown = {
        let (open, list) = (open.clone(), list.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(next) = turned(&event.key(), current, count) else {
                return;
            };
            // These keys turn tabs here; the figure's own meaning for them waits.
            event.stop_propagation();
            event.prevent_default();
            open.set(next);
            focus_tab(&list, next);
        })
    };
    let id = &props.id;
    let tabs = props.views.iter().enumerate().map(|(place, view)| {
        let open = open.clone();
        let is_open = place == current;
        html! {
            <button
                type="button"
                role="tab"
                id={format!("{id}-tab-{}", view.name())}
                aria-selected={is_open.to_string()}
                aria-controls={is_open.then(|| format!("{id}-pane"))}
                tabindex={if is_open { "0" } else { "-1" }}
                onclick={move |_| open.set(place)}
            >
                { view.title() }
                if *view == View::Events {
                    <small>{ props.session.picture.events }</small>
                }
            </button>
        }
    });
    let view = props.views[current];
    html! {
        <div class="views">
            <div class="tabs" role="tablist" aria-label="Views" ref={list} {onkeydown}>
                { for tabs }
            </div>
            <div
                class="pane"
                role="tabpanel"
                id={format!("{id}-pane")}
                aria-labelledby={format!("{id}-tab-{}", view.name())}
            >
                { pane(view, props, lookup, narrow) }
            </div>
        </div>
    }
}

fn pane(view: View, props: &TabsProps, lookup: Rc<Lookup>, narrow: bool) -> Html {
    let given = yew::props!(PaneProps {
        id: props.id.clone(),
        session: props.session.clone(),
        dispatch: props.dispatch.clone(),
        lookup,
        narrow,
    });
    match view {
        View::Space => html! { <SpaceTime ..given /> },
        View::Inspector => html! { <Inspector ..given /> },
        View::Events => html! { <Events ..given /> },
    }
}

fn focus_tab(list: &NodeRef, place: usize) {
    let tabs = list.cast::<HtmlElement>().map(|list| list.children());
    let tab = tabs.and_then(|tabs| tabs.item(place as u32));
    if let Some(tab) = tab.and_then(|tab| wasm_bindgen::JsCast::dyn_into::<HtmlElement>(tab).ok()) {
        // An element that refuses focus is left alone.
        let _ = tab.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_and_home_and_end_jump() {
        assert_eq!(turned("ArrowRight", 2, 3), Some(0));
        assert_eq!(turned("ArrowLeft", 0, 3), Some(2));
        assert_eq!(turned("Home", 2, 3), Some(0));
        assert_eq!(turned("End", 0, 3), Some(2));
        assert_eq!(turned(" ", 0, 3), None);
    }

    #[test]
    fn every_view_is_found_by_its_name() {
        for view in View::ALL {
            assert_eq!(View::by_name(view.name()), Some(view));
        }
        assert_eq!(View::by_name("operations"), None);
    }
}
