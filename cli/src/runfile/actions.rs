//! Actions as a run file writes them: a time, what happens, and to whom.

use super::document::{Cast, Node, Table};
use crate::out::Failure;
use crate::values;
use sim_core::action::{Action, MessageName, Timed};
use sim_core::units::Micros;

/// What can happen, by the key that says so, and the keys that may stand beside it.
pub(super) const VERBS: &[(&str, &[&str])] = &[
    ("does", &["client"]),
    ("kill", &[]),
    ("power-off", &[]),
    ("restart", &[]),
    ("pause", &[]),
    ("resume", &[]),
    ("partition", &[]),
    ("cut", &[]),
    ("one-way", &[]),
    ("mend", &[]),
    ("heal", &[]),
    ("drop", &[]),
    ("duplicate", &[]),
    ("delay", &["by"]),
    ("hold", &[]),
    ("release", &[]),
    ("skew", &["offset", "drift-ppm"]),
    ("join", &[]),
    ("leave", &[]),
    ("promote", &[]),
    ("time-out", &[]),
    ("time-out-together", &[]),
    ("time-out-first", &[]),
];

/// A list of actions under `key`, put in order of time; at one time they keep the order of the file.
pub fn read_all(table: &Table<'_>, key: &str, cast: &Cast) -> Result<Vec<Timed>, Failure> {
    let what = "a list of actions, each such as { at = \"300 ms\", kill = \"North\" }";
    let entries = table.entries(key, what)?;
    let mut list = entries
        .iter()
        .map(|one| read(one, cast))
        .collect::<Result<Vec<_>, _>>()?;
    list.sort_by_key(|timed| timed.at);
    Ok(list)
}

fn read(node: &Node<'_>, cast: &Cast) -> Result<Timed, Failure> {
    let any: Vec<&str> = ["at"]
        .into_iter()
        .chain(
            VERBS
                .iter()
                .flat_map(|(v, more)| [*v].into_iter().chain(more.iter().copied())),
        )
        .collect();
    let table = node.table(
        "an action such as { at = \"300 ms\", kill = \"North\" }",
        &any,
    )?;
    let verbs = || {
        VERBS
            .iter()
            .map(|(verb, _)| *verb)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut said = VERBS.iter().filter(|(verb, _)| table.get(verb).is_some());
    let Some((verb, more)) = said.next() else {
        return Err(table.wrong(format_args!("expected what happens, one of {}", verbs())));
    };
    if let Some((second, _)) = said.next() {
        let words = format!("expected one thing that happens, found {verb} and {second}");
        return Err(table.wrong(words));
    }
    let known: Vec<&str> = ["at", *verb]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    table.only(&known)?;
    let at = table.need("at", values::SPAN)?.span()?;
    let what = table.need(verb, "what happens")?;
    Ok(Timed {
        at,
        action: action(verb, &what, &table, cast)?,
    })
}

fn action(verb: &str, what: &Node<'_>, table: &Table<'_>, cast: &Cast) -> Result<Action, Failure> {
    let pair = || pair(what, cast);
    Ok(match verb {
        "does" => {
            let client = table.need("client", "a client's name")?.endpoint(cast)?;
            let text = what.text(values::OPERATION)?;
            let operation =
                values::operation(text).ok_or_else(|| what.expected(values::OPERATION))?;
            Action::Operate { client, operation }
        }
        "kill" => Action::Kill(what.endpoint(cast)?),
        "power-off" => Action::PowerOff(what.endpoint(cast)?),
        "restart" => Action::Restart(what.endpoint(cast)?),
        "pause" => Action::Pause(what.endpoint(cast)?),
        "resume" => Action::Resume(what.endpoint(cast)?),
        "partition" => Action::Partition {
            side: what.mask(cast)?,
        },
        "cut" => {
            let (a, b) = pair()?;
            Action::Cut { a, b }
        }
        "mend" => {
            let (a, b) = pair()?;
            Action::Mend { a, b }
        }
        "one-way" => {
            let ends = what.table("{ from = NAMES, to = NAMES }", &["from", "to"])?;
            let from = ends.need("from", "names")?.mask(cast)?;
            let to = ends.need("to", "names")?.mask(cast)?;
            Action::OneWay { from, to }
        }
        "heal" => {
            what.only_true()?;
            Action::Heal
        }
        "drop" => Action::Drop(message(what, cast)?),
        "duplicate" => Action::Duplicate(message(what, cast)?),
        "delay" => {
            let by: Micros = table.need("by", values::SPAN)?.span()?;
            Action::Delay(message(what, cast)?, by)
        }
        "hold" => Action::Hold(message(what, cast)?),
        "release" => Action::Release(message(what, cast)?),
        "skew" => Action::Skew {
            node: what.endpoint(cast)?,
            offset_us: table.or("offset", 0, Node::signed_span)?,
            drift_ppm: table.or("drift-ppm", 0, |node| node.number("whole millionths"))?,
        },
        "promote" => Action::Promote(what.endpoint(cast)?),
        "time-out" => Action::TimeOut(what.endpoint(cast)?),
        "time-out-together" => {
            what.only_true()?;
            Action::TimeOutTogether
        }
        "time-out-first" => Action::TimeOutFirst(what.endpoint(cast)?),
        "join" => Action::Member {
            node: what.endpoint(cast)?,
            joins: true,
        },
        _ => Action::Member {
            node: what.endpoint(cast)?,
            joins: false,
        },
    })
}

/// The two sides of a line or of several.
fn pair(
    what: &Node<'_>,
    cast: &Cast,
) -> Result<(sim_core::units::Mask, sim_core::units::Mask), Failure> {
    let expected =
        "two sides such as [\"North\", \"South\"] or [[\"North\", \"Ann\"], [\"South\", \"Ben\"]]";
    let list = what.list(expected)?;
    let [a, b] = list.as_slice() else {
        return Err(what.expected(expected));
    };
    Ok((a.mask(cast)?, b.mask(cast)?))
}

/// A message by its line and its number there, counted from 1.
fn message(what: &Node<'_>, cast: &Cast) -> Result<MessageName, Failure> {
    let expected = "a message such as { from = \"North\", to = \"South\", number = 3 }";
    let table = what.table(expected, &["from", "to", "number", "copy"])?;
    let counted = format!("1 to {}", MessageName::COPY);
    let number = table.need("number", &counted)?;
    let nth: u32 = number.number(&counted)?;
    if nth == 0 || nth > MessageName::COPY {
        return Err(number.expected(&counted));
    }
    let copy = table.or("copy", false, Node::flag)?;
    Ok(MessageName {
        from: table.need("from", "who sends it")?.endpoint(cast)?,
        to: table.need("to", "who gets it")?.endpoint(cast)?,
        number: (nth - 1) | if copy { MessageName::COPY } else { 0 },
    })
}
