//! What the cards of two-phase commit say, and how its servers stand together, from moment to moment.

use sim_core::catalogue;
use sim_core::run::{Run, Timeline};
use sim_core::units::{Endpoint, Mask, Micros};
use sim_core::view::NodeView;

fn play(id: &str) -> Timeline {
    let scenario = catalogue::find(id).expect("in the catalogue");
    Timeline::of(Run::new(scenario, 7)).expect("it runs")
}

fn stand(timeline: &mut Timeline, ms: u64) -> (String, Mask) {
    let standing = timeline.standing_at(Micros::from_ms(ms));
    (standing.words, standing.stale)
}

fn card(timeline: &mut Timeline, ms: u64, node: u8) -> NodeView {
    let world = timeline.world_at(Micros::from_ms(ms));
    world.node_view(Endpoint(node))
}

/// The rows, each with whether it is settled and whether it is struck out.
fn rows(card: &NodeView) -> Vec<(&str, &str, bool, bool)> {
    let rows = card.rows.iter();
    rows.map(|row| (&*row.place, &*row.text, row.settled, row.struck))
        .collect()
}

const ALL: Mask = Mask(0b1110);

#[test]
fn it_is_said_who_is_in_doubt_and_who_knows() {
    let mut blocked = play("commit-blocked");
    for (ms, words, stale) in [
        (40, "No server has voted on anything.", Mask::EMPTY),
        (
            95,
            "S2, S3 and S4 have voted yes to x = 7; S1 counts the votes.",
            ALL,
        ),
        (
            1_500,
            "S2, S3 and S4 are in doubt about x = 7, and nobody knows a decision.",
            ALL,
        ),
        (3_000, "No server is in doubt about anything.", Mask::EMPTY),
    ] {
        assert_eq!(stand(&mut blocked, ms), (words.to_owned(), stale));
    }
    let only = "S2, S3 and S4 are in doubt about x = 7: only S1 knows.";
    let mut alone = play("commit-only-it-knows");
    assert_eq!(stand(&mut alone, 1_500), (only.to_owned(), ALL));
    let some = "S3 and S4 are in doubt about x = 7; S1 and S2 know.";
    let mut one_knows = play("commit-one-knows");
    assert_eq!(stand(&mut one_knows, 300), (some.to_owned(), Mask(0b1100)));
}

#[test]
fn cards_say_what_is_locked_and_what_was_decided() {
    let mut meet = play("commit-no-vote");
    let coordinator = card(&mut meet, 123, 0);
    assert_eq!(coordinator.badge, "phase 1 · 1.2");
    assert_eq!(coordinator.pending, "0 of 3 votes");
    let manager = card(&mut meet, 110, 1);
    assert_eq!((&*manager.badge, &*manager.value), ("in doubt", "empty"));
    assert_eq!(manager.pending, "x = 7? · locked: x");
    assert_eq!(manager.stands_with, Some(Endpoint(0)));
    assert_eq!(rows(&manager), [("1.1", "x = 7", false, false)]);
    // Seven was committed, and eight has met its lock.
    let both = [("1.1", "x = 7", true, false), ("1.2", "x = 8", true, true)];
    for (node, badge, value) in [(0, "coordinator", "abort 1.2"), (1, "manager", "x=7")] {
        let card = card(&mut meet, 500, node);
        assert_eq!((&*card.badge, &*card.value), (badge, value));
        assert_eq!(rows(&card), both);
    }
    // Of a transaction that it was never asked about a manager knows the number.
    let mut freed = play("commit-freed");
    let card = card(&mut freed, 1_500, 3);
    assert_eq!(rows(&card), [("1.1", "?", true, true)]);
}
