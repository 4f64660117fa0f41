//! Fenced blocks: their info string names a kind, their body is TOML, they become islands.
//!
//! Adding a kind is one file here, with a `render`, and one line in [`KINDS`].

use maud::{Markup, html};
use serde::de::DeserializeOwned;

use crate::{Place, Problem};

mod counter;

/// A fenced block of a lesson.
pub struct Block<'a> {
    /// Its info string.
    pub kind: &'a str,
    /// Its TOML.
    pub body: &'a str,
    /// The line of its opening fence.
    pub place: Place,
}

impl Block<'_> {
    /// Its body as a value. A mistake is reported on its own line.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        toml::from_str(self.body).map_err(|why| {
            let byte = why.span().map_or(0, |span| span.start);
            let first_line = self.place.line + 1;
            Place::of_byte(&self.place.file, first_line, self.body, byte).problem(why.message())
        })
    }
}

/// A kind of block: its name, and how it becomes HTML.
pub struct Kind {
    name: &'static str,
    render: fn(&Block<'_>) -> Result<Markup, Problem>,
}

/// Every kind there is.
pub const KINDS: &[Kind] = &[Kind {
    name: "counter",
    render: counter::render,
}];

/// Turns a block into HTML.
pub fn render(block: &Block<'_>) -> Result<Markup, Problem> {
    match KINDS.iter().find(|kind| kind.name == block.kind) {
        Some(kind) => (kind.render)(block),
        None => {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let expected = names.join(", ");
            let what = format!(
                "unknown block kind `{}`; expected one of: {expected}",
                block.kind
            );
            Err(block.place.problem(what))
        }
    }
}

/// A figure whose still picture gives way to a widget once the module is there.
fn figure(widget: &str, label: &str, still: Markup, caption: &str) -> Markup {
    html! {
        figure.widget aria-label=(label) {
            div data-widget=(widget) { (still) }
            figcaption { (caption) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_body_is_named_with_its_line() {
        let place = Place {
            file: "lessons/x/lesson.md".into(),
            line: 20,
        };
        let block = Block {
            kind: "counter",
            body: "label = \"A\"\ncaptoin = \"B\"\n",
            place,
        };
        assert!(
            render(&block)
                .unwrap_err()
                .to_string()
                .starts_with("lessons/x/lesson.md:22: ")
        );
    }
}
