//! Every event in plain words, made on demand. Rewording changes no digest.

use crate::action::{Action, MessageName};
use crate::operation::{Answer, Operation};
use crate::protocol::ProtocolSpec;
use crate::protocols;
use crate::scenario::Scenario;
use crate::trace::{Event, Kind, Trace, decode_action};
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::view::{MessageView, Names, Tone, number};
use crate::wire::Decoder;
use crate::world::Reader;
use alloc::format;
use alloc::string::String;

/// Reads a trace of one scenario aloud.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    trace: &'a Trace,
    names: Names<'a>,
    spec: &'static ProtocolSpec,
    reader: Reader,
}

/// An operation as a person would say it.
pub fn operation(operation: Operation) -> String {
    match operation {
        Operation::Balance => String::from("asks for the balance"),
        Operation::Deposit { amount } => format!("deposits {amount}"),
        Operation::Withdraw { amount } => format!("withdraws {amount}"),
    }
}

/// An answer as a person would say it, with the protocol's reasons.
pub fn answer(spec: &ProtocolSpec, answer: Answer) -> String {
    match answer {
        Answer::Done => String::from("done"),
        Answer::Value(value) => number(value),
        Answer::Refused(reason) => {
            let why = spec
                .refusals
                .get(usize::from(reason))
                .copied()
                .unwrap_or("refused");
            format!("refused: {why}")
        }
    }
}

/// The nodes in one half of a cut, in as few words as there are.
fn side(mask: Mask, names: &Names<'_>) -> String {
    let count = names.list.len() as u8;
    let inside = |one: &Endpoint| one.0 < count;
    let nodes = mask.iter().filter(|one| one.0 < names.nodes);
    if mask.iter().any(|one| one.0 < names.nodes) {
        names.list(nodes)
    } else {
        names.list(mask.iter().filter(inside))
    }
}

/// An action as something that happened.
pub fn action(action: &Action, names: &Names<'_>) -> String {
    let of = |end: &Endpoint| names.of(*end);
    let message = |m: &MessageName| {
        let number = m.number & (MessageName::COPY - 1);
        let which = if m.number >= MessageName::COPY {
            "copy"
        } else {
            "message"
        };
        format!(
            "{which} {} from {} to {}",
            number + 1,
            names.of(m.from),
            names.of(m.to)
        )
    };
    match action {
        Action::Operate {
            client,
            operation: asked,
        } => {
            format!("{} {}", of(client), operation(*asked))
        }
        Action::Kill(end) => format!("{} crashes; its connections close", of(end)),
        Action::PowerOff(end) => format!("{} loses power; there is only silence", of(end)),
        Action::Restart(end) => format!("{} starts again", of(end)),
        Action::Pause(end) => format!("{} stands still", of(end)),
        Action::Resume(end) => format!("{} goes on", of(end)),
        Action::Partition { side: one } => {
            let rest = Mask(!one.0);
            format!(
                "the lines between {} and {} are cut",
                side(*one, names),
                side(rest, names)
            )
        }
        Action::Cut { a, b } => {
            format!(
                "the line between {} and {} is cut",
                side(*a, names),
                side(*b, names)
            )
        }
        Action::OneWay { from, to } => {
            format!(
                "nothing from {} reaches {} any more",
                side(*from, names),
                side(*to, names)
            )
        }
        Action::Mend { a, b } => {
            format!(
                "the line between {} and {} is whole again",
                side(*a, names),
                side(*b, names)
            )
        }
        Action::Heal => String::from("every line is whole again"),
        Action::Drop(m) => format!("{} is dropped", message(m)),
        Action::Duplicate(m) => format!("{} is doubled", message(m)),
        Action::Delay(m, by) => format!("{} is delayed by {by}", message(m)),
        Action::Hold(m) => format!("{} is held", message(m)),
        Action::Release(m) => format!("{} is released", message(m)),
        Action::Skew {
            node,
            offset_us,
            drift_ppm,
        } => skew(of(node), *offset_us, *drift_ppm),
        Action::Member { node, joins } => {
            format!(
                "{} {} the members",
                of(node),
                if *joins { "joins" } else { "leaves" }
            )
        }
    }
}

fn skew(who: &str, offset_us: i64, drift_ppm: i32) -> String {
    let jump = Micros(offset_us.unsigned_abs());
    let ahead = if offset_us < 0 { "back" } else { "ahead" };
    let pace = i64::from(drift_ppm).abs();
    let faster = if drift_ppm < 0 { "slower" } else { "faster" };
    match (offset_us, drift_ppm) {
        (0, 0) => format!("{who}’s clock runs true again"),
        (_, 0) => format!("{who}’s clock jumps {jump} {ahead}"),
        (0, _) => format!("{who}’s clock runs {pace} millionths {faster}"),
        _ => format!("{who}’s clock jumps {jump} {ahead} and runs {pace} millionths {faster}"),
    }
}

/// The first letter of a sentence.
fn capital(words: String) -> String {
    let mut chars = words.chars();
    match chars.next() {
        // Names stand as they are written; our own words are ASCII.
        Some(first) if first.is_ascii_lowercase() => {
            let mut sentence = String::from(first.to_ascii_uppercase());
            sentence.push_str(chars.as_str());
            sentence
        }
        _ => words,
    }
}

impl<'a> Words<'a> {
    /// Reads `trace`, which came of a run of `scenario`.
    pub fn new(trace: &'a Trace, names: Names<'a>, scenario: &Scenario) -> Option<Self> {
        let spec = protocols::spec(&scenario.protocol)?;
        let reader = protocols::reader(&scenario.protocol)?;
        Some(Self {
            trace,
            names,
            spec,
            reader,
        })
    }

    /// The message that an event is about: what it says.
    pub fn message(&self, event: &Event) -> MessageView {
        let sent = match event.kind {
            Kind::Sent => Some(event),
            Kind::Delivered | Kind::Dropped | Kind::Waits => {
                self.trace.sending(event).and_then(|id| self.trace.get(id))
            }
            _ => None,
        };
        sent.and_then(|sent| (self.reader.message)(self.trace.payload(sent)))
            .unwrap_or_default()
    }

    /// The operation that an event is about.
    pub fn operation(&self, event: &Event) -> Option<Operation> {
        let mut from = Decoder::new(self.trace.payload(event));
        match event.kind {
            Kind::Invoked => {
                Operation::from_code(from.u8(), from.u32()).filter(|_| from.is_whole())
            }
            _ => None,
        }
    }

    /// The answer that a person heard.
    pub fn answer(&self, event: &Event) -> Option<Answer> {
        let mut from = Decoder::new(self.trace.payload(event));
        match event.kind {
            Kind::Replied => Answer::from_code(from.u8(), from.i64()).filter(|_| from.is_whole()),
            _ => None,
        }
    }

    /// What colour and shape the event has.
    pub fn tone(&self, event: &Event) -> Tone {
        match event.kind {
            Kind::Sent | Kind::Delivered | Kind::Waits => self.message(event).tone,
            Kind::Dropped => Tone::Cut,
            Kind::Acted => match decode_action(self.trace.payload(event)) {
                Some(Action::Heal | Action::Mend { .. } | Action::Restart(_)) => Tone::Ok,
                _ => Tone::Cut,
            },
            Kind::Invoked => match self.operation(event) {
                Some(operation) if operation.is_read() => Tone::Read,
                _ => Tone::Write,
            },
            Kind::Replied => match self.answer(event) {
                Some(Answer::Refused(_)) => Tone::No,
                _ => Tone::Ok,
            },
            Kind::GaveUp => Tone::Stale,
            _ => Tone::Plain,
        }
    }

    /// The event as a sentence.
    pub fn sentence(&self, id: EventId) -> String {
        let Some(event) = self.trace.get(id) else {
            return String::new();
        };
        let (who, peer) = (self.names.of(event.who), self.names.of(event.peer));
        let payload = self.trace.payload(event);
        match event.kind {
            Kind::Started => format!("{who} is open."),
            Kind::Acted | Kind::HadNoEffect => {
                let words = decode_action(payload)
                    .map_or_else(String::new, |one| action(&one, &self.names));
                let end = if event.kind == Kind::Acted {
                    "."
                } else {
                    ": that had no effect."
                };
                capital(format!("{words}{end}"))
            }
            Kind::Invoked => {
                let asked = self.operation(event).map_or_else(String::new, operation);
                format!("{who} {asked}.")
            }
            Kind::Sent => format!("{who} calls {peer}: “{}”.", self.message(event).label),
            Kind::Delivered => format!("{who} hears {peer}: “{}”.", self.message(event).label),
            Kind::Waits => {
                format!(
                    "{who} stands still; {peer}’s “{}” waits.",
                    self.message(event).label
                )
            }
            Kind::Dropped => self.dropped(event),
            Kind::TimerFired => {
                let kind = usize::from(event.detail);
                let timer = self.spec.timers.get(kind).copied().unwrap_or("a timer");
                format!("{who}: time to {timer}.")
            }
            Kind::Persisted => format!("{who} has it in writing."),
            Kind::Replied => {
                let told = self
                    .answer(event)
                    .map_or_else(String::new, |told| answer(self.spec, told));
                format!("{who} is told: {told}.")
            }
            Kind::GaveUp => {
                format!("{who} has waited long enough and leaves, not knowing what became of it.")
            }
            Kind::Noted => (self.reader.note)(payload, event.who, &self.names).unwrap_or_default(),
            Kind::Connected => format!("{who} is connected with {peer}."),
            Kind::Disconnected => format!("{who} notices that {peer} is gone."),
        }
    }

    fn dropped(&self, event: &Event) -> String {
        let (who, peer) = (self.names.of(event.who), self.names.of(event.peer));
        let label = self.message(event).label;
        let how = match event.detail {
            0 => "is lost at the cut",
            1 => "gets lost on the way",
            2 => "was dropped",
            _ => "reaches no one: nobody is there",
        };
        format!("{peer}’s “{label}” to {who} {how}.")
    }

    /// What one reads at a moment: the most telling event of that instant, which is the last word of a node or an
    /// answer, and else simply the last event.
    pub fn telling(&self, events: u32) -> Option<EventId> {
        let last = events.checked_sub(1)?;
        let at = self.trace.get(EventId(last))?.at;
        let here = (0..=last).rev().take_while(|id| {
            self.trace
                .get(EventId(*id))
                .is_some_and(|event| event.at == at)
        });
        let rank = |id: &u32| match self.trace.get(EventId(*id)).map(|event| event.kind) {
            Some(Kind::Acted | Kind::HadNoEffect) => 6,
            Some(Kind::Noted) => 5,
            Some(Kind::Replied | Kind::GaveUp | Kind::Invoked) => 4,
            Some(Kind::Dropped) => 3,
            Some(Kind::Delivered | Kind::Waits) => 2,
            Some(Kind::Sent) => 1,
            _ => 0,
        };
        here.max_by_key(|id| (rank(id), *id)).map(EventId)
    }
}
