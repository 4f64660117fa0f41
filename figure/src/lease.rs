//! What lasts for a while, on the stage: the lease of a leader and the session of a person’s client as rings, of which
//! what is left is drawn; and between which moments the time is for a clock that says how sure it is, as a band at the
//! foot of its server’s card.

use sim_core::picture::Picture;
use sim_core::units::Endpoint;
use sim_core::world::RunningTimer;

use crate::card;
use crate::element::{Element, element, path};
use crate::geometry::{Layout, Point};

/// How far a band, or what is drawn of it, reaches from the middle of a card at most, as a part of its width.
const REACH: f64 = 0.42;
/// How far a ring is from what it is around.
const RADIUS: (&str, &str) = ("7", "21");

/// All of them, to be drawn over the stage.
pub fn lasting(picture: &Picture, leases: &[(Endpoint, RunningTimer)], layout: &Layout) -> Element {
    let nodes = picture.nodes.len();
    let rings = leases.iter().map(|(end, timer)| {
        let (at, radius) = match end.index().checked_sub(nodes) {
            None => {
                let place = layout.cards[end.index()];
                let at = Point {
                    x: place.x,
                    y: place.y,
                };
                (at, RADIUS.0)
            }
            Some(person) => (layout.head(person), RADIUS.1),
        };
        element("circle")
            .class("lease")
            .at("cx", at.x)
            .at("cy", at.y)
            .is("r", radius)
            .at("pathLength", card::AROUND)
            .has("stroke-dasharray", card::left(timer, picture.at))
    });
    element("g")
        .class("lasting")
        .key("lasting".to_owned())
        .children(rings.collect::<Vec<_>>())
        .children(bands(picture, layout))
}

/// All to the same scale: the middle of each card is the true time.
fn bands(picture: &Picture, layout: &Layout) -> Vec<Element> {
    let now = picture.at.0 as f64;
    let intervals = || {
        let all = picture.nodes.iter();
        all.filter_map(|one| {
            let (earliest, latest) = one.view.interval?;
            Some((one.node, earliest as f64 - now, latest as f64 - now))
        })
    };
    let most = intervals().fold(0.0_f64, |most, (_, earliest, latest)| {
        most.max(-earliest).max(latest)
    });
    let drawn = intervals().flat_map(|(node, earliest, latest)| {
        let place = layout.cards[node.index()];
        let (middle, foot) = (place.x + place.w / 2.0, place.y + place.h);
        let scale = place.w * REACH / most.max(1.0);
        let line = |from: f64, to: f64| path(&[("M", &[from, foot]), ("L", &[to, foot])]);
        let band = element("path").class("sure").has(
            "d",
            line(middle + earliest * scale, middle + latest * scale),
        );
        let tick = path(&[("M", &[middle, foot - 7.0]), ("L", &[middle, foot + 7.0])]);
        [band, element("path").class("true-time").has("d", tick)]
    });
    drawn.collect()
}

/// Who relies on something for a while now.
pub fn leases(
    picture: &Picture,
    lease: impl Fn(Endpoint) -> Option<RunningTimer>,
) -> Vec<(Endpoint, RunningTimer)> {
    let nodes = picture.nodes.iter().map(|one| one.node);
    let people = picture.people.iter().map(|one| one.client);
    let all = nodes.chain(people);
    all.filter_map(|end| Some((end, lease(end)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Shape;
    use crate::stage;
    use sim_core::catalogue;
    use sim_core::run::{Run, Timeline};
    use sim_core::units::Micros;

    /// What is drawn of a scenario at a moment, on a wide stage: rings as their dashes, and how many bands.
    fn drawn(scenario: &str, at_ms: u64) -> (Vec<(Endpoint, RunningTimer)>, String) {
        let scenario = catalogue::find(scenario).expect("in the catalogue");
        let mut timeline = Timeline::of(Run::new(scenario, 7)).expect("it runs");
        let at = Micros::from_ms(at_ms);
        let picture = Picture::of(&mut timeline, at);
        let layout = stage::layout(&picture, Shape::Wide);
        let world = timeline.world_at(at);
        let leases = leases(&picture, |end| world.lease(end));
        let drawn = lasting(&picture, &leases, &layout);
        (leases, drawn.markup())
    }

    fn who(leases: &[(Endpoint, RunningTimer)]) -> Vec<u8> {
        leases.iter().map(|(end, _)| end.0).collect()
    }

    #[test]
    fn a_master_and_whoever_has_a_session_have_rings() {
        // Nobody has asked for anything.
        let (leases, _) = drawn("lock-three", 600);
        assert_eq!(who(&leases), [0]);
        let (leases, svg) = drawn("lock-three", 1_250);
        assert_eq!(who(&leases), [0, 3, 4]);
        assert_eq!(svg.matches("class=\"lease\"").count(), 3);
        assert!(!svg.contains("class=\"sure\""));
        for (_, timer) in &leases {
            let now = Micros::from_ms(1_250);
            assert!(timer.set_at <= now && now < timer.deadline, "{timer:?}");
        }
        // A session lasts for 400 ms and what its KeepAlive waited for, less what clocks may differ by.
        let (_, ann) = leases[1];
        let whole = ann.deadline.since(ann.set_at);
        assert!(
            whole > Micros::from_ms(250) && whole < Micros::from_ms(500),
            "{whole}"
        );
    }

    #[test]
    fn a_session_in_jeopardy_has_its_grace_period_for_a_ring() {
        let (leases, _) = drawn("lock-fail-over", 1_900);
        assert_eq!(who(&leases), [3]);
        let (_, ann) = leases[0];
        assert_eq!(ann.deadline.since(ann.set_at), Micros::from_ms(1_500));
    }

    #[test]
    fn clocks_that_say_how_sure_they_are_have_bands() {
        let (_, svg) = drawn("multi-truetime", 1_590);
        assert_eq!(svg.matches("class=\"sure\"").count(), 3);
        assert_eq!(svg.matches("class=\"true-time\"").count(), 3);
        let (_, svg) = drawn("multi-three", 1_500);
        assert!(!svg.contains("class=\"sure\"") && !svg.contains("class=\"lease\""));
    }
}
