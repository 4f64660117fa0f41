//! What a person or a script does to a run at a moment.

use crate::operation::Operation;
use crate::units::{Endpoint, Mask, Micros};

/// A message's name for ever: the `number`-th that `from` sent `to`, counted from 0. Copies that the network or a
/// person made count for themselves, from [`MessageName::COPY`], so that a copy renames nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessageName {
    /// The sender.
    pub from: Endpoint,
    /// The receiver.
    pub to: Endpoint,
    /// Which of those between the two.
    pub number: u32,
}

impl MessageName {
    /// The number of the first copy on a link.
    pub const COPY: u32 = 1 << 31;
}

/// One act. Whatever no longer applies (the message is gone, the node is already down) is an event "had no
/// effect", never an error.
#[derive(Clone, Copy, Eq, Debug)]
pub enum Action {
    /// A client asks for something.
    Operate {
        /// Who asks.
        client: Endpoint,
        /// For what.
        operation: Operation,
    },
    /// The process dies: memory is lost, its connections close and peers notice.
    Kill(Endpoint),
    /// The machine loses power: memory is lost, and there is only silence.
    PowerOff(Endpoint),
    /// It starts again with what was durable.
    Restart(Endpoint),
    /// It stands still: its clocks run on, its inputs wait.
    Pause(Endpoint),
    /// It goes on with what waited.
    Resume(Endpoint),
    /// Nothing passes between `side` and everybody else.
    Partition {
        /// One of the two sides.
        side: Mask,
    },
    /// Nothing passes between the two sets, in either direction.
    Cut {
        /// One set.
        a: Mask,
        /// The other.
        b: Mask,
    },
    /// Nothing passes from one set to the other; the way back stays open.
    OneWay {
        /// The senders who are not heard.
        from: Mask,
        /// Those who do not hear them.
        to: Mask,
    },
    /// The lines between the two sets are whole again, in both directions.
    Mend {
        /// One set.
        a: Mask,
        /// The other.
        b: Mask,
    },
    /// Every line is whole again.
    Heal,
    /// The message is lost.
    Drop(MessageName),
    /// The message arrives a second time.
    Duplicate(MessageName),
    /// The message takes longer.
    Delay(MessageName, Micros),
    /// The message waits until it is released.
    Hold(MessageName),
    /// A held message goes on.
    Release(MessageName),
    /// The node's wall clock jumps by `offset_us`, and both its clocks run faster or slower from now on.
    Skew {
        /// Whose clocks.
        node: Endpoint,
        /// Added to the wall clock, in microseconds.
        offset_us: i64,
        /// From now on, millionths faster (or slower) than true time.
        drift_ppm: i32,
    },
    /// The node joins or leaves the members that the protocol counts.
    Member {
        /// Which node.
        node: Endpoint,
        /// Joins, or leaves.
        joins: bool,
    },
    /// Whoever runs the system tells the node to take over as primary.
    Promote(Endpoint),
    /// The node's election timer runs out as soon as it may: at once, or when the shortest length that could have been
    /// drawn is over. Chance is chosen, and nothing else: a timer that is set anew is drawn anew.
    TimeOut(Endpoint),
    /// All election timers that run run out together, as soon as they all may: a split vote.
    TimeOutTogether,
    /// The node's election timer runs out as soon as it may, all others as late as they may: no split vote.
    TimeOutFirst(Endpoint),
}

/// An action and when it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timed {
    /// When.
    pub at: Micros,
    /// What.
    pub action: Action,
}

impl PartialEq for Action {
    /// Kind and words are all that there is.
    fn eq(&self, other: &Self) -> bool {
        (self.kind(), self.words()) == (other.kind(), other.words())
    }
}

/// Three words and a long; which is what depends on the kind.
pub(crate) type ActionWords = (u32, u32, u32, i64);

/// What an action does to the lines between two sets of endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    pub from: Mask,
    pub to: Mask,
    /// Not only from the one to the other, but also the way back.
    pub back: bool,
    /// They are cut; else they are whole again.
    pub cut: bool,
}

/// The bits of roles in a set.
const ROLES: u32 = Mask::of(Endpoint::LEADER).0 | Mask::of(Endpoint::CLIENTS_OF_LEADER).0;
/// The first and the last kind of those that are about sets.
const SETS_FIRST: u8 = 6;
const SETS_LAST: u8 = 9;

impl Action {
    /// The action's number in digests and links: append only.
    pub const fn kind(self) -> u8 {
        match self {
            Self::Operate { .. } => 0,
            Self::Kill(_) => 1,
            Self::PowerOff(_) => 2,
            Self::Restart(_) => 3,
            Self::Pause(_) => 4,
            Self::Resume(_) => 5,
            Self::Partition { .. } => 6,
            Self::Cut { .. } => 7,
            Self::OneWay { .. } => 8,
            Self::Mend { .. } => 9,
            Self::Heal => 10,
            Self::Drop(_) => 11,
            Self::Duplicate(_) => 12,
            Self::Delay(..) => 13,
            Self::Hold(_) => 14,
            Self::Release(_) => 15,
            Self::Skew { .. } => 16,
            Self::Member { .. } => 17,
            Self::Promote(_) => 18,
            Self::TimeOut(_) => 19,
            Self::TimeOutTogether => 20,
            Self::TimeOutFirst(_) => 21,
        }
    }

    /// What it says beside its kind, in numbers: what digests are taken over, and what links carry.
    pub(crate) const fn words(self) -> ActionWords {
        match self {
            Self::Operate { client, operation } => {
                let (kind, argument) = operation.code();
                (client.0 as u32, kind as u32, argument, 0)
            }
            Self::Kill(e)
            | Self::PowerOff(e)
            | Self::Restart(e)
            | Self::Pause(e)
            | Self::Resume(e)
            | Self::Promote(e)
            | Self::TimeOut(e)
            | Self::TimeOutFirst(e) => (e.0 as u32, 0, 0, 0),
            Self::Partition { side } => (side.0, 0, 0, 0),
            Self::Cut { a, b } | Self::Mend { a, b } => (a.0, b.0, 0, 0),
            Self::OneWay { from, to } => (from.0, to.0, 0, 0),
            Self::Heal | Self::TimeOutTogether => (0, 0, 0, 0),
            Self::Drop(m) | Self::Duplicate(m) | Self::Hold(m) | Self::Release(m) => {
                (m.from.0 as u32, m.to.0 as u32, m.number, 0)
            }
            Self::Delay(m, by) => (m.from.0 as u32, m.to.0 as u32, m.number, by.0.cast_signed()),
            Self::Skew {
                node,
                offset_us,
                drift_ppm,
            } => (node.0 as u32, drift_ppm.cast_unsigned(), 0, offset_us),
            Self::Member { node, joins } => (node.0 as u32, joins as u32, 0, 0),
        }
    }

    /// The inverse of [`Action::kind`] and [`Action::words`].
    pub(crate) const fn from_words(kind: u8, (a, b, c, d): ActionWords) -> Option<Self> {
        let one = Endpoint(a as u8);
        let message = MessageName {
            from: one,
            to: Endpoint(b as u8),
            number: c,
        };
        let (a, b) = (Mask(a), Mask(b));
        Some(match kind {
            0 => match Operation::from_code(b.0 as u8, c) {
                Some(operation) => Self::Operate {
                    client: one,
                    operation,
                },
                None => return None,
            },
            1 => Self::Kill(one),
            2 => Self::PowerOff(one),
            3 => Self::Restart(one),
            4 => Self::Pause(one),
            5 => Self::Resume(one),
            6 => Self::Partition { side: a },
            7 => Self::Cut { a, b },
            8 => Self::OneWay { from: a, to: b },
            9 => Self::Mend { a, b },
            10 => Self::Heal,
            11 => Self::Drop(message),
            12 => Self::Duplicate(message),
            13 => Self::Delay(message, Micros(d.cast_unsigned())),
            14 => Self::Hold(message),
            15 => Self::Release(message),
            16 => Self::Skew {
                node: one,
                offset_us: d,
                drift_ppm: b.0.cast_signed(),
            },
            17 => Self::Member {
                node: one,
                joins: b.0 != 0,
            },
            18 => Self::Promote(one),
            19 => Self::TimeOut(one),
            20 => Self::TimeOutTogether,
            21 => Self::TimeOutFirst(one),
            _ => return None,
        })
    }

    /// Whether it names a role and not only names. Everybody is nobody's role.
    pub(crate) fn names_a_role(self) -> bool {
        let (a, b, ..) = self.words();
        let is_role = |set: Mask| set != Mask::ALL && set.0 & ROLES != 0;
        match self.kind() {
            SETS_FIRST..=SETS_LAST => is_role(Mask(a)) || is_role(Mask(b)),
            0 => false,
            _ => self.endpoint() == Some(Endpoint::LEADER),
        }
    }

    /// Whether it puts right what another has done, so that its roles are theirs who had them then.
    pub(crate) const fn puts_right(self) -> bool {
        matches!(self, Self::Restart(_) | Self::Resume(_) | Self::Mend { .. })
    }

    /// What it does to lines, if it is about lines.
    pub(crate) const fn lines(self) -> Option<Lines> {
        let (from, to) = match self {
            Self::Partition { side } => (side, Mask(!side.0)),
            Self::Cut { a, b } | Self::Mend { a, b } => (a, b),
            Self::OneWay { from, to } => (from, to),
            Self::Heal => (Mask::ALL, Mask::ALL),
            _ => return None,
        };
        Some(Lines {
            from,
            to,
            back: !matches!(self, Self::OneWay { .. }),
            cut: !matches!(self, Self::Mend { .. } | Self::Heal),
        })
    }

    /// The same, done to `leader`, whose clients are `clients`, in the place of roles.
    pub(crate) fn done_to(self, leader: Endpoint, clients: Mask) -> Self {
        let (mut a, mut b, c, d) = self.words();
        if !(SETS_FIRST..=SETS_LAST).contains(&self.kind()) {
            a = u32::from(leader.0);
        }
        for set in [&mut a, &mut b] {
            let named = Mask(*set);
            if named != Mask::ALL && named.contains(Endpoint::CLIENTS_OF_LEADER) {
                *set |= clients.0;
            }
            if named != Mask::ALL && named.contains(Endpoint::LEADER) {
                *set |= Mask::of(leader).0;
            }
            if named != Mask::ALL {
                *set &= !ROLES;
            }
        }
        Self::from_words(self.kind(), (a, b, c, d)).unwrap_or(self)
    }

    /// The one message that it is about.
    pub const fn message(self) -> Option<MessageName> {
        match self {
            Self::Drop(m)
            | Self::Duplicate(m)
            | Self::Delay(m, _)
            | Self::Hold(m)
            | Self::Release(m) => Some(m),
            _ => None,
        }
    }

    /// The one endpoint that it is about.
    pub const fn endpoint(self) -> Option<Endpoint> {
        match self {
            Self::Operate { client: e, .. }
            | Self::Kill(e)
            | Self::PowerOff(e)
            | Self::Restart(e)
            | Self::Pause(e)
            | Self::Resume(e)
            | Self::Skew { node: e, .. }
            | Self::Member { node: e, .. }
            | Self::Promote(e)
            | Self::TimeOut(e)
            | Self::TimeOutFirst(e) => Some(e),
            _ => None,
        }
    }
}
