//! `cargo xtask build`: the release, in `dist/`.

use std::path::PathBuf;
use std::process::Command;

use crate::progress::Step;
use crate::setup::{self, Purpose, Tools};
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

/// The command that builds `dist/`.
pub fn release(tools: &Tools) -> Command {
    let mut trunk = tools.command("trunk");
    trunk.args([
        "build",
        "--release",
        "--offline",
        "--color",
        "never",
        "--dist",
        "dist",
    ]);
    trunk
}
