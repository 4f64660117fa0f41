//! Opening what `replay` is given: a link in any of its forms, or a run file.

use crate::out::Failure;
use crate::runfile;
use sim_core::share::{self, Link};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest run file, in bytes: far above 5,000 actions.
const FILE_MAX: u64 = 8 << 20;

/// A run that was asked for.
#[derive(Debug)]
pub struct Opened {
    /// The run and its moment. A digest of 0 is not known.
    pub link: Link,
    /// Whether the source says anything of the digest, if only that it is not known.
    pub says_digest: bool,
    /// What whoever asked should know beside.
    pub notes: Vec<String>,
}

impl Opened {
    /// What a link alone says.
    pub fn link(link: Link) -> Self {
        Self {
            link,
            says_digest: true,
            notes: Vec::new(),
        }
    }
}

/// Opens a fragment with or without `#`, a whole address, the path of a run file, or `-` for standard input.
pub fn open(given: &OsStr) -> Result<Opened, Failure> {
    if given == "-" {
        return read("standard input", io::stdin().lock());
    }
    let shown = given.to_string_lossy();
    match std::fs::metadata(Path::new(given)) {
        Ok(found) if found.is_dir() => Err(Failure::new(format_args!(
            "{shown}: expected a run file, found a folder"
        ))),
        Ok(_) => {
            let file = File::open(given).map_err(|error| unreadable(&shown, &error))?;
            read(&shown, file)
        }
        Err(error) => {
            let text = given.to_str().ok_or_else(|| unreadable(&shown, &error))?;
            link(text)
        }
    }
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::new(format_args!(
        "{name}: expected a run file or a link: {error}"
    ))
}

/// A link: the fragment alone, or an address that ends in one.
fn link(text: &str) -> Result<Opened, Failure> {
    let text = text.trim();
    let fragment = text.rsplit_once('#').map(|(_, fragment)| fragment);
    if fragment.is_none() && text.contains(['/', '\\', '.']) {
        let what = if text.contains("://") {
            "no # with a run after it"
        } else {
            "no such file"
        };
        return Err(Failure::new(format_args!(
            "{}: expected a link or the path of a run file: {what}",
            short(text)
        )));
    }
    match share::decode(fragment.unwrap_or(text)) {
        Ok(link) => Ok(Opened::link(link)),
        Err(error) if fragment.is_some() => Err(Failure::new(error)),
        Err(error) => Err(Failure::new(format_args!(
            "{}: expected a link or the path of a run file: there is no such file, and read as a link: {error}",
            short(text)
        ))),
    }
}

/// The beginning of a text that may be long or hold anything.
pub fn short(text: &str) -> String {
    const MAX: usize = 40;
    let clean: String = text
        .chars()
        .take(MAX)
        .flat_map(char::escape_debug)
        .collect();
    let more = if text.chars().nth(MAX).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{clean}{more}`")
}

fn read(name: &str, from: impl Read) -> Result<Opened, Failure> {
    let mut bytes = Vec::new();
    let got = from.take(FILE_MAX + 1).read_to_end(&mut bytes);
    got.map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > FILE_MAX {
        let most = FILE_MAX >> 20;
        return Err(Failure::new(format_args!(
            "{name}: expected a run file of at most {most} MB, found more"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Failure::new(format_args!(
            "{name}, line {line}: expected UTF-8 text, found other bytes"
        ))
    })?;
    // A file, or what a pipe brings, may hold just a link.
    let bare = text.trim();
    let one_word = !bare.is_empty() && !bare.contains(char::is_whitespace);
    if one_word && (bare.contains("://") || !bare.contains(['=', '[', '"'])) {
        return link(bare);
    }
    runfile::read(name, &text)
}
