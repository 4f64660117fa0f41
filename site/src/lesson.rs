//! One lesson: a folder with a `lesson.md`, which opens with TOML between two lines `+++`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::markdown::{self, Body};
use crate::{Place, Problem};

/// The line before and after the front matter.
const FENCE: &str = "+++";

/// What a lesson says about itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// The page's heading.
    pub title: String,
    /// The small line above the heading.
    pub kicker: String,
    /// Minutes it takes to read and play.
    pub minutes: Option<u32>,
    /// One sentence for lists, link previews and search.
    pub description: String,
    /// Its place among the lessons; lower comes first.
    pub order: u32,
}

/// A lesson as it goes into a page.
#[derive(Debug)]
pub struct Lesson {
    /// The name of its folder.
    pub name: String,
    /// Its file, as seen from the repository's root.
    pub file: PathBuf,
    /// What it says about itself.
    pub front: Front,
    /// Its prose and figures.
    pub body: Body,
}

impl Lesson {
    /// The folder of its page, as seen from the site's root: empty, or ending in `/`.
    pub fn url(&self) -> String {
        match self.name.as_str() {
            "home" => String::new(),
            "playground" | "rules" | "compare" => format!("{}/", self.name),
            name => format!("lessons/{name}/"),
        }
    }

    /// Whether it stands in the list of lessons.
    pub fn is_listed(&self) -> bool {
        self.url().starts_with("lessons/")
    }
}

/// Reads every lesson below `root`, in order. Problems of all of them come together.
pub fn read_all(root: &Path) -> Result<Vec<Lesson>, Vec<Problem>> {
    let folder = root.join("lessons");
    let names = names(&folder).map_err(|why| vec![Problem::io(&folder, &why)])?;
    let mut lessons = Vec::new();
    let mut problems = Vec::new();
    for name in names {
        let file = Path::new("lessons").join(&name).join("lesson.md");
        match std::fs::read_to_string(root.join(&file)) {
            Err(why) => problems.push(Problem::io(&file, &why)),
            Ok(text) => match parse(&name, &file, &text) {
                Ok(lesson) => lessons.push(lesson),
                Err(more) => problems.extend(more),
            },
        }
    }
    lessons.sort_by(|a, b| (a.front.order, &a.name).cmp(&(b.front.order, &b.name)));
    match problems.is_empty() {
        true => Ok(lessons),
        false => Err(problems),
    }
}

fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Reads one lesson from its text.
pub fn parse(name: &str, file: &Path, text: &str) -> Result<Lesson, Vec<Problem>> {
    let (front, body, body_line) = split(file, text).map_err(|problem| vec![problem])?;
    let front = toml::from_str(front).map_err(|why| {
        let byte = why.span().map_or(0, |span| span.start);
        vec![Place::of_byte(file, 2, front, byte).problem(why.message())]
    })?;
    Ok(Lesson {
        name: name.to_owned(),
        file: file.to_owned(),
        front,
        body: markdown::render(file, body_line, body)?,
    })
}

/// Front matter, body, and the body's first line.
fn split<'a>(file: &Path, text: &'a str) -> Result<(&'a str, &'a str, usize), Problem> {
    let whole = Place {
        file: file.to_owned(),
        line: 1,
    };
    let rest = text
        .strip_prefix(FENCE)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or_else(|| {
            whole.problem("expected the line `+++` and then title, kicker, description and order")
        })?;
    let end = rest
        .find("\n+++\n")
        .ok_or_else(|| whole.problem("expected a second line `+++` that ends the front matter"))?;
    let (front, body) = (&rest[..=end], &rest[end + "\n+++\n".len()..]);
    let body_line = 3 + front.matches('\n').count();
    Ok((front, body, body_line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: &str = "+++\ntitle = \"T\"\nkicker = \"K\"\ndescription = \"D\"\norder = 1\n+++\n";

    fn problems(text: &str) -> Vec<String> {
        let all = parse("x", Path::new("lessons/x/lesson.md"), text).unwrap_err();
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_lesson_lives_where_its_folder_says() {
        let lesson = parse("cap", Path::new("l.md"), &format!("{FRONT}Words.\n")).unwrap();
        assert_eq!(lesson.url(), "lessons/cap/");
        assert!(lesson.body.html.contains("Words."));
    }

    #[test]
    fn a_mistake_in_the_front_matter_is_named_with_its_line() {
        let text = FRONT.replace("order = 1", "order = \"one\"");
        assert!(
            problems(&text)[0].starts_with("lessons/x/lesson.md:5: "),
            "{:?}",
            problems(&text)
        );
        assert!(problems("# No front\n")[0].contains("expected the line `+++`"));
    }

    #[test]
    fn an_unknown_block_is_named_with_its_line() {
        let text = format!("{FRONT}\nWords.\n\n```simm\nx = 1\n```\n");
        let found = &problems(&text)[0];
        assert!(
            found.starts_with("lessons/x/lesson.md:10: unknown block kind `simm`"),
            "{found}"
        );
    }
}
