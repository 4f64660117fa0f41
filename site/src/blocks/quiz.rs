//! `quiz`: a quick check. Each question has one right choice, and every choice says why it is right or not.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use serde_json::json;
use toml::Spanned;

use super::{Block, Context};
use crate::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    questions: Vec<Spanned<Question>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Question {
    question: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    text: String,
    says: String,
    #[serde(default)]
    right: bool,
}

/// The block as questions that open to their answers.
pub fn render(block: &Block<'_>, _: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    for question in &source.questions {
        let right = question
            .get_ref()
            .choices
            .iter()
            .filter(|choice| choice.right)
            .count();
        if right != 1 || question.get_ref().choices.len() < 2 {
            let what = format!(
                "expected two choices or more, one of them with `right = true`, found {right} of those"
            );
            return Err(block.problem_at(question, what));
        }
    }
    let questions: Vec<&Question> = source.questions.iter().map(Spanned::get_ref).collect();
    let options = json!({ "questions": questions });
    Ok(html! {
        section.quiz data-widget="quiz" aria-label="Quick check" data-options=(options) {
            @for question in questions {
                div.question {
                    p { (question.question) }
                    @for choice in &question.choices {
                        details {
                            summary { (choice.text) }
                            p { b { @if choice.right { "Right. " } @else { "No. " } } (choice.says) }
                        }
                    }
                }
            }
        }
    })
}
