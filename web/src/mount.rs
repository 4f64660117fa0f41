//! Finds the islands of a page and brings each to life.

use js_sys::{Array, Function};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, console};

use crate::islands::Mount;
use crate::later::Later;
use crate::widget::page;
use crate::{islands, later, shelf, solo};

/// The attribute that names an island's widget.
const WIDGET: &str = "data-widget";

/// Set on an island that lives, so that a second call leaves it alone. Styles and tests read it
/// too.
const ALIVE: &str = "data-alive";

/// Says of a page which protocol its first figure plays: `boot.js` has it loaded before anything else. Says of an island
/// which other one it plays: that is loaded when the reader comes near.
const PLAYS: &str = "data-plays";

/// Set on an island that waits for the reader to come to it.
pub(crate) const WAITS: &str = "data-waits";

/// Mounts a widget in every `[data-widget]` element that has none yet. The element's static
/// figure gives way to it; where no widget has that name, the figure stays.
#[wasm_bindgen]
pub fn mount() {
    let plays = page::document().and_then(|page| page.body()?.get_attribute(PLAYS));
    match plays {
        // Where it cannot be had, `boot.js` has written into each figure what it plays.
        Some(protocol) => shelf::bring(protocol, |_| mount_all()),
        None => mount_all(),
    }
}

fn mount_all() {
    let selector = format!("[{WIDGET}]:not([{ALIVE}], [{WAITS}])");
    let places = page::document().and_then(|page| page.query_selector_all(&selector).ok());
    page::elements(places).into_iter().for_each(mount_one);
}

fn mount_one(place: Element) {
    let name = place.get_attribute(WIDGET).unwrap_or_default();
    match islands::by_name(&name).map(|island| &island.mount) {
        Some(Mount::AtOnce(mount)) if place.has_attribute(PLAYS) => {
            mark(&place, WAITS);
            later::at(&place.clone(), move |_| begin(&place, *mount));
        }
        Some(Mount::AtOnce(mount)) => begin(&place, *mount),
        Some(Mount::Near(which)) => when_near(place, *which),
        Some(Mount::Moved(which)) => later::when(&place.clone(), waiting(place, *which)),
        Some(Mount::Solo(which)) => {
            mark(&place, WAITS);
            solo::go(*which, place.into(), JsValue::UNDEFINED);
        }
        None => console::error_1(&format!("no widget is called `{name}`").into()),
    }
}

/// For a worker that loads the same module: judges a history, and says how far it is and what comes of it by calling
/// `told`; without anything, if what judges could not be had.
#[wasm_bindgen]
pub fn judge(asked: Array, told: Function) {
    solo::go(|solo| solo.judge, asked.into(), told.into());
}

/// Has a place come to life when the reader comes near it.
pub(crate) fn when_near(place: Element, which: fn(&Later) -> fn(Element)) {
    later::at(&place.clone(), waiting(place, which));
}

/// Marks a place as one that waits, and says what is done there in the end.
fn waiting(place: Element, which: fn(&Later) -> fn(Element)) -> impl FnOnce(&'static Later) {
    mark(&place, WAITS);
    move |later| begin(&place, which(later))
}

/// Brings a place to life, if it is an element, once what it plays is there.
pub(crate) fn begin(place: &JsValue, mount: fn(Element)) {
    let Some(place) = place.dyn_ref::<Element>().cloned() else {
        return;
    };
    let Some(protocol) = place.get_attribute(PLAYS) else {
        return live(place, mount);
    };
    shelf::bring(protocol, move |is_here| match is_here {
        true => live(place, mount),
        false => {
            let again = place.clone();
            let again = move || begin(&again, mount);
            let _ = page::fail_for_now(&place, again);
        }
    });
}

fn live(place: Element, mount: fn(Element)) {
    let _ = place.remove_attribute(WAITS);
    mark(&place, ALIVE);
    mount(place);
}

/// The attribute is only a mark; a browser that refuses it still gets its widget.
fn mark(place: &Element, with: &str) {
    let _ = place.set_attribute(with, "");
}
