//! The whole stage: lines below, then tears, cards, people, and letters on top.

use sim_core::picture::Picture;
use sim_core::run::Timeline;
use sim_core::units::{Endpoint, Micros, OpId};

use crate::element::{Element, element, path};
use crate::geometry::{Layout, Rect, Shape};
use crate::letter::{self, Lost, Taken};
use crate::target::Target;
use crate::{card, lane, person, tear};

/// What a stage is drawn from.
pub struct Scene<'a> {
    /// Everything at a moment.
    pub picture: &'a Picture,
    /// What was lost a moment ago.
    pub lost: &'a [Lost],
    /// Tells this stage's marks from those of others on the page.
    pub id: &'a str,
    /// What is selected.
    pub selected: &'a dyn Fn(Target) -> bool,
    /// Whether things can be pointed at; else it is a still picture.
    pub living: bool,
    /// Letters stand in the middle of their way: where they are in time is not shown by motion.
    pub calm: bool,
}

impl Scene<'_> {
    /// Where everything stands.
    pub fn layout(&self, shape: Shape) -> Layout {
        layout(self.picture, shape)
    }
}

/// Where the tag of no cut is.
const NOWHERE: Rect = Rect {
    x: -9.0,
    y: -9.0,
    w: 0.0,
    h: 0.0,
};

/// Where everything in a picture stands.
pub fn layout(picture: &Picture, shape: Shape) -> Layout {
    let homes: Vec<Endpoint> = picture.people.iter().map(|person| person.home).collect();
    Layout::new(shape, picture.nodes.len(), &homes)
}

/// The stage as an SVG element.
pub fn stage(scene: &Scene<'_>, layout: &Layout) -> Element {
    let (picture, living) = (scene.picture, scene.living);
    let hatch = format!(
        "hatch-{}-{}",
        scene.id,
        if layout.shape == Shape::Wide {
            "w"
        } else {
            "t"
        }
    );
    let svg = element("svg")
        .class(if layout.shape == Shape::Wide {
            "stage wide"
        } else {
            "stage tall"
        })
        .has(
            "viewBox",
            path(&[("", &[0.0, 0.0, layout.width, layout.height])]),
        )
        .is("role", if living { "group" } else { "img" })
        .has("aria-label", label(picture, living));
    let selected = |target: Target| (scene.selected)(target);
    let cards = picture.nodes.iter().map(|node| {
        card::card(
            node,
            picture.at,
            layout,
            selected(Target::Node(node.node)),
            living,
        )
    });
    let people = picture.people.iter().enumerate().map(|(i, one)| {
        person::person(one, i, layout, selected(Target::Person(one.client)), living)
    });
    let group = |class: &'static str, children: Vec<Element>| {
        element("g")
            .class(class)
            .key(class.to_owned())
            .children(children)
    };
    let (tears, tag) = tear::tears(picture, layout, &hatch, living);
    let (tag, place) = tag.unwrap_or_else(|| (element("g"), NOWHERE));
    let mut taken = Taken {
        things: Vec::new(),
        words: vec![place],
    };
    // Where cards are small, so is what people say, and a word would cover all of it.
    let things = match layout.compact {
        true => &mut taken.words,
        false => &mut taken.things,
    };
    things.extend(&layout.cards);
    things.extend(&layout.zones);
    let losses = letter::losses(scene.lost, layout, &mut taken);
    let letters = letter::letters(scene, layout, &mut taken);
    // A picture that never changes needs no hatching where nothing is cut.
    let defs = (living || !tears.is_empty()).then(|| self::hatch(&hatch, "hatch"));
    svg.children(Vec::from_iter(defs))
        .child(group("wires", wires(scene, layout)))
        .child(group("tears", tears))
        .child(group("cards", cards.collect()))
        .child(group("people", people.collect()))
        .child(group("lanes", letter::lanes(picture, layout)))
        .child(group("losses", losses))
        .child(group("tags", vec![tag]))
        .child(group("letters", letters))
}

fn label(picture: &Picture, living: bool) -> String {
    if living {
        return "Stage".to_owned();
    }
    let nodes = picture.nodes.iter().map(card::spoken);
    let people = picture.people.iter().map(person::spoken);
    let mut all = String::new();
    for one in nodes.chain(people) {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(&one);
        all.push('.');
    }
    all
}

/// The hatching of what is cut, the same in every picture: `fill="url(#id)"` takes it. `class` is the stripe's.
pub fn hatch(id: &str, class: &'static str) -> Element {
    let stripe = element("path").class(class).is("d", "M0 0v7");
    let pattern = element("pattern")
        .has("id", id.to_owned())
        .is("width", "7")
        .is("height", "7")
        .is("patternUnits", "userSpaceOnUse")
        .is("patternTransform", "rotate(45)")
        .child(stripe);
    element("defs").key("defs".to_owned()).child(pattern)
}

fn wires(scene: &Scene<'_>, layout: &Layout) -> Vec<Element> {
    let picture = scene.picture;
    let count = picture.nodes.len() as u8;
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (Endpoint(a), Endpoint(b))));
    let homes = picture
        .people
        .iter()
        .map(|person| (person.home, person.client));
    let mut wires: Vec<Element> = homes
        .map(|(home, client)| {
            element("path")
                .class("wire near")
                .key(format!("h{}", client.0))
                .has("d", straight(layout, home, client))
        })
        .collect();
    let banded = tear::sides(picture).is_some();
    wires.extend(pairs.map(|(a, b)| {
        let cut = picture.cuts.iter().find(|cut| (cut.a, cut.b) == (a, b));
        let target = Target::Line(a, b);
        let class = match (cut.is_some(), (scene.selected)(target)) {
            (false, false) => "line",
            (false, true) => "line selected",
            (true, false) => "line is-cut",
            (true, true) => "line is-cut selected",
        };
        let (here, there) = (&picture.nodes[a.index()], &picture.nodes[b.index()]);
        // Which of the two stands with the other.
        let bound = if here.stands_with(b) {
            Some((here, there))
        } else if there.stands_with(a) {
            Some((there, here))
        } else {
            None
        };
        let wire = if bound.is_some() { "wire bond" } else { "wire" };
        let data = straight(layout, a, b);
        let mut group = element("g")
            .class(class)
            .key(format!("l{}-{}", a.0, b.0))
            .child(element("path").class(wire).has("d", data.clone()));
        if scene.living {
            let state = match cut {
                None => "whole".to_owned(),
                Some(cut) if cut.forth && cut.back => "cut".to_owned(),
                Some(cut) => {
                    let (from, to) = if cut.forth {
                        (there, here)
                    } else {
                        (here, there)
                    };
                    format!("open only from {} to {}", from.name, to.name)
                }
            };
            // Where one band stands for all of the cut lines, one stop of the keyboard is enough.
            let stop = if cut.is_some() && banded { "-1" } else { "0" };
            let mut words = format!("Line between {} and {}, {state}", here.name, there.name);
            if let Some((one, other)) = bound {
                words.push_str(&format!("; {} stands with {}", one.name, other.name));
            }
            let hit = element("path").class("hit").has("d", data);
            group = group.pointed_at(target.code(), stop, words).child(hit);
        }
        group
    }));
    wires
}

fn straight(layout: &Layout, a: Endpoint, b: Endpoint) -> String {
    let (from, to) = lane::ends(layout, a, b);
    path(&[("M", &[from.x, from.y]), ("L", &[to.x, to.y])])
}

/// Both still stages of a moment, for a page: a style sheet shows the one that fits. `blamed` are operations that
/// contradict one another.
pub fn still(timeline: &mut Timeline, at: Micros, id: &str, blamed: &[OpId]) -> String {
    let mut picture = Picture::of(timeline, at);
    picture.blame(blamed);
    let lost = letter::lost(timeline, at);
    let scene = Scene {
        picture: &picture,
        lost: &lost,
        id,
        selected: &|_| false,
        living: false,
        calm: false,
    };
    let draw = |shape| stage(&scene, &scene.layout(shape)).markup();
    draw(Shape::Wide) + &draw(Shape::Tall)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::run::Run;

    fn timeline(id: &str) -> Timeline {
        let scenario = catalogue::find(id).expect("in the catalogue");
        Timeline::of(Run::new(scenario, 7)).expect("it runs")
    }

    #[test]
    fn every_scenario_of_the_catalogue_has_a_picture_at_every_moment() {
        for id in catalogue::ids().filter(|id| !id.contains("load")) {
            let mut timeline = timeline(id);
            let mut at = Micros::ZERO;
            loop {
                let markup = still(&mut timeline, at, "x", &[]);
                assert!(
                    markup.contains("<svg") && !markup.contains("NaN"),
                    "{id} at {at}"
                );
                let next = timeline.next_moment(at);
                if next == at {
                    break;
                }
                at = next;
            }
        }
    }

    #[test]
    fn a_cut_between_two_sides_is_one_band_with_its_age() {
        let mut timeline = timeline("bank-two-cut");
        let still = still(&mut timeline, Micros::from_ms(1_800), "x", &[]);
        assert!(still.contains("cut, 1.2 s"), "{still}");
        assert_eq!(
            still.matches("class=\"tear\"").count(),
            2,
            "one in each shape"
        );
    }

    #[test]
    fn a_quorum_is_drawn_and_so_is_the_time_until_somebody_stands() {
        let mut timeline = timeline("raft-five-cut");
        let of = |timeline: &mut Timeline, ms| {
            let still = still(timeline, Micros::from_ms(ms), "x", &[]);
            let count = |what| still.matches(what).count();
            // Each is there wide and tall.
            (count("wire bond") / 2, count("class=\"alarm\"") / 2)
        };
        // Nobody has stood yet; S1 and S2 have voted for S5; all follow one leader.
        assert_eq!(of(&mut timeline, 100), (0, 5));
        assert_eq!(of(&mut timeline, 230), (2, 5));
        assert_eq!(of(&mut timeline, 550), (4, 4));
        // Cut off with one other, it still leads that one; the other three have a leader of their own.
        assert_eq!(of(&mut timeline, 2_500), (1 + 2, 1 + 2));
    }

    #[test]
    fn a_still_picture_has_nothing_to_point_at_and_a_living_one_has() {
        let mut timeline = timeline("bank-three");
        let picture = Picture::of(&mut timeline, Micros::from_ms(120));
        let mut scene = Scene {
            picture: &picture,
            lost: &[],
            id: "x",
            selected: &|_| false,
            living: false,
            calm: false,
        };
        let layout = scene.layout(Shape::Wide);
        assert!(!stage(&scene, &layout).markup().contains("tabindex"));
        scene.living = true;
        let living = stage(&scene, &layout).markup();
        for name in [
            "aria-label=\"North, ",
            "aria-label=\"Ann, ",
            "Line between North and South, whole",
        ] {
            assert!(living.contains(name), "{name}");
        }
    }
}
