//! What goes wrong with a set or a shopping cart: something is missing, comes back, or is in it twice.

use super::{Finder, end};
use crate::check::history::{Ask, Ended, NEVER, Op, Value};
use crate::check::model::ModelKind;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// An element under a key.
type Item = (u32, Value);

/// What was done about one element.
#[derive(Default)]
struct About {
    /// Who added it, and who removed it; not those who were refused.
    adds: Vec<(u32, Op)>,
    removals: Vec<(u32, Op)>,
    /// Who read it, and how often it was in what they read.
    shown: Vec<(u32, Op, usize)>,
}

impl Finder<'_> {
    /// What was added and never removed must be in what is read later, what was removed must not; and nothing is in it
    /// more often than it was meant to be.
    pub(super) fn set(&mut self) {
        let mut items: BTreeMap<Item, About> = BTreeMap::new();
        for (number, op) in self.ops().filter(|(_, op)| op.outcome != Ended::Refused) {
            match op.ask {
                Ask::Add => {
                    let about = items.entry((op.key, op.a)).or_default();
                    about.adds.push((number, op));
                }
                Ask::Remove => {
                    let about = items.entry((op.key, op.a)).or_default();
                    about.removals.push((number, op));
                }
                _ => {}
            }
        }
        let mut reads: BTreeMap<u32, Vec<(u32, Op)>> = BTreeMap::new();
        for (reader, read) in self.done(Ask::Read) {
            let mut told = self.list(read.result).to_vec();
            told.sort_unstable();
            for one in told.chunk_by(|one, other| one == other) {
                let about = items.entry((read.key, one[0])).or_default();
                about.shown.push((reader, read, one.len()));
            }
            reads.entry(read.key).or_default().push((reader, read));
        }
        let is_cart = self.question.kind == ModelKind::Cart;
        let mut found = Vec::new();
        for ((key, item), about) in &items {
            let reads = reads.get(key).map_or(&[][..], |reads| &reads[..]);
            let lacks = |read: &Op| !self.list(read.result).contains(item);
            let at_first = self.at_first(*item);
            match is_cart {
                true => found.extend(about.more_than_meant(reads, at_first, &lacks)),
                false => found.extend(about.twice()),
            }
            found.extend(about.missing(reads));
            found.extend(about.resurrected(is_cart.then_some(at_first)));
        }
        found.sort_by_key(|wrong| wrong.other);
        for wrong in found {
            self.add(
                wrong.name,
                wrong.sentence,
                wrong.one,
                wrong.other,
                wrong.number,
            );
        }
    }
}

/// A finding that is not told yet; see [`Finder::add`].
struct Wrong {
    name: &'static str,
    sentence: &'static str,
    one: u32,
    other: u32,
    number: i64,
}

impl About {
    /// A set holds nothing twice.
    fn twice(&self) -> Option<Wrong> {
        let (reader, ..) = self.shown.iter().find(|(_, _, times)| *times > 1)?;
        Some(Wrong {
            name: "item-doubled",
            sentence: "{other} read {told} {then}: {item} is in it twice.",
            one: self.adds.first().map_or(*reader, |(add, _)| *add),
            other: *reader,
            number: 0,
        })
    }

    /// A cart may hold a thing more than once; not more often than it was put in, nor because somebody was not shown
    /// that it was there, or was not told that it had been put in.
    fn more_than_meant(
        &self,
        reads: &[(u32, Op)],
        at_first: usize,
        lacks: &dyn Fn(&Op) -> bool,
    ) -> Option<Wrong> {
        let (reader, read, times) = self.shown.iter().find(|(_, _, times)| *times > 1)?;
        let wrong = |sentence, one, number| Wrong {
            name: "item-doubled",
            sentence,
            one,
            other: *reader,
            number,
        };
        let begun = self
            .adds
            .partition_point(|(_, add)| add.invoked < read.ended);
        let adds = &self.adds[..begun];
        let (first, _) = adds.first()?;
        if adds.len() + at_first < *times {
            let sentence =
                "{other} read {told} {then}: {item} is in it {often}, and was not put in so often.";
            return Some(wrong(sentence, *first, *times as i64));
        }
        let is_removed = |by: u32| {
            self.removals
                .iter()
                .any(|(_, removal)| removal.invoked < by)
        };
        // Whether what nobody was told of is in it too.
        let confirmed = adds
            .iter()
            .filter(|(_, add)| add.outcome == Ended::Ok)
            .count();
        let is_unheard_in = confirmed + at_first < *times;
        for (place, (number, add)) in adds.iter().enumerate() {
            let earlier = &adds[..place];
            let mut own = earlier
                .iter()
                .filter(|(_, other)| other.client == add.client);
            if is_unheard_in && own.any(|(_, other)| other.outcome == Ended::Unknown) {
                let sentence = "{other} read {told} {then}: {item} is in it {often}, for {who} had no answer and put it in again {at}.";
                return Some(wrong(sentence, *number, *times as i64));
            }
            let before = reads.partition_point(|(_, read)| read.invoked < add.invoked);
            let mut own = reads[..before].iter().rev();
            let looked =
                own.find(|(_, read)| read.client == add.client && read.ended < add.invoked);
            let Some((_, look)) = looked.filter(|(_, look)| lacks(look)) else {
                continue;
            };
            let is_there = earlier.iter().any(|(_, other)| end(other) < look.invoked);
            if is_there && !is_removed(look.ended) {
                let sentence = "{other} read {told} {then}: {item} is in it {often}, for {who} had not been shown it and put it in again {at}.";
                return Some(wrong(sentence, *number, *times as i64));
            }
        }
        None
    }

    /// What was confirmed, and then was not there, nor ever again.
    fn missing(&self, reads: &[(u32, Op)]) -> Vec<Wrong> {
        if !self.removals.is_empty() {
            return Vec::new();
        }
        let shown = self.shown.last().map_or(0, |(_, read, _)| read.invoked + 1);
        let confirmed = self.adds.iter().filter(|(_, add)| add.outcome == Ended::Ok);
        let missing = confirmed.filter_map(|(number, add)| {
            let since = shown.max(add.ended);
            let (reader, _) = reads.get(reads.partition_point(|(_, read)| read.invoked < since))?;
            Some(Wrong {
                name: "write-missing",
                sentence: "{who}’s {what} was confirmed {at}, nobody removed it, and {other} read {told} {then}.",
                one: *number,
                other: *reader,
                number: 0,
            })
        });
        missing.collect()
    }

    /// What was removed, and then was there again although nobody can have put it in since. In a cart that held it so
    /// often `at_first`, what is there must be more than was put in and not taken out.
    fn resurrected(&self, at_first: Option<usize>) -> Option<Wrong> {
        let latest = self.adds.iter().map(|(_, add)| end(add)).max();
        let removed = |(_, removal): &&(u32, Op)| {
            end(removal) != NEVER && latest.is_none_or(|add| add < removal.invoked)
        };
        let (removal, since) = self.removals.iter().find(removed)?;
        let (reader, ..) = self.shown.iter().find(|(_, read, times)| {
            let gone = self
                .removals
                .iter()
                .filter(|(_, one)| end(one) < read.invoked);
            let left = at_first.map_or(0, |first| {
                (first + self.adds.len()).saturating_sub(gone.count())
            });
            read.invoked > since.ended && *times > left
        })?;
        Some(Wrong {
            name: "item-resurrected",
            sentence: "{who}’s {what} was confirmed {at}, nobody added it again, and {other} read {told} {then}: it came back.",
            one: *removal,
            other: *reader,
            number: 0,
        })
    }
}
