//! People stand outside the cluster and speak.

use sim_core::picture::PersonPicture;
use sim_core::view::Tone;
use sim_core::world::Life;

use crate::card::words;
use crate::element::{Element, element, joined, path, translate, when};
use crate::geometry::{Layout, Point, Rect, Stature};
use crate::target::Target;
use crate::text;
use crate::tone;

const SIZE: f64 = 12.6;

/// A person, with what they asked and what they heard.
pub fn person(
    person: &PersonPicture,
    index: usize,
    layout: &Layout,
    selected: bool,
    living: bool,
) -> Element {
    let place = layout.zones[index];
    // As cards do, people say the same from their corner on.
    let zone = place.from_its_corner();
    let head = layout.head(index);
    let head = Point {
        x: head.x - place.x,
        y: head.y - place.y,
    };
    let small = layout.statures[index] == Stature::Small;
    let mut group = element("g")
        .classes(&[
            "person",
            when(person.life != Life::Up, "down"),
            when(selected, "selected"),
        ])
        .key(format!("p{}", person.client.0))
        .has("transform", translate(place.x, place.y));
    if living {
        let code = Target::Person(person.client).code();
        group = group.pointed_at(code, "0", spoken(person));
        // All of the place can be pointed at.
        group = group.child(
            element("rect")
                .class("hit")
                .at("x", zone.x)
                .at("y", zone.y)
                .at("width", zone.w)
                .at("height", zone.h),
        );
    }
    group = group.child(figure(head, small));
    let name = text::fit(&person.name, SIZE, zone.w);
    group = match small {
        false => group.child(words("who middle", head.x, zone.y + 129.0, &name)),
        true => group.child(words("who", head.x + 15.0, head.y + 4.5, &name)),
    };
    if !person.asked.is_empty() {
        group = group.child(bubble(person, zone, head.x));
    }
    group
}

fn figure(head: Point, small: bool) -> Element {
    let scale = if small { " scale(.46)" } else { "" };
    element("g")
        .class("body")
        .has(
            "transform",
            translate(head.x, head.y - if small { 4.0 } else { 0.0 }) + scale,
        )
        .child(element("circle").is("r", "14"))
        .child(element("path").is("d", "M-21 35c1-13 9-19 21-19s20 6 21 19z"))
}

fn bubble(person: &PersonPicture, zone: Rect, tail: f64) -> Element {
    let (x, y, w, h) = (zone.x + 1.0, zone.y + 1.0, zone.w - 2.0, 40.0);
    let (right, bottom, r) = (x + w, y + h, 8.0);
    let tail = tail.clamp(x + 18.0, right - 18.0);
    let outline = path(&[
        ("M", &[x + r, y]),
        ("H", &[right - r]),
        ("a8 8 0 0 1 8 8V", &[bottom - r]),
        ("a8 8 0 0 1 -8 8H", &[tail + 6.0]),
        ("l-6 8-6-8H", &[x + r]),
        ("a8 8 0 0 1 -8 -8V", &[y + r]),
        ("a8 8 0 0 1 8 -8z", &[]),
    ]);
    let room = w - 16.0;
    let asked = text::fit(&person.asked, SIZE, room);
    let class = |tone: Tone| joined(&["says", tone::class(tone)]);
    let mut group = element("g")
        .class("bubble")
        .child(element("path").has("d", outline))
        .child(words(&class(person.asked_tone), x + 8.0, y + 16.5, &asked));
    let heard = heard(person, room - 22.0);
    if person.told.is_empty() {
        group = group.child(words("says waits", x + 8.0, y + 33.0, &heard));
    } else {
        group = group
            .child(
                element("g")
                    .classes(&["told", tone::class(person.told_tone)])
                    .child(tone::glyph(person.told_tone, x + 13.0, y + 29.0)),
            )
            .child(
                words(&class(person.told_tone), x + 22.0, y + 33.5, &heard)
                    .key(format!("h{}", answer(person))),
            );
    }
    group
}

/// What they heard, in as many words as fit.
fn heard(person: &PersonPicture, room: f64) -> String {
    if person.told.is_empty() {
        return "waits …".to_owned();
    }
    let said = match is_stale(person) {
        true => format!("{} · stale", person.told),
        false => answer(person),
    };
    if text::width(&said, SIZE) <= room {
        said
    } else {
        text::fit(&person.told, SIZE, room)
    }
}

/// What they heard, and how long it took.
fn answer(person: &PersonPicture) -> String {
    match person.took {
        Some(took) => format!("{} in {took}", person.told),
        None => person.told.clone(),
    }
}

/// Whether they were told something that no longer holds; a wait without an answer is another thing.
fn is_stale(person: &PersonPicture) -> bool {
    person.told_tone == Tone::Stale && person.took.is_some()
}

/// The person in one sentence, for those who do not see them.
pub fn spoken(person: &PersonPicture) -> String {
    let mut said = person.name.clone();
    if person.asked.is_empty() {
        said.push_str(", has asked for nothing yet");
    } else {
        said.push_str(&format!(", asked: {}", person.asked));
        match answer(person).as_str() {
            "" => said.push_str(", waits for an answer"),
            told => said.push_str(&format!(", heard: {told}")),
        }
        if is_stale(person) {
            said.push_str(", stale");
        }
    }
    match person.life {
        Life::Up => {}
        Life::Paused => said.push_str(", paused"),
        Life::Killed | Life::Off => said.push_str(", away"),
    }
    said
}
