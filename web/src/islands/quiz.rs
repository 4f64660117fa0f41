//! A quick check: each question has one right choice, and every choice says why it is right or not.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Element;

use crate::options::Options;
use crate::ui::{self, Again, Html, Once, Piece, Tag, button, list, p, tag};

/// What the block asks.
pub struct QuizGiven {
    questions: Vec<Question>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Question {
    question: String,
    choices: Vec<Choice>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Choice {
    text: String,
    says: String,
    right: bool,
}

impl QuizGiven {
    fn of(place: &Element) -> Self {
        let choice = |one: &Options| Choice {
            text: one.text("text"),
            says: one.text("says"),
            right: one.flag("right"),
        };
        let question = |one: &Options| Question {
            question: one.text("question"),
            choices: one.list("choices").iter().map(choice).collect(),
        };
        let questions = Options::of(place).list("questions");
        Self {
            questions: questions.iter().map(question).collect(),
        }
    }
}

/// What the reader has tried: for each question its choices, in the order of trying.
type Tried = Vec<Vec<usize>>;

/// How many questions were answered, and how many of them at the first try.
fn score(questions: &[Question], tried: &Tried) -> (usize, usize) {
    let right = |question: &Question, place: &usize| question.choices[*place].right;
    let pairs = || questions.iter().zip(tried);
    let answered = pairs().filter(|(question, tries)| tries.iter().any(|one| right(question, one)));
    let at_once =
        pairs().filter(|(question, tries)| tries.first().is_some_and(|one| right(question, one)));
    (answered.count(), at_once.count())
}

/// Mounts the island.
pub fn mount(place: Element) {
    let given = QuizGiven::of(&place);
    ui::mount::<Quiz>(place, Once(given));
}

/// The island.
pub struct Quiz {
    again: Again,
    tried: RefCell<Tried>,
}

impl Piece for Quiz {
    type Given = Once<QuizGiven>;

    fn begin(Once(given): &Once<QuizGiven>, again: Again) -> Self {
        Self {
            again,
            tried: RefCell::new(vec![Vec::new(); given.questions.len()]),
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<QuizGiven>) -> Html {
        let questions = &given.questions;
        let (answered, at_once) = score(questions, &self.tried.borrow());
        let all = questions.len();
        let said = match answered == all && all > 0 {
            true => format!("All {all} answered, {at_once} of them at the first try."),
            false => String::new(),
        };
        let asked = questions.iter().enumerate();
        let mut tags: Vec<Tag> = asked
            .map(|(place, question)| self.question(place, question))
            .collect();
        tags.push(p("quiz-score").is("role", "status").says(said));
        list(tags)
    }
}

impl Quiz {
    fn question(self: &Rc<Self>, place: usize, question: &Question) -> Tag {
        let choices = question.choices.iter().enumerate();
        let answers = choices.map(|(choice, said)| self.answer(place, choice, said));
        tag("div")
            .is("class", "question")
            .is("role", "group")
            .has("aria-label", question.question.clone())
            .child(tag("p").says(question.question.clone()))
            .each(answers.collect())
    }

    fn answer(self: &Rc<Self>, place: usize, choice: usize, said: &Choice) -> Tag {
        let shown = self.tried.borrow()[place].contains(&choice);
        let state = match (shown, said.right) {
            (false, _) => "",
            (true, true) => "is-right",
            (true, false) => "is-wrong",
        };
        let quiz = Rc::clone(self);
        let tries = move || {
            if !shown {
                quiz.tried.borrow_mut()[place].push(choice);
                quiz.again.now();
            }
        };
        let told = shown.then(|| {
            let verdict = if said.right { "Right. " } else { "No. " };
            let line = tag("p").child(tag("b").text(verdict));
            line.says(said.says.clone())
        });
        tag("div")
            .classes(&["answer", state])
            .child(
                button("")
                    .state("aria-pressed", shown)
                    .clicked(tries)
                    .says(said.text.clone()),
            )
            .child(tag("div").is("role", "status").maybe(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_try_counts_as_at_once() {
        let choice = |right| Choice {
            text: String::new(),
            says: String::new(),
            right,
        };
        let question = || Question {
            question: String::new(),
            choices: vec![choice(false), choice(true)],
        };
        let questions = [question(), question(), question()];
        assert_eq!(
            score(&questions, &vec![vec![1], vec![0, 1], vec![0]]),
            (2, 1)
        );
        assert_eq!(score(&questions, &vec![vec![], vec![], vec![]]), (0, 0));
    }
}
