//! `netsplit sweep`: many runs of a protocol in bad weather, each judged by its invariants and by its clients' history.

use crate::out::{Failure, Out, Verdicts};
use crate::sample::known;
use crate::values;
use cpu_time::ThreadTime;
use serde::Serialize;
use sim_core::explore::sweep::{self, Found, Outcomes};
use sim_core::explore::weather::{self, Wish};
use sim_core::protocol::ProtocolSpec;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::share::{self, Link, ShareError};
use sim_core::units::Micros;
use std::io::{self, IsTerminal, Write};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

/// What `sweep` is told.
#[derive(clap::Args)]
pub struct Args {
    /// Which protocol
    protocol: String,
    /// The seeds, A to B without B
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Range<u64>,
    /// A rule to switch off; may be told several times
    #[arg(long = "break", value_name = "RULE")]
    broken: Vec<String>,
    /// On so many nodes; else each seed draws how many
    #[arg(long, value_name = "N", value_parser = values::whole)]
    nodes: Option<u64>,
    /// Only this part of so many: 0/4 to 3/4, or 1/4 to 4/4
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(u64, u64)>,
    /// Stop at the first violation
    #[arg(long)]
    first: bool,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let expected = || format!("expected two whole numbers such as 0..1000, found `{text}`");
    let (from, until) = text.split_once("..").ok_or_else(expected)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| expected());
    let (from, until) = (number(from)?, number(until)?);
    if from > until {
        return Err(format!("expected seeds that go up, found `{text}`"));
    }
    Ok(from..until)
}

/// Which part, from 0, of how many. Schedulers count from 0 or from 1: the last of those that count from 1 is our first.
fn shard(text: &str) -> Result<(u64, u64), String> {
    let expected = || format!("expected a part such as 0/4, found `{text}`");
    let (part, of) = text.split_once('/').ok_or_else(expected)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| expected());
    let (part, of) = (number(part)?, number(of)?);
    if of == 0 || part > of {
        return Err(format!(
            "expected a part from 0/N to N-1/N, or from 1/N to N/N, found `{text}`"
        ));
    }
    Ok((part % of, of))
}

/// The seeds of a part: as many in each, but for one more in some.
fn part(seeds: &Range<u64>, (part, of): (u64, u64)) -> Range<u64> {
    let count = u128::from(seeds.end - seeds.start);
    let place = |part: u64| seeds.start + (count * u128::from(part) / u128::from(of)) as u64;
    place(part)..place(part + 1)
}

/// A violation, as it is printed.
#[derive(Serialize)]
struct Violation {
    seed: u64,
    what: &'static str,
    at_us: u64,
    words: String,
    link: String,
}

impl Violation {
    /// `None`: the run keeps what it promises.
    fn of(
        protocol: &str,
        seed: u64,
        wish: Wish,
        outcomes: &Outcomes,
    ) -> Result<Option<Self>, Failure> {
        let Found::Broken { what, at, words } = &outcomes.found else {
            return Ok(None);
        };
        let run = weather::run(protocol, seed, wish);
        let run = run.ok_or_else(|| Failure::new("there is no such run"))?;
        Ok(Some(Self {
            seed,
            what,
            at_us: at.0,
            words: words.clone(),
            link: link(&run, *at)?,
        }))
    }
}

/// The link of a run at a moment, with its digest, so that whoever replays it notices a difference. Where more happens
/// than fits into one, there is none: the seed says which run it is.
fn link(run: &Run, at: Micros) -> Result<String, Failure> {
    let timeline = Timeline::of(run.clone()).map_err(Failure::new)?;
    match share::encode(&Link::to(&timeline, at)) {
        Err(ShareError::TooLong { .. }) => Ok(String::from("-")),
        link => link.map_err(Failure::new),
    }
}

/// What the runs came to together.
#[derive(Default)]
struct Tally {
    runs: u64,
    events: u64,
    messages: u64,
    violations: u64,
    undecided: u64,
    /// Runs in which nobody was answered: they do not count.
    unanswered: u64,
    witnesses: Vec<u64>,
    /// Of each run: messages, operations, faults, kinds of faults.
    sizes: [Vec<u64>; 4],
    spent: Duration,
}

/// What the witness is called that a leader was lost.
const LEADER_LOST: &str = "leader-changed";

impl Tally {
    fn new(spec: &ProtocolSpec) -> Self {
        Self {
            witnesses: vec![0; spec.witnesses.len()],
            ..Self::default()
        }
    }

    fn take(&mut self, outcomes: &Outcomes) {
        if outcomes.asked > 0 && outcomes.answered == 0 && outcomes.found == Found::Clean {
            self.unanswered += 1;
            return;
        }
        self.runs += 1;
        self.events += u64::from(outcomes.events);
        self.messages += outcomes.messages;
        match outcomes.found {
            Found::Clean => {}
            Found::Broken { .. } => self.violations += 1,
            Found::Undecided => self.undecided += 1,
        }
        for (place, count) in self.witnesses.iter_mut().enumerate() {
            *count += u64::from(outcomes.witnesses >> place & 1);
        }
        let sizes = [
            outcomes.messages,
            u64::from(outcomes.asked),
            u64::from(outcomes.faults),
            u64::from(outcomes.kinds),
        ];
        for (all, size) in self.sizes.iter_mut().zip(sizes) {
            all.push(size);
        }
    }

    fn medians(&mut self) -> [u64; 4] {
        self.sizes.each_mut().map(|sizes| {
            sizes.sort_unstable();
            sizes.get(sizes.len() / 2).copied().unwrap_or(0)
        })
    }

    fn rate(&self) -> u64 {
        let spent = self.spent.as_secs_f64().max(1e-9);
        (self.messages as f64 / spent) as u64
    }
}

/// What the run of a seed came to.
type Played = (u64, Outcomes);

/// So many runs a thread are played before anything is printed of them.
const AT_A_TIME: u64 = 32;

/// Judged for a whole sweep of so many seeds and more: does every witness appear?
const WITNESSED_FROM: u64 = 1_000;

/// Sweeps.
pub fn run(args: &Args, out: &mut Out) -> Result<Verdicts, Failure> {
    let name = known(&args.protocol)?;
    let spec = protocols::spec(name).ok_or_else(|| Failure::new("there is no such protocol"))?;
    let wish = wish(args, spec)?;
    let seeds = match args.shard {
        Some(shard) => part(&args.seeds, shard),
        None => args.seeds.clone(),
    };
    let mut tally = Tally::new(spec);
    let mut violations = Vec::new();
    let mut progress = Progress::new(seeds.clone());
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let mut from = seeds.start;
    'all: while from < seeds.end {
        let until = seeds.end.min(from.saturating_add(AT_A_TIME * threads));
        let (played, spent) = play(name, from..until, wish, threads)?;
        tally.spent += spent;
        for (seed, outcomes) in played {
            tally.take(&outcomes);
            if let Some(violation) = Violation::of(name, seed, wish, &outcomes)? {
                if !args.json {
                    let Violation { what, words, .. } = &violation;
                    let (at, link) = (violation.at_us / 1_000, &violation.link);
                    let line =
                        format_args!("violation seed {seed} {what} at {at} ms {link} {words}");
                    out.line(line)?;
                    out.flush()?;
                }
                violations.push(violation);
                if args.first {
                    break 'all;
                }
            }
        }
        from = until;
        progress.tell(from, tally.violations);
    }
    progress.end();
    let is_whole = args.shard.is_none() && !args.first;
    let is_judged = is_whole && seeds.end - seeds.start >= WITNESSED_FROM;
    let verdicts = Verdicts {
        has_bad: tally.violations > 0,
        left_undecided: tally.undecided > 0,
        lacks_witness: is_judged && tally.witnesses.contains(&0),
        ..Verdicts::default()
    };
    print(args, spec, &mut tally, &violations, out)?;
    Ok(verdicts)
}

fn wish(args: &Args, spec: &ProtocolSpec) -> Result<Wish, Failure> {
    let mut broken = 0;
    for rule in &args.broken {
        let place = spec.rules.iter().position(|one| one.name == rule);
        let Some(place) = place else {
            let names: Vec<_> = spec.rules.iter().map(|rule| rule.name).collect();
            let list = names.join(", ");
            let words = format_args!(
                "expected a rule of {}, one of {list}, found `{rule}`",
                spec.name
            );
            return Err(Failure::new(words));
        };
        broken |= 1 << place;
    }
    let (least, most) = (spec.nodes_min, spec.nodes_max);
    let fits = |nodes: &u64| (u64::from(least)..=u64::from(most)).contains(nodes);
    if let Some(nodes) = args.nodes.filter(|nodes| !fits(nodes)) {
        let name = spec.name;
        let words = format_args!("expected {least} to {most} nodes for {name}, found {nodes}");
        return Err(Failure::new(words));
    }
    Ok(Wish {
        nodes: args.nodes.map(|nodes| nodes as u8),
        broken,
    })
}

/// Plays the runs of these seeds, on all threads, and hands them back in the order of their seeds.
fn play(
    protocol: &str,
    seeds: Range<u64>,
    wish: Wish,
    threads: u64,
) -> Result<(Vec<Played>, Duration), Failure> {
    let one = |first: u64| {
        let start = ThreadTime::now();
        let mut played = Vec::new();
        for seed in (seeds.start + first..seeds.end).step_by(threads as usize) {
            let run = weather::run(protocol, seed, wish).ok_or("there is no such run")?;
            let outcomes = sweep::follow(&run).map_err(|why| format!("seed {seed}: {why}"))?;
            played.push((seed, outcomes));
        }
        Ok::<_, String>((played, start.elapsed()))
    };
    let (mut all, mut spent) = (Vec::new(), Duration::ZERO);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || one(first)))
            .collect();
        for one in running {
            let done = one.join().map_err(|_| "a thread stopped".to_owned())?;
            let (played, took) = done?;
            all.extend(played);
            spent += took;
        }
        Ok::<_, String>(())
    })
    .map_err(Failure::new)?;
    all.sort_unstable_by_key(|(seed, ..)| *seed);
    Ok((all, spent))
}

/// Everything as JSON.
#[derive(Serialize)]
struct SweepJson<'a> {
    protocol: &'static str,
    violating: &'a [Violation],
    witnesses: serde_json::Map<String, serde_json::Value>,
    median: serde_json::Map<String, serde_json::Value>,
    unanswered: u64,
    runs: u64,
    events: u64,
    violations: u64,
    undecided: u64,
    messages_per_cpu_second: u64,
}

/// What is told of the run in the middle, by size.
const SIZES: [&str; 4] = ["messages", "operations", "faults", "kinds_of_faults"];

fn print(
    args: &Args,
    spec: &ProtocolSpec,
    tally: &mut Tally,
    violations: &[Violation],
    out: &mut Out,
) -> Result<(), Failure> {
    let medians = tally.medians();
    if args.json {
        let witnesses = spec.witnesses.iter().zip(&tally.witnesses);
        let median = SIZES.iter().zip(medians);
        return Ok(out.json(&SweepJson {
            protocol: spec.name,
            violating: violations,
            witnesses: witnesses
                .map(|(witness, count)| (witness.name.to_owned(), (*count).into()))
                .collect(),
            median: median
                .map(|(name, size)| ((*name).to_owned(), size.into()))
                .collect(),
            unanswered: tally.unanswered,
            runs: tally.runs,
            events: tally.events,
            violations: tally.violations,
            undecided: tally.undecided,
            messages_per_cpu_second: tally.rate(),
        })?);
    }
    let witnesses = || spec.witnesses.iter().zip(&tally.witnesses);
    for (witness, count) in witnesses() {
        out.line(format_args!("witness {} {count}", witness.name))?;
    }
    if let Some((_, count)) = witnesses().find(|(witness, _)| witness.name == LEADER_LOST) {
        out.line(format_args!("lost_a_leader {count}"))?;
    }
    out.line(format_args!("unanswered {}", tally.unanswered))?;
    let sizes: Vec<_> = SIZES
        .iter()
        .zip(medians)
        .map(|(name, size)| format!("{name} {size}"))
        .collect();
    out.line(format_args!("median_run {}", sizes.join(" ")))?;
    let rate = tally.rate();
    let Tally {
        runs,
        events,
        violations,
        undecided,
        ..
    } = tally;
    out.line(format_args!(
        "runs {runs} events {events} violations {violations} undecided {undecided} messages_per_cpu_second {rate}"
    ))?;
    Ok(())
}

/// How far it is, on a terminal.
struct Progress {
    seeds: Range<u64>,
    told: Option<Instant>,
    shows: bool,
}

/// How often that is said.
const EVERY: Duration = Duration::from_millis(500);

impl Progress {
    fn new(seeds: Range<u64>) -> Self {
        Self {
            seeds,
            told: None,
            shows: io::stderr().is_terminal(),
        }
    }

    fn tell(&mut self, until: u64, violations: u64) {
        let is_due = self.told.is_none_or(|told| told.elapsed() >= EVERY);
        if self.shows && is_due {
            let (done, all) = (until - self.seeds.start, self.seeds.end - self.seeds.start);
            let _ = write!(
                io::stderr(),
                "\r{done} of {all} runs, {violations} violations"
            );
            self.told = Some(Instant::now());
        }
    }

    fn end(&self) {
        if self.told.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_the_seeds_whoever_counts_from_0_or_from_1() {
        for of in 1..8_u64 {
            for (from, until) in [(0, of), (1, of + 1)] {
                let mut all = Vec::new();
                for index in from..until {
                    let known = shard(&format!("{index}/{of}"));
                    all.extend(part(&(10..33), known.expect("a part")));
                }
                all.sort_unstable();
                assert_eq!(all, (10..33).collect::<Vec<_>>());
            }
        }
        let whole = part(&(0..u64::MAX), (6, 7));
        assert_eq!(whole.end, u64::MAX);
        for odd in ["", "3", "1/0", "5/4", "-1/4", "a/b"] {
            assert!(shard(odd).is_err(), "{odd}");
        }
        for odd in ["", "3", "4..2", "a..b", "..4", "0..-1"] {
            assert!(seeds(odd).is_err(), "{odd}");
        }
    }
}
