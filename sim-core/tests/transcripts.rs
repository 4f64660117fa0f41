//! Histories drawn as people draw them, and what is said of them. Each file of `transcripts/` holds many:
//!
//! ```text
//! == A stale read
//! register 80
//! Ann |[write 100]
//! Ben |             [read = 80]
//! --
//! linearizable: no. Ben read 80 at 23 ms, …
//! ```
//!
//! A column is a millisecond. `[write 100 ?]`: its client gave up and nobody knows; `[write 100 !]`: it was refused. A
//! key follows an `@`. Below the dashes stands what is said; `NETSPLIT_GOLDEN=1 cargo test -p sim-core --test
//! transcripts` writes it anew, to be read as prose.

use sim_core::check::domain;
use sim_core::check::history::{Ask, Ended, History, NEVER, NO_KEY, Op, Value};
use sim_core::check::ladder::{Ladder, Level, Stands};
use sim_core::check::linearizable::Question;
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sights::sights;
use sim_core::units::Micros;
use std::path::Path;

struct Drawn {
    history: History,
    kind: ModelKind,
}

fn value(history: &mut History, text: &str) -> Value {
    match (text, text.parse()) {
        ("nothing", _) => Value::Nil,
        ("yes", _) => Value::Bool(true),
        ("no", _) => Value::Bool(false),
        (_, Ok(number)) => Value::Int(number),
        (text, _) => history.values.text(text),
    }
}

/// Reads a drawing.
fn read(drawing: &str) -> Drawn {
    let mut lines = drawing.lines();
    let mut first = lines.next().expect("a model").split_whitespace();
    let kind = ModelKind::of(first.next().expect("a model")).expect("a model");
    let mut history = History {
        has_moments: true,
        ..History::default()
    };
    if let Some(text) = first.next() {
        history.initial = value(&mut history, text);
    }
    for line in lines {
        let (client, row) = line.split_once('|').expect("a client's row");
        let number = history.clients.len() as u32;
        history.clients.push(client.trim().to_string());
        let letters: Vec<char> = row.chars().collect();
        let mut from = 0;
        while let Some(start) = letters[from..].iter().position(|letter| *letter == '[') {
            let start = from + start;
            let end = start
                + letters[start..]
                    .iter()
                    .position(|letter| *letter == ']')
                    .expect("]");
            let text: String = letters[start + 1..end].iter().collect();
            let op = operation(&mut history, kind, &text, number, (start, end));
            history.ops.push(op);
            from = end;
        }
    }
    history.ops.sort_by_key(|op| op.invoked_at);
    history.rank();
    Drawn { history, kind }
}

fn operation(
    history: &mut History,
    kind: ModelKind,
    text: &str,
    client: u32,
    span: (usize, usize),
) -> Op {
    let (asked, told) = text.split_once('=').unwrap_or((text, ""));
    let mut outcome = Ended::Ok;
    let mut key = NO_KEY;
    let mut given = Vec::new();
    let mut words = asked.split_whitespace();
    let ask = Ask::of(words.next().expect("an operation")).expect("an operation");
    for word in words {
        match (word, word.strip_prefix('@')) {
            ("?", _) => outcome = Ended::Unknown,
            ("!", _) => outcome = Ended::Refused,
            (_, Some(name)) => {
                let name = value(history, name);
                let known = history.keys.iter().position(|known| *known == name);
                key = known.unwrap_or_else(|| {
                    history.keys.push(name);
                    history.keys.len() - 1
                }) as u32;
            }
            _ => given.push(value(history, word)),
        }
    }
    let mut told: Vec<Value> = told
        .split_whitespace()
        .map(|word| value(history, word))
        .collect();
    let is_list =
        ask == Ask::Read && matches!(kind, ModelKind::Set | ModelKind::Cart | ModelKind::Log);
    let result = match (is_list, told.len()) {
        (true, _) => {
            told.retain(|one| *one != Value::Nil);
            history.values.list(told)
        }
        (false, 1) => told[0],
        _ => Value::Nil,
    };
    let at = |column: usize| Micros::from_ms(column as u64);
    Op {
        client,
        ask,
        key,
        a: given.first().copied().unwrap_or_default(),
        b: given.get(1).copied().unwrap_or_default(),
        result,
        outcome,
        invoked: 0,
        ended: NEVER,
        invoked_at: at(span.0),
        ended_at: at(span.1),
        source: 0,
    }
}

/// All that is said of a history.
fn judged(drawn: &Drawn) -> String {
    let question = Question::whole(&drawn.history, drawn.kind, drawn.history.initial);
    let ladder = Ladder::of(&question, &sights(&question), &Limits::default());
    let mut words = String::new();
    for ((name, _), finding) in Level::NAMES.iter().zip(&ladder.rungs) {
        match finding.stands {
            Stands::Yes => {}
            Stands::No => words.push_str(&format!("{name}: no. {}\n", finding.words)),
            Stands::Open | Stands::Beyond => {
                words.push_str(&format!("{name}: {}\n", finding.words))
            }
        }
        assert_eq!(finding.words.is_empty(), finding.stands == Stands::Yes);
    }
    let strongest: Vec<_> = ladder.strongest().map(Level::name).collect();
    match strongest.is_empty() {
        true if ladder.rungs.iter().any(|rung| rung.stands.is_open()) => {
            words.push_str("strongest: undecided\n");
        }
        true => words.push_str("strongest: none\n"),
        false => words.push_str(&format!("strongest: {}\n", strongest.join(", "))),
    }
    match ladder.convergence.stands {
        Stands::Yes => words.push_str("converged: yes\n"),
        _ => words.push_str(&format!("converged: {}\n", ladder.convergence.words)),
    }
    for finding in domain::findings(&question) {
        words.push_str(&format!("{}: {}\n", finding.name, finding.words));
    }
    words
}

#[test]
fn what_is_said_of_drawn_histories() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let (mut good, mut bad) = (0, 0);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file");
        let mut again = String::new();
        for (place, case) in text.split("== ").enumerate() {
            if place == 0 {
                again.push_str(case);
                continue;
            }
            let (title, rest) = case.split_once('\n').expect("a title");
            let (drawing, _) = rest.split_once("--\n").expect("dashes");
            // Prose may stand between the title and the drawing, behind a sign.
            let prose: Vec<_> = drawing
                .lines()
                .filter(|line| line.starts_with('>'))
                .collect();
            let rows: Vec<_> = drawing
                .lines()
                .filter(|line| !line.starts_with('>'))
                .collect();
            let said = judged(&read(&rows.join("\n")));
            match said.contains("linearizable: no") {
                true => bad += 1,
                false => good += 1,
            }
            let head = [prose, rows].concat().join("\n");
            again.push_str(&format!("== {title}\n{head}\n--\n{said}\n"));
        }
        let again = format!("{}\n", again.trim_end());
        if std::env::var_os("NETSPLIT_GOLDEN").is_some() {
            std::fs::write(&file, &again).expect("the file");
        }
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        similar(&name, &text, &again);
    }
    assert!(
        good >= 15 && bad >= 25,
        "{good} good and {bad} bad histories"
    );
}

/// The first line that differs, rather than everything.
fn similar(name: &str, kept: &str, now: &str) {
    if std::env::var_os("NETSPLIT_GOLDEN").is_some() {
        return;
    }
    for (line, (kept, now)) in (1..).zip(kept.lines().zip(now.lines())) {
        assert_eq!(kept, now, "{name}, line {line}");
    }
    assert_eq!(kept.lines().count(), now.lines().count(), "{name}");
}
