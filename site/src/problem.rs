//! What is wrong, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as seen from the repository's root.
    pub file: PathBuf,
    /// The line, from 1; 0 is the file as a whole.
    pub line: usize,
}

impl Place {
    /// The place of a byte in a text, whose first line is line `first_line` of `file`.
    pub fn of_byte(file: &Path, first_line: usize, text: &str, byte: usize) -> Self {
        let before = &text.as_bytes()[..byte.min(text.len())];
        let newlines = before.iter().filter(|each| **each == b'\n').count();
        Self {
            file: file.to_owned(),
            line: first_line + newlines,
        }
    }

    /// A problem at this place.
    pub fn problem(&self, what: impl Into<String>) -> Problem {
        Problem {
            place: self.clone(),
            what: what.into(),
        }
    }
}

/// Something that a lesson's writer has to mend. It says what was expected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What was found and what was expected.
    pub what: String,
}

impl Problem {
    /// A file that could not be read or written.
    pub fn io(file: &Path, why: &std::io::Error) -> Self {
        Self::of_file(file, why.to_string())
    }

    /// Something about a file as a whole.
    pub fn of_file(file: &Path, what: impl Into<String>) -> Self {
        let place = Place {
            file: file.to_owned(),
            line: 0,
        };
        place.problem(what)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.place.file.display();
        match self.place.line {
            0 => write!(f, "{file}: {}", self.what),
            line => write!(f, "{file}:{line}: {}", self.what),
        }
    }
}

impl std::error::Error for Problem {}
