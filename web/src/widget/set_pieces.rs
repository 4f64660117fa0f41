//! Set pieces: chance chosen for the election timers that run, from a server's menu or by a key while it has the focus.

use figure::Target;
use sim_core::action::Action;
use sim_core::units::Endpoint;

use super::Figure;
use crate::session::{Change, Msg, Session};

/// A set piece of one server.
pub struct SetPiece {
    /// Its key, as it is written.
    pub key: &'static str,
    /// What its button says.
    pub label: &'static str,
    /// What comes of it, in a few words, and its key.
    pub hint: &'static str,
    /// What the list of keys says of it.
    pub help: &'static str,
    action: fn(Endpoint) -> Action,
}

impl SetPiece {
    /// What it does, of this server.
    pub fn of(&self, server: Endpoint) -> Action {
        (self.action)(server)
    }
}

/// All of them.
pub const SET_PIECES: [SetPiece; 3] = [
    SetPiece {
        key: "T",
        label: "Time it out",
        hint: "its election timer, as soon as it may (key T)",
        help: "on a server: its election timer runs out as soon as it may",
        action: Action::TimeOut,
    },
    SetPiece {
        key: "V",
        label: "Split the vote",
        hint: "all election timers run out together (V)",
        help: "on a server: all election timers run out together, and the vote is split",
        action: |_| Action::TimeOutTogether,
    },
    SetPiece {
        key: "F",
        label: "Let it stand first",
        hint: "the other timers run out as late as they may (F)",
        help: "on a server: its timer runs out first, the others’ as late as they may",
        action: Action::TimeOutFirst,
    },
];

/// Whether an election timer runs there.
pub fn waits(session: &Session, server: Endpoint) -> bool {
    let node = session.picture.nodes.get(server.index());
    node.is_some_and(|node| node.alarm().is_some())
}

/// What a key asks for while this thing of the figure has the focus.
pub fn pressed(figure: &Figure, code: &str, key: &str) -> Option<Msg> {
    let Some(Target::Node(server)) = Target::parse(code) else {
        return None;
    };
    let session = figure.room.session()?;
    let is_offered = figure.wishes.has("timers") && waits(&session, server);
    let piece = SET_PIECES
        .iter()
        .find(|piece| piece.key.eq_ignore_ascii_case(key));
    piece
        .filter(|_| is_offered)
        .map(|piece| Change::Act(piece.of(server)).into())
}
