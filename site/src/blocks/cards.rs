//! `cards`: flashcards, at least half of them of the "what happens if" kind.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Block, Context};
use crate::Problem;

/// How a card of the wanted kind begins.
const WHAT_IF: &str = "What happens";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    cards: Vec<Card>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Card {
    question: String,
    answer: String,
}

/// The block as questions that open to their answers.
pub fn render(block: &Block<'_>, _: &mut Context) -> Result<Markup, Problem> {
    let source: Source = block.read()?;
    let wanted = source
        .cards
        .iter()
        .filter(|card| card.question.starts_with(WHAT_IF))
        .count();
    if wanted * 2 < source.cards.len() || source.cards.is_empty() {
        let all = source.cards.len();
        return Err(block.place.problem(format!(
            "expected at least half of the cards to ask `{WHAT_IF} if …`, found {wanted} of {all}"
        )));
    }
    let options = json!({ "cards": source.cards });
    Ok(html! {
        section.cards data-widget="cards" aria-label="Flashcards" data-options=(options) {
            @for card in &source.cards {
                details.card { summary { (card.question) } p { (card.answer) } }
            }
        }
    })
}
