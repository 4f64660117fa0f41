//! Rust for WebAssembly from Debian's packages, for networks where rustup cannot download.
//!
//! Debian ships a recent compiler and the library's source with all it needs. The library is
//! built once from that source and put where the compiler looks for it; after that everything
//! works as usual, link-time optimisation included.

use std::path::{Path, PathBuf};

use super::apt;
use super::library::{self, Recipe};
use super::wasm_target::{NO_STD, Rust, WASM, has};
use crate::sh;

/// The name under which rustup knows Debian's Rust.
pub const TOOLCHAIN: &str = "netsplit-debian";

/// Debian's compiler, cargo and library source.
pub const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

const SYSROOT: &str = "/usr";

/// What is built, and which crates of the library it has.
const TARGETS: [(&str, &str); 2] = [
    (
        WASM,
        "core,alloc,std,panic_abort,panic_unwind,proc_macro,test",
    ),
    (NO_STD, "core,alloc"),
];

/// Whether [`install`] has nothing left to do.
pub fn is_installed() -> bool {
    let listed = sh::answer(sh::command("rustup").args(["toolchain", "list"]));
    let listed = listed.is_some_and(|list| list.lines().any(|line| line.starts_with(TOOLCHAIN)));
    listed
        && linker().is_file()
        && TARGETS
            .iter()
            .all(|(target, _)| has(Path::new(SYSROOT), target))
}

/// Installs Debian's Rust, makes it a toolchain and builds the library for both targets. What is
/// there already is left alone.
pub fn install() -> Result<(), String> {
    if !Path::new(SYSROOT).join("bin/rustc").is_file() {
        apt::install(&PACKAGES)?;
    }
    if !linker().is_file() {
        install_linker()?;
    }
    super::install(
        "rustup toolchain link",
        sh::command("rustup").args(["toolchain", "link", TOOLCHAIN, SYSROOT]),
    )?;
    for (target, crates) in TARGETS {
        if !has(Path::new(SYSROOT), target) {
            build_library(target, crates)?;
        }
    }
    Ok(())
}

/// Where the compiler looks for its linker.
fn linker() -> PathBuf {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    Path::new(SYSROOT)
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld")
}

/// Debian keeps the linker in a package of its own, one for each version of LLVM.
fn install_linker() -> Result<(), String> {
    let about = sh::answer(sh::command(Path::new(SYSROOT).join("bin/rustc")).arg("-vV"));
    let major = about
        .as_deref()
        .and_then(llvm_major)
        .ok_or("rustc names no LLVM version")?;
    let package = format!("lld-{major}");
    apt::install(&[&package])?;
    let (from, to) = (Path::new(SYSROOT).join("bin").join(package), linker());
    link_file(&from, &to).map_err(|why| format!("{}: {why}", to.display()))
}

/// The 22 of `LLVM version: 22.1.8`.
fn llvm_major(about: &str) -> Option<&str> {
    let version = about
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()
}

#[cfg(unix)]
fn link_file(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to.parent().unwrap_or(to))?;
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link_file(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to).map(|_| ())
}

fn build_library(target: &'static str, crates: &'static str) -> Result<(), String> {
    let recipe = Recipe {
        step: format!("the library for {target}, from Debian's source"),
        rust: Rust::Debian,
        target,
        crates,
        features: None,
        flags: "",
        profile: "",
    };
    let kept = Path::new(SYSROOT)
        .join("lib/rustlib")
        .join(target)
        .join("lib");
    library::build(&recipe, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_is_that_of_the_compilers_llvm() {
        let about = "rustc 1.96.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.8";
        assert_eq!(llvm_major(about), Some("22"));
    }
}
