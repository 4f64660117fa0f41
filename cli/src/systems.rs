//! `netsplit systems`: what there is.

use crate::out::{Failure, Out};
use serde::Serialize;
use sim_core::protocol::{ProtocolSpec, SettingKind};
use sim_core::scenario::Scenario;
use sim_core::units::Micros;
use sim_core::{catalogue, protocols};

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
    /// Whether the pages hold it.
    in_pages: bool,
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

/// A named product as a preset of a protocol, with the sources of what is said of it.
#[derive(Serialize)]
struct SystemJson {
    name: &'static str,
    protocol: &'static str,
    sources: Vec<&'static str>,
}

/// Prints it.
pub fn run(args: &Args, out: &mut Out) -> Result<(), Failure> {
    let specs = protocols::names().into_iter().filter_map(protocols::spec);
    if args.json {
        // Products come with the protocols that they are presets of; the ledger is a metaphor and has none.
        let everything = Everything {
            protocols: specs.map(json).collect(),
            systems: Vec::new(),
        };
        out.json(&everything)?;
        return Ok(());
    }
    for spec in specs {
        text(spec, out)?;
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
        in_pages: protocols::in_pages().contains(&spec.name),
        rules: spec
            .rules
            .iter()
            .map(|r| RuleJson {
                name: r.name,
                guards: r.guards,
            })
            .collect(),
        invariants: spec.invariants.iter().map(|one| one.name).collect(),
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
        SettingKind::Choice(list) => list
            .iter()
            .map(|one| one.name)
            .collect::<Vec<_>>()
            .join(" | "),
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
            .map_or(String::new(), |one| one.name.to_string()),
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
    for one in spec.settings {
        let (values, default) = (values(one.kind), value(one.kind, one.default));
        out.line(format_args!(
            "    {}: {values} (else {default}): {}",
            one.name, one.words
        ))?;
    }
    out.line("  rules that may be broken")?;
    for one in spec.rules {
        out.line(format_args!(
            "    {} (guards {}): {}",
            one.name, one.guards, one.words
        ))?;
    }
    out.line("  invariants")?;
    for one in spec.invariants {
        out.line(format_args!("    {}: {}", one.name, one.words))?;
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
