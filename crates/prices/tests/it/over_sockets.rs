//! The follower with real engines, sockets and time: what paused time cannot show.

use std::sync::Arc;
use std::time::Duration;

use madang_prices::exchanges::{BinanceStream, kraken};
use madang_prices::{FeedState, SourceName, Timing};

use crate::formats::{KRAKEN_TICKER, MINI_TICKER};
use crate::support::exchange::{Behaviour, Exchange};
use crate::support::{Running, dialer};

/// Long timeouts, short backoff.
fn timing() -> Timing {
    Timing {
        answer_within: Duration::from_mins(1),
        silent_after: Duration::from_mins(1),
        grace: Duration::from_millis(20),
        retry_min: Duration::from_millis(20),
        retry_max: Duration::from_millis(20),
        ..Timing::default()
    }
}

fn follow(stream: &Exchange, polled: &Exchange, timing: Timing) -> Running {
    let first = BinanceStream::new(dialer(), &stream.ws());
    let second = kraken(dialer(), &polled.http());
    let running = Running::start(vec![Arc::new(first), Arc::new(second)], timing);
    running.watched.send_replace(true);
    running
}

#[tokio::test]
async fn the_stream_is_opened_once_and_closed_without_watchers() {
    let stream = Exchange::answering(MINI_TICKER).await;
    let polled = Exchange::answering(KRAKEN_TICKER).await;
    let mut running = follow(&stream, &polled, timing());
    let feed = running.until(|feed| feed.state == FeedState::Live).await;
    assert_eq!(feed.latest.unwrap().price.as_str(), "70352.36000000");
    stream.until_streams(1).await;

    running.watched.send_replace(false);
    running.until(|feed| feed.state == FeedState::Idle).await;
    stream.until_streams(0).await;
    assert_eq!((stream.requests(), polled.requests()), (1, 0));

    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Live).await;
    assert_eq!((stream.requests(), polled.requests()), (2, 0));
}

#[tokio::test]
async fn a_broken_stream_falls_back_and_recovers() {
    let stream = Exchange::start(Behaviour::Drop).await;
    let polled = Exchange::answering(KRAKEN_TICKER).await;
    let mut running = follow(&stream, &polled, timing());
    let feed = running.until(|feed| feed.state == FeedState::Fallback).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Kraken);

    stream.behave(Behaviour::Answer(vec![("", MINI_TICKER)]));
    let feed = running.until(|feed| feed.state == FeedState::Live).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Binance);
    assert_eq!(feed.failures, []);
}

#[tokio::test]
async fn a_stream_that_goes_silent_is_closed_and_replaced() {
    let stream = Exchange::start(Behaviour::OneMessage(MINI_TICKER)).await;
    let polled = Exchange::start(Behaviour::Hang).await;
    let silent_after = Duration::from_millis(50);
    let hold = Duration::from_hours(1);
    let timing = Timing { silent_after, retry_min: hold, retry_max: hold, ..timing() };
    let mut running = follow(&stream, &polled, timing);
    let feed = running.until(|feed| matches!(feed.state, FeedState::Stale { .. })).await;
    assert_eq!(feed.state, FeedState::Stale { since: feed.latest.unwrap().at });
    assert_eq!(feed.failures[0].error.to_string(), "the source went silent");
    stream.until_streams(0).await;
    polled.until_requests(1).await;
}

#[tokio::test]
async fn a_stream_that_sends_nothing_is_replaced() {
    let stream = Exchange::start(Behaviour::Silence).await;
    let polled = Exchange::answering(KRAKEN_TICKER).await;
    let answer_within = Duration::from_millis(500);
    let hold = Duration::from_hours(1);
    let timing = Timing { answer_within, retry_min: hold, retry_max: hold, ..timing() };
    let mut running = follow(&stream, &polled, timing);
    let feed = running.until(|feed| feed.state == FeedState::Fallback).await;
    assert_eq!(feed.failures[0].error.to_string(), "no answer in time");
    stream.until_streams(0).await;
}
