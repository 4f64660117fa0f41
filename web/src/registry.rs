//! Sessions of a page by the id of their figure, so that one island can watch and move another.
//!
//! A room stands before its figure does: an island further up the page may already wait for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::session::{Msg, Session};
use crate::widget::page;

/// How long after a look a run is judged further, in microseconds: about a frame.
const JUDGES_US: u64 = 16_000;

/// Who is told what a session has become.
type Watcher = Rc<dyn Fn(&Rc<Session>)>;

/// One figure's session and whoever watches it.
#[derive(Default)]
pub struct Room {
    session: RefCell<Option<Rc<Session>>>,
    /// What another island says about this figure, to whoever looks at the figure.
    said: RefCell<String>,
    watchers: RefCell<Vec<Watching>>,
    next: Cell<u32>,
    /// Whether its run is about to be judged further.
    judges: Cell<bool>,
}

#[derive(Clone)]
struct Watching {
    id: u32,
    /// Told of every frame too, in which nothing but the time has changed.
    frames: bool,
    told: Watcher,
}

/// A room is equal to itself alone.
impl PartialEq for Room {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Watching ends when this is dropped.
pub struct Watch {
    room: Rc<Room>,
    id: u32,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watchers = self.room.watchers.borrow_mut();
        watchers.retain(|watching| watching.id != self.id);
    }
}

thread_local! {
    static ROOMS: RefCell<Vec<(String, Rc<Room>)>> = const { RefCell::new(Vec::new()) };
}

/// The room of the figure with this id; it may still be empty.
pub fn room(id: &str) -> Rc<Room> {
    ROOMS.with_borrow_mut(|rooms| {
        if let Some((_, room)) = rooms.iter().find(|(known, _)| known == id) {
            return Rc::clone(room);
        }
        let room = Rc::new(Room::default());
        rooms.push((id.to_owned(), Rc::clone(&room)));
        room
    })
}

impl Room {
    /// Puts a session into the room.
    pub fn put(&self, session: Session) {
        *self.session.borrow_mut() = Some(Rc::new(session));
        self.tell(true);
    }

    /// Says something under the figure; nothing if it is empty.
    pub fn say(&self, words: String) {
        if *self.said.borrow() != words {
            self.said.replace(words);
            self.tell(true);
        }
    }

    /// What is said under the figure.
    pub fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// The session as it is now.
    pub fn session(&self) -> Option<Rc<Session>> {
        self.session.borrow().clone()
    }

    /// Does something to the session and tells everybody.
    pub fn send(&self, msg: Msg) {
        match msg {
            Msg::Frame { elapsed_us } => self.in_place(&|session| session.frame(elapsed_us)),
            msg => {
                if let Some(session) = self.session() {
                    self.put(session.reduce(msg));
                }
            }
        }
    }

    /// Judges its run further in a frame's time, if there is more to judge than there was time for.
    pub fn judge_on(self: &Rc<Self>) {
        let is_judging = self.session().is_some_and(|session| session.is_judging());
        if is_judging && !self.judges.replace(true) {
            let room = Rc::clone(self);
            page::later(JUDGES_US, move || {
                room.judges.set(false);
                room.send(Msg::Judge);
            });
        }
    }

    /// Goes where another room's session stands.
    pub fn follow(&self, lead: &Session) {
        self.in_place(&|session| session.follow(lead));
    }

    /// Time passes: what is looked at is copied only while somebody else holds on to it.
    fn in_place(&self, change: &dyn Fn(&mut Session) -> bool) {
        let mut slot = self.session.borrow_mut();
        let Some(session) = slot.as_mut() else { return };
        let happened = change(Rc::make_mut(session));
        drop(slot);
        self.tell(happened);
    }

    /// `happened`: more than the time has changed.
    fn tell(&self, happened: bool) {
        let Some(session) = self.session() else {
            return;
        };
        // A watcher may come or go while others are told.
        let watchers = self.watchers.borrow().clone();
        for watching in watchers {
            if happened || watching.frames {
                (watching.told)(&session);
            }
        }
    }

    /// Calls back whenever anything but the passing of time has changed, and now if the session is there.
    pub fn watch(self: &Rc<Self>, told: impl Fn(&Rc<Session>) + 'static) -> Watch {
        if let Some(session) = self.session() {
            told(&session);
        }
        self.add(false, Rc::new(told))
    }

    /// Calls back on every frame as well.
    pub fn watch_frames(self: &Rc<Self>, told: impl Fn(&Rc<Session>) + 'static) -> Watch {
        self.add(true, Rc::new(told))
    }

    fn add(self: &Rc<Self>, frames: bool, told: Watcher) -> Watch {
        let id = self.next.get();
        self.next.set(id + 1);
        self.watchers
            .borrow_mut()
            .push(Watching { id, frames, told });
        Watch {
            room: Rc::clone(self),
            id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Link;
    use sim_core::run::Run;
    use sim_core::units::Micros;

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
            move |_: &Rc<Session>| told.set(told.get() + 1)
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
