//! What one can do to a thing on the stage: a small panel of buttons beside it.

use figure::Target;
use figure::element::tenths;
use sim_core::action::{Action, MessageName};
use sim_core::operation::{ITEMS, KEYS, Operation, Store, WATCH, WAYS};
use sim_core::protocol::Order;
use sim_core::run::Timeline;
use sim_core::scenario::limits;
use sim_core::units::{Endpoint, EventId, Mask, Micros};
use sim_core::world::{Life, Motion};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::controls::Wishes;
use super::set_pieces::{self, SET_PIECES};
use super::{caption, page};
use crate::session::{Change, Msg, Selection, Session};
use crate::ui::{On, Tag, button, div, p, tag};
use crate::views::View;

/// How much a person would pay in or take out at first.
const AMOUNT: u32 = 20;

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
        msg: Change::Act(action).into(),
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
    let is_alive = matches!(picture.life, Life::Up | Life::Paused);
    let timeline = session.timeline.borrow();
    let spec = timeline.spec();
    if wishes.has("promote") && is_alive && spec.promotes {
        let (label, hint) = match spec.store {
            Store::Values => ("Let it lead", "the leader hands over to it"),
            _ => ("Promote", "it takes over as primary"),
        };
        list.push(act(label, hint, Action::Promote(node)));
    }
    if wishes.has("timers") && set_pieces::waits(session, node) {
        list.extend(SET_PIECES.map(|piece| act(piece.label, piece.hint, piece.of(node))));
    }
    if wishes.has("members") && spec.reconfigures {
        let member = |joins| Action::Member { node, joins };
        list.push(act(
            "Let it join",
            "the leader adds it to the members",
            member(true),
        ));
        list.push(act(
            "Let it leave",
            "the leader takes it from the members",
            member(false),
        ));
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
    let arrow = session.picture.arrow(name);
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
            let arrow = session.picture.arrow(name);
            let label = arrow.map_or("", |arrow| &arrow.view.label);
            format!("“{label}” {} → {}", names.of(name.from), names.of(name.to))
        }
    }
}

/// An open menu.
#[derive(Clone, PartialEq)]
pub struct Open {
    /// The thing, as `data-target` says it.
    pub code: String,
    /// Where it was pointed at, in pixels of the stage.
    at: (f64, f64),
    /// What a person would ask for: how much of money, or which thing or key, by its place among [`ITEMS`]
    /// or [`KEYS`].
    pub what: Option<u32>,
    /// It stands beside the thing and has the focus.
    shown: bool,
}

impl Open {
    /// The menu of the thing with this code, to be shown here.
    pub fn new(code: String, at: (f64, f64)) -> Self {
        Self {
            code,
            at,
            what: None,
            shown: false,
        }
    }

    /// Once it is drawn: puts it beside the thing, and the focus into it.
    pub fn show(&mut self, stage: &Element) {
        let panel = stage.query_selector(".menu").ok().flatten();
        let Some(panel) = panel.filter(|_| !self.shown) else {
            return;
        };
        self.shown = true;
        place(panel.unchecked_ref(), self.at);
        let first = |selector: &str| panel.query_selector(selector).ok().flatten();
        let button = first(".menu-list button:not(:disabled)").or_else(|| first("button"));
        if let Some(button) = button {
            page::focus(&button);
        }
    }
}

/// What a reader chooses in a menu.
pub enum Choice {
    /// To close it.
    Nothing,
    /// Another amount, or another thing.
    What(u32),
    /// Something to do, and whether the inspector is shown then.
    Does(Msg, bool),
}

/// Told of what was chosen.
type Chosen = Rc<dyn Fn(Choice)>;

/// The menu. Escape closes it.
pub fn panel(session: &Session, wishes: &Wishes, open: &Open, chosen: Chosen) -> Tag {
    let Some(target) = Target::parse(&open.code) else {
        return div("menu");
    };
    let entries = entries(session, target, wishes);
    let person = match target {
        Target::Person(client) => Some(client),
        _ => None,
    };
    let acts = person.is_some() && wishes.has("people");
    let note = about(session, target).filter(|_| !acts);
    let note = note.map(|id| {
        let why = choice("Why?".to_owned(), Msg::Visit(id), false, &chosen);
        div("menu-note")
            .child(tag("p").says(session.sentence(id)))
            .child(why)
    });
    let nothing = entries.is_empty() && person.is_none() && note.is_none();
    let many = if entries.len() > 5 {
        "menu-list many"
    } else {
        "menu-list"
    };
    let (closed, escaped) = (Rc::clone(&chosen), Rc::clone(&chosen));
    let buttons = entries.into_iter().map(|entry| {
        let hint = (!entry.hint.is_empty()).then(|| tag("small").text(entry.hint));
        choice(entry.label, entry.msg, entry.inspects, &chosen).maybe(hint)
    });
    div("menu")
        .is("role", "dialog")
        .has("aria-label", title(session, target))
        .on(On::KeyDown, move |event| {
            let event: KeyboardEvent = event.unchecked_into();
            // Keys are the menu's own while it is open.
            event.stop_propagation();
            if event.key() == "Escape" {
                event.prevent_default();
                escaped(Choice::Nothing);
            }
        })
        .child(
            p("menu-title")
                .child(tag("span").says(title(session, target)))
                .child(
                    button("close")
                        .is("aria-label", "Close")
                        .clicked(move || closed(Choice::Nothing))
                        .text("×"),
                ),
        )
        .maybe(note)
        .maybe(person.map(|client| errands(session, wishes, client, open.what, &chosen)))
        .maybe(nothing.then(|| p("menu-note").text("Nothing to do here in this figure.")))
        .child(div(many).each(buttons.collect()))
}

/// The last thing that a node or a person did or was told, in words that say why.
fn about(session: &Session, target: Target) -> Option<EventId> {
    let (Target::Node(who) | Target::Person(who)) = target else {
        return None;
    };
    let timeline = session.timeline.borrow();
    timeline.trace().last(session.picture.events, |event| {
        event.who == who && caption::weight(event.kind) >= 2
    })
}

/// A button that does something.
fn choice(label: String, msg: Msg, inspects: bool, chosen: &Chosen) -> Tag {
    let chosen = Rc::clone(chosen);
    button("")
        .clicked(move || chosen(Choice::Does(msg.clone(), inspects)))
        .says(label)
}

/// What a person can be sent for: to the counter of a bank, to a shop, to a store of values or to the keeper of a lock.
fn errands(
    session: &Session,
    wishes: &Wishes,
    client: Endpoint,
    what: Option<u32>,
    chosen: &Chosen,
) -> Tag {
    if !wishes.has("people") {
        return p("menu-note").text("People act by themselves in this figure.");
    }
    let people = &session.picture.people;
    let person = people.iter().find(|person| person.client == client);
    let busy = person.is_none_or(|person| !person.can_ask);
    let send = |label: String, operation: Operation| {
        let msg = Change::Act(Action::Operate { client, operation }).into();
        choice(label, msg, false, chosen).flag("disabled", busy)
    };
    let timeline = session.timeline.borrow();
    let spec = timeline.spec();
    let (field, errands) = match spec.store {
        Store::Bank => {
            let amount = what.unwrap_or(AMOUNT);
            let errands = vec![
                (format!("Deposit {amount}"), Operation::Deposit { amount }),
                (format!("Withdraw {amount}"), Operation::Withdraw { amount }),
                ("Ask for the balance".to_owned(), Operation::Balance),
            ];
            (amount_field(amount, chosen), errands)
        }
        Store::Cart => {
            let item = what.unwrap_or_default() as u8;
            let thing = ITEMS[usize::from(item) % ITEMS.len()];
            let errands = vec![
                (format!("Add a {thing}"), Operation::Add { item }),
                (format!("Remove a {thing}"), Operation::Remove { item }),
                ("Look into the cart".to_owned(), Operation::Read),
            ];
            (
                choice_field("Thing", &ITEMS, u32::from(item), chosen),
                errands,
            )
        }
        Store::Values => {
            let value = next_value(&timeline);
            let scenario = &timeline.run().scenario;
            match scenario.choices(spec).get("store") == 1 {
                true => (div(""), lock_errands(value)),
                false => {
                    let key = what.unwrap_or_default() as u8;
                    // All that is decided once is about one thing.
                    let field = match spec.decides_once {
                        true => div(""),
                        false => choice_field("Key", &KEYS, u32::from(key), chosen),
                    };
                    let order = (spec.orders)(&scenario.choices(spec));
                    let mut errands = key_errands(key, value, order);
                    errands.retain(|(_, does)| spec.watches || !does.is_watch());
                    (field, errands)
                }
            }
        }
    };
    div("menu-list")
        .maybe(busy.then(|| p("menu-note").text("still waiting for an answer")))
        .child(field)
        .each(
            errands
                .into_iter()
                .map(|(label, does)| send(label, does))
                .collect(),
        )
}

/// A value that nobody has written yet: who reads it has seen that write and no other.
fn next_value(timeline: &Timeline) -> u8 {
    let asked = timeline.history().records.iter();
    let written = asked.filter_map(|record| record.operation.values().1);
    written.max().unwrap_or(0).saturating_add(1)
}

/// What one asks for of a store of values whose clients are promised `order`.
fn key_errands(key: u8, value: u8, order: Order) -> Vec<(String, Operation)> {
    let name = KEYS[usize::from(key) % KEYS.len()];
    let from = value.saturating_sub(1);
    let swap = Operation::CompareAndSet {
        key,
        from,
        to: value,
    };
    // Where a read may be old anyhow, one can ask for it not to be; elsewhere for any answer.
    let (other, way) = match order {
        Order::Changes => ("after a sync", "synced"),
        _ => ("from whoever is asked", "stale"),
    };
    let way = WAYS.iter().position(|one| *one == way).unwrap_or_default() as u8;
    vec![
        (
            format!("Set {name} to {value}"),
            Operation::Put { key, value },
        ),
        (format!("Set {name} from {from} to {value}"), swap),
        (format!("Read {name}"), Operation::Get { key }),
        (
            format!("Read {name} {other}"),
            Operation::GetAs { key, way },
        ),
        (
            format!("Wait until {name} is written"),
            Operation::GetAs { key, way: WATCH },
        ),
    ]
}

fn lock_errands(value: u8) -> Vec<(String, Operation)> {
    vec![
        ("Ask for the lock".to_owned(), Operation::Acquire),
        (
            format!("Write {value} under the lock"),
            Operation::GuardedWrite { value },
        ),
        ("Release the lock".to_owned(), Operation::Release),
    ]
}

fn amount_field(amount: u32, chosen: &Chosen) -> Tag {
    let chosen = Rc::clone(chosen);
    let typed = move |event: web_sys::Event| {
        if let Some(number) = page::typed::<u32>(&event) {
            chosen(Choice::What(number.clamp(1, limits::AMOUNT_MAX)));
        }
    };
    tag("label").class("amount").text("Amount").child(
        tag("input")
            .is("type", "number")
            .is("min", "1")
            .has("max", limits::AMOUNT_MAX.to_string())
            .is("inputmode", "numeric")
            .holds(amount.to_string())
            .on(On::Input, typed),
    )
}

fn choice_field(label: &'static str, names: &[&'static str], now: u32, chosen: &Chosen) -> Tag {
    let chosen = Rc::clone(chosen);
    let options = names
        .iter()
        .zip(0..)
        .map(|(name, place)| tag("option").flag("selected", place == now).text(name));
    let list = tag("select").on(On::Change, move |event| {
        if let Some(place) = page::chosen(&event) {
            chosen(Choice::What(place));
        }
    });
    tag("label")
        .class("amount")
        .text(label)
        .child(list.each(options.collect()))
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
