//! How a leader learns that it still leads: rounds of heartbeats that everybody answers, and what a lease makes of them.

use crate::units::Micros;
use crate::view::Lease;
use alloc::vec::Vec;

/// A leader's rounds.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Rounds {
    /// The latest.
    pub last: u32,
    /// The latest that a majority has answered: it led when that began.
    pub confirmed: u32,
    /// Those after it, and when each began.
    begun: Vec<(u32, Micros)>,
    /// Until when nobody else can lead.
    pub lease_until: Micros,
}

impl Rounds {
    /// It leads from now on, and nothing is confirmed.
    pub fn restart(&mut self) {
        self.confirmed = self.last;
        self.begun.clear();
        self.lease_until = Micros::ZERO;
    }

    /// From when until when it can rely on being the only leader, where a lease lasts for so long.
    pub fn lease(&self, lease: Micros) -> Lease {
        Lease {
            from: Micros(self.lease_until.0.saturating_sub(lease.0)),
            until: self.lease_until,
        }
    }

    /// It leads no more.
    pub fn end(&mut self) {
        self.begun.clear();
    }

    /// The next one begins.
    pub fn begin(&mut self, now: Micros) {
        self.last += 1;
        self.begun.push((self.last, now));
    }

    /// Looks which round a majority has answered by now. Whether that is a later one than before; a lease goes on from when
    /// it began.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn confirm(&mut self, lease: Micros, is_answered: &dyn Fn(u32) -> bool) -> bool {
        let mut confirmed = self.confirmed;
        while confirmed < self.last && is_answered(confirmed + 1) {
            confirmed += 1;
        }
        if confirmed == self.confirmed {
            return false;
        }
        self.confirmed = confirmed;
        let of_round = |(round, _): &&(u32, Micros)| *round == confirmed;
        if let Some((_, began)) = self.begun.iter().find(of_round).copied() {
            self.lease_until = began + lease;
        }
        self.begun.retain(|(round, _)| *round > confirmed);
        true
    }
}

/// How long after a round began nobody else can lead: a follower protects its leader for `protected` by its own clock,
/// which may run fast by the bound while the leader's runs slow by it.
pub fn lease_of(protected: Micros, bound_permille: u32) -> Micros {
    let (less, more) = (
        1_000 - u64::from(bound_permille),
        1_000 + u64::from(bound_permille),
    );
    Micros(protected.0 * less / more)
}
