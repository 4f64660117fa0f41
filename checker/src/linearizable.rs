//! Linearizability (Herlihy & Wing 1990): is there one order of all operations, each at one instant between its
//! invocation and its response, in which every answer is what the model gives?
//!
//! A history is linearizable if and only if what concerns each object alone is (locality, Theorem 1), so it is taken
//! apart by key first.

use super::history::{Ask, Ended, History, NEVER, Op, Value};
use super::model::{ModelKind, model_of};
use super::pace::{Pace, at_once};
use super::search::{Found, Limits, Searcher, Span};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::pin::Pin;

/// What was found out about a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is linearizable: this is the order, as numbers in [`History::ops`], with the place after which each operation
    /// takes effect.
    Yes(Vec<Point>),
    /// It is not: no order of these operations exists, which are all of one object.
    No(Vec<u32>),
    /// Not decided.
    Undecided(Why),
}

/// Why something was not decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// More steps than were allowed.
    Steps(u64),
    /// More memory than was allowed, in bytes.
    Bytes(usize),
}

/// An operation in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// The operation, as a number in [`History::ops`].
    pub op: u32,
    /// It takes effect after the invocation or response of this place and before the next.
    pub place: u32,
}

/// What is asked about a history.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The history.
    pub history: &'a History,
    /// The store that it is of.
    pub kind: ModelKind,
    /// What the store held before the first operation.
    pub initial: Value,
    /// Only what comes before this place counts; [`NEVER`] for all of it.
    pub by: u32,
    /// What sentences call a store that does it right.
    pub ideal: &'static str,
}

impl<'a> Question<'a> {
    /// The whole of a history.
    pub const fn whole(history: &'a History, kind: ModelKind, initial: Value) -> Self {
        Self {
            history,
            kind,
            initial,
            by: NEVER,
            ideal: "a linearizable store",
        }
    }

    /// The operation as it stood then: what had not been answered had not been answered.
    pub fn as_of(&self, op: u32) -> Option<Op> {
        let whole = self.history.ops[op as usize];
        if whole.invoked >= self.by {
            return None;
        }
        if whole.ended < self.by {
            return Some(whole);
        }
        Some(Op {
            ended: NEVER,
            outcome: Ended::Unknown,
            result: Value::Nil,
            ..whole
        })
    }

    /// What an account or a counter held before the first operation.
    pub fn opening(&self, key: u32) -> i64 {
        let account = self.history.keys.get(key as usize).copied();
        self.opening_of(account.unwrap_or_default())
    }

    /// The same by what the account is called: nothing, where there is one.
    pub fn opening_of(&self, account: Value) -> i64 {
        match self.initial {
            Value::Int(opening) => opening,
            Value::List(list) => {
                let values = &self.history.values;
                let mut held = values.list_of(list).iter().filter_map(|pair| match *pair {
                    Value::List(pair) => match *values.list_of(pair) {
                        [held, Value::Int(opening)] if held == account => Some(opening),
                        _ => None,
                    },
                    _ => None,
                });
                held.next_back().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// What an order has to do with the operation.
    pub fn duty(&self, op: &Op) -> Duty {
        match op.outcome {
            Ended::Ok => Duty::Must,
            Ended::Refused => Duty::None,
            Ended::Unknown if op.ask.is_read() => Duty::None,
            Ended::Unknown => Duty::May,
        }
    }
}

/// What an order has to do with an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// It stands in it.
    Must,
    /// It may stand in it.
    May,
    /// It does not, or may as well not.
    None,
}

/// The operations of each object, in the order of their invocations.
pub fn parts(question: &Question<'_>) -> Vec<Vec<u32>> {
    let ops = &question.history.ops;
    let is_one = question.kind == ModelKind::Bank
        && ops.iter().any(|op| {
            op.ask == Ask::Transfer
                || (op.ask == Ask::Balance && matches!(op.result, Value::List(_)))
        });
    // A set that nobody reads as a whole is as many sets as it has elements.
    let is_set = matches!(question.kind, ModelKind::Set | ModelKind::Cart);
    let by_element = is_set && !ops.iter().any(|op| op.ask == Ask::Read);
    let mut parts = Vec::new();
    let mut numbers = BTreeMap::new();
    for number in 0..ops.len() as u32 {
        let Some(op) = question.as_of(number) else {
            continue;
        };
        if question.duty(&op) == Duty::None {
            continue;
        }
        let object = match (is_one, by_element) {
            (true, _) => (0, Value::Nil),
            (false, true) => (op.key, op.a),
            (false, false) => (op.key, Value::Nil),
        };
        let part = *numbers.entry(object).or_insert_with(|| {
            parts.push(Vec::new());
            parts.len() - 1
        });
        parts[part].push(number);
    }
    parts
}

/// A part as the search takes it.
#[derive(Default, Debug)]
pub struct Part {
    /// The operations, as numbers in [`History::ops`], in the order of `spans`.
    pub ops: Vec<u32>,
    /// When they were under way.
    pub spans: Vec<Span>,
}

impl Part {
    /// The operations `ops` of the history as of the question, in the order of their invocations.
    pub fn of(question: &Question<'_>, ops: &[u32]) -> Self {
        let mut part = Self::default();
        for number in ops {
            if let Some(op) = question.as_of(*number) {
                match question.duty(&op) {
                    Duty::None => {}
                    Duty::Must => part.push(*number, op.invoked, op.ended),
                    Duty::May => part.push(*number, op.invoked, NEVER),
                }
            }
        }
        part.complete(question);
        part
    }

    /// Adds an operation.
    pub fn push(&mut self, op: u32, invoked: u32, ended: u32) {
        self.ops.push(op);
        self.spans.push(Span {
            invoked,
            ended,
            twin: NEVER,
        });
    }

    /// Once all operations are there: brings them into the order of their invocations, which within one instant need
    /// not be that of their numbers, and links twins.
    pub fn complete(&mut self, question: &Question<'_>) {
        if !self.spans.is_sorted_by_key(|span| span.invoked) {
            let mut order: Vec<(u32, u32)> = Vec::new();
            for (place, span) in (0..).zip(&self.spans) {
                order.push((span.invoked, place));
            }
            order.sort_unstable();
            self.ops = order
                .iter()
                .map(|(_, place)| self.ops[*place as usize])
                .collect();
            self.spans = order
                .iter()
                .map(|(_, place)| self.spans[*place as usize])
                .collect();
        }
        self.find_twins(question);
    }

    /// Of the operations that need not be placed, links those that ask the same.
    fn find_twins(&mut self, question: &Question<'_>) {
        let mut open: Vec<usize> = Vec::new();
        for (place, span) in self.spans.iter().enumerate() {
            if span.ended == NEVER {
                open.push(place);
            }
        }
        let asked = |place: &usize| {
            let op = &question.history.ops[self.ops[*place] as usize];
            (op.key, op.ask, op.a, op.b, *place)
        };
        open.sort_unstable_by_key(asked);
        for pair in open.windows(2) {
            let (one, other) = (asked(&pair[0]), asked(&pair[1]));
            if (one.0, one.1, one.2, one.3) == (other.0, other.1, other.2, other.3) {
                self.spans[pair[1]].twin = pair[0] as u32;
            }
        }
    }

    /// Looks for an order.
    pub async fn search(
        &self,
        question: &Question<'_>,
        searcher: &mut Searcher,
        limits: &Limits,
    ) -> Found {
        self.search_with(question, searcher, limits, None).await
    }

    /// Looks for an order in which the operation invoked at a place was told another value.
    pub async fn search_with(
        &self,
        question: &Question<'_>,
        searcher: &mut Searcher,
        limits: &Limits,
        told: Option<(u32, Value)>,
    ) -> Found {
        let mut known = self.spans.iter().zip(&self.ops).map(|(span, number)| {
            let mut op = question.history.ops[*number as usize];
            if span.ended == NEVER {
                op.outcome = Ended::Unknown;
                op.result = Value::Nil;
            }
            if let Some((invoked, value)) = told
                && op.invoked == invoked
            {
                op.result = value;
            }
            (op.invoked, op.ended) = (span.invoked, span.ended);
            op
        });
        let (kind, initial) = (question.kind, question.initial);
        let mut model = model_of(kind, question.history, &mut known, initial);
        searcher.find(&self.spans, &mut *model, limits).await
    }
}

/// Whether a history is linearizable.
pub fn check(question: &Question<'_>, limits: &Limits) -> Answer {
    at_once(check_in_turns(question, limits, Pace::default()))
}

/// The same, at a pace.
pub fn check_in_turns<'a>(
    question: &'a Question<'_>,
    limits: &'a Limits,
    pace: Pace,
) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
    check_telling(question, limits, pace, Rc::default())
}

/// The same, and `far` says whenever it rests how many answers some order explains.
pub fn check_telling<'a>(
    question: &'a Question<'_>,
    limits: &'a Limits,
    pace: Pace,
    far: Rc<Cell<u32>>,
) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
    // One piece of code, however many callers there are.
    Box::pin(async move {
        let mut searcher = Searcher::at(pace);
        searcher.far = far;
        let mut points = Vec::new();
        let mut undecided = None;
        for ops in parts(question) {
            let part = Part::of(question, &ops);
            match part.search(question, &mut searcher, limits).await {
                Found::Order(order) => points_of(&part, &order, &mut points),
                Found::None => return Answer::No(ops),
                Found::TooLong => undecided = Some(Why::Steps(limits.steps)),
                Found::TooLarge => undecided = Some(Why::Bytes(limits.bytes)),
            }
            let answers = part.spans.iter().filter(|span| span.ended != NEVER);
            searcher.before += answers.count() as u32;
        }
        if let Some(why) = undecided {
            return Answer::Undecided(why);
        }
        points.sort_by_key(|point| point.place);
        Answer::Yes(points)
    })
}

/// When each operation of an order takes effect: as soon as it and all before it were invoked.
fn points_of(part: &Part, order: &[u32], points: &mut Vec<Point>) {
    let mut place = 0;
    for one in order {
        let one = *one as usize;
        place = place.max(part.spans[one].invoked);
        points.push(Point {
            op: part.ops[one],
            place,
        });
    }
}
