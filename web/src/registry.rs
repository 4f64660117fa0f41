//! Sessions of a page by the id of their figure, so that one island can watch and move another.
//!
//! A room stands before its figure does: an island further up the page may already wait for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use yew::Callback;

use crate::session::{Msg, Session};

/// One figure's session and whoever watches it.
#[derive(Default)]
pub struct Room {
    session: RefCell<Option<Session>>,
    watchers: Watchers,
    /// Told of every frame too, in which nothing but the time has changed.
    frames: Watchers,
}

/// A room is equal to itself alone.
impl PartialEq for Room {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

#[derive(Default)]
struct Watchers {
    list: RefCell<Vec<(u32, Callback<Session>)>>,
    next: RefCell<u32>,
}

impl Watchers {
    fn add(&self, callback: Callback<Session>) -> u32 {
        let id = *self.next.borrow();
        *self.next.borrow_mut() += 1;
        self.list.borrow_mut().push((id, callback));
        id
    }

    fn remove(&self, id: u32) {
        self.list.borrow_mut().retain(|(known, _)| *known != id);
    }

    fn tell(&self, session: &Session) {
        // A watcher may come or go while others are told.
        let list = self.list.borrow().clone();
        for (_, callback) in list {
            callback.emit(session.clone());
        }
    }
}

/// Watching ends when this is dropped.
pub struct Watch {
    room: Rc<Room>,
    id: u32,
    frames: bool,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let watchers = if self.frames {
            &self.room.frames
        } else {
            &self.room.watchers
        };
        watchers.remove(self.id);
    }
}

thread_local! {
    static ROOMS: RefCell<BTreeMap<String, Rc<Room>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The room of the figure with this id; it may still be empty.
pub fn room(id: &str) -> Rc<Room> {
    ROOMS.with_borrow_mut(|rooms| Rc::clone(rooms.entry(id.to_owned()).or_default()))
}

impl Room {
    /// Puts a session into the room.
    pub fn put(&self, session: Session) {
        *self.session.borrow_mut() = Some(session.clone());
        self.watchers.tell(&session);
        self.frames.tell(&session);
    }

    /// The session as it is now.
    pub fn session(&self) -> Option<Session> {
        self.session.borrow().clone()
    }

    /// Does something to the session and tells everybody.
    pub fn send(&self, msg: Msg) {
        if let Msg::Frame { elapsed_us } = msg {
            self.frame(elapsed_us);
            return;
        }
        let next = self
            .session
            .borrow()
            .as_ref()
            .map(|session| session.reduce(msg));
        if let Some(next) = next {
            self.put(next);
        }
    }

    /// Time passes, in place: a frame in which nothing happens copies nothing.
    fn frame(&self, elapsed_us: u64) {
        self.in_place(|session| session.frame(elapsed_us));
    }

    /// Goes where another room's session stands.
    pub fn follow(&self, lead: &Session) {
        self.in_place(|session| session.follow(lead));
    }

    fn in_place(&self, change: impl FnOnce(&mut Session) -> bool) {
        let mut slot = self.session.borrow_mut();
        let Some(session) = slot.as_mut() else { return };
        let happened = change(session);
        let session = session.clone();
        drop(slot);
        if happened {
            self.watchers.tell(&session);
        }
        self.frames.tell(&session);
    }

    /// Calls back whenever anything but the passing of time has changed, and now if the session is there.
    pub fn watch(self: &Rc<Self>, callback: Callback<Session>) -> Watch {
        if let Some(session) = self.session() {
            callback.emit(session);
        }
        let id = self.watchers.add(callback);
        Watch {
            room: Rc::clone(self),
            id,
            frames: false,
        }
    }

    /// Calls back on every frame as well.
    pub fn watch_frames(self: &Rc<Self>, callback: Callback<Session>) -> Watch {
        let id = self.frames.add(callback);
        Watch {
            room: Rc::clone(self),
            id,
            frames: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Link;
    use sim_core::run::Run;
    use sim_core::units::Micros;
    use std::cell::Cell;

    fn session() -> Session {
        let scenario = sim_core::catalogue::find("bank-two").expect("in the catalogue");
        let link = Link {
            run: Run::new(scenario, 7),
            at: Micros::ZERO,
            digest: 0,
        };
        Session::open(&link).expect("it runs")
    }

    #[test]
    fn an_island_may_wait_for_a_figure_that_is_not_there_yet() {
        let told = Rc::new(Cell::new(0));
        let counted = {
            let told = Rc::clone(&told);
            Callback::from(move |_| told.set(told.get() + 1))
        };
        let watch = room("early").watch(counted);
        room("early").put(session());
        room("early").send(Msg::Step);
        assert_eq!(told.get(), 2);
        // Time alone is told only to those who asked for every frame.
        room("early").send(Msg::Frame { elapsed_us: 1 });
        assert_eq!(told.get(), 2);
        drop(watch);
        room("early").send(Msg::Step);
        assert_eq!(told.get(), 2);
    }
}
