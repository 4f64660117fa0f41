//! A comparison that somebody has put together: which protocols or products, how many nodes, what is done to all of them,
//! and chance. Each side is a run, and what a side's run is of stands in its title, so that links lead back to the form.
//!
//! A script holds only what every protocol has: operations of clients, faults of nodes and of lines, a clock. Whom a fault
//! befalls is said by place or by role, and found in each run for itself.

use std::rc::Rc;

use sim_core::action::{Action, Timed};
use sim_core::operation::{Operation, Store};
use sim_core::protocol::{ProtocolSpec, SettingKind};
use sim_core::protocols;
use sim_core::run::Run;
use sim_core::scenario::{Load, Scenario};
use sim_core::systems;
use sim_core::units::{Endpoint, Mask, Micros};

/// How many sides there may be.
pub const SIDES: std::ops::RangeInclusive<usize> = 2..=4;
/// How many faults the form has room for.
pub const FAULTS_MAX: usize = 3;
/// How many nodes one may choose.
pub const NODES: [u8; 3] = [3, 4, 5];
/// How long a run is, in milliseconds; no fault begins or ends later.
pub const LENGTH_MS: u32 = 8_000;
/// What a clock jumps ahead by.
const JUMP_US: i64 = 500_000;

/// Protocols by what they are called.
pub const TITLES: &[(&str, &str)] = &[
    ("raft", "Raft"),
    ("multi-paxos", "Multi-Paxos"),
    ("paxos", "Paxos, one decision"),
    ("two-phase-commit", "Two-phase commit"),
    ("ledger", "Bank"),
    ("zab", "Zab"),
    ("lock-service", "Lock service"),
    ("primary-replica", "Cart"),
];

/// What befalls: its word in links and forms, and what a form says.
pub const WHAT: &[(&str, &str)] = &[
    ("cut", "is cut off with its clients"),
    ("kill", "crashes"),
    ("power", "loses its power"),
    ("pause", "stands still"),
    ("clock", "has a clock that jumps half a second ahead"),
];

/// Whom: its word, and what a form says. The nodes by their numbers come after these.
pub const WHOM: &[(&str, &str)] = &[
    ("leader", "the leader"),
    ("few", "the smaller half"),
    ("most", "the larger half"),
];

/// Something that is done to every side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// By its place in [`WHAT`].
    pub what: usize,
    /// By its place in [`WHOM`], and behind these the nodes.
    pub whom: usize,
    /// From when until when, in milliseconds.
    pub span: (u32, u32),
}

/// What there is to choose.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Form {
    /// Each side: a protocol (`raft`), a protocol with one setting chosen (`raft/reads=lease`), or a product (`@etcd`).
    pub sides: Vec<String>,
    /// How many nodes each has.
    pub nodes: u8,
    /// All chance.
    pub seed: u64,
    /// In any order.
    pub faults: Vec<Fault>,
}

/// The protocol that a side plays.
pub fn protocol(side: &str) -> &str {
    let name = side.split('/').next().unwrap_or_default();
    match name.strip_prefix('@') {
        Some(product) => systems::find(product).map_or("", |system| system.protocol),
        None => name,
    }
}

/// What a side is called.
pub fn label(side: &str) -> String {
    let (name, setting) = side.split_once('/').unwrap_or((side, ""));
    let product = name.strip_prefix('@').and_then(systems::find);
    let titled = TITLES.iter().find(|(known, _)| *known == name);
    let title = match (product, titled) {
        (Some(product), _) => product.title,
        (None, Some((_, title))) => title,
        (None, None) => name,
    };
    match setting.split_once('=') {
        Some((name, value)) => format!("{title}, {name}: {value}"),
        None => title.to_owned(),
    }
}

/// Every side that may be chosen of a protocol: itself, and each other value of each setting that is a choice.
pub fn sides(spec: &ProtocolSpec) -> Vec<String> {
    let mut sides = vec![spec.name.to_owned()];
    for setting in spec.settings {
        // A lock is asked other things.
        let SettingKind::Choice(list) = setting.kind else {
            continue;
        };
        let others = list.iter().enumerate();
        let others = others.filter(|(place, _)| *place != setting.default as usize);
        if setting.name != "store" {
            sides
                .extend(others.map(|(_, value)| format!("{}/{}={value}", spec.name, setting.name)));
        }
    }
    sides
}

impl Fault {
    /// As links write it: `cut leader 2000-4000`.
    fn text(&self) -> String {
        let (what, whom) = (WHAT[self.what].0, whom(self.whom));
        format!("{what} {whom} {}-{}", self.span.0, self.span.1)
    }

    /// Reads that.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let what = words.next()?;
        let who = words.next()?;
        let (from, until) = words.next()?.split_once('-')?;
        let span: (u32, u32) = (from.parse().ok()?, until.parse().ok()?);
        let is_span = span.0 < span.1 && span.1 <= LENGTH_MS;
        let fault = Self {
            what: WHAT.iter().position(|known| known.0 == what)?,
            whom: (0..WHOM.len() + usize::from(NODES[NODES.len() - 1]))
                .find(|place| whom(*place) == who)?,
            span,
        };
        (is_span && words.next().is_none()).then_some(fault)
    }

    /// The nodes that it names.
    fn nodes(&self, nodes: u8) -> Mask {
        let few = Mask::first(nodes / 2);
        match self.whom {
            0 => Mask::of(Endpoint::LEADER),
            1 => few,
            2 => Mask::first(nodes).without(few),
            place => Mask::of(Endpoint((place - WHOM.len()) as u8)),
        }
    }

    /// What is done, in no order.
    fn actions(&self, nodes: u8) -> Vec<Timed> {
        let [from, until] = [self.span.0, self.span.1].map(|ms| Micros::from_ms(u64::from(ms)));
        let named = self.nodes(nodes);
        let mut list = Vec::new();
        let mut both = |does: Action, ends: Option<Action>| {
            list.push(Timed {
                at: from,
                action: does,
            });
            list.extend(ends.map(|action| Timed { at: until, action }));
        };
        if WHAT[self.what].0 == "cut" {
            let theirs = |end: Endpoint| match end {
                Endpoint::LEADER => Endpoint::CLIENTS_OF_LEADER,
                Endpoint(node) => Endpoint(nodes + node),
            };
            let side = named.iter().fold(named, |side, end| side.with(theirs(end)));
            let mend = Action::Mend {
                a: side,
                b: Mask::ALL,
            };
            both(Action::Partition { side }, Some(mend));
            return list;
        }
        for end in named.iter() {
            match WHAT[self.what].0 {
                "kill" => both(Action::Kill(end), Some(Action::Restart(end))),
                "power" => both(Action::PowerOff(end), Some(Action::Restart(end))),
                "pause" => both(Action::Pause(end), Some(Action::Resume(end))),
                _ => {
                    let jump = Action::Skew {
                        node: end,
                        offset_us: JUMP_US,
                        drift_ppm: 0,
                    };
                    both(jump, None);
                }
            }
        }
        list
    }
}

/// The word of whomever stands at that place.
pub fn whom(place: usize) -> String {
    match WHOM.get(place) {
        Some((word, _)) => (*word).to_owned(),
        None => format!("s{}", place - WHOM.len() + 1),
    }
}

impl Form {
    /// What a form shows that nobody has touched.
    pub fn blank() -> Self {
        Self {
            sides: vec!["raft".to_owned(), "two-phase-commit".to_owned()],
            nodes: 5,
            seed: 1,
            faults: Fault::read("cut leader 2000-4500").into_iter().collect(),
        }
    }

    /// The runs of all sides, whose protocols are here. Else what is wrong.
    pub fn runs(&self) -> Result<Vec<Run>, String> {
        let mut stores = self.sides.iter().map(|side| {
            let spec = protocols::spec(protocol(side));
            spec.map(|spec| spec.store)
        });
        let first = stores.next().flatten();
        if stores.any(|store| store != first) {
            return Err("These keep different things, and cannot be asked the same: choose sides that keep the same".to_owned());
        }
        self.sides.iter().map(|side| self.run(side)).collect()
    }

    fn run(&self, side: &str) -> Result<Run, String> {
        let mut scenario = self.scenario(side)?;
        scenario.title = self.title(side);
        for node in 0..self.nodes {
            scenario.add_client(CLIENTS[usize::from(node)], Endpoint(node));
        }
        scenario.length = Micros::from_ms(u64::from(LENGTH_MS));
        let store = protocols::spec(&scenario.protocol).map(|spec| spec.store);
        scenario.loads = vec![Load {
            clients: Mask::first(2 * self.nodes).without(Mask::first(self.nodes)),
            from: Micros::from_ms(500),
            until: Micros::from_ms(u64::from(LENGTH_MS) - 1_000),
            gap_min: Micros::from_ms(300),
            gap_max: Micros::from_ms(700),
            mix: mix(store.unwrap_or(Store::Values)),
        }];
        let faults = self.faults.iter();
        scenario.script = faults.flat_map(|fault| fault.actions(self.nodes)).collect();
        scenario.script.sort_by_key(|timed| timed.at);
        let run = Run {
            scenario: Rc::new(scenario),
            seed: self.seed,
            actions: Vec::new(),
        };
        match run.check() {
            Ok(()) => Ok(run),
            Err(why) => Err(format!("{}: {why}", label(side))),
        }
    }

    fn scenario(&self, side: &str) -> Result<Scenario, String> {
        let names: Vec<&str> = NAMES[..usize::from(self.nodes).min(NAMES.len())].to_vec();
        let (name, setting) = side.split_once('/').unwrap_or((side, ""));
        if let Some(product) = name.strip_prefix('@').and_then(systems::find) {
            return Ok(product.scenario(&names));
        }
        let mut scenario = Scenario::new(name, &names);
        if setting.is_empty() {
            return Ok(scenario);
        }
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        let before = scenario.settings.len();
        scenario.choose(name, value);
        match scenario.settings.len() > before {
            true => Ok(scenario),
            false => Err(format!("{side} is nothing that can be chosen")),
        }
    }

    /// What of this a side's title says.
    fn title(&self, side: &str) -> String {
        let faults: Vec<String> = self.faults.iter().map(Fault::text).collect();
        format!("{side}: {}", faults.join(", "))
    }

    /// The form that these runs come from, if they come from one.
    pub fn of(runs: &[&Run]) -> Option<Self> {
        let first = runs.first()?;
        let (_, faults) = first.scenario.title.split_once(": ")?;
        let side = |run: &&Run| Some(run.scenario.title.split_once(": ")?.0.to_owned());
        let faults = faults.split(", ").filter(|text| !text.is_empty());
        let form = Self {
            sides: runs.iter().map(side).collect::<Option<_>>()?,
            nodes: first.scenario.node_count(),
            seed: first.seed,
            faults: faults.map(Fault::read).collect::<Option<_>>()?,
        };
        let is_form = NODES.contains(&form.nodes) && form.faults.len() <= FAULTS_MAX;
        let again = is_form.then(|| form.runs().ok()).flatten()?;
        again.iter().eq(runs.iter().copied()).then_some(form)
    }
}

const NAMES: [&str; 5] = ["S1", "S2", "S3", "S4", "S5"];
const CLIENTS: [&str; 5] = ["Ann", "Ben", "Cleo", "Dan", "Eve"];

/// What clients ask for, and how often.
fn mix(store: Store) -> Vec<(u32, Operation)> {
    match store {
        Store::Bank => vec![
            (2, Operation::Deposit { amount: 20 }),
            (2, Operation::Withdraw { amount: 30 }),
            (2, Operation::Balance),
        ],
        Store::Cart => vec![
            (1, Operation::Add { item: 0 }),
            (1, Operation::Add { item: 1 }),
            (1, Operation::Remove { item: 0 }),
            (3, Operation::Read),
        ],
        Store::Values => {
            let put = |key, value| (1, Operation::Put { key, value });
            let mut mix: Vec<_> = (1..=4).map(|value| put(0, value)).collect();
            mix.extend([put(1, 5), put(1, 6)]);
            mix.extend([
                (4, Operation::Get { key: 0 }),
                (2, Operation::Get { key: 1 }),
            ]);
            mix
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::run::Timeline;
    use sim_core::share::{self, Link};
    use sim_core::trace::Kind;

    fn form(sides: &[&str], faults: &[&str]) -> Form {
        let faults = faults
            .iter()
            .map(|text| Fault::read(text).expect("a fault"));
        Form {
            sides: sides.iter().map(|side| (*side).to_owned()).collect(),
            nodes: 5,
            seed: 3,
            faults: faults.collect(),
        }
    }

    #[test]
    fn every_protocol_has_a_title_and_every_side_runs_and_comes_back_from_its_link() {
        for name in protocols::names() {
            assert!(TITLES.iter().any(|(known, _)| *known == name), "{name}");
            let spec = protocols::spec(name).expect("it is here");
            let products = systems::SYSTEMS.iter();
            let products = products.filter(|system| system.protocol == name);
            let products = products.map(|system| format!("@{}", system.name));
            for side in sides(spec).into_iter().chain(products) {
                let form = form(
                    &[&side, name],
                    &["cut leader 2000-3000", "pause s2 5000-6000"],
                );
                let runs = form.runs().expect("they run");
                let decoded = runs.iter().map(|run| {
                    let link = Link {
                        run: run.clone(),
                        at: Micros::ZERO,
                        digest: 0,
                    };
                    share::decode(&share::encode(&link).expect("it fits"))
                        .expect("a link")
                        .run
                });
                let decoded: Vec<Run> = decoded.collect();
                let back = Form::of(&decoded.iter().collect::<Vec<_>>());
                assert_eq!(back.as_ref(), Some(&form), "{side}");
                assert_eq!(protocol(&side), name);
            }
        }
    }

    #[test]
    fn each_fault_is_done_and_undone() {
        for (what, _) in WHAT {
            for whom in ["leader", "few", "most", "s4"] {
                let text = format!("{what} {whom} 2000-3000");
                let runs = form(&["raft", "multi-paxos"], &[&text])
                    .runs()
                    .expect("they run");
                for run in runs {
                    let asked = run.scenario.script.len();
                    let timeline = Timeline::of(run).expect("it runs");
                    let kinds = |kind: Kind| {
                        let events = timeline.trace().events().iter();
                        events.filter(|event| event.kind == kind).count()
                    };
                    assert_eq!(kinds(Kind::Acted), asked, "{text}");
                    assert_eq!(kinds(Kind::HadNoEffect), 0, "{text}");
                    assert!(kinds(Kind::Replied) > 5, "{text}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_fault_and_no_pair_is_refused() {
        for wrong in [
            "",
            "cut",
            "cut leader",
            "cut leader 5-5",
            "cut s9 1-2",
            "fall s1 1-2",
            "cut s1 1-9000",
            "cut s1 1-2 3",
        ] {
            assert_eq!(Fault::read(wrong), None, "{wrong}");
        }
        let wrong = form(&["raft", "ledger"], &[])
            .runs()
            .expect_err("a bank beside values");
        assert!(wrong.contains("keep different things"), "{wrong}");
        for side in ["raft/reads=never", "@nobody", "gossip", "raft/x", ""] {
            assert!(form(&["raft", side], &[]).runs().is_err(), "{side}");
        }
        let run = sim_core::catalogue::find("raft-three").expect("it is there");
        assert_eq!(Form::of(&[&Run::new(run, 1)]), None);
    }
}
