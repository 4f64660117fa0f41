//! Where things are.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Logs of what ran, and developer's builds: all that may be deleted at any time.
pub fn scratch() -> PathBuf {
    target().join("xtask")
}

/// Cargo's target folder, which the environment may have moved.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Tools that this project builds for itself, one folder a version. They are shared by all clones
/// of one user and never replace what the user has installed.
pub fn tools() -> PathBuf {
    cargo_home().join("netsplit-tools")
}

fn cargo_home() -> PathBuf {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return PathBuf::from(home);
    }
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    match home {
        Some(home) => PathBuf::from(home).join(".cargo"),
        None => target().join("cargo-home"),
    }
}
