//! Looks out for the reader, and loads what they come to.
//!
//! What is loaded takes the place of things as they were written. Nobody may be pressing one of these meanwhile, so it
//! is handed over only while no finger and no button is down; and what was clicked before is clicked anew.

use std::cell::{Cell, RefCell};

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{Element, Event, FocusOptions, HtmlElement};
use web_sys::{IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use super::{LATER, Later};
use crate::mount::WAITS;
use crate::widget::page::{self, Listening};

/// A place that is so near to what one sees is one that the reader has come to.
const NEAR: &str = "240px";
/// So long it is waited for what a figure plays, before it is looked again whether it has come, in microseconds.
const WAITS_US: u64 = 100_000;
/// What is listened to: a reader who does the first two may be anywhere on the page next.
const MOVES: [&str; 5] = [
    "keydown",
    "pointerdown",
    "pointerup",
    "pointercancel",
    "click",
];
/// What can be clicked before it is alive.
const BUTTONS: &str = ":is(.bar, .predict) :is(button:enabled, summary, label)";
/// So long after a finger was lifted its click has come, in microseconds.
const LIFTED_US: u64 = 100_000;
/// So long nobody presses, in microseconds.
const LIFTED_AT_LAST_US: u64 = 2_000_000;

/// How far the loading is.
#[derive(Clone, Copy)]
enum State {
    /// Nobody has asked.
    Away,
    Coming,
    /// It could not be had; the reader may ask again.
    Failed,
    /// It has come while somebody was pressing something.
    Come(&'static Later),
    Here(&'static Later),
}

/// A place, and what is done there.
type Waiting = (Element, Box<dyn FnOnce(&'static Later)>);

/// What was clicked before it was alive: the island, and its place among the buttons in there.
type Clicked = (Element, usize);

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::Away) };
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
    static LOOKOUT: RefCell<Option<Lookout>> = const { RefCell::new(None) };
    /// Whether a finger or a button is down.
    static DOWN: Cell<bool> = const { Cell::new(false) };
    static CLICKED: RefCell<Vec<Clicked>> = const { RefCell::new(Vec::new()) };
    /// The lines that say that nothing has come.
    static TOLD: RefCell<Vec<Element>> = const { RefCell::new(Vec::new()) };
}

/// The one way into what is apart.
#[wasm_split(later, fallible)]
fn way_in() -> Result<&'static Later, SplitLoaderError> {
    sim_core::words::tell();
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
        TOLD.take().iter().for_each(Element::remove);
        wasm_bindgen_futures::spawn_local(async { came(way_in().await.ok()) });
    }
}

/// What failed is not asked for again at every move: there is a button for that.
fn first_load() {
    if matches!(STATE.get(), State::Away) {
        load();
    }
}

fn came(later: Option<&'static Later>) {
    match later {
        Some(later) => {
            STATE.set(State::Come(later));
            hand_over();
            // Where the browser keeps a lifting to itself, as over a menu of its own.
            page::later(LIFTED_AT_LAST_US, || {
                DOWN.set(false);
                hand_over();
            });
        }
        None => {
            STATE.set(State::Failed);
            for (island, _) in CLICKED.take() {
                tell(
                    &island
                        .query_selector(".bar")
                        .ok()
                        .flatten()
                        .unwrap_or(island),
                );
            }
            WAITING.with_borrow(|waiting| waiting.iter().for_each(|(place, _)| tell(place)));
        }
    }
}

/// Lets it take its places, unless somebody is pressing something there.
fn hand_over() {
    if let (State::Come(later), false) = (STATE.get(), DOWN.get()) {
        STATE.set(State::Here(later));
        LOOKOUT.take();
        for (_, then) in WAITING.take() {
            then(later);
        }
        click_next();
    }
}

/// The buttons of an island that are the same before and after.
fn buttons(island: &Element) -> Vec<Element> {
    page::elements(island.query_selector_all(BUTTONS).ok())
}

fn clicked(event: &Event) -> Option<Clicked> {
    let target: Element = page::target(event)?;
    let button = target.closest(BUTTONS).ok()??;
    let island = button.closest("[data-widget]").ok()??;
    let place = buttons(&island).iter().position(|one| *one == button)?;
    Some((island, place))
}

/// Clicks what was clicked, now that it is alive: one thing after the other, each once what came before is drawn. What
/// the reader has left is left alone.
fn click_next() {
    if CLICKED.with_borrow(Vec::is_empty) {
        return;
    }
    page::later(0, || {
        let (island, place) = CLICKED.with_borrow_mut(|clicked| clicked.remove(0));
        // What it plays is still on its way: what is done then, if it comes.
        if island.has_attribute(WAITS) {
            if matches!(island.query_selector(".failed"), Ok(None)) {
                CLICKED.with_borrow_mut(|clicked| clicked.push((island, place)));
                page::later(WAITS_US, click_next);
            }
            return;
        }
        if let Some(button) = buttons(&island).get(place).filter(|_| is_seen(&island)) {
            let button: &HtmlElement = button.unchecked_ref();
            // The click had taken the focus to what is gone now.
            if page::document()
                .is_some_and(|page| page.active_element() == page.body().map(Into::into))
            {
                let options = FocusOptions::new();
                options.set_prevent_scroll(true);
                let _ = button.focus_with_options(&options);
            }
            button.click();
        }
        click_next();
    });
}

fn is_seen(element: &Element) -> bool {
    let height = page::window().and_then(|window| window.inner_height().ok()?.as_f64());
    let here = element.get_bounding_client_rect();
    here.bottom() > 0.0 && here.top() < height.unwrap_or(0.0)
}

/// Says at a place that nothing has come, once.
fn tell(place: &Element) {
    if !matches!(place.query_selector(":scope > .failed"), Ok(None)) {
        return;
    }
    // Where even this fails, what stands there stays.
    if let Some(line) = page::fail_for_now(place, load) {
        TOLD.with_borrow_mut(|told| told.push(line));
    }
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
        let moves = page::window()
            .into_iter()
            .flat_map(|window| MOVES.map(|kind| Listening::to(window.clone().into(), kind, moved)));
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

fn moved(event: Event) {
    match event.type_().as_str() {
        "pointerdown" => DOWN.set(true),
        "pointerup" | "pointercancel" => {
            DOWN.set(false);
            page::later(LIFTED_US, hand_over);
            return;
        }
        "click" => match clicked(&event) {
            Some(clicked) => {
                CLICKED.with_borrow_mut(|all| all.push(clicked));
                return load();
            }
            None => return,
        },
        _ => {}
    }
    first_load();
}
