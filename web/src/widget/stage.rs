//! The stage: drawn anew when something happens; in between, one leaf writes where the letters are.

use std::cell::RefCell;
use std::rc::Rc;

use figure::lane::Lane;
use figure::{Scene, Shape, Target, letter, tear};
use sim_core::units::Micros;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::controls::Wishes;
use super::menu::Menu;
use super::{page, svg};
use crate::registry::Room;
use crate::session::{Msg, Selection, Session};

/// What [`Stage`] is given.
#[derive(Properties, PartialEq)]
pub struct StageProps {
    /// Begins every id on the stage.
    pub id: AttrValue,
    /// What is looked at.
    pub session: Session,
    /// Where it is kept.
    pub room: Rc<Room>,
    /// What the block lists.
    pub wishes: Rc<Wishes>,
    /// Portrait.
    pub tall: bool,
    /// Letters stand in the middle of their way instead of flying.
    pub calm: bool,
}

/// A letter in flight.
struct Flight {
    mark: Element,
    lane: Lane,
    sent_at: Micros,
    arrives_at: Micros,
}

/// What moves between two drawings.
#[derive(Default)]
struct Leaf {
    flights: Vec<Flight>,
    /// Tags of cuts: their text, and since when.
    ages: Vec<(Element, Micros, &'static str)>,
    said: String,
}

impl Leaf {
    /// Looks up the marks after a drawing.
    fn of(stage: &Element, session: &Session, tall: bool, calm: bool) -> Self {
        let marks = |selector: &str| -> Vec<Element> {
            let Ok(list) = stage.query_selector_all(selector) else {
                return Vec::new();
            };
            (0..list.length())
                .filter_map(|i| list.get(i)?.dyn_into().ok())
                .collect()
        };
        let layout = figure::layout(&session.picture, shape(tall));
        let flying = session
            .picture
            .arrows
            .iter()
            .zip(marks(".letters > .letter"));
        let flights = flying
            .filter(|(arrow, _)| !calm && letter::is_moving(arrow))
            .map(|(arrow, mark)| Flight {
                mark,
                lane: Lane::new(&layout, arrow.name.from, arrow.name.to),
                sent_at: arrow.sent_at,
                arrives_at: arrow.arrives_at,
            })
            .collect();
        let ages = marks(".age").into_iter().filter_map(|mark| {
            let since = mark.get_attribute("data-since")?.parse().ok()?;
            let both = mark.text_content()?.starts_with(tear::CUT);
            Some((
                mark,
                Micros(since),
                if both { tear::CUT } else { tear::ONE_WAY },
            ))
        });
        Self {
            flights,
            ages: ages.collect(),
            said: String::new(),
        }
    }

    /// Writes where everything is at a moment.
    fn write(&mut self, at: Micros) {
        for flight in &self.flights {
            let whole = flight.arrives_at.since(flight.sent_at).0.max(1) as f64;
            let share = (at.since(flight.sent_at).0 as f64 / whole).min(1.0);
            let _ = flight
                .mark
                .set_attribute("transform", &letter::transform(flight.lane.point(share)));
        }
        for (mark, since, before) in &self.ages {
            let words = format!("{before}{}", tear::age(at, *since));
            if words != self.said {
                mark.set_text_content(Some(&words));
                self.said = words;
            }
        }
    }
}

fn shape(tall: bool) -> Shape {
    if tall { Shape::Tall } else { Shape::Wide }
}

/// An open menu.
#[derive(Clone, PartialEq)]
struct Open {
    code: String,
    at: (f64, f64),
}

/// What the reader selects by pointing at a thing.
fn selection(target: Target) -> Selection {
    match target {
        Target::Node(end) | Target::Person(end) => Selection::Endpoint(end),
        Target::Message(name) => Selection::Message(name),
        Target::Line(a, b) => Selection::Line(a, b),
    }
}

/// The mark that an event happened in.
fn mark_of(event: &Event) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest("[data-target]").ok()?
}

/// The stage and the menu on it.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let stage = use_node_ref();
    let menu = use_state(|| None::<Open>);
    let leaf = use_mut_ref(Leaf::default);
    use_leaf(props, &stage, &leaf);
    let open = {
        let (menu, room, stage) = (menu.clone(), props.room.clone(), stage.clone());
        move |mark: &Element, at: Option<(f64, f64)>| {
            let code = mark.get_attribute("data-target").unwrap_or_default();
            let (Some(target), Some(stage)) = (Target::parse(&code), stage.cast::<Element>())
            else {
                return;
            };
            let (around, here) = (
                stage.get_bounding_client_rect(),
                mark.get_bounding_client_rect(),
            );
            let (x, y) = at.unwrap_or((
                here.left() + here.width() / 2.0,
                here.top() + here.height() / 2.0,
            ));
            room.send(Msg::Play(false));
            room.send(Msg::Select(selection(target)));
            menu.set(Some(Open {
                code,
                at: (x - around.left(), y - around.top()),
            }));
        }
    };
    let onclick = {
        let (open, menu) = (open.clone(), menu.clone());
        Callback::from(move |event: MouseEvent| match mark_of(&event) {
            Some(mark) => open(
                &mark,
                Some((f64::from(event.client_x()), f64::from(event.client_y()))),
            ),
            None if in_menu(&event) => {}
            None => menu.set(None),
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if let (Some(mark), "Enter" | " ") = (mark_of(&event), event.key().as_str()) {
            event.prevent_default();
            event.stop_propagation();
            open(&mark, None);
        }
    });
    let close = {
        let (menu, stage) = (menu.clone(), stage.clone());
        Callback::from(move |()| {
            give_back(&stage, menu.as_ref());
            menu.set(None);
        })
    };
    let chosen = {
        let (menu, stage, room) = (menu.clone(), stage.clone(), props.room.clone());
        Callback::from(move |(msg, inspects): (Msg, bool)| {
            give_back(&stage, menu.as_ref());
            menu.set(None);
            room.send(msg);
            if inspects {
                show_inspector(&stage);
            }
        })
    };
    html! {
        <div class="stage-room" ref={stage} {onclick} {onkeydown}>
            { drawing(props) }
            if let Some(open) = menu.as_ref() {
                <Menu session={props.session.clone()} wishes={props.wishes.clone()}
                    code={open.code.clone()} at={open.at} {chosen} {close} />
            }
        </div>
    }
}

/// Keeps the leaf in step with drawings and frames.
#[hook]
fn use_leaf(props: &StageProps, stage: &NodeRef, leaf: &Rc<RefCell<Leaf>>) {
    {
        let (stage, leaf, calm) = (stage.clone(), Rc::clone(leaf), props.calm);
        let room = props.room.clone();
        use_effect_with(
            (props.session.clone(), props.tall),
            move |(session, tall)| {
                if let Some(stage) = stage.cast::<Element>() {
                    let mut fresh = Leaf::of(&stage, session, *tall, calm);
                    if let Some(at) = room.session().map(|session| session.at) {
                        fresh.write(at);
                    }
                    *leaf.borrow_mut() = fresh;
                }
            },
        );
    }
    let (room, leaf) = (props.room.clone(), Rc::clone(leaf));
    use_effect_with((), move |()| {
        let watch = room.watch_frames(Callback::from(move |session: Session| {
            if session.playing {
                leaf.borrow_mut().write(session.at);
            }
        }));
        move || drop(watch)
    });
}

fn drawing(props: &StageProps) -> Html {
    let session = &props.session;
    let lost = letter::lost(&session.timeline.borrow(), session.at);
    let selected = |target: Target| match (target, session.selection) {
        (Target::Message(name), _) => session.is_selected_message(name),
        (_, Selection::Nothing) => false,
        (target, chosen) => selection(target) == chosen,
    };
    let scene = Scene {
        picture: &session.picture,
        lost: &lost,
        id: &props.id,
        selected: &selected,
        living: true,
        calm: props.calm,
    };
    let layout = scene.layout(shape(props.tall));
    svg::node(&figure::stage(&scene, &layout))
}

fn in_menu(event: &MouseEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| !matches!(target.closest(".menu"), Ok(None)))
}

/// The focus goes back to what the menu was about, or to the stage if that is gone.
fn give_back(stage: &NodeRef, open: Option<&Open>) {
    let (Some(stage), Some(open)) = (stage.cast::<Element>(), open) else {
        return;
    };
    let mark = stage
        .query_selector(&format!("[data-target=\"{}\"]", open.code))
        .ok()
        .flatten();
    let instead = || stage.query_selector("[data-target]").ok().flatten();
    if let Some(mark) = mark.or_else(instead) {
        page::focus(&mark);
    }
}

fn show_inspector(stage: &NodeRef) {
    let figure = stage
        .cast::<Element>()
        .and_then(|stage| stage.closest("[data-widget]").ok()?);
    let tabs = figure.and_then(|figure| figure.query_selector_all("[role=tab]").ok());
    let Some(tabs) = tabs else { return };
    for index in 0..tabs.length() {
        let tab: Option<web_sys::HtmlElement> = tabs.get(index).and_then(|tab| tab.dyn_into().ok());
        if let Some(tab) = tab
            && tab
                .text_content()
                .is_some_and(|words| words.starts_with("Inspector"))
        {
            tab.click();
            page::focus(&tab);
        }
    }
}
