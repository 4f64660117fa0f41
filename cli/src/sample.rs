//! `netsplit sample`: links of random runs with faults, one a line.

use crate::out::{Failure, Out};
use crate::values;
use sim_core::explore::sample;
use sim_core::protocols;
use sim_core::run::Timeline;
use sim_core::share::{self, Link};
use sim_core::units::Micros;

/// What `sample` is told.
#[derive(clap::Args)]
pub struct Args {
    /// How many
    #[arg(long, value_name = "N", value_parser = values::whole, allow_hyphen_values = true)]
    runs: u64,
    /// The first run's seed; each run after it takes the next one
    #[arg(long, value_name = "S", value_parser = values::whole, allow_hyphen_values = true)]
    seed: u64,
    /// Only this protocol; else all take turns
    #[arg(long, value_name = "P")]
    protocol: Option<String>,
}

/// Prints them.
pub fn run(args: &Args, out: &mut Out) -> Result<(), Failure> {
    let names = match &args.protocol {
        Some(name) => vec![known(name)?],
        None => protocols::names(),
    };
    for (nth, name) in (0..args.runs).zip(names.iter().cycle()) {
        let seed = args.seed.wrapping_add(nth);
        let link = link(name, seed).map_err(|words| {
            Failure::new(format_args!(
                "the random run of {name} with seed {seed}: {words}"
            ))
        })?;
        out.line(link)?;
    }
    Ok(())
}

/// The protocol's own name for itself.
pub fn known(name: &str) -> Result<&'static str, Failure> {
    let names = protocols::names();
    names
        .iter()
        .copied()
        .find(|one| *one == name)
        .ok_or_else(|| {
            let list = names.join(", ");
            Failure::new(format_args!(
                "expected a protocol, one of {list}, found `{name}`"
            ))
        })
}

/// The link of one random run, with its digest, so that whoever replays it notices a difference.
fn link(name: &str, seed: u64) -> Result<String, String> {
    let run = sample::run(name, seed).ok_or("there is none")?;
    let timeline = Timeline::of(run).map_err(|error| error.to_string())?;
    share::encode(&Link::to(&timeline, Micros::ZERO)).map_err(|error| error.to_string())
}
