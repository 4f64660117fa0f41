//! Every state that a small cluster can come to: three servers, one election in which each of them may stand, and two
//! entries, the no-op of the leader and a client's. Messages arrive in any order, late, or never.
//!
//! The states are those of the real handlers, driven by [`explore`]: what a server holds and what is on its way. What
//! only those who watch look at is left out of what makes two states the same, and so are marks of a disk that is never
//! busy.

use super::cluster::config;
use super::message::Message;
use super::spec::ELECTION;
use super::state::{Disk, Memory, Role};
use super::{Config, Raft};
use crate::explore::states::{Bounds, End, Explored, Order, System, explore};
use crate::operation::Operation;
use crate::protocol::{Input, Protocol, Replica};
use crate::protocols::consensus::{Command, Index, Talk, Term};
use crate::protocols::handled::handle;
use crate::units::{Endpoint, OpId, OpSet};
use crate::wire::{Decoder, Encoder, Wire};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

const SERVERS: u8 = 3;
const CLIENT: Endpoint = Endpoint(SERVERS);

/// A server, and all that decides what it will do, as text.
struct Server {
    replica: Replica<Raft>,
    text: String,
}

impl Server {
    fn of(replica: Replica<Raft>) -> Rc<Self> {
        let mut shown = replica.memory.clone();
        shown.begin(false);
        shown.marks = 0;
        shown.marks_before = 0;
        shown.deeds = 0;
        shown.batch = Default::default();
        shown.shown = OpSet::default();
        let text = format!("{:?}{shown:?}", replica.disk);
        Rc::new(Self { replica, text })
    }

    fn disk(&self) -> &Disk {
        &self.replica.disk
    }

    fn memory(&self) -> &Memory {
        &self.replica.memory
    }

    fn leads(&self) -> bool {
        self.memory().role == Role::Leader
    }
}

/// A message on its way: from whom, to whom, and its bytes.
type Letter = (Endpoint, Endpoint, Vec<u8>);

#[derive(Clone)]
struct State {
    servers: Vec<Rc<Server>>,
    /// In order, so that it does not matter which was sent first.
    mail: Vec<Letter>,
    /// How many entries clients may still ask for.
    asks: u8,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.servers.iter().zip(&other.servers);
        self.asks == other.asks && self.mail == other.mail && { pairs }
            .all(|(one, other)| Rc::ptr_eq(one, other) || one.text == other.text)
    }
}

impl Eq for State {}

impl Hash for State {
    fn hash<H: Hasher>(&self, into: &mut H) {
        for server in &self.servers {
            server.text.hash(into);
        }
        for (from, to, bytes) in &self.mail {
            (from.0, to.0, bytes).hash(into);
        }
        self.asks.hash(into);
    }
}

#[derive(Clone, Debug)]
enum Step {
    TimesOut(Endpoint),
    Deliver(usize),
    Ask(Endpoint),
}

struct Small {
    config: Config,
    asks: u8,
    /// Whether it is looked for a state in which everybody knows both entries to be committed.
    seeks_end: bool,
}

impl Small {
    fn new(off: &str, asks: u8) -> Self {
        Self {
            config: config(SERVERS, off),
            asks,
            seeks_end: false,
        }
    }

    /// The state after a server's input, and all that comes of it at once.
    fn after(&self, state: &State, to: Endpoint, input: Input<Message>) -> State {
        let mut state = state.clone();
        let mut replica = state.servers[to.index()].replica.clone();
        let send = |whom: Endpoint, message: Message| {
            // What clients are told changes nothing here.
            if whom == CLIENT {
                return;
            }
            let mut bytes = Encoder::default();
            message.encode(&mut bytes);
            state.mail.push((to, whom, bytes.bytes().to_vec()));
        };
        handle(&self.config, to, &mut replica, input, send);
        state.mail.sort_unstable();
        state.servers[to.index()] = Server::of(replica);
        state
    }
}

impl System for Small {
    type State = State;
    type Action = Step;

    fn starts(&self) -> Vec<State> {
        let server = |number| {
            let mut disk = Raft::format(&self.config, Endpoint(number));
            let memory = Raft::boot(&self.config, Endpoint(number), &mut disk);
            Server::of(Replica { disk, memory })
        };
        let mut state = State {
            servers: (0..SERVERS).map(server).collect(),
            mail: Vec::new(),
            asks: self.asks,
        };
        for number in 0..SERVERS {
            state = self.after(&state, Endpoint(number), Input::Start);
        }
        [state].to_vec()
    }

    fn actions(&self, state: &State, into: &mut Vec<Step>) {
        for (number, server) in (0..).zip(&state.servers) {
            if server.disk().term == Term(0) {
                into.push(Step::TimesOut(Endpoint(number)));
            }
            if state.asks > 0 && server.leads() {
                into.push(Step::Ask(Endpoint(number)));
            }
        }
        for place in 0..state.mail.len() {
            if place == 0 || state.mail[place] != state.mail[place - 1] {
                into.push(Step::Deliver(place));
            }
        }
    }

    fn next(&self, state: &State, step: &Step) -> Option<State> {
        Some(match *step {
            Step::TimesOut(server) => self.after(state, server, Input::Timer(ELECTION)),
            Step::Ask(server) => {
                let mut state = state.clone();
                let value = state.asks;
                state.asks -= 1;
                let message = Message::Talk(Talk::Request {
                    command: Command {
                        client: CLIENT,
                        op: OpId(u32::from(self.asks - value)),
                        operation: Operation::Put { key: 0, value },
                        token: 0,
                    },
                });
                let from = CLIENT;
                self.after(&state, server, Input::Message { from, message })
            }
            Step::Deliver(place) => {
                let mut state = state.clone();
                let (from, to, bytes) = state.mail.remove(place);
                let message = Message::decode(&mut Decoder::new(&bytes)).expect("what was sent");
                self.after(&state, to, Input::Message { from, message })
            }
        })
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        let servers = &state.servers;
        let knows_both = |server: &Rc<Server>| server.memory().commit == Index(2);
        if self.seeks_end && servers.iter().all(knows_both) {
            return Some("done");
        }
        let pairs = (0..servers.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        for (one, other) in pairs.map(|(a, b)| (&servers[a], &servers[b])) {
            if one.leads() && other.leads() && one.disk().term == other.disk().term {
                return Some("election-safety");
            }
            if !logs_match(one.disk(), other.disk()) {
                return Some("log-matching");
            }
            let both = one.memory().commit.min(other.memory().commit);
            if !agree(one.disk(), other.disk(), both) {
                return Some("state-machine-safety");
            }
        }
        let lacks = |leader: &Rc<Server>| {
            servers.iter().any(|server| {
                let is_later = leader.disk().term >= server.disk().term;
                is_later && !agree(leader.disk(), server.disk(), server.memory().commit)
            })
        };
        let mut leaders = servers.iter().filter(|server| server.leads());
        { leaders.any(lacks) }.then_some("leader-completeness")
    }
}

/// Whether two logs have the same entries up to an index.
fn agree(one: &Disk, other: &Disk, until: Index) -> bool {
    (1..=until.0).all(|place| one.log.get(Index(place)) == other.log.get(Index(place)))
}

/// Whether two logs that have an entry of one term at one index have the same entries up to there (§5.3).
fn logs_match(one: &Disk, other: &Disk) -> bool {
    let last = one.log.last_index().min(other.log.last_index());
    let same = |place: &u32| one.log.term_at(Index(*place)) == other.log.term_at(Index(*place));
    let place = (1..=last.0).rev().find(same);
    place.is_none_or(|place| agree(one, other, Index(place)))
}

fn search(off: &str, asks: u8) -> Explored<State, Step> {
    explore(&Small::new(off, asks), Order::Breadth, Bounds::default())
}

#[test]
fn no_state_of_a_small_cluster_is_broken() {
    let found = search("", 1);
    assert!(matches!(found.end, End::All));
    assert_eq!(
        (found.unique, found.steps, found.depth),
        (8_515, 29_514, 19)
    );
    // It does not hold because nothing happens. A follower hears of the last commit with what comes after, or never.
    let small = Small {
        seeks_end: true,
        ..Small::new("", 2)
    };
    let end = explore(&small, Order::Breadth, Bounds::default()).end;
    assert!(matches!(end, End::Broken { what: "done", .. }));
}

#[test]
fn the_search_finds_what_a_rule_was_for() {
    for rule in ["one-vote-a-term", "majority-size"] {
        let found = search(rule, 1);
        match found.end {
            End::Broken { what, way, .. } => {
                assert_eq!(what, "election-safety", "{rule}");
                assert!(way.len() > 1, "{rule}: {} steps", way.len());
            }
            _ => panic!("{rule} is not found in {} states", found.unique),
        }
    }
}
