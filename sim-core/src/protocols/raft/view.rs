//! Words and cards, and how the servers stand together.

use super::message::{Content, LogEntry, Message, Note};
use super::spec::{INVARIANTS, REASONS};
use super::{Raft, Role};
use crate::operation::{Answer, KEYS, Operation};
use crate::protocol::{Replica, Sightings};
use crate::protocols::consensus::{Index, Machine};
use crate::units::{Endpoint, Mask};
use crate::view::Part::{List, Number, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill, number};
use crate::words::value_parts;
use alloc::string::String;

/// What an operation does, as short as there is.
fn operation_words(operation: Operation) -> String {
    let words = match operation {
        Operation::Get { .. } | Operation::GetAs { .. } => "{key}?",
        Operation::Put { .. } => "{key} = {to}",
        Operation::CompareAndSet { .. } => "{key}: {from} → {to}",
        Operation::GuardedWrite { .. } => "write {to}",
        other => other.name(),
    };
    let [key, from, to] = value_parts(operation);
    fill(words, &[("key", key), ("from", from), ("to", to)])
}

fn entry_words(entry: &LogEntry) -> String {
    match entry.content {
        Content::NoOp => String::from("no-op"),
        Content::Command(command) => operation_words(command.operation),
        Content::Members(members) => fill(
            "{n} members",
            &[("n", Number(i64::from(members.0.count())))],
        ),
    }
}

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone, n, words) = match message {
        Message::Request { command } => {
            let tone = match command.operation.is_read() {
                true => Tone::Read,
                false => Tone::Write,
            };
            let words = operation_words(command.operation);
            (command.operation.name(), "{words}", tone, 0, words)
        }
        Message::Answer { answer, .. } => {
            let (label, tone, n) = match answer {
                Answer::Refused(_) => ("refused", Tone::No, 0),
                Answer::Value(value) => ("{n}", Tone::Ok, *value),
                _ => ("done", Tone::Ok, 0),
            };
            ("answer", label, tone, n, String::new())
        }
        Message::Redirect { .. } => ("redirect", "not here", Tone::No, 0, String::new()),
        Message::RequestVote { term, pre, .. } => {
            let label = match pre {
                true => "vote for {n}?",
                false => "vote in {n}",
            };
            let n = i64::from(term.0);
            ("request-vote", label, Tone::Vote, n, String::new())
        }
        Message::Vote { granted: true, .. } => ("vote", "yes", Tone::Ok, 0, String::new()),
        Message::Vote { .. } => ("vote", "no", Tone::No, 0, String::new()),
        Message::Append { entries, prev, .. } => match entries.as_deref() {
            Some([one]) => {
                let n = i64::from(prev.index.0) + 1;
                ("append", "{n}: {words}", Tone::Write, n, entry_words(one))
            }
            Some(entries) => {
                let n = entries.len() as i64;
                ("append", "{n} entries", Tone::Write, n, String::new())
            }
            None => ("append", "heartbeat", Tone::Plain, 0, String::new()),
        },
        Message::Appended { matched, at, .. } => {
            let (label, tone) = match matched {
                true => ("has {n}", Tone::Ok),
                false => ("no match", Tone::No),
            };
            ("appended", label, tone, i64::from(at.0), String::new())
        }
        Message::Install { snapshot, .. } => {
            let n = i64::from(snapshot.at.index.0);
            ("install", "up to {n}", Tone::Write, n, String::new())
        }
        Message::HandOver { .. } => ("hand-over", "let me lead", Tone::Vote, 0, String::new()),
        Message::TimeoutNow { .. } => ("timeout-now", "stand now", Tone::Vote, 0, String::new()),
        Message::Forward { command, .. } => {
            let tone = match command.operation.is_read() {
                true => Tone::Read,
                false => Tone::Write,
            };
            let words = operation_words(command.operation);
            ("forward", "{words}", tone, 0, words)
        }
        Message::ReadAt { index, .. } => {
            let n = i64::from(index.0);
            ("read-at", "read at {n}", Tone::Read, n, String::new())
        }
        Message::Cancel { .. } => ("cancel", "never mind", Tone::No, 0, String::new()),
    };
    let parts = [("n", Number(n)), ("words", Text(&words))];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let operation = Note::to_operation(n);
    let does = operation.map(operation_words).unwrap_or_default();
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("b", Number(i64::from(b))),
        ("n", Number(n)),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("those", List(names, Mask(b))),
        ("does", Text(&does)),
    ];
    let sentence = REASONS.get(usize::from(why)).copied();
    fill(sentence.unwrap_or_default(), &parts)
}

/// What the keys hold that were ever set, or who has the lock.
fn machine_words(machine: &Machine) -> String {
    let mut words = String::new();
    for (key, value) in KEYS.iter().zip(machine.values) {
        if value > 0 {
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(key);
            words.push_str(" = ");
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

pub(super) fn node(me: Endpoint, replica: &Replica<Raft>) -> NodeView {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let (_, members) = memory.latest();
    let (badge, badge_tone) = match memory.role {
        _ if !members.has(me) => ("no member", Tone::Plain),
        Role::Leader => ("leader", Tone::Ok),
        Role::Candidate => ("candidate", Tone::Vote),
        Role::PreCandidate => ("asks first", Tone::Vote),
        Role::Follower => ("follower", Tone::Read),
    };
    let mut view = NodeView {
        badge: String::from(badge),
        badge_tone,
        label: "applied",
        value: machine_words(&memory.machine),
        rows_label: "log",
        ..NodeView::default()
    };
    let (base, last) = (disk.log.base().index, disk.log.last_index());
    for place in base.0 + 1..=last.0 {
        let Some(entry) = disk.log.get(Index(place)) else {
            continue;
        };
        let is_committed = place <= memory.commit.0;
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
        let text = fill("{words} (term {term})", &parts);
        let row = view.row(Number(i64::from(place)), Text(&text), tone);
        row.settled = is_committed;
        row.op = super::state::command(entry).map(|command| command.op);
    }
    view.count("term", disk.term.0, true);
    view.count("log ends at", last.0, true);
    view.count("snapshot up to", base.0, true);
    view.count("committed up to", memory.commit.0, false);
    view.count("applied up to", memory.applied.0, false);
    view.count("members", members.0.count(), true);
    let open = last.0 - memory.commit.0.min(last.0);
    if open > 0 {
        view.pending = fill("{n} not committed", &[("n", Number(i64::from(open)))]);
    }
    view
}

pub(super) fn standing(
    replicas: &[Replica<Raft>],
    seen: &Sightings,
    names: &Names<'_>,
) -> Standing {
    let furthest = replicas.iter().map(|one| one.memory.applied).max();
    let mut standing = Standing {
        title: "Store",
        ..Standing::default()
    };
    for (place, replica) in (0..).zip(replicas) {
        if Some(replica.memory.applied) != furthest {
            standing.stale = standing.stale.with(Endpoint(place));
        }
    }
    if let Some(found) = seen.findings.iter().find(|found| found.promised) {
        let promise = INVARIANTS[usize::from(found.invariant)].words;
        let parts = [
            ("promise", Text(promise)),
            ("who", Text(names.of(found.node))),
        ];
        standing.tone = Tone::No;
        standing.head = String::from("A promise was broken.");
        standing.words = fill(
            "It is promised that {promise}; with {who} it went otherwise.",
            &parts,
        );
        standing.ops.extend(found.op);
        return standing;
    }
    let is_all = standing.stale.is_empty();
    standing.tone = if is_all { Tone::Ok } else { Tone::Stale };
    let sentence = match is_all {
        true => "Every server has applied {n} entries.",
        false => "{n} entries are applied, but not yet by {those}.",
    };
    let parts = [
        ("n", Number(i64::from(furthest.unwrap_or_default().0))),
        ("those", List(names, standing.stale)),
    ];
    standing.words = fill(sentence, &parts);
    standing
}
