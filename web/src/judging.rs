//! What judges a session's run, as the session knows it. It is loaded [later](crate::later).

use std::cell::Cell;

use sim_core::check::Verdict;
use sim_core::check::judge::Judge;
use sim_core::check::pace::Pace;
use sim_core::picture::Picture;
use sim_core::run::Timeline;

use crate::session::Judging;
use crate::widget::page;

/// How many steps of a model are taken at a look while the run is followed: less than a millisecond of work.
const STEPS: u64 = 2_000;

/// How long a look may go on with a search, in microseconds. With the step that is under way then it is less than two
/// milliseconds.
const LOOK_US: u64 = 1_000;

thread_local! {
    /// When this look has searched long enough, in real time.
    static UNTIL: Cell<u64> = const { Cell::new(0) };
}

/// A frame is short in a browser. Elsewhere nobody waits for one.
fn is_up() -> bool {
    cfg!(target_arch = "wasm32") && UNTIL.get() < page::now_us()
}

/// Of so many operations the models are judged while time passes too. Of more, a frame would not do.
const PLAYING_MAX: u32 = 60;

/// Begins to judge a run.
pub fn of(timeline: &Timeline) -> Box<dyn Judging> {
    Box::new(Judge::of(timeline).paced(Pace::new(is_up)))
}

impl Judging for Judge {
    fn look(&mut self, timeline: &mut Timeline, picture: &Picture, is_calm: bool) -> Verdict {
        if cfg!(target_arch = "wasm32") {
            UNTIL.set(page::now_us() + LOOK_US);
        }
        self.advance(STEPS);
        let verdict = self.verdict(timeline, picture.at, picture.standing.clone());
        let ladder = match is_calm || verdict.asked() <= PLAYING_MAX {
            true => self.ladder(timeline, picture.at),
            false => self.known_ladder(picture.at),
        };
        Verdict { ladder, ..verdict }
    }

    fn is_done(&self) -> bool {
        self.is_done()
    }
}
