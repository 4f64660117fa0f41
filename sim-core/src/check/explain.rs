//! Why a history is not linearizable: the shortest beginning of it that is not, [shrunk](super::shrink) until every
//! operation in it is needed or the work for that is up, and told.

use super::history::{Ask, Ended, Op, Value};
use super::ladder::need_words;
use super::linearizable::{Answer, Part, Question, Why, check_in_turns, parts};
use super::model::ModelKind;
use super::pace::{Pace, at_once};
use super::plain;
use super::search::{Found, Limits, Searcher};
use super::shrink::{SHRINKING, Shrunk, needed, steps_for};
use super::telling::Telling;
use crate::view::Part::{Number, Text};
use crate::view::fill;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A contradiction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contradiction {
    /// The operations that contradict one another, as numbers in the history, in the order of their invocations.
    pub ops: Vec<u32>,
    /// The operation after whose response no order was left.
    pub culprit: u32,
    /// The place by which no order was left: the contradiction rests on nothing that came later.
    pub by: u32,
    /// Why it is not known whether each of them is needed. `None`: without any of them there is an order.
    pub open: Option<Why>,
    /// The sentence.
    pub words: String,
}

/// Explains why the operations `ops`, which are all of one object, have no order; or those of another object, if that
/// can be seen earlier.
pub fn explain(question: &Question<'_>, ops: &[u32], limits: &Limits) -> Contradiction {
    at_once(explain_in_turns(question, ops, limits, Pace::default()))
}

/// The same, at a pace.
pub async fn explain_in_turns(
    question: &Question<'_>,
    ops: &[u32],
    limits: &Limits,
    pace: Pace,
) -> Contradiction {
    let mut ops = ops.to_vec();
    let mut by = first_bad(question, &ops, limits, pace).await;
    loop {
        let early = Question {
            by: by - 1,
            ..*question
        };
        let Answer::No(earlier) = check_in_turns(&early, limits, pace).await else {
            return explain_by(question, &ops, by, limits, pace).await;
        };
        ops = earlier;
        by = first_bad(&early, &ops, limits, pace).await;
    }
}

/// Explains why the operations `ops` have no order by a place of which one knows that it is the earliest.
pub async fn explain_by(
    question: &Question<'_>,
    ops: &[u32],
    by: u32,
    limits: &Limits,
    pace: Pace,
) -> Contradiction {
    let history = question.history;
    let question = Question { by, ..*question };
    // The response that left no order is the last before `by`.
    let culprit = ops
        .iter()
        .copied()
        .find(|op| history.ops[*op as usize].ended == by - 1)
        .or_else(|| refused_at(&question, by - 1))
        .or_else(|| ops.last().copied())
        .unwrap_or(0);
    let all = concerned(&question, ops);
    let whole = history.ops[culprit as usize];
    let Shrunk { ops: needed, open } = needed(&question, &all, &whole, limits, pace).await;
    let teller = Teller {
        question,
        culprit: whole,
        all: &all,
        needed: &needed,
    };
    let would = teller.would(pace).await;
    let mut words = teller.tell(&would);
    words.push_str(&need_words(open));
    let mut ops = needed;
    if !ops.contains(&culprit) {
        ops.push(culprit);
    }
    ops.sort_unstable();
    Contradiction {
        ops,
        culprit,
        by,
        open,
        words,
    }
}

/// An operation of which one learned at this place that it had not happened.
fn refused_at(question: &Question<'_>, place: u32) -> Option<u32> {
    let ops = (0..).zip(&question.history.ops);
    let mut refused = ops.filter(|(_, op)| op.ended == place);
    refused.next().map(|(number, _)| number)
}

/// The first place by which there is no order.
async fn first_bad(question: &Question<'_>, ops: &[u32], limits: &Limits, pace: Pace) -> u32 {
    let object = question.history.ops[ops[0] as usize].key;
    // A response of this object, whether it was answered or refused.
    let mut ends = Vec::new();
    for op in &question.history.ops {
        let counts = op.key == object || question.kind == ModelKind::Bank;
        if counts && op.ended < question.by && op.outcome != Ended::Unknown {
            ends.push(op.ended + 1);
        }
    }
    ends.sort_unstable();
    let mut searcher = Searcher::at(pace);
    let part = Part::of(question, &concerned(question, ops));
    part.search(question, &mut searcher, limits).await;
    // As far as that came there is an order; mostly there is none much farther on.
    let reached = searcher.reached;
    let mut good = ends.partition_point(|end| *end <= reached);
    let (mut bad, mut stride) = (ends.len(), 1);
    while good < bad {
        let middle = good.midpoint(bad).min(good + stride - 1);
        let early = Question {
            by: ends[middle],
            ..*question
        };
        let mine = concerned(&early, ops);
        searcher.steps = 0;
        let part = Part::of(&early, &mine);
        match part.search(&early, &mut searcher, limits).await {
            Found::None => bad = middle,
            _ => (good, stride) = (middle + 1, 2 * stride),
        }
    }
    ends.get(bad).copied().unwrap_or(question.by)
}

/// What of an object there was by then. It can be more than in the end: what was refused later could still happen.
fn concerned(question: &Question<'_>, ops: &[u32]) -> Vec<u32> {
    let found = parts(question).into_iter();
    let mut found = found.filter(|part| part.iter().any(|op| ops.binary_search(op).is_ok()));
    found.next().unwrap_or_default()
}

/// Puts a contradiction into words.
struct Teller<'a> {
    question: Question<'a>,
    culprit: Op,
    /// All operations of the object.
    all: &'a [u32],
    needed: &'a [u32],
}

/// What the culprit would have been told.
#[derive(Default)]
struct Would {
    /// Every value that it could have been told, at most three, where it is about one value.
    answers: Vec<Value>,
    /// Where there are none of those or too many: an order of all the others.
    order: Option<(Part, Vec<u32>)>,
}

/// How many operations a sentence names beside the two that it is about.
const NAMED: usize = 3;

impl Teller<'_> {
    fn op(&self, number: u32) -> Op {
        self.question.history.ops[number as usize]
    }

    const fn telling(&self) -> Telling<'_> {
        Telling::new(self.question.history)
    }

    /// Looks for what the culprit would have been told, if the sentence says it.
    async fn would(&self, pace: Pace) -> Would {
        let mut would = Would::default();
        if !self.says_what_is() {
            return would;
        }
        would.answers = self.answers(pace).await;
        if !matches!(would.answers.len(), 1 | 2) {
            would.order = self.order(pace).await;
        }
        would
    }

    fn tell(&self, would: &Would) -> String {
        let culprit = self.culprit;
        let other = self.other();
        let sentence = self.sentence(other.as_ref());
        let second = other.unwrap_or(culprit);
        let telling = self.telling().about(&[culprit, second]);
        let (at, then) = (telling.moment(&culprit), telling.moment(&second));
        let (what, did) = (telling.what(&culprit), telling.what_was_told(&second));
        let (told, seen) = (telling.value(culprit.result), telling.value(second.result));
        let (read, saw) = (telling.saw(&culprit, false), telling.saw(&second, true));
        let (is, key) = (self.should_be(would), telling.under_key(&culprit));
        let held = self.held();
        let mut words = fill(
            sentence,
            &[
                ("who", Text(telling.who(&culprit))),
                ("what", Text(&what)),
                ("at", Text(&at)),
                ("told", Text(&told)),
                ("read", Text(&read)),
                ("key", Text(&key)),
                ("other", Text(telling.who(&second))),
                ("did", Text(&did)),
                ("then", Text(&then)),
                ("seen", Text(&seen)),
                ("saw", Text(&saw)),
                ("held", Text(&held)),
                ("is", Text(&is)),
                ("ideal", Text(self.question.ideal)),
            ],
        );
        self.add_rest(&mut words, other.filter(|_| sentence.contains("{other}")));
        words
    }

    /// What was in the culprit's account, or what there can have been in it at most.
    fn held(&self) -> String {
        let keys = &self.question.history.keys;
        let account = |key: u32| keys.get(key as usize).copied().unwrap_or_default();
        let mine = account(self.culprit.key);
        let opening = self.question.opening_of(mine);
        // By account: the most that there can have been. What came from another account has to have been there.
        let mut most: BTreeMap<Value, i64> = BTreeMap::new();
        let mut moves: Vec<(Value, Value, i64)> = Vec::new();
        for op in self.all.iter().map(|op| self.op(*op)) {
            let from = account(op.key);
            let to = if op.ask == Ask::Transfer { op.a } else { from };
            for one in [from, to] {
                most.entry(one)
                    .or_insert_with(|| self.question.opening_of(one));
            }
            match (op.ask, op.a, op.b) {
                (Ask::Deposit, Value::Int(more), _) => add(&mut most, from, more),
                (Ask::Transfer, _, Value::Int(more)) => moves.push((from, to, more)),
                _ => {}
            }
        }
        let total = most
            .values()
            .fold(0_i64, |sum, one| sum.saturating_add(*one));
        let mut left = moves.len() + 1;
        while moves.len() < left {
            left = moves.len();
            moves.retain(|(from, to, more)| {
                let is_paid = most.get(from).is_some_and(|held| held >= more);
                if is_paid {
                    add(&mut most, *to, *more);
                }
                !is_paid
            });
        }
        let most = most.get(&mine).map_or(opening, |most| *most.min(&total));
        let sentence = match most == opening {
            true => "held {most}",
            false => "never held more than {most}",
        };
        fill(sentence, &[("most", Number(most))])
    }

    /// The needed operation to name first: one of the culprit's kind where two of a kind are the matter; then the latest
    /// that had ended before the culprit began; else any other.
    fn other(&self) -> Option<Op> {
        let all = self.needed.iter().map(|op| self.op(*op));
        let others = all.filter(|op| op.invoked != self.culprit.invoked);
        others.max_by_key(|op| (self.is_rival(op), self.is_before(op), op.ended))
    }

    /// Whether an operation was answered before the culprit began. One of which nobody knows may yet happen.
    fn is_before(&self, op: &Op) -> bool {
        op.outcome == Ended::Ok && op.ended < self.culprit.invoked
    }

    /// Whether an operation wants what only one of the two can have.
    fn is_rival(&self, op: &Op) -> bool {
        let culprit = &self.culprit;
        match culprit.ask {
            _ if op.outcome != Ended::Ok => false,
            Ask::Acquire | Ask::Guarded => op.ask == culprit.ask,
            Ask::Cas => op.ask == Ask::Cas && op.a == culprit.a && op.b != op.a,
            Ask::Withdraw | Ask::Transfer => {
                matches!(op.ask, Ask::Withdraw | Ask::Transfer) && op.key == culprit.key
            }
            _ => false,
        }
    }

    /// Whether the culprit is something that was read, of which the sentence says what it should have been.
    fn says_what_is(&self) -> bool {
        let culprit = &self.culprit;
        culprit.outcome != Ended::Refused
            && matches!(
                culprit.ask,
                Ask::Read | Ask::Get | Ask::Balance | Ask::Contains | Ask::Dequeue
            )
    }

    /// The sentence with gaps.
    fn sentence(&self, other: Option<&Op>) -> &'static str {
        let culprit = &self.culprit;
        if culprit.outcome == Ended::Refused {
            return match other {
                Some(other) if other.ask.is_read() || other.ask == Ask::Dequeue => {
                    "{who}’s {what}{key} was refused {at}, and that {other} {saw} {then} rests on its having happened."
                }
                _ => {
                    "{who}’s {what}{key} was refused {at}, and answers before rest on its having happened."
                }
            };
        }
        let before = other.filter(|other| self.is_before(other));
        let rival = other.filter(|other| self.is_rival(other));
        let had_ended = |number: &u32| {
            let op = self.op(*number);
            self.is_before(&op) || op.invoked == culprit.invoked
        };
        match culprit.ask {
            _ if self.says_what_is() => match before {
                Some(other) if other.ask.is_read() => {
                    "{who} {read}{key} {at}, after {other} {saw} {then}: {is}."
                }
                Some(_) => {
                    "{who} {read}{key} {at}, after {other}’s {did} was confirmed {then}: {is}."
                }
                None => "{who} {read}{key} {at}: {is}.",
            },
            Ask::Cas if other.is_none() => {
                "{who}’s {what}{key} succeeded {at}: in no order did the register hold what it compares with."
            }
            Ask::Cas if rival.is_some() => {
                "{who}’s {what}{key} succeeded {at}, and {other}’s {did} {then}: only one of them could."
            }
            Ask::Cas if self.needed.iter().all(had_ended) => {
                "{who}’s {what}{key} succeeded {at}, after {other}’s {did} had ended {then}: in no order did the register hold what it compares with."
            }
            Ask::Withdraw | Ask::Transfer if rival.is_some() => {
                "{who}’s {what}{key} was paid {at} although {other}’s {did} had been paid {then} from the same money: {ideal} would have refused one of them."
            }
            Ask::Withdraw | Ask::Transfer if other.is_none() => {
                "{who}’s {what}{key} was paid {at} although the account {held}: {ideal} would have refused it."
            }
            Ask::Withdraw | Ask::Transfer if before.is_some_and(|op| op.ask.is_read()) => {
                "{who}’s {what}{key} was paid {at}, after {other} {saw} {then}: {ideal} would have refused it."
            }
            Ask::Acquire if rival.is_some() && self.token(Some(culprit)) <= self.token(other) => {
                "{who} was given the token {told} {at}, after {other} had been given {seen} {then}: the tokens of a lock only grow."
            }
            Ask::Acquire if rival.is_some() => {
                "{who} acquired the lock {at} although {other} had acquired it {then} and nobody had released it: a lock has one holder."
            }
            Ask::Release if other.is_none() => {
                "{who} released the lock {at} although nobody held it."
            }
            Ask::Release => "{who} released the lock {at} although nobody held it any more.",
            Ask::Guarded if rival.is_some() && before.is_some() => {
                "{who}’s {what} was accepted {at}, after {other}’s {did} had been accepted {then}: a stale token was not refused."
            }
            _ if other.is_none() => "{who}’s {what}{key} was confirmed {at}, and fits in no order.",
            _ => {
                "{who}’s {what}{key} was confirmed {at}, and fits in no order with {other}’s {did} {then}."
            }
        }
    }

    /// The fencing token that an acquire was given, or none, which is larger than any.
    fn token(&self, op: Option<&Op>) -> i64 {
        match op.map(|op| (op.ask, op.result)) {
            Some((Ask::Acquire, Value::Int(token))) if self.culprit.result != Value::Nil => token,
            _ if op == Some(&self.culprit) => i64::MAX,
            _ => i64::MIN,
        }
    }

    /// Who else the contradiction rests on than the culprit and whom the sentence `named`.
    fn add_rest(&self, words: &mut String, named: Option<Op>) {
        let mut rest = Vec::new();
        for number in self.needed {
            let op = self.op(*number);
            let is_named = named.is_some_and(|named| named.invoked == op.invoked);
            if op.invoked != self.culprit.invoked && !is_named {
                rest.push(op);
            }
        }
        let more = rest.len().saturating_sub(NAMED);
        let telling = self.telling().about(&rest[..rest.len().min(NAMED)]);
        for (place, op) in rest.iter().take(NAMED).enumerate() {
            words.push_str(match place {
                0 => " It rests on ",
                _ if more == 0 && place + 1 == rest.len() => " and ",
                _ => ", ",
            });
            let (who, what) = (telling.who(op), telling.what_was_told(op));
            words.push_str(&format!("{who}’s {what} {}", telling.moment(op)));
        }
        if more > 0 {
            let alike = |op: &Op| (op.ask, op.a, op.b) == (rest[0].ask, rest[0].a, rest[0].b);
            words.push_str(&match rest.iter().all(alike) {
                true => format!(" and {more} more like these"),
                false => format!(" and {more} more"),
            });
        }
        words.push_str(match (rest.is_empty(), named) {
            (true, _) => "",
            (_, None) => ".",
            (_, Some(_)) => " as well.",
        });
    }

    /// What the culprit should have been told, as the end of a sentence.
    fn should_be(&self, would: &Would) -> String {
        let (could, answer) = match &would.answers[..] {
            [one] => ("would", self.telling().value(*one)),
            [one, other] => {
                let (one, other) = (self.telling().value(*one), self.telling().value(*other));
                (
                    "would",
                    fill(
                        "{one} or {other}",
                        &[("one", Text(&one)), ("other", Text(&other))],
                    ),
                )
            }
            _ => match would
                .order
                .as_ref()
                .and_then(|(part, order)| self.could_be(part, order))
            {
                Some((answer, true)) => ("would", answer),
                Some((answer, false)) => ("could", answer),
                None => {
                    let ideal = ("ideal", Text(self.question.ideal));
                    return fill("{ideal} could not have answered that", &[ideal]);
                }
            },
        };
        let ideal = self.question.ideal;
        fill(
            "{ideal} {could} have answered {answer}",
            &[
                ("ideal", Text(ideal)),
                ("could", Text(could)),
                ("answer", Text(&answer)),
            ],
        )
    }

    /// How much work it may be to find out one thing that the culprit could have been told.
    const fn limits(&self) -> Limits {
        Limits {
            steps: steps_for(self.all.len()),
            ..SHRINKING
        }
    }

    /// An order of all operations but the culprit.
    async fn order(&self, pace: Pace) -> Option<(Part, Vec<u32>)> {
        let mut others = self.all.to_vec();
        others.retain(|op| self.op(*op).invoked != self.culprit.invoked);
        let part = Part::of(&self.question, &others);
        let (mut searcher, limits) = (Searcher::at(pace), self.limits());
        match part.search(&self.question, &mut searcher, &limits).await {
            Found::Order(order) => Some((part, order)),
            _ => None,
        }
    }

    /// What the culprit would have been told behind an order of all the others, and whether there is no other answer.
    fn could_be(&self, part: &Part, order: &[u32]) -> Option<(String, bool)> {
        let culprit = self.culprit;
        let told_all = matches!(culprit.result, Value::List(_));
        let is_of_all = self.question.kind == ModelKind::Bank && told_all;
        let mut changes = Vec::new();
        for place in order {
            let op = self.op(part.ops[*place as usize]);
            if is_of_all || op.key == culprit.key || op.ask == Ask::Transfer {
                changes.push(op);
            }
        }
        let answer = plain::answer(&self.question, &changes, &culprit)?;
        let told = self.telling().value(culprit.result);
        let answer = plain::apart(&self.question, &answer, culprit.result, &told);
        // With nothing at the same time and nothing unknown there is one order of changes.
        let mut until = 0;
        let mut is_only = true;
        for (span, number) in part.spans.iter().zip(&part.ops) {
            if !self.op(*number).ask.is_read() {
                // What need not have happened never ends.
                is_only &= span.invoked >= until && span.ended < culprit.invoked;
                until = span.ended;
            }
        }
        Some((answer, is_only))
    }

    /// The values of the history that the culprit could have been told, where it is about one value; at most three.
    async fn answers(&self, pace: Pace) -> Vec<Value> {
        let culprit = self.culprit;
        let mut found = Vec::new();
        let mut candidates = self.candidates();
        candidates.sort_unstable();
        candidates.dedup();
        if candidates.len() > CANDIDATES_MAX {
            return found;
        }
        let part = Part::of(&self.question, self.all);
        let (mut searcher, limits) = (Searcher::at(pace), self.limits());
        for value in candidates {
            searcher.steps = 0;
            let told = (culprit.invoked, value);
            let order = part.search_with(&self.question, &mut searcher, &limits, Some(told));
            if matches!(order.await, Found::Order(_)) {
                found.push(value);
            }
            if found.len() == 3 {
                break;
            }
        }
        found
    }

    /// What was surely written over before the culprit began, ended before this place.
    fn erased(&self) -> u32 {
        let writes = self.all.iter().filter_map(|op| self.question.as_of(*op));
        let writes = writes.filter(|op| {
            let is_sure = op.outcome == Ended::Ok && !op.ask.is_read();
            is_sure && op.ended < self.culprit.invoked
        });
        writes.map(|op| op.invoked).max().unwrap_or(0)
    }

    /// Values that the culprit may have been told. All there are, or none.
    fn candidates(&self) -> Vec<Value> {
        let mut values = Vec::new();
        let ops = self.all.iter().map(|op| self.op(*op));
        match (self.question.kind, self.culprit.ask) {
            (ModelKind::Register | ModelKind::CasRegister, Ask::Read) => {
                let erased = self.erased();
                if erased == 0 {
                    values.push(self.question.initial);
                }
                let may_be_last = |op: &Op| op.outcome != Ended::Ok || op.ended >= erased;
                for op in ops.filter(may_be_last) {
                    match op.ask {
                        Ask::Write => values.push(op.a),
                        Ask::Cas => values.push(op.b),
                        _ => {}
                    }
                }
            }
            (ModelKind::Set | ModelKind::Cart, Ask::Contains) => {
                values.extend([true, false].map(Value::Bool))
            }
            (ModelKind::Counter, Ask::Read) | (ModelKind::Bank, Ask::Balance)
                if matches!(self.culprit.result, Value::Int(_)) =>
            {
                values = self.sums(ops);
            }
            _ => {}
        }
        values
    }

    /// What a number can come to: every sum of changes that may count.
    fn sums(&self, ops: impl Iterator<Item = Op>) -> Vec<Value> {
        let number = |value: Value| match value {
            Value::Int(number) => number,
            _ => 0,
        };
        let mut sums = alloc::vec![self.question.opening(self.culprit.key)];
        for op in ops.filter(|op| op.key == self.culprit.key) {
            let change = match op.ask {
                Ask::Deposit | Ask::Increment => number(op.a),
                Ask::Withdraw | Ask::Decrement => number(op.a).saturating_neg(),
                Ask::Transfer => return Vec::new(),
                _ => continue,
            };
            let is_sure = op.outcome == Ended::Ok && op.ended < self.culprit.invoked;
            let more: Vec<_> = sums.iter().map(|sum| sum.saturating_add(change)).collect();
            match is_sure {
                true => sums = more,
                false => sums.extend(more),
            }
            sums.sort_unstable();
            sums.dedup();
            if sums.len() > CANDIDATES_MAX {
                return Vec::new();
            }
        }
        sums.into_iter().map(Value::Int).collect()
    }
}

/// More values than this are not tried.
const CANDIDATES_MAX: usize = 48;

fn add(most: &mut BTreeMap<Value, i64>, account: Value, more: i64) {
    let held = most.entry(account).or_default();
    *held = held.saturating_add(more);
}
