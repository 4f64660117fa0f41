//! The `netsplit` command line: what there is, random runs, a run in words, histories judged, figures.
//!
//! Everything is computed by `sim-core`; here it is read and printed. Errors go to standard error, say what was
//! expected and where, and exit 2; whoever stops reading our output ends us quietly.

mod bench;
mod check;
mod ladder;
mod out;
mod replay;
mod runfile;
mod sample;
mod source;
mod sweep;
mod systems;
mod values;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use out::{Failure, Out, Verdicts};
use std::process::ExitCode;

/// Replays, samples and measures runs of Netsplit's simulator.
#[derive(Parser)]
#[command(
    name = "netsplit",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What there is: protocols with their rules, invariants, witnesses and scenarios
    Systems(systems::Args),
    /// Prints links of random runs with faults, one a line
    Sample(sample::Args),
    /// Follows the run of a link or a run file to its end and tells it in words
    Replay(replay::Args),
    /// Judges histories of real systems: is each linearizable, and if not, which operations contradict one another
    Check(check::Args),
    /// Plays many runs of a protocol in bad weather and judges each by its invariants and its clients' history
    Sweep(sweep::Args),
    /// Measures the engine: messages per CPU second, memory, seeking, links; with `check FILE…` the checker
    Bench(bench::Args),
}

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => out::finish(run(cli.command)),
        Err(error) => refuse(&error),
    }
}

fn run(command: Command) -> Result<Verdicts, Failure> {
    let mut out = Out::standard();
    let mut verdicts = Verdicts::default();
    match command {
        Command::Systems(args) => systems::run(&args, &mut out)?,
        Command::Sample(args) => sample::run(&args, &mut out)?,
        Command::Replay(args) => replay::run(&args, &mut out)?,
        Command::Check(args) => verdicts = check::run(&args, &mut out)?,
        Command::Sweep(args) => verdicts = sweep::run(&args, &mut out)?,
        Command::Bench(args) => verdicts = bench::run(&args, &mut out)?,
    }
    out.flush()?;
    Ok(verdicts)
}

/// Says what is wrong with the command line; help that was asked for is no error.
fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let mut out = Out::standard();
        let printed = out
            .text(&error.render().to_string())
            .and_then(|()| out.flush());
        return out::finish(printed.map(|()| Verdicts::default()).map_err(Failure::from));
    }
    let mut words = error.render().to_string();
    if error.kind() == ErrorKind::InvalidSubcommand {
        let commands: Vec<_> = Cli::command()
            .get_subcommands()
            .map(|one| one.get_name().to_string())
            .collect();
        let list = commands.join(", ");
        words = match error.get(clap::error::ContextKind::InvalidSubcommand) {
            Some(given) => format!("error: expected a command, one of {list}, found `{given}`\n"),
            None => format!("error: expected a command, one of {list}\n"),
        };
    }
    out::complain(words.trim_end());
    ExitCode::from(2)
}
