//! What belongs to a client's session and goes with it: a lock whose holder's session is over is free. When a session is
//! over is decided by a leader and said in the log, so all servers agree on it (Hunt et al. 2010, §2.1; Burrows 2006,
//! §2.8).

use super::machine::{Checks, Command, Machine, Outcome};
use crate::operation::{Answer, Operation};
use crate::units::Endpoint;
use crate::wire::{Decoder, Encoder};
use alloc::vec::Vec;

/// A client's session opens, or is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Whose.
    pub client: Endpoint,
    /// Which of its sessions: it counts them, from 1.
    pub number: u32,
    /// Opens, or is over.
    pub opens: bool,
}

impl Grant {
    /// Appends its bytes.
    pub fn encode(self, to: &mut Encoder) {
        to.u8(self.client.0).u32(self.number);
        to.u8(u8::from(self.opens));
    }

    /// Reads them back.
    pub fn decode(from: &mut Decoder<'_>) -> Self {
        Self {
            client: Endpoint(from.u8()),
            number: from.u32(),
            opens: from.u8() != 0,
        }
    }
}

/// Which sessions there are, and whose holds the lock.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tenancy {
    /// By client: the last session that opened, and whether it still is; in the order in which clients came.
    pub sessions: Vec<Grant>,
    /// Whose session holds the lock.
    pub holder: Option<Endpoint>,
}

impl Tenancy {
    /// This came of what a client asked for.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn applied(&mut self, command: &Command, outcome: &Outcome) {
        match (command.operation, outcome.answer) {
            (Operation::Acquire, Some(Answer::Value(_))) if outcome.is_done => {
                self.holder = Some(command.client);
            }
            (Operation::Release, Some(Answer::Done)) if outcome.is_done => self.holder = None,
            _ => {}
        }
    }

    /// The last session of a client.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn of(&self, client: Endpoint) -> Option<Grant> {
        let is_it = |one: &&Grant| one.client == client;
        self.sessions.iter().find(is_it).copied()
    }

    /// A session opens, or is over, unless the client has opened a later one. Whether the lock is free by it: a client has
    /// one session at a time.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn grant(&mut self, grant: Grant, machine: &mut Machine) -> bool {
        let place = |one: &Grant| one.client == grant.client;
        match self.sessions.iter().position(place) {
            Some(place) => {
                let known = &mut self.sessions[place];
                let is_news = match grant.opens {
                    true => grant.number > known.number,
                    false => grant.number == known.number && known.opens,
                };
                if !is_news {
                    return false;
                }
                *known = grant;
            }
            None => self.sessions.push(grant),
        }
        let frees = self.holder == Some(grant.client);
        if frees {
            self.holder = None;
            machine.lock.is_held = false;
        }
        frees
    }
}

/// A state machine whose lock belongs to its holder's session.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Ephemeral {
    /// Without the sessions.
    pub machine: Machine,
    /// Whose it is.
    pub tenancy: Tenancy,
}

impl Ephemeral {
    /// Does what a command says, once.
    pub fn apply(&mut self, command: &Command, checks: Checks) -> Outcome {
        let outcome = self.machine.apply(command, checks);
        self.tenancy.applied(command, &outcome);
        outcome
    }

    /// The last session of a client.
    pub fn of(&self, client: Endpoint) -> Option<Grant> {
        self.tenancy.of(client)
    }

    /// A session opens, or is over. Whether the lock is free by it.
    pub fn grant(&mut self, grant: Grant) -> bool {
        self.tenancy.grant(grant, &mut self.machine)
    }

    /// Appends its bytes.
    pub fn encode(&self, to: &mut Encoder) {
        self.machine.encode(to);
        let Tenancy { sessions, holder } = &self.tenancy;
        to.u8(holder.unwrap_or(Endpoint::NONE).0);
        to.u8(sessions.len() as u8);
        for one in sessions {
            one.encode(to);
        }
    }

    /// Reads them back.
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let machine = Machine::decode(from)?;
        let holder = Endpoint(from.u8());
        let mut tenancy = Tenancy {
            sessions: Vec::new(),
            holder: (holder != Endpoint::NONE).then_some(holder),
        };
        for _ in 0..from.u8() {
            tenancy.sessions.push(Grant::decode(from));
        }
        Some(Self { machine, tenancy })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::consensus::machine::refusal;
    use crate::units::OpId;

    const CHECKED: Checks = Checks {
        sessions: true,
        tokens: true,
    };

    const fn grant(client: u8, number: u32, opens: bool) -> Grant {
        Grant {
            client: Endpoint(client),
            number,
            opens,
        }
    }

    fn ask(state: &mut Ephemeral, client: u8, op: u32, operation: Operation) -> Option<Answer> {
        let command = Command {
            client: Endpoint(client),
            op: OpId(op),
            operation,
            token: 0,
        };
        state.apply(&command, CHECKED).answer
    }

    #[test]
    fn a_lock_goes_with_its_session() {
        let mut state = Ephemeral::default();
        assert!(!state.grant(grant(3, 1, true)) && !state.grant(grant(4, 1, true)));
        let first = ask(&mut state, 3, 0, Operation::Acquire);
        assert_eq!(first, Some(Answer::Value(1)));
        let held = Some(Answer::Refused(refusal::HELD));
        assert_eq!(ask(&mut state, 4, 1, Operation::Acquire), held);
        // Somebody else's session is over, or one that was.
        assert!(!state.grant(grant(4, 1, false)) && !state.grant(grant(3, 0, false)));
        assert!(state.grant(grant(3, 1, false)));
        assert!(!state.grant(grant(3, 1, false)), "once");
        let next = ask(&mut state, 4, 2, Operation::Acquire);
        assert_eq!(next, Some(Answer::Value(2)));
        // A later session of the same client ends the one before.
        assert!(state.grant(grant(4, 2, true)));
        assert!(!state.grant(grant(4, 1, true)), "an old one is no news");
        assert_eq!(state.of(Endpoint(4)), Some(grant(4, 2, true)));
        // What was given back is not freed again.
        let last = ask(&mut state, 3, 3, Operation::Acquire);
        assert_eq!(last, Some(Answer::Value(3)));
        assert_eq!(
            ask(&mut state, 4, 4, Operation::Release),
            Some(Answer::Done)
        );
        assert!(!state.grant(grant(3, 2, true)));
    }

    #[test]
    fn it_comes_back_from_its_bytes() {
        let mut state = Ephemeral::default();
        state.grant(grant(3, 1, true));
        state.grant(grant(5, 2, true));
        ask(&mut state, 3, 0, Operation::Acquire);
        let mut bytes = Encoder::default();
        state.encode(&mut bytes);
        let mut from = Decoder::new(bytes.bytes());
        assert_eq!(Ephemeral::decode(&mut from), Some(state));
        assert!(from.is_whole());
    }
}
