//! What a worker found out, on its way to the page: as bytes, because ten thousand operations as objects of the browser
//! would keep the page waiting. One walk writes them and reads them.
//!
//! Of long texts and lists only what is shown of them goes along.

use sim_core::check::history::{Ask, Ended, Fault, History, NEVER, Op, Value, Values};
use sim_core::check::ladder::{Finding, Ladder, Level, Stands};
use sim_core::check::linearizable::Point;
use sim_core::units::Micros;

/// Of a list as many elements as a sentence names, and one more.
const LIST_SHOWN: usize = 9;
/// Of a text as many letters from its end as a sentence quotes, and one more.
const TEXT_SHOWN: usize = 25;
/// What is nested deeper than this is nobody's value.
const DEPTH_MAX: u32 = 40;

/// Whether a history is linearizable, with all that is drawn of it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The operations, the clients, the faults.
    pub history: History,
    /// What it was read as and judged as, in a sentence.
    pub about: String,
    /// The verdict.
    pub stands: Stands,
    /// What contradicts what, or why it is not decided; empty where it is linearizable.
    pub words: String,
    /// An order that explains every answer, where there is one.
    pub order: Vec<Point>,
    /// The operations that contradict one another.
    pub blamed: Vec<u32>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            history: History::default(),
            about: String::new(),
            stands: Stands::Open,
            words: String::new(),
            order: Vec::new(),
            blamed: Vec::new(),
        }
    }
}

/// What was found out besides.
#[derive(Clone, Debug, PartialEq)]
pub struct More {
    /// Where it stands among the models, and whether those who read last agree.
    pub ladder: Ladder,
    /// What went wrong in the terms of what the store is for: what that is called, and the sentence.
    pub wrongs: Vec<(String, Finding)>,
}

impl More {
    /// Nothing was found out, for this reason.
    pub fn open(why: &str) -> Self {
        Self {
            ladder: Ladder::open(why),
            wrongs: Vec::new(),
        }
    }
}

/// Bytes that are written or read.
pub struct Walk {
    bytes: Vec<u8>,
    at: usize,
    reads: bool,
}

impl Walk {
    /// Writes, first what it is.
    pub fn write(what: u8) -> Self {
        Self {
            bytes: vec![what],
            at: 0,
            reads: false,
        }
    }

    /// Reads what follows that. What is not there reads as nothing.
    pub const fn read(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            at: 1,
            reads: true,
        }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn byte(&mut self, value: &mut u8) {
        if self.reads {
            *value = self.bytes.get(self.at).copied().unwrap_or(0);
            self.at += 1;
        } else {
            self.bytes.push(*value);
        }
    }

    fn u64(&mut self, value: &mut u64) {
        let mut rest = *value;
        let mut read = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = (rest & 127) as u8 | if rest > 127 { 128 } else { 0 };
            self.byte(&mut byte);
            read |= u64::from(byte & 127) << shift;
            rest >>= 7;
            if byte < 128 {
                break;
            }
        }
        *value = read;
    }

    fn u32(&mut self, value: &mut u32) {
        let mut wide = u64::from(*value);
        self.u64(&mut wide);
        *value = wide as u32;
    }

    /// A place, or none: what never comes is zero.
    fn place(&mut self, value: &mut u32) {
        let mut next = value.wrapping_add(1);
        self.u32(&mut next);
        *value = next.wrapping_sub(1);
    }

    fn moment(&mut self, value: &mut Micros) {
        self.u64(&mut value.0);
    }

    fn flag(&mut self, value: &mut bool) {
        let mut byte = u8::from(*value);
        self.byte(&mut byte);
        *value = byte == 1;
    }

    fn text(&mut self, value: &mut String) {
        let mut length = value.len() as u64;
        self.u64(&mut length);
        if self.reads {
            let end = self.at.saturating_add(length as usize);
            let bytes = self.bytes.get(self.at..end).unwrap_or_default();
            *value = String::from_utf8_lossy(bytes).into_owned();
            self.at = end;
        } else {
            self.bytes.extend(value.as_bytes());
        }
    }

    /// A list: each of its elements in turn, which are as `blank` before they are read.
    fn list<T: Clone>(
        &mut self,
        list: &mut Vec<T>,
        blank: T,
        mut each: impl FnMut(&mut Self, &mut T),
    ) {
        let mut count = list.len() as u64;
        self.u64(&mut count);
        if self.reads {
            // Each takes a byte at least.
            let left = self.bytes.len().saturating_sub(self.at);
            *list = vec![blank; (count as usize).min(left)];
        }
        for one in list {
            each(self, one);
        }
    }

    fn stands(&mut self, value: &mut Stands) {
        let mut byte = *value as u8;
        self.byte(&mut byte);
        *value = match byte {
            0 => Stands::Yes,
            1 => Stands::No,
            2 => Stands::Open,
            _ => Stands::Beyond,
        };
    }

    fn finding(&mut self, finding: &mut Finding) {
        self.stands(&mut finding.stands);
        self.text(&mut finding.words);
        self.list(&mut finding.ops, 0, Self::u32);
    }

    /// What was found out besides.
    pub fn more(&mut self, more: &mut More) {
        let blank = Finding::open(String::new());
        let ladder = &mut more.ladder;
        self.list(&mut ladder.rungs, blank.clone(), Self::finding);
        self.finding(&mut ladder.convergence);
        if self.reads {
            ladder.rungs.resize(Level::NAMES.len(), blank.clone());
        }
        self.list(&mut more.wrongs, (String::new(), blank), |walk, wrong| {
            walk.text(&mut wrong.0);
            walk.finding(&mut wrong.1);
        });
    }

    /// All that was found but the operations.
    pub fn head(&mut self, found: &mut Found) {
        self.text(&mut found.about);
        self.stands(&mut found.stands);
        self.text(&mut found.words);
        self.list(
            &mut found.order,
            Point { op: 0, place: 0 },
            |walk, point| {
                walk.u32(&mut point.op);
                walk.u32(&mut point.place);
            },
        );
        self.list(&mut found.blamed, 0, Self::u32);
        let history = &mut found.history;
        self.flag(&mut history.has_moments);
        self.list(&mut history.clients, String::new(), Self::text);
        let nothing = Fault {
            words: String::new(),
            place: 0,
            at: Micros(0),
            mends: false,
        };
        self.list(&mut history.faults, nothing, |walk, fault| {
            walk.text(&mut fault.words);
            walk.u32(&mut fault.place);
            walk.moment(&mut fault.at);
            walk.flag(&mut fault.mends);
        });
        let (keys, values) = (&mut history.keys, &mut history.values);
        self.list(keys, Value::Nil, |walk, key| {
            walk.value(values, key, DEPTH_MAX)
        });
    }

    fn value(&mut self, values: &mut Values, value: &mut Value, depth: u32) {
        let mut kind = match value {
            Value::Nil => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            Value::Int(_) => 3,
            Value::Text(_) => 4,
            Value::List(_) if depth > 0 => 5,
            Value::List(_) => 0,
        };
        self.byte(&mut kind);
        match kind {
            1 | 2 => *value = Value::Bool(kind == 2),
            3 => {
                let mut wide = match value {
                    Value::Int(number) => *number as u64,
                    _ => 0,
                };
                // Small negative numbers stay short.
                wide = (wide << 1) ^ ((wide as i64) >> 63) as u64;
                self.u64(&mut wide);
                *value = Value::Int((wide >> 1) as i64 ^ -((wide & 1) as i64));
            }
            4 => {
                let mut text = match value {
                    Value::Text(number) => shown(values.text_of(*number)),
                    _ => String::new(),
                };
                self.text(&mut text);
                if self.reads {
                    *value = values.text(&text);
                }
            }
            5 => {
                let mut list = match value {
                    Value::List(number) => values.list_of(*number).to_vec(),
                    _ => Vec::new(),
                };
                list.truncate(LIST_SHOWN);
                self.list(&mut list, Value::Nil, |walk, one| {
                    walk.value(values, one, depth.saturating_sub(1));
                });
                if self.reads {
                    *value = values.list(list);
                }
            }
            _ => *value = Value::Nil,
        }
    }

    /// An operation.
    pub fn op(&mut self, values: &mut Values, op: &mut Op) {
        let mut kind = op.ask as u8;
        self.byte(&mut kind);
        let asks = Ask::NAMES;
        op.ask = asks
            .get(usize::from(kind))
            .map_or(Ask::Read, |(_, ask)| *ask);
        let mut outcome = op.outcome as u8;
        self.byte(&mut outcome);
        op.outcome = match outcome {
            0 => Ended::Ok,
            1 => Ended::Refused,
            _ => Ended::Unknown,
        };
        self.u32(&mut op.client);
        self.place(&mut op.key);
        for value in [&mut op.a, &mut op.b, &mut op.result] {
            self.value(values, value, DEPTH_MAX);
        }
        self.u32(&mut op.invoked);
        self.place(&mut op.ended);
        self.moment(&mut op.invoked_at);
        self.moment(&mut op.ended_at);
        self.u32(&mut op.source);
    }

    /// How many operations follow.
    pub fn count(&mut self, count: &mut u32) {
        self.u32(count);
    }

    /// Whether nothing is left to read.
    pub fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

/// The end of a text, which is what is shown of a long one.
fn shown(text: &str) -> String {
    let letters = text.char_indices();
    let from = letters
        .rev()
        .take(TEXT_SHOWN)
        .last()
        .map_or(0, |(at, _)| at);
    text[from..].to_owned()
}

/// An operation as it is before it is read.
const NOBODYS: Op = Op {
    client: 0,
    ask: Ask::Read,
    key: 0,
    a: Value::Nil,
    b: Value::Nil,
    result: Value::Nil,
    outcome: Ended::Unknown,
    invoked: 0,
    ended: NEVER,
    invoked_at: Micros(0),
    ended_at: Micros(0),
    source: 0,
};

/// Writes what was found.
pub fn packed(what: u8, mut found: Found) -> Vec<u8> {
    let mut walk = Walk::write(what);
    walk.head(&mut found);
    let mut count = found.history.ops.len() as u32;
    walk.count(&mut count);
    for op in &mut found.history.ops {
        walk.op(&mut found.history.values, op);
    }
    walk.into_bytes()
}

/// Reads what was found, a few operations at a time.
pub struct Unpacking {
    walk: Walk,
    found: Found,
    left: u32,
}

impl Unpacking {
    /// Begins.
    pub fn of(bytes: Vec<u8>) -> Self {
        let mut walk = Walk::read(bytes);
        let (mut found, mut left) = (Found::default(), 0);
        walk.head(&mut found);
        walk.count(&mut left);
        Self { walk, found, left }
    }

    /// Reads up to so many operations; all that was found, once they are all there.
    pub fn go_on(&mut self, ops: u32) -> Option<Found> {
        let history = &mut self.found.history;
        for _ in 0..ops.min(self.left) {
            if self.walk.is_over() {
                self.left = 0;
                break;
            }
            let mut op = NOBODYS;
            self.walk.op(&mut history.values, &mut op);
            history.ops.push(op);
            self.left -= 1;
        }
        (self.left == 0).then(|| std::mem::take(&mut self.found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::foreign;

    const LINES: &str = r#"
{"client":"A","operation":"add","key":"cart","args":["milk"],"invoked_us":4000,"ended_us":9000,"outcome":"ok"}
{"fault":"cut A–B","at_us":9500}
{"client":"B","operation":"read","key":"cart","invoked_us":10000,"ended_us":14000,"outcome":"ok","value":[-1,2,3,4,5,6,7,8,9,10,11]}
{"client":"C","operation":"add","key":"cart","args":["a text that is far too long to be told in whole"],"invoked_us":11000,"outcome":"unknown"}
"#;

    #[test]
    fn what_was_found_reads_as_it_was_written() {
        let history = foreign::read(LINES.as_bytes(), None)
            .expect("it reads")
            .history;
        let found = Found {
            history: history.clone(),
            about: "3 operations".to_owned(),
            stands: Stands::No,
            words: "B read …".to_owned(),
            order: vec![Point { op: 1, place: 300 }],
            blamed: vec![0, 1],
        };
        let mut unpacking = Unpacking::of(packed(0, found.clone()));
        assert!(unpacking.go_on(2).is_none());
        let read = unpacking.go_on(2).expect("there are three");
        assert_eq!(
            (read.about, read.stands, read.words),
            (found.about, found.stands, found.words)
        );
        assert_eq!((read.order, read.blamed), (found.order, found.blamed));
        assert_eq!(
            (&read.history.clients, &read.history.faults),
            (&history.clients, &history.faults)
        );
        assert!(read.history.has_moments);
        for (there, here) in history.ops.iter().zip(&read.history.ops) {
            for pick in [|op: &Op| op.a, |op: &Op| op.b, |op: &Op| op.result] {
                // Whatever is cut short is told as the whole would be.
                let told = |history: &History, op: &Op| history.values.words(pick(op));
                assert_eq!(told(&history, there), told(&read.history, here));
            }
            let bare = |op: &Op| Op {
                a: Value::Nil,
                b: Value::Nil,
                result: Value::Nil,
                ..*op
            };
            assert_eq!(bare(there), bare(here));
        }
    }

    #[test]
    fn more_reads_as_it_was_written() {
        let found = |stands, words: &str| Finding {
            stands,
            words: words.to_owned(),
            ops: vec![7, 70_000],
        };
        let mut more = More {
            ladder: Ladder {
                rungs: vec![found(Stands::Open, "why"); 8],
                convergence: found(Stands::Yes, ""),
            },
            wrongs: vec![("n".to_owned(), found(Stands::No, "two holders"))],
        };
        let mut walk = Walk::write(1);
        walk.more(&mut more);
        let mut read = More::open("");
        Walk::read(walk.into_bytes()).more(&mut read);
        assert_eq!(read, more);
    }

    #[test]
    fn bytes_that_are_none_of_ours_read_as_something() {
        let mut bytes: Vec<u8> = Vec::new();
        for seed in 0_u32..2_000 {
            bytes.push((seed.wrapping_mul(2_654_435_761) >> 13) as u8);
            let mut unpacking = Unpacking::of(bytes.clone());
            while unpacking.go_on(1_000).is_none() {}
            Walk::read(bytes.clone()).more(&mut More::open(""));
        }
    }
}
