//! Histories of real systems: what is read, what is refused, and that nothing makes the readers stumble.

use sim_core::check::explain::explain;
use sim_core::check::history::{Ask, Ended, History, NO_KEY, Value};
use sim_core::check::ladder::{Ladder, Level};
use sim_core::check::linearizable::{Answer, Question, check};
use sim_core::check::model::ModelKind;
use sim_core::check::search::Limits;
use sim_core::check::sights::sights;
use sim_core::foreign::{self, Format, read, try_bytes};

fn history(text: &str) -> History {
    match read(text.as_bytes(), None) {
        Ok(read) => read.history,
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// What is said of a text that is no history.
fn error(text: &str) -> String {
    match read(text.as_bytes(), None) {
        Ok(read) => panic!("{:?}", read.history.ops),
        Err(error) => error.to_string(),
    }
}

fn log(lines: &[&str]) -> String {
    lines
        .iter()
        .map(|line| format!("INFO  jepsen.util - {}\n", line.replace(' ', "\t")))
        .collect()
}

#[test]
fn a_jepsen_log_is_read() {
    let text = log(&[
        "0 :invoke :write 1",
        "1 :invoke :read nil",
        "0 :ok :write 1",
        ":nemesis :info :start nil",
        "1 :info :read :timed-out",
        "2 :invoke :cas [1#2]",
        "2 :fail :cas [1#2]",
        "3 :invoke :write 5",
    ])
    .replace('#', " ");
    let history = history(&text);
    let asks: Vec<_> = history.ops.iter().map(|op| (op.ask, op.outcome)).collect();
    assert_eq!(
        asks,
        [
            (Ask::Write, Ended::Ok),
            (Ask::Read, Ended::Unknown),
            (Ask::Cas, Ended::Refused),
            (Ask::Write, Ended::Unknown),
        ]
    );
    assert_eq!(history.faults.len(), 1);
    assert_eq!(history.faults[0].words, ":info :start nil");
    assert_eq!(history.faults[0].place, 3);
    assert_eq!(history.clients[2], "process 2");
    assert_eq!(ModelKind::deduce(&history), Some(ModelKind::CasRegister));
}

#[test]
fn lines_of_other_loggers_are_passed_over() {
    let text = format!(
        "INFO  jepsen.core - Running test\nWARN  jepsen.core - Something odd\n\n{}",
        log(&["0 :invoke :write 1", "0 :ok :write 1"])
    );
    assert_eq!(history(&text).ops.len(), 1);
}

#[test]
fn edn_is_read_however_it_is_laid_out() {
    let (one, other) = (
        "{:process 0, :type :invoke, :f :write, :value 3, :time 1500, :extra {:a [1.5 \\x #{1}]}}",
        "{:process 0 :type :ok :f :write :value 3 :time 9000}",
    );
    let texts = [
        format!("{one}\n{other}\n"),
        format!("; a comment\n[{one}\n ; another\n {other}]"),
        format!("({one} {other})\n; the end"),
        format!("{one}, {other}"),
        format!("#jepsen.history.Op{one}\n#jepsen.history.Op{other}"),
    ];
    for text in texts {
        let history = history(&text);
        assert_eq!(history.ops.len(), 1, "{text}");
        assert_eq!(history.ops[0].a, Value::Int(3));
        assert_eq!(history.ops[0].ended_at.0, 9);
        assert!(history.has_moments);
    }
}

#[test]
fn keys_values_and_tags_are_read() {
    let text = "{:process 1, :type :invoke, :f :append, :key \"0\", :value \"x\"}\n\
                {:process 1, :type :ok, :f :append, :key \"0\", :value \"x\"}\n\
                {:process 1, :type :invoke, :f :get, :key \"0\", :value nil}\n\
                {:process 1, :type :ok, :f :get, :key \"0\", :value \"x\"}";
    let read = read(text.as_bytes(), None).expect("a history");
    assert_eq!(read.format, Some(Format::KeyValueEdn));
    assert_eq!(ModelKind::deduce(&read.history), Some(ModelKind::KeyValue));
    let text = "{:process 1, :type :invoke, :f :write, :value #jepsen.independent/tuple [7 1]}";
    let tuple = history(text);
    assert_eq!(tuple.keys, [Value::Int(7)]);
    assert_eq!(tuple.ops[0].a, Value::Int(1));
    let lock = history("{:process 1, :type :invoke, :f :acquire, :value nil}");
    assert_eq!(ModelKind::deduce(&lock), Some(ModelKind::Lock));
    assert_eq!(lock.ops[0].key, NO_KEY);
}

#[test]
fn a_bank_of_jepsen_is_a_bank() {
    let text = "{:process 0 :type :invoke :f :transfer :value {:from 0 :to 1 :amount 5}}\n\
                {:process 0 :type :ok :f :transfer :value {:from 0 :to 1 :amount 5}}\n\
                {:process 1 :type :invoke :f :read :value nil}\n\
                {:process 1 :type :ok :f :read :value {0 5, 1 15}}\n\
                {:process 1 :type :invoke :f :read :value nil}\n\
                {:process 1 :type :ok :f :read :value {0 10, 1 15}}\n";
    let history = history(text);
    let kind = ModelKind::deduce(&history).expect("a model");
    assert_eq!(kind, ModelKind::Bank);
    let question = Question::whole(&history, kind, Value::Int(10));
    let Answer::No(ops) = check(&question, &Limits::default()) else {
        panic!("money was made");
    };
    let found = explain(&question, &ops, &Limits::default());
    assert_eq!(found.culprit, 2);
}

#[test]
fn counters_and_sets_are_told_apart_by_what_was_read() {
    let text = |told: &str| {
        format!(
            "{{:process 0 :type :invoke :f :add :value 1}}\n{{:process 0 :type :ok :f :add :value 1}}\n\
             {{:process 0 :type :invoke :f :read}}\n{{:process 0 :type :ok :f :read :value {told}}}"
        )
    };
    let kind = |told| ModelKind::deduce(&history(&text(told)));
    assert_eq!(kind("1"), Some(ModelKind::Counter));
    assert_eq!(kind("#{1}"), Some(ModelKind::Set));
}

#[test]
fn our_own_lines_are_read() {
    let text = "{\"client\":\"A\",\"operation\":\"deposit\",\"amount\":20,\"invoked_us\":5,\"ended_us\":9,\"outcome\":\"ok\",\"initial\":80}\n\
                {\"fault\":\"cut\",\"at_us\":7}\n\
                {\"client\":\"B\",\"operation\":\"balance\",\"invoked_us\":9,\"ended_us\":10,\"outcome\":\"ok\",\"value\":80}";
    let history = history(text);
    assert_eq!(history.initial, Value::Int(80));
    // Asked at the very instant of a response: at the same time.
    assert!(history.ops[1].invoked < history.ops[0].ended);
    assert_eq!(history.faults[0].place, 1);
    let question = Question::whole(&history, ModelKind::Bank, history.initial);
    assert!(matches!(
        check(&question, &Limits::default()),
        Answer::Yes(_)
    ));
}

#[test]
fn an_empty_file_is_an_empty_history() {
    for text in ["", "\n\n", "; nothing\n", "[]", "\u{feff}"] {
        assert!(history(text).ops.is_empty(), "{text:?}");
    }
}

#[test]
fn errors_say_where_and_what_was_expected() {
    let write = "{:process 0, :type :invoke, :f :write, :value 3}";
    let cases = [
        (
            log(&["0 :invoke :write 1", "0 :ok :write 1", "0 :ok :write 1"]),
            "line 3, :ok of process 0, which waits for nothing: expected an :invoke of it before",
        ),
        (
            log(&["0 :invoke :write 1", "0 :invoke :write 2"]),
            "line 2, process 0 invokes `write` before its call of line 1 was answered: expected :ok, :fail or :info of that first",
        ),
        (
            log(&["0 :invoke :write 1"]) + "INFO  jepsen.ut",
            "line 2, expected a line such as `INFO  jepsen.util - 0<tab>:invoke<tab>:write<tab>3`, found `INFO  jepsen.ut`",
        ),
        (
            log(&["0 :invoke :write 1", "0 :ok :write"]),
            "line 2, expected a line such as `INFO  jepsen.util - 0<tab>:invoke<tab>:write<tab>3`, found `INFO  jepsen.util - 0 :ok :write`",
        ),
        (
            log(&["0 :invoke :write 1", "0 :ok :read 1"]),
            "line 2, `read` answers the write of line 1: expected an answer to that",
        ),
        (
            format!("{write}\n{{:process 0, :type :ok, :f :write, :value 4}}"),
            "line 2, an answer about 4: expected one about the write of line 1, 3",
        ),
        (
            format!("[{write}\n"),
            "line 2, the file ends here: expected `]` to close what line 1 opens",
        ),
        (
            format!("[{write}]\n7"),
            "line 2, expected the end of the file, found `7`",
        ),
        (
            format!("{write}\n{{:process 0, :type :ok, :f :wri"),
            "line 2, expected a map such as {:process 0, :type :invoke, :f :read, :value nil}, found `{:process 0, :type :ok, :f :wri`: the file ends in it",
        ),
        (
            String::from("{:process 0, :type :invoke, :f :dance}"),
            "line 1, `dance` is no operation that a model has: expected one of read, write, cas, get, put, append, balance, deposit, withdraw, transfer, increment, decrement, add, remove, contains, acquire, release, guarded-write, enqueue, dequeue",
        ),
        (
            String::from("{:process 0, :type :invoke, :f :cas, :value 3}"),
            "line 1, expected the value of a cas as [from to]",
        ),
        (
            String::from("{:type :invoke, :f :read}"),
            "line 1, expected :process, a number or a name",
        ),
        (
            write.replace(":value 3", ":value 99999999999999999999"),
            "line 1, expected whole numbers of at most 64 bits, found another number",
        ),
        (
            log(&[
                "0 :invoke :write 1",
                "0 :ok :write 1",
                "0 :invoke :write 99999999999999999999",
            ]),
            "line 3, expected whole numbers of at most 64 bits, found another number",
        ),
        (
            format!(
                "{}\n{}",
                write.replace('}', ", :index 1}"),
                write.replace("invoke", "ok").replace('}', ", :index 0}")
            ),
            "line 2, expected an :index above 1, found 0",
        ),
        (
            format!(
                "{}\n{}",
                write.replace('}', ", :time 10}"),
                write.replace("invoke", "ok").replace('}', ", :time 5}")
            ),
            "line 2, expected a :time of process 0 from 10 on, found 5",
        ),
        (
            String::from(
                "{\"client\":\"A\",\"operation\":\"increment\",\"invoked_us\":5,\"ended_us\":6,\"outcome\":\"ok\"}",
            ),
            "line 1, expected \"args\" of an increment as [amount], a whole number",
        ),
        (
            String::from("{:process 0, :type :maybe, :f :read}"),
            "line 1, expected :type as :invoke, :ok, :fail or :info",
        ),
        (
            String::from(
                "{\"client\":\"A\",\"operation\":\"read\",\"invoked_us\":5,\"outcome\":\"ok\"}",
            ),
            "line 1, expected \"ended_us\" of an operation that was answered",
        ),
        (
            String::from(
                "{\"client\":\"A\",\"operation\":\"read\",\"invoked_us\":5,\"ended_us\":4,\"outcome\":\"ok\"}",
            ),
            "line 1, expected \"ended_us\" no earlier than \"invoked_us\"",
        ),
        (
            String::from(
                "{\"client\":\"A\",\"operation\":\"cas\",\"args\":[1],\"invoked_us\":5,\"ended_us\":6,\"outcome\":\"ok\"}",
            ),
            "line 1, expected \"args\" of a cas as [from, to]",
        ),
        (
            String::from(
                "{\"client\":\"A\",\"operation\":\"read\",\"invoked_us\":5,\"ended_us\":9,\"outcome\":\"ok\",\"value\":1}\n{\"client\":\"A\",\"operation\":\"read\",\"invoked_us\":8,\"ended_us\":9,\"outcome\":\"ok\",\"value\":1}",
            ),
            "line 2, A asks while the operation of line 1 is under way: expected one at a time",
        ),
    ];
    for (text, words) in cases {
        assert_eq!(error(&text), words, "{text}");
    }
    let bytes = b"{:process 0, :type :invoke,\n :f :write, :value \xff}";
    let refused = read(bytes, None).expect_err("no UTF-8");
    assert_eq!(
        refused.to_string(),
        "line 2, expected a text in UTF-8, found the byte 0xff"
    );
}

#[test]
fn a_tower_of_brackets_is_no_danger() {
    for opening in ["[", "{:a ", "(", "#{", "#a ", "#_ "] {
        let tower = opening.repeat(200_000);
        let text = |field: &str| format!("{{:process 0, :type :invoke, :f :write, {field} {tower}");
        for field in [":value", ":extra"] {
            assert!(read(text(field).as_bytes(), None).is_err(), "{opening}");
        }
        let closing: String = match opening {
            "[" => "]".repeat(200_000),
            "(" => ")".repeat(200_000),
            "#a " => String::from("1"),
            _ => continue,
        };
        // What is not looked at may be as deep as it likes.
        let extra = text(":extra") + &closing + "}";
        assert_eq!(history(&extra).ops.len(), 1, "{opening}");
        assert_eq!(
            error(&(text(":value") + &closing + "}")),
            "line 1, expected values that are nested at most 32 deep, found deeper ones"
        );
    }
    let tower = "[".repeat(200_000);
    let json = format!("{{\"client\":\"A\",\"value\":{tower}");
    assert!(read(json.as_bytes(), None).is_err());
}

#[test]
fn whatever_is_done_to_a_file_is_read_or_refused() {
    let log = log(&[
        "0 :invoke :write 1",
        "1 :invoke :read nil",
        "0 :ok :write 1",
        "1 :ok :read 1",
        "2 :invoke :cas [1#2]",
        "2 :info :cas :timed-out",
    ]);
    let edn = "[{:process 0, :type :invoke, :f :append, :key \"a\", :value \"x\"}\n{:process 0, :type :ok, :f :append, :key \"a\", :value \"x\"}\n{:process 1, :type :invoke, :f :get, :key \"a\", :value nil, :time 12}\n{:process 1, :type :ok, :f :get, :key \"a\", :value \"\\\"x\"}]";
    let jsonl = "{\"client\":\"A\",\"operation\":\"deposit\",\"amount\":20,\"invoked_us\":5,\"ended_us\":9,\"outcome\":\"ok\"}\n{\"client\":\"B\",\"operation\":\"balance\",\"invoked_us\":11,\"ended_us\":12,\"outcome\":\"ok\",\"value\":80}";
    let texts = [
        log.replace('#', " "),
        String::from(edn),
        String::from(jsonl),
    ];
    let mut seed = 1u64;
    let mut below = |span: usize| {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        ((seed >> 33) % span as u64) as usize
    };
    let (mut good, mut bad) = (0, 0);
    for round in 0..30_000 {
        let mut bytes = texts[round % 3].clone().into_bytes();
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            match below(5) {
                0 => bytes[at] = below(256) as u8,
                1 => bytes.truncate(at.max(1)),
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, b"{}[]()\":\n\t#_;\\09"[below(16)]),
                _ => {
                    let to = at + below(bytes.len() - at);
                    bytes.extend_from_within(at..to);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        try_bytes(&bytes);
        match read(&bytes, None) {
            Err(error) => {
                bad += 1;
                assert!(error.line >= 1 && !error.words.is_empty());
                assert!(!error.to_string().chars().any(char::is_control), "{error}");
            }
            Ok(read) => {
                good += 1;
                let history = &read.history;
                let Some(kind) = ModelKind::deduce(history) else {
                    continue;
                };
                let question = Question::whole(history, kind, history.initial);
                if let Answer::No(ops) = check(&question, &Limits::default()) {
                    assert!(
                        !explain(&question, &ops, &Limits::default())
                            .words
                            .is_empty()
                    );
                }
            }
        }
    }
    assert!(good > 1_500 && bad > 1_500, "{good} {bad}");
}

/// What fuzzing has found interesting so far: `fuzz/corpus/history`.
#[test]
fn the_saved_corpus_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/history");
    let mut count = 0;
    for file in std::fs::read_dir(folder).expect("the corpus is part of the repository") {
        let path = file.expect("a file").path();
        try_bytes(&std::fs::read(path).expect("its bytes"));
        count += 1;
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn clients_may_log_a_little_out_of_turn() {
    // As RethinkDB's histories among those of Knossos do.
    let text = "{:process 16, :type :invoke, :f :read, :value nil, :time 100143078146}\n\
                {:process 11, :type :invoke, :f :read, :value nil, :time 100143070065}\n\
                {:process 11, :type :ok, :f :read, :value 3, :time 100144663106}";
    let history = history(text);
    assert_eq!(history.ops.len(), 2);
    assert!(!history.has_moments);
}

#[test]
fn an_amount_below_zero_is_named() {
    let line = |operation: &str, args: &str| {
        format!(
            "{{\"client\":\"A\",\"operation\":\"{operation}\",\"args\":{args},\"key\":0,\"invoked_us\":0,\"ended_us\":9,\"outcome\":\"ok\"}}"
        )
    };
    for asked in [None, Some(ModelKind::Bank)] {
        let mut below = history(&line("deposit", "[-5]"));
        let error = foreign::model_of(&mut below, asked).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err(String::from(
                "line 1, expected an amount that is a whole number from 0 on, found a deposit of −5"
            ))
        );
    }
}

#[test]
fn what_a_store_held_first_is_such_as_it_can_hold() {
    let opening = |kind: ModelKind, text: &str| {
        let mut history = History::default();
        foreign::opening(&mut history, kind, Some(text)).map(|value| history.values.words(value))
    };
    let fits = [
        (ModelKind::Register, "foo", "“foo”"),
        (ModelKind::CasRegister, "0", "0"),
        (ModelKind::KeyValue, "7", "7"),
        (ModelKind::Bank, "80", "80"),
        (ModelKind::Bank, "{0 10, 1 0}", "[[0, 10], [1, 0]]"),
        (ModelKind::Counter, "-3", "−3"),
        (ModelKind::Set, "#{1}", "[1]"),
        (ModelKind::Queue, "[1 2]", "[1, 2]"),
        (ModelKind::Lock, "nil", "nothing"),
        (ModelKind::Lock, "true", "yes"),
    ];
    for (kind, text, words) in fits {
        assert_eq!(opening(kind, text).as_deref(), Ok(words), "{kind:?}");
    }
    let wrong = [
        (ModelKind::Register, "[1 2]", "one value, found [1, 2]"),
        (ModelKind::KeyValue, "[1 2]", "a text, found [1, 2]"),
        (
            ModelKind::Bank,
            "foo",
            "a whole number from 0 on, or one by account such as {0 10, 1 5}, found “foo”",
        ),
        (ModelKind::Counter, "[1 2]", "a whole number, found [1, 2]"),
        (ModelKind::Set, "5", "a list such as [1 2], found 5"),
        (
            ModelKind::Lock,
            "5",
            "nothing: nobody holds it then; or true: it may lapse, found 5",
        ),
    ];
    for (kind, text, words) in wrong {
        let told = opening(kind, text);
        let expected = format!(
            "the initial value of the model {}, expected {words}",
            kind.name()
        );
        assert_eq!(told, Err(expected));
    }
}

#[test]
fn a_bank_may_open_with_something_else_in_each_account() {
    let text = "{:process 0 :type :invoke :f :transfer :value {:from 0 :to 1 :amount 5}}\n\
                {:process 0 :type :ok :f :transfer :value {:from 0 :to 1 :amount 5}}\n\
                {:process 1 :type :invoke :f :read :value nil}\n\
                {:process 1 :type :ok :f :read :value {0 5, 1 5}}\n";
    let mut history = history(text);
    for (asked, holds) in [("{0 10, 1 0}", true), ("{0 0, 1 10}", false), ("10", false)] {
        let opening = foreign::opening(&mut history, ModelKind::Bank, Some(asked));
        let initial = opening.unwrap_or_else(|why| panic!("{why}"));
        let question = Question::whole(&history, ModelKind::Bank, initial);
        let answer = check(&question, &Limits::default());
        assert_eq!(matches!(answer, Answer::Yes(_)), holds, "{asked}");
    }
}

/// Operations of one register a line: who, what, the value, from when until when.
fn lines(ops: &[(&str, &str, u32, u32, u32)]) -> String {
    let line = |(client, operation, value, from, until): &(&str, &str, u32, u32, u32)| {
        let given = match *operation {
            "read" => format!("\"value\":{value}"),
            _ => format!("\"args\":[{value}]"),
        };
        format!(
            "{{\"client\":\"{client}\",\"operation\":\"{operation}\",{given},\"invoked_us\":{from},\"ended_us\":{until},\"outcome\":\"ok\"}}\n"
        )
    };
    ops.iter().map(line).collect()
}

fn is_linearizable(text: &str) -> bool {
    let history = history(text);
    let question = Question::whole(&history, ModelKind::Register, Value::Nil);
    matches!(check(&question, &Limits::default()), Answer::Yes(_))
}

#[test]
fn a_client_that_asks_again_at_once_was_answered_first() {
    let own = [
        ("A", "write", 1, 0, 1),
        ("A", "write", 2, 1, 2),
        ("A", "read", 1, 2, 3),
    ];
    assert!(!is_linearizable(&lines(&own)));
    // Of different clients it counts as concurrent, also where one of them asks again at once.
    let other = [
        ("A", "write", 1, 0, 1),
        ("A", "write", 2, 1, 2),
        ("B", "read", 1, 2, 3),
    ];
    assert!(is_linearizable(&lines(&other)));
    let both = [
        ("A", "write", 1, 0, 2),
        ("B", "write", 2, 1, 2),
        ("C", "read", 1, 2, 4),
        ("B", "read", 2, 2, 3),
        ("B", "read", 1, 3, 4),
    ];
    assert!(is_linearizable(&lines(&both)));
    // Where several ask again at once, neither is held to have come first.
    let several = [
        ("A", "write", 1, 0, 2),
        ("B", "write", 2, 0, 2),
        ("A", "read", 1, 2, 3),
        ("B", "read", 2, 2, 3),
    ];
    assert!(is_linearizable(&lines(&several)));
}

#[test]
fn an_answer_may_say_what_it_rests_on() {
    let line = |op: u32, rest: &str| {
        let at = op * 10;
        format!(
            "{{\"op\":{op},\"client\":\"C{op}\",\"invoked_us\":{at},\"ended_us\":{at},\"outcome\":\"ok\",{rest}}}\n"
        )
    };
    let add = |op| line(op, "\"operation\":\"add\",\"args\":[\"hat\"]");
    let read = |op, saw: &str| {
        let read = "\"operation\":\"read\",\"value\":[\"hat\"]";
        line(op, &format!("{read}{saw}"))
    };
    // The same was added twice, so the value does not say it.
    let adds = add(5) + &add(6);
    let seen = |text: &str| {
        let one = history(text);
        let question = Question::whole(&one, ModelKind::Set, Value::Nil);
        sights(&question).map(|sights| {
            let all = sights.into_iter();
            all.map(|(reader, sight)| (reader, sight.seen, sight.unseen))
                .collect::<Vec<_>>()
        })
    };
    let told = seen(&(adds.clone() + &read(7, ",\"saw\":[6]")));
    assert_eq!(told, Ok(vec![(2, vec![1], vec![0])]));
    // Who is spoken of may stand below.
    let told = seen(&(read(7, ",\"saw\":[5]") + &adds));
    assert_eq!(told, Ok(vec![(2, vec![0], vec![1])]));
    // One answer that does not say it: then only values count.
    let told = seen(&(adds.clone() + &read(7, ",\"saw\":[6]") + &read(8, "")));
    assert!(told.is_err(), "{told:?}");
    for (saw, words) in [
        (
            ",\"saw\":[4]",
            "line 3, expected in \"saw\" the \"op\" of a change, found 4",
        ),
        (
            ",\"saw\":[7]",
            "line 3, expected in \"saw\" the \"op\" of a change, found 7",
        ),
        (
            ",\"saw\":[\"x\"]",
            "line 3, expected \"saw\" as a list of numbers, the \"op\" of each change",
        ),
        (
            ",\"saw\":6",
            "line 3, expected \"saw\" as a list of numbers, the \"op\" of each change",
        ),
    ] {
        assert_eq!(error(&(adds.clone() + &read(7, saw))), words);
    }
    let twice = add(5) + &add(5).replace("C5", "C6");
    assert_eq!(
        error(&twice),
        "line 2, expected an \"op\" of its own, found 5 as on line 1"
    );
}

#[test]
fn a_session_may_have_several_clients() {
    let text = |session: &str| {
        let tab = |tab: &str, rest: &str| format!("{{\"client\":\"{tab}\",{session}{rest}}}\n");
        let add = "\"operation\":\"add\",\"args\":[\"milk\"],\"invoked_us\":4,\"ended_us\":9,\"outcome\":\"ok\"";
        let read = "\"operation\":\"read\",\"invoked_us\":10,\"ended_us\":14,\"outcome\":\"ok\",\"value\":[]";
        tab("Tab A", add) + &tab("Tab B", read)
    };
    let alone = history(&text(""));
    assert!(alone.sessions.is_empty());
    let joined = history(&text("\"session\":\"Eve\","));
    assert_eq!(joined.sessions, [0, 0]);
    let strongest = |history: &History| {
        let question = Question::whole(history, ModelKind::Set, Value::Nil);
        let ladder = Ladder::of(&question, &sights(&question), &Limits::default());
        let names: Vec<_> = ladder.strongest().map(Level::name).collect();
        names.join(", ")
    };
    assert_eq!(strongest(&alone), "sequential");
    assert_eq!(
        strongest(&joined),
        "writes follow reads, monotonic reads, monotonic writes"
    );
    let moved = text("\"session\":\"Eve\",") + &text("\"session\":\"Joe\",");
    assert_eq!(
        error(&moved),
        "line 3, expected Tab A to stay in one session, found `Joe` as well"
    );
    assert_eq!(
        error(&text("\"session\":7,")),
        "line 1, expected \"session\", a name"
    );
}

/// As Clojure prints what is large, and as others spell letters.
#[test]
fn unusual_spellings_refuse_no_file() {
    let text = r#"{:process 0, :type :invoke, :f :write, :value 2N, :extra "\u0041 \/ \101"}
{:process 0, :type :ok, :f :write, :value 2, :extra [##NaN \u0041 1.5M 99999999999999999999N]}"#;
    let history = history(text);
    assert_eq!(history.ops[0].a, Value::Int(2));
    let wrong = text.replace("\\101", "\\q");
    let words = error(&wrong);
    assert!(words.starts_with("line 1, expected a map"), "{words}");
    assert!(
        words.ends_with("a backslash before a letter that it does not go with"),
        "{words}"
    );
}

#[test]
fn an_answer_is_about_the_key_of_its_call() {
    let call = "{:process 0, :type :invoke, :f :get, :key \"x\", :value nil}\n";
    let of = |key: &str| format!("{call}{{:process 0, :type :ok, :f :get, {key}:value \"a\"}}");
    assert_eq!(history(&of("")).ops.len(), 1);
    assert_eq!(history(&of(":key \"x\", ")).ops.len(), 1);
    assert_eq!(
        error(&of(":key \"y\", ")),
        "line 2, an answer about the key “y”: expected one about the get of line 1, of the key “x”"
    );
}

#[test]
fn an_answer_is_about_what_was_asked() {
    let cas = "{:process 0, :type :invoke, :f :cas, :value [1 2]}\n{:process 0, :type :ok, :f :cas, :value [1 3]}";
    assert_eq!(
        error(cas),
        "line 2, an answer about [1, 3]: expected one about the cas of line 1, [1, 2]"
    );
}

/// A read of accounts alone may be of any store that holds pairs.
#[test]
fn a_bank_that_is_only_read_is_a_bank_where_one_says_so() {
    let text = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value {0 10, 1 5}}";
    let mut read = history(text);
    assert_eq!(
        foreign::model_of(&mut read, Some(ModelKind::Bank)),
        Ok(ModelKind::Bank)
    );
    assert_eq!(read.ops[0].ask, Ask::Balance);
    let text = "{:process 0, :type :invoke, :f :add, :value 2}\n{:process 0, :type :ok, :f :add, :value 2}";
    let mut counted = history(text);
    assert_eq!(
        foreign::model_of(&mut counted, Some(ModelKind::Counter)),
        Ok(ModelKind::Counter)
    );
    assert_eq!(counted.ops[0].ask, Ask::Increment);
}

/// A sentence stays on its line.
#[test]
fn what_cannot_be_seen_is_pictured() {
    let line = r#"{"client":"A\nB","operation":"write","key":"k\t","args":["a\u0001"],"invoked_us":0,"ended_us":9,"outcome":"ok"}"#;
    let other = r#"{"client":"C","operation":"read","key":"k\t","invoked_us":10,"ended_us":19,"outcome":"ok","value":"a"}"#;
    let mut history = history(&format!("{line}\n{other}"));
    let kind = foreign::model_of(&mut history, None).expect("a model");
    let question = Question::whole(&history, kind, Value::Nil);
    let Answer::No(ops) = check(&question, &Limits::default()) else {
        panic!("nobody wrote it");
    };
    assert_eq!(history.clients[0], "A␊B");
    assert_eq!(
        explain(&question, &ops, &Limits::default()).words,
        "C read “a” under k␉ at 19 µs: a linearizable store would have answered “a␁”."
    );
}

/// Two moments that people would be told alike are told to the microsecond, in the sentence that names both.
#[test]
fn moments_that_differ_are_told_apart() {
    let write = r#"{"client":"A","operation":"write","args":[1],"invoked_us":0,"ended_us":14100,"outcome":"ok"}"#;
    let read = r#"{"client":"B","operation":"read","invoked_us":14200,"ended_us":14900,"outcome":"ok","value":null}"#;
    let said = |text: &str| {
        let history = history(text);
        let question = Question::whole(&history, ModelKind::Register, Value::Nil);
        let Answer::No(ops) = check(&question, &Limits::default()) else {
            panic!("it was written over");
        };
        explain(&question, &ops, &Limits::default()).words
    };
    assert_eq!(
        said(&format!("{write}\n{read}")),
        "B read nothing at 14.9 ms, after A’s write of 1 was confirmed at 14.1 ms: a linearizable store would have answered 1."
    );
    let later = read.replace("14900", "15900");
    assert_eq!(
        said(&format!("{write}\n{later}")),
        "B read nothing at 15 ms, after A’s write of 1 was confirmed at 14 ms: a linearizable store would have answered 1."
    );
}

/// A write of 3 and a read that is told something else.
fn stale(first: &str, second: &str) -> String {
    format!(
        "{{:process {first}, :type :invoke, :f :write, :value 3}}\n{{:process {first}, :type :ok, :f :write, :value 3}}\n\
         {{:process {second}, :type :invoke, :f :read}}\n{{:process {second}, :type :ok, :f :read, :value nil}}\n"
    )
}

#[test]
fn a_process_with_a_name_is_a_client() {
    for (first, second) in [
        ("\"a\"", "\"b\""),
        (":a", ":b"),
        ("a", "b"),
        (":a", "\"a\""),
    ] {
        let read = history(&stale(first, second));
        assert_eq!((read.ops.len(), read.faults.len()), (2, 0), "{first}");
        assert_ne!(read.ops[0].client, read.ops[1].client, "{first}");
        assert!(!is_linearizable(&stale(first, second)), "{first}");
    }
    for nemesis in [":nemesis", "\"nemesis\"", "nemesis"] {
        let text = stale("0", "1")
            + &format!("{{:process {nemesis}, :type :info, :f :start, :value nil}}");
        let read = history(&text);
        assert_eq!((read.ops.len(), read.faults.len()), (2, 1), "{nemesis}");
        assert_eq!(read.faults[0].words, "start");
    }
    for none in ["[0]", "{:a 1}", "nil", "1.5", "true", "\\a", "#{}"] {
        let text = stale("0", "1") + &stale(none, none);
        assert_eq!(
            error(&text),
            "line 5, expected :process, a number or a name",
            "{none}"
        );
    }
    let named = log(&[":a :invoke :write 1", ":a :ok :write 1"]);
    assert_eq!(history(&named).clients, [":a"]);
}

/// Whether a register that was told to hold one value and then shows the other is one.
fn are_equal(one: &str, other: &str) -> bool {
    let text = format!(
        "{{:process 0, :type :invoke, :f :enqueue, :value {one}}}\n{{:process 0, :type :ok, :f :enqueue, :value {one}}}\n\
         {{:process 0, :type :invoke, :f :dequeue}}\n{{:process 0, :type :ok, :f :dequeue, :value {other}}}\n"
    );
    let history = history(&text);
    history.ops[0].a == history.ops[1].result
}

#[test]
fn values_of_edn_are_equal_if_they_are() {
    for (one, other) in [
        ("1", "+1"),
        ("2N", "2"),
        ("31", "0x1f"),
        ("-5", "-2r101"),
        ("1.50", "1.5M"),
        ("1e400", "10e399"),
        ("#a {:x 1, :y 2}", "#a {:y 2, :x 1}"),
        ("#{1 2}", "#{2 1}"),
        ("[1 [2 3]]", "(1 (2 #_ 9 3))"),
        ("99999999999999999999N", "99999999999999999999N"),
        ("\\A", "\\u0041"),
    ] {
        assert!(are_equal(one, other), "{one} {other}");
    }
    for (one, other) in [
        (":a", "\":a\""),
        ("#a 3", "#b 3"),
        ("#a 3", "3"),
        ("#a [3]", "#b [3]"),
        ("#a 3", "\"#a 3\""),
        ("1e400", "1e500"),
        ("1", "1.0"),
        ("1.5", "\"1.5\""),
        ("1/2", "\"1/2\""),
        ("\\a", "\"a\""),
        ("#\"a\"", "\"a\""),
        ("99999999999999999999N", "99999999999999999998N"),
        ("99999999999999999999N", "\"99999999999999999999\""),
        ("#inst \"2020-01-01\"", "\"2020-01-01\""),
    ] {
        assert!(!are_equal(one, other), "{one} {other}");
    }
    for number in [
        "18446744073709551617",
        "0x",
        "2r3",
        "99r1",
        "1x",
        "1.2.3",
        "1e99999999999",
        "1/x",
    ] {
        assert_eq!(
            error(&stale("0", "1").replace(" 3", &format!(" {number}"))),
            "line 1, expected whole numbers of at most 64 bits, found another number",
            "{number}"
        );
    }
}

#[test]
fn a_value_may_stand_beside_its_key() {
    for tuple in [
        "#jepsen.independent/tuple [7 V]",
        "#jepsen.independent/tuple (7 V)",
        "#jepsen.independent.Tuple{:key 7, :value V}",
        "#jepsen.independent.Tuple {:val V, :key 7}",
        "#clojure.lang.MapEntry [7 V]",
        "#clojure.lang.MapEntry{:key 7 :val V}",
    ] {
        let asked = |f: &str, value: &str| {
            let value = tuple.replace('V', value);
            history(&format!(
                "{{:process 0, :type :invoke, :f {f}, :value {value}}}"
            ))
        };
        for (f, value, a, b) in [
            (":write", "1", Value::Int(1), Value::Nil),
            (":cas", "[3 4]", Value::Int(3), Value::Int(4)),
            (":read", "nil", Value::Nil, Value::Nil),
        ] {
            let history = asked(f, value);
            assert_eq!(history.keys, [Value::Int(7)], "{tuple}");
            assert_eq!((history.ops[0].a, history.ops[0].b), (a, b), "{tuple}");
        }
    }
    let bare = history("{:process 0, :type :invoke, :f :write, :value [7 1]}");
    assert_eq!(bare.ops[0].key, NO_KEY);
    assert_eq!(
        error("{:process 0, :type :invoke, :f :cas, :value [0 [3 4]]}"),
        "line 1, expected the value of a cas as [from to], or as #jepsen.independent/tuple [key [from to]]"
    );
    for wrong in [
        "#jepsen.independent/tuple 7",
        "#jepsen.independent.Tuple{:key 7}",
    ] {
        assert_eq!(
            error(&format!(
                "{{:process 0, :type :invoke, :f :write, :value {wrong}}}"
            )),
            "line 1, expected a key and a value of it such as #jepsen.independent/tuple [key value]"
        );
    }
}

#[test]
fn what_says_nothing_of_operations_refuses_no_file() {
    let nemesis = "{:process :nemesis, :type :info, :f nil, :value nil}\n";
    let read = history(&(String::from(nemesis) + &stale("0", "1")));
    assert_eq!(read.faults[0].words, "info");
    for extra in [
        "#\"a\\.b\\\"[}\"",
        "\\a",
        "[\\{ \\newline \\u0041 \\o101]",
        "1/2",
        "#inst \"2020-01-01T00:00:00Z\"",
        "#a #b/c #d {:x #{1 1}}",
        "#_ 1 #_ #_ 2 3 [4 #_ 5]",
        "{nil ^:meta [##Inf 'x @y 12345678901234567890123]}",
    ] {
        for text in [
            stale("0", "1").replace(":f", &format!(":extra {extra}, :f")),
            stale("0", "1").replace(":f", &format!("{extra} 1 :f")),
        ] {
            assert_eq!(history(&text).ops.len(), 2, "{text}");
        }
    }
    for text in [String::from(","), String::from(" , ,\n")] {
        let text = text + &stale("0", "1");
        assert_eq!(history(&text).ops.len(), 2);
    }
}

#[test]
fn json_lines_say_each_thing_once() {
    let line = |value: &str, from: u32, until: &str, rest: &str| {
        format!(
            "{{\"client\":\"A\",\"operation\":\"write\",\"args\":[{value}],\"invoked_us\":{from},\"ended_us\":{until}{rest}}}\n"
        )
    };
    let ok = ",\"outcome\":\"ok\"";
    let a = |value: &str| history(&line(value, 1, "2", ok)).ops[0].a;
    assert_eq!(a("1.0"), Value::Int(1));
    assert_eq!(a("1e2"), Value::Int(100));
    assert_eq!(a("-9223372036854775808"), Value::Int(i64::MIN));
    let two = line("1.50", 1, "2", ok) + &line("1.5", 3, "4", ok) + &line("\"1.5\"", 5, "6", ok);
    let ops = history(&two).ops;
    assert_eq!(ops[0].a, ops[1].a);
    assert_ne!(ops[0].a, ops[2].a);
    for number in [
        "18446744073709551617",
        "18446744073709551616",
        "9223372036854775808",
        "1e400",
    ] {
        assert_eq!(
            error(&(line("1", 1, "2", ok) + &line(number, 3, "4", ok))),
            "line 2, expected whole numbers of at most 64 bits, found another number"
        );
    }
    let open = ",\"outcome\":\"open\"";
    assert_eq!(
        error(&line("1", 1, "null", open).repeat(2)),
        "line 2, A asks while the operation of line 1 is under way: expected one at a time"
    );
    for doubled in [
        line("1", 5, "5", ok),
        line("1", 5, "null", ",\"outcome\":\"unknown\""),
    ] {
        assert_eq!(
            error(&doubled.repeat(2)),
            "line 2, expected another operation, found that of line 1 again"
        );
    }
    // Within one microsecond much may happen, and who says so by other numbers means it.
    let named = |op: u32| line("1", 5, "5", &format!("{ok},\"op\":{op}"));
    assert_eq!(history(&(named(1) + &named(2))).ops.len(), 2);
    assert_eq!(
        history(&(line("1", 5, "5", ok) + &line("2", 5, "5", ok)))
            .ops
            .len(),
        2
    );
    // Who was refused, nobody knows when, may ask again; who does not know what happened too.
    for outcome in ["refused", "unknown"] {
        let gone = line("1", 1, "null", &format!(",\"outcome\":\"{outcome}\""));
        assert_eq!(history(&(gone + &line("2", 3, "4", ok))).ops.len(), 2);
    }
    for twice in [
        ",\"client\":\"B\"",
        ",\"x\":1,\"x\":2",
        ",\"x\":{\"y\":1,\"y\":2}",
    ] {
        let words = error(&line("1", 1, "2", &format!("{ok}{twice}")));
        assert!(
            words.starts_with(
                "line 1, expected one JSON object a line: a field stands twice at column"
            ),
            "{words}"
        );
    }
    let deep = "[".repeat(40) + &"]".repeat(40);
    assert_eq!(
        error(&line(&deep, 1, "2", ok)),
        "line 1, expected values that are nested at most 32 deep, found deeper ones"
    );
    for wrong in [
        "{\"client\":\"A\"",
        "{\"client\":\"A",
        "{\"client\" 1}",
        "{\"client\":}",
        "{\"client\":1 2}",
        "{\"a\":1,}",
        "{} {}",
        "{\"a\":01x}",
        "{\"a\":[1 2]}",
    ] {
        let words = error(&(line("1", 1, "2", ok) + wrong));
        assert!(
            words.starts_with("line 2, expected one JSON object a line: "),
            "{words}"
        );
    }
}

#[test]
fn lines_of_a_log_that_are_no_events_are_passed_over() {
    let events = log(&["0 :invoke :write 1", "0 :ok :write 1"]);
    let others = [
        "INFO  jepsen.util - downloading foo",
        "INFO  jepsen.core - Everything looks good! (jepsen.util)",
        "2014-05-01 12:00:00,123{GMT}\tINFO\t[jepsen node n1] jepsen.core: Running",
        "WARN  jepsen.core - ",
        "java.lang.RuntimeException: timed out",
        "\tat clojure.core$foo.invoke(core.clj:1)",
        "Caused by: java.net.ConnectException: refused",
        "{:valid? true,",
        " :ok 5}",
        "INFO  jepsen.util - 5 nodes are ready",
    ];
    for other in others {
        let text = format!("{events}{other}\n{}", events.replace('1', "2"));
        assert_eq!(history(&text).ops.len(), 2, "{other}");
    }
    for broken in [
        "INFO  jepsen.util - 0\t:ok",
        "INFO  jepsen.util - 0",
        "INFO  jepsen.util - ",
        "INFO  jepsen.util - 0\tok\t:write\t1",
        "INFO  jepsen.util - 0\t:maybe\t:write\t1",
        "INFO  jepsen.util - x\t:ok\t:write",
        "INFO  jepsen.ut",
        "INFO",
        "0\t:ok\t:write\t1",
    ] {
        let words = error(&format!("{events}{broken}\n"));
        assert!(
            words.starts_with("line 3, expected a line such as"),
            "{broken}: {words}"
        );
    }
    // What is no log at all is none.
    assert!(error("Everything looks good!\n").starts_with("line 1, expected a line such as"));
}
