//! Client sessions: what each client asked last and what it was told, so that asking twice does it once (Raft §8; thesis
//! §6.3). An operation's number in the run is the session's sequence number: a client asks one thing at a time.

use crate::operation::Answer;
use crate::units::{ENDPOINTS_MAX, Endpoint, OpId};
use alloc::vec::Vec;

/// What a client asked last, as far as the log has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Session {
    /// Whose.
    pub client: Endpoint,
    /// The last operation.
    pub op: OpId,
    /// What came of it.
    pub answer: Answer,
}

/// Whether an operation was there before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// For the first time.
    First,
    /// It was done, and this came of it.
    Again(Answer),
    /// The client has asked for something else since, so it no longer waits for this.
    Past,
}

/// All sessions, in the order in which they began.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sessions {
    list: Vec<Session>,
    /// By client: the place of its session, counted from 1; 0: it has none.
    places: [u8; ENDPOINTS_MAX as usize],
}

impl Sessions {
    fn place(&self, client: Endpoint) -> Option<usize> {
        let place = self.places.get(client.index()).copied();
        usize::from(place.unwrap_or(0)).checked_sub(1)
    }

    /// Whether an operation was there before.
    pub fn asked(&self, client: Endpoint, op: OpId) -> Asked {
        let known = self.place(client).and_then(|place| self.list.get(place));
        match known {
            Some(one) if one.op == op => Asked::Again(one.answer),
            Some(one) if one.op > op => Asked::Past,
            _ => Asked::First,
        }
    }

    /// Keeps what came of an operation.
    pub fn keep(&mut self, session: Session) {
        if let Some(place) = self.place(session.client) {
            self.list[place] = session;
        } else if let Some(place) = self.places.get_mut(session.client.index()) {
            self.list.push(session);
            *place = self.list.len() as u8;
        }
    }

    /// All of them.
    pub fn list(&self) -> &[Session] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_twice_is_answered_from_the_session() {
        let mut sessions = Sessions::default();
        let (client, answer) = (Endpoint(3), Answer::Value(2));
        assert_eq!(sessions.asked(client, OpId(5)), Asked::First);
        sessions.keep(Session {
            client,
            op: OpId(5),
            answer,
        });
        assert_eq!(sessions.asked(client, OpId(5)), Asked::Again(answer));
        assert_eq!(sessions.asked(client, OpId(4)), Asked::Past);
        assert_eq!(sessions.asked(client, OpId(9)), Asked::First);
        assert_eq!(sessions.asked(Endpoint(4), OpId(5)), Asked::First);
    }
}
