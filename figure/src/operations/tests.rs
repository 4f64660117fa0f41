//! Geometry: what is drawn stays where it belongs, in histories of every size.

use sim_core::check::history::{Ask, Ended, Fault, History, NEVER, NO_KEY, Op, Value};
use sim_core::check::linearizable::Point;
use sim_core::units::Micros;

use super::walk::Way;
use super::*;
use crate::element::Element;
use crate::text;

/// A history of so many clients with so many operations each, some of which never end and some of which are refused.
fn history(clients: u32, each: u32, has_moments: bool) -> History {
    let mut history = History {
        clients: (0..clients)
            .map(|client| format!("Client {client}"))
            .collect(),
        has_moments,
        ..History::default()
    };
    let at = |place: u32| Micros(u64::from(place) * 700 + u64::from(place % 7) * 90);
    for number in 0..clients * each {
        let outcome = match number % 11 {
            3 => Ended::Unknown,
            5 => Ended::Refused,
            _ => Ended::Ok,
        };
        // All clients begin, then all end: everything overlaps.
        let (round, client) = (number / clients, number % clients);
        let invoked = round * clients * 2 + client;
        let ended = match outcome {
            Ended::Unknown => NEVER,
            _ => invoked + clients,
        };
        history.ops.push(Op {
            client,
            ask: if number % 2 == 0 {
                Ask::Write
            } else {
                Ask::Read
            },
            key: NO_KEY,
            a: Value::Int(i64::from(number)),
            b: Value::Nil,
            result: Value::Int(i64::from(number / 2)),
            outcome,
            invoked,
            ended,
            invoked_at: at(invoked),
            ended_at: if ended == NEVER { Micros(0) } else { at(ended) },
            source: number + 1,
        });
    }
    history
}

fn drawn(laid: &Laid, history: &History, window: Window, width: f64) -> Element {
    laid.draw(
        history,
        &Look {
            window,
            width,
            now: None,
            client: None,
            chosen: &[],
            id: "t",
        },
    )
}

/// Every element of a class.
fn all<'a>(of: &'a Element, class: &str, found: &mut Vec<&'a Element>) {
    if attribute(of, "class").split(' ').any(|one| one == class) {
        found.push(of);
    }
    of.children
        .iter()
        .for_each(|child| all(child, class, found));
}

fn found<'a>(of: &'a Element, class: &str) -> Vec<&'a Element> {
    let mut list = Vec::new();
    all(of, class, &mut list);
    list
}

fn attribute<'a>(of: &'a Element, name: &str) -> &'a str {
    let found = of.attributes.iter().find(|(known, _)| *known == name);
    found.map_or("", |(_, value)| value)
}

fn number(of: &Element, name: &str) -> f64 {
    attribute(of, name).parse().unwrap_or(f64::NAN)
}

/// The whole axis.
fn whole(laid: &Laid) -> Window {
    laid.within(Window {
        from: laid.axis.start(),
        span: f64::MAX,
        top: 0,
    })
}

/// The windows of one who zooms out from the first one and walks through.
fn windows(laid: &Laid, history: &History) -> Vec<Window> {
    let first = laid.first_window(history);
    let middle = laid.within(first.moved(3.0).zoomed(0.3));
    vec![first, laid.within(first.zoomed(2.0)), middle, whole(laid)]
}

#[test]
fn bars_of_a_row_never_lie_over_one_another_and_words_stay_inside() {
    for (clients, each) in [(1, 1), (2, 5), (3, 40), (50, 40)] {
        for has_moments in [false, true] {
            let history = history(clients, each, has_moments);
            let laid = Laid::of(&history, &[], &[]);
            for width in [300.0, 340.0, 900.0] {
                for window in windows(&laid, &history) {
                    check_rows(&drawn(&laid, &history, window, width), width);
                }
            }
        }
    }
}

fn check_rows(drawing: &Element, width: f64) {
    let mut ends: Vec<(f64, f64, f64)> = Vec::new();
    for class in ["op-bar", "op-block", "op-crowd"] {
        for bar in found(drawing, class).iter().filter(|bar| bar.tag == "rect") {
            let x = number(bar, "x");
            ends.push((number(bar, "y"), x, x + number(bar, "width")));
        }
    }
    ends.sort_by(|one, other| one.partial_cmp(other).expect("numbers"));
    for pair in ends.windows(2) {
        let same_row = pair[0].0 == pair[1].0;
        // Written to a tenth, and never narrower than a pixel.
        assert!(!same_row || pair[0].2 <= pair[1].1 + 1.11, "{pair:?}");
    }
    for (_, from, until) in &ends {
        assert!(
            *from >= Measures::of(width).gutter - 0.1 && *until <= width,
            "{from} {until}"
        );
    }
    for class in ["op-words", "op-number", "op-name", "op-tick"] {
        for words in found(drawing, class) {
            let wide = text::width(&words.text, 12.0);
            let from = match attribute(words, "text-anchor") {
                "middle" => number(words, "x") - wide / 2.0,
                _ => number(words, "x"),
            };
            assert!(
                from >= 0.0 && from + wide <= width + 2.0,
                "{class} {} {from}",
                words.text
            );
        }
    }
    let mut labels: Vec<(f64, f64, f64)> = Vec::new();
    for words in found(drawing, "op-words") {
        let x = number(words, "x");
        labels.push((number(words, "y"), x, x + text::width(&words.text, 12.0)));
    }
    labels.sort_by(|one, other| one.partial_cmp(other).expect("numbers"));
    for pair in labels.windows(2) {
        assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{pair:?}");
    }
}

#[test]
fn a_drawing_stays_small_however_long_the_history_is() {
    for (clients, each) in [(50, 40), (10, 200), (2, 1000), (1, 2000)] {
        let history = history(clients, each, true);
        let laid = Laid::of(&history, &[], &[]);
        for window in windows(&laid, &history) {
            let drawing = drawn(&laid, &history, window, 960.0);
            let count = count(&drawing);
            assert!(count < 900, "{clients}×{each}: {count} elements");
        }
    }
}

#[test]
fn a_contradiction_of_everything_is_a_crowd_too() {
    let history = history(10, 200, true);
    let blamed: Vec<u32> = (0..2_000).collect();
    let laid = Laid::of(&history, &[], &blamed);
    let drawing = laid.draw(
        &history,
        &Look {
            window: laid.first_window(&history),
            width: 960.0,
            now: None,
            client: None,
            chosen: &blamed,
            id: "t",
        },
    );
    assert!(count(&drawing) < 900, "{}", count(&drawing));
}

fn count(of: &Element) -> usize {
    1 + of.children.iter().map(count).sum::<usize>()
}

#[test]
fn the_contradiction_is_framed_and_its_clients_stand_first() {
    let history = history(50, 40, true);
    let blamed = [1_020, 1_049, 1_068];
    let laid = Laid::of(&history, &[], &blamed);
    let window = laid.first_window(&history);
    for op in blamed {
        let (row, place) = laid.place_of(op).expect("it is there");
        let bar = &laid.rows[row].bars[place];
        assert!(row < 3, "{row}");
        assert!(bar.from > window.from && bar.from < window.until());
        assert!(bar.is_open || bar.until < window.until());
    }
    assert!(window.span < whole(&laid).span / 4.0);
    let drawing = drawn(&laid, &history, window, 900.0);
    let marked = found(&drawing, "is-blamed");
    assert_eq!(marked.len(), 3);
    for one in &marked {
        assert!(attribute(one, "aria-label").contains("part of the contradiction"));
        let words = found(one, "op-words");
        assert!(words.iter().all(|words| words.text.starts_with('✕')));
    }
    // The others are calm, and nobody is both.
    assert!(!found(&drawing, "is-calm").is_empty());
}

/// Whoever selects a sentence sees the operations that it names, however many clients there are.
#[test]
fn what_is_selected_can_be_gathered() {
    let history = history(50, 40, true);
    let blamed = [1_020, 1_049];
    let laid = Laid::of(&history, &[], &blamed);
    let rows = |laid: &Laid, ops: &[u32]| -> Vec<usize> {
        let places = ops.iter().filter_map(|op| laid.place_of(*op));
        places.map(|(row, _)| row).collect()
    };
    // Neighbours stay where they are.
    assert!(laid.gathering(&history, &blamed).is_none());
    assert!(laid.gathering(&history, &[]).is_none());
    let far = [1_025, 1_038, 1_049];
    assert!(rows(&laid, &far).iter().any(|row| *row > 20));
    let gathered = laid.gathering(&history, &far).expect("they are far apart");
    let mut found = rows(&gathered, &far);
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2]);
    assert_eq!(gathered.rows.len(), laid.rows.len());
    for (row, this) in gathered.rows.iter().enumerate() {
        for (place, bar) in this.bars.iter().enumerate() {
            assert_eq!(gathered.place_of(bar.op), Some((row, place)));
        }
    }
    let window = gathered.keeping(&history, gathered.first_window(&history), &far);
    assert_eq!(window.top, 0);
}

#[test]
fn without_a_contradiction_one_begins_at_the_beginning() {
    let history = history(4, 100, false);
    let laid = Laid::of(&history, &[], &[]);
    let window = laid.first_window(&history);
    assert_eq!((window.from, window.top), (0.0, 0));
    let drawing = drawn(&laid, &history, window, 900.0);
    let count = found(&drawing, "op").len();
    assert!((20..=60).contains(&count), "{count}");
}

#[test]
fn the_order_is_numbered_where_each_takes_effect() {
    let history = history(2, 4, false);
    let order: Vec<Point> = [(0, 0), (1, 1), (4, 8)]
        .map(|(op, place)| Point { op, place })
        .into();
    let laid = Laid::of(&history, &order, &[]);
    let drawing = drawn(&laid, &history, whole(&laid), 900.0);
    let numbers: Vec<&str> = found(&drawing, "op-number")
        .iter()
        .map(|one| one.text.as_str())
        .collect();
    assert_eq!(numbers, ["1", "3", "2"]);
    assert_eq!(found(&drawing, "op-effect").len(), 3);
    assert!(laid.name(&history, 4).ends_with("takes effect as number 3"));
    // Within its own bar.
    for (op, _) in [(0, 0), (1, 1), (4, 8)] {
        let (row, place) = laid.place_of(op).expect("it is there");
        let bar = &laid.rows[row].bars[place];
        let effect = laid.effect(op).expect("it is in the order");
        assert!(bar.from <= effect.at && effect.at <= bar.until);
    }
}

#[test]
fn what_never_ended_is_open_and_says_so_and_what_was_refused_too() {
    let history = history(3, 4, true);
    let laid = Laid::of(&history, &[], &[]);
    let drawing = drawn(&laid, &history, whole(&laid), 900.0);
    let open = found(&drawing, "is-unknown");
    assert_eq!(open.len(), 1);
    let bar = found(open[0], "op-bar");
    assert_eq!(bar[0].tag, "path", "its right side is open");
    assert_eq!(found(open[0], "op-end")[0].text, "?");
    assert!(attribute(open[0], "aria-label").contains("it may have happened"));
    let refused = found(&drawing, "is-refused");
    assert_eq!(found(refused[0], "op-end")[0].tag, "path");
}

#[test]
fn faults_stand_on_the_same_axis_with_their_words() {
    for has_moments in [false, true] {
        let mut history = history(2, 6, has_moments);
        history.faults = vec![Fault {
            words: "cut North–South".to_owned(),
            place: 8,
            at: history.ops[4].invoked_at,
            mends: false,
        }];
        let laid = Laid::of(&history, &[], &[]);
        let drawing = drawn(&laid, &history, whole(&laid), 900.0);
        let words = found(&drawing, "op-fault-words");
        assert_eq!(words[0].text, "cut North–South");
        assert_eq!(found(&drawing, "op-fault").len(), 1);
    }
}

#[test]
fn a_fault_near_the_end_has_its_words_before_it() {
    let mut history = history(2, 6, true);
    let fault = |words: &str, at: Micros| Fault {
        words: words.to_owned(),
        place: 0,
        at,
        mends: false,
    };
    let last = history.ops.last().expect("there are six").invoked_at;
    history.faults = vec![
        fault("North crashes", history.ops[1].invoked_at),
        fault("cut: North and East | South", last),
    ];
    let laid = Laid::of(&history, &[], &[]);
    let drawing = drawn(&laid, &history, whole(&laid), 900.0);
    let words = found(&drawing, "op-fault-words");
    let texts: Vec<&str> = words.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts, ["North crashes", "cut: North and East | South"]);
    assert_eq!(attribute(words[1], "text-anchor"), "end");
}

#[test]
fn moving_and_zooming_stay_within_what_there_is() {
    let history = history(20, 10, true);
    let laid = Laid::of(&history, &[], &[]);
    let first = laid.first_window(&history);
    for window in [
        first.moved(-5.0),
        first.moved(500.0),
        first.zoomed(0.001),
        first.zoomed(1e9),
        Window { top: 90, ..first },
    ] {
        let window = laid.within(window);
        assert!(window.from >= laid.axis.start() && window.until() <= laid.axis.end() + 1e-6);
        assert!(window.top + laid.rows_seen() <= laid.rows.len());
    }
    // Whoever walks to an operation finds it in view.
    for op in 0..history.ops.len() as u32 {
        let window = laid.showing(laid.within(first.zoomed(3.0)), op);
        let (row, place) = laid.place_of(op).expect("it is there");
        let bar = &laid.rows[row].bars[place];
        assert!((window.top..window.top + laid.rows_seen()).contains(&row));
        assert!(
            bar.from >= window.from && bar.from <= window.until(),
            "{op}"
        );
    }
}

#[test]
fn an_empty_history_draws_nothing_and_does_not_fail() {
    let history = History::default();
    let laid = Laid::of(&history, &[], &[7]);
    let drawing = drawn(&laid, &history, laid.first_window(&history), 300.0);
    assert!(found(&drawing, "op").is_empty());
    assert!(laid.showing(laid.first_window(&history), 3).span > 0.0);
}

#[test]
fn arrows_walk_along_a_row_and_from_row_to_row() {
    let history = history(3, 4, true);
    let laid = Laid::of(&history, &[], &[]);
    let walked = |from: u32, keys: &[&str]| {
        keys.iter().fold(from, |op, key| {
            laid.beside(op, Way::of_key(key).expect("a way"))
        })
    };
    assert_eq!(
        walked(0, &["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]),
        0
    );
    assert_eq!(walked(1, &["End"]), 10);
    assert_eq!(walked(10, &["Home", "ArrowLeft"]), 1);
    // What began last before, or first after where nothing did.
    assert_eq!(walked(4, &["ArrowUp", "ArrowUp", "ArrowUp"]), 3);
    assert_eq!(laid.first_in(&laid.first_window(&history)), Some(0));
    assert_eq!(Way::of_key("x"), None);
    let blamed = Laid::of(&history, &[], &[7, 8]);
    assert_eq!(blamed.first_in(&blamed.first_window(&history)), Some(7));
}
