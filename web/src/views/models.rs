//! Which consistency models hold, in the strip: the strongest in words, and all of them as a lattice for whoever opens it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::verdict::{self, Unmet, capital, models};
use sim_core::check::Verdict;
use sim_core::check::ladder::{Finding, Ladder, Level, Stands};
use sim_core::units::{Endpoint, Micros};
use sim_core::view::Tone;

use super::clock;
use super::verdict::{StripGiven, sentence, unlike};
use crate::lattice::{self, Look};
use crate::registry::Room;
use crate::session::{Clause, Msg, Selection, Session};
use crate::ui::{Again, Tag, button, div, p, tag};

/// What the whole of a run can still put right.
const LATER: &str = "Linearizability, once broken, stays broken. Sequential and convergence are judged of the whole run so far, and may turn good later.";

/// What is kept of it between two drawings.
pub(super) struct Models {
    again: Again,
    is_open: Cell<bool>,
    /// The model that is told of, where its sentence is not selected.
    told: Cell<Option<Level>>,
    /// What was judged last.
    last: RefCell<Option<Judged>>,
}

/// Where a run stood at a moment.
#[derive(Clone)]
struct Judged {
    run: u64,
    at: Micros,
    ladder: Rc<Ladder>,
}

impl Models {
    pub fn begin(again: Again) -> Rc<Self> {
        Rc::new(Self {
            again,
            is_open: Cell::new(false),
            told: Cell::new(None),
            last: RefCell::default(),
        })
    }

    /// The row of the strip.
    pub fn row(
        self: &Rc<Self>,
        given: &StripGiven,
        verdict: &Verdict,
        other: Option<&Verdict>,
    ) -> Tag {
        let strongest = |verdict: &Verdict| {
            let ladder = verdict.ladder.as_ref();
            ladder.map(|ladder| ladder.strongest().collect::<Vec<_>>())
        };
        let differs = other.is_some_and(|other| strongest(verdict) != strongest(other));
        if let Some(ladder) = &verdict.ladder {
            self.last.replace(Some(Judged {
                run: given.session.followed,
                at: given.session.at,
                ladder: Rc::clone(ladder),
            }));
        }
        let said = match &verdict.ladder {
            Some(ladder) => in_words(given, ladder),
            None => p("said").text(match verdict.answered().0 {
                0 => "Nothing to judge yet.",
                _ => "So many operations are judged when time stands still.",
            }),
        };
        let is_open = match &given.other {
            Some(other) => other.is_open,
            None => self.is_open.get(),
        };
        let id = format!("{}-lattice", given.figure.id);
        let all = self.button(given, is_open, &id);
        let room = is_open.then(|| self.room(given, verdict).has("id", id));
        let term = tag("dt").text("Models that hold").maybe(unlike(differs));
        div("models")
            .child(term.child(all))
            .child(tag("dd").child(said).maybe(room))
    }

    fn button(self: &Rc<Self>, given: &StripGiven, is_open: bool, id: &str) -> Tag {
        let models = Rc::clone(self);
        let both = given.other.as_ref().map(|other| other.turn.clone());
        let mut all = button("la-show").state("aria-expanded", is_open);
        if is_open {
            all = all.has("aria-controls", id.to_owned());
        }
        let turn = move || match &both {
            Some(both) => both.now(),
            None => {
                models.is_open.set(!models.is_open.get());
                models.again.now();
            }
        };
        all.clicked(turn).text("All as a lattice")
    }

    /// What was judged last, and whether that is the moment that is looked at. Nothing is judged for it.
    fn judged(&self, given: &StripGiven, verdict: &Verdict) -> (Option<Judged>, bool) {
        let last = self.last.borrow();
        let last = last.as_ref();
        let last =
            last.filter(|last| last.run == given.session.followed && verdict.answered().0 > 0);
        (last.cloned(), verdict.ladder.is_some())
    }

    fn room(self: &Rc<Self>, given: &StripGiven, verdict: &Verdict) -> Tag {
        let session = &given.session;
        let (judged, is_now) = self.judged(given, verdict);
        let ladder = judged.as_ref().map(|judged| &*judged.ladder);
        let told = selected(session).or(self.told.get());
        let look = Look {
            ladder,
            unknown: "not judged yet",
            waits: true,
            pressed: self.pressed(session),
            op: session.selected_op().map(|op| op.0),
        };
        let (models, room) = (Rc::clone(self), Rc::clone(&given.figure.room));
        let chosen: Rc<dyn Fn(Level)> = Rc::new(move |level| models.choose(&room, level));
        let level = told.unwrap_or_else(|| ladder.map_or(Level::Linearizable, lattice::first));
        let said = div("la-told")
            .child(about(given, level, ladder, is_now))
            .child(converged(given, ladder.filter(|_| is_now)))
            .child(p("la-entry la-later").text(LATER));
        let pair = div("la-pair")
            .child(lattice::lattice(&look, &chosen))
            .child(said);
        let before = judged.filter(|_| !is_now).map(|judged| {
            let at = clock(judged.at);
            p("la-before").says(format!(
                "As of {at}. It is judged anew when time stands still."
            ))
        });
        div("la-room").maybe(before).child(pair)
    }

    /// The model that is selected. One that is broken is so only as long as its operations are.
    fn pressed(&self, session: &Session) -> Option<Level> {
        let told = self.told.get();
        let broken = selected(session).filter(|level| session.playing || names(session, *level));
        broken.or(told.filter(|level| !names(session, *level)))
    }

    /// A model is told of; what breaks it is selected in every view. Once more, and it is not.
    fn choose(&self, room: &Rc<Room>, level: Level) {
        let Some(session) = room.session() else {
            return;
        };
        // While a long run plays one chooses from what was judged last; to have chosen a sentence has it judged.
        let last = self.last.borrow();
        let last = last.as_ref().filter(|last| last.run == session.followed);
        let was_broken = last.is_some_and(|last| {
            let finding = last.ladder.rungs.get(level as usize);
            finding.is_some_and(|finding| !finding.ops.is_empty())
        });
        let is_broken = names(&session, level) || session.playing && was_broken;
        let again = self.pressed(&session) == Some(level);
        self.told.set((!again).then_some(level));
        let is_clause = matches!(session.selection, Selection::Clause(_));
        match (again, is_broken) {
            (false, true) => room.send(Msg::Select(Selection::Clause(clause(level)))),
            _ if is_clause => room.send(Msg::Select(Selection::Nothing)),
            _ => {}
        }
        self.again.now();
    }
}

/// The sentence about a model: linearizability has one of its own in the strip.
const fn clause(level: Level) -> Clause {
    match level {
        Level::Linearizable => Clause::Consistency,
        level => Clause::Model(level),
    }
}

/// The model whose sentence is selected, here or in the strip.
const fn selected(session: &Session) -> Option<Level> {
    match session.selection {
        Selection::Clause(Clause::Consistency) => Some(Level::Linearizable),
        Selection::Clause(Clause::Model(level)) => Some(level),
        _ => None,
    }
}

/// Whether the sentence about a model names operations: it is broken at this moment.
fn names(session: &Session, level: Level) -> bool {
    !session.named_by(clause(level)).is_empty()
}

/// The strongest that hold, and what breaks the next ones up.
fn in_words(given: &StripGiven, ladder: &Ladder) -> Tag {
    let models = models(ladder);
    let words = [models.head.as_str(), models.words];
    let others = models.others.iter().map(|unmet| self::unmet(given, unmet));
    let said = div("").child(sentence(given, models.tone, words, None));
    said.each(others.collect())
}

fn unmet(given: &StripGiven, unmet: &Unmet) -> Tag {
    let words = [unmet.head.as_str(), unmet.words.as_str()];
    sentence(given, unmet.tone, words, Some(Clause::Model(unmet.level)))
}

/// What a model promises, and whether that was kept.
fn about(given: &StripGiven, level: Level, ladder: Option<&Ladder>, is_now: bool) -> Tag {
    let (name, promise) = lattice::promise(level);
    let finding = ladder.and_then(|ladder| ladder.rungs.get(level as usize));
    let said = match finding {
        None => p("said").text("Nothing to judge yet."),
        Some(finding) => {
            let (tone, words) = in_a_sentence(finding, "It holds so far.");
            // What is selected is selected as of now.
            sentence(given, tone, ["", &words], is_now.then(|| clause(level)))
        }
    };
    div("la-entry")
        .child(p("la-term").text(name))
        .child(promise)
        .child(said)
}

/// Whether the nodes hold the same at this moment, and whether those who read last were told the same.
fn converged(given: &StripGiven, ladder: Option<&Ladder>) -> Tag {
    let session = &given.session;
    let (stale, (tone, words)) = {
        let timeline = session.timeline.borrow();
        let stale = session.picture.standing.stale;
        let (_, nodes) = timeline.spec().node_word;
        (stale, verdict::replicas(stale, &timeline.names(), nodes))
    };
    let mut behind = stale.iter();
    let replicas = match (behind.next(), behind.next()) {
        // One node is something that can be selected.
        (Some(node), None) => node_sentence(given, node, tone, words),
        _ => sentence(given, tone, ["", &words], None),
    };
    let readers = ladder.map(|ladder| {
        let yes = "Whoever read after the last change was told the same.";
        let (tone, words) = in_a_sentence(&ladder.convergence, yes);
        // More may yet come: nothing is lost.
        let tone = if tone == Tone::No { Tone::Stale } else { tone };
        sentence(given, tone, ["", &words], Some(Clause::Convergence))
    });
    div("la-entry")
        .child(p("la-term").text("Convergence: do replicas and readers agree, once all is quiet?"))
        .child(replicas)
        .maybe(readers)
}

fn node_sentence(given: &StripGiven, node: Endpoint, tone: Tone, words: String) -> Tag {
    let here = Selection::Endpoint(node);
    let chosen = given.session.selection == here;
    let next = if chosen { Selection::Nothing } else { here };
    button("")
        .state("aria-pressed", chosen)
        .sends(&given.figure.room, Msg::Select(next))
        .classes(&["said", figure::tone_class(tone)])
        .says(words)
}

/// What was found out, in a sentence.
fn in_a_sentence(finding: &Finding, yes: &str) -> (Tone, String) {
    match finding.stands {
        Stands::Yes => (Tone::Ok, yes.to_owned()),
        Stands::No => (Tone::No, finding.words.clone()),
        Stands::Open | Stands::Beyond => (Tone::Stale, capital(&finding.words)),
    }
}
