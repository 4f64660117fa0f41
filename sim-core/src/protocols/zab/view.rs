//! Words and cards, and how the servers stand together.

use super::message::Message;
use super::spec::{ELECTION, REASONS};
use super::{Config, Phase, Role, Zab};
use crate::protocol::Replica;
use crate::protocols::consensus::words::{self, entry_words, operation_words};
use crate::protocols::consensus::{Batch, Index, Note, Talk};
use crate::units::Endpoint;
use crate::view::Part::{Number, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill};
use alloc::string::String;
use alloc::vec::Vec;

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone, n) = match message {
        Message::Talk(talk) => return words::talk(talk),
        Message::Reply { op, answer, .. } => {
            let (op, answer) = (*op, *answer);
            return words::talk(&Talk::Answer { op, answer });
        }
        Message::Notification { vote, role, .. } => match role {
            Role::Looking => (
                "vote",
                "vote S{n}",
                Tone::Vote,
                u32::from(vote.leader.0) + 1,
            ),
            Role::Following => (
                "vote",
                "following S{n}",
                Tone::Vote,
                u32::from(vote.leader.0) + 1,
            ),
            Role::Leading => ("vote", "leading", Tone::Vote, 0),
        },
        Message::FollowerInfo { accepted } => {
            ("follower-info", "FOLLOWERINFO {n}", Tone::Vote, accepted.0)
        }
        Message::LeaderInfo { epoch } => ("leader-info", "LEADERINFO {n}", Tone::Vote, epoch.0),
        Message::AckEpoch { epoch, .. } => ("ack-epoch", "ACKEPOCH {n}", Tone::Vote, epoch.0),
        Message::NewLeader {
            epoch,
            image,
            entries,
            ..
        } => match (image.is_some(), entries.entries().len()) {
            (true, _) => ("new-leader", "SNAP, NEWLEADER {n}", Tone::Write, epoch.0),
            (_, 0) => ("new-leader", "NEWLEADER {n}", Tone::Vote, epoch.0),
            _ => ("new-leader", "DIFF, NEWLEADER {n}", Tone::Write, epoch.0),
        },
        Message::Ack { last, .. } => ("ack", "ACK {n}", Tone::Ok, last.0),
        Message::UpToDate { epoch, .. } => ("up-to-date", "UPTODATE {n}", Tone::Ok, epoch.0),
        Message::Proposal { first, .. } => ("proposal", "{n}: {does}", Tone::Write, first.0),
        Message::Commit { index, .. } => ("commit", "COMMIT {n}", Tone::Ok, index.0),
        Message::Ping { .. } => ("ping", "ping", Tone::Plain, 0),
        Message::Pong { .. } => ("ping", "still here", Tone::Plain, 0),
        Message::Forward { .. } => ("request", "{does}", Tone::Write, 0),
        Message::Expired { .. } => ("revalidate", "session over", Tone::No, 0),
        Message::Attach { .. } => ("revalidate", "session?", Tone::Plain, 0),
        Message::Attached { .. } => ("revalidate", "session open", Tone::Ok, 0),
        Message::Sync { .. } => ("sync", "sync", Tone::Read, 0),
        Message::Synced { index, .. } => ("sync", "synced {n}", Tone::Ok, index.0),
        Message::Connect { .. } => ("connect", "connect", Tone::Plain, 0),
        Message::Connected { .. } => ("connect", "connected", Tone::Ok, 0),
        Message::Closed { over: 0 } => ("close", "closed", Tone::No, 0),
        Message::Closed { .. } => ("close", "session over", Tone::No, 0),
        Message::Alive => ("ping", "ping", Tone::Plain, 0),
    };
    let does = match message {
        Message::Proposal { entries, .. } => first_words(entries),
        Message::Forward { command, .. } => operation_words(command.operation),
        _ => String::new(),
    };
    let parts = [("n", Number(i64::from(n))), ("does", Text(&does))];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

fn first_words(entries: &Batch) -> String {
    let first = entries.entries().first();
    first.map(entry_words).unwrap_or_default()
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let does = match Note::to_operation(n) {
        Some(operation) => operation_words(operation),
        None if n == -1 => String::from("close session"),
        None => String::from("open session"),
    };
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("b", Number(i64::from(b))),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("n", Number(n)),
        ("does", Text(&does)),
    ];
    let sentence = REASONS.get(usize::from(why)).copied();
    fill(sentence.unwrap_or_default(), &parts)
}

pub(super) fn node(config: &Config, me: Endpoint, replica: &Replica<Zab>) -> NodeView {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let state = &memory.state;
    // A term is an epoch here.
    let row = "{words} (epoch {term})";
    let mut view = words::history(&disk.log, memory.commit, &state.machine, row);
    view.rows_label = "history";
    view.terms_label = "epochs";
    let (badge, tone) = match (memory.role, memory.phase) {
        (Role::Looking, _) => ("looking · {round}", Tone::Vote),
        (Role::Leading, Phase::Broadcast) => ("leader · {epoch}", Tone::Ok),
        (Role::Leading, _) => ("elected · {round}", Tone::Vote),
        (_, Phase::Discovery) => ("discovery", Tone::Vote),
        (_, Phase::Synchronization) => ("syncing", Tone::Vote),
        _ => ("follower · {epoch}", Tone::Read),
    };
    let heard = match memory.phase {
        Phase::Discovery => memory.learners,
        _ => memory.accepted_by,
    };
    let same = |notice: &&Option<super::state::Notice>| {
        notice.is_some_and(|one| one.round == memory.round && one.vote.leader == memory.vote.leader)
    };
    let votes = memory.notices.iter().filter(same).count() as i64 + 1;
    let parts = [
        ("round", Number(i64::from(memory.round))),
        ("epoch", Number(i64::from(disk.current.0))),
        ("heard", Number(i64::from(heard.count()))),
        ("votes", Number(votes)),
        ("vote", Number(i64::from(memory.vote.leader.0) + 1)),
        ("servers", Number(i64::from(config.servers.0.count()))),
    ];
    view.badge = fill(badge, &parts);
    view.badge_tone = tone;
    let leads = (memory.role, memory.phase) == (Role::Leading, Phase::Broadcast);
    view.leads = leads.then_some(disk.current.0);
    view.alarm = (memory.role != Role::Leading).then_some(ELECTION);
    view.stands_with = match memory.role {
        Role::Looking => Some(memory.vote.leader),
        Role::Following => Some(memory.leader),
        Role::Leading => None,
    };
    view.stands_with = view.stands_with.filter(|one| *one != me);
    let pending = match (memory.role, memory.phase) {
        (Role::Looking, _) => "{votes} of {servers} votes for S{vote}",
        (Role::Leading, Phase::Discovery) => "{heard} of {servers} follow",
        (Role::Leading, Phase::Synchronization) => "{heard} of {servers} accept the epoch",
        _ => "",
    };
    view.pending = fill(pending, &parts);
    view.count("accepted epoch", disk.accepted.0, true);
    view.count("current epoch", disk.current.0, true);
    let last = disk.log.last();
    let zxid = [
        ("e", Number(i64::from(last.term.0))),
        ("c", Number(i64::from(last.index.0))),
    ];
    view.fact("last zxid", fill("{e}:{c}", &zxid), true);
    view.count("snapshot up to", disk.log.base().index.0, true);
    view.count("committed up to", memory.commit.0, false);
    view.count("applied up to", memory.applied.0, false);
    let open = state
        .tenancy
        .sessions
        .iter()
        .filter(|one| one.opens)
        .count() as u32;
    view.count("open sessions", open, false);
    let clients = memory.connections.iter().filter(|one| one.is_up);
    view.count("clients here", clients.count() as u32, false);
    view
}

pub(super) fn standing(replicas: &[Replica<Zab>], names: &Names<'_>) -> Standing {
    let applied: Vec<Index> = replicas.iter().map(|one| one.memory.applied).collect();
    words::standing(&applied, names)
}
