//! The crates of Cargo.lock: a release is built offline, so what no earlier build had a use for must be there.

use crate::sh;

/// Downloads what is not there yet.
pub fn ensure() -> Result<(), String> {
    let fetch = || {
        let mut cargo = sh::command("cargo");
        cargo.args(["fetch", "--locked"]);
        cargo
    };
    if sh::answer(fetch().arg("--offline")).is_some() {
        return Ok(());
    }
    super::install("cargo fetch", &mut fetch())
}
