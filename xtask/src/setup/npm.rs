//! wasm-opt, esbuild, Playwright and axe, which come as npm packages.

use std::path::PathBuf;

use crate::{root, sh};

/// The folder of the packages' programs; packages are installed when the lock file changed.
pub fn ensure() -> Result<PathBuf, String> {
    let folder = root::root().join("e2e");
    let modules = folder.join("node_modules");
    let bin = modules.join(".bin");
    let lock = std::fs::read(folder.join("package-lock.json"))
        .map_err(|why| format!("e2e/package-lock.json: {why}"))?;
    let installed = modules.join(".installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(bin);
    }
    if sh::find(&["npm"]).is_none() {
        return Err("npm is missing; the way out: install Node.js 20 or newer".to_owned());
    }
    super::install(
        "npm ci (wasm-opt, esbuild, Playwright, axe)",
        sh::command("npm")
            .current_dir(&folder)
            // The browser is looked for on the machine; see `browser`.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .args(["ci", "--no-audit", "--no-fund"]),
    )?;
    std::fs::write(&installed, lock).map_err(|why| format!("{}: {why}", installed.display()))?;
    Ok(bin)
}
