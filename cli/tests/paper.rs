//! The runs in which the paper's cases come about by themselves (`docs/paper`). The proof sheet opens them beside the
//! transcripts of `sim-core/tests/paper`.
//!
//! `UPDATE_PAPER=1 cargo test -p netsplit-cli --test paper` writes their links anew.

use serde_json::Value;
use sim_core::run::Timeline;
use sim_core::share;
use sim_core::units::{Endpoint, Micros};
use std::collections::BTreeSet;
use std::path::PathBuf;
use toml::Table;

mod command;
use command::netsplit;

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

fn read(path: &str) -> String {
    let path = here(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A line of `docs/paper/runs.txt`: a transcript, what its run shows, the file, the moment, with or without the rule that
/// the file switches off, and the link.
struct Row {
    parts: Vec<String>,
}

impl Row {
    /// Its file as it is played.
    fn run(&self) -> Table {
        let mut run: Table = read(&format!("docs/{}", self.parts[2]))
            .parse()
            .expect("TOML");
        let at = toml::Value::String(self.parts[3].clone());
        run.insert("at".to_owned(), at);
        if self.parts[4] == "with the rule" {
            run.remove("broken").expect("a rule that it switches off");
        }
        run
    }

    fn link(&self) -> String {
        let link = netsplit(&["replay", "--as-link", "-"], &self.run().to_string());
        link.trim().trim_start_matches('#').to_owned()
    }
}

fn rows() -> Vec<Row> {
    let row = |line: &str| Row {
        parts: line.split(" | ").map(str::to_owned).collect(),
    };
    let rows: Vec<Row> = read("docs/paper/runs.txt").lines().map(row).collect();
    assert!(rows.iter().all(|row| row.parts.len() == 6));
    rows
}

#[test]
fn each_transcript_has_a_run() {
    let folder = std::fs::read_dir(here("sim-core/tests/paper")).expect("the transcripts");
    let names: BTreeSet<String> = folder
        .map(|file| file.expect("a file").path())
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let told: BTreeSet<String> = rows().into_iter().map(|row| row.parts[0].clone()).collect();
    assert_eq!(told, names);
}

#[test]
fn links_are_those_of_the_files() {
    let is_update = std::env::var_os("UPDATE_PAPER").is_some();
    let mut text = String::new();
    for mut row in rows() {
        let link = row.link();
        if !is_update {
            assert_eq!(row.parts[5], link, "{}", row.parts[0]);
        }
        row.parts[5] = link;
        text.push_str(&row.parts.join(" | "));
        text.push('\n');
    }
    if is_update {
        std::fs::write(here("docs/paper/runs.txt"), text).expect("it is written");
    }
}

#[test]
fn a_promise_is_broken_only_where_a_rule_is_off() {
    for row in rows() {
        let json = netsplit(&["replay", "--json", "-"], &row.run().to_string());
        let told: Value = serde_json::from_str(&json).expect("JSON");
        let broken = told["violations"].as_array().expect("a list");
        let is_off = row.parts[4] == "without the rule";
        assert_eq!(!broken.is_empty(), is_off, "{}: {broken:?}", row.parts[0]);
        let trace = told["trace"].as_array().expect("a list");
        let idle = trace.iter().find(|event| event["kind"] == "had-no-effect");
        assert_eq!(idle, None, "{}", row.parts[0]);
    }
}

fn play(file: &str) -> Timeline {
    let link = netsplit(&["replay", "--as-link", "-"], &read(file));
    let link = share::decode(link.trim().trim_start_matches('#')).expect("a link");
    Timeline::of(link.run).expect("it runs")
}

/// The terms of a server's entries.
fn terms(timeline: &mut Timeline, ms: u64, server: u8) -> String {
    let world = timeline.world_at(Micros::from_ms(ms));
    let terms = world.node_view(Endpoint(server)).terms;
    terms.trim_start().to_owned()
}

/// Ongaro & Ousterhout, *In Search of an Understandable Consensus Algorithm (Extended Version)*, figure 7: the leader on
/// top, then followers (a) to (f).
const FIGURE_7: [&str; 7] = [
    "1 1 1 4 4 5 5 6 6 6",
    "1 1 1 4 4 5 5 6 6",
    "1 1 1 4",
    "1 1 1 4 4 5 5 6 6 6 6",
    "1 1 1 4 4 5 5 6 6 6 7 7",
    "1 1 1 4 4 4 4",
    "1 1 1 2 2 2 3 3 3 3 3",
];

#[test]
fn the_logs_of_figure_7_come_about_and_are_repaired() {
    let mut timeline = play("docs/paper/figure-7.toml");
    for (server, log) in (0..).zip(FIGURE_7) {
        assert_eq!(terms(&mut timeline, 3_240, server), log, "S{}", server + 1);
    }
    let world = timeline.world_at(Micros::from_ms(3_275));
    let badge = world.node_view(Endpoint(0)).badge;
    assert_eq!(badge, "leader · 8");
    for server in 0..7 {
        let log = terms(&mut timeline, 3_600, server);
        assert_eq!(log, format!("{} 8", FIGURE_7[0]), "S{}", server + 1);
    }
}

#[test]
fn in_figure_8_e_the_entry_stays() {
    let mut timeline = play("docs/paper/figure-8-e.toml");
    // S5 stands, and S3 and S4 have refused.
    let world = timeline.world_at(Micros::from_ms(1_315));
    assert_eq!(world.node_view(Endpoint(4)).badge, "candidate · 4");
    assert_eq!(terms(&mut timeline, 1_315, 4), "1 2");
    for server in [2, 3] {
        assert_eq!(terms(&mut timeline, 1_315, server), "1 1 3");
        assert!(terms(&mut timeline, 2_000, server).starts_with("1 1 3 "));
    }
    assert!(terms(&mut timeline, 2_000, 4).starts_with("1 1 3 "));
}
