//! Above the stage: the ways to configure what runs, the quick ways to break it, and the share button.

use std::rc::Rc;

use sim_core::action::Action;
use sim_core::catalogue;
use sim_core::protocol::{ProtocolSpec, SettingKind, SettingSpec};
use sim_core::run::Run;
use sim_core::units::{Endpoint, Micros};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::controls::{self, Wishes};
use super::menu;
use crate::session::{Link, Msg, Session};

/// What [`bar`] is given.
pub struct BarProps {
    /// What is looked at.
    pub session: Session,
    /// Where the reader's wishes go.
    pub dispatch: Callback<Msg>,
    /// What the block lists.
    pub wishes: Rc<Wishes>,
    /// Opens the share dialog.
    pub share: Callback<()>,
}

/// The bar.
pub fn bar(props: &BarProps) -> Html {
    let share = props.share.reform(|_: MouseEvent| ());
    html! {
        <div class="bar">
            { variants(props) }
            <div class="quick">
                { cut_button(props) }
                <button type="button" class="ghost" onclick={share}>{ "Share" }</button>
            </div>
            { settings(props) }
        </div>
    }
}

fn variants(props: &BarProps) -> Html {
    let wishes = &props.wishes;
    let spec = props.session.timeline.borrow().spec();
    if wishes.variants.is_empty() {
        return Html::default();
    }
    let run = props.session.run();
    let buttons = wishes.variants.iter().map(|variant| {
        let settings = Rc::clone(&variant.settings);
        let pressed = controls::is_chosen(&run.scenario, spec, &settings);
        let onclick = props.dispatch.reform(move |_: MouseEvent| Msg::ChooseAll(Rc::clone(&settings)));
        html! {
            <button type="button" key={variant.label.clone()} aria-pressed={pressed.to_string()} {onclick}>
                { variant.label.clone() }
                if !variant.small.is_empty() { <small>{ variant.small.clone() }</small> }
            </button>
        }
    });
    html! { <div class="seg variants" role="group" aria-label="Which way">{ for buttons }</div> }
}

/// Cuts between the first half of the nodes and the rest, or mends everything.
fn cut_button(props: &BarProps) -> Html {
    if !props.wishes.has("cut") {
        return Html::default();
    }
    let session = &props.session;
    let nodes = session.picture.nodes.len() as u8;
    let whole = session.picture.cuts.is_empty() && session.picture.client_cuts.is_empty();
    let (words, action) = match (whole, nodes) {
        (false, 2) => ("Mend the line", Action::Heal),
        (false, _) => ("Mend the lines", Action::Heal),
        (true, count) => {
            // The smaller part is cut off.
            let off: Vec<Endpoint> = (count - count.div_euclid(2)..count).map(Endpoint).collect();
            let rest: Vec<Endpoint> = (0..count - count.div_euclid(2)).map(Endpoint).collect();
            let (a, b) = (menu::side(session, &rest), menu::side(session, &off));
            (
                if count == 2 {
                    "Cut the line"
                } else {
                    "Cut in two"
                },
                Action::Cut { a, b },
            )
        }
    };
    let onclick = props.dispatch.reform(move |_: MouseEvent| Msg::Act(action));
    html! { <button type="button" class="ghost" {onclick}>{ words }</button> }
}

/// Everything else that is listed, folded away until asked for.
fn settings(props: &BarProps) -> Html {
    let (wishes, session) = (&props.wishes, &props.session);
    let spec = session.timeline.borrow().spec();
    let listed: Vec<&SettingSpec> = spec
        .settings
        .iter()
        .filter(|one| wishes.has(one.name))
        .collect();
    let (rules, scenario, seed) = (
        wishes.has("rules"),
        wishes.has("scenario"),
        wishes.has("seed"),
    );
    if listed.is_empty() && !rules && !scenario && !seed {
        return Html::default();
    }
    html! {
        <details class="settings">
            <summary>{ "Settings" }</summary>
            <div class="fields">
                if scenario { { scenarios(props) } }
                if seed { { seed_field(props) } }
                { for listed.into_iter().map(|setting| field(props, spec, setting)) }
                if rules && !spec.rules.is_empty() { { rule_fields(props, spec) } }
            </div>
        </details>
    }
}

fn field(props: &BarProps, spec: &'static ProtocolSpec, setting: &'static SettingSpec) -> Html {
    let value = controls::value(&props.session.run().scenario, spec, setting.name);
    let name = setting.name;
    let choose = move |value: u32| Msg::Choose {
        setting: name,
        value,
    };
    let control = match setting.kind {
        SettingKind::Choice(list) => {
            let onchange = props
                .dispatch
                .reform(move |event: Event| choose(picked(&event)));
            let options = list.iter().enumerate().map(|(place, choice)| {
                html! { <option value={place.to_string()} selected={place as u32 == value}>{ choice.words }</option> }
            });
            html! { <select {onchange}>{ for options }</select> }
        }
        SettingKind::Number { min, max } => number(props, (min, max, 1), value, choose),
        SettingKind::Span { min, max } => {
            let choose = move |ms: u32| choose(ms.saturating_mul(1_000));
            number(
                props,
                (min.div_ceil(1_000), max / 1_000, 1),
                value / 1_000,
                choose,
            )
        }
    };
    let unit = if matches!(setting.kind, SettingKind::Span { .. }) {
        " (ms)"
    } else {
        ""
    };
    html! {
        <label class="field" title={setting.words}>
            <span>{ setting.name.replace('-', " ") }{ unit }</span>
            { control }
        </label>
    }
}

fn picked(event: &Event) -> u32 {
    event
        .target_dyn_into::<HtmlSelectElement>()
        .map_or(0, |list| list.selected_index().max(0) as u32)
}

fn number(
    props: &BarProps,
    (min, max, step): (u32, u32, u32),
    value: u32,
    choose: impl Fn(u32) -> Msg + 'static,
) -> Html {
    let dispatch = props.dispatch.clone();
    let onchange = Callback::from(move |event: Event| {
        let typed = event
            .target_dyn_into::<HtmlInputElement>()
            .map(|input| input.value());
        if let Some(number) = typed.and_then(|typed| typed.parse::<u32>().ok()) {
            dispatch.emit(choose(number.clamp(min, max)));
        }
    });
    html! {
        <input type="number" min={min.to_string()} max={max.to_string()} step={step.to_string()}
            value={value.to_string()} {onchange} />
    }
}

fn scenarios(props: &BarProps) -> Html {
    let all = catalogue::all();
    let now = props.session.run().scenario.id.clone();
    let dispatch = props.dispatch.clone();
    let seed = props.session.run().seed;
    let onchange = Callback::from(move |event: Event| {
        let picked = catalogue::all().into_iter().nth(picked(&event) as usize);
        if let Some(scenario) = picked {
            let run = Run::new(scenario, seed);
            dispatch.emit(Msg::Begin(Link {
                run,
                at: Micros::ZERO,
                digest: 0,
            }));
        }
    });
    let options = all.into_iter().map(|scenario| {
        let selected = scenario.id == now;
        html! { <option value={scenario.id} {selected}>{ scenario.title }</option> }
    });
    html! {
        <label class="field wide"><span>{ "scenario" }</span><select {onchange}>{ for options }</select></label>
    }
}

fn seed_field(props: &BarProps) -> Html {
    let dispatch = props.dispatch.clone();
    let onchange = Callback::from(move |event: Event| {
        let typed = event
            .target_dyn_into::<HtmlInputElement>()
            .map(|input| input.value());
        if let Some(seed) = typed.and_then(|typed| typed.trim().parse::<u64>().ok()) {
            dispatch.emit(Msg::Seed(seed));
        }
    });
    let seed = props.session.run().seed;
    html! {
        <label class="field" title="All chance comes from this number: the same seed, the same run.">
            <span>{ "seed" }</span>
            <input type="text" inputmode="numeric" autocomplete="off" value={seed.to_string()} {onchange} />
        </label>
    }
}

fn rule_fields(props: &BarProps, spec: &'static ProtocolSpec) -> Html {
    let broken = props.session.run().scenario.broken;
    let boxes = spec.rules.iter().enumerate().map(|(rule, one)| {
        let off = broken & (1 << rule) != 0;
        let onchange = props
            .dispatch
            .reform(move |_: Event| Msg::Break { rule, off: !off });
        html! {
            <label class="rule" title={one.words}>
                <input type="checkbox" checked={!off} {onchange} />
                <span>{ one.words }</span>
            </label>
        }
    });
    html! {
        <fieldset class="rules"><legend>{ "Rules that hold" }</legend>{ for boxes }</fieldset>
    }
}
