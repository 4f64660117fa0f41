//! The command line, run on what a test writes to it.

use std::io::Write;
use std::process::{Command, Stdio};

/// What the command prints when it reads this.
pub fn netsplit(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netsplit"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(input.as_bytes()).expect("it reads");
    drop(pipe);
    let told = child.wait_with_output().expect("it ends");
    assert_eq!(told.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(told.stdout).expect("UTF-8")
}
