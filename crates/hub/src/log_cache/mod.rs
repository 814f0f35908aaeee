//! The log cache: pages of the log, read once for all subscribers that need them.
//!
//! When many clients reconnect at once, they have all missed the same events. The first request for a
//! page starts a read of the log; requests during the read wait for its result; later requests find the
//! page here, with its frames encoded. A page that was evicted is read again.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use madang_shared::{Seq, Topic};
use parking_lot::Mutex;

use crate::frame::Frame;
use crate::log::LogEntry;
use crate::ports::StoreError;
use crate::topic_channel::LogBounds;

/// The events in a page. Pages begin at multiples of it, so that subscribers at different positions
/// share them.
pub const PAGE_EVENTS: u64 = 128;
/// The maximum number of cached pages.
const MAX_PAGES: usize = 64;
/// The maximum size of all cached pages together, in bytes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Consecutive events of a topic, as frames.
#[derive(Debug)]
pub struct LogPage {
    /// The seq before the first frame.
    after: Seq,
    frames: Vec<Frame>,
}

impl LogPage {
    /// Encodes the events that follow a seq, in order and without holes.
    pub fn of(topic: Topic, after: Seq, events: &[LogEntry]) -> Self {
        let frames = events.iter().map(|entry| Frame::of_event(topic, entry)).collect();
        Self { after, frames }
    }

    /// The seq of the last frame.
    pub fn end(&self) -> Seq {
        Seq(self.after.0 + self.frames.len() as u64)
    }

    /// The frames that follow a seq within this page.
    pub fn after(&self, cursor: Seq) -> &[Frame] {
        let skipped = usize::try_from(cursor.since(self.after)).unwrap_or(usize::MAX);
        self.frames.get(skipped..).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        self.frames.iter().map(Frame::len).sum()
    }
}

type PageKey = (Topic, u64);
type PageResult = Result<Arc<LogPage>, StoreError>;
type PageRead = BoxFuture<'static, PageResult>;
/// The answer of [`crate::ports::Store::read_log`].
pub(crate) type LogRead = BoxFuture<'static, Result<Vec<LogEntry>, StoreError>>;

/// The reads in progress, and the pages that were read last.
#[derive(Default)]
pub(crate) struct LogCache {
    inner: Mutex<Inner>,
    /// The number of reads of the log.
    reads: AtomicU64,
}

/// A page, and the head of its topic when the read began: the page shows the log at that head, or later.
struct CachedPage {
    key: PageKey,
    read_at: Seq,
    page: Arc<LogPage>,
}

#[derive(Default)]
struct Inner {
    /// Kept alive by the waiting requests. When the last of them is dropped, so is the read.
    in_progress: HashMap<PageKey, (Seq, WeakShared<PageRead>)>,
    /// The newest page first.
    pages: VecDeque<CachedPage>,
    bytes: usize,
    /// The number of calls of `forget`. A read that began before such a call is not cached.
    forget_count: u64,
}

impl LogCache {
    /// The page with the events after `after`, if there were any at the time of the call. `bounds` are those of the
    /// topic's channel. `read` reads at most a number of events after a seq.
    pub(crate) async fn read(
        self: Arc<Self>,
        topic: Topic,
        after: Seq,
        bounds: LogBounds,
        read: impl Fn(Seq, usize) -> LogRead,
    ) -> PageResult {
        let key = (topic, after.0 / PAGE_EVENTS);
        let (page, is_fresh) = self.page(&read, key, after, bounds).await;
        let page = page?;
        if is_fresh || page.end() > after {
            return Ok(page);
        }
        // Another request's read may have begun before the requested event was stored.
        self.page(&read, key, after, bounds).await.0
    }

    /// Returns a cached page, or waits for a read. Also returns whether the result is fresh: it contains
    /// the requested events, or was read after the call.
    async fn page(
        self: &Arc<Self>,
        read: &impl Fn(Seq, usize) -> LogRead,
        key: PageKey,
        after: Seq,
        bounds: LogBounds,
    ) -> (PageResult, bool) {
        let (page_read, is_fresh) = {
            let mut inner = self.inner.lock();
            let cached = inner.cached(key, bounds.complete_since);
            if let Some(page) = cached.filter(|page| page.end() > after) {
                return (Ok(page), true);
            }
            match inner.in_progress(key, bounds.complete_since) {
                Some(page_read) => (page_read, false),
                None => (self.start_read(&mut inner, read, key, bounds.head), true),
            }
        };
        (page_read.await, is_fresh)
    }

    fn start_read(
        self: &Arc<Self>,
        inner: &mut Inner,
        read: &impl Fn(Seq, usize) -> LogRead,
        key: PageKey,
        read_at: Seq,
    ) -> Shared<PageRead> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (cache, forget_count) = (Arc::clone(self), inner.forget_count);
        let (topic, number) = key;
        let after = Seq(number * PAGE_EVENTS);
        let limit = usize::try_from(PAGE_EVENTS).unwrap_or(usize::MAX);
        let events = read(after, limit);
        let page_read = async move {
            let page = events.await.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            cache.inner.lock().finish_read(key, read_at, page.as_ref().ok(), forget_count);
            page
        };
        let page_read = page_read.boxed().shared();
        // Removes reads whose requests were all dropped.
        inner.in_progress.retain(|_, (_, page_read)| page_read.upgrade().is_some());
        inner.in_progress.extend(page_read.downgrade().map(|weak| (key, (read_at, weak))));
        page_read
    }

    /// Drops the pages of a topic, after its log has changed in place.
    pub(crate) fn forget(&self, topic: Topic) {
        let mut inner = self.inner.lock();
        inner.forget_count += 1;
        inner.pages.retain(|cached| cached.key.0 != topic);
        inner.bytes = inner.pages.iter().map(|cached| cached.page.bytes()).sum();
    }

    /// Drops all pages, and the reads in progress, after the log was replaced.
    pub(crate) fn clear(&self) {
        let mut inner = self.inner.lock();
        inner.forget_count += 1;
        inner.pages.clear();
        inner.in_progress.clear();
        inner.bytes = 0;
    }

    /// Drops the pages of a topic that were read when its head was before `seq`.
    pub(crate) fn forget_before(&self, topic: Topic, seq: Seq) {
        let mut inner = self.inner.lock();
        inner.pages.retain(|cached| cached.key.0 != topic || cached.read_at >= seq);
        inner.bytes = inner.pages.iter().map(|cached| cached.page.bytes()).sum();
    }

    /// The topics of the cached pages.
    pub(crate) fn topics(&self) -> Vec<Topic> {
        self.inner.lock().pages.iter().map(|cached| cached.key.0).collect()
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Inner {
    fn cached(&self, key: PageKey, complete_since: Seq) -> Option<Arc<LogPage>> {
        let mut pages = self.pages.iter();
        let cached = pages.find(|cached| cached.key == key && cached.read_at >= complete_since)?;
        Some(Arc::clone(&cached.page))
    }

    fn in_progress(&self, key: PageKey, complete_since: Seq) -> Option<Shared<PageRead>> {
        let (read_at, page_read) = self.in_progress.get(&key)?;
        page_read.upgrade().filter(|_| *read_at >= complete_since)
    }

    fn finish_read(
        &mut self,
        key: PageKey,
        read_at: Seq,
        page: Option<&Arc<LogPage>>,
        forget_count: u64,
    ) {
        // A later read of the page may have begun meanwhile.
        if self.in_progress.get(&key).is_some_and(|(of, _)| *of == read_at) {
            self.in_progress.remove(&key);
        }
        let Some(page) = page.filter(|_| forget_count == self.forget_count) else { return };
        if let Some(at) = self.pages.iter().position(|cached| cached.key == key) {
            self.bytes -= self.pages.remove(at).map_or(0, |cached| cached.page.bytes());
        }
        self.bytes += page.bytes();
        self.pages.push_front(CachedPage { key, read_at, page: Arc::clone(page) });
        while self.pages.len() > MAX_PAGES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.pages.pop_back() else { break };
            self.bytes -= oldest.page.bytes();
        }
    }
}

impl fmt::Debug for LogCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.lock();
        f.debug_struct("LogCache")
            .field("in_progress", &inner.in_progress.len())
            .field("pages", &inner.pages.len())
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
