//! Opening a run in slices, so that a long one never holds up the page.

use std::rc::Rc;

use sim_core::share::Link;

use super::page;
use crate::session::{Opening, Session};

/// The longest slice, in microseconds.
const SLICE_US: u64 = 12_000;
/// So many steps between two looks at the clock.
const STEPS: u32 = 128;

/// Told how far it is, in percent.
type Progress = Rc<dyn Fn(u32)>;
/// Told what came of it.
type Done = Rc<dyn Fn(Result<Session, String>)>;

/// Follows a link's run. A short one is there when this returns; of a long one the progress is told, in percent.
pub fn follow(link: &Link, progress: Progress, done: Done) {
    match Opening::start(link) {
        Ok(opening) => slice(opening, progress, done),
        Err(why) => done(Err(why.to_string())),
    }
}

fn slice(mut opening: Opening, progress: Progress, done: Done) {
    let until = page::now_us() + SLICE_US;
    while page::now_us() < until {
        match opening.advance(STEPS) {
            Ok(false) => {}
            Ok(true) => {
                let told = opening.verify().map(|()| opening.finish());
                done(told.map_err(|why| why.to_string()));
                return;
            }
            Err(why) => {
                done(Err(why.to_string()));
                return;
            }
        }
    }
    progress(opening.percent());
    page::later(0, move || slice(opening, progress, done));
}
