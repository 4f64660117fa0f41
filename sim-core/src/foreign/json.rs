//! JSON, taken in while it is read.

use super::source::{Bad, Decimal, Source};
use crate::check::history::{Value, Values};
use alloc::borrow::Cow;
use alloc::vec::Vec;

impl<'a> Source<'a> {
    fn space(&mut self) {
        self.until(|letter| !matches!(letter, ' ' | '\t' | '\r' | '\n'));
    }

    /// Takes in the next value, which may be nested `depth` deep.
    pub fn json(&mut self, values: &mut Values, depth: u32) -> Result<Value, Bad> {
        self.space();
        let inner = || depth.checked_sub(1).ok_or(Bad::DEEP);
        match self.peek() {
            Some(b'"') => self.json_text().map(|text| values.text(&text)),
            Some(b'-' | b'0'..=b'9') => self.number(values),
            Some(b'[') => {
                let depth = inner()?;
                let mut list = Vec::new();
                self.each("[", "]", |source| {
                    list.push(source.json(values, depth)?);
                    Ok(())
                })?;
                Ok(values.list(list))
            }
            Some(b'{') => {
                let depth = inner()?;
                let mut pairs = Vec::new();
                self.members(|source, name| {
                    let pair = [values.text(&name), source.json(values, depth)?];
                    pairs.push(pair);
                    Ok(())
                })?;
                pairs.sort_unstable();
                if !pairs.is_sorted_by(|one, next| one[0] != next[0]) {
                    return Err(Bad::spelling("a field stands twice"));
                }
                let pairs = pairs.iter().map(|pair| values.list(pair.to_vec()));
                let pairs = pairs.collect();
                Ok(values.list(pairs))
            }
            _ if self.passes("null") => Ok(Value::Nil),
            _ if self.passes("true") => Ok(Value::Bool(true)),
            _ if self.passes("false") => Ok(Value::Bool(false)),
            _ => Err(Bad::spelling("no value")),
        }
    }

    /// Takes in the object that is next, field by field.
    pub fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.each("{", "}", |source| {
            let name = source.json_text()?;
            source.space();
            match source.passes(":") {
                true => member(source, name),
                false => Err(Bad::spelling("no colon")),
            }
        })
    }

    /// Takes in what stands between brackets, with a comma between one and the next.
    fn each(
        &mut self,
        opening: &'static str,
        closing: &'static str,
        mut one: impl FnMut(&mut Self) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        if !self.passes(opening) {
            return Err(Bad::spelling("no opening bracket"));
        }
        self.space();
        if self.passes(closing) {
            return Ok(());
        }
        loop {
            self.space();
            one(self)?;
            self.space();
            if self.passes(closing) {
                return Ok(());
            }
            if self.rest.is_empty() {
                return Err(Bad::ENDS);
            }
            if !self.passes(",") {
                return Err(Bad::spelling("neither a comma nor a closing bracket"));
            }
        }
    }

    fn json_text(&mut self) -> Result<Cow<'a, str>, Bad> {
        match self.peek() {
            Some(b'"') => self.text(),
            _ => Err(Bad::spelling("no text")),
        }
    }

    /// A number: 1.0 is 1. What is not whole is kept exactly, as a word.
    fn number(&mut self, values: &mut Values) -> Result<Value, Bad> {
        let is_digit = |letter: char| letter.is_ascii_digit();
        let text = self.until(|letter| !is_digit(letter) && !".eE+-".contains(letter));
        if let Ok(number) = text.parse() {
            return Ok(Value::Int(number));
        }
        let number = Decimal::of(text).ok_or(Bad::spelling("no number"))?;
        match number.is_whole() {
            true => number.whole().map(Value::Int).ok_or(Bad::NUMBER),
            false => Ok(values.word(&number.words())),
        }
    }
}
