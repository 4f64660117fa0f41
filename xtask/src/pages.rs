//! `cargo xtask pages`: what trunk runs when it has built the module. Trunk says in the environment
//! where that is.

use crate::setup::UNLOCK;
use crate::sh;

/// Writes the pages beside the module.
pub fn run() -> Result<(), String> {
    let mut cargo = sh::command("cargo");
    cargo
        // It is the module's; see there.
        .env_remove(UNLOCK.0)
        .args(["run", "--quiet", "--locked"])
        .args(["--package", "netsplit-site", "--", "build"]);
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the pages were not written".to_owned()),
        Err(why) => Err(format!("cargo: {why}")),
    }
}
