//! Invariants and witnesses, what became of an operation, and how the bank stands.

use super::local::lineage;
use super::message::Entry;
use super::{Config, Ledger, Policy, Reconcile, Safe, change_of, deed};
use crate::history::Fate;
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Finding, Replica, Sightings};
use crate::units::{Endpoint, Mask, OpId};
use crate::view::{Names, Standing, Tone, number};
use alloc::collections::BTreeSet;
use alloc::format;
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
    in_book: BTreeSet<OpId>,
    refused: BTreeSet<OpId>,
    confirmed: BTreeSet<OpId>,
    /// By branch: slots (or lines) looked at so far.
    seen: Vec<u32>,
    overdrawn: bool,
    lost: BTreeSet<OpId>,
}

pub(super) fn observe(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    replica: &Replica<Ledger>,
    seen: &mut Sightings,
) {
    seen.witnesses |= replica.memory.deeds;
    monitor.seen.resize(usize::from(config.branches), 0);
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
        let Some(entry) = replica.disk.slots[slot as usize].decided else {
            break;
        };
        match monitor.book.get(slot as usize) {
            Some(known) if *known != entry => {
                let slot = i64::from(slot);
                seen.find(finding(context, ONE_ENTRY, true, entry.op, slot));
            }
            Some(_) => {}
            None => {
                monitor.book.push(entry);
                monitor.balance += entry.change;
                monitor.in_book.insert(entry.op);
                if replica.memory.balance < 0 && monitor.balance < 0 {
                    let balance = monitor.balance;
                    seen.find(finding(context, OVERDRAFT, true, entry.op, balance));
                }
                if monitor.refused.contains(&entry.op) {
                    let slot = i64::from(slot);
                    seen.find(finding(context, REFUSED, true, entry.op, slot));
                }
            }
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
    let lines: u32 = replica
        .disk
        .pages
        .iter()
        .map(|page| page.len() as u32)
        .sum();
    if lines == monitor.seen[me] {
        return;
    }
    monitor.seen[me] = lines;
    let balance = replica.memory.balance;
    if balance < 0 && !monitor.overdrawn {
        monitor.overdrawn = true;
        let last = replica
            .disk
            .pages
            .iter()
            .flatten()
            .max_by_key(|line| line.stamp());
        let op = last.map_or(Entry::VOID.op, |line| line.entry.op);
        seen.find(finding(context, OVERDRAFT, false, op, balance));
        seen.witness(deed::OVERDRAWN);
    }
    if config.reconcile == Reconcile::LastWriter {
        let held = lineage(&replica.disk, replica.memory.winner);
        for line in replica.disk.pages.iter().flatten() {
            let op = line.entry.op;
            let gone = !held.contains(&line.id()) && monitor.confirmed.contains(&op);
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
    (op, operation, answer): (OpId, Operation, Answer),
    seen: &mut Sightings,
) {
    let quorum = config.policy != Policy::Local;
    match answer {
        Answer::Done => {
            monitor.confirmed.insert(op);
            if quorum && !monitor.in_book.contains(&op) {
                seen.find(finding(context, LOST, true, op, change_of(operation)));
            }
        }
        Answer::Refused(_) => {
            monitor.refused.insert(op);
            if quorum && monitor.in_book.contains(&op) {
                seen.find(finding(context, REFUSED, true, op, change_of(operation)));
            }
        }
        Answer::Value(_) => {}
    }
}

pub(super) fn fate(config: &Config, replicas: &[Replica<Ledger>], op: OpId) -> Fate {
    if config.policy == Policy::Local {
        return fate_alone(config, replicas, op);
    }
    let slots = || replicas.iter().flat_map(|replica| &replica.disk.slots);
    if slots().any(|slot| slot.decided.is_some_and(|entry| entry.op == op)) {
        return Fate::Happened;
    }
    let queued = replicas
        .iter()
        .any(|replica| replica.memory.queue.iter().any(|job| job.op == op));
    let accepted = replicas.iter().any(|replica| {
        replica.disk.slots.iter().enumerate().any(|(place, slot)| {
            let open = !replicas.iter().any(|other| {
                other
                    .disk
                    .slots
                    .get(place)
                    .is_some_and(|s| s.decided.is_some())
            });
            open && slot.accepted.is_some_and(|(_, entry)| entry.op == op)
        })
    });
    if queued || accepted {
        Fate::Undecided
    } else {
        Fate::Absent
    }
}

fn fate_alone(config: &Config, replicas: &[Replica<Ledger>], op: OpId) -> Fate {
    let lines = || {
        replicas
            .iter()
            .flat_map(|replica| replica.disk.pages.iter().flatten())
    };
    let Some(line) = lines().find(|line| line.entry.op == op) else {
        return Fate::Absent;
    };
    if config.reconcile == Reconcile::Replay {
        return Fate::Happened;
    }
    let held = replicas
        .iter()
        .any(|replica| lineage(&replica.disk, replica.memory.winner).contains(&line.id()));
    if held { Fate::Happened } else { Fate::Lost }
}

// --- how the bank stands

/// Which branches do not hold the whole book, and what the whole book says (under a quorum policy).
pub(super) fn behind(config: &Config, replicas: &[Replica<Ledger>]) -> Mask {
    let mut mask = Mask::EMPTY;
    let most = replicas
        .iter()
        .map(|replica| replica.memory.decided)
        .max()
        .unwrap_or(0);
    for (place, replica) in (0..).zip(replicas) {
        let lacks = if config.policy == Policy::Local {
            lacks_lines(replicas, &replica.disk)
        } else {
            replica.memory.decided < most
        };
        if lacks {
            mask = mask.with(Endpoint(place));
        }
    }
    mask
}

fn lacks_lines(replicas: &[Replica<Ledger>], safe: &Safe) -> bool {
    replicas.iter().any(|other| {
        other
            .disk
            .pages
            .iter()
            .zip(&safe.pages)
            .any(|(theirs, mine)| theirs.len() > mine.len())
    })
}

pub(super) fn standing(
    config: &Config,
    replicas: &[Replica<Ledger>],
    seen: &Sightings,
    names: &Names<'_>,
) -> Standing {
    let stale = behind(config, replicas);
    let books = books_words(config, replicas, stale, names);
    let first = |what: &dyn Fn(&Finding) -> bool| seen.findings.iter().find(|found| what(found));
    let lost: Vec<_> = seen
        .findings
        .iter()
        .filter(|f| f.invariant == LOST)
        .collect();
    let (tone, head, words, ops) = if let Some(broken) = first(&|found| found.promised) {
        let promise = &super::INVARIANTS[usize::from(broken.invariant)];
        let words = format!(
            "The bank promises that {}; {} did otherwise.",
            promise.words,
            names.of(broken.node)
        );
        let ops = broken.op.into_iter().collect();
        (Tone::No, "A promise was broken.", words, ops)
    } else if !lost.is_empty() {
        let ops = lost.iter().filter_map(|finding| finding.op).collect();
        (Tone::No, "Money was lost.", lost_words(&lost, &books), ops)
    } else if let Some(over) = first(&|found| found.invariant == OVERDRAFT) {
        let words = format!(
            "Put together, the lines come to {}: each branch paid out what its own book still held. {books}",
            number(over.number)
        );
        (Tone::No, "Overdrawn.", words, withdrawals(replicas))
    } else if stale.is_empty() {
        (Tone::Ok, "Nothing lost.", books, Vec::new())
    } else {
        (Tone::Stale, "Nothing lost so far.", books, Vec::new())
    };
    Standing {
        title: "Money",
        tone,
        head: String::from(head),
        words,
        ops,
        stale,
    }
}

fn lost_words(lost: &[&Finding], books: &str) -> String {
    let sum: i64 = lost.iter().map(|finding| finding.number).sum();
    let lines = if lost.len() == 1 {
        "One confirmed line is"
    } else {
        "Confirmed lines are"
    };
    let what = match sum {
        0 => String::new(),
        sum if sum > 0 => format!(", {sum} too little in the account"),
        sum => format!(", {} too much in the account", -sum),
    };
    format!("{lines} not in the balance any more{what}: a later timestamp won. {books}")
}

fn withdrawals(replicas: &[Replica<Ledger>]) -> Vec<OpId> {
    let lines = replicas
        .iter()
        .flat_map(|replica| replica.disk.pages.iter().flatten());
    let taken = lines
        .filter(|line| line.entry.change < 0)
        .map(|line| line.entry.op);
    taken.collect::<BTreeSet<_>>().into_iter().collect()
}

fn books_words(
    config: &Config,
    replicas: &[Replica<Ledger>],
    stale: Mask,
    names: &Names<'_>,
) -> String {
    let balances: Vec<i64> = replicas
        .iter()
        .map(|replica| replica.memory.balance)
        .collect();
    if stale.is_empty() {
        return format!(
            "The books agree: {}.",
            number(balances.first().copied().unwrap_or(0))
        );
    }
    if balances.len() == 2 {
        return format!(
            "The books differ: {} says {}, {} says {}.",
            names.of(Endpoint(0)),
            number(balances[0]),
            names.of(Endpoint(1)),
            number(balances[1])
        );
    }
    let who = names.list(stale.iter());
    if config.policy == Policy::Local {
        format!(
            "The books differ: {who} still {} lines to hear of.",
            has(stale)
        )
    } else {
        let most = replicas.iter().max_by_key(|replica| replica.memory.decided);
        let whole = most.map_or(0, |replica| replica.memory.balance);
        format!(
            "The whole book says {}; {who} {} not heard all of it yet.",
            number(whole),
            has(stale)
        )
    }
}

const fn has(who: Mask) -> &'static str {
    if who.count() == 1 { "has" } else { "have" }
}
