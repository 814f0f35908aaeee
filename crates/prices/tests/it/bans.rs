//! An exchange that limits or bans us gets no request for as long as it says.

use std::sync::Arc;
use std::time::Duration;

use madang_prices::exchanges::{BinanceStream, binance, kraken};
use madang_prices::{FeedState, SourceError, SourceName, Timing};
use tokio::time::{Instant, sleep};

use crate::formats::{KRAKEN_TICKER, TICKER_24HR};
use crate::support::exchange::{Behaviour, Exchange};
use crate::support::scripted::{Act, ScriptedSource};
use crate::support::{Running, dialer, within};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn a_banned_source_is_opened_again_after_the_ban_and_not_before() {
    let (banned, other) =
        (ScriptedSource::new(SourceName::Binance), ScriptedSource::new(SourceName::Kraken));
    banned.on_open(Act::Fail(SourceError::Banned { retry_after: Some(HOUR) }));
    other.on_open(Act::Price("70300.1"));
    let mut running = Running::start(vec![banned.clone(), other.clone()], Timing::default());
    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Fallback).await;
    let from = Instant::now();
    banned.on_open(Act::Price("70352.36"));
    while from.elapsed() < HOUR {
        assert_eq!(banned.times_opened(), 1, "after {:?}", from.elapsed());
        other.now(Act::Price("70300.1"));
        sleep(Duration::from_secs(1)).await;
    }
    running.until(|feed| feed.state == FeedState::Live).await;
    assert_eq!(banned.times_opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_ban_outlives_its_watchers() {
    let banned = ScriptedSource::new(SourceName::Binance);
    banned.on_open(Act::Fail(SourceError::Limited { retry_after: Some(HOUR) }));
    let mut running = Running::start(vec![banned.clone()], Timing::default());
    for _ in 0..10 {
        running.watched.send_replace(true);
        running
            .until(|feed| feed.state == FeedState::Unanswered && !feed.failures.is_empty())
            .await;
        running.watched.send_replace(false);
        running.until(|feed| feed.state == FeedState::Idle).await;
    }
    assert_eq!(banned.times_opened(), 1);
}

async fn not_one_request_during_the_ban(status: u16, retry_after: Option<&'static str>) {
    let banning = Exchange::start(Behaviour::Status(status, retry_after)).await;
    let other = Exchange::answering(KRAKEN_TICKER).await;
    let mut running = Running::start(
        vec![
            Arc::new(binance(dialer(), &banning.http())),
            Arc::new(kraken(dialer(), &other.http())),
        ],
        // Other failures are retried at once.
        Timing { retry_min: Duration::ZERO, retry_max: Duration::ZERO, ..Timing::default() },
    );
    running.watched.send_replace(true);
    running.until(|feed| feed.state == FeedState::Fallback).await;
    banning.behave(Behaviour::Answer(vec![("", TICKER_24HR)]));
    other.until_requests(50).await;
    assert_eq!(banning.requests(), 1);
    assert_eq!(running.feed.borrow().state, FeedState::Fallback);
}

#[tokio::test]
async fn after_429_no_request_is_sent_until_the_named_time() {
    not_one_request_during_the_ban(429, Some("3600")).await;
}

#[tokio::test]
async fn after_418_no_request_is_sent_until_the_named_time() {
    not_one_request_during_the_ban(418, Some("3600")).await;
}

#[tokio::test]
async fn after_418_without_a_time_no_request_is_sent_for_a_while() {
    not_one_request_during_the_ban(418, None).await;
}

#[tokio::test]
async fn a_stream_refused_with_a_ban_returns_the_ban() {
    let exchange = Exchange::start(Behaviour::Status(418, Some("7200"))).await;
    let source = BinanceStream::new(dialer(), &exchange.ws());
    let error = crate::support::failure(&source).await;
    assert_eq!(error, SourceError::Banned { retry_after: Some(2 * HOUR) });
}

#[tokio::test]
async fn coinbase_stops_when_its_second_address_limits_us() {
    let exchange = Exchange::start(Behaviour::Status(429, Some("60"))).await;
    let source = madang_prices::exchanges::Coinbase::new(dialer(), &exchange.http());
    let error = within(crate::support::failure(&source)).await;
    assert_eq!(error, SourceError::Limited { retry_after: Some(Duration::from_mins(1)) });
}
