//! What clients have been told of a log, and where their operations were done: whether a read missed what had been answered
//! before it was asked, and whether something was done twice.

use super::list::List;
use super::log::Index;
use crate::protocol::{Context, Told};
use crate::units::{ENDPOINTS_MAX, Endpoint, EventId, OpId};

/// A read that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Whose.
    pub client: Endpoint,
    /// The operation's number.
    pub op: OpId,
    /// From the entries up to here.
    pub index: Index,
}

/// A command that was done.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// The entry.
    pub index: Index,
    /// The operation's number.
    pub op: OpId,
}

/// What is kept of that.
#[derive(Clone, Default)]
pub struct Heard {
    /// By operation, the index at which it was done; 0: not yet.
    done_at: List<u32>,
    /// Up to which index clients had heard of anything, after each event of hearing.
    heard: List<(EventId, Index)>,
    /// By client: the read that was answered last, and as of which index.
    served: [Option<Served>; ENDPOINTS_MAX as usize],
}

impl Heard {
    /// Reads were answered.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn serve(&mut self, all: &[Served]) {
        for served in all {
            let client = served.client.index() % ENDPOINTS_MAX as usize;
            let last = &mut self.served[client];
            if last.is_none_or(|last| last.op.0 <= served.op.0) {
                *last = Some(*served);
            }
        }
    }

    /// Keeps where an operation was done. `false`: it was done elsewhere before.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn do_at(&mut self, done: Done) -> bool {
        let Done { index, op } = done;
        let place = op.0 as usize;
        while self.done_at.len() <= place {
            self.done_at.push(0);
        }
        match self.done_at.get(place) {
            Some(0) => {
                if let Some(at) = self.done_at.get_mut(place) {
                    *at = index.0;
                }
                true
            }
            at => at == Some(&index.0),
        }
    }

    /// A client was told something. If it was a read that missed what had been answered before it was asked: as of which
    /// index it was answered.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn told(&mut self, context: Context, told: Told) -> Option<Index> {
        let client = context.me.index() % ENDPOINTS_MAX as usize;
        let served = self.served[client].filter(|served| served.op == told.op);
        let done_at = || self.done_at.get(told.op.0 as usize).copied();
        let index = match served {
            Some(served) => served.index,
            None => Index(done_at().unwrap_or(0)),
        };
        let is_stale = served.is_some() && index < self.before(told.asked);
        self.hear(context.event, index);
        is_stale.then_some(index)
    }

    /// Up to which index anybody had heard of anything before an event.
    fn before(&self, event: EventId) -> Index {
        let (mut low, mut high) = (0, self.heard.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.heard.get(middle) {
                Some((at, _)) if *at < event => low = middle + 1,
                _ => high = middle,
            }
        }
        let last = low.checked_sub(1).and_then(|last| self.heard.get(last));
        last.map_or_else(Index::default, |(_, index)| *index)
    }

    fn hear(&mut self, event: EventId, index: Index) {
        if index > self.before(EventId::NONE) {
            self.heard.push((event, index));
        }
    }
}
