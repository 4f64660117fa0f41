//! The reader commits an answer before the run gives its own; then the two are compared.

use sim_core::units::Micros;
use web_sys::Element;
use yew::prelude::*;

use crate::options::Options;
use crate::registry::{self, room};
use crate::session::Msg;

/// A possible answer.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Choice {
    text: String,
    /// What to say to a reader who chose it.
    says: String,
}

/// What the block asks.
#[derive(Clone, PartialEq, Eq, Debug, Properties)]
pub struct PredictProps {
    figure: String,
    question: String,
    choices: Vec<Choice>,
    right: usize,
    why: String,
    /// When the run has answered.
    at: Micros,
}

impl PredictProps {
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
    let props = PredictProps::of(&place);
    yew::Renderer::<Predict>::with_root_and_props(place, props).render();
}

/// Whether the figure's run has been looked at up to a moment, and whether it is still as it opened.
#[hook]
fn use_passed(figure: &str, at: Micros) -> (bool, bool) {
    let state = use_state_eq(|| (false, true));
    let setter = state.setter();
    let figure = figure.to_owned();
    use_effect_with((figure, at), move |(figure, at)| {
        let at = *at;
        let watch = room(figure).watch(Callback::from(move |session: crate::session::Session| {
            setter.set((session.seen.max(session.at) >= at, session.is_original()));
        }));
        move || drop(watch)
    });
    *state
}

/// The island.
#[component]
pub fn Predict(props: &PredictProps) -> Html {
    let stand = use_state(Stand::default);
    let (passed, as_opened) = use_passed(&props.figure, props.at);
    let set = |next: Stand| {
        let stand = stand.clone();
        Callback::from(move |_: MouseEvent| stand.set(next))
    };
    let name = format!("predict-{}-{}", props.figure, props.at.0);
    let shows = stand.shows(passed);
    let title = match shows {
        Shows::Compared(_) => "What you said, and what happened",
        _ => "Before you run it",
    };
    html! {
        <>
            <p class="predict-title" id={name.clone()}>{ title }</p>
            <p>{ props.question.clone() }</p>
            { choices(props, &name, &stand, shows) }
            <div role="status">
                { match shows {
                    Shows::Question => Html::default(),
                    Shows::RunIt => html! { <p class="predict-next">{ next_words(*stand) }</p> },
                    Shows::Compared(choice) => compared(props, choice, as_opened),
                } }
            </div>
            if shows == Shows::Question {
                <div class="predict-do">
                    <button type="button" disabled={stand.chosen().is_none()}
                        onclick={stand.chosen().map(|choice| set(Stand::Committed(choice)))}>
                        { "That is my guess" }
                    </button>
                    <button type="button" class="quiet" onclick={set(Stand::Skipped)}>{ "Skip" }</button>
                </div>
            } else {
                <div class="predict-do">
                    <button type="button" onclick={shows_it(props)}>{ "Show that moment" }</button>
                    <button type="button" class="quiet" onclick={set(Stand::Thinking)}>{ "Guess again" }</button>
                </div>
            }
        </>
    }
}

fn next_words(stand: Stand) -> &'static str {
    match stand {
        Stand::Committed(_) => "Noted. Now press play, or step, and see.",
        _ => "As you like. Press play, or step, and see.",
    }
}

fn choices(props: &PredictProps, name: &str, stand: &UseStateHandle<Stand>, shows: Shows) -> Html {
    let is_open = shows == Shows::Question;
    let one = |(place, choice): (usize, &Choice)| {
        let stand = stand.clone();
        let chosen = stand.chosen() == Some(place);
        let right = matches!(shows, Shows::Compared(_)) && place == props.right;
        let wrong = matches!(shows, Shows::Compared(_)) && chosen && !right;
        let class = classes!(
            chosen.then_some("on"),
            right.then_some("is-right"),
            wrong.then_some("is-wrong")
        );
        let mark = match (right, wrong) {
            (true, _) => "happened",
            (_, true) => "did not happen",
            _ => "",
        };
        html! {
            <li role="none">
                <label {class}>
                    <input type="radio" name={name.to_owned()} checked={chosen} disabled={!is_open}
                        onchange={move |_| stand.set(Stand::Leaning(place))} />
                    <span>{ choice.text.clone() }</span>
                    if !mark.is_empty() { <em>{ mark }</em> }
                </label>
            </li>
        }
    };
    html! {
        <ul class="choices" role="radiogroup" aria-labelledby={name.to_owned()}>
            { for props.choices.iter().enumerate().map(one) }
        </ul>
    }
}

fn compared(props: &PredictProps, choice: Option<usize>, as_opened: bool) -> Html {
    let text = |place: usize| {
        props
            .choices
            .get(place)
            .map_or("", |choice| choice.text.as_str())
            .to_owned()
    };
    let right = choice == Some(props.right);
    html! {
        <div class={classes!("predict-answer", if right { "ok" } else { "plain" })}>
            if let Some(choice) = choice.and_then(|place| props.choices.get(place)) {
                <p>
                    <b>{ if right { "You saw it coming. " } else { "It went another way. " } }</b>
                    { choice.says.clone() }
                </p>
            }
            if !right {
                <p><b>{ "What happened: " }</b>{ text(props.right) }{ "." }</p>
            }
            <p>{ props.why.clone() }</p>
            if !as_opened {
                <p class="predict-note">
                    { "You have changed the figure since; this speaks of the run as it opened." }
                </p>
            }
        </div>
    }
}

/// Moves the figure to the moment at which the run has answered, and the page to the figure.
fn shows_it(props: &PredictProps) -> Callback<MouseEvent> {
    let (figure, at) = (props.figure.clone(), props.at);
    Callback::from(move |_| {
        registry::room(&figure).send(Msg::Seek(at));
        let page = web_sys::window().and_then(|window| window.document());
        if let Some(figure) = page.and_then(|page| page.get_element_by_id(&figure)) {
            figure.scroll_into_view();
        }
    })
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
