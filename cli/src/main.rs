//! The `netsplit` command line.
fn main() {}
