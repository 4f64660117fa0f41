//! What can be pointed at on the stage, and how the marks say which.

use sim_core::action::MessageName;
use sim_core::units::Endpoint;

/// A thing on the stage that one can click.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A node.
    Node(Endpoint),
    /// A person.
    Person(Endpoint),
    /// A message on its way.
    Message(MessageName),
    /// The line between two endpoints.
    Line(Endpoint, Endpoint),
}

impl Target {
    /// As it stands in the attribute `data-target`.
    pub fn code(self) -> String {
        match self {
            Self::Node(end) => format!("n{}", end.0),
            Self::Person(end) => format!("p{}", end.0),
            Self::Message(m) => format!("m{}-{}-{}", m.from.0, m.to.0, m.number),
            Self::Line(a, b) => format!("l{}-{}", a.0, b.0),
        }
    }

    /// Reads what [`Target::code`] wrote.
    pub fn parse(code: &str) -> Option<Self> {
        let rest = code.get(1..)?;
        let mut numbers = rest.split('-').map(|part| part.parse::<u64>().ok());
        let mut end = || Some(Endpoint(u8::try_from(numbers.next()??).ok()?));
        match code.as_bytes()[0] {
            b'n' => Some(Self::Node(end()?)),
            b'p' => Some(Self::Person(end()?)),
            b'l' => Some(Self::Line(end()?, end()?)),
            b'm' => {
                let (from, to) = (end()?, end()?);
                let number = u32::try_from(numbers.next()??).ok()?;
                Some(Self::Message(MessageName { from, to, number }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_was_written() {
        let (a, b) = (Endpoint(0), Endpoint(11));
        let message = MessageName {
            from: a,
            to: b,
            number: MessageName::COPY + 3,
        };
        for target in [
            Target::Node(a),
            Target::Person(b),
            Target::Message(message),
            Target::Line(a, b),
        ] {
            assert_eq!(Target::parse(&target.code()), Some(target));
        }
        for bad in ["", "x1", "n", "n-1", "n999", "m1-2", "l1", "é1"] {
            assert_eq!(Target::parse(bad), None, "{bad}");
        }
    }
}
