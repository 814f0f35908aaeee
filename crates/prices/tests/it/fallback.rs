//! Which source serves, in paused time, with scripted sources.

use std::sync::Arc;
use std::time::Duration;

use madang_prices::{FeedState, SourceError, SourceName, Timing};
use tokio::time::{Instant, sleep};

use crate::support::scripted::{Act, ScriptedSource};
use crate::support::{Running, within};

const SECOND: Duration = Duration::from_secs(1);

struct FallbackTest {
    first: Arc<ScriptedSource>,
    second: Arc<ScriptedSource>,
    third: Arc<ScriptedSource>,
    running: Running,
}

/// Three silent sources, with a watcher.
fn test() -> FallbackTest {
    let first = ScriptedSource::new(SourceName::Binance);
    let second = ScriptedSource::new(SourceName::Kraken);
    let third = ScriptedSource::new(SourceName::Upbit);
    let running =
        Running::start(vec![first.clone(), second.clone(), third.clone()], Timing::default());
    running.watched.send_replace(true);
    FallbackTest { first, second, third, running }
}

async fn until_opened(scripted: &ScriptedSource, times: usize) {
    within(scripted.opened.subscribe().wait_for(|opened| *opened >= times)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_first_that_answers_serves() {
    let mut test = test();
    test.first.on_open(Act::Fail(SourceError::Status(500)));
    test.second.on_open(Act::Fail(SourceError::Malformed("no ticker")));
    test.third.on_open(Act::Price("148601000.0"));
    let feed = test.running.until(|feed| feed.state == FeedState::Fallback).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Upbit);
    let failures: Vec<_> =
        feed.failures.iter().map(|one| (one.source, one.error.clone())).collect();
    assert_eq!(
        failures,
        [
            (SourceName::Binance, SourceError::Status(500)),
            (SourceName::Kraken, SourceError::Malformed("no ticker")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_feed_says_that_no_source_answers_and_when_the_last_was_asked() {
    let mut test = test();
    for source in [&test.first, &test.second] {
        source.on_open(Act::Fail(SourceError::Status(500)));
    }
    // The third source does not answer, so the first attempt takes a while.
    let feed = test.running.until(|feed| feed.failures.len() == 2).await;
    assert_eq!(feed.state, FeedState::Connecting, "one source has not failed yet");
    let feed = test.running.until(|feed| feed.failures.len() == 3).await;
    assert_eq!(feed.state, FeedState::Unanswered);
    let first_asked = feed.asked_at.expect("sources were asked");

    test.running.until(|feed| feed.asked_at > Some(first_asked)).await;
    test.third.on_open(Act::Price("148601000.0"));
    let feed = test.running.until(|feed| feed.state == FeedState::Fallback).await;
    assert!(feed.latest.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_answer_in_time_is_replaced() {
    let mut test = test();
    test.second.on_open(Act::Price("70300.1"));
    let started = Instant::now();
    let feed = test.running.until(|feed| feed.state == FeedState::Fallback).await;
    assert_eq!(started.elapsed().as_secs(), 8);
    assert_eq!(feed.failures[0].error.to_string(), "no answer in time");
}

#[tokio::test(start_paused = true)]
async fn a_silent_source_makes_the_price_stale_until_a_fallback_serves() {
    let mut test = test();
    test.first.on_open(Act::Price("70352.36"));
    let live = test.running.until(|feed| feed.state == FeedState::Live).await.latest.unwrap();
    let last_reading = Instant::now();
    test.first.on_open(None);

    let feed = test.running.until(|feed| feed.state != FeedState::Live).await;
    assert_eq!(last_reading.elapsed().as_secs(), 10);
    assert_eq!(feed.state, FeedState::Stale { since: live.at });
    assert_eq!(feed.latest, Some(live), "a stale price is still published, with its age");
    assert_eq!(feed.failures[0].error.to_string(), "the source went silent");

    until_opened(&test.second, 1).await;
    test.second.now(Act::Price("70300.1"));
    let feed = test.running.until(|feed| feed.state == FeedState::Fallback).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Kraken);
}

#[tokio::test(start_paused = true)]
async fn the_preferred_source_takes_over_again_when_it_answers_and_not_before() {
    let mut test = test();
    test.first.on_open(Act::Fail(SourceError::Closed));
    test.second.on_open(Act::Price("70300.1"));
    test.running.until(|feed| feed.state == FeedState::Fallback).await;

    // Its trial hangs: the fallback continues to serve.
    test.first.on_open(None);
    until_opened(&test.first, 2).await;
    test.second.now(Act::Price("70300.2"));
    let has_price = |price: &'static str| {
        move |feed: &madang_prices::Feed| feed.latest.as_ref().unwrap().price.as_str() == price
    };
    assert_eq!(test.running.until(has_price("70300.2")).await.state, FeedState::Fallback);
    assert!(test.first.is_open() && test.second.is_open());

    test.first.now(Act::Price("70352.36"));
    let feed = test.running.until(|feed| feed.state == FeedState::Live).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Binance);
    assert_eq!(feed.failures, [], "an answer clears the failure");
    assert!(!test.second.is_open(), "the fallback is closed");
    assert_eq!(test.third.times_opened(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preferred_source_that_keeps_failing_is_tried_about_once_a_minute() {
    let mut test = test();
    test.first.on_open(Act::Fail(SourceError::Closed));
    test.second.on_open(Act::Price("70300.1"));
    test.running.until(|feed| feed.state == FeedState::Fallback).await;
    for _ in 0..3_600 {
        test.second.now(Act::Price("70300.1"));
        sleep(SECOND).await;
    }
    // The wait grows to a minute at most; with full jitter it is half of that on average.
    assert!((60..180).contains(&test.first.times_opened()), "{}", test.first.times_opened());
    assert_eq!(test.second.times_opened(), 1, "the fallback was never disturbed");
}

#[tokio::test(start_paused = true)]
async fn the_second_of_two_preferred_sources_is_tried_too() {
    let mut test = test();
    test.first.on_open(Act::Fail(SourceError::Closed));
    test.second.on_open(Act::Fail(SourceError::Closed));
    test.third.on_open(Act::Price("148601000.0"));
    test.running.until(|feed| feed.state == FeedState::Fallback).await;
    test.second.on_open(Act::Price("70300.1"));
    let feed =
        test.running.until(|feed| feed.latest.as_ref().unwrap().source == SourceName::Kraken).await;
    assert_eq!(feed.state, FeedState::Fallback);
    assert!(!test.third.is_open());
}

#[tokio::test(start_paused = true)]
async fn when_all_sources_fail_they_are_retried_without_spinning() {
    let mut test = test();
    for scripted in [&test.first, &test.second, &test.third] {
        scripted.on_open(Act::Fail(SourceError::TimedOut));
    }
    let feed = test.running.until(|feed| feed.failures.len() == 3).await;
    assert_eq!(feed.state, FeedState::Unanswered);
    sleep(60 * SECOND).await;
    assert!((3..=30).contains(&test.first.times_opened()), "{}", test.first.times_opened());
    test.third.on_open(Act::Price("148601000.0"));
    test.running.until(|feed| feed.state == FeedState::Fallback).await;
}
