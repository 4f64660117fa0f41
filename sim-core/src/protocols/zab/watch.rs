//! What those who watch see of the servers: what every replicated log promises, that zxids only rise, and what became of
//! an operation.

use super::spec::deed;
use super::{Config, Zab};
use crate::history::Fate;
use crate::protocol::{Context, Finding, Replica, Sightings, Told};
use crate::protocols::consensus::watch::{self, Sight, promise};
use crate::protocols::consensus::{Entry, Index};
use crate::units::{OpId, OpSet};

type Server = Replica<Zab>;

/// Watches all servers of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    all: watch::Monitor,
    /// Whether it was found that a zxid fell.
    has_fallen: bool,
}

impl Monitor {
    pub(super) fn observe(
        &mut self,
        config: &Config,
        context: Context,
        replica: &Server,
        seen: &mut Sightings,
    ) {
        let (disk, memory) = (&replica.disk, &replica.memory);
        seen.witnesses |= memory.deeds;
        self.look_at_order(context, replica, seen);
        let server = Sight {
            term: disk.current,
            leads: memory.leads(),
            log: &disk.log,
            commit: memory.commit,
            applied: memory.applied,
            members: (Index::default(), config.servers),
            lock: &memory.state.machine.lock,
            doings: &memory.doings,
            first_members: config.servers,
        };
        self.all.observe(context, server, seen);
    }

    /// Global primary order: nothing of an earlier epoch comes after anything of a later one.
    fn look_at_order(&mut self, context: Context, replica: &Server, seen: &mut Sightings) {
        let log = &replica.disk.log;
        let mut index = replica.memory.doings.changed_from;
        while index <= log.last_index() && !self.has_fallen {
            if log.term_at(index) < log.term_at(index.back()) {
                self.has_fallen = true;
                let command = log.get(index).and_then(Entry::command);
                seen.find(Finding {
                    invariant: promise::INTERSECT,
                    promised: true,
                    event: context.event,
                    node: context.me,
                    op: command.map(|command| command.op),
                    number: i64::from(index.0),
                });
            }
            index = index.next();
        }
    }

    pub(super) fn told(&mut self, context: Context, told: Told, seen: &mut Sightings) {
        if self.all.told(context, told, false, seen) {
            seen.witness(deed::STALE);
        }
    }
}

/// What the server says that knows most of it.
pub(super) fn fate(replicas: &[Server], op: OpId) -> Fate {
    let mut fate = Fate::Absent;
    for replica in replicas {
        match watch::fate(op, &replica.memory.shown, &replica.disk.log) {
            Fate::Absent => {}
            Fate::Happened => return Fate::Happened,
            other => fate = other,
        }
    }
    fate
}

/// What the answer to an operation rests on.
pub(super) fn visible(replica: &Server, op: OpId) -> Option<OpSet> {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let before = disk.image.as_deref().map(|image| &image.shown);
    watch::visible(op, before, &disk.log, memory.applied, &memory.doings)
}
