//! Modules as wasm-opt makes them small. What it is told was chosen by the size of the module after brotli:
//!
//! - Control flow is taken apart and put together anew (flatten, rereloop), and -Oz runs three times.
//! - No function is moved into its only caller, and no expression is kept in a variable to be used again (local-cse):
//!   brotli is better at repetitions than either.
//! - Once more without the names of the functions: read anew, a module still gets smaller by a few thousandths.
//! - In a part, a call through the table to a place that it fills itself is a call of what is there (directize): whoever
//!   fills that place anew puts a copy of the same function there (`fuse.rs`). In the module that has the table, places
//!   that are empty at first would count as empty for ever.
//! - low-memory-unused: nothing lies below address 1024. The linker puts the stack first (stack-first) and data after its
//!   1 MiB, so only a stack about to overflow gets there.

use std::path::Path;
use std::process::Command;

use crate::{Problem, output, tool};

const WASM_OPT: &str = "wasm-opt";

/// What the compiler uses and every browser since 2023 has.
pub const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

const SMALLER: [&str; 4] = ["-Oz", "--flatten", "--rereloop", "-Oz"];

/// What both rounds end with.
const ONCE_MORE: [&str; 3] = [
    "-Oz",
    "--low-memory-unused",
    "--one-caller-inline-max-function-size=1",
];

const OWN_CALLS: [&str; 1] = ["--pass-arg=directize-initial-contents-immutable"];

const NOT: [&str; 1] = ["--skip-pass=local-cse"];

const STRIPPED: [&str; 3] = [
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// Whether there is a wasm-opt to ask.
pub fn can() -> bool {
    wasm_opt().arg("--version").output().is_ok()
}

/// Whose table of functions a module calls through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Its own, which others fill too.
    Own,
    /// Another's, of which it fills some places.
    Another,
}

/// A module made small. With the names of its functions it stays beside, as `….named.wasm`: `e2e/module.js` weighs it.
pub fn smaller(module: &[u8], file: &Path, table: Table) -> Result<Vec<u8>, Problem> {
    let calls = match table {
        Table::Own => &[][..],
        Table::Another => &OWN_CALLS,
    };
    let (named, small) = (
        file.with_extension("named.wasm"),
        file.with_extension("small.wasm"),
    );
    output::write(file, module)?;
    run(
        file,
        &named,
        &[&SMALLER[..], &ONCE_MORE, &NOT, calls, &["-g"]].concat(),
    )?;
    run(
        &named,
        &small,
        &[&ONCE_MORE[..], &NOT, calls, &STRIPPED].concat(),
    )?;
    output::read(&small)
}

fn run(from: &Path, to: &Path, told: &[&str]) -> Result<(), Problem> {
    let mut command = wasm_opt();
    command
        .args(FEATURES)
        .args(told)
        .arg(from)
        .arg("-o")
        .arg(to);
    tool::run(&mut command, from)
}

fn wasm_opt() -> Command {
    Command::new(tool::npm(WASM_OPT))
}
