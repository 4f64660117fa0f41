//! The policy *local*: every branch serves from what it knows, and phones its lines across afterwards.
//!
//! Each branch numbers its own lines. A line is sent at once to everybody and again, every `phone-every`, to whoever
//! has not said that they hold it; lines of others are passed on in the same way, so two branches that cannot reach
//! one another still meet through a third.

use super::message::{Entry, Message, Note, Why};
use super::{
    BRANCHES_MAX, Config, Desk, Ledger, Line, Out, PHONE, Reconcile, Safe, answer, change_of, deed,
    refusal, take_request,
};
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Input, Replica};
use crate::units::{Endpoint, OpId};
use alloc::collections::BTreeSet;

/// How many lines go to one branch in one call.
const LINES_A_CALL: u32 = 8;

/// What the safe says about the pages, after a start.
pub(super) fn recall(config: &Config, safe: &Safe, desk: &mut Desk) {
    for line in safe.pages.iter().flatten() {
        if let Some(place) = line.entry.client.0.checked_sub(config.branches)
            && let Some(taken) = desk.taken.get_mut(usize::from(place))
        {
            *taken = (*taken).max(line.entry.op.0 + 1);
        }
        take_into_account(config, safe, desk, line);
    }
}

/// Makes a line that is in the pages count. Says whether the balance rests on it now.
fn take_into_account(config: &Config, safe: &Safe, desk: &mut Desk, line: &Line) -> bool {
    match config.reconcile {
        Reconcile::Replay => {
            desk.balance += line.entry.change;
            true
        }
        Reconcile::LastWriter => {
            let winner = desk.winner.and_then(|id| find(safe, id));
            let wins = winner.is_none_or(|winner| winner.stamp() < line.stamp());
            if wins {
                desk.winner = Some(line.id());
                desk.balance = line.after;
            }
            wins
        }
    }
}

pub(super) fn find(safe: &Safe, (origin, number): (u8, u32)) -> Option<&Line> {
    safe.pages.get(usize::from(origin))?.get(number as usize)
}

/// The lines whose changes are in the balance of `tip`, by last writer wins.
pub(super) fn lineage(safe: &Safe, tip: Option<(u8, u32)>) -> BTreeSet<(u8, u32)> {
    let mut held = BTreeSet::new();
    let mut next = tip;
    while let Some(line) = next.and_then(|id| find(safe, id)) {
        // Every base is older than its line, so this ends; a set that already holds it ends it sooner.
        if !held.insert(line.id()) {
            break;
        }
        next = (line.base != Line::NO_BASE).then_some(line.base);
    }
    held
}

pub(super) fn handle(
    config: &Config,
    context: Context,
    replica: &mut Replica<Ledger>,
    input: Input<Message>,
    out: &mut Out,
) {
    let Replica {
        disk: safe,
        memory: desk,
    } = replica;
    let mut branch = Branch {
        config,
        context,
        safe,
        desk,
        out,
    };
    match input {
        Input::Start => branch.start(),
        Input::Message {
            from,
            message: Message::Request { op, operation },
        } => {
            branch.request(from, op, operation);
        }
        Input::Message {
            from,
            message: Message::Phone { line },
        } => branch.phoned(from, line),
        Input::Message {
            from,
            message: Message::Have { counts },
        } => branch.have(from, counts),
        Input::Timer(PHONE) => branch.call_again(),
        _ => {}
    }
}

struct Branch<'a> {
    config: &'a Config,
    context: Context,
    safe: &'a mut Safe,
    desk: &'a mut Desk,
    out: &'a mut Out,
}

impl Branch<'_> {
    fn start(&mut self) {
        if self.counts() == [0; BRANCHES_MAX] {
            return;
        }
        // It does not remember who holds what: it calls everybody, and they say.
        self.call_again();
    }

    fn counts(&self) -> [u32; BRANCHES_MAX] {
        let mut counts = [0; BRANCHES_MAX];
        for (count, page) in counts.iter_mut().zip(&self.safe.pages) {
            *count = page.len() as u32;
        }
        counts
    }

    fn persist(&mut self) {
        self.desk.marks += 1;
        self.out.persist_quietly(self.desk.marks);
    }

    fn note(&mut self, why: Why, a: u32, b: u32, n: i64) {
        self.out.note(Note { why, a, b, n });
    }

    fn request(&mut self, from: Endpoint, op: OpId, operation: Operation) {
        let asked = (op, operation);
        let Some(job) = take_request(self.config, self.context, self.desk, from, asked) else {
            return;
        };
        if operation.is_read() {
            self.note(Why::ReadsAsIs, 0, 0, self.desk.balance);
            answer(&job, Answer::Value(self.desk.balance), self.out);
            return;
        }
        if let Operation::Withdraw { amount } = operation
            && self.desk.balance < i64::from(amount)
        {
            self.note(Why::NotEnough, amount, 0, self.desk.balance);
            answer(&job, Answer::Refused(refusal::NOT_ENOUGH), self.out);
            return;
        }
        let line = self.write(Entry {
            op,
            client: from,
            change: change_of(operation),
        });
        self.note(Why::Serves, 0, 0, self.desk.balance);
        answer(&job, Answer::Done, self.out);
        for other in self.config.others(self.context.me) {
            self.out.send(other, Message::Phone { line });
        }
        self.arm_phone();
    }

    /// Writes a line of its own on top of the balance that counts here.
    fn write(&mut self, entry: Entry) -> Line {
        let me = usize::from(self.context.me.0);
        let line = Line {
            origin: self.context.me.0,
            number: self.safe.pages[me].len() as u32,
            entry,
            wall: self.context.wall,
            after: self.desk.balance + entry.change,
            base: self.desk.winner.unwrap_or(Line::NO_BASE),
        };
        self.safe.pages[me].push(line);
        if !take_into_account(self.config, self.safe, self.desk, &line) {
            // Its own clock is behind the timestamp that counts: its line is lost as it is written.
            self.desk.did(deed::OUTDATED);
        }
        self.persist();
        line
    }

    fn arm_phone(&mut self) {
        self.out
            .set_timer(PHONE, self.config.phone, self.config.phone);
    }

    fn phoned(&mut self, from: Endpoint, line: Line) {
        let held = self
            .safe
            .pages
            .get(usize::from(line.origin))
            .map_or(0, |page| page.len());
        if usize::from(line.origin) < self.safe.pages.len() && line.number as usize == held {
            self.take_over(line);
        }
        let counts = self.counts();
        self.out.send(from, Message::Have { counts });
        self.desk.known[from.index()][usize::from(line.origin)] =
            self.desk.known[from.index()][usize::from(line.origin)].max(line.number + 1);
        // Others may reach neither of the two: pass it on.
        if self.someone_lacks() {
            self.arm_phone();
        }
    }

    fn take_over(&mut self, line: Line) {
        let before = lineage(self.safe, self.desk.winner);
        self.safe.pages[usize::from(line.origin)].push(line);
        let counts = take_into_account(self.config, self.safe, self.desk, &line);
        self.persist();
        self.desk.did(deed::RECONCILED);
        let origin = u32::from(line.origin);
        let balance = self.desk.balance;
        match self.config.reconcile {
            Reconcile::Replay => {
                if balance < 0 {
                    self.desk.did(deed::OVERDRAWN);
                }
                self.note(Why::Reconciles, origin, 0, balance);
            }
            Reconcile::LastWriter if counts => {
                let after = lineage(self.safe, self.desk.winner);
                let gone = before.difference(&after).count() as u32;
                if gone == 0 {
                    self.note(Why::Reconciles, origin, 0, balance);
                } else {
                    self.desk.did(deed::OUTDATED);
                    self.note(Why::Outdates, origin, gone, balance);
                }
            }
            Reconcile::LastWriter => {
                if lineage(self.safe, self.desk.winner).contains(&line.id()) {
                    self.note(Why::Reconciles, origin, 0, balance);
                } else {
                    self.desk.did(deed::OUTDATED);
                    self.note(Why::Outdated, origin, 0, balance);
                }
            }
        }
    }

    fn have(&mut self, from: Endpoint, counts: [u32; BRANCHES_MAX]) {
        let known = &mut self.desk.known[from.index()];
        let mut moved = false;
        for (known, count) in known.iter_mut().zip(counts) {
            moved |= count > *known;
            *known = (*known).max(count);
        }
        self.desk.unanswered = false;
        if moved {
            self.call(from);
        }
        if !self.someone_lacks() {
            self.out.cancel_timer(PHONE);
        }
    }

    fn someone_lacks(&self) -> bool {
        let counts = self.counts();
        self.config.others(self.context.me).any(|other| {
            self.desk.known[other.index()]
                .iter()
                .zip(counts)
                .any(|(known, count)| *known < count)
        })
    }

    /// Phones one branch the first lines that it is not known to hold. Says how many.
    fn call(&mut self, to: Endpoint) -> u32 {
        let mut calls = 0;
        for page in &self.safe.pages {
            let known = self.desk.known[to.index()];
            let from = page
                .first()
                .map_or(0, |line| known[usize::from(line.origin)]);
            for line in page.iter().skip(from as usize).take(LINES_A_CALL as usize) {
                self.out.send(to, Message::Phone { line: *line });
                calls += 1;
            }
        }
        calls
    }

    fn call_again(&mut self) {
        let mut silent = 0u32;
        for other in self.config.others(self.context.me) {
            if self.call(other) > 0 {
                silent |= 1 << other.0;
            }
        }
        if silent != 0 {
            self.desk.unanswered = true;
            self.note(Why::AsksAgain, 0, silent, 0);
            self.arm_phone();
        }
    }
}
