//! Version 1 of the link format as serde and postcard have it, against which the codec of `sim_core::share` is tested:
//! what the page downloads is written by hand, and has to be the same to the byte.

use serde::{Deserialize, Serialize};
use sim_core::action::{Action, MessageName, Timed};
use sim_core::catalogue;
use sim_core::operation::{ITEMS, Operation};
use sim_core::run::Run;
use sim_core::scenario::{ClientSpec, ClockSpec, LinkSpec, Load, Scenario, limits};
use sim_core::share::{Link, ShareError};
use sim_core::units::{Endpoint, Mask, Micros, Ratio};
use std::rc::Rc;

#[derive(Serialize, Deserialize)]
struct LinkV1 {
    scenario: ScenarioRefV1,
    seed: u64,
    actions: Vec<TimedV1>,
    at: u64,
    digest: u32,
}

#[derive(Serialize, Deserialize)]
enum ScenarioRefV1 {
    Catalogue {
        id: String,
        version: u16,
        settings: Vec<(u8, u32)>,
        broken: u32,
    },
    Whole(Box<WholeV1>),
}

#[derive(Serialize, Deserialize)]
struct WholeV1 {
    version: u16,
    title: String,
    protocol: String,
    settings: Vec<u32>,
    broken: u32,
    nodes: Vec<String>,
    clients: Vec<(String, u8, u64)>,
    links: LineV1,
    client_links: LineV1,
    special_links: Vec<(u8, u8, LineV1)>,
    disk: (u64, u64),
    clocks: Vec<(u8, i64, i32)>,
    script: Vec<TimedV1>,
    loads: Vec<LoadV1>,
    length: u64,
    tail: u64,
}

#[derive(Serialize, Deserialize)]
struct LineV1 {
    latency: (u64, u64),
    loss: (u32, u32),
    duplication: (u32, u32),
    stream: bool,
}

#[derive(Serialize, Deserialize)]
struct LoadV1 {
    clients: u32,
    span: (u64, u64),
    gap: (u64, u64),
    mix: Vec<(u32, OperationV1)>,
}

/// The time is the distance from the action before.
#[derive(Serialize, Deserialize)]
struct TimedV1(u64, ActionV1);

#[derive(Serialize, Deserialize)]
enum OperationV1 {
    Balance,
    Deposit(u32),
    Withdraw(u32),
    Add(#[serde(deserialize_with = "item")] u32),
    Remove(#[serde(deserialize_with = "item")] u32),
    Read,
    Get(#[serde(deserialize_with = "get")] u32),
    Put(#[serde(deserialize_with = "put")] u32),
    CompareAndSet(#[serde(deserialize_with = "compare_and_set")] u32),
    Acquire,
    Release,
    GuardedWrite(#[serde(deserialize_with = "guarded_write")] u32),
    GetAs(#[serde(deserialize_with = "get_as")] u32),
}

fn get<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    on_values(6, u32::deserialize(from)?)
}

fn put<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    on_values(7, u32::deserialize(from)?)
}

fn compare_and_set<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    on_values(8, u32::deserialize(from)?)
}

fn guarded_write<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    on_values(11, u32::deserialize(from)?)
}

fn get_as<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    on_values(12, u32::deserialize(from)?)
}

/// An argument that such an operation has: key, expected and new value in one number.
fn on_values<E: serde::de::Error>(kind: u8, argument: u32) -> Result<u32, E> {
    let known = Operation::from_code(kind, argument);
    known
        .map(|_| argument)
        .ok_or_else(|| E::custom("no such operation"))
}

/// An item that there is.
fn item<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let item = u32::deserialize(from)?;
    if item as usize >= ITEMS.len() {
        return Err(serde::de::Error::custom("no such item"));
    }
    Ok(item)
}

#[derive(Serialize, Deserialize)]
struct MessageV1(u8, u8, u32);

#[derive(Serialize, Deserialize)]
enum ActionV1 {
    Operate(u8, OperationV1),
    Kill(u8),
    PowerOff(u8),
    Restart(u8),
    Pause(u8),
    Resume(u8),
    Partition(u32),
    Cut(u32, u32),
    OneWay(u32, u32),
    Mend(u32, u32),
    Heal,
    Drop(MessageV1),
    Duplicate(MessageV1),
    Delay(MessageV1, u64),
    Hold(MessageV1),
    Release(MessageV1),
    Skew(u8, i64, i32),
    Member(u8, bool),
    Promote(u8),
    TimeOut(u8),
    TimeOutTogether,
    TimeOutFirst(u8),
}

// --- to the format

pub fn encode(link: &Link) -> Option<Vec<u8>> {
    let value = LinkV1 {
        scenario: scenario_ref(&link.run.scenario),
        seed: link.run.seed,
        actions: timed_to(&link.run.actions),
        at: link.at.0,
        digest: link.digest,
    };
    postcard::to_allocvec(&value).ok()
}

/// A catalogue scenario goes by its id with the settings that differ; any other goes whole.
fn scenario_ref(scenario: &Scenario) -> ScenarioRefV1 {
    let Some(known) = catalogue::find(&scenario.id) else {
        return whole_to(scenario);
    };
    let mut settings = Vec::new();
    let mut tried = known.clone();
    tried.broken = scenario.broken;
    for (place, value) in (0..).zip(&scenario.settings) {
        if known.settings.get(usize::from(place)) != Some(value) {
            settings.push((place, *value));
            tried.set_at(usize::from(place), *value);
        }
    }
    if tried != *scenario {
        return whole_to(scenario);
    }
    let (id, version) = (scenario.id.clone(), scenario.version);
    ScenarioRefV1::Catalogue {
        id,
        version,
        settings,
        broken: scenario.broken,
    }
}

fn whole_to(scenario: &Scenario) -> ScenarioRefV1 {
    ScenarioRefV1::Whole(Box::new(WholeV1 {
        version: scenario.version,
        title: scenario.title.clone(),
        protocol: scenario.protocol.clone(),
        settings: scenario.settings.clone(),
        broken: scenario.broken,
        nodes: scenario.nodes.clone(),
        clients: scenario
            .clients
            .iter()
            .map(|client| (client.name.clone(), client.home.0, client.patience.0))
            .collect(),
        links: line_to(&scenario.links),
        client_links: line_to(&scenario.client_links),
        special_links: scenario
            .special_links
            .iter()
            .map(|(from, to, line)| (from.0, to.0, line_to(line)))
            .collect(),
        disk: (scenario.disk.0.0, scenario.disk.1.0),
        clocks: scenario
            .clocks
            .iter()
            .map(|c| (c.node.0, c.offset_us, c.drift_ppm))
            .collect(),
        script: timed_to(&scenario.script),
        loads: scenario.loads.iter().map(load_to).collect(),
        length: scenario.length.0,
        tail: scenario.tail.0,
    }))
}

fn line_to(line: &LinkSpec) -> LineV1 {
    LineV1 {
        latency: (line.latency_min.0, line.latency_max.0),
        loss: (line.loss.hits, line.loss.of),
        duplication: (line.duplication.hits, line.duplication.of),
        stream: line.stream,
    }
}

fn load_to(load: &Load) -> LoadV1 {
    LoadV1 {
        clients: load.clients.0,
        span: (load.from.0, load.until.0),
        gap: (load.gap_min.0, load.gap_max.0),
        mix: load
            .mix
            .iter()
            .map(|(weight, one)| (*weight, operation_to(*one)))
            .collect(),
    }
}

const fn operation_to(operation: Operation) -> OperationV1 {
    match operation {
        Operation::Balance => OperationV1::Balance,
        Operation::Deposit { amount } => OperationV1::Deposit(amount),
        Operation::Withdraw { amount } => OperationV1::Withdraw(amount),
        Operation::Add { item } => OperationV1::Add(item as u32),
        Operation::Remove { item } => OperationV1::Remove(item as u32),
        Operation::Read => OperationV1::Read,
        Operation::Get { .. } => OperationV1::Get(operation.code().1),
        Operation::Put { .. } => OperationV1::Put(operation.code().1),
        Operation::CompareAndSet { .. } => OperationV1::CompareAndSet(operation.code().1),
        Operation::Acquire => OperationV1::Acquire,
        Operation::Release => OperationV1::Release,
        Operation::GuardedWrite { value } => OperationV1::GuardedWrite(value as u32),
        Operation::GetAs { .. } => OperationV1::GetAs(operation.code().1),
    }
}

fn timed_to(list: &[Timed]) -> Vec<TimedV1> {
    let mut before = Micros::ZERO;
    list.iter()
        .map(|timed| {
            let after = timed.at.since(before).0;
            before = timed.at;
            TimedV1(after, action_to(&timed.action))
        })
        .collect()
}

fn action_to(action: &Action) -> ActionV1 {
    let message = |m: &MessageName| MessageV1(m.from.0, m.to.0, m.number);
    match action {
        Action::Operate { client, operation } => {
            ActionV1::Operate(client.0, operation_to(*operation))
        }
        Action::Kill(end) => ActionV1::Kill(end.0),
        Action::PowerOff(end) => ActionV1::PowerOff(end.0),
        Action::Restart(end) => ActionV1::Restart(end.0),
        Action::Pause(end) => ActionV1::Pause(end.0),
        Action::Resume(end) => ActionV1::Resume(end.0),
        Action::Partition { side } => ActionV1::Partition(side.0),
        Action::Cut { a, b } => ActionV1::Cut(a.0, b.0),
        Action::OneWay { from, to } => ActionV1::OneWay(from.0, to.0),
        Action::Mend { a, b } => ActionV1::Mend(a.0, b.0),
        Action::Heal => ActionV1::Heal,
        Action::Drop(m) => ActionV1::Drop(message(m)),
        Action::Duplicate(m) => ActionV1::Duplicate(message(m)),
        Action::Delay(m, by) => ActionV1::Delay(message(m), by.0),
        Action::Hold(m) => ActionV1::Hold(message(m)),
        Action::Release(m) => ActionV1::Release(message(m)),
        Action::Skew {
            node,
            offset_us,
            drift_ppm,
        } => ActionV1::Skew(node.0, *offset_us, *drift_ppm),
        Action::Member { node, joins } => ActionV1::Member(node.0, *joins),
        Action::Promote(node) => ActionV1::Promote(node.0),
        Action::TimeOut(node) => ActionV1::TimeOut(node.0),
        Action::TimeOutTogether => ActionV1::TimeOutTogether,
        Action::TimeOutFirst(node) => ActionV1::TimeOutFirst(node.0),
    }
}

// --- from the format

pub fn decode(payload: &[u8]) -> Result<Link, ShareError> {
    let (value, rest): (LinkV1, _) =
        postcard::take_from_bytes(payload).map_err(|_| ShareError::Content)?;
    let whole = rest.is_empty() && value.actions.len() <= limits::ACTIONS_MAX;
    if !whole || value.at > limits::LENGTH_MAX.0 {
        return Err(ShareError::Content);
    }
    let scenario = scenario_from(value.scenario)?;
    scenario.validate().map_err(ShareError::Scenario)?;
    let actions = timed_from(value.actions).ok_or(ShareError::Content)?;
    let run = Run {
        scenario: Rc::new(scenario),
        seed: value.seed,
        actions,
    };
    Ok(Link {
        run,
        at: Micros(value.at),
        digest: value.digest,
    })
}

fn scenario_from(value: ScenarioRefV1) -> Result<Scenario, ShareError> {
    match value {
        ScenarioRefV1::Whole(whole) => whole_from(*whole).ok_or(ShareError::Content),
        ScenarioRefV1::Catalogue {
            id,
            version,
            settings,
            broken,
        } => {
            let Some(mut scenario) = catalogue::find(&id) else {
                // An id is short; whatever else stands there is not worth repeating whole.
                let id = id.chars().take(limits::NAME_MAX * 2).collect();
                return Err(ShareError::UnknownScenario { id });
            };
            if scenario.version != version {
                let now = scenario.version;
                return Err(ShareError::ScenarioChanged {
                    id,
                    then: version,
                    now,
                });
            }
            for (place, value) in settings {
                if !scenario.set_at(usize::from(place), value) {
                    return Err(ShareError::Content);
                }
            }
            scenario.broken = broken;
            Ok(scenario)
        }
    }
}

fn whole_from(whole: WholeV1) -> Option<Scenario> {
    let clients = whole
        .clients
        .into_iter()
        .map(|(name, home, patience)| ClientSpec {
            name,
            home: Endpoint(home),
            patience: Micros(patience),
        });
    let clock = |(node, offset_us, drift_ppm): (u8, i64, i32)| {
        let fits = offset_us.unsigned_abs() <= limits::OFFSET_US_MAX.unsigned_abs()
            && drift_ppm.unsigned_abs() <= limits::DRIFT_PPM_MAX.unsigned_abs();
        fits.then_some(ClockSpec {
            node: Endpoint(node),
            offset_us,
            drift_ppm,
        })
    };
    Some(Scenario {
        id: String::new(),
        version: whole.version,
        title: whole.title,
        protocol: whole.protocol,
        settings: whole.settings,
        broken: whole.broken,
        nodes: whole.nodes,
        clients: clients.collect(),
        links: line_from(&whole.links),
        client_links: line_from(&whole.client_links),
        special_links: whole
            .special_links
            .iter()
            .map(|(from, to, line)| (Endpoint(*from), Endpoint(*to), line_from(line)))
            .collect(),
        disk: (Micros(whole.disk.0), Micros(whole.disk.1)),
        clocks: whole.clocks.into_iter().map(clock).collect::<Option<_>>()?,
        script: timed_from(whole.script)?,
        loads: whole.loads.iter().map(load_from).collect(),
        length: Micros(whole.length),
        tail: Micros(whole.tail),
    })
}

const fn line_from(line: &LineV1) -> LinkSpec {
    LinkSpec {
        latency_min: Micros(line.latency.0),
        latency_max: Micros(line.latency.1),
        loss: Ratio {
            hits: line.loss.0,
            of: line.loss.1,
        },
        duplication: Ratio {
            hits: line.duplication.0,
            of: line.duplication.1,
        },
        stream: line.stream,
    }
}

fn load_from(load: &LoadV1) -> Load {
    Load {
        clients: Mask(load.clients),
        from: Micros(load.span.0),
        until: Micros(load.span.1),
        gap_min: Micros(load.gap.0),
        gap_max: Micros(load.gap.1),
        mix: load
            .mix
            .iter()
            .map(|(weight, one)| (*weight, operation_from(one)))
            .collect(),
    }
}

const fn operation_from(operation: &OperationV1) -> Operation {
    match *operation {
        OperationV1::Balance => Operation::Balance,
        OperationV1::Deposit(amount) => Operation::Deposit { amount },
        OperationV1::Withdraw(amount) => Operation::Withdraw { amount },
        OperationV1::Add(item) => Operation::Add { item: item as u8 },
        OperationV1::Remove(item) => Operation::Remove { item: item as u8 },
        OperationV1::Read => Operation::Read,
        OperationV1::Get(code) => known(6, code),
        OperationV1::Put(code) => known(7, code),
        OperationV1::CompareAndSet(code) => known(8, code),
        OperationV1::Acquire => Operation::Acquire,
        OperationV1::Release => Operation::Release,
        OperationV1::GuardedWrite(code) => known(11, code),
        OperationV1::GetAs(code) => known(12, code),
    }
}

/// An operation whose argument was looked at.
const fn known(kind: u8, argument: u32) -> Operation {
    match Operation::from_code(kind, argument) {
        Some(operation) => operation,
        None => Operation::Acquire,
    }
}

/// Times are added up; beyond the longest run is no time.
fn timed_from(list: Vec<TimedV1>) -> Option<Vec<Timed>> {
    let mut at = Micros::ZERO;
    let mut timed = Vec::with_capacity(list.len().min(limits::ACTIONS_MAX));
    for TimedV1(after, action) in list {
        at += Micros(after);
        if at > limits::LENGTH_MAX {
            return None;
        }
        timed.push(Timed {
            at,
            action: action_from(action),
        });
    }
    Some(timed)
}

const fn action_from(action: ActionV1) -> Action {
    const fn message(m: &MessageV1) -> MessageName {
        MessageName {
            from: Endpoint(m.0),
            to: Endpoint(m.1),
            number: m.2,
        }
    }
    match action {
        ActionV1::Operate(client, operation) => {
            let operation = operation_from(&operation);
            Action::Operate {
                client: Endpoint(client),
                operation,
            }
        }
        ActionV1::Kill(end) => Action::Kill(Endpoint(end)),
        ActionV1::PowerOff(end) => Action::PowerOff(Endpoint(end)),
        ActionV1::Restart(end) => Action::Restart(Endpoint(end)),
        ActionV1::Pause(end) => Action::Pause(Endpoint(end)),
        ActionV1::Resume(end) => Action::Resume(Endpoint(end)),
        ActionV1::Partition(side) => Action::Partition { side: Mask(side) },
        ActionV1::Cut(a, b) => Action::Cut {
            a: Mask(a),
            b: Mask(b),
        },
        ActionV1::OneWay(from, to) => Action::OneWay {
            from: Mask(from),
            to: Mask(to),
        },
        ActionV1::Mend(a, b) => Action::Mend {
            a: Mask(a),
            b: Mask(b),
        },
        ActionV1::Heal => Action::Heal,
        ActionV1::Drop(m) => Action::Drop(message(&m)),
        ActionV1::Duplicate(m) => Action::Duplicate(message(&m)),
        ActionV1::Delay(m, by) => Action::Delay(message(&m), Micros(by)),
        ActionV1::Hold(m) => Action::Hold(message(&m)),
        ActionV1::Release(m) => Action::Release(message(&m)),
        ActionV1::Skew(node, offset_us, drift_ppm) => Action::Skew {
            node: Endpoint(node),
            offset_us,
            drift_ppm,
        },
        ActionV1::Member(node, joins) => Action::Member {
            node: Endpoint(node),
            joins,
        },
        ActionV1::Promote(node) => Action::Promote(Endpoint(node)),
        ActionV1::TimeOut(node) => Action::TimeOut(Endpoint(node)),
        ActionV1::TimeOutTogether => Action::TimeOutTogether,
        ActionV1::TimeOutFirst(node) => Action::TimeOutFirst(Endpoint(node)),
    }
}
