//! Whatever is wrong with a lesson is said with its file and line, and with what was expected.

use std::path::Path;

use netsplit_site::{claims, lesson};

const FRONT: &str = "+++\ntitle = \"T\"\nkicker = \"K\"\ndescription = \"D\"\norder = 1\n+++\n";

/// A figure that is right; its block starts on line 7.
const SIM: &str = "\
```sim
id = \"one\"
scenario = \"bank-write-read\"
title = \"A figure\"
unpredicted = \"a test\"
at = \"90 ms\"
settings = { policy = \"local\" }
variants = [{ label = \"Ask\", settings = { policy = \"all\" } }]
expect = [{ at = \"90 ms\", goal = \"told Ben 80 and inconsistent\" }]
```
";

/// Everything that is wrong with a lesson of this body, what it claims included.
fn problems(body: &str) -> Vec<String> {
    let file = Path::new("lessons/x/lesson.md");
    let found = match lesson::parse("x", file, &format!("{FRONT}{body}")) {
        Ok(lesson) => claims::check(&lesson.body.claims),
        Err(problems) => problems,
    };
    found.iter().map(ToString::to_string).collect()
}

/// The one problem of `body` begins like this.
#[track_caller]
fn expect(body: &str, start: &str) {
    let found = problems(body);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(start), "{}", found[0]);
}

/// As [`expect`], with one part of the right figure replaced.
#[track_caller]
fn expect_changed(from: &str, to: &str, start: &str) {
    assert!(SIM.contains(from), "{from}");
    expect(&SIM.replace(from, to), start);
}

#[test]
fn a_lesson_without_mistakes_has_none() {
    assert_eq!(problems(SIM), Vec::<String>::new());
}

#[test]
fn blocks_and_keys_are_known_by_name() {
    expect(
        "Words.\n\n```simm\nx = 1\n```\n",
        "lessons/x/lesson.md:9: unknown block kind `simm`; expected one of: sim, compare, predict, goals, quiz, cards",
    );
    expect_changed(
        "title =",
        "titel =",
        "lessons/x/lesson.md:10: sim: unknown field `titel`, expected one of `id`, `scenario`",
    );
    expect_changed(
        "title = \"A figure\"\n",
        "",
        "lessons/x/lesson.md:8: sim: missing field `title`",
    );
    expect_changed(
        "title = \"A figure\"",
        "title = 3",
        "lessons/x/lesson.md:10: sim: invalid type: integer `3`, expected a string",
    );
}

#[test]
fn scenarios_settings_controls_and_people_are_known_by_name() {
    expect_changed(
        "bank-write-read",
        "bank-write",
        "lessons/x/lesson.md:9: no scenario is called `bank-write`; expected one of bank-two, bank-two-cut,",
    );
    expect_changed(
        "{ policy = \"local\" }\nvariants",
        "{ polite = \"local\" }\nvariants",
        "lessons/x/lesson.md:13: no setting is called `polite`; expected one of policy, reconcile,",
    );
    expect_changed(
        "{ policy = \"local\" }\nvariants",
        "{ policy = \"loco\" }\nvariants",
        "lessons/x/lesson.md:13: `policy`: expected one of all, majority, local",
    );
    expect_changed(
        "policy = \"local\" }\nvariants",
        "policy = \"local\", give-up-after = \"2 h\" }\nvariants",
        "lessons/x/lesson.md:13: `give-up-after`: expected a time from 1 ms to",
    );
    expect_changed(
        "unpredicted = \"a test\"",
        "unpredicted = \"a test\"\ncontrols = [\"cut\", \"dance\"]",
        "lessons/x/lesson.md:12: no control is called `dance`; expected one of all, cut,",
    );
    expect_changed(
        "unpredicted = \"a test\"",
        "unpredicted = \"a test\"\nactions = [{ at = \"95 ms\", do = \"read Bob\" }]",
        "lessons/x/lesson.md:12: no person is called `Bob`; expected one of Ann, Ben",
    );
}

#[test]
fn moments_are_times_within_the_run_and_in_order() {
    expect_changed(
        "at = \"90 ms\"\n",
        "at = \"90\"\n",
        "lessons/x/lesson.md:12: expected a time such as `600 ms` or `1.2 s`, found `90`",
    );
    expect_changed(
        "at = \"90 ms\"\n",
        "at = \"90 s\"\n",
        "lessons/x/lesson.md:7: `at` is 90 s, but the run ends at 700 ms",
    );
    expect_changed(
        "unpredicted = \"a test\"",
        "unpredicted = \"a test\"\nactions = [{ at = \"95 ms\", do = \"heal\" }, { at = \"94 ms\", do = \"heal\" }]",
        "lessons/x/lesson.md:12: expected deeds in order of time",
    );
}

#[test]
fn a_claim_that_does_not_hold_says_what_did_happen() {
    expect_changed(
        "told Ben 80 and inconsistent",
        "told Ben 100 and inconsistent",
        "lessons/x/lesson.md:15: the claim `told Ben 100 and inconsistent` does not hold at 90 ms (`told Ben 100` does not). \
         What happened by 90 ms: Ann deposits 20 at 50 ms: done (60 ms); Ben asks for the balance at 80 ms: 80 (90 ms). \
         2 of 2 answered; consistent: No.",
    );
    expect_changed(
        "told Ben 80 and inconsistent",
        "told Bob 80",
        "lessons/x/lesson.md:15: `told Bob 80` names `Bob`, which this run does not have; it has A, B, Ann, Ben",
    );
    expect_changed(
        "told Ben 80 and inconsistent",
        "tells Ben 80",
        "lessons/x/lesson.md:15: \"tells Ben 80\" is no condition: expected one of consistent,",
    );
}

#[test]
fn what_should_never_hold_is_tried_under_every_setting() {
    let never = |goal: &str, runs: u32| {
        SIM.replace(
            "unpredicted",
            &format!("never = [{{ goal = \"{goal}\", every = [\"policy\"], runs = {runs} }}]\nunpredicted"),
        )
    };
    assert!(problems(&never("told Ben 7", 3)).is_empty());
    expect(
        &never("told Ben 7", 4),
        "lessons/x/lesson.md:11: there are 3 combinations of these settings",
    );
    expect(
        &never("inconsistent", 3),
        "lessons/x/lesson.md:11: what should never hold, `inconsistent` can be had after all: it holds at 90 ms.",
    );
}

#[test]
fn a_figure_waits_for_a_prediction() {
    expect_changed(
        "unpredicted = \"a test\"\n",
        "",
        "lessons/x/lesson.md:7: expected a `predict` block for `one` before this figure, or `unpredicted = \"why not\"` in it",
    );
    expect(
        &format!("{SIM}\n{SIM}"),
        "lessons/x/lesson.md:18: a second figure is called `one`",
    );
}

/// A prediction about the figure; its block starts on line 18.
fn predict(rest: &str) -> String {
    format!(
        "{SIM}\n```predict\nfor = \"one\"\nquestion = \"Q?\"\nat = \"90 ms\"\nwhy = \"W\"\n{rest}\n```\n"
    )
}

#[test]
fn a_prediction_is_proved_by_its_run() {
    let choices = "choices = [\n{ text = \"80\", says = \"S\", goal = \"told Ben 80\" },\n{ text = \"100\", says = \"S\", goal = \"told Ben 100\" },\n]";
    assert!(problems(&predict(&format!("right = 1\n{choices}"))).is_empty());
    let wrong = problems(&predict(&format!("right = 2\n{choices}")));
    assert!(
        wrong[0]
            .starts_with("lessons/x/lesson.md:25: the wrong answer `told Ben 80` holds at 90 ms"),
        "{wrong:?}"
    );
    assert!(
        wrong[1]
            .starts_with("lessons/x/lesson.md:26: the right answer `told Ben 100` does not hold"),
        "{wrong:?}"
    );
    expect(
        &predict(&format!("right = 3\n{choices}")),
        "lessons/x/lesson.md:23: expected a choice from 1 to 2, found 3",
    );
    expect(
        &predict(
            "right = 1\nchoices = [{ text = \"80\", says = \"S\" }, { text = \"100\", says = \"S\" }]",
        ),
        "lessons/x/lesson.md:23: expected a `goal` for the right choice `80`, which the run proves",
    );
    expect(
        &predict(&format!("right = 1\nvariant = \"Wait\"\n{choices}")),
        "lessons/x/lesson.md:24: no variant of `one` is called `Wait`; expected one of Ask",
    );
    expect(
        &predict(&format!("right = 1\n{choices}")).replace("for = \"one\"", "for = \"two\""),
        "lessons/x/lesson.md:19: no `sim` of this page has the id `two`; it has one",
    );
}

/// A goal of the figure, on line 20.
fn goal(goal: &str, solution: &str) -> String {
    format!(
        "{SIM}\n```goals\nfor = \"one\"\ngoals = [{{ text = \"T\", goal = \"{goal}\", solution = {{ {solution} }} }}]\n```\n"
    )
}

#[test]
fn a_goal_is_reached_by_its_solution_and_by_nothing_less() {
    assert!(
        problems(&goal(
            "cut",
            "actions = [{ at = \"95 ms\", do = \"cut A | B\" }]"
        ))
        .is_empty()
    );
    expect(
        &goal("told Ben 80", ""),
        "lessons/x/lesson.md:20: the goal `told Ben 80` holds at 90 ms already",
    );
    expect(
        &goal("told Ben 100", "variant = \"Ask\""),
        "lessons/x/lesson.md:20: the goal `told Ben 100` is not reached by its solution (at the end `told Ben 100` does not hold). What happened",
    );
    expect(
        &goal("flying", ""),
        "lessons/x/lesson.md:20: \"flying\" is no condition",
    );
}

#[test]
fn cards_ask_what_happens_and_questions_have_one_right_answer() {
    expect(
        "```cards\ncards = [{ question = \"What is A?\", answer = \"A.\" }]\n```\n",
        "lessons/x/lesson.md:7: expected at least half of the cards to ask `What happens if …`, found 0 of 1",
    );
    expect(
        "```quiz\n[[questions]]\nquestion = \"Q\"\nchoices = [{ text = \"a\", says = \"b\" }, { text = \"c\", says = \"d\" }]\n```\n",
        "lessons/x/lesson.md:8: expected two choices or more, one of them with `right = true`, found 0",
    );
}

#[test]
fn the_two_sides_of_a_comparison_are_claims_too() {
    let compare = |goal: &str| {
        format!(
            "{SIM}\n```compare\nof = \"one\"\ntitle = \"T\"\nat = \"90 ms\"\n\
             [[sides]]\nlabel = \"L\"\nsettings = {{ policy = \"local\" }}\nexpect = [{{ at = \"90 ms\", goal = \"inconsistent\" }}]\n\
             [[sides]]\nlabel = \"R\"\nsettings = {{ policy = \"all\" }}\nexpect = [{{ at = \"90 ms\", goal = \"{goal}\" }}]\n```\n"
        )
    };
    assert!(problems(&compare("waits Ben")).is_empty());
    expect(
        &compare("told Ben 80"),
        "lessons/x/lesson.md:29: the claim `told Ben 80` does not hold at 90 ms",
    );
    let one = "[[sides]]\nlabel = \"L\"\nexpect = []\n";
    let sides = |sides: &str| {
        format!("{SIM}\n```compare\nof = \"one\"\ntitle = \"T\"\nat = \"90 ms\"\n{sides}```\n")
    };
    for (count, block) in [(1, one.to_owned()), (5, one.repeat(5))] {
        let found = problems(&sides(&block));
        let expected = format!("expected 2 to 4 sides, found {count}");
        assert!(
            found.iter().any(|line| line.contains(&expected)),
            "{found:?}"
        );
    }
    let odd = one.replace("expect", "protocol = \"gossip\"\nexpect");
    let found = problems(&sides(&format!("{one}{odd}")));
    let expected = "no protocol is called `gossip`; expected one of ledger";
    assert!(
        found.iter().any(|line| line.contains(expected)),
        "{found:?}"
    );
}
