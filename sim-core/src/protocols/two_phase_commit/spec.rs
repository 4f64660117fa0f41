//! Settings, rules, invariants and witnesses of two-phase commit, with a sentence each; and the numbers that they go by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};

const ANY_SPAN: SettingKind = SettingKind::Span {
    min: 1_000,
    max: 60_000_000,
};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting("reads", SettingKind::Choice(&["locked", "committed"]), 0),
    setting(
        "termination",
        SettingKind::Choice(&["coordinator", "cooperative"]),
        0,
    ),
    setting("vote-after", ANY_SPAN, 300_000),
    setting("ask-after", ANY_SPAN, 400_000),
    setting("retry-after", ANY_SPAN, 1_000_000),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[rule("log-before-vote", "atomic-commit")];

/// The rules' numbers.
pub(super) mod rule {
    pub const LOG_BEFORE_VOTE: u32 = 0;
}

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // reads
        said(
            "what a read does when a transaction in doubt has locked its key",
            &["It waits", "It takes the old value"],
        ),
        // termination
        said(
            "whom a manager asks that has voted yes and heard no decision",
            &["The coordinator", "The other managers, too"],
        ),
        // vote-after
        said(
            "how long the coordinator waits for votes before it aborts; halfway it asks again",
            &[],
        ),
        // ask-after
        said(
            "how long a manager waits for the decision, and the coordinator for acknowledgements, before they ask or tell again",
            &[],
        ),
        // retry-after
        said("how long a client waits before it asks another server", &[]),
    ],
    rules: &[
        // log-before-vote
        "a manager writes down what it votes yes to before it votes, so that it can still do it after a restart",
    ],
    promises: &[
        // atomic-commit
        "all servers that decide a transaction decide the same",
        // commit-needs-all-votes
        "a transaction is committed only if every manager has voted yes",
        // decided-stays-decided
        "a server that has decided a transaction never decides otherwise",
        // validity
        "only what a client asked for is committed",
    ],
};

pub(super) const INVARIANTS: &[&str] = &[
    "atomic-commit",
    "commit-needs-all-votes",
    "decided-stays-decided",
    "validity",
];

/// The invariants' numbers: AC1, AC3 and AC2 of Bernstein et al., and what makes them mean something.
pub(super) mod invariant {
    pub const ATOMIC: u8 = 0;
    pub const ALL_VOTES: u8 = 1;
    pub const STAYS: u8 = 2;
    pub const VALIDITY: u8 = 3;
}

const fn seen(name: &'static str, words: &'static str) -> WitnessSpec {
    WitnessSpec { name, words }
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    seen(
        "committed",
        "every manager voted yes, and the coordinator committed",
    ),
    seen(
        "key-was-locked",
        "a manager voted no, because another transaction held the key",
    ),
    seen(
        "value-was-another",
        "a manager voted no, because the key held another value",
    ),
    seen("aborted-by-vote", "the coordinator aborted because of a no"),
    seen(
        "aborted-by-time-out",
        "the coordinator aborted because a vote was missing",
    ),
    seen("blocked", "a manager in doubt asked in vain"),
    seen(
        "told-after-restart",
        "a coordinator that was restarted told what it had committed before",
    ),
    seen(
        "presumed-abort",
        "a coordinator that was restarted knew nothing of a transaction, and said abort",
    ),
    seen(
        "freed-by-another",
        "a manager in doubt heard the decision from another manager",
    ),
    seen(
        "aborted-for-another",
        "a manager that had not voted aborted for one in doubt",
    ),
    seen(
        "vote-kept",
        "a manager that was restarted still knew that it had voted yes",
    ),
    seen(
        "late-prepare",
        "a manager was to vote on what it had aborted",
    ),
    seen("read-waited", "a read waited for a lock"),
    seen(
        "answered-again",
        "an operation that was answered before was answered again",
    ),
    seen(
        "request-redirected",
        "a client was pointed to the coordinator",
    ),
    seen("reader-redirected", "a client was pointed to a manager"),
];

/// Witness numbers, as bits of [`super::Memory`]'s deeds.
pub(super) mod deed {
    pub const COMMITTED: u8 = 0;
    pub const KEY_HELD: u8 = 1;
    pub const OTHER_VALUE: u8 = 2;
    pub const BY_VOTE: u8 = 3;
    pub const BY_TIME_OUT: u8 = 4;
    pub const BLOCKED: u8 = 5;
    pub const TOLD_AFTER: u8 = 6;
    pub const PRESUMED: u8 = 7;
    pub const FREED: u8 = 8;
    pub const ABORTED_FOR: u8 = 9;
    pub const KEPT: u8 = 10;
    pub const LATE_PREPARE: u8 = 11;
    pub const READ_WAITED: u8 = 12;
    pub const AGAIN: u8 = 13;
    pub const REDIRECTED: u8 = 14;
    pub const READER: u8 = 15;
}

/// Why an operation was refused. The first five numbers are those of every store of values.
pub(super) const REFUSALS: [&str; 8] = [
    "the key holds another value",
    "somebody holds the lock",
    "nobody holds the lock",
    "a later token was seen",
    "this is not kept here",
    "another transaction holds the key",
    "not every server voted in time",
    "a server had aborted it",
];

/// A refusal, or why a manager votes no: another transaction holds the key.
pub(super) const KEY_HELD: u8 = 5;
/// A vote was missing.
pub(super) const LATE: u8 = 6;
/// A manager had aborted it, so that another need not wait.
pub(super) const ABORTED: u8 = 7;

/// Why a server or a client did what it did, by [`super::Why`]. `{tx}` is the transaction's number, `{B}` is the node `b`,
/// `{those}` are the nodes in `b` (and `{have}` their verb), `{does}` is what is done (where that is not known: the
/// transaction), `{key}` is the key that it is about.
pub(super) const REASONS: &[&str] = &[
    "{who} begins transaction {tx} and asks every manager for its vote: {does}?",
    "{who} can do {does}: it locks {key}, writes that down, and votes yes. Now it may not change its mind.",
    "{who} can do {does}: it locks {key} and votes yes, but writes nothing down.",
    "{who} has voted yes to {does}, and says so again.",
    "{who} votes no to {does}: another transaction holds {key}. It aborts by itself.",
    "{who} votes no to {does}: {key} holds another value. It aborts by itself.",
    "{who} has aborted transaction {tx}, and votes no.",
    "{those} {have} voted yes. {who} writes down that {does} is committed, and only then tells anybody.",
    "{B} voted no, so {who} aborts {does}.",
    "{those} {have} not voted in time, so {who} aborts {does}.",
    "{those} {have} not voted on {does}, so {who} asks again.",
    "{those} {have} not acknowledged {does}, so {who} tells them again that it is committed.",
    "Every manager has acknowledged {does}: {who} has nothing more to do about it.",
    "{who} hears from {B} that {does} is committed. It does it and unlocks {key}.",
    "{who} hears from {B} that {does} is aborted. It drops it and unlocks {key}.",
    "{who} has heard no decision about {does}, and asks {those}.",
    "{who} has asked about {does} in vain. It has voted yes, so it can neither commit nor abort: {key} stays locked.",
    "{who} knows that {does} is committed, and tells {B}.",
    "{who} knows that {does} is aborted, and tells {B}.",
    "{who} has no record of {does}. What was committed would be on its disk, so this is aborted, and it tells {B}.",
    "{who} has not decided about {does} yet, and lets {B} wait.",
    "{who} is in doubt about {does} itself, and cannot help {B}.",
    "{who} has not voted on {does}. It aborts it, and will vote no, so that {B} need not wait.",
    "{who} is to commit {does}, but has no record that it voted on it: so it has aborted it.",
    "{who} is back. What is not on its disk as committed counts as aborted.",
    "{who} is back. It had voted yes to {does}, so {key} is locked, and it asks what was decided.",
    "{who} holds back a read of {key}: a transaction in doubt has locked it.",
    "{key} is unlocked, and {who} answers the read that waited for it.",
    "{who} has answered this before, and says the same again.",
    "{who} does not coordinate, and points to {B}.",
    "{who} keeps no data, and points to {B}.",
    "{who} is pointed to {B} and asks there.",
    "{who} had no answer and asks {B}.",
    "{who} no longer waits for this answer.",
];

pub(super) const TIMERS: &[&str] = &[
    "wait for votes",
    "tell again",
    "ask for the decision",
    "client asks again",
];

/// The coordinator: time to ask for votes again, or to abort.
pub(super) const VOTES: u8 = 0;
/// The coordinator: time to tell those again who have not acknowledged.
pub(super) const TELL: u8 = 1;
/// A manager in doubt: time to ask.
pub(super) const DOUBT: u8 = 2;
/// A client: time to ask elsewhere.
pub(super) const CLIENT_RETRY: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::consensus::machine;

    #[test]
    fn numbers_stand_where_they_say() {
        let rules = [(rule::LOG_BEFORE_VOTE, "log-before-vote")];
        assert_eq!(RULES.len(), rules.len());
        for (number, name) in rules {
            assert_eq!(RULES[number as usize].name, name);
        }
        let invariants = [
            (invariant::ATOMIC, "atomic-commit"),
            (invariant::ALL_VOTES, "commit-needs-all-votes"),
            (invariant::STAYS, "decided-stays-decided"),
            (invariant::VALIDITY, "validity"),
        ];
        for (number, name) in invariants {
            assert_eq!(INVARIANTS[usize::from(number)], name);
        }
        let deeds = [
            (deed::COMMITTED, "committed"),
            (deed::BY_TIME_OUT, "aborted-by-time-out"),
            (deed::PRESUMED, "presumed-abort"),
            (deed::LATE_PREPARE, "late-prepare"),
            (deed::READER, "reader-redirected"),
        ];
        for (number, name) in deeds {
            assert_eq!(WITNESSES[usize::from(number)].name, name);
        }
        assert_eq!(REFUSALS[..5], machine::REFUSALS[..5]);
    }
}
