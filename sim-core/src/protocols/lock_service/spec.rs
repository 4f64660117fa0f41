//! Settings, rules, invariants and witnesses of the lock service, with a sentence each; and the numbers that they go by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};
use crate::protocols::consensus::machine;

const ANY_SPAN: SettingKind = SettingKind::Span {
    min: 1_000,
    max: 60_000_000,
};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting("session-lease", ANY_SPAN, 400_000),
    setting("grace-period", ANY_SPAN, 1_500_000),
    setting("lock-delay", ANY_SPAN, 500_000),
    setting("election-after", ANY_SPAN, 150_000),
    setting("heartbeat-after", ANY_SPAN, 50_000),
    setting("retry-after", ANY_SPAN, 100_000),
    setting("drift-bound", SettingKind::Number { min: 0, max: 400 }, 100),
    setting("batch", SettingKind::Number { min: 1, max: 64 }, 16),
    setting("store", SettingKind::Choice(&["values", "lock"]), 0),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("extend-leases-on-fail-over", "leases-are-kept"),
    rule("lock-delay", "lock-delay-is-kept"),
    rule("fencing-token-check", "tokens-only-rise"),
];

/// The rules' numbers.
pub(super) mod rule {
    pub const EXTEND: u32 = 0;
    pub const LOCK_DELAY: u32 = 1;
    pub const TOKENS: u32 = 2;
}

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // session-lease
        said(
            "for how long a master promises not to end a session, each time that it answers its KeepAlive",
            &[],
        ),
        // grace-period
        said(
            "how long a client whose lease has run out looks for a master before it gives its session up",
            &[],
        ),
        // lock-delay
        said(
            "for how long nobody gets a lock whose holder’s session was ended; one that was given back is free at once",
            &[],
        ),
        // election-after
        said(
            "how long a server waits for its master before it prepares a ballot of its own (up to twice that); the master’s own lease is a little shorter",
            &[],
        ),
        // heartbeat-after
        said("how often a master lets the others hear from it", &[]),
        // retry-after
        said(
            "how long a client waits for an answer before it asks another server who the master is",
            &[],
        ),
        // drift-bound
        said(
            "by how many thousandths a clock may run fast or slow, which leases allow for",
            &[],
        ),
        // batch
        said("how many slots go in one message at most", &[]),
        // store
        said("what is kept", &["Keys and values", "A lock"]),
    ],
    rules: &[
        // extend-leases-on-fail-over
        "a new master gives every session a whole lease again, because the last one may have promised it",
        // lock-delay
        "a lock whose holder’s session was ended is given to nobody for a while",
        // fencing-token-check
        "what a lock guards refuses a sequencer that is older than one it has seen",
    ],
    promises: &[
        // agreement
        "no two servers learn different values for a slot",
        // chosen-stays-chosen
        "once a majority has accepted a value in a slot under one ballot, no other value is ever accepted so there",
        // one-value-a-ballot
        "a ballot has one value at most in each slot",
        // validity
        "only what a client asked for is chosen, or a no-op, or what becomes of a session",
        // log-prefix-agreement
        "what a server has applied stays in its log, and is a prefix of what any server has that has applied more",
        // reads-are-fresh
        "a read sees everything that was answered before it was asked",
        // each-operation-once
        "no operation takes effect twice",
        // tokens-only-rise
        "no write with an older sequencer is accepted after one with a newer",
        // timestamps-rise
        "timestamps rise from slot to slot; there are none here",
        // leases-are-kept
        "no session is ended while a lease that a master has given it may still last for its client",
        // lock-delay-is-kept
        "nobody is given a lock before the lock-delay is over since its holder’s session was ended",
    ],
};

/// Multi-Paxos's come first, in its order.
pub(super) const INVARIANTS: &[&str] = &[
    "agreement",
    "chosen-stays-chosen",
    "one-value-a-ballot",
    "validity",
    "log-prefix-agreement",
    "reads-are-fresh",
    "each-operation-once",
    "tokens-only-rise",
    "timestamps-rise",
    "leases-are-kept",
    "lock-delay-is-kept",
];

/// The numbers of its own.
pub(super) mod invariant {
    pub const LEASES: u8 = 9;
    pub const LOCK_DELAY: u8 = 10;
}

/// Why an operation was refused: what the state machine says, and what a session has to do with.
pub(super) const REFUSALS: [&str; 11] = machine::refusals_and(&[
    "the session is over",
    "the lock is held back for the lock-delay",
    "somebody else holds the lock",
]);

/// The session is over.
pub(super) const OVER: u8 = 8;
/// The lock is free, and nobody gets it yet.
pub(super) const HELD_BACK: u8 = 9;
/// Whoever gives the lock back does not hold it.
pub(super) const NOT_YOURS: u8 = 10;

const fn seen(name: &'static str, words: &'static str) -> WitnessSpec {
    WitnessSpec { name, words }
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    seen("value-chosen", "a majority accepted a value"),
    seen("master-elected", "a server had the promises of a majority"),
    seen("master-changed", "a server led with a later ballot"),
    seen("hole-filled", "a new master filled a slot with a no-op"),
    seen(
        "retry-deduplicated",
        "an operation came twice and was done once",
    ),
    seen(
        "lease-read-served",
        "a read was answered under the master’s lease",
    ),
    seen("token-refused", "a write with an old sequencer was refused"),
    seen("session-opened", "a master opened a session"),
    seen(
        "keep-alive-held",
        "a master let a KeepAlive wait until its lease was half over",
    ),
    seen("session-ended", "a master ended a session that was silent"),
    seen(
        "client-told-of-the-end",
        "a client heard that its session is over",
    ),
    seen(
        "lock-freed",
        "a lock was free because its holder’s session was over",
    ),
    seen(
        "lock-held-back",
        "somebody was refused a free lock for the lock-delay",
    ),
    seen(
        "sessions-taken-over",
        "a new master found sessions of an earlier one",
    ),
    seen(
        "fail-over-acknowledged",
        "a client that had heard of an earlier master came to the new one",
    ),
    seen(
        "asked-too-early",
        "somebody asked before every session had heard of the fail-over, or asked for an earlier master",
    ),
    seen(
        "release-refused",
        "somebody gave back what they did not hold",
    ),
];

/// Witness numbers.
pub(super) mod deed {
    pub const OPENED: u8 = 7;
    pub const HELD: u8 = 8;
    pub const ENDED: u8 = 9;
    pub const TOLD: u8 = 10;
    pub const FREED: u8 = 11;
    pub const HELD_BACK: u8 = 12;
    pub const TAKEN_OVER: u8 = 13;
    pub const ACKNOWLEDGED: u8 = 14;
    pub const TOO_EARLY: u8 = 15;
    pub const NOT_YOURS: u8 = 16;
}

/// What Multi-Paxos has seen, in the order of the first witnesses, by its numbers.
pub(super) const OF_PAXOS: [u8; 7] = {
    use crate::protocols::multi_paxos::deed;
    [
        deed::CHOSEN,
        deed::ELECTED,
        deed::LEADER_CHANGED,
        deed::FILLED,
        deed::DEDUPLICATED,
        deed::LEASE_READ,
        deed::FENCED,
    ]
};

/// Why a server or a client did what it did, where it is not Multi-Paxos's: numbers from [`FIRST`] on, which are part of
/// every digest: append only. `{B}` is the node `b`, `{a}` and `{n}` are numbers, `{t}` is the span `n` in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Why {
    /// Opens a session for `b`.
    Opens = FIRST,
    /// Answers `b`'s KeepAlive: for another `n` µs.
    Extends,
    /// Ends the session of `b`.
    Ends,
    /// The session of `b` is over, which held the lock: it is held back for `n` µs.
    Frees,
    /// Refuses `b` the lock: it is held back.
    HoldsBack,
    /// Takes over `n` sessions, as master of epoch `a`.
    TakesOver,
    /// Lets `b` ask for nothing yet.
    NotYet,
    /// `b` asks of an earlier master.
    OldEpoch,
    /// Tells `b` that its session is over.
    IsOver,
    /// Points `b` elsewhere.
    PointsOn,
    /// Sends all KeepAlives away: it is no master any more.
    SendsAway,
    /// Leaves out what was accepted in slot `a`: a later master had begun before it.
    LeavesOut,
    /// A client: its session is open.
    HasSession,
    /// A client: its lease has run out.
    Jeopardy,
    /// A client: its session goes on after all.
    Safe,
    /// A client: there is a new master.
    FailOver,
    /// A client: the grace period is over.
    GivesUp,
    /// A client: hears that its session is over.
    HearsOver,
    /// A client: no answer, asks `b`.
    LooksFor,
    /// A client: is pointed to `b`.
    IsPointed,
}

/// The number of the first of them.
pub(super) const FIRST: u8 = 64;

pub(super) const REASONS: &[&str] = &[
    "{who} opens a session for {B}.",
    "{who} answers {B}’s KeepAlive: the session’s lease lasts for another {t} ms.",
    "{who} ends {B}’s session: its lease has run out.",
    "{who} frees the lock, because {B}’s session is over, and holds it back for {t} ms.",
    "{who} refuses {B} the lock: it is held back.",
    "{who} takes over as master. Sessions that it finds: {n}.",
    "{who} does nothing for {B} yet: not all sessions have heard of the new master.",
    "{who} does nothing for {B}, who asks it as if it were an earlier master.",
    "{who} tells {B} that the session is over.",
    "{who} is not the master and points {B} on.",
    "{who} is not the master any more and sends all KeepAlives away.",
    "{who} fills slot {a} with a no-op: a later master began before it, so what was accepted there was not chosen.",
    "{who} has a session.",
    "{who} has had no answer, and the lease has run out: the session is in jeopardy.",
    "{who} hears from a master within the grace period: the session is safe.",
    "{who} hears that there is a new master.",
    "{who} has found no master within the grace period and gives the session up.",
    "{who} hears that the session is over.",
    "{who} had no answer and asks {B} for the master.",
    "{who} is pointed to {B}.",
];

pub(super) const TIMERS: &[&str] = &[
    "wait for a master",
    "send heartbeats",
    "ask again",
    "wait until a timestamp is past",
    "look at the sessions",
    "keep the session alive",
];

/// Multi-Paxos's first timer: to prepare a ballot.
pub(super) const ELECTION: u8 = 0;
/// A client: time to ask again.
pub(super) const RETRY: u8 = 2;
/// A master: the next KeepAlive is to be answered, or the next session ended.
pub(super) const SESSIONS: u8 = 4;
/// A client: time to see to its session.
pub(super) const KEEP: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::multi_paxos;

    #[test]
    fn numbers_stand_where_they_say() {
        let rules = [
            (rule::EXTEND, "extend-leases-on-fail-over"),
            (rule::LOCK_DELAY, "lock-delay"),
            (rule::TOKENS, "fencing-token-check"),
        ];
        assert_eq!(RULES.len(), rules.len());
        for (number, name) in rules {
            assert_eq!(RULES[number as usize].name, name);
        }
        assert_eq!(
            INVARIANTS[usize::from(invariant::LEASES)],
            "leases-are-kept"
        );
        assert_eq!(
            INVARIANTS[usize::from(invariant::LOCK_DELAY)],
            "lock-delay-is-kept"
        );
        let witnesses = [
            (deed::OPENED, "session-opened"),
            (deed::TAKEN_OVER, "sessions-taken-over"),
            (deed::NOT_YOURS, "release-refused"),
        ];
        for (number, name) in witnesses {
            assert_eq!(WITNESSES[usize::from(number)].name, name);
        }
        assert_eq!(OF_PAXOS.len(), usize::from(deed::OPENED));
        assert_eq!(REASONS.len(), usize::from(Why::IsPointed as u8 - FIRST) + 1);
        assert!(multi_paxos::REASONS.len() < usize::from(FIRST));
        let paxos = &multi_paxos::INVARIANTS;
        assert_eq!(&INVARIANTS[..paxos.len()], *paxos);
    }
}
