//! Frames from the server.

use madang_shared::codec::{self, DecodeError};
use madang_shared::frames::ErrorContext;
use madang_shared::{ClientFrame, Event, Failure, QueryFrame, Seq, ServerFrame, Topic, Welcome};

use super::input::{InputContext, Output};
use super::state_machine::{Client, outbox_changed, send};
use crate::connection::DisconnectReason;
use crate::features::{self, FeatureMismatch};
use crate::slice::Slice;
use crate::streams::EventStatus;

/// The wait before sending a query again after a refusal that names no time, in milliseconds.
const QUERY_RETRY_MS: u64 = 1_000;

impl Client {
    pub(super) fn on_frame(&mut self, context: InputContext, text: &str, out: &mut Vec<Output>) {
        self.connection.note_activity(context.now);
        match codec::decode_server(text) {
            Ok(frame) => self.on_server_frame(context, frame, out),
            Err(undecoded) => {
                self.count_undecodable(out);
                // The event counts as received; otherwise the next event would look like a gap.
                if let DecodeError::Event { topic, seq } = undecoded
                    && self.check_order(topic, seq, out).is_some()
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
                if self.streams.snapshot_received(state.topic, state.position) {
                    // Positions of another epoch cannot be compared with these.
                    if known.is_some_and(|known| known.epoch != state.position.epoch) {
                        self.features.epoch_changed(state.topic);
                    }
                    let changed = self.features.apply_snapshot(state.topic, state.snapshot, now);
                    self.advanced(state.topic, state.position.seq, out);
                    self.changed(changed, out);
                    self.update_subscriptions(out);
                    self.check_caught_up(out);
                }
            }
            ServerFrame::Recovered { topic, to, .. } => {
                let missed = self.streams.known_seq(topic).is_some_and(|known| known < to.seq);
                self.streams.recovered(topic, to);
                let changed = self.features.recovered(topic, missed);
                out.extend(changed.into_iter().map(Output::Changed));
                self.check_caught_up(out);
            }
            ServerFrame::Event { topic, seq, event } => {
                let Some(missed) = self.check_order(topic, seq, out) else {
                    return;
                };
                if missed && features::counts_as_message(&event) {
                    self.caught_up.messages += 1;
                }
                if let Some(id) = features::completed_command(&event, self.features.me()) {
                    self.outbox.remove(id);
                    outbox_changed(out);
                }
                // The wanted topics depend on the joined rooms, and on no other event.
                let joined_rooms_change = matches!(event, Event::Membership(_));
                let changed = self.features.apply_event(topic, event, now);
                self.advanced(topic, seq, out);
                self.changed(changed, out);
                if joined_rooms_change {
                    self.update_subscriptions(out);
                }
                self.check_caught_up(out);
            }
            ServerFrame::Ack { id, at } => {
                let known = at.and_then(|position| self.streams.known_seq(position.topic));
                self.outbox.acknowledged(id, at, known);
                outbox_changed(out);
            }
            ServerFrame::Answer { id, answer } => {
                if let Some(query) = self.queries.remove(&id) {
                    let changed = self.features.receive_answer(&query, answer);
                    if changed.is_err() {
                        let refused = self.features.query_refused(&query);
                        out.extend(refused.into_iter().map(Output::Changed));
                    }
                    self.changed(changed, out);
                }
            }
            ServerFrame::Error { about, failure } => self.on_error(context, about, failure, out),
            ServerFrame::Workspace(workspace) => {
                self.workspace = Some(workspace);
                self.rights_checks += 1;
                // The user may follow them now.
                self.streams.retry_denied();
                self.update_subscriptions(out);
                out.push(Output::Changed(Slice::Connection));
            }
            ServerFrame::Ping { nonce } => out.push(send(&ClientFrame::Pong { nonce })),
        }
    }

    fn on_welcome(&mut self, welcome: Welcome, out: &mut Vec<Output>) {
        if welcome.user.id != self.features.me().id {
            let action = self.connection.end(DisconnectReason::OtherUser);
            self.on_socket_action(action, out);
            return;
        }
        self.connection.handshake_completed();
        self.welcome = Some(welcome);
        self.workspace = None;
        self.update_subscriptions(out);
        self.rights_checks += 1;
        self.resend_queries(out);
        out.push(Output::Changed(Slice::Connection));
    }

    /// Sends every unanswered query again. A second answer to one query is ignored.
    pub(super) fn resend_queries(&mut self, out: &mut Vec<Output>) {
        self.resend_queries_at = None;
        for (id, query) in self.queries.iter() {
            out.push(send(&ClientFrame::Query(QueryFrame { id: *id, query: query.clone() })));
        }
    }

    fn on_error(
        &mut self,
        context: InputContext,
        about: ErrorContext,
        failure: Failure,
        out: &mut Vec<Output>,
    ) {
        let now = context.now;
        match about {
            // A rate-limited signal is no sign of a newer server.
            ErrorContext::Frame if !failure.retry => self.count_undecodable(out),
            ErrorContext::Frame => {}
            ErrorContext::Command(id) => {
                let is_dropped = features::is_dropped_when_refused;
                if self.outbox.refused(id, failure, now, is_dropped) {
                    let action = self.connection.begin_again(now, context.jitter());
                    self.on_socket_action(action, out);
                }
                outbox_changed(out);
            }
            ErrorContext::Query(id) if failure.retry && self.queries.contains_key(&id) => {
                let wait = failure.retry_after.unwrap_or(QUERY_RETRY_MS);
                self.resend_queries_at = Some(now.plus(wait));
            }
            ErrorContext::Query(id) => {
                if let Some(query) = self.queries.remove(&id) {
                    out.extend(
                        self.features.query_refused(&query).into_iter().map(Output::Changed),
                    );
                }
            }
            ErrorContext::Topic(topic) => {
                if !failure.retry {
                    out.extend(self.features.denied(topic).into_iter().map(Output::Changed));
                }
                self.streams.refused(topic, &failure, now);
            }
        }
    }

    /// Checks the seq of an event. Returns whether the event happened during the disconnect; `None`
    /// if it must not be applied. After a gap it subscribes again from the last known position.
    fn check_order(&mut self, topic: Topic, seq: Seq, out: &mut Vec<Output>) -> Option<bool> {
        match self.streams.event_received(topic, seq) {
            EventStatus::Next { missed } => Some(missed),
            EventStatus::Ignore => None,
            EventStatus::Gap(subscription) => {
                out.push(send(&ClientFrame::Subscribe(subscription)));
                None
            }
        }
    }

    /// Reports the changed slices. A message for another feature than its topic's counts as a frame
    /// that could not be decoded.
    fn changed(&mut self, changed: Result<Vec<Slice>, FeatureMismatch>, out: &mut Vec<Output>) {
        match changed {
            Ok(changed) => out.extend(changed.into_iter().map(Output::Changed)),
            Err(FeatureMismatch) => self.count_undecodable(out),
        }
    }

    fn count_undecodable(&mut self, out: &mut Vec<Output>) {
        self.undecodable_frames += 1;
        out.push(Output::Changed(Slice::Connection));
    }

    fn advanced(&mut self, topic: Topic, seq: Seq, out: &mut Vec<Output>) {
        if self.outbox.stream_advanced(topic, seq) {
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
