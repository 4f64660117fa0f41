//! Invariants and witnesses, and what became of an operation.

use super::message::{Entry, Epoch, Note};
use super::spec::{deed, promise};
use super::state::apply;
use super::{Config, NODES_MAX, PrimaryReplica, Reads};
use crate::history::Fate;
use crate::operation::{Answer, Cart, Operation};
use crate::protocol::{Context, Finding, Replica, Sightings, Told};
use crate::units::{ENDPOINTS_MAX, Endpoint, EventId, OpId, OpSet};
use alloc::vec::Vec;

/// More stale reads than this are not kept one by one: what is promised must find room.
const STALE_MAX: u32 = 24;
/// The logs of more epochs than this are not kept: what is held of older ones is looked at no more.
const HISTORIES_MAX: usize = 8;

/// The log of one epoch's primary.
#[derive(Clone, Default)]
struct History {
    epoch: Epoch,
    log: Vec<Entry>,
    ops: OpSet,
    cart: Cart,
}

/// A write that was confirmed.
#[derive(Clone, Copy)]
struct Confirmed {
    op: OpId,
    client: Endpoint,
    change: Operation,
    /// The event of the hearing.
    heard: EventId,
    /// Where it stood then.
    place: u32,
}

/// Watches all nodes of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    /// By epoch, as each was first seen.
    histories: Vec<History>,
    /// Whether anybody was promoted.
    promoted: bool,
    confirmed: Vec<Confirmed>,
    /// By client: the last write confirmed to it, by its place in `confirmed`, and the last of those not left out. Who
    /// shows the last of a client's writes shows all before it.
    last: [Option<u32>; ENDPOINTS_MAX as usize],
    last_kept: [Option<u32>; ENDPOINTS_MAX as usize],
    /// Every write that was ever in a log, and those that a promotion or an old primary left out of the newest history.
    written: OpSet,
    left: OpSet,
    /// By node: how many entries were looked at, and the epoch and operation of the last of them.
    seen: [(u32, Epoch, Option<OpId>); NODES_MAX],
    /// By node: invariants that it was already found to break.
    found: [u32; NODES_MAX],
    /// Of each client the read that was answered last, and the confirmed writes that it lacks.
    lacking: Vec<(Endpoint, OpId, Vec<u32>)>,
    /// By client: the cart that it last saw, unless it has changed it since.
    carts: [Option<Cart>; ENDPOINTS_MAX as usize],
    stale: u32,
}

fn finding(context: Context, (invariant, promised): (u8, bool), op: OpId, number: i64) -> Finding {
    Finding {
        invariant,
        promised,
        event: context.event,
        node: context.me,
        op: Some(op),
        number,
    }
}

pub(super) fn observe(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    replica: &Replica<PrimaryReplica>,
    seen: &mut Sightings,
) {
    seen.witnesses |= replica.memory.deeds;
    for (client, op) in &replica.memory.answered {
        monitor.answered(replica, *client, *op);
    }
    let disk = &replica.disk;
    let me = context.me.index();
    let last = disk.log.last();
    let tail = (
        disk.end(),
        last.map_or(Epoch::default(), |entry| entry.epoch),
        last.map(|entry| entry.op),
    );
    if disk.is_primary(context.me) {
        if replica.memory.epoch_is_new() {
            // It has not begun before it is on the disk.
            return;
        }
        monitor.watch_primary(context, replica, seen);
    } else if tail != monitor.seen[me] {
        monitor.watch_replica(config, context, replica, seen);
    }
    monitor.seen[me] = tail;
}

impl History {
    fn of(epoch: Epoch, log: &[Entry]) -> Self {
        let mut history = Self {
            epoch,
            ..Self::default()
        };
        for entry in log {
            history.push(*entry);
        }
        history
    }

    /// Says whether the operation is new.
    fn push(&mut self, entry: Entry) -> bool {
        apply(&mut self.cart, entry.change);
        self.log.push(entry);
        self.ops.insert(entry.op)
    }
}

impl Monitor {
    /// The history of the highest epoch.
    fn newest(&self) -> Option<&History> {
        self.histories.iter().max_by_key(|one| one.epoch)
    }

    fn find_once(&mut self, seen: &mut Sightings, finding: Finding) {
        let found = &mut self.found[finding.node.index()];
        if *found & (1 << finding.invariant) == 0 {
            *found |= 1 << finding.invariant;
            seen.find(finding);
        }
    }

    // --- logs

    fn watch_primary(
        &mut self,
        context: Context,
        replica: &Replica<PrimaryReplica>,
        seen: &mut Sightings,
    ) {
        let disk = &replica.disk;
        let known = self
            .histories
            .iter()
            .position(|one| one.epoch == disk.epoch);
        let Some(place) = known else {
            if self.histories.len() == HISTORIES_MAX {
                self.histories.remove(0);
            }
            self.histories.push(History::of(disk.epoch, &disk.log));
            for entry in &disk.log {
                self.written.insert(entry.op);
            }
            if disk.epoch != Epoch::default() {
                self.promoted = true;
                self.leave_out(context, self.histories.len() - 1, seen);
            }
            return;
        };
        let history = &self.histories[place];
        if disk.log.len() < history.log.len() {
            self.shorten(context, place, &disk.log, seen);
        }
        let from = self.histories[place].log.len();
        for entry in &disk.log[from..] {
            self.watch_write(context, place, *entry, seen);
            if disk.heard > disk.epoch {
                let number = i64::from(disk.heard.number);
                let broken = (promise::FENCED, true);
                self.find_once(seen, finding(context, broken, entry.op, number));
            }
        }
    }

    /// A primary has written an entry.
    fn watch_write(&mut self, context: Context, place: usize, entry: Entry, seen: &mut Sightings) {
        let newest = self.newest().map_or(entry.epoch, |newest| newest.epoch);
        let history = &mut self.histories[place];
        let number = Note::of_change(entry.change);
        if !history.push(entry) {
            seen.find(finding(context, (promise::ONCE, true), entry.op, number));
        }
        self.written.insert(entry.op);
        if entry.epoch < newest {
            self.left.insert(entry.op);
            seen.witness(deed::TWO_PRIMARIES);
            return;
        }
        if let Operation::Add { item } = entry.change
            && history.cart.count(item) > 1
            && let Some(Some(cart)) = self.carts.get(entry.client.index())
            && cart.count(item) == 0
        {
            seen.find(finding(
                context,
                (promise::DOUBLED, false),
                entry.op,
                number,
            ));
            seen.witness(deed::DOUBLED);
        }
    }

    /// A promotion: what is not in the new primary's log is left out.
    fn leave_out(&mut self, context: Context, place: usize, seen: &mut Sightings) {
        for op in self.written.to_list() {
            if !self.histories[place].ops.contains(op) {
                self.left.insert(op);
            }
        }
        self.last_kept = Default::default();
        for number in 0..self.confirmed.len() {
            let write = self.confirmed[number];
            if self.left.contains(write.op) {
                self.lost(context, write.op, write.change, seen);
            } else {
                self.last_kept[write.client.index()] = Some(number as u32);
            }
        }
    }

    /// A confirmed write is in no log of the newest epoch.
    fn lost(&mut self, context: Context, op: OpId, change: Operation, seen: &mut Sightings) {
        let broken = (promise::STAYS, !self.promoted);
        if self.promoted {
            seen.witness(deed::LOST);
        }
        let is_it = |one: &Finding| one.invariant == promise::STAYS && one.op == Some(op);
        if !seen.findings.iter().any(is_it) {
            seen.find(finding(context, broken, op, Note::of_change(change)));
        }
    }

    /// A primary came back with less than it had: what was never flushed is gone.
    fn shorten(&mut self, context: Context, place: usize, log: &[Entry], seen: &mut Sightings) {
        let history = &self.histories[place];
        let gone = history.log[log.len()..].to_vec();
        self.histories[place] = History::of(history.epoch, log);
        // What others took of it is to be looked at again.
        self.seen = Default::default();
        for entry in gone {
            if self.promoted {
                self.left.insert(entry.op);
            }
            if self.confirmed.iter().any(|write| write.op == entry.op) {
                self.lost(context, entry.op, entry.change, seen);
            }
        }
    }

    fn watch_replica(
        &mut self,
        config: &Config,
        context: Context,
        replica: &Replica<PrimaryReplica>,
        seen: &mut Sightings,
    ) {
        let log = &replica.disk.log;
        let Some(last) = log.last() else {
            return;
        };
        let (looked_at, epoch, _) = self.seen[context.me.index()];
        let grew = log.len() > looked_at as usize && epoch == last.epoch;
        // Without order or rewinding anything may stand before.
        let from = if grew && config.in_order && config.rewind {
            looked_at as usize
        } else {
            0
        };
        let history = self.histories.iter().find(|one| one.epoch == last.epoch);
        let Some(history) = history else {
            return;
        };
        if history.log.get(from..log.len()) != Some(&log[from..]) {
            let broken = (promise::ONE_HISTORY, true);
            let number = i64::from(replica.disk.end());
            self.find_once(seen, finding(context, broken, last.op, number));
        }
    }

    // --- reads

    /// A node answers a client's read from what it shows.
    fn answered(&mut self, replica: &Replica<PrimaryReplica>, client: Endpoint, op: OpId) {
        let shown = &replica.disk.log[..replica.memory.applied as usize];
        let mut lacks = Vec::new();
        for number in self.last_kept.iter().chain(&self.last).flatten() {
            let write = &self.confirmed[*number as usize];
            let there = shown.get((write.place as usize).wrapping_sub(1));
            if there.is_none_or(|entry| entry.op != write.op) {
                lacks.push(*number);
            }
        }
        self.lacking.retain(|(whose, _, _)| *whose != client);
        if !lacks.is_empty() {
            self.lacking.push((client, op, lacks));
        }
    }

    /// A person hears the answer.
    fn heard_read(&mut self, config: &Config, context: Context, told: Told, seen: &mut Sightings) {
        let is_it = |(_, op, _): &(_, OpId, _)| *op == told.op;
        let Some(place) = self.lacking.iter().position(is_it) else {
            return;
        };
        let (_, _, lacks) = self.lacking.swap_remove(place);
        let mut worst = None;
        for number in lacks {
            let write = self.confirmed[number as usize];
            if write.heard < told.asked {
                // What is promised comes first, and what the session itself had written.
                let own = write.client == context.me;
                let rank = (own, !self.left.contains(write.op));
                if worst.is_none_or(|(known, _)| rank > known) {
                    worst = Some((rank, write));
                }
            }
        }
        let Some(((own, kept), write)) = worst else {
            return;
        };
        let promised = match config.reads {
            Reads::Position => own && kept,
            Reads::Primary => !self.promoted,
            Reads::Any | Reads::Timer => false,
        };
        seen.witness(deed::STALE);
        let mut invariant = promise::FRESH;
        if own || config.shared {
            invariant = promise::OWN_WRITES;
            seen.witness(deed::OWN_UNSEEN);
        }
        if promised || self.stale < STALE_MAX {
            self.stale += 1;
            let number = Note::of_change(write.change);
            seen.find(finding(context, (invariant, promised), write.op, number));
        }
    }

    // --- what is confirmed

    fn heard_done(&mut self, context: Context, told: Told, seen: &mut Sightings) {
        let newest = self.newest();
        let log = newest.map_or(&[][..], |newest| &newest.log[..]);
        let stands = newest.is_some_and(|newest| newest.ops.contains(told.op));
        let place = if stands {
            log.iter().rposition(|entry| entry.op == told.op)
        } else {
            None
        };
        let number = self.confirmed.len() as u32;
        self.confirmed.push(Confirmed {
            op: told.op,
            client: context.me,
            change: told.operation,
            heard: context.event,
            place: place.map_or(0, |place| place as u32 + 1),
        });
        let client = context.me.index();
        self.carts[client] = None;
        self.last[client] = Some(number);
        if stands && !self.left.contains(told.op) {
            self.last_kept[client] = Some(number);
        } else {
            self.lost(context, told.op, told.operation, seen);
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
    match told.answer {
        Answer::Done => monitor.heard_done(context, told, seen),
        Answer::Items(cart) => {
            monitor.carts[context.me.index()] = Some(cart);
            monitor.heard_read(config, context, told, seen);
        }
        _ => {}
    }
}

/// The primary of the highest epoch that any node acts in.
pub(super) fn newest(replicas: &[Replica<PrimaryReplica>]) -> Endpoint {
    let epochs = replicas.iter().map(|replica| replica.disk.epoch);
    epochs.max().unwrap_or_default().primary()
}

pub(super) fn fate(replicas: &[Replica<PrimaryReplica>], op: OpId) -> Fate {
    let primary = newest(replicas);
    let is_it = |entry: &Entry| entry.op == op;
    let has = |log: &[Entry]| log.iter().any(is_it);
    if let Some(replica) = replicas.get(primary.index())
        && let Some(place) = replica.disk.log.iter().position(is_it)
    {
        // What was never flushed may yet be gone.
        let durable = (place as u32) < replica.memory.durable;
        return if durable {
            Fate::Happened
        } else {
            Fate::Undecided
        };
    }
    let left =
        |replica: &Replica<PrimaryReplica>| has(&replica.disk.log) || has(&replica.disk.discarded);
    if replicas.iter().any(left) {
        Fate::Lost
    } else {
        Fate::Absent
    }
}
