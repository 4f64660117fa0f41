//! Settings, rules, invariants and witnesses of the bank, with a sentence each; and the numbers that they go by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting(
        "policy",
        SettingKind::Choice(&["all", "majority", "local"]),
        1,
    ),
    setting(
        "reconcile",
        SettingKind::Choice(&["replay", "last-writer-wins"]),
        0,
    ),
    setting(
        "reads",
        SettingKind::Choice(&["confirm", "as-is", "refuse"]),
        2,
    ),
    setting(
        "opening",
        SettingKind::Number {
            min: 0,
            max: 1_000_000,
        },
        80,
    ),
    setting(
        "give-up-after",
        SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        300_000,
    ),
    setting(
        "retry-after",
        SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        60_000,
    ),
    setting(
        "phone-every",
        SettingKind::Span {
            min: 1_000,
            max: 60_000_000,
        },
        150_000,
    ),
    setting("session", SettingKind::Choice(&["client", "user"]), 0),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("persist-promise", "one-entry-a-slot"),
    rule("adopt-accepted", "one-entry-a-slot"),
    rule("majority-size", "one-entry-a-slot"),
];

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // policy
        said(
            "who must agree before a branch confirms anything",
            &["All must agree", "Most must agree", "Serve what we know"],
        ),
        // reconcile
        said(
            "how books that differ become one again, when branches serve alone",
            &["Replay every line", "Last writer wins"],
        ),
        // reads
        said(
            "how a branch answers a question for the balance, when branches must agree",
            &["Wait and ask", "Answer what it has", "Refuse when unsure"],
        ),
        // opening
        said("the balance at the start", &[]),
        // give-up-after
        said(
            "how long a branch tries to reach the others before it refuses",
            &[],
        ),
        // retry-after
        said(
            "how long a branch waits for answers before it asks again (up to twice that)",
            &[],
        ),
        // phone-every
        said(
            "how often a branch calls a branch that has not heard everything",
            &[],
        ),
        // session
        said(
            "who is one session when answers are judged (a card and an app can be one person's)",
            &["A session a client", "One session for all"],
        ),
    ],
    rules: &[
        // persist-promise
        "a branch writes its promises and acceptances down before it answers, so that it keeps its word after a restart",
        // adopt-accepted
        "a proposer takes over the highest-balloted line that its promise quorum has already accepted",
        // majority-size
        "a quorum is more than half, so that any two quorums share a branch",
    ],
    promises: &[
        // one-entry-a-slot
        "no two branches ever hold different decided lines in the same slot",
        // no-overdraft
        "the account never goes below zero",
        // no-lost-deposit
        "what a branch has confirmed is in the book and stays there",
        // refused-never-happens
        "what a branch has refused is not in the book and never gets there",
    ],
};

pub(super) const INVARIANTS: &[&str] = &[
    "one-entry-a-slot",
    "no-overdraft",
    "no-lost-deposit",
    "refused-never-happens",
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
