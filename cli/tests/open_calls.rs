//! Histories in which many calls stayed open: what is said of them, within little work.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What `netsplit check` says of a history, after its name, with less work allowed than by itself.
fn judged(name: &str, history: &str, more: &[&str]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("open-{name}.edn"));
    std::fs::write(&path, history).expect("a file");
    let file = path.to_str().expect("a path");
    let mut command = Command::new(env!("CARGO_BIN_EXE_netsplit"));
    command.args(["check", "--budget", "200000"]).args(more);
    let told = command.arg(file).stdin(Stdio::null()).output();
    let told = String::from_utf8(told.expect("the binary runs").stdout).expect("UTF-8");
    let said = told.strip_prefix(&format!("{file}: ")).expect("its name");
    said.trim_end().to_owned()
}

fn pair(history: &mut String, (process, f): (u32, &str), asked: &str, ended: (&str, &str)) {
    let (kind, told) = ended;
    for (kind, value) in [("invoke", asked), (kind, told)] {
        writeln!(
            history,
            "{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}"
        )
        .expect("memory");
    }
}

/// So many calls that nobody knows the end of, each of another number.
fn open(count: u32, f: &str, value: impl Fn(u32) -> String) -> String {
    let mut history = String::new();
    for number in 0..count {
        let asked = value(number);
        pair(&mut history, (100 + number, f), &asked, ("info", &asked));
    }
    history
}

fn with(mut history: String, f: &str, answers: &[&str]) -> String {
    for answer in answers {
        let asked = if f == "withdraw" { answer } else { "nil" };
        pair(&mut history, (0, f), asked, ("ok", answer));
    }
    history
}

#[test]
fn twenty_open_calls_are_judged_with_little_work() {
    let number = |number: u32| number.to_string();
    let cases = [
        ("add", "read", ["[1 3 5]", "[1 3 5 7]"], true),
        ("add", "read", ["[1 3 5]", "[1 3]"], false),
        ("enqueue", "dequeue", ["3", "7"], true),
        ("enqueue", "dequeue", ["3", "3"], false),
        ("enqueue", "dequeue", ["3", "99"], false),
        ("increment", "read", ["3", "5"], true),
        ("increment", "read", ["5", "3"], false),
        ("increment", "read", ["100", "99"], false),
        ("increment", "read", ["100", "190"], true),
        ("increment", "read", ["100", "191"], false),
        ("deposit", "balance", ["100", "190"], true),
        ("deposit", "balance", ["100", "191"], false),
        ("deposit", "balance", ["5", "-1"], false),
        ("deposit", "withdraw", ["100", "90"], true),
        ("deposit", "withdraw", ["100", "91"], false),
    ];
    for (place, (f, look, answers, holds)) in cases.into_iter().enumerate() {
        let history = with(open(20, f, number), look, &answers);
        let told = judged(&format!("calls-{place}"), &history, &[]);
        let expected = if holds {
            "linearizable"
        } else {
            "not linearizable: "
        };
        assert!(told.starts_with(expected), "{f} {answers:?}: {told}");
        assert!(!told.contains("more"), "{f} {answers:?}: {told}");
    }
    let accounts = |number: u32| {
        let (from, to) = (number % 5, (number + 1 + number / 5) % 5);
        format!(
            "{{:from {from}, :to {to}, :amount {}}}",
            2 * (number % 7 + 1)
        )
    };
    let books = |last: [u32; 5]| {
        let pairs = (0..5).zip(last);
        let pairs: Vec<_> = pairs
            .map(|(account, held)| format!("{account} {held}"))
            .collect();
        format!("{{{}}}", pairs.join(", "))
    };
    let first = books([20, 20, 20, 20, 20]);
    // The first two transfers; then what none of them can have made; then money from nowhere.
    for (last, holds) in [
        ([18, 18, 24, 20, 20], true),
        ([19, 21, 20, 20, 20], false),
        ([21, 20, 20, 20, 20], false),
    ] {
        let history = with(
            open(20, "transfer", accounts),
            "read",
            &[&first, &books(last)],
        );
        let told = judged("bank-20", &history, &["--initial", "20"]);
        assert_eq!(told == "linearizable", holds, "{last:?}: {told}");
        assert_eq!(
            told.starts_with("not linearizable: "),
            !holds,
            "{last:?}: {told}"
        );
    }
    let even = open(20, "increment", |number| (2 << number).to_string());
    let told = judged("even", &with(even, "read", &["1"]), &[]);
    assert!(told.starts_with("not linearizable: "), "{told}");
    let cart = with(open(20, "add", number), "read", &["[1 3 5]", "[1 3]"]);
    let told = judged("cart", &cart, &["--model", "cart"]);
    assert!(told.starts_with("not linearizable: "), "{told}");
}

/// What is delivered says in which order it was put in.
#[test]
fn a_queue_delivers_what_twenty_open_calls_put_in() {
    let number = |number: u32| number.to_string();
    let backwards: Vec<_> = (0..20).rev().map(number).collect();
    let backwards: Vec<_> = backwards.iter().map(String::as_str).collect();
    let told = |name, answers: &[&str]| {
        judged(
            name,
            &with(open(20, "enqueue", number), "dequeue", answers),
            &[],
        )
    };
    assert_eq!(told("backwards", &backwards), "linearizable");
    let twice = [&backwards[..], &["0"]].concat();
    let told = told("twice", &twice);
    assert!(
        told.starts_with("not linearizable: process 0 dequeued 0"),
        "{told}"
    );
    // Of three values that were put in again and again, three come out.
    let few = open(20, "enqueue", |number| (number % 3).to_string());
    let told = judged("few", &with(few, "dequeue", &["1", "1", "0"]), &[]);
    assert_eq!(told, "linearizable");
}

/// Fifty clients who write few values keep any search busy; what nobody can have left there needs none.
#[test]
fn what_nobody_can_have_left_there_is_plain() {
    let mut dense = String::new();
    let mut line = |process: u32, kind: &str, value: u32| {
        let event = format!("{{:process {process}, :type :{kind}, :f :write, :value {value}}}");
        writeln!(dense, "{event}").expect("memory");
    };
    let value = |turn: u32| turn * 7 % 5;
    for turn in 0..2_000 {
        if turn >= 50 {
            line(1 + turn % 50, "ok", value(turn - 50));
        }
        line(1 + turn % 50, "invoke", value(turn));
    }
    let reads = |answer: &str| judged("dense", &with(dense.clone(), "read", &[answer]), &[]);
    assert_eq!(reads("3"), "linearizable");
    for (answer, words) in [("77", "77"), ("nil", "nothing")] {
        let told = reads(answer);
        let expected = format!("not linearizable: process 0 read {words} (line 3951)");
        assert!(told.starts_with(&expected), "{told}");
    }
}

/// Of an open call nobody says that it was confirmed, and its write may yet be what one reads.
#[test]
fn an_open_call_was_not_confirmed() {
    let mut log = String::new();
    pair(&mut log, (0, "append"), "1", ("ok", "1"));
    pair(&mut log, (1, "append"), "2", ("info", "2"));
    pair(&mut log, (2, "read"), "nil", ("ok", "[2 1]"));
    assert_eq!(
        judged("log", &log, &[]),
        "not linearizable: process 2 read [2, 1] (line 5), after process 0’s append of 1 was confirmed (line 1): a linearizable store could have answered [1]. It rests on process 1’s append of 2 (line 3) as well."
    );
    let mut register = String::new();
    pair(&mut register, (0, "write"), "1", ("info", "1"));
    pair(&mut register, (2, "write"), "2", ("ok", "2"));
    pair(&mut register, (3, "read"), "nil", ("ok", "3"));
    assert_eq!(
        judged("register", &register, &[]),
        "not linearizable: process 3 read 3 (line 5): a linearizable store would have answered 1 or 2."
    );
}

#[test]
fn a_bank_is_told_by_its_accounts() {
    let mut bank = String::new();
    let moved = "{:from 0, :to 1, :amount 1}";
    pair(&mut bank, (0, "transfer"), moved, ("ok", moved));
    pair(&mut bank, (1, "read"), "nil", ("ok", "{0 4, 1 1}"));
    assert_eq!(
        judged("bank", &bank, &["--initial", "{0 4, 1 1}"]),
        "not linearizable: process 1 read [[0, 4], [1, 1]] (line 3), after process 0’s transfer of 1 from 0 to 1 was confirmed (line 1): a linearizable store would have answered [[0, 3], [1, 2]]."
    );
    let told = judged("known", &bank, &["--ladder", "--initial", "{0 4, 1 2}"]);
    let lost = "money-lost: process 1 counted 1 less (line 3) than there was at first, and nobody had taken any.";
    assert!(told.contains(lost), "{told}");
}

/// What is only moved was there before, so nobody can have got it from those who had nothing either.
#[test]
fn nothing_comes_of_nothing() {
    let mut bank = open(6, "transfer", |number| {
        format!(
            "{{:from {}, :to {}, :amount 5}}",
            number % 3,
            (number + 1) % 3
        )
    });
    let moved = "{:from 0, :to 1, :amount 2}";
    pair(&mut bank, (0, "transfer"), moved, ("ok", moved));
    assert_eq!(
        judged("nothing", &bank, &[]),
        "not linearizable: process 0’s transfer of 2 from 0 to 1 was paid (line 13) although the account held 0: a linearizable store would have refused it."
    );
    let told = judged("little", &bank, &["--initial", "{2 1}"]);
    assert!(told.contains("although the account held 0"), "{told}");
    let told = judged("enough", &bank, &["--initial", "{2 5}"]);
    assert_eq!(told, "linearizable");
}

/// No sum is too large.
#[test]
fn the_largest_numbers_add_up() {
    let mut counter = String::new();
    pair(&mut counter, (0, "increment"), "1", ("ok", "1"));
    let most = i64::MAX.to_string();
    let told = judged("most", &counter, &["--initial", &most]);
    assert_eq!(told, "linearizable");
}
