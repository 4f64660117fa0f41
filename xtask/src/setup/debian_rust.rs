//! Rust for WebAssembly from Debian's packages, for networks where rustup cannot download.
//!
//! Debian ships a recent compiler and the library's source with all it needs. The library is
//! built once from that source and put where the compiler looks for it; after that everything
//! works as usual, link-time optimisation included.

use std::path::{Path, PathBuf};

use super::wasm_target::{NO_STD, WASM, has};
use crate::{root, sh};

/// The name under which rustup knows Debian's Rust.
pub const TOOLCHAIN: &str = "netsplit-debian";

/// Debian's compiler, cargo and library source.
pub const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

const SYSROOT: &str = "/usr";

/// Whether [`link`] has nothing left to do.
pub fn is_linked() -> bool {
    let listed = sh::answer(sh::command("rustup").args(["toolchain", "list"]));
    let listed = listed.is_some_and(|list| list.lines().any(|line| line.starts_with(TOOLCHAIN)));
    listed && has(Path::new(SYSROOT), WASM) && has(Path::new(SYSROOT), NO_STD)
}

/// Makes Debian's Rust a toolchain and builds the library for both targets.
pub fn link() -> Result<(), String> {
    super::install(
        "rustup toolchain link",
        sh::command("rustup").args(["toolchain", "link", TOOLCHAIN, SYSROOT]),
    )?;
    build_library(
        WASM,
        "core,alloc,std,panic_abort,panic_unwind,proc_macro,test",
    )?;
    build_library(NO_STD, "core,alloc")
}

/// Compiles an empty crate together with the library's source, and keeps the library.
fn build_library(target: &str, crates: &str) -> Result<(), String> {
    let folder = root::scratch().join("library");
    write_empty_crate(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    super::install(
        &format!("the library for {target}, from Debian's source"),
        sh::command("cargo")
            .current_dir(&folder)
            .env("RUSTUP_TOOLCHAIN", TOOLCHAIN)
            .env("RUSTC_BOOTSTRAP", "1")
            // Without bitcode, link-time optimisation of the page fails.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes")
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .args(["build", "--release", "--lib", "--target", target])
            .arg(format!("-Zbuild-std={crates}")),
    )?;
    let built = folder.join("target").join(target).join("release/deps");
    let kept = Path::new(SYSROOT)
        .join("lib/rustlib")
        .join(target)
        .join("lib");
    copy_libraries(&built, &kept).map_err(|why| format!("{}: {why}", kept.display()))
}

fn write_empty_crate(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join("src"))?;
    let manifest = "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n";
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("src/lib.rs"), "#![no_std]\n")
}

fn copy_libraries(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let file: PathBuf = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            std::fs::copy(&file, to.join(&name))?;
        }
    }
    Ok(())
}
