//! Every state that a small Paxos can come to: three acceptors, two of which propose a value each, with so many ballots.
//! Messages arrive in any order, late, or never; a server may fall once and forget what its disk does not hold.
//!
//! The states are those of the real handlers, driven by [`explore`]: what a server holds, what is on its way, and who has
//! ever accepted what. Marks of a disk that is never busy are left out of what makes two states the same; so are messages
//! that can have no effect any more. What proposers tell others once a value is chosen never arrives here: it decides
//! nothing.

use super::message::Message;
use super::spec::{ROUND, RULES};
use super::state::Phase;
use super::{Config, Paxos, SETTINGS};
use crate::explore::states::{Bounds, End, Explored, Order, System, explore};
use crate::operation::Operation;
use crate::protocol::{Choices, Input, Protocol, Replica};
use crate::protocols::consensus::{Ballot, Command, Talk};
use crate::protocols::handled::handle;
use crate::units::{Endpoint, Mask, OpId};
use crate::wire::{Decoder, Encoder, Wire};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

const SERVERS: u8 = 3;
const PROPOSERS: u8 = 2;

/// A server, and all that decides what it will do, as text.
struct Server {
    replica: Replica<Paxos>,
    text: String,
}

impl Server {
    fn of(replica: Replica<Paxos>) -> Rc<Self> {
        let mut shown = replica.memory.clone();
        (shown.marks, shown.mark, shown.deeds) = (0, 0, 0);
        let text = format!("{:?}{shown:?}", replica.disk);
        Rc::new(Self { replica, text })
    }
}

/// A message on its way: from whom, to whom, and its bytes.
type Letter = (Endpoint, Endpoint, Vec<u8>);

#[derive(Clone)]
struct State {
    servers: Vec<Rc<Server>>,
    /// In order, so that it does not matter which was sent first.
    mail: Vec<Letter>,
    /// Who has ever accepted what, by ballot: this decides nothing, it is what promises are about.
    votes: Vec<(Ballot, OpId, Mask)>,
    /// Who was asked for something, and how many servers may still fall.
    asked: Mask,
    falls: u8,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.servers.iter().zip(&other.servers);
        (self.asked, self.falls) == (other.asked, other.falls)
            && self.mail == other.mail
            && self.votes == other.votes
            && pairs.all(|(one, other)| Rc::ptr_eq(one, other) || one.text == other.text)
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
        for (ballot, op, by) in &self.votes {
            (ballot.round, ballot.server, op.0, by.0).hash(into);
        }
        (self.asked.0, self.falls).hash(into);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Ask(Endpoint),
    Deliver(usize),
    /// It waited long enough and tries a higher ballot.
    Retry(Endpoint),
    /// It falls and is back at once.
    Fall(Endpoint),
}

/// Whether a message can have no effect any more, whenever it arrives: an answer to a ballot that its proposer has left
/// behind, or to a phase of it.
fn is_dead(servers: &[Rc<Server>], (_, to, bytes): &Letter) -> bool {
    let Replica { disk, memory } = &servers[to.index()].replica;
    match Message::decode(&mut Decoder::new(bytes)) {
        Some(Message::Promise { ballot, .. }) => {
            (memory.phase, memory.ballot) != (Phase::Preparing, ballot)
        }
        Some(Message::Accepted { ballot, .. }) => {
            (memory.phase, memory.ballot) != (Phase::Accepting, ballot)
        }
        Some(Message::Refuse { ballot, promised }) => {
            let tries = matches!(memory.phase, Phase::Preparing | Phase::Accepting);
            // What it knows of rounds even after a fall.
            let known = disk.promised.round.max(disk.tried);
            promised.round <= known && !(tries && memory.ballot == ballot)
        }
        _ => false,
    }
}

struct Small {
    config: Config,
    rounds: u32,
    falls: u8,
}

fn config(off: &str) -> Config {
    let off = RULES.iter().position(|rule| rule.name == off);
    let settings: Vec<u32> = SETTINGS.iter().map(|one| one.default).collect();
    Paxos::configure(&Choices {
        settings: &settings,
        spec: &Paxos::SPEC,
        broken: off.map_or(0, |place| 1 << place),
        nodes: SERVERS,
        clients: PROPOSERS,
    })
}

impl Small {
    /// The state after a server's input, and all that comes of it at once.
    fn after(&self, state: &State, to: Endpoint, input: Input<Message>) -> State {
        let mut state = state.clone();
        let mut replica = state.servers[to.index()].replica.clone();
        let send = |whom: Endpoint, message: Message| {
            // What clients are told changes nothing here.
            if whom.0 >= SERVERS || matches!(message, Message::Chosen { .. }) {
                return;
            }
            let mut bytes = Encoder::default();
            message.encode(&mut bytes);
            state.mail.push((to, whom, bytes.bytes().to_vec()));
        };
        handle(&self.config, to, &mut replica, input, send);
        if let Some((ballot, value)) = replica.disk.accepted {
            let same = |vote: &&mut (Ballot, OpId, Mask)| (vote.0, vote.1) == (ballot, value.op);
            match state.votes.iter_mut().find(same) {
                Some(vote) => vote.2 = vote.2.with(to),
                None => state.votes.push((ballot, value.op, Mask::of(to))),
            }
        }
        state
            .votes
            .sort_unstable_by_key(|(ballot, op, _)| (*ballot, *op));
        state.servers[to.index()] = Server::of(replica);
        let servers = &state.servers;
        state.mail.retain(|letter| !is_dead(servers, letter));
        state.mail.sort_unstable();
        state
    }
}

impl System for Small {
    type State = State;
    type Action = Step;

    fn starts(&self) -> Vec<State> {
        let server = |number| {
            let mut disk = Paxos::format(&self.config, Endpoint(number));
            let memory = Paxos::boot(&self.config, Endpoint(number), &mut disk);
            Server::of(Replica { disk, memory })
        };
        let state = State {
            servers: (0..SERVERS).map(server).collect(),
            mail: Vec::new(),
            votes: Vec::new(),
            asked: Mask::EMPTY,
            falls: self.falls,
        };
        [state].to_vec()
    }

    fn actions(&self, state: &State, into: &mut Vec<Step>) {
        for (number, server) in (0..).zip(&state.servers) {
            let server = (Endpoint(number), &server.replica);
            let (who, Replica { disk, memory }) = server;
            if number < PROPOSERS && !state.asked.contains(who) {
                into.push(Step::Ask(who));
            }
            let round = memory.round.max(disk.promised.round);
            if memory.phase == Phase::Waiting && round < self.rounds {
                into.push(Step::Retry(who));
            }
            if state.falls > 0 {
                into.push(Step::Fall(who));
            }
        }
        for place in 0..state.mail.len() {
            if place == 0 || state.mail[place] != state.mail[place - 1] {
                into.push(Step::Deliver(place));
            }
        }
    }

    fn next(&self, state: &State, step: &Step) -> Option<State> {
        let mut state = state.clone();
        Some(match *step {
            Step::Ask(server) => {
                state.asked = state.asked.with(server);
                let client = Endpoint(SERVERS + server.0);
                let command = Command {
                    client,
                    op: OpId(u32::from(server.0)),
                    operation: Operation::Put {
                        key: 0,
                        value: server.0 + 1,
                    },
                    token: 0,
                };
                let message = Message::Talk(Talk::Request { command });
                let from = client;
                self.after(&state, server, Input::Message { from, message })
            }
            Step::Retry(server) => self.after(&state, server, Input::Timer(ROUND)),
            Step::Fall(server) => {
                state.falls -= 1;
                let mut disk = state.servers[server.index()].replica.disk;
                let memory = Paxos::boot(&self.config, server, &mut disk);
                state.servers[server.index()] = Server::of(Replica { disk, memory });
                self.after(&state, server, Input::Start)
            }
            Step::Deliver(place) => {
                let (from, to, bytes) = state.mail.remove(place);
                let message = Message::decode(&mut Decoder::new(&bytes)).expect("what was sent");
                self.after(&state, to, Input::Message { from, message })
            }
        })
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        let votes = &state.votes;
        let is_chosen = |by: Mask| by.count() >= self.config.servers.majority();
        let mut chosen = votes.iter().filter(|(.., by)| is_chosen(*by));
        let mut learned = state
            .servers
            .iter()
            .filter_map(|one| one.replica.disk.chosen);
        if let Some(first) = learned.next()
            && learned.any(|other| other != first)
        {
            return Some("agreement");
        }
        if let Some((_, first, _)) = chosen.next()
            && chosen.any(|(_, other, _)| other != first)
        {
            return Some("chosen-stays-chosen");
        }
        let two = |pair: &[(Ballot, OpId, Mask)]| pair[0].0 == pair[1].0;
        votes.windows(2).any(two).then_some("one-value-a-ballot")
    }
}

fn search(off: &str, rounds: u32, falls: u8) -> Explored<State, Step> {
    let small = Small {
        config: config(off),
        rounds,
        falls,
    };
    explore(&small, Order::Breadth, Bounds::default())
}

/// A way to something that is broken, as many steps as it takes.
fn way_to(off: &str, falls: u8) -> (&'static str, usize) {
    let found = search(off, 1, falls);
    match found.end {
        End::Broken { what, way, .. } => (what, way.len()),
        _ => panic!("{off} is not found in {} states", found.unique),
    }
}

#[test]
fn no_state_of_a_small_paxos_is_broken() {
    // Ballots 1.1 and 1.2; those and a second round; one round and a fall.
    let counts = [(1, 0), (2, 0), (1, 1)].map(|(rounds, falls)| {
        let found = search("", rounds, falls);
        assert!(matches!(found.end, End::All), "{rounds} {falls}");
        (found.unique, found.steps, found.depth)
    });
    assert_eq!(
        counts,
        [
            (6_953, 23_129, 15),
            (58_622, 251_845, 22),
            (36_099, 135_185, 16)
        ]
    );
}

/// It does not hold because nothing happens: both values can come to be chosen, and both proposers to know of it.
#[test]
fn either_value_can_be_chosen() {
    for op in [0, 1] {
        let small = Small {
            config: config(""),
            rounds: 1,
            falls: 0,
        };
        let end = explore(&Seeks(small, OpId(op)), Order::Breadth, Bounds::default()).end;
        assert!(matches!(end, End::Broken { what: "chosen", .. }));
    }
}

/// Looks for a state in which this is chosen.
struct Seeks(Small, OpId);

impl System for Seeks {
    type State = State;
    type Action = Step;

    fn starts(&self) -> Vec<State> {
        self.0.starts()
    }

    fn actions(&self, state: &State, into: &mut Vec<Step>) {
        self.0.actions(state, into);
    }

    fn next(&self, state: &State, step: &Step) -> Option<State> {
        self.0.next(state, step)
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        let is_it = |one: &Rc<Server>| one.replica.disk.chosen.is_some_and(|it| it.op == self.1);
        state.servers.iter().any(is_it).then_some("chosen")
    }
}

#[test]
fn the_search_finds_what_each_rule_is_for() {
    let found = RULES.iter().map(|rule| (rule.name, way_to(rule.name, 1)));
    let found: Vec<_> = found.collect();
    assert_eq!(
        found,
        [
            ("adopt-highest-accepted", ("chosen-stays-chosen", 8)),
            ("persist-promise", ("chosen-stays-chosen", 9)),
            ("majority-size", ("agreement", 2)),
            ("unique-ballots", ("one-value-a-ballot", 6)),
        ]
    );
}
