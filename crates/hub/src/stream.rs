//! One topic's fan-out: a bounded ring of recent frames, and the connections that read them.
//!
//! Connections keep positions, not queues of copies. The ring is a cache of the log's end: whatever
//! it no longer holds is read from the log, so nothing is lost by making it forget. That also makes
//! every wake-up harmless: one that comes twice, late, or without its frame moves the head and
//! nothing else.
//!
//! A reader who has everything is written to by the fan-out itself (`Stream::write_on`); one who
//! has something to catch up with is left to its connection's task (`Stream::take`) until it has.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use madang_shared::{ConnectionId, Seq, Topic, UserId};
use parking_lot::Mutex;

use crate::delivery::Reach;
use crate::frame::Frame;
use crate::outlet::{Batch, Sent};
use crate::reader::{Place, Reader};

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
const WRITE_READERS: usize = 64;

/// One topic's fan-out.
#[derive(Debug)]
pub struct Stream {
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
    readers: BTreeMap<ConnectionId, Arc<Reader>>,
    /// How many of them the fan-out may write to.
    outlets: usize,
    /// The fan-out has been told, and is not done.
    queued: bool,
}

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The frames that follow its place, which is after them now.
    Frames(Vec<Frame>),
    /// It is at the head.
    Nothing,
    /// The ring does not reach back to this, its place.
    Behind(Seq),
}

/// Who is next in a turn through the readers, and what it writes.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The last one that was written to.
    after: Option<ConnectionId>,
    /// The head when the turn began.
    head: Seq,
    /// What was written last, and from which place on: most readers stand at the same.
    batch: Option<(Seq, Seq, Batch)>,
}

impl Stream {
    pub(crate) fn new(topic: Topic, size: RingSize) -> Self {
        Self { topic, size, inner: Mutex::default() }
    }

    pub(crate) fn attach(&self, connection: ConnectionId, reader: Arc<Reader>) {
        let mut inner = self.inner.lock();
        inner.outlets += usize::from(reader.has_outlet());
        inner.readers.insert(connection, reader);
    }

    /// The user may have lost the right to read this.
    pub(crate) fn doubt(&self, user: UserId) {
        for reader in self.inner.lock().readers.values().filter(|reader| reader.is(user)) {
            reader.mailbox().doubt(self.topic);
        }
    }

    /// Nothing is written to the connection's reader once this has returned.
    pub(crate) fn detach(&self, connection: ConnectionId) {
        let mut inner = self.inner.lock();
        let Some(reader) = inner.readers.remove(&connection) else { return };
        inner.outlets -= usize::from(reader.has_outlet());
        drop(inner);
        *reader.place() = Place::None;
    }

    pub(crate) fn has_readers(&self) -> bool {
        !self.inner.lock().readers.is_empty()
    }

    /// How many connections of whom follow the topic, and how many have everything up to a place.
    pub(crate) fn reached(&self, seq: Seq) -> BTreeMap<UserId, Reach> {
        // Their places are locked before the stream, never after it.
        let readers: Vec<Arc<Reader>> = self.inner.lock().readers.values().cloned().collect();
        let mut reached: BTreeMap<UserId, Reach> = BTreeMap::new();
        for reader in readers {
            let reach = reached.entry(reader.user()).or_default();
            reach.following += 1;
            let has_it = reader.place().cursor().is_some_and(|cursor| cursor >= seq);
            reach.handed += u64::from(has_it);
        }
        reached
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
        if inner.outlets < inner.readers.len() {
            for reader in inner.readers.values().filter(|reader| !reader.has_outlet()) {
                reader.mailbox().note(self.topic);
            }
        }
        inner.outlets > 0 && !std::mem::replace(&mut inner.queued, true)
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
    pub(crate) fn take(&self, reader: &Reader) -> Taken {
        let mut place = reader.place();
        let Some(cursor) = place.cursor() else {
            return Taken::Nothing;
        };
        match self.inner.lock().after(cursor, TAKE_FRAMES) {
            Some(frames) if frames.is_empty() => {
                if reader.has_outlet() {
                    *place = Place::FanOut(cursor);
                }
                Taken::Nothing
            }
            Some(frames) => {
                *place = Place::Task(Seq(cursor.0 + frames.len() as u64));
                Taken::Frames(frames)
            }
            None => {
                *place = Place::Task(cursor);
                Taken::Behind(cursor)
            }
        }
    }

    /// Whether everything that follows a place is at hand.
    pub(crate) fn reaches_back_to(&self, cursor: Seq) -> bool {
        self.inner.lock().after(cursor, 0).is_some()
    }

    /// Writes what they have not got to the next readers. Answers whether there is more to do, for
    /// which the same turn is to be handed in again.
    pub(crate) fn write_on(&self, turn: &mut Turn) -> bool {
        let readers = self.next_readers(turn);
        for reader in &readers {
            self.write_to(reader, turn);
        }
        if readers.len() == WRITE_READERS {
            return true;
        }
        // That was the last reader. Whatever came meanwhile takes a turn of its own.
        let mut inner = self.inner.lock();
        inner.queued = inner.head != turn.head;
        *turn = Turn::default();
        inner.queued
    }

    fn next_readers(&self, turn: &mut Turn) -> Vec<Arc<Reader>> {
        let inner = self.inner.lock();
        let begin = turn.after.map_or(Bound::Unbounded, Bound::Excluded);
        if turn.after.is_none() {
            turn.head = inner.head;
        }
        let mut readers = Vec::with_capacity(WRITE_READERS.min(inner.readers.len()));
        for (connection, reader) in
            inner.readers.range((begin, Bound::Unbounded)).take(WRITE_READERS)
        {
            turn.after = Some(*connection);
            readers.push(reader.clone());
        }
        readers
    }

    /// The place is locked while it is written: the connection's task cannot take the same frames.
    fn write_to(&self, reader: &Reader, turn: &mut Turn) {
        let Some(outlet) = reader.outlet() else { return };
        let mut place = reader.place();
        match *place {
            Place::None => return,
            Place::FanOut(cursor) => {
                let Some((upto, batch)) = self.batch_after(cursor, turn) else {
                    return;
                };
                if batch.frames().is_empty() {
                    *place = Place::Task(cursor);
                } else {
                    match outlet.try_send(batch) {
                        Sent::Taken => {
                            *place = Place::FanOut(upto);
                            return;
                        }
                        Sent::Busy => *place = Place::Task(cursor),
                    }
                }
            }
            Place::Task(_) => {}
        }
        drop(place);
        reader.mailbox().note(self.topic);
    }

    /// What follows a place, and where it ends; nothing in it if the ring does not reach back. None if
    /// nothing follows.
    fn batch_after<'t>(&self, cursor: Seq, turn: &'t mut Turn) -> Option<(Seq, &'t Batch)> {
        if !matches!(turn.batch, Some((from, ..)) if from == cursor) {
            let inner = self.inner.lock();
            let frames = inner.after(cursor, usize::MAX);
            let head = inner.head;
            drop(inner);
            if head <= cursor {
                return None;
            }
            turn.batch = Some((cursor, head, Batch::new(frames.unwrap_or_default())));
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
