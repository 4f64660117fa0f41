//! Scripts and styles without what only their authors need. esbuild does it, an npm package like wasm-opt; `cargo xtask`
//! puts it on the PATH.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::tool;

const ESBUILD: &str = "esbuild";

/// What is made light.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A script that imports or exports: the names in it are its own.
    Module,
    /// A script whose names the page can see.
    Script,
    /// A style sheet.
    Styles,
}

impl Kind {
    /// Browsers that run the module know all that is written; nothing is rewritten for older ones.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Kind::Module => &[
                "--loader=js",
                "--format=esm",
                "--target=esnext",
                "--tree-shaking=true",
            ],
            Kind::Script => &["--loader=js", "--target=esnext"],
            Kind::Styles => &["--loader=css", "--target=esnext"],
        }
    }
}

/// The same in fewer bytes, or why not.
pub fn minify(kind: Kind, text: &str) -> Result<String, String> {
    let mut esbuild = Command::new(tool::npm(ESBUILD))
        .args(["--minify", "--log-level=warning", "--color=false"])
        .args(kind.arguments())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|why| format!("{ESBUILD}: {why}; `cargo xtask build` puts it on the PATH"))?;
    // It reads all before it writes, so that neither waits for the other.
    let written = esbuild
        .stdin
        .take()
        .map(|mut to| to.write_all(text.as_bytes()));
    let output = esbuild
        .wait_with_output()
        .map_err(|why| format!("{ESBUILD}: {why}"))?;
    // Whatever it warns of is a mistake in a file of ours.
    let said = String::from_utf8_lossy(&output.stderr);
    match (written, output.status.success(), said.trim()) {
        (Some(Ok(())), true, "") => {
            String::from_utf8(output.stdout).map_err(|why| format!("{ESBUILD}: {why}"))
        }
        _ => Err(format!("{ESBUILD}: {said}")),
    }
}
