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

#[derive(Default)]
struct Inner {
    /// Kept alive by the waiting requests. When the last of them is dropped, so is the read.
    in_progress: HashMap<PageKey, WeakShared<PageRead>>,
    /// The newest page first.
    pages: VecDeque<(PageKey, Arc<LogPage>)>,
    bytes: usize,
    /// The number of calls of `forget`. A read that began before such a call is not cached.
    forget_count: u64,
}

impl LogCache {
    /// The page with the events after `after`, if there were any at the time of the call. `read` reads at
    /// most a number of events after a seq.
    pub(crate) async fn read(
        self: Arc<Self>,
        topic: Topic,
        after: Seq,
        read: impl Fn(Seq, usize) -> LogRead,
    ) -> PageResult {
        let key = (topic, after.0 / PAGE_EVENTS);
        let (page, is_fresh) = self.page(&read, key, after).await;
        let page = page?;
        if is_fresh || page.end() > after {
            return Ok(page);
        }
        // Another request's read may have begun before the requested event was stored.
        self.page(&read, key, after).await.0
    }

    /// Returns a cached page, or waits for a read. Also returns whether the result is fresh: it contains
    /// the requested events, or was read after the call.
    async fn page(
        self: &Arc<Self>,
        read: &impl Fn(Seq, usize) -> LogRead,
        key: PageKey,
        after: Seq,
    ) -> (PageResult, bool) {
        let (page_read, is_fresh) = {
            let mut inner = self.inner.lock();
            if let Some(page) = inner.cached(key).filter(|page| page.end() > after) {
                return (Ok(page), true);
            }
            match inner.in_progress.get(&key).and_then(WeakShared::upgrade) {
                Some(page_read) => (page_read, false),
                None => (self.start_read(&mut inner, read, key), true),
            }
        };
        (page_read.await, is_fresh)
    }

    fn start_read(
        self: &Arc<Self>,
        inner: &mut Inner,
        read: &impl Fn(Seq, usize) -> LogRead,
        key: PageKey,
    ) -> Shared<PageRead> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (cache, forget_count) = (Arc::clone(self), inner.forget_count);
        let (topic, number) = key;
        let after = Seq(number * PAGE_EVENTS);
        let limit = usize::try_from(PAGE_EVENTS).unwrap_or(usize::MAX);
        let events = read(after, limit);
        let page_read = async move {
            let page = events.await.map(|events| Arc::new(LogPage::of(topic, after, &events)));
            cache.inner.lock().finish_read(key, page.as_ref().ok(), forget_count);
            page
        };
        let page_read = page_read.boxed().shared();
        // Removes reads whose requests were all dropped.
        inner.in_progress.retain(|_, page_read| page_read.upgrade().is_some());
        inner.in_progress.extend(page_read.downgrade().map(|weak| (key, weak)));
        page_read
    }

    /// Drops the pages of a topic, after its log has changed in place.
    pub(crate) fn forget(&self, topic: Topic) {
        let mut inner = self.inner.lock();
        inner.forget_count += 1;
        inner.pages.retain(|((of, _), _)| *of != topic);
        inner.bytes = inner.pages.iter().map(|(_, page)| page.bytes()).sum();
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Inner {
    fn cached(&self, key: PageKey) -> Option<Arc<LogPage>> {
        self.pages.iter().find(|(of, _)| *of == key).map(|(_, page)| Arc::clone(page))
    }

    fn finish_read(&mut self, key: PageKey, page: Option<&Arc<LogPage>>, forget_count: u64) {
        self.in_progress.remove(&key);
        let Some(page) = page.filter(|_| forget_count == self.forget_count) else { return };
        if let Some(at) = self.pages.iter().position(|(of, _)| *of == key) {
            self.bytes -= self.pages.remove(at).map_or(0, |(_, page)| page.bytes());
        }
        self.bytes += page.bytes();
        self.pages.push_front((key, Arc::clone(page)));
        while self.pages.len() > MAX_PAGES || self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.pages.pop_back() else { break };
            self.bytes -= oldest.bytes();
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
