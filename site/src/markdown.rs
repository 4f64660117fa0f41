//! Prose to HTML: Markdown, fenced blocks, and words coloured like the marks they speak of.

use std::path::Path;

use maud::html;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::blocks::{self, Block, Context};
use crate::claims::{Claim, Demand};
use crate::{Place, Problem};

/// Fences that show code as it is.
const CODE: [&str; 7] = ["", "text", "rust", "toml", "json", "sh", "console"];

/// Meanings that a word of the prose can have: `[deposit](word:write)`.
const WORDS: [&str; 7] = ["write", "read", "vote", "ok", "no", "stale", "cut"];

/// Blocks that say what figures do.
const FIGURES: [&str; 3] = ["sim", "compare", "versus"];

/// A lesson's body.
#[derive(Debug, Default)]
pub struct Body {
    /// The HTML.
    pub html: String,
    /// Links, for the lint.
    pub links: Vec<(Place, String)>,
    /// Whether the page has a widget and so needs the module.
    pub has_widgets: bool,
    /// Whether it has runs side by side.
    pub has_comparison: bool,
    /// Whether readers choose what these are.
    pub has_choice: bool,
    /// The protocol that its first figure plays.
    pub plays: Option<String>,
    /// What its blocks claim, to be replayed.
    pub claims: Vec<Claim>,
    /// Its headings, in order.
    pub headings: Vec<String>,
    /// The ids of its figures, which links of the page may name.
    pub ids: Vec<String>,
    /// Whether the reader is asked to predict anything.
    pub has_prediction: bool,
}

/// Renders `text`, whose first line is line `first_line` of `file`.
pub fn render(file: &Path, first_line: usize, text: &str) -> Result<Body, Vec<Problem>> {
    let mut body = Body::default();
    let mut problems = Vec::new();
    let mut events = Vec::new();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_SMART_PUNCTUATION
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let sources = block_sources(file, first_line, text, options);
    let all: Vec<Block<'_>> = sources.iter().map(Source::block).collect();
    // Mistakes in figures and in prose come together.
    let mut context = Context::read(&all).unwrap_or_else(|more| {
        problems.extend(more);
        Context::default()
    });
    body.plays = context.plays().map(str::to_owned);
    let (mut depth, mut in_heading) = (1, false);
    let figures_are_whole = problems.is_empty();
    let mut parser = Parser::new_ext(text, options).into_offset_iter();
    while let Some((event, range)) = parser.next() {
        let place = Place::of_byte(file, first_line, text, range.start);
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info)))
                if !CODE.contains(&&*info) =>
            {
                let source = block_text(&mut parser);
                let block = Block {
                    kind: &info,
                    body: &source,
                    place: place.clone(),
                };
                if !figures_are_whole && blocks::KINDS.iter().any(|kind| kind.name == &*info) {
                    continue;
                }
                body.has_prediction |= block.kind == "predict";
                body.has_comparison |= block.kind == "compare";
                body.has_choice |= block.kind == "versus";
                match blocks::render(&block, &mut context) {
                    Ok(markup) => {
                        body.has_widgets = true;
                        events.push(Event::Html(markup.into_string().into()));
                    }
                    Err(problem) => problems.push(problem),
                }
            }
            Event::Start(Tag::Link {
                link_type: LinkType::Inline,
                dest_url,
                ..
            }) if dest_url.starts_with("word:") => {
                let words = block_text(&mut parser);
                match coloured(&dest_url, &words) {
                    Some(markup) => events.push(markup),
                    None => problems.push(place.problem(format!(
                        "unknown meaning `{dest_url}`; expected `word:` and one of {}",
                        WORDS.join(", ")
                    ))),
                }
            }
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                body.links.push((place, dest_url.to_string()));
                events.push(event);
            }
            Event::Start(Tag::Heading { level, .. }) => {
                // The page's title is the one heading of the first level.
                if level as usize == 1 || level as usize > depth + 1 {
                    let most = depth + 1;
                    problems
                        .push(place.problem(format!("expected a heading of level 2 to {most}")));
                }
                depth = level as usize;
                body.headings.push(String::new());
                in_heading = true;
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                in_heading = false;
                events.push(event);
            }
            Event::Text(ref words) if in_heading => {
                if let Some(heading) = body.headings.last_mut() {
                    heading.push_str(words);
                }
                events.push(event);
            }
            Event::Html(raw) | Event::InlineHtml(raw) if !raw.starts_with("<!--") => {
                problems.push(place.problem("expected Markdown, found HTML"));
            }
            event => events.push(event),
        }
    }
    pulldown_cmark::html::push_html(&mut body.html, events.into_iter());
    body.ids = context.sims.iter().map(|sim| sim.id.clone()).collect();
    body.claims = context.claims;
    let told = |source: &&Source| FIGURES.contains(&source.kind.as_str());
    let blocks: Vec<&str> = sources
        .iter()
        .filter(told)
        .map(|source| source.body.as_str())
        .collect();
    problems.extend(
        body.claims
            .iter()
            .filter_map(|claim| unquoted(claim, text, &blocks)),
    );
    match problems.is_empty() {
        true => Ok(body),
        false => Err(problems),
    }
}

/// What a figure is claimed to say must be quoted: it stands in the text once more than in the blocks of figures.
fn unquoted(claim: &Claim, text: &str, blocks: &[&str]) -> Option<Problem> {
    let in_blocks = |words: &str| {
        blocks
            .iter()
            .map(|block| block.matches(words).count())
            .sum()
    };
    match &claim.demand {
        Demand::Says(_, words) if text.matches(words.as_str()).count() <= in_blocks(words) => {
            let what = format!("the prose does not quote `{words}`");
            Some(claim.place.problem(what))
        }
        _ => None,
    }
}

/// A fenced block as it stands in the text.
struct Source {
    kind: String,
    body: String,
    place: Place,
}

impl Source {
    fn block(&self) -> Block<'_> {
        Block {
            kind: &self.kind,
            body: &self.body,
            place: self.place.clone(),
        }
    }
}

/// Every fenced block of `text` that is no code.
fn block_sources(file: &Path, first_line: usize, text: &str, options: Options) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut parser = Parser::new_ext(text, options).into_offset_iter();
    while let Some((event, range)) = parser.next() {
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event
            && !CODE.contains(&&*info)
        {
            sources.push(Source {
                kind: info.to_string(),
                body: block_text(&mut parser),
                place: Place::of_byte(file, first_line, text, range.start),
            });
        }
    }
    sources
}

/// The text up to the end of the element that has just started.
fn block_text<'a>(
    parser: &mut impl Iterator<Item = (Event<'a>, std::ops::Range<usize>)>,
) -> String {
    let mut text = String::new();
    for (event, _) in parser {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::End(TagEnd::CodeBlock | TagEnd::Link) => break,
            _ => {}
        }
    }
    text
}

fn coloured<'a>(url: &CowStr<'_>, words: &str) -> Option<Event<'a>> {
    let meaning = url.strip_prefix("word:")?;
    WORDS.contains(&meaning).then(|| {
        let markup = html! { span class={ "word " (meaning) } { (words) } };
        Event::InlineHtml(markup.into_string().into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Result<Body, Vec<Problem>> {
        render(Path::new("l.md"), 1, text)
    }

    #[test]
    fn a_word_takes_the_colour_of_its_mark() {
        let body = rendered("Ann's [deposit](word:write).").unwrap();
        assert!(
            body.html
                .contains("<span class=\"word write\">deposit</span>"),
            "{}",
            body.html
        );
        assert!(
            rendered("a [b](word:pink)").unwrap_err()[0]
                .what
                .contains("stale")
        );
    }

    #[test]
    fn what_a_figure_says_is_quoted_in_the_prose() {
        let block = "```sim\nid = \"a\"\nscenario = \"bank-two\"\ntitle = \"T\"\nunpredicted = \"no\"\n\
             expect = [{ at = \"100 ms\", goal = \"waits Ann\", says = [\"Ann deposits 20.\"] }]\n```\n";
        let found = rendered(block).unwrap_err();
        assert_eq!(
            found[0].to_string(),
            "l.md:6: the prose does not quote `Ann deposits 20.`"
        );
        let quoted = rendered(&format!("It says: *Ann deposits 20.*\n\n{block}")).unwrap();
        assert!(quoted.claims.iter().all(|claim| claim.check().is_ok()));
        let wrong = block.replace("Ann deposits 20.", "Ann deposits 30.");
        let wrong = rendered(&format!("*Ann deposits 30.*\n\n{wrong}")).unwrap();
        let problems = crate::claims::check(&wrong.claims);
        assert!(
            problems[0]
                .what
                .contains("does not say `Ann deposits 30.` at 100 ms"),
            "{}",
            problems[0]
        );
    }

    #[test]
    fn html_in_prose_is_refused() {
        assert_eq!(
            rendered("a\n\nb <b style=x>c</b>").unwrap_err()[0]
                .place
                .line,
            3
        );
        assert!(rendered("<!-- a remark -->\n").is_ok());
    }

    #[test]
    fn headings_go_down_one_level_at_a_time() {
        assert!(rendered("## A\n\n### B\n\n## C\n").is_ok());
        let found = rendered("## A\n\n#### B\n").unwrap_err();
        assert_eq!(
            found[0].to_string(),
            "l.md:3: expected a heading of level 2 to 3"
        );
        assert!(rendered("# A\n").is_err());
    }

    #[test]
    fn plain_code_stays_code() {
        let body = rendered("```text\na < b\n```\n").unwrap();
        assert!(body.html.contains("a &lt; b") && !body.has_widgets);
    }
}
