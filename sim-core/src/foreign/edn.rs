//! EDN as Jepsen and Knossos write histories: one map an event, a line each or in a vector or list. Values are taken in
//! while they are read: nothing but the history is kept of a file.

use super::pairing::{Event, Kind, Pairing, named};
use super::source::{Bad, DEPTH_MAX, Decimal, Source};
use super::{ReadError, quoted};
use crate::check::history::{History, Value, Values};
use crate::units::Micros;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What an event looks like, for error messages.
const EXPECTED: &str = "expected a map such as {:process 0, :type :invoke, :f :read, :value nil}";

/// Reads events.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut source = Source::new(text, 1);
    let mut pairing = Pairing::new();
    let mut turns = Turns::default();
    skip(&mut source)?;
    let closing = match source.peek() {
        Some(b'[') => "]",
        Some(b'(') => ")",
        _ => "",
    };
    let opened = source.line();
    source.rest = &source.rest[closing.len()..];
    loop {
        skip(&mut source)?;
        if source.rest.is_empty() {
            break;
        }
        if !closing.is_empty() && source.passes(closing) {
            skip(&mut source)?;
            let (line, rest) = (source.line(), source.rest);
            return match rest.is_empty() {
                true => Ok(pairing.finish()),
                false => Err(ReadError::new(
                    line,
                    format!("expected the end of the file, found {}", quoted(rest)),
                )),
            };
        }
        event(&mut source, &mut pairing, &mut turns)?;
    }
    match closing {
        "" => Ok(pairing.finish()),
        _ => Err(ReadError::new(
            source.line(),
            format!("the file ends here: expected `{closing}` to close what line {opened} opens"),
        )),
    }
}

/// Passes over what means nothing between events.
fn skip(source: &mut Source<'_>) -> Result<(), ReadError> {
    let whole = source.rest;
    let skipped = source.blank();
    skipped.map_err(|bad| misspelled(bad, source.line(), whole))
}

/// The error about an event that is not as it should be, with what it is.
fn misspelled(bad: Bad, line: u32, whole: &str) -> ReadError {
    bad.at(line, |why| {
        let colon = if why.is_empty() { "" } else { ": " };
        format!("{EXPECTED}, found {}{colon}{why}", quoted(whole))
    })
}

fn is_end_of_word(letter: char) -> bool {
    matches!(letter, ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '"') || letter.is_whitespace()
}

impl<'a> Source<'a> {
    /// Passes over white space, commas and comments.
    fn white(&mut self) {
        loop {
            self.until(|letter| letter != ',' && !letter.is_whitespace());
            if self.peek() != Some(b';') {
                return;
            }
            self.until(|letter| letter == '\n');
        }
    }

    /// Passes over what means nothing: white space, and what somebody put out of use with `#_`.
    fn blank(&mut self) -> Result<(), Bad> {
        self.white();
        while self.passes("#_") {
            self.pass()?;
            self.white();
        }
        Ok(())
    }

    /// Passes over the next value, whatever it is and however deep.
    fn pass(&mut self) -> Result<(), Bad> {
        let (mut open, mut wanted) = (Vec::new(), 1);
        while wanted > 0 {
            self.white();
            match self.peek() {
                Some(b'[' | b'(' | b'{') => {
                    open.push(self.bracket());
                    continue;
                }
                Some(b']' | b')' | b'}') => {
                    let closing = self.bracket();
                    if open.pop() != Some(closing) {
                        return Err(unexpected(closing));
                    }
                }
                Some(b'#') if self.passes("#_") => {
                    wanted += u32::from(open.is_empty());
                    continue;
                }
                Some(b'#') if !self.rest.starts_with("##") => {
                    self.passes("#");
                    match self.peek() {
                        Some(b'"') => self.pattern().map(drop)?,
                        Some(b'{') => continue,
                        _ => {
                            self.tag()?;
                            continue;
                        }
                    }
                }
                Some(b'"') => self.text().map(drop)?,
                Some(b'\\') => self.letter().map(drop)?,
                Some(_) => drop(self.until(is_end_of_word)),
                None => return Err(Bad::ENDS),
            }
            wanted -= u32::from(open.is_empty());
        }
        Ok(())
    }

    /// Passes over a bracket, and says by which it is closed.
    fn bracket(&mut self) -> char {
        let bracket = self.rest.chars().next();
        self.rest = &self.rest[1..];
        match bracket {
            Some('[' | ']') => ']',
            Some('(' | ')') => ')',
            _ => '}',
        }
    }

    /// The name behind `#`.
    fn tag(&mut self) -> Result<&'a str, Bad> {
        match self.until(is_end_of_word) {
            "" => Err(Bad::spelling("a tag without a name")),
            name => Ok(name),
        }
    }

    /// The pattern in quotation marks, as it is written.
    fn pattern(&mut self) -> Result<&'a str, Bad> {
        let whole = self.rest;
        self.passes("\"");
        loop {
            self.until(|letter| matches!(letter, '"' | '\\'));
            if self.passes("\"") {
                return Ok(&whole[..whole.len() - self.rest.len()]);
            }
            // Whatever stands behind a backslash, it ends nothing.
            let mut left = self.rest.chars();
            left.next();
            left.next().ok_or(Bad::ENDS)?;
            self.rest = left.as_str();
        }
    }

    /// The letter behind a backslash, as it is written with it.
    fn letter(&mut self) -> Result<&'a str, Bad> {
        let whole = self.rest;
        let mut left = whole.chars();
        left.next();
        left.next().ok_or(Bad::ENDS)?;
        self.rest = left.as_str();
        self.until(is_end_of_word);
        Ok(&whole[..whole.len() - self.rest.len()])
    }

    /// Takes in the next value, which may be nested `depth` deep.
    fn value(&mut self, values: &mut Values, depth: u32) -> Result<Value, Bad> {
        self.blank()?;
        match self.peek() {
            None => Err(Bad::ENDS),
            Some(b'[' | b'(') => {
                let list = self.list(values, depth)?;
                Ok(values.list(list))
            }
            Some(b'{') => self.map(values, depth),
            Some(b']' | b')' | b'}') => Err(unexpected(self.bracket())),
            Some(b'"') => self.text().map(|text| values.text(&text)),
            Some(b'\\') => {
                let word = self.letter()?;
                let digits = word.strip_prefix("\\u").filter(|digits| digits.len() == 4);
                Ok(
                    match digits.and_then(|digits| Source::new(digits, 1).by_number()) {
                        Some(meant) => values.word(&format!("\\{meant}")),
                        None => values.word(word),
                    },
                )
            }
            Some(b'#') if !self.rest.starts_with("##") => {
                self.passes("#");
                match self.peek() {
                    Some(b'{') => self.set(values, depth),
                    Some(b'"') => {
                        let pattern = self.pattern()?;
                        let pattern = values.text(pattern);
                        Ok(values.tagged("", pattern))
                    }
                    _ => {
                        let tag = self.tag()?;
                        let depth = depth.checked_sub(1).ok_or(Bad::DEEP)?;
                        let value = self.value(values, depth)?;
                        Ok(values.tagged(tag, value))
                    }
                }
            }
            Some(_) => word(self.until(is_end_of_word), values),
        }
    }

    /// The values up to the bracket that closes what is opened next.
    fn list(&mut self, values: &mut Values, depth: u32) -> Result<Vec<Value>, Bad> {
        let depth = depth.checked_sub(1).ok_or(Bad::DEEP)?;
        let closing = self.bracket();
        let mut list = Vec::new();
        loop {
            self.blank()?;
            if self.rest.starts_with(closing) {
                self.bracket();
                return Ok(list);
            }
            list.push(self.value(values, depth)?);
        }
    }

    /// A set, in an order of its own.
    fn set(&mut self, values: &mut Values, depth: u32) -> Result<Value, Bad> {
        let mut list = self.list(values, depth)?;
        list.sort_unstable();
        match list.is_sorted_by(|one, next| one != next) {
            true => Ok(values.list(list)),
            false => Err(Bad::spelling("an element stands twice in a set")),
        }
    }

    /// A map as a list of pairs, in an order of its own.
    fn map(&mut self, values: &mut Values, depth: u32) -> Result<Value, Bad> {
        let mut list = self.list(values, depth)?;
        let (pairs, []) = list.as_chunks_mut::<2>() else {
            return Err(Bad::spelling("a key without a value in a map"));
        };
        pairs.sort_unstable();
        if !pairs.is_sorted_by(|one, next| one[0] != next[0]) {
            return Err(TWICE);
        }
        let count = pairs.len();
        for pair in 0..count {
            list[pair] = values.list(list[2 * pair..2 * pair + 2].to_vec());
        }
        list.truncate(count);
        Ok(values.list(list))
    }

    /// What the next value is of, if it is of a key that stands beside it, and that value.
    fn keyed(&mut self, values: &mut Values) -> Result<(Option<Value>, Value), Bad> {
        self.blank()?;
        let tag = self.rest.strip_prefix('#').unwrap_or_default();
        let tag = tag.split(is_end_of_word).next().unwrap_or_default();
        let name = tag.rsplit(['.', '/']).next().unwrap_or_default();
        if !["tuple", "Tuple", "MapEntry"].contains(&name) {
            return Ok((None, self.value(values, DEPTH_MAX)?));
        }
        self.rest = &self.rest[1 + tag.len()..];
        self.blank()?;
        let is_map = self.peek() == Some(b'{');
        let whole = self.value(values, DEPTH_MAX)?;
        let pair = match (is_map, values.list_in(whole)) {
            (false, [key, value]) => Some((*key, *value)),
            (true, fields) => {
                let value = named(values, fields, &["value", "val"]);
                named(values, fields, &["key"]).zip(value)
            }
            _ => None,
        };
        let (key, value) = pair.ok_or(PAIRS)?;
        Ok((Some(key), value))
    }
}

const TWICE: Bad = Bad::spelling("a key stands twice in a map");
const PAIRS: Bad =
    Bad::meaning("expected a key and a value of it such as #jepsen.independent/tuple [key value]");

fn unexpected(bracket: char) -> Bad {
    Bad::Spelling(format!("an unexpected `{bracket}` in it").into())
}

/// The value of a word that is no text.
fn word(word: &str, values: &mut Values) -> Result<Value, Bad> {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    Ok(match word {
        "nil" => Value::Nil,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if digits.starts_with(|first: char| first.is_ascii_digit()) => number(word, values)?,
        ":" => return Err(Bad::spelling("a keyword without a name")),
        _ if word.starts_with([':', '#']) => values.word(word),
        // Some write texts without quotation marks.
        _ => values.text(word),
    })
}

/// A number: whole, or kept exactly as a word.
fn number(word: &str, values: &mut Values) -> Result<Value, Bad> {
    // A letter may say how large it may be.
    let bare = word.strip_suffix(['N', 'M']).unwrap_or(word);
    if let Some(number) = bare.parse().ok().or_else(|| by_base(bare)) {
        return Ok(Value::Int(number));
    }
    if let Some((above, below)) = word.split_once('/') {
        let are_numbers = above.parse::<i64>().is_ok() && below.parse::<u64>().is_ok();
        return match are_numbers {
            true => Ok(values.word(word)),
            false => Err(Bad::NUMBER),
        };
    }
    let number = Decimal::of(bare).ok_or(Bad::NUMBER)?;
    let is_whole = !bare.contains(['.', 'e', 'E']);
    match is_whole {
        true if bare == word => Err(Bad::NUMBER),
        true => Ok(values.word(bare.trim_start_matches('+'))),
        false => Ok(values.word(&number.words())),
    }
}

/// A whole number with a base, such as 0x1f or 2r101.
fn by_base(word: &str) -> Option<i64> {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    let (base, digits) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None => {
            let (base, digits) = digits.split_once(['r', 'R'])?;
            (base.parse().ok()?, digits)
        }
    };
    let sign = if word.starts_with('-') { "-" } else { "" };
    let is_number = (2..=36).contains(&base) && !digits.starts_with(['+', '-']);
    is_number
        .then(|| i64::from_str_radix(&format!("{sign}{digits}"), base).ok())
        .flatten()
}

/// In which order events say that they happened.
#[derive(Default)]
struct Turns {
    index: Option<i64>,
    /// By process: the time of its last event. Between processes it may go back: each notes its own and then waits for
    /// its turn to log.
    times: BTreeMap<Value, i64>,
}

impl Turns {
    /// The next event. The error says in which way it comes before an earlier one; `name` is the process's.
    fn take(
        &mut self,
        process: Value,
        fields: &Fields<'_>,
        name: impl FnOnce() -> String,
    ) -> Result<(), String> {
        if let Value::Int(index) = fields.index
            && let Some(last) = self.index.replace(index)
            && last >= index
        {
            return Err(format!("expected an :index above {last}, found {index}"));
        }
        if let Value::Int(time) = fields.time
            && let Some(last) = self.times.insert(process, time)
            && last > time
        {
            return Err(format!(
                "expected a :time of {} from {last} on, found {time}",
                name()
            ));
        }
        Ok(())
    }
}

/// What an event says.
#[derive(Default)]
struct Fields<'a> {
    process: Value,
    /// Names without their colons.
    kind: &'a str,
    f: &'a str,
    /// The key that a field of that name says, and the one that stands beside the value.
    key: Option<Value>,
    value: (Option<Value>, Value),
    time: Value,
    index: Value,
    /// Which fields have been met, by their numbers.
    met: u8,
}

impl<'a> Fields<'a> {
    /// The fields of the map that is next, behind its name if it has one: records such as `#jepsen.history.Op{…}` do.
    fn of(source: &mut Source<'a>, values: &mut Values) -> Result<Self, Bad> {
        while source.passes("#") {
            source.tag()?;
            source.blank()?;
        }
        if !source.passes("{") {
            return Err(Bad::spelling(""));
        }
        let mut fields = Self::default();
        loop {
            source.blank()?;
            if source.passes("}") {
                return Ok(fields);
            }
            fields.field(source, values)?;
        }
    }

    /// Takes in the next one.
    fn field(&mut self, source: &mut Source<'a>, values: &mut Values) -> Result<(), Bad> {
        const KNOWN: [&str; 7] = [
            ":process", ":type", ":f", ":key", ":value", ":time", ":index",
        ];
        let before = source.rest;
        source.pass()?;
        let field = &before[..before.len() - source.rest.len()];
        source.blank()?;
        if let Some(known) = KNOWN.iter().position(|known| *known == field) {
            if self.met & 1 << known != 0 {
                return Err(TWICE);
            }
            self.met |= 1 << known;
        }
        if source.peek() == Some(b'}') {
            return Err(Bad::spelling("a key without a value in a map"));
        }
        match field {
            ":process" => self.process = source.process(values)?,
            ":type" => self.kind = source.name()?,
            ":f" => self.f = source.name()?,
            ":key" => self.key = Some(source.value(values, DEPTH_MAX)?),
            ":value" => self.value = source.keyed(values)?,
            ":time" => self.time = source.value(values, DEPTH_MAX)?,
            ":index" => self.index = source.value(values, DEPTH_MAX)?,
            _ => source.pass()?,
        }
        Ok(())
    }
}

impl<'a> Source<'a> {
    /// A client's number or name; nil where the next value is neither.
    fn process(&mut self, values: &mut Values) -> Result<Value, Bad> {
        let is_name = match self.peek() {
            Some(b'"' | b':') => true,
            Some(first) => first.is_ascii_alphabetic(),
            None => false,
        };
        Ok(match self.value(values, DEPTH_MAX)? {
            number @ Value::Int(_) => number,
            name @ Value::Text(_) if is_name => name,
            _ => Value::Nil,
        })
    }

    /// The name of what was done, without its colon; empty where the next value is none.
    fn name(&mut self) -> Result<&'a str, Bad> {
        let before = self.rest;
        self.pass()?;
        let name = &before[..before.len() - self.rest.len()];
        Ok(
            match name.starts_with(['[', '(', '{', '#', '\\']) || name == "nil" {
                true => "",
                false => name.trim_matches('"').trim_start_matches(':'),
            },
        )
    }
}

fn event<'a>(
    source: &mut Source<'a>,
    pairing: &mut Pairing,
    turns: &mut Turns,
) -> Result<(), ReadError> {
    let (line, whole) = (source.line(), source.rest);
    let fields = Fields::of(source, pairing.values());
    let fields = fields.map_err(|bad| misspelled(bad, source.line(), whole))?;
    let wrong = |words: &str| Err(ReadError::new(line, words));
    let process = fields.process;
    if process == Value::Nil {
        return wrong("expected :process, a number or a name");
    }
    // Nanoseconds.
    let at = match fields.time {
        Value::Int(time) => u64::try_from(time).ok().map(|time| Micros(time / 1_000)),
        _ => None,
    };
    let (beside, value) = fields.value;
    if pairing.is_nemesis(process) {
        let mut told = String::from(match fields.f {
            "" => fields.kind,
            f => f,
        });
        if value != Value::Nil {
            told.push(' ');
            told.push_str(&pairing.values().words(value));
        }
        pairing.fault(told, at);
        return Ok(());
    }
    if fields.f.is_empty() {
        return wrong("expected :f as a keyword such as :read or :write");
    }
    turns
        .take(process, &fields, || pairing.name(process))
        .map_err(|words| ReadError::new(line, words))?;
    let Some(kind) = Kind::of(fields.kind) else {
        return wrong("expected :type as :invoke, :ok, :fail or :info");
    };
    pairing.add(Event {
        line,
        process,
        kind,
        f: fields.f,
        key: beside.or(fields.key),
        value,
        at,
    })
}

/// A value on its own, as it stands in a line of a log.
pub(super) fn one(text: &str, values: &mut Values) -> Result<Value, Bad> {
    let mut source = Source::new(text, 1);
    let value = source.value(values, DEPTH_MAX)?;
    source.blank()?;
    match source.rest.is_empty() {
        true => Ok(value),
        false => Err(Bad::spelling("more than one value")),
    }
}
