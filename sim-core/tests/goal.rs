//! Goals and claims, as lessons write them, on the catalogue's runs.

use sim_core::catalogue;
use sim_core::goal::Goal;
use sim_core::run::{Run, Timeline};
use sim_core::units::Micros;

fn play(id: &str, choices: &[(&str, &str)]) -> Timeline {
    let mut scenario = catalogue::find(id).expect("in the catalogue");
    for (setting, choice) in choices {
        scenario.choose(setting, choice);
    }
    Timeline::of(Run::new(scenario, 7)).expect("it runs")
}

fn holds(timeline: &mut Timeline, at_ms: u64, goal: &str) -> bool {
    let goal = Goal::parse(goal).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(goal.unknown_names(timeline), Vec::<String>::new());
    goal.holds(&mut None, timeline, Micros::from_ms(at_ms))
}

#[test]
fn the_minority_refuses_and_the_majority_goes_on() {
    let mut run = play("bank-three-cut", &[]);
    assert!(holds(&mut run, 650, "cut and answered Ann and consistent"));
    assert!(holds(
        &mut run,
        1_300,
        "refused Ben and answered Ann and books-differ"
    ));
    assert!(holds(
        &mut run,
        2_100,
        "refused Ben and answered Eve and asked-while-cut and any-refused"
    ));
    assert!(holds(
        &mut run,
        3_200,
        "whole and told Ben 150 and consistent and promise-kept"
    ));
    assert!(holds(
        &mut run,
        3_200,
        "setting policy=majority and not setting policy=all"
    ));
}

#[test]
fn with_two_branches_both_stop() {
    let mut run = play("bank-two-cut", &[]);
    assert!(holds(
        &mut run,
        1_900,
        "refused Ann and refused Ben and consistent and books-agree"
    ));
    assert!(!holds(&mut run, 1_900, "all-answered"));
    assert!(holds(
        &mut run,
        3_000,
        "acted cut and acted heal and not acted kill"
    ));
}

#[test]
fn serving_alone_answers_everybody_and_pays_in_consistency() {
    let mut run = play("bank-two-cut", &[("policy", "local")]);
    assert!(holds(
        &mut run,
        1_900,
        "all-answered and told Ben 100 and inconsistent and books-differ"
    ));
    assert!(holds(
        &mut run,
        3_000,
        "books-agree and told Ben 150 and not money-lost"
    ));
    let mut run = play("bank-race", &[]);
    assert!(holds(
        &mut run,
        2_000,
        "all-answered and overdrawn and inconsistent and finding no-overdraft"
    ));
    let mut run = play(
        "bank-two-cut",
        &[("policy", "local"), ("reconcile", "last-writer-wins")],
    );
    assert!(holds(&mut run, 3_000, "money-lost and books-agree"));
}

#[test]
fn the_three_answers() {
    let mut stale = play("bank-write-read", &[]);
    assert!(holds(&mut stale, 700, "told Ben 80 and inconsistent"));
    let mut waits = play(
        "bank-write-read",
        &[("policy", "all"), ("reads", "confirm")],
    );
    assert!(holds(&mut waits, 150, "waits Ben"));
    // Ann has not been told that it is done when Ben asks: the old balance is a true answer.
    assert!(holds(
        &mut waits,
        700,
        "told Ben 80 and answered Ann and consistent"
    ));
}

#[test]
fn whether_an_answer_is_a_bug_depends_on_whose_session_it_is() {
    let mut one = play("bank-card-app", &[]);
    assert!(holds(
        &mut one,
        1_200,
        "told App 100 and breaks read-your-writes"
    ));
    let mut two = play("bank-card-app", &[("session", "client")]);
    assert!(holds(
        &mut two,
        1_200,
        "told App 100 and inconsistent and holds read-your-writes and holds sequential"
    ));
    // How answers are judged changes nothing of what happens.
    assert_eq!(one.digest(), two.digest());
}

#[test]
fn two_may_believe_that_they_lead_and_the_dead_do_not() {
    let mut run = play("raft-five-cut", &[]);
    assert!(holds(&mut run, 100, "not leads S1 and not leads S5"));
    assert!(holds(
        &mut run,
        2_400,
        "leads S1 and leads S4 and not leads S2"
    ));
    assert!(holds(&mut run, 5_900, "leads S4 and not leads S1"));
    let mut run = play("raft-five", &[]);
    assert!(holds(&mut run, 1_990, "leads S1"));
    assert!(holds(&mut run, 2_010, "not leads S1 and down S1"));
}

#[test]
fn what_is_no_goal_says_what_is() {
    let error = Goal::parse("consistent and always happy").expect_err("no such condition");
    assert!(
        error
            .to_string()
            .starts_with("\"always happy\" is no condition: expected one of")
    );
    assert!(Goal::parse("told Ben many").is_err());
    assert!(Goal::parse("").is_err());
    let goal = Goal::parse("refused Zoe and acted nonsense and finding gold").expect("well-formed");
    let timeline = play("bank-two", &[]);
    assert_eq!(goal.unknown_names(&timeline), ["Zoe", "nonsense", "gold"]);
}
