//! What all sessions of a node share: the streams, and who is here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_shared::presence::PresenceSnapshot;
use madang_shared::{ConnectionId, Epoch, Position, RoomId, Seq, Timestamp, Topic, User};
use parking_lot::Mutex;

use crate::frame::Frame;
use crate::mailbox::Mailbox;
use crate::ports::{Appended, Logged};
use crate::presence::{Presence, Told};
use crate::stream::{RingSize, Stream};

/// One node's live side. Everything durable is in the store; this can be lost at any moment.
#[derive(Debug)]
pub struct Hub {
    version: String,
    ring: RingSize,
    streams: Mutex<HashMap<Topic, Arc<Stream>>>,
    presence: Mutex<Presence>,
    next_connection: AtomicU64,
}

impl Hub {
    /// `version` is told to clients; `epoch` must differ from that of every earlier life of this
    /// server: positions of ephemeral topics are good for one life only.
    pub fn new(version: impl Into<String>, epoch: Epoch) -> Self {
        Self {
            version: version.into(),
            ring: RingSize::default(),
            streams: Mutex::default(),
            presence: Mutex::new(Presence::new(epoch)),
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
    pub fn publish(&self, appended: &[Appended]) {
        for Appended { topic, logged } in appended {
            if let Some(stream) = self.followed(*topic) {
                stream.advance(logged.seq, Some(Frame::of_event(*topic, logged)));
            }
        }
    }

    /// Somebody says that the topic has events up to `seq`: its readers look into the log.
    pub fn look_again(&self, topic: Topic, seq: Seq) {
        if let Some(stream) = self.followed(topic) {
            stream.advance(seq, None);
        }
    }

    /// Tells comings and goings, and lets expire what was not renewed. To be called every
    /// [`madang_shared::limits::PRESENCE_WINDOW_MS`].
    pub fn tick(&self, now: Timestamp) {
        let mut presence = self.presence.lock();
        // Published under the lock: places must reach the stream in their order.
        for told in presence.tick(now) {
            self.tell(told);
        }
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
        mailbox: Arc<Mailbox>,
    ) -> Arc<Stream> {
        let mut streams = self.streams.lock();
        let stream =
            streams.entry(topic).or_insert_with(|| Arc::new(Stream::new(topic, self.ring)));
        stream.attach(connection, mailbox);
        stream.clone()
    }

    pub(crate) fn detach(&self, topic: Topic, connection: ConnectionId) {
        let mut streams = self.streams.lock();
        if let Some(stream) = streams.get(&topic) {
            stream.detach(connection);
            if !stream.has_readers() {
                streams.remove(&topic);
            }
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

    pub(crate) fn renew(&self, connection: ConnectionId, now: Timestamp) {
        self.presence.lock().renew(connection, now);
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
            self.tell(told);
        }
    }

    /// Who is in a room, and the position at which that is true; the stream is moved there, so that
    /// what follows is exactly what happens next.
    pub(crate) fn here(&self, room: RoomId, stream: &Stream) -> (Position, PresenceSnapshot) {
        let mut presence = self.presence.lock();
        let (position, snapshot) = presence.snapshot(room);
        stream.advance(position.seq, None);
        (position, snapshot)
    }

    fn followed(&self, topic: Topic) -> Option<Arc<Stream>> {
        self.streams.lock().get(&topic).cloned()
    }

    fn tell(&self, told: Told) {
        if let Some(stream) = self.followed(told.topic) {
            let content = madang_shared::codec::encode_event(&told.event.into()).into();
            let frame = Frame::of_event(told.topic, &Logged { seq: told.seq, content });
            stream.advance(told.seq, Some(frame));
        }
    }
}
