//! An SVG element as plain data.

use std::borrow::Cow;
use std::fmt::Write;

/// An element with its attributes and what is in it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Element {
    /// Its name.
    pub tag: &'static str,
    /// Its attributes, in order.
    pub attributes: Vec<(&'static str, Cow<'static, str>)>,
    /// Its text; only where there are no children.
    pub text: String,
    /// What is in it.
    pub children: Vec<Element>,
    /// Tells it from its siblings when they change places; empty where they never do.
    pub key: String,
}

/// Begins an element.
#[inline(never)]
pub fn element(tag: &'static str) -> Element {
    Element {
        tag,
        ..Element::default()
    }
}

impl Element {
    /// With an attribute.
    #[must_use]
    pub fn with(self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.having(name, value.into())
    }

    // Called hundreds of times: kept whole, so that each call stays small.
    #[inline(never)]
    fn having(mut self, name: &'static str, value: Cow<'static, str>) -> Self {
        self.attributes.push((name, value));
        self
    }

    /// With a number for an attribute.
    #[must_use]
    #[inline(never)]
    pub fn at(self, name: &'static str, value: f64) -> Self {
        self.with(name, tenths(value))
    }

    /// With a class.
    #[must_use]
    pub fn class(self, class: impl Into<Cow<'static, str>>) -> Self {
        self.with("class", class)
    }

    /// With text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// With a key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// With another element in it.
    #[must_use]
    #[inline(never)]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// With other elements in it.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The element as text for an HTML page.
    pub fn markup(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = write!(out, "<{}", self.tag);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"");
            escape(value, out);
            out.push('"');
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        escape(&self.text, out);
        for child in &self.children {
            child.write(out);
        }
        let _ = write!(out, "</{}>", self.tag);
    }
}

/// A number to a tenth, without what a general float printer weighs and costs.
#[inline(never)]
pub fn tenths(value: f64) -> String {
    let mut out = String::new();
    push_tenths(value, &mut out);
    out
}

fn push_tenths(value: f64, out: &mut String) {
    let all = (value.abs() * 10.0 + 0.5) as u32;
    if value < 0.0 && all > 0 {
        out.push('-');
    }
    push_number(all / 10, out);
    if !all.is_multiple_of(10) {
        out.push('.');
        push_number(all % 10, out);
    }
}

fn push_number(number: u32, out: &mut String) {
    if number > 9 {
        push_number(number / 10, out);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// The data of a path: each command with its numbers.
#[inline(never)]
pub fn path(commands: &[(&str, &[f64])]) -> String {
    let mut out = String::new();
    for (command, numbers) in commands {
        out.push_str(command);
        for (i, number) in numbers.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            push_tenths(*number, &mut out);
        }
    }
    out
}

/// The `transform` that moves something to a place.
pub fn translate(x: f64, y: f64) -> String {
    path(&[("translate(", &[x, y]), (")", &[])])
}

fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_to_a_tenth() {
        let written: Vec<String> = [0.0, -0.04, 1.25, -12.34, 100.0, 7.96].map(tenths).into();
        assert_eq!(written, ["0", "0", "1.3", "-12.3", "100", "8"]);
        assert_eq!(
            path(&[("M", &[1.0, 2.5]), ("L", &[-3.0, 0.0]), ("z", &[])]),
            "M1 2.5L-3 0z"
        );
        assert_eq!(translate(1.5, -2.0), "translate(1.5 -2)");
    }

    #[test]
    fn names_from_outside_stay_text() {
        let told = element("text").with("x", "1").text("<Ann> & \"Ben\"");
        let group = element("g").class("a\"b").child(told);
        assert_eq!(
            group.markup(),
            "<g class=\"a&quot;b\"><text x=\"1\">&lt;Ann&gt; &amp; &quot;Ben&quot;</text></g>"
        );
    }
}
