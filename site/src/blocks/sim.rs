//! `sim`: one run to look at and to break, what it opens with, and what the lesson claims of it.

use std::rc::Rc;

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use sim_core::action::Timed;
use sim_core::catalogue;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::scenario::Scenario;
use sim_core::share::{self, Link};
use sim_core::units::Micros;
use toml::Spanned;

use super::frame::{self, Parts};
use super::settings::{self, Settings, choices, set};
use super::{Block, Context, script, still};
use crate::Problem;
use crate::claims::{Claim, Condition, Demand};

/// The seed where a block names none.
const SEED: u64 = 7;

/// Controls that are not settings.
const CONTROLS: [&str; 12] = [
    "all", "cut", "crash", "promote", "members", "people", "messages", "skew", "seed", "scenario",
    "rules", "timers",
];

/// Views below the verdict.
const VIEWS: [&str; 4] = ["space", "operations", "inspector", "events"];

/// What their tabs say.
const TABS: [&str; 4] = ["Space and time", "Operations", "Inspector", "Events"];

/// Deeds with their times, as they stand in a block.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    at: Spanned<String>,
    r#do: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// What predictions and goals of the page call it.
    id: Spanned<String>,
    /// An id of the catalogue.
    scenario: Option<Spanned<String>>,
    /// A link instead: its scenario, its seed and what was done in it.
    link: Option<Spanned<String>>,
    seed: Option<u64>,
    /// The moment that it opens with.
    at: Option<Spanned<String>>,
    /// The figure's name, in a line above it and for those who do not see it.
    title: String,
    /// Replaces what happens by itself.
    script: Option<Vec<Deed>>,
    /// Replaces the scenario's length.
    length: Option<Spanned<String>>,
    /// Replaces how many messages between nodes are lost: "1 in 5".
    loss: Option<Spanned<String>>,
    #[serde(default)]
    settings: Settings,
    /// What a person did.
    #[serde(default)]
    actions: Vec<Deed>,
    #[serde(default)]
    controls: Vec<Spanned<String>>,
    #[serde(default)]
    views: Vec<Spanned<String>>,
    #[serde(default)]
    variants: Vec<Variant>,
    speed: Option<Spanned<String>>,
    #[serde(default)]
    expect: Vec<Expect>,
    #[serde(default)]
    never: Vec<Never>,
    /// Why there is no prediction before this figure, where that is so.
    unpredicted: Option<String>,
}

/// A button that sets several settings at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    label: String,
    small: Option<String>,
    #[serde(default)]
    settings: Settings,
    /// The rules that are off, where the button is about rules.
    without: Option<Vec<Spanned<String>>>,
}

/// A claim: at this moment this holds, after these changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    at: Spanned<String>,
    goal: Spanned<String>,
    variant: Option<Spanned<String>>,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    actions: Vec<Deed>,
    /// What the figure says then, word for word; the prose quotes it.
    #[serde(default)]
    says: Vec<Spanned<String>>,
}

/// A claim that no combination of some settings ever brings this about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Never {
    goal: Spanned<String>,
    every: Vec<Spanned<String>>,
    /// How many combinations that is, as the prose says.
    runs: Spanned<usize>,
}

/// A `sim` block that was understood.
pub struct Sim {
    /// Its id on the page.
    pub id: String,
    /// The line of its block.
    pub line: usize,
    /// Its run.
    pub run: Run,
    /// The moment that it opens with.
    pub at: Micros,
    /// Whether the lesson says why nothing is predicted of it.
    pub unpredicted: bool,
    title: String,
    options: Value,
    variants: Vec<Variant>,
    controls: Vec<String>,
    views: Vec<String>,
}

/// What a reader changes: a variant's button, settings, deeds.
#[derive(Default)]
pub struct Change<'a> {
    /// Another protocol, with its own settings.
    pub protocol: Option<&'a Spanned<String>>,
    /// The label of a variant's button.
    pub variant: Option<&'a Spanned<String>>,
    /// Settings.
    pub settings: Option<&'a Settings>,
    /// Deeds.
    pub actions: &'a [Deed],
}

/// Whether a protocol is there.
fn known(protocol: &str) -> Result<(), String> {
    let names = protocols::names();
    match names.contains(&protocol) {
        true => Ok(()),
        false => Err(format!(
            "no protocol is called `{protocol}`; expected one of {}",
            names.join(", ")
        )),
    }
}

impl Sim {
    /// Reads a block. What it claims goes into `claims`.
    pub fn read(block: &Block<'_>, claims: &mut Vec<Claim>) -> Result<Self, Problem> {
        let source: Source = block.read()?;
        let (run, at) = run(block, &source)?;
        let sim = Self {
            id: identifier(block, &source.id)?,
            line: block.place.line,
            title: source.title.clone(),
            options: options(block, &source, &run)?,
            variants: source.variants.clone(),
            controls: words(&source.controls),
            views: words(&source.views),
            unpredicted: source.unpredicted.is_some(),
            run,
            at,
        };
        for expect in &source.expect {
            sim.expect(block, expect, claims)?;
        }
        for never in &source.never {
            sim.never(block, never, claims)?;
        }
        Ok(sim)
    }

    fn expect(
        &self,
        block: &Block<'_>,
        expect: &Expect,
        claims: &mut Vec<Claim>,
    ) -> Result<(), Problem> {
        let change = Change {
            protocol: None,
            variant: expect.variant.as_ref(),
            settings: Some(&expect.settings),
            actions: &expect.actions,
        };
        let run = self.changed(block, &change)?;
        let at = block.at(&expect.at, script::span(expect.at.get_ref()))?;
        let claim = Claim {
            place: block.place_of(&expect.goal.span()),
            what: "the claim",
            condition: block.at(&expect.goal, Condition::parse(expect.goal.get_ref(), &run))?,
            demand: Demand::Holds(at),
            run,
        };
        claims.extend(expect.says.iter().map(|words| Claim {
            place: block.place_of(&words.span()),
            demand: Demand::Says(at, words.get_ref().clone()),
            ..claim.clone()
        }));
        claims.push(claim);
        Ok(())
    }

    fn never(
        &self,
        block: &Block<'_>,
        never: &Never,
        claims: &mut Vec<Claim>,
    ) -> Result<(), Problem> {
        let mut runs = vec![self.run.clone()];
        for name in &never.every {
            let choices = block.at(name, choices(&self.run.scenario, name.get_ref()))?;
            runs = runs
                .iter()
                .flat_map(|run| choices.iter().map(move |choice| (run, choice)))
                .map(|(run, choice)| {
                    let mut scenario = (*run.scenario).clone();
                    scenario.choose(name.get_ref(), choice);
                    Run {
                        scenario: Rc::new(scenario),
                        ..run.clone()
                    }
                })
                .collect();
        }
        if runs.len() != *never.runs.get_ref() {
            let found = runs.len();
            return Err(block.problem_at(
                &never.runs,
                format!("there are {found} combinations of these settings"),
            ));
        }
        for run in runs {
            claims.push(Claim {
                place: block.place_of(&never.goal.span()),
                what: "what should never hold,",
                condition: block.at(&never.goal, Condition::parse(never.goal.get_ref(), &run))?,
                demand: Demand::Never,
                run,
            });
        }
        Ok(())
    }

    /// The run after a reader's change.
    pub fn changed(&self, block: &Block<'_>, change: &Change<'_>) -> Result<Run, Problem> {
        let mut scenario = (*self.run.scenario).clone();
        if let Some(name) = change.protocol {
            block.at(name, known(name.get_ref()))?;
            scenario.protocol.clone_from(name.get_ref());
            // It stands in no catalogue any more.
            scenario.id.clear();
            scenario.settings.clear();
            (scenario.version, scenario.broken) = (1, 0);
        }
        if let Some(label) = change.variant {
            let variant = block.at(label, self.variant(label.get_ref()))?;
            set(block, &mut scenario, &variant.settings)?;
            if let Some(without) = &variant.without {
                scenario.broken = off(block, &scenario, without)?;
            }
        }
        if let Some(settings) = change.settings {
            set(block, &mut scenario, settings)?;
        }
        let mut actions = self.run.actions.clone();
        actions.extend(deeds(block, &scenario, change.actions)?);
        actions.sort_by_key(|timed| timed.at);
        Ok(Run {
            scenario: Rc::new(scenario),
            seed: self.run.seed,
            actions,
        })
    }

    /// What a variant's button sets, and settings beside it: as a living figure reads it.
    pub fn set_up(
        &self,
        block: &Block<'_>,
        label: Option<&Spanned<String>>,
        settings: &Settings,
    ) -> Result<Option<serde_json::Value>, Problem> {
        if label.is_none() && settings.is_empty() {
            return Ok(None);
        }
        let scenario = &self.run.scenario;
        let mut set_up = match label {
            Some(label) => {
                let variant = block.at(label, self.variant(label.get_ref()))?;
                pressed(block, scenario, variant)?
            }
            None => json!({ "settings": {} }),
        };
        for (name, value) in settings::json(block, scenario, settings)? {
            set_up["settings"][name] = value;
        }
        Ok(Some(set_up))
    }

    fn variant(&self, label: &str) -> Result<&Variant, String> {
        let found = self.variants.iter().find(|known| known.label == label);
        found.ok_or_else(|| {
            let labels: Vec<&str> = self.variants.iter().map(|one| one.label.as_str()).collect();
            let labels = labels.join(", ");
            format!(
                "no variant of `{}` is called `{label}`; expected one of {labels}",
                self.id
            )
        })
    }

    /// Its link, for `data-run`.
    pub fn fragment(&self, block: &Block<'_>) -> Result<String, Problem> {
        fragment(block, &self.run, self.at)
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }
}

/// The link to `at` in `run`, as the page holds it.
pub fn fragment(block: &Block<'_>, run: &Run, at: Micros) -> Result<String, Problem> {
    let wrong = |why: &dyn std::fmt::Display| block.place.problem(why.to_string());
    let timeline = Timeline::of(run.clone()).map_err(|why| wrong(&why))?;
    Ok(share::encode_in_page(&Link::to(&timeline, at)))
}

/// The block as a figure.
pub fn render(block: &Block<'_>, context: &mut Context) -> Result<Markup, Problem> {
    let Some(sim) = context.sims.iter().find(|sim| sim.line == block.place.line) else {
        return Ok(html! {});
    };
    if !sim.unpredicted && !context.predicted.contains(&sim.id) {
        return Err(block.place.problem(format!(
            "expected a `predict` block for `{}` before this figure, or `unpredicted = \"why not\"` in it",
            sim.id
        )));
    }
    let still = still::draw(block, &sim.run, sim.at, &sim.id)?;
    let label = format!("{}-title", sim.id);
    Ok(html! {
        figure.sim id=(sim.id) data-widget="sim" aria-labelledby=(label)
            data-plays=[context.plays_else(&sim.run)]
            data-run=(sim.fragment(block)?) data-options=(sim.options)
        {
            (frame::figure(&sim.parts(), &still))
        }
    })
}

impl Sim {
    /// What the living figure will have around its stage.
    fn parts(&self) -> Parts<'_> {
        let scenario = &self.run.scenario;
        let has = |name: &str| self.controls.iter().any(|one| one == name || one == "all");
        let spec = protocols::spec(&scenario.protocol);
        let settings = spec
            .map_or(&[][..], |spec| spec.settings)
            .iter()
            .map(|one| one.name);
        Parts {
            id: &self.id,
            title: &self.title,
            variants: self
                .variants
                .iter()
                .map(|one| (one.label.as_str(), one.small.as_deref(), one.fits(scenario)))
                .collect(),
            cut: has("cut").then_some(match scenario.nodes.len() {
                2 => "Cut the line",
                _ => "Cut in two",
            }),
            has_settings: settings.chain(["rules", "scenario", "seed"]).any(has),
            lines: scenario.nodes.len() + scenario.clients.len(),
            views: VIEWS
                .into_iter()
                .zip(TABS)
                .filter(|(view, _)| self.views.iter().any(|one| one == view))
                .map(|(_, tab)| tab)
                .collect(),
            time: (self.at, self.run.end()),
            caption: format!("Seed {}", self.run.seed),
        }
    }
}

impl Variant {
    /// Whether a scenario is set as the button would set it.
    fn fits(&self, scenario: &Scenario) -> bool {
        let spec = protocols::spec(&scenario.protocol);
        let number = |name: &Spanned<String>| rule(scenario, name.get_ref()).unwrap_or(0);
        let off = |list: &Vec<Spanned<String>>| list.iter().fold(0, |off, name| off | number(name));
        if self
            .without
            .as_ref()
            .is_some_and(|list| off(list) != scenario.broken)
        {
            return false;
        }
        self.settings.iter().all(|(name, value)| {
            let wanted = settings::number(scenario, name.get_ref(), value.get_ref());
            spec.is_some_and(|spec| wanted == Ok(scenario.choices(spec).get(name.get_ref())))
        })
    }
}

fn run(block: &Block<'_>, source: &Source) -> Result<(Run, Micros), Problem> {
    let (mut scenario, seed) = match (&source.scenario, &source.link) {
        (Some(id), None) => (block.at(id, find(id.get_ref()))?, SEED),
        (None, Some(link)) => {
            let read = share::decode(link.get_ref()).map_err(|why| why.to_string());
            let run = block.at(link, read)?.run;
            let mut scenario = Scenario::clone(&run.scenario);
            // What was done in it is what the lesson shows, and nothing that its reader did.
            scenario.script.extend(run.actions);
            scenario.script.sort_by_key(|timed| timed.at);
            (scenario, run.seed)
        }
        _ => {
            let expected = "expected either `scenario` or `link`";
            return Err(block.place.problem(expected.to_owned()));
        }
    };
    if let Some(script) = &source.script {
        scenario.script = deeds(block, &scenario, script)?;
    }
    if let Some(length) = &source.length {
        scenario.length = block.at(length, script::span(length.get_ref()))?;
    }
    if let Some(loss) = &source.loss {
        scenario.links.loss = block.at(loss, script::share(loss.get_ref()))?;
    }
    let is_changed = source.script.is_some() || source.length.is_some() || source.loss.is_some();
    if is_changed || source.link.is_some() {
        // No longer the catalogue's, so it travels whole.
        scenario.id.clear();
        scenario.title.clone_from(&source.title);
    }
    set(block, &mut scenario, &source.settings)?;
    let actions = deeds(block, &scenario, &source.actions)?;
    let run = Run {
        scenario: Rc::new(scenario),
        seed: source.seed.unwrap_or(seed),
        actions,
    };
    let at = match &source.at {
        Some(at) => block.at(at, script::span(at.get_ref()))?,
        None => Micros::ZERO,
    };
    Timeline::start(run.clone()).map_err(|why| block.place.problem(why.to_string()))?;
    if at > run.end() {
        return Err(block
            .place
            .problem(format!("`at` is {at}, but the run ends at {}", run.end())));
    }
    Ok((run, at))
}

/// A rule's bit among those that are off.
fn rule(scenario: &Scenario, name: &str) -> Result<u32, String> {
    let spec = protocols::spec(&scenario.protocol);
    let rules = spec.map_or(&[][..], |spec| spec.rules);
    let place = rules.iter().position(|rule| rule.name == name);
    place.map(|place| 1 << place).ok_or_else(|| {
        let names: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
        let names = names.join(", ");
        format!("no rule is called `{name}`; expected one of {names}")
    })
}

/// Those bits of several.
/// What a variant's button sets.
fn pressed(
    block: &Block<'_>,
    scenario: &Scenario,
    variant: &Variant,
) -> Result<serde_json::Value, Problem> {
    let mut set = json!({ "settings": settings::json(block, scenario, &variant.settings)? });
    if let Some(without) = &variant.without {
        set["off"] = json!(off(block, scenario, without)?);
    }
    Ok(set)
}

fn off(block: &Block<'_>, scenario: &Scenario, names: &[Spanned<String>]) -> Result<u32, Problem> {
    names.iter().try_fold(0, |off, name| {
        Ok(off | block.at(name, rule(scenario, name.get_ref()))?)
    })
}

fn find(id: &str) -> Result<Scenario, String> {
    catalogue::find(id).ok_or_else(|| {
        let ids: Vec<&str> = catalogue::ids().collect();
        format!(
            "no scenario is called `{id}`; expected one of {}",
            ids.join(", ")
        )
    })
}

/// Deeds as actions, in order of time.
pub fn deeds(block: &Block<'_>, scenario: &Scenario, list: &[Deed]) -> Result<Vec<Timed>, Problem> {
    let mut actions = Vec::new();
    for deed in list {
        let at = block.at(&deed.at, script::span(deed.at.get_ref()))?;
        let action = block.at(&deed.r#do, script::action(scenario, deed.r#do.get_ref()))?;
        actions.push(Timed { at, action });
    }
    if let Some(late) = (1..actions.len()).find(|place| actions[place - 1].at > actions[*place].at)
    {
        return Err(block.problem_at(&list[late].at, "expected deeds in order of time"));
    }
    Ok(actions)
}

/// An id is a word that can stand in an address.
pub fn identifier(block: &Block<'_>, id: &Spanned<String>) -> Result<String, Problem> {
    let text = id.get_ref();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(plain) {
        Ok(text.clone())
    } else {
        Err(block.problem_at(
            id,
            format!("expected an id of small letters, digits and -, found `{text}`"),
        ))
    }
}

fn options(block: &Block<'_>, source: &Source, run: &Run) -> Result<Value, Problem> {
    let spec = protocols::spec(&run.scenario.protocol);
    let settings = spec.map_or(&[][..], |spec| spec.settings);
    let known: Vec<&str> = CONTROLS
        .into_iter()
        .chain(settings.iter().map(|one| one.name))
        .collect();
    all_known(block, &source.controls, "control", &known)?;
    all_known(block, &source.views, "view", &VIEWS)?;
    let mut variants = Vec::new();
    for variant in &source.variants {
        let mut button = pressed(block, &run.scenario, variant)?;
        button["label"] = json!(variant.label);
        if let Some(small) = &variant.small {
            button["small"] = json!(small);
        }
        variants.push(button);
    }
    let mut options = json!({
        "title": source.title,
        "controls": words(&source.controls),
        "views": words(&source.views),
    });
    if !variants.is_empty() {
        options["variants"] = json!(variants);
    }
    if let Some(speed) = &source.speed {
        block.at(speed, check_speed(speed.get_ref()))?;
        options["speed"] = json!(speed.get_ref());
    }
    Ok(options)
}

fn words(list: &[Spanned<String>]) -> Vec<String> {
    list.iter().map(|word| word.get_ref().clone()).collect()
}

fn all_known(
    block: &Block<'_>,
    list: &[Spanned<String>],
    what: &str,
    known: &[&str],
) -> Result<(), Problem> {
    match list
        .iter()
        .find(|word| !known.contains(&word.get_ref().as_str()))
    {
        None => Ok(()),
        Some(word) => {
            let (found, known) = (word.get_ref(), known.join(", "));
            Err(block.problem_at(
                word,
                format!("no {what} is called `{found}`; expected one of {known}"),
            ))
        }
    }
}

fn check_speed(text: &str) -> Result<(), String> {
    let (top, bottom) = text.split_once('/').unwrap_or((text, "1"));
    let positive = |part: &str| part.parse::<u32>().is_ok_and(|number| number > 0);
    if positive(top) && positive(bottom) {
        Ok(())
    } else {
        Err(format!(
            "expected a speed such as `1/10` or `1`, found `{text}`"
        ))
    }
}
