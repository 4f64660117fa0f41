//! Which controls a block lists, and what they do. Only what is listed is shown.

use std::rc::Rc;

use sim_core::protocol::{ProtocolSpec, SettingKind};
use sim_core::scenario::Scenario;

use crate::options::Options;
use crate::session::Change;
use crate::speed::Speed;
use crate::views::View;

/// Several settings at once.
pub struct SetUp {
    /// Settings by name and value.
    settings: Rc<[(&'static str, u32)]>,
    /// Which rules are off, where that is said.
    off: Option<u32>,
}

impl SetUp {
    /// Reads it, for a run of this protocol.
    pub fn of(options: &Options, spec: &'static ProtocolSpec) -> Self {
        Self {
            settings: settings(&options.part("settings"), spec),
            off: options.number("off").map(|number| number as u32),
        }
    }

    /// Sets it.
    pub fn change(&self) -> Change {
        Change::ChooseAll(Rc::clone(&self.settings), self.off)
    }

    /// Whether a scenario is set like that.
    pub fn is_of(&self, scenario: &Scenario, spec: &ProtocolSpec) -> bool {
        is_chosen(scenario, spec, &self.settings)
            && self.off.is_none_or(|off| off == scenario.broken)
    }
}

/// A button that sets several settings.
pub struct Variant {
    /// What the button says.
    pub label: String,
    /// In small letters after it.
    pub small: String,
    /// What it sets.
    pub sets: SetUp,
}

/// What a `sim` block asks for.
pub struct Wishes {
    /// The figure's name.
    pub title: String,
    /// The names of the controls.
    pub controls: Vec<String>,
    /// The views below the verdict.
    pub views: Vec<View>,
    /// How quickly it plays at first.
    pub speed: Option<Speed>,
    /// The protocol of the block's run.
    pub spec: &'static ProtocolSpec,
    options: Options,
}

impl Wishes {
    /// Reads the options of a block whose run is of this protocol.
    pub fn of(options: Options, spec: &'static ProtocolSpec) -> Self {
        let views = options.list("views");
        Self {
            title: options.text("title"),
            controls: options
                .list("controls")
                .iter()
                .map(Options::as_text)
                .collect(),
            views: views
                .iter()
                .filter_map(|view| View::by_name(&view.as_text()))
                .collect(),
            speed: Speed::parse(&options.text("speed")),
            spec,
            options,
        }
    }

    /// Buttons above the stage.
    pub fn variants(&self) -> Vec<Variant> {
        let spec = self.spec;
        let variant = |one: &Options| Variant {
            label: one.text("label"),
            small: one.text("small"),
            sets: SetUp::of(one, spec),
        };
        self.options.list("variants").iter().map(variant).collect()
    }

    /// Whether a control is listed, or all are.
    pub fn has(&self, control: &str) -> bool {
        self.controls
            .iter()
            .any(|known| known == control || known == "all")
    }
}

fn settings(chosen: &Options, spec: &'static ProtocolSpec) -> Rc<[(&'static str, u32)]> {
    let value = |name: &'static str, kind: SettingKind| match kind {
        SettingKind::Choice(list) => {
            let text = chosen.text(name);
            let place = list.iter().position(|one| *one == text);
            place
                .map(|place| place as u32)
                .or(chosen.number(name).map(|number| number as u32))
        }
        SettingKind::Number { .. } | SettingKind::Span { .. } => {
            chosen.number(name).map(|number| number as u32)
        }
    };
    let all = spec.settings.iter();
    all.filter_map(|one| Some((one.name, value(one.name, one.kind)?)))
        .collect()
}

/// The value of a setting in a scenario.
pub fn value(scenario: &Scenario, spec: &ProtocolSpec, name: &str) -> u32 {
    scenario.choices(spec).get(name)
}

/// Whether a scenario has these settings.
fn is_chosen(scenario: &Scenario, spec: &ProtocolSpec, settings: &[(&'static str, u32)]) -> bool {
    settings
        .iter()
        .all(|(name, wanted)| value(scenario, spec, name) == *wanted)
}
