//! Rust's standard library for WebAssembly.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Purpose, debian_rust};
use crate::sh;

/// What the page is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A target that has no standard library at all; building sim-core for it proves that it needs
/// none.
pub const NO_STD: &str = "wasm32v1-none";

/// Which Rust builds for WebAssembly.
#[derive(Clone, Copy)]
pub enum Rust {
    /// The one that runs this command, with targets added by rustup.
    Usual,
    /// Debian's, linked as a toolchain, where rustup cannot download.
    Debian,
}

impl Rust {
    /// Its name with rustup, where it is not the one in use anyway.
    pub fn toolchain(self) -> Option<&'static str> {
        match self {
            Rust::Usual => None,
            Rust::Debian => Some(debian_rust::TOOLCHAIN),
        }
    }

    /// A command that uses it, if the program is one that rustup stands in for.
    pub fn command(self, program: &str) -> Command {
        let mut command = sh::command(program);
        if let Some(toolchain) = self.toolchain() {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        command
    }
}

/// Finds the targets, or adds them by rustup. `None`: rustup could not.
pub fn find_or_add(purpose: Purpose) -> Option<Rust> {
    let wanted: &[&str] = match purpose {
        Purpose::Serve | Purpose::Build => &[WASM],
        Purpose::Test => &[WASM, NO_STD],
    };
    let sysroot = sh::answer(sh::command("rustc").args(["--print", "sysroot"])).map(PathBuf::from);
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|target| {
            !sysroot
                .as_deref()
                .is_some_and(|sysroot| has(sysroot, target))
        })
        .collect();
    if missing.is_empty() {
        return Some(Rust::Usual);
    }
    if debian_rust::is_installed() {
        return Some(Rust::Debian);
    }
    let name = format!("rustup target add {}", missing.join(" "));
    let added = super::install(
        &name,
        sh::command("rustup").args(["target", "add"]).args(&missing),
    );
    added.is_ok().then_some(Rust::Usual)
}

/// Whether a Rust under `sysroot` has the library for `target`.
pub fn has(sysroot: &Path, target: &str) -> bool {
    let folder = sysroot.join("lib/rustlib").join(target).join("lib");
    std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
}

/// The one line for when nothing worked.
pub fn way_out(why: &str) -> String {
    format!(
        "Rust's library for {WASM} could not be installed ({why}); the way out: a network that \
         lets `rustup target add {WASM}` download, or Debian with `apt-get install {}`",
        debian_rust::PACKAGES.join(" ")
    )
}
