//! The sentence that says what just happened, the way back to its causes, and the other runs that were kept.

use std::rc::Rc;

use sim_core::units::EventId;

use super::Figure;
use super::caption::Caption;
use super::player::clock;
use crate::session::{Change, Msg, Selection, Session};
use crate::ui::{Again, Html, Piece, Tag, button, div, icon, list, p, span, tag};

/// How far back one can ask why.
const CAUSES_MAX: usize = 24;

/// A sentence and the causes that were asked for, nearest first.
struct Chain {
    /// What is explained.
    event: EventId,
    /// Whether it is what just happened, or something that was selected.
    telling: bool,
    /// The causes shown.
    shown: Vec<EventId>,
    /// The next one.
    next: Option<EventId>,
}

fn chain(session: &Session, telling: Option<EventId>) -> Option<Chain> {
    let asked = match session.selection {
        Selection::Event(id) => Some(id),
        _ => None,
    };
    let deep = |from: EventId| session.causes(from, CAUSES_MAX);
    if let (Some(telling), Some(asked)) = (telling, asked)
        && telling != asked
    {
        let causes = deep(telling);
        if let Some(depth) = causes.iter().position(|cause| *cause == asked) {
            let next = causes.get(depth + 1).copied();
            let shown = causes[..=depth].to_vec();
            return Some(Chain {
                event: telling,
                telling: true,
                shown,
                next,
            });
        }
        let next = deep(asked).first().copied();
        return Some(Chain {
            event: asked,
            telling: false,
            shown: Vec::new(),
            next,
        });
    }
    let event = telling?;
    Some(Chain {
        event,
        telling: true,
        shown: Vec::new(),
        next: deep(event).first().copied(),
    })
}

/// The name that a sentence begins with, and the rest.
fn subject<'a>(session: &Session, words: &'a str) -> (&'a str, &'a str) {
    let timeline = session.timeline.borrow();
    let names = timeline.names();
    let first = names.list.iter().find(|name| {
        words
            .strip_prefix(name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',', ':', '.', '’']))
    });
    words.split_at(first.map_or(0, String::len))
}

/// What [`Now`] is given.
#[derive(PartialEq)]
pub struct NowGiven {
    /// Whose sentence it is.
    pub figure: Rc<Figure>,
    /// What is looked at.
    pub session: Rc<Session>,
    /// What somebody says about it.
    pub said: String,
}

/// What just happened, and that the past was changed.
pub struct Now {
    caption: Caption,
}

impl Piece for Now {
    type Given = NowGiven;

    fn begin(_: &NowGiven, _: Again) -> Self {
        Self {
            caption: Caption::default(),
        }
    }

    fn draw(self: &Rc<Self>, given: &NowGiven) -> Html {
        let mut parts = vec![now(given, self.caption.event(&given.session))];
        if !given.said.is_empty() {
            parts.push(p("guess").says(given.said.clone()));
        }
        if !given.session.branches.is_empty() {
            parts.push(branches(given));
        }
        list(parts)
    }
}

/// A sentence, in an element, with its subject in bold.
fn sentence(session: &Session, words: &str, around: Tag) -> Tag {
    let (who, rest) = subject(session, words);
    let (who, rest) = (who.to_owned(), rest.to_owned());
    around.child(tag("b").says(who)).says(rest)
}

fn now(given: &NowGiven, telling: Option<EventId>) -> Tag {
    let (session, room) = (&given.session, &given.figure.room);
    let Some(chain) = chain(session, telling) else {
        return div("now").child(tag("p").text("Nothing has happened yet. Press play, or step."));
    };
    let words = session.sentence(chain.event);
    // While it plays, sentences go by quicker than they can be spoken.
    let live = if session.playing { "off" } else { "polite" };
    let why = chain.next.map(|next| {
        let asks = button("why").sends(room, Msg::Select(Selection::Event(next)));
        asks.text(if chain.shown.is_empty() {
            "Why?"
        } else {
            "And why that?"
        })
    });
    let because = (!chain.shown.is_empty()).then(|| because(given, &chain.shown));
    let last = !chain.shown.is_empty() && chain.next.is_none();
    let line = tag("p").is("role", "status").is("aria-live", live);
    let aside = (!chain.telling).then(|| span("aside").text("Selected: "));
    div("now")
        .child(sentence(session, &words, line.maybe(aside)))
        .maybe(because)
        .maybe(last.then(|| p("aside").text("That is where it began.")))
        .maybe(why)
}

/// The causes that were asked for, nearest first.
fn because(given: &NowGiven, shown: &[EventId]) -> Tag {
    let (session, room) = (&given.session, &given.figure.room);
    let shown = shown.iter().map(|id| {
        let at = session.moment_of(*id);
        let item = tag("li").key(&id.0.to_string());
        let way = button("why")
            .sends(room, Msg::Seek(at))
            .says(format!("at {at}"));
        sentence(session, &session.sentence(*id), item)
            .text(" ")
            .child(way)
    });
    let list = tag("ol").is("class", "because").is("aria-label", "Because");
    list.each(shown.collect())
}

/// That the past was changed, and the ways back.
fn branches(given: &NowGiven) -> Tag {
    let session = &given.session;
    let head = match &session.forked {
        Some((at, words)) if at.0 < 1_000 => format!("You changed the run at its start: {words}."),
        Some((at, words)) => format!("You changed the past at {}: {words}.", clock(*at)),
        None => "Another run was kept.".to_owned(),
    };
    let ways = session.branches.iter().enumerate().map(|(branch, kept)| {
        button("ghost")
            .key(&branch.to_string())
            .sends(&given.figure.room, Change::Switch { branch }.into())
            .says(format!("Back to {}", kept.label))
    });
    let fork = "M3 14V2M3 9c0-4 4-3 9-5M9 1.5L12.5 4 10 7.5";
    div("branches")
        .child(icon(fork))
        .child(tag("p").says(head))
        .child(div("ways").each(ways.collect()))
}
