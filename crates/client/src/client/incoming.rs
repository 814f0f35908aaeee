//! What the server says.

use madang_shared::codec::{self, DecodeError};
use madang_shared::frames::ErrorContext;
use madang_shared::{
    ClientFrame, Failure, QueryFrame, Seq, ServerFrame, Timestamp, Topic, Welcome,
};

use super::{Client, InputContext, Output, outbox_changed, send};
use crate::action::Slice;
use crate::connection::DisconnectReason;
use crate::features;
use crate::streams::EventStatus;

/// How long to wait before asking again after a refusal that names no time, in milliseconds.
const QUERY_RETRY_MS: u64 = 1_000;

impl Client {
    pub(super) fn on_frame(&mut self, context: InputContext, text: &str, out: &mut Vec<Output>) {
        self.connection.heard(context.now);
        match codec::decode_server(text) {
            Ok(frame) => self.on_server_frame(context, frame, out),
            Err(undecoded) => {
                self.undecodable_frames += 1;
                out.push(Output::Changed(Slice::Connection));
                // Its place is taken all the same; otherwise the next event would look like a gap.
                if let DecodeError::Event { topic, seq } = undecoded
                    && self.on_place(topic, seq, out).is_some()
                {
                    self.advanced(topic, seq, out);
                    self.check_caught_up(out);
                }
            }
        }
    }

    fn on_server_frame(
        &mut self,
        context: InputContext,
        frame: ServerFrame,
        out: &mut Vec<Output>,
    ) {
        let now = context.now;
        match frame {
            ServerFrame::Welcome(welcome) => self.on_welcome(welcome, out),
            ServerFrame::Snapshot(state) | ServerFrame::Reset(state) => {
                let known = self.streams.position(state.topic);
                if self.streams.placed(state.topic, state.position) {
                    // What is known of another life of the stream would be joined to this one's places.
                    if known.is_some_and(|known| known.epoch != state.position.epoch) {
                        self.features.rebuilt(state.topic);
                    }
                    let parts = self.features.snapshot(state.topic, state.snapshot, now);
                    self.advanced(state.topic, state.position.seq, out);
                    out.extend(parts.into_iter().map(Output::Changed));
                    self.follow(out);
                    self.check_caught_up(out);
                }
            }
            ServerFrame::Recovered { topic, to, .. } => {
                let missed = self.streams.known(topic).is_some_and(|known| known < to.seq);
                self.streams.recovered(topic, to);
                let parts = self.features.recovered(topic, missed);
                out.extend(parts.into_iter().map(Output::Changed));
                self.check_caught_up(out);
            }
            ServerFrame::Event { topic, seq, event } => {
                let Some(missed) = self.on_place(topic, seq, out) else {
                    return;
                };
                if missed && features::counts_as_message(&event) {
                    self.caught_up.messages += 1;
                }
                if let Some(id) = features::settles(&event, self.features.me()) {
                    self.outbox.remove(id);
                    outbox_changed(out);
                }
                let parts = self.features.event(topic, event, now);
                self.advanced(topic, seq, out);
                // What is to be followed depends on the joined rooms, and on no other event.
                let follow = parts.contains(&Slice::Memberships);
                out.extend(parts.into_iter().map(Output::Changed));
                if follow {
                    self.follow(out);
                }
                self.check_caught_up(out);
            }
            ServerFrame::Ack { id, at } => {
                let known = at.and_then(|placed| self.streams.known(placed.topic));
                self.outbox.acknowledged(id, at, known);
                outbox_changed(out);
            }
            ServerFrame::Answer { id, answer } => {
                if let Some(query) = self.queries.remove(&id) {
                    out.extend(
                        self.features.answer(&query, answer).into_iter().map(Output::Changed),
                    );
                }
            }
            ServerFrame::Error { about, failure } => self.on_error(now, about, failure, out),
            ServerFrame::Ping { nonce } => out.push(send(&ClientFrame::Pong { nonce })),
        }
    }

    fn on_welcome(&mut self, welcome: Welcome, out: &mut Vec<Output>) {
        if welcome.user.id != self.features.me().id {
            let duty = self.connection.end(DisconnectReason::OtherUser);
            self.on_duty(duty, out);
            return;
        }
        self.connection.welcomed();
        self.welcome = Some(welcome);
        self.ask_again(out);
        out.push(Output::Changed(Slice::Connection));
    }

    /// Asks every question that was not answered. An answer that comes twice is taken once.
    pub(super) fn ask_again(&mut self, out: &mut Vec<Output>) {
        self.queries_again = None;
        for (id, query) in self.queries.iter() {
            out.push(send(&ClientFrame::Query(QueryFrame { id: *id, query: query.clone() })));
        }
    }

    fn on_error(
        &mut self,
        now: Timestamp,
        about: ErrorContext,
        failure: Failure,
        out: &mut Vec<Output>,
    ) {
        match about {
            // A signal that came too fast is no sign of a newer server.
            ErrorContext::Frame if !failure.retry => {
                self.undecodable_frames += 1;
                out.push(Output::Changed(Slice::Connection));
            }
            ErrorContext::Frame => {}
            ErrorContext::Command(id) => {
                self.outbox.refused(id, failure, now, features::matters_not_if_refused);
                outbox_changed(out);
            }
            ErrorContext::Query(id) if failure.retry && self.queries.contains_key(&id) => {
                let wait = failure.retry_after.unwrap_or(QUERY_RETRY_MS);
                self.queries_again = Some(now.plus(wait));
            }
            ErrorContext::Query(id) => {
                if let Some(query) = self.queries.remove(&id) {
                    out.extend(self.features.query_failed(&query).into_iter().map(Output::Changed));
                }
            }
            ErrorContext::Topic(topic) => self.streams.refused(topic, &failure, now),
        }
    }

    /// Judges an event by its place: answers whether to take it, and if so whether it had been missed.
    fn on_place(&mut self, topic: Topic, seq: Seq, out: &mut Vec<Output>) -> Option<bool> {
        match self.streams.arrived(topic, seq) {
            EventStatus::Next { missed } => Some(missed),
            EventStatus::Known => None,
            EventStatus::Gap(subscription) => {
                out.push(send(&ClientFrame::Subscribe(subscription)));
                None
            }
        }
    }

    fn advanced(&mut self, topic: Topic, seq: Seq, out: &mut Vec<Output>) {
        if self.outbox.advanced(topic, seq) {
            outbox_changed(out);
        }
    }

    fn check_caught_up(&mut self, out: &mut Vec<Output>) {
        let complete = self.streams.caught_up();
        if complete != self.caught_up.complete {
            self.caught_up.complete = complete;
            out.push(Output::Changed(Slice::Connection));
        }
    }
}
