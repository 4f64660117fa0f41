//! What the clients' answers come to at a moment, as it is drawn: an order that explains all of them, or why there is none.

use sim_core::check::Consistency;
use sim_core::check::explain::explain;
use sim_core::check::ladder::why_words;
use sim_core::check::linearizable::{Answer, Point, check};
use sim_core::check::own::Own;
use sim_core::check::search::Limits;
use sim_core::view::Tone;

/// How much work a look may be: whoever scrubs does not wait.
const LIMITS: Limits = Limits {
    steps: 400_000,
    bytes: 8 << 20,
};

/// What they come to.
#[derive(Clone, PartialEq, Debug)]
pub enum Standing {
    /// This order explains every answer.
    Order(Vec<Point>),
    /// These contradict one another.
    Broken {
        /// The sentence.
        words: String,
        /// The operations that it names.
        ops: Vec<u32>,
    },
    /// It was not decided, for this reason.
    Open(String),
}

impl Standing {
    /// What the answers of a history come to. A contradiction has been found by whoever judged them; an order is looked
    /// for here, since to judge takes none.
    pub fn of(judged: Option<&Consistency>, own: &Own) -> Self {
        if let Some(judged) = judged.filter(|judged| judged.tone == Tone::No) {
            return Self::Broken {
                words: judged.words.clone(),
                ops: judged.ops.iter().map(|op| op.0).collect(),
            };
        }
        let question = own.question();
        match check(&question, &LIMITS) {
            Answer::Yes(order) => Self::Order(order),
            Answer::Undecided(why) => Self::Open(why_words(why)),
            Answer::No(ops) => {
                let found = explain(&question, &ops, &LIMITS);
                Self::Broken {
                    words: found.words,
                    ops: found.ops,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::catalogue;
    use sim_core::check::judge::Judge;
    use sim_core::check::own;
    use sim_core::run::{Run, Timeline};
    use sim_core::units::Micros;

    /// North and South serve alone while their line is cut.
    fn alone() -> Timeline {
        let mut scenario = catalogue::find("bank-two-cut").unwrap();
        scenario.choose("policy", "local");
        Timeline::of(Run::new(scenario, 7)).unwrap()
    }

    /// What the answers come to, and whether it is the same without anybody who has judged them.
    fn at(timeline: &Timeline, judge: &mut Judge, at: Micros) -> Standing {
        let own = own::history(timeline, timeline.events_by(at));
        let standing = Standing::of(Some(&judge.consistency(at)), &own);
        assert_eq!(standing, Standing::of(None, &own));
        standing
    }

    fn judge(timeline: &Timeline) -> Judge {
        let mut judge = Judge::of(timeline);
        judge.follow();
        judge
    }

    #[test]
    fn a_contradiction_arises_with_an_answer_and_stays_and_is_gone_before_it() {
        let timeline = alone();
        let mut judge = judge(&timeline);
        let mut at = |ms| self::at(&timeline, &mut judge, Micros::from_ms(ms));
        assert!(matches!(at(790), Standing::Order(order) if order.len() == 2));
        let late = at(2_900);
        let Standing::Broken { ops, words } = &late else {
            panic!("Ben was told what was over");
        };
        assert_eq!(ops, &[1, 2]);
        assert!(words.contains("Ben"), "{words}");
        // It is not known before the answer, and at the answer it is.
        assert!(matches!(at(805), Standing::Order(_)));
        let told = timeline.history().records[2].ended;
        let first = at(told.0.div_ceil(1_000));
        assert!(matches!(first, Standing::Broken { .. }), "he has been told");
        assert_eq!(first, late);
        assert!(matches!(at(790), Standing::Order(_)));
    }

    #[test]
    fn another_run_is_judged_anew() {
        let (broken, whole) = (
            alone(),
            Timeline::of(Run::new(catalogue::find("bank-two-cut").unwrap(), 7)).unwrap(),
        );
        let at = |timeline: &Timeline| self::at(timeline, &mut judge(timeline), timeline.reached());
        assert!(matches!(at(&broken), Standing::Broken { .. }));
        assert!(matches!(at(&whole), Standing::Order(_)));
        assert!(matches!(at(&broken), Standing::Broken { .. }));
    }
}
