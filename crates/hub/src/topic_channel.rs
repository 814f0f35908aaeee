//! One topic's fan-out: a bounded ring of recent frames, and the connections that read them.
//!
//! Connections keep positions, not queues of copies. The ring is a cache of the log's end: whatever
//! it no longer holds is read from the log, so nothing is lost by making it forget. That also makes
//! every wake-up harmless: one that comes twice, late, or without its frame moves the head and
//! nothing else.
//!
//! A reader who has everything is written to by the fan-out itself (`TopicChannel::write_on`); one who
//! has something to catch up with is left to its connection's task (`TopicChannel::take`) until it has.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use madang_shared::{ConnectionId, Seq, Topic, UserId};
use parking_lot::Mutex;

use crate::delivery::ConnectionCounts;
use crate::frame::Frame;
use crate::sink::{FrameBatch, TrySend};
use crate::subscriber::{Place, Subscriber};

/// How much a ring may hold.
#[derive(Clone, Copy, Debug)]
pub struct RingSize {
    /// Frames at most.
    pub frames: usize,
    /// Bytes that the frames have together at most; the last frame is held whatever its size.
    pub bytes: usize,
}

impl Default for RingSize {
    /// Some seconds of a busy room.
    fn default() -> Self {
        Self { frames: 256, bytes: 512 * 1024 }
    }
}

/// Frames taken for one connection's task at a time, so that a connection far behind in one topic
/// does not keep its other topics waiting.
pub const TAKE_FRAMES: usize = 64;

/// Readers written to before other topics get their turn: a write costs some microseconds, so that a
/// small room waits for a huge one less than a millisecond.
const WRITE_SUBSCRIBERS: usize = 64;

/// One topic's fan-out.
#[derive(Debug)]
pub struct TopicChannel {
    topic: Topic,
    size: RingSize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The last event known to exist.
    head: Seq,
    /// The frames of the last events, up to and including `head`.
    ring: VecDeque<Frame>,
    ring_bytes: usize,
    subscribers: BTreeMap<ConnectionId, Arc<Subscriber>>,
    /// How many of them the fan-out may write to.
    sinks: usize,
    /// The fan-out has been told, and is not done.
    queued: bool,
}

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frames that follow its place, which is after them now.
    Frames(Vec<Frame>),
    /// It is at the head.
    Nothing,
    /// The ring does not reach back to this, its place.
    Behind(Seq),
}

/// Who is next in a turn through the readers, and what it writes.
#[derive(Debug, Default)]
pub(crate) struct FanOutPass {
    /// The last one that was written to.
    after: Option<ConnectionId>,
    /// The head when the turn began.
    head: Seq,
    /// What was written last, and from which place on: most readers stand at the same.
    batch: Option<(Seq, Seq, FrameBatch)>,
}

impl TopicChannel {
    pub(crate) fn new(topic: Topic, size: RingSize) -> Self {
        Self { topic, size, inner: Mutex::default() }
    }

    pub(crate) fn attach(&self, connection: ConnectionId, subscriber: Arc<Subscriber>) {
        let mut inner = self.inner.lock();
        inner.sinks += usize::from(subscriber.has_sink());
        inner.subscribers.insert(connection, subscriber);
    }

    /// The user may have lost the right to read this.
    pub(crate) fn request_access_check(&self, user: UserId) {
        for subscriber in
            self.inner.lock().subscribers.values().filter(|subscriber| subscriber.is(user))
        {
            subscriber.wakeups().request_access_check(self.topic);
        }
    }

    /// Nothing is written to the connection's reader once this has returned.
    pub(crate) fn detach(&self, connection: ConnectionId) {
        let mut inner = self.inner.lock();
        let Some(subscriber) = inner.subscribers.remove(&connection) else { return };
        inner.sinks -= usize::from(subscriber.has_sink());
        drop(inner);
        *subscriber.place() = Place::None;
    }

    pub(crate) fn has_subscribers(&self) -> bool {
        !self.inner.lock().subscribers.is_empty()
    }

    /// How many connections of whom follow the topic, and how many have everything up to a place.
    pub(crate) fn connection_counts(&self, seq: Seq) -> BTreeMap<UserId, ConnectionCounts> {
        // Their places are locked before the stream, never after it.
        let subscribers: Vec<Arc<Subscriber>> =
            self.inner.lock().subscribers.values().cloned().collect();
        let mut connection_counts: BTreeMap<UserId, ConnectionCounts> = BTreeMap::new();
        for subscriber in subscribers {
            let counts = connection_counts.entry(subscriber.user()).or_default();
            counts.subscribed += 1;
            let has_it = subscriber.place().cursor().is_some_and(|cursor| cursor >= seq);
            counts.delivered += u64::from(has_it);
        }
        connection_counts
    }

    /// The topic has an event at `seq`. Its frame, where it is at hand, spares readers the log.
    /// Answers whether the fan-out has to be told.
    #[must_use]
    pub(crate) fn advance(&self, seq: Seq, frame: Option<Frame>) -> bool {
        let mut inner = self.inner.lock();
        if seq <= inner.head {
            return false;
        }
        match frame {
            Some(frame) if seq == inner.head.next() => inner.push(frame, self.size),
            frame => {
                // Events lie between that nobody told us of, or this one's frame is not at hand: the
                // ring would have a hole.
                inner.ring.clear();
                inner.ring_bytes = 0;
                if let Some(frame) = frame {
                    inner.push(frame, self.size);
                }
            }
        }
        inner.head = seq;
        if inner.sinks < inner.subscribers.len() {
            for subscriber in inner.subscribers.values().filter(|subscriber| !subscriber.has_sink())
            {
                subscriber.wakeups().note(self.topic);
            }
        }
        inner.sinks > 0 && !std::mem::replace(&mut inner.queued, true)
    }

    /// Holds nothing any more of what was told up to now: whoever has not got it reads it from the log,
    /// in the words that the log has for it now.
    pub(crate) fn forget(&self) {
        let mut inner = self.inner.lock();
        inner.ring.clear();
        inner.ring_bytes = 0;
    }

    /// What follows a reader's place, for its connection's task. A reader who has everything is
    /// written to by the fan-out from then on.
    pub(crate) fn take(&self, subscriber: &Subscriber) -> Next {
        let mut place = subscriber.place();
        let Some(cursor) = place.cursor() else {
            return Next::Nothing;
        };
        match self.inner.lock().after(cursor, TAKE_FRAMES) {
            Some(frames) if frames.is_empty() => {
                if subscriber.has_sink() {
                    *place = Place::FanOut(cursor);
                }
                Next::Nothing
            }
            Some(frames) => {
                *place = Place::Task(Seq(cursor.0 + frames.len() as u64));
                Next::Frames(frames)
            }
            None => {
                *place = Place::Task(cursor);
                Next::Behind(cursor)
            }
        }
    }

    /// Whether everything that follows a place is at hand.
    pub(crate) fn reaches_back_to(&self, cursor: Seq) -> bool {
        self.inner.lock().after(cursor, 0).is_some()
    }

    /// Writes what they have not got to the next readers. Answers whether there is more to do, for
    /// which the same turn is to be handed in again.
    pub(crate) fn write_on(&self, turn: &mut FanOutPass) -> bool {
        let subscribers = self.next_subscribers(turn);
        for subscriber in &subscribers {
            self.write_to(subscriber, turn);
        }
        if subscribers.len() == WRITE_SUBSCRIBERS {
            return true;
        }
        // That was the last reader. Whatever came meanwhile takes a turn of its own.
        let mut inner = self.inner.lock();
        inner.queued = inner.head != turn.head;
        *turn = FanOutPass::default();
        inner.queued
    }

    fn next_subscribers(&self, turn: &mut FanOutPass) -> Vec<Arc<Subscriber>> {
        let inner = self.inner.lock();
        let begin = turn.after.map_or(Bound::Unbounded, Bound::Excluded);
        if turn.after.is_none() {
            turn.head = inner.head;
        }
        let mut subscribers = Vec::with_capacity(WRITE_SUBSCRIBERS.min(inner.subscribers.len()));
        for (connection, subscriber) in
            inner.subscribers.range((begin, Bound::Unbounded)).take(WRITE_SUBSCRIBERS)
        {
            turn.after = Some(*connection);
            subscribers.push(subscriber.clone());
        }
        subscribers
    }

    /// The place is locked while it is written: the connection's task cannot take the same frames.
    fn write_to(&self, subscriber: &Subscriber, turn: &mut FanOutPass) {
        let Some(sink) = subscriber.sink() else { return };
        let mut place = subscriber.place();
        match *place {
            Place::None => return,
            Place::FanOut(cursor) => {
                let Some((upto, batch)) = self.batch_after(cursor, turn) else {
                    return;
                };
                if batch.frames().is_empty() {
                    *place = Place::Task(cursor);
                } else {
                    match sink.try_send(batch) {
                        TrySend::Accepted => {
                            *place = Place::FanOut(upto);
                            return;
                        }
                        TrySend::Busy => *place = Place::Task(cursor),
                    }
                }
            }
            Place::Task(_) => {}
        }
        drop(place);
        subscriber.wakeups().note(self.topic);
    }

    /// What follows a place, and where it ends; nothing in it if the ring does not reach back. None if
    /// nothing follows.
    fn batch_after<'t>(
        &self,
        cursor: Seq,
        turn: &'t mut FanOutPass,
    ) -> Option<(Seq, &'t FrameBatch)> {
        if !matches!(turn.batch, Some((from, ..)) if from == cursor) {
            let inner = self.inner.lock();
            let frames = inner.after(cursor, usize::MAX);
            let head = inner.head;
            drop(inner);
            if head <= cursor {
                return None;
            }
            turn.batch = Some((cursor, head, FrameBatch::new(frames.unwrap_or_default())));
        }
        turn.batch.as_ref().map(|(_, upto, batch)| (*upto, batch))
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

    /// The frames that follow a place, at most `limit`; none if the ring does not reach back to it.
    fn after(&self, cursor: Seq, limit: usize) -> Option<Vec<Frame>> {
        let missing = self.head.since(cursor);
        let held = self.ring.len() as u64;
        let skip = usize::try_from(held.checked_sub(missing)?).ok()?;
        Some(self.ring.iter().skip(skip).take(limit).cloned().collect())
    }
}
