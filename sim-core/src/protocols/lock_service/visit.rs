//! What a client and a master say to one another about the client's session, where KeepAlives keep it (Burrows 2006,
//! §2.8).

use crate::protocols::consensus::Command;
use crate::protocols::consensus::words::{operation_words, tone};
use crate::units::{Endpoint, Micros};
use crate::view::Part::{Number, Text};
use crate::view::{MessageView, Tone, fill};
use crate::wire::{Decoder, Encoder};
use alloc::string::String;

/// One of these messages.
#[derive(Clone, Copy, Debug)]
pub enum Visit {
    /// A client wants its session opened, or kept. It is answered when the session's lease has come near its end.
    KeepAlive {
        /// Which of its sessions: it counts them, from 1.
        number: u32,
        /// Whether it does not know that to be open yet.
        opens: bool,
        /// Whether it looks for the master, and wants to be answered at once.
        looks: bool,
        /// Of which master it has heard last.
        epoch: u32,
        /// It counts these as well.
        ask: u32,
    },
    /// The answer.
    Lease {
        /// Of this session.
        number: u32,
        /// The master's epoch.
        epoch: u32,
        /// What is answered.
        ask: u32,
        /// For so long, from when it was asked, the session is not ended.
        lasts: Micros,
    },
    /// A client asks for something, within its session.
    Ask {
        /// What.
        command: Command,
        /// Which session.
        number: u32,
        /// Of which master it has heard last.
        epoch: u32,
    },
    /// This session is over.
    Over {
        /// Which.
        number: u32,
    },
    /// A KeepAlive came to a server that is no master.
    Elsewhere {
        /// Who is; [`Endpoint::NONE`]: it does not know.
        master: Endpoint,
    },
}

impl Visit {
    /// Appends its kind and its bytes.
    pub fn encode(&self, to: &mut Encoder) {
        match *self {
            Self::KeepAlive {
                number,
                opens,
                looks,
                epoch,
                ask,
            } => {
                to.u8(0).u32(number).u8(u8::from(opens));
                to.u8(u8::from(looks)).u32(epoch).u32(ask);
            }
            Self::Lease {
                number,
                epoch,
                ask,
                lasts,
            } => {
                to.u8(1).u32(number).u32(epoch).u32(ask);
                to.u32(lasts.0 as u32);
            }
            Self::Ask {
                command,
                number,
                epoch,
            } => command.encode(to.u8(2).u32(number).u32(epoch)),
            Self::Over { number } => {
                to.u8(3).u32(number);
            }
            Self::Elsewhere { master } => {
                to.u8(4).u8(master.0);
            }
        }
    }

    /// Reads them back.
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        Some(match from.u8() {
            0 => Self::KeepAlive {
                number: from.u32(),
                opens: from.u8() != 0,
                looks: from.u8() != 0,
                epoch: from.u32(),
                ask: from.u32(),
            },
            1 => Self::Lease {
                number: from.u32(),
                epoch: from.u32(),
                ask: from.u32(),
                lasts: Micros(u64::from(from.u32())),
            },
            2 => Self::Ask {
                number: from.u32(),
                epoch: from.u32(),
                command: Command::decode(from)?,
            },
            3 => Self::Over { number: from.u32() },
            4 => Self::Elsewhere {
                master: Endpoint(from.u8()),
            },
            _ => return None,
        })
    }

    /// It as it travels.
    pub fn view(&self) -> MessageView {
        let (kind, label, tone, n, words) = match self {
            Self::KeepAlive { opens: true, .. } => {
                let label = "open a session";
                ("keep-alive", label, Tone::Vote, 0, String::new())
            }
            Self::KeepAlive { .. } => ("keep-alive", "KeepAlive", Tone::Plain, 0, String::new()),
            Self::Lease { lasts, .. } => {
                let n = lasts.0 / 1_000;
                ("lease", "lease {n} ms", Tone::Ok, n, String::new())
            }
            Self::Ask { command, .. } => {
                let operation = command.operation;
                let words = operation_words(operation);
                (operation.name(), "{words}", tone(operation), 0, words)
            }
            Self::Over { .. } => ("over", "session over", Tone::No, 0, String::new()),
            Self::Elsewhere { .. } => ("redirect", "not here", Tone::No, 0, String::new()),
        };
        let parts = [("n", Number(n as i64)), ("words", Text(&words))];
        let label = fill(label, &parts);
        MessageView { kind, label, tone }
    }
}
