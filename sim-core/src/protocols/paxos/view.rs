//! Words and cards, and how the servers stand together.

use super::message::Message;
use super::spec::REASONS;
use super::{Config, Paxos, Phase};
use crate::protocol::Replica;
use crate::protocols::consensus::words::{self, operation_words};
use crate::protocols::consensus::{Ballot, Note};
use crate::units::{Endpoint, Mask};
use crate::view::Part::{List, Number, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill};
use alloc::string::String;

pub(super) fn message(message: &Message) -> MessageView {
    let (kind, label, tone, ballot, value) = match message {
        Message::Talk(talk) => return words::talk(talk),
        Message::Prepare { ballot } => ("prepare", "prepare {a}.{s}", Tone::Vote, *ballot, None),
        Message::Promise { ballot, accepted } => match accepted {
            None => ("promise", "promise {a}.{s}", Tone::Vote, *ballot, None),
            Some((_, value)) => {
                let label = "promise: {does}";
                ("promise", label, Tone::Vote, *ballot, Some(value))
            }
        },
        Message::Accept { ballot, value } => {
            let label = "accept {does}";
            ("accept", label, Tone::Write, *ballot, Some(value))
        }
        Message::Accepted { ballot, .. } => {
            ("accepted", "accepted {a}.{s}", Tone::Write, *ballot, None)
        }
        Message::Refuse { promised, .. } => ("refuse", "no: {a}.{s}", Tone::No, *promised, None),
        Message::Chosen { value } => {
            let none = Ballot::default();
            ("chosen", "chosen: {does}", Tone::Ok, none, Some(value))
        }
    };
    let does = value.map(|value| operation_words(value.operation));
    let [round, server] = numbers(ballot);
    let parts = [
        ("a", round),
        ("s", server),
        ("does", Text(does.as_deref().unwrap_or_default())),
    ];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

/// A ballot as people write it: its round, and its server, counted from 1.
const fn numbers(ballot: Ballot) -> [crate::view::Part<'static>; 2] {
    let (round, server) = (ballot.round as i64, ballot.server as i64);
    [Number(round), Number(server + 1)]
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let operation = Note::to_operation(n);
    let does = operation.map(operation_words).unwrap_or_default();
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("s", Number(i64::from(b) + 1)),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("those", List(names, Mask(b))),
        (
            "have",
            Text(if Mask(b).count() == 1 { "has" } else { "have" }),
        ),
        ("does", Text(&does)),
    ];
    let sentence = REASONS.get(usize::from(why)).copied();
    fill(sentence.unwrap_or_default(), &parts)
}

pub(super) fn node(config: &Config, me: Endpoint, replica: &Replica<Paxos>) -> NodeView {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let mut view = NodeView {
        label: "chosen",
        value: match &disk.chosen {
            Some(value) => operation_words(value.operation),
            None => String::from("?"),
        },
        rows_label: "accepted",
        ..NodeView::default()
    };
    let (badge, tone, pending) = match memory.phase {
        Phase::Preparing => (
            "phase 1 · {a}.{s}",
            Tone::Vote,
            "{heard} of {needed} promises",
        ),
        Phase::Accepting => (
            "phase 2 · {a}.{s}",
            Tone::Write,
            "{heard} of {needed} acceptances",
        ),
        Phase::Waiting => ("overtaken", Tone::Stale, "was {a}.{s}"),
        Phase::Idle if disk.chosen.is_some() => ("knows", Tone::Ok, ""),
        Phase::Idle => ("acceptor", Tone::Plain, ""),
    };
    let proposes = matches!(memory.phase, Phase::Preparing | Phase::Accepting);
    view.leads = proposes.then_some(memory.ballot.round);
    let [round, server] = numbers(memory.ballot);
    let parts = [
        ("a", round),
        ("s", server),
        ("heard", Number(i64::from(memory.heard.count()))),
        ("needed", Number(i64::from(config.quorum()))),
    ];
    view.badge = fill(badge, &parts);
    view.badge_tone = tone;
    view.pending = fill(pending, &parts);
    let promised = words::ballot(disk.promised);
    if disk.promised.round > 0 {
        view.row(Text("promised"), Text(&promised), Tone::Vote)
            .settled = false;
        let by = Endpoint(disk.promised.server);
        view.stands_with = (by != me).then_some(by);
    }
    let accepted = disk
        .accepted
        .map_or(Ballot::default(), |(ballot, _)| ballot);
    let accepted = words::ballot(accepted);
    if let Some((_, value)) = &disk.accepted {
        let is_chosen = disk.chosen.is_some();
        let does = operation_words(value.operation);
        let tone = if is_chosen { Tone::Write } else { Tone::Vote };
        let row = view.row(Text(&accepted), Text(&does), tone);
        row.settled = is_chosen;
        row.op = Some(value.op);
    }
    view.fact("promised ballot", promised, true);
    view.fact("accepted under", accepted, true);
    view.count("servers needed", config.quorum(), true);
    view.count("clients waiting", memory.jobs.len() as u32, false);
    view
}

pub(super) fn standing(replicas: &[Replica<Paxos>], names: &Names<'_>) -> Standing {
    let mut standing = Standing {
        title: "Decree",
        ..Standing::default()
    };
    let known = replicas.iter().find_map(|one| one.disk.chosen);
    let Some(value) = known else {
        standing.tone = Tone::Stale;
        standing.words = String::from("Nobody knows of a value that is chosen.");
        return standing;
    };
    for (place, one) in (0..).zip(replicas) {
        if one.disk.chosen.is_none() {
            standing.stale = standing.stale.with(Endpoint(place));
        }
    }
    let is_all = standing.stale.is_empty();
    standing.tone = if is_all { Tone::Ok } else { Tone::Stale };
    standing.ops.push(value.op);
    let sentence = match is_all {
        true => "{does} is chosen, and every server knows.",
        false => "{does} is chosen; not yet known to {those}.",
    };
    let does = operation_words(value.operation);
    let parts = [
        ("does", Text(&does)),
        ("those", List(names, standing.stale)),
    ];
    standing.words = fill(sentence, &parts);
    standing
}
