//! Flashcards: a question, and the answer when the reader turns the card.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Element;

use crate::options::Options;
use crate::ui::{self, Again, Html, Once, Piece, Tag, button, list, tag, when};

/// The cards of the block: question and answer.
pub struct CardsGiven {
    cards: Vec<(String, String)>,
}

/// Mounts the island.
pub fn mount(place: Element) {
    let card = |one: &Options| (one.text("question"), one.text("answer"));
    let cards = Options::of(&place).list("cards").iter().map(card).collect();
    ui::mount::<Cards>(place, Once(CardsGiven { cards }));
}

/// The island.
pub struct Cards {
    again: Again,
    turned: RefCell<Vec<bool>>,
}

impl Piece for Cards {
    type Given = Once<CardsGiven>;

    fn begin(Once(given): &Once<CardsGiven>, again: Again) -> Self {
        Self {
            again,
            turned: RefCell::new(vec![false; given.cards.len()]),
        }
    }

    fn draw(self: &Rc<Self>, Once(given): &Once<CardsGiven>) -> Html {
        let cards = given.cards.iter().enumerate();
        list(
            cards
                .map(|(place, (question, answer))| self.card(place, question, answer))
                .collect(),
        )
    }
}

impl Cards {
    fn card(self: &Rc<Self>, place: usize, question: &str, answer: &str) -> Tag {
        let shown = self.turned.borrow()[place];
        let cards = Rc::clone(self);
        let turn = move || {
            cards.turned.borrow_mut()[place] = !shown;
            cards.again.now();
        };
        tag("div")
            .classes(&["card", when(shown, "is-turned")])
            .child(
                button("")
                    .state("aria-expanded", shown)
                    .clicked(turn)
                    .says(question.to_owned()),
            )
            .child(
                tag("div")
                    .is("role", "status")
                    .maybe(shown.then(|| tag("p").says(answer.to_owned()))),
            )
    }
}
