//! Where output goes, and how a command ends.

use std::fmt::{self, Display};
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::process::ExitCode;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// A sentence for whoever asked: exit 2.
    Words(String),
    /// Output could not be written.
    Output(io::Error),
}

impl Failure {
    /// A failure with this sentence.
    pub fn new(words: impl Display) -> Self {
        Self::Words(words.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Standard output, buffered.
pub struct Out {
    to: BufWriter<StdoutLock<'static>>,
}

impl Out {
    /// Our own standard output.
    pub fn standard() -> Self {
        Self {
            to: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        }
    }

    /// Writes a line.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.to, "{line}")
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    /// Writes a value as JSON on one line.
    pub fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, value).map_err(io::Error::from)?;
        self.to.write_all(b"\n")
    }

    /// Hands on what was written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// What a command found, as its exit code says it: errors before what is bad before what is not decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verdicts {
    /// Something could not be read: 2.
    pub has_errors: bool,
    /// Something does not hold: 1.
    pub has_bad: bool,
    /// Something was not decided: 3.
    pub has_undecided: bool,
    /// Something that has to appear in many runs did not: 3.
    pub lacks_witness: bool,
    /// Runs were left undecided: 4.
    pub left_undecided: bool,
}

impl Verdicts {
    fn code(self) -> ExitCode {
        match self {
            Self {
                has_errors: true, ..
            } => ExitCode::from(2),
            Self { has_bad: true, .. } => ExitCode::from(1),
            Self {
                left_undecided: true,
                ..
            } => ExitCode::from(4),
            Self {
                has_undecided: true,
                ..
            }
            | Self {
                lacks_witness: true,
                ..
            } => ExitCode::from(3),
            _ => ExitCode::SUCCESS,
        }
    }
}

/// The exit code of a command: what its verdicts say, or 2 with a sentence on standard error.
pub fn finish(result: Result<Verdicts, Failure>) -> ExitCode {
    match result {
        Ok(verdicts) => verdicts.code(),
        // Whoever reads us has read enough.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output(error)) => {
            complain(format_args!("error: standard output: {error}"));
            ExitCode::from(2)
        }
        Err(Failure::Words(words)) => {
            complain(format_args!("error: {words}"));
            ExitCode::from(2)
        }
    }
}

/// Writes a line to standard error, where that is possible.
pub fn complain(words: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{words}");
}
