//! How much room words take, roughly: what a browser will make of a font is not known here.

/// The width of a letter as a share of the font's size; system fonts differ, so this is a wide one.
const LETTER: f64 = 0.64;

/// About how wide `text` is in a font of this size.
pub fn width(text: &str, size: f64) -> f64 {
    let narrow = |letter: char| {
        matches!(
            letter,
            'i' | 'l' | 'j' | 't' | 'f' | ' ' | '.' | ',' | '·' | ':' | '1'
        )
    };
    let letters = text.chars().map(|letter| {
        if narrow(letter) {
            LETTER * 0.62
        } else {
            LETTER
        }
    });
    letters.sum::<f64>() * size
}

/// `text`, or as much of it as fits, with an ellipsis.
pub fn fit(text: &str, size: f64, room: f64) -> String {
    fit_by(text, room, &|text| width(text, size))
}

/// The same in another font, in which a text is so wide.
pub fn fit_by(text: &str, room: f64, width: &dyn Fn(&str) -> f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let room = room - width("…");
    let mut kept = String::new();
    for letter in text.chars() {
        kept.push(letter);
        if width(&kept) > room {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_says_so() {
        assert_eq!(fit("North", 15.0, 100.0), "North");
        let cut = fit("A very long name of a branch", 15.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 15.0) <= 100.0, "{cut}");
    }

    #[test]
    fn letters_that_are_all_alike_are_counted() {
        let width = |text: &str| text.chars().count() as f64 * 7.5;
        assert_eq!(fit_by("1 i l", 37.5, &width), "1 i l");
        assert_eq!(fit_by("x = 1 at 1605 ms", 75.0, &width), "x = 1 at…");
    }
}
