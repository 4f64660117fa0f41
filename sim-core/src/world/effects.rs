//! Carrying out what handlers ask for: sends, timers, persists, answers, notes; and the arrival of messages.

use super::actors::{Effect, Effects, Handle, RawInput};
use super::network::{Flight, Motion, STREAM_WINDOW};
use super::queue::{Due, HANDLES_MAX, Place};
use super::{Held, Life, World, Write};
use crate::action::MessageName;
use crate::draw::{self, Key, Purpose};
use crate::trace::{Kind, Loss, Recorder, Recording};
use crate::units::{Endpoint, EventId, Micros};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// How long a stream waits before it sends a lost segment again.
const RETRANSMIT_MIN: Micros = Micros::from_ms(200);
const RETRANSMIT_MAX: Micros = Micros::from_ms(300);

impl World {
    pub(super) fn carry_out(
        &mut self,
        who: Endpoint,
        cause: EventId,
        effects: &mut Box<Effects>,
        recorder: &mut Recorder,
    ) {
        let immediate = self.fixed.scenario.disk.1 == Micros::ZERO;
        // With an immediate disk the news of a persist follows the outputs of the same handler.
        let mut marks = core::mem::take(&mut self.marks);
        let mut next = 0;
        loop {
            while next < effects.list.len() {
                let effect = effects.list[next];
                next += 1;
                match effect {
                    Effect::Persist { mark, tell } if immediate => {
                        self.persisted_event(who, mark, cause, recorder);
                        if tell {
                            marks.push(mark);
                        }
                    }
                    Effect::Persist { mark, tell } => {
                        let rest = effects.list[next..].iter().map(|effect| Held {
                            effect: *effect,
                            note: note_bytes(effect, effects).to_vec(),
                        });
                        let then = until_next_persist(rest.collect(), &mut next);
                        self.start_write(who, (mark, tell), cause, then);
                    }
                    other => {
                        let note = note_bytes(&other, effects);
                        self.carry_out_one(who, cause, other, note, recorder);
                    }
                }
            }
            if marks.is_empty() {
                self.marks = marks;
                return;
            }
            effects.list.clear();
            effects.notes.clear();
            next = 0;
            for mark in marks.drain(..) {
                let context = self.context(who, cause);
                self.actors
                    .input(who, RawInput::Persisted(mark), context, effects);
            }
        }
    }

    fn carry_out_one(
        &mut self,
        who: Endpoint,
        cause: EventId,
        effect: Effect,
        note: &[u8],
        recorder: &mut Recorder,
    ) {
        match effect {
            Effect::Send { to, handle } => self.send(who, to, handle, cause, recorder),
            Effect::SetTimer { kind, min, max } => self.set_timer(who, kind, min, max),
            Effect::CancelTimer(kind) => {
                if let Some(timer) = self.ends[who.index()].timers.get_mut(usize::from(kind)) {
                    timer.armed = false;
                }
            }
            Effect::Reply { op, answer } => self.reply(who, op, answer, cause, recorder),
            Effect::Note { .. } => {
                let what = (Kind::Noted, who, Endpoint::NONE);
                self.event(recorder, what, (0, 0), cause, note);
            }
            // Persists are the caller's: they decide when the rest may leave.
            Effect::Persist { .. } => {}
        }
    }

    fn persisted_event(&mut self, who: Endpoint, mark: u32, cause: EventId, rec: &mut Recorder) {
        self.event(
            rec,
            (Kind::Persisted, who, Endpoint::NONE),
            (0, mark),
            cause,
            &[],
        );
    }

    // --- disks

    fn start_write(
        &mut self,
        who: Endpoint,
        (mark, tell): (u32, bool),
        cause: EventId,
        then: Vec<Held>,
    ) {
        self.actors.begin_flush(who);
        let end = &self.ends[who.index()];
        let key = Key {
            purpose: Purpose::Disk,
            from: who,
            to: Endpoint::NONE,
            tag: 0,
            counter: end.flushes,
        };
        let takes = self.draw_within(key, self.fixed.scenario.disk);
        // A disk writes in order.
        let free_at = end.writes.last().map_or(self.now, |write| write.done_at);
        let done_at = free_at.max(self.now + takes);
        let life = end.lives;
        let end = &mut self.ends[who.index()];
        end.flushes += 1;
        end.writes.push(Write {
            mark,
            tell,
            done_at,
            cause,
            then,
        });
        self.queue.push(done_at, Due::Flushed { at: who, life });
    }

    /// The oldest write of a disk is done: what waited for it leaves, and the node is told.
    pub(super) fn flushed(&mut self, who: Endpoint, recorder: &mut Recorder) {
        let writes = &mut self.ends[who.index()].writes;
        if writes.is_empty() {
            return;
        }
        let write = writes.remove(0);
        self.actors.end_flush(who);
        let what = (Kind::Persisted, who, Endpoint::NONE);
        let event = self.event(recorder, what, (0, write.mark), write.cause, &[]);
        for held in write.then {
            self.carry_out_one(who, event, held.effect, &held.note, recorder);
        }
        if !write.tell {
            return;
        }
        if self.ends[who.index()].life == Life::Paused {
            self.put_by(who, RawInput::Persisted(write.mark), event, 0);
        } else {
            self.input(who, RawInput::Persisted(write.mark), event, recorder);
        }
    }

    // --- sending and arriving

    fn send(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        handle: Handle,
        cause: EventId,
        recorder: &mut Recorder,
    ) {
        if to.index() >= self.ends.len() || to == from || handle >= HANDLES_MAX {
            self.actors.free_message(handle);
            return;
        }
        let line = self.network.line(from, to);
        let number = line.sent;
        line.sent = line.sent.wrapping_add(1) & (MessageName::COPY - 1);
        let mut payload = core::mem::take(&mut recorder.payload);
        payload.clear();
        if recorder.recording != Recording::Nothing {
            self.actors.encode_message(handle, &mut payload);
        }
        let what = (Kind::Sent, from, to);
        let id = self.event(recorder, what, (0, number), cause, payload.bytes());
        recorder.payload = payload;
        let spec = *self.network.spec(from, to);
        let seed = self.fixed.seed;
        let key = |purpose| Key {
            purpose,
            from,
            to,
            tag: 0,
            counter: u64::from(number),
        };
        let mut latency = draw::within(
            seed,
            key(Purpose::Latency),
            spec.latency_min,
            spec.latency_max,
        );
        let lost = draw::hits(seed, key(Purpose::Loss), spec.loss);
        if lost && spec.stream {
            let again = (RETRANSMIT_MIN, RETRANSMIT_MAX);
            latency += self.draw_within(key(Purpose::Retransmit), again);
        }
        let twice = !spec.stream && draw::hits(seed, key(Purpose::Duplicate), spec.duplication);
        let copy = twice.then(|| self.actors.copy_message(handle));
        let doom = (lost && !spec.stream).then_some(Loss::Chance);
        self.launch(handle, (from, to, number), id, latency, doom);
        if let Some(copy) = copy {
            let key = key(Purpose::DuplicateLatency);
            let latency = draw::within(seed, key, spec.latency_min, spec.latency_max);
            self.launch_copy(copy, from, to, id, latency);
        }
    }

    /// A second one of a message, under a name of its own.
    pub(super) fn launch_copy(
        &mut self,
        handle: Handle,
        from: Endpoint,
        to: Endpoint,
        sent: EventId,
        latency: Micros,
    ) {
        if handle >= HANDLES_MAX {
            self.actors.free_message(handle);
            return;
        }
        let line = self.network.line(from, to);
        let number = MessageName::COPY | line.copies;
        line.copies = line.copies.wrapping_add(1) & (MessageName::COPY - 1);
        self.launch(handle, (from, to, number), sent, latency, None);
    }

    fn launch(
        &mut self,
        handle: Handle,
        (from, to, number): (Endpoint, Endpoint, u32),
        sent: EventId,
        latency: Micros,
        doom: Option<Loss>,
    ) {
        let cut = self.network.is_cut(from, to) && !self.network.spec(from, to).stream;
        let doom = if cut { Some(Loss::Cut) } else { doom };
        let flight = Flight {
            live: true,
            motion: if doom.is_some() {
                Motion::Doomed
            } else {
                Motion::Moving
            },
            doom: doom.unwrap_or(Loss::Chance),
            from,
            to,
            number,
            stamp: 0,
            sent,
            sent_at: self.now,
            arrives_at: self.now + latency,
        };
        let due_at = if doom.is_some() {
            flight.middle()
        } else {
            flight.arrives_at
        };
        let stamp = self.network.launch(handle, flight);
        let place = Place::of(handle);
        self.queue.push(due_at, Due::Arrive { place, stamp });
    }

    /// Puts a flight that changed back into the queue; earlier entries for it are void.
    pub(super) fn reschedule(&mut self, handle: Handle, motion: Motion, arrives_at: Micros) {
        let flight = &mut self.network.flights[handle as usize];
        flight.motion = motion;
        flight.arrives_at = arrives_at;
        flight.stamp = flight.stamp.wrapping_add(1);
        let (place, stamp) = (Place::of(handle), flight.stamp);
        let due_at = match motion {
            Motion::Moving => arrives_at.max(self.now),
            Motion::Doomed => flight.middle().max(self.now),
            Motion::Held | Motion::Stalled => return,
        };
        self.queue.push(due_at, Due::Arrive { place, stamp });
    }

    pub(super) fn arrive(&mut self, handle: Handle, flight: Flight, recorder: &mut Recorder) {
        if flight.motion == Motion::Doomed {
            self.lose(handle, flight.doom, flight.sent, recorder);
            return;
        }
        let stream = self.network.spec(flight.from, flight.to).stream;
        if stream && self.stream_stalls(&flight) {
            self.reschedule(handle, Motion::Stalled, flight.arrives_at);
            return;
        }
        match self.ends[flight.to.index()].life {
            Life::Killed | Life::Off => {
                self.lose(handle, Loss::NobodyThere, flight.sent, recorder);
            }
            life => {
                self.network.flights[handle as usize].live = false;
                let kind = if life == Life::Paused {
                    Kind::Waits
                } else {
                    Kind::Delivered
                };
                let what = (kind, flight.to, flight.from);
                let event = self.event(recorder, what, (0, flight.number), flight.sent, &[]);
                let input = RawInput::Message {
                    from: flight.from,
                    handle,
                };
                if life == Life::Paused {
                    self.put_by(flight.to, input, event, flight.number);
                } else {
                    self.delivered += 1;
                    self.input(flight.to, input, event, recorder);
                }
            }
        }
        if stream {
            self.stream_moves_on(flight.from, flight.to);
        }
    }

    /// The message is lost, and says how.
    pub(super) fn lose(
        &mut self,
        handle: Handle,
        loss: Loss,
        cause: EventId,
        recorder: &mut Recorder,
    ) {
        let flight = &mut self.network.flights[handle as usize];
        flight.live = false;
        let (from, to, number) = (flight.from, flight.to, flight.number);
        self.actors.free_message(handle);
        let what = (Kind::Dropped, to, from);
        self.event(recorder, what, (loss as u8, number), cause, &[]);
    }

    // --- streams

    fn stream_stalls(&mut self, flight: &Flight) -> bool {
        let (from, to) = (flight.from, flight.to);
        if self.network.is_cut(from, to) || self.network.waits_for_earlier(flight) {
            return true;
        }
        if self.network.is_cut(to, from) {
            let line = self.network.line(from, to);
            line.unacknowledged += 1;
            return line.unacknowledged > STREAM_WINDOW;
        }
        false
    }

    /// After one message of a stream arrived: the next one that had waited for it arrives as well.
    pub(super) fn stream_moves_on(&mut self, from: Endpoint, to: Endpoint) {
        let next = self.network.first_on_line(from, to);
        if let Some(next) = next
            && self.network.flights[next as usize].motion == Motion::Stalled
            && !self.network.is_cut(from, to)
            && !self.network.is_cut(to, from)
        {
            self.reschedule(next, Motion::Moving, self.now);
        }
    }

    // --- timers

    fn set_timer(&mut self, who: Endpoint, kind: u8, min: Micros, max: Micros) {
        let end = &self.ends[who.index()];
        let Some(timer) = end.timers.get(usize::from(kind)) else {
            return;
        };
        let key = Key {
            purpose: Purpose::Timer,
            from: who,
            to: Endpoint::NONE,
            tag: kind,
            counter: u64::from(timer.drawn),
        };
        let own = self.draw_within(key, (min, max));
        let deadline = self.now + end.clocks.true_span(own);
        let now = self.now;
        let reading = end.clocks.steady(now);
        let timer = &mut self.ends[who.index()].timers[usize::from(kind)];
        timer.armed = true;
        timer.set_at = now;
        timer.range = (reading + min, reading + max.max(min));
        timer.drawn = timer.drawn.wrapping_add(1);
        self.aim_timer(who, kind, deadline);
    }

    /// Sets a timer's deadline in true time and makes sure that the queue asks about it by then.
    pub(super) fn aim_timer(&mut self, who: Endpoint, kind: u8, deadline: Micros) {
        let timer = &mut self.ends[who.index()].timers[usize::from(kind)];
        timer.deadline = deadline;
        if timer.queued_at > deadline {
            timer.queued_at = deadline;
            self.queue.push(deadline, Due::Timer { at: who, kind });
        }
    }

    pub(super) fn timer_due(&mut self, at: Micros, who: Endpoint, kind: u8, rec: &mut Recorder) {
        let end = &mut self.ends[who.index()];
        let timer = &mut end.timers[usize::from(kind)];
        if timer.queued_at != at {
            return;
        }
        timer.queued_at = Micros::NEVER;
        if !timer.armed {
            return;
        }
        if timer.deadline > at {
            timer.queued_at = timer.deadline;
            let deadline = timer.deadline;
            self.queue.push(deadline, Due::Timer { at: who, kind });
            return;
        }
        timer.armed = false;
        self.now = at;
        let what = (Kind::TimerFired, who, Endpoint::NONE);
        let event = self.event(rec, what, (kind, 0), EventId::NONE, &[]);
        if self.ends[who.index()].life == Life::Paused {
            self.put_by(who, RawInput::Timer(kind), event, 0);
        } else {
            self.input(who, RawInput::Timer(kind), event, rec);
        }
    }
}

fn note_bytes<'a>(effect: &Effect, effects: &'a Effects) -> &'a [u8] {
    match effect {
        Effect::Note { start, len } => {
            &effects.notes.bytes()[*start as usize..(*start + *len) as usize]
        }
        _ => &[],
    }
}

/// What waits for one persist ends where the next one begins.
fn until_next_persist(mut rest: Vec<Held>, next: &mut usize) -> Vec<Held> {
    let stop = rest
        .iter()
        .position(|held| matches!(held.effect, Effect::Persist { .. }));
    rest.truncate(stop.unwrap_or(rest.len()));
    *next += rest.len();
    rest
}
