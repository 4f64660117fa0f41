//! Version 1 of the link format. What stands in [`Content::walk`] is the format: fields and variants are only ever
//! appended. `tests/share.rs` holds the same format as data types for serde and postcard, and compares the two.

use super::codec::Codec;
use super::{Link, ShareError};
use crate::action::{Action, Timed};
use crate::catalogue;
use crate::operation::Operation;
use crate::protocols;
use crate::run::Run;
use crate::scenario::{ClientSpec, ClockSpec, LinkSpec, Load, Scenario, limits};
use crate::units::{Endpoint, Mask, Micros};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// What a link says.
struct Content {
    scenario: ScenarioRef,
    rest: Rest,
}

/// What it says beside its scenario.
#[derive(Default)]
struct Rest {
    seed: u64,
    actions: Vec<Timed>,
    at: Micros,
    digest: u32,
}

/// A catalogue scenario goes by its id with the settings that differ; any other goes whole.
enum ScenarioRef {
    Catalogue(Known),
    Whole(Box<Scenario>),
}

#[derive(Default)]
struct Known {
    id: String,
    version: u16,
    /// The settings that differ: place and value.
    settings: Vec<(u8, u32)>,
    broken: u32,
}

pub(super) fn encode(link: &Link) -> Vec<u8> {
    let mut content = Content {
        scenario: scenario_ref(&link.run.scenario),
        rest: Rest::in_link(link),
    };
    let mut to = Codec::write();
    content.walk(&mut to);
    to.into_bytes()
}

pub(super) fn decode(payload: &[u8]) -> Result<Link, ShareError> {
    let link = read(payload)?;
    link.run.scenario.validate().map_err(ShareError::Scenario)?;
    if !is_in_time(&link.run.actions) {
        return Err(ShareError::Content);
    }
    Ok(link)
}

/// Reads a link; whether its run holds together is not looked at.
fn read(payload: &[u8]) -> Result<Link, ShareError> {
    let mut content = Content {
        scenario: ScenarioRef::Catalogue(Known::default()),
        rest: Rest::default(),
    };
    let mut from = Codec::read(payload);
    content.walk(&mut from);
    let Content { scenario, rest } = content;
    if !from.is_done() || !rest.is_short() {
        return Err(ShareError::Content);
    }
    let played = match &scenario {
        ScenarioRef::Catalogue(known) => &known.id,
        ScenarioRef::Whole(scenario) => &scenario.protocol,
    };
    if let Some(protocol) = protocols::absent(played) {
        return Err(ShareError::Absent { protocol });
    }
    Ok(rest.of(resolve(scenario)?))
}

// --- in a page: whoever reads this holds no catalogue, so the scenario stands there with its id

pub(super) fn encode_in_page(link: &Link) -> Vec<u8> {
    let mut to = Codec::write();
    in_page(
        &mut to,
        &mut Scenario::clone(&link.run.scenario),
        &mut Rest::in_link(link),
    );
    to.into_bytes()
}

pub(super) fn read_in_page(bytes: &[u8]) -> Option<Link> {
    let (mut scenario, mut rest) = (Scenario::new("", &[]), Rest::default());
    let mut from = Codec::read(bytes);
    in_page(&mut from, &mut scenario, &mut rest);
    (from.is_done() && rest.is_short()).then(|| rest.of(scenario))
}

fn in_page(codec: &mut Codec, scenario: &mut Scenario, rest: &mut Rest) {
    codec.text(&mut scenario.id);
    whole(codec, scenario);
    rest.walk(codec);
}

// --- the format

impl Content {
    fn walk(&mut self, codec: &mut Codec) {
        let mut kind = u32::from(matches!(self.scenario, ScenarioRef::Whole(_)));
        codec.u32(&mut kind);
        if codec.is_reading() && kind == 1 {
            self.scenario = ScenarioRef::Whole(Box::new(Scenario::new("", &[])));
        } else if kind > 1 {
            codec.fail();
        }
        match &mut self.scenario {
            ScenarioRef::Catalogue(known) => known.walk(codec),
            ScenarioRef::Whole(scenario) => whole(codec, scenario),
        }
        self.rest.walk(codec);
    }
}

impl Rest {
    fn in_link(link: &Link) -> Self {
        Self {
            seed: link.run.seed,
            actions: link.run.actions.clone(),
            at: link.at,
            digest: link.digest,
        }
    }

    fn walk(&mut self, codec: &mut Codec) {
        codec.u64(&mut self.seed);
        timed_list(codec, &mut self.actions);
        codec.u64(&mut self.at.0);
        codec.u32(&mut self.digest);
    }

    fn is_short(&self) -> bool {
        self.actions.len() <= limits::ACTIONS_MAX && self.at <= limits::LENGTH_MAX
    }

    fn of(self, scenario: Scenario) -> Link {
        let run = Run {
            scenario: Rc::new(scenario),
            seed: self.seed,
            actions: self.actions,
        };
        Link {
            run,
            at: self.at,
            digest: self.digest,
        }
    }
}

impl Known {
    fn walk(&mut self, codec: &mut Codec) {
        codec.text(&mut self.id);
        codec.u16(&mut self.version);
        codec.list(&mut self.settings, (0, 0), |codec, (place, value)| {
            codec.u8(place);
            codec.u32(value);
        });
        codec.u32(&mut self.broken);
    }
}

fn whole(codec: &mut Codec, scenario: &mut Scenario) {
    codec.u16(&mut scenario.version);
    codec.text(&mut scenario.title);
    codec.text(&mut scenario.protocol);
    codec.list(&mut scenario.settings, 0, Codec::u32);
    codec.u32(&mut scenario.broken);
    codec.list(&mut scenario.nodes, String::new(), Codec::text);
    let nobody = ClientSpec {
        name: String::new(),
        home: Endpoint(0),
        patience: Micros::ZERO,
    };
    codec.list(&mut scenario.clients, nobody, |codec, client| {
        codec.text(&mut client.name);
        codec.u8(&mut client.home.0);
        codec.u64(&mut client.patience.0);
    });
    line(codec, &mut scenario.links);
    line(codec, &mut scenario.client_links);
    let blank = LinkSpec::datagrams(Micros::ZERO, Micros::ZERO);
    let blank = (Endpoint(0), Endpoint(0), blank);
    codec.list(&mut scenario.special_links, blank, |codec, link| {
        codec.u8(&mut link.0.0);
        codec.u8(&mut link.1.0);
        line(codec, &mut link.2);
    });
    codec.u64(&mut scenario.disk.0.0);
    codec.u64(&mut scenario.disk.1.0);
    let blank = ClockSpec {
        node: Endpoint(0),
        offset_us: 0,
        drift_ppm: 0,
    };
    codec.list(&mut scenario.clocks, blank, |codec, clock| {
        codec.u8(&mut clock.node.0);
        codec.i64(&mut clock.offset_us);
        codec.i32(&mut clock.drift_ppm);
    });
    timed_list(codec, &mut scenario.script);
    let blank = Load {
        clients: Mask::EMPTY,
        from: Micros::ZERO,
        until: Micros::ZERO,
        gap_min: Micros::ZERO,
        gap_max: Micros::ZERO,
        mix: Vec::new(),
    };
    codec.list(&mut scenario.loads, blank, load);
    codec.u64(&mut scenario.length.0);
    codec.u64(&mut scenario.tail.0);
}

#[inline(never)]
fn line(codec: &mut Codec, line: &mut LinkSpec) {
    codec.u64(&mut line.latency_min.0);
    codec.u64(&mut line.latency_max.0);
    for ratio in [&mut line.loss, &mut line.duplication] {
        codec.u32(&mut ratio.hits);
        codec.u32(&mut ratio.of);
    }
    codec.bool(&mut line.stream);
}

fn load(codec: &mut Codec, load: &mut Load) {
    codec.u32(&mut load.clients.0);
    let times = [
        &mut load.from,
        &mut load.until,
        &mut load.gap_min,
        &mut load.gap_max,
    ];
    for time in times {
        codec.u64(&mut time.0);
    }
    let blank = (0, Operation::Balance);
    codec.list(&mut load.mix, blank, |codec, (weight, operation)| {
        codec.u32(weight);
        let (kind, argument) = operation.code();
        let (mut kind, mut argument) = (u32::from(kind), argument);
        operation_code(codec, &mut kind, &mut argument);
        match Operation::from_code(kind as u8, argument) {
            Some(read) => *operation = read,
            None => codec.fail(),
        }
    });
}

/// A read has no argument.
fn operation_code(codec: &mut Codec, kind: &mut u32, argument: &mut u32) {
    codec.u32(kind);
    match *kind {
        0 | 5 | 9 | 10 => {}
        1..=4 | 6..=8 | 11 | 12 => codec.u32(argument),
        _ => codec.fail(),
    }
}

/// Each time goes as the distance from the action before.
#[inline(never)]
fn timed_list(codec: &mut Codec, list: &mut Vec<Timed>) {
    let mut before = Micros::ZERO;
    let blank = Timed {
        at: Micros::ZERO,
        action: Action::Heal,
    };
    codec.list(list, blank, |codec, timed| {
        let mut after = timed.at.since(before).0;
        codec.u64(&mut after);
        if codec.is_reading() {
            timed.at = before + Micros(after);
        }
        before = timed.at;
        action(codec, &mut timed.action);
    });
}

fn action(codec: &mut Codec, action: &mut Action) {
    let mut kind = u32::from(action.kind());
    codec.u32(&mut kind);
    let (mut a, mut b, mut c, mut d) = action.words();
    match kind {
        // Operate: whose operation, and which.
        0 => {
            byte(codec, &mut a);
            operation_code(codec, &mut b, &mut c);
        }
        // Kill, power off, restart, pause, resume, promote, time out, time out first: whom.
        1..=5 | 18 | 19 | 21 => byte(codec, &mut a),
        // Partition: one side.
        6 => codec.u32(&mut a),
        // Cut, one way, mend: two sets.
        7..=9 => {
            codec.u32(&mut a);
            codec.u32(&mut b);
        }
        // Heal, time out together.
        10 | 20 => {}
        // Drop, duplicate, delay, hold, release: a message.
        11..=15 => {
            byte(codec, &mut a);
            byte(codec, &mut b);
            codec.u32(&mut c);
            if kind == 13 {
                let mut by = d.cast_unsigned();
                codec.u64(&mut by);
                d = by.cast_signed();
            }
        }
        // Skew: whose clocks, the jump, the drift.
        16 => {
            byte(codec, &mut a);
            codec.i64(&mut d);
            let mut drift = b.cast_signed();
            codec.i32(&mut drift);
            b = drift.cast_unsigned();
        }
        // Member: who, and whether they join.
        17 => {
            byte(codec, &mut a);
            let mut joins = b != 0;
            codec.bool(&mut joins);
            b = u32::from(joins);
        }
        _ => codec.fail(),
    }
    match Action::from_words(kind as u8, (a, b, c, d)) {
        Some(read) => *action = read,
        None => codec.fail(),
    }
}

fn byte(codec: &mut Codec, word: &mut u32) {
    let mut byte = *word as u8;
    codec.u8(&mut byte);
    *word = u32::from(byte);
}

// --- what it means

fn scenario_ref(scenario: &Scenario) -> ScenarioRef {
    let whole = || ScenarioRef::Whole(Box::new(scenario.clone()));
    let Some(known) = catalogue::find(&scenario.id) else {
        return whole();
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
        return whole();
    }
    ScenarioRef::Catalogue(Known {
        id: tried.id,
        version: tried.version,
        settings,
        broken: tried.broken,
    })
}

fn resolve(scenario: ScenarioRef) -> Result<Scenario, ShareError> {
    let known = match scenario {
        ScenarioRef::Catalogue(known) => known,
        ScenarioRef::Whole(scenario) => {
            let fits = scenario.clocks.iter().all(|clock| {
                clock.offset_us.unsigned_abs() <= limits::OFFSET_US_MAX.unsigned_abs()
                    && clock.drift_ppm.unsigned_abs() <= limits::DRIFT_PPM_MAX.unsigned_abs()
            });
            if fits && is_in_time(&scenario.script) {
                return Ok(*scenario);
            }
            return Err(ShareError::Content);
        }
    };
    let id = known.id;
    let Some(mut scenario) = catalogue::find(&id) else {
        // An id is short; whatever else stands there is not worth repeating whole.
        let id = id.chars().take(limits::NAME_MAX * 2).collect();
        return Err(ShareError::UnknownScenario { id });
    };
    let (then, now) = (known.version, scenario.version);
    if then != now {
        return Err(ShareError::ScenarioChanged { id, then, now });
    }
    for (place, value) in known.settings {
        if !scenario.set_at(usize::from(place), value) {
            return Err(ShareError::Content);
        }
    }
    scenario.broken = known.broken;
    Ok(scenario)
}

/// Whether no action comes after the longest run. Times only ever rise, so the last one tells.
fn is_in_time(list: &[Timed]) -> bool {
    list.last()
        .is_none_or(|timed| timed.at <= limits::LENGTH_MAX)
}
