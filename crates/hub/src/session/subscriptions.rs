//! The state of a session's subscriptions. The session changes it in `subscribe`.

use std::sync::Arc;

use madang_shared::{Position, Seq, Topic};

use crate::subscriber::Subscriber;
use crate::topic_channel::TopicChannel;

/// The subscriptions of one session.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// Sorted by topic. Most connections follow a few topics, and the smallest node of a map holds eleven
    /// entries.
    by_topic: Vec<(Topic, TopicSubscription)>,
    next_ticket: u64,
}

/// The subscription of one topic.
#[derive(Debug)]
pub(super) struct TopicSubscription {
    pub(super) channel: Arc<TopicChannel>,
    pub(super) subscriber: Arc<Subscriber>,
    /// A response with another ticket belongs to an earlier subscription.
    pub(super) ticket: u64,
    /// The client's position in its request.
    pub(super) from: Option<Position>,
    /// Whether the client has got a state since; another one is a reset.
    pub(super) has_state: bool,
    pub(super) state: SubscriptionState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubscriptionState {
    /// Waits for the store to open the topic, or to check access.
    Opening,
    /// Sends events after the cursor as they come.
    Following,
    /// Waits for the log page after this seq.
    ReadingLog(Seq),
}

impl Subscriptions {
    pub(super) fn len(&self) -> usize {
        self.by_topic.len()
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = Topic> {
        self.by_topic.iter().map(|(topic, _)| *topic)
    }

    /// The topics whose subscription is open.
    pub(super) fn open_topics(&self) -> impl Iterator<Item = Topic> {
        let is_open =
            |subscription: &TopicSubscription| subscription.state != SubscriptionState::Opening;
        self.by_topic
            .iter()
            .filter(move |(_, subscription)| is_open(subscription))
            .map(|(topic, _)| *topic)
    }

    /// The topics whose log was replaced.
    pub(super) fn replaced_topics(&self) -> Vec<Topic> {
        let replaced =
            self.by_topic.iter().filter(|(_, subscription)| subscription.channel.is_replaced());
        replaced.map(|(topic, _)| *topic).collect()
    }

    pub(super) fn next_ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }

    pub(super) fn get(&self, topic: Topic) -> Option<&TopicSubscription> {
        let at = self.index(topic).ok()?;
        self.by_topic.get(at).map(|(_, subscription)| subscription)
    }

    pub(super) fn get_mut(&mut self, topic: Topic) -> Option<&mut TopicSubscription> {
        let at = self.index(topic).ok()?;
        self.by_topic.get_mut(at).map(|(_, subscription)| subscription)
    }

    /// The subscription that a response of the store belongs to; `None` if it has ended.
    pub(super) fn with_ticket(
        &mut self,
        topic: Topic,
        ticket: u64,
    ) -> Option<&mut TopicSubscription> {
        self.get_mut(topic).filter(|subscription| subscription.ticket == ticket)
    }

    /// Adds the subscription of a topic that the session does not follow yet.
    pub(super) fn insert(&mut self, topic: Topic, subscription: TopicSubscription) {
        if let Err(at) = self.index(topic) {
            self.by_topic.reserve_exact(1);
            self.by_topic.insert(at, (topic, subscription));
        }
    }

    pub(super) fn remove(&mut self, topic: Topic) -> Option<TopicSubscription> {
        self.index(topic).ok().map(|at| self.by_topic.remove(at).1)
    }

    fn index(&self, topic: Topic) -> Result<usize, usize> {
        self.by_topic.binary_search_by_key(&topic, |(topic, _)| *topic)
    }
}

impl TopicSubscription {
    pub(super) fn follow_from(&mut self, seq: Seq) {
        self.subscriber.continue_from(seq);
        self.state = SubscriptionState::Following;
    }
}
