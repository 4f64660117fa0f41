//! A scenario: everything about a run but its seed and what people do to it. Data, not code.

use crate::action::{Action, Timed};
use crate::operation::{Operation, PATIENCE_DEFAULT};
use crate::protocol::{Choices, ProtocolSpec, SettingKind};
use crate::protocols;
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros, Ratio};
use crate::view::Part::{Number, Span, Text};
use crate::view::{Names, Part, fill, quoted};
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

/// `expected` may have gaps for `parts`.
#[inline(never)]
fn wrong(place: &str, expected: &str, parts: &[(&str, Part<'_>)]) -> ScenarioError {
    ScenarioError {
        place: String::from(place),
        expected: fill(expected, parts),
    }
}

/// Whether a name may have this character: a letter, a digit, a space, - or _. Beyond ASCII these are the blocks of the
/// scripts that people write names in; the exact tables of letters would weigh more than the rest of this file.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '-' | '_' | ' ')
        || (matches!(c, '\u{c0}'..='\u{1fff}' | '\u{3040}'..='\u{d7ff}') && c != '×' && c != '÷')
}

/// An error, unless all is well.
fn check(ok: bool, place: &str, expected: &str) -> Result<(), ScenarioError> {
    if ok {
        Ok(())
    } else {
        Err(wrong(place, expected, &[]))
    }
}

/// The error of a value that is out of its bounds.
fn out_of(place: &str, min: Part<'_>, max: Part<'_>, expected: &str) -> ScenarioError {
    wrong(place, expected, &[("min", min), ("max", max)])
}

/// Names in a row, with a comma between two.
fn listed(names: impl Iterator<Item = &'static str>) -> String {
    let mut words = String::new();
    for name in names {
        if !words.is_empty() {
            words.push_str(", ");
        }
        words.push_str(name);
    }
    words
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
            self.set_at(place, value);
        }
        self
    }

    /// Chooses a value for the setting at this place in the protocol's list. `false`: it has no such place, and nothing
    /// changes.
    pub fn set_at(&mut self, place: usize, value: u32) -> bool {
        let spec = protocols::spec(&self.protocol);
        let Some(spec) = spec.filter(|spec| place < spec.settings.len()) else {
            return false;
        };
        while self.settings.len() <= place {
            self.settings
                .push(spec.settings[self.settings.len()].default);
        }
        self.settings[place] = value;
        true
    }

    /// Chooses a value of a [`SettingKind::Choice`] by its name.
    pub fn choose(&mut self, name: &str, choice: &str) -> &mut Self {
        let value = protocols::spec(&self.protocol)
            .and_then(|spec| spec.settings.iter().find(|setting| setting.name == name))
            .and_then(|setting| match setting.kind {
                SettingKind::Choice(list) => list.iter().position(|one| *one == choice),
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
        let mut names = self.nodes.clone();
        for client in &self.clients {
            names.push(client.name.clone());
        }
        names
    }

    /// The endpoint of that name.
    pub fn endpoint(&self, name: &str) -> Option<Endpoint> {
        let people = self.clients.iter().map(|client| &client.name);
        let mut names = self.nodes.iter().chain(people);
        let place = names.position(|one| one == name);
        place.map(|place| Endpoint(place as u8))
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
        let spec = protocols::spec(&self.protocol).ok_or_else(|| self.unknown_protocol())?;
        self.validate_people(spec)?;
        self.validate_settings(spec)?;
        self.validate_lines()?;
        self.validate_time(spec)?;
        Ok(spec)
    }

    pub(crate) fn unknown_protocol(&self) -> ScenarioError {
        let names = listed(protocols::names().into_iter());
        wrong("protocol", "one of {names}", &[("names", Text(&names))])
    }

    fn validate_people(&self, spec: &ProtocolSpec) -> Result<(), ScenarioError> {
        let (min, max) = (usize::from(spec.nodes_min), usize::from(spec.nodes_max));
        if self.nodes.len() < min || self.nodes.len() > max {
            let (min, max) = (Number(min as i64), Number(max as i64));
            return Err(out_of("nodes", min, max, "{min} to {max} of them"));
        }
        let ends = self.nodes.len() + self.clients.len();
        if ends > usize::from(ENDPOINTS_MAX) {
            let most = Number(i64::from(ENDPOINTS_MAX));
            let expected = "at most {max} with the nodes";
            return Err(out_of("clients", most, most, expected));
        }
        let names = self.names();
        for (i, name) in names.iter().enumerate() {
            let fits = !name.is_empty() && name.len() <= limits::NAME_MAX;
            let expected = if !fits || !name.chars().all(is_plain) {
                "1 to {max} letters, digits, - and _, not {name}"
            } else if names[..i].contains(name) {
                "each name once, but {name} stands twice"
            } else {
                continue;
            };
            let (most, name) = (Number(limits::NAME_MAX as i64), quoted(name));
            return Err(wrong(
                "names",
                expected,
                &[("max", most), ("name", Text(&name))],
            ));
        }
        for client in &self.clients {
            let patience = client.patience != Micros::ZERO && client.patience <= limits::LENGTH_MAX;
            let (place, expected) = if client.home.0 >= self.node_count() {
                ("clients.{name}.home", "a node")
            } else if !patience {
                ("clients.{name}.patience", "1 µs to an hour")
            } else {
                continue;
            };
            let place = fill(place, &[("name", Text(&client.name))]);
            return Err(wrong(&place, expected, &[]));
        }
        Ok(())
    }

    fn validate_settings(&self, spec: &ProtocolSpec) -> Result<(), ScenarioError> {
        let most = spec.settings.len();
        if self.settings.len() > most {
            let most = Number(most as i64);
            return Err(out_of("settings", most, most, "at most {max}"));
        }
        for (setting, value) in spec.settings.iter().zip(&self.settings) {
            let (min, max) = match setting.kind {
                SettingKind::Choice(list) => (0, list.len() as u32 - 1),
                SettingKind::Number { min, max } | SettingKind::Span { min, max } => (min, max),
            };
            if min <= *value && *value <= max {
                continue;
            }
            let place = fill("settings.{name}", &[("name", Text(setting.name))]);
            let (min, max) = match setting.kind {
                SettingKind::Choice(list) => {
                    let names = listed(list.iter().copied());
                    return Err(wrong(&place, "one of {names}", &[("names", Text(&names))]));
                }
                SettingKind::Number { .. } => (Number(i64::from(min)), Number(i64::from(max))),
                SettingKind::Span { .. } => {
                    let span = |us: u32| Span(Micros(u64::from(us)));
                    (span(min), span(max))
                }
            };
            return Err(out_of(&place, min, max, "{min} to {max}"));
        }
        if spec.rules.len() < 32 && self.broken >> spec.rules.len() != 0 {
            let parts = [("name", Text(spec.name))];
            return Err(wrong("broken", "only rules of {name}", &parts));
        }
        Ok(())
    }

    fn validate_lines(&self) -> Result<(), ScenarioError> {
        self.links.validate()?;
        self.client_links.validate()?;
        for (_, _, link) in &self.special_links {
            link.validate()?;
        }
        for (from, to, _) in &self.special_links {
            let known = from.0.max(to.0) < self.endpoint_count() && from != to;
            check(known, "links", "two different endpoints of this scenario")?;
        }
        let few = self.special_links.len() <= 1_024;
        check(few, "links", "at most 1024 lines that differ")?;
        let (min, max) = self.disk;
        let in_order = min <= max && max <= limits::LENGTH_MAX;
        check(
            in_order,
            "disk",
            "a shortest and a longest, at most an hour",
        )?;
        let known = |clock: &ClockSpec| clock.node.0 < self.node_count();
        check(self.clocks.iter().all(known), "clocks", "a node")
    }

    fn validate_time(&self, spec: &ProtocolSpec) -> Result<(), ScenarioError> {
        let fits = self.length != Micros::ZERO && self.length <= limits::LENGTH_MAX;
        check(fits, "length", "1 µs to an hour")?;
        check(self.tail <= limits::LENGTH_MAX, "tail", "at most an hour")?;
        if self.script.len() > limits::ACTIONS_MAX {
            let most = Number(limits::ACTIONS_MAX as i64);
            return Err(out_of("script", most, most, "at most {max} entries"));
        }
        let in_order = self.script.is_sorted_by_key(|timed| timed.at);
        check(in_order, "script", "entries in order of time")?;
        if self.loads.len() > limits::LOADS_MAX {
            let most = Number(limits::LOADS_MAX as i64);
            return Err(out_of("loads", most, most, "at most {max}"));
        }
        let mut operations: u64 = 0;
        for load in &self.loads {
            let gaps = load.gap_min != Micros::ZERO && load.gap_min <= load.gap_max;
            check(gaps, "loads.gap", "a shortest above zero and a longest")?;
            let people = u64::from(load.clients.count()).min(self.clients.len() as u64);
            let span = load.until.min(limits::LENGTH_MAX).since(load.from);
            operations = operations.saturating_add(people * (span.0 / load.gap_min.0));
            if operations > limits::LOAD_OPERATIONS_MAX {
                let most = Number(limits::LOAD_OPERATIONS_MAX as i64);
                let expected = "gaps that make at most {max} operations in all";
                return Err(out_of("loads.gap", most, most, expected));
            }
            let total: u64 = load.mix.iter().map(|(weight, _)| u64::from(*weight)).sum();
            let fits = load.mix.len() <= limits::LOADS_MAX && total > 0;
            let known = |mix: &(u32, Operation)| mix.1.store() == spec.store;
            let expected = "operations that the protocol knows";
            check(load.mix.iter().all(known), "loads.mix", expected)?;
            let expected = "1 to 16 operations with weights above zero";
            check(fits && total <= u64::from(u32::MAX), "loads.mix", expected)?;
        }
        Ok(())
    }
}

impl LinkSpec {
    fn validate(&self) -> Result<(), ScenarioError> {
        let (min, max) = (self.latency_min, self.latency_max);
        let in_order = min <= max && max <= limits::LENGTH_MAX;
        let expected = "a shortest and a longest, at most an hour";
        check(in_order, "links.latency", expected)?;
        for ratio in [self.loss, self.duplication] {
            let fits = ratio.of != 0 && ratio.hits <= ratio.of;
            check(fits, "links.loss", "a share between 0 and 1")?;
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
