//! Two-phase commit as Gray & Lamport specify it (Consensus on Transaction Commit, 2006, section 3; the specification
//! TwoPhase of its appendix): a model for the explorer alone, whose number of states is known.
//!
//! Messages are sent once and never leave: a set, as in the specification.

use super::states::System;
use alloc::vec::Vec;

/// The most resource managers.
pub const MANAGERS_MAX: u8 = 16;

/// So many resource managers and one transaction manager.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    /// How many resource managers; at most [`MANAGERS_MAX`].
    pub managers: u8,
}

/// Where a resource manager stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manager {
    /// It works on the transaction.
    Working,
    /// It has promised to commit if it is told to.
    Prepared,
    /// It has committed.
    Committed,
    /// It has aborted.
    Aborted,
}

/// Where the transaction manager stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Decision {
    /// It has not decided.
    #[default]
    Open,
    /// It has told everybody to commit.
    Commit,
    /// It has told everybody to abort.
    Abort,
}

/// Everything: a bit or two a manager. What the transaction manager sends says what it has decided, so its messages are
/// its decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct State {
    managers: u32,
    /// Who has sent that it is prepared.
    sent: u16,
    /// Of whom the transaction manager has received it.
    received: u16,
    decision: Decision,
}

impl State {
    /// Where a manager stands.
    pub const fn manager(&self, which: u8) -> Manager {
        match self.managers >> (which * 2) & 3 {
            0 => Manager::Working,
            1 => Manager::Prepared,
            2 => Manager::Committed,
            _ => Manager::Aborted,
        }
    }

    const fn with(self, which: u8, manager: Manager) -> Self {
        let others = self.managers & !(3 << (which * 2));
        Self {
            managers: others | (manager as u32) << (which * 2),
            ..self
        }
    }
}

/// What can happen, by the names of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// TMCommit.
    Commit,
    /// TMAbort.
    Abort,
    /// TMRcvPrepared.
    ReceivePrepared(u8),
    /// RMPrepare.
    Prepare(u8),
    /// RMChooseToAbort.
    ChooseToAbort(u8),
    /// RMRcvCommitMsg.
    ReceiveCommit(u8),
    /// RMRcvAbortMsg.
    ReceiveAbort(u8),
}

impl System for TwoPhase {
    type State = State;
    type Action = Action;

    fn starts(&self) -> Vec<State> {
        [State::default()].to_vec()
    }

    fn actions(&self, state: &State, into: &mut Vec<Action>) {
        let everybody = ((1_u32 << self.managers) - 1) as u16;
        if state.decision == Decision::Open {
            if state.received == everybody {
                into.push(Action::Commit);
            }
            into.push(Action::Abort);
        }
        for which in 0..self.managers {
            let bit = 1 << which;
            let is_new = state.sent & !state.received & bit != 0;
            if state.decision == Decision::Open && is_new {
                into.push(Action::ReceivePrepared(which));
            }
            if state.manager(which) == Manager::Working {
                into.push(Action::Prepare(which));
                into.push(Action::ChooseToAbort(which));
            }
            match state.decision {
                Decision::Open => {}
                Decision::Commit => into.push(Action::ReceiveCommit(which)),
                Decision::Abort => into.push(Action::ReceiveAbort(which)),
            }
        }
    }

    fn next(&self, state: &State, action: &Action) -> Option<State> {
        let state = *state;
        let next = match *action {
            Action::Commit => State {
                decision: Decision::Commit,
                ..state
            },
            Action::Abort => State {
                decision: Decision::Abort,
                ..state
            },
            Action::ReceivePrepared(which) => State {
                received: state.received | 1 << which,
                ..state
            },
            Action::Prepare(which) => State {
                sent: state.sent | 1 << which,
                ..state.with(which, Manager::Prepared)
            },
            Action::ChooseToAbort(which) | Action::ReceiveAbort(which) => {
                state.with(which, Manager::Aborted)
            }
            Action::ReceiveCommit(which) => state.with(which, Manager::Committed),
        };
        (next != state).then_some(next)
    }

    /// TCConsistent: nobody has committed while somebody has aborted.
    fn broken(&self, state: &State) -> Option<&'static str> {
        let has = |wanted| (0..self.managers).any(|which| state.manager(which) == wanted);
        let is_broken = has(Manager::Committed) && has(Manager::Aborted);
        is_broken.then_some("consistent")
    }
}

#[cfg(test)]
mod tests {
    use super::super::states::{Bounds, End, Order, explore};
    use super::*;

    #[test]
    fn there_are_as_many_states_as_others_have_counted() {
        for (managers, unique) in [(3, 288), (5, 8_832)] {
            for order in [Order::Breadth, Order::Depth] {
                let found = explore(&TwoPhase { managers }, order, Bounds::default());
                assert_eq!((found.unique, found.end), (unique, End::All));
            }
        }
    }

    /// A transaction manager that does not wait for everybody.
    struct Hasty(TwoPhase);

    impl System for Hasty {
        type State = State;
        type Action = Action;

        fn starts(&self) -> Vec<State> {
            self.0.starts()
        }

        fn actions(&self, state: &State, into: &mut Vec<Action>) {
            self.0.actions(state, into);
            if state.decision == Decision::Open && state.received != 0 {
                into.push(Action::Commit);
            }
        }

        fn next(&self, state: &State, action: &Action) -> Option<State> {
            self.0.next(state, action)
        }

        fn broken(&self, state: &State) -> Option<&'static str> {
            self.0.broken(state)
        }
    }

    #[test]
    fn it_is_broken_whoever_of_them_committed_and_whoever_aborted() {
        let two = TwoPhase { managers: 2 };
        for committed in [0, 1] {
            let state = State::default().with(committed, Manager::Committed);
            assert_eq!(two.broken(&state), None);
            let both = state.with(1 - committed, Manager::Aborted);
            assert_eq!(two.broken(&both), Some("consistent"));
        }
    }

    #[test]
    fn who_does_not_wait_for_everybody_is_inconsistent_in_five_steps() {
        let hasty = Hasty(TwoPhase { managers: 2 });
        let found = explore(&hasty, Order::Breadth, Bounds::default());
        let End::Broken { what, way, .. } = found.end else {
            panic!("{found:?}");
        };
        assert_eq!(what, "consistent");
        // One prepares, that is received, and all are told to commit; it does, and the other, which may, aborts.
        assert_eq!(way.len(), 5);
    }
}
