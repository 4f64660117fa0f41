//! The verdict in plain answers: was it available, was it consistent, how does the domain stand, which models hold.

use std::rc::Rc;

use figure::tone_class;
use figure::verdict::{Unmet, available, models};
use sim_core::check::Verdict;
use sim_core::check::ladder::Ladder;
use sim_core::view::Tone;

use crate::session::{Clause, Msg, Selection, Session};
use crate::ui::{Again, Html, Piece, Tag, button, div, span, tag};
use crate::widget::Figure;

/// What [`Strip`] is given.
#[derive(PartialEq)]
pub struct StripGiven {
    /// Whose verdict it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// What stands beside it: each answer that differs is marked.
    pub other: Option<Rc<Session>>,
}

/// The answers under the player. They follow the moment; to choose one is to choose the operations that it names.
pub struct Strip;

impl Piece for Strip {
    type Given = StripGiven;

    fn begin(_: &StripGiven, _: Again) -> Self {
        Self
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
        let other = other.and_then(|other| other.verdict.as_ref());
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
            .maybe(models_of(given, verdict, other))
            .done()
    }
}

/// Which consistency models hold, and what breaks the next ones up. Beside another run only where these differ.
fn models_of(given: &StripGiven, verdict: &Verdict, other: Option<&Rc<Verdict>>) -> Option<Tag> {
    let ladder = verdict.ladder.as_ref();
    let strongest = |ladder: &Ladder| ladder.strongest().collect::<Vec<_>>();
    let differs = other.is_some_and(|other| {
        ladder.map(|ladder| strongest(ladder)) != other.ladder.as_ref().map(|one| strongest(one))
    });
    let name = "Models that hold";
    let Some(ladder) = ladder else {
        let nothing = tag("p").class("said").text(match verdict.answered().0 {
            0 => "Nothing to judge yet.",
            _ => "So many operations are judged when time stands still.",
        });
        return Some(answer(name, differs, nothing).class("models"));
    };
    let models = models(ladder);
    let words = [models.head.as_str(), models.words];
    let others = models.others.iter().map(|unmet| self::unmet(given, unmet));
    let said = div("").child(sentence(given, models.tone, words, None));
    let said = said.each(others.collect());
    Some(answer(name, differs, said).class("models"))
}

fn unmet(given: &StripGiven, unmet: &Unmet) -> Tag {
    let words = [unmet.head.as_str(), unmet.words.as_str()];
    sentence(given, unmet.tone, words, Some(Clause::Model(unmet.level)))
}

fn answer(name: &'static str, differs: bool, said: Tag) -> Tag {
    let mark = differs.then(|| span("unlike").text("≠ differs"));
    tag("div")
        .child(tag("dt").text(name).maybe(mark))
        .child(tag("dd").child(said))
}

/// The tone's shape is drawn by the style sheet, before the first words, so that no answer rests on its colour.
fn sentence(
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
