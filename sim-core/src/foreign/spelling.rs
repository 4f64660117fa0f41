//! Spellings of EDN that the reader does not know, put so that it does: `2N` and `1.5M`, letters by their number
//! (`\u0041`, in texts also `\101` and `\/`), and `##NaN`. Lines stay where they are, and what is no number of 64 bits is
//! a text.

use alloc::borrow::Cow;
use alloc::string::String;

/// The text as the reader knows it.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !is_unusual(text) {
        return Cow::Borrowed(text);
    }
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_in(rest, &mut made),
            '\\' => letter_in(rest, &mut made),
            _ => {
                let length = match first {
                    ';' => rest.find('\n').unwrap_or(rest.len()),
                    _ if is_between(first) => first.len_utf8(),
                    _ => rest.find(is_between).unwrap_or(rest.len()),
                };
                match is_between(first) {
                    true => made.push_str(&rest[..length]),
                    false => word(&rest[..length], &mut made),
                }
                length
            }
        };
        rest = &rest[length..];
    }
    Cow::Owned(made)
}

/// Whether something in a text may have to be put otherwise: most texts are as the reader knows them.
fn is_unusual(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| match pair {
        [b'\\', next] => matches!(next, b'u' | b'/' | b'0'..=b'7'),
        [before, b'N' | b'M'] => before.is_ascii_digit() || *before == b'.',
        [b'#', b'#'] => true,
        _ => false,
    })
}

/// What stands between words.
const fn is_between(letter: char) -> bool {
    matches!(
        letter,
        '(' | ')' | '[' | ']' | '{' | '}' | '"' | ';' | ',' | '\\'
    ) || letter.is_whitespace()
}

/// Takes a word that is no text: a number may say with a letter how large it may be.
fn word(word: &str, made: &mut String) {
    let digits = word.trim_start_matches(['+', '-']);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit());
    let bare = word.strip_suffix(['N', 'M']).filter(|bare| {
        let of_number =
            |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | 'E' | '+' | '-');
        is_number && bare.chars().all(of_number)
    });
    match word.strip_prefix("##") {
        Some(name) => {
            made.push(':');
            made.push_str(name);
        }
        // What takes more than 64 bits is kept as it is written.
        None if bare.is_some_and(is_too_long) => {
            made.push('"');
            made.push_str(bare.unwrap_or(word));
            made.push('"');
        }
        None => made.push_str(bare.unwrap_or(word)),
    }
}

fn is_too_long(number: &str) -> bool {
    number
        .bytes()
        .all(|digit| digit.is_ascii_digit() || matches!(digit, b'+' | b'-'))
        && number.parse::<i64>().is_err()
}

/// Takes the text in quotation marks at the beginning of `rest`, and says how long it was.
fn text_in(rest: &str, made: &mut String) -> usize {
    made.push('"');
    let mut at = 1;
    while let Some(letter) = rest[at..].chars().next() {
        at += letter.len_utf8();
        match letter {
            '"' => {
                made.push('"');
                return at;
            }
            '\\' => {
                let (length, meant) = by_number(&rest[at..]);
                at += length;
                match meant {
                    Some('"') => made.push_str("\\\""),
                    Some('\\') => made.push_str("\\\\"),
                    Some(letter) => made.push(letter),
                    None => {
                        made.push('\\');
                        // Whatever it is, it ends nothing.
                        let next = rest[at..].chars().next();
                        made.extend(next);
                        at += next.map_or(0, char::len_utf8);
                    }
                }
            }
            letter => made.push(letter),
        }
    }
    at
}

/// Takes the letter that stands on its own at the beginning of `rest`, and says how long it was.
fn letter_in(rest: &str, made: &mut String) -> usize {
    made.push('\\');
    let (length, meant) = match rest[1..].strip_prefix('u') {
        Some(_) => by_number(&rest[1..]),
        None => (0, None),
    };
    if let Some(letter) = meant.filter(|letter| !letter.is_whitespace() && !letter.is_control()) {
        made.push(letter);
        return 1 + length;
    }
    let next = rest[1..].chars().next();
    made.extend(next);
    1 + next.map_or(0, char::len_utf8)
}

/// The letter that is meant behind a backslash, if it is told by a number or is a slash, and how long that was.
fn by_number(rest: &str) -> (usize, Option<char>) {
    if rest.starts_with('/') {
        return (1, Some('/'));
    }
    if let Some(digits) = rest.strip_prefix('u') {
        let digits = digits
            .get(..4)
            .filter(|digits| digits.chars().all(|one| one.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        // Half of a letter that takes two numbers is none.
        return match number {
            Some(number) => (5, Some(char::from_u32(number).unwrap_or('\u{fffd}'))),
            None => (0, None),
        };
    }
    let digits = rest
        .bytes()
        .take(3)
        .take_while(|one| matches!(one, b'0'..=b'7'))
        .count();
    let number = u32::from_str_radix(&rest[..digits], 8)
        .ok()
        .filter(|number| *number < 256);
    match number {
        Some(number) => (digits, char::from_u32(number)),
        None => (0, None),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn unusual_spellings_are_put_plainly() {
        for (text, expected) in [
            (
                "{:value 2N, :other [-3N 1.5M]}",
                "{:value 2, :other [-3 1.5]}",
            ),
            (r#""a\u0041\/\101""#, r#""aA/A""#),
            (r#""\u0022 \u005c""#, r#""\" \\""#),
            (
                r#"[\u0041 \newline \\ \uxyz] ; 2N "#,
                r#"[\A \newline \\ \uxyz] ; 2N "#,
            ),
            ("##NaN", ":NaN"),
            ("99999999999999999999N 9M", "\"99999999999999999999\" 9"),
            (r#"[2N "5N \" 6N" 7N]"#, r#"[2 "5N \" 6N" 7]"#),
            (":k5N x2N 0x1F", ":k5N x2N 0x1F"),
            (r#"2N "never closed \"#, r#"2 "never closed \"#),
            (r#""\ud83d""#, "\"\u{fffd}\""),
        ] {
            assert_eq!(plain(text), expected);
        }
    }
}
