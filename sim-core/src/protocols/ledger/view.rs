//! Words and cards.

use super::message::{Ballot, Entry, Message, Note, Why};
use super::state::{Line, Phase};
use super::{Config, Ledger, Policy, Reconcile};
use crate::operation::{Answer, Operation};
use crate::protocol::Replica;
use crate::units::{Endpoint, Mask, Micros};
use crate::view::{Fact, MessageView, Names, NodeView, Row, Tone, fill, number};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn signed(change: i64) -> String {
    if change < 0 {
        number(change)
    } else {
        fill("+{n}", &[("n", &number(change))])
    }
}

fn line_words(change: i64) -> String {
    if change == 0 {
        String::from("nothing")
    } else {
        signed(change)
    }
}

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone) = match message {
        Message::Request { operation, .. } => match operation {
            Operation::Balance => ("balance?", "balance?", Tone::Read),
            Operation::Deposit { .. } => ("deposit", "{change}", Tone::Write),
            Operation::Withdraw { .. } => ("withdraw", "{change}", Tone::Write),
        },
        Message::Answer { answer, .. } => match answer {
            Answer::Done => ("answer", "done", Tone::Ok),
            Answer::Value(_) => ("answer", "{number}", Tone::Ok),
            Answer::Refused(_) => ("answer", "refused", Tone::No),
        },
        Message::Prepare { .. } => ("prepare", "line {line}?", Tone::Vote),
        Message::Promise { accepted: None, .. } => ("promise", "line {line}: yes", Tone::Vote),
        Message::Promise { .. } => ("promise", "line {line}: yes, had {what}", Tone::Vote),
        Message::Accept { .. } => ("accept", "line {line}: {what}", Tone::Write),
        Message::Accepted { .. } => ("accepted", "line {line} ✓", Tone::Write),
        Message::Overtaken { .. } => ("overtaken", "line {line}: no", Tone::No),
        Message::Decided { .. } => ("decided", "line {line} stands: {what}", Tone::Ok),
        Message::Ask { .. } => ("ask", "how far?", Tone::Read),
        Message::Tell { .. } => ("tell", "{number} lines", Tone::Read),
        Message::Phone { .. } => ("phone", "{change}", Tone::Write),
        Message::Have { .. } => ("have", "have {number}", Tone::Ok),
    };
    let (slot, carried) = numbers(message);
    let parts = [
        ("line", &*slot.saturating_add(1).to_string()),
        ("number", &number(carried)),
        ("change", &signed(carried)),
        ("what", &line_words(carried)),
    ];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

/// The slot that a message is about, and the number that it carries.
fn numbers(message: &Message) -> (u32, i64) {
    match *message {
        Message::Request { operation, .. } => (0, operation.change()),
        Message::Answer { answer, .. } => (0, answer.code().1),
        Message::Prepare { slot, .. }
        | Message::Accepted { slot, .. }
        | Message::Overtaken { slot, .. } => (slot, 0),
        Message::Promise { slot, accepted, .. } => {
            (slot, accepted.map_or(0, |(_, entry)| entry.change))
        }
        Message::Accept { slot, entry, .. } | Message::Decided { slot, entry } => {
            (slot, entry.change)
        }
        Message::Ask { .. } => (0, 0),
        Message::Tell { top, .. } => (0, i64::from(top)),
        Message::Phone { line } => (0, line.entry.change),
        Message::Have { counts } => (0, counts.iter().map(|count| i64::from(*count)).sum()),
    }
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let silent = Mask::first(names.nodes).without(Mask(a));
    let others = Mask(b).without(Mask::of(me));
    let lines = if b == 1 { "a line" } else { "{b} lines" };
    let b_words = b.to_string();
    let parts = [
        ("who", names.of(me)),
        ("a", &*a.to_string()),
        ("line", &a.saturating_add(1).to_string()),
        ("A", names.of(Endpoint(a as u8))),
        ("B", names.of(Endpoint(b as u8))),
        ("those", &names.list(Mask(b))),
        ("others", &names.list(others)),
        ("silent", &names.list(silent)),
        ("lines", &fill(lines, &[("b", &b_words)])),
        ("number", &number(n)),
        ("change", &line_words(n)),
        ("span", &Micros(n.unsigned_abs()).to_string()),
    ];
    let sentence = match why {
        Why::Unsure if silent.is_empty() => {
            "{who} could not settle it within {span}, so it refuses."
        }
        Why::Proposes if n == 0 => {
            "{who} asks the others for line {line}, to find out whether anything stands there."
        }
        Why::Writes if Mask(b).count() < 2 => {
            "{who}, writes {change} in line {line} and asks the others to do the same."
        }
        Why::TooLate if b == 1 => "{who} no longer waits. It had been done all the same.",
        _ => sentence(why),
    };
    fill(sentence, &parts)
}

/// Why a branch did what it did: `a`, `b` and `n` of the note in words. `{A}` and `{B}` are branches, `{those}` and
/// `{others}` the branches in `b` with and without this one, `{silent}` those that are not in `a`.
const fn sentence(why: Why) -> &'static str {
    match why {
        Why::Proposes => {
            "{who} asks the others for line {line} of the book, to write {change} there."
        }
        Why::Promises => "{who} promises line {line} to {B}, and writes the promise down.",
        Why::RefusesBallot => "{who} says no: it has promised line {line} to a later call of {B}.",
        Why::Writes => {
            "{who}, with the word of {others}, writes {change} in line {line} and asks the others to do the same."
        }
        Why::Adopts => {
            "{who} learns that {change} may already stand in line {line}, so it carries that on before its own."
        }
        Why::Decides => "{those} hold {change} in line {line}: it stands.",
        Why::Unsure => "{who} did not hear from {silent} for {span}, so it refuses.",
        Why::CannotSay => {
            "{who} can neither confirm nor refuse: it has sent {change} out for line {line}, and it may or may not stand."
        }
        Why::ReadsAsIs => "{who} answers {number} from its own book, without asking anybody.",
        Why::ReadsConfirmed => {
            "{others} confirmed that the book goes no further, so {who} answers {number}."
        }
        Why::NotEnough => "{who} refuses to pay out {a}: the account holds {number}.",
        Why::Serves => {
            "{who} writes it in its own book and confirms at once: {number} now. It phones the others afterwards."
        }
        Why::Reconciles => "{who} takes over a line of {A}: {number} now.",
        Why::Outdates => {
            "{A}’s balance has the later timestamp and wins: {who} now says {number}, and {lines} that it had counted no longer count."
        }
        Why::Outdated => {
            "{A}’s line has the earlier timestamp and loses: {who} still says {number}."
        }
        Why::CatchesUp => "{who} tells {B} what it has missed, up to line {a}.",
        Why::TooLate => "{who} no longer waits for this answer.",
        Why::Overtaken => {
            "{who} was overtaken by {B} in line {line}; it waits a little and tries again."
        }
        Why::Confirms => "{who} asks the others how far the book goes before it answers.",
        Why::AsksAgain => "{who} has not heard from {others} and calls again.",
    }
}

pub(super) fn node(config: &Config, me: Endpoint, replica: &Replica<Ledger>) -> NodeView {
    let balance = replica.memory.balance;
    let open = fill("open {n}", &[("n", &number(config.opening))]);
    let mut view = NodeView {
        label: "balance",
        value: number(balance),
        value_tone: if balance < 0 { Tone::No } else { Tone::Plain },
        rows_label: "book",
        rows: alloc::vec![row(String::new(), open, Tone::Plain)],
        ..NodeView::default()
    };
    let (badge, tone) = if config.policy == Policy::Local {
        alone(config, me, replica, &mut view)
    } else {
        in_agreement(config, replica, &mut view)
    };
    view.badge = String::from(badge);
    view.badge_tone = tone;
    view
}

/// Fills in the card of a branch that seeks agreement. Says what it is doing.
fn in_agreement(
    config: &Config,
    replica: &Replica<Ledger>,
    view: &mut NodeView,
) -> (&'static str, Tone) {
    let desk = &replica.memory;
    let mut is_open = false;
    for (place, slot) in (1..).zip(&replica.disk.slots) {
        let Some(entry) = slot.line() else {
            continue;
        };
        let settled = slot.decided.is_some();
        is_open |= !settled;
        let tone = if settled { Tone::Write } else { Tone::Vote };
        let mut row = line_row(&entry, count_words(place), tone);
        row.settled = settled;
        if entry.is_void() {
            (row.text, row.op) = (String::from("left blank"), None);
        }
        view.rows.push(row);
    }
    let waiting = desk.queue.len() as u32;
    let pending = match waiting {
        0 if is_open => "line {line} not settled",
        0 => "",
        1 => "1 customer waits",
        _ => "{waiting} customers wait",
    };
    let next = replica.disk.slots.get(desk.decided as usize);
    let promised = next.map_or(Ballot::default(), |slot| slot.promised);
    let promise = match promised.round {
        0 => "nobody",
        _ => "round {round} of branch {branch}",
    };
    let parts = [
        ("line", &*count_words(desk.decided + 1)),
        ("waiting", &count_words(waiting)),
        ("round", &count_words(promised.round)),
        ("branch", &count_words(u32::from(promised.branch) + 1)),
    ];
    view.pending = fill(pending, &parts);
    let promise = fill(promise, &parts);
    let keeps = config.persist_promise;
    view.facts = alloc::vec![
        fact("lines that stand", count_words(desk.decided), true),
        fact("next line promised to", promise, keeps),
        fact("branches needed", count_words(config.quorum), true),
        fact("customers waiting", count_words(waiting), false),
    ];
    match desk.attempt.phase {
        Phase::Idle if desk.unsure => ("refusing", Tone::No),
        Phase::Idle => ("serving", Tone::Ok),
        Phase::Preparing => ("asking", Tone::Vote),
        Phase::Accepting => ("writing", Tone::Write),
        Phase::Confirming => ("checking", Tone::Read),
        Phase::Backing => ("waiting", Tone::Vote),
    }
}

#[inline(never)]
fn count_words(count: u32) -> String {
    number(i64::from(count))
}

/// A line of the book that stands.
fn line_row(entry: &Entry, place: String, tone: Tone) -> Row {
    let mut row = row(place, signed(entry.change), tone);
    row.op = Some(entry.op);
    row
}

fn row(place: String, text: String, tone: Tone) -> Row {
    Row {
        place,
        text,
        tone,
        settled: true,
        struck: false,
        op: None,
    }
}

fn fact(label: &'static str, value: String, durable: bool) -> Fact {
    Fact {
        label,
        value,
        durable,
    }
}

/// Fills in the card of a branch that serves alone. Says what it is doing.
fn alone(
    config: &Config,
    me: Endpoint,
    replica: &Replica<Ledger>,
    view: &mut NodeView,
) -> (&'static str, Tone) {
    let desk = &replica.memory;
    let safe = &replica.disk;
    let counted = safe.lineage(desk.winner);
    let mut lines: Vec<&Line> = safe.pages.iter().flatten().collect();
    lines.sort_unstable_by_key(|line| line.stamp());
    for line in &lines {
        let loses = config.reconcile == Reconcile::LastWriter && !counted.contains(line.entry.op);
        let place = Micros(line.wall.max(0).unsigned_abs()).to_string();
        let tone = if loses { Tone::Cut } else { Tone::Write };
        let mut row = line_row(&line.entry, place, tone);
        row.struck = loses;
        view.rows.push(row);
    }
    let mine = safe.pages.get(me.index()).map_or(0, Vec::len) as u32;
    let mut unsent = 0;
    for other in config.others(me).iter() {
        let heard = desk.known[other.index()][me.index()];
        unsent = unsent.max(mine.saturating_sub(heard));
    }
    if unsent > 0 {
        view.pending = fill("{n} to phone across", &[("n", &count_words(unsent))]);
    }
    let theirs = (lines.len() as u32).saturating_sub(mine);
    view.facts = alloc::vec![
        fact("lines of its own", count_words(mine), true),
        fact("lines of others", count_words(theirs), true),
        fact("not yet known to all", count_words(unsent), false),
    ];
    if desk.unanswered {
        ("alone", Tone::Stale)
    } else {
        ("serving", Tone::Ok)
    }
}
