//! The proof sheet: what this build was seen to do while it was made, and what its tests hold, each with a run to open.
//!
//! What is played here is played anew for each build: the runs of the rules, random runs of every protocol, the histories
//! of `/check/`. What takes a test is read from the files that the tests hold (`sim-core/tests/paper/`,
//! `docs/paper/runs.txt`, `sim-core/tests/systems/rows.txt`). Whatever does not hold fails the build.

use std::path::Path;

use maud::{Markup, html};
use sim_core::check::explain::explain;
use sim_core::check::linearizable::{self, Answer, Question};
use sim_core::check::search::Limits;
use sim_core::explore::sweep::{Found, Outcomes, follow};
use sim_core::explore::weather::{self, Wish};
use sim_core::foreign;
use sim_core::protocol::ProtocolSpec;
use sim_core::protocols;
use sim_core::run::{Run, Timeline};
use sim_core::share::{self, Link};
use sim_core::units::Micros;

use crate::check::{EXAMPLES, Example};
use crate::lesson::Lesson;
use crate::output::read;
use crate::pages::Page;
use crate::{Place, Problem};

/// So many seeds of each protocol are played for a release.
pub const SEEDS: u64 = 200;

/// Where pages of runs are, seen from this one.
const PLAYGROUND: &str = "../playground/";
const PAPER: &str = "sim-core/tests/paper";
const CASES: &str = "docs/paper/runs.txt";
const ROWS: &str = "sim-core/tests/systems/rows.txt";

/// The page. `seeds` random runs of each protocol are played for it.
pub fn page(root: &Path, lessons: &[Lesson], seeds: u64) -> Result<Page<'static>, Problem> {
    let claims: usize = lessons.iter().map(|lesson| lesson.body.claims.len()).sum();
    let body = html! {
        p { "Netsplit says that it runs the real thing and shows nothing that did not come from it. Here is what this very build was seen to do. Had any of it come out otherwise, there would be no page." }
        p { "“Played” was played while this page was made. “Held by tests” is what the tests of the same source hold: whoever has it runs them with " code { "cargo xtask test" } "." }
        h2 { "Lessons" }
        p { (claims) " claims of " (lessons.len()) " pages, each a run. Played." }
        h2 { "Rules of Raft" }
        p { "Each rule switched off in a short run in which that breaks a promise; and the same run with the rule, in which none is broken. Played." }
        (rules(lessons)?)
        h2 { "Random runs" }
        (random(seeds)?)
        h2 { "The paper’s cases" }
        p { "Each as a run in which it comes about by itself: played. Figure 7 is no drawing there: its seven logs were written by seven terms of elections and crashes. And each as servers tell it that a test drives by hand: held by tests, word by word." }
        (paper(root)?)
        h2 { "Products as they were measured" }
        p { "Each row over two hundred seeds: the outcome the same in every one, times in the range that was measured on real servers, widened by a fifth. T is the election time-out. Held by tests; the link is the run of the first seed." }
        (rows(root)?)
        h2 { "Histories of other systems" }
        p { "Read and judged. Played." }
        (histories()?)
        h2 { "What is not shown here" }
        p { "A proof in the mathematical sense: random runs find what they find. Longer searches are made by hand, with " code { "netsplit sweep" } "." }
    };
    let title = "What this build proves";
    let description = "Which rules, random runs, cases of the paper and measured rows this build of Netsplit passes, each with a run to open.";
    Ok(Page::of_text("proof/", title, description, body))
}

fn wrong(what: impl Into<String>) -> Problem {
    let place = Place {
        file: "site/src/proof.rs".into(),
        line: 0,
    };
    place.problem(what.into())
}

/// The runs of the page of rules: without each rule, and with it.
fn rules(lessons: &[Lesson]) -> Result<Markup, Problem> {
    let page = lessons.iter().find(|lesson| lesson.name == "rules");
    let links = page.map_or(&[][..], |page| &page.body.links);
    let fragments = links
        .iter()
        .filter_map(|(place, link)| Some((place, link.split_once('#')?.1)));
    let fragments: Vec<(&Place, &str)> = fragments.collect();
    let (pairs, rest) = fragments.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(wrong("expected the page of rules to hold two links a rule"));
    }
    let mut lines = Vec::new();
    for [(place, without), (_, with)] in pairs {
        let broken = findings(place, without)?;
        let kept = findings(place, with)?;
        let (Some((first, at)), None) = (broken.found, kept.found) else {
            return Err(place.problem(
                "expected a promise broken without the rule, and none with it".to_owned(),
            ));
        };
        let rule = broken.rule.unwrap_or_default();
        lines.push(html! {
            tr {
                td { code { (rule) } }
                td { a href={ (PLAYGROUND) "#" (without) } { code { (first) } " broken at " (at.to_string()) } }
                td { a href={ (PLAYGROUND) "#" (with) } { "nothing" } }
            }
        });
    }
    Ok(html! {
        table {
            thead { tr { th { "rule" } th { "without it" } th { "with it" } } }
            tbody { @for line in &lines { (line) } }
        }
    })
}

/// What was found in a run that a link leads to.
struct Findings {
    /// The rule that is off.
    rule: Option<&'static str>,
    /// The invariant that was first seen broken, and when.
    found: Option<(&'static str, Micros)>,
}

fn findings(place: &Place, fragment: &str) -> Result<Findings, Problem> {
    let wrong = |why: &dyn std::fmt::Display| place.problem(why.to_string());
    let link = share::decode(fragment).map_err(|why| wrong(&why))?;
    let timeline = Timeline::of(link.run.clone()).map_err(|why| wrong(&why))?;
    link.verify(&timeline).map_err(|why| wrong(&why))?;
    let spec = timeline.spec();
    let off = link.run.scenario.broken;
    let rule = (0..spec.rules.len()).find(|place| off & (1 << place) != 0);
    let world = timeline.last();
    let first = world.sightings().findings.first();
    Ok(Findings {
        rule: rule.map(|place| spec.rules[place].name),
        found: first.map(|found| {
            let event = timeline.trace().get(found.event);
            let at = event.map_or(Micros::ZERO, |event| event.at);
            (spec.invariants[usize::from(found.invariant)], at)
        }),
    })
}

/// What random runs of a protocol came to.
struct Swept {
    spec: &'static ProtocolSpec,
    outcomes: Vec<Outcomes>,
    /// The first seeds whose runs fit into a link.
    links: Vec<(u64, String)>,
}

/// So many links are shown of each protocol.
const SHOWN: usize = 3;

fn sweep(spec: &'static ProtocolSpec, seeds: u64) -> Result<Swept, Problem> {
    let mut swept = Swept {
        spec,
        outcomes: Vec::new(),
        links: Vec::new(),
    };
    for seed in 0..seeds {
        let run = weather::run(spec.name, seed, Wish::default());
        let run: Run = run.ok_or_else(|| wrong(format!("{} has no weather", spec.name)))?;
        let outcomes = follow(&run).map_err(|why| wrong(why.to_string()))?;
        match &outcomes.found {
            Found::Clean => {}
            Found::Undecided => {
                return Err(wrong(format!("{}, seed {seed}: undecided", spec.name)));
            }
            Found::Broken { what, words, .. } => {
                return Err(wrong(format!(
                    "{}, seed {seed}: {what}: {words}",
                    spec.name
                )));
            }
        }
        if swept.links.len() < SHOWN {
            let timeline = Timeline::of(run).map_err(|why| wrong(why.to_string()))?;
            let link = share::encode(&Link::to(&timeline, Micros::ZERO));
            swept.links.extend(link.ok().map(|link| (seed, link)));
        }
        swept.outcomes.push(outcomes);
    }
    Ok(swept)
}

fn random(seeds: u64) -> Result<Markup, Problem> {
    let specs = protocols::names().into_iter().filter_map(protocols::spec);
    let swept: Vec<Swept> = specs
        .map(|spec| sweep(spec, seeds))
        .collect::<Result<_, _>>()?;
    let sum = |of: &Swept, what: fn(&Outcomes) -> u64| of.outcomes.iter().map(what).sum::<u64>();
    Ok(html! {
        p { "Seeds 0 to " (seeds.saturating_sub(1)) " of each protocol, all rules on, in bad weather: crashes, power cuts, pauses, cuts, loss, doubling, clocks that drift. Each is judged by the promises of its protocol and by what its clients were told. Played; nothing was broken, and nothing left undecided." }
        ul {
            @for one in &swept {
                li {
                    (one.spec.name) ": " (sum(one, |one| one.messages)) " messages, "
                    (sum(one, |one| u64::from(one.asked))) " operations, "
                    (sum(one, |one| u64::from(one.faults))) " faults. "
                    @for (place, (seed, link)) in one.links.iter().enumerate() {
                        @if place > 0 { ", " } @else { "Open " }
                        a href={ (PLAYGROUND) "#" (link) } { "seed " (seed) }
                    }
                }
            }
        }
        @for one in &swept {
            details {
                summary { "What " (one.spec.name) " promises, and what was seen in these runs" }
                ul {
                    @for promise in protocols::wording(one.spec.name).promises { li { (promise) } }
                }
                ul {
                    @for (place, witness) in one.spec.witnesses.iter().enumerate() {
                        li {
                            (witness.words) ": in "
                            (one.outcomes.iter().filter(|seen| seen.witnesses & (1 << place) != 0).count())
                            " runs"
                        }
                    }
                }
            }
        }
    })
}

/// The lines of a list that tests hold, each in so many parts.
fn lines<const PARTS: usize>(
    root: &Path,
    file: &str,
    expected: &str,
) -> Result<Vec<(Place, [String; PARTS])>, Problem> {
    let text = String::from_utf8_lossy(&read(&root.join(file))?).into_owned();
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let place = Place {
            file: file.into(),
            line: number,
        };
        let parts: Vec<String> = line.split(" | ").map(str::to_owned).collect();
        match parts.try_into() {
            Ok(parts) => lines.push((place, parts)),
            Err(_) => return Err(place.problem(format!("expected {expected}"))),
        }
    }
    Ok(lines)
}

/// A case of the paper: what it is called, its transcript, and a run in which it comes about.
struct Case {
    name: String,
    transcript: String,
    shows: String,
    link: String,
}

/// The transcripts that tests hold, each with its run: played, and nothing broken in it unless a rule is off.
fn paper(root: &Path) -> Result<Markup, Problem> {
    let expected = "a transcript, what its run shows, a file, a moment, a rule and a link";
    let mut cases = Vec::new();
    for (place, [name, shows, _, _, rule, link]) in lines(root, CASES, expected)? {
        let found = findings(&place, &link)?;
        if found.found.is_some() != (rule == "without the rule") {
            return Err(place.problem(format!("found {:?}", found.found)));
        }
        let file = root.join(PAPER).join(&name).with_extension("txt");
        cases.push(Case {
            name: name.replace('-', " "),
            transcript: String::from_utf8_lossy(&read(&file)?).into_owned(),
            shows,
            link,
        });
    }
    Ok(html! {
        table {
            thead { tr { th { "case" } th { "run" } } }
            tbody {
                @for case in &cases {
                    tr {
                        td { (case.name) }
                        td { a href={ (PLAYGROUND) "#" (case.link) } { (case.shows) } }
                    }
                }
            }
        }
        @for case in &cases {
            details { summary { (case.name) ", told by the servers" } pre tabindex="0" { (case.transcript) } }
        }
    })
}

/// The rows that tests hold.
fn rows(root: &Path) -> Result<Markup, Problem> {
    let expected = "a test, a product, what holds and a link";
    let lines: Vec<(Place, [String; 4])> = lines(root, ROWS, expected)?;
    for (place, [.., link]) in &lines {
        share::decode(link).map_err(|why| place.problem(why.to_string()))?;
    }
    Ok(html! {
        table {
            thead { tr { th { "product" } th { "what holds" } th { "run" } } }
            tbody {
                @for (_, [_, product, says, link]) in &lines {
                    tr {
                        td { (product) }
                        td { (says) }
                        td { a href={ (PLAYGROUND) "#" (link) } { "open" } }
                    }
                }
            }
        }
    })
}

/// The examples of the page for histories, judged.
fn histories() -> Result<Markup, Problem> {
    let judged: Vec<(&Example, String)> = EXAMPLES
        .iter()
        .map(|example| Ok((example, judged(example)?)))
        .collect::<Result<_, Problem>>()?;
    Ok(html! {
        ul {
            @for (example, says) in &judged {
                li { a href={ "../check/#example=" (example.name) } { (example.title) } ": " (says) }
            }
        }
    })
}

fn judged(example: &Example) -> Result<String, Problem> {
    let wrong = |why: &dyn std::fmt::Display| wrong(format!("{}: {why}", example.name));
    let read = foreign::read(example.text.as_bytes(), None).map_err(|why| wrong(&why))?;
    let mut history = read.history;
    let model = foreign::model_of(&mut history, None).map_err(|why| wrong(&why))?;
    let initial = foreign::opening(&mut history, model, None).map_err(|why| wrong(&why))?;
    let question = Question::whole(&history, model, initial);
    let limits = Limits::default();
    Ok(match linearizable::check(&question, &limits) {
        Answer::Yes(_) => "linearizable.".to_owned(),
        Answer::No(ops) => format!(
            "not linearizable. {}",
            explain(&question, &ops, &limits).words
        ),
        Answer::Undecided(_) => return Err(wrong(&"undecided")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output;

    fn root() -> &'static Path {
        let site = Path::new(env!("CARGO_MANIFEST_DIR"));
        site.parent().expect("the repository is above")
    }

    #[test]
    fn every_link_of_the_sheet_leads_to_a_run() {
        let lessons = output::checked(root()).unwrap_or_default();
        let page = page(root(), &lessons, 2).unwrap_or_else(|why| panic!("{why}"));
        let html = page.body.into_string();
        let fragments: Vec<&str> = html
            .split("playground/#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        // Thirty-six of rules, and most of the rows and of the random runs.
        assert!(fragments.len() > 36 + 20, "{}", fragments.len());
        for fragment in fragments {
            assert!(share::decode(fragment).is_ok(), "{fragment}");
        }
        for said in [
            "one-vote-a-term",
            "seed 1",
            "figure 7",
            "not linearizable. Worker B",
        ] {
            assert!(html.contains(said), "{said}");
        }
    }

    #[test]
    fn a_sheet_without_its_runs_is_none() {
        assert!(page(root(), &[], 0).is_err_and(|why| why.what.contains("two links a rule")));
        let place = wrong("").place;
        assert!(findings(&place, "nonsense").is_err());
    }
}
