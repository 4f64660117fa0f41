//! `netsplit systems`: what there is.

use crate::out::{Failure, Out};
use serde::Serialize;
use sim_core::protocol::{ProtocolSpec, SettingKind};
use sim_core::scenario::Scenario;
use sim_core::systems::{self, SYSTEMS, Source, System};
use sim_core::units::Micros;
use sim_core::{catalogue, protocols};
use std::collections::BTreeMap;

/// What `systems` is told.
#[derive(clap::Args)]
pub struct Args {
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Everything {
    protocols: Vec<ProtocolJson>,
    systems: Vec<SystemJson>,
}

#[derive(Serialize)]
struct ProtocolJson {
    name: &'static str,
    rules: Vec<RuleJson>,
    invariants: Vec<&'static str>,
    witnesses: Vec<&'static str>,
    scenarios: Vec<ScenarioJson>,
    settings: Vec<SettingJson>,
}

#[derive(Serialize)]
struct RuleJson {
    name: &'static str,
    guards: &'static str,
}

#[derive(Serialize)]
struct ScenarioJson {
    id: String,
    version: u16,
    title: String,
}

#[derive(Serialize)]
struct SettingJson {
    name: &'static str,
    values: String,
    default: String,
}

/// A named product as a preset of a protocol: what it chooses, what of it is modelled, and where that is written.
#[derive(Serialize)]
struct SystemJson {
    name: &'static str,
    protocol: &'static str,
    title: &'static str,
    settings: BTreeMap<&'static str, String>,
    modelled: &'static [&'static str],
    left_out: &'static [&'static str],
    /// What it is, a colon, and where it stands.
    sources: Vec<String>,
}

/// Prints it.
pub fn run(args: &Args, out: &mut Out) -> Result<(), Failure> {
    let specs = protocols::names().into_iter().filter_map(protocols::spec);
    if args.json {
        let everything = Everything {
            protocols: specs.map(json).collect(),
            systems: SYSTEMS.iter().map(system_json).collect(),
        };
        out.json(&everything)?;
        return Ok(());
    }
    for spec in specs {
        text(spec, out)?;
    }
    for system in SYSTEMS {
        card(system, out)?;
    }
    Ok(())
}

/// What a product chooses where its protocol's own choice is another.
fn choices(system: &System) -> BTreeMap<&'static str, String> {
    let settings = protocols::spec(system.protocol).map_or(&[][..], |spec| spec.settings);
    let chosen = system.scenario(&[]).settings;
    let differ = settings
        .iter()
        .zip(chosen)
        .filter(|(setting, value)| setting.default != *value);
    differ
        .map(|(setting, chosen)| (setting.name, value(setting.kind, chosen)))
        .collect()
}

fn system_json(system: &'static System) -> SystemJson {
    let source = |one: &Source| format!("{}: {}", one.title, one.place);
    let card = systems::card(system.name);
    SystemJson {
        name: system.name,
        protocol: system.protocol,
        title: system.title,
        settings: choices(system),
        modelled: card.map_or(&[], |card| card.modelled),
        left_out: card.map_or(&[], |card| card.left_out),
        sources: card.map_or(Vec::new(), |card| card.sources.iter().map(source).collect()),
    }
}

/// A product's card: what it chooses, what is modelled, what is left out, and the sources.
fn card(system: &'static System, out: &mut Out) -> std::io::Result<()> {
    let (name, title, protocol) = (system.name, system.title, system.protocol);
    out.line(format_args!("{name}: {title}, a preset of {protocol}"))?;
    out.line("  chooses")?;
    for (setting, value) in choices(system) {
        out.line(format_args!("    {setting}: {value}"))?;
    }
    let Some(card) = systems::card(name) else {
        return Ok(());
    };
    for (head, words) in [("  modelled", card.modelled), ("  left out", card.left_out)] {
        out.line(head)?;
        for one in words {
            out.line(format_args!("    {one}"))?;
        }
    }
    out.line("  sources")?;
    for one in card.sources {
        out.line(format_args!("    {}: {}", one.title, one.place))?;
    }
    Ok(())
}

fn scenarios(spec: &ProtocolSpec) -> impl Iterator<Item = Scenario> {
    catalogue::all()
        .into_iter()
        .filter(|scenario| scenario.protocol == spec.name)
}

fn json(spec: &'static ProtocolSpec) -> ProtocolJson {
    ProtocolJson {
        name: spec.name,
        rules: spec
            .rules
            .iter()
            .map(|r| RuleJson {
                name: r.name,
                guards: r.guards,
            })
            .collect(),
        invariants: spec.invariants.to_vec(),
        witnesses: spec.witnesses.iter().map(|one| one.name).collect(),
        scenarios: scenarios(spec)
            .map(|one| ScenarioJson {
                id: one.id,
                version: one.version,
                title: one.title,
            })
            .collect(),
        settings: spec
            .settings
            .iter()
            .map(|one| SettingJson {
                name: one.name,
                values: values(one.kind),
                default: value(one.kind, one.default),
            })
            .collect(),
    }
}

/// What a setting may be, in words.
fn values(kind: SettingKind) -> String {
    match kind {
        SettingKind::Choice(list) => list.join(" | "),
        SettingKind::Number { min, max } => format!("{min} to {max}"),
        SettingKind::Span { min, max } => {
            format!("{} to {}", Micros(u64::from(min)), Micros(u64::from(max)))
        }
    }
}

fn value(kind: SettingKind, value: u32) -> String {
    match kind {
        SettingKind::Choice(list) => list
            .get(value as usize)
            .map_or(String::new(), |one| (*one).to_string()),
        SettingKind::Number { .. } => value.to_string(),
        SettingKind::Span { .. } => Micros(u64::from(value)).to_string(),
    }
}

fn text(spec: &ProtocolSpec, out: &mut Out) -> std::io::Result<()> {
    let (min, max) = (spec.nodes_min, spec.nodes_max);
    out.line(format_args!(
        "{}: {min} to {max} {}",
        spec.name, spec.node_word.1
    ))?;
    out.line("  settings")?;
    let wording = protocols::wording(spec.name);
    for (one, said) in spec.settings.iter().zip(wording.settings) {
        let (values, default) = (values(one.kind), value(one.kind, one.default));
        out.line(format_args!(
            "    {}: {values} (else {default}): {}",
            one.name, said.words
        ))?;
    }
    out.line("  rules that may be broken")?;
    for (one, words) in spec.rules.iter().zip(wording.rules) {
        let (name, guards) = (one.name, one.guards);
        out.line(format_args!("    {name} (guards {guards}): {words}"))?;
    }
    out.line("  invariants")?;
    for (name, words) in spec.invariants.iter().zip(wording.promises) {
        out.line(format_args!("    {name}: {words}"))?;
    }
    out.line("  witnesses")?;
    for one in spec.witnesses {
        out.line(format_args!("    {}: {}", one.name, one.words))?;
    }
    out.line("  scenarios")?;
    for one in scenarios(spec) {
        out.line(format_args!(
            "    {} version {}: {}",
            one.id, one.version, one.title
        ))?;
    }
    Ok(())
}
