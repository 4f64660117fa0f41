//! A server: Multi-Paxos below, and above it, where it leads, a master that keeps its clients' sessions.

use super::above::Hand;
use super::message::Message;
use super::spec::{HELD_BACK, NOT_YOURS, SESSIONS, Why, deed, rule};
use super::visit::Visit;
use super::{Config, Disk};
use crate::operation::{Answer, Operation};
use crate::protocol::{Context, Input};
use crate::protocols::consensus::session::Asked;
use crate::protocols::consensus::{Command, Content, Grant, Index, Note, Talk};
use crate::protocols::multi_paxos;
use crate::protocols::multi_paxos::node::Node;
use crate::units::{Endpoint, Micros, OpId};
use alloc::vec::Vec;

/// A KeepAlive that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// When it came.
    since: Micros,
    number: u32,
    opens: bool,
    looks: bool,
    epoch: u32,
    ask: u32,
}

/// What a master knows of a client.
#[derive(Clone, Copy, Debug)]
struct Visitor {
    client: Endpoint,
    /// Until when its session is not ended.
    until: Micros,
    waiting: Option<Waiting>,
    /// Whether it has heard of this master.
    knows: bool,
    /// What the master itself has refused it last, and why: the log knows nothing of it.
    refused: Option<(OpId, u8)>,
}

/// What a lease that a master has given says, for those who watch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub client: Endpoint,
    pub number: u32,
    /// How long at least it lasts by the clock of whoever gave it, however fast the client's own is.
    pub until: Micros,
}

/// What a master knows of sessions beside what the log says; gone with a crash, and with its being the master.
#[derive(Clone, Default, Debug)]
pub(super) struct Keeper {
    visitors: Vec<Visitor>,
    /// The ballot with which it has taken over; 0: it has not.
    epoch: u32,
    /// Until when nobody gets the lock.
    held_back_until: Micros,
    /// When it wants to look again.
    alarm: Micros,
    /// For those who watch: the last lease that was given to each.
    pub given: Vec<Given>,
    /// Witnesses that this server has produced.
    pub deeds: u32,
}

impl Keeper {
    /// Whether it has taken over what there is of sessions.
    pub const fn is_master(&self) -> bool {
        self.epoch > 0
    }

    fn visitor(&mut self, client: Endpoint) -> &mut Visitor {
        let known = self.visitors.iter().position(|one| one.client == client);
        let place = known.unwrap_or(self.visitors.len());
        if known.is_none() {
            self.visitors.push(Visitor {
                client,
                until: Micros::ZERO,
                waiting: None,
                knows: false,
                refused: None,
            });
        }
        &mut self.visitors[place]
    }

    const fn did(&mut self, deed: u8) {
        self.deeds |= 1 << deed;
    }
}

/// A server while it handles one input.
pub(super) struct Server<'a> {
    pub config: &'a Config,
    pub context: Context,
    pub disk: &'a mut Disk,
    pub memory: &'a mut multi_paxos::Memory,
    pub keeper: &'a mut Keeper,
    pub hand: Hand<'a>,
}

impl Server<'_> {
    fn paxos(&mut self) -> Node<'_> {
        Node {
            config: &self.config.paxos,
            context: self.context,
            disk: self.disk,
            memory: self.memory,
            out: &mut self.hand,
        }
    }

    pub(super) fn act(&mut self, input: Input<Message>) {
        self.hand.above.granted.clear();
        match input {
            Input::Message {
                from,
                message: Message::Session(visit),
            } => {
                self.memory.begin(false);
                self.visited(from, visit);
            }
            Input::Timer(SESSIONS) => {
                self.memory.begin(false);
                self.keeper.alarm = Micros::ZERO;
            }
            Input::Message {
                from,
                message: Message::Paxos(message),
            } => self.paxos().act(Input::Message { from, message }),
            Input::Start => self.paxos().act(Input::Start),
            Input::Timer(kind) => self.paxos().act(Input::Timer(kind)),
            Input::Persisted(mark) => self.paxos().act(Input::Persisted(mark)),
            Input::PeerUp(peer) => self.paxos().act(Input::PeerUp(peer)),
            Input::Promote => self.paxos().act(Input::Promote),
            _ => self.memory.begin(false),
        }
        self.see_to_sessions();
    }

    fn visited(&mut self, from: Endpoint, visit: Visit) {
        match visit {
            Visit::KeepAlive {
                number,
                opens,
                looks,
                epoch,
                ask,
            } => {
                if !self.paxos().leads() {
                    let master = self.memory.leader;
                    self.note(Why::PointsOn, 0, from, 0);
                    return self
                        .hand
                        .out
                        .send(from, visits(Visit::Elsewhere { master }));
                }
                let is_current = epoch > 0 && self.keeper.epoch == epoch;
                let waiting = Waiting {
                    since: self.context.steady,
                    number,
                    opens,
                    looks,
                    epoch,
                    ask,
                };
                let visitor = self.keeper.visitor(from);
                visitor.waiting = Some(waiting);
                if is_current && !visitor.knows {
                    visitor.knows = true;
                    self.keeper.did(deed::ACKNOWLEDGED);
                }
            }
            Visit::Ask {
                command,
                number,
                epoch,
            } => self.asked(from, &command, number, epoch),
            _ => {}
        }
    }

    fn note(&mut self, why: Why, a: u32, node: Endpoint, n: i64) {
        self.hand
            .out
            .note(Note::new(why as u8, a, u32::from(node.0), n));
    }

    // --- sessions, which only a master sees to

    /// Becomes the master or is it no more; and does what is due.
    fn see_to_sessions(&mut self) {
        if !self.paxos().leads() {
            return self.send_away();
        }
        let epoch = self.memory.ballot.term().0;
        if self.keeper.epoch != epoch && !self.take_over(epoch) {
            return;
        }
        self.hear_of_ends();
        for place in 0..self.keeper.visitors.len() {
            let Visitor {
                client, waiting, ..
            } = self.keeper.visitors[place];
            if let Some(waiting) = waiting {
                self.answer(client, waiting);
            }
        }
        self.end_silent_sessions();
        self.set_alarm();
    }

    /// Whoever leads no more keeps nothing.
    fn send_away(&mut self) {
        let keeper = &mut self.keeper;
        if keeper.epoch == 0 && keeper.visitors.is_empty() {
            return;
        }
        keeper.epoch = 0;
        let visitors = core::mem::take(&mut keeper.visitors);
        let master = self.memory.leader;
        let waits = |one: &Visitor| one.waiting.is_some();
        if visitors.iter().any(waits) {
            self.note(Why::SendsAway, 0, Endpoint::NONE, 0);
        }
        for one in visitors.iter().filter(|one| waits(one)) {
            let elsewhere = visits(Visit::Elsewhere { master });
            self.hand.out.send(one.client, elsewhere);
        }
        self.hand.out.cancel_timer(SESSIONS);
        self.keeper.alarm = Micros::ZERO;
    }

    /// Once it has applied all that others may have left, and may rely on being the only one. Whether that is so.
    fn take_over(&mut self, epoch: u32) -> bool {
        let paxos = &self.memory;
        if paxos.applied < paxos.opening || !self.paxos().has_lease() {
            return false;
        }
        let now = self.context.steady;
        let extends = self.config.keeps(rule::EXTEND);
        let lease = if extends {
            self.config.lease
        } else {
            Micros::ZERO
        };
        let keeper = &mut self.keeper;
        keeper.epoch = epoch;
        for one in &mut keeper.visitors {
            one.knows = false;
        }
        let mut open = 0;
        for grant in self
            .hand
            .above
            .tenancy
            .sessions
            .iter()
            .filter(|one| one.opens)
        {
            open += 1;
            keeper.visitor(grant.client).until = now + lease;
        }
        keeper.held_back_until = Micros::ZERO;
        if self.hand.above.left_by.is_some() && self.config.keeps(rule::LOCK_DELAY) {
            keeper.held_back_until = now + self.config.lock_delay;
        }
        if open > 0 {
            keeper.did(deed::TAKEN_OVER);
        }
        self.note(Why::TakesOver, epoch, Endpoint::NONE, open);
        true
    }

    /// What the log says of a client's session at its end, also where that is not chosen yet.
    fn session(&self, client: Endpoint) -> Option<Grant> {
        let mut open = self.open_grants();
        let last = open.rfind(|grant| grant.client == client);
        last.or_else(|| self.hand.above.tenancy.of(client))
    }

    /// What is proposed about sessions, and not applied yet.
    fn open_grants(&self) -> impl DoubleEndedIterator<Item = Grant> {
        let open = self.memory.applied.next().0..=self.memory.end(self.disk).0;
        open.filter_map(|index| match self.disk.log.get(Index(index))?.content {
            Content::Session(grant) => Some(grant),
            _ => None,
        })
    }

    /// Sessions that have just been opened or ended.
    fn hear_of_ends(&mut self) {
        let (now, holds_back) = (self.context.steady, self.config.keeps(rule::LOCK_DELAY));
        let granted = core::mem::take(&mut self.hand.above.granted);
        for (grant, frees) in &granted {
            if grant.opens {
                let until = now + self.config.lease;
                let visitor = self.keeper.visitor(grant.client);
                visitor.until = until;
                visitor.knows = true;
                self.keeper.did(deed::OPENED);
            }
            if *frees {
                let delay = self.config.lock_delay;
                self.keeper.did(deed::FREED);
                self.note(Why::Frees, 0, grant.client, delay.0 as i64);
                if holds_back {
                    self.keeper.held_back_until = now + delay;
                }
            }
        }
        self.hand.above.granted = granted;
    }

    /// A KeepAlive: the session is opened, or its lease extended when half of it is over, or it is over.
    fn answer(&mut self, client: Endpoint, waiting: Waiting) {
        let last = self.session(client);
        let applied = self.hand.above.tenancy.of(client);
        let number = waiting.number;
        let is_it = |one: Grant| one.number == number && one.opens;
        if waiting.opens && last.is_none_or(|last| last.number < number) {
            self.note(Why::Opens, 0, client, 0);
            let opens = true;
            let grant = Grant {
                client,
                number,
                opens,
            };
            return self.paxos().propose(Content::Session(grant));
        }
        if !applied.is_some_and(is_it) {
            // It is being opened, or it is over for sure.
            if !last.is_some_and(is_it) && applied == last {
                self.tell_over(client, number);
            }
            return;
        }
        let now = self.context.steady;
        let lease = self.config.lease;
        let (epoch, until) = (self.keeper.epoch, self.keeper.visitor(client).until);
        let is_news = waiting.looks || waiting.epoch != epoch;
        let is_due = is_news || now + Micros(lease.0 / 2) >= until;
        // While it is being ended nothing is promised; and only while nobody else can be the master.
        if !is_due || !last.is_some_and(is_it) || !self.paxos().has_lease() {
            return;
        }
        let held = now.since(waiting.since);
        if held > Micros::ZERO && !is_news {
            self.keeper.did(deed::HELD);
        }
        let visitor = self.keeper.visitor(client);
        visitor.until = now + lease;
        visitor.waiting = None;
        let lasts = held + lease;
        let given = Given {
            client,
            number,
            until: waiting.since + self.config.relied_on(lasts),
        };
        let list = &mut self.keeper.given;
        match list.iter_mut().find(|one| one.client == client) {
            Some(known) => *known = given,
            None => list.push(given),
        }
        self.note(Why::Extends, 0, client, lease.0 as i64);
        let answer = Visit::Lease {
            number,
            epoch,
            ask: waiting.ask,
            lasts,
        };
        self.hand.out.send(client, visits(answer));
    }

    fn tell_over(&mut self, client: Endpoint, number: u32) {
        self.keeper.visitor(client).waiting = None;
        self.keeper.did(deed::TOLD);
        self.note(Why::IsOver, 0, client, 0);
        self.hand.out.send(client, visits(Visit::Over { number }));
    }

    /// The lease of a session has run out, and no KeepAlive waits that might be answered: it ends.
    fn end_silent_sessions(&mut self) {
        let now = self.context.steady;
        if !self.paxos().has_lease() {
            return;
        }
        for place in 0..self.hand.above.tenancy.sessions.len() {
            let grant = self.hand.above.tenancy.sessions[place];
            let until = self.keeper.visitor(grant.client).until;
            if !grant.opens || now < until || self.session(grant.client) != Some(grant) {
                continue;
            }
            self.keeper.did(deed::ENDED);
            self.note(Why::Ends, 0, grant.client, 0);
            let end = Grant {
                opens: false,
                ..grant
            };
            self.paxos().propose(Content::Session(end));
        }
    }

    /// Looks again when the next KeepAlive is due, or the next session ends.
    fn set_alarm(&mut self) {
        let now = self.context.steady;
        let half = Micros(self.config.lease.0 / 2);
        let mut next: Option<Micros> = None;
        for grant in self
            .hand
            .above
            .tenancy
            .sessions
            .iter()
            .filter(|one| one.opens)
        {
            let Visitor { until, waiting, .. } = *self.keeper.visitor(grant.client);
            let due = Micros(until.0.saturating_sub(half.0));
            let moments = [waiting.map(|_| due), Some(until)];
            for moment in moments.into_iter().flatten().filter(|one| *one > now) {
                next = Some(next.map_or(moment, |next| next.min(moment)));
            }
        }
        let alarm = next.unwrap_or(Micros::ZERO);
        if alarm != self.keeper.alarm {
            self.keeper.alarm = alarm;
            match next {
                Some(next) => {
                    let span = next.since(now);
                    self.hand.out.set_timer(SESSIONS, span, span);
                }
                None => self.hand.out.cancel_timer(SESSIONS),
            }
        }
    }

    // --- what clients ask

    /// Only of the master, once every session has heard of it (Burrows 2006, §2.9).
    fn asked(&mut self, from: Endpoint, command: &Command, number: u32, epoch: u32) {
        let op = command.op;
        if !self.paxos().leads() {
            return self.paxos().request(*command);
        }
        let is_up = self.keeper.epoch == epoch;
        let mut sessions = self.hand.above.tenancy.sessions.iter();
        let visitors = &self.keeper.visitors;
        let knows = |client| visitors.iter().any(|one| one.client == client && one.knows);
        let all_know = sessions.all(|one| !one.opens || knows(one.client));
        if !is_up || !all_know {
            self.keeper.did(deed::TOO_EARLY);
            let why = if is_up { Why::NotYet } else { Why::OldEpoch };
            self.note(why, 0, from, 0);
            return self.put_off(command);
        }
        let grant = Grant {
            client: from,
            number,
            opens: true,
        };
        if self.session(from) != Some(grant) || self.hand.above.tenancy.of(from) != Some(grant) {
            return self.tell_over(from, number);
        }
        // The master itself has refused this, or what its client has asked later: it is not done when it comes once more.
        if let Some((refused, why)) = self.keeper.visitor(from).refused
            && op <= refused
        {
            if op == refused {
                self.refuse(command, why);
            }
            return;
        }
        let is_new = self.memory.machine.sessions.asked(from, op) == Asked::First;
        match command.operation {
            Operation::Acquire if is_new => self.acquire(command),
            Operation::Release if is_new && !self.holds(from) && !self.paxos().is_open(op) => {
                self.keeper.did(deed::NOT_YOURS);
                self.refuse(command, NOT_YOURS);
            }
            _ => self.paxos().request(*command),
        }
    }

    /// It is to ask again soon.
    fn put_off(&mut self, command: &Command) {
        let (op, leader) = (command.op, Endpoint::NONE);
        self.say(command.client, Talk::Redirect { op, leader });
    }

    fn refuse(&mut self, command: &Command, why: u8) {
        let (op, answer) = (command.op, Answer::Refused(why));
        self.keeper.visitor(command.client).refused = Some((op, why));
        self.say(command.client, Talk::Answer { op, answer });
    }

    fn say(&mut self, client: Endpoint, talk: Talk) {
        let message = multi_paxos::Message::Talk(talk);
        self.hand.out.send(client, Message::Paxos(message));
    }

    fn holds(&self, client: Endpoint) -> bool {
        self.memory.machine.lock.is_held && self.hand.above.tenancy.holder == Some(client)
    }

    /// A lock that is held back is given to nobody; nor is one while a session is being ended, whose lock it might be.
    fn acquire(&mut self, command: &Command) {
        if self.open_grants().next().is_some() {
            return self.put_off(command);
        }
        let is_free = !self.memory.machine.lock.is_held;
        let is_held_back = self.context.steady < self.keeper.held_back_until;
        if is_free && is_held_back && !self.paxos().is_open(command.op) {
            self.keeper.did(deed::HELD_BACK);
            self.note(Why::HoldsBack, 0, command.client, 0);
            return self.refuse(command, HELD_BACK);
        }
        self.paxos().request(*command);
    }
}

const fn visits(visit: Visit) -> Message {
    Message::Session(visit)
}
