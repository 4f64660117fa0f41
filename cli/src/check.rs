//! `netsplit check`: histories of real systems, judged.

use crate::ladder::{LadderJson, More};
use crate::out::{Failure, Out, Verdicts};
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use sim_core::check::explain::{Contradiction, explain};
use sim_core::check::history::{Ended, History, Op, Value};
use sim_core::check::ladder::{Finding, Ladder};
use sim_core::check::linearizable::{self, Answer, Question, Why};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sights;
use sim_core::foreign::{self, Format};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What `check` is told.
#[derive(clap::Args)]
pub struct Args {
    /// Histories: files, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,
    #[command(flatten)]
    reading: Reading,
    /// One JSON document a file instead of text
    #[arg(long)]
    json: bool,
    /// Also the other models: which hold, and what breaks those that do not
    #[arg(long)]
    ladder: bool,
    /// How many steps a check may take before it is given up
    #[arg(long, value_name = "N", default_value_t = Limits::default().steps)]
    budget: u64,
}

/// How histories are read.
#[derive(clap::Args)]
pub struct Reading {
    /// What the history is of; deduced from its operations where not given
    #[arg(long, value_parser = PossibleValuesParser::new(ModelKind::NAMES.map(|(name, _)| name)))]
    model: Option<String>,
    /// What the files are written in; seen from their content where not given
    #[arg(long, value_parser = PossibleValuesParser::new(Format::NAMES.map(|(name, _)| name)))]
    format: Option<String>,
    /// What the store held before the first operation; nothing where not given
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    initial: Option<String>,
}

/// The largest file that is read, in bytes.
const FILE_MAX: u64 = 100 << 20;

/// A history that can be judged.
pub struct Opened {
    pub history: History,
    pub format: Option<Format>,
    /// `None` for a history without operations.
    pub model: Option<ModelKind>,
    pub initial: Value,
}

impl Opened {
    /// What is asked about it: everything.
    pub fn question(&self) -> Question<'_> {
        let kind = self.model.unwrap_or(ModelKind::Register);
        Question::whole(&self.history, kind, self.initial)
    }
}

impl Reading {
    /// Reads a file. The error says where and what was expected.
    pub fn open(&self, file: &OsStr) -> Result<Opened, String> {
        let bytes = match file == "-" {
            true => read_all(io::stdin().lock()),
            false => File::open(Path::new(file)).and_then(read_all),
        };
        let bytes =
            bytes.map_err(|error| format!("the file, expected one that can be read: {error}"))?;
        if bytes.len() as u64 > FILE_MAX {
            return Err(format!("the file, expected at most {} MB", FILE_MAX >> 20));
        }
        let format = self.format.as_deref().and_then(Format::of);
        let foreign::Read {
            mut history,
            format,
        } = foreign::read(&bytes, format).map_err(|error| error.to_string())?;
        let model = self.model_of(&mut history)?;
        let kind = model.unwrap_or(ModelKind::Register);
        let initial = foreign::opening(&mut history, kind, self.initial.as_deref())?;
        Ok(Opened {
            history,
            format,
            model,
            initial,
        })
    }

    fn model_of(&self, history: &mut History) -> Result<Option<ModelKind>, String> {
        let named = self.model.as_deref().and_then(ModelKind::of);
        let is_open = named.or(history.model).is_none();
        if is_open && history.ops.is_empty() {
            return Ok(None);
        }
        foreign::model_of(history, named)
            .map(Some)
            .map_err(|error| {
                let names = ModelKind::NAMES.map(|(name, _)| name).join(", ");
                match is_open {
                    true => format!("{error}; --model names one of {names}"),
                    false => error.to_string(),
                }
            })
    }
}

fn read_all(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The word of a verdict in a program's terms.
pub const fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Yes(_) => "linearizable",
        Answer::No(_) => "not linearizable",
        Answer::Undecided(_) => "undecided",
    }
}

/// Judges and prints.
pub fn run(args: &Args, out: &mut Out) -> Result<Verdicts, Failure> {
    let limits = Limits {
        steps: args.budget,
        ..Limits::default()
    };
    let mut verdicts = Verdicts::default();
    for file in &args.files {
        let name = file.to_string_lossy();
        match args.reading.open(file) {
            Err(words) => {
                verdicts.has_errors = true;
                match args.json {
                    true => out.json(&ErrorJson {
                        file: &name,
                        verdict: "error",
                        error: &words,
                    })?,
                    false => out.line(format_args!("{name}: error: {words}"))?,
                }
            }
            Ok(opened) => {
                let judged = Judged::of(&opened, &limits, args.ladder);
                verdicts.has_bad |= matches!(judged.answer, Answer::No(_));
                verdicts.has_undecided |= matches!(judged.answer, Answer::Undecided(_));
                match args.json {
                    true => out.json(&judged.json(&name, &opened))?,
                    false => judged.print(&name, &opened, out)?,
                }
            }
        }
        out.flush()?;
    }
    Ok(verdicts)
}

/// A history and what was found.
struct Judged {
    answer: Answer,
    contradiction: Option<Contradiction>,
    more: Option<More>,
}

impl Judged {
    fn of(opened: &Opened, limits: &Limits, with_ladder: bool) -> Self {
        let question = opened.question();
        let answer = linearizable::check(&question, limits);
        let contradiction = match &answer {
            Answer::No(ops) => Some(explain(&question, ops, limits)),
            _ => None,
        };
        let more = with_ladder.then(|| {
            let first = Finding::of(&answer, contradiction.as_ref());
            let ladder = Ladder::under(
                first,
                &question,
                &sights::sights(&question),
                limits,
                &|_| (),
            );
            More::with(ladder, &question)
        });
        Self {
            answer,
            contradiction,
            more,
        }
    }

    fn print(&self, name: &str, opened: &Opened, out: &mut Out) -> Result<(), Failure> {
        out.line(format_args!("{name}: {}", self.line(opened)))?;
        match &self.more {
            Some(more) => more.print(out),
            None => Ok(()),
        }
    }

    fn line(&self, opened: &Opened) -> String {
        match (&self.answer, &self.contradiction) {
            (Answer::Yes(_), _) if opened.history.ops.is_empty() => {
                String::from("linearizable (the history is empty)")
            }
            (Answer::Undecided(why), _) => format!("undecided: {}", why_words(*why)),
            (answer, Some(contradiction)) => format!("{}: {}", word(answer), contradiction.words),
            (answer, None) => String::from(word(answer)),
        }
    }

    fn json<'a>(&'a self, file: &'a str, opened: &'a Opened) -> VerdictJson<'a> {
        let history = &opened.history;
        let sentence = match (&self.answer, &self.contradiction) {
            (Answer::Undecided(why), _) => Some(why_words(*why)),
            (_, contradiction) => contradiction.as_ref().map(|found| found.words.clone()),
        };
        let blamed = self.contradiction.iter().flat_map(|found| &found.ops);
        let order = match &self.answer {
            Answer::Yes(points) => points
                .iter()
                .map(|point| history.ops[point.op as usize].source)
                .collect(),
            _ => Vec::new(),
        };
        VerdictJson {
            file,
            verdict: word(&self.answer),
            model: opened.model.map(ModelKind::name),
            format: opened.format.map(Format::name),
            operations: history.ops.len(),
            unknown: history
                .ops
                .iter()
                .filter(|op| op.outcome == Ended::Unknown)
                .count(),
            clients: history.clients.len(),
            sentence,
            contradiction: blamed
                .map(|op| blame(history, &history.ops[*op as usize]))
                .collect(),
            order,
            ladder: self.more.as_ref().map(|more| more.json(history)),
        }
    }
}

fn why_words(why: Why) -> String {
    match why {
        Why::Steps(steps) => format!("not decided within {steps} steps; --budget allows more"),
        Why::Bytes(bytes) => format!("not decided within {} MB of memory", bytes >> 20),
    }
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    file: &'a str,
    verdict: &'static str,
    error: &'a str,
}

#[derive(Serialize)]
struct VerdictJson<'a> {
    file: &'a str,
    verdict: &'static str,
    /// The model, given or deduced.
    model: Option<&'static str>,
    format: Option<&'static str>,
    operations: usize,
    unknown: usize,
    clients: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contradiction: Vec<BlameJson<'a>>,
    /// The lines of the operations in an order that explains every answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    order: Vec<u32>,
    /// The other models, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    ladder: Option<LadderJson>,
}

/// An operation of a contradiction.
#[derive(Serialize)]
struct BlameJson<'a> {
    line: u32,
    client: &'a str,
    operation: &'static str,
}

fn blame<'a>(history: &'a History, op: &Op) -> BlameJson<'a> {
    BlameJson {
        line: op.source,
        client: history.client_of(op),
        operation: op.ask.name(),
    }
}
