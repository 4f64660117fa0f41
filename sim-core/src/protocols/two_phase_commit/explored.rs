//! Every state that a small two-phase commit can come to: a coordinator and its managers, what clients have asked for, and
//! every server may fall once and forget what its disk does not hold.
//!
//! The states are those of the real handlers, driven by [`explore`]. As in Gray & Lamport's specification messages are a
//! set: each may arrive in any order, late, never, and any number of times, also long after everything is over. A timer
//! may run out at any time. Acknowledgements only end the telling, so they never arrive here.

use super::message::{Message, Tx};
use super::spec::{DOUBT, RULES, VOTES};
use super::{COORDINATOR, Config, SETTINGS, TwoPhaseCommit};
use crate::explore::states::{Bounds, End, Order, System, explore};
use crate::operation::{Answer, Operation};
use crate::protocol::{Choices, Input, Protocol, Replica};
use crate::protocols::consensus::{Command, Talk};
use crate::protocols::handled::handle;
use crate::units::{Endpoint, Mask, OpId};
use crate::wire::{Decoder, Encoder, Wire};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

/// The most servers.
const SERVERS_MAX: usize = 4;

/// A message that was ever sent: from whom, to whom, and its bytes.
type Letter = (Endpoint, Endpoint, Vec<u8>);

/// Which letters were sent, one bit each.
type Mail = [u128; 2];

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    /// By server, which of those in the table it is.
    servers: [u16; SERVERS_MAX],
    mail: Mail,
    /// Who may not fall any more.
    fell: u8,
    /// What clients were told: by operation, whether it is done, and whether it was refused.
    told: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Step {
    Deliver(u16),
    TimeOut(u8, u8),
    /// It falls and is back at once.
    Fall(u8),
}

/// What comes of a step: the server after it, what it has sent, and what clients were told.
type Outcome = (u16, Mail, u8);

/// Servers and letters that were met. What a server does about an input it does each time, so that is kept, too.
#[derive(Default)]
struct Table {
    servers: Vec<Rc<Replica<TwoPhaseCommit>>>,
    numbers: BTreeMap<String, u16>,
    letters: Vec<Letter>,
    places: BTreeMap<Letter, u16>,
    outcomes: BTreeMap<(u8, u16, Step), Outcome>,
}

impl Table {
    /// The number of a server. What is for those who watch, and in which order things came to its disk, decides nothing.
    fn server(&mut self, replica: Replica<TwoPhaseCommit>) -> u16 {
        let (mut disk, mut memory) = (replica.disk.clone(), replica.memory.clone());
        disk.decided.sort_unstable_by_key(|one| one.tx);
        disk.prepared.sort_unstable_by_key(|(tx, _)| *tx);
        (memory.marks, memory.deeds) = (0, 0);
        memory.touched.clear();
        memory.asked.clear();
        memory.aborted.clear();
        let text = format!("{disk:?}{memory:?}");
        let next = self.servers.len() as u16;
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.servers.push(Rc::new(replica));
        }
        number
    }

    fn letter(&mut self, letter: Letter) -> u16 {
        let next = self.letters.len() as u16;
        let place = *self.places.entry(letter.clone()).or_insert(next);
        if place == next {
            self.letters.push(letter);
        }
        place
    }
}

const fn with(mut mail: Mail, letter: u16) -> Mail {
    mail[letter as usize / 128] |= 1 << (letter % 128);
    mail
}

const fn without(mut mail: Mail, letter: u16) -> Mail {
    mail[letter as usize / 128] &= !(1 << (letter % 128));
    mail
}

const fn has(mail: Mail, letter: u16) -> bool {
    mail[letter as usize / 128] & 1 << (letter % 128) != 0
}

/// What is searched.
struct Small {
    config: Config,
    managers: u8,
    /// What clients ask for.
    asks: Vec<Operation>,
    /// Who may fall.
    may_fall: Mask,
    /// Whether the coordinator is there.
    is_there: bool,
    /// Whether what a client asks for arrives once only, and whether one client asks for all of it.
    asks_once: bool,
    is_one_client: bool,
    start: Option<State>,
    seeks: Seeks,
    table: RefCell<Table>,
}

/// What a search looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seeks {
    /// A broken promise.
    Broken,
    /// Managers that have all voted yes but for so many, while nothing is decided.
    AllButVoted(u8),
    /// A manager that has decided.
    Decided,
}

fn config(off: &str, termination: u32, managers: u8) -> Config {
    let off = RULES.iter().position(|rule| rule.name == off);
    let mut settings: Vec<u32> = SETTINGS.iter().map(|one| one.default).collect();
    settings[1] = termination;
    TwoPhaseCommit::configure(&Choices {
        settings: &settings,
        spec: &TwoPhaseCommit::SPEC,
        broken: off.map_or(0, |place| 1 << place),
        nodes: managers + 1,
        clients: 2,
    })
}

/// A coordinator and so many managers, all of whom may fall.
fn small(config: Config, managers: u8, asks: &[Operation]) -> Small {
    Small {
        config,
        managers,
        asks: asks.to_vec(),
        may_fall: Mask::first(managers + 1),
        is_there: true,
        asks_once: false,
        is_one_client: false,
        start: None,
        seeks: Seeks::Broken,
        table: RefCell::default(),
    }
}

impl Small {
    fn replica(&self, state: &State, server: u8) -> Rc<Replica<TwoPhaseCommit>> {
        let number = state.servers[usize::from(server)];
        Rc::clone(&self.table.borrow().servers[usize::from(number)])
    }

    fn managers(&self) -> core::ops::RangeInclusive<u8> {
        1..=self.managers
    }

    /// What a server's input comes to.
    fn outcome(&self, who: u8, number: u16, step: Step) -> Outcome {
        let key = (who, number, step);
        if let Some(known) = self.table.borrow().outcomes.get(&key) {
            return *known;
        }
        let mut replica = (*self.table.borrow().servers[usize::from(number)]).clone();
        let me = Endpoint(who);
        let input = match step {
            Step::Deliver(letter) => {
                let (from, _, bytes) = self.table.borrow().letters[usize::from(letter)].clone();
                let message = Message::decode(&mut Decoder::new(&bytes)).expect("what was sent");
                Input::Message { from, message }
            }
            Step::TimeOut(_, timer) => Input::Timer(timer),
            Step::Fall(_) => {
                replica.memory = TwoPhaseCommit::boot(&self.config, me, &mut replica.disk);
                Input::Start
            }
        };
        let (mut mail, mut told) = (Mail::default(), 0);
        let send = |to: Endpoint, message: Message| match message {
            Message::Acknowledge { .. } => {}
            Message::Talk(Talk::Answer { op, answer }) => {
                let bit = u8::from(matches!(answer, Answer::Refused(_)));
                told |= 1 << (op.0 as u8 * 2 + bit);
            }
            message => {
                let mut bytes = Encoder::default();
                message.encode(&mut bytes);
                let letter = (me, to, bytes.bytes().to_vec());
                mail = with(mail, self.table.borrow_mut().letter(letter));
            }
        };
        handle(&self.config, me, &mut replica, input, send);
        let mut table = self.table.borrow_mut();
        let outcome = (table.server(replica), mail, told);
        table.outcomes.insert(key, outcome);
        outcome
    }

    fn after(&self, state: &State, who: u8, step: Step) -> State {
        let mut state = *state;
        let server = &mut state.servers[usize::from(who)];
        let (number, mail, told) = self.outcome(who, *server, step);
        *server = number;
        for (all, more) in state.mail.iter_mut().zip(mail) {
            *all |= more;
        }
        state.told |= told;
        state
    }

    /// Questions and decisions that one has sent another.
    fn letters_between(&self, state: &State, from: u8, to: u8) -> Vec<u16> {
        let table = self.table.borrow();
        let all = (0..).zip(&table.letters);
        let is_it = |(letter, (sender, receiver, bytes)): &(u16, &Letter)| {
            let kind = Message::decode(&mut Decoder::new(bytes));
            let asks_or_tells =
                matches!(kind, Some(Message::Ask { .. } | Message::Decision { .. }));
            (sender.0, receiver.0) == (from, to) && asks_or_tells && has(state.mail, *letter)
        };
        all.filter(is_it).map(|(letter, _)| letter).collect()
    }

    /// Whether one question is enough once the coordinator has given up waiting for votes, whatever has happened.
    fn is_freed_by_asking(&self, state: &State) -> bool {
        let mut state = *state;
        for _ in 0..2 {
            state = self.after(&state, 0, Step::TimeOut(0, VOTES));
        }
        self.managers().all(|who| {
            if self.replica(&state, who).disk.prepared.is_empty() {
                return true;
            }
            let mut after = self.after(&state, who, Step::TimeOut(who, DOUBT));
            // The questions, and then the answers.
            for (from, to) in [(who, 0), (0, who)] {
                for letter in self.letters_between(&after, from, to) {
                    after = self.after(&after, to, Step::Deliver(letter));
                }
            }
            self.replica(&after, who).disk.prepared.is_empty()
        })
    }

    fn violated(&self, state: &State) -> Option<&'static str> {
        let all: Vec<_> = (0..=self.managers)
            .map(|server| self.replica(state, server))
            .collect();
        let decided = || all.iter().flat_map(|one| &one.disk.decided);
        for one in decided().filter(|one| one.commits) {
            if decided().any(|other| other.tx == one.tx && !other.commits) {
                return Some("atomic-commit");
            }
            let command = one.command?;
            let is_ready = |who: u8| {
                let disk = &all[usize::from(who)].disk;
                disk.prepared(one.tx).is_some() || disk.decided(one.tx).is_some()
            };
            if self.config.broken == 0 && !self.managers().all(is_ready) {
                return Some("commit-needs-all-votes");
            }
            let of_other = |other: &&super::Decided| {
                other.commits && other.tx != one.tx && other.command == one.command
            };
            if decided().any(|other| of_other(&other)) {
                return Some("each-operation-once");
            }
            if state.told & 2 << (command.op.0 * 2) != 0 {
                return Some("refused-is-never-done");
            }
        }
        (!self.is_freed_by_asking(state)).then_some("locked-for-ever")
    }
}

impl System for Small {
    type State = State;
    type Action = Step;

    fn starts(&self) -> Vec<State> {
        if let Some(state) = self.start {
            return [state].to_vec();
        }
        let mut state = State {
            servers: [0; SERVERS_MAX],
            mail: Mail::default(),
            fell: 0,
            told: 0,
        };
        for who in 0..=self.managers {
            let mut disk = TwoPhaseCommit::format(&self.config, Endpoint(who));
            let memory = TwoPhaseCommit::boot(&self.config, Endpoint(who), &mut disk);
            let number = self.table.borrow_mut().server(Replica { disk, memory });
            state.servers[usize::from(who)] = number;
            state = self.after(&state, who, Step::Fall(who));
        }
        for (op, operation) in (0..).zip(&self.asks) {
            let client = Endpoint(self.managers + 1 + if self.is_one_client { 0 } else { op });
            let command = Command {
                client,
                op: OpId(u32::from(op)),
                operation: *operation,
                token: 0,
            };
            let mut bytes = Encoder::default();
            Message::Talk(Talk::Request { command }).encode(&mut bytes);
            let letter = (client, COORDINATOR, bytes.bytes().to_vec());
            state.mail = with(state.mail, self.table.borrow_mut().letter(letter));
        }
        [state].to_vec()
    }

    fn actions(&self, state: &State, into: &mut Vec<Step>) {
        for who in 0..=self.managers {
            let one = self.replica(state, who);
            if who > 0 && !one.disk.prepared.is_empty() {
                into.push(Step::TimeOut(who, DOUBT));
            }
            if self.is_there && !one.memory.open.is_empty() {
                into.push(Step::TimeOut(who, VOTES));
            }
            if self.may_fall.contains(Endpoint(who)) && state.fell & 1 << who == 0 {
                into.push(Step::Fall(who));
            }
        }
        let table = self.table.borrow();
        for (letter, (_, to, _)) in (0..).zip(&table.letters) {
            if has(state.mail, letter) && (self.is_there || *to != COORDINATOR) {
                into.push(Step::Deliver(letter));
            }
        }
    }

    fn next(&self, state: &State, step: &Step) -> Option<State> {
        let who = match *step {
            Step::Deliver(letter) => self.table.borrow().letters[usize::from(letter)].1.0,
            Step::TimeOut(who, _) | Step::Fall(who) => who,
        };
        let mut next = self.after(state, who, *step);
        match *step {
            Step::Fall(who) => next.fell |= 1 << who,
            // What clients ask for was there from the beginning.
            Step::Deliver(letter) if self.asks_once && letter < self.asks.len() as u16 => {
                next.mail = without(next.mail, letter);
            }
            _ => {}
        }
        (next != *state).then_some(next)
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        let tx = Tx {
            epoch: 1,
            number: 1,
        };
        let all = |is_it: &dyn Fn(u8) -> bool| self.managers().all(is_it);
        let has_voted = |who: u8| self.replica(state, who).disk.prepared(tx).is_some();
        let has_decided = |who: u8| self.replica(state, who).disk.decided(tx).is_some();
        match self.seeks {
            Seeks::Broken => self.violated(state),
            Seeks::Decided => (!all(&|who| !has_decided(who))).then_some("decided"),
            Seeks::AllButVoted(count) => {
                let silent = self.managers().filter(|who| !has_voted(*who)).count();
                let counts = !self.replica(state, 0).memory.open.is_empty();
                let is_it = counts && silent == usize::from(count);
                (is_it && all(&|who| !has_decided(who))).then_some("found")
            }
        }
    }
}

/// Whom a manager in doubt asks, by its place among the choices.
const COORDINATOR_ONLY: u32 = 0;
const COOPERATIVE: u32 = 1;

const PUT: Operation = Operation::Put { key: 0, value: 7 };
const OTHER: Operation = Operation::Put { key: 0, value: 9 };

fn counted(small: &Small) -> (u32, u64, u32) {
    let found = explore(small, Order::Breadth, Bounds::default());
    if let End::Broken { what, way, .. } = &found.end {
        let steps: Vec<_> = way.iter().map(|(step, _)| *step).collect();
        panic!("{what} {steps:?}");
    }
    assert!(matches!(found.end, End::All));
    (found.unique, found.steps, found.depth)
}

#[test]
fn no_state_of_a_small_two_phase_commit_is_broken() {
    let both = |managers, asks: &[Operation], asks_once, may_fall| {
        [COORDINATOR_ONLY, COOPERATIVE].map(|termination| {
            let mut small = small(config("", termination, managers), managers, asks);
            (small.asks_once, small.may_fall) = (asks_once, may_fall);
            counted(&small)
        })
    };
    // Three managers and one transaction; each of the four servers may fall.
    let three = both(3, &[PUT], true, Mask::first(4));
    assert_eq!(three, [(28_624, 136_088, 17), (232_456, 1_499_612, 23)]);
    // Two managers, and a client that asks again and again, also when the coordinator has fallen.
    let again = both(2, &[PUT], false, Mask::first(3));
    assert_eq!(again, [(88_116, 427_152, 23), (324_580, 1_932_220, 27)]);
    // Two managers, and two transactions that meet at a key; the coordinator may fall.
    let two = both(2, &[PUT, OTHER], true, Mask::of(COORDINATOR));
    assert_eq!(two, [(386_060, 1_422_967, 23), (1_226_852, 5_602_045, 27)]);
}

/// What a client asks for again and again is done once, also if it has given up and asks for something else, and the old
/// request arrives long after.
#[test]
fn what_a_client_gave_up_is_not_done_twice() {
    let mut small = small(config("", COORDINATOR_ONLY, 2), 2, &[PUT, OTHER]);
    (small.is_one_client, small.may_fall) = (true, Mask::EMPTY);
    assert_eq!(counted(&small), (34_977, 132_256, 20));
}

/// The same search from a state that another one has found, for something else, without the coordinator: it is down.
fn without_coordinator(small: Small, start: State) -> Small {
    Small {
        start: Some(start),
        seeks: Seeks::Decided,
        is_there: false,
        may_fall: Mask::EMPTY,
        ..small
    }
}

/// Three managers of whom all but so many have voted yes, while the coordinator counts.
fn all_but_voted(count: u8, termination: u32) -> (Small, State) {
    let mut small = small(config("", termination, 3), 3, &[PUT]);
    small.seeks = Seeks::AllButVoted(count);
    let found = explore(&small, Order::Breadth, Bounds::default());
    let End::Broken { way, .. } = found.end else {
        panic!("it is not there in {} states", found.unique);
    };
    let last = way.last().map(|(_, state)| *state);
    (small, last.expect("it is not there from the beginning"))
}

/// All managers have voted yes and the coordinator is down. Whatever they ask one another, and whatever arrives late of
/// what was sent before: none ever decides, until the coordinator is back.
#[test]
fn when_all_have_voted_yes_they_are_blocked_without_the_coordinator() {
    for termination in [COORDINATOR_ONLY, COOPERATIVE] {
        let (small, voted) = all_but_voted(0, termination);
        let mut small = without_coordinator(small, voted);
        // They may fall, too: it makes no difference. Each has asked, or not, or has fallen and asked.
        small.may_fall = Mask(0b1110);
        let found = explore(&small, Order::Breadth, Bounds::default());
        assert!(matches!(found.end, End::All));
        assert_eq!(found.unique, 27);
        // It comes back with nothing on its disk, and says abort.
        let back = small.after(&voted, 0, Step::Fall(0));
        small.start = Some(back);
        small.is_there = true;
        let found = explore(&small, Order::Breadth, Bounds::default());
        let End::Broken { what, way, .. } = found.end else {
            panic!("they are blocked for ever");
        };
        // A vote that was late is enough of a question: it arrives, and so does the answer.
        assert_eq!((what, way.len()), ("decided", 2));
    }
}

/// One has not voted. If the others ask it, that is enough; if they ask only the coordinator, they are blocked as well.
#[test]
fn whoever_has_not_voted_frees_the_others_if_they_ask() {
    for termination in [COORDINATOR_ONLY, COOPERATIVE] {
        let (small, voted) = all_but_voted(1, termination);
        // What was asked of it is lost.
        let lost: Vec<u16> = {
            let table = small.table.borrow();
            let all = (0..).zip(&table.letters);
            let is_it = |(_, (_, to, _)): &(u16, &Letter)| {
                small.replica(&voted, to.0).disk.prepared.is_empty()
            };
            all.filter(is_it).map(|(letter, _)| letter).collect()
        };
        let start = State {
            mail: lost.into_iter().fold(voted.mail, without),
            ..voted
        };
        let small = without_coordinator(small, start);
        let found = explore(&small, Order::Breadth, Bounds::default());
        match (termination, found.end) {
            (COORDINATOR_ONLY, End::All) => {}
            // One asks, and whoever has not voted aborts.
            (COOPERATIVE, End::Broken { what, way, .. }) => {
                assert_eq!((what, way.len()), ("decided", 2));
            }
            _ => panic!("termination {termination}"),
        }
    }
}

#[test]
fn the_search_finds_what_the_rule_is_for() {
    let found = RULES.iter().map(|rule| {
        let mut small = small(config(rule.name, COORDINATOR_ONLY, 3), 3, &[PUT]);
        small.asks_once = true;
        let found = explore(&small, Order::Breadth, Bounds::default());
        match found.end {
            End::Broken { what, way, .. } => (rule.name, what, way.len()),
            _ => panic!("{} is not found in {} states", rule.name, found.unique),
        }
    });
    let found: Vec<_> = found.collect();
    assert_eq!(found, [("log-before-vote", "atomic-commit", 9)]);
}
