//! trunk and wasm-bindgen, which are Rust programs.
//!
//! One on the PATH is preferred; then a prebuilt one through `cargo binstall`, where that is
//! installed; else it is built, without optimisation: it is a build tool, and the build of it is
//! what a newcomer waits for.

use std::path::PathBuf;

use crate::{root, sh};

/// The last trunk that builds with the Rust this project asks for.
const TRUNK_VERSION: &str = "0.21.14";

/// Trunk's configuration has been what `Trunk.toml` says since this series.
const TRUNK_SERIES: &str = "0.21.";

/// A program to find or to install.
pub struct Tool {
    crate_name: &'static str,
    program: &'static str,
    version: String,
    /// A program on the PATH whose version starts with this will do.
    accepted: String,
    locked: bool,
}

/// Trunk, which builds and serves the page.
pub fn trunk() -> Tool {
    Tool {
        crate_name: "trunk",
        program: "trunk",
        version: TRUNK_VERSION.to_owned(),
        accepted: TRUNK_SERIES.to_owned(),
        locked: true,
    }
}

/// wasm-bindgen's command line, which must be exactly the version of the library.
pub fn wasm_bindgen() -> Result<Tool, String> {
    let lock = std::fs::read_to_string(root::root().join("Cargo.lock")).unwrap_or_default();
    let version = locked_version(&lock, "wasm-bindgen")
        .ok_or("Cargo.lock names no wasm-bindgen: run `cargo generate-lockfile`")?;
    Ok(Tool {
        crate_name: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        accepted: version.clone(),
        version,
        // Its own lock file names crates that mirrors may not have yet.
        locked: false,
    })
}

impl Tool {
    /// The folder that holds the program, which is installed there if need be.
    pub fn ensure(&self) -> Result<PathBuf, String> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        let has_binstall = sh::answer(sh::command("cargo").args(["binstall", "-V"])).is_some();
        if has_binstall && self.binstall().is_ok() {
            return Ok(self.home().join("bin"));
        }
        self.build()?;
        Ok(self.home().join("bin"))
    }

    fn home(&self) -> PathBuf {
        root::tools().join(format!("{}-{}", self.crate_name, self.version))
    }

    fn find(&self) -> Option<PathBuf> {
        let ours = self.home().join("bin");
        let on_path = sh::find(&[self.program]);
        let folders = on_path
            .iter()
            .filter_map(|file| file.parent().map(PathBuf::from));
        folders.chain([ours]).find(|folder| {
            let said = sh::answer(sh::command(folder.join(self.program)).arg("--version"));
            said.is_some_and(|said| {
                said.split_whitespace().nth(1).is_some_and(|version| {
                    version == self.accepted
                        || (self.accepted.ends_with('.') && version.starts_with(&self.accepted))
                })
            })
        })
    }

    fn binstall(&self) -> Result<(), String> {
        super::install(
            &format!("cargo binstall {} {}", self.crate_name, self.version),
            sh::command("cargo")
                .args([
                    "binstall",
                    "--no-confirm",
                    "--disable-strategies",
                    "compile",
                    "--root",
                ])
                .arg(self.home())
                .arg(format!("{}@{}", self.crate_name, self.version)),
        )
    }

    fn build(&self) -> Result<(), String> {
        let mut command = sh::command("cargo");
        command
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .args(["install", "--debug", "--version", &self.version, "--root"])
            .arg(self.home());
        if self.locked {
            command.arg("--locked");
        }
        let name = format!("build {} {} (once)", self.crate_name, self.version);
        super::install(&name, command.arg(self.crate_name)).map_err(|why| {
            format!(
                "{why}; the way out: put {} {} on your PATH",
                self.program, self.version
            )
        })
    }
}

/// The version that a Cargo.lock gives to a crate.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(lock, "yew"), None);
    }
}
