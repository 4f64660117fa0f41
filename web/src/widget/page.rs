//! The page around a figure: its address, its width, what the reader's system prefers. Everything may be missing.

use std::cell::Cell;
use std::rc::Rc;
use std::str::FromStr;

use js_sys::Function;
use sim_core::run::Run;
use sim_core::share::{self, Link};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    Document, Element, Event, EventTarget, HtmlElement, HtmlInputElement, HtmlSelectElement,
    NodeList, Window,
};

use crate::ui::Again;

/// The window.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// Real time, in microseconds.
pub fn now_us() -> u64 {
    let now = window()
        .and_then(|window| window.performance())
        .map_or(0.0, |clock| clock.now());
    (now * 1_000.0) as u64
}

/// Does something after so many microseconds.
pub fn later(us: u64, what: impl FnOnce() + 'static) {
    let what = Closure::once_into_js(what);
    if let Some(window) = window() {
        let ms = (us / 1_000) as i32;
        let _ =
            window.set_timeout_with_callback_and_timeout_and_arguments_0(what.unchecked_ref(), ms);
    }
}

/// Whether the reader's system asks for less motion.
pub fn prefers_less_motion() -> bool {
    window()
        .and_then(|window| {
            window
                .match_media("(prefers-reduced-motion: reduce)")
                .ok()?
        })
        .is_some_and(|list| list.matches())
}

/// What stands after the `#` of the page's address, unless it names a part of the page.
pub fn fragment() -> Option<String> {
    let hash = window()?.location().hash().ok()?;
    let fragment = hash.strip_prefix('#')?;
    let is_part = document()?.get_element_by_id(fragment).is_some();
    (!fragment.is_empty() && !is_part).then(|| fragment.to_owned())
}

/// The page's address with another fragment.
pub fn address(fragment: &str) -> String {
    let location = window().map(|window| window.location());
    let here = location
        .and_then(|location| location.href().ok())
        .unwrap_or_default();
    let here = here.split('#').next().unwrap_or_default();
    let here = here.split('?').next().unwrap_or_default();
    format!("{here}#{fragment}")
}

/// The address of the page that shows one figure alone, with a fragment.
pub fn embed_address(fragment: &str) -> String {
    let folder = "static/";
    let found = || {
        let link = document()?
            .query_selector(&format!("link[href*=\"{folder}\"]"))
            .ok()??;
        let href = js_sys::Reflect::get(&link, &"href".into())
            .ok()?
            .as_string()?;
        let (folder, _) = href.rsplit_once('/')?;
        let (root, _) = folder.rsplit_once('/')?;
        Some(format!("{root}/embed/#{fragment}"))
    };
    found().unwrap_or_else(|| address(fragment))
}

/// The elements that a search has found; none if it failed.
pub fn elements(found: Option<NodeList>) -> Vec<Element> {
    let Some(list) = found else {
        return Vec::new();
    };
    let element = |index| list.get(index)?.dyn_into().ok();
    (0..list.length()).filter_map(element).collect()
}

/// What an event happened to, if it is of that kind.
pub fn target<T: JsCast>(event: &Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

/// What was typed into the field that an event comes from, or chosen on its slider, if it reads.
pub fn typed<T: FromStr>(event: &Event) -> Option<T> {
    let field: HtmlInputElement = target(event)?;
    field.value().trim().parse().ok()
}

/// The place of what was chosen from the list that an event comes from.
pub fn chosen(event: &Event) -> Option<u32> {
    let list: HtmlSelectElement = target(event)?;
    Some(list.selected_index().max(0) as u32)
}

/// Which figure of the page a link is for: the one whose run is most like the link's, else the first.
pub fn figure_for(link: Option<&Link>) -> Option<Element> {
    let figures = elements(document()?.query_selector_all("[data-widget=sim]").ok());
    let likeness = |figure: &Element| {
        let run = figure.get_attribute("data-run").unwrap_or_default();
        let there: Option<Link> = share::decode_in_page(&run);
        there
            .zip(link)
            .map_or(0, |(there, link)| likeness(&there.run, &link.run))
    };
    let mut best = figures.first().map(|first| (likeness(first), first));
    for figure in figures.iter().skip(1) {
        let like = likeness(figure);
        if best.is_some_and(|(most, _)| like > most) {
            best = Some((like, figure));
        }
    }
    best.map(|(_, figure)| figure.clone())
}

/// How much two runs have in common: nothing with another cast on the stage; else the more the longer they were the
/// same run.
fn likeness(one: &Run, other: &Run) -> usize {
    let (here, there) = (&one.scenario, &other.scenario);
    if here.id != there.id || here.title != there.title || here.nodes != there.nodes {
        return 0;
    }
    let actions = one.actions.iter().zip(&other.actions);
    let same = actions.take_while(|(one, other)| one == other).count();
    let settings = here.settings.iter().zip(&there.settings);
    let chosen = settings.filter(|(one, other)| one == other).count();
    1 + chosen + usize::from(one.seed == other.seed) + same * 64
}

/// Copies a text. Where the browser does not let us, nothing happens: the text stands in a field and can be copied.
pub fn copy(text: &str) {
    if let Some(window) = window() {
        // In a frame without the permission this is refused.
        let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into());
        if clipboard.is_ok_and(|clipboard| !clipboard.is_undefined()) {
            let _ = window.navigator().clipboard().write_text(text);
        }
    }
}

/// Offers a text as a file.
pub fn download(name: &str, text: &str) {
    let saved = || {
        let parts = js_sys::Array::of1(&text.into());
        let blob = web_sys::Blob::new_with_str_sequence(&parts).ok()?;
        let url = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
        let link: web_sys::HtmlAnchorElement =
            document()?.create_element("a").ok()?.dyn_into().ok()?;
        link.set_href(&url);
        link.set_download(name);
        link.click();
        web_sys::Url::revoke_object_url(&url).ok()
    };
    let _ = saved();
}

/// Says at a place that something could not be loaded: the line that says so.
pub fn fail(place: &Element, words: &str) -> Option<Element> {
    let line = document()?.create_element("p").ok()?;
    line.set_class_name("failed");
    line.set_text_content(Some(words));
    line.set_attribute("role", "status").ok()?;
    place.append_child(&line).ok()?;
    Some(line)
}

/// Says so, with a button to try again; the line goes when it is pressed.
pub fn fail_for_now(place: &Element, again: impl Fn() + 'static) -> Option<Element> {
    let line = fail(place, "This part could not be loaded. ")?;
    let button = document()?.create_element("button").ok()?;
    button.set_class_name("ghost");
    button.set_text_content(Some("Try again"));
    line.append_child(&button).ok()?;
    let gone = line.clone();
    let pressed = Closure::<dyn FnMut()>::new(move || {
        gone.remove();
        again();
    });
    let button: &HtmlElement = button.unchecked_ref();
    button.set_onclick(Some(pressed.into_js_value().unchecked_ref()));
    Some(line)
}

/// Moves the page to an element, unless its head is in view.
pub fn show(element: &Element) {
    let height = window().and_then(|window| window.inner_height().ok());
    let half = height.and_then(|height| height.as_f64()).unwrap_or(0.0) / 2.0;
    let top = element.get_bounding_client_rect().top();
    if top < 0.0 || top > half {
        element.scroll_into_view();
    }
}

/// Puts the focus on an element.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    } else if let Ok(focus) = js_sys::Reflect::get(element, &"focus".into()) {
        // SVG elements have the same method without being HTML.
        if let Some(focus) = focus.dyn_ref::<Function>() {
            let _ = focus.call0(element);
        }
    }
}

/// How wide an element is, in pixels: asked at first and whenever the window changes its size.
pub struct Width {
    px: Rc<Cell<i32>>,
    _listening: Option<Listening>,
}

impl Width {
    /// The width of `place`; whoever draws by it is drawn again when it changes.
    pub fn of(place: &Element, again: Again) -> Self {
        let px = Rc::new(Cell::new(place.client_width()));
        let (known, place) = (Rc::clone(&px), place.clone());
        let listening = window().map(|window| {
            Listening::to(window.unchecked_into(), "resize", move |_| {
                let now = place.client_width();
                if known.replace(now) != now {
                    again.now();
                }
            })
        });
        Self {
            px,
            _listening: listening,
        }
    }

    /// The width.
    pub fn px(&self) -> i32 {
        self.px.get()
    }
}

/// Listening ends when this is dropped.
pub struct Listening {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listening {
    /// Listens to something beyond the island's own elements.
    pub fn to(
        target: EventTarget,
        kind: &'static str,
        heard: impl FnMut(web_sys::Event) + 'static,
    ) -> Self {
        let closure = Closure::wrap(Box::new(heard) as Box<dyn FnMut(web_sys::Event)>);
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Self {
            target,
            kind,
            closure,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let closure = self.closure.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, closure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::action::Action;
    use sim_core::catalogue;
    use sim_core::units::{Endpoint, Micros};

    #[test]
    fn a_link_goes_to_the_figure_that_it_was_made_in() {
        let figure = |policy: &str| {
            let mut scenario = catalogue::find("bank-two-cut").unwrap();
            scenario.choose("policy", policy);
            Run::new(scenario, 7)
        };
        let (all, local) = (figure("all"), figure("local"));
        let at = Micros::from_ms(500);
        let scripted = local.fork(at, Action::Kill(Endpoint(1)));
        let made = scripted.fork(Micros::from_ms(900), Action::Heal);
        let likes = [&all, &local, &scripted].map(|figure| likeness(figure, &made));
        assert!(
            0 < likes[0] && likes[0] < likes[1] && likes[1] < likes[2],
            "{likes:?}"
        );
        let other = Run::new(catalogue::find("bank-three").unwrap(), 7);
        assert_eq!(likeness(&other, &made), 0);
    }
}
