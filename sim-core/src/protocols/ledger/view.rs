//! Words and cards.

use super::message::{Ballot, Message, Note, Why};
use super::state::Phase;
use super::{Config, Ledger, Policy, Reconcile};
use crate::operation::{Answer, Operation};
use crate::protocol::Replica;
use crate::units::{Endpoint, Mask, Micros};
use crate::view::Part::{Change, List, Number, Span, Text};
use crate::view::{MessageView, Names, NodeView, Part, Tone, fill, number};
use alloc::string::String;
use alloc::vec::Vec;

/// A line of nothing was only asked for to settle a slot.
const fn line_words(change: i64) -> Part<'static> {
    match change {
        0 => Text("nothing"),
        _ => Change(change),
    }
}

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone) = match message {
        Message::Request { operation, .. } => match operation {
            Operation::Deposit { .. } => ("deposit", "{change}", Tone::Write),
            Operation::Withdraw { .. } => ("withdraw", "{change}", Tone::Write),
            _ => ("balance?", "balance?", Tone::Read),
        },
        Message::Answer { answer, .. } => match answer {
            Answer::Done => ("answer", "done", Tone::Ok),
            Answer::Value(_) | Answer::Items(_) => ("answer", "{number}", Tone::Ok),
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
        Message::Tell { .. } => ("tell", "so far: {number}", Tone::Read),
        Message::Phone { .. } => ("phone", "{change}", Tone::Write),
        Message::Have { .. } => ("have", "have {number}", Tone::Ok),
    };
    let (slot, carried) = numbers(message);
    let parts = [
        ("line", Number(i64::from(slot) + 1)),
        ("number", Number(carried)),
        ("change", Change(carried)),
        ("what", line_words(carried)),
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
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("b", Number(i64::from(b))),
        ("line", Number(i64::from(a) + 1)),
        ("A", Text(names.of(Endpoint(a as u8)))),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("those", List(names, Mask(b))),
        ("others", List(names, others)),
        ("silent", List(names, silent)),
        ("number", Number(n)),
        ("change", line_words(n)),
        ("span", Span(Micros(n.unsigned_abs()))),
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
        Why::Outdates if b == 1 => {
            "{A}’s balance has the later timestamp and wins: {who} now says {number}, and forgets a line that it had counted."
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
            "{A}’s balance has the later timestamp and wins: {who} now says {number}, and forgets {b} lines that it had counted."
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
    let mut view = NodeView {
        label: "balance",
        value: number(balance),
        value_tone: if balance < 0 { Tone::No } else { Tone::Plain },
        rows_label: "book",
        ..NodeView::default()
    };
    let open = fill("open {n}", &[("n", Number(config.opening))]);
    view.row(Text(""), Text(&open), Tone::Plain);
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
        let text = if entry.is_void() {
            Text("left blank")
        } else {
            Change(entry.change)
        };
        let row = view.row(Number(place), text, tone);
        row.settled = settled;
        row.op = (!entry.is_void()).then_some(entry.op);
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
        ("line", Number(i64::from(desk.decided) + 1)),
        ("waiting", Number(i64::from(waiting))),
        ("round", Number(i64::from(promised.round))),
        ("branch", Number(i64::from(promised.branch) + 1)),
    ];
    view.pending = fill(pending, &parts);
    let promise = fill(promise, &parts);
    view.count("lines that stand", desk.decided, true);
    view.fact("next line promised to", promise, config.persist_promise);
    view.count("branches needed", config.quorum, true);
    view.count("customers waiting", waiting, false);
    match desk.attempt.phase {
        Phase::Idle if desk.unsure => ("refusing", Tone::No),
        Phase::Idle => ("serving", Tone::Ok),
        Phase::Preparing => ("asking", Tone::Vote),
        Phase::Accepting => ("writing", Tone::Write),
        Phase::Confirming => ("checking", Tone::Read),
        Phase::Backing => ("waiting", Tone::Vote),
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
    let mut lines = safe.lines();
    lines.sort_unstable_by_key(|line| line.stamp());
    for line in &lines {
        let entry = &line.entry;
        let loses = config.reconcile == Reconcile::LastWriter && !counted.contains(entry.op);
        let written = Span(Micros(line.wall.max(0).unsigned_abs()));
        let tone = if loses { Tone::Cut } else { Tone::Write };
        let row = view.row(written, Change(entry.change), tone);
        row.struck = loses;
        row.op = Some(entry.op);
    }
    let mine = safe.pages.get(me.index()).map_or(0, Vec::len) as u32;
    let mut unsent = 0;
    for other in config.others(me).iter() {
        let heard = desk.known[other.index()][me.index()];
        unsent = unsent.max(mine.saturating_sub(heard));
    }
    if unsent > 0 {
        let parts = [("n", Number(i64::from(unsent)))];
        view.pending = fill("{n} to phone across", &parts);
    }
    view.count("lines of its own", mine, true);
    let theirs = (lines.len() as u32).saturating_sub(mine);
    view.count("lines of others", theirs, true);
    view.count("not yet known to all", unsent, false);
    if desk.unanswered {
        ("alone", Tone::Stale)
    } else {
        ("serving", Tone::Ok)
    }
}
