//! The hub: the topics of one node, with their subscribers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_shared::{ConnectionId, Epoch, Position, Seq, Signal, Snapshot, Timestamp, Topic, User};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{broadcast, watch};

use crate::budgets::Budgets;
use crate::bus::TopicAdvanced;
use crate::chat;
use crate::ephemeral::{EphemeralEvent, EphemeralTopic, Registration, Registry};
use crate::fan_out::FanOutQueue;
use crate::features::{self, Change, EphemeralTopics};
use crate::frame::Frame;
use crate::gateway::ReceiptTable;
use crate::log::{LogEntry, TopicEvent};
use crate::log_cache::LogCache;
use crate::nodes::{LogReplacement, SharedLog};
use crate::policy::RevokedAccess;
use crate::read_count::ReadCounts;
use crate::shared_state::{SharedStateCache, SharedStateRead};
use crate::subscriber::Subscriber;
use crate::topic_channel::{LogBounds, RingSize, TopicChannel};
use crate::workspace::CurrentWorkspace;

/// The topics of one node, with their subscribers and ephemeral states. Nothing in it is durable: a
/// restart loses no event of the log.
#[derive(Debug)]
pub struct Hub {
    version: String,
    workspace: CurrentWorkspace,
    ring: RingSize,
    channels: Mutex<HashMap<Topic, Arc<TopicChannel>>>,
    fan_out: FanOutQueue,
    log_cache: Arc<LogCache>,
    shared_states: Arc<SharedStateCache>,
    ephemeral: EphemeralTopics,
    read_counts: ReadCounts,
    pub(crate) receipts: ReceiptTable,
    budgets: Budgets,
    next_connection: AtomicU64,
    /// `None` for the only node of a log.
    shared_log: Option<SharedLog>,
    log_replacement: LogReplacement,
    advances: broadcast::Sender<TopicAdvanced>,
}

/// The notifications that are buffered for a receiver of [`Hub::advances`].
const BUFFERED_ADVANCES: usize = 1024;

/// One ephemeral feature of a hub.
#[derive(Debug)]
pub struct EphemeralHandle<'h, F> {
    hub: &'h Hub,
    registration: &'h Registration<F>,
}

impl<F: EphemeralTopic> EphemeralHandle<'_, F> {
    /// Changes the feature's state, and publishes the events that the change returns.
    pub fn update<E: IntoIterator<Item = EphemeralEvent>>(&self, change: impl FnOnce(&mut F) -> E) {
        self.registration.update(change, |event| self.hub.publish_ephemeral(&event));
        self.hub.collect_messages(None);
    }

    /// Reads the feature's state.
    pub fn read<T>(&self, read: impl FnOnce(&F) -> T) -> T {
        self.registration.read(read)
    }

    /// Whether any topic of the feature has a subscriber; changes with the first and the last one.
    pub fn followed(&self) -> watch::Receiver<bool> {
        self.registration.followed()
    }
}

impl Hub {
    /// Clients get `version` in their welcome. `epoch` must differ from that of every earlier start and every other
    /// node, because positions of ephemeral topics are valid on one start of one node.
    pub fn new(version: impl Into<String>, epoch: Epoch) -> Self {
        let budgets = Budgets::default();
        Self {
            version: version.into(),
            workspace: CurrentWorkspace::default(),
            ring: RingSize::default(),
            channels: Mutex::default(),
            fan_out: FanOutQueue::default(),
            log_cache: Arc::default(),
            shared_states: Arc::new(SharedStateCache::new(budgets.cache_memory())),
            ephemeral: EphemeralTopics::new(epoch),
            read_counts: ReadCounts::default(),
            receipts: ReceiptTable::default(),
            budgets,
            next_connection: AtomicU64::new(1),
            shared_log: None,
            log_replacement: LogReplacement::default(),
            advances: broadcast::Sender::new(BUFFERED_ADVANCES),
        }
    }

    /// The same hub as one of several nodes over one log.
    pub(crate) fn over_shared_log(mut self, shared: SharedLog) -> Self {
        self.next_connection = AtomicU64::new(shared.outgoing.node().first_connection());
        self.shared_log = Some(shared);
        self.read_counts = ReadCounts::of_shared_log();
        self
    }

    pub(crate) fn current_workspace(&self) -> &CurrentWorkspace {
        &self.workspace
    }

    /// Adds to a decided change what the configuration asks for: a message gets its sentiment where moods are on. A
    /// server without moods analyses no message.
    pub fn complete(&self, change: &mut Change) {
        if let Change::Chat(change) = change
            && self.workspace().moods
        {
            chat::classify(change);
        }
    }

    /// The same hub with rings of another size.
    #[must_use]
    pub fn with_rings(mut self, size: RingSize) -> Self {
        self.ring = size;
        self
    }

    /// The same hub with other budgets.
    #[must_use]
    pub fn with_budgets(mut self, budgets: Budgets) -> Self {
        self.shared_states = Arc::new(SharedStateCache::new(budgets.cache_memory()));
        self.budgets = budgets;
        self
    }

    /// The budgets of users, networks and strangers.
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// The server's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Publishes events that the store has appended to the log. An event of a topic without subscribers
    /// is not encoded.
    pub fn publish(&self, appended: &[TopicEvent]) {
        for TopicEvent { topic, entry } in appended {
            self.publish_event(*topic, entry);
        }
        self.read_counts.apply(appended);
    }

    fn publish_event(&self, topic: Topic, entry: &LogEntry) {
        let channel = self.channel(topic);
        if let (Some(shared), Some(channel)) = (&self.shared_log, &channel) {
            match channel.known_head() {
                // Applied before, or the head has moved without it.
                Some(head) if entry.seq <= head => return,
                Some(head) if entry.seq > head.next() => return shared.want(topic, entry.seq),
                Some(_) => {}
                None => self.learn_head(topic, entry.seq.previous()),
            }
        }
        self.shared_states.drop_before(topic, entry.seq);
        if features::is_redaction(topic, entry) {
            self.log_cache.forget(topic);
            if let Some(channel) = &channel {
                channel.clear_ring();
            }
        }
        if let Some(channel) = channel {
            self.advance(&channel, entry.seq, Some(Frame::of_event(topic, entry)));
        }
        if let Some(RevokedAccess { user, room }) = features::revoked_access(topic, entry) {
            self.request_access_checks_of(user, |topic| topic.room() == Some(room));
        }
    }

    /// Access to one ephemeral feature, for its own methods.
    pub fn ephemeral<F: EphemeralTopic>(&self) -> EphemeralHandle<'_, F>
    where
        EphemeralTopics: Registry<F>,
    {
        EphemeralHandle { hub: self, registration: self.ephemeral.registration() }
    }

    /// The number of reads of the log for subscribers behind their ring, since the start.
    pub fn log_pages_read(&self) -> u64 {
        self.log_cache.reads()
    }

    /// The number of states that the store has read for all readers of a topic, since the start.
    pub fn shared_states_read(&self) -> u64 {
        self.shared_states.reads()
    }

    /// Writes events to the sinks of subscribers, without end. Any number of tasks may run it at the same
    /// time; see `crate::fan_out`.
    pub async fn run_fan_out(&self) {
        self.fan_out.run().await;
    }

    /// Publishes the due events of all ephemeral topics, and the due read counts. To be called every
    /// [`madang_shared::presence::PRESENCE_WINDOW_MS`].
    pub fn tick(&self, now: Timestamp) {
        for feature in self.ephemeral.all() {
            feature.tick(now, &|event| self.publish_ephemeral(&event));
        }
        self.collect_messages(Some(now));
        self.read_counts.tick(now);
        self.poll(now);
    }

    pub(crate) fn shared_log(&self) -> Option<&SharedLog> {
        self.shared_log.as_ref()
    }

    pub(crate) fn ephemeral_topics(&self) -> &EphemeralTopics {
        &self.ephemeral
    }

    pub(crate) fn advances_sender(&self) -> &broadcast::Sender<TopicAdvanced> {
        &self.advances
    }

    pub(crate) fn shared_states(&self) -> &SharedStateCache {
        &self.shared_states
    }

    /// The bounds of the copies of a topic's log that may be used.
    pub(crate) fn log_bounds(&self, topic: Topic) -> LogBounds {
        self.channel(topic).map(|channel| channel.log_bounds()).unwrap_or_default()
    }

    pub(crate) fn fan_out(&self) -> &FanOutQueue {
        &self.fan_out
    }

    pub(crate) fn read_counts(&self) -> &ReadCounts {
        &self.read_counts
    }

    pub(crate) fn log_cache(&self) -> Arc<LogCache> {
        Arc::clone(&self.log_cache)
    }

    /// Begins a read of a topic's shared state. To be called before the store begins its transaction.
    pub fn begin_state_read(&self, topic: Topic) -> SharedStateRead {
        self.shared_states.begin_read(topic)
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }

    /// Moves the head of a topic to `seq`, and queues the topic for the fan-out if it has to write.
    pub(crate) fn advance(&self, channel: &Arc<TopicChannel>, seq: Seq, frame: Option<Frame>) {
        if channel.advance(seq, frame) {
            self.fan_out.add(channel.clone());
        }
    }

    /// Subscribes a connection to a topic. To be called before the log is read, so that an event that is
    /// appended after the read reaches the subscriber.
    pub(crate) fn attach(
        &self,
        topic: Topic,
        connection: ConnectionId,
        subscriber: Arc<Subscriber>,
    ) -> Arc<TopicChannel> {
        let mut channels = self.channels.lock();
        let channel = match channels.entry(topic) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let mut ring = self.ring;
                if let Some(feature) = self.ephemeral.of(topic) {
                    ring.frames = ring.frames.min(feature.ring_frames());
                    feature.set_followed(true);
                }
                entry.insert(Arc::new(TopicChannel::new(topic, ring)))
            }
        };
        if let Some(shared) = self.shared_log.as_ref().filter(|_| topic.room().is_some()) {
            shared.add_room_reader(subscriber.user());
        }
        channel.attach(connection, subscriber);
        channel.clone()
    }

    /// Ends a connection's subscription. A topic without subscribers has no channel.
    pub(crate) fn detach(&self, topic: Topic, connection: ConnectionId) {
        let mut channels = self.channels.lock();
        if let Some(channel) = channels.get(&topic) {
            let user = channel.detach(connection);
            if let (Some(shared), Some(user), Some(_)) = (&self.shared_log, user, topic.room()) {
                shared.remove_room_reader(user);
            }
            if !channel.has_subscribers() {
                channels.remove(&topic);
                if let Some(feature) = self.ephemeral.of(topic) {
                    feature.set_followed(false);
                }
            }
        }
    }

    /// Tells the ephemeral features that a connection follows a topic, or still does.
    pub(crate) fn subscriber_active(
        &self,
        topic: Topic,
        user: &User,
        connection: ConnectionId,
        now: Timestamp,
    ) {
        for feature in self.ephemeral.all() {
            feature.subscriber_active(topic, user, connection, now);
        }
    }

    /// Tells the ephemeral features that a connection does not follow a topic any more.
    pub(crate) fn subscriber_left(&self, topic: Topic, connection: ConnectionId) {
        for feature in self.ephemeral.all() {
            feature.subscriber_left(topic, connection);
        }
    }

    /// Hands a client's signal to its feature.
    pub(crate) fn on_signal(&self, signal: &Signal, connection: ConnectionId, now: Timestamp) {
        self.ephemeral.on_signal(signal, connection, now, |event| self.publish_ephemeral(&event));
        self.collect_messages(None);
    }

    /// The state of an ephemeral topic, and its position. The channel is moved to that position, so that
    /// exactly the next events follow the state. `None` for a durable topic.
    pub(crate) fn ephemeral_state(
        &self,
        topic: Topic,
        channel: &Arc<TopicChannel>,
    ) -> Option<(Position, Snapshot)> {
        let feature = self.ephemeral.of(topic)?;
        feature.snapshot(topic, &|seq| self.advance(channel, seq, None))
    }

    pub(crate) fn channel(&self, topic: Topic) -> Option<Arc<TopicChannel>> {
        self.channels.lock().get(&topic).cloned()
    }

    /// The channels of all topics, locked.
    pub(crate) fn channels(&self) -> MutexGuard<'_, HashMap<Topic, Arc<TopicChannel>>> {
        self.channels.lock()
    }

    pub(crate) fn log_replacement(&self) -> &LogReplacement {
        &self.log_replacement
    }

    /// To be called while the feature's state is locked: events must reach the channel in the order of
    /// their seqs.
    pub(crate) fn publish_ephemeral(&self, event: &EphemeralEvent) {
        let EphemeralEvent { topic, seq, event } = event;
        if let Some(channel) = self.channel(*topic) {
            let frame = Frame::of_event(*topic, &LogEntry::new(*seq, event));
            self.advance(&channel, *seq, Some(frame));
        }
    }
}
