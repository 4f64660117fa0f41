//! A TOML document as one who explains mistakes reads it: every value knows its line and its place.

use crate::out::Failure;
use crate::source;
use crate::values;
use sim_core::units::{Endpoint, Mask, Micros, Ratio};
use std::fmt::Display;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A run file's name and text.
#[derive(Clone, Copy)]
pub struct File<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl File<'_> {
    /// A failure at a place in this file.
    pub fn wrong(&self, at: usize, path: &str, words: impl Display) -> Failure {
        let before = self.text.as_bytes().iter().take(at);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        let colon = if path.is_empty() { "" } else { ", " };
        Failure::new(format_args!(
            "{}, line {line}{colon}{path}: {words}",
            self.name
        ))
    }
}

/// Who can be named: nodes, then clients.
pub struct Cast {
    pub names: Vec<String>,
    pub nodes: usize,
}

impl Cast {
    /// The endpoint of that name; `#17` is number 17, whoever that is.
    fn find(&self, name: &str) -> Option<Endpoint> {
        if let Some(number) = name.strip_prefix('#') {
            return number.parse().ok().map(Endpoint);
        }
        let place = self.names.iter().position(|one| one == name);
        match place {
            Some(place) => u8::try_from(place).ok().map(Endpoint),
            None => role(name),
        }
    }

    fn expected(&self) -> String {
        format!("a node or a client, one of {}", self.names.join(", "))
    }
}

/// What run files call whoever leads at that moment.
pub const LEADER: &str = "the leader";
/// And whoever has it as their home.
pub const CLIENTS_OF_LEADER: &str = "its clients";

/// The role of that name.
fn role(name: &str) -> Option<Endpoint> {
    match name {
        LEADER => Some(Endpoint::LEADER),
        CLIENTS_OF_LEADER => Some(Endpoint::CLIENTS_OF_LEADER),
        _ => None,
    }
}

/// A value and where it stands.
#[derive(Clone)]
pub struct Node<'a> {
    file: File<'a>,
    path: String,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Node<'a> {
    /// A failure that says what was expected here and what stands here.
    pub fn expected(&self, what: impl Display) -> Failure {
        let found = describe(self.value.get_ref());
        self.wrong(format_args!("expected {what}, found {found}"))
    }

    /// A failure at this place.
    pub fn wrong(&self, words: impl Display) -> Failure {
        self.file.wrong(self.value.span().start, &self.path, words)
    }

    /// A text.
    pub fn text(&self, what: impl Display) -> Result<&'a str, Failure> {
        self.value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.expected(what))
    }

    /// The text of a text, or the digits of a number.
    fn scalar(&self) -> Option<&'a str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
            DeValue::Float(number) => Some(number.as_str()),
            _ => None,
        }
    }

    fn read<T>(&self, read: fn(&str) -> Option<T>, what: &str) -> Result<T, Failure> {
        self.scalar()
            .and_then(read)
            .ok_or_else(|| self.expected(what))
    }

    /// A span of time.
    pub fn span(&self) -> Result<Micros, Failure> {
        self.read(values::span, values::SPAN)
    }

    /// A span that may point back, in microseconds.
    pub fn signed_span(&self) -> Result<i64, Failure> {
        self.read(
            values::signed_span,
            "a span of time such as \"-20 ms\" or \"300 ms\"",
        )
    }

    /// A share.
    pub fn ratio(&self) -> Result<Ratio, Failure> {
        self.read(values::ratio, values::RATIO)
    }

    /// A shortest and a longest span, or one for both.
    pub fn range(&self) -> Result<(Micros, Micros), Failure> {
        let what = "a span of time such as \"5 ms\", or a shortest and a longest such as [\"2 ms\", \"6 ms\"]";
        if self.value.get_ref().is_array() {
            let list = self.list(what)?;
            let [min, max] = list.as_slice() else {
                return Err(self.expected(what));
            };
            return Ok((min.span()?, max.span()?));
        }
        self.read(values::span, what).map(|span| (span, span))
    }

    /// A whole number, as a number or (beyond what TOML promises to carry) as a text.
    pub fn number<T: TryFrom<i128>>(&self, what: impl Display) -> Result<T, Failure> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(text) => text.parse().ok(),
            _ => None,
        };
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.expected(what))
    }

    /// Yes or no.
    pub fn flag(&self) -> Result<bool, Failure> {
        self.value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.expected("true or false"))
    }

    /// `true`, where only that makes sense.
    pub fn only_true(&self) -> Result<(), Failure> {
        if self.flag()? {
            Ok(())
        } else {
            Err(self.expected("true"))
        }
    }

    /// The entries of a list.
    pub fn list(&self, what: impl Display) -> Result<Vec<Self>, Failure> {
        let list = self
            .value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.expected(what))?;
        let entry = |(place, value)| Self {
            file: self.file,
            path: format!("{}.{}", self.path, place + 1),
            value,
        };
        Ok(list.iter().enumerate().map(entry).collect())
    }

    /// A table that has no other keys than these.
    pub fn table(&self, what: impl Display, known: &[&str]) -> Result<Table<'a>, Failure> {
        let map = self
            .value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.expected(what))?;
        let (file, path) = (self.file, self.path.clone());
        let table = Table {
            file,
            path,
            span: self.value.span(),
            map,
        };
        table.only(known)?;
        Ok(table)
    }

    /// Whether this is a list.
    pub fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    /// Whether this is a text.
    pub fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    /// Somebody by name.
    pub fn endpoint(&self, cast: &Cast) -> Result<Endpoint, Failure> {
        let name = self.text(cast.expected())?;
        cast.find(name)
            .ok_or_else(|| self.expected(cast.expected()))
    }

    /// A node by name.
    pub fn node(&self, cast: &Cast) -> Result<Endpoint, Failure> {
        let what = || format!("a node, one of {}", cast.names[..cast.nodes].join(", "));
        let found = cast.find(self.text(what())?);
        found
            .filter(|end| end.index() < cast.nodes)
            .ok_or_else(|| self.expected(what()))
    }

    /// Several by name: one name, a list of them, or `*` for whoever there may be.
    pub fn mask(&self, cast: &Cast) -> Result<Mask, Failure> {
        if self.value.get_ref().as_str() == Some("*") {
            return Ok(Mask::ALL);
        }
        let what = || format!("names, each {}", cast.expected());
        let list = if self.is_list() {
            self.list(what())?
        } else {
            vec![self.clone()]
        };
        list.iter().try_fold(Mask::EMPTY, |mask, one| {
            let end = one.endpoint(cast)?;
            let set = Mask::of(end);
            if set.is_empty() {
                Err(one.expected(cast.expected()))
            } else {
                Ok(mask.with(end))
            }
        })
    }
}

/// A table and where it stands.
#[derive(Clone)]
pub struct Table<'a> {
    file: File<'a>,
    path: String,
    span: Range<usize>,
    map: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The whole document.
    pub fn whole(file: File<'a>, document: &'a Spanned<DeTable<'a>>) -> Self {
        Self {
            file,
            path: String::new(),
            span: 0..0,
            map: document.get_ref(),
        }
    }

    fn path_to(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_string()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Refuses keys that nobody reads.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        let stranger = self
            .map
            .keys()
            .find(|key| !known.contains(&key.get_ref().as_ref()));
        if let Some(key) = stranger {
            let (list, found) = (known.join(", "), source::short(key.get_ref()));
            let words = format!("expected only {list}, found the key {found}");
            return Err(self.file.wrong(key.span().start, &self.path, words));
        }
        Ok(())
    }

    /// The keys that stand here.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.map.keys().map(|key| key.get_ref().as_ref())
    }

    /// The value of a key, if it stands here.
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.map.get(key)?;
        Some(Node {
            file: self.file,
            path: self.path_to(key),
            value,
        })
    }

    /// The value of a key that must stand here.
    pub fn need(&self, key: &str, what: impl Display) -> Result<Node<'a>, Failure> {
        self.get(key)
            .ok_or_else(|| self.wrong(format_args!("expected {key} = {what}, found none")))
    }

    /// A failure about the whole table.
    pub fn wrong(&self, words: impl Display) -> Failure {
        self.file.wrong(self.span.start, &self.path, words)
    }

    /// What stands under `key`, read, or else `default`.
    pub fn or<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Node<'a>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.get(key).map_or(Ok(default), |node| read(&node))
    }

    /// The entries of the list under `key`; none where there is no such key.
    pub fn entries(&self, key: &str, what: &str) -> Result<Vec<Node<'a>>, Failure> {
        self.or(key, Vec::new(), |node| node.list(what))
    }
}

fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => source::short(text),
        DeValue::Integer(number) => source::short(number.as_str()),
        DeValue::Float(number) => source::short(number.as_str()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_string(),
        DeValue::Array(list) => format!("a list of {}", list.len()),
        DeValue::Table(_) => "a table".to_string(),
    }
}
