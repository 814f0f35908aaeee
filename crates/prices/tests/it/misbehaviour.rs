//! Any misbehaviour of an exchange becomes an error that names it. Over real sockets.

use std::time::Duration;

use madang_prices::exchanges::{BinanceStream, kraken};
use madang_prices::{Dialer, RequestTiming, SourceError};
use tokio::net::TcpListener;

use crate::formats::KRAKEN_TICKER;
use crate::support::exchange::{Behaviour, Exchange};
use crate::support::{dialer, failure};

async fn over_http(behaviour: Behaviour) -> SourceError {
    let exchange = Exchange::start(behaviour).await;
    failure(&kraken(dialer(), &exchange.http())).await
}

async fn over_the_stream(behaviour: Behaviour) -> SourceError {
    let exchange = Exchange::start(behaviour).await;
    failure(&BinanceStream::new(dialer(), &exchange.ws())).await
}

/// A dialer with short timeouts.
fn impatient() -> Dialer {
    let soon = Duration::from_millis(50);
    let timing = RequestTiming { connect_within: soon, request_within: soon, poll_every: soon };
    Dialer::new(timing).unwrap()
}

#[tokio::test]
async fn garbage_is_malformed() {
    let error = over_http(Behaviour::Garbage).await;
    assert!(matches!(error, SourceError::Malformed(_)), "{error}");
    let error = over_the_stream(Behaviour::Garbage).await;
    assert!(matches!(error, SourceError::Malformed(_)), "{error}");
}

#[tokio::test]
async fn an_error_status_is_reported() {
    assert_eq!(over_http(Behaviour::Status(500, None)).await, SourceError::Status(500));
    assert_eq!(over_the_stream(Behaviour::Status(503, None)).await, SourceError::Status(503));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Exchange::answering(KRAKEN_TICKER).await;
    let error = over_http(Behaviour::Redirect(elsewhere.http())).await;
    assert_eq!(error, SourceError::Redirected);
    let error = over_the_stream(Behaviour::Redirect(elsewhere.ws())).await;
    assert_eq!(error, SourceError::Redirected);
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    assert_eq!(over_http(Behaviour::Huge).await, SourceError::TooLarge);
    assert_eq!(over_the_stream(Behaviour::Huge).await, SourceError::TooLarge);
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error_at_once() {
    let error = over_http(Behaviour::Drop).await;
    assert!(matches!(error, SourceError::Broken(_)), "{error}");
    let error = over_the_stream(Behaviour::Drop).await;
    assert!(matches!(error, SourceError::Broken(_) | SourceError::Closed), "{error}");
}

#[tokio::test]
async fn an_exchange_that_hangs_times_out() {
    let exchange = Exchange::start(Behaviour::Hang).await;
    let error = failure(&kraken(impatient(), &exchange.http())).await;
    assert_eq!(error, SourceError::TimedOut);
    let error = failure(&BinanceStream::new(impatient(), &exchange.ws())).await;
    assert_eq!(error, SourceError::TimedOut);
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = failure(&kraken(dialer(), &format!("http://{address}"))).await;
    assert!(matches!(error, SourceError::Unreachable(_)), "{error}");
    let error = failure(&BinanceStream::new(dialer(), &format!("ws://{address}"))).await;
    assert!(matches!(error, SourceError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn an_invalid_address_is_unreachable() {
    for base in ["", "nonsense", "http://", "http://[::1", "\0"] {
        let error = failure(&kraken(dialer(), base)).await;
        assert!(matches!(error, SourceError::Unreachable(_)), "{base:?}: {error}");
        let error = failure(&BinanceStream::new(dialer(), base)).await;
        assert!(!error.to_string().is_empty(), "{base:?}");
    }
}
