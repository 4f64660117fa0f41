//! Programs that a release is made with; `cargo xtask` puts them on the PATH.

use std::path::Path;
use std::process::Command;

use crate::Problem;

/// A program that npm brings, which gives it another name on Windows.
pub fn npm(name: &str) -> String {
    match cfg!(windows) {
        true => format!("{name}.cmd"),
        false => name.to_owned(),
    }
}

/// Runs a program about a file; if it fails, what it says is the file's problem.
pub fn run(command: &mut Command, about: &Path) -> Result<(), Problem> {
    let program = Path::new(command.get_program()).to_owned();
    let output = command
        .output()
        .map_err(|why| Problem::io(&program, &why))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Problem::of_file(about, said))
        }
    }
}
