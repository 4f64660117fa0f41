//! Any string decodes to a run or to a clear error; any run survives the way there and back.

mod mirror;

use proptest::prelude::*;
use sim_core::action::{Action, MessageName, Timed};
use sim_core::catalogue;
use sim_core::explore::sample;
use sim_core::operation::Operation;
use sim_core::run::{Run, Timeline};
use sim_core::scenario::{ClockSpec, LinkSpec};
use sim_core::share::{self, FRAGMENT_MAX, Link, ShareError};
use sim_core::units::{Endpoint, Mask, Micros};

fn link(run: Run) -> Link {
    Link {
        run,
        at: Micros(1_234_567),
        digest: 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_string_is_answered(text in "\\PC{0,200}") {
        if let Err(error) = share::decode(&text) {
            prop_assert!(error.to_string().len() > 20);
        }
    }

    #[test]
    fn any_digits_in_a_page_are_a_link_or_none(text in "[0-9a-f]{0,300}|\\PC{0,60}", seed in 0u64..500, place in 0usize..2_000) {
        let _ = share::decode_in_page(&text);
        let run = sample::run("primary-replica", seed).expect("registered");
        let mut digits = share::encode_in_page(&link(run)).into_bytes();
        let place = place % digits.len();
        digits[place] = text.bytes().next().filter(u8::is_ascii).unwrap_or(b'7');
        let digits = String::from_utf8(digits).expect("digits");
        if let Some(link) = share::decode_in_page(&digits) {
            prop_assert_eq!(share::decode_in_page(&share::encode_in_page(&link)), Some(link));
        }
    }

    #[test]
    fn any_bytes_with_right_check_digits_are_answered(
        version in 0u8..3,
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        assert_same_reading(&bytes);
        let mut body = vec![version];
        body.extend(bytes);
        if let Ok(link) = share::decode(&share::seal(&body)) {
            // Whatever it opens can also be followed, or refused, without a panic.
            follow(link.run);
        }
    }

    #[test]
    fn a_changed_link_never_panics(seed in 0u64..500, place in 0usize..2_000, byte in any::<u8>()) {
        let run = if seed % 4 == 0 { everything() } else { sample::run("ledger", seed).expect("registered") };
        let text = share::encode(&link(run)).expect("it fits");
        // Seal the change, so that it reaches the content behind the check digits.
        let mut body = base64_bytes(&text);
        body.truncate(body.len() - 4);
        let place = place % body.len();
        body[place] = byte;
        assert_same_reading(&body[1..]);
        assert_same_reading(&body[1..place.max(1)]);
        if let Ok(link) = share::decode(&share::seal(&body)) {
            follow(link.run);
        }
    }

    #[test]
    fn sampled_runs_survive(seed in any::<u64>()) {
        let link = link(sample::run("ledger", seed).expect("registered"));
        let text = share::encode(&link).expect("it fits");
        prop_assert!(text.len() <= FRAGMENT_MAX);
        prop_assert_eq!(payload(&text), mirror::encode(&link).expect("it fits"));
        prop_assert_eq!(share::decode(&text), Ok(link.clone()));
        prop_assert_eq!(share::decode(&format!("#{text}")), Ok(link));
    }
}

/// The codec and postcard make the same of any bytes: the same link, or the same error.
fn assert_same_reading(payload: &[u8]) {
    let mut body = vec![1];
    body.extend_from_slice(payload);
    let ours = share::decode_from_file(&share::seal(&body));
    assert_eq!(ours, mirror::decode(payload), "{payload:?}");
}

/// What a link says, without its version and its check digits.
fn payload(text: &str) -> Vec<u8> {
    let bytes = base64_bytes(text);
    bytes[1..bytes.len() - 4].to_vec()
}

/// Follows a run as far as a page would in its first moments.
fn follow(run: Run) {
    if let Ok(mut timeline) = Timeline::start(run) {
        let _ = timeline.advance(300);
    }
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .expect("a link is base64")
}

fn hundred_actions() -> Run {
    let scenario = catalogue::find("bank-five").expect("in the catalogue");
    let mut run = Run::new(scenario, u64::MAX);
    for number in 0..100u32 {
        let at = Micros(u64::from(number) * 29_303);
        let end = Endpoint((number % 5) as u8);
        let name = MessageName {
            from: end,
            to: Endpoint(4 - end.0),
            number: number * 3,
        };
        let action = match number % 10 {
            0 => Action::Cut {
                a: Mask(0b00_0110_0011),
                b: Mask(0b11_1001_1100),
            },
            1 => Action::Delay(name, Micros(123_456)),
            2 => Action::Skew {
                node: end,
                offset_us: -250_000,
                drift_ppm: 40_000,
            },
            3 => Action::Kill(end),
            4 => Action::Restart(end),
            5 => Action::Drop(name),
            6 => Action::Duplicate(MessageName {
                number: MessageName::COPY | 7,
                ..name
            }),
            7 => Action::Heal,
            _ => Action::Operate {
                client: Endpoint(5 + end.0),
                operation: Operation::Withdraw {
                    amount: 100 + number,
                },
            },
        };
        run.actions.push(Timed { at, action });
    }
    run
}

/// A run with something in every field of a link.
fn everything() -> Run {
    let mut scenario = catalogue::find("bank-five-load").expect("in the catalogue");
    scenario.id.clear();
    scenario.broken = 2;
    scenario.disk = (Micros(1_000), Micros(30_000));
    let mut line = LinkSpec::datagrams(Micros(12_345), Micros(67_890));
    line.loss.hits = 1;
    line.stream = true;
    scenario.special_links = vec![(Endpoint(0), Endpoint(3), line)];
    scenario.clocks = vec![ClockSpec {
        node: Endpoint(1),
        offset_us: -300,
        drift_ppm: -70_000,
    }];
    let mut run = hundred_actions();
    scenario.script = run.actions.clone();
    let operate = |operation| Action::Operate {
        client: Endpoint(5),
        operation,
    };
    for action in [
        Action::Member {
            node: Endpoint(4),
            joins: true,
        },
        Action::Promote(Endpoint(3)),
        Action::TimeOut(Endpoint(4)),
        Action::TimeOutTogether,
        Action::TimeOutFirst(Endpoint(0)),
        operate(Operation::Add { item: 7 }),
        operate(Operation::Remove { item: 0 }),
        operate(Operation::Read),
        operate(Operation::Get { key: 3 }),
        operate(Operation::Put { key: 1, value: 255 }),
        operate(Operation::CompareAndSet {
            key: 2,
            from: 0,
            to: 9,
        }),
        operate(Operation::Acquire),
        operate(Operation::Release),
        operate(Operation::GuardedWrite { value: 7 }),
        operate(Operation::GetAs { key: 2, way: 3 }),
    ] {
        let at = Micros(3_000_000);
        run.actions.push(Timed { at, action });
    }
    Run {
        actions: run.actions,
        ..Run::new(scenario, 12_345)
    }
}

#[test]
fn every_field_is_written_as_postcard_writes_it() {
    let mut runs: Vec<Run> = catalogue::all()
        .into_iter()
        .map(|scenario| Run::new(scenario, 7))
        .collect();
    runs.push(hundred_actions());
    runs.push(everything());
    for run in runs {
        let link = link(run);
        let text = share::encode_for_file(&link).expect("it fits");
        assert_eq!(Some(payload(&text)), mirror::encode(&link));
        assert_same_reading(&payload(&text));
        assert_eq!(share::decode_from_file(&text), Ok(link));
    }
}

#[test]
fn a_page_holds_the_same_link_in_other_digits() {
    for run in [everything(), hundred_actions()] {
        let link = link(run);
        let digits = share::encode_in_page(&link);
        assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_eq!(share::decode_in_page(&digits), Some(link));
        // Half a byte, half a link, and what is no digit.
        for wrong in [&digits[1..], &digits[..digits.len() - 2], "zz", ""] {
            assert_eq!(share::decode_in_page(wrong), None);
        }
    }
}

#[test]
fn a_hundred_actions_fit_a_link() {
    let text = share::encode(&link(hundred_actions())).expect("it fits");
    assert!(text.len() <= 1_800, "{} characters", text.len());
}

#[test]
fn a_whole_scenario_of_nine_fits_a_link() {
    // Seven nodes are the ledger's most; with the people that is as much to say as nine nodes.
    let names = [
        "Alpha-node",
        "Beta-node",
        "Gamma-node",
        "Delta-node",
        "Epsilon-node",
        "Zeta-node",
        "Eta-node",
    ];
    let mut scenario = sim_core::scenario::Scenario::new("ledger", &names);
    scenario.title = "A scenario of somebody's own".to_string();
    for number in 0..9 {
        scenario.add_client(&format!("Person-{number}"), Endpoint(number % 7));
    }
    for from in 0..7 {
        let line = LinkSpec::datagrams(Micros(12_345), Micros(67_890));
        scenario
            .special_links
            .push((Endpoint(from), Endpoint((from + 1) % 7), line));
    }
    let mut run = Run::new(scenario, 99);
    run.actions = hundred_actions().actions;
    let text = share::encode(&link(run.clone())).expect("it fits");
    assert_eq!(share::decode(&text).map(|link| link.run), Ok(run));
}

#[test]
fn what_does_not_fit_is_refused_with_the_limit() {
    let mut run = hundred_actions();
    for copy in 0..10 {
        let mut more = hundred_actions().actions;
        more.iter_mut()
            .for_each(|timed| timed.at += Micros(3_000_000 * (copy + 1)));
        run.actions.extend(more);
    }
    let error = share::encode(&link(run.clone())).expect_err("1,100 actions are too many");
    assert!(
        matches!(
            error,
            ShareError::TooLong {
                max: FRAGMENT_MAX,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("4000"), "{error}");
    let in_file = share::encode_for_file(&link(run.clone())).expect("a file holds more");
    assert_eq!(
        share::decode_from_file(&in_file).map(|link| link.run),
        Ok(run)
    );
}

#[test]
fn each_error_says_what_is_wrong() {
    let good = share::encode(&link(hundred_actions())).expect("it fits");
    let error = |text: &str| share::decode(text).expect_err("a bad link").to_string();
    assert!(error("").contains("empty"));
    assert!(error("#").contains("empty"));
    assert!(error("abc$def").contains("character 4"));
    assert!(error(&good[..good.len() - 5]).contains("cut short"));
    assert!(error(&share::seal(&[9, 1, 2])).contains("version 9"));
    assert!(error(&share::seal(&[1])).contains("no run inside"));
    assert!(error(&"A".repeat(5_000)).contains("4000"));
}

#[test]
fn a_run_that_came_out_differently_is_noticed() {
    let scenario = catalogue::find("bank-two").expect("in the catalogue");
    let timeline = Timeline::of(Run::new(scenario, 7)).expect("it runs");
    let mut link = Link::to(&timeline, Micros::ZERO);
    assert_eq!(link.verify(&timeline), Ok(()));
    link.digest ^= 1;
    assert_eq!(link.verify(&timeline), Err(ShareError::Drifted));
}

/// What fuzzing has found interesting so far, and the golden links: `fuzz/corpus/link`.
#[test]
fn the_saved_corpus_is_answered() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/link");
    let mut tried = 0;
    for file in std::fs::read_dir(folder).expect("the corpus is part of the repository") {
        let bytes = std::fs::read(file.expect("readable").path()).expect("readable");
        share::try_bytes(&bytes);
        if let Some((1, payload)) = bytes.split_first() {
            assert_same_reading(payload);
        }
        tried += 1;
    }
    assert!(tried >= 10, "{tried} files");
}
