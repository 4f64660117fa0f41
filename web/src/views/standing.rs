//! What the clients' answers come to at a moment: an order that explains all of them, or why there is none.

use std::cell::RefCell;
use std::rc::Rc;

use sim_core::check::explain::{Contradiction, explain};
use sim_core::check::ladder::why_words;
use sim_core::check::linearizable::{Answer, Point, check};
use sim_core::check::own::Own;
use sim_core::check::search::Limits;
use sim_core::run::Timeline;
use sim_core::units::OpId;

/// How much work a look may be: whoever scrubs does not wait.
const LIMITS: Limits = Limits {
    steps: 400_000,
    bytes: 8 << 20,
};

/// What they come to.
#[derive(Clone, Debug)]
pub enum Standing {
    /// This order explains every answer.
    Order(Vec<Point>),
    /// These contradict one another.
    Broken(Rc<Contradiction>),
    /// It was not decided, for this reason.
    Open(String),
}

/// Looks it up, and remembers a contradiction: what cannot be explained once cannot be explained later.
#[derive(Default)]
pub struct Judge {
    /// Of which run, from how many events on.
    found: RefCell<Option<(u64, u32, Rc<Contradiction>)>>,
}

impl Judge {
    /// What the answers of a run, which has the number `run`, come to after `events` events, when its history is `own`.
    pub fn at(&self, run: u64, timeline: &Timeline, events: u32, own: &Own) -> Standing {
        if let Some((of, since, found)) = &*self.found.borrow()
            && *of == run
            && *since <= events
        {
            return Standing::Broken(Rc::clone(found));
        }
        let question = own.question();
        match check(&question, &LIMITS) {
            Answer::Yes(order) => Standing::Order(order),
            Answer::Undecided(why) => Standing::Open(why_words(why)),
            Answer::No(ops) => {
                let found = Rc::new(explain(&question, &ops, &LIMITS));
                let culprit = timeline.history().get(OpId(found.culprit));
                let ended = culprit.map(|record| record.ended_by.0 + 1);
                let since = ended.map_or(events, |ended| ended.min(events));
                let known = (run, since, Rc::clone(&found));
                self.found.replace(Some(known));
                Standing::Broken(found)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::check::own;
    use sim_core::run::Run;
    use sim_core::units::Micros;

    /// North and South serve alone while their line is cut.
    fn alone() -> Timeline {
        let mut scenario = catalogue::find("bank-two-cut").unwrap();
        scenario.choose("policy", "local");
        Timeline::of(Run::new(scenario, 7)).unwrap()
    }

    #[test]
    fn a_contradiction_arises_with_an_answer_and_stays_and_is_gone_before_it() {
        let timeline = alone();
        let judge = Judge::default();
        let at = |ms: u64| {
            let events = timeline.events_by(Micros::from_ms(ms));
            let own = own::history(&timeline, events);
            judge.at(1, &timeline, events, &own)
        };
        assert!(matches!(at(790), Standing::Order(order) if order.len() == 2));
        let Standing::Broken(late) = at(2_900) else {
            panic!("Ben was told what was over");
        };
        assert_eq!(late.ops, [1, 2]);
        assert!(late.words.contains("Ben"), "{}", late.words);
        // It is not known before the answer, and at the answer it is.
        assert!(matches!(at(805), Standing::Order(_)));
        let told = timeline.history().records[2].ended;
        let Standing::Broken(first) = at(told.0.div_ceil(1_000)) else {
            panic!("he has been told");
        };
        assert!(Rc::ptr_eq(&first, &late));
        assert!(matches!(at(790), Standing::Order(_)));
    }

    #[test]
    fn another_run_is_judged_anew() {
        let (broken, whole) = (
            alone(),
            Timeline::of(Run::new(catalogue::find("bank-two-cut").unwrap(), 7)).unwrap(),
        );
        let judge = Judge::default();
        let at = |run: u64, timeline: &Timeline| {
            let events = timeline.trace().len();
            judge.at(run, timeline, events, &own::history(timeline, events))
        };
        assert!(matches!(at(1, &broken), Standing::Broken(_)));
        assert!(matches!(at(2, &whole), Standing::Order(_)));
        assert!(matches!(at(1, &broken), Standing::Broken(_)));
    }
}
