//! The verdict in plain answers: was it available, was it consistent, how does the domain stand, which models hold.

use std::rc::Rc;

use figure::tone_class;
use figure::verdict::available;
use sim_core::view::Tone;

use super::models::Models;
use crate::session::{Clause, Msg, Selection, Session};
use crate::ui::{Again, Does, Html, Piece, Tag, button, span, tag};
use crate::widget::Figure;

/// What [`Strip`] is given.
#[derive(PartialEq)]
pub struct StripGiven {
    /// Whose verdict it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// What stands beside it.
    pub other: Option<Beside>,
}

/// Another run beside one: each answer that differs is marked, and one opens the lattices of both.
#[derive(PartialEq)]
pub struct Beside {
    /// The other run.
    pub session: Rc<Session>,
    /// Whether the lattices are open.
    pub is_open: bool,
    /// Opens them, or closes them.
    pub turn: Does,
}

/// The answers under the player. They follow the moment; to choose one is to choose the operations that it names.
pub struct Strip {
    models: Rc<Models>,
}

impl Piece for Strip {
    type Given = StripGiven;

    fn begin(_: &StripGiven, again: Again) -> Self {
        Self {
            models: Models::begin(again),
        }
    }

    fn draw(self: &Rc<Self>, given: &StripGiven) -> Html {
        let Some(verdict) = &given.session.verdict else {
            return Html::default();
        };
        let available = {
            let timeline = given.session.timeline.borrow();
            available(verdict, &timeline.names())
        };
        let (consistency, standing) = (&verdict.consistency, &verdict.standing);
        let other = given.other.as_ref();
        let other = other.and_then(|other| other.session.verdict.as_ref());
        let unlike = [
            other.is_some_and(|other| other.answered() != verdict.answered()),
            other.is_some_and(|other| other.consistency.tone != consistency.tone),
            other.is_some_and(|other| other.standing.words != standing.words),
        ];
        let money = (!standing.title.is_empty()).then(|| {
            let said = sentence(
                given,
                standing.tone,
                [&standing.head, &standing.words],
                Some(Clause::Standing),
            );
            answer(standing.title, unlike[2], said)
        });
        let words = [available.head.as_str(), available.words.as_str()];
        let served = sentence(given, available.tone, words, None);
        let words = [consistency.head.as_ref(), consistency.words.as_str()];
        let agrees = sentence(given, consistency.tone, words, Some(Clause::Consistency));
        tag("dl")
            .is("class", "verdict")
            .child(answer("Available", unlike[0], served))
            .child(answer("Consistent", unlike[1], agrees))
            .maybe(money)
            .child(self.models.row(given, verdict, other.map(|other| &**other)))
            .done()
    }
}

fn answer(name: &'static str, differs: bool, said: Tag) -> Tag {
    tag("div")
        .child(tag("dt").text(name).maybe(unlike(differs)))
        .child(tag("dd").child(said))
}

/// That it is not so in the other run.
pub(super) fn unlike(differs: bool) -> Option<Tag> {
    differs.then(|| span("unlike").text("≠ differs"))
}

/// The tone's shape is drawn by the style sheet, before the first words, so that no answer rests on its colour.
pub(super) fn sentence(
    given: &StripGiven,
    tone: Tone,
    [head, words]: [&str; 2],
    clause: Option<Clause>,
) -> Tag {
    let session = &given.session;
    let line = match clause.filter(|clause| !session.named_by(*clause).is_empty()) {
        None => tag("p"),
        Some(clause) => {
            let chosen = session.selection == Selection::Clause(clause);
            let next = match chosen {
                true => Selection::Nothing,
                false => Selection::Clause(clause),
            };
            button("")
                .state("aria-pressed", chosen)
                .sends(&given.figure.room, Msg::Select(next))
        }
    };
    let head = head.trim_end();
    let head = (!head.is_empty()).then(|| tag("b").says(head.to_owned()));
    let spaced = head.is_some();
    line.classes(&["said", tone_class(tone)])
        .maybe(head)
        .text(if spaced { " " } else { "" })
        .says(words.trim_start().to_owned())
}
