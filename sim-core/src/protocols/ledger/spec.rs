//! Settings, rules, invariants and witnesses of the bank, with a sentence each; and the numbers that they go by.

use crate::protocol::{Choice, InvariantSpec, RuleSpec, SettingKind, SettingSpec, WitnessSpec};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    SettingSpec {
        name: "policy",
        words: "who must agree before a branch confirms anything",
        kind: SettingKind::Choice(&[
            Choice {
                name: "all",
                words: "All must agree",
            },
            Choice {
                name: "majority",
                words: "Most must agree",
            },
            Choice {
                name: "local",
                words: "Serve what we know",
            },
        ]),
        default: 1,
    },
    SettingSpec {
        name: "reconcile",
        words: "how books that differ become one again, when branches serve alone",
        kind: SettingKind::Choice(&[
            Choice {
                name: "replay",
                words: "Replay every line",
            },
            Choice {
                name: "last-writer-wins",
                words: "Last writer wins",
            },
        ]),
        default: 0,
    },
    SettingSpec {
        name: "reads",
        words: "how a branch answers a question for the balance, when branches must agree",
        kind: SettingKind::Choice(&[
            Choice {
                name: "confirm",
                words: "Wait and ask",
            },
            Choice {
                name: "as-is",
                words: "Answer what it has",
            },
            Choice {
                name: "refuse",
                words: "Refuse when unsure",
            },
        ]),
        default: 2,
    },
    SettingSpec {
        name: "opening",
        words: "the balance at the start",
        kind: SettingKind::Number {
            min: 0,
            max: 1_000_000,
        },
        default: 80,
    },
    SettingSpec {
        name: "give-up-after",
        words: "how long a branch tries to reach the others before it refuses",
        kind: SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        default: 300_000,
    },
    SettingSpec {
        name: "retry-after",
        words: "how long a branch waits for answers before it asks again (up to twice that)",
        kind: SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        default: 60_000,
    },
    SettingSpec {
        name: "phone-every",
        words: "how often a branch calls a branch that has not heard everything",
        kind: SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        default: 150_000,
    },
    SettingSpec {
        name: "session",
        words: "who is one session when answers are judged (a card and an app can be one person's)",
        kind: SettingKind::Choice(&[
            Choice {
                name: "client",
                words: "A session a client",
            },
            Choice {
                name: "user",
                words: "One session for all",
            },
        ]),
        default: 0,
    },
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    RuleSpec {
        name: "persist-promise",
        guards: "one-entry-a-slot",
        words: "a branch writes its promises and acceptances down before it answers, so that it keeps its word after a restart",
    },
    RuleSpec {
        name: "adopt-accepted",
        guards: "one-entry-a-slot",
        words: "a proposer takes over the highest-balloted line that its promise quorum has already accepted",
    },
    RuleSpec {
        name: "majority-size",
        guards: "one-entry-a-slot",
        words: "a quorum is more than half, so that any two quorums share a branch",
    },
];

pub(super) const INVARIANTS: &[InvariantSpec] = &[
    InvariantSpec {
        name: "one-entry-a-slot",
        words: "no two branches ever hold different decided lines in the same slot",
    },
    InvariantSpec {
        name: "no-overdraft",
        words: "the account never goes below zero",
    },
    InvariantSpec {
        name: "no-lost-deposit",
        words: "what a branch has confirmed is in the book and stays there",
    },
    InvariantSpec {
        name: "refused-never-happens",
        words: "what a branch has refused is not in the book and never gets there",
    },
];

pub(super) const WITNESSES: &[WitnessSpec] = &[
    WitnessSpec {
        name: "line-decided",
        words: "a line was decided by a quorum",
    },
    WitnessSpec {
        name: "ballots-duelled",
        words: "a ballot met a promise to a higher one",
    },
    WitnessSpec {
        name: "line-adopted",
        words: "a proposer took over another branch's line",
    },
    WitnessSpec {
        name: "refused-unsure",
        words: "a branch refused because it could not reach a quorum",
    },
    WitnessSpec {
        name: "read-confirmed",
        words: "a read was confirmed by a quorum",
    },
    WitnessSpec {
        name: "answer-uncertain",
        words: "a branch could neither confirm nor refuse a line",
    },
    WitnessSpec {
        name: "books-reconciled",
        words: "a branch took over a line that it had not seen",
    },
    WitnessSpec {
        name: "overdrawn-alone",
        words: "branches that served alone overdrew the account",
    },
    WitnessSpec {
        name: "last-writer-won",
        words: "a confirmed line lost to a later timestamp",
    },
    WitnessSpec {
        name: "caught-up",
        words: "a branch that had fallen behind was sent what it missed",
    },
];

/// Witness numbers, as bits of [`Desk::deeds`].
pub(super) mod deed {
    pub const DECIDED: u8 = 0;
    pub const DUELLED: u8 = 1;
    pub const ADOPTED: u8 = 2;
    pub const REFUSED: u8 = 3;
    pub const CONFIRMED: u8 = 4;
    pub const UNCERTAIN: u8 = 5;
    pub const RECONCILED: u8 = 6;
    pub const OVERDRAWN: u8 = 7;
    pub const OUTDATED: u8 = 8;
    pub const CAUGHT_UP: u8 = 9;
}

/// Refusal numbers.
pub(super) mod refusal {
    pub const NOT_ENOUGH: u8 = 0;
    pub const UNREACHED: u8 = 1;
    pub const UNSURE: u8 = 2;
}

/// Time to ask again.
pub(super) const RETRY: u8 = 0;
/// Time to refuse whoever has waited too long.
pub(super) const GIVE_UP: u8 = 1;
/// Time to phone a branch that has not heard everything.
pub(super) const PHONE: u8 = 2;
