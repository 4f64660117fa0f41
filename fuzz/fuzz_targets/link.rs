//! Any bytes behind the check digits of a link decode to a run that can be followed, or to an error.
//!
//! `cargo fuzz run --sanitizer none link`
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sim_core::share::try_bytes(data));
