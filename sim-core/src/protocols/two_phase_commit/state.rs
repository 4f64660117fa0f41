//! What a server holds: on its disk what it must never forget, in memory what it is doing.

use super::message::Tx;
use crate::protocols::consensus::{Command, Machine};
use crate::units::Mask;
use alloc::vec::Vec;

/// A transaction that a server has decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decided {
    /// Which.
    pub tx: Tx,
    /// What it does; a manager may have aborted it without having seen it.
    pub command: Option<Command>,
    /// Commit, or abort.
    pub commits: bool,
    /// The coordinator's: who has not acknowledged the commit.
    pub owed: Mask,
}

/// What survives a crash.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Disk {
    /// The coordinator's: how often it has started.
    pub epoch: u32,
    /// A manager's: what it has voted yes to and not heard of since. It holds the locks of these.
    pub prepared: Vec<(Tx, Command)>,
    /// What is decided. The coordinator writes down commits only: what is not here is aborted.
    pub decided: Vec<Decided>,
    /// A manager's data; the coordinator's sessions.
    pub machine: Machine,
}

/// A transaction whose votes the coordinator counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open {
    /// Which.
    pub tx: Tx,
    /// What it does.
    pub command: Command,
    /// Who has voted yes.
    pub yes: Mask,
    /// Whether it has asked a second time.
    pub is_late: bool,
}

/// What does not.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Memory {
    /// The coordinator's: how many transactions it has begun since its start, and those that it has not decided.
    pub number: u32,
    /// See there.
    pub open: Vec<Open>,
    /// What it has aborted since its start.
    pub aborted: Vec<Decided>,
    /// A manager's: reads that wait for a lock.
    pub readers: Vec<Command>,
    /// A manager's: transactions that it has asked about.
    pub asked: Vec<Tx>,
    /// Under which mark the disk writes which transaction: until it has, nothing of it is durable.
    pub writing: Vec<(u32, Tx)>,
    /// How often the disk was written.
    pub marks: u32,
    /// For those who watch: the transactions that the last input was about.
    pub touched: Vec<Tx>,
    /// Witnesses, one bit each.
    pub deeds: u32,
}

impl Disk {
    /// What a manager in doubt would do.
    pub fn prepared(&self, tx: Tx) -> Option<Command> {
        let found = self.prepared.iter().find(|(one, _)| *one == tx);
        found.map(|(_, command)| *command)
    }

    /// What is decided about a transaction, if anything is; the latest are asked about most.
    pub fn decided(&self, tx: Tx) -> Option<&Decided> {
        self.decided.iter().rev().find(|one| one.tx == tx)
    }

    /// Whether a transaction in doubt has locked a key.
    pub fn has_locked(&self, key: Option<u8>) -> bool {
        let holds = |(_, command): &(Tx, Command)| command.operation.key() == key;
        self.prepared.iter().any(holds)
    }

    /// Whether anybody owes the coordinator an acknowledgement.
    pub fn is_owed(&self) -> bool {
        self.decided.iter().any(|one| !one.owed.is_empty())
    }
}

impl Memory {
    /// Whether what a server has done about a transaction may still be lost.
    pub fn writes(&self, tx: Tx) -> bool {
        self.writing.iter().any(|(_, one)| *one == tx)
    }

    /// Notes that a witness appeared.
    pub(super) const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }
}
