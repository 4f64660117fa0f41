//! Exhaustive search: every state that a transition system can come to, each once.
//!
//! A state that was met is not gone on from again, however it is come to: states are deduplicated by what they are, not
//! by a hash alone, so that no state is mistaken for another. Breadth first finds a shortest way to whatever is broken.
//! Depth first needs memory for one way at a time beside the states that it has met.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hash};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// What can happen, and what must never be.
pub trait System {
    /// Everything that decides what can happen next.
    type State: Clone + Eq + Hash;
    /// One thing that can happen.
    type Action: Clone;

    /// Where it begins.
    fn starts(&self) -> Vec<Self::State>;
    /// Adds what can happen in a state. The order decides which way is found, not what is found.
    fn actions(&self, state: &Self::State, into: &mut Vec<Self::Action>);
    /// The state after it has happened; `None` where it changes nothing.
    fn next(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;
    /// What must never be and is, by name.
    fn broken(&self, state: &Self::State) -> Option<&'static str>;
}

/// Which state is gone on from next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// The one met first.
    Breadth,
    /// The one met last.
    Depth,
}

/// How far a search may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The most states that are kept.
    pub states: u32,
    /// The most steps from a start.
    pub depth: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            states: u32::MAX - 1,
            depth: u32::MAX,
        }
    }
}

/// How a search ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End<S, A> {
    /// There is no other state, and nothing is broken.
    All,
    /// This is broken: where it begins, and each step with the state that it leads to.
    Broken {
        /// What, by its name in the system.
        what: &'static str,
        /// The start of the way there.
        start: S,
        /// The way.
        way: Vec<(A, S)>,
    },
    /// There were more states than may be kept.
    States,
    /// Nothing is broken within the depth; beyond it there is more.
    Depth,
}

/// What a search came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explored<S, A> {
    /// How many different states were met.
    pub unique: u32,
    /// How many steps led from one state to another, or to one that was met before.
    pub steps: u64,
    /// The most steps from a start to a state, along the ways that were taken.
    pub depth: u32,
    /// How it ended.
    pub end: End<S, A>,
}

/// A system's [`Explored`].
pub type Of<T> = Explored<<T as System>::State, <T as System>::Action>;

/// How a state was met.
#[derive(Clone, Copy, Debug)]
struct Met {
    /// From which state; [`NOBODY`] for a start.
    from: u32,
    /// By which of its actions.
    action: u32,
    depth: u32,
}

const NOBODY: u32 = u32::MAX;

/// A state that is gone on from, depth first.
struct Frame {
    state: u32,
    /// Where its actions begin among those of all frames.
    actions: usize,
    /// How many of them were taken.
    taken: u32,
}

struct Search<'a, T: System> {
    system: &'a T,
    bounds: Bounds,
    hasher: FixedState,
    states: Vec<T::State>,
    met: Vec<Met>,
    table: HashTable<u32>,
    steps: u64,
}

/// Why a search stopped before its end.
type Stop<T> = End<<T as System>::State, <T as System>::Action>;

/// Searches all states of a system, within bounds.
pub fn explore<T: System>(system: &T, order: Order, bounds: Bounds) -> Of<T> {
    let mut search = Search {
        system,
        bounds,
        hasher: FixedState::with_seed(0),
        states: Vec::new(),
        met: Vec::new(),
        table: HashTable::new(),
        steps: 0,
    };
    let stopped = match order {
        Order::Breadth => search.breadth(),
        Order::Depth => search.depth(),
    };
    let end = match stopped {
        Err(end) => end,
        Ok(()) if search.is_cut() => End::Depth,
        Ok(()) => End::All,
    };
    Explored {
        unique: search.states.len() as u32,
        steps: search.steps,
        depth: search.met.iter().map(|met| met.depth).max().unwrap_or(0),
        end,
    }
}

impl<T: System> Search<'_, T> {
    fn breadth(&mut self) -> Result<(), Stop<T>> {
        for start in self.system.starts() {
            self.meet(start, NOBODY, 0, 0)?;
        }
        let mut actions = Vec::new();
        let mut here = 0;
        while let Some(state) = self.states.get(here as usize) {
            actions.clear();
            self.system.actions(state, &mut actions);
            for (number, action) in (0..).zip(&actions) {
                self.take(here, number, action)?;
            }
            here += 1;
        }
        Ok(())
    }

    fn depth(&mut self) -> Result<(), Stop<T>> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut actions: Vec<T::Action> = Vec::new();
        for start in self.system.starts() {
            let mut entered = self.meet(start, NOBODY, 0, 0)?;
            loop {
                if let Some(state) = entered {
                    let from = actions.len();
                    self.system
                        .actions(&self.states[state as usize], &mut actions);
                    frames.push(Frame {
                        state,
                        actions: from,
                        taken: 0,
                    });
                }
                let Some(frame) = frames.last_mut() else {
                    break;
                };
                let number = frame.taken;
                let Some(action) = actions.get(frame.actions + number as usize) else {
                    actions.truncate(frame.actions);
                    frames.pop();
                    entered = None;
                    continue;
                };
                frame.taken += 1;
                entered = self.take(frame.state, number, action)?;
            }
        }
        Ok(())
    }

    /// Takes a step. Says to which state, if that has to be gone on from.
    fn take(&mut self, from: u32, number: u32, action: &T::Action) -> Result<Option<u32>, Stop<T>> {
        let depth = self.met[from as usize].depth;
        let Some(next) = self.system.next(&self.states[from as usize], action) else {
            return Ok(None);
        };
        if depth >= self.bounds.depth {
            return Ok(None);
        }
        self.steps += 1;
        self.meet(next, from, number, depth + 1)
    }

    fn find(&self, state: &T::State, hash: u64) -> Option<u32> {
        let like = |known: &u32| self.states[*known as usize] == *state;
        self.table.find(hash, like).copied()
    }

    /// Meets a state. Says which it is, if it has to be gone on from.
    fn meet(
        &mut self,
        state: T::State,
        from: u32,
        action: u32,
        depth: u32,
    ) -> Result<Option<u32>, Stop<T>> {
        let hash = self.hasher.hash_one(&state);
        let met = Met {
            from,
            action,
            depth,
        };
        if let Some(known) = self.find(&state, hash) {
            // Where the depth is bounded, a shorter way to it leads to more.
            let before = &mut self.met[known as usize];
            let is_shorter = self.bounds.depth != u32::MAX && depth < before.depth;
            if is_shorter {
                *before = met;
            }
            return Ok(is_shorter.then_some(known));
        }
        if self.states.len() >= self.bounds.states as usize {
            return Err(End::States);
        }
        let number = self.states.len() as u32;
        let what = self.system.broken(&state);
        let (states, hasher) = (&self.states, &self.hasher);
        self.table.insert_unique(hash, number, |known| {
            hasher.hash_one(&states[*known as usize])
        });
        self.states.push(state);
        self.met.push(met);
        match what {
            Some(what) => Err(self.broken(what, number)),
            None => Ok(Some(number)),
        }
    }

    /// Whether there is a state beyond the depth that was not met within it.
    fn is_cut(&self) -> bool {
        let mut actions = Vec::new();
        let mut all = self.states.iter().zip(&self.met);
        self.bounds.depth != u32::MAX
            && all.any(|(state, met)| {
                actions.clear();
                if met.depth >= self.bounds.depth {
                    self.system.actions(state, &mut actions);
                }
                let next = |action| self.system.next(state, action);
                let is_new = |next| self.find(&next, self.hasher.hash_one(&next)).is_none();
                actions.iter().filter_map(next).any(is_new)
            })
    }

    /// The way to a state that must never be.
    fn broken(&self, what: &'static str, state: u32) -> Stop<T> {
        let mut back = Vec::new();
        let mut here = state;
        let mut actions = Vec::new();
        loop {
            let met = self.met[here as usize];
            if met.from == NOBODY {
                break;
            }
            actions.clear();
            let before = &self.states[met.from as usize];
            self.system.actions(before, &mut actions);
            if let Some(action) = actions.get(met.action as usize) {
                back.push((action.clone(), self.states[here as usize].clone()));
            }
            here = met.from;
        }
        back.reverse();
        End::Broken {
            what,
            start: self.states[here as usize].clone(),
            way: back,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    /// Jugs of 3 and 5: fill one, empty one, pour one into the other. Four must never be.
    struct Jugs;

    impl System for Jugs {
        type State = (u8, u8);
        type Action = u8;

        fn starts(&self) -> Vec<(u8, u8)> {
            [(0, 0)].to_vec()
        }

        fn actions(&self, _: &(u8, u8), into: &mut Vec<u8>) {
            into.extend(0..6);
        }

        fn next(&self, (three, five): &(u8, u8), action: &u8) -> Option<(u8, u8)> {
            let (three, five) = (*three, *five);
            let (there, back) = (three.min(5 - five), five.min(3 - three));
            let next = match action {
                0 => (3, five),
                1 => (three, 5),
                2 => (0, five),
                3 => (three, 0),
                4 => (three - there, five + there),
                _ => (three + back, five - back),
            };
            (next != (three, five)).then_some(next)
        }

        fn broken(&self, (_, five): &(u8, u8)) -> Option<&'static str> {
            (*five == 4).then_some("four")
        }
    }

    /// Counts up by one or doubles, to 100.
    struct Numbers;

    impl System for Numbers {
        type State = u32;
        type Action = bool;

        fn starts(&self) -> Vec<u32> {
            [1, 2].to_vec()
        }

        fn actions(&self, _: &u32, into: &mut Vec<bool>) {
            into.extend([false, true]);
        }

        fn next(&self, state: &u32, doubles: &bool) -> Option<u32> {
            let next = if *doubles { state * 2 } else { state + 1 };
            (next <= 100).then_some(next)
        }

        fn broken(&self, _: &u32) -> Option<&'static str> {
            None
        }
    }

    #[test]
    fn breadth_first_finds_a_shortest_way_and_every_step_of_it_can_be_taken() {
        let found = explore(&Jugs, Order::Breadth, Bounds::default());
        let End::Broken { what, start, way } = found.end else {
            panic!("{found:?}");
        };
        // Fill five, pour into three, empty three, pour, fill five, pour.
        assert_eq!((what, start, way.len()), ("four", (0, 0), 6));
        let deep = explore(&Jugs, Order::Depth, Bounds::default());
        let End::Broken { way: other, .. } = deep.end else {
            panic!("{deep:?}");
        };
        assert!(other.len() >= way.len());
        for way in [way, other] {
            let mut here = start;
            for (action, to) in &way {
                assert_eq!(Jugs.next(&here, action), Some(*to));
                here = *to;
            }
            assert_eq!(here.1, 4);
        }
    }

    #[test]
    fn both_orders_meet_the_same_states_within_the_same_depth() {
        for depth in 0..12 {
            let bounds = Bounds {
                depth,
                ..Bounds::default()
            };
            // By definition.
            let mut all = BTreeSet::from([1, 2]);
            for _ in 0..depth {
                let next = |state: &u32| [false, true].map(|doubles| Numbers.next(state, &doubles));
                let more: Vec<u32> = all.iter().flat_map(next).flatten().collect();
                all.extend(more);
            }
            for order in [Order::Breadth, Order::Depth] {
                let found = explore(&Numbers, order, bounds);
                assert_eq!(found.unique as usize, all.len(), "{order:?} {depth}");
                let is_whole = all.len() == 100;
                assert_eq!(found.end, if is_whole { End::All } else { End::Depth });
                assert!(found.depth <= depth);
            }
        }
        assert_eq!(
            explore(&Numbers, Order::Depth, Bounds::default()).unique,
            100
        );
    }

    #[test]
    fn more_states_than_may_be_kept_are_said_to_be_more() {
        for order in [Order::Breadth, Order::Depth] {
            let bounds = Bounds {
                states: 50,
                ..Bounds::default()
            };
            let found = explore(&Numbers, order, bounds);
            assert_eq!((found.unique, found.end), (50, End::States));
        }
    }
}
