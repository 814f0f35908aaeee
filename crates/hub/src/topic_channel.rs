//! One topic in the hub: a bounded ring of recent frames, and the topic's subscribers.
//!
//! **Connections keep positions, not queues of copies.** The ring is a cache of the end of the log. A
//! frame that has left the ring is read from the log, so it is safe to clear the ring at any time.
//! Therefore a notification may be repeated, late, or without its frame: it moves the head and nothing
//! else.
//!
//! **An up-to-date subscriber is served by the fan-out** (`TopicChannel::write_next`). A subscriber with
//! missed events is served by its connection's task (`TopicChannel::take`) until it is up to date.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use madang_shared::{ConnectionId, Seq, Topic, UserId};
use parking_lot::Mutex;

use crate::frame::{Frame, FrameBatch};
use crate::sink::TrySend;
use crate::subscriber::{Cursor, Subscriber};

/// The limits of a ring.
#[derive(Clone, Copy, Debug)]
pub struct RingSize {
    /// The maximum number of frames.
    pub frames: usize,
    /// The maximum size of all frames together, in bytes. The last frame is always kept, even a larger
    /// one.
    pub bytes: usize,
}

impl Default for RingSize {
    /// Some seconds of a busy room.
    fn default() -> Self {
        Self { frames: 256, bytes: 512 * 1024 }
    }
}

/// The maximum number of frames that a connection's task takes at a time, so that a connection far
/// behind in one topic does not delay its other topics.
pub const TAKE_FRAMES: usize = 64;

/// The maximum number of subscribers that one pass writes to before other topics get their turn. A write
/// costs some microseconds, so a small room waits for a huge one less than a millisecond.
const SUBSCRIBERS_PER_PASS: usize = 64;

/// One topic in the hub.
#[derive(Debug)]
pub struct TopicChannel {
    topic: Topic,
    size: RingSize,
    /// Whether the log of the topic was replaced by another one. Then the channel has no future.
    is_replaced: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The last event known to exist.
    head: Seq,
    /// The seq since which every event was published with its content; `None` while the head is unknown. A copy of the
    /// log that was read before may contain a text that was redacted since.
    complete_since: Option<Seq>,
    /// The frames of the last events, up to and including `head`.
    ring: VecDeque<Frame>,
    ring_bytes: usize,
    subscribers: BTreeMap<ConnectionId, Arc<Subscriber>>,
    /// The number of subscribers that have a sink.
    sinks: usize,
    /// Whether the topic is in the fan-out queue, or with a writing task.
    queued: bool,
}

/// The next frames of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frames after the cursor. The cursor has moved to the last of them.
    Frames(Vec<Frame>),
    /// The cursor is at the head.
    UpToDate,
    /// The ring does not reach back to the cursor.
    Behind {
        /// The cursor.
        cursor: Seq,
        /// The seq of the last event.
        head: Seq,
    },
}

/// The progress of one pass through the subscribers.
#[derive(Debug, Default)]
pub(crate) struct FanOutPass {
    /// The last subscriber that was written to.
    last: Option<ConnectionId>,
    /// The head when the pass began.
    head: Seq,
    /// The last batch. Most subscribers have the same cursor and get the same batch.
    batch: Option<BatchRange>,
    /// The sockets that have accepted a batch, until the queue counts them.
    pub(crate) deliveries: u64,
}

/// A batch with the range of seqs that it covers.
#[derive(Debug)]
struct BatchRange {
    after: Seq,
    last: Seq,
    batch: FrameBatch,
}

/// The connections of one user that follow a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// The number of connections that follow the topic.
    pub subscribed: u64,
    /// The number of those connections that have every event up to a given seq.
    pub delivered: u64,
}

/// The knowledge of a node about the log of a topic, for the use of cached copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogBounds {
    /// Copies that were read when the head was before this seq are not used.
    pub complete_since: Seq,
    /// The last event known to exist.
    pub head: Seq,
}

impl TopicChannel {
    pub(crate) fn new(topic: Topic, size: RingSize) -> Self {
        Self { topic, size, is_replaced: AtomicBool::new(false), inner: Mutex::default() }
    }

    pub(crate) fn mark_replaced(&self) {
        self.is_replaced.store(true, Ordering::Release);
    }

    /// Whether the log of the topic was replaced. Its subscribers have to open the topic again.
    pub(crate) fn is_replaced(&self) -> bool {
        self.is_replaced.load(Ordering::Acquire)
    }

    /// Ends a replaced channel: nothing is written to its subscribers any more, and their connections are notified. Returns
    /// the users of the subscribers.
    pub(crate) fn end(&self) -> Vec<UserId> {
        let subscribers = std::mem::take(&mut self.inner.lock().subscribers);
        let end = |subscriber: Arc<Subscriber>| {
            subscriber.detach();
            subscriber.wakeups().mark_advanced(self.topic);
            subscriber.user()
        };
        subscribers.into_values().map(end).collect()
    }

    pub(crate) fn request_all_access_checks(&self) {
        for subscriber in self.inner.lock().subscribers.values() {
            subscriber.wakeups().request_access_check(self.topic);
        }
    }

    /// Tells the connections that follow the topic, or those of one user among them, that the facts about the server or the
    /// rights of their user have changed.
    pub(crate) fn mark_workspace(&self, of: Option<UserId>) {
        let inner = self.inner.lock();
        let subscribers = inner.subscribers.values();
        for subscriber in subscribers.filter(|it| of.is_none_or(|user| it.user() == user)) {
            subscriber.wakeups().mark_workspace();
        }
    }

    pub(crate) fn attach(&self, connection: ConnectionId, subscriber: Arc<Subscriber>) {
        let mut inner = self.inner.lock();
        inner.sinks += usize::from(subscriber.has_sink());
        inner.subscribers.insert(connection, subscriber);
    }

    /// Requests an access check of every connection of the user that follows the topic.
    pub(crate) fn request_access_check(&self, user: UserId) {
        let inner = self.inner.lock();
        for subscriber in inner.subscribers.values().filter(|subscriber| subscriber.user() == user)
        {
            subscriber.wakeups().request_access_check(self.topic);
        }
    }

    /// Removes a connection. Nothing is written to it once this has returned.
    /// Returns the user of the connection.
    pub(crate) fn detach(&self, connection: ConnectionId) -> Option<UserId> {
        let mut inner = self.inner.lock();
        let subscriber = inner.subscribers.remove(&connection)?;
        inner.sinks -= usize::from(subscriber.has_sink());
        drop(inner);
        subscriber.detach();
        Some(subscriber.user())
    }

    /// The last event known to exist; `None` until the first read or event of the topic.
    pub(crate) fn known_head(&self) -> Option<Seq> {
        let inner = self.inner.lock();
        inner.complete_since.map(|_| inner.head)
    }

    /// The present bounds of copies of the log.
    pub(crate) fn log_bounds(&self) -> LogBounds {
        let inner = self.inner.lock();
        LogBounds { complete_since: inner.complete_since.unwrap_or_default(), head: inner.head }
    }

    pub(crate) fn has_subscribers(&self) -> bool {
        !self.inner.lock().subscribers.is_empty()
    }

    /// The connections of each user, and those of them that have every event up to `seq`.
    pub(crate) fn connection_counts(&self, seq: Seq) -> BTreeMap<UserId, ConnectionCounts> {
        // Cloned first, because a cursor is locked before the channel and never after it.
        let subscribers: Vec<Arc<Subscriber>> =
            self.inner.lock().subscribers.values().cloned().collect();
        let mut connection_counts: BTreeMap<UserId, ConnectionCounts> = BTreeMap::new();
        for subscriber in subscribers {
            let counts = connection_counts.entry(subscriber.user()).or_default();
            counts.subscribed += 1;
            let is_delivered = subscriber.cursor().seq().is_some_and(|cursor| cursor >= seq);
            counts.delivered += u64::from(is_delivered);
        }
        connection_counts
    }

    /// Moves the head to an event at `seq`. Its frame, where it is available, saves the subscribers a
    /// read of the log. Returns whether the topic must be added to the fan-out queue.
    #[must_use]
    pub(crate) fn advance(&self, seq: Seq, frame: Option<Frame>) -> bool {
        let mut inner = self.inner.lock();
        if seq <= inner.head {
            inner.complete_since.get_or_insert(seq);
            return false;
        }
        // Without the frames between the head and `seq`, the ring would have a hole.
        if frame.is_none() || seq != inner.head.next() {
            inner.clear_ring();
            inner.complete_since = Some(seq);
        }
        inner.complete_since.get_or_insert(seq);
        if let Some(frame) = frame {
            inner.push(frame, self.size);
        }
        inner.head = seq;
        if inner.sinks < inner.subscribers.len() {
            let without_sink =
                inner.subscribers.values().filter(|subscriber| !subscriber.has_sink());
            for subscriber in without_sink {
                subscriber.wakeups().mark_advanced(self.topic);
            }
        }
        inner.sinks > 0 && !std::mem::replace(&mut inner.queued, true)
    }

    /// Clears the ring, after the log has changed in place. Subscribers that are behind read the log,
    /// with its new content.
    pub(crate) fn clear_ring(&self) {
        self.inner.lock().clear_ring();
    }

    /// Takes the next frames of a subscriber for its connection's task. An up-to-date subscriber is
    /// handed over to the fan-out.
    pub(crate) fn take(&self, subscriber: &Subscriber) -> Next {
        let mut cursor = subscriber.cursor();
        let Some(seq) = cursor.seq() else {
            return Next::UpToDate;
        };
        let inner = self.inner.lock();
        match inner.after(seq, TAKE_FRAMES) {
            Some(frames) if frames.is_empty() => {
                if subscriber.has_sink() {
                    *cursor = Cursor::FanOut(seq);
                }
                Next::UpToDate
            }
            Some(frames) => {
                *cursor = Cursor::Task(Seq(seq.0 + frames.len() as u64));
                Next::Frames(frames)
            }
            None => {
                *cursor = Cursor::Task(seq);
                Next::Behind { cursor: seq, head: inner.head }
            }
        }
    }

    /// Whether the ring holds every event after a seq.
    pub(crate) fn reaches_back_to(&self, seq: Seq) -> bool {
        self.inner.lock().after(seq, 0).is_some()
    }

    /// Writes to the next subscribers of a pass. Returns whether the topic must be queued again, with
    /// the same pass.
    pub(crate) fn write_next(&self, pass: &mut FanOutPass) -> bool {
        let subscribers = self.next_subscribers(pass);
        for subscriber in &subscribers {
            self.write_to(subscriber, pass);
        }
        if subscribers.len() == SUBSCRIBERS_PER_PASS {
            return true;
        }
        // The pass is complete. Events that arrived meanwhile need a new one.
        let mut inner = self.inner.lock();
        inner.queued = inner.head != pass.head;
        *pass = FanOutPass { deliveries: pass.deliveries, ..FanOutPass::default() };
        inner.queued
    }

    fn next_subscribers(&self, pass: &mut FanOutPass) -> Vec<Arc<Subscriber>> {
        let inner = self.inner.lock();
        let start = pass.last.map_or(Bound::Unbounded, Bound::Excluded);
        if pass.last.is_none() {
            pass.head = inner.head;
        }
        let mut subscribers = Vec::with_capacity(SUBSCRIBERS_PER_PASS.min(inner.subscribers.len()));
        for (connection, subscriber) in
            inner.subscribers.range((start, Bound::Unbounded)).take(SUBSCRIBERS_PER_PASS)
        {
            pass.last = Some(*connection);
            subscribers.push(subscriber.clone());
        }
        subscribers
    }

    /// The cursor stays locked during the write, so that the connection's task cannot take the same
    /// frames.
    fn write_to(&self, subscriber: &Subscriber, pass: &mut FanOutPass) {
        let Some(sink) = subscriber.sink() else { return };
        let mut cursor = subscriber.cursor();
        match *cursor {
            Cursor::Detached => return,
            Cursor::FanOut(seq) => {
                let Some((last, batch)) = self.batch_after(seq, pass) else { return };
                if batch.frames().is_empty() {
                    *cursor = Cursor::Task(seq);
                } else {
                    match sink.try_send(batch) {
                        TrySend::Accepted => {
                            *cursor = Cursor::FanOut(last);
                            pass.deliveries += 1;
                            return;
                        }
                        TrySend::Busy => *cursor = Cursor::Task(seq),
                    }
                }
            }
            Cursor::Task(_) => {}
        }
        drop(cursor);
        subscriber.wakeups().mark_advanced(self.topic);
    }

    /// The frames after a seq, and the seq of the last one. The batch is empty if the ring does not
    /// reach back to the seq. `None` if no event follows it.
    fn batch_after<'p>(&self, seq: Seq, pass: &'p mut FanOutPass) -> Option<(Seq, &'p FrameBatch)> {
        if !matches!(&pass.batch, Some(range) if range.after == seq) {
            let inner = self.inner.lock();
            let frames = inner.after(seq, usize::MAX);
            let last = inner.head;
            drop(inner);
            if last <= seq {
                return None;
            }
            let batch = FrameBatch::new(frames.unwrap_or_default());
            pass.batch = Some(BatchRange { after: seq, last, batch });
        }
        pass.batch.as_ref().map(|range| (range.last, &range.batch))
    }
}

impl Inner {
    fn push(&mut self, frame: Frame, size: RingSize) {
        self.ring_bytes += frame.len();
        self.ring.push_back(frame);
        while self.ring.len() > size.frames || (self.ring_bytes > size.bytes && self.ring.len() > 1)
        {
            let oldest = self.ring.pop_front();
            self.ring_bytes -= oldest.map_or(0, |frame| frame.len());
        }
    }

    fn clear_ring(&mut self) {
        self.ring.clear();
        self.ring_bytes = 0;
    }

    /// At most `limit` frames after a seq; `None` if the ring does not reach back to it.
    fn after(&self, seq: Seq, limit: usize) -> Option<Vec<Frame>> {
        let missing = self.head.since(seq);
        let held = self.ring.len() as u64;
        let skip = usize::try_from(held.checked_sub(missing)?).ok()?;
        Some(self.ring.iter().skip(skip).take(limit).cloned().collect())
    }
}
