//! What there is to see, as plain data: the page draws it, the command line prints it.

use crate::protocol::Finding;
use crate::units::{Endpoint, Mask, Micros, OpId};
use alloc::string::String;
use alloc::vec::Vec;

pub use checker::history::number;

/// A name as a message about it writes it. Whoever wrote the name may have put anything in it: what does not print is
/// left out.
pub fn quoted(name: &str) -> String {
    let mut words = String::from("\"");
    for letter in name.chars() {
        if !letter.is_control() {
            words.push(letter);
        }
    }
    words.push('"');
    words
}

/// What fills a gap of a sentence.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A text as it is.
    Text(&'a str),
    /// A number as [`number`] prints it.
    Number(i64),
    /// What is added or taken: with its sign.
    Change(i64),
    /// A span or a moment.
    Span(Micros),
    /// Several names.
    List(&'a Names<'a>, Mask),
}

/// A sentence with its gaps filled: each `{name}` becomes the part of that name. Sentences with gaps are text, which
/// weighs less in a page than the code that would put each of them together.
pub fn fill(sentence: &str, parts: &[(&str, Part<'_>)]) -> String {
    let mut words = String::new();
    for (place, piece) in sentence.split('{').enumerate() {
        let (name, rest) = match piece.split_once('}') {
            Some(parted) if place > 0 => parted,
            _ => ("", piece),
        };
        for (known, part) in parts {
            if *known == name {
                part.add_to(&mut words);
            }
        }
        words.push_str(rest);
    }
    words
}

impl Part<'_> {
    /// On its own.
    pub fn words(&self) -> String {
        let mut words = String::new();
        self.add_to(&mut words);
        words
    }

    fn add_to(&self, words: &mut String) {
        match *self {
            Self::Text(text) => words.push_str(text),
            Self::Number(value) => words.push_str(&number(value)),
            Self::Change(value) => {
                if value >= 0 {
                    words.push('+');
                }
                words.push_str(&number(value));
            }
            Self::Span(span) => words.push_str(&alloc::format!("{span}")),
            Self::List(names, who) => words.push_str(&names.list(who)),
        }
    }
}

/// What a mark or a word means; a page gives each one colour and one shape, everywhere the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Changes something.
    Write,
    /// Only looks.
    Read,
    /// Seeks agreement: ballots, votes, elections.
    Vote,
    /// Confirmed.
    Ok,
    /// Refused.
    No,
    /// Old, or not yet certain.
    Stale,
    /// Cut off, lost.
    Cut,
}

/// The names of a scenario's endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// By endpoint.
    pub list: &'a [String],
    /// How many of them are nodes.
    pub nodes: u8,
}

impl<'a> Names<'a> {
    /// The endpoint's name.
    pub fn of(&self, endpoint: Endpoint) -> &'a str {
        self.list
            .get(endpoint.index())
            .map_or("nobody", String::as_str)
    }

    /// Several names as a person lists them: "North, East and South".
    pub fn list(&self, who: Mask) -> String {
        let mut words = String::new();
        let mut left = who.count();
        for one in who.iter() {
            words.push_str(self.of(one));
            left -= 1;
            words.push_str(match left {
                0 => "",
                1 => " and ",
                _ => ", ",
            });
        }
        if who.is_empty() {
            words.push_str("nobody");
        }
        words
    }
}

/// A message as an arrow's label.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MessageView {
    /// The kind in the protocol's own word: "prepare".
    pub kind: &'static str,
    /// What it carries, short enough for an arrow: "+100".
    pub label: String,
    /// Its meaning.
    pub tone: Tone,
}

/// One line of a node's log or book.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// Where it stands: a slot, an index.
    pub place: String,
    /// What it says.
    pub text: String,
    /// Its meaning.
    pub tone: Tone,
    /// Whether it is settled; otherwise it may still change.
    pub settled: bool,
    /// Whether it was struck out: written once, and not part of the value any more.
    pub struck: bool,
    /// The operation it came from.
    pub op: Option<OpId>,
}

/// A fact for the inspector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What.
    pub label: &'static str,
    /// How much.
    pub value: String,
    /// Whether a crash leaves it.
    pub durable: bool,
}

/// A node as a card.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeView {
    /// Its role or mood, in a word.
    pub badge: String,
    /// The badge's meaning.
    pub badge_tone: Tone,
    /// What the large value is: "balance".
    pub label: &'static str,
    /// The one value that matters.
    pub value: String,
    /// The value's meaning.
    pub value_tone: Tone,
    /// What the rows are: "book".
    pub rows_label: &'static str,
    /// The log, oldest first, whole.
    pub rows: Vec<Row>,
    /// The terms of all entries of the log, where they have such: what a card says of the rows that it leaves out.
    pub terms: String,
    /// What they are called.
    pub terms_label: &'static str,
    /// What is not yet durable or not yet sent, in words; empty where there is nothing.
    pub pending: String,
    /// Where it regards itself as leading, or does what is nearest to that: how it ranks among those that do, by its term or
    /// ballot.
    pub leads: Option<u32>,
    /// The kind of the timer to watch: what happens next hangs on it.
    pub alarm: Option<u8>,
    /// The node that it stands with: the one that it follows, or has its vote. Those that stand with one are its quorum,
    /// once they are enough.
    pub stands_with: Option<Endpoint>,
    /// Where its clock says how sure it is: between which two moments the true time lies for it, in microseconds since the
    /// run began. A protocol says by how much its wall clock may be wrong; [`World::node_view`](crate::world::World::node_view)
    /// adds what that shows.
    pub interval: Option<(i64, i64)>,
    /// The rest, for the inspector.
    pub facts: Vec<Fact>,
}

/// What a leader, or a person's client, relies on for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// From when, by its own steady clock.
    pub from: Micros,
    /// Until when, by the same.
    pub until: Micros,
}

impl NodeView {
    /// Adds a fact that is a number.
    pub fn count(&mut self, label: &'static str, count: u32, durable: bool) {
        self.fact(label, number(i64::from(count)), durable);
    }

    /// Adds a fact.
    pub fn fact(&mut self, label: &'static str, value: String, durable: bool) {
        self.facts.push(Fact {
            label,
            value,
            durable,
        });
    }

    /// Adds a row that is settled.
    pub fn row(&mut self, place: Part<'_>, text: Part<'_>, tone: Tone) -> &mut Row {
        self.rows.push(Row {
            place: place.words(),
            text: text.words(),
            tone,
            settled: true,
            struck: false,
            op: None,
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }
}

/// The nodes together in the words of the domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// What it is about: "Money".
    pub title: &'static str,
    /// Good, bad, or not yet certain.
    pub tone: Tone,
    /// One or two words up front: "Overdrawn.", or nothing.
    pub head: String,
    /// The sentence.
    pub words: String,
    /// The operations that it names.
    pub ops: Vec<OpId>,
    /// Nodes that lack something that another has.
    pub stale: Mask,
    /// A promise that was broken, which is then what there is to say: [`Verdict`](crate::check::Verdict) says it.
    pub broken: Option<Finding>,
}
