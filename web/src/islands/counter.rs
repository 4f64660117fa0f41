//! Two books and the line between them: a first figure, until the simulator has its own.
//!
//! It counts the deposits that North has written down and those that South has heard of. While
//! the line is cut, the two part.

use std::rc::Rc;

use yew::prelude::*;

/// What the figure shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Deposits in North's book.
    pub north: u32,
    /// Deposits that South has heard of.
    pub south: u32,
    /// Nothing gets across.
    pub cut: bool,
}

/// What a reader can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ann deposits at North.
    Deposit,
    /// The line is cut, or mended.
    ToggleLine,
    /// Back to the start.
    Reset,
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let next = match action {
            Action::Deposit => State {
                north: self.north.saturating_add(1),
                ..*self
            },
            Action::ToggleLine => State {
                cut: !self.cut,
                ..*self
            },
            Action::Reset => State::default(),
        };
        Rc::new(next.told())
    }
}

impl State {
    /// North tells South, if the line is there.
    fn told(self) -> Self {
        let south = if self.cut { self.south } else { self.north };
        Self { south, ..self }
    }

    /// One sentence that says what is so, and why.
    pub fn sentence(self) -> String {
        match (self.cut, self.north - self.south) {
            (false, _) => "The line is up: South hears of every deposit.".to_owned(),
            (true, 0) => "The line is cut. So far the two books agree.".to_owned(),
            (true, 1) => "The line is cut: South has not heard of 1 deposit.".to_owned(),
            (true, behind) => format!("The line is cut: South has not heard of {behind} deposits."),
        }
    }
}

/// The widget.
#[component]
pub fn Counter() -> Html {
    let state = use_reducer(State::default);
    let on = |action: Action| {
        let state = state.dispatcher();
        Callback::from(move |_: MouseEvent| state.dispatch(action))
    };
    let line = if state.cut {
        "Mend the line"
    } else {
        "Cut the line"
    };
    html! {
        <>
            <div class="books">
                { book("North", state.north) }
                <p class={classes!("line", state.cut.then_some("is-cut"))}>
                    { if state.cut { "cut" } else { "line up" } }
                </p>
                { book("South", state.south) }
            </div>
            <div class="controls">
                <button type="button" onclick={on(Action::Deposit)}>{ "Deposit at North" }</button>
                <button type="button" onclick={on(Action::ToggleLine)}>{ line }</button>
                <button type="button" onclick={on(Action::Reset)}>{ "Reset" }</button>
            </div>
            <p class="now" role="status">{ state.sentence() }</p>
        </>
    }
}

fn book(name: &str, deposits: u32) -> Html {
    html! {
        <p class="book">
            <span class="name">{ name.to_owned() }</span>
            <span class="value">{ deposits }</span>
            <span class="unit">{ if deposits == 1 { "deposit" } else { "deposits" } }</span>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(actions: &[Action]) -> State {
        let start = Rc::new(State::default());
        *actions
            .iter()
            .fold(start, |state, action| state.reduce(*action))
    }

    #[test]
    fn the_books_part_while_the_line_is_cut_and_meet_when_it_is_mended() {
        use Action::*;
        let parted = after(&[Deposit, ToggleLine, Deposit, Deposit]);
        assert_eq!((parted.north, parted.south), (3, 1));
        assert!(parted.sentence().contains("2 deposits"));
        let mended = after(&[Deposit, ToggleLine, Deposit, Deposit, ToggleLine]);
        assert_eq!((mended.north, mended.south), (3, 3));
    }
}
