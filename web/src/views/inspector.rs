//! The state inside: what a node holds, what of it a crash would leave, and what became of a message or an operation.

use figure::tone_class;
use sim_core::action::MessageName;
use sim_core::history::{Fate, Outcome, Record};
use sim_core::picture::{NodePicture, PersonPicture};
use sim_core::trace::{Event, Kind};
use sim_core::units::{Endpoint, EventId, Micros, OpId};
use sim_core::view::{Fact, Row};
use sim_core::world::{Life, Motion};

use super::{Pane, clock, marks};
use crate::session::{Msg, Selection};
use crate::ui::{Tag, button, div, p, span, tag, when};

/// Whatever is selected, at length; all nodes where nothing is.
pub(super) fn view(pane: &Pane) -> Tag {
    let session = &pane.session;
    let shown = match session.selection {
        Selection::Endpoint(end) => endpoint(pane, end),
        Selection::Message(name) => message(pane, name),
        Selection::Operation(op) => operation(pane, op),
        Selection::Clause(clause) => {
            let named = session.named_by(clause).into_iter();
            div("in-all").each(named.map(|op| operation(pane, op)).collect())
        }
        Selection::Event(id) => event(pane, id),
        Selection::Line(a, b) => line(pane, a, b),
        Selection::Nothing => {
            let nodes = session.picture.nodes.iter();
            div("in-all").each(nodes.map(|one| node(pane, one)).collect())
        }
    };
    div("in").child(chooser(pane)).child(shown)
}

fn name(pane: &Pane, end: Endpoint) -> String {
    pane.session.timeline.borrow().names().of(end).to_owned()
}

/// A button for all nodes and one for each endpoint.
fn chooser(pane: &Pane) -> Tag {
    let one = |title: String, selection: Selection| {
        let chosen = pane.session.selection == selection;
        button("")
            .state("aria-pressed", chosen)
            .sends(&pane.figure.room, Msg::Select(selection))
            .says(title)
    };
    let picture = &pane.session.picture;
    let mut buttons = vec![one("All".to_owned(), Selection::Nothing)];
    for node in &picture.nodes {
        buttons.push(one(node.name.clone(), Selection::Endpoint(node.node)));
    }
    for person in &picture.people {
        buttons.push(one(person.name.clone(), Selection::Endpoint(person.client)));
    }
    div("in-who")
        .is("role", "group")
        .is("aria-label", "Whom to look at")
        .each(buttons)
}

fn endpoint(pane: &Pane, end: Endpoint) -> Tag {
    let picture = &pane.session.picture;
    let person = picture.people.iter().find(|person| person.client == end);
    let one = picture.nodes.iter().find(|node| node.node == end);
    match (one, person) {
        (Some(one), _) => node(pane, one),
        (_, Some(one)) => self::person(pane, one),
        _ => div("in-all"),
    }
}

/// How a process is, where it is not simply up.
fn life_words(life: Life) -> Option<&'static str> {
    match life {
        Life::Up => None,
        Life::Paused => Some("stands still: what arrives waits"),
        Life::Killed => Some("crashed: this is what its disk would bring back"),
        Life::Off => Some("without power: this is what its disk would bring back"),
    }
}

/// A badge in the colour of a tone.
fn badge(tone: &'static str, words: String) -> Tag {
    tag("span").classes(&["in-badge", tone]).says(words)
}

/// A node that lacks something which another has.
const BEHIND: &str = "behind";

fn section(class: &'static str) -> Tag {
    tag("section").class(class)
}

fn node(pane: &Pane, node: &NodePicture) -> Tag {
    let view = &node.view;
    let heading = format!("{}-in-{}", pane.figure.id, node.node.0);
    let state = match life_words(node.life) {
        Some(words) => Some(badge("cut", words.to_owned())),
        None if view.badge.is_empty() => None,
        None => Some(badge(tone_class(view.badge_tone), view.badge.clone())),
    };
    // A protocol may say the same by itself.
    let is_told = state.is_some() && view.badge == BEHIND;
    let behind = (node.stale && !is_told).then(|| badge("stale", BEHIND.to_owned()));
    let value = tag("b")
        .class(tone_class(view.value_tone))
        .says(view.value.clone());
    let pending = (!view.pending.is_empty()).then(|| tag("i").says(format!(" · {}", view.pending)));
    let title = p("in-title")
        .has("id", heading.clone())
        .child(tag("b").says(node.name.clone()))
        .maybe(state)
        .maybe(behind);
    section("in-node")
        .has("aria-labelledby", heading)
        .child(title)
        .child(
            p("in-value")
                .text(view.label)
                .text(" ")
                .child(value)
                .maybe(pending),
        )
        .child(
            div("in-parts")
                .child(kept(pane, node))
                .child(volatile(pane, node)),
        )
}

/// What a crash leaves: the log, row by row, and what else is on the disk.
fn kept(pane: &Pane, node: &NodePicture) -> Tag {
    let view = &node.view;
    let mut part = div("in-part is-durable").child(p("in-kind").text("On disk: a crash leaves it"));
    if !view.rows.is_empty() {
        let rows = view.rows.iter().map(|one| row(pane, one));
        part = part
            .child(p("in-rows-title").text(view.rows_label))
            .child(tag("ol").class("in-rows").each(rows.collect()));
    }
    let writing = (node.writing > 0)
        .then(|| p("in-writing").says(format!("{} still being written", node.writing)));
    part.child(facts(&view.facts, true)).maybe(writing)
}

fn row(pane: &Pane, row: &Row) -> Tag {
    let chosen = row.op.is_some_and(|op| pane.session.is_selected_op(op));
    let state = match (row.struck, row.settled) {
        (true, _) => Some("does not count any more"),
        (_, false) => Some("may still change"),
        _ => None,
    };
    let text = if row.struck {
        span("in-text").child(tag("s").says(row.text.clone()))
    } else {
        span("in-text").says(row.text.clone())
    };
    let whose = row.op.map(|op| {
        let way = button("in-op").sends(&pane.figure.room, Msg::Select(Selection::Operation(op)));
        way.says(op_name(pane, op))
    });
    tag("li")
        .classes(&[
            "in-row",
            tone_class(row.tone),
            when(!row.settled, "is-open"),
            when(row.struck, "is-struck"),
            when(chosen, "is-chosen"),
        ])
        .child(span("in-place").says(row.place.clone()))
        .child(text)
        .maybe(state.map(|state| span("in-state").text(state)))
        .maybe(whose)
}

/// "Ann, 703 ms"
fn op_name(pane: &Pane, op: OpId) -> String {
    let timeline = pane.session.timeline.borrow();
    let record = timeline.history().get(op);
    record.map_or_else(String::new, |record| {
        let who = timeline.names().of(record.client);
        format!("{who}, {}", clock(record.invoked))
    })
}

/// Facts about what is on a disk, or about what is not.
fn facts(facts: &[Fact], durable: bool) -> Tag {
    let kept = facts.iter().filter(|fact| fact.durable == durable);
    pairs(
        kept.map(|fact| (fact.label.to_owned(), fact.value.clone()))
            .collect(),
    )
}

fn pairs(pairs: Vec<(String, String)>) -> Tag {
    let rows = pairs.into_iter().map(|(label, value)| {
        tag("div")
            .child(tag("dt").says(label))
            .child(tag("dd").says(value))
    });
    tag("dl").class("in-facts").each(rows.collect())
}

/// What a crash takes: the rest of the state, timers, clocks.
fn volatile(pane: &Pane, node: &NodePicture) -> Tag {
    let part = div("in-part is-volatile").child(p("in-kind").text("In memory: a crash takes it"));
    let part = if node.life.is_down() {
        part.child(tag("p").text("Nothing: it is gone."))
    } else {
        let timers = node.timers.iter().map(|(name, timer)| {
            let left = timer.deadline.since(pane.session.at);
            let when = format!("in {left}, at {}", clock(timer.deadline));
            (format!("time to {name}"), when)
        });
        part.child(facts(&node.view.facts, false))
            .child(pairs(timers.collect()))
            .maybe(lease(pane, node.node, "its lease lasts"))
    };
    part.child(pairs(clocks(node)))
}

/// What a ring shows: until when a node relies on its lease, or a client on what it says itself.
fn lease(pane: &Pane, end: Endpoint, label: &str) -> Option<Tag> {
    let mut timeline = pane.session.timeline.borrow_mut();
    let world = timeline.world_at(pane.session.picture.at);
    let until = world.lease(end)?.deadline;
    let left = until.since(pane.session.at);
    let when = format!("for another {left}, until {}", clock(until));
    Some(pairs(vec![(label.to_owned(), when)]))
}

fn clocks(node: &NodePicture) -> Vec<(String, String)> {
    let (wall, offset, drift) = node.clock;
    let says = clock(Micros(wall.max(0).unsigned_abs()));
    let mut clocks = vec![("its clock says".to_owned(), says)];
    if offset != 0 {
        let way = if offset < 0 { "behind" } else { "ahead" };
        let far = Micros(offset.unsigned_abs());
        clocks.push(("set".to_owned(), format!("{far} {way}")));
    }
    if drift != 0 {
        let way = if drift < 0 { "slow" } else { "fast" };
        let much = format!("{} millionths {way}", drift.unsigned_abs());
        clocks.push(("runs".to_owned(), much));
    }
    clocks
}

fn person(pane: &Pane, person: &PersonPicture) -> Tag {
    let events = pane.session.picture.events;
    let records = pane.session.timeline.borrow().history().as_of(events);
    let mine = records
        .iter()
        .filter(|record| record.client == person.client);
    let mine: Vec<Tag> = mine.map(|record| operation(pane, record.op)).collect();
    let away = (person.life != Life::Up).then(|| badge("cut", "away".to_owned()));
    let title = p("in-title")
        .child(tag("b").says(person.name.clone()))
        .child(badge(
            "plain",
            format!("goes to {}", name(pane, person.home)),
        ))
        .maybe(away);
    let nothing = mine.is_empty();
    section("in-node")
        .has("aria-label", person.name.clone())
        .child(title)
        .maybe(lease(
            pane,
            person.client,
            "the session lasts, or in jeopardy the grace period",
        ))
        .maybe(nothing.then(|| tag("p").text("Has not asked for anything yet.")))
        .each(mine)
}

fn operation(pane: &Pane, op: OpId) -> Tag {
    let session = &pane.session;
    let timeline = session.timeline.borrow();
    let record = timeline.history().get(op);
    let Some(record) = record.and_then(|record| record.as_of(session.picture.events)) else {
        return p("in-none").text("That has not been asked yet at this moment.");
    };
    let (ended, told) = marks::told(timeline.spec(), record.outcome);
    let tone = match ended {
        marks::Ended::Answered => "ok",
        marks::Ended::Refused => "no",
        marks::Ended::Unknown => "stale",
        marks::Ended::Open => "plain",
    };
    let took = match record.outcome {
        Outcome::Open => "waiting".to_owned(),
        _ => format!("after {}", record.ended.since(record.invoked)),
    };
    let fate = fate(&record, timeline.last().fate(op));
    let who = timeline.names().of(record.client);
    let what = format!("{who}: {}", marks::asked(record.operation));
    drop(timeline);
    tag("section")
        .classes(&["in-case", when(session.is_selected_op(op), "is-chosen")])
        .has("aria-label", what.clone())
        .child(
            p("in-title")
                .child(tag("b").says(what))
                .child(badge(tone, told)),
        )
        .child(pairs(vec![
            ("asked at".to_owned(), clock(record.invoked)),
            ("answer".to_owned(), took),
        ]))
        .maybe(fate.map(|fate| p("in-fate").text(fate)))
        .each(why(
            pane,
            record.ended_by.some().unwrap_or(record.invoked_by),
        ))
}

/// What became of an operation by the end of the run, where its person does not know it or was told otherwise.
fn fate(record: &Record, fate: Fate) -> Option<&'static str> {
    match (record.outcome, fate) {
        (Outcome::Unknown, Fate::Happened) => {
            Some("Nobody was told, but by the end of this run it had happened.")
        }
        (Outcome::Unknown, Fate::Absent) => {
            Some("By the end of this run it had not happened, and will not.")
        }
        (Outcome::Unknown, Fate::Undecided) => Some(
            "At the end of this run it is still open: a node holds it and may yet bring it about.",
        ),
        (Outcome::Unknown | Outcome::Told(_), Fate::Lost) if !record.operation.is_read() => {
            Some("It was confirmed, and by the end of this run it is lost.")
        }
        _ => None,
    }
}

/// The causes of an event, each a way there.
fn why(pane: &Pane, id: EventId) -> Vec<Tag> {
    let session = &pane.session;
    let chain = [id].into_iter().chain(session.causes(id, 4));
    let items = chain.map(|id| {
        let way = span("").says(session.sentence(id));
        let at = tag("b").says(clock(session.moment_of(id)));
        tag("li").child(
            button("")
                .sends(&pane.figure.room, Msg::Visit(id))
                .child(at)
                .child(way),
        )
    });
    vec![
        p("ev-why").text("How it came to this, the latest first"),
        tag("ol").class("ev-chain").each(items.collect()),
    ]
}

/// A selected thing, by its name.
fn case(title: String) -> Tag {
    section("in-case is-chosen").has("aria-label", title)
}

fn message(pane: &Pane, name: MessageName) -> Tag {
    let session = &pane.session;
    let timeline = session.timeline.borrow();
    let id = session.selected_event();
    let Some((id, sent)) = id.and_then(|id| Some((id, timeline.trace().get(id)?))) else {
        return p("in-none").text("There is no such message in this run.");
    };
    let flights = &pane.lookup.index.flights;
    let flight = flights.iter().find(|flight| flight.sent == id);
    let ended = flight.and_then(|flight| timeline.trace().get(flight.end));
    let view = session.with_words(|words| words.message(sent));
    let view = view.unwrap_or_default();
    let names = timeline.names();
    let title = format!("{} to {}", names.of(name.from), names.of(name.to));
    let arrow = session.picture.arrow(name);
    let fate = message_fate(session.at, arrow.map(|arrow| arrow.motion), ended);
    let over = ended.filter(|event| event.at <= session.at).and(flight);
    case(title.clone())
        .child(
            p("in-title")
                .child(tag("b").says(title))
                .child(badge(tone_class(view.tone), view.kind.to_owned())),
        )
        .child(pairs(vec![
            ("says".to_owned(), view.label),
            ("sent at".to_owned(), clock(sent.at)),
            ("now".to_owned(), fate),
        ]))
        .each(why(pane, over.map_or(id, |flight| flight.end)))
}

fn message_fate(at: Micros, motion: Option<Motion>, ended: Option<&Event>) -> String {
    match (motion, ended.filter(|event| event.at <= at)) {
        (Some(Motion::Held), _) => "held until it is released".to_owned(),
        (Some(Motion::Stalled), _) => "stuck: the stream does not move".to_owned(),
        (Some(_), _) => "on its way".to_owned(),
        (None, Some(event)) if event.kind == Kind::Dropped => {
            format!("lost at {}", clock(event.at))
        }
        (None, Some(event)) => format!("arrived at {}", clock(event.at)),
        (None, None) => "not sent yet at this moment".to_owned(),
    }
}

fn event(pane: &Pane, id: EventId) -> Tag {
    let title = p("in-title").child(tag("b").says(pane.session.sentence(id)));
    case(format!("Event {}", id.0 + 1))
        .child(title)
        .each(why(pane, id))
}

fn line(pane: &Pane, a: Endpoint, b: Endpoint) -> Tag {
    let picture = &pane.session.picture;
    let (a, b) = (a.min(b), a.max(b));
    let mut cuts = picture.cuts.iter().chain(&picture.client_cuts);
    let cut = cuts.find(|cut| (cut.a, cut.b) == (a, b));
    let (first, second) = (name(pane, a), name(pane, b));
    let nothing = |from: &str, to: &str, since: Micros| {
        format!("nothing from {from} reaches {to}, since {}", clock(since))
    };
    let state = match cut {
        None => "whole: everything passes".to_owned(),
        Some(cut) if cut.forth && cut.back => {
            format!("cut since {}: nothing passes", clock(cut.since))
        }
        Some(cut) if cut.forth => nothing(&first, &second, cut.since),
        Some(cut) => nothing(&second, &first, cut.since),
    };
    let on = |x: MessageName| (x.from.min(x.to), x.from.max(x.to)) == (a, b);
    let flying = picture.arrows.iter().filter(|arrow| on(arrow.name));
    let items = flying.map(|arrow| {
        let (from, to) = (name(pane, arrow.name.from), name(pane, arrow.name.to));
        let words = format!("{from} to {to}: “{}”", arrow.view.label);
        let way = button("").sends(
            &pane.figure.room,
            Msg::Select(Selection::Message(arrow.name)),
        );
        let at = tag("b").says(clock(arrow.sent_at));
        tag("li").child(way.child(at).child(span("").says(words)))
    });
    let title = tag("b").says(format!("{first} – {second}"));
    case(format!("The line between {first} and {second}"))
        .child(p("in-title").child(title))
        .child(pairs(vec![("line".to_owned(), state)]))
        .child(tag("ul").class("ev-chain").each(items.collect()))
}
