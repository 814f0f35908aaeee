//! Ephemeral topics: their state is in memory, in the feature that owns it, and the hub drives it.
//!
//! A feature implements [`EphemeralTopic`] and has one row in the table of `crate::features`. The hub
//! knows no feature by name. Other code reaches a feature's own methods through
//! [`Hub::ephemeral`](crate::Hub::ephemeral).

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use madang_shared::{ConnectionId, Epoch, Event, Position, Seq, Snapshot, Timestamp, Topic, User};
use parking_lot::Mutex;
use tokio::sync::watch;

/// An event of an ephemeral topic, to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralEvent {
    /// The topic.
    pub topic: Topic,
    /// The number of the event in its topic. It grows by one without holes.
    pub seq: Seq,
    /// The event.
    pub event: Event,
}

/// The state of a feature whose topics are ephemeral. Time is an argument, and the methods return the
/// events to publish.
pub trait EphemeralTopic: fmt::Debug + Send + 'static {
    /// The maximum number of frames in the ring of each topic. The hub's own limit applies as well.
    const RING_FRAMES: usize = usize::MAX;

    /// The empty state. `epoch` must differ from the epoch of every earlier start of this server.
    fn new(epoch: Epoch) -> Self;

    /// The state of a topic, and the position at which it is true. `None` for a topic of another
    /// feature.
    fn snapshot(&mut self, topic: Topic) -> Option<(Position, Snapshot)>;

    /// The events that are due. Called every [`madang_shared::presence::PRESENCE_WINDOW_MS`].
    fn tick(&mut self, now: Timestamp) -> Vec<EphemeralEvent>;

    /// Whether the feature needs to know the subscribers of a topic. A topic of another feature can be
    /// observed as well.
    #[expect(unused_variables, reason = "a feature that observes nothing needs no argument")]
    fn observes(topic: Topic) -> bool {
        false
    }

    /// A connection follows an observed topic, or is still alive and follows it.
    #[expect(unused_variables, reason = "a feature that observes nothing needs no argument")]
    fn subscriber_active(
        &mut self,
        topic: Topic,
        user: &User,
        connection: ConnectionId,
        now: Timestamp,
    ) {
    }

    /// A connection does not follow an observed topic any more. It may never have been active.
    #[expect(unused_variables, reason = "a feature that observes nothing needs no argument")]
    fn subscriber_left(&mut self, topic: Topic, connection: ConnectionId) {}
}

/// A feature's state behind its lock.
///
/// Lock order: the state, then the hub's topic channels, then one channel. Events are published while
/// the state is locked, because they must reach the channel in the order of their seqs.
#[derive(Debug)]
pub struct Registration<F> {
    state: Mutex<F>,
    /// The number of the feature's topics that have subscribers.
    followed_topics: AtomicUsize,
    followed: watch::Sender<bool>,
}

/// The registration of a feature, found by its type. The table of `crate::features` implements it.
pub trait Registry<F> {
    /// The feature's registration.
    fn registration(&self) -> &Registration<F>;
}

impl<F: EphemeralTopic> Registration<F> {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self {
            state: Mutex::new(F::new(epoch)),
            followed_topics: AtomicUsize::new(0),
            followed: watch::Sender::new(false),
        }
    }

    /// Changes the state and publishes the resulting events, under one lock.
    pub(crate) fn update<E: IntoIterator<Item = EphemeralEvent>>(
        &self,
        change: impl FnOnce(&mut F) -> E,
        publish: impl FnMut(EphemeralEvent),
    ) {
        let mut state = self.state.lock();
        change(&mut state).into_iter().for_each(publish);
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&F) -> T) -> T {
        read(&self.state.lock())
    }

    pub(crate) fn followed(&self) -> watch::Receiver<bool> {
        self.followed.subscribe()
    }
}

/// The registration of any feature, as the hub drives it.
pub(crate) trait AnyRegistration {
    /// See [`EphemeralTopic::RING_FRAMES`].
    fn ring_frames(&self) -> usize;

    /// See [`EphemeralTopic::snapshot`]. `advance` runs while the state is locked, so that exactly the
    /// next events follow the snapshot.
    fn snapshot(&self, topic: Topic, advance: &dyn Fn(Seq)) -> Option<(Position, Snapshot)>;

    /// See [`EphemeralTopic::tick`].
    fn tick(&self, now: Timestamp, publish: &dyn Fn(EphemeralEvent));

    /// A topic of the feature got its first subscriber, or lost its last one. To be called while the
    /// hub's topic channels are locked, so that calls keep their order; does not lock the state.
    fn set_followed(&self, is_followed: bool);

    /// See [`EphemeralTopic::subscriber_active`].
    fn subscriber_active(
        &self,
        topic: Topic,
        user: &User,
        connection: ConnectionId,
        now: Timestamp,
    );

    /// See [`EphemeralTopic::subscriber_left`].
    fn subscriber_left(&self, topic: Topic, connection: ConnectionId);
}

impl<F: EphemeralTopic> AnyRegistration for Registration<F> {
    fn ring_frames(&self) -> usize {
        F::RING_FRAMES
    }

    fn snapshot(&self, topic: Topic, advance: &dyn Fn(Seq)) -> Option<(Position, Snapshot)> {
        let mut state = self.state.lock();
        let (position, snapshot) = state.snapshot(topic)?;
        advance(position.seq);
        Some((position, snapshot))
    }

    fn tick(&self, now: Timestamp, publish: &dyn Fn(EphemeralEvent)) {
        self.update(|state| state.tick(now), publish);
    }

    fn set_followed(&self, is_followed: bool) {
        let before = if is_followed {
            self.followed_topics.fetch_add(1, Ordering::Relaxed)
        } else {
            self.followed_topics.fetch_sub(1, Ordering::Relaxed) - 1
        };
        if before == 0 {
            self.followed.send_replace(is_followed);
        }
    }

    fn subscriber_active(
        &self,
        topic: Topic,
        user: &User,
        connection: ConnectionId,
        now: Timestamp,
    ) {
        if F::observes(topic) {
            self.state.lock().subscriber_active(topic, user, connection, now);
        }
    }

    fn subscriber_left(&self, topic: Topic, connection: ConnectionId) {
        if F::observes(topic) {
            self.state.lock().subscriber_left(topic, connection);
        }
    }
}
