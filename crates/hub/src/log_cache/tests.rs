use futures_util::future::{join_all, ready};
use futures_util::poll;
use tokio::sync::watch;

use super::*;

const TOPIC: Topic = Topic::Counter;

fn events(after: Seq, upto: u64, limit: usize) -> Vec<LogEntry> {
    let seqs = (after.0 + 1..=upto).take(limit);
    seqs.map(|seq| LogEntry { seq: Seq(seq), content: seq.to_string().into() }).collect()
}

/// A log that ends at `upto`, read at once.
fn log(upto: u64) -> impl Fn(Seq, usize) -> Events {
    move |after, limit| ready(Ok(events(after, upto, limit))).boxed()
}

/// A log that ends at `upto`, read once the gate is open.
fn behind(gate: watch::Receiver<bool>, upto: u64) -> impl Fn(Seq, usize) -> Events + Clone {
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
async fn everybody_who_is_behind_shares_one_reading() {
    let pages = Arc::new(LogCache::default());
    let (open, gate) = watch::channel(false);
    let read = behind(gate, 100);
    let mut readings =
        join_all((0..100).map(|after| pages.clone().read(TOPIC, Seq(after), read.clone())));
    assert!(poll!(&mut readings).is_pending());
    open.send_replace(true);
    for (after, page) in (0..).zip(readings.await) {
        let page = page.unwrap();
        assert_eq!(page.after(Seq(after)).len(), 100 - usize::try_from(after).unwrap());
        assert_eq!(page.end(), Seq(100));
    }
    assert_eq!(pages.readings(), 1);
    let later = pages.clone().read(TOPIC, Seq(3), read.clone()).await.unwrap();
    assert_eq!((later.end(), pages.readings()), (Seq(100), 1));
}

#[tokio::test]
async fn what_came_after_a_reading_is_read_anew() {
    let pages = Arc::new(LogCache::default());
    assert_eq!(pages.clone().read(TOPIC, Seq(0), log(100)).await.unwrap().end(), Seq(100));
    let page = pages.clone().read(TOPIC, Seq(100), log(130)).await.unwrap();
    assert_eq!((page.after(Seq(100)).len(), page.end()), (28, Seq(128)));
    let page = pages.clone().read(TOPIC, Seq(128), log(130)).await.unwrap();
    assert_eq!((page.after(Seq(128)).len(), page.end()), (2, Seq(130)));
}

#[tokio::test]
async fn who_joins_a_reading_that_began_too_early_reads_again() {
    let pages = Arc::new(LogCache::default());
    let (ends, gate) = watch::channel(None);
    // What it finds was settled when it began.
    let early = |after: Seq, limit| {
        let mut gate = gate.clone();
        async move {
            let upto = gate.wait_for(Option::is_some).await.ok().and_then(|upto| *upto);
            Ok(events(after, upto.unwrap_or_default(), limit))
        }
        .boxed()
    };
    let mut first = Box::pin(pages.clone().read(TOPIC, Seq(0), early));
    assert!(poll!(&mut first).is_pending());
    let mut second = Box::pin(pages.clone().read(TOPIC, Seq(5), log(6)));
    assert!(poll!(&mut second).is_pending());
    ends.send_replace(Some(5));
    assert_eq!(first.await.unwrap().end(), Seq(5));
    assert_eq!(second.await.unwrap().end(), Seq(6));
}

#[tokio::test]
async fn a_reading_that_nobody_waits_for_is_begun_anew() {
    let pages = Arc::new(LogCache::default());
    let never = |_, _| std::future::pending().boxed();
    let mut gone = Box::pin(pages.clone().read(TOPIC, Seq(0), never));
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    assert_eq!(pages.clone().read(TOPIC, Seq(0), log(3)).await.unwrap().end(), Seq(3));
}

#[tokio::test]
async fn what_is_forgotten_is_read_anew_even_if_it_was_being_read() {
    let pages = Arc::new(LogCache::default());
    let (open, gate) = watch::channel(false);
    let read = behind(gate, 9);
    let mut under_way = Box::pin(pages.clone().read(TOPIC, Seq(0), read.clone()));
    assert!(poll!(&mut under_way).is_pending());
    pages.forget(TOPIC);
    open.send_replace(true);
    under_way.await.unwrap();
    pages.clone().read(TOPIC, Seq(0), read.clone()).await.unwrap();
    assert_eq!(pages.readings(), 2);
    pages.clone().read(TOPIC, Seq(0), read.clone()).await.unwrap();
    assert_eq!(pages.readings(), 2);
    pages.forget(TOPIC);
    pages.clone().read(TOPIC, Seq(0), read.clone()).await.unwrap();
    assert_eq!(pages.readings(), 3);
}

#[tokio::test]
async fn an_error_is_told_to_all_and_remembered_for_nobody() {
    let pages = Arc::new(LogCache::default());
    let broken = |_, _| ready(Err(StoreError::Unavailable("broken".into()))).boxed();
    assert!(pages.clone().read(TOPIC, Seq(0), broken).await.is_err());
    assert_eq!(pages.clone().read(TOPIC, Seq(0), log(1)).await.unwrap().end(), Seq(1));
}

#[tokio::test]
async fn memory_is_bounded() {
    let pages = Arc::new(LogCache::default());
    for number in 0..200 {
        pages.clone().read(TOPIC, Seq(number * PAGE_EVENTS), log(1 << 20)).await.unwrap();
    }
    let inner = pages.inner.lock();
    assert_eq!((inner.remembered.len(), inner.reading.len()), (REMEMBERED, 0));
    let bytes: usize = inner.remembered.iter().map(|(_, page)| page.bytes()).sum();
    assert_eq!(bytes, inner.bytes);
}
