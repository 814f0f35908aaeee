//! What all sessions of a node share: the streams, who is here, and what the price is.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_shared::delivery::{Delivery, GatewayReceipts};
use madang_shared::membership::MembershipEvent;
use madang_shared::price::{PriceEvent, PriceNow};
use madang_shared::{
    ConnectionId, Epoch, Event, Position, RoomId, Seq, Snapshot, Timestamp, Topic, User, UserId,
    codec,
};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::delivery::{self, Recipients};
use crate::fan_out::FanOutQueue;
use crate::features;
use crate::frame::Frame;
use crate::log_cache::LogCache;
use crate::ports::{LogEntry, TopicEvent};
use crate::presence::Presence;
use crate::price::{PRICE_RING, Price};
use crate::subscriber::Subscriber;
use crate::topic_channel::{RingSize, TopicChannel};

/// One node's live side. Everything durable is in the store; this can be lost at any moment.
#[derive(Debug)]
pub struct Hub {
    version: String,
    ring: RingSize,
    channels: Mutex<HashMap<Topic, Arc<TopicChannel>>>,
    line: FanOutQueue,
    pages: Arc<LogCache>,
    presence: Mutex<Presence>,
    price: Mutex<Price>,
    price_followed: watch::Sender<bool>,
    next_connection: AtomicU64,
}

impl Hub {
    /// `version` is told to clients; `epoch` must differ from that of every earlier life of this
    /// server: positions of ephemeral topics are good for one life only.
    pub fn new(version: impl Into<String>, epoch: Epoch) -> Self {
        Self {
            version: version.into(),
            ring: RingSize::default(),
            channels: Mutex::default(),
            line: FanOutQueue::default(),
            pages: Arc::default(),
            presence: Mutex::new(Presence::new(epoch)),
            price: Mutex::new(Price::new(epoch)),
            price_followed: watch::Sender::new(false),
            next_connection: AtomicU64::new(1),
        }
    }

    /// The same, with rings of another size.
    #[must_use]
    pub fn with_rings(mut self, size: RingSize) -> Self {
        self.ring = size;
        self
    }

    /// The server's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Events were appended to the log: hands their frames to whoever follows their topics. Nothing
    /// is encoded for a topic that nobody follows.
    pub fn publish(&self, appended: &[TopicEvent]) {
        for TopicEvent { topic, logged } in appended {
            let channel = self.followed(*topic);
            if features::is_redaction(*topic, logged) {
                self.pages.forget(*topic);
                if let Some(channel) = &channel {
                    channel.forget();
                }
            }
            if let Some(channel) = channel {
                self.advance(&channel, logged.seq, Some(Frame::of_event(*topic, logged)));
            }
            if let Topic::Memberships(user) = topic {
                self.recheck_after_leaving(*user, logged);
            }
        }
    }

    /// Whoever leaves a room on one device leaves it on all: each connection looks again.
    fn recheck_after_leaving(&self, user: UserId, logged: &LogEntry) {
        // What only a newer version writes is no leaving that this one knows.
        if let Ok(Event::Membership(MembershipEvent::Left { room })) =
            codec::decode_event(&logged.content)
        {
            for topic in [Topic::Room(room), Topic::Presence(room)] {
                if let Some(channel) = self.followed(topic) {
                    channel.request_access_check(user);
                }
            }
        }
    }

    /// Somebody says that the topic has events up to `seq`: its readers look into the log.
    pub fn catch_up_to(&self, topic: Topic, seq: Seq) {
        if let Some(channel) = self.followed(topic) {
            self.advance(&channel, seq, None);
        }
    }

    /// Pages of the log, for those who are behind the rings.
    pub(crate) fn pages(&self) -> Arc<LogCache> {
        Arc::clone(&self.pages)
    }

    /// How often the log was read for readers who were behind, since the start.
    pub fn log_pages_read(&self) -> u64 {
        self.pages.readings()
    }

    /// What became of a message, for somebody who may know: what the store says, what this node's
    /// connections say, and what others do.
    pub fn delivery(
        &self,
        room: RoomId,
        stored: Recipients,
        clients: Option<GatewayReceipts>,
    ) -> Delivery {
        let channel = self.followed(Topic::Room(room));
        let connection_counts =
            channel.map(|channel| channel.connection_counts(stored.position.seq));
        let presence = self.presence.lock();
        let away = |user| presence.away_since(room, user);
        delivery::report(stored, &connection_counts.unwrap_or_default(), away, clients)
    }

    /// Writes to the outlets of readers what is told to many, for ever. To be run by as many tasks as
    /// may write at the same time; see `crate::fan_out`.
    pub async fn run_fan_out(&self) {
        self.line.write().await;
    }

    /// The topic has an event at `seq`.
    pub(crate) fn advance(&self, channel: &Arc<TopicChannel>, seq: Seq, frame: Option<Frame>) {
        if channel.advance(seq, frame) {
            self.line.add(channel.clone());
        }
    }

    /// Tells comings and goings and the price, and lets expire what was not renewed. To be called every
    /// [`madang_shared::presence::PRESENCE_WINDOW_MS`].
    pub fn tick(&self, now: Timestamp) {
        let mut presence = self.presence.lock();
        // Published under the lock: places must reach the stream in their order.
        for told in presence.tick(now) {
            self.publish_ephemeral(told.topic, told.seq, &told.event.into());
        }
        drop(presence);
        let mut price = self.price.lock();
        let told = price.tick(now);
        self.publish_price(told);
    }

    /// The price is this now. Told at most every [`madang_shared::price::PRICE_EVERY_MS`], the latest
    /// alone.
    pub fn set_price(&self, price: PriceNow, now: Timestamp) {
        let mut state = self.price.lock();
        let told = state.set(price, now);
        self.publish_price(told);
    }

    /// Whether anybody follows the price: one wish, however many follow it.
    pub fn price_followed(&self) -> watch::Receiver<bool> {
        self.price_followed.subscribe()
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }

    /// Follows a topic from now on. Before the log is read, so that an event that is appended after
    /// the reading finds its reader here.
    pub(crate) fn attach(
        &self,
        topic: Topic,
        connection: ConnectionId,
        subscriber: Arc<Subscriber>,
    ) -> Arc<TopicChannel> {
        let mut channels = self.channels.lock();
        let ring = self.ring_of(topic);
        let channel =
            channels.entry(topic).or_insert_with(|| Arc::new(TopicChannel::new(topic, ring)));
        channel.attach(connection, subscriber);
        self.set_price_followed(topic, true);
        channel.clone()
    }

    pub(crate) fn detach(&self, topic: Topic, connection: ConnectionId) {
        let mut channels = self.channels.lock();
        if let Some(channel) = channels.get(&topic) {
            channel.detach(connection);
            if !channel.has_subscribers() {
                channels.remove(&topic);
                self.set_price_followed(topic, false);
            }
        }
    }

    /// Said while the streams are locked, so that the last word is the true one.
    fn set_price_followed(&self, topic: Topic, followed: bool) {
        if topic == Topic::Price {
            self.price_followed
                .send_if_modified(|before| std::mem::replace(before, followed) != followed);
        }
    }

    fn ring_of(&self, topic: Topic) -> RingSize {
        match topic {
            Topic::Price => RingSize { frames: self.ring.frames.min(PRICE_RING), ..self.ring },
            _ => self.ring,
        }
    }

    pub(crate) fn enter(
        &self,
        room: RoomId,
        user: &User,
        connection: ConnectionId,
        now: Timestamp,
    ) {
        self.presence.lock().enter(room, user, connection, now);
    }

    pub(crate) fn leave(&self, room: RoomId, connection: ConnectionId) {
        self.presence.lock().leave(room, connection);
    }

    pub(crate) fn typing(
        &self,
        room: RoomId,
        connection: ConnectionId,
        typing: bool,
        now: Timestamp,
    ) {
        let mut presence = self.presence.lock();
        if let Some(told) = presence.typing(room, connection, typing, now) {
            self.publish_ephemeral(told.topic, told.seq, &told.event.into());
        }
    }

    /// What an ephemeral topic is now, and the position at which that is true; the stream is moved
    /// there, so that what follows is exactly what happens next. None for what is in the store.
    pub(crate) fn ephemeral_state(
        &self,
        topic: Topic,
        channel: &Arc<TopicChannel>,
    ) -> Option<(Position, Snapshot)> {
        // The stream is moved under the lock under which events reach it.
        match topic {
            Topic::Presence(room) => {
                let mut presence = self.presence.lock();
                let (position, snapshot) = presence.snapshot(room);
                self.advance(channel, position.seq, None);
                Some((position, snapshot.into()))
            }
            Topic::Price => {
                let price = self.price.lock();
                let (position, snapshot) = price.snapshot();
                self.advance(channel, position.seq, None);
                Some((position, snapshot.into()))
            }
            _ => None,
        }
    }

    fn followed(&self, topic: Topic) -> Option<Arc<TopicChannel>> {
        self.channels.lock().get(&topic).cloned()
    }

    fn publish_price(&self, told: Option<(Seq, PriceEvent)>) {
        if let Some((seq, event)) = told {
            self.publish_ephemeral(Topic::Price, seq, &event.into());
        }
    }

    /// To be called under the lock that gave the place: places must reach the stream in their order.
    fn publish_ephemeral(&self, topic: Topic, seq: Seq, event: &Event) {
        if let Some(channel) = self.followed(topic) {
            let content = codec::encode_event(event).into();
            self.advance(&channel, seq, Some(Frame::of_event(topic, &LogEntry { seq, content })));
        }
    }
}
