//! Nothing that a link says is lost in a run file, and every mistake is named with its line.

use super::{read, write};
use crate::out::Failure;
use sim_core::action::{Action, MessageName, Timed};
use sim_core::explore::sample;
use sim_core::operation::Operation;
use sim_core::run::Run;
use sim_core::scenario::{ClockSpec, LinkSpec, Load, Scenario};
use sim_core::share::{self, Link};
use sim_core::units::{Endpoint, Mask, Micros, Ratio};
use sim_core::{catalogue, protocols};
use std::rc::Rc;

fn comes_back(link: &Link) {
    let fragment = share::encode_for_file(link).expect("a link");
    let decoded = share::decode_from_file(&fragment).expect("its own link");
    let text = write(&decoded);
    let opened = match read("run.toml", &text) {
        Ok(opened) => opened,
        Err(error) => panic!("{error:?}\n{text}"),
    };
    assert!(opened.says_digest && opened.notes.is_empty());
    assert_eq!(opened.link, decoded, "{text}");
    assert_eq!(
        share::encode_for_file(&opened.link).as_ref(),
        Ok(&fragment),
        "{text}"
    );
}

fn digest_of(seed: u64) -> u32 {
    (seed as u32).wrapping_mul(0x9e37_79b9)
}

#[test]
fn random_runs_come_back_byte_for_byte() {
    for name in protocols::names() {
        for seed in 0..200 {
            let run = sample::run(name, seed).expect("a run");
            comes_back(&Link {
                run,
                at: Micros(seed * 977),
                digest: digest_of(seed),
            });
        }
    }
}

#[test]
fn catalogue_scenarios_come_back_with_their_changes() {
    for (nth, scenario) in (0u64..).zip(catalogue::all()) {
        let spec = scenario.validate().expect("a scenario");
        comes_back(&Link {
            run: Run::new(scenario.clone(), u64::MAX - nth),
            at: Micros(nth),
            digest: 0,
        });
        let rules = (1_u32 << spec.rules.len()) - 1;
        for setting in spec.settings {
            let mut changed = scenario.clone();
            changed.set(setting.name, setting.default).broken = nth as u32 & 0b111 & rules;
            let text = write(&Link {
                run: Run::new(changed.clone(), nth),
                at: Micros::ZERO,
                digest: 1,
            });
            assert!(
                text.contains(&format!("scenario = \"{}\"", scenario.id)),
                "{text}"
            );
            comes_back(&Link {
                run: Run::new(changed, nth),
                at: Micros(5),
                digest: 1,
            });
        }
    }
}

/// A scenario with everything that a scenario can have.
fn everything() -> Scenario {
    let mut scenario = Scenario::new("ledger", &["North-1", "Süd und West", "3"]);
    scenario.title = "Quotes \" ' and\nlines \\ = # [x] \u{7}".to_string();
    scenario.version = 41;
    let ann = scenario.add_client("Ann", Endpoint(2));
    let ben = scenario.add_client("Ben", Endpoint(0));
    scenario.clients[1].patience = Micros(1);
    scenario.links = LinkSpec {
        latency_min: Micros(7),
        latency_max: Micros(1_234_567),
        loss: Ratio { hits: 0, of: 77 },
        duplication: Ratio { hits: 3, of: 4 },
        stream: false,
    };
    scenario.client_links.stream = true;
    let special = LinkSpec::datagrams(Micros::ZERO, Micros(3_600_000_000));
    scenario.special_links.push((Endpoint(0), ann, special));
    scenario.special_links.push((
        ben,
        Endpoint(1),
        LinkSpec {
            stream: true,
            ..special
        },
    ));
    scenario.disk = (Micros::ZERO, Micros(1));
    scenario.clocks.push(ClockSpec {
        node: Endpoint(1),
        offset_us: -3_600_000_000,
        drift_ppm: -500_000,
    });
    scenario.clocks.push(ClockSpec {
        node: Endpoint(1),
        offset_us: 1,
        drift_ppm: 0,
    });
    scenario
        .at_ms(0, Action::Heal)
        .at_ms(3, Action::Kill(ben))
        .at_ms(3, Action::Kill(ann));
    scenario.loads.push(Load {
        clients: Mask(0b1_1000),
        from: Micros(5),
        until: Micros(u64::MAX),
        gap_min: Micros(7_201),
        gap_max: Micros(7_202),
        mix: vec![
            (0, Operation::Balance),
            (u32::MAX, Operation::Withdraw { amount: u32::MAX }),
        ],
    });
    scenario.set("opening", 7).broken = 0b101;
    scenario.length = Micros(3_600_000_000);
    scenario.tail = Micros::ZERO;
    scenario
}

fn actions() -> Vec<Action> {
    let (one, two, nobody) = (Endpoint(0), Endpoint(4), Endpoint(201));
    let message = MessageName {
        from: one,
        to: nobody,
        number: 0,
    };
    let copy = MessageName {
        from: two,
        to: one,
        number: u32::MAX,
    };
    let last = MessageName {
        number: MessageName::COPY - 1,
        ..message
    };
    vec![
        Action::Operate {
            client: nobody,
            operation: Operation::Deposit { amount: 0 },
        },
        Action::Operate {
            client: two,
            operation: Operation::Balance,
        },
        Action::Kill(one),
        Action::PowerOff(Endpoint::NONE),
        Action::Restart(two),
        Action::Pause(one),
        Action::Resume(one),
        Action::Partition { side: Mask::EMPTY },
        Action::Partition { side: Mask::ALL },
        Action::Cut {
            a: Mask(0b10101),
            b: Mask(1 << 31),
        },
        Action::OneWay {
            from: Mask(1),
            to: Mask(0b110),
        },
        Action::Mend {
            a: Mask::ALL,
            b: Mask::EMPTY,
        },
        Action::Heal,
        Action::Drop(message),
        Action::Duplicate(copy),
        Action::Delay(last, Micros(u64::MAX)),
        Action::Hold(MessageName {
            number: MessageName::COPY,
            ..copy
        }),
        Action::Release(message),
        Action::Skew {
            node: one,
            offset_us: i64::MIN,
            drift_ppm: i32::MIN,
        },
        Action::Skew {
            node: two,
            offset_us: i64::MAX,
            drift_ppm: i32::MAX,
        },
        Action::Member {
            node: one,
            joins: true,
        },
        Action::Member {
            node: nobody,
            joins: false,
        },
        Action::Promote(one),
        Action::Promote(nobody),
        Action::TimeOut(one),
        Action::TimeOut(nobody),
        Action::TimeOutTogether,
        Action::TimeOutFirst(one),
        Action::Operate {
            client: two,
            operation: Operation::Add { item: 0 },
        },
        Action::Operate {
            client: nobody,
            operation: Operation::Remove { item: 7 },
        },
        Action::Operate {
            client: two,
            operation: Operation::Read,
        },
    ]
}

#[test]
fn everything_that_a_link_can_say_comes_back() {
    let scenario = everything();
    scenario.validate().expect("it holds together");
    let mut timed: Vec<Timed> = Vec::new();
    for (nth, action) in (0u64..).zip(actions()) {
        timed.push(Timed {
            at: Micros(nth * nth * 31_337),
            action,
        });
        timed.push(Timed {
            at: Micros(nth * nth * 31_337),
            action: Action::Heal,
        });
    }
    let run = Run {
        scenario: Rc::new(scenario),
        seed: 0,
        actions: timed,
    };
    comes_back(&Link {
        run,
        at: Micros(3_600_000_000),
        digest: u32::MAX,
    });
}

fn refusal(text: &str) -> String {
    match read("run.toml", text) {
        Err(Failure::Words(words)) => words,
        other => panic!("{other:?}\n{text}"),
    }
}

#[test]
fn mistakes_are_named_with_their_line() {
    let cases = [
        ("", "line 1: expected scenario"),
        ("seed = 1\n[[", "line 2: expected a run file in TOML"),
        (
            "scenario = \"bank\"",
            "line 1, scenario: expected the id of a scenario, one of bank-two,",
        ),
        ("scenario = 3", "found `3`"),
        (
            "seed = 1\nscenario = \"bank-two\"\nversion = 9",
            "line 3, version: expected 1, the version of bank-two today",
        ),
        (
            "scenario = \"bank-two\"\nnodes = []",
            "found scenario and nodes",
        ),
        (
            "scenario = \"bank-two\"\nsped = 3",
            "line 2: expected only scenario, version",
        ),
        (
            "scenario = \"bank-two\"\nseed = -1",
            "line 2, seed: expected a seed, 0 to 18446744073709551615, found `-1`",
        ),
        (
            "scenario = \"bank-two\"\nseed = 18446744073709551616",
            "line 2, seed",
        ),
        (
            "scenario = \"bank-two\"\nat = \"5 parsecs\"",
            "line 2, at: expected a span of time such as",
        ),
        (
            "scenario = \"bank-two\"\nat = \"2000 min\"",
            "at most an hour",
        ),
        (
            "scenario = \"bank-two\"\ndigest = \"xyz\"",
            "eight hexadecimal digits",
        ),
        (
            "scenario = \"bank-two\"\nbroken = [\"fairness\"]",
            "line 2, broken.1: expected rules to break, each one of persist-promise",
        ),
        (
            "scenario = \"bank-two\"\nsettings = { policy = \"some\" }",
            "line 2, settings.policy: expected one of all, majority, local, found `some`",
        ),
        (
            "scenario = \"bank-two\"\nsettings = { opening = 2000000 }",
            "expected 0 to 1000000",
        ),
        (
            "scenario = \"bank-two\"\nsettings = { retry-after = \"2 min\" }",
            "expected 1 ms to 60 s",
        ),
        (
            "scenario = \"bank-two\"\nsettings = { speed = 2 }",
            "expected only policy, reconcile",
        ),
        (
            "scenario = \"bank-two\"\nactions = [\n  { at = 5, kill = \"West\" },\n]",
            "line 3, actions.1.kill: expected a node or a client, one of North, South, Ann, Ben, found `West`",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5 }]",
            "expected what happens, one of does, kill",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ kill = \"North\" }]",
            "expected at = a span",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, kill = \"North\", pause = \"South\" }]",
            "found kill and pause",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, kill = \"North\", by = 3 }]",
            "expected only at, kill",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, does = \"deposit\", client = \"Ann\" }]",
            "expected an operation: \"deposit 20\"",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, does = \"deposit 1\" }]",
            "expected client = a client's name, found none",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, heal = false }]",
            "expected true, found false",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, cut = \"North\" }]",
            "expected two sides such as",
        ),
        (
            "scenario = \"bank-two\"\nactions = [{ at = 5, drop = { from = \"North\", to = \"South\", number = 0 } }]",
            "number: expected 1 to 2147483648, found `0`",
        ),
        (
            "scenario = \"bank-two\"\nactions = 3",
            "line 2, actions: expected a list of actions",
        ),
        (
            "protocol = \"gossip\"",
            "expected a protocol, one of ledger",
        ),
        ("protocol = \"ledger\"", "expected nodes = the nodes' names"),
        (
            "protocol = \"ledger\"\nnodes = [\"A\"]",
            "line 2, nodes: expected 2 to 7 of them",
        ),
        (
            "protocol = \"ledger\"\nnodes = [\"A\", \"A\"]",
            "each name once",
        ),
        (
            "protocol = \"ledger\"\nnodes = [\"A\", \"B\"]\nclients = [{ name = \"Z\", home = \"C\" }]",
            "line 3, clients.1.home: expected a node, one of A, B, found `C`",
        ),
        (
            "protocol = \"ledger\"\nnodes = [\"A\", \"B\"]\nlinks = { latency = [3, 2] }",
            "line 3, links: expected a shortest and a longest",
        ),
        (
            "protocol = \"ledger\"\nnodes = [\"A\", \"B\"]\nlinks = { loss = \"often\" }",
            "links.loss: expected a share such as",
        ),
        (
            "protocol = \"ledger\"\nnodes = [\"A\", \"B\"]\nlength = 0",
            "line 3, length: expected 1 µs to an hour",
        ),
        ("link = \"AQ\"", "line 1, link: the check digits"),
        (
            "link = \"AQ\"\nseed = 3",
            "expected a scenario, a protocol or a system beside seed",
        ),
    ];
    for (text, expected) in cases {
        let words = refusal(text);
        assert!(words.starts_with("run.toml, line "), "{words}");
        assert!(
            words.contains(expected),
            "{text}\n  gave: {words}\n  not:  {expected}"
        );
    }
}

#[test]
fn actions_are_put_in_order_of_time() {
    let text = "scenario = \"bank-two\"\nactions = [{ at = 5, heal = true }, { at = \"1 ms\", kill = \"North\" }, { at = 5, kill = \"South\" }]";
    let opened = read("run.toml", text).expect("a run");
    let order: Vec<_> = opened
        .link
        .run
        .actions
        .iter()
        .map(|timed| (timed.at.0, timed.action.kind()))
        .collect();
    assert_eq!(order, [(1_000, 1), (5_000, 10), (5_000, 1)]);
}

#[test]
fn a_link_alone_is_a_run_file_and_words_beside_it_count() {
    let run = sample::run("ledger", 5).expect("a run");
    let link = Link {
        run,
        at: Micros(7),
        digest: 3,
    };
    let fragment = share::encode(&link).expect("a link");
    let alone = format!("# written by the page\nlink = \"{fragment}\"\n");
    assert_eq!(read("run.toml", &alone).expect("a run").link, link);
    let beside = format!("link = \"https://example.org/x/#{fragment}\"\nscenario = \"bank-two\"\n");
    let opened = read("run.toml", &beside).expect("a run");
    assert_eq!(opened.link.run.scenario.id, "bank-two");
    assert!(opened.notes[0].starts_with("run.toml, line 1, link: its link is of another run"));
    let same = write(&link).replacen("protocol", &format!("link = \"{fragment}\"\nprotocol"), 1);
    assert!(read("run.toml", &same).expect("a run").notes.is_empty());
}

/// Whatever stands in a file, reading it ends in a run or a sentence.
#[test]
fn damaged_files_never_panic() {
    let run = sample::run("ledger", 9).expect("a run");
    let good = write(&Link {
        run,
        at: Micros(7),
        digest: 3,
    });
    let odd = [
        "\"",
        "[",
        "}",
        "=",
        "\n",
        "-",
        "9",
        "99999999999999999999",
        "#",
        "\u{0}",
        "é",
        ".",
        "{",
        "'''",
        "ms",
    ];
    let places: Vec<usize> = good.char_indices().map(|(at, _)| at).collect();
    for (nth, place) in places.iter().enumerate() {
        let (mut cut, rest) = (good[..*place].to_string(), &good[*place..]);
        let _ = read("cut.toml", &cut);
        cut.push_str(odd[nth % odd.len()]);
        cut.push_str(rest.get(nth % 3..).unwrap_or(""));
        let _ = read("odd.toml", &cut);
    }
}

/// A product is its protocol with choices, and what the file says besides takes their place.
#[test]
fn a_system_is_a_preset() {
    let text = |settings: &str| {
        format!(
            "system = \"etcd\"\n{settings}\nnodes = [\"A\", \"B\", \"C\"]\n\
             clients = [{{ name = \"Ann\", home = \"A\" }}]\n\
             script = [{{ at = \"1 s\", client = \"Ann\", does = \"get x stale\" }}]"
        )
    };
    let plain = read("run.toml", &text("")).expect("a run").link;
    let scenario = &plain.run.scenario;
    let system = sim_core::systems::find("etcd").expect("it is there");
    assert_eq!(scenario.protocol, system.protocol);
    assert_eq!(scenario.settings, system.scenario(&[]).settings);
    assert_eq!((scenario.links, scenario.disk), (system.links, system.disk));
    assert_eq!(scenario.clients[0].patience, system.patience);
    assert!(write(&plain).contains("system = \"etcd\""));
    comes_back(&plain);

    let settings = "settings = { pre-vote = \"on\", election-after = \"2 s\" }\nlinks = { latency = \"3 ms\" }";
    let changed = read("run.toml", &text(settings)).expect("a run").link;
    let differ = changed.run.scenario.settings.iter();
    let differ = differ
        .zip(&scenario.settings)
        .filter(|(one, other)| one != other);
    assert_eq!(differ.count(), 2);
    let words = write(&changed);
    let says = "settings = { pre-vote = \"on\", election-after = \"2 s\" }";
    assert!(words.contains(says), "{words}");
    comes_back(&changed);

    // Whatever is no product any more is said by its protocol.
    let other = read("run.toml", &text("settings = { requests = \"redirect\" }"));
    let other = other.expect("a run").link;
    assert!(write(&other).contains("protocol = \"raft\""));
    comes_back(&other);
}

#[test]
fn a_role_is_read_and_written_unless_somebody_has_its_name() {
    let file = |name: &str, who: &str| {
        format!(
            "protocol = \"raft\"\nnodes = [\"S1\", \"S2\", \"{name}\"]\nlength = \"2 s\"\nseed = 1\n\
             actions = [\n  {{ at = \"1 s\", kill = \"{who}\" }},\n  {{ at = \"1500 ms\", partition = [\"{who}\", \"its clients\"] }},\n]\n"
        )
    };
    for (name, who, end, written) in [
        ("S3", "the leader", Endpoint::LEADER, "the leader"),
        ("the leader", "the leader", Endpoint(2), "the leader"),
        ("the leader", "#31", Endpoint::LEADER, "#31"),
    ] {
        let link = read("x.toml", &file(name, who)).expect("it is a run").link;
        let side = Mask::of(end).with(Endpoint::CLIENTS_OF_LEADER);
        let actions = [Action::Kill(end), Action::Partition { side }];
        let found: Vec<Action> = link.run.actions.iter().map(|one| one.action).collect();
        assert_eq!(found, actions, "{name} {who}");
        let text = write(&link);
        assert!(text.contains(&format!("kill = \"{written}\"")), "{text}");
        assert!(text.contains("\"its clients\""), "{text}");
        let again = read("y.toml", &text).expect("what is written is read");
        assert_eq!(again.link.run.actions, link.run.actions);
    }
}

#[test]
fn a_system_that_is_none_is_named() {
    let words = refusal("system = \"etcetera\"\nnodes = [\"A\"]");
    assert!(
        words.contains("line 1") && words.contains("etcd, consul, zookeeper"),
        "{words}"
    );
    let words = refusal("system = \"etcd\"\nprotocol = \"ledger\"\nnodes = [\"A\", \"B\"]");
    assert!(
        words.contains("line 2") && words.contains("raft"),
        "{words}"
    );
    let words = refusal("scenario = \"raft-three\"\nsystem = \"etcd\"");
    assert!(words.contains("scenario and system"), "{words}");
}
