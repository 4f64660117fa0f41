//! `cargo xtask build`: the release, in `dist/`.

use std::path::PathBuf;
use std::process::Command;

use crate::progress::Step;
use crate::setup::{self, Purpose, Tools, UNLOCK};
use crate::{root, sh};

/// Builds `dist/`.
pub fn run() -> Result<(), String> {
    let tools = setup::ensure(Purpose::Build)?;
    logged("release build", &mut release(&tools))?;
    println!("{}", root::root().join("dist").display());
    Ok(())
}

/// Runs one step by name; a failure says all that it wrote.
pub fn logged(name: &str, command: &mut Command) -> Result<(), String> {
    let log = sh::log_path(name);
    let step = Step::start(name, log.clone());
    let outcome = sh::run_logged(command, &log);
    step.end(outcome.good, "");
    match outcome.good {
        true => Ok(()),
        false => Err(outcome.text),
    }
}

/// The command that builds the native command line, which tests compare the page with.
pub fn command_line() -> Command {
    let mut cargo = sh::command("cargo");
    cargo.args(["build", "--locked", "--package", "netsplit-cli"]);
    cargo
}

/// Where [`command_line`] puts it.
pub fn command_line_binary() -> PathBuf {
    let name = format!("netsplit{}", std::env::consts::EXE_SUFFIX);
    root::target().join("debug").join(name)
}

/// Names that say for which types code was compiled: `e2e/module.js` weighs protocols by them.
const WHOLE_NAMES: &str = "-Csymbol-mangling-version=v0";

/// Leaves in the module who refers to what: by that the hook takes it apart (`site/src/apart.rs`).
const RELOCATIONS: &str = "-Clink-args=--emit-relocs";

/// The command that builds `dist/`.
pub fn release(tools: &Tools) -> Command {
    let mut trunk = tools.command("trunk");
    let whole = root::target().join("wasm32-unknown-unknown/page/netsplit-web.wasm");
    trunk.env("NETSPLIT_APART", whole);
    let mut flags = format!("{WHOLE_NAMES} {RELOCATIONS}");
    if let Some(library) = &tools.library {
        flags = format!("{flags} {}", library.flags());
        trunk.env(UNLOCK.0, UNLOCK.1);
    }
    // For the page alone: build scripts, macros and the hook are compiled as ever.
    trunk.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    // Either of these would hide the flags above from cargo.
    trunk
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    trunk.args([
        "build",
        "--release",
        "--features",
        "apart",
        "--offline",
        "--color",
        "never",
        "--dist",
        "dist",
    ]);
    trunk
}
