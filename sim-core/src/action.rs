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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
}

/// An action and when it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timed {
    /// When.
    pub at: Micros,
    /// What.
    pub action: Action,
}

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
        }
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
            | Self::Member { node: e, .. } => Some(e),
            _ => None,
        }
    }
}
