//! A standard library of our own for the page: the release is an eighth lighter with it.
//!
//! The one that comes with the compiler carries a panic's words wherever a panic can happen, and is
//! compiled for speed. This one stops at a panic without a word, and is compiled for size. Both are
//! choices that rustc offers for trying out only, hence [`UNLOCK`]. It is compiled once a compiler
//! and kept beside the tools; where it cannot be had, the release is built with the ordinary one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::library::{self, Recipe};
use super::wasm_target::{Rust, WASM, has};
use crate::{root, sh};

/// Lets a released compiler take what is offered for trying out. It belongs in the environment of
/// a library's build and of the release alone: other crates look at it as well, and are compiled anew when it changes.
pub const UNLOCK: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// The page and the library must agree on these.
const FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort";

const CRATES: &str = "std,panic_abort";

const FEATURES: &str = "optimize_for_size";

const PROFILE: &str = "opt-level = \"z\"\ncodegen-units = 1";

/// The library that was built.
pub struct SmallLibrary {
    sysroot: PathBuf,
}

impl SmallLibrary {
    /// What the compiler of the page is told, so that it takes this library.
    pub fn flags(&self) -> String {
        format!("--sysroot {} {FLAGS}", self.sysroot.display())
    }
}

/// Finds the library for `rust`, or builds it. `Err` is the one line that says why there is none.
pub fn ensure(rust: Rust) -> Result<SmallLibrary, String> {
    find_or_build(rust).map_err(|why| {
        format!("the release gets the ordinary standard library, which is heavier: {why}")
    })
}

fn find_or_build(rust: Rust) -> Result<SmallLibrary, String> {
    let about = sh::answer(rust.command("rustc").arg("-vV")).ok_or("rustc does not answer")?;
    let sysroot = root::tools().join(folder_name(&about));
    if sysroot.to_string_lossy().contains(char::is_whitespace) {
        // Flags are parted at spaces.
        return Err(format!("there is a space in {}", sysroot.display()));
    }
    if !has(&sysroot, WASM) {
        ensure_source(rust)?;
        build(rust, &sysroot)?;
    }
    Ok(SmallLibrary { sysroot })
}

/// One folder for each compiler and each way of compiling.
fn folder_name(about: &str) -> String {
    let version = about.split_whitespace().nth(1).unwrap_or("unknown");
    let mut hasher = DefaultHasher::new();
    (about, FLAGS, CRATES, FEATURES, PROFILE).hash(&mut hasher);
    format!("library-{version}-{:08x}", hasher.finish() >> 32)
}

/// Debian has the source as a package, which is installed with its Rust; elsewhere rustup brings it.
fn ensure_source(rust: Rust) -> Result<(), String> {
    let sysroot = sh::answer(rust.command("rustc").args(["--print", "sysroot"]));
    let source = PathBuf::from(sysroot.unwrap_or_default()).join("lib/rustlib/src/rust/library");
    if source.join("Cargo.lock").is_file() {
        return Ok(());
    }
    super::install(
        "rustup component add rust-src",
        sh::command("rustup").args(["component", "add", "rust-src"]),
    )
}

fn build(rust: Rust, sysroot: &Path) -> Result<(), String> {
    let recipe = Recipe {
        step: "a small standard library for the page (once)".to_owned(),
        rust,
        target: WASM,
        crates: CRATES,
        features: Some(FEATURES),
        flags: FLAGS,
        profile: PROFILE,
    };
    // Whoever stops this halfway leaves nothing that looks like a library.
    let unfinished = sysroot.with_extension(format!("{}.part", std::process::id()));
    let folder = |sysroot: &Path| sysroot.join("lib/rustlib").join(WASM).join("lib");
    library::build(&recipe, &folder(&unfinished))?;
    let moved = std::fs::rename(&unfinished, sysroot);
    let _ = std::fs::remove_dir_all(&unfinished);
    match moved {
        // Another clone may have been quicker.
        Err(why) if !has(sysroot, WASM) => Err(format!("{}: {why}", sysroot.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiler_has_a_folder_of_its_own() {
        let one = folder_name("rustc 1.95.0 (59807616e 2026-04-14)\nLLVM version: 22.1.2");
        let other = folder_name("rustc 1.95.0 (59807616e 2026-04-14)\nLLVM version: 22.1.3");
        assert!(one.starts_with("library-1.95.0-"));
        assert_ne!(one, other);
    }
}
