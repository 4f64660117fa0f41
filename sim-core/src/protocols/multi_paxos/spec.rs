//! Settings, rules, invariants and witnesses of Multi-Paxos, with a sentence each; and the numbers that they go by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};

const ANY_SPAN: SettingKind = SettingKind::Span {
    min: 1_000,
    max: 60_000_000,
};

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting(
        "reads",
        SettingKind::Choice(&["confirmed", "lease", "log", "stale", "timestamp"]),
        0,
    ),
    setting("election-after", ANY_SPAN, 150_000),
    setting("heartbeat-after", ANY_SPAN, 50_000),
    setting("retry-after", ANY_SPAN, 200_000),
    setting("drift-bound", SettingKind::Number { min: 0, max: 500 }, 100),
    setting("batch", SettingKind::Number { min: 1, max: 64 }, 16),
    setting("store", SettingKind::Choice(&["values", "lock"]), 0),
    setting(
        "uncertainty",
        SettingKind::Span {
            min: 1_000,
            max: 250_000,
        },
        7_000,
    ),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("adopt-highest-accepted", "chosen-stays-chosen"),
    rule("persist-promise", "chosen-stays-chosen"),
    rule("majority-size", "agreement"),
    rule("unique-ballots", "one-value-a-ballot"),
    rule("fencing-token-check", "tokens-only-rise"),
    rule("commit-wait", "reads-are-fresh"),
];

/// The rules' numbers.
pub(super) mod rule {
    pub const ADOPT: u32 = 0;
    pub const PERSIST_PROMISE: u32 = 1;
    pub const MAJORITY: u32 = 2;
    pub const UNIQUE_BALLOTS: u32 = 3;
    pub const TOKENS: u32 = 4;
    pub const COMMIT_WAIT: u32 = 5;
}

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // reads
        said(
            "how reads are answered; writes always take a slot of the log",
            &[
                "Ask a majority first",
                "Trust the lease",
                "Through the log",
                "From the server at hand",
                "At a timestamp",
            ],
        ),
        // election-after
        said(
            "how long a server waits for its leader before it prepares a ballot of its own (up to twice that)",
            &[],
        ),
        // heartbeat-after
        said("how often a leader lets the others hear from it", &[]),
        // retry-after
        said(
            "how long a client waits before it asks another server (longer each time)",
            &[],
        ),
        // drift-bound
        said(
            "by how many thousandths a clock may run fast or slow, which a lease allows for",
            &[],
        ),
        // batch
        said("how many slots go in one message at most", &[]),
        // store
        said("what is kept", &["Keys and values", "A lock"]),
        // uncertainty
        said(
            "how far a clock may be from the true time, either way, where reads are at a timestamp; a write waits for about twice that",
            &[],
        ),
    ],
    rules: &[
        // adopt-highest-accepted
        "a new leader proposes again, slot by slot, what its promise majority has accepted under the highest ballot",
        // persist-promise
        "an acceptor writes its promise and what it accepts down before it answers, so that it keeps its word after a restart",
        // majority-size
        "a quorum is more than half, so that any two quorums share a server",
        // unique-ballots
        "no two servers ever lead with the same ballot: it has a server’s number in it",
        // fencing-token-check
        "what a lock guards refuses a token that is older than one it has seen",
        // commit-wait
        "nobody sees what a write did before its timestamp is surely past",
    ],
    promises: &[
        // agreement
        "no two servers learn different values for a slot",
        // chosen-stays-chosen
        "once a majority has accepted a value in a slot under one ballot, no other value is ever accepted so there",
        // one-value-a-ballot
        "a ballot has one value at most in each slot",
        // validity
        "only what a client asked for is chosen, or a no-op",
        // log-prefix-agreement
        "what a server has applied stays in its log, and is a prefix of what any server has that has applied more",
        // reads-are-fresh
        "a read sees everything that was answered before it was asked, unless reads may be stale, or clocks are further off than they may be",
        // each-operation-once
        "no operation takes effect twice",
        // tokens-only-rise
        "no write with an older token is accepted after one with a newer token",
        // timestamps-rise
        "timestamps rise from slot to slot",
    ],
};

pub(in crate::protocols) const INVARIANTS: &[&str] = &[
    "agreement",
    "chosen-stays-chosen",
    "one-value-a-ballot",
    "validity",
    "log-prefix-agreement",
    "reads-are-fresh",
    "each-operation-once",
    "tokens-only-rise",
    "timestamps-rise",
];

/// The invariants' numbers.
pub(super) mod invariant {
    pub const AGREEMENT: u8 = 0;
    pub const STAYS: u8 = 1;
    pub const ONE_VALUE: u8 = 2;
    pub const VALIDITY: u8 = 3;
    pub const PREFIX: u8 = 4;
    pub const FRESH: u8 = 5;
    pub const ONCE: u8 = 6;
    pub const TOKENS: u8 = 7;
    pub const RISE: u8 = 8;
}

const fn seen(name: &'static str, words: &'static str) -> WitnessSpec {
    WitnessSpec { name, words }
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    seen("value-chosen", "a majority accepted a value"),
    seen(
        "leader-elected",
        "a server had the promises of a majority and led",
    ),
    seen("leader-changed", "a server led with a later ballot"),
    seen("leader-overtaken", "a leader heard of a higher ballot"),
    seen(
        "minority-leader-deposed",
        "a leader with open slots was overtaken",
    ),
    seen(
        "ballot-tried-again",
        "a server prepared another ballot because the last one came to nothing",
    ),
    seen(
        "value-adopted",
        "a new leader proposed again what others had accepted",
    ),
    seen("hole-filled", "a new leader filled a slot with a no-op"),
    seen(
        "chosen-ahead",
        "a slot was chosen before one that comes before it",
    ),
    seen(
        "slot-fetched",
        "a server asked for what was chosen in a slot",
    ),
    seen(
        "accept-sent-again",
        "a leader proposed again what had been lost on the way",
    ),
    seen(
        "ballot-refused",
        "an acceptor had promised a higher ballot than it was asked for",
    ),
    seen(
        "leader-protected",
        "an acceptor promised nothing because a leader might rely on it",
    ),
    seen("request-redirected", "a client was pointed to the leader"),
    seen(
        "retry-deduplicated",
        "an operation came twice and was done once",
    ),
    seen(
        "read-confirmed",
        "a read waited for a majority to confirm the leader",
    ),
    seen("lease-read-served", "a read was answered under a lease"),
    seen(
        "stale-read",
        "a read missed what had been answered before it was asked",
    ),
    seen(
        "token-refused",
        "a write with an old fencing token was refused",
    ),
    seen(
        "commit-waited",
        "a leader told nobody of a write until its timestamp was surely past",
    ),
    seen(
        "read-waited-for-safe-time",
        "a server let a read wait until it had all that was written before its timestamp",
    ),
];

/// Witness numbers, as bits of [`super::Memory`]'s deeds.
pub(in crate::protocols) mod deed {
    pub const CHOSEN: u8 = 0;
    pub const ELECTED: u8 = 1;
    pub const LEADER_CHANGED: u8 = 2;
    pub const STEPPED_DOWN: u8 = 3;
    pub const DEPOSED: u8 = 4;
    pub const TRIED_AGAIN: u8 = 5;
    pub const ADOPTED: u8 = 6;
    pub const FILLED: u8 = 7;
    pub const AHEAD: u8 = 8;
    pub const LACKED: u8 = 9;
    pub const SENT_AGAIN: u8 = 10;
    pub const REFUSED: u8 = 11;
    pub const PROTECTED: u8 = 12;
    pub const REDIRECTED: u8 = 13;
    pub const DEDUPLICATED: u8 = 14;
    pub const CONFIRMED: u8 = 15;
    pub const LEASE_READ: u8 = 16;
    pub const STALE: u8 = 17;
    pub const FENCED: u8 = 18;
    pub const COMMIT_WAITED: u8 = 19;
    pub const READ_WAITED: u8 = 20;
}

/// Why a server or a client did what it did, by [`super::Why`]. `{a}` and `{n}` are numbers, `{s}` is a ballot's server,
/// `{B}` is the node `b`, `{does}` is the operation `n`, `{t}` is the
/// timestamp `a` in milliseconds.
pub(in crate::protocols) const REASONS: &[&str] = &[
    "{who} has heard from no leader and prepares ballot {a}.{s}.",
    "{who} is to lead and prepares ballot {a}.{s}.",
    "{who} promises ballot {a}.{s}.",
    "{who} promises ballot {a}.{s} and tells what it has accepted from slot {n} on.",
    "{who} promises {B} nothing yet: a leader may rely on it.",
    "{who} has promised ballot {a}.{s} and takes part in no lower one.",
    "{who} has the promises of a majority and leads with ballot {a}.{s}.",
    "{who} proposes again what was accepted in slot {a}: {does}.",
    "{who} proposes again the no-op that was accepted in slot {a}.",
    "{who} fills slot {a} with a no-op: nobody who promised has accepted anything there.",
    "{who} begins after slot {a}, whatever was accepted there.",
    "{who} is overtaken by ballot {a}.{s} and leads no more.",
    "{who} is overtaken by ballot {a}.{s} before it leads.",
    "{who} follows {B} in round {a}.",
    "{who} accepts slot {a}: {does}.",
    "{who} accepts slots up to {a}.",
    "{who} has the slots up to {a} accepted by a majority: they are chosen.",
    "{who} has slot {a} accepted by a majority, but one before it is still open.",
    "{who} does not know what was chosen in slot {a} and asks {B}.",
    "{who} hears from {B} what was chosen up to slot {a}.",
    "{who} proposes {does} in slot {a}.",
    "{who} answers from the slots up to {a}: {n}.",
    "{who} answers from the session: this was done before.",
    "{who} is not the leader and points to {B}.",
    "{who} is not the leader and knows of none.",
    "{who} lets a read wait until a majority confirms that it leads.",
    "{who} trusts its lease to answer a read.",
    "{who} answers a read from what it has, the slots up to {a}: {n}.",
    "{who} is back, has promised ballot {a}.{s} and has {n} slots.",
    "{who} is pointed to {B} and asks there.",
    "{who} had no answer and asks {B}.",
    "{who} no longer waits for this answer.",
    "{who} gives {does} the timestamp {t} ms: it cannot be later than that now.",
    "{who} begins to lead at {t} ms.",
    "{who} keeps {does} back: its lease does not reach its timestamp yet.",
    "{who} has slot {n} chosen, waits until {t} ms is surely past, and tells then.",
    "{who} will answer {does} as of {t} ms, once it has all that was written before.",
    "{who} fills slot {a} with a no-op: the timestamp of what was accepted there shows that it was not chosen.",
];

pub(super) const TIMERS: &[&str] = &[
    "wait for a leader",
    "send heartbeats",
    "ask again",
    "wait until a timestamp is past",
];

/// Time to prepare a ballot.
pub(super) const ELECTION: u8 = 0;
/// A leader: time for the next heartbeats.
pub(super) const HEARTBEAT: u8 = 1;
/// A client: time to ask again.
pub(super) const RETRY: u8 = 2;
/// A leader: the timestamp of what is chosen is past.
pub(super) const WAIT: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_where_they_say() {
        let rules = [
            (rule::ADOPT, "adopt-highest-accepted"),
            (rule::PERSIST_PROMISE, "persist-promise"),
            (rule::MAJORITY, "majority-size"),
            (rule::UNIQUE_BALLOTS, "unique-ballots"),
            (rule::TOKENS, "fencing-token-check"),
            (rule::COMMIT_WAIT, "commit-wait"),
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
            (invariant::PREFIX, "log-prefix-agreement"),
            (invariant::FRESH, "reads-are-fresh"),
            (invariant::ONCE, "each-operation-once"),
            (invariant::TOKENS, "tokens-only-rise"),
            (invariant::RISE, "timestamps-rise"),
        ];
        assert_eq!(INVARIANTS.len(), invariants.len());
        for (number, name) in invariants {
            assert_eq!(INVARIANTS[usize::from(number)], name);
        }
        let witnesses = [
            (deed::CHOSEN, "value-chosen"),
            (deed::AHEAD, "chosen-ahead"),
            (deed::STALE, "stale-read"),
            (deed::FENCED, "token-refused"),
            (deed::COMMIT_WAITED, "commit-waited"),
            (deed::READ_WAITED, "read-waited-for-safe-time"),
        ];
        for (number, name) in witnesses {
            assert_eq!(WITNESSES[usize::from(number)].name, name);
        }
    }
}
