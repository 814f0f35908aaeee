//! Frames from the server.

use madang_shared::compact;
use madang_shared::encoded::EncodedValue;
use madang_shared::frames::{ErrorContext, TopicStateWith};
use madang_shared::{
    ClientFrame, Command, EncodedServerFrame, Failure, QueryFrame, Seq, Timestamp, Topic, Welcome,
};

use super::input::{InputContext, Output};
use super::state_machine::{Client, outbox_changed, send};
use crate::connection::DisconnectReason;
use crate::slice::Slice;
use crate::streams::EventStatus;
use crate::view::UnreadableContent;

/// The wait before sending a query again after a refusal that names no time, in milliseconds.
const QUERY_RETRY_MS: u64 = 1_000;

impl Client {
    pub(super) fn on_frame(&mut self, context: InputContext, text: &str, out: &mut Vec<Output>) {
        self.connection.note_activity(context.now);
        match compact::from_text(text) {
            Ok(frame) => self.on_server_frame(context, frame, out),
            Err(_) => self.count_undecodable(out),
        }
    }

    fn on_server_frame(
        &mut self,
        context: InputContext,
        frame: EncodedServerFrame,
        out: &mut Vec<Output>,
    ) {
        let now = context.now;
        match frame {
            EncodedServerFrame::Welcome(welcome) => self.on_welcome(welcome, out),
            EncodedServerFrame::Snapshot(state) | EncodedServerFrame::Reset(state) => {
                self.on_state(&state, now, out);
            }
            EncodedServerFrame::Recovered { topic, to, .. } => {
                let missed = self.streams.known_seq(topic).is_some_and(|known| known < to.seq);
                self.streams.recovered(topic, to);
                let changed = self.features.recovered(topic, missed);
                out.extend(changed.into_iter().map(Output::Changed));
                self.check_caught_up(out);
            }
            EncodedServerFrame::Event { topic, seq, event } => {
                self.on_event(topic, seq, &event, now, out);
            }
            EncodedServerFrame::Ack { id, at } => {
                let known = at.and_then(|position| self.streams.known_seq(position.topic));
                self.outbox.acknowledged(id, at, known);
                outbox_changed(out);
            }
            EncodedServerFrame::Answer { id, answer } => {
                if let Some(query) = self.queries.remove(&id) {
                    if let Ok(changed) = self.features.receive_answer(&query, &answer) {
                        out.extend(changed.into_iter().map(Output::Changed));
                    } else {
                        let refused = self.features.query_refused(&query);
                        out.extend(refused.into_iter().map(Output::Changed));
                        self.count_undecodable(out);
                    }
                }
            }
            EncodedServerFrame::Error { about, failure } => {
                self.on_error(context, about, failure, out);
            }
            EncodedServerFrame::Workspace(workspace) => {
                self.workspace = Some(workspace);
                self.rights_checks += 1;
                // The user may follow them now.
                self.streams.retry_denied();
                self.update_subscriptions(out);
                out.push(Output::Changed(Slice::Connection));
            }
            EncodedServerFrame::Ping { nonce } => out.push(send(&ClientFrame::Pong { nonce })),
        }
    }

    fn on_state(
        &mut self,
        state: &TopicStateWith<EncodedValue>,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let (topic, position) = (state.topic, state.position);
        if self.streams.known_seq(topic).is_none() {
            return;
        }
        // Positions of another epoch cannot be compared with these.
        let known = self.streams.position(topic);
        let is_other_epoch = known.is_some_and(|known| known.epoch != position.epoch);
        match self.features.apply_snapshot(topic, &state.snapshot, is_other_epoch, now) {
            Ok(changed) => {
                self.streams.snapshot_received(topic, position);
                self.advanced(topic, position.seq, out);
                out.extend(changed.into_iter().map(Output::Changed));
                self.update_subscriptions(out);
                self.check_caught_up(out);
            }
            // The topic has no position, so the next connection requests the state again.
            Err(UnreadableContent) => self.count_undecodable(out),
        }
    }

    fn on_event(
        &mut self,
        topic: Topic,
        seq: Seq,
        event: &EncodedValue,
        now: Timestamp,
        out: &mut Vec<Output>,
    ) {
        let Some(missed) = self.check_order(topic, seq, out) else {
            return;
        };
        let applied = self.features.apply_event(topic, event, now);
        // An event that this version cannot read counts as received; otherwise the next event would look like a gap.
        let is_unreadable = applied.is_err();
        let applied = applied.unwrap_or_default();
        self.caught_up.messages += u64::from(missed && applied.is_message);
        if let Some(id) = applied.completed {
            self.outbox.remove(id);
            outbox_changed(out);
        }
        self.advanced(topic, seq, out);
        if is_unreadable {
            self.count_undecodable(out);
        }
        out.extend(applied.changed.into_iter().map(Output::Changed));
        // The wanted topics depend on the joined rooms, and on no other event.
        if matches!(topic, Topic::Memberships(_)) {
            self.update_subscriptions(out);
        }
        self.check_caught_up(out);
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
                let features = &self.features;
                let is_dropped = |command: &Command| features.is_dropped_when_refused(command);
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
