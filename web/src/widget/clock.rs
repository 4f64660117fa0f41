//! Time, frame by frame while a figure plays, and the pause when it leaves the screen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry};

use super::page;
use crate::registry::Room;
use crate::session::Msg;

type Tick = Closure<dyn FnMut(f64)>;

/// Sends frames to a room while it exists.
pub struct Clock {
    handle: Rc<Cell<i32>>,
    tick: Rc<RefCell<Option<Tick>>>,
}

impl Clock {
    /// Starts.
    pub fn start(room: Rc<Room>) -> Self {
        let handle = Rc::new(Cell::new(0));
        let tick: Rc<RefCell<Option<Tick>>> = Rc::default();
        let last = Cell::new(None);
        let again = (Rc::clone(&handle), Rc::clone(&tick));
        let step = move |now_ms: f64| {
            let now_us = (now_ms * 1_000.0) as u64;
            let elapsed_us = now_us.saturating_sub(last.replace(Some(now_us)).unwrap_or(now_us));
            request(&again.0, &again.1);
            room.send(Msg::Frame { elapsed_us });
        };
        *tick.borrow_mut() = Some(Closure::wrap(Box::new(step) as Box<dyn FnMut(f64)>));
        request(&handle, &tick);
        Self { handle, tick }
    }
}

fn request(handle: &Cell<i32>, tick: &RefCell<Option<Tick>>) {
    if let (Some(window), Some(tick)) = (page::window(), tick.borrow().as_ref()) {
        handle.set(
            window
                .request_animation_frame(tick.as_ref().unchecked_ref())
                .unwrap_or(0),
        );
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        if let Some(window) = page::window() {
            let _ = window.cancel_animation_frame(self.handle.get());
        }
        // The closure may be what runs right now; it is let go once that is over.
        if let Ok(mut tick) = self.tick.try_borrow_mut()
            && let Some(tick) = tick.take()
        {
            let later = Closure::once_into_js(move || drop(tick));
            if let Some(window) = page::window() {
                let _ = window.set_timeout_with_callback(later.unchecked_ref());
            }
        }
    }
}

/// Pauses a room when its figure leaves the screen. Ends when this is dropped.
pub struct Watchman {
    observer: IntersectionObserver,
    _seen: Closure<dyn FnMut(js_sys::Array)>,
}

impl Watchman {
    /// Begins to watch.
    pub fn over(figure: &Element, room: Rc<Room>) -> Option<Self> {
        let seen = Closure::wrap(Box::new(move |entries: js_sys::Array| {
            let entry: Option<IntersectionObserverEntry> = entries.pop().dyn_into().ok();
            let gone = entry.is_some_and(|entry| !entry.is_intersecting());
            if gone && room.session().is_some_and(|session| session.playing) {
                room.send(Msg::Play(false));
            }
        }) as Box<dyn FnMut(js_sys::Array)>);
        let observer = IntersectionObserver::new(seen.as_ref().unchecked_ref()).ok()?;
        observer.observe(figure);
        Some(Self {
            observer,
            _seen: seen,
        })
    }
}

impl Drop for Watchman {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
