//! Words and cards, and how the servers stand together.

use super::message::Message;
use super::node::OF_SESSION;
use super::spec::{ELECTION, REASONS};
use super::{Config, Disk, Memory, Role};
use crate::protocols::consensus::words::{self, entry_words, machine_words, operation_words};
use crate::protocols::consensus::{Ballot, Batch, Index, Note, Stamp};
use crate::units::Endpoint;
use crate::view::Part::{Number, Text};
use crate::view::{MessageView, Names, NodeView, Part, Tone, fill};
use alloc::string::String;

pub(in crate::protocols) fn message(message: &Message) -> MessageView {
    let none = Ballot::default();
    let (kind, label, tone, ballot, n) = match message {
        Message::Talk(talk) => return words::talk(talk),
        Message::Prepare { ballot, .. } => {
            ("prepare", "prepare {a}.{s}", Tone::Vote, *ballot, Index(0))
        }
        Message::Promise {
            ballot, entries, ..
        } => match entries.entries().len() {
            0 => ("promise", "promise {a}.{s}", Tone::Vote, *ballot, Index(0)),
            count => {
                let n = Index(count as u32);
                ("promise", "promise, {n} slots", Tone::Vote, *ballot, n)
            }
        },
        Message::Accept { entries, first, .. } => match entries.entries().len() {
            0 => ("accept", "heartbeat", Tone::Plain, none, *first),
            1 => ("accept", "{n}: {does}", Tone::Write, none, *first),
            count => {
                let n = Index(count as u32);
                ("accept", "{n} slots", Tone::Write, none, n)
            }
        },
        Message::Accepted { first, last, .. } => {
            let label = match last >= first {
                true => "accepted {n}",
                false => "still here",
            };
            ("accepted", label, Tone::Ok, none, *last)
        }
        Message::Refuse { promised, .. } => {
            ("refuse", "no: {a}.{s}", Tone::No, *promised, Index(0))
        }
        Message::Fetch { first } => ("fetch", "what is in {n}?", Tone::Read, none, *first),
        Message::Chosen { first, entries } => {
            let count = entries.entries().len() as u32;
            let n = Index(first.0 + count).back();
            ("chosen", "chosen up to {n}", Tone::Ok, none, n)
        }
    };
    let does = match message {
        Message::Accept { entries, .. } => first_words(entries),
        _ => String::new(),
    };
    let parts = [
        ("a", Number(i64::from(ballot.round))),
        ("s", Number(i64::from(ballot.server) + 1)),
        ("n", Number(i64::from(n.0))),
        ("does", Text(&does)),
    ];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

/// A timestamp in whole milliseconds, as far as it is reached.
fn moment(stamp: Stamp) -> Part<'static> {
    Number(i64::from(stamp.0 / 1_000))
}

fn first_words(entries: &Batch) -> String {
    let first = entries.entries().first();
    first.map(entry_words).unwrap_or_default()
}

pub(in crate::protocols) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let does = match Note::to_operation(n) {
        Some(operation) => operation_words(operation),
        None if n == OF_SESSION => String::from("a session"),
        None => String::from("no-op"),
    };
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("s", Number(i64::from(b) + 1)),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("n", Number(n)),
        ("t", moment(Stamp(a))),
        ("does", Text(&does)),
    ];
    let sentence = REASONS.get(usize::from(why)).copied();
    fill(sentence.unwrap_or_default(), &parts)
}

pub(in crate::protocols) fn node(
    config: &Config,
    me: Endpoint,
    disk: &Disk,
    memory: &Memory,
) -> NodeView {
    let mut view = NodeView {
        label: "applied",
        value: machine_words(&memory.machine),
        rows_label: "log",
        terms_label: "ballots",
        ..NodeView::default()
    };
    let (badge, tone, ballot) = match memory.role {
        Role::Leading => ("leader · {ballot}", Tone::Ok, memory.ballot),
        Role::Preparing => ("phase 1 · {ballot}", Tone::Vote, memory.ballot),
        Role::Follower if disk.promised.round == 0 => ("acceptor", Tone::Read, disk.promised),
        Role::Follower => ("acceptor {ballot}", Tone::Read, disk.promised),
    };
    let ballot = words::ballot(ballot);
    let servers = config.servers.0.count();
    let parts = [
        ("ballot", Text(&ballot)),
        ("heard", Number(i64::from(memory.heard.count()))),
        ("servers", Number(i64::from(servers))),
    ];
    view.badge = fill(badge, &parts);
    view.badge_tone = tone;
    view.leads = (memory.role == Role::Leading).then_some(memory.ballot.round);
    view.alarm = (memory.role != Role::Leading).then_some(ELECTION);
    let promised = Endpoint(disk.promised.server);
    let other = |who: &Endpoint| *who != Endpoint::NONE && *who != me;
    let has_promised = (disk.promised.round > 0).then_some(promised);
    view.stands_with = [Some(memory.leader), has_promised]
        .into_iter()
        .flatten()
        .find(other);
    if memory.role == Role::Preparing {
        view.pending = fill("{heard} of {servers} promises", &parts);
    }
    let last = disk.log.last_index();
    for place in 1..=last.0 {
        let Some(entry) = disk.log.get(Index(place)) else {
            continue;
        };
        let is_open = place > disk.commit.0;
        // A leader knows of a slot ahead of what is chosen.
        let ahead = (place as usize).checked_sub(disk.commit.0 as usize + 1);
        let by = ahead.and_then(|ahead| memory.acks.get(ahead));
        let is_chosen = !is_open || by.is_some_and(|by| config.is_quorum(*by));
        let words = entry_words(entry);
        let ballot = words::ballot(Ballot::of(entry.term));
        let stamp = entry.stamp().unwrap_or_default();
        let parts = [
            ("words", Text(&words)),
            ("ballot", Text(&ballot)),
            ("t", moment(stamp)),
        ];
        let text = match entry.stamp() {
            Some(_) => "{words} at {t} ms ({ballot})",
            None => "{words} ({ballot})",
        };
        let (text, tone) = match entry.is_empty() {
            true => (String::from("nothing yet"), Tone::Stale),
            false if is_chosen => (fill(text, &parts), Tone::Write),
            false => (fill(text, &parts), Tone::Vote),
        };
        let mark = match entry.is_empty() {
            true => " ·",
            false => " {ballot}",
        };
        view.terms.push_str(&fill(mark, &parts));
        let row = view.row(Number(i64::from(place)), Text(&text), tone);
        row.settled = is_chosen;
        row.op = entry.command().map(|command| command.op);
    }
    view.fact("promised ballot", words::ballot(disk.promised), true);
    view.count("log ends at", last.0, true);
    view.count("chosen up to", disk.commit.0, true);
    view.count("applied up to", memory.applied.0, false);
    view.count("open slots", memory.acks.len() as u32, false);
    if let Some(epsilon) = config.epsilon {
        view.interval = Some((-epsilon, epsilon));
        let safe = fill("{t} ms", &[("t", moment(memory.safe))]);
        view.fact("safe up to", safe, false);
    }
    view
}
