//! What the browser loads. Loading does nothing: the page calls the library's exports.
//!
//! A program of its own, because cargo optimises a library across crates only where it is nothing but a `cdylib`, and
//! the tests need this one as a library too. In the browser it has no beginning, and so none of what the standard library
//! does before and after one.
#![cfg_attr(target_family = "wasm", no_main)]

use netsplit_web as _;

#[cfg(not(target_family = "wasm"))]
fn main() {}
