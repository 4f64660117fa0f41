//! Waiting for a part of the module that the release split off.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Whether what is asked for is loaded before the asking is over (`site/src/later.js`).
    #[wasm_bindgen(js_name = loadAtOnce)]
    fn load_at_once(on: bool);
}

/// What is behind a way into a part, loaded before this returns. Nothing if it cannot be had.
pub fn at_once<T>(way_in: impl Future<Output = Option<T>>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    let mut way_in = pin!(way_in);
    load_at_once(true);
    // The first look asks, and a later one hears the answer.
    let mut looks = (0..3).map(|_| way_in.as_mut().poll(&mut context));
    let found = looks.find_map(|look| match look {
        Poll::Ready(found) => Some(found),
        Poll::Pending => None,
    });
    load_at_once(false);
    found.flatten()
}
