//! What stands behind the operations and before them: the axis, what was done to the system, and the moment that is
//! looked at.

use sim_core::check::history::{Fault, History};

use super::Laid;
use super::draw::{SIZE, Scale};
use crate::element::{Element, element, path, when};
use crate::text;

impl Laid {
    /// The moment that is looked at.
    pub(super) fn cursor(&self, scale: &Scale<'_>, bottom: f64) -> Option<Element> {
        let (x, words, middle, _) = scale.now()?;
        let stroke = path(&[("M", &[x, 20.0]), ("V", &[bottom + 5.0])]);
        let says = element("text")
            .is("text-anchor", "middle")
            .at("x", middle)
            .at("y", bottom + 19.0);
        let drawn = element("g").class("op-now").is("aria-hidden", "true");
        let drawn = drawn.child(element("path").has("d", stroke));
        Some(drawn.child(says.text(words)))
    }

    /// The axis, with the moments that there is room for.
    pub(super) fn foot(&self, mut back: Element, scale: &Scale<'_>, bottom: f64) -> Element {
        let line = path(&[("M", &[scale.left(), bottom]), ("H", &[scale.right()])]);
        back = back.child(element("path").class("op-axis").has("d", line));
        let strokes = self
            .axis
            .strokes(&scale.look.window, scale.look.width / 110.0);
        for fold in self.axis.folds(&scale.look.window) {
            let x = scale.x(fold);
            let sign = path(&[
                ("M", &[x - 4.0, bottom + 4.0]),
                ("l", &[3.0, -8.0]),
                ("m", &[1.0, 8.0]),
                ("l", &[3.0, -8.0]),
            ]);
            back = back.child(element("path").class("op-fold").has("d", sign));
        }
        let taken = scale
            .now()
            .map(|(_, _, middle, half)| (middle - half - SIZE, middle + half + SIZE));
        let mut free = scale.left() - SIZE;
        for (at, words) in strokes {
            let x = scale.x(at);
            let half = text::width(&words, SIZE) / 2.0;
            let is_taken = taken.is_some_and(|(from, until)| x + half > from && x - half < until);
            if x - half < free || x + half > scale.look.width || is_taken {
                continue;
            }
            free = x + half + SIZE;
            let stroke = path(&[("M", &[x, bottom]), ("v", &[5.0])]);
            back = back
                .child(element("path").class("op-axis").has("d", stroke))
                .child(
                    element("text")
                        .class("op-tick")
                        .is("text-anchor", "middle")
                        .at("x", x)
                        .at("y", bottom + 19.0)
                        .text(&words),
                );
        }
        back
    }
}

/// What was done to the system: a stroke across the rows with its words above; those without room keep the stroke.
pub(super) fn faults(history: &History, laid: &Laid, scale: &Scale<'_>, bottom: f64) -> Element {
    let window = scale.look.window;
    let seen: Vec<(f64, &Fault)> = history
        .faults
        .iter()
        .map(|fault| (laid.axis.fault(fault), fault))
        .filter(|(at, _)| window.has(*at))
        .collect();
    // Those that stand at one place are one stroke, and all are named at it.
    let mut strokes: Vec<Stroke> = Vec::new();
    for (at, fault) in seen {
        let x = scale.x(at);
        match strokes.last_mut().filter(|last| x - last.x < 2.0) {
            Some(last) => {
                last.words.push_str(", ");
                last.words.push_str(&fault.words);
                last.mends &= fault.mends;
            }
            None => strokes.push(Stroke {
                x,
                words: fault.words.clone(),
                mends: fault.mends,
            }),
        }
    }
    let ends = strokes.iter().skip(1).map(|next| next.x);
    let ends: Vec<f64> = ends.chain([scale.look.width]).collect();
    let (mut drawn, mut free) = (Vec::new(), 0.0);
    for (stroke, end) in strokes.iter().zip(ends) {
        drawn.push(stroke.drawn(&mut free, end, bottom));
    }
    element("g")
        .class("op-faults")
        .is("aria-hidden", "true")
        .children(drawn)
}

/// Bold words take as much room as thin ones that are so large.
const BOLD: f64 = SIZE + 1.0;

/// What was done to the system at one place.
struct Stroke {
    x: f64,
    words: String,
    mends: bool,
}

impl Stroke {
    /// A cross for what breaks something, a diamond for what makes it whole again; with words, if they fit before the
    /// next one, or else behind the words before. `free` is where those end.
    fn drawn(&self, free: &mut f64, next: f64, bottom: f64) -> Element {
        let x = self.x;
        let sign = match self.mends {
            true => path(&[
                ("M", &[x, 8.0]),
                ("l", &[5.0, 5.0]),
                ("l", &[-5.0, 5.0]),
                ("l", &[-5.0, -5.0]),
                ("Z", &[]),
            ]),
            false => path(&[
                ("M", &[x - 4.0, 9.0]),
                ("l", &[8.0, 8.0]),
                ("m", &[0.0, -8.0]),
                ("l", &[-8.0, 8.0]),
            ]),
        };
        let line = path(&[("M", &[x, 18.0]), ("V", &[bottom])]);
        let drawn = element("g")
            .classes(&["op-act", when(self.mends, "is-whole")])
            .child(element("path").class("op-fault").has("d", line))
            .child(element("path").class("op-fault-sign").has("d", sign));
        let (right, left) = (next - x - 14.0, x - 14.0 - *free);
        let is_left = text::width(&self.words, BOLD) > right && left > right;
        let fitted = text::fit(&self.words, BOLD, if is_left { left } else { right });
        *free = x + 6.0;
        if fitted.chars().count() <= 3 && fitted != self.words {
            return drawn;
        }
        let words = element("text").class("op-fault-words").at("y", 17.0);
        let words = match is_left {
            true => words.is("text-anchor", "end").at("x", x - 10.0),
            false => {
                *free = x + 10.0 + text::width(&fitted, BOLD) + 8.0;
                words.at("x", x + 10.0)
            }
        };
        drawn.child(words.text(&fitted))
    }
}
