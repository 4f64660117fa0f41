//! Sequential consistency (Lamport 1979): is there one order of all operations that keeps each client's own order and
//! gives every answer? Real time between clients does not count. Clients that share a session, as two tabs of one user,
//! are one where they ask one after the other.
//!
//! It is not local: what each object allows alone need not fit together, so all objects are searched at once. An
//! operation of which nobody knows whether it happened comes after what its client did before it, or never; its client
//! did not wait for it.

use super::forced::Forced;
use super::history::{Ask, NEVER, Value};
use super::linearizable::{Answer, Duty, Point, Question, Why, parts};
use super::model::model_of;
use super::pace::{Pace, at_once};
use super::past::Past;
use super::search::{Ahead, Limits, Model};
use super::shrink::{Enough, Shrunk, Wanted, fewest};
use super::sums;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::pin::Pin;
use hashbrown::HashTable;
use xxhash_rust::xxh64::xxh64;

/// What comes one after the other.
#[derive(Debug, Default)]
struct Line {
    /// Operations, as places in [`Search::ops`].
    ops: Vec<u32>,
    /// It may begin when this other line has come this far.
    after: Option<(usize, u32)>,
    /// Whether all of it must be placed.
    must: bool,
}

/// An operation in the search.
#[derive(Clone, Copy, Debug)]
struct Placed {
    /// Its number in the history.
    op: u32,
    /// Of which object.
    part: usize,
    /// Its number within that.
    local: u32,
    invoked: u32,
    /// Which of `needs` it has to wait for.
    needs: (u32, u32),
}

/// What is asked for: of which object, under which key, what and with which values.
type Asked = (usize, u32, Ask, Value, Value);

struct Search {
    ops: Vec<Placed>,
    lines: Vec<Line>,
    models: Vec<Box<dyn Model>>,
    /// Lines and how far they must have come, for one operation after the other.
    needs: Vec<(u32, u32)>,
    /// Configurations, one after the other: how far each line is, and each object's state.
    met: Vec<u32>,
    table: HashTable<u32>,
    steps: u64,
}

/// A configuration that is being tried.
struct Frame {
    at: Vec<u32>,
    /// The lines that can go on, the earliest asked last.
    choices: Vec<usize>,
    /// The operation that led here.
    taken: u32,
}

/// A step takes longer here than in the search for linearizability: no more than this many are taken.
const CHECK_STEPS_MAX: u64 = 1_000_000;

/// So many steps are taken before a search may rest.
const STRIDE: u64 = 16;

/// Whether a history is sequentially consistent.
pub fn check(question: &Question<'_>, limits: &Limits) -> Answer {
    let forced = Forced::of(question);
    let pace = Pace::default();
    at_once(check_in_turns(question, forced.as_ref(), limits, pace))
}

/// Whether there is an order that keeps each client's own, and in which whatever had ended before a change was asked for
/// comes before that: changes are linearizable, reads may be old (Lev-Ari et al. 2017, OSC(U)).
pub fn check_changes(question: &Question<'_>, limits: &Limits) -> Answer {
    let forced = Forced::of(question);
    let mut asker = Asker::new(question, forced.as_ref(), *limits, Pace::default());
    asker.keeps_time = true;
    let all = asker.all.clone();
    at_once(asker.answer(&all))
}

/// As few operations as contradict one another in such a history, where it is found out in time.
pub fn explain_changes(question: &Question<'_>, limits: &Limits) -> Shrunk {
    let forced = Forced::of(question);
    let mut asker = Asker::new(question, forced.as_ref(), SHRINKING, Pace::default());
    asker.keeps_time = true;
    let most = STEPS_MAX.min(limits.steps);
    at_once(async {
        let few = asker.few(most).await;
        fewest(question, &few, async |kept: &[u32]| {
            asker.is_bad(kept, most).await
        })
        .await
    })
}

/// The same, at a pace. `forced` is what values say of every order.
pub async fn check_in_turns(
    question: &Question<'_>,
    forced: Option<&Forced<'_>>,
    limits: &Limits,
    pace: Pace,
) -> Answer {
    let limits = Limits {
        steps: limits.steps.min(CHECK_STEPS_MAX),
        ..*limits
    };
    let mut asker = Asker::new(question, forced, limits, pace);
    let all = asker.all.clone();
    asker.answer(&all).await
}

/// How much work shrinking may be, one step of it and altogether.
const SHRINKING: Limits = Limits {
    steps: 20_000,
    bytes: 8 << 20,
};
const STEPS_MAX: u64 = 1_000_000;

/// As few operations as contradict one another, of a history that is not sequentially consistent.
pub fn explain(question: &Question<'_>, all: &[u32], limits: &Limits) -> Shrunk {
    let forced = Forced::of(question);
    let pace = Pace::default();
    at_once(explain_in_turns(
        question,
        forced.as_ref(),
        all,
        limits,
        pace,
    ))
}

/// The same, at a pace.
pub async fn explain_in_turns(
    question: &Question<'_>,
    forced: Option<&Forced<'_>>,
    all: &[u32],
    limits: &Limits,
    pace: Pace,
) -> Shrunk {
    let most = STEPS_MAX.min(limits.steps);
    let mut asker = Asker::new(question, forced, SHRINKING, pace);
    asker.all = all.to_vec();
    let made_up = match asker.made_up.first() {
        Some(one) => Some(*one),
        None => forced.and_then(Forced::made_up),
    };
    if let Some(one) = made_up.filter(|one| all.contains(one))
        && asker.is_bad(&[one], most).await == Enough::Yes
    {
        return Shrunk::one(one);
    }
    let few = asker.few(most).await;
    fewest(question, &few, async |kept: &[u32]| {
        asker.is_bad(kept, most).await
    })
    .await
}

/// Asks about one history again and again, with ever fewer operations as it says.
struct Asker<'a> {
    question: &'a Question<'a>,
    /// Every operation that counts, in order.
    all: Vec<u32>,
    /// What its values say.
    forced: Option<&'a Forced<'a>>,
    /// Those who were told numbers that no order gives.
    made_up: Vec<u32>,
    /// Whether changes keep real time.
    keeps_time: bool,
    limits: Limits,
    steps: u64,
    pace: Pace,
}

impl<'a> Asker<'a> {
    fn new(
        question: &'a Question<'a>,
        forced: Option<&'a Forced<'a>>,
        limits: Limits,
        pace: Pace,
    ) -> Self {
        let mut all = parts(question).concat();
        all.sort_unstable();
        Self {
            question,
            all,
            forced,
            made_up: sums::made_up(question),
            keeps_time: false,
            limits,
            steps: 0,
            pace,
        }
    }

    async fn answer(&mut self, all: &[u32]) -> Answer {
        match self.order(all).await {
            Ok(Some(order)) => {
                let points = (0..).zip(order).map(|(place, op)| Point { op, place });
                Answer::Yes(points.collect())
            }
            Ok(None) => Answer::No(all.to_vec()),
            Err(why) => Answer::Undecided(why),
        }
    }

    /// An order of all operations, of which only `kept` are as the history says: reads that are not are left out,
    /// anything else may happen at any time or never.
    async fn order(&mut self, kept: &[u32]) -> Result<Option<Vec<u32>>, Why> {
        let mut made_up = self.made_up.iter();
        if made_up.any(|one| kept.binary_search(one).is_ok()) {
            return Ok(None);
        }
        let mut past = None;
        if let Some(forced) = self.forced {
            past = Some(forced.past(kept, self.pace).await);
        }
        if past.as_ref().is_some_and(|(past, _)| past.is_cyclic()) {
            return Ok(None);
        }
        let forced = self.forced.zip(past.as_ref());
        let mut search = Search::new(self.question, &self.all, kept, forced);
        let past = past.as_ref().map(|(past, _)| past);
        let question = self.question;
        let is_kept = |op: u32| kept.binary_search(&op).is_ok();
        let in_time = |one: u32, op: u32| {
            let both = question.as_of(one).zip(question.as_of(op));
            let comes_before = both.is_some_and(|(one, op)| {
                let has_ended = question.duty(&one) == Duty::Must && one.ended < op.invoked;
                has_ended && !op.ask.is_read()
            });
            comes_before && is_kept(one) && is_kept(op)
        };
        if past.is_some() || self.keeps_time {
            search.await_all(&|one, op| {
                past.is_some_and(|past| past.has(op, one)) || self.keeps_time && in_time(one, op)
            });
        }
        let Some(mut frames) = search.begin() else {
            return Ok(Some(Vec::new()));
        };
        loop {
            if let Some(found) = search.stride(&mut frames, &self.limits) {
                self.steps += search.steps;
                return found;
            }
            self.pace.rest().await;
        }
    }

    /// Whether there is no order even if only `kept` are as the history says.
    fn is_bad<'b>(
        &'b mut self,
        kept: &'b [u32],
        most: u64,
    ) -> Pin<Box<dyn Future<Output = Enough> + 'b>> {
        // One piece of code, however many callers there are.
        Box::pin(async move {
            if self.steps >= most {
                return Enough::Over(Why::Steps(most));
            }
            let found = self.order(kept).await;
            self.pace.rest().await;
            match found {
                Ok(None) => Enough::Yes,
                Ok(Some(_)) => Enough::No,
                Err(why) => Enough::Open(why),
            }
        })
    }

    /// Few operations that contradict one another: each is the last of as few as do so with those after it. What was
    /// read comes after all changes, so that changes are named rather than reads, and both are in order of time, so
    /// that the first contradiction is found.
    async fn few(&mut self, most: u64) -> Vec<u32> {
        let mut rest = self.all.clone();
        rest.sort_by_key(|op| (self.question.history.ops[*op as usize].ask.is_read(), *op));
        // What values say is soon found out, and it is all of what is wrong or nothing.
        let by_values = match self.forced {
            Some(forced) => forced.past(&self.all, self.pace).await.0.is_cyclic(),
            None => false,
        };
        let mut needed: Vec<u32> = Vec::new();
        while !self.is_wrong(&needed, by_values, most).await {
            let (mut low, mut high) = (1, rest.len());
            if high == 0 {
                break;
            }
            while low < high {
                let middle = (low + high) / 2;
                let kept = [&rest[..middle], &needed].concat();
                match self.is_wrong(&kept, by_values, most).await {
                    true => high = middle,
                    false => low = middle + 1,
                }
            }
            needed.push(rest[low - 1]);
            rest.truncate(low - 1);
        }
        needed.sort_unstable();
        needed
    }

    async fn is_wrong(&mut self, kept: &[u32], by_values: bool, most: u64) -> bool {
        let mut kept = kept.to_vec();
        kept.sort_unstable();
        match self.forced.filter(|_| by_values) {
            Some(forced) => forced.past(&kept, self.pace).await.0.is_cyclic(),
            None => self.is_bad(&kept, most).await == Enough::Yes,
        }
    }
}

impl Search {
    fn new(
        question: &Question<'_>,
        all: &[u32],
        kept: &[u32],
        forced: Option<(&Forced<'_>, &(Past, Vec<bool>))>,
    ) -> Self {
        let mut search = Self {
            ops: Vec::new(),
            lines: Vec::new(),
            models: Vec::new(),
            needs: Vec::new(),
            met: Vec::new(),
            table: HashTable::new(),
            steps: 0,
        };
        // A line a client, or a session of several, then one for each operation that need not happen.
        let clients = question.history.ops.iter().map(|op| op.client as usize + 1);
        let count = clients.max().unwrap_or(0);
        search.lines.resize_with(count, || Line {
            must: true,
            ..Line::default()
        });
        for (part, ops) in parts(question).into_iter().enumerate() {
            let mut known = Vec::new();
            let own: Vec<u32> = ops
                .iter()
                .copied()
                .filter(|op| kept.binary_search(op).is_ok())
                .collect();
            let mut wanted = Wanted::of(question, &ops, &own);
            for number in ops.iter().filter(|op| all.binary_search(op).is_ok()) {
                let Some(op) = question.as_of(*number) else {
                    continue;
                };
                let is_kept = own.binary_search(number).is_ok();
                let is_idle = forced.is_some_and(|(forced, (_, happened))| {
                    !happened[*number as usize] && forced.is_seen_or_nothing(*number)
                });
                if is_idle || !is_kept && (op.ask.is_read() || !wanted.takes(&op)) {
                    continue;
                }
                search.ops.push(Placed {
                    op: *number,
                    part,
                    local: known.len() as u32,
                    invoked: op.invoked,
                    needs: (0, 0),
                });
                known.push(op);
            }
            let model = model_of(
                question.kind,
                question.history,
                &mut known.into_iter(),
                question.initial,
            );
            search.models.push(model);
        }
        search.ops.sort_by_key(|op| op.invoked);
        // Those that anybody may do at any time and that ask the same are done one after the other.
        let mut alike: Vec<(Asked, usize)> = Vec::new();
        for place in 0..search.ops.len() {
            let number = search.ops[place].op;
            let Some(op) = question.as_of(number) else {
                continue;
            };
            let client = question.history.process_of(op.client) as usize;
            let is_kept = kept.binary_search(&number).is_ok();
            if is_kept && question.duty(&op) == Duty::Must {
                search.lines[client].ops.push(place as u32);
                continue;
            }
            let done = search.lines[client].ops.len() as u32;
            if !is_kept {
                let asked = (search.ops[place].part, op.key, op.ask, op.a, op.b);
                match alike.binary_search_by_key(&asked, |(asked, _)| *asked) {
                    Ok(known) => {
                        search.lines[alike[known].1].ops.push(place as u32);
                        continue;
                    }
                    Err(next) => alike.insert(next, (asked, search.lines.len())),
                }
            }
            search.lines.push(Line {
                ops: [place as u32].to_vec(),
                after: is_kept.then_some((client, done)),
                must: false,
            });
        }
        search
    }

    /// Lets each operation wait for those that come before it in every order, as `is_before` says.
    fn await_all(&mut self, is_before: &dyn Fn(u32, u32) -> bool) {
        for place in 0..self.ops.len() {
            let (op, from) = (self.ops[place].op, self.needs.len() as u32);
            for (line, those) in (0..).zip(&self.lines) {
                let ops = those.ops.iter().map(|place| self.ops[*place as usize].op);
                let last = ops.rev().position(|one| is_before(one, op));
                if let Some(after) = last {
                    self.needs.push((line, (those.ops.len() - after) as u32));
                }
            }
            self.ops[place].needs = (from, self.needs.len() as u32);
        }
    }

    /// Goes on by [`STRIDE`] steps or a few more, unless something is found before.
    fn stride(
        &mut self,
        frames: &mut Vec<Frame>,
        limits: &Limits,
    ) -> Option<Result<Option<Vec<u32>>, Why>> {
        let until = self.steps + STRIDE;
        while self.steps < until {
            let Some(frame) = frames.last_mut() else {
                return Some(Ok(None));
            };
            if self.steps > limits.steps {
                return Some(Err(Why::Steps(limits.steps)));
            }
            let states = self.models.iter().map(|model| model.bytes()).sum::<usize>();
            if self.met.capacity() * 4 + states > limits.bytes {
                return Some(Err(Why::Bytes(limits.bytes)));
            }
            let Some(line) = frame.choices.pop() else {
                frames.pop();
                continue;
            };
            let Some((next, taken)) = self.next(&frame.at, line) else {
                continue;
            };
            if self.is_over(&next) {
                let way = frames.iter().skip(1).map(|frame| frame.taken);
                return Some(Ok(Some(way.chain([taken]).collect())));
            }
            self.enter(next, taken, frames);
        }
        None
    }

    /// Before anything is placed; nothing, if that is all.
    fn begin(&mut self) -> Option<Vec<Frame>> {
        let mut start = alloc::vec![0; self.lines.len()];
        for model in &mut self.models {
            start.push(model.initial());
        }
        let mut frames = Vec::new();
        let is_over = self.is_over(&start);
        if !is_over {
            self.enter(start, NEVER, &mut frames);
        }
        (!is_over).then_some(frames)
    }

    fn is_over(&self, at: &[u32]) -> bool {
        let mut lines = self.lines.iter().zip(at);
        lines.all(|(line, done)| !line.must || *done as usize == line.ops.len())
    }

    fn placed(&self, at: &[u32], line: usize) -> Option<Placed> {
        let wanted = &self.lines[line];
        let is_free = wanted.after.is_none_or(|(other, done)| at[other] >= done);
        let place = wanted.ops.get(at[line] as usize).filter(|_| is_free)?;
        let op = self.ops[*place as usize];
        let mut needs = self.needs[op.needs.0 as usize..op.needs.1 as usize].iter();
        needs
            .all(|(line, done)| at[*line as usize] >= *done)
            .then_some(op)
    }

    /// The configuration after the next operation of a line.
    fn next(&mut self, at: &[u32], line: usize) -> Option<(Vec<u32>, u32)> {
        let op = self.placed(at, line)?;
        let object = self.lines.len() + op.part;
        self.steps += 1;
        let model = &mut self.models[op.part];
        let state = Ahead::unknown(|ahead| model.step(at[object], op.local, ahead))?;
        let mut next = at.to_vec();
        next[line] += 1;
        next[object] = state;
        Some((next, op.op))
    }

    /// Tries a configuration, unless it was tried before.
    fn enter(&mut self, at: Vec<u32>, taken: u32, frames: &mut Vec<Frame>) {
        let mut choices: Vec<(u32, usize)> = Vec::new();
        let mut only = None;
        for line in 0..self.lines.len() {
            let Some(op) = self.placed(&at, line) else {
                continue;
            };
            choices.push((op.invoked, line));
            // Whoever must be placed and only looks may be placed as soon as it gives its result.
            if self.lines[line].must
                && self.models[op.part].only_looks(op.local)
                && self.next(&at, line).is_some()
            {
                only = Some(line);
                break;
            }
        }
        let choices = match only {
            Some(line) => [line].to_vec(),
            None if choices.len() > 1 && !self.remember(&at) => return,
            None => {
                choices.sort_unstable_by(|one, other| other.cmp(one));
                choices.into_iter().map(|(_, line)| line).collect()
            }
        };
        frames.push(Frame { at, choices, taken });
    }

    /// Remembers a configuration. Says whether it is new.
    fn remember(&mut self, at: &[u32]) -> bool {
        let width = at.len();
        let met = &self.met;
        let of = |number: u32| &met[number as usize * width..(number as usize + 1) * width];
        let hash = |words: &[u32]| {
            let mut bytes = Vec::with_capacity(words.len() * 4);
            for word in words {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            xxh64(&bytes, 0)
        };
        let key = hash(at);
        if self.table.find(key, |known| of(*known) == at).is_some() {
            return false;
        }
        let number = (met.len() / width) as u32;
        self.table
            .insert_unique(key, number, |known| hash(of(*known)));
        self.met.extend_from_slice(at);
        true
    }
}
