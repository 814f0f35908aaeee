//! Upbit, in South Korean won. Sources: "Ticker" and "Rate Limits" at <https://docs.upbit.com>.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::polled::Polled;
use super::price;
use crate::{Currency, Dialer, Reading, SourceError, SourceName};

/// Where Upbit answers.
pub const UPBIT: &str = "https://api.upbit.com";

/// Upbit, at an address such as [`UPBIT`]. No `Origin` is ever sent: with one, Upbit allows a request
/// in ten seconds instead of ten a second.
pub fn upbit(dialer: Dialer, base: &str) -> Polled {
    let url = format!("{base}/v1/ticker?markets=KRW-BTC");
    Polled::new(SourceName::Upbit, dialer, url, read_upbit)
}

#[derive(Deserialize)]
struct Ticker<'a> {
    market: &'a str,
    /// A number, not text; raw, so that it stays as it was written.
    #[serde(borrow)]
    trade_price: &'a RawValue,
}

/// Reads an answer of `GET /v1/ticker?markets=KRW-BTC`. There is no change over 24 hours in it: what
/// it calls change is counted from the close at midnight UTC.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_upbit(body: &[u8]) -> Result<Reading, SourceError> {
    let tickers: Vec<Ticker<'_>> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no ticker"))?;
    let ticker = tickers.iter().find(|ticker| ticker.market == "KRW-BTC");
    let ticker = ticker.ok_or(SourceError::Malformed("no ticker of KRW-BTC"))?;
    Ok(Reading {
        price: price(ticker.trade_price.get())?,
        currency: Currency::Krw,
        change_24h: None,
    })
}
