//! The replicated log: entries with terms, numbered from 1, of which a snapshot may have replaced the beginning.

use super::ephemeral::Grant;
use super::list::List;
use super::machine::Command;
use super::members::Members;
use crate::units::Mask;
use crate::wire::{Decoder, Encoder};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// A term: time as the algorithm counts it (Ongaro & Ousterhout 2014, §5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Term(pub u32);

/// A place in the log, counted from 1; 0 is before the first entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Index(pub u32);

impl Index {
    /// The one behind it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The one before it.
    #[must_use]
    pub const fn back(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// Where a log ends, or what stands before an entry. Ordered as §5.4.1 compares logs: by term, then by length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Place {
    /// The term of the entry there.
    pub term: Term,
    /// Where it stands.
    pub index: Index,
}

impl Place {
    /// Appends its bytes.
    pub fn encode(self, to: &mut Encoder) {
        to.u32(self.index.0).u32(self.term.0);
    }

    /// Reads them back.
    pub fn decode(from: &mut Decoder<'_>) -> Self {
        let index = Index(from.u32());
        let term = Term(from.u32());
        Self { term, index }
    }
}

/// A timestamp of TrueTime, in microseconds since the run began (Corbett et al. 2012, §3). A run is at most an hour long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Stamp(pub u32);

/// What an entry of the log says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Nothing: a leader begins its term with it (Ongaro & Ousterhout 2014, §8).
    NoOp,
    /// What a client wants done.
    Command(Command),
    /// The members from here on (Ongaro's dissertation, §4.1).
    Members(Members),
    /// A client's session opens, or is over.
    Session(Grant),
    /// What a client wants done, or nothing, at a timestamp (Corbett et al. 2012, §4.1.2).
    Stamped(Stamp, Option<Command>),
    /// The leader with this ballot begins here, with all that it was told of before it.
    Begins(Term),
}

impl Content {
    /// What it asks for, if it is a client's.
    pub const fn command(&self) -> Option<&Command> {
        match self {
            Self::Command(command) | Self::Stamped(_, Some(command)) => Some(command),
            _ => None,
        }
    }

    /// Its timestamp, if it has one.
    pub const fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Stamped(stamp, _) => Some(*stamp),
            _ => None,
        }
    }
}

/// An entry of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The term of the leader that made it.
    pub term: Term,
    /// What it says.
    pub content: Content,
}

impl Entry {
    /// What fills the places of a log that a snapshot has replaced, and those that hold nothing yet.
    pub const EMPTY: Self = Self {
        term: Term(0),
        content: Content::NoOp,
    };

    /// Whether it stands for nothing: a place that holds no entry yet.
    pub fn is_empty(&self) -> bool {
        self.term == Self::EMPTY.term
    }

    /// What it asks for, if it is a client's.
    pub const fn command(&self) -> Option<&Command> {
        self.content.command()
    }

    /// Its timestamp, if it has one.
    pub const fn stamp(&self) -> Option<Stamp> {
        self.content.stamp()
    }

    fn encode(&self, to: &mut Encoder) {
        to.u32(self.term.0);
        match self.content {
            Content::NoOp => {
                to.u8(0);
            }
            Content::Command(command) => command.encode(to.u8(1)),
            Content::Members(members) => {
                to.u8(2).u32(members.0.0);
            }
            Content::Session(grant) => grant.encode(to.u8(3)),
            Content::Stamped(stamp, Some(command)) => command.encode(to.u8(4).u32(stamp.0)),
            Content::Stamped(stamp, None) => {
                to.u8(5).u32(stamp.0);
            }
            Content::Begins(ballot) => {
                to.u8(6).u32(ballot.0);
            }
        }
    }

    fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let term = Term(from.u32());
        let content = match from.u8() {
            0 => Content::NoOp,
            1 => Content::Command(Command::decode(from)?),
            2 => Content::Members(Members(Mask(from.u32()))),
            3 => Content::Session(Grant::decode(from)),
            4 => Content::Stamped(Stamp(from.u32()), Some(Command::decode(from)?)),
            5 => Content::Stamped(Stamp(from.u32()), None),
            6 => Content::Begins(Term(from.u32())),
            _ => return None,
        };
        Some(Self { term, content })
    }
}

/// In place of a number of entries: it follows in four bytes.
const MANY: u8 = u8::MAX;

/// Entries on their way; `None` for none. Copies of a message share them.
#[derive(Clone, Default, Debug)]
pub struct Batch(pub Option<Rc<[Entry]>>);

impl Batch {
    /// Its entries.
    pub fn entries(&self) -> &[Entry] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Appends its bytes.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn encode(&self, to: &mut Encoder) {
        let count = self.entries().len();
        match u8::try_from(count) {
            Ok(count) if count < MANY => to.u8(count),
            _ => to.u8(MANY).u32(count as u32),
        };
        for entry in self.entries() {
            entry.encode(to);
        }
    }

    /// Reads them back.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn decode(from: &mut Decoder<'_>) -> Option<Self> {
        let mut list = Vec::new();
        let count = match from.u8() {
            MANY => from.u32(),
            count => u32::from(count),
        };
        for _ in 0..count {
            // Past the end everything reads as zero, and the number may be wrong.
            if !from.is_whole() {
                return None;
            }
            list.push(Entry::decode(from)?);
        }
        Some(Self((!list.is_empty()).then(|| list.into())))
    }
}

/// A log. A copy shares what both have in common.
#[derive(Clone, Default, Debug)]
pub struct Log {
    entries: List<Entry>,
    base: Place,
}

impl Log {
    /// What a snapshot has replaced: everything up to here.
    pub const fn base(&self) -> Place {
        self.base
    }

    /// The last index.
    pub fn last_index(&self) -> Index {
        Index(self.entries.len() as u32)
    }

    /// The last index and its term.
    pub fn last(&self) -> Place {
        let index = self.last_index();
        let term = self.term_at(index).unwrap_or_default();
        Place { term, index }
    }

    /// The entry at an index, unless a snapshot replaced it.
    pub fn get(&self, index: Index) -> Option<&Entry> {
        if index <= self.base.index {
            return None;
        }
        self.entries.get(index.0 as usize - 1)
    }

    /// The term at an index, also at the end of what a snapshot replaced. Before the first entry it is 0.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// The place at an index that the log still knows.
    pub fn place_at(&self, index: Index) -> Option<Place> {
        let term = self.term_at(index)?;
        Some(Place { term, index })
    }

    /// Puts an entry at the end.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Puts an entry at an index, whatever stood there. Places before it that there were not yet are empty.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn put(&mut self, index: Index, entry: Entry) {
        while self.last_index() < index {
            self.entries.push(Entry::EMPTY);
        }
        if let Some(place) = self.entries.get_mut(index.0 as usize - 1) {
            *place = entry;
        }
    }

    /// Takes away what stands behind `index`.
    pub fn truncate(&mut self, index: Index) {
        let index = index.max(self.base.index);
        self.entries.truncate(index.0 as usize);
    }

    /// A snapshot takes the place of everything up to `index`, which the log has.
    pub fn compact(&mut self, index: Index) {
        if let Some(place) = self.place_at(index)
            && index > self.base.index
        {
            self.base = place;
            self.entries.forget(index.0 as usize);
        }
    }

    /// Nothing is left but what a snapshot from elsewhere says, which ends at `base`.
    pub fn restart(&mut self, base: Place) {
        self.base = base;
        self.entries.restart(base.index.0 as usize, &Entry::EMPTY);
    }

    /// The first index of the entries of `term` that end at `index` (§5.3, where a follower tells of a conflict).
    pub fn first_of_term(&self, index: Index, term: Term) -> Index {
        let mut first = index;
        while first.back() > self.base.index && self.term_at(first.back()) == Some(term) {
            first = first.back();
        }
        first
    }

    /// The last index at or before `index` with an entry of `term`, or of one before it.
    pub fn last_not_after(&self, index: Index, term: Term) -> Index {
        let mut last = index.min(self.last_index());
        while last > self.base.index && self.term_at(last).is_some_and(|found| found > term) {
            last = last.back();
        }
        last
    }

    /// Its entries between these, both of them too.
    #[cfg_attr(feature = "shelved", inline(never))]
    pub fn batch(&self, first: Index, last: Index) -> Batch {
        let entry = |place| self.get(Index(place)).copied();
        let entries: Rc<[Entry]> = match entry(first.0) {
            None => return Batch::default(),
            Some(only) if first == last => Rc::new([only]),
            Some(_) => (first.0..=last.0).filter_map(entry).collect(),
        };
        Batch(Some(entries))
    }

    /// How many entries it holds.
    pub fn held(&self) -> u32 {
        self.last_index().0 - self.base.index.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(terms: &[u32]) -> Log {
        let mut log = Log::default();
        for term in terms {
            log.push(Entry {
                term: Term(*term),
                content: Content::NoOp,
            });
        }
        log
    }

    #[test]
    fn logs_compare_by_term_then_by_length() {
        assert!(log(&[1, 1, 2]).last() > log(&[1, 1, 1, 1]).last());
        assert!(log(&[1, 1]).last() < log(&[1, 1, 1]).last());
    }

    #[test]
    fn a_compacted_log_knows_the_term_at_its_base() {
        let mut log = log(&[1, 1, 2, 3, 3]);
        log.compact(Index(3));
        assert_eq!(log.term_at(Index(3)), Some(Term(2)));
        assert_eq!(log.term_at(Index(2)), None);
        assert_eq!(log.term_at(Index(4)), Some(Term(3)));
        assert_eq!(log.first_of_term(Index(5), Term(3)), Index(4));
        log.truncate(Index(1));
        assert_eq!(log.last().index, Index(3));
        assert_eq!(log.last().term, Term(2));
    }

    #[test]
    fn what_is_put_ahead_leaves_empty_places() {
        let mut log = log(&[1]);
        let entry = Entry {
            term: Term(3),
            content: Content::NoOp,
        };
        log.put(Index(4), entry);
        let empty = |place| log.get(Index(place)).is_some_and(Entry::is_empty);
        assert_eq!([1, 2, 3, 4].map(empty), [false, true, true, false]);
        assert_eq!(log.last_index(), Index(4));
    }

    #[test]
    fn many_entries_come_back_from_their_bytes() {
        for count in [0, 1, 254, 255, 256, 700] {
            let batch = log(&alloc::vec![2; count]).batch(Index(1), Index(count as u32));
            let mut bytes = Encoder::default();
            batch.encode(&mut bytes);
            let back = Batch::decode(&mut Decoder::new(bytes.bytes())).expect("a batch");
            assert_eq!(back.entries(), batch.entries());
            assert_eq!(back.entries().len(), count);
        }
    }

    #[test]
    fn backing_up_skips_terms_that_the_other_cannot_have() {
        let log = log(&[1, 1, 4, 4, 6]);
        assert_eq!(log.last_not_after(Index(5), Term(3)), Index(2));
        assert_eq!(log.last_not_after(Index(9), Term(4)), Index(4));
    }
}
