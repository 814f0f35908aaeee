//! The first watcher opens a source; the last one closes it.

use std::time::Duration;

use futures_util::FutureExt;
use madang_prices::{FeedState, SourceError, SourceName, Timing};

use crate::support::scripted::{Act, ScriptedSource};
use crate::support::{Running, within};

const GRACE: Duration = Duration::from_secs(5);

fn two() -> (std::sync::Arc<ScriptedSource>, std::sync::Arc<ScriptedSource>) {
    let (first, second) =
        (ScriptedSource::new(SourceName::Binance), ScriptedSource::new(SourceName::Kraken));
    first.on_open(Act::Price("70352.36"));
    second.on_open(Act::Price("70300.10000"));
    (first, second)
}

#[tokio::test(start_paused = true)]
async fn without_watchers_nothing_is_opened() {
    let (first, second) = two();
    let running = Running::start(vec![first.clone(), second.clone()], Timing::default());
    tokio::time::advance(Duration::from_hours(1)).await;
    assert_eq!((first.times_opened(), second.times_opened()), (0, 0));
    assert_eq!(running.feed.borrow().state, FeedState::Idle);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_watchers_open_one_source() {
    let (first, second) = two();
    let mut running = Running::start(vec![first.clone(), second.clone()], Timing::default());
    let watchers: Vec<_> = (0..10_000).map(|_| running.feed.clone()).collect();
    for _ in &watchers {
        running.watched.send_replace(true);
    }
    let feed = running.until(|feed| feed.state == FeedState::Live).await;
    let quote = feed.latest.unwrap();
    assert_eq!((quote.price.as_str(), quote.source), ("70352.36", SourceName::Binance));
    for mut watcher in watchers {
        within(watcher.wait_for(|feed| feed.state == FeedState::Live)).await.unwrap();
    }
    assert_eq!((first.times_opened(), second.times_opened()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_last_watcher_leaving_closes_the_source_after_the_grace() {
    let (first, second) = two();
    let mut running = Running::start(vec![first.clone(), second], Timing::default());
    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Live).await;

    let left = tokio::time::Instant::now();
    running.watched.send_replace(false);
    let feed = running.until(|feed| feed.state == FeedState::Idle).await;
    assert!((GRACE..2 * GRACE).contains(&left.elapsed()), "{:?}", left.elapsed());
    assert!(!first.is_open());
    assert_eq!(feed.latest.unwrap().price.as_str(), "70352.36", "the last price is kept");
}

#[tokio::test(start_paused = true)]
async fn a_watcher_who_comes_back_within_the_grace_finds_it_open() {
    let (first, second) = two();
    let mut running = Running::start(vec![first.clone(), second], Timing::default());
    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Live).await;
    for _ in 0..10 {
        running.watched.send_replace(false);
        tokio::time::sleep(GRACE / 2).await;
        running.watched.send_replace(true);
        first.now(Act::Price("70353.00"));
        tokio::time::sleep(GRACE / 2).await;
    }
    assert_eq!(first.times_opened(), 1);
    assert!(first.is_open());
}

#[tokio::test(start_paused = true)]
async fn an_old_price_is_stale_until_a_source_has_answered_again() {
    let (first, second) = two();
    let mut running = Running::start(vec![first.clone(), second], Timing::default());
    running.watched.send_replace(true);
    let at = running.until(|feed| feed.state == FeedState::Live).await.latest.unwrap().at;
    running.watched.send_replace(false);
    running.until(|feed| feed.state == FeedState::Idle).await;

    first.on_open(None);
    tokio::time::advance(Duration::from_hours(1)).await;
    running.watched.send_replace(true);
    let feed = running.until(|feed| feed.state != FeedState::Idle).await;
    assert_eq!(feed.state, FeedState::Stale { since: at });
    within(first.open.subscribe().wait_for(|open| *open == 1)).await.unwrap();
    first.now(Act::Price("71000.00"));
    let feed = running.until(|feed| feed.state == FeedState::Live).await;
    assert!(feed.latest.unwrap().at >= at + 3_600_000);
}

#[tokio::test(start_paused = true)]
async fn the_follower_ends_with_the_sender_of_watchers() {
    let (first, second) = two();
    let mut running = Running::start(vec![first.clone(), second], Timing::default());
    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Live).await;
    let Running { watched, feed, task } = running;
    drop(watched);
    within(task).await.unwrap();
    assert!(!first.is_open());
    assert_eq!(feed.borrow().state, FeedState::Idle);
}

#[tokio::test(start_paused = true)]
async fn without_sources_the_follower_waits_and_does_not_spin() {
    let mut running = Running::start(vec![], Timing::default());
    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Connecting).await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert!(running.task.now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_last_reading_before_the_end_still_counts() {
    struct Brief;
    impl madang_prices::Source for Brief {
        fn name(&self) -> SourceName {
            SourceName::Kraken
        }
        fn follow(
            &self,
            readings: tokio::sync::mpsc::Sender<madang_prices::Reading>,
        ) -> futures_util::future::BoxFuture<'_, SourceError> {
            let price = madang_prices::Decimal::parse("70000").unwrap();
            let currency = madang_prices::QuoteCurrency::Usd;
            let reading = madang_prices::Reading { price, currency, change_24h: None };
            Box::pin(async move {
                readings.try_send(reading).unwrap();
                SourceError::Closed
            })
        }
    }
    let mut running = Running::start(vec![std::sync::Arc::new(Brief)], Timing::default());
    running.watched.send_replace(true);
    let feed = running.until(|feed| !feed.failures.is_empty()).await;
    assert_eq!(feed.latest.unwrap().price.as_str(), "70000");
    assert_eq!(feed.state, FeedState::Stale { since: 0 });
    assert_eq!(feed.failures[0].error.to_string(), "the source ended the connection");
}
