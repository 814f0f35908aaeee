//! A session's topics: opened, followed from a cursor, caught up from the log.

use std::sync::Arc;

use madang_shared::frames::ErrorContext;
use madang_shared::limits::MAX_TOPICS;
use madang_shared::topic::Durability;
use madang_shared::{
    ErrorCode, Failure, Position, Seq, ServerFrame, Snapshot, Subscription, Timestamp, Topic,
    TopicState,
};

use super::effects::{Effect, StoreRequest};
use super::{Session, refusal_of, refuse, send};
use crate::log_cache::LogPage;
use crate::policy;
use crate::ports::{Recovery, StoreError};
use crate::subscriber::Subscriber;
use crate::topic_channel::{Next, TAKE_FRAMES, TopicChannel};

/// The topics of one session.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// In their order. Most connections follow a few, and a map's smallest node holds eleven.
    topics: Vec<(Topic, Followed)>,
    next_ticket: u64,
}

#[derive(Debug)]
struct Followed {
    channel: Arc<TopicChannel>,
    subscriber: Arc<Subscriber>,
    /// Answers with another ticket belong to an earlier subscription.
    ticket: u64,
    from: Option<Position>,
    state: FollowedState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FollowedState {
    /// The store was asked for the state.
    Opening,
    /// Events after the reader's place are sent as they come.
    Following,
    /// The store was asked for events after this.
    Reading(Seq),
}

impl Subscriptions {
    pub(super) fn topics(&self) -> impl Iterator<Item = Topic> {
        self.topics.iter().map(|(topic, _)| *topic)
    }

    fn place(&self, topic: Topic) -> Result<usize, usize> {
        self.topics.binary_search_by_key(&topic, |(topic, _)| *topic)
    }

    fn get(&self, topic: Topic) -> Option<&Followed> {
        self.place(topic).ok().and_then(|at| self.topics.get(at)).map(|(_, followed)| followed)
    }

    fn get_mut(&mut self, topic: Topic) -> Option<&mut Followed> {
        let at = self.place(topic).ok()?;
        self.topics.get_mut(at).map(|(_, followed)| followed)
    }

    /// A topic that is not followed yet.
    fn insert(&mut self, topic: Topic, followed: Followed) {
        if let Err(at) = self.place(topic) {
            self.topics.reserve_exact(1);
            self.topics.insert(at, (topic, followed));
        }
    }

    fn remove(&mut self, topic: Topic) -> Option<Followed> {
        self.place(topic).ok().map(|at| self.topics.remove(at).1)
    }

    fn awaited(&mut self, topic: Topic, ticket: u64) -> Option<&mut Followed> {
        self.get_mut(topic).filter(|followed| followed.ticket == ticket)
    }
}

impl Followed {
    fn go_on_from(&mut self, cursor: Seq) {
        self.subscriber.begin(cursor);
        self.state = FollowedState::Following;
    }
}

impl Session {
    pub(super) fn subscribe(
        &mut self,
        now: Timestamp,
        subscription: &Subscription,
        effects: &mut Vec<Effect>,
    ) {
        let Subscription { topic, from } = *subscription;
        // Subscribing again is how a client that sees a gap asks for the missing events.
        self.unsubscribe(topic);
        if let Err(failure) = self.may_subscribe(now, topic) {
            effects.push(refuse(ErrorContext::Topic(topic), failure));
            return;
        }
        let ticket = self.subscriptions.next_ticket;
        self.subscriptions.next_ticket += 1;
        let subscriber = Subscriber::new(self.user.id, self.wakeups.clone(), self.sink.clone());
        let subscriber = Arc::new(subscriber);
        let channel = self.hub.attach(topic, self.connection, subscriber.clone());
        let followed =
            Followed { channel, subscriber, ticket, from, state: FollowedState::Opening };
        self.subscriptions.insert(topic, followed);
        match topic {
            Topic::Presence(room) => {
                effects.push(Effect::Request(StoreRequest::CheckAccess { ticket, topic, room }))
            }
            // Everybody may know, and the store knows nothing of it.
            Topic::Price => self.begin_ephemeral(topic, effects),
            topic => effects.push(Effect::Request(StoreRequest::Open { ticket, topic, from })),
        }
    }

    fn may_subscribe(&mut self, now: Timestamp, topic: Topic) -> Result<(), Failure> {
        if self.subscriptions.topics.len() >= MAX_TOPICS {
            let message = format!("A connection follows at most {MAX_TOPICS} topics.");
            return Err(Failure::new(ErrorCode::TooManyTopics, message));
        }
        if policy::is_private_to_other(topic, self.user.id) {
            return Err(Failure::new(ErrorCode::Forbidden, "This is somebody else's."));
        }
        self.reads.take(now).map_err(super::commands::too_fast)
    }

    pub(super) fn unsubscribe(&mut self, topic: Topic) {
        if self.subscriptions.remove(topic).is_some() {
            self.hub.detach(topic, self.connection);
            if let Topic::Room(room) = topic {
                self.hub.leave(room, self.connection);
            }
        }
    }

    /// The connection gave a sign of life: the user is in the rooms that it follows, also in those
    /// where that had expired.
    pub(super) fn renew_presence(&self, now: Timestamp) {
        for (topic, followed) in &self.subscriptions.topics {
            if let Topic::Room(room) = topic
                && followed.state != FollowedState::Opening
            {
                self.hub.enter(*room, &self.user, self.connection, now);
            }
        }
    }

    pub(super) fn opened(
        &mut self,
        now: Timestamp,
        topic: Topic,
        ticket: u64,
        opened: Result<Recovery, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(followed) = self.subscriptions.awaited(topic, ticket) else {
            return;
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.unsubscribe(topic);
                effects.push(refuse(ErrorContext::Topic(topic), refusal_of(error)));
                return;
            }
        };
        let cursor = match (opened, followed.from) {
            (Recovery::Resumed { head }, Some(from)) => {
                effects.push(send(&ServerFrame::Recovered { topic, from, to: head }));
                self.hub.advance(&followed.channel, head.seq, None);
                from.seq
            }
            (Recovery::Resumed { .. }, None) => {
                // No engine resumes without a position; the contract suite holds them to it.
                self.unsubscribe(topic);
                effects.push(Effect::Close(madang_shared::CloseCode::Internal));
                return;
            }
            (Recovery::State { position, snapshot }, from) => {
                effects.push(state(topic, position, snapshot, from.is_some()));
                self.hub.advance(&followed.channel, position.seq, None);
                position.seq
            }
        };
        followed.go_on_from(cursor);
        if let Topic::Room(room) = topic {
            self.hub.enter(room, &self.user, self.connection, now);
        }
        self.pump(topic, effects);
    }

    /// Asks whether the user may still follow a topic.
    pub(super) fn catch_up_to(&self, topic: Topic, effects: &mut Vec<Effect>) {
        if let (Some(followed), Topic::Room(room) | Topic::Presence(room)) =
            (self.subscriptions.get(topic), topic)
        {
            effects.push(Effect::Request(StoreRequest::CheckAccess {
                ticket: followed.ticket,
                topic,
                room,
            }));
        }
    }

    pub(super) fn admitted(
        &mut self,
        topic: Topic,
        ticket: u64,
        member: Result<bool, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(followed) = self.subscriptions.awaited(topic, ticket) else {
            return;
        };
        let not_member = || Failure::new(ErrorCode::NotMember, "Join the room first.");
        let refusal = match member {
            Ok(true) => None,
            Ok(false) => Some(not_member()),
            Err(error) => Some(refusal_of(error)),
        };
        if let Some(failure) = refusal {
            self.unsubscribe(topic);
            effects.push(refuse(ErrorContext::Topic(topic), failure));
            return;
        }
        // Otherwise it was followed already, and goes on.
        if followed.state == FollowedState::Opening {
            self.begin_ephemeral(topic, effects);
        }
    }

    /// Goes on from the reader's position, if the ring reaches back to it, or else from what is now.
    fn begin_ephemeral(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        let Some(followed) = self.subscriptions.get_mut(topic) else {
            return;
        };
        let Some((head, snapshot)) = self.hub.ephemeral_state(topic, &followed.channel) else {
            return;
        };
        let from = followed.from;
        match from {
            Some(from)
                if policy::resumes(from, head) && followed.channel.reaches_back_to(from.seq) =>
            {
                effects.push(send(&ServerFrame::Recovered { topic, from, to: head }));
                followed.go_on_from(from.seq);
            }
            _ => {
                effects.push(state(topic, head, snapshot, from.is_some()));
                followed.go_on_from(head.seq);
            }
        }
        self.pump(topic, effects);
    }

    pub(super) fn read(
        &mut self,
        topic: Topic,
        ticket: u64,
        page: Result<Arc<LogPage>, StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(followed) = self.subscriptions.awaited(topic, ticket) else {
            return;
        };
        let FollowedState::Reading(cursor) = followed.state else {
            return;
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                // The client knows its position and asks again; it never sees a hole.
                self.unsubscribe(topic);
                effects.push(refuse(ErrorContext::Topic(topic), refusal_of(error)));
                return;
            }
        };
        let frames = page.after(cursor);
        if frames.is_empty() {
            // The head was announced but the log does not show it yet; the next note looks again.
            followed.go_on_from(cursor);
            return;
        }
        followed.go_on_from(page.end());
        effects.extend(frames.iter().cloned().map(Effect::Send));
        self.pump(topic, effects);
    }

    /// Sends what follows the reader's place.
    pub(super) fn pump(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        let Some(followed) = self.subscriptions.get_mut(topic) else {
            return;
        };
        if followed.state != FollowedState::Following {
            return;
        }
        match followed.channel.take(&followed.subscriber) {
            Next::Nothing => {}
            Next::Frames(frames) => {
                // Fewer than asked for reach the head, and a later event makes a note of its own.
                // Otherwise there may be more; other topics get their turn first. To find that there
                // is nothing more is what hands the reader over to the fan-out.
                if frames.len() == TAKE_FRAMES || self.sink.is_some() {
                    self.wakeups.note(topic);
                }
                effects.extend(frames.into_iter().map(Effect::Send));
            }
            Next::Behind(cursor) if topic.durability() == Durability::Durable => {
                followed.state = FollowedState::Reading(cursor);
                effects.push(Effect::Request(StoreRequest::ReadLog {
                    ticket: followed.ticket,
                    topic,
                    after: cursor,
                }));
            }
            Next::Behind(_) => self.catch_up_ephemeral(topic, effects),
        }
    }

    /// A slow reader of something that only matters now gets what is now.
    fn catch_up_ephemeral(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        let Some(followed) = self.subscriptions.get_mut(topic) else {
            return;
        };
        let Some((position, snapshot)) = self.hub.ephemeral_state(topic, &followed.channel) else {
            return;
        };
        followed.go_on_from(position.seq);
        effects.push(state(topic, position, snapshot, true));
    }
}

fn state(topic: Topic, position: Position, snapshot: Snapshot, reset: bool) -> Effect {
    let state = TopicState { topic, position, snapshot };
    send(&if reset { ServerFrame::Reset(state) } else { ServerFrame::Snapshot(state) })
}
