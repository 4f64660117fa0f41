//! Words and cards, and how the servers stand together.

use super::message::Message;
use super::spec::{ELECTION, REASONS};
use super::{Raft, Role};
use crate::protocol::Replica;
use crate::protocols::consensus::words::{self, entry_words, operation_words};
use crate::protocols::consensus::{Index, Note};
use crate::units::{Endpoint, Mask};
use crate::view::Part::{List, Number, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill};
use alloc::string::String;
use alloc::vec::Vec;

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone, n, words) = match message {
        Message::Talk(talk) => return words::talk(talk),
        Message::RequestVote { term, pre, .. } => {
            let label = match pre {
                true => "vote for {n}?",
                false => "vote in {n}",
            };
            let n = i64::from(term.0);
            ("request-vote", label, Tone::Vote, n, String::new())
        }
        Message::Vote { granted: true, .. } => ("vote", "yes", Tone::Ok, 0, String::new()),
        Message::Vote { .. } => ("vote", "no", Tone::No, 0, String::new()),
        Message::Append { entries, prev, .. } => match entries.entries() {
            [one] => {
                let n = i64::from(prev.index.0) + 1;
                ("append", "{n}: {words}", Tone::Write, n, entry_words(one))
            }
            [] => ("append", "heartbeat", Tone::Plain, 0, String::new()),
            entries => {
                let n = entries.len() as i64;
                ("append", "{n} entries", Tone::Write, n, String::new())
            }
        },
        Message::Appended { matched, at, .. } => {
            let (label, tone) = match matched {
                true => ("has {n}", Tone::Ok),
                false => ("no match", Tone::No),
            };
            ("appended", label, tone, i64::from(at.0), String::new())
        }
        Message::Install { snapshot, .. } => {
            let n = i64::from(snapshot.at.index.0);
            ("install", "up to {n}", Tone::Write, n, String::new())
        }
        Message::HandOver { .. } => ("hand-over", "let me lead", Tone::Vote, 0, String::new()),
        Message::TimeoutNow { .. } => ("timeout-now", "stand now", Tone::Vote, 0, String::new()),
        Message::Forward { command, .. } => {
            let operation = command.operation;
            let words = operation_words(operation);
            ("forward", "{words}", words::tone(operation), 0, words)
        }
        Message::ReadAt { index, .. } => {
            let n = i64::from(index.0);
            ("read-at", "read at {n}", Tone::Read, n, String::new())
        }
    };
    let parts = [("n", Number(n)), ("words", Text(&words))];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let operation = Note::to_operation(n);
    let does = operation.map(operation_words).unwrap_or_default();
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("b", Number(i64::from(b))),
        ("n", Number(n)),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("those", List(names, Mask(b))),
        ("does", Text(&does)),
    ];
    let sentence = REASONS.get(usize::from(why)).copied();
    fill(sentence.unwrap_or_default(), &parts)
}

pub(super) fn node(me: Endpoint, replica: &Replica<Raft>) -> NodeView {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let (_, members) = memory.latest();
    let (role, badge_tone) = match memory.role {
        _ if !members.has(me) => ("no member", Tone::Plain),
        Role::Leader => ("leader", Tone::Ok),
        Role::Candidate => ("candidate", Tone::Vote),
        Role::PreCandidate => ("asks first", Tone::Vote),
        Role::Follower => ("follower", Tone::Read),
    };
    let far = (memory.commit, memory.applied);
    let mut view = words::node(disk.term, &disk.log, far, members, &memory.machine);
    let parts = [
        ("role", Text(role)),
        ("term", Number(i64::from(disk.term.0))),
        ("votes", Number(i64::from(members.count(memory.votes)))),
        ("members", Number(i64::from(members.0.count()))),
    ];
    let badge = match badge_tone {
        Tone::Plain => "{role}",
        _ => "{role} · {term}",
    };
    view.badge = fill(badge, &parts);
    view.badge_tone = badge_tone;
    view.leads = (memory.role == Role::Leader).then_some(disk.term.0);
    view.alarm = (memory.role != Role::Leader).then_some(ELECTION);
    let other = |who: &Endpoint| *who != Endpoint::NONE && *who != me;
    view.stands_with = [memory.leader, disk.voted_for].into_iter().find(other);
    if badge_tone == Tone::Vote {
        view.pending = fill("{votes} of {members} votes", &parts);
    }
    view
}

pub(super) fn standing(replicas: &[Replica<Raft>], names: &Names<'_>) -> Standing {
    let applied: Vec<Index> = replicas.iter().map(|one| one.memory.applied).collect();
    words::standing(&applied, names)
}
