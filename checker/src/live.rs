//! Linearizability as a run goes on: after every response, was there still an order?
//!
//! The set of configurations is carried from response to response (the just-in-time linearization of Lowe 2017): all
//! ways in which what has happened so far can be ordered, each as the state that it leads to and the operations that it
//! has placed ahead of their response. When an operation is answered, those ways are kept, or gone on with, in which it
//! is placed. When no way is left there never will be one again, so a verdict is looked up by its place.
//!
//! What is not answered yet may be placed or not, also what will be refused, and with whatever result: until then nobody
//! knows. So an operation whose result shapes the state is placed in two ways, as it will be told and otherwise; when it
//! is told, the others go. A read that is under way is placed wherever it gives the result that it will be told; that
//! takes nothing away from anybody.

use super::HashOf;
use super::history::{Ask, Ended, NEVER, Op, Value};
use super::linearizable::Question;
use super::model::{ModelKind, model_of};
use super::search::{Ahead, Model, mixed};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use hashbrown::HashTable;

/// What one knows at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There was an order.
    Holds,
    /// There was none.
    Broken,
    /// There were too many ways to follow.
    Undecided,
}

/// More ways than this are not followed.
const WAYS_MAX: usize = 4_096;
/// More ways than this are not met between an answer and the next.
const MET_MAX: usize = 1 << 16;
/// Operations of one object that are under way at the same time, or of which nobody knows.
const BITS_MAX: usize = 64;

/// A way in which what has happened can be ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Way {
    state: u32,
    /// The operations that are placed and not answered, by their bits.
    placed: u64,
    /// Those of them that are placed with another result than they will be told.
    otherwise: u64,
}

impl Way {
    fn hash(&self) -> u64 {
        let placed = mixed(u64::from(self.state), self.placed);
        mixed(placed, self.otherwise)
    }
}

/// One object.
struct Object {
    model: Box<dyn Model>,
    /// The operations, by their number in the model.
    ops: Vec<Op>,
    /// By operation: its number in the model with whatever result, where that makes a difference.
    untold: Vec<Option<u32>>,
    /// By bit: which operation is under way.
    slots: Vec<Option<u32>>,
    ways: Vec<Way>,
    ending: Option<Ending>,
    is_lost: bool,
}

/// An answer that is being followed.
#[derive(Default)]
struct Ending {
    /// The bit of its operation.
    bit: usize,
    /// Ways in which that is not placed yet, each once.
    met: Vec<Way>,
    numbers: HashTable<u32>,
    /// How many of these were gone on from.
    done: usize,
    /// Ways in which it is placed.
    kept: Vec<Way>,
}

impl Ending {
    fn meet(&mut self, way: Way) {
        let number = self.met.len() as u32;
        let met = &mut self.met;
        let like = |known: &u32| met[*known as usize] == way;
        if self.numbers.find(way.hash(), like).is_none() {
            met.push(way);
            let hash_of: HashOf<'_> = &|known: &u32| met[*known as usize].hash();
            self.numbers.insert_unique(way.hash(), number, hash_of);
        }
    }
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
struct Step {
    place: u32,
    object: usize,
    /// The operation, by its number in the model.
    op: u32,
    is_end: bool,
}

/// Follows a history.
pub struct Live {
    objects: Vec<Object>,
    steps: Vec<Step>,
    next: usize,
    broken: u32,
    undecided: u32,
    /// How many steps of models were taken.
    pub work: u64,
}

impl Live {
    /// Before anything has happened.
    pub fn new(question: &Question<'_>) -> Self {
        let mut live = Self {
            objects: Vec::new(),
            steps: Vec::new(),
            next: 0,
            broken: NEVER,
            undecided: NEVER,
            work: 0,
        };
        let mut numbers = BTreeMap::new();
        let mut all: Vec<Vec<Op>> = Vec::new();
        for whole in &question.history.ops {
            let mut op = *whole;
            // A read that nobody hears tells nothing.
            if op.outcome != Ended::Ok && op.ask.is_read() {
                continue;
            }
            let key = match question.kind {
                ModelKind::Bank => 0,
                _ => op.key,
            };
            let object = *numbers.entry(key).or_insert_with(|| {
                all.push(Vec::new());
                all.len() - 1
            });
            let number = all[object].len() as u32;
            let step = |place, is_end| Step {
                place,
                object,
                op: number,
                is_end,
            };
            live.steps.push(step(op.invoked, false));
            match op.outcome {
                Ended::Unknown => op.ended = NEVER,
                _ => live.steps.push(step(op.ended, true)),
            }
            all[object].push(op);
        }
        live.steps.sort_unstable_by_key(|step| step.place);
        for ops in all {
            let unheard = |op: &Op| Op {
                outcome: Ended::Unknown,
                result: Value::Nil,
                ..*op
            };
            let mut known: Vec<Op> = Vec::new();
            for op in &ops {
                known.push(if op.outcome == Ended::Ok {
                    *op
                } else {
                    unheard(op)
                });
            }
            let mut untold = Vec::new();
            for op in &ops {
                let shapes =
                    op.outcome == Ended::Ok && matches!(op.ask, Ask::Acquire | Ask::Dequeue);
                untold.push(shapes.then_some(known.len() as u32));
                if shapes {
                    known.push(unheard(op));
                }
            }
            let (kind, initial) = (question.kind, question.initial);
            let mut model = model_of(kind, question.history, &mut known.into_iter(), initial);
            let state = model.initial();
            live.objects.push(Object {
                model,
                ops,
                untold,
                slots: Vec::new(),
                ways: [Way {
                    state,
                    placed: 0,
                    otherwise: 0,
                }]
                .to_vec(),
                ending: None,
                is_lost: false,
            });
        }
        live
    }

    /// Goes on until about `steps` more steps of models were taken. Says whether the end is reached.
    pub fn advance(&mut self, steps: u64) -> bool {
        let until = self.work.saturating_add(steps);
        while self.work < until {
            let Some(step) = self.steps.get(self.next).copied() else {
                return true;
            };
            let object = &mut self.objects[step.object];
            if !object.is_lost {
                match step.is_end {
                    false => object.begin(step.op, &mut self.work),
                    true if !object.end(step.op, &mut self.work, until) => continue,
                    true => {}
                }
                if object.is_lost {
                    self.undecided = self.undecided.min(step.place);
                } else if object.ways.is_empty() {
                    self.broken = self.broken.min(step.place);
                    object.is_lost = true;
                }
            }
            self.next += 1;
        }
        self.next == self.steps.len()
    }

    /// Up to which place the history was followed.
    pub fn reached(&self) -> u32 {
        self.steps.get(self.next).map_or(NEVER, |step| step.place)
    }

    /// The place of the response after which no order was left; [`NEVER`] if there was none.
    pub const fn broken(&self) -> u32 {
        self.broken
    }

    /// What was known when everything before `place` had happened, as far as was followed.
    pub const fn by(&self, place: u32) -> Standing {
        if self.broken < place {
            return Standing::Broken;
        }
        if self.undecided < place {
            return Standing::Undecided;
        }
        Standing::Holds
    }
}

impl Object {
    fn step(&mut self, state: u32, op: u32, work: &mut u64) -> Option<u32> {
        *work += 1;
        Ahead::unknown(|ahead| self.model.step(state, op, ahead))
    }

    /// Whether an operation only looks, whatever it will be told.
    fn is_read(&self, op: u32) -> bool {
        self.model.only_looks(op) && self.untold[op as usize].is_none()
    }

    fn begin(&mut self, op: u32, work: &mut u64) {
        let free = self.slots.iter().position(Option::is_none);
        let bit = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        if bit >= BITS_MAX {
            self.is_lost = true;
            return;
        }
        self.slots[bit] = Some(op);
        if self.is_read(op) {
            for place in 0..self.ways.len() {
                let way = self.ways[place];
                if self.step(way.state, op, work).is_some() {
                    self.ways[place].placed |= 1 << bit;
                }
            }
        }
    }

    /// What an answer makes of the ways. Says whether all of them were followed, which stops when there was enough work.
    fn end(&mut self, op: u32, work: &mut u64, until: u64) -> bool {
        let mut ending = match self.ending.take() {
            Some(ending) => ending,
            None => match self.answered(op) {
                Some(ending) => ending,
                None => return true,
            },
        };
        let mask = 1 << ending.bit;
        while let Some(way) = ending.met.get(ending.done).copied() {
            ending.done += 1;
            self.go_on(way, &mut ending, work);
            if ending.kept.len() > WAYS_MAX {
                ending.kept.sort_unstable();
                ending.kept.dedup();
            }
            if ending.kept.len() > WAYS_MAX || ending.met.len() > MET_MAX {
                self.is_lost = true;
                return true;
            }
            if *work >= until && ending.done < ending.met.len() {
                self.ending = Some(ending);
                return false;
            }
        }
        for way in &mut ending.kept {
            way.placed &= !mask;
        }
        ending.kept.sort_unstable();
        ending.kept.dedup();
        self.ways = ending.kept;
        self.slots[ending.bit] = None;
        true
    }

    /// Takes note of an answer. Nothing is left to do where it was refused.
    fn answered(&mut self, op: u32) -> Option<Ending> {
        let bit = self.slots.iter().position(|slot| *slot == Some(op))?;
        let mask = 1 << bit;
        // Now one knows what it was told.
        self.ways.retain(|way| way.otherwise & mask == 0);
        if self.ops[op as usize].outcome == Ended::Refused {
            // Now one knows: it has not happened.
            self.ways.retain(|way| way.placed & mask == 0);
            self.slots[bit] = None;
            return None;
        }
        let mut ending = Ending {
            bit,
            ..Ending::default()
        };
        for way in core::mem::take(&mut self.ways) {
            match way.placed & mask {
                0 => ending.meet(way),
                _ => ending.kept.push(way),
            }
        }
        Some(ending)
    }

    /// Goes on from a way by whatever is under way; ways in which what was answered is placed are kept, and the others
    /// gone on from in their turn.
    fn go_on(&mut self, way: Way, ending: &mut Ending, work: &mut u64) {
        let last = ending.bit;
        for bit in 0..self.slots.len() {
            let Some(op) = self.slots[bit].filter(|_| way.placed & (1 << bit) == 0) else {
                continue;
            };
            let placed = way.placed | (1 << bit);
            let as_told = self.step(way.state, op, work).map(|state| Way {
                state,
                placed,
                ..way
            });
            let untold = self.untold[op as usize].filter(|_| bit != last);
            let otherwise = untold.and_then(|untold| self.step(way.state, untold, work));
            let otherwise = otherwise.map(|state| Way {
                state,
                placed,
                otherwise: way.otherwise | (1 << bit),
            });
            for next in as_told.into_iter().chain(otherwise) {
                let next = self.with_reads(next, work);
                match next.placed & (1 << last) {
                    0 => ending.meet(next),
                    _ => ending.kept.push(next),
                }
            }
        }
    }

    /// With every read placed that is under way and gives its result here.
    fn with_reads(&mut self, way: Way, work: &mut u64) -> Way {
        let mut placed = way.placed;
        for bit in 0..self.slots.len() {
            let Some(op) = self.slots[bit].filter(|_| placed & (1 << bit) == 0) else {
                continue;
            };
            if self.is_read(op) && self.step(way.state, op, work).is_some() {
                placed |= 1 << bit;
            }
        }
        Way { placed, ..way }
    }
}
