//! Settings, rules, invariants and witnesses of Raft, with a sentence each; and the numbers that they go by.

use crate::protocol::{
    RuleSpec, SettingKind, SettingSpec, WitnessSpec, Wording, rule, said, setting,
};
use crate::units::Micros;

const ANY_SPAN: SettingKind = SettingKind::Span {
    min: 1_000,
    max: 60_000_000,
};

const SPAN_OR_NEVER: SettingKind = SettingKind::Span {
    min: 0,
    max: 60_000_000,
};

const SWITCH: SettingKind = SettingKind::Choice(&["off", "on"]);

/// The settings, in the order that links rely on: append only.
pub const SETTINGS: &[SettingSpec] = &[
    setting(
        "reads",
        SettingKind::Choice(&["read-index", "lease", "log", "stale"]),
        0,
    ),
    setting("pre-vote", SWITCH, 0),
    setting("check-quorum", SWITCH, 0),
    setting("election-after", ANY_SPAN, 150_000),
    setting("heartbeat-after", ANY_SPAN, 50_000),
    setting("retry-after", ANY_SPAN, 200_000),
    setting("drift-bound", SettingKind::Number { min: 0, max: 500 }, 100),
    setting("batch", SettingKind::Number { min: 1, max: 64 }, 16),
    setting(
        "snapshot-after",
        SettingKind::Number {
            min: 0,
            max: 1_000_000,
        },
        0,
    ),
    setting("store", SettingKind::Choice(&["values", "lock"]), 0),
    setting("members", SettingKind::Number { min: 0, max: 9 }, 0),
    setting("requests", SettingKind::Choice(&["redirect", "forward"]), 0),
    setting("request-after", SPAN_OR_NEVER, 0),
    setting(
        "request-elections",
        SettingKind::Number { min: 0, max: 10 },
        0,
    ),
    setting(
        "first-wait",
        SettingKind::Number { min: 0, max: 2_000 },
        1_000,
    ),
    setting(
        "lapsed-terms",
        SettingKind::Choice(&["answer", "ignore"]),
        0,
    ),
    setting(
        "new-term",
        SettingKind::Choice(&["wait-on", "wait-anew"]),
        0,
    ),
    setting("connection-after", SPAN_OR_NEVER, 0),
    setting("lease-after", SPAN_OR_NEVER, 0),
    setting("lost-leader", SettingKind::Choice(&["wait", "refuse"]), 0),
];

/// The numbers of the rules that handlers ask for one by one.
pub(super) mod rule {
    /// Whether a rule is none of those that are switched off, one bit each.
    pub const fn holds(rule: u32, broken: u32) -> bool {
        broken & (1 << rule) == 0
    }

    pub const ONE_VOTE: u32 = 0;
    pub const PERSIST_VOTE: u32 = 1;
    pub const PERSIST_LOG: u32 = 2;
    pub const ELECTION_RESTRICTION: u32 = 3;
    pub const OWN_TERM_COMMIT: u32 = 4;
    pub const LOG_MATCHING: u32 = 5;
    pub const MAJORITY: u32 = 6;
    pub const STEP_DOWN: u32 = 7;
    pub const CONFIRM_READS: u32 = 8;
    pub const LEASE_DRIFT: u32 = 9;
    pub const NO_OP_BARRIER: u32 = 10;
    pub const ONE_CHANGE: u32 = 11;
    pub const SESSIONS: u32 = 12;
    pub const TOKENS: u32 = 13;
}

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("one-vote-a-term", "election-safety"),
    rule("persist-vote", "election-safety"),
    rule("persist-log", "committed-is-durable"),
    rule("election-restriction", "leader-completeness"),
    rule("current-term-commit", "leader-completeness"),
    rule("log-matching-check", "log-matching"),
    rule("majority-size", "election-safety"),
    rule("step-down-on-higher-term", "election-safety"),
    rule("read-index-confirmation", "reads-are-fresh"),
    rule("lease-drift-bound", "reads-are-fresh"),
    rule("membership-no-op-barrier", "quorums-intersect"),
    rule("one-membership-change-at-a-time", "quorums-intersect"),
    rule("session-deduplication", "each-operation-once"),
    rule("fencing-token-check", "tokens-only-rise"),
];

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // reads
        said(
            "how reads are answered; writes always go through the log",
            &[
                "Ask a majority first",
                "Trust the lease",
                "Through the log",
                "From the server at hand",
            ],
        ),
        // pre-vote
        said(
            "whether a server asks who would vote for it before it stands",
            &["Off", "On"],
        ),
        // check-quorum
        said(
            "whether a leader that does not hear from a majority gives up, and followers protect one that they hear",
            &["Off", "On"],
        ),
        // election-after
        said(
            "how long a server waits for its leader before it stands for election (up to twice that)",
            &[],
        ),
        // heartbeat-after
        said("how often a leader lets its followers hear from it", &[]),
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
        said("how many entries go in one append at most", &[]),
        // snapshot-after
        said(
            "after how many entries a server replaces its log by a snapshot; 0: never",
            &[],
        ),
        // store
        said("what is kept", &["Keys and values", "A lock"]),
        // members
        said("how many servers are members at first; 0: all of them", &[]),
        // requests
        said(
            "what a server does that is asked and does not lead; where requests are passed on, a client stays with its server",
            &["Point to the leader", "Pass it on to the leader"],
        ),
        // request-after
        said(
            "how long a server tries before it gives up a request that it was to pass on; 0: it never does",
            &[],
        ),
        // request-elections
        said("how many election time-outs it tries besides", &[]),
        // first-wait
        said(
            "how long a server that starts waits for a leader, in thousandths of the election time-out (up to one more)",
            &[],
        ),
        // lapsed-terms
        said(
            "what a server does that is asked for its vote in a term that is over",
            &["Say which term it is", "Say nothing"],
        ),
        // new-term
        said(
            "whether a server that hears of a later term begins to wait for a leader anew",
            &["It waits on", "It waits anew"],
        ),
        // connection-after
        said(
            "after how long a silence a connection is broken, and what was passed on over it is lost; 0: never",
            &[],
        ),
        // lease-after
        said(
            "how long a leader trusts that it leads after a majority was heard, before it gives up; 0: as the election time-out and the drift allow",
            &[],
        ),
        // lost-leader
        said(
            "what becomes of requests that wait with a leader that gives up",
            &["They wait on", "They are refused"],
        ),
    ],
    rules: &[
        // one-vote-a-term
        "a server votes for one candidate in a term",
        // persist-vote
        "a server has its vote on its disk before it answers",
        // persist-log
        "a server has entries on its disk before it acknowledges them",
        // election-restriction
        "a server votes only for a candidate whose log is at least as up to date as its own",
        // current-term-commit
        "a leader counts copies only of entries of its own term; earlier ones are committed with them",
        // log-matching-check
        "a follower takes entries only if its log has the same entry before them",
        // majority-size
        "more than half of the members decide, not just half",
        // step-down-on-higher-term
        "a leader that hears of a higher term leads no more",
        // read-index-confirmation
        "a leader answers a read only after a majority has confirmed that it still leads",
        // lease-drift-bound
        "a lease ends before the election time-out by as much as clocks may drift",
        // membership-no-op-barrier
        "a leader changes the members only after an entry of its own term is committed",
        // one-membership-change-at-a-time
        "a leader changes the members only when the last change is committed",
        // session-deduplication
        "an operation that was asked twice is done once",
        // fencing-token-check
        "what a lock guards refuses a token that is older than one it has seen",
    ],
    promises: &[
        // election-safety
        "a term has at most one leader",
        // leader-append-only
        "a leader never overwrites or deletes entries in its log",
        // log-matching
        "if two logs have an entry with the same index and term, they are the same up to it",
        // leader-completeness
        "what is committed is in the log of every leader of a later term",
        // state-machine-safety
        "no two servers apply different entries at the same index",
        // committed-is-durable
        "a server whose acknowledgement made an entry committed still has it after a restart",
        // quorums-intersect
        "every majority of the members that a leader goes by meets every majority of the last committed ones",
        // reads-are-fresh
        "a read sees everything that was answered before it was asked, unless reads may be stale",
        // each-operation-once
        "no operation takes effect twice",
        // tokens-only-rise
        "no write with an older token is accepted after one with a newer token",
    ],
};

pub(super) const INVARIANTS: &[&str] = &[
    "election-safety",
    "leader-append-only",
    "log-matching",
    "leader-completeness",
    "state-machine-safety",
    "committed-is-durable",
    "quorums-intersect",
    "reads-are-fresh",
    "each-operation-once",
    "tokens-only-rise",
];

const fn seen(name: &'static str, words: &'static str) -> WitnessSpec {
    WitnessSpec { name, words }
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    seen("value-committed", "an entry was committed"),
    seen("leader-elected", "a server was elected"),
    seen(
        "leader-changed",
        "a term had a leader after an earlier one had",
    ),
    seen(
        "leader-stepped-down",
        "a leader heard of a higher term and stepped down",
    ),
    seen(
        "minority-leader-deposed",
        "a leader with entries that it could not commit stepped down",
    ),
    seen(
        "votes-were-split",
        "a candidate stood again because nobody was elected",
    ),
    seen(
        "conflicting-entries-were-overwritten",
        "a follower dropped entries that its leader did not have",
    ),
    seen(
        "pre-vote-refused",
        "a server was told not to stand because there was a leader",
    ),
    seen(
        "quorum-was-lost",
        "a leader gave up because it did not hear from a majority",
    ),
    seen("request-redirected", "a client was pointed to the leader"),
    seen(
        "retry-deduplicated",
        "an operation came twice and was done once",
    ),
    seen(
        "read-index-served",
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
        "snapshot-installed",
        "a follower was brought up to date by a snapshot",
    ),
    seen(
        "configuration-changed",
        "a change of the members was committed",
    ),
    seen(
        "leadership-transferred",
        "a server stood for election because its leader told it to",
    ),
];

/// Witness numbers, as bits of [`super::Memory`]'s deeds.
pub(super) mod deed {
    pub const COMMITTED: u8 = 0;
    pub const ELECTED: u8 = 1;
    pub const LEADER_CHANGED: u8 = 2;
    pub const STEPPED_DOWN: u8 = 3;
    pub const DEPOSED: u8 = 4;
    pub const SPLIT: u8 = 5;
    pub const OVERWRITTEN: u8 = 6;
    pub const PRE_VOTE_REFUSED: u8 = 7;
    pub const LOST_QUORUM: u8 = 8;
    pub const REDIRECTED: u8 = 9;
    pub const DEDUPLICATED: u8 = 10;
    pub const READ_INDEX: u8 = 11;
    pub const LEASE_READ: u8 = 12;
    pub const STALE: u8 = 13;
    pub const FENCED: u8 = 14;
    pub const INSTALLED: u8 = 15;
    pub const RECONFIGURED: u8 = 16;
    pub const HANDED_OVER: u8 = 17;
}

/// Why a server or a client did what it did, by [`super::Why`]. `{a}` and `{n}` are numbers, `{B}` is the node `b`,
/// `{those}` are the nodes in `b`, `{does}` is the operation `n`.
pub(super) const REASONS: &[&str] = &[
    "{who} has heard from no leader and stands for election in term {a}.",
    "{who} has heard from no leader and asks who would vote for it in term {a}.",
    "{who} is told by its leader to stand for election, in term {a}.",
    "{who} votes for {B} in term {a}.",
    "{who} would vote for {B} in term {a}.",
    "{who} does not vote for {B}: it has voted for another in term {a}.",
    "{who} does not vote for {B}: its own log, which ends with entry {a}, is more up to date.",
    "{who} does not vote for {B}: it has heard from a leader just now.",
    "{who} does not vote for {B}: it is in term {a} already.",
    "{who} has the votes of a majority and leads term {a}.",
    "{who} follows {B} in term {a}.",
    "{who} hears of term {a} and leads no more.",
    "{who} hears of term {a} and goes on leading all the same.",
    "{who} has not heard from a majority and leads no more.",
    "{who} is no member any more and leads no more.",
    "{who} takes entries up to {a}.",
    "{who} drops what its log has after entry {a}: the leader has something else there.",
    "{who} cannot take what comes after entry {a}: its log does not match there.",
    "{who} keeps what comes after entry {a} until it has what lies before.",
    "{who} has the entries up to {a} on a majority: they are committed.",
    "{who} puts entry {a} into its log: {does}.",
    "{who} answers from the entries up to {a}: {n}.",
    "{who} answers from the session: this was done before.",
    "{who} is not the leader and points to {B}.",
    "{who} is not the leader and knows of none.",
    "{who} lets a read wait until a majority confirms that it leads.",
    "{who} trusts its lease to answer a read.",
    "{who} answers a read from what it has, the entries up to {a}: {n}.",
    "{who} keeps a snapshot in place of the entries up to {a}.",
    "{who} sends {B} a snapshot: what {B} lacks is in its log no more.",
    "{who} installs a snapshot of the entries up to {a}.",
    "{who} makes {those} the members from entry {a} on.",
    "{who} does not change the members: the last change is not committed yet.",
    "{who} does not change the members: nothing of its own term is committed yet.",
    "{who} hands over to {B}.",
    "{who} is back in term {a} with {b} entries.",
    "{who} is pointed to {B} and asks there.",
    "{who} had no answer and asks {B}.",
    "{who} no longer waits for this answer.",
    "{who} passes it on to {B}: {does}.",
    "{who} knows of no leader: the request waits.",
    "{who} has tried for long enough and gives the request up.",
    "{who} leads no more and refuses what still waits.",
    "{who} drops what came over a connection that was broken.",
    "{who} knows from {B} that the entries up to {a} are to be read.",
    "{who} no longer waits and says so.",
    "{who} will answer when the key is written.",
    "{who} tells who waited for entry {a}: {n}.",
];

pub(super) const TIMERS: &[&str] = &[
    "wait for a leader",
    "send heartbeats",
    "flush the log",
    "ask again",
    "give a request up",
    "look for a leader",
];

/// Time to stand for election; for a leader, to count its followers.
pub(super) const ELECTION: u8 = 0;
/// Time for the next heartbeats.
pub(super) const HEARTBEAT: u8 = 1;
/// Time to flush the log, where that does not come before the answer.
pub(super) const FLUSH: u8 = 2;
/// A client: time to ask again.
pub(super) const RETRY: u8 = 3;

/// Time to give up the request that has waited longest.
pub(super) const GIVE_UP: u8 = 4;

/// Time to look whether there is a leader, for those who watch a key and want one.
pub(super) const LOOK: u8 = 5;

/// At how many looks in a row there was none when such a watch ends (etcd: `maxNoLeaderCnt`).
pub(super) const LOOKS_MAX: u8 = 3;

/// How long a log stays unflushed where that does not come before the answer.
pub(super) const FLUSH_AFTER: Micros = Micros::from_ms(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_stand_where_their_numbers_say() {
        let named = [
            (rule::ONE_VOTE, "one-vote-a-term"),
            (rule::PERSIST_VOTE, "persist-vote"),
            (rule::PERSIST_LOG, "persist-log"),
            (rule::ELECTION_RESTRICTION, "election-restriction"),
            (rule::OWN_TERM_COMMIT, "current-term-commit"),
            (rule::LOG_MATCHING, "log-matching-check"),
            (rule::MAJORITY, "majority-size"),
            (rule::STEP_DOWN, "step-down-on-higher-term"),
            (rule::CONFIRM_READS, "read-index-confirmation"),
            (rule::LEASE_DRIFT, "lease-drift-bound"),
            (rule::NO_OP_BARRIER, "membership-no-op-barrier"),
            (rule::ONE_CHANGE, "one-membership-change-at-a-time"),
            (rule::SESSIONS, "session-deduplication"),
            (rule::TOKENS, "fencing-token-check"),
        ];
        assert_eq!(RULES.len(), named.len());
        for (number, name) in named {
            assert_eq!(RULES[number as usize].name, name);
        }
    }
}
