//! Above the stage: the ways to configure what runs, the quick ways to break it, and the share button.

use std::rc::Rc;

use sim_core::action::Action;
use sim_core::catalogue;
use sim_core::protocol::{ProtocolSpec, SettingKind, SettingSpec, SettingWords};
use sim_core::protocols;
use sim_core::run::Run;
use sim_core::share::ShareError;
use sim_core::units::{Endpoint, Micros};
use web_sys::{Event, HtmlSelectElement};

use super::controls::{self, Variant};
use super::{Figure, menu, page};
use crate::registry::Room;
use crate::session::{Change, Link, Problem, Session};
use crate::shelf;
use crate::ui::{Again, Does, Html, On, Piece, Tag, button, div, tag};

/// What [`Bar`] is given.
#[derive(PartialEq)]
pub struct BarGiven {
    /// Whose bar it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// Opens the share dialog.
    pub share: Does,
}

/// The bar.
pub struct Bar {
    variants: Vec<Variant>,
}

impl Piece for Bar {
    type Given = BarGiven;

    fn begin(given: &BarGiven, _: Again) -> Self {
        Self {
            variants: given.figure.wishes.variants(),
        }
    }

    fn draw(self: &Rc<Self>, given: &BarGiven) -> Html {
        let share = given.share.clone();
        let quick = div("quick")
            .maybe(cut_button(given))
            .child(button("ghost").clicked(move || share.now()).text("Share"));
        div("bar")
            .maybe(self.variants(given))
            .child(quick)
            .maybe(settings(given))
            .done()
    }
}

impl Bar {
    fn variants(&self, given: &BarGiven) -> Option<Tag> {
        let spec = given.session.timeline.borrow().spec();
        // What a link has brought may be of another protocol, whose settings have other meanings.
        if self.variants.is_empty() || spec.name != given.figure.wishes.spec.name {
            return None;
        }
        let run = given.session.run();
        let buttons = self.variants.iter().map(|variant| {
            let small =
                (!variant.small.is_empty()).then(|| tag("small").says(variant.small.clone()));
            let chosen = variant.sets.is_of(&run.scenario, spec);
            button("")
                .key(&variant.label)
                .state("aria-pressed", chosen)
                .sends(&given.figure.room, variant.sets.change().into())
                .says(variant.label.clone())
                .maybe(small)
        });
        let group = div("seg variants")
            .is("role", "group")
            .is("aria-label", "Which way");
        Some(group.each(buttons.collect()))
    }
}

/// Cuts between the first half of the nodes and the rest, or mends everything.
fn cut_button(given: &BarGiven) -> Option<Tag> {
    if !given.figure.wishes.has("cut") {
        return None;
    }
    let session = &given.session;
    let count = session.picture.nodes.len() as u8;
    let whole = session.picture.cuts.is_empty() && session.picture.client_cuts.is_empty();
    let (words, action) = match (whole, count) {
        (false, 2) => ("Mend the line", Action::Heal),
        (false, _) => ("Mend the lines", Action::Heal),
        (true, count) => {
            // The smaller part is cut off.
            let off: Vec<Endpoint> = (count - count / 2..count).map(Endpoint).collect();
            let rest: Vec<Endpoint> = (0..count - count / 2).map(Endpoint).collect();
            let (a, b) = (menu::side(session, &rest), menu::side(session, &off));
            let words = if count == 2 {
                "Cut the line"
            } else {
                "Cut in two"
            };
            (words, Action::Cut { a, b })
        }
    };
    Some(
        button("ghost")
            .sends(&given.figure.room, Change::Act(action).into())
            .text(words),
    )
}

/// Everything else that is listed, folded away until asked for.
fn settings(given: &BarGiven) -> Option<Tag> {
    let (wishes, spec) = (&given.figure.wishes, given.session.timeline.borrow().spec());
    let mut fields = Vec::new();
    if wishes.has("scenario") {
        fields.push(scenarios(given));
    }
    if wishes.has("seed") {
        fields.push(seed_field(given));
    }
    let said = protocols::wording(spec.name).settings;
    for (setting, said) in spec.settings.iter().zip(said) {
        if wishes.has(setting.name) {
            fields.push(field(given, spec, setting, said));
        }
    }
    if wishes.has("rules") && !spec.rules.is_empty() {
        fields.push(rule_fields(given, spec));
    }
    if fields.is_empty() {
        return None;
    }
    let details = tag("details").is("class", "settings");
    Some(
        details
            .child(tag("summary").text("Settings"))
            .child(div("fields").each(fields)),
    )
}

fn field(
    given: &BarGiven,
    spec: &'static ProtocolSpec,
    setting: &'static SettingSpec,
    said: &'static SettingWords,
) -> Tag {
    let value = controls::value(&given.session.run().scenario, spec, setting.name);
    let setting_name = setting.name;
    let choose = move |value: u32| {
        let setting = setting_name;
        Change::Choose { setting, value }
    };
    let mut name = setting.name.replace('-', " ");
    let control = match setting.kind {
        SettingKind::Choice(_) => {
            let options = said.choices.iter().zip(0u32..).map(|(words, place)| {
                tag("option")
                    .has("value", place.to_string())
                    .flag("selected", place == value)
                    .text(words)
            });
            select(given, options.collect(), move |place| Some(choose(place)))
        }
        SettingKind::Number { min, max } => number(given, (min, max), value, 1, choose),
        SettingKind::Span { min, max } => {
            name.push_str(" (ms)");
            let range = (min.div_ceil(1_000), max / 1_000);
            number(given, range, value / 1_000, 1_000, choose)
        }
    };
    tag("label")
        .is("class", "field")
        .child(tag("span").says(name).child(tag("small").text(said.words)))
        .child(control)
}

/// A list of which one is chosen by its place.
fn select(
    given: &BarGiven,
    options: Vec<Tag>,
    choose: impl Fn(u32) -> Option<Change> + 'static,
) -> Tag {
    let room = Rc::clone(&given.figure.room);
    let changed = move |event: Event| {
        if let Some(change) = page::chosen(&event).and_then(&choose) {
            room.send(change.into());
        }
    };
    tag("select").on(On::Change, changed).each(options)
}

/// A field for a whole number in a range, which stands for so many times as much.
fn number(
    given: &BarGiven,
    (min, max): (u32, u32),
    value: u32,
    times: u32,
    choose: impl Fn(u32) -> Change + 'static,
) -> Tag {
    let room = Rc::clone(&given.figure.room);
    let changed = move |event: Event| {
        if let Some(number) = page::typed::<u32>(&event) {
            room.send(choose(number.clamp(min, max).saturating_mul(times)).into());
        }
    };
    tag("input")
        .is("type", "number")
        .has("min", min.to_string())
        .has("max", max.to_string())
        .holds(value.to_string())
        .on(On::Change, changed)
}

fn scenarios(given: &BarGiven) -> Tag {
    let run = given.session.run();
    let (now, seed) = (run.scenario.id.clone(), run.seed);
    drop(run);
    let options = catalogue::list().map(|(id, title)| {
        tag("option")
            .flag("selected", id == now)
            .is("value", id)
            .text(title)
    });
    let place = catalogue::list().position(|(id, _)| id == now);
    let room = Rc::clone(&given.figure.room);
    let changed = move |event: Event| {
        let Some(list) = page::target::<HtmlSelectElement>(&event) else {
            return;
        };
        if let Some((id, _)) = catalogue::list().nth(list.selected_index().max(0) as usize) {
            // Where it cannot be had, the list says again what is played.
            let back = move || list.set_selected_index(place.map_or(-1, |place| place as i32));
            begin(&room, id, seed, back);
        }
    };
    let list = tag("select")
        .on(On::Change, changed)
        .each(options.collect());
    let label = tag("label").is("class", "field wide");
    label.child(tag("span").text("scenario")).child(list)
}

/// Begins with a scenario of the catalogue, under this seed, once what plays it is there; goes `back` if it cannot be had.
fn begin(room: &Rc<Room>, id: &'static str, seed: u64, back: impl Fn() + 'static) {
    let Some(protocol) = protocols::absent(id) else {
        return begun(room, id, seed);
    };
    let played = |room: &Room| room.session().map(|session| session.followed);
    let (before, room) = (played(room), Rc::clone(room));
    shelf::bring(protocol.to_owned(), move |is_here| {
        if is_here && played(&room) == before {
            begun(&room, id, seed);
        } else if !is_here {
            back();
            let why = Problem::Link(ShareError::Absent { protocol });
            room.send(Change::Fail(why).into());
        }
    });
}

fn begun(room: &Room, id: &str, seed: u64) {
    if let Some(scenario) = catalogue::find(id) {
        let begins = Change::Begin(Link {
            run: Run::new(scenario, seed),
            at: Micros::ZERO,
            digest: 0,
        });
        room.send(begins.into());
    }
}

fn seed_field(given: &BarGiven) -> Tag {
    let room = Rc::clone(&given.figure.room);
    let changed = move |event: Event| {
        if let Some(seed) = page::typed(&event) {
            room.send(Change::Seed(seed).into());
        }
    };
    let seed = given.session.run().seed;
    tag("label")
        .is("class", "field")
        .is(
            "title",
            "All chance comes from this number: the same seed, the same run.",
        )
        .child(tag("span").text("seed"))
        .child(
            tag("input")
                .is("type", "text")
                .is("inputmode", "numeric")
                .is("autocomplete", "off")
                .holds(seed.to_string())
                .on(On::Change, changed),
        )
}

fn rule_fields(given: &BarGiven, spec: &'static ProtocolSpec) -> Tag {
    let broken = given.session.run().scenario.broken;
    let said = protocols::wording(spec.name).rules;
    let boxes = said.iter().enumerate().map(|(rule, words)| {
        let off = broken & (1 << rule) != 0;
        let room = Rc::clone(&given.figure.room);
        let tick = tag("input")
            .is("type", "checkbox")
            .ticked(!off)
            .on(On::Change, move |_| {
                room.send(Change::Break { rule, off: !off }.into())
            });
        let label = tag("label").is("class", "rule").is("title", words);
        label.child(tick).child(tag("span").text(words))
    });
    tag("fieldset")
        .is("class", "rules")
        .child(tag("legend").text("Rules that hold"))
        .each(boxes.collect())
}
