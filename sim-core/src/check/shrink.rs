//! The fewest operations of a history that contradict one another.
//!
//! An operation is not needed if the contradiction stands without what the history says of it: a read is left out;
//! anything else may happen at any time, or never. That loses no order, so what is left contradicts itself whatever
//! the others did.
//!
//! Where few operations are as the history says, most of the others cannot matter: what nobody looks for may as well
//! never have happened. So it takes little to ask about few, and few are asked about first: whoever speaks of what the
//! culprit was told, and ever more of those around it.

use super::history::{Ask, Ended, NEVER, Op, Value, Values};
use super::linearizable::{Duty, Part, Question, Why};
use super::model::ModelKind;
use super::pace::Pace;
use super::plain::text_of;
use super::search::{Found, Limits, Searcher};
use super::sums;
use alloc::string::String;
use alloc::vec::Vec;

/// What is left of a contradiction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// The operations that contradict one another, in order.
    pub ops: Vec<u32>,
    /// Why it is not known whether each of them is needed. `None`: without any of them there is an order.
    pub open: Option<Why>,
}

impl Shrunk {
    /// An operation that contradicts itself.
    pub(super) fn one(op: u32) -> Self {
        Self {
            ops: [op].to_vec(),
            open: None,
        }
    }
}

/// Whether few operations are enough for a contradiction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Enough {
    Yes,
    No,
    /// That was more work than one step may be.
    Open(Why),
    /// That was more work than shrinking may be altogether.
    Over(Why),
}

/// How much work one step of shrinking may be: whoever cannot be shown to be needless in time is kept.
pub(super) const SHRINKING: Limits = Limits {
    steps: 40_000,
    bytes: 16 << 20,
};
/// How much work shrinking may be altogether.
const STEPS_MAX: u64 = 4_000_000;
/// So many operations are laid out in the time of a step.
const LAID_A_STEP: u64 = 4;

/// How many steps one search among so many operations may take.
pub(super) const fn steps_for(count: usize) -> u64 {
    SHRINKING.steps + 64 * count as u64
}

/// Of `all`, which have no order, those without which there would be one. Without the culprit there is.
pub(super) async fn needed(
    question: &Question<'_>,
    all: &[u32],
    culprit: &Op,
    limits: &Limits,
    pace: Pace,
) -> Shrunk {
    let mut made_up = sums::made_up(question).into_iter();
    if let Some(one) = made_up.find(|one| all.contains(one)) {
        return Shrunk::one(one);
    }
    let mut asker = Asker {
        question,
        all,
        searcher: Searcher::at(pace),
        most: STEPS_MAX.min(limits.steps),
    };
    let around = Around::of(question, all, culprit);
    let mut some = Vec::new();
    let mut size = 1;
    while size < all.len() {
        some = around.near(size);
        match asker.is_bad(&merged(&around.core, &some)).await {
            Enough::Yes => break,
            Enough::No | Enough::Open(_) => size *= 2,
            Enough::Over(_) => size = all.len(),
        }
    }
    let mut core = &around.core[..];
    if size >= all.len() {
        (some, core) = (all.to_vec(), &[]);
    }
    // First those around: of the core it can take all.
    loop {
        let shrunk = fewest(question, &some, async |some: &[u32]| {
            asker.is_bad(&merged(core, some)).await
        })
        .await;
        if core.is_empty() {
            return shrunk;
        }
        (some, core) = (merged(core, &shrunk.ops), &[]);
    }
}

fn merged(some: &[u32], others: &[u32]) -> Vec<u32> {
    let mut all = [some, others].concat();
    all.sort_unstable();
    all
}

/// As few of `all` as will do: leaves out more and more of them as long as what is kept `is_bad`. What was read goes
/// first: where a write and a read of it say the same, the write is what people ask about. What is asked about is in
/// order. Where too much work is asked for altogether, what is kept by then is kept.
pub(super) async fn fewest(
    question: &Question<'_>,
    all: &[u32],
    mut is_bad: impl AsyncFnMut(&[u32]) -> Enough,
) -> Shrunk {
    let mut open = None;
    let mut kept = all.to_vec();
    kept.sort_by_key(|op| (!question.history.ops[*op as usize].ask.is_read(), *op));
    let mut chunk = kept.len().div_ceil(2).max(1);
    loop {
        let mut from = 0;
        while from < kept.len() {
            let to = (from + chunk).min(kept.len());
            let mut fewer = kept[..from].to_vec();
            fewer.extend_from_slice(&kept[to..]);
            let mut sorted = fewer.clone();
            sorted.sort_unstable();
            match is_bad(&sorted).await {
                Enough::Yes => kept = fewer,
                Enough::No => from = to,
                Enough::Open(why) => {
                    // In the end each is asked about alone.
                    open = Some(why).filter(|_| chunk == 1).or(open);
                    from = to;
                }
                Enough::Over(why) => {
                    (open, chunk) = (Some(why), 1);
                    break;
                }
            }
        }
        if chunk == 1 {
            kept.sort_unstable();
            // Where nothing is as the history says there is an order.
            open = open.filter(|_| kept.len() > 1);
            return Shrunk { ops: kept, open };
        }
        chunk = chunk.div_ceil(2);
    }
}

/// Asks whether few are enough.
struct Asker<'a> {
    question: &'a Question<'a>,
    all: &'a [u32],
    searcher: Searcher,
    /// How many steps there may be.
    most: u64,
}

impl Asker<'_> {
    /// Whether there is no order even if only `kept` are as the history says.
    async fn is_bad(&mut self, kept: &[u32]) -> Enough {
        if self.searcher.steps > self.most {
            return Enough::Over(Why::Steps(self.most));
        }
        let part = relaxed(self.question, self.all, kept);
        let most = steps_for(kept.len());
        let limits = Limits {
            steps: self.searcher.steps + most,
            ..SHRINKING
        };
        let found = part
            .search(self.question, &mut self.searcher, &limits)
            .await;
        self.searcher.steps += self.all.len() as u64 / LAID_A_STEP;
        self.searcher.pace.rest().await;
        match found {
            Found::None => Enough::Yes,
            Found::Order(_) => Enough::No,
            Found::TooLong => Enough::Open(Why::Steps(most)),
            Found::TooLarge => Enough::Open(Why::Bytes(limits.bytes)),
        }
    }
}

/// What stands around a culprit.
struct Around {
    /// The culprit and whoever speaks of what it was told.
    core: Vec<u32>,
    /// Who changed something or looked before it began, and who was under way with it; the latest first.
    rings: [Vec<u32>; 3],
}

impl Around {
    fn of(question: &Question<'_>, all: &[u32], culprit: &Op) -> Self {
        let mut around = Self {
            core: Vec::new(),
            rings: [const { Vec::new() }; 3],
        };
        let begun = match culprit.outcome {
            Ended::Refused => culprit.ended,
            _ => culprit.invoked,
        };
        for number in all.iter().rev() {
            let Some(op) = question.as_of(*number) else {
                continue;
            };
            let ring = match op.ended < begun {
                true => usize::from(op.ask.is_read()),
                false => 2,
            };
            match op.invoked == culprit.invoked || is_about(question, culprit, &op) {
                true => around.core.push(*number),
                false => around.rings[ring].push(*number),
            }
        }
        around
    }

    /// The `size` next of every kind.
    fn near(&self, size: usize) -> Vec<u32> {
        let rings = self.rings.iter();
        let near = rings.flat_map(|ring| &ring[..size.min(ring.len())]);
        near.copied().collect()
    }
}

/// Whether an operation speaks of what the culprit was told.
fn is_about(question: &Question<'_>, culprit: &Op, op: &Op) -> bool {
    let values = &question.history.values;
    let brings = match op.ask {
        Ask::Cas => op.b,
        Ask::Dequeue => op.result,
        ask if ask.is_read() && culprit.outcome == Ended::Refused => op.result,
        ask if ask.is_read() => Value::Nil,
        _ => op.a,
    };
    match culprit.ask {
        _ if brings == Value::Nil => false,
        _ if culprit.outcome == Ended::Refused => brings == culprit.a,
        Ask::Cas => brings == culprit.a,
        Ask::Contains => op.a == culprit.a,
        Ask::Get => {
            let (told, put) = (text_of(values, culprit.result), text_of(values, op.a));
            op.ask == Ask::Put && told.starts_with(&*put)
        }
        Ask::Read => match culprit.result {
            Value::List(list) => values.list_of(list).contains(&op.a) == (op.ask == Ask::Remove),
            told => brings == told,
        },
        Ask::Dequeue => brings == culprit.result,
        _ => false,
    }
}

/// The operations `all`, of which only `kept` are as the history says.
fn relaxed(question: &Question<'_>, all: &[u32], kept: &[u32]) -> Part {
    let mut part = Part::default();
    let mut known = Vec::new();
    let mut wanted = Wanted::of(question, all, kept);
    for number in all {
        let Some(op) = question.as_of(*number) else {
            continue;
        };
        let is_kept = kept.binary_search(number).is_ok();
        match question.duty(&op) {
            Duty::Must if is_kept => known.push((*number, op.invoked, op.ended)),
            Duty::May if is_kept => known.push((*number, op.invoked, NEVER)),
            Duty::Must | Duty::May if !op.ask.is_read() && wanted.takes(&op) => {
                part.push(*number, 0, NEVER);
            }
            _ => {}
        }
    }
    let free = part.ops.len();
    for (number, invoked, ended) in known {
        part.push(number, invoked, ended);
    }
    part.complete(question);
    // What one list was made of is tried in one order.
    let mut line = Vec::new();
    for (place, number) in part.ops[..free].iter().enumerate() {
        let place_told = wanted.in_line(&question.history.ops[*number as usize]);
        line.extend(place_told.map(|told| (told, place)));
    }
    line.sort_unstable();
    for pair in line.windows(2) {
        part.spans[pair[1].1].twin = pair[0].1 as u32;
    }
    part
}

/// What has to happen, at whatever time, for some operations to be told what they were.
pub(super) struct Wanted<'a> {
    values: &'a Values,
    what: What,
    /// Where there is one reader, of a list in which nothing stands twice: its elements in order, and where they stand,
    /// without those that others of whom the history speaks add or remove.
    line: Vec<(Value, usize)>,
    /// How often the same thing can be of use.
    most: u32,
    /// What was taken, in order, and how often.
    taken: Vec<((Ask, Value, Value), u32)>,
}

enum What {
    /// Nobody knows.
    Anything,
    /// Whatever brings one of these values, which are in order.
    Values(Vec<Value>),
    /// Whatever one of these texts may be made of.
    Texts(Vec<String>),
}

/// What more than so many were told at length is not gone through.
const READERS_MAX: usize = 4;

impl<'a> Wanted<'a> {
    pub(super) fn of(question: &Question<'a>, all: &[u32], kept: &[u32]) -> Self {
        let values = &question.history.values;
        let ops = kept.iter().filter_map(|op| question.as_of(*op));
        let readers = || ops.clone().filter(|op| op.ask.is_read());
        let told = readers().map(|op| op.result);
        let what = match question.kind {
            ModelKind::KeyValue | ModelKind::Log if readers().count() > READERS_MAX => {
                What::Anything
            }
            ModelKind::KeyValue => What::Texts(
                told.map(|told| text_of(values, told).into_owned())
                    .collect(),
            ),
            ModelKind::Log => What::sorted(
                told.flat_map(|told| match told {
                    Value::List(list) => values.list_of(list).to_vec(),
                    told => [told].to_vec(),
                })
                .collect(),
            ),
            ModelKind::Register => What::sorted(told.collect()),
            ModelKind::Queue => What::sorted(ops.clone().map(|op| op.result).collect()),
            ModelKind::CasRegister => What::compared(question, all, kept),
            ModelKind::Lock => What::Values(Vec::new()),
            _ => What::Anything,
        };
        let mut wanted = Self {
            values,
            what,
            line: Vec::new(),
            // What a queue held at first may have to be taken out before.
            most: (kept.len() + values.list_in(question.initial).len()) as u32,
            taken: Vec::new(),
        };
        let mut told = readers();
        if let (Some(reader), None, Value::Nil) = (told.next(), told.next(), question.initial)
            && let (Ask::Read, Value::List(list)) = (reader.ask, reader.result)
        {
            let changes = ops.clone().filter(|op| !op.ask.is_read());
            let touched = changes.map(|op| op.a).collect();
            wanted.line_up(question.kind, values.list_of(list), touched);
        }
        wanted
    }

    /// Takes what one reader was told of a list.
    fn line_up(&mut self, kind: ModelKind, told: &[Value], mut touched: Vec<Value>) {
        touched.sort_unstable();
        let mut line: Vec<(Value, usize)> = told.iter().copied().zip(0..).collect();
        line.sort_unstable();
        if line.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return;
        }
        line.retain(|(element, _)| touched.binary_search(element).is_err());
        if kind != ModelKind::Log {
            let elements = line.iter().map(|(element, _)| *element);
            self.what = What::sorted(elements.chain(touched).collect());
        }
        self.line = line;
    }

    /// Where in the one list that was read stands what an operation adds.
    fn in_line(&self, op: &Op) -> Option<usize> {
        let found = self
            .line
            .binary_search_by_key(&op.a, |(element, _)| *element);
        found.ok().map(|place| self.line[place].1)
    }

    /// Whether an operation may be of use.
    pub(super) fn takes(&mut self, op: &Op) -> bool {
        let fits = match &self.what {
            What::Anything => return true,
            What::Texts(texts) => {
                let text = text_of(self.values, op.a);
                texts.iter().any(|told| match op.ask {
                    Ask::Put => told.starts_with(&*text),
                    _ => told.contains(&*text),
                })
            }
            What::Values(values) => match op.ask {
                Ask::Acquire | Ask::Release | Ask::Dequeue => true,
                Ask::Cas => values.binary_search(&op.b).is_ok(),
                _ => values.binary_search(&op.a).is_ok(),
            },
        };
        let most = match (op.ask, self.in_line(op)) {
            (Ask::Remove, Some(_)) => 0,
            (_, Some(_)) => 1,
            (Ask::Append | Ask::Add | Ask::Remove, None) => u32::MAX,
            // Between two that are kept.
            _ => self.most,
        };
        if !fits || most == 0 {
            return false;
        }
        let asked = (op.ask, op.a, op.b);
        let known = self.taken.binary_search_by_key(&asked, |taken| taken.0);
        let place = known.unwrap_or_else(|place| {
            self.taken.insert(place, (asked, 0));
            place
        });
        self.taken[place].1 += 1;
        self.taken[place].1 <= most
    }
}

impl What {
    fn sorted(mut values: Vec<Value>) -> Self {
        values.sort_unstable();
        Self::Values(values)
    }

    /// What a register has to hold for those who read and those who compare, among them whoever brings it.
    fn compared(question: &Question<'_>, all: &[u32], kept: &[u32]) -> Self {
        let mut values = Vec::new();
        for op in kept.iter().filter_map(|op| question.as_of(*op)) {
            match op.ask {
                Ask::Cas => values.push(op.a),
                Ask::Read => values.push(op.result),
                _ => {}
            }
        }
        values.sort_unstable();
        // Whoever brings what is wanted wants what it compares with.
        let mut chain: Vec<Op> = all.iter().filter_map(|op| question.as_of(*op)).collect();
        chain.retain(|op| op.ask == Ask::Cas);
        for _ in 0..ROUNDS_MAX {
            let mut is_new = false;
            for op in chain.iter().rev() {
                if values.binary_search(&op.b).is_ok()
                    && let Err(place) = values.binary_search(&op.a)
                {
                    values.insert(place, op.a);
                    is_new = true;
                }
            }
            if !is_new {
                return Self::Values(values);
            }
        }
        Self::Anything
    }
}

/// A chain of what compares is gone back along so often.
const ROUNDS_MAX: usize = 8;
