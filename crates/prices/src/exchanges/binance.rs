//! Binance, in Tether. Sources: "WebSocket Streams for Binance" and "General REST API Information"
//! at <https://developers.binance.com/docs/binance-spot-api-docs>. The page "Market Data Only"
//! names both addresses for public prices, apart from those for trading.

use std::convert::Infallible;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::polled::{Polled, error_of, send};
use super::price::parse_price;
use crate::decimal::{Decimal, Percent};
use crate::dialer::Dialer;
use crate::error::SourceError;
use crate::quote::{QuoteCurrency, Reading, SourceName};
use crate::source::Source;

/// The address of the stream.
pub const BINANCE_STREAM: &str = "wss://data-stream.binance.vision";
/// The address of the REST API.
pub const BINANCE_REST: &str = "https://data-api.binance.vision";

/// Binance over its stream: about one message per second while the price moves. A connection lasts
/// 24 hours at most; its end is handled like any other failure.
#[derive(Debug)]
pub struct BinanceStream {
    dialer: Dialer,
    url: String,
}

impl BinanceStream {
    /// A source at an address such as [`BINANCE_STREAM`].
    pub fn new(dialer: Dialer, base: &str) -> Self {
        Self { dialer, url: format!("{base}/stream?streams=btcusdt@miniTicker") }
    }

    async fn listen(&self, readings: mpsc::Sender<Reading>) -> Result<Infallible, SourceError> {
        let mut stream = self.dialer.stream(&self.url).await?;
        loop {
            let text = stream.text().await?;
            send(&readings, read_mini_ticker(text.as_bytes())?).await?;
        }
    }
}

impl Source for BinanceStream {
    fn name(&self) -> SourceName {
        SourceName::Binance
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move { error_of(self.listen(readings).await) })
    }
}

/// Binance over HTTP, at an address such as [`BINANCE_REST`], for networks that block WebSockets.
/// `ticker/24hr` for one symbol weighs 2 of the 6,000 per minute that an address may use.
pub fn binance(dialer: Dialer, base: &str) -> Polled {
    let url = format!("{base}/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI");
    Polled::new(SourceName::BinanceRest, dialer, url, read_ticker)
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<Event<'a>>,
    #[serde(borrow)]
    e: Option<&'a str>,
}

/// `24hrMiniTicker`: kind, symbol, last price, and the price 24 hours ago.
#[derive(Deserialize)]
struct Event<'a> {
    e: &'a str,
    s: Option<&'a str>,
    c: Option<&'a str>,
    o: Option<&'a str>,
}

/// Parses a message of the combined stream `btcusdt@miniTicker`.
///
/// # Errors
/// [`SourceError::Closed`] for the documented announcement that the server is about to end, else
/// [`SourceError::Malformed`].
pub fn read_mini_ticker(body: &[u8]) -> Result<Reading, SourceError> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no stream event"))?;
    let kind = envelope.data.as_ref().map(|event| event.e).or(envelope.e);
    if kind == Some("serverShutdown") {
        return Err(SourceError::Closed);
    }
    match envelope.data {
        Some(Event { e: "24hrMiniTicker", s: Some("BTCUSDT"), c: Some(last), o }) => {
            in_tether(last, o)
        }
        _ => Err(SourceError::Malformed("no ticker of BTCUSDT")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticker<'a> {
    symbol: &'a str,
    last_price: &'a str,
    open_price: Option<&'a str>,
}

/// Parses an answer of `GET /api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI`, which has the same
/// prices as the stream.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_ticker(body: &[u8]) -> Result<Reading, SourceError> {
    let ticker: Ticker<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no ticker"))?;
    if ticker.symbol != "BTCUSDT" {
        return Err(SourceError::Malformed("no ticker of BTCUSDT"));
    }
    in_tether(ticker.last_price, ticker.open_price)
}

/// Both open prices belong to a sliding window of 24 hours.
fn in_tether(last: &str, open: Option<&str>) -> Result<Reading, SourceError> {
    let price = parse_price(last)?;
    let open = open.and_then(Decimal::parse);
    let change_24h = open.and_then(|open| Percent::between(&open, &price));
    Ok(Reading { price, currency: QuoteCurrency::Usdt, change_24h })
}
