//! Looking for trouble: random runs of any protocol.

pub mod sample;
