//! Settings of a protocol, by the names that lessons use.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sim_core::protocol::SettingKind;
use sim_core::protocols;
use sim_core::scenario::Scenario;
use sim_core::units::Micros;
use toml::Spanned;

use super::{Block, script};
use crate::Problem;

/// Settings by name: a choice by its name, a span as a time, a number.
pub type Settings = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

/// Applies settings by name.
pub fn set(block: &Block<'_>, scenario: &mut Scenario, settings: &Settings) -> Result<(), Problem> {
    for (name, value) in settings {
        let value = block.at(name, number(scenario, name.get_ref(), value.get_ref()))?;
        scenario.set(name.get_ref(), value);
    }
    Ok(())
}

/// The number behind a setting's value.
pub fn number(scenario: &Scenario, name: &str, value: &toml::Value) -> Result<u32, String> {
    let spec = protocols::spec(&scenario.protocol);
    let settings = spec.map_or(&[][..], |spec| spec.settings);
    let Some(setting) = settings.iter().find(|setting| setting.name == name) else {
        let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
        return Err(format!(
            "no setting is called `{name}`; expected one of {}",
            names.join(", ")
        ));
    };
    let within = |value: u64, min: u32, max: u32, expected: String| match u32::try_from(value) {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(format!("`{name}`: expected {expected}")),
    };
    match setting.kind {
        SettingKind::Choice(list) => {
            let chosen = value.as_str();
            let place = list.iter().position(|one| Some(*one) == chosen);
            place
                .map(|place| place as u32)
                .ok_or_else(|| format!("`{name}`: expected one of {}", list.join(", ")))
        }
        SettingKind::Number { min, max } => {
            let number = value
                .as_integer()
                .and_then(|value| u64::try_from(value).ok());
            let expected = format!("a number from {min} to {max}");
            within(number.unwrap_or(u64::MAX), min, max, expected)
        }
        SettingKind::Span { min, max } => {
            let (least, most) = (Micros(u64::from(min)), Micros(u64::from(max)));
            let expected = format!("a time from {least} to {most}, such as `\"100 ms\"`");
            let span = value.as_str().map(script::span);
            let span = span.and_then(Result::ok).map_or(u64::MAX, |span| span.0);
            within(span, min, max, expected)
        }
    }
}

/// The names of a setting's choices.
pub fn choices(scenario: &Scenario, name: &str) -> Result<Vec<&'static str>, String> {
    let spec = protocols::spec(&scenario.protocol);
    let settings = spec.map_or(&[][..], |spec| spec.settings);
    let found = settings.iter().find(|setting| setting.name == name);
    match found.map(|setting| setting.kind) {
        Some(SettingKind::Choice(list)) => Ok(list.to_vec()),
        _ => Err(format!("`{name}` is no setting with choices")),
    }
}

/// Settings as a page's button carries them: choices by name, everything else as its number (spans in microseconds).
pub fn json(
    block: &Block<'_>,
    scenario: &Scenario,
    settings: &Settings,
) -> Result<Map<String, Value>, Problem> {
    let mut values = Map::new();
    for (name, value) in settings {
        let number = block.at(name, number(scenario, name.get_ref(), value.get_ref()))?;
        let spelled = match value.get_ref() {
            toml::Value::String(choice) if choices(scenario, name.get_ref()).is_ok() => {
                json!(choice)
            }
            _ => json!(number),
        };
        values.insert(name.get_ref().clone(), spelled);
    }
    Ok(values)
}
