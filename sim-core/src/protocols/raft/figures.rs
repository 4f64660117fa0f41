//! The paper's cases, step by step and told: `tests/paper/`.

use super::cluster::{Cluster, server};
use super::message::Message;
use super::spec::HEARTBEAT;
use super::state::Disk;
use crate::protocol::Input;
use crate::protocols::consensus::{Batch, Content, Entry, Index, Members, Place, Term};
use crate::units::Mask;
use alloc::format;
use alloc::vec::Vec;

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
    cluster.tell("Figure 7. S1 is the leader of the figure, S2 to S7 are its followers (a) to (f): (a) and (b) lack entries, (c) and (d) have some that were never committed, (e) and (f) both. A line is a log, an entry its term.");
    cluster.show();
    cluster.tell("S1 stands for election in term 8. (c) and (d) refuse: their logs are more up to date. The other four make it the leader. It sends each the entry of its term with what stands before it; whoever does not have that says from where the two may agree, and S1 goes back there.");
    cluster.times_out(1);
    cluster.talk(&[1, 2, 3, 4, 5, 6, 7]);
    cluster.tell("Every log is the leader's now.");
    cluster.show();
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
    cluster.is_told("figure-7");
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
    let on = match off {
        "" => "with the rule of §5.4.2",
        _ => "without the rule of §5.4.2",
    };
    cluster.tell(&format!("Figure 8, {on}. In (b) S1 has led term 2 and S5 term 3; each has an entry that hardly anybody else has."));
    cluster.show();
    cluster.tell("(c) S1 is elected again, in term 4, by S2 and S3. S3 gets its entry of term 2, which is on a majority then. The entry of term 4 behind it is lost.");
    cluster.times_out(1);
    // S3 gets the entry of term 2; the no-op behind it is lost.
    let is_lost = |to: u8, disk: &Disk, message: &Message| match message {
        Message::Append { entries, .. } => {
            let is_no_op = |entry: &Entry| entry.term == Term(4);
            let has_old = to == 3 && disk.log.last_index() == Index(2);
            has_old && entries.entries().first().is_some_and(is_no_op)
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
    cluster.show();
    cluster.tell("(d) S1 falls silent. S5 stands: its last entry is of term 3, so S3 and S4 vote for it. It makes their logs like its own.");
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
    cluster.tell("The entry of term 2 is gone, and nobody was told that it would stay.");
    cluster.show();
    cluster.is_told("figure-8-d");
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

#[test]
fn figure_8_without_the_rule_a_committed_entry_is_lost() {
    let mut cluster = figure_8("current-term-commit");
    assert_eq!(cluster.commit(1), 2, "it counts as committed");
    figure_8_d(&mut cluster);
    cluster.tell("The entry of term 2 is gone, though S1 had committed it.");
    cluster.show();
    cluster.is_told("figure-8-without-the-rule");
    assert!(cluster.broken().contains(&"leader-completeness"));
}

/// Figure 8 (e): with an entry of its own term on a majority S1 commits, and S5 cannot be elected any more.
#[test]
fn figure_8_an_entry_of_the_own_term_commits_what_lies_before() {
    let mut cluster = figure_8("");
    cluster.show();
    cluster.tell("(e) Instead, S1 goes on: with the next heartbeat S3 gets the entry of term 4. That is of S1's own term and on a majority, so it is committed, and what lies before it too.");
    cluster.input(server(1), Input::Timer(HEARTBEAT));
    cluster.talk(&[1, 2, 3]);
    assert_eq!(cluster.commit(1), 3);
    cluster.show();
    cluster.tell("Now S5 cannot be elected any more: S2 and S3 have a later entry than it has.");
    for _ in 0..2 {
        cluster.times_out(5);
        cluster.talk(&[2, 3, 4, 5]);
    }
    assert!(!cluster.leads(5));
    cluster.is_told("figure-8-e");
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

/// A split vote (§5.2): two stand at once, and nobody has a majority; who stands next, alone, is elected.
#[test]
fn a_split_vote_is_decided_in_the_next_term() {
    let mut cluster = Cluster::new(&[&[], &[], &[], &[]], 0, "", 16);
    cluster.tell("A split vote. S1 and S2 stand in the same term, before either hears of the other. S3 hears of S1 first, S4 of S2.");
    cluster.times_out(1);
    cluster.times_out(2);
    let asks = |of: u8| {
        move |to: u8, _: &Disk, message: &Message| {
            matches!(message, Message::RequestVote { .. }) && to != of
        }
    };
    let mail: Vec<_> = cluster.mail.drain(..).collect();
    let first: [(u8, u8); 4] = [(1, 3), (2, 4), (1, 4), (2, 3)];
    for (from, to) in first {
        let ask = mail
            .iter()
            .find(|(sender, whom, _)| (*sender, *whom) == (server(from), server(to)));
        let (from, to, message) = ask.expect("it was asked").clone();
        cluster.mail.push_back((from, to, message));
        cluster.talk_but(&[1, 2, 3, 4], asks(to.0 + 1));
    }
    assert!(!cluster.leads(1) && !cluster.leads(2));
    cluster.tell("Each has two votes of four, its own among them. Nobody leads term 1.");
    cluster.show();
    cluster
        .tell("S1's time-out, drawn anew, ends first. It stands in term 2, alone, and is elected.");
    cluster.times_out(1);
    cluster.talk(&[1, 2, 3, 4]);
    assert!(cluster.leads(1));
    cluster.show();
    cluster.is_told("split-vote");
    assert!(cluster.broken().is_empty());
}

/// S2 votes for S1, crashes and is asked by S3, in the same term.
fn vote_after_restart(off: &str) -> Cluster {
    let mut cluster = Cluster::new(&[&[], &[], &[]], 0, off, 16);
    let on = match off {
        "" => "The vote is on S2's disk before it answers.",
        _ => "S2 answers without having its vote on its disk.",
    };
    cluster.tell(&format!("A vote and a restart. {on} S1 stands in term 1, and S2 votes for it; S3 hears of none of it."));
    cluster.times_out(1);
    // The leader's first entry is lost, so that S3's log is no older than S2's.
    cluster.talk_but(&[1, 2], |_, _, message| {
        matches!(message, Message::Append { .. })
    });
    assert!(cluster.leads(1));
    cluster.tell("S2 crashes and starts again. S3 stands in term 1 as well, and asks it.");
    cluster.restarts(2);
    cluster.times_out(3);
    cluster.talk(&[2, 3]);
    cluster
}

#[test]
fn a_vote_is_remembered_after_a_restart() {
    let mut cluster = vote_after_restart("");
    cluster.is_told("vote-after-restart");
    assert!(!cluster.leads(3));
    assert!(cluster.broken().is_empty(), "{:?}", cluster.broken());
}

#[test]
fn a_vote_that_is_not_on_the_disk_is_given_twice() {
    let mut cluster = vote_after_restart("persist-vote");
    cluster.is_told("vote-after-restart-without-the-rule");
    assert!(cluster.leads(1) && cluster.leads(3));
    assert!(cluster.broken().contains(&"election-safety"));
}

// --- figure 2, what a receiver of the two calls does

fn append(term: u32, prev: (u32, u32), terms: &[u32], commit: u32) -> Message {
    let entry = |term: &u32| Entry {
        term: Term(*term),
        content: Content::NoOp,
    };
    let entries: Vec<Entry> = terms.iter().map(entry).collect();
    Message::Append {
        term: Term(term),
        prev: Place {
            index: Index(prev.0),
            term: Term(prev.1),
        },
        entries: Batch((!entries.is_empty()).then(|| entries.into())),
        commit: Index(commit),
        round: 1,
    }
}

/// What S2 with this log, in term 3, answers to S1's message: whether it agreed, in which term, and up to where. It is
/// told in `page`.
fn answer_to(
    page: &mut Cluster,
    prose: &str,
    log: &[u32],
    message: Message,
) -> (Cluster, (bool, u32, u32)) {
    let mut cluster = Cluster::new(&[&[], log, &[]], 3, "", 16);
    let from = server(1);
    let before = cluster.log(2);
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
    page.tell(prose);
    page.said.append(&mut cluster.said);
    let (said, after) = match answer.0 {
        true => ("yes", cluster.log(2)),
        false => ("no", cluster.log(2)),
    };
    let told = format!(
        "S2 had {before}; it answers {said}, in term {}, and has {after}",
        answer.1
    );
    page.said.push(told);
    (cluster, answer)
}

#[test]
fn figure_2_append_entries() {
    let page = &mut Cluster::new(&[&[], &[], &[]], 3, "", 16);
    page.tell(
        "Figure 2, AppendEntries, what its receiver does. S2 is in term 3; S1 sends it entries.",
    );
    let (cluster, answer) = answer_to(
        page,
        "1. The leader's term, 2, is over: no.",
        &[1],
        append(2, (1, 1), &[2], 2),
    );
    assert_eq!(
        (answer, cluster.terms(2), cluster.commit(2)),
        ((false, 3, 0), [1].into(), 0)
    );
    let (cluster, answer) = answer_to(
        page,
        "2. There is nothing at entry 2, where the leader has one of term 2: no. It says from where the two logs may agree.",
        &[1],
        append(3, (2, 2), &[3], 0),
    );
    assert_eq!((answer, cluster.terms(2)), ((false, 3, 2), [1].into()));
    let (cluster, answer) = answer_to(
        page,
        "2. Entry 4 is of term 2, where the leader has one of term 3: no. It says where its own entries of term 2 begin.",
        &[1, 2, 2, 2],
        append(3, (4, 3), &[3], 0),
    );
    assert_eq!(
        (answer, cluster.terms(2)),
        ((false, 3, 2), [1, 2, 2, 2].into())
    );
    let (cluster, answer) = answer_to(
        page,
        "3. Entry 2 is in conflict with what came: it goes, and all that follows it.",
        &[1, 2, 2],
        append(3, (1, 1), &[3], 0),
    );
    assert_eq!((answer, cluster.terms(2)), ((true, 3, 2), [1, 3].into()));
    let (cluster, answer) = answer_to(
        page,
        "3. What came is there already, and is not in conflict: what follows it stays, for the message may be an old one.",
        &[1, 2, 2],
        append(3, (1, 1), &[2], 0),
    );
    assert_eq!((answer, cluster.terms(2)), ((true, 3, 2), [1, 2, 2].into()));
    let (cluster, answer) = answer_to(
        page,
        "4. What is new is put at the end; a later term is taken over.",
        &[1],
        append(5, (1, 1), &[4, 5], 0),
    );
    assert_eq!((answer, cluster.terms(2)), ((true, 5, 3), [1, 4, 5].into()));
    let (cluster, answer) = answer_to(
        page,
        "5. The leader has committed 3 entries. This message vouches for two of ours, so we know no more than these to be committed.",
        &[1, 2, 2],
        append(3, (1, 1), &[2], 3),
    );
    assert_eq!((answer, cluster.commit(2)), ((true, 3, 2), 2));
    let (cluster, _) = answer_to(
        page,
        "5. The message vouches for three; the leader has committed two.",
        &[1, 2, 2],
        append(3, (3, 2), &[], 2),
    );
    assert_eq!(cluster.commit(2), 2);
    page.is_told("figure-2-append-entries");
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
    let page = &mut Cluster::new(&[&[], &[], &[]], 3, "", 16);
    page.tell(
        "Figure 2, RequestVote, what its receiver does. S2 is in term 3; S1 asks for its vote.",
    );
    let mut answer = |prose, log: &[u32], message| answer_to(page, prose, log, message).1;
    let over = "1. The candidate's term, 2, is over: no.";
    assert_eq!(answer(over, &[1], ask(2, (9, 2))), (false, 3, 0));
    let same = "2. The candidate's log ends like its own: yes.";
    assert_eq!(answer(same, &[1, 2], ask(4, (2, 2))), (true, 4, 0));
    let later = "2. The candidate's log is shorter, but ends with a later term: yes.";
    assert_eq!(answer(later, &[1, 2], ask(4, (1, 3))), (true, 4, 0));
    let shorter = "2. The candidate's log ends with the same term and is shorter: no. The term is taken over all the same.";
    assert_eq!(answer(shorter, &[1, 2], ask(4, (1, 2))), (false, 4, 0));
    let older = "2. The candidate's log is much longer, but ends with an earlier term: no.";
    assert_eq!(answer(older, &[1, 2], ask(4, (9, 1))), (false, 4, 0));
    let first =
        "2. S2 votes for S1, and is asked in the same term by S3, and by S1 again: no, and yes.";
    let (mut cluster, _) = answer_to(page, first, &[1], ask(4, (1, 1)));
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
    page.said.append(&mut cluster.said);
    page.is_told("figure-2-request-vote");
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
    let on = match off {
        "" => "With",
        _ => "Without",
    };
    cluster.tell(&format!("The bug of 2015 in changes of one member (Ongaro, raft-dev, July 2015). {on} the rule that a leader changes the members only after an entry of its own term is committed. Four members; S1 leads."));
    cluster.times_out(1);
    cluster.talk(&[1, 2, 3, 4]);
    assert!(cluster.leads(1));
    cluster.tell("S1 is to let S5 in. Nobody else hears of it.");
    let (joins, leaves) = (server(5), server(1));
    let member = |node, joins| Input::Member { node, joins };
    cluster.input(server(1), member(joins, true));
    cluster.talk(&[1]);
    assert_eq!(cluster.terms(1), [1, 2, 2]);
    cluster.tell("S2 is elected by S3 and S4, of four. It is to let S1 go. S3 hears of that.");
    cluster.times_out(2);
    cluster.talk_but(&[2, 3, 4], |_, _, message| {
        matches!(message, Message::Append { .. })
    });
    assert!(cluster.leads(2));
    cluster.input(server(2), member(leaves, false));
    cluster.talk(&[2]);
    cluster.input(server(2), Input::Timer(HEARTBEAT));
    cluster.talk(&[2, 3]);
    cluster.show();
    cluster.tell("S1 starts again and stands. It knows of five members; S4 and S5 vote for it.");
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
    let mut cluster = two_changes_at_once("");
    cluster.show();
    cluster.is_told("two-changes-at-once");
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
    let mut cluster = two_changes_at_once("membership-no-op-barrier");
    cluster.show();
    cluster.is_told("two-changes-at-once-without-the-rule");
    assert_eq!(cluster.terms(2), [1, 2, 3, 3]);
    assert_eq!(cluster.commit(2), 4, "by two of the three that it knows of");
    assert!(cluster.broken().contains(&"quorums-intersect"));
    assert!(cluster.broken().contains(&"leader-completeness"));
}
