//! The scenario of a run file: one of the catalogue by its id, or one said whole.

use super::actions;
use super::document::{Cast, Node, Table};
use crate::out::Failure;
use crate::values;
use sim_core::operation::PATIENCE_DEFAULT;
use sim_core::protocol::{ProtocolSpec, SettingKind};
use sim_core::scenario::{ClientSpec, ClockSpec, LinkSpec, Load, Scenario, ScenarioError};
use sim_core::systems::{self, SYSTEMS};
use sim_core::units::{Endpoint, Micros};
use sim_core::{catalogue, protocols};

/// The keys that only a scenario said whole has.
pub const WHOLE: &[&str] = &[
    "protocol",
    "system",
    "title",
    "nodes",
    "clients",
    "links",
    "client-links",
    "special-links",
    "disk",
    "clocks",
    "script",
    "loads",
    "length",
    "tail",
];

/// Who can be named in a run of this scenario.
pub fn cast(scenario: &Scenario) -> Cast {
    Cast {
        names: scenario.names(),
        nodes: scenario.nodes.len(),
    }
}

/// Reads the scenario out of the document, and makes sure that it can run.
pub fn read(top: &Table<'_>) -> Result<Scenario, Failure> {
    let scenario = match top.get("scenario") {
        Some(id) => known(top, &id)?,
        None => whole(top)?,
    };
    scenario.validate().map_err(|error| misfit(top, &error))?;
    Ok(scenario)
}

/// What the scenario itself objects to, at the line that says it.
fn misfit(top: &Table<'_>, error: &ScenarioError) -> Failure {
    let first = error.place.split('.').next().unwrap_or_default();
    let keys: &[&str] = match first {
        "names" => &["nodes", "clients"],
        "links" => &["links", "client-links", "special-links"],
        other => &[other],
    };
    let words = format!("expected {} ({})", error.expected, error.place);
    match keys.iter().find_map(|key| top.get(key)) {
        Some(node) => node.wrong(words),
        None => top.wrong(words),
    }
}

fn known(top: &Table<'_>, id: &Node<'_>) -> Result<Scenario, Failure> {
    let what = || {
        let ids: Vec<_> = catalogue::ids().collect();
        format!("the id of a scenario, one of {}", ids.join(", "))
    };
    if let Some(beside) = top.keys().find(|key| WHOLE.contains(key)) {
        let words =
            format!("expected a scenario by its id or one said whole, found scenario and {beside}");
        return Err(id.wrong(words));
    }
    let found = catalogue::find(id.text(what())?);
    let mut scenario = found.ok_or_else(|| id.expected(what()))?;
    if let Some(version) = top.get("version") {
        let now = scenario.version;
        let what = format!(
            "{now}, the version of {} today: an older one is not kept",
            scenario.id
        );
        if version.number::<u16>(&what)? != now {
            return Err(version.expected(what));
        }
    }
    configure(top, &mut scenario)?;
    Ok(scenario)
}

fn whole(top: &Table<'_>) -> Result<Scenario, Failure> {
    let (mut scenario, patience) = match top.get("system") {
        Some(name) => of_system(top, &name)?,
        None => (of_protocol(top)?, PATIENCE_DEFAULT),
    };
    scenario.version = top.or("version", 1, |node| node.number("a version, 0 to 65535"))?;
    scenario.title = top.or("title", String::new(), |node| {
        Ok(node.text("a title")?.to_string())
    })?;
    people(top, &mut scenario, patience)?;
    configure(top, &mut scenario)?;
    let cast = cast(&scenario);
    lines(top, &cast, &mut scenario)?;
    scenario.disk = top.or("disk", scenario.disk, Node::range)?;
    scenario.length = top.or("length", scenario.length, Node::span)?;
    scenario.tail = top.or("tail", scenario.tail, Node::span)?;
    for clock in top.entries("clocks", "a list of clocks")? {
        scenario.clocks.push(self::clock(&clock, &cast)?);
    }
    scenario.script = actions::read_all(top, "script", &cast)?;
    for load in top.entries("loads", "a list of loads")? {
        let load = self::load(&load, &cast, scenario.length)?;
        scenario.loads.push(load);
    }
    Ok(scenario)
}

/// An empty scenario of the protocol that the file names.
fn of_protocol(top: &Table<'_>) -> Result<Scenario, Failure> {
    let names = || format!("a protocol, one of {}", protocols::names().join(", "));
    let protocol = top.need("protocol", names())?;
    let scenario = Scenario::new(protocol.text(names())?, &[]);
    match protocols::spec(&scenario.protocol) {
        Some(_) => Ok(scenario),
        None => Err(protocol.expected(names())),
    }
}

/// An empty scenario of the product that the file names, with its settings, lines and disk; and how long its clients
/// wait. What the file says besides takes their place.
fn of_system(top: &Table<'_>, name: &Node<'_>) -> Result<(Scenario, Micros), Failure> {
    let names = || {
        let names: Vec<_> = SYSTEMS.iter().map(|system| system.name).collect();
        format!("a system, one of {}", names.join(", "))
    };
    let system = systems::find(name.text(names())?).ok_or_else(|| name.expected(names()))?;
    if let Some(protocol) = top.get("protocol")
        && protocol.text("a protocol")? != system.protocol
    {
        let what = format!("{}, the protocol of {}", system.protocol, system.name);
        return Err(protocol.expected(what));
    }
    Ok((system.scenario(&[]), system.patience))
}

/// Settings by name, and rules switched off.
fn configure(top: &Table<'_>, scenario: &mut Scenario) -> Result<(), Failure> {
    let Some(spec) = protocols::spec(&scenario.protocol) else {
        return Ok(());
    };
    if let Some(node) = top.get("settings") {
        let known: Vec<&str> = spec.settings.iter().map(|setting| setting.name).collect();
        let table = node.table("a table of settings", &known)?;
        for name in known {
            if let Some(node) = table.get(name) {
                let value = setting(spec, name, &node)?;
                scenario.set(name, value);
            }
        }
    }
    if let Some(node) = top.get("broken") {
        let names: Vec<&str> = spec.rules.iter().map(|rule| rule.name).collect();
        let what = format!("rules to break, each one of {}", names.join(", "));
        scenario.broken = 0;
        for one in node.list(&what)? {
            let name = one.text(&what)?;
            let place = names.iter().position(|rule| *rule == name);
            scenario.broken |= 1 << place.ok_or_else(|| one.expected(&what))?;
        }
    }
    Ok(())
}

fn setting(spec: &ProtocolSpec, name: &str, node: &Node<'_>) -> Result<u32, Failure> {
    let kind = spec
        .settings
        .iter()
        .find(|one| one.name == name)
        .map(|one| one.kind);
    match kind {
        Some(SettingKind::Choice(list)) => {
            let what = format!("one of {}", list.join(", "));
            let place = list
                .iter()
                .position(|one| node.text(&what).is_ok_and(|text| text == *one));
            place
                .map(|place| place as u32)
                .ok_or_else(|| node.expected(what))
        }
        Some(SettingKind::Span { min, max }) => {
            let span = node.span()?;
            let (least, most) = (Micros(min.into()), Micros(max.into()));
            let fits = (least..=most).contains(&span).then_some(span.0 as u32);
            fits.ok_or_else(|| node.expected(format_args!("{least} to {most}")))
        }
        Some(SettingKind::Number { min, max }) => {
            let what = format!("{min} to {max}");
            let number: u32 = node.number(&what)?;
            let fits = (min..=max).contains(&number).then_some(number);
            fits.ok_or_else(|| node.expected(what))
        }
        None => Err(node.expected("a setting")),
    }
}

fn people(top: &Table<'_>, scenario: &mut Scenario, patience: Micros) -> Result<(), Failure> {
    let what = "the nodes' names such as [\"North\", \"South\"]";
    for node in top.need("nodes", what)?.list(what)? {
        scenario.nodes.push(node.text(what)?.to_string());
    }
    let cast = cast(scenario);
    for node in top.entries("clients", "a list of clients")? {
        let what = "a client such as { name = \"Ann\", home = \"North\" }";
        let client = node.table(what, &["name", "home", "patience"])?;
        scenario.clients.push(ClientSpec {
            name: client.need("name", "a name")?.text("a name")?.to_string(),
            home: client.need("home", "a node's name")?.node(&cast)?,
            patience: client.or("patience", patience, Node::span)?,
        });
    }
    Ok(())
}

const LINE: &[&str] = &["latency", "loss", "duplication", "stream"];

fn lines(top: &Table<'_>, cast: &Cast, scenario: &mut Scenario) -> Result<(), Failure> {
    let what = "a line such as { latency = [\"2 ms\", \"6 ms\"] }";
    let read = |key, default| top.or(key, default, |node| line(&node.table(what, LINE)?, default));
    scenario.links = read("links", scenario.links)?;
    scenario.client_links = read("client-links", scenario.client_links)?;
    for node in top.entries("special-links", "a list of lines that differ")? {
        let known: Vec<&str> = ["from", "to"].iter().chain(LINE).copied().collect();
        let table = node.table(what, &known)?;
        let from = table.need("from", "a name")?.endpoint(cast)?;
        let to = table.need("to", "a name")?.endpoint(cast)?;
        // What is not said of a line that differs is as on all others between the like.
        let usual = scenario.link(Endpoint(from.0), Endpoint(to.0));
        scenario
            .special_links
            .push((from, to, line(&table, usual)?));
    }
    Ok(())
}

fn line(table: &Table<'_>, usual: LinkSpec) -> Result<LinkSpec, Failure> {
    let usual_latency = (usual.latency_min, usual.latency_max);
    let (latency_min, latency_max) = table.or("latency", usual_latency, Node::range)?;
    Ok(LinkSpec {
        latency_min,
        latency_max,
        loss: table.or("loss", usual.loss, Node::ratio)?,
        duplication: table.or("duplication", usual.duplication, Node::ratio)?,
        stream: table.or("stream", usual.stream, Node::flag)?,
    })
}

fn clock(node: &Node<'_>, cast: &Cast) -> Result<ClockSpec, Failure> {
    let what = "a clock such as { node = \"North\", offset = \"-20 ms\", drift-ppm = 500 }";
    let table = node.table(what, &["node", "offset", "drift-ppm"])?;
    Ok(ClockSpec {
        node: table.need("node", "a node's name")?.node(cast)?,
        offset_us: table.or("offset", 0, Node::signed_span)?,
        drift_ppm: table.or("drift-ppm", 0, |node| node.number("whole millionths"))?,
    })
}

fn load(node: &Node<'_>, cast: &Cast, length: Micros) -> Result<Load, Failure> {
    let what = "a load such as { clients = [\"Ann\"], gap = \"1 s\", mix = [\"balance\"] }";
    let table = node.table(what, &["clients", "from", "until", "gap", "mix"])?;
    let (gap_min, gap_max) = table.need("gap", values::SPAN)?.range()?;
    let mix = table
        .need("mix", "operations")?
        .list("a list of operations")?;
    Ok(Load {
        clients: table.need("clients", "names")?.mask(cast)?,
        from: table.or("from", Micros::ZERO, Node::span)?,
        until: table.or("until", length, Node::span)?,
        gap_min,
        gap_max,
        mix: mix.iter().map(weighted).collect::<Result<_, _>>()?,
    })
}

/// An operation with its weight in a mix: `"balance"` weighs 1.
fn weighted(node: &Node<'_>) -> Result<(u32, sim_core::operation::Operation), Failure> {
    let read = |node: &Node<'_>| {
        let operation = values::operation(node.text(values::OPERATION)?);
        operation.ok_or_else(|| node.expected(values::OPERATION))
    };
    if node.is_text() {
        return Ok((1, read(node)?));
    }
    let table = node.table("{ weight = 3, does = \"deposit 10\" }", &["weight", "does"])?;
    let weight = table.or("weight", 1, |node| node.number("a weight, a whole number"))?;
    Ok((weight, read(&table.need("does", values::OPERATION)?)?))
}
