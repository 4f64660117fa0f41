//! What servers and clients send one another: what Multi-Paxos says, and what is said about sessions.

use super::visit::Visit;
use crate::protocols::multi_paxos;
use crate::wire::{Decoder, Encoder, Wire};

/// One of these.
#[derive(Clone, Debug)]
pub enum Message {
    /// Between servers; and answers to clients.
    Paxos(multi_paxos::Message),
    /// Between a client and a master.
    Session(Visit),
}

impl Wire for Message {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Paxos(message) => message.encode(to.u8(0)),
            Self::Session(visit) => visit.encode(to.u8(1)),
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        match from.u8() {
            0 => multi_paxos::Message::decode(from).map(Self::Paxos),
            1 => {
                let visit = Visit::decode(from)?;
                from.whole(Self::Session(visit))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Answer, Operation};
    use crate::protocols::consensus::{Command, Talk};
    use crate::units::{Endpoint, Micros, OpId};
    use alloc::format;

    #[test]
    fn messages_come_back_from_their_bytes() {
        let command = Command {
            client: Endpoint(4),
            op: OpId(7),
            operation: Operation::Acquire,
            token: 3,
        };
        let answer = Talk::Answer {
            op: OpId(1),
            answer: Answer::Done,
        };
        let (number, epoch, ask) = (2, 516, 9);
        for message in [
            Message::Paxos(multi_paxos::Message::Talk(answer)),
            Message::Session(Visit::KeepAlive {
                number,
                opens: true,
                looks: false,
                epoch,
                ask,
            }),
            Message::Session(Visit::Lease {
                number,
                epoch,
                ask,
                lasts: Micros(12_000_000),
            }),
            Message::Session(Visit::Ask {
                command,
                number,
                epoch,
            }),
            Message::Session(Visit::Over { number }),
            Message::Session(Visit::Elsewhere {
                master: Endpoint(2),
            }),
        ] {
            let mut bytes = Encoder::default();
            message.encode(&mut bytes);
            let back = Message::decode(&mut Decoder::new(bytes.bytes()));
            assert_eq!(format!("{back:?}"), format!("{:?}", Some(message)));
        }
        for bytes in [&[1, 5][..], &[2], &[1, 4], &[0, 11]] {
            assert!(
                Message::decode(&mut Decoder::new(bytes)).is_none(),
                "{bytes:?}"
            );
        }
    }
}
