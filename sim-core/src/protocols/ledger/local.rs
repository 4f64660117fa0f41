//! The policy *local*: every branch serves from what it knows, and phones its lines across afterwards.
//!
//! Each branch numbers its own lines. A line is sent at once to everybody and again, every `phone-every`, to whoever
//! has not said that they hold it; lines of others are passed on in the same way, so two branches that cannot reach
//! one another still meet through a third.

use super::branch::Branch;
use super::message::{Entry, Message, Why};
use super::spec::{PHONE, deed, refusal};
use super::state::{Desk, Line, Safe};
use super::{BRANCHES_MAX, Config, Reconcile};
use crate::operation::{Answer, Operation};
use crate::protocol::Input;
use crate::units::{Endpoint, Mask, OpId};

/// How many lines go to one branch in one call.
const LINES_A_CALL: usize = 8;

/// What the safe says about the pages, after a start.
pub(super) fn recall(config: &Config, safe: &Safe, desk: &mut Desk) {
    for page in &safe.pages {
        for line in page {
            desk.take(config, line.entry.client, line.entry.op);
            take_into_account(config, safe, desk, line);
        }
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
            let winner = desk.winner.and_then(|id| safe.find(id));
            let wins = winner.is_none_or(|winner| winner.stamp() < line.stamp());
            if wins {
                desk.winner = Some(line.id());
                desk.balance = line.after;
            }
            wins
        }
    }
}

impl Branch<'_> {
    pub(super) fn serve_alone(&mut self, input: Input<Message>) {
        match input {
            // It does not remember who holds what: it calls everybody, and they say.
            Input::Start | Input::Timer(PHONE) => self.call_again(),
            Input::Message { from, message } => match message {
                Message::Request { op, operation } => self.serve(from, op, operation),
                Message::Phone { line } => self.phoned(from, line),
                Message::Have { counts } => self.have(from, counts),
                _ => {}
            },
            _ => {}
        }
    }

    /// How many lines it holds of each branch.
    fn holds(&self) -> [u32; BRANCHES_MAX] {
        let mut counts = [0; BRANCHES_MAX];
        for (count, page) in counts.iter_mut().zip(&self.safe.pages) {
            *count = page.len() as u32;
        }
        counts
    }

    fn serve(&mut self, from: Endpoint, op: OpId, operation: Operation) {
        let Some(job) = self.take_request(from, op, operation) else {
            return;
        };
        let balance = self.desk.balance;
        if operation.is_read() {
            self.note(Why::ReadsAsIs, 0, 0, balance);
            self.answer(&job, Answer::Value(balance));
            return;
        }
        if let Operation::Withdraw { amount } = operation
            && balance < i64::from(amount)
        {
            self.note(Why::NotEnough, amount, 0, balance);
            self.answer(&job, Answer::Refused(refusal::NOT_ENOUGH));
            return;
        }
        let line = self.write(Entry {
            op,
            client: from,
            change: operation.change(),
        });
        self.note(Why::Serves, 0, 0, self.desk.balance);
        self.answer(&job, Answer::Done);
        self.send_others(Message::Phone { line });
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
        self.persist_quietly();
        line
    }

    fn phoned(&mut self, from: Endpoint, line: Line) {
        let origin = usize::from(line.origin);
        let page = self.safe.pages.get(origin);
        if page.is_some_and(|page| page.len() == line.number as usize) {
            self.take_over(line);
        }
        let counts = self.holds();
        self.out.send(from, Message::Have { counts });
        let known = &mut self.desk.known[from.index()][origin];
        *known = (*known).max(line.number + 1);
        // Others may reach neither of the two: pass it on.
        if self.someone_lacks() {
            self.arm_phone();
        }
    }

    fn take_over(&mut self, line: Line) {
        let before = self.safe.lineage(self.desk.winner);
        self.safe.pages[usize::from(line.origin)].push(line);
        take_into_account(self.config, self.safe, self.desk, &line);
        self.persist_quietly();
        self.desk.did(deed::RECONCILED);
        let balance = self.desk.balance;
        let mut why = Why::Reconciles;
        let mut gone = 0;
        if self.config.reconcile == Reconcile::Replay {
            if balance < 0 {
                self.desk.did(deed::OVERDRAWN);
            }
        } else {
            let after = self.safe.lineage(self.desk.winner);
            gone = before.without(&after);
            if !after.contains(line.entry.op) {
                why = Why::Outdated;
                gone = 0;
            } else if gone > 0 {
                why = Why::Outdates;
            }
            if why != Why::Reconciles {
                self.desk.did(deed::OUTDATED);
            }
        }
        self.note(why, u32::from(line.origin), gone, balance);
    }

    fn have(&mut self, from: Endpoint, counts: [u32; BRANCHES_MAX]) {
        let mut moved = false;
        for (known, count) in self.desk.known[from.index()].iter_mut().zip(counts) {
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
        let holds = self.holds();
        let lacks = |other: Endpoint| {
            let known = &self.desk.known[other.index()];
            known.iter().zip(&holds).any(|(known, held)| known < held)
        };
        self.config.others(self.context.me).iter().any(lacks)
    }

    /// Phones one branch the first lines that it is not known to hold. Says how many.
    fn call(&mut self, to: Endpoint) -> usize {
        let mut calls = 0;
        let known = self.desk.known[to.index()];
        for (page, known) in self.safe.pages.iter().zip(known) {
            let unknown = page.get(known as usize..).unwrap_or(&[]);
            for line in unknown.iter().take(LINES_A_CALL) {
                self.out.send(to, Message::Phone { line: *line });
                calls += 1;
            }
        }
        calls
    }

    fn call_again(&mut self) {
        let mut silent = Mask::EMPTY;
        for other in self.config.others(self.context.me).iter() {
            if self.call(other) > 0 {
                silent = silent.with(other);
            }
        }
        if !silent.is_empty() {
            self.desk.unanswered = true;
            self.note(Why::AsksAgain, 0, silent.0, 0);
            self.arm_phone();
        }
    }
}
