//! The runs of docs/rules: each shows what becomes of a protocol without one of its safety rules, and that the rule
//! prevents it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use toml::Table;

mod command;
use command::netsplit;

/// A run that is longer than this is not told in a sitting.
const ACTIONS_MAX: usize = 25;

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn replay(run: &Table) -> Value {
    let json = netsplit(&["replay", "--json", "-"], &run.to_string());
    serde_json::from_str(&json).expect("JSON")
}

/// The protocols whose rules have runs, and how many rules each has. Raft's stand in the folder itself.
const PROTOCOLS: [(&str, usize); 6] = [
    ("raft", 14),
    ("paxos", 4),
    ("multi-paxos", 6),
    ("two-phase-commit", 1),
    ("zab", 3),
    ("lock-service", 3),
];

/// A rule: its run's file below docs/rules, its name, and the invariant that it guards.
struct Rule {
    file: String,
    name: String,
    guards: String,
}

impl Rule {
    fn read(&self) -> String {
        read(&self.file)
    }
}

fn rules() -> Vec<Rule> {
    let all: Value = serde_json::from_str(&netsplit(&["systems", "--json"], "")).expect("JSON");
    let protocols = all["protocols"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("text").to_string();
    let mut found = Vec::new();
    for (protocol, count) in PROTOCOLS {
        let spec = protocols.iter().find(|one| one["name"] == protocol);
        let rules = spec.expect("it is there")["rules"].as_array();
        let rules = rules.expect("a list");
        assert_eq!(rules.len(), count, "{protocol}");
        found.extend(rules.iter().map(|rule| {
            let name = text(&rule["name"]);
            let file = match protocol {
                "raft" => name.clone(),
                other => format!("{other}/{name}"),
            };
            let guards = text(&rule["guards"]);
            Rule { file, name, guards }
        }));
    }
    found
}

fn read(file: &str) -> String {
    let path = docs().join(format!("rules/{file}.toml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The violated invariants, each with when it was seen first.
fn violations(told: &Value) -> Vec<(u64, &str)> {
    let list = told["violations"].as_array().expect("a list");
    let one = |found: &'_ Value| found["at_us"].as_u64().expect("a time");
    list.iter()
        .map(|found| (one(found), found["invariant"].as_str().expect("a name")))
        .collect()
}

/// Whether a run shows what a rule is for: without the rule, what it guards is the first thing to be violated; with it,
/// nothing is, in the very same run.
fn judge(rule: &str, guards: &str, file: &str) -> Result<(), String> {
    let mut run: Table = file.parse().map_err(|error| format!("{error}"))?;
    let actions = run.get("actions").and_then(|list| list.as_array());
    let script = run.get("script").and_then(|list| list.as_array());
    let count = actions.map_or(0, Vec::len) + script.map_or(0, Vec::len);
    if count > ACTIONS_MAX {
        return Err(format!("{count} actions"));
    }
    let only = toml::Value::Array(vec![toml::Value::String(rule.to_string())]);
    if run.get("broken") != Some(&only) {
        return Err(format!("broken is not this rule alone: {run:?}"));
    }
    let told = replay(&run);
    let found = violations(&told);
    let first = found.iter().map(|(at, _)| *at).min();
    if !found
        .iter()
        .any(|(at, name)| *name == guards && Some(*at) == first)
    {
        return Err(format!("without the rule: {found:?}"));
    }
    let trace = told["trace"].as_array().expect("a list");
    if let Some(idle) = trace.iter().find(|event| event["kind"] == "had-no-effect") {
        return Err(format!("an action that does nothing: {idle}"));
    }
    run.remove("broken");
    let told = replay(&run);
    let found = violations(&told);
    if !found.is_empty() || told["consistent"] == Value::Bool(false) {
        return Err(format!("with the rule: {found:?}, {}", told["verdict"]));
    }
    Ok(())
}

#[test]
fn each_rule_has_a_short_run_that_shows_what_it_is_for() {
    for rule in rules() {
        if let Err(why) = judge(&rule.name, &rule.guards, &rule.read()) {
            panic!("docs/rules/{}.toml: {why}", rule.file);
        }
    }
}

/// Rules about sessions whose lock lapses: without them clients are told nothing that such a lock may not say.
const UNNOTICED: [&str; 2] = [
    "lock-service/extend-leases-on-fail-over",
    "lock-service/lock-delay",
];

/// Where clients are told anything, they notice.
#[test]
fn without_its_rule_a_run_with_clients_is_not_consistent() {
    for rule in rules() {
        let run: Table = rule.read().parse().expect("TOML");
        let has_clients = run.contains_key("clients");
        let told = replay(&run);
        let expected = match has_clients {
            true => Value::Bool(UNNOTICED.contains(&rule.file.as_str())),
            false => Value::Null,
        };
        let (file, verdict) = (&rule.file, &told["verdict"]);
        assert_eq!(told["consistent"], expected, "{file}: {verdict}");
    }
}

/// The page of the rules leads to each of these runs, without its rule and with it, at the moment of the violation.
#[test]
fn the_page_leads_to_each_run_both_ways() {
    let page = docs().join("../lessons/rules/lesson.md");
    let page = std::fs::read_to_string(page).expect("the page");
    for rule in rules() {
        let mut run: Table = rule.read().parse().expect("TOML");
        let told = replay(&run);
        let first = violations(&told).iter().map(|(at, _)| *at).min();
        let at = format!("{} us", first.expect("it is violated"));
        run.insert("at".to_owned(), toml::Value::String(at));
        let without = netsplit(&["replay", "--as-link", "-"], &run.to_string());
        run.remove("broken");
        let with = netsplit(&["replay", "--as-link", "-"], &run.to_string());
        for (words, link) in [("Without the rule", without), ("With it", with)] {
            let fragment = link.trim().trim_start_matches('#');
            let wanted = format!("[{words}](../playground/#{fragment})");
            assert!(page.contains(&wanted), "{}: expected {wanted}", rule.file);
        }
    }
}

#[test]
fn the_text_names_what_was_violated_before_its_last_line() {
    for rule in rules() {
        let text = netsplit(&["replay", "-"], &rule.read());
        let lines: Vec<_> = text.lines().rev().collect();
        let file = &rule.file;
        assert!(lines[0].starts_with("digest "), "{file}: {}", lines[0]);
        let mut named = lines[1..]
            .iter()
            .take_while(|line| line.starts_with("violated "));
        let wanted = format!("violated {} at ", rule.guards);
        assert!(named.any(|line| line.starts_with(&wanted)), "{file}");
    }
}

#[test]
fn the_table_and_the_folder_name_the_same_rules() {
    let table = std::fs::read_to_string(docs().join("rules.md")).expect("docs/rules.md");
    let mut expected = BTreeSet::new();
    for Rule { file, name, guards } in rules() {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| [`{name}`](rules/{file}.toml) |")));
        let row = row.unwrap_or_else(|| panic!("docs/rules.md has no row for {file}"));
        assert!(row.contains(&format!("| `{guards}` |")), "{file}: {row}");
        expected.insert(format!("{file}.toml"));
    }
    assert_eq!(files(""), expected);
}

/// The files of a folder below docs/rules, and of its folders.
fn files(folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(docs().join("rules").join(folder)).expect("a folder") {
        let entry = entry.expect("a file");
        let name = format!("{folder}{}", entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => found.extend(files(&format!("{name}/"))),
            false => drop(found.insert(name)),
        }
    }
    found
}

/// The judge itself: what does not show the rule is refused.
#[test]
fn a_run_that_does_not_show_its_rule_is_refused() {
    let (rule, guards) = ("persist-log", "committed-is-durable");
    let good = read(rule);
    assert_eq!(judge(rule, guards, &good), Ok(()));
    let refused = |rule: &str, guards: &str, file: &str| {
        judge(rule, guards, file).expect_err("it does not show the rule")
    };
    // Another invariant, or one that falls only because of the first.
    let other = refused(rule, "tokens-only-rise", &good);
    assert!(other.starts_with("without the rule: "), "{other}");
    let later = refused(rule, "leader-completeness", &good);
    assert!(later.starts_with("without the rule: "), "{later}");
    // Nothing goes wrong: S2 keeps its power.
    let calm = |line: &&str| !line.contains("\"S2\" },") || line.contains("\"S3\"");
    let calm: Vec<_> = good.lines().filter(calm).collect();
    let calm = refused(rule, guards, &calm.join("\n"));
    assert_eq!(calm, "without the rule: []");
    // Another rule is off, or none.
    let other = good.replace("broken = [\"persist-log\"]", "broken = [\"persist-vote\"]");
    assert!(refused(rule, guards, &other).starts_with("broken is not"));
    let none = good.replace("broken = [\"persist-log\"]", "broken = []");
    assert!(refused(rule, guards, &none).starts_with("broken is not"));
    // Too long.
    let line = "{ at = \"1.3 s\", kill = \"S3\" },\n";
    let long = good.replace("actions = [", &format!("actions = [\n{}", line.repeat(26)));
    assert!(refused(rule, guards, &long).ends_with(" actions"));
    // An action that does nothing.
    let idle = good.replace("actions = [", &format!("actions = [\n{}", line.repeat(2)));
    assert!(refused(rule, guards, &idle).starts_with("an action that does nothing"));
}
