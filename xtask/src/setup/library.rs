//! Rust's standard library, compiled from its source.

use std::path::{Path, PathBuf};

use super::UNLOCK;
use super::wasm_target::Rust;
use crate::root;

/// What is compiled, and how.
pub struct Recipe {
    /// What the step is called.
    pub step: String,
    /// Which Rust compiles it.
    pub rust: Rust,
    /// For which machine.
    pub target: &'static str,
    /// The crates of the library, as `-Zbuild-std` takes them.
    pub crates: &'static str,
    /// The library's features, where they are not the usual ones.
    pub features: Option<&'static str>,
    /// What the compiler is told beside [`EMBED_BITCODE`].
    pub flags: &'static str,
    /// Lines of the release profile.
    pub profile: &'static str,
}

/// Without bitcode, link-time optimisation of the page fails.
const EMBED_BITCODE: &str = "-Cembed-bitcode=yes";

/// Compiles an empty crate together with the library's source, and puts the library into `kept`.
pub fn build(recipe: &Recipe, kept: &Path) -> Result<(), String> {
    let folder = root::scratch().join("library");
    // What another recipe left there would be taken for this one's.
    let _ = std::fs::remove_dir_all(&folder);
    write_empty_crate(&folder, recipe.profile)
        .map_err(|why| format!("{}: {why}", folder.display()))?;
    let target = folder.join("target");
    let features = recipe
        .features
        .map(|features| format!("-Zbuild-std-features={features}"));
    super::install(
        &recipe.step,
        recipe
            .rust
            .command("cargo")
            .current_dir(&folder)
            .env(UNLOCK.0, UNLOCK.1)
            .env("RUSTFLAGS", format!("{EMBED_BITCODE} {}", recipe.flags))
            .env("CARGO_TARGET_DIR", &target)
            .args(["build", "--release", "--lib", "--target", recipe.target])
            .arg(format!("-Zbuild-std={}", recipe.crates))
            .args(features),
    )?;
    let built = target.join(recipe.target).join("release/deps");
    copy(&built, kept).map_err(|why| format!("{}: {why}", kept.display()))?;
    // It is large, and nobody needs it again.
    let _ = std::fs::remove_dir_all(&folder);
    Ok(())
}

fn write_empty_crate(folder: &Path, profile: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [profile.release]\n{profile}\n"
    );
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("src/lib.rs"), "#![no_std]\n")
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
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
