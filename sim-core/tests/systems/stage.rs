//! A stage for the products: who leads is looked up first, then faults and people are placed around that.

use crate::rows;
use sim_core::action::{Action, Timed};
use sim_core::history::{Fate, Outcome, Record};
use sim_core::operation::{Answer, Operation, SYNCED};
use sim_core::protocols::consensus::Note;
use sim_core::protocols::multi_paxos;
use sim_core::protocols::raft::Why;
use sim_core::protocols::zab;
use sim_core::run::{Run, Timeline};
use sim_core::scenario::Scenario;
use sim_core::systems;
use sim_core::trace::{Event, Kind};
use sim_core::units::{Endpoint, Mask, Micros, OpId};
use sim_core::wire::{Decoder, Wire};

pub const SEEDS: std::ops::Range<u64> = 0..200;

/// The election time-out of both presets.
pub const T: Micros = Micros::from_ms(1_000);

/// What etcd's members do with what they cannot have done: 5 s and two election time-outs.
pub const SERVER_GIVES_UP: Micros = Micros::from_ms(7_000);

pub const X: u8 = 0;

pub const fn put(value: u8) -> Operation {
    Operation::Put { key: X, value }
}

pub const GET: Operation = Operation::Get { key: X };
pub const GET_CONFIRMED: Operation = Operation::GetAs { key: X, way: 0 };
pub const GET_STALE: Operation = Operation::GetAs { key: X, way: 3 };
pub const GET_SYNCED: Operation = Operation::GetAs {
    key: X,
    way: SYNCED,
};
pub const WATCH: Operation = Operation::GetAs { key: X, way: 4 };
pub const WATCH_WITH_LEADER: Operation = Operation::GetAs { key: X, way: 5 };

pub const DONE: Outcome = Outcome::Told(Answer::Done);

pub const fn value(value: i64) -> Outcome {
    Outcome::Told(Answer::Value(value))
}

pub fn is_refused(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Told(Answer::Refused(_)))
}

/// How long a server believed that it led.
#[derive(Clone, Copy, Debug)]
pub struct Reign {
    pub who: Endpoint,
    pub from: Micros,
    pub to: Micros,
}

pub struct Stage {
    pub scenario: Scenario,
    seed: u64,
    actions: Vec<Timed>,
    isolated: Vec<(Micros, Vec<Endpoint>)>,
    /// Who leads before anything goes wrong, and since when.
    pub leader: Endpoint,
    pub led_since: Micros,
    /// When things go wrong: at a time of its own in every run.
    pub cut: Micros,
}

/// By when somebody leads.
fn settled(system: &str) -> Micros {
    match system {
        "chubby" => Micros::from_ms(24_000),
        _ => Micros::from_ms(4_000),
    }
}

impl Stage {
    /// So many members of a product, with some of its settings otherwise.
    pub fn new(system: &str, nodes: u8, seed: u64, choices: &[(&str, &str)]) -> Self {
        Self::with(system, nodes, seed, |scenario| {
            for (setting, choice) in choices {
                scenario.choose(setting, choice);
            }
        })
    }

    /// The same, with anything about it otherwise.
    pub fn with(system: &str, nodes: u8, seed: u64, change: impl Fn(&mut Scenario)) -> Self {
        let system = systems::find(system).expect("there is such a system");
        let names = ["S1", "S2", "S3", "S4", "S5"];
        let mut scenario = system.scenario(&names[..usize::from(nodes)]);
        change(&mut scenario);
        let settled = settled(system.name);
        scenario.length = settled;
        let first = Timeline::of(Run::new(scenario.clone(), seed)).expect("it runs");
        let reigns = reigns(&first);
        let reign = *reigns.last().expect("somebody leads");
        Self {
            scenario,
            seed,
            actions: Vec::new(),
            isolated: Vec::new(),
            leader: reign.who,
            led_since: reign.from,
            cut: settled + Micros::from_ms(seed * 37 % 1_000),
        }
    }

    /// A member that does not lead: the first, the second, ...
    pub fn follower(&self, number: usize) -> Endpoint {
        let nodes = Mask::first(self.scenario.node_count());
        let others = nodes.without(Mask::of(self.leader));
        others.iter().nth(number).expect("there are so many")
    }

    /// A client with this member.
    pub fn client(&mut self, home: Endpoint, patience_ms: u64) -> Endpoint {
        let name = format!("C{}", self.scenario.clients.len() + 1);
        let client = self.scenario.add_client(&name, home);
        let last = self.scenario.clients.last_mut().expect("it was just added");
        last.patience = Micros::from_ms(patience_ms);
        client
    }

    /// These members and their clients.
    fn with_clients(&self, nodes: &[Endpoint]) -> Mask {
        let mut side = Mask::from_list(nodes);
        let count = self.scenario.node_count();
        for (place, client) in (count..).zip(&self.scenario.clients) {
            if nodes.contains(&client.home) {
                side = side.with(Endpoint(place));
            }
        }
        side
    }

    pub fn at(&mut self, at: Micros, action: Action) {
        self.actions.push(Timed { at, action });
    }

    pub fn ask(&mut self, at: Micros, client: Endpoint, operation: Operation) {
        self.at(at, Action::Operate { client, operation });
    }

    /// Cuts these members off with all their clients.
    pub fn isolate(&mut self, at: Micros, nodes: &[Endpoint]) {
        self.isolated.push((at, nodes.to_vec()));
    }

    /// Asks to have a write done again and again, each time with little patience, as somebody does who measures when a
    /// service is back.
    pub fn try_often(&mut self, from: Micros, until: Micros, home: Endpoint) -> Endpoint {
        let client = self.client(home, 45);
        let mut at = from;
        while at < until {
            self.ask(at, client, put(9));
            at += Micros::from_ms(50);
        }
        client
    }

    pub fn play(mut self, length: Micros) -> Played {
        self.scenario.length = length;
        self.scenario.tail = Micros::from_ms(1);
        for (at, nodes) in core::mem::take(&mut self.isolated) {
            let side = self.with_clients(&nodes);
            self.at(at, Action::Partition { side });
        }
        // At one moment a cut comes before what somebody asks then.
        let asks = |action: &Action| matches!(action, Action::Operate { .. });
        self.actions.sort_by_key(|timed| asks(&timed.action));
        self.actions.sort_by_key(|timed| timed.at);
        let mut run = Run::new(self.scenario, self.seed);
        run.actions = self.actions;
        let timeline = Timeline::of(run).expect("it runs");
        rows::hold(self.seed, self.cut, &timeline);
        Played { timeline }
    }
}

pub struct Played {
    pub timeline: Timeline,
}

impl Played {
    /// What a client asked, in order.
    pub fn of(&self, client: Endpoint) -> Vec<Record> {
        let records = self.timeline.history().records.iter();
        records
            .filter(|record| record.client == client)
            .copied()
            .collect()
    }

    /// The one thing that a client asked: how it ended, and after how long.
    pub fn one(&self, client: Endpoint) -> (Outcome, Micros) {
        let all = self.of(client);
        assert_eq!(all.len(), 1, "{all:?}");
        (all[0].outcome, all[0].ended.since(all[0].invoked))
    }

    /// When a client was told for the first time that something was done.
    pub fn first_done(&self, client: Endpoint) -> Option<Micros> {
        let all = self.of(client);
        let first = all.iter().find(|record| record.outcome == DONE);
        first.map(|record| record.ended)
    }

    /// What became in the end of the one thing that a client asked.
    pub fn fate(&mut self, client: Endpoint) -> Fate {
        let op: OpId = self.of(client)[0].op;
        self.timeline.last().fate(op)
    }

    /// When somebody first noted this, by its number.
    pub fn noted(&self, who: Endpoint, why: u8) -> Option<Micros> {
        let trace = self.timeline.trace();
        let notes = |event: &&Event| event.kind == Kind::Noted && event.who == who;
        let is_it = |event: &&Event| {
            let note = Note::decode(&mut Decoder::new(trace.payload(event)));
            note.is_some_and(|note| note.why == why)
        };
        let first = trace.events().iter().filter(notes).find(is_it);
        first.map(|event| event.at)
    }

    pub fn reigns(&self) -> Vec<Reign> {
        reigns(&self.timeline)
    }

    /// Who was elected from a moment on.
    pub fn elected_from(&self, from: Micros) -> Vec<Reign> {
        let mut reigns = self.reigns();
        reigns.retain(|reign| reign.from >= from);
        reigns
    }

    /// When the last server took its last role.
    pub fn settled(&self) -> Micros {
        const TURNS: [Why; 7] = [
            Why::Stands,
            Why::StandsAtOnce,
            Why::Leads,
            Why::Follows,
            Why::StepsDown,
            Why::LostMajority,
            Why::LeavesOffice,
        ];
        let is_turn = |why: u8| TURNS.iter().any(|one| *one as u8 == why);
        let notes = notes(&self.timeline);
        let last = notes.iter().rev().find(|(.., why)| is_turn(*why));
        last.map_or(Micros::ZERO, |(at, ..)| *at)
    }

    /// Nothing that the protocol promises was broken.
    pub fn keeps_its_promises(&self) -> bool {
        let findings = &self.timeline.last().sightings().findings;
        findings.iter().all(|found| !found.promised)
    }
}

/// What servers noted, as the numbers of their reasons.
fn notes(timeline: &Timeline) -> Vec<(Micros, Endpoint, u8)> {
    let trace = timeline.trace();
    let nodes = timeline.run().scenario.node_count();
    let mut notes = Vec::new();
    for event in trace.events() {
        if event.kind == Kind::Noted && event.who.0 < nodes {
            let note = Note::decode(&mut Decoder::new(trace.payload(event))).expect("a note");
            notes.push((event.at, event.who, note.why));
        }
    }
    notes
}

/// Whether a server begins to lead, or does so no more.
fn office(protocol: &str, why: u8) -> Option<bool> {
    const BEGINS: [zab::Why; 2] = [zab::Why::Established, zab::Why::EstablishedEmpty];
    let is_raft = |all: &[Why]| all.iter().any(|one| *one as u8 == why);
    let begins = match protocol {
        "zab" => BEGINS.iter().any(|one| *one as u8 == why),
        "multi-paxos" | "lock-service" => multi_paxos::Why::Leads as u8 == why,
        _ => is_raft(&[Why::Leads]),
    };
    let ends = match protocol {
        "zab" => zab::Why::Looks as u8 == why,
        "multi-paxos" | "lock-service" => multi_paxos::Why::Overtaken as u8 == why,
        _ => is_raft(&[Why::StepsDown, Why::LostMajority, Why::LeavesOffice]),
    };
    (begins || ends).then_some(begins)
}

fn reigns(timeline: &Timeline) -> Vec<Reign> {
    let mut reigns: Vec<Reign> = Vec::new();
    for (at, who, why) in notes(timeline) {
        match office(&timeline.run().scenario.protocol, why) {
            Some(true) => reigns.push(Reign {
                who,
                from: at,
                to: Micros::NEVER,
            }),
            Some(false) => {
                let led = |one: &&mut Reign| one.who == who && one.to == Micros::NEVER;
                if let Some(last) = reigns.iter_mut().rev().find(led) {
                    last.to = at;
                }
            }
            None => {}
        }
    }
    reigns
}

/// Times in thousandths of T.
#[derive(Default, Debug)]
pub struct Times(Vec<u64>);

impl Times {
    pub fn add(&mut self, span: Micros) {
        self.0.push(span.0 * 1_000 / T.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many lie in a range of thousandths of T, widened by a fifth.
    pub fn within(&self, (min, max): (u64, u64)) -> usize {
        let wide = min * 5 / 6..=max * 6 / 5;
        self.0.iter().filter(|one| wide.contains(one)).count()
    }

    /// All of them lie between these thousandths of T.
    #[track_caller]
    pub fn all_between(&self, min: u64, max: u64) {
        let fits = self.0.iter().all(|one| (min..=max).contains(one));
        assert!(fits, "{min} to {max}: {self}");
    }

    /// All of them lie in a range, widened by a fifth.
    #[track_caller]
    pub fn all_within(&self, range: (u64, u64)) {
        assert_eq!(self.within(range), self.0.len(), "{range:?}: {self}");
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = |share: usize| sorted.get(last * share / 100).copied().unwrap_or(0);
        let [min, low, middle, high, max] = [0, 10, 50, 90, 100].map(at);
        let count = sorted.len();
        write!(
            f,
            "{min} to {max}, half below {middle}, eight tenths in {low} to {high}, {count} runs"
        )
    }
}
