//! Islands mounted in a real browser's document.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Document, Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// A place for a widget, with a static figure in it, as a page has it.
fn place(widget: &str) -> Element {
    let place = document().create_element("div").unwrap();
    place.set_attribute("data-widget", widget).unwrap();
    place.set_text_content(Some("a still figure"));
    document().body().unwrap().append_child(&place).unwrap();
    place
}

/// Yew renders in a later task.
async fn rendered() {
    yew::platform::time::sleep(std::time::Duration::from_millis(50)).await;
}

#[wasm_bindgen_test]
async fn an_island_takes_the_place_of_its_figure_and_answers_a_click() {
    let place = place("counter");
    netsplit_web::mount();
    rendered().await;
    assert!(!place.text_content().unwrap().contains("a still figure"));

    let button = place.query_selector("button").unwrap().unwrap();
    button.unchecked_into::<HtmlElement>().click();
    rendered().await;
    let value = place.query_selector(".value").unwrap().unwrap();
    assert_eq!(value.text_content().as_deref(), Some("1"));

    // Mounting again leaves a living island as it is.
    netsplit_web::mount();
    rendered().await;
    let value = place.query_selector(".value").unwrap().unwrap();
    assert_eq!(value.text_content().as_deref(), Some("1"));
}

#[wasm_bindgen_test]
async fn an_unknown_widget_leaves_the_figure_standing() {
    let place = place("no-such-widget");
    netsplit_web::mount();
    rendered().await;
    assert_eq!(place.text_content().as_deref(), Some("a still figure"));
}
