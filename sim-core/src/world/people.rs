//! People: operations, patience, answers, and the loads that ask by themselves.

use super::actors::RawInput;
use super::queue::Due;
use super::{Asked, Heard, Life, World};
use crate::draw::{self, Key, Purpose};
use crate::history::{Outcome, Record};
use crate::operation::{Answer, Operation};
use crate::protocol::Told;
use crate::trace::{Kind, Recorder, Recording};
use crate::units::{Endpoint, EventId, Micros, OpId};
use crate::wire::Encoder;
use alloc::rc::Rc;

impl World {
    /// Whether a person could ask for something now.
    pub fn can_ask(&self, client: Endpoint) -> bool {
        self.is_client(client)
            && self.ends[client.index()].life == Life::Up
            && self.ends[client.index()].asked.is_none()
    }

    pub(super) fn invoke(
        &mut self,
        client: Endpoint,
        operation: Operation,
        cause: EventId,
        recorder: &mut Recorder,
    ) {
        let op = OpId(self.ops);
        self.ops += 1;
        let what = (Kind::Invoked, client, Endpoint::NONE);
        let mut payload = Encoder::default();
        if recorder.recording != Recording::Nothing {
            let (kind, argument) = operation.code();
            payload.u8(kind).u32(argument);
        }
        let event = self.event(recorder, what, (0, op.0), cause, payload.bytes());
        if recorder.recording != Recording::Nothing {
            recorder.history.invoke(Record {
                op,
                client,
                operation,
                invoked: self.now,
                invoked_by: event,
                ended: Micros::NEVER,
                ended_by: EventId::NONE,
                outcome: Outcome::Open,
            });
        }
        self.ends[client.index()].asked = Some(Asked {
            op,
            operation,
            since: self.now,
            event,
        });
        self.await_patience(client);
        self.input(
            client,
            RawInput::Operation { op, operation },
            event,
            recorder,
        );
    }

    /// When a person stops waiting for what they have asked.
    fn patience_ends(&self, client: Endpoint) -> Option<Micros> {
        let place = client.index() - usize::from(self.fixed.nodes);
        let patience = self.fixed.scenario.clients[place].patience;
        self.ends[client.index()]
            .asked
            .map(|asked| asked.since + patience)
    }

    /// Makes sure that the queue asks in time whether a person still waits.
    fn await_patience(&mut self, client: Endpoint) {
        let Some(ends) = self.patience_ends(client) else {
            return;
        };
        let end = &mut self.ends[client.index()];
        // Patience does not change, so an entry that is there already comes no later than it must.
        if end.patience_at == Micros::NEVER {
            end.patience_at = ends;
            self.queue.push(ends, Due::Patience(client));
        }
    }

    pub(super) fn patience_due(&mut self, at: Micros, client: Endpoint, recorder: &mut Recorder) {
        self.ends[client.index()].patience_at = Micros::NEVER;
        match self.patience_ends(client) {
            Some(ends) if ends <= at => {
                self.now = at;
                self.give_up(client, recorder);
            }
            _ => self.await_patience(client),
        }
    }

    /// The person hears an answer, if it is one that they still wait for.
    pub(super) fn reply(
        &mut self,
        client: Endpoint,
        op: OpId,
        answer: Answer,
        cause: EventId,
        recorder: &mut Recorder,
    ) {
        let Some(asked) = self.ends[client.index()]
            .asked
            .filter(|asked| asked.op == op)
        else {
            return;
        };
        let what = (Kind::Replied, client, Endpoint::NONE);
        let mut payload = Encoder::default();
        if recorder.recording != Recording::Nothing {
            let (kind, argument) = answer.code();
            payload.u8(kind).i64(argument);
        }
        let event = self.event(recorder, what, (0, op.0), cause, payload.bytes());
        self.end_operation(client, asked, Outcome::Told(answer), event, recorder);
        let context = self.context(client, event);
        let told = Told {
            op,
            operation: asked.operation,
            asked: asked.event,
            answer,
        };
        self.actors.told(context, told);
    }

    pub(super) fn give_up(&mut self, client: Endpoint, recorder: &mut Recorder) {
        let Some(asked) = self.ends[client.index()].asked else {
            return;
        };
        let what = (Kind::GaveUp, client, Endpoint::NONE);
        let event = self.event(recorder, what, (0, asked.op.0), EventId::NONE, &[]);
        self.end_operation(client, asked, Outcome::Unknown, event, recorder);
        let input = RawInput::GaveUp { op: asked.op };
        if self.ends[client.index()].life == Life::Up {
            self.input(client, input, event, recorder);
        } else {
            self.put_by(client, input, event, 0);
        }
    }

    fn end_operation(
        &mut self,
        client: Endpoint,
        asked: Asked,
        outcome: Outcome,
        event: EventId,
        recorder: &mut Recorder,
    ) {
        let end = &mut self.ends[client.index()];
        end.asked = None;
        end.heard = Some(Heard {
            op: asked.op,
            operation: asked.operation,
            outcome,
            since: asked.since,
            until: self.now,
        });
        if recorder.recording != Recording::Nothing {
            recorder.history.end(asked.op, self.now, event, outcome);
        }
    }

    pub(super) fn load_gap(&self, client: Endpoint, load: u8, counter: u32) -> Micros {
        let spec = &self.fixed.scenario.loads[usize::from(load)];
        let key = load_key(Purpose::LoadGap, client, load, counter);
        self.draw_within(key, (spec.gap_min, spec.gap_max))
    }

    /// The next operation of a load is due; the one after it is drawn at once, whatever becomes of this one.
    pub(super) fn load_due(
        &mut self,
        client: Endpoint,
        load: u8,
        counter: u32,
        recorder: &mut Recorder,
    ) {
        let fixed = Rc::clone(&self.fixed);
        let spec = &fixed.scenario.loads[usize::from(load)];
        let next = self.now + self.load_gap(client, load, counter + 1);
        if next <= spec.until {
            self.queue.push(
                next,
                Due::Load {
                    client,
                    load,
                    counter: counter + 1,
                },
            );
        }
        if !self.can_ask(client) || self.now > spec.until {
            return;
        }
        let total: u64 = spec.mix.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let key = load_key(Purpose::LoadMix, client, load, counter);
        let mut drawn = draw::below(fixed.seed, key, total as u32);
        for (weight, operation) in &spec.mix {
            if drawn < *weight {
                self.invoke(client, *operation, EventId::NONE, recorder);
                return;
            }
            drawn -= weight;
        }
    }
}

fn load_key(purpose: Purpose, client: Endpoint, load: u8, counter: u32) -> Key {
    Key {
        purpose,
        from: client,
        to: Endpoint::NONE,
        tag: load,
        counter: u64::from(counter),
    }
}
