//! The topics that are followed, and how far each is known.

use madang_shared::{Failure, Position, Seq, Subscription, Timestamp, Topic};

use crate::vec_map::{VecMap, VecSet};

/// How long to wait before asking again for a topic that was refused for now, in milliseconds.
const RETRY_MS: u64 = 1_000;

#[derive(Debug, Default)]
struct Stream {
    position: Option<Position>,
    state: StreamState,
    /// Events up to here were missed and are being caught up.
    missed_to: Seq,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum StreamState {
    /// To be asked for when there is a connection.
    #[default]
    Idle,
    /// Asked; events are not taken until the answer says where they start.
    Asked,
    /// Events follow the position.
    Following,
    /// Refused for now.
    RetryAt(Timestamp),
    /// Refused for good.
    Refused,
}

/// What to do with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventStatus {
    /// It is the next one: take it. `missed` if it happened while the connection was away.
    Next { missed: bool },
    /// It is known already, or nobody asked for it.
    Known,
    /// One or more before it are missing: ask again with this.
    Gap(Subscription),
}

/// The topics that are followed.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    streams: VecMap<Topic, Stream>,
}

impl Streams {
    /// Follows exactly the `wanted` topics; answers those that are new and those that went.
    pub(crate) fn follow(&mut self, wanted: &VecSet<Topic>) -> (Vec<Topic>, Vec<Topic>) {
        let gone: Vec<Topic> =
            self.streams.keys().filter(|topic| !wanted.contains(topic)).copied().collect();
        let new: Vec<Topic> =
            wanted.iter().filter(|topic| !self.streams.contains_key(topic)).copied().collect();
        for topic in &gone {
            self.streams.remove(topic);
        }
        for topic in &new {
            self.streams.insert(*topic, Stream::default());
        }
        (new, gone)
    }

    /// How far the topic is known; none if it is not followed.
    pub(crate) fn known(&self, topic: Topic) -> Option<Seq> {
        self.streams
            .get(&topic)
            .map(|stream| stream.position.map_or(Seq(0), |position| position.seq))
    }

    /// Where the topic is known to be; none before its state arrived.
    pub(crate) fn position(&self, topic: Topic) -> Option<Position> {
        self.streams.get(&topic)?.position
    }

    /// The topic's state at this place is known from an earlier life; it is to be asked for from there.
    pub(crate) fn resume_from(&mut self, topic: Topic, position: Position) {
        if let Some(stream) = self.streams.get_mut(&topic) {
            stream.position = Some(position);
        }
    }

    /// The connection is gone; every topic is to be asked for again.
    pub(crate) fn disconnected(&mut self) {
        for (_, stream) in self.streams.iter_mut() {
            stream.state = StreamState::Idle;
            stream.missed_to = Seq(0);
        }
    }

    /// Everything that should be asked for now; it counts as asked.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Subscription> {
        let due = |state: &StreamState| match state {
            StreamState::Idle => true,
            StreamState::RetryAt(until) => *until <= now,
            _ => false,
        };
        let asked = self.streams.iter_mut().filter(|(_, stream)| due(&stream.state));
        asked
            .map(|(topic, stream)| {
                stream.state = StreamState::Asked;
                Subscription { topic: *topic, from: stream.position }
            })
            .collect()
    }

    /// When [`Streams::take_due`] will next have something.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let patient = self.streams.values().filter_map(|stream| match stream.state {
            StreamState::RetryAt(until) => Some(until),
            _ => None,
        });
        patient.min()
    }

    /// A state arrived. Answers whether it is wanted.
    pub(crate) fn placed(&mut self, topic: Topic, position: Position) -> bool {
        let Some(stream) = self.streams.get_mut(&topic) else {
            return false;
        };
        stream.position = Some(position);
        stream.state = StreamState::Following;
        stream.missed_to = Seq(0);
        true
    }

    /// The server goes on from where we were; events up to `to` were missed.
    pub(crate) fn recovered(&mut self, topic: Topic, to: Position) {
        if let Some(stream) = self.streams.get_mut(&topic) {
            stream.state = StreamState::Following;
            stream.missed_to = to.seq;
        }
    }

    pub(crate) fn refused(&mut self, topic: Topic, failure: &Failure, now: Timestamp) {
        if let Some(stream) = self.streams.get_mut(&topic) {
            stream.state = if failure.retry {
                StreamState::RetryAt(now.plus(failure.retry_after.unwrap_or(RETRY_MS)))
            } else {
                StreamState::Refused
            };
        }
    }

    /// Judges an event by its place, and moves the position if it is the next one.
    pub(crate) fn arrived(&mut self, topic: Topic, seq: Seq) -> EventStatus {
        let Some(stream) = self.streams.get_mut(&topic) else {
            return EventStatus::Known;
        };
        let Some(position) = stream.position.filter(|_| stream.state == StreamState::Following)
        else {
            return EventStatus::Known;
        };
        if seq <= position.seq {
            return EventStatus::Known;
        }
        if seq != position.seq.next() {
            stream.state = StreamState::Asked;
            return EventStatus::Gap(Subscription { topic, from: Some(position) });
        }
        stream.position = Some(Position::new(position.epoch, seq));
        EventStatus::Next { missed: seq <= stream.missed_to }
    }

    /// Whether everything that was missed has been caught up.
    pub(crate) fn caught_up(&self) -> bool {
        self.streams.values().all(|stream| match stream.state {
            StreamState::Idle | StreamState::Asked => false,
            StreamState::Following => {
                stream.position.is_some_and(|position| position.seq >= stream.missed_to)
            }
            StreamState::RetryAt(_) | StreamState::Refused => true,
        })
    }
}
