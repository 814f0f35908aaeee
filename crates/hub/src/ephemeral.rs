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

use crate::nodes::{NEEDED_RENEW_MS, NODE_EXPIRY_MS};
use crate::nodes::{NodeId, message::NodeContent};

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

    /// The topic whose source is needed while it has subscribers on any node. For a feature with one source for all
    /// nodes.
    const SOURCE_OF: Option<Topic> = None;

    /// The empty state. `epoch` must differ from the epoch of every earlier start of this server.
    fn new(epoch: Epoch) -> Self;

    /// The state of a topic, and the position at which it is true. `None` for a topic of another
    /// feature.
    fn snapshot(&mut self, topic: Topic) -> Option<(Position, Snapshot)>;

    /// The events that are due. Called every [`madang_shared::presence::PRESENCE_WINDOW_MS`].
    fn tick(&mut self, now: Timestamp) -> Vec<EphemeralEvent>;

    /// There are other nodes: the feature has messages for them from now on.
    fn join_nodes(&mut self) {}

    /// Takes the messages for the other nodes.
    fn take_messages(&mut self) -> Vec<NodeContent> {
        Vec::new()
    }

    /// A message of another node, which may belong to another feature. Messages get lost, late, repeated and reordered.
    #[expect(unused_variables, reason = "a feature of one node needs no argument")]
    fn on_message(&mut self, from: NodeId, content: NodeContent) -> Vec<EphemeralEvent> {
        Vec::new()
    }

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
    remote: Mutex<RemoteFollowers>,
}

/// The need of other nodes for the source of a feature, and of this node.
#[derive(Debug, Default)]
struct RemoteFollowers {
    /// The last time that another node has reported subscribers.
    needed_at: Option<Timestamp>,
    /// The last time that this node has reported subscribers.
    reported_at: Option<Timestamp>,
    has_other_nodes: bool,
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
            remote: Mutex::default(),
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

    /// Sets whether the feature has subscribers here or, as far as is known, on another node.
    fn update_followed(&self, needed_elsewhere: bool) {
        let here = self.followed_topics.load(Ordering::Relaxed) > 0;
        let is_followed = here || needed_elsewhere;
        self.followed
            .send_if_modified(|before| std::mem::replace(before, is_followed) != is_followed);
    }

    /// Reports this node's subscribers to the others, and forgets those of silent nodes.
    fn tick_followers(&self, now: Timestamp) -> Option<NodeContent> {
        let topic = F::SOURCE_OF?;
        let mut remote = self.remote.lock();
        if !remote.has_other_nodes {
            return None;
        }
        // A message is dated by the next tick.
        if remote.needed_at == Some(Timestamp(0)) {
            remote.needed_at = Some(now);
        }
        if remote.needed_at.is_some_and(|at| at.has_passed(NODE_EXPIRY_MS, now)) {
            remote.needed_at = None;
        }
        self.update_followed(remote.needed_at.is_some());
        let is_due = remote.reported_at.is_none_or(|at| at.has_passed(NEEDED_RENEW_MS, now));
        if self.followed_topics.load(Ordering::Relaxed) == 0 {
            remote.reported_at = None;
            return None;
        }
        is_due.then(|| {
            remote.reported_at = Some(now);
            NodeContent::Needed(topic)
        })
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

    /// See [`EphemeralTopic::join_nodes`].
    fn join_nodes(&self);

    /// The messages for the other nodes. `now` is the time of a tick, if this is one.
    fn take_messages(&self, now: Option<Timestamp>) -> Vec<NodeContent>;

    /// See [`EphemeralTopic::on_message`].
    fn on_message(&self, from: NodeId, content: &NodeContent, publish: &dyn Fn(EphemeralEvent));

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

    fn join_nodes(&self) {
        self.remote.lock().has_other_nodes = true;
        self.state.lock().join_nodes();
    }

    fn take_messages(&self, now: Option<Timestamp>) -> Vec<NodeContent> {
        let mut messages = self.state.lock().take_messages();
        messages.extend(now.and_then(|now| self.tick_followers(now)));
        messages
    }

    fn on_message(&self, from: NodeId, content: &NodeContent, publish: &dyn Fn(EphemeralEvent)) {
        if let (NodeContent::Needed(topic), Some(of)) = (content, F::SOURCE_OF)
            && *topic == of
        {
            let mut remote = self.remote.lock();
            remote.needed_at = Some(Timestamp(0));
            self.update_followed(true);
        }
        self.update(|state| state.on_message(from, content.clone()), publish);
    }

    fn set_followed(&self, is_followed: bool) {
        let before = if is_followed {
            self.followed_topics.fetch_add(1, Ordering::Relaxed)
        } else {
            self.followed_topics.fetch_sub(1, Ordering::Relaxed) - 1
        };
        // With other nodes, the next tick finds the end.
        if before == 0 && (is_followed || !self.remote.lock().has_other_nodes) {
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
