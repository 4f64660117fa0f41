//! What is left of a text while it is read, and what EDN and JSON spell alike: texts and numbers.

use super::ReadError;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

/// What is nested deeper than this is no value of a history.
pub const DEPTH_MAX: u32 = 32;

/// What lists in lists look like, for error messages.
pub const DEPTHS: &str = "expected values that are nested at most 32 deep, found deeper ones";

/// What numbers look like, for error messages.
pub const NUMBERS: &str = "expected whole numbers of at most 64 bits, found another number";

/// What is wrong where the source stands.
#[derive(PartialEq, Eq, Debug)]
pub enum Bad {
    /// It is not spelled as it should be.
    Spelling(Cow<'static, str>),
    /// It is, but means nothing that a history can hold; with what was expected.
    Meaning(Cow<'static, str>),
}

impl Bad {
    pub const ENDS: Self = Self::Spelling(Cow::Borrowed("the file ends in it"));
    pub const DEEP: Self = Self::Meaning(Cow::Borrowed(DEPTHS));
    pub const NUMBER: Self = Self::Meaning(Cow::Borrowed(NUMBERS));

    pub const fn spelling(why: &'static str) -> Self {
        Self::Spelling(Cow::Borrowed(why))
    }

    pub const fn meaning(expected: &'static str) -> Self {
        Self::Meaning(Cow::Borrowed(expected))
    }

    /// The error on this line; `what` says it of a wrong spelling.
    pub fn at(self, line: u32, what: impl FnOnce(&str) -> String) -> ReadError {
        match self {
            Self::Spelling(why) => ReadError::new(line, what(&why)),
            Self::Meaning(words) => ReadError::new(line, words),
        }
    }
}

/// What is left of a text.
#[derive(Debug)]
pub struct Source<'a> {
    pub rest: &'a str,
    /// What was left when lines were counted last, and which line that was.
    counted: (&'a str, u32),
}

impl<'a> Source<'a> {
    /// The whole text, which begins on line `line`.
    pub const fn new(text: &'a str, line: u32) -> Self {
        Self {
            rest: text,
            counted: (text, line),
        }
    }

    /// The line that was reached.
    pub fn line(&mut self) -> u32 {
        let (before, line) = self.counted;
        let passed = &before.as_bytes()[..before.len() - self.rest.len()];
        let ends = passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = (self.rest, line + ends as u32);
        self.counted.1
    }

    /// The next byte.
    pub fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Goes on behind what is next, if it is that.
    pub fn passes(&mut self, next: &str) -> bool {
        let rest = self.rest.strip_prefix(next);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Goes on at the first letter that `is_end`, and gives what stands before it.
    pub fn until(&mut self, is_end: impl FnMut(char) -> bool) -> &'a str {
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (before, rest) = self.rest.split_at(end);
        self.rest = rest;
        before
    }

    /// The text in quotation marks that is next.
    pub fn text(&mut self) -> Result<Cow<'a, str>, Bad> {
        self.passes("\"");
        let mut text = Cow::Borrowed("");
        loop {
            let part = self.until(|letter| matches!(letter, '"' | '\\'));
            match text.is_empty() {
                true => text = Cow::Borrowed(part),
                false => text.to_mut().push_str(part),
            }
            if self.passes("\"") {
                return Ok(text);
            }
            if !self.passes("\\") {
                return Err(Bad::ENDS);
            }
            text.to_mut().push(self.escaped()?);
        }
    }

    /// The letter that is meant behind a backslash.
    fn escaped(&mut self) -> Result<char, Bad> {
        const NONE: Bad = Bad::spelling("a backslash before a letter that it does not go with");
        if self.passes("u") {
            return self.by_number().ok_or(NONE);
        }
        let digits = self.rest.bytes().take(3);
        let octal = digits
            .take_while(|digit| matches!(digit, b'0'..=b'7'))
            .count();
        if octal > 0 {
            let number = u8::from_str_radix(&self.rest[..octal], 8);
            self.rest = &self.rest[octal..];
            return number.map(char::from).map_err(|_| NONE);
        }
        let next = self.rest.chars().next().ok_or(Bad::ENDS)?;
        let meant = match next {
            '"' | '\\' | '/' => next,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => return Err(NONE),
        };
        self.rest = &self.rest[1..];
        Ok(meant)
    }

    /// The letter whose number is next, with four digits; some letters take two numbers.
    pub fn by_number(&mut self) -> Option<char> {
        let first = self.digits()?;
        if (0xd800..0xdc00).contains(&first) && self.passes("\\u") {
            let second = self.digits()?.checked_sub(0xdc00)?;
            return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + second);
        }
        char::from_u32(first)
    }

    fn digits(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
    }
}

/// A number as it is written with a point or an exponent, exactly: two are equal if their digits and exponents are.
#[derive(PartialEq, Eq, Debug)]
pub struct Decimal {
    is_negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// What a text says, if it is a number.
    pub fn of(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{part}");
        if whole.is_empty() || !all.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_end_matches('0');
        let moved = all.len() as i64 - digits.len() as i64 - part.len() as i64;
        let exponent = moved + i64::from(exponent.parse::<i32>().ok()?);
        let digits = digits.trim_start_matches('0');
        Some(Self {
            is_negative: mantissa.starts_with('-') && !digits.is_empty(),
            digits: String::from(digits),
            exponent: if digits.is_empty() { 0 } else { exponent },
        })
    }

    /// Whether nothing stands behind its point.
    pub const fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// The number, if it is whole and of at most 64 bits.
    pub fn whole(&self) -> Option<i64> {
        let zeros = usize::try_from(self.exponent)
            .ok()
            .filter(|zeros| *zeros < 20)?;
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}{}{:0<zeros$}", self.digits, "")
            .parse()
            .ok()
            .or(
                // Nothing at all is zero.
                self.digits.is_empty().then_some(0),
            )
    }

    /// The one way in which it is spelled.
    pub fn words(&self) -> String {
        let Self {
            digits, exponent, ..
        } = self;
        let sign = if self.is_negative { "-" } else { "" };
        let point = digits.len() as i64 + exponent;
        match usize::try_from(point) {
            Ok(0) => format!("{sign}0.{digits:0<1}"),
            Ok(point) if point < digits.len() => {
                let (whole, part) = digits.split_at(point);
                format!("{sign}{whole}.{part}")
            }
            Ok(point) if point < 20 => format!("{sign}{digits:0<point$}.0"),
            _ => format!("{sign}{digits}e{exponent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Source};

    #[test]
    fn numbers_are_equal_if_they_are() {
        for (text, words) in [
            ("1.0", "1.0"),
            ("+1.00", "1.0"),
            ("10e-1", "1.0"),
            ("-0.0", "0.0"),
            ("0", "0.0"),
            ("0.10", "0.1"),
            ("-12.5e1", "-125.0"),
            ("1.25", "1.25"),
            ("0.001", "1e-3"),
            ("1e400", "1e400"),
            ("10.0e399", "1e400"),
            ("1e500", "1e500"),
        ] {
            let number = Decimal::of(text).expect("a number");
            assert_eq!(number.words(), words, "{text}");
        }
        for text in ["", ".5", "1.2.3", "1e", "e5", "1e99999999999", "--1", "1x"] {
            assert_eq!(Decimal::of(text), None, "{text}");
        }
        let whole = |text| Decimal::of(text).and_then(|number| number.whole());
        assert_eq!(whole("1.0"), Some(1));
        assert_eq!(whole("0.0"), Some(0));
        assert_eq!(whole("-1.5e1"), Some(-15));
        assert_eq!(whole("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(whole("9223372036854775808"), None);
        assert_eq!(whole("1e400"), None);
        assert_eq!(whole("1.5"), None);
    }

    #[test]
    fn texts_may_spell_letters_by_their_numbers() {
        for (text, meant) in [
            (r#""a\u0041\/\101" x"#, "aA/A"),
            (r#""\u0022 \u005c\t" x"#, "\" \\\t"),
            (r#""\ud83d\ude00" x"#, "😀"),
            (r#""" x"#, ""),
        ] {
            let mut source = Source::new(text, 1);
            assert_eq!(source.text().expect("a text"), meant);
            assert_eq!(source.rest, " x");
        }
        for text in [
            r#""\q""#,
            r#""\ud83d""#,
            r#""\u00""#,
            r#""\u+041""#,
            r#""\777""#,
            r#"""#,
            r#""\"#,
        ] {
            assert!(Source::new(text, 1).text().is_err(), "{text}");
        }
    }
}
