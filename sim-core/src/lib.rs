//! The deterministic simulator behind Netsplit. No clock, no files, no threads, no browser.
#![no_std]
extern crate alloc;
