//! Pages of the log, read once for all who need them.
//!
//! When everybody comes back at once, everybody misses the same events. The first who asks for a page has it
//! read; who asks meanwhile waits for the same reading, and who asks a moment later finds it here, its frames
//! prepared for the wire. What is forgotten is read again: like a ring, this is a cache of the log.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use madang_shared::{Seq, Topic};
use parking_lot::Mutex;

use crate::frame::Frame;
use crate::ports::{LogEntry, StoreError};

/// Events in a page. Pages begin at its multiples, so that readers at different places share them.
pub const PAGE_EVENTS: u64 = 128;
/// Pages that are remembered.
const REMEMBERED: usize = 64;
/// Bytes that the remembered ones have together at most.
const REMEMBERED_BYTES: usize = 8 * 1024 * 1024;

/// A stretch of a topic's log, as frames.
#[derive(Debug)]
pub struct LogPage {
    /// The place before the first frame.
    after: Seq,
    frames: Vec<Frame>,
}

impl LogPage {
    /// Of events that follow a place, in order and without holes.
    pub fn of(topic: Topic, after: Seq, events: &[LogEntry]) -> Self {
        let frames = events.iter().map(|logged| Frame::of_event(topic, logged)).collect();
        Self { after, frames }
    }

    /// The place of the last frame.
    pub fn end(&self) -> Seq {
        Seq(self.after.0 + self.frames.len() as u64)
    }

    /// The frames that follow a place within this page.
    pub fn after(&self, cursor: Seq) -> &[Frame] {
        let skipped = usize::try_from(cursor.since(self.after)).unwrap_or(usize::MAX);
        self.frames.get(skipped..).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        self.frames.iter().map(Frame::len).sum()
    }
}

type Key = (Topic, u64);
type Answer = Result<Arc<LogPage>, StoreError>;
type Reading = BoxFuture<'static, Answer>;
/// What [`crate::ports::Store::read_log`] answers.
pub(crate) type Events = BoxFuture<'static, Result<Vec<LogEntry>, StoreError>>;

/// The pages that are being read, and those that were read last.
#[derive(Default)]
pub(crate) struct LogCache {
    inner: Mutex<Inner>,
    /// How often the log was read.
    readings: AtomicU64,
}

#[derive(Default)]
struct Inner {
    /// Held by those who wait: when the last of them goes, so does the reading.
    reading: HashMap<Key, WeakShared<Reading>>,
    /// The last one first.
    remembered: VecDeque<(Key, Arc<LogPage>)>,
    bytes: usize,
    /// Grows when something is forgotten, so that what was being read meanwhile is not remembered.
    forgotten: u64,
}

impl LogCache {
    /// A page that holds what follows `after`, if anything did when this was asked. `read` reads so many
    /// events after a place.
    pub(crate) async fn read(
        self: Arc<Self>,
        topic: Topic,
        after: Seq,
        read: impl Fn(Seq, usize) -> Events,
    ) -> Answer {
        let key = (topic, after.0 / PAGE_EVENTS);
        let (page, began) = self.page(&read, key, after).await;
        let page = page?;
        if began || page.end() > after {
            return Ok(page);
        }
        // A reading that somebody else began may have begun before the event that is asked for was there.
        self.page(&read, key, after).await.0
    }

    /// Waits for a reading, and answers whether it was begun here.
    async fn page(
        self: &Arc<Self>,
        read: &impl Fn(Seq, usize) -> Events,
        key: Key,
        after: Seq,
    ) -> (Answer, bool) {
        let (reading, began) = {
            let mut inner = self.inner.lock();
            if let Some(page) = inner.remembered(key).filter(|page| page.end() > after) {
                return (Ok(page), true);
            }
            match inner.reading.get(&key).and_then(WeakShared::upgrade) {
                Some(reading) => (reading, false),
                None => (self.begin(&mut inner, read, key), true),
            }
        };
        (reading.await, began)
    }

    fn begin(
        self: &Arc<Self>,
        inner: &mut Inner,
        read: &impl Fn(Seq, usize) -> Events,
        key: Key,
    ) -> Shared<Reading> {
        self.readings.fetch_add(1, Ordering::Relaxed);
        let (pages, forgotten) = (Arc::clone(self), inner.forgotten);
        let (topic, number) = key;
        let after = Seq(number * PAGE_EVENTS);
        let events = usize::try_from(PAGE_EVENTS).unwrap_or(usize::MAX);
        let events = read(after, events);
        let reading = async move {
            let page = events.await.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            pages.inner.lock().read(key, page.as_ref().ok(), forgotten);
            page
        };
        let reading = reading.boxed().shared();
        // Whatever nobody waited for to its end.
        inner.reading.retain(|_, reading| reading.upgrade().is_some());
        inner.reading.extend(reading.downgrade().map(|weak| (key, weak)));
        reading
    }

    /// What the topic's log holds is not what it was.
    pub(crate) fn forget(&self, topic: Topic) {
        let mut inner = self.inner.lock();
        inner.forgotten += 1;
        inner.remembered.retain(|((of, _), _)| *of != topic);
        inner.bytes = inner.remembered.iter().map(|(_, page)| page.bytes()).sum();
    }

    pub(crate) fn readings(&self) -> u64 {
        self.readings.load(Ordering::Relaxed)
    }
}

impl Inner {
    fn remembered(&self, key: Key) -> Option<Arc<LogPage>> {
        self.remembered.iter().find(|(of, _)| *of == key).map(|(_, page)| Arc::clone(page))
    }

    fn read(&mut self, key: Key, page: Option<&Arc<LogPage>>, forgotten: u64) {
        self.reading.remove(&key);
        let Some(page) = page.filter(|_| forgotten == self.forgotten) else { return };
        if let Some(at) = self.remembered.iter().position(|(of, _)| *of == key) {
            self.bytes -= self.remembered.remove(at).map_or(0, |(_, page)| page.bytes());
        }
        self.bytes += page.bytes();
        self.remembered.push_front((key, Arc::clone(page)));
        while self.remembered.len() > REMEMBERED || self.bytes > REMEMBERED_BYTES {
            let Some((_, oldest)) = self.remembered.pop_back() else { break };
            self.bytes -= oldest.bytes();
        }
    }
}

impl fmt::Debug for LogCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.lock();
        f.debug_struct("Pages")
            .field("reading", &inner.reading.len())
            .field("remembered", &inner.remembered.len())
            .field("readings", &self.readings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
