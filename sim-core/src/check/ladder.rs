//! Where a history stands among the consistency models: which it satisfies, and what breaks the next ones up.
//!
//! It is a lattice, not a line (<https://jepsen.io/consistency>): linearizable above sequential above causal; below
//! that PRAM and writes follow reads; below PRAM monotonic reads, monotonic writes and read your writes. Several can
//! be the strongest. What a stronger model promises a weaker one does too: nothing is judged twice.

use super::explain::{self, Contradiction};
use super::forced::Forced;
use super::history::{Ask, Ended, History, NEVER, Op, Value};
use super::linearizable::{self, Answer, Duty, Question, Why, parts};
use super::model::ModelKind;
use super::pace::{Pace, at_once};
use super::search::Limits;
use super::sequential;
use super::session::{Breach, Guarantee, Held, How, Sessions};
use super::shrink::Shrunk;
use super::sights::{Blind, Sights};
use super::telling::Telling;
use crate::view::Part::Text;
use crate::view::fill;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A consistency model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// One order of all operations that keeps real time.
    Linearizable,
    /// One order of all operations that keeps each client's own.
    Sequential,
    /// An order of all changes for each client, that keeps what rests on what.
    Causal,
    /// An order of all changes for each client, that keeps each client's own.
    Pram,
    /// What one had seen is seen with what one wrote.
    WritesFollowReads,
    /// One never sees less than before.
    MonotonicReads,
    /// What one wrote first is seen with what one wrote later.
    MonotonicWrites,
    /// One sees what one wrote.
    ReadYourWrites,
}

impl Level {
    /// Every model with its name in the field, the stronger first.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("linearizable", Self::Linearizable),
        ("sequential", Self::Sequential),
        ("causal", Self::Causal),
        ("PRAM", Self::Pram),
        ("writes follow reads", Self::WritesFollowReads),
        ("monotonic reads", Self::MonotonicReads),
        ("monotonic writes", Self::MonotonicWrites),
        ("read your writes", Self::ReadYourWrites),
    ];

    /// The name in the field.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The models just above.
    pub const fn above(self) -> Option<Self> {
        match self {
            Self::Linearizable => None,
            Self::Sequential => Some(Self::Linearizable),
            Self::Causal => Some(Self::Sequential),
            Self::Pram | Self::WritesFollowReads => Some(Self::Causal),
            Self::MonotonicReads | Self::MonotonicWrites | Self::ReadYourWrites => Some(Self::Pram),
        }
    }

    const fn guarantee(self) -> Guarantee {
        match self {
            Self::Linearizable | Self::Sequential | Self::Causal => Guarantee::Causal,
            Self::Pram => Guarantee::Pram,
            Self::WritesFollowReads => Guarantee::WritesFollowReads,
            Self::MonotonicReads => Guarantee::MonotonicReads,
            Self::MonotonicWrites => Guarantee::MonotonicWrites,
            Self::ReadYourWrites => Guarantee::ReadYourWrites,
        }
    }
}

/// Whether a history satisfies a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stands {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Not decided.
    Open,
    /// It cannot be decided, however long one looks: the history does not say what its reads saw.
    Beyond,
}

impl Stands {
    /// Whether one does not know.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Beyond)
    }
}

/// What was found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Whether it holds.
    pub stands: Stands,
    /// What breaks it, or why it is not decided; empty where it holds.
    pub words: String,
    /// The operations that the words name, as numbers in the history.
    pub ops: Vec<u32>,
}

/// Where a history stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ladder {
    /// By model, in the order of [`Level::NAMES`].
    pub rungs: Vec<Finding>,
    /// Whether those who read after the last change agree.
    pub convergence: Finding,
}

impl Finding {
    /// What was found out about linearizability. `told` is the contradiction, where there is one.
    pub fn of(found: &Answer, told: Option<&Contradiction>) -> Self {
        match (found, told) {
            (Answer::Yes(_), _) => yes(),
            (Answer::Undecided(why), _) => open(why_words(*why)),
            (Answer::No(ops), None) => no(String::new(), ops.clone()),
            (Answer::No(_), Some(told)) => no(told.words.clone(), told.ops.clone()),
        }
    }

    /// Not decided, for this reason.
    pub const fn open(words: String) -> Self {
        open(words)
    }
}

impl Ladder {
    /// Nothing is decided, for this reason.
    pub fn open(why: &str) -> Self {
        let finding = open(String::from(why));
        Self {
            rungs: alloc::vec![finding.clone(); Level::NAMES.len()],
            convergence: finding,
        }
    }

    /// The strongest models that are satisfied.
    pub fn strongest(&self) -> impl Iterator<Item = Level> + '_ {
        let stands = |level: Level| self.rungs[level as usize].stands == Stands::Yes;
        let all = Level::NAMES.iter().map(|(_, level)| *level);
        all.filter(move |level| stands(*level) && !level.above().is_some_and(stands))
    }

    /// Judges a history by every model. `known` is what each read saw.
    pub fn of(question: &Question<'_>, known: &Result<Sights, Blind>, limits: &Limits) -> Self {
        let found = linearizable::check(question, limits);
        let told = match &found {
            Answer::No(ops) => Some(explain::explain(question, ops, limits)),
            _ => None,
        };
        let first = Finding::of(&found, told.as_ref());
        Self::under(first, question, known, limits, &|_| ())
    }

    /// The same for whoever knows already whether it is linearizable. `begins` hears of each model that is judged next.
    pub fn under(
        first: Finding,
        question: &Question<'_>,
        known: &Result<Sights, Blind>,
        limits: &Limits,
        begins: &dyn Fn(Level),
    ) -> Self {
        let forced = Forced::of(question);
        at_once(Self::under_in_turns(
            first,
            question,
            known,
            forced.as_ref(),
            limits,
            (Pace::default(), begins),
        ))
    }

    /// The same, at a pace. `forced` is what values say of every order.
    pub async fn under_in_turns(
        first: Finding,
        question: &Question<'_>,
        known: &Result<Sights, Blind>,
        forced: Option<&Forced<'_>>,
        limits: &Limits,
        (pace, begins): (Pace, &dyn Fn(Level)),
    ) -> Self {
        let mut rungs = [first].to_vec();
        for (_, level) in &Level::NAMES[1..] {
            let above = level.above().map(|above| rungs[above as usize].stands);
            let follows = *level != Level::Causal || !question.history.sessions_overlap;
            begins(*level);
            rungs.push(match above {
                Some(Stands::Yes) if follows || rungs[0].stands == Stands::Yes => yes(),
                _ => judge(*level, question, known, forced, limits, pace).await,
            });
            pace.rest().await;
        }
        refute(&mut rungs, question);
        Self {
            rungs,
            convergence: convergence(question),
        }
    }
}

/// What is not decided is refuted if something weaker is.
fn refute(rungs: &mut [Finding], question: &Question<'_>) {
    for (_, level) in Level::NAMES.iter().rev() {
        let Some(above) = level.above() else {
            continue;
        };
        let (stands, is_open) = (
            rungs[*level as usize].stands,
            rungs[above as usize].stands.is_open(),
        );
        let follows = *level != Level::Causal || !question.history.sessions_overlap;
        if follows && is_open && stands == Stands::No {
            rungs[above as usize] = rungs[*level as usize].clone();
        }
    }
}

const fn yes() -> Finding {
    Finding {
        stands: Stands::Yes,
        words: String::new(),
        ops: Vec::new(),
    }
}

const fn no(words: String, ops: Vec<u32>) -> Finding {
    Finding {
        stands: Stands::No,
        words,
        ops,
    }
}

const fn open(words: String) -> Finding {
    Finding {
        stands: Stands::Open,
        words,
        ops: Vec::new(),
    }
}

async fn judge(
    level: Level,
    question: &Question<'_>,
    known: &Result<Sights, Blind>,
    forced: Option<&Forced<'_>>,
    limits: &Limits,
    pace: Pace,
) -> Finding {
    match level {
        Level::Linearizable | Level::Sequential => {
            match sequential::check_in_turns(question, forced, limits, pace).await {
                Answer::Yes(_) => yes(),
                Answer::Undecided(why) => open(why_words(why)),
                Answer::No(all) => {
                    let Shrunk { ops, open } =
                        sequential::explain_in_turns(question, forced, &all, limits, pace).await;
                    let mut words = listed(question, &disorder(question.history, &ops), &ops);
                    words.push_str(&need_words(open));
                    no(words, ops)
                }
            }
        }
        _ => match known {
            Err(blind) => blinded(question, *blind),
            Ok(sights) => by_sights(level, question, sights),
        },
    }
}

fn by_sights(level: Level, question: &Question<'_>, sights: &Sights) -> Finding {
    match Sessions::new(*question, sights).judge(level.guarantee()) {
        Held::Yes => yes(),
        Held::Undecided(blind) => blinded(question, blind),
        Held::No(breach) => {
            let mut ops = [breach.missed, breach.because, breach.reader].to_vec();
            if let How::Unfit(others) = &breach.how {
                ops.extend(others);
            }
            ops.retain(|op| *op != NEVER);
            ops.sort_unstable();
            ops.dedup();
            let words = match breach.how {
                How::Unfit(_) => listed(question, &unfit(question.history, level), &ops),
                _ => breach_words(question, level, &breach),
            };
            no(words, ops)
        }
    }
}

/// Why something was not decided.
pub fn why_words(why: Why) -> String {
    match why {
        Why::Steps(steps) => format!("not decided within {steps} steps"),
        Why::Bytes(bytes) => format!("not decided within {} MB of memory", bytes >> 20),
    }
}

/// What a sentence ends with that names operations of which it is not known whether all are needed.
pub(super) fn need_words(open: Option<Why>) -> String {
    match open {
        Some(why) => format!(" Whether all of these are needed was {}.", why_words(why)),
        None => String::new(),
    }
}

/// Nobody knows what was seen, or it would take too long to say.
fn blinded(question: &Question<'_>, blind: Blind) -> Finding {
    let stands = match blind {
        Blind::TooMany(_) => Stands::Open,
        Blind::WrittenTwice(..) | Blind::Model(_) => Stands::Beyond,
    };
    Finding {
        stands,
        ..open(blind_words(question, blind))
    }
}

fn blind_words(question: &Question<'_>, blind: Blind) -> String {
    let telling = Telling::new(question.history);
    let op = |number: u32| question.history.ops[number as usize];
    match blind {
        Blind::WrittenTwice(one, other) if one == other => {
            let one = op(one);
            format!(
                "cannot be decided: {}’s {} {} writes what was there before, so a read of it does not say what it saw",
                telling.who(&one),
                telling.what(&one),
                telling.moment(&one)
            )
        }
        Blind::WrittenTwice(one, other) => {
            let (one, other) = (op(one), op(other));
            format!(
                "cannot be decided: {}’s {} {} and {}’s {} write the same value, so a read of it does not say which it saw",
                telling.who(&one),
                telling.what(&one),
                telling.moment(&one),
                telling.who(&other),
                telling.moment(&other)
            )
        }
        Blind::Model(kind) => format!(
            "cannot be decided: answers of a {} do not say which operations they saw",
            match kind {
                ModelKind::KeyValue => "key–value store",
                kind => kind.name(),
            }
        ),
        Blind::TooMany(count) => format!("not decided: {count} operations are too many"),
    }
}

/// What operations do that fit into no order of all of them.
fn disorder(history: &History, ops: &[u32]) -> String {
    if ops.len() == 1 {
        return String::from("No order of what was asked gives this: ");
    }
    let whose = match history.sessions.is_empty() || history.sessions_overlap {
        true => "client",
        false => "session",
    };
    format!("In no order that keeps each {whose}’s own do these fit together: ")
}

/// What answers of one session do that fit into no order for it.
fn unfit(history: &History, level: Level) -> String {
    let kept = match (level, history.sessions.is_empty()) {
        (Level::Causal, _) => "what rests on what",
        (_, true) => "each client’s own",
        (_, false) => "each session’s own",
    };
    format!("No order of all changes that keeps {kept} explains these together: ")
}

/// Operations that do not fit together.
fn listed(question: &Question<'_>, head: &str, ops: &[u32]) -> String {
    const NAMED: usize = 8;
    let named = ops.iter().take(NAMED);
    let named: Vec<_> = named.map(|op| question.history.ops[*op as usize]).collect();
    let telling = Telling::new(question.history).about(&named);
    let mut words = String::from(head);
    for (place, number) in ops.iter().take(NAMED).enumerate() {
        let op = question.history.ops[*number as usize];
        words.push_str(match place {
            0 => "",
            _ if place + 1 == ops.len() => " and ",
            _ => ", ",
        });
        let (who, what) = (telling.who(&op), telling.what_was_told(&op));
        words.push_str(&format!("{who}’s {what} {}", telling.moment(&op)));
    }
    if ops.len() > NAMED {
        words.push_str(&format!(" and {} more", ops.len() - NAMED));
    }
    words.push('.');
    words
}

fn breach_words(question: &Question<'_>, level: Level, breach: &Breach) -> String {
    let telling = Telling::new(question.history);
    let op = |number: u32| question.history.ops.get(number as usize).copied();
    let Some(reader) = op(breach.reader) else {
        return String::new();
    };
    let (missed, because) = (op(breach.missed), op(breach.because));
    let session = |op: Op| question.history.session_of(op.client);
    let own = missed.is_some_and(|missed| missed.client == reader.client);
    let kin = missed.is_some_and(|missed| session(missed) == session(reader));
    let sentence = match (missed, because, level) {
        (None, ..) if reader.outcome != Ended::Ok => {
            "{who}’s {asked} {at} was seen, and nobody wrote what it compares with."
        }
        (None, ..) if matches!(reader.result, Value::List(_)) => {
            "{who} {saw}{key} {at}, and nothing that was written comes to that."
        }
        (None, ..) if reader.ask == Ask::Cas && reader.a == reader.b => {
            "{who} {saw}{key} {at}, which nobody else wrote."
        }
        (None, ..) => "{who} {saw}{key} {at}, which nobody wrote.",
        (Some(missed), ..) if breach.how == How::Future => {
            let is_later = reader.ended_at <= missed.invoked_at;
            match reader.outcome {
                Ended::Ok if own && is_later => {
                    "{who} {saw}{key} {at}, before {who}’s own {missed} {then}."
                }
                Ended::Ok if kin && is_later => {
                    "{who} {saw}{key} {at}, before {writer}’s {missed} {then} in the same session."
                }
                Ended::Ok => {
                    "{who} {saw}{key} {at} and so saw {writer}’s {missed} {then}, which itself rests on that."
                }
                _ => "{who}’s {asked} {at} and {writer}’s {missed} {then} rest on each other.",
            }
        }
        _ if breach.how == How::Reordered => {
            "{who} {saw}{key} {at}, in another order than {cause}’s {because} {when} had shown."
        }
        _ if breach.how == How::Disorder => {
            "{who} {saw}{key} {at}, with {writer}’s {missed} {then} behind {cause}’s {because} {when}, which came after it."
        }
        (Some(_), None, _) if own => {
            "{who} {saw}{key} {at}, after {who}’s own {missed} was confirmed {then}."
        }
        (Some(_), None, _) if kin => {
            "{who} {saw}{key} {at}, after {writer}’s {missed} was confirmed {then} in the same session."
        }
        (Some(_), None, _) => {
            "{who} {saw}{key} {at} without {writer}’s {missed} {then}, which came before."
        }
        (Some(_), Some(because), level)
            if because.ask.is_read() && session(because) == session(reader) =>
        {
            match level {
                Level::Causal => {
                    "{who} {saw}{key} {at} without {writer}’s {missed} {then}, on which {cause}’s {because} {when} rests."
                }
                _ => {
                    "{who} {saw}{key} {at} without {writer}’s {missed} {then}, which {cause}’s {because} {when} had shown."
                }
            }
        }
        (Some(_), Some(_), Level::WritesFollowReads) => {
            "{who} {saw}{key} {at} with {cause}’s {because} {when}, but without {writer}’s {missed} {then}, which {party} had seen before."
        }
        (Some(_), Some(_), Level::MonotonicWrites) => {
            "{who} {saw}{key} {at} with {cause}’s {because} {when}, but without the {missed} {then}, which {party} did before."
        }
        (Some(_), Some(_), _) => {
            "{who} {saw}{key} {at} without {writer}’s {missed} {then}, on which {cause}’s {because} {when} rests."
        }
    };
    let missed = missed.unwrap_or(reader);
    let because = because.unwrap_or(reader);
    let telling = telling.about(&[reader, missed, because]);
    let saw = match reader.ask {
        Ask::Cas => format!("read {}", telling.value(reader.a)),
        _ => telling.saw(&reader, false),
    };
    let party = match question.history.sessions.is_empty() {
        true => String::from(telling.who(&because)),
        false => format!("{}’s session", telling.who(&because)),
    };
    let texts = [
        telling.moment(&reader),
        telling.what(&missed),
        telling.moment(&missed),
        telling.what(&because),
        telling.moment(&because),
        telling.under_key(&reader),
        telling.what(&reader),
    ];
    fill(
        sentence,
        &[
            ("who", Text(telling.who(&reader))),
            ("saw", Text(&saw)),
            ("at", Text(&texts[0])),
            ("missed", Text(&texts[1])),
            ("then", Text(&texts[2])),
            ("writer", Text(telling.who(&missed))),
            ("because", Text(&texts[3])),
            ("when", Text(&texts[4])),
            ("cause", Text(telling.who(&because))),
            ("key", Text(&texts[5])),
            ("party", Text(&party)),
            ("asked", Text(&texts[6])),
        ],
    )
}

/// Whether those who read after the last change agree: the last read of each client, by key. More may yet come.
pub fn convergence(question: &Question<'_>) -> Finding {
    let telling = Telling::new(question.history);
    let mut quiet = None;
    let mut ops = Vec::new();
    for part in parts(question) {
        for number in part {
            let Some(op) = question.as_of(number) else {
                continue;
            };
            if !op.ask.is_read() && question.duty(&op) != Duty::None {
                if op.outcome == Ended::Unknown {
                    let words = format!(
                        "Not quiet: nobody knows whether {}’s {} {} happened.",
                        telling.who(&op),
                        telling.what(&op),
                        telling.moment(&op)
                    );
                    return Finding {
                        ops: [number].to_vec(),
                        ..open(words)
                    };
                }
                quiet = quiet.max(Some(op.ended));
            }
            ops.push((number, op));
        }
    }
    ops.sort_unstable_by_key(|(number, _)| core::cmp::Reverse(*number));
    let mut last: Vec<(u32, Op)> = Vec::new();
    for (number, op) in ops {
        let is_late = op.ask.is_read() && op.outcome == Ended::Ok && Some(op.invoked) > quiet;
        let asked = |other: &Op| (other.key, other.ask, other.a) == (op.key, op.ask, op.a);
        if is_late
            && !last
                .iter()
                .any(|(_, known)| asked(known) && known.client == op.client)
        {
            last.push((number, op));
        }
    }
    let mut is_told = false;
    for (place, (number, op)) in last.iter().enumerate() {
        for (other, known) in &last[..place] {
            if (known.key, known.ask, known.a) != (op.key, op.ask, op.a) {
                continue;
            }
            is_told = true;
            if known.result != op.result {
                let telling = telling.about(&[*op, *known]);
                let words = format!(
                    "Not yet: {} {} {}, {} {} {}.",
                    telling.who(op),
                    telling.saw(op, false),
                    telling.moment(op),
                    telling.who(known),
                    telling.saw(known, false),
                    telling.moment(known)
                );
                return no(words, [*number, *other].to_vec());
            }
        }
    }
    match is_told {
        true => yes(),
        false => {
            let words = String::from(
                "Nobody compared: it takes two clients that read after the last change.",
            );
            open(words)
        }
    }
}
