//! `cargo xtask build`: the release, in `dist/`.

use crate::progress::Step;
use crate::setup::{self, Purpose, Tools};
use crate::{root, sh};

/// Builds `dist/`.
pub fn run() -> Result<(), String> {
    let tools = setup::ensure(Purpose::Build)?;
    let name = "release build";
    let log = sh::log_path(name);
    let step = Step::start(name, log.clone());
    let outcome = sh::run_logged(&mut release(&tools), &log);
    step.end(outcome.good, "");
    match outcome.good {
        true => {
            println!("{}", root::root().join("dist").display());
            Ok(())
        }
        false => Err(outcome.text),
    }
}

/// The command that builds `dist/`.
pub fn release(tools: &Tools) -> std::process::Command {
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
