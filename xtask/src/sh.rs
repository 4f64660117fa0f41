//! Running other programs.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::root::{root, scratch};

/// A command at the repository's root, quiet and without colours, so that logs can be read.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        // trunk refuses the value `1` that this variable usually has.
        .env_remove("NO_COLOR");
    command
}

/// What a program did: whether it succeeded, and everything it wrote.
pub struct Outcome {
    /// It ran and exited with 0.
    pub good: bool,
    /// Standard output and error together, in order.
    pub text: String,
}

/// The file that keeps what a step called `name` wrote.
pub fn log_path(name: &str) -> PathBuf {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    scratch().join("logs").join(format!("{plain}.log"))
}

/// Runs `command` with all that it writes kept in `log`.
pub fn run_logged(command: &mut Command, log: &Path) -> Outcome {
    let outcome = try_run_logged(command, log);
    outcome.unwrap_or_else(|why| Outcome {
        good: false,
        text: format!("{}: {why}\n", command.get_program().to_string_lossy()),
    })
}

fn try_run_logged(command: &mut Command, log: &Path) -> std::io::Result<Outcome> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::create(log)?;
    // One open file for both streams keeps the order in which the program wrote.
    let status = command.stdout(file.try_clone()?).stderr(file).status()?;
    let text = String::from_utf8_lossy(&std::fs::read(log)?).into_owned();
    Ok(Outcome {
        good: status.success(),
        text,
    })
}

/// What a quick program prints, or nothing if it fails or is not there.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The first of `names` that is found on the PATH.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
            .find(|file| file.is_file())
    })
}

/// The PATH with `folders` put in front.
pub fn path_with(folders: &[PathBuf]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&path));
    std::env::join_paths(all).unwrap_or(path)
}
