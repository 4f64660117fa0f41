//! Bad weather: long runs with much load and many faults of many kinds, each a function of its seed alone.
//!
//! What goes wrong without a rule often takes several things at once: a leader that is cut off while its people go on
//! asking it, a server that forgets at the very moment, two changes of the members that overtake one another. So a seed
//! draws one of several kinds of weather, each of which brings such things about more often than chance would.

mod plan;

use super::sample::{self, Dice};
use crate::action::{Action, Timed};
use crate::protocol::ProtocolSpec;
use crate::protocols;
use crate::run::Run;
use crate::scenario::Scenario;
use crate::units::{ENDPOINTS_MAX, Endpoint, Micros, Ratio};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is wanted of the runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wish {
    /// So many nodes; else as many as the seed draws.
    pub nodes: Option<u8>,
    /// Rules that are off, one bit each.
    pub broken: u32,
}

/// The stream of draws begins here: samples have theirs from 0.
const DRAWS: u64 = 1 << 32;

/// The draws about clocks that say how sure they are have a stream of their own: what else a run is does not depend on it.
const CLOCK_DRAWS: u64 = 1 << 33;

/// How far a clock jumps at most, in microseconds.
const SKEW_MOST: i64 = 200_000;

/// How long a server waits for its leader at least where servers stand still until that is over, in microseconds.
const STALLED_ELECTION: u32 = 200_000;

/// The weather that a run has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Weather {
    /// Everything, one after the other, and all comes right again.
    Mixed,
    /// Servers fall and are back at once, many times: what makes one forget, if it can.
    Stumbling,
    /// Cuts that come and go with a server alone or with its people: leaders that do not know that they lead no more.
    Apart,
    /// The same, and many changes of the members.
    Reshuffled,
    /// Leases, and clocks as far apart as they may be.
    Adrift,
    /// A cut that wanders, while much is lost.
    MovingCut,
    /// A cut that parts the members in ever other ways, and somebody joins or leaves soon after.
    MovingMembers,
    /// A lock, and holders that stand still.
    Locked,
    /// Leases, and servers that stand still until their time to stand for election is over, while others do not hear the
    /// leader: who stood still answers what waits for it, and the leader relies on that.
    Stalled,
    /// One decision, which many want at once while servers fall and lines break.
    Contested,
    /// Timestamps, and clocks as far apart as they may be: one slow among fast ones, whose person reads what others write.
    Uncertain,
}

/// What there is where servers lead, members change, and there are leases and a lock.
const OF_MEMBERS: [Weather; 10] = [
    Weather::Mixed,
    Weather::Mixed,
    Weather::Stumbling,
    Weather::Apart,
    Weather::Reshuffled,
    Weather::Adrift,
    Weather::MovingCut,
    Weather::MovingMembers,
    Weather::Locked,
    Weather::Stalled,
];

/// What there is where servers lead and stay the same ones.
const OF_LEADERS: [Weather; 8] = [
    Weather::Mixed,
    Weather::Mixed,
    Weather::Stumbling,
    Weather::Apart,
    Weather::Adrift,
    Weather::MovingCut,
    Weather::Locked,
    Weather::Stalled,
];

/// What every protocol has.
const OF_ALL: [Weather; 4] = [
    Weather::Mixed,
    Weather::Mixed,
    Weather::Stumbling,
    Weather::Apart,
];

/// What there is where one value is chosen once: what comes after that changes nothing.
const OF_ONE_DECISION: [Weather; 4] = [
    Weather::Mixed,
    Weather::Contested,
    Weather::Contested,
    Weather::Contested,
];

/// The run of `protocol` for `seed`. `None`: there is no such protocol, or it does not run on so many nodes.
pub fn run(protocol: &str, seed: u64, wish: Wish) -> Option<Run> {
    let spec = protocols::spec(protocol)?;
    let mut dice = Dice::new(seed, DRAWS);
    let weathers = match spec.election_timer {
        Some(_) if spec.reconfigures => &OF_MEMBERS[..],
        Some(_) => &OF_LEADERS,
        None if spec.decides_once => &OF_ONE_DECISION,
        None => &OF_ALL,
    };
    let weather = weathers[dice.below(weathers.len() as u32) as usize];
    let (least, most) = (
        spec.nodes_min.max(3).min(spec.nodes_max),
        spec.nodes_max.min(5),
    );
    let mut clocks = Dice::new(seed, CLOCK_DRAWS);
    let is_timed = weather != Weather::Locked && has_timestamps(spec) && clocks.one_in(4);
    let weather = match weather {
        Weather::Mixed | Weather::Adrift if is_timed => Weather::Uncertain,
        other => other,
    };
    let drawn = dice.between(u32::from(least), u32::from(most)) as u8;
    // Two changes of the members overtake one another where majorities differ.
    let drawn = match weather {
        Weather::MovingMembers => most,
        _ => drawn,
    };
    let nodes = wish.nodes.unwrap_or(drawn);
    if !(spec.nodes_min..=spec.nodes_max).contains(&nodes) {
        return None;
    }
    let mut scenario = scenario(spec, nodes, weather, &mut dice);
    scenario.broken = wish.broken;
    if is_timed {
        timed(&mut scenario, weather, &mut clocks);
    }
    let mut actions = plan::actions(spec, &mut scenario, weather, &mut dice);
    if is_timed {
        within_bound(spec, &mut scenario, &mut actions);
    }
    let mut run = Run::new(scenario, seed);
    run.actions = actions;
    Some(run)
}

fn scenario(spec: &ProtocolSpec, nodes: u8, weather: Weather, dice: &mut Dice) -> Scenario {
    let names: Vec<String> = (0..nodes).map(|node| format!("S{}", node + 1)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scenario = Scenario::new(spec.name, &names);
    scenario.title = "bad weather".to_string();
    sample::settings(spec, &mut scenario, dice);
    sample::network(&mut scenario, dice);
    let people = dice.between(3, 4) as u8;
    for person in 0..people {
        // One at each of the first servers, so that whoever is cut off has somebody to ask.
        scenario.add_client(&format!("P{}", person + 1), Endpoint(person % nodes));
    }
    scenario.length = dice.ms(12_000, 16_000);
    scenario.tail = Micros::from_ms(1_000);
    if spec.election_timer.is_some() {
        leaders(&mut scenario, weather, dice);
    }
    if weather == Weather::Contested {
        contested(&mut scenario, dice);
    }
    scenario
}

/// Whether servers may answer reads as of a timestamp, which rests on clocks that are not too far off.
fn has_timestamps(spec: &ProtocolSpec) -> bool {
    spec.settings.iter().any(|one| one.name == UNCERTAINTY)
}

const UNCERTAINTY: &str = "uncertainty";

/// Reads at timestamps. A lease has to be longer than clocks are unsure.
fn timed(scenario: &mut Scenario, weather: Weather, clocks: &mut Dice) {
    scenario.choose("reads", "timestamp");
    scenario.choose("store", "values");
    scenario.set(UNCERTAINTY, clocks.between(10_000, 60_000));
    match weather {
        Weather::Stalled => {}
        // Somebody has to be elected before the cut has wandered on, or servers fall again.
        Weather::MovingCut | Weather::Stumbling => {
            scenario.set("election-after", 200_000);
            scenario.set("heartbeat-after", 30_000);
        }
        _ => {
            scenario.set("election-after", 400_000);
        }
    }
}

/// By how much a clock may run fast or slow where it says how sure it is, in millionths (Corbett et al. 2012, §3: 200 µs a
/// second).
const DRIFT_PPM: i64 = 200;

/// Takes every change of a clock down to what this scenario's clocks may be wrong by: nine tenths of it by a jump, and in
/// these short runs less than another tenth by drift.
fn within_bound(spec: &ProtocolSpec, scenario: &mut Scenario, actions: &mut [Timed]) {
    let uncertainty = scenario.choices(spec).get(UNCERTAINTY);
    let bound = i64::from(uncertainty) * 9 / 10 - 4_000;
    let mut ahead = [0; ENDPOINTS_MAX as usize];
    for clock in &mut scenario.clocks {
        clock.offset_us = clock.offset_us * bound / SKEW_MOST;
        ahead[clock.node.index()] = clock.offset_us;
    }
    for timed in actions {
        if let Action::Skew {
            node,
            offset_us,
            drift_ppm,
        } = &mut timed.action
        {
            let wanted = *offset_us * bound / SKEW_MOST;
            let before = core::mem::replace(&mut ahead[node.index()], wanted);
            *offset_us = wanted - before;
            *drift_ppm = drift_ppm.signum() * DRIFT_PPM as i32;
        }
    }
}

/// Much is lost, and whoever is not answered asks again soon.
fn contested(scenario: &mut Scenario, dice: &mut Dice) {
    scenario.links.latency_min = Micros::from_ms(1);
    scenario.links.latency_max = Micros::from_ms(1) + dice.ms(2, 20);
    scenario.links.loss = Ratio {
        hits: 1,
        of: dice.between(3, 8),
    };
    scenario.links.stream = false;
    scenario.set("round-after", dice.between(20_000, 80_000));
    scenario.set("retry-after", dice.between(50_000, 400_000));
    scenario.length = dice.ms(2_000, 4_000);
}

/// Servers that lead: beats and elections as quick as the lines allow, so that much happens.
fn leaders(scenario: &mut Scenario, weather: Weather, dice: &mut Dice) {
    let quick = Micros::from_ms(1);
    scenario.links.latency_min = quick;
    scenario.links.latency_max = quick + dice.ms(2, 20);
    scenario.set("heartbeat-after", dice.between(20_000, 35_000));
    scenario.set("election-after", dice.between(100_000, 200_000));
    scenario.set("retry-after", dice.between(20_000, 150_000));
    let nodes = u32::from(scenario.node_count());
    match weather {
        Weather::Adrift => {
            leased(scenario, 300);
            scenario.set("election-after", 400_000);
        }
        Weather::Stalled => {
            leased(scenario, 50);
            scenario.set("heartbeat-after", 30_000);
            scenario.set("election-after", STALLED_ELECTION);
            scenario.set("lease-after", 0);
        }
        Weather::MovingCut => {
            scenario.links.latency_min = Micros::from_ms(5);
            scenario.links.latency_max = Micros::from_ms(25);
            scenario.links.loss = Ratio { hits: 1, of: 4 };
            scenario.links.stream = false;
            scenario.set("batch", 1);
            scenario.set("election-after", 100_000);
            scenario.set("heartbeat-after", 80_000);
            scenario.set("retry-after", 50_000);
            scenario.set("members", 0);
            scenario.set("snapshot-after", 0);
            scenario.disk = (Micros::ZERO, Micros::ZERO);
        }
        Weather::MovingMembers => {
            scenario.links.loss = Ratio { hits: 1, of: 4 };
            scenario.links.stream = false;
            scenario.set("members", nodes.saturating_sub(1));
            scenario.set("election-after", 60_000);
            scenario.set("heartbeat-after", 50_000);
            scenario.disk = (Micros::ZERO, Micros::ZERO);
        }
        Weather::Stumbling => {
            scenario.choose("pre-vote", "off");
            scenario.set("election-after", 60_000);
            scenario.set("heartbeat-after", 25_000);
        }
        Weather::Locked => {
            scenario.choose("store", "lock");
        }
        _ => {}
    }
}

/// Values that are read by lease, over quick lines that lose nothing; clocks run wrong by so many thousandths at most.
fn leased(scenario: &mut Scenario, drift_bound: u32) {
    scenario.choose("reads", "lease");
    scenario.choose("store", "values");
    scenario.set("drift-bound", drift_bound);
    scenario.set("retry-after", 20_000);
    scenario.set("members", 0);
    scenario.links.latency_max = Micros::from_ms(4);
    scenario.links.loss = Ratio { hits: 0, of: 1 };
}
