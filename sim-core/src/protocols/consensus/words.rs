//! Words for what a replicated log holds and what clients and servers say, and cards for the servers.

use super::ballot::Ballot;
use super::client::Talk;
use super::log::{Content, Entry, Index, Log, Term};
use super::machine::Machine;
use super::members::Members;
use crate::operation::{Answer, KEYS, Operation};
use crate::units::Endpoint;
use crate::view::Part::{List, Number, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill, number};
use crate::words::gaps;
use alloc::string::String;

/// What an operation does, as short as there is.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn operation_words(operation: Operation) -> String {
    let words = match operation {
        Operation::Get { .. } | Operation::GetAs { .. } => "{key}?",
        Operation::Put { .. } => "{key} = {to}",
        Operation::CompareAndSet { .. } => "{key}: {from} → {to}",
        Operation::GuardedWrite { .. } => "write {to}",
        other => other.name(),
    };
    fill(words, &gaps(operation))
}

/// What an entry says.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn entry_words(entry: &Entry) -> String {
    match entry.content {
        Content::NoOp | Content::Stamped(_, None) => String::from("no-op"),
        Content::Command(command) | Content::Stamped(_, Some(command)) => {
            operation_words(command.operation)
        }
        Content::Members(members) => fill(
            "{n} members",
            &[("n", Number(i64::from(members.0.count())))],
        ),
        Content::Session(grant) if grant.opens => String::from("open session"),
        Content::Session(_) => String::from("close session"),
        Content::Begins(_) => String::from("new master"),
    }
}

/// A ballot as people write it: its round, and its server, counted from 1.
pub fn ballot(ballot: Ballot) -> String {
    let parts = [
        ("a", Number(i64::from(ballot.round))),
        ("s", Number(i64::from(ballot.server) + 1)),
    ];
    match ballot.round {
        0 => String::from("none"),
        _ => fill("{a}.{s}", &parts),
    }
}

/// Whether it asks for something to be read or to be written.
pub const fn tone(operation: Operation) -> Tone {
    match operation.is_read() {
        true => Tone::Read,
        false => Tone::Write,
    }
}

/// What clients and servers say, as it travels.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn talk(talk: &Talk) -> MessageView {
    let (kind, label, tone, n, words) = match talk {
        Talk::Request { command } => {
            let operation = command.operation;
            let words = operation_words(operation);
            (operation.name(), "{words}", tone(operation), 0, words)
        }
        Talk::Answer { answer, .. } => {
            let (label, tone, n) = match answer {
                Answer::Refused(_) => ("refused", Tone::No, 0),
                Answer::Value(value) => ("{n}", Tone::Ok, *value),
                _ => ("done", Tone::Ok, 0),
            };
            ("answer", label, tone, n, String::new())
        }
        Talk::Redirect { .. } => ("redirect", "not here", Tone::No, 0, String::new()),
        Talk::Cancel { .. } => ("cancel", "never mind", Tone::No, 0, String::new()),
    };
    let parts = [("n", Number(n)), ("words", Text(&words))];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

/// What the keys hold that were ever set, or who has the lock.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn machine_words(machine: &Machine) -> String {
    let mut words = String::new();
    for (key, value) in KEYS.iter().zip(machine.values) {
        if value > 0 {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(key);
            words.push('=');
            words.push_str(&number(i64::from(value)));
        }
    }
    if machine.lock.given > 0 {
        let held = match machine.lock.is_held {
            true => "token {n}",
            false => "free",
        };
        let parts = [("n", Number(i64::from(machine.lock.given)))];
        words.push_str(&fill(held, &parts));
    }
    if words.is_empty() {
        words.push_str("empty");
    }
    words
}

/// A server as a card: what its log has come to, and the log's rows. Entries up to `commit` are settled; `row` is how one
/// is told, with `{words}` and `{term}`.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn history(log: &Log, commit: Index, machine: &Machine, row: &'static str) -> NodeView {
    let mut view = NodeView {
        label: "applied",
        value: machine_words(machine),
        ..NodeView::default()
    };
    let (base, last) = (log.base().index, log.last_index());
    for place in base.0 + 1..=last.0 {
        let Some(entry) = log.get(Index(place)) else {
            continue;
        };
        let is_committed = place <= commit.0;
        let tone = if is_committed {
            Tone::Write
        } else {
            Tone::Vote
        };
        let words = entry_words(entry);
        let parts = [
            ("term", Number(i64::from(entry.term.0))),
            ("words", Text(&words)),
        ];
        let text = fill(row, &parts);
        view.terms.push_str(&fill(" {term}", &parts));
        let row = view.row(Number(i64::from(place)), Text(&text), tone);
        row.settled = is_committed;
        row.op = entry.command().map(|command| command.op);
    }
    view
}

/// A server as a card, with what is counted of a log that has terms and snapshots.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn node(
    term: Term,
    log: &Log,
    (commit, applied): (Index, Index),
    members: Members,
    machine: &Machine,
) -> NodeView {
    let mut view = history(log, commit, machine, "{words} (term {term})");
    view.rows_label = "log";
    view.terms_label = "terms";
    let (base, last) = (log.base().index, log.last_index());
    view.count("term", term.0, true);
    view.count("log ends at", last.0, true);
    view.count("snapshot up to", base.0, true);
    view.count("committed up to", commit.0, false);
    view.count("applied up to", applied.0, false);
    view.count("members", members.0.count(), true);
    view
}

/// How the servers stand together: how far each has applied the log.
#[cfg_attr(feature = "shelved", inline(never))]
pub fn standing(applied: &[Index], names: &Names<'_>) -> Standing {
    let furthest = applied.iter().max().copied();
    let mut standing = Standing {
        title: "Store",
        ..Standing::default()
    };
    for (place, one) in (0..).zip(applied) {
        if Some(*one) != furthest {
            standing.stale = standing.stale.with(Endpoint(place));
        }
    }
    let is_all = standing.stale.is_empty();
    standing.tone = if is_all { Tone::Ok } else { Tone::Stale };
    let sentence = match is_all {
        true => "Every server has applied its log up to entry {n}.",
        false => "The log is applied up to entry {n}, but not yet by {those}.",
    };
    let parts = [
        ("n", Number(i64::from(furthest.unwrap_or_default().0))),
        ("those", List(names, standing.stale)),
    ];
    standing.words = fill(sentence, &parts);
    standing
}
