//! What those who watch see of a server: what every replicated log promises, and its witnesses.

use super::spec::deed;
use super::{Config, Raft, Role};
use crate::history::Fate;
use crate::protocol::{Context, Replica, Sightings, Told};
use crate::protocols::consensus::watch::{self, Monitor, Sight};
use crate::units::{OpId, OpSet};

type Server = Replica<Raft>;

pub(super) fn observe(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    replica: &Server,
    seen: &mut Sightings,
) {
    let (disk, memory) = (&replica.disk, &replica.memory);
    seen.witnesses |= memory.deeds;
    let server = Sight {
        term: disk.term,
        leads: memory.role == Role::Leader,
        log: &disk.log,
        commit: memory.commit,
        applied: memory.applied,
        members: memory.latest(),
        lock: &memory.machine.lock,
        doings: &memory.doings,
        first_members: config.members,
    };
    monitor.observe(context, server, seen);
}

pub(super) fn observe_reply(
    config: &Config,
    context: Context,
    monitor: &mut Monitor,
    told: Told,
    seen: &mut Sightings,
) {
    let promised = !config.may_be_stale(told.operation);
    if monitor.told(context, told, promised, seen) {
        seen.witness(deed::STALE);
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
    let before = disk.snapshot.as_deref().map(|one| &one.shown);
    watch::visible(op, before, &disk.log, memory.applied, &memory.doings)
}
