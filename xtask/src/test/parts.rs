//! What each part checks. To add a check, add it to its part's list.

use std::path::PathBuf;
use std::process::Command;

use super::Part;
use super::count::{self, Count};
use crate::setup::Tools;
use crate::{build, root, sh};

/// One check: a command, and how to read the number of tests from what it writes.
pub struct Check {
    pub name: &'static str,
    /// The command, or why it cannot run.
    pub command: Result<Command, String>,
    pub count: fn(&str) -> Count,
    /// It makes no sense when a check before it in its part has failed.
    pub needs_all_before: bool,
    /// Files to show after the check, such as a table of weights.
    pub shown: Vec<PathBuf>,
}

/// The checks of one part, in order.
pub fn checks(part: Part, tools: &Tools) -> Vec<Check> {
    match part {
        Part::Core => core(tools),
        Part::Web => vec![tests("page tests in a browser", web(tools))],
        Part::Lessons => vec![lessons()],
        Part::E2e => vec![
            check("release build", build::release(tools)),
            check("command line", build::command_line()),
            e2e(tools),
        ],
    }
}

fn core(tools: &Tools) -> Vec<Check> {
    vec![
        check(
            "format",
            cargo(&["fmt", "--all", "--check", "--", "--color=never"]),
        ),
        check(
            "clippy",
            cargo(&[
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                // As the release has it; the tests run without.
                "--features",
                "netsplit-web/apart",
                "--",
                "-D",
                "warnings",
            ]),
        ),
        tests(
            "native tests",
            Ok(cargo(&[
                "test",
                "--locked",
                "--workspace",
                "--no-fail-fast",
            ])),
        ),
        check("sim-core without std", without_std(tools)),
        check("fuzz target builds", fuzz()),
    ]
}

/// Builds the fuzz target, which is a workspace of its own; its saved corpus runs with the core's tests.
fn fuzz() -> Command {
    let mut cargo = cargo(&["build", "--locked", "--target-dir", "../target/fuzz"]);
    cargo.current_dir(root::root().join("fuzz"));
    cargo
}

/// Builds the core for a target that has no standard library.
fn without_std(tools: &Tools) -> Command {
    let mut cargo = tools.command("cargo");
    cargo.args([
        "build",
        "--locked",
        "--package",
        "sim-core",
        "--target",
        "wasm32v1-none",
    ]);
    cargo
}

fn web(tools: &Tools) -> Result<Command, String> {
    let browser = tools.browser.as_ref().map_err(String::clone)?;
    let mut cargo = tools.command("cargo");
    cargo
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            "wasm-bindgen-test-runner",
        )
        .env("CHROMEDRIVER", &browser.driver)
        .args([
            "test",
            "--locked",
            "--package",
            "netsplit-web",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .args(["--lib", "--tests"]);
    Ok(cargo)
}

fn lessons() -> Check {
    Check {
        count: count::closing_lines,
        ..check(
            "lesson lint and runs",
            cargo(&[
                "run",
                "--quiet",
                "--locked",
                "--package",
                "netsplit-site",
                "--",
                "check",
            ]),
        )
    }
}

fn e2e(tools: &Tools) -> Check {
    let command = tools
        .browser
        .as_ref()
        .map_err(String::clone)
        .map(|browser| {
            let mut npx = tools.command("npx");
            npx.current_dir(root::root().join("e2e"))
                .env("NETSPLIT_CHROME", &browser.chrome)
                .env("NETSPLIT_CLI", build::command_line_binary())
                .env("NETSPLIT_TARGET", root::target())
                .args(["playwright", "test"]);
            if tools.library.is_none() {
                // Then the release is heavier, and the ratchets are not for it.
                npx.env("NETSPLIT_LIBRARY", "ordinary");
            }
            npx
        });
    Check {
        name: "end to end in a browser",
        command,
        count: count::closing_lines,
        needs_all_before: true,
        shown: ["weight.txt", "protocols.txt"]
            .map(|table| root::root().join("e2e/test-results").join(table))
            .to_vec(),
    }
}

fn cargo(args: &[&str]) -> Command {
    let mut command = sh::command("cargo");
    command.args(args);
    command
}

fn check(name: &'static str, command: Command) -> Check {
    Check {
        name,
        command: Ok(command),
        count: count::none,
        needs_all_before: false,
        shown: Vec::new(),
    }
}

fn tests(name: &'static str, command: Result<Command, String>) -> Check {
    Check {
        name,
        command,
        count: count::cargo,
        needs_all_before: false,
        shown: Vec::new(),
    }
}
