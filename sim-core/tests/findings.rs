//! What a store's clients would call wrong is not said of histories in which nothing is.

use sim_core::check::domain::findings;
use sim_core::check::explain::explain;
use sim_core::check::ladder::{Ladder, Level, Stands};
use sim_core::check::linearizable::{Answer, Question, check};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sights::sights;
use sim_core::foreign;

/// Operations one after the other: who, what, the value that was asked about, how it ended and what was told.
fn edn(ops: &[(u32, &str, &str, &str, &str)]) -> String {
    let line = |process: u32, kind: &str, f: &str, value: &str| {
        format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n")
    };
    let pair = |(process, f, asked, kind, told): &(u32, &str, &str, &str, &str)| {
        line(*process, "invoke", f, asked) + &line(*process, kind, f, told)
    };
    ops.iter().map(pair).collect()
}

/// What is found out about a history, of the model of this name or of the one that it looks like.
fn judged<T>(
    text: &str,
    model: Option<&str>,
    initial: Option<&str>,
    ask: impl FnOnce(&Question<'_>) -> T,
) -> T {
    let mut history = foreign::read(text.as_bytes(), None)
        .expect("a history")
        .history;
    let asked = model.and_then(ModelKind::of);
    let kind = foreign::model_of(&mut history, asked).expect("a model");
    let initial = foreign::opening(&mut history, kind, initial).expect("a value");
    ask(&Question::whole(&history, kind, initial))
}

/// Whether it is linearizable, and the names of what went wrong.
fn found(text: &str, model: &str, initial: Option<&str>) -> (bool, Vec<&'static str>) {
    judged(text, Some(model), initial, |question| {
        let answer = check(question, &Limits::default());
        let names = findings(question).into_iter().map(|one| one.name);
        (matches!(answer, Answer::Yes(_)), names.collect())
    })
}

#[test]
fn nothing_is_said_of_what_was_there_at_first() {
    for (model, initial, ops) in [
        (
            "cart",
            "[1]",
            [
                (0, "add", "1", "ok", "1"),
                (0, "read", "nil", "ok", "[1 1]"),
            ],
        ),
        (
            "cart",
            "[1 1]",
            [
                (0, "remove", "1", "ok", "1"),
                (0, "read", "nil", "ok", "[1]"),
            ],
        ),
        (
            "log",
            "[1]",
            [
                (0, "append", "1", "ok", "1"),
                (0, "read", "nil", "ok", "[1 1]"),
            ],
        ),
        (
            "queue",
            "[1 1]",
            [
                (0, "dequeue", "nil", "ok", "1"),
                (0, "dequeue", "nil", "ok", "1"),
            ],
        ),
    ] {
        let text = edn(&ops);
        assert_eq!(
            found(&text, model, Some(initial)),
            (true, vec![]),
            "{model} {initial}"
        );
        let (holds, names) = found(&text, model, None);
        assert!(
            !holds && !names.is_empty() || model == "cart",
            "{model}: {names:?}"
        );
    }
}

#[test]
fn a_cart_may_hold_a_thing_as_often_as_it_was_put_in() {
    let add = (0, "add", "1", "ok", "1");
    let remove = (0, "remove", "1", "ok", "1");
    let read = |told| (1, "read", "nil", "ok", told);
    let (yes, no) = (true, false);
    for (ops, holds, names) in [
        (vec![add, add, remove, read("[1]")], yes, vec![]),
        (vec![add, remove, read("[1]")], no, vec!["item-resurrected"]),
        (
            vec![add, add, remove, read("[1 1]")],
            no,
            vec!["item-resurrected"],
        ),
        (vec![add, read("[1 1]")], no, vec!["item-doubled"]),
        (
            vec![add, (1, "add", "1", "ok", "1"), read("[1 1]")],
            yes,
            vec![],
        ),
        // Both that were confirmed account for it, whatever became of the first.
        (
            vec![(0, "add", "1", "info", "1"), add, add, read("[1 1]")],
            yes,
            vec![],
        ),
    ] {
        assert_eq!(found(&edn(&ops), "cart", None), (holds, names), "{ops:?}");
    }
}

#[test]
fn money_that_went_where_nobody_counted_is_not_lost() {
    let moved = (
        0,
        "transfer",
        "{:from 0 :to 2 :amount 5}",
        "ok",
        "{:from 0 :to 2 :amount 5}",
    );
    let count = |told| (1, "read", "nil", "ok", told);
    let text = edn(&[count("{0 10, 1 10}"), moved, count("{0 5, 1 10}")]);
    assert_eq!(found(&text, "bank", Some("10")), (true, vec![]));
    let all = edn(&[
        count("{0 10, 1 10, 2 10}"),
        moved,
        count("{0 5, 1 10, 2 10}"),
    ]);
    assert_eq!(found(&all, "bank", Some("10")), (false, vec!["money-lost"]));
}

#[test]
fn what_was_refused_or_put_elsewhere_is_no_copy() {
    let took = (1, "dequeue", "nil", "ok", "1");
    let text = edn(&[
        (0, "enqueue", "1", "ok", "1"),
        (0, "enqueue", "1", "fail", "1"),
        took,
        took,
    ]);
    assert_eq!(
        found(&text, "queue", None),
        (false, vec!["delivered-twice"])
    );
    let mut text = edn(&[
        (0, "append", "7", "ok", "7"),
        (0, "append", "7", "ok", "7"),
        (0, "read", "nil", "ok", "[7 7]"),
    ]);
    assert_eq!(found(&text, "log", None), (true, vec![]));
    let mut keys = ["1", "1", "2", "2", "1", "1"].into_iter();
    text = text
        .lines()
        .map(|line| line.replace('}', &format!(", :key {}}}\n", keys.next().expect("six"))))
        .collect();
    assert_eq!(found(&text, "log", None), (false, vec!["delivered-twice"]));
}

/// Anybody may give a lock back.
#[test]
fn whoever_got_a_lock_that_another_gave_back_holds_it_alone() {
    let acquired = |process| (process, "acquire", "nil", "ok", "nil");
    let text = edn(&[acquired(0), (1, "release", "nil", "ok", "nil"), acquired(1)]);
    assert_eq!(found(&text, "lock", None), (true, vec![]));
    // As they wait, the one before may give it back.
    let waits = "{:process 4, :type :invoke, :f :release, :value nil}
{:process 1, :type :invoke, :f :acquire, :value nil}
{:process 4, :type :ok, :f :release, :value nil}
{:process 3, :type :invoke, :f :acquire, :value nil}
{:process 1, :type :ok, :f :acquire, :value nil}
{:process 3, :type :ok, :f :acquire, :value nil}";
    assert_eq!(found(waits, "lock", None), (true, vec![]));
    let both = edn(&[acquired(0), acquired(1), (1, "release", "nil", "ok", "nil")]);
    assert_eq!(found(&both, "lock", None), (false, vec!["two-holders"]));
}

/// Nothing can be told from a text that somebody may have appended nothing to.
#[test]
fn an_empty_append_leaves_no_trace() {
    let text = edn(&[
        (1, "put", "\"c\"", "ok", "\"c\""),
        (2, "append", "\"\"", "ok", "\"\""),
        (2, "get", "nil", "ok", "\"\""),
    ]);
    let ladder = judged(&text, None, None, |question| {
        Ladder::of(question, &sights(question), &Limits::default())
    });
    assert_eq!(
        ladder.rungs[Level::Linearizable as usize].stands,
        Stands::No
    );
    assert_eq!(ladder.rungs[Level::Sequential as usize].stands, Stands::Yes);
}

/// Of what falls on one instant it does not matter which line comes first.
#[test]
fn lines_of_one_instant_may_stand_in_any_order() {
    let lines = [
        r#"{"client":"A","operation":"read","invoked_us":0,"ended_us":1,"outcome":"ok","value":7}"#,
        r#"{"client":"A","operation":"read","invoked_us":1,"ended_us":3,"outcome":"ok","value":7}"#,
        r#"{"client":"B","operation":"write","args":[7],"invoked_us":1,"ended_us":2,"outcome":"ok"}"#,
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let text = order.map(|line| lines[line]).join("\n");
        assert_eq!(found(&text, "register", None), (true, vec![]), "{order:?}");
    }
}

/// What a queue held at first has to be taken out before what was put in.
#[test]
fn a_contradiction_of_a_queue_that_was_not_empty_names_all_that_it_takes() {
    let put = |value| (0, "enqueue", value, "ok", value);
    let take = |value| (0, "dequeue", "nil", "ok", value);
    let text = edn(&[take("1"), take("2"), put("3"), put("4"), take("4")]);
    let told = judged(&text, None, Some("[1 2]"), |question| {
        match check(question, &Limits::default()) {
            Answer::No(ops) => explain(question, &ops, &Limits::default()),
            _ => panic!("3 comes first"),
        }
    });
    assert_eq!(told.ops, [2, 3, 4], "{}", told.words);
}
