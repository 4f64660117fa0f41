//! `netsplit replay`: a run in words, as JSON, as the clients saw it; and links to run files and back.

use crate::ladder::More;
use crate::out::{self, Failure, Out};
use crate::source::{self, Opened};
use crate::{runfile, values};
use serde::Serialize;
use sim_core::check::history::{Op, Value};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sights::{OPS_MAX, Sights};
use sim_core::check::{Verdict, own};
use sim_core::history::{Outcome, Record};
use sim_core::operation::{Answer, KEYS, Operation, Store};
use sim_core::protocols;
use sim_core::run::Timeline;
use sim_core::share::{self, Link};
use sim_core::trace::Kind;
use sim_core::units::{EventId, Micros};
use sim_core::view::Tone;
use sim_core::words::Words;
use std::ffi::OsString;

/// What `replay` is told.
#[derive(clap::Args)]
pub struct Args {
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    /// Tell only what happens until then, in milliseconds; the last line is still about the whole run
    #[arg(long, value_name = "MS", value_parser = values::moment, allow_hyphen_values = true)]
    until: Option<Micros>,
    /// Print the clients' operations as JSON lines and nothing else
    #[arg(long)]
    history: bool,
    /// With --history, also what was done to the system: lines that are shown and not judged
    #[arg(long, requires = "history")]
    faults: bool,
    /// Before the last line, also which consistency models hold at the end, and what breaks the others
    #[arg(long, conflicts_with_all = ["history", "json", "as_link", "as_file"])]
    ladder: bool,
    /// Print the link of a run file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["as_file", "history", "json", "until"])]
    as_link: Option<OsString>,
    /// Print a link's run (or a run file's) as a run file that one can read and edit
    #[arg(long, value_name = "LINK", allow_hyphen_values = true, conflicts_with_all = ["history", "json", "until"])]
    as_file: Option<OsString>,
    /// A fragment with or without #, a whole address, the path of a run file, or - for standard input
    #[arg(value_name = "LINK_OR_FILE", required_unless_present_any = ["as_link", "as_file"], conflicts_with_all = ["as_link", "as_file"])]
    source: Option<OsString>,
}

/// Does what was asked.
pub fn run(args: &Args, out: &mut Out) -> Result<(), Failure> {
    if let Some(given) = &args.as_link {
        return as_link(open(given)?, out);
    }
    if let Some(given) = &args.as_file {
        let opened = open(given)?;
        return Ok(out.text(&runfile::write(&opened.link))?);
    }
    let Some(given) = &args.source else {
        return Err(Failure::new("expected a link or the path of a run file"));
    };
    let opened = open(given)?;
    let mut timeline = follow(&opened.link)?;
    if let Err(drifted) = opened.link.verify(&timeline) {
        out::complain(format_args!("note: {drifted}"));
    }
    if args.history {
        history(&mut timeline, args, out)
    } else if args.json {
        json(&mut timeline, &opened.link, args.until, out)
    } else {
        text(&mut timeline, args.until, args.ladder, out)
    }
}

fn open(given: &OsString) -> Result<Opened, Failure> {
    let opened = source::open(given)?;
    for note in &opened.notes {
        out::complain(format_args!("note: {note}"));
    }
    Ok(opened)
}

fn follow(link: &Link) -> Result<Timeline, Failure> {
    Timeline::of(link.run.clone()).map_err(Failure::new)
}

/// A file that does not say its digest gets the one that the run comes to.
fn as_link(mut opened: Opened, out: &mut Out) -> Result<(), Failure> {
    if !opened.says_digest {
        opened.link = Link::to(&follow(&opened.link)?, opened.link.at);
    }
    let fragment = share::encode(&opened.link).map_err(Failure::new)?;
    Ok(out.line(fragment)?)
}

/// The verdict at a moment on one line.
fn verdict(timeline: &mut Timeline, at: Micros) -> String {
    one_line(&Verdict::of(timeline, at))
}

fn one_line(verdict: &Verdict) -> String {
    let line = verdict.line();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The verdict at the end, wherever anybody looks.
fn last_verdict(timeline: &mut Timeline) -> String {
    let end = timeline.reached();
    verdict(timeline, end)
}

fn words(timeline: &Timeline) -> Result<Words<'_>, Failure> {
    Words::new(timeline.trace(), timeline.names(), &timeline.run().scenario)
        .ok_or_else(|| Failure::new("this protocol has no words"))
}

fn text(
    timeline: &mut Timeline,
    until: Option<Micros>,
    with_ladder: bool,
    out: &mut Out,
) -> Result<(), Failure> {
    let so_far = until.map(|at| (at, verdict(timeline, at)));
    let last = last_verdict(timeline);
    let words = words(timeline)?;
    let shown = until.map_or(timeline.trace().len(), |at| timeline.events_by(at));
    for (id, event) in (0..shown).zip(timeline.trace().events()) {
        let at = values::column(event.at);
        out.line(format_args!("{at:>14}  {}", words.sentence(EventId(id))))?;
    }
    if let Some((at, verdict)) = so_far {
        out.line(format_args!("until {}: {verdict}", values::span_text(at)))?;
    }
    if with_ladder {
        ladder(timeline, out)?;
    }
    for Violation {
        invariant,
        at_us,
        who,
        words,
    } in violations(timeline)
    {
        let at = values::span_text(Micros(at_us));
        out.line(format_args!(
            "violated {invariant} at {at} with {who}: {words}"
        ))?;
    }
    let (digest, events) = (timeline.digest(), timeline.trace().len());
    Ok(out.line(format_args!(
        "digest {digest:016x} events {events} verdict {last}"
    ))?)
}

/// An invariant that was promised and did not hold.
#[derive(Serialize)]
struct Violation<'a> {
    invariant: &'static str,
    at_us: u64,
    who: &'a str,
    words: &'static str,
}

/// Each violated invariant once, where it was seen first, in the order seen.
fn violations(timeline: &Timeline) -> Vec<Violation<'_>> {
    let invariants = timeline.spec().invariants;
    let wording = protocols::wording(timeline.spec().name);
    let names = &timeline.names().list;
    let mut list: Vec<Violation<'_>> = Vec::new();
    for found in &timeline.last().sightings().findings {
        let invariant = invariants[usize::from(found.invariant)];
        let is_new = list.iter().all(|one| one.invariant != invariant);
        if found.promised && is_new {
            let event = timeline.trace().get(found.event);
            list.push(Violation {
                invariant,
                at_us: event.map_or(0, |event| event.at.0),
                who: names.get(found.node.index()).map_or("", String::as_str),
                words: wording.promise(found.invariant),
            });
        }
    }
    list
}

/// The models that the clients' operations satisfy, from what each read saw.
fn ladder(timeline: &mut Timeline, out: &mut Out) -> Result<(), Failure> {
    let events = timeline.trace().len();
    let own = own::history(timeline, events);
    let known = Ok(own::sights(timeline, events));
    More::of(&own.question(), &known, &Limits::default()).print(out)
}

// --- JSON

#[derive(Serialize)]
struct ReplayJson<'a> {
    digest: String,
    events: u32,
    verdict: String,
    /// Promised invariants that did not hold; and whether one true store could have given the answers, where that is
    /// decided.
    violations: Vec<Violation<'a>>,
    consistent: Option<bool>,
    scenario: &'a str,
    version: u16,
    protocol: &'a str,
    seed: u64,
    at_us: u64,
    end_us: u64,
    /// The verdict at `until`, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<UntilJson>,
    trace: Vec<EventJson<'a>>,
}

#[derive(Serialize)]
struct UntilJson {
    at_us: u64,
    events: u32,
    verdict: String,
}

#[derive(Serialize)]
struct EventJson<'a> {
    id: u32,
    at_us: u64,
    kind: &'static str,
    who: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<u32>,
    words: String,
}

fn json(
    timeline: &mut Timeline,
    link: &Link,
    until: Option<Micros>,
    out: &mut Out,
) -> Result<(), Failure> {
    let until_json = until.map(|at| UntilJson {
        at_us: at.0,
        events: timeline.events_by(at),
        verdict: verdict(timeline, at),
    });
    let end = timeline.reached();
    let last = Verdict::of(timeline, end);
    let consistent = match last.consistency.tone {
        Tone::Ok => Some(true),
        Tone::No => Some(false),
        _ => None,
    };
    let verdict = one_line(&last);
    let words = words(timeline)?;
    let names = timeline.names();
    let name = |end: sim_core::units::Endpoint| names.list.get(end.index()).map(String::as_str);
    let shown = until.map_or(timeline.trace().len(), |at| timeline.events_by(at));
    let events = (0..shown).zip(timeline.trace().events());
    let trace = events.map(|(id, event)| EventJson {
        id,
        at_us: event.at.0,
        kind: kind(event.kind),
        who: name(event.who).unwrap_or(""),
        peer: name(event.peer),
        cause: event.cause.some().map(|cause| cause.0),
        words: words.sentence(EventId(id)),
    });
    let scenario = &timeline.run().scenario;
    let replay = ReplayJson {
        digest: format!("{:016x}", timeline.digest()),
        events: timeline.trace().len(),
        verdict,
        violations: violations(timeline),
        consistent,
        scenario: &scenario.id,
        version: scenario.version,
        protocol: &scenario.protocol,
        seed: timeline.run().seed,
        at_us: link.at.0,
        end_us: timeline.reached().0,
        until: until_json,
        trace: trace.collect(),
    };
    Ok(out.json(&replay)?)
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Started => "started",
        Kind::Acted => "acted",
        Kind::HadNoEffect => "had-no-effect",
        Kind::Invoked => "invoked",
        Kind::Sent => "sent",
        Kind::Delivered => "delivered",
        Kind::Dropped => "dropped",
        Kind::TimerFired => "timer-fired",
        Kind::Persisted => "persisted",
        Kind::Replied => "replied",
        Kind::GaveUp => "gave-up",
        Kind::Noted => "noted",
        Kind::Connected => "connected",
        Kind::Disconnected => "disconnected",
        Kind::Waits => "waits",
    }
}

// --- the clients' operations

/// What a read was told: a balance, or the items of a cart one by one.
#[derive(Serialize)]
#[serde(untagged)]
enum ValueJson {
    Number(i64),
    Text(String),
    Items(Vec<&'static str>),
}

/// One operation. `docs/run-files.md` says what stands where.
#[derive(Serialize)]
struct OperationJson<'a> {
    op: u32,
    client: &'a str,
    /// Whose session the client belongs to, where several share one.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'static str>,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Vec<ValueJson>>,
    invoked_us: u64,
    ended_us: Option<u64>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ValueJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// How a read asked to be answered, where it said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<&'static str>,
    /// `false` where a refusal does not say that it did not happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    certain: Option<bool>,
    /// Of an answer: the changes that it rests on, by their numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    saw: Option<Vec<u32>>,
    /// What the store is, on the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'static str>,
    /// What the account held before, on the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    initial: Option<u32>,
}

/// Something that was done to the system.
#[derive(Serialize)]
struct FaultJson {
    fault: String,
    at_us: u64,
}

fn history(timeline: &mut Timeline, args: &Args, out: &mut Out) -> Result<(), Failure> {
    let all = timeline.trace().len();
    let events = args.until.map_or(all, |at| timeline.events_by(at));
    let own = own::history(timeline, events);
    let sights = match own.history.ops.len() <= OPS_MAX {
        true => own::sights(timeline, events),
        false => Sights::new(),
    };
    let choices = timeline.run().scenario.choices(timeline.spec());
    let mut model = Some(own.kind.name());
    let mut opening = Some(choices.get("opening")).filter(|opening| *opening > 0);
    if own.kind == ModelKind::CasRegister {
        opening = Some(0);
    }
    let records = timeline.history().as_of(events);
    for (record, op) in records.iter().zip(&own.history.ops) {
        let mut line = operation(timeline, record);
        if timeline.spec().store == Store::Values {
            line.operation = op.ask.name();
            line.args = numbers(op);
        }
        line.saw = sights.get(&record.op.0).map(|sight| sight.seen.clone());
        line.session = (!own.history.sessions.is_empty()).then_some("one user");
        line.model = model.take();
        line.initial = opening.take();
        out.json(&line)?;
    }
    let done = match args.faults {
        true => own::faults(timeline, events),
        false => Vec::new(),
    };
    for fault in done {
        let (fault, at_us) = (fault.words, fault.at.0);
        out.json(&FaultJson { fault, at_us })?;
    }
    Ok(())
}

/// What an operation on values was given, as histories of such stores write it.
fn numbers(op: &Op) -> Option<Vec<ValueJson>> {
    let mut list = Vec::new();
    for value in [op.a, op.b] {
        if let Value::Int(number) = value {
            list.push(ValueJson::Number(number));
        }
    }
    Some(list).filter(|list| !list.is_empty())
}

fn operation<'a>(timeline: &'a Timeline, record: &Record) -> OperationJson<'a> {
    let (outcome, value, why) = match record.outcome {
        Outcome::Open => ("open", None, None),
        Outcome::Unknown => ("unknown", None, None),
        Outcome::Told(Answer::Done) => ("ok", None, None),
        Outcome::Told(Answer::Value(value)) => ("ok", Some(ValueJson::Number(value)), None),
        Outcome::Told(Answer::Items(cart)) => {
            ("ok", Some(ValueJson::Items(cart.items().collect())), None)
        }
        Outcome::Told(refusal @ Answer::Refused(_)) => {
            ("refused", None, refusal.why(timeline.spec().refusals))
        }
    };
    let is_unsure = matches!(record.outcome, Outcome::Told(answer) if answer.is_unsure());
    OperationJson {
        op: record.op.0,
        client: timeline.names().of(record.client),
        session: None,
        operation: record.operation.name(),
        amount: match record.operation {
            Operation::Deposit { amount } | Operation::Withdraw { amount } => Some(amount),
            _ => None,
        },
        key: record.operation.key().map(|key| KEYS[usize::from(key)]),
        args: record
            .operation
            .item()
            .map(|item| vec![ValueJson::Text(item.to_string())]),
        invoked_us: record.invoked.0,
        ended_us: (record.ended != Micros::NEVER).then_some(record.ended.0),
        outcome,
        value,
        why,
        way: record.operation.way(),
        certain: is_unsure.then_some(false),
        saw: None,
        model: None,
        initial: None,
    }
}
