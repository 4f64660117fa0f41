//! Same run, same bytes: what native computed, the browser computes.
#![cfg(target_arch = "wasm32")]

use sim_core::explore::sample;
use sim_core::run::Timeline;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Written and checked by the core's own tests on native code.
const SAMPLED: &str = include_str!("../../sim-core/tests/golden/sampled.txt");

#[wasm_bindgen_test]
fn random_runs_with_faults_have_the_digests_of_native_code() {
    let mut runs = 0;
    for line in SAMPLED.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let seed = words[0].parse().expect("a seed");
        let run = sample::run("ledger", seed).expect("the ledger is registered");
        let timeline = Timeline::of(run).expect("it runs");
        let digest = format!("{:016x} {}", timeline.digest(), timeline.trace().len());
        assert_eq!(digest, words[1..].join(" "), "seed {seed}");
        runs += 1;
    }
    assert!(runs >= 50, "only {runs} runs");
}
