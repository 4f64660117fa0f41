//! Settings, rules, invariants and witnesses of Zab, with a sentence each; and the numbers that they go by.

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
    setting("reads", SettingKind::Choice(&["local", "synced"]), 0),
    setting("election-after", ANY_SPAN, 150_000),
    setting("heartbeat-after", ANY_SPAN, 25_000),
    setting("session-timeout", ANY_SPAN, 450_000),
    setting(
        "snapshot-after",
        SettingKind::Number {
            min: 0,
            max: 1_000_000,
        },
        0,
    ),
    setting("store", SettingKind::Choice(&["values", "lock"]), 0),
    setting("finalize-wait", ANY_SPAN, 40_000),
    setting("retry-after", ANY_SPAN, 100_000),
];

/// Safety rules that may be switched off.
pub const RULES: &[RuleSpec] = &[
    rule("synchronize-before-serving", "primary-integrity"),
    rule("epoch-check", "total-order"),
    rule("fencing-token-check", "tokens-only-rise"),
];

/// The rules' numbers.
pub(super) mod rule {
    pub const SYNCHRONIZE: u32 = 0;
    pub const EPOCH: u32 = 1;
    pub const TOKENS: u32 = 2;
}

/// A sentence for each of them, in the same order.
pub static WORDING: Wording = Wording {
    settings: &[
        // reads
        said(
            "how reads are answered: by the server at hand from what it has, or after it has caught up with its leader (sync); writes always go through the leader",
            &["From the server at hand", "After a sync"],
        ),
        // election-after
        said(
            "how long a server waits for a silent leader, and a leader for a quorum (syncLimit × tickTime)",
            &[],
        ),
        // heartbeat-after
        said("how often a leader pings its followers: twice a tick", &[]),
        // session-timeout
        said(
            "after how long a silence a client’s session is over, and its lock free",
            &[],
        ),
        // snapshot-after
        said(
            "after how many entries a server replaces its history by a snapshot; 0: never",
            &[],
        ),
        // store
        said("what is kept", &["Keys and values", "A lock"]),
        // finalize-wait
        said(
            "how long a server that has a quorum of votes waits for a better one",
            &[],
        ),
        // retry-after
        said(
            "how long a client rests at most before it tries the next server",
            &[],
        ),
    ],
    rules: &[
        // synchronize-before-serving
        "a new leader has the proposals of earlier epochs committed, at a quorum, before it serves",
        // epoch-check
        "a server takes nothing from a leader of an earlier epoch than it has accepted",
        // fencing-token-check
        "what a lock guards refuses a token that is older than one it has seen",
    ],
    promises: &[
        // one-leader-an-epoch
        "an epoch has at most one leader that serves",
        // local-primary-order
        "a leader only adds to its history, so its proposals keep their order",
        // zxids-match
        "if two histories have the same zxid, they are the same up to it",
        // primary-integrity
        "what was committed in an earlier epoch is in the history of every leader before it serves",
        // total-order
        "all servers deliver the same proposals in the same order",
        // committed-is-durable
        "a server whose acknowledgement committed a proposal still has it after a restart",
        // zxids-only-rise
        "in every history zxids only rise: nothing of an earlier epoch comes after anything of a later one",
        // reads-are-fresh
        "a read sees everything that was answered before it was asked; local reads do not promise that, nor does sync",
        // each-operation-once
        "no operation takes effect twice",
        // tokens-only-rise
        "no write with an older token is accepted after one with a newer token",
    ],
};

/// In the order of [`promise`](crate::protocols::consensus::watch::promise). Quorums are always of all servers, so that they
/// meet is no promise of its own; what takes its place is global primary order.
pub(super) const INVARIANTS: &[&str] = &[
    "one-leader-an-epoch",
    "local-primary-order",
    "zxids-match",
    "primary-integrity",
    "total-order",
    "committed-is-durable",
    "zxids-only-rise",
    "reads-are-fresh",
    "each-operation-once",
    "tokens-only-rise",
];

/// Why an operation was refused: what the state machine says, and what the client's library does.
pub(super) const REFUSALS: [&str; 10] =
    machine::refusals_and(&["the connection was lost", "the session is over"]);

/// ConnectionLoss.
pub(super) const LOSS: u8 = 8;
/// SessionExpired.
pub(super) const EXPIRED: u8 = 9;

const fn seen(name: &'static str, words: &'static str) -> WitnessSpec {
    WitnessSpec { name, words }
}

pub(super) const WITNESSES: &[WitnessSpec] = &[
    seen("value-committed", "a proposal was committed"),
    seen("leader-elected", "a server was elected"),
    seen(
        "leader-changed",
        "an epoch was established after an earlier one had been",
    ),
    seen("leader-lost", "a follower heard nothing of its leader"),
    seen(
        "quorum-was-lost",
        "a leader gave up because a quorum was silent",
    ),
    seen(
        "earlier-proposals-committed",
        "a new leader committed proposals of an earlier epoch",
    ),
    seen(
        "proposals-truncated",
        "a follower dropped proposals that its leader did not have",
    ),
    seen(
        "snapshot-sent",
        "a follower was brought up to date by a snapshot",
    ),
    seen(
        "old-epoch-refused",
        "a server refused what came from an earlier epoch",
    ),
    seen(
        "ensemble-joined",
        "a server came back to a leader that a quorum followed",
    ),
    seen(
        "proposal-sent-again",
        "a leader sent again what had been lost on the way",
    ),
    seen(
        "session-closed",
        "a leader proposed to close a session that was silent",
    ),
    seen(
        "client-told-of-expiry",
        "a client heard that its session is over",
    ),
    seen(
        "lock-freed",
        "a lock was free because its holder’s session was over",
    ),
    seen(
        "client-had-seen-more",
        "a server did not take a client that had seen a later zxid",
    ),
    seen("sync-served", "a read was answered after a sync"),
    seen(
        "stale-read",
        "a read missed what had been answered before it was asked",
    ),
    seen(
        "token-refused",
        "a write with an old fencing token was refused",
    ),
];

/// Witness numbers, as bits of [`super::Memory`]'s deeds.
pub(super) mod deed {
    pub const COMMITTED: u8 = 0;
    pub const ELECTED: u8 = 1;
    pub const LEADER_CHANGED: u8 = 2;
    pub const LOST_LEADER: u8 = 3;
    pub const LOST_QUORUM: u8 = 4;
    pub const COMMITTED_EARLIER: u8 = 5;
    pub const TRUNCATED: u8 = 6;
    pub const SNAPSHOT_SENT: u8 = 7;
    pub const REFUSED: u8 = 8;
    pub const JOINED: u8 = 9;
    pub const SENT_AGAIN: u8 = 10;
    pub const CLOSED: u8 = 11;
    pub const EXPIRED: u8 = 12;
    pub const LOCK_FREED: u8 = 13;
    pub const BEHIND: u8 = 14;
    pub const SYNCED: u8 = 15;
    pub const STALE: u8 = 16;
    pub const FENCED: u8 = 17;
}

/// Why a server or a client did what it did, by [`super::Why`]. `{a}` and `{n}` are numbers, `{B}` is the node or the
/// client `b`, `{b}` is `b` as a number, `{does}` is the operation `n`.
pub(super) const REASONS: &[&str] = &[
    "{who} knows of no leader and votes for itself in round {a}.",
    "{who} hears of a better history, or of one as good with a higher number, and votes for {B} in round {a}.",
    "{who} has the votes of a quorum in round {a} and leads, if a quorum follows.",
    "{who} sees a quorum of votes for {B} in round {a} and follows.",
    "{who} hears that a quorum follows {B} and joins.",
    "{who} has heard nothing of {B} for too long and looks for a leader.",
    "{who} has lost its connection to {B} and looks for a leader.",
    "{who} has not heard from a quorum and leads no more.",
    "{who} has waited for long enough and looks for a leader again.",
    "{who} leads no more: {B} has a better history.",
    "{who} has a quorum of followers and proposes epoch {a}.",
    "{who} accepts epoch {a} from {B}, and takes part in no earlier one.",
    "{who} refuses what {B} sends in epoch {a}: it has accepted a later one.",
    "{who} takes what {B} sends in epoch {a}, though it has accepted a later one.",
    "{who} sends {B} what comes after entry {a} (DIFF).",
    "{who} lets {B} drop what it has after entry {a} (TRUNC).",
    "{who} sends {B} a snapshot of everything up to entry {a} (SNAP).",
    "{who} begins epoch {a} without what was not committed: {n} proposals.",
    "{who} drops what it has after entry {a}: it was never committed.",
    "{who} has the history of epoch {a}: {n} entries.",
    "{who} has its history at a quorum: epoch {a} begins, and entries up to {b} are committed, {n} of them proposed in an earlier epoch.",
    "{who} has its history at a quorum: epoch {a} begins.",
    "{who} is up to date in epoch {a} and serves.",
    "{who} proposes entry {a}: {does}.",
    "{who} proposes a session for {B}.",
    "{who} has heard nothing of {B} for a session time-out and proposes to close its session.",
    "{who} has the session of {B} closed: the lock is free.",
    "{who} acknowledges entry {a}: {does}.",
    "{who} acknowledges entries up to {a}.",
    "{who} has entries up to {a} acknowledged by a quorum: they are committed.",
    "{who} answers a read from what it has, entries up to {a}: {n}.",
    "{who} asks {B} what a read has to see (sync).",
    "{who} has caught up and answers from entries up to {a}: {n}.",
    "{who} passes it on to {B}: {does}.",
    "{who} takes {B}’s connection.",
    "{who} does not take {B}’s connection: it serves nobody now.",
    "{who} does not take {B}’s connection: {B} has seen entry {a}, which is not here yet.",
    "{who} serves nobody any more and closes its clients’ connections.",
    "{who} keeps a snapshot in place of entries up to {a}.",
    "{who} is back with {n} entries, and has accepted epoch {a}.",
    "{who} connects to {B}.",
    "{who} gets no connection to {B}.",
    "{who} has no connection to {B} any more.",
    "{who} has no connection to {B} any more: whether what it asked for was done is unknown.",
    "{who} is told by {B} that its session is over.",
    "{who} no longer waits for this answer.",
];

pub(super) const TIMERS: &[&str] = &[
    "wait for a leader",
    "send pings",
    "wait for better votes",
    "keep the session",
];

/// A follower: the leader was silent for too long. Before that: time to say again what may have been lost.
pub(super) const ELECTION: u8 = 0;
/// A leader: time for the next pings. A follower that is not up to date: to repeat its step.
pub(super) const HEARTBEAT: u8 = 1;
/// The votes of a quorum stand.
pub(super) const FINALIZE: u8 = 2;
/// A client: time for the next ping, or for the next attempt.
pub(super) const PING: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::consensus::watch::promise;

    #[test]
    fn numbers_stand_where_they_say() {
        let rules = [
            (rule::SYNCHRONIZE, "synchronize-before-serving"),
            (rule::EPOCH, "epoch-check"),
            (rule::TOKENS, "fencing-token-check"),
        ];
        assert_eq!(RULES.len(), rules.len());
        for (number, name) in rules {
            assert_eq!(RULES[number as usize].name, name);
        }
        let invariants = [
            (promise::ONE_LEADER, "one-leader-an-epoch"),
            (promise::COMPLETE, "primary-integrity"),
            (promise::SAME_STATE, "total-order"),
            (promise::INTERSECT, "zxids-only-rise"),
            (promise::FRESH, "reads-are-fresh"),
            (promise::TOKENS, "tokens-only-rise"),
        ];
        for (number, name) in invariants {
            assert_eq!(INVARIANTS[usize::from(number)], name);
        }
        let witnesses = [
            (deed::COMMITTED, "value-committed"),
            (deed::LEADER_CHANGED, "leader-changed"),
            (deed::TRUNCATED, "proposals-truncated"),
            (deed::JOINED, "ensemble-joined"),
            (deed::LOCK_FREED, "lock-freed"),
            (deed::FENCED, "token-refused"),
        ];
        assert_eq!(WITNESSES.len(), usize::from(deed::FENCED) + 1);
        for (number, name) in witnesses {
            assert_eq!(WITNESSES[usize::from(number)].name, name);
        }
        assert!(REFUSALS.iter().all(|words| !words.is_empty()));
    }
}
