//! `netsplit check` and `netsplit bench check` as scripts use them.

use sim_core::check::linearizable::Question;
use sim_core::check::{own, sights};
use sim_core::explore::sample;
use sim_core::foreign;
use sim_core::run::Timeline;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn netsplit(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netsplit"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn file(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("a file");
    path.to_str().expect("a path").to_string()
}

const GOOD: &str = "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write, :value 3}\n";
const STALE: &str = "{:process 0, :type :invoke, :f :write, :value 3}\n{:process 0, :type :ok, :f :write, :value 3}\n{:process 1, :type :invoke, :f :read, :value nil}\n{:process 1, :type :ok, :f :read, :value nil}\n";

#[test]
fn a_line_a_file_and_the_exit_code() {
    let (good, stale) = (
        file("good.edn", GOOD.as_bytes()),
        file("stale.edn", STALE.as_bytes()),
    );
    let (cut, empty) = (
        file("cut.edn", &STALE.as_bytes()[..60]),
        file("empty.edn", b""),
    );
    let told = netsplit(&["check", &good, &empty]);
    assert_eq!(told.status.code(), Some(0));
    assert_eq!(
        text(&told.stdout),
        format!("{good}: linearizable\n{empty}: linearizable (the history is empty)\n")
    );
    let told = netsplit(&["check", &stale, &good]);
    assert_eq!(told.status.code(), Some(1));
    assert_eq!(
        text(&told.stdout),
        format!(
            "{stale}: not linearizable: process 1 read nothing (line 3), after process 0’s write of 3 was confirmed (line 1): a linearizable store would have answered 3.\n{good}: linearizable\n"
        )
    );
    let told = netsplit(&["check", &cut, &stale, "/nowhere/at.all"]);
    assert_eq!(told.status.code(), Some(2));
    let lines = text(&told.stdout);
    let lines: Vec<_> = lines.lines().collect();
    assert!(
        lines[0].starts_with(&format!("{cut}: error: line 2, expected ")),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with(&format!("{stale}: not linearizable: ")),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("/nowhere/at.all: error: the file, expected "),
        "{lines:?}"
    );
}

#[test]
fn what_a_store_cannot_have_held_first_is_an_error() {
    let good = file("good-initial.edn", GOOD.as_bytes());
    let told = netsplit(&["check", "--model", "register", "--initial", "[1 2]", &good]);
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(
        text(&told.stdout),
        format!(
            "{good}: error: the initial value of the model register, expected one value, found [1, 2]\n"
        )
    );
}

#[test]
fn what_is_not_decided_in_time_says_so() {
    let long = file("undecided.edn", GOOD.repeat(9).as_bytes());
    let told = netsplit(&["check", "--budget", "1", &long]);
    assert_eq!(told.status.code(), Some(3));
    assert_eq!(
        text(&told.stdout),
        format!("{long}: undecided: not decided within 1 steps; --budget allows more\n")
    );
}

/// A counter to which three clients add at once, each time another number, and at the end a read of one too few.
fn miscounted(count: u32) -> String {
    let mut lines = String::new();
    for number in 0..count {
        let (client, at) = (number % 3, 10 * (number / 3));
        let amount = 3 + number * number;
        lines += &format!(
            "{{\"client\":\"c{client}\",\"operation\":\"increment\",\"args\":[{amount}],\"invoked_us\":{},\"ended_us\":{},\"outcome\":\"ok\"}}\n",
            at + client,
            at + 9
        );
    }
    let told: u32 = (0..count).map(|number| 3 + number * number).sum();
    lines += &format!(
        "{{\"client\":\"c0\",\"operation\":\"read\",\"invoked_us\":200,\"ended_us\":201,\"outcome\":\"ok\",\"value\":{}}}\n",
        told - 1
    );
    lines
}

#[test]
fn a_contradiction_says_where_it_is_not_known_whether_all_of_it_is_needed() {
    let open = " Whether all of these are needed was not decided within ";
    for (count, budget, is_open) in [(30, "2000", true), (9, "200000000", false)] {
        let path = file(
            &format!("miscounted-{count}.jsonl"),
            miscounted(count).as_bytes(),
        );
        let args = ["check", "--model", "counter", "--budget", budget];
        let told = text(&netsplit(&[&args[..], &[&path]].concat()).stdout);
        assert!(told.starts_with(&format!("{path}: not linearizable: ")));
        assert_eq!(told.ends_with(&format!("{open}2000 steps.\n")), is_open);
        assert_eq!(told.contains(open), is_open, "{told}");
        let told = netsplit(&[&args[..], &["--json", "--ladder", &path]].concat());
        let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        for words in [&json["sentence"], &json["ladder"]["models"][0]["sentence"]] {
            let words = words.as_str().expect("a sentence");
            assert_eq!(words.contains(open), is_open, "{words}");
        }
    }
}

#[test]
fn what_was_there_before_can_be_said() {
    let read = file(
        "read.edn",
        b"{:process 1, :type :invoke, :f :read, :value nil}\n{:process 1, :type :ok, :f :read, :value 7}\n",
    );
    assert_eq!(netsplit(&["check", &read]).status.code(), Some(1));
    assert_eq!(
        netsplit(&["check", "--initial", "7", &read]).status.code(),
        Some(0)
    );
    assert_eq!(
        netsplit(&["check", "--initial", "-7", &read]).status.code(),
        Some(1)
    );
}

#[test]
fn json_says_the_model_and_whom_to_blame() {
    let stale = file("stale-json.edn", STALE.as_bytes());
    let told = netsplit(&["check", "--json", &stale]);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(json["verdict"], "not linearizable");
    assert_eq!(json["model"], "register");
    assert_eq!(json["format"], "edn");
    assert_eq!(json["operations"], 2);
    let lines: Vec<_> = json["contradiction"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["line"].clone())
        .collect();
    assert_eq!(lines, [1, 3]);
    let good = file("good-json.edn", GOOD.as_bytes());
    let told = netsplit(&["check", "--json", "--model", "cas-register", &good]);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(json["model"], "cas-register");
    assert_eq!(json["order"][0], 1);
}

#[test]
fn a_model_that_does_not_fit_is_an_error_with_its_line() {
    let stale = file("misfit.edn", STALE.as_bytes());
    let told = netsplit(&["check", "--model", "queue", &stale]);
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(
        text(&told.stdout),
        format!(
            "{stale}: error: line 1, expected an operation of the model queue: one of enqueue, dequeue with values that it takes, found write\n"
        )
    );
    let mixed = file(
        "mixed.edn",
        b"{:process 0, :type :invoke, :f :write, :value 3}\n{:process 1, :type :invoke, :f :acquire}\n",
    );
    let told = text(&netsplit(&["check", &mixed]).stdout);
    assert!(told.contains("error: line 2, expected operations that one model has, found acquire beside the earlier ones"), "{told}");
}

#[test]
fn our_own_histories_are_judged_as_the_replay_judges_them() {
    for (seed, runs) in [("1", "6"), ("40", "6")] {
        let sample = ["sample", "--seed", seed, "--runs", runs];
        let links = netsplit(&[&sample[..], &["--protocol", "ledger"]].concat());
        for (number, link) in text(&links.stdout).lines().enumerate() {
            let history = netsplit(&["replay", "--history", "--", link]);
            let path = file(&format!("own-{seed}-{number}.jsonl"), &history.stdout);
            let told = netsplit(&["check", "--model", "bank", &path]);
            let verdict = text(&netsplit(&["replay", "--", link]).stdout);
            let last = verdict.lines().last().expect("a line");
            let expected = if last.contains("consistent: No.") {
                1
            } else {
                0
            };
            assert_eq!(
                told.status.code(),
                Some(expected),
                "{last}\n{}",
                text(&told.stdout)
            );
        }
    }
}

/// What is written of a run is judged as the run is on a page, whatever its values are.
#[test]
fn our_own_histories_say_what_answers_rest_on() {
    let mut decided = 0;
    for (protocol, seed) in [
        ("ledger", 7),
        ("primary-replica", 30),
        ("raft", 2),
        ("paxos", 2),
        ("multi-paxos", 2),
        ("two-phase-commit", 2),
        ("zab", 2),
        ("lock-service", 2),
    ] {
        for seed in seed..seed + 4 {
            let number = seed.to_string();
            let sample = ["sample", "--runs", "1", "--protocol", protocol, "--seed"];
            let link = text(&netsplit(&[&sample[..], &[&number]].concat()).stdout);
            let written = netsplit(&["replay", "--history", "--", link.trim()]).stdout;
            let run = sample::run(protocol, seed).expect("a run");
            let mut timeline = Timeline::of(run).expect("a timeline");
            let events = timeline.trace().len();
            let (own, saw) = (
                own::history(&timeline, events),
                own::sights(&mut timeline, events),
            );
            if saw.is_empty() {
                continue;
            }
            let read = foreign::read(&written, None).expect("a history");
            let question = Question::whole(&read.history, own.kind, own.history.initial);
            assert_eq!(
                sights::sights(&question).as_ref(),
                Ok(&saw),
                "{protocol} {seed}"
            );
            let path = file(&format!("saw-{protocol}-{seed}.jsonl"), &written);
            let told = text(&netsplit(&["check", "--ladder", &path]).stdout);
            assert!(!told.contains("cannot be decided"), "{told}");
            decided += usize::from(told.contains("  read your writes: no"));
        }
    }
    assert!(decided > 0);
}

#[test]
fn the_benchmark_tells_operations_verdict_and_median() {
    let stale = file("bench.edn", STALE.as_bytes());
    let told = netsplit(&["bench", "check", &stale, "--json"]);
    assert_eq!(told.status.code(), Some(0));
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(json[0]["file"], stale.as_str());
    assert_eq!(json[0]["operations"], 2);
    assert_eq!(json[0]["verdict"], "not linearizable");
    assert!(json[0]["median_ms"].as_f64().expect("a number") > 0.0);
    let none = netsplit(&["bench", "check"]);
    assert_eq!(none.status.code(), Some(2));
    let odd = netsplit(&["bench", "ledger", &stale]);
    assert_eq!(odd.status.code(), Some(2));
    // The others are measured.
    let missing = netsplit(&["bench", "check", "/nowhere/at.all", &stale, "--json"]);
    assert_eq!(missing.status.code(), Some(2));
    let words = text(&missing.stderr);
    assert!(
        words.starts_with("error: /nowhere/at.all: the file, expected"),
        "{words}"
    );
    let json: serde_json::Value = serde_json::from_slice(&missing.stdout).expect("JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(1));
    assert_eq!(json[0]["file"], stale.as_str());
}

#[test]
fn the_ladder_names_the_strongest_models_and_what_breaks_the_others() {
    let stale = file("ladder.edn", STALE.as_bytes());
    let told = netsplit(&["check", "--ladder", &stale]);
    assert_eq!(told.status.code(), Some(1));
    let lines = text(&told.stdout);
    let lines: Vec<_> = lines.lines().collect();
    assert!(
        lines[1].starts_with("  linearizable: no: process 1 read nothing"),
        "{lines:?}"
    );
    assert_eq!(lines[2], "  sequential: yes");
    assert!(lines.contains(&"  strongest: sequential"), "{lines:?}");
    // What the first line says, the ladder says too, also where it is not decided.
    let mut many = String::new();
    for process in 0..30 {
        many += &format!("{{:process {process}, :type :invoke, :f :write, :value {process}}}\n");
    }
    for process in 0..30 {
        many += &format!("{{:process {process}, :type :ok, :f :write, :value {process}}}\n");
    }
    let many = file("ladder-many.edn", many.as_bytes());
    for (budget, stands, verdict) in [
        ("1", "undecided", "undecided"),
        ("1000", "yes", "linearizable"),
    ] {
        let told = netsplit(&["check", "--ladder", "--budget", budget, &many, "--json"]);
        let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
        assert_eq!(json["verdict"], verdict);
        assert_eq!(json["ladder"]["models"][0]["holds"], stands);
    }
    let told = netsplit(&["check", "--ladder", "--json", &stale]);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!(json["ladder"]["strongest"][0], "sequential");
    assert_eq!(json["ladder"]["models"][0]["lines"][1], 3);
}

#[test]
fn a_run_of_ours_is_judged_by_what_each_read_saw() {
    let run = file("ladder.toml", b"scenario = \"bank-two-cut\"\nseed = 7\n");
    let told = text(&netsplit(&["replay", "--ladder", &run]).stdout);
    let lines: Vec<_> = told.lines().collect();
    let last = lines.last().expect("a line");
    assert!(last.starts_with("digest "), "{last}");
    for model in [
        "linearizable",
        "sequential",
        "causal",
        "PRAM",
        "read your writes",
    ] {
        let start = format!("  {model}: ");
        let line = lines.iter().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("{model} is missing in {told}"));
        // What a read saw is known of our own runs: nothing is left undecided.
        assert!(!line.contains("undecided"), "{line}");
    }
    assert!(
        lines.iter().any(|line| line.starts_with("  strongest: ")),
        "{told}"
    );
}

#[test]
fn a_file_can_say_what_it_is_of() {
    let line = |client: &str, from: u32, rest: &str| {
        let (until, start) = (
            from + 5,
            format!("{{\"client\":\"{client}\",\"model\":\"cart\","),
        );
        format!("{start}\"invoked_us\":{from},\"ended_us\":{until},\"outcome\":\"ok\",{rest}}}\n")
    };
    let add = "\"operation\":\"add\",\"args\":[\"lamp\"]";
    let read = "\"operation\":\"read\",\"value\":[\"lamp\",\"lamp\"]";
    let cart = [line("A", 1, add), line("B", 11, add), line("B", 21, read)].concat();
    let path = file("cart.jsonl", cart.as_bytes());
    assert_eq!(netsplit(&["check", &path]).status.code(), Some(0));
    assert_eq!(
        netsplit(&["check", "--model", "set", &path]).status.code(),
        Some(1)
    );
    let odd = file(
        "odd.jsonl",
        line("A", 1, "\"operation\":\"acquire\"").as_bytes(),
    );
    assert_eq!(netsplit(&["check", &odd]).status.code(), Some(2));
}

/// A log that is read whole after each entry is nearly all lists: they may take ten times the file's size, and the rest
/// of the process as much as it is given here.
#[cfg(target_os = "linux")]
#[test]
fn long_lists_take_no_more_than_ten_times_their_file() {
    let (mut log, mut text) = (String::new(), String::new());
    for number in 0..3_400 {
        let digit = number % 10;
        log.push_str(&format!("{digit} "));
        text.push_str(&format!(
            "{{:process 0 :type :invoke :f :append :value {digit}}}\n{{:process 0 :type :ok :f :append :value {digit}}}\n\
             {{:process 0 :type :invoke :f :read}}\n{{:process 0 :type :ok :f :read :value [{log}]}}\n"
        ));
    }
    let path = file("long.edn", text.as_bytes());
    let kilobytes = text.len() * 10 / 1024 + (96 << 10);
    let told = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {kilobytes}; exec \"$@\""))
        .args(["sh", env!("CARGO_BIN_EXE_netsplit"), "check", &path])
        .output()
        .expect("a shell");
    assert!(matches!(told.status.code(), Some(0 | 3)), "{told:?}");
}
