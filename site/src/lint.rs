//! What every lesson has.

use crate::lesson::Lesson;
use crate::{Place, Problem};

/// What `lesson` lacks. Only pages in the list of lessons are lessons.
pub fn check(lesson: &Lesson) -> Vec<Problem> {
    let body = &lesson.body;
    let has = |heading: &str| body.headings.iter().any(|one| one == heading);
    let wants = [
        (
            body.has_prediction,
            "a `predict` block: the reader guesses before the run answers",
        ),
        (has("What we left out"), "a heading `## What we left out`"),
        (
            has("Sources"),
            "a heading `## Sources`, with author, title and year",
        ),
    ];
    let place = Place {
        file: lesson.file.clone(),
        line: 0,
    };
    let missing = wants
        .into_iter()
        .filter(|(is_there, _)| lesson.is_listed() && !is_there);
    missing
        .map(|(_, what)| place.problem(format!("expected {what}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson;
    use std::path::Path;

    fn missing(name: &str, body: &str) -> Vec<String> {
        let front = "title = \"T\"\nkicker = \"K\"\ndescription = \"D\"\norder = 1\n";
        let text = format!("+++\n{front}+++\n{body}");
        let lesson = lesson::parse(name, Path::new("l.md"), &text).unwrap();
        check(&lesson).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_lesson_predicts_names_its_sources_and_says_what_it_left_out() {
        assert!(missing("home", "Words.\n").is_empty());
        assert_eq!(
            missing("cap", "## Sources\n\n- A\n"),
            [
                "l.md: expected a `predict` block: the reader guesses before the run answers",
                "l.md: expected a heading `## What we left out`",
            ]
        );
    }
}
