//! Causal consistency and the four session guarantees, from what each read saw.
//!
//! A read **sees** a change if its answer rests on it. A guarantee says of some changes that a read must see them:
//!
//! | guarantee | a read must see |
//! |---|---|
//! | read your writes | what its own client changed before it |
//! | monotonic reads | what earlier reads of its client saw |
//! | monotonic writes | with a change, what the same client changed before that |
//! | writes follow reads | with a change, what its client had seen before that |
//! | PRAM | the first three together (Lipton & Sandberg 1988) |
//! | causal | all of these, and what follows from them, without end |
//!
//! The guarantees are those of Terry et al. (1994) as Burckhardt (2014, section 5.2) writes them down over visibility;
//! causal consistency is that of Ahamad et al. (1995) in its per-read form, whose bad patterns Bouajjani et al. (2017,
//! Table 2) list. Where a read shows only the newest change of a key, as a register does, what it must see must not be
//! newer; changes of one session are ordered as it made them. A session is a client, or several that belong together.
//!
//! What a read saw is known of our own runs. Of a file it is known if no value was written twice.

use super::history::{Ended, NEVER, Op};
use super::linearizable::Question;
use super::sights::{Blind, Sight, Sights, ops};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// What may hold of a history beside the orders of all operations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Guarantee {
    /// Read your writes.
    ReadYourWrites,
    /// Monotonic reads.
    MonotonicReads,
    /// Monotonic writes.
    MonotonicWrites,
    /// Writes follow reads.
    WritesFollowReads,
    /// The first three together.
    Pram,
    /// Causal consistency.
    Causal,
}

/// What was found out about a guarantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// It holds.
    Yes,
    /// It does not.
    No(Breach),
    /// It cannot be decided.
    Undecided(Blind),
}

/// How a guarantee was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The operation that should have seen more.
    pub reader: u32,
    /// The change that it should have seen, or seen earlier; [`NEVER`] where it was told what nobody wrote.
    pub missed: u32,
    /// The operation because of which: an earlier read, or the change that it did see. [`NEVER`] where there is none.
    pub because: u32,
    /// Whether it saw both, in the wrong order.
    pub is_disorder: bool,
}

/// Sets of operations, one an operation.
struct Rows {
    words: usize,
    bits: Vec<u64>,
}

impl Rows {
    fn new(count: usize) -> Self {
        let words = count.div_ceil(64);
        Self {
            words,
            bits: alloc::vec![0; words * count],
        }
    }

    fn has(&self, row: u32, bit: u32) -> bool {
        self.bits[row as usize * self.words + bit as usize / 64] & (1 << (bit % 64)) != 0
    }

    fn put(&mut self, row: u32, bit: u32) {
        self.bits[row as usize * self.words + bit as usize / 64] |= 1 << (bit % 64);
    }

    /// Puts all of one row into another. Says whether that made a difference.
    fn join(&mut self, row: u32, other: u32) -> bool {
        let mut is_more = false;
        for word in 0..self.words {
            let more = self.bits[other as usize * self.words + word];
            let to = &mut self.bits[row as usize * self.words + word];
            is_more |= more & !*to != 0;
            *to |= more;
        }
        is_more
    }
}

/// Judges one guarantee after the other on the same sights.
pub struct Sessions<'a> {
    question: Question<'a>,
    sights: &'a Sights,
    /// By session: its operations that were answered, as they were asked.
    sessions: BTreeMap<u32, Vec<u32>>,
}

impl<'a> Sessions<'a> {
    /// Sessions of the history as of the question.
    pub fn new(question: Question<'a>, sights: &'a Sights) -> Self {
        let mut sessions: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (number, op) in ops(&question) {
            if op.outcome == Ended::Ok {
                let session = question.history.session_of(op.client);
                sessions.entry(session).or_default().push(number);
            }
        }
        Self {
            question,
            sights,
            sessions,
        }
    }

    fn op(&self, number: u32) -> Op {
        self.question.history.ops[number as usize]
    }

    fn changes(&self, number: u32) -> bool {
        !self.op(number).ask.is_read()
    }

    /// What the same session did and was answered before an operation was asked.
    fn before(&self, number: u32) -> impl Iterator<Item = u32> + '_ {
        let op = self.op(number);
        let session = self.question.history.session_of(op.client);
        let own = self.sessions.get(&session).map_or(&[][..], Vec::as_slice);
        let own = own.iter().copied();
        own.filter(move |other| self.op(*other).ended < op.invoked)
    }

    /// Whether a guarantee holds.
    pub fn judge(&self, guarantee: Guarantee) -> Held {
        let made_up = self.sights.iter().find(|(_, sight)| sight.is_made_up);
        let breach = match (made_up, guarantee) {
            (Some((&reader, _)), _) => Some(Breach {
                reader,
                missed: NEVER,
                because: NEVER,
                is_disorder: false,
            }),
            (None, Guarantee::Causal) => self.causal(),
            (None, _) => self.session(guarantee),
        };
        breach.map_or(Held::Yes, Held::No)
    }

    /// Two changes that an answer shows in the wrong order.
    fn disorder(&self, reader: u32, is_before: impl Fn(u32, u32) -> bool) -> Option<Breach> {
        let sight = self.sights.get(&reader).filter(|sight| sight.is_ordered)?;
        for (place, later) in sight.seen.iter().enumerate() {
            let mut after = sight.seen[place + 1..].iter();
            if let Some(missed) = after.find(|one| is_before(**one, *later)) {
                return Some(Breach {
                    reader,
                    missed: *missed,
                    because: *later,
                    is_disorder: true,
                });
            }
        }
        None
    }

    /// The first read that misses what it must see.
    fn session(&self, guarantee: Guarantee) -> Option<Breach> {
        for (&reader, sight) in self.sights {
            let disorder = self.disorder(reader, |one, other| self.is_own_earlier(one, other));
            if disorder.is_some() {
                return disorder;
            }
            let mut must = Vec::new();
            match guarantee {
                Guarantee::ReadYourWrites => {
                    let own = self.before(reader).filter(|own| self.changes(*own));
                    must.extend(own.map(|own| (own, NEVER)));
                }
                Guarantee::MonotonicReads => {
                    for earlier in self.before(reader) {
                        let seen = self.sights.get(&earlier).map_or(&[][..], |one| &one.seen);
                        must.extend(seen.iter().map(|seen| (*seen, earlier)));
                    }
                }
                Guarantee::MonotonicWrites => {
                    for seen in &sight.seen {
                        let own = self.before(*seen).filter(|own| self.changes(*own));
                        must.extend(own.map(|own| (own, *seen)));
                    }
                }
                Guarantee::Pram => must = self.pram(reader, sight),
                Guarantee::WritesFollowReads | Guarantee::Causal => {
                    for seen in &sight.seen {
                        let known = self.known_to(*seen);
                        must.extend(known.into_iter().map(|known| (known, *seen)));
                    }
                }
            }
            for (missed, because) in must {
                if self.misses(reader, sight, missed, |newest| {
                    self.is_own_earlier(newest, missed)
                }) {
                    return Some(Breach {
                        reader,
                        missed,
                        because,
                        is_disorder: false,
                    });
                }
            }
        }
        None
    }

    /// What a client did or saw before, and with each change what the same client changed before it.
    fn pram(&self, reader: u32, sight: &Sight) -> Vec<(u32, u32)> {
        let mut base: Vec<(u32, u32)> = sight.seen.iter().map(|seen| (*seen, NEVER)).collect();
        for earlier in self.before(reader) {
            if self.changes(earlier) {
                base.push((earlier, NEVER));
            }
            let seen = self.sights.get(&earlier).map_or(&[][..], |one| &one.seen);
            base.extend(seen.iter().map(|seen| (*seen, earlier)));
        }
        let mut must = base.clone();
        for (change, _) in base {
            let own = self.before(change).filter(|own| self.changes(*own));
            must.extend(own.map(|own| (own, change)));
        }
        must
    }

    /// What the client of a change had seen before it, and the clients of that, and so on.
    fn known_to(&self, change: u32) -> Vec<u32> {
        let mut known = Vec::new();
        let mut open = [change].to_vec();
        while let Some(change) = open.pop() {
            for earlier in self.before(change).chain([change]) {
                let seen = self.sights.get(&earlier).map_or(&[][..], |one| &one.seen);
                for seen in seen {
                    if !known.contains(seen) {
                        known.push(*seen);
                        open.push(*seen);
                    }
                }
            }
        }
        known
    }

    /// Whether one change came before another of the same session.
    fn is_own_earlier(&self, one: u32, other: u32) -> bool {
        let (first, second) = (self.op(one), self.op(other));
        let session = |op: &Op| self.question.history.session_of(op.client);
        session(&first) == session(&second) && first.ended < second.invoked
    }

    /// Whether a reader shows that it did not see a change. Where only the newest shows, it does if that is older.
    fn misses(
        &self,
        reader: u32,
        sight: &Sight,
        change: u32,
        is_older: impl Fn(u32) -> bool,
    ) -> bool {
        if change == reader {
            return false;
        }
        if sight.unseen.contains(&change) {
            return true;
        }
        let Some(newest) = sight.newest else {
            return false;
        };
        let is_same = self.op(reader).key == self.op(change).key;
        is_same && newest != change && (newest == NEVER || is_older(newest))
    }

    /// What follows from what: by operation, all that it comes after.
    fn past(&self) -> Rows {
        let count = self.question.history.ops.len();
        let mut past = Rows::new(count);
        for number in 0..count as u32 {
            // Also what nobody knows of comes after what its session did before; nobody comes after it but who saw it.
            for earlier in self.before(number) {
                past.put(number, earlier);
            }
        }
        for (reader, sight) in self.sights {
            for seen in &sight.seen {
                past.put(*reader, *seen);
            }
        }
        let mut is_more = true;
        while is_more {
            is_more = false;
            for number in 0..count as u32 {
                for other in 0..count as u32 {
                    if past.has(number, other) {
                        is_more |= past.join(number, other);
                    }
                }
            }
        }
        past
    }

    fn causal(&self) -> Option<Breach> {
        let past = self.past();
        for (&reader, sight) in self.sights {
            if past.has(reader, reader) {
                // It comes after itself: something that it saw follows from it.
                let missed = sight
                    .seen
                    .iter()
                    .copied()
                    .find(|seen| past.has(*seen, reader));
                return Some(Breach {
                    reader,
                    missed: missed.unwrap_or(reader),
                    because: NEVER,
                    is_disorder: false,
                });
            }
            let disorder = self.disorder(reader, |one, other| past.has(other, one));
            if disorder.is_some() {
                return disorder;
            }
            for missed in 0..self.question.history.ops.len() as u32 {
                if !past.has(reader, missed) || !self.changes(missed) {
                    continue;
                }
                if self.misses(reader, sight, missed, |newest| past.has(missed, newest)) {
                    return Some(Breach {
                        reader,
                        missed,
                        because: self.link(&past, reader, missed),
                        is_disorder: false,
                    });
                }
            }
        }
        None
    }

    /// What a reader saw or did before that comes after the change that it missed.
    fn link(&self, past: &Rows, reader: u32, missed: u32) -> u32 {
        let seen = self.sights.get(&reader).map_or(&[][..], |one| &one.seen);
        let own = self.before(reader);
        let all = seen.iter().copied().chain(own);
        let mut links = all.filter(|link| *link != missed && past.has(*link, missed));
        links.next().unwrap_or(NEVER)
    }
}
