//! Upbit, in South Korean won. Sources: "Ticker" and "Rate Limits" at <https://docs.upbit.com>.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::polled::Polled;
use super::price::parse_price;
use crate::dialer::Dialer;
use crate::error::SourceError;
use crate::quote::{QuoteCurrency, Reading, SourceName};

/// The address of the API.
pub const UPBIT: &str = "https://api.upbit.com";

/// Upbit, at an address such as [`UPBIT`]. Requests carry no `Origin`: with one, Upbit allows one
/// request per ten seconds instead of ten per second.
pub fn upbit(dialer: Dialer, base: &str) -> Polled {
    let url = format!("{base}/v1/ticker?markets=KRW-BTC");
    Polled::new(SourceName::Upbit, dialer, url, read_upbit)
}

#[derive(Deserialize)]
struct Ticker<'a> {
    market: &'a str,
    /// A number, not text; raw, so that its digits are preserved.
    #[serde(borrow)]
    trade_price: &'a RawValue,
}

/// Parses an answer of `GET /v1/ticker?markets=KRW-BTC`. It has no change over 24 hours: its
/// `change` is relative to the close at midnight UTC.
///
/// # Errors
/// [`SourceError::Malformed`].
pub fn read_upbit(body: &[u8]) -> Result<Reading, SourceError> {
    let tickers: Vec<Ticker<'_>> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no ticker"))?;
    let ticker = tickers.iter().find(|ticker| ticker.market == "KRW-BTC");
    let ticker = ticker.ok_or(SourceError::Malformed("no ticker of KRW-BTC"))?;
    Ok(Reading {
        price: parse_price(ticker.trade_price.get())?,
        currency: QuoteCurrency::Krw,
        change_24h: None,
    })
}
