//! `cargo xtask measure`: what the release costs in a browser, printed by `e2e/measure.js`.

use crate::setup::{self, Purpose};
use crate::{build, root};

/// Builds the release and measures `parts` of it, or all.
pub fn run(parts: &[String]) -> Result<(), String> {
    let tools = setup::ensure(Purpose::Test)?;
    build::logged("release build", &mut build::release(&tools))?;
    build::logged("command line", &mut build::command_line())?;
    let browser = tools.browser.as_ref().map_err(String::clone)?;
    let mut node = tools.command("node");
    node.current_dir(root::root().join("e2e"))
        .env("NETSPLIT_CHROME", &browser.chrome)
        .env("NETSPLIT_CLI", build::command_line_binary())
        .arg("measure.js")
        .args(parts);
    match node.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the measurement stopped halfway".to_owned()),
        Err(why) => Err(format!("node: {why}")),
    }
}
