//! Causal consistency, PRAM and the four session guarantees, from what each read saw.
//!
//! A read **sees** a change if its answer rests on it. A session is a client, or several that belong together.
//!
//! **PRAM** (Lipton & Sandberg 1988) and **causal** (the causal memory of Ahamad et al. 1995) ask for an order a session:
//! of all changes and of what the session did, such that it is told what such an order gives. PRAM's keeps every
//! client's own order, causal's also what rests on what: a read on what it saw, and so on without end. For registers
//! whose values are written once, for logs, and for sets as far as nothing is removed, this is decided exactly: what an
//! answer asks for is put into the order until nothing more follows (Bouajjani et al. 2017, *happened-before*), and if
//! nothing then comes after itself there is such an order. A compare-and-set is a read for its own session only, and
//! only if that was told; for all others it is a write, and what it had read is its cause. One of which nobody knows has
//! happened if somebody saw it. Where operations of a session overlap, each answer is asked for an order with what its
//! session was told before it.
//!
//! The **session guarantees** (Terry et al. 1994; Burckhardt 2014, section 5.2) say of some changes that a read must see
//! them, and where answers show an order, in which order:
//!
//! | guarantee | a read must see | in the order |
//! |---|---|---|
//! | read your writes | what its own client changed before it | |
//! | monotonic reads | what earlier reads of its client saw | in which these showed it |
//! | monotonic writes | with a change, what the same client changed before that | in which it did |
//! | writes follow reads | with a change, what its client had seen before that | after what it had seen |
//!
//! A register shows one change: for the first two, a read misses what it must see if what it shows is known to be older.
//! A session knows that a change is newer than another if the writer of both did it later, or if it did or saw it itself
//! later, and what follows from that; what contradicts what it knows teaches it nothing. For the other two a register
//! says too little: only its writers' own orders count. None of the four forbids to see what is yet to come; PRAM does.
//! Of a set, an element that anybody removed says only where it was seen that it had been added.
//!
//! What a read saw is known of our own runs. Of a file it is known if no value was written twice.

use super::history::{Ended, NEVER, Op};
use super::linearizable::Question;
use super::model::ModelKind;
use super::past::Past;
use super::sights::{Blind, Sights, ops};
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
    /// An order of all changes for each session, that keeps each client's own.
    Pram,
    /// The same, and it keeps what rests on what.
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The operation that should have seen more.
    pub reader: u32,
    /// The change that it should have seen, or seen elsewhere; [`NEVER`] where there is none.
    pub missed: u32,
    /// The operation because of which: an earlier read, or the change that it did see. [`NEVER`] where there is none.
    pub because: u32,
    /// What is wrong.
    pub how: How,
}

/// What is wrong with an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum How {
    /// It shows what nobody wrote.
    MadeUp,
    /// It does not show a change.
    Missed,
    /// It shows a change behind another that came after it.
    Disorder,
    /// It shows changes in another order than an earlier read.
    Reordered,
    /// It shows a change that came after it.
    Future,
    /// It does not fit together with earlier ones of its session; these and what they saw.
    Unfit(Vec<u32>),
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
    fn before(&self, number: u32) -> impl DoubleEndedIterator<Item = u32> + '_ {
        let session = self.question.history.session_of(self.op(number).client);
        let own = self.sessions.get(&session).map_or(&[][..], Vec::as_slice);
        let own = own.iter().copied();
        own.filter(move |other| self.is_before(*other, number))
    }

    /// Whether an operation that was answered came before another of its session. A client does one thing at a time.
    fn is_before(&self, one: u32, other: u32) -> bool {
        let (first, second) = (self.op(one), self.op(other));
        let is_next = first.client == second.client && one < other;
        first.ended < second.invoked || is_next && first.ended_at <= second.invoked_at
    }

    fn seen(&self, number: u32) -> &[u32] {
        self.sights.get(&number).map_or(&[], |sight| &sight.seen)
    }

    /// Whether a guarantee holds.
    pub fn judge(&self, guarantee: Guarantee) -> Held {
        // Whose operation nobody knows of was told nothing: that is no answer, but it is a cause.
        let is_asked = |reader: u32| guarantee == Guarantee::Causal || self.is_told(reader);
        let mut made_up = self.sights.iter().filter(|(_, sight)| sight.is_made_up);
        let breach = match (made_up.find(|(reader, _)| is_asked(**reader)), guarantee) {
            (Some((&reader, _)), _) => Some(Breach {
                reader,
                missed: NEVER,
                because: NEVER,
                how: How::MadeUp,
            }),
            (None, Guarantee::Causal) => self.causal(),
            (None, Guarantee::Pram) => self.views(&self.own_order()),
            (None, _) => self.session(guarantee),
        };
        breach.map_or(Held::Yes, Held::No)
    }

    /// Each session's own order.
    fn own_order(&self) -> Past {
        let count = self.question.history.ops.len() as u32;
        let mut order = Past::new(count as usize);
        for number in 0..count {
            // Also what nobody knows of comes after what its session did before; nobody comes after it but who saw it.
            for earlier in self.before(number).rev() {
                order.put(&[earlier], number);
            }
        }
        order
    }

    /// The first answer that breaks one of the four session guarantees.
    fn session(&self, guarantee: Guarantee) -> Option<Breach> {
        let order = self.own_order();
        let saw = self.saw();
        let asks = match guarantee {
            Guarantee::MonotonicReads => saw.clone(),
            Guarantee::WritesFollowReads => self.follows(&saw),
            _ => order.clone(),
        };
        let learns = matches!(
            guarantee,
            Guarantee::ReadYourWrites | Guarantee::MonotonicReads
        );
        let first = |own: &Vec<u32>| {
            let mut known = order.clone();
            own.iter().find_map(|number| {
                let breach = self.breaks(guarantee, *number, &asks, &saw, &known);
                if learns && breach.is_none() {
                    self.learn(&mut known, *number);
                }
                breach
            })
        };
        let all = self.sessions.values().filter_map(first);
        all.min_by_key(|breach| breach.reader)
    }

    /// Puts what an operation shows behind what its session knew before, unless it was known to be older.
    fn learn(&self, known: &mut Past, number: u32) {
        let newest = |one: u32| self.sights.get(&one).and_then(|sight| sight.newest);
        let shown = |one: u32| {
            let own = Some(one).filter(|one| self.changes(*one));
            let all = newest(one).into_iter().chain(own);
            all.filter(|one| *one != NEVER)
        };
        if matches!(
            self.question.kind,
            ModelKind::Register | ModelKind::CasRegister
        ) {
            let mut had: Vec<u32> = self.before(number).flat_map(shown).collect();
            for later in shown(number) {
                let is_older = |one: &u32| {
                    *one != later
                        && self.op(*one).key == self.op(later).key
                        && !known.has(*one, later)
                };
                let older: Vec<u32> = had.iter().copied().filter(is_older).collect();
                known.put(&older, later);
                had.push(later);
            }
        }
    }

    /// By operation, what earlier answers of its session saw.
    fn saw(&self) -> Past {
        let mut saw = Past::new(self.question.history.ops.len());
        for number in 0..saw.count {
            let mut last: Vec<u32> = Vec::new();
            for earlier in self.before(number).rev() {
                // What was seen before one that counts already, counts with it.
                if last.iter().any(|last| self.is_before(earlier, *last)) {
                    continue;
                }
                saw.join(earlier, number);
                for seen in self.seen(earlier) {
                    saw.add(*seen, number);
                }
                last.push(earlier);
            }
        }
        saw
    }

    /// By change, what its client had seen before it, and the clients of that, and so on.
    fn follows(&self, saw: &Past) -> Past {
        let mut follows = Past::new(saw.count as usize);
        for change in (0..saw.count).filter(|one| self.changes(*one)) {
            let mut had: Vec<u32> = (0..saw.count).filter(|one| saw.has(change, *one)).collect();
            if self.is_told(change) {
                had.extend(self.seen(change));
            }
            follows.put(&had, change);
        }
        follows
    }

    /// How an answer breaks a session guarantee. `known` is what its session knows of which change is newer.
    fn breaks(
        &self,
        guarantee: Guarantee,
        reader: u32,
        asks: &Past,
        saw: &Past,
        known: &Past,
    ) -> Option<Breach> {
        let seen = self.seen(reader);
        let is_direct = matches!(
            guarantee,
            Guarantee::ReadYourWrites | Guarantee::MonotonicReads
        );
        let must = |missed: &u32| match is_direct {
            true => asks.has(reader, *missed),
            false => seen.iter().any(|one| asks.has(*one, *missed)),
        };
        let mut hidden = self.hidden(reader, known);
        hidden.retain(must);
        // Rather one that the client of a change had seen itself.
        let saw_itself =
            |one: u32, missed: u32| saw.has(one, missed) || self.seen(one).contains(&missed);
        let is_near = |missed: &u32| seen.iter().any(|one| saw_itself(*one, *missed));
        let missed = match guarantee {
            Guarantee::WritesFollowReads => hidden.iter().copied().find(is_near),
            _ => None,
        };
        let Some(missed) = missed.or_else(|| hidden.first().copied()) else {
            return match guarantee {
                Guarantee::ReadYourWrites => None,
                Guarantee::MonotonicReads => self.reorders(reader),
                _ => self.disorder(asks, reader),
            };
        };
        let mut after = seen.iter().copied();
        let because = match guarantee {
            Guarantee::ReadYourWrites => None,
            Guarantee::MonotonicReads => self
                .before(reader)
                .find(|one| self.seen(*one).contains(&missed)),
            Guarantee::WritesFollowReads if is_near(&missed) => {
                after.find(|one| saw_itself(*one, missed))
            }
            _ => after.find(|one| asks.has(*one, missed)),
        };
        Some(Breach {
            reader,
            missed,
            because: because.unwrap_or(NEVER),
            how: How::Missed,
        })
    }

    /// Whether a read that shows all that the one before it showed does so in another order.
    fn reorders(&self, reader: u32) -> Option<Breach> {
        let sight = self.sights.get(&reader)?;
        let is_like = |one: &u32| {
            let sight = self.sights.get(one);
            sight.is_some_and(|one| one.is_ordered) && self.op(*one).key == self.op(reader).key
        };
        let because = self.before(reader).rev().find(is_like)?;
        let mut shown = self.seen(because).iter().peekable();
        for seen in &sight.seen {
            shown.next_if_eq(&seen);
        }
        shown.next().map(|missed| Breach {
            reader,
            missed: *missed,
            because,
            how: How::Reordered,
        })
    }

    fn is_told(&self, number: u32) -> bool {
        let op = self.question.as_of(number);
        op.is_some_and(|op| op.outcome == Ended::Ok)
    }

    /// Changes that an answer shows not to have been there. Where only the newest shows, those are newer by `order`.
    fn hidden(&self, reader: u32, order: &Past) -> Vec<u32> {
        let Some(sight) = self.sights.get(&reader) else {
            return Vec::new();
        };
        let mut hidden = sight.unseen.clone();
        if let Some(newest) = sight.newest {
            let key = self.op(reader).key;
            let is_newer = |one: &u32| {
                let is_like = self.changes(*one) && self.op(*one).key == key;
                is_like && (newest == NEVER || *one != newest && order.has(*one, newest))
            };
            hidden.extend((0..order.count).filter(is_newer));
        }
        hidden.retain(|one| *one != reader);
        hidden.sort_unstable();
        hidden
    }

    fn causal(&self) -> Option<Breach> {
        let mut past = self.own_order();
        for (reader, sight) in self.sights {
            past.put(&sight.seen, *reader);
        }
        // Rather one that somebody was told.
        let cyclic = self.sights.keys().filter(|one| past.has(**one, **one));
        match cyclic.min_by_key(|one| !self.is_told(**one)) {
            Some(reader) => self.future(&past, *reader),
            None => self.views(&past),
        }
    }

    /// A change that a reader saw and that came after it.
    fn future(&self, order: &Past, reader: u32) -> Option<Breach> {
        let mut seen = self.seen(reader).iter();
        let missed = seen.find(|seen| order.has(**seen, reader))?;
        Some(Breach {
            reader,
            missed: *missed,
            because: NEVER,
            how: How::Future,
        })
    }

    /// The first answer that fits into no order of all changes that keeps `base` together with what its session was
    /// told before it.
    fn views(&self, base: &Past) -> Option<Breach> {
        let mut first: Option<Vec<u32>> = None;
        for own in self.sessions.values() {
            let told = own
                .iter()
                .copied()
                .filter(|one| self.sights.contains_key(one));
            let told: Vec<u32> = told.collect();
            for last in &told {
                if told.iter().rev().any(|one| self.is_before(*last, *one)) {
                    continue;
                }
                let is_asked = |one: &u32| one == last || self.is_before(*one, *last);
                let asked: Vec<u32> = told.iter().copied().filter(is_asked).collect();
                if self.order_of(base, &asked).is_cyclic() {
                    let needed = self.needed(base, &asked);
                    if first
                        .as_ref()
                        .is_none_or(|first| needed.last() < first.last())
                    {
                        first = Some(needed);
                    }
                }
            }
        }
        first.map(|needed| self.unfit(base, needed))
    }

    /// What must come before what for one session to be told all this (Bouajjani et al. 2017, definition 12).
    fn order_of(&self, base: &Past, told: &[u32]) -> Past {
        let mut order = base.clone();
        let mut is_new = true;
        while is_new {
            is_new = false;
            for reader in told.iter().rev() {
                is_new |= self.lay(&mut order, *reader);
            }
        }
        order
    }

    /// Puts into an order what an answer asks for. Says whether that is new.
    fn lay(&self, order: &mut Past, reader: u32) -> bool {
        let Some(sight) = self.sights.get(&reader) else {
            return false;
        };
        let is_new = order.show(reader, sight);
        let Some(newest) = sight.newest else {
            return is_new;
        };
        let key = self.op(reader).key;
        let is_older = |one: &u32| {
            let is_other = *one != newest && *one != reader;
            is_other && self.changes(*one) && self.op(*one).key == key && order.has(reader, *one)
        };
        let older: Vec<u32> = (0..order.count).filter(is_older).collect();
        match newest {
            // Nothing may come before it, and something does.
            NEVER => older.iter().any(|one| order.put(&[reader], *one)) || is_new,
            _ => order.put(&older, newest) || is_new,
        }
    }

    /// The fewest of these answers that do not fit together: without any of them the others do.
    fn needed(&self, base: &Past, told: &[u32]) -> Vec<u32> {
        let (mut rest, mut needed) = (told, Vec::new());
        let fits = |some: &[u32], needed: &[u32]| {
            let told = [some, needed].concat();
            !self.order_of(base, &told).is_cyclic()
        };
        while fits(&[], &needed) {
            let counts: Vec<usize> = (0..rest.len()).collect();
            let count = counts.partition_point(|count| fits(&rest[..*count], &needed));
            let Some((last, before)) = rest[..count].split_last() else {
                break;
            };
            needed.insert(0, *last);
            rest = before;
        }
        needed
    }

    /// How the last of a few answers of a session does not fit to those before.
    fn unfit(&self, base: &Past, mut needed: Vec<u32>) -> Breach {
        let mut known = base.clone();
        for one in &needed {
            known.put(self.seen(*one), *one);
        }
        let reader = needed.pop().unwrap_or(NEVER);
        let found = self
            .future(&known, reader)
            .or_else(|| self.disorder(base, reader))
            .or_else(|| self.missed(base, &known, reader));
        found.unwrap_or_else(|| {
            // Where an answer shows one change, that is named, too.
            let all = [&needed[..], &[reader]].concat();
            let sights = all.iter().filter_map(|one| self.sights.get(one));
            let newest = sights.filter_map(|sight| sight.newest);
            needed.extend(newest.filter(|one| *one != NEVER));
            Breach {
                reader,
                missed: NEVER,
                because: NEVER,
                how: How::Unfit(needed),
            }
        })
    }

    /// Two changes that an answer shows in the wrong order.
    fn disorder(&self, order: &Past, reader: u32) -> Option<Breach> {
        let sight = self.sights.get(&reader).filter(|sight| sight.is_ordered)?;
        for (place, later) in sight.seen.iter().enumerate() {
            let mut after = sight.seen[place + 1..].iter();
            if let Some(missed) = after.find(|one| order.has(*later, **one)) {
                return Some(Breach {
                    reader,
                    missed: *missed,
                    because: *later,
                    how: How::Disorder,
                });
            }
        }
        None
    }

    /// A change that a reader knew of and that its answer shows not to have been there.
    fn missed(&self, base: &Past, known: &Past, reader: u32) -> Option<Breach> {
        let hidden = self.hidden(reader, known);
        let mut hidden = hidden.into_iter();
        let missed = hidden.find(|one| known.has(reader, *one))?;
        Some(Breach {
            reader,
            missed,
            because: self.link(base, known, reader, missed),
            how: How::Missed,
        })
    }

    /// Why a reader knew of a change, unless it is its own: a read of its session that saw it, a change that it saw and
    /// that came after it, what its session did or was told after it, or a change that such a read saw.
    fn link(&self, base: &Past, known: &Past, reader: u32, missed: u32) -> u32 {
        if self.before(reader).any(|own| own == missed) {
            return NEVER;
        }
        let own = || self.before(reader);
        let shows = |own: &u32| self.seen(*own).contains(&missed);
        let comes_after = |link: &u32| *link != missed && known.has(*link, missed);
        let mut seen = self.seen(reader).iter().copied();
        let mut had = own().flat_map(|own| self.seen(own).iter().copied());
        own()
            .find(shows)
            .or_else(|| seen.find(comes_after))
            .or_else(|| own().find(|own| base.has(*own, missed)))
            .or_else(|| had.find(comes_after))
            .unwrap_or(NEVER)
    }
}
