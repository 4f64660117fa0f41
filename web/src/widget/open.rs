//! Opening a run in slices, so that a long one never holds up the page.

use sim_core::share::Link;
use yew::Callback;

use super::page;
use crate::session::{Opening, Session};

/// The longest slice, in microseconds.
const SLICE_US: u64 = 12_000;
/// So many steps between two looks at the clock.
const STEPS: u32 = 128;

/// Follows a link's run. A short one is there when this returns; of a long one the progress is told, in percent.
pub fn follow(link: &Link, progress: Callback<u32>, done: Callback<Result<Session, String>>) {
    match Opening::start(link) {
        Ok(opening) => slice(opening, progress, done),
        Err(why) => done.emit(Err(why.to_string())),
    }
}

fn slice(mut opening: Opening, progress: Callback<u32>, done: Callback<Result<Session, String>>) {
    let until = page::now_us() + SLICE_US;
    while page::now_us() < until {
        match opening.advance(STEPS) {
            Ok(false) => {}
            Ok(true) => {
                let told = opening.verify().map(|()| opening.finish());
                done.emit(told.map_err(|why| why.to_string()));
                return;
            }
            Err(why) => {
                done.emit(Err(why.to_string()));
                return;
            }
        }
    }
    progress.emit(opening.percent());
    page::later(0, move || slice(opening, progress, done));
}
