//! Looking for trouble: random runs of any protocol; and the load under which the engine is measured.

pub mod bench;
pub mod sample;
