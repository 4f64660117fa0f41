//! The page for those who write lessons does not lie either: its examples make one lesson that builds.

use std::path::Path;

use netsplit_site::{claims, lesson};

/// The example blocks of `docs/lessons.md`, indented there by four, in the order in which a lesson has them.
fn examples() -> String {
    let text = include_str!("../../docs/lessons.md");
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let Some(line) = line.strip_prefix("    ") else {
            continue;
        };
        if !inside && line.starts_with("```") {
            blocks.push(String::new());
            inside = true;
        } else if inside && line == "```" {
            inside = false;
            blocks.last_mut().unwrap().push_str("```\n\n");
            continue;
        }
        if let Some(block) = blocks.last_mut().filter(|_| inside) {
            block.push_str(line);
            block.push('\n');
        }
    }
    let at = |kind: &str| {
        blocks
            .iter()
            .position(|block| block.starts_with(kind))
            .unwrap()
    };
    let predict = blocks.remove(at("```predict"));
    predict + &blocks.concat()
}

#[test]
fn the_examples_of_the_page_make_a_lesson() {
    let examples = examples();
    for kind in ["sim", "predict", "goals", "compare", "quiz", "cards"] {
        assert!(examples.contains(&format!("```{kind}\n")), "{kind}");
    }
    let front = "+++\ntitle = \"T\"\nkicker = \"K\"\ndescription = \"D\"\norder = 1\n+++\n";
    let lesson = lesson::parse(
        "x",
        Path::new("docs/lessons.md"),
        &format!("{front}{examples}"),
    );
    let lesson = lesson.unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(claims::check(&lesson.body.claims), []);
    assert!(
        lesson.body.claims.len() >= 7,
        "{}",
        lesson.body.claims.len()
    );
}
