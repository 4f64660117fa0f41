//! What the reads of a key–value store say of who was seen: a text that can be made up of what was put and appended in
//! one way only says all that changed its key since the last put, or since the beginning, and that nothing else did.

use super::history::{Ask, Ended, NEVER, Op};
use super::linearizable::Question;
use super::plain::text_of;
use super::sights::{Sight, Told, ops};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// So much is compared at most, in texts. What is left then says nothing.
const COMPARED_MAX: usize = 20_000_000;

/// What was put, or appended, by key and text, and by whom: none where it was more than one.
type Pieces<'a> = Vec<((u32, Cow<'a, str>), Option<u32>)>;

/// What the reads of a key–value store say, as far as they do.
pub(super) fn told(question: &Question<'_>) -> Told {
    let (puts, appends) = (pieces(question, Ask::Put), pieces(question, Ask::Append));
    let mut lengths: Vec<usize> = appends.iter().map(|((_, text), _)| text.len()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let mut told = Told::default();
    let mut dark: Vec<u32> = Vec::new();
    let mut left = COMPARED_MAX;
    for (number, op) in ops(question) {
        if op.ask != Ask::Get || op.outcome != Ended::Ok {
            continue;
        }
        let text = text_of(&question.history.values, op.result);
        left = left.saturating_sub((text.len() + 1) * (lengths.len() + puts.len()));
        let reading = Reading {
            question,
            puts: &puts,
            appends: &appends,
            lengths: &lengths,
            key: op.key,
            text: &text,
        };
        match Some(&reading).filter(|_| left > 0).and_then(Reading::sight) {
            Some(sight) => {
                told.sights.insert(number, sight);
            }
            None => dark.push(op.key),
        }
    }
    dark.sort_unstable();
    // Where every read says all, nobody saw what none of them shows.
    let is_light = |op: &Op| dark.binary_search(&op.key).is_err();
    let changes = ops(question).filter(|(_, op)| !op.ask.is_read() && is_light(op));
    told.once = changes.map(|(number, _)| number).collect();
    told
}

fn pieces<'a>(question: &Question<'a>, ask: Ask) -> Pieces<'a> {
    let values = &question.history.values;
    let done = ops(question).filter(|(_, op)| op.ask == ask && op.outcome != Ended::Refused);
    let mut all: Vec<_> = done
        .map(|(number, op)| ((op.key, text_of(values, op.a)), number))
        .collect();
    all.sort_unstable();
    let same = all.chunk_by(|one, other| one.0 == other.0);
    let one_each = same.map(|same| (same[0].0.clone(), (same.len() == 1).then_some(same[0].1)));
    one_each.collect()
}

/// What somebody read.
struct Reading<'a> {
    question: &'a Question<'a>,
    puts: &'a Pieces<'a>,
    appends: &'a Pieces<'a>,
    /// How long what was appended is, in bytes.
    lengths: &'a [usize],
    key: u32,
    text: &'a str,
}

/// In how many ways the rest of a text can be made up, 2 for more, and what it then begins with.
#[derive(Clone, Copy, Default)]
struct Ways {
    count: u8,
    first: Option<u32>,
}

impl Ways {
    /// Also by `op`, and then in the ways of what is left; by none where several did that.
    fn add(&mut self, op: Option<u32>, rest: u8) {
        let more = if op.is_none() { rest * 2 } else { rest };
        self.count = (self.count + more).min(2);
        if rest > 0 {
            self.first = op;
        }
    }
}

impl Reading<'_> {
    /// What it says; nothing where it may have come about in several ways.
    fn sight(&self) -> Option<Sight> {
        let ways = self.ways()?;
        let key = self.key;
        let from = self.puts.partition_point(|((other, _), _)| *other < key);
        let mut start = Ways::default();
        let mut begins = 0;
        let put = self.puts[from..].iter();
        for ((_, put), op) in put.take_while(|((other, _), _)| *other == key) {
            if self.text.starts_with(&**put) && ways[put.len()].count > 0 {
                start.add(*op, ways[put.len()].count);
                begins = put.len();
            }
        }
        let initial = text_of(&self.question.history.values, self.question.initial);
        if self.text.starts_with(&*initial) && ways[initial.len()].count > 0 {
            start.add(Some(NEVER), ways[initial.len()].count);
            begins = initial.len();
        }
        if start.count == 0 {
            return Some(Sight {
                is_made_up: true,
                ..Sight::default()
            });
        }
        let mut sight = Sight {
            is_whole: true,
            ..Sight::default()
        };
        let mut next = start.first.filter(|_| start.count == 1)?;
        loop {
            // Nobody does the same thing twice.
            sight.is_made_up |= sight.seen.contains(&next);
            sight.seen.extend(Some(next).filter(|next| *next != NEVER));
            if begins == self.text.len() {
                return Some(sight);
            }
            next = ways[begins].first?;
            begins += text_of(&self.question.history.values, self.op(next).a).len();
        }
    }

    /// By place in the text, how what follows there can be made up of what was appended. Nothing, if something that was
    /// appended is empty.
    fn ways(&self) -> Option<Vec<Ways>> {
        let text = self.text.as_bytes();
        if self.lengths.contains(&0) {
            return None;
        }
        let mut ways = alloc::vec![Ways::default(); text.len() + 1];
        ways[text.len()].count = 1;
        for place in (0..text.len()).rev() {
            for length in self.lengths {
                let (until, piece) = (place + length, text.get(place..place + length));
                let asked = piece.map(|piece| (self.key, piece));
                let found = asked.and_then(|asked| {
                    let appends = self.appends;
                    let by = appends
                        .binary_search_by(|((key, text), _)| (*key, text.as_bytes()).cmp(&asked));
                    by.ok()
                });
                if let Some(found) = found {
                    let rest = ways[until].count;
                    ways[place].add(self.appends[found].1, rest);
                }
            }
        }
        Some(ways)
    }

    fn op(&self, number: u32) -> Op {
        self.question.history.ops[number as usize]
    }
}
