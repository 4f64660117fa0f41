//! Writing a run file that a person can read and edit, and that loses nothing.

use super::HEAD;
use super::document::{CLIENTS_OF_LEADER, LEADER};
use super::scenario::cast;
use crate::values::{operation_text, ratio_text, signed_span_text, span_text};
use sim_core::action::{Action, MessageName, Timed};
use sim_core::protocol::{ProtocolSpec, SettingKind};
use sim_core::scenario::{LinkSpec, Load, Scenario};
use sim_core::share::Link;
use sim_core::units::{Endpoint, Mask, Micros};
use sim_core::{catalogue, protocols, systems};
use std::fmt::Write as _;

/// Writes a run file.
pub fn write(link: &Link) -> String {
    let mut page = Page {
        text: HEAD.to_string(),
        names: cast(&link.run.scenario).names,
    };
    page.scenario(&link.run.scenario);
    page.blank();
    match i64::try_from(link.run.seed) {
        Ok(seed) => page.key("seed", seed),
        // Beyond what every TOML reader takes as a number.
        Err(_) => page.key("seed", quoted(&link.run.seed.to_string())),
    }
    if link.at > Micros::ZERO {
        page.key("at", span(link.at));
    }
    match link.digest {
        0 => page.key("digest", quoted("unknown")),
        known => page.key("digest", quoted(&format!("{known:08x}"))),
    }
    page.timed("actions", &link.run.actions);
    page.text
}

struct Page {
    text: String,
    names: Vec<String>,
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn span(span: Micros) -> String {
    quoted(&span_text(span))
}

fn range((min, max): (Micros, Micros)) -> String {
    if min == max {
        span(min)
    } else {
        format!("[{}, {}]", span(min), span(max))
    }
}

/// The line's keys and values, without braces.
fn line(line: &LinkSpec) -> String {
    let mut text = format!("latency = {}", range((line.latency_min, line.latency_max)));
    let loss = quoted(&ratio_text(line.loss));
    let duplication = quoted(&ratio_text(line.duplication));
    let _ = write!(
        text,
        ", loss = {loss}, duplication = {duplication}, stream = {}",
        line.stream
    );
    text
}

impl Page {
    fn key(&mut self, key: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{key} = {value}");
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A list with an entry a line; nothing where it is empty.
    fn list(&mut self, key: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "{key} = [");
        for entry in entries {
            let _ = writeln!(self.text, "  {entry},");
        }
        self.text.push_str("]\n");
    }

    fn scenario(&mut self, scenario: &Scenario) {
        let Some(spec) = protocols::spec(&scenario.protocol) else {
            return;
        };
        match differences(scenario) {
            Some((settings, broken)) => {
                self.key("scenario", quoted(&scenario.id));
                self.key("version", scenario.version);
                self.settings(spec, &settings);
                if broken {
                    self.broken(spec, scenario.broken);
                }
            }
            None => self.whole(spec, scenario),
        }
    }

    fn whole(&mut self, spec: &ProtocolSpec, scenario: &Scenario) {
        let mut settings: Vec<_> = scenario.settings.iter().copied().enumerate().collect();
        match systems::of(scenario) {
            Some(system) => {
                let preset = system.scenario(&[]).settings;
                settings.retain(|(place, value)| preset.get(*place) != Some(value));
                self.key("system", quoted(system.name));
            }
            None => self.key("protocol", quoted(&scenario.protocol)),
        }
        self.key("version", scenario.version);
        self.key("title", quoted(&scenario.title));
        self.settings(spec, &settings);
        if scenario.broken != 0 {
            self.broken(spec, scenario.broken);
        }
        self.blank();
        let nodes: Vec<_> = scenario.nodes.iter().map(|name| quoted(name)).collect();
        self.key("nodes", format!("[{}]", nodes.join(", ")));
        let clients = scenario.clients.iter().map(|client| {
            let (name, home) = (quoted(&client.name), self.name(client.home));
            format!(
                "{{ name = {name}, home = {home}, patience = {} }}",
                span(client.patience)
            )
        });
        let clients: Vec<_> = clients.collect();
        self.list("clients", &clients);
        self.blank();
        self.key("links", format!("{{ {} }}", line(&scenario.links)));
        self.key(
            "client-links",
            format!("{{ {} }}", line(&scenario.client_links)),
        );
        let special = scenario.special_links.iter().map(|(from, to, one)| {
            format!(
                "{{ from = {}, to = {}, {} }}",
                self.name(*from),
                self.name(*to),
                line(one)
            )
        });
        let special: Vec<_> = special.collect();
        self.list("special-links", &special);
        self.key("disk", range(scenario.disk));
        let clocks = scenario.clocks.iter().map(|clock| {
            let offset = quoted(&signed_span_text(clock.offset_us));
            let node = self.name(clock.node);
            format!(
                "{{ node = {node}, offset = {offset}, drift-ppm = {} }}",
                clock.drift_ppm
            )
        });
        let clocks: Vec<_> = clocks.collect();
        self.list("clocks", &clocks);
        self.blank();
        self.key("length", span(scenario.length));
        self.key("tail", span(scenario.tail));
        self.timed("script", &scenario.script);
        let loads: Vec<_> = scenario.loads.iter().map(|load| self.load(load)).collect();
        self.list("loads", &loads);
    }

    fn settings(&mut self, spec: &ProtocolSpec, settings: &[(usize, u32)]) {
        let words = settings.iter().filter_map(|(place, value)| {
            let setting = spec.settings.get(*place)?;
            let value = match setting.kind {
                SettingKind::Choice(list) => quoted(list.get(*value as usize)?),
                SettingKind::Number { .. } => value.to_string(),
                SettingKind::Span { .. } => span(Micros(u64::from(*value))),
            };
            Some(format!("{} = {value}", setting.name))
        });
        let words: Vec<_> = words.collect();
        if !words.is_empty() {
            self.key("settings", format!("{{ {} }}", words.join(", ")));
        }
    }

    fn broken(&mut self, spec: &ProtocolSpec, broken: u32) {
        let rules = spec.rules.iter().enumerate();
        let names = rules.filter(|(place, _)| broken & (1 << place) != 0);
        let names: Vec<_> = names.map(|(_, rule)| quoted(rule.name)).collect();
        self.key("broken", format!("[{}]", names.join(", ")));
    }

    fn load(&self, load: &Load) -> String {
        let mix = load.mix.iter().map(|(weight, one)| {
            format!(
                "{{ weight = {weight}, does = {} }}",
                quoted(&operation_text(*one))
            )
        });
        let mix: Vec<_> = mix.collect();
        format!(
            "{{ clients = {}, from = {}, until = {}, gap = {}, mix = [{}] }}",
            self.names(load.clients),
            span(load.from),
            span(load.until),
            range((load.gap_min, load.gap_max)),
            mix.join(", ")
        )
    }

    /// A name, or a role that is nobody's name; a number where there is neither.
    fn name(&self, end: Endpoint) -> String {
        let role = match end {
            Endpoint::LEADER => Some(LEADER),
            Endpoint::CLIENTS_OF_LEADER => Some(CLIENTS_OF_LEADER),
            _ => None,
        };
        let free = |role: &&str| !self.names.iter().any(|name| name == role);
        match (self.names.get(end.index()), role.filter(free)) {
            (Some(name), _) => quoted(name),
            (None, Some(role)) => quoted(role),
            (None, None) => quoted(&format!("#{}", end.0)),
        }
    }

    fn names(&self, mask: Mask) -> String {
        if mask == Mask::ALL {
            return quoted("*");
        }
        let names: Vec<_> = mask.iter().map(|end| self.name(end)).collect();
        match names.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        }
    }

    fn timed(&mut self, key: &str, list: &[Timed]) {
        if list.is_empty() {
            return;
        }
        self.blank();
        let entries: Vec<_> = list
            .iter()
            .map(|timed| {
                format!(
                    "{{ at = {}, {} }}",
                    span(timed.at),
                    self.action(&timed.action)
                )
            })
            .collect();
        self.list(key, &entries);
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Operate { client, operation } => {
                let does = quoted(&operation_text(*operation));
                format!("client = {}, does = {does}", self.name(*client))
            }
            Action::Kill(end) => format!("kill = {}", self.name(*end)),
            Action::PowerOff(end) => format!("power-off = {}", self.name(*end)),
            Action::Restart(end) => format!("restart = {}", self.name(*end)),
            Action::Pause(end) => format!("pause = {}", self.name(*end)),
            Action::Resume(end) => format!("resume = {}", self.name(*end)),
            Action::Partition { side } => format!("partition = {}", self.names(*side)),
            Action::Cut { a, b } => format!("cut = [{}, {}]", self.names(*a), self.names(*b)),
            Action::Mend { a, b } => format!("mend = [{}, {}]", self.names(*a), self.names(*b)),
            Action::OneWay { from, to } => {
                let (from, to) = (self.names(*from), self.names(*to));
                format!("one-way = {{ from = {from}, to = {to} }}")
            }
            Action::Heal => "heal = true".to_string(),
            Action::Drop(m) => format!("drop = {}", self.message(m)),
            Action::Duplicate(m) => format!("duplicate = {}", self.message(m)),
            Action::Delay(m, by) => format!("delay = {}, by = {}", self.message(m), span(*by)),
            Action::Hold(m) => format!("hold = {}", self.message(m)),
            Action::Release(m) => format!("release = {}", self.message(m)),
            Action::Skew {
                node,
                offset_us,
                drift_ppm,
            } => {
                let offset = quoted(&signed_span_text(*offset_us));
                format!(
                    "skew = {}, offset = {offset}, drift-ppm = {drift_ppm}",
                    self.name(*node)
                )
            }
            Action::Promote(node) => format!("promote = {}", self.name(*node)),
            Action::TimeOut(node) => format!("time-out = {}", self.name(*node)),
            Action::TimeOutTogether => "time-out-together = true".to_string(),
            Action::TimeOutFirst(node) => format!("time-out-first = {}", self.name(*node)),
            Action::Member { node, joins: true } => format!("join = {}", self.name(*node)),
            Action::Member { node, joins: false } => format!("leave = {}", self.name(*node)),
        }
    }

    fn message(&self, message: &MessageName) -> String {
        let (from, to) = (self.name(message.from), self.name(message.to));
        let number = (message.number & (MessageName::COPY - 1)) + 1;
        let copy = if message.number >= MessageName::COPY {
            ", copy = true"
        } else {
            ""
        };
        format!("{{ from = {from}, to = {to}, number = {number}{copy} }}")
    }
}

/// Where a scenario is one of the catalogue but for settings and rules: the settings that differ, and whether the
/// rules do.
fn differences(scenario: &Scenario) -> Option<(Vec<(usize, u32)>, bool)> {
    let known = catalogue::find(&scenario.id)?;
    let all = scenario.settings.iter().copied().enumerate();
    let differ: Vec<_> = all
        .filter(|(place, value)| known.settings.get(*place) != Some(value))
        .collect();
    let spec = protocols::spec(&scenario.protocol)?;
    let mut tried = known.clone();
    for (place, value) in &differ {
        tried.set(spec.settings.get(*place)?.name, *value);
    }
    tried.broken = scenario.broken;
    (tried == *scenario).then_some((differ, known.broken != scenario.broken))
}
