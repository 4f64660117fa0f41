//! Measures the engine in this browser, in slices, so that the page stays alive meanwhile.

use std::cell::RefCell;
use std::rc::Rc;

use sim_core::explore::bench;
use sim_core::run::Timeline;
use sim_core::scenario::Scenario;
use sim_core::trace::{Recorder, Recording};
use sim_core::units::Micros;
use sim_core::world::{Script, World};

use crate::shelf;
use crate::ui::{Again, Html, Piece, button, list, tag};
use crate::widget::page;

/// The protocol that is measured.
const PROTOCOL: &str = "ledger";
/// The one that is measured last, under a thousand proposals a second, and the place of its figure.
const RAFT: (&str, usize) = ("raft", 7);
/// How long the page stands still at a time, in milliseconds.
const SLICE_MS: f64 = 12.0;
/// How often the throughput is measured. A page has no clock that counts its own work alone, so the quickest counts: the
/// round that other programs disturbed least.
const ROUNDS: usize = 11;
/// How long each of those measurements takes, in milliseconds.
const ROUND_MS: f64 = 200.0;
/// Steps between two looks at the clock.
const STEPS: u32 = 2_000;

type Figures = [Option<f64>; bench::FIGURES.len()];

/// What is being measured.
enum Phase {
    Throughput {
        /// The place of its figure.
        figure: usize,
        world: World,
        seed: u64,
        delivered: u64,
        spent: f64,
        rates: Vec<f64>,
    },
    Follow {
        timeline: Timeline,
        spent: f64,
    },
    Seek {
        timeline: Timeline,
        at: Micros,
        taken: Vec<f64>,
    },
    Done,
}

/// A measurement on its way.
struct Bench {
    scenario: Scenario,
    phase: Phase,
    figures: Figures,
}

impl Bench {
    fn start() -> Option<Self> {
        let scenario = bench::scenario(PROTOCOL)?;
        Some(Self {
            phase: throughput(0, &scenario),
            scenario,
            figures: Figures::default(),
        })
    }

    /// Measures for about [`SLICE_MS`] of `now`'s milliseconds. `false`: all is measured.
    fn slice(&mut self, now: &dyn Fn() -> f64) -> bool {
        let until = now() + SLICE_MS;
        while now() < until {
            let phase = std::mem::replace(&mut self.phase, Phase::Done);
            self.phase = match phase {
                Phase::Throughput { .. } => self.run(phase, now),
                Phase::Follow { timeline, spent } => self.follow(timeline, spent, now),
                Phase::Seek {
                    timeline,
                    at,
                    taken,
                } => self.seek(timeline, at, taken, now),
                Phase::Done => return false,
            };
        }
        true
    }

    /// Messages are handed over; nothing is recorded and nobody watches.
    fn run(&mut self, phase: Phase, now: &dyn Fn() -> f64) -> Phase {
        let Phase::Throughput {
            figure,
            mut world,
            mut seed,
            mut delivered,
            mut spent,
            mut rates,
        } = phase
        else {
            return phase;
        };
        let script = Script {
            scenario: &self.scenario.script,
            actions: &[],
            end: self.scenario.length,
        };
        let mut nothing = Recorder::new(Recording::Nothing);
        let (before, start) = (world.delivered(), now());
        let goes_on = (0..STEPS).all(|_| world.step(&script, &mut nothing));
        spent += now() - start;
        delivered += world.delivered() - before;
        if !goes_on {
            seed += 1;
            let Some(next) = quiet(&self.scenario, seed) else {
                return Phase::Done;
            };
            world = next;
        }
        if spent >= ROUND_MS {
            rates.push(delivered as f64 / spent * 1e3);
            self.figures[figure] = rates.iter().copied().reduce(f64::max);
            (delivered, spent) = (0, 0.0);
        }
        if rates.len() < ROUNDS {
            return Phase::Throughput {
                figure,
                world,
                seed,
                delivered,
                spent,
                rates,
            };
        }
        if figure == RAFT.1 {
            return Phase::Done;
        }
        let long = bench::long_run(&self.scenario).and_then(Timeline::start);
        long.map_or(Phase::Done, |timeline| Phase::Follow {
            timeline,
            spent: 0.0,
        })
    }

    /// A long run is followed with everything recorded.
    fn follow(&mut self, mut timeline: Timeline, spent: f64, now: &dyn Fn() -> f64) -> Phase {
        let start = now();
        let Ok(done) = timeline.advance(STEPS) else {
            return Phase::Done;
        };
        let spent = spent + now() - start;
        let events = f64::from(timeline.trace().len());
        let (checkpoints, bytes) = timeline.checkpoints();
        self.figures[1] = Some(events / spent.max(1e-3) * 1e3);
        self.figures[2] = Some(events);
        self.figures[3] = Some(timeline.trace().bytes() as f64 / events.max(1.0));
        self.figures[4] = Some(bytes as f64 / checkpoints.max(1) as f64);
        if !done {
            return Phase::Follow { timeline, spent };
        }
        Phase::Seek {
            timeline,
            at: Micros::ZERO,
            taken: Vec::new(),
        }
    }

    /// Moments all over it are sought.
    fn seek(
        &mut self,
        mut timeline: Timeline,
        at: Micros,
        mut taken: Vec<f64>,
        now: &dyn Fn() -> f64,
    ) -> Phase {
        let at = bench::next_seek(at, timeline.reached());
        let start = now();
        std::hint::black_box(timeline.world_at(at).events());
        taken.push(now() - start);
        if taken.len() < bench::SEEKS as usize {
            return Phase::Seek {
                timeline,
                at,
                taken,
            };
        }
        self.figures[5] = Some(median(&mut taken));
        self.figures[6] = taken.last().copied();
        let Some(scenario) = bench::proposals(RAFT.0) else {
            return Phase::Done;
        };
        self.scenario = scenario;
        throughput(RAFT.1, &self.scenario)
    }

    fn words(&self) -> &'static str {
        match self.phase {
            Phase::Throughput { .. } => "Handing messages over as fast as it goes…",
            Phase::Follow { .. } => "Following a long run and recording everything…",
            Phase::Seek { .. } => "Seeking moments all over that run…",
            Phase::Done => "Measured.",
        }
    }
}

/// Begins to measure how quickly messages are handed over in a scenario.
fn throughput(figure: usize, scenario: &Scenario) -> Phase {
    let begun = |world| Phase::Throughput {
        figure,
        world,
        seed: 0,
        delivered: 0,
        spent: 0.0,
        rates: Vec::new(),
    };
    quiet(scenario, 0).map_or(Phase::Done, begun)
}

/// A world that nobody watches.
fn quiet(scenario: &Scenario, seed: u64) -> Option<World> {
    let mut world = World::new(scenario, seed).ok()?;
    world.set_monitored(false);
    Some(world)
}

/// Puts the list in order, one by one (it is short); the one in the middle.
fn median(list: &mut [f64]) -> f64 {
    for end in 1..list.len() {
        let place = list[..end].partition_point(|one| *one <= list[end]);
        list[place..=end].rotate_right(1);
    }
    list.get(list.len() / 2).copied().unwrap_or(0.0)
}

/// A figure as the table shows it: whole numbers in groups of three, small ones with a decimal.
fn shown(figure: Option<f64>) -> String {
    let Some(figure) = figure else {
        return "–".to_owned();
    };
    if figure < 100.0 {
        let tenths = (figure * 10.0) as u64;
        return format!("{}.{}", tenths / 10, tenths % 10);
    }
    let digits = (figure as u64).to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The island.
pub struct View {
    again: Again,
    bench: RefCell<Option<Bench>>,
}

impl Piece for View {
    type Given = ();

    fn begin((): &(), again: Again) -> Self {
        Self {
            again,
            bench: RefCell::default(),
        }
    }

    fn draw(self: &Rc<Self>, (): &()) -> Html {
        let bench = self.bench.borrow();
        let bench = bench.as_ref();
        let figures = bench.map_or(Figures::default(), |bench| bench.figures);
        let busy = bench.is_some_and(|bench| !matches!(bench.phase, Phase::Done));
        let view = Rc::clone(self);
        let start = button("").flag("disabled", busy).clicked(move || {
            let view = Rc::clone(&view);
            // Where it cannot be had, everything else is measured.
            shelf::bring(RAFT.0.to_owned(), move |_| {
                view.bench.replace(Bench::start());
                view.go_on();
            });
        });
        let rows = bench::FIGURES.iter().zip(figures).map(|(name, figure)| {
            let name = tag("th").is("scope", "row").text(name);
            tag("tr").child(name).child(tag("td").says(shown(figure)))
        });
        let words = bench.map_or("Not measured yet.", Bench::words);
        list(vec![
            tag("p").child(start.text("Measure this browser")),
            tag("table").child(tag("tbody").each(rows.collect())),
            tag("p").is("role", "status").text(words),
        ])
    }
}

impl View {
    /// Another slice, and the next one once the browser has had its turn.
    fn go_on(self: &Rc<Self>) {
        let Some(clock) = page::window().and_then(|window| window.performance()) else {
            return;
        };
        let goes_on = {
            let mut bench = self.bench.borrow_mut();
            bench
                .as_mut()
                .is_some_and(|bench| bench.slice(&|| clock.now()))
        };
        if goes_on {
            let view = Rc::clone(self);
            page::later(0, move || view.go_on());
        }
        self.again.now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn every_figure_is_measured_slice_by_slice() {
        // A clock that runs fast: each look at it takes a millisecond.
        let time = Cell::new(0.0);
        let now = || {
            time.set(time.get() + 1.0);
            time.get()
        };
        let mut bench = Bench::start().expect("the ledger has a load");
        let mut slices = 0;
        while bench.slice(&now) {
            slices += 1;
        }
        assert!(slices > 10);
        assert!(
            bench
                .figures
                .iter()
                .all(|figure| figure.is_some_and(|figure| figure > 0.0))
        );
        assert!(bench.figures[2].is_some_and(|events| events > 50_000.0));
    }

    #[test]
    fn figures_are_shown_as_people_read_them() {
        assert_eq!(shown(None), "–");
        assert_eq!(shown(Some(0.25)), "0.2");
        assert_eq!(shown(Some(1_234_567.8)), "1\u{202f}234\u{202f}567");
    }
}
