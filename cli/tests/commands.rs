//! The binary as scripts use it: its lines, its exit codes, its manners with whatever it is given.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn netsplit<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
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

/// What a command prints that ends well.
fn good(arguments: &[&str]) -> String {
    let output = netsplit(arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// What a command says that ends with 2 and prints nothing.
fn bad(arguments: &[&str]) -> String {
    let output = netsplit(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    text(&output.stderr)
}

fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("a file");
    path
}

const CUT: &str = "scenario = \"bank-two-cut\"\nseed = 7\n";

#[test]
fn replay_tells_a_catalogue_run_as_it_always_did() {
    let path = file("golden.toml", CUT.as_bytes());
    let told = good(&["replay", path.to_str().expect("a path")]);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/bank-two-cut.txt");
    if std::env::var_os("NETSPLIT_GOLDEN").is_some() {
        std::fs::write(golden, &told).expect("the golden file");
    }
    let kept = std::fs::read_to_string(golden).expect("the golden file");
    assert_eq!(
        told, kept,
        "if this is what you want: NETSPLIT_GOLDEN=1 cargo test -p netsplit-cli"
    );
}

#[test]
fn the_last_line_says_digest_events_and_verdict() {
    let path = file("last.toml", CUT.as_bytes());
    let path = path.to_str().expect("a path");
    let told = good(&["replay", path]);
    let last = told.lines().last().expect("a line");
    let words: Vec<&str> = last.splitn(6, ' ').collect();
    let [digest, hex, events, count, verdict, sentence] = words[..] else {
        panic!("{last}")
    };
    assert_eq!((digest, events, verdict), ("digest", "events", "verdict"));
    assert!(
        hex.len() == 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
        "{hex}"
    );
    assert_eq!(count.parse(), Ok(told.lines().count() - 1));
    assert!(sentence.contains("2 of 5 answered"), "{sentence}");
    // Wherever one stops reading, the last line is about the whole run.
    let short = good(&["replay", "--until", "650.5", path]);
    assert!(short.lines().count() < told.lines().count());
    assert_eq!(short.lines().last(), Some(last));
    let at = short.lines().rev().nth(1).expect("a line");
    assert!(at.starts_with("until 650.5 ms: 1 of 1 answered"), "{at}");
    let until = |line: &&str| {
        line.trim_start()
            .split(' ')
            .next()
            .and_then(|at| at.parse().ok())
            <= Some(650.5)
    };
    assert!(short.lines().rev().skip(2).all(|line| until(&line)));
}

#[test]
fn replay_as_json_and_as_history() {
    let path = file("json.toml", CUT.as_bytes());
    let path = path.to_str().expect("a path");
    let json: serde_json::Value =
        serde_json::from_str(&good(&["replay", "--json", path])).expect("JSON");
    let last = good(&["replay", path])
        .lines()
        .last()
        .expect("a line")
        .to_string();
    let (digest, events) = (
        json["digest"].as_str().expect("hex"),
        json["events"].as_u64().expect("a number"),
    );
    let verdict = json["verdict"].as_str().expect("words");
    assert_eq!(
        last,
        format!("digest {digest} events {events} verdict {verdict}")
    );
    assert_eq!(
        json["trace"].as_array().map(Vec::len),
        Some(events as usize)
    );
    let history = good(&["replay", "--history", path]);
    let lines: Vec<serde_json::Value> = history
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["outcome"], "ok");
    assert_eq!(
        (&lines[0]["operation"], &lines[0]["amount"]),
        (&"deposit".into(), &20.into())
    );
    assert_eq!(lines[0]["invoked_us"], 100_000);
    assert_eq!(lines[1]["outcome"], "refused");
    assert_eq!(lines[4]["value"], 100);
}

#[test]
fn what_was_done_to_the_system_stands_behind_the_operations_where_it_is_asked_for() {
    let path = file("faults.toml", CUT.as_bytes());
    let path = path.to_str().expect("a path");
    let plain = good(&["replay", "--history", path]);
    let whole = good(&["replay", "--history", "--faults", path]);
    let faults: Vec<serde_json::Value> = whole
        .strip_prefix(&plain)
        .expect("the operations come first")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let told = faults.iter().map(|line| (&line["fault"], &line["at_us"]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (&"cut: North | South".into(), &600_000.into()),
            (&"all lines whole".into(), &2_000_000.into())
        ]
    );
    let read = file("faults.jsonl", whole.as_bytes());
    good(&["check", read.to_str().expect("a path")]);
}

#[test]
fn a_history_says_whose_session_its_clients_belong_to() {
    let cart = |session: &str| {
        let run = format!(
            "scenario = \"cart-two-tabs\"\nseed = 1\nsettings = {{ session = \"{session}\" }}\n"
        );
        let run = file(&format!("session-{session}.toml"), run.as_bytes());
        let history = good(&["replay", "--history", run.to_str().expect("a path")]);
        let told = file(&format!("session-{session}.jsonl"), history.as_bytes());
        let judged = netsplit(&["check", "--ladder", told.to_str().expect("a path")]);
        (history, text(&judged.stdout))
    };
    let (history, judged) = cart("user");
    let (lines, named) = (
        history.lines().count(),
        history.matches("\"session\":\"one user\""),
    );
    assert_eq!(named.count(), lines, "{history}");
    assert!(
        judged.contains("sequential: no: In no order that keeps each session’s own"),
        "{judged}"
    );
    let (history, judged) = cart("tab");
    assert!(!history.contains("session"), "{history}");
    assert!(judged.contains("sequential: yes"), "{judged}");
}

#[test]
fn systems_have_their_shape() {
    let json: serde_json::Value =
        serde_json::from_str(&good(&["systems", "--json"])).expect("JSON");
    let ledger = &json["protocols"][0];
    assert_eq!(ledger["name"], "ledger");
    let named = |list: &str| ledger[list].as_array().expect("a list").clone();
    let rule = &named("rules")[0];
    assert!(rule["name"].is_string());
    let guarded = &rule["guards"];
    assert!(named("invariants").contains(guarded));
    assert!(named("witnesses").iter().all(serde_json::Value::is_string));
    let scenarios = named("scenarios");
    assert!(scenarios.iter().any(|one| one["id"] == "bank-two-cut"));
    assert!(
        scenarios
            .iter()
            .all(|one| one["version"].is_u64() && one["title"].is_string())
    );
    let systems = json["systems"].as_array().expect("a list");
    for (name, protocol) in [("etcd", "raft"), ("consul", "raft"), ("zookeeper", "zab")] {
        let system = systems.iter().find(|one| one["name"] == name);
        let system = system.expect("it is there");
        assert_eq!(system["protocol"], protocol);
        for list in ["sources", "modelled", "left_out"] {
            assert!(!system[list].as_array().expect("a list").is_empty());
        }
    }
    let words = good(&["systems"]);
    assert!(words.contains("ledger") && words.contains("bank-two-cut version 1"));
    let carts = &json["protocols"][1];
    assert_eq!(carts["name"], "primary-replica");
    assert_eq!(
        carts["rules"][2]["guards"], "no-writes-once-fenced",
        "{carts}"
    );
    assert!(words.contains("primary-replica: 2 to 7 nodes"));
    assert!(words.contains("cart-two-tabs version 1"));
}

#[test]
fn samples_are_links_in_every_form_and_survive_files() {
    let links = good(&["sample", "--runs", "6", "--seed", "40"]);
    assert_eq!(links.lines().count(), 6);
    assert_eq!(
        good(&[
            "sample",
            "--runs",
            "1",
            "--seed",
            "42",
            "--protocol",
            "raft"
        ])
        .trim(),
        links.lines().nth(2).unwrap_or("")
    );
    for (nth, link) in links.lines().enumerate() {
        let told = good(&["replay", "--", link]);
        let hash = format!("#{link}");
        assert_eq!(good(&["replay", &hash]), told);
        let address = format!("https://example.org/netsplit/playground/?x=1#{link}");
        assert_eq!(good(&["replay", &address]), told);
        let path = file(
            &format!("sample-{nth}.toml"),
            good(&["replay", "--as-file", link]).as_bytes(),
        );
        let path = path.to_str().expect("a path");
        assert_eq!(good(&["replay", path]), told);
        assert_eq!(good(&["replay", "--as-link", path]).trim(), link);
    }
}

#[test]
fn a_link_made_of_a_file_has_its_digest() {
    let path = file("digest.toml", CUT.as_bytes());
    let path = path.to_str().expect("a path");
    let link = good(&["replay", "--as-link", path]);
    let told = good(&["replay", path]);
    let hex = told
        .lines()
        .last()
        .and_then(|last| last.get(7..15))
        .expect("a digest")
        .to_string();
    assert!(good(&["replay", "--as-file", link.trim()]).contains(&format!("digest = \"{hex}\"")));
    // An edited file that kept its old digest is noticed, and followed all the same.
    let edited = file(
        "edited.toml",
        format!("{CUT}digest = \"00000001\"\n").as_bytes(),
    );
    let output = netsplit(&[OsStr::new("replay"), edited.as_os_str()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("comes out differently"));
}

#[test]
fn mistakes_say_what_was_expected() {
    let wrong = file(
        "wrong.toml",
        b"scenario = \"bank-two\"\nactions = [\n  { at = 5, kill = \"Nort\" },\n]\n",
    );
    let wrong = wrong.to_str().expect("a path");
    let bytes = file("bytes.toml", b"seed = 1\n\xff\xfe\n");
    let bytes = bytes.to_str().expect("a path");
    let folder = env!("CARGO_TARGET_TMPDIR");
    let cases: &[(&[&str], &str)] = &[
        (
            &["chekc"],
            "expected a command, one of systems, sample, replay, check, sweep, bench",
        ),
        (&["replay"], "LINK_OR_FILE"),
        (&["replay", "no/such/file.toml"], "no such file"),
        (
            &["replay", "bank-two"],
            "expected a link or the path of a run file",
        ),
        (&["replay", "#"], "this link is empty"),
        (&["replay", "#!"], "expected only letters"),
        (
            &["replay", "https://example.org/"],
            "no # with a run after it",
        ),
        (&["replay", folder], "expected a run file, found a folder"),
        (
            &["replay", wrong],
            "line 3, actions.1.kill: expected a node or a client, one of North, South, Ann, Ben, found `Nort`",
        ),
        (&["replay", bytes], "line 2: expected UTF-8 text"),
        (
            &["replay", "--until", "soon", wrong],
            "expected milliseconds",
        ),
        (&["replay", "--as-link", "nowhere.toml"], "no such file"),
        (&["replay", "--as-file", "-x"], "expected a link"),
        (&["sample"], "--runs"),
        (
            &["sample", "--runs", "-1", "--seed", "0"],
            "expected a whole number",
        ),
        (
            &["sample", "--runs", "1", "--seed", "99999999999999999999"],
            "expected a whole number",
        ),
        (
            &[
                "sample",
                "--runs",
                "1",
                "--seed",
                "1",
                "--protocol",
                "gossip",
            ],
            "expected a protocol, one of ledger",
        ),
        (&["bench", "gossip"], "expected a protocol, one of ledger"),
        (&["systems", "--yaml"], "--yaml"),
    ];
    for (arguments, expected) in cases {
        let words = bad(arguments);
        assert!(words.contains(expected), "{arguments:?} said: {words}");
    }
    assert_eq!(netsplit::<&str>(&[]).status.code(), Some(2));
    assert_eq!(netsplit(&["--help"]).status.code(), Some(0));
    assert_eq!(netsplit(&["replay", "--help"]).status.code(), Some(0));
}

/// A link cut short anywhere, or with a character changed, is refused with a sentence.
#[test]
fn damaged_links_are_refused() {
    let link = good(&["sample", "--runs", "1", "--seed", "3"]);
    let link = link.trim();
    for at in (0..link.len()).step_by(29) {
        assert!(bad(&["replay", "--", &format!("#{}", &link[..at])]).contains("link"));
        let other = if link[at..].starts_with('x') {
            "y"
        } else {
            "x"
        };
        bad(&[
            "replay",
            "--",
            &format!("{}{other}{}", &link[..at], &link[at + 1..]),
        ]);
    }
    bad(&["replay", &"A".repeat(100_000)]);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_no_panic() {
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"\xff\xfe");
    for arguments in [
        vec![OsStr::new("replay"), odd],
        vec![odd],
        vec![OsStr::new("bench"), odd],
    ] {
        let output = netsplit(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn whoever_stops_reading_ends_us_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netsplit"))
        .args(["sample", "--runs", "1000000000", "--seed", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut first = [0u8; 16];
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_exact(&mut first)
        .expect("a line");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn standard_input_is_a_run_file_or_a_link() {
    for content in [
        CUT.to_string(),
        good(&["sample", "--runs", "1", "--seed", "2"]),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_netsplit"))
            .args(["replay", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(content.as_bytes())
            .expect("written");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0));
        assert!(
            text(&output.stdout)
                .lines()
                .last()
                .is_some_and(|last| last.starts_with("digest "))
        );
    }
}

/// Numbers that nobody means end in a refusal or in a run, soon.
#[test]
fn absurd_run_files_end_soon() {
    let base = "protocol = \"ledger\"\nnodes = [\"A\", \"B\"]\nclients = [{ name = \"X\", home = \"A\", patience = \"60 min\" }]\n";
    let cases = [
        "length = \"60 min\"\nlinks = { latency = [\"60 min\", \"60 min\"] }\nactions = [{ at = 1, client = \"X\", does = \"deposit 4294967295\" }]",
        "length = \"99999 min\"",
        "length = \"60 min\"\nsettings = { phone-every = \"1 ms\", retry-after = \"1 ms\" }\nscript = [{ at = 0, client = \"X\", does = \"deposit 1\" }, { at = 1, kill = \"B\" }]",
        "length = \"60 min\"\nscript = [{ at = 0, kill = \"A\" }]\nloads = [{ clients = \"X\", gap = \"1 µs\", mix = [\"balance\"] }]",
        "length = \"60 min\"\nscript = [{ at = 0, kill = \"A\" }]\nloads = [{ clients = \"X\", gap = \"3.6 ms\", mix = [\"balance\"] }]",
        "actions = [{ at = 5, skew = \"A\", offset = \"-9223372036854 ms\", drift-ppm = -2147483648 }, { at = 6, skew = \"A\", offset = \"-9223372036854 ms\", drift-ppm = 2147483647 }]",
        "actions = [{ at = 5, client = \"X\", does = \"balance\" }, { at = 6, delay = { from = \"X\", to = \"A\", number = 1 }, by = \"18446744073709551615 µs\" }]",
    ];
    for (nth, case) in cases.iter().enumerate() {
        let path = file(
            &format!("absurd-{nth}.toml"),
            format!("{base}{case}\n").as_bytes(),
        );
        let start = std::time::Instant::now();
        let code = netsplit(&[OsStr::new("replay"), path.as_os_str()])
            .status
            .code();
        assert!(matches!(code, Some(0 | 2)), "{case}: {code:?}");
        assert!(
            start.elapsed().as_secs() < 20,
            "{case}: {:?}",
            start.elapsed()
        );
    }
}

/// How a sweep ended, the last line's numbers without the rate, the violations, and the witnesses.
type Swept = (i32, Vec<u64>, Vec<String>, Vec<(String, u64)>);

fn swept(args: &[&str]) -> Swept {
    let told = netsplit(args);
    let text = String::from_utf8(told.stdout.clone()).expect("text");
    let last = text.lines().last().expect("a last line");
    let names = [
        "runs",
        "events",
        "violations",
        "undecided",
        "messages_per_cpu_second",
    ];
    let mut words = last.split(' ');
    let mut numbers = Vec::new();
    for name in names {
        assert_eq!(words.next(), Some(name), "{last}");
        numbers.push(
            words
                .next()
                .and_then(|word| word.parse().ok())
                .expect("a number"),
        );
    }
    numbers.pop();
    let violations = text.lines().filter(|line| line.starts_with("violation "));
    let witnesses = text.lines().filter_map(|line| {
        let (name, count) = line.strip_prefix("witness ")?.split_once(' ')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    let code = told.status.code().expect("it ends by itself");
    let violations = violations.map(str::to_owned).collect();
    (code, numbers, violations, witnesses.collect())
}

#[test]
fn parts_of_a_sweep_give_the_lines_of_the_whole() {
    let args = [
        "sweep",
        "raft",
        "--seeds",
        "7..47",
        "--break",
        "majority-size",
    ];
    let (code, whole, mut lines, witnesses) = swept(&args);
    assert_eq!(code, 1);
    assert!(whole[2] > 0 && whole[2] == lines.len() as u64);
    let mut sums = vec![0; 4];
    let (mut parts, mut seen) = (Vec::new(), vec![0; witnesses.len()]);
    for part in ["1/3", "2/3", "3/3"] {
        let (_, numbers, found, shown) = swept(&[&args[..], &["--shard", part]].concat());
        for (sum, number) in sums.iter_mut().zip(numbers) {
            *sum += number;
        }
        for (sum, (_, count)) in seen.iter_mut().zip(shown) {
            *sum += count;
        }
        parts.extend(found);
    }
    assert_eq!(sums, whole);
    assert_eq!(
        seen,
        witnesses
            .iter()
            .map(|(_, count)| *count)
            .collect::<Vec<_>>()
    );
    parts.sort();
    lines.sort();
    assert_eq!(parts, lines);
    // A violation's link is the run, at the moment.
    let link = lines[0].split(' ').nth(7).expect("a link");
    assert!(good(&["replay", "--", link]).contains("digest "), "{link}");
    let (code, first, found, _) = swept(&[&args[..], &["--first"]].concat());
    assert_eq!((code, first[2], found.len()), (1, 1, 1));
}

#[test]
fn a_sweep_with_all_rules_on_is_clean_and_its_runs_are_bad_weather() {
    for protocol in [
        "ledger",
        "primary-replica",
        "raft",
        "paxos",
        "multi-paxos",
        "two-phase-commit",
        "zab",
        "lock-service",
    ] {
        let (code, numbers, ..) = swept(&["sweep", protocol, "--seeds", "0..60"]);
        assert_eq!((code, numbers[2], numbers[3]), (0, 0, 0), "{protocol}");
    }
    let json = good(&["sweep", "raft", "--seeds", "0..60", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let median = |name: &str| told["median"][name].as_u64().expect("a number");
    assert!(median("messages") >= 2_000, "{json}");
    assert!(median("operations") >= 30, "{json}");
    assert!(
        median("faults") >= 5 && median("kinds_of_faults") >= 3,
        "{json}"
    );
    let lost = told["witnesses"]["leader-changed"].as_u64();
    assert!(lost.is_some_and(|lost| lost * 3 >= 60), "{json}");
    for odd in [
        ["sweep", "raft", "--seeds", "9"],
        ["sweep", "raft", "--seeds", "5..1"],
        ["sweep", "gossip", "--seeds", "0..1"],
    ] {
        assert_eq!(netsplit(&odd).status.code(), Some(2), "{odd:?}");
    }
    let rule = netsplit(&["sweep", "raft", "--seeds", "0..1", "--break", "luck"]);
    assert_eq!(rule.status.code(), Some(2));
    let nodes = netsplit(&["sweep", "raft", "--seeds", "0..1", "--nodes", "10"]);
    assert_eq!(nodes.status.code(), Some(2));
}

#[test]
fn bench_explore_counts_the_states_that_others_have_counted() {
    let told = good(&["bench", "explore"]);
    assert!(told.contains("\nunique_states 1745408\n"), "{told}");
    let rate = told
        .trim_end()
        .rsplit_once("\nunique_states_per_cpu_second ");
    assert!(
        rate.is_some_and(|(_, rate)| rate.parse::<u64>().is_ok()),
        "{told}"
    );
}

#[test]
fn bench_prints_its_figures() {
    if cfg!(debug_assertions) && std::env::var_os("NETSPLIT_BENCH").is_none() {
        // Without optimisation the figures say nothing; that they are printed is seen all the same.
        let json: serde_json::Value =
            serde_json::from_str(&good(&["bench", "--json"])).expect("JSON");
        assert!(json["messages_per_cpu_second"].as_u64() > Some(0));
        assert!(json["bytes_per_traced_event"].as_u64() < Some(200));
    }
}

/// In these runs somebody stood still while the lock was given to them, and had stopped waiting when they heard of it.
#[test]
fn a_token_that_came_too_late_is_not_shown() {
    for seeds in ["9303..9304", "24663..24664"] {
        let line = good(&["sweep", "raft", "--seeds", seeds]);
        assert!(line.contains("violations 0 undecided 0"), "{line}");
    }
}
