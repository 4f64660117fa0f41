//! Words and cards, and how the servers stand together.

use super::message::{Message, Note, Tx};
use super::spec::REASONS;
use super::{COORDINATOR, Config, TwoPhaseCommit};
use crate::operation::{KEYS, Operation};
use crate::protocol::Replica;
use crate::protocols::consensus::Command;
use crate::protocols::consensus::words::{self, machine_words, operation_words};
use crate::units::{Endpoint, Mask};
use crate::view::Part::{List, Number, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill};
use alloc::string::String;
use alloc::vec::Vec;

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone, tx, command) = match message {
        Message::Talk(talk) => return words::talk(talk),
        Message::Prepare { tx, command } => {
            ("prepare", "prepare {does}", Tone::Vote, tx, Some(command))
        }
        Message::Vote { tx, no: None } => ("vote", "yes {tx}", Tone::Vote, tx, None),
        Message::Vote { tx, .. } => ("vote", "no {tx}", Tone::No, tx, None),
        Message::Decision { tx, commits: true } => ("commit", "commit {tx}", Tone::Ok, tx, None),
        Message::Decision { tx, .. } => ("abort", "abort {tx}", Tone::No, tx, None),
        Message::Acknowledge { tx } => ("acknowledge", "ack {tx}", Tone::Write, tx, None),
        Message::Ask { tx } => ("ask", "what of {tx}?", Tone::Stale, tx, None),
    };
    let (number, does) = (tx_words(*tx), does_words(*tx, operation_of(command)));
    let label = fill(label, &[("tx", Text(&number)), ("does", Text(&does))]);
    MessageView { kind, label, tone }
}

fn operation_of(command: Option<&Command>) -> Option<Operation> {
    command.map(|command| command.operation)
}

/// A transaction as people write it: `1.3` is the third since the coordinator's first start.
fn tx_words(tx: Tx) -> String {
    let numbers = [tx.epoch, tx.number].map(|number| Number(i64::from(number)));
    fill("{a}.{s}", &[("a", numbers[0]), ("s", numbers[1])])
}

/// What a transaction does; where that is not known, which it is.
fn does_words(tx: Tx, operation: Option<Operation>) -> String {
    match operation {
        Some(operation) => operation_words(operation),
        None => fill("transaction {tx}", &[("tx", Text(&tx_words(tx)))]),
    }
}

fn key_words(operation: Option<Operation>) -> &'static str {
    let key = operation.and_then(Operation::key);
    let name = key.and_then(|key| KEYS.get(usize::from(key)));
    name.copied().unwrap_or_default()
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, tx, b, .. } = *note;
    let operation = note.operation();
    let (number, does) = (tx_words(tx), does_words(tx, operation));
    let is_one = Mask(b).count() == 1;
    let parts = [
        ("who", Text(names.of(me))),
        ("tx", Text(&number)),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("those", List(names, Mask(b))),
        ("have", Text(if is_one { "has" } else { "have" })),
        ("does", Text(&does)),
        ("key", Text(key_words(operation))),
    ];
    let sentence = REASONS.get(usize::from(why)).copied();
    fill(sentence.unwrap_or_default(), &parts)
}

pub(super) fn node(config: &Config, me: Endpoint, replica: &Replica<TwoPhaseCommit>) -> NodeView {
    let mut view = NodeView {
        rows_label: "transactions",
        ..NodeView::default()
    };
    match me == COORDINATOR {
        true => {
            view.leads = Some(0);
            coordinator(config, replica, &mut view);
        }
        false => manager(replica, &mut view),
    }
    view
}

/// A transaction with what it does, and what is decided, if anything is.
type Known = (Tx, Option<Command>, Option<bool>);

/// Transactions as rows, in the order of their numbers, which is nearly that in which they come: sorting takes more code.
fn rows(view: &mut NodeView, all: &mut dyn Iterator<Item = Known>) {
    let mut rows: Vec<Known> = Vec::new();
    for one in all {
        let before = rows.iter().rposition(|(tx, ..)| *tx < one.0);
        rows.insert(before.map_or(0, |place| place + 1), one);
    }
    for (tx, command, commits) in rows {
        let operation = operation_of(command.as_ref());
        let does = operation.map_or_else(|| String::from("?"), operation_words);
        let tone = match commits {
            Some(true) => Tone::Write,
            Some(false) => Tone::No,
            None => Tone::Vote,
        };
        let row = view.row(Text(&tx_words(tx)), Text(&does), tone);
        row.settled = commits.is_some();
        row.struck = commits == Some(false);
        row.op = command.map(|command| command.op);
    }
}

fn coordinator(config: &Config, replica: &Replica<TwoPhaseCommit>, view: &mut NodeView) {
    let Replica { disk, memory } = replica;
    let decided = || disk.decided.iter().chain(&memory.aborted);
    view.label = "decided";
    view.value = match decided().max_by_key(|one| one.tx) {
        None => String::from("?"),
        Some(last) => {
            let words = match last.commits {
                true => "commit {tx}",
                false => "abort {tx}",
            };
            fill(words, &[("tx", Text(&tx_words(last.tx)))])
        }
    };
    let owed = disk.decided.iter().map(|one| one.owed.0);
    let owes = Mask(owed.fold(0, |all, one| all | one));
    let last = memory.open.last();
    let (badge, tone, pending, heard) = match last {
        Some(open) => {
            let pending = "{n} of {all} votes";
            ("phase 1 · {tx}", Tone::Vote, pending, open.yes.count())
        }
        None if !owes.is_empty() => {
            let heard = config.managers.without(owes).count();
            let pending = "{n} of {all} acknowledgements";
            ("phase 2", Tone::Write, pending, heard)
        }
        None => ("coordinator", Tone::Plain, "", 0),
    };
    let number = tx_words(last.map_or(Tx::default(), |open| open.tx));
    let parts = [
        ("tx", Text(&number)),
        ("n", Number(i64::from(heard))),
        ("all", Number(i64::from(config.managers.count()))),
    ];
    view.badge = fill(badge, &parts);
    view.badge_tone = tone;
    view.pending = fill(pending, &parts);
    let open = memory.open.iter();
    let open = open.map(|open| (open.tx, Some(open.command), None));
    let all = decided().map(|one| (one.tx, one.command, Some(one.commits)));
    rows(view, &mut all.chain(open));
    view.count("starts", disk.epoch, true);
    view.count("commits on disk", disk.decided.len() as u32, true);
    view.count("counting votes on", memory.open.len() as u32, false);
    let sessions = disk.machine.sessions.list().len();
    view.count("clients answered", sessions as u32, true);
}

fn manager(replica: &Replica<TwoPhaseCommit>, view: &mut NodeView) {
    let Replica { disk, memory } = replica;
    view.label = "data";
    view.value = machine_words(&disk.machine);
    view.badge = String::from("manager");
    let mut locked = String::new();
    for (_, command) in &disk.prepared {
        if !locked.is_empty() {
            locked.push(' ');
        }
        locked.push_str(key_words(Some(command.operation)));
    }
    if let Some((_, command)) = disk.prepared.first() {
        view.badge = String::from("in doubt");
        view.badge_tone = Tone::Stale;
        let does = operation_words(command.operation);
        let parts = [("does", Text(&does)), ("locked", Text(&locked))];
        view.pending = fill("{does}? · locked: {locked}", &parts);
        view.stands_with = Some(COORDINATOR);
    }
    let in_doubt = disk.prepared.iter();
    let in_doubt = in_doubt.map(|(tx, command)| (*tx, Some(*command), None));
    let decided = disk.decided.iter();
    let decided = decided.map(|one| (one.tx, one.command, Some(one.commits)));
    rows(view, &mut decided.chain(in_doubt));
    view.fact("locked keys", locked, true);
    view.count("voted yes, in doubt", disk.prepared.len() as u32, true);
    view.count("decided", disk.decided.len() as u32, true);
    view.count("reads that wait", memory.readers.len() as u32, false);
}

/// The oldest transaction that some manager is in doubt about, and who else knows what became of it.
pub(super) fn standing(replicas: &[Replica<TwoPhaseCommit>], names: &Names<'_>) -> Standing {
    let mut standing = Standing {
        title: "Transactions",
        ..Standing::default()
    };
    let in_doubt = replicas.iter().flat_map(|one| &one.disk.prepared);
    let Some((tx, command)) = in_doubt.min_by_key(|(tx, _)| *tx).copied() else {
        let all = replicas.iter().map(|one| one.disk.decided.len());
        let is_none = all.sum::<usize>() == 0;
        standing.tone = if is_none { Tone::Plain } else { Tone::Ok };
        standing.words = String::from(match is_none {
            true => "No server has voted on anything.",
            false => "No server is in doubt about anything.",
        });
        return standing;
    };
    let (mut open, mut knows) = (false, Mask::EMPTY);
    for (place, one) in (0..).zip(replicas) {
        let me = Endpoint(place);
        if one.disk.prepared(tx).is_some() {
            standing.stale = standing.stale.with(me);
        }
        let aborted = one.memory.aborted.iter().any(|one| one.tx == tx);
        if aborted || one.disk.decided(tx).is_some() {
            knows = knows.with(me);
        }
        open |= one.memory.open.iter().any(|open| open.tx == tx);
    }
    standing.tone = Tone::Stale;
    standing.ops.push(command.op);
    let sentence = match knows.count() {
        _ if open => "{those} {have} voted yes to {does}; {S} counts the votes.",
        0 => "{those} {are} in doubt about {does}, and nobody knows a decision.",
        1 => "{those} {are} in doubt about {does}: only {others} knows.",
        _ => "{those} {are} in doubt about {does}; {others} know.",
    };
    let is_one = standing.stale.count() == 1;
    let does = operation_words(command.operation);
    let parts = [
        ("those", List(names, standing.stale)),
        ("have", Text(if is_one { "has" } else { "have" })),
        ("are", Text(if is_one { "is" } else { "are" })),
        ("does", Text(&does)),
        ("S", Text(names.of(COORDINATOR))),
        ("others", List(names, knows)),
    ];
    standing.words = fill(sentence, &parts);
    standing
}
