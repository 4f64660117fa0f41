//! A quick check: each question has one right choice, and every choice says why it is right or not.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;

/// What the block asks.
#[derive(Clone, PartialEq, Properties)]
pub struct QuizProps {
    questions: Rc<Vec<Question>>,
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

impl QuizProps {
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
        let questions = Options::of(place)
            .list("questions")
            .iter()
            .map(question)
            .collect();
        Self {
            questions: Rc::new(questions),
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
    let props = QuizProps::of(&place);
    yew::Renderer::<Quiz>::with_root_and_props(place, props).render();
}

/// The island.
#[component]
pub fn Quiz(props: &QuizProps) -> Html {
    let questions = Rc::clone(&props.questions);
    let tried = use_state(|| -> Tried { vec![Vec::new(); questions.len()] });
    let all = props.questions.len();
    let (answered, at_once) = score(&props.questions, &tried);
    html! {
        <>
            { for props.questions.iter().enumerate().map(|(place, question)| one(&tried, place, question)) }
            <p class="quiz-score" role="status">
                if answered == all && all > 0 {
                    { format!("All {all} answered, {at_once} of them at the first try.") }
                }
            </p>
        </>
    }
}

fn one(tried: &UseStateHandle<Tried>, place: usize, question: &Question) -> Html {
    let tries = &tried[place];
    html! {
        <div class="question" role="group" aria-label={question.question.clone()}>
            <p>{ question.question.clone() }</p>
            { for question.choices.iter().enumerate().map(|(choice, said)| {
                let shown = tries.contains(&choice);
                let tried = tried.clone();
                let onclick = move |_: MouseEvent| {
                    let mut next = (*tried).clone();
                    if !next[place].contains(&choice) {
                        next[place].push(choice);
                    }
                    tried.set(next);
                };
                answer(said, shown, onclick.into())
            }) }
        </div>
    }
}

fn answer(choice: &Choice, shown: bool, onclick: Callback<MouseEvent>) -> Html {
    let state = shown.then_some(if choice.right { "is-right" } else { "is-wrong" });
    html! {
        <div class={classes!("answer", state)}>
            <button type="button" aria-expanded={shown.to_string()} {onclick}>{ choice.text.clone() }</button>
            <div role="status">
                if shown {
                    <p><b>{ if choice.right { "Right. " } else { "No. " } }</b>{ choice.says.clone() }</p>
                }
            </div>
        </div>
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
