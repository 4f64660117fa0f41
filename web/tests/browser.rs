//! Islands mounted in a real browser's document.
#![cfg(target_arch = "wasm32")]

use sim_core::catalogue;
use sim_core::run::{Run, Timeline};
use sim_core::share::{self, Link};
use sim_core::units::Micros;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// A place for a widget, with a static figure in it, as a page has it.
fn place(widget: &str, id: &str) -> Element {
    let place = document().create_element("div").unwrap();
    place.set_attribute("data-widget", widget).unwrap();
    place.set_id(id);
    place.set_text_content(Some("a still figure"));
    document().body().unwrap().append_child(&place).unwrap();
    place
}

fn link(id: &str, at_ms: u64) -> Link {
    let run = Run::new(catalogue::find(id).unwrap(), 7);
    let timeline = Timeline::of(run).unwrap();
    Link::to(&timeline, Micros::from_ms(at_ms))
}

fn figure(id: &str) -> Element {
    let place = place("sim", id);
    place
        .set_attribute("data-run", &share::encode_in_page(&link("bank-two", 120)))
        .unwrap();
    place
        .set_attribute("data-options", r#"{"title":"Two","controls":["all"]}"#)
        .unwrap();
    place
}

/// Yew renders in a later task.
async fn rendered() {
    yew::platform::time::sleep(std::time::Duration::from_millis(400)).await;
}

fn click(place: &Element, selector: &str) {
    let found = place.query_selector(selector).unwrap().unwrap();
    let event = web_sys::MouseEvent::new("click").unwrap();
    match found.dyn_ref::<HtmlElement>() {
        Some(button) => button.click(),
        None => drop(found.dispatch_event(&event)),
    }
}

#[wasm_bindgen_test]
async fn a_figure_takes_the_place_of_its_still_and_steps() {
    let place = figure("steps");
    netsplit_web::mount();
    rendered().await;
    assert!(!place.text_content().unwrap().contains("a still figure"));
    let time = || {
        place
            .query_selector(".time span")
            .unwrap()
            .unwrap()
            .text_content()
            .unwrap()
    };
    assert_eq!(time(), "120 ms");
    click(&place, "[aria-label=Step]");
    rendered().await;
    let after = time();
    assert_ne!(after, "120 ms");

    // Mounting again leaves a living island as it is.
    netsplit_web::mount();
    rendered().await;
    assert_eq!(time(), after);
    place.remove();
}

#[wasm_bindgen_test]
async fn a_letter_moves_without_a_new_drawing() {
    let place = figure("moves");
    netsplit_web::mount();
    rendered().await;
    let letter = place.query_selector(".letter").unwrap().unwrap();
    let before = letter.get_attribute("transform").unwrap();
    click(&place, ".player .play");
    // The first frame may be long in coming, and the letter does not fly for ever: look often.
    for _ in 0..150 {
        yew::platform::time::sleep(std::time::Duration::from_millis(20)).await;
        if letter.get_attribute("transform").unwrap() != before {
            break;
        }
    }
    assert_ne!(letter.get_attribute("transform").unwrap(), before);
    assert!(letter.is_connected(), "it is the same mark");
    place.remove();
}

#[wasm_bindgen_test]
async fn a_figure_without_a_run_stays_still_and_says_why() {
    let place = place("sim", "bad");
    place.set_attribute("data-run", "no link").unwrap();
    netsplit_web::mount();
    rendered().await;
    let words = place.text_content().unwrap();
    assert!(
        words.contains("a still figure") && words.contains("stands still"),
        "{words}"
    );
    place.remove();
}

#[wasm_bindgen_test]
async fn an_unknown_widget_leaves_the_figure_standing() {
    let place = place("no-such-widget", "unknown");
    netsplit_web::mount();
    rendered().await;
    assert_eq!(place.text_content().as_deref(), Some("a still figure"));
    place.remove();
}

#[wasm_bindgen_test]
fn a_link_is_replayed_for_whoever_scripts() {
    netsplit_web::mount();
    let fragment = share::encode(&link("bank-two-cut", 0)).unwrap();
    let outcome = netsplit_web::api::replay(&fragment).unwrap();
    let digest = js_sys::Reflect::get(&outcome, &"digest".into()).unwrap();
    assert_eq!(digest.as_string().unwrap().len(), 16);
    assert!(netsplit_web::api::replay("no link").is_err());
}
