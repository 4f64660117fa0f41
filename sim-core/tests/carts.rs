//! The cart's scenarios come out as lessons say, and what a store does not know does nothing to it.

use sim_core::action::Action;
use sim_core::catalogue;
use sim_core::check::Verdict;
use sim_core::goal::Goal;
use sim_core::history::Fate;
use sim_core::operation::Operation;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::scenario::{Load, Scenario};
use sim_core::trace::Kind;
use sim_core::units::{Endpoint, Mask, Micros, OpId};
use sim_core::view::Tone;

fn scenario(id: &str, choices: &[(&str, &str)]) -> Scenario {
    let mut scenario = catalogue::find(id).expect("in the catalogue");
    for (setting, choice) in choices {
        scenario.choose(setting, choice);
    }
    scenario
}

fn play(scenario: Scenario) -> Timeline {
    Timeline::of(Run::new(scenario, 7)).expect("it runs")
}

fn holds(timeline: &mut Timeline, goal: &str) -> bool {
    let goal = Goal::parse(goal).expect(goal);
    assert_eq!(goal.unknown_names(timeline), Vec::<String>::new());
    let end = timeline.reached();
    goal.holds(&mut None, timeline, end)
}

fn broken(scenario: &mut Scenario, rule: &str) {
    let spec = protocols::spec(&scenario.protocol).expect("registered");
    let place = spec.rules.iter().position(|one| one.name == rule);
    scenario.broken = 1 << place.expect(rule);
}

#[test]
fn the_cart_doubles_unless_reads_wait_for_the_session() {
    let mut run = play(scenario("cart-two-tabs", &[]));
    let doubled = "told Tab B empty and finding nothing-doubled and told Tab A lamp,lamp";
    assert!(holds(&mut run, doubled));
    assert!(holds(&mut run, "finding read-your-writes and promise-kept"));
    for reads in ["primary", "position", "timer"] {
        let mut run = play(scenario("cart-two-tabs", &[("reads", reads)]));
        let once = "told Tab B lamp and told Tab A lamp and not finding nothing-doubled";
        // Where reads are quick the second tab has time to add one more all the same, and knows that it does.
        let knows = "told Tab B lamp and not told Tab B empty and not finding nothing-doubled";
        let goal = if reads == "position" { once } else { knows };
        assert!(holds(&mut run, goal), "{reads}");
    }
    // A session a tab: the position that the tab brings is its own.
    let apart = [("reads", "position"), ("session", "tab")];
    assert!(holds(&mut play(scenario("cart-two-tabs", &apart)), doubled));
}

#[test]
fn a_read_that_waits_too_long_is_refused() {
    let mut slow = scenario("cart-two-tabs", &[("reads", "position")]);
    slow.set("wait-at-most", 100_000);
    let mut run = play(slow);
    assert!(holds(
        &mut run,
        "any-refused and not told Tab B empty and promise-kept"
    ));
}

#[test]
fn the_timer_helps_until_the_lag_is_longer() {
    let mut run = play(scenario("cart-timer-lag", &[]));
    assert!(holds(
        &mut run,
        "told Ann empty and finding read-your-writes and promise-kept"
    ));
    let mut long = scenario("cart-timer-lag", &[]);
    long.set("primary-for", 1_000_000);
    assert!(holds(&mut play(long), "not told Ann empty"));
}

#[test]
fn a_promotion_loses_what_only_the_old_primary_had() {
    let mut run = play(scenario("cart-promotion-lost", &[]));
    assert!(holds(
        &mut run,
        "finding acknowledged-writes-stay and promise-kept and books-agree and told Ann mug,book"
    ));
    let world = run.world_at(run.reached());
    // The book, the lamp, the mug that nobody was there for, the mug.
    let fates: Vec<_> = (0..4).map(|op| world.fate(OpId(op))).collect();
    assert_eq!(
        fates,
        [Fate::Happened, Fate::Lost, Fate::Absent, Fate::Happened]
    );
    let card = world.node_view(Endpoint(0));
    assert_eq!(card.badge, "replica");
    let struck: Vec<_> = card.rows.iter().filter(|row| row.struck).collect();
    assert_eq!(struck.len(), 1);
    assert_eq!(struck[0].text, "+ lamp");
    // With the line whole until the primary dies, nothing is lost.
    let mut whole = scenario("cart-promotion-lost", &[]);
    whole
        .script
        .retain(|timed| !matches!(timed.action, Action::Cut { .. }));
    assert!(holds(
        &mut play(whole),
        "not finding acknowledged-writes-stay and books-agree"
    ));
}

#[test]
fn an_old_primary_that_is_not_fenced_goes_on() {
    let mut unfenced = scenario("cart-promotion-lost", &[]);
    broken(&mut unfenced, "fence-old-epoch");
    let ann = Endpoint(3);
    let operation = Operation::Add { item: 4 };
    unfenced.at_ms(
        2_700,
        Action::Operate {
            client: ann,
            operation,
        },
    );
    let mut run = play(unfenced);
    assert!(holds(
        &mut run,
        "finding no-writes-once-fenced and not promise-kept and books-differ"
    ));
}

/// Whether the acts of `kind` in a run had no effect.
fn idle(timeline: &Timeline) -> usize {
    let events = timeline.trace().events().iter();
    events
        .filter(|event| event.kind == Kind::HadNoEffect)
        .count()
}

#[test]
fn what_a_store_does_not_know_has_no_effect() {
    let mut bank = scenario("bank-two", &[]);
    let ann = Endpoint(2);
    let operate = |operation| Action::Operate {
        client: ann,
        operation,
    };
    bank.at_ms(1_000, operate(Operation::Read));
    bank.at_ms(1_010, operate(Operation::Add { item: 0 }));
    bank.at_ms(1_020, Action::Promote(Endpoint(1)));
    assert_eq!(idle(&play(bank)), 3);
    let mut cart = scenario("cart-two-tabs", &[]);
    cart.at_ms(1_100, operate(Operation::Balance));
    cart.at_ms(1_110, operate(Operation::Withdraw { amount: 3 }));
    cart.at_ms(1_120, Action::Promote(ann));
    assert_eq!(idle(&play(cart)), 3);
    let mut loaded = scenario("bank-two", &[]);
    loaded.loads.push(Load {
        clients: Mask::of(ann),
        from: Micros::ZERO,
        until: Micros(10),
        gap_min: Micros(1),
        gap_max: Micros(1),
        mix: vec![(1, Operation::Read)],
    });
    let error = loaded.validate().expect_err("a bank has no cart");
    assert_eq!(error.place, "loads.mix");
}

#[test]
fn a_promotion_waits_for_a_node_that_stands_still() {
    let mut cart = scenario("cart-two-tabs", &[]);
    let boston = Endpoint(1);
    cart.at_ms(1_050, Action::Pause(boston));
    cart.at_ms(1_060, Action::Promote(boston));
    cart.at_ms(1_200, Action::Resume(boston));
    let mut run = play(cart);
    assert_eq!(idle(&run), 0);
    let badge = |run: &mut Timeline, ms| run.world_at(Micros::from_ms(ms)).node_view(boston).badge;
    assert_eq!(badge(&mut run, 1_150), "replica");
    assert_eq!(badge(&mut run, 1_250), "primary");
}

#[test]
fn the_verdict_names_the_promise_that_was_broken() {
    let mut run = play(scenario("cart-two-tabs", &[]));
    assert!(holds(
        &mut run,
        "inconsistent and breaks read-your-writes and breaks linearizable and holds monotonic-reads"
    ));
    let end = run.reached();
    let verdict = Verdict::of(&mut run, end);
    assert_eq!(verdict.consistency.tone, Tone::No);
    assert_eq!(verdict.answered(), (5, 5));
    println!("{}", verdict.line());
    let mut run = play(scenario("cart-two-tabs", &[("reads", "position")]));
    assert!(holds(&mut run, "consistent and holds linearizable"));
}
