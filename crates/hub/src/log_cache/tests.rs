use futures_util::future::{join_all, ready};
use futures_util::poll;
use tokio::sync::watch;

use super::*;

const TOPIC: Topic = Topic::Counter;
/// Every copy of the log may be used.
const ANY: LogBounds = LogBounds { complete_since: Seq(0), head: Seq(0) };

fn events(after: Seq, upto: u64, limit: usize) -> Vec<LogEntry> {
    let seqs = (after.0 + 1..=upto).take(limit);
    seqs.map(|seq| LogEntry { seq: Seq(seq), content: seq.to_string().into() }).collect()
}

/// A log that ends at `upto` and answers at once.
fn log(upto: u64) -> impl Fn(Seq, usize) -> LogRead {
    move |after, limit| ready(Ok(events(after, upto, limit))).boxed()
}

/// A log that ends at `upto` and answers once the gate is open.
fn gated_log(gate: watch::Receiver<bool>, upto: u64) -> impl Fn(Seq, usize) -> LogRead + Clone {
    move |after, limit| {
        let mut gate = gate.clone();
        async move {
            let opened = gate.wait_for(|open| *open).await;
            opened.map_err(|_| StoreError::Unavailable(String::new()))?;
            Ok(events(after, upto, limit))
        }
        .boxed()
    }
}

#[tokio::test]
async fn concurrent_requests_share_one_read() {
    let cache = Arc::new(LogCache::default());
    let (open, gate) = watch::channel(false);
    let read = gated_log(gate, 100);
    let mut reads =
        join_all((0..100).map(|after| cache.clone().read(TOPIC, Seq(after), ANY, read.clone())));
    assert!(poll!(&mut reads).is_pending());
    open.send_replace(true);
    for (after, page) in (0..).zip(reads.await) {
        let page = page.unwrap();
        assert_eq!(page.after(Seq(after)).len(), 100 - usize::try_from(after).unwrap());
        assert_eq!(page.end(), Seq(100));
    }
    assert_eq!(cache.reads(), 1);
    let later = cache.clone().read(TOPIC, Seq(3), ANY, read.clone()).await.unwrap();
    assert_eq!((later.end(), cache.reads()), (Seq(100), 1));
}

#[tokio::test]
async fn events_after_a_read_are_read_again() {
    let cache = Arc::new(LogCache::default());
    assert_eq!(cache.clone().read(TOPIC, Seq(0), ANY, log(100)).await.unwrap().end(), Seq(100));
    let page = cache.clone().read(TOPIC, Seq(100), ANY, log(130)).await.unwrap();
    assert_eq!((page.after(Seq(100)).len(), page.end()), (28, Seq(128)));
    let page = cache.clone().read(TOPIC, Seq(128), ANY, log(130)).await.unwrap();
    assert_eq!((page.after(Seq(128)).len(), page.end()), (2, Seq(130)));
}

#[tokio::test]
async fn a_request_that_joined_a_read_from_before_its_event_reads_again() {
    let cache = Arc::new(LogCache::default());
    let (ends, gate) = watch::channel(None);
    // Its result was fixed when it began.
    let early = |after: Seq, limit| {
        let mut gate = gate.clone();
        async move {
            let upto = gate.wait_for(Option::is_some).await.ok().and_then(|upto| *upto);
            Ok(events(after, upto.unwrap_or_default(), limit))
        }
        .boxed()
    };
    let mut first = Box::pin(cache.clone().read(TOPIC, Seq(0), ANY, early));
    assert!(poll!(&mut first).is_pending());
    let mut second = Box::pin(cache.clone().read(TOPIC, Seq(5), ANY, log(6)));
    assert!(poll!(&mut second).is_pending());
    ends.send_replace(Some(5));
    assert_eq!(first.await.unwrap().end(), Seq(5));
    assert_eq!(second.await.unwrap().end(), Seq(6));
}

#[tokio::test]
async fn a_read_without_waiting_requests_is_started_again() {
    let cache = Arc::new(LogCache::default());
    let never = |_, _| std::future::pending().boxed();
    let mut dropped = Box::pin(cache.clone().read(TOPIC, Seq(0), ANY, never));
    assert!(poll!(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!(cache.clone().read(TOPIC, Seq(0), ANY, log(3)).await.unwrap().end(), Seq(3));
}

#[tokio::test]
async fn a_forgotten_topic_is_read_again_also_if_a_read_was_in_progress() {
    let cache = Arc::new(LogCache::default());
    let (open, gate) = watch::channel(false);
    let read = gated_log(gate, 9);
    let mut in_progress = Box::pin(cache.clone().read(TOPIC, Seq(0), ANY, read.clone()));
    assert!(poll!(&mut in_progress).is_pending());
    cache.forget(TOPIC);
    open.send_replace(true);
    in_progress.await.unwrap();
    cache.clone().read(TOPIC, Seq(0), ANY, read.clone()).await.unwrap();
    assert_eq!(cache.reads(), 2);
    cache.clone().read(TOPIC, Seq(0), ANY, read.clone()).await.unwrap();
    assert_eq!(cache.reads(), 2);
    cache.forget(TOPIC);
    cache.clone().read(TOPIC, Seq(0), ANY, read.clone()).await.unwrap();
    assert_eq!(cache.reads(), 3);
}

#[tokio::test]
async fn an_error_reaches_all_waiting_requests_and_is_not_cached() {
    let cache = Arc::new(LogCache::default());
    let broken = |_, _| ready(Err(StoreError::Unavailable("broken".into()))).boxed();
    assert!(cache.clone().read(TOPIC, Seq(0), ANY, broken).await.is_err());
    assert_eq!(cache.clone().read(TOPIC, Seq(0), ANY, log(1)).await.unwrap().end(), Seq(1));
}

#[tokio::test]
async fn memory_is_bounded() {
    let cache = Arc::new(LogCache::default());
    for number in 0..200 {
        cache.clone().read(TOPIC, Seq(number * PAGE_EVENTS), ANY, log(1 << 20)).await.unwrap();
    }
    let inner = cache.inner.lock();
    assert_eq!((inner.pages.len(), inner.in_progress.len()), (MAX_PAGES, 0));
    let bytes: usize = inner.pages.iter().map(|cached| cached.page.bytes()).sum();
    assert_eq!(bytes, inner.bytes);
}
