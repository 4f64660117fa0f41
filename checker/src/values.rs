//! What people wrote and were told. Texts and lists are kept once, so that equal values have equal numbers, and in large
//! pieces: a history may be mostly lists, each little longer than the one before.

use crate::HashOf;
use crate::history::{listed, number, short};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use hashbrown::HashTable;
use xxhash_rust::xxh64::xxh64;

/// A value that somebody wrote or was told. Texts and lists are kept once, by number, in [`Values`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Value {
    /// Nothing: not said, or empty.
    #[default]
    Nil,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(u32),
    /// Several values.
    List(u32),
}

/// Texts and lists, each kept once, so that equal values have equal numbers.
#[derive(Clone, Default, Debug)]
pub struct Values {
    texts: Texts,
    lists: Lists,
    /// What a tag makes of a value.
    tagged: BTreeMap<(Value, Value), Value>,
}

impl Values {
    /// The value of a text.
    pub fn text(&mut self, text: &str) -> Value {
        Value::Text(self.texts.number('"', text))
    }

    /// The value of what is written without quotation marks, such as `:name` or 0.5: no text is equal to it.
    pub fn word(&mut self, word: &str) -> Value {
        Value::Text(self.texts.number(' ', word))
    }

    /// The value of a list.
    pub fn list(&mut self, list: Vec<Value>) -> Value {
        Value::List(self.lists.number(list))
    }

    /// The value with a tag before it: it is equal only to what has the same.
    pub fn tagged(&mut self, tag: &str, value: Value) -> Value {
        let name = self.word(tag);
        if let Some(known) = self.tagged.get(&(name, value)) {
            return *known;
        }
        let made = match value {
            Value::List(list) => Value::List(self.lists.again(list)),
            _ => Value::Text(
                self.texts
                    .add('#', &format!("#{tag} {}", self.words(value))),
            ),
        };
        self.tagged.insert((name, value), made);
        made
    }

    /// The text of number `number`.
    pub fn text_of(&self, number: u32) -> &str {
        self.texts.get(number).get(1..).unwrap_or_default()
    }

    /// The list of number `number`.
    pub fn list_of(&self, number: u32) -> &[Value] {
        self.lists.get(number)
    }

    /// The elements of a list; none of what is no list.
    pub fn list_in(&self, value: Value) -> &[Value] {
        match value {
            Value::List(list) => self.list_of(list),
            _ => &[],
        }
    }

    /// The value as people read it.
    pub fn words(&self, value: Value) -> String {
        match value {
            Value::Nil => String::from("nothing"),
            Value::Bool(true) => String::from("yes"),
            Value::Bool(false) => String::from("no"),
            Value::Int(value) => number(value),
            Value::Text(number) if self.texts.get(number).starts_with('"') => {
                short(self.text_of(number))
            }
            Value::Text(number) => {
                let word = short(self.text_of(number));
                String::from(word.trim_matches(['“', '”']))
            }
            Value::List(number) => self.words_of(self.list_of(number)),
        }
    }

    /// Several values as people read them; the same one several times in a row is told once.
    pub fn words_of(&self, list: &[Value]) -> String {
        listed(list.chunk_by(Value::eq).map(|same| {
            let one = match same[0] {
                Value::List(inner) => self.words_of_each(self.list_of(inner)),
                one => self.words(one),
            };
            match same.len() {
                1 => one,
                count => format!("{one} ×{count}"),
            }
        }))
    }

    /// Several values that are not of a kind, such as an account and what is in it: each is told.
    pub fn words_of_each(&self, list: &[Value]) -> String {
        listed(list.iter().map(|one| self.words(*one)))
    }
}

/// Texts one after the other, each behind a letter that says of what sort it is.
#[derive(Clone, Default, Debug)]
struct Texts {
    all: String,
    /// By number: where it ends.
    ends: Vec<usize>,
    known: HashTable<u32>,
}

impl Texts {
    fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let from = number
            .checked_sub(1)
            .map_or(Some(&0), |one| self.ends.get(one));
        match (from, self.ends.get(number)) {
            (Some(from), Some(end)) => &self.all[*from..*end],
            _ => "",
        }
    }

    fn number(&mut self, sort: char, text: &str) -> u32 {
        let is_it = |number: &u32| self.get(*number).strip_prefix(sort) == Some(text);
        let hash = hash_of_text(text);
        if let Some(known) = self.known.find(hash, is_it) {
            return *known;
        }
        let number = self.add(sort, text);
        let mut known = core::mem::take(&mut self.known);
        let hash_of: HashOf<'_> = &|one: &u32| hash_of_text(&self.get(*one)[1..]);
        known.insert_unique(hash, number, hash_of);
        self.known = known;
        number
    }

    /// A text that is kept anew, whether or not it is known.
    fn add(&mut self, sort: char, text: &str) -> u32 {
        self.all.push(sort);
        self.all.push_str(text);
        self.ends.push(self.all.len());
        self.ends.len() as u32 - 1
    }
}

fn hash_of_text(text: &str) -> u64 {
    xxh64(text.as_bytes(), 0)
}

/// How many values a piece has that several lists share.
const PIECE: usize = 1 << 14;

/// Lists in pieces that never grow beyond what they were made for, so that nothing has to be moved.
#[derive(Clone, Default, Debug)]
struct Lists {
    pieces: Vec<Vec<Value>>,
    spans: Vec<Span>,
    known: HashTable<u32>,
    /// The piece that small lists share.
    shared: u32,
}

/// Where a list stands.
#[derive(Clone, Copy, Debug)]
struct Span {
    piece: u32,
    from: u32,
    count: u32,
}

impl Lists {
    fn get(&self, number: u32) -> &[Value] {
        let span = self.spans.get(number as usize);
        span.map_or(&[], |span| self.at(*span))
    }

    fn at(&self, span: Span) -> &[Value] {
        let from = span.from as usize;
        let piece = self.pieces.get(span.piece as usize);
        let list = piece.and_then(|piece| piece.get(from..from + span.count as usize));
        list.unwrap_or_default()
    }

    fn number(&mut self, list: Vec<Value>) -> u32 {
        let hash = hash_of_list(&list);
        if let Some(known) = self.known.find(hash, |known| self.get(*known) == list) {
            return *known;
        }
        let span = self.place(list);
        let number = self.add(span);
        let mut known = core::mem::take(&mut self.known);
        let hash_of: HashOf<'_> = &|one: &u32| hash_of_list(self.get(*one));
        known.insert_unique(hash, number, hash_of);
        self.known = known;
        number
    }

    /// The same list with another number.
    fn again(&mut self, number: u32) -> u32 {
        let span = self.spans[number as usize];
        self.add(span)
    }

    fn add(&mut self, span: Span) -> u32 {
        self.spans.push(span);
        self.spans.len() as u32 - 1
    }

    /// Puts a list behind the others, or on top of the one that it goes on from: logs are read again and again while
    /// they grow.
    fn place(&mut self, mut list: Vec<Value>) -> Span {
        let count = list.len() as u32;
        let last = self.spans.last().copied();
        let earlier = last.filter(|last| list.starts_with(self.at(*last)));
        if let Some(piece) = self.pieces.get_mut(self.shared as usize) {
            let end = piece.len() as u32;
            let from = match earlier {
                Some(last) if last.piece == self.shared && last.from + last.count == end => {
                    last.from
                }
                _ => end,
            };
            let new = &list[(end - from) as usize..];
            if new.len() <= piece.capacity() - piece.len() {
                piece.extend_from_slice(new);
                return Span {
                    piece: self.shared,
                    from,
                    count,
                };
            }
        }
        let piece = self.pieces.len() as u32;
        match list.len() {
            0..PIECE if list.len() < PIECE / 8 || earlier.is_some() => {
                let mut shared = Vec::with_capacity(PIECE);
                shared.append(&mut list);
                self.pieces.push(shared);
                self.shared = piece;
            }
            _ => {
                list.shrink_to_fit();
                self.pieces.push(list);
            }
        }
        Span {
            piece,
            from: 0,
            count,
        }
    }
}

fn hash_of_list(list: &[Value]) -> u64 {
    list.iter().fold(list.len() as u64, |hash, value| {
        let (sort, number) = match *value {
            Value::Nil => (1, 0),
            Value::Bool(value) => (2, u64::from(value)),
            Value::Int(number) => (3, number as u64),
            Value::Text(number) => (4, u64::from(number)),
            Value::List(number) => (5, u64::from(number)),
        };
        let product = (hash ^ number ^ (sort << 60)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        product ^ (product >> 29)
    })
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Value, Values};
    use alloc::vec::Vec;

    fn counted(from: usize, to: usize) -> Vec<Value> {
        (from..to).map(|one| Value::Int(one as i64)).collect()
    }

    #[test]
    fn what_is_equal_has_one_number_and_nothing_else_has() {
        let mut values = Values::default();
        let mut lists = Vec::new();
        // Small and large ones, some of which go on from the one before.
        for (from, to) in [
            (0, 0),
            (0, 3),
            (0, 4),
            (1, 4),
            (0, PIECE / 8 + 1),
            (0, PIECE / 8 + 9),
            (0, PIECE - 1),
            (7, PIECE + 90),
            (7, PIECE + 91),
            (5, 9),
        ] {
            let list = counted(from, to);
            lists.push((values.list(list.clone()), list));
        }
        for (value, list) in &lists {
            assert_eq!(values.list_in(*value), list);
            assert_eq!(values.list(list.clone()), *value);
        }
        let all = [
            values.text(":a"),
            values.word(":a"),
            values.text(""),
            values.text("#a 3"),
            values.word("#a 3"),
            values.tagged("a", Value::Int(3)),
            values.tagged("b", Value::Int(3)),
            values.tagged("a", lists[1].0),
            lists[1].0,
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "{one:?}");
        }
        assert_eq!(values.tagged("a", Value::Int(3)), all[5]);
        assert_eq!(values.tagged("a", lists[1].0), all[7]);
        assert_eq!(values.list_in(all[7]), lists[1].1);
        assert_eq!(values.words(all[5]), "#a 3");
        assert_eq!(
            (values.words(all[0]), values.words(all[1])),
            ("“:a”".into(), ":a".into())
        );
        assert_eq!(values.text(":a"), all[0]);
        let (Value::Text(colon), Value::Text(empty)) = (all[0], all[2]) else {
            panic!("texts");
        };
        assert_eq!((values.text_of(colon), values.text_of(empty)), (":a", ""));
        assert_eq!((values.text_of(99), values.list_of(99)), ("", &[][..]));
    }
}
