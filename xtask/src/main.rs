//! `cargo xtask …`: sets up, serves, builds and tests Netsplit. The developer's one front door.
//!
//! Start reading at [`setup`]: every command calls it first, and it is quick when all is there.

mod build;
mod measure;
mod pages;
mod progress;
mod root;
mod serve;
mod setup;
mod sh;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  setup                          install what the other commands need (they also do it themselves)
  serve [--port N]               a developer's build on 127.0.0.1, rebuilt when a file changes
  build                          the release, in dist/
  test [core|web|lessons|e2e]    everything that CI checks, or one part of it
  pages                          trunk's hook: writes the pages beside the module that it built
  measure [PART]...              what the release costs in a browser: first click, drawing, engine
";

/// What the command line asked for.
#[derive(Debug, PartialEq)]
enum Command {
    Setup,
    Serve { port: u16 },
    Build,
    Pages,
    Test { part: Option<test::Part> },
    Measure { parts: Vec<String> },
    Help,
}

fn main() -> ExitCode {
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(why) => {
            eprintln!("{why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Help => {
            print!("{USAGE}");
            Ok(())
        }
        Command::Setup => setup::ensure(setup::Purpose::Test).map(|_| ()),
        Command::Serve { port } => serve::run(port),
        Command::Build => build::run(),
        Command::Pages => pages::run(),
        Command::Test { part } => return test::run(part),
        Command::Measure { parts } => measure::run(&parts),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use lexopt::prelude::*;
    let mut words = Vec::new();
    let mut port = None;
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("port") => port = Some(args.value()?.parse()?),
            Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = match words[..] {
        [] | ["help"] => Command::Help,
        ["setup"] => Command::Setup,
        ["serve"] => Command::Serve {
            port: port.take().unwrap_or(serve::DEFAULT_PORT),
        },
        ["build"] => Command::Build,
        ["pages"] => Command::Pages,
        ["test"] => Command::Test { part: None },
        ["test", name] => Command::Test {
            part: Some(test::Part::by_name(name).ok_or_else(|| {
                format!("expected `core`, `web`, `lessons` or `e2e` after `test`, found `{name}`")
            })?),
        },
        ["measure", ref parts @ ..] => Command::Measure {
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        },
        _ => {
            return Err(format!(
                "expected `setup`, `serve`, `build`, `test` or `measure`, found `{}`",
                words.join(" ")
            )
            .into());
        }
    };
    match port {
        Some(_) => Err("`--port` belongs to `serve`".into()),
        None => Ok(command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Command, String> {
        parse(lexopt::Parser::from_args(words)).map_err(|why| why.to_string())
    }

    #[test]
    fn a_port_may_stand_before_or_after_serve() {
        assert_eq!(
            parsed(&["serve", "--port", "9000"]),
            Ok(Command::Serve { port: 9000 })
        );
        assert_eq!(
            parsed(&["--port=9000", "serve"]),
            Ok(Command::Serve { port: 9000 })
        );
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        assert!(parsed(&["test", "all"]).unwrap_err().contains("`lessons`"));
        assert!(parsed(&["deploy"]).unwrap_err().contains("`build`"));
        assert!(
            parsed(&["build", "--port", "1"])
                .unwrap_err()
                .contains("`serve`")
        );
    }
}
