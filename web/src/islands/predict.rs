//! The reader commits an answer before the run gives its own; then the two are compared.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use sim_core::units::Micros;
use web_sys::Element;

use crate::options::Options;
use crate::registry::{Room, Watch, room};
use crate::session::Msg;
use crate::ui::{self, Again, Html, On, Once, Piece, Tag, button, div, list, p, tag, when};
use crate::widget::controls::SetUp;
use crate::widget::page;

/// A possible answer.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Choice {
    text: String,
    /// What to say to a reader who chose it.
    says: String,
}

/// What the block asks.
pub struct PredictGiven {
    figure: String,
    question: String,
    choices: Vec<Choice>,
    right: usize,
    why: String,
    /// When the run has answered.
    at: Micros,
    /// How the figure is set in what is asked, if not as it opens.
    supposed: Options,
}

impl PredictGiven {
    fn of(place: &Element) -> Self {
        let options = Options::of(place);
        let choice = |one: &Options| Choice {
            text: one.text("text"),
            says: one.text("says"),
        };
        Self {
            figure: options.text("for"),
            question: options.text("question"),
            choices: options.list("choices").iter().map(choice).collect(),
            right: options.number("right").unwrap_or(0) as usize,
            why: options.text("why"),
            at: Micros::from_ms(options.number("at_ms").unwrap_or(0)),
            supposed: options.part("supposed"),
        }
    }
}

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stand {
    /// Making up their mind.
    #[default]
    Thinking,
    /// Leaning towards this one.
    Leaning(usize),
    /// They have said it.
    Committed(usize),
    /// They would rather not.
    Skipped,
}

/// What the block shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shows {
    /// The question.
    Question,
    /// What was chosen, and to run it now.
    RunIt,
    /// What happened, beside what was chosen.
    Compared(Option<usize>),
}

impl Stand {
    const fn chosen(self) -> Option<usize> {
        match self {
            Self::Leaning(choice) | Self::Committed(choice) => Some(choice),
            _ => None,
        }
    }

    /// `passed`: the run has given its answer.
    const fn shows(self, passed: bool) -> Shows {
        match (self, passed) {
            (Self::Thinking | Self::Leaning(_), _) => Shows::Question,
            (_, false) => Shows::RunIt,
            (Self::Committed(choice), true) => Shows::Compared(Some(choice)),
            (Self::Skipped, true) => Shows::Compared(None),
        }
    }
}

/// Mounts the island.
pub fn mount(place: Element) {
    let given = PredictGiven::of(&place);
    ui::mount::<Predict>(place, Once(given));
}

/// How far the figure's run has come.
struct Followed {
    /// It was looked at up to where it answers.
    passed: Cell<bool>,
    /// It is what was asked about: as it opened, or as is supposed.
    as_asked: Cell<bool>,
}

/// The island.
pub struct Predict {
    again: Again,
    stand: Cell<Stand>,
    followed: Rc<Followed>,
    room: Rc<Room>,
    _watch: Watch,
}

impl Piece for Predict {
    type Given = Once<PredictGiven>;

    fn begin(Once(given): &Once<PredictGiven>, again: Again) -> Self {
        let followed = Rc::new(Followed {
            passed: Cell::new(false),
            as_asked: Cell::new(true),
        });
        let (room, at, supposed) = (room(&given.figure), given.at, given.supposed.clone());
        let (seen, told) = (Rc::clone(&followed), again.clone());
        let set_up = OnceCell::new();
        let watch = room.watch(move |session| {
            let passed = session.seen.max(session.at) >= at;
            let asked = match supposed.is_some() {
                true => {
                    let spec = session.timeline.borrow().spec();
                    let set_up = set_up.get_or_init(|| SetUp::of(&supposed, spec));
                    set_up.is_of(&session.run().scenario, spec)
                }
                false => session.is_original(),
            };
            let (passed_then, asked_then) =
                (seen.passed.replace(passed), seen.as_asked.replace(asked));
            if (passed_then, asked_then) != (passed, asked) {
                told.now();
            }
        });
        Self {
            again,
            stand: Cell::default(),
            followed,
            room,
            _watch: watch,
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<PredictGiven>) -> Html {
        let stand = self.stand.get();
        let shows = stand.shows(self.followed.passed.get());
        let name = format!("predict-{}-{}", given.figure, given.at.0);
        let title = match shows {
            Shows::Compared(_) => "What you said, and what happened",
            _ => "Before you run it",
        };
        let said = match shows {
            Shows::Question => None,
            Shows::RunIt => Some(p("predict-next").text(next_words(stand, given))),
            Shows::Compared(choice) => Some(self.compared(given, choice)),
        };
        list(vec![
            p("predict-title").has("id", name.clone()).text(title),
            tag("p").says(given.question.clone()),
            self.choices(given, &name, shows),
            tag("div").is("role", "status").maybe(said),
            self.buttons(given, shows),
        ])
    }

    fn drawn(self: &Rc<Self>, Once(given): &Once<PredictGiven>, _: bool) {
        let shows = self.stand.get().shows(self.followed.passed.get());
        let as_asked = self.followed.as_asked.get() || !given.supposed.is_some();
        self.room.say(match shows {
            Shows::Compared(Some(choice)) if as_asked => in_short(given, choice),
            _ => String::new(),
        });
    }
}

/// The guess and what happened, in a line for whoever looks at the figure and not at the question.
fn in_short(given: &PredictGiven, choice: usize) -> String {
    let text = |place: usize| given.choices.get(place).map_or("", |choice| &choice.text);
    let (said, happened) = (text(choice), text(given.right));
    match choice == given.right {
        true => format!("As you said: {happened}."),
        false => format!("You said: {said}. What happened: {happened}."),
    }
}

impl Predict {
    /// Sets the figure as is supposed in what was asked.
    fn set_up(&self, supposed: &Options) {
        if let Some(session) = self.room.session().filter(|_| supposed.is_some()) {
            let spec = session.timeline.borrow().spec();
            let set_up = SetUp::of(supposed, spec);
            if !set_up.is_of(&session.run().scenario, spec) {
                self.room.send(set_up.change().into());
            }
        }
    }

    fn stands(&self, stand: Stand) {
        self.stand.set(stand);
        self.again.now();
    }

    fn buttons(self: &Rc<Self>, given: &PredictGiven, shows: Shows) -> Tag {
        let to = |class, words, next: Option<Stand>| {
            let (predict, supposed) = (Rc::clone(self), given.supposed.clone());
            let go = move || {
                let next = next.unwrap_or_default();
                if matches!(next, Stand::Committed(_) | Stand::Skipped) {
                    predict.set_up(&supposed);
                }
                predict.stands(next);
            };
            let button = button(class).flag("disabled", next.is_none());
            button.clicked(go).text(words)
        };
        if shows == Shows::Question {
            let committed = self.stand.get().chosen().map(Stand::Committed);
            return div("predict-do")
                .child(to("", "That is my guess", committed))
                .child(to("quiet", "Skip", Some(Stand::Skipped)));
        }
        let (room, figure, at) = (Rc::clone(&self.room), given.figure.clone(), given.at);
        let (predict, supposed) = (Rc::clone(self), given.supposed.clone());
        let show = move || {
            predict.set_up(&supposed);
            // Moves the figure to the moment at which the run has answered, and the page to the figure.
            room.send(Msg::Seek(at));
            let figure = page::document().and_then(|page| page.get_element_by_id(&figure));
            if let Some(figure) = figure {
                figure.scroll_into_view();
            }
        };
        div("predict-do")
            .child(button("").clicked(show).text("Show that moment"))
            .child(to("quiet", "Guess again", Some(Stand::Thinking)))
    }

    fn choices(self: &Rc<Self>, given: &PredictGiven, name: &str, shows: Shows) -> Tag {
        let is_open = shows == Shows::Question;
        let is_over = matches!(shows, Shows::Compared(_));
        let chosen = self.stand.get().chosen();
        let items = given.choices.iter().enumerate().map(|(place, choice)| {
            let on = chosen == Some(place);
            let right = is_over && place == given.right;
            let wrong = is_over && on && !right;
            let mark = match (right, wrong) {
                (true, _) => Some("happened"),
                (_, true) => Some("did not happen"),
                _ => None,
            };
            let predict = Rc::clone(self);
            let radio = tag("input")
                .is("type", "radio")
                .has("name", name.to_owned())
                .flag("disabled", !is_open)
                .ticked(on)
                .on(On::Change, move |_| predict.stands(Stand::Leaning(place)));
            let label = tag("label")
                .classes(&[
                    when(on, "on"),
                    when(right, "is-right"),
                    when(wrong, "is-wrong"),
                ])
                .child(radio)
                .child(tag("span").says(choice.text.clone()))
                .maybe(mark.map(|mark| tag("em").text(mark)));
            tag("li").is("role", "none").child(label)
        });
        tag("ul")
            .is("class", "choices")
            .is("role", "radiogroup")
            .has("aria-labelledby", name.to_owned())
            .each(items.collect())
    }

    fn compared(&self, given: &PredictGiven, choice: Option<usize>) -> Tag {
        let right = choice == Some(given.right);
        let mine = choice.and_then(|place| given.choices.get(place));
        let said = mine.map(|choice| {
            let head = if right {
                "You saw it coming. "
            } else {
                "It went another way. "
            };
            let line = tag("p").child(tag("b").text(head));
            line.says(choice.says.clone())
        });
        let happened = given.choices.get(given.right).filter(|_| !right);
        let happened = happened.map(|choice| {
            let line = tag("p").child(tag("b").text("What happened: "));
            line.says(choice.text.clone()).text(".")
        });
        let changed = (!self.followed.as_asked.get()).then(|| {
            p("predict-note").text(
                "The figure shows another run by now; this speaks of the one that was asked about.",
            )
        });
        tag("div")
            .classes(&["predict-answer", if right { "ok" } else { "plain" }])
            .maybe(said)
            .maybe(happened)
            .child(tag("p").says(given.why.clone()))
            .maybe(changed)
    }
}

fn next_words(stand: Stand, given: &PredictGiven) -> &'static str {
    match stand {
        _ if given.supposed.is_some() => {
            "The figure is set like that now. Press play, or step, and see."
        }
        Stand::Committed(_) => "Noted. Now press play, or step, and see.",
        _ => "As you like. Press play, or step, and see.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_compared_only_once_it_was_given_and_the_run_has_answered() {
        assert_eq!(Stand::Thinking.shows(true), Shows::Question);
        assert_eq!(Stand::Leaning(1).shows(true), Shows::Question);
        assert_eq!(Stand::Committed(1).shows(false), Shows::RunIt);
        assert_eq!(Stand::Committed(1).shows(true), Shows::Compared(Some(1)));
    }

    #[test]
    fn whoever_skips_is_told_what_happened_and_not_judged() {
        assert_eq!(Stand::Skipped.shows(false), Shows::RunIt);
        assert_eq!(Stand::Skipped.shows(true), Shows::Compared(None));
        assert_eq!(Stand::Skipped.chosen(), None);
    }
}
