//! The page on which readers put a comparison together: the form is the page's own, and what it plays is a comparison as
//! lessons have them. Its link is the links of all sides, one behind the other.
//!
//! With the feature `apart` the release's build splits it off, as it does with what other pages of their own need.

use std::rc::Rc;

use figure::versus::{self, Fault, Form};
use js_sys::Reflect;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::share::{self, Link, ShareError};
use sim_core::units::Micros;
use wasm_bindgen::JsValue;
#[cfg(feature = "apart")]
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{Element, Event};

use crate::mount::when_near;
use crate::registry::room;
use crate::session::Session;
use crate::shelf;
use crate::widget::page::{self, Listening};

/// What a field holds.
const VALUE: &str = "value";
/// Between the links of two sides: no link holds it.
const BETWEEN: char = '.';

/// The one way into what is apart.
#[cfg(feature = "apart")]
#[wasm_split(versus, fallible)]
fn way_in() -> Result<fn(Element), SplitLoaderError> {
    Ok(begin)
}

/// Mounts the page's form, once what that needs is here.
#[cfg(feature = "apart")]
pub fn mount(place: Element) {
    wasm_bindgen_futures::spawn_local(async move {
        match way_in().await {
            Ok(begin) => begin(place),
            Err(_) => drop(page::fail(&place, "The form could not be loaded.")),
        }
    });
}

/// Mounts the page's form: it is here.
#[cfg(not(feature = "apart"))]
pub fn mount(place: Element) {
    begin(place);
}

/// The form with what it plays.
struct Page {
    place: Element,
    /// Where the comparison is.
    stage: Element,
}

fn begin(place: Element) {
    let Ok(Some(stage)) = place.query_selector(".compare") else {
        return;
    };
    let page = Rc::new(Page { place, stage });
    let told = |kind, selector: &str, does: fn(&Rc<Page>)| {
        let page = Rc::clone(&page);
        let element = page.place.query_selector(selector).ok().flatten()?;
        let heard = move |event: Event| {
            event.prevent_default();
            does(&page);
        };
        // For as long as the page stands.
        core::mem::forget(Listening::to(element.into(), kind, heard));
        Some(())
    };
    told("submit", "form", |page| page.play());
    told("click", "[name=link]", |page| page.copy());
    for button in page::elements(page.place.query_selector_all("form button").ok()) {
        let _ = button.remove_attribute("disabled");
    }
    match page::fragment() {
        Some(text) => page.open(text),
        None => page.stand(),
    }
}

impl Page {
    /// What is chosen or typed in all fields of this name.
    fn fields(&self, name: &str) -> Vec<String> {
        let found = self.place.query_selector_all(&format!("[name={name}]"));
        let value = |field: Element| {
            let value = Reflect::get(&field, &VALUE.into());
            value
                .ok()
                .and_then(|value| value.as_string())
                .unwrap_or_default()
        };
        page::elements(found.ok()).into_iter().map(value).collect()
    }

    /// Puts values into them; what is left over is emptied.
    fn fill(&self, name: &str, values: &[String]) {
        let found = self.place.query_selector_all(&format!("[name={name}]"));
        for (place, field) in page::elements(found.ok()).into_iter().enumerate() {
            let value = values.get(place).map_or("", String::as_str);
            // What nobody needs keeps what it holds; who is left out is nobody.
            if place < values.len() || ["side", "whom"].contains(&name) {
                let _ = Reflect::set(&field, &VALUE.into(), &value.into());
            }
        }
    }

    /// Says something below the form.
    fn say(&self, words: &str) {
        if let Ok(Some(line)) = self.place.query_selector("[role=status]") {
            line.set_text_content(Some(words));
            let _ = line.remove_attribute("hidden");
        }
    }

    /// The comparison comes to life with what stands in its options.
    fn stand(&self) {
        when_near(self.stage.clone(), |later| later.compare);
    }

    // --- a link

    /// Opens the links of all sides. Where that cannot be done, it is said, and what the page opens with stands.
    fn open(self: &Rc<Self>, text: String) {
        let mut links = Vec::new();
        for part in text.split(BETWEEN) {
            match share::decode(part) {
                Ok(link) => links.push(link),
                Err(ShareError::Absent { protocol }) => {
                    let page = Rc::clone(self);
                    return shelf::bring(protocol.to_owned(), move |is_here| match is_here {
                        true => page.open(text),
                        false => page.cannot("one of its protocols could not be loaded"),
                    });
                }
                Err(why) => return self.cannot(&why.to_string()),
            }
        }
        if !versus::SIDES.contains(&links.len()) {
            return self.cannot(&format!("expected two to four runs, found {}", links.len()));
        }
        for link in &links {
            if let Err(why) = Session::open(link) {
                return self.cannot(&why.to_string());
            }
        }
        let runs: Vec<&Run> = links.iter().map(|link| &link.run).collect();
        match Form::of(&runs) {
            Some(form) => self.show(&form),
            None => self.say("These runs have scripts of their own, which the form does not show."),
        }
        self.set(&links);
        self.stand();
    }

    fn cannot(&self, why: &str) {
        self.say(&format!(
            "The link could not be opened: {why}. Here is the comparison as this page has it."
        ));
        self.stand();
    }

    /// What the comparison is to play.
    fn set(&self, links: &[Link]) {
        let title = self.stage.query_selector(".sim-title").ok().flatten();
        let title = title
            .and_then(|title| title.text_content())
            .unwrap_or_default();
        let (mut sides, mut plays) = (Vec::new(), Vec::new());
        for link in links {
            let scenario = &link.run.scenario;
            let side = scenario.title.split_once(": ").map(|(side, _)| side);
            let known = side.filter(|side| versus::protocol(side) == scenario.protocol);
            let label = match known {
                Some(side) => versus::label(side),
                None => scenario.title.clone(),
            };
            let (label, run) = (text(&label), share::encode_in_page(link));
            sides.push(format!("{{\"label\":{label},\"run\":\"{run}\"}}"));
            plays.push(text(&scenario.protocol));
        }
        let (title, sides, plays) = (text(&title), sides.join(","), plays.join(","));
        let options = format!("{{\"title\":{title},\"sides\":[{sides}],\"plays\":[{plays}]}}");
        let _ = self.stage.set_attribute("data-options", &options);
    }

    /// The form shows what is played.
    fn show(&self, form: &Form) {
        let numbers = |list: &[u32]| list.iter().map(u32::to_string).collect::<Vec<_>>();
        let faults = &form.faults;
        self.fill("side", &form.sides);
        self.fill("nodes", &[form.nodes.to_string()]);
        self.fill("seed", &[form.seed.to_string()]);
        let whom: Vec<String> = faults
            .iter()
            .map(|fault| versus::whom(fault.whom))
            .collect();
        let mut what: Vec<String> = faults
            .iter()
            .map(|fault| versus::WHAT[fault.what].0.to_owned())
            .collect();
        what.resize(versus::FAULTS_MAX, versus::WHAT[0].0.to_owned());
        self.fill("whom", &whom);
        self.fill("what", &what);
        let spans: (Vec<u32>, Vec<u32>) = faults.iter().map(|fault| fault.span).unzip();
        self.fill("from", &numbers(&spans.0));
        self.fill("until", &numbers(&spans.1));
    }

    // --- the form

    /// What the form says, or what is wrong with it.
    fn form(&self) -> Result<Form, String> {
        let mut sides = self.fields("side");
        sides.retain(|side| !side.is_empty());
        let mut faults = Vec::new();
        let [whom, what, from, until] =
            ["whom", "what", "from", "until"].map(|name| self.fields(name));
        for (place, whom) in whom.iter().enumerate().filter(|(_, whom)| !whom.is_empty()) {
            let text = format!("{} {whom} {}-{}", what[place], from[place], until[place]);
            faults.push(Fault::read(&text).ok_or_else(|| {
                format!(
                    "Fault {}: expected two moments in order, up to {} ms, found {} and {}",
                    place + 1,
                    versus::LENGTH_MS,
                    from[place],
                    until[place]
                )
            })?);
        }
        let number = |name: &str| {
            self.fields(name)
                .first()
                .and_then(|text| text.parse::<u64>().ok())
        };
        Ok(Form {
            sides,
            nodes: number("nodes").unwrap_or_default() as u8,
            seed: number("seed").ok_or("Chance: expected a whole number")?,
            faults,
        })
    }

    /// Plays what the form says, from where the comparison stands.
    fn play(self: &Rc<Self>) {
        let form = match self.form() {
            Ok(form) => form,
            Err(why) => return self.say(&format!("{why}.")),
        };
        let absent = form.sides.iter().map(|side| versus::protocol(side));
        if let Some(absent) = absent
            .into_iter()
            .find(|name| protocols::absent(name).is_some())
        {
            let page = Rc::clone(self);
            return shelf::bring(absent.to_owned(), move |is_here| match is_here {
                true => page.play(),
                false => page.say("A protocol could not be loaded. Try again."),
            });
        }
        let at = self.at().unwrap_or_default();
        let links = form.runs().and_then(|runs| {
            let link = |run: Run| Timeline::of(run).map(|timeline| Link::to(&timeline, at));
            let links: Result<Vec<Link>, _> = runs.into_iter().map(link).collect();
            fragment(links.map_err(|why| why.to_string())?)
        });
        match (links, page::window()) {
            (Ok(links), Some(window)) => {
                // The page begins anew with another address: `versus.js` sees to that.
                let _ = Reflect::set(&window.location(), &"hash".into(), &links.into());
            }
            (Err(why), _) => self.say(&format!("{why}.")),
            _ => {}
        }
    }

    /// The moment at which the comparison stands, once it lives.
    fn at(&self) -> Option<Micros> {
        self.sessions().first().map(|session| session.at)
    }

    fn sessions(&self) -> Vec<Rc<Session>> {
        let id = self
            .stage
            .get_attribute("aria-labelledby")
            .unwrap_or_default();
        let session = |place: usize| room(&format!("{id}-{place}")).session();
        (0..*versus::SIDES.end()).filter_map(session).collect()
    }

    /// Copies the link to the moment at which the comparison stands; it is the page's address from then on.
    fn copy(&self) {
        let at = self.at().unwrap_or_default();
        let sessions = self.sessions();
        let links = sessions
            .iter()
            .map(|one| Link::to(&one.timeline.borrow(), at));
        match fragment(links.collect()) {
            Ok(links) => {
                let address = page::address(&links);
                if let Some(history) = page::window().and_then(|window| window.history().ok()) {
                    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
                }
                page::copy(&address);
                self.say(&format!(
                    "The link to {} is copied, and is this page’s address.",
                    figure::time::clock(at)
                ));
            }
            Err(why) => self.say(&format!("{why}.")),
        }
    }
}

/// The links of all sides as one.
fn fragment(links: Vec<Link>) -> Result<String, String> {
    let parts: Result<Vec<String>, ShareError> = links.iter().map(share::encode).collect();
    let parts = parts.map_err(|why| why.to_string())?;
    Ok(parts.join(&BETWEEN.to_string()))
}

/// A text as JSON has it.
fn text(words: &str) -> String {
    let mut text = String::from("\"");
    for letter in words.chars().filter(|letter| !letter.is_control()) {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
    text
}
