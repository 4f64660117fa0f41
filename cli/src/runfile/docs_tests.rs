//! What `docs/run-files.md` shows is what is read.

use super::actions::VERBS;
use super::{read, write};
use sim_core::action::Action;
use sim_core::explore::sample;
use sim_core::run::Timeline;
use sim_core::share::{self, Link};
use sim_core::trace::Kind;
use sim_core::units::Micros;

const DOCS: &str = include_str!("../../../docs/run-files.md");

/// Every TOML block of the page, with the one link that it leaves open filled in.
fn examples() -> Vec<String> {
    let run = sample::run("ledger", 3).expect("a run");
    let link = Link {
        run,
        at: Micros::ZERO,
        digest: 0,
    };
    let link = share::encode(&link).expect("a link");
    let blocks = DOCS.split("```toml\n").skip(1);
    let texts = blocks.map(|block| block.split("```").next().unwrap_or_default());
    texts
        .map(|text| text.replace("\"LINK\"", &format!("\"{link}\"")))
        .collect()
}

#[test]
fn every_example_is_a_run() {
    assert!(examples().len() >= 5);
    for text in examples() {
        let opened = match read("docs/run-files.md", &text) {
            Ok(opened) => opened,
            Err(error) => panic!("{error:?}\n{text}"),
        };
        let timeline = Timeline::of(opened.link.run.clone()).expect("it can be followed");
        assert!(timeline.trace().len() > 10);
        let again = read("again.toml", &write(&opened.link)).expect("what we write");
        assert_eq!(again.link, opened.link);
    }
}

#[test]
fn every_action_has_an_example() {
    for (verb, beside) in VERBS {
        for key in beside.iter().chain([verb]) {
            assert!(DOCS.contains(&format!(" {key} = ")), "no example of {key}");
        }
    }
    let kinds: Vec<u8> = examples()
        .iter()
        .filter_map(|text| read("docs/run-files.md", text).ok())
        .flat_map(|opened| opened.link.run.actions.clone())
        .map(|timed| timed.action.kind())
        .collect();
    let last = Action::TimeOutFirst(sim_core::units::Endpoint(0)).kind();
    assert!((0..=last).all(|kind| kinds.contains(&kind)), "{kinds:?}");
}

/// The example of the actions is no dead letter: most of them take hold.
#[test]
fn examples_of_actions_take_hold() {
    let text = examples()
        .into_iter()
        .find(|text| text.contains("duplicate"))
        .expect("it");
    let opened = read("docs/run-files.md", &text).expect("a run");
    let timeline = Timeline::of(opened.link.run).expect("it can be followed");
    let events = timeline.trace().events();
    let idle = events
        .iter()
        .filter(|event| event.kind == Kind::HadNoEffect)
        .count();
    let acted = events
        .iter()
        .filter(|event| event.kind == Kind::Acted)
        .count();
    assert!(
        idle <= 4 && acted >= 18,
        "{idle} had no effect, {acted} had"
    );
}
