//! The keys of a figure, while it has the focus.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};

use super::page;
use crate::registry::Room;
use crate::session::{Msg, Session};
use crate::ui::Does;

/// What a key asks for.
#[derive(Debug)]
enum Wish {
    /// Something about the run.
    Do(Msg),
    /// The list of keys.
    Help,
}

/// A key was pressed somewhere in the figure of this room.
pub fn pressed(event: Event, room: &Rc<Room>, help: &Does) {
    let event: KeyboardEvent = event.unchecked_into();
    let wish = room.session().and_then(|session| wish(&event, &session));
    if wish.is_some() {
        event.prevent_default();
    }
    match wish {
        Some(Wish::Do(msg)) => room.send(msg),
        Some(Wish::Help) => help.now(),
        None => {}
    }
}

/// Whether the key is pressed together with one that makes it the browser's.
pub fn is_chord(event: &KeyboardEvent) -> bool {
    event.ctrl_key() || event.alt_key() || event.meta_key()
}

/// What a key asks for, wherever in the figure the focus is.
fn wish(event: &KeyboardEvent, session: &Session) -> Option<Wish> {
    let target: Option<Element> = page::target(event);
    let within = |selector: &str| {
        target
            .as_ref()
            .is_some_and(|target| !matches!(target.closest(selector), Ok(None)))
    };
    if is_chord(event) {
        return None;
    }
    // Fields and lists have uses of their own for most keys, buttons for some.
    let is_field =
        "input:not([type=range]), select, textarea, [role=tab], [role=listbox], dialog, .menu";
    let is_button = "button, summary, a, [role=button]";
    let key = event.key();
    if within(is_field) || (matches!(key.as_str(), " " | "Enter") && within(is_button)) {
        return None;
    }
    of(&key, event.shift_key(), session.playing)
}

fn of(key: &str, shift: bool, playing: bool) -> Option<Wish> {
    Some(Wish::Do(match (key, shift) {
        (" ", _) => Msg::Play(!playing),
        ("ArrowRight", false) => Msg::Step,
        ("ArrowLeft", false) => Msg::StepBack,
        ("ArrowRight", true) => Msg::StepMany(10),
        ("ArrowLeft", true) => Msg::StepMany(-10),
        ("Home", _) => Msg::ToStart,
        ("End", _) => Msg::ToEnd,
        ("r" | "R", _) => Msg::Reset,
        ("?", _) => return Some(Wish::Help),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_the_list_of_keys_says() {
        let done = |key, shift| match of(key, shift, false) {
            Some(Wish::Do(msg)) => format!("{msg:?}"),
            other => format!("{other:?}"),
        };
        assert_eq!(done(" ", false), "Play(true)");
        assert_eq!(done("ArrowRight", false), "Step");
        assert_eq!(done("ArrowLeft", true), "StepMany(-10)");
        assert_eq!(done("End", false), "ToEnd");
        assert_eq!(done("?", true), "Some(Help)");
        assert_eq!(done("x", false), "None");
    }
}
