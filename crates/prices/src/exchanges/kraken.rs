//! Kraken, in US dollars. Source: "Get Ticker Information" at
//! <https://docs.kraken.com/api/docs/rest-api/get-ticker-information>.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::polled::Polled;
use super::price::parse_price;
use crate::dialer::Dialer;
use crate::error::SourceError;
use crate::error::foreign;
use crate::quote::{QuoteCurrency, Reading, SourceName};

/// The address of the API.
pub const KRAKEN: &str = "https://api.kraken.com";

/// Kraken, at an address such as [`KRAKEN`].
pub fn kraken(dialer: Dialer, base: &str) -> Polled {
    let url = format!("{base}/0/public/Ticker?pair=XBTUSD");
    Polled::new(SourceName::Kraken, dialer, url, read_kraken)
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    error: Vec<&'a str>,
    #[serde(borrow)]
    result: Option<BTreeMap<&'a str, Ticker<'a>>>,
}

/// `c` is the last trade: its price, then its volume.
#[derive(Deserialize)]
struct Ticker<'a> {
    #[serde(borrow)]
    c: Vec<&'a str>,
}

/// Parses an answer of `GET /0/public/Ticker?pair=XBTUSD`. It has no change over 24 hours: its
/// opening price is that of midnight UTC.
///
/// # Errors
/// [`SourceError::Limited`] and [`SourceError::Refused`] for errors that Kraken sends with status 200,
/// else [`SourceError::Malformed`].
pub fn read_kraken(body: &[u8]) -> Result<Reading, SourceError> {
    let answer: Answer<'_> =
        serde_json::from_slice(body).map_err(|_| SourceError::Malformed("no ticker"))?;
    // Severity `W` is a warning; the answer is valid beside it.
    if let Some(error) = answer.error.iter().find(|error| !error.starts_with('W')) {
        return Err(match *error {
            "EAPI:Rate limit exceeded" | "EGeneral:Too many requests" => {
                SourceError::Limited { retry_after: None }
            }
            error => SourceError::Refused(foreign(error)),
        });
    }
    // Kraken answers a request for the pair's short name with its long one.
    let result = answer.result.unwrap_or_default();
    let ticker = result.get("XXBTZUSD").or_else(|| result.get("XBTUSD"));
    let last = ticker.and_then(|ticker| ticker.c.first());
    let last = last.ok_or(SourceError::Malformed("no last trade of XBTUSD"))?;
    Ok(Reading { price: parse_price(last)?, currency: QuoteCurrency::Usd, change_24h: None })
}
