//! What a figure says about a link, and the opening of one.

use std::rc::Rc;

use sim_core::share::{self, Link, ShareError};
use web_sys::Element;

use super::{open, page};
use crate::registry::Room;
use crate::session::Session;
use crate::shelf;
use crate::ui::{Does, Html, button, div, p, tag};

/// Something to say about a link.
#[derive(Clone, PartialEq)]
pub enum Notice {
    /// It is being opened; so many percent.
    Opening(u32),
    /// It cannot be shown, and why.
    Bad(String),
}

/// Told what there is to say, or that there is nothing any more.
pub type Tell = Rc<dyn Fn(Option<Notice>)>;

/// The id of the figure in the page for frames, which shows what it is sent and has no run of its own to go back to.
const FRAMED: &str = "embed";

/// The line that says it, or why the last wish could not be fulfilled.
pub fn line(notice: Option<&Notice>, session: &Session, dismiss: Does) -> Html {
    let line = match (notice, &session.problem) {
        (Some(Notice::Opening(percent)), _) => p("notice")
            .is("role", "status")
            .text("Opening the link …")
            .child(
                tag("progress")
                    .is("max", "100")
                    .has("value", percent.to_string())
                    .says(format!("{percent} %")),
            ),
        (Some(Notice::Bad(why)), _) => div("notice bad")
            .is("role", "alert")
            .child(
                tag("p")
                    .child(tag("b").text("The link could not be opened: "))
                    .says(why.clone())
                    .text(". Here is the figure as this page has it."),
            )
            .child(
                button("ghost")
                    .clicked(move || dismiss.now())
                    .text("All right"),
            ),
        (None, Some(why)) => p("notice bad")
            .is("role", "alert")
            .child(tag("b").text("That cannot be run: "))
            .says(why.to_string())
            .text("."),
        (None, None) => return Html::default(),
    };
    line.done()
}

/// Opens what stands after the `#` of the page's address, if it is for this figure.
pub fn look(room: &Rc<Room>, place: &Element, tell: Tell) {
    let Some(fragment) = page::fragment() else {
        return;
    };
    let (room, place) = (Rc::clone(room), place.clone());
    let open = move |link: Result<Link, ShareError>| {
        if page::figure_for(link.as_ref().ok()).as_ref() == Some(&place) {
            restore(link, &room, &place, Rc::clone(&tell));
        }
    };
    match share::decode(&fragment) {
        Err(ShareError::Absent { protocol }) => {
            // Meanwhile the reader may have gone elsewhere.
            shelf::bring(protocol.to_owned(), move |_| {
                if page::fragment().as_ref() == Some(&fragment) {
                    open(share::decode(&fragment));
                }
            });
        }
        link => open(link),
    }
}

/// Opens a link in a room, and tells how it goes.
fn restore(link: Result<Link, ShareError>, room: &Rc<Room>, place: &Element, tell: Tell) {
    let blank = place.id() == FRAMED;
    let link = match link {
        Ok(link) => link,
        Err(why) => return tell(Some(Notice::Bad(why.to_string()))),
    };
    tell(None);
    let progress = {
        let tell = Rc::clone(&tell);
        move |percent| tell(Some(Notice::Opening(percent)))
    };
    let (room, place) = (Rc::clone(room), place.clone());
    let done = move |opened: Result<Session, String>| match opened {
        Ok(session) => {
            tell(None);
            page::show(&place);
            match room.session().filter(|_| !blank) {
                Some(here) => room.put(here.adopt(session)),
                None => room.put(session),
            }
        }
        Err(why) => tell(Some(Notice::Bad(why))),
    };
    open::follow(&link, Rc::new(progress), Rc::new(done));
}
