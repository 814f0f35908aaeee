//! The subscribed topics, and the position of each.

use madang_shared::{Failure, Position, Seq, Subscription, Timestamp, Topic};

use crate::vec_map::{VecMap, VecSet};

/// The wait before another subscribe after a refusal that names no time, in milliseconds.
const RETRY_MS: u64 = 1_000;

#[derive(Debug, Default)]
struct Stream {
    position: Option<Position>,
    state: StreamState,
    /// Events up to here happened during the disconnect. The server is sending them.
    missed_to: Seq,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum StreamState {
    /// The client subscribes as soon as there is a connection.
    #[default]
    Idle,
    /// The subscribe is sent. Events are ignored until the answer gives their first position.
    Subscribing,
    /// Each event follows the position.
    Subscribed,
    /// Refused; a retry at this time can succeed.
    RetryAt(Timestamp),
    /// Refused for good.
    Denied,
}

/// How an event relates to the known position of its topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventStatus {
    /// It is the next event. `missed` tells whether it happened during the disconnect.
    Next { missed: bool },
    /// It is a duplicate, or the topic is not subscribed.
    Ignore,
    /// Events before it are missing. Send this subscribe.
    Gap(Subscription),
}

/// The subscribed topics.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    streams: VecMap<Topic, Stream>,
}

impl Streams {
    /// Keeps exactly the `wanted` topics. Returns the topics that were dropped.
    pub(crate) fn set_topics(&mut self, wanted: &VecSet<Topic>) -> Vec<Topic> {
        let dropped: Vec<Topic> =
            self.streams.keys().filter(|topic| !wanted.contains(topic)).copied().collect();
        let new: Vec<Topic> =
            wanted.iter().filter(|topic| !self.streams.contains_key(topic)).copied().collect();
        for topic in &dropped {
            self.streams.remove(topic);
        }
        for topic in &new {
            self.streams.insert(*topic, Stream::default());
        }
        dropped
    }

    /// The seq up to which the topic is known; `None` if it is not subscribed.
    pub(crate) fn known_seq(&self, topic: Topic) -> Option<Seq> {
        self.streams
            .get(&topic)
            .map(|stream| stream.position.map_or(Seq(0), |position| position.seq))
    }

    /// The known position of the topic; `None` before its snapshot arrived.
    pub(crate) fn position(&self, topic: Topic) -> Option<Position> {
        self.streams.get(&topic)?.position
    }

    /// Resumes the topic from this position, whose state the offline cache holds.
    pub(crate) fn resume_from(&mut self, topic: Topic, position: Position) {
        if let Some(stream) = self.streams.get_mut(&topic) {
            stream.position = Some(position);
        }
    }

    /// The connection is lost. Every topic needs another subscribe.
    pub(crate) fn disconnected(&mut self) {
        for (_, stream) in self.streams.iter_mut() {
            stream.state = StreamState::Idle;
            stream.missed_to = Seq(0);
        }
    }

    /// The subscriptions to send now; they count as sent.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Subscription> {
        let due = |state: &StreamState| match state {
            StreamState::Idle => true,
            StreamState::RetryAt(until) => *until <= now,
            _ => false,
        };
        let due_streams = self.streams.iter_mut().filter(|(_, stream)| due(&stream.state));
        due_streams
            .map(|(topic, stream)| {
                stream.state = StreamState::Subscribing;
                Subscription { topic: *topic, from: stream.position }
            })
            .collect()
    }

    /// The next time at which [`Streams::take_due`] returns something.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let retries = self.streams.values().filter_map(|stream| match stream.state {
            StreamState::RetryAt(until) => Some(until),
            _ => None,
        });
        retries.min()
    }

    /// A snapshot arrived. Returns whether the topic is subscribed.
    pub(crate) fn snapshot_received(&mut self, topic: Topic, position: Position) -> bool {
        let Some(stream) = self.streams.get_mut(&topic) else {
            return false;
        };
        stream.position = Some(position);
        stream.state = StreamState::Subscribed;
        stream.missed_to = Seq(0);
        true
    }

    /// The server continues from our position. Events up to `to` were missed and follow.
    pub(crate) fn recovered(&mut self, topic: Topic, to: Position) {
        if let Some(stream) = self.streams.get_mut(&topic) {
            stream.state = StreamState::Subscribed;
            stream.missed_to = to.seq;
        }
    }

    /// The server refused the subscription.
    pub(crate) fn refused(&mut self, topic: Topic, failure: &Failure, now: Timestamp) {
        if let Some(stream) = self.streams.get_mut(&topic) {
            stream.state = if failure.retry {
                StreamState::RetryAt(now.plus(failure.retry_after.unwrap_or(RETRY_MS)))
            } else {
                // The view drops its state, so a later subscribe begins with a snapshot.
                stream.position = None;
                StreamState::Denied
            };
        }
    }

    /// The rights of the user may have changed: subscribes again to what was refused for good.
    pub(crate) fn retry_denied(&mut self) {
        for (_, stream) in self.streams.iter_mut() {
            if stream.state == StreamState::Denied {
                stream.state = StreamState::Idle;
            }
        }
    }

    /// Classifies an event by its seq, and advances the position if it is the next event.
    pub(crate) fn event_received(&mut self, topic: Topic, seq: Seq) -> EventStatus {
        let Some(stream) = self.streams.get_mut(&topic) else {
            return EventStatus::Ignore;
        };
        let Some(position) = stream.position.filter(|_| stream.state == StreamState::Subscribed)
        else {
            return EventStatus::Ignore;
        };
        if seq <= position.seq {
            return EventStatus::Ignore;
        }
        if seq != position.seq.next() {
            stream.state = StreamState::Subscribing;
            return EventStatus::Gap(Subscription { topic, from: Some(position) });
        }
        stream.position = Some(Position::new(position.epoch, seq));
        EventStatus::Next { missed: seq <= stream.missed_to }
    }

    /// Whether all missed events have arrived.
    pub(crate) fn caught_up(&self) -> bool {
        self.streams.values().all(|stream| match stream.state {
            StreamState::Idle | StreamState::Subscribing => false,
            StreamState::Subscribed => {
                stream.position.is_some_and(|position| position.seq >= stream.missed_to)
            }
            StreamState::RetryAt(_) | StreamState::Denied => true,
        })
    }
}
