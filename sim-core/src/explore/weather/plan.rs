//! What is done to a run in each kind of weather, and when.

use super::{SKEW_MOST, STALLED_ELECTION, Weather};
use crate::action::{Action, Timed};
use crate::explore::sample::{self, Dice};
use crate::operation::Operation;
use crate::protocol::ProtocolSpec;
use crate::scenario::{ClockSpec, Scenario};
use crate::units::{Endpoint, Mask, Micros};
use alloc::vec::Vec;

/// Everything that is done to a run.
struct Plan<'a> {
    spec: &'a ProtocolSpec,
    nodes: u8,
    people: u8,
    end: u32,
    list: Vec<Timed>,
}

pub(super) fn actions(
    spec: &ProtocolSpec,
    scenario: &mut Scenario,
    weather: Weather,
    dice: &mut Dice,
) -> Vec<Timed> {
    let mut plan = Plan {
        spec,
        nodes: scenario.node_count(),
        people: scenario.clients.len() as u8,
        end: scenario.length.0 as u32,
        list: Vec::new(),
    };
    match weather {
        Weather::Mixed | Weather::Locked => {
            plan.asks(scenario, dice);
            plan.episodes(dice);
        }
        Weather::Stumbling => {
            plan.asks(scenario, dice);
            plan.stumbles(dice);
            plan.episodes(dice);
        }
        Weather::Apart => {
            plan.asks(scenario, dice);
            plan.cuts(dice);
        }
        Weather::Reshuffled => {
            plan.asks(scenario, dice);
            plan.cuts(dice);
            plan.members(dice);
        }
        Weather::Adrift => plan.adrift(scenario, dice),
        Weather::Stalled => plan.stalled(dice),
        Weather::MovingCut => plan.moving_cut(dice),
        Weather::MovingMembers => plan.moving_members(dice),
        Weather::Contested => plan.contested(dice),
        Weather::Uncertain => plan.uncertain(scenario, dice),
    }
    plan.comes_right();
    plan.list.sort_by_key(|timed| timed.at);
    plan.list
}

impl Plan<'_> {
    fn at(&mut self, at: u32, action: Action) {
        let at = Micros(u64::from(at));
        self.list.push(Timed { at, action });
    }

    fn node(&self, dice: &mut Dice) -> Endpoint {
        Endpoint(dice.below(u32::from(self.nodes)) as u8)
    }

    fn person(&self, dice: &mut Dice) -> Endpoint {
        Endpoint(self.nodes + dice.below(u32::from(self.people)) as u8)
    }

    /// People ask all the time, mostly about one thing, so that whatever goes wrong is noticed.
    fn asks(&mut self, scenario: &Scenario, dice: &mut Dice) {
        let of_lock = sample::keeps_a_lock(self.spec, scenario);
        for number in 0..dice.between(60, 100) {
            let at = dice.below(self.end);
            let client = self.person(dice);
            let mut operation = sample::operation(self.spec.store, of_lock, dice);
            if let Operation::Put { key, .. } = operation {
                // Each value once, so that one can tell who read which.
                operation = Operation::Put {
                    key,
                    value: number as u8 + 10,
                };
            }
            self.at(at, Action::Operate { client, operation });
        }
    }

    /// One fault after the other, each over before long.
    fn episodes(&mut self, dice: &mut Dice) {
        let mut at = dice.below(800_000);
        while at < self.end {
            let over = at + dice.between(100_000, 1_500_000);
            self.fault(at, over, dice);
            at += dice.between(200_000, 1_200_000);
        }
    }

    fn fault(&mut self, at: u32, over: u32, dice: &mut Dice) {
        let ends = self.nodes + self.people;
        let node = self.node(dice);
        let [one, other] = [dice.mask(ends), dice.mask(ends)];
        let mut kinds = 8;
        kinds += u32::from(self.spec.promotes);
        kinds += u32::from(self.spec.reconfigures);
        let (fault, mend) = match dice.below(kinds) {
            0 => (Action::Kill(node), Action::Restart(node)),
            1 => (Action::PowerOff(node), Action::Restart(node)),
            2 => (Action::Pause(node), Action::Resume(node)),
            3 => (Action::Partition { side: one }, Action::Heal),
            4 => (
                Action::OneWay {
                    from: one,
                    to: other,
                },
                Action::Heal,
            ),
            5 => (Action::Cut { a: one, b: other }, Action::Heal),
            6 => {
                let client = self.person(dice);
                (Action::Pause(client), Action::Resume(client))
            }
            7 => {
                let skew = |offset_us, drift_ppm| Action::Skew {
                    node,
                    offset_us,
                    drift_ppm,
                };
                let offset = i64::from(dice.between(0, 2 * SKEW_MOST as u32)) - SKEW_MOST;
                let drift = dice.between(0, 160_000).cast_signed() - 80_000;
                (skew(offset, drift), skew(0, 0))
            }
            8 if self.spec.promotes => (Action::Promote(node), Action::Heal),
            _ => {
                let member = |joins| Action::Member { node, joins };
                (member(false), member(true))
            }
        };
        self.at(at, fault);
        self.at(over, mend);
    }

    /// All fall at once, and while they elect somebody, one after the other falls again.
    fn stumbles(&mut self, dice: &mut Dice) {
        let mut at = dice.below(500_000);
        while at < self.end {
            for node in 0..self.nodes {
                let at = at + dice.below(5_000);
                self.stumble(at, Endpoint(node));
            }
            for _ in 0..dice.between(8, 16) {
                let (node, later) = (self.node(dice), dice.between(50_000, 400_000));
                self.stumble(at + later, node);
            }
            at += dice.between(600_000, 1_400_000);
        }
    }

    fn stumble(&mut self, at: u32, node: Endpoint) {
        self.at(at, Action::Kill(node));
        self.at(at + 1_000, Action::Restart(node));
    }

    fn cuts(&mut self, dice: &mut Dice) {
        let mut at = dice.below(400_000);
        while at < self.end {
            let node = self.node(dice);
            let mut side = Mask::of(node);
            for person in 0..self.people {
                if person % self.nodes == node.0 || dice.one_in(3) {
                    side = side.with(Endpoint(self.nodes + person));
                }
            }
            self.at(at, Action::Partition { side });
            self.at(at + dice.between(150_000, 650_000), Action::Heal);
            if dice.one_in(3) {
                let over = at + dice.between(100_000, 900_000);
                self.fault(at + dice.below(300_000), over, dice);
            }
            at += dice.between(300_000, 1_000_000);
        }
    }

    fn members(&mut self, dice: &mut Dice) {
        for _ in 0..60 {
            let node = self.node(dice);
            let joins = dice.one_in(2);
            let at = dice.below(self.end);
            self.at(at, Action::Member { node, joins });
        }
    }

    /// One slow clock among fast ones, as far apart as the bound allows. That server is cut off again and again with
    /// its person, who reads while the others write.
    fn adrift(&mut self, scenario: &mut Scenario, dice: &mut Dice) {
        let slow = self.node(dice);
        scenario.clocks = (0..self.nodes)
            .map(|node| ClockSpec {
                node: Endpoint(node),
                offset_us: 0,
                drift_ppm: if node == slow.0 { -300_000 } else { 300_000 },
            })
            .collect();
        let reader = Endpoint(self.nodes + slow.0 % self.people);
        let side = Mask::of(slow).with(reader);
        let mut at = 1_500_000;
        while at < self.end {
            self.at(at, Action::Partition { side });
            self.at(at + 900_000, Action::Heal);
            // Somebody else falls or stands still for a while.
            let node = self.node(dice);
            let (fault, mend) = match dice.one_in(2) {
                true => (Action::Kill(node), Action::Restart(node)),
                false => (Action::Pause(node), Action::Resume(node)),
            };
            self.at(at + 1_200_000, fault);
            self.at(at + 1_400_000, mend);
            at += 2_500_000;
        }
        for number in 0..320_u32 {
            self.reads_or_writes(reader, (number % 250) as u8, (0, self.end), dice);
        }
    }

    /// One slow clock among fast ones, as far apart as they may be. That server's person reads while the others write; and
    /// from time to time something goes wrong.
    fn uncertain(&mut self, scenario: &mut Scenario, dice: &mut Dice) {
        let slow = self.node(dice);
        let reader = Endpoint(self.nodes + slow.0 % self.people);
        scenario.clocks = (0..self.nodes)
            .map(|node| ClockSpec {
                node: Endpoint(node),
                offset_us: if node == slow.0 {
                    -SKEW_MOST
                } else {
                    SKEW_MOST
                },
                drift_ppm: 0,
            })
            .collect();
        for number in 0..320_u32 {
            let client = self.person(dice);
            let key = 0;
            let operation = match client == reader || dice.one_in(4) {
                true => Operation::Get { key },
                false => Operation::Put {
                    key,
                    value: (number % 250) as u8,
                },
            };
            let at = dice.below(self.end);
            self.at(at, Action::Operate { client, operation });
        }
        self.episodes(dice);
    }

    /// Again and again one server is to lead. Half of the others cannot hear it from then on, and the rest stand still for
    /// longer than they would wait for it. When they go on it is cut off with its person, who reads while the others write.
    fn stalled(&mut self, dice: &mut Dice) {
        let nodes = Mask::first(self.nodes);
        let mut at = 500_000;
        while at < self.end {
            let leader = self.node(dice);
            let reader = Endpoint(self.nodes + leader.0 % self.people);
            let servers = self.nodes;
            let other = |far: u8| Endpoint((leader.0 + far) % servers);
            let half = self.nodes / 2;
            let still = (1..=half).map(other).fold(Mask::EMPTY, Mask::with);
            let deaf = nodes.without(still).without(Mask::of(leader));
            self.at(at, Action::Promote(leader));
            let cut = at + dice.between(300_000, 500_000);
            self.at(
                cut,
                Action::Cut {
                    a: Mask::of(leader),
                    b: deaf,
                },
            );
            let stops = cut + dice.between(0, 30_000);
            let goes_on = stops + dice.between(STALLED_ELECTION, 2 * STALLED_ELECTION);
            for far in 1..=half {
                self.at(stops, Action::Pause(other(far)));
                self.at(goes_on, Action::Resume(other(far)));
            }
            let alone = goes_on + dice.between(3_000, 20_000);
            let side = Mask::of(leader).with(reader);
            self.at(alone, Action::Partition { side });
            for number in 0..8 {
                let value = (at / 1_000_000) as u8 * 8 + number;
                self.reads_or_writes(reader, value, (alone, STALLED_ELECTION), dice);
            }
            at = alone + dice.between(600_000, 900_000);
            self.at(at - 200_000, Action::Heal);
        }
    }

    /// Somebody asks about one key at some moment of a span, which begins then and is so long: the reader what it holds,
    /// anybody else that it hold this.
    fn reads_or_writes(&mut self, reader: Endpoint, value: u8, span: (u32, u32), dice: &mut Dice) {
        let client = self.person(dice);
        let key = 0;
        let operation = match client == reader {
            true => Operation::Get { key },
            false => Operation::Put { key, value },
        };
        let at = span.0 + dice.below(span.1);
        self.at(at, Action::Operate { client, operation });
    }

    fn moving_cut(&mut self, dice: &mut Dice) {
        let nodes = Mask::first(self.nodes);
        let mut at = 200_000;
        while at < self.end {
            let side = Mask::of(self.node(dice));
            let operation = Operation::Put {
                key: 0,
                value: dice.below(200) as u8,
            };
            let client = self.person(dice);
            self.at(at, Action::Heal);
            let (a, b) = (side, nodes.without(side));
            self.at(at, Action::Cut { a, b });
            self.at(at, Action::Operate { client, operation });
            if dice.one_in(8) {
                let (fault, over) = (
                    at + dice.below(100_000),
                    at + dice.between(100_000, 400_000),
                );
                self.fault(fault, over, dice);
            }
            at += dice.between(30_000, 280_000);
        }
    }

    /// Everybody wants another value at about the same time. Servers fall and are back at once, and a cut wanders, so
    /// that few of them hear what the others have heard.
    fn contested(&mut self, dice: &mut Dice) {
        for number in 0..dice.between(30, 50) {
            let client = self.person(dice);
            let key = 0;
            let operation = match dice.one_in(3) {
                true => Operation::Get { key },
                false => Operation::Put {
                    key,
                    value: number as u8 + 10,
                },
            };
            let at = match dice.one_in(2) {
                true => dice.below(200_000),
                false => dice.below(self.end),
            };
            self.at(at, Action::Operate { client, operation });
        }
        let mut at = dice.below(20_000);
        while at < self.end {
            let node = self.node(dice);
            match dice.below(4) {
                0 | 1 => self.stumble(at, node),
                2 => {
                    let (a, b) = (
                        Mask::of(node),
                        Mask::first(self.nodes).without(Mask::of(node)),
                    );
                    self.at(at, Action::Cut { a, b });
                    self.at(at + dice.between(5_000, 60_000), Action::Heal);
                }
                _ => {
                    let over = at + dice.between(5_000, 100_000);
                    self.fault(at, over, dice);
                }
            }
            at += dice.between(2_000, 60_000);
        }
    }

    fn moving_members(&mut self, dice: &mut Dice) {
        let nodes = Mask::first(self.nodes);
        let mut at = 200_000;
        while at < self.end {
            // Two on a side.
            let side = Mask::of(self.node(dice)).with(self.node(dice));
            let (a, b) = (side, nodes.without(side));
            self.at(at, Action::Heal);
            self.at(at, Action::Cut { a, b });
            let node = self.node(dice);
            let joins = dice.one_in(2);
            self.at(at + dice.below(150_000), Action::Member { node, joins });
            if dice.one_in(3) {
                let client = self.person(dice);
                let operation = sample::operation(self.spec.store, false, dice);
                self.at(at, Action::Operate { client, operation });
            }
            if dice.one_in(12) {
                let (fault, over) = (
                    at + dice.below(100_000),
                    at + dice.between(100_000, 300_000),
                );
                self.fault(fault, over, dice);
            }
            at += dice.between(60_000, 310_000);
        }
    }

    /// At the end whoever fell down or stands still comes back, and every line is whole.
    fn comes_right(&mut self) {
        for end in 0..self.nodes + self.people {
            self.at(self.end, Action::Resume(Endpoint(end)));
        }
        for node in 0..self.nodes {
            self.at(self.end, Action::Restart(Endpoint(node)));
        }
        self.at(self.end, Action::Heal);
    }
}
