//! Who says "stop" is left alone, for as long as it said.

use std::sync::Arc;
use std::time::Duration;

use madang_prices::exchanges::{BinanceStream, binance, kraken};
use madang_prices::{Pace, SourceError, SourceName, State};
use tokio::time::{Instant, sleep};

use crate::formats::{KRAKEN_TICKER, TICKER_24HR};
use crate::support::exchange::{Exchange, Manner};
use crate::support::puppet::{Act, Puppet};
use crate::support::{Running, dialer, within};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn a_banned_source_is_opened_again_when_the_ban_is_over_and_not_before() {
    let (banned, other) = (Puppet::new(SourceName::Binance), Puppet::new(SourceName::Kraken));
    banned.whenever_opened(Act::Fail(SourceError::Banned { retry_after: Some(HOUR) }));
    other.whenever_opened(Act::Say("70300.1"));
    let mut running = Running::start(vec![banned.clone(), other.clone()], Pace::default());
    running.watched.send_replace(true);
    running.until(|feed| feed.state == State::Fallback).await;
    let from = Instant::now();
    banned.whenever_opened(Act::Say("70352.36"));
    while from.elapsed() < HOUR {
        assert_eq!(banned.times_opened(), 1, "after {:?}", from.elapsed());
        other.now(Act::Say("70300.1"));
        sleep(Duration::from_secs(1)).await;
    }
    running.until(|feed| feed.state == State::Live).await;
    assert_eq!(banned.times_opened(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_ban_outlives_those_who_watched() {
    let banned = Puppet::new(SourceName::Binance);
    banned.whenever_opened(Act::Fail(SourceError::Limited { retry_after: Some(HOUR) }));
    let mut running = Running::start(vec![banned.clone()], Pace::default());
    for _ in 0..10 {
        running.watched.send_replace(true);
        running.until(|feed| feed.state == State::Connecting && !feed.tried.is_empty()).await;
        running.watched.send_replace(false);
        running.until(|feed| feed.state == State::Idle).await;
    }
    assert_eq!(banned.times_opened(), 1);
}

async fn not_one_request_during_the_ban(status: u16, retry_after: Option<&'static str>) {
    let banning = Exchange::start(Manner::Status(status, retry_after)).await;
    let other = Exchange::answering(KRAKEN_TICKER).await;
    let mut running = Running::start(
        vec![
            Arc::new(binance(dialer(), &banning.http())),
            Arc::new(kraken(dialer(), &other.http())),
        ],
        // Whatever fails otherwise is asked again at once.
        Pace { hold_min: Duration::ZERO, hold_max: Duration::ZERO, ..Pace::default() },
    );
    running.watched.send_replace(true);
    running.until(|feed| feed.state == State::Fallback).await;
    banning.be(Manner::Answer(vec![("", TICKER_24HR)]));
    other.until_requests(50).await;
    assert_eq!(banning.requests(), 1);
    assert_eq!(running.feed.borrow().state, State::Fallback);
}

#[tokio::test]
async fn too_many_requests_are_answered_with_none_until_the_named_time() {
    not_one_request_during_the_ban(429, Some("3600")).await;
}

#[tokio::test]
async fn a_ban_is_answered_with_none_until_the_named_time() {
    not_one_request_during_the_ban(418, Some("3600")).await;
}

#[tokio::test]
async fn a_ban_without_a_time_is_answered_with_none_for_a_while() {
    not_one_request_during_the_ban(418, None).await;
}

#[tokio::test]
async fn a_stream_that_is_refused_with_a_ban_says_so() {
    let exchange = Exchange::start(Manner::Status(418, Some("7200"))).await;
    let source = BinanceStream::new(dialer(), &exchange.ws());
    let error = crate::support::failure(&source).await;
    assert_eq!(error, SourceError::Banned { retry_after: Some(2 * HOUR) });
}

#[tokio::test]
async fn coinbase_stops_when_its_second_address_says_stop() {
    let exchange = Exchange::start(Manner::Status(429, Some("60"))).await;
    let source = madang_prices::exchanges::Coinbase::new(dialer(), &exchange.http());
    let error = within(crate::support::failure(&source)).await;
    assert_eq!(error, SourceError::Limited { retry_after: Some(Duration::from_mins(1)) });
}
