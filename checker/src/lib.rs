//! What clients saw, what a store would have done, and whether any order of it explains every answer.
//!
//! It is a crate of its own because a check spends its time here: what the browser downloads is compiled for size, and this
//! for size and speed, so that it takes at most two and a half times as long as natively. `sim-core` re-exports it.

#![no_std]

extern crate alloc;

pub mod history;
pub mod linearizable;
pub mod live;
mod micros;
pub mod model;
pub mod pace;
pub mod search;
mod values;

pub use micros::Micros;

/// What a table of numbers is told of the hash of each: of one type, so that there is one piece of code for all tables.
type HashOf<'a> = &'a dyn Fn(&u32) -> u64;
