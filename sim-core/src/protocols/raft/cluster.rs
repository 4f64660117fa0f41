//! Servers that a test drives by hand, through the real handlers: it says who times out and which messages arrive. What
//! happens is told, with the servers' own words: `tests/paper/`, which `UPDATE_PAPER=1` writes anew.

use super::message::Message;
use super::spec::{ELECTION, INVARIANTS, RULES};
use super::state::{Disk, Role};
use super::{Config, Raft};
use crate::protocol::{Choices, Context, Input, Protocol, Replica, Sightings};
use crate::protocols::consensus::watch::Monitor;
use crate::protocols::consensus::{Content, Entry, Index, Note, Term};
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::view::Names;
use crate::wire::{Decoder, Wire};
use crate::world::actors::{Effect, Slab, outputs};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

extern crate std;

/// Servers that hear from one another what the test lets through. Disks are immediate, timers run out when the test says
/// so.
pub(super) struct Cluster {
    pub config: Config,
    pub servers: Vec<Replica<Raft>>,
    pub mail: VecDeque<(Endpoint, Endpoint, Message)>,
    monitor: Monitor,
    seen: Sightings,
    pub sent: u32,
    /// What is told of it, and what the servers have said since.
    text: String,
    pub said: Vec<String>,
}

/// What servers go by of which nothing is said, but for a rule that does not hold, if any.
pub(super) fn config(servers: u8, off: &str) -> Config {
    let off = RULES.iter().position(|rule| rule.name == off);
    let settings: Vec<u32> = super::SETTINGS.iter().map(|one| one.default).collect();
    Raft::configure(&Choices {
        settings: &settings,
        spec: &Raft::SPEC,
        broken: off.map_or(0, |place| 1 << place),
        nodes: servers,
        clients: 0,
    })
}

/// A note as people read it.
fn in_words(note: &Note, me: Endpoint, count: usize) -> String {
    let list: Vec<String> = (1..=count).map(|number| format!("S{number}")).collect();
    let names = Names {
        list: &list,
        nodes: count as u8,
    };
    Raft::note_words(note, me, &names)
}

pub(super) const fn server(number: u8) -> Endpoint {
    Endpoint(number - 1)
}

impl Cluster {
    /// A server with each of these logs, given as the terms of its entries; all of them have seen `term`. `off` is a rule
    /// that does not hold, `batch` how many entries an append carries.
    pub fn new(logs: &[&[u32]], term: u32, off: &str, batch: u32) -> Self {
        let config = Config {
            batch,
            ..config(logs.len() as u8, off)
        };
        let mut servers = Vec::new();
        for log in logs {
            let mut disk = Disk::new();
            disk.term = Term(term);
            for term in *log {
                disk.log.push(Entry {
                    term: Term(*term),
                    content: Content::NoOp,
                });
            }
            disk.flushed = disk.log.last_index();
            let memory = Raft::boot(&config, Endpoint(0), &mut disk);
            servers.push(Replica { disk, memory });
        }
        Self {
            config,
            servers,
            mail: VecDeque::new(),
            monitor: Monitor::default(),
            seen: Sightings::default(),
            sent: 0,
            text: String::new(),
            said: Vec::new(),
        }
    }

    /// Tells what the servers have said, and then this.
    pub fn tell(&mut self, prose: &str) {
        self.tell_said();
        self.text.push_str(&format!("{prose}\n\n"));
    }

    /// Every log, as the terms of its entries, `|` behind what its server knows to be committed.
    pub fn show(&mut self) {
        self.tell_said();
        for number in 1..=self.servers.len() as u8 {
            let server = &self.servers[server(number).index()];
            let what = match server.memory.role {
                Role::Leader => " leads",
                _ => "",
            };
            let (term, log) = (server.disk.term.0, self.log(number));
            let line = format!("    S{number} (term {term}{what}): {log}\n");
            self.text.push_str(&line);
        }
    }

    /// A log, as [`Self::show`] writes it.
    pub fn log(&self, number: u8) -> String {
        let server = &self.servers[server(number).index()];
        let mut words = Vec::new();
        for (index, term) in (1..).zip(self.terms(number)) {
            words.push(format!("{term}"));
            if server.memory.commit == Index(index) {
                words.push(String::from("|"));
            }
        }
        match words.is_empty() {
            true => String::from("nothing"),
            false => words.join(" "),
        }
    }

    fn tell_said(&mut self) {
        for line in self.said.drain(..) {
            self.text.push_str(&format!("    {line}\n"));
        }
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// What is broken, if anything; and all of it is as it is kept.
    pub fn is_told(&mut self, name: &str) {
        self.tell_said();
        let mut broken = self.broken();
        broken.sort_unstable();
        broken.dedup();
        let verdict = match broken.is_empty() {
            true => String::from("No invariant is broken."),
            false => format!("Broken: {}.", broken.join(", ")),
        };
        self.text.push_str(&format!("{verdict}\n"));
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/paper")
            .join(name)
            .with_extension("txt");
        if std::env::var_os("UPDATE_PAPER").is_some() {
            std::fs::write(&file, &self.text).expect("what is told can be written");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == self.text,
            "{} is told otherwise now:\n{}",
            file.display(),
            self.text
        );
    }

    pub fn input(&mut self, to: Endpoint, input: Input<Message>) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut out = outputs::<Message, Note>(Slab::default());
            out.effects.recording = true;
            let context = Context {
                me: to,
                steady: Micros::ZERO,
                wall: 0,
                event: EventId(0),
            };
            let replica = &mut self.servers[to.index()];
            Raft::node(&self.config, context, replica, input, &mut out);
            let (monitor, seen) = (&mut self.monitor, &mut self.seen);
            Raft::observe(&self.config, context, monitor, replica, seen);
            let effects = core::mem::take(&mut *out.effects);
            for effect in effects.list {
                match effect {
                    Effect::Send { to: whom, handle } => {
                        let message = out.messages.take(handle).expect("it was just sent");
                        self.sent += 1;
                        self.mail.push_back((to, whom, message));
                    }
                    Effect::Note { start, len } => {
                        let bytes = &effects.notes.bytes()[start as usize..][..len as usize];
                        let note = Note::decode(&mut Decoder::new(bytes)).expect("a note");
                        self.said.push(in_words(&note, to, self.servers.len()));
                    }
                    Effect::Persist { mark, .. } => next = Some(Input::Persisted(mark)),
                    _ => {}
                }
            }
        }
    }

    /// Delivers everything among these servers until nobody says anything more; the rest is lost.
    pub fn talk(&mut self, among: &[u8]) {
        self.talk_but(among, |_, _, _| false);
    }

    /// The same, but for what the network loses.
    pub fn talk_but(&mut self, among: &[u8], is_lost: impl Fn(u8, &Disk, &Message) -> bool) {
        let list: Vec<_> = among.iter().map(|number| server(*number)).collect();
        let among = Mask::from_list(&list);
        while let Some((from, to, message)) = self.mail.pop_front() {
            let is_among = among.contains(from) && among.contains(to);
            let disk = &self.servers[to.index()].disk;
            if is_among && !is_lost(to.0 + 1, disk, &message) {
                self.input(to, Input::Message { from, message });
            }
        }
    }

    pub fn times_out(&mut self, number: u8) {
        self.input(server(number), Input::Timer(ELECTION));
    }

    pub fn restarts(&mut self, number: u8) {
        let (config, me) = (&self.config, server(number));
        let replica = &mut self.servers[me.index()];
        replica.memory = Raft::boot(config, me, &mut replica.disk);
        self.input(me, Input::Start);
    }

    pub fn leads(&self, number: u8) -> bool {
        self.servers[server(number).index()].memory.role == Role::Leader
    }

    pub fn terms(&self, number: u8) -> Vec<u32> {
        let log = &self.servers[server(number).index()].disk.log;
        let all = 1..=log.last_index().0;
        all.filter_map(|index| log.term_at(Index(index)))
            .map(|term| term.0)
            .collect()
    }

    pub fn commit(&self, number: u8) -> u32 {
        self.servers[server(number).index()].memory.commit.0
    }

    pub fn broken(&self) -> Vec<&'static str> {
        let name = |found: &crate::protocol::Finding| INVARIANTS[usize::from(found.invariant)];
        self.seen.findings.iter().map(name).collect()
    }
}
