//! Looking for trouble: random runs of any protocol, many of them in bad weather, and every state of a small one; and the
//! loads under which these are measured.

pub mod bench;
pub mod sample;
pub mod states;
pub mod sweep;
pub mod two_phase;
pub mod weather;
