//! What is judged about a run, at any of its moments.
//!
//! Whether one true book could have given the answers is prefix-closed: [`Live`] follows the run once, and from then on
//! the verdict of a moment is looked up. The other models are judged at the moment that is asked for, and kept.

use super::explain::{self, Contradiction};
use super::history::{Ended, History};
use super::ladder::{Finding, Ladder, Stands};
use super::linearizable::{self, Answer, Question};
use super::live::{Live, Standing};
use super::own::{self, Own};
use super::search::Limits;
use super::sights::{Blind, Sights};
use super::{Consistency, Verdict, sides};
use crate::run::Timeline;
use crate::units::OpSet;
use crate::units::{Micros, OpId};
use crate::view::Part::{Number, Text};
use crate::view::{Part, Standing as Books, Tone, fill};
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// How much work a search may be while somebody looks on: it takes about as long as a frame allows.
const LOOKING: Limits = Limits {
    steps: 20_000,
    bytes: 8 << 20,
};
/// More operations than this are not judged by the models below linearizable while somebody looks on.
pub const LADDER_OPS_MAX: usize = 400;
/// So many moments' ladders are kept.
const LADDERS_MAX: usize = 256;

/// What is known of a moment.
#[derive(Clone)]
enum Found {
    /// Nobody has been answered.
    Unanswered,
    /// Whoever was answered was refused.
    Refused,
    /// The run is not followed so far.
    NotYet,
    /// There is an order.
    Holds,
    /// There is none.
    Broken(Rc<Contradiction>),
    /// There were too many ways to follow, and the search took too long.
    Undecided,
}

/// Judges one run. Make it anew for another.
pub struct Judge {
    own: Own,
    /// When each place of the history is: an invocation or a response.
    marks: Vec<Micros>,
    live: Live,
    is_followed: bool,
    /// The contradiction after which there is no order, once it is looked for.
    broken: Option<Rc<Contradiction>>,
    /// What a search found where there were too many ways to follow, by place.
    searched: Option<(u32, Found)>,
    ladders: BTreeMap<u32, Rc<Ladder>>,
    /// What answers rest on, by operation.
    saw: BTreeMap<u32, Option<OpSet>>,
}

impl Judge {
    /// Judges a run, as far as it was followed.
    pub fn of(timeline: &Timeline) -> Self {
        Self::new(own::history(timeline, timeline.trace().len()))
    }

    /// Judges a history.
    pub fn new(own: Own) -> Self {
        let mut marks = Vec::new();
        for op in &own.history.ops {
            marks.push(op.invoked_at);
            if op.ended_at != Micros::NEVER {
                marks.push(op.ended_at);
            }
        }
        marks.sort_unstable();
        Self {
            live: Live::new(&own.question()),
            own,
            marks,
            is_followed: false,
            broken: None,
            searched: None,
            ladders: BTreeMap::new(),
            saw: BTreeMap::new(),
        }
    }

    /// Follows the run on, by about so many steps of the model. `true`: to its end.
    pub fn advance(&mut self, steps: u64) -> bool {
        self.is_followed = self.is_followed || self.live.advance(steps);
        self.is_followed
    }

    /// Follows the run to its end.
    pub fn follow(&mut self) {
        while !self.advance(u64::from(u32::MAX)) {}
    }

    /// Everything that is judged about a moment. `books` is how the nodes stand then.
    pub fn verdict(&mut self, timeline: &Timeline, at: Micros, books: Books) -> Verdict {
        let history = timeline.history().as_of(timeline.events_by(at));
        Verdict {
            sides: sides(&history, &timeline.run().scenario),
            consistency: self.consistency(at),
            ideal: self.own.ideal(),
            standing: books,
            ladder: None,
        }
    }

    /// Whether all of it was followed.
    pub const fn is_followed(&self) -> bool {
        self.is_followed
    }

    /// How many invocations and responses there were by a moment.
    fn place(&self, at: Micros) -> u32 {
        self.marks.partition_point(|mark| *mark <= at) as u32
    }

    /// Whether one true book could have given every answer by a moment.
    pub fn consistency(&mut self, at: Micros) -> Consistency {
        match self.found(self.place(at)) {
            Found::Unanswered => plain("Nothing to judge yet.", "No answer has been given."),
            Found::Refused => plain(
                "Nothing to judge.",
                "Whoever was refused was told nothing wrong.",
            ),
            Found::NotYet => plain("Not judged yet.", "So many operations take a moment."),
            Found::Holds => Consistency {
                tone: Tone::Ok,
                ..told(
                    "Yes.",
                    "One true {ideal} could have given every answer so far.",
                    ("ideal", Text(self.own.ideal())),
                )
            },
            Found::Broken(why) => Consistency {
                tone: Tone::No,
                head: String::from("No."),
                words: why.words.clone(),
                ops: why.ops.iter().map(|op| OpId(*op)).collect(),
            },
            Found::Undecided => told(
                "Not decided",
                "within {steps} steps.",
                ("steps", Number(LOOKING.steps as i64)),
            ),
        }
    }

    /// The same, before it is told. At a place, as much has happened as there are places before it.
    fn found(&mut self, place: u32) -> Found {
        let ended = |how| {
            let mut ops = self.own.history.ops.iter();
            ops.any(|op| op.ended < place && op.outcome == how)
        };
        if !ended(Ended::Ok) {
            return match ended(Ended::Refused) {
                true => Found::Refused,
                false => Found::Unanswered,
            };
        }
        match self.live.by(place) {
            Standing::Broken => Found::Broken(self.contradiction()),
            Standing::Undecided => self.searched(place),
            Standing::Holds if self.live.reached() < place => Found::NotYet,
            Standing::Holds => Found::Holds,
        }
    }

    /// After it there was no order, and there will be none for ever.
    fn contradiction(&mut self) -> Rc<Contradiction> {
        let by = self.live.broken() + 1;
        let own = &self.own;
        let found = self.broken.get_or_insert_with(|| {
            let question = Question {
                by,
                ..own.question()
            };
            Rc::new(match linearizable::check(&question, &LOOKING) {
                Answer::No(ops) => explain::explain_by(&question, &ops, by, &LOOKING),
                // It took less to follow than it takes to search.
                _ => Contradiction {
                    ops: Vec::new(),
                    culprit: 0,
                    by,
                    words: String::from("No order of what was asked for gives these answers."),
                },
            })
        });
        Rc::clone(found)
    }

    /// Where there were too many ways to follow, one may still be found.
    fn searched(&mut self, place: u32) -> Found {
        if let Some((known, found)) = &self.searched
            && *known == place
        {
            return found.clone();
        }
        let question = Question {
            by: place,
            ..self.own.question()
        };
        let found = match linearizable::check(&question, &LOOKING) {
            Answer::Yes(_) => Found::Holds,
            Answer::No(ops) => Found::Broken(Rc::new(explain::explain(&question, &ops, &LOOKING))),
            Answer::Undecided(_) => Found::Undecided,
        };
        self.searched = Some((place, found.clone()));
        found
    }

    /// The same, if it is known already.
    pub fn known_ladder(&self, at: Micros) -> Option<Rc<Ladder>> {
        self.ladders.get(&self.place(at)).map(Rc::clone)
    }

    /// Where the history stands among the models at a moment. `None`: there is nothing to judge yet.
    pub fn ladder(&mut self, timeline: &mut Timeline, at: Micros) -> Option<Rc<Ladder>> {
        if let Some(known) = self.known_ladder(at) {
            return Some(known);
        }
        let place = self.place(at);
        let (stands, ops) = match self.found(place) {
            Found::Holds => (Stands::Yes, Vec::new()),
            Found::Broken(why) => (Stands::No, why.ops.clone()),
            Found::Undecided => (Stands::Open, Vec::new()),
            Found::Unanswered | Found::Refused | Found::NotYet => return None,
        };
        let words = self.consistency(at).words;
        let own = own::history(timeline, timeline.events_by(at));
        let known = match stands {
            Stands::Yes => Ok(Sights::new()),
            _ => self.sights(timeline, &own.history),
        };
        let first = Finding { stands, words, ops };
        let ladder = Rc::new(Ladder::under(first, &own.question(), &known, &LOOKING));
        if self.ladders.len() >= LADDERS_MAX {
            self.ladders.clear();
        }
        self.ladders.insert(place, Rc::clone(&ladder));
        Some(ladder)
    }

    /// What each answered operation of a history saw that looked at anything.
    fn sights(&mut self, timeline: &mut Timeline, history: &History) -> Result<Sights, Blind> {
        let count = history.ops.len();
        if count > LADDER_OPS_MAX {
            return Err(Blind::TooMany(count));
        }
        let mut sights = Sights::new();
        for reader in own::readers(history) {
            let asked = || timeline.saw(OpId(reader));
            if let Some(saw) = self.saw.entry(reader).or_insert_with(asked) {
                sights.insert(reader, own::sight(history, saw));
            }
        }
        Ok(sights)
    }
}

fn told(head: &str, sentence: &str, gap: (&str, Part<'_>)) -> Consistency {
    Consistency {
        words: fill(sentence, &[gap]),
        ..plain(head, "")
    }
}

fn plain(head: &str, words: &str) -> Consistency {
    Consistency {
        tone: Tone::Plain,
        head: String::from(head),
        words: String::from(words),
        ops: Vec::new(),
    }
}
