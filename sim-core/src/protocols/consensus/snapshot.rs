//! What stands for the beginning of a log.

use super::log::Place;
use super::machine::Machine;
use super::members::Members;
use crate::units::{Mask, OpSet};
use crate::wire::{Decoder, Encoder};

/// The state machine as of an index, instead of the log up to there (Ongaro & Ousterhout 2014, §7).
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The last entry that it replaces.
    pub at: Place,
    /// The members as of then.
    pub members: Members,
    /// What the log had come to.
    pub machine: Machine,
    /// The operations in it; for those who watch, so it does not travel.
    pub shown: OpSet,
}

impl Snapshot {
    /// Appends its bytes.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn encode(&self, to: &mut Encoder) {
        self.at.encode(to);
        to.u32(self.members.0.0);
        self.machine.encode(to);
    }

    /// Reads them back.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(Self {
            at: Place::decode(from),
            members: Members(Mask(from.u32())),
            machine: Machine::decode(from)?,
            shown: OpSet::default(),
        })
    }
}
