//! What the other commands need, found or installed.
//!
//! Looking costs a fraction of a second. Whatever is missing is installed in lanes that run side
//! by side, because on a fresh machine they are what one waits for. What cannot be installed is
//! said in one line with the way out.

mod apt;
mod browser;
mod crates;
mod debian_rust;
mod library;
mod npm;
mod small_library;
mod tools;
mod wasm_target;

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::{progress, sh};
use small_library::SmallLibrary;
pub use small_library::UNLOCK;
use wasm_target::Rust;

/// How much is needed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A developer's build.
    Serve,
    /// A release, which is also made small.
    Build,
    /// Tests, which also need a browser.
    Test,
}

/// The tools that were found. A problem with one is kept until somebody needs it.
pub struct Tools {
    /// Which Rust builds for WebAssembly.
    pub rust: Rust,
    /// The release's standard library; `None`: the compiler's own, which is heavier.
    pub library: Option<SmallLibrary>,
    /// Folders to put in front of the PATH.
    pub bins: Vec<PathBuf>,
    /// The browser and its driver, where a test wanted them.
    pub browser: Result<browser::Browser, String>,
}

impl Tools {
    /// A command that finds these tools and builds WebAssembly with the right Rust.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.rust.command(program);
        command
            .env("PATH", sh::path_with(&self.bins))
            // Nothing asks a server for news while one works.
            .env("TRUNK_SKIP_VERSION_CHECK", "true");
        command
    }
}

/// Finds or installs everything that `purpose` needs.
pub fn ensure(purpose: Purpose) -> Result<Tools, String> {
    let started = Instant::now();
    let rust = wasm_target::find_or_add(purpose);
    let (trunk, bindgen) = (tools::trunk(), tools::wasm_bindgen()?);

    let browser_packages = match purpose {
        Purpose::Test => browser::missing_packages(),
        Purpose::Serve | Purpose::Build => Vec::new(),
    };

    // The lanes share no tool, so they may run side by side.
    let (apt_and_rust, trunk, bindgen, npm, crates) = std::thread::scope(|scope| {
        let lane = scope.spawn(|| {
            // Without these the rest still runs; `browser::find` says what is missing.
            let _ = apt::install(&browser_packages);
            let rust = match rust {
                Some(rust) => rust,
                None => debian_rust::install().map(|()| Rust::Debian)?,
            };
            let library = match purpose {
                Purpose::Serve => None,
                Purpose::Build | Purpose::Test => Some(small_library::ensure(rust)),
            };
            Ok((rust, library))
        });
        let trunk = scope.spawn(|| trunk.ensure());
        let bindgen = scope.spawn(|| bindgen.ensure());
        let npm = scope.spawn(|| match purpose {
            Purpose::Serve => Ok(None),
            Purpose::Build | Purpose::Test => npm::ensure().map(Some),
        });
        let crates = scope.spawn(|| match purpose {
            // A developer's build fetches what it needs itself.
            Purpose::Serve => Ok(()),
            Purpose::Build | Purpose::Test => crates::ensure(),
        });
        (
            joined(lane),
            joined(trunk),
            joined(bindgen),
            joined(npm),
            joined(crates),
        )
    });

    crates?;
    let (rust, library) = apt_and_rust.map_err(|why| wasm_target::way_out(&why))?;
    let library = library.and_then(|library| library.map_err(|why| eprintln!("{why}")).ok());
    let mut bins = vec![trunk?, bindgen?];
    bins.extend(npm?);
    let browser = match purpose {
        Purpose::Test => browser::find(),
        Purpose::Serve | Purpose::Build => Err("no browser was looked for".to_owned()),
    };
    if let (Purpose::Test, Err(why)) = (purpose, &browser) {
        eprintln!("{why}");
    }
    eprintln!("  ok   tools: {}", progress::words(started.elapsed()));
    Ok(Tools {
        rust,
        library,
        bins,
        browser,
    })
}

fn joined<T>(lane: std::thread::ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    lane.join()
        .unwrap_or_else(|_| Err("a set-up step stopped halfway; please report it".to_owned()))
}

/// Runs one install step by name; a failure names its log.
fn install(name: &str, command: &mut Command) -> Result<(), String> {
    let log = sh::log_path(name);
    let step = progress::Step::start(name, log.clone());
    let outcome = sh::run_logged(command, &log);
    step.end(outcome.good, "");
    match outcome.good {
        true => Ok(()),
        false => Err(format!("{name} failed, see {}", log.display())),
    }
}
