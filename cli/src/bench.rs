//! `netsplit bench`: figures of the engine, each the median of several measurements in CPU time of this thread.

use crate::check::{self, Reading};
use crate::out::{Failure, Out, Verdicts, complain};
use crate::sample::known;
use cpu_time::ThreadTime;
use serde::ser::{Serialize, SerializeMap, Serializer};
use sim_core::check::linearizable;
use sim_core::check::search::Limits;
use sim_core::explore::states::{Bounds, End, Order, explore};
use sim_core::explore::two_phase::TwoPhase;
use sim_core::explore::{bench, sample};
use sim_core::run::Timeline;
use sim_core::scenario::Scenario;
use sim_core::share::{self, Link};
use sim_core::trace::{Recorder, Recording};
use sim_core::units::{Endpoint, Micros};
use sim_core::world::{Script, World};
use std::ffi::OsString;
use std::hint::black_box;
use std::time::Duration;

/// What `bench` is told.
#[derive(clap::Args)]
pub struct Args {
    /// Which protocol; or `check`, and after it the files to check; or `explore`
    #[arg(default_value = "ledger")]
    protocol: String,
    /// The histories to check
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
    #[command(flatten)]
    reading: Reading,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// How often the throughput is measured; the median counts.
const ROUNDS: usize = 11;
/// How much CPU time each of those measurements takes at least.
const ROUND: Duration = Duration::from_millis(200);
/// How many random runs are put into links.
const LINKS: u64 = 200;

/// What was measured: a name and a whole number each, in the order of printing.
struct Figures {
    protocol: String,
    scenario: String,
    numbers: Vec<(&'static str, u64)>,
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.numbers.len() + 2))?;
        map.serialize_entry("protocol", &self.protocol)?;
        map.serialize_entry("scenario", &self.scenario)?;
        for (name, number) in &self.numbers {
            map.serialize_entry(name, number)?;
        }
        map.end()
    }
}

/// Measures and prints.
pub fn run(args: &Args, out: &mut Out) -> Result<Verdicts, Failure> {
    match &*args.protocol {
        "check" => checks(args, out),
        _ => figures(args, out).map(|()| Verdicts::default()),
    }
}

fn figures(args: &Args, out: &mut Out) -> Result<(), Failure> {
    if let Some(file) = args.files.first() {
        let name = file.to_string_lossy();
        let words = format_args!(
            "expected `bench check FILE…`, or `explore` or a protocol alone, found {name} after it"
        );
        return Err(Failure::new(words));
    }
    if args.protocol == "explore" {
        return explored(args, out);
    }
    let scenario = loaded(&args.protocol)?;
    // What others measure protocols with a log under is what counts for them.
    let rates = match bench::proposals(&args.protocol) {
        Some(load) => Some(proposals(&args.protocol, load)?),
        None => None,
    };
    let throughput = match &rates {
        Some(rates) => rates.messages,
        None => throughput(&scenario)?,
    };
    let seeks = seeks(&scenario)?;
    let links = links(&args.protocol)?;
    let mut figures = Figures {
        protocol: args.protocol.clone(),
        scenario: scenario.id.clone(),
        numbers: vec![
            ("messages_per_cpu_second", throughput),
            ("traced_events_per_cpu_second", seeks.recorded_per_second),
            ("bytes_per_node", seeks.bytes_per_node as u64),
            ("bytes_per_checkpoint", seeks.bytes_per_checkpoint as u64),
            ("checkpoints", seeks.checkpoints as u64),
            ("bytes_per_traced_event", seeks.bytes_per_event as u64),
            ("seek_events", u64::from(seeks.events)),
            ("seek_median_us", micros(seeks.median)),
            ("seek_worst_us", micros(seeks.worst)),
            ("link_encode_median_ns", links.encode_ns),
            ("link_decode_median_ns", links.decode_ns),
            ("link_characters_median", links.characters),
            ("link_characters_most", links.characters_most),
        ],
    };
    if let Some(rates) = rates {
        figures.numbers.extend([
            ("commits_per_cpu_second", rates.commits),
            ("proposals_committed", rates.committed),
            ("messages_per_hundred_commits", rates.per_hundred),
        ]);
        if let Some(percent) = rates.percent_of_raft {
            figures.numbers.push(("commits_percent_of_raft", percent));
        }
    }
    if args.json {
        return Ok(out.json(&figures)?);
    }
    out.line(format_args!("protocol {}", figures.protocol))?;
    out.line(format_args!("scenario {}", figures.scenario))?;
    for (name, number) in &figures.numbers {
        out.line(format_args!("{name} {number}"))?;
    }
    Ok(())
}

/// How many resource managers the transaction has whose states are counted.
const MANAGERS: u8 = 8;
/// How often they are; the median counts. A build for debugging takes its time over it, and is not measured.
const EXPLORATIONS: usize = if cfg!(debug_assertions) { 1 } else { 3 };

#[derive(serde::Serialize)]
struct ExploredJson {
    managers: u8,
    unique_states: u32,
    steps: u64,
    unique_states_per_cpu_second: u64,
}

/// All states of two-phase commit, breadth first.
fn explored(args: &Args, out: &mut Out) -> Result<(), Failure> {
    let system = TwoPhase { managers: MANAGERS };
    let (mut rates, mut unique, mut steps) = (Vec::new(), 0, 0);
    for _ in 0..EXPLORATIONS {
        let start = ThreadTime::now();
        let found = black_box(explore(&system, Order::Breadth, Bounds::default()));
        rates.push(per_second(u64::from(found.unique), start.elapsed()));
        (unique, steps) = (found.unique, found.steps);
        if found.end != End::All {
            return Err(Failure::new(
                "two-phase commit came to an end that it does not have",
            ));
        }
    }
    let rate = median(&mut rates);
    if args.json {
        return Ok(out.json(&ExploredJson {
            managers: MANAGERS,
            unique_states: unique,
            steps,
            unique_states_per_cpu_second: rate,
        })?);
    }
    out.line(format_args!("managers {MANAGERS}"))?;
    out.line(format_args!("steps {steps}"))?;
    out.line(format_args!("unique_states {unique}"))?;
    out.line(format_args!("unique_states_per_cpu_second {rate}"))?;
    Ok(())
}

/// How often a check is repeated at least; the median counts.
const CHECKS: usize = 9;
/// How long the repetitions of one check take together, where one alone is not longer.
const CHECKING: Duration = Duration::from_millis(300);

/// One file's figure.
#[derive(serde::Serialize)]
struct CheckJson {
    file: String,
    operations: usize,
    verdict: &'static str,
    median_ms: f64,
}

/// The check alone of each file: read once, judged again and again. What cannot be read is said, and the others are
/// measured.
fn checks(args: &Args, out: &mut Out) -> Result<Verdicts, Failure> {
    if args.files.is_empty() {
        return Err(Failure::new("expected files to check after `bench check`"));
    }
    let (mut all, mut verdicts) = (Vec::new(), Verdicts::default());
    for file in &args.files {
        let name = file.to_string_lossy().into_owned();
        let opened = match args.reading.open(file) {
            Ok(opened) => opened,
            Err(words) => {
                complain(format_args!("error: {name}: {words}"));
                verdicts.has_errors = true;
                continue;
            }
        };
        let question = opened.question();
        let limits = Limits::default();
        let (mut taken, mut spent) = (Vec::new(), Duration::ZERO);
        let mut verdict = "";
        while taken.len() < CHECKS || (spent < CHECKING && taken.len() < 10_000) {
            let start = ThreadTime::now();
            verdict = check::word(&black_box(linearizable::check(
                black_box(&question),
                &limits,
            )));
            let one = start.elapsed();
            spent += one;
            taken.push(nanos(one));
        }
        let median_ms = six_digits(median(&mut taken) as f64 / 1e6);
        let operations = opened.history.ops.len();
        if !args.json {
            out.line(format_args!(
                "{name}: {operations} operations, {verdict}, median {median_ms} ms"
            ))?;
        }
        all.push(CheckJson {
            file: name,
            operations,
            verdict,
            median_ms,
        });
    }
    if args.json {
        out.json(&all)?;
    }
    Ok(verdicts)
}

/// Rounded to six significant digits.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// What the protocol is measured under.
fn loaded(protocol: &str) -> Result<Scenario, Failure> {
    bench::scenario(known(protocol)?).ok_or_else(|| {
        Failure::new(format_args!(
            "no scenario of {protocol} has a load to measure it under"
        ))
    })
}

/// A run with nobody watching, played to its end: how long that took, how many messages were handed to their receivers,
/// and what was recorded.
fn played(
    scenario: &Scenario,
    seed: u64,
    recording: Recording,
) -> Result<(Duration, u64, Recorder), Failure> {
    let mut world = World::new(scenario, seed).map_err(Failure::new)?;
    world.set_monitored(false);
    let mut recorder = Recorder::new(recording);
    let script = Script {
        scenario: &scenario.script,
        actions: &[],
        end: scenario.length,
    };
    let start = ThreadTime::now();
    while world.step(&script, &mut recorder) {}
    Ok((start.elapsed(), black_box(world.delivered()), recorder))
}

/// Messages handed to their receivers in a second of CPU time, nothing recorded.
fn throughput(scenario: &Scenario) -> Result<u64, Failure> {
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let (mut delivered, mut spent) = (0, Duration::ZERO);
        let mut seed = round as u64 * 1_000;
        while spent < ROUND {
            let (taken, messages, _) = played(scenario, seed, Recording::Nothing)?;
            spent += taken;
            delivered += messages;
            seed += 1;
        }
        rates.push(per_second(delivered, spent));
    }
    Ok(median(&mut rates))
}

/// What a load of proposals comes to.
struct Rates {
    /// Messages delivered, and proposals committed, a second of CPU time.
    messages: u64,
    commits: u64,
    /// How many were committed in one run, and how many messages a hundred of them took.
    committed: u64,
    per_hundred: u64,
    /// Its commits a second of Raft's, in hundredths; of Raft itself nothing.
    percent_of_raft: Option<u64>,
}

/// Which run of proposals is measured.
const PROPOSALS_SEED: u64 = 1;

/// A load of proposals, and what a run of it comes to.
struct Proposals {
    load: Scenario,
    messages: u64,
    committed: u64,
    taken: Vec<u64>,
}

impl Proposals {
    /// How many are committed is counted in a run that is recorded.
    fn new(load: Scenario) -> Result<Self, Failure> {
        let (_, messages, recorder) = played(&load, PROPOSALS_SEED, Recording::Digest)?;
        let records = &recorder.history.records;
        let committed = records.iter().filter(|record| record.is_done()).count() as u64;
        Ok(Self {
            load,
            messages,
            committed,
            taken: Vec::new(),
        })
    }

    /// The same run once more, with nothing recorded and nobody watching.
    fn again(&mut self) -> Result<(), Failure> {
        let (spent, delivered, _) = played(&self.load, PROPOSALS_SEED, Recording::Nothing)?;
        if delivered != self.messages {
            return Err(Failure::new("the same run went another way"));
        }
        self.taken.push(nanos(spent));
        Ok(())
    }

    fn commits_per_second(&mut self) -> u64 {
        per_second(self.committed, self.spent())
    }

    fn spent(&mut self) -> Duration {
        Duration::from_nanos(median(&mut self.taken))
    }
}

/// What the others are compared with.
const MEASURE: &str = "raft";

/// Measures a load of proposals; of any protocol but Raft in turns with Raft, which has the same.
fn proposals(protocol: &str, load: Scenario) -> Result<Rates, Failure> {
    let mut own = Proposals::new(load)?;
    let mut raft = match bench::proposals(MEASURE).filter(|_| protocol != MEASURE) {
        Some(load) => Some(Proposals::new(load)?),
        None => None,
    };
    for _ in 0..ROUNDS {
        own.again()?;
        if let Some(raft) = &mut raft {
            raft.again()?;
        }
    }
    let commits = own.commits_per_second();
    let of_raft = raft.map(|mut raft| raft.commits_per_second().max(1));
    Ok(Rates {
        messages: per_second(own.messages, own.spent()),
        commits,
        committed: own.committed,
        per_hundred: own.messages * 100 / own.committed.max(1),
        percent_of_raft: of_raft.map(|raft| commits * 100 / raft),
    })
}

struct Seeks {
    events: u32,
    recorded_per_second: u64,
    bytes_per_event: usize,
    bytes_per_node: usize,
    bytes_per_checkpoint: usize,
    checkpoints: usize,
    median: Duration,
    worst: Duration,
}

/// Follows a run of about [`bench::SEEK_EVENTS`] events and seeks moments all over it.
fn seeks(scenario: &Scenario) -> Result<Seeks, Failure> {
    let (mut timeline, spent) = long_timeline(scenario)?;
    let events = timeline.trace().len();
    let (checkpoints, bytes) = timeline.checkpoints();
    let nodes = scenario.node_count();
    let last = timeline.last();
    let node_bytes: usize = (0..nodes).map(|node| last.node_bytes(Endpoint(node))).sum();
    let mut taken = Vec::new();
    let end = timeline.reached();
    let mut at = Micros::ZERO;
    for _ in 0..bench::SEEKS {
        at = bench::next_seek(at, end);
        let start = ThreadTime::now();
        black_box(timeline.world_at(at).events());
        taken.push(start.elapsed());
    }
    taken.sort_unstable();
    Ok(Seeks {
        events,
        recorded_per_second: per_second(u64::from(events), spent),
        // All that a followed run keeps: its events with their payloads, and the checkpoints.
        bytes_per_event: (timeline.trace().bytes() + bytes) / (events as usize).max(1),
        bytes_per_node: node_bytes / usize::from(nodes).max(1),
        bytes_per_checkpoint: bytes / checkpoints.max(1),
        checkpoints,
        median: taken[taken.len() / 2],
        worst: taken[taken.len() - 1],
    })
}

/// A timeline of about [`bench::SEEK_EVENTS`] events.
fn long_timeline(scenario: &Scenario) -> Result<(Timeline, Duration), Failure> {
    let run = bench::long_run(scenario).map_err(Failure::new)?;
    let start = ThreadTime::now();
    let timeline = Timeline::of(run).map_err(Failure::new)?;
    Ok((timeline, start.elapsed()))
}

struct Links {
    encode_ns: u64,
    decode_ns: u64,
    characters: u64,
    characters_most: u64,
}

/// Random runs of the protocol into links and back.
fn links(protocol: &str) -> Result<Links, Failure> {
    let (mut encode, mut decode, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..LINKS {
        let Some(run) = sample::run(protocol, seed) else {
            continue;
        };
        let link = Link {
            run,
            at: Micros(1),
            digest: 1,
        };
        let start = ThreadTime::now();
        let text = share::encode(black_box(&link)).map_err(Failure::new)?;
        encode.push(nanos(start.elapsed()));
        let start = ThreadTime::now();
        let back = share::decode(black_box(&text)).map_err(Failure::new)?;
        decode.push(nanos(start.elapsed()));
        if back != link {
            return Err(Failure::new(format_args!(
                "the link of seed {seed} gives another run"
            )));
        }
        sizes.push(text.len() as u64);
    }
    Ok(Links {
        encode_ns: median(&mut encode),
        decode_ns: median(&mut decode),
        characters: median(&mut sizes),
        characters_most: sizes.last().copied().unwrap_or(0),
    })
}

fn per_second(count: u64, spent: Duration) -> u64 {
    (count as f64 / spent.as_secs_f64().max(1e-9)) as u64
}

fn median(list: &mut [u64]) -> u64 {
    list.sort_unstable();
    list.get(list.len() / 2).copied().unwrap_or(0)
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
