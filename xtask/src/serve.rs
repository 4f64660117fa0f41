//! `cargo xtask serve`: a developer's build on the machine's own address, rebuilt on changes.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};

use crate::root;
use crate::setup::{self, Purpose};

/// Where the page is served when no port is asked for.
pub const DEFAULT_PORT: u16 = 8080;

const PORTS_TRIED_MAX: u16 = 100;

/// Serves until it is stopped.
pub fn run(wanted: u16) -> Result<(), String> {
    let tools = setup::ensure(Purpose::Serve)?;
    let port = free_port(wanted)?;
    if port != wanted {
        eprintln!("port {wanted} is taken, so this is port {port}");
    }
    eprintln!("  …   first build, then http://127.0.0.1:{port}/ (Ctrl+C stops it)");
    let mut trunk = tools.command("trunk");
    trunk
        .stdin(Stdio::inherit())
        .env_remove("CARGO_TERM_PROGRESS_WHEN")
        .args([
            "serve",
            "--address",
            "127.0.0.1",
            "--port",
            &port.to_string(),
        ])
        // A folder of its own: dist/ is the release, and only the release.
        .arg("--dist")
        .arg(root::scratch().join(format!("serve-{port}")));
    Err(become_it(&mut trunk))
}

/// Lets `command` take this process's place, so that whoever stops this process stops it. Returns
/// why it could not.
#[cfg(unix)]
fn become_it(command: &mut Command) -> String {
    use std::os::unix::process::CommandExt;
    format!("trunk: {}", command.exec())
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> String {
    match command.status() {
        Ok(status) => format!("trunk ended with {status}"),
        Err(why) => format!("trunk: {why}"),
    }
}

fn free_port(wanted: u16) -> Result<u16, String> {
    (wanted..=wanted.saturating_add(PORTS_TRIED_MAX))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| format!("no free port from {wanted} on; the way out: `--port N`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(free_port(port), Ok(port));
    }
}
