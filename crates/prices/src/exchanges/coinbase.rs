//! Coinbase Exchange, in US dollars. Sources: "Get product ticker" and "Get product stats" at
//! <https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products>.

use std::convert::Infallible;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::polled::{error_of, send};
use super::price::parse_price;
use crate::decimal::{Decimal, Percent};
use crate::dialer::Dialer;
use crate::error::SourceError;
use crate::quote::{QuoteCurrency, Reading, SourceName};
use crate::source::Source;

/// The address of the API.
pub const COINBASE: &str = "https://api.exchange.coinbase.com";

/// Prices between two requests for the price 24 hours ago, which moves slowly: one request per
/// minute at the default interval.
const PRICES_PER_OPEN: u32 = 30;

/// Coinbase Exchange, which has the price and the daily statistics at two addresses.
#[derive(Debug)]
pub struct Coinbase {
    dialer: Dialer,
    ticker: String,
    stats: String,
}

impl Coinbase {
    /// A source at an address such as [`COINBASE`].
    pub fn new(dialer: Dialer, base: &str) -> Self {
        let product = format!("{base}/products/BTC-USD");
        Self { dialer, ticker: format!("{product}/ticker"), stats: format!("{product}/stats") }
    }

    async fn poll(&self, readings: mpsc::Sender<Reading>) -> Result<Infallible, SourceError> {
        loop {
            // The price comes first, so that it never waits for the change.
            let mut open = None;
            for turn in 0..PRICES_PER_OPEN {
                let price = read_price(&self.dialer.get(&self.ticker).await?)?;
                if turn == 0 {
                    open = self.open().await?;
                }
                let change_24h = open.as_ref().and_then(|open| Percent::between(open, &price));
                let reading = Reading { price, currency: QuoteCurrency::Usd, change_24h };
                send(&readings, reading).await?;
                sleep(self.dialer.timing().poll_every).await;
            }
        }
    }

    /// The price 24 hours ago. The price itself does not depend on it, so only a limit or a ban is
    /// an error.
    async fn open(&self) -> Result<Option<Decimal>, SourceError> {
        match self.dialer.get(&self.stats).await.and_then(|body| read_open(&body)) {
            Ok(open) => Ok(Some(open)),
            Err(stop @ (SourceError::Limited { .. } | SourceError::Banned { .. })) => Err(stop),
            Err(_) => Ok(None),
        }
    }
}

impl Source for Coinbase {
    fn name(&self) -> SourceName {
        SourceName::Coinbase
    }

    fn follow(&self, readings: mpsc::Sender<Reading>) -> BoxFuture<'_, SourceError> {
        Box::pin(async move { error_of(self.poll(readings).await) })
    }
}

#[derive(Deserialize)]
struct Ticker<'a> {
    price: &'a str,
}

/// Parses the last price from an answer of `GET /products/BTC-USD/ticker`.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_price(body: &[u8]) -> Result<Decimal, SourceError> {
    let ticker: Ticker<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no ticker"))?;
    parse_price(ticker.price)
}

#[derive(Deserialize)]
struct Stats<'a> {
    open: &'a str,
}

/// Parses the price 24 hours ago from an answer of `GET /products/BTC-USD/stats`.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_open(body: &[u8]) -> Result<Decimal, SourceError> {
    let stats: Stats<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no stats"))?;
    parse_price(stats.open)
}
