//! The shared states of topics: read from the store once, encoded once and compressed once for all readers.
//!
//! The state of a topic at one position is the same for every reader, except for a small part that belongs to one
//! reader ([`OwnSnapshot`]). The store reads head and own part for every reader, in one transaction, and takes the
//! shared part from the cache if it is that of the head. So a cached state is never sent at another position than its
//! own, and never to a reader without access.
//!
//! Personal topics are not cached: they have one reader, and depend on other topics (unread counts).

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_shared::codec::{self, DecodeError};
use madang_shared::state_frame::{self, OwnSnapshot, SharedSnapshot};
use madang_shared::{Position, Seq, ServerFrame, Snapshot, Topic};
use parking_lot::Mutex;

use crate::budgets::{CacheMemory, ReservedMemory};
use crate::frame::{Frame, FramePart};

/// Limit for all cached states together, in bytes.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a cached state beside its text.
const STATE_BYTES: usize = 512;
/// Groups of topics. An event stops the reads of its group from filling the cache.
const GROUPS: u64 = 256;

/// The state that all readers of a topic share, at a position.
#[derive(Debug, PartialEq, Eq)]
pub struct SharedState {
    topic: Topic,
    version: StateVersion,
    middle: FramePart,
}

/// The version of a topic's state. States with the same version are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateVersion {
    /// The position of the topic's last event.
    pub head: Position,
    /// Changes when another program may have changed the state without an event.
    pub revision: u64,
}

/// A topic's state for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedState {
    shared: Arc<SharedState>,
    own: OwnSnapshot,
}

impl SharedState {
    /// Encodes a state.
    fn of(topic: Topic, version: StateVersion, snapshot: &SharedSnapshot) -> Self {
        let middle = state_frame::middle(topic, version.head, snapshot);
        Self { topic, version, middle: FramePart::new(middle) }
    }

    /// The memory of the state, in bytes: its text and its compressed form, which is shorter.
    fn bytes(&self) -> usize {
        2 * self.middle.bytes().len() + STATE_BYTES
    }
}

impl OpenedState {
    /// The state for a reader with this part of its own.
    pub fn new(shared: Arc<SharedState>, own: OwnSnapshot) -> Self {
        Self { shared, own }
    }

    /// The position at which the state is true.
    pub fn position(&self) -> Position {
        self.shared.version.head
    }

    /// The frame with the state: a reset or a snapshot.
    pub fn frame(self, is_reset: bool) -> Frame {
        let (start, end) = (state_frame::start(is_reset), state_frame::end(self.own));
        Frame::around(start, self.shared.middle.clone(), end)
    }

    /// The state, decoded. For parts of the server that are no clients.
    ///
    /// # Errors
    /// [`DecodeError`] if the store has made a text that is no frame.
    pub fn snapshot(self) -> Result<Snapshot, DecodeError> {
        let frame = self.frame(false);
        let text = String::from_utf8_lossy(frame.bytes());
        match codec::decode_server(&text)? {
            ServerFrame::Snapshot(state) => Ok(state.snapshot),
            _ => Err(DecodeError::Unsupported("a snapshot is expected".to_owned())),
        }
    }
}

/// The cached states: for each topic the newest one that was read.
pub(crate) struct SharedStateCache {
    inner: Mutex<Inner>,
    memory: CacheMemory,
    /// The number of states that the store has read.
    reads: AtomicU64,
}

#[derive(Default)]
struct Inner {
    states: HashMap<Topic, CachedState>,
    bytes: usize,
    /// The number of events that were published in each group of topics.
    events: HashMap<u64, u64>,
    /// The number of uses of the cache.
    uses: u64,
}

struct CachedState {
    state: Arc<SharedState>,
    last_use: u64,
    _memory: ReservedMemory,
}

impl SharedStateCache {
    /// A cache that takes its memory from that of all unwritten answers.
    pub(crate) fn new(memory: CacheMemory) -> Self {
        Self { inner: Mutex::default(), memory, reads: AtomicU64::new(0) }
    }

    /// Begins a read of a topic's state. To be called before the store begins its transaction.
    pub(crate) fn begin_read(self: &Arc<Self>, topic: Topic) -> SharedStateRead {
        let events = self.inner.lock().events(topic);
        SharedStateRead { cache: Arc::clone(self), topic, events }
    }

    /// Drops the state of a topic if it is older than an event. An event may redact a text.
    pub(crate) fn drop_before(&self, topic: Topic, seq: Seq) {
        if topic.owner().is_some() {
            return;
        }
        let mut inner = self.inner.lock();
        // A read that began before this event does not fill the cache after it.
        *inner.events.entry(group(topic)).or_default() += 1;
        let state = inner.states.get(&topic);
        if state.is_some_and(|cached| cached.state.version.head.seq < seq) {
            inner.remove(topic);
        }
    }

    /// Drops all states, after the log was replaced.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner.lock();
        // Reads that began before do not fill the cache.
        (0..GROUPS).for_each(|group| *inner.events.entry(group).or_default() += 1);
        inner.states.clear();
        inner.bytes = 0;
    }

    /// The topics of the cached states.
    pub(crate) fn topics(&self) -> Vec<Topic> {
        self.inner.lock().states.keys().copied().collect()
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    fn get(&self, topic: Topic, version: StateVersion) -> Option<Arc<SharedState>> {
        let inner = &mut *self.inner.lock();
        let cached = inner.states.get_mut(&topic)?;
        if cached.state.version != version {
            return None;
        }
        inner.uses += 1;
        cached.last_use = inner.uses;
        Some(Arc::clone(&cached.state))
    }

    /// Caches a state, unless an event was published since its read began.
    fn put(&self, state: &Arc<SharedState>, events: u64) {
        let (topic, bytes) = (state.topic, state.bytes());
        let inner = &mut *self.inner.lock();
        if bytes > MAX_BYTES || inner.events(topic) != events {
            return;
        }
        inner.remove(topic);
        while inner.bytes + bytes > MAX_BYTES && inner.remove_oldest() {}
        let Some(memory) = self.memory.reserve(bytes) else {
            // Answers wait in all of the memory. They need it more than a cache.
            inner.states.clear();
            inner.bytes = 0;
            return;
        };
        inner.uses += 1;
        inner.bytes += bytes;
        let cached =
            CachedState { state: Arc::clone(state), last_use: inner.uses, _memory: memory };
        inner.states.insert(topic, cached);
    }
}

fn group(topic: Topic) -> u64 {
    let mut hasher = DefaultHasher::new();
    topic.hash(&mut hasher);
    hasher.finish() % GROUPS
}

impl Inner {
    fn events(&self, topic: Topic) -> u64 {
        self.events.get(&group(topic)).copied().unwrap_or_default()
    }

    fn remove(&mut self, topic: Topic) {
        self.bytes -= self.states.remove(&topic).map_or(0, |cached| cached.state.bytes());
    }

    /// Removes the state whose last use is the oldest. Returns whether there was one.
    fn remove_oldest(&mut self) -> bool {
        let oldest = self.states.iter().min_by_key(|(_, cached)| cached.last_use);
        let oldest = oldest.map(|(topic, _)| *topic);
        oldest.inspect(|topic| self.remove(*topic)).is_some()
    }
}

/// A read of a topic's shared state, through the cache.
#[derive(Clone)]
pub struct SharedStateRead {
    cache: Arc<SharedStateCache>,
    topic: Topic,
    /// The number of events when the read began.
    events: u64,
}

impl SharedStateRead {
    /// A read without a cache.
    pub fn uncached(topic: Topic) -> Self {
        Arc::new(SharedStateCache::new(CacheMemory::none())).begin_read(topic)
    }

    /// The topic.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// The state of a version: the cached one, or the one that `read` returns.
    ///
    /// # Errors
    /// The error of `read`.
    pub fn at<E>(
        &self,
        version: StateVersion,
        read: impl FnOnce() -> Result<SharedSnapshot, E>,
    ) -> Result<Arc<SharedState>, E> {
        if let Some(state) = self.cache.get(self.topic, version) {
            return Ok(state);
        }
        self.cache.reads.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(SharedState::of(self.topic, version, &read()?));
        if self.topic.owner().is_none() {
            self.cache.put(&state, self.events);
        }
        Ok(state)
    }
}

impl fmt::Debug for SharedStateCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.lock();
        f.debug_struct("SharedStateCache")
            .field("states", &inner.states.len())
            .field("bytes", &inner.bytes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedStateRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStateRead").field("topic", &self.topic).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
