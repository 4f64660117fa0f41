//! What judges a session's run, as the session knows it. It is loaded [later](crate::later).

use sim_core::check::Verdict;
use sim_core::check::judge::Judge;
use sim_core::picture::Picture;
use sim_core::run::Timeline;

use crate::session::Judging;

/// How many steps of a model are taken at a look: about a millisecond of work.
const STEPS: u64 = 4_000;

/// Of so many operations the models are judged while time passes too. Of more, a frame would not do.
const PLAYING_MAX: u32 = 60;

/// Begins to judge a run.
pub fn of(timeline: &Timeline) -> Box<dyn Judging> {
    Box::new(Judge::of(timeline))
}

impl Judging for Judge {
    fn look(&mut self, timeline: &mut Timeline, picture: &Picture, is_calm: bool) -> Verdict {
        self.advance(STEPS);
        let verdict = self.verdict(timeline, picture.at, picture.standing.clone());
        let ladder = match is_calm || verdict.asked() <= PLAYING_MAX {
            true => self.ladder(timeline, picture.at),
            false => self.known_ladder(picture.at),
        };
        Verdict { ladder, ..verdict }
    }

    fn is_done(&self) -> bool {
        self.is_followed()
    }
}
