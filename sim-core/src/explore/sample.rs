//! Random runs with faults, each a function of its seed alone.

use crate::action::{Action, MessageName, Timed};
use crate::draw::{self, Key, Purpose};
use crate::operation::{Operation, Store};
use crate::protocol::{ProtocolSpec, SettingKind};
use crate::protocols;
use crate::run::Run;
use crate::scenario::{LinkSpec, Scenario};
use crate::units::{Endpoint, Mask, Micros, Ratio};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A stream of draws for one run.
pub(super) struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// A stream of its own for each `from`.
    pub const fn new(seed: u64, from: u64) -> Self {
        Self { seed, thrown: from }
    }

    pub fn below(&mut self, span: u32) -> u32 {
        self.thrown += 1;
        let none = Endpoint::NONE;
        let key = Key {
            purpose: Purpose::Sample,
            from: none,
            to: none,
            tag: 0,
            counter: self.thrown,
        };
        draw::below(self.seed, key, span)
    }

    pub fn between(&mut self, min: u32, max: u32) -> u32 {
        min + self.below(max - min + 1)
    }

    pub fn one_in(&mut self, cases: u32) -> bool {
        self.below(cases) == 0
    }

    pub fn mask(&mut self, ends: u8) -> Mask {
        Mask(self.below(1 << ends))
    }

    pub fn ms(&mut self, min: u32, max: u32) -> Micros {
        Micros::from_ms(u64::from(self.between(min, max)))
    }
}

/// A random run of `protocol` under random settings (rules all on), for `seed`. Unknown names give `None`.
pub fn run(protocol: &str, seed: u64) -> Option<Run> {
    let spec = protocols::spec(protocol)?;
    let mut dice = Dice::new(seed, 0);
    let nodes = dice.between(u32::from(spec.nodes_min), u32::from(spec.nodes_max).min(5)) as u8;
    let names: Vec<String> = (0..nodes).map(|node| format!("N{}", node + 1)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scenario = Scenario::new(protocol, &names);
    scenario.title = "a random run".to_string();
    settings(spec, &mut scenario, &mut dice);
    network(&mut scenario, &mut dice);
    for person in 0..dice.between(2, 4) {
        let home = Endpoint(dice.below(u32::from(nodes)) as u8);
        scenario.add_client(&format!("P{}", person + 1), home);
    }
    scenario.length = dice.ms(1_500, 4_000);
    scenario.tail = Micros::from_ms(1_000);
    let actions = actions(spec, &scenario, &mut dice);
    let mut run = Run::new(scenario, seed);
    run.actions = actions;
    Some(run)
}

/// Settings that no handler looks at: they say how answers are judged. They are not drawn, so that runs stay as they are.
const ONLY_JUDGED: (&str, &str) = ("ledger", "session");

/// Settings that keep their default: what clocks do here is within it.
const NOT_DRAWN: &str = "drift-bound";

/// From this setting on, a protocol's settings are what some product does. They are drawn for no run: the presets in
/// [`crate::systems`] say how they belong together.
const OF_PRODUCTS: [(&str, &str); 2] = [("raft", "requests"), ("multi-paxos", "uncertainty")];

/// How many ways to read are drawn. What comes behind them rests on clocks that are not too far off: see
/// [`super::weather`].
const WAYS_DRAWN: u32 = 4;

pub(super) fn settings(spec: &ProtocolSpec, scenario: &mut Scenario, dice: &mut Dice) {
    for setting in spec.settings {
        if (spec.name, setting.name) == ONLY_JUDGED {
            continue;
        }
        if OF_PRODUCTS.contains(&(spec.name, setting.name)) {
            break;
        }
        if setting.name == NOT_DRAWN {
            scenario.settings.push(setting.default);
            continue;
        }
        let value = match setting.kind {
            SettingKind::Choice(list) if setting.name == "reads" => {
                dice.below(WAYS_DRAWN.min(list.len() as u32))
            }
            SettingKind::Choice(list) => dice.below(list.len() as u32),
            SettingKind::Number { min, max } => dice.between(min, max.min(200).max(min)),
            // Around the default, from half to twice: far from it nothing ever ends, or everything at once.
            SettingKind::Span { min, max } => dice.between(
                (setting.default / 2).max(min),
                (setting.default * 2).min(max),
            ),
        };
        scenario.settings.push(value);
    }
    if spec.reconfigures {
        few_entries(scenario, dice);
    }
}

/// A run has few entries, so snapshots come soon or never; and mostly every node is a member from the start.
fn few_entries(scenario: &mut Scenario, dice: &mut Dice) {
    let nodes = scenario.nodes.len() as u32;
    let after = if dice.one_in(2) {
        0
    } else {
        dice.between(2, 9)
    };
    scenario.set("snapshot-after", after);
    let members = if dice.one_in(3) {
        dice.between(1, nodes)
    } else {
        0
    };
    scenario.set("members", members);
}

pub(super) fn network(scenario: &mut Scenario, dice: &mut Dice) {
    let quick = dice.between(1, 20);
    let mut links = LinkSpec::datagrams(
        Micros::from_ms(u64::from(quick)),
        Micros::from_ms(u64::from(quick + dice.between(0, 60))),
    );
    if dice.one_in(2) {
        links.loss = Ratio {
            hits: dice.between(1, 20),
            of: 100,
        };
        links.duplication = Ratio {
            hits: dice.between(1, 20),
            of: 100,
        };
    }
    links.stream = dice.one_in(4);
    scenario.links = links;
    scenario.client_links = LinkSpec::datagrams(Micros::from_ms(1), Micros::from_ms(8));
    scenario.client_links.duplication = Ratio {
        hits: dice.between(0, 10),
        of: 100,
    };
    if dice.one_in(3) {
        scenario.disk = (Micros::from_ms(1), dice.ms(1, 30));
    }
}

/// Few items, so that people meet at them.
const ITEMS: u32 = 3;

/// Few keys, for the same reason.
const KEYS_MET: u32 = 2;

/// Whether a scenario keeps a lock, and no values.
pub(super) fn keeps_a_lock(spec: &ProtocolSpec, scenario: &Scenario) -> bool {
    spec.store == Store::Values && scenario.choices(spec).get("store") == 1
}

/// An operation on such a store; where it keeps a lock or values, on the one that this scenario keeps.
pub(super) fn operation(store: Store, of_lock: bool, dice: &mut Dice) -> Operation {
    match store {
        Store::Bank => match dice.below(4) {
            0 => Operation::Balance,
            1 => Operation::Deposit {
                amount: dice.between(1, 50),
            },
            _ => Operation::Withdraw {
                amount: dice.between(1, 80),
            },
        },
        Store::Cart => match dice.below(5) {
            0 | 1 => Operation::Read,
            2 | 3 => Operation::Add {
                item: dice.below(ITEMS) as u8,
            },
            _ => Operation::Remove {
                item: dice.below(ITEMS) as u8,
            },
        },
        // Values that differ tell more: who read which write.
        Store::Values => {
            let key = dice.below(KEYS_MET) as u8;
            let value = dice.between(1, 9) as u8;
            match dice.below(6) {
                0 | 1 if of_lock => Operation::Acquire,
                2 if of_lock => Operation::Release,
                _ if of_lock => Operation::GuardedWrite { value },
                0..=2 => Operation::Get { key },
                3 | 4 => Operation::Put { key, value },
                _ => Operation::CompareAndSet {
                    key,
                    from: dice.below(10) as u8,
                    to: value,
                },
            }
        }
    }
}

fn actions(spec: &ProtocolSpec, scenario: &Scenario, dice: &mut Dice) -> Vec<Timed> {
    let end = scenario.length.0 as u32;
    let mut list = Vec::new();
    let of_lock = keeps_a_lock(spec, scenario);
    for _ in 0..dice.between(10, 30) {
        let at = Micros(u64::from(dice.below(end)));
        let client = u32::from(scenario.node_count()) + dice.below(scenario.clients.len() as u32);
        let operation = operation(spec.store, of_lock, dice);
        list.push(Timed {
            at,
            action: Action::Operate {
                client: Endpoint(client as u8),
                operation,
            },
        });
    }
    for _ in 0..dice.between(2, 10) {
        let at = Micros(u64::from(dice.below(end)));
        list.push(Timed {
            at,
            action: fault(spec, scenario, dice),
        });
        if dice.one_in(2) {
            let later = at + Micros(u64::from(dice.below(end / 2)));
            list.push(Timed {
                at: later,
                action: Action::Heal,
            });
        }
    }
    for node in 0..scenario.node_count() {
        // Whoever fell down or stands still gets a chance to come back.
        let node = Endpoint(node);
        list.push(Timed {
            at: scenario.length,
            action: Action::Resume(node),
        });
        list.push(Timed {
            at: scenario.length,
            action: Action::Restart(node),
        });
    }
    list.push(Timed {
        at: scenario.length,
        action: Action::Heal,
    });
    list.sort_by_key(|timed| timed.at);
    list
}

fn fault(spec: &ProtocolSpec, scenario: &Scenario, dice: &mut Dice) -> Action {
    let ends = scenario.endpoint_count();
    let node = Endpoint(dice.below(u32::from(scenario.node_count())) as u8);
    let other = Endpoint(dice.below(u32::from(ends)) as u8);
    let message = MessageName {
        from: node,
        to: other,
        number: dice.below(40),
    };
    let promoting = if spec.promotes { 3 } else { 0 };
    let changing = if spec.reconfigures { 3 } else { 0 };
    match dice.below(17 + promoting + changing) {
        0 => Action::Kill(node),
        1 => Action::PowerOff(node),
        2..=4 => Action::Restart(node),
        5 => Action::Pause(other),
        6 => Action::Resume(other),
        7 => Action::Partition {
            side: dice.mask(ends),
        },
        8 => Action::Cut {
            a: dice.mask(ends),
            b: dice.mask(ends),
        },
        9 => Action::OneWay {
            from: dice.mask(ends),
            to: dice.mask(ends),
        },
        10 => Action::Mend {
            a: dice.mask(ends),
            b: dice.mask(ends),
        },
        11 => Action::Drop(message),
        12 => Action::Duplicate(message),
        13 => Action::Delay(message, dice.ms(1, 400)),
        14 => Action::Hold(message),
        15 => Action::Release(message),
        17..20 if spec.promotes => Action::Promote(node),
        17.. => Action::Member {
            node,
            joins: dice.one_in(2),
        },
        _ => Action::Skew {
            node,
            offset_us: i64::from(dice.between(0, 400_000)) - 200_000,
            drift_ppm: dice.between(0, 200_000).cast_signed() - 100_000,
        },
    }
}
