//! A scenario: everything about a run but its seed and what people do to it. Data, not code.

use crate::action::{Action, Timed};
use crate::operation::{Operation, PATIENCE_DEFAULT};
use crate::protocol::{Choices, ProtocolSpec, SettingKind};
use crate::protocols;
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros, Quoted, Ratio};
use crate::view::Names;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// A line in one direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkSpec {
    /// The quickest a message travels.
    pub latency_min: Micros,
    /// The slowest.
    pub latency_max: Micros,
    /// How many are lost (on a stream: sent again later).
    pub loss: Ratio,
    /// How many arrive twice (datagrams only).
    pub duplication: Ratio,
    /// A stream (in order, nothing lost while it is open) instead of datagrams.
    pub stream: bool,
}

impl LinkSpec {
    /// A datagram line without loss.
    pub const fn datagrams(latency_min: Micros, latency_max: Micros) -> Self {
        Self {
            latency_min,
            latency_max,
            loss: Ratio::NEVER,
            duplication: Ratio::NEVER,
            stream: false,
        }
    }
}

/// A person and the client that they sit at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientSpec {
    /// Their name.
    pub name: String,
    /// The node that they go to.
    pub home: Endpoint,
    /// How long they wait for an answer.
    pub patience: Micros,
}

/// A node's clocks at the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockSpec {
    /// Whose.
    pub node: Endpoint,
    /// How far the wall clock is ahead, in microseconds.
    pub offset_us: i64,
    /// How many millionths both clocks run too fast.
    pub drift_ppm: i32,
}

/// Operations that come by themselves. A client who still waits when the next is due skips it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Load {
    /// Whose.
    pub clients: Mask,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// The shortest pause between two.
    pub gap_min: Micros,
    /// The longest.
    pub gap_max: Micros,
    /// Which operations, with their weights.
    pub mix: Vec<(u32, Operation)>,
}

/// Protocol, configuration, topology, workload and scripted faults, under a stable id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// Kebab-case, for ever; empty for a scenario that stands in no catalogue.
    pub id: String,
    /// Raised by every change that alters a run.
    pub version: u16,
    /// For people.
    pub title: String,
    /// The protocol's name.
    pub protocol: String,
    /// The protocol's settings in its own order; missing ones are its defaults.
    pub settings: Vec<u32>,
    /// Rules switched off, one bit each in the protocol's order.
    pub broken: u32,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// The clients.
    pub clients: Vec<ClientSpec>,
    /// Lines between nodes.
    pub links: LinkSpec,
    /// Lines between a client and a node.
    pub client_links: LinkSpec,
    /// Lines that differ: from, to, how.
    pub special_links: Vec<(Endpoint, Endpoint, LinkSpec)>,
    /// The shortest and the longest that a disk takes to make something durable.
    pub disk: (Micros, Micros),
    /// Clocks that are not true.
    pub clocks: Vec<ClockSpec>,
    /// What happens by itself: operations and faults, in order of time.
    pub script: Vec<Timed>,
    /// Operations that come by themselves.
    pub loads: Vec<Load>,
    /// How long the run lasts.
    pub length: Micros,
    /// How long it lasts at least after the last action.
    pub tail: Micros,
}

/// Why a scenario cannot run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioError {
    /// The part at fault, as a run file names it: "clients.2.home".
    pub place: String,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.place, self.expected)
    }
}

impl core::error::Error for ScenarioError {}

/// Bounds that keep a run from outside within reason.
pub mod limits {
    use crate::units::Micros;
    /// The longest a run may last.
    pub const LENGTH_MAX: Micros = Micros(3_600_000_000);
    /// The most entries of a script, or of a list of actions.
    pub const ACTIONS_MAX: usize = 5_000;
    /// The longest name, in bytes.
    pub const NAME_MAX: usize = 24;
    /// The most loads, and the most operations in the mix of one.
    pub const LOADS_MAX: usize = 16;
    /// The most operations that all loads together may ask for, at their shortest gaps: a load that comes due while
    /// its client still waits is work without an event, and work must end too.
    pub const LOAD_OPERATIONS_MAX: u64 = 1_000_000;
    /// The most clock drift either way, in millionths.
    pub const DRIFT_PPM_MAX: i32 = 500_000;
    /// The largest jump of a wall clock either way, in microseconds.
    pub const OFFSET_US_MAX: i64 = 3_600_000_000;
    /// The largest amount of money in one operation.
    pub const AMOUNT_MAX: u32 = 1_000_000;
}

fn wrong(place: impl Into<String>, expected: impl Into<String>) -> ScenarioError {
    ScenarioError {
        place: place.into(),
        expected: expected.into(),
    }
}

/// Whether a name may have this character: a letter, a digit, a space, - or _. Beyond ASCII these are the blocks of the
/// scripts that people write names in; the exact tables of letters would weigh more than the rest of this file.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "-_ ".contains(c)
        || (matches!(c, '\u{c0}'..='\u{1fff}' | '\u{3040}'..='\u{d7ff}') && !"×÷".contains(c))
}

impl Scenario {
    /// An empty scenario of `protocol` with nodes of these names, lines of 2 to 6 ms and an immediate disk.
    pub fn new(protocol: &str, nodes: &[&str]) -> Self {
        Self {
            id: String::new(),
            version: 1,
            title: String::new(),
            protocol: protocol.to_string(),
            settings: Vec::new(),
            broken: 0,
            nodes: nodes.iter().map(ToString::to_string).collect(),
            clients: Vec::new(),
            links: LinkSpec::datagrams(Micros::from_ms(2), Micros::from_ms(6)),
            client_links: LinkSpec::datagrams(Micros::from_ms(1), Micros::from_ms(1)),
            special_links: Vec::new(),
            disk: (Micros::ZERO, Micros::ZERO),
            clocks: Vec::new(),
            script: Vec::new(),
            loads: Vec::new(),
            length: Micros::from_ms(1_000),
            tail: Micros::from_ms(500),
        }
    }

    /// Adds a client and gives its endpoint.
    pub fn add_client(&mut self, name: &str, home: Endpoint) -> Endpoint {
        self.clients.push(ClientSpec {
            name: name.to_string(),
            home,
            patience: PATIENCE_DEFAULT,
        });
        Endpoint((self.nodes.len() + self.clients.len() - 1) as u8)
    }

    /// Adds an entry to the script.
    pub fn at_ms(&mut self, ms: u64, action: Action) -> &mut Self {
        self.script.push(Timed {
            at: Micros::from_ms(ms),
            action,
        });
        self
    }

    /// Chooses a value for a setting by name; a name that the protocol does not have changes nothing.
    pub fn set(&mut self, name: &str, value: u32) -> &mut Self {
        if let Some(spec) = protocols::spec(&self.protocol)
            && let Some(place) = spec
                .settings
                .iter()
                .position(|setting| setting.name == name)
        {
            while self.settings.len() <= place {
                self.settings
                    .push(spec.settings[self.settings.len()].default);
            }
            self.settings[place] = value;
        }
        self
    }

    /// Chooses a value of a [`SettingKind::Choice`] by its name.
    pub fn choose(&mut self, name: &str, choice: &str) -> &mut Self {
        let value = protocols::spec(&self.protocol)
            .and_then(|spec| spec.settings.iter().find(|setting| setting.name == name))
            .and_then(|setting| match setting.kind {
                SettingKind::Choice(list) => list.iter().position(|one| one.name == choice),
                _ => None,
            });
        if let Some(value) = value {
            self.set(name, value as u32);
        }
        self
    }

    /// How many nodes.
    pub fn node_count(&self) -> u8 {
        self.nodes.len() as u8
    }

    /// How many nodes and clients.
    pub fn endpoint_count(&self) -> u8 {
        (self.nodes.len() + self.clients.len()) as u8
    }

    /// Every endpoint's name, in order.
    pub fn names(&self) -> Vec<String> {
        self.nodes
            .iter()
            .cloned()
            .chain(self.clients.iter().map(|client| client.name.clone()))
            .collect()
    }

    /// The endpoint of that name.
    pub fn endpoint(&self, name: &str) -> Option<Endpoint> {
        let names = self
            .nodes
            .iter()
            .chain(self.clients.iter().map(|client| &client.name));
        names
            .into_iter()
            .position(|one| one == name)
            .map(|i| Endpoint(i as u8))
    }

    /// The settings as the protocol reads them.
    pub fn choices<'a>(&'a self, spec: &'a ProtocolSpec) -> Choices<'a> {
        Choices {
            settings: &self.settings,
            spec,
            broken: self.broken,
            nodes: self.node_count(),
            clients: self.clients.len() as u8,
        }
    }

    /// The line from one endpoint to another.
    pub fn link(&self, from: Endpoint, to: Endpoint) -> LinkSpec {
        let special = self
            .special_links
            .iter()
            .rev()
            .find(|(f, t, _)| (*f, *t) == (from, to));
        match special {
            Some((_, _, link)) => *link,
            None if from.0 < self.node_count() && to.0 < self.node_count() => self.links,
            None => self.client_links,
        }
    }

    /// Whether it can run: every number within its bounds, every name known. The world relies on it.
    pub fn validate(&self) -> Result<&'static ProtocolSpec, ScenarioError> {
        let spec = protocols::spec(&self.protocol).ok_or_else(|| {
            wrong(
                "protocol",
                format!("one of {}", protocols::names().join(", ")),
            )
        })?;
        self.validate_people(spec)?;
        self.validate_settings(spec)?;
        self.validate_lines()?;
        self.validate_time()?;
        Ok(spec)
    }

    fn validate_people(&self, spec: &ProtocolSpec) -> Result<(), ScenarioError> {
        let (min, max) = (spec.nodes_min, spec.nodes_max);
        if self.nodes.len() < usize::from(min) || self.nodes.len() > usize::from(max) {
            return Err(wrong("nodes", format!("{min} to {max} of them")));
        }
        if self.nodes.len() + self.clients.len() > usize::from(ENDPOINTS_MAX) {
            return Err(wrong(
                "clients",
                format!("at most {ENDPOINTS_MAX} with the nodes"),
            ));
        }
        let names = self.names();
        for (i, name) in names.iter().enumerate() {
            let plain = name.chars().all(is_plain);
            if name.is_empty() || name.len() > limits::NAME_MAX || !plain {
                let most = limits::NAME_MAX;
                return Err(wrong(
                    "names",
                    format!("1 to {most} letters, digits, - and _, not {}", Quoted(name)),
                ));
            }
            if names[..i].contains(name) {
                return Err(wrong(
                    "names",
                    format!("each name once, but {} stands twice", Quoted(name)),
                ));
            }
        }
        for client in &self.clients {
            if client.home.0 >= self.node_count() {
                return Err(wrong(format!("clients.{}.home", client.name), "a node"));
            }
            if client.patience == Micros::ZERO || client.patience > limits::LENGTH_MAX {
                return Err(wrong(
                    format!("clients.{}.patience", client.name),
                    "1 µs to an hour",
                ));
            }
        }
        Ok(())
    }

    fn validate_settings(&self, spec: &ProtocolSpec) -> Result<(), ScenarioError> {
        if self.settings.len() > spec.settings.len() {
            return Err(wrong(
                "settings",
                format!("at most {}", spec.settings.len()),
            ));
        }
        for (setting, value) in spec.settings.iter().zip(&self.settings) {
            let place = || format!("settings.{}", setting.name);
            match setting.kind {
                SettingKind::Choice(list) if *value as usize >= list.len() => {
                    let names: Vec<_> = list.iter().map(|one| one.name).collect();
                    return Err(wrong(place(), format!("one of {}", names.join(", "))));
                }
                SettingKind::Number { min, max } if !(min..=max).contains(value) => {
                    return Err(wrong(place(), format!("{min} to {max}")));
                }
                SettingKind::Span { min, max } if !(min..=max).contains(value) => {
                    let (min, max) = (Micros(u64::from(min)), Micros(u64::from(max)));
                    return Err(wrong(place(), format!("{min} to {max}")));
                }
                _ => {}
            }
        }
        if spec.rules.len() < 32 && self.broken >> spec.rules.len() != 0 {
            return Err(wrong("broken", format!("only rules of {}", spec.name)));
        }
        Ok(())
    }

    fn validate_lines(&self) -> Result<(), ScenarioError> {
        let special = self.special_links.iter().map(|(_, _, link)| link);
        for link in [&self.links, &self.client_links].into_iter().chain(special) {
            if link.latency_min > link.latency_max || link.latency_max > limits::LENGTH_MAX {
                return Err(wrong(
                    "links.latency",
                    "a shortest and a longest, at most an hour",
                ));
            }
            for ratio in [link.loss, link.duplication] {
                if ratio.of == 0 || ratio.hits > ratio.of {
                    return Err(wrong("links.loss", "a share between 0 and 1"));
                }
            }
        }
        for (from, to, _) in &self.special_links {
            if from.0.max(to.0) >= self.endpoint_count() || from == to {
                return Err(wrong("links", "two different endpoints of this scenario"));
            }
        }
        if self.special_links.len() > 1_024 {
            return Err(wrong("links", "at most 1024 lines that differ"));
        }
        if self.disk.0 > self.disk.1 || self.disk.1 > limits::LENGTH_MAX {
            return Err(wrong("disk", "a shortest and a longest, at most an hour"));
        }
        for clock in &self.clocks {
            if clock.node.0 >= self.node_count() {
                return Err(wrong("clocks", "a node"));
            }
        }
        Ok(())
    }

    fn validate_time(&self) -> Result<(), ScenarioError> {
        if self.length == Micros::ZERO || self.length > limits::LENGTH_MAX {
            return Err(wrong("length", "1 µs to an hour"));
        }
        if self.tail > limits::LENGTH_MAX {
            return Err(wrong("tail", "at most an hour"));
        }
        if self.script.len() > limits::ACTIONS_MAX {
            return Err(wrong(
                "script",
                format!("at most {} entries", limits::ACTIONS_MAX),
            ));
        }
        if self.script.windows(2).any(|pair| pair[0].at > pair[1].at) {
            return Err(wrong("script", "entries in order of time"));
        }
        if self.loads.len() > limits::LOADS_MAX {
            return Err(wrong("loads", format!("at most {}", limits::LOADS_MAX)));
        }
        let mut operations: u64 = 0;
        for load in &self.loads {
            if load.gap_min == Micros::ZERO || load.gap_min > load.gap_max {
                return Err(wrong("loads.gap", "a shortest above zero and a longest"));
            }
            let people = u64::from(load.clients.count()).min(self.clients.len() as u64);
            let span = load.until.min(limits::LENGTH_MAX).since(load.from);
            operations = operations.saturating_add(people * (span.0 / load.gap_min.0));
            if operations > limits::LOAD_OPERATIONS_MAX {
                let most = limits::LOAD_OPERATIONS_MAX;
                let expected = format!("gaps that make at most {most} operations in all");
                return Err(wrong("loads.gap", expected));
            }
            let total: u64 = load.mix.iter().map(|(weight, _)| u64::from(*weight)).sum();
            if load.mix.len() > limits::LOADS_MAX || total == 0 || total > u64::from(u32::MAX) {
                return Err(wrong(
                    "loads.mix",
                    "1 to 16 operations with weights above zero",
                ));
            }
        }
        Ok(())
    }
}

/// A borrowed pair of a scenario's names and its number of nodes.
pub fn names<'a>(list: &'a [String], scenario: &Scenario) -> Names<'a> {
    Names {
        list,
        nodes: scenario.node_count(),
    }
}
