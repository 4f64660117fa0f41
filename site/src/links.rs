//! Do a lesson's links lead somewhere?

use std::collections::BTreeSet;

use crate::Problem;
use crate::lesson::Lesson;

/// Links of `lesson` that lead to none of `pages`. Links to other sites are not followed.
pub fn check(lesson: &Lesson, pages: &BTreeSet<String>) -> Vec<Problem> {
    let broken = lesson.body.links.iter().filter_map(|(place, link)| {
        if let Some(id) = link.strip_prefix('#') {
            let is_there = lesson.body.ids.iter().any(|known| known == id);
            return (!is_there)
                .then(|| place.problem(format!("no figure of this page is called `{id}`")));
        }
        let is_elsewhere = ["https://", "http://", "mailto:"]
            .iter()
            .any(|start| link.starts_with(start));
        if is_elsewhere {
            return None;
        }
        let path = link.split(['#', '?']).next().unwrap_or_default();
        if !path.ends_with('/') {
            return Some(
                place.problem(format!("expected a link that ends in `/`, found `{link}`")),
            );
        }
        match resolve(&lesson.url(), path) {
            Some(page) if pages.contains(&page) => None,
            _ => Some(place.problem(format!("no page is at `{link}`"))),
        }
    });
    broken.collect()
}

/// The page that `link` leads to from the page at `from`; none outside the site. A link that
/// starts at the host's root would break below a sub-path, so it leads nowhere.
fn resolve(from: &str, link: &str) -> Option<String> {
    if link.starts_with('/') {
        return None;
    }
    let mut folders: Vec<&str> = from.split_terminator('/').collect();
    for step in link.split_terminator('/') {
        match step {
            "" | "." => {}
            ".." => {
                folders.pop()?;
            }
            folder => folders.push(folder),
        }
    }
    Some(folders.iter().map(|folder| format!("{folder}/")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        assert_eq!(
            resolve("lessons/cap/", "../two-servers/").as_deref(),
            Some("lessons/two-servers/")
        );
        assert_eq!(resolve("lessons/cap/", "../../").as_deref(), Some(""));
        assert_eq!(resolve("", "./lessons/").as_deref(), Some("lessons/"));
        assert_eq!(resolve("", "../"), None);
        assert_eq!(resolve("", "/lessons/"), None);
    }
}
