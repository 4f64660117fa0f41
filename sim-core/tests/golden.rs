//! Digests that may never change: a run in the catalogue comes out the same for ever, or its version is raised.
//!
//! `UPDATE_GOLDEN=1 cargo test -p sim-core --test golden` adds lines for new scenarios and versions; a line that exists
//! is never rewritten.

use sim_core::catalogue;
use sim_core::run::{Run, Timeline};
use sim_core::share::{self, Link, ShareError};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(golden(name)).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(String::from)
        .collect()
}

const SEEDS: [u64; 3] = [1, 7, 2026];

#[test]
fn every_scenario_comes_out_as_it_always_did() {
    let head = "# id version seed digest events; append only\n";
    let known: BTreeMap<String, String> = lines("digests.txt")
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            (words[..3].join(" "), words[3..].join(" "))
        })
        .collect();
    let mut now = known.clone();
    let mut wrong = String::new();
    for scenario in catalogue::all() {
        for seed in SEEDS {
            let key = format!("{} {} {seed}", scenario.id, scenario.version);
            let timeline = Timeline::of(Run::new(scenario.clone(), seed)).expect("it runs");
            let value = format!("{:016x} {}", timeline.digest(), timeline.trace().len());
            match known.get(&key) {
                Some(expected) if *expected != value => {
                    let _ = writeln!(wrong, "{key}: was {expected}, is {value}");
                }
                Some(_) => {}
                None => {
                    now.insert(key, value);
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these runs changed without a new version of their scenario:\n{wrong}"
    );
    if now != known {
        assert!(
            std::env::var_os("UPDATE_GOLDEN").is_some(),
            "new scenarios or versions: run with UPDATE_GOLDEN=1 to record them"
        );
        let body: String = now.iter().fold(String::new(), |mut text, (key, value)| {
            let _ = writeln!(text, "{key} {value}");
            text
        });
        fs::write(golden("digests.txt"), format!("{head}{body}"))
            .expect("golden files can be written");
    }
}

/// Links of every version that was ever written still open, and say so if their scenario has changed since.
#[test]
fn old_links_open_or_say_why_not() {
    let known = lines("links.txt");
    assert!(!known.is_empty(), "the golden file of links is gone");
    for line in known {
        let (fragment, expected) = line.split_once(' ').expect("a link and what it opens");
        let found = match share::decode(fragment) {
            Ok(link) => describe(&link),
            Err(ShareError::ScenarioChanged { id, .. }) => format!("changed {id}"),
            Err(error) => panic!("{fragment}: {error}"),
        };
        let id = expected.split(' ').next().unwrap_or_default();
        assert!(
            found == expected || found == format!("changed {id}"),
            "{found} is not {expected}"
        );
    }
}

fn describe(link: &Link) -> String {
    let timeline = Timeline::of(link.run.clone()).expect("it runs");
    link.verify(&timeline).expect("the run is what it was");
    let name = if link.run.scenario.id.is_empty() {
        "whole"
    } else {
        &link.run.scenario.id
    };
    format!(
        "{name} {:016x} {} {}",
        timeline.digest(),
        link.run.actions.len(),
        link.at.0
    )
}

/// Writes a golden line for each kind of link; run by hand when a new version of the format comes.
#[test]
fn the_newest_encoder_reproduces_its_golden_links() {
    let known = lines("links.txt");
    let mut fresh = Vec::new();
    for seed in 0..6u64 {
        let run = sim_core::explore::sample::run("ledger", seed).expect("the ledger is registered");
        let timeline = Timeline::of(run).expect("it runs");
        let link = Link::to(&timeline, timeline.reached());
        fresh.push((share::encode(&link).expect("it fits"), link));
    }
    for scenario in catalogue::all() {
        let timeline = Timeline::of(Run::new(scenario, 7)).expect("it runs");
        let link = Link::to(&timeline, sim_core::units::Micros(500_000));
        fresh.push((share::encode(&link).expect("it fits"), link));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let mut text = String::from("# fragment, scenario, digest, actions, cursor; append only\n");
        for line in &known {
            let _ = writeln!(text, "{line}");
        }
        for (fragment, link) in &fresh {
            if !known.iter().any(|line| line.starts_with(fragment.as_str())) {
                let _ = writeln!(text, "{fragment} {}", describe(link));
            }
        }
        fs::write(golden("links.txt"), text).expect("golden files can be written");
        return;
    }
    for (fragment, _) in fresh {
        let found = known
            .iter()
            .any(|line| line.split(' ').next() == Some(fragment.as_str()));
        assert!(
            found,
            "not in the golden file (UPDATE_GOLDEN=1 adds it): {fragment}"
        );
    }
}

/// How many random runs stand in the golden file.
const SAMPLED: u64 = 60;

/// Random runs with faults come out as they always did. The browser's tests read the first of these files.
#[test]
fn sampled_runs_come_out_as_they_always_did() {
    for (protocol, file, what) in [
        ("ledger", "sampled.txt", "the ledger"),
        ("primary-replica", "sampled-carts.txt", "carts"),
        ("raft", "sampled-raft.txt", "Raft"),
        ("paxos", "sampled-paxos.txt", "Paxos"),
        ("multi-paxos", "sampled-multi-paxos.txt", "Multi-Paxos"),
        ("two-phase-commit", "sampled-commit.txt", "two-phase commit"),
        ("zab", "sampled-zab.txt", "Zab"),
        ("lock-service", "sampled-lock.txt", "a lock service"),
    ] {
        sampled(protocol, file, what);
    }
}

fn sampled(protocol: &str, file: &str, what: &str) {
    let mut text = format!("# seed digest events of random runs of {what}\n");
    for seed in 0..SAMPLED {
        let run = sim_core::explore::sample::run(protocol, seed).expect("it is registered");
        let timeline = Timeline::of(run).expect("it runs");
        let _ = writeln!(
            text,
            "{seed} {:016x} {}",
            timeline.digest(),
            timeline.trace().len()
        );
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() && lines(file).is_empty() {
        fs::write(golden(file), &text).expect("golden files can be written");
    }
    let known = fs::read_to_string(golden(file)).unwrap_or_default();
    assert!(
        known == text,
        "random runs changed; the first: {:?}",
        first_difference(&known, &text)
    );
}

fn first_difference<'a>(known: &'a str, now: &'a str) -> Option<(&'a str, &'a str)> {
    known
        .lines()
        .zip(now.lines())
        .find(|(known, now)| known != now)
}
