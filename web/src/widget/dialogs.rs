//! What opens over the figure: sharing this moment, and the list of keys.

use std::cell::Cell;
use std::rc::Rc;

use sim_core::share::{self, Link};
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::NodeRef;

use super::set_pieces::SET_PIECES;
use super::{Figure, page, runfile};
use crate::session::Session;
use crate::ui::{Again, Does, Html, On, Piece, Tag, button, div, list, p, tag};

/// Which dialog is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialog {
    /// Sharing.
    Share,
    /// The keys.
    Help,
}

/// What [`Dialogs`] is given.
#[derive(PartialEq)]
pub struct DialogsGiven {
    /// Whose dialog it is.
    pub figure: Rc<Figure>,
    /// Which.
    pub open: Dialog,
    /// What is looked at.
    pub session: Rc<Session>,
    /// It was closed.
    pub close: Does,
}

/// The open dialog. The browser keeps the focus inside and gives it back; Escape closes.
pub struct Dialogs {
    again: Again,
    dialog: NodeRef,
    /// The fields with something to copy, and whether each was copied.
    fields: [(NodeRef, Cell<bool>); 2],
}

impl Piece for Dialogs {
    type Given = DialogsGiven;

    fn begin(_: &DialogsGiven, again: Again) -> Self {
        Self {
            again,
            dialog: NodeRef::default(),
            fields: Default::default(),
        }
    }

    fn draw(self: &Rc<Self>, given: &DialogsGiven) -> Html {
        let (closed, dialog) = (given.close.clone(), self.dialog.clone());
        let label = format!("{}-dialog", given.figure.id);
        let (title, content) = match given.open {
            Dialog::Share => ("Share this moment", self.sharing(given)),
            Dialog::Help => ("Keys", keys(given)),
        };
        let close = button("close").is("aria-label", "Close").text("×");
        let close = close.clicked(move || {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        });
        let heading = tag("h3").has("id", label.clone()).text(title);
        tag("dialog")
            .found_by(&self.dialog)
            .has("aria-labelledby", label)
            .on(On::Close, move |_| closed.now())
            .on(On::KeyDown, |event| event.stop_propagation())
            .child(div("dialog-head").child(heading).child(close))
            .node(content)
            .done()
    }

    fn drawn(self: &Rc<Self>, _: &DialogsGiven, first: bool) {
        if let Some(dialog) = self.dialog.cast::<HtmlDialogElement>().filter(|_| first) {
            // Where it is refused it still stands in the page.
            let _ = dialog.show_modal();
        }
    }
}

impl Dialogs {
    /// The link, the snippet and the file.
    fn sharing(self: &Rc<Self>, given: &DialogsGiven) -> Html {
        let link = given.session.link();
        let fragment = match share::encode(&link) {
            Ok(fragment) => fragment,
            Err(why) => return list(vec![tag("p").says(why.to_string()), file_button(link)]),
        };
        let address = page::address(&fragment);
        let snippet = snippet(&page::embed_address(&fragment), &link.run.scenario.title);
        let (link_id, frame_id) = (
            format!("{}-link", given.figure.id),
            format!("{}-frame", given.figure.id),
        );
        let label = "To put this figure into a page of yours";
        let note = "Whoever opens it sees this run at this moment, and can go on from there.";
        list(vec![
            self.copied(0, link_id, "Link to this moment", address),
            self.copied(1, frame_id, label, snippet),
            p("dialog-note").text(note),
            file_button(link),
        ])
    }

    /// A text to copy, with a button that does it.
    fn copied(self: &Rc<Self>, which: usize, id: String, label: &'static str, text: String) -> Tag {
        let dialogs = Rc::clone(self);
        let copies = text.clone();
        let copy = button("ghost").clicked(move || {
            let (field, done) = &dialogs.fields[which];
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.select();
            }
            page::copy(&copies);
            done.set(true);
            dialogs.again.now();
        });
        let (place, done) = &self.fields[which];
        let field = tag("input")
            .found_by(place)
            .has("id", id.clone())
            .is("type", "text")
            .is("readonly", "")
            .holds(text);
        let copy = copy.text(if done.get() { "Copied" } else { "Copy" });
        div("copied")
            .child(tag("label").has("for", id).text(label))
            .child(tag("div").child(field).child(copy))
    }
}

fn keys(given: &DialogsGiven) -> Html {
    let timeline = given.session.timeline.borrow();
    let elects = timeline.spec().election_timer.is_some();
    let mut rows = vec![
        ("Space", "play or pause"),
        ("← →", "a step back, a step"),
        ("Shift + ← →", "ten steps"),
        ("Home, End", "to the beginning, to the end"),
        ("R", "reset: back to how it was opened"),
        (
            "Tab, Enter",
            "go to a node, a person, a line or a letter, and open its menu",
        ),
        ("Esc", "close a menu"),
        ("?", "this list"),
    ];
    if elects && given.figure.wishes.has("timers") {
        rows.extend(SET_PIECES.map(|piece| (piece.key, piece.help)));
    }
    let mut keys = tag("dl").is("class", "keys");
    for (key, what) in rows {
        keys = keys.child(tag("dt").text(key)).child(tag("dd").text(what));
    }
    let head = tag("p").text("They count while the figure has the focus.");
    list(vec![head, keys])
}

/// The figure in a frame. Without `allow-same-origin` plain hosts refuse the module.
fn snippet(address: &str, title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<iframe src=\"{address}\" title=\"{title}\" width=\"100%\" height=\"640\" \
         sandbox=\"allow-scripts allow-same-origin\" loading=\"lazy\"></iframe>"
    )
}

fn file_button(link: Link) -> Tag {
    let save = move || {
        if let Ok(text) = runfile::write(&link) {
            page::download("netsplit-run.toml", &text);
        }
    };
    button("ghost").clicked(save).text("Save the run as a file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snippet_names_its_sandbox_and_keeps_the_moment() {
        let snippet = snippet("https://example.org/embed/#AbC", "Two \"banks\"");
        assert!(snippet.contains("src=\"https://example.org/embed/#AbC\""));
        assert!(snippet.contains("sandbox=\"allow-scripts allow-same-origin\""));
        assert!(snippet.contains("title=\"Two &quot;banks&quot;\""));
    }
}
