//! Settings, rules, invariants and witnesses of single-decree Paxos, with a sentence each; and the numbers that they go
//! by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};

const ANY_SPAN: SettingKind = SettingKind::Span {
    min: 1_000,
    max: 60_000_000,
};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting("reads", SettingKind::Choice(&["ballot", "known"]), 0),
    setting("back-off", SettingKind::Choice(&["random", "at-once"]), 0),
    setting(
        "learners",
        SettingKind::Choice(&["from-proposer", "from-acceptors"]),
        0,
    ),
    setting("proposers", SettingKind::Number { min: 0, max: 9 }, 0),
    setting("round-after", ANY_SPAN, 100_000),
    setting("retry-after", ANY_SPAN, 1_000_000),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("adopt-highest-accepted", "chosen-stays-chosen"),
    rule("persist-promise", "chosen-stays-chosen"),
    rule("majority-size", "agreement"),
    rule("unique-ballots", "one-value-a-ballot"),
];

/// The rules' numbers.
pub(super) mod rule {
    pub const ADOPT: u32 = 0;
    pub const PERSIST_PROMISE: u32 = 1;
    pub const MAJORITY: u32 = 2;
    pub const UNIQUE_BALLOTS: u32 = 3;
}

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // reads
        said(
            "how a read is answered",
            &["By a ballot of its own", "From what is known"],
        ),
        // back-off
        said(
            "how long a proposer that was overtaken waits",
            &["A random time", "Not at all"],
        ),
        // learners
        said(
            "who tells servers that a value is chosen",
            &["Its proposer", "All acceptors"],
        ),
        // proposers
        said(
            "how many of the servers propose, the first ones; others point to the first (0: all)",
            &[],
        ),
        // round-after
        said(
            "how long a proposer waits before it asks again or tries a higher ballot (up to twice that)",
            &[],
        ),
        // retry-after
        said("how long a client waits before it asks another server", &[]),
    ],
    rules: &[
        // adopt-highest-accepted
        "a proposer proposes the value with the highest ballot that its promise majority has accepted, if there is one",
        // persist-promise
        "an acceptor writes its promise and what it accepts down before it answers, so that it keeps its word after a restart",
        // majority-size
        "a quorum is more than half, so that any two quorums share a server",
        // unique-ballots
        "no two proposers ever use the same ballot: it has a server’s number in it",
    ],
    promises: &[
        // agreement
        "no two servers learn different values",
        // chosen-stays-chosen
        "once a majority has accepted a value under one ballot, no other value is ever accepted so",
        // one-value-a-ballot
        "a ballot has one value at most",
        // validity
        "only what a client asked for is chosen",
    ],
};

pub(super) const INVARIANTS: &[&str] = &[
    "agreement",
    "chosen-stays-chosen",
    "one-value-a-ballot",
    "validity",
];

/// The invariants' numbers.
pub(super) mod invariant {
    pub const AGREEMENT: u8 = 0;
    pub const STAYS: u8 = 1;
    pub const ONE_VALUE: u8 = 2;
    pub const VALIDITY: u8 = 3;
}

const fn seen(name: &'static str, words: &'static str) -> WitnessSpec {
    WitnessSpec { name, words }
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    seen("value-chosen", "a majority accepted a value"),
    seen(
        "ballot-overtaken",
        "an acceptor had promised a higher ballot than it was asked for",
    ),
    seen(
        "value-adopted",
        "a proposer proposed another's value in place of its own",
    ),
    seen(
        "other-value-chosen",
        "a client was told that something else is chosen",
    ),
    seen(
        "read-found-nothing",
        "a read found that a majority had accepted nothing",
    ),
    seen(
        "learner-told",
        "a server that asked was told what is chosen",
    ),
    seen(
        "promise-kept",
        "a server that was restarted still knew what it had accepted",
    ),
    seen("request-redirected", "a client was pointed to a proposer"),
];

/// Witness numbers, as bits of [`super::Memory`]'s deeds.
pub(super) mod deed {
    pub const CHOSEN: u8 = 0;
    pub const OVERTAKEN: u8 = 1;
    pub const ADOPTED: u8 = 2;
    pub const OTHER: u8 = 3;
    pub const NOTHING: u8 = 4;
    pub const TOLD: u8 = 5;
    pub const KEPT: u8 = 6;
    pub const REDIRECTED: u8 = 7;
}

/// Why an operation was refused. The first five numbers are those of every store of values.
pub(super) const REFUSALS: [&str; 6] = [
    "the key holds another value",
    "somebody holds the lock",
    "nobody holds the lock",
    "a later token was seen",
    "this is not kept here",
    "another value is chosen",
];

/// The refusal of whoever comes too late.
pub(super) const OTHER_CHOSEN: u8 = 5;

/// Why a server or a client did what it did, by [`super::Why`]. `{a}` and `{s}` are a ballot's round and server, `{B}` is
/// the node `b`, `{those}` are the nodes in `b` (and `{have}` their verb), `{does}` is the operation `n`.
pub(super) const REASONS: &[&str] = &[
    "{who} asks everybody for a promise to its ballot {a}.{s}.",
    "{who} promises ballot {a}.{s}. It has accepted nothing so far.",
    "{who} promises ballot {a}.{s}, and says that it has accepted {does}.",
    "{who} says no: it has promised the higher ballot {a}.{s}.",
    "{who} has to propose {does}: that was accepted under ballot {a}.{s}, so it may be chosen already.",
    "{those} {have} promised, and none of them has accepted anything: {who} proposes its own value, {does}.",
    "{who} accepts {does} under ballot {a}.{s}, and writes it down.",
    "{those} {have} accepted {does} under one ballot: it is chosen, for ever.",
    "{who} learns that {does} is chosen.",
    "{who} knows what is chosen, and tells {B}.",
    "{who} is overtaken by ballot {a}.{s}. It waits a little before it tries a higher one.",
    "{who} is overtaken by ballot {a}.{s}, and tries a higher one at once.",
    "{those} {have} not answered, so {who} asks again.",
    "{those} {have} accepted nothing, so nothing was chosen before {who} began to ask.",
    "{who} answers from what it knows, without asking anybody.",
    "{who} cannot have {does}: another value is chosen.",
    "{who} does not propose, and points to {B}.",
    "{who} is back. It had accepted {does} under ballot {a}.{s}.",
    "{who} is pointed to {B} and asks there.",
    "{who} had no answer and asks {B}.",
    "{who} no longer waits for this answer.",
    "{who} only wanted to read, but {does} was accepted under ballot {a}.{s}, so it may be chosen already. It carries that on.",
];

pub(super) const TIMERS: &[&str] = &["ask again", "client asks again"];

/// A proposer: time to ask again, or to try a higher ballot.
pub(super) const ROUND: u8 = 0;
/// A client: time to ask elsewhere.
pub(super) const CLIENT_RETRY: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::consensus::machine;

    #[test]
    fn numbers_stand_where_they_say() {
        let rules = [
            (rule::ADOPT, "adopt-highest-accepted"),
            (rule::PERSIST_PROMISE, "persist-promise"),
            (rule::MAJORITY, "majority-size"),
            (rule::UNIQUE_BALLOTS, "unique-ballots"),
        ];
        assert_eq!(RULES.len(), rules.len());
        for (number, name) in rules {
            assert_eq!(RULES[number as usize].name, name);
        }
        let invariants = [
            (invariant::AGREEMENT, "agreement"),
            (invariant::STAYS, "chosen-stays-chosen"),
            (invariant::ONE_VALUE, "one-value-a-ballot"),
            (invariant::VALIDITY, "validity"),
        ];
        for (number, name) in invariants {
            assert_eq!(INVARIANTS[usize::from(number)], name);
        }
        assert_eq!(REFUSALS[..5], machine::REFUSALS[..5]);
    }
}
