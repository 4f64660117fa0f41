//! Where things are.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The repository's root.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // Cargo says where this package is now; where it was compiled may be another clone, if
        // two share a target folder.
        let now = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let here = now.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        here.parent().map(Path::to_owned).unwrap_or(here)
    })
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
