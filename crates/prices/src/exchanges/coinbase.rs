//! Coinbase Exchange, in US dollars. Sources: "Get product ticker" and "Get product stats" at
//! <https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products>.

use std::convert::Infallible;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::polled::{failure, hand_over};
use super::price;
use crate::{Currency, Decimal, Dialer, Percent, Reading, Source, SourceError, SourceName};

/// Where Coinbase Exchange answers.
pub const COINBASE: &str = "https://api.exchange.coinbase.com";

/// Prices between two looks at where the price stood 24 hours ago, which moves slowly: once a minute,
/// at the usual pace.
const PRICES_PER_OPEN: u32 = 30;

/// Coinbase Exchange, which tells the price at one address and the day at another.
#[derive(Debug)]
pub struct Coinbase {
    dialer: Dialer,
    ticker: String,
    stats: String,
}

impl Coinbase {
    /// At an address such as [`COINBASE`].
    pub fn new(dialer: Dialer, base: &str) -> Self {
        let product = format!("{base}/products/BTC-USD");
        Self { dialer, ticker: format!("{product}/ticker"), stats: format!("{product}/stats") }
    }

    async fn poll(&self, readings: mpsc::Sender<Reading>) -> Result<Infallible, SourceError> {
        loop {
            // The price comes first: nobody waits for the price because of the change.
            let mut open = None;
            for turn in 0..PRICES_PER_OPEN {
                let price = read_price(&self.dialer.get(&self.ticker).await?)?;
                if turn == 0 {
                    open = self.open().await?;
                }
                let change_24h = open.as_ref().and_then(|open| Percent::between(open, &price));
                let reading = Reading { price, currency: Currency::Usd, change_24h };
                hand_over(&readings, reading).await?;
                sleep(self.dialer.reach().poll_every).await;
            }
        }
    }

    /// The price 24 hours ago. Without it there is still a price, so only being told to stop counts.
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
        Box::pin(async move { failure(self.poll(readings).await) })
    }
}

#[derive(Deserialize)]
struct Ticker<'a> {
    price: &'a str,
}

/// Reads the last price from an answer of `GET /products/BTC-USD/ticker`.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_price(body: &[u8]) -> Result<Decimal, SourceError> {
    let ticker: Ticker<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no ticker"))?;
    price(ticker.price)
}

#[derive(Deserialize)]
struct Stats<'a> {
    open: &'a str,
}

/// Reads the price 24 hours ago from an answer of `GET /products/BTC-USD/stats`.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_open(body: &[u8]) -> Result<Decimal, SourceError> {
    let stats: Stats<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no stats"))?;
    price(stats.open)
}
