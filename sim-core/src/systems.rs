//! Named products, each a preset of a protocol: what it chooses, over which lines it is played, what of it is modelled
//! and what is not, and where that is written down.
//!
//! A run does not know its product. A preset is its settings, and a link carries those; [`of`] recognises them.

use crate::protocols;
use crate::scenario::{LinkSpec, Scenario};
use crate::units::{Micros, Ratio};

/// Where something that is said of a product can be looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// What it is.
    pub title: &'static str,
    /// Where it stands: an address, or a file and what to look for in it.
    pub place: &'static str,
}

/// What a preset chooses for a setting.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// One of the setting's names.
    Name(&'static str),
    /// A number, or a span in microseconds.
    Number(u32),
}

/// A product as a preset of a protocol.
#[derive(Debug)]
pub struct System {
    /// Its name, as run files and the command line write it.
    pub name: &'static str,
    /// What it is called, and in which version.
    pub title: &'static str,
    /// The protocol that it is a preset of.
    pub protocol: &'static str,
    settings: &'static [(&'static str, Value)],
    /// Lines between its nodes.
    pub links: LinkSpec,
    /// Lines between a client and a node.
    pub client_links: LinkSpec,
    /// How long a disk takes.
    pub disk: (Micros, Micros),
    /// How long its own command-line client waits.
    pub patience: Micros,
}

/// What is said of a product. No run needs it, so it is no part of [`System`]: see [`card`].
#[derive(Debug)]
pub struct Card {
    /// What it does here as it does in truth.
    pub modelled: &'static [&'static str],
    /// What it does in truth and not here.
    pub left_out: &'static [&'static str],
    /// Where this is written.
    pub sources: &'static [Source],
}

/// From this setting of a protocol on, up to that one, settings are what tells products apart.
const TELLS_APART: [(&str, &str, &str); 4] = [
    ("raft", "requests", ""),
    ("zab", "finalize-wait", ""),
    ("multi-paxos", "reads", "election-after"),
    ("lock-service", "session-lease", "election-after"),
];

const fn stream(min_us: u64, max_us: u64) -> LinkSpec {
    LinkSpec {
        latency_min: Micros(min_us),
        latency_max: Micros(max_us),
        loss: Ratio::NEVER,
        duplication: Ratio::NEVER,
        stream: true,
    }
}

const fn source(title: &'static str, place: &'static str) -> Source {
    Source { title, place }
}

/// All of them.
pub static SYSTEMS: &[System] = &[ETCD, CONSUL, ZOOKEEPER, SPANNER, CHUBBY];

const ETCD: System = System {
    name: "etcd",
    title: "etcd 3.4",
    protocol: "raft",
    settings: &[
        ("reads", Value::Name("read-index")),
        ("pre-vote", Value::Name("off")),
        ("check-quorum", Value::Name("on")),
        ("election-after", Value::Number(1_000_000)),
        ("heartbeat-after", Value::Number(100_000)),
        ("batch", Value::Number(64)),
        ("snapshot-after", Value::Number(100_000)),
        ("requests", Value::Name("forward")),
        ("request-after", Value::Number(5_000_000)),
        ("request-elections", Value::Number(2)),
        ("first-wait", Value::Number(450)),
        ("lapsed-terms", Value::Name("ignore")),
        ("new-term", Value::Name("wait-anew")),
        ("connection-after", Value::Number(5_000_000)),
        ("lost-leader", Value::Name("wait")),
    ],
    links: stream(50, 200),
    client_links: stream(50, 200),
    disk: (Micros(100), Micros(400)),
    patience: Micros::from_ms(5_000),
};

static ETCD_CARD: Card = Card {
    modelled: &[
        "Raft with check-quorum: a leader counts once an election time-out whom it has heard since it last counted, and gives up where that is no majority. So it leads for one to two time-outs after a cut.",
        "Members that hear their leader do not vote; a member that is asked for a vote in a term that is over says nothing; one that hears of a later term begins to wait anew. Without pre-vote, a member that comes back with a later term costs the others their leader.",
        "A client stays with its member, which passes a write on to the leader, once. With no leader the write waits; after 5 s and two election time-outs the member gives it up.",
        "A read is confirmed by a majority (read index) and asked again when there is a new leader. `get x stale` is etcd's serializable read: the member answers from what it has applied.",
        "`get x watch` waits until the key is written; the member that was asked tells of it when it has applied that, however late. `get x watch-with-leader` is what etcdctl asks for: a member that knows no leader refuses it, and ends it when it knew none at three looks in a row, one an election time-out.",
        "A member that starts has its first election sooner: most of the time-out counts as over once it is connected.",
        "A connection that was silent for 5 s is closed, and what was passed on over it is lost; a leader tries once a second to open it again, and hears nothing of that member before. These times do not follow the election time-out.",
        "etcdctl waits 5 s for its answer, whatever the server does meanwhile.",
    ],
    left_out: &[
        "Leases, transactions, authentication, compaction, learners.",
        "A watch goes on after its first change, and its client takes it up again where its connection broke; here it is answered once, and is gone with its member’s process.",
        "A member that starts while it can reach fewer than two others waits a whole election time-out; here it never does.",
        "Time counts in ticks of the heartbeat interval; here it is continuous.",
        "Connections are broken and opened anew only where a leader and its followers notice; between two followers the line is whole at once.",
        "A client whose member's process dies learns of it at once; here it waits out its patience.",
        "While it hands over, a leader drops writes; here they wait until it has.",
        "etcd does not notice a write that comes twice; here it is done once. Its clients never send one twice by themselves.",
    ],
    sources: &[
        source(
            "etcd 3.4, Configuration flags (heartbeat-interval, election-timeout, snapshot-count, pre-vote, initial-election-tick-advance)",
            "https://etcd.io/docs/v3.4/op-guide/configuration/",
        ),
        source(
            "etcd 3.4, KV API guarantees (linearizable and serializable reads)",
            "https://etcd.io/docs/v3.4/learning/api_guarantees/",
        ),
        source(
            "etcd 3.4, Understand failures",
            "https://etcd.io/docs/v3.4/op-guide/failures/",
        ),
        source(
            "etcd 3.4, Tuning (time parameters)",
            "https://etcd.io/docs/v3.4/tuning/",
        ),
        source(
            "etcd 3.4, source of the Raft library: lease of the vote, check-quorum, terms that are over, read index",
            "https://github.com/etcd-io/etcd/blob/release-3.4/raft/raft.go (Step, tickHeartbeat, reset)",
        ),
        source(
            "etcd 3.4, source of the server: how long a request is tried, and how a start hastens the first election",
            "https://github.com/etcd-io/etcd/blob/release-3.4/etcdserver/config.go (ReqTimeout), server.go (adjustTicks), v3_server.go (linearizableReadLoop)",
        ),
        source(
            "etcd 3.4, source of the server: watches that want a leader",
            "https://github.com/etcd-io/etcd/blob/release-3.4/etcdserver/api/v3rpc/interceptor.go (monitorLeader, maxNoLeaderCnt)",
        ),
        source(
            "etcd 3.4, source of the transport: connections are closed after 5 s of silence",
            "https://github.com/etcd-io/etcd/blob/release-3.4/etcdserver/api/rafthttp/peer.go (ConnReadTimeout)",
        ),
        source(
            "Ongaro, Consensus: Bridging Theory and Practice, 2014, sections 4.2.3, 6.2, 6.4, 9.6",
            "https://github.com/ongardie/dissertation",
        ),
    ],
};

const CONSUL: System = System {
    name: "consul",
    title: "Consul 1.9, raft_multiplier 1",
    protocol: "raft",
    settings: &[
        ("reads", Value::Name("lease")),
        ("pre-vote", Value::Name("off")),
        ("check-quorum", Value::Name("on")),
        ("election-after", Value::Number(1_000_000)),
        ("heartbeat-after", Value::Number(100_000)),
        ("batch", Value::Number(64)),
        ("snapshot-after", Value::Number(16_384)),
        ("requests", Value::Name("forward")),
        ("request-after", Value::Number(7_000_000)),
        ("request-elections", Value::Number(0)),
        ("first-wait", Value::Number(1_000)),
        ("lapsed-terms", Value::Name("answer")),
        ("new-term", Value::Name("wait-on")),
        ("connection-after", Value::Number(10_000_000)),
        ("lease-after", Value::Number(500_000)),
        ("lost-leader", Value::Name("refuse")),
    ],
    links: stream(50, 200),
    client_links: stream(50, 200),
    disk: (Micros(100), Micros(400)),
    patience: Micros::from_ms(60_000),
};

static CONSUL_CARD: Card = Card {
    modelled: &[
        "A leader leads for a lease of half the heartbeat time-out after it last heard a majority, and then gives up: within the lease it answers reads by itself (`get x`, the default mode). Cut off, it may so answer what a new leader has overwritten; as long as followers wait for longer than the lease, that takes a hand-over, a pause or clocks that drift.",
        "`get x read-index` is the mode `consistent`: the leader asks a majority before it answers. `get x stale` is the mode `stale`: any server answers, also without a leader.",
        "A server passes requests on to the leader. Without one it tries for 7 s (rpc_hold_timeout) and refuses.",
        "What waits with a leader that gives up is refused at once. Whether such a write was done, nobody knows.",
        "A connection of the Raft transport that was silent for 10 s is given up.",
        "Times are those of raft_multiplier 1, which the documentation wants for production: heartbeat and election time-out 1 s, lease 500 ms. Where nothing is configured, Consul multiplies them by 5: say so with `election-after`, `heartbeat-after` and `lease-after`.",
    ],
    left_out: &[
        "Sessions and locks, blocking queries, gossip, client agents, autopilot.",
        "Heartbeats come between one and two tenths of the heartbeat time-out; here at one.",
        "A server whose forwarded request got no answer notices by its connection; here it waits for as long as it tries.",
    ],
    sources: &[
        source(
            "Consul, HTTP API, Consistency Modes",
            "https://developer.hashicorp.com/consul/api-docs/v1.9.x/features/consistency",
        ),
        source(
            "Consul, Server performance (raft_multiplier)",
            "https://developer.hashicorp.com/consul/docs/install/performance",
        ),
        source(
            "Consul, Agent configuration (performance.rpc_hold_timeout, performance.leave_drain_time)",
            "https://developer.hashicorp.com/consul/docs/agent/config/config-files",
        ),
        source(
            "A. Dadgar, Consul consistency: the lease, and when an old leader answers stale",
            "https://gist.github.com/armon/11059431",
        ),
        source(
            "hashicorp/raft, source: heartbeat, election and lease time-outs, and a leader without its lease",
            "https://github.com/hashicorp/raft/blob/v1.2.0/config.go (LeaderLeaseTimeout), raft.go (checkLeaderLease, leaderLoop)",
        ),
    ],
};

const ZOOKEEPER: System = System {
    name: "zookeeper",
    title: "ZooKeeper 3.8",
    protocol: "zab",
    settings: &[
        ("reads", Value::Name("local")),
        ("election-after", Value::Number(1_000_000)),
        ("heartbeat-after", Value::Number(100_000)),
        ("session-timeout", Value::Number(2_000_000)),
        ("snapshot-after", Value::Number(100_000)),
        ("finalize-wait", Value::Number(200_000)),
        ("retry-after", Value::Number(1_000_000)),
    ],
    links: stream(50, 200),
    client_links: stream(50, 200),
    disk: (Micros(100), Micros(400)),
    patience: Micros::from_ms(30_000),
};

static ZOOKEEPER_CARD: Card = Card {
    modelled: &[
        "Zab with fast leader election: servers vote for the latest epoch, then the highest zxid, then the highest number; a quorum of votes stands for 200 ms before it counts (finalizeWait, a fixed time). Then discovery, synchronization with DIFF, TRUNC or SNAP, and broadcast.",
        "`election-after` is syncLimit × tickTime: after so long a silence a follower leaves its leader, and a leader that has not heard from a quorum, which it looks at once a tick, gives up. `heartbeat-after` is half a tick. Both close their clients’ connections then. Discovery and synchronization may take twice that a step (initLimit).",
        "A process that is killed closes its connections, and the others look for a leader at once; a silent one is noticed after the time-out.",
        "Any server answers reads from what it has, as long as it follows or leads: cut off, it answers old values for one time-out. Writes are passed on to the leader.",
        "`get x synced` is `sync` and then a read: the server asks its leader what was proposed by then, waits for that, and answers. A leader that was deposed and does not know it yet answers `sync` all the same, so a synced read is fresh in practice, but no promise.",
        "A client keeps a session through one server, pings it at a third of the session time-out, and after two thirds without a sound, or when its connection is closed, rests for up to 1 s and tries the next one. What it had asked for is then unknown (ConnectionLoss), and is not asked again. A server that has seen less than the client does not take it.",
        "The leader ends a session, with the first tick after its time-out, by a proposal. A new leader gives all sessions their full time again. The lock is an ephemeral node of its holder’s session; the holder hears of its end when it is connected again.",
        "Times here are those of tickTime 200 ms and syncLimit 5, and a session time-out of 2 s. Where nothing else is configured, tickTime is 2 s and syncLimit 5: say so with `election-after` 10 s and `heartbeat-after` 1 s.",
    ],
    left_out: &[
        "Observers, dynamic reconfiguration, access control, quotas, watches, sequential nodes, multi, weights and groups of servers.",
        "A zxid’s counter begins anew with each epoch; here it goes on counting.",
        "NEWLEADER comes in one message with DIFF, TRUNC or SNAP.",
        "A session’s number and time-out are chosen by the ensemble; here the client counts its sessions, and has one at a time. A new session knows what the last one has seen; in ZooKeeper it does not.",
        "A client’s requests are pipelined; here it asks one thing at a time.",
        "Notifications of an election are repeated after 200 ms, then twice that, and so on up to a minute; here at between 200 and 400 ms.",
        "A released lock is deleted by whoever asks for it, as here; recipes let only its holder do so.",
        "The token that an acquire gives counts; in practice one takes the node’s czxid. What it guards is kept in ZooKeeper itself here.",
    ],
    sources: &[
        source(
            "ZooKeeper 3.8, Administrator’s Guide (tickTime, initLimit, syncLimit, minSessionTimeout)",
            "https://zookeeper.apache.org/doc/r3.8.0/zookeeperAdmin.html",
        ),
        source(
            "ZooKeeper 3.8, Programmer’s Guide (sessions, ephemeral nodes, consistency guarantees, sync)",
            "https://zookeeper.apache.org/doc/r3.8.0/zookeeperProgrammers.html",
        ),
        source(
            "ZooKeeper 3.8, Internals (atomic broadcast, consistency guarantees)",
            "https://zookeeper.apache.org/doc/r3.8.0/zookeeperInternals.html",
        ),
        source(
            "Junqueira, Reed, Serafini, Zab: High-performance broadcast for primary-backup systems, DSN 2011",
            "https://doi.org/10.1109/DSN.2011.5958223",
        ),
        source(
            "Medeiros, ZooKeeper’s atomic broadcast protocol: Theory and practice, 2012, sections 3 and 4",
            "https://www.tcs.hut.fi/Studies/T-79.5001/reports/2012-deSouzaMedeiros.pdf",
        ),
        source(
            "Hunt, Konar, Junqueira, Reed, ZooKeeper: Wait-free coordination for Internet-scale systems, USENIX ATC 2010, sections 2.3 and 4.4",
            "https://www.usenix.org/legacy/event/atc10/tech/full_papers/Hunt.pdf",
        ),
        source(
            "ZooKeeper 3.8, source: elections, the leader’s look at its quorum, sessions, the client’s connection",
            "https://github.com/apache/zookeeper/tree/branch-3.8/zookeeper-server/src/main/java/org/apache/zookeeper (server/quorum/FastLeaderElection.java: finalizeWait, totalOrderPredicate; server/quorum/Leader.java: lead; server/ExpiryQueue.java: roundToNextInterval; ClientCnxn.java: SendThread)",
        ),
    ],
};

const SPANNER: System = System {
    name: "spanner",
    title: "Spanner, as of 2012",
    protocol: "multi-paxos",
    settings: &[
        ("reads", Value::Name("timestamp")),
        ("election-after", Value::Number(1_000_000)),
        ("heartbeat-after", Value::Number(50_000)),
        ("retry-after", Value::Number(400_000)),
        ("drift-bound", Value::Number(1)),
        ("batch", Value::Number(64)),
        ("uncertainty", Value::Number(7_000)),
    ],
    links: stream(1_000, 5_000),
    client_links: stream(300, 1_000),
    disk: (Micros(100), Micros(400)),
    patience: Micros::from_ms(5_000),
};

static SPANNER_CARD: Card = Card {
    modelled: &[
        "TrueTime: a clock does not say what time it is, but between which two moments that lies. `uncertainty` is half of what is between these; in the data centres of 2012 it rose from 1 to 7 ms between two looks at a master clock (§3). Here it is 7 ms all the time, and whoever plays may set it.",
        "A group of servers with Paxos and a leader. A leader gives each write a timestamp that is at least the latest moment that it can be now, and later than all before it, also across leaders (§4.1.2).",
        "Commit wait: nobody sees what a write did before its timestamp is surely past. So a write takes at least twice the uncertainty; Paxos goes on meanwhile (§4.1.2, §4.2.1).",
        "A read is answered by the server at hand, as of the latest moment that it can be there. It waits until the server has all that was written before: it has applied a write with a later timestamp, or its leader has said with a heartbeat that it gives no earlier one any more (§4.1.3, §4.2.2, §4.2.4).",
        "Leases of leaders that do not overlap. What a leader says of timestamps to come lies within its lease, so it holds for the next leader as well (§4.1.1). Without a majority the lease ends, and nobody writes.",
        "Where a clock is further off than its server believes, a read misses what somebody was told before: no promise holds then but Paxos’s own. Servers never differ about the log, whatever clocks do.",
        "Times: leases last 1 s here and 10 s by default in truth (§4.1.1), and a leader says 20 times a second that no earlier timestamp comes, where Spanner does so every 8 s, and when it is asked (§4.2.4).",
    ],
    left_out: &[
        "Transactions: two-phase commit between groups, locks, wound-wait; several groups at all. Each write is of one key.",
        "Reads of the past, and reads that may be stale by so much; `get x stale` is answered by the server at hand from what it has.",
        "The client picks a read’s timestamp in truth; here the first server that hears of it does.",
        "Time masters with GPS and atomic clocks, and how a server finds out by how much its clock may be wrong; servers that put themselves out of service when it is too much.",
        "Leases rest on clocks that do not drift too far from one another (`drift-bound`); Spanner’s rest on TrueTime as well.",
        "A leader that hands over before its lease ends.",
        "Directories, tablets, schemas, SQL; what today’s Spanner does otherwise.",
    ],
    sources: &[
        source(
            "J. Corbett and others, Spanner: Google’s Globally-Distributed Database, OSDI 2012, sections 3 and 4",
            "https://www.usenix.org/conference/osdi12/technical-sessions/presentation/corbett",
        ),
        source(
            "E. Brewer, Spanner, TrueTime and the CAP Theorem, 2017",
            "https://research.google/pubs/spanner-truetime-and-the-cap-theorem/",
        ),
    ],
};

const CHUBBY: System = System {
    name: "chubby",
    title: "Chubby, as of 2006",
    protocol: "lock-service",
    settings: &[
        ("session-lease", Value::Number(12_000_000)),
        ("grace-period", Value::Number(45_000_000)),
        ("lock-delay", Value::Number(60_000_000)),
        ("election-after", Value::Number(5_000_000)),
        ("heartbeat-after", Value::Number(1_000_000)),
        ("retry-after", Value::Number(1_000_000)),
        ("drift-bound", Value::Number(10)),
        ("batch", Value::Number(64)),
    ],
    links: stream(50, 200),
    client_links: LinkSpec::datagrams(Micros(100), Micros(500)),
    disk: (Micros(100), Micros(400)),
    patience: Micros::from_ms(60_000),
};

static CHUBBY_CARD: Card = Card {
    modelled: &[
        "A cell of servers, five as a rule, which choose a master by Paxos; the master holds a lease, and everything goes through it. A client finds it by asking any of them (§2.2).",
        "A session with its KeepAlives: the master lets one wait until the session’s lease is half over, and then extends that by 12 s, which is Chubby’s default. The client reckons its own lease from when it asked, and allows for clocks that differ; so its lease ends before the master’s (§2.8).",
        "Jeopardy and grace period: a client whose lease has run out asks for nothing and looks for a master, for 45 s. What its person wants meanwhile waits. With an answer by then the session is safe, without one it is over (§2.8).",
        "Fail-over: a new master begins an epoch of its own and refuses what is asked in another’s; it gives every session a whole lease, answers KeepAlives, and does nothing else before every session has heard of it or has ended (§2.9). So one dead client delays all the others by a lease.",
        "Lock-delay: a lock whose holder’s session was ended is given to nobody for a while; one that was given back is free at once (§2.4). Chubby’s clients choose it, up to a minute; here it is a minute for all. A new master counts it anew.",
        "Sequencers: whoever has the lock shows its number, and what the lock guards refuses an older one (§2.4). They are the fencing tokens of the other protocols.",
    ],
    left_out: &[
        "Files, directories, ACLs, events, ephemeral files; shared locks. One lock, or a few keys.",
        "The cache of a client, which a master keeps fresh by invalidation, and which is emptied in jeopardy (§2.7).",
        "What a sequencer guards is kept in the cell itself here; in truth other servers check it.",
        "Chubby’s KeepAlives went over UDP, for TCP backs off without a thought for leases; other calls did not. Here all that clients say is datagrams.",
        "The paper does not say how long the master’s lease is but for “a few seconds”, nor when an answer is near enough to a lease’s end: 5 s and half a lease are our choice. Nor does it say how often a client asks again.",
        "A client that comes to an end closes its session; here it is silent.",
        "Proxies, partitions, mirrors, and what else there is for many clients (§3).",
        "What the log may hold of an earlier master, which was never chosen, is not done: each master begins with an entry of its own. How Chubby sees to that the paper does not say.",
    ],
    sources: &[
        source(
            "M. Burrows, The Chubby lock service for loosely-coupled distributed systems, OSDI 2006, sections 2.2, 2.4, 2.8 and 2.9",
            "https://research.google/pubs/the-chubby-lock-service-for-loosely-coupled-distributed-systems/",
        ),
        source(
            "T. Chandra, R. Griesemer, J. Redstone, Paxos Made Live: An engineering perspective, PODC 2007 (how Chubby’s database is replicated; master leases)",
            "https://research.google/pubs/paxos-made-live-an-engineering-perspective/",
        ),
    ],
};

/// What is said of the product of that name.
pub fn card(name: &str) -> Option<&'static Card> {
    match name {
        "etcd" => Some(&ETCD_CARD),
        "consul" => Some(&CONSUL_CARD),
        "zookeeper" => Some(&ZOOKEEPER_CARD),
        "spanner" => Some(&SPANNER_CARD),
        "chubby" => Some(&CHUBBY_CARD),
        _ => None,
    }
}

/// The product of that name.
pub fn find(name: &str) -> Option<&'static System> {
    SYSTEMS.iter().find(|system| system.name == name)
}

/// The product whose choices a scenario has, where it has those that tell products apart. Times and the like may differ.
pub fn of(scenario: &Scenario) -> Option<&'static System> {
    let spec = protocols::spec(&scenario.protocol)?;
    let (_, from, until) = TELLS_APART.iter().find(|(name, ..)| *name == spec.name)?;
    let place = |name| spec.settings.iter().position(|one| one.name == name);
    let apart = place(*from)?..place(*until).unwrap_or(spec.settings.len());
    let tells = |one: &&System| {
        let preset = one.scenario(&[]).settings;
        let all = preset.len() == scenario.settings.len();
        all && preset[apart.clone()] == scenario.settings[apart.clone()]
    };
    let mut of_protocol = SYSTEMS
        .iter()
        .filter(|one| one.protocol == scenario.protocol);
    of_protocol.find(tells)
}

impl System {
    /// An empty scenario of this product with nodes of these names.
    pub fn scenario(&self, nodes: &[&str]) -> Scenario {
        let mut scenario = Scenario::new(self.protocol, nodes);
        if let Some(spec) = protocols::spec(self.protocol) {
            scenario.settings = spec.settings.iter().map(|one| one.default).collect();
        }
        for (setting, value) in self.settings {
            match value {
                Value::Name(name) => scenario.choose(setting, name),
                Value::Number(number) => scenario.set(setting, *number),
            };
        }
        scenario.links = self.links;
        scenario.client_links = self.client_links;
        scenario.disk = self.disk;
        scenario
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::SettingKind;

    #[test]
    fn presets_choose_what_there_is() {
        for system in SYSTEMS {
            let spec = protocols::spec(system.protocol).expect("registered");
            for (name, value) in system.settings {
                let setting = spec.settings.iter().find(|one| one.name == *name);
                let kind = setting.expect("a setting of the protocol").kind;
                let fits = match (kind, value) {
                    (SettingKind::Choice(list), Value::Name(name)) => {
                        list.iter().any(|choice| choice == name)
                    }
                    (SettingKind::Choice(_), Value::Number(_)) | (_, Value::Name(_)) => false,
                    (SettingKind::Number { min, max }, Value::Number(value))
                    | (SettingKind::Span { min, max }, Value::Number(value)) => {
                        (min..=max).contains(value)
                    }
                };
                assert!(fits, "{}: {name}", system.name);
            }
            let scenario = system.scenario(&["S1", "S2", "S3"]);
            assert!(scenario.validate().is_ok(), "{}", system.name);
            assert_eq!(of(&scenario).map(|one| one.name), Some(system.name));
            let card = card(system.name).expect("something is said of it");
            assert!(!card.sources.is_empty() && !card.left_out.is_empty());
        }
        assert_eq!(
            of(&Scenario::new("raft", &["S1"])).map(|one| one.name),
            None
        );
        assert!(find("zookeeper-5").is_none());
    }

    #[test]
    fn a_preset_may_be_changed_in_its_times_and_is_still_known() {
        let mut scenario = ETCD.scenario(&["S1", "S2", "S3"]);
        scenario
            .set("election-after", 500_000)
            .choose("pre-vote", "on");
        assert_eq!(of(&scenario).map(|one| one.name), Some("etcd"));
        scenario.choose("requests", "redirect");
        assert_eq!(of(&scenario).map(|one| one.name), None);
        let mut scenario = SPANNER.scenario(&["S1", "S2", "S3"]);
        scenario.set("uncertainty", 60_000);
        assert_eq!(of(&scenario).map(|one| one.name), Some("spanner"));
        scenario.choose("reads", "confirmed");
        assert_eq!(of(&scenario).map(|one| one.name), None);
    }
}
