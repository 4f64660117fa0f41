//! Runs told in words, kept as text and reviewed as prose.
//!
//! `UPDATE_STORIES=1 cargo test -p sim-core --test stories` writes them anew.

use sim_core::catalogue;
use sim_core::check::Verdict;
use sim_core::run::{Run, Timeline};
use sim_core::trace::Kind;
use sim_core::units::EventId;
use sim_core::words::Words;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// A story: its file, what it is about, the scenario, and the choices that differ from it.
struct Story {
    name: &'static str,
    about: &'static str,
    scenario: &'static str,
    choices: &'static [(&'static str, &'static str)],
}

const STORIES: &[Story] = &[
    Story {
        name: "both-stop",
        about: "Two branches and no tie-breaker: with the line cut, each refuses rather than be wrong.",
        scenario: "bank-two-cut",
        choices: &[],
    },
    Story {
        name: "the-minority-stops",
        about: "Three branches: South is cut off and refuses; North and East are most, and go on.",
        scenario: "bank-three-cut",
        choices: &[],
    },
    Story {
        name: "both-serve",
        about: "The same cut, and each branch serves what it knows: Ben is told an old balance.",
        scenario: "bank-two-cut",
        choices: &[("policy", "local")],
    },
    Story {
        name: "the-last-writer-wins",
        about: "Books that are one number with a timestamp: the later one wins, and money is gone.",
        scenario: "bank-two-cut",
        choices: &[("policy", "local"), ("reconcile", "last-writer-wins")],
    },
    Story {
        name: "the-same-money-twice",
        about: "Both withdraw the whole account at once from branches that do not ask each other.",
        scenario: "bank-race",
        choices: &[],
    },
    Story {
        name: "the-cart-that-doubled",
        about: "Two tabs of one user: the replica does not show the lamp yet, so it is put into the cart again.",
        scenario: "cart-two-tabs",
        choices: &[],
    },
    Story {
        name: "the-session-s-position",
        about: "The same, but a read brings the position of the session's last write, and the replica waits for it.",
        scenario: "cart-two-tabs",
        choices: &[("reads", "position")],
    },
    Story {
        name: "a-session-a-tab",
        about: "The position again, but each tab has a session of its own: the other tab's write is not in it.",
        scenario: "cart-two-tabs",
        choices: &[("reads", "position"), ("session", "tab")],
    },
    Story {
        name: "the-timer-and-the-lag",
        about: "Reads go to the primary for 300 ms after a write. The replica is 600 ms behind.",
        scenario: "cart-timer-lag",
        choices: &[],
    },
    Story {
        name: "promoted-without-it",
        about: "The primary had confirmed a lamp that no replica got. A replica is promoted, and the old primary comes back.",
        scenario: "cart-promotion-lost",
        choices: &[],
    },
    Story {
        name: "one-leader",
        about: "Three servers that know of no leader: one stands, has votes, and leads.",
        scenario: "raft-three",
        choices: &[],
    },
    Story {
        name: "the-leader-dies",
        about: "Five servers. The leader is killed; another is elected, and what was confirmed is still there.",
        scenario: "raft-five",
        choices: &[],
    },
    Story {
        name: "two-believe-that-they-lead",
        about: "The leader is on the smaller side of a cut: it goes on believing that it leads, and can commit nothing.",
        scenario: "raft-five-cut",
        choices: &[],
    },
    Story {
        name: "the-holder-stands-still",
        about: "Ann holds a lock and stands still; Ben takes it over. When Ann goes on, her token is an old one.",
        scenario: "raft-lock-paused",
        choices: &[],
    },
    Story {
        name: "a-lease-in-the-minority",
        about: "The same cut, and leaders trust their leases: once its lease is over, the old leader answers no read.",
        scenario: "raft-five-cut",
        choices: &[("reads", "lease")],
    },
    Story {
        name: "a-lease-beyond-its-bound",
        about: "The old leader’s clock is slow and the others’ are fast, more than the lease allows for: Ann is told an old value.",
        scenario: "raft-lease-drift",
        choices: &[],
    },
    Story {
        name: "one-joins-one-leaves",
        about: "A fourth server joins three; then the leader itself is to leave.",
        scenario: "raft-members",
        choices: &[],
    },
    Story {
        name: "a-basic-round",
        about: "One proposer, two phases: promises from a majority, then acceptances from a majority.",
        scenario: "paxos-round",
        choices: &[],
    },
    Story {
        name: "the-highest-accepted",
        about: "Ann’s proposer loses its power before it knows that a majority has accepted. Eve’s has to finish what it began.",
        scenario: "paxos-adopt",
        choices: &[],
    },
    Story {
        name: "a-proposer-in-the-minority",
        about: "Two of five are cut off: their proposer asks and asks. On the other side a value is chosen, and after the heal Ann hears of it.",
        scenario: "paxos-minority",
        choices: &[],
    },
    Story {
        name: "the-duel-ends",
        about: "Three proposers overtake one another. Whoever is overtaken waits for a random time, and that ends it.",
        scenario: "paxos-back-off",
        choices: &[],
    },
    Story {
        name: "one-proposer",
        about: "The same three people, but only S1 proposes and the others point to it: there is nothing to overtake.",
        scenario: "paxos-one-proposer",
        choices: &[],
    },
    Story {
        name: "a-hole-is-filled",
        about: "A slot is chosen behind one that reached nobody: the next leader fills the hole with a no-op.",
        scenario: "multi-hole",
        choices: &[],
    },
    Story {
        name: "a-write-waits",
        about: "TrueTime: a leader tells of a write when its timestamp is surely past; whoever reads then, wherever, sees it.",
        scenario: "multi-truetime",
        choices: &[],
    },
    Story {
        name: "a-clock-too-far-off",
        about: "A clock is 200 ms slow, and its server believes that it is right to 60 ms: Ben misses what Ann was told.",
        scenario: "multi-truetime-wrong",
        choices: &[],
    },
    Story {
        name: "many-slots-one-promise",
        about: "Phase 1 once for all slots, phase 2 for each command.",
        scenario: "multi-three",
        choices: &[],
    },
    Story {
        name: "all-vote-yes",
        about: "A coordinator and three managers: everybody votes yes, and it is committed everywhere.",
        scenario: "commit-both-phases",
        choices: &[],
    },
    Story {
        name: "two-meet-at-a-key",
        about: "Two transactions want the same key. No manager waits for a lock: each votes no to the one that comes second.",
        scenario: "commit-no-vote",
        choices: &[],
    },
    Story {
        name: "one-is-dead",
        about: "One of three managers is dead. A vote is missing, so the coordinator aborts.",
        scenario: "commit-dead-manager",
        choices: &[],
    },
    Story {
        name: "all-in-doubt",
        about: "The coordinator loses its power when all have voted yes. Nobody knows what it would have decided, and a read has to wait.",
        scenario: "commit-blocked",
        choices: &[],
    },
    Story {
        name: "in-doubt-together",
        about: "The same, and the managers ask one another. All have voted yes, so that does not help.",
        scenario: "commit-blocked-together",
        choices: &[],
    },
    Story {
        name: "freed-by-another",
        about: "The coordinator is dead, but S4 was never asked for its vote. It aborts, and so the others are free.",
        scenario: "commit-freed",
        choices: &[],
    },
    Story {
        name: "only-it-knows",
        about: "It is committed, and Ann was told so. But only the coordinator knows, and it is dead: until it is back nobody can read x.",
        scenario: "commit-only-it-knows",
        choices: &[],
    },
    Story {
        name: "one-knows",
        about: "The coordinator dies right after it has committed. Only S2 heard of it, and tells the others when they ask.",
        scenario: "commit-one-knows",
        choices: &[],
    },
    Story {
        name: "an-epoch",
        about: "Three servers elect the one with the highest number, begin an epoch, and then a write goes through.",
        scenario: "zab-three",
        choices: &[],
    },
    Story {
        name: "an-epoch-and-what-came-before",
        about: "The leader loses its power when both others have its proposal. The next one has it committed before it serves.",
        scenario: "zab-epoch",
        choices: &[],
    },
    Story {
        name: "refused-by-epoch",
        about: "The leader stands still while another is elected. When it goes on, it is refused, and has to drop what it has proposed.",
        scenario: "zab-deposed",
        choices: &[],
    },
    Story {
        name: "a-sync-before-the-read",
        about: "A server that hears late from its leader answers an old value; after a sync it does not.",
        scenario: "zab-stale-read",
        choices: &[],
    },
    Story {
        name: "the-session-is-over",
        about: "Ann holds the lock and is cut off. The leader ends her session, and so the lock; she hears of it after the heal.",
        scenario: "zab-lock-session",
        choices: &[],
    },
    Story {
        name: "reads-in-the-minority",
        about: "The leader is cut off with one other: both answer reads for a while, then they serve nobody.",
        scenario: "zab-five-cut",
        choices: &[],
    },
    Story {
        name: "a-lock-and-its-sessions",
        about: "Ann and Ben each have a session with the master. Ann gives the lock back, and it is free at once.",
        scenario: "lock-three",
        choices: &[],
    },
    Story {
        name: "jeopardy",
        about: "The master loses its power. Ann’s lease runs out before there is another; within the grace period there is, and she still has the lock.",
        scenario: "lock-fail-over",
        choices: &[],
    },
    Story {
        name: "the-lock-is-held-back",
        about: "Ann holds the lock and is cut off. Her session ends with its lease, the lock is held back for the lock-delay, and then Ben has it.",
        scenario: "lock-delay",
        choices: &[],
    },
    Story {
        name: "the-grace-period-is-over",
        about: "Two of three servers are gone for longer than Ann’s library looks for a master: she gives her session up, and the lock with it.",
        scenario: "lock-grace-period",
        choices: &[],
    },
    Story {
        name: "a-master-that-is-cut-off",
        about: "The master is cut off with Ann. It promises her nothing any more; the next one waits for her lease to end before it does anything for Ben.",
        scenario: "lock-master-cut",
        choices: &[],
    },
];

/// What a reader would read: what people and branches do and say, without each call and timer.
fn told(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Acted
            | Kind::HadNoEffect
            | Kind::Invoked
            | Kind::Noted
            | Kind::Replied
            | Kind::GaveUp
            | Kind::Dropped
    )
}

fn tell(story: &Story) -> String {
    let mut scenario = catalogue::find(story.scenario).expect("in the catalogue");
    for (setting, choice) in story.choices {
        scenario.choose(setting, choice);
    }
    let mut timeline = Timeline::of(Run::new(scenario, 7)).expect("it runs");
    let mut text = format!("{}\n\n", story.about);
    {
        let scenario = &timeline.run().scenario;
        let words = Words::new(timeline.trace(), timeline.names(), scenario).expect("registered");
        for (id, event) in (0..).zip(timeline.trace().events()) {
            // Heartbeats that get lost are many, and each is like the last.
            let beats = ["raft", "zab", "lock-service"].contains(&scenario.protocol.as_str());
            let is_beat = event.kind == Kind::Dropped && beats;
            if told(event.kind) && !is_beat {
                let ms = event.at.0 / 1_000;
                let _ = writeln!(text, "{ms:>5} ms  {}", words.sentence(EventId(id)));
            }
        }
    }
    let end = timeline.reached();
    let verdict = Verdict::of(&mut timeline, end);
    let _ = writeln!(text, "\n{}", verdict.line());
    text
}

#[test]
fn stories_are_told_as_they_stand() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    for story in STORIES {
        let file = folder.join(story.name).with_extension("txt");
        let told = tell(story);
        if std::env::var_os("UPDATE_STORIES").is_some() {
            fs::write(&file, &told).expect("stories can be written");
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == told,
            "{} is told differently now:\n{told}",
            file.display()
        );
    }
}
