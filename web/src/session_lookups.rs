//! What a session knows about what is selected, and about its events: the same for every view.

use sim_core::action::MessageName;
use sim_core::history::Record;
use sim_core::trace::Kind;
use sim_core::units::{Endpoint, EventId, Micros, OpId};
use sim_core::words::Words;

use super::{Clause, Selection, Session};

impl Session {
    /// Does something with the words of this run.
    pub fn with_words<T>(&self, f: impl FnOnce(Words<'_>) -> T) -> Option<T> {
        let timeline = self.timeline.borrow();
        let scenario = &timeline.run().scenario;
        Words::new(timeline.trace(), timeline.names(), scenario).map(f)
    }

    /// An event as a sentence.
    pub fn sentence(&self, id: EventId) -> String {
        self.with_words(|words| words.sentence(id))
            .unwrap_or_default()
    }

    /// When an event happened.
    pub fn moment_of(&self, id: EventId) -> Micros {
        let timeline = self.timeline.borrow();
        timeline
            .trace()
            .get(id)
            .map_or(Micros::ZERO, |event| event.at)
    }

    /// The chain of causes of an event, nearest first, up to `most` of them.
    pub fn causes(&self, id: EventId, most: usize) -> Vec<EventId> {
        self.timeline
            .borrow()
            .trace()
            .causes(id)
            .take(most)
            .collect()
    }

    /// What an event brought about directly.
    pub fn effects(&self, id: EventId) -> Vec<EventId> {
        self.timeline.borrow().trace().effects(id).collect()
    }

    /// The event that stands for what is selected: itself, the sending of a message, the asking of an operation.
    pub fn selected_event(&self) -> Option<EventId> {
        let timeline = self.timeline.borrow();
        match self.selection {
            Selection::Event(id) => Some(id),
            Selection::Message(name) => {
                let sent = |event: &sim_core::trace::Event| {
                    event.kind == Kind::Sent && event.message() == Some(name)
                };
                let place = timeline.trace().events().iter().position(sent);
                place.map(|place| EventId(place as u32))
            }
            Selection::Operation(op) => timeline.history().get(op).map(|record| record.invoked_by),
            _ => None,
        }
    }

    /// The operation that is selected, or that the selected message or event belongs to.
    pub fn selected_op(&self) -> Option<OpId> {
        match self.selection {
            Selection::Operation(op) => Some(op),
            _ => self.selected_event().and_then(|id| self.op_of(id)),
        }
    }

    /// The operation that an event belongs to: the asking that it goes back to, or the one it answers.
    pub fn op_of(&self, id: EventId) -> Option<OpId> {
        let timeline = self.timeline.borrow();
        let trace = timeline.trace();
        let mut chain = std::iter::once(id).chain(trace.causes(id));
        chain.find_map(|id| {
            let event = trace.get(id)?;
            matches!(event.kind, Kind::Invoked | Kind::Replied | Kind::GaveUp)
                .then_some(OpId(event.number))
        })
    }

    /// The operations that a sentence of the verdict names at this moment.
    pub fn named_by(&self, clause: Clause) -> Vec<OpId> {
        match (clause, &self.verdict) {
            (Clause::Consistency, Some(verdict)) => verdict.consistency.ops.clone(),
            (Clause::Model(level), Some(verdict)) => verdict.named_by(Some(level)),
            (Clause::Convergence, Some(verdict)) => verdict.named_by(None),
            (Clause::Standing, _) => self.picture.standing.ops.clone(),
            _ => Vec::new(),
        }
    }

    /// The operations that are selected: those that a sentence names, else the one that something selected belongs to.
    pub fn selected_ops(&self) -> Vec<OpId> {
        match self.selection {
            Selection::Clause(clause) => self.named_by(clause),
            _ => self.selected_op().into_iter().collect(),
        }
    }

    /// Whether this operation is selected, itself, through an event of it or by a sentence that names it.
    pub fn is_selected_op(&self, op: OpId) -> bool {
        self.selected_ops().contains(&op)
    }

    /// Whether this message is selected, itself or through an event of it.
    pub fn is_selected_message(&self, name: MessageName) -> bool {
        match self.selection {
            Selection::Message(selected) => selected == name,
            Selection::Event(id) => {
                let timeline = self.timeline.borrow();
                timeline.trace().get(id).and_then(|event| event.message()) == Some(name)
            }
            _ => false,
        }
    }

    /// Whether this event is selected, itself or because it is the message's or the operation's.
    pub fn is_selected_event(&self, id: EventId) -> bool {
        let timeline = self.timeline.borrow();
        match self.selection {
            Selection::Event(selected) => selected == id,
            Selection::Message(name) => {
                timeline.trace().get(id).and_then(|event| event.message()) == Some(name)
            }
            Selection::Operation(op) => is_of(timeline.history().get(op), id),
            Selection::Clause(clause) => {
                let mut named = self.named_by(clause).into_iter();
                named.any(|op| is_of(timeline.history().get(op), id))
            }
            _ => false,
        }
    }

    /// Whether this node or person is selected.
    pub fn is_selected_endpoint(&self, end: Endpoint) -> bool {
        self.selection == Selection::Endpoint(end)
    }
}

/// Whether an event is the asking or the ending of an operation.
fn is_of(record: Option<&Record>, id: EventId) -> bool {
    record.is_some_and(|record| record.invoked_by == id || record.ended_by == id)
}
