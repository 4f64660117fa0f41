//! What lessons say in words about a run: moments ("1.2 s"), and what somebody does ("cut North | South").

use sim_core::action::{Action, MessageName};
use sim_core::operation::{ITEMS, KEYS, Operation, Store};
use sim_core::protocols;
use sim_core::scenario::Scenario;
use sim_core::units::{Endpoint, Mask, Micros, Ratio};

/// The deeds a script may name; the sentence that an error shows.
const DEEDS: &str = "`deposit ANN 20`, `withdraw ANN 20`, `read ANN`, `add ANN lamp`, `remove ANN lamp`, `put ANN x 1`, `get ANN x`, `acquire ANN`, `guarded-write ANN 1`, `release ANN`, `promote A` (or `lead`), `join A`, `leave A`, `time-out A`, `time-out-together`, `time-out-first A`, `cut A | B`, `cut A > B` (one way), \
     `mend A | B`, `heal`, `isolate A`, `crash A`, `power-off A`, `restart A`, `pause A`, `resume A`, \
     `drop A > B 1` (or `duplicate`, `hold`, `release`), `delay A > B 1 by 50 ms`, `skew A by 5 ms`";

/// Whoever leads at that moment, with the people who go there.
const LEADER: &str = "the leader";

/// Reads a span of time: `600 ms`, `1.2 s`, `40 us`.
pub fn span(text: &str) -> Result<Micros, String> {
    let wrong = || format!("expected a time such as `600 ms` or `1.2 s`, found `{text}`");
    let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let scale: u64 = match unit.trim() {
        "us" | "µs" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        _ => return Err(wrong()),
    };
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) {
        return Err(wrong());
    }
    let part = |text: &str| text.parse::<u64>().unwrap_or(0);
    let parts = 10_u64.pow(rest.len() as u32);
    let total = part(whole) * scale + part(rest) * scale / parts;
    match part(rest) * scale % parts {
        0 => Ok(Micros(total)),
        _ => Err(wrong()),
    }
}

/// Reads a share of all cases: `1 in 5`.
pub fn share(text: &str) -> Result<Ratio, String> {
    let numbers = text
        .split_once(" in ")
        .and_then(|(hits, of)| Some((hits.trim().parse().ok()?, of.trim().parse().ok()?)));
    match numbers {
        Some((hits, of)) if of > 0 && hits <= of => Ok(Ratio { hits, of }),
        _ => Err(format!("expected a share such as `1 in 5`, found `{text}`")),
    }
}

/// Reads one deed.
pub fn action(scenario: &Scenario, deed: &str) -> Result<Action, String> {
    let cast = Cast { scenario };
    let (verb, rest) = deed.trim().split_once(' ').unwrap_or((deed.trim(), ""));
    let rest = rest.trim();
    match (verb, rest) {
        ("heal", "") => Ok(Action::Heal),
        ("deposit" | "withdraw" | "read" | "add" | "remove", _) => cast.operation(verb, rest),
        ("put" | "get", _) => cast.value(verb, rest),
        ("cut" | "mend", _) => cast.line(verb, rest),
        ("isolate", name) => Ok(Action::Partition {
            side: cast.sides(name)?,
        }),
        ("crash", name) => cast.node(name).map(Action::Kill),
        ("power-off", name) => cast.node(name).map(Action::PowerOff),
        ("promote" | "lead", name) => cast.node(name).map(Action::Promote),
        ("time-out", name) => cast.node(name).map(Action::TimeOut),
        ("time-out-together", "") => Ok(Action::TimeOutTogether),
        ("time-out-first", name) => cast.node(name).map(Action::TimeOutFirst),
        ("join" | "leave", name) => cast.node(name).map(|node| Action::Member {
            node,
            joins: verb == "join",
        }),
        ("restart", name) => cast.node(name).map(Action::Restart),
        ("pause", name) => cast.anyone(name).map(Action::Pause),
        ("resume", name) => cast.anyone(name).map(Action::Resume),
        ("drop", name) => cast.message(name).map(Action::Drop),
        ("duplicate", name) => cast.message(name).map(Action::Duplicate),
        ("hold", name) => cast.message(name).map(Action::Hold),
        ("acquire" | "guarded-write", _) => cast.lock(verb, rest),
        ("release", _) if !rest.contains('>') => cast.lock(verb, rest),
        ("release", name) => cast.message(name).map(Action::Release),
        ("delay", _) => {
            let (name, by) = by(rest)?;
            Ok(Action::Delay(cast.message(name)?, span(by)?))
        }
        ("skew", _) => {
            let (name, by) = by(rest)?;
            Ok(Action::Skew {
                node: cast.node(name)?,
                offset_us: i64::try_from(span(by)?.0).unwrap_or(i64::MAX),
                drift_ppm: 0,
            })
        }
        _ => Err(format!(
            "`{deed}` is nothing that can be done; expected one of {DEEDS}"
        )),
    }
}

fn by(text: &str) -> Result<(&str, &str), String> {
    text.split_once(" by ")
        .ok_or_else(|| format!("expected `… by 50 ms`, found `{text}`"))
}

/// The people and nodes that a script may name.
struct Cast<'a> {
    scenario: &'a Scenario,
}

impl Cast<'_> {
    fn anyone(&self, name: &str) -> Result<Endpoint, String> {
        self.scenario.endpoint(name.trim()).ok_or_else(|| {
            let names = self.scenario.names().join(", ");
            format!(
                "nobody here is called `{}`; expected one of {names}",
                name.trim()
            )
        })
    }

    fn node(&self, name: &str) -> Result<Endpoint, String> {
        let found = self.scenario.endpoint(name.trim());
        let role = (name.trim() == LEADER).then_some(Endpoint::LEADER);
        found
            .filter(|end| end.0 < self.scenario.node_count())
            .or(role)
            .ok_or_else(|| {
                let names = self.scenario.nodes.join(", ");
                format!(
                    "no node is called `{}`; expected one of {names}, or `{LEADER}`",
                    name.trim()
                )
            })
    }

    fn client(&self, name: &str) -> Result<Endpoint, String> {
        let found = self.scenario.endpoint(name.trim());
        found
            .filter(|end| end.0 >= self.scenario.node_count())
            .ok_or_else(|| {
                let clients = self.scenario.clients.iter();
                let names: Vec<&str> = clients.map(|client| client.name.as_str()).collect();
                let names = names.join(", ");
                format!(
                    "no person is called `{}`; expected one of {names}",
                    name.trim()
                )
            })
    }

    fn operation(&self, verb: &str, rest: &str) -> Result<Action, String> {
        if verb == "read" {
            let spec = protocols::spec(&self.scenario.protocol);
            return Ok(Action::Operate {
                client: self.client(rest)?,
                operation: match spec.map(|spec| spec.store) {
                    Some(Store::Cart) => Operation::Read,
                    _ => Operation::Balance,
                },
            });
        }
        let what = match verb {
            "add" | "remove" => "ITEM",
            _ => "AMOUNT",
        };
        let wrong = || format!("expected `{verb} NAME {what}`, found `{verb} {rest}`");
        let (name, what) = rest.rsplit_once(' ').ok_or_else(wrong)?;
        let client = self.client(name)?;
        let amount = || what.parse().map_err(|_| wrong());
        let item = || {
            let place = ITEMS.iter().position(|item| *item == what);
            place.map(|place| place as u8).ok_or_else(wrong)
        };
        let operation = match verb {
            "deposit" => Operation::Deposit { amount: amount()? },
            "withdraw" => Operation::Withdraw { amount: amount()? },
            "add" => Operation::Add { item: item()? },
            _ => Operation::Remove { item: item()? },
        };
        Ok(Action::Operate { client, operation })
    }

    fn value(&self, verb: &str, rest: &str) -> Result<Action, String> {
        let (names, expected) = (
            KEYS.join(", "),
            match verb {
                "put" => "put NAME KEY VALUE",
                _ => "get NAME KEY",
            },
        );
        let wrong = || format!("expected `{expected}`, keys {names}, found `{verb} {rest}`");
        let (rest, value) = match verb {
            "put" => rest.rsplit_once(' ').ok_or_else(wrong)?,
            _ => (rest, "0"),
        };
        let (name, key) = rest.rsplit_once(' ').ok_or_else(wrong)?;
        let place = KEYS.iter().position(|known| *known == key);
        let key = place.ok_or_else(wrong)? as u8;
        let value = value.parse().map_err(|_| wrong())?;
        Ok(Action::Operate {
            client: self.client(name)?,
            operation: match verb {
                "put" => Operation::Put { key, value },
                _ => Operation::Get { key },
            },
        })
    }

    fn lock(&self, verb: &str, rest: &str) -> Result<Action, String> {
        let (name, operation) = match verb {
            "acquire" => (rest, Operation::Acquire),
            "release" => (rest, Operation::Release),
            _ => {
                let wrong = || format!("expected `{verb} NAME VALUE`, found `{verb} {rest}`");
                let (name, value) = rest.rsplit_once(' ').ok_or_else(wrong)?;
                let value = value.parse().map_err(|_| wrong())?;
                (name, Operation::GuardedWrite { value })
            }
        };
        Ok(Action::Operate {
            client: self.client(name)?,
            operation,
        })
    }

    /// Nodes joined by `+`, each with the people who go there.
    fn sides(&self, names: &str) -> Result<Mask, String> {
        let mut side = Mask::EMPTY;
        for name in names.split('+') {
            let node = self.node(name)?;
            side = side.with(node);
            if node == Endpoint::LEADER {
                side = side.with(Endpoint::CLIENTS_OF_LEADER);
            }
            for (place, client) in (self.scenario.node_count()..).zip(&self.scenario.clients) {
                if client.home == node {
                    side = side.with(Endpoint(place));
                }
            }
        }
        Ok(side)
    }

    fn line(&self, verb: &str, rest: &str) -> Result<Action, String> {
        if let Some((a, b)) = rest.split_once('|') {
            let (a, b) = (self.sides(a)?, self.sides(b)?);
            return Ok(match verb {
                "cut" => Action::Cut { a, b },
                _ => Action::Mend { a, b },
            });
        }
        match (verb, rest.split_once('>')) {
            ("cut", Some((from, to))) => Ok(Action::OneWay {
                from: self.sides(from)?,
                to: self.sides(to)?,
            }),
            _ => Err(format!("expected `{verb} A | B`, found `{verb} {rest}`")),
        }
    }

    /// `A > B 1`: the first message from A to B.
    fn message(&self, text: &str) -> Result<MessageName, String> {
        let wrong =
            || format!("expected a message such as `A > B 1` (the first one), found `{text}`");
        let (ends, number) = text.trim().rsplit_once(' ').ok_or_else(wrong)?;
        let (from, to) = ends.split_once('>').ok_or_else(wrong)?;
        let number: u32 = number.parse().map_err(|_| wrong())?;
        Ok(MessageName {
            from: self.anyone(from)?,
            to: self.anyone(to)?,
            number: number.checked_sub(1).ok_or_else(wrong)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank() -> Scenario {
        sim_core::catalogue::find("bank-two-cut").expect("it is in the catalogue")
    }

    #[test]
    fn times_are_read_exactly() {
        assert_eq!(span("600 ms"), Ok(Micros(600_000)));
        assert_eq!(span("1.25 s"), Ok(Micros(1_250_000)));
        assert_eq!(span("40 us"), Ok(Micros(40)));
        for wrong in [
            "600",
            "600ms",
            "-1 ms",
            "1.2.3 s",
            "0.0000001 s",
            "1 h",
            " ms",
            "9999999999 s",
        ] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_exact() {
        assert_eq!(share("1 in 5"), Ok(Ratio { hits: 1, of: 5 }));
        for wrong in ["20%", "2 in 1", "1 in 0", "one in five"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_leader_goes_with_its_people() {
        let bank = bank();
        let leader = Endpoint::LEADER;
        let deed = action(&bank, "crash the leader");
        assert_eq!(deed, Ok(Action::Kill(leader)));
        let side = Mask::of(leader).with(Endpoint::CLIENTS_OF_LEADER);
        let deed = action(&bank, "isolate the leader");
        assert_eq!(deed, Ok(Action::Partition { side }));
        let wrong = action(&bank, "crash a leader").expect_err("nobody is called so");
        assert!(wrong.ends_with("or `the leader`"), "{wrong}");
    }

    #[test]
    fn deeds_name_people_nodes_lines_and_messages() {
        let bank = bank();
        let done = |deed: &str| action(&bank, deed);
        let (ann, ben) = (Endpoint(2), Endpoint(3));
        assert_eq!(
            done("withdraw Ben 50"),
            Ok(Action::Operate {
                client: ben,
                operation: Operation::Withdraw { amount: 50 }
            })
        );
        let (a, b) = (
            Mask::of(Endpoint(0)).with(ann),
            Mask::of(Endpoint(1)).with(ben),
        );
        assert_eq!(done("cut North | South"), Ok(Action::Cut { a, b }));
        assert_eq!(
            done("cut North > South"),
            Ok(Action::OneWay { from: a, to: b })
        );
        assert_eq!(done("isolate South"), Ok(Action::Partition { side: b }));
        assert_eq!(done("heal"), Ok(Action::Heal));
        let first = MessageName {
            from: Endpoint(0),
            to: Endpoint(1),
            number: 0,
        };
        assert_eq!(done("drop North > South 1"), Ok(Action::Drop(first)));
        assert_eq!(
            done("delay North > South 1 by 5 ms"),
            Ok(Action::Delay(first, Micros(5_000)))
        );
    }

    #[test]
    fn a_deed_that_is_none_says_what_was_expected() {
        let bank = bank();
        for (deed, expected) in [
            (
                "deposit Anna 20",
                "no person is called `Anna`; expected one of Ann, Ben",
            ),
            (
                "deposit Ann",
                "expected `deposit NAME AMOUNT`, found `deposit Ann`",
            ),
            (
                "crash Nord",
                "no node is called `Nord`; expected one of North, South",
            ),
            (
                "cut North South",
                "expected `cut A | B`, found `cut North South`",
            ),
            (
                "drop North > South 0",
                "expected a message such as `A > B 1`",
            ),
            (
                "dance",
                "`dance` is nothing that can be done; expected one of `deposit ANN 20`",
            ),
        ] {
            let found = action(&bank, deed).unwrap_err();
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn deeds_of_servers_with_a_log_are_read() {
        let servers = sim_core::catalogue::find("raft-three").expect("it is in the catalogue");
        let done = |deed: &str| action(&servers, deed);
        let (client, node) = (Endpoint(4), Endpoint(0));
        let asked = |operation| Ok(Action::Operate { client, operation });
        assert_eq!(
            done("put Ben y 7"),
            asked(Operation::Put { key: 1, value: 7 })
        );
        assert_eq!(done("get Ben x"), asked(Operation::Get { key: 0 }));
        assert_eq!(done("lead S1"), Ok(Action::Promote(node)));
        assert_eq!(done("time-out S1"), Ok(Action::TimeOut(node)));
        assert_eq!(done("time-out-first S1"), Ok(Action::TimeOutFirst(node)));
        assert_eq!(done("time-out-together"), Ok(Action::TimeOutTogether));
        assert_eq!(done("leave S1"), Ok(Action::Member { node, joins: false }));
        for deed in [
            "put Ben y",
            "put Ben y 256",
            "put Ben v 1",
            "get Ben",
            "put x 1",
        ] {
            let found = done(deed).unwrap_err();
            assert!(found.starts_with("expected `"), "{found}");
        }
    }

    #[test]
    fn deeds_of_a_lock_are_read() {
        let locks = sim_core::catalogue::find("lock-three").expect("it is in the catalogue");
        let done = |deed: &str| action(&locks, deed);
        let asked = |operation| {
            Ok(Action::Operate {
                client: Endpoint(3),
                operation,
            })
        };
        assert_eq!(done("acquire Ann"), asked(Operation::Acquire));
        assert_eq!(done("release Ann"), asked(Operation::Release));
        assert_eq!(
            done("guarded-write Ann 7"),
            asked(Operation::GuardedWrite { value: 7 })
        );
        let first = MessageName {
            from: Endpoint(3),
            to: Endpoint(0),
            number: 0,
        };
        assert_eq!(done("release Ann > S1 1"), Ok(Action::Release(first)));
        for (deed, expected) in [
            (
                "acquire S1",
                "no person is called `S1`; expected one of Ann",
            ),
            (
                "guarded-write Ann",
                "expected `guarded-write NAME VALUE`, found `guarded-write Ann`",
            ),
            (
                "guarded-write Ann 256",
                "expected `guarded-write NAME VALUE`, found",
            ),
        ] {
            let found = done(deed).unwrap_err();
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn deeds_of_a_cart_are_read() {
        let cart = sim_core::catalogue::find("cart-two-tabs").expect("it is in the catalogue");
        let done = |deed: &str| action(&cart, deed);
        let asked = |operation| {
            Ok(Action::Operate {
                client: Endpoint(3),
                operation,
            })
        };
        assert_eq!(done("add Tab B mug"), asked(Operation::Add { item: 1 }));
        assert_eq!(
            done("remove Tab B lamp"),
            asked(Operation::Remove { item: 0 })
        );
        assert_eq!(done("read Tab B"), asked(Operation::Read));
        assert_eq!(done("promote Boston"), Ok(Action::Promote(Endpoint(1))));
        assert_eq!(
            done("add Tab B elephant"),
            Err("expected `add NAME ITEM`, found `add Tab B elephant`".to_owned())
        );
    }
}
