//! One topic's fan-out: a bounded ring of recent frames, and the connections to wake.
//!
//! Connections keep positions, not queues of copies. The ring is a cache of the log's end: whatever
//! it no longer holds is read from the log, so nothing is lost by making it forget. That also makes
//! every wake-up harmless: one that comes twice, late, or without its frame moves the head and
//! nothing else.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use madang_shared::{ConnectionId, Seq, Topic, UserId};
use parking_lot::Mutex;

use crate::frame::Frame;
use crate::mailbox::Mailbox;

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

/// Frames taken for one connection at a time, so that a connection far behind in one topic does not
/// keep its other topics waiting.
pub const TAKE_FRAMES: usize = 64;

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
    readers: HashMap<ConnectionId, Reader>,
}

#[derive(Debug)]
struct Reader {
    user: UserId,
    mailbox: Arc<Mailbox>,
}

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The frames that follow its position, and its position after them.
    Frames(Vec<Frame>, Seq),
    /// It is at the head.
    Nothing,
    /// The ring does not reach back to its position.
    Behind,
}

impl Stream {
    pub(crate) fn new(topic: Topic, size: RingSize) -> Self {
        Self { topic, size, inner: Mutex::default() }
    }

    pub(crate) fn attach(&self, connection: ConnectionId, user: UserId, mailbox: Arc<Mailbox>) {
        self.inner.lock().readers.insert(connection, Reader { user, mailbox });
    }

    /// The user may have lost the right to read this.
    pub(crate) fn doubt(&self, user: UserId) {
        for reader in self.inner.lock().readers.values().filter(|reader| reader.user == user) {
            reader.mailbox.doubt(self.topic);
        }
    }

    pub(crate) fn detach(&self, connection: ConnectionId) {
        self.inner.lock().readers.remove(&connection);
    }

    pub(crate) fn has_readers(&self) -> bool {
        !self.inner.lock().readers.is_empty()
    }

    /// The topic has an event at `seq`. Its frame, where it is at hand, spares readers the log.
    pub(crate) fn advance(&self, seq: Seq, frame: Option<Frame>) {
        let mut inner = self.inner.lock();
        if seq <= inner.head {
            return;
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
        for reader in inner.readers.values() {
            reader.mailbox.note(self.topic);
        }
    }

    /// What follows a reader's position.
    pub(crate) fn take_after(&self, cursor: Seq) -> Taken {
        let inner = self.inner.lock();
        let missing = inner.head.since(cursor);
        if missing == 0 {
            return Taken::Nothing;
        }
        let held = inner.ring.len() as u64;
        let Some(skip) = held.checked_sub(missing).and_then(|skip| usize::try_from(skip).ok())
        else {
            return Taken::Behind;
        };
        let frames: Vec<Frame> = inner.ring.iter().skip(skip).take(TAKE_FRAMES).cloned().collect();
        let upto = Seq(cursor.0 + frames.len() as u64);
        Taken::Frames(frames, upto)
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
}
