//! What one can do to a thing on the stage: a small panel of buttons beside it.

use figure::Target;
use figure::element::tenths;
use sim_core::action::{Action, MessageName};
use sim_core::operation::Operation;
use sim_core::scenario::limits;
use sim_core::units::{Endpoint, Mask, Micros};
use sim_core::world::{Life, Motion};
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::controls::Wishes;
use super::page;
use crate::session::{Msg, Selection, Session};
use crate::views::View;

/// One button of a menu.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub label: String,
    /// What comes of it, in a few words.
    pub hint: &'static str,
    /// What it does.
    pub msg: Msg,
    /// Whether it then shows the inspector.
    pub inspects: bool,
}

fn act(label: impl Into<String>, hint: &'static str, action: Action) -> Entry {
    Entry {
        label: label.into(),
        hint,
        msg: Msg::Act(action),
        inspects: false,
    }
}

fn look(label: impl Into<String>, selection: Selection, inspects: bool) -> Entry {
    Entry {
        label: label.into(),
        hint: "",
        msg: Msg::Select(selection),
        inspects,
    }
}

/// These nodes and whoever goes there: a side of a cut.
pub fn side(session: &Session, nodes: &[Endpoint]) -> Mask {
    let people = session.picture.people.iter();
    let theirs = people.filter(|person| nodes.contains(&person.home));
    theirs.fold(Mask::from_list(nodes), |side, person| {
        side.with(person.client)
    })
}

/// What can be done to the thing, in this order.
pub fn entries(session: &Session, target: Target, wishes: &Wishes) -> Vec<Entry> {
    match target {
        Target::Node(node) => of_node(session, node, wishes),
        Target::Person(_) => Vec::new(),
        Target::Message(name) => of_message(session, name, wishes),
        Target::Line(a, b) => of_line(session, a, b, wishes),
    }
}

fn of_node(session: &Session, node: Endpoint, wishes: &Wishes) -> Vec<Entry> {
    let Some(picture) = session.picture.nodes.get(node.index()) else {
        return Vec::new();
    };
    let mut list = Vec::new();
    if wishes.has("crash") {
        match picture.life {
            Life::Up | Life::Paused => {
                list.push(act(
                    "Crash",
                    "memory is lost, the disk stays",
                    Action::Kill(node),
                ));
                list.push(act(
                    "Cut the power",
                    "the same, and only silence",
                    Action::PowerOff(node),
                ));
            }
            Life::Killed | Life::Off => {
                list.push(act(
                    "Start again",
                    "with what its disk kept",
                    Action::Restart(node),
                ));
            }
        }
        match picture.life {
            Life::Up => list.push(act(
                "Pause",
                "clocks run on, calls wait",
                Action::Pause(node),
            )),
            Life::Paused => list.push(act("Let it go on", "", Action::Resume(node))),
            Life::Killed | Life::Off => {}
        }
    }
    if wishes.has("cut") && session.picture.nodes.len() > 2 {
        let side = side(session, &[node]);
        list.push(act(
            "Cut it off",
            "from all the others",
            Action::Partition { side },
        ));
    }
    if wishes.has("skew") {
        list.extend(clock(node, picture.clock));
    }
    if wishes.views.contains(&View::Inspector) {
        list.push(look("Inspect", Selection::Endpoint(node), true));
    }
    list
}

fn clock(node: Endpoint, (_, offset_us, drift_ppm): (i64, i64, i32)) -> Vec<Entry> {
    let skew = |offset_us, drift_ppm| Action::Skew {
        node,
        offset_us,
        drift_ppm,
    };
    let mut list = vec![
        act("Clock 1 s ahead", "", skew(1_000_000, drift_ppm)),
        act("Clock 1 s back", "", skew(-1_000_000, drift_ppm)),
    ];
    if drift_ppm == 0 {
        list.push(act("Clock runs 10 % fast", "", skew(0, 100_000)));
    }
    if (offset_us, drift_ppm) != (0, 0) {
        list.push(act("Clock runs true", "", skew(-offset_us, 0)));
    }
    list
}

fn of_message(session: &Session, name: MessageName, wishes: &Wishes) -> Vec<Entry> {
    let arrow = session
        .picture
        .arrows
        .iter()
        .find(|arrow| arrow.name == name);
    let mut list = Vec::new();
    if let Some(arrow) = arrow.filter(|_| wishes.has("messages")) {
        list.push(act("Drop", "it is lost", Action::Drop(name)));
        list.push(act(
            "Delay",
            "by 100 ms",
            Action::Delay(name, Micros::from_ms(100)),
        ));
        list.push(act(
            "Duplicate",
            "it arrives twice",
            Action::Duplicate(name),
        ));
        list.push(match arrow.motion {
            Motion::Held => act("Release", "", Action::Release(name)),
            _ => act("Hold", "until released", Action::Hold(name)),
        });
    }
    if let Some(arrow) = arrow {
        let cause = session
            .causes(arrow.sent, 1)
            .first()
            .copied()
            .unwrap_or(arrow.sent);
        list.push(look("Why was it sent?", Selection::Event(cause), false));
    }
    list
}

fn of_line(session: &Session, a: Endpoint, b: Endpoint, wishes: &Wishes) -> Vec<Entry> {
    if !wishes.has("cut") {
        return Vec::new();
    }
    let name = |end: Endpoint| {
        session
            .picture
            .nodes
            .get(end.index())
            .map_or("", |node| &node.name)
    };
    let cut = session
        .picture
        .cuts
        .iter()
        .find(|cut| (cut.a, cut.b) == (a, b));
    let (forth, back) = cut.map_or((false, false), |cut| (cut.forth, cut.back));
    let (left, right) = (side(session, &[a]), side(session, &[b]));
    let mut list = Vec::new();
    if !(forth && back) {
        list.push(act(
            "Cut this line",
            "both ways",
            Action::Cut { a: left, b: right },
        ));
    }
    let one_way = |from: Endpoint, to: Endpoint| {
        let label = format!("Cut {} → {}", name(from), name(to));
        let (from, to) = (side(session, &[from]), side(session, &[to]));
        act(label, "this way only", Action::OneWay { from, to })
    };
    if !forth {
        list.push(one_way(a, b));
    }
    if !back {
        list.push(one_way(b, a));
    }
    if forth || back {
        list.push(act(
            "Mend this line",
            "",
            Action::Mend { a: left, b: right },
        ));
    }
    if session.picture.cuts.len() > 1 {
        list.push(act("Mend every line", "", Action::Heal));
    }
    list
}

/// The thing's name, for the head of the menu.
pub fn title(session: &Session, target: Target) -> String {
    let timeline = session.timeline.borrow();
    let names = timeline.names();
    match target {
        Target::Node(end) | Target::Person(end) => names.of(end).to_owned(),
        Target::Line(a, b) => format!("{} – {}", names.of(a), names.of(b)),
        Target::Message(name) => {
            let arrow = session
                .picture
                .arrows
                .iter()
                .find(|arrow| arrow.name == name);
            let label = arrow.map_or("", |arrow| &arrow.view.label);
            format!("“{label}” {} → {}", names.of(name.from), names.of(name.to))
        }
    }
}

/// What [`Menu`] is given.
#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// What is looked at.
    pub session: Session,
    /// What the block lists.
    pub wishes: std::rc::Rc<Wishes>,
    /// The thing, as `data-target` says it.
    pub code: String,
    /// Where it was pointed at, in pixels of the stage.
    pub at: (f64, f64),
    /// A button was chosen.
    pub chosen: Callback<(Msg, bool)>,
    /// Nothing was chosen.
    pub close: Callback<()>,
}

/// The menu. Escape closes it, and the focus goes back to the thing.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let panel = use_node_ref();
    {
        let (panel, at) = (panel.clone(), props.at);
        use_effect_with(props.code.clone(), move |_| {
            if let Some(panel) = panel.cast::<HtmlElement>() {
                place(&panel, at);
                let first = |selector: &str| panel.query_selector(selector).ok().flatten();
                let button = first(".menu-list button:not(:disabled)").or_else(|| first("button"));
                if let Some(button) = button {
                    page::focus(&button);
                }
            }
        });
    }
    let Some(target) = Target::parse(&props.code) else {
        return Html::default();
    };
    let onkeydown = {
        let close = props.close.clone();
        Callback::from(move |event: KeyboardEvent| {
            // Keys are the menu's own while it is open.
            event.stop_propagation();
            if event.key() == "Escape" {
                event.prevent_default();
                close.emit(());
            }
        })
    };
    let entries = entries(&props.session, target, &props.wishes);
    let nothing = entries.is_empty() && !matches!(target, Target::Person(_));
    let close = props.close.reform(|_: MouseEvent| ());
    let many = if entries.len() > 5 {
        "menu-list many"
    } else {
        "menu-list"
    };
    html! {
        <div class="menu" role="dialog" aria-label={title(&props.session, target)} ref={panel} {onkeydown}>
            <p class="menu-title">
                <span>{ title(&props.session, target) }</span>
                <button type="button" class="close" aria-label="Close" onclick={close}>{ "×" }</button>
            </p>
            if let Target::Person(client) = target {
                <Errands session={props.session.clone()} wishes={props.wishes.clone()} {client} chosen={props.chosen.clone()} />
            }
            if nothing {
                <p class="menu-note">{ "Nothing to do here in this figure." }</p>
            }
            <div class={many}>
                { for entries.into_iter().map(|entry| button(entry, &props.chosen)) }
            </div>
        </div>
    }
}

fn button(entry: Entry, chosen: &Callback<(Msg, bool)>) -> Html {
    let (msg, inspects) = (entry.msg, entry.inspects);
    let onclick = chosen.reform(move |_: MouseEvent| (msg.clone(), inspects));
    html! {
        <button type="button" {onclick}>
            { entry.label }
            if !entry.hint.is_empty() { <small>{ entry.hint }</small> }
        </button>
    }
}

/// Beside where it was pointed at, and within the stage. On a phone the style sheet lays it across the bottom.
fn place(panel: &HtmlElement, (x, y): (f64, f64)) {
    let Some(room) = panel.parent_element() else {
        return;
    };
    let (width, height) = (
        f64::from(room.client_width()),
        f64::from(room.client_height()),
    );
    let (w, h) = (
        f64::from(panel.offset_width()),
        f64::from(panel.offset_height()),
    );
    let left = (x + 12.0).min(width - w - 8.0).max(8.0);
    let top = (y + 12.0).min(height - h - 8.0).max(8.0);
    let style = panel.style();
    // A browser that refuses leaves it in the corner: still usable.
    let _ = style.set_property("left", &(tenths(left) + "px"));
    let _ = style.set_property("top", &(tenths(top) + "px"));
}

#[derive(Properties, PartialEq)]
struct ErrandsProps {
    session: Session,
    wishes: std::rc::Rc<Wishes>,
    client: Endpoint,
    chosen: Callback<(Msg, bool)>,
}

/// What a person can be sent to the counter for.
#[component]
fn Errands(props: &ErrandsProps) -> Html {
    let amount = use_state(|| 20u32);
    if !props.wishes.has("people") {
        return html! { <p class="menu-note">{ "People act by themselves in this figure." }</p> };
    }
    let client = props.client;
    let person = props
        .session
        .picture
        .people
        .iter()
        .find(|person| person.client == client);
    let busy = person.is_none_or(|person| !person.can_ask);
    let send = |label: String, operation: Operation| {
        let onclick = props
            .chosen
            .reform(move |_: MouseEvent| (Msg::Act(Action::Operate { client, operation }), false));
        html! { <button type="button" disabled={busy} {onclick}>{ label }</button> }
    };
    let oninput = {
        let amount = amount.clone();
        Callback::from(move |event: InputEvent| {
            let typed = event
                .target_dyn_into::<HtmlInputElement>()
                .map(|input| input.value());
            if let Some(number) = typed.and_then(|typed| typed.parse::<u32>().ok()) {
                amount.set(number.clamp(1, limits::AMOUNT_MAX));
            }
        })
    };
    let most = limits::AMOUNT_MAX.to_string();
    let amount = *amount;
    html! {
        <div class="menu-list">
            if busy {
                <p class="menu-note">{ "still waiting for an answer" }</p>
            }
            <label class="amount">
                { "Amount" }
                <input type="number" min="1" max={most} inputmode="numeric" value={amount.to_string()} {oninput} />
            </label>
            { send(format!("Deposit {amount}"), Operation::Deposit { amount }) }
            { send(format!("Withdraw {amount}"), Operation::Withdraw { amount }) }
            { send("Ask for the balance".to_owned(), Operation::Balance) }
        </div>
    }
}
