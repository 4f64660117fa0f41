//! The state inside: what a node holds, what of it a crash would leave, and what became of a message or an operation.

use sim_core::action::MessageName;
use sim_core::history::{Fate, Outcome, Record};
use sim_core::picture::{NodePicture, PersonPicture};
use sim_core::trace::{Event, Kind};
use sim_core::units::{Endpoint, EventId, Micros, OpId};
use sim_core::view::{Fact, Row};
use sim_core::world::{Life, Motion};
use yew::prelude::*;

use super::{PaneProps, clock, marks, tone_class};
use crate::session::{Msg, Selection};

/// Whatever is selected, at length; all nodes where nothing is.
#[component]
pub(crate) fn Inspector(props: &PaneProps) -> Html {
    let session = &props.session;
    let shown = match session.selection {
        Selection::Endpoint(end) => endpoint(props, end),
        Selection::Message(name) => message(props, name),
        Selection::Operation(op) => operation(props, op),
        Selection::Clause(clause) => {
            html! { <>{ for session.named_by(clause).iter().map(|op| operation(props, *op)) }</> }
        }
        Selection::Event(id) => event(props, id),
        Selection::Line(a, b) => line(props, a, b),
        Selection::Nothing => everybody(props),
    };
    html! {
        <div class="in">
            { chooser(props) }
            { shown }
        </div>
    }
}

fn name(props: &PaneProps, end: Endpoint) -> String {
    props.session.timeline.borrow().names().of(end).to_owned()
}

/// A button for all nodes and one for each endpoint.
fn chooser(props: &PaneProps) -> Html {
    let button = |title: String, selection: Selection| {
        let chosen = props.session.selection == selection;
        let onclick = props
            .dispatch
            .reform(move |_: MouseEvent| Msg::Select(selection));
        html! { <button type="button" aria-pressed={chosen.to_string()} {onclick}>{ title }</button> }
    };
    let picture = &props.session.picture;
    let nodes = picture
        .nodes
        .iter()
        .map(|node| (node.name.clone(), node.node));
    let people = picture
        .people
        .iter()
        .map(|person| (person.name.clone(), person.client));
    html! {
        <div class="in-who" role="group" aria-label="Whom to look at">
            { button("All".to_owned(), Selection::Nothing) }
            { for nodes.chain(people).map(|(name, end)| button(name, Selection::Endpoint(end))) }
        </div>
    }
}

fn everybody(props: &PaneProps) -> Html {
    html! {
        <div class="in-all">
            { for props.session.picture.nodes.iter().map(|one| node(props, one)) }
        </div>
    }
}

fn endpoint(props: &PaneProps, end: Endpoint) -> Html {
    let picture = &props.session.picture;
    let person = picture.people.iter().find(|person| person.client == end);
    let one = picture.nodes.iter().find(|node| node.node == end);
    match (one, person) {
        (Some(one), _) => node(props, one),
        (_, Some(one)) => self::person(props, one),
        _ => Html::default(),
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

fn node(props: &PaneProps, node: &NodePicture) -> Html {
    let view = &node.view;
    let heading = format!("{}-in-{}", props.id, node.node.0);
    html! {
        <section class="in-node" aria-labelledby={heading.clone()}>
            <p class="in-title" id={heading}>
                <b>{ node.name.clone() }</b>
                if let Some(words) = life_words(node.life) {
                    <span class="in-badge cut">{ words }</span>
                } else if !view.badge.is_empty() {
                    <span class={classes!("in-badge", tone_class(view.badge_tone))}>{ view.badge.clone() }</span>
                }
                if node.stale { <span class="in-badge stale">{ "behind" }</span> }
            </p>
            <p class="in-value">
                { view.label }{ " " }<b class={tone_class(view.value_tone)}>{ view.value.clone() }</b>
                if !view.pending.is_empty() { <i>{ format!(" · {}", view.pending) }</i> }
            </p>
            <div class="in-parts">
                { kept(props, node) }
                { volatile(props, node) }
            </div>
        </section>
    }
}

/// What a crash leaves: the log, row by row, and what else is on the disk.
fn kept(props: &PaneProps, node: &NodePicture) -> Html {
    let view = &node.view;
    html! {
        <div class="in-part is-durable">
            <p class="in-kind">{ "On disk: a crash leaves it" }</p>
            if !view.rows.is_empty() {
                <p class="in-rows-title">{ view.rows_label }</p>
                <ol class="in-rows">{ for view.rows.iter().map(|one| row(props, one)) }</ol>
            }
            { facts(view.facts.iter().filter(|fact| fact.durable)) }
            if node.writing > 0 {
                <p class="in-writing">{ format!("{} still being written", node.writing) }</p>
            }
        </div>
    }
}

fn row(props: &PaneProps, row: &Row) -> Html {
    let chosen = row.op.is_some_and(|op| props.session.is_selected_op(op));
    let class = classes!(
        "in-row",
        tone_class(row.tone),
        (!row.settled).then_some("is-open"),
        row.struck.then_some("is-struck"),
        chosen.then_some("is-chosen")
    );
    let state = match (row.struck, row.settled) {
        (true, _) => "does not count any more",
        (_, false) => "may still change",
        _ => "",
    };
    let text = if row.struck {
        html! { <s>{ row.text.clone() }</s> }
    } else {
        html! { row.text.clone() }
    };
    html! {
        <li {class}>
            <span class="in-place">{ row.place.clone() }</span>
            <span class="in-text">{ text }</span>
            if !state.is_empty() { <span class="in-state">{ state }</span> }
            if let Some(op) = row.op {
                <button type="button" class="in-op" onclick={selects(props, Selection::Operation(op))}>
                    { op_name(props, op) }
                </button>
            }
        </li>
    }
}

fn selects(props: &PaneProps, selection: Selection) -> Callback<MouseEvent> {
    props.dispatch.reform(move |_| Msg::Select(selection))
}

/// "Ann, 703 ms"
fn op_name(props: &PaneProps, op: OpId) -> String {
    let timeline = props.session.timeline.borrow();
    let record = timeline.history().get(op);
    record.map_or_else(String::new, |record| {
        format!(
            "{}, {}",
            timeline.names().of(record.client),
            clock(record.invoked)
        )
    })
}

fn facts<'a>(facts: impl Iterator<Item = &'a Fact>) -> Html {
    pairs(facts.map(|fact| (fact.label.to_owned(), fact.value.clone())))
}

fn pairs(pairs: impl Iterator<Item = (String, String)>) -> Html {
    html! {
        <dl class="in-facts">
            { for pairs.map(|(label, value)| html! { <div><dt>{ label }</dt><dd>{ value }</dd></div> }) }
        </dl>
    }
}

/// What a crash takes: the rest of the state, timers, clocks.
fn volatile(props: &PaneProps, node: &NodePicture) -> Html {
    let at = props.session.at;
    let (wall, offset, drift) = node.clock;
    let timers = node.timers.iter().map(|(name, timer)| {
        let left = timer.deadline.since(at);
        (
            format!("time to {name}"),
            format!("in {left}, at {}", clock(timer.deadline)),
        )
    });
    let mut clocks = vec![(
        "its clock says".to_owned(),
        clock(Micros(wall.max(0).unsigned_abs())),
    )];
    if offset != 0 {
        let way = if offset < 0 { "behind" } else { "ahead" };
        clocks.push((
            "set".to_owned(),
            format!("{} {way}", Micros(offset.unsigned_abs())),
        ));
    }
    if drift != 0 {
        let way = if drift < 0 { "slow" } else { "fast" };
        clocks.push((
            "runs".to_owned(),
            format!("{} millionths {way}", drift.unsigned_abs()),
        ));
    }
    let down = matches!(node.life, Life::Killed | Life::Off);
    html! {
        <div class="in-part is-volatile">
            <p class="in-kind">{ "In memory: a crash takes it" }</p>
            if down {
                <p>{ "Nothing: it is gone." }</p>
            } else {
                { facts(node.view.facts.iter().filter(|fact| !fact.durable)) }
                { pairs(timers) }
            }
            { pairs(clocks.into_iter()) }
        </div>
    }
}

fn person(props: &PaneProps, person: &PersonPicture) -> Html {
    let timeline = props.session.timeline.borrow();
    let records = timeline.history().as_of(props.session.picture.events);
    let mine: Vec<OpId> = records
        .iter()
        .filter(|record| record.client == person.client)
        .map(|record| record.op)
        .collect();
    drop(timeline);
    html! {
        <section class="in-node" aria-label={person.name.clone()}>
            <p class="in-title">
                <b>{ person.name.clone() }</b>
                <span class="in-badge plain">{ format!("goes to {}", name(props, person.home)) }</span>
                if person.life != Life::Up { <span class="in-badge cut">{ "away" }</span> }
            </p>
            if mine.is_empty() { <p>{ "Has not asked for anything yet." }</p> }
            { for mine.into_iter().map(|op| operation(props, op)) }
        </section>
    }
}

fn operation(props: &PaneProps, op: OpId) -> Html {
    let session = &props.session;
    let timeline = session.timeline.borrow();
    let record = timeline
        .history()
        .get(op)
        .and_then(|record| record.as_of(session.picture.events));
    let Some(record) = record else {
        return html! { <p class="in-none">{ "That has not been asked yet at this moment." }</p> };
    };
    let (ended, told) = marks::told(timeline.spec(), record.outcome);
    let class = match ended {
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
    let who = timeline.names().of(record.client).to_owned();
    drop(timeline);
    let chosen = session.is_selected_op(op).then_some("is-chosen");
    html! {
        <section class={classes!("in-case", chosen)} aria-label={format!("{who}: {}", marks::asked(record.operation))}>
            <p class="in-title">
                <b>{ format!("{who}: {}", marks::asked(record.operation)) }</b>
                <span class={classes!("in-badge", class)}>{ told }</span>
            </p>
            { pairs([("asked at".to_owned(), clock(record.invoked)), ("answer".to_owned(), took)].into_iter()) }
            if let Some(fate) = fate { <p class="in-fate">{ fate }</p> }
            { why(props, record.ended_by.some().unwrap_or(record.invoked_by)) }
        </section>
    }
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
fn why(props: &PaneProps, id: EventId) -> Html {
    let session = &props.session;
    let chain: Vec<EventId> = [id].into_iter().chain(session.causes(id, 4)).collect();
    html! {
        <>
            <p class="ev-why">{ "How it came to this, the latest first" }</p>
            <ol class="ev-chain">
                { for chain.into_iter().map(|id| {
                    let at = session.timeline.borrow().trace().get(id).map_or(Micros::ZERO, |event| event.at);
                    let dispatch = props.dispatch.clone();
                    let onclick = move |_: MouseEvent| {
                        dispatch.emit(Msg::Seek(at));
                        dispatch.emit(Msg::Select(Selection::Event(id)));
                    };
                    html! {
                        <li><button type="button" {onclick}>
                            <b>{ clock(at) }</b><span>{ session.sentence(id) }</span>
                        </button></li>
                    }
                }) }
            </ol>
        </>
    }
}

fn message(props: &PaneProps, name: MessageName) -> Html {
    let session = &props.session;
    let Some(id) = session.selected_event() else {
        return html! { <p class="in-none">{ "There is no such message in this run." }</p> };
    };
    let timeline = session.timeline.borrow();
    let Some(sent) = timeline.trace().get(id).copied() else {
        return Html::default();
    };
    let flight = props
        .lookup
        .index
        .flights
        .iter()
        .find(|flight| flight.sent == id);
    let ended = flight
        .and_then(|flight| timeline.trace().get(flight.end))
        .copied();
    let view = session
        .with_words(|words| words.message(&sent))
        .unwrap_or_default();
    let names = timeline.names();
    let title = format!("{} to {}", names.of(name.from), names.of(name.to));
    drop(timeline);
    let motion = session
        .picture
        .arrows
        .iter()
        .find(|arrow| arrow.name == name)
        .map(|arrow| arrow.motion);
    let fate = message_fate(session.at, motion, ended.as_ref());
    let last = ended
        .filter(|event| event.at <= session.at)
        .and(flight)
        .map_or(id, |flight| flight.end);
    html! {
        <section class="in-case is-chosen" aria-label={title.clone()}>
            <p class="in-title">
                <b>{ title }</b>
                <span class={classes!("in-badge", tone_class(view.tone))}>{ view.kind }</span>
            </p>
            { pairs([
                ("says".to_owned(), view.label),
                ("sent at".to_owned(), clock(sent.at)),
                ("now".to_owned(), fate),
            ].into_iter()) }
            { why(props, last) }
        </section>
    }
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

fn event(props: &PaneProps, id: EventId) -> Html {
    html! {
        <section class="in-case is-chosen" aria-label={format!("Event {}", id.0 + 1)}>
            <p class="in-title"><b>{ props.session.sentence(id) }</b></p>
            { why(props, id) }
        </section>
    }
}

fn line(props: &PaneProps, a: Endpoint, b: Endpoint) -> Html {
    let picture = &props.session.picture;
    let (a, b) = (a.min(b), a.max(b));
    let cuts = picture.cuts.iter().chain(&picture.client_cuts);
    let cut = cuts.into_iter().find(|cut| (cut.a, cut.b) == (a, b));
    let (first, second) = (name(props, a), name(props, b));
    let state = match cut {
        None => "whole: everything passes".to_owned(),
        Some(cut) if cut.forth && cut.back => {
            format!("cut since {}: nothing passes", clock(cut.since))
        }
        Some(cut) if cut.forth => format!(
            "nothing from {first} reaches {second}, since {}",
            clock(cut.since)
        ),
        Some(cut) => format!(
            "nothing from {second} reaches {first}, since {}",
            clock(cut.since)
        ),
    };
    let on = |x: MessageName| (x.from.min(x.to), x.from.max(x.to)) == (a, b);
    let flying = picture.arrows.iter().filter(|arrow| on(arrow.name));
    html! {
        <section class="in-case is-chosen" aria-label={format!("The line between {first} and {second}")}>
            <p class="in-title"><b>{ format!("{first} – {second}") }</b></p>
            { pairs([("line".to_owned(), state)].into_iter()) }
            <ul class="ev-chain">
                { for flying.map(|arrow| html! {
                    <li><button type="button" onclick={selects(props, Selection::Message(arrow.name))}>
                        <b>{ clock(arrow.sent_at) }</b>
                        <span>{ format!("{} to {}: “{}”", name(props, arrow.name.from), name(props, arrow.name.to), arrow.view.label) }</span>
                    </button></li>
                }) }
            </ul>
        </section>
    }
}
