//! What every page looks like.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sim_core::explore::bench;

use crate::lesson::Lesson;
use crate::output::{
    COMPARE_SHEET, FRAME_SHEET, LIST_SHEET, REFERENCE_SHEET, VERSUS_SCRIPT, VERSUS_SHEET,
};

/// Own origin only, nothing inline. It stands in the page, because static hosts send no headers.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'";

/// The protocol of the pages that are not lessons.
const LEDGER: &str = "ledger";

/// Files of the built site that pages name.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// wasm-bindgen's script.
    pub glue: String,
    /// The module.
    pub wasm: String,
    /// What is loaded for each protocol, where protocols are parts of the module.
    pub protocols: BTreeMap<String, Vec<String>>,
    /// Changes whenever a file without a hash in its name does, so that no cache mixes builds.
    pub version: String,
    /// Style sheets, in order.
    pub sheets: Vec<String>,
    /// Style sheets that only pages with widgets need; they come after the others.
    pub widget_sheets: Vec<String>,
    /// A developer's build: the page reloads itself when it is rebuilt.
    pub reloads: bool,
}

/// A page: a folder with an `index.html`.
pub struct Page<'a> {
    /// Its folder as seen from the site's root: empty, or ending in `/`.
    pub url: &'a str,
    /// The heading.
    pub title: &'a str,
    /// One sentence about it.
    pub description: &'a str,
    /// The small line above the heading.
    pub kicker: String,
    /// What comes below the heading.
    pub body: Markup,
    /// Whether it needs the module.
    pub has_widgets: bool,
    /// The protocol that its first figure plays.
    pub plays: Option<String>,
    /// Whether it stands in somebody else's frame: nothing but its body.
    pub is_bare: bool,
    /// What it alone loads.
    pub own: Own,
}

/// What a page loads that no other does.
#[derive(Clone, Copy, Default)]
pub struct Own {
    /// Style sheets, after all others.
    pub sheets: &'static [&'static str],
    /// A script that runs before the module starts.
    pub script: Option<&'static str>,
}

impl Own {
    const fn of_sheets(sheets: &'static [&'static str]) -> Self {
        Self {
            sheets,
            script: None,
        }
    }
}

impl<'a> Page<'a> {
    /// The page of a lesson; `all` are the lessons that it belongs to.
    pub fn of_lesson(lesson: &'a Lesson, url: &'a str, all: &'a [Lesson]) -> Self {
        let front = &lesson.front;
        let listed: Vec<&Lesson> = all.iter().filter(|lesson| lesson.is_listed()).collect();
        let body = html! {
            (PreEscaped(&lesson.body.html))
            @if url.is_empty() && !listed.is_empty() {
                h2 id="lessons" { "Lessons" }
                (list(&listed, "lessons/"))
            }
            @if lesson.is_listed() { (neighbours(lesson, &listed)) }
        };
        let lists = url.is_empty();
        let minutes = front.minutes.map(|minutes| match minutes {
            1 => " · 1 minute".to_owned(),
            _ => format!(" · {minutes} minutes"),
        });
        Self {
            url,
            title: &front.title,
            description: &front.description,
            kicker: format!("{}{}", front.kicker, minutes.unwrap_or_default()),
            body,
            has_widgets: lesson.body.has_widgets,
            plays: lesson.body.plays.clone(),
            is_bare: false,
            own: Own {
                sheets: match (lesson.body.has_choice, lesson.body.has_comparison) {
                    (true, _) => &[COMPARE_SHEET, VERSUS_SHEET],
                    (false, true) => &[COMPARE_SHEET],
                    (false, false) if lists => &[LIST_SHEET],
                    (false, false) => &[],
                },
                script: lesson.body.has_choice.then_some(VERSUS_SCRIPT),
            },
        }
    }

    /// The page for frames: one figure, whose run the address says.
    pub fn of_embed(figure: Markup) -> Self {
        Self {
            url: "embed/",
            title: "A run of Netsplit",
            description: "One figure for a frame on another page; its address says what it shows.",
            kicker: String::new(),
            body: figure,
            has_widgets: true,
            plays: Some(LEDGER.to_owned()),
            is_bare: true,
            own: Own::of_sheets(&[FRAME_SHEET]),
        }
    }

    /// The page that measures the engine in the reader's browser.
    pub fn of_bench() -> Self {
        let body = html! {
            p { "The same load as on the command line (" code { "netsplit bench" } "): five branches, and five people who each ask a few times a second." }
            p { "Messages are handed over with nothing recorded and nobody watching; then a long run is recorded, and moments all over it are sought. At last Raft: five servers, and a thousand proposals a second." }
            section data-widget="bench" {
                p { button type="button" disabled { "Measure this browser" } }
                table {
                    tbody {
                        @for name in bench::FIGURES { tr { th scope="row" { (name) } td { "–" } } }
                    }
                }
                p { "Not measured yet." }
            }
        };
        Self {
            url: "bench/",
            title: "How fast is it here?",
            description: "Measures Netsplit's engine in your browser.",
            kicker: "Netsplit".to_owned(),
            body,
            has_widgets: true,
            plays: Some(LEDGER.to_owned()),
            is_bare: false,
            own: Own::default(),
        }
    }

    /// The page that lists the lessons.
    pub fn of_list(lessons: &'a [Lesson]) -> Self {
        let listed: Vec<&Lesson> = lessons.iter().filter(|lesson| lesson.is_listed()).collect();
        let body = html! {
            @if listed.is_empty() {
                p { "The first lessons are being written. The " a href="../" { "first page" } " already has something to break." }
            } @else {
                p { "Each opens with something that went wrong, lets you guess, and lets you break it yourself." }
                (list(&listed, ""))
                p { "Or go straight to the " a href="../playground/" { "playground" } "." }
            }
        };
        let description = "Short lessons on distributed systems, each with something to break.";
        Self {
            own: Own::of_sheets(&[LIST_SHEET]),
            ..Self::of_text("lessons/", "Lessons", description, body)
        }
    }

    /// A page without a figure.
    pub fn of_text(url: &'a str, title: &'a str, description: &'a str, body: Markup) -> Self {
        Self {
            url,
            title,
            description,
            kicker: "Netsplit".to_owned(),
            body,
            has_widgets: false,
            plays: None,
            is_bare: false,
            own: Own::default(),
        }
    }

    /// The whole document.
    pub fn html(&self, files: &Files) -> String {
        let root = match self.url.matches('/').count() {
            0 => "./".to_owned(),
            depth => "../".repeat(depth),
        };
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head(&root, files))
                @if self.is_bare {
                    body.bare data-plays=[self.needs(files)] { main id="main" { h1.unseen { (self.title) } (self.body) } }
                } @else {
                    (self.whole(&root, files))
                }
            }
        };
        document.into_string()
    }

    /// Header, text and footer.
    fn whole(&self, root: &str, files: &Files) -> Markup {
        html! {
                body data-plays=[self.needs(files)] {
                    a.skip href="#main" { "Skip to the text" }
                    (self.header(root))
                    main id="main" tabindex="-1" {
                        p.kicker { (self.kicker) }
                        h1 { (self.title) }
                        (self.body)
                        @if self.has_widgets {
                            noscript { p.kicker { "Without JavaScript the figures on this page stand still. All the text is here." } }
                        }
                    }
                    footer.foot {
                        p { "Netsplit runs in your browser alone: no account, no server, nothing is sent anywhere. Free software, MIT or Apache-2.0. " a href={ (root) "bench/" } { "How fast is it here?" } " " a href={ (root) "proof/" } { "What this build proves" } }
                    }
                }
        }
    }

    fn head(&self, root: &str, files: &Files) -> Markup {
        let version = &files.version;
        let title = match self.url {
            "" => format!("Netsplit: {}", self.title),
            _ => format!("{} · Netsplit", self.title),
        };
        html! {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                meta name="description" content=(self.description);
                meta property="og:type" content="article";
                meta property="og:site_name" content="Netsplit";
                meta property="og:title" content=(self.title);
                meta property="og:description" content=(self.description);
                meta name="twitter:card" content="summary";
                script src={ (root) "static/theme.js?v=" (version) } {}
                @for sheet in self.sheets(files) {
                    link rel="stylesheet" href={ (root) "static/" (sheet) "?v=" (version) };
                }
                link rel="icon" type="image/svg+xml" href={ (root) "static/icon.svg?v=" (version) };
                @for sheet in self.own_sheets(files) {
                    link rel="stylesheet" href={ (root) "static/" (sheet) "?v=" (version) };
                }
                @if let Some(script) = self.own.script {
                    script type="module" src={ (root) (script) "?v=" (version) } {}
                }
                @if self.has_widgets {
                    link rel="modulepreload" href={ (root) (files.glue) };
                    link rel="preload" as="fetch" type="application/wasm" crossorigin href={ (root) (files.wasm) };
                    @for part in self.plays.iter().filter_map(|name| files.protocols.get(name)).flatten() {
                        link rel="preload" as="fetch" type="application/wasm" crossorigin href={ (root) (part) };
                    }
                    script type="module" src={ (root) "boot.js?v=" (version) } {}
                }
                @if files.reloads {
                    script type="module" src={ (root) "reload.js" } {}
                }
            }
        }
    }

    /// The protocol that has to be loaded before its figures can live, if there is one.
    fn needs<'f>(&'f self, files: &Files) -> Option<&'f String> {
        let are_parts = |name: &&String| files.protocols.contains_key(*name);
        self.plays.as_ref().filter(are_parts)
    }

    fn sheets<'f>(&self, files: &'f Files) -> impl Iterator<Item = &'f String> {
        let more: &[String] = match self.has_widgets {
            true => &files.widget_sheets,
            false => &[],
        };
        files.sheets.iter().chain(more)
    }

    /// Its own style sheets, without those that it loads anyway.
    fn own_sheets(&self, files: &Files) -> impl Iterator<Item = &'static str> {
        let of_reference = ["<h3", "<pre", "<blockquote"];
        let refers = of_reference.iter().any(|tag| self.body.0.contains(tag));
        let mut own = self.own.sheets.to_vec();
        if refers {
            own.insert(0, REFERENCE_SHEET);
        }
        own.retain(|sheet| self.sheets(files).all(|known| known != sheet));
        own.into_iter()
    }

    fn header(&self, root: &str) -> Markup {
        // What comes after the first word makes room on a phone.
        let places = [
            ("lessons/", "Lessons", ""),
            ("playground/", "Playground", ""),
            ("compare/", "Compare", ""),
            ("check/", "Check", " a history"),
        ];
        let current = |url: &str| match self.url {
            here if here == url => Some("page"),
            here if here.starts_with(url) => Some("true"),
            _ => None,
        };
        html! {
            header.top {
                a.brand href=(root) {
                    svg viewBox="0 0 28 20" width="28" height="20" aria-hidden="true" fill="none" stroke-width="2" {
                        circle cx="5" cy="10" r="4" fill="currentColor" {}
                        circle cx="23" cy="10" r="4" stroke="currentColor" {}
                        path.torn d="M14 1l-2.5 4.5L15 9l-3 4 2 6" stroke-linejoin="round" {}
                    }
                    "Netsplit"
                }
                nav aria-label="Site" {
                    @for (url, name, more) in places {
                        a href={ (root) (url) } aria-current=[current(url)] { (name) @if !more.is_empty() { span { (more) } } }
                    }
                }
                button.theme type="button" { "Theme: auto" }
            }
        }
    }
}

/// The lessons as a list; `to` leads to their folder.
fn list(lessons: &[&Lesson], to: &str) -> Markup {
    html! {
        ol.lessons {
            @for lesson in lessons {
                li {
                    a href={ (to) (lesson.name) "/" } { (lesson.front.title) }
                    @if let Some(minutes) = lesson.front.minutes {
                        " " span.minutes { (minutes) " min" }
                    }
                    p { (lesson.front.description) }
                }
            }
        }
    }
}

/// The way to the lesson before and to the one after.
fn neighbours(lesson: &Lesson, all: &[&Lesson]) -> Markup {
    let place = all
        .iter()
        .position(|one| one.name == lesson.name)
        .unwrap_or(0);
    let before = place.checked_sub(1).map(|place| all[place]);
    html! {
        nav.neighbours aria-label="Lessons" {
            @if let Some(before) = before {
                a rel="prev" href={ "../" (before.name) "/" } { small { "Before" } (before.front.title) }
            }
            @match all.get(place + 1) {
                Some(after) => a rel="next" href={ "../" (after.name) "/" } { small { "Next" } (after.front.title) },
                None => a rel="next" href="../../playground/" { small { "Next" } "Try it your own way: the playground" },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(url: &str) -> String {
        let page = Page {
            url,
            title: "A & B",
            description: "D",
            kicker: String::new(),
            body: html! {},
            has_widgets: true,
            plays: Some(LEDGER.to_owned()),
            is_bare: false,
            own: Own::default(),
        };
        page.html(&Files::default())
    }

    #[test]
    fn only_pages_with_widgets_load_their_styles() {
        let files = Files {
            sheets: vec!["every.css".to_owned()],
            widget_sheets: vec!["some.css".to_owned()],
            ..Files::default()
        };
        let list = Page::of_list(&[]).html(&files);
        assert!(list.contains("every.css") && !list.contains("some.css"));
        let bench = Page::of_bench().html(&files);
        assert!(bench.find("every.css") < bench.find("some.css"));
    }

    #[test]
    fn only_pages_to_look_things_up_in_load_their_styles() {
        let page = |body| Page::of_text("rules/", "Rules", "D", body).html(&Files::default());
        assert!(page(html! { h3 { "A rule" } }).contains(REFERENCE_SHEET));
        assert!(page(html! { pre { "netsplit sweep raft" } }).contains(REFERENCE_SHEET));
        assert!(!page(html! { p { "A lesson." } }).contains(REFERENCE_SHEET));
    }

    #[test]
    fn a_page_has_what_it_plays_loaded_and_nothing_else() {
        let part = |name: &str| (name.to_owned(), vec![format!("x_{name}.wasm")]);
        let files = Files {
            protocols: [part("ledger"), part("other")].into(),
            ..Files::default()
        };
        let bench = Page::of_bench().html(&files);
        assert!(bench.contains("<body data-plays=\"ledger\">") && bench.contains("x_ledger.wasm"));
        assert!(!bench.contains("x_other.wasm"));
        assert!(!Page::of_list(&[]).html(&files).contains("data-plays"));
        assert!(
            !Page::of_bench()
                .html(&Files::default())
                .contains("data-plays")
        );
    }

    #[test]
    fn pages_find_the_root_from_any_depth() {
        assert!(page("").contains("src=\"./boot.js"));
        assert!(page("lessons/cap/").contains("src=\"../../boot.js"));
    }

    #[test]
    fn the_policy_comes_before_everything_that_loads() {
        let html = page("");
        let policy = html.find("Content-Security-Policy").unwrap();
        let first_load = html
            .find("src=")
            .into_iter()
            .chain(html.find("href="))
            .min()
            .unwrap();
        assert!(policy < first_load);
        assert!(!html.contains("style=\"") && !html.contains("onclick"));
        assert!(html.contains("A &amp; B"));
    }
}
