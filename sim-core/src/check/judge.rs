//! What is judged about a run, at any of its moments.
//!
//! Whether one true book could have given the answers is prefix-closed: [`Live`] follows the run once, and from then on
//! the verdict of a moment is looked up. The other models are judged at the moment that is asked for, and kept.
//!
//! Whoever looks on has a frame to spare, and no more: a judge that is [`paced`](Judge::paced) puts aside what takes
//! longer, answers that it is not done yet, and goes on when it is asked again.

use super::explain::{self, Contradiction};
use super::history::{Ended, History};
use super::ladder::{Finding, Ladder, Stands};
use super::linearizable::{Answer, Question, check_in_turns};
use super::live::{Live, Standing};
use super::own::{self, Own};
use super::pace::{Pace, Work};
use super::search::Limits;
use super::sights::{Blind, Sights};
use super::{Consistency, Verdict, sides};
use crate::protocols;
use crate::run::Timeline;
use crate::units::OpSet;
use crate::units::{Micros, OpId};
use crate::view::Part::{Number, Text};
use crate::view::{Part, Standing as Books, Tone, fill};
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// How much work a search may be while somebody looks on.
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
    /// The run is not followed so far, or there is more to search.
    NotYet,
    /// There is an order.
    Holds,
    /// There is none, and this is why.
    Broken(Rc<Contradiction>),
    /// There is none, and it is being found out why.
    BeingTold,
    /// There were too many ways to follow, and the search took too long.
    Undecided,
}

/// How a run is judged at one place.
struct Judged<T> {
    place: u32,
    work: Work<T>,
}

impl<T> Judged<T> {
    /// Whether this is what was found, or is being found, at a place.
    fn is_at(known: &Option<Self>, place: u32) -> bool {
        known.as_ref().is_some_and(|known| known.place == place)
    }
}

/// Judges one run. Make it anew for another.
pub struct Judge {
    own: Rc<Own>,
    pace: Pace,
    /// When each place of the history is: an invocation or a response.
    marks: Vec<Micros>,
    live: Live,
    is_followed: bool,
    /// Whether something was put aside since it was last gone on with.
    is_behind: bool,
    /// The contradiction after which there is no order, once it is looked for.
    broken: Option<Work<Contradiction>>,
    /// What a search found where there were too many ways to follow.
    searched: Option<Judged<Found>>,
    /// The ladder that was looked for last.
    ladder: Option<Judged<Ladder>>,
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
            own: Rc::new(own),
            pace: Pace::default(),
            marks,
            is_followed: false,
            is_behind: false,
            broken: None,
            searched: None,
            ladder: None,
            ladders: BTreeMap::new(),
            saw: BTreeMap::new(),
        }
    }

    /// Puts what takes long aside, at this pace.
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Follows the run on, by about so many steps of the model. `true`: to its end.
    pub fn advance(&mut self, steps: u64) -> bool {
        self.is_behind = false;
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
            standing: with_promise(books, timeline),
            ladder: None,
        }
    }

    /// Whether all of it was followed, and nothing that was asked for since [`Judge::advance`] was put aside.
    pub const fn is_done(&self) -> bool {
        self.is_followed && !self.is_behind
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
            Found::BeingTold => Consistency {
                tone: Tone::No,
                ..plain(
                    "No.",
                    "Which answers contradict one another is being worked out.",
                )
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
            Standing::Broken => self.contradiction(),
            Standing::Undecided => self.searched(place),
            Standing::Holds if self.live.reached() < place => Found::NotYet,
            Standing::Holds => Found::Holds,
        }
    }

    /// After it there was no order, and there will be none for ever.
    fn contradiction(&mut self) -> Found {
        let by = self.live.broken() + 1;
        let (own, pace) = (Rc::clone(&self.own), self.pace);
        let work = self
            .broken
            .get_or_insert_with(|| Work::new(async move { why_broken(&own, by, pace).await }));
        let told = work.go_on();
        self.is_behind |= told.is_none();
        told.map_or(Found::BeingTold, Found::Broken)
    }

    /// Where there were too many ways to follow, one may still be found.
    fn searched(&mut self, place: u32) -> Found {
        if !Judged::is_at(&self.searched, place) {
            let (own, pace) = (Rc::clone(&self.own), self.pace);
            let work = Work::new(async move { search(&own, place, pace).await });
            self.searched = Some(Judged { place, work });
        }
        let found = self.searched.as_mut().and_then(|one| one.work.go_on());
        self.is_behind |= found.is_none();
        found.map_or(Found::NotYet, |found| (*found).clone())
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
        if !Judged::is_at(&self.ladder, place) {
            let work = self.begin_ladder(timeline, place, at)?;
            self.ladder = Some(Judged { place, work });
        }
        let ladder = self.ladder.as_mut()?.work.go_on();
        self.is_behind |= ladder.is_none();
        let ladder = ladder?;
        if self.ladders.len() >= LADDERS_MAX {
            self.ladders.clear();
        }
        self.ladders.insert(place, Rc::clone(&ladder));
        Some(ladder)
    }

    /// The work that a ladder is. `None`: there is nothing to judge yet, or what it rests on is not known yet.
    fn begin_ladder(
        &mut self,
        timeline: &mut Timeline,
        place: u32,
        at: Micros,
    ) -> Option<Work<Ladder>> {
        let (stands, ops) = match self.found(place) {
            Found::Holds => (Stands::Yes, Vec::new()),
            Found::Broken(why) => (Stands::No, why.ops.clone()),
            Found::Undecided => (Stands::Open, Vec::new()),
            Found::Unanswered | Found::Refused | Found::NotYet | Found::BeingTold => return None,
        };
        let words = self.consistency(at).words;
        let first = Finding { stands, words, ops };
        let own = own::history(timeline, timeline.events_by(at));
        let known = match stands {
            Stands::Yes => Ok(Sights::new()),
            _ => self.sights(timeline, &own.history)?,
        };
        let pace = self.pace;
        Some(Work::new(async move {
            Ladder::under_in_turns(
                first,
                &own.question(),
                &known,
                None,
                &LOOKING,
                (pace, &|_| ()),
            )
            .await
        }))
    }

    /// What each answered operation of a history saw that looked at anything. `None`: there are more to ask about.
    fn sights(
        &mut self,
        timeline: &mut Timeline,
        history: &History,
    ) -> Option<Result<Sights, Blind>> {
        let count = history.ops.len();
        if count > LADDER_OPS_MAX {
            return Some(Err(Blind::TooMany(count)));
        }
        let mut sights = Sights::new();
        let mut has_asked = false;
        for reader in own::readers(history) {
            if !self.saw.contains_key(&reader) {
                if has_asked && self.pace.is_up() {
                    self.is_behind = true;
                    return None;
                }
                has_asked = true;
            }
            let asked = || timeline.saw(OpId(reader));
            if let Some(saw) = self.saw.entry(reader).or_insert_with(asked) {
                sights.insert(reader, own::sight(history, saw));
            }
        }
        Some(Ok(sights))
    }
}

/// Why there is no order by a place of which one knows that there was one before.
async fn why_broken(own: &Own, by: u32, pace: Pace) -> Contradiction {
    let question = Question {
        by,
        ..own.question()
    };
    match check_in_turns(&question, &LOOKING, pace).await {
        Answer::No(ops) => explain::explain_by(&question, &ops, by, &LOOKING, pace).await,
        // It took less to follow than it takes to search.
        _ => Contradiction {
            ops: Vec::new(),
            culprit: 0,
            by,
            open: None,
            words: String::from("No order of what was asked for gives these answers."),
        },
    }
}

/// Whether there is an order by a place.
async fn search(own: &Own, by: u32, pace: Pace) -> Found {
    let question = Question {
        by,
        ..own.question()
    };
    match check_in_turns(&question, &LOOKING, pace).await {
        Answer::Yes(_) => Found::Holds,
        Answer::No(ops) => Found::Broken(Rc::new(
            explain::explain_in_turns(&question, &ops, &LOOKING, pace).await,
        )),
        Answer::Undecided(_) => Found::Undecided,
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

/// How the nodes stand, in words also where a promise was broken.
fn with_promise(mut books: Books, timeline: &Timeline) -> Books {
    let Some(broken) = books.broken else {
        return books;
    };
    let wording = protocols::wording(timeline.spec().name);
    let names = timeline.names();
    let parts = [
        ("promise", Part::Text(wording.promise(broken.invariant))),
        ("who", Part::Text(names.of(broken.node))),
    ];
    books.head = String::from("A promise was broken.");
    books.words = fill(
        "It is promised that {promise}; with {who} it went otherwise.",
        &parts,
    );
    books
}
