//! The operations of a run as of the moment: a row a person, a bar an operation, on the axis of the whole run. What the
//! answers come to is drawn into it: the order that explains them, or the operations that contradict one another.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use figure::operations::Laid;
use sim_core::check::own;
use sim_core::units::{Endpoint, OpId};

use super::axis::Axis;
use super::standing::Standing;
use super::{Pane, clock};
use crate::operations::{Deed, Hears, Sheet, SheetGiven, Shown};
use crate::registry::Room;
use crate::session::{Msg, Selection, Session};
use crate::ui::{Again, Html, Memo, Piece, Tag, div, part, tag};

/// What stands for what in the drawing.
const LEGEND: &str = "Filled: writes. Outlined: reads. Open at the right: still waiting; with “?”: nobody knows whether it happened. Crossed out: refused.";

/// So many of the things that were done to the system are read out.
const TOLD_MAX: usize = 40;

/// The view.
pub(crate) struct Operations {
    hears: Hears,
    /// What is drawn of which run, after how many events.
    shown: Memo<(u64, u32), Shown>,
    known: Rc<Known>,
    /// What was selected last, and how often something was that has to come into view.
    asked: RefCell<(Selection, u32)>,
}

/// What is known of the drawing when something is done to it.
struct Known {
    /// The operation that was selected here: it is in view.
    here: Cell<Option<OpId>>,
    axis: RefCell<Rc<Axis>>,
}

impl Piece for Operations {
    type Given = Pane;

    fn begin(pane: &Pane, _: Again) -> Self {
        let known = Rc::new(Known {
            here: Cell::new(None),
            axis: RefCell::new(Rc::clone(&pane.lookup.axis)),
        });
        let (room, now) = (Rc::clone(&pane.figure.room), Rc::clone(&known));
        Self {
            hears: Hears(Rc::new(move |deed| heard(&room, &now, deed))),
            shown: Memo::default(),
            known,
            asked: RefCell::new((pane.session.selection, 0)),
        }
    }

    fn draw(self: &Rc<Self>, pane: &Pane) -> Html {
        let session = &pane.session;
        let shown = self.shown(pane);
        self.known.axis.replace(Rc::clone(&pane.lookup.axis));
        let now = (pane.lookup.axis.place(session.at), clock(session.at));
        let told = told(&shown);
        let sheet = SheetGiven {
            hears: self.hears.clone(),
            id: format!("{}-op", pane.figure.id),
            of: 0,
            now: Some(now),
            client: match session.selection {
                Selection::Endpoint(end) => Some(u32::from(end.0)),
                _ => None,
            },
            chosen: chosen(session, shown.history.ops.len()),
            asked: self.asked(session),
            shown,
        };
        div("op-pane")
            .node(part::<Sheet>("", sheet))
            .maybe(told)
            .done()
    }
}

impl Operations {
    /// The history as it stands, laid out: made anew only when something has happened.
    fn shown(&self, pane: &Pane) -> Rc<Shown> {
        let session = &pane.session;
        let (run, events) = (session.followed, session.picture.events);
        self.shown.of((run, events), || {
            let timeline = session.timeline.borrow();
            let own = own::history_with_faults(&timeline, events);
            let judged = session.verdict.as_ref();
            let standing = Standing::of(judged.map(|judged| &judged.consistency), &own);
            let (order, blamed): (&[_], &[_]) = match &standing {
                Standing::Order(order) => (order, &[]),
                Standing::Broken { ops, .. } => (&[], ops),
                Standing::Open(_) => (&[], &[]),
            };
            let people = u32::from(timeline.names().nodes)..own.history.clients.len() as u32;
            Shown {
                laid: Laid::of_run(&own.history, &pane.lookup.axis, people, order, blamed),
                hint: hint(&standing, own.history.ops.is_empty()).into(),
                history: own.history.into(),
                legend: LEGEND,
                note: " Time is stretched where much happens.",
            }
        })
    }

    /// Another number whenever something was selected elsewhere.
    fn asked(&self, session: &Session) -> u32 {
        let mut asked = self.asked.borrow_mut();
        if asked.0 != session.selection {
            let here = self.known.here.get().map(Selection::Operation);
            asked.1 += u32::from(here != Some(session.selection));
            asked.0 = session.selection;
        }
        asked.1
    }
}

/// What is done to the drawing is done to the run that is looked at.
fn heard(room: &Room, known: &Known, deed: Deed) {
    let Some(session) = room.session() else {
        return;
    };
    match deed {
        Deed::Choose(op) => {
            known.here.set(Some(OpId(op)));
            room.send(Msg::Select(Selection::Operation(OpId(op))));
        }
        Deed::Client(client) => {
            let end = Endpoint(client as u8);
            room.send(Msg::Select(Selection::Endpoint(end)));
        }
        Deed::Visit(op) => visit(room, &session, OpId(op)),
        Deed::Seek(at) => room.send(Msg::Seek(known.axis.borrow().moment(at))),
    }
}

/// Goes to where an operation was asked; from there, to where it ended.
fn visit(room: &Room, session: &Session, op: OpId) {
    let record = session.timeline.borrow().history().get(op).copied();
    let Some(record) = record else {
        return;
    };
    let is_there = session.at == record.invoked && record.ended <= session.end();
    room.send(Msg::Seek(match is_there {
        true => record.ended,
        false => record.invoked,
    }));
}

/// The operations of what is selected, as far as they have been asked.
fn chosen(session: &Session, count: usize) -> Vec<u32> {
    let ops = session.selected_ops().into_iter().map(|op| op.0);
    ops.filter(|op| (*op as usize) < count).collect()
}

/// What is said as long as no operation is selected.
fn hint(standing: &Standing, is_empty: bool) -> String {
    match standing {
        _ if is_empty => "Nobody has asked for anything yet.".to_owned(),
        Standing::Order(_) => {
            "The numbers are an order that explains every answer so far.".to_owned()
        }
        Standing::Broken { words, .. } => format!("✕ No order: {words}"),
        Standing::Open(why) => format!("Whether an order explains this was not decided: {why}."),
    }
}

/// What was done to the system, for those who do not see the drawing.
fn told(shown: &Shown) -> Option<Tag> {
    let faults = &shown.history.faults;
    let late = faults.len().saturating_sub(TOLD_MAX);
    let lines = faults[late..].iter().map(|fault| {
        let words = format!("{}, {}", fault.words, clock(fault.at));
        tag("li").says(words)
    });
    (!faults.is_empty()).then(|| {
        tag("ul")
            .class("unseen")
            .is("aria-label", "Done to the system, on the same axis")
            .each(lines.collect())
    })
}
