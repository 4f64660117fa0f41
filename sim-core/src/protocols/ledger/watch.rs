//! Invariants and witnesses, what became of an operation, and how the bank stands.

use super::message::Entry;
use super::spec::deed;
use super::state::{Line, Safe};
use super::{BRANCHES_MAX, Config, Ledger, Policy, Reconcile};
use crate::history::Fate;
use crate::operation::Answer;
use crate::protocol::{Context, Finding, Replica, Sightings, Told};
use crate::units::{Endpoint, Mask, OpId, OpSet};
use crate::view::Part::{List, Number, Text};
use crate::view::{Names, Standing, Tone, fill};
use alloc::string::String;
use alloc::vec::Vec;

const ONE_ENTRY: u8 = 0;
const OVERDRAFT: u8 = 1;
const LOST: u8 = 2;
const REFUSED: u8 = 3;

/// Watches all branches of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    /// The book as it was first seen decided, slot by slot, and what it adds up to.
    book: Vec<Entry>,
    balance: i64,
    in_book: OpSet,
    refused: OpSet,
    confirmed: OpSet,
    /// By branch: slots (or lines) looked at so far.
    seen: [u32; BRANCHES_MAX],
    overdrawn: bool,
    lost: OpSet,
}

pub(super) fn observe(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    replica: &Replica<Ledger>,
    seen: &mut Sightings,
) {
    seen.witnesses |= replica.memory.deeds;
    match config.policy {
        Policy::Local => observe_pages(config, context, monitor, replica, seen),
        Policy::All | Policy::Majority => observe_slots(context, monitor, replica, seen),
    }
}

fn finding(context: Context, invariant: u8, promised: bool, op: OpId, number: i64) -> Finding {
    let op = (op.0 != u32::MAX).then_some(op);
    Finding {
        invariant,
        promised,
        event: context.event,
        node: context.me,
        op,
        number,
    }
}

fn observe_slots(
    context: Context,
    monitor: &mut Monitor,
    replica: &Replica<Ledger>,
    seen: &mut Sightings,
) {
    let me = context.me.index();
    let decided = replica.memory.decided;
    for slot in monitor.seen[me].min(decided)..decided {
        let Some(entry) = replica.disk.decided_at(slot) else {
            break;
        };
        let mut find = |invariant, number| {
            seen.find(finding(context, invariant, true, entry.op, number));
        };
        if let Some(known) = monitor.book.get(slot as usize) {
            if *known != entry {
                find(ONE_ENTRY, i64::from(slot));
            }
            continue;
        }
        monitor.book.push(entry);
        monitor.balance += entry.change;
        if !entry.is_void() {
            monitor.in_book.insert(entry.op);
        }
        if replica.memory.balance < 0 && monitor.balance < 0 {
            find(OVERDRAFT, monitor.balance);
        }
        if monitor.refused.contains(entry.op) {
            find(REFUSED, i64::from(slot));
        }
    }
    monitor.seen[me] = decided;
}

fn observe_pages(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    replica: &Replica<Ledger>,
    seen: &mut Sightings,
) {
    let me = context.me.index();
    let safe = &replica.disk;
    let count = safe.pages.iter().map(Vec::len).sum::<usize>() as u32;
    if count == monitor.seen[me] {
        return;
    }
    monitor.seen[me] = count;
    let lines = safe.lines();
    let balance = replica.memory.balance;
    if balance < 0 && !monitor.overdrawn {
        monitor.overdrawn = true;
        let last = lines.iter().max_by_key(|line| line.stamp());
        let op = last.map_or(Entry::VOID.op, |line| line.entry.op);
        seen.find(finding(context, OVERDRAFT, false, op, balance));
        seen.witness(deed::OVERDRAWN);
    }
    if config.reconcile == Reconcile::LastWriter {
        let held = safe.lineage(replica.memory.winner);
        for line in lines {
            let op = line.entry.op;
            let gone = !held.contains(op) && monitor.confirmed.contains(op);
            if gone && monitor.lost.insert(op) {
                seen.find(finding(context, LOST, false, op, line.entry.change));
            }
        }
    }
}

pub(super) fn observe_reply(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    told: Told,
    seen: &mut Sightings,
) {
    let Told { op, answer, .. } = told;
    let in_book = monitor.in_book.contains(op);
    let (broken, invariant) = match answer {
        Answer::Done => {
            monitor.confirmed.insert(op);
            (!in_book, LOST)
        }
        Answer::Refused(_) => {
            monitor.refused.insert(op);
            (in_book, REFUSED)
        }
        Answer::Value(_) | Answer::Items(_) => return,
    };
    if broken && config.policy != Policy::Local {
        let change = told.operation.change();
        seen.find(finding(context, invariant, true, op, change));
    }
}

pub(super) fn fate(config: &Config, replicas: &[Replica<Ledger>], op: OpId) -> Fate {
    let mut fate = Fate::Absent;
    for replica in replicas {
        let here = if config.policy == Policy::Local {
            fate_alone(config, replica, op)
        } else {
            fate_at(replica, replicas, op)
        };
        match here {
            Fate::Happened => return here,
            Fate::Absent => {}
            _ => fate = here,
        }
    }
    fate
}

/// What one branch knows of an operation under a quorum policy.
fn fate_at(replica: &Replica<Ledger>, replicas: &[Replica<Ledger>], op: OpId) -> Fate {
    let mut fate = Fate::Absent;
    for job in &replica.memory.queue {
        if job.op == op {
            fate = Fate::Undecided;
        }
    }
    for (slot, state) in (0..).zip(&replica.disk.slots) {
        if state.decided.is_some_and(|entry| entry.op == op) {
            return Fate::Happened;
        }
        // An accepted line may still come to stand, unless its slot is decided anywhere.
        let accepted = state.accepted.is_some_and(|(_, entry)| entry.op == op);
        let decided = |other: &Replica<Ledger>| other.disk.decided_at(slot).is_some();
        if accepted && !replicas.iter().any(decided) {
            fate = Fate::Undecided;
        }
    }
    fate
}

/// What a branch that serves alone knows of an operation.
fn fate_alone(config: &Config, replica: &Replica<Ledger>, op: OpId) -> Fate {
    let is_it = |line: &&Line| line.entry.op == op;
    if !replica.disk.lines().iter().any(is_it) {
        return Fate::Absent;
    }
    let held = config.reconcile == Reconcile::Replay
        || replica.disk.lineage(replica.memory.winner).contains(op);
    if held { Fate::Happened } else { Fate::Lost }
}

/// The operations that are in the balance of a branch.
pub(super) fn visible(config: &Config, replica: &Replica<Ledger>) -> OpSet {
    let (safe, desk) = (&replica.disk, &replica.memory);
    if config.policy == Policy::Local && config.reconcile == Reconcile::LastWriter {
        return safe.lineage(desk.winner);
    }
    let mut held = OpSet::default();
    for line in safe.lines() {
        held.insert(line.entry.op);
    }
    for slot in 0..desk.decided {
        let decided = safe.decided_at(slot).filter(|entry| !entry.is_void());
        if let Some(entry) = decided {
            held.insert(entry.op);
        }
    }
    held
}

// --- how the bank stands

/// How many slots are decided in the book that goes furthest, and what that book says (under a quorum policy).
fn furthest(replicas: &[Replica<Ledger>]) -> (u32, i64) {
    let mut most = (0, 0);
    for replica in replicas {
        let desk = &replica.memory;
        if desk.decided >= most.0 {
            most = (desk.decided, desk.balance);
        }
    }
    most
}

/// Which branches do not hold the whole book.
fn behind(config: &Config, replicas: &[Replica<Ledger>]) -> Mask {
    let (most, _) = furthest(replicas);
    let mut mask = Mask::EMPTY;
    for (place, replica) in (0..).zip(replicas) {
        let lacks = if config.policy == Policy::Local {
            let lacks_lines = |other: &Replica<Ledger>| lacks_lines(&other.disk, &replica.disk);
            replicas.iter().any(lacks_lines)
        } else {
            replica.memory.decided < most
        };
        if lacks {
            mask = mask.with(Endpoint(place));
        }
    }
    mask
}

fn lacks_lines(other: &Safe, safe: &Safe) -> bool {
    let mut pages = other.pages.iter().zip(&safe.pages);
    pages.any(|(theirs, mine)| theirs.len() > mine.len())
}

pub(super) fn standing(
    config: &Config,
    replicas: &[Replica<Ledger>],
    seen: &Sightings,
    names: &Names<'_>,
) -> Standing {
    let stale = behind(config, replicas);
    let books = books_words(config, replicas, stale, names);
    let mut standing = Standing {
        title: "Money",
        stale,
        ..Standing::default()
    };
    let first = |what: &dyn Fn(&Finding) -> bool| seen.findings.iter().find(|found| what(found));
    let (tone, head, words) = if first(&|found| found.invariant == LOST).is_some() {
        let words = lost_words(seen, &mut standing.ops, &books);
        (Tone::No, "Money was lost.", words)
    } else if let Some(over) = first(&|found| found.invariant == OVERDRAFT) {
        standing.ops = withdrawals(replicas);
        let words = fill(
            "Put together, the lines come to {sum}: each branch paid out what its own book still held. {books}",
            &[("sum", Number(over.number)), ("books", Text(&books))],
        );
        (Tone::No, "Overdrawn.", words)
    } else if stale.is_empty() {
        (Tone::Ok, "Nothing lost.", books)
    } else {
        (Tone::Stale, "Nothing lost so far.", books)
    };
    standing.tone = tone;
    standing.head = String::from(head);
    standing.words = words;
    standing
}

fn lost_words(seen: &Sightings, ops: &mut Vec<OpId>, books: &str) -> String {
    let mut sum: i64 = 0;
    let mut count = 0;
    for finding in &seen.findings {
        if finding.invariant == LOST {
            count += 1;
            sum += finding.number;
            ops.extend(finding.op);
        }
    }
    let lines = if count == 1 {
        "One confirmed line is"
    } else {
        "Confirmed lines are"
    };
    let what = match sum {
        0 => "",
        1.. => ", {sum} too little in the account",
        _ => ", {sum} too much in the account",
    };
    let sum = Number(sum.saturating_abs());
    fill(
        "{lines} not in the balance any more{what}: a later timestamp won. {books}",
        &[
            ("lines", Text(lines)),
            ("what", Text(&fill(what, &[("sum", sum)]))),
            ("books", Text(books)),
        ],
    )
}

fn withdrawals(replicas: &[Replica<Ledger>]) -> Vec<OpId> {
    let mut taken = OpSet::default();
    for replica in replicas {
        for line in replica.disk.lines() {
            if line.entry.change < 0 {
                taken.insert(line.entry.op);
            }
        }
    }
    taken.to_list()
}

fn books_words(
    config: &Config,
    replicas: &[Replica<Ledger>],
    stale: Mask,
    names: &Names<'_>,
) -> String {
    let balance = |place: usize| Number(replicas.get(place).map_or(0, |one| one.memory.balance));
    let (_, whole) = furthest(replicas);
    let sentence = if stale.is_empty() {
        "The books agree: {one}."
    } else if replicas.len() == 2 {
        "The books differ: {first} says {one}, {second} says {two}."
    } else if config.policy == Policy::Local {
        "The books differ: {who} still {has} lines to hear of."
    } else {
        "The whole book says {whole}; {who} {has} not heard all of it yet."
    };
    let parts = [
        ("one", balance(0)),
        ("two", balance(1)),
        ("first", Text(names.of(Endpoint(0)))),
        ("second", Text(names.of(Endpoint(1)))),
        ("who", List(names, stale)),
        ("has", Text(if stale.count() == 1 { "has" } else { "have" })),
        ("whole", Number(whole)),
    ];
    fill(sentence, &parts)
}
