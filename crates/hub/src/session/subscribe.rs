//! How a session opens a topic, follows it from a cursor, and catches up from the log.

use std::sync::Arc;

use madang_shared::frames::ErrorContext;
use madang_shared::limits::{MAX_RECOVERED_EVENTS, MAX_TOPICS};
use madang_shared::topic::Durability;
use madang_shared::{
    CloseCode, ErrorCode, Failure, Position, ServerFrame, Snapshot, Subscription, Timestamp, Topic,
    TopicState,
};

use super::Session;
use super::effects::{Effect, StoreRequest};
use super::reply::{refusal_of_read, refuse, send};
use super::subscriptions::{SubscriptionState, TopicSubscription};
use crate::log_cache::LogPage;
use crate::policy;
use crate::policy::access::RequestKind;
use crate::policy::rights::{self, Need};
use crate::ports::{Recovery, StoreError};
use crate::subscriber::Subscriber;
use crate::topic_channel::{Next, TAKE_FRAMES};

impl Session {
    pub(super) fn subscribe(
        &mut self,
        now: Timestamp,
        subscription: &Subscription,
        effects: &mut Vec<Effect>,
    ) {
        let Subscription { topic, from } = *subscription;
        // A client that sees a gap subscribes again to get the missing events.
        self.unsubscribe(topic);
        if let Err(failure) = self.check_subscription(now, topic) {
            effects.push(refuse(ErrorContext::Topic(topic), failure));
            return;
        }
        let ticket = self.subscriptions.next_ticket();
        let subscriber = Subscriber::new(self.user.id, self.wakeups.clone(), self.sink.clone());
        let subscriber = Arc::new(subscriber);
        let channel = self.hub.attach(topic, self.connection, subscriber.clone());
        let state = SubscriptionState::Opening;
        let has_state = false;
        let subscription =
            TopicSubscription { channel, subscriber, ticket, from, has_state, state };
        self.subscriptions.insert(topic, subscription);
        match (topic.durability(), Need::of_topic(topic)) {
            (Durability::Durable, _) => {
                effects.push(self.open_request(ticket, topic, from));
            }
            // Every user may read these topics, and the store does not have them.
            (Durability::Ephemeral, Need::Account) => self.begin_ephemeral(now, topic, effects),
            (Durability::Ephemeral, _) => {
                effects.push(Effect::Request(StoreRequest::CheckAccess { ticket, topic }));
            }
        }
    }

    /// Opens the topics again whose log was replaced. To be called before anything of the store is handled: the answer to
    /// an earlier request may hold events of another log than the client's state.
    pub(super) fn reopen_replaced(&mut self, effects: &mut Vec<Effect>) {
        let replacements = self.hub.replacements();
        if std::mem::replace(&mut self.known_replacements, replacements) == replacements {
            return;
        }
        for topic in self.subscriptions.replaced_topics() {
            let ticket = self.subscriptions.next_ticket();
            let subscriber = Subscriber::new(self.user.id, self.wakeups.clone(), self.sink.clone());
            let subscriber = Arc::new(subscriber);
            let channel = self.hub.attach(topic, self.connection, subscriber.clone());
            let Some(subscription) = self.subscriptions.get_mut(topic) else { continue };
            // A position of the client is of the old epoch, or the topic was not open yet.
            let from = subscription.from;
            let has_state = subscription.has_state;
            let state = SubscriptionState::Opening;
            subscription.subscriber.detach();
            *subscription =
                TopicSubscription { channel, subscriber, ticket, from, has_state, state };
            effects.push(self.open_request(ticket, topic, from.filter(|_| !has_state)));
        }
    }

    fn open_request(&self, ticket: u64, topic: Topic, from: Option<Position>) -> Effect {
        let shared = self.hub.begin_state_read(topic);
        Effect::Request(StoreRequest::Open { ticket, topic, from, shared })
    }

    /// The checks that need no data.
    fn check_subscription(&self, now: Timestamp, topic: Topic) -> Result<(), Failure> {
        if self.subscriptions.len() >= MAX_TOPICS {
            let message = format!(
                "A connection follows at most {MAX_TOPICS} topics; unsubscribe from one first."
            );
            return Err(Failure::new(ErrorCode::TooManyTopics, message));
        }
        if topic.owner().is_some_and(|owner| owner != self.user.id) {
            return Err(rights::other_owner());
        }
        self.access.check(RequestKind::Read, Need::of_topic(topic))?;
        self.check_app(now, topic.app())?;
        self.check_read(now)
    }

    pub(super) fn unsubscribe(&mut self, topic: Topic) {
        if self.subscriptions.remove(topic).is_some() {
            self.hub.detach(topic, self.connection);
            self.hub.subscriber_left(topic, self.connection);
        }
    }

    /// Tells the hub that the connection is alive and still follows its topics.
    pub(super) fn report_activity(&self, now: Timestamp) {
        for topic in self.subscriptions.open_topics() {
            self.hub.subscriber_active(topic, &self.user, self.connection, now);
        }
    }

    /// The store has opened a durable topic, or refused to.
    pub(super) fn on_opened(
        &mut self,
        now: Timestamp,
        topic: Topic,
        ticket: u64,
        recovery: Result<Recovery, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(subscription) = self.subscriptions.with_ticket(topic, ticket) else {
            return;
        };
        let recovery = match recovery {
            Ok(recovery) => recovery,
            Err(error) => return self.end_subscription(topic, refusal_of_read(error), effects),
        };
        let cursor = match (recovery, subscription.from) {
            (Recovery::Resumed { head }, Some(from)) => {
                effects.push(send(&ServerFrame::Recovered { topic, from, to: head }));
                self.hub.learn_head_of(&subscription.channel, topic, head.seq);
                from.seq
            }
            (Recovery::Resumed { .. }, None) => {
                // No engine resumes without a position; the contract suite tests it.
                self.unsubscribe(topic);
                effects.push(Effect::Close(CloseCode::Internal));
                return;
            }
            (Recovery::State(state), from) => {
                let position = state.position();
                let is_reset = from.is_some() || subscription.has_state;
                effects.push(Effect::Send(state.frame(is_reset)));
                self.hub.learn_head_of(&subscription.channel, topic, position.seq);
                position.seq
            }
        };
        subscription.has_state = true;
        subscription.follow_from(cursor);
        self.hub.subscriber_active(topic, &self.user, self.connection, now);
        self.send_next(topic, effects);
    }

    /// Asks the store whether the user may still read a topic.
    pub(super) fn recheck_access(&self, topic: Topic, effects: &mut Vec<Effect>) {
        if let Some(subscription) = self.subscriptions.get(topic) {
            let ticket = subscription.ticket;
            effects.push(Effect::Request(StoreRequest::CheckAccess { ticket, topic }));
        }
    }

    /// The store has checked access.
    pub(super) fn on_access_checked(
        &mut self,
        now: Timestamp,
        topic: Topic,
        ticket: u64,
        access: Result<(), StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(subscription) = self.subscriptions.with_ticket(topic, ticket) else {
            return;
        };
        if let Err(error) = access {
            self.end_subscription(topic, refusal_of_read(error), effects);
        } else if subscription.state == SubscriptionState::Opening
            && topic.durability() == Durability::Ephemeral
        {
            // Otherwise this was a later check, and the subscription continues.
            self.begin_ephemeral(now, topic, effects);
        }
    }

    /// Opens an ephemeral topic: from the client's position if the ring reaches back to it, otherwise from
    /// a snapshot.
    fn begin_ephemeral(&mut self, now: Timestamp, topic: Topic, effects: &mut Vec<Effect>) {
        let Some(subscription) = self.subscriptions.get_mut(topic) else {
            return;
        };
        let state = self.hub.ephemeral_state(topic, &subscription.channel);
        let Some((head, snapshot)) = state else {
            // A defect: the topic's row in the table of features names no state.
            self.unsubscribe(topic);
            effects.push(Effect::Close(CloseCode::Internal));
            return;
        };
        let from = subscription.from;
        let resumed = from.filter(|from| {
            policy::resumes(*from, head) && subscription.channel.reaches_back_to(from.seq)
        });
        if let Some(from) = resumed {
            effects.push(send(&ServerFrame::Recovered { topic, from, to: head }));
            subscription.follow_from(from.seq);
        } else {
            effects.push(send_state(topic, head, snapshot, from.is_some()));
            subscription.follow_from(head.seq);
        }
        self.hub.subscriber_active(topic, &self.user, self.connection, now);
        self.send_next(topic, effects);
    }

    /// The log cache has returned a page.
    pub(super) fn on_log_page(
        &mut self,
        topic: Topic,
        ticket: u64,
        page: Result<Arc<LogPage>, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(subscription) = self.subscriptions.with_ticket(topic, ticket) else {
            return;
        };
        let SubscriptionState::ReadingLog(cursor) = subscription.state else {
            return;
        };
        let page = match page {
            Ok(page) => page,
            // The client knows its position and subscribes again, so it never shows a hole.
            Err(error) => return self.end_subscription(topic, refusal_of_read(error), effects),
        };
        let frames = page.after(cursor);
        if frames.is_empty() {
            // The head was announced but is not in the log yet. The next wakeup reads again.
            subscription.follow_from(cursor);
            return;
        }
        subscription.follow_from(page.end());
        effects.extend(frames.iter().cloned().map(Effect::Send));
        self.send_next(topic, effects);
    }

    /// Sends the events after the cursor.
    pub(super) fn send_next(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        let Some(subscription) = self.subscriptions.get_mut(topic) else {
            return;
        };
        if subscription.state != SubscriptionState::Following {
            return;
        }
        match subscription.channel.take(&subscription.subscriber) {
            Next::UpToDate => {}
            Next::Frames(frames) => {
                // A full take may leave more events; other topics get their turn first. With a sink, one
                // more take is needed in any case, because an empty take hands the subscriber over to the
                // fan-out. Otherwise the head is reached, and a later event causes its own wakeup.
                if frames.len() == TAKE_FRAMES || self.sink.is_some() {
                    self.wakeups.mark_advanced(topic);
                }
                effects.extend(frames.into_iter().map(Effect::Send));
            }
            Next::Behind { cursor, head } => match topic.durability() {
                // The same limit as for a client that resumes: the snapshot is smaller than the events.
                Durability::Durable if head.since(cursor) > MAX_RECOVERED_EVENTS => {
                    subscription.state = SubscriptionState::Opening;
                    let ticket = subscription.ticket;
                    effects.push(self.open_request(ticket, topic, None));
                }
                Durability::Durable => {
                    subscription.state = SubscriptionState::ReadingLog(cursor);
                    let ticket = subscription.ticket;
                    let request = StoreRequest::ReadLog { ticket, topic, after: cursor };
                    effects.push(Effect::Request(request));
                }
                Durability::Ephemeral => self.reset_ephemeral(topic, effects),
            },
        }
    }

    /// Sends a snapshot to a subscriber that is behind the ring of an ephemeral topic.
    fn reset_ephemeral(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        let Some(subscription) = self.subscriptions.get_mut(topic) else {
            return;
        };
        let state = self.hub.ephemeral_state(topic, &subscription.channel);
        let Some((position, snapshot)) = state else {
            return;
        };
        subscription.follow_from(position.seq);
        effects.push(send_state(topic, position, snapshot, true));
    }

    /// Sends the facts about the server, and ends the subscriptions to the topics of apps that are off.
    pub(super) fn send_workspace(&mut self, effects: &mut Vec<Effect>) {
        let workspace = self.hub.workspace();
        effects.push(send(&ServerFrame::Workspace((*workspace).clone())));
        let topics: Vec<Topic> = self.subscriptions.topics().collect();
        for topic in topics {
            if let Err(failure) = policy::check_app(&workspace, topic.app()) {
                self.end_subscription(topic, failure, effects);
            }
        }
    }

    fn end_subscription(&mut self, topic: Topic, failure: Failure, effects: &mut Vec<Effect>) {
        self.unsubscribe(topic);
        effects.push(refuse(ErrorContext::Topic(topic), failure));
    }
}

fn send_state(topic: Topic, position: Position, snapshot: Snapshot, is_reset: bool) -> Effect {
    let state = TopicState { topic, position, snapshot };
    send(&if is_reset { ServerFrame::Reset(state) } else { ServerFrame::Snapshot(state) })
}
