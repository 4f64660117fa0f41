//! Words and cards.

use super::local::lineage;
use super::message::{Entry, Message, Note, Why};
use super::{Config, Ledger, Phase, Policy, Reconcile};
use crate::operation::{Answer, Operation};
use crate::protocol::Replica;
use crate::units::{Endpoint, Mask, Micros};
use crate::view::{Fact, MessageView, Names, NodeView, Row, Tone, number};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn signed(change: i64) -> String {
    if change < 0 {
        format!("−{}", -change)
    } else {
        format!("+{change}")
    }
}

fn line_words(change: i64) -> String {
    if change == 0 {
        String::from("nothing")
    } else {
        signed(change)
    }
}

#[inline(never)]
fn line(slot: u32, rest: &str) -> String {
    format!("line {}{rest}", slot + 1)
}

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone) = match *message {
        Message::Request { operation, .. } => match operation {
            Operation::Balance => ("balance?", String::from("balance?"), Tone::Read),
            Operation::Deposit { amount } => ("deposit", signed(amount.into()), Tone::Write),
            Operation::Withdraw { amount } => ("withdraw", signed(-i64::from(amount)), Tone::Write),
        },
        Message::Answer { answer, .. } => match answer {
            Answer::Done => ("answer", String::from("done"), Tone::Ok),
            Answer::Value(value) => ("answer", number(value), Tone::Ok),
            Answer::Refused(_) => ("answer", String::from("refused"), Tone::No),
        },
        Message::Prepare { slot, .. } => ("prepare", line(slot, "?"), Tone::Vote),
        Message::Promise { slot, accepted, .. } => {
            let label = match accepted {
                Some((_, entry)) => {
                    format!("line {}: yes, had {}", slot + 1, line_words(entry.change))
                }
                None => line(slot, ": yes"),
            };
            ("promise", label, Tone::Vote)
        }
        Message::Accept { slot, entry, .. } => (
            "accept",
            format!("line {}: {}", slot + 1, line_words(entry.change)),
            Tone::Write,
        ),
        Message::Accepted { slot, .. } => ("accepted", line(slot, " ✓"), Tone::Write),
        Message::Overtaken { slot, .. } => ("overtaken", line(slot, ": no"), Tone::No),
        Message::Decided { slot, entry } => (
            "decided",
            format!("line {} stands: {}", slot + 1, line_words(entry.change)),
            Tone::Ok,
        ),
        Message::Ask { .. } => ("ask", String::from("how far?"), Tone::Read),
        Message::Tell { top, .. } => ("tell", format!("{top} lines"), Tone::Read),
        Message::Phone { line } => ("phone", signed(line.entry.change), Tone::Write),
        Message::Have { counts } => (
            "have",
            format!("have {}", counts.iter().sum::<u32>()),
            Tone::Ok,
        ),
    };
    MessageView { kind, label, tone }
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let who = names.of(me);
    let Note { why, a, b, n } = *note;
    let branch = |number: u32| names.of(Endpoint(number as u8));
    let line = a + 1;
    let told = number(n);
    let others = |set: u32| names.list(Mask(set).iter().filter(|one| *one != me));
    match why {
        Why::Proposes if n == 0 => {
            format!(
                "{who} asks the others for line {line}, to find out whether anything stands there."
            )
        }
        Why::Proposes => format!(
            "{who} asks the others for line {line} of the book, to write {} there.",
            signed(n)
        ),
        Why::Promises => format!(
            "{who} promises line {line} to {}, and writes the promise down.",
            branch(b)
        ),
        Why::RefusesBallot => {
            format!(
                "{who} says no: it has promised line {line} to a later call of {}.",
                branch(b)
            )
        }
        Why::Writes => {
            let with = if Mask(b).count() > 1 {
                format!("with the word of {}, ", others(b))
            } else {
                String::new()
            };
            format!(
                "{who}, {with}writes {} in line {line} and asks the others to do the same.",
                line_words(n)
            )
        }
        Why::Adopts => format!(
            "{who} learns that {} may already stand in line {line}, so it carries that on before its own.",
            line_words(n)
        ),
        Why::Decides => {
            format!(
                "{} hold {} in line {line}: it stands.",
                names.list(Mask(b).iter()),
                line_words(n)
            )
        }
        Why::Unsure => {
            let waited = Micros(n.unsigned_abs());
            let silent: Vec<_> = (0..names.nodes)
                .map(Endpoint)
                .filter(|one| !Mask(a).contains(*one))
                .collect();
            if silent.is_empty() {
                format!("{who} could not settle it within {waited}, so it refuses.")
            } else {
                format!(
                    "{who} did not hear from {} for {waited}, so it refuses.",
                    names.list(silent)
                )
            }
        }
        Why::CannotSay => format!(
            "{who} can neither confirm nor refuse: it has sent {} out for line {line}, and it may or may not stand.",
            line_words(n)
        ),
        Why::ReadsAsIs => {
            format!("{who} answers {told} from its own book, without asking anybody.")
        }
        Why::ReadsConfirmed => {
            format!(
                "{} confirmed that the book goes no further, so {who} answers {told}.",
                others(b)
            )
        }
        Why::NotEnough => format!("{who} refuses to pay out {a}: the account holds {told}."),
        Why::Serves => format!(
            "{who} writes it in its own book and confirms at once: {told} now. It phones the others afterwards."
        ),
        Why::Reconciles => format!("{who} takes over a line of {}: {told} now.", branch(a)),
        Why::Outdates => {
            let lines = if b == 1 {
                String::from("a line")
            } else {
                format!("{b} lines")
            };
            format!(
                "{}’s balance has the later timestamp and wins: {who} now says {told}, and {lines} that it had counted no longer count.",
                branch(a)
            )
        }
        Why::Outdated => format!(
            "{}’s line has the earlier timestamp and loses: {who} still says {told}.",
            branch(a)
        ),
        Why::CatchesUp => format!(
            "{who} tells {} what it has missed, up to line {a}.",
            branch(b)
        ),
        Why::TooLate if b == 1 => format!("{who} no longer waits. It had been done all the same."),
        Why::TooLate => format!("{who} no longer waits for this answer."),
        Why::Overtaken => format!(
            "{who} was overtaken by {} in line {line}; it waits a little and tries again.",
            branch(b)
        ),
        Why::Confirms => format!("{who} asks the others how far the book goes before it answers."),
        Why::AsksAgain => format!("{who} has not heard from {} and calls again.", others(b)),
    }
}

pub(super) fn node(config: &Config, me: Endpoint, replica: &Replica<Ledger>) -> NodeView {
    let mut view = NodeView {
        label: "balance",
        value: number(replica.memory.balance),
        value_tone: if replica.memory.balance < 0 {
            Tone::No
        } else {
            Tone::Plain
        },
        rows_label: "book",
        ..NodeView::default()
    };
    view.rows.push(Row {
        text: format!("open {}", config.opening),
        settled: true,
        ..Row::default()
    });
    if config.policy == Policy::Local {
        alone(config, me, replica, &mut view);
    } else {
        in_agreement(config, replica, &mut view);
    }
    view
}

fn in_agreement(config: &Config, replica: &Replica<Ledger>, view: &mut NodeView) {
    let desk = &replica.memory;
    for (place, slot) in replica.disk.slots.iter().enumerate() {
        let (entry, settled) = match (slot.decided, slot.accepted) {
            (Some(entry), _) => (entry, true),
            (None, Some((_, entry))) => (entry, false),
            (None, None) => continue,
        };
        let tone = if settled { Tone::Write } else { Tone::Vote };
        let mut row = line_row(&entry, (place + 1).to_string(), tone);
        row.settled = settled;
        if entry.is_void() {
            (row.text, row.op) = (String::from("left blank"), None);
        }
        view.rows.push(row);
    }
    let (badge, tone) = match desk.phase {
        Phase::Idle if desk.unsure => ("refusing", Tone::No),
        Phase::Idle => ("serving", Tone::Ok),
        Phase::Preparing { .. } => ("asking", Tone::Vote),
        Phase::Accepting { .. } => ("writing", Tone::Write),
        Phase::Confirming { .. } => ("checking", Tone::Read),
        Phase::Backing => ("waiting", Tone::Vote),
    };
    view.badge = String::from(badge);
    view.badge_tone = tone;
    let open = view.rows.iter().filter(|row| !row.settled).count();
    view.pending = match (desk.queue.len(), open) {
        (0, 0) => String::new(),
        (0, _) => format!("line {} not settled", desk.decided + 1),
        (1, _) => String::from("1 customer waits"),
        (waiting, _) => format!("{waiting} customers wait"),
    };
    let next = replica.disk.slots.get(desk.decided as usize);
    let promised = next
        .map(|slot| slot.promised)
        .filter(|ballot| ballot.round > 0);
    view.facts = alloc::vec![
        count("lines that stand", desk.decided, true),
        Fact {
            label: "next line promised to",
            value: promised.map_or_else(
                || String::from("nobody"),
                |ballot| format!("round {} of branch {}", ballot.round, ballot.branch + 1),
            ),
            durable: config.persist_promise,
        },
        count("branches needed", config.quorum, true),
        count("customers waiting", desk.queue.len() as u32, false),
    ];
}

/// A line of the book that stands.
#[inline(never)]
fn line_row(entry: &Entry, place: String, tone: Tone) -> Row {
    Row {
        place,
        text: signed(entry.change),
        tone,
        settled: true,
        struck: false,
        op: Some(entry.op),
    }
}

/// A fact that is a number.
#[inline(never)]
fn count(label: &'static str, number: u32, durable: bool) -> Fact {
    Fact {
        label,
        value: number.to_string(),
        durable,
    }
}

fn alone(config: &Config, me: Endpoint, replica: &Replica<Ledger>, view: &mut NodeView) {
    let desk = &replica.memory;
    let counted = lineage(&replica.disk, desk.winner);
    let mut lines: Vec<_> = replica.disk.pages.iter().flatten().collect();
    lines.sort_by_key(|line| line.stamp());
    for line in &lines {
        let loses = config.reconcile == Reconcile::LastWriter && !counted.contains(&line.id());
        let place = Micros(line.wall.max(0).unsigned_abs()).to_string();
        let tone = if loses { Tone::Cut } else { Tone::Write };
        let mut row = line_row(&line.entry, place, tone);
        row.struck = loses;
        view.rows.push(row);
    }
    let mine = replica.disk.pages.get(me.index()).map_or(0, Vec::len) as u32;
    let heard = config
        .others(me)
        .map(|other| desk.known[other.index()][me.index()])
        .min();
    let unsent = mine.saturating_sub(heard.unwrap_or(mine));
    let (badge, tone) = if desk.unanswered {
        ("alone", Tone::Stale)
    } else {
        ("serving", Tone::Ok)
    };
    view.badge = String::from(badge);
    view.badge_tone = tone;
    if unsent > 0 {
        view.pending = format!("{unsent} to phone across");
    }
    view.facts = alloc::vec![
        count("lines of its own", mine, true),
        count(
            "lines of others",
            (lines.len() as u32).saturating_sub(mine),
            true
        ),
        count("not yet known to all", unsent, false),
    ];
}
