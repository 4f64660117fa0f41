//! Actions: what people and scripts do to the world.

use super::actors::RawInput;
use super::network::Motion;
use super::queue::Due;
use super::{End, IDLE, Kept, Life, World};
use crate::action::{Action, Lines, MessageName};
use crate::draw::{Key, Purpose};
use crate::trace::{Kind, Loss, Recorder, encode_action};
use crate::units::{Endpoint, EventId, Mask, Micros};
use crate::wire::Encoder;
use alloc::vec::Vec;

impl World {
    pub(super) fn act(&mut self, action: Action, recorder: &mut Recorder) {
        if let Action::Operate { client, operation } = action {
            let known = operation.store() == self.fixed.spec.store;
            if known && self.can_ask(client) {
                self.invoke(client, operation, EventId::NONE, recorder);
            } else {
                self.acted(Kind::HadNoEffect, &action, recorder);
            }
            return;
        }
        let found = self.found(action);
        let Some(action) = found.filter(|&action| self.applies(action)) else {
            self.acted(Kind::HadNoEffect, &action, recorder);
            return;
        };
        let event = self.acted(Kind::Acted, &action, recorder);
        if let Some(lines) = action.lines() {
            self.draw_lines(lines);
        } else if let Some(name) = action.message() {
            self.touch(action, name, event, recorder);
        }
        match action {
            Action::Member { node, joins } => self.member(node, joins, event, recorder),
            Action::Kill(end) => self.crash(end, Life::Killed),
            Action::PowerOff(end) => self.crash(end, Life::Off),
            Action::Restart(end) => self.restart(end, event, recorder),
            Action::Pause(end) => self.ends[end.index()].life = Life::Paused,
            Action::Resume(end) => self.resume(end),
            Action::Promote(end) if self.ends[end.index()].life == Life::Paused => {
                self.put_by(end, RawInput::Promote, event, 0);
            }
            Action::Promote(end) => self.input(end, RawInput::Promote, event, recorder),
            Action::TimeOut(_) | Action::TimeOutTogether | Action::TimeOutFirst(_) => {
                self.time_out(action);
            }
            Action::Skew {
                node,
                offset_us,
                drift_ppm,
            } => self.skew(node, offset_us, drift_ppm),
            // Asked, drawn or touched above.
            _ => {}
        }
    }

    /// The action with names in the place of roles; nothing where nobody has the role.
    fn found(&mut self, action: Action) -> Option<Action> {
        if !action.names_a_role() {
            return Some(action);
        }
        if !action.puts_right() {
            self.leader = self.leading();
        }
        let leader = self.leader;
        if leader == Endpoint::NONE {
            return None;
        }
        let people = (self.fixed.nodes..).zip(&self.fixed.scenario.clients);
        let theirs = people.filter(|(_, client)| client.home == leader);
        let clients = theirs.fold(Mask::EMPTY, |all, (place, _)| all.with(Endpoint(place)));
        Some(action.done_to(leader, clients))
    }

    /// The node that leads at this moment: of those that think so, the one that ranks highest.
    fn leading(&self) -> Endpoint {
        let mut first = None;
        for node in Mask::first(self.fixed.nodes).iter() {
            if !self.ends[node.index()].life.is_down() {
                first = first.max(self.actors.leads(node).map(|rank| (rank, node)));
            }
        }
        first.map_or(Endpoint::NONE, |(_, node)| node)
    }

    fn acted(&mut self, kind: Kind, action: &Action, recorder: &mut Recorder) -> EventId {
        let who = action.endpoint().unwrap_or(Endpoint::NONE);
        let mut payload = Encoder::default();
        encode_action(action, &mut payload);
        let what = (kind, who, Endpoint::NONE);
        self.event(recorder, what, (0, 0), EventId::NONE, payload.bytes())
    }

    /// Every node that is there is told who is to be a member.
    fn member(&mut self, node: Endpoint, joins: bool, event: EventId, recorder: &mut Recorder) {
        let input = RawInput::Member { node, joins };
        for end in Mask::first(self.fixed.nodes).iter() {
            match self.ends[end.index()].life {
                Life::Up => self.input(end, input, event, recorder),
                Life::Paused => self.put_by(end, input, event, 0),
                Life::Killed | Life::Off => {}
            }
        }
    }

    /// Whether an action changes anything.
    fn applies(&self, action: Action) -> bool {
        if let Some(Lines {
            from,
            to,
            back,
            cut,
        }) = action.lines()
        {
            return self.network.any_line(from, to, !cut)
                || (back && self.network.any_line(to, from, !cut));
        }
        if let Some(name) = action.message() {
            return self.network.find(name).is_some_and(|handle| {
                let is_held = self.network.flights[handle as usize].motion == Motion::Held;
                match action {
                    Action::Hold(_) => !is_held,
                    Action::Release(_) => is_held,
                    Action::Duplicate(_) => !self.network.spec(name.from, name.to).stream,
                    _ => true,
                }
            });
        }
        let end = action.endpoint().unwrap_or(Endpoint::NONE);
        let life = self.ends.get(end.index()).map(|end| end.life);
        let running = |life| matches!(life, Some(Life::Up | Life::Paused));
        let is_running_node = running(life) && end.0 < self.fixed.nodes;
        match action {
            Action::Kill(_) | Action::PowerOff(_) => is_running_node,
            Action::Promote(_) => self.fixed.spec.promotes && is_running_node,
            Action::TimeOut(_) | Action::TimeOutFirst(_) => {
                self.elections().iter().any(|one| one.0 == end)
            }
            Action::TimeOutTogether => self.elections().len() > 1,
            Action::Restart(_) => life.is_some_and(Life::is_down),
            Action::Pause(_) => life == Some(Life::Up),
            Action::Resume(_) => life == Some(Life::Paused),
            // A clock runs whether or not the process does.
            Action::Skew { .. } => life.is_some(),
            Action::Member { .. } => {
                let nodes = &self.ends[..usize::from(self.fixed.nodes)];
                let is_known = end.0 < self.fixed.nodes;
                let told = |one: &End| running(Some(one.life));
                self.fixed.spec.reconfigures && is_known && nodes.iter().any(told)
            }
            _ => false,
        }
    }

    // --- lines

    fn draw_lines(&mut self, lines: Lines) {
        let Lines {
            from,
            to,
            back,
            cut,
        } = lines;
        if !cut {
            self.mend(from, to);
            return;
        }
        self.cut(from, to);
        if back {
            self.cut(to, from);
        }
    }

    fn cut(&mut self, from: Mask, to: Mask) {
        self.network.cut(from, to);
        for handle in self.network.between(from, to) {
            let flight = self.network.flights[handle as usize];
            // A datagram that has not passed the middle yet meets the cut there.
            let meets = flight.middle() >= self.now
                && flight.motion == Motion::Moving
                && !self.network.spec(flight.from, flight.to).stream;
            if meets {
                self.network.flights[handle as usize].doom = Loss::Cut;
                self.reschedule(handle, Motion::Doomed, flight.arrives_at);
            }
        }
    }

    fn mend(&mut self, a: Mask, b: Mask) {
        self.network.mend(a, b);
        self.network.mend(b, a);
        for (from, to) in [(a, b), (b, a)] {
            for handle in self.network.between(from, to) {
                let flight = self.network.flights[handle as usize];
                let (from, to) = (flight.from, flight.to);
                if flight.motion == Motion::Doomed && flight.doom == Loss::Cut {
                    if !self.network.is_cut(from, to) {
                        self.reschedule(handle, Motion::Moving, flight.arrives_at);
                    }
                } else if flight.motion == Motion::Stalled {
                    self.network.line(from, to).unacknowledged = 0;
                    let at = self.now + self.network.spec(from, to).latency_max;
                    self.reschedule(handle, Motion::Moving, at);
                }
            }
        }
        self.network.acknowledge();
    }

    // --- one message

    fn touch(
        &mut self,
        action: Action,
        name: MessageName,
        event: EventId,
        recorder: &mut Recorder,
    ) {
        let Some(handle) = self.network.find(name) else {
            return;
        };
        let flight = self.network.flights[handle as usize];
        match action {
            Action::Drop(_) => {
                self.lose(handle, Loss::Dropped, event, recorder);
                if self.network.spec(flight.from, flight.to).stream {
                    self.stream_moves_on(flight.from, flight.to);
                }
            }
            Action::Delay(_, by) => {
                let later = flight.arrives_at + by;
                self.reschedule(handle, flight.motion, later);
            }
            Action::Hold(_) => self.reschedule(handle, Motion::Held, flight.arrives_at),
            Action::Release(_) => {
                // It goes on from where it stood: what was left of its way, at most the whole of it.
                let left = flight.arrives_at.since(self.now);
                let spec = *self.network.spec(flight.from, flight.to);
                let left = left.max(spec.latency_min);
                self.network.flights[handle as usize].sent_at =
                    Micros((self.now + left).0.saturating_sub(left.0 * 2));
                let cut = self.network.is_cut(flight.from, flight.to) && !spec.stream;
                let motion = if cut { Motion::Doomed } else { Motion::Moving };
                self.network.flights[handle as usize].doom = Loss::Cut;
                self.reschedule(handle, motion, self.now + left);
            }
            Action::Duplicate(_) => {
                let copy = self.actors.copy_message(handle);
                let spec = *self.network.spec(flight.from, flight.to);
                let key = Key {
                    purpose: Purpose::DuplicateLatency,
                    from: flight.from,
                    to: flight.to,
                    tag: 1,
                    counter: u64::from(name.number),
                };
                let latency = self.draw_within(key, (spec.latency_min, spec.latency_max));
                self.launch_copy(copy, flight.from, flight.to, event, latency);
            }
            _ => {}
        }
    }

    // --- life and death

    fn crash(&mut self, end: Endpoint, life: Life) {
        let place = end.index();
        self.ends[place].life = life;
        self.ends[place].lives += 1;
        let taken = core::mem::take(&mut self.ends[place].inbox_taken);
        let waiting = core::mem::take(&mut self.ends[place].inbox);
        for kept in &waiting[taken..] {
            if let RawInput::Message { handle, .. } = kept.input {
                self.actors.free_message(handle);
            }
        }
        let writes = core::mem::take(&mut self.ends[place].writes);
        for held in writes.into_iter().flat_map(|write| write.then) {
            if let super::Effect::Send { handle, .. } = held.effect {
                self.actors.free_message(handle);
            }
        }
        for timer in &mut self.ends[place].timers {
            // How often a kind was drawn goes on counting: a restarted node draws anew, not the same again.
            *timer = super::Timer {
                drawn: timer.drawn,
                queued_at: timer.queued_at,
                ..IDLE
            };
        }
        self.actors.crash(end);
        if life == Life::Killed {
            for peer in self.peers(end).iter() {
                self.close_stream(end, peer);
            }
        }
    }

    /// Everybody else, where there are streams; else nobody.
    pub(super) fn peers(&self, end: Endpoint) -> Mask {
        if self.network.any_stream {
            Mask::first(self.network.endpoints).without(Mask::of(end))
        } else {
            Mask::EMPTY
        }
    }

    fn restart(&mut self, end: Endpoint, cause: EventId, recorder: &mut Recorder) {
        let was_off = self.ends[end.index()].life == Life::Off;
        self.ends[end.index()].life = Life::Up;
        for peer in self.peers(end).iter() {
            if was_off {
                // Whoever still held the old connection learns now that it is gone.
                self.close_stream(end, peer);
            }
            self.open_stream(end, peer);
            self.open_stream(peer, end);
        }
        self.start(end, cause, recorder);
    }

    pub(super) fn start(&mut self, end: Endpoint, cause: EventId, recorder: &mut Recorder) {
        if self.ends[end.index()].life != Life::Up {
            return;
        }
        let what = (Kind::Started, end, Endpoint::NONE);
        let event = self.event(recorder, what, (0, 0), cause, &[]);
        self.input(end, RawInput::Start, event, recorder);
    }

    fn resume(&mut self, end: Endpoint) {
        self.ends[end.index()].life = Life::Up;
        let life = self.ends[end.index()].lives;
        let here = &self.ends[end.index()];
        for _ in here.inbox_taken..here.inbox.len() {
            self.queue.push(self.now, Due::Waited { at: end, life });
        }
    }

    /// One input that waited is taken.
    pub(super) fn take_waiting(&mut self, end: Endpoint, recorder: &mut Recorder) {
        let here = &mut self.ends[end.index()];
        let Some(kept) = here.inbox.get(here.inbox_taken).copied() else {
            return;
        };
        here.inbox_taken += 1;
        if here.inbox_taken == here.inbox.len() {
            here.inbox_taken = 0;
            here.inbox.clear();
        }
        let mut cause = kept.event;
        if let RawInput::Message { from, .. } = kept.input {
            self.delivered += 1;
            let what = (Kind::Delivered, end, from);
            cause = self.event(recorder, what, (0, kept.number), cause, &[]);
        }
        self.input(end, kept.input, cause, recorder);
    }

    /// Keeps an input for an endpoint that stands still.
    pub(super) fn put_by(&mut self, end: Endpoint, input: RawInput, event: EventId, number: u32) {
        self.ends[end.index()].inbox.push(Kept {
            input,
            event,
            number,
        });
    }

    fn skew(&mut self, node: Endpoint, offset_us: i64, drift_ppm: i32) {
        let now = self.now;
        let max = crate::scenario::limits::DRIFT_PPM_MAX;
        let most = crate::scenario::limits::OFFSET_US_MAX;
        let before = self.ends[node.index()].clocks;
        self.ends[node.index()].clocks.skew(
            now,
            offset_us.clamp(-most, most),
            drift_ppm.clamp(-max, max),
        );
        let after = self.ends[node.index()].clocks;
        for kind in 0..self.ends[node.index()].timers.len() as u8 {
            let timer = self.ends[node.index()].timers[usize::from(kind)];
            if timer.armed {
                let own = before.own_span(timer.deadline.since(now));
                self.aim_timer(node, kind, now + after.true_span(own));
            }
        }
    }

    /// The nodes whose election timer runs, where its length was a matter of chance, with when it may run out at the
    /// soonest and at the latest.
    fn elections(&self) -> Vec<(Endpoint, Micros, Micros)> {
        let mut list = Vec::new();
        let kind = usize::from(self.fixed.spec.election_timer.unwrap_or(u8::MAX));
        for node in Mask::first(self.fixed.nodes).iter() {
            let end = &self.ends[node.index()];
            let Some(timer) = end.timers.get(kind) else {
                continue;
            };
            let (soonest, latest) = timer.range;
            if timer.armed && soonest < latest {
                let reading = end.clocks.steady(self.now);
                let when = |at: Micros| self.now + end.clocks.true_span(at.since(reading));
                list.push((node, when(soonest), when(latest)));
            }
        }
        list
    }

    /// Chance falls as the action says, for election timers that run.
    fn time_out(&mut self, action: Action) {
        let running = self.elections();
        let together = running.iter().map(|one| one.1).max();
        for (node, soonest, latest) in running {
            let at = match action.endpoint() {
                Some(who) if who == node => soonest,
                Some(_) if matches!(action, Action::TimeOut(_)) => continue,
                Some(_) => latest,
                None => latest.min(together.unwrap_or(latest)),
            };
            self.aim_timer(node, self.fixed.spec.election_timer.unwrap_or(0), at);
        }
    }

    // --- streams

    fn news_at(&self, from: Endpoint, to: Endpoint) -> Micros {
        let spec = self.network.spec(from, to);
        let key = Key {
            purpose: Purpose::Connection,
            from,
            to,
            tag: 0,
            counter: self.now.0,
        };
        self.now + self.draw_within(key, (spec.latency_min, spec.latency_max))
    }

    pub(super) fn open_stream(&mut self, at: Endpoint, peer: Endpoint) {
        if at != peer && self.network.spec(at, peer).stream && !self.network.is_cut(peer, at) {
            let when = self.news_at(peer, at);
            self.queue.push(when, Due::PeerUp { at, peer });
        }
    }

    /// `end`'s connection to `peer` closes; the peer learns of it if the line carries the news.
    fn close_stream(&mut self, end: Endpoint, peer: Endpoint) {
        if self.network.spec(end, peer).stream && !self.network.is_cut(end, peer) {
            let when = self.news_at(end, peer);
            self.queue.push(
                when,
                Due::PeerDown {
                    at: peer,
                    peer: end,
                },
            );
        }
    }

    pub(super) fn peer_due(
        &mut self,
        at: Micros,
        end: Endpoint,
        peer: Endpoint,
        up: bool,
        recorder: &mut Recorder,
    ) {
        let here = self.ends[end.index()].life;
        let there = self.ends[peer.index()].life;
        let gone = Life::is_down;
        if gone(here) || (up && gone(there)) || self.network.is_cut(peer, end) {
            return;
        }
        self.now = at;
        let kind = if up {
            Kind::Connected
        } else {
            Kind::Disconnected
        };
        let event = self.event(recorder, (kind, end, peer), (0, 0), EventId::NONE, &[]);
        let input = if up {
            RawInput::PeerUp(peer)
        } else {
            RawInput::PeerDown(peer)
        };
        if here == Life::Paused {
            self.put_by(end, input, event, 0);
        } else {
            self.input(end, input, event, recorder);
        }
    }
}
