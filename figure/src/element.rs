//! An SVG element as plain data.

use std::borrow::Cow;
use std::ops::Deref;

/// An element with its attributes and what is in it.
///
/// The methods that build one are called in hundreds of places and so are kept whole: each call stays small.
#[derive(Clone, PartialEq, Debug)]
pub struct Element(Box<Parts>);

/// What an [`Element`] consists of.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Parts {
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

impl Deref for Element {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Begins an element.
#[inline(never)]
pub fn element(tag: &'static str) -> Element {
    Element(Box::new(Parts {
        tag,
        ..Parts::default()
    }))
}

impl Element {
    /// With an attribute.
    #[must_use]
    #[inline(never)]
    pub fn is(mut self, name: &'static str, value: &'static str) -> Self {
        self.0.attributes.push((name, Cow::Borrowed(value)));
        self
    }

    /// With an attribute that was made up just now.
    #[must_use]
    #[inline(never)]
    pub fn has(mut self, name: &'static str, value: String) -> Self {
        self.0.attributes.push((name, Cow::Owned(value)));
        self
    }

    /// With a number for an attribute.
    #[must_use]
    #[inline(never)]
    pub fn at(self, name: &'static str, value: f64) -> Self {
        self.has(name, tenths(value))
    }

    /// With a class.
    #[must_use]
    #[inline(never)]
    pub fn class(self, class: &'static str) -> Self {
        if class.is_empty() {
            return self;
        }
        self.is("class", class)
    }

    /// With those of the classes that are not empty.
    #[must_use]
    #[inline(never)]
    pub fn classes(self, classes: &[&str]) -> Self {
        match joined(classes) {
            none if none.is_empty() => self,
            some => self.has("class", some),
        }
    }

    /// With text.
    #[must_use]
    #[inline(never)]
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.0.text);
        self
    }

    /// With a key.
    #[must_use]
    #[inline(never)]
    pub fn key(mut self, key: String) -> Self {
        self.0.key = key;
        self
    }

    /// With another element in it.
    #[must_use]
    #[inline(never)]
    pub fn child(mut self, child: Self) -> Self {
        self.0.children.push(child);
        self
    }

    /// Puts another element into it, behind all others.
    pub fn add(&mut self, child: Self) {
        self.0.children.push(child);
    }

    /// With other elements in it.
    #[must_use]
    #[inline(never)]
    pub fn children(mut self, children: Vec<Self>) -> Self {
        self.0.children.extend(children);
        self
    }

    /// Something that can be pointed at, by hand or by keyboard: its code, whether the keyboard stops there, and what it
    /// is called.
    #[must_use]
    #[inline(never)]
    pub fn pointed_at(self, code: String, stop: &'static str, name: String) -> Self {
        self.has("data-target", code)
            .is("tabindex", stop)
            .is("role", "button")
            .is("aria-haspopup", "dialog")
            .has("aria-label", name)
    }

    /// The element as text for an HTML page.
    pub fn markup(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(self.tag);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
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
        out.push_str("</");
        out.push_str(self.tag);
        out.push('>');
    }
}

/// The words that are not empty, with spaces between them.
#[inline(never)]
pub fn joined(words: &[&str]) -> String {
    let mut all = String::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(word);
    }
    all
}

/// `word` where it applies.
pub const fn when(applies: bool, word: &'static str) -> &'static str {
    if applies { word } else { "" }
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
        let told = element("text").is("x", "1").text("<Ann> & \"Ben\"");
        let group = element("g").class("a\"b").child(told);
        assert_eq!(
            group.markup(),
            "<g class=\"a&quot;b\"><text x=\"1\">&lt;Ann&gt; &amp; &quot;Ben&quot;</text></g>"
        );
    }
}
