//! The judge of our own runs against the definition: try every order of every subset.

use sim_core::check::Consistency;
use sim_core::check::judge::Judge;
use sim_core::check::own;
use sim_core::history::{Outcome, Record};
use sim_core::operation::{Answer, Operation, Store};
use sim_core::units::{Endpoint, EventId, Micros, OpId};
use sim_core::view::{Names, Tone};

/// A small stream of numbers for histories.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, span: u64) -> u64 {
        // SplitMix64 (Steele, Lea & Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % span
    }
}

const OPENING: i64 = 2;

/// Up to five operations of three clients, with endings of every kind, at instants that may coincide.
fn history(numbers: &mut Numbers) -> Vec<Record> {
    let mut free = [0u64; 3];
    let mut records = Vec::new();
    for op in 0..1 + numbers.below(5) {
        let client = numbers.below(3) as usize;
        let invoked = free[client] + numbers.below(4);
        let ended = invoked + 1 + numbers.below(6);
        free[client] = ended;
        let operation = match numbers.below(4) {
            0 | 1 => Operation::Balance,
            2 => Operation::Deposit {
                amount: 1 + numbers.below(2) as u32,
            },
            _ => Operation::Withdraw {
                amount: 1 + numbers.below(2) as u32,
            },
        };
        let outcome = match numbers.below(6) {
            0 => Outcome::Unknown,
            1 => Outcome::Open,
            2 => Outcome::Told(Answer::Refused(0)),
            _ if operation.is_read() => Outcome::Told(Answer::Value(numbers.below(6) as i64)),
            _ => Outcome::Told(Answer::Done),
        };
        records.push((client, operation, outcome, invoked, ended, op));
    }
    // A run numbers operations as they are asked.
    records.sort_by_key(|record| record.3);
    finish(records)
}

/// Gives the endings their order as events, as a run would.
fn finish(drawn: Vec<(usize, Operation, Outcome, u64, u64, u64)>) -> Vec<Record> {
    let mut marks: Vec<(u64, usize, bool)> = Vec::new();
    for (place, one) in drawn.iter().enumerate() {
        marks.push((one.3, place, false));
        marks.push((one.4, place, true));
    }
    marks.sort_unstable();
    let event = |place: usize, end: bool| {
        let found = marks
            .iter()
            .position(|mark| (mark.1, mark.2) == (place, end));
        EventId(found.expect("every mark is there") as u32)
    };
    let list = drawn.iter().enumerate().map(|(place, one)| Record {
        op: OpId(place as u32),
        client: Endpoint(one.0 as u8),
        operation: one.1,
        invoked: Micros(one.3),
        invoked_by: event(place, false),
        ended: if one.2 == Outcome::Open {
            Micros::NEVER
        } else {
            Micros(one.4)
        },
        ended_by: if one.2 == Outcome::Open {
            EventId::NONE
        } else {
            event(place, true)
        },
        outcome: one.2,
    });
    list.collect()
}

const fn happened(record: &Record) -> bool {
    matches!(
        record.outcome,
        Outcome::Told(Answer::Done | Answer::Value(_))
    )
}

/// Linearizable by definition: some order of all that happened and some of what may have happened keeps real time
/// and gives every answer.
fn by_definition(history: &[Record]) -> bool {
    let candidates: Vec<&Record> = history
        .iter()
        .filter(|record| !record.is_refused())
        .collect();
    let mut order = Vec::new();
    extend(history, &candidates, &mut order)
}

/// Whether one operation came before another: it ended earlier, or at the very instant at which its own client, and no
/// other client, asked again.
fn is_before(history: &[Record], one: &Record, other: &Record) -> bool {
    let next = |one: &Record, other: &Record| {
        one.client == other.client && one.op < other.op && one.ended == other.invoked
    };
    let at_once = |client: Endpoint| {
        let own = || history.iter().filter(move |record| record.client == client);
        own().any(|first| own().any(|then| then.invoked == other.invoked && next(first, then)))
    };
    let alone = || (0..8).filter(|client| at_once(Endpoint(*client))).count() == 1;
    one.ended < other.invoked || (next(one, other) && alone())
}

fn extend(history: &[Record], candidates: &[&Record], order: &mut Vec<usize>) -> bool {
    let complete =
        (0..candidates.len()).all(|place| order.contains(&place) || !happened(candidates[place]));
    if complete && answers(candidates, order) {
        return true;
    }
    for place in 0..candidates.len() {
        // Real time: whoever ended before this one began comes before it.
        let early = (0..candidates.len()).any(|other| {
            happened(candidates[other])
                && !order.contains(&other)
                && is_before(history, candidates[other], candidates[place])
        });
        if !order.contains(&place) && !early {
            order.push(place);
            if extend(history, candidates, order) {
                return true;
            }
            order.pop();
        }
    }
    false
}

fn answers(candidates: &[&Record], order: &[usize]) -> bool {
    let mut balance = OPENING;
    for place in order {
        let record = candidates[*place];
        match record.operation {
            Operation::Balance => {
                if let Outcome::Told(Answer::Value(value)) = record.outcome
                    && value != balance
                {
                    return false;
                }
            }
            Operation::Deposit { amount } => balance += i64::from(amount),
            Operation::Withdraw { amount } => {
                balance -= i64::from(amount);
                if balance < 0 {
                    return false;
                }
            }
            other => panic!("{other:?} in a bank"),
        }
    }
    true
}

fn people() -> Vec<String> {
    ["Ann", "Ben", "Eve"].map(String::from).to_vec()
}

fn names(people: &[String]) -> Names<'_> {
    Names {
        list: people,
        nodes: 0,
    }
}

fn judge(history: &[Record], opening: i64, names: &Names<'_>) -> Consistency {
    let mut judge = Judge::new(own::of(history, Store::Bank, opening, names));
    judge.follow();
    judge.consistency(Micros(u64::MAX - 1))
}

#[test]
fn the_search_agrees_with_the_definition() {
    let people = people();
    let names = names(&people);
    let mut numbers = Numbers(1);
    let mut bad = 0;
    for round in 0..60_000 {
        let history = history(&mut numbers);
        let told = history.iter().any(Record::is_done);
        let verdict = judge(&history, OPENING, &names);
        let expected = match (told, by_definition(&history)) {
            (false, _) => Tone::Plain,
            (true, true) => Tone::Ok,
            (true, false) => Tone::No,
        };
        assert_eq!(
            verdict.tone, expected,
            "round {round}: {history:#?} {verdict:?}"
        );
        if expected == Tone::No {
            bad += 1;
            assert!(
                verdict.words.len() > 20 && !verdict.ops.is_empty(),
                "{verdict:?}"
            );
            assert!(verdict.ops.iter().all(|op| (op.0 as usize) < history.len()));
        }
    }
    assert!(bad > 5_000, "enough contradictions were met: {bad}");
}

fn done(client: u8, operation: Operation, answer: Answer, span: (u64, u64)) -> Record {
    Record {
        op: OpId(0),
        client: Endpoint(client),
        operation,
        invoked: Micros::from_ms(span.0),
        invoked_by: EventId(span.0 as u32),
        ended: Micros::from_ms(span.1),
        ended_by: EventId(span.1 as u32),
        outcome: Outcome::Told(answer),
    }
}

fn numbered(mut history: Vec<Record>) -> Vec<Record> {
    for (place, record) in history.iter_mut().enumerate() {
        record.op = OpId(place as u32);
    }
    history
}

#[test]
fn where_nobody_was_answered_the_words_say_whether_anybody_was_refused() {
    let people = people();
    let names = names(&people);
    let one = |outcome| Record {
        outcome,
        ..done(0, Operation::Balance, Answer::Value(0), (1, 2))
    };
    let head = |outcome| judge(&numbered(vec![one(outcome)]), 80, &names).head;
    assert_eq!(head(Outcome::Open), "Nothing to judge yet.");
    assert_eq!(head(Outcome::Told(Answer::Refused(0))), "Nothing to judge.");
}

#[test]
fn contradictions_are_told_with_names_numbers_and_times() {
    let people = people();
    let names = names(&people);
    let deposit = |span| done(0, Operation::Deposit { amount: 100 }, Answer::Done, span);
    let read = |value, span| done(1, Operation::Balance, Answer::Value(value), span);
    let withdraw = |who, span| done(who, Operation::Withdraw { amount: 80 }, Answer::Done, span);
    let words = |history: Vec<Record>| judge(&numbered(history), 80, &names).words;
    assert_eq!(
        words(vec![deposit((1, 9)), read(80, (10, 14))]),
        "Ben read 80 at 14 ms, after Ann’s deposit of 100 was confirmed at 9 ms: one true book would have answered 180."
    );
    assert_eq!(
        words(vec![withdraw(0, (1, 9)), withdraw(1, (2, 10))]),
        "Ben’s withdrawal of 80 was paid at 10 ms although Ann’s withdrawal of 80 had been paid at 9 ms from the same money: one true book would have refused one of them."
    );
    assert_eq!(
        words(vec![read(55, (1, 2))]),
        "Ben read 55 at 2 ms: one true book would have answered 80."
    );
    assert_eq!(
        words(vec![deposit((1, 9)), read(180, (2, 4)), read(80, (5, 7))]),
        "Ben read 80 at 7 ms, after Ben had read 180 at 4 ms: one true book would have answered 180."
    );
}
