//! What goes wrong in the terms of what a store is for: money made, a delivery twice, a lock with two holders.
//!
//! These are read off the answers, whatever order there is. Each is a fact that the clients hold in hand.

mod money;
mod sequences;
mod sets;

use super::history::{Ask, Ended, NEVER, Op, Value};
use super::linearizable::Question;
use super::model::{LOCK_LAPSES, ModelKind};
use super::telling::Telling;
use crate::view::Part::{Number, Text};
use crate::view::fill;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Something that went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DomainFinding {
    /// Its name, in words with hyphens.
    pub name: &'static str,
    /// The sentence.
    pub words: String,
    /// The operations that it names, as numbers in the history.
    pub ops: Vec<u32>,
}

/// Everything that went wrong, in the order of the operations.
pub fn findings(question: &Question<'_>) -> Vec<DomainFinding> {
    let mut found = Finder {
        question: *question,
        telling: Telling::new(question.history),
        found: Vec::new(),
    };
    match question.kind {
        ModelKind::Bank => found.bank(),
        ModelKind::Set | ModelKind::Cart => found.set(),
        ModelKind::Lock => found.lock(),
        ModelKind::Queue => found.queue(),
        ModelKind::Log => found.log(),
        ModelKind::KeyValue => found.texts(),
        ModelKind::Register | ModelKind::CasRegister => found.register(),
        ModelKind::Counter => found.counter(),
    }
    found.found
}

struct Finder<'a> {
    question: Question<'a>,
    telling: Telling<'a>,
    found: Vec<DomainFinding>,
}

impl<'a> Finder<'a> {
    fn ops(&self) -> impl Iterator<Item = (u32, Op)> + use<'a> {
        let question = self.question;
        let count = question.history.ops.len() as u32;
        (0..count).filter_map(move |number| Some((number, question.as_of(number)?)))
    }

    fn done(&self, ask: Ask) -> impl Iterator<Item = (u32, Op)> + use<'a> {
        self.ops()
            .filter(move |(_, op)| op.ask == ask && op.outcome == Ended::Ok)
    }

    /// A finding about two operations.
    fn add(&mut self, name: &'static str, sentence: &str, one: u32, other: u32, number: i64) {
        let history = self.question.history;
        let (first, second) = (history.ops[one as usize], history.ops[other as usize]);
        let telling = self.telling.about(&[first, second]);
        let (what, at) = (telling.what_was_told(&first), telling.moment(&first));
        let (did, then) = (telling.what_was_told(&second), telling.moment(&second));
        let told = telling.value(second.result);
        let item = telling.value(first.a);
        let often = match number {
            2 => String::from("twice"),
            _ => format!("{number} times"),
        };
        let words = fill(
            sentence,
            &[
                ("who", Text(telling.who(&first))),
                ("what", Text(&what)),
                ("at", Text(&at)),
                ("other", Text(telling.who(&second))),
                ("did", Text(&did)),
                ("then", Text(&then)),
                ("told", Text(&told)),
                ("item", Text(&item)),
                ("number", Number(number)),
                ("often", Text(&often)),
            ],
        );
        let mut ops = [one, other].to_vec();
        ops.dedup();
        self.found.push(DomainFinding { name, words, ops });
    }

    fn list(&self, value: Value) -> &'a [Value] {
        self.question.history.values.list_in(value)
    }

    /// How often something was there at first.
    fn at_first(&self, item: Value) -> usize {
        let all = self.list(self.question.initial).iter();
        all.filter(|one| **one == item).count()
    }

    /// By lock, who may have given it back.
    fn releases(&self) -> BTreeMap<u32, Releases> {
        let mut all: BTreeMap<u32, Releases> = BTreeMap::new();
        // By lock and client: how often it was given it and has not given it back.
        let mut has: BTreeMap<(u32, u32), i64> = BTreeMap::new();
        for (_, op) in self.ops() {
            let has = has.entry((op.key, op.client)).or_default();
            match op.ask {
                Ask::Acquire if op.outcome == Ended::Ok => *has += 1,
                Ask::Release if op.outcome != Ended::Refused => {
                    let of_key = all.entry(op.key).or_default();
                    of_key.by_strangers |= *has < 1;
                    *has -= 1;
                    let latest = of_key.all.last().map_or(0, |(_, latest)| *latest);
                    of_key.all.push((op.invoked, latest.max(end(&op))));
                    of_key.own.entry(op.client).or_default().push(op.invoked);
                }
                _ => {}
            }
        }
        all
    }

    /// Two who surely held a lock at the same time; a token that was accepted after a larger one.
    fn lock(&mut self) {
        let releases = self.releases();
        let mut held: Vec<(u32, Op, u32)> = Vec::new();
        // A lock that lapses has had no two holders because nobody gave it back.
        let lapses = self.question.initial == LOCK_LAPSES;
        for (number, op) in self.done(Ask::Acquire).filter(|_| !lapses) {
            let until = releases
                .get(&op.key)
                .map_or(NEVER, |of_key| of_key.after(&op));
            // Nobody who begins now meets those.
            held.retain(|(_, _, over)| *over > op.invoked);
            for (other, earlier, over) in held.clone() {
                if earlier.key == op.key
                    && earlier.client != op.client
                    && op.ended.max(earlier.ended) < over.min(until)
                {
                    let sentence = "{other} was given the lock {then} while {who}, who was given it {at}, had not given it back.";
                    self.add("two-holders", sentence, other, number, 0);
                }
            }
            held.push((number, op, until));
        }
        let mut largest: BTreeMap<u32, (u32, i64, u32)> = BTreeMap::new();
        let mut writes: Vec<_> = self.done(Ask::Guarded).collect();
        writes.sort_by_key(|(_, op)| op.ended);
        for (number, op) in writes {
            let Value::Int(token) = op.a else {
                continue;
            };
            match largest.get(&op.key) {
                Some((other, known, ended)) if *known > token => {
                    if *ended < op.invoked {
                        let sentence = "{other}’s {did} was accepted {then}, after {who}’s {what} {at}: its token was stale.";
                        self.add("stale-token", sentence, *other, number, 0);
                    }
                }
                _ => {
                    largest.insert(op.key, (number, token, op.ended));
                }
            }
        }
    }
}

/// When an operation was over that may have happened.
const fn end(op: &Op) -> u32 {
    match op.outcome {
        Ended::Ok => op.ended,
        _ => NEVER,
    }
}

/// Who may have given a lock back.
#[derive(Default)]
struct Releases {
    /// When they began, in order, and when the last of them and those before it ended.
    all: Vec<(u32, u32)>,
    /// By client: when they began.
    own: BTreeMap<u32, Vec<u32>>,
    /// Whether somebody gave back what was not theirs; then nobody knows whose it was.
    by_strangers: bool,
}

impl Releases {
    /// Until when whoever was given it by `op` surely holds it: until its holder begins to give it back, if ever.
    fn after(&self, op: &Op) -> u32 {
        if !self.by_strangers {
            let own = self.own.get(&op.client).map_or(&[][..], |own| own);
            let next = own.partition_point(|invoked| *invoked <= op.ended);
            return own.get(next).copied().unwrap_or(NEVER);
        }
        let begun = self
            .all
            .partition_point(|(invoked, _)| *invoked <= op.ended);
        let before = begun.checked_sub(1).map(|last| self.all[last].1);
        match before.is_some_and(|latest| latest > op.invoked) {
            true => op.ended,
            false => self.all.get(begun).map_or(NEVER, |(invoked, _)| *invoked),
        }
    }
}
