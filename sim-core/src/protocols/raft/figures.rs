//! The paper's cases, step by step: servers with the logs of its figures, driven by hand through the real handlers.

use super::message::{Content, LogEntry, Message, Note};
use super::spec::{ELECTION, HEARTBEAT, INVARIANTS, RULES};
use super::state::{Disk, Role};
use super::watch::Monitor;
use super::{Config, Raft};
use crate::protocol::{Choices, Context, Input, Protocol, Replica, Sightings};
use crate::protocols::consensus::{Index, Members, Place, Term};
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::world::actors::{Effect, Slab, outputs};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Servers that hear from one another what the test lets through. Disks are immediate, timers run out when the test says
/// so.
struct Cluster {
    config: Config,
    servers: Vec<Replica<Raft>>,
    mail: VecDeque<(Endpoint, Endpoint, Message)>,
    monitor: Monitor,
    seen: Sightings,
    sent: u32,
}

const fn server(number: u8) -> Endpoint {
    Endpoint(number - 1)
}

impl Cluster {
    /// A server with each of these logs, given as the terms of its entries; all of them have seen `term`. `off` is a rule
    /// that does not hold, `batch` how many entries an append carries.
    fn new(logs: &[&[u32]], term: u32, off: &str, batch: u32) -> Self {
        let off = RULES.iter().position(|rule| rule.name == off);
        let place = super::SETTINGS.iter().position(|one| one.name == "batch");
        let mut settings: Vec<u32> = super::SETTINGS.iter().map(|one| one.default).collect();
        settings[place.expect("there is such a setting")] = batch;
        let config = Raft::configure(&Choices {
            settings: &settings,
            spec: &Raft::SPEC,
            broken: off.map_or(0, |place| 1 << place),
            nodes: logs.len() as u8,
            clients: 0,
        });
        let mut servers = Vec::new();
        for log in logs {
            let mut disk = Disk::new();
            disk.term = Term(term);
            for term in *log {
                disk.log.push(LogEntry {
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
        }
    }

    fn input(&mut self, to: Endpoint, input: Input<Message>) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut out = outputs::<Message, Note>(Slab::default());
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
            for effect in out.effects.list {
                match effect {
                    Effect::Send { to: whom, handle } => {
                        let message = out.messages.take(handle).expect("it was just sent");
                        self.sent += 1;
                        self.mail.push_back((to, whom, message));
                    }
                    Effect::Persist { mark, .. } => next = Some(Input::Persisted(mark)),
                    _ => {}
                }
            }
        }
    }

    /// Delivers everything among these servers until nobody says anything more; the rest is lost.
    fn talk(&mut self, among: &[u8]) {
        self.talk_but(among, |_, _, _| false);
    }

    /// The same, but for what the network loses.
    fn talk_but(&mut self, among: &[u8], is_lost: impl Fn(u8, &Disk, &Message) -> bool) {
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

    fn times_out(&mut self, number: u8) {
        self.input(server(number), Input::Timer(ELECTION));
    }

    fn restarts(&mut self, number: u8) {
        let (config, me) = (&self.config, server(number));
        let replica = &mut self.servers[me.index()];
        replica.memory = Raft::boot(config, me, &mut replica.disk);
        self.input(me, Input::Start);
    }

    fn leads(&self, number: u8) -> bool {
        self.servers[server(number).index()].memory.role == Role::Leader
    }

    fn terms(&self, number: u8) -> Vec<u32> {
        let log = &self.servers[server(number).index()].disk.log;
        let all = 1..=log.last_index().0;
        all.filter_map(|index| log.term_at(Index(index)))
            .map(|term| term.0)
            .collect()
    }

    fn commit(&self, number: u8) -> u32 {
        self.servers[server(number).index()].memory.commit.0
    }

    fn broken(&self) -> Vec<&'static str> {
        let name = |found: &crate::protocol::Finding| INVARIANTS[usize::from(found.invariant)].name;
        self.seen.findings.iter().map(name).collect()
    }
}

/// Figure 7: the leader of term 8, and followers that lack entries, have entries too many, or both.
#[test]
fn figure_7_every_follower_comes_to_the_leaders_log() {
    let leader: &[u32] = &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let followers: [(&str, &[u32]); 6] = [
        ("a", &[1, 1, 1, 4, 4, 5, 5, 6, 6]),
        ("b", &[1, 1, 1, 4]),
        ("c", &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]),
        ("d", &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]),
        ("e", &[1, 1, 1, 4, 4, 4, 4]),
        ("f", &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]),
    ];
    let mut logs = alloc::vec![leader];
    logs.extend(followers.iter().map(|(_, log)| *log));
    let mut cluster = Cluster::new(&logs, 7, "", 16);
    cluster.times_out(1);
    cluster.talk(&[1, 2, 3, 4, 5, 6, 7]);
    assert!(cluster.leads(1));
    let repaired: Vec<u32> = leader.iter().copied().chain([8]).collect();
    for (number, (name, _)) in (2..).zip(followers) {
        assert_eq!(cluster.terms(number), repaired, "follower {name}");
    }
    assert_eq!(cluster.commit(1), 11);
    // Six askings and answers for votes; an append and an answer each, and of c and d not one more, since their entry
    // before the leader's new one matches; a, b, e and f each refuse until the leader has gone back far enough: at most
    // once a term of theirs that it skips.
    assert!(
        cluster.sent <= 12 + 12 + 2 * (1 + 1 + 2 + 3),
        "{}",
        cluster.sent
    );
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

/// c and d do not vote for that leader: their logs are more up to date (§5.4.1).
#[test]
fn figure_7_longer_and_later_logs_refuse_their_vote() {
    let leader: &[u32] = &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    let longer: &[u32] = &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6];
    let later: &[u32] = &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7];
    let mut cluster = Cluster::new(&[leader, longer, later], 7, "", 16);
    cluster.times_out(1);
    cluster.talk(&[1, 2, 3]);
    assert!(!cluster.leads(1));
    cluster.times_out(3);
    cluster.talk(&[1, 2, 3]);
    assert!(cluster.leads(3));
}

/// Figure 8 up to (c): S1 leads term 4 and has its entry of term 2 on three of five servers, its own no-op on two.
fn figure_8(off: &str) -> Cluster {
    let logs: [&[u32]; 5] = [&[1, 2], &[1, 2], &[1], &[1], &[1, 3]];
    let mut cluster = Cluster::new(&logs, 3, off, 1);
    cluster.times_out(1);
    // S3 gets the entry of term 2; the no-op behind it is lost.
    let is_lost = |to: u8, disk: &Disk, message: &Message| match message {
        Message::Append { entries, .. } => {
            let is_no_op = |entry: &LogEntry| entry.term == Term(4);
            let has_old = to == 3 && disk.log.last_index() == Index(2);
            has_old && entries.iter().any(|entries| is_no_op(&entries[0]))
        }
        _ => false,
    };
    cluster.talk_but(&[1, 2, 3], is_lost);
    assert!(cluster.leads(1));
    assert_eq!(cluster.terms(2), [1, 2, 4]);
    assert_eq!(cluster.terms(3), [1, 2]);
    cluster
}

/// Figure 8 (d): S5 is elected by S3 and S4, whose logs are older than its own.
fn figure_8_d(cluster: &mut Cluster) {
    cluster.times_out(5);
    cluster.talk(&[3, 4, 5]);
    cluster.times_out(5);
    cluster.talk(&[3, 4, 5]);
    assert!(cluster.leads(5));
    assert_eq!(
        cluster.terms(3),
        [1, 3, 5],
        "the entry of term 2 is overwritten"
    );
}

#[test]
fn figure_8_an_entry_of_an_earlier_term_is_not_committed_by_counting() {
    let mut cluster = figure_8("");
    assert_eq!(
        cluster.commit(1),
        0,
        "it is on a majority, and yet not committed"
    );
    figure_8_d(&mut cluster);
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

#[test]
fn figure_8_without_the_rule_a_committed_entry_is_lost() {
    let mut cluster = figure_8("current-term-commit");
    assert_eq!(cluster.commit(1), 2, "it counts as committed");
    figure_8_d(&mut cluster);
    assert!(cluster.broken().contains(&"leader-completeness"));
}

/// Figure 8 (e): with an entry of its own term on a majority S1 commits, and S5 cannot be elected any more.
#[test]
fn figure_8_an_entry_of_the_own_term_commits_what_lies_before() {
    let mut cluster = figure_8("");
    cluster.input(server(1), Input::Timer(HEARTBEAT));
    cluster.talk(&[1, 2, 3]);
    assert_eq!(cluster.commit(1), 3);
    for _ in 0..2 {
        cluster.times_out(5);
        cluster.talk(&[2, 3, 4, 5]);
    }
    assert!(!cluster.leads(5));
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

/// S2 votes for S1, crashes and is asked by S3, in the same term.
fn vote_after_restart(off: &str) -> Cluster {
    let mut cluster = Cluster::new(&[&[], &[], &[]], 0, off, 16);
    cluster.times_out(1);
    // The leader's first entry is lost, so that S3's log is no older than S2's.
    cluster.talk_but(&[1, 2], |_, _, message| {
        matches!(message, Message::Append { .. })
    });
    assert!(cluster.leads(1));
    cluster.restarts(2);
    cluster.times_out(3);
    cluster.talk(&[2, 3]);
    cluster
}

#[test]
fn a_vote_is_remembered_after_a_restart() {
    let cluster = vote_after_restart("");
    assert!(!cluster.leads(3));
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

#[test]
fn a_vote_that_is_not_on_the_disk_is_given_twice() {
    let cluster = vote_after_restart("persist-vote");
    assert!(cluster.leads(1) && cluster.leads(3));
    assert!(cluster.broken().contains(&"election-safety"));
}

// --- figure 2, what a receiver of the two calls does

fn append(term: u32, prev: (u32, u32), terms: &[u32], commit: u32) -> Message {
    let entry = |term: &u32| LogEntry {
        term: Term(*term),
        content: Content::NoOp,
    };
    let entries: Vec<LogEntry> = terms.iter().map(entry).collect();
    Message::Append {
        term: Term(term),
        prev: Place {
            index: Index(prev.0),
            term: Term(prev.1),
        },
        entries: (!entries.is_empty()).then(|| entries.into()),
        commit: Index(commit),
        round: 1,
    }
}

/// What S2 with this log, in term 3, answers to S1's message: whether it agreed, in which term, and up to where.
fn answer_to(log: &[u32], message: Message) -> (Cluster, (bool, u32, u32)) {
    let mut cluster = Cluster::new(&[&[], log, &[]], 3, "", 16);
    let from = server(1);
    cluster.input(server(2), Input::Message { from, message });
    let answer = match cluster.mail.pop_front() {
        Some((
            _,
            _,
            Message::Appended {
                matched, term, at, ..
            },
        )) => (matched, term.0, at.0),
        Some((_, _, Message::Vote { granted, term, .. })) => (granted, term.0, 0),
        other => panic!("{other:?}"),
    };
    (cluster, answer)
}

#[test]
fn figure_2_append_entries() {
    // 1: a term that is over.
    let (cluster, answer) = answer_to(&[1], append(2, (1, 1), &[2], 2));
    assert_eq!(
        (answer, cluster.terms(2), cluster.commit(2)),
        ((false, 3, 0), [1].into(), 0)
    );
    // 2: nothing at the place before, or something else; it says from where its log may agree.
    let (cluster, answer) = answer_to(&[1], append(3, (2, 2), &[3], 0));
    assert_eq!((answer, cluster.terms(2)), ((false, 3, 2), [1].into()));
    let (cluster, answer) = answer_to(&[1, 2, 2, 2], append(3, (4, 3), &[3], 0));
    assert_eq!(
        (answer, cluster.terms(2)),
        ((false, 3, 2), [1, 2, 2, 2].into())
    );
    // 3: what is in conflict goes, and all that follows it.
    let (cluster, answer) = answer_to(&[1, 2, 2], append(3, (1, 1), &[3], 0));
    assert_eq!((answer, cluster.terms(2)), ((true, 3, 2), [1, 3].into()));
    // What is not in conflict stays, though an old message ends before it.
    let (cluster, answer) = answer_to(&[1, 2, 2], append(3, (1, 1), &[2], 0));
    assert_eq!((answer, cluster.terms(2)), ((true, 3, 2), [1, 2, 2].into()));
    // 4: what is new is put at the end, in a later term too.
    let (cluster, answer) = answer_to(&[1], append(5, (1, 1), &[4, 5], 0));
    assert_eq!((answer, cluster.terms(2)), ((true, 5, 3), [1, 4, 5].into()));
    // 5: committed is no more than what the message vouches for.
    let (cluster, answer) = answer_to(&[1, 2, 2], append(3, (1, 1), &[2], 3));
    assert_eq!((answer, cluster.commit(2)), ((true, 3, 2), 2));
    let (cluster, _) = answer_to(&[1, 2, 2], append(3, (3, 2), &[], 2));
    assert_eq!(cluster.commit(2), 2);
}

#[test]
fn figure_2_request_vote() {
    let ask = |term, last: (u32, u32)| Message::RequestVote {
        term: Term(term),
        last: Place {
            index: Index(last.0),
            term: Term(last.1),
        },
        pre: false,
        forced: false,
    };
    // 1: a term that is over.
    assert_eq!(answer_to(&[1], ask(2, (9, 2))).1, (false, 3, 0));
    // 2: a log as up to date as its own, or more.
    assert_eq!(answer_to(&[1, 2], ask(4, (2, 2))).1, (true, 4, 0));
    assert_eq!(answer_to(&[1, 2], ask(4, (1, 3))).1, (true, 4, 0));
    // An older one, by its length or by its last term, is refused, and the term is taken over all the same.
    assert_eq!(answer_to(&[1, 2], ask(4, (1, 2))).1, (false, 4, 0));
    assert_eq!(answer_to(&[1, 2], ask(4, (9, 1))).1, (false, 4, 0));
    // Once a term, but as often as the same candidate asks.
    let (mut cluster, _) = answer_to(&[1], ask(4, (1, 1)));
    for (from, granted_again) in [(server(3), false), (server(1), true)] {
        let message = ask(4, (1, 1));
        cluster.input(server(2), Input::Message { from, message });
        match cluster.mail.pop_front() {
            Some((_, to, Message::Vote { granted, .. })) => {
                assert_eq!((to, granted), (from, granted_again));
            }
            other => panic!("{other:?}"),
        }
    }
}

// --- the bug of 2015 in changes of one member (Ongaro, raft-dev, July 2015)

/// S1 leads four members and begins to let S5 in, which nobody else hears of. S2 is elected and begins to let S1 go, which
/// S3 hears of too. Then S1 is elected again.
fn two_changes_at_once(off: &str) -> Cluster {
    let mut cluster = Cluster::new(&[&[1], &[1], &[1], &[1], &[1]], 1, off, 16);
    cluster.config.members = Members(Mask::first(4));
    for number in 1..=5 {
        cluster.restarts(number);
    }
    cluster.times_out(1);
    cluster.talk(&[1, 2, 3, 4]);
    assert!(cluster.leads(1));
    let (joins, leaves) = (server(5), server(1));
    let member = |node, joins| Input::Member { node, joins };
    cluster.input(server(1), member(joins, true));
    cluster.talk(&[1]);
    assert_eq!(cluster.terms(1), [1, 2, 2]);
    cluster.times_out(2);
    cluster.talk_but(&[2, 3, 4], |_, _, message| {
        matches!(message, Message::Append { .. })
    });
    assert!(cluster.leads(2));
    cluster.input(server(2), member(leaves, false));
    cluster.talk(&[2]);
    cluster.input(server(2), Input::Timer(HEARTBEAT));
    cluster.talk(&[2, 3]);
    cluster.restarts(1);
    for _ in 0..2 {
        cluster.times_out(1);
        cluster.talk(&[1, 4, 5]);
    }
    assert!(
        cluster.leads(1),
        "by S4, S5 and itself, a majority of the five it knows of"
    );
    cluster
}

#[test]
fn members_change_only_after_an_entry_of_the_term_is_committed() {
    let cluster = two_changes_at_once("");
    assert_eq!(
        cluster.terms(2),
        [1, 2, 3],
        "S2 has not changed the members"
    );
    assert_eq!(cluster.commit(2), 0, "two of four are no majority");
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

#[test]
fn without_the_barrier_two_majorities_miss_each_other() {
    let cluster = two_changes_at_once("membership-no-op-barrier");
    assert_eq!(cluster.terms(2), [1, 2, 3, 3]);
    assert_eq!(cluster.commit(2), 4, "by two of the three that it knows of");
    assert!(cluster.broken().contains(&"quorums-intersect"));
    assert!(cluster.broken().contains(&"leader-completeness"));
}
