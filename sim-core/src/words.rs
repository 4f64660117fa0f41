//! Every event in plain words, made on demand. Rewording changes no digest.
//!
//! With the feature `shelved` sentences are a part that is loaded later: until [`tell`] was called there are none.

use crate::action::{Action, MessageName};
use crate::operation::{Answer, KEYS, Operation};
use crate::protocol::ProtocolSpec;
use crate::protocols;
use crate::scenario::Scenario;
use crate::trace::{Event, Kind, Trace, decode_action};
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::view::Part::{List, Number, Span, Text};
use crate::view::{MessageView, Names, Part, Tone, fill, number};
use crate::wire::Decoder;
use crate::world::Reader;
use alloc::string::String;

/// Reads a trace of one scenario aloud.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    trace: &'a Trace,
    names: Names<'a>,
    spec: &'static ProtocolSpec,
    reader: Reader,
}

/// A role, in words.
const LEADER: &str = "the leader";

/// Makes a sentence of an event.
type Teller = fn(&Words<'_>, EventId) -> String;

#[cfg(feature = "shelved")]
static TELLER: once_cell::race::OnceRef<'static, Teller> = once_cell::race::OnceRef::new();

#[cfg(feature = "shelved")]
fn teller() -> Option<Teller> {
    TELLER.get().copied()
}

#[cfg(not(feature = "shelved"))]
fn teller() -> Option<Teller> {
    Some(|words, id| words.told(id))
}

/// From now on there are sentences. Only what calls this holds what makes them.
#[cfg(feature = "shelved")]
pub fn tell() {
    static TOLD: Teller = |words, id| words.told(id);
    let _ = TELLER.set(&TOLD);
}

/// An operation as a person would say it.
pub fn operation(operation: Operation) -> String {
    fill(operation.asks().does, &gaps(operation))
}

/// What fills the gaps of a sentence about an operation: the key, what it expects there (of a read: how it wants to be
/// answered) and what it writes; the amount; the item. Gaps that are about something else hold nothing to read.
pub fn gaps(operation: Operation) -> [(&'static str, Part<'static>); 5] {
    let (_, argument) = operation.code();
    let [to, from, key, _] = argument.to_le_bytes();
    let number = |value: u8| Number(i64::from(value));
    let key = KEYS.get(usize::from(key)).copied();
    [
        ("key", Text(key.unwrap_or(""))),
        ("from", operation.way().map_or(number(from), Text)),
        ("to", number(to)),
        ("amount", Number(i64::from(argument))),
        ("item", Text(operation.item().unwrap_or(""))),
    ]
}

/// An answer as a person would say it, with the protocol's reasons.
pub fn answer(spec: &ProtocolSpec, answer: Answer) -> String {
    match answer {
        Answer::Done => String::from("done"),
        Answer::Value(value) => number(value),
        Answer::Items(cart) => cart.words(),
        refusal @ Answer::Refused(_) => {
            let why = refusal.why(spec.refusals).unwrap_or("refused");
            fill("refused: {why}", &[("why", Text(why))])
        }
    }
}

/// The nodes in one half of a cut, in as few words as there are.
fn side(mask: Mask, names: &Names<'_>) -> Mask {
    let nodes = Mask(mask.0 & Mask::first(names.nodes).0);
    if nodes.is_empty() {
        Mask(mask.0 & Mask::first(names.list.len() as u8).0)
    } else {
        nodes
    }
}

/// Whether there is more than one line between two halves.
fn many(a: Mask, b: Mask, names: &Names<'_>) -> bool {
    side(a, names).count() + side(b, names).count() > 2
}

/// An action as something that happened.
pub fn action(action: &Action, names: &Names<'_>) -> String {
    let words = match action {
        Action::Operate { .. } => "{who} {asks}",
        Action::Kill(_) => "{who} crashes; its connections close",
        Action::PowerOff(_) => "{who} loses power; there is only silence",
        Action::Restart(_) => "{who} starts again",
        Action::Pause(_) => "{who} stands still",
        Action::Resume(_) => "{who} goes on",
        Action::Partition { .. } => "the lines from {a} to {rest} are cut",
        Action::Cut { a, b } if many(*a, *b, names) => "the lines from {a} to {b} are cut",
        Action::Cut { .. } => "the line between {a} and {b} is cut",
        Action::OneWay { .. } => "nothing from {a} reaches {b} any more",
        Action::Mend { a, b } if many(*a, *b, names) => "the lines from {a} to {b} are whole again",
        Action::Mend { .. } => "the line between {a} and {b} is whole again",
        Action::Heal => "every line is whole again",
        Action::Drop(_) => "{message} is dropped",
        Action::Duplicate(_) => "{message} is doubled",
        Action::Delay(..) => "{message} is delayed by {by}",
        Action::Hold(_) => "{message} is held",
        Action::Release(_) => "{message} is released",
        Action::Skew {
            offset_us: 0,
            drift_ppm: 0,
            ..
        } => "{who}’s clock runs true again",
        Action::Skew { drift_ppm: 0, .. } => "{who}’s clock jumps {jump}",
        Action::Skew { offset_us: 0, .. } => "{who}’s clock runs {pace}",
        Action::Skew { .. } => "{who}’s clock jumps {jump} and runs {pace}",
        Action::Member { joins: true, .. } => "{who} joins the members",
        Action::Member { .. } => "{who} leaves the members",
        Action::Promote(_) => "{who} is told to take over as primary",
        Action::TimeOut(_) => "{who}’s election timer runs out as soon as it may",
        Action::TimeOutTogether => "all election timers run out together",
        Action::TimeOutFirst(_) => {
            "{who}’s election timer runs out as soon as it may, the others’ as late as they may"
        }
    };
    let (a, b, _, d) = action.words();
    let drift = b.cast_signed();
    let asks = match action {
        Action::Operate { operation: of, .. } => operation(*of),
        _ => String::new(),
    };
    let message = match action.message() {
        Some(name) => message(name, names),
        None => String::new(),
    };
    let jump = if d < 0 { "{n} back" } else { "{n} ahead" };
    let jump = fill(jump, &[("n", Span(Micros(d.unsigned_abs())))]);
    let pace = if drift < 0 {
        "{n} millionths slower"
    } else {
        "{n} millionths faster"
    };
    let pace = fill(pace, &[("n", Number(i64::from(drift.unsigned_abs())))]);
    // What was done to whoever leads is told with the name that was found; only where nobody led is it said so.
    let leads = action.names_a_role();
    let set = |set: Mask| match leads && set.contains(Endpoint::LEADER) {
        true => Text(LEADER),
        false => List(names, side(set, names)),
    };
    let rest = match leads {
        true => Text("the rest"),
        false => set(Mask(!a)),
    };
    let who = match Endpoint(a as u8) {
        Endpoint::LEADER => LEADER,
        one => names.of(one),
    };
    let parts = [
        ("who", Text(who)),
        ("asks", Text(&asks)),
        ("a", set(Mask(a))),
        ("b", set(Mask(b))),
        ("rest", rest),
        ("message", Text(&message)),
        ("by", Span(Micros(d.cast_unsigned()))),
        ("jump", Text(&jump)),
        ("pace", Text(&pace)),
    ];
    fill(words, &parts)
}

/// An action in as few words as there are, for a mark among others. What is about a single message or a clock has no
/// fewer.
pub fn brief(act: &Action, names: &Names<'_>) -> String {
    let words = match act {
        Action::Kill(_) => "{who} crashes",
        Action::PowerOff(_) => "{who} loses power",
        Action::Partition { .. } => "cut: {a} | {rest}",
        Action::Cut { .. } => "cut: {a} | {b}",
        Action::OneWay { .. } => "cut: {a} → {b}",
        Action::Mend { .. } => "whole: {a} | {b}",
        Action::Heal => "all lines whole",
        Action::Promote(_) => "{who} takes over",
        Action::TimeOut(_) | Action::TimeOutFirst(_) => "{who}’s timer",
        Action::TimeOutTogether => "timers together",
        _ => return action(act, names),
    };
    let (a, b, ..) = act.words();
    let parts = [
        ("who", Text(names.of(Endpoint(a as u8)))),
        ("a", List(names, side(Mask(a), names))),
        ("b", List(names, side(Mask(b), names))),
        ("rest", List(names, side(Mask(!a), names))),
    ];
    fill(words, &parts)
}

/// A message as people point at it.
fn message(name: MessageName, names: &Names<'_>) -> String {
    let number = name.number & (MessageName::COPY - 1);
    let words = if name.number >= MessageName::COPY {
        "copy {n} from {from} to {to}"
    } else {
        "message {n} from {from} to {to}"
    };
    let parts = [
        ("n", Number(i64::from(number) + 1)),
        ("from", Text(names.of(name.from))),
        ("to", Text(names.of(name.to))),
    ];
    fill(words, &parts)
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
                Some(
                    Action::Heal | Action::Mend { .. } | Action::Restart(_) | Action::Promote(_),
                ) => Tone::Ok,
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

    /// The event as a sentence; before sentences are loaded, nothing.
    pub fn sentence(&self, id: EventId) -> String {
        teller().map(|tell| tell(self, id)).unwrap_or_default()
    }

    fn told(&self, id: EventId) -> String {
        let Some(event) = self.trace.get(id) else {
            return String::new();
        };
        let payload = self.trace.payload(event);
        let words = match event.kind {
            Kind::Started => "{who} is open.",
            Kind::Acted => "{what}.",
            Kind::HadNoEffect => "{what}: that had no effect.",
            Kind::Invoked => "{who} {what}.",
            Kind::Sent => "{who} calls {peer}: “{what}”.",
            Kind::Delivered => "{who} hears {peer}: “{what}”.",
            Kind::Waits => "{who} stands still; {peer}’s “{what}” waits.",
            Kind::Dropped => match event.detail {
                0 => "{peer}’s “{what}” to {who} is lost at the cut.",
                1 => "{peer}’s “{what}” to {who} gets lost on the way.",
                2 => "{peer}’s “{what}” to {who} was dropped.",
                _ => "{peer}’s “{what}” to {who} reaches no one: nobody is there.",
            },
            Kind::TimerFired => "{who}: time to {what}.",
            Kind::Persisted => "{who} has it in writing.",
            Kind::Replied => "{who} is told: {what}.",
            Kind::GaveUp => {
                "{who} has waited long enough and leaves, not knowing what became of it."
            }
            Kind::Noted => "{what}",
            Kind::Connected => "{who} is connected with {peer}.",
            Kind::Disconnected => "{who} notices that {peer} is gone.",
        };
        let what = match event.kind {
            Kind::Acted | Kind::HadNoEffect => {
                decode_action(payload).map(|one| action(&one, &self.names))
            }
            Kind::Invoked => self.operation(event).map(operation),
            Kind::TimerFired => {
                let timer = self.spec.timers.get(usize::from(event.detail));
                Some(String::from(timer.copied().unwrap_or("a timer")))
            }
            Kind::Replied => self.answer(event).map(|told| answer(self.spec, told)),
            Kind::Noted => protocols::read_note(self.spec.name)
                .and_then(|read| read(payload, event.who, &self.names)),
            _ => Some(self.message(event).label),
        };
        let parts = [
            ("who", Text(self.names.of(event.who))),
            ("peer", Text(self.names.of(event.peer))),
            ("what", Text(what.as_deref().unwrap_or(""))),
        ];
        let words = fill(words, &parts);
        match event.kind {
            Kind::Acted | Kind::HadNoEffect => capital(words),
            _ => words,
        }
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
