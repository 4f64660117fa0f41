//! The deterministic simulator behind Netsplit. No clock, no files, no threads, no browser.
//!
//! One idea: **a run is a value**. [`run::Run`] = (scenario, seed, actions); everything else is recomputed from it: the
//! picture at any moment, the events, the history, the verdict, the digest. Same run, same bytes, on every machine.
//!
//! Where to start reading: [`protocol::Protocol`] (what an algorithm is), [`protocols::ledger`] (one of them),
//! [`world::World`] (what runs it), [`run::Timeline`] (what one looks at), [`share`] (what one sends).
#![no_std]
extern crate alloc;

pub mod action;
pub mod catalogue;
pub mod check;
pub mod draw;
pub mod explore;
pub mod foreign;
pub mod goal;
pub mod history;
pub mod operation;
pub mod picture;
pub mod protocol;
pub mod protocols;
pub mod run;
pub mod scenario;
pub mod share;
pub mod systems;
pub mod trace;
pub mod units;
pub mod view;
pub mod wire;
pub mod words;
pub mod world;
