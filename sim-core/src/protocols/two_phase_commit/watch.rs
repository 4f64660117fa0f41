//! What those who watch see of the servers: what is promised, and what became of an operation.

use super::message::Tx;
use super::spec::invariant;
use super::{COORDINATOR, Config, Decided, TwoPhaseCommit};
use crate::history::Fate;
use crate::protocol::{Context, Finding, Replica, Sightings};
use crate::protocols::consensus::Command;
use crate::units::{Mask, OpId, OpSet};
use alloc::vec::Vec;

/// A transaction as it was seen.
#[derive(Clone, Copy)]
struct Seen {
    tx: Tx,
    /// What the coordinator began.
    command: Option<Command>,
    /// Who was seen to vote yes, and to have decided what, durably.
    yes: Mask,
    committed: Mask,
    aborted: Mask,
}

/// Watches all servers of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    all: Vec<Seen>,
    /// What was found already, one bit an invariant: the first time tells the story.
    found: u8,
}

impl Monitor {
    pub(super) fn observe(
        &mut self,
        config: &Config,
        context: Context,
        replica: &Replica<TwoPhaseCommit>,
        seen: &mut Sightings,
    ) {
        seen.witnesses |= replica.memory.deeds;
        for tx in &replica.memory.touched {
            self.look(config, context, *tx, replica, seen);
        }
    }

    /// The transaction, the latest ones first.
    fn place(&mut self, tx: Tx) -> usize {
        let known = self.all.iter().rposition(|one| one.tx == tx);
        known.unwrap_or_else(|| {
            self.all.push(Seen {
                tx,
                command: None,
                yes: Mask::EMPTY,
                committed: Mask::EMPTY,
                aborted: Mask::EMPTY,
            });
            self.all.len() - 1
        })
    }

    fn look(
        &mut self,
        config: &Config,
        context: Context,
        tx: Tx,
        Replica { disk, memory }: &Replica<TwoPhaseCommit>,
        seen: &mut Sightings,
    ) {
        let (me, place) = (context.me, self.place(tx));
        let one = &mut self.all[place];
        if let Some(open) = memory.open.iter().find(|open| open.tx == tx) {
            one.command = Some(open.command);
        }
        if disk.prepared(tx).is_some() {
            one.yes = one.yes.with(me);
        }
        if memory.writes(tx) {
            // A crash may undo what it has decided.
            return;
        }
        let aborted = memory.aborted.iter().rev().find(|one| one.tx == tx);
        let Some(decided) = disk.decided(tx).or(aborted) else {
            return;
        };
        let before = match decided.commits {
            true => one.aborted,
            false => one.committed,
        };
        match decided.commits {
            true => one.committed = one.committed.with(me),
            false => one.aborted = one.aborted.with(me),
        }
        let one = *one;
        let lacks_votes = me == COORDINATOR && one.yes != config.managers;
        let is_made_up = decided.command != one.command;
        for (what, is_broken) in [
            (invariant::ATOMIC, !before.is_empty()),
            (invariant::ALL_VOTES, decided.commits && lacks_votes),
            (invariant::STAYS, before.contains(me)),
            (invariant::VALIDITY, decided.commits && is_made_up),
        ] {
            if is_broken {
                self.find(what, context, decided, seen);
            }
        }
    }

    fn find(&mut self, invariant: u8, context: Context, of: &Decided, seen: &mut Sightings) {
        if self.found & (1 << invariant) != 0 {
            return;
        }
        self.found |= 1 << invariant;
        seen.find(Finding {
            invariant,
            promised: true,
            event: context.event,
            node: context.me,
            op: of.command.map(|command| command.op),
            number: i64::from(of.tx.number),
        });
    }
}

/// What became of an operation: what is committed anywhere has happened, and what the coordinator still counts votes on
/// may. Of all else it will say that it is aborted.
pub(super) fn fate(replicas: &[Replica<TwoPhaseCommit>], op: OpId) -> Fate {
    let is_it = |one: &Decided| one.commits && one.command.is_some_and(|it| it.op == op);
    if { replicas.iter() }.any(|one| one.disk.decided.iter().any(is_it)) {
        return Fate::Happened;
    }
    let mut open = replicas.iter().flat_map(|one| &one.memory.open);
    match open.any(|open| open.command.op == op) {
        true => Fate::Undecided,
        false => Fate::Absent,
    }
}

/// What the answers of a manager rest on.
pub(super) fn visible(replica: &Replica<TwoPhaseCommit>) -> OpSet {
    let mut held = OpSet::default();
    let done = replica.disk.decided.iter().filter(|one| one.commits);
    for command in done.filter_map(|one| one.command) {
        held.insert(command.op);
    }
    held
}
