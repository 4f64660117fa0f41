//! For tests: a node's handler by itself, with a disk that is never busy.

use crate::protocol::{Context, Input, Protocol, Replica};
use crate::units::{Endpoint, EventId, Micros};
use crate::world::actors::{Effect, Slab, outputs};
use alloc::vec::Vec;

/// A node's input, and all that comes of it at once. What it sends is handed to `send`, with whom it is for.
pub fn handle<P: Protocol>(
    config: &P::Config,
    me: Endpoint,
    replica: &mut Replica<P>,
    input: Input<P::Message>,
    mut send: impl FnMut(Endpoint, P::Message),
) {
    let mut inputs = Vec::from([input]);
    while let Some(input) = inputs.pop() {
        let mut out = outputs::<P::Message, P::Note>(Slab::default());
        let context = Context {
            me,
            steady: Micros::ZERO,
            wall: 0,
            event: EventId(0),
        };
        P::node(config, context, replica, input, &mut out);
        for effect in out.effects.list {
            match effect {
                Effect::Send { to, handle } => {
                    send(to, out.messages.take(handle).expect("it was just sent"));
                }
                Effect::Persist { mark, tell: true } => inputs.push(Input::Persisted(mark)),
                _ => {}
            }
        }
    }
}
