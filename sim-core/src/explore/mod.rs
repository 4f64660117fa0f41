//! Looking for trouble: random runs of any protocol, and every state of a small one; and the loads under which these are
//! measured.

pub mod bench;
pub mod sample;
pub mod states;
pub mod two_phase;
