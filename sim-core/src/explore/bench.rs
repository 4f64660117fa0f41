//! The load under which the engine is measured, the same on the command line and on the page.

use crate::catalogue;
use crate::run::{Run, RunError, Timeline};
use crate::scenario::Scenario;
use crate::units::Micros;

/// About how many events the run has in which moments are sought.
pub const SEEK_EVENTS: u32 = 100_000;
/// How many moments are sought.
pub const SEEKS: u32 = 1_000;

/// What the page measures, in this order.
pub const FIGURES: [&str; 7] = [
    "messages a second, best of eleven",
    "traced events a second",
    "events of the long run",
    "bytes a traced event",
    "bytes a checkpoint",
    "seek, median, ms",
    "seek, worst, ms",
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
