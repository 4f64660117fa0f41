//! What the proof sheet says of the products: a line for each test that plays a measured row, with the run that the
//! test plays for its first seed (`rows.txt`). The tests hold it: what the page opens is what they judged.
//!
//! `UPDATE_ROWS=1 cargo test -p sim-core --test systems -- --test-threads=1` writes the links anew.

use crate::stage::SEEDS;
use sim_core::run::Timeline;
use sim_core::share::{self, Link};
use sim_core::units::Micros;
use std::cell::Cell;
use std::path::Path;

const FILE: &str = "tests/systems/rows.txt";

thread_local! {
    /// Whether this test has played its first run.
    static PLAYED: Cell<bool> = const { Cell::new(false) };
}

/// Compares the first run of a test with what its line says. The harness names a test's thread after it.
pub fn hold(seed: u64, at: Micros, timeline: &Timeline) {
    if seed != SEEDS.start || PLAYED.replace(true) {
        return;
    }
    let thread = std::thread::current();
    let test = thread.name().expect("a test has a name");
    let link = share::encode(&Link::to(timeline, at)).expect("it fits an address");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let rows = std::fs::read_to_string(&file).expect("the rows are there");
    let line = rows
        .lines()
        .find(|line| line.split(" | ").next() == Some(test));
    let line = line.unwrap_or_else(|| panic!("no line of {FILE} is of {test}"));
    let (said, there) = line.rsplit_once(" | ").expect("a row has a link");
    if std::env::var_os("UPDATE_ROWS").is_some() {
        let rows = rows.replace(line, &format!("{said} | {link}"));
        std::fs::write(&file, rows).expect("the rows are written");
        return;
    }
    assert_eq!(there, link, "{test}: {FILE} has another run");
}

#[test]
fn every_row_is_of_a_test() {
    let tests = [
        ("etcd", include_str!("etcd.rs")),
        ("etcd_cuts", include_str!("etcd_cuts.rs")),
        ("consul", include_str!("consul.rs")),
        ("zookeeper", include_str!("zookeeper.rs")),
        ("spanner", include_str!("spanner.rs")),
        ("chubby", include_str!("chubby.rs")),
    ];
    let rows = include_str!("rows.txt");
    let mut count = 0;
    for (room, source) in tests {
        for part in source.split("#[test]\nfn ").skip(1) {
            let name = part.split('(').next().expect("a name");
            let begin = format!("{room}::{name} | ");
            assert!(rows.contains(&begin), "no row is of {room}::{name}");
            count += 1;
        }
    }
    assert_eq!(rows.lines().count(), count, "a row is of no test");
}
