//! Settings, rules, invariants and witnesses of the cart, with a sentence each; and the numbers that they go by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};
use crate::units::Micros;

const ANY_SPAN: SettingKind = SettingKind::Span {
    min: 1_000,
    max: 60_000_000,
};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting(
        "reads",
        SettingKind::Choice(&["primary", "any", "timer", "position"]),
        1,
    ),
    setting("session", SettingKind::Choice(&["tab", "user"]), 0),
    setting("primary-for", ANY_SPAN, 500_000),
    setting("wait-at-most", ANY_SPAN, 300_000),
    setting(
        "apply-after",
        SettingKind::Span {
            min: 0,
            max: 60_000_000,
        },
        20_000,
    ),
    setting("resend-after", ANY_SPAN, 150_000),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("flush-before-acknowledge", "acknowledged-writes-stay"),
    rule("take-in-order", "one-history-an-epoch"),
    rule("fence-old-epoch", "no-writes-once-fenced"),
    rule("rewind-before-rejoin", "one-history-an-epoch"),
    rule("wait-for-position", "read-your-writes"),
    rule("idempotent-writes", "each-write-once"),
];

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // reads
        said(
            "where reads go; writes always go to the primary",
            &[
                "Ask the primary",
                "Ask the node at hand",
                "The primary for a while",
                "Wait for my last write",
            ],
        ),
        // session
        said(
            "whose writes a session remembers: one tab's, or all tabs' of one user (every client is one)",
            &["A session a tab", "One session for all tabs"],
        ),
        // primary-for
        said(
            "how long after a write of the session its reads go to the primary, where a timer decides",
            &[],
        ),
        // wait-at-most
        said(
            "how long a node waits to show the session's last write before it refuses the read",
            &[],
        ),
        // apply-after
        said(
            "how long after a replica has an entry on its disk it shows it",
            &[],
        ),
        // resend-after
        said(
            "how long the primary waits for a replica's acknowledgement before it sends again (up to twice that)",
            &[],
        ),
    ],
    rules: &[
        // flush-before-acknowledge
        "the primary has a write on its disk before it confirms it",
        // take-in-order
        "a replica takes an entry only right after the one that stands before it in the primary's log",
        // fence-old-epoch
        "a primary that hears of a higher epoch takes no more writes",
        // rewind-before-rejoin
        "a node that follows a new primary first discards what its log has and the new primary's has not",
        // wait-for-position
        "a node that is told the position of the reader's last write answers only when it shows that much",
        // idempotent-writes
        "a write that arrives twice is taken once",
    ],
    promises: &[
        // acknowledged-writes-stay
        "what was confirmed is in the primary's log and stays there, as long as nobody is promoted",
        // one-history-an-epoch
        "a replica's log is the beginning of the log of the primary of its last entry's epoch",
        // no-writes-once-fenced
        "a node that knows of a higher epoch takes no writes",
        // read-your-writes
        "a session's reads show what was confirmed to it, if they go to the primary and nobody is promoted, or if they carry the position of its last write",
        // each-write-once
        "no write is in a log twice",
        // reads-are-fresh
        "a read shows every write that was confirmed before it was asked, if it goes to the primary and nobody is promoted",
        // nothing-doubled
        "nobody adds an item again because the first one did not show (which nothing here promises)",
    ],
};

pub(super) const INVARIANTS: &[&str] = &[
    "acknowledged-writes-stay",
    "one-history-an-epoch",
    "no-writes-once-fenced",
    "read-your-writes",
    "each-write-once",
    "reads-are-fresh",
    "nothing-doubled",
];

/// Invariant numbers.
pub(super) mod promise {
    pub const STAYS: u8 = 0;
    pub const ONE_HISTORY: u8 = 1;
    pub const FENCED: u8 = 2;
    pub const OWN_WRITES: u8 = 3;
    pub const ONCE: u8 = 4;
    pub const FRESH: u8 = 5;
    pub const DOUBLED: u8 = 6;
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    WitnessSpec {
        name: "read-stale",
        words: "a read did not show a write that had been confirmed before",
    },
    WitnessSpec {
        name: "own-write-unseen",
        words: "a session did not see what had been confirmed to it",
    },
    WitnessSpec {
        name: "replica-lagged",
        words: "a replica was read while it held entries that it did not show yet",
    },
    WitnessSpec {
        name: "position-waited",
        words: "a read waited until the session's last write showed",
    },
    WitnessSpec {
        name: "position-refused",
        words: "a read was refused because the session's last write did not show in time",
    },
    WitnessSpec {
        name: "session-write-gone",
        words: "a session was told that what it had written is gone",
    },
    WitnessSpec {
        name: "write-redirected",
        words: "a replica was asked for what only a primary does, and pointed to it",
    },
    WitnessSpec {
        name: "entries-resent",
        words: "a primary sent again what was not acknowledged",
    },
    WitnessSpec {
        name: "caught-up",
        words: "a replica that had been away took what it had missed",
    },
    WitnessSpec {
        name: "promoted",
        words: "a replica was promoted",
    },
    WitnessSpec {
        name: "promotion-lost-write",
        words: "a confirmed write was not in the log of the replica that was promoted",
    },
    WitnessSpec {
        name: "two-primaries",
        words: "an old primary took a write while there was a newer one",
    },
    WitnessSpec {
        name: "stepped-down",
        words: "an old primary heard of a higher epoch and stepped down",
    },
    WitnessSpec {
        name: "surplus-discarded",
        words: "entries that the new primary never had were discarded",
    },
    WitnessSpec {
        name: "item-doubled",
        words: "an item was added again because the first one did not show",
    },
];

/// Witness numbers, as bits of [`super::Memory`]'s deeds.
pub(super) mod deed {
    pub const STALE: u8 = 0;
    pub const OWN_UNSEEN: u8 = 1;
    pub const LAGGED: u8 = 2;
    pub const WAITED: u8 = 3;
    pub const TOO_FAR: u8 = 4;
    pub const GONE: u8 = 5;
    pub const REDIRECTED: u8 = 6;
    pub const RESENT: u8 = 7;
    pub const CAUGHT_UP: u8 = 8;
    pub const PROMOTED: u8 = 9;
    pub const LOST: u8 = 10;
    pub const TWO_PRIMARIES: u8 = 11;
    pub const STEPPED_DOWN: u8 = 12;
    pub const DISCARDED: u8 = 13;
    pub const DOUBLED: u8 = 14;
}

pub(super) const REFUSALS: &[&str] = &[
    "the cart does not hold that",
    "the cart holds no more of that",
    "the node does not show your last write yet",
    "what you had written last is gone",
];

/// Refusal numbers.
pub(super) mod refusal {
    pub const NOT_THERE: u8 = 0;
    pub const FULL: u8 = 1;
    pub const TOO_FAR: u8 = 2;
    pub const GONE: u8 = 3;
}

pub(super) const TIMERS: &[&str] = &[
    "send again",
    "show what it has",
    "refuse whom it kept waiting",
    "flush the log",
];

/// Time to send again what was not acknowledged.
pub(super) const RESEND: u8 = 0;
/// Time to show entries that are on the disk.
pub(super) const APPLY: u8 = 1;
/// Time to refuse whoever has waited too long.
pub(super) const WAIT: u8 = 2;
/// Time to flush the log, where that does not come before the answer.
pub(super) const FLUSH: u8 = 3;

/// How long a log stays unflushed where that does not come before the answer: PostgreSQL's `wal_writer_delay`.
pub(super) const FLUSH_AFTER: Micros = Micros::from_ms(200);
