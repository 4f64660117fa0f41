//! Run files: a run as TOML that a person can write and read. `docs/run-files.md` says what may stand in one.

mod actions;
#[cfg(test)]
mod docs_tests;
mod document;
mod scenario;
#[cfg(test)]
mod tests;
mod write;

use crate::out::Failure;
use crate::source::Opened;
use document::{File, Node, Table};
use sim_core::run::Run;
use sim_core::scenario::limits;
use sim_core::share::{self, Link};
use sim_core::units::Micros;
use std::rc::Rc;
use toml::de::DeTable;
pub use write::write;

/// The first line of every file that we write.
const HEAD: &str = "# A run of Netsplit. To follow it: netsplit replay THIS-FILE\n\n";

/// The keys that every run file may have.
const ALWAYS: &[&str] = &[
    "scenario", "version", "settings", "broken", "seed", "at", "digest", "actions", "link",
];

/// Reads a run file. `name` stands in what is said about mistakes.
pub fn read(name: &str, text: &str) -> Result<Opened, Failure> {
    let file = File { name, text };
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let what = error.message();
        file.wrong(at, "", format_args!("expected a run file in TOML: {what}"))
    })?;
    let top = Table::whole(file, &document);
    let known: Vec<&str> = ALWAYS.iter().chain(scenario::WHOLE).copied().collect();
    top.only(&known)?;
    match top.get("link") {
        Some(link) if !says_run(&top) => linked(&top, &link),
        link => said(&top, link.as_ref()),
    }
}

/// Whether a file says in words what is simulated.
fn says_run(top: &Table<'_>) -> bool {
    let keys = ["scenario", "protocol", "system"];
    keys.iter().any(|key| top.get(key).is_some())
}

/// A file that carries its run as a link, as the page writes it.
fn linked(top: &Table<'_>, link: &Node<'_>) -> Result<Opened, Failure> {
    if let Some(other) = top.keys().find(|key| *key != "link") {
        return Err(link.wrong(format_args!(
            "expected a scenario, a protocol or a system beside {other}, or the link alone"
        )));
    }
    Ok(Opened::link(decode(link)?))
}

fn decode(link: &Node<'_>) -> Result<Link, Failure> {
    let text = link.text("a link")?;
    let fragment = text.rsplit_once('#').map_or(text, |(_, fragment)| fragment);
    share::decode_from_file(fragment).map_err(|error| link.wrong(error))
}

/// A file that says its run in words. A link beside them is what the page reads; the words are what counts here.
fn said(top: &Table<'_>, link: Option<&Node<'_>>) -> Result<Opened, Failure> {
    if !says_run(top) {
        return Err(top.wrong(
            "expected scenario = \"ID\", protocol = \"NAME\", system = \"NAME\" or link = \"LINK\", found none",
        ));
    }
    let scenario = scenario::read(top)?;
    let cast = scenario::cast(&scenario);
    let seed = top.or("seed", 1, |node| {
        node.number("a seed, 0 to 18446744073709551615")
    })?;
    let actions = actions::read_all(top, "actions", &cast)?;
    let longest = "at most an hour, the longest that a run may last";
    if let Some(node) = top.get("actions")
        && actions
            .last()
            .is_some_and(|timed| timed.at > limits::LENGTH_MAX)
    {
        return Err(node.wrong(format_args!("expected times of {longest}")));
    }
    if let Some(node) = top.get("actions")
        && actions.len() > limits::ACTIONS_MAX
    {
        return Err(node.expected(format_args!("at most {} actions", limits::ACTIONS_MAX)));
    }
    let at = top.or("at", Micros::ZERO, |node| {
        let at = node.span()?;
        if at > limits::LENGTH_MAX {
            Err(node.expected(longest))
        } else {
            Ok(at)
        }
    })?;
    let digest = top.get("digest").map(|node| digest(&node)).transpose()?;
    let run = Run {
        scenario: Rc::new(scenario),
        seed,
        actions,
    };
    let said = Link {
        run,
        at,
        digest: digest.unwrap_or(0),
    };
    let mut notes = Vec::new();
    if let Some(node) = link
        && decode(node)?.run != said.run
    {
        let words = "its link is of another run than the rest of the file says; the rest was taken";
        if let Failure::Words(words) = node.wrong(words) {
            notes.push(words);
        }
    }
    Ok(Opened {
        link: said,
        says_digest: digest.is_some(),
        notes,
    })
}

/// The upper half of the digest at the run's end; 0 where it is not known.
fn digest(node: &Node<'_>) -> Result<u32, Failure> {
    let what = "eight hexadecimal digits, or \"unknown\"";
    match node.text(what)? {
        "unknown" => Ok(0),
        text if text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u32::from_str_radix(text, 16).map_err(|_| node.expected(what))
        }
        _ => Err(node.expected(what)),
    }
}
