//! Flashcards: a question, and the answer when the reader turns the card.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;

/// The cards of the block: question and answer.
#[derive(Clone, PartialEq, Properties)]
pub struct CardsProps {
    cards: Rc<Vec<(String, String)>>,
}

impl CardsProps {
    fn of(place: &Element) -> Self {
        let card = |one: &Options| (one.text("question"), one.text("answer"));
        Self {
            cards: Rc::new(Options::of(place).list("cards").iter().map(card).collect()),
        }
    }
}

/// Mounts the island.
pub fn mount(place: Element) {
    let props = CardsProps::of(&place);
    yew::Renderer::<Cards>::with_root_and_props(place, props).render();
}

/// The island.
#[component]
pub fn Cards(props: &CardsProps) -> Html {
    let cards = Rc::clone(&props.cards);
    let turned = use_state(|| vec![false; cards.len()]);
    html! {
        for (place, (question, answer)) in props.cards.iter().enumerate() {
            <div key={place} class={classes!("card", turned[place].then_some("is-turned"))}>
                { card(&turned, place, question, answer) }
            </div>
        }
    }
}

fn card(turned: &UseStateHandle<Vec<bool>>, place: usize, question: &str, answer: &str) -> Html {
    let shown = turned[place];
    let turned = turned.clone();
    let onclick = move |_: MouseEvent| {
        let mut next = (*turned).clone();
        next[place] = !shown;
        turned.set(next);
    };
    html! {
        <>
            <button type="button" aria-expanded={shown.to_string()} {onclick}>{ question.to_owned() }</button>
            <div role="status">
                if shown { <p>{ answer.to_owned() }</p> }
            </div>
        </>
    }
}
