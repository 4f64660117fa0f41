//! The load under which the engine is measured, the same on the command line and on the page.

use crate::catalogue;
use crate::operation::{KEYS, Operation, Store};
use crate::protocols;
use crate::run::{Run, RunError, Timeline};
use crate::scenario::{LinkSpec, Load, Scenario};
use crate::units::{ENDPOINTS_MAX, Endpoint, Mask, Micros};
use alloc::format;

/// About how many events the run has in which moments are sought.
pub const SEEK_EVENTS: u32 = 100_000;
/// How many moments are sought.
pub const SEEKS: u32 = 1_000;

/// What the page measures, in this order.
pub const FIGURES: [&str; 8] = [
    "messages a second, best of eleven",
    "traced events a second",
    "events of the long run",
    "bytes a traced event",
    "bytes a checkpoint",
    "seek, median, ms",
    "seek, worst, ms",
    "messages of Raft a second, best of eleven",
];

/// How long the scenario lasts that is measured.
const LENGTH: Micros = Micros::from_ms(120_000);

/// The catalogue's scenario of `protocol` that lives under a load, denser and longer: two to five requests a second
/// from each of its people, for two minutes. `None`: it has none.
pub fn scenario(protocol: &str) -> Option<Scenario> {
    let mut all = catalogue::all().into_iter();
    let mut scenario = all.find(|one| one.protocol == protocol && !one.loads.is_empty())?;
    scenario.length = LENGTH;
    for load in &mut scenario.loads {
        load.gap_min = Micros::from_ms(200);
        load.gap_max = Micros::from_ms(400);
        load.until = LENGTH;
    }
    Some(scenario)
}

/// How many people propose in [`proposals`]: as many as there is room for beside five nodes.
const PROPOSERS: u8 = ENDPOINTS_MAX - 5;
/// How often each of them does: altogether a thousand times a second.
const PROPOSES: Micros = Micros(1_000 * PROPOSERS as u64);

/// The load under which protocols with a replicated log are measured: five nodes that are 1 to 5 ms apart, heartbeats
/// every 30 ms, and a thousand proposals a second for a minute, each of 14 bytes. `None`: the protocol keeps no values.
pub fn proposals(protocol: &str) -> Option<Scenario> {
    let spec = protocols::spec(protocol)?;
    if spec.store != Store::Values {
        return None;
    }
    let mut scenario = Scenario::new(protocol, &["S1", "S2", "S3", "S4", "S5"]);
    let line = LinkSpec::datagrams(Micros::from_ms(1), Micros::from_ms(5));
    (scenario.links, scenario.client_links) = (line, line);
    scenario.length = Micros::from_ms(60_000);
    scenario.set("heartbeat-after", 30_000);
    let mut clients = Mask::EMPTY;
    for number in 1..=PROPOSERS {
        let client = scenario.add_client(&format!("C{number}"), Endpoint(0));
        clients = clients.with(client);
    }
    let put = |number: u8| Operation::Put {
        key: number % KEYS.len() as u8,
        value: number,
    };
    scenario.loads.push(Load {
        clients,
        from: Micros::ZERO,
        until: scenario.length,
        gap_min: PROPOSES,
        gap_max: PROPOSES,
        mix: (1..=8).map(|number| (1, put(number))).collect(),
    });
    Some(scenario)
}

/// A run of it with about [`SEEK_EVENTS`] events: the scenario's length is cut or stretched until it fits.
pub fn long_run(scenario: &Scenario) -> Result<Run, RunError> {
    let with_length = |length| {
        let mut scenario = scenario.clone();
        scenario.length = length;
        Run::new(scenario, 1)
    };
    let short = Micros(scenario.length.0.min(20_000_000));
    let events = Timeline::of(with_length(short))?.trace().len();
    let length = short.0 * u64::from(SEEK_EVENTS) / u64::from(events).max(1);
    let length = Micros(length.clamp(short.0, scenario.length.0));
    Ok(with_length(length))
}

/// The moment to seek after `at` in a run that ends at `end`. The stride is the golden section: every part of the
/// run, near and far jumps, the same on each machine.
pub fn next_seek(at: Micros, end: Micros) -> Micros {
    Micros((at.0 + end.0 * 618 / 1_000) % end.0.max(1))
}
