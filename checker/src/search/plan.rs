//! The history seen from its responses: what is under way when, laid out once before a search.

use super::{Model, Span};
use crate::history::NEVER;
use alloc::vec::Vec;

/// Everything between two responses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// Where its operations begin in [`Plan::pending`]; they end where the next layer's begin.
    pub(super) start: u32,
    /// Where the unknown operations that have been invoked by then begin in [`Plan::live`], as far as they may still be
    /// of use, and where they end.
    pub(super) open: (u32, u32),
    /// The place of the response.
    pub(super) now: u32,
    /// This or the next layer whose response is of an operation that looks.
    pub(super) look: u32,
}

/// The history seen from its responses.
#[derive(Default, Debug)]
pub(super) struct Plan {
    pub(super) layers: Vec<Layer>,
    /// By layer: what must still be placed and has been invoked, in the order of the responses.
    pub(super) pending: Vec<u32>,
    /// The unknown operations that may be of use, in runs of several layers.
    pub(super) live: Vec<u32>,
    /// By operation, if it is unknown: the place after which it is of no use.
    pub(super) until: Vec<u32>,
    pub(super) open: Vec<u32>,
    pub(super) open_free: Vec<u32>,
    /// By operation: its bit among those under way at the same time, or among the unknown ones.
    pub(super) bits: Vec<u32>,
    pub(super) returns: Vec<u32>,
    pub(super) active: Vec<u32>,
    pub(super) free: Vec<u32>,
    /// One more than the largest bit.
    pub(super) room: u32,
}

/// More entries than this are no plan: too many operations under way at once, for too long.
const PENDING_MAX: usize = 32 << 20;

impl Plan {
    /// Lays the history out. Says whether it could.
    pub(super) fn lay(&mut self, spans: &[Span], model: &dyn Model) -> bool {
        self.clear();
        self.bits.resize(spans.len(), 0);
        self.until.resize(spans.len(), NEVER);
        for (op, span) in (0..).zip(spans) {
            match span.ended {
                NEVER => self.until[op as usize] = model.of_use_until(op),
                _ => self.returns.push(op),
            }
        }
        self.returns
            .sort_unstable_by_key(|op| spans[*op as usize].ended);
        let (mut next, mut fresh, mut fresh_open, mut live) = (0, 0, 0, 0);
        for place in 0..self.returns.len() {
            let due = self.returns[place];
            let now = spans[due as usize].ended;
            let known = self.open.len();
            self.retire(now);
            if self.open.len() < known {
                // What comes now is a run of its own.
                live = self.live.len();
                self.live.extend_from_slice(&self.open);
            }
            while let Some(span) = spans.get(next).filter(|span| span.invoked < now) {
                if span.ended != NEVER {
                    self.bits[next] = bit(&mut self.free, &mut fresh);
                    let after = |other: &u32| spans[*other as usize].ended < span.ended;
                    let at = self.active.partition_point(after);
                    self.active.insert(at, next as u32);
                } else if self.until[next] >= now {
                    self.bits[next] = bit(&mut self.open_free, &mut fresh_open);
                    self.open.push(next as u32);
                    self.live.push(next as u32);
                }
                next += 1;
            }
            self.layers.push(Layer {
                start: self.pending.len() as u32,
                open: (live as u32, self.live.len() as u32),
                now,
                look: 0,
            });
            if self.pending.len() + self.live.len() + self.active.len() > PENDING_MAX {
                return false;
            }
            self.pending.extend_from_slice(&self.active);
            self.active.remove(0);
            self.free.push(self.bits[due as usize]);
        }
        let (mut look, looks_ahead) = (NEVER, model.looks_ahead());
        for place in (0..self.layers.len()).rev() {
            if looks_ahead && model.only_looks(self.returns[place]) {
                look = place as u32;
            }
            self.layers[place].look = look;
        }
        self.room = fresh.max(fresh_open);
        true
    }

    /// Leaves out the unknown operations that are of no use any more.
    fn retire(&mut self, now: u32) {
        let (until, bits, free) = (&self.until, &self.bits, &mut self.open_free);
        self.open.retain(|op| {
            let is_of_use = until[*op as usize] >= now;
            if !is_of_use {
                free.push(bits[*op as usize]);
            }
            is_of_use
        });
    }

    /// The unknown operations that may be placed in a layer.
    pub(super) fn open_of(&self, layer: u32) -> &[u32] {
        let (from, to) = self.layers[layer as usize].open;
        &self.live[from as usize..to as usize]
    }

    fn clear(&mut self) {
        self.layers.clear();
        self.pending.clear();
        self.open.clear();
        self.live.clear();
        self.until.clear();
        self.open_free.clear();
        self.bits.clear();
        self.returns.clear();
        self.active.clear();
        self.free.clear();
    }

    pub(super) fn pending_of(&self, layer: u32) -> &[u32] {
        let from = self.layers[layer as usize].start as usize;
        match self.layers.get(layer as usize + 1) {
            Some(next) => &self.pending[from..next.start as usize],
            None => &self.pending[from..],
        }
    }
}

/// A bit that is free, or else one more.
fn bit(free: &mut Vec<u32>, fresh: &mut u32) -> u32 {
    free.pop().unwrap_or_else(|| {
        *fresh += 1;
        *fresh - 1
    })
}
