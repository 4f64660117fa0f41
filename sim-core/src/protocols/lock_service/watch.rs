//! What those who watch see of a lock service: what Multi-Paxos promises, that leases are kept, and the lock-delay.

use super::spec::{OF_PAXOS, invariant};
use super::{Config, Disk, Memory};
use crate::operation::Operation;
use crate::protocol::{Context, Finding, Sightings, Told};
use crate::protocols::consensus::watch::NODES_MAX;
use crate::protocols::consensus::{Content, Index};
use crate::protocols::multi_paxos::{Role, watch};
use crate::units::Micros;

/// Watches all servers of one run from outside.
#[derive(Clone, Default)]
pub struct Monitor {
    paxos: watch::Monitor,
    /// By server: up to where it was seen to have applied its log.
    applied: [Index; NODES_MAX],
    /// By server: when, by its clock, it saw the lock free because its holder's session was over, and nobody has had it
    /// since.
    left_at: [Option<Micros>; NODES_MAX],
    /// What was found already, one bit an invariant: the first time tells the story.
    found: u32,
}

impl Monitor {
    pub(super) fn observe(
        &mut self,
        config: &Config,
        context: Context,
        (disk, memory): (&Disk, &Memory),
        seen: &mut Sightings,
    ) {
        for (own, theirs) in (0..).zip(OF_PAXOS) {
            seen.witnesses |= (memory.paxos.deeds >> theirs & 1) << own;
        }
        seen.witnesses |= memory.keeper.deeds;
        self.look_at_sessions(config, context, disk, memory, seen);
        let servers = (disk, &memory.paxos);
        self.paxos.observe(&config.paxos, context, servers, seen);
    }

    /// By each server's own clock: it cannot see more. A lease that it gave as a master has to be over when it hears that
    /// the session is; and whoever is the master gives no lock too early.
    fn look_at_sessions(
        &mut self,
        config: &Config,
        context: Context,
        disk: &Disk,
        memory: &Memory,
        seen: &mut Sightings,
    ) {
        let (me, now) = (context.me.index() % NODES_MAX, context.steady);
        let before = core::mem::replace(&mut self.applied[me], memory.paxos.applied);
        if memory.paxos.applied < before {
            // It has forgotten, and begins anew.
            self.left_at[me] = None;
            return;
        }
        for (grant, frees) in &memory.above.granted {
            let is_it = |one: &&super::master::Given| {
                one.client == grant.client && one.number == grant.number
            };
            let given = memory.keeper.given.iter().find(is_it);
            if !grant.opens && given.is_some_and(|given| now < given.until) {
                self.find(invariant::LEASES, context, i64::from(grant.number), seen);
            }
            if *frees {
                self.left_at[me] = Some(now);
            }
        }
        for done in &memory.paxos.doings.done {
            let Some(Content::Command(command)) = disk.log.get(done.index).map(|it| it.content)
            else {
                continue;
            };
            if command.operation != Operation::Acquire || memory.above.left_by.is_some() {
                continue;
            }
            // What an earlier master gave, this one only hears of late.
            let is_own = memory.paxos.role == Role::Leading && done.index > memory.paxos.opening;
            let left_at = self.left_at[me].take().filter(|_| is_own);
            if left_at.is_some_and(|at| now < at + config.lock_delay) {
                self.find(
                    invariant::LOCK_DELAY,
                    context,
                    i64::from(done.index.0),
                    seen,
                );
            }
        }
    }

    fn find(&mut self, invariant: u8, context: Context, number: i64, seen: &mut Sightings) {
        if self.found & (1 << invariant) != 0 {
            return;
        }
        self.found |= 1 << invariant;
        seen.find(Finding {
            invariant,
            promised: true,
            event: context.event,
            node: context.me,
            op: None,
            number,
        });
    }

    pub(super) fn told(
        &mut self,
        config: &Config,
        context: Context,
        told: Told,
        seen: &mut Sightings,
    ) {
        self.paxos.told(&config.paxos, context, told, seen);
    }
}
