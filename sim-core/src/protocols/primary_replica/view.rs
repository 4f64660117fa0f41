//! Words and cards, and how the cart stands.

use super::message::{Entry, Message, Note, Position, Why};
use super::spec::promise;
use super::watch::newest;
use super::{Config, PrimaryReplica};
use crate::operation::{Answer, Cart, Operation};
use crate::protocol::{Finding, Replica, Sightings};
use crate::units::{Endpoint, Mask, Micros, OpId};
use crate::view::Part::{List, Number, Span, Text};
use crate::view::{MessageView, Names, NodeView, Standing, Tone, fill};
use alloc::string::String;
use alloc::vec::Vec;

/// What an operation does to the cart, as short as there is.
fn change_words(change: Operation) -> String {
    let words = match change {
        Operation::Add { .. } => "+ {item}",
        Operation::Remove { .. } => "− {item}",
        _ => "cart?",
    };
    fill(words, &[("item", Text(change.item().unwrap_or("")))])
}

pub(super) fn message(message: &Message) -> MessageView {
    let nowhere = Position::default();
    let (kind, label, tone, place, change) = match *message {
        Message::Request { operation, .. } => {
            let tone = if operation.is_read() {
                Tone::Read
            } else {
                Tone::Write
            };
            (operation.name(), "{change}", tone, nowhere, Some(operation))
        }
        Message::Answer { answer, at, .. } => match answer {
            Answer::Refused(_) => ("answer", "refused", Tone::No, at, None),
            Answer::Done => ("answer", "done", Tone::Ok, at, None),
            _ => ("answer", "{cart}", Tone::Ok, at, None),
        },
        Message::Redirect { .. } => ("redirect", "not here", Tone::No, nowhere, None),
        Message::Append {
            after,
            entry: Some(entry),
            ..
        } => {
            let label = "{next}: {change}";
            ("append", label, Tone::Write, after, Some(entry.change))
        }
        Message::Append { after, .. } => ("append", "ends at {place}", Tone::Vote, after, None),
        Message::Have { at, asks: true, .. } => ("have", "after {place}?", Tone::Read, at, None),
        Message::Have { at, .. } => ("have", "has {place}", Tone::Ok, at, None),
        Message::Newer { .. } => ("newer", "newer epoch", Tone::Vote, nowhere, None),
        Message::Session { at } => ("session", "wrote {place}", Tone::Plain, at, None),
    };
    let cart = match message {
        Message::Answer {
            answer: Answer::Items(cart),
            ..
        } => cart.words(),
        _ => String::new(),
    };
    let change = change.map(change_words).unwrap_or_default();
    let parts = [
        ("place", Number(i64::from(place.place))),
        ("next", Number(i64::from(place.place) + 1)),
        ("change", Text(&change)),
        ("cart", Text(&cart)),
    ];
    let label = fill(label, &parts);
    MessageView { kind, label, tone }
}

pub(super) fn note(note: &Note, me: Endpoint, names: &Names<'_>) -> String {
    let Note { why, a, b, n } = *note;
    let change = Note::to_change(n);
    let (change, item) = (
        change.map(change_words).unwrap_or_default(),
        change.and_then(Operation::item),
    );
    let cart = match Answer::from_code(3, n) {
        Some(Answer::Items(cart)) => cart.words(),
        _ => String::new(),
    };
    let parts = [
        ("who", Text(names.of(me))),
        ("a", Number(i64::from(a))),
        ("b", Number(i64::from(b))),
        ("B", Text(names.of(Endpoint(b as u8)))),
        ("those", List(names, Mask(b))),
        ("change", Text(&change)),
        ("item", Text(item.unwrap_or(""))),
        ("cart", Text(&cart)),
        ("number", Number(n)),
        ("span", Span(Micros(n.unsigned_abs()))),
    ];
    let sentence = match why {
        Why::Shows if a == 0 && b == 0 => "{who} answers from an empty log: {cart}.",
        Why::Shows if a == 0 => "{who} answers: {cart}. What its log has does not show yet.",
        Why::Shows if b == 0 => "{who} answers from its log up to entry {a}: {cart}.",
        Why::Discards if n == 1 => {
            "{who} discards an entry after entry {a}: {B}, the primary now, never had it."
        }
        Why::TooLate if b == 1 => "{who} no longer waits. It had been done all the same.",
        _ => sentence(why),
    };
    fill(sentence, &parts)
}

/// Why a node did what it did: `a`, `b` and `n` of the note in words. `{B}` is the node `b`, `{those}` are the nodes in
/// `b`; `n` is a `{change}`, a `{cart}`, a `{number}` or a `{span}`.
const fn sentence(why: Why) -> &'static str {
    match why {
        Why::Confirms => "{who} has entry {a} on its disk, {change}, and confirms it.",
        Why::ConfirmsEarly => "{who} confirms entry {a}, {change}, before it is on its disk.",
        Why::Flushes => "{who} has its log on the disk up to entry {a}.",
        Why::NotThere => "{who} refuses: there is no {item} in the cart.",
        Why::Full => "{who} refuses: the cart holds no more of {item}.",
        Why::Shows => {
            "{who} answers from its log up to entry {a}: {cart}. What comes after that does not show yet."
        }
        Why::Waits => {
            "{who} lets the reader wait: the reader’s last write is entry {a}, and {who} is at {b}."
        }
        Why::TooFar => {
            "{who} did not come as far as entry {a} within {span}, so it refuses to answer."
        }
        Why::Gone => {
            "{who} refuses: the reader’s last write was entry {a} of a history that is not this one."
        }
        Why::Redirects => "{who} is a replica and points to its primary, {B}.",
        Why::Takes => "{who} takes over entry {a}: {change}.",
        Why::Applies => "{who} shows its log up to entry {a} from now on: {cart}.",
        Why::SendsAgain => "{who} has no word from {those} and sends again.",
        Why::Promoted => {
            "{who} is the primary from now on: epoch {a} begins after entry {b} of its log."
        }
        Why::IsPrimary => "{who} is the primary already, in epoch {a}.",
        Why::Follows => "{who} follows {B} from now on, in epoch {a}.",
        Why::StepsDown => {
            "{who} hears that {B} is the primary in epoch {a}. It takes no more writes and follows."
        }
        Why::GoesOn => {
            "{who} hears that {B} is the primary in epoch {a}, and goes on taking writes all the same."
        }
        Why::Discards => {
            "{who} discards {number} entries after entry {a}: {B}, the primary now, never had them."
        }
        Why::IsBack => "{who} is back and asks {B} for what follows entry {a}.",
        Why::AsksThere => "{who} is pointed to {B} and asks there.",
        Why::TooLate => "{who} no longer waits for this answer.",
        Why::LooksElsewhere => "{who} had no answer from the primary and will try {B} next.",
    }
}

// --- a node as a card

pub(super) fn node(config: &Config, me: Endpoint, replica: &Replica<PrimaryReplica>) -> NodeView {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let mut view = NodeView {
        label: "cart",
        value: memory.cart.words(),
        rows_label: "log",
        ..NodeView::default()
    };
    for entry in &disk.discarded {
        let row = log_row(&mut view, Text(""), entry, Tone::Cut);
        row.struck = true;
    }
    for (place, entry) in (1..).zip(&disk.log) {
        let tone = if place > memory.durable {
            Tone::Vote
        } else if place > memory.applied {
            Tone::Stale
        } else {
            Tone::Write
        };
        let row = log_row(&mut view, Number(i64::from(place)), entry, tone);
        row.settled = place <= memory.applied.min(memory.durable);
    }
    view.count("epoch", disk.epoch.number, true);
    view.count("on its disk up to", memory.durable, true);
    view.count("shows up to", memory.applied, false);
    let (badge, tone) = role(config, me, replica, &mut view);
    view.badge = String::from(badge);
    view.badge_tone = tone;
    view
}

fn log_row<'a>(
    view: &'a mut NodeView,
    place: crate::view::Part<'_>,
    entry: &Entry,
    tone: Tone,
) -> &'a mut crate::view::Row {
    let change = change_words(entry.change);
    let row = view.row(place, Text(&change), tone);
    row.op = Some(entry.op);
    row
}

/// What a node is and does: the badge, and what is still to come.
fn role(
    config: &Config,
    me: Endpoint,
    replica: &Replica<PrimaryReplica>,
    view: &mut NodeView,
) -> (&'static str, Tone) {
    let (disk, memory) = (&replica.disk, &replica.memory);
    let end = disk.end();
    if disk.is_primary(me) {
        let mut least = end;
        for other in config.others(me).iter() {
            least = least.min(memory.known[other.index()]);
        }
        view.count("every replica has up to", least, false);
        let unsent = end - least;
        if unsent > 0 {
            let parts = [("n", Number(i64::from(unsent)))];
            view.pending = fill("{n} not on all yet", &parts);
        }
        view.leads = Some(disk.epoch.number);
        return ("primary", Tone::Ok);
    }
    let waiting = memory.waiting.len();
    let hidden = end - memory.applied;
    view.count("readers waiting", waiting as u32, false);
    let pending = match (waiting, hidden) {
        (0, 0) => "",
        (0, _) => "{n} not shown yet",
        (1, _) => "1 reader waits",
        _ => "{waiting} readers wait",
    };
    let parts = [
        ("n", Number(i64::from(hidden))),
        ("waiting", Number(waiting as i64)),
    ];
    view.pending = fill(pending, &parts);
    if hidden > 0 {
        ("behind", Tone::Stale)
    } else {
        ("replica", Tone::Read)
    }
}

// --- how the cart stands

/// Nodes that do not show the primary's log as it shows it.
fn behind(replicas: &[Replica<PrimaryReplica>], primary: &Replica<PrimaryReplica>) -> Mask {
    let whole = primary.memory.applied;
    let mut mask = Mask::EMPTY;
    for (place, replica) in (0..).zip(replicas) {
        let shown = replica.memory.applied;
        let same = replica.disk.position(shown) == primary.disk.position(shown);
        if shown != whole || !same {
            mask = mask.with(Endpoint(place));
        }
    }
    mask
}

pub(super) fn standing(
    replicas: &[Replica<PrimaryReplica>],
    seen: &Sightings,
    names: &Names<'_>,
) -> Standing {
    let place = newest(replicas);
    let mut standing = Standing {
        title: "Cart",
        ..Standing::default()
    };
    let Some(primary) = replicas.get(place.index()) else {
        return standing;
    };
    standing.stale = behind(replicas, primary);
    let carts = carts_words((place, primary.memory.cart), standing.stale, names);
    let first = |what: &dyn Fn(&Finding) -> bool| seen.findings.iter().find(|found| what(found));
    let of = |invariant: u8| first(&|found| found.invariant == invariant);
    let found = of(promise::STAYS)
        .or_else(|| of(promise::DOUBLED))
        .or_else(|| of(promise::OWN_WRITES));
    let Some(found) = found else {
        let all = standing.stale.is_empty();
        standing.tone = if all { Tone::Ok } else { Tone::Stale };
        let head = if all {
            "Nothing lost."
        } else {
            "Nothing lost so far."
        };
        standing.head = String::from(head);
        standing.words = carts;
        return standing;
    };
    let lost = lost(seen);
    let (head, sentence) = bad_words(found, lost.len());
    let change = Note::to_change(found.number);
    let parts = [
        ("who", Text(names.of(found.node))),
        ("item", Text(change.and_then(Operation::item).unwrap_or(""))),
        ("count", Number(lost.len() as i64)),
        ("carts", Text(&carts)),
    ];
    standing.tone = Tone::No;
    standing.head = String::from(head);
    standing.words = fill(sentence, &parts);
    if found.invariant == promise::STAYS {
        standing.ops = lost;
    } else {
        standing.ops.extend(found.op);
    }
    standing
}

/// Confirmed writes that are in no log of the newest epoch.
fn lost(seen: &Sightings) -> Vec<OpId> {
    let mut ops = Vec::new();
    for found in &seen.findings {
        if found.invariant == promise::STAYS {
            ops.extend(found.op);
        }
    }
    ops
}

const fn bad_words(found: &Finding, lost: usize) -> (&'static str, &'static str) {
    match found.invariant {
        promise::STAYS if lost > 1 => (
            "Confirmed writes were lost.",
            "{count} writes that had been confirmed are not in the primary’s log. {carts}",
        ),
        promise::STAYS => (
            "A confirmed write was lost.",
            "What was confirmed about a {item} is not in the primary’s log. {carts}",
        ),
        promise::DOUBLED => (
            "Doubled.",
            "A {item} was added once more because the first one did not show. {carts}",
        ),
        _ => (
            "Own write unseen.",
            "{who} was shown a cart without what had been confirmed about a {item}. {carts}",
        ),
    }
}

fn carts_words((primary, cart): (Endpoint, Cart), stale: Mask, names: &Names<'_>) -> String {
    let sentence = if stale.is_empty() {
        "Every node shows: {cart}."
    } else {
        "{primary}, the primary, shows: {cart}. {those} {does} not show the same."
    };
    let cart = cart.words();
    let parts = [
        ("cart", Text(&cart)),
        ("primary", Text(names.of(primary))),
        ("those", List(names, stale)),
        ("does", Text(if stale.count() == 1 { "does" } else { "do" })),
    ];
    fill(sentence, &parts)
}
