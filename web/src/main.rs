//! What the browser loads. Loading does nothing: the page calls the library's exports.
//!
//! A program of its own, because cargo optimises a library across crates only where it is nothing but a `cdylib`, and
//! the tests need this one as a library too.

use netsplit_web as _;

fn main() {}
