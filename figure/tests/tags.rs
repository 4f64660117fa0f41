//! What a cut says of itself stays readable whatever is on its way: no words of a message lie on its tag.

use figure::element::Element;
use figure::lane::Lane;
use figure::{Scene, Shape, Target, letter, stage, text};
use sim_core::action::{Action, Timed};
use sim_core::catalogue;
use sim_core::picture::Picture;
use sim_core::run::{Run, Timeline};
use sim_core::units::{Mask, Micros};

/// From the left, from the top, to the right, to the bottom.
type Room = [f64; 4];

fn attribute<'a>(element: &'a Element, name: &str) -> &'a str {
    let mut all = element.attributes.iter();
    all.find(|(one, _)| *one == name)
        .map_or("", |(_, value)| value)
}

fn number(element: &Element, name: &str) -> f64 {
    attribute(element, name).parse().expect(name)
}

/// How far an element moves what is in it.
fn moves(element: &Element) -> (f64, f64) {
    let place = attribute(element, "transform")
        .strip_prefix("translate(")
        .and_then(|rest| rest.split_once(')')?.0.split_once(' '));
    place.map_or((0.0, 0.0), |(x, y)| {
        (x.parse().unwrap(), y.parse().unwrap())
    })
}

/// Adds where the words of messages stand, and where the tags of cuts.
fn look(
    element: &Element,
    (x, y): (f64, f64),
    flying: &dyn Fn(&str) -> Option<(f64, f64)>,
    words: &mut Vec<(String, Room)>,
    tags: &mut Vec<Room>,
) {
    let (dx, dy) = flying(attribute(element, "data-target")).unwrap_or_else(|| moves(element));
    let (x, y) = (x + dx, y + dy);
    let class = attribute(element, "class");
    if element.tag == "text" && class.starts_with("label") {
        let (at, base) = (x + number(element, "x"), y + number(element, "y"));
        let wide = text::width(&element.text, 12.2 * 1.2);
        let left = match class {
            _ if class.contains("end") => at - wide,
            _ if class.contains("middle") => at - wide / 2.0,
            _ => at,
        };
        words.push((
            element.text.clone(),
            [left, base - 9.5, left + wide, base + 2.5],
        ));
    }
    for child in &element.children {
        if class == "tag" && child.tag == "rect" {
            let (left, top) = (number(child, "x"), number(child, "y"));
            let (w, h) = (number(child, "width"), number(child, "height"));
            tags.push([left, top, left + w, top + h]);
        }
        look(child, (x, y), flying, words, tags);
    }
}

fn meet(a: Room, b: Room) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Words on a tag in a run, at any of its moments, in any picture of it: said once each.
fn collisions(run: Run) -> Vec<String> {
    let mut timeline = Timeline::of(run).expect("it runs");
    let (mut at, mut found) = (Micros::ZERO, Vec::new());
    loop {
        let next = timeline.next_moment(at);
        // Letters fly between two moments, too.
        for at in [at, Micros((at.0 + next.0) / 2)] {
            let picture = Picture::of(&mut timeline, at);
            if picture.cuts.is_empty() {
                continue;
            }
            let lost = letter::lost(&timeline, at);
            for (shape, calm) in [
                (Shape::Wide, false),
                (Shape::Wide, true),
                (Shape::Tall, false),
                (Shape::Tall, true),
            ] {
                let scene = Scene {
                    picture: &picture,
                    lost: &lost,
                    id: "x",
                    selected: &|_| false,
                    living: true,
                    calm,
                };
                for words in on_tags(&scene, shape) {
                    let words = format!("{words} ({shape:?}, calm: {calm})");
                    if !found.contains(&words) {
                        found.push(words);
                    }
                }
            }
        }
        if next == at {
            return found;
        }
        at = next;
    }
}

/// Words on a tag in a picture.
fn on_tags(scene: &Scene<'_>, shape: Shape) -> Vec<String> {
    let layout = scene.layout(shape);
    let flying = |code: &str| {
        let Some(Target::Message(name)) = Target::parse(code) else {
            return None;
        };
        let arrow = scene.picture.arrow(name)?;
        let share = letter::share(arrow, scene.picture.at, scene.calm);
        let at = Lane::new(&layout, name.from, name.to).point(share);
        Some((at.x, at.y))
    };
    let (mut words, mut tags) = (Vec::new(), Vec::new());
    look(
        &stage(scene, &layout),
        (0.0, 0.0),
        &flying,
        &mut words,
        &mut tags,
    );
    assert!(!tags.is_empty(), "a cut has a tag");
    words.retain(|(_, room)| tags.iter().any(|tag| meet(*tag, *room)));
    words.into_iter().map(|(text, _)| text).collect()
}

#[test]
fn no_words_of_a_message_lie_on_the_tag_of_a_cut() {
    let bit = |node: u8| Mask(1 << node);
    let mut bad = Vec::new();
    for (id, nodes) in [("bank-two-cut", 2), ("bank-three-cut", 3), ("bank-five", 5)] {
        let mut cuts = vec![None];
        for a in 0..nodes {
            let (a, b) = (bit(a), bit((a + 1) % nodes));
            cuts.extend([
                Some(Action::Cut { a, b }),
                Some(Action::OneWay { from: a, to: b }),
                Some(Action::Partition { side: a }),
            ]);
        }
        for cut in cuts {
            for policy in ["majority", "local"] {
                let mut scenario = catalogue::find(id).expect("in the catalogue");
                scenario.choose("policy", policy);
                if let Some(action) = cut {
                    scenario.script.retain(|one| {
                        let mends = matches!(one.action, Action::Heal);
                        !mends
                            && !matches!(one.action, Action::Cut { .. } | Action::Partition { .. })
                    });
                    let at = Micros::from_ms(110);
                    scenario.script.push(Timed { at, action });
                    scenario.script.sort_by_key(|one| one.at);
                }
                scenario.length = Micros::from_ms(1_300);
                for words in collisions(Run::new(scenario, 7)) {
                    bad.push(format!("{id}, {policy}, {cut:?}: {words}"));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}\n{}", bad.len(), bad.join("\n"));
}
