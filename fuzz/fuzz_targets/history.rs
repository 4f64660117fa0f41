//! Any bytes are a history that can be judged, or an error with a line.
//!
//! `cargo fuzz run --sanitizer none history`
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sim_core::foreign::try_bytes(data));
