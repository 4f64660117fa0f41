//! Is there an order? The search of Wing & Gong (1993) with Lowe's memory of configurations (2017): operations are
//! placed one after the other, an operation may be next if no other that is not yet placed ended before it began, and
//! what was once found to lead nowhere is not tried again.
//!
//! Operations that were answered must be placed, by their response at the latest; operations of which nobody knows
//! whether they happened may be placed, at any time, or never. A **configuration** is how many responses have passed,
//! which operations were placed ahead of theirs, which of the unknown ones were placed, and the state.
//!
//! Six things keep the search small, each of which loses no order:
//!
//! 1. An operation that must be placed and only looks is placed as soon as it gives its result.
//! 2. A configuration is not tried if it was tried before with the same or fewer unknown operations placed: those left
//!    over can only help.
//! 3. Of unknown operations that ask the same, the earliest is placed first.
//! 4. An unknown operation is placed only if what comes next would come out otherwise without it.
//! 5. Where a model's unknown operations may change places, only one order of those that are placed one right after the
//!    other is tried; and none is placed right before a change that would be possible without it as well: it may as well
//!    come after that.
//!
//! 6. An unknown operation that can be of no use any more is forgotten, whether it was placed or not.
//!
//! And a model may look **ahead** at the next result to come: a state from which it cannot be reached is no state.

mod bits;
mod plan;

use crate::HashOf;
use crate::history::NEVER;
use crate::pace::Pace;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use bits::Bits;
pub(crate) use bits::mixed;
use core::cell::Cell;
use core::pin::Pin;
use hashbrown::HashTable;
use plan::Plan;

/// The next result to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Nothing is known.
    Unknown,
    /// Nobody will look.
    Nobody,
    /// Of the operations that only look and are not placed yet, this one ends first.
    Op {
        /// Which, in the part that is searched.
        op: u32,
        /// The place of the response that is due next: whatever ended before it is placed.
        now: u32,
    },
}

/// What is known of what is to come.
#[derive(Clone, Copy)]
pub struct Ahead<'a> {
    /// The next result.
    pub next: Next,
    /// The operation of the part whose response is due next, as all before it have passed; [`NEVER`] if that is not
    /// known.
    pub due: u32,
    /// Whether an operation of the part is placed already.
    pub is_placed: &'a dyn Fn(u32) -> bool,
    /// What looking ahead costs is added here; [`WORK_A_STEP`] of it is as much as a step.
    pub work: &'a Cell<u64>,
}

impl Ahead<'_> {
    /// What a model is told where nothing is known.
    pub fn unknown<T>(ask: impl FnOnce(&Ahead<'_>) -> T) -> T {
        ask(&Ahead {
            next: Next::Unknown,
            due: NEVER,
            is_placed: &|_| false,
            work: &Cell::new(0),
        })
    }
}

/// What operations do to a state. States are numbers that the model gives out, equal for equal states; operations are
/// numbered as in the part that is searched.
pub trait Model {
    /// The state before the first operation.
    fn initial(&mut self) -> u32;

    /// The state after `op` gave its result in `state`; `None` where it would not have given it.
    fn step(&mut self, state: u32, op: u32, ahead: &Ahead<'_>) -> Option<u32>;

    /// Whether `op` changes nothing, in whatever state it gives its result.
    fn only_looks(&self, op: u32) -> bool;

    /// Whether the state matters to nothing but operations that only look.
    fn foresees(&self) -> bool {
        false
    }

    /// Whether steps make use of what is ahead.
    fn looks_ahead(&self) -> bool {
        self.foresees()
    }

    /// Of unknown operations that are placed one right after the other, those of a lower rank come first: wherever they
    /// can be placed in another order, they can be in this one, and it comes to the same. `None`: in any order; and only
    /// then may changes that must be placed not be put before them.
    fn rank(&self, _op: u32) -> Option<u32> {
        None
    }

    /// The place after which nothing comes out otherwise by an unknown operation, however it was placed; [`NEVER`] if
    /// that is not known.
    fn of_use_until(&self, _op: u32) -> u32 {
        NEVER
    }

    /// Whether it is plain that there is no order. `false` says nothing.
    fn is_hopeless(&self) -> bool {
        false
    }

    /// Another way to decide, for when the search takes long; it may use so many bytes.
    fn otherwise(&self, _bytes: usize) -> Option<Box<dyn Otherwise + '_>> {
        None
    }

    /// How many bytes the states take.
    fn bytes(&self) -> usize;
}

/// A decision that is come to in another way than by this search, bit by bit.
pub trait Otherwise {
    /// Goes on for a while. What was found, once that is known; [`Found::TooLarge`] where this is not the way.
    fn go_on(&mut self) -> Option<Found>;

    /// How many steps it has taken, or what takes as long.
    fn steps(&self) -> u64;

    /// How many responses some order had behind it.
    fn deepest(&self) -> u32;
}

/// When an operation was under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The place of its invocation.
    pub invoked: u32,
    /// The place of its response; [`NEVER`] if it need not be placed.
    pub ended: u32,
    /// The operation of the part that asks the same and was invoked before it, if neither need be placed; else
    /// [`NEVER`].
    pub twin: u32,
}

/// How much work may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How many times a model may be asked for a step.
    pub steps: u64,
    /// How many bytes configurations and states may take.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 200_000_000,
            bytes: 64 << 20,
        }
    }
}

/// So many steps are taken before a search may rest: asking whether it should takes about as long as one.
const STRIDE: u64 = 64;
/// After so many steps it is asked for another way to decide.
const PATIENCE: u64 = 1 << 14;
/// So much work of a model that looks ahead takes as long as a step.
pub const WORK_A_STEP: u64 = 8;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// An order, as operations of the part.
    Order(Vec<u32>),
    /// There is none.
    None,
    /// Too many steps.
    TooLong,
    /// Too many bytes.
    TooLarge,
}

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Configuration<B> {
    /// How many responses have passed.
    layer: u32,
    state: u32,
    /// What was placed ahead of its response.
    must: B,
    /// Which of the unknown operations were placed.
    open: B,
}

impl<B: Bits> Configuration<B> {
    /// Over all but the unknown operations.
    fn hash(&self) -> u64 {
        let word = u64::from(self.layer) << 32 | u64::from(self.state);
        self.must.mix(mixed(0, word))
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.layer, self.state, self.must) == (other.layer, other.state, other.must)
    }
}

/// A configuration that was tried.
#[derive(Clone, Copy, Debug)]
struct Node<B> {
    at: Configuration<B>,
    /// The unknown operation placed last, where that says what may come next; else [`NEVER`].
    behind: u32,
    /// Another that differs in the unknown operations only, or [`NEVER`].
    next: u32,
}

/// A configuration that is being tried.
#[derive(Clone, Copy, Debug)]
struct Frame<B> {
    at: Configuration<B>,
    /// Which candidate is next.
    cursor: u32,
    /// The one candidate that may be placed without loss, or [`NEVER`].
    only: u32,
    arrival: Arrival,
    next: Next,
}

/// How a configuration was come by.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    /// The operation placed last.
    taken: u32,
    /// The state before it, if it was an unknown one; else [`NEVER`].
    before: u32,
}

/// What a search needs room for; kept from one to the next.
#[derive(Debug)]
struct Room<B> {
    nodes: Vec<Node<B>>,
    table: HashTable<u32>,
    frames: Vec<Frame<B>>,
}

impl<B> Default for Room<B> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            table: HashTable::new(),
            frames: Vec::new(),
        }
    }
}

impl<B> Room<B> {
    fn clear(&mut self) {
        self.nodes.clear();
        self.frames.clear();
        // Emptying a table takes as long as it is large.
        if self.table.capacity() > 1 << 12 {
            self.table = HashTable::new();
        } else {
            self.table.clear();
        }
    }

    /// What is remembered; the way to where one stands is no longer than the history and does not count.
    fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node<B>>() + self.table.allocation_size()
    }
}

struct Search<'a, B> {
    plan: &'a Plan,
    spans: &'a [Span],
    model: &'a mut dyn Model,
    room: &'a mut Room<B>,
    steps: u64,
    /// How many responses some order had behind it.
    deepest: u32,
}

impl<B: Bits> Search<'_, B> {
    /// Before anything is placed. Says whether that is all.
    fn begin(&mut self) -> bool {
        let start = Configuration {
            layer: 0,
            state: self.model.initial(),
            must: B::NONE,
            open: B::NONE,
        };
        let nowhere = Arrival {
            taken: NEVER,
            before: NEVER,
        };
        let is_over = self.is_over(&start);
        if !is_over {
            self.enter(start, nowhere);
        }
        is_over
    }

    /// Goes on by [`STRIDE`] steps or a few more, unless something is found before.
    fn stride(&mut self, limits: &Limits) -> Option<Found> {
        let until = self.steps + STRIDE;
        while self.steps < until {
            let Some(place) = self.room.frames.len().checked_sub(1) else {
                return Some(Found::None);
            };
            if self.steps > limits.steps {
                return Some(Found::TooLong);
            }
            if self.room.bytes() + self.model.bytes() > limits.bytes {
                return Some(Found::TooLarge);
            }
            match self.advance(place) {
                None => {
                    self.room.frames.pop();
                }
                Some((next, arrival)) if self.is_over(&next) => {
                    let way = self.room.frames.iter().skip(1);
                    let taken = way.map(|frame| frame.arrival.taken);
                    return Some(Found::Order(taken.chain([arrival.taken]).collect()));
                }
                Some((next, arrival)) => self.enter(next, arrival),
            }
        }
        None
    }

    fn is_over(&self, at: &Configuration<B>) -> bool {
        at.layer as usize == self.plan.layers.len()
    }

    /// Tries a configuration, unless it is known to lead nowhere.
    fn enter(&mut self, at: Configuration<B>, arrival: Arrival) {
        self.deepest = self.deepest.max(at.layer);
        let next = self.next(&at);
        let (only, count) = self.choices(&at, arrival, next);
        let behind = match arrival.before {
            NEVER => NEVER,
            _ => self
                .model
                .rank(arrival.taken)
                .map_or(NEVER, |_| arrival.taken),
        };
        if only == NEVER && count > 1 && !self.remember(at, behind) {
            return;
        }
        self.room.frames.push(Frame {
            at,
            cursor: 0,
            only,
            arrival,
            next,
        });
    }

    /// The next result to come from an operation that is not placed yet.
    fn next(&self, at: &Configuration<B>) -> Next {
        let now = self.plan.layers[at.layer as usize].now;
        let mut layer = at.layer;
        while let Some(look) = self.plan.layers.get(layer as usize) {
            let Some(&op) = self.plan.returns.get(look.look as usize) else {
                break;
            };
            let has_begun = self.spans[op as usize].invoked < now;
            if !(has_begun && at.must.has(self.plan.bits[op as usize])) {
                return Next::Op { op, now };
            }
            layer = look.look + 1;
        }
        Next::Nobody
    }

    /// An operation that must be placed and may be here without loss, and how many candidates there are at all.
    fn choices(&mut self, at: &Configuration<B>, arrival: Arrival, next: Next) -> (u32, u32) {
        let mut count = self.plan.open_of(at.layer).len() as u32;
        let foresees = self.model.foresees();
        for &op in self.plan.pending_of(at.layer) {
            if at.must.has(self.plan.bits[op as usize]) {
                continue;
            }
            count += 1;
            let is_free = self.model.only_looks(op) || (next == Next::Nobody && foresees);
            if is_free
                && self.step(at, at.state, op, next) == Some(at.state)
                && !self.is_idle(at, arrival, op, at.state, next)
            {
                return (op, count);
            }
        }
        (NEVER, count)
    }

    fn step(&mut self, at: &Configuration<B>, state: u32, op: u32, next: Next) -> Option<u32> {
        let (plan, spans, work) = (self.plan, self.spans, Cell::new(0));
        let ahead = Ahead {
            next,
            due: plan.returns[at.layer as usize],
            is_placed: &|other| is_placed(plan, spans, at, other),
            work: &work,
        };
        let state = self.model.step(state, op, &ahead);
        self.steps += 1 + work.get() / WORK_A_STEP;
        state
    }

    /// Whether the unknown operation placed last makes no difference to this one, which leads to `next`.
    fn is_idle(
        &mut self,
        at: &Configuration<B>,
        arrival: Arrival,
        op: u32,
        to: u32,
        next: Next,
    ) -> bool {
        arrival.before != NEVER && self.step(at, arrival.before, op, next) == Some(to)
    }

    /// Remembers a configuration. Says whether it is worth trying.
    fn remember(&mut self, at: Configuration<B>, behind: u32) -> bool {
        let nodes = &mut self.room.nodes;
        let number = nodes.len() as u32;
        let hash = at.hash();
        let like = |known: &u32| nodes[*known as usize].at.is_like(&at);
        let Some(&first) = self.room.table.find(hash, like) else {
            nodes.push(Node {
                at,
                behind,
                next: NEVER,
            });
            let hash_of: HashOf<'_> = &|known: &u32| nodes[*known as usize].at.hash();
            self.room.table.insert_unique(hash, number, hash_of);
            return true;
        };
        let mut known = first;
        while let Some(node) = nodes.get(known as usize) {
            let is_as_free = node.behind == NEVER || node.behind == behind;
            if is_as_free && node.at.open.is_within(&at.open) {
                return false;
            }
            known = node.next;
        }
        // The newcomer stands behind the first, which the table knows.
        let next = core::mem::replace(&mut nodes[first as usize].next, number);
        nodes.push(Node { at, behind, next });
        true
    }

    /// The next configuration from the one at `place`.
    fn advance(&mut self, place: usize) -> Option<(Configuration<B>, Arrival)> {
        let Frame {
            at,
            mut cursor,
            only,
            arrival,
            next,
        } = self.room.frames[place];
        let plan = self.plan;
        let pending = plan.pending_of(at.layer);
        let open = plan.open_of(at.layer);
        let all = (pending.len() + open.len()) as u32;
        let mut found = None;
        if only != NEVER {
            if cursor == 0 {
                found = Some((self.placed(at, only, at.state), only, NEVER));
            }
            cursor = all;
        }
        while found.is_none() && cursor < all {
            let candidate = cursor as usize;
            cursor += 1;
            let (op, is_open) = match pending.get(candidate) {
                Some(op) => (*op, false),
                None => (open[candidate - pending.len()], true),
            };
            if !self.is_free(&at, op, is_open) || !self.is_in_order(arrival, op, is_open) {
                continue;
            }
            let Some(state) = self.step(&at, at.state, op, next) else {
                continue;
            };
            if (is_open && state == at.state) || self.is_idle(&at, arrival, op, state, next) {
                continue;
            }
            found = Some(match is_open {
                false => (self.placed(at, op, state), op, NEVER),
                true => {
                    let mut next = Configuration { state, ..at };
                    next.open.put(plan.bits[op as usize]);
                    (next, op, at.state)
                }
            });
        }
        self.room.frames[place].cursor = cursor.max(1);
        found.map(|(next, taken, before)| (next, Arrival { taken, before }))
    }

    /// Whether an operation need not come before the unknown one that was placed last.
    fn is_in_order(&mut self, arrival: Arrival, op: u32, is_open: bool) -> bool {
        if arrival.before == NEVER {
            return true;
        }
        let Some(last) = self.model.rank(arrival.taken) else {
            return true;
        };
        if is_open {
            return self.model.rank(op).is_none_or(|rank| rank >= last);
        }
        self.model.only_looks(op) || {
            self.steps += 1;
            Ahead::unknown(|ahead| self.model.step(arrival.before, op, ahead)).is_none()
        }
    }

    /// Whether an operation is not placed, and no twin must come before it.
    fn is_free(&self, at: &Configuration<B>, op: u32, is_open: bool) -> bool {
        let bit = self.plan.bits[op as usize];
        if !is_open {
            return !at.must.has(bit);
        }
        let twin = self.spans[op as usize].twin;
        !at.open.has(bit) && (twin == NEVER || at.open.has(self.plan.bits[twin as usize]))
    }

    /// `at` with an operation placed that must be, and all responses passed whose operations are.
    fn placed(&self, at: Configuration<B>, op: u32, state: u32) -> Configuration<B> {
        let mut next = Configuration { state, ..at };
        next.must.put(self.plan.bits[op as usize]);
        while let Some(due) = self.plan.returns.get(next.layer as usize) {
            let bit = self.plan.bits[*due as usize];
            if !next.must.has(bit) {
                break;
            }
            next.must.take(bit);
            next.layer += 1;
            self.forget(&mut next);
        }
        next
    }

    /// Forgets the unknown operations that are of no use any more in a layer that was just come to.
    fn forget(&self, at: &mut Configuration<B>) {
        let plan = self.plan;
        let (before, now) = (at.layer - 1, plan.layers.get(at.layer as usize));
        if now.is_none_or(|now| now.open.0 == plan.layers[before as usize].open.0) {
            return;
        }
        for op in plan.open_of(before) {
            if now.is_some_and(|now| plan.until[*op as usize] < now.now) {
                at.open.take(plan.bits[*op as usize]);
            }
        }
    }
}

/// Whether an operation is placed in a configuration.
fn is_placed<B: Bits>(plan: &Plan, spans: &[Span], at: &Configuration<B>, op: u32) -> bool {
    let (span, bit) = (spans[op as usize], plan.bits[op as usize]);
    let now = plan.layers[at.layer as usize].now;
    match span.ended {
        NEVER => plan.until[op as usize] < now || (span.invoked < now && at.open.has(bit)),
        ended => ended < now || (span.invoked < now && at.must.has(bit)),
    }
}

/// Finds orders; keeps its room from one search to the next.
#[derive(Debug)]
pub struct Searcher {
    plan: Plan,
    room: Room<u64>,
    /// How many steps all searches took together.
    pub steps: u64,
    /// The place of a response before which the last search had found an order of everything.
    pub reached: u32,
    /// When a search rests.
    pub pace: Pace,
    /// After how many steps a model is asked for another way to decide.
    pub patience: u64,
    /// How many responses there were in the parts before this one.
    pub before: u32,
    /// How many with those some order had behind it when the search rested last.
    pub far: Rc<Cell<u32>>,
}

impl Default for Searcher {
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            room: Room::default(),
            steps: 0,
            reached: 0,
            pace: Pace::default(),
            patience: PATIENCE,
            before: 0,
            far: Rc::default(),
        }
    }
}

impl Searcher {
    /// Rests at this pace.
    pub fn at(pace: Pace) -> Self {
        Self {
            pace,
            ..Self::default()
        }
    }

    /// Looks for an order of the operations that were under way at `spans`, which are in the order of invocation.
    pub fn find<'a>(
        &'a mut self,
        spans: &'a [Span],
        model: &'a mut dyn Model,
        limits: &Limits,
    ) -> Looking<'a> {
        let left = Limits {
            steps: limits.steps.saturating_sub(self.steps),
            ..*limits
        };
        // One piece of code, however many callers there are.
        Box::pin(async move {
            if !self.plan.lay(spans, model) {
                return Found::TooLarge;
            }
            let plan = &self.plan;
            let rest = &Rest {
                pace: self.pace,
                patience: self.patience,
                far: &self.far,
                before: self.before,
            };
            let (found, steps, deepest) = match plan.room {
                0..=64 => {
                    self.room.clear();
                    go(plan, spans, model, &mut self.room, &left, rest).await
                }
                65..=256 => {
                    let mut room = Room::<[u64; 4]>::default();
                    go(plan, spans, model, &mut room, &left, rest).await
                }
                257..=4_096 => {
                    let mut room = Room::<[u64; 64]>::default();
                    go(plan, spans, model, &mut room, &left, rest).await
                }
                _ => (Found::TooLarge, 0, 0),
            };
            let stuck = plan.layers.get(deepest as usize);
            self.reached = stuck.map_or(0, |layer| layer.now);
            self.steps += steps;
            found
        })
    }
}

/// A search under way.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Found> + 'a>>;

/// How a search rests, and what it says then; see [`Searcher`].
struct Rest<'a> {
    pace: Pace,
    patience: u64,
    far: &'a Cell<u32>,
    before: u32,
}

async fn go<B: Bits>(
    plan: &Plan,
    spans: &[Span],
    model: &mut dyn Model,
    room: &mut Room<B>,
    limits: &Limits,
    rest: &Rest<'_>,
) -> (Found, u64, u32) {
    let mut search = Search {
        plan,
        spans,
        model,
        room,
        steps: 0,
        deepest: 0,
    };
    if search.begin() {
        return (Found::Order(Vec::new()), 0, 0);
    }
    if search.model.is_hopeless() {
        return (Found::None, 0, 0);
    }
    let mut is_patient = true;
    loop {
        if is_patient && search.steps >= rest.patience {
            is_patient = false;
            let left = limits.steps.saturating_sub(search.steps);
            let (found, steps, deepest) =
                go_otherwise(search.model, left, limits.bytes, rest).await;
            search.steps += steps;
            if let Some(found) = found {
                return (found, search.steps, deepest);
            }
        }
        if let Some(found) = search.stride(limits) {
            return (found, search.steps, search.deepest);
        }
        rest.far.set(rest.before + search.deepest);
        rest.pace.rest().await;
    }
}

/// Decides in another way, if there is one. Also says how many steps that took, and how far some order came.
async fn go_otherwise(
    model: &dyn Model,
    steps: u64,
    bytes: usize,
    rest: &Rest<'_>,
) -> (Option<Found>, u64, u32) {
    let Some(mut other) = model.otherwise(bytes) else {
        return (None, 0, 0);
    };
    while other.steps() <= steps {
        match other.go_on() {
            Some(Found::TooLarge) => break,
            None => rest.pace.rest().await,
            found => return (found, other.steps(), other.deepest()),
        }
    }
    (None, other.steps(), 0)
}
