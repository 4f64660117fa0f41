//! `netsplit-site`: writes the pages, or checks the lessons.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use netsplit_site::Problem;
use netsplit_site::output::{self, Profile};

const USAGE: &str = "\
netsplit-site build [--out DIR]   writes every page into DIR, beside the module that trunk built;
                                  without DIR, where trunk says
netsplit-site check               lints the lessons and replays what they claim
";

/// What the command line asked for.
enum Command {
    Build { out: PathBuf },
    Check,
    Help,
}

fn main() -> ExitCode {
    let root = root();
    match parse() {
        Ok(Command::Help) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Command::Build { out }) => {
            let is_debug = std::env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "debug");
            let profile = match is_debug {
                true => Profile::Developer,
                false => Profile::Release,
            };
            match output::build(&root, &out, profile) {
                Ok(()) => ExitCode::SUCCESS,
                Err(problems) => report(&problems),
            }
        }
        Ok(Command::Check) => match output::checked(&root) {
            Ok(lessons) => {
                let lies = output::replayed(&lessons);
                let claims: usize = lessons.iter().map(|lesson| lesson.body.claims.len()).sum();
                report(&lies);
                println!(
                    "{} passed, {} failed",
                    lessons.len() + claims - lies.len(),
                    lies.len()
                );
                match lies.is_empty() {
                    true => ExitCode::SUCCESS,
                    false => ExitCode::FAILURE,
                }
            }
            Err(problems) => {
                let code = report(&problems);
                println!("0 passed, {} failed", problems.len());
                code
            }
        },
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The repository that holds the lessons: the one cargo runs this program from, which need not be
/// the one it was compiled in, if two share a target folder.
fn root() -> PathBuf {
    let now = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = now.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    here.parent().map(Path::to_owned).unwrap_or(here)
}

fn parse() -> Result<Command, lexopt::Error> {
    use lexopt::prelude::*;
    let mut args = lexopt::Parser::from_env();
    let mut word = None;
    let mut out = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("out") => out = Some(args.value()?.into()),
            Value(value) if word.is_none() => word = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    match (word.as_deref(), out) {
        (Some("check"), _) => Ok(Command::Check),
        (Some("build"), Some(out)) => Ok(Command::Build { out }),
        (Some("build"), None) => Err("`build` needs `--out DIR`".into()),
        _ => Err("expected `build` or `check`".into()),
    }
}

fn report(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("{problem}");
    }
    ExitCode::FAILURE
}
