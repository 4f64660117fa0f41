//! What a client asks for and what it is told.

use crate::units::Micros;

/// One thing a person asks of the system. The order is part of the link format: append only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operation {
    /// Read the balance.
    Balance,
    /// Put `amount` into the account.
    Deposit {
        /// How much, in whole units of money.
        amount: u32,
    },
    /// Take `amount` out, unless it is not there.
    Withdraw {
        /// How much, in whole units of money.
        amount: u32,
    },
}

impl Operation {
    /// Whether it only looks.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Balance)
    }

    /// What it does to the balance.
    pub const fn change(self) -> i64 {
        match self {
            Self::Balance => 0,
            Self::Deposit { amount } => amount as i64,
            Self::Withdraw { amount } => -(amount as i64),
        }
    }

    /// The operation's name in the field, as histories write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
        }
    }

    /// Its fixed-width code: kind, then argument.
    pub const fn code(self) -> (u8, u32) {
        match self {
            Self::Balance => (0, 0),
            Self::Deposit { amount } => (1, amount),
            Self::Withdraw { amount } => (2, amount),
        }
    }

    /// The inverse of [`Operation::code`].
    pub const fn from_code(kind: u8, argument: u32) -> Option<Self> {
        match kind {
            0 => Some(Self::Balance),
            1 => Some(Self::Deposit { amount: argument }),
            2 => Some(Self::Withdraw { amount: argument }),
            _ => None,
        }
    }
}

/// What a client was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is done.
    Done,
    /// The value read.
    Value(i64),
    /// It certainly did not happen. The number is the protocol's reason (`ProtocolSpec::refusals`).
    Refused(u8),
}

impl Answer {
    /// Its fixed-width code: kind, then argument.
    pub const fn code(self) -> (u8, i64) {
        match self {
            Self::Done => (0, 0),
            Self::Value(value) => (1, value),
            Self::Refused(reason) => (2, reason as i64),
        }
    }

    /// The inverse of [`Answer::code`].
    pub const fn from_code(kind: u8, argument: i64) -> Option<Self> {
        match kind {
            0 => Some(Self::Done),
            1 => Some(Self::Value(argument)),
            2 => Some(Self::Refused(argument as u8)),
            _ => None,
        }
    }
}

/// How long a person waits for an answer unless the scenario says otherwise.
pub const PATIENCE_DEFAULT: Micros = Micros::from_ms(1_000);
