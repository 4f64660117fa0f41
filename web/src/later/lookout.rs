//! Looks out for the reader, and loads what they come to.

use std::cell::{Cell, RefCell};

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{Element, Event, IntersectionObserver, IntersectionObserverEntry};
use web_sys::{HtmlElement, IntersectionObserverInit};

use super::{LATER, Later};
use crate::widget::page::{self, Listening};

/// A place that is so near to what one sees is one that the reader has come to.
const NEAR: &str = "240px";
/// A reader who does this may be anywhere on the page next.
const MOVES: [&str; 3] = ["keydown", "pointerdown", "click"];
/// What can be pressed before it is alive.
const BUTTONS: &str = ":is(.bar, .predict) :is(button, summary, label)";

/// How far the loading is.
#[derive(Clone, Copy)]
enum State {
    /// Nobody has asked.
    Away,
    Coming,
    /// It could not be had; the reader may ask again.
    Failed,
    Here(&'static Later),
}

/// A place, and what is done there.
type Waiting = (Element, Box<dyn FnOnce(&'static Later)>);

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::Away) };
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
    static LOOKOUT: RefCell<Option<Lookout>> = const { RefCell::new(None) };
    static PRESSED: RefCell<Option<Pressed>> = const { RefCell::new(None) };
}

/// A button that was not alive yet when the reader pressed it: the island, and its place among the buttons in there.
type Pressed = (Element, usize);

/// The one way into what is apart.
#[wasm_split(later, fallible)]
fn way_in() -> Result<&'static Later, SplitLoaderError> {
    Ok(&LATER)
}

/// It, once it is here.
pub fn here() -> Option<&'static Later> {
    match STATE.get() {
        State::Here(later) => Some(later),
        _ => None,
    }
}

/// Does something with it as soon as it is here.
pub fn when(place: &Element, then: impl FnOnce(&'static Later) + 'static) {
    if wait(place, Box::new(then)) {
        lookout(|_| {});
    }
}

/// Does something with it when the reader comes near this place, at the latest.
pub fn at(place: &Element, then: impl FnOnce(&'static Later) + 'static) {
    if wait(place, Box::new(then)) {
        lookout(|lookout| lookout.over(place));
    }
}

/// Does something with it, and has it loaded now.
pub fn now(place: &Element, then: impl FnOnce(&'static Later) + 'static) {
    if wait(place, Box::new(then)) {
        load();
    }
}

/// Whether it has to be waited for.
fn wait(place: &Element, then: Box<dyn FnOnce(&'static Later)>) -> bool {
    if let Some(later) = here() {
        then(later);
        return false;
    }
    WAITING.with_borrow_mut(|waiting| waiting.push((place.clone(), then)));
    true
}

fn lookout(does: impl FnOnce(&Lookout)) {
    LOOKOUT.with_borrow_mut(|lookout| does(lookout.get_or_insert_with(Lookout::new)));
}

fn load() {
    if matches!(STATE.get(), State::Away | State::Failed) {
        STATE.set(State::Coming);
        wasm_bindgen_futures::spawn_local(async { came(way_in().await.ok()) });
    }
}

fn came(later: Option<&'static Later>) {
    let Some(later) = later else {
        STATE.set(State::Failed);
        return WAITING.with_borrow(|waiting| waiting.iter().for_each(|(place, _)| tell(place)));
    };
    STATE.set(State::Here(later));
    LOOKOUT.take();
    for (_, then) in WAITING.take() {
        then(later);
    }
    // Once all that is drawn.
    page::later(0, press);
}

/// The buttons of an island that are the same before and after.
fn buttons(figure: &Element) -> Vec<Element> {
    page::elements(figure.query_selector_all(BUTTONS).ok())
}

fn pressed(event: &Event) -> Option<Pressed> {
    let target: Element = page::target(event)?;
    let button = target.closest(BUTTONS).ok()??;
    let figure = button.closest("[data-widget]").ok()??;
    let place = buttons(&figure).iter().position(|one| *one == button)?;
    Some((figure, place))
}

/// Presses what was pressed, now that it is alive.
fn press() {
    if let Some((figure, place)) = PRESSED.take()
        && let Some(button) = buttons(&figure).get(place)
    {
        page::focus(button);
        button.unchecked_ref::<HtmlElement>().click();
    }
}

/// Says at a place that nothing has come, once. The line goes when what it waits for takes the place.
fn tell(place: &Element) {
    if !matches!(place.query_selector(":scope > .failed"), Ok(None)) {
        return;
    }
    let told = || {
        let document = page::document()?;
        let (line, again) = (
            document.create_element("p").ok()?,
            document.create_element("button").ok()?,
        );
        line.set_class_name("failed");
        line.set_text_content(Some("This part could not be loaded. "));
        again.set_class_name("ghost");
        again.set_text_content(Some("Try again"));
        let again: HtmlElement = again.dyn_into().ok()?;
        let asked = Closure::<dyn FnMut()>::new(load).into_js_value();
        again.set_onclick(Some(asked.unchecked_ref()));
        line.append_child(&again).ok()?;
        place.append_child(&line).ok()
    };
    // Where even this fails, what stands there stays.
    let _ = told();
}

/// Whoever waits for the reader.
struct Lookout {
    observer: Option<IntersectionObserver>,
    _seen: Closure<dyn FnMut(Array)>,
    _moves: Vec<Listening>,
}

impl Lookout {
    fn new() -> Self {
        let seen = Closure::<dyn FnMut(Array)>::new(|entries: Array| {
            let is_near = |entry: IntersectionObserverEntry| entry.is_intersecting();
            if entries
                .iter()
                .any(|entry| entry.dyn_into().is_ok_and(is_near))
            {
                first_load();
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(NEAR);
        let observer =
            IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options).ok();
        let moves = page::window().into_iter().flat_map(|window| {
            MOVES.map(|kind| {
                Listening::to(window.clone().into(), kind, |event: Event| {
                    if let Some(pressed) = pressed(&event) {
                        PRESSED.replace(Some(pressed));
                    }
                    first_load();
                })
            })
        });
        Self {
            observer,
            _seen: seen,
            _moves: moves.collect(),
        }
    }

    fn over(&self, place: &Element) {
        match &self.observer {
            Some(observer) => observer.observe(place),
            // A browser that does not look out for us gets everything at once.
            None => first_load(),
        }
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// What failed is not asked for again at every move: there is a button for that.
fn first_load() {
    if matches!(STATE.get(), State::Away) {
        load();
    }
}
