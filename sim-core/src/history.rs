//! What the clients did and were told.

use crate::operation::{Answer, Operation};
use crate::units::{Endpoint, EventId, Micros, OpId};
use alloc::vec::Vec;

/// How an operation ended for the person who asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Still waiting.
    Open,
    /// Answered. A refusal certainly did not happen, unless it says itself that it is not sure.
    Told(Answer),
    /// The person stopped waiting: it may have happened, or may yet.
    Unknown,
}

/// What became of an operation in the end, whatever its client knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It took effect.
    Happened,
    /// It did not and, as things stand, will not.
    Absent,
    /// Some node still holds it and may bring it about.
    Undecided,
    /// It was told to a client and then dropped by the system.
    Lost,
}

/// One operation of one client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its number.
    pub op: OpId,
    /// Who asked.
    pub client: Endpoint,
    /// What.
    pub operation: Operation,
    /// When it was asked.
    pub invoked: Micros,
    /// The event of the asking.
    pub invoked_by: EventId,
    /// When it ended for the client; [`Micros::NEVER`] while open.
    pub ended: Micros,
    /// The event of the ending.
    pub ended_by: EventId,
    /// How it ended.
    pub outcome: Outcome,
}

impl Record {
    /// The record as it stood after `events` events: an ending that lies ahead is not known yet.
    pub fn as_of(self, events: u32) -> Option<Self> {
        if self.invoked_by.0 >= events {
            return None;
        }
        if self.ended_by.0 < events {
            return Some(self);
        }
        Some(Self {
            ended: Micros::NEVER,
            ended_by: EventId::NONE,
            outcome: Outcome::Open,
            ..self
        })
    }

    /// Whether it was told to be done.
    pub const fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Told(answer) if !matches!(answer, Answer::Refused(_)))
    }

    /// Whether it certainly did not happen.
    pub const fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Told(answer) if answer.is_refusal())
    }
}

/// All operations of a run, by number.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// In the order of invocation.
    pub records: Vec<Record>,
}

impl History {
    pub(crate) fn invoke(&mut self, record: Record) {
        self.records.push(record);
    }

    pub(crate) fn end(&mut self, op: OpId, at: Micros, by: EventId, outcome: Outcome) {
        if let Some(record) = self.records.get_mut(op.0 as usize) {
            record.ended = at;
            record.ended_by = by;
            record.outcome = outcome;
        }
    }

    /// The history as it stood after `events` events.
    pub fn as_of(&self, events: u32) -> Vec<Record> {
        as_of(&self.records, events)
    }

    /// The record of `op`.
    pub fn get(&self, op: OpId) -> Option<&Record> {
        self.records.get(op.0 as usize)
    }
}

/// Records as they stood after `events` events.
pub(crate) fn as_of(records: &[Record], events: u32) -> Vec<Record> {
    let mut list = Vec::new();
    for record in records {
        list.extend(record.as_of(events));
    }
    list
}
