//! The page on which histories of other systems are judged: what is put in and how. `check.js` takes it in, `worker.js`
//! has it judged, and the module's island draws what comes of it.

use maud::{Markup, html};
use sim_core::check::model::ModelKind;
use sim_core::foreign::Format;

use crate::pages::{Own, Page};

/// The script of the page. The build fills in the worker's name.
pub const SCRIPT: &str = include_str!("check.js");
/// The worker's. The build fills in the glue's name.
pub const WORKER: &str = include_str!("worker.js");

/// A history to begin with.
pub struct Example {
    /// What links call it.
    pub name: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// Its file.
    pub text: &'static str,
}

/// Those that links call by name.
pub const EXAMPLES: [Example; 5] = [
    Example {
        name: "stale-read",
        title: "A stale read",
        text: include_str!("stale-read.edn"),
    },
    Example {
        name: "two-holders",
        title: "A lock with two holders",
        text: include_str!("two-holders.jsonl"),
    },
    Example {
        name: "forgetful-cart",
        title: "A cart that forgets",
        text: include_str!("forgetful-cart.jsonl"),
    },
    Example {
        name: "open-append",
        title: "An answer that never came",
        text: include_str!("open-append.edn"),
    },
    Example {
        name: "timeout",
        title: "A write that timed out",
        text: include_str!("timeout.log"),
    },
];

/// The page.
pub fn page() -> Page<'static> {
    Page {
        url: "check/",
        title: "Check a history",
        description: "Says which consistency model the history of a real database satisfies, and which operations break the next one.",
        kicker: "Netsplit".to_owned(),
        body: body(),
        has_widgets: true,
        plays: None,
        is_bare: false,
        own: Own {
            sheets: &["operations.css", "check.css"],
            script: Some("check.js"),
        },
    }
}

fn body() -> Markup {
    html! {
        p { "Put in what clients asked of a database and what they were told. Netsplit says which consistency that was, and which operations contradict a stronger one." }
        p.check-examples {
            "Nothing is uploaded: this browser does the work. Open an example:"
            @for example in EXAMPLES {
                " " a href={ "#example=" (example.name) } { (example.title) }
            }
        }
        form.check-in autocomplete="off" {
            label for="history" { "History" }
            textarea id="history" rows="5" spellcheck="false" autocapitalize="off" aria-describedby="history-hint" {}
            div.check-from {
                label.unseen for="file" { "File" }
                input type="file" id="file";
                p.hint id="history-hint" { "Paste lines, drop a file on this field, or choose one. Up to 20 MB." }
            }
            div.check-row {
                label { span { "Model" } (choice("model", ModelKind::NAMES.map(|(name, _)| name).as_slice())) }
                label { span { "Format" } (choice("format", Format::NAMES.map(|(name, _)| name).as_slice())) }
                label { span { "Initial value" } input type="text" id="initial" size="8" placeholder="nothing"; }
            }
            div.check-do {
                button.check-go type="submit" { "Check" }
                button.check-cancel type="button" disabled { "Cancel" }
            }
        }
        div.check-out data-widget="check" {
            div.ck-line { p.ck-status { "Nothing has been judged yet." } }
            div.ck-room {}
        }
        details.check-formats {
            summary { "What such a file looks like" }
            p { "The format is seen from the content: lines of a Jepsen log, EDN maps as Jepsen and Knossos write them, the same with keys, or JSON lines, an operation each. The examples:" }
            @for example in EXAMPLES {
                h2 { (example.title) }
                pre id={ "example-" (example.name) } tabindex="0" { (example.text) }
            }
            p { "An operation that failed certainly did not happen. One without an end, or whose end nobody knows, may have happened at any later moment. What a " code { ":nemesis" } " does, or a line with " code { "fault" } ", is drawn and not judged. On the command line " code { "netsplit check" } " does the same, for files of up to 100 MB." }
        }
    }
}

fn choice(id: &str, names: &[&str]) -> Markup {
    html! {
        select id=(id) {
            option value="" { "seen from the content" }
            @for name in names { option value=(name) { (name) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::check::linearizable::{self, Answer, Question};
    use sim_core::check::search::Limits;
    use sim_core::foreign;

    #[test]
    fn every_example_reads_and_shows_what_it_says() {
        let verdicts = EXAMPLES.map(|example| {
            let read = foreign::read(example.text.as_bytes(), None);
            let history = read
                .unwrap_or_else(|why| panic!("{}: {why}", example.name))
                .history;
            let kind = ModelKind::deduce(&history).expect("one model has it all");
            let question = Question::whole(&history, kind, history.initial);
            let answer = linearizable::check(&question, &Limits::default());
            (example.name, matches!(answer, Answer::Yes(_)))
        });
        let expected = [
            ("stale-read", false),
            ("two-holders", false),
            ("forgetful-cart", false),
            ("open-append", true),
            ("timeout", true),
        ];
        assert_eq!(verdicts, expected);
    }

    #[test]
    fn every_example_has_its_link_and_its_text() {
        let body = body().into_string();
        for example in EXAMPLES {
            assert!(body.contains(&format!("href=\"#example={}\"", example.name)));
            assert!(body.contains(&format!("id=\"example-{}\"", example.name)));
        }
        assert!(SCRIPT.contains("#example=") && SCRIPT.contains("20 << 20"));
    }
}
