//! The follower with real engines, real sockets and real time: what paused time cannot show.

use std::sync::Arc;
use std::time::Duration;

use madang_prices::exchanges::{BinanceStream, kraken};
use madang_prices::{Pace, SourceName, State};

use crate::formats::{KRAKEN_TICKER, MINI_TICKER};
use crate::support::exchange::{Exchange, Manner};
use crate::support::{Running, dialer};

/// Patient with everything, and back soon.
fn pace() -> Pace {
    Pace {
        answer_within: Duration::from_mins(1),
        silent_after: Duration::from_mins(1),
        grace: Duration::from_millis(20),
        hold_min: Duration::from_millis(20),
        hold_max: Duration::from_millis(20),
        ..Pace::default()
    }
}

fn follow(stream: &Exchange, polled: &Exchange, pace: Pace) -> Running {
    let first = BinanceStream::new(dialer(), &stream.ws());
    let second = kraken(dialer(), &polled.http());
    let running = Running::start(vec![Arc::new(first), Arc::new(second)], pace);
    running.watched.send_replace(true);
    running
}

#[tokio::test]
async fn the_stream_is_opened_once_and_closed_when_nobody_watches() {
    let stream = Exchange::answering(MINI_TICKER).await;
    let polled = Exchange::answering(KRAKEN_TICKER).await;
    let mut running = follow(&stream, &polled, pace());
    let feed = running.until(|feed| feed.state == State::Live).await;
    assert_eq!(feed.latest.unwrap().price.as_str(), "70352.36000000");
    stream.until_streams(1).await;

    running.watched.send_replace(false);
    running.until(|feed| feed.state == State::Idle).await;
    stream.until_streams(0).await;
    assert_eq!((stream.requests(), polled.requests()), (1, 0));

    running.watched.send_replace(true);
    running.until(|feed| feed.state == State::Live).await;
    assert_eq!((stream.requests(), polled.requests()), (2, 0));
}

#[tokio::test]
async fn a_broken_stream_falls_back_and_comes_back() {
    let stream = Exchange::start(Manner::Drop).await;
    let polled = Exchange::answering(KRAKEN_TICKER).await;
    let mut running = follow(&stream, &polled, pace());
    let feed = running.until(|feed| feed.state == State::Fallback).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Kraken);

    stream.be(Manner::Answer(vec![("", MINI_TICKER)]));
    let feed = running.until(|feed| feed.state == State::Live).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Binance);
    assert_eq!(feed.tried, []);
}

#[tokio::test]
async fn a_stream_that_goes_silent_is_closed_and_replaced() {
    let stream = Exchange::start(Manner::OneMessage(MINI_TICKER)).await;
    let polled = Exchange::start(Manner::Hang).await;
    let silent_after = Duration::from_millis(50);
    let hold = Duration::from_hours(1);
    let pace = Pace { silent_after, hold_min: hold, hold_max: hold, ..pace() };
    let mut running = follow(&stream, &polled, pace);
    let feed = running.until(|feed| matches!(feed.state, State::Stale { .. })).await;
    assert_eq!(feed.state, State::Stale { since: feed.latest.unwrap().at });
    assert_eq!(feed.tried[0].error.to_string(), "it went silent");
    stream.until_streams(0).await;
    polled.until_requests(1).await;
}

#[tokio::test]
async fn a_stream_that_never_speaks_is_given_up() {
    let stream = Exchange::start(Manner::Silence).await;
    let polled = Exchange::answering(KRAKEN_TICKER).await;
    let answer_within = Duration::from_millis(500);
    let hold = Duration::from_hours(1);
    let pace = Pace { answer_within, hold_min: hold, hold_max: hold, ..pace() };
    let mut running = follow(&stream, &polled, pace);
    let feed = running.until(|feed| feed.state == State::Fallback).await;
    assert_eq!(feed.tried[0].error.to_string(), "it did not answer in time");
    stream.until_streams(0).await;
}
