//! The colours of `static/tokens.css` can be told apart: 4.5 to 1 for text, 3 to 1 for marks, in
//! light and in dark (WCAG 2.2).

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../static/tokens.css");

const TEXT_RATIO_MIN: f64 = 4.5;
const MARK_RATIO_MIN: f64 = 3.0;
const GROUNDS: [&str; 3] = ["paper", "page", "sunk"];
const MEANINGS: [&str; 7] = ["write", "read", "vote", "ok", "no", "stale", "cut"];

/// Light and dark.
type Pair = [[f64; 3]; 2];

fn tokens() -> BTreeMap<String, Pair> {
    let lines = TOKENS.lines().filter_map(|line| {
        let (name, value) = line
            .trim()
            .strip_prefix("--")?
            .split_once(": light-dark(#")?;
        let (light, dark) = value.strip_suffix(");")?.split_once(", #")?;
        Some((name.to_owned(), [rgb(light), rgb(dark)]))
    });
    lines.collect()
}

fn rgb(hex: &str) -> [f64; 3] {
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear = colour.map(|part| match part <= 0.04045 {
        true => part / 12.92,
        false => ((part + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn expect(front: &str, ground: &str, ratio_min: f64) {
    let tokens = tokens();
    for (theme, name) in ["light", "dark"].iter().enumerate() {
        let ratio = contrast(tokens[front][theme], tokens[ground][theme]);
        assert!(
            ratio >= ratio_min,
            "{front} on {ground}, {name}: {ratio:.2} < {ratio_min}"
        );
    }
}

#[test]
fn text_can_be_read_on_every_ground() {
    for ground in GROUNDS {
        for front in ["ink", "soft"].into_iter().chain(MEANINGS) {
            expect(front, ground, TEXT_RATIO_MIN);
        }
    }
}

#[test]
fn coloured_words_can_be_read_on_their_own_ground() {
    for meaning in MEANINGS {
        expect(meaning, &format!("{meaning}-bg"), TEXT_RATIO_MIN);
    }
}

#[test]
fn marks_and_focus_can_be_seen() {
    for ground in GROUNDS {
        expect("mark", ground, MARK_RATIO_MIN);
        expect("focus", ground, MARK_RATIO_MIN);
    }
}
